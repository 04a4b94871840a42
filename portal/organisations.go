package portal

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showOrganisations is GET /organisations: those that one acts for.
func (s *Server) showOrganisations(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.organisationsPage(c, templates.OrgForm{})
}

func (s *Server) organisationsPage(c *fiber.Ctx, f templates.OrgForm) error {
	ctx, who := c.UserContext(), actor(c)
	all, err := s.Accounts.Organisations(ctx, who)
	if err != nil {
		return err
	}
	p := templates.OrganisationsPage{Frame: s.quietFrame(c, text.T(ctx, "我的机构")), All: all, Form: f}
	if p.Invited, err = s.Accounts.Invitations(ctx, who); err != nil {
		return err
	}
	p.May = who.Side == account.Use || who.Side == account.Operate || who.Side == account.Exchange || who.Side == account.Arbitrate
	return s.page(c, templates.Organisations(p))
}

func orgForm(c *fiber.Ctx) (account.NewOrganisation, error) {
	f, err := form(c, "kind", "name", "code", "head", "registrar", "address")
	return account.NewOrganisation{
		Kind: f.Get("kind"), Name: f.Get("name"), Code: f.Get("code"),
		Head: f.Get("head"), Registrar: f.Get("registrar"), Address: f.Get("address"),
	}, err
}

// makeOrganisation is POST /organisations.
func (s *Server) makeOrganisation(c *fiber.Ctx) error {
	n, err := orgForm(c)
	if err != nil {
		return err
	}
	id, err := s.Accounts.SaveOrganisation(c.UserContext(), actor(c), 0, n)
	if wrong, ok := s.mistake(c, err); ok {
		return s.organisationsPage(c, templates.OrgForm{NewOrganisation: n, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, orgPath(id)+"?done=saved")
}

func orgPath(id int64) string { return "/organisations/" + strconv.FormatInt(id, 10) }

func orgID(c *fiber.Ctx) (int64, error) {
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, fault.New(fault.NotFound, "没有这个机构，或者现在不能这样做。")
	}
	return id, nil
}

// showOrganisation is GET /organisations/{id}, and for staff GET
// /desk/organisations/{id}.
func (s *Server) showOrganisation(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.organisationPage(c, func(p *templates.OrganisationPage) {
		switch q.Get("done") {
		case "saved":
			p.Done = text.T(c.UserContext(), "已保存。")
		case "submitted":
			p.Done = text.T(c.UserContext(), "已提交，等数据主管部门认证。")
		case "suspended":
			p.Done = text.T(c.UserContext(), "机构已暂停，负责人会收到信。")
		case "reinstated":
			p.Done = text.T(c.UserContext(), "机构已恢复，负责人会收到信。")
		case "paper":
			p.Done = text.T(c.UserContext(), "证照已上传。")
		case "withdrawn":
			p.Done = text.T(c.UserContext(), "邀请已撤回，信里的链接不再有效。")
		case "invited":
			p.Done = text.T(c.UserContext(), "邀请信已发出。")
		}
	})
}

func (s *Server) organisationPage(c *fiber.Ctx, show func(*templates.OrganisationPage)) error {
	ctx, who := c.UserContext(), actor(c)
	id, err := orgID(c)
	if err != nil {
		return err
	}
	var p templates.OrganisationPage
	if p.Org, err = s.Accounts.Organisation(ctx, who, id); err != nil {
		return err
	}
	if p.Org.Role != "" {
		if p.Members, p.Invited, err = s.Accounts.Members(ctx, who, id); err != nil {
			return err
		}
	}
	if p.Papers, err = s.Accounts.PapersOf(ctx, who, id); err != nil {
		return err
	}
	p.Frame, p.Rules = s.quietFrame(c, p.Org.Name), s.houseRules("organisation_verification", "organisation_invitation", "organisation_paper")
	p.Form.NewOrganisation = account.NewOrganisation{
		Kind: p.Org.Kind, Name: p.Org.Name, Code: p.Org.Code,
		Head: p.Org.Head, Registrar: p.Org.Registrar, Address: p.Org.Address,
	}
	p.Decide = who.Is(account.Authority) && p.Org.Status == account.OrgSubmitted
	p.Suspend = who.Is(account.Authority) && p.Org.Status == account.OrgVerified
	p.PaperMiB = s.Accounts.Rules().Paper
	show(&p)
	return s.page(c, templates.Organisation(p))
}

// saveOrganisation is POST /organisations/{id}.
func (s *Server) saveOrganisation(c *fiber.Ctx) error {
	n, err := orgForm(c)
	if err != nil {
		return err
	}
	id, err := orgID(c)
	if err != nil {
		return err
	}
	_, err = s.Accounts.SaveOrganisation(c.UserContext(), actor(c), id, n)
	if wrong, ok := s.mistake(c, err); ok {
		return s.organisationPage(c, func(p *templates.OrganisationPage) { p.Form = templates.OrgForm{NewOrganisation: n, Mistake: wrong} })
	}
	if err != nil {
		return err
	}
	return seeOther(c, orgPath(id)+"?done=saved")
}

// orgAct does something with the organisation of the address and comes back to
// its page, with what was wrong or with what was done.
func (s *Server) orgAct(c *fiber.Ctx, done string, do func(id int64) error, keep func(*templates.OrganisationPage)) error {
	id, err := orgID(c)
	if err != nil {
		return err
	}
	err = do(id)
	if wrong, ok := s.mistake(c, err); ok {
		return s.organisationPage(c, func(p *templates.OrganisationPage) {
			p.Mistake = wrong
			keep(p)
		})
	}
	if err != nil {
		return err
	}
	return seeOther(c, orgPath(id)+"?done="+done)
}

// submitOrganisation is POST /organisations/{id}/submit.
func (s *Server) submitOrganisation(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	return s.orgAct(c, "submitted", func(id int64) error { return s.Accounts.SubmitOrganisation(c.UserContext(), actor(c), id) }, func(p *templates.OrganisationPage) { p.Form.Mistake = p.Mistake })
}

// inviteMember is POST /organisations/{id}/invite.
func (s *Server) inviteMember(c *fiber.Ctx) error {
	f, err := form(c, "identifier", "role")
	if err != nil {
		return err
	}
	return s.orgAct(c, "invited", func(id int64) error {
		return s.Accounts.Invite(c.UserContext(), actor(c), id, f.Get("identifier"), f.Get("role"))
	}, func(p *templates.OrganisationPage) { p.Address = repeated(f.Get("identifier")) })
}

// withdrawInvitation is POST /organisations/{id}/withdraw.
func (s *Server) withdrawInvitation(c *fiber.Ctx) error {
	f, err := form(c, "identifier")
	if err != nil {
		return err
	}
	return s.orgAct(c, "withdrawn", func(id int64) error {
		return s.Accounts.Withdraw(c.UserContext(), actor(c), id, f.Get("identifier"))
	}, func(*templates.OrganisationPage) {})
}

// setMember is POST /organisations/{id}/members.
func (s *Server) setMember(c *fiber.Ctx) error {
	f, err := form(c, "user", "role")
	if err != nil {
		return err
	}
	user, err := strconv.ParseInt(f.Get("user"), 10, 64)
	if err != nil {
		return malformed("user", "没有这个成员。")
	}
	ctx, who := c.UserContext(), actor(c)
	if user == who.ID && f.Get("role") == "" { // whoever leaves cannot come back to the page
		id, err := orgID(c)
		if err != nil {
			return err
		}
		err = s.Accounts.SetMember(ctx, who, id, user, "")
		if wrong, ok := s.mistake(c, err); ok {
			return s.organisationPage(c, func(p *templates.OrganisationPage) { p.Mistake = wrong })
		}
		if err != nil {
			return err
		}
		return seeOther(c, "/organisations")
	}
	return s.orgAct(c, "saved", func(id int64) error { return s.Accounts.SetMember(ctx, who, id, user, f.Get("role")) }, func(*templates.OrganisationPage) {})
}

// showInvitation is GET /invitations?link=: what the letter leads to.
func (s *Server) showInvitation(c *fiber.Ctx) error {
	q, err := query(c, "link")
	if err != nil {
		return err
	}
	o, err := s.Accounts.Invited(c.UserContext(), actor(c), q.Get("link"))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	p := templates.InvitationPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "加入机构")), Link: q.Get("link"), Org: o}
	p.Frame.Path = "/account"
	return s.page(c, templates.Invitation(p))
}

// join is POST /invitations: by the link of the letter, or to the organisation
// that invites the address of who is signed in.
func (s *Server) join(c *fiber.Ctx) error {
	f, err := form(c, "link", "organisation")
	if err != nil {
		return err
	}
	var id int64
	if raw := f.Get("organisation"); raw != "" {
		if id, err = positive(raw); err == nil {
			id, err = s.Accounts.Accept(c.UserContext(), actor(c), id)
		}
	} else {
		id, err = s.Accounts.Join(c.UserContext(), actor(c), f.Get("link"))
	}
	if err != nil {
		return err
	}
	return seeOther(c, orgPath(id))
}

// mostVerified is how many verified organisations the desk lists at once.
const mostVerified = 50

// showSubmitted is GET /desk/organisations: what waits for the data authority, and
// what it has verified.
func (s *Server) showSubmitted(c *fiber.Ctx) error {
	q, err := query(c, "done", "word")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	all, err := s.Accounts.Submitted(ctx, actor(c))
	if err != nil {
		return err
	}
	verified, err := s.Accounts.Verified(ctx, actor(c), q.Get("word"), mostVerified)
	if err != nil {
		return err
	}
	p := templates.SubmittedPage{Frame: s.quietFrame(c, text.T(ctx, "机构认证")), All: all, Rules: s.houseRules("organisation_verification"),
		Verified: verified, Word: q.Get("word"), Most: mostVerified}
	if q.Get("done") == "decided" {
		p.Done = text.T(ctx, "已办结，申请人在机构页上看得到。")
	}
	return s.page(c, templates.Submitted(p))
}

// decideOrganisation is POST /desk/organisations/{id}.
func (s *Server) decideOrganisation(c *fiber.Ctx) error {
	f, err := form(c, "verified", "reason")
	if err != nil {
		return err
	}
	id, err := orgID(c)
	if err != nil {
		return err
	}
	if f.Get("verified") != "1" && f.Get("verified") != "0" {
		return malformed("verified", "请选通过或退回。")
	}
	err = s.Accounts.DecideOrganisation(c.UserContext(), actor(c), id, f.Get("verified") == "1", f.Get("reason"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.organisationPage(c, func(p *templates.OrganisationPage) { p.Mistake, p.Reason = wrong, f.Get("reason") })
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/organisations?done=decided")
}

// suspendOrganisation is POST /desk/organisations/{id}/suspension.
func (s *Server) suspendOrganisation(c *fiber.Ctx) error {
	f, err := form(c, "suspended", "reason")
	if err != nil {
		return err
	}
	id, err := orgID(c)
	if err != nil {
		return err
	}
	do, done := s.Accounts.ReinstateOrganisation, "reinstated"
	switch f.Get("suspended") {
	case "1":
		do, done = s.Accounts.SuspendOrganisation, "suspended"
	case "0":
	default:
		return malformed("suspended", "请选暂停或恢复。")
	}
	err = do(c.UserContext(), actor(c), id, f.Get("reason"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.organisationPage(c, func(p *templates.OrganisationPage) { p.Mistake, p.Reason = wrong, f.Get("reason") })
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk"+orgPath(id)+"?done="+done)
}
