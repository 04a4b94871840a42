package portal

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/marketplace"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showMarket is GET /marketplace, and GET /products.
func (s *Server) showMarket(c *fiber.Ctx) error {
	q, err := query(c, "q", "kind", "source", "price", "plan", "before")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.MarketPage{Frame: s.frame(c, text.T(ctx, "数据产品"), text.T(ctx, "用公共数据做成的产品，写明来源和获取日期，谁都能核验。"))}
	p.Filter = marketplace.Filter{Kind: marketplace.Kind(q.Get("kind")), Source: q.Get("source"), Price: q.Get("price"), Plan: q.Get("plan"), Text: strings.TrimSpace(q.Get("q")), Limit: listed + 1}
	if p.Filter.Before, err = after(q.Get("before")); err != nil {
		return err
	}
	p.Book, p.FeeLaw = s.Policy, s.feeLaw()
	p.NoIndex, p.Canonical = len(q) > 0, s.Config.BaseURL+"/marketplace"
	if p.Sources, err = s.Products.Sources(ctx); err != nil {
		return err
	}
	p.Items, err = s.Products.Find(ctx, p.Filter)
	if wrong, ok := s.mistake(c, err); ok {
		p.Mistake = wrong
		return s.page(c, templates.Market(p))
	}
	if err != nil {
		return err
	}
	more := templates.MarketHref(p.Filter)
	more += map[bool]string{true: "&before=", false: "?before="}[strings.Contains(more, "?")]
	p.Items, p.Next = pageOf(p.Items, func(x marketplace.Product) int64 { return x.ID }, more)
	if s.Offers != nil {
		numbers := make([]string, len(p.Items))
		for i := range p.Items {
			numbers[i] = p.Items[i].Number
		}
		if p.Prices, err = s.Offers.From(ctx, numbers); err != nil {
			return err
		}
	}
	return s.page(c, templates.Market(p))
}

// chosenFromLists reports whether an address of the market has no words of its own: those
// that have are as many as one can type.
func chosenFromLists(c *fiber.Ctx) bool { return c.Query("q") == "" }

// showPublicProduct is GET /products/{number}.
func (s *Server) showPublicProduct(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	x, err := s.Products.Public(ctx, c.Params("number"))
	if err != nil {
		return err
	}
	p := templates.PublicProductPage{Frame: s.frame(c, text.Pick(ctx, x.Title, x.TitleEN), text.Pick(ctx, x.Summary, x.SummaryEN)), Product: x, Samples: map[int64]*rows.Result{}, Law: s.stampLaw()}
	if p.Certificates, err = s.Registrations.Counting(ctx, x.Number); err != nil {
		return err
	}
	for i := range x.Versions {
		if p.Shown = &x.Versions[i]; p.Shown.Number == x.Newest {
			break
		}
	}
	for i := range p.Shown.Contents {
		if p.Shown.Lapsed != nil {
			break // nobody is to use it, so nobody is shown what is in it
		}
		one := &p.Shown.Contents[i]
		if p.Samples[one.ID], err = s.Products.Sample(ctx, one); err != nil {
			return err
		}
	}
	p.Book, p.FeeLaw = s.Policy, s.feeLaw()
	if s.Offers != nil {
		if p.Offers, err = s.Offers.Shown(ctx, actor(c), x.Number); err != nil {
			return err
		}
		if p.Free, err = s.Offers.Free(ctx, p.Shown.ID); err != nil {
			return err
		}
	}
	return s.page(c, templates.PublicProduct(p))
}

// feeLaw are the texts in force that say that what is open costs nothing.
func (s *Server) feeLaw() (out []templates.AskedText) {
	for _, profile := range s.inForce() {
		if r := firstRule(profile, "open.fee"); r != nil && !r.Silent && len(r.Cite) > 0 {
			out = append(out, templates.AskedText{Profile: profile, Rule: r})
		}
	}
	return out
}

// productFile is GET /products/{number}/{version}/{file}: what a seal says, as a notice for
// people, as it was signed, or in the words of PROV-O.
func (s *Server) productFile(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	x, err := s.Products.Public(c.UserContext(), c.Params("number"))
	if err != nil {
		return err
	}
	for i := range x.Versions {
		v := &x.Versions[i]
		if v.Number != c.Params("version") {
			continue
		}
		payload, envelope, err := v.Says()
		if err != nil {
			return err
		}
		says := v.Seal.Statement
		switch file := c.Params("file"); file {
		case "notice.txt":
			return sendKept(c, "text/plain; charset=utf-8", v.Full()+"-notice.txt", []byte(strings.Join(says.Page(says.Notice(0, payload)), "\n")+"\n"))
		case "stamp.dsse.json":
			return sendKept(c, fiber.MIMEApplicationJSON, v.Full()+"-stamp.dsse.json", envelope)
		case "prov.jsonld":
			raw, err := says.PROV()
			if err != nil {
				return err
			}
			return sendKept(c, "application/ld+json", v.Full()+"-prov.jsonld", raw)
		}
	}
	return fault.New(fault.NotFound, "没有这个文件。")
}

// stampLaw are the texts in force that say that a product names its sources and the days
// on which they were acquired.
func (s *Server) stampLaw() (out []templates.AskedText) {
	for _, profile := range s.inForce() {
		r := firstRule(profile, "products")
		if r == nil {
			continue
		}
		for _, d := range r.Details {
			if d.Key == "stamp" && !d.Silent && len(r.Cite) > 0 {
				out = append(out, templates.AskedText{Profile: profile, Rule: r})
			}
		}
	}
	return out
}
