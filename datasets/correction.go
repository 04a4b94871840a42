package datasets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Correction is what an officer says of the columns of a published table from
// now on. The bytes, the names of columns and their types stay: those would be
// another version.
type Correction struct {
	Position int
	Fields   []Field // one for each column, in their order
	Revision int     // of the dictionary that was corrected
	Reason   string
	FromFile bool
}

// mostDictionary is how many bytes one table's dictionary may have.
const mostDictionary = 2 << 20

// CorrectDictionary writes down what is said of the columns of a file's newest
// version from now on; what was said before is kept. It returns fault.Invalid
// with what is wrong, fault.Forbidden for another department's file, and
// fault.Conflict if somebody corrected it since.
func (s *Service) CorrectDictionary(ctx context.Context, who account.Actor, resourceID string, corrections ...Correction) error {
	d, r, err := s.Resource(ctx, who, resourceID)
	if err != nil {
		return err
	}
	if err := mayEdit(who, d.Department.ID); err != nil {
		return err
	}
	if r.Newest == nil || len(r.Newest.Tables) == 0 {
		return fault.New(fault.Invalid, "这个文件还没有表，没有数据字典可改。")
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := lockForEdit(ctx, tx, who, d.ID); err != nil {
			return none, err
		}
		newest, err := selectVersions(ctx, tx, `v.resource_id = @resource`, pgx.NamedArgs{"resource": resourceID}, 1)
		if err != nil || len(newest) == 0 {
			return none, err
		}
		changed := 0
		for _, c := range corrections {
			did, err := s.correct(ctx, tx, who, &newest[0], c)
			if err != nil {
				return none, err
			}
			if did {
				changed++
			}
		}
		if changed == 0 {
			return none, fault.New(fault.Invalid, "和现在的数据字典相同，没有要改的。")
		}
		return none, announce(ctx, tx, s, d.ID)
	})
	return err
}

// correct writes the next revision of one table's dictionary.
func (s *Service) correct(ctx context.Context, tx pgx.Tx, who account.Actor, v *Version, c Correction) (bool, error) {
	if c.Position < 0 || c.Position >= len(v.Tables) {
		return false, fault.New(fault.Invalid, "这个文件没有第 %d 张表。", c.Position+1)
	}
	t := v.Tables[c.Position]
	if t.Revision != c.Revision {
		return false, fault.New(fault.Conflict, "这份数据字典在您打开之后已被别人改过，请重新打开。")
	}
	fields, err := corrected(t.Fields, c.Fields)
	if err != nil {
		return false, err
	}
	reason, err := cleanText("reason", c.Reason, maxText)
	if err != nil {
		return false, err
	}
	if reason == "" {
		return false, fault.At("reason", "请写明为什么改。")
	}
	words := compareWords(t.Fields, fields, nil)
	if len(words) == 0 {
		return false, nil
	}
	if body, err := json.Marshal(fields); err != nil || len(body) > mostDictionary {
		return false, errors.Join(err, fault.New(fault.TooLarge, "数据字典太长，最多 %d KB。", mostDictionary>>10))
	}
	source := "form"
	if c.FromFile {
		source = "file"
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO dictionary_revisions (version_id, position, number, fields, source, reason, by_user, at)
		VALUES (@version, @position, @number, @fields, @source, @reason, @who, @now)`,
		pgx.NamedArgs{"version": v.ID, "position": c.Position, "number": t.Revision + 1, "fields": fields, "source": source, "reason": reason, "who": who.ID, "now": s.now()}); err != nil {
		return false, fmt.Errorf("insert revision of the dictionary: %w", err)
	}
	if !slices.Equal(t.Keys(), (&Table{Fields: fields}).Keys()) { // rows are told apart otherwise now
		if _, err := tx.Exec(ctx, `DELETE FROM version_changes WHERE to_id = @version`, pgx.NamedArgs{"version": v.ID}); err != nil {
			return false, err
		}
	}
	var names []string
	for _, w := range words {
		names = append(names, w.Name)
	}
	if err := s.happened(ctx, tx, Event{Kind: EventCorrection, Dataset: Dataset{ID: v.DatasetID}, File: v.ResourceID, Number: int64(v.Number),
		Detail: EventDetail{Columns: names, Reason: reason}, key: fmt.Sprintf("%s/%d/%d/%d", v.ResourceID, v.Number, c.Position, t.Revision+1)}); err != nil {
		return false, err
	}
	return true, audit.Append(ctx, tx, who, "resource", v.ResourceID, "correct-dictionary",
		map[string]string{"number": fmt.Sprint(v.Number), "table": fmt.Sprint(c.Position + 1), "revision": fmt.Sprint(t.Revision + 1), "columns": strings.Join(names, ", "), "reason": reason})
}

// corrected checks what is said of columns against the columns that there are.
func corrected(now, said []Field) ([]Field, error) {
	if len(said) != len(now) {
		return nil, fault.At("fields", "这张表有 %d 列，数据字典写了 %d 列。", len(now), len(said))
	}
	clean, err := dictionary([][]Field{said})
	if err != nil {
		return nil, err
	}
	fields := clean[0]
	for i := range fields {
		if fields[i].Name != now[i].Name {
			return nil, fault.At("fields", "第 %d 列应是“%s”：列名照文件，不能在数据字典里改。", i+1, now[i].Name)
		}
		if fields[i].Type == "" {
			fields[i].Type = now[i].Type
		}
		if fields[i].Type != now[i].Type {
			return nil, fault.At("fields", "“%s”的类型是 %s：类型要在上传文件时改，文件会重新读一遍。", now[i].Name, now[i].Type)
		}
		if len(fields[i].Codes) == 0 {
			fields[i].Codes = nil
		}
		if err := distinctCodes(fields[i]); err != nil {
			return nil, err
		}
		fields[i].Hidden = 0
	}
	return fields, nil
}

func distinctCodes(f Field) error {
	seen := map[string]bool{}
	for _, c := range f.Codes {
		if seen[c.Value] {
			return fault.At("fields", "“%s”的代码“%s”写了两次。", f.Name, firstRunes(c.Value, 40))
		}
		seen[c.Value] = true
	}
	return nil
}

// Corrected is one correction of a dictionary, as anybody may read it.
type Corrected struct {
	Table  int // place in the version
	Number int
	At     time.Time
	Reason string
	Words  []Rewording
}

// Corrections are what was said otherwise of a version's columns since it was
// published, newest first. Codes are left out for who may not have the data.
func (s *Service) Corrections(ctx context.Context, viewer account.Actor, v *Version) ([]Corrected, error) {
	found, err := s.pool.Query(ctx, `
		SELECT position, 0, NULL::timestamptz, '', fields FROM version_tables WHERE version_id = @version
		UNION ALL SELECT position, number, at, reason, fields FROM dictionary_revisions WHERE version_id = @version
		ORDER BY 1, 2`, pgx.NamedArgs{"version": v.ID})
	if err != nil {
		return nil, err
	}
	refused := s.MayServe(ctx, viewer, v) != nil
	var out []Corrected
	var before []Field
	var c Corrected
	var at *time.Time
	var fields []Field
	_, err = pgx.ForEachRow(found, []any{&c.Table, &c.Number, &at, &c.Reason, &fields}, func() error {
		if c.Number > 0 && at != nil {
			c.At, c.Words = *at, compareWords(before, fields, nil)
			if refused {
				c.Words = withoutCodes(c.Words)
			}
			out = append(out, c)
		}
		before, fields = fields, nil
		return nil
	})
	slices.SortStableFunc(out, func(a, b Corrected) int { return b.At.Compare(a.At) })
	return out, err
}
