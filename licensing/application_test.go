package licensing_test

import (
	"fmt"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
)

// From an empty form to the data: what is agreed to is open with the signature
// of the department, and until then nothing passes.
func TestAnApplicationGoesFromAnEmptyFormToTheData(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2024-09-27")
	d, v := w.Conditional(t, licensingtest.Tianjin)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	may := func() error { return w.Service.MayServe(t.Context(), citizen, v) }
	if fault.KindOf(may()) != fault.Forbidden {
		t.Fatal("without a grant", may())
	}
	a := w.Submitted(t, citizen, d)
	if a.State != licensing.Submitted || a.Number != "SQ-2024-000001" || a.Stage == nil || a.Decision != nil {
		t.Fatalf("submitted: %+v", a)
	}
	a = w.Accepted(t, officer, a)
	if a.Decision == nil || a.Decision.Last.Format(time.DateOnly) != "2024-09-30" || a.Decision.House() || fault.KindOf(may()) != fault.Forbidden {
		t.Fatalf("accepted: %+v", a)
	}
	a, err := w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Agreed(a), a.Revision)
	if err != nil {
		t.Fatal(err)
	}
	if a.State != licensing.Granted || a.Grant != "SQZ-2024-000001" {
		t.Fatalf("granted: %+v", a)
	}
	if err := may(); err != nil {
		t.Fatal("with a grant", err)
	}
	p, err := w.Service.Permit(t.Context(), citizen, v)
	if err != nil || p.Limited || p.Number != a.Grant || p.Purpose != a.Purpose {
		t.Errorf("permit %+v, %v", p, err)
	}
	all, err := w.Licensing.Agreements(t.Context(), citizen, a)
	if err != nil || len(all) != 1 || !all[0].Signed() || all[0].SHA256 != p.Terms {
		t.Errorf("agreements %+v, %v", all, err)
	}
	if err := w.Service.MayServe(t.Context(), w.Person(t, "李四"), v); fault.KindOf(err) != fault.Forbidden {
		t.Error("somebody else", err)
	}
	g, side, err := w.Licensing.Grant(t.Context(), citizen, a.Grant)
	if err != nil || side != licensing.OfApplicant || g.LastDay().Format(time.DateOnly) == "" {
		t.Fatalf("grant %+v, %v", g, err)
	}
	w.Set(g.Until.Add(-time.Second))
	if err := may(); err != nil {
		t.Error("in its last second", err)
	}
	w.Set(g.Until)
	if fault.KindOf(may()) != fault.Forbidden {
		t.Error("after its last day", may())
	}
}

// The inbox lists what has waited longest, and how much more there is.
func TestTheInboxSaysHowMuchMoreWaits(t *testing.T) {
	w := licensingtest.New(t)
	d, _ := w.Conditional(t, licensingtest.Tianjin)
	officer := w.Official(t, d.Department, account.Officer)
	first := w.Submitted(t, w.Person(t, "申请人"), d)
	for n := range 51 {
		w.Submitted(t, w.Person(t, fmt.Sprintf("申请人%d", n)), d)
	}
	items, err := w.Licensing.Waiting(t.Context(), officer)
	if err != nil {
		t.Fatal(err)
	}
	if len(items) != 51 || items[0].ID != first.Number || items[50].ID != "all" || items[50].Title.Zh != "数据申请：共 52 件" || items[50].Count() != 2 {
		t.Errorf("%d items, from %s to %s %q", len(items), items[0].ID, items[len(items)-1].ID, items[len(items)-1].Title.Zh)
	}
}
