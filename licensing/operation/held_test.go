package operation_test

import (
	"slices"
	"strings"
	"testing"

	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
)

// A mandate that is in force by itself is not said to be while one above it does not
// stand; and why it was suspended is told when it goes on, too.
func TestAMandateIsHeldByTheOneAboveIt(t *testing.T) {
	w := operationtest.New(t)
	d, _ := w.Conditional(t, licensingtest.Fujian)
	m := w.Mandate(t, operationtest.Scope(d))
	city := w.Under(t, m, operationtest.Scope(d))
	held := func() (above, below bool) {
		t.Helper()
		for number, held := range map[string]*bool{m.Number: &above, city.Number: &below} {
			x, err := w.Operation.Disclose(t.Context(), number)
			if err != nil {
				t.Fatal(err)
			}
			*held = x.Held
		}
		return above, below
	}
	if above, below := held(); above || below {
		t.Errorf("all stands: %t %t", above, below)
	}
	w.Move(t, m, m.Authority, operation.Suspend)
	if above, below := held(); above || !below {
		t.Errorf("the one above is suspended: %t %t", above, below)
	}
	w.Move(t, m, m.Authority, operation.Resume)
	if above, below := held(); above || below {
		t.Errorf("it goes on: %t %t", above, below)
	}
	x, err := w.Operation.Disclose(t.Context(), m.Number)
	if err != nil {
		t.Fatal(err)
	}
	var states, basis []string
	for _, h := range x.History {
		states, basis = append(states, h.State), append(basis, h.Basis)
	}
	if !slices.Equal(states, []string{"signed", "active", "suspended", "active"}) || !slices.Equal(basis, []string{"", "", "协议第十二条", ""}) {
		t.Errorf("%q %q", states, basis)
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE organisations SET suspended_at = $2, suspended_reason = '检查' WHERE id = $1`, m.Organisation, w.Clock()); err != nil {
		t.Fatal(err)
	}
	if above, below := held(); !above || !below {
		t.Errorf("the operator is suspended: %t %t", above, below)
	}
}

// A mandate whose day cannot be kept keeps no other from its own.
func TestOneMandateThatFailsStopsNoOther(t *testing.T) {
	w := operationtest.New(t)
	d, _ := w.Conditional(t, licensingtest.Fujian)
	first := w.Mandate(t, operationtest.Scope(d))
	second := w.Mandate(t, operationtest.Scope(d))
	for _, sql := range []string{
		`CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$`,
		`CREATE TRIGGER breaks BEFORE UPDATE ON mandates FOR EACH ROW WHEN (NEW.number = '` + first.Number + `') EXECUTE FUNCTION breaks()`,
	} {
		if _, err := w.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	w.Set(second.Until)
	if err := w.Operation.Tick(t.Context()); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("the one that fails is not told of: %v", err)
	}
	if x, err := w.Operation.Disclose(t.Context(), second.Number); err != nil || x.State != operation.Expired {
		t.Errorf("the other: %+v %v", x, err)
	}
}
