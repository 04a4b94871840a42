package datasets

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// What the opening review (datasets/opening) reads here. It asks who may know of
// a review; bytes go through the Gate as everywhere.

// Content is what an opening review is about: an upload that was read, or a
// version, as it is now. It holds no values of the data until Shown.
type Content struct {
	Entry   *Dataset
	Version *Version // of an upload: what it would become
	Upload  *Upload  // nil of a version
	Newest  *Version // what the public has now; nil: nothing

	whole *Version     // with the values of its code lists
	taken *taken       // nil of a version
	first [][][]string // of an upload: the first rows of each table
}

// Fingerprint is its schema hash under these terms.
func (c *Content) Fingerprint(t Terms) string {
	return Fingerprint(c.whole.Tables, t, c.Entry.SecurityLevel, c.Entry.Source)
}

// Shapes are those of its tables.
func (c *Content) Shapes() []Shape { return ShapesOf(c.whole.Tables) }

// Columns is how the columns differ from those of the newest version; nil where
// there is none.
func (c *Content) Columns() []TableReshaping {
	if c.Newest == nil || c.Newest.ID == c.Version.ID {
		return nil
	}
	return reshaped(c.Newest, c.whole, nil)
}

// UploadContent is the content of an upload, of whatever department; q may be a
// transaction, or nil. It returns fault.Conflict for one that was not read or
// has ended.
func (s *Service) UploadContent(ctx context.Context, q database.Querier, id string) (*Content, error) {
	q = s.querier(q)
	u, err := selectUpload(ctx, q, id, 0)
	if err != nil {
		return nil, err
	}
	if u.State != Reviewing {
		return nil, fault.New(fault.Conflict, "这次上传还没有读好，或者已经了结。")
	}
	v, t, err := s.candidate(ctx, q, u)
	if err != nil {
		return nil, err
	}
	c := &Content{Upload: u, whole: v, taken: t}
	for i := range u.Tables {
		c.first = append(c.first, u.Tables[i].Preview)
		u.Tables[i].Preview = nil
	}
	return s.content(ctx, q, c)
}

// VersionContent is the content of a version.
func (s *Service) VersionContent(ctx context.Context, q database.Querier, id int64) (*Content, error) {
	q = s.querier(q)
	found, err := selectVersions(ctx, q, `v.id = @id`, pgx.NamedArgs{"id": id}, 1)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "没有这一版。")
	}
	return s.content(ctx, q, &Content{whole: &found[0]})
}

func (s *Service) querier(q database.Querier) database.Querier {
	if q == nil {
		return s.pool
	}
	return q
}

func (s *Service) content(ctx context.Context, q database.Querier, c *Content) (*Content, error) {
	found, err := selectDatasets(ctx, q, `d.id = @id`, pgx.NamedArgs{"id": c.whole.DatasetID}, "")
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoDataset()
	}
	c.Entry = &found[0]
	if c.Newest, err = newestOf(ctx, q, c.whole.ResourceID); err != nil {
		return nil, err
	}
	for i := range c.whole.Tables {
		c.whole.Tables[i].Preview = nil
	}
	c.Version, c.Newest = c.whole.valueless(), c.Newest.valueless()
	return c, nil
}

// valueless is v without the values of its code lists.
func (v *Version) valueless() *Version {
	if v == nil {
		return nil
	}
	out := *v
	out.Tables = slices.Clone(v.Tables)
	for i := range out.Tables {
		out.Tables[i].Fields = slices.Clone(out.Tables[i].Fields)
		for j := range out.Tables[i].Fields {
			f := &out.Tables[i].Fields[j]
			f.Hidden, f.Codes = len(f.Codes), nil
		}
	}
	return &out
}

// ContentObjections are all reasons against opening the content as it is.
func (s *Service) ContentObjections(ctx context.Context, q database.Querier, c *Content) ([]Objection, error) {
	t := c.taken
	if t == nil {
		t = &taken{report: &ingest.Report{}} // what the file hides was looked at when it was published
	}
	return s.objections(ctx, s.querier(q), c.whole, t)
}

// ContentFindings is everything that was found in the content, also what a
// person has decided. Values in it are blotted out.
func (s *Service) ContentFindings(ctx context.Context, q database.Querier, c *Content) ([]Finding, error) {
	return selectFindings(ctx, s.querier(q), `f.resource_id = @resource AND f.sha256 = @sha256`, pgx.NamedArgs{"resource": c.whole.ResourceID, "sha256": c.whole.SHA256})
}

// Shown puts into the content its first rows and the values of its code lists,
// if the Gate lets viewer have them as one of its reviewers; otherwise it
// returns what the Gate says.
func (s *Service) Shown(ctx context.Context, viewer account.Actor, c *Content, r *Reviewers) error {
	c.Version.Under = r
	if err := s.MayServe(ctx, viewer, c.Version); err != nil {
		return err
	}
	v := *c.whole
	v.Under, v.Tables = r, slices.Clone(v.Tables)
	for i := range v.Tables {
		if c.Upload != nil {
			v.Tables[i].Preview = c.first[i]
			continue
		}
		if err := s.pool.QueryRow(ctx, `SELECT preview FROM version_tables WHERE version_id = @version AND position = @position`,
			pgx.NamedArgs{"version": v.ID, "position": v.Tables[i].Position}).Scan(&v.Tables[i].Preview); err != nil {
			return fmt.Errorf("first rows of version %d: %w", v.ID, err)
		}
	}
	c.Version = &v
	return nil
}

// ContentOriginal is the file of a content as it came, if the Gate lets viewer
// have it as one of its reviewers. Close its object.
func (s *Service) ContentOriginal(ctx context.Context, viewer account.Actor, c *Content, r *Reviewers) (*File, error) {
	v := *c.whole
	if v.Under = r; v.PublishedAt.IsZero() && c.Upload != nil {
		v.PublishedAt = c.Upload.Changed
	}
	return s.Original(ctx, viewer, &v)
}

// ContentRows compares the rows of a content with those of the newest version,
// table by table in the order of the content; the zero Why of a table without a
// counterpart is NothingIn. Viewer must have been let through to the content,
// and the Gate is asked for both.
func (s *Service) ContentRows(ctx context.Context, viewer account.Actor, c *Content) ([]RowDifference, error) {
	if err := s.MayServe(ctx, viewer, c.Version); err != nil {
		return nil, err
	}
	if c.Newest == nil || c.taken == nil || s.rows == nil {
		return nil, nil
	}
	old := *c.Newest
	old.Under = c.Version.Under // who reviews the new one sees what it replaces
	if err := s.mayCompare(ctx, viewer, &old, c.Version); err != nil {
		return nil, err
	}
	var out []RowDifference
	pairs := sameTable(old.Tables, c.Version.Tables)
	for i := range c.Version.Tables {
		j, ok := pairs[i]
		if !ok {
			out = append(out, RowDifference{Position: i, Before: -1, Why: NothingIn, Added: c.Version.Tables[i].Rows})
			continue
		}
		r, err := s.compareContent(ctx, &old, j, c, i)
		switch fault.KindOf(err) {
		case fault.TooLarge:
			r.Why = TooMuch
		case fault.Invalid:
			r.Why = CannotRead
		default:
			if err != nil {
				return nil, err
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// compareContent counts how the rows of table i of a content differ from table j
// of a version, and keeps nothing.
func (s *Service) compareContent(ctx context.Context, old *Version, j int, c *Content, i int) (RowDifference, error) {
	r := RowDifference{Position: i, Before: j}
	before, err := s.asked(ctx, old, j)
	if err != nil {
		return r, err
	}
	after := askedOf(c.Version, c.taken.files[i])
	return s.countDifferences(ctx, r, before, after, c.Version.Tables[i].Keys())
}

// NewerThan is what came after the content: the number of a later version, and
// the id of a later upload to the same resource that waits; zero where nothing did.
func (s *Service) NewerThan(ctx context.Context, q database.Querier, c *Content, proposed int64) (version int, upload string, err error) {
	args := pgx.NamedArgs{"resource": c.Version.ResourceID, "number": c.Version.Number, "upload": "", "review": proposed}
	if c.Upload != nil {
		args["upload"] = c.Upload.ID
	}
	err = s.querier(q).QueryRow(ctx, `
		SELECT coalesce((SELECT max(v.number) FROM versions v, opening_reviews o WHERE o.id = @review AND v.resource_id = @resource AND v.number > @number::int AND v.published_at > o.proposed_at), 0),
		       coalesce((SELECT u.id FROM uploads u LEFT JOIN uploads mine ON mine.id = @upload, opening_reviews o
		                 WHERE o.id = @review AND u.resource_id = @resource AND u.id <> @upload AND u.state IN `+liveStates+` AND u.created_at >= coalesce(mine.created_at, o.proposed_at)
		                 ORDER BY u.created_at DESC LIMIT 1), '')`, args).Scan(&version, &upload)
	return version, upload, err
}
