package portal

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showSignUp is GET /sign-up: one address to begin with.
func (s *Server) showSignUp(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.signUpPage(c, templates.SignUpPage{})
}

func (s *Server) signUpPage(c *fiber.Ctx, p templates.SignUpPage) error {
	p.Frame = s.quietFrame(c, text.T(c.UserContext(), "注册"))
	p.CSRF, p.Rules = s.formToken(c), s.houseRules("account_confirmation")
	p.Identifier = repeated(p.Identifier)
	return s.page(c, templates.SignUp(p))
}

// repeated is what was typed, if it is short enough to be written back.
func repeated(typed string) string {
	if len(typed) > mostRepeated {
		return ""
	}
	return typed
}

// signUp is POST /sign-up. An e-mail address is sent a letter; a phone number,
// which nothing can be sent to, is asked for the rest at once.
func (s *Server) signUp(c *fiber.Ctx) error {
	f, err := form(c, "identifier", "name", "password", "again", "agreed", "phone")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.SignUpPage{Identifier: f.Get("identifier"), Name: f.Get("name")}
	folded, err := account.Identifier(p.Identifier)
	switch {
	case err != nil:
	case account.IsPhone(folded) && f.Get("phone") != "1":
		p.Phone = true
		return s.signUpPage(c, p)
	case account.IsPhone(folded):
		p.Phone = true
		err = sameTwice(f.Get("password"), f.Get("again"))
		if err == nil {
			err = s.Accounts.SignUpByPhone(ctx, folded, account.NewPerson{Name: p.Name, Password: f.Get("password"), Agreed: f.Get("agreed") == "1"}, s.clientIP(c))
		}
	default:
		err = s.Accounts.SignUp(ctx, folded, s.clientIP(c))
	}
	if wrong, ok := s.mistake(c, err); ok {
		p.Mistake = wrong
		return s.signUpPage(c, p)
	}
	if err != nil {
		return err
	}
	p.Sent = folded
	return s.signUpPage(c, p)
}

func sameTwice(password, again string) error {
	if password != again {
		return fault.At("again", "两次写的新密码不一样。")
	}
	return nil
}

// showCompleteSignUp is GET /sign-up/confirm?link=: what the letter leads to.
// Looking at it changes nothing: programs that read mail follow links, too.
func (s *Server) showCompleteSignUp(c *fiber.Ctx) error {
	q, err := query(c, "link")
	if err != nil {
		return err
	}
	return s.completePage(c, templates.CompletePage{Link: q.Get("link")}, s.Accounts.SigningUp)
}

func (s *Server) completePage(c *fiber.Ctx, p templates.CompletePage, whose func(ctx context.Context, link string) (string, error)) error {
	ctx := c.UserContext()
	var err error
	if p.Identifier, err = whose(ctx, p.Link); err != nil {
		return err
	}
	title := text.T(ctx, "完成注册")
	if p.Recovery {
		title = text.T(ctx, "设新密码")
	}
	p.Frame = s.quietFrame(c, title)
	p.Frame.Path = "/" // the link is not written into other addresses
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	p.CSRF = s.formToken(c)
	return s.page(c, templates.Complete(p))
}

// completeSignUp is POST /sign-up/confirm.
func (s *Server) completeSignUp(c *fiber.Ctx) error {
	f, err := form(c, "link", "name", "password", "again", "agreed")
	if err != nil {
		return err
	}
	var session account.Session
	if err = sameTwice(f.Get("password"), f.Get("again")); err == nil {
		session, err = s.Accounts.CompleteSignUp(c.UserContext(), f.Get("link"),
			account.NewPerson{Name: f.Get("name"), Password: f.Get("password"), Agreed: f.Get("agreed") == "1"}, s.clientIP(c), c.Get(fiber.HeaderUserAgent))
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.completePage(c, templates.CompletePage{Link: f.Get("link"), Name: f.Get("name"), Agreed: f.Get("agreed") == "1", Mistake: wrong}, s.Accounts.SigningUp)
	}
	if err != nil {
		return err
	}
	return s.enter(c, session, "/account")
}

// showRecover is GET /recover.
func (s *Server) showRecover(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.recoverPage(c, templates.RecoverPage{})
}

func (s *Server) recoverPage(c *fiber.Ctx, p templates.RecoverPage) error {
	p.Frame = s.quietFrame(c, text.T(c.UserContext(), "找回密码"))
	p.CSRF, p.Rules = s.formToken(c), s.houseRules("account_recovery")
	p.Identifier = repeated(p.Identifier)
	return s.page(c, templates.Recover(p))
}

// recover is POST /recover: the same answer whether there is such an account.
func (s *Server) recoverAccount(c *fiber.Ctx) error {
	f, err := form(c, "identifier")
	if err != nil {
		return err
	}
	p := templates.RecoverPage{Identifier: f.Get("identifier")}
	err = s.Accounts.Recover(c.UserContext(), p.Identifier, s.clientIP(c))
	if wrong, ok := s.mistake(c, err); ok {
		p.Mistake = wrong
		return s.recoverPage(c, p)
	}
	if err != nil {
		return err
	}
	p.Sent = true
	return s.recoverPage(c, p)
}

// showSetPassword is GET /recover/set?link=.
func (s *Server) showSetPassword(c *fiber.Ctx) error {
	q, err := query(c, "link")
	if err != nil {
		return err
	}
	return s.completePage(c, templates.CompletePage{Recovery: true, Link: q.Get("link")}, s.Accounts.Recovering)
}

// setPassword is POST /recover/set. It signs nobody in: whoever has a second
// factor is still asked for it.
func (s *Server) setPassword(c *fiber.Ctx) error {
	f, err := form(c, "link", "password", "again")
	if err != nil {
		return err
	}
	if err = sameTwice(f.Get("password"), f.Get("again")); err == nil {
		err = s.Accounts.CompleteRecovery(c.UserContext(), f.Get("link"), f.Get("password"))
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.completePage(c, templates.CompletePage{Recovery: true, Link: f.Get("link"), Mistake: wrong}, s.Accounts.Recovering)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/sign-in?done=password")
}

// enter gives the browser the session just opened, and ends the one it brought.
func (s *Server) enter(c *fiber.Ctx, session account.Session, back string) error {
	if err := s.Accounts.Forget(c.UserContext(), s.sessionCookie(c)); err != nil {
		return err
	}
	c.Cookie(s.cookie(s.preSessionName(), "", -1))
	c.Cookie(s.cookie(s.cookieName(), session.Token, 0))
	who, err := s.Accounts.Actor(c.UserContext(), session.Token)
	if err != nil {
		return err
	}
	return seeOther(c, afterSignIn(who, back))
}

// houseRules are rules of the platform, for a page to show beside what they
// decide.
func (s *Server) houseRules(paths ...string) []policy.Rule {
	var out []policy.Rule
	for _, path := range paths {
		if r, ok := s.Policy.House().Rule(path); ok {
			out = append(out, r)
		}
	}
	return out
}
