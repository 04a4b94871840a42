package portal

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// checksByHand is the bucket in which checks at once are counted, of each
// department.
const checksByHand = "link-check"

// addressView is what the page of a resource shows of its address, nil where it
// is files.
func (s *Server) addressView(ctx context.Context, viewer account.Actor, d *datasets.Dataset, r *datasets.Resource) (*templates.AddressView, error) {
	if r.Link == nil {
		return nil, nil
	}
	days, err := s.Datasets.LinkDays(ctx, viewer, r.ID)
	return &templates.AddressView{Dataset: d, Resource: r, Rules: s.linkRules, Days: days, Base: s.Config.BaseURL, Now: s.Now()}, err
}

// showDeskLinks is GET /desk/links: the addresses of the officer's department.
func (s *Server) showDeskLinks(c *fiber.Ctx) error {
	q, err := query(c, "state", "sort", "done")
	if err != nil {
		return err
	}
	return s.deskLinks(c, q.Get("state"), q.Get("sort"), func(p *templates.DeskLinksPage) { p.Done = linkDone(c.UserContext(), q.Get("done")) })
}

// linkDone is what has been done, in words; nothing for what nothing here does.
func linkDone(ctx context.Context, what string) string {
	switch what {
	case "checked":
		return text.T(ctx, "已经检查。")
	case "saved":
		return text.T(ctx, "已经保存，下一轮就会检查。")
	}
	return ""
}

// deskLinks shows the list, with what show adds to it.
func (s *Server) deskLinks(c *fiber.Ctx, state, sort string, show func(*templates.DeskLinksPage)) error {
	ctx := c.UserContext()
	var health *datasets.LinkHealth
	if state != "" {
		h, known := templates.DeskState(state)
		if !known {
			return malformed("state", "没有这种状态。")
		}
		health = &h
	}
	links, err := s.Datasets.OwnLinks(ctx, actor(c), health, sort)
	if err != nil {
		return err
	}
	rate := s.Accounts.Rate(checksByHand)
	p := templates.DeskLinksPage{
		Frame: s.quietFrame(c, text.T(ctx, "本部门的地址")), Links: links, State: state, Sort: sort, Rules: s.linkRules, Often: rate.Limit, Within: rate.Window,
	}
	p.Wide = true
	show(&p)
	return s.page(c, templates.DeskLinks(p))
}

// checkLink is POST /desk/links/check: one address, now.
func (s *Server) checkLink(c *fiber.Ctx) error {
	f, err := form(c, "resource")
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	limit, err := s.Accounts.Allow(ctx, checksByHand, "department "+strconv.FormatInt(who.Department, 10))
	if err != nil {
		return err
	}
	if !limit.Allowed {
		refused := fault.New(fault.TooMany, "检查得太频繁了，请过一会儿再试；平台也会自己检查。")
		refused.Retry = limit.Retry
		err = refused
	} else {
		err = s.Datasets.CheckLink(ctx, who, f.Get("resource"))
	}
	if fault.KindOf(err) == fault.TooMany || fault.KindOf(err) == fault.Unavailable {
		wrong, _ := s.mistake(c, err)
		return s.deskLinks(c, "", "", func(p *templates.DeskLinksPage) { p.Mistake = wrong })
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/links?done=checked")
}

// ownLink is an address of the officer's department.
func (s *Server) ownLink(c *fiber.Ctx) (*datasets.Dataset, *datasets.Resource, error) {
	who := actor(c)
	d, r, err := s.Datasets.Resource(c.UserContext(), who, c.Params("id"))
	if err == nil && (r.Link == nil || d.Department.ID != who.Department) {
		err = fault.New(fault.NotFound, "本部门没有这个地址。")
	}
	return d, r, err
}

// showDeskLink is GET /desk/links/{id}: the form of one address.
func (s *Server) showDeskLink(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	d, r, err := s.ownLink(c)
	if err != nil {
		return err
	}
	return s.deskLink(c, d, r, *r.Link, templates.Mistake{})
}

func (s *Server) deskLink(c *fiber.Ctx, d *datasets.Dataset, r *datasets.Resource, l datasets.Link, wrong templates.Mistake) error {
	name := text.Pick(c.UserContext(), r.Name, r.NameEN)
	return s.page(c, templates.DeskLinkForm(templates.DeskLinkPage{Frame: s.quietFrame(c, name), Dataset: d, Resource: r, Link: l, Mistake: wrong}))
}

// saveDeskLink is POST /desk/links/{id}.
func (s *Server) saveDeskLink(c *fiber.Ctx) error {
	f, err := form(c, "kind", "url", "format", "example", "docs", "usage", "usage_en", "notes", "notes_en")
	if err != nil {
		return err
	}
	d, r, err := s.ownLink(c)
	if err != nil {
		return err
	}
	l := datasets.Link{
		Kind: datasets.LinkKind(f.Get("kind")), URL: f.Get("url"), Format: f.Get("format"), Example: f.Get("example"), Docs: f.Get("docs"),
		Usage: f.Get("usage"), UsageEN: f.Get("usage_en"), Notes: f.Get("notes"), NotesEN: f.Get("notes_en"),
	}
	err = s.Datasets.SetLink(c.UserContext(), actor(c), r.ID, l)
	if wrong, ok := s.mistake(c, err); ok {
		return s.deskLink(c, d, r, l, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/links?done=saved")
}
