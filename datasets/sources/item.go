package sources

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"shuyuan/datasets"
)

// Key is what names of data items are compared by: without width, case, what
// stands in brackets (as the unit in 产值（万元）), spaces and punctuation. The
// database has the same as item_key, to find what is then compared here.
func Key(name string) string {
	s := []rune(strings.ToLower(norm.NFKC.String(name)))
	var out []rune
	for i := 0; i < len(s); i++ {
		if s[i] == '(' {
			if end := slices.Index(s[i:], ')'); end >= 0 {
				i += end
				continue
			}
		}
		if !unicode.IsSpace(s[i]) && !strings.ContainsRune(`_-./·:、,。;'"“”《》`, s[i]) {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// Trait is one thing in which two data items can agree or differ.
type Trait string

// The traits.
const (
	ByName       Trait = "name"       // Chinese name, or the name of the column
	ByEnglish    Trait = "english"    // English name
	ByIdentifier Trait = "identifier" // 标识符 of the standard that defines it
	ByType       Trait = "type"
	ByUnit       Trait = "unit"
	ByCodes      Trait = "codes" // code list
)

// Likeness is how two data items agree.
type Likeness struct {
	Mine, Theirs datasets.Field
	Same, Other  []Trait // in which both say something
	Codes        int     // codes that both lists have
}

// Compare holds two data items against each other. They are the same item if
// their standard identifier, their Chinese or their English name is the same,
// their types can hold the same values, and their code lists, where both have
// one, have at least half of the shorter list in common. Nothing else counts.
func Compare(a, b datasets.Field) (l Likeness, same bool) {
	l = Likeness{Mine: a, Theirs: b}
	say := func(t Trait, both, same bool) bool {
		switch {
		case !both:
			return false
		case same:
			l.Same = append(l.Same, t)
		default:
			l.Other = append(l.Other, t)
		}
		return same
	}
	named := say(ByName, true, meet(chinese(a), chinese(b)))
	ea, eb := english(a), english(b)
	named = say(ByEnglish, ea != "" && eb != "", ea == eb) || named
	ia, ib := Key(a.Identifier), Key(b.Identifier)
	named = say(ByIdentifier, ia != "" && ib != "", ia == ib) || named
	types := compatible(a.Type, b.Type)
	say(ByType, a.Type != "" && b.Type != "", types)
	say(ByUnit, a.Unit != "" && b.Unit != "", Key(a.Unit) == Key(b.Unit))
	coded := len(a.Codes) > 0 && len(b.Codes) > 0
	if coded {
		l.Codes = common(a.Codes, b.Codes)
	}
	half := 2*l.Codes >= min(len(a.Codes), len(b.Codes))
	say(ByCodes, coded, half)
	return l, named && types && (!coded || half)
}

// chinese are the keys of what an item is called.
func chinese(f datasets.Field) []string { return []string{Key(f.Label), Key(f.Name)} }

func meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(k string) bool { return k != "" && slices.Contains(b, k) })
}

func english(f datasets.Field) string { return Key(f.LabelEN) }

// kinds are the types that can hold the same values.
var kinds = map[string]string{"integer": "number", "decimal": "number", "date": "time", "yearmonth": "time", "datetime": "time", "point": "place", "geometry": "place"}

func compatible(a, b string) bool {
	return a == b || a == "" || b == "" || kinds[a] != "" && kinds[a] == kinds[b]
}

func common(a, b []datasets.Code) (n int) {
	for _, c := range a {
		if slices.ContainsFunc(b, func(o datasets.Code) bool { return o.Value == c.Value }) {
			n++
		}
	}
	return n
}

// title is what an item is called for people.
func title(f datasets.Field) string {
	if f.Label != "" {
		return f.Label
	}
	return f.Name
}

// key is what an item is kept under once it was decided about.
func key(f datasets.Field) string { return Key(title(f)) }

// distinct are the items of list without those that only place a row, each once.
func (r Rules) distinct(list []datasets.Field) []datasets.Field {
	var out []datasets.Field
	seen := map[string]bool{}
	for _, f := range list {
		if k := key(f); k != "" && !seen[k] && !r.Common(f) {
			seen[k] = true
			out = append(out, f)
		}
	}
	return out
}
