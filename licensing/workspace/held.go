package workspace

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Before a result left, whoever develops learns nothing of it that its rows decide:
// a counter in any figure that is told at once would be a way out past the review.
// Here is all that is kept from them, for pages, log, script and API alike:
//
//   - how many rows a result has: told once it is released, and then those that left;
//   - how many rows were read: told is how many a mount has (Statistics.Rows, which
//     anybody may see), since filters leave out more or less;
//   - processor time and how long it took: in whole seconds, upwards; memory not at all;
//   - how far a job is: in tenths;
//   - a digest of a result: one under the key of the workspace (held.go, mark);
//   - what the rules count in it: their sentences without these counts.
//
// Reviewers, the authority and the regulator see all of it. Quotas, fees and the
// month's usage count what is told (Metered.Counted), so they tell no more either.

// coarse is a time as it is told: whole seconds, upwards.
func coarse(d time.Duration) time.Duration {
	return (d + time.Second - 1) / time.Second * time.Second
}

// told leaves of a job what its developer may know of it.
func (j *Job) told(p Party) {
	if p.Side != OfDeveloper {
		return
	}
	j.CPU, j.Wall, j.Memory = coarse(j.CPU), coarse(j.Wall), 0
	j.Percent = float64(int(j.Percent) / 10 * 10)
	j.Read, j.Of = 0, 0
	j.StateAt = j.StateAt.Truncate(time.Second)
	if j.Ended != nil {
		at := j.Ended.Truncate(time.Second)
		j.Ended = &at
	}
	for i := range j.Inputs {
		j.Inputs[i].Rows = j.Inputs[i].Whole
		j.Read += j.Inputs[i].Whole
	}
	if j.Kind == OfSample {
		return
	}
	j.Rows, j.Sized = 0, false
	if j.Review != nil && j.Review.Release != "" {
		j.Rows, j.Sized = j.Review.Rows, true
	}
}

// told leaves of a review what the developer may know of it.
func (r *Review) told(p Party) {
	if p.Side != OfDeveloper {
		return
	}
	r.box = nil
	if r.State != Released {
		r.Rows, r.SHA256 = 0, ""
	}
	for i := range r.Checks {
		for k := range r.Checks[i].Findings {
			f := &r.Checks[i].Findings[k]
			f.Rows, f.Words = nil, f.Words.uncounted()
		}
	}
}

// untold stands for a count of the rules that a developer is not told, in any
// language.
type untold struct{}

// Format implements fmt.Formatter, for any verb.
func (untold) Format(f fmt.State, _ rune) { f.Write([]byte("…")) } //nolint:errcheck // it writes to memory

// figures are after which words a number of a rule's sentence is a figure of the rule,
// or the place of a column: every other one counts something in the result.
var figures = []string{"不到 ", "不到最大的 ", "超过 ", "最多 ", "取整为 ", "保留 ", "第 "}

// uncounted is a sentence of the rules without what it counts.
func (w Words) uncounted() Words {
	w.Args = slices.Clone(w.Args)
	at, rest := 0, w.Sentence
	for before := ""; at < len(w.Args); at++ {
		i := strings.IndexByte(rest, '%')
		for i >= 0 && strings.HasPrefix(rest[i:], "%%") {
			next := strings.IndexByte(rest[i+2:], '%')
			if next < 0 {
				i = -1
				break
			}
			i += 2 + next
		}
		if i < 0 || i+1 >= len(rest) {
			return w
		}
		before, rest = before+rest[:i], rest[i+2:]
		if number(w.Args[at]) && !slices.ContainsFunc(figures, func(s string) bool { return strings.HasSuffix(before, s) }) {
			w.Args[at] = untold{}
		}
	}
	return w
}

func number(v any) bool {
	switch v.(type) {
	case int, int64, float64:
		return true
	}
	return false
}
