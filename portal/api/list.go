package api

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/search"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

const (
	mostResults = 10000 // as deep as a search goes
	facetValues = 200   // of one facet
)

// Wanted is what a list of datasets is asked for.
type Wanted struct {
	Q      string   `query:"q" maxLength:"200" doc:"Words: Chinese, pinyin, initials or English; parts of words are found" zh:"搜索词：中文、拼音、首字母、英文都行，词的一部分也行" example:"潮汐"`
	Theme  []string `query:"theme,explode" maxLength:"100" maxItems:"40" doc:"Slugs of themes" zh:"主题" example:"environment"`
	Org    []string `query:"org,explode" maxLength:"100" maxItems:"40" doc:"Slugs of departments" zh:"部门" example:"fj-stats"`
	Format []string `query:"format,explode" maxLength:"100" maxItems:"40" doc:"Formats of the newest files" zh:"最新文件的格式" example:"csv"`
	Open   []string `query:"open,explode" enum:"unconditional,conditional" maxItems:"40" doc:"Open types" zh:"开放类型" example:"unconditional"`
	Freq   []string `query:"freq,explode" enum:"realtime,daily,weekly,monthly,quarterly,semiannual,annual,biennial,irregular,never" maxItems:"40" doc:"Promised update frequencies" zh:"承诺的更新频率" example:"annual"`
	Region []string `query:"region,explode" maxLength:"100" maxItems:"40" doc:"Division codes" zh:"行政区划代码" example:"350000"`
	Tag    []string `query:"tag,explode" maxLength:"100" maxItems:"40" doc:"Tags" zh:"标签" example:"日历"`
	Sort   string   `query:"sort" enum:"relevance,updated,popular" doc:"Order. Left out: by relevance where q is given, else the newest first" zh:"排序。不写时：有搜索词按相关，没有则新的在前" example:"updated"`
	Facets []string `query:"facets,explode" enum:"theme,org,open,format,freq,region,tag" maxItems:"40" doc:"Count the datasets by these fields too. The counts of a field disregard its own filter" zh:"同时按这些字段计数；一个字段的计数不受它自己的筛选影响" example:"theme"`
	Paging
}

// Paging is how much of a list, and from where.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"At most so many items" zh:"一页最多几项" example:"20"`
	Cursor string `query:"cursor" maxLength:"1000" doc:"Where to go on: the next of the page before. It belongs to this list with these parameters; what is in it is nobody's business and may change" zh:"从哪里继续：上一页的 next。只能用于同一列表、同样的参数；内容不必看懂，也可能改变"`
}

// Count is one value of a facet.
type Count struct {
	Value   string `json:"value" doc:"Value to filter by" zh:"筛选用的值" example:"environment"`
	Label   string `json:"label" doc:"Its name in Chinese" zh:"中文名" example:"生态环境"`
	LabelEN string `json:"label_en" doc:"Its name in English" zh:"英文名" example:"Environment"`
	Count   int    `json:"count" doc:"Datasets that carry it" zh:"有它的数据集数" example:"12"`
}

// List is a part of a list of datasets.
type List struct {
	Total   int                `json:"total" doc:"How many were found in all" zh:"一共找到几个" example:"36"`
	Items   []Item             `json:"items" nullable:"false" doc:"This page of them. It may hold fewer than limit though more follow: go on while there is a next" zh:"这一页；后面还有时也可能不足 limit 项，有 next 就继续"`
	Facets  map[string][]Count `json:"facets" nullable:"false" doc:"Counts by field, most first, at most 200 values each; only the fields asked for" zh:"按字段的计数，多的在前，每个字段最多 200 个值；只有要求过的字段"`
	Next    string             `json:"next,omitempty" doc:"The cursor of the next page; absent on the last. The Link header has its whole address" zh:"下一页的游标；最后一页没有。Link 头里有完整地址" example:"Zk3qXn8tYgkx"`
	Spelled []string           `json:"spelled,omitempty" nullable:"false" doc:"Where little or nothing was found: the query in words of the catalogue that sound alike, or differ in one letter" zh:"找到很少时：换成目录里读音相近、或只差一个字母的词"`
	Limited bool               `json:"limited,omitempty" doc:"True while the search engine does not answer: words are found only as they are written, and facets may be missing" zh:"搜索引擎暂时不应答时为 true：只按原样找词，计数可能缺"`
}

// filters are the conditions set, each value once.
func (in *Wanted) filters() map[search.Facet][]string {
	out := map[search.Facet][]string{}
	for facet, values := range map[search.Facet][]string{
		search.FacetTheme: in.Theme, search.FacetOrg: in.Org, search.FacetFormat: in.Format, search.FacetOpen: in.Open,
		search.FacetFreq: in.Freq, search.FacetRegion: in.Region, search.FacetTag: in.Tag,
	} {
		if values = list(values); len(values) > 0 {
			slices.Sort(values)
			out[facet] = values
		}
	}
	return out
}

// values is what is asked for as a query; two equal wishes give the same one.
func (in *Wanted) values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("q", spaced(in.Q))
	set("sort", in.Sort)
	for facet, values := range in.filters() {
		v[string(facet)] = values
	}
	return v
}

// listDatasets reads the catalogue where no words are given: its cursor holds
// while the catalogue changes, and it goes as far as there is anything. With
// words, the search engine says what is found and in which order.
func (a *api) listDatasets(ctx context.Context, r *call, in *Wanted) (*List, error) {
	query := search.Query{Text: spaced(in.Q), Filters: in.filters(), Sort: search.Sort(in.Sort), FacetSize: facetValues}
	for _, facet := range list(in.Facets) {
		query.Facets = append(query.Facets, search.Facet(facet))
	}
	self := thread("/datasets?" + in.values().Encode())
	after, err := self.read(in.Cursor)
	if err != nil {
		return nil, err
	}
	from := a.listed
	if query.Text != "" {
		from = a.found
	}
	p, err := from(ctx, query, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &List{Total: p.total, Items: make([]Item, len(p.items)), Spelled: p.result.Spelled, Limited: p.result.Limited}
	for i := range p.items {
		out.Items[i] = a.item(&p.items[i])
	}
	if out.Facets, err = a.counts(ctx, query.Facets, p.result.Facets); err != nil {
		return nil, err
	}
	if p.next != "" {
		out.Next = self.write(p.next)
		r.next = a.address("/datasets?" + in.after(out.Next).Encode())
	}
	return out, nil
}

// after is what is asked for once more, from cursor on.
func (in *Wanted) after(cursor string) url.Values {
	v := in.values()
	v.Set("cursor", cursor)
	v.Set("limit", strconv.Itoa(in.Limit))
	if facets := list(in.Facets); len(facets) > 0 {
		v.Set("facets", strings.Join(facets, ","))
	}
	return v
}

// part is a part of what there is, and what the engine told beside it.
type part struct {
	items  []datasets.Dataset
	total  int
	next   string // where to go on; empty at the end
	result search.Result
}

// listed reads a part of the catalogue itself.
func (a *api) listed(ctx context.Context, q search.Query, after string, limit int) (part, error) {
	f := datasets.Filter{Among: map[datasets.Facet][]string{}, After: after, Limit: limit}
	for facet, values := range q.Filters {
		f.Among[datasets.Facet(facet)] = values
	}
	if q.Sort == search.ByPopular {
		f.Order = datasets.ByPopular
	}
	page, err := a.Datasets.List(ctx, visitor, f)
	if err != nil {
		return part{}, err
	}
	p := part{items: page.Items, total: page.Total, next: page.Next}
	if len(q.Facets) > 0 {
		q.Limit = 1
		p.result, err = a.Search.Search(ctx, q)
	}
	return p, err
}

// overlap is how far around the place where the page before ended its last
// dataset is looked for: what came or went meanwhile has moved it.
const overlap = 20

// found asks the search engine, which counts positions. A cursor is the
// position and the dataset that stood before it.
func (a *api) found(ctx context.Context, q search.Query, after string, limit int) (part, error) {
	from, last := position(after)
	q.Offset = max(0, from-overlap)
	q.Limit = from - q.Offset + limit + overlap + 1
	result, err := a.Search.Search(ctx, q)
	if err != nil {
		return part{}, err
	}
	begin := from - q.Offset
	if i := slices.IndexFunc(result.Hits, func(h search.Hit) bool { return h.ID == last }); i >= 0 {
		begin = i + 1
	}
	hits := result.Hits[min(begin, len(result.Hits)):]
	p := part{total: result.Total, result: result}
	if len(hits) > limit {
		hits = hits[:limit]
		if end := q.Offset + begin + limit; end < mostResults {
			p.next = strconv.Itoa(end) + " " + hits[limit-1].ID
		}
	}
	slugs := make([]string, len(hits))
	for i, h := range hits {
		slugs[i] = h.ID
	}
	p.items, err = a.Datasets.BySlugs(ctx, visitor, slugs)
	return p, err
}

func position(after string) (from int, last string) {
	number, last, _ := strings.Cut(after, " ")
	from, _ = strconv.Atoi(number) // the cursor is one of ours: 0 at the beginning only
	return from, last
}

// counts gives the values of the facets their names.
func (a *api) counts(ctx context.Context, facets []search.Facet, counted map[search.Facet][]search.Count) (map[string][]Count, error) {
	out := map[string][]Count{}
	if len(facets) == 0 {
		return out, nil
	}
	names, err := a.names(ctx, facets)
	if err != nil {
		return nil, err
	}
	for _, facet := range facets {
		values := make([]Count, len(counted[facet]))
		for i, c := range counted[facet] {
			n := names(facet, c.Value)
			values[i] = Count{Value: c.Value, Label: n.Name, LabelEN: n.NameEN, Count: c.Count}
		}
		out[string(facet)] = values
	}
	return out, nil
}

// names are the words behind the slugs and codes of the facets. A value nobody
// knows is its own name.
func (a *api) names(ctx context.Context, facets []search.Facet) (func(search.Facet, string) Name, error) {
	known := map[search.Facet]map[string]Name{search.FacetTheme: {}, search.FacetOrg: {}, search.FacetRegion: {}}
	if slices.Contains(facets, search.FacetTheme) {
		themes, err := a.Datasets.Themes(ctx, visitor)
		if err != nil {
			return nil, err
		}
		for _, t := range themes {
			known[search.FacetTheme][t.Item.Slug] = Name{t.Item.Slug, t.Item.Name, t.Item.NameEN}
		}
	}
	if slices.Contains(facets, search.FacetOrg) {
		departments, err := a.Datasets.Departments(ctx, visitor)
		if err != nil {
			return nil, err
		}
		for _, d := range departments {
			known[search.FacetOrg][d.Item.Slug] = Name{d.Item.Slug, d.Item.Name, d.Item.NameEN}
		}
	}
	if slices.Contains(facets, search.FacetRegion) {
		regions, err := a.Datasets.Regions(ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range regions {
			known[search.FacetRegion][g.Code] = Name{g.Code, g.Name, g.NameEN}
		}
	}
	zh, en := text.With(ctx, text.Chinese), text.With(ctx, text.English)
	return func(facet search.Facet, value string) Name {
		switch facet {
		case search.FacetOpen:
			return Name{value, templates.OpenName(zh, datasets.OpenType(value)), templates.OpenName(en, datasets.OpenType(value))}
		case search.FacetFreq:
			return Name{value, templates.FrequencyName(zh, datasets.Frequency(value)), templates.FrequencyName(en, datasets.Frequency(value))}
		case search.FacetFormat:
			return Name{value, templates.FormatName(value), templates.FormatName(value)}
		}
		if n, ok := known[facet][value]; ok {
			return n
		}
		return Name{value, value, value}
	}, nil
}
