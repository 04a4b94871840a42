package disclosure

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// distance is how far what entries name is apart at least, up to limit: that of
// the sketches of their kind; where no kind differs, the difference of the sizes.
// Sizes that differ prove nothing else: they are those of the smallest part of a
// row, and sketches are of the whole.
func distance(a, b *entry, limit int64) int64 {
	if d := a.who().distance(b.who(), limit); d > 0 || !slices.EqualFunc(a.of.parts, b.of.parts, sameWho) {
		return d
	}
	return min(abs(a.of.mass-b.of.mass), limit)
}

func sameWho(a, b crowd) bool {
	return a.kind == b.kind && a.sketch == b.sketch && slices.Equal(a.rows, b.rows)
}

func sameKind(a, b Kind) bool {
	return a.Name == b.Name && a.Sketch == b.Sketch && slices.Equal(a.Rows, b.Rows)
}

// distance is how many subjects two sets differ by at least, up to limit: as far as
// their sketches differ; where that is less than limit, the subjects of whom other
// rows are there, unless they are limit or more of every table.
func (a *crowd) distance(b *crowd, limit int64) int64 {
	d := a.apart(b, limit)
	if d >= limit {
		return d
	}
	for x := range a.rows {
		for y := range b.rows {
			if n := otherRows(&a.rows[x], &b.rows[y], limit); n < limit {
				d = max(d, n)
			}
		}
	}
	return d
}

// otherRows is of how many subjects at least, up to limit, the rows are others: the
// number of counters that differ.
func otherRows(a, b *Sketch, limit int64) (n int64) {
	for k, v := range a {
		if (int64(v)-int64(b[k]))%prime != 0 {
			if n++; n >= limit {
				return n
			}
		}
	}
	return n
}

// together is the sketch of the rows of both.
func together(a, b *Sketch) (out Sketch) {
	for k, v := range a {
		out[k] = int32((int64(v) + int64(b[k])) % prime)
	}
	return out
}

// apart is how many subjects two sets differ by at least, up to limit: the
// number of counters by which their sketches differ, each by as much as it does.
// It is never more than the truth.
func (a *crowd) apart(b *crowd, limit int64) int64 {
	var d int64
	for k, v := range a.blocks {
		d += abs(int64(v) - int64(b.blocks[k]))
	}
	if d >= limit {
		return limit
	}
	d = 0
	for k, v := range a.sketch {
		if d += abs(int64(v) - int64(b.sketch[k])); d >= limit {
			return limit
		}
	}
	return d
}

// unrelated reports whether two cells of which one kind of subjects differs little
// are about other things all the same: of another kind less than half of the
// smaller one is in the larger one, as far as sketches can tell (two standard
// deviations, at most, of what they estimate). The patients of one month and of the next are
// others, although the hospitals are nearly the same; what is left when a hospital
// is taken out has all patients but its own.
func unrelated(a, b *entry) bool {
	kind := a.who().kind
	for x := range a.of.parts {
		for y := range b.of.parts {
			p, q := &a.of.parts[x], &b.of.parts[y]
			if p.kind == kind || p.kind != q.kind {
				continue
			}
			var ofP, ofQ, both float64
			for k, v := range p.sketch {
				ofP += float64(v) * float64(v)
				ofQ += float64(q.sketch[k]) * float64(q.sketch[k])
				both += float64(v) * float64(q.sketch[k])
			}
			if both+2*math.Sqrt(2*ofP*ofQ/SketchSize) < min(ofP, ofQ)/2 {
				return true
			}
		}
	}
	return false
}

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// behindShown are who stands behind the cells that are shown, and behind their
// sums along the dimensions.
func (w *work) behindShown() []behind {
	if w.behindAt != w.hiding {
		w.behind, w.behindAt = w.findBehind(), w.hiding
	}
	return w.behind
}

func (w *work) findBehind() []behind {
	var out []behind
	for _, i := range w.shown() {
		if w.plainShown(i) {
			out = append(out, newBehind(w.t.Subjects[i], w.t.Sketches[i], [2]int{i, -1}))
		}
		var parts summed
		for _, j := range w.measures {
			for _, o := range w.all[i][j] {
				if w.hidden(i, j) || o.Branch && o.Subjects == 0 {
					continue
				}
				out = append(out, newBehind(o.Subjects, o.Sketches, [2]int{i, j}))
				out[len(out)-1].weighed = w.t.Columns[j].Weighed
				if !o.Branch {
					parts.add(o.Subjects, o.Sketches, [2]int{i, j})
				}
			}
		}
		out = parts.appendTo(out)
	}
	for _, g := range w.groups() {
		var rows []int
		most := -1
		for _, i := range g.rows {
			if !w.totals[i] && !w.gone(i) && w.plainShown(i) {
				rows = append(rows, i)
				if most < 0 || w.t.Subjects[i] > w.t.Subjects[most] {
					most = i
				}
			}
		}
		out = w.sum(rows, -1).appendTo(out)
		if len(rows) > 2 { // the largest can be the total of others and of some that are not shown
			out = w.sum(rows, most).appendTo(out)
		}
	}
	return out
}

// sum is that of rows without one of them.
func (w *work) sum(rows []int, without int) *summed {
	var s summed
	for _, i := range rows {
		if i != without {
			s.add(w.t.Subjects[i], w.t.Sketches[i], [2]int{i, -1})
		}
	}
	return &s
}

// summed gathers cells into their sum.
type summed struct {
	mass  int64
	of    []Kind
	cells [][2]int
}

func (s *summed) add(mass int64, of []Kind, cell [2]int) {
	if s.of == nil {
		s.of = make([]Kind, len(of))
	}
	for x := range of {
		s.of[x].Name = of[x].Name
		for k, v := range of[x].Sketch {
			s.of[x].Sketch[k] += v
		}
		for k := range of[x].Rows {
			if k == len(s.of[x].Rows) {
				s.of[x].Rows = append(s.of[x].Rows, Sketch{})
			}
			s.of[x].Rows[k] = together(&s.of[x].Rows[k], &of[x].Rows[k])
		}
	}
	s.mass += mass
	s.cells = append(s.cells, cell)
}

func (s *summed) appendTo(out []behind) []behind {
	if len(s.cells) < 2 {
		return out
	}
	return append(out, newBehind(s.mass, s.of, s.cells...))
}

// plainShown reports whether a row shows something of all its subjects, or
// nothing but that it is there.
func (w *work) plainShown(i int) bool {
	if len(w.measures) == 0 {
		return !w.drop[i]
	}
	return slices.ContainsFunc(w.measures, func(j int) bool {
		_, own := w.own[i][j]
		return !own && !w.hidden(i, j)
	})
}

// entry is one kind of subjects behind something, in a list to look for others
// that are near: what tells most pairs apart lies together in memory.
type entry struct {
	level   int64
	eighths [8]int32
	of      *behind
	part    int
}

// who is what an entry is of.
func (e *entry) who() *crowd { return &e.of.parts[e.part] }

func entryOf(b *behind, part int) entry {
	e := entry{level: b.parts[part].level, of: b, part: part}
	for k, v := range b.parts[part].blocks {
		e.eighths[k/2] += v
	}
	return e
}

// far reports whether two differ by limit or more, which it can tell of most. It
// is asked of millions of pairs, and has no branch but one.
func (e *entry) far(other *entry, limit int64) bool {
	a, b := &e.eighths, &other.eighths
	d := size(a[0]-b[0]) + size(a[1]-b[1]) + size(a[2]-b[2]) + size(a[3]-b[3])
	return int64(d) >= limit || int64(d+size(a[4]-b[4])+size(a[5]-b[5])+size(a[6]-b[6])+size(a[7]-b[7])) >= limit
}

// size is v without its sign.
func size(v int32) int32 {
	sign := v >> 31
	return (v ^ sign) - sign
}

// byKind are some by the kinds of their subjects, each in the order of their
// levels, and else in their own.
func byKind(of []behind) map[string][]entry {
	out := map[string][]entry{}
	for k := range of {
		for x := range of[k].parts {
			kind := of[k].parts[x].kind
			out[kind] = append(out[kind], entryOf(&of[k], x))
		}
	}
	for _, one := range out {
		slices.SortStableFunc(one, func(a, b entry) int { return cmp.Compare(a.level, b.level) })
	}
	return out
}

// kinds are those of the result's subjects, each once.
func (w *work) kinds() []string {
	var out []string
	if len(w.t.Sketches) > 0 {
		for _, k := range w.t.Sketches[0] {
			if !slices.Contains(out, k.Name) {
				out = append(out, k.Name)
			}
		}
	}
	return out
}

// window is where in sorted the levels are less than limit away from level: what is
// elsewhere differs by limit or more.
func window(sorted []entry, level, limit int64) (from, to int) {
	at := func(e entry, level int64) int { return cmp.Compare(e.level, level) }
	from, _ = slices.BinarySearchFunc(sorted, level-limit+1, at)
	to, _ = slices.BinarySearchFunc(sorted, level+limit, at)
	return from, to
}

// within hides what the cells of one result tell of few subjects when they are
// held against each other and against their sums (R8). It reports whether it hid
// anything.
func (w *work) within() bool {
	hid, all := false, byKind(w.behindShown())
	for _, kind := range w.kinds() {
		hid = w.withinKind(all[kind]) || hid
	}
	return hid
}

func (w *work) withinKind(all []entry) bool {
	limit, hid := int64(w.p.Subjects), false
	for x := range all {
		a := all[x].of
		_, to := window(all, all[x].level, limit)
		for y := x + 1; y < to; y++ {
			if all[x].far(&all[y], limit) {
				continue
			}
			b := all[y].of
			if d := distance(&all[x], &all[y], limit); a == b || d == 0 || d >= limit || unrelated(&all[x], &all[y]) {
				continue
			}
			cells := slices.Concat(a.cells, b.cells)
			if slices.ContainsFunc(cells, w.notShown) {
				continue // hidden since for another difference
			}
			largest := 1
			if a.sum() && b.sum() { // without their smallest row they tell less
				largest = -1
			}
			slices.SortFunc(cells, func(x, y [2]int) int {
				return cmp.Or(largest*cmp.Compare(w.mass(y), w.mass(x)), slices.Compare(x[:], y[:]))
			})
			if at := cells[0]; at[1] < 0 {
				hid = w.hideRow(at[0], R8) || hid
			} else {
				hid = w.hideCell(at[0], at[1], R8) || hid
			}
		}
	}
	return hid
}

// notShown reports whether a row, or a cell of its own, is not shown.
func (w *work) notShown(at [2]int) bool {
	if at[1] < 0 {
		return w.gone(at[0])
	}
	return w.hidden(at[0], at[1])
}

// mass is how many subjects stand behind a row, or a cell of its own.
func (w *work) mass(at [2]int) int64 {
	if at[1] < 0 {
		return w.t.Subjects[at[0]]
	}
	return w.own[at[0]][at[1]].Subjects
}

// across refuses a result that tells of few subjects when it is held against what
// was released before from the same source (R8).
func (w *work) across(earlier []Release) {
	limit := int64(w.p.Subjects)
	all := byKind(w.behindShown())
	for _, r := range earlier {
		near := false
		for x := range r.cells {
			for p := range r.cells[x].parts {
				was := entryOf(&r.cells[x], p)
				now := all[was.who().kind]
				from, to := window(now, was.level, limit)
				for y := from; y < to; y++ {
					if was.far(&now[y], limit) {
						continue
					}
					if d := distance(&was, &now[y], limit); d > 0 && d < limit && !unrelated(&was, &now[y]) {
						near = true
					}
				}
			}
		}
		if near {
			w.say(R8, Refused, Finding{Sentence: sayDifference, Args: []any{r.ID, w.p.Subjects}})
		}
	}
	for _, kind := range w.kinds() {
		if !w.refused() {
			w.triples(kind, all[kind], earlier)
		}
	}
}

// equations refuses a result that, with what was released before, has more figures of
// the same subjects than half of them, each of which is another equation of the same
// values: of columns that were multiplied, divided, put through a function or regressed
// on one another (R8).
func (w *work) equations(earlier []Release) {
	counts, now := map[string]int64{}, map[string]int64{}
	who := func(b *behind) string {
		var key []byte
		for x := range b.parts {
			key = appendSketch(append(key, b.parts[x].kind...), &b.parts[x].sketch)
		}
		return string(key)
	}
	for _, b := range w.behindShown() {
		if b.weighed {
			now[who(&b)] = b.mass
			counts[who(&b)]++
		}
	}
	if len(now) == 0 {
		return
	}
	for _, r := range earlier {
		for k := range r.cells {
			if r.cells[k].weighed {
				counts[who(&r.cells[k])]++
			}
		}
	}
	for _, one := range slices.Sorted(maps.Keys(now)) {
		if n, mass := counts[one], now[one]; n > mass/2 {
			w.say(R8, Refused, Finding{Sentence: sayEquations, Args: []any{n, mass, mass / 2}})
			return
		}
	}
}

// mostSingles is of how many cells sums of two are looked at, and fewCells how
// many a release may have to be one of those that ask for single figures.
const (
	mostSingles = 200
	fewCells    = 12
)

// triples refuses a result of few cells of which one, with another, adds up to
// nearly a third: the steps of a tracker, each of which is large enough.
func (w *work) triples(kind string, now []entry, earlier []Release) {
	type figure struct {
		entry
		new bool
	}
	var all []figure
	for _, e := range now {
		if !e.of.sum() && len(now) <= 3*fewCells {
			all = append(all, figure{e, true})
		}
	}
	if len(all) == 0 {
		return
	}
	for k := len(earlier) - 1; k >= 0; k-- {
		if r := earlier[k]; r.plain <= fewCells {
			for x := range r.cells[:r.plain] {
				for p := range r.cells[x].parts {
					if r.cells[x].parts[p].kind == kind && len(all) < mostSingles {
						all = append(all, figure{entryOf(&r.cells[x], p), false})
					}
				}
			}
		}
	}
	limit := int64(w.p.Subjects)
	for x := range all {
		for y := range x {
			one, two := all[x].who(), all[y].who()
			sum := crowd{kind: kind, level: one.level + two.level}
			for k := range sum.blocks {
				sum.blocks[k] = one.blocks[k] + two.blocks[k]
			}
			made := false
			for z := range all {
				third := &all[z]
				if z == x || z == y || abs(third.level-sum.level) >= limit {
					continue
				}
				if !third.new && !all[x].new && !all[y].new {
					continue
				}
				if !made {
					for k := range sum.sketch {
						sum.sketch[k] = one.sketch[k] + two.sketch[k]
					}
					for i := range one.rows {
						for j := range two.rows {
							sum.rows = append(sum.rows, together(&one.rows[i], &two.rows[j]))
						}
					}
					made = true
				}
				d := sum.distance(third.who(), limit)
				if d == 0 && third.of.alone() {
					d = min(abs(all[x].of.mass+all[y].of.mass-third.of.mass), limit)
				}
				if d > 0 && d < limit {
					w.say(R8, Refused, Finding{Sentence: sayTracker, Args: []any{w.p.Subjects}})
					return
				}
			}
		}
	}
}
