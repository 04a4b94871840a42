package demo

import (
	"context"
	"fmt"
	"slices"

	"shuyuan/marketplace/offering"
)

// sampleListing is a listing of the sample developer's registered product, and where it
// stands in the end.
type sampleListing struct {
	invited bool // it is for the sample company
	form    offering.ListingForm
	plans   []samplePlan
	until   offering.State
	said    string // why it was returned or paused
}

// samplePlan is a plan of a sample listing.
type samplePlan struct {
	form  offering.PlanForm
	draft bool
}

var sampleListings = []sampleListing{
	{until: offering.Published,
		form: offering.ListingForm{Visibility: offering.Public, Channels: []offering.Channel{offering.File, offering.API}, Availability: "99.5", Response: "24", Prohibited: "示例：不得用来推断某一家航空公司或者机场的安全水平，不得转卖。"},
		plans: []samplePlan{
			{form: offering.PlanForm{Name: "示例：研究和教学", NameEN: "Sample: research and teaching", Kind: offering.Free, Channel: offering.File, Quota: "3", Tax: "tax_none"}},
			{form: offering.PlanForm{Name: "示例：单次购买", NameEN: "Sample: single purchase", Kind: offering.OneOff, Channel: offering.File, Price: "1200", Tax: "tax_6", TaxIncluded: true, Refund: "within_days", RefundDays: "7"}},
			{form: offering.PlanForm{Name: "示例：按季订阅", NameEN: "Sample: by the quarter", Kind: offering.Subscription, Channel: offering.File, Price: "1500", Months: "3", Tax: "tax_6", TaxIncluded: true, Refund: "pro_rata"}},
			{form: offering.PlanForm{Name: "示例：接口按量", NameEN: "Sample: by rows through the API", Kind: offering.PayPerUse, Channel: offering.API, Unit: "per_thousand_rows", BandFrom: []string{"0", "1000"}, BandFen: []string{"0.50", "0.30"}, Cap: "900", Tax: "tax_6", TaxIncluded: true, Refund: "no_refund"}},
		}},
	{invited: true, until: offering.Published,
		form:  offering.ListingForm{Visibility: offering.OneBuyer, Channels: []offering.Channel{offering.File}, Response: "8", Prohibited: "示例：只供这一家在自己的平台上展示，不得转交。"},
		plans: []samplePlan{{form: offering.PlanForm{Name: "示例：定向报价", NameEN: "Sample: private offer", Kind: offering.OneOff, Channel: offering.File, Price: "900", Tax: "tax_6", TaxIncluded: true, Refund: "before_acceptance"}}}},
	{invited: true, until: offering.Paused, said: "示例：有买方反映接口常常不通，核实以后再恢复。",
		form:  offering.ListingForm{Visibility: offering.Invited, Channels: []offering.Channel{offering.API}, Availability: "99", Response: "48", Prohibited: "示例：受邀机构试用接口，不得对外提供。"},
		plans: []samplePlan{{form: offering.PlanForm{Name: "示例：受邀机构按量", NameEN: "Sample: by rows for those invited", Kind: offering.PayPerUse, Channel: offering.API, Unit: "per_thousand_rows", BandFrom: []string{"0"}, BandFen: []string{"0.20"}, Tax: "tax_6", TaxIncluded: true, Refund: "no_refund"}}}},
	{invited: true, until: offering.Returned, said: "示例：禁止的用途写得太宽，买方看不出哪些能做，请改清楚再提交。",
		form:  offering.ListingForm{Visibility: offering.Invited, Channels: []offering.Channel{offering.File}, Response: "72", Prohibited: "示例：一切不当的用途。"},
		plans: []samplePlan{{form: offering.PlanForm{Name: "示例：合作机构", NameEN: "Sample: for partners", Kind: offering.OneOff, Channel: offering.File, Price: "1000", Tax: "tax_6", TaxIncluded: true, Refund: "less_fee", Percent: "5"}}}},
	{invited: true, until: offering.Draft,
		form:  offering.ListingForm{Visibility: offering.Invited, Channels: []offering.Channel{offering.API}, Response: "24", Prohibited: "示例：试用期间不得用在正式的业务里。"},
		plans: []samplePlan{{draft: true, form: offering.PlanForm{Name: "示例：两周试用", NameEN: "Sample: two weeks on trial", Kind: offering.Trial, Channel: offering.API, Days: "14", Quota: "100", Tax: "tax_none"}}}},
}

// list shows what is for sale: a product with a plan of each kind that people compare, a
// private offer, and listings that the exchange stopped or returned, and a draft.
func (s *stage) list(ctx context.Context) error {
	if s.Products == nil || s.Listings == nil {
		return nil
	}
	m, err := s.Products(ctx)
	if err != nil {
		return nil // trade said so
	}
	p, err := s.productTitled(ctx, m, strikesProduct)
	if err != nil || p == nil {
		return err // there was no room for what it is made of
	}
	offers, err := s.Listings(m)
	if err != nil {
		return err
	}
	of, err := offers.Of(ctx, s.as(theDeveloper), p.Number)
	if err != nil || of.Stops != nil {
		return err // it was not registered: the notice is not full by a calendar that is there
	}
	company, err := s.organisationOf(ctx, theOwner)
	if err != nil {
		return err
	}
	for _, x := range sampleListings {
		x.form.Refresh, x.form.Contact = "annual", "示例服务台（示例）"
		if x.invited {
			x.form.For = company.Code
		}
		if err := s.bringListing(ctx, offers, of, x); err != nil {
			return fmt.Errorf("%s: %w", x.form.Prohibited, err)
		}
	}
	return nil
}

// bringListing takes a listing to where it stands, from wherever an earlier play left it.
func (s *stage) bringListing(ctx context.Context, offers *offering.Service, of *offering.Selling, x sampleListing) error {
	owner := s.as(theDeveloper)
	var number string
	if i := slices.IndexFunc(of.Listings, func(l offering.Listing) bool { return l.Prohibited == x.form.Prohibited }); i >= 0 {
		number = of.Listings[i].Number
	} else {
		l, err := offers.Create(ctx, owner, of.Product, x.form)
		if err != nil {
			return err
		}
		number = l.Number
	}
	for _, p := range x.plans {
		if err := s.bringPlan(ctx, offers, number, p); err != nil {
			return fmt.Errorf("%s: %w", p.form.Name, err)
		}
	}
	for {
		v, err := offers.One(ctx, owner, number)
		if err != nil || v.State == x.until {
			return err
		}
		step, who := offering.Step{Revision: v.Revision}, s.as(theRegistrar)
		var a offering.Action
		switch v.State {
		case offering.Draft:
			a, who = offering.Submit, owner
		case offering.PlatformCheck:
			if a = offering.Publish; x.until == offering.Returned {
				a, step.Words = offering.Return, x.said
			}
		case offering.Published:
			a, step.Words = offering.Pause, x.said
		default:
			return fmt.Errorf("it is %s, and should become %s", v.State, x.until)
		}
		step.Action = string(a)
		if _, err := offers.Move(ctx, who, number, step); err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
	}
}

// bringPlan makes a plan and has it go live, unless an earlier play did.
func (s *stage) bringPlan(ctx context.Context, offers *offering.Service, listing string, x samplePlan) error {
	owner := s.as(theDeveloper)
	v, err := offers.One(ctx, owner, listing)
	if err != nil {
		return err
	}
	var p *offering.Plan
	if i := slices.IndexFunc(v.Plans, func(p offering.Plan) bool { return p.Name == x.form.Name }); i >= 0 {
		p = &v.Plans[i]
	} else {
		x.form.Currency = "CNY"
		if p, err = offers.Plan(ctx, owner, listing, "", x.form); err != nil {
			return err
		}
	}
	if x.draft || p.State != offering.PlanDraft {
		return nil
	}
	_, err = offers.MovePlan(ctx, owner, p.Number, offering.Step{Action: string(offering.Enliven), Revision: p.Revision})
	return err
}
