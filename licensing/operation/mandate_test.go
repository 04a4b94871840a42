package operation_test

import (
	"testing"

	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
)

func TestTheRoadOfAMandate(t *testing.T) {
	w := operationtest.New(t)
	d, _ := w.Conditional(t, licensingtest.Fujian)
	m := w.Mandate(t, operationtest.Scope(d))
	dev := w.Developer(t, m)
	if dev.State != operation.EntryAdmitted {
		t.Fatal(dev.State)
	}
	city := w.Under(t, m, operationtest.Scope(d))
	if city.Parent != m.Number {
		t.Error(city.Parent)
	}
}
