package portal

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/following"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/search"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

const (
	pageSize     = 20
	mostResults  = 10000 // as deep as paging goes
	mostFilters  = 40
	longestQuery = 200 // characters
	mostDropped  = 5   // words, to be tried without one of them
	longestValue = 100
)

// finding is the state of the search page as its address has it.
type finding struct {
	text    string
	filters map[search.Facet][]string
	sort    search.Sort // empty for the default
	page    int         // from 1; 0 is 1
}

// parameters are those that the search page reads; filters may be repeated.
var parameters = func() []string {
	names := []string{"q", "sort", "page"}
	for _, facet := range search.Facets {
		names = append(names, string(facet)+"*")
	}
	return names
}()

// readFinding reads the address. It returns fault.Malformed for what no link of
// ours could have made.
func readFinding(c *fiber.Ctx) (finding, error) {
	q, err := query(c, parameters...)
	if err != nil {
		return finding{}, err
	}
	return findingIn(q)
}

// findingIn is readFinding of parameters that were read already.
func findingIn(q url.Values) (f finding, err error) {
	f.filters = map[search.Facet][]string{}
	if f.text, err = clean("q", q.Get("q"), longestQuery); err != nil {
		return f, err
	}
	n := 0
	for _, facet := range search.Facets {
		for _, raw := range q[string(facet)] {
			value, err := clean(string(facet), raw, longestValue)
			if err != nil {
				return f, err
			}
			if value == "" || slices.Contains(f.filters[facet], value) {
				continue
			}
			if n++; n > mostFilters {
				return f, malformed(string(facet), "筛选条件最多 %d 个。", mostFilters)
			}
			f.filters[facet] = append(f.filters[facet], value)
		}
	}
	switch sort := search.Sort(q.Get("sort")); sort {
	case "", search.ByRelevance, search.ByUpdated, search.ByPopular:
		f.sort = sort
	default:
		return f, malformed("sort", "没有这种排序。")
	}
	f.page, err = pageNumber(q, mostResults/pageSize)
	return f, err
}

// clean is a value of the address without the blanks around it and with one
// blank for several.
func clean(field, raw string, longest int) (string, error) {
	value := strings.Join(strings.Fields(raw), " ")
	if utf8.RuneCountInString(value) > longest {
		return "", malformed(field, "最多 %d 个字。", longest)
	}
	return value, nil
}

// values is f as a query string; two equal states give the same one.
func (f finding) values() url.Values {
	v := url.Values{}
	if f.text != "" {
		v.Set("q", f.text)
	}
	for facet, values := range f.filters {
		for _, value := range slices.Sorted(slices.Values(values)) {
			v.Add(string(facet), value)
		}
	}
	if f.sort != "" && f.sort != f.usual() {
		v.Set("sort", string(f.sort))
	}
	if f.page > 1 {
		v.Set("page", strconv.Itoa(f.page))
	}
	return v
}

func (f finding) href() string {
	if v := f.values(); len(v) > 0 {
		return "/datasets?" + v.Encode()
	}
	return "/datasets"
}

// usual is the order that needs no saying: by relevance where words were
// given, else the newest first.
func (f finding) usual() search.Sort {
	if f.text == "" {
		return search.ByUpdated
	}
	return search.ByRelevance
}

func (f finding) order() search.Sort {
	if f.sort == "" {
		return f.usual()
	}
	return f.sort
}

// without is f less one filter, on its first page.
func (f finding) without(facet search.Facet, value string) finding {
	g := f.first()
	g.filters[facet] = slices.DeleteFunc(slices.Clone(g.filters[facet]), func(v string) bool { return v == value })
	return g
}

func (f finding) withoutText() finding {
	g := f.first()
	g.text = ""
	return g
}

// first is a copy of f on its first page.
func (f finding) first() finding {
	g := f
	g.page = 1
	g.filters = map[search.Facet][]string{}
	for facet, values := range f.filters {
		g.filters[facet] = values
	}
	return g
}

func (f finding) query() search.Query {
	return search.Query{Text: f.text, Filters: f.filters, Sort: f.order(), Offset: (max(f.page, 1) - 1) * pageSize,
		Limit: pageSize, Facets: search.Facets, FacetSize: 30, Highlight: true}
}

// count is how many datasets f finds; 0 if that cannot be told now.
func (s *Server) count(ctx context.Context, f finding) int {
	r, err := s.Search.Search(ctx, search.Query{Text: f.text, Filters: f.filters, Limit: 1})
	if err != nil {
		return 0
	}
	return r.Total
}

// showSearch is the search page.
func (s *Server) showSearch(c *fiber.Ctx) error {
	ctx, viewer := c.UserContext(), actor(c)
	f, err := readFinding(c)
	if err != nil {
		return err
	}
	result, err := s.Search.Search(ctx, f.query())
	if err != nil {
		return err
	}
	if f.page > 1 && len(result.Hits) == 0 {
		return fault.New(fault.NotFound, "没有第 %d 页。", f.page)
	}
	names, err := s.names(ctx)
	if err != nil {
		return err
	}
	if text.Of(ctx) == text.English {
		if names, err = s.inEnglish(ctx, viewer, names, f, result); err != nil {
			return err
		}
	}
	p := templates.SearchPage{
		Frame: s.frame(c, f.title(ctx), text.T(ctx, "在全部公开目录里查找数据集，按主题、部门、开放类型、格式筛选。")),
		Query: f.text, Total: result.Total, Limited: result.Limited,
		ClearHref: finding{text: f.text, sort: f.sort}.href(), Feed: "/datasets/feed.xml",
		API: "/api/v1/datasets",
	}
	if query := f.first().values().Encode(); query != "" {
		p.Feed += "?" + query
		p.API += "?" + query
	}
	p.Feeds = []templates.Link{{Href: p.Feed, Title: p.Title}}
	if p.Follow, err = s.followButton(c, following.Search, f.followed()); err != nil {
		return err
	}
	// A page of results is a view of pages that are indexed themselves.
	p.NoIndex = f.text != "" || len(f.values()) > 0
	p.Canonical = p.Base + f.href()
	if f.sort != "" && f.sort != f.usual() {
		p.Sort = string(f.sort)
	}
	if p.Found, err = s.found(ctx, viewer, result.Hits); err != nil {
		return err
	}
	p.Chips = f.chips(ctx, names)
	p.Facets = f.facets(ctx, result, names)
	p.Sorts = f.sorts(ctx)
	p.Pager = f.pager(result.Total)
	for _, word := range result.Spelled {
		p.Spelled = append(p.Spelled, templates.Link{Title: word, Href: finding{text: word, filters: f.filters}.href()})
	}
	if result.Total == 0 {
		p.Relaxed = s.relaxed(ctx, f, names)
		p.Themes = leaders(ctx, names.counted)
	}
	return s.page(c, templates.Search(p))
}

func (f finding) title(ctx context.Context) string {
	t := text.T(ctx, "搜索数据")
	if f.text != "" {
		t = text.T(ctx, "搜索“%s”", f.text)
	}
	if f.page > 1 {
		t += " · " + text.T(ctx, "第 %d 页", f.page)
	}
	return t
}

// found adds what the catalogue knows to what was found. A dataset that the
// index still has and the catalogue no longer shows is left out.
func (s *Server) found(ctx context.Context, viewer account.Actor, hits []search.Hit) ([]templates.Found, error) {
	slugs := make([]string, len(hits))
	marks := make(map[string]map[string][]search.Mark, len(hits))
	for i, h := range hits {
		slugs[i], marks[h.ID] = h.ID, h.Marks
	}
	list, err := s.Datasets.BySlugs(ctx, viewer, slugs)
	if err != nil {
		return nil, err
	}
	out := make([]templates.Found, len(list))
	for i := range list {
		out[i] = templates.Found{Dataset: list[i], Marks: marks[list[i].Slug]}
	}
	return out, nil
}

func (f finding) chips(ctx context.Context, n *names) []templates.ChipView {
	var chips []templates.ChipView
	if f.text != "" {
		chips = append(chips, templates.ChipView{Label: text.T(ctx, "搜索"), Value: f.text, Href: f.withoutText().href()})
	}
	for _, facet := range search.Facets {
		for _, value := range f.filters[facet] {
			chips = append(chips, templates.ChipView{Label: facetTitle(ctx, facet), Value: n.label(ctx, facet, value), Href: f.without(facet, value).href()})
		}
	}
	return chips
}

// facets are the counts as filters. A filter that is set is shown even where
// its count is none, so that it can be taken back.
func (f finding) facets(ctx context.Context, r search.Result, n *names) []templates.FacetView {
	var out []templates.FacetView
	for _, facet := range search.Facets {
		view := templates.FacetView{Name: string(facet), Title: facetTitle(ctx, facet)}
		counts := r.Facets[facet]
		for _, value := range f.filters[facet] {
			if !slices.ContainsFunc(counts, func(c search.Count) bool { return c.Value == value }) {
				counts = append(counts, search.Count{Value: value})
			}
		}
		for _, count := range counts {
			view.Values = append(view.Values, templates.FacetValue{Value: count.Value, Label: n.label(ctx, facet, count.Value),
				Count: count.Count, On: slices.Contains(f.filters[facet], count.Value)})
		}
		out = append(out, view)
	}
	return out
}

func (f finding) sorts(ctx context.Context) []templates.SortLink {
	var out []templates.SortLink
	for _, o := range []struct {
		sort  search.Sort
		title string
	}{
		{search.ByRelevance, text.T(ctx, "相关")},
		{search.ByUpdated, text.T(ctx, "更新")},
		{search.ByPopular, text.T(ctx, "最常用")},
	} {
		if o.sort == search.ByRelevance && f.text == "" {
			continue
		}
		g := f.first()
		g.sort = o.sort
		out = append(out, templates.SortLink{Title: o.title, Href: g.href(), Here: f.order() == o.sort})
	}
	return out
}

// pager shows the ends, this page and its neighbours.
func (f finding) pager(total int) templates.Pager {
	last := (min(total, mostResults) + pageSize - 1) / pageSize
	var p templates.Pager
	at := func(n int) string {
		g := f.first()
		g.page = n
		return g.href()
	}
	before := 0
	for n := 1; n <= last; n++ {
		if n != 1 && n != last && (n < f.page-2 || n > f.page+2) {
			continue
		}
		if n > before+1 {
			p.Pages = append(p.Pages, templates.PageLink{Gap: true})
		}
		p.Pages = append(p.Pages, templates.PageLink{Number: n, Href: at(n), Here: n == f.page})
		before = n
	}
	if f.page > 1 {
		p.Prev = at(f.page - 1)
	}
	if f.page < last {
		p.Next = at(f.page + 1)
	}
	return p
}

// relaxed says for each word and each filter how many datasets there would be
// without it, where there would be any.
func (s *Server) relaxed(ctx context.Context, f finding, n *names) []templates.Relaxed {
	var out []templates.Relaxed
	if words := strings.Fields(f.text); len(words) > 1 && len(words) <= mostDropped {
		for i, word := range words {
			g := f.first()
			g.text = strings.Join(slices.Delete(slices.Clone(words), i, i+1), " ")
			if total := s.count(ctx, g); total > 0 {
				out = append(out, templates.Relaxed{Value: word, Href: g.href(), Count: total})
			}
		}
	}
	for _, facet := range search.Facets {
		for _, value := range f.filters[facet] {
			if len(out) == 8 {
				return out
			}
			g := f.without(facet, value)
			if total := s.count(ctx, g); total > 0 {
				out = append(out, templates.Relaxed{Label: facetTitle(ctx, facet), Value: n.label(ctx, facet, value), Href: g.href(), Count: total})
			}
		}
	}
	return out
}

// suggestions is the answer to what is being typed.
type suggestions struct {
	Suggestions []suggestion `json:"suggestions"`
}

type suggestion struct {
	Text string `json:"text"`
	Slug string `json:"slug,omitempty"` // a dataset of that title; empty for a word to search
}

// suggest completes what is being typed in the search box.
func (s *Server) suggest(c *fiber.Ctx) error {
	q, err := query(c, "q")
	if err != nil {
		return err
	}
	prefix, err := clean("q", q.Get("q"), longestQuery)
	if err != nil {
		return err
	}
	answer := suggestions{Suggestions: []suggestion{}}
	if prefix != "" {
		found, err := s.Search.Suggest(c.UserContext(), prefix, 8)
		if err != nil {
			return err
		}
		for _, f := range found {
			answer.Suggestions = append(answer.Suggestions, suggestion{Text: f.Text, Slug: f.ID})
		}
	}
	return c.JSON(answer)
}

func facetTitle(ctx context.Context, facet search.Facet) string {
	switch facet {
	case search.FacetTheme:
		return text.T(ctx, "主题")
	case search.FacetOrg:
		return text.T(ctx, "部门")
	case search.FacetOpen:
		return text.T(ctx, "开放类型")
	case search.FacetFormat:
		return text.T(ctx, "格式")
	case search.FacetFreq:
		return text.T(ctx, "更新频率")
	case search.FacetRegion:
		return text.T(ctx, "地区")
	case search.FacetTag:
		return text.T(ctx, "标签")
	}
	return string(facet)
}

// names are the words behind the slugs and codes of the facets.
type names struct {
	era         uint64                             // of the page cache
	counted     []datasets.Counted[datasets.Theme] // by what everybody may know of
	themes      map[string]datasets.Theme
	departments map[string]datasets.Department
	regions     map[string]datasets.Region
	tags        map[string]string // the English of the tags of one page
}

// label is a value of a facet in the reader's language; a value nobody knows
// is shown as it is.
func (n *names) label(ctx context.Context, facet search.Facet, value string) string {
	switch facet {
	case search.FacetTheme:
		if t, ok := n.themes[value]; ok {
			return text.Pick(ctx, t.Name, t.NameEN)
		}
	case search.FacetOrg:
		if d, ok := n.departments[value]; ok {
			return templates.DepartmentName(ctx, &d)
		}
	case search.FacetOpen:
		return templates.OpenName(ctx, datasets.OpenType(value))
	case search.FacetFormat:
		return templates.FormatName(value)
	case search.FacetFreq:
		return templates.FrequencyName(ctx, datasets.Frequency(value))
	case search.FacetRegion:
		if r, ok := n.regions[value]; ok {
			return text.Pick(ctx, r.Name, r.NameEN)
		}
	case search.FacetTag:
		return text.Pick(ctx, value, n.tags[value])
	}
	return value
}

// names are read once for each change of the catalogue. They are the same for
// everybody: a theme, a department and a place are known by name also where
// what lies in them is not.
func (s *Server) names(ctx context.Context) (*names, error) {
	s.look(ctx)
	_, era := s.cache.get("")
	if n := s.known.Load(); n != nil && n.era == era {
		return n, nil
	}
	n := &names{era: era, themes: map[string]datasets.Theme{}, departments: map[string]datasets.Department{}, regions: map[string]datasets.Region{}}
	themes, err := s.Datasets.Themes(ctx, account.Actor{})
	if err != nil {
		return nil, err
	}
	n.counted = themes
	for _, t := range themes {
		n.themes[t.Item.Slug] = t.Item
	}
	departments, err := s.Datasets.Departments(ctx, account.Actor{})
	if err != nil {
		return nil, err
	}
	for _, d := range departments {
		n.departments[d.Item.Slug] = d.Item
	}
	regions, err := s.Datasets.Regions(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range regions {
		n.regions[r.Code] = r
	}
	s.known.Store(n)
	return n, nil
}

// inEnglish is n with the English of the tags that a page shows: those found
// and those asked for.
func (s *Server) inEnglish(ctx context.Context, viewer account.Actor, n *names, f finding, r search.Result) (*names, error) {
	tags := slices.Clone(f.filters[search.FacetTag])
	for _, t := range r.Facets[search.FacetTag] {
		tags = append(tags, t.Value)
	}
	english, err := s.Datasets.TagsInEnglish(ctx, viewer, tags)
	if err != nil {
		return nil, err
	}
	with := *n
	with.tags = english
	return &with, nil
}
