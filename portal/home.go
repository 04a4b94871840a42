package portal

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/portal/interop"
	"shuyuan/search"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showHome is the front page. Everything on it comes from the catalogue.
func (s *Server) showHome(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx, viewer := c.UserContext(), actor(c)
	p := templates.HomePage{Frame: s.frame(c, "", text.T(ctx, "公共数据的开放目录：搜索、查看、下载，不用登录。")), Feed: "/feed.xml"}
	stats, err := s.Datasets.Stats(ctx, viewer)
	if err != nil {
		return err
	}
	if stats.Datasets > 0 {
		p.Figures = homeFigures(ctx, stats)
	}
	if p.Hero, p.Drawn, err = s.homePictures(ctx, viewer); err != nil {
		return err
	}
	if p.Conditional, err = s.firstConditional(ctx, viewer); err != nil {
		return err
	}
	recent, err := s.Datasets.List(ctx, viewer, datasets.Filter{Order: datasets.ByUpdated, Limit: 6})
	if err != nil {
		return err
	}
	p.Changed = recent.Items
	themes, err := s.Datasets.Themes(ctx, viewer)
	if err != nil {
		return err
	}
	p.Themes = leaders(ctx, themes)
	p.Try = s.try(ctx, viewer)
	p.Feeds = []templates.Link{{Href: p.Feed, Title: text.T(ctx, "最近变动")}}
	if p.JSONLD, err = interop.Catalog(p.Base, stats.Datasets); err != nil {
		return err
	}
	return s.page(c, templates.Home(p))
}

func (s *Server) firstConditional(ctx context.Context, viewer account.Actor) (*datasets.Dataset, error) {
	page, err := s.Datasets.List(ctx, viewer, datasets.Filter{Open: datasets.Conditional, Order: datasets.ByPopular, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return nil, err
	}
	return &page.Items[0], nil
}

// leaders are the themes that hold something, the fullest first.
func leaders(ctx context.Context, themes []datasets.Counted[datasets.Theme]) []templates.Leader {
	var out []templates.Leader
	for _, t := range themes {
		if t.Datasets > 0 {
			out = append(out, templates.Leader{Href: "/themes/" + t.Item.Slug, Title: text.Pick(ctx, t.Item.Name, t.Item.NameEN), Count: t.Datasets})
		}
	}
	return out
}

// try are searches that find something: the tags most used. Without them, and
// while the engine does not answer, the line is left out.
func (s *Server) try(ctx context.Context, viewer account.Actor) []templates.Link {
	r, err := s.Search.Search(ctx, search.Query{Facets: []search.Facet{search.FacetTag}, FacetSize: 5})
	if err != nil {
		return nil
	}
	var tags []string
	for _, t := range r.Facets[search.FacetTag] {
		tags = append(tags, t.Value)
	}
	if text.Of(ctx) == text.English {
		return s.tryInEnglish(ctx, viewer, tags)
	}
	var out []templates.Link
	for _, t := range tags {
		out = append(out, templates.Link{Title: t, Href: finding{text: t}.href()})
	}
	return out
}

// tryInEnglish are those of the tags that have an English name. The search
// knows tags by their Chinese, so the link asks for the tag itself.
func (s *Server) tryInEnglish(ctx context.Context, viewer account.Actor, tags []string) []templates.Link {
	english, err := s.Datasets.TagsInEnglish(ctx, viewer, tags)
	if err != nil {
		s.Log.ErrorContext(ctx, "the English of the tags cannot be read", "error", err)
		return nil
	}
	var out []templates.Link
	for _, t := range tags {
		if name, ok := english[t]; ok {
			out = append(out, templates.Link{Title: name, Href: finding{filters: map[search.Facet][]string{search.FacetTag: {t}}}.href()})
		}
	}
	return out
}

// homeFigures are the figures of home. Each leads to where it can be counted.
func homeFigures(ctx context.Context, st datasets.Stats) []templates.Figure {
	n := func(v int) string { return templates.Thousands(int64(v)) }
	figures := []templates.Figure{
		{Number: n(st.Datasets), Words: text.T(ctx, "个数据集，%s 个文件", n(st.Files)), Href: "/datasets"},
		{Number: templates.Thousands(st.Rows), Words: text.T(ctx, "行，每行都可下载"), Href: "/stats"},
		{Number: n(st.Unconditional), Words: text.T(ctx, "个无条件开放，不登录即可下载"), Href: "/datasets?open=unconditional"},
	}
	if st.Conditional > 0 {
		figures = append(figures, templates.Figure{Number: n(st.Conditional), Words: text.T(ctx, "个有条件开放，依据写在页上"), Href: "/datasets?open=conditional"})
	}
	return figures
}
