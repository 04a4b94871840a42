package operation_test

import (
	"slices"
	"testing"
	"time"

	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
	"shuyuan/licensing/tender"
)

// competed is a tender of a body to operate something, with three bids, that is confirmed: the first has won.
func competed(t *testing.T, w *operationtest.World, authority account.Actor, panel []account.Actor, bidder account.Actor, organisation int64) string {
	t.Helper()
	ctx := t.Context()
	y, month, d := w.Clock().In(datasetstest.China).Date()
	at := func(days, hour int) time.Time {
		return time.Date(y, month, d+1+days, hour, 0, 0, 0, datasetstest.China)
	}
	w.Set(at(0, 10))
	f := tender.Form{
		Kind: tender.Mandate, Method: "公开招标", Title: "公共数据授权运营机构", TitleEN: "Operator of public data", Description: "选定一家运营机构。", Requirements: "已认证的运营机构。",
		Pricing: tender.NoPrice, Criteria: []tender.FormCriterion{{Name: "方案", Weight: "60"}, {Name: "安全", Weight: "40"}},
		Opens: at(0, 11).Format("2006-01-02T15:04"), Closes: at(20, 10).Format("2006-01-02T15:04"), OpeningAt: at(20, 14).Format("2006-01-02T15:04"),
	}
	for _, p := range panel {
		var identifier string
		if err := w.Pool.QueryRow(ctx, `SELECT identifier FROM users WHERE id = $1`, p.ID).Scan(&identifier); err != nil {
			t.Fatal(err)
		}
		f.Panel = append(f.Panel, identifier)
	}
	x, err := w.Tenders.Write(ctx, authority, f)
	if err != nil {
		t.Fatal(err)
	}
	number := x.Number
	view := func(who account.Actor) *tender.View {
		t.Helper()
		v, err := w.Tenders.One(ctx, who, number)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	move := func(step tender.Step) {
		t.Helper()
		step.Revision = view(authority).Revision
		if _, err := w.Tenders.Move(ctx, authority, number, step); err != nil {
			t.Fatalf("%s: %v", step.Action, err)
		}
	}
	closing, opening := at(1, 9), at(20, 15)
	move(tender.Step{Action: tender.Announce})
	w.Set(closing)
	seal := func(who account.Actor, organisation int64) {
		t.Helper()
		if _, err := w.Tenders.Seal(ctx, who, number, tender.Sealing{Organisation: organisation, Way: tender.Kept, Offer: tender.Offer{Proposal: "运营方案"}, Nonce: tender.NewNonce()}); err != nil {
			t.Fatal(err)
		}
	}
	seal(bidder, organisation)
	for range 2 { // who lose
		who := w.Person(t, "示例投标负责人")
		code := w.Code()
		seal(who, w.Organisation(t, who, "示例投标"+code, code))
	}
	w.Set(opening)
	if err := w.Tenders.Tick(ctx); err != nil {
		t.Fatal(err)
	}
	var marks []tender.Given
	for i, b := range view(authority).Bids {
		if _, err := w.Tenders.Examine(ctx, authority, number, view(authority).Revision, b.ID, true, ""); err != nil {
			t.Fatal(err)
		}
		marks = append(marks, tender.Given{Bid: b.ID, Marks: []int{50 - i, 30}, Words: "可行"})
	}
	for _, p := range panel {
		if _, err := w.Tenders.Declare(ctx, p, number, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Tenders.Hand(ctx, p, number, marks); err != nil {
			t.Fatal(err)
		}
	}
	move(tender.Step{Action: tender.Notice, Words: "示例：一家有效，综合评分第一。"})
	w.Set(w.Clock().AddDate(0, 0, 30))
	move(tender.Step{Action: tender.Confirm})
	return number
}

// A tender of this platform whose result is confirmed chooses the operator: whoever won
// it, once, and nobody who does not operate.
func TestATenderChoosesTheOperator(t *testing.T) {
	w := operationtest.New(t)
	w.Day(t, "2026-03-02")
	ctx := t.Context()
	d, _ := w.Conditional(t, licensingtest.Fujian)
	m := &operationtest.Mandate{Operator: w.Operator(t, "示例运营负责人")}
	m.Body, m.Authority, m.Deputy = w.Body(t)
	m.Organisation = w.Organisation(t, m.Operator, "示例数据运营有限公司", w.Code())
	panel := []account.Actor{w.Official(t, m.Body, account.Head), w.Official(t, m.Body, account.Head), w.Official(t, m.Body, account.Head)}
	number := competed(t, w, m.Authority, panel, m.Operator, m.Organisation)
	user := w.Person(t, "示例用数单位")
	other := competed(t, w, m.Authority, panel, user, w.Organisation(t, user, "示例用数有限公司", w.Code()))
	elsewhere, theirs, _ := w.Body(t)
	p := w.Plan(t, m.Authority, m.Deputy, operationtest.PlanForm(operationtest.Scope(d)))
	award := func(who account.Actor, p *operation.Plan, number string) error {
		_, err := w.Operation.RecordAward(ctx, who, p.Number, p.Revision, operation.NewAward{Tender: number})
		return err
	}
	v, err := w.Operation.PlanOf(ctx, m.Authority, p.Number)
	if err != nil || len(v.Tenders) != 2 || v.Tenders[1].Number != number || v.Tenders[1].Winner != m.Organisation || v.Tenders[1].Bidders != 3 {
		t.Fatalf("offered: %+v %v", v.Tenders, err)
	}
	for name, of := range map[string]string{"none": "TD-2026-999999", "no number": "x", "won by one that uses data": other} {
		if err := award(m.Authority, p, of); fault.KindOf(err) != fault.Invalid || fieldOf(err) != "tender" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := award(m.Operator, p, number); fault.KindOf(err) != fault.NotFound {
		t.Errorf("by the operator: %v", err)
	}
	if _, err := w.Pool.Exec(ctx, `UPDATE organisations SET suspended_at = $2, suspended_reason = 'x' WHERE id = $1`, m.Organisation, w.Clock()); err != nil {
		t.Fatal(err)
	}
	if err := award(m.Authority, p, number); fieldOf(err) != "tender" {
		t.Errorf("a winner that is suspended: %v", err)
	}
	if _, err := w.Pool.Exec(ctx, `UPDATE organisations SET suspended_at = NULL, suspended_reason = '' WHERE id = $1`, m.Organisation); err != nil {
		t.Fatal(err)
	}
	if n := race(t, func() error { return award(m.Authority, p, number) }, func() error { return award(m.Deputy, p, number) }); n != 1 {
		t.Fatalf("%d awards", n)
	}
	if v, err = w.Operation.PlanOf(ctx, m.Authority, p.Number); err != nil {
		t.Fatal(err)
	}
	if a := v.Award; a == nil || a.Tender != number || a.Winner.ID != m.Organisation || a.Way != "open_tender" || a.Candidates != 3 || a.Words == "" {
		t.Errorf("%+v", a)
	}
	second := w.Plan(t, m.Authority, m.Deputy, planOf(operationtest.Scope(d)))
	if err := award(m.Authority, second, number); fieldOf(err) != "tender" {
		t.Errorf("a second plan by the same tender: %v", err)
	}
	if v, err = w.Operation.PlanOf(ctx, m.Authority, second.Number); err != nil || slices.ContainsFunc(v.Tenders, func(h tender.Held) bool { return h.Number == number }) {
		t.Errorf("it is offered again: %v %v", v, err)
	}
	far := w.Plan(t, theirs, w.Official(t, elsewhere, account.Authority), planOf(operationtest.Scope(d)))
	if err := award(theirs, far, other); fieldOf(err) != "tender" {
		t.Errorf("a tender of another body: %v", err)
	}
	f := w.AgreementForm(p.Forms...)
	drafted, err := w.Operation.DraftMandate(ctx, m.Authority, p.Number, f)
	if err != nil || drafted.Operator.ID != m.Organisation {
		t.Errorf("%v %v", drafted, err)
	}
}
