package disclosure

import "slices"

// mostSpan is of how many shown cells every way of adding and subtracting is
// looked at. Sketches have 256 counters: of more cells than that anything could be
// made.
const mostSpan = 200

// prime is that of the field in which sketches are combined.
const prime = RowField

// span is every sum and difference of some sketches.
type span struct {
	of    []*Sketch
	lines []line
}

// line is a combination of sketches whose first counter that is not zero is lead.
type line struct {
	lead int
	v    [SketchSize]int64
	by   []int64 // how much of each sketch
}

func newSpan(of []*Sketch) *span {
	s := &span{of: of}
	for k := range of {
		l := line{v: field(of[k]), by: make([]int64, len(of))}
		l.by[k] = 1
		if l.lead = s.reduce(&l); l.lead < 0 {
			continue
		}
		l.scale(power(l.v[l.lead], prime-2))
		at, _ := slices.BinarySearchFunc(s.lines, l.lead, func(x line, lead int) int { return x.lead - lead })
		s.lines = slices.Insert(s.lines, at, l)
	}
	return s
}

func field(s *Sketch) (v [SketchSize]int64) {
	for k, c := range s {
		v[k] = ((int64(c) % prime) + prime) % prime
	}
	return v
}

func power(a int64, e int64) int64 {
	out := int64(1)
	for ; e > 0; e >>= 1 {
		if e&1 == 1 {
			out = out * a % prime
		}
		a = a * a % prime
	}
	return out
}

func (l *line) scale(f int64) {
	for k := range l.v {
		l.v[k] = l.v[k] * f % prime
	}
	for k := range l.by {
		l.by[k] = l.by[k] * f % prime
	}
}

// reduce takes from l what the span can make of it. It returns the first counter
// that is left, -1 where nothing is.
func (s *span) reduce(l *line) int {
	for x := range s.lines {
		other := &s.lines[x]
		f := l.v[other.lead]
		if f == 0 {
			continue
		}
		for k := other.lead; k < SketchSize; k++ {
			l.v[k] = (l.v[k] + (prime-f)*other.v[k]) % prime
		}
		for k, b := range other.by {
			l.by[k] = (l.by[k] + (prime-f)*b) % prime
		}
	}
	return slices.IndexFunc(l.v[:], func(c int64) bool { return c != 0 })
}

// makes are the cells that add up to a sketch, with whatever signs; nil where none
// do.
func (s *span) makes(sketch *Sketch) []int {
	l := line{v: field(sketch), by: make([]int64, len(s.of))}
	if s.reduce(&l) >= 0 {
		return nil
	}
	var out []int
	for k, b := range l.by {
		if b != 0 {
			out = append(out, k)
		}
	}
	return out
}

// secrets are the rows that are hidden for their own sake because few stand behind
// them.
func (w *work) secrets() []int {
	var out []int
	for i, n := range w.t.Subjects {
		if n > 0 && n < int64(w.p.Subjects) && w.gone(i) {
			out = append(out, i)
		}
	}
	return out
}

// spanned hides shown rows as long as hidden ones can be made of what is shown by
// any adding and subtracting (R3). It reports whether it hid anything.
func (w *work) spanned() bool {
	for hid := false; ; hid = true {
		secrets := w.secrets()
		if len(secrets) == 0 || len(w.shown()) > mostSpan {
			return hid
		}
		shown := cells(w.behindShown())
		if len(shown) > mostSpan {
			return hid
		}
		made := w.made(shown, secrets)
		if made == nil {
			return hid
		}
		least := made[0]
		for _, k := range made {
			if shown[k].mass < shown[least].mass {
				least = k
			}
		}
		if at := shown[least].cells[0]; at[1] < 0 {
			w.hideRow(at[0], R3)
		} else {
			w.hideCell(at[0], at[1], R3)
		}
	}
}

// cells are those of some that are no sums.
func cells(of []behind) []behind {
	return slices.DeleteFunc(slices.Clone(of), func(b behind) bool { return b.sum() })
}

// spannedAcross refuses a result of which a hidden row can be made of what is
// shown and what was released before (R8).
func (w *work) spannedAcross(earlier []Release) {
	secrets := w.secrets()
	if len(secrets) == 0 || len(w.shown()) > mostSpan {
		return
	}
	all := cells(w.behindShown())
	for k := len(earlier) - 1; k >= 0; k-- {
		if r := earlier[k]; len(all)+r.plain <= mostSpan {
			all = append(all, r.cells[:r.plain]...)
		}
	}
	if len(all) > mostSpan {
		return
	}
	if w.made(all, secrets) != nil {
		w.say(R8, Refused, Finding{Sentence: sayTracker, Args: []any{w.p.Subjects}})
	}
}

// made are the cells that add up to one of the secret rows, with whatever signs,
// in one kind of subjects; nil where none do. A kind of which everything can be
// made that there is, as of few hospitals behind many cells, tells nothing, as
// long as another tells something.
func (w *work) made(cells []behind, secrets []int) []int {
	var told, all []int
	free := false
	looks := []struct{ kind, rows int }{} // who is there, and with which rows of each table
	for x, kind := range w.t.Sketches[0] {
		for y := -1; y < len(kind.Rows); y++ {
			looks = append(looks, struct{ kind, rows int }{x, y})
		}
	}
	for _, look := range looks {
		var of []*Sketch
		var at []int
		for k := range cells {
			for p := range cells[k].parts {
				part := &cells[k].parts[p]
				if part.kind != w.t.Sketches[0][look.kind].Name {
					continue
				}
				if look.rows < 0 {
					of, at = append(of, &part.sketch), append(at, k)
				} else if look.rows < len(part.rows) {
					of, at = append(of, &part.rows[look.rows]), append(at, k)
				}
			}
		}
		s := newSpan(of)
		var secret []*Sketch
		for _, i := range secrets {
			if one := &w.t.Sketches[i][look.kind]; look.rows < 0 {
				secret = append(secret, &one.Sketch)
			} else if look.rows < len(one.Rows) {
				secret = append(secret, &one.Rows[look.rows])
			}
		}
		full := s.full(secret)
		free = free || !full
		for _, one := range secret {
			made := s.makes(one)
			if made == nil {
				continue
			}
			for n, k := range made {
				made[n] = at[k]
			}
			if full {
				all = made
			} else {
				told = made
			}
			break
		}
	}
	if told != nil || free {
		return told
	}
	return all
}

// full reports whether the span holds every sketch in which no other counter is
// used than in those of the span and in some more.
func (s *span) full(more []*Sketch) bool {
	used := 0
	for k := range SketchSize {
		is := func(x *Sketch) bool { return x[k] != 0 }
		if slices.ContainsFunc(s.of, is) || slices.ContainsFunc(more, is) {
			used++
		}
	}
	return len(s.lines) >= used
}
