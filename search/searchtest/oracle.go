package searchtest

import (
	"cmp"
	"slices"
	"strings"

	"shuyuan/search"
	"shuyuan/search/chinese"
)

// oracle answers by looking at every document, with no index at all. What an
// engine finds and counts must be what it finds and counts.
type oracle []seen

// seen is a document with all its keys.
type seen struct {
	search.Document
	keys map[string]bool
}

func see(docs []search.Document) oracle {
	o := make(oracle, len(docs))
	for i, d := range docs {
		o[i] = seen{d, keysOf(d)}
	}
	return o
}

// by is the document with that id.
func (o oracle) by(id string) search.Document {
	for _, d := range o {
		if d.ID == id {
			return d.Document
		}
	}
	return search.Document{}
}

// ids are all slugs, sorted.
func (o oracle) ids() []string {
	var out []string
	for _, d := range o {
		out = append(out, d.ID)
	}
	slices.Sort(out)
	return out
}

var lexicon = chinese.Default()

// find is the slugs of what q finds, sorted.
func (o oracle) find(q search.Query) []string {
	var ids []string
	for _, d := range o.matching(q, "") {
		ids = append(ids, d.ID)
	}
	slices.Sort(ids)
	return ids
}

// counts are the values of one facet as q counts them: its own filter aside.
func (o oracle) counts(q search.Query, facet search.Facet) []search.Count {
	n := map[string]int{}
	for _, d := range o.matching(q, facet) {
		for _, v := range Values(d, facet) {
			n[v]++
		}
	}
	var out []search.Count
	for v, c := range n {
		out = append(out, search.Count{Value: v, Count: c})
	}
	slices.SortFunc(out, func(a, b search.Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
	})
	return out[:min(len(out), q.FacetSize)]
}

func (o oracle) matching(q search.Query, aside search.Facet) []search.Document {
	plan := search.Read(q.Text, lexicon)
	var out []search.Document
	for _, d := range o {
		if (plan.All || satisfies(d.keys, plan.Root)) && d.Passes(q.Filters, aside) {
			out = append(out, d.Document)
		}
	}
	return out
}

// Values are what d carries for a facet, each once and none empty.
func Values(d search.Document, facet search.Facet) []string { return d.FacetValues(facet) }

func keysOf(d search.Document) map[string]bool { return d.AllKeys() }

func satisfies(keys map[string]bool, n *search.Node) bool { return n.Satisfied(keys) }
