// Package offeringtest makes products that may be listed, for tests, and the service of
// listings on them. Each test states only what it is about.
package offeringtest

import (
	"testing"

	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/workdays"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/registration"
	"shuyuan/marketplace/registration/registrationtest"
)

// World is a world of registered products, and the service of listings.
type World struct {
	*registrationtest.World
	Offers  *offering.Service
	Product string // number of one that may be listed
}

// New returns a world with a product that may be listed and no listing, under a mandate
// with the ceilings of Ceilings.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{World: registrationtest.New(t)}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	if w.Offers, err = offering.New(offering.Config{Pool: w.Pool, Products: w.Products, Book: w.Book, Clocks: deadline.New(w.Book, func() workdays.Calendar { return calendar }), Now: w.Clock}); err != nil {
		t.Fatal(err)
	}
	for unit, fen := range Ceilings {
		w.Exec(t, `INSERT INTO mandate_ceilings (mandate_id, form, unit, fen) VALUES ($1, 'result_table', $2, $3)`, w.Mandate, unit, fen)
	}
	w.Product = w.Ready(t)
	w.Registered(t, w.Product, "2026-11-02", "2026-11-17")
	w.Certified(t, w.Product)
	return w
}

// Ceilings are those of the mandate, for tables of results, by unit.
var Ceilings = map[string]int64{"per_piece": 200_000, "per_month": 50_000, "per_thousand_rows": 50}

// Certified has a product certified.
func (w *World) Certified(t testing.TB, product string) {
	t.Helper()
	r := w.Asked(t, product, registration.OfCertification, w.House)
	for _, step := range []struct {
		a registration.ReportAction
		f registration.ReportForm
	}{{registration.Declare, registration.ReportForm{Declaration: "与开发方没有关系。"}}, {registration.Write, registrationtest.Written()}, {registration.IssueReport, registration.ReportForm{}}} {
		if _, err := w.Report(t, w.Certifier, r.Number, step.a, step.f); err != nil {
			t.Fatalf("%s: %v", step.a, err)
		}
	}
}

// Form is a listing in which nothing is missing.
func Form(change ...func(*offering.ListingForm)) offering.ListingForm {
	f := offering.ListingForm{Visibility: offering.Public, Channels: offering.Channels, Refresh: "monthly", Availability: "99.5", Response: "24", Contact: "support@firm.example", Prohibited: "不得用来识别个人。"}
	for _, c := range change {
		c(&f)
	}
	return f
}

// Plan is a plan in which nothing is missing, of a kind.
func Plan(kind offering.PlanKind, change ...func(*offering.PlanForm)) offering.PlanForm {
	f := offering.PlanForm{Name: "套餐", Kind: kind, Channel: offering.File, Currency: "CNY", Tax: "tax_6", TaxIncluded: true, Refund: "before_acceptance"}
	switch kind {
	case offering.OneOff:
		f.Price = "1200.00"
	case offering.Subscription:
		f.Price, f.Months, f.Refund = "1500", "3", "pro_rata"
	case offering.PayPerUse:
		f.Channel, f.Unit, f.BandFrom, f.BandFen, f.Cap = offering.API, "per_thousand_rows", []string{"0", "1000"}, []string{"0.50", "0.30"}, "900"
	case offering.Trial:
		f.Days, f.Quota = "14", "100"
	case offering.Free:
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

// Listed is a listing of the product that is a draft.
func (w *World) Listed(t testing.TB, change ...func(*offering.ListingForm)) *offering.Listing {
	t.Helper()
	l, err := w.Offers.Create(t.Context(), w.Owner, w.Product, Form(change...))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Planned is a plan of a listing that is a draft.
func (w *World) Planned(t testing.TB, listing string, f offering.PlanForm) *offering.Plan {
	t.Helper()
	p, err := w.Offers.Plan(t.Context(), w.Owner, listing, "", f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Live is a plan of a listing that is live.
func (w *World) Live(t testing.TB, listing string, f offering.PlanForm) *offering.Plan {
	t.Helper()
	p := w.Planned(t, listing, f)
	p, err := w.Offers.MovePlan(t.Context(), w.Owner, p.Number, offering.Step{Action: string(offering.Enliven), Revision: p.Revision})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Try makes a move of a listing and returns why it is refused.
func (w *World) Try(t testing.TB, who account.Actor, number string, a offering.Action) error {
	t.Helper()
	v, err := w.Offers.One(t.Context(), who, number)
	if err != nil {
		return err
	}
	_, err = w.Offers.Move(t.Context(), who, number, offering.Step{Action: string(a), Words: "示例理由", Revision: v.Revision})
	return err
}

// Move makes moves of a listing, one after the other.
func (w *World) Move(t testing.TB, who account.Actor, number string, actions ...offering.Action) {
	t.Helper()
	for _, a := range actions {
		if err := w.Try(t, who, number, a); err != nil {
			t.Fatalf("%s of %s: %v", a, number, err)
		}
	}
}

// Published is a listing for everybody with a plan of each of some kinds, checked by the
// exchange.
func (w *World) Published(t testing.TB, kinds ...offering.PlanKind) (*offering.Listing, []*offering.Plan) {
	t.Helper()
	l := w.Listed(t)
	var out []*offering.Plan
	for _, k := range kinds {
		out = append(out, w.Live(t, l.Number, Plan(k)))
	}
	w.Move(t, w.Owner, l.Number, offering.Submit)
	w.Move(t, w.Registrar, l.Number, offering.Publish)
	return l, out
}

// Offered asks whether a plan may be ordered by anybody.
func (w *World) Offered(t testing.TB, plan string) error {
	t.Helper()
	_, err := w.Offers.Offered(t.Context(), w.Pool, plan, 0)
	return err
}

// FirmCode is the credit code of the seller.
func (w *World) FirmCode(t testing.TB) (code string) {
	t.Helper()
	if err := w.Pool.QueryRow(t.Context(), `SELECT credit_code FROM organisations WHERE id = $1`, w.Firm).Scan(&code); err != nil {
		t.Fatal(err)
	}
	return code
}

// OpenFile is the digest of a file that is open without conditions from now on.
func (w *World) OpenFile(t testing.TB) string {
	t.Helper()
	w.Exec(t, `UPDATE datasets SET open_type = 'unconditional', open_basis = '{}', open_reason = '' WHERE id = $1`, w.Data.ID)
	return string(w.World.World.World.Version.SHA256)
}
