package portal

import (
	"cmp"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// looked is a file that is looked at: what it belongs to, the version that the
// address means, and the state of the explorer.
type looked struct {
	dataset  *datasets.Dataset
	resource *datasets.Resource
	version  *datasets.Version // nil while nothing is published
	refused  string            // what the gate says where no data may be shown; empty otherwise
	explorer *explorer         // nil where there is no table, or none that may be shown
}

// lookAt reads the address of a file and of the explorer on its page.
func (s *Server) lookAt(c *fiber.Ctx, viewer account.Actor) (*looked, error) {
	ctx := c.UserContext()
	l := &looked{}
	var err error
	if l.dataset, l.resource, err = s.Datasets.Resource(ctx, viewer, c.Params("id")); err != nil {
		return nil, err
	}
	if l.dataset.Slug != c.Params("slug") {
		return nil, fault.New(fault.NotFound, "没有这个文件。")
	}
	q, err := query(c, append(explorerParameters(), formParameters...)...)
	if err != nil {
		return nil, err
	}
	state, err := parseExploring(q)
	if err != nil {
		return nil, err
	}
	l.version = l.resource.Newest
	if state.version > 0 {
		if l.version, err = s.Datasets.Version(ctx, viewer, l.resource.ID, state.version); err != nil {
			return nil, err
		}
	}
	if l.version == nil {
		if l.dataset.Open != datasets.Unconditional {
			l.refused = templates.OpenName(ctx, l.dataset.Open)
		}
		return l, nil
	}
	if l.refused, err = s.previewVersion(ctx, viewer, l.version); err != nil || l.refused != "" || len(l.version.Tables) == 0 {
		return l, err
	}
	if state.table >= len(l.version.Tables) {
		return nil, fault.New(fault.NotFound, "这个文件没有第 %d 张表。", state.table+1)
	}
	l.explorer = &explorer{Server: s, viewer: viewer, dataset: l.dataset, resource: l.resource, version: l.version, state: state, page: c.Path()}
	if err := l.explorer.folded(q.Get("set"), q.Get("column"), q["v"]); err != nil {
		return l, err
	}
	return l, l.explorer.settleWidths(ctx)
}

// showResource is the page of one file, or with ?version= of an older state of it.
func (s *Server) showResource(c *fiber.Ctx) error {
	ctx, viewer := c.UserContext(), actor(c)
	l, err := s.lookAt(c, viewer)
	if err != nil {
		return err
	}
	if l.explorer != nil && !l.explorer.canonical(c) {
		return c.Redirect(l.explorer.to(l.explorer.state), fiber.StatusFound)
	}
	d, r, v := l.dataset, l.resource, l.version
	name := text.Pick(ctx, r.Name, r.NameEN)
	p := templates.ResourcePage{
		Frame:   s.frame(c, name+" · "+text.Pick(ctx, d.Title, d.TitleEN), text.Pick(ctx, d.Summary, d.SummaryEN)),
		Dataset: d, Resource: r, Version: v, Refused: l.refused, API: "/api/v1/resources/" + r.ID, Newest: "/r/" + r.ID,
	}
	if p.Address, err = s.addressView(ctx, viewer, d, r); err != nil {
		return err
	}
	if v != nil {
		if p.Versions, err = s.Datasets.Versions(ctx, viewer, r.ID); err != nil {
			return err
		}
		if p.Changes, err = s.Datasets.Summaries(ctx, viewer, p.Versions); err != nil {
			return err
		}
		if p.Quality, err = s.fileQuality(ctx, viewer, v); err != nil {
			return err
		}
	}
	if p.Refused == "" && v != nil {
		p.Snippets = snippets(ctx, p.Base, v)
		if p.Profiles, err = s.profiles(ctx, viewer, v); err != nil {
			return err
		}
	}
	if p.Refused != "" {
		p.Part = s.partOf(c, v)
	}
	if p.Refused == "" {
		if p.Under, err = s.shown(c, v, string(c.Context().QueryArgs().QueryString()), false); err != nil {
			return err
		}
	}
	if x := l.explorer; x != nil {
		p.NoIndex = !x.state.first() // what is asked of a table is no page of its own
		if p.Explorer, err = x.explore(ctx); err != nil {
			return err
		}
		x.settle(c)
	}
	p.Cite = cite(ctx, p.Base, d, v, p.Refused == "")
	if r.Newest != nil {
		p.Feeds = append(p.Feeds, templates.Link{Href: c.Path() + "/feed.xml", Title: name})
		p.MayDescribe = viewer.Is(account.Officer) && viewer.Department == d.Department.ID && len(r.Newest.Tables) > 0
		if p.Corrections, err = s.Datasets.Corrections(ctx, viewer, v); err != nil {
			return err
		}
	}
	viewed := d.ID
	s.onView(c, func() { s.Datasets.CountView(viewed) })
	return s.page(c, templates.Resource(p))
}

// settle keeps a page that was made in need out of every cache.
func (x *explorer) settle(c *fiber.Ctx) {
	if x.unkept {
		c.Set(fiber.HeaderCacheControl, "no-store")
	}
}

// showExplorer is the explorer alone, for the script that replaces it on the
// page of the file.
func (s *Server) showExplorer(c *fiber.Ctx) error {
	l, err := s.lookAt(c, actor(c))
	if err != nil {
		return err
	}
	x := l.explorer
	if x == nil {
		return fault.New(fault.NotFound, "这里没有可以看的表。")
	}
	if !x.canonical(c) {
		return c.Redirect(x.state.href(c.Path()), fiber.StatusFound)
	}
	x.page = x.home()
	if _, err := s.shown(c, l.version, string(c.Context().QueryArgs().QueryString()), false); err != nil {
		return err
	}
	view, err := x.explore(c.UserContext())
	if err != nil {
		return err
	}
	x.settle(c)
	c.Set("X-Robots-Tag", "noindex")
	return s.page(c, templates.ExplorerPart(view))
}

// showEmbed is a table as other sites may frame it. It knows no session: who
// looks at another site must not show it what they alone may see.
func (s *Server) showEmbed(c *fiber.Ctx) error {
	ctx := c.UserContext()
	l, err := s.lookAt(c, account.Actor{})
	if err != nil {
		return err
	}
	x := l.explorer
	if x == nil {
		return fault.New(fault.NotFound, "这里没有可以看的表。")
	}
	if !x.canonical(c) {
		return c.Redirect(x.state.href(c.Path()), fiber.StatusFound)
	}
	x.framed = true
	view, err := x.explore(ctx)
	if err != nil {
		return err
	}
	x.settle(c)
	d := l.dataset
	name := text.Pick(ctx, l.resource.Name, l.resource.NameEN)
	p := templates.EmbedPage{
		Frame:   templates.Frame{Lang: text.Of(ctx), Title: name + " · " + text.T(ctx, "数源"), Canonical: s.Config.BaseURL + x.state.href(x.home())},
		Heading: cmp.Or(name, text.Pick(ctx, d.Title, d.TitleEN)), Home: s.Config.BaseURL + x.state.href(x.home()), View: view,
		Source: d.Source, SourceEN: d.SourceEN, Licence: text.Pick(ctx, d.Licence.Name, d.Licence.NameEN), LicenceHref: d.Licence.URL,
		Date: templates.Day(l.version.PublishedAt), Version: l.version.Number,
	}
	return s.page(c, templates.Embed(p))
}

// worthKeeping reports whether a page of a file is one that many ask for: its
// rows as they stand, from the first on. What people ask of a table is theirs,
// and must not crowd out the pages of everybody.
func worthKeeping(c *fiber.Ctx) bool {
	q, err := query(c, "version", "table", "view")
	return err == nil && len(q) <= 3
}
