package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

const (
	pageRows  = 50              // rows of one page, as many as are kept with the catalogue
	cellClip  = 1000            // characters of a cell that a page holds
	cellShort = 60              // and that it shows unfolded
	firstWait = 2 * time.Second // for the first page, before what is kept is shown instead
	longestTo = 400             // bytes of the values that lead to the rows of a group
)

// drawRows shows the rows in a table.
func drawRows(ctx context.Context, x *explorer) (templ.Component, error) {
	view, err := x.asked(ctx)
	if x.state.first() && x.engineAway(err) {
		view, err = x.stored(ctx)
	}
	if err != nil {
		return nil, err
	}
	x.say = strings.TrimSpace(view.Count + " " + view.Range)
	return templates.ExplorerTable(view), nil
}

// engineAway reports whether the rows could not be asked for, though nothing is
// wrong with the question.
func (x *explorer) engineAway(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.Unavailable || kind == fault.TooLarge || kind == fault.Invalid || errors.Is(err, context.DeadlineExceeded)
}

// stored is the first rows as they are kept with the catalogue, for when the
// engine does not answer.
func (x *explorer) stored(ctx context.Context) (*templates.ExplorerRows, error) {
	t := x.table()
	misfits, err := x.Datasets.PreviewMisfits(ctx, x.viewer, x.version, x.state.table)
	if err != nil {
		return nil, err
	}
	x.notes = append(x.notes, text.T(ctx, "查询服务现在不能用，先看存下的前 %d 行。筛选、排序和翻页请稍后再试；整个文件现在就可以下载。", len(t.Preview)))
	x.unkept = true
	view := &templates.ExplorerRows{Label: text.T(ctx, "数据表"), Numbers: true, Count: text.T(ctx, "共 %s 行", templates.Thousands(t.Rows)), Range: text.T(ctx, "第 %s–%s 行", "1", strconv.Itoa(len(t.Preview)))}
	for _, f := range t.Fields {
		h := x.head(ctx, f.Name)
		h.Sort, h.Also, h.Panel = "", "", ""
		view.Heads = append(view.Heads, h)
	}
	for i, cells := range t.Preview {
		row := templates.ExplorerRow{Number: templates.Thousands(int64(i) + 1), Wrong: x.wrong(int64(i)+1, x.state.panel)}
		for k, text := range cells[:min(len(cells), len(t.Fields))] {
			value := orNothing(text)
			if misfits[[2]int{i, k}] {
				value, view.Misfits = rows.Misfit(text), true
			}
			row.Cells = append(row.Cells, x.cell(ctx, t.Fields[k].Name, t.Fields[k].Type, value))
		}
		view.Rows = append(view.Rows, row)
	}
	return view, nil
}

func orNothing(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// asked is the page of rows, or of groups, that the state asks for.
func (x *explorer) asked(ctx context.Context) (*templates.ExplorerRows, error) {
	if x.state.first() {
		var done context.CancelFunc
		ctx, done = context.WithTimeout(ctx, firstWait)
		defer done()
	}
	schema, err := x.columns(ctx)
	if err != nil {
		return nil, err
	}
	q, err := x.state.question(schema)
	if err != nil {
		return nil, err
	}
	q.Limit, q.Clip = pageRows, cellClip
	if len(x.state.groups) > 0 {
		q.Clip = 0 // a group is known by its whole value
	}
	r, err := x.ask(ctx, q)
	if err != nil {
		return nil, err
	}
	view := &templates.ExplorerRows{Label: text.T(ctx, "数据表"), Grouped: len(x.state.groups) > 0, Numbers: len(x.state.groups) == 0}
	x.count(ctx, view, r)
	if len(r.Rows) == 0 {
		view.Empty = x.empty(ctx)
		return view, nil
	}
	x.ways(view, r)
	if view.Grouped {
		x.groups(ctx, view, r, schema)
	} else {
		x.rows(ctx, view, r)
	}
	return view, nil
}

// count says how many rows there are, and which of them are shown.
func (x *explorer) count(ctx context.Context, view *templates.ExplorerRows, r *rows.Result) {
	n, all := templates.Thousands(r.Total), templates.Thousands(x.table().Rows)
	switch {
	case view.Grouped:
		view.Count = text.T(ctx, "%s 组", n)
	case !x.state.narrowed():
		view.Count = text.T(ctx, "共 %s 行", n)
	case r.TotalExact:
		view.Count = text.T(ctx, "%s 行（全表 %s 行）", n, all)
	default:
		view.Count = text.T(ctx, "约 %s 行（抽样估计；全表 %s 行）", n, all)
		view.Exactly = x.here(func(e *exploring) { e.exact = true })
	}
	if len(r.Rows) > 0 {
		from, to := templates.Thousands(r.Before+1), templates.Thousands(r.Before+int64(len(r.Rows)))
		words := "第 %s–%s 行"
		if view.Grouped {
			words = "第 %s–%s 组"
		}
		view.Before = r.Before
		view.Range, view.RangeForm = text.T(ctx, words, from, to), text.T(ctx, words, "{from}", "{to}")
	}
}

// ways leads to the other pages. Where rows stand as in the file a page is
// named by its first row; elsewhere by a cursor.
func (x *explorer) ways(view *templates.ExplorerRows, r *rows.Result) {
	at := func(row int64, cursor string) string {
		return x.link(func(e *exploring) { e.row, e.cursor, e.exact = row, cursor, x.state.exact })
	}
	if r.Before > 0 {
		view.First = at(0, "")
	}
	if x.state.plain() {
		last := (r.Total - 1) / pageRows * pageRows
		if r.Before > 0 {
			view.Prev = at(max(0, r.Before-pageRows), "")
		}
		if next := r.Before + int64(len(r.Rows)); next < r.Total {
			view.Next = at(next, "")
		}
		if r.Before < last {
			view.Last = at(last, "")
		}
		if r.Total > pageRows {
			view.Jump = &templates.ExplorerJump{Action: x.page, Keep: x.state.kept("row"), Most: r.Total, Row: r.Before + 1}
		}
		return
	}
	for _, way := range []struct {
		cursor string
		href   *string
	}{{r.Prev, &view.Prev}, {r.Next, &view.Next}, {r.Last, &view.Last}} {
		if way.cursor != "" {
			*way.href = at(0, way.cursor)
		}
	}
	if r.Prev != "" && r.Before <= pageRows {
		view.Prev = at(0, "")
	}
}

// empty says that there are no rows, and what would help.
func (x *explorer) empty(ctx context.Context) *templates.ExplorerEmpty {
	out := &templates.ExplorerEmpty{Sentence: text.T(ctx, "没有符合条件的行。"), Clear: x.everything()}
	switch chips := x.chips(ctx); {
	case x.table().Rows == 0:
		out.Sentence, out.Clear = text.T(ctx, "这张表一行也没有。"), ""
	case x.state.plain():
		out.Sentence = text.T(ctx, "没有第 %s 行：这张表共 %s 行。", templates.Thousands(x.state.row+1), templates.Thousands(x.table().Rows))
	case len(chips) > 1:
		out.Without = chips
	}
	return out
}

// rows fills in rows of the file.
func (x *explorer) rows(ctx context.Context, view *templates.ExplorerRows, r *rows.Result) {
	for _, f := range r.Fields {
		view.Heads = append(view.Heads, x.head(ctx, f.Name))
	}
	for i, cells := range r.Rows {
		row := templates.ExplorerRow{Number: templates.Thousands(r.Numbers[i] + 1), Wrong: x.wrong(r.Numbers[i]+1, x.state.panel)}
		for k, value := range cells {
			cell := x.cell(ctx, r.Fields[k].Name, string(r.Fields[k].Type), value)
			view.Misfits = view.Misfits || cell.Why != ""
			view.Heads[k].Wide = view.Heads[k].Wide || cell.Rest != ""
			row.Cells = append(row.Cells, cell)
		}
		view.Rows = append(view.Rows, row)
	}
}

// wrong leads to the form that says that a row, a column or a cell is wrong.
func (x *explorer) wrong(row int64, column string) string {
	if x.framed || x.dataset.Status != datasets.Published {
		return ""
	}
	return templates.CorrectHref(x.dataset.Slug, x.resource.ID, x.version.Number, x.state.table+1, row, column)
}

// head is the head of a column of the file.
func (x *explorer) head(ctx context.Context, column string) templates.ExplorerHead {
	f := x.field(column)
	if f == nil {
		return templates.ExplorerHead{Label: column}
	}
	label := x.label(ctx, column)
	h := templates.ExplorerHead{Label: label, Small: templates.ColumnNote(label, f.Name, x.unit(ctx, column)), Num: isNumber(rows.Type(f.Type))}
	if x.framed {
		h.Small = templates.ColumnNote(label, label, x.unit(ctx, column))
	} else {
		h.Panel = x.here(func(e *exploring) { e.panel = column })
	}
	if ordered(rows.Type(f.Type)) {
		x.sorted(&h, column, x.state.sort)
	}
	return h
}

// sorted says how a column is sorted by, and leads to the next way: up, down,
// not at all.
func (x *explorer) sorted(h *templates.ExplorerHead, by string, sort []sorting) {
	at := slices.IndexFunc(sort, func(s sorting) bool { return s.by == by })
	next := []sorting{{by: by}}
	if at >= 0 {
		h.Order, h.Place = "ascending", at+1
		next[0].desc = true
		if sort[at].desc {
			h.Order, next = "descending", nil
		}
	}
	h.Sort = x.link(func(e *exploring) { e.sort = next })
	if others := slices.DeleteFunc(slices.Clone(sort), func(s sorting) bool { return s.by == by }); len(others) > 0 && len(others)+len(next) <= mostSorts {
		place := at
		if at < 0 {
			place = len(others)
		}
		h.Also = x.link(func(e *exploring) { e.sort = slices.Insert(others, place, next...) })
	}
}

// cell is a value of a column.
func (x *explorer) cell(ctx context.Context, column, kind string, value any) templates.ExplorerCell {
	var s string
	switch v := value.(type) {
	case nil:
		return templates.ExplorerCell{Null: true}
	case bool:
		s = text.T(ctx, map[bool]string{true: "是", false: "否"}[v])
	case rows.Misfit:
		return templates.ExplorerCell{Text: begun(string(v)), Why: text.T(ctx, "这不是%s，照原样显示", templates.TypeName(ctx, kind))}
	case json.RawMessage:
		s = string(v)
	default:
		s = fmt.Sprint(v)
	}
	if kind == string(rows.DateTime) {
		s = strings.Replace(s, "T", " ", 1)
	}
	c := templates.ExplorerCell{Text: s, Code: x.code(ctx, column, s)}
	if r := []rune(s); len(r) > cellShort {
		c.Text, c.Rest, c.Cut = string(r[:cellShort])+"…", s, len(r) >= cellClip
	}
	return c
}

func begun(s string) string {
	if r := []rune(s); len(r) > cellShort {
		return string(r[:cellShort]) + "…"
	}
	return s
}

// groups fills in groups of rows: what they share leads to their rows.
func (x *explorer) groups(ctx context.Context, view *templates.ExplorerRows, r *rows.Result, schema rows.Schema) {
	order := x.state.order(schema)
	for i, g := range x.state.groups {
		h := templates.ExplorerHead{Label: x.groupName(ctx, g), Num: isNumber(r.Fields[i].Type)}
		x.sorted(&h, g.String(), order)
		view.Heads = append(view.Heads, h)
	}
	for _, s := range x.state.figures() {
		h := templates.ExplorerHead{Label: x.figureName(ctx, s), Num: true}
		if s.function != "count" && s.function != "count_distinct" {
			h.Small = x.unit(ctx, s.column)
		}
		x.sorted(&h, s.String(), order)
		view.Heads = append(view.Heads, h)
	}
	keys := len(x.state.groups)
	most := greatest(r.Rows, keys)
	view.Heads[keys].Bar = most > 0
	for _, cells := range r.Rows {
		var row templates.ExplorerRow
		for k, value := range cells {
			switch {
			case k < keys:
				c := x.key(ctx, x.state.groups[k], string(r.Fields[k].Type), value)
				c.Rest, c.Href = "", x.rowsOf(cells[:keys])
				row.Cells = append(row.Cells, c)
			default:
				row.Cells = append(row.Cells, figureCell(x.state.figures()[k-keys], value))
			}
		}
		if most > 0 {
			row.Cells[keys].Bar = barWidth(cells[keys], most)
		}
		view.Rows = append(view.Rows, row)
	}
}

// key is what the rows of a group share.
func (x *explorer) key(ctx context.Context, g grouping, kind string, value any) templates.ExplorerCell {
	if words := x.binWords(ctx, g, value); words != "" {
		return templates.ExplorerCell{Text: words}
	}
	return x.cell(ctx, g.column, kind, value)
}

// rowsOf is the address of the rows of a group.
func (x *explorer) rowsOf(keys []any) string {
	length := 0
	e := x.state.with(func(e *exploring) {
		e.groups, e.sums, e.sort = nil, nil, nil
		for i, key := range keys {
			f := filter{op: "empty", column: x.state.groups[i].column}
			if x.state.groups[i].part != "" {
				f.column = x.state.groups[i].String()
			}
			if key != nil {
				value := fmt.Sprint(key)
				length += len(value)
				f.op, f.values = "is", []string{value}
			}
			if f.op == "is" && strings.TrimSpace(f.values[0]) != f.values[0] || f.op == "is" && f.values[0] == "" {
				length = longestTo + 1 // blanks do not survive in an address
			}
			e.put(f)
		}
	})
	if length > longestTo || len(e.filters) > mostRowFilters {
		return ""
	}
	return x.to(e)
}

// figureCell is a figure of a group: counts with separators, means to four
// places and to the last digit on demand.
func figureCell(s summing, value any) templates.ExplorerCell {
	if value == nil {
		return templates.ExplorerCell{Null: true}
	}
	exact := fmt.Sprint(value)
	switch s.function {
	case "count", "count_distinct":
		if n, err := strconv.ParseInt(exact, 10, 64); err == nil {
			return templates.ExplorerCell{Text: templates.Thousands(n)}
		}
	case "avg", "median", "sum":
		if v, err := strconv.ParseFloat(exact, 64); err == nil {
			if short := templates.Rounded(v); short != exact {
				return templates.ExplorerCell{Text: short, Title: exact}
			}
		}
	}
	return templates.ExplorerCell{Text: strings.Replace(exact, "T", " ", 1)}
}

// greatest is the greatest figure at i; 0 where there are none to compare, or
// one of them is below nothing.
func greatest(list [][]any, i int) float64 {
	var most float64
	for _, cells := range list {
		v, ok := figure(cells[i])
		if ok && v < 0 {
			return 0
		}
		most = max(most, v)
	}
	if math.IsInf(most, 0) {
		return 0
	}
	return most
}

func figure(value any) (float64, bool) {
	n, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	v, err := n.Float64()
	return v, err == nil
}

func barWidth(value any, most float64) string {
	v, ok := figure(value)
	if !ok {
		return ""
	}
	return cmp.Or(strconv.FormatFloat(math.Round(1000*v/most)/10, 'f', -1, 64), "0")
}
