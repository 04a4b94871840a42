package portal

import (
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/identity"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// IdentityCallback is where the provider of identity sends browsers back to.
const IdentityCallback = "/sign-in/identity/callback"

// What a visit to the provider of identity is for.
const (
	toEnter   = "enter"
	toLink    = "link"
	toConfirm = "confirm"
)

// errand is a visit to the provider, kept locked in a cookie of the browser that
// began it.
type errand struct {
	identity.Attempt
	For  string
	Back string
	User int64 // who is signed in; 0 to enter
}

// newcomer is somebody whom the provider knows and nobody here does.
type newcomer struct {
	account.Known
	At time.Time
}

// errandTime is how long somebody may be away at the provider, or may take to
// say that they agree.
const errandTime = 15 * time.Minute

func (s *Server) errandName() string   { return s.cookieName() + "-identity" }
func (s *Server) newcomerName() string { return s.cookieName() + "-newcomer" }

// provider is the provider of identity, if there is one.
func (s *Server) provider() (*identity.Provider, error) {
	if s.Identity == nil {
		return nil, fault.New(fault.NotFound, "这里没有接统一身份认证。")
	}
	return s.Identity, nil
}

// providerName is what the provider is called; empty where there is none.
func (s *Server) providerName() string {
	if s.Identity == nil {
		return ""
	}
	return s.Identity.Name()
}

// leaveFor begins a visit to the provider and returns where to go.
func (s *Server) leaveFor(c *fiber.Ctx, e errand) (string, error) {
	p, err := s.provider()
	if err != nil {
		return "", err
	}
	var address string
	if e.Attempt, address, err = p.Begin(c.UserContext(), e.For == toConfirm); err != nil {
		return "", err
	}
	sealed, err := s.Accounts.Seal("errand", e)
	if err != nil {
		return "", err
	}
	c.Cookie(s.cookie(s.errandName(), sealed, 0))
	return address, nil
}

// enterByIdentity is GET /sign-in/identity?back=: off to the provider. A link and
// no form: browsers let no form of ours end on another site.
func (s *Server) enterByIdentity(c *fiber.Ctx) error {
	q, err := query(c, "back")
	if err != nil {
		return err
	}
	if !actor(c).IsVisitor() {
		return seeOther(c, afterSignIn(actor(c), q.Get("back")))
	}
	if err := s.Accounts.AdmitStranger(c.UserContext(), s.clientIP(c)); err != nil {
		return s.notEntered(c, err, q.Get("back"))
	}
	address, err := s.leaveFor(c, errand{For: toEnter, Back: q.Get("back")})
	if err != nil {
		return s.notEntered(c, err, q.Get("back"))
	}
	return seeOther(c, address)
}

// notEntered is the sign-in page with why it did not work.
func (s *Server) notEntered(c *fiber.Ctx, err error, back string) error {
	if fault.KindOf(err) == fault.NotFound {
		return err
	}
	wrong, ok := s.mistake(c, err)
	if !ok {
		return err
	}
	return s.askToSignIn(c, templates.SignInPage{Back: back, Mistake: wrong})
}

// finishIdentity is GET /sign-in/identity/callback: back from the provider. What
// providers add to the address beyond what is known is not looked at.
func (s *Server) finishIdentity(c *fiber.Ctx) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	q, err := url.ParseQuery(string(c.Request().URI().QueryString()))
	if err != nil {
		return malformed("", "地址的写法不对。")
	}
	ctx := c.UserContext()
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	var e errand
	kept := s.Accounts.Unseal("errand", c.Cookies(s.errandName()), &e)
	c.Cookie(s.cookie(s.errandName(), "", -1))
	if !kept || s.Now().Sub(e.Begun) > errandTime {
		e = errand{For: toEnter}
	}
	if e.For == toEnter {
		if err := s.Accounts.AdmitStranger(ctx, s.clientIP(c)); err != nil {
			return s.cameBack(c, e, err)
		}
	}
	person, err := p.Finish(ctx, e.Attempt, identity.Answer{Code: q.Get("code"), State: q.Get("state"), Issuer: q.Get("iss"), Error: q.Get("error")})
	if err == nil {
		err = s.Accounts.Once(ctx, e.State, errandTime)
	}
	if err != nil {
		return s.cameBack(c, e, err)
	}
	known := account.Known(person)
	who := actor(c)
	switch {
	case e.For == toEnter:
		return s.enterKnown(c, e, known)
	case who.IsVisitor() || who.ID != e.User: // another has signed in meanwhile
		return s.cameBack(c, e, fault.New(fault.Unauthenticated, "请先登录。"))
	case e.For == toConfirm:
		if err := s.Accounts.ConfirmByIdentity(ctx, who, known); err != nil {
			return s.cameBack(c, e, err)
		}
		return seeOther(c, "/account?done=confirmed")
	}
	if err := s.Accounts.LinkIdentity(ctx, who, known); err != nil {
		return s.cameBack(c, e, err)
	}
	return seeOther(c, "/account?done=linked")
}

// cameBack shows why a visit to the provider came to nothing, on the page that it
// began on.
func (s *Server) cameBack(c *fiber.Ctx, e errand, err error) error {
	if e.For == toEnter {
		return s.notEntered(c, err, e.Back)
	}
	wrong, ok := s.mistake(c, err)
	if !ok || actor(c).IsVisitor() {
		return err
	}
	return s.accountPage(c, func(p *templates.AccountPage) { p.Identity.Mistake = wrong })
}

// enterKnown signs in whom the provider knows, or asks to make an account where
// this installation lets everybody whom the provider knows have one.
func (s *Server) enterKnown(c *fiber.Ctx, e errand, known account.Known) error {
	session, err := s.Accounts.SignInByIdentity(c.UserContext(), known, s.clientIP(c), c.Get(fiber.HeaderUserAgent))
	if fault.KindOf(err) == fault.NotFound {
		if !s.Identity.Creates() {
			stranger := fault.Of(err)
			return s.notEntered(c, fault.New(fault.Forbidden, stranger.Sentence), e.Back)
		}
		sealed, err := s.Accounts.Seal("newcomer", newcomer{known, s.Now()})
		if err != nil {
			return err
		}
		c.Cookie(s.cookie(s.newcomerName(), sealed, 0))
		return seeOther(c, "/sign-up/identity")
	}
	if err != nil {
		return s.cameBack(c, e, err)
	}
	if session.Step != "" {
		c.Cookie(s.cookie(s.stepName(), session.Step, 0))
		return seeOther(c, "/sign-in/step?"+url.Values{"back": {e.Back}}.Encode())
	}
	return s.enter(c, session, e.Back)
}

// newcomerOf is whom the provider sent and nobody here knows yet.
func (s *Server) newcomerOf(c *fiber.Ctx) (account.Known, error) {
	if _, err := s.provider(); err != nil {
		return account.Known{}, err
	}
	var n newcomer
	if !s.Identity.Creates() || !s.Accounts.Unseal("newcomer", c.Cookies(s.newcomerName()), &n) || s.Now().Sub(n.At) > errandTime {
		return account.Known{}, fault.New(fault.Gone, "这次登录已经过期，请从头再来。")
	}
	return n.Known, nil
}

// showSignUpByIdentity is GET /sign-up/identity: what is kept of a newcomer, and
// whether they agree.
func (s *Server) showSignUpByIdentity(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	known, err := s.newcomerOf(c)
	if err != nil {
		return err
	}
	return s.newcomerPage(c, templates.NewcomerPage{Name: repeated(known.Name)}, known)
}

func (s *Server) newcomerPage(c *fiber.Ctx, p templates.NewcomerPage, known account.Known) error {
	p.Frame = s.quietFrame(c, text.T(c.UserContext(), "完成注册"))
	p.Frame.Path = "/"
	p.CSRF, p.Provider, p.Email = s.formToken(c), s.providerName(), known.Email
	return s.page(c, templates.Newcomer(p))
}

// signUpByIdentity is POST /sign-up/identity.
func (s *Server) signUpByIdentity(c *fiber.Ctx) error {
	f, err := form(c, "name", "agreed")
	if err != nil {
		return err
	}
	known, err := s.newcomerOf(c)
	if err != nil {
		return err
	}
	session, err := s.Accounts.SignUpByIdentity(c.UserContext(), known, f.Get("name"), f.Get("agreed") == "1", s.clientIP(c), c.Get(fiber.HeaderUserAgent))
	if wrong, ok := s.mistake(c, err); ok {
		return s.newcomerPage(c, templates.NewcomerPage{Name: repeated(f.Get("name")), Agreed: f.Get("agreed") == "1", Mistake: wrong}, known)
	}
	if err != nil {
		return err
	}
	c.Cookie(s.cookie(s.newcomerName(), "", -1))
	return s.enter(c, session, "/account")
}

// linkIdentity is POST /account/identity/link: a page with the way to the
// provider, for the reason that enterByIdentity names.
func (s *Server) linkIdentity(c *fiber.Ctx) error { return s.visit(c, toLink) }

// confirmByIdentity is POST /account/identity/confirm: the provider asks once
// more who it is.
func (s *Server) confirmByIdentity(c *fiber.Ctx) error { return s.visit(c, toConfirm) }

func (s *Server) visit(c *fiber.Ctx, purpose string) error {
	if _, err := form(c); err != nil {
		return err
	}
	address, err := s.leaveFor(c, errand{For: purpose, User: actor(c).ID})
	if err != nil {
		return s.cameBack(c, errand{For: purpose}, err)
	}
	p := templates.VisitPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "去%s", s.providerName())), Provider: s.providerName(), Address: address, Link: purpose == toLink}
	p.Frame.Path = "/account"
	return s.page(c, templates.VisitProvider(p))
}

// unlinkIdentity is POST /account/identity/unlink.
func (s *Server) unlinkIdentity(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	err := s.Accounts.UnlinkIdentity(c.UserContext(), actor(c))
	if wrong, ok := s.mistake(c, err); ok {
		return s.accountPage(c, func(p *templates.AccountPage) { p.Identity.Mistake = wrong })
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/account?done=unlinked")
}

// prepareIdentity is POST /desk/admin/accounts/{id}/identity: the system
// administrator says whom the provider will send.
func (s *Server) prepareIdentity(c *fiber.Ctx) error {
	f, err := form(c, "subject")
	if err != nil {
		return err
	}
	id, err := accountID(c)
	if err != nil {
		return err
	}
	p, err := s.provider()
	if err != nil {
		return err
	}
	err = s.Accounts.PrepareIdentity(c.UserContext(), actor(c), id, account.Known{Issuer: p.Issuer(), Subject: f.Get("subject")})
	if fault.KindOf(err) == fault.Invalid || fault.KindOf(err) == fault.Conflict {
		wrong, _ := s.mistake(c, err)
		return s.adminAccountPage(c, func(p *templates.AccountPageOfAdmin) { p.Mistake, p.Subject = wrong, repeated(f.Get("subject")) })
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/admin/accounts/"+c.Params("id")+"?done=identity")
}
