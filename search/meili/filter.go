package meili

import (
	"slices"
	"strings"

	"shuyuan/search"
)

// filter is what must hold, each part an expression of the server's filter
// language; none lets all pass. Only the functions here write expressions, and
// quote is the only road by which a value gets into one. The parts go to the
// server one by one: it reads a long expression slower than many short ones.
type filter []string

// quote makes a string of s. What comes here is written by key and value and
// needs no quoting; a reader of this file need not know that.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func equals(attribute, v string) filter { return filter{attribute + " = " + quote(v)} }

func begins(attribute, v string) filter { return filter{attribute + " STARTS WITH " + quote(v)} }

func oneOf(attribute string, values []string) filter {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	return filter{attribute + " IN [" + strings.Join(quoted, ", ") + "]"}
}

func not(f filter) filter { return filter{"NOT (" + f.text() + ")"} }

func allOf(list ...filter) filter {
	var all filter
	for _, f := range list {
		for _, part := range f {
			if !slices.Contains(all, part) {
				all = append(all, part)
			}
		}
	}
	return all
}

func anyOf(list ...filter) filter {
	var any []string
	for _, f := range list {
		if t := f.text(); !slices.Contains(any, t) {
			any = append(any, t)
		}
	}
	if len(any) == 1 {
		return filter(any)
	}
	return filter{"(" + strings.Join(any, ") OR (") + ")"}
}

// text is f as one expression.
func (f filter) text() string {
	if len(f) == 1 {
		return f[0]
	}
	return "(" + strings.Join(f, ") AND (") + ")"
}

// everything lets the documents pass and not the state.
var everything = equals(isDataset, "true")

// nothing lets nothing pass.
var nothing = equals(isDataset, "never")

// holds is the node of a plan, asked of the keys in one attribute.
func holds(n *search.Node, attribute string) filter {
	switch {
	case n == nil:
		return nothing
	case len(n.And) > 0:
		return allOf(holdEach(n.And, attribute)...)
	case len(n.Or) > 0:
		if list := wholeKeys(n.Or); list != nil {
			return oneOf(attribute, list)
		}
		return anyOf(holdEach(n.Or, attribute)...)
	}
	return has(n.Term, attribute)
}

func holdEach(list []*search.Node, attribute string) []filter {
	out := make([]filter, len(list))
	for i, n := range list {
		out[i] = holds(n, attribute)
	}
	return out
}

// wholeKeys are the keys of nodes, nil if one is more than a whole key.
func wholeKeys(list []*search.Node) []string {
	out := make([]string, len(list))
	for i, n := range list {
		if n.And != nil || n.Or != nil || n.Term.Prefix {
			return nil
		}
		out[i] = key(n.Term.Key)
	}
	return out
}

func has(t search.Term, attribute string) filter {
	if t.Prefix {
		return begins(attribute, key(t.Key))
	}
	return equals(attribute, key(t.Key))
}
