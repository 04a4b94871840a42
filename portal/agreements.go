package portal

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// signedAgreement is the edition that an address names, signed by both sides,
// with its application and all editions.
func (s *Server) signedAgreement(c *fiber.Ctx) (*licensing.Application, *licensing.Agreement, []licensing.Agreement, error) {
	if _, err := query(c); err != nil {
		return nil, nil, nil, err
	}
	a, _, err := s.applicationFor(c)
	if err != nil {
		return nil, nil, nil, err
	}
	edition, err := strconv.Atoi(c.Params("edition"))
	if err != nil {
		return nil, nil, nil, fault.New(fault.NotFound, "没有这一稿协议。")
	}
	g, all, err := s.Licensing.SignedAgreement(c.UserContext(), actor(c), a, edition)
	return a, g, all, err
}

// agreementPDF is GET …/agreement/{edition}/pdf.
func (s *Server) agreementPDF(c *fiber.Ctx) error {
	a, g, all, err := s.signedAgreement(c)
	if err != nil {
		return err
	}
	raw, err := templates.AgreementPDF(a, g, all, s.Config.BaseURL)
	if err != nil {
		return err
	}
	return sendKept(c, "application/pdf", templates.AgreementFile(a.Number, g.Edition, "pdf"), raw)
}

// agreementText is GET …/agreement/{edition}/text: the bytes that were signed, and
// nothing else.
func (s *Server) agreementText(c *fiber.Ctx) error {
	a, g, _, err := s.signedAgreement(c)
	if err != nil {
		return err
	}
	return sendKept(c, "text/plain; charset=utf-8", templates.AgreementFile(a.Number, g.Edition, "txt"), []byte(g.Body))
}

// sendKept gives a file out as one to keep, never as a page of this site.
func sendKept(c *fiber.Ctx, media, name string, raw []byte) error {
	h := &c.Response().Header
	h.Set(fiber.HeaderContentType, media)
	h.Set(fiber.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(name))
	h.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	return c.Send(raw)
}

// checkAgreement is GET /agreements/check: whether an agreement that somebody
// holds is one.
func (s *Server) checkAgreement(c *fiber.Ctx) error {
	q, err := query(c, "number", "sha256")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.CheckPage{Frame: s.quietFrame(c, text.T(ctx, "核对协议")), Number: q.Get("number"), SHA256: q.Get("sha256")}
	if p.Number != "" || p.SHA256 != "" {
		proof, err := s.Licensing.Check(ctx, p.Number, p.SHA256)
		wrong, ok := s.mistake(c, err)
		switch {
		case err == nil:
			p.Proof = &proof
		case ok:
			p.Mistake = wrong
		case fault.KindOf(err) == fault.NotFound:
			c.Status(fiber.StatusNotFound)
			p.Mistake = templates.Mistake{Sentence: Sentence(ctx, fault.Of(err))}
		default:
			return err
		}
	}
	return s.page(c, templates.CheckAgreement(p))
}
