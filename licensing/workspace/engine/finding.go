package engine

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"shuyuan/internal/fault"
)

// mostFindings is how many findings are told at once.
const mostFindings = 20

// findings collects what is wrong with a text.
type findings struct {
	sql string
	all []Finding
}

func (f *findings) add(rule string, at int, what *fault.Fault) {
	n := Finding{Fault: what, Rule: rule}
	if at >= 0 && at <= len(f.sql) {
		before := f.sql[:at]
		n.Line = strings.Count(before, "\n") + 1
		n.Column = utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	}
	for _, old := range f.all {
		if old.Rule == rule && old.Line == n.Line && old.Column == n.Column && old.Text() == n.Text() {
			return
		}
	}
	f.all = append(f.all, n)
}

// sorted is what was found, by place; what has none comes first.
func (f *findings) sorted() []Finding {
	slices.SortStableFunc(f.all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return f.all[:min(len(f.all), mostFindings)]
}
