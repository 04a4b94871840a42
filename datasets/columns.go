package datasets

import (
	"reflect"
	"slices"
	"strings"
)

// ColumnChanges is how the columns of a table differ from those of an older one.
type ColumnChanges struct {
	Added   []string   `json:"added,omitempty"`
	Removed []string   `json:"removed,omitempty"`
	Renamed []Renaming `json:"renamed,omitempty"` // only where every value says so
	Retyped []Retyping `json:"retyped,omitempty"`
	Moved   []string   `json:"moved,omitempty"` // the fewest columns whose moves explain the new order
}

// Renaming is a column under two names.
type Renaming struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Retyping is a column whose values are of another type.
type Retyping struct {
	Name string `json:"name"` // in the newer table
	From string `json:"from"`
	To   string `json:"to"`
}

// Any reports whether the columns differ at all.
func (c ColumnChanges) Any() bool {
	return len(c.Added)+len(c.Removed)+len(c.Renamed)+len(c.Retyped)+len(c.Moved) > 0
}

// pairing is one column in both tables, by their places.
type pairing struct{ before, after int }

// paired finds the columns that both tables have: by name, the first of a name
// with the first of it, and those that are known to be renamed.
func paired(before, after []string, renamed []Renaming) []pairing {
	var pairs []pairing
	used := map[int]bool{}
	for i, name := range after {
		was := name
		for _, r := range renamed {
			if r.To == name {
				was = r.From
			}
		}
		for j, n := range before {
			if n == was && !used[j] {
				used[j], pairs = true, append(pairs, pairing{j, i})
				break
			}
		}
	}
	return pairs
}

func namesOf(fields []Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// compareColumns holds the columns of two tables against each other.
func compareColumns(before, after []Field, renamed []Renaming) ColumnChanges {
	var c ColumnChanges
	pairs := paired(namesOf(before), namesOf(after), renamed)
	kept, old := map[int]bool{}, map[int]bool{}
	for _, p := range pairs {
		kept[p.after], old[p.before] = true, true
		was, is := before[p.before], after[p.after]
		if was.Name != is.Name {
			c.Renamed = append(c.Renamed, Renaming{was.Name, is.Name})
		}
		if was.Type != is.Type {
			c.Retyped = append(c.Retyped, Retyping{is.Name, was.Type, is.Type})
		}
	}
	for i, f := range after {
		if !kept[i] {
			c.Added = append(c.Added, f.Name)
		}
	}
	for i, f := range before {
		if !old[i] {
			c.Removed = append(c.Removed, f.Name)
		}
	}
	for _, p := range movers(pairs) {
		c.Moved = append(c.Moved, after[p.after].Name)
	}
	return c
}

// movers are the pairs outside a longest run whose places rise in both tables.
// pairs are in the order of the newer table.
func movers(pairs []pairing) []pairing {
	if slices.IsSortedFunc(pairs, func(a, b pairing) int { return a.before - b.before }) {
		return nil // nearly always, and then it costs nothing
	}
	length, from := make([]int, len(pairs)), make([]int, len(pairs))
	best := 0
	for i, p := range pairs {
		length[i], from[i] = 1, -1
		for j := range i {
			if pairs[j].before < p.before && length[j]+1 > length[i] {
				length[i], from[i] = length[j]+1, j
			}
		}
		if length[i] > length[best] {
			best = i
		}
	}
	stays := map[int]bool{}
	for i := best; i >= 0; i = from[i] {
		stays[i] = true
	}
	var out []pairing
	for i, p := range pairs {
		if !stays[i] {
			out = append(out, p)
		}
	}
	return out
}

// Rewording is a column of which the dictionary says something else.
type Rewording struct {
	Name string
	What []Rewritten
}

// Rewritten is one attribute of a column with both texts, as a dictionary file
// writes it.
type Rewritten struct {
	Attribute string // as in JSON: label, unit, codes, …
	Before    string
	After     string
}

// compareWords says of which columns the dictionary says something else. Names
// and types are compareColumns' business.
func compareWords(before, after []Field, renamed []Renaming) []Rewording {
	var all []Rewording
	for _, p := range paired(namesOf(before), namesOf(after), renamed) {
		if what := rewritten(before[p.before], after[p.after]); len(what) > 0 {
			all = append(all, Rewording{Name: after[p.after].Name, What: what})
		}
	}
	return all
}

// rewritten compares two fields attribute by attribute.
func rewritten(before, after Field) []Rewritten {
	var out []Rewritten
	a, b := reflect.ValueOf(before), reflect.ValueOf(after)
	for i := range a.NumField() {
		attribute, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		if slices.Contains([]string{"name", "type", "-"}, attribute) || reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			continue
		}
		was, is := inWords(a.Field(i).Interface()), inWords(b.Field(i).Interface())
		if was != is { // no codes and an empty list of them are one
			out = append(out, Rewritten{attribute, was, is})
		}
	}
	return out
}

// inWords is an attribute as one text.
func inWords(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case Sensitivity:
		return string(v)
	case bool:
		if v {
			return "true"
		}
	case []Code:
		lines := make([]string, len(v))
		for i, c := range v {
			lines[i] = strings.TrimRight(c.Value+" = "+c.Label+" = "+c.LabelEN, " =")
		}
		return strings.Join(lines, "\n")
	}
	return ""
}

// sameTable pairs the tables of two versions: by name where sheets have names
// of their own, else by their place; where each has one table, it is that.
func sameTable(before, after []Table) map[int]int {
	pairs := map[int]int{} // place in after: place in before
	if len(before) == 1 && len(after) == 1 {
		return map[int]int{0: 0}
	}
	used := map[int]bool{}
	for i, t := range after {
		for j, o := range before {
			if t.Name != "" && t.Name == o.Name && !used[j] {
				used[j], pairs[i] = true, j
				break
			}
		}
	}
	for i, t := range after {
		if _, ok := pairs[i]; !ok && t.Name == "" && i < len(before) && before[i].Name == "" && !used[i] {
			used[i], pairs[i] = true, i
		}
	}
	return pairs
}

// Rewordings are the columns of which after says something else than before.
func Rewordings(before, after []Field) []Rewording { return compareWords(before, after, nil) }

// withoutCodes leaves out what was said otherwise of code lists: they hold
// values of the data.
func withoutCodes(words []Rewording) []Rewording {
	for i := range words {
		words[i].What = slices.DeleteFunc(words[i].What, func(r Rewritten) bool { return r.Attribute == "codes" })
	}
	return slices.DeleteFunc(words, func(w Rewording) bool { return len(w.What) == 0 })
}
