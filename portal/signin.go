package portal

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/portal/problem"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showSignIn is GET /sign-in?back=: the form, or on to where the reader wanted
// to go if that is known already. ?done= says what has just been done.
func (s *Server) showSignIn(c *fiber.Ctx) error {
	q, err := query(c, "back", "done")
	if err != nil {
		return err
	}
	if !actor(c).IsVisitor() {
		return seeOther(c, afterSignIn(actor(c), q.Get("back")))
	}
	p := templates.SignInPage{Back: q.Get("back"), Done: done(c.UserContext(), q.Get("done"))}
	if q.Get("done") == "left" && s.Identity != nil {
		p.Leave = s.Identity.Leave(c.UserContext())
	}
	return s.askToSignIn(c, p)
}

// signIn is POST /sign-in: opens a session, always a new one, and ends the one
// that the browser may have brought.
func (s *Server) signIn(c *fiber.Ctx) error {
	f, err := form(c, "identifier", "password", "back")
	if err != nil {
		return err
	}
	session, err := s.Accounts.SignIn(c.UserContext(), f.Get("identifier"), f.Get("password"), s.clientIP(c), c.Get(fiber.HeaderUserAgent))
	if wrong, ok := s.mistake(c, err); ok {
		return s.askToSignIn(c, templates.SignInPage{Identifier: repeated(f.Get("identifier")), Back: f.Get("back"), Mistake: wrong})
	}
	if err != nil {
		return err
	}
	if session.Step != "" {
		c.Cookie(s.cookie(s.stepName(), session.Step, 0))
		return seeOther(c, "/sign-in/step?"+url.Values{"back": {f.Get("back")}}.Encode())
	}
	return s.enter(c, session, f.Get("back"))
}

// signOut is POST /sign-out. Doing it twice is no error.
func (s *Server) signOut(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	return s.leave(c)
}

func (s *Server) leave(c *fiber.Ctx) error {
	if err := s.Accounts.SignOut(c.UserContext(), actor(c)); err != nil {
		return err
	}
	c.Cookie(s.cookie(s.cookieName(), "", -1))
	if actor(c).Provider && s.Identity != nil {
		return seeOther(c, "/sign-in?done=left")
	}
	return seeOther(c, "/")
}

func (s *Server) askToSignIn(c *fiber.Ctx, p templates.SignInPage) error {
	p.Frame = s.quietFrame(c, text.T(c.UserContext(), "登录"))
	if p.Back != "" {
		p.Back = safeBack(p.Back)
	}
	p.CSRF, p.Provider = s.formToken(c), s.providerName()
	var err error
	if p.Passkey, err = s.asked(c, s.Accounts.AskPasskey); err != nil {
		return err
	}
	return s.page(c, templates.SignIn(p))
}

// afterSignIn is where who goes who wanted to go nowhere in particular: to what
// waits for them, if anything can, else to their account.
func afterSignIn(who account.Actor, back string) string {
	if back == "" && who.Any(account.Deskers...) {
		return "/desk/inbox"
	}
	if back == "" {
		return "/account"
	}
	return safeBack(back)
}

// mistake says, if err is one that the person can mend, what the form is to
// show beside what was typed; it sets the status of the answer. A wrong
// password is a wrong field and no 401: that would ask for a key.
func (s *Server) mistake(c *fiber.Ctx, err error) (templates.Mistake, bool) {
	f := fault.Of(err)
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Unauthenticated:
		c.Status(fiber.StatusUnprocessableEntity)
	case fault.TooMany, fault.Unavailable:
		c.Status(problem.Status(f.Kind)).Set(fiber.HeaderRetryAfter, retryAfter(f))
	case fault.Conflict, fault.Forbidden:
		c.Status(problem.Status(f.Kind))
	default:
		return templates.Mistake{}, false
	}
	return templates.Mistake{Field: f.Field, Sentence: Sentence(c.UserContext(), f)}, true
}
