package disclosure

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
)

// madeUp is a table of two dimensions with counts of different subjects, with or
// without margins.
func madeUp(r *rand.Rand, rows, columns, most int, margins bool) Table {
	t := Table{Columns: []Column{
		{Name: "a", Type: "text", Role: Dimension, From: []Origin{{"t", "a"}}},
		{Name: "b", Type: "text", Role: Dimension, From: []Origin{{"t", "b"}}},
		{Name: "n", Type: "integer", Role: Count, Reason: "count"},
		{Name: "x", Type: "decimal", Role: Magnitude, Reason: "sum", From: []Origin{{"t", "x"}}},
	}}
	next := 0
	type part struct {
		subjects []int
		values   []float64
	}
	add := func(a, b any, of part) {
		m := Mass{Known: true}
		sum := 0.0
		var s Sketch
		for k, who := range of.subjects {
			v := of.values[k]
			sum += v
			m.Total += v
			if v > m.Largest {
				m.Largest, m.Second = v, m.Largest
			} else {
				m.Second = max(m.Second, v)
			}
			s.Add(hashOf(who))
		}
		t.Rows = append(t.Rows, []any{a, b, int64(len(of.subjects)), sum})
		t.Subjects = append(t.Subjects, int64(len(of.subjects)))
		t.Weights = append(t.Weights, []Mass{{}, {}, {}, m})
		t.Sketches = append(t.Sketches, []Kind{{Name: "person", Sketch: s}})
	}
	join := func(x, y part) part {
		return part{slices.Concat(x.subjects, y.subjects), slices.Concat(x.values, y.values)}
	}
	var all part
	down := make([]part, columns)
	for i := range rows {
		var across part
		for j := range columns {
			var p part
			for range r.IntN(most + 1) {
				p.subjects, p.values = append(p.subjects, next), append(p.values, math.Round(r.ExpFloat64()*1000))
				next++
			}
			add(fmt.Sprint("a", i), fmt.Sprint("b", j), p)
			across, down[j] = join(across, p), join(down[j], p)
		}
		all = join(all, across)
		if margins {
			add(fmt.Sprint("a", i), nil, across)
		}
	}
	if margins {
		for j, p := range down {
			add(nil, fmt.Sprint("b", j), p)
		}
		add(nil, nil, all)
	}
	return t
}

func shuffled(r *rand.Rand, t Table) Table {
	out := Table{Columns: t.Columns}
	for _, i := range r.Perm(len(t.Rows)) {
		out.Rows, out.Subjects = append(out.Rows, t.Rows[i]), append(out.Subjects, t.Subjects[i])
		out.Weights, out.Sketches = append(out.Weights, t.Weights[i]), append(out.Sketches, t.Sketches[i])
		if len(t.Own) > 0 {
			out.Own = append(out.Own, t.Own[i])
		}
	}
	return out
}

func aPolicy(t testing.TB) Policy {
	t.Helper()
	p, err := PolicyOf(book(t), map[Origin]datasets.Sensitivity{{"t", "x"}: datasets.PersonalData}, today)
	if err != nil {
		t.Fatal(err)
	}
	p.Hidden = 100 // so that tables with many small cells are looked at, too
	return p
}

// holds reports what is wrong with what leaves of a table.
func holds(t Table, p Policy, r Report) string {
	if r.Refused() {
		if len(r.Cleared.Rows) > 0 {
			return "rows leave a refused result"
		}
		return ""
	}
	least := map[string]int64{}
	for i, row := range t.Rows {
		key := fmt.Sprint(row[0], row[1])
		if was, ok := least[key]; !ok || t.Subjects[i] < was {
			least[key] = t.Subjects[i]
		}
	}
	for _, row := range r.Cleared.Rows {
		for j, c := range row {
			v, isNumber := number(c.Value)
			switch {
			case c.Hidden && c.Value != nil:
				return "a hidden cell has a value"
			case c.Hidden || r.Cleared.Columns[j].Role == Dimension:
			case least[fmt.Sprint(row[0].Value, row[1].Value)] < int64(p.Subjects):
				return fmt.Sprintf("%v: shown, and %d stand behind it", row[:2], least[fmt.Sprint(row[0].Value, row[1].Value)])
			case r.Cleared.Columns[j].Role == Count && (!isNumber || math.Mod(v, float64(p.Round)) != 0 || v < float64(p.Subjects)):
				return fmt.Sprintf("%v is no count that may leave", c.Value)
			case isNumber && significant(v) > p.Digits:
				return fmt.Sprintf("%v has too many digits", c.Value)
			}
		}
	}
	return ""
}

// Whatever leaves has enough subjects behind it, is rounded, and is the same when
// it is checked again and when the rows come in another order.
func TestWhatLeavesKeepsToTheRules(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 164))
	p := aPolicy(t)
	refused, hidden := 0, 0
	for k := range 400 {
		table := madeUp(r, 1+r.IntN(5), 1+r.IntN(5), 5+r.IntN(60), k%3 > 0)
		report := Check(table, p, nil, Budget{})
		if wrong := holds(table, p, report); wrong != "" {
			t.Fatalf("table %d: %s\n%s", k, wrong, got(report))
		}
		again, other := Check(table, p, nil, Budget{}), Check(shuffled(r, table), p, nil, Budget{})
		if diff := cmp.Diff(report.Lines, again.Lines); diff != "" || report.Cleared.Digest != again.Cleared.Digest {
			t.Fatalf("table %d: checked again: %s", k, diff)
		}
		if diff := cmp.Diff(report.Lines, other.Lines); diff != "" || report.Cleared.Digest != other.Cleared.Digest {
			t.Fatalf("table %d: in another order: %s", k, diff)
		}
		if report.Refused() {
			refused++
		}
		if report.line(R3).Verdict == Fixed {
			hidden++
		}
	}
	if refused > 200 || hidden < 50 {
		t.Errorf("of 400 tables %d are refused and %d have more hidden beside: they try too little", refused, hidden)
	}
}

// No hidden number can be worked out closer than the rule allows: every whole
// table that agrees with what is shown is tried.
func TestHiddenNumbersStayUnknown(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 164))
	p := aPolicy(t)
	looked := 0
	for k := range 150 {
		table := madeUp(r, 2, 2+k%2, 26, true)
		report := Check(table, p, nil, Budget{})
		if report.Refused() {
			continue
		}
		exact, hidden := map[string]int64{}, map[string]bool{}
		for _, row := range table.Rows {
			exact[fmt.Sprint(row[0], row[1])] = row[2].(int64)
			hidden[fmt.Sprint(row[0], row[1])] = true
		}
		for _, row := range report.Cleared.Rows {
			if !row[2].Hidden {
				delete(hidden, fmt.Sprint(row[0].Value, row[1].Value))
			}
		}
		for name, v := range exact {
			if !hidden[name] || v >= int64(p.Subjects) {
				continue
			}
			looked++
			low, high := interval(exact, hidden, 2, 2+k%2, name, int64(p.Subjects))
			if high-low < int64(p.Subjects) {
				t.Fatalf("table %d: %s is %d, and lies between %d and %d\n%s", k, name, v, low, high, got(report))
			}
		}
	}
	if looked < 100 {
		t.Errorf("only %d hidden numbers were looked at", looked)
	}
}

// interval is how low and how high a hidden cell can be, by trying, until enough
// lies between.
func interval(exact map[string]int64, hidden map[string]bool, rows, columns int, name string, enough int64) (low, high int64) {
	const most, tooMany = 40, 5_000 // where a margin is hidden nothing bounds a cell
	var inner []string
	sums := map[string][]string{}
	for i := range rows {
		for j := range columns {
			cell := fmt.Sprint("a", i, "b", j)
			if hidden[cell] {
				inner = append(inner, cell)
			}
			for _, margin := range []string{fmt.Sprint("a", i, "<nil>"), fmt.Sprint("<nil>b", j), "<nil> <nil>"} {
				sums[margin] = append(sums[margin], cell)
			}
		}
	}
	low, high = math.MaxInt64, -1
	if k := slices.Index(inner, name); k > 0 { // the one that is asked about first
		inner[0], inner[k] = inner[k], inner[0]
	}
	value := map[string]int64{}
	tries := 0
	var walk func(k int)
	// left is what the hidden cells of a margin may still add; ok is false where they
	// exceed it.
	left := func(k int) (int64, bool) {
		least := int64(most)
		for margin, cells := range sums {
			if hidden[margin] {
				continue
			}
			rest, open, mine := exact[margin], false, false
			for _, c := range cells {
				at := slices.Index(inner, c)
				switch {
				case at < 0:
					rest -= exact[c]
				case at < k:
					rest -= value[c]
				default:
					open = true
					mine = mine || at == k
				}
			}
			if rest < 0 || !open && rest != 0 {
				return 0, false
			}
			if mine {
				least = min(least, rest)
			}
		}
		return least, true
	}
	walk = func(k int) {
		if tries++; tries > tooMany || low <= high && high-low >= enough {
			return
		}
		most, ok := left(k)
		if !ok {
			return
		}
		if k == len(inner) {
			v, is := value[name]
			if !is { // a margin
				for _, c := range sums[name] {
					if x, ok := value[c]; ok {
						v += x
					} else {
						v += exact[c]
					}
				}
			}
			low, high = min(low, v), max(high, v)
			return
		}
		for v := int64(0); v <= most; v++ {
			value[inner[k]] = v
			walk(k + 1)
		}
		delete(value, inner[k])
	}
	if walk(0); tries > tooMany {
		return 0, most // too many to try
	}
	return low, high
}

// The intervals of the solver are those that trying finds.
func TestIntervalsAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 164))
	for k := range 300 {
		n, m := 3+r.IntN(4), 2+r.IntN(2)
		values, needs := make([]float64, n), make([]float64, n)
		for i := range values {
			values[i], needs[i] = float64(r.IntN(9)), 1e9
		}
		rows := make([][]float64, m)
		for i := range rows {
			rows[i] = make([]float64, n)
			for j := range rows[i] {
				rows[i][j] = float64(r.IntN(2))
			}
		}
		for j := range n { // every value in some sum: bounded
			rows[r.IntN(m)][j] = 1
		}
		got := intervals(rows, values, needs)
		low, high := slices.Clone(values), slices.Clone(values)
		tryAll(rows, values, func(x []float64) {
			for j, v := range x {
				low[j], high[j] = min(low[j], v), max(high[j], v)
			}
		})
		for j := range n {
			// whole values reach no further than all values do, and those less than one beyond
			if got[j] < high[j]-low[j]-1e-6 || got[j] > high[j]-low[j]+2 {
				t.Fatalf("case %d: %v of %v: %v, by trying %v to %v", k, rows, values, got[j], low[j], high[j])
			}
		}
	}
}

func tryAll(rows [][]float64, values []float64, see func([]float64)) {
	right := make([]float64, len(rows))
	for i, row := range rows {
		for j, a := range row {
			right[i] += a * values[j]
		}
	}
	x := make([]float64, len(values))
	var walk func(k int)
	walk = func(k int) {
		if k == len(x) {
			if !slices.ContainsFunc(right, func(v float64) bool { return v != 0 }) {
				see(x)
			}
			return
		}
		most := math.Inf(1)
		for i, row := range rows {
			if row[k] > 0 {
				most = min(most, right[i])
			}
		}
		for v := 0.0; v <= most; v++ {
			x[k] = v
			for i, row := range rows {
				right[i] -= row[k] * v
			}
			walk(k + 1)
			for i, row := range rows {
				right[i] += row[k] * v
			}
		}
		x[k] = 0
	}
	walk(0)
}

// Any bytes make a table; none makes the checks fail or lets out what may not.
func FuzzCheck(f *testing.F) {
	f.Add([]byte("\x00\x10\x20\x30\x05\x40\x11\x22"), byte(3))
	f.Add([]byte("0123456789abcdefghijklmnopqrstuvwxyz"), byte(200))
	f.Add([]byte("\x0d\x32\x4f\x46"), byte(6)) // once a sum of equal parts left with all its digits
	p := aPolicy(f)
	f.Fuzz(func(t *testing.T, b []byte, how byte) {
		if len(b) < 4 || len(b) > 400 {
			return
		}
		table := fromBytes(b, how)
		report := Check(table, p, nil, Budget{})
		again := Check(shuffled(rand.New(rand.NewPCG(uint64(how), 1)), table), p, []Release{Record("x", report)}, Budget{})
		if wrong := holds(table, p, report); wrong != "" {
			t.Fatal(wrong, "\n", got(report))
		}
		if !report.Refused() && (again.Refused() || again.Cleared.Digest != report.Cleared.Digest) {
			t.Fatal("the same result once more:\n", got(report), got(again))
		}
	})
}

func fromBytes(b []byte, how byte) Table {
	t := Table{Columns: []Column{
		{Name: "a", Type: "text", Role: Dimension}, {Name: "b", Type: "decimal", Role: Dimension},
		{Name: "n", Type: "integer", Role: Count}, {Name: "m", Type: "integer", Role: Count, From: []Origin{{"t", "c"}}},
		{Name: "x", Type: "decimal", Role: Magnitude, Reason: []string{"sum", "avg", "max"}[how%3], From: []Origin{{"t", "x"}}},
		{Name: "d", Type: "decimal", Role: Derived, From: []Origin{{"t", "x"}}},
	}}
	for k := 0; k+4 <= len(b); k += 4 {
		n := int64(b[k+1])
		v := float64(int8(b[k+2])) * math.Exp(float64(b[k+3]%20))
		if b[k+3] == 255 {
			v = math.NaN()
		}
		var a any = fmt.Sprint("组", b[k]%7)
		if b[k]%7 == 6 {
			a = nil
		}
		t.Rows = append(t.Rows, []any{a, float64(k / 4), n, min(n, int64(b[k+2])), v, float64(min(n, int64(b[k+2]))) / float64(n)})
		var s Sketch
		for who := range n {
			s.Add(hashOf(int(b[k]) + int(who)))
		}
		t.Subjects, t.Sketches = append(t.Subjects, n), append(t.Sketches, []Kind{{Name: "person", Sketch: s}})
		t.Weights = append(t.Weights, []Mass{{}, {}, {}, {}, {Total: math.Abs(v), Largest: math.Abs(v) * float64(how) / 300, Known: how%2 == 0}, {}})
	}
	return t
}

func FuzzRelease(f *testing.F) {
	table := madeUp(rand.New(rand.NewPCG(4, 164)), 3, 3, 60, true)
	b, err := Record("R-1", Check(table, aPolicy(f), nil, Budget{})).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(binary.AppendUvarint([]byte{2, 0, 1}, 1<<60))
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Release
		if r.UnmarshalBinary(b) != nil {
			return
		}
		again, err := r.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var same Release
		if err := same.UnmarshalBinary(again); err != nil || same.Size() != r.Size() || same.ID != r.ID {
			t.Fatal(err, same.Size(), r.Size())
		}
	})
}
