package tender_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/tender"
)

// world is a department with somebody who holds tenders, a panel and bidders.
type world struct {
	*licensingtest.World
	*tender.Service
	dataset  *datasets.Dataset
	officer  account.Actor
	officer2 account.Actor
	panel    []account.Actor
	owners   []account.Actor
	bidders  []int64
}

var codes = []string{"91350100M000100Y43", "91350100M000100Y44", "91350100M000100Y45", "91350100M000100Y46", "91350100M000100Y47", "91350100M000100Y48"}

// newWorld begins at ten in the morning of Monday 2 March 2026.
func newWorld(t testing.TB, bidders int) *world {
	t.Helper()
	w := &world{World: licensingtest.New(t)}
	w.Service = w.Tenders
	w.Day(t, "2026-03-02")
	w.dataset, _ = w.Conditional(t, licensingtest.Aba)
	d := w.dataset.Department
	w.officer, w.officer2 = w.Official(t, d, account.Officer), w.Official(t, d, account.Officer)
	for range 3 {
		w.panel = append(w.panel, w.Official(t, d, account.Head))
	}
	for i := range bidders {
		owner := w.Person(t, fmt.Sprintf("示例负责人%d", i+1))
		w.owners, w.bidders = append(w.owners, owner), append(w.bidders, w.Organisation(t, owner, fmt.Sprintf("示例机构%d", i+1), codes[i%len(codes)]))
	}
	return w
}

func (w *world) identifier(t testing.TB, who account.Actor) string {
	t.Helper()
	var out string
	if err := w.Pool.QueryRow(t.Context(), `SELECT identifier FROM users WHERE id = $1`, who.ID).Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// form is one in which nothing is missing.
func (w *world) form(t testing.TB, change ...func(*tender.Form)) tender.Form {
	t.Helper()
	f := tender.Form{
		Kind: tender.DataUse, Method: "公开招标", Title: "监测数据的商业开发", TitleEN: "Commercial use of monitoring data", Description: "用监测数据做日前预报。", Requirements: "已认证的机构，三年内没有违规。",
		Entries: []tender.FormEntry{{Slug: w.dataset.Slug, Columns: "年份、人口"}}, Pricing: tender.Pays, Limit: "100000", PriceWeight: "20",
		Criteria: []tender.FormCriterion{{Name: "方案", Weight: "50", Says: "可行、有用"}, {Name: "安全", Weight: "30"}},
		Opens:    "2026-03-02T11:00", Closes: "2026-03-18T10:00", OpeningAt: "2026-03-18T14:00",
	}
	for _, p := range w.panel {
		f.Panel = append(f.Panel, w.identifier(t, p))
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

func (w *world) move(t testing.TB, who account.Actor, number string, step tender.Step) (*tender.Tender, error) {
	t.Helper()
	v, err := w.One(t.Context(), who, number)
	if err != nil {
		return nil, err
	}
	step.Revision = v.Revision
	return w.Move(t.Context(), who, number, step)
}

func (w *world) done(t testing.TB, number string, step tender.Step) *tender.Tender {
	t.Helper()
	x, err := w.move(t, w.officer, number, step)
	if err != nil {
		t.Fatalf("%s: %v", step.Action, err)
	}
	return x
}

// announced is a tender that takes bids from eleven.
func (w *world) announced(t testing.TB, change ...func(*tender.Form)) string {
	t.Helper()
	x, err := w.Write(t.Context(), w.officer, w.form(t, change...))
	if err != nil {
		t.Fatal(err)
	}
	w.done(t, x.Number, tender.Step{Action: tender.Announce})
	return x.Number
}

func at(day, hour, minute, second int) time.Time {
	return time.Date(2026, time.March, day, hour, minute, second, 0, time.FixedZone("", 8*3600))
}

func yuan(n int64) *int64 { n *= 100; return &n }

func (w *world) offer(i int) tender.Offer {
	return tender.Offer{Amount: yuan(int64(200000 + 50000*i)), Proposal: fmt.Sprintf("方案 %d：提前一日预报。", i+1)}
}

func (w *world) seal(t testing.TB, number string, i int) *tender.Bid {
	t.Helper()
	b, err := w.Seal(t.Context(), w.owners[i], number, tender.Sealing{Organisation: w.bidders[i], Way: tender.Kept, Offer: w.offer(i), Nonce: tender.NewNonce()})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// view is a tender as somebody sees it.
func (w *world) view(t testing.TB, who account.Actor, number string) *tender.View {
	t.Helper()
	v, err := w.One(t.Context(), who, number)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// opened is a tender of which bids of all bidders were opened and admitted.
func (w *world) opened(t testing.TB, number string) {
	t.Helper()
	w.Set(at(2, 11, 0, 0))
	for i := range w.bidders {
		w.seal(t, number, i)
	}
	w.Set(at(18, 14, 0, 0))
	w.admit(t, number)
}

func (w *world) admit(t testing.TB, number string) {
	t.Helper()
	for _, b := range w.view(t, w.officer, number).Bids {
		if b.State != tender.Revealed {
			continue
		}
		if _, err := w.Examine(t.Context(), w.officer, number, w.view(t, w.officer, number).Revision, b.ID, true, ""); err != nil {
			t.Fatal(err)
		}
	}
}

// hand declares no interest and hands in marks: of bid k, in the order of sealing, the
// weights less what marks says.
func (w *world) hand(t testing.TB, number string, p int, less ...int) {
	t.Helper()
	v := w.view(t, w.panel[p], number)
	if v.Member.Declared == nil {
		if _, err := w.Declare(t.Context(), w.panel[p], number, ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Hand(t.Context(), w.panel[p], number, given(v, less...)); err != nil {
		t.Fatal(err)
	}
}

func given(v *tender.View, less ...int) (all []tender.Given) {
	for k, b := range v.Bids {
		if b.State != tender.Valid {
			continue
		}
		g := tender.Given{Bid: b.ID, Words: "可行"}
		for i, c := range v.Scored() {
			m := c.Weight
			if i == 0 {
				m -= less[k%len(less)]
			}
			g.Marks = append(g.Marks, m)
		}
		all = append(all, g)
	}
	return all
}

func (w *world) asks(t testing.TB, who account.Actor) (asks []string) {
	t.Helper()
	items, err := w.Waiting(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		asks = append(asks, i.Ask)
	}
	return asks
}

// From the draft to the contract: nobody reads a bid before the opening, each scores
// alone, the best wins.
func TestATenderFromItsDraftToItsContract(t *testing.T) {
	w := newWorld(t, 3)
	ctx, visitor := t.Context(), account.Actor{}
	x, err := w.Write(ctx, w.officer, w.form(t, func(f *tender.Form) { f.About = "SQ-2026-000001" }))
	if err != nil {
		t.Fatal(err)
	}
	about := func(number string, kind tender.Kind, body int64) []tender.Standing {
		t.Helper()
		all, err := tender.About(ctx, w.Pool, kind, number, body)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if all := about("SQ-2026-000001", tender.DataUse, w.officer.Department); len(all) != 0 {
		t.Errorf("a draft is about something: %+v", all)
	}
	if x.Number != "TD-2026-000001" || x.Method != "公开招标" || !x.Rule.House {
		t.Errorf("%s by %s (%v)", x.Number, x.Method, x.Rule.Cite)
	}
	if _, err := w.One(ctx, visitor, x.Number); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a draft is public: %v", err)
	}
	w.done(t, x.Number, tender.Step{Action: tender.Announce})
	number := x.Number
	if _, err := w.Seal(ctx, w.owners[0], number, tender.Sealing{Organisation: w.bidders[0], Way: tender.Kept, Offer: w.offer(0), Nonce: tender.NewNonce()}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("before it begins: %v", err)
	}
	w.Set(at(2, 11, 0, 0))
	var receipts []*tender.Bid
	for i := range w.bidders {
		receipts = append(receipts, w.seal(t, number, i))
	}
	for name, who := range map[string]account.Actor{"a visitor": visitor, "who organises": w.officer, "the panel": w.panel[0], "another bidder": w.owners[1], "the regulator": w.Regulator(t)} {
		v := w.view(t, who, number)
		for _, b := range v.Bids {
			if b.Bidder != "" || b.Code != "" || b.Canonical != "" || b.Nonce != "" || b.Amount != nil || b.Organisation != 0 || b.SealedBy != "" {
				t.Errorf("%s is told of %+v", name, b)
			}
		}
		if len(v.Bids) != 3 || v.Bids[0].Commitment != receipts[0].Commitment {
			t.Errorf("%s sees %d seals", name, len(v.Bids))
		}
	}
	w.Set(at(18, 13, 59, 59))
	if v := w.view(t, visitor, number); v.State != tender.Closed || v.OpenedAt != nil {
		t.Errorf("a second before the opening: %s", v.State)
	}
	w.Set(at(18, 14, 0, 0))
	v := w.view(t, visitor, number)
	if v.State != tender.Opened || v.Bids[0].Bidder != "示例机构1" || *v.Bids[0].Amount != 20000000 || v.Bids[0].Canonical != "" || v.Bids[0].Nonce != "" {
		t.Fatalf("opened: %s %+v", v.State, v.Bids[0])
	}
	if v := w.view(t, w.owners[0], number); v.Bids[0].Proposal() != "方案 1：提前一日预报。" || v.Bids[1].Canonical != "" || tender.Commitment(v.Bids[0].Nonce, v.Bids[0].Canonical) != receipts[0].Commitment {
		t.Errorf("a bidder reads %+v", v.Bids)
	}
	if v := w.view(t, w.panel[0], number); v.Bids[0].Canonical != "" {
		t.Error("the panel reads before it declares that it has no interest")
	}
	if got := w.asks(t, w.officer); len(got) != 1 || !strings.Contains(got[0], "请审查投标") {
		t.Errorf("whoever organises is asked %v", got)
	}
	w.admit(t, number)
	w.hand(t, number, 0, 10, 5, 0)
	if v := w.view(t, w.panel[1], number); v.Bids[0].Scores != nil || v.Bids[0].Marks != nil || v.Panel == nil {
		t.Errorf("the marks of another: %+v", v.Bids[0])
	}
	if v := w.view(t, w.officer, number); v.Bids[0].Scores != nil || v.State != tender.Opened {
		t.Errorf("whoever organises sees marks before all are in")
	}
	w.hand(t, number, 1, 11, 5, 0)
	if _, err := w.Hand(ctx, w.panel[1], number, given(w.view(t, w.panel[1], number), 0, 0, 0)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("marks are changed: %v", err)
	}
	w.hand(t, number, 2, 12, 6, 1)
	v = w.view(t, w.officer, number)
	if v.State != tender.Evaluated || v.Bids[0].Bidder != "示例机构3" || *v.Bids[0].Total != 7967+2000 || *v.Bids[2].Total != 6900+1333 || *v.Bids[1].Price != 1667 || v.Bids[0].Criteria[0] != 4967 {
		t.Fatalf("%s %+v", v.State, v.Bids)
	}
	if v := w.view(t, visitor, number); v.Bids[0].Total != nil || v.Bids[0].Bidder != "示例机构1" {
		t.Error("the result is known before its notice, by its order at least")
	}
	if _, err := w.move(t, w.officer, number, tender.Step{Action: tender.Notice}); fault.Of(err).Field != "report" {
		t.Errorf("no report: %v", err)
	}
	w.done(t, number, tender.Step{Action: tender.Notice, Words: "三家有效，机构3 的方案最好。"})
	if v := w.view(t, visitor, number); v.State != tender.AwardNotice || v.Clock.Last.Format(time.DateOnly) != "2026-03-25" || v.Bids[0].Bidder != "示例机构3" || v.Panel == nil {
		t.Errorf("notice: %s by %v", v.State, v.Clock)
	}
	if _, err := w.move(t, w.officer, number, tender.Step{Action: tender.Confirm}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("confirmed within the window: %v", err)
	}
	held := func() []tender.Held {
		t.Helper()
		all, err := tender.HeldBy(ctx, w.Pool, w.officer.Department, tender.DataUse, number)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if len(held()) != 0 {
		t.Error("somebody has won already")
	}
	if all := about("SQ-2026-000001", tender.DataUse, w.officer.Department); len(all) != 1 || all[0].Winner != 0 || all[0].State != tender.AwardNotice {
		t.Errorf("during the notice: %+v", all)
	}
	w.Set(at(26, 0, 0, 0))
	stale := w.officer
	stale.Confirmed = time.Time{}
	for _, act := range []tender.Action{tender.Confirm, tender.Contract, tender.Cancel} {
		if _, err := w.move(t, stale, number, tender.Step{Action: act, Words: "示例"}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s by who did not show anew who they are: %v", act, err)
		}
	}
	w.done(t, number, tender.Step{Action: tender.Confirm})
	if won := held(); len(won) != 1 || won[0].Winner != w.bidders[2] {
		t.Errorf("won: %+v", won)
	}
	if all := about("SQ-2026-000001", tender.DataUse, w.officer.Department); len(all) != 1 || all[0].Winner != w.bidders[2] || all[0].Name != "示例机构3" || all[0].Number != number {
		t.Errorf("confirmed: %+v", all)
	}
	if others := slices.Concat(about("SQ-2026-000001", tender.Scenario, w.officer.Department), about("SQ-2026-000001", tender.DataUse, w.officer.Department+1), about("", tender.DataUse, w.officer.Department)); len(others) != 0 {
		t.Errorf("of another kind, of another body, about nothing: %+v", others)
	}
	x = w.done(t, number, tender.Step{Action: tender.Contract, Words: "合同 2026-7，4 月 1 日签"})
	if x.State != tender.Contracted || x.Clock != nil {
		t.Errorf("%s", x.State)
	}
	if v := w.view(t, visitor, number); len(v.Events) < 10 || v.Bids[0].State != tender.Won || v.Bids[1].State != tender.Lost {
		t.Errorf("%d events, %s", len(v.Events), v.Bids[0].State)
	}
	for _, who := range []account.Actor{w.officer, w.panel[0], w.owners[0]} {
		if got := w.asks(t, who); len(got) != 0 {
			t.Errorf("still waits: %v", got)
		}
	}
}

// The method is the text's where one names it, and else the platform's.
func TestTheMethodIsOfTheTextInForce(t *testing.T) {
	w := newWorld(t, 0)
	in := at(2, 10, 0, 0)
	for _, c := range []struct {
		profile string
		kind    tender.Kind
		at      time.Time
		rule    string
		house   bool
	}{
		{licensingtest.Aba, tender.DataUse, in.AddDate(-4, 0, 0), "open.commercial_use", false},
		{licensingtest.Aba, tender.Scenario, in.AddDate(-4, 0, 0), "open.commercial_use", false},
		{licensingtest.Aba, tender.DataUse, in, "application_commercial", true}, // it has lapsed
		{licensingtest.Tianjin, tender.DataUse, in, "application_commercial", true},
		{licensingtest.Anshan, tender.DataUse, in, "application_commercial", true},
		{licensingtest.Fujian, tender.Mandate, in, "tender_methods", true},
		{"", tender.Supply, in, "tender_methods", true},
	} {
		m := w.MethodOn(c.profile, c.kind, c.at)
		if m.Path != c.rule || m.Rule.House != c.house || len(m.Ways) != 2 || m.Ways[0].Zh != "公开招标" {
			t.Errorf("%s %s: %+v", c.profile, c.kind, m)
		}
	}
}

// What is no tender is refused at its field, and leaves nothing behind.
func TestWhatIsNoTender(t *testing.T) {
	w := newWorld(t, 0)
	for name, c := range map[string]struct {
		field  string
		change func(*tender.Form)
	}{
		"weights below 100":        {"criteria", func(f *tender.Form) { f.PriceWeight = "19" }},
		"weights above 100":        {"criteria", func(f *tender.Form) { f.PriceWeight = "21" }},
		"a weight of 0":            {"criteria", func(f *tender.Form) { f.Criteria[0].Weight = "0" }},
		"no number":                {"criteria", func(f *tender.Form) { f.Criteria[0].Weight = "半" }},
		"no criterion":             {"criteria", func(f *tender.Form) { f.Criteria, f.PriceWeight = nil, "100" }},
		"a criterion twice":        {"criteria", func(f *tender.Form) { f.Criteria[1].Name = "方案" }},
		"without a name":           {"criteria", func(f *tender.Form) { f.Criteria[1].Name = " " }},
		"closing before opening":   {"closes", func(f *tender.Form) { f.Closes = "2026-03-02T10:59" }},
		"opened before closing":    {"opening_at", func(f *tender.Form) { f.OpeningAt = "2026-03-18T09:59" }},
		"opened far later":         {"opening_at", func(f *tender.Form) { f.OpeningAt = "2026-03-21T10:01" }},
		"no time":                  {"opens", func(f *tender.Form) { f.Opens = "tomorrow" }},
		"no title":                 {"title", func(f *tender.Form) { f.Title = "" }},
		"a control character":      {"description", func(f *tender.Form) { f.Description = "a\x00b" }},
		"too long":                 {"requirements", func(f *tender.Form) { f.Requirements = strings.Repeat("长", 4001) }},
		"no entry":                 {"entries", func(f *tender.Form) { f.Entries = nil }},
		"an entry not there":       {"entries", func(f *tender.Form) { f.Entries[0].Slug = "none" }},
		"a method not named":       {"method", func(f *tender.Form) { f.Method = "抽签" }},
		"a kind not there":         {"kind", func(f *tender.Form) { f.Kind = "gift" }},
		"no price but a limit":     {"limit", func(f *tender.Form) { f.Pricing = tender.NoPrice }},
		"a price without weight":   {"price_weight", func(f *tender.Form) { f.PriceWeight = "" }},
		"a limit of nothing":       {"limit", func(f *tender.Form) { f.Limit = "0" }},
		"a limit in words":         {"limit", func(f *tender.Form) { f.Limit = "十万" }},
		"half a fen":               {"limit", func(f *tender.Form) { f.Limit = "1.005" }},
		"somebody without account": {"panel", func(f *tender.Form) { f.Panel[0] = "nobody@people.example" }},
		"no address":               {"panel", func(f *tender.Form) { f.Panel[0] = "x" }},
	} {
		if _, err := w.Write(t.Context(), w.officer, w.form(t, c.change)); fault.Of(err).Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, who := range map[string]account.Actor{"a visitor": {}, "the head": w.panel[0], "the regulator": w.Regulator(t), "an operator": {ID: 9, Name: "x", Roles: []account.Role{account.Operator}, Side: account.Operate}, "a key": {ID: w.officer.ID, Roles: w.officer.Roles, Department: w.officer.Department, Key: "k"}} {
		if _, err := w.Write(t.Context(), who, w.form(t)); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s writes one: %v", name, err)
		}
	}
	var n int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM tenders`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d tenders, %v", n, err)
	}
	for name, c := range map[string]struct {
		field  string
		change func(*tender.Form)
	}{
		"closes too soon":   {"closes", func(f *tender.Form) { f.Closes, f.OpeningAt = "2026-03-15T10:00", "2026-03-15T10:00" }},
		"closes too late":   {"closes", func(f *tender.Form) { f.Closes, f.OpeningAt = "2026-08-15T10:00", "2026-08-15T10:00" }},
		"opens in the past": {"opens", func(f *tender.Form) { f.Opens = "2026-03-02T09:59" }},
		"two to score":      {"panel", func(f *tender.Form) { f.Panel = f.Panel[:2] }},
		"one of them twice": {"panel", func(f *tender.Form) { f.Panel[2] = f.Panel[1] }},
	} {
		x, err := w.Write(t.Context(), w.officer, w.form(t, c.change))
		if err != nil {
			t.Fatal(name, err)
		}
		if _, err := w.move(t, w.officer, x.Number, tender.Step{Action: tender.Announce}); fault.Of(err).Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	x, err := w.Write(t.Context(), w.officer, w.form(t, func(f *tender.Form) { f.Closes = "2026-03-16T00:00"; f.OpeningAt = f.Closes })) // ten working days after the 2nd
	if err != nil {
		t.Fatal(err)
	}
	w.done(t, x.Number, tender.Step{Action: tender.Announce})
	if _, err := w.Rewrite(t.Context(), w.officer, x.Number, w.view(t, w.officer, x.Number).Revision, w.form(t)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("changed after its announcement: %v", err)
	}
	if _, err := w.Move(t.Context(), w.officer, x.Number, tender.Step{Action: tender.Cancel, Words: "x", Revision: 1}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("on an old page: %v", err)
	}
}

// What is no bid is refused: late, copied, forged, by whoever may not.
func TestWhatIsNoBid(t *testing.T) {
	w := newWorld(t, 4)
	ctx := t.Context()
	number := w.announced(t)
	w.Set(at(2, 11, 0, 0))
	first := w.seal(t, number, 0)
	kept := func(i int, change ...func(*tender.Sealing)) error {
		n := tender.Sealing{Organisation: w.bidders[i], Way: tender.Kept, Offer: w.offer(i), Nonce: tender.NewNonce()}
		for _, c := range change {
			c(&n)
		}
		_, err := w.Seal(ctx, w.owners[i], number, n)
		return err
	}
	for name, c := range map[string]struct {
		field  string
		change func(*tender.Sealing)
	}{
		"below the floor":         {"amount", func(n *tender.Sealing) { n.Offer.Amount = yuan(99999) }},
		"no amount":               {"amount", func(n *tender.Sealing) { n.Offer.Amount = nil }},
		"no proposal":             {"proposal", func(n *tender.Sealing) { n.Offer.Proposal = " \n" }},
		"too long":                {"proposal", func(n *tender.Sealing) { n.Offer.Proposal = strings.Repeat("长", 5001) }},
		"a control character":     {"proposal", func(n *tender.Sealing) { n.Offer.Proposal = "a\x00" }},
		"a forged nonce":          {"nonce", func(n *tender.Sealing) { n.Nonce = "1234" }},
		"another's seal":          {"commitment", func(n *tender.Sealing) { n.Commitment = first.Commitment }},
		"another's seal, own way": {"commitment", func(n *tender.Sealing) { n.Way, n.Commitment = tender.Own, first.Commitment }},
		"no seal":                 {"commitment", func(n *tender.Sealing) { n.Way, n.Commitment = tender.Own, "x" }},
		"no way":                  {"way", func(n *tender.Sealing) { n.Way = "" }},
	} {
		if err := kept(1, c.change); fault.Of(err).Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := kept(1, func(n *tender.Sealing) { n.Organisation = w.bidders[0] }); fault.KindOf(err) != fault.NotFound {
		t.Errorf("for another's organisation: %v", err)
	}
	member := w.Person(t, "示例成员")
	w.Join(t, w.bidders[1], member, account.Member)
	stale := w.owners[1]
	stale.Confirmed = w.Clock().AddDate(-1, 0, 0)
	for name, who := range map[string]account.Actor{"a member who signs nothing": member, "not shown anew": stale, "a key": {ID: w.owners[1].ID, Key: "k", Side: account.Use}} {
		if _, err := w.Seal(ctx, who, number, tender.Sealing{Organisation: w.bidders[1], Way: tender.Kept, Offer: w.offer(1), Nonce: tender.NewNonce()}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Pool.Exec(ctx, `UPDATE organisations SET suspended_at = $1, suspended_reason = '查' WHERE id = $2`, w.Clock(), w.bidders[3]); err != nil {
		t.Fatal(err)
	}
	if err := kept(3); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("suspended: %v", err)
	}
	// the same form again is the same bid; another bid replaces it, once
	n := tender.Sealing{Organisation: w.bidders[1], Way: tender.Kept, Offer: w.offer(1), Nonce: tender.NewNonce()}
	one, err := w.Seal(ctx, w.owners[1], number, n)
	if err != nil {
		t.Fatal(err)
	}
	if two, err := w.Seal(ctx, w.owners[1], number, n); err != nil || two.ID != one.ID {
		t.Errorf("the same again: %v", err)
	}
	if err := kept(1); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Seal(ctx, w.owners[1], number, n); fault.Of(err).Field != "commitment" {
		t.Errorf("a seal that was withdrawn is used again: %v", err)
	}
	if v := w.view(t, w.owners[1], number); len(v.Bids) != 2 || v.Withdrawn != 1 || len(v.Mine) != 2 || v.Mine[1].State != tender.Withdrawn {
		t.Errorf("%d bids, %d withdrawn, %d mine", len(v.Bids), v.Withdrawn, len(v.Mine))
	}
	if err := w.Withdraw(ctx, w.owners[1], number, w.bidders[1]); err != nil {
		t.Error(err)
	}
	if err := w.Withdraw(ctx, w.owners[1], number, w.bidders[1]); fault.KindOf(err) != fault.NotFound {
		t.Errorf("withdrawn twice: %v", err)
	}
	// the same seal in another tender
	other := w.announced(t, func(f *tender.Form) {
		f.Opens, f.Closes, f.OpeningAt = "2026-03-02T12:00", "2026-03-18T10:00", "2026-03-18T14:00"
	})
	w.Set(at(2, 12, 0, 0))
	if _, err := w.Seal(ctx, w.owners[1], other, tender.Sealing{Organisation: w.bidders[1], Way: tender.Own, Commitment: first.Commitment}); fault.Of(err).Field != "commitment" {
		t.Errorf("replayed in another tender: %v", err)
	}
	w.Set(at(18, 9, 59, 59))
	if err := kept(2); err != nil {
		t.Errorf("in the last second: %v", err)
	}
	w.Set(at(18, 10, 0, 0))
	if err := kept(1); fault.KindOf(err) != fault.Conflict {
		t.Errorf("at the closing: %v", err)
	}
	if err := w.Withdraw(ctx, w.owners[0], number, w.bidders[0]); fault.KindOf(err) != fault.Conflict {
		t.Errorf("withdrawn after the closing: %v", err)
	}
}

// Whoever trusts no server keeps the bid and reveals it: what was sealed and nothing
// else, in time, or it counts for nothing.
func TestABidThatItsBidderKeeps(t *testing.T) {
	w := newWorld(t, 3)
	ctx := t.Context()
	number := w.announced(t)
	w.Set(at(2, 11, 0, 0))
	w.seal(t, number, 0)
	nonces := []string{"", tender.NewNonce(), tender.NewNonce()}
	for i := 1; i < 3; i++ {
		if _, err := w.Seal(ctx, w.owners[i], number, tender.Sealing{Organisation: w.bidders[i], Way: tender.Own, Commitment: tender.Commitment(nonces[i], tender.Canonical(number, codes[i], w.offer(i)))}); err != nil {
			t.Fatal(err)
		}
	}
	reveal := func(i int, o tender.Offer, nonce string) error {
		_, err := w.RevealOwn(ctx, w.owners[i], number, w.bidders[i], o, nonce)
		return err
	}
	w.Set(at(18, 13, 59, 59))
	if err := reveal(1, w.offer(1), nonces[1]); fault.KindOf(err) != fault.Conflict {
		t.Errorf("before the opening: %v", err)
	}
	w.Set(at(18, 14, 0, 0))
	if got := w.asks(t, w.owners[1]); len(got) != 0 { // nobody has opened it yet
		t.Errorf("asked %v", got)
	}
	if err := w.Tick(ctx); err != nil {
		t.Fatal(err)
	}
	if got := w.asks(t, w.owners[1]); len(got) != 1 {
		t.Errorf("asked %v", got)
	}
	better := w.offer(1)
	better.Amount = yuan(900000)
	for name, err := range map[string]error{"another amount": reveal(1, better, nonces[1]), "another nonce": reveal(1, w.offer(1), nonces[2]), "another's bid": reveal(1, w.offer(2), nonces[2]), "no nonce": reveal(1, w.offer(1), "")} {
		if fault.Of(err).Field != "nonce" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := reveal(0, w.offer(0), nonces[1]); fault.KindOf(err) != fault.Conflict {
		t.Errorf("what the server kept: %v", err)
	}
	w.Set(at(18, 15, 59, 59))
	if err := reveal(1, w.offer(1), nonces[1]); err != nil {
		t.Errorf("in time: %v", err)
	}
	if err := reveal(1, w.offer(1), nonces[1]); fault.KindOf(err) != fault.Conflict {
		t.Errorf("twice: %v", err)
	}
	w.Set(at(18, 16, 0, 0))
	if err := reveal(2, w.offer(2), nonces[2]); fault.KindOf(err) != fault.Conflict {
		t.Errorf("too late: %v", err)
	}
	v := w.view(t, w.officer, number)
	states := map[string]tender.BidState{}
	for _, b := range v.Bids {
		states[b.Bidder] = b.State
	}
	if states["示例机构1"] != tender.Revealed || states["示例机构2"] != tender.Revealed || states["示例机构3"] != tender.Invalid {
		t.Errorf("%v", states)
	}
	// revealed in order, and beyond what the tender allows
	w2 := newWorld(t, 3)
	number = w2.announced(t)
	w2.Set(at(2, 11, 0, 0))
	w2.seal(t, number, 0)
	w2.seal(t, number, 1)
	low := tender.Offer{Amount: yuan(1), Proposal: "便宜"}
	if _, err := w2.Seal(ctx, w2.owners[2], number, tender.Sealing{Organisation: w2.bidders[2], Way: tender.Own, Commitment: tender.Commitment(nonces[2], tender.Canonical(number, codes[2], low))}); err != nil {
		t.Fatal(err)
	}
	w2.Set(at(18, 14, 0, 0))
	w2.view(t, w2.officer, number)
	if b, err := w2.RevealOwn(ctx, w2.owners[2], number, w2.bidders[2], low, nonces[2]); err != nil || b.State != tender.Invalid || b.Reason != "报价低于底价。" {
		t.Errorf("below the floor: %+v, %v", b, err)
	}
}

// A challenge is dismissed with reasons, or sends the award back; whoever scored
// answers none; the window is one of working days.
func TestAnAwardIsChallenged(t *testing.T) {
	w := newWorld(t, 3)
	ctx := t.Context()
	w.officer2.Roles = append(w.officer2.Roles, account.Head)
	number := w.announced(t, func(f *tender.Form) { f.Panel = append(f.Panel, w.identifier(t, w.officer2)) })
	w.panel = append(w.panel, w.officer2)
	w.opened(t, number)
	for p := range w.panel {
		w.hand(t, number, p, 0, 5, 10)
	}
	object := func(i int, grounds string) error {
		_, err := w.Object(ctx, w.owners[i], number, w.bidders[i], grounds)
		return err
	}
	if err := object(0, "x"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("before the notice: %v", err)
	}
	w.done(t, number, tender.Step{Action: tender.Notice, Words: "报告"})
	if err := object(1, ""); fault.Of(err).Field != "grounds" {
		t.Errorf("without grounds: %v", err)
	}
	for i := range 2 {
		if err := object(i, "安全一项没有看附件。"); err != nil {
			t.Fatal(err)
		}
		if err := object(i, "再说一次"); fault.KindOf(err) != fault.Conflict {
			t.Errorf("twice: %v", err)
		}
	}
	if got := w.asks(t, w.officer); len(got) != 1 || !strings.Contains(got[0], "请答复") {
		t.Errorf("asked %v", got)
	}
	of := func(k int) int64 { return w.view(t, w.officer, number).Challenges[k].ID }
	if _, err := w.move(t, w.officer2, number, tender.Step{Action: tender.Dismiss, Challenge: of(0), Words: "看了"}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who scored answers: %v", err)
	}
	if _, err := w.move(t, w.officer, number, tender.Step{Action: tender.Dismiss, Challenge: of(0)}); fault.Of(err).Field != "answer" {
		t.Errorf("without reasons: %v", err)
	}
	if x := w.done(t, number, tender.Step{Action: tender.Dismiss, Challenge: of(0), Words: "附件都看了。"}); x.State != tender.Challenged {
		t.Errorf("one is left: %s", x.State)
	}
	if x := w.done(t, number, tender.Step{Action: tender.Dismiss, Challenge: of(1), Words: "附件都看了。"}); x.State != tender.AwardNotice || x.Clock.Last.Format(time.DateOnly) != "2026-03-25" {
		t.Errorf("all are answered: %s by %v", x.State, x.Clock)
	}
	w.Set(at(25, 23, 59, 59))
	if err := object(2, "报价算错了。"); err != nil {
		t.Fatalf("in the last second: %v", err)
	}
	if x := w.done(t, number, tender.Step{Action: tender.SendBack, Challenge: of(2), Words: "重新评审。"}); x.State != tender.Evaluated || !x.SentBack {
		t.Errorf("sent back: %s", x.State)
	}
	w.done(t, number, tender.Step{Action: tender.Rescore, Words: "三份都重评。"})
	for p := range w.panel {
		w.hand(t, number, p, 10, 5, 0)
	}
	w.done(t, number, tender.Step{Action: tender.Notice, Words: "第二份报告"})
	v := w.view(t, account.Actor{}, number)
	if v.State != tender.AwardNotice || v.Bids[0].Bidder != "示例机构3" || v.SentBack || len(v.Bids[0].Scores) != 4 || v.Clock.Last.Format(time.DateOnly) != "2026-04-01" {
		t.Errorf("%s %s by %v, %d scores", v.State, v.Bids[0].Bidder, v.Clock, len(v.Bids[0].Scores))
	}
	w.Set(at(33, 0, 0, 0))
	if err := object(0, "太晚"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("after the window: %v", err)
	}
	if x := w.done(t, number, tender.Step{Action: tender.Confirm}); x.State != tender.Awarded {
		t.Errorf("%s", x.State)
	}
	// cancelled after all: nobody has won
	w.done(t, number, tender.Step{Action: tender.Cancel, Words: "中选人放弃。"})
	if won, err := tender.HeldBy(ctx, w.Pool, w.officer.Department, tender.DataUse, number); len(won) != 0 || err != nil {
		t.Errorf("a cancelled tender has a winner: %+v, %v", won, err)
	}
}

// Too few bidders: the tender fails, nobody reads what was bid, and it is announced
// again with a key of its own.
func TestATenderFailsAndIsAnnouncedAgain(t *testing.T) {
	w := newWorld(t, 3)
	ctx := t.Context()
	number := w.announced(t)
	w.Set(at(2, 11, 0, 0))
	w.seal(t, number, 0)
	w.seal(t, number, 1)
	w.Set(at(18, 14, 0, 0))
	if err := w.Tick(ctx); err != nil {
		t.Fatal(err)
	}
	v := w.view(t, account.Actor{}, number)
	if v.State != tender.Failed || v.OpenedAt != nil || len(v.Bids) != 0 {
		t.Errorf("%s, %d bids", v.State, len(v.Bids))
	}
	var kept int
	if err := w.Pool.QueryRow(ctx, `SELECT count(*) FROM tender_bids WHERE locked IS NOT NULL OR nonce IS NOT NULL OR amount_minor IS NOT NULL`).Scan(&kept); err != nil || kept != 0 {
		t.Errorf("%d bids can still be read, %v", kept, err)
	}
	if _, err := w.Rewrite(ctx, w.officer, number, v.Revision, w.form(t, func(f *tender.Form) {
		f.Opens, f.Closes, f.OpeningAt = "2026-03-18T15:00", "2026-04-03T10:00", "2026-04-03T10:00"
	})); err != nil {
		t.Fatal(err)
	}
	w.done(t, number, tender.Step{Action: tender.Announce})
	w.Set(at(18, 15, 0, 0))
	for i := range 3 {
		w.seal(t, number, i)
	}
	w.Set(at(34, 10, 0, 0))
	if v := w.view(t, w.officer, number); v.State != tender.Opened || len(v.Bids) != 3 || v.Round != 2 {
		t.Errorf("%s, %d bids, round %d", v.State, len(v.Bids), v.Round)
	}
	// none of them is valid
	for _, b := range w.view(t, w.officer, number).Bids {
		if _, err := w.Examine(ctx, w.officer, number, w.view(t, w.officer, number).Revision, b.ID, false, ""); fault.Of(err).Field != "reason" {
			t.Errorf("invalid without a reason: %v", err)
		}
		if _, err := w.Examine(ctx, w.officer, number, w.view(t, w.officer, number).Revision, b.ID, false, "资质不符"); err != nil {
			t.Fatal(err)
		}
	}
	if x := w.done(t, number, tender.Step{Action: tender.Fail}); x.State != tender.Failed {
		t.Errorf("%s", x.State)
	}
	w.done(t, number, tender.Step{Action: tender.Cancel, Words: "不办了。"})
}

// The panel is of at least three who have no interest: whoever is of a bidder is
// struck when the bids are opened, and another takes their place.
func TestNobodyScoresWhoHasAnInterest(t *testing.T) {
	w := newWorld(t, 3)
	ctx := t.Context()
	expert := w.Person(t, "示例专家")
	w.Join(t, w.bidders[0], expert, account.Member)
	number := w.announced(t, func(f *tender.Form) { f.Panel[2] = w.identifier(t, expert) })
	w.opened(t, number)
	v := w.view(t, w.officer, number)
	if len(v.Active()) != 2 {
		t.Errorf("%d score", len(v.Active()))
	}
	if got := w.asks(t, w.officer); len(got) != 1 || !strings.Contains(got[0], "请补足") {
		t.Errorf("asked %v", got)
	}
	if _, err := w.Declare(ctx, expert, number, ""); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who was struck: %v", err)
	}
	add := func(who account.Actor) error {
		_, err := w.AddMember(ctx, w.officer, number, w.view(t, w.officer, number).Revision, w.identifier(t, who))
		return err
	}
	for name, who := range map[string]account.Actor{"struck before": expert, "an owner of a bidder": w.owners[1], "the regulator": w.Regulator(t)} {
		if err := add(who); fault.Of(err).Field != "panel" {
			t.Errorf("%s: %v", name, err)
		}
	}
	v = w.view(t, w.panel[0], number)
	if _, err := w.Hand(ctx, w.panel[0], number, given(v, 0)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("before the declaration: %v", err)
	}
	if _, err := w.Declare(ctx, w.panel[0], number, "儿子在机构 2 上班"); err != nil {
		t.Fatal(err)
	}
	if err := add(w.panel[2]); err != nil {
		t.Fatal(err)
	}
	four := w.Official(t, w.dataset.Department, account.SecurityReviewer)
	if err := add(four); err != nil {
		t.Fatal(err)
	}
	w.panel = []account.Actor{w.panel[1], w.panel[2], four}
	if _, err := w.Declare(ctx, w.panel[0], number, ""); err != nil {
		t.Fatal(err)
	}
	v = w.view(t, w.panel[0], number)
	for name, c := range map[string]func([]tender.Given) []tender.Given{
		"more than the weight": func(g []tender.Given) []tender.Given { g[0].Marks[0] = 51; return g },
		"less than nothing":    func(g []tender.Given) []tender.Given { g[1].Marks[1] = -1; return g },
		"a mark missing":       func(g []tender.Given) []tender.Given { g[1].Marks = g[1].Marks[:1]; return g },
		"a mark too many":      func(g []tender.Given) []tender.Given { g[1].Marks = append(g[1].Marks, 1); return g },
		"a bid missing":        func(g []tender.Given) []tender.Given { return g[:2] },
		"one bid twice":        func(g []tender.Given) []tender.Given { g[1].Bid = g[0].Bid; return g },
		"none that is there":   func(g []tender.Given) []tender.Given { g[1].Bid = 99999; return g },
	} {
		if _, err := w.Hand(ctx, w.panel[0], number, c(given(v, 0))); fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	for p := range w.panel {
		w.hand(t, number, p, 0, 1, 2)
	}
	if v := w.view(t, w.officer, number); v.State != tender.Evaluated {
		t.Errorf("%s", v.State)
	}
}

// Equal totals are told apart by the heaviest criterion, then the price, then who bid
// first.
func TestTies(t *testing.T) {
	w := newWorld(t, 3)
	number := w.announced(t, func(f *tender.Form) {
		f.Pricing, f.Limit, f.PriceWeight, f.Criteria[0].Weight, f.Criteria[1].Weight = tender.NoPrice, "", "", "60", "40"
	})
	w.Set(at(2, 11, 0, 0))
	for i := range 3 {
		if _, err := w.Seal(t.Context(), w.owners[i], number, tender.Sealing{Organisation: w.bidders[i], Way: tender.Kept, Offer: tender.Offer{Proposal: "方案"}, Nonce: tender.NewNonce()}); err != nil {
			t.Fatal(err)
		}
		w.Set(at(2, 11, i+1, 0))
	}
	w.Set(at(18, 14, 0, 0))
	w.admit(t, number)
	for p := range w.panel {
		v := w.view(t, w.panel[p], number)
		if _, err := w.Declare(t.Context(), w.panel[p], number, ""); err != nil {
			t.Fatal(err)
		}
		all := []tender.Given{{Bid: v.Bids[0].ID, Marks: []int{30, 30}}, {Bid: v.Bids[1].ID, Marks: []int{31, 29}}, {Bid: v.Bids[2].ID, Marks: []int{30, 30}}}
		if _, err := w.Hand(t.Context(), w.panel[p], number, all); err != nil {
			t.Fatal(err)
		}
	}
	v := w.view(t, w.officer, number)
	if got := []string{v.Bids[0].Bidder, v.Bids[1].Bidder, v.Bids[2].Bidder}; !slices.Equal(got, []string{"示例机构2", "示例机构1", "示例机构3"}) || *v.Bids[0].Total != *v.Bids[2].Total {
		t.Errorf("%v", got)
	}
}

// Bids at the boundary, and two replicas that close and open at once: what was in time
// counts, what was late does not, each once. A thousand rounds.
func TestTheClosingIsExact(t *testing.T) {
	w := newWorld(t, 6)
	ctx := t.Context()
	const rounds = 1000
	tenders := 0
	var in, late int64
	for done := 0; done < rounds; tenders++ {
		w.Set(at(2, 10, 0, 0))
		number := w.announced(t)
		w.Set(at(18, 9, 59, 59).Add(999_999 * time.Microsecond))
		if err := w.Tick(ctx); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var accepted sync.Map
		var tries atomic.Int64
		for i := range w.bidders {
			wg.Go(func() {
				for range 4 { // each replaces the one before
					tries.Add(1)
					b, err := w.Seal(ctx, w.owners[i], number, tender.Sealing{Organisation: w.bidders[i], Way: tender.Own, Commitment: tender.NewNonce()})
					switch {
					case err == nil:
						accepted.Store(i, b)
						atomic.AddInt64(&in, 1)
						if !b.SealedAt.Before(at(18, 10, 0, 0)) {
							t.Errorf("taken at %s", b.SealedAt)
						}
					case fault.KindOf(err) == fault.Conflict:
						atomic.AddInt64(&late, 1)
					default:
						t.Error(err)
					}
				}
			})
		}
		wg.Go(func() {
			for tries.Load() < int64(1+tenders%20) { // the closing comes in the midst of them
			}
			w.Set(at(18, 10, 0, 0))
		})
		for range 2 {
			wg.Go(func() {
				for range 3 {
					if err := w.Advance(ctx, number); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		done += int(tries.Load())
		v := w.view(t, account.Actor{}, number)
		if v.State != tender.Closed {
			t.Fatalf("%s", v.State)
		}
		there := map[string]bool{}
		for _, b := range v.Bids {
			there[b.Commitment] = true
		}
		n := 0
		accepted.Range(func(_, b any) bool {
			if n++; !there[b.(*tender.Bid).Commitment] {
				t.Error("a bid that was taken is not there")
			}
			return true
		})
		if n != len(v.Bids) {
			t.Errorf("%d bidders were told that theirs is in, %d are there", n, len(v.Bids))
		}
		w.Set(at(18, 14, 0, 0))
		for range 2 {
			wg.Go(func() {
				if err := w.Advance(ctx, number); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		opened := 0
		for _, e := range w.view(t, account.Actor{}, number).Events {
			if e.Act == tender.OpenBids || e.Act == tender.Fail {
				opened++
			}
		}
		if opened != 1 {
			t.Errorf("opened %d times", opened)
		}
	}
	if in == 0 || late == 0 {
		t.Errorf("%d in time, %d late: the boundary was not tried", in, late)
	}
	t.Logf("%d tenders, %d in time, %d late", tenders, in, late)
}

// The database holds tenders and bids to their moves, whatever the program does.
func TestTheDatabaseHoldsBidsToTheirSeals(t *testing.T) {
	w := newWorld(t, 3)
	ctx := t.Context()
	number := w.announced(t)
	w.Set(at(2, 11, 0, 0))
	for i := range 3 {
		w.seal(t, number, i)
	}
	nonce, text := tender.NewNonce(), "x"
	for name, sql := range map[string]string{
		"read before the opening":  `UPDATE tender_bids SET state = 'revealed', nonce = '` + nonce + `', canonical = '` + text + `', revealed_at = '2026-03-03'`,
		"a hash that is another's": `UPDATE tender_bids SET state = 'revealed', nonce = '` + nonce + `', canonical = '` + text + `', revealed_at = '2026-03-19'`,
		"another seal":             `UPDATE tender_bids SET commitment = '` + nonce + `'`,
		"sealed earlier":           `UPDATE tender_bids SET sealed_at = sealed_at - interval '1 hour'`,
		"late":                     `INSERT INTO tender_bids (tender_id, round, organisation_id, bidder, code, way, commitment, sealed_at, sealed_by, sealed_name, state) SELECT tender_id, round, organisation_id, 'x', 'x', 'own', '` + nonce + `', '2026-03-18 10:00+08', 1, 'x', 'sealed' FROM tender_bids LIMIT 1`,
		"twice":                    `INSERT INTO tender_bids (tender_id, round, organisation_id, bidder, code, way, commitment, sealed_at, sealed_by, sealed_name, state) SELECT tender_id, round, organisation_id, 'x', 'x', 'own', '` + nonce + `', sealed_at, 1, 'x', 'sealed' FROM tender_bids LIMIT 1`,
		"won at once":              `UPDATE tender_bids SET state = 'won'`,
		"opened early":             `UPDATE tenders SET state = 'opened', opened_at = '2026-03-03', revision = revision + 1`,
		"skipped":                  `UPDATE tenders SET state = 'confirmed', confirmed_at = now(), report = 'x', notice_at = now(), key_locked = NULL, revision = revision + 1`,
		"closes later":             `UPDATE tenders SET closes = closes + interval '1 hour', opening_at = opening_at + interval '1 hour', revision = revision + 1`,
		"other weights":            `UPDATE tender_criteria SET weight = weight + 1 WHERE position = 1`,
		"a criterion less":         `DELETE FROM tender_criteria WHERE position = 1`,
	} {
		if _, err := w.Pool.Exec(ctx, sql); err == nil {
			t.Errorf("%s is let through", name)
		}
	}
	rows, err := w.Pool.Query(ctx, `SELECT to_jsonb(b)::text || encode(coalesce(b.locked, ''), 'escape') FROM tender_bids b UNION ALL SELECT to_jsonb(t)::text || encode(t.key_locked, 'escape') FROM tenders t UNION ALL SELECT to_jsonb(j)::text FROM river_job j UNION ALL SELECT to_jsonb(a)::text FROM audit_entries a`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var all string
		if err := rows.Scan(&all); err != nil {
			t.Fatal(err)
		}
		n++
		if strings.Contains(all, "提前一日") || strings.Contains(all, "20000000") || strings.Contains(all, "AGE-SECRET") {
			t.Errorf("the database tells what is bid: %s", all)
		}
	}
	if n < 5 {
		t.Errorf("%d rows looked at", n)
	}
}
