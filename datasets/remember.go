package datasets

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/database"
)

// memory is a column of an earlier version, as its dictionary speaks of it now.
type memory struct {
	number   int // of the version
	tables   int // as many as that version has
	position int
	name     string // of the table
	nameEN   string
	field    Field
}

// remember fills in the dictionary that a file starts from: for every column
// what is given, and where nothing is, what the newest earlier version that had
// this column says of it. A version in between that lacked the column, as a
// wrong file would, takes nothing away. Types and units are those that the
// values show, unless an officer said otherwise.
func remember(ctx context.Context, q database.Querier, resourceID string, r *ingest.Report, given [][]Field, said overrides) (fields [][]Field, tablesEN []string, err error) {
	all, err := memories(ctx, q, resourceID, r)
	if err != nil {
		return nil, nil, err
	}
	for i, t := range r.Tables {
		var known []Field
		if i < len(given) {
			known = slices.Clone(given[i])
		}
		nameEN := ""
		for _, c := range t.Columns {
			m := best(all, i, len(r.Tables), t.Name, c)
			if m == nil {
				continue
			}
			nameEN = cmp.Or(nameEN, m.nameEN)
			if slices.ContainsFunc(known, func(f Field) bool { return f.Name == c.Name }) {
				continue
			}
			f := m.field
			f.Type, f.Unit = "", cmp.Or(c.Unit, f.Unit)
			said[i][c.Name].amend(&f)
			known = append(known, f)
		}
		fields, tablesEN = append(fields, known), append(tablesEN, nameEN)
	}
	return fields, tablesEN, nil
}

// best is the memory that speaks of column c of a table, the i-th of several:
// rather of the same table than of one in the same place, rather of values of
// the same kind, and then the newest; nil where there is none.
func best(all []memory, i, tables int, name string, c ingest.Column) *memory {
	var found *memory
	var rank int
	for j, m := range all {
		if m.field.Name != c.Name {
			continue
		}
		r := 0
		switch {
		case m.tables == 1 && tables == 1, m.name != "" && m.name == name, m.name == "" && name == "" && m.position == i:
			r = 4
		case m.tables == tables && m.position == i: // the sheets of a workbook have other names each year
			r = 2
		default:
			continue
		}
		if alike(ingest.Type(m.field.Type), c.Type) {
			r++
		}
		if found == nil || r > rank || r == rank && m.number > found.number {
			found, rank = &all[j], r
		}
	}
	return found
}

// alike reports whether what is said of values of one type can hold for the
// other. Text is what any column becomes that holds a word too many.
func alike(a, b ingest.Type) bool {
	return a == b || a == ingest.Text || b == ingest.Text || kindOf(a) != 0 && kindOf(a) == kindOf(b)
}

func kindOf(t ingest.Type) int {
	switch t {
	case ingest.Integer, ingest.Decimal:
		return 1
	case ingest.Date, ingest.YearMonth, ingest.DateTime:
		return 2
	case ingest.Point, ingest.Geometry:
		return 3
	case ingest.Text, ingest.Boolean, ingest.Array, ingest.Object:
	}
	return 0
}

// memories are the columns of earlier versions that are called like those of r:
// of each table, column and type the newest.
func memories(ctx context.Context, q database.Querier, resourceID string, r *ingest.Report) ([]memory, error) {
	var names []string
	for _, t := range r.Tables {
		for _, c := range t.Columns {
			names = append(names, c.Name)
		}
	}
	rows, err := q.Query(ctx, `
		SELECT DISTINCT ON (n.tables, w.position, w.name, f.entry->>'name', f.entry->>'type')
		       v.number, n.tables, w.position, w.name, w.name_en, f.entry
		FROM versions v
		CROSS JOIN LATERAL (SELECT count(*)::int AS tables FROM version_tables WHERE version_id = v.id) n
		JOIN version_tables w ON w.version_id = v.id
		`+revised+`
		CROSS JOIN LATERAL jsonb_array_elements(coalesce(x.fields, w.fields)) AS f (entry)
		WHERE v.resource_id = @resource AND f.entry->>'name' = ANY(@names::text[])
		ORDER BY n.tables, w.position, w.name, f.entry->>'name', f.entry->>'type', v.number DESC`,
		pgx.NamedArgs{"resource": resourceID, "names": names})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m memory, err error) {
		return m, row.Scan(&m.number, &m.tables, &m.position, &m.name, &m.nameEN, &m.field)
	})
}
