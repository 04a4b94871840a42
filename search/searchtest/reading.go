package searchtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"shuyuan/search"
)

// asked is what a person may type, and the documents that have it.
var asked = []struct {
	text string
	want []string
}{
	{"空气质量", []string{"codelist", "earthquakes", "fuzhou-air"}},
	{"工具", []string{"toolbox"}},                 // part of a word
	{"箱", []string{"toolbox"}},                  // one character
	{"站", []string{"fuzhou-air", "xiamen-bus"}}, // one character, at the end of a stretch or within
	{"臺灣", []string{"taiwan-travel"}},           // as it is written
	{"台湾", []string{"taiwan-travel"}},           // traditional is simplified
	{"行政區劃", []string{"divisions"}},             // and the other way round
	{"gdp", []string{"wide"}},                   // full width is half width
	{"ＧＤＰ", []string{"wide"}},
	{"２０２０", []string{"wide"}},
	{"2020", []string{"wide"}},
	{"xiamen", []string{"cafes", "xiamen-bus"}},
	{"gongjiao", []string{"xiamen-bus"}},         // pinyin
	{"gongjiaozhandian", []string{"xiamen-bus"}}, // pinyin over words
	{"xzqh", []string{"divisions"}},              // initials
	{"chongqing", []string{"chongqing-banks"}},   // the reading of the place
	{"yinhang", []string{"chongqing-banks"}},     // the reading in the word
	{"air quality", []string{"fuzhou-air"}},
	{"QUALITY Air", []string{"fuzhou-air"}}, // in any order
	{"admin", []string{"divisions"}},        // the beginning of a word
	{"quali", []string{"fuzhou-air"}},
	{"eclairs", []string{"cafes"}}, // accents
	{"CAFÉS", []string{"cafes"}},
	{"医保", []string{"hospitals"}}, // synonyms
	{"巴士", []string{"xiamen-bus"}},
	{"bus", []string{"xiamen-bus"}},
	{"厦门 巴士", []string{"xiamen-bus"}},
	{"环保局", []string{"fuzhou-air"}},         // an alias of the department
	{"stationname", []string{"fuzhou-air"}}, // a column
	{"station", []string{"fuzhou-air"}},     // part of a column, and of a summary
	{"首要污染物", []string{"fuzhou-air"}},
	{"stop_name", []string{"xiamen-bus"}},
	{"鼓楼区", []string{"divisions"}}, // a value of a code list
	{"轻度污染", []string{"fuzhou-air"}},
	{"C03/0007", []string{"divisions"}}, // 信息资源代码
	{"福州空气质量", []string{"fuzhou-air"}},  // without the rank of the place
	{"村居委会", []string{"divisions"}},     // with what is in the brackets within the word
	{"村委会", []string{"divisions"}},      // and without
	{"空气 地震", []string{"earthquakes"}},  // all words
	{"量子纠缠", nil},
	{"空气 量子", nil},
	{"！？…… —— ()", nil}, // nothing but punctuation
	{"\u200b\u200d", nil},
	{"😀", nil},
}

func finds(t *testing.T, e search.Engine, o oracle) {
	for _, c := range asked {
		want := slices.Clone(c.want)
		slices.Sort(want)
		same(t, fmt.Sprintf("%q finds", c.text), want, found(t, e, search.Query{Text: c.text}))
		same(t, fmt.Sprintf("%q should find, by the oracle", c.text), want, o.find(search.Query{Text: c.text}))
	}
	for _, blank := range []string{"", " ", "\t\n", "　"} {
		same(t, fmt.Sprintf("%q finds everything", blank), o.ids(), found(t, e, search.Query{Text: blank}))
	}
}

// agrees asks for pieces of what the documents say, mixed and cut anywhere.
func agrees(t *testing.T, e search.Engine, o oracle) {
	r := rand.New(rand.NewPCG(2, 2025))
	texts := []string{"福州", "fz", "fuz", "fuzhoushi", "bb", "a", "x", "的", "省市", "医疗", "代码", "xia", "xian", "sheng", "zl", "kongqizhiliang"}
	for _, d := range o {
		for _, s := range append([]string{d.Title, d.TitleEN, d.Summary, d.Code}, slices.Concat(d.Departments, d.Tags, d.Columns, d.Values, d.RegionNames)...) {
			if runes := []rune(s); len(runes) > 1 {
				from := r.IntN(len(runes) - 1)
				to := from + 1 + r.IntN(min(6, len(runes)-from))
				texts = append(texts, string(runes[from:to]))
			}
		}
	}
	for i := range 40 {
		texts = append(texts, texts[r.IntN(len(texts))]+" "+texts[(i*7)%len(texts)])
	}
	for _, text := range texts {
		q := search.Query{Text: text}
		same(t, fmt.Sprintf("%q finds", text), o.find(q), found(t, e, q))
	}
}

func ranks(t *testing.T, e search.Engine, _ oracle) {
	for _, c := range []struct {
		name, text string
		want       []string // in this order
	}{
		{"title, then summary, then code list", "空气质量", []string{"fuzhou-air", "earthquakes", "codelist"}},
		{"title before region", "厦门", []string{"xiamen-bus", "cafes"}},
		{"English title before English region", "xiamen", []string{"xiamen-bus", "cafes"}},
	} {
		r := find(t, e, search.Query{Text: c.text, Sort: search.ByRelevance, Limit: 10})
		same(t, c.name, c.want, idsOf(r))
		for i := 1; i < len(r.Hits); i++ {
			if r.Hits[i].Score > r.Hits[i-1].Score {
				t.Errorf("%s: the score rises from %v to %v", c.name, r.Hits[i-1], r.Hits[i])
			}
		}
	}
}

func spells(t *testing.T, e search.Engine, _ oracle) {
	for text, want := range map[string]string{"行证区划": "行政区划", "恐气质量": "空气质量", "福洲市": "福州市", "厦们公交": "厦门公交",
		"xiamne": "xiamen", "qualty": "quality", "chongqng": "chongqing", "xingzehng": "xingzheng", "air qulity": "air quality", "公交 xaimen": "公交 xiamen", "dialy qualitty": "daily quality"} {
		r := find(t, e, search.Query{Text: text, Limit: 10})
		if r.Total != 0 {
			t.Errorf("%q is found: %v", text, idsOf(r))
		}
		if !slices.Contains(r.Spelled, want) {
			t.Errorf("%q is helped with %q, want %q among them", text, r.Spelled, want)
		}
		if len(found(t, e, search.Query{Text: want})) == 0 {
			t.Errorf("%q is offered and finds nothing", want)
		}
	}
	for _, text := range []string{"", "空气质量", "量子纠缠", "qwertyuiop", "qualit", "gpd", "xx quality"} {
		if r := find(t, e, search.Query{Text: text, Limit: 10}); len(r.Spelled) != 0 {
			t.Errorf("%q is helped with %q", text, r.Spelled)
		}
	}
}

func marks(t *testing.T, e search.Engine, o oracle) {
	for _, c := range []struct {
		text, id, field string
		want            []string
	}{
		{"空气质量", "fuzhou-air", "title", []string{"空气质量"}},
		{"空气质量", "earthquakes", "summary", []string{"空气质量"}},
		{"台湾", "taiwan-travel", "title", []string{"臺灣"}},
		{"gdp", "wide", "title", []string{"ＧＤＰ"}},
		{"gdp", "wide", "title_en", []string{"GDP"}},
		{"eclairs", "cafes", "title", []string{"Éclairs"}},
		{"air", "fuzhou-air", "title_en", []string{"air"}},
		{"xiamen", "xiamen-bus", "title", []string{"厦门"}},
		{"xiamen", "xiamen-bus", "title_en", []string{"Xiamen"}},
		{"station", "fuzhou-air", "summary_en", []string{"station"}},
		{"fujian", "toolbox", "summary", nil},              // 附件 sounds so, and no summary is found by its sound
		{"村居", "divisions", "summary", []string{"村", "居"}}, // what stands in brackets, and around them
		{"村委", "divisions", "summary", []string{"村", "委"}},
		{"公交 厦门", "xiamen-bus", "title", []string{"厦门公交"}}, // neighbours run together
	} {
		r := find(t, e, search.Query{Text: c.text, Limit: 10, Highlight: true})
		at := slices.IndexFunc(r.Hits, func(h search.Hit) bool { return h.ID == c.id })
		if at < 0 {
			t.Errorf("%q does not find %s", c.text, c.id)
			continue
		}
		var got []string
		d := o.by(c.id)
		for _, m := range r.Hits[at].Marks[c.field] {
			got = append(got, fields(d)[c.field][m.From:m.To])
		}
		same(t, fmt.Sprintf("%q in %s of %s", c.text, c.field, c.id), c.want, got)
	}
	for _, c := range asked {
		plan := search.Read(c.text, lexicon)
		for _, h := range find(t, e, search.Query{Text: c.text, Limit: 10, Highlight: true}).Hits {
			d := o.by(h.ID)
			for field, text := range fields(d) {
				checkMarks(t, text, h.Marks[field])
				same(t, fmt.Sprintf("marks of %q in %s of %s", c.text, field, h.ID), plan.Marks(text, field == "title"), h.Marks[field])
			}
			for field := range h.Marks {
				if _, ok := fields(d)[field]; !ok {
					t.Errorf("marks in a field %q that is none", field)
				}
			}
		}
		for _, h := range find(t, e, search.Query{Text: c.text, Limit: 10}).Hits {
			if len(h.Marks) != 0 {
				t.Errorf("%q: marks that nobody asked for: %v", c.text, h.Marks)
			}
		}
	}
}

func fields(d search.Document) map[string]string {
	return map[string]string{"title": d.Title, "title_en": d.TitleEN, "summary": d.Summary, "summary_en": d.SummaryEN}
}

// checkMarks: sorted, apart, within the text and between its characters.
func checkMarks(t *testing.T, text string, marks []search.Mark) {
	t.Helper()
	last := 0
	for _, m := range marks {
		if m.From < last || m.From >= m.To || m.To > len(text) {
			t.Errorf("marks %v of %q overlap or lie outside", marks, text)
			return
		}
		if !boundary(text, m.From) || !boundary(text, m.To) {
			t.Errorf("mark %v cuts a character of %q", m, text)
		}
		last = m.To
	}
}

func boundary(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

func facets(t *testing.T, e search.Engine, o oracle) {
	for _, q := range []search.Query{
		{},
		{Text: "福"},
		{Text: "xiamen"},
		{Filters: map[search.Facet][]string{search.FacetFormat: {"csv"}}},
		{Filters: map[search.Facet][]string{search.FacetFormat: {"csv", "json"}, search.FacetOpen: {"unconditional"}}},
		{Filters: map[search.Facet][]string{search.FacetTheme: {"economy"}, search.FacetRegion: {"350000", "500000"}, search.FacetFreq: {"yearly"}}},
		{Filters: map[search.Facet][]string{search.FacetTag: {"景点"}, search.FacetOrg: {"transport-bureau"}}},
		{Text: "量子纠缠"},
	} {
		q.Facets, q.FacetSize, q.Limit = search.Facets, 100, 5
		r := find(t, e, q)
		for _, facet := range search.Facets {
			same(t, fmt.Sprintf("%s counted for %q with %v", facet, q.Text, q.Filters), o.counts(q, facet), r.Facets[facet])
		}
	}
	for size := 1; size < 4; size++ {
		q := search.Query{Facets: []search.Facet{search.FacetFormat, search.FacetTheme}, FacetSize: size}
		r := find(t, e, q)
		same(t, fmt.Sprintf("the %d most frequent formats", size), o.counts(q, search.FacetFormat), r.Facets[search.FacetFormat])
		same(t, fmt.Sprintf("the %d most frequent themes", size), o.counts(q, search.FacetTheme), r.Facets[search.FacetTheme])
		if n := len(r.Facets[search.FacetTag]); n != 0 {
			t.Errorf("%d tags counted that nobody asked for", n)
		}
	}
}

func filters(t *testing.T, e search.Engine, o oracle) {
	for _, q := range []search.Query{
		{Filters: map[search.Facet][]string{search.FacetTheme: {"economy"}}},
		{Filters: map[search.Facet][]string{search.FacetTheme: {"economy", "health"}}},
		{Filters: map[search.Facet][]string{search.FacetTheme: {"economy"}, search.FacetOpen: {"unconditional"}}},
		{Filters: map[search.Facet][]string{search.FacetFormat: {"geojson", "xlsx"}, search.FacetRegion: {"350000"}}},
		{Filters: map[search.Facet][]string{search.FacetTag: {"公交"}}},
		{Filters: map[search.Facet][]string{search.FacetFreq: {"daily"}, search.FacetOrg: {"environment-bureau"}}},
		{Filters: map[search.Facet][]string{search.FacetTheme: {}}},
		{Text: "空气质量", Filters: map[search.Facet][]string{search.FacetTheme: {"safety"}}},
	} {
		want := o.find(q)
		if len(want) == 0 {
			t.Errorf("filters %v try nothing", q.Filters)
		}
		same(t, fmt.Sprintf("%q with %v", q.Text, q.Filters), want, found(t, e, q))
	}
}

func unknownValues(t *testing.T, e search.Engine, o oracle) {
	for _, facet := range search.Facets {
		for _, value := range []string{"no-such", "", "CSV", "Economy", "econom", "economy ", "*", "null", "350", "350100.0", strings.Repeat("长", 100)} {
			q := search.Query{Filters: map[search.Facet][]string{facet: {value}}, Facets: search.Facets, FacetSize: 100, Limit: 10}
			r := find(t, e, q)
			if r.Total != 0 || len(r.Hits) != 0 {
				t.Errorf("%s=%q finds %v", facet, value, idsOf(r))
			}
			for _, f := range search.Facets {
				same(t, fmt.Sprintf("%s counted with %s=%q", f, facet, value), o.counts(q, f), r.Facets[f])
			}
		}
	}
	q := search.Query{Filters: map[search.Facet][]string{search.FacetTheme: {"no-such", "economy"}}}
	same(t, "an unknown value beside a known one", o.find(q), found(t, e, q))
}

func sorts(t *testing.T, e search.Engine, o oracle) {
	for _, text := range []string{"", "福"} {
		hits := idsOf(find(t, e, search.Query{Text: text, Sort: search.ByUpdated, Limit: 100}))
		if !slices.IsSortedFunc(hits, func(a, b string) int { return o.by(b).Updated.Compare(o.by(a).Updated) }) {
			t.Errorf("%q by update: %v", text, hits)
		}
		hits = idsOf(find(t, e, search.Query{Text: text, Sort: search.ByPopular, Limit: 100}))
		if !slices.IsSortedFunc(hits, func(a, b string) int { return int(o.by(b).Popular - o.by(a).Popular) }) {
			t.Errorf("%q by popularity: %v", text, hits)
		}
	}
}

// pages reads every result in pages of different sizes: no order may let a
// document appear twice or not at all.
func pages(t *testing.T, e search.Engine, o oracle) {
	for _, text := range []string{"", "福", "空气质量", "gjzd"} {
		for _, sort := range []search.Sort{"", search.ByRelevance, search.ByUpdated, search.ByPopular} {
			whole := idsOf(find(t, e, search.Query{Text: text, Sort: sort, Limit: 1000}))
			for size := 1; size <= 5; size++ {
				var paged []string
				for offset := 0; offset < len(o)+size; offset += size {
					r := find(t, e, search.Query{Text: text, Sort: sort, Offset: offset, Limit: size})
					paged = append(paged, idsOf(r)...)
					if r.Total != len(whole) {
						t.Fatalf("total is %d on the page at %d, %d on the whole", r.Total, offset, len(whole))
					}
				}
				same(t, fmt.Sprintf("pages of %d for %q by %q", size, text, sort), whole, paged)
			}
		}
	}
}

func limits(t *testing.T, e search.Engine, o oracle) {
	for _, c := range []struct{ offset, limit, want int }{
		{0, 0, 0}, {0, 1, 1}, {0, 3, 3}, {0, 1000, len(o)}, {len(o) - 1, 10, 1}, {len(o), 10, 0}, {1_000_000_000, 10, 0},
	} {
		r := find(t, e, search.Query{Offset: c.offset, Limit: c.limit})
		if len(r.Hits) != c.want || r.Total != len(o) {
			t.Errorf("from %d at most %d: %d hits of %d, want %d of %d", c.offset, c.limit, len(r.Hits), r.Total, c.want, len(o))
		}
	}
}

func suggests(t *testing.T, e search.Engine, o oracle) {
	title := func(text, id string) search.Suggestion { return search.Suggestion{Text: text, ID: id} }
	for _, c := range []struct {
		prefix string
		want   search.Suggestion
	}{
		{"福州", title("福州市空气质量日报", "fuzhou-air")},
		{"空气", title("福州市空气质量日报", "fuzhou-air")}, // within the title
		{"台湾", title("臺灣同胞旅遊景點名錄", "taiwan-travel")},
		{"fuzh", title("福州市空气质量日报", "fuzhou-air")}, // pinyin, not finished
		{"gongjiao", title("厦门公交站点", "xiamen-bus")},
		{"xzqh", title("行政区划代码", "divisions")},
		{"空气", search.Suggestion{Text: "空气质量"}}, // a tag is a word
		{"交通", search.Suggestion{Text: "交通出行"}}, // a theme
		{"jiaotong", search.Suggestion{Text: "交通运输局"}},
	} {
		got := suggestions(t, e, c.prefix, 20)
		if !slices.Contains(got, c.want) {
			t.Errorf("%q is completed to %v, want %v among them", c.prefix, got, c.want)
		}
	}
	for _, prefix := range []string{"bus", "Bus st", "taiw"} { // English
		if len(suggestions(t, e, prefix, 20)) == 0 {
			t.Errorf("%q is not completed", prefix)
		}
	}
	if got := suggestions(t, e, "量子", 20); len(got) != 0 {
		t.Errorf("what nobody says is completed to %v", got)
	}
	for _, prefix := range []string{"", " ", "空", "f", "a", strings.Repeat("空气", 2000), "\x00\x01", "\"' OR 1=1", "%", "*"} {
		for _, limit := range []int{0, 1, 2, 8} {
			got := suggestions(t, e, prefix, limit)
			if len(got) > limit {
				t.Errorf("%d completions of %q, at most %d were asked", len(got), prefix, limit)
			}
			for i, s := range got {
				if s.Text == "" || slices.Contains(got[:i], s) {
					t.Errorf("%q is completed to %v", prefix, got)
				}
				if s.ID == "" {
					continue
				}
				if d := o.by(s.ID); d.ID == "" || s.Text != d.Title && s.Text != d.TitleEN {
					t.Errorf("%v is no title of %s", s, s.ID)
				}
			}
		}
	}
}

func suggestions(t *testing.T, e search.Engine, prefix string, limit int) []search.Suggestion {
	t.Helper()
	got, err := e.Suggest(t.Context(), prefix, limit)
	if err != nil {
		t.Fatalf("suggest %q: %v", prefix, err)
	}
	return got
}

func ids(t *testing.T, e search.Engine, o oracle) {
	same(t, "documents named", o.ids(), enumerated(t, e))
}

func parallel(t *testing.T, e search.Engine, o oracle) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for _, c := range asked[i:] {
				q := search.Query{Text: c.text, Limit: 100, Facets: search.Facets, FacetSize: 10, Highlight: true}
				r, err := e.Search(t.Context(), q)
				if err != nil {
					t.Errorf("%q: %v", c.text, err)
					return
				}
				got := idsOf(r)
				slices.Sort(got)
				same(t, fmt.Sprintf("%q finds among others", c.text), o.find(q), got)
			}
		})
	}
	wg.Wait()
}
