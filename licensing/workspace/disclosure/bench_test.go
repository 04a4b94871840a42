package disclosure

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// BenchmarkCheck holds a result of 10,000 rows and 50 columns against 200 earlier
// releases of a hundred cells.
func BenchmarkCheck(b *testing.B) {
	r := rand.New(rand.NewPCG(8, 164))
	t := Table{}
	for j := range 50 {
		c := Column{Name: fmt.Sprint("c", j), Type: "integer", Role: Count, Reason: "count"}
		switch {
		case j < 3:
			c.Role, c.Type, c.From = Dimension, "text", []Origin{{"t", c.Name}}
		case j >= 25:
			c.Role, c.Type, c.Reason, c.From = Magnitude, "decimal", []string{"sum", "avg"}[j%2], []Origin{{"t", c.Name}}
		}
		t.Columns = append(t.Columns, c)
	}
	set := func(least int) (int64, Sketch) {
		n := least + r.IntN(1000)
		var s Sketch
		for range n {
			s.Add(r.Uint64())
		}
		return int64(n), s
	}
	for i := range 10000 {
		n, s := set(3)
		row, weights := []any{fmt.Sprint("区", i%20), fmt.Sprint("类", i/20%25), fmt.Sprint("年", i/500)}, make([]Mass, 50)
		for j := 3; j < 50; j++ {
			if j < 25 {
				row = append(row, n+int64(r.IntN(5000)))
				continue
			}
			v := r.Float64() * 1e6
			row, weights[j] = append(row, v), Mass{Total: v, Largest: v / 5, Second: v / 9, Known: true}
		}
		t.Rows, t.Weights = append(t.Rows, row), append(t.Weights, weights)
		t.Subjects, t.Sketches = append(t.Subjects, n), append(t.Sketches, []Kind{{Name: "person", Sketch: s}})
	}
	var earlier []Release
	for k := range 200 {
		one := Release{ID: fmt.Sprint("R-", k), plain: 100}
		for range 100 {
			n, s := set(10)
			one.cells = append(one.cells, newBehind(n, []Kind{{Name: "person", Sketch: s}}))
		}
		earlier = append(earlier, one)
	}
	p := aPolicy(b)
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if report := Check(t, p, earlier, Budget{}); report.Refused() {
			b.Fatal(report.line(R3), report.line(R6), report.line(R8), report.line(R9), report.line(R10))
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "ms/median")
}
