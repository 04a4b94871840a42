package datasets

import (
	"context"
	"maps"
	"math"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/singleflight"

	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/outbound"
)

// Service has every operation on the catalogue. Reading asks Visible, handing
// out bytes asks the Gate.
type Service struct {
	pool  *pgxpool.Pool
	store blob.Store
	gate  Gate
	now   func() time.Time
	usage usage
	made  singleflight.Group // renditions and tables under way

	scanning sync.Map // what is being looked through, by resource and digest

	work   string        // folder in which children work
	places chan struct{} // for children at the same time
	rows   *rows.Service // nil where nobody asks questions about rows

	outbound  *outbound.Gate // nil where nobody checks addresses
	linkRules LinkRules
	base      string   // address of the portal, for addresses of its own
	uploads   *staging // nil where nothing can be uploaded

	confirmed func(context.Context, database.Querier, int64) error // whether the authority has confirmed an entry; nil: all are

	neighbours neighbours
}

// Option is something that not every catalogue needs.
type Option func(*Service)

// Work names the folder in which children read files; else it is the system's
// for temporary files.
func Work(dir string) Option { return func(s *Service) { s.work = dir } }

// Rows answers questions about the rows of tables.
func Rows(r *rows.Service) Option { return func(s *Service) { s.rows = r } }

// NewService returns the catalogue in pool with its files in store. The program
// must hand ingest.Job to sandbox.Main.
func NewService(pool *pgxpool.Pool, store blob.Store, gate Gate, now func() time.Time, options ...Option) *Service {
	s := &Service{pool: pool, store: store, gate: gate, now: now, work: os.TempDir(), places: make(chan struct{}, max(2, runtime.NumCPU()))}
	for _, o := range options {
		o(s)
	}
	return s
}

// Counted is a thing with how many datasets of it the viewer may know of.
type Counted[T any] struct {
	Item     T
	Datasets int
	Overdue  int // of these, past the promised day
	Promised int // of these, with a promised day
}

// Order is an order of a listing.
type Order string

// The orders of a listing.
const (
	ByUpdated Order = "updated"
	ByTitle   Order = "title"
	ByPopular Order = "popular"
	ByQuality Order = "quality" // the most lines of quality kept first
	ByDue     Order = "due"     // only what has a promised day, the earliest first
)

// Filter narrows a listing. The zero value is everything visible.
type Filter struct {
	Department string // slug
	Theme      string // slug
	Open       OpenType
	Among      map[Facet][]string // each facet has one of these values
	Late       bool               // only what is past its promised day
	Fields     bool               // with the data dictionaries
	Order      Order              // ByUpdated if empty
	After      string
	Limit      int // 20 if zero, at most 200
}

// Page is a part of a listing.
type Page struct {
	Items []Dataset
	Total int
	Next  string // pass as Filter.After; empty on the last page
}

func errNoDataset() error { return fault.New(fault.NotFound, "没有这个数据集。") }

// Dataset returns a whole entry with its resources, their newest versions and
// tables, without previews. It returns fault.NotFound for what the viewer may
// not know of, and fault.Gone with the reason for what was public and was
// withdrawn.
func (s *Service) Dataset(ctx context.Context, viewer account.Actor, slug string) (*Dataset, error) {
	if !slugForm.MatchString(slug) {
		return nil, errNoDataset()
	}
	return s.whole(ctx, viewer, `d.slug = @key`, slug)
}

// whole reads the one dataset that condition names by @key, as Dataset says.
func (s *Service) whole(ctx context.Context, viewer account.Actor, condition string, key any) (*Dataset, error) {
	visible := Visible(viewer)
	found, err := selectDatasets(ctx, s.pool, condition+` AND (`+visible.SQL+` OR (d.status = 'withdrawn' AND d.open_type <> 'withheld'))`, visible.with("key", key), "")
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoDataset()
	}
	d := &found[0]
	if d.Status == Withdrawn && !own(viewer, d.Department.ID) {
		return nil, fault.New(fault.Gone, "“%s”已撤下：%s", d.Title, d.WithdrawnReason)
	}
	if err := s.fill(ctx, found, true); err != nil {
		return nil, err
	}
	for i := range d.Resources {
		s.withoutValues(ctx, viewer, d.Resources[i].Newest)
		s.withoutAddress(ctx, viewer, d, &d.Resources[i])
	}
	return d, nil
}

// withoutValues takes the code lists out of v's dictionary where the Gate would
// not let viewer have the data: they hold values of it.
func (s *Service) withoutValues(ctx context.Context, viewer account.Actor, v *Version) {
	if v == nil || s.MayServe(ctx, viewer, v) == nil {
		return
	}
	for i := range v.Tables {
		for j := range v.Tables[i].Fields {
			f := &v.Tables[i].Fields[j]
			f.Hidden, f.Codes = len(f.Codes), nil
		}
	}
}

// MayServe returns nil if viewer may be given the bytes of v now, and otherwise
// a fault that says what would be needed.
func (s *Service) MayServe(ctx context.Context, viewer account.Actor, v *Version) error {
	return s.gate.MayServe(ctx, viewer, v, nil, s.now())
}

// Permit is what viewer may be given of v now, as the Gate says.
func (s *Service) Permit(ctx context.Context, viewer account.Actor, v *Version) (Permit, error) {
	return s.gate.Permit(ctx, viewer, v, s.now())
}

// BySlugs returns what a list shows of the datasets, in the order given;
// those that the viewer may not know of are left out.
func (s *Service) BySlugs(ctx context.Context, viewer account.Actor, slugs []string) ([]Dataset, error) {
	if len(slugs) == 0 {
		return nil, nil
	}
	visible := Visible(viewer)
	slugs = slices.DeleteFunc(slices.Clone(slugs), func(slug string) bool { return !slugForm.MatchString(slug) })
	found, err := selectDatasets(ctx, s.pool, `d.slug = ANY(@slugs) AND `+visible.SQL, visible.with("slugs", slugs), `array_position(@slugs::text[], d.slug)`)
	if err != nil {
		return nil, err
	}
	return found, s.fill(ctx, found, false)
}

// List returns a part of everything the viewer may know of. It returns
// fault.Invalid for a cursor that this listing did not give out.
func (s *Service) List(ctx context.Context, viewer account.Actor, f Filter) (Page, error) {
	return s.list(ctx, viewer, f, ``, nil)
}

// Find is a plain search in the database for the time when the search engine
// does not answer: every word stands somewhere in the title, summary, tags or
// publisher. It knows no pinyin and no relevance.
func (s *Service) Find(ctx context.Context, viewer account.Actor, text string, f Filter) (Page, error) {
	condition, args := contains(text)
	return s.list(ctx, viewer, f, condition, args)
}

func (s *Service) list(ctx context.Context, viewer account.Actor, f Filter, condition string, extra pgx.NamedArgs) (Page, error) {
	var page Page
	limit := f.Limit
	if limit <= 0 {
		limit = 20
	}
	limit = min(limit, 200)
	visible := Visible(viewer)
	where, args := f.where(visible, s.now())
	for k, v := range extra {
		args[k] = v
	}
	if condition != "" {
		where += ` AND ` + condition
	}
	var err error
	if page.Total, err = countDatasets(ctx, s.pool, where, args); err != nil {
		return page, err
	}
	order, err := f.order()
	if err != nil {
		return page, err
	}
	if f.After != "" {
		if err := order.after(f.After, args); err != nil {
			return page, err
		}
		where += ` AND ` + order.beyond
	}
	if page.Items, err = selectFirst(ctx, s.pool, where, args, order.by, limit+1); err != nil {
		return page, err
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		page.Next = order.cursor(&page.Items[limit-1])
	}
	return page, s.fill(ctx, page.Items, f.Fields)
}

// Resource returns a resource with its newest version and the dataset it
// belongs to.
func (s *Service) Resource(ctx context.Context, viewer account.Actor, id string) (*Dataset, *Resource, error) {
	if !resourceForm.MatchString(id) {
		return nil, nil, errNoResource()
	}
	d, err := s.whole(ctx, viewer, `d.id = (SELECT dataset_id FROM resources WHERE id = @key)`, id)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			err = errNoResource()
		}
		return nil, nil, err
	}
	for i := range d.Resources {
		if d.Resources[i].ID == id {
			return d, &d.Resources[i], nil
		}
	}
	return nil, nil, errNoResource()
}

func errNoResource() error { return fault.New(fault.NotFound, "没有这个文件。") }

// Versions returns all versions of a resource, newest first, with their
// tables but without previews. It returns the same faults as Resource, and
// fault.NotFound where nothing was published yet.
func (s *Service) Versions(ctx context.Context, viewer account.Actor, resourceID string) ([]Version, error) {
	found, err := s.versions(ctx, viewer, resourceID, `true`, pgx.NamedArgs{}, 0)
	if err == nil && len(found) == 0 {
		err = errNoResource()
	}
	return found, err
}

// VersionsBefore returns up to limit versions of a resource with a lower number
// than before, newest first. There may be none.
func (s *Service) VersionsBefore(ctx context.Context, viewer account.Actor, resourceID string, before, limit int) ([]Version, error) {
	return s.versions(ctx, viewer, resourceID, `v.number < @before`, pgx.NamedArgs{"before": min(before, math.MaxInt32)}, limit)
}

// Version returns one version of a resource. It returns the same faults as
// Resource, and fault.NotFound for a number that was not given.
func (s *Service) Version(ctx context.Context, viewer account.Actor, resourceID string, number int) (*Version, error) {
	found, err := s.versions(ctx, viewer, resourceID, `v.number = @number`, pgx.NamedArgs{"number": max(0, min(number, math.MaxInt32))}, 1)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "没有这一版。")
	}
	return &found[0], nil
}

// versions reads the visible versions of a resource; limit 0 is all. Where
// there is none to show, Resource says why.
func (s *Service) versions(ctx context.Context, viewer account.Actor, resourceID, condition string, args pgx.NamedArgs, limit int) ([]Version, error) {
	if !resourceForm.MatchString(resourceID) {
		return nil, errNoResource()
	}
	visible := Visible(viewer)
	maps.Copy(args, visible.Args)
	args["resource"] = resourceID
	found, err := selectVersions(ctx, s.pool, `v.resource_id = @resource AND `+visible.SQL+` AND `+condition, args, limit)
	if err == nil && len(found) == 0 {
		_, _, err = s.Resource(ctx, viewer, resourceID)
	}
	for i := range found {
		s.withoutValues(ctx, viewer, &found[i])
	}
	return found, err
}

// Departments returns every department with what the viewer may know of it,
// by region and name.
func (s *Service) Departments(ctx context.Context, viewer account.Actor) ([]Counted[Department], error) {
	return selectDepartments(ctx, s.pool, Visible(viewer), s.now(), `true`, nil)
}

// Department returns one department, or fault.NotFound.
func (s *Service) Department(ctx context.Context, viewer account.Actor, slug string) (*Counted[Department], error) {
	if !slugForm.MatchString(slug) {
		return nil, errNoDepartment()
	}
	found, err := selectDepartments(ctx, s.pool, Visible(viewer), s.now(), `p.slug = @slug`, pgx.NamedArgs{"slug": slug})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoDepartment()
	}
	return &found[0], nil
}

func errNoDepartment() error { return fault.New(fault.NotFound, "没有这个部门。") }

// Themes returns every theme in its order.
func (s *Service) Themes(ctx context.Context, viewer account.Actor) ([]Counted[Theme], error) {
	return selectThemes(ctx, s.pool, Visible(viewer), s.now(), `true`, nil)
}

// Theme returns one theme, or fault.NotFound.
func (s *Service) Theme(ctx context.Context, viewer account.Actor, slug string) (*Counted[Theme], error) {
	if !slugForm.MatchString(slug) {
		return nil, errNoTheme()
	}
	found, err := selectThemes(ctx, s.pool, Visible(viewer), s.now(), `t.slug = @slug`, pgx.NamedArgs{"slug": slug})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoTheme()
	}
	return &found[0], nil
}

func errNoTheme() error { return fault.New(fault.NotFound, "没有这个主题。") }
