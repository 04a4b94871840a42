package portal

import (
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/operation"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showOperation is GET /operation: every mandate that both sides have signed, and the
// yearly reports.
func (s *Server) showOperation(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.OperatedPage{Frame: s.frame(c, text.T(ctx, "授权运营"), text.T(ctx, "公共数据授权运营的信息披露：每一份授权的双方、范围、期限、用途、费用上限和经过。")), Book: s.Policy}
	p.Wide = true
	var err error
	if p.Items, err = s.Operation.Disclosures(ctx, operation.Public{}); err != nil {
		return err
	}
	if p.Reports, err = s.Operation.IssuedReports(ctx); err != nil {
		return err
	}
	return s.page(c, templates.Operated(p))
}

// operationCSV is GET /operation/mandates.csv.
func (s *Server) operationCSV(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	list, err := s.Operation.Disclosures(c.UserContext(), operation.Public{})
	if err != nil {
		return err
	}
	return sendKept(c, "text/csv; charset=utf-8", "mandates.csv", operation.CSV(list))
}

// showDisclosed is GET /operation/{number}.
func (s *Server) showDisclosed(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.disclosedPage(c, templates.Mistake{})
}

func (s *Server) disclosedPage(c *fiber.Ctx, wrong templates.Mistake) error {
	ctx, who := c.UserContext(), actor(c)
	d, err := s.Operation.Disclose(ctx, c.Params("number"))
	if err != nil {
		return err
	}
	p := templates.DisclosedPage{Frame: s.frame(c, d.Title, text.T(ctx, "公共数据授权运营的信息披露：%s", d.Number)), Book: s.Policy, Item: d, Mistake: wrong}
	if who.Side == account.Use && who.Session != "" {
		own, err := s.Accounts.Organisations(ctx, who)
		if err != nil {
			return err
		}
		p.Enter = slices.DeleteFunc(own, func(o account.Organisation) bool { return !o.Stands() || o.Role != account.Owner })
	}
	return s.page(c, templates.Disclosed(p))
}

// enterOperation is POST /operation/{number}/enter: an organisation begins to apply for
// entry with the operator of a mandate.
func (s *Server) enterOperation(c *fiber.Ctx) error {
	f, err := form(c, "organisation", "sent")
	if err != nil {
		return err
	}
	id, err := positive(f.Get("organisation"))
	if err != nil {
		return err
	}
	d, err := s.Operation.ApplyToEnter(c.UserContext(), actor(c), c.Params("number"), id, sent(c, f))
	if wrong, ok := s.mistake(c, err); ok {
		return s.disclosedPage(c, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/entries/"+d.Number)
}

// reportYear is the year that an address names.
func reportYear(c *fiber.Ctx) int {
	year, _ := strconv.Atoi(c.Params("year")) // no number is no year of a report
	return year
}

// showDisclosureReport is GET /operation/reports/{body}/{year}.
func (s *Server) showDisclosureReport(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.disclosureReportPage(c, c.Params("body"), reportYear(c), templates.Mistake{})
}

func (s *Server) disclosureReportPage(c *fiber.Ctx, slug string, year int, wrong templates.Mistake) error {
	ctx, who := c.UserContext(), actor(c)
	r, issued, err := s.reportOf(c, slug, year)
	if err != nil {
		return err
	}
	p := templates.DisclosurePage{Frame: s.frame(c, text.T(ctx, "授权运营信息披露报告")+" "+strconv.Itoa(year), text.T(ctx, "授权运营年度信息披露报告")), Book: s.Policy, Slug: slug, Report: r, Issued: issued, Mistake: wrong}
	if issued == nil && who.Is(account.Authority) && who.Key == "" {
		owed, err := s.Operation.Owed(ctx, who)
		if err != nil {
			return err
		}
		own, _, err := s.Operation.Home(ctx, who)
		if err != nil {
			return err
		}
		p.May = own == slug && slices.Contains(owed, year)
	}
	return s.page(c, templates.DisclosureReport(p))
}

// reportOf is a report as it was issued, or as the tables say it now.
func (s *Server) reportOf(c *fiber.Ctx, slug string, year int) (*operation.Report, *operation.Issued, error) {
	issued, err := s.Operation.IssuedReport(c.UserContext(), slug, year)
	if err == nil {
		return &issued.Report, issued, nil
	}
	if fault.KindOf(err) != fault.NotFound {
		return nil, nil, err
	}
	r, err := s.Operation.ReportOf(c.UserContext(), slug, year)
	return r, nil, err
}

// reportJSON is GET /operation/reports/{body}/{year}/json: of one that was issued the
// bytes that were frozen.
func (s *Server) reportJSON(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	r, issued, err := s.reportOf(c, c.Params("body"), reportYear(c))
	if err != nil {
		return err
	}
	raw := r.JSON()
	if issued != nil {
		raw = issued.Raw
	}
	return sendKept(c, "application/json", "operation-"+c.Params("body")+"-"+strconv.Itoa(r.Year)+".json", raw)
}

// reportCSV is GET /operation/reports/{body}/{year}/csv.
func (s *Server) reportCSV(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	r, _, err := s.reportOf(c, c.Params("body"), reportYear(c))
	if err != nil {
		return err
	}
	return sendKept(c, "text/csv; charset=utf-8", "operation-"+c.Params("body")+"-"+strconv.Itoa(r.Year)+".csv", r.CSV())
}
