package portal

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets/catalogue"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/reports"
	"shuyuan/licensing/demands"
	"shuyuan/search"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// requestsShown is how many demands a page of the list shows.
const requestsShown = 30

// showRequests is GET /requests: the public list of data that people want.
func (s *Server) showRequests(c *fiber.Ctx) error {
	q, err := query(c, "q", "state", "department", "sort", "after")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	f := demands.Filter{Group: demands.Group(q.Get("state")), Department: q.Get("department"), Order: demands.Order(q.Get("sort")), After: q.Get("after"), Limit: requestsShown}
	if f.Words, err = clean("q", q.Get("q"), 100); err != nil {
		return err
	}
	switch f.Order {
	case "":
		f.Order = demands.ByVotes
	case demands.ByVotes, demands.ByDate:
	default:
		return malformed("sort", "没有这种排序。")
	}
	p := templates.RequestsPage{Frame: s.frame(c, text.T(ctx, "数据需求"), text.T(ctx, "公众想要而还没有开放的数据：谁都可以看，登录后可以提、可以附议，部门公开答复。")), Filter: f, Rules: s.Demands.Rules()}
	p.NoIndex = f != demands.Filter{Order: demands.ByVotes, Limit: requestsShown}
	found, err := s.Demands.List(ctx, f)
	if err != nil {
		return err
	}
	if p.Counts, err = s.Demands.Count(ctx, f); err != nil {
		return err
	}
	if p.Departments, err = s.Demands.Departments(ctx); err != nil {
		return err
	}
	p.Items = found.Items
	if found.Next != "" {
		next := f
		next.After = found.Next
		p.NextPage = templates.RequestsHref(next)
	}
	if p.Sides, err = s.sidesOf(c, p.Items); err != nil {
		return err
	}
	return s.page(c, templates.Requests(p))
}

// sidesOf is what who asks is to each of the demands.
func (s *Server) sidesOf(c *fiber.Ctx, list []demands.Demand) (map[int64]demands.Side, error) {
	var numbers []int64
	for i := range list {
		numbers = append(numbers, list[i].ID)
		if list[i].Root != 0 {
			numbers = append(numbers, list[i].Root)
		}
	}
	return s.Demands.Sides(c.UserContext(), actor(c), numbers...)
}

// requestNumber reads which demand an address is about.
func requestNumber(c *fiber.Ctx) (int64, error) {
	number, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil || number < 1 {
		return 0, fault.New(fault.NotFound, "没有这条需求。")
	}
	return number, nil
}

// showRequest is GET /requests/{id}.
func (s *Server) showRequest(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	done := ""
	switch q.Get("done") {
	case "proposed":
		done = text.T(c.UserContext(), "已经公开，别人可以附议了。有了答复会写信告诉您。")
	case "withdrawn":
		done = text.T(c.UserContext(), "已收回。")
	}
	return s.requestPage(c, done, templates.Mistake{})
}

func (s *Server) requestPage(c *fiber.Ctx, done string, wrong templates.Mistake) error {
	number, err := requestNumber(c)
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	d, err := s.Demands.One(ctx, who, number)
	if err != nil {
		return err
	}
	name := d.Title
	if name == "" {
		name = text.T(ctx, "第 %d 号需求", d.ID)
	}
	p := templates.RequestPage{Frame: s.frame(c, text.T(ctx, "需求：%s", name), d.Need), Demand: d, Done: done, Mistake: wrong}
	p.Path = c.Path()
	if p.NoIndex = d.Merged() || !d.Public(); p.NoIndex {
		p.Description = ""
	}
	sides, err := s.Demands.Sides(ctx, who, d.ID)
	if err != nil {
		return err
	}
	p.Side = sides[d.ID]
	if p.Steps, err = s.Demands.Steps(ctx, d); err != nil {
		return err
	}
	if p.Turns, err = s.Demands.Turns(ctx, d); err != nil {
		return err
	}
	return s.page(c, templates.Request(p))
}

// showNewRequest is GET /requests/new: the form, with the words filled in that
// somebody looked for.
func (s *Server) showNewRequest(c *fiber.Ctx) error {
	q, err := query(c, "title", "department")
	if err != nil {
		return err
	}
	title, err := clean("title", q.Get("title"), longestQuery)
	if err != nil {
		return err
	}
	return s.newRequestPage(c, demands.NewDemand{Title: title, Department: q.Get("department"), Proposer: ""}, templates.Mistake{})
}

func (s *Server) newRequestPage(c *fiber.Ctx, n demands.NewDemand, wrong templates.Mistake) (err error) {
	ctx := c.UserContext()
	p := templates.NewRequestPage{Frame: s.quietFrame(c, text.T(ctx, "提一条需求")), Form: n, Rules: s.Demands.Rules(), Mistake: wrong}
	if p.Alike, err = s.alreadyThere(c, n.Title); err != nil {
		return err
	}
	if p.Departments, err = s.Demands.Departments(ctx); err != nil {
		return err
	}
	return s.page(c, templates.NewRequest(p))
}

// alreadyThere is what there is already that a title may mean. Where the search is away,
// it is the demands alone.
func (s *Server) alreadyThere(c *fiber.Ctx, title string) (a templates.AlikeRequests, err error) {
	if title == "" {
		return a, nil
	}
	ctx := c.UserContext()
	if a.Demands, err = s.Demands.Similar(ctx, title, 5); err != nil {
		return a, err
	}
	found, err := s.Search.Search(ctx, search.Query{Text: title, Limit: 5})
	if err != nil {
		return a, nil //nolint:nilerr // a hint is no reason to show no form
	}
	var slugs []string
	for _, h := range found.Hits {
		slugs = append(slugs, h.ID)
	}
	a.Datasets, err = s.Datasets.BySlugs(ctx, actor(c), slugs)
	return a, err
}

// showAlike is GET /requests/similar: the same as a piece of a page, for the
// script that asks while somebody types.
func (s *Server) showAlike(c *fiber.Ctx) error {
	q, err := query(c, "title")
	if err != nil {
		return err
	}
	title, err := clean("title", q.Get("title"), longestQuery)
	if err != nil {
		return err
	}
	a, err := s.alreadyThere(c, title)
	if err != nil {
		return err
	}
	return s.page(c, templates.AlikeView(a))
}

// propose is POST /requests/new.
func (s *Server) propose(c *fiber.Ctx) error {
	f, err := form(c, "proposer", "title", "need", "purpose", "department", "anyway", templates.TrapName)
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	n := demands.NewDemand{Proposer: f.Get("proposer"), Title: f.Get("title"), Need: f.Get("need"), Purpose: f.Get("purpose"), Department: f.Get("department"), Anyway: f.Get("anyway") != ""}
	if f.Get(templates.TrapName) != "" {
		if err = s.Demands.Waste(ctx, who, n); err == nil {
			trapped.Inc()
			return seeOther(c, "/requests")
		}
	}
	var d *demands.Demand
	if err == nil {
		d, err = s.Demands.Propose(ctx, who, n)
	}
	if wrong, ok := s.mistake(c, err); ok && fault.KindOf(err) != fault.Unauthenticated {
		return s.newRequestPage(c, n, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/requests/"+strconv.FormatInt(d.ID, 10)+"?done=proposed")
}

// voteRequest is POST /requests/{id}/vote.
func (s *Server) voteRequest(c *fiber.Ctx) error { return s.takeSides(c, s.Demands.Vote) }

// followRequest is POST /requests/{id}/follow.
func (s *Server) followRequest(c *fiber.Ctx) error { return s.takeSides(c, s.Demands.Follow) }

func (s *Server) takeSides(c *fiber.Ctx, take func(context.Context, account.Actor, int64, bool) (*demands.Demand, error)) error {
	f, err := form(c, "on", "back")
	if err != nil {
		return err
	}
	number, err := requestNumber(c)
	if err != nil {
		return err
	}
	if on := f.Get("on"); on != "1" && on != "0" {
		return malformed("on", "请求的格式不对。")
	}
	_, err = take(c.UserContext(), actor(c), number, f.Get("on") == "1")
	if wrong, ok := s.mistake(c, err); ok && fault.KindOf(err) != fault.Unauthenticated {
		return s.requestPage(c, "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, backTo(f.Get("back"), "/requests/"+strconv.FormatInt(number, 10)))
}

// withdrawRequest is POST /requests/{id}/withdraw.
func (s *Server) withdrawRequest(c *fiber.Ctx) error {
	f, err := form(c, "revision")
	if err != nil {
		return err
	}
	number, revision, err := requestForm(c, f.Get("revision"))
	if err != nil {
		return err
	}
	_, err = s.Demands.Move(c.UserContext(), actor(c), number, demands.Withdraw, demands.Reply{}, revision)
	if wrong, ok := s.mistake(c, err); ok {
		return s.requestPage(c, "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/requests/"+strconv.FormatInt(number, 10)+"?done=withdrawn")
}

// requestForm reads which demand a form is about, and which revision of it.
func requestForm(c *fiber.Ctx, revision string) (number int64, at int, err error) {
	if number, err = requestNumber(c); err != nil {
		return 0, 0, err
	}
	if at, err = strconv.Atoi(revision); err != nil {
		return 0, 0, malformed("revision", "请求的格式不对。")
	}
	return number, at, nil
}

// showReportRequest is GET /requests/{id}/report.
func (s *Server) showReportRequest(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.reportRequestPage(c, "", templates.Mistake{}, q.Get("done") != "")
}

func (s *Server) reportRequestPage(c *fiber.Ctx, reason reports.Reason, wrong templates.Mistake, done bool) error {
	number, err := requestNumber(c)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.ReportRequestPage{Frame: s.quietFrame(c, text.T(ctx, "举报")), Reason: reason, Mistake: wrong, Done: done, Most: s.Accounts.Rate(demands.ReportBucket).Limit}
	if p.Demand, err = s.Demands.One(ctx, actor(c), number); err != nil {
		return err
	}
	if !p.Demand.Public() {
		return fault.New(fault.NotFound, "没有这条需求。")
	}
	return s.page(c, templates.ReportRequest(p))
}

// reportRequest is POST /requests/{id}/report.
func (s *Server) reportRequest(c *fiber.Ctx) error {
	f, err := form(c, "reason")
	if err != nil {
		return err
	}
	number, err := requestNumber(c)
	if err != nil {
		return err
	}
	reason := reports.Reason(f.Get("reason"))
	err = s.Demands.Report(c.UserContext(), actor(c), number, reason)
	if wrong, ok := s.mistake(c, err); ok && fault.KindOf(err) != fault.Unauthenticated {
		return s.reportRequestPage(c, reason, wrong, false)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/requests/"+strconv.FormatInt(number, 10)+"/report?done=1")
}

// showOwnRequests is GET /account/requests.
func (s *Server) showOwnRequests(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.OwnRequestsPage{Frame: s.quietFrame(c, text.T(ctx, "我的需求"))}
	var err error
	if p.Items, err = s.Demands.Own(ctx, actor(c)); err != nil {
		return err
	}
	if p.Sides, err = s.sidesOf(c, p.Items); err != nil {
		return err
	}
	return s.page(c, templates.OwnRequests(p))
}

// showDeskRequests is GET /desk/requests.
func (s *Server) showDeskRequests(c *fiber.Ctx) error {
	q, err := query(c, "all", "after", "done")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.DeskRequestsPage{Frame: s.quietFrame(c, text.T(ctx, "数据需求")), All: q.Get("all") != ""}
	if q.Get("done") != "" {
		p.Done = text.T(ctx, "已记下。")
	}
	if p.List, err = s.Demands.Department(ctx, actor(c), p.All, q.Get("after")); err != nil {
		return err
	}
	return s.page(c, templates.DeskRequests(p))
}

// showDeskRequest is GET /desk/requests/{id}.
func (s *Server) showDeskRequest(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.deskRequestPage(c, templates.RequestForm{}, "", templates.Mistake{})
}

func (s *Server) deskRequestPage(c *fiber.Ctx, typed templates.RequestForm, basis string, wrong templates.Mistake) error {
	number, err := requestNumber(c)
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	p := templates.DeskRequestPage{Frame: s.quietFrame(c, text.T(ctx, "数据需求")), Form: typed, Rules: s.Demands.Rules(), Mistake: wrong}
	if p.Demand, err = s.Demands.AtDesk(ctx, who, number); err != nil {
		return err
	}
	d := p.Demand
	p.Offers, p.Basis = s.Demands.Offers(who, d), s.basisInputs("basis", basis, s.Demands.Axis(d))
	if p.Steps, err = s.Demands.Steps(ctx, d); err != nil {
		return err
	}
	if p.Turns, err = s.Demands.Turns(ctx, d); err != nil {
		return err
	}
	if p.Reports, err = s.Demands.Reports(ctx, who, d.ID); err != nil {
		return err
	}
	if p.Departments, err = s.Demands.Departments(ctx); err != nil {
		return err
	}
	if d.Waits() {
		if p.Alike, err = s.alreadyThere(c, d.Title); err != nil {
			return err
		}
		p.Alike.Demands = slices.DeleteFunc(p.Alike.Demands, func(o demands.Demand) bool { return o.ID == d.ID })
	}
	return s.page(c, templates.DeskRequest(p))
}

// moveRequest is POST /desk/requests/{id}.
func (s *Server) moveRequest(c *fiber.Ctx) error {
	values, err := form(c, slices.Concat(basisFields, []string{"revision", "action", "words", "department", "planned", "entry", "dataset", "ground", "into"})...)
	if err != nil {
		return err
	}
	f := formValues{values}
	number, revision, err := requestForm(c, f.Get("revision"))
	if err != nil {
		return err
	}
	action := demands.Action(f.Get("action"))
	if !slices.Contains(deskActions, action) {
		return malformed("action", "请求的格式不对。")
	}
	typed := templates.RequestForm{Action: string(action), Words: f.Get("words"), Department: f.Get("department"), Planned: f.Get("planned"), Entry: f.Get("entry"), Dataset: f.Get("dataset"), Ground: f.Get("ground"), Into: f.Get("into")}
	r := demands.Reply{Words: typed.Words, Department: typed.Department, Planned: typed.Planned, Entry: slugIn(typed.Entry), Dataset: slugIn(typed.Dataset), Ground: demands.Ground(typed.Ground)}
	r.Bases, _ = catalogue.ReadBases("basis", f.basis())                                         // no more lines than the form has
	r.Into, _ = strconv.ParseInt(strings.TrimSpace(strings.TrimPrefix(typed.Into, "#")), 10, 64) // what is none is asked for
	_, err = s.Demands.Move(c.UserContext(), actor(c), number, action, r, revision)
	if wrong, ok := s.mistake(c, err); ok {
		return s.deskRequestPage(c, typed, f.basis(), wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/requests?done=1")
}

// deskActions are the moves of a desk.
var deskActions = []demands.Action{demands.Assign, demands.Forward, demands.Return, demands.Plan, demands.Link, demands.Refuse, demands.Merge, demands.Split, demands.Hide, demands.Keep, demands.Show}

// slugIn is the slug of an entry that was given by it or by the address of its
// page.
func slugIn(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '/')+1:]
}
