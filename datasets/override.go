package datasets

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/jobs"
)

// Override is what an officer said of a column against what its values
// propose. It holds for every version to come.
type Override struct {
	Type  string // empty: as proposed
	Label string
	Unit  string
}

// complete puts what was said where the dictionary says nothing.
func (o Override) complete(f *Field) {
	f.Type, f.Label, f.Unit = cmp.Or(f.Type, o.Type), cmp.Or(f.Label, o.Label), cmp.Or(f.Unit, o.Unit)
}

// amend puts what was said over what the dictionary says.
func (o Override) amend(f *Field) {
	f.Type, f.Label, f.Unit = cmp.Or(o.Type, f.Type), cmp.Or(o.Label, f.Label), cmp.Or(o.Unit, f.Unit)
}

// overrides are those of a resource, by table and column.
type overrides map[int]map[string]Override

// types are the types that a reader is told, by table and column: those that a
// dictionary gives, and those that officers said before. What the dictionary at
// hand gives is the newer word.
func (o overrides) types(dictionary [][]Field) []map[string]ingest.Type {
	tables := len(dictionary)
	for position := range o {
		tables = max(tables, position+1)
	}
	out := make([]map[string]ingest.Type, tables)
	for i := range out {
		out[i] = map[string]ingest.Type{}
		for name, said := range o[i] {
			if said.Type != "" {
				out[i][name] = ingest.Type(said.Type)
			}
		}
		if i < len(dictionary) {
			for name, t := range declared(dictionary[i]) {
				out[i][name] = t
			}
		}
	}
	return out
}

func selectOverrides(ctx context.Context, q database.Querier, resourceID string) (overrides, error) {
	rows, err := q.Query(ctx, `SELECT position, name, type, label, unit FROM column_overrides WHERE resource_id = @resource`, pgx.NamedArgs{"resource": resourceID})
	if err != nil {
		return nil, err
	}
	out := overrides{}
	var position int
	var name string
	var said Override
	_, err = pgx.ForEachRow(rows, []any{&position, &name, &said.Type, &said.Label, &said.Unit}, func() error {
		if out[position] == nil {
			out[position] = map[string]Override{}
		}
		out[position][name] = said
		return nil
	})
	return out, err
}

// Overrides are what officers said of the columns of a resource of who's
// department, by table and column.
func (s *Service) Overrides(ctx context.Context, who account.Actor, resourceID string) (map[int]map[string]Override, error) {
	if _, err := uploader(who); err != nil {
		return nil, err
	}
	return selectOverrides(ctx, s.pool, resourceID)
}

// ColumnOverride is an Override with the column that it is about.
type ColumnOverride struct {
	Position int // of the table
	Name     string
	Override
}

// Reread is how an upload is to be read instead.
type Reread struct {
	Header    string // yes, no; empty: as it is found
	Encoding  string // empty: as it is found
	Delimiter string
	Columns   []ColumnOverride // of each column that is spoken of; an empty Override takes back what was said
}

// RereadUpload has an upload read once more, as an officer says. What is said of
// columns holds for every version to come. Nothing is applied by hand: what does
// not fit is found by reading.
func (s *Service) RereadUpload(ctx context.Context, who account.Actor, id string, r Reread) error {
	department, err := uploader(who)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"", "yes", "no"}, r.Header) {
		return fault.At("header", "第一行是不是列名，只能选是、不是或自动。")
	}
	if r.Encoding != "" && !slices.Contains(ingest.Encodings, r.Encoding) {
		return fault.At("encoding", "不认识这种文字编码：%s", r.Encoding)
	}
	if n := utf8.RuneCountInString(r.Delimiter); n > 1 || strings.ContainsAny(r.Delimiter, "\"\r\n\x00") {
		return fault.At("delimiter", "分隔符要是一个字符，不能是引号或换行。")
	}
	for i := range r.Columns {
		if err := r.Columns[i].check(); err != nil {
			return err
		}
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		u, err := s.move(ctx, tx, who, id, department, RereadUpload)
		if err != nil {
			return none, err
		}
		u.Header, u.Encoding, u.Delimiter = r.Header, r.Encoding, r.Delimiter
		if err := saveReading(ctx, tx, u); err != nil {
			return none, err
		}
		for _, c := range r.Columns {
			if err := s.saveOverride(ctx, tx, who, u.ResourceID, c); err != nil {
				return none, err
			}
		}
		return none, jobs.Announce(ctx, tx, received(id, u.Bytes))
	})
	return err
}

func (c *ColumnOverride) check() error {
	if c.Type != "" && !slices.Contains(fieldTypes, c.Type) {
		return fault.At("type", "没有这种数据类型：%s", c.Type)
	}
	for _, t := range []struct {
		field string
		text  *string
	}{{"label", &c.Label}, {"unit", &c.Unit}} {
		clean, err := cleanText(t.field, *t.text, maxLine)
		if err != nil {
			return err
		}
		*t.text = clean
	}
	return nil
}

func (s *Service) saveOverride(ctx context.Context, tx pgx.Tx, who account.Actor, resourceID string, c ColumnOverride) error {
	args := pgx.NamedArgs{"resource": resourceID, "position": c.Position, "name": c.Name, "type": c.Type, "label": c.Label, "unit": c.Unit, "by": who.Name, "at": s.now()}
	if c.Override == (Override{}) {
		_, err := tx.Exec(ctx, `DELETE FROM column_overrides WHERE resource_id = @resource AND position = @position AND name = @name`, args)
		return err
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO column_overrides (resource_id, position, name, type, label, unit, by_name, at)
		VALUES (@resource, @position, @name, @type, @label, @unit, @by, @at)
		ON CONFLICT (resource_id, position, name) DO UPDATE SET type = @type, label = @label, unit = @unit, by_name = @by, at = @at
		WHERE (column_overrides.type, column_overrides.label, column_overrides.unit) IS DISTINCT FROM (@type, @label, @unit)`, args)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	return audit.Append(ctx, tx, who, "resource", resourceID, "override-column", map[string]string{"column": c.Name, "type": c.Type, "label": c.Label, "unit": c.Unit})
}
