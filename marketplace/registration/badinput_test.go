package registration_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/marketplace/registration"
	"shuyuan/marketplace/registration/registrationtest"
)

// What is typed into the forms of a registration and does not fit is refused at its
// field (docs/bad-input.md, K08 to K11 and K15 to K17).
func TestWhatIsTypedIntoARegistration(t *testing.T) {
	w := registrationtest.New(t)
	product := w.Ready(t)
	long := strings.Repeat("字", 2001)
	want := func(what string, err error, kind fault.Kind, field string) {
		t.Helper()
		if fault.KindOf(err) != kind || field != "" && fault.Of(err).Field != field {
			t.Errorf("%s: %v", what, err)
		}
	}
	apply := func(who account.Actor, product string, change ...func(*registration.Form)) error {
		_, err := w.Registrations.Apply(t.Context(), who, product, registrationtest.Form(change...))
		return err
	}
	want("K08 2001 characters", apply(w.Owner, product, func(f *registration.Form) { f.Lawful = long }), fault.Invalid, "lawful")
	want("K08 bytes that are no text", apply(w.Owner, product, func(f *registration.Form) { f.Unident = "\xff\xfe" }), fault.Invalid, "unidentifiable")
	want("K08 21 codes", apply(w.Owner, product, func(f *registration.Form) {
		for _, c := range "0123456789ABCDEFGHJKL" {
			f.Controls += " 91350100MA0000000" + string(c)
		}
	}), fault.Invalid, "controls")
	want("K08 a code of full-width letters", apply(w.Owner, product, func(f *registration.Form) { f.Controls = "９１350100MA00000X0E" }), fault.Invalid, "controls")
	want("K08 an unknown level", apply(w.Owner, product, func(f *registration.Form) { f.Level = "secret" }), fault.Invalid, "level")
	want("K08 a key", apply(account.Actor{ID: w.Owner.ID, Side: account.Use, Key: "sy_1"}, product), fault.Forbidden, "")

	// somebody else's product
	other := w.Person(t, "别家负责人")
	w.Organisation(t, other, "示例别家公司", "91350100MA00000B0E")
	want("K10 another organisation's product", apply(other, product), fault.Forbidden, "")
	want("K10 a product that there is not", apply(w.Owner, "PRD-2026-999999"), fault.NotFound, "")
	want("K10 a renewal of what is not registered", apply(w.Owner, product, func(f *registration.Form) { f.Kind = registration.Renewal }), fault.Conflict, "")

	r := w.Applied(t, product)
	try := func(who account.Actor, step registration.Step) error {
		t.Helper()
		_, err := w.Try(t, who, r.Number, step)
		return err
	}
	for _, a := range []registration.Action{registration.Announce, registration.Issue, registration.Resolve} {
		want("K09 "+string(a)+" of what was applied for", try(w.Registrar, registration.Step{Action: a, Words: "理由", Objection: 1}), map[bool]fault.Kind{true: fault.Invalid, false: fault.Conflict}[a == registration.Resolve], "")
	}
	want("K09 a decision by its developer", try(w.Owner, registration.Step{Action: registration.Accept}), fault.Forbidden, "")
	want("K09 an action that there is not", try(w.Registrar, registration.Step{Action: "approve"}), fault.Forbidden, "")
	want("K09 an objection as a move", try(w.Registrar, registration.Step{Action: registration.Object}), fault.Forbidden, "")
	want("K09 returned without words", try(w.Registrar, registration.Step{Action: registration.Return, Words: " \t"}), fault.Invalid, "reason")
	want("K09 2001 characters", try(w.Registrar, registration.Step{Action: registration.Return, Words: long}), fault.Invalid, "reason")

	filed := registration.Filed{Name: "某人", Contact: "1", Words: "有异议。", Network: "192.0.2.0/24"}
	file := func(number string, change ...func(*registration.Filed)) error {
		f := filed
		for _, c := range change {
			c(&f)
		}
		_, err := w.Registrations.File(t.Context(), account.Actor{}, number, f)
		return err
	}
	want("K11 before the notice", file(r.Number), fault.NotFound, "")
	w.Move(t, w.Registrar, r.Number, registration.Accept)
	want("K09 accepted twice", try(w.Registrar, registration.Step{Action: registration.Accept}), fault.Conflict, "")
	w.Move(t, w.Registrar, r.Number, registration.Announce)
	want("K11 no number", file("DJ-2026-999999"), fault.NotFound, "")
	want("K11 a homoglyph in the number", file(strings.Replace(r.Number, "0", "О", 1)), fault.NotFound, "")
	want("K11 no name", file(r.Number, func(f *registration.Filed) { f.Name = " " }), fault.Invalid, "name")
	want("K11 a name of 101 characters", file(r.Number, func(f *registration.Filed) { f.Name = strings.Repeat("名", 101) }), fault.Invalid, "name")
	want("K11 a name of two lines", file(r.Number, func(f *registration.Filed) { f.Name = "甲\n乙" }), fault.Invalid, "name")
	want("K11 no contact", file(r.Number, func(f *registration.Filed) { f.Contact = "" }), fault.Invalid, "contact")
	want("K11 2001 characters", file(r.Number, func(f *registration.Filed) { f.Words = long }), fault.Invalid, "words")
	if err := file(r.Number); err != nil {
		t.Fatal(err)
	}
	want("K09 an answer to an objection that there is not", try(w.Registrar, registration.Step{Action: registration.Resolve, Words: "理由", Objection: 2}), fault.Invalid, "objection")
	if err := try(w.Registrar, registration.Step{Action: registration.Resolve, Words: "理由", Objection: 1}); err != nil {
		t.Fatal(err)
	}
	want("K09 an answer that changes", try(w.Registrar, registration.Step{Action: registration.Resolve, Words: "改口", Objection: 1, Upheld: true}), fault.Invalid, "objection")
	w.Day(t, "2026-11-17")
	want("K11 after the notice", file(r.Number), fault.Conflict, "")
	number := w.Move(t, w.Registrar, r.Number, registration.Issue).Certificate
	want("K09 withdrawn once it is issued", try(w.Owner, registration.Step{Action: registration.Withdraw}), fault.Conflict, "")
	want("K11 once it is issued", file(r.Number), fault.Conflict, "")

	// a number that is not quite one, and a certificate that is over
	for _, forged := range []string{"DJZ-2026-000002", "djz-2026-000001", "ＤＪＺ-2026-000001", "DJZ-2026-00000l", "DJZ–2026–000001", "DJZ-2026-000001 ", "HGZ-2026-000001", "", number + "'"} {
		if _, err := w.Registrations.CertificateByNumber(t.Context(), forged); fault.KindOf(err) != fault.NotFound {
			t.Errorf("K16 %q: %v", forged, err)
		}
	}
	c := certificate(t, w, number)
	swapped := *c
	swapped.Version = "2.0.0"
	if w.Registrations.Genuine(t.Context(), &swapped) == nil {
		t.Error("K16 an envelope under another version is genuine")
	}
	w.Day(t, "2029-11-18")
	if err := w.Registrations.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := w.Registrations.EndCertificate(t.Context(), w.Owner, number, certificate(t, w, number).Revision, "不要了")
	want("K15 given up once it expired", err, fault.Conflict, "")
	want("K15 renewed once it expired", apply(w.Owner, product, func(f *registration.Form) { f.Kind = registration.Renewal }), fault.Conflict, "")
}

// A worksheet that does not add up is refused at its field (K17).
func TestWhatIsTypedIntoAReport(t *testing.T) {
	w := registrationtest.New(t)
	product := w.Ready(t)
	r := w.Asked(t, product, registration.OfValuation, w.Appraisers)
	if _, err := w.Report(t, w.Valuer, r.Number, registration.Declare, registration.ReportForm{Declaration: "没有关系。"}); err != nil {
		t.Fatal(err)
	}
	sheet := func(amount string) registration.ReportForm {
		return registration.ReportForm{Method: "cost", Day: "2026-11-17", Items: []string{"加工"}, Amounts: []string{amount}, Notes: []string{"人工"}, Evaluator: "示例评估师", Conclusion: "仅供参考。"}
	}
	for what, x := range map[string]struct {
		f     registration.ReportForm
		field string
	}{
		"a negative amount":       {sheet("-1"), "amount"},
		"a fraction":              {sheet("1.5"), "amount"},
		"an amount that overflow": {sheet("9223372036854775808"), "amount"},
		"full-width digits":       {sheet("１２"), "amount"},
		"a day that there is not": {registration.ReportForm{Method: "cost", Day: "2026-02-30"}, "day"},
		"an unknown method":       {registration.ReportForm{Method: "guess", Day: "2026-11-17"}, "method"},
		"columns of other length": {registration.ReportForm{Method: "cost", Items: []string{"a", "b"}, Amounts: []string{"1"}, Notes: []string{""}}, "item"},
		"21 lines":                {registration.ReportForm{Method: "cost", Items: make([]string, 21), Amounts: make([]string, 21), Notes: make([]string, 21)}, "item"},
	} {
		if _, err := w.Report(t, w.Valuer, r.Number, registration.Write, x.f); fault.KindOf(err) != fault.Invalid || fault.Of(err).Field != x.field {
			t.Errorf("K17 %s: %v", what, err)
		}
	}
	if _, err := w.Report(t, w.Certifier, r.Number, registration.Write, sheet("1")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("K17 written by whom nobody asked: %v", err)
	}
}

// Where two desks decide at once one does, and the other is told that it moved (K12).
func TestTwoDesksDecideAtOnce(t *testing.T) {
	w := registrationtest.New(t)
	r := w.Applied(t, w.Ready(t))
	second := w.Playing(t, "另一位登记人员", account.Exchange, account.ExchangeStaff)
	for _, actions := range [][2]registration.Action{{registration.Accept, registration.Return}, {registration.Announce, registration.Refuse}} {
		v, err := w.Registrations.One(t.Context(), w.Registrar, r.Number)
		if err != nil {
			t.Fatal(err)
		}
		if v.State == registration.Returned { // the other one won: go on from there
			if _, err := w.Try(t, w.Owner, r.Number, registration.Step{Action: registration.Resubmit, Form: registrationtest.Form()}); err != nil {
				t.Fatal(err)
			}
			w.Move(t, w.Registrar, r.Number, registration.Accept)
			if v, err = w.Registrations.One(t.Context(), w.Registrar, r.Number); err != nil {
				t.Fatal(err)
			}
		}
		errs := make([]error, 8)
		var group sync.WaitGroup
		for i := range errs {
			who := []account.Actor{w.Registrar, second}[i%2]
			group.Go(func() {
				_, errs[i] = w.Registrations.Move(t.Context(), who, r.Number, registration.Step{Action: actions[i%2], Words: "理由", Revision: v.Revision})
			})
		}
		group.Wait()
		done := 0
		for _, err := range errs {
			if err == nil {
				done++
			} else if fault.KindOf(err) != fault.Conflict {
				t.Errorf("%s or %s: %v", actions[0], actions[1], err)
			}
		}
		if done != 1 {
			t.Errorf("%s or %s was done %d times", actions[0], actions[1], done)
		}
	}
}

// An objection that arrives in the last moment of the notice, while the registrar
// issues in the first after it: it stands and nothing is issued, or it came too late;
// never both (K13).
func TestAnObjectionAsTheNoticeRunsOut(t *testing.T) {
	w := registrationtest.New(t)
	r := w.Applied(t, w.Ready(t))
	r = w.Move(t, w.Registrar, r.Number, registration.Accept, registration.Announce)
	at := func(now time.Time) *registration.Service {
		c := w.Registrations.Config
		c.Now = func() time.Time { return now }
		return registration.New(c)
	}
	over := r.Notice.Due().In(workdays.Zone)
	before, after := at(over.Add(-time.Millisecond)), at(over)
	var filed, issued error
	var group sync.WaitGroup
	group.Go(func() {
		_, filed = before.File(t.Context(), w.Member, r.Number, registration.Filed{Name: "某人", Contact: "1", Words: "最后一刻的异议。"})
	})
	group.Go(func() {
		_, issued = after.Move(t.Context(), w.Registrar, r.Number, registration.Step{Action: registration.Issue, Revision: r.Revision})
	})
	group.Wait()
	if (filed == nil) == (issued == nil) {
		t.Fatalf("filed: %v; issued: %v", filed, issued)
	}
	for _, err := range []error{filed, issued} {
		if err != nil && fault.KindOf(err) != fault.Conflict {
			t.Error(err)
		}
	}
	var both int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM product_certificates c JOIN registration_objections o ON o.registration_id = c.registration_id WHERE o.upheld IS NULL`).Scan(&both); err != nil || both != 0 {
		t.Errorf("%d certificates over an open objection (%v)", both, err)
	}
}
