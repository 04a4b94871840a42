package datasets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/datasets/quality"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
)

// Check is what one rule of quality says of one version.
type Check struct {
	Rule     quality.ID
	Verdict  quality.Verdict
	Found    int64 // what is wrong: cells, rows, columns, values
	Checked  int64 // of how many
	Sentence string
	Args     []any
	Examples []Example // the first of what was found; nil for who may not have the data
}

// Example is a place where something is wrong. It holds a value of the data.
type Example struct {
	Table  int    `json:"table"` // from 1
	Row    int64  `json:"row"`   // from 1, the header not counted; 0: no row in particular
	Column string `json:"column"`
	Value  string `json:"value"`
}

// mostPlaces is how many examples a check keeps.
const mostPlaces = 10

// said is what is said of a version by each rule, with what was found and of
// how many in this order, or only of how many where nothing was.
var said = map[quality.ID]struct{ yes, no, unknown string }{
	quality.Characters:  {"%d 格文字里没有坏字符。", "%d 格有坏字符，共 %d 格文字。", "没有文字列。"},
	quality.Types:       {"%d 格都合类型。", "%d 格不合类型，共 %d 格。", "没有一格有值。"},
	quality.Ranges:      {"%d 格都在范围内。", "%d 格在范围外，共 %d 格。", "字典里没有写范围，也没有坐标。"},
	quality.Codes:       {"%d 格都在代码表里。", "%d 格不在代码表里，共 %d 格。", "没有带代码表的列。"},
	quality.Required:    {"%d 格都填了。", "%d 格空着，共 %d 格。", "字典里没有标必填或主键。"},
	quality.Filled:      {"%d 列都没有大半空着。", "%d 列大半空着，共 %d 列。", "没有一行。"},
	quality.Key:         {"%d 行的主键都不同。", "%d 行的主键和别的行重复，共 %d 行。", "字典里没有标主键。"},
	quality.Duplicates:  {"%d 行各不相同。", "%d 行和别的行一模一样，共 %d 行。", "没有一行。"},
	quality.RowsSteady:  {"这一版 %d 行，上一版 %d 行。", "这一版 %d 行，上一版 %d 行，相差超过 %d%%。", "这是第一版。"},
	quality.CodesKept:   {"上一版的 %d 个代码都在。", "上一版的 %d 个代码不见了，共 %d 个。", "没有上一版，或者没有带代码表的列。"},
	quality.ColumnsKept: {"上一版的 %d 列都在，类型没变。", "%d 列少了或变了类型，上一版共 %d 列。", "这是第一版。"},
	quality.Dictionary:  {"答了 %d 项，共 %d 项。", "只答了 %d 项，共 %d 项；至少要 %d%%。", "没有列要说明。"},
}

// checked is the verdict on a rule from what was found of how many.
func checked(id quality.ID, found, of int64, examples []Example) Check {
	c := Check{Rule: id, Verdict: quality.Yes, Found: found, Checked: of, Sentence: said[id].yes, Args: []any{of}, Examples: examples}
	switch {
	case of == 0:
		c.Verdict, c.Sentence, c.Args = quality.Unknown, said[id].unknown, nil
	case found > 0:
		c.Verdict, c.Sentence, c.Args = quality.No, said[id].no, []any{found, of}
	}
	return c
}

// checker holds one version against the rules.
type checker struct {
	*Service
	limits  quality.Limits
	v       *Version
	files   []tableFile
	before  *Version // nil: v is the first
	earlier []tableFile
}

func (s *Service) newChecker(ctx context.Context, v *Version) (c *checker, err error) {
	c = &checker{Service: s, v: v}
	if c.limits, err = quality.TheLimits(); err != nil {
		return nil, err
	}
	if c.files, err = s.tableFiles(ctx, v); err != nil {
		return nil, err
	}
	before, err := selectVersions(ctx, s.pool, `v.resource_id = @resource AND v.number = @number`, pgx.NamedArgs{"resource": v.ResourceID, "number": v.Number - 1}, 1)
	if err != nil || len(before) == 0 || len(before[0].Tables) == 0 {
		return c, err
	}
	c.before = &before[0]
	c.earlier, err = s.tableFiles(ctx, c.before)
	return c, err
}

func (s *Service) tableFiles(ctx context.Context, v *Version) ([]tableFile, error) {
	var files []tableFile
	for position := range v.Tables {
		f, err := s.tableFile(ctx, v, position)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// all holds the version against every rule that is not of the entry.
func (c *checker) all(ctx context.Context) ([]Check, error) {
	var out []Check
	for _, check := range []func(context.Context) (Check, error){
		c.dictionary, c.characters, c.types, c.ranges, c.codes, c.required, c.filled, c.key, c.duplicates, c.rowsSteady, c.codesKept, c.columnsKept,
	} {
		one, err := check(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// test is one condition that cells of a column must not meet.
type test struct {
	table, column int
	value         string // SQL: the text that an example shows
	wrong         string // SQL
	args          []any
	of            int64 // cells that are looked at
}

// each makes tests of every column.
func (c *checker) each(of func(i int, f tableFile, column ingest.Column, field Field) []test) []test {
	var all []test
	for t, f := range c.files {
		for i, column := range f.columns {
			if i >= len(c.v.Tables[t].Fields) {
				break
			}
			for _, one := range of(i, f, column, c.v.Tables[t].Fields[i]) {
				one.table, one.column = t, i
				if one.of > 0 {
					all = append(all, one)
				}
			}
		}
	}
	return all
}

func (c *checker) filledCells(f tableFile, column ingest.Column) int64 {
	return c.v.Tables[f.position].Rows - column.Nulls
}

// run counts what meets the conditions, and finds the first of them.
func (c *checker) run(ctx context.Context, id quality.ID, tests []test) (Check, error) {
	var found, of int64
	var examples []Example
	for _, t := range tests {
		f := c.files[t.table]
		of += t.of
		answer, err := c.answer(ctx, f.info.Digest, "SELECT count(*) FROM {t} WHERE "+t.wrong, t.args...)
		if err != nil {
			return Check{}, err
		}
		n, err := whole(answer)
		if err != nil {
			return Check{}, err
		}
		if found += n[0]; n[0] == 0 || len(examples) >= mostPlaces {
			continue
		}
		answer, err = c.answer(ctx, f.info.Digest, "SELECT file_row_number + 1 AS n, coalesce(left(CAST("+t.value+" AS VARCHAR), 100), '') FROM {t} WHERE "+t.wrong+" ORDER BY n LIMIT "+strconv.Itoa(mostPlaces-len(examples)), t.args...)
		if err != nil {
			return Check{}, err
		}
		more, err := places(answer, t.table, f.columns[t.column].Name)
		if err != nil {
			return Check{}, err
		}
		examples = append(examples, more...)
	}
	return checked(id, found, of, examples), nil
}

// places reads rows and values as examples.
func places(answer [][]rows.Cell, table int, column string) ([]Example, error) {
	var out []Example
	for _, cells := range answer {
		row, err := whole([][]rows.Cell{cells[:1]})
		if err != nil {
			return nil, err
		}
		out = append(out, Example{Table: table + 1, Row: row[0], Column: column, Value: cells[1].Text})
	}
	return out, nil
}

func (c *checker) characters(ctx context.Context) (Check, error) {
	return c.run(ctx, quality.Characters, c.each(func(_ int, f tableFile, column ingest.Column, _ Field) []test {
		if column.Type != ingest.Text {
			return nil
		}
		return []test{{value: column.Store, wrong: "contains(" + column.Store + ", chr(65533))", of: c.filledCells(f, column)}}
	}))
}

func (c *checker) types(ctx context.Context) (Check, error) {
	return c.run(ctx, quality.Types, c.each(func(_ int, f tableFile, column ingest.Column, _ Field) []test {
		one := test{value: "NULL", wrong: "false", of: c.filledCells(f, column)}
		if raw := column.Store + "_raw"; column.Misfits > 0 {
			one.value, one.wrong = raw, column.Store+" IS NULL AND "+raw+" IS NOT NULL"
		}
		return []test{one}
	}))
}

func (c *checker) ranges(ctx context.Context) (Check, error) {
	return c.run(ctx, quality.Ranges, c.each(func(_ int, f tableFile, column ingest.Column, field Field) []test {
		of := c.filledCells(f, column) - column.Misfits
		switch column.Type {
		case ingest.Point: // its place is kept where there is one on earth
			return []test{{value: column.Store, wrong: column.Store + " IS NOT NULL AND " + column.Store + "_lon IS NULL", of: of}}
		case ingest.Integer, ingest.Decimal:
			if r, ok := quality.RangeOf(field.Range); ok {
				wrong, args := outside(column.Store, r)
				return []test{{value: column.Store, wrong: wrong, args: args, of: of}}
			}
		case ingest.Text, ingest.Date, ingest.YearMonth, ingest.DateTime, ingest.Boolean, ingest.Geometry, ingest.Array, ingest.Object:
		}
		return nil
	}))
}

func outside(store string, r quality.Range) (string, []any) {
	var parts []string
	var args []any
	add := func(has, open bool, strict, loose string, n float64) {
		if has {
			op := strict
			if open {
				op = loose
			}
			parts, args = append(parts, "CAST("+store+" AS DOUBLE) "+op+" ?"), append(args, n)
		}
	}
	add(r.HasLow, r.OpenLow, "<", "<=", r.Low)
	add(r.HasHigh, r.OpenHigh, ">", ">=", r.High)
	return "(" + strings.Join(parts, " OR ") + ")", args
}

func (c *checker) codes(ctx context.Context) (Check, error) {
	return c.run(ctx, quality.Codes, c.each(func(_ int, f tableFile, column ingest.Column, field Field) []test {
		if len(field.Codes) == 0 {
			return nil
		}
		args := make([]any, len(field.Codes))
		for i, code := range field.Codes {
			args[i] = code.Value
		}
		text := "CAST(" + column.Store + " AS VARCHAR)"
		return []test{{value: text, wrong: text + " NOT IN (" + strings.Repeat("?, ", len(args)-1) + "?)", args: args, of: c.filledCells(f, column) - column.Misfits}}
	}))
}

func (c *checker) required(ctx context.Context) (Check, error) {
	return c.run(ctx, quality.Required, c.each(func(_ int, f tableFile, column ingest.Column, field Field) []test {
		if !field.Required && !field.Key {
			return nil
		}
		wrong := column.Store + " IS NULL"
		if column.Raw() {
			wrong += " AND " + column.Store + "_raw IS NULL"
		}
		return []test{{value: "NULL", wrong: wrong, of: c.v.Tables[f.position].Rows}}
	}))
}

func (c *checker) filled(context.Context) (Check, error) {
	var of int64
	var empty []Example
	for t, f := range c.files {
		n := c.v.Tables[t].Rows
		for _, column := range f.columns {
			if n == 0 {
				continue
			}
			of++
			if column.Nulls*100 > n*int64(c.limits.EmptyCells) {
				empty = append(empty, Example{Table: t + 1, Column: column.Name, Value: fmt.Sprintf("%d / %d", column.Nulls, n)})
			}
		}
	}
	return checked(quality.Filled, int64(len(empty)), of, empty[:min(len(empty), mostPlaces)]), nil
}

func (c *checker) key(ctx context.Context) (Check, error) {
	var found, of int64
	var examples []Example
	for t, f := range c.files {
		var stores, names []string
		for i, field := range c.v.Tables[t].Fields {
			if field.Key && i < len(f.columns) {
				stores, names = append(stores, f.columns[i].Store), append(names, field.Name)
			}
		}
		if len(stores) == 0 {
			continue
		}
		n, more, err := c.twice(ctx, t, f.info.Digest, strings.Join(stores, ", "), "concat_ws(' ', "+strings.Join(stores, ", ")+")", strings.Join(names, "、"), "")
		if err != nil {
			return Check{}, err
		}
		found, of, examples = found+n, of+c.v.Tables[t].Rows, append(examples, more...)
	}
	return checked(quality.Key, found, of, examples[:min(len(examples), mostPlaces)]), nil
}

// twice counts the rows of a table that are equal to an earlier one in what
// they are grouped by, and finds the first of them.
func (c *checker) twice(ctx context.Context, table int, d blob.Digest, by, value, name, among string) (int64, []Example, error) {
	groups := "SELECT count(*) AS n, min(file_row_number) AS first, max(file_row_number) AS last, any_value(left(CAST(" + value + " AS VARCHAR), 100)) AS v FROM {t} " + among + " GROUP BY " + by + " HAVING count(*) > 1"
	answer, err := c.answer(ctx, d, "SELECT coalesce(sum(n - 1), 0) FROM ("+groups+")")
	if err != nil {
		return 0, nil, err
	}
	n, err := whole(answer)
	if err != nil || n[0] == 0 {
		return 0, nil, err
	}
	if answer, err = c.answer(ctx, d, "SELECT last + 1, coalesce(v, '') FROM ("+groups+") ORDER BY first LIMIT "+strconv.Itoa(mostPlaces)); err != nil {
		return 0, nil, err
	}
	examples, err := places(answer, table, name)
	return n[0], examples, err
}

func (c *checker) duplicates(ctx context.Context) (Check, error) {
	var found, of int64
	var examples []Example
	for t, f := range c.files {
		var stores []string
		for _, column := range f.columns {
			stores = append(stores, column.Store)
			if column.Raw() {
				stores = append(stores, column.Store+"_raw")
			}
		}
		if len(stores) == 0 {
			continue
		}
		of += c.v.Tables[t].Rows
		// rows that are the same have the same hash: only where a hash comes
		// twice are whole rows compared
		hash := "hash(" + strings.Join(stores, ", ") + ")"
		answer, err := c.answer(ctx, f.info.Digest, "SELECT count(*) FROM (SELECT 1 FROM {t} GROUP BY "+hash+" HAVING count(*) > 1)")
		if err != nil {
			return Check{}, err
		}
		same, err := whole(answer)
		if err != nil || same[0] == 0 {
			if err != nil {
				return Check{}, err
			}
			continue
		}
		n, more, err := c.twice(ctx, t, f.info.Digest, strings.Join(stores, ", "), "''", "", "WHERE "+hash+" IN (SELECT "+hash+" FROM {t} GROUP BY 1 HAVING count(*) > 1)")
		if err != nil {
			return Check{}, err
		}
		found, examples = found+n, append(examples, more...)
	}
	return checked(quality.Duplicates, found, of, examples[:min(len(examples), mostPlaces)]), nil
}

func (c *checker) rowsSteady(context.Context) (Check, error) {
	if c.before == nil {
		return checked(quality.RowsSteady, 0, 0, nil), nil
	}
	now, then, limit := versionRows(c.v), versionRows(c.before), int64(c.limits.RowChange)
	out := checked(quality.RowsSteady, 0, 1, nil)
	out.Args = []any{now, then}
	if max(now-then, then-now)*100 > then*limit {
		out.Verdict, out.Found, out.Sentence, out.Args = quality.No, 1, said[quality.RowsSteady].no, []any{now, then, limit}
	}
	return out, nil
}

func versionRows(v *Version) (n int64) {
	for _, t := range v.Tables {
		n += t.Rows
	}
	return n
}

func (c *checker) codesKept(ctx context.Context) (Check, error) {
	var found, of int64
	var examples []Example
	for t, f := range c.files {
		if c.before == nil || t >= len(c.earlier) {
			break
		}
		for i, field := range c.v.Tables[t].Fields {
			at := slices.IndexFunc(c.earlier[t].columns, func(e ingest.Column) bool { return e.Name == field.Name })
			if len(field.Codes) == 0 || at < 0 || i >= len(f.columns) {
				continue
			}
			distinct := func(column ingest.Column, file string) string {
				return "SELECT DISTINCT CAST(" + column.Store + " AS VARCHAR) AS v FROM " + file + " WHERE " + column.Store + " IS NOT NULL"
			}
			var gone []string
			err := c.rows.Ask(ctx, rows.Statement{
				SQL:   "SELECT v, v IN (" + distinct(f.columns[i], "{t}") + ") AS there FROM (" + distinct(c.earlier[t].columns[at], "{earlier}") + ") ORDER BY v",
				Files: map[string]blob.Digest{"t": f.info.Digest, "earlier": c.earlier[t].info.Digest},
			}, func(cells []rows.Cell) error {
				of++
				if cells[1].Text != "true" {
					gone = append(gone, cells[0].Text)
				}
				return nil
			})
			if err != nil {
				return Check{}, err
			}
			found += int64(len(gone))
			for _, v := range gone[:min(len(gone), mostPlaces-min(len(examples), mostPlaces))] {
				examples = append(examples, Example{Table: t + 1, Column: field.Name, Value: clipped(v).(string)})
			}
		}
	}
	return checked(quality.CodesKept, found, of, examples), nil
}

func (c *checker) columnsKept(context.Context) (Check, error) {
	var of int64
	var changed []Example
	if c.before != nil {
		for t, earlier := range c.before.Tables {
			of += int64(len(earlier.Fields))
			var now []Field
			if t < len(c.v.Tables) {
				now = c.v.Tables[t].Fields
			}
			for _, f := range earlier.Fields {
				at := slices.IndexFunc(now, func(n Field) bool { return n.Name == f.Name })
				switch {
				case at < 0:
					changed = append(changed, Example{Table: t + 1, Column: f.Name, Value: f.Type + " →"})
				case now[at].Type != f.Type:
					changed = append(changed, Example{Table: t + 1, Column: f.Name, Value: f.Type + " → " + now[at].Type})
				}
			}
		}
	}
	return checked(quality.ColumnsKept, int64(len(changed)), of, changed[:min(len(changed), mostPlaces)]), nil
}

func (c *checker) dictionary(context.Context) (Check, error) {
	score := DictionaryScore(c.v.Tables)
	out := checked(quality.Dictionary, 0, int64(score.All), nil)
	if score.All == 0 {
		return out, nil
	}
	out.Args, out.Found = []any{int64(score.Yes), int64(score.All)}, int64(score.All-score.Yes)
	if score.Percent() < c.limits.Dictionary {
		out.Verdict, out.Sentence = quality.No, said[quality.Dictionary].no
		out.Args = append(out.Args, int64(c.limits.Dictionary))
	}
	return out, nil
}

// edition is that of the rules and of the dictionary that a version was held
// against: a corrected dictionary checks again.
const edition = `@edition * 10000 + (SELECT count(*) FROM dictionary_revisions y WHERE y.version_id = w.id)`

// CheckVersions holds every version that was not checked against the rules,
// newest first, until ctx ends; the next call goes on.
func (s *Service) CheckVersions(ctx context.Context) error {
	if s.rows == nil {
		return nil
	}
	var failed error
	for before := int64(1) << 62; ; {
		found, err := selectVersions(ctx, s.pool, `v.id = (
			SELECT w.id FROM versions w
			WHERE w.id < @before AND EXISTS (SELECT FROM version_tables t WHERE t.version_id = w.id)
			AND NOT EXISTS (SELECT FROM version_checks c WHERE c.version_id = w.id AND c.rules = `+edition+`)
			AND NOT EXISTS (SELECT FROM unread_versions u WHERE u.version_id = w.id)
			ORDER BY w.id DESC LIMIT 1)`,
			pgx.NamedArgs{"before": before, "edition": quality.Edition}, 1)
		if err != nil || len(found) == 0 {
			return errors.Join(failed, err)
		}
		before = found[0].ID
		err = s.checkVersion(ctx, &found[0])
		if ctx.Err() != nil {
			return failed
		}
		failed = errors.Join(failed, err)
	}
}

func (s *Service) checkVersion(ctx context.Context, v *Version) error {
	c, err := s.newChecker(ctx, v)
	if err != nil {
		return fmt.Errorf("check %s version %d: %w", v.ResourceID, v.Number, err)
	}
	all, err := c.all(ctx)
	if err != nil {
		return fmt.Errorf("check %s version %d: %w", v.ResourceID, v.Number, err)
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, keepChecks(ctx, tx, v, all, pgx.NamedArgs{"version": v.ID, "edition": quality.Edition, "now": s.now()})
	})
	return err
}

func keepChecks(ctx context.Context, tx pgx.Tx, v *Version, all []Check, args pgx.NamedArgs) error {
	if _, err := tx.Exec(ctx, `DELETE FROM version_checks WHERE version_id = @version`, args); err != nil {
		return fmt.Errorf("delete checks: %w", err)
	}
	for _, c := range all {
		args["rule"], args["verdict"], args["found"], args["checked"] = c.Rule, c.Verdict, c.Found, c.Checked
		args["sentence"], args["args"], args["examples"] = c.Sentence, append([]any{}, c.Args...), append([]Example{}, c.Examples...)
		if _, err := tx.Exec(ctx, `
			INSERT INTO version_checks (version_id, rule, rules, verdict, found, checked, sentence, args, examples, at)
			SELECT w.id, @rule, `+edition+`, @verdict, @found, @checked, @sentence, @args, @examples, @now FROM versions w WHERE w.id = @version`, args); err != nil {
			return fmt.Errorf("insert check %s of version %d: %w", c.Rule, v.ID, err)
		}
	}
	return nil
}

// Checks is what the rules say of a version, in the order of the rules; empty
// while the job has not come to it. Who may not have the data is not shown
// examples of it.
func (s *Service) Checks(ctx context.Context, viewer account.Actor, v *Version) ([]Check, error) {
	may := s.MayServe(ctx, viewer, v) == nil
	all, err := s.selectChecks(ctx, []int64{v.ID})
	if err != nil {
		return nil, err
	}
	out := all[v.ID]
	for i := range out {
		if !may {
			out[i].Examples = nil
		}
	}
	return out, nil
}

// selectChecks reads the checks of versions.
func (s *Service) selectChecks(ctx context.Context, versions []int64) (map[int64][]Check, error) {
	found, err := s.pool.Query(ctx, `SELECT version_id, rule, verdict, found, checked, sentence, args, examples FROM version_checks WHERE version_id = ANY(@versions)`,
		pgx.NamedArgs{"versions": versions})
	if err != nil {
		return nil, err
	}
	out := map[int64][]Check{}
	var version int64
	var c Check
	var args, examples []byte
	_, err = pgx.ForEachRow(found, []any{&version, &c.Rule, &c.Verdict, &c.Found, &c.Checked, &c.Sentence, &args, &examples}, func() error {
		c.Examples = nil
		if err := json.Unmarshal(examples, &c.Examples); err != nil {
			return err
		}
		var err error
		c.Args, err = sentenceArgs(args)
		out[version] = append(out[version], c)
		return err
	})
	for id := range out {
		slices.SortFunc(out[id], func(a, b Check) int { return ruleOrder(a.Rule) - ruleOrder(b.Rule) })
	}
	return out, err
}

// ruleOrder is where a rule stands among the rules.
func ruleOrder(id quality.ID) int {
	return slices.IndexFunc(quality.Rules, func(r quality.Rule) bool { return r.ID == id })
}
