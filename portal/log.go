package portal

import (
	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// leavesShown is how many leaves the page of the log names.
const leavesShown = 20

// showLog is GET /log: the transparency log, and how one verifies it oneself.
func (s *Server) showLog(c *fiber.Ctx) (err error) {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.LogPage{
		Frame: s.frame(c, text.T(ctx, "透明日志"), text.T(ctx, "产品的封存、撤回、登记、交付，和签名用的密钥，一件一条，只增不改，谁都可以核对。")),
		Rules: s.houseRules("log_checkpoint", "signing_key_valid"),
	}
	if s.Products != nil {
		p.Witnesses = s.Products.Witnesses
	}
	if p.Checkpoint, err = s.PublicLog.Checkpoint(ctx); err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if p.Against, err = s.PublicLog.Contradictions(ctx); err != nil {
		return err
	}
	if p.Newest, err = s.PublicLog.Newest(ctx, leavesShown); err != nil {
		return err
	}
	if p.Keys, err = s.Keys.List(ctx); err != nil {
		return err
	}
	return s.page(c, templates.Log(p))
}
