package licensing_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
)

const company = "91350100M000100Y43"

// kind fails unless err is of a kind, at a field if one is named.
func kind(t *testing.T, what string, err error, want fault.Kind, field string) {
	t.Helper()
	if fault.KindOf(err) != want || err == nil || field != "" && fault.Of(err).Field != field {
		t.Errorf("%s: %v (at %q), want %v at %q", what, err, fault.Of(err).Field, want, field)
	}
}

// A refusal says why, and on what basis of a kind that the text counts (TJ-23;
// AB-35: a reason; elsewhere 平台规则).
func TestARefusalSaysWhyAndOnWhatBasis(t *testing.T) {
	for profile, badKind := range map[string]string{licensingtest.Tianjin: "", licensingtest.Anshan: "规章", licensingtest.Fujian: ""} {
		t.Run(profile, func(t *testing.T) {
			w := licensingtest.New(t)
			w.Day(t, "2026-11-16")
			d, v := w.Conditional(t, profile)
			citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
			a := w.Accepted(t, officer, w.Submitted(t, citizen, d))
			decide := func(change func(*licensing.Verdict)) error {
				x := licensingtest.Refused(a)
				change(&x)
				_, err := w.Licensing.Decide(t.Context(), officer, a.Number, x, a.Revision)
				return err
			}
			kind(t, "no reason", decide(func(x *licensing.Verdict) { x.Reason = " " }), fault.Invalid, "reason")
			kind(t, "no basis", decide(func(x *licensing.Verdict) { x.Bases = nil }), fault.Invalid, "bases")
			kind(t, "a basis that says nothing", decide(func(x *licensing.Verdict) {
				x.Bases = []datasets.LegalBasis{{Kind: "法律", Instrument: "有关规定", Article: "第一条", Quote: "按规定"}}
			}), fault.Invalid, "bases")
			kind(t, "no decision on the file", decide(func(x *licensing.Verdict) { x.Items = nil }), fault.Invalid, "")
			if badKind != "" {
				kind(t, "a kind that does not count", decide(func(x *licensing.Verdict) {
					x.Bases = []datasets.LegalBasis{{Kind: badKind, Instrument: "某某规定", Article: "第一条", Quote: "不得提供"}}
				}), fault.Invalid, "bases")
			}
			if err := decide(func(*licensing.Verdict) {}); err != nil {
				t.Fatal(err)
			}
			kept, _, err := w.Licensing.One(t.Context(), citizen, a.Number)
			if err != nil || kept.State != licensing.Refused || kept.Reason == "" || len(kept.Bases) != 1 || kept.Stage == nil {
				t.Errorf("%+v, %v", kept, err)
			}
			kind(t, "the data", w.Service.MayServe(t.Context(), citizen, v), fault.Forbidden, "")
		})
	}
}

// A refusal is disputed once and in time; what the authority decides binds.
func TestARefusalIsDisputed(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	d, v := w.Conditional(t, licensingtest.Tianjin)
	citizen, officer, authority := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer), w.Official(t, d.Department, account.Authority)
	a := w.Accepted(t, officer, w.Submitted(t, citizen, d))
	a, err := w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Refused(a), a.Revision)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Licensing.Dispute(t.Context(), citizen, a.Number, " ", a.Revision)
	kind(t, "without grounds", err, fault.Invalid, "grounds")
	if a, err = w.Licensing.Dispute(t.Context(), citizen, a.Number, "理由不成立。", a.Revision); err != nil || a.Stage == nil {
		t.Fatal(err)
	}
	_, err = w.Licensing.Judge(t.Context(), officer, a.Number, "维持", false, a.Revision)
	kind(t, "judged by the department", err, fault.Forbidden, "")
	if a, err = w.Licensing.Judge(t.Context(), authority, a.Number, "应当同意。", true, a.Revision); err != nil {
		t.Fatal(err)
	}
	if a.State != licensing.Accepted || !a.MustGrant || a.Decision.Last.Format(time.DateOnly) != "2026-11-04" {
		t.Fatalf("overturned: %+v", a)
	}
	_, err = w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Refused(a), a.Revision)
	kind(t, "refused again", err, fault.Conflict, "")
	if _, err = w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Agreed(a), a.Revision); err != nil {
		t.Fatal(err)
	}
	if err := w.Service.MayServe(t.Context(), citizen, v); err != nil {
		t.Error(err)
	}

	late := w.Person(t, "李四")
	b := w.Accepted(t, officer, w.Submitted(t, late, d))
	if b, err = w.Licensing.Decide(t.Context(), officer, b.Number, licensingtest.Refused(b), b.Revision); err != nil {
		t.Fatal(err)
	}
	w.Day(t, "2026-11-17") // ten working days after the 2nd ended on the 16th
	_, err = w.Licensing.Dispute(t.Context(), late, b.Number, "理由不成立。", b.Revision)
	kind(t, "too late", err, fault.Conflict, "")
}

// Nobody accepts in time: it is accepted by itself, and the next clock loses no
// day to the job that does it. Nobody completes or signs in time: it lapses.
func TestWhatClocksMoveByThemselves(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2024-09-26") // a Thursday; Sunday 29 September was worked
	d, _ := w.Conditional(t, licensingtest.Tianjin)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	a := w.Submitted(t, citizen, d)
	tick := func(day string) *licensing.Application {
		t.Helper()
		w.Day(t, day)
		if err := errors.Join(w.Licensing.Tick(t.Context()), w.Licensing.Tick(t.Context())); err != nil {
			t.Fatal(err)
		}
		kept, _, err := w.Licensing.One(t.Context(), citizen, a.Number)
		if err != nil {
			t.Fatal(err)
		}
		return kept
	}
	if k := tick("2024-09-29"); k.State != licensing.Submitted { // its last day
		t.Errorf("on the last day: %s", k.State)
	}
	if k := tick("2024-10-08"); k.State != licensing.Accepted || !k.Automatic || k.Decision.Last.Format(time.DateOnly) != "2024-10-08" {
		t.Errorf("after it: %s, decided by %v", k.State, k.Decision.Last)
	}
	if k := tick("2024-10-09"); !k.Late(w.Clock()) {
		t.Error("not late after two working days from the day on which it should have been accepted")
	}
	if _, err := w.Licensing.Withdraw(t.Context(), citizen, a.Number, tick("2024-10-09").Revision); err != nil {
		t.Fatal(err)
	}
	w.Day(t, "2024-10-14")
	a = w.Submitted(t, citizen, d)
	if _, err := w.Licensing.Return(t.Context(), officer, a.Number, "由谁保管", a.Revision); err != nil {
		t.Fatal(err)
	}
	if k := tick("2024-10-21"); k.State != licensing.Returned {
		t.Errorf("on the last day of completing: %s", k.State)
	}
	if k := tick("2024-10-22"); k.State != licensing.Lapsed {
		t.Errorf("after it: %s", k.State)
	}
}

// It is returned once, with everything that is missing; meanwhile the clock of the
// decision stands still where it runs from receipt (AB-35.1 in our reading).
func TestItIsReturnedOnceAndTheClockStops(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2023-09-18") // the Aba measures lapse on 2023-10-10, in mid-case
	d, _ := w.Conditional(t, licensingtest.Aba)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	a := w.Submitted(t, citizen, d, func(f *licensing.Form) { f.Area = "城市治理" })
	if a.Decision == nil || a.Decision.Last.Format(time.DateOnly) != "2023-10-13" || a.Decision.Profile != licensingtest.Aba || a.Profile != licensingtest.Aba {
		t.Fatalf("received: %+v", a.Decision)
	}
	_, err := w.Licensing.Return(t.Context(), officer, a.Number, "\n \n", a.Revision)
	kind(t, "nothing listed", err, fault.Invalid, "missing")
	w.Day(t, "2023-09-19")
	if a, err = w.Licensing.Return(t.Context(), officer, a.Number, "存放地点\n保管人", a.Revision); err != nil || len(a.Missing) != 2 {
		t.Fatal(err)
	}
	w.Day(t, "2023-09-21")
	if a, err = w.Licensing.Submit(t.Context(), citizen, a.Number, a.Revision, w.Shown(t, a)); err != nil {
		t.Fatal(err)
	}
	if got := a.Decision.Last.Format(time.DateOnly); got != "2023-10-17" { // two working days, 20 and 21 September, did not count
		t.Errorf("decided by %s", got)
	}
	_, err = w.Licensing.Return(t.Context(), officer, a.Number, "又想起一样", a.Revision)
	kind(t, "returned twice", err, fault.Conflict, "")
	w.Day(t, "2023-10-16") // the text has lapsed, the case keeps it
	a = w.Accepted(t, officer, a)
	if a.Decision.Profile != licensingtest.Aba || a.Late(w.Clock()) {
		t.Errorf("after the lapse: %+v", a.Decision)
	}
}

// A clerk cannot simply agree to commercial use: a competition comes first, and
// who won it is given the data (AB-35.3; elsewhere 平台规则).
func TestCommercialUseNeedsAnAward(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	d, v := w.Conditional(t, licensingtest.Anshan)
	owner, officer := w.Person(t, "王五"), w.Official(t, d.Department, account.Officer)
	id := w.Organisation(t, owner, "甲公司", company)
	commercial := func(f *licensing.Form) { f.Lane = licensing.Commercial }
	a := w.Accepted(t, officer, w.SubmittedFor(t, owner, id, d, commercial))
	_, err := w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Agreed(a), a.Revision)
	kind(t, "agreed to without a competition", err, fault.Conflict, "")
	if a, err = w.Licensing.SendToAward(t.Context(), officer, a.Number, a.Revision); err != nil {
		t.Fatal(err)
	}
	_, err = w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Agreed(a), a.Revision)
	kind(t, "agreed to without a result", err, fault.Conflict, "")
	award := licensing.Award{Method: "公开招标", Notice: "公告 2026-1", Day: "2026-11-02", Bidders: []string{"甲公司", "乙公司"}, Winner: "乙公司"}
	for what, change := range map[string]func(*licensing.Award){
		"no winner": func(w *licensing.Award) { w.Winner = "" }, "a winner who did not bid": func(w *licensing.Award) { w.Winner = "丙公司" }, "a day to come": func(w *licensing.Award) { w.Day = "2026-12-01" },
		"a method of no text": func(w *licensing.Award) { w.Method = "直接指定" }, "the applicant did not bid": func(w *licensing.Award) { w.Bidders = []string{"乙公司"} },
	} {
		x := award
		change(&x)
		_, err = w.Licensing.RecordAward(t.Context(), officer, a.Number, x, a.Revision)
		kind(t, what, err, fault.Invalid, "")
	}
	if a, err = w.Licensing.RecordAward(t.Context(), officer, a.Number, award, a.Revision); err != nil {
		t.Fatal(err)
	}
	_, err = w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Agreed(a), a.Revision)
	kind(t, "agreed to though another won", err, fault.Conflict, "")
	if _, err = w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Refused(a), a.Revision); err != nil {
		t.Fatal(err)
	}

	again := w.Accepted(t, officer, w.SubmittedFor(t, owner, id, d, commercial))
	if again, err = w.Licensing.SendToAward(t.Context(), officer, again.Number, again.Revision); err != nil {
		t.Fatal(err)
	}
	award.Winner = "甲公司"
	if again, err = w.Licensing.RecordAward(t.Context(), officer, again.Number, award, again.Revision); err != nil {
		t.Fatal(err)
	}
	if _, err = w.Licensing.Decide(t.Context(), officer, again.Number, licensingtest.Agreed(again), again.Revision); err != nil {
		t.Fatal(err)
	}
	if err := w.Service.MayServe(t.Context(), owner, v); err != nil {
		t.Error(err)
	}
	colleague, stranger := w.Person(t, "同事"), w.Person(t, "外人")
	w.Join(t, id, colleague, account.Member)
	if err := w.Service.MayServe(t.Context(), colleague, v); err != nil {
		t.Error("a member of the organisation", err)
	}
	kind(t, "a stranger", w.Service.MayServe(t.Context(), stranger, v), fault.Forbidden, "")
	for _, sql := range []string{`UPDATE organisations SET status = 'returned', reason = 'x'`, `UPDATE organisations SET status = 'verified', reason = ''; DELETE FROM organisation_members WHERE role = 'member'`} {
		if _, err := w.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		kind(t, "after "+sql, w.Service.MayServe(t.Context(), colleague, v), fault.Forbidden, "")
	}
}

// Who may apply, and what a submission needs.
func TestWhatASubmissionNeeds(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	d, _ := w.Conditional(t, licensingtest.Tianjin)
	open, _ := w.File(t, "open.csv", licensingtest.Table)
	citizen, other, officer := w.Person(t, "张三"), w.Person(t, "李四"), w.Official(t, d.Department, account.Officer)
	theirs := w.Organisation(t, other, "甲公司", company)
	for what, c := range map[string]struct {
		who  account.Actor
		slug string
		org  int64
		want fault.Kind
	}{
		"what is open to everybody": {citizen, open.Slug, 0, fault.Invalid}, "another's organisation": {citizen, d.Slug, theirs, fault.NotFound}, "no such entry": {citizen, "nonesuch", 0, fault.NotFound},
		"a visitor": {account.Actor{}, d.Slug, 0, fault.Unauthenticated}, "an officer": {officer, d.Slug, 0, fault.Forbidden},
	} {
		_, err := w.Licensing.Begin(t.Context(), c.who, c.slug, c.org)
		kind(t, what, err, c.want, "")
	}
	a, err := w.Licensing.Begin(t.Context(), citizen, d.Slug, 0)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := w.Licensing.Begin(t.Context(), citizen, d.Slug, 0)
	if err != nil || twice.Number != a.Number {
		t.Errorf("begun twice: %+v, %v", twice, err)
	}
	save := func(change func(*licensing.Form)) error {
		k, err := w.Licensing.SaveDraft(t.Context(), citizen, a.Number, licensingtest.Form(d, change), a.Revision)
		if err == nil {
			a = k
		}
		return err
	}
	resource := d.Resources[0].ID
	for what, c := range map[string]struct {
		change func(*licensing.Form)
		field  string
	}{
		"a lane of no text":             {func(f *licensing.Form) { f.Lane = "private" }, "lane"},
		"another entry's file":          {func(f *licensing.Form) { f.Items[0].Resource = open.Resources[0].ID }, "items"},
		"a column that is not":          {func(f *licensing.Form) { f.Items[0].Columns = append(f.Items[0].Columns, "身高") }, "col." + resource},
		"a condition that is no":        {func(f *licensing.Form) { f.Items[0].Where = "年份 >=" }, "where." + resource},
		"a condition that ends another": {func(f *licensing.Form) { f.Items[0].Where = "年份 = 2024) or (年份 = 2025" }, "where." + resource},
		"a hundred years":               {func(f *licensing.Form) { f.Months = "1201" }, "months"},
		"months in words":               {func(f *licensing.Form) { f.Months = "半年" }, "months"},
		"a purpose of a megabyte":       {func(f *licensing.Form) { f.Purpose = strings.Repeat("长", 1<<19) }, "purpose"},
		"a control character":           {func(f *licensing.Form) { f.Storage = "机房\x00" }, "storage"},
		"an area that is no text":       {func(f *licensing.Form) { f.Area = "\x00" }, "area"},
		"an area of a megabyte":         {func(f *licensing.Form) { f.Area = strings.Repeat("长", 1<<19) }, "area"},
		"a condition with a clause":     {func(f *licensing.Form) { f.Items[0].Where = "备注 != '\n十四、乙方可以转让数据'" }, "where." + resource},
		"a condition turned around":     {func(f *licensing.Form) { f.Items[0].Where = "备注 != '\u202e'" }, "where." + resource},
		"one file twice":                {func(f *licensing.Form) { f.Items = append(f.Items, f.Items[0]) }, "items"},
	} {
		kind(t, what, save(c.change), fault.Invalid, c.field)
	}
	for what, c := range map[string]struct {
		change func(*licensing.Form)
		field  string
	}{
		"conditions not read": {func(f *licensing.Form) { f.Seen = false }, "seen"}, "no lane": {func(f *licensing.Form) { f.Lane = "" }, "lane"}, "no area": {func(f *licensing.Form) { f.Area = "别的" }, "area"},
		"academic use by a person": {func(f *licensing.Form) { f.Lane = licensing.Academic }, "lane"}, "commercial use by a person": {func(f *licensing.Form) { f.Lane = licensing.Commercial }, "lane"},
		"no purpose": {func(f *licensing.Form) { f.Purpose = "用" }, "purpose"}, "no outputs": {func(f *licensing.Form) { f.Outputs = "" }, "outputs"}, "no file": {func(f *licensing.Form) { f.Items = nil }, "items"},
		"no column": {func(f *licensing.Form) { f.Items[0].Columns = nil }, "col." + resource}, "longer than a year": {func(f *licensing.Form) { f.Months = "13" }, "months"}, "no storage": {func(f *licensing.Form) { f.Storage = "" }, "storage"},
	} {
		if err := save(c.change); err != nil {
			t.Fatalf("%s: a draft keeps it: %v", what, err)
		}
		_, err := w.Licensing.Submit(t.Context(), citizen, a.Number, a.Revision, w.Shown(t, a))
		kind(t, what, err, fault.Invalid, c.field)
	}
	if err := save(func(*licensing.Form) {}); err != nil {
		t.Fatal(err)
	}
	stale := citizen
	stale.Confirmed = time.Time{}
	_, err = w.Licensing.Submit(t.Context(), stale, a.Number, a.Revision, w.Shown(t, a))
	kind(t, "signed by somebody who did not show who they are", err, fault.Forbidden, "")
	_, err = w.Licensing.Submit(t.Context(), other, a.Number, a.Revision, w.Shown(t, a))
	kind(t, "another's draft", err, fault.NotFound, "")
	_, err = w.Licensing.Submit(t.Context(), citizen, a.Number, a.Revision-1, w.Shown(t, a))
	kind(t, "an older draft", err, fault.Conflict, "")
	shown := w.Shown(t, a)
	if err := w.Licensing.SetConditions(t.Context(), officer, d.Slug, licensing.Conditions{Months: 12, Files: 1, Rows: 1, Materials: []string{}}); err != nil {
		t.Fatal(err)
	}
	_, err = w.Licensing.Submit(t.Context(), citizen, a.Number, a.Revision, shown)
	kind(t, "signed in another text than was shown", err, fault.Conflict, "")
	if a, err = w.Licensing.Submit(t.Context(), citizen, a.Number, a.Revision, w.Shown(t, a)); err != nil {
		t.Fatal(err)
	}
	_, err = w.Licensing.SaveDraft(t.Context(), citizen, a.Number, licensingtest.Form(d), a.Revision)
	kind(t, "written in after it was submitted", err, fault.Conflict, "")
	_, err = w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Agreed(a), a.Revision)
	kind(t, "decided before it was accepted", err, fault.Conflict, "")
	_, err = w.Licensing.Accept(t.Context(), citizen, a.Number, a.Revision)
	kind(t, "accepted by the applicant", err, fault.Forbidden, "")
	_, err = w.Licensing.Consent(t.Context(), citizen, a.Number, a.Revision)
	kind(t, "consented to what nobody offered", err, fault.Conflict, "")
}

// What is given of a part is that part: by every road.
func TestAPartIsGivenAndNoMore(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	d, v := w.Conditional(t, licensingtest.Anshan)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	a := w.Accepted(t, officer, w.Submitted(t, citizen, d))
	x := licensingtest.Agreed(a)
	x.Items[0].Decision, x.Items[0].Columns, x.Items[0].Where, x.Items[0].Reason = licensing.ItemReduced, []string{"年份", "人口"}, "地区 = '福州'", "用途只需这些。"
	x.Bases = licensingtest.Basis
	more := x
	more.Items = []licensing.ItemVerdict{{Resource: x.Items[0].Resource, Decision: licensing.ItemReduced, Columns: []string{"年份", "身高"}, Reason: "x"}}
	_, err := w.Licensing.Decide(t.Context(), officer, a.Number, more, a.Revision)
	kind(t, "more than was applied for", err, fault.Invalid, "")
	if a, err = w.Licensing.Decide(t.Context(), officer, a.Number, x, a.Revision); err != nil || a.State != licensing.Offered {
		t.Fatal(err)
	}
	kind(t, "before the applicant agrees", w.Service.MayServe(t.Context(), citizen, v), fault.Forbidden, "")
	if a, err = w.Licensing.Consent(t.Context(), citizen, a.Number, a.Revision); err != nil || a.State != licensing.Granted {
		t.Fatal(err)
	}
	all, err := w.Licensing.Agreements(t.Context(), officer, a)
	if err != nil || len(all) != 2 || !all[0].Signed() || all[1].VoidAt == nil || !strings.Contains(all[0].Body, "年份、人口 2 列；只含符合下列条件的行：地区 = '福州'") {
		t.Fatalf("%+v, %v", all, err)
	}
	_, err = w.Service.Original(t.Context(), citizen, v)
	kind(t, "the whole file", err, fault.Forbidden, "")
	_, err = w.Service.Rendition(t.Context(), citizen, v, 0, "csv")
	kind(t, "the whole table", err, fault.Forbidden, "")
	for what, q := range map[string]rows.Query{"a column that is not given": {Select: "地区"}, "a condition on one": {Where: "备注 = '甲'"}, "grouped by one": {GroupBy: "地区"}, "sorted by one": {OrderBy: "备注"}} {
		_, err := w.Service.Query(t.Context(), citizen, v, 0, q)
		kind(t, what, err, fault.Malformed, "")
	}
	for what, q := range map[string]rows.Query{"everything": {}, "with an or": {Where: "年份 = 2024 or 年份 = 2025"}, "with a bracket": {Where: "(年份 > 0) or (年份 < 9999)"}} {
		r, err := w.Service.Query(t.Context(), citizen, v, 0, q)
		if err != nil || len(r.Rows) != 2 || len(r.Fields) != 2 || r.Total != 2 {
			t.Errorf("%s: %+v, %v", what, r, err)
		}
	}
	f, err := w.Service.Facet(t.Context(), citizen, v, 0, "人口", "", 10)
	if err != nil || f.Rows != 2 {
		t.Errorf("facet %+v, %v", f, err)
	}
	next := w.Version(t, d, v.ResourceID, "people.csv", "年份,地区,人口,备注,身份证\n2026,福州,850,甲,x\n")
	r, err := w.Service.Query(t.Context(), citizen, next, 0, rows.Query{})
	if err != nil || len(r.Fields) != 2 {
		t.Errorf("of a later version with another column: %+v, %v", r, err)
	}
}

// Two officers decide at once: one does, and there is one grant. Withdrawn while
// it is decided: one of both.
func TestTwoAtOnce(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	d, _ := w.Conditional(t, licensingtest.Fujian)
	first, second := w.Official(t, d.Department, account.Officer), w.Official(t, d.Department, account.Officer)
	for round := range 20 {
		citizen := w.Person(t, "张三")
		a := w.Accepted(t, first, w.Submitted(t, citizen, d))
		acts := []func() error{
			func() error {
				_, err := w.Licensing.Decide(t.Context(), first, a.Number, licensingtest.Agreed(a), a.Revision)
				return err
			},
			func() error {
				_, err := w.Licensing.Decide(t.Context(), second, a.Number, licensingtest.Refused(a), a.Revision)
				return err
			},
			func() error { _, err := w.Licensing.Withdraw(t.Context(), citizen, a.Number, a.Revision); return err },
			func() error {
				_, err := w.Licensing.Decide(t.Context(), second, a.Number, licensingtest.Agreed(a), a.Revision)
				return err
			},
		}
		if done := atOnce(t, acts...); done != 1 {
			t.Fatalf("round %d: %d of %d went through", round, done, len(acts))
		}
		var grants, granted int
		if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM grants WHERE application_id = $1), (SELECT count(*) FROM applications WHERE id = $1 AND state = 'granted')`, a.ID).Scan(&grants, &granted); err != nil || grants != granted {
			t.Fatalf("round %d: %d grants, %d granted, %v", round, grants, granted, err)
		}
	}
}

// atOnce does all of it at the same time, and counts what went through; the
// others are told that somebody was first.
func atOnce(t *testing.T, acts ...func() error) int {
	t.Helper()
	var done atomic.Int64
	var wait sync.WaitGroup
	start := make(chan struct{})
	for _, act := range acts {
		wait.Go(func() {
			<-start
			switch err := act(); fault.KindOf(err) {
			case fault.Conflict, fault.TooMany, fault.Forbidden:
			default:
				if err != nil {
					t.Error(err)
				}
				done.Add(1)
			}
		})
	}
	close(start)
	wait.Wait()
	return int(done.Load())
}

// Five hundred downloads at once against a quota of a hundred: exactly a hundred,
// each written down; the next day gives again.
func TestAQuotaIsExact(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	d, v := w.Conditional(t, licensingtest.Anshan)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	if err := w.Licensing.SetConditions(t.Context(), officer, d.Slug, licensing.Conditions{Months: 12, Files: 100, Rows: 7, Materials: []string{}}); err != nil {
		t.Fatal(err)
	}
	a := w.Granted(t, citizen, officer, d)
	var acts []func() error
	for range 500 {
		acts = append(acts, func() error {
			h, err := w.Service.Deliver(t.Context(), citizen, v, datasets.Delivery{Channel: datasets.ByFile, Form: "csv", Request: "r"})
			if err == nil {
				h.Sent(1)
			}
			return err
		})
	}
	if done := atOnce(t, acts...); done != 100 {
		t.Errorf("%d downloads went through", done)
	}
	kept, err := w.Licensing.Acquired(t.Context(), citizen, a.Grant, 0, 1000)
	if err != nil || len(kept) != 100 || !kept[0].Whole || kept[0].SHA256 != v.SHA256 {
		t.Errorf("%d written down, %v", len(kept), err)
	}
	_, err = w.Service.Deliver(t.Context(), citizen, v, datasets.Delivery{Channel: datasets.ByExport, Form: "csv", Request: "r"})
	kind(t, "an export besides", err, fault.TooMany, "")
	if _, err = w.Service.Deliver(t.Context(), citizen, v, datasets.Delivery{Channel: datasets.ByRows, Form: "json", Request: "r"}); err != nil {
		t.Error("questions have a quota of their own", err)
	}
	w.Day(t, "2026-11-03")
	if _, err = w.Service.Deliver(t.Context(), citizen, v, datasets.Delivery{Channel: datasets.ByFile, Form: "csv", Request: "r"}); err != nil {
		t.Error("the next day", err)
	}
	for _, sql := range []string{`UPDATE acquisitions SET bytes = 1`, `UPDATE acquisitions SET form = 'x'`, `DELETE FROM acquisitions`, `TRUNCATE acquisitions CASCADE`, `UPDATE acquisition_ends SET whole = true`, `DELETE FROM acquisition_ends`} {
		if _, err := w.Pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was let through", sql)
		}
	}
}

// A grant that is suspended lets nothing more through, and what is being sent
// breaks off; reinstated it is what it was. Revoked, its keys have ended.
func TestAGrantIsStoppedAtOnce(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	d, v := w.Conditional(t, licensingtest.Anshan)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	a := w.Granted(t, citizen, officer, d)
	secret, err := w.Licensing.MakeKey(t.Context(), citizen, a.Grant, "脚本")
	if err != nil {
		t.Fatal(err)
	}
	plain, _, err := w.Accounts.CreateKey(t.Context(), citizen, "别的", []string{account.ScopeRead}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	byKey := func(secret string) error {
		who, err := w.Accounts.ActorByKey(t.Context(), secret)
		if err != nil {
			return err
		}
		return w.Service.MayServe(t.Context(), who, v)
	}
	if err := byKey(secret); err != nil {
		t.Error("the key of the grant", err)
	}
	kind(t, "another key of the same person", byKey(plain), fault.Forbidden, "")
	h, err := w.Service.Deliver(t.Context(), citizen, v, datasets.Delivery{Channel: datasets.ByExport, Form: "csv", Request: "r"})
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	err = h.Write(func(_ context.Context, out io.Writer) error {
		for i := range 10 {
			if i == 5 {
				g, _, err := w.Licensing.Grant(t.Context(), citizen, a.Grant)
				if err != nil {
					return err
				}
				if _, err := w.Licensing.MoveGrant(t.Context(), officer, a.Grant, licensing.Suspend, "", g.Revision); fault.KindOf(err) != fault.Invalid {
					t.Error("without a reason", err)
				}
				if _, err := w.Licensing.MoveGrant(t.Context(), officer, a.Grant, licensing.Suspend, "疑似转给第三方", g.Revision); err != nil {
					return err
				}
				w.Set(w.Clock().Add(2 * time.Second))
			}
			if _, err := out.Write([]byte("row\n")); err != nil {
				return err
			}
			sent++
		}
		return nil
	})(t.Context(), io.Discard)
	kind(t, "the stream", err, fault.Forbidden, "")
	if sent != 5 {
		t.Errorf("%d rows were sent", sent)
	}
	kept, err := w.Licensing.Acquired(t.Context(), citizen, a.Grant, 0, 10)
	if err != nil || len(kept) != 1 || kept[0].Whole || kept[0].Bytes != 20 || kept[0].Ended == nil {
		t.Errorf("written down: %+v, %v", kept, err)
	}
	kind(t, "the next request", w.Service.MayServe(t.Context(), citizen, v), fault.Forbidden, "")
	kind(t, "its key", byKey(secret), fault.Forbidden, "")
	g, _, err := w.Licensing.Grant(t.Context(), officer, a.Grant)
	if err != nil {
		t.Fatal(err)
	}
	if g, err = w.Licensing.MoveGrant(t.Context(), officer, a.Grant, licensing.Reinstate, "已查清", g.Revision); err != nil || byKey(secret) != nil {
		t.Error("reinstated", err)
	}
	regulator := w.Regulator(t)
	if g, err = w.Licensing.MoveGrant(t.Context(), regulator, a.Grant, licensing.Suspend, "接到举报", g.Revision); err != nil || g.SuspendedBy != licensing.OfRegulator {
		t.Fatal(err)
	}
	_, err = w.Licensing.MoveGrant(t.Context(), officer, a.Grant, licensing.Reinstate, "我们认为没有问题", g.Revision)
	kind(t, "the department lifts what the regulator stopped", err, fault.Forbidden, "")
	if g, err = w.Licensing.MoveGrant(t.Context(), regulator, a.Grant, licensing.Reinstate, "已查清", g.Revision); err != nil || byKey(secret) != nil {
		t.Fatal("the regulator lifts it", err)
	}
	if g, err = w.Licensing.MoveGrant(t.Context(), officer, a.Grant, licensing.Revoke, "再次发生", g.Revision); err != nil {
		t.Fatal(err)
	}
	kind(t, "the key of a revoked grant", byKey(secret), fault.Unauthenticated, "")
	_, err = w.Licensing.MoveGrant(t.Context(), officer, a.Grant, licensing.Reinstate, "x", g.Revision)
	kind(t, "reinstated after it was revoked", err, fault.Conflict, "")
	_, err = w.Licensing.MoveGrant(t.Context(), w.Person(t, "外人"), a.Grant, licensing.Surrender, "", g.Revision)
	kind(t, "a stranger", err, fault.NotFound, "")
}

// Everybody can see that like is treated alike, and nobody who asked; a department
// is counted by what came to its day.
func TestLikeIsTreatedAlikeAndCounted(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	d, _ := w.Conditional(t, licensingtest.Tianjin)
	officer := w.Official(t, d.Department, account.Officer)
	w.Granted(t, w.Person(t, "张三"), officer, d)
	b := w.Accepted(t, officer, w.Submitted(t, w.Person(t, "李四"), d))
	late := w.Accepted(t, officer, w.Submitted(t, w.Person(t, "王五"), d))
	w.Day(t, "2026-11-04") // two working days
	if _, err := w.Licensing.Decide(t.Context(), officer, b.Number, licensingtest.Refused(b), b.Revision); err != nil {
		t.Fatal(err)
	}
	if err := w.Licensing.SetConditions(t.Context(), officer, d.Slug, licensing.Conditions{Months: 6, Files: 5, Rows: 5, Materials: []string{"存放说明"}}); err != nil {
		t.Fatal(err)
	}
	w.Day(t, "2026-11-06")
	waiting := w.Submitted(t, w.Person(t, "赵六"), d)
	_, list, other, err := w.Licensing.Consistency(t.Context(), account.Actor{}, d.Slug, 10)
	if err != nil || len(list) != 2 || other != 0 {
		t.Fatalf("%+v, %d, %v", list, other, err)
	}
	if x := list[0]; x.State != licensing.Refused || x.Asked != 4 || x.Given != 0 || x.Days != 2 || x.Late || len(x.Bases) != 1 || x.Conditions != 0 {
		t.Errorf("refused: %+v", x)
	}
	if x := list[1]; x.State != licensing.Granted || x.Asked != 4 || x.Given != 4 || x.Days != 0 {
		t.Errorf("granted: %+v", x)
	}
	share, err := w.Licensing.InTime(t.Context(), d.Department.Slug)
	if err != nil || share != (datasets.Share{Yes: 2, All: 3}) { // one is late, one has not come to its day
		t.Errorf("%+v, %v; late %s, waiting %s", share, err, late.Number, waiting.Number)
	}
	before, err := w.Licensing.Before(t.Context(), account.Actor{}, d.Slug)
	if err != nil || before.Days != 4 || before.Median() != 2 || before.Conditions.Months != 6 || len(before.Conditions.Materials) != 1 {
		t.Errorf("before: %+v, %v", before, err)
	}
}
