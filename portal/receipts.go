package portal

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/marketplace/receipts"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showAskReceipt is GET /receipts/of/{resource}/{version}: where a certificate of
// download is asked for. Nothing is written by looking.
func (s *Server) showAskReceipt(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.askReceiptPage(c, templates.AskReceiptPage{})
}

func (s *Server) askReceiptPage(c *fiber.Ctx, p templates.AskReceiptPage) error {
	number, err := receiptVersion(c)
	if err != nil {
		return err
	}
	if p.Dataset, p.Version, err = s.Products.Receipts.Of(c.UserContext(), c.Params("resource"), number); err != nil {
		return err
	}
	p.Frame = s.quietFrame(c, text.T(c.UserContext(), "下载凭证"))
	p.Forms, p.Law = receipts.Forms(p.Version), s.receiptLaw()
	p.CSRF = s.formToken(c)
	return s.page(c, templates.AskReceipt(p))
}

// receiptVersion is the number of a version in an address.
func receiptVersion(c *fiber.Ctx) (int, error) {
	n, err := strconv.Atoi(c.Params("version"))
	if err != nil || n < 1 || strconv.Itoa(n) != c.Params("version") {
		return 0, fault.New(fault.NotFound, "没有这个版本。")
	}
	return n, nil
}

// askReceipt is POST /receipts/of/{resource}/{version}: a certificate is issued. Whoever
// asks is counted by account or network, and not kept.
func (s *Server) askReceipt(c *fiber.Ctx) error {
	f, err := form(c, "form")
	if err != nil {
		return err
	}
	kind, err := receipts.ParseForm(f.Get("form"))
	var made *receipts.Receipt
	if err == nil {
		var number int
		if number, err = receiptVersion(c); err != nil {
			return err
		}
		made, err = s.Products.Receipts.Issue(c.UserContext(), s.Asker(c), c.Params("resource"), number, kind)
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.askReceiptPage(c, templates.AskReceiptPage{Chosen: f.Get("form"), Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, made.Path())
}

// Asker is by what somebody is counted who need not sign in: their account, or else
// their network.
func (s *Server) Asker(c *fiber.Ctx) string {
	if who := actor(c); !who.IsVisitor() {
		return "account " + strconv.FormatInt(who.ID, 10)
	}
	return s.Network(c)
}

// showReceipt is GET /receipts/{number}: a certificate as it stands now.
func (s *Server) showReceipt(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	found, err := s.Products.Receipts.ByNumber(c.UserContext(), c.Params("number"))
	if err != nil {
		return err
	}
	return s.page(c, templates.Receipt(templates.ReceiptPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "下载凭证")+" "+found.Receipt.Number()), Found: found, Law: s.receiptLaw()}))
}

// receiptPDF is GET /receipts/{number}/pdf. Its digest is remembered, so that the PDF is
// known again by its bytes.
func (s *Server) receiptPDF(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	found, err := s.Products.Receipts.ByNumber(c.UserContext(), c.Params("number"))
	if err != nil {
		return err
	}
	raw, err := templates.ReceiptPDF(found.Receipt, s.Config.BaseURL)
	if err != nil {
		return err
	}
	if err := s.Products.Receipts.Made(c.UserContext(), found.Receipt, raw); err != nil {
		return err
	}
	return sendKept(c, "application/pdf", found.Receipt.Number()+".pdf", raw)
}

// receiptEnvelope is GET /receipts/{number}/dsse.json: what was signed.
func (s *Server) receiptEnvelope(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	found, err := s.Products.Receipts.ByNumber(c.UserContext(), c.Params("number"))
	if err != nil {
		return err
	}
	return sendKept(c, fiber.MIMEApplicationJSON, found.Receipt.Number()+".dsse.json", found.Receipt.Envelope)
}

// receiptLaw are the texts in force by which data equals paper.
func (s *Server) receiptLaw() (law templates.ReceiptLaw) {
	for _, profile := range s.inForce() {
		if r := firstRule(profile, "legal_equivalence.open"); r != nil {
			law.Open = append(law.Open, templates.AskedText{Profile: profile, Rule: r})
		}
		if r := firstRule(profile, "legal_equivalence.share", "legal_equivalence"); r != nil {
			law.Share = append(law.Share, templates.AskedText{Profile: profile, Rule: r})
		}
	}
	return law
}
