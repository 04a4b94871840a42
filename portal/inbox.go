package portal

import (
	"context"
	"encoding/csv"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/inbox"
	"shuyuan/internal/workdays"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// sources are what makes work for people.
func (s *Server) sources() []inbox.Source {
	all := []inbox.Source{s.Datasets, s.Questions, s.Demands, s.Catalogue, s.Catalogue.Sources(), s.Calendars, organisationsWaiting{s.Accounts, s.Clocks}}
	if s.Opening != nil {
		all = append(all, s.Opening)
	}
	if s.Licensing != nil {
		all = append(all, s.Licensing)
	}
	if s.Notes != nil {
		all = append(all, s.Notes)
	}
	if s.Corrections != nil {
		all = append(all, s.Corrections)
	}
	if s.Sharing != nil {
		all = append(all, s.Sharing)
	}
	if s.Operation != nil {
		all = append(all, s.Operation)
	}
	if s.Supervision != nil {
		all = append(all, s.Supervision)
	}
	if s.Tenders != nil {
		all = append(all, s.Tenders)
	}
	if s.Use != nil {
		all = append(all, s.Use)
	}
	if s.Workspaces != nil {
		all = append(all, s.Workspaces)
	}
	if s.Registrations != nil {
		all = append(all, s.Registrations)
	}
	if s.Offers != nil {
		all = append(all, s.Offers)
	}
	if s.Settlements != nil {
		all = append(all, s.Settlements)
	}
	if s.Bank != nil {
		all = append(all, s.Bank)
	}
	if s.Scenarios != nil {
		all = append(all, s.Scenarios)
	}
	return append(all, s.Inbox...)
}

// WaitingFor is what waits for an account, for letters that tell its owner
// (following.Desk).
func (s *Server) WaitingFor(ctx context.Context, user int64) ([]inbox.Item, error) {
	who, err := s.Accounts.ActorOf(ctx, user)
	if err != nil || who.IsVisitor() {
		return nil, err
	}
	return inbox.Waiting(ctx, who, s.sources()...)
}

// waiting is what waits for who asks, of the kind and by the time in the address
// if it names them.
func (s *Server) waiting(c *fiber.Ctx) (all, chosen []inbox.Item, f templates.InboxFilter, err error) {
	q, err := query(c, "kind", "when")
	if err != nil {
		return nil, nil, f, err
	}
	f = templates.InboxFilter{Kind: q.Get("kind"), When: q.Get("when")}
	if !f.Known() {
		return nil, nil, f, malformed("when", "没有这种待办。")
	}
	if all, err = inbox.Waiting(c.UserContext(), actor(c), s.sources()...); err != nil {
		return nil, nil, f, err
	}
	now := s.Now()
	known := f.Kind == "" || templates.KnownInboxKind(f.Kind)
	for _, i := range all {
		known = known || i.Kind == f.Kind
		if f.Holds(i, now) {
			chosen = append(chosen, i)
		}
	}
	if !known {
		return nil, nil, f, malformed("kind", "没有这种待办。")
	}
	return all, chosen, f, nil
}

// showInbox is GET /desk/inbox: the one list of what waits.
func (s *Server) showInbox(c *fiber.Ctx) error {
	ctx := c.UserContext()
	all, chosen, filter, err := s.waiting(c)
	if err != nil {
		return err
	}
	now := s.Now()
	calendar := s.Calendars.Calendar()
	p := templates.InboxPage{Frame: s.quietFrame(c, text.T(ctx, "收件台")), InboxFilter: filter}
	p.Wide = true
	p.Rows = templates.CountInbox(chosen, calendar, p.Now)
	late, week := templates.InboxFilter{When: templates.InboxLate}, templates.InboxFilter{When: templates.InboxWeek}
	for _, i := range all {
		p.All.Add(i)
		if late.Holds(i, now) {
			p.Late++
		}
		if week.Holds(i, now) {
			p.Soon++
		}
		at := slices.IndexFunc(p.Kinds, func(k templates.InboxKind) bool { return k.Kind == i.Kind })
		if at < 0 {
			p.Kinds, at = append(p.Kinds, templates.InboxKind{Kind: i.Kind}), len(p.Kinds)
		}
		p.Kinds[at].Count.Add(i)
	}
	p.Days = nextDays(chosen, calendar, p.Now)
	return s.page(c, templates.Inbox(p))
}

// daysAhead is how many working days the strip above the list shows.
const daysAhead = 15

// nextDays counts what is due on each of the next working days. Where the
// calendar ends, so does the strip.
func nextDays(items []inbox.Item, calendar workdays.Calendar, now time.Time) []templates.InboxDay {
	due := map[string]int{}
	for _, i := range items {
		if i.Clock != nil {
			due[i.Clock.Last.In(workdays.Zone).Format(time.DateOnly)]++
		}
	}
	if len(due) == 0 {
		return nil
	}
	var out []templates.InboxDay
	for day := now.AddDate(0, 0, -1); len(out) < daysAhead; {
		next, err := calendar.Add(day, 1)
		if err != nil {
			break
		}
		out = append(out, templates.InboxDay{Day: next, N: due[next.Format(time.DateOnly)]})
		day = next
	}
	return out
}

// inboxCSV is GET /desk/inbox.csv: the list for a spreadsheet.
func (s *Server) inboxCSV(c *fiber.Ctx) error {
	ctx := c.UserContext()
	_, chosen, _, err := s.waiting(c)
	if err != nil {
		return err
	}
	var out strings.Builder
	out.WriteString("\uFEFF")
	w := csv.NewWriter(&out)
	_ = w.Write([]string{text.T(ctx, "到期"), text.T(ctx, "类型"), text.T(ctx, "事项"), text.T(ctx, "所属"), text.T(ctx, "要做什么"), text.T(ctx, "依据"), text.T(ctx, "地址")})
	for _, i := range chosen {
		due, source := "", ""
		if i.Clock != nil {
			due = i.Clock.Last.In(workdays.Zone).Format(time.DateOnly)
			words, _, law := templates.ClockSource(ctx, i.Clock.Profile, i.Clock.Rule)
			if source = words; !law && i.Clock.House() {
				source = text.T(ctx, "平台规则：") + words
			}
		}
		_ = w.Write([]string{due, templates.InboxKindName(ctx, i.Kind), harmless(text.Pick(ctx, i.Title.Zh, i.Title.En)), harmless(text.Pick(ctx, i.Sub.Zh, i.Sub.En)),
			text.T(ctx, i.Ask, i.Args...), source, s.Config.BaseURL + i.Path})
	}
	w.Flush()
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="inbox.csv"`)
	return c.SendString(out.String())
}
