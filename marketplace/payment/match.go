package payment

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// left is what is still to be paid.
func (a Advice) left() int64 { return a.Amount - a.Paid }

// Verdict is what a line of a statement is for what was to be paid.
type Verdict string

// The verdicts. Only Exact is booked by itself; every other one waits for two people.
const (
	Exact      Verdict = "exact"       // the whole amount, from the buyer, in time
	Short      Verdict = "short"       // less than that
	Over       Verdict = "over"        // more than that, or once more
	WrongPayer Verdict = "wrong_payer" // from somebody else
	Several    Verdict = "several"     // for several orders in one
	Late       Verdict = "late"        // after its last day, or after the order ended
	Foreign    Verdict = "foreign"     // in another currency
	Unknown    Verdict = "unknown"     // nobody knows what for
	Outgoing   Verdict = "outgoing"    // money that went: a refund, a payout, or a return

	// These two need more than the advices of one account to be seen.
	CameBack     Verdict = "came_back"     // a transfer that was instructed came back
	OtherAccount Verdict = "other_account" // its code is of another account of ours
)

// Verdicts are all of them.
var Verdicts = []Verdict{Exact, Short, Over, WrongPayer, Several, Late, Foreign, Unknown, Outgoing, CameBack, OtherAccount}

// Found is what Match says of a line.
type Found struct {
	Line    Line
	Verdict Verdict
	Orders  []string // that it may be for; of Exact the one that it is for
	ByCode  bool     // the code says so; else amount and payer do
}

// Match says of each line what it pays: by the code in its remark; where there is none,
// by amount and payer, if that is true of one order alone. Lines are taken in their
// order, and an order that one of them pays is paid for those behind it.
func Match(lines []Line, advices []Advice) []Found {
	open := slices.Clone(advices)
	by := map[Code]int{}
	for i, a := range open {
		by[a.Code] = i
	}
	out := make([]Found, len(lines))
	for i, l := range lines {
		f := Found{Line: l, Verdict: Unknown}
		var at []int
		for _, c := range Codes(l.Remark) {
			if k, known := by[c]; known {
				at = append(at, k)
			}
		}
		f.ByCode = len(at) > 0
		for _, k := range at {
			f.Orders = append(f.Orders, open[k].Ref)
		}
		switch {
		case l.Amount <= 0:
			f.Verdict = Outgoing
		case len(at) > 1:
			f.Verdict = Several
		case len(at) == 1:
			f.Verdict = l.pays(open[at[0]])
		default:
			for k, a := range open {
				if !a.Ended && l.pays(a) == Exact {
					at = append(at, k)
					f.Orders = append(f.Orders, a.Ref)
				}
			}
			if len(at) == 1 {
				f.Verdict = Exact
			}
		}
		if f.Verdict == Exact {
			open[at[0]].Paid += l.Amount
		}
		out[i] = f
	}
	return out
}

// pays is what a line is for one order. The first reason that keeps it from being exact
// is the one that is told: that of who paid comes before that of how much.
func (l Line) pays(a Advice) Verdict {
	switch {
	case l.Currency != a.Currency:
		return Foreign
	case Name(l.Party) != Name(a.Payer):
		return WrongPayer
	case a.left() <= 0 || l.Amount > a.left():
		return Over
	case l.Amount < a.left():
		return Short
	case a.Ended || l.Day.After(a.Until):
		return Late
	}
	return Exact
}

// Name is the name of an organisation as it is compared: without what banks write in one
// way or another, which are the widths of letters, spaces, the case of letters, and the
// kind of brackets.
func Name(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case strings.ContainsRune("〔[【", r):
			return '('
		case strings.ContainsRune("〕]】", r):
			return ')'
		}
		return unicode.ToUpper(r)
	}, norm.NFKC.String(s))
}
