package templates

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"shuyuan/datasets"
	"shuyuan/search"
	"shuyuan/templates/text"
)

// piece is a part of a text that was hit by a search, or was not.
type piece struct {
	text string
	hit  bool
}

// split cuts s at marks. Marks that do not fit the text (they come from an
// index that may be older than the catalogue) are dropped: the whole text is
// shown, and no half of a character ever is.
func split(s string, marks []search.Mark) []piece {
	var out []piece
	at := 0
	for _, m := range marks {
		if m.From < at || m.To <= m.From || m.To > len(s) || !boundary(s, m.From) || !boundary(s, m.To) {
			continue
		}
		if m.From > at {
			out = append(out, piece{s[at:m.From], false})
		}
		out = append(out, piece{s[m.From:m.To], true})
		at = m.To
	}
	if at < len(s) {
		out = append(out, piece{s[at:], false})
	}
	return out
}

func boundary(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

// under is the small line below a column's label: its name in the file and its unit.
func (c Column) under() string {
	var parts []string
	if c.Name != "" && c.Name != c.Label {
		parts = append(parts, c.Name)
	}
	if says := c.Label + strings.Join(parts, ""); c.Unit != "" && !tellsUnit(says, c.Unit) {
		parts = append(parts, c.Unit)
	}
	return strings.Join(parts, " · ")
}

// tellsUnit reports whether a name has its unit in brackets, as 海拔（米） has:
// it is then not said twice.
func tellsUnit(name, unit string) bool {
	return strings.Contains(name, "（"+unit+"）") || strings.Contains(name, "("+unit+")")
}

// cellLimit keeps a long value (a poem, an outline) from filling the page; the
// file has all of it.
const cellLimit = 80

func cell(v string) string {
	if utf8.RuneCountInString(v) <= cellLimit {
		return v
	}
	return string([]rune(v)[:cellLimit]) + "…"
}

// DataTable is the first rows of a table of a version, as a view.
func DataTable(ctx context.Context, label string, t *datasets.Table) TableView {
	view := TableView{Label: label, Rows: t.Preview, Dense: true}
	for _, f := range t.Fields {
		name := text.Pick(ctx, f.Label, f.LabelEN)
		if name == "" {
			name = f.Name
		}
		view.Columns = append(view.Columns, Column{Label: name, Name: f.Name, Unit: text.Pick(ctx, f.Unit, f.UnitEN), Num: numeric(f.Type)})
	}
	return view
}

// chosen is how many filters are set. The words of a search are none.
func chosen(facets []FacetView) int {
	n := 0
	for _, f := range facets {
		for _, v := range f.Values {
			if v.On {
				n++
			}
		}
	}
	return n
}

func anyOn(values []FacetValue) bool {
	for _, v := range values {
		if v.On {
			return true
		}
	}
	return false
}

// lawHref is the page of the rules that bind a department, or of all rules.
func lawHref(d *datasets.Department) string {
	if d.Profile == "" {
		return "/law"
	}
	return "/law/" + d.Profile
}

// onlyChinese reports whether a text that has no English must be marked as Chinese
// where the page is English.
func onlyChinese(ctx context.Context, s string) bool {
	return text.Of(ctx) == text.English && strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// tagEN is the English of a tag, empty where nobody wrote any.
func tagEN(d *datasets.Dataset, i int) string {
	if i < len(d.TagsEN) {
		return d.TagsEN[i]
	}
	return ""
}
