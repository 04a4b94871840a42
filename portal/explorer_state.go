package portal

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"shuyuan/datasets/rows"
	"shuyuan/templates"
)

// exploring is the state of the explorer as its address has it: everything
// that decides what is on screen, so that a link shows somebody else the same.
type exploring struct {
	version int        // 0: the newest
	table   int        // from 0
	view    string     // empty: the rows
	words   string     // looked for in every column of text
	filters []filter   // all of them hold
	where   string     // a condition as somebody wrote it; it holds too
	groups  []grouping // rows are put together by these
	sums    []summing  // what is worked out of each group; empty: how many rows
	columns []string   // chosen; empty: all but those hidden
	hidden  []string
	sort    []sorting
	row     int64      // number of the first row shown, from 0, where rows are neither chosen, sorted nor grouped
	cursor  string     // where the page begins otherwise
	exact   bool       // chosen rows are counted one by one, also where that takes long
	panel   string     // the column that is looked at closely
	own     url.Values // parameters of the views, kept for them
}

// Bounds of an address: more than this no link of ours and no person makes.
const (
	mostRowFilters = 20
	mostGroupings  = 4
	mostSummings   = 8
	mostSorts      = 4
	mostWhere      = rows.MaxText / 4 // characters, of which each may be four bytes
	longestOwn     = 200              // characters of a parameter of a view
)

// explorerParameters are those that every address of the explorer may have; a
// name that ends in * may occur several times.
func explorerParameters() []string {
	names := []string{"version", "table", "view", "q", "f*", "where", "group*", "sum*", "col*", "hide*", "sort*", "row", "cursor", "count", "panel"}
	for _, v := range explorerViews() {
		names = append(names, v.parameters...)
	}
	return names
}

// parseExploring reads the query of an address. It returns fault.Malformed for
// what no link of ours could have made; whether there are such columns is not
// known yet.
func parseExploring(q url.Values) (exploring, error) {
	e := exploring{own: url.Values{}}
	steps := []func(url.Values) error{e.readPlace, e.readRows, e.readGroups, e.readPage, e.readOwn}
	for _, step := range steps {
		if err := step(q); err != nil {
			return exploring{}, err
		}
	}
	return e, nil
}

func (e *exploring) readPlace(q url.Values) error {
	var err error
	if e.version, err = fromOne("version", q.Get("version"), "版本号须为正整数。"); err != nil {
		return err
	}
	table, err := fromOne("table", q.Get("table"), "表的序号须为正整数。")
	if err != nil {
		return err
	}
	e.table = max(0, table-1)
	e.look(q.Get("view"))
	if e.view != "" && viewNamed(e.view) == nil {
		return malformed("view", "没有这种看法。")
	}
	return nil
}

// look changes the view. That of the rows needs no saying.
func (e *exploring) look(view string) {
	if e.view = view; view == rowsView {
		e.view = ""
	}
}

// fromOne reads a number from 1; 0 where there is none.
func fromOne(field, raw, sentence string) (int, error) {
	if raw == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < 1 {
		return 0, malformed(field, sentence)
	}
	return n, nil
}

func (e *exploring) readRows(q url.Values) error {
	var err error
	if e.words, err = clean("q", q.Get("q"), longestQuery); err != nil {
		return err
	}
	for _, raw := range q["f"] {
		f, err := parseFilter(raw)
		if err != nil {
			return err
		}
		if f.op != "" && !slices.ContainsFunc(e.filters, f.same) {
			e.filters = append(e.filters, f)
		}
	}
	if len(e.filters) > mostRowFilters {
		return malformed("f", "筛选条件最多 %d 个。", mostRowFilters)
	}
	e.where = strings.TrimSpace(q.Get("where"))
	if utf8.RuneCountInString(e.where) > mostWhere {
		return malformed("where", "最多 %d 个字。", mostWhere)
	}
	e.columns, e.hidden = distinct(q["col"]), distinct(q["hide"])
	if len(e.columns) > 0 {
		e.hidden = nil
	}
	return nil
}

func (e *exploring) readGroups(q url.Values) error {
	for _, raw := range distinct(q["group"]) {
		e.groups = append(e.groups, parseGrouping(raw))
	}
	for _, raw := range distinct(q["sum"]) {
		s, err := parseSumming(raw)
		if err != nil {
			return err
		}
		e.sums = append(e.sums, s)
	}
	for _, raw := range q["sort"] {
		s := parseSorting(raw)
		if s.by != "" && !slices.ContainsFunc(e.sort, func(o sorting) bool { return o.by == s.by }) {
			e.sort = append(e.sort, s)
		}
	}
	switch {
	case len(e.groups) > mostGroupings:
		return malformed("group", "最多按 %d 项分组。", mostGroupings)
	case len(e.sums) > mostSummings:
		return malformed("sum", "最多算 %d 项。", mostSummings)
	case len(e.sort) > mostSorts:
		return malformed("sort", "最多按 %d 项排序。", mostSorts)
	case len(e.groups) == 0:
		e.sums = nil
	}
	return nil
}

func (e *exploring) readPage(q url.Values) error {
	if raw := q.Get("row"); raw != "" {
		n, err := strconv.ParseInt(raw, 10, 64)
		if err != nil || n < 1 {
			return malformed("row", "行号须为正整数。")
		}
		e.row = n - 1
	}
	e.cursor = q.Get("cursor")
	switch q.Get("count") {
	case "":
	case exactly:
		e.exact = e.narrowed() && len(e.groups) == 0 // else it is known
	default:
		return malformed("count", "count 只能是 %s。", exactly)
	}
	e.panel = q.Get("panel")
	if !e.plain() {
		e.row = 0 // a row has its number only where it stands as in the file
	}
	return nil
}

// exactly is the value of count that has every row counted.
const exactly = "exact"

func (e *exploring) readOwn(q url.Values) error {
	for _, v := range explorerViews() {
		for _, name := range v.parameters {
			name = strings.TrimSuffix(name, "*")
			for _, value := range q[name] {
				if utf8.RuneCountInString(value) > longestOwn {
					return malformed(name, "最多 %d 个字。", longestOwn)
				}
				if value != "" {
					e.own.Add(name, value)
				}
			}
		}
	}
	return nil
}

// plain reports whether the rows are those of the file, as they stand in it.
func (e exploring) plain() bool { return !e.narrowed() && len(e.groups) == 0 && len(e.sort) == 0 }

// narrowed reports whether rows are chosen.
func (e exploring) narrowed() bool { return e.words != "" || len(e.filters) > 0 || e.where != "" }

// first reports whether this is what a reader sees who has asked for nothing:
// the page that is the same for everybody, and worth keeping.
func (e exploring) first() bool {
	return e.plain() && e.row == 0 && e.cursor == "" && e.panel == "" && len(e.columns) == 0 && len(e.hidden) == 0 && len(e.own) == 0
}

// values is e as a query string; two equal states give the same one.
func (e exploring) values() url.Values {
	v := url.Values{}
	set := func(name, value string, given bool) {
		if given {
			v.Set(name, value)
		}
	}
	set("version", strconv.Itoa(e.version), e.version > 0)
	set("table", strconv.Itoa(e.table+1), e.table > 0)
	set("view", e.view, e.view != "")
	set("q", e.words, e.words != "")
	for _, f := range e.filters {
		v.Add("f", f.String())
	}
	set("where", e.where, e.where != "")
	for _, g := range e.groups {
		v.Add("group", g.String())
	}
	for _, s := range e.sums {
		v.Add("sum", s.String())
	}
	for _, c := range e.columns {
		v.Add("col", c)
	}
	for _, c := range e.hidden {
		v.Add("hide", c)
	}
	for _, s := range e.sort {
		v.Add("sort", s.String())
	}
	set("row", strconv.FormatInt(e.row+1, 10), e.row > 0)
	set("cursor", e.cursor, e.cursor != "")
	set("count", exactly, e.exact)
	set("panel", e.panel, e.panel != "")
	for name, values := range e.own {
		v[name] = values
	}
	return v
}

// href is the address of the state on a page.
func (e exploring) href(page string) string {
	if v := e.values(); len(v) > 0 {
		return page + "?" + v.Encode()
	}
	return page
}

// with is e with one thing changed, and all else as it is. Whatever changes
// what rows there are leads to the first of them.
func (e exploring) with(change func(*exploring)) exploring {
	g := e
	g.filters, g.groups, g.sums = slices.Clone(e.filters), slices.Clone(e.groups), slices.Clone(e.sums)
	g.columns, g.hidden, g.sort = slices.Clone(e.columns), slices.Clone(e.hidden), slices.Clone(e.sort)
	g.own = url.Values{}
	for name, values := range e.own {
		g.own[name] = slices.Clone(values)
	}
	g.row, g.cursor, g.exact = 0, "", false
	change(&g)
	return g
}

// at is with where the rows on screen stay the same.
func (e exploring) at(change func(*exploring)) exploring {
	return e.with(func(g *exploring) {
		g.row, g.cursor, g.exact = e.row, e.cursor, e.exact
		change(g)
	})
}

// kept is e as fields of a form, without the parameters that the form itself
// sets, and from the first row on.
func (e exploring) kept(without ...string) []templates.Hidden {
	var out []templates.Hidden
	values := e.with(func(*exploring) {}).values()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if slices.Contains(without, name) {
			continue
		}
		for _, value := range values[name] {
			out = append(out, templates.Hidden{Name: name, Value: value})
		}
	}
	return out
}

// choose shows the columns named, of all that there are; whichever list is
// shorter stands in the address.
func (e *exploring) choose(chosen, all []string) {
	e.columns, e.hidden = nil, nil
	hidden := slices.DeleteFunc(slices.Clone(all), func(c string) bool { return slices.Contains(chosen, c) })
	chosen = slices.DeleteFunc(slices.Clone(all), func(c string) bool { return slices.Contains(hidden, c) })
	switch {
	case len(chosen) == 0 || len(hidden) == 0:
	case len(hidden) < len(chosen):
		e.hidden = hidden
	default:
		e.columns = chosen
	}
}

// shown are the columns on screen, of all that there are.
func (e exploring) shown(all []string) []string {
	if len(e.columns) > 0 {
		return e.columns
	}
	return slices.DeleteFunc(slices.Clone(all), func(c string) bool { return slices.Contains(e.hidden, c) })
}

// without is e less the filter.
func (e exploring) without(f filter) exploring {
	return e.with(func(g *exploring) { g.filters = slices.DeleteFunc(g.filters, f.same) })
}

// put adds a filter, in place of one of the same kind on the same column.
func (e *exploring) put(f filter) {
	e.filters = slices.DeleteFunc(e.filters, func(o filter) bool {
		return o.column == f.column && (o.op == f.op || among[o.op] && among[f.op])
	})
	if f.op != "" && (len(f.values) > 0 || filterValues[f.op] == 0) {
		e.filters = append(e.filters, f)
	}
}

// among are the filters by lists of values: one column has one of them.
var among = map[string]bool{"is": true, "not": true}

// set gives a parameter of a view a value; an empty one takes it away.
func (e *exploring) set(name, value string) {
	if value == "" {
		e.own.Del(name)
		return
	}
	e.own.Set(name, value)
}

// distinct is list without what is empty or comes again.
func distinct(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
