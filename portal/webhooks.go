package portal

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/templates"
	"shuyuan/templates/text"
)

// webhookPath is the page of one address.
func webhookPath(id int64) string { return "/account/webhooks/" + strconv.FormatInt(id, 10) }

// showWebhooks is GET /account/webhooks.
func (s *Server) showWebhooks(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.webhooksPage(c, templates.WebhookForm{}, q.Get("done") == "removed")
}

func (s *Server) webhooksPage(c *fiber.Ctx, f templates.WebhookForm, removed bool) error {
	ctx := c.UserContext()
	all, err := s.Webhooks.All(ctx, actor(c))
	if err != nil {
		return err
	}
	p := templates.WebhooksPage{Frame: s.quietFrame(c, "Webhook"), Items: all, Rules: s.Webhooks.Rules, Form: f}
	if removed {
		p.Done = text.T(ctx, "已删去。")
	}
	return s.page(c, templates.Webhooks(p))
}

// addWebhook is POST /account/webhooks. The page that answers is the only one
// that ever shows the secret.
func (s *Server) addWebhook(c *fiber.Ctx) error {
	f, err := form(c, "url", "event*")
	if err != nil {
		return err
	}
	w, secret, err := s.Webhooks.Add(c.UserContext(), actor(c), f.Get("url"), f["event"])
	if wrong, ok := s.mistake(c, err); ok {
		return s.webhooksPage(c, templates.WebhookForm{URL: f.Get("url"), Events: f["event"], Asked: true, Mistake: wrong}, false)
	}
	if err != nil {
		return err
	}
	return s.webhookPage(c, w.ID, secret, "", templates.Mistake{})
}

// webhookDone is what the page of an address says after an act.
var webhookDone = map[string]string{
	"proved": "验证通过，从现在起往这个地址送。", "stopped": "已停用，没有送到的不再送。", "chosen": "已保存。",
	"test": "测试已经排上，过几秒刷新，看下面的记录。", "again": "已经排上，过几秒刷新，看下面的记录。",
}

// showWebhook is GET /account/webhooks/{id}.
func (s *Server) showWebhook(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	id, err := numberIn(c, "id")
	if err != nil {
		return err
	}
	return s.webhookPage(c, id, "", webhookDone[q.Get("done")], templates.Mistake{})
}

func (s *Server) webhookPage(c *fiber.Ctx, id int64, secret, done string, wrong templates.Mistake) error {
	ctx := c.UserContext()
	w, sent, err := s.Webhooks.One(ctx, actor(c), id)
	if err != nil {
		return err
	}
	p := templates.WebhookPage{Frame: s.quietFrame(c, "Webhook"), Hook: *w, Sent: sent, Secret: secret, Rules: s.Webhooks.Rules, Mistake: wrong}
	p.Path = webhookPath(id)
	if done != "" {
		p.Done = text.T(ctx, done)
	}
	return s.page(c, templates.Webhook(p))
}

// webhookAct answers a form of the page of an address: it says what is wrong
// there, or goes back to it.
func (s *Server) webhookAct(c *fiber.Ctx, done string, do func(id int64, f url.Values) error, fields ...string) error {
	f, err := form(c, fields...)
	if err != nil {
		return err
	}
	id, err := numberIn(c, "id")
	if err != nil {
		return err
	}
	err = do(id, f)
	if wrong, ok := s.mistake(c, err); ok {
		return s.webhookPage(c, id, "", "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, webhookPath(id)+"?done="+done)
}

// proveWebhook is POST /account/webhooks/{id}/prove.
func (s *Server) proveWebhook(c *fiber.Ctx) error {
	return s.webhookAct(c, "proved", func(id int64, _ url.Values) error { return s.Webhooks.Prove(c.UserContext(), actor(c), id) })
}

// chooseWebhookEvents is POST /account/webhooks/{id}/events.
func (s *Server) chooseWebhookEvents(c *fiber.Ctx) error {
	return s.webhookAct(c, "chosen", func(id int64, f url.Values) error {
		return s.Webhooks.Choose(c.UserContext(), actor(c), id, f["event"])
	}, "event*")
}

// stopWebhook is POST /account/webhooks/{id}/stop.
func (s *Server) stopWebhook(c *fiber.Ctx) error {
	return s.webhookAct(c, "stopped", func(id int64, _ url.Values) error { return s.Webhooks.Stop(c.UserContext(), actor(c), id) })
}

// testWebhook is POST /account/webhooks/{id}/test.
func (s *Server) testWebhook(c *fiber.Ctx) error {
	return s.webhookAct(c, "test", func(id int64, _ url.Values) error { return s.Webhooks.Test(c.UserContext(), actor(c), id) })
}

// sendWebhookAgain is POST /account/webhooks/{id}/again.
func (s *Server) sendWebhookAgain(c *fiber.Ctx) error {
	return s.webhookAct(c, "again", func(id int64, f url.Values) error {
		delivery, err := strconv.ParseInt(f.Get("delivery"), 10, 64)
		if err != nil {
			return malformed("delivery", "请求的格式不对。")
		}
		return s.Webhooks.Again(c.UserContext(), actor(c), id, delivery)
	}, "delivery")
}

// rotateWebhook is POST /account/webhooks/{id}/secret. The page that answers is
// the only one that ever shows the new secret.
func (s *Server) rotateWebhook(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	id, err := numberIn(c, "id")
	if err != nil {
		return err
	}
	secret, err := s.Webhooks.Rotate(c.UserContext(), actor(c), id)
	if err != nil {
		return err
	}
	return s.webhookPage(c, id, secret, "", templates.Mistake{})
}

// removeWebhook is POST /account/webhooks/{id}/remove.
func (s *Server) removeWebhook(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	id, err := numberIn(c, "id")
	if err != nil {
		return err
	}
	if err := s.Webhooks.Remove(c.UserContext(), actor(c), id); err != nil {
		return err
	}
	return seeOther(c, "/account/webhooks?done=removed")
}
