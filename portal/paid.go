package portal

import (
	"bytes"
	"log/slog"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
)

// receiveWebhook is POST /webhooks/stripe: the provider of payments says that something
// happened. Its bytes are what is signed: they are taken as they came, whatever encoding
// they claim. What is not signed is told nothing; what is signed and not for this
// installation needs somebody to mend a setting, which the log and a counter say.
func (s *Server) receiveWebhook(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	if s.Online == nil {
		return fault.New(fault.Malformed, "这里没有开通网上付款。")
	}
	err := s.Online.Receive(c.UserContext(), bytes.Clone(c.Request().Body()), string(c.Request().Header.Peek("Stripe-Signature")))
	switch fault.KindOf(err) {
	case fault.Invalid:
		countWebhook("unsigned")
		return fault.New(fault.Malformed, fault.Of(err).Sentence).Because(err)
	case fault.Conflict:
		countWebhook("astray")
		s.Log.LogAttrs(c.UserContext(), slog.LevelError, "a signed webhook of payments is not for this installation: look at its endpoint", slog.Any("error", err))
		return fault.New(fault.Malformed, fault.Of(err).Sentence, fault.Of(err).Args...).Because(err)
	}
	if err != nil {
		countWebhook("failed")
		return err
	}
	countWebhook("taken")
	return c.SendStatus(fiber.StatusOK)
}
