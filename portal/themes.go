package portal

import (
	"context"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/following"
	"shuyuan/internal/account"
	"shuyuan/portal/interop"
	"shuyuan/search"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showThemes is the page of all themes.
func (s *Server) showThemes(c *fiber.Ctx) error {
	ctx := c.UserContext()
	if _, err := query(c); err != nil {
		return err
	}
	themes, err := s.Datasets.Themes(ctx, actor(c))
	if err != nil {
		return err
	}
	p := templates.ThemesPage{Frame: s.frame(c, text.T(ctx, "主题一览"), text.T(ctx, "公共数据按主题分类：每个主题有多少数据集，承诺的更新做到了没有。"))}
	for _, t := range themes {
		if t.Datasets > 0 {
			p.Themes = append(p.Themes, t)
		} else {
			p.Empty = append(p.Empty, t.Item)
		}
	}
	if p.JSONLD, err = interop.Collection(p.Canonical, p.Title, p.Description, s.Config.BaseURL); err != nil {
		return err
	}
	return s.page(c, templates.Themes(p))
}

// showTheme is the page of one theme.
func (s *Server) showTheme(c *fiber.Ctx) error {
	ctx, viewer := c.UserContext(), actor(c)
	t, err := s.Datasets.Theme(ctx, viewer, c.Params("slug"))
	if err != nil {
		return err
	}
	part, err := readPart(c)
	if err != nil {
		return err
	}
	name, page := text.Pick(ctx, t.Item.Name, t.Item.NameEN), "/themes/"+t.Item.Slug
	p := templates.ThemePage{
		Frame: s.frame(c, name, text.T(ctx, "主题“%s”下的公共数据：数据集、发布部门、承诺与兑现。", name)),
		Theme: t.Item, Feed: page + "/feed.xml", API: "/api/v1/datasets?" + url.Values{"theme": {t.Item.Slug}}.Encode(),
	}
	p.Feeds = []templates.Link{{Href: p.Feed, Title: name}}
	if p.Follow, err = s.followButton(c, following.Theme, t.Item.Slug); err != nil {
		return err
	}
	p.NoIndex = part != (listPart{})
	if p.List, err = s.listing(ctx, viewer, datasets.Filter{Theme: t.Item.Slug}, part, page); err != nil {
		return err
	}
	vows := "/stats/promises?" + url.Values{"theme": {t.Item.Slug}}.Encode()
	if p.Promises, p.AllVows, err = s.vows(ctx, viewer, datasets.Filter{Theme: t.Item.Slug}, t.Promised, vows); err != nil {
		return err
	}
	conditional, err := s.Datasets.List(ctx, viewer, datasets.Filter{Theme: t.Item.Slug, Open: datasets.Conditional, Limit: 1})
	if err != nil {
		return err
	}
	own := finding{filters: map[search.Facet][]string{search.FacetTheme: {t.Item.Slug}}}
	p.Figures = ownFigures(ctx, t.Datasets, conditional.Total, t.Promised, t.Overdue, own, vows)
	if t.Datasets > 0 {
		if p.Departments, err = s.publishers(ctx, viewer, own); err != nil {
			return err
		}
	}
	if p.JSONLD, err = interop.Collection(s.Config.BaseURL+page, p.Title, p.Description, s.Config.BaseURL); err != nil {
		return err
	}
	return s.page(c, templates.ThemeView(p))
}

// publishers are the departments behind what f finds. While the engine does not
// answer there are none: a list that is not whole would be wrong.
func (s *Server) publishers(ctx context.Context, viewer account.Actor, f finding) ([]templates.Leader, error) {
	r, err := s.Search.Search(ctx, search.Query{Filters: f.filters, Facets: []search.Facet{search.FacetOrg}, FacetSize: 100, Limit: 1})
	if err != nil || r.Limited {
		return nil, nil //nolint:nilerr // the page stands without it
	}
	names, err := s.names(ctx)
	if err != nil {
		return nil, err
	}
	var out []templates.Leader
	for _, count := range r.Facets[search.FacetOrg] {
		g := f.first()
		g.filters[search.FacetOrg] = []string{count.Value}
		out = append(out, templates.Leader{Href: g.href(), Title: names.label(ctx, search.FacetOrg, count.Value), Count: count.Count})
	}
	return out, nil
}
