package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/deidentify"
	"shuyuan/datasets/following"
	"shuyuan/datasets/notes"
	"shuyuan/datasets/opening"
	"shuyuan/datasets/questions"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/corrections"
	"shuyuan/licensing/demands"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/sharing"
	"shuyuan/licensing/supervision"
	"shuyuan/licensing/tender"
	"shuyuan/licensing/use"
	"shuyuan/licensing/workspace"
	"shuyuan/marketplace"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/payment"
	"shuyuan/marketplace/registration"
)

// Deps is what the sample world is loaded with.
type Deps struct {
	Datasets  *datasets.Service
	Catalogue *catalogue.Service
	Accounts  *account.Service

	// what the states of the sample world are played with; not asked for by an import
	Opening    *opening.Service
	Deidentify *deidentify.Service
	Notes      *notes.Service
	Following  *following.Service
	Questions  func(now func() time.Time) *questions.Service // as of some time
	Sharing    *sharing.Service
	Use        func(l *licensing.Service, now func() time.Time) (*use.Service, error) // what follows the grants of l
	Demands    *demands.Service
	Now        func() time.Time

	Corrections func(now func() time.Time) *corrections.Service          // as of some time
	Licensing   func(now func() time.Time) (*licensing.Service, error)   // as of some time, for whoever need not show anew who they are
	Tenders     func(now func() time.Time) (*tender.Service, error)      // as of some time, likewise
	Supervision func(now func() time.Time) (*supervision.Service, error) // as of some time, likewise

	Operation  func(now func() time.Time) (*operation.Service, error)                    // as of some time, likewise
	Scenarios  func(now func() time.Time) (*scenario.Service, error)                     // as of some time, likewise
	Workspaces func(ctx context.Context) (s *workspace.Service, close func(), err error) // with what runs their programs, here or in a server; an error says why nothing can

	Products func(ctx context.Context) (*marketplace.Service, error) // likewise, with keys that are published; an error says why nothing can be sealed

	Registrations func(m *marketplace.Service, now func() time.Time) *registration.Service // of the products of m, as of some time, likewise

	Listings func(m *marketplace.Service) (*offering.Service, error) // of the products of m

	Bank func() *payment.Bank // nil: nothing is shown of payments

	Kept string    // file that keeps the passwords of the demo accounts; empty: they are shown once
	Out  io.Writer // where the accounts and what happened are written for a person to read
}

// Load fills an empty installation with the sample world and says so. Where
// the sample world is already there, it changes nothing; where a load was cut
// off, it adds what is missing; where the installation has a catalogue of its
// own, it leaves it alone. The accounts of those who oversee are made last: once
// they are all there, everything is.
func Load(ctx context.Context, d Deps) (loaded bool, err error) {
	people, err := readPeople()
	if err != nil {
		return false, err
	}
	made, err := people.made(ctx, d.Accounts)
	if err != nil {
		return false, err
	}
	if made {
		return false, people.show(d)
	}
	w, err := readWorld()
	if err != nil {
		return false, err
	}
	taken, err := w.foreign(ctx, d.Datasets)
	if err != nil {
		return false, err
	}
	if taken {
		fmt.Fprintln(d.Out, "the installation has a catalogue of its own: the sample world is not loaded")
		return false, nil
	}
	if err := w.load(ctx, d); err != nil {
		return false, err
	}
	if err := w.upload(ctx, d, people); err != nil {
		return false, err
	}
	if err := w.dispute(ctx, d, people); err != nil {
		return false, err
	}
	acting, others := people.acting()
	passwords, err := acting.make(ctx, d)
	if err != nil {
		return false, err
	}
	if err := w.play(ctx, d, passwords); err != nil {
		return false, err
	}
	more, err := others.make(ctx, d)
	if err != nil {
		return false, err
	}
	maps.Copy(passwords, more)
	fmt.Fprintf(d.Out, "the sample world is loaded: %d entries of %d departments, drafts and withheld ones included, and one entry at each step of its way to the public\n", len(w.entries), len(w.departments))
	return true, people.tell(d, passwords)
}

// ErrNotLoaded is the answer where there are no demo accounts.
var ErrNotLoaded = errors.New("the sample world is not loaded: run `shuyuan demo` first")

// Passwords gives the demo accounts new passwords and shows them. It returns
// ErrNotLoaded where there are none.
func Passwords(ctx context.Context, d Deps) error {
	people, err := readPeople()
	if err != nil {
		return err
	}
	made, err := people.made(ctx, d.Accounts)
	if err != nil {
		return err
	}
	if !made {
		return ErrNotLoaded
	}
	passwords, err := people.make(ctx, d)
	if err != nil {
		return err
	}
	return people.tell(d, passwords)
}

// task is under which name the audit trail knows us.
func (w *world) task() string {
	if w.sample {
		return "demo"
	}
	return "import"
}

// officer is the installation acting as an officer of a department: nobody
// else may write its entries.
func (w *world) officer(department int64) account.Actor {
	who := account.System(w.task())
	who.Roles, who.Department = []account.Role{account.Officer}, department
	return who
}

// foreign reports whether there are departments that are not of the sample world.
func (w *world) foreign(ctx context.Context, s *datasets.Service) (bool, error) {
	there, err := s.Departments(ctx, account.Actor{})
	return slices.ContainsFunc(there, func(d datasets.Counted[datasets.Department]) bool { return !d.Item.Sample }), err
}

func (w *world) load(ctx context.Context, d Deps) error {
	s := d.Datasets
	if err := s.PutVocabulary(ctx, account.System(w.task()), w.vocabulary); err != nil {
		return err
	}
	if err := w.resolve(ctx, s); err != nil {
		return err
	}
	// more than cores: some wait for the disk while others parse
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for _, e := range w.slowestFirst() {
		group.Go(func() error {
			if err := w.loadEntry(ctx, d, e); err != nil {
				return fmt.Errorf("dataset %s: %w", e.slug, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// loadEntry brings one entry to where it belongs, from wherever an earlier load
// left it. It is published last, so that nobody sees half of it.
func (w *world) loadEntry(ctx context.Context, load Deps, e *entry) error {
	s, who := load.Datasets, w.officer(e.dataset.Department.ID)
	there, err := s.Dataset(ctx, who, e.slug)
	if fault.KindOf(err) == fault.NotFound {
		there = &e.dataset
		err = s.Save(ctx, who, there)
		w.created.Add(1)
	}
	if err != nil {
		return err
	}
	for _, r := range e.resources {
		if err := w.loadResource(ctx, s, who, there, r); err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
	}
	if e.dataset.LastUpdated.After(there.LastUpdated) { // newer than what is there
		there.LastUpdated, there.NextDue = e.dataset.LastUpdated, e.dataset.NextDue
		if err := s.Save(ctx, who, there); err != nil {
			return err
		}
	}
	if e.about.Draft || there.Status != datasets.Draft {
		return nil
	}
	// it was confirmed where it comes from, and stands as that
	if err := load.Catalogue.Import(ctx, who, e.slug); err != nil {
		return err
	}
	return s.Move(ctx, who, e.slug, datasets.Publish, "", there.Revision)
}

func (w *world) loadResource(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset, r *resource) error {
	at := slices.IndexFunc(d.Resources, func(there datasets.Resource) bool { return there.ID == r.ID })
	published := 0
	if at < 0 {
		if _, err := s.AddResource(ctx, who, d, r.Resource); err != nil {
			return err
		}
	} else if newest := d.Resources[at].Newest; newest != nil {
		published = newest.Number
	}
	for _, v := range r.versions[min(published, len(r.versions)):] {
		if err := w.publish(ctx, s, who, d, r, v); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) publish(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset, r *resource, v version) error {
	file, err := w.folder.Open("files/" + v.file)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = s.AddVersion(ctx, who, d, r.ID, datasets.NewVersion{
		FileName: v.file, Content: file, NoHeader: r.noHeader, Fields: r.fields, TablesEN: r.tablesEN, Reason: v.reason, ReasonEN: v.reasonEN, Reviewed: v.reviewed,
	})
	if err == nil {
		w.published.Add(1)
	}
	return err
}
