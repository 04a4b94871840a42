package portal

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showAccount is GET /account: who one is, where one is signed in, one's keys.
// ?done= says what has just been done.
func (s *Server) showAccount(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.accountPage(c, func(p *templates.AccountPage) { p.Done = done(c.UserContext(), q.Get("done")) })
}

// done is what has been done, in words; nothing for what nothing here does.
func done(ctx context.Context, what string) string {
	switch what {
	case "session":
		return text.T(ctx, "那次登录已经结束。")
	case "others":
		return text.T(ctx, "其他登录都已结束。")
	case "key":
		return text.T(ctx, "密钥已经停用。")
	case "factor":
		return text.T(ctx, "已关闭。")
	case "leaving":
		return text.T(ctx, "账号已关闭，登录和密钥都已结束，到期删除。改了主意，到期以前登录一次即可撤回。")
	case "linked":
		return text.T(ctx, "已关联。下次可以直接用它登录。")
	case "unlinked":
		return text.T(ctx, "已取消关联。")
	case "confirmed":
		return text.T(ctx, "已确认是您本人。刚才要办的事，现在可以办了。")
	case "left":
		return text.T(ctx, "已退出登录。")
	case "name":
		return text.T(ctx, "名称已经改好。")
	case "address-asked":
		return text.T(ctx, "信已经发到新邮箱：打开里面的链接，确认以后生效。")
	case "address":
		return text.T(ctx, "登录用的邮箱已经改好，原来的邮箱也收到了通知。")
	case "password":
		return text.T(ctx, "密码已经改好，其他登录都已结束。")
	}
	return ""
}

// accountPage shows the page, with what show adds to it.
func (s *Server) accountPage(c *fiber.Ctx, show func(*templates.AccountPage)) error {
	ctx, who := c.UserContext(), actor(c)
	p := templates.AccountPage{Frame: s.quietFrame(c, text.T(ctx, "账户"))}
	var err error
	if p.User, err = s.Accounts.Own(ctx, who); err != nil {
		return err
	}
	if p.Department, err = s.departmentOf(ctx, p.User.Department); err != nil {
		return err
	}
	if p.Sessions, err = s.Accounts.Sessions(ctx, who); err != nil {
		return err
	}
	if p.Factors, err = s.Accounts.Factors(ctx, who); err != nil {
		return err
	}
	if p.Keys, err = s.Accounts.Keys(ctx, who); err != nil {
		return err
	}
	invited, err := s.Accounts.Invitations(ctx, who)
	if err != nil {
		return err
	}
	p.Invited = len(invited)
	p.Identity.Provider, p.LeavingRules = s.providerName(), s.houseRules("account_deletion")
	p.KeyWarning, p.KeyRules = s.Accounts.Rules().KeyWarning, s.houseRules("account_key_warning")
	if p.Identity.Links, err = s.Accounts.Identities(ctx, who); err != nil {
		return err
	}
	show(&p)
	return s.page(c, templates.Account(p))
}

func (s *Server) departmentOf(ctx context.Context, id int64) (*datasets.Department, error) {
	if id == 0 {
		return nil, nil
	}
	all, err := s.Datasets.Departments(ctx, account.Actor{})
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(all, func(d datasets.Counted[datasets.Department]) bool { return d.Item.ID == id }); i >= 0 {
		return &all[i].Item, nil
	}
	return nil, nil
}

// endSessions is POST /account/sessions/end: one session, or all others.
func (s *Server) endSessions(c *fiber.Ctx) error {
	f, err := form(c, "session", "others")
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	switch {
	case f.Get("others") == "1":
		if _, err := s.Accounts.EndOtherSessions(ctx, who); err != nil {
			return err
		}
		return seeOther(c, "/account?done=others")
	case f.Get("session") == who.Session:
		return s.leave(c)
	}
	if err := s.Accounts.EndSession(ctx, who, f.Get("session")); err != nil {
		return err
	}
	return seeOther(c, "/account?done=session")
}

// createKey is POST /account/keys. The page that answers is the only one that
// ever shows the key.
func (s *Server) createKey(c *fiber.Ctx) error {
	f, err := form(c, "name", "scope*", "days")
	if err != nil {
		return err
	}
	asked := templates.KeyForm{Name: f.Get("name"), Scopes: f["scope"]}
	if asked.Days, err = strconv.Atoi(f.Get("days")); err != nil || !slices.Contains(templates.KeyDays, asked.Days) {
		return malformed("days", "没有这个有效期。")
	}
	secret, _, err := s.Accounts.CreateKey(c.UserContext(), actor(c), asked.Name, slices.Clone(asked.Scopes), time.Duration(asked.Days)*24*time.Hour)
	if wrong, ok := s.mistake(c, err); ok {
		asked.Mistake = wrong
	} else if err != nil {
		return err
	}
	return s.accountPage(c, func(p *templates.AccountPage) { p.Key, p.Secret = asked, secret })
}

// revokeKey is POST /account/keys/revoke.
func (s *Server) revokeKey(c *fiber.Ctx) error {
	f, err := form(c, "key")
	if err != nil {
		return err
	}
	if err := s.Accounts.RevokeKey(c.UserContext(), actor(c), f.Get("key")); err != nil {
		return err
	}
	return seeOther(c, "/account?done=key")
}

// renameAccount is POST /account/name.
func (s *Server) renameAccount(c *fiber.Ctx) error {
	f, err := form(c, "name")
	if err != nil {
		return err
	}
	err = s.Accounts.Rename(c.UserContext(), actor(c), f.Get("name"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.accountPage(c, func(p *templates.AccountPage) { p.Name, p.NameWrong = f.Get("name"), wrong })
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/account?done=name")
}

// askForAddress is POST /account/address: a link goes to the new address.
func (s *Server) askForAddress(c *fiber.Ctx) error {
	f, err := form(c, "identifier")
	if err != nil {
		return err
	}
	err = s.Accounts.ChangeAddress(c.UserContext(), actor(c), f.Get("identifier"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.accountPage(c, func(p *templates.AccountPage) { p.Address, p.AddressWrong = repeated(f.Get("identifier")), wrong })
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/account?done=address-asked")
}

// showNewAddress is GET /account/address?link=: what the letter leads to. Looking
// changes nothing: programs that read mail follow links, too.
func (s *Server) showNewAddress(c *fiber.Ctx) error {
	q, err := query(c, "link")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.NewAddressPage{Frame: s.quietFrame(c, text.T(ctx, "改登录用的邮箱")), Link: q.Get("link")}
	if p.Identifier, err = s.Accounts.NewAddress(ctx, actor(c), p.Link); err != nil {
		return err
	}
	p.Frame.Path = "/account"
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	return s.page(c, templates.NewAddress(p))
}

// changeAddress is POST /account/address/confirm.
func (s *Server) changeAddress(c *fiber.Ctx) error {
	f, err := form(c, "link")
	if err != nil {
		return err
	}
	if err := s.Accounts.CompleteAddress(c.UserContext(), actor(c), f.Get("link")); err != nil {
		return err
	}
	return seeOther(c, "/account?done=address")
}

// changePassword is POST /account/password.
func (s *Server) changePassword(c *fiber.Ctx) error {
	f, err := form(c, "old", "password", "again")
	if err != nil {
		return err
	}
	switch {
	case f.Get("old") == "":
		err = fault.At("old", "请填写原密码。")
	case f.Get("password") != f.Get("again"):
		err = fault.At("again", "两次写的新密码不一样。")
	default:
		err = s.Accounts.ChangePassword(c.UserContext(), actor(c), f.Get("old"), f.Get("password"))
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.accountPage(c, func(p *templates.AccountPage) { p.Password = wrong })
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/account?done=password")
}
