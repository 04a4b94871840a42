package catalogue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Import is an import that was made.
type Import struct {
	ID        int64
	At        time.Time
	By        string
	Files     []ImportedFile
	Created   int
	Changed   int
	Unchanged int
	Refused   int
	Sample    bool
	UndoneAt  *time.Time
	UndoneBy  string
	Rows      []ImportedRow // only of one that is looked at
}

// ImportedRow is what one row did.
type ImportedRow struct {
	Line    int
	Slug    string
	Title   string
	Created bool
	Diff    []Difference
	Outcome Outcome // of undoing it: what became of it, or what would now

	position  int
	datasetID *int64
	revision  int64
	before    Content
}

// Outcome is what becomes of a row whose import is undone.
type Outcome string

// The outcomes. All but the first two are why the row stays.
const (
	CanUndo   Outcome = ""        // it can be undone
	Undone    Outcome = "undone"  // it was
	ChangedBy Outcome = "changed" // somebody changed the entry since
	SentOn    Outcome = "sent"    // it was sent to the head or the authority
	MadeOpen  Outcome = "public"  // it is public, or was
	InUse     Outcome = "used"    // it has files, reviews or questions
	Gone      Outcome = "gone"    // there is no such entry any more
)

// Apply does what the plan of in says, if it still says what mark names, and
// returns the number of the import. All rows are stored or none; with onlyGood,
// those that nothing is wrong with, and nothing of the others.
func (s *Service) Apply(ctx context.Context, who account.Actor, in Bulk, mark string, onlyGood bool) (int64, *Plan, error) {
	p, err := s.Plan(ctx, who, in)
	if err != nil {
		return 0, nil, err
	}
	switch {
	case p.Mark != mark:
		return 0, p, fault.New(fault.Conflict, "目录在您看过之后又变了，什么也没有保存：请再看一遍下面要做的事。")
	case p.Whole:
		return 0, p, fault.At("file", "文件有错，什么也没有保存。")
	case p.Count(Refused) > 0 && !onlyGood:
		return 0, p, fault.At("only_good", "有 %d 行不能导入，什么也没有保存：请改好再传，或选择只导入没有错的行。", p.Count(Refused))
	case p.Count(Creates)+p.Count(Changes) == 0:
		return 0, p, fault.At("file", "没有可做的事：没有一行要新建或者修改。")
	}
	id, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (int64, error) { return s.apply(ctx, tx, who, p) })
	return id, p, err
}

func (s *Service) apply(ctx context.Context, tx pgx.Tx, who account.Actor, p *Plan) (id int64, err error) {
	files, err := json.Marshal(p.Files)
	if err != nil {
		return 0, err
	}
	if err := tx.QueryRow(ctx, `
		INSERT INTO catalogue_imports (department_id, at, by_id, by_name, files, unchanged, refused, sample)
		SELECT @department, @now, @by, @name, @files, @unchanged, @refused, sample FROM departments WHERE id = @department RETURNING id`,
		pgx.NamedArgs{"department": who.Department, "now": s.now(), "by": who.ID, "name": who.Name, "files": files, "unchanged": p.Count(Unchanged), "refused": p.Count(Refused)}).Scan(&id); err != nil {
		return 0, err
	}
	position := 0
	for i := range p.Rows {
		r := &p.Rows[i]
		if r.Verdict != Creates && r.Verdict != Changes {
			continue
		}
		if err := s.applyRow(ctx, tx, who, id, position, r); err != nil {
			return 0, err
		}
		position++
	}
	details := map[string]string{"created": strconv.Itoa(p.Count(Creates)), "changed": strconv.Itoa(p.Count(Changes)), "refused": strconv.Itoa(p.Count(Refused))}
	for i, f := range p.Files {
		details["sha256-"+strconv.Itoa(i+1)] = f.SHA256
	}
	return id, audit.Append(ctx, tx, who, "catalogue-import", strconv.FormatInt(id, 10), "apply", details)
}

func (s *Service) applyRow(ctx context.Context, tx pgx.Tx, who account.Actor, id int64, position int, r *PlannedRow) error {
	args := pgx.NamedArgs{"import": id, "position": position, "line": r.Line, "slug": r.d.Slug, "title": r.d.Title, "before": nil}
	if r.Verdict == Changes {
		at, err := lockEntry(ctx, tx, r.d.ID)
		if err != nil {
			return err
		}
		if at.status != datasets.Draft || at.State == Submitted || at.State == WithHead || at.revision != r.d.Revision {
			return fault.New(fault.Conflict, "目录在您看过之后又变了，什么也没有保存：请再看一遍下面要做的事。")
		}
		before, err := json.Marshal(r.before)
		if err != nil {
			return err
		}
		args["before"] = before
	}
	if err := s.keep(ctx, tx, who, r.d, "import"); err != nil {
		return err
	}
	after, err := json.Marshal(Of(r.d))
	if err != nil {
		return err
	}
	args["after"], args["dataset"], args["revision"] = after, r.d.ID, r.d.Revision
	_, err = tx.Exec(ctx, `
		INSERT INTO catalogue_import_rows (import_id, position, line, dataset_id, slug, title, before, after, revision)
		VALUES (@import, @position, @line, @dataset, @slug, @title, @before, @after, @revision)`, args)
	return err
}

// Imports are those of the department of who, the newest first.
func (s *Service) Imports(ctx context.Context, who account.Actor) ([]Import, error) {
	if !who.Is(account.Officer) || who.Department == 0 {
		return nil, fault.New(fault.Forbidden, "只有部门的数据专员可以编目。")
	}
	return s.imports(ctx, who.Department, 0)
}

func (s *Service) imports(ctx context.Context, department, id int64) ([]Import, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT i.id, i.at, i.by_name, i.files, i.unchanged, i.refused, i.sample, i.undone_at, i.undone_by,
		       (SELECT count(*) FROM catalogue_import_rows r WHERE r.import_id = i.id AND r.before IS NULL),
		       (SELECT count(*) FROM catalogue_import_rows r WHERE r.import_id = i.id AND r.before IS NOT NULL)
		FROM catalogue_imports i WHERE i.department_id = @department AND (@id = 0 OR i.id = @id) ORDER BY i.id DESC LIMIT 200`,
		pgx.NamedArgs{"department": department, "id": id})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (i Import, err error) {
		return i, row.Scan(&i.ID, &i.At, &i.By, &i.Files, &i.Unchanged, &i.Refused, &i.Sample, &i.UndoneAt, &i.UndoneBy, &i.Created, &i.Changed)
	})
}

func errNoImport() error { return fault.New(fault.NotFound, "没有这次导入。") }

// Imported is one of them with its rows, and what would become of each if it were
// undone now. It returns fault.NotFound for one of another department.
func (s *Service) Imported(ctx context.Context, who account.Actor, id int64) (*Import, error) {
	if !who.Is(account.Officer) || who.Department == 0 {
		return nil, fault.New(fault.Forbidden, "只有部门的数据专员可以编目。")
	}
	list, err := s.imports(ctx, who.Department, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 || id == 0 {
		return nil, errNoImport()
	}
	out := &list[0]
	if out.Rows, err = importedRows(ctx, s.pool, id); err != nil || out.UndoneAt != nil {
		return out, err
	}
	slugs := make([]string, len(out.Rows))
	for i, r := range out.Rows {
		slugs[i] = r.Slug
	}
	standing, _, err := s.standings(ctx, who.Department, slugs)
	if err != nil {
		return nil, err
	}
	for i := range out.Rows {
		r := &out.Rows[i]
		at, there := standing[r.Slug]
		r.Outcome = r.wouldBe(at, there)
	}
	return out, nil
}

func importedRows(ctx context.Context, q database.Querier, id int64) ([]ImportedRow, error) {
	rows, err := q.Query(ctx, `
		SELECT position, line, dataset_id, slug, title, before, after, revision, outcome
		FROM catalogue_import_rows WHERE import_id = @id ORDER BY position`, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r ImportedRow, err error) {
		var after Content
		err = row.Scan(&r.position, &r.Line, &r.datasetID, &r.Slug, &r.Title, &r.before, &after, &r.revision, &r.Outcome)
		r.Created = r.before == nil
		r.Diff = slices.DeleteFunc(Diff(r.before, after), func(d Difference) bool { return d.Field.Kind == Shown })
		return r, err
	})
}

// wouldBe is what becomes of a row if it is undone while its entry stands so.
func (r *ImportedRow) wouldBe(at found, there bool) Outcome {
	switch {
	case !there || r.datasetID == nil || at.id != *r.datasetID:
		return Gone
	case at.status != datasets.Draft:
		return MadeOpen
	case at.State == Submitted || at.State == WithHead || at.State == Confirmed:
		return SentOn
	case at.revision != r.revision:
		return ChangedBy
	}
	return CanUndo
}

// Undo takes back an import: entries that it made are removed, those that it
// changed say again what they said. What somebody touched since stays, and the
// import tells why. It returns how many rows were taken back, and how many
// stayed.
func (s *Service) Undo(ctx context.Context, who account.Actor, id int64) (undone, stayed int, err error) {
	if !who.Is(account.Officer) || who.Department == 0 || !who.Covers(account.ScopePublish) {
		return 0, 0, fault.New(fault.Forbidden, "只有部门的数据专员可以编目。")
	}
	_, v, err := s.surroundings(ctx, who.Department)
	if err != nil {
		return 0, 0, err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		undone, stayed = 0, 0
		if err := takeImport(ctx, tx, who, id, s.now()); err != nil {
			return none, err
		}
		rows, err := importedRows(ctx, tx, id)
		if err != nil {
			return none, err
		}
		for i := len(rows) - 1; i >= 0; i-- { // the last first: each finds what it left
			outcome, err := s.undoRow(ctx, tx, who, &rows[i], v)
			if err != nil {
				return none, err
			}
			if stayed++; outcome == Undone {
				undone, stayed = undone+1, stayed-1
			}
			if _, err := tx.Exec(ctx, `UPDATE catalogue_import_rows SET outcome = @outcome WHERE import_id = @id AND position = @position`,
				pgx.NamedArgs{"outcome": string(outcome), "id": id, "position": rows[i].position}); err != nil {
				return none, err
			}
		}
		if undone == 0 {
			return none, fault.New(fault.Conflict, "没有一行可以撤销：导入之后都又动过，原因见每一行。")
		}
		return none, audit.Append(ctx, tx, who, "catalogue-import", strconv.FormatInt(id, 10), "undo",
			map[string]string{"undone": strconv.Itoa(undone), "stayed": strconv.Itoa(stayed)})
	})
	return undone, stayed, err
}

// takeImport marks an import of the department as undone, once.
func takeImport(ctx context.Context, tx pgx.Tx, who account.Actor, id int64, now time.Time) error {
	var already bool
	err := tx.QueryRow(ctx, `SELECT undone_at IS NOT NULL FROM catalogue_imports WHERE id = @id AND department_id = @department FOR UPDATE`,
		pgx.NamedArgs{"id": id, "department": who.Department}).Scan(&already)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return errNoImport()
	case err != nil:
		return err
	case already:
		return fault.New(fault.Conflict, "这次导入已经撤销过了。")
	}
	_, err = tx.Exec(ctx, `UPDATE catalogue_imports SET undone_at = @now, undone_by_id = @by, undone_by = @name WHERE id = @id`,
		pgx.NamedArgs{"now": now, "by": who.ID, "name": who.Name, "id": id})
	return err
}

func (s *Service) undoRow(ctx context.Context, tx pgx.Tx, who account.Actor, r *ImportedRow, v Vocabulary) (Outcome, error) {
	if r.datasetID == nil {
		return Gone, nil
	}
	at, err := lockEntry(ctx, tx, *r.datasetID)
	if err != nil {
		return "", fmt.Errorf("undo row %d: %w", r.Line, err)
	}
	if o := r.wouldBe(at, true); o != CanUndo {
		return o, nil
	}
	d, err := s.entries.Dataset(ctx, as(who.Department), at.slug)
	if err != nil {
		return "", err
	}
	if r.Created {
		return s.removeRow(ctx, tx, who, d)
	}
	if wrong := r.before.Apply(d, v); len(wrong) > 0 { // as when a theme is gone since
		return ChangedBy, nil
	}
	return Undone, s.keep(ctx, tx, who, d, "undo-import")
}

// removeRow removes an entry that an import made and nobody touched.
func (s *Service) removeRow(ctx context.Context, tx pgx.Tx, who account.Actor, d *datasets.Dataset) (Outcome, error) {
	within, err := tx.Begin(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = within.Rollback(context.WithoutCancel(ctx)) }() // nothing after its commit
	for _, table := range []string{"catalogue_entries", "catalogue_revisions", "catalogue_autosaves"} {
		if _, err := within.Exec(ctx, `DELETE FROM `+table+` WHERE dataset_id = @id`, pgx.NamedArgs{"id": d.ID}); err != nil {
			return "", err
		}
	}
	if err := s.entries.DiscardDraft(ctx, within, who, d); err != nil {
		if fault.KindOf(err) == fault.Conflict {
			return InUse, nil
		}
		return "", err
	}
	return Undone, within.Commit(ctx)
}

// standings are where the entries of these slugs stand, of whatever department,
// and the slugs of the department's entries by their titles.
func (s *Service) standings(ctx context.Context, department int64, slugs []string) (map[string]found, map[string]string, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+foundColumns+foundTables+` WHERE d.slug = ANY(@slugs)`, pgx.NamedArgs{"slugs": clean(slugs)})
	if err != nil {
		return nil, nil, err
	}
	list, err := pgx.CollectRows(rows, scanFound)
	if err != nil {
		return nil, nil, err
	}
	standing := map[string]found{}
	for _, f := range list {
		standing[f.slug] = f
	}
	titles := map[string]string{}
	if rows, err = s.pool.Query(ctx, `SELECT title, slug FROM datasets WHERE department_id = @id ORDER BY id DESC`, pgx.NamedArgs{"id": department}); err != nil {
		return nil, nil, err
	}
	var title, slug string
	_, err = pgx.ForEachRow(rows, []any{&title, &slug}, func() error { titles[title] = slug; return nil })
	return standing, titles, err
}

var plainSlug = regexp.MustCompile(`^[a-z0-9-]{1,100}$`)

// clean leaves out what the database cannot compare with anything.
func clean(slugs []string) []string {
	return slices.DeleteFunc(slices.Clone(slugs), func(s string) bool { return !plainSlug.MatchString(s) })
}
