package disclosure

// Budget is what a scenario has had released in the month.
type Budget struct {
	Releases int
	Cells    int
}

// tooLarge reports whether a result has more rows or columns than leave at once;
// then nothing else of it is looked at.
func (w *work) tooLarge() bool {
	if n := len(w.t.Rows); n > w.p.Rows {
		w.say(R6, Refused, Finding{Sentence: sayManyRows, Args: []any{n, w.p.Rows}})
	}
	if n := len(w.t.Columns); n > w.p.Columns {
		w.say(R6, Refused, Finding{Sentence: sayManyColumns, Args: []any{n, w.p.Columns}})
	}
	return w.refused()
}

// budget holds what would leave against the size of a release and the month of
// the scenario (R6).
func (w *work) budget(c Cleared, b Budget) {
	if n := len(c.CSV("*")); n > w.p.Bytes {
		w.say(R6, Refused, Finding{Sentence: sayManyBytes, Args: []any{w.p.Bytes / 1_000_000}})
	}
	if b.Releases >= w.p.Releases {
		w.say(R6, Refused, Finding{Sentence: sayManyReleases, Args: []any{w.p.Releases}})
	}
	if b.Cells+c.Cells() > w.p.Cells {
		w.say(R6, Refused, Finding{Sentence: sayManyCells, Args: []any{b.Cells, c.Cells(), w.p.Cells}})
	}
}
