package disclosure

import "slices"

// mostRounds is how often hiding for one reason may ask for more for another.
const mostRounds = 50

// Check holds a result against the rules. earlier is all that was released before
// from any of its sources, oldest first; b is what its scenario has had released
// in the month.
func Check(t Table, p Policy, earlier []Release, b Budget) Report {
	if !t.measured() {
		w := newWork(Table{}, p)
		w.say(R1, Refused, Finding{Sentence: sayUnmeasured})
		return w.report(true)
	}
	if len(t.Rows) > p.Rows || len(t.Columns) > p.Columns {
		w := newWork(Table{}, p)
		w.t = t
		w.tooLarge()
		w.t = Table{}
		return w.report(true)
	}
	w := newWork(t, p)
	w.personal()
	w.reversible()
	if t.aboutNobody() {
		w.out = w.t.Rows
	} else {
		w.subjects(earlier)
	}
	w.people()
	if !w.refused() {
		w.budget(w.cleared(), b)
	}
	return w.report(false)
}

// subjects holds a result against the rules that protect who stands behind it.
func (w *work) subjects(earlier []Release) {
	w.singles()
	w.findRelations()
	w.small()
	w.dominated()
	w.classes()
	if !w.refused() {
		w.settle()
		w.across(earlier)
		w.equations(earlier)
	}
	if !w.refused() {
		w.spannedAcross(earlier)
	}
	w.round()
}

// aboutNobody reports whether a result has nobody's data.
func (t Table) aboutNobody() bool {
	return len(t.Subjects) > 0 && !slices.ContainsFunc(t.Subjects, func(n int64) bool { return n < Nobody })
}

// settle hides until neither sums nor differences within the result tell of too
// few.
func (w *work) settle() {
	w.columnsApart()
	for range mostRounds {
		w.complement()
		if w.refused() || !w.spanned() && !w.within() {
			w.tellSettled()
			return
		}
	}
	w.say(R3, Refused, Finding{Sentence: sayTangled})
}

// columnsApart hides what one column tells of few subjects when it is taken from
// another that counts all that it counts and more.
func (w *work) columnsApart() {
	for _, j := range w.measures {
		for _, k := range w.measures {
			if !w.contains(k, j) {
				continue
			}
			for i := range w.t.Rows {
				if w.hidden(i, j) || !w.numeric[i][j] || !w.numeric[i][k] {
					continue
				}
				if d := (w.numbers[i][k] - w.numbers[i][j]) / w.units[k]; d > 0 && d < float64(w.p.Subjects) {
					w.hideCell(i, j, R3)
				}
			}
		}
	}
}

func (w *work) tellSettled() {
	if n := w.countHidden(R3); n > 0 {
		w.say(R3, Fixed, Finding{Sentence: sayComplement, Args: []any{n}, Rows: w.hiddenRows(R3)})
	}
	if n := w.countHidden(R8); n > 0 {
		w.say(R8, Fixed, Finding{Sentence: sayWithin, Args: []any{n, w.p.Subjects}, Rows: w.hiddenRows(R8)})
	}
}

// cleared is what may leave.
func (w *work) cleared() Cleared {
	var c Cleared
	for _, column := range w.t.Columns {
		c.Columns = append(c.Columns, Heading{column.Name, column.Type, column.Role})
	}
	for i := range w.t.Rows {
		if w.drop[i] {
			continue
		}
		row := make([]Cell, len(w.t.Columns))
		for j := range row {
			if w.hide[i][j] != "" {
				row[j] = Cell{Hidden: true}
			} else {
				row[j] = Cell{Value: w.out[i][j]}
			}
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// report is what the rules say; unread marks the rules that had nothing to look
// at as a matter for people.
func (w *work) report(unread bool) Report {
	r := Report{Level: string(w.p.Level)}
	for _, rule := range Rules() {
		l := w.lines[rule.ID]
		if unread && len(l.Findings) == 0 {
			l.Verdict, l.Findings = People, []Finding{{Sentence: sayNotLooked}}
		}
		r.Lines = append(r.Lines, *l)
	}
	if r.Refused() {
		for k := range r.Lines { // nothing leaves, so no row can be pointed at
			for f := range r.Lines[k].Findings {
				r.Lines[k].Findings[f].Rows = nil
			}
		}
		return r
	}
	r.Cleared = w.cleared()
	r.Cleared.Digest = r.Cleared.digest()
	for _, gone := range w.drop {
		if gone {
			r.Dropped++
		}
	}
	if !w.t.aboutNobody() {
		r.kept = slices.Clip(w.behindShown())
	}
	return r
}
