package portal

import (
	"cmp"
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// accountsPerPage is how many accounts are listed at once.
const accountsPerPage = 50

// showAccounts is GET /desk/admin/accounts: the accounts, by name.
func (s *Server) showAccounts(c *fiber.Ctx) error {
	if _, err := query(c, "q", "role", "state", "page"); err != nil {
		return err
	}
	return s.accountsPage(c, func(*templates.AccountsPage) {})
}

// accountsPage shows the list that the address asks for, with what show adds.
func (s *Server) accountsPage(c *fiber.Ctx, show func(*templates.AccountsPage)) error {
	q, err := query(c, "q", "role", "state", "page")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.AccountsPage{Frame: s.quietFrame(c, text.T(ctx, "账号")), Text: q.Get("q"), Role: account.Role(q.Get("role")), State: q.Get("state")}
	if p.Page, err = pageNumber(q, 10000); err != nil {
		return err
	}
	if _, known := account.PartOf(p.Role); !known && p.Role != "" {
		return malformed("role", "没有这个角色。")
	}
	if !templates.KnownAccountState(p.State) {
		return malformed("state", "没有这种状态。")
	}
	f := account.UserFilter{Text: p.Text, Role: p.Role, Offset: (p.Page - 1) * accountsPerPage, Limit: accountsPerPage}
	if p.State != "" {
		disabled := p.State == "disabled"
		f.Disabled = &disabled
	}
	if p.Items, p.Total, err = s.Accounts.Accounts(ctx, actor(c), f); err != nil {
		return err
	}
	p.Pages = (p.Total + accountsPerPage - 1) / accountsPerPage
	if p.Departments, err = s.bodies(ctx); err != nil {
		return err
	}
	p.New.Side = account.Manage
	show(&p)
	return s.page(c, templates.AdminAccounts(p))
}

// bodies are all departments.
func (s *Server) bodies(ctx context.Context) ([]datasets.Department, error) {
	all, err := s.Datasets.Departments(ctx, account.Actor{})
	out := make([]datasets.Department, len(all))
	for i := range all {
		out[i] = all[i].Item
	}
	return out, err
}

// createAccount is POST /desk/admin/accounts: an account without roles. The page
// that answers is the only one that ever shows its password.
func (s *Server) createAccount(c *fiber.Ctx) error {
	f, err := form(c, "identifier", "name", "side")
	if err != nil {
		return err
	}
	asked := templates.NewAccountForm{Identifier: f.Get("identifier"), Name: f.Get("name"), Side: account.Side(f.Get("side"))}
	secret := account.NewPassword()
	if asked.Side == "" {
		err = fault.At("side", "没有这一边。")
	} else {
		_, err = s.Accounts.CreateUser(c.UserContext(), actor(c), account.NewUser{Identifier: asked.Identifier, Name: asked.Name, Side: asked.Side, Password: secret})
	}
	wrong, mended := s.mistake(c, err)
	if err != nil && (!mended || fault.KindOf(err) == fault.Forbidden) {
		return err
	}
	return s.accountsPage(c, func(p *templates.AccountsPage) {
		if err != nil {
			p.New, p.Mistake = asked, wrong
			return
		}
		p.Made, p.Secret = asked.Identifier, secret
	})
}

// adminAccountDone is what has been done to an account, in words.
func adminAccountDone(ctx context.Context, what string) string {
	switch what {
	case "disabled":
		return text.T(ctx, "账号已停用，它的登录和密钥都已结束。")
	case "enabled":
		return text.T(ctx, "账号已重新启用。")
	case "factors-asked":
		return text.T(ctx, "已申请。请安全管理员在期限内取消。")
	case "factors":
		return text.T(ctx, "两步验证已取消，他的登录都已结束，本人已收到通知。")
	case "identity":
		return text.T(ctx, "编号已登记，本人已收到通知。")
	case "roles":
		return text.T(ctx, "角色已改好，原因已记入审计记录。")
	}
	return ""
}

// showAdminAccount is GET /desk/admin/accounts/{id}.
func (s *Server) showAdminAccount(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.adminAccountPage(c, func(p *templates.AccountPageOfAdmin) { p.Done = adminAccountDone(c.UserContext(), q.Get("done")) })
}

func (s *Server) adminAccountPage(c *fiber.Ctx, show func(*templates.AccountPageOfAdmin)) error {
	ctx := c.UserContext()
	id, err := accountID(c)
	if err != nil {
		return err
	}
	p := templates.AccountPageOfAdmin{Frame: s.quietFrame(c, text.T(ctx, "账号"))}
	if p.User, err = s.Accounts.AccountOf(ctx, actor(c), id); err != nil {
		return err
	}
	all, err := s.bodies(ctx)
	if err != nil {
		return err
	}
	for _, d := range all {
		if cmp.Or(d.Side, account.Manage) == p.User.Side {
			p.Departments = append(p.Departments, d)
		}
		if d.ID == p.User.Department {
			p.Department = d.Slug
		}
	}
	p.Roles, p.Provider = p.User.Roles, s.providerName()
	if p.Lost, err = s.Accounts.LostFactorsOf(ctx, actor(c), id); err != nil {
		return err
	}
	p.Rules = s.houseRules("account_lost_factors")
	if p.Identities, err = s.Accounts.IdentitiesOf(ctx, actor(c), id); err != nil {
		return err
	}
	show(&p)
	return s.page(c, templates.AdminAccount(p))
}

// accountID is the account in the address.
func accountID(c *fiber.Ctx) (int64, error) {
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, fault.New(fault.NotFound, "没有这个账号。")
	}
	return id, nil
}

// disableAccount is POST /desk/admin/accounts/{id}/disable.
func (s *Server) disableAccount(c *fiber.Ctx) error {
	return s.shutAccount(c, s.Accounts.Disable, "disabled")
}

// enableAccount is POST /desk/admin/accounts/{id}/enable.
func (s *Server) enableAccount(c *fiber.Ctx) error {
	return s.shutAccount(c, s.Accounts.Enable, "enabled")
}

func (s *Server) shutAccount(c *fiber.Ctx, do func(context.Context, account.Actor, int64) error, done string) error {
	if _, err := form(c); err != nil {
		return err
	}
	id, err := accountID(c)
	if err != nil {
		return err
	}
	err = do(c.UserContext(), actor(c), id)
	if fault.KindOf(err) == fault.Conflict {
		wrong, _ := s.mistake(c, err)
		return s.adminAccountPage(c, func(p *templates.AccountPageOfAdmin) { p.Mistake = wrong })
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/admin/accounts/"+c.Params("id")+"?done="+done)
}

// askToResetFactors is POST /desk/admin/accounts/{id}/factors/ask.
func (s *Server) askToResetFactors(c *fiber.Ctx) error {
	return s.shutAccount(c, s.Accounts.AskToResetFactors, "factors-asked")
}

// resetFactors is POST /desk/admin/accounts/{id}/factors.
func (s *Server) resetFactors(c *fiber.Ctx) error {
	return s.shutAccount(c, s.Accounts.ResetFactors, "factors")
}

// resetPassword is POST /desk/admin/accounts/{id}/password: the page that answers
// is the only one that ever shows the new one.
func (s *Server) resetPassword(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	id, err := accountID(c)
	if err != nil {
		return err
	}
	secret, err := s.Accounts.ResetPassword(c.UserContext(), actor(c), id)
	if err != nil {
		return err
	}
	return s.adminAccountPage(c, func(p *templates.AccountPageOfAdmin) { p.Secret = secret })
}

// setRoles is POST /desk/admin/accounts/{id}/roles.
func (s *Server) setRoles(c *fiber.Ctx) error {
	f, err := form(c, "role*", "department", "reason")
	if err != nil {
		return err
	}
	id, err := accountID(c)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	var roles []account.Role
	for _, r := range f["role"] {
		roles = append(roles, account.Role(r))
	}
	all, err := s.bodies(ctx)
	if err != nil {
		return err
	}
	var department int64
	for _, d := range all {
		if d.Slug == f.Get("department") {
			department = d.ID
		}
	}
	if department == 0 && f.Get("department") != "" {
		err = fault.At("department", "没有这个部门。")
	} else {
		err = s.Accounts.SetRoles(ctx, actor(c), id, roles, department, f.Get("reason"))
	}
	if fault.KindOf(err) == fault.Invalid || fault.KindOf(err) == fault.Conflict {
		wrong, _ := s.mistake(c, err)
		return s.adminAccountPage(c, func(p *templates.AccountPageOfAdmin) {
			p.Mistake, p.Roles, p.Department, p.Reason = wrong, roles, f.Get("department"), f.Get("reason")
		})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/admin/accounts/"+c.Params("id")+"?done=roles")
}
