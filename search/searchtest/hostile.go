package searchtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"shuyuan/search"
)

// bad is what people and programs send that no one meant as a search.
var bad = []string{
	strings.Repeat("空气质量", 2560/3), strings.Repeat("a", 10<<10), strings.Repeat("a ", 5<<10), strings.Repeat("数据 ", 3<<10),
	"\x00", "空气\x00质量", "\x01fu", "\x02fu'jian", "\x03fz", "\x1b[2J", "a\r\nb", "\u202e空气质量", "\ufeff空气", "\u2028",
	"\xff\xfe空气", "\xc3\x28", "é\u0301\u0301\u0301", "e" + strings.Repeat("\u0301", 500), "\u064e\u200fالعربية", "שלום", "한국어", "日本語", "👩‍👩‍👧",
	`"`, `'`, `\`, `\\`, `"空气`, `'空气`, `空气\`, `a"b'c\d`, "`", "(", "))((", "[", "{}", "<script>alert(1)</script>", "${1}", "{{7*7}}", "%00", "%", "_", "*", "?", "~", "^", "a*", "*a", "+a -b", "-空气", "a:b", "theme:economy",
	"AND", "OR", "NOT", "a AND", "OR 1=1", `open = "conditional" OR 1 = 1`, `") OR (visibility = private`, "_geoRadius(1,2,3)", "STARTS WITH", "TO", "IN [", "EXISTS", "'; DROP TABLE datasets; --", "../../etc/passwd", "\\u0041", `\x41`, "/a/", "(a+)+$", "NaN", "Infinity", "-0", "1e309", "null", "true",
}

// hostileTexts: whatever is typed is text. It may find what the plan says and
// nothing else, and breaks nothing.
func hostileTexts(t *testing.T, e search.Engine, o oracle) {
	for _, text := range bad {
		q := search.Query{Text: text}
		short := fmt.Sprintf("%.40q", text)
		same(t, short+" finds", o.find(q), found(t, e, q))
		r := find(t, e, search.Query{Text: text, Limit: 10, Facets: search.Facets, FacetSize: 10, Highlight: true, Sort: search.ByRelevance})
		for _, h := range r.Hits {
			for field, text := range fields(o.by(h.ID)) {
				checkMarks(t, text, h.Marks[field])
			}
		}
		suggestions(t, e, text, 8)
	}
	for _, text := range bad {
		for _, facet := range search.Facets {
			if r := find(t, e, search.Query{Filters: map[search.Facet][]string{facet: {text}}, Limit: 10}); r.Total != 0 {
				t.Errorf("%s=%.40q finds %v", facet, text, idsOf(r))
			}
		}
	}
}

// values look alike or look like syntax, and are all different.
var values = []string{
	"csv", "CSV", "Csv", "ｃｓｖ", "csv ", " csv", "csv\t", "cs v", "résumé", "resume", "re\u0301sume\u0301", "国", "國", "①", "1", "1.0", "01", "１",
	`a"b`, `a'b`, `a\b`, `a\"b`, `a\'b`, `\`, `"`, `'`, `" OR theme = "x`, `' OR 1 = 1 --`, `x" OR open = "conditional`, "a,b", "a OR b", "NOT a", "null", "true", "[a]", "(a", "a\nb", "a\\nb", "\\u0041", "A", "\x01", "\x7f", "\u200b", "\u202eabc", "العربية", "👩‍👩‍👧", "\U0010ffff", "_state", "*", strings.Repeat("长", 100), strings.Repeat("长", 99) + "短",
}

// hostileValues: a value finds the documents that carry it, byte for byte,
// and is counted as itself.
func hostileValues(t *testing.T, place Place) {
	e := open(t, place)
	var docs []search.Document
	for i, v := range values {
		docs = append(docs, search.Document{ID: fmt.Sprintf("doc-%02d", i), Title: "标题", Theme: v, Department: v, Open: v, Frequency: v, Region: v,
			Formats: []string{v, "extra"}, Tags: []string{v, v, values[(i+1)%len(values)]}, Updated: day(1)})
	}
	replace(t, e, docs, 1)
	o := see(docs)
	all := find(t, e, search.Query{Facets: search.Facets, FacetSize: 1000})
	for _, facet := range search.Facets {
		same(t, string(facet)+" counted", o.counts(search.Query{FacetSize: 1000}, facet), all.Facets[facet])
		for _, v := range values {
			q := search.Query{Filters: map[search.Facet][]string{facet: {v}}}
			same(t, fmt.Sprintf("%s=%.40q finds", facet, v), o.find(q), found(t, e, q))
		}
		q := search.Query{Filters: map[search.Facet][]string{facet: values}}
		same(t, string(facet)+" with every value finds", o.find(q), found(t, e, q))
	}
}

// hostileDocuments: whatever a department wrote can be put, found, marked,
// counted and deleted.
func hostileDocuments(t *testing.T, place Place) {
	e := open(t, place)
	replace(t, e, nil, 0)
	var docs []search.Document
	for i, s := range bad {
		s = strings.ToValidUTF8(s, "") // the database holds nothing else
		docs = append(docs, search.Document{ID: fmt.Sprintf("bad-%02d", i), Title: s, TitleEN: s, Summary: s + s, Departments: []string{s, ""},
			Tags: []string{s}, Columns: []string{s, s}, Values: []string{"", s}, Code: s, Updated: day(1 + i%20)})
	}
	docs = append(docs, search.Document{ID: "plain", Title: "空气质量", Updated: day(2)}, search.Document{ID: "nothing"})
	put(t, e, 3, docs...)
	o := see(docs)
	cursorIs(t, e, 3)
	same(t, "documents named", o.ids(), enumerated(t, e))
	for _, text := range append([]string{"", "空气质量", "a", "alert", "日本", "العربية"}, bad...) {
		q := search.Query{Text: text, Limit: 1000, Highlight: true}
		r := find(t, e, q)
		got := idsOf(r)
		slices.Sort(got)
		same(t, fmt.Sprintf("%.40q finds", text), o.find(q), got)
		for _, h := range r.Hits {
			for field, text := range fields(o.by(h.ID)) {
				checkMarks(t, text, h.Marks[field])
			}
		}
	}
	remove(t, e, 4, o.ids()...)
	same(t, "documents left", nil, enumerated(t, e))
}
