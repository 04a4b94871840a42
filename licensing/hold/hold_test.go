package hold_test

import (
	"testing"

	"shuyuan/internal/fault"
	"shuyuan/licensing/hold"
)

// Every two sides, in both orders: only the higher takes over, and nobody lower lifts;
// what the platform holds nobody else lifts.
func TestTheHigherSideTakesOverAndNobodyLowerLifts(t *testing.T) {
	ranks := [][]hold.By{
		{{Side: "platform"}}, {{Side: "operator"}}, {{Side: "body"}, {Side: "authority"}}, {{Side: "above", Level: 1}}, {{Side: "above", Level: 2}}, {{Side: "regulator"}},
	}
	for high, sides := range ranks {
		for _, by := range sides {
			for low, others := range ranks {
				for _, held := range others {
					if err := by.Takes(held); (err == nil) != (high > low) || err != nil && fault.KindOf(err) != fault.Conflict {
						t.Errorf("%+v takes over from %+v: %v", by, held, err)
					}
					if err := by.Lifts(held); (err == nil) != (high >= low && (low > 0 || high == 0)) || err != nil && fault.KindOf(err) != fault.Conflict {
						t.Errorf("%+v lifts what %+v holds: %v", by, held, err)
					}
				}
			}
		}
	}
}

// Whoever holds nothing anywhere takes over nothing and lifts nothing.
func TestASideThatHoldsNothing(t *testing.T) {
	for _, side := range []string{"developer", "department", "security", ""} {
		for _, held := range []string{"operator", "body", "above", "regulator"} {
			by := hold.By{Side: side}
			if by.Takes(hold.By{Side: held}) == nil || by.Lifts(hold.By{Side: held}) == nil {
				t.Errorf("%q, held by %s", side, held)
			}
		}
	}
}
