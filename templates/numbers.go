package templates

import (
	"math"
	"slices"
)

// sortedDistinct is the finite values, each once, in order.
func sortedDistinct(values []float64) []float64 {
	out := finite(values)
	return slices.Compact(out)
}

// finite is the finite values in order.
func finite(values []float64) []float64 {
	var out []float64
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

// quantile is the value below which a share of the values lie: one of them,
// never something between.
func quantile(values []float64, share float64) float64 {
	sorted := finite(values)
	if len(sorted) == 0 {
		return math.NaN()
	}
	return sorted[min(int(math.Ceil(share*float64(len(sorted)))), len(sorted)-1)]
}
