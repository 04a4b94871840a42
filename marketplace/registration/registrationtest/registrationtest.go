// Package registrationtest makes products that are registered, certified and valued, for
// tests: the exchange, a certifier and a valuer, and the service on them. Each test
// states only what it is about.
package registrationtest

import (
	"testing"

	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/workdays"
	"shuyuan/marketplace"
	"shuyuan/marketplace/marketplacetest"
	"shuyuan/marketplace/registration"
)

// World is a world of products with those who register, certify and value them.
type World struct {
	*marketplacetest.World
	Registrations *registration.Service
	Exchange      int64         // organisation
	Registrar     account.Actor // of the exchange
	Certifier     account.Actor
	House         int64 // organisation of the certifier
	Valuer        account.Actor
	Appraisers    int64 // organisation of the valuer
}

// The credit codes of the organisations.
const (
	ExchangeCode  = "91350100MA00000X0E"
	CertifierCode = "91350100MA00000C0E"
	ValuerCode    = "91350100MA00000W0E"
)

// New returns a world in which nothing is applied for.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{}
	var signer marketplace.Config
	w.World = marketplacetest.New(t, func(c *marketplace.Config) { signer = *c })
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	w.Registrations = registration.New(registration.Config{
		Pool: w.Pool, Products: w.Products, Accounts: w.Accounts, Clocks: deadline.New(w.Book, func() workdays.Calendar { return calendar }), Signer: signer.Signer, Base: marketplacetest.Base, Now: w.Clock,
	})
	w.Registrar = w.Playing(t, "示例登记人员", account.Exchange, account.ExchangeStaff)
	w.Exchange = w.Organisation(t, w.Registrar, "示例数据交易所", ExchangeCode)
	w.Certifier = w.Playing(t, "示例认证人员", account.Use, account.Certifier)
	w.House = w.Organisation(t, w.Certifier, "示例合规认证中心", CertifierCode)
	w.Valuer = w.Playing(t, "示例评估人员", account.Use, account.Valuer)
	w.Appraisers = w.Organisation(t, w.Valuer, "示例资产评估事务所", ValuerCode)
	return w
}

// Ready is the number of a product whose first version is published and that was looked
// at: it can be applied for.
func (w *World) Ready(t testing.TB) string {
	t.Helper()
	number := w.Published(t).Product
	p, err := w.Products.Product(t.Context(), w.Owner, number)
	if err != nil {
		t.Fatal(err)
	}
	f := marketplace.ProductForm{Kind: p.Kind, Title: p.Title, Summary: p.Summary, Scenario: p.Scenario, Sold: p.Sold}
	e, err := w.Products.Edit(t.Context(), w.Owner, number, p.Revision, f, marketplace.RightsForm{Process: "数据使用协议", Operate: "授权运营协议"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Products.Move(t.Context(), w.Owner, number, marketplace.Step{Action: string(marketplace.Submit), Revision: e.Revision}); err != nil {
		t.Fatal(err)
	}
	return number
}

// Form is an application in which nothing is missing.
func Form(change ...func(*registration.Form)) registration.Form {
	f := registration.Form{
		Kind: registration.First, Version: "1.0.0", Level: registration.General, Abroad: "no", Declared: true,
		Lawful: "经授权在安全开发空间取得。", Unident: "只有按车站的合计。", Irrevers: "合计不能还原到人。",
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

// Applied is an application for a product that is ready.
func (w *World) Applied(t testing.TB, product string, change ...func(*registration.Form)) *registration.Registration {
	t.Helper()
	r, err := w.Registrations.Apply(t.Context(), w.Owner, product, Form(change...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Move makes moves of an application, one after the other.
func (w *World) Move(t testing.TB, who account.Actor, number string, actions ...registration.Action) *registration.Registration {
	t.Helper()
	var r *registration.Registration
	for _, a := range actions {
		var err error
		if r, err = w.Try(t, who, number, registration.Step{Action: a, Words: "示例理由"}); err != nil {
			t.Fatalf("%s of %s: %v", a, number, err)
		}
	}
	return r
}

// Try makes a move of an application and returns why it is refused.
func (w *World) Try(t testing.TB, who account.Actor, number string, step registration.Step) (*registration.Registration, error) {
	t.Helper()
	v, err := w.Registrations.One(t.Context(), who, number)
	if err != nil {
		return nil, err
	}
	step.Revision = v.Revision
	return w.Registrations.Move(t.Context(), who, number, step)
}

// Registered is the number of the certificate of a product, from its application on.
func (w *World) Registered(t testing.TB, product, noticed, full string) string {
	t.Helper()
	r := w.Applied(t, product)
	w.Day(t, noticed)
	w.Move(t, w.Registrar, r.Number, registration.Accept, registration.Announce)
	w.Day(t, full)
	return w.Move(t, w.Registrar, r.Number, registration.Issue).Certificate
}

// Asked is a report that a developer asked for.
func (w *World) Asked(t testing.TB, product string, kind registration.CertificateKind, of int64) *registration.Report {
	t.Helper()
	r, err := w.Registrations.Ask(t.Context(), w.Owner, product, registration.Asked{Kind: kind, Version: "1.0.0", Reporter: of})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Report makes a move of a report and returns why it is refused.
func (w *World) Report(t testing.TB, who account.Actor, number string, a registration.ReportAction, f registration.ReportForm) (*registration.Report, error) {
	t.Helper()
	v, err := w.Registrations.ReportOf(t.Context(), who, number)
	if err != nil {
		return nil, err
	}
	return w.Registrations.MoveReport(t.Context(), who, number, registration.ReportStep{Action: a, Words: "示例理由", Revision: v.Revision, Form: f})
}

// Written is a report of a certifier in which nothing is missing.
func Written(change ...func(*registration.ReportForm)) registration.ReportForm {
	f := registration.ReportForm{Method: "查验获取记录、结果审核和封存的声明。", Passed: registration.TestNames, Words: map[string]string{}, Conclusion: "符合要求。"}
	for _, n := range append(append([]string{}, registration.TestNames...), registration.CategoryNames...) {
		f.Words[n] = "查过，见底稿。"
	}
	for _, c := range change {
		c(&f)
	}
	return f
}
