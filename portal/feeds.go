package portal

import (
	"context"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/portal/interop"
	"shuyuan/search"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

const feedLength = 30

// feed is GET /feed.xml: what changed last in the whole catalogue.
func (s *Server) feed(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	page, err := s.Datasets.List(c.UserContext(), account.Actor{}, datasets.Filter{Limit: feedLength})
	if err != nil {
		return err
	}
	return s.sendFeed(c, text.T(c.UserContext(), "数源：最近变动"), "/datasets?sort=updated", page.Items)
}

// departmentFeed is GET /departments/:slug/feed.xml.
func (s *Server) departmentFeed(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	d, err := s.Datasets.Department(c.UserContext(), account.Actor{}, c.Params("slug"))
	if err != nil {
		return err
	}
	page, err := s.Datasets.List(c.UserContext(), account.Actor{}, datasets.Filter{Department: d.Item.Slug, Limit: feedLength})
	if err != nil {
		return err
	}
	return s.sendFeed(c, templates.DepartmentName(c.UserContext(), &d.Item), "/departments/"+d.Item.Slug, page.Items)
}

// themeFeed is GET /themes/:slug/feed.xml.
func (s *Server) themeFeed(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	t, err := s.Datasets.Theme(c.UserContext(), account.Actor{}, c.Params("slug"))
	if err != nil {
		return err
	}
	page, err := s.Datasets.List(c.UserContext(), account.Actor{}, datasets.Filter{Theme: t.Item.Slug, Limit: feedLength})
	if err != nil {
		return err
	}
	return s.sendFeed(c, text.Pick(c.UserContext(), t.Item.Name, t.Item.NameEN), "/themes/"+t.Item.Slug, page.Items)
}

// searchFeed is GET /datasets/feed.xml: what a search finds, newest first.
func (s *Server) searchFeed(c *fiber.Ctx) error {
	ctx := c.UserContext()
	f, err := readFinding(c)
	if err != nil {
		return err
	}
	q := f.first().query()
	q.Sort, q.Facets, q.Highlight, q.Limit = search.ByUpdated, nil, false, feedLength
	found, err := s.Search.Search(ctx, q)
	if err != nil {
		return err
	}
	slugs := make([]string, len(found.Hits))
	for i, h := range found.Hits {
		slugs[i] = h.ID
	}
	items, err := s.Datasets.BySlugs(ctx, account.Actor{}, slugs)
	if err != nil {
		return err
	}
	return s.sendFeed(c, f.first().title(ctx), f.first().href(), items)
}

// datasetFeed is GET /datasets/{slug}/feed.xml: what happened to an entry.
func (s *Server) datasetFeed(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	d, err := s.Datasets.Dataset(ctx, account.Actor{}, c.Params("slug"))
	if err != nil {
		return err
	}
	events, err := s.Datasets.EventsOf(ctx, account.Actor{}, d.Slug, feedLength)
	if err != nil {
		return err
	}
	page := s.Config.BaseURL + "/datasets/" + d.Slug
	f := s.newFeed(c, text.Pick(ctx, d.Title, d.TitleEN), "/datasets/"+d.Slug)
	f.Updated = d.UpdatedAt
	for i := range events {
		e := &events[i]
		f.Entries = append(f.Entries, interop.Entry{
			ID: fmt.Sprintf("%s#event-%d", page, e.ID), Title: templates.EventSentence(text.Of(ctx), e), Link: s.Config.BaseURL + templates.EventPath(e),
			Summary: templates.NoticeKindName(text.Of(ctx), string(e.Kind)), Author: templates.DepartmentName(ctx, &d.Department), Theme: text.Pick(ctx, d.Theme.Name, d.Theme.NameEN), Updated: e.At,
		})
	}
	return sendAtom(c, f)
}

func (s *Server) sendFeed(c *fiber.Ctx, title, page string, items []datasets.Dataset) error {
	ctx := c.UserContext()
	f := s.newFeed(c, title, page)
	for i := range items {
		d := &items[i]
		link := s.Config.BaseURL + "/datasets/" + d.Slug
		f.Entries = append(f.Entries, interop.Entry{
			ID: fmt.Sprintf("%s#%d", link, d.Revision), Title: text.Pick(ctx, d.Title, d.TitleEN), Link: link, Summary: text.Pick(ctx, d.Summary, d.SummaryEN),
			Author: templates.DepartmentName(ctx, &d.Department), Theme: text.Pick(ctx, d.Theme.Name, d.Theme.NameEN), Updated: d.UpdatedAt,
		})
	}
	return sendAtom(c, f)
}

// robots is GET /robots.txt.
func (s *Server) robots(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	if _, err := query(c); err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=3600")
	return c.SendString("User-agent: *\nDisallow: /sign-in\nDisallow: /account\nDisallow: /lang\nDisallow: /desk/\nDisallow: /d/\nDisallow: /datasets/suggest\nSitemap: " + s.Config.BaseURL + "/sitemap.xml\n")
}

// openSearch is GET /opensearch.xml: the search box for browsers.
func (s *Server) openSearch(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	body, err := interop.OpenSearch("数源", text.T(c.UserContext(), "搜索公共数据"), s.Config.BaseURL+"/datasets?q={searchTerms}")
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/opensearchdescription+xml; charset=utf-8")
	return c.Send(body)
}

// standing are the pages that are always there.
var standing = []string{"/", "/datasets", "/catalogues", "/departments", "/themes", "/scenarios", "/scenarios/templates", "/tenders", "/operation", "/log", "/law", "/stats", "/stats/promises", "/developers", "/developers/reference", "/help", "/about", "/privacy"}

// sitemap is GET /sitemap.xml: the index of the parts.
func (s *Server) sitemap(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	all, err := s.locations(c.UserContext())
	if err != nil {
		return err
	}
	var parts []interop.Location
	for i := range (len(all) + interop.SitemapLimit - 1) / interop.SitemapLimit {
		parts = append(parts, interop.Location{URL: fmt.Sprintf("%s/sitemap-%d.xml", s.Config.BaseURL, i+1)})
	}
	return sendXML(c, parts, interop.SitemapIndex)
}

// sitemapPart is GET /sitemap-{part}.xml.
func (s *Server) sitemapPart(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	part, err := c.ParamsInt("part")
	if err != nil || part < 1 {
		return fault.New(fault.NotFound, "没有这一页。")
	}
	all, err := s.locations(c.UserContext())
	if err != nil {
		return err
	}
	from := (part - 1) * interop.SitemapLimit
	if from >= len(all) {
		return fault.New(fault.NotFound, "没有这一页。")
	}
	return sendXML(c, all[from:min(from+interop.SitemapLimit, len(all))], interop.Sitemap)
}

func sendXML(c *fiber.Ctx, locations []interop.Location, write func([]interop.Location) ([]byte, error)) error {
	body, err := write(locations)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/xml; charset=utf-8")
	return c.Send(body)
}

// locations are all pages that visitors can find.
func (s *Server) locations(ctx context.Context) ([]interop.Location, error) {
	var out []interop.Location
	for _, path := range standing {
		out = append(out, interop.Location{URL: s.Config.BaseURL + path})
	}
	departments, err := s.Datasets.Departments(ctx, account.Actor{})
	if err != nil {
		return nil, err
	}
	for _, d := range departments {
		if d.Datasets > 0 {
			out = append(out, interop.Location{URL: s.Config.BaseURL + "/departments/" + d.Item.Slug})
		}
	}
	themes, err := s.Datasets.Themes(ctx, account.Actor{})
	if err != nil {
		return nil, err
	}
	for _, t := range themes {
		if t.Datasets > 0 {
			out = append(out, interop.Location{URL: s.Config.BaseURL + "/themes/" + t.Item.Slug})
		}
	}
	for _, p := range append(s.Policy.Profiles(), s.Policy.House()) {
		out = append(out, interop.Location{URL: s.Config.BaseURL + "/law/" + p.ID()})
	}
	addresses, err := s.Datasets.Addresses(ctx, account.Actor{})
	if err != nil {
		return nil, err
	}
	for _, a := range addresses {
		page := s.Config.BaseURL + "/datasets/" + a.Slug
		out = append(out, interop.Location{URL: page, Modified: a.LastUpdated})
		for _, r := range a.Resources {
			out = append(out, interop.Location{URL: page + "/resources/" + r, Modified: a.LastUpdated})
		}
	}
	return out, nil
}
