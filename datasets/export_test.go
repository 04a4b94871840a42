package datasets

import "time"

// States are the states of the lifecycle, for the test that compares them with
// the schema.
func States() []Status { return lifecycle.States() }

// After is the state of an address after one more check.
func (r LinkRules) After(was, seen LinkState, now time.Time) LinkState {
	return r.after(was, seen, now)
}
