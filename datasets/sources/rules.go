package sources

import (
	"slices"

	"shuyuan/datasets"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
)

// Rules are those of the platform about which items are alike enough.
type Rules struct {
	Percent int      // of the items of the shorter entry that must be the same for a proposal
	Least   int      // and how many at least
	common  []string // keys of items that only place a row
}

const (
	commonRule   = "one_source.common_items"
	proposalRule = "one_source.proposal"
)

// RulesOf reads them from the book.
func RulesOf(book *policy.Book) Rules {
	var r Rules
	if rule, ok := book.House().Rule(commonRule); ok {
		for _, w := range rule.Value {
			r.common = append(r.common, Key(w.Zh))
		}
	}
	if rule, ok := book.House().Rule(proposalRule); ok {
		r.Percent, _ = rule.Number()
		for _, d := range rule.Details {
			if d.Key == "least_items" && len(d.Value) == 1 {
				r.Least = number(d.Value[0])
			}
		}
	}
	return r
}

func number(w policy.Word) (n int) {
	for _, c := range w.Zh {
		if c < '0' || c > '9' {
			return 0
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// Common reports whether an item only places a row, as a year or a region does:
// most tables have it, and nobody collects it for its own sake.
func (r Rules) Common(f datasets.Field) bool {
	return slices.ContainsFunc(chinese(f), func(k string) bool { return slices.Contains(r.common, k) })
}

// proposes reports whether so many common items of two entries make a case that
// the system proposes.
func (r Rules) proposes(same, mine, theirs int) bool {
	return same >= r.Least && 100*same >= r.Percent*min(mine, theirs)
}

// The periods: no text names a number of days.
var (
	duplicateTerm = deadline.Term{Path: "catalogue.duplicates", House: "duplicate_decision"}
	talkTerm      = deadline.Term{Path: "inconsistency", House: "inconsistency_negotiation"}
	decisionTerm  = deadline.Term{House: "authority_decision"}
)
