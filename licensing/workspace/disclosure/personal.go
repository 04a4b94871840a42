package disclosure

import (
	"slices"
	"strings"
	"unicode"

	"shuyuan/datasets/quality"
)

// mentioned are the kinds of personal data that the words of a text hold.
func (p Policy) mentioned(words string) []quality.Kind {
	var out []quality.Kind
	for _, s := range []string{words, visible(words)} {
		for _, h := range quality.Find(s, p.Day) {
			if h.Right && !slices.Contains(out, h.Kind) {
				out = append(out, h.Kind)
			}
		}
	}
	return out
}

// visible is a text without characters that show nothing, which would keep a
// number from being seen as one.
func visible(s string) string {
	if !strings.ContainsFunc(s, unseen) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unseen(r) {
			return -1
		}
		return r
	}, s)
}

func unseen(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) || r == '\u3164' || r == '\u115f' || r == '\u1160'
}

// apart is a heading with its words and numbers apart: id_3501 and n3501 name a
// number as 3501 does.
func apart(s string) string {
	var b strings.Builder
	var last rune
	for _, r := range s {
		digit := unicode.IsDigit(r)
		if last != 0 && digit != unicode.IsDigit(last) && !(unicode.IsDigit(last) && (r == 'X' || r == 'x' || r == '-' || r == ' ')) && !(digit && (last == '-' || last == ' ' || last == '+')) {
			b.WriteByte(' ')
		}
		last = r
		if r == '_' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Words are the kinds of personal data in what somebody writes beside a result:
// its title, a note, a file name.
func (p Policy) Words(text string) []quality.Kind { return p.mentioned(text) }

// personal refuses a result with numbers or addresses of persons in cells, in
// headings and in aliases (R9). The patterns are those of the quality of data.
func (w *work) personal() {
	for j, c := range w.t.Columns {
		kinds := w.p.mentioned(c.Name)
		for _, k := range w.p.mentioned(apart(c.Name)) {
			if !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
		if len(kinds) > 0 {
			w.say(R9, Refused, Finding{Sentence: sayPersonalHeading, Args: []any{j + 1, kindNames(kinds)}})
		}
		w.personalCells(j)
	}
	w.split()
	w.namesAndHomes()
}

// words is a cell that can hold a number or an address of a person, as text.
// Sums and counts cannot: they are rounded, and have as many digits by chance.
func (w *work) words(i, j int) string {
	switch v := w.t.Rows[i][j].(type) {
	case string:
		return v
	case int64, float64:
		if w.t.Columns[j].Role == Dimension {
			return write(v)
		}
	}
	return ""
}

func (w *work) personalCells(j int) {
	var kinds []quality.Kind
	rows, known := 0, map[string][]quality.Kind{}
	for i := range w.t.Rows {
		s := w.words(i, j)
		if len(s) < 6 {
			continue
		}
		found, ok := known[s]
		if !ok {
			found = w.p.mentioned(s)
			known[s] = found
		}
		if len(found) > 0 {
			rows++
		}
		for _, k := range found {
			if !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
	}
	if rows > 0 {
		slices.Sort(kinds)
		w.say(R9, Refused, Finding{Sentence: sayPersonalCells, Args: []any{w.t.Columns[j].Name, rows, kindNames(kinds)}, Column: w.t.Columns[j].Name})
	}
}

// split refuses numbers of identity and of bank cards that stand in two cells
// beside each other, which both have a check digit.
func (w *work) split() {
	rows := 0
	for i := range w.t.Rows {
		for k := 1; k < len(w.dims); k++ {
			a, b := w.words(i, w.dims[k-1]), w.words(i, w.dims[k])
			if len(a)+len(b) < 15 || len(a)+len(b) > 19 || !number18(a) || !number18(b) {
				continue
			}
			if slices.ContainsFunc(w.p.mentioned(a+b), func(k quality.Kind) bool { return k == quality.ResidentID || k == quality.BankCard }) {
				rows++
				break
			}
		}
	}
	if rows > 0 {
		w.say(R9, Refused, Finding{Sentence: saySplit, Args: []any{rows}})
	}
}

func number18(s string) bool {
	return s != "" && !strings.ContainsFunc(strings.TrimRight(s, "Xx"), func(r rune) bool { return r < '0' || r > '9' })
}

// namesAndHomes looks at columns as a whole: names and homes have no form.
func (w *work) namesAndHomes() {
	var watches []*quality.Watch
	for j, c := range w.t.Columns {
		column := quality.Column{Name: c.Name, Label: origins(c)}
		for i := range w.t.Rows {
			if w.words(i, j) != "" {
				column.Filled++
			}
		}
		watch := quality.NewWatch(column, w.p.Day)
		for i := range w.t.Rows {
			if s, ok := w.t.Rows[i][j].(string); ok {
				watch.Add(int64(i+1), s)
			}
		}
		watches = append(watches, watch)
	}
	for _, f := range quality.Judge(watches) {
		switch f.Kind {
		case quality.HomeAddress:
			w.say(R9, Refused, Finding{Sentence: sayPersonalCells, Args: []any{f.Column, int(f.Rows), kindNames([]quality.Kind{f.Kind})}, Column: f.Column})
		case quality.PersonName:
			w.say(R9, People, Finding{Sentence: sayNames, Args: []any{f.Column, int(f.Rows)}, Column: f.Column})
		case quality.ResidentID, quality.OldResidentID, quality.Mobile, quality.BankCard, quality.IndividualCode, quality.Passport, quality.Plate, quality.Email, quality.SmallCells:
			// found cell by cell
		}
	}
}
