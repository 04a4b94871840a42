package catalogue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
)

// found is what must be known of an entry before anybody is shown it.
type found struct {
	Standing
	id         int64
	slug       string
	title      string
	department int64
	profile    string // of the department
	theirs     string // profile of the department of who asks
	head       bool   // the department has somebody who signs
	status     datasets.Status
	revision   int64
}

// seenBy reports whether who may know of the entry: see Service.Entry.
func (f found) seenBy(who account.Actor) bool {
	if who.Key != "" && !who.Covers(account.ScopePublish) {
		return false
	}
	if who.Department == f.department && who.Any(account.Officer, account.Head) {
		return true
	}
	return who.Is(account.Authority) && who.Department != 0 && f.theirs == f.profile && f.State != Draft && f.State != WithHead
}

const foundColumns = `
	d.id, d.slug, d.title, d.department_id, p.profile, d.status, d.revision,
	EXISTS (SELECT FROM users u JOIN user_roles r ON r.user_id = u.id WHERE u.department_id = d.department_id AND r.role = 'head' AND u.disabled_at IS NULL),
	coalesce(e.state, 'draft'), e.submitted_at, coalesce(e.submitted_by, 0), e.decided_at, coalesce(e.decided_by, ''), coalesce(e.reason, ''), coalesce(e.imported, false),
	coalesce(e.clock_profile, ''), coalesce(e.clock_path, '')`

const foundTables = `
	FROM datasets d
	JOIN departments p ON p.id = d.department_id
	LEFT JOIN catalogue_entries e ON e.dataset_id = d.id`

func (f *found) fields() []any {
	return []any{&f.id, &f.slug, &f.title, &f.department, &f.profile, &f.status, &f.revision, &f.head,
		&f.State, &f.SubmittedAt, &f.SubmittedBy, &f.DecidedAt, &f.DecidedBy, &f.Reason, &f.Imported, &f.ref.Profile, &f.ref.Path}
}

func scanFound(row pgx.CollectableRow) (f found, err error) {
	err = row.Scan(f.fields()...)
	if f.SubmittedAt != nil {
		f.ref.From = *f.SubmittedAt
	}
	return f, err
}

func (s *Service) find(ctx context.Context, who account.Actor, slug string) (found, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+foundColumns+foundTables+` WHERE d.slug = @slug`, pgx.NamedArgs{"slug": slug})
	if err != nil {
		return found{}, err
	}
	f, err := pgx.CollectExactlyOneRow(rows, scanFound)
	if errors.Is(err, pgx.ErrNoRows) {
		return found{}, errNoEntry()
	}
	if err == nil {
		f.theirs, err = profileOf(ctx, s.pool, who.Department)
	}
	return f, err
}

// lockEntry holds an entry until tx ends.
func lockEntry(ctx context.Context, tx pgx.Tx, id int64) (found, error) {
	if _, err := tx.Exec(ctx, `SELECT FROM datasets WHERE id = @id FOR NO KEY UPDATE`, pgx.NamedArgs{"id": id}); err != nil {
		return found{}, err
	}
	rows, err := tx.Query(ctx, `SELECT `+foundColumns+foundTables+` WHERE d.id = @id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return found{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanFound)
}

// profileOf is the profile of a department, empty for none.
func profileOf(ctx context.Context, q database.Querier, department int64) (profile string, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce((SELECT profile FROM departments WHERE id = @id), '')`, pgx.NamedArgs{"id": department}).Scan(&profile)
	return profile, err
}

// stand moves an entry to a state.
func (s *Service) stand(ctx context.Context, tx pgx.Tx, who account.Actor, e *Entry, to State) error {
	now := s.now()
	args := pgx.NamedArgs{"id": e.Dataset.ID, "state": to, "now": now, "by": who.ID, "name": who.Name, "reason": "", "profile": "", "path": ""}
	switch to {
	case Submitted:
		c, err := s.clocks.Start(e.Department.Profile, confirmation, now)
		if err != nil {
			return err
		}
		args["profile"], args["path"] = c.Ref.Profile, c.Ref.Path
	case Returned:
		args["reason"] = e.Reason
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO catalogue_entries AS c (dataset_id, state) VALUES (@id, 'draft') ON CONFLICT DO NOTHING`, pgx.NamedArgs{"id": e.Dataset.ID})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE catalogue_entries SET state = @state, reason = @reason, imported = false,
		       submitted_at = CASE WHEN @state IN ('submitted', 'awaiting_head') THEN @now WHEN @state = 'draft' THEN NULL ELSE submitted_at END,
		       submitted_by = CASE WHEN @state = 'awaiting_head' OR (@state = 'submitted' AND state <> 'awaiting_head') THEN @by ELSE submitted_by END,
		       clock_profile = CASE WHEN @state = 'submitted' THEN @profile ELSE clock_profile END,
		       clock_path = CASE WHEN @state = 'submitted' THEN @path ELSE clock_path END,
		       decided_at = CASE WHEN @state IN ('confirmed', 'returned') THEN @now ELSE NULL END,
		       decided_by = CASE WHEN @state IN ('confirmed', 'returned') THEN @name ELSE '' END
		WHERE dataset_id = @id`, args)
	return err
}

// revise writes the next revision of an entry, and makes it a draft again if
// another state of it was decided about.
func (s *Service) revise(ctx context.Context, tx pgx.Tx, who account.Actor, d *datasets.Dataset, act string) error {
	content, err := json.Marshal(Of(d))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO catalogue_revisions (dataset_id, number, at, by_id, by_name, act, content)
		SELECT @id, coalesce(max(number), 0) + 1, @now, @by, @name, @act, @content FROM catalogue_revisions WHERE dataset_id = @id`,
		pgx.NamedArgs{"id": d.ID, "now": s.now(), "by": who.ID, "name": who.Name, "act": act, "content": content}); err != nil {
		return fmt.Errorf("revision of %s: %w", d.Slug, err)
	}
	if d.Status != datasets.Draft {
		return nil
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO catalogue_entries (dataset_id, state) VALUES (@id, 'draft')
		ON CONFLICT (dataset_id) DO UPDATE SET state = 'draft', submitted_at = NULL, decided_at = NULL, decided_by = '', imported = false
		WHERE catalogue_entries.state <> 'returned'`, pgx.NamedArgs{"id": d.ID})
	return err
}

// Import records that an entry was confirmed elsewhere and brought here by an
// import: nobody here confirmed it. One that already stands somewhere stays.
func (s *Service) Import(ctx context.Context, who account.Actor, slug string) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		tag, err := tx.Exec(ctx, `
			INSERT INTO catalogue_entries (dataset_id, state, decided_at, decided_by, imported)
			SELECT id, 'confirmed', @now, @name, true FROM datasets WHERE slug = @slug
			ON CONFLICT (dataset_id) DO NOTHING`, pgx.NamedArgs{"slug": slug, "now": s.now(), "name": who.Name})
		if err != nil || tag.RowsAffected() == 0 {
			return none, err
		}
		return none, audit.Append(ctx, tx, who, "catalogue", slug, "confirm-by-import", nil)
	})
	return err
}

// EnsureConfirmed returns nil if the catalogue entry of a data set was confirmed
// (TJ-10.3, AS-12.3; for others 平台规则), and otherwise fault.Conflict: only
// then may it be opened. Whoever publishes asks in the same transaction.
func EnsureConfirmed(ctx context.Context, q database.Querier, datasetID int64) error {
	var confirmed bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM catalogue_entries WHERE dataset_id = @id AND state = 'confirmed')`, pgx.NamedArgs{"id": datasetID}).Scan(&confirmed)
	if err != nil || confirmed {
		return err
	}
	return fault.New(fault.Conflict, "目录条目还没有经主管部门确认，不能开放。")
}

// surroundings are the department and the words that codes stand for.
func (s *Service) surroundings(ctx context.Context, department int64) (datasets.Department, Vocabulary, error) {
	var v Vocabulary
	all, err := s.entries.Departments(ctx, account.Actor{})
	if err != nil {
		return datasets.Department{}, v, err
	}
	if v, err = s.Vocabulary(ctx); err != nil {
		return datasets.Department{}, v, err
	}
	for _, d := range all {
		if d.Item.ID == department {
			return d.Item, v, nil
		}
	}
	return datasets.Department{}, v, fault.New(fault.NotFound, "没有这个部门。")
}

// Vocabulary is what the codes of a form stand for.
func (s *Service) Vocabulary(ctx context.Context) (v Vocabulary, err error) {
	themes, err := s.entries.Themes(ctx, account.Actor{})
	if err != nil {
		return v, err
	}
	for _, t := range themes {
		v.Themes = append(v.Themes, t.Item)
	}
	if v.Licences, err = s.entries.Licences(ctx); err != nil {
		return v, err
	}
	v.Regions, err = s.entries.Regions(ctx)
	return v, err
}

// ListLine is one entry in a list.
type ListLine struct {
	Standing
	Slug         string
	Title        string
	TitleEN      string
	Department   string
	DepartmentEN string
	Status       datasets.Status
	Open         datasets.OpenType
	Share        string
	DBClass      datasets.DBClass
	Frequency    datasets.Frequency
	UpdatedAt    time.Time
	Sample       bool
	Clock        *deadline.Clock

	departmentID int64
}

// Filter narrows the list of entries. The zero value is everything.
type Filter struct {
	Text    string
	State   State
	Open    datasets.OpenType
	Share   string
	DBClass datasets.DBClass
	Status  datasets.Status
	Offset  int
	Limit   int // 50 if zero
}

// List is a part of the entries that who compiles or decides about, those that
// changed last first, and how many there are.
func (s *Service) List(ctx context.Context, who account.Actor, f Filter) (out []ListLine, total int, err error) {
	theirs, err := profileOf(ctx, s.pool, who.Department)
	if err != nil {
		return nil, 0, err
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	rows, err := s.pool.Query(ctx, `SELECT `+foundColumns+`, d.title_en, p.name, p.name_en, d.open_type, d.share_type, d.db_class, d.update_frequency, d.updated_at, d.sample, count(*) OVER ()`+foundTables+`
		WHERE (@within AND d.department_id = @department
		       OR @authority AND p.profile = @profile AND coalesce(e.state, 'draft') IN ('submitted', 'confirmed', 'returned'))
		  AND (@text = '' OR strpos(lower(d.title || ' ' || d.slug), lower(@text)) > 0)
		  AND (@state = '' OR coalesce(e.state, 'draft') = @state)
		  AND (@status = '' OR d.status = @status)
		  AND (@open = '' OR d.open_type = @open) AND (@share = '' OR d.share_type = @share) AND (@class = '' OR d.db_class = @class)
		ORDER BY d.updated_at DESC, d.id DESC OFFSET @offset LIMIT @limit`,
		pgx.NamedArgs{"within": who.Any(account.Officer, account.Head), "authority": who.Is(account.Authority), "department": who.Department, "profile": theirs,
			"text": f.Text, "state": string(f.State), "status": string(f.Status), "open": string(f.Open), "share": f.Share, "class": string(f.DBClass), "offset": f.Offset, "limit": f.Limit})
	if err != nil {
		return nil, 0, err
	}
	out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l ListLine, err error) {
		var at found
		err = row.Scan(append(at.fields(), &l.TitleEN, &l.Department, &l.DepartmentEN, &l.Open, &l.Share, &l.DBClass, &l.Frequency, &l.UpdatedAt, &l.Sample, &total)...)
		l.Standing, l.Slug, l.Title, l.Status, l.departmentID = at.Standing, at.slug, at.title, at.status, at.department
		return l, err
	})
	if err != nil {
		return nil, 0, err
	}
	for i := range out {
		if l := &out[i]; l.State == Submitted && l.SubmittedAt != nil {
			l.ref.From = *l.SubmittedAt
			c, err := s.clocks.Resume(l.ref)
			if err != nil {
				return nil, 0, err
			}
			l.Clock = &c
		}
	}
	return out, total, nil
}

// Revision is one saved state of an entry.
type Revision struct {
	Number  int
	At      time.Time
	By      string
	Act     string
	Content Content
	Diff    []Difference // to the one before
}

// History is every saved state of an entry, newest first.
func (s *Service) History(ctx context.Context, e *Entry) ([]Revision, error) {
	rows, err := s.pool.Query(ctx, `SELECT number, at, by_name, act, content FROM catalogue_revisions WHERE dataset_id = @id ORDER BY number DESC`, pgx.NamedArgs{"id": e.Dataset.ID})
	if err != nil {
		return nil, err
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Revision, err error) {
		return r, row.Scan(&r.Number, &r.At, &r.By, &r.Act, &r.Content)
	})
	for i := range out {
		if i+1 < len(out) {
			out[i].Diff = Diff(out[i+1].Content, out[i].Content)
		}
	}
	return out, err
}

// Typing is what somebody has typed and not saved.
type Typing struct {
	By       string
	Mine     bool
	At       time.Time
	Revision int64
	Content  Content
}

// Autosave keeps what is being typed. Others who edit the entry at the same
// time are told of each other.
func (s *Service) Autosave(ctx context.Context, who account.Actor, slug string, in Saved) ([]Typing, error) {
	e, err := s.Entry(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	if err := e.Editable(who); err != nil {
		return nil, err
	}
	if err := s.declare(ctx, who, in.answer()); err != nil {
		return nil, err
	}
	if e.Dataset.Revision != in.Revision {
		return nil, fault.New(fault.Conflict, "这个条目在您打开之后已被别人改过，请重新打开。")
	}
	for k, text := range in.Content {
		if len(text) > maxTyped {
			return nil, fault.At(k, "太长，最多 %d 个字。", maxTyped/4)
		}
	}
	content, err := json.Marshal(in.Content)
	if err != nil {
		return nil, err
	}
	if _, err := s.pool.Exec(ctx, `
		INSERT INTO catalogue_autosaves (dataset_id, user_id, user_name, revision, at, content) VALUES (@id, @user, @name, @revision, @now, @content)
		ON CONFLICT (dataset_id, user_id) DO UPDATE SET revision = @revision, at = @now, content = @content`,
		pgx.NamedArgs{"id": e.Dataset.ID, "user": who.ID, "name": who.Name, "revision": in.Revision, "now": s.now(), "content": content}); err != nil {
		return nil, err
	}
	return s.Typed(ctx, who, e)
}

const maxTyped = 200_000

// Typed is what is being typed into the entry as it is saved now, by anybody.
func (s *Service) Typed(ctx context.Context, who account.Actor, e *Entry) ([]Typing, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT user_name, user_id = @user, at, revision, content FROM catalogue_autosaves
		WHERE dataset_id = @id AND revision = @revision AND at > @since ORDER BY at DESC`,
		pgx.NamedArgs{"id": e.Dataset.ID, "user": who.ID, "revision": e.Dataset.Revision, "since": s.now().Add(-7 * 24 * time.Hour)})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Typing, err error) {
		return t, row.Scan(&t.By, &t.Mine, &t.At, &t.Revision, &t.Content)
	})
}

// Template is a beginning that a department keeps.
type Template struct {
	ID   int64
	Name string
}

// Templates are those of the department of who.
func (s *Service) Templates(ctx context.Context, who account.Actor) ([]Template, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, name FROM catalogue_templates WHERE department_id = @department ORDER BY name`, pgx.NamedArgs{"department": who.Department})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Template])
}

func (s *Service) template(ctx context.Context, who account.Actor, id int64) (c Content, err error) {
	err = s.pool.QueryRow(ctx, `SELECT content FROM catalogue_templates WHERE id = @id AND department_id = @department`,
		pgx.NamedArgs{"id": id, "department": who.Department}).Scan(&c)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "没有这个模板。")
	}
	return c, err
}

// KeepTemplate makes what an entry says a beginning for others, in place of the
// one of that name.
func (s *Service) KeepTemplate(ctx context.Context, who account.Actor, slug, name string) error {
	e, err := s.Entry(ctx, who, slug)
	if err != nil {
		return err
	}
	if !who.Is(account.Officer) || e.Department.ID != who.Department {
		return fault.New(fault.Forbidden, "只有本部门的数据专员可以改这个条目。")
	}
	if name == "" || len([]rune(name)) > 60 {
		return fault.At("name", "请给模板一个名字，最多 %d 个字。", 60)
	}
	c := Of(e.Dataset)
	for _, k := range notCopied {
		delete(c, k)
	}
	content, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if _, err := tx.Exec(ctx, `
			INSERT INTO catalogue_templates (department_id, name, content, at) VALUES (@department, @name, @content, @now)
			ON CONFLICT (department_id, name) DO UPDATE SET content = @content, at = @now`,
			pgx.NamedArgs{"department": who.Department, "name": name, "content": content, "now": s.now()}); err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, who, "catalogue", slug, "keep-template", map[string]string{"name": name})
	})
	return err
}
