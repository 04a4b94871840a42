package datasets

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// columnsOf reads "name:type name:type"; a column without a type is text.
func columnsOf(s string) []Field {
	var out []Field
	for _, word := range strings.Fields(s) {
		name, typ, ok := strings.Cut(word, ":")
		if !ok {
			typ = "text"
		}
		out = append(out, Field{Name: name, Type: typ})
	}
	return out
}

func TestColumnsAreCompared(t *testing.T) {
	for _, c := range []struct {
		name, before, after string
		renamed             []Renaming
		want                ColumnChanges
	}{
		{"the same", "a b c", "a b c", nil, ColumnChanges{}},
		{"one more", "a b", "a x b", nil, ColumnChanges{Added: []string{"x"}}},
		{"one less", "a b c", "a c", nil, ColumnChanges{Removed: []string{"b"}}},
		{"one name for another is one more and one less", "a b", "a x", nil, ColumnChanges{Added: []string{"x"}, Removed: []string{"b"}}},
		{"unless the values say that it is the same", "a b", "a x", []Renaming{{"b", "x"}}, ColumnChanges{Renamed: []Renaming{{"b", "x"}}}},
		{"another type", "a:integer b", "a:text b", nil, ColumnChanges{Retyped: []Retyping{{"a", "integer", "text"}}}},
		{"one moved to the front", "a b c d", "d a b c", nil, ColumnChanges{Moved: []string{"d"}}},
		{"one moved to the end", "a b c d", "b c d a", nil, ColumnChanges{Moved: []string{"a"}}},
		{"two changed places", "a b c", "c b a", nil, ColumnChanges{Moved: []string{"b", "a"}}},
		{"a move is told from room that others made", "a b c", "x y a b c", nil, ColumnChanges{Added: []string{"x", "y"}}},
		{"of one name the first belongs to the first", "a a", "a a a", nil, ColumnChanges{Added: []string{"a"}}},
		{"everything is new", "", "a", nil, ColumnChanges{Added: []string{"a"}}},
	} {
		got := compareColumns(columnsOf(c.before), columnsOf(c.after), c.renamed)
		if diff := cmp.Diff(c.want, got); diff != "" || got.Any() == cmp.Equal(got, ColumnChanges{}) {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestWordsOfTheDictionaryAreCompared(t *testing.T) {
	before := []Field{{Name: "a", Type: "text", Label: "甲", Codes: []Code{{"1", "是", ""}}}, {Name: "b", Type: "integer"}}
	after := []Field{{Name: "b", Type: "text", Codes: []Code{}}, {Name: "a", Type: "text", Label: "甲方", Key: true, Sensitivity: PersonalData, Codes: []Code{{"1", "是", "yes"}, {"2", "否", ""}}}}
	want := []Rewording{{"a", []Rewritten{{"label", "甲", "甲方"}, {"codes", "1 = 是", "1 = 是 = yes\n2 = 否"}, {"key", "", "true"}, {"sensitivity", "", "personal"}}}}
	if diff := cmp.Diff(want, compareWords(before, after, nil)); diff != "" {
		t.Error(diff)
	}
}

func TestTablesArePairedByNameOrPlace(t *testing.T) {
	tables := func(names ...string) []Table {
		var out []Table
		for _, n := range names {
			out = append(out, Table{Name: n})
		}
		return out
	}
	for _, c := range []struct {
		name          string
		before, after []Table
		want          map[int]int
	}{
		{"one each, whatever they are called", tables("2024"), tables("2025"), map[int]int{0: 0}},
		{"by name", tables("甲", "乙"), tables("乙", "丙", "甲"), map[int]int{0: 1, 2: 0}},
		{"by place", tables("", ""), tables("", "", ""), map[int]int{0: 0, 1: 1}},
		{"a document before", nil, tables(""), map[int]int{}},
	} {
		if diff := cmp.Diff(c.want, sameTable(c.before, c.after)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
