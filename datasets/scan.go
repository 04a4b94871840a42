package datasets

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/datasets/quality"
	"shuyuan/datasets/rows"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Every file is looked through for what names persons: all rows of all columns,
// by the row engine, which picks out what could be something, and then by
// quality.Find, which decides. What is found belongs to a resource and the
// digest of the original: it is the same for an upload and for the version that
// becomes of it.

// detectors is the edition of what is looked for: with another one every file
// is looked through again.
const detectors = 1

// place is a table and what is said of its columns.
type scanned struct {
	file   tableFile
	rows   int64
	fields []Field // as many as there are, in the order of the columns
}

// Scan is how far a file has been looked through, in cells.
type Scan struct{ Done, Of int64 }

// Share is how much of it that is, from 0 to 100.
func (c Scan) Share() int {
	if c.Of <= 0 {
		return 0
	}
	return int(100 * c.Done / c.Of)
}

// looking is one look through a file.
type looking struct {
	Scan
	tell func(Scan) // nil where nobody asks
}

func (l *looking) did(cells int64) {
	if l.Done = min(l.Of, l.Done+cells); l.tell != nil {
		l.tell(l.Scan)
	}
}

// errScanning is for a file that somebody looks through already.
var errScanning = fault.New(fault.Unavailable, "这个文件正在逐行查，查完再试。")

// scan looks through the tables of a file and keeps what was found; tell, which
// may be nil, hears how far it is. It does nothing where that was done. It
// returns fault.Unavailable where nobody can ask for rows, and where somebody
// looks through the file already: of one file there is one look at a time.
func (s *Service) scan(ctx context.Context, resourceID, original string, tables []scanned, tell func(Scan)) error {
	if s.rows == nil {
		return fault.New(fault.Unavailable, "这里不能查询数据的行。")
	}
	if _, busy := s.scanning.LoadOrStore(resourceID+" "+original, true); busy {
		return errScanning
	}
	defer s.scanning.Delete(resourceID + " " + original)
	done, err := wasScanned(ctx, s.pool, resourceID, original)
	if err != nil || done {
		return err
	}
	look := &looking{tell: tell}
	for _, t := range tables {
		watched, _ := t.watches(s)
		look.Of += t.rows * int64(1+len(sources(t.file.columns, watched)))
	}
	look.did(0)
	var all []Finding
	for _, t := range tables {
		found, err := s.scanTable(ctx, t, look)
		if err != nil {
			return fmt.Errorf("scan %s table %d: %w", resourceID, t.file.position, err)
		}
		for _, f := range found {
			all = append(all, Finding{ResourceID: resourceID, SHA256: original, Position: t.file.position, Found: f, of: t.rows})
		}
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, keepScan(ctx, tx, resourceID, original, all, s.now())
	})
	return err
}

// source is where the texts of a column are looked for.
type source struct {
	column int
	text   string // SQL: the text of a cell, null where there is none to look at
	wanted string // SQL: whether a cell could hold something
}

// sources are the places to look in: the values of texts and whole numbers, and
// of every column the texts that are no values of its type.
func sources(columns []ingest.Column, watched []quality.Column) []source {
	var out []source
	for i, c := range columns {
		matches := func(cell string) string { return "regexp_matches(" + cell + ", '" + watched[i].Pattern() + "')" }
		switch c.Type {
		case ingest.Text, ingest.Array, ingest.Object:
			out = append(out, source{i, c.Store, matches(c.Store)})
		case ingest.Integer: // eleven digits and more
			out = append(out, source{i, "CAST(" + c.Store + " AS VARCHAR)", c.Store + " >= 10000000000"})
		case ingest.Decimal, ingest.Date, ingest.YearMonth, ingest.DateTime, ingest.Boolean, ingest.Point, ingest.Geometry:
		}
		if raw := c.Store + "_raw"; c.Misfits > 0 {
			out = append(out, source{i, "CASE WHEN " + c.Store + " IS NULL THEN " + raw + " END", c.Store + " IS NULL AND " + matches(raw)})
		}
	}
	return out
}

func (s *Service) scanTable(ctx context.Context, t scanned, look *looking) ([]quality.Found, error) {
	if t.rows == 0 {
		return nil, nil
	}
	watched, watches := t.watches(s)
	all := sources(t.file.columns, watched)
	hot, err := s.hot(ctx, t.file.info.Digest, all)
	if err != nil {
		return nil, err
	}
	look.did(t.rows * int64(1+len(all)-len(hot)))
	for _, place := range hot {
		at := int64(0)
		if err := s.pick(ctx, t.file.info.Digest, place, watches[place.column].Add, func(row int64) {
			look.did(row - at)
			at = row
		}); err != nil {
			return nil, err
		}
		look.did(t.rows - at)
	}
	found := quality.Judge(watches)
	small, err := s.smallCells(ctx, t, watched)
	return append(found, small...), err
}

func (t scanned) watches(s *Service) ([]quality.Column, []*quality.Watch) {
	var columns []quality.Column
	var watches []*quality.Watch
	for i, c := range t.file.columns {
		column := quality.Column{Name: c.Name, Number: c.Type == ingest.Integer || c.Type == ingest.Decimal, Filled: t.rows - c.Nulls}
		if i < len(t.fields) {
			f := t.fields[i]
			column.Label = f.Label + " " + f.LabelEN
		}
		columns, watches = append(columns, column), append(watches, quality.NewWatch(column, s.now()))
	}
	return columns, watches
}

// columnsAtOnce is how many columns one statement looks through.
const columnsAtOnce = 50

// hot are the places in which anything could be found, all of them looked
// through at once.
func (s *Service) hot(ctx context.Context, d blob.Digest, all []source) ([]source, error) {
	var out []source
	for from := 0; from < len(all); from += columnsAtOnce {
		part := all[from:min(from+columnsAtOnce, len(all))]
		counts := make([]string, len(part))
		for i, p := range part {
			counts[i] = fmt.Sprintf("count(*) FILTER (WHERE %s) AS n%d", p.wanted, i)
		}
		answer, err := s.answer(ctx, d, "SELECT "+strings.Join(counts, ", ")+" FROM {t}")
		if err != nil {
			return nil, err
		}
		for i, p := range part {
			if len(answer) == 1 && i < len(answer[0]) && answer[0][i].Text != "0" {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

func (s *Service) answer(ctx context.Context, d blob.Digest, sql string, args ...any) (all [][]rows.Cell, err error) {
	err = s.rows.Ask(ctx, rows.Statement{SQL: sql, Files: map[string]blob.Digest{"t": d}, Args: args}, func(cells []rows.Cell) error {
		all = append(all, cells)
		return nil
	})
	return all, err
}

// atOnce is how many cells are fetched at once; fewer where they are long.
const atOnce = 100_000

// pick yields the cells that could hold something, in the order of the rows,
// which count from 1, and says from time to time which rows are done.
func (s *Service) pick(ctx context.Context, d blob.Digest, p source, yield func(row int64, text string), done func(row int64)) error {
	limit := atOnce
	for after := int64(-1); ; {
		n := 0
		answer, err := s.answer(ctx, d, "SELECT file_row_number AS n, "+p.text+" AS v FROM {t} WHERE file_row_number > ? AND "+p.wanted+" ORDER BY n LIMIT "+strconv.Itoa(limit), after)
		if fault.KindOf(err) == fault.TooLarge && limit > 1 {
			limit = max(1, limit/10)
			continue
		}
		if err != nil {
			return err
		}
		for _, cells := range answer {
			row, err := strconv.ParseInt(cells[0].Text, 10, 64)
			if err != nil || row <= after {
				return errors.New("scan: rows come in no order")
			}
			yield(row+1, cells[1].Text)
			after = row
			n++
		}
		if n < limit {
			return nil
		}
		done(after + 1)
	}
}

// smallCells finds the rows in which few persons are alike.
func (s *Service) smallCells(ctx context.Context, t scanned, columns []quality.Column) ([]quality.Found, error) {
	c, ok := quality.CellsOf(columns)
	if !ok {
		return nil, nil
	}
	limits, err := quality.TheLimits()
	if err != nil {
		return nil, err
	}
	small := t.small(c)
	answer, err := s.answer(ctx, t.file.info.Digest, "SELECT count(*), coalesce(sum(n), 0) FROM ("+small+")", limits.SmallCells)
	if err != nil {
		return nil, err
	}
	cells, err := whole(answer)
	if err != nil || cells[0] == 0 {
		return nil, err
	}
	if answer, err = s.answer(ctx, t.file.info.Digest, "SELECT first + 1 FROM ("+small+") ORDER BY 1 LIMIT 20", limits.SmallCells); err != nil {
		return nil, err
	}
	var first []int64
	for _, row := range answer {
		n, err := whole([][]rows.Cell{row})
		if err != nil {
			return nil, err
		}
		first = append(first, n[0])
	}
	return []quality.Found{quality.Small(cells[0], cells[1], limits.SmallCells, first, c, columns)}, nil
}

// small is SQL for the cells of fewer persons than its argument: how many rows
// each has, and the first of them.
func (t scanned) small(c quality.Cells) string {
	if c.Count >= 0 {
		count := t.file.columns[c.Count].Store
		return "SELECT 1 AS n, file_row_number AS first FROM {t} WHERE " + count + " >= 1 AND " + count + " < ?"
	}
	stores := make([]string, len(c.Traits))
	for i, at := range c.Traits {
		stores[i] = t.file.columns[at].Store
	}
	return "SELECT count(*) AS n, min(file_row_number) AS first FROM {t} GROUP BY " + strings.Join(stores, ", ") + " HAVING count(*) < ?"
}

func whole(answer [][]rows.Cell) ([]int64, error) {
	if len(answer) != 1 {
		return nil, errors.New("scan: an answer of another form")
	}
	out := make([]int64, len(answer[0]))
	for i, c := range answer[0] {
		n, err := strconv.ParseInt(c.Text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("scan: %w", err)
		}
		out[i] = n
	}
	return out, nil
}

// scanTables are the tables of a version as scan takes them.
func scanTables(files []tableFile, tables []Table) []scanned {
	var out []scanned
	for _, f := range files {
		if f.position < len(tables) {
			out = append(out, scanned{f, tables[f.position].Rows, tables[f.position].Fields})
		}
	}
	return out
}

// scanUpload looks through what was read of an upload, and compares it with the
// newest version, before a person reviews it. What its columns are called is what earlier versions say of them.
func (s *Service) scanUpload(ctx context.Context, u *Upload, t *taken, tell func(Scan)) error {
	if s.rows == nil {
		return nil
	}
	said, err := selectOverrides(ctx, s.pool, u.ResourceID)
	if err != nil {
		return err
	}
	fields, names, err := remember(ctx, s.pool, u.ResourceID, t.report, nil, said)
	if err != nil {
		return err
	}
	v := &Version{ResourceID: u.ResourceID, SHA256: u.SHA256}
	v.hold(t, fields, said, names)
	if t.compared, err = s.compare(ctx, v, t.files, true); err != nil {
		return err
	}
	return s.scanOfUpload(ctx, u, scanTables(t.files, v.Tables), tell)
}

// scanOfUpload is scan, of which nothing is kept where the upload has ended
// meanwhile.
func (s *Service) scanOfUpload(ctx context.Context, u *Upload, tables []scanned, tell func(Scan)) error {
	if err := s.scan(ctx, u.ResourceID, u.SHA256, tables, tell); err != nil {
		return err
	}
	return dropScan(ctx, s.pool, u.ResourceID, u.SHA256)
}

// ScanVersions looks through every newest version that was not looked through,
// until ctx ends; the next call goes on. What it finds in data that is public
// stands on the department's desk of findings: nothing is taken down by a
// machine.
func (s *Service) ScanVersions(ctx context.Context) error {
	if s.rows == nil {
		return nil
	}
	var failed error
	for before := int64(1) << 62; ; {
		found, err := selectVersions(ctx, s.pool, `v.id = (
			SELECT w.id FROM versions w
			WHERE w.id < @before AND EXISTS (SELECT FROM version_tables t WHERE t.version_id = w.id)
			AND NOT EXISTS (SELECT FROM scans c WHERE c.resource_id = w.resource_id AND c.sha256 = w.sha256 AND c.detectors = @detectors)
			AND NOT EXISTS (SELECT FROM unread_versions u WHERE u.version_id = w.id)
			ORDER BY w.id DESC LIMIT 1)`,
			pgx.NamedArgs{"before": before, "detectors": detectors}, 1)
		if err != nil || len(found) == 0 {
			return errors.Join(failed, err)
		}
		before = found[0].ID
		err = s.scanVersion(ctx, &found[0])
		if ctx.Err() != nil {
			return failed
		}
		failed = errors.Join(failed, err)
	}
}

func (s *Service) scanVersion(ctx context.Context, v *Version) error {
	var files []tableFile
	for position := range v.Tables {
		f, err := s.tableFile(ctx, v, position)
		if err != nil {
			return fmt.Errorf("scan %s version %d: %w", v.ResourceID, v.Number, err)
		}
		files = append(files, f)
	}
	err := s.scan(ctx, v.ResourceID, v.SHA256, scanTables(files, v.Tables), nil)
	if errors.Is(err, errScanning) {
		return nil
	}
	return err
}
