package registration_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/marketplace"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/verify"
	"shuyuan/marketplace/registration"
	"shuyuan/marketplace/registration/registrationtest"
)

func certificate(t *testing.T, w *registrationtest.World, number string) *registration.Certificate {
	t.Helper()
	c, err := w.Registrations.CertificateByNumber(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The days of the rules, counted by hand over holidays and make-up working days of 2026
// (I-43): 25 to 27 September and 1 to 7 October are off, Sunday 20 September and
// Saturday 10 October are worked.
func TestTheDaysOfARegistration(t *testing.T) {
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	clocks := deadline.New(book, func() workdays.Calendar { return calendar })
	for _, c := range []struct{ term, from, last string }{
		{"accept", "2026-09-17", "2026-09-21"}, // 18 (Fri), 20 (Sun, worked), 21
		{"accept", "2026-09-30", "2026-10-10"}, // 8, 9, 10 (Sat, worked)
		{"notice", "2026-09-24", "2026-10-15"}, // 28 29 30, 8 9 10, 12 13 14 15
		{"notice", "2026-11-09", "2026-11-23"}, // two plain weeks
		{"apply", "2026-09-18", "2026-10-22"},  // 20 21 22 23 24, 28 29 30, 8 9 10, 12 to 16, 19 20 21 22
		{"answer", "2026-10-06", "2026-10-13"}, // 8 9 10 12 13
		{"certify", "2026-09-24", "2026-10-15"},
	} {
		from, err := time.ParseInLocation(time.DateOnly, c.from, workdays.Zone)
		if err != nil {
			t.Fatal(err)
		}
		clock, err := clocks.Start("", registration.Terms[c.term], from.Add(15*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if got := clock.Last.Format(time.DateOnly); got != c.last {
			t.Errorf("%s from %s ends on %s, want %s", c.term, c.from, got, c.last)
		}
	}
}

// The whole line: applied, accepted, in public notice, issued; and whoever looks sees a
// certificate that the key for certificates signed.
func TestAProductIsRegistered(t *testing.T) {
	w := registrationtest.New(t)
	product := w.Ready(t)
	r := w.Applied(t, product)
	if r.State != registration.Applied || r.Clock.Last.Format(time.DateOnly) != "2026-11-05" || r.ApplyBy.Last.Format(time.DateOnly) != "2026-11-30" || r.Late() {
		t.Errorf("%s, by %s, to be applied for by %s", r.State, r.Clock.Last, r.ApplyBy.Last)
	}
	if _, err := w.Registrations.Shown(t.Context(), r.Number); fault.KindOf(err) != fault.NotFound {
		t.Errorf("it is shown before its notice: %v", err)
	}
	if _, err := w.Registrations.Apply(t.Context(), w.Owner, product, registrationtest.Form()); fault.KindOf(err) != fault.Conflict {
		t.Errorf("applied twice: %v", err)
	}
	w.Move(t, w.Registrar, r.Number, registration.Accept)
	r = w.Move(t, w.Registrar, r.Number, registration.Announce)
	if r.Notice.Last.Format(time.DateOnly) != "2026-11-16" {
		t.Fatalf("the notice lasts until %s", r.Notice.Last)
	}

	// somebody objects; nothing is issued before that is answered, and the notice is full
	if _, err := w.Registrations.File(t.Context(), w.Member, r.Number, registration.Filed{Name: "某人", Contact: "someone@people.example", Words: "数据来源有争议。"}); err != nil {
		t.Fatal(err)
	}
	w.Day(t, "2026-11-17")
	if _, err := w.Try(t, w.Registrar, r.Number, registration.Step{Action: registration.Issue}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("issued with an open objection: %v", err)
	}
	if _, err := w.Try(t, w.Registrar, r.Number, registration.Step{Action: registration.Resolve, Objection: 1}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("answered without words: %v", err)
	}
	if _, err := w.Try(t, w.Registrar, r.Number, registration.Step{Action: registration.Resolve, Objection: 1, Words: "获取记录齐全，异议不成立。"}); err != nil {
		t.Fatal(err)
	}
	w.Day(t, "2026-11-16")
	if _, err := w.Try(t, w.Registrar, r.Number, registration.Step{Action: registration.Issue}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("issued on the last day of the notice: %v", err)
	}
	w.Day(t, "2026-11-17")
	if _, err := w.Registrations.File(t.Context(), w.Member, r.Number, registration.Filed{Name: "某人", Contact: "someone@people.example", Words: "太晚。"}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an objection after the notice: %v", err)
	}
	r = w.Move(t, w.Registrar, r.Number, registration.Issue)
	c, err := w.Registrations.CertificateByNumber(t.Context(), r.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if c.State != registration.InForce || c.LastDay().Format(time.DateOnly) != "2029-11-17" || c.Holder.ID != w.Firm || c.Issuer != "示例数据交易所" || c.Case != r.Number {
		t.Errorf("%+v", c)
	}
	if err := w.Registrations.Genuine(t.Context(), c); err != nil {
		t.Errorf("it is not genuine: %v", err)
	}
	forged := *c
	forged.Envelope = []byte(strings.Replace(string(c.Envelope), `"sig":"`, `"sig":"AAAA`, 1))
	if err := w.Registrations.Genuine(t.Context(), &forged); err == nil {
		t.Error("an envelope with another signature is genuine")
	}
	p, err := w.Products.Product(t.Context(), w.Owner, product)
	if err != nil || p.State != "registered" {
		t.Errorf("the product is %s (%v)", p.State, err)
	}
	shown, err := w.Registrations.Shown(t.Context(), r.Number)
	if err != nil || len(shown.Objections) != 1 || shown.Objections[0].Name != "" || shown.Objections[0].Contact != "" || shown.Lawful != "" {
		t.Errorf("everybody sees %+v (%v)", shown, err)
	}
	if err := w.Log.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// What is registered is changed, renewed, handed over, given up, and runs out: each time
// the one before ends, and one counts.
func TestWhatBecomesOfACertificate(t *testing.T) {
	w := registrationtest.New(t)
	product := w.Ready(t)
	first := w.Registered(t, product, "2026-11-02", "2026-11-17")

	if _, err := w.Registrations.Apply(t.Context(), w.Owner, product, registrationtest.Form(func(f *registration.Form) { f.Kind = registration.Change })); fault.KindOf(err) != fault.Invalid {
		t.Errorf("changed to the version that is registered: %v", err)
	}
	renewal := w.Applied(t, product, func(f *registration.Form) { f.Kind = registration.Renewal })
	w.Move(t, w.Registrar, renewal.Number, registration.Accept, registration.Announce)
	w.Day(t, "2026-12-02") // the notice from 17 November is full on 1 December
	second := w.Move(t, w.Registrar, renewal.Number, registration.Issue).Certificate
	if c := certificate(t, w, first); c.State != registration.Renewed || c.ReplacedBy != second {
		t.Errorf("%s is %s, replaced by %q", first, c.State, c.ReplacedBy)
	}

	other := w.Person(t, "示例受让负责人")
	receiver := w.Organisation(t, other, "示例受让公司", "91350100MA00000R0E")
	transfer := w.Applied(t, product, func(f *registration.Form) { f.Kind, f.Receiver = registration.Transfer, "91350100MA00000R0E" })
	if _, err := w.Try(t, w.Registrar, transfer.Number, registration.Step{Action: registration.Accept}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("accepted before the receiver agreed: %v", err)
	}
	w.Move(t, other, transfer.Number, registration.Agree)
	w.Move(t, w.Registrar, transfer.Number, registration.Accept, registration.Announce)
	w.Day(t, "2026-12-17")
	third := w.Move(t, w.Registrar, transfer.Number, registration.Issue).Certificate
	if c := certificate(t, w, third); c.Holder.ID != receiver || c.Replaces != second || certificate(t, w, second).State != registration.Transferred {
		t.Errorf("%+v", c)
	}

	// the receiver runs the product, which its developer does not end any more; who
	// developed it stays, as it is sealed
	p, err := w.Products.Product(t.Context(), w.Owner, product)
	if err != nil || p.Developer.ID != w.Firm || !slices.ContainsFunc(p.Rights, func(r marketplace.Right) bool {
		return r.What == marketplace.Operate && r.Holder == "示例受让公司" && strings.Contains(r.Source, transfer.Number)
	}) {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := w.Products.Move(t.Context(), w.Owner, product, marketplace.Step{Action: string(marketplace.Retire), Revision: p.Revision, Words: "不做了"}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("its developer ended what another runs: %v", err)
	}
	if _, err := w.Registrations.Apply(t.Context(), w.Owner, product, registrationtest.Form(func(f *registration.Form) { f.Kind = registration.Renewal })); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("its developer renewed what another holds: %v", err)
	}
	// whoever certifies it is independent of the receiver, too
	w.Exec(t, `INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) VALUES ($1, $2, 'use', 'member', now())`, w.House, other.ID)
	asked := w.Asked(t, product, registration.OfCertification, w.House)
	if _, err := w.Report(t, w.Certifier, asked.Number, registration.Declare, registration.ReportForm{Declaration: "无"}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the certifier shares somebody with the receiver: %v", err)
	}

	// the developer no longer holds it
	c := certificate(t, w, third)
	if _, err := w.Registrations.EndCertificate(t.Context(), w.Owner, third, c.Revision, "不要了"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("given up by whom it is not: %v", err)
	}
	if _, err := w.Registrations.EndCertificate(t.Context(), other, third, c.Revision, ""); fault.KindOf(err) != fault.Invalid {
		t.Errorf("given up without words: %v", err)
	}
	if err := w.Registrations.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := certificate(t, w, third); c.State != registration.InForce {
		t.Errorf("it is %s", c.State)
	}
	counts := func(want verify.State, says string) {
		t.Helper()
		if err := w.Log.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		p, err := w.Products.Proof(t.Context(), product)
		if err != nil || p.Status.State != want || !strings.Contains(p.Status.Reason, says) {
			t.Errorf("a file of it: %+v (%v)", p, err)
		}
	}
	counts(verify.Active, "")
	w.Exec(t, `UPDATE products SET scenario_id = NULL`) // whose agreements run out earlier
	w.Day(t, "2029-12-18")                              // 36 months from 17 December are over
	counts(verify.Expired, third)
	if err := w.Registrations.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := certificate(t, w, third); c.State != registration.Expired || c.EndLeaf == 0 {
		t.Errorf("it is %s, leaf %d", c.State, c.EndLeaf)
	}
}

// A notice whose days are only estimated, since the calendar of the year is not there,
// is not full.
func TestNoNoticeIsFullByAnEstimatedDay(t *testing.T) {
	w := registrationtest.New(t)
	r := w.Applied(t, w.Ready(t))
	w.Day(t, "2026-12-24")
	w.Move(t, w.Registrar, r.Number, registration.Accept, registration.Announce)
	w.Day(t, "2027-03-01")
	if _, err := w.Try(t, w.Registrar, r.Number, registration.Step{Action: registration.Issue}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("issued: %v", err)
	}
}

// The exchange registers nothing of its own, by what the registrant declares (I-26), and
// what it lacks stops it at the formal check.
func TestWhatIsNotRegistered(t *testing.T) {
	w := registrationtest.New(t)
	product := w.Ready(t)
	for field, change := range map[string]func(*registration.Form){
		"level": func(f *registration.Form) { f.Level = "" }, "abroad": func(f *registration.Form) { f.Abroad = "" }, "lawful": func(f *registration.Form) { f.Lawful = " " },
		"unidentifiable": func(f *registration.Form) { f.Unident = "" }, "irreversible": func(f *registration.Form) { f.Irrevers = "" }, "declared": func(f *registration.Form) { f.Declared = false },
		"controls": func(f *registration.Form) { f.Controls = "交易所" }, "version": func(f *registration.Form) { f.Version = "9.9.9" }, "kind": func(f *registration.Form) { f.Kind = "other" },
	} {
		if _, err := w.Registrations.Apply(t.Context(), w.Owner, product, registrationtest.Form(change)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := w.Registrations.Apply(t.Context(), w.Member, product, registrationtest.Form()); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("applied by somebody who does not answer for the developer: %v", err)
	}
	r := w.Applied(t, product, func(f *registration.Form) { f.Controls = registrationtest.ExchangeCode })
	if _, err := w.Try(t, w.Registrar, r.Number, registration.Step{Action: registration.Accept}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the exchange accepted what it controls: %v", err)
	}
	w.Move(t, w.Owner, r.Number, registration.Withdraw)

	r = w.Applied(t, product, func(f *registration.Form) { f.Level = registration.Core })
	w.Move(t, w.Registrar, r.Number, registration.Return)
	if _, err := w.Try(t, w.Owner, r.Number, registration.Step{Action: registration.Resubmit, Form: registrationtest.Form(func(f *registration.Form) { f.Level = registration.Core })}); err != nil {
		t.Fatal(err)
	}
	w.Move(t, w.Registrar, r.Number, registration.Accept)
	if _, err := w.Try(t, w.Registrar, r.Number, registration.Step{Action: registration.Announce}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("core data was announced: %v", err)
	}
	w.Move(t, w.Registrar, r.Number, registration.Refuse)
	if _, err := w.Registrations.One(t.Context(), w.Certifier, r.Number); fault.KindOf(err) != fault.NotFound {
		t.Errorf("somebody who has no part reads it: %v", err)
	}
	if v, err := w.Registrations.One(t.Context(), w.Regulator, r.Number); err != nil || len(v.Offers) != 0 {
		t.Errorf("the regulator: %v, %v", v, err)
	}
	var read int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE subject = 'registration' AND subject_id = $1 AND act = 'read' AND actor = $2`, r.Number, w.Regulator.ID).Scan(&read); err != nil || read != 1 {
		t.Errorf("that the regulator read it stands %d times in the trail (%v)", read, err)
	}
}

// What goes behind the program's back is refused by the database.
func TestTheDatabaseHoldsRegistrations(t *testing.T) {
	w := registrationtest.New(t)
	product := w.Ready(t)
	r := w.Applied(t, product)
	w.Move(t, w.Registrar, r.Number, registration.Accept, registration.Announce)
	for name, sql := range map[string]string{
		"a move that is none":        `UPDATE registrations SET state = 'applied'`,
		"issued without certificate": `UPDATE registrations SET state = 'issued'`,
		"what was handed in":         `UPDATE registrations SET level = 'important'`,
		"another beginning":          `UPDATE registrations SET notice_from = notice_from - interval '20 days'`,
		"a history that changes":     `UPDATE registration_events SET words = 'x'`,
		"a certificate with no notice": `INSERT INTO product_certificates (number, kind, registration_id, product_id, version_id, organisation_id, issuer, state, state_at, issued_at, issued_by, issued_name, valid_until, statement, digest, envelope, key_id, leaf)
			SELECT 'DJZ-2026-000009', 'registration', id, product_id, version_id, organisation_id, 'x', 'issued', now(), now(), made_by, 'x', now() + interval '1 day', '', encode(sha256(''), 'hex'), '', 'k', 0 FROM registrations`,
	} {
		if _, err := w.Pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// A certifier and a valuer report; whoever is not independent does not (I-27).
func TestAProductIsCertifiedAndValued(t *testing.T) {
	w := registrationtest.New(t)
	product := w.Ready(t)
	w.Registered(t, product, "2026-11-02", "2026-11-17")

	r := w.Asked(t, product, registration.OfCertification, w.House)
	if r.Clock.Last.Format(time.DateOnly) != "2026-12-01" {
		t.Errorf("the certifier has until %s", r.Clock.Last)
	}
	declare := registration.ReportForm{Declaration: "与开发方没有关系。"}
	if _, err := w.Report(t, w.Certifier, r.Number, registration.Declare, registration.ReportForm{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("declared nothing: %v", err)
	}
	w.Exec(t, `INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) VALUES ($1, $2, 'use', 'member', now())`, w.House, w.Member.ID)
	if _, err := w.Report(t, w.Certifier, r.Number, registration.Declare, declare); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("somebody is of both: %v", err)
	}
	w.Exec(t, `DELETE FROM organisation_members WHERE organisation_id = $1 AND user_id = $2`, w.House, w.Member.ID)
	if _, err := w.Report(t, w.Certifier, r.Number, registration.Declare, registration.ReportForm{Declaration: "无", Controls: "91350100MA00000T07"}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the developer controls the certifier: %v", err)
	}
	for _, step := range []struct {
		a registration.ReportAction
		f registration.ReportForm
	}{{registration.Declare, declare}, {registration.Write, registrationtest.Written(func(f *registration.ReportForm) { f.Passed = registration.TestNames[:2] })}} {
		if _, err := w.Report(t, w.Certifier, r.Number, step.a, step.f); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Report(t, w.Certifier, r.Number, registration.IssueReport, registration.ReportForm{}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("issued with two of three tests passed: %v", err)
	}
	if _, err := w.Report(t, w.Certifier, r.Number, registration.Write, registrationtest.Written(func(f *registration.ReportForm) { f.Found = []string{"privacy"} })); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Report(t, w.Certifier, r.Number, registration.IssueReport, registration.ReportForm{}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("issued with private data found: %v", err)
	}
	if _, err := w.Report(t, w.Certifier, r.Number, registration.Write, registrationtest.Written()); err != nil {
		t.Fatal(err)
	}
	w.Exec(t, `UPDATE scenarios SET research = true, use_class = 'public_benefit'`)
	if _, err := w.Report(t, w.Certifier, r.Number, registration.IssueReport, registration.ReportForm{}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("issued over academic data: %v", err)
	}
	w.Exec(t, `UPDATE scenarios SET research = false, use_class = 'industry'`)
	done, err := w.Report(t, w.Certifier, r.Number, registration.IssueReport, registration.ReportForm{})
	if err != nil {
		t.Fatal(err)
	}
	c := certificate(t, w, done.Certificate)
	if c.Kind != registration.OfCertification || c.LastDay().Format(time.DateOnly) != "2027-11-17" || c.Issuer != "示例合规认证中心" || w.Registrations.Genuine(t.Context(), c) != nil {
		t.Errorf("%+v", c)
	}
	if p, err := w.Products.Product(t.Context(), w.Owner, product); err != nil || p.State != "listable" {
		t.Errorf("the product is %s (%v)", p.State, err)
	}

	v := w.Asked(t, product, registration.OfValuation, w.Appraisers)
	sheet := registration.ReportForm{Method: "cost", Day: "2026-11-17", Items: []string{"加工", ""}, Amounts: []string{"120000", ""}, Notes: []string{"人工", ""}, Evaluator: "示例评估师", Conclusion: "仅供参考，不是价格。"}
	for _, step := range []struct {
		a registration.ReportAction
		f registration.ReportForm
	}{{registration.Declare, declare}, {registration.Write, sheet}, {registration.IssueReport, registration.ReportForm{}}} {
		if done, err = w.Report(t, w.Valuer, v.Number, step.a, step.f); err != nil {
			t.Fatal(err)
		}
	}
	if done.Body.Total() != 12_000_000 || certificate(t, w, done.Certificate).Kind != registration.OfValuation {
		t.Errorf("%+v", done)
	}

	// a suspension ends while both certificates count, and not without
	move := func(who account.Actor, a marketplace.Action) error {
		p, err := w.Products.Product(t.Context(), who, product)
		if err != nil {
			return err
		}
		_, err = w.Products.Move(t.Context(), who, product, marketplace.Step{Action: string(a), Revision: p.Revision, Words: "示例理由"})
		return err
	}
	for _, a := range []marketplace.Action{marketplace.Suspend, marketplace.Resume} {
		if err := move(w.Regulator, a); err != nil {
			t.Fatal(err)
		}
	}

	// once the compliance certificate is taken back the product is offered no more
	if _, err := w.Registrations.EndCertificate(t.Context(), w.Certifier, c.Number, c.Revision, "发现问题"); err != nil {
		t.Fatal(err)
	}
	if p, err := w.Products.Product(t.Context(), w.Owner, product); err != nil || p.State != "suspended" {
		t.Errorf("the product is %s (%v)", p.State, err)
	}
	for _, who := range []account.Actor{w.Registrar, w.Regulator} {
		if err := move(who, marketplace.Resume); fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s resumed it without a certificate of compliance: %v", who.Name, err)
		}
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE products SET state = 'listable', state_at = now()`); err == nil {
		t.Error("the database took it as listable without a certificate of compliance")
	}

	// certified anew it is resumed, until its registration runs out; and then it is
	// registered anew, which leaves it suspended until somebody resumes it
	again := w.Asked(t, product, registration.OfCertification, w.House)
	for _, step := range []struct {
		a registration.ReportAction
		f registration.ReportForm
	}{{registration.Declare, declare}, {registration.Write, registrationtest.Written()}, {registration.IssueReport, registration.ReportForm{}}} {
		if _, err := w.Report(t, w.Certifier, again.Number, step.a, step.f); err != nil {
			t.Fatal(err)
		}
	}
	if err := move(w.Registrar, marketplace.Resume); err != nil {
		t.Fatal(err)
	}
	registered := certificate(t, w, "DJZ-2026-000001")
	if _, err := w.Registrations.EndCertificate(t.Context(), w.Owner, registered.Number, registered.Revision, "不再经营"); err != nil {
		t.Fatal(err)
	}
	if err := move(w.Registrar, marketplace.Resume); fault.KindOf(err) != fault.Conflict {
		t.Errorf("resumed without a registration: %v", err)
	}
	anew := w.Applied(t, product)
	if anew.Late() {
		t.Error("what is registered anew is late")
	}
	w.Move(t, w.Registrar, anew.Number, registration.Accept, registration.Announce)
	w.Day(t, "2026-12-02")
	w.Move(t, w.Registrar, anew.Number, registration.Issue)
	if err := move(w.Registrar, marketplace.Resume); err != nil {
		t.Errorf("registered anew: %v", err)
	}
}

// Whoever has something to do finds it in the inbox.
func TestWhatWaitsForWhom(t *testing.T) {
	w := registrationtest.New(t)
	product := w.Ready(t)
	asks := func(who account.Actor) (out []string) {
		items, err := w.Registrations.Waiting(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			out = append(out, i.Ask)
		}
		return out
	}
	want := func(who account.Actor, ask string) {
		t.Helper()
		if got := asks(who); !slices.Equal(got, []string{ask}) {
			t.Errorf("%q waits for %s, want %q", got, who.Name, ask)
		}
	}
	want(w.Owner, "产品已经送审，请申请登记。")
	r := w.Applied(t, product)
	want(w.Registrar, "有登记申请，请受理或者退回。")
	w.Move(t, w.Registrar, r.Number, registration.Return)
	want(w.Owner, "登记申请被退回，请补正后再提交。")
	if _, err := w.Try(t, w.Owner, r.Number, registration.Step{Action: registration.Resubmit, Form: registrationtest.Form()}); err != nil {
		t.Fatal(err)
	}
	w.Move(t, w.Registrar, r.Number, registration.Accept)
	want(w.Registrar, "登记申请已受理，请做形式审查并公示。")
	w.Move(t, w.Registrar, r.Number, registration.Announce)
	if got := asks(w.Registrar); len(got) != 0 {
		t.Errorf("%q waits during the notice", got)
	}
	if _, err := w.Registrations.File(t.Context(), account.Actor{}, r.Number, registration.Filed{Name: "某人", Contact: "1", Words: "异议", Network: "192.0.2.0/24"}); err != nil {
		t.Fatal(err)
	}
	want(w.Registrar, "公示期间有异议，请处理并答复。")
	if _, err := w.Try(t, w.Registrar, r.Number, registration.Step{Action: registration.Resolve, Objection: 1, Upheld: true, Words: "成立。"}); err != nil {
		t.Fatal(err)
	}
	w.Day(t, "2026-11-17")
	want(w.Registrar, "公示期满，没有未答复的异议，请发证。")
	if _, err := w.Try(t, w.Registrar, r.Number, registration.Step{Action: registration.Issue}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("issued over an objection that was upheld: %v", err)
	}
	if open, err := w.Registrations.OpenClocks(t.Context()); err != nil || len(open) != 1 {
		t.Errorf("%+v, %v", open, err)
	}
}

// certified is what a certifier does from a request to a certificate.
func certified(t *testing.T, w *registrationtest.World, number string) (*registration.Report, error) {
	t.Helper()
	for _, step := range []struct {
		a registration.ReportAction
		f registration.ReportForm
	}{{registration.Declare, registration.ReportForm{Declaration: "与开发方没有关系。"}}, {registration.Write, registrationtest.Written()}} {
		if _, err := w.Report(t, w.Certifier, number, step.a, step.f); err != nil {
			t.Fatal(err)
		}
	}
	return w.Report(t, w.Certifier, number, registration.IssueReport, registration.ReportForm{})
}

// What is offered is certified as it is: a version with another method waits for a
// certificate of its own, a patch of a certified one does not.
func TestAnotherMethodIsCertifiedAnew(t *testing.T) {
	w := registrationtest.New(t)
	product := w.Ready(t)
	w.Registered(t, product, "2026-11-02", "2026-11-17")
	first, err := certified(t, w, w.Asked(t, product, registration.OfCertification, w.House).Number)
	if err != nil {
		t.Fatal(err)
	}
	release := w.Version(t, product, "1.0.0").Contents[0].Release
	sealed := func(number, method string) {
		t.Helper()
		if _, err := w.Products.Build(t.Context(), w.Owner, product, marketplace.VersionForm{Number: number, Method: method, Forms: []marketplace.Form{stamp.CSV}}); err != nil {
			t.Fatal(err)
		}
		if err := w.Products.AddRelease(t.Context(), w.Owner, product, number, release, "stations"); err != nil {
			t.Fatal(err)
		}
		w.World.Move(t, product, number, marketplace.Check, marketplace.Seal)
	}
	sealed("1.0.1", "按车站分组计数")
	if v := w.Version(t, product, "1.0.1"); v.Uncertified != nil {
		t.Errorf("a patch: %v", v.Uncertified)
	}
	w.World.Move(t, product, "1.0.1", marketplace.Publish)
	sealed("1.1.0", "按车站和日期分组计数")
	if v := w.Version(t, product, "1.1.0"); v.Uncertified == nil {
		t.Error("the page does not say that it is to be certified")
	}
	if err := w.World.Try(t, product, "1.1.0", marketplace.Publish); err == nil || !strings.Contains(fault.Of(err).Text(), "合规认证") || w.Version(t, product, "1.1.0").State != marketplace.Sealed {
		t.Errorf("published: %v", err)
	}
	r, err := w.Registrations.Ask(t.Context(), w.Owner, product, registration.Asked{Kind: registration.OfCertification, Version: "1.1.0", Reporter: w.House})
	if err != nil {
		t.Fatal(err)
	}
	second, err := certified(t, w, r.Number)
	if err != nil {
		t.Fatal(err)
	}
	w.World.Move(t, product, "1.1.0", marketplace.Publish)
	p, err := w.Products.Product(t.Context(), w.Owner, product)
	if err != nil || p.State != marketplace.Listable {
		t.Errorf("the product is %s (%v)", p.State, err)
	}

	// The older certificate does not hold what the newest version needs.
	c := certificate(t, w, second.Certificate)
	if _, err := w.Registrations.EndCertificate(t.Context(), w.Certifier, c.Number, c.Revision, "示例理由"); err != nil {
		t.Fatal(err)
	}
	if p, err = w.Products.Product(t.Context(), w.Owner, product); err != nil || p.State != marketplace.Suspended || !certificate(t, w, first.Certificate).Counts(w.Clock()) {
		t.Errorf("the product is %s (%v)", p.State, err)
	}
	if _, err := w.Products.Move(t.Context(), w.Registrar, product, marketplace.Step{Action: string(marketplace.Resume), Words: "示例", Revision: p.Revision}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("it is offered by the certificate of an older method: %v", err)
	}
}

// A certificate of compliance is issued to whoever runs the product, and says when the
// right to run it went to somebody else.
func TestCertificatesAfterATransfer(t *testing.T) {
	w := registrationtest.New(t)
	product := w.Ready(t)
	w.Registered(t, product, "2026-11-02", "2026-11-17")
	done, err := certified(t, w, w.Asked(t, product, registration.OfCertification, w.House).Number)
	if err != nil {
		t.Fatal(err)
	}
	if c := certificate(t, w, done.Certificate); c.Holder.ID != w.Firm || c.MovedTo != nil {
		t.Errorf("before: %+v, %+v", c.Holder, c.MovedTo)
	}
	receiver := w.Organisation(t, w.Person(t, "示例受让负责人"), "示例数据应用有限公司", "91350100MA00000R0E")
	w.Exec(t, `UPDATE product_certificates SET organisation_id = $1 WHERE kind = 'registration'`, receiver)
	w.Exec(t, `UPDATE product_rights SET organisation_id = $1 WHERE what = 'operate'`, receiver)
	if c := certificate(t, w, done.Certificate); c.Holder.ID != w.Firm || c.MovedTo == nil || c.MovedTo.ID != receiver {
		t.Errorf("after: %+v, %+v", c.Holder, c.MovedTo)
	}
	if done, err = certified(t, w, w.Asked(t, product, registration.OfCertification, w.House).Number); err != nil {
		t.Fatal(err)
	}
	if c := certificate(t, w, done.Certificate); c.Holder.ID != receiver || c.MovedTo != nil {
		t.Errorf("anew: %+v, %+v", c.Holder, c.MovedTo)
	}
}
