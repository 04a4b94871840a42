package portal

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/registration"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// exchanging are the roles at whose desk registrations lie; the registrar alone moves
// them.
var (
	exchanging   = []account.Role{account.ExchangeStaff, account.Authority, account.Regulator}
	registrars   = []account.Role{account.ExchangeStaff}
	reportsSeen  = []account.Role{account.Certifier, account.Valuer, account.ExchangeStaff, account.Authority, account.Regulator}
	materialForm = []string{"level", "abroad", "lawful", "unidentifiable", "irreversible", "controls", "declared"}
)

// showRegistering is GET /account/products/{number}/registration.
func (s *Server) showRegistering(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.registeringPage(c, templates.RegisteringPage{Done: q.Get("done") != "", Form: registration.Form{Kind: registration.First}})
}

func (s *Server) registeringPage(c *fiber.Ctx, p templates.RegisteringPage) (err error) {
	if p.Of, err = s.Registrations.ProductOf(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	p.Frame, p.Book = s.quietFrame(c, text.T(c.UserContext(), "登记、认证和评估")), s.Policy
	return s.page(c, templates.Registering(p))
}

// register is POST /account/products/{number}/registration: an application, or the
// request for a report.
func (s *Server) register(c *fiber.Ctx) error {
	f, err := form(c, append([]string{"action", "kind", "version", "receiver", "reporter", "sent"}, materialForm...)...)
	if err != nil {
		return err
	}
	ctx, who, number := c.UserContext(), actor(c), c.Params("number")
	var p templates.RegisteringPage
	if f.Get("action") == "ask" {
		kind, id, _ := strings.Cut(f.Get("reporter"), ":")
		p.Asked = registration.Asked{Kind: registration.CertificateKind(kind), Version: f.Get("version"), Controls: f.Get("controls"), Sent: sent(c, f)}
		p.Asked.Reporter, _ = strconv.ParseInt(id, 10, 64) // 0 is none that there is
		_, err = s.Registrations.Ask(ctx, who, number, p.Asked)
	} else {
		p.Form = registrationForm(f)
		p.Form.Kind, p.Form.Version, p.Form.Receiver, p.Form.Sent = registration.Kind(f.Get("kind")), f.Get("version"), f.Get("receiver"), sent(c, f)
		_, err = s.Registrations.Apply(ctx, who, number, p.Form)
	}
	if wrong, ok := s.mistake(c, err); ok {
		p.Mistake = wrong
		return s.registeringPage(c, p)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/account/products/"+number+"/registration?done=1")
}

// registrationForm is what a form says of the material.
func registrationForm(f interface{ Get(string) string }) registration.Form {
	return registration.Form{
		Level: registration.Level(f.Get("level")), Abroad: f.Get("abroad"), Lawful: f.Get("lawful"), Unident: f.Get("unidentifiable"), Irrevers: f.Get("irreversible"), Controls: f.Get("controls"), Declared: f.Get("declared") == "yes",
	}
}

// showRegistration is GET /account/registrations/{number} and GET /desk/exchange/{number}.
func (s *Server) showRegistration(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.registrationPage(c, templates.RegistrationPage{Done: q.Get("done") != ""})
}

func (s *Server) registrationPage(c *fiber.Ctx, p templates.RegistrationPage) (err error) {
	if p.Case, err = s.Registrations.One(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	p.Frame, p.Desk = s.quietFrame(c, p.Case.Number), ofDesk(c)
	if p.Form.Kind == "" {
		p.Form = templates.RegistrationFormOf(p.Case.Registration)
	}
	return s.page(c, templates.Registration(p))
}

// moveRegistration is POST /account/registrations/{number} and POST /desk/exchange/{number}.
func (s *Server) moveRegistration(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, append([]string{"action", "reason", "objection", "upheld"}, materialForm...)...)
	if err != nil {
		return err
	}
	step := registration.Step{Action: registration.Action(f.Get("action")), Words: f.Get("reason"), Revision: revision, Upheld: f.Get("upheld") == "yes"}
	step.Objection, _ = strconv.Atoi(f.Get("objection")) // 0 is none that there is
	p := templates.RegistrationPage{Words: step.Words}
	if step.Action == registration.Resubmit {
		step.Form = registrationForm(f)
		p.Form = step.Form
		p.Form.Kind = registration.First // it was typed
	}
	_, err = s.Registrations.Move(c.UserContext(), actor(c), c.Params("number"), step)
	if wrong, ok := s.mistake(c, err); ok {
		p.Mistake = wrong
		return s.registrationPage(c, p)
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=1")
}

// showExchange is GET /desk/exchange: the queue of the registrar.
func (s *Server) showExchange(c *fiber.Ctx) error {
	q, err := query(c, "all", "before")
	if err != nil {
		return err
	}
	before, err := beforeOf(q.Get("before"))
	if err != nil {
		return err
	}
	p := templates.RegistrationsPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "产品登记")), All: q.Get("all") != ""}
	if p.Items, err = s.Registrations.Queue(c.UserContext(), actor(c), p.All, before, listed+1); err != nil {
		return err
	}
	next := "/desk/exchange?before="
	if p.All {
		next = "/desk/exchange?all=1&before="
	}
	p.Items, p.Next = pageOf(p.Items, func(r registration.Registration) int64 { return r.ID }, next)
	return s.page(c, templates.RegistrationQueue(p))
}

// beforeOf reads the id from which a list goes on; none is its beginning.
func beforeOf(raw string) (int64, error) {
	if raw == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n <= 0 {
		return 0, malformed("before", "请求的格式不对。")
	}
	return n, nil
}

// showRegistrationNotices is GET /registrations: what is in public notice or was.
func (s *Server) showRegistrationNotices(c *fiber.Ctx) error {
	q, err := query(c, "before")
	if err != nil {
		return err
	}
	before, err := beforeOf(q.Get("before"))
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.RegistrationsPage{Frame: s.frame(c, text.T(ctx, "产品登记公示"), templates.RegistrationNoticeSays(ctx, s.Policy)), Book: s.Policy}
	if p.Items, err = s.Registrations.Notices(ctx, registration.Filter{Before: before, Limit: listed + 1}); err != nil {
		return err
	}
	p.Items, p.Next = pageOf(p.Items, func(r registration.Registration) int64 { return r.ID }, "/registrations?before=")
	return s.page(c, templates.RegistrationNotices(p))
}

// showRegistrationNotice is GET /registrations/{number}.
func (s *Server) showRegistrationNotice(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.registrationNoticePage(c, templates.RegistrationNoticePage{Done: q.Get("done") != ""})
}

func (s *Server) registrationNoticePage(c *fiber.Ctx, p templates.RegistrationNoticePage) (err error) {
	if p.Item, err = s.Registrations.Shown(c.UserContext(), c.Params("number")); err != nil {
		return err
	}
	p.Frame = s.frame(c, p.Item.Title, text.T(c.UserContext(), "产品登记公示"))
	if p.Item.Takes() {
		p.CSRF = s.formToken(c)
	}
	return s.page(c, templates.RegistrationNotice(p))
}

// objectToRegistration is POST /registrations/{number}: anybody objects.
func (s *Server) objectToRegistration(c *fiber.Ctx) error {
	f, err := form(c, "name", "contact", "words")
	if err != nil {
		return err
	}
	filed := registration.Filed{Name: f.Get("name"), Contact: f.Get("contact"), Words: f.Get("words"), Network: s.Network(c)}
	_, err = s.Registrations.File(c.UserContext(), actor(c), c.Params("number"), filed)
	if wrong, ok := s.mistake(c, err); ok {
		return s.registrationNoticePage(c, templates.RegistrationNoticePage{Filed: filed, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/registrations/"+c.Params("number")+"?done=1")
}

// showProductCertificate is GET /certificates/{number}.
func (s *Server) showProductCertificate(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.certificatePage(c, templates.Mistake{})
}

func (s *Server) certificatePage(c *fiber.Ctx, wrong templates.Mistake) error {
	ctx := c.UserContext()
	one, err := s.Registrations.CertificateByNumber(ctx, c.Params("number"))
	if err != nil {
		return err
	}
	p := templates.ProductCertificatePage{Frame: s.quietFrame(c, one.Number), Item: one, Genuine: s.Registrations.Genuine(ctx, one) == nil, Mistake: wrong}
	if _, err := s.Products.Public(ctx, one.Product); err == nil {
		p.Listed = true
	} else if fault.KindOf(err) != fault.NotFound {
		return err
	}
	if p.May, err = s.Registrations.MayEnd(ctx, actor(c), one); err != nil {
		return err
	}
	return s.page(c, templates.ProductCertificate(p))
}

// endCertificate is POST /certificates/{number}: it is given up or taken back.
func (s *Server) endCertificate(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "reason")
	if err != nil {
		return err
	}
	_, err = s.Registrations.EndCertificate(c.UserContext(), actor(c), c.Params("number"), revision, f.Get("reason"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.certificatePage(c, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/certificates/"+c.Params("number"))
}

// certificatePDF is GET /certificates/{number}/pdf.
func (s *Server) certificatePDF(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	one, err := s.Registrations.CertificateByNumber(c.UserContext(), c.Params("number"))
	if err != nil {
		return err
	}
	raw, err := templates.CertificatePDF(one, s.Config.BaseURL)
	if err != nil {
		return err
	}
	return sendKept(c, "application/pdf", one.Number+".pdf", raw)
}

// certificateEnvelope is GET /certificates/{number}/dsse.json: what was signed.
func (s *Server) certificateEnvelope(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	one, err := s.Registrations.CertificateByNumber(c.UserContext(), c.Params("number"))
	if err != nil {
		return err
	}
	return sendKept(c, "application/json", one.Number+".dsse.json", one.Envelope)
}

// showProductReports is GET /account/reports.
func (s *Server) showProductReports(c *fiber.Ctx) error {
	q, err := query(c, "before")
	if err != nil {
		return err
	}
	before, err := beforeOf(q.Get("before"))
	if err != nil {
		return err
	}
	p := templates.ProductReportsPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "认证和评估"))}
	if p.Items, err = s.Registrations.Reports(c.UserContext(), actor(c), before, listed+1); err != nil {
		return err
	}
	p.Items, p.Next = pageOf(p.Items, func(r registration.Report) int64 { return r.ID }, "/account/reports?before=")
	return s.page(c, templates.ProductReports(p))
}

// showProductReport is GET /account/reports/{number}.
func (s *Server) showProductReport(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.productReportPage(c, templates.ProductReportPage{Done: q.Get("done") != ""})
}

func (s *Server) productReportPage(c *fiber.Ctx, p templates.ProductReportPage) (err error) {
	if p.Case, err = s.Registrations.ReportOf(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	p.Frame = s.quietFrame(c, p.Case.Number)
	if p.Form.Words == nil {
		p.Form = templates.ProductReportFormOf(p.Case.Report)
	}
	return s.page(c, templates.ProductReport(p))
}

// moveProductReport is POST /account/reports/{number}.
func (s *Server) moveProductReport(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, append(append([]string{"action", "reason", "declaration", "controls", "method", "passed*", "found*", "day", "item*", "amount*", "note*", "evaluator", "conclusion"}, registration.TestNames...), registration.CategoryNames...)...)
	if err != nil {
		return err
	}
	step := registration.ReportStep{Action: registration.ReportAction(f.Get("action")), Words: f.Get("reason"), Revision: revision}
	p := templates.ProductReportPage{}
	if step.Action == registration.Declare || step.Action == registration.Write {
		step.Form = registration.ReportForm{
			Declaration: f.Get("declaration"), Controls: f.Get("controls"), Method: f.Get("method"), Passed: f["passed"], Found: f["found"], Words: map[string]string{},
			Day: f.Get("day"), Items: f["item"], Amounts: f["amount"], Notes: f["note"], Evaluator: f.Get("evaluator"), Conclusion: f.Get("conclusion"),
		}
		for _, n := range append(append([]string{}, registration.TestNames...), registration.CategoryNames...) {
			step.Form.Words[n] = f.Get(n)
		}
		if len(step.Form.Items) == len(step.Form.Amounts) && len(step.Form.Items) == len(step.Form.Notes) {
			p.Form = step.Form
		}
	}
	_, err = s.Registrations.MoveReport(c.UserContext(), actor(c), c.Params("number"), step)
	if wrong, ok := s.mistake(c, err); ok {
		p.Mistake = wrong
		return s.productReportPage(c, p)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/account/reports/"+c.Params("number")+"?done=1")
}
