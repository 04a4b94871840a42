package use_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/use"
)

func onDay(t *testing.T, day string) time.Time {
	t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, day, workdays.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func statement(t *testing.T, day string) use.Statement {
	t.Helper()
	return use.Statement{Method: "覆写三遍后删除", Destroyer: "李工", DestroyedOn: onDay(t, day), Supervisor: "王主任", Copies: "备份一并删除", True: true}
}

// giveBack ends a grant of the holder's.
func (w *world) giveBack(t *testing.T, grant string) {
	t.Helper()
	g, _, err := w.Licensing.Grant(t.Context(), w.holder, grant)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Licensing.MoveGrant(t.Context(), w.holder, grant, licensing.Surrender, "", g.Revision); err != nil {
		t.Fatal(err)
	}
}

// At the end of a grant, however it comes, what was taken is to be destroyed within
// the platform's five working days; where nothing was taken nothing is owed.
func TestWhatIsOwedAtTheEnd(t *testing.T) {
	for _, c := range []struct{ how, end, last string }{
		{"given back", "2025-04-25", "2025-05-06"}, // Sunday 27 worked, then the five days of May
		{"revoked", "2025-09-26", "2025-10-10"},    // over the October holidays
		{"expired", "2026-03-04", "2026-03-11"},
	} {
		w := newWorld(t, licensingtest.Fujian, "2025-03-03")
		g := w.grant(t, "12")
		w.take(t)
		w.Day(t, c.end)
		switch c.how {
		case "given back":
			w.giveBack(t, g)
		case "revoked":
			held, _, err := w.Licensing.Grant(t.Context(), w.officer, g)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Licensing.MoveGrant(t.Context(), w.officer, g, licensing.Revoke, "超范围使用", held.Revision); err != nil {
				t.Fatal(err)
			}
		default:
			w.tick(t)
		}
		d := w.destruction(t, g)
		if d.State != use.Owed || last(d.Clock) != c.last || d.Clock.Path != "destruction" || len(d.Items) != 1 || d.Items[0].Times != 1 || len(d.Items[0].SHA256) != 64 {
			t.Errorf("%s: %s, due %s, %+v", c.how, d.State, last(d.Clock), d.Items)
		}
		if c.how == "given back" {
			if r := w.report(t, g, 1); last(r.Clock) != c.last || r.Clock.Path != "destruction" {
				t.Errorf("the last report is due %s by %s", last(r.Clock), r.Clock.Path)
			} else if _, err := w.use.File(t.Context(), w.holder, g, 1, content, r.Revision); err != nil {
				t.Errorf("the last report of a grant that has ended: %v", err)
			}
		}
	}
	w := newWorld(t, licensingtest.Fujian, "2025-03-03")
	g := w.grant(t, "12")
	w.giveBack(t, g)
	if d, r := w.destruction(t, g), w.report(t, g, 1); d.State != use.Nothing || d.Clock != nil || r.State != use.ReportVoid {
		t.Errorf("nothing was taken: %s, %s", d.State, r.State)
	}
}

// A certificate is filed, found wanting, filed again and confirmed; its text and
// digest stay as they were filed.
func TestACertificateIsConfirmed(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2025-03-03")
	g := w.grant(t, "12")
	w.take(t)
	w.Day(t, "2025-04-07")
	w.giveBack(t, g)
	w.Day(t, "2025-04-09")
	for field, change := range map[string]func(*use.Statement){
		"method": func(s *use.Statement) { s.Method = "" }, "destroyer": func(s *use.Statement) { s.Destroyer = " " }, "supervisor": func(s *use.Statement) { s.Supervisor = "" }, "copies": func(s *use.Statement) { s.Copies = strings.Repeat("长", 2001) },
		"true": func(s *use.Statement) { s.True = false }, "destroyed_on": func(s *use.Statement) { s.DestroyedOn = time.Time{} },
	} {
		s := statement(t, "2025-04-08")
		change(&s)
		_, err := w.use.Certify(t.Context(), w.holder, g, s, 1)
		kind(t, field, err, fault.Invalid, field)
	}
	for _, day := range []string{"2025-04-10", "2025-03-02"} { // not yet; before anything was taken
		_, err := w.use.Certify(t.Context(), w.holder, g, statement(t, day), 1)
		kind(t, day, err, fault.Invalid, "destroyed_on")
	}
	for what, who := range map[string]account.Actor{"a stranger": w.Person(t, "李四")} {
		_, err := w.use.Certify(t.Context(), who, g, statement(t, "2025-04-08"), 1)
		kind(t, what, err, fault.NotFound, "")
	}
	_, err := w.use.Certify(t.Context(), w.officer, g, statement(t, "2025-04-08"), 1)
	kind(t, "the officer certifies", err, fault.Forbidden, "")
	stale := w.holder
	stale.Confirmed = time.Time{}
	_, err = w.use.Certify(t.Context(), stale, g, statement(t, "2025-04-08"), 1)
	kind(t, "without having shown who", err, fault.Forbidden, "")
	first, err := w.use.Certify(t.Context(), w.holder, g, statement(t, "2025-04-08"), 1)
	if err != nil || first.State != use.Certified || first.Number != "XH-2025-000001" || first.SHA256 != use.Digest(first.Body) || !strings.Contains(first.Body, first.Items[0].SHA256) || last(first.Clock) != "2025-04-23" {
		t.Fatalf("%+v, %s, %v", first, last(first.Clock), err)
	}
	_, err = w.use.Judge(t.Context(), w.officer, first.ID, use.FindWanting, "", first.Revision)
	kind(t, "wanting without a word", err, fault.Invalid, "words")
	for _, action := range []use.DestructionAction{use.Certify, use.Claim, use.Carry, use.WarnOfDestroy, "x"} {
		_, err = w.use.Judge(t.Context(), w.officer, first.ID, action, "有话", first.Revision)
		kind(t, "the officer takes "+string(action), err, fault.Forbidden, "")
	}
	for _, action := range []use.DestructionAction{use.Excuse, use.Deny, use.WriteOff} {
		_, err = w.use.Judge(t.Context(), w.officer, first.ID, action, "有话", first.Revision)
		kind(t, string(action)+" of a certificate", err, fault.Conflict, "")
	}
	back, err := w.use.Judge(t.Context(), w.officer, first.ID, use.FindWanting, "写明备份在哪里", first.Revision)
	if err != nil || back.State != use.Wanting || last(back.Clock) != "2025-04-16" {
		t.Fatalf("%s, due %s, %v", back.State, last(back.Clock), err)
	}
	again := statement(t, "2025-04-08")
	again.Copies = "两份磁带备份已消磁"
	second, err := w.use.Certify(t.Context(), w.holder, g, again, back.Revision)
	if err != nil || second.Number != first.Number || second.SHA256 == first.SHA256 {
		t.Fatal(second, err)
	}
	done, err := w.use.Judge(t.Context(), w.officer, first.ID, use.Confirm, "", second.Revision)
	if err != nil || done.State != use.Confirmed || done.Body != second.Body || done.SHA256 != second.SHA256 || done.Clock != nil {
		t.Fatal(done, err)
	}
	_, err = w.use.Certify(t.Context(), w.holder, g, again, done.Revision)
	kind(t, "certified once more", err, fault.Conflict, "")
	if owed, err := w.use.OwedBy(t.Context(), w.holder.ID, 0); err != nil || len(owed) != 0 {
		t.Error(owed, err)
	}
}

// An exception by law or agreement is asked for and decided; denied, the clock runs
// anew; overdue is told to both sides once.
func TestAnExceptionIsDecidedAndLatenessTold(t *testing.T) {
	w := newWorld(t, licensingtest.Anshan, "2025-03-03")
	g := w.grant(t, "12")
	w.take(t)
	w.Day(t, "2025-04-07")
	w.giveBack(t, g)
	if p := w.destruction(t, g); len(p.Grounds) != 2 || p.GroundsFor.House || p.GroundsFor.Cite[0] != "AS-44" {
		t.Errorf("grounds %+v by %+v", p.Grounds, p.GroundsFor)
	}
	_, err := w.use.Claim(t.Context(), w.holder, g, "wish", "想留着", 1)
	kind(t, "a ground that is none", err, fault.Invalid, "ground")
	_, err = w.use.Claim(t.Context(), w.holder, g, use.ByLaw, "", 1)
	kind(t, "a ground without words", err, fault.Invalid, "ground_words")
	claimed, err := w.use.Claim(t.Context(), w.holder, g, use.ByLaw, "《会计法》要求保存十年", 1)
	if err != nil || claimed.State != use.Claimed {
		t.Fatal(claimed, err)
	}
	denied, err := w.use.Judge(t.Context(), w.officer, claimed.ID, use.Deny, "这不是会计资料", claimed.Revision)
	if err != nil || denied.State != use.Owed || last(denied.Clock) != "2025-04-14" {
		t.Fatal(denied.State, last(denied.Clock), err)
	}
	_, err = w.use.Judge(t.Context(), w.officer, claimed.ID, use.WriteOff, "找不到人", denied.Revision)
	kind(t, "written off while the holder is there", err, fault.Conflict, "")
	w.Day(t, "2025-04-14")
	w.tick(t)
	if w.destruction(t, g).WarnedAt != nil {
		t.Error("warned on the last day")
	}
	w.Day(t, "2025-04-15")
	w.tick(t)
	w.tick(t)
	var warned []string
	for _, l := range w.letters(t) {
		if strings.HasPrefix(l, "destruction warn") {
			warned = append(warned, l)
		}
	}
	if !slices.Equal(warned, []string{"destruction warn to applicant", "destruction warn to department"}) {
		t.Errorf("letters %v", warned)
	}
	if owed, err := w.use.OwedBy(t.Context(), w.holder.ID, 0); err != nil || len(owed) != 1 || !owed[0].Late(w.Clock()) {
		t.Error(owed, err)
	}
	if items, err := w.use.Waiting(t.Context(), w.officer); err != nil || !slices.ContainsFunc(items, func(i inbox.Item) bool { return i.Ask == "销毁证明逾期没有交，请督促。" }) {
		t.Error(items, err)
	}
	now := w.destruction(t, g)
	claimed, err = w.use.Claim(t.Context(), w.holder, g, use.ByAgreement, "协议第三条准许留存统计结果", now.Revision)
	if err != nil {
		t.Fatal(err)
	}
	if done, err := w.use.Judge(t.Context(), w.officer, claimed.ID, use.Excuse, "同意留存", claimed.Revision); err != nil || done.State != use.Excused {
		t.Error(done, err)
	}
}

// A later grant that covers what was taken answers for it; one that covers less does
// not; its own certificate lists both.
func TestALaterGrantTakesOver(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2025-03-03")
	first := w.grant(t, "1")
	w.take(t)
	second := w.grant(t, "12")
	w.Day(t, "2025-04-07")
	w.tick(t)
	if d := w.destruction(t, first); d.State != use.Carried || d.CarriedTo != second {
		t.Fatalf("%s to %s", d.State, d.CarriedTo)
	}
	w.giveBack(t, second)
	if d := w.destruction(t, second); d.State != use.Owed || len(d.Items) != 1 || d.Items[0].Grant != first {
		t.Errorf("%s, %+v", d.State, d.Items)
	}
	w = newWorld(t, licensingtest.Fujian, "2025-03-03")
	first = w.grant(t, "1")
	w.take(t)
	w.Granted(t, w.holder, w.officer, w.entry, func(f *licensing.Form) { f.Months, f.Items[0].Columns = "12", f.Items[0].Columns[:1] })
	w.Day(t, "2025-04-07")
	w.tick(t)
	if d := w.destruction(t, first); d.State != use.Owed {
		t.Errorf("a narrower grant takes over: %s", d.State)
	}
}

// Who drew is held by the seed: the same seed and list give the same sample, another
// seed another; nothing else plays a part.
func TestASampleCanBeWorkedOutAgain(t *testing.T) {
	var all []string
	for i := range 200 {
		all = append(all, "SQZ-2025-"+strings.Repeat("0", 6-len(itoa(i)))+itoa(i))
	}
	a, b := use.Sample("a", all, 10, 1), use.Sample("b", all, 10, 1)
	other := slices.Clone(all)
	slices.Reverse(other)
	if len(a) != 20 || !slices.Equal(a, use.Sample("a", other, 10, 1)) || slices.Equal(a, b) {
		t.Errorf("%v %v", a, b)
	}
	for _, c := range []struct{ n, want int }{{0, 0}, {1, 1}, {9, 1}, {10, 1}, {11, 2}, {200, 20}} {
		if got := use.Size(c.n, 10, 1); got != c.want {
			t.Errorf("of %d: %d, want %d", c.n, got, c.want)
		}
	}
	// by hand: printf '%s' '0… SQZ-2025-000001' | sha256sum; the smallest of three
	if got := use.Sample(strings.Repeat("0", 64), []string{"SQZ-2025-000001", "SQZ-2025-000002", "SQZ-2025-000003"}, 34, 1); len(got) != 2 {
		t.Error(got)
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

// A drawn grant is asked, answers and is found in order or wanting; a wanting one says
// which kind of breach is suspected, and is closed.
func TestAnAuditFromTheDrawToItsClosing(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2025-03-03")
	_, err := w.use.Draw(t.Context(), w.authority, use.LiveGrants, "数据在哪里？", "")
	kind(t, "drawn of nothing", err, fault.Conflict, "")
	g := w.grant(t, "12")
	for what, who := range map[string]account.Actor{"an officer": w.officer, "the holder": w.holder, "a visitor": {}} {
		_, err := w.use.Draw(t.Context(), who, use.LiveGrants, "数据在哪里？", "")
		kind(t, what, err, fault.Forbidden, "")
	}
	_, err = w.use.Draw(t.Context(), w.authority, "mine", "数据在哪里？", "")
	kind(t, "a population that is none", err, fault.Invalid, "which")
	_, err = w.use.Draw(t.Context(), w.authority, use.LiveGrants, "", "")
	kind(t, "without a question", err, fault.Invalid, "questions")
	d, err := w.use.Draw(t.Context(), w.authority, use.LiveGrants, "数据在哪里？", "")
	if err != nil || !d.Again() || len(d.Drawn) != 1 || d.Drawn[0] != g || len(d.Seed) != 64 {
		t.Fatalf("%+v, %v", d, err)
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE use_draws SET seed = repeat('0', 64)`); err == nil {
		t.Error("a draw can be changed")
	}
	if _, err := w.Pool.Exec(t.Context(), `DELETE FROM use_events`); err == nil {
		t.Error("history can be deleted")
	}
	_, audits, err := w.use.Sampled(t.Context(), w.authority, d.ID)
	if err != nil || len(audits) != 1 || last(audits[0].Clock) != "2025-03-17" {
		t.Fatalf("%+v, %v", audits, err)
	}
	id := audits[0].ID
	find := func(who account.Actor, grant string, step use.AuditStep) (*use.Audit, error) {
		a, err := w.use.DeskAudit(t.Context(), w.officer, id)
		if err != nil {
			t.Fatal(err)
		}
		step.Revision = a.Revision
		return w.use.Move(t.Context(), who, grant, id, step)
	}
	_, err = find(w.authority, "", use.AuditStep{Action: use.FindFault, Words: "没有答复", Violation: "misuse"})
	kind(t, "found before the answer was due", err, fault.Conflict, "")
	_, err = find(w.Person(t, "李四"), g, use.AuditStep{Action: use.Answer, Words: "在机房"})
	kind(t, "a stranger answers", err, fault.NotFound, "")
	_, err = find(w.holder, g, use.AuditStep{Action: use.Answer})
	kind(t, "an empty answer", err, fault.Invalid, "answer")
	_, err = find(w.holder, g, use.AuditStep{Action: use.FindInOrder, Words: "没有问题"})
	kind(t, "the holder judges", err, fault.Forbidden, "")
	a, err := find(w.holder, g, use.AuditStep{Action: use.Answer, Words: "在机房，两人能读。"})
	if err != nil || a.State != use.AuditAnswered {
		t.Fatal(a, err)
	}
	for what, who := range map[string]account.Actor{"the department": w.officer, "the regulator": w.Regulator(t)} {
		_, err = find(who, "", use.AuditStep{Action: use.FindInOrder, Words: "没有问题"})
		kind(t, what+" judges what the authority drew", err, fault.Forbidden, "")
	}
	_, err = find(w.authority, "", use.AuditStep{Action: use.FindFault, Words: "与记录不符", Violation: "rudeness"})
	kind(t, "a violation that is none", err, fault.Invalid, "violation")
	a, err = find(w.authority, "", use.AuditStep{Action: use.FindFault, Words: "与取数记录不符", Violation: "beyond_scope"})
	if err != nil || a.State != use.FoundWanting || a.ViolationOf != licensingtest.Fujian || a.Violation != "beyond_scope" {
		t.Fatalf("%+v, %v", a, err)
	}
	a, err = find(w.authority, "", use.AuditStep{Action: use.CloseAudit, Words: "已立案处理"})
	if err != nil || a.State != use.AuditClosed {
		t.Fatal(a, err)
	}
	_, err = find(w.authority, "", use.AuditStep{Action: use.FindInOrder, Words: "没有问题"})
	kind(t, "judged once more", err, fault.Conflict, "")
}

// An answer that does not come is told once, and then may be judged without.
func TestAnAuditThatIsNotAnswered(t *testing.T) {
	w := newWorld(t, licensingtest.Tianjin, "2025-03-03")
	w.grant(t, "12")
	regulator := w.Regulator(t)
	d, err := w.use.Draw(t.Context(), regulator, use.AllGrants, "数据在哪里？", "")
	if err != nil {
		t.Fatal(err)
	}
	w.Day(t, "2025-03-18")
	w.tick(t)
	w.tick(t)
	_, audits, err := w.use.Sampled(t.Context(), regulator, d.ID)
	if err != nil || audits[0].WarnedAt == nil || audits[0].State != use.AuditAsked {
		t.Fatal(audits, err)
	}
	if items, err := w.use.Waiting(t.Context(), regulator); err != nil || len(items) != 1 || items[0].Clock == nil || !items[0].Clock.Late(w.Clock()) {
		t.Error(items, err)
	}
	a, err := w.use.Move(t.Context(), regulator, "", audits[0].ID, use.AuditStep{Action: use.FindFault, Words: "催告后没有答复", Violation: "misuse", Revision: audits[0].Revision})
	if err != nil || a.State != use.FoundWanting || a.ViolationOf != "house-defaults" { // Tianjin names no kinds
		t.Error(a, err)
	}
}

// Before a destruction or an answer to an audit is due its holder gets one letter,
// and when it is overdue another, with the desk. The days are written out: Sunday 27
// April 2025 is worked, 1 to 5 May are not.
func TestWhoOwesIsRemindedOnceAndThenWarned(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2025-03-03")
	g := w.grant(t, "12")
	w.take(t)
	if _, err := w.use.Draw(t.Context(), w.authority, use.LiveGrants, "数据在哪里？", ""); err != nil {
		t.Fatal(err)
	}
	said := func(about string) string {
		t.Helper()
		w.tick(t)
		w.tick(t)
		return strings.Join(slices.DeleteFunc(w.letters(t), func(l string) bool { return !strings.HasPrefix(l, about) }), ", ")
	}
	for _, step := range []struct{ day, want string }{ // asked for until 17 March
		{"2025-03-11", "audit ask to applicant"},
		{"2025-03-12", "audit ask to applicant, audit remind to applicant"},
		{"2025-03-17", "audit ask to applicant, audit remind to applicant"},
		{"2025-03-18", "audit ask to applicant, audit remind to applicant, audit warn to applicant, audit warn to authority"},
	} {
		w.Day(t, step.day)
		if got := said("audit"); got != step.want {
			t.Errorf("%s: %s", step.day, got)
		}
	}
	w.Day(t, "2025-04-25")
	w.giveBack(t, g)
	for _, step := range []struct{ day, want string }{ // owed until 6 May
		{"2025-04-28", "destruction owed to applicant"},
		{"2025-04-29", "destruction owed to applicant, destruction remind to applicant"},
		{"2025-05-06", "destruction owed to applicant, destruction remind to applicant"},
		{"2025-05-07", "destruction owed to applicant, destruction remind to applicant, destruction warn to applicant, destruction warn to department"},
	} {
		w.Day(t, step.day)
		if got := said("destruction"); got != step.want {
			t.Errorf("%s: %s", step.day, got)
		}
	}
}

// Two at once, twenty times: of two certificates one is filed, with one number, and of
// what an officer confirms while another finds it wanting one counts.
func TestOfTwoAtOnceOneCertifies(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2025-03-03")
	other := w.Official(t, w.entry.Department, account.Officer)
	for range 20 {
		g := w.grant(t, "12")
		w.take(t)
		w.giveBack(t, g)
		d := w.destruction(t, g)
		if n := at(t, func(ctx context.Context) error {
			_, err := w.use.Certify(ctx, w.holder, g, statement(t, "2025-03-03"), d.Revision)
			return err
		}, func(ctx context.Context) error {
			_, err := w.use.Certify(ctx, w.holder, g, statement(t, "2025-03-03"), d.Revision)
			return err
		}); n != 1 {
			t.Fatalf("%d certificates were filed", n)
		}
		filed := w.destruction(t, g)
		if n := at(t, func(ctx context.Context) error {
			_, err := w.use.Judge(ctx, w.officer, filed.ID, use.Confirm, "", filed.Revision)
			return err
		}, func(ctx context.Context) error {
			_, err := w.use.Judge(ctx, other, filed.ID, use.FindWanting, "写明备份", filed.Revision)
			return err
		}); n != 1 {
			t.Fatalf("%d decided", n)
		}
	}
	var numbers int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(DISTINCT number) FROM use_destructions`).Scan(&numbers); err != nil || numbers != 20 {
		t.Errorf("%d numbers, %v", numbers, err)
	}
}

// Two answers to an audit at once, twenty times, and two findings of it: one goes
// through.
func TestOfTwoAtOnceOneAnswersAnAudit(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2025-03-03")
	w.grant(t, "12")
	other := w.Official(t, w.entry.Department, account.Authority)
	for range 20 {
		d, err := w.use.Draw(t.Context(), w.authority, use.LiveGrants, "数据在哪里？", "")
		if err != nil {
			t.Fatal(err)
		}
		_, audits, err := w.use.Sampled(t.Context(), w.authority, d.ID)
		if err != nil || len(audits) != 1 {
			t.Fatal(audits, err)
		}
		a := audits[0]
		move := func(who account.Actor, grant string, step use.AuditStep) func(context.Context) error {
			return func(ctx context.Context) error {
				_, err := w.use.Move(ctx, who, grant, a.ID, step)
				return err
			}
		}
		answer := func(words string) func(context.Context) error {
			return move(w.holder, a.Grant.Number, use.AuditStep{Action: use.Answer, Words: words, Revision: a.Revision})
		}
		if n := at(t, answer("在机房。"), answer("在云上。")); n != 1 {
			t.Fatalf("%d answered", n)
		}
		revision := a.Revision + 1
		if n := at(t, move(w.authority, "", use.AuditStep{Action: use.FindInOrder, Words: "没有问题", Revision: revision}),
			move(other, "", use.AuditStep{Action: use.FindFault, Words: "与记录不符", Violation: "beyond_scope", Revision: revision})); n != 1 {
			t.Fatalf("%d found", n)
		}
	}
}
