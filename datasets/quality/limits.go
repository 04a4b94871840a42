package quality

import (
	"fmt"
	"sync"

	"shuyuan/internal/policy"
)

// Limits are the numbers that the rules of quality are held against. Each is a
// rule of the platform (平台规则), shown at /law.
type Limits struct {
	SmallCells int // persons in a cell that are too few
	EmptyCells int // per cent of a column's cells
	RowChange  int // per cent of the rows of the version before
	Dictionary int // per cent of the questions that a dictionary answers
}

// TheLimits reads them from the platform's rules. It fails where one is no
// number there.
var TheLimits = sync.OnceValues(func() (Limits, error) {
	book, err := policy.Load(policy.Files)
	if err != nil {
		return Limits{}, err
	}
	return limitsOf(book)
})

func limitsOf(book *policy.Book) (Limits, error) {
	var l Limits
	for path, to := range map[string]*int{
		"quality.small_cells": &l.SmallCells, "quality.empty_cells": &l.EmptyCells, "quality.row_change": &l.RowChange, "quality.dictionary": &l.Dictionary,
	} {
		rule, ok := book.House().Rule(path)
		n, number := rule.Number()
		if !ok || !number {
			return l, fmt.Errorf("quality: the platform's rule %s is no number", path)
		}
		*to = n
	}
	return l, nil
}
