package quality

import (
	"testing"
)

// BenchmarkFind looks at cells of the kinds that Prefilter lets through.
func BenchmarkFind(b *testing.B) {
	cells := []string{"13800138000", "350102202001010012", "联系电话 0591-87654321，编号 20261125090000123", "zhang.san@example.com", idOf("35010219900307123")}
	for i := 0; b.Loop(); i++ {
		Find(cells[i%len(cells)], today)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cells/s")
}
