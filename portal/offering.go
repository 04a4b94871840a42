package portal

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/offering"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// listingDesk are the roles at whose desk listings lie; the exchange checks, and the
// regulator may stop.
var (
	listingDesk     = []account.Role{account.ExchangeStaff, account.Authority, account.Regulator}
	listingStoppers = []account.Role{account.ExchangeStaff, account.Regulator}
	listingInputs   = []string{"visibility", "channels*", "refresh", "availability", "response", "contact", "prohibited", "for"}
	planInputs      = []string{"name", "name_en", "kind", "channel", "currency", "price", "months", "days", "unit", "band_from*", "band_fen*", "cap", "quota", "tax", "tax_included", "refund", "refund_days", "percent", "private_to"}
)

// showSelling is GET /account/products/{number}/listings.
func (s *Server) showSelling(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.sellingPage(c, templates.SellingPage{Form: templates.NewListing()})
}

func (s *Server) sellingPage(c *fiber.Ctx, p templates.SellingPage) (err error) {
	if p.Of, err = s.Offers.Of(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	p.Frame = s.quietFrame(c, text.T(c.UserContext(), "上架和套餐"))
	return s.page(c, templates.Selling(p))
}

func listingForm(f url.Values) offering.ListingForm {
	out := offering.ListingForm{Visibility: offering.Visibility(f.Get("visibility")), Refresh: f.Get("refresh"), Availability: f.Get("availability"), Response: f.Get("response"), Contact: f.Get("contact"), Prohibited: f.Get("prohibited"), For: f.Get("for")}
	for _, one := range f["channels"] {
		out.Channels = append(out.Channels, offering.Channel(one))
	}
	return out
}

func offeredPlan(f url.Values) offering.PlanForm {
	return offering.PlanForm{
		Name: f.Get("name"), NameEN: f.Get("name_en"), Kind: offering.PlanKind(f.Get("kind")), Channel: offering.Channel(f.Get("channel")), Currency: f.Get("currency"), Price: f.Get("price"), Months: f.Get("months"), Days: f.Get("days"), Unit: f.Get("unit"), BandFrom: f["band_from"], BandFen: f["band_fen"],
		Cap: f.Get("cap"), Quota: f.Get("quota"), Tax: f.Get("tax"), TaxIncluded: f.Get("tax_included") == "yes", Refund: f.Get("refund"), RefundDays: f.Get("refund_days"), Percent: f.Get("percent"), PrivateTo: f.Get("private_to"),
	}
}

// createListing is POST /account/products/{number}/listings.
func (s *Server) createListing(c *fiber.Ctx) error {
	f, err := form(c, append([]string{"sent"}, listingInputs...)...)
	if err != nil {
		return err
	}
	typed := listingForm(f)
	typed.Sent = sent(c, f)
	l, err := s.Offers.Create(c.UserContext(), actor(c), c.Params("number"), typed)
	if fault.KindOf(err) == fault.Forbidden { // there is no form for who may not
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.sellingPage(c, templates.SellingPage{Form: typed, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, l.Path())
}

// showListing is GET /account/listings/{number} and GET /desk/listings/{number}.
func (s *Server) showListing(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.listingPage(c, templates.ListingPage{Done: q.Get("done") != "", Plan: templates.NewPlan()})
}

func (s *Server) listingPage(c *fiber.Ctx, p templates.ListingPage) (err error) {
	if p.Case, err = s.Offers.One(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	p.Frame, p.Desk, p.Book, p.Rules = s.quietFrame(c, p.Case.Number), ofDesk(c), s.Policy, s.Offers.Rules
	if p.Form.Visibility == "" {
		p.Form = templates.ListingFormOf(p.Case.Listing)
	}
	if p.Plan.Kind == "" {
		p.Plan = templates.NewPlan()
	}
	return s.page(c, templates.ListingCase(p))
}

// moveListing is POST /account/listings/{number} and POST /desk/listings/{number}.
func (s *Server) moveListing(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, append([]string{"action", "reason"}, listingInputs...)...)
	if err != nil {
		return err
	}
	p := templates.ListingPage{Words: f.Get("reason")}
	if offering.Action(f.Get("action")) == offering.Edit {
		p.Form = listingForm(f)
		_, err = s.Offers.Edit(c.UserContext(), actor(c), c.Params("number"), revision, p.Form)
	} else {
		_, err = s.Offers.Move(c.UserContext(), actor(c), c.Params("number"), offering.Step{Action: f.Get("action"), Words: p.Words, Revision: revision})
	}
	if wrong, ok := s.mistake(c, err); ok {
		p.Mistake = wrong
		return s.listingPage(c, p)
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=1")
}

// makePlan is POST /account/listings/{number}/plans.
func (s *Server) makePlan(c *fiber.Ctx) error {
	f, err := form(c, append([]string{"sent"}, planInputs...)...)
	if err != nil {
		return err
	}
	typed := offeredPlan(f)
	typed.Sent = sent(c, f)
	x, err := s.Offers.Plan(c.UserContext(), actor(c), c.Params("number"), "", typed)
	if wrong, ok := s.mistake(c, err); ok {
		return s.listingPage(c, templates.ListingPage{Plan: typed, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/account/plans/"+x.Number)
}

// showListingPlan is GET /account/plans/{number}.
func (s *Server) showListingPlan(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.listingPlanPage(c, templates.OfferPlanPage{Done: q.Get("done") != ""})
}

func (s *Server) listingPlanPage(c *fiber.Ctx, p templates.OfferPlanPage) (err error) {
	if p.Case, p.Plan, err = s.Offers.PlanOf(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	p.Frame, p.Book, p.Rules = s.quietFrame(c, p.Plan.Number), s.Policy, s.Offers.Rules
	if p.Form.Kind == "" {
		p.Form = templates.OfferedPlanForm(p.Rules, p.Plan)
	}
	return s.page(c, templates.PlanDesk(p))
}

// moveListingPlan is POST /account/plans/{number}: it goes live or ends, its draft is
// changed, or another is made to replace it.
func (s *Server) moveListingPlan(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, append([]string{"action", "sent"}, planInputs...)...)
	if err != nil {
		return err
	}
	ctx, who, number := c.UserContext(), actor(c), c.Params("number")
	p, next := templates.OfferPlanPage{}, number
	switch offering.PlanAction(f.Get("action")) {
	case offering.EditPlan:
		p.Form = offeredPlan(f)
		_, err = s.Offers.ChangePlan(ctx, who, number, revision, p.Form)
	case offering.ReplacePlan:
		p.Form = offeredPlan(f)
		p.Form.Sent = sent(c, f)
		var of *offering.View
		if of, _, err = s.Offers.PlanOf(ctx, who, number); err != nil {
			return err
		}
		var x *offering.Plan
		if x, err = s.Offers.Plan(ctx, who, of.Number, number, p.Form); err == nil {
			next = x.Number
		}
	default:
		_, err = s.Offers.MovePlan(ctx, who, number, offering.Step{Action: f.Get("action"), Revision: revision})
	}
	if wrong, ok := s.mistake(c, err); ok {
		p.Mistake = wrong
		return s.listingPlanPage(c, p)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/account/plans/"+next+"?done=1")
}

// showListings is GET /desk/listings: the queue of the exchange.
func (s *Server) showListings(c *fiber.Ctx) error {
	q, err := query(c, "all", "before")
	if err != nil {
		return err
	}
	before, err := beforeOf(q.Get("before"))
	if err != nil {
		return err
	}
	p := templates.ListingsPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "上架核对")), All: q.Get("all") != ""}
	if p.Items, err = s.Offers.Queue(c.UserContext(), actor(c), p.All, before, listed+1); err != nil {
		return err
	}
	next := "/desk/listings?before="
	if p.All {
		next = "/desk/listings?all=1&before="
	}
	p.Items, p.Next = pageOf(p.Items, func(l offering.Listing) int64 { return l.ID }, next)
	return s.page(c, templates.ListingQueue(p))
}
