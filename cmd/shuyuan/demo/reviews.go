package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/deidentify"
	"shuyuan/datasets/ingest"
	"shuyuan/datasets/opening"
	"shuyuan/internal/fault"
)

// review sends the files of the entries to their reviews, and each review to
// where it stands.
func (s *stage) review(ctx context.Context) error {
	if err := s.readAll(ctx); err != nil {
		return err
	}
	for i := range s.states.Entries {
		e := &s.states.Entries[i]
		for j := range e.Files {
			if err := s.reviewFile(ctx, e, &e.Files[j]); err != nil {
				return fmt.Errorf("%s, %s: %w", e.Slug, e.Files[j].Key, err)
			}
		}
		if e.Public {
			if err := s.publish(ctx, e.Slug); err != nil {
				return fmt.Errorf("%s: %w", e.Slug, err)
			}
		}
	}
	return nil
}

// readAll sends the files and has them read, several at once: that is most of the
// time that the states take.
func (s *stage) readAll(ctx context.Context) error {
	var group errgroup.Group // none is broken off in the middle because another failed: it would count as being read for a while
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for i := range s.states.Entries {
		e := &s.states.Entries[i]
		for j := range e.Files {
			f := &e.Files[j]
			resource, err := s.place(ctx, e.Slug, f)
			if err != nil {
				return errors.Join(err, group.Wait())
			}
			group.Go(func() error {
				_, err := s.readFile(ctx, resource, f.File)
				return err
			})
		}
	}
	return group.Wait()
}

func (s *stage) reviewFile(ctx context.Context, e *stateEntry, f *stateFile) error {
	resource := resourceID(e.Slug, f.Key)
	u, err := s.readFile(ctx, resource, f.File)
	if err != nil {
		return err
	}
	if u.State == datasets.Reviewing {
		if err := s.through(ctx, u, f); err != nil {
			return err
		}
	}
	if err := s.describe(ctx, resource); err != nil {
		return err
	}
	if f.Next != nil { // read, and no review asked for: it must be reviewed anew
		_, err = s.readFile(ctx, resource, f.Next.File)
	}
	return err
}

// through takes a file that was read through its review, and publishes it where
// that lets it.
func (s *stage) through(ctx context.Context, u *datasets.Upload, f *stateFile) error {
	if f.To != "" {
		r, err := s.proposed(ctx, u, f)
		for err == nil && r.State != f.To {
			r, err = s.decide(ctx, r, f)
		}
		if err != nil || !r.State.Lets() {
			return err
		}
	}
	_, err := s.Datasets.PublishUpload(ctx, s.as(theOfficer), u.ID, datasets.Publication{Reason: f.Reason})
	return err
}

// describe writes down what the columns of a file that is published say, where
// nobody has.
func (s *stage) describe(ctx context.Context, resource string) error {
	officer := s.as(theOfficer)
	_, r, err := s.Datasets.Resource(ctx, officer, resource)
	if err != nil || r.Newest == nil || r.Newest.Tables[0].Revision > 0 {
		return err
	}
	table, said := r.Newest.Tables[0], false
	for i := range table.Fields {
		f := &table.Fields[i]
		if at := slices.IndexFunc(s.states.Dictionary, func(c column) bool { return c.Name == f.Name }); at >= 0 {
			c := s.states.Dictionary[at]
			f.LabelEN, f.Description, f.DescriptionEN, f.Key, said = c.LabelEN, c.Description, c.DescriptionEN, c.Key, true
		}
	}
	if !said {
		return nil
	}
	return s.Datasets.CorrectDictionary(ctx, officer, resource, datasets.Correction{Fields: table.Fields, Revision: table.Revision, Reason: "示例：补上英文名称和说明"})
}

// place is the resource of a file, which is made where it is not there.
func (s *stage) place(ctx context.Context, slug string, f *stateFile) (string, error) {
	officer, id := s.as(theOfficer), resourceID(slug, f.Key)
	d, err := s.Datasets.Dataset(ctx, officer, slug)
	if err != nil || slices.ContainsFunc(d.Resources, func(r datasets.Resource) bool { return r.ID == id }) {
		return id, err
	}
	return s.Datasets.AddResource(ctx, officer, d, datasets.Resource{ID: id, Name: f.Name, NameEN: f.NameEN, Description: f.About, DescriptionEN: f.AboutE})
}

// readFile is the upload of a file to a resource, sent and read.
func (s *stage) readFile(ctx context.Context, resource, name string) (*datasets.Upload, error) {
	officer := s.as(theOfficer)
	content, err := fs.ReadFile(s.w.folder, "states/"+name)
	if err != nil {
		return nil, err
	}
	u, err := send(ctx, s.Datasets, officer, datasets.NewUpload{ResourceID: resource, FileName: name, Bytes: int64(len(content))}, content)
	if err != nil {
		return nil, err
	}
	return s.readUpload(ctx, u.ID)
}

// readByOthers is how long we wait for what somebody else reads.
const readByOthers = 2 * time.Minute

// readUpload reads what was sent, as a server would, or waits until the server that runs
// beside us has.
func (s *stage) readUpload(ctx context.Context, id string) (*datasets.Upload, error) {
	if err := s.Datasets.ReadReceived(ctx, datasets.UploadReceived{ID: id}); err != nil {
		return nil, err
	}
	u, err := s.Datasets.Upload(ctx, s.as(theOfficer), id)
	for end := time.Now().Add(readByOthers); err == nil && u.Refusal == nil && u.State == datasets.Reading && time.Now().Before(end); { // a server that runs beside us was faster
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
		u, err = s.Datasets.Upload(ctx, s.as(theOfficer), id)
	}
	switch {
	case err != nil:
	case u.Refusal != nil:
		err = u.Refusal
	case u.State == datasets.Reading:
		err = fmt.Errorf("%s is being read by a load that was cut off: try again in some minutes", u.FileName)
	}
	return u, err
}

// proposed is the review of an upload.
func (s *stage) proposed(ctx context.Context, u *datasets.Upload, f *stateFile) (*opening.Review, error) {
	officer := s.as(theOfficer)
	there, err := s.Opening.OfUpload(ctx, officer, u.ID)
	if err != nil || there != nil {
		return there, err
	}
	p := opening.Proposal{UploadID: u.ID, Note: f.Note}
	if f.Event != nil {
		if p.Event, err = s.declared(ctx, f); err != nil {
			return nil, err
		}
	}
	return s.Opening.Propose(ctx, officer, p)
}

// declared is the emergency under which a file is opened first.
func (s *stage) declared(ctx context.Context, f *stateFile) (int64, error) {
	authority := s.as(theAuthority)
	there, err := s.Opening.Events(ctx, authority)
	if err != nil {
		return 0, err
	}
	if at := slices.IndexFunc(there, func(e opening.Event) bool { return e.Title == f.Event.Title }); at >= 0 {
		return there[at].ID, nil
	}
	e, err := s.Opening.DeclareEvent(ctx, authority, opening.NewEvent{
		Kind: f.Event.Kind, Title: f.Event.Title, DeclaredBy: f.Event.DeclaredBy, Basis: f.Event.Basis, DeclaredOn: s.Now().In(china).Format(time.DateOnly),
	})
	if err != nil {
		return 0, err
	}
	return e.ID, nil
}

// decide takes a review one step on: to the next gate, or to its end at the gate
// where that is.
func (s *stage) decide(ctx context.Context, r *opening.Review, f *stateFile) (*opening.Review, error) {
	d := opening.Decision{Action: opening.Pass, Revision: r.Revision, Words: f.Words}
	who := map[opening.State]string{opening.Proposed: theHead, opening.SecurityCheck: securityDesk, opening.SecrecyCheck: secrecyDesk, opening.JointReview: cyberspaceDesk}[r.State]
	for _, line := range r.Gate().List() {
		d.Ticked = append(d.Ticked, line.Code)
	}
	if r.State == opening.Proposed {
		d.Action = opening.OpenAtOnce
	} else if r.State == opening.JointReview || f.To == opening.Returned {
		var err error
		if d.Action, d.Terms, err = f.end(); err != nil {
			return nil, err
		}
	}
	if d.Action == opening.Approve && f.StandingDays > 0 {
		d.StandingUntil, d.StandingTerms = s.Now().In(china).AddDate(0, 0, f.StandingDays).Format(time.DateOnly), f.StandingTerms
	}
	return s.Opening.Decide(ctx, s.as(who), r.ID, d)
}

// end is the decision that ends a review as the file says.
func (f *stateFile) end() (opening.Action, datasets.Terms, error) {
	var t datasets.Terms
	for _, line := range f.Bases {
		bases, wrong := catalogue.ReadBases("basis", line)
		if wrong != nil {
			return "", t, wrong
		}
		t.Bases = append(t.Bases, bases...)
	}
	t.Method, t.Requirements, t.Safeguards = f.Method, f.Requirements, f.Safeguards
	return map[opening.State]opening.Action{
		opening.Approved: opening.Approve, opening.ApprovedConditional: opening.ApproveConditional, opening.Withheld: opening.Withhold, opening.Returned: opening.Return,
	}[f.To], t, nil
}

// derive makes of withheld data another entry that names nobody, and asks for its
// review; the original stays withheld.
func (s *stage) derive(ctx context.Context) error {
	for i := range s.states.Entries {
		if e := &s.states.Entries[i]; e.Derived != nil {
			if err := s.deriveFrom(ctx, e); err != nil {
				return fmt.Errorf("%s: %w", e.Derived.Slug, err)
			}
		}
	}
	return nil
}

// recipe leaves out who it is and when, and tells where only by the city, in
// groups of at least so many.
func recipe() ingest.Recipe {
	return ingest.Recipe{Least: 5, Columns: []ingest.Treatment{
		{Method: ingest.Drop}, {Method: ingest.Drop}, {Method: ingest.Place, Level: "city", Quasi: true}, {Method: ingest.Keep},
		{Method: ingest.CoarseDate, Level: "month"}, {Method: ingest.Band, Width: 1000, Quasi: true},
	}}
}

func (s *stage) deriveFrom(ctx context.Context, e *stateEntry) error {
	officer, d := s.as(theOfficer), e.Derived
	upload, err := s.derived(ctx, e)
	if err != nil || upload == "" {
		return err
	}
	u, err := s.readUpload(ctx, upload)
	if err != nil || u.State != datasets.Reviewing {
		return err
	}
	there, err := s.Catalogue.Entry(ctx, officer, d.Slug)
	if err != nil {
		return err
	}
	if there.Summary == "" { // before the review: it holds what the entry says
		if err := s.say(ctx, there, d.Says); err != nil {
			return err
		}
	}
	_, err = s.proposed(ctx, u, &stateFile{Note: d.Note})
	return err
}

// derived is the upload of the derived entry, which is made where it is not there;
// empty where its source was left out.
func (s *stage) derived(ctx context.Context, e *stateEntry) (string, error) {
	officer, d := s.as(theOfficer), e.Derived
	switch there, err := s.Datasets.Dataset(ctx, officer, d.Slug); {
	case err == nil:
		u, err := sent(ctx, s.Datasets, officer, there.Resources[0].ID, "")
		if err != nil {
			return "", err
		}
		return u.ID, nil
	case fault.KindOf(err) != fault.NotFound:
		return "", err
	}
	from, err := s.Datasets.Dataset(ctx, officer, e.Slug)
	if err != nil || len(from.Resources) == 0 || from.Resources[0].Newest == nil {
		return "", err
	}
	l, err := s.Deidentify.Make(ctx, officer, deidentify.Source{Version: from.Resources[0].Newest.ID}, recipe(), catalogue.NewEntry{Declaration: catalogue.NotSecret, Title: d.Title, Slug: d.Slug})
	if err != nil {
		return "", err
	}
	return l.UploadID, nil
}
