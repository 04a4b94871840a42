package portal

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/opening"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showIncidents is GET /desk/reviews/incidents: what was taken from the public at
// once, with the form that does so.
func (s *Server) showIncidents(c *fiber.Ctx) error {
	q, err := query(c, "dataset")
	if err != nil {
		return err
	}
	return s.incidentsPage(c, templates.IncidentForm{Slug: q.Get("dataset")})
}

func (s *Server) incidentsPage(c *fiber.Ctx, asked templates.IncidentForm) (err error) {
	ctx, who := c.UserContext(), actor(c)
	p := templates.IncidentsPage{Frame: s.quietFrame(c, text.T(ctx, "紧急撤回")), May: opening.MayWithdraw(who), Form: asked}
	if p.Items, err = s.Opening.Incidents(ctx, who); err != nil {
		return err
	}
	p.Book = s.Policy
	if p.Rule, err = s.incidentRule(ctx, who); err != nil {
		return err
	}
	return s.page(c, templates.Incidents(p))
}

// incidentRule is what the text that binds who's department says of telling those
// who took data that something happened to; the platform's rule where it says
// nothing.
func (s *Server) incidentRule(ctx context.Context, who account.Actor) (policy.Rule, error) {
	rule, _ := s.Policy.House().Rule("incident_telling")
	d, err := s.departmentOf(ctx, who.Department)
	if err != nil || d == nil {
		return rule, err
	}
	if _, found, ok := s.Policy.Governing(d.Profile, "incident_notice", s.Now()); ok && len(found.Cite) > 0 {
		return found, nil
	}
	return rule, nil
}

// withdrawAtOnce is POST /desk/reviews/incidents.
func (s *Server) withdrawAtOnce(c *fiber.Ctx) error {
	f, err := form(c, "dataset", "reason")
	if err != nil {
		return err
	}
	_, err = s.Opening.Withdraw(c.UserContext(), actor(c), slugIn(f.Get("dataset")), f.Get("reason"))
	if wrong, ok := s.mistake(c, err); ok {
		if wrong.Field == "slug" {
			wrong.Field = "dataset"
		}
		return s.incidentsPage(c, templates.IncidentForm{Slug: f.Get("dataset"), Reason: f.Get("reason"), Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/reviews/incidents")
}

// showEmergencies is GET /emergencies: declared events, each with what was opened
// under it and is public.
func (s *Server) showEmergencies(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.EmergenciesPage{Frame: s.frame(c, text.T(ctx, "应急开放"), text.T(ctx, "突发事件期间依法先开放、事后补审的数据。"))}
	all, err := s.Opening.PublicEmergencies(ctx)
	if err != nil {
		return err
	}
	for _, e := range all {
		at := templates.Emergency{Event: e.Event}
		if at.Items, err = s.Datasets.BySlugs(ctx, actor(c), e.Slugs); err != nil {
			return err
		}
		p.Items = append(p.Items, at)
	}
	return s.page(c, templates.Emergencies(p))
}

// emergencyOf is the emergency under which an entry is open; nil where it is not.
func (s *Server) emergencyOf(c *fiber.Ctx, d *datasets.Dataset) (*opening.Review, error) {
	if s.Opening == nil || d.Status != datasets.Published {
		return nil, nil
	}
	r, err := s.Opening.EmergencyOf(c.UserContext(), d.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return r, err
}
