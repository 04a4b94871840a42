package portal

import (
	"github.com/gofiber/fiber/v2"

	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showPrivacy is GET /privacy: what is kept of people, for what, how long.
func (s *Server) showPrivacy(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	f := s.frame(c, text.T(ctx, "隐私说明"), text.T(ctx, "记什么，为什么，记多久。没有写在这里的，不记。"))
	return s.page(c, templates.Privacy(templates.PrivacyPage{Frame: f, Rules: s.houseRules("account_networks", "account_session", "account_confirmation", "account_recovery", "account_deletion", "notice_kept", "webhook_log", "correction_contact")}))
}
