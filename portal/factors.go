package portal

import (
	"bytes"
	"image/png"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// stepName is the cookie of a sign-in that owes its second step.
func (s *Server) stepName() string { return s.cookieName() + "-step" }

// showStep is GET /sign-in/step?back=: the second step of a sign-in.
func (s *Server) showStep(c *fiber.Ctx) error {
	q, err := query(c, "back")
	if err != nil {
		return err
	}
	if c.Cookies(s.stepName()) == "" {
		return seeOther(c, "/sign-in")
	}
	return s.stepPage(c, templates.StepPage{Back: q.Get("back")})
}

func (s *Server) stepPage(c *fiber.Ctx, p templates.StepPage) error {
	p.Frame = s.quietFrame(c, text.T(c.UserContext(), "还差一步"))
	if p.Back != "" {
		p.Back = safeBack(p.Back)
	}
	p.CSRF = s.formToken(c)
	return s.page(c, templates.Step(p))
}

// finishSignIn is POST /sign-in/step.
func (s *Server) finishSignIn(c *fiber.Ctx) error {
	f, err := form(c, "code", "back")
	if err != nil {
		return err
	}
	session, err := s.Accounts.FinishSignIn(c.UserContext(), c.Cookies(s.stepName()), f.Get("code"))
	if fault.KindOf(err) == fault.Unauthenticated { // from the beginning
		wrong, _ := s.mistake(c, err)
		c.Cookie(s.cookie(s.stepName(), "", -1))
		return s.askToSignIn(c, templates.SignInPage{Back: f.Get("back"), Mistake: wrong})
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.stepPage(c, templates.StepPage{Back: f.Get("back"), Mistake: wrong})
	}
	if err != nil {
		return err
	}
	c.Cookie(s.cookie(s.stepName(), "", -1))
	return s.enter(c, session, f.Get("back"))
}

// signInByPasskey is POST /sign-in/passkey.
func (s *Server) signInByPasskey(c *fiber.Ctx) error {
	f, err := form(c, "sealed", "passkey", "back")
	if err != nil {
		return err
	}
	party, err := account.PartyOf(s.Config.BaseURL, string(c.Request().Host()))
	var session account.Session
	if err == nil {
		session, err = s.Accounts.SignInByPasskey(c.UserContext(), party, f.Get("sealed"), f.Get("passkey"), s.clientIP(c), c.Get(fiber.HeaderUserAgent))
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.askToSignIn(c, templates.SignInPage{Back: f.Get("back"), Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return s.enter(c, session, f.Get("back"))
}

// asked is the challenge that make makes for the portal as it was asked for, or
// why there is none.
func (s *Server) asked(c *fiber.Ctx, make func(account.Party) (account.Ceremony, error)) (templates.PasskeyAsk, error) {
	party, err := account.PartyOf(s.Config.BaseURL, string(c.Request().Host()))
	if fault.KindOf(err) == fault.Invalid {
		return templates.PasskeyAsk{Why: Sentence(c.UserContext(), fault.Of(err))}, nil
	}
	if err != nil {
		return templates.PasskeyAsk{}, err
	}
	ceremony, err := make(party)
	return templates.PasskeyAsk{Ceremony: ceremony}, err
}

// showFactors is GET /account/factors.
func (s *Server) showFactors(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.factorsPage(c, templates.FactorsPage{Done: done(c.UserContext(), q.Get("done"))})
}

func (s *Server) factorsPage(c *fiber.Ctx, p templates.FactorsPage) error {
	ctx, who := c.UserContext(), actor(c)
	p.Frame, p.Rules = s.quietFrame(c, text.T(ctx, "两步验证")), s.houseRules("account_second_factor", "account_authenticator")
	var err error
	if p.Factors, err = s.Accounts.Factors(ctx, who); err != nil {
		return err
	}
	p.Add, err = s.asked(c, func(party account.Party) (account.Ceremony, error) {
		return s.Accounts.BeginPasskey(ctx, who, party)
	})
	if err != nil {
		return err
	}
	return s.page(c, templates.Factors(p))
}

// factorsMistake shows the page again with what was wrong.
func (s *Server) factorsMistake(c *fiber.Ctx, err error, p templates.FactorsPage) error {
	wrong, ok := s.mistake(c, err)
	if !ok {
		return err
	}
	p.Mistake = wrong
	return s.factorsPage(c, p)
}

// beginTOTP is POST /account/factors/totp: shows the code to scan.
func (s *Server) beginTOTP(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	key, err := s.Accounts.BeginTOTP(c.UserContext(), actor(c))
	if err != nil {
		return s.factorsMistake(c, err, templates.FactorsPage{})
	}
	return s.factorsPage(c, templates.FactorsPage{Secret: key.Secret()})
}

// showQR is GET /account/factors/qr.png: the secret that waits for its first
// code, as a picture.
func (s *Server) showQR(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	key, err := s.Accounts.PendingTOTP(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	picture, err := key.Image(240, 240)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/png")
	return c.Send(b.Bytes())
}

// confirmTOTP is POST /account/factors/totp/confirm.
func (s *Server) confirmTOTP(c *fiber.Ctx) error {
	f, err := form(c, "code")
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	codes, err := s.Accounts.ConfirmTOTP(ctx, who, f.Get("code"))
	if err != nil {
		p := templates.FactorsPage{}
		if key, pending := s.Accounts.PendingTOTP(ctx, who); pending == nil {
			p.Secret = key.Secret()
		}
		return s.factorsMistake(c, err, p)
	}
	return s.factorsPage(c, templates.FactorsPage{Codes: codes, Done: text.T(ctx, "验证器已开启。下次登录要用它。")})
}

// removeTOTP is POST /account/factors/totp/remove.
func (s *Server) removeTOTP(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	if err := s.Accounts.RemoveTOTP(c.UserContext(), actor(c)); err != nil {
		return s.factorsMistake(c, err, templates.FactorsPage{})
	}
	return seeOther(c, "/account/factors?done=factor")
}

// newCodes is POST /account/factors/codes.
func (s *Server) newCodes(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	codes, err := s.Accounts.NewCodes(c.UserContext(), actor(c))
	if err != nil {
		return s.factorsMistake(c, err, templates.FactorsPage{})
	}
	return s.factorsPage(c, templates.FactorsPage{Codes: codes})
}

// addPasskey is POST /account/factors/passkeys.
func (s *Server) addPasskey(c *fiber.Ctx) error {
	f, err := form(c, "name", "sealed", "passkey")
	if err != nil {
		return err
	}
	var codes []string
	party, err := account.PartyOf(s.Config.BaseURL, string(c.Request().Host()))
	if err == nil {
		codes, err = s.Accounts.AddPasskey(c.UserContext(), actor(c), party, f.Get("name"), f.Get("sealed"), f.Get("passkey"))
	}
	if err != nil {
		return s.factorsMistake(c, err, templates.FactorsPage{Name: repeated(f.Get("name"))})
	}
	return s.factorsPage(c, templates.FactorsPage{Codes: codes, Done: text.T(c.UserContext(), "通行密钥已添加。")})
}

// removePasskey is POST /account/factors/passkeys/remove.
func (s *Server) removePasskey(c *fiber.Ctx) error {
	f, err := form(c, "id")
	if err != nil {
		return err
	}
	if err := s.Accounts.RemovePasskey(c.UserContext(), actor(c), f.Get("id")); err != nil {
		return s.factorsMistake(c, err, templates.FactorsPage{})
	}
	return seeOther(c, "/account/factors?done=factor")
}

// The fields by which a form shows anew who sends it.
const confirmPrefix = "confirm-"

// neverCarried are fields that no page writes back: they are typed again.
var neverCarried = []string{"csrf", "old", "password", "again"}

// confirmFirst stands before an act of weight (Route.Fresh). It lets the act
// through where its sender showed of late who they are, or does so with this
// form; else it asks, and the page carries the act along. asked is true where
// it has answered.
func (s *Server) confirmFirst(c *fiber.Ctx) (asked bool, err error) {
	ctx, who := c.UserContext(), actor(c)
	f, err := url.ParseQuery(string(c.Request().Body()))
	if err != nil {
		return false, malformed("", "请求的格式不对。")
	}
	given := url.Values{}
	for name := range f {
		if strings.HasPrefix(name, confirmPrefix) {
			given[name] = f[name]
			f.Del(name)
		}
	}
	if len(given) > 0 {
		c.Request().SetBodyString(f.Encode())
	}
	if s.Accounts.Fresh(who) {
		return false, nil
	}
	p := templates.ConfirmPage{Action: c.Path(), Rules: s.houseRules("account_step_up"), Provider: s.providerName(), Minutes: int(s.Accounts.Rules().StepUp.Minutes())}
	if len(given) > 0 {
		err := s.confirmed(c, given)
		if err == nil {
			a, err := s.Accounts.Actor(ctx, token(c)) // as it is from now on
			c.Locals(keyActor, a)
			return false, err
		}
		wrong, ok := s.mistake(c, err)
		if !ok {
			return false, err
		}
		p.Mistake = wrong
	} else {
		c.Status(fiber.StatusForbidden)
	}
	p.Frame = s.quietFrame(c, text.T(ctx, "请确认是您本人"))
	p.Frame.Path = "/account"
	for name, values := range f {
		for _, v := range values {
			if !slices.Contains(neverCarried, name) {
				p.Carried = append(p.Carried, [2]string{name, v})
			}
		}
	}
	if p.Factors, err = s.Accounts.Factors(ctx, who); err != nil {
		return false, err
	}
	p.Ask, err = s.asked(c, func(party account.Party) (account.Ceremony, error) { return s.Accounts.AskConfirm(who, party) })
	if err != nil {
		return false, err
	}
	return true, s.page(c, templates.Confirm(p))
}

func (s *Server) confirmed(c *fiber.Ctx, given url.Values) error {
	ctx, who := c.UserContext(), actor(c)
	if answer := given.Get("confirm-passkey"); answer != "" {
		party, err := account.PartyOf(s.Config.BaseURL, string(c.Request().Host()))
		if err != nil {
			return err
		}
		return s.Accounts.ConfirmByPasskey(ctx, who, party, given.Get("confirm-sealed"), answer)
	}
	return s.Accounts.Confirm(ctx, who, given.Get("confirm-password"), given.Get("confirm-code"))
}
