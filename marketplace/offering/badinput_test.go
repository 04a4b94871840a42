package offering_test

import (
	"strings"
	"sync"
	"testing"

	"shuyuan/internal/fault"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/offering/offeringtest"
)

// What is typed into a plan is refused at its field, with a sentence; nothing is kept.
func TestWhatIsTypedIntoAPlan(t *testing.T) {
	w := offeringtest.New(t)
	l := w.Listed(t, func(f *offering.ListingForm) {
		f.Channels = []offering.Channel{offering.File, offering.API}
	})
	many := func(n int, of string) (out []string) {
		for range n {
			out = append(out, of)
		}
		return out
	}
	for name, c := range map[string]struct {
		kind   offering.PlanKind
		change func(*offering.PlanForm)
		field  string
	}{
		"a price of nothing":           {offering.OneOff, func(f *offering.PlanForm) { f.Price = "0" }, "price"},
		"no price":                     {offering.OneOff, func(f *offering.PlanForm) { f.Price = "" }, "price"},
		"a negative price":             {offering.OneOff, func(f *offering.PlanForm) { f.Price = "-1" }, "price"},
		"a third decimal":              {offering.OneOff, func(f *offering.PlanForm) { f.Price = "0.105" }, "price"},
		"a float":                      {offering.OneOff, func(f *offering.PlanForm) { f.Price = "1e2" }, "price"},
		"a comma":                      {offering.OneOff, func(f *offering.PlanForm) { f.Price = "1,200" }, "price"},
		"full-width digits":            {offering.OneOff, func(f *offering.PlanForm) { f.Price = "１２" }, "price"},
		"a price beyond all":           {offering.OneOff, func(f *offering.PlanForm) { f.Price = "10000000000.01" }, "price"},
		"a price of 400 digits":        {offering.OneOff, func(f *offering.PlanForm) { f.Price = strings.Repeat("9", 400) }, "price"},
		"a price of what is free":      {offering.Free, func(f *offering.PlanForm) { f.Price = "1" }, "price"},
		"a foreign currency":           {offering.OneOff, func(f *offering.PlanForm) { f.Currency = "USD" }, "currency"},
		"a currency in lower case":     {offering.OneOff, func(f *offering.PlanForm) { f.Currency = "cny" }, "currency"},
		"no rate of tax":               {offering.OneOff, func(f *offering.PlanForm) { f.Tax = "17" }, "tax"},
		"no name":                      {offering.OneOff, func(f *offering.PlanForm) { f.Name = " " }, "name"},
		"a name that is too long":      {offering.OneOff, func(f *offering.PlanForm) { f.Name = strings.Repeat("长", 61) }, "name"},
		"a name of two lines":          {offering.OneOff, func(f *offering.PlanForm) { f.Name = "一\n二" }, "name"},
		"no such kind":                 {"rent", func(*offering.PlanForm) {}, "kind"},
		"no such way of delivery":      {offering.OneOff, func(f *offering.PlanForm) { f.Channel = "post" }, "channel"},
		"a way that the listing lacks": {offering.OneOff, func(f *offering.PlanForm) { f.Channel = offering.Workspace }, "channel"},
		"months below one":             {offering.Subscription, func(f *offering.PlanForm) { f.Months = "0" }, "months"},
		"months beyond all":            {offering.Subscription, func(f *offering.PlanForm) { f.Months = "2147483648" }, "months"},
		"months of what has none":      {offering.OneOff, func(f *offering.PlanForm) { f.Months = "1" }, "months"},
		"a trial without a quota":      {offering.Trial, func(f *offering.PlanForm) { f.Quota = "" }, "quota"},
		"a trial of 91 days":           {offering.Trial, func(f *offering.PlanForm) { f.Days = "91" }, "days"},
		"a negative quota":             {offering.Trial, func(f *offering.PlanForm) { f.Quota = "-5" }, "quota"},
		"no bands":                     {offering.PayPerUse, func(f *offering.PlanForm) { f.BandFrom, f.BandFen = nil, nil }, "bands"},
		"bands that repeat":            {offering.PayPerUse, func(f *offering.PlanForm) { f.BandFrom = []string{"0", "0"} }, "bands"},
		"bands that go down":           {offering.PayPerUse, func(f *offering.PlanForm) { f.BandFrom = []string{"1000", "0"} }, "bands"},
		"a first band that is not 0":   {offering.PayPerUse, func(f *offering.PlanForm) { f.BandFrom = []string{"1", "1000"} }, "bands"},
		"a band without its price":     {offering.PayPerUse, func(f *offering.PlanForm) { f.BandFen = []string{"0.50", ""} }, "bands"},
		"a negative band":              {offering.PayPerUse, func(f *offering.PlanForm) { f.BandFen = []string{"0.50", "-0.10"} }, "bands"},
		"bands that all are nothing":   {offering.PayPerUse, func(f *offering.PlanForm) { f.BandFen = []string{"0", "0"} }, "bands"},
		"columns of other lengths":     {offering.PayPerUse, func(f *offering.PlanForm) { f.BandFen = many(3, "1") }, "bands"},
		"no such unit":                 {offering.PayPerUse, func(f *offering.PlanForm) { f.Unit = "per_month" }, "unit"},
		"bands of what is not metered": {offering.OneOff, func(f *offering.PlanForm) { f.BandFrom, f.BandFen = []string{"0"}, []string{"1"} }, "bands"},
		"no rule of refund":            {offering.OneOff, func(f *offering.PlanForm) { f.Refund = "maybe" }, "refund"},
		"a refund within no days":      {offering.OneOff, func(f *offering.PlanForm) { f.Refund = "within_days" }, "refund_days"},
		"a fee of everything":          {offering.OneOff, func(f *offering.PlanForm) { f.Refund, f.Percent = "less_fee", "100" }, "percent"},
		"for nobody there is":          {offering.OneOff, func(f *offering.PlanForm) { f.PrivateTo = "91350100MA00000ZZZ" }, "private_to"},
		"for the seller itself":        {offering.OneOff, func(f *offering.PlanForm) { f.PrivateTo = w.FirmCode(t) }, "private_to"},
	} {
		_, err := w.Offers.Plan(t.Context(), w.Owner, l.Number, "", offeringtest.Plan(c.kind, c.change))
		if f := fault.Of(err); err == nil || f.Kind != fault.Invalid || f.Field != c.field {
			t.Errorf("%s: %v at %q", name, err, f.Field)
		}
	}
	if v, err := w.Offers.One(t.Context(), w.Owner, l.Number); err != nil || len(v.Plans) != 0 {
		t.Errorf("kept %d plans (%v)", len(v.Plans), err)
	}
	// 2^31 fen is an amount like any other.
	if p := w.Planned(t, l.Number, offeringtest.Plan(offering.OneOff, func(f *offering.PlanForm) { f.Price = "21474836.48" })); p.Fen != 1<<31 {
		t.Errorf("%d fen", p.Fen)
	}
}

// What is metered is summed by bands, to the unit.
func TestBandsAreSummed(t *testing.T) {
	p := offering.Price{Bands: []offering.Band{{0, 50}, {1000, 30}, {10000, 0}}}
	for units, fen := range map[int64]int64{0: 0, 1: 50, 1000: 50_000, 1001: 50_030, 10_000: 320_000, 1 << 40: 320_000} {
		if got, err := p.Amount(units); err != nil || got != fen {
			t.Errorf("%d units cost %d (%v)", units, got, err)
		}
	}
	p.Cap = 60_000
	if got, err := p.Amount(10_000); err != nil || got != 60_000 {
		t.Errorf("above the cap: %d (%v)", got, err)
	}
	huge := offering.Price{Bands: []offering.Band{{0, 1_000_000_000_000}}}
	if _, err := huge.Amount(1 << 40); fault.KindOf(err) != fault.Invalid {
		t.Errorf("beyond all numbers: %v", err)
	}
}

// A price is within the ceiling with its tax, to the fen, and a live plan is replaced
// and never changed, by nobody.
func TestPricesAreWithinCeilings(t *testing.T) {
	w := offeringtest.New(t)
	l := w.Listed(t)
	for name, c := range map[string]struct {
		f  offering.PlanForm
		ok bool
	}{
		"the ceiling":                {offeringtest.Plan(offering.OneOff, func(f *offering.PlanForm) { f.Price = "2000" }), true},
		"a fen above":                {offeringtest.Plan(offering.OneOff, func(f *offering.PlanForm) { f.Price = "2000.01" }), false},
		"above by its tax":           {offeringtest.Plan(offering.OneOff, func(f *offering.PlanForm) { f.Price, f.TaxIncluded = "1886.80", false }), false},
		"below with its tax":         {offeringtest.Plan(offering.OneOff, func(f *offering.PlanForm) { f.Price, f.TaxIncluded = "1886.79", false }), true},
		"months":                     {offeringtest.Plan(offering.Subscription), true},
		"above the months":           {offeringtest.Plan(offering.Subscription, func(f *offering.PlanForm) { f.Months = "2" }), false},
		"bands":                      {offeringtest.Plan(offering.PayPerUse), true},
		"a later band above":         {offeringtest.Plan(offering.PayPerUse, func(f *offering.PlanForm) { f.BandFen = []string{"0.50", "0.51"} }), false},
		"a unit without a ceiling":   {offeringtest.Plan(offering.PayPerUse, func(f *offering.PlanForm) { f.Unit = "per_call" }), false},
		"free without any ceiling":   {offeringtest.Plan(offering.Free), true},
		"a trial without any either": {offeringtest.Plan(offering.Trial), true},
	} {
		p := w.Planned(t, l.Number, c.f)
		_, err := w.Offers.MovePlan(t.Context(), w.Owner, p.Number, offering.Step{Action: string(offering.Enliven), Revision: p.Revision})
		if (err == nil) != c.ok || err != nil && fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.Pool.Exec(t.Context(), `UPDATE listing_plans SET state = 'live', live_at = now() WHERE number = $1 AND state = 'draft'`, p.Number); !c.ok && err == nil {
			t.Errorf("%s: the database takes it", name)
		}
	}
	for _, sql := range []string{
		`UPDATE listing_plans SET fen = fen - 1 WHERE state = 'live' AND kind = 'one_off'`,
		`UPDATE listing_plans SET name = 'x' WHERE state = 'live'`,
		`UPDATE listing_plans SET ceilings = '[]' WHERE state = 'live' AND kind = 'one_off'`,
		`DELETE FROM plan_bands WHERE plan_id = (SELECT id FROM listing_plans WHERE kind = 'metered' AND state = 'live' LIMIT 1)`,
		`INSERT INTO plan_bands (plan_id, from_units, fen) SELECT id, 5, 1 FROM listing_plans WHERE kind = 'metered' AND state = 'live' LIMIT 1`,
		`DELETE FROM listing_plans`,
	} {
		if _, err := w.Pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("the database lets somebody %s", sql)
		}
	}
}

// What equals open data has no price, also as one of several contents.
func TestWhatIsOpenIsNeverSold(t *testing.T) {
	w := offeringtest.New(t)
	l, plans := w.Published(t, offering.OneOff, offering.Free)
	free := w.OpenFile(t)
	w.Exec(t, `INSERT INTO product_contents (version_id, position, name, form, object, digest, came_at, came_by) SELECT v.id, 9, 'copy', 'bytes', $1, $1, now(), 1 FROM product_versions v`, free)
	if err := w.Offered(t, plans[0].Number); fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.Of(err).Text(), "AS-29") {
		t.Errorf("open data is sold: %v", err)
	}
	if err := w.Offered(t, plans[1].Number); err != nil {
		t.Errorf("and not given: %v", err)
	}
	p := w.Planned(t, l.Number, offeringtest.Plan(offering.OneOff))
	if _, err := w.Offers.MovePlan(t.Context(), w.Owner, p.Number, offering.Step{Action: string(offering.Enliven), Revision: p.Revision}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("went live: %v", err)
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE listing_plans SET state = 'live', live_at = now() WHERE number = $1`, p.Number); err == nil {
		t.Error("the database takes it")
	}
	shown, err := w.Offers.Shown(t.Context(), w.Owner, w.Product)
	if err != nil || len(shown) != 1 || len(shown[0].Choices) != 2 || shown[0].Choices[0].Not == nil || shown[0].Choices[1].Not != nil {
		t.Errorf("shown: %+v (%v)", shown, err)
	}
}

// Of two at once one replaces, publishes or goes live, and the other is told that it moved.
func TestTwoAtOnce(t *testing.T) {
	w := offeringtest.New(t)
	l := w.Listed(t)
	old := w.Live(t, l.Number, offeringtest.Plan(offering.OneOff))
	twice := func(do func() error) (done int) {
		t.Helper()
		var wait sync.WaitGroup
		errs := make([]error, 2)
		for i := range errs {
			wait.Go(func() { errs[i] = do() })
		}
		wait.Wait()
		for _, err := range errs {
			if err == nil {
				done++
			} else if fault.KindOf(err) != fault.Conflict {
				t.Errorf("%v", err)
			}
		}
		return done
	}
	if n := twice(func() error {
		_, err := w.Offers.Plan(t.Context(), w.Owner, l.Number, old.Number, offeringtest.Plan(offering.OneOff, func(f *offering.PlanForm) { f.Price = "900" }))
		return err
	}); n != 1 {
		t.Errorf("%d plans replace one", n)
	}
	v, err := w.Offers.One(t.Context(), w.Owner, l.Number)
	if err != nil {
		t.Fatal(err)
	}
	next := v.Plans[1]
	if n := twice(func() error {
		_, err := w.Offers.MovePlan(t.Context(), w.Owner, next.Number, offering.Step{Action: string(offering.Enliven), Revision: next.Revision})
		return err
	}); n != 1 {
		t.Errorf("%d times live", n)
	}
	if v, err = w.Offers.One(t.Context(), w.Owner, l.Number); err != nil || v.Plans[0].State != offering.Ended || v.Plans[1].State != offering.Live {
		t.Errorf("plans: %+v (%v)", v.Plans, err)
	}
	w.Move(t, w.Owner, l.Number, offering.Submit)
	if v, err = w.Offers.One(t.Context(), w.Registrar, l.Number); err != nil {
		t.Fatal(err)
	}
	if n := twice(func() error {
		_, err := w.Offers.Move(t.Context(), w.Registrar, l.Number, offering.Step{Action: string(offering.Publish), Revision: v.Revision})
		return err
	}); n != 1 {
		t.Errorf("published %d times", n)
	}
	if n := twice(func() error {
		_, err := w.Offers.Create(t.Context(), w.Owner, w.Product, offeringtest.Form())
		return err
	}); n != 0 {
		t.Errorf("%d more listings for everybody", n)
	}
}

// What is for one buyer is for nobody else.
func TestPrivateOffers(t *testing.T) {
	w := offeringtest.New(t)
	l := w.Listed(t, func(f *offering.ListingForm) { f.Visibility, f.For = offering.OneBuyer, "91350100MA00000W0E" })
	p := w.Live(t, l.Number, offeringtest.Plan(offering.OneOff))
	w.Move(t, w.Owner, l.Number, offering.Submit)
	w.Move(t, w.Registrar, l.Number, offering.Publish)
	if err := w.Offered(t, p.Number); fault.KindOf(err) != fault.NotFound {
		t.Errorf("everybody is told: %v", err)
	}
	if _, err := w.Offers.Offered(t.Context(), w.Pool, p.Number, w.House); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another is told: %v", err)
	}
	if _, err := w.Offers.Offered(t.Context(), w.Pool, p.Number, w.Appraisers); err != nil {
		t.Errorf("the one is not: %v", err)
	}
	for who, n := range map[string]int{"visitor": 0, "buyer": 1} {
		a := w.Valuer
		if who == "visitor" {
			a.ID = 0
		}
		if shown, err := w.Offers.Shown(t.Context(), a, w.Product); err != nil || len(shown) != n {
			t.Errorf("the %s sees %d (%v)", who, len(shown), err)
		}
	}
}
