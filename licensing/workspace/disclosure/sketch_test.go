package disclosure

import (
	"math/rand/v2"
	"testing"
)

// How often a sketch errs about a difference of n subjects, held against a
// threshold: taken for none or for enough although it is small (missed), taken for
// small although it is not (alarm). Half of the differences are subjects more,
// half are as many other ones, of which the sizes tell nothing.
func TestHowOftenASketchErrs(t *testing.T) {
	const trials = 4000
	r := rand.New(rand.NewPCG(5, 164))
	for _, threshold := range []int64{10, 30} {
		var missedTwo, missedMore, alarms float64
		for n := int64(1); n <= 2*threshold; n++ {
			missed, alarm := 0, 0
			for k := range trials {
				var a, b Sketch
				massA, massB := int64(0), int64(0)
				for i := range n {
					if k%2 == 0 || i%2 == 0 {
						a.Add(r.Uint64())
						massA++
					} else {
						b.Add(r.Uint64())
						massB++
					}
				}
				x, y := newBehind(500+massA, []Kind{{Name: "person", Sketch: a}}), newBehind(500+massB, []Kind{{Name: "person", Sketch: b}})
				p, q := entryOf(&x, 0), entryOf(&y, 0)
				d := distance(&p, &q, 1<<40)
				if d > n {
					t.Fatalf("a difference of %d is taken for %d", n, d)
				}
				small := d > 0 && d < threshold
				if n < threshold && !small {
					missed++
				}
				if n >= threshold && small {
					alarm++
				}
			}
			switch rate := float64(missed) / trials; {
			case n%2 == 1 && missed > 0:
				t.Errorf("a difference of %d is missed", n)
			case n == 2:
				missedTwo = rate
			case rate > missedMore:
				missedMore = rate
			}
			if n >= threshold+threshold/2 {
				alarms = max(alarms, float64(alarm)/trials)
			}
			if n == threshold || n == threshold+1 || n == threshold+2 || n == threshold+4 || n == threshold+threshold/2 {
				t.Logf("threshold %d, difference of %d: refused %.2f %%", threshold, n, 100*float64(alarm)/trials)
			}
		}
		t.Logf("threshold %d: of differences of two %.3f %% are missed, of any other number at most %.3f %%", threshold, 100*missedTwo, 100*missedMore)
		if missedTwo > 0.004 || missedMore > 0.0015 || alarms > 0.02 {
			t.Errorf("threshold %d: missed %.4f and %.4f, alarms %.4f", threshold, missedTwo, missedMore, alarms)
		}
	}
}
