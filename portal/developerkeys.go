package portal

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/internal/signing"
	"shuyuan/internal/workdays"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showDeveloperKeys is GET /organisations/{id}/keys.
func (s *Server) showDeveloperKeys(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.developerKeysPage(c, templates.DeveloperKeysPage{})
}

func (s *Server) developerKeysPage(c *fiber.Ctx, p templates.DeveloperKeysPage) error {
	ctx := c.UserContext()
	id, err := orgID(c)
	if err != nil {
		return err
	}
	if p.Org, err = s.Accounts.Organisation(ctx, actor(c), id); err != nil {
		return err
	}
	if p.Keys, err = s.Products.DeveloperKeys(ctx, id); err != nil {
		return err
	}
	p.Frame, p.Rules = s.quietFrame(c, text.T(ctx, "机构的签名密钥")), s.houseRules("developer_key_valid")
	return s.page(c, templates.DeveloperKeys(p))
}

// sendPossession is GET /organisations/{id}/keys/message: what a key signs to show that it
// is at hand.
func (s *Server) sendPossession(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	id, err := orgID(c)
	if err != nil {
		return err
	}
	if _, err := s.Accounts.Organisation(c.UserContext(), actor(c), id); err != nil {
		return err // one that is not the reader's is not there
	}
	message, err := s.Products.Possession(c.UserContext(), actor(c), id)
	if err != nil {
		return err
	}
	return sendKept(c, fiber.MIMEOctetStream, "message.dsse", message)
}

// registerDeveloperKey is POST /organisations/{id}/keys.
func (s *Server) registerDeveloperKey(c *fiber.Ctx) error {
	f, err := form(c, "public", "signature")
	if err != nil {
		return err
	}
	id, err := orgID(c)
	if err != nil {
		return err
	}
	_, err = s.Products.RegisterKey(c.UserContext(), actor(c), id, f.Get("public"), f.Get("signature"))
	return s.afterDeveloperKey(c, id, err, templates.DeveloperKeysPage{Public: f.Get("public"), Signature: f.Get("signature")})
}

// revokeDeveloperKey is POST /organisations/{id}/keys/revoke.
func (s *Server) revokeDeveloperKey(c *fiber.Ctx) error {
	f, err := form(c, "key", "reason", "since")
	if err != nil {
		return err
	}
	id, err := orgID(c)
	if err != nil {
		return err
	}
	since := s.Now()
	if raw := f.Get("since"); raw != "" {
		if since, err = time.ParseInLocation("2006-01-02T15:04", raw, workdays.Zone); err != nil {
			err = fault.At("since", "时间写成 2026-11-02T15:04 这样。")
		}
	}
	if err == nil {
		err = s.Products.RevokeKey(c.UserContext(), actor(c), id, f.Get("key"), since, signing.Reason(f.Get("reason")))
	}
	return s.afterDeveloperKey(c, id, err, templates.DeveloperKeysPage{})
}

func (s *Server) afterDeveloperKey(c *fiber.Ctx, organisation int64, err error, p templates.DeveloperKeysPage) error {
	if wrong, ok := s.mistake(c, err); ok {
		p.Mistake = wrong
		return s.developerKeysPage(c, p)
	}
	if err != nil {
		return err
	}
	return seeOther(c, templates.DeveloperKeysPath(organisation))
}

// sendUnsigned is GET …/statement.dsse: what the developer of a sealed version signs.
func (s *Server) sendUnsigned(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	message, err := s.Products.Unsigned(c.UserContext(), actor(c), c.Params("number"), c.Params("version"))
	if err != nil {
		return err
	}
	return sendKept(c, fiber.MIMEOctetStream, "statement.dsse", message)
}

// countersign is POST …/signature: the signature of the developer.
func (s *Server) countersign(c *fiber.Ctx) error {
	f, err := form(c, "signature")
	if err != nil {
		return err
	}
	err = s.Products.Countersign(c.UserContext(), actor(c), c.Params("number"), c.Params("version"), f.Get("signature"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.productVersionPage(c, templates.ProductVersionPage{Mistake: wrong, Signature: f.Get("signature")})
	}
	return s.afterVersion(c, err, "")
}
