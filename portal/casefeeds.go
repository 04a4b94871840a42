package portal

import (
	"context"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/licensing/scenario"
	"shuyuan/licensing/tender"
	"shuyuan/portal/interop"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// newFeed is the head of the feed at c, whose page is at a path.
func (s *Server) newFeed(c *fiber.Ctx, title, page string) interop.Feed {
	self := s.Config.BaseURL + localPath(c)
	return interop.Feed{ID: self, Title: title, Self: self, Page: s.Config.BaseURL + page, Lang: string(text.Of(c.UserContext()))}
}

// sendAtom answers with a feed; its day is that of its newest entry.
func sendAtom(c *fiber.Ctx, f interop.Feed) error {
	for i := range f.Entries {
		if f.Entries[i].Updated.After(f.Updated) {
			f.Updated = f.Entries[i].Updated
		}
	}
	if f.Updated.IsZero() {
		f.Updated = time.Unix(0, 0).UTC() // an empty feed has never changed
	}
	body, err := interop.Atom(f)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/atom+xml; charset=utf-8")
	return c.Send(body)
}

// scenarioFeed is GET /scenarios/feed.xml: the newest scenarios that were decided. A
// scenario that moves is a new entry.
func (s *Server) scenarioFeed(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	all, err := s.Scenarios.Public(ctx, scenario.Filter{Limit: feedLength})
	if err != nil {
		return err
	}
	f := s.newFeed(c, text.T(ctx, "场景"), "/scenarios")
	for i := range all {
		x := &all[i]
		link := s.Config.BaseURL + "/scenarios/" + x.Number
		f.Entries = append(f.Entries, interop.Entry{
			ID: link + "#" + string(x.State), Title: stated(ctx, x.Title, templates.ScenarioStateName(ctx, x.State)), Link: link, Summary: x.Description,
			Author: templates.DepartmentName(ctx, &x.Mandate.Body), Theme: text.T(ctx, x.Sector), Updated: x.StateAt,
		})
	}
	return sendAtom(c, f)
}

// tenderFeed is GET /tenders/feed.xml: the newest competitions. One that moves is a
// new entry.
func (s *Server) tenderFeed(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	all, err := s.Tenders.Public(ctx, tender.Filter{Limit: feedLength})
	if err != nil {
		return err
	}
	f := s.newFeed(c, text.T(ctx, "竞争项目"), "/tenders")
	for i := range all {
		t := &all[i]
		link := s.Config.BaseURL + "/tenders/" + t.Number
		f.Entries = append(f.Entries, interop.Entry{
			ID: fmt.Sprintf("%s#%d-%s", link, t.Round, t.State), Title: stated(ctx, text.Pick(ctx, t.Title, t.TitleEN), templates.TenderStateName(ctx, t.State)), Link: link, Summary: t.Description,
			Author: templates.DepartmentName(ctx, &t.Department), Theme: templates.TenderKindName(ctx, t.Kind), Updated: t.Changed(),
		})
	}
	return sendAtom(c, f)
}

func stated(ctx context.Context, title, state string) string {
	return text.T(ctx, "%s（%s）", title, state)
}
