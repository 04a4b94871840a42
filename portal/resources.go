package portal

import (
	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showResource is the page of one file, or with ?version= of an older state of it.
func (s *Server) showResource(c *fiber.Ctx) error {
	ctx, viewer := c.UserContext(), actor(c)
	d, r, err := s.Datasets.Resource(ctx, viewer, c.Params("id"))
	if err != nil {
		return err
	}
	if d.Slug != c.Params("slug") {
		return fault.New(fault.NotFound, "没有这个文件。")
	}
	state, err := readExploring(c)
	if err != nil {
		return err
	}
	v := r.Newest
	if state.version > 0 {
		if v, err = s.Datasets.Version(ctx, viewer, r.ID, state.version); err != nil {
			return err
		}
	}
	name := text.Pick(ctx, r.Name, r.NameEN)
	p := templates.ResourcePage{
		Frame:   s.frame(c, name+" · "+text.Pick(ctx, d.Title, d.TitleEN), text.Pick(ctx, d.Summary, d.SummaryEN)),
		Dataset: d, Resource: r, Version: v, API: "/api/v1/resources/" + r.ID, Newest: "/r/" + r.ID,
	}
	if v != nil {
		if p.Refused, err = s.previewVersion(ctx, viewer, v); err != nil {
			return err
		}
		if p.Versions, err = s.Datasets.Versions(ctx, viewer, r.ID); err != nil {
			return err
		}
		if p.Changes, err = s.Datasets.Summaries(ctx, viewer, p.Versions); err != nil {
			return err
		}
	} else if d.Open != datasets.Unconditional {
		p.Refused = templates.OpenName(ctx, d.Open)
	}
	if p.Refused == "" && v != nil {
		shown := *r
		shown.Newest = v
		p.Picture = s.draw(ctx, viewer, d, &shown, 1200, 288)
		p.Snippets = snippets(ctx, p.Base, v)
		if len(v.Tables) > 0 {
			if state.table >= len(v.Tables) {
				return fault.New(fault.NotFound, "这个文件没有第 %d 张表。", state.table+1)
			}
			x := &explorer{Server: s, viewer: viewer, dataset: d, resource: r, version: v, state: state, page: c.Path()}
			if p.Explorer, err = s.explore(ctx, x); err != nil {
				return err
			}
		}
	}
	p.Cite = cite(ctx, p.Base, d, v, p.Refused == "")
	viewed := d.ID
	s.onView(c, func() { s.Datasets.CountView(viewed) })
	return s.page(c, templates.Resource(p))
}
