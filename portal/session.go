package portal

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// locals of one request.
const (
	keyActor   = "actor"
	keyToken   = "token"
	keyRequest = "request"
	keyRoute   = "route"
)

// cookieName is the session's cookie. Over https it carries the prefix that
// keeps other hosts and plain http from setting it (RFC 6265bis).
func (s *Server) cookieName() string {
	if s.Config.Secure {
		return "__Host-session"
	}
	return "session"
}

// carriesSession reports whether the request claims a session or a key, valid
// or not. Such a request never meets the page cache.
func (s *Server) carriesSession(c *fiber.Ctx) bool {
	h := &c.Request().Header
	return len(h.Cookie(s.cookieName())) > 0 || len(h.Peek(fiber.HeaderAuthorization)) > 0
}

// sessionCookie is the secret in the session's cookie. Two cookies of that
// name are none: one of them was planted.
func (s *Server) sessionCookie(c *fiber.Ctx) string {
	found, times := "", 0
	for name, value := range c.Request().Header.Cookies() {
		if string(name) == s.cookieName() {
			found, times = string(value), times+1
		}
	}
	if times != 1 {
		return ""
	}
	return found
}

// actor is who is asking.
func actor(c *fiber.Ctx) account.Actor {
	a, _ := c.Locals(keyActor).(account.Actor)
	return a
}

// token is the secret of the session, empty for visitors and API keys.
func token(c *fiber.Ctx) string {
	t, _ := c.Locals(keyToken).(string)
	return t
}

// identify finds out who is asking: by API key or by session, never by both,
// and reads the rights from the database at every request.
func (s *Server) identify(c *fiber.Ctx) error {
	cookie, authorization := s.sessionCookie(c), c.Get(fiber.HeaderAuthorization)
	switch {
	case authorization != "":
		key, ok := strings.CutPrefix(authorization, "Bearer ")
		if !ok || len(c.Request().Header.Cookie(s.cookieName())) > 0 {
			return fault.New(fault.Unauthenticated, "请只用一种方式表明身份：密钥或登录。")
		}
		a, err := s.Accounts.ActorByKey(c.UserContext(), strings.TrimSpace(key))
		if err != nil {
			return err
		}
		c.Locals(keyActor, a)
	case cookie != "":
		a, err := s.Accounts.Actor(c.UserContext(), cookie)
		if err != nil {
			return err
		}
		if a.IsVisitor() { // ended: a browser without it is served from the page cache again
			c.Cookie(s.cookie(s.cookieName(), "", -1))
			break
		}
		c.Locals(keyActor, a)
		c.Locals(keyToken, cookie)
	}
	return c.Next()
}

// checkForgery lets a request that could change something through only if it
// comes from a page of ours: the browser says so, and a session's form carries
// the session's token. A visitor's form (sign-in) carries the token of a
// cookie made for it. A script that sends a file has the token in a header,
// which no other site can set; a form that sends one has it in its body, where
// the handler finds it before the file.
func (s *Server) checkForgery(c *fiber.Ctx, r Route) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return nil
	}
	if strings.HasPrefix(c.Path(), "/api/") {
		if token(c) != "" {
			return fault.New(fault.Forbidden, "接口只接受密钥，不接受登录。")
		}
		return nil
	}
	if err := account.CheckOrigin(s.Config.BaseURL, c.Get(fiber.HeaderOrigin), c.Get("Sec-Fetch-Site")); err != nil {
		return err
	}
	media, _, _ := strings.Cut(c.Get(fiber.HeaderContentType), ";")
	switch {
	case !r.Stream:
	case media == fiber.MIMEMultipartForm:
		return nil
	default:
		return s.Accounts.CheckCSRF(token(c), c.Get(headerCSRF))
	}
	if media != fiber.MIMEApplicationForm {
		return fault.New(fault.Forbidden, "这里只接受本站表单。")
	}
	if c.Request().PostArgs().Has("_method") {
		return fault.New(fault.Forbidden, "请求的方法不能改写。")
	}
	secret := token(c)
	if secret == "" {
		secret = c.Cookies(s.preSessionName())
	}
	return s.Accounts.CheckCSRF(secret, string(c.Request().PostArgs().Peek("csrf")))
}

// headerCSRF is where a script has the token that a form has in a field.
const headerCSRF = "X-CSRF-Token"

func (s *Server) preSessionName() string { return s.cookieName() + "-form" }

// formToken is the CSRF token for a form on this page; a visitor gets a cookie
// for it, so only pages with a form ask for one.
func (s *Server) formToken(c *fiber.Ctx) string {
	secret := token(c)
	if secret == "" {
		if secret = c.Cookies(s.preSessionName()); len(secret) != 64 {
			secret = s.Accounts.NewPreSession()
			c.Cookie(s.cookie(s.preSessionName(), secret, 0))
		}
	}
	return s.Accounts.CSRF(secret)
}

// cookie makes a cookie that only our own pages send back; seconds 0 is for
// the browser's session, negative ends it.
func (s *Server) cookie(name, value string, seconds int) *fiber.Cookie {
	cookie := &fiber.Cookie{Name: name, Value: value, Path: "/", HTTPOnly: true, Secure: s.Config.Secure, SameSite: fiber.CookieSameSiteLaxMode, MaxAge: seconds, SessionOnly: seconds == 0}
	if seconds < 0 {
		cookie.Expires = fasthttp.CookieExpireDelete
	}
	return cookie
}
