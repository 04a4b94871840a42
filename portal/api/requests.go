package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/demands"
	"shuyuan/portal"
)

// Requests for data that is not there yet (供需对接): the list, one of them, and
// putting one on it.

// Demand is one request for data.
type Demand struct {
	ID         int64    `json:"id" doc:"Its number" zh:"编号" example:"7"`
	Title      string   `json:"title" doc:"What data is wanted" zh:"要什么数据" example:"全省村委会的位置坐标"`
	Need       string   `json:"need" doc:"What exactly: columns, what it covers, how often it is updated" zh:"具体要什么：哪些列、什么范围、多久更新" example:"村名、经纬度；全省；每年"`
	Purpose    string   `json:"purpose" doc:"What for" zh:"拿来做什么" example:"规划乡村公交"`
	Proposer   string   `json:"proposer" doc:"The name that its proposer chose to be called by" zh:"提出人自己选的称呼" example:"市民"`
	Proposed   string   `json:"proposed" format:"date-time" doc:"When it was proposed" zh:"提出时间" example:"2026-11-20T02:00:00Z"`
	Department *string  `json:"department" nullable:"true" doc:"Slug of the department that answers; null while the platform looks for one" zh:"答复的部门；平台还在指派则为 null" example:"fj-mzt"`
	State      string   `json:"state" enum:"unassigned,open,planned,there,refused" doc:"Where it stands: a department is looked for, it is to answer, it promised the data by a day, it is there, it cannot be given" zh:"情况：unassigned 找部门中，open 在答复，planned 已答应，there 已经有，refused 不能给" example:"planned"`
	Late       bool     `json:"late" doc:"True where the answer or the promised data is overdue" zh:"答复或者答应的数据逾期则为 true" example:"false"`
	Due        *string  `json:"due" nullable:"true" format:"date" doc:"Day by which it is to be answered; null where nobody owes an answer" zh:"最迟哪天答复；没有人欠答复则为 null" example:"2026-12-04"`
	Votes      int      `json:"votes" doc:"How many accounts second it" zh:"多少个账号附议" example:"14"`
	Answer     string   `json:"answer" doc:"The official answer; empty until there is one" zh:"官方答复；还没有则为空" example:"正在核对坐标。"`
	Answered   *string  `json:"answered" nullable:"true" format:"date-time" doc:"When it was answered" zh:"答复时间" example:"2026-11-25T02:00:00Z"`
	Promised   *string  `json:"promised" nullable:"true" format:"date" doc:"Day by which the data was promised" zh:"答应在哪天以前开放" example:"2027-03-31"`
	Ground     string   `json:"ground" enum:",barred,nothing,undue" doc:"Why it cannot be given: the law bars it, there is no such data, making it takes more than it gives; else empty" zh:"为什么不能给：barred 依法不能开放，nothing 没有这样的数据，undue 代价过大；其他为空" example:""`
	Bases      []string `json:"bases" nullable:"false" doc:"The legal bases of a refusal" zh:"不能给的依据"`
	Dataset    *string  `json:"dataset" nullable:"true" doc:"Slug of the dataset that it is; null where there is none or it is not public" zh:"就是哪个数据集；没有或者不公开则为 null" example:"villages"`
	MergedInto *int64   `json:"merged_into" nullable:"true" doc:"Number of the request that it was merged into, where votes count" zh:"并入第几号，附议算在那里" example:"3"`
	Page       string   `json:"page" format:"uri" doc:"Its page" zh:"页面" example:"https://data.example/requests/7"`
}

// DemandList is a part of the list.
type DemandList struct {
	Items []Demand `json:"items" nullable:"false" doc:"This page of them" zh:"这一页"`
	Next  string   `json:"next,omitempty" doc:"The cursor of the next page; absent on the last" zh:"下一页的游标；最后一页没有" example:"14-7"`
}

// DemandsWanted are the conditions of the list.
type DemandsWanted struct {
	Q          string `query:"q" maxLength:"100" doc:"Words that all occur" zh:"都要出现的词" example:"坐标"`
	State      string `query:"state" enum:"waiting,promised,there,refused" doc:"Only those: waiting for a department or its answer, promised, there, refused" zh:"只要这种：waiting 在办，promised 已答应，there 已经有，refused 不能给" example:"waiting"`
	Department string `query:"department" maxLength:"100" doc:"Slug of the department; none: of those without one" zh:"部门；none 是还没有部门的" example:"none"`
	Sort       string `query:"sort" enum:"votes,new" default:"votes" doc:"Most seconded, or newest, first" zh:"附议多的在前，或者新的在前" example:"votes"`
	Limit      int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"At most so many items" zh:"一页最多几项" example:"20"`
	Cursor     string `query:"cursor" maxLength:"40" doc:"Where to go on: the next of the page before" zh:"从哪里继续：上一页的 next"`
}

// DemandWanted names one.
type DemandWanted struct {
	ID string `path:"id" maxLength:"20" doc:"Number of the request" zh:"编号" example:"1"`
}

// Proposal is what somebody asks for.
type Proposal struct {
	Title      string `json:"title" doc:"What data is wanted, 4 to 60 characters" zh:"要什么数据，4 到 60 个字" example:"全省村委会的位置坐标"`
	Need       string `json:"need" doc:"What exactly, 5 to 1,000 characters" zh:"具体要什么，5 到 1000 个字" example:"村名、经纬度；全省；每年"`
	Purpose    string `json:"purpose" doc:"What for, 5 to 1,000 characters" zh:"拿来做什么，5 到 1000 个字" example:"规划乡村公交"`
	Proposer   string `json:"proposer" doc:"The name to be called by in public" zh:"公开显示的称呼" example:"市民"`
	Department string `json:"department,omitempty" doc:"Slug of the department; left out: the platform finds one" zh:"归哪个部门；不写则由平台指派" example:"fj-mzt"`
	Anyway     bool   `json:"anyway,omitempty" doc:"Send it though there are similar ones: without it the answer is 422 and names them" zh:"有相近的也要提；不写时遇到相近的回 422 并列出" example:"false"`
}

func (a *api) registerRequests(h huma.API) {
	registerLive[DemandsWanted, body[DemandList]](h, op("listRequests", "/requests", "requests").
		summary("Data that people want", "数据需求").
		describe("Requests for data that is not open yet, with how many second each and what the department answered. Those that were merged into another are not listed.",
			"公众想要而还没有开放的数据，各有多少人附议，部门怎样答复。并入别的需求的不列出。").
		example("/requests?state=waiting&limit=2"), a.listRequests)
	registerLive[DemandWanted, body[Demand]](h, op("getRequest", "/requests/{id}", "requests").
		summary("One request for data", "一条数据需求").
		describe("What was hidden or withdrawn is not found.", "隐藏或收回的找不到。").
		example("/requests/{request}"), a.getRequest)
}

// describePropose is the operation that puts a request on the list.
func describePropose(of func(reflect.Type) *huma.Schema) writing {
	o := change("createRequest", http.MethodPost, "/requests", "requests").
		summary("Ask for data that is not there yet", "提一条数据需求").
		describe("In the name of the owner of the key, which must be good for applying. It is public at once; write no personal data.", "以密钥所有人的名义提出，密钥要有以本人名义要数据的用途。一提出就公开，请不要写个人信息。")
	o.Security = []map[string][]string{{"key": {account.ScopeApply}}}
	return writing{operation: o, takes: map[string]*huma.MediaType{fiber.MIMEApplicationJSON: {Schema: of(reflect.TypeFor[Proposal]())}}, must: true,
		status: "201", answer: of(reflect.TypeFor[Demand]()), headers: []header{{"Location", huma.TypeString, "Its address", "它的地址", true, "", "https://data.example/api/v1/requests/7"}}, codes: "409 413 422"}
}

func (a *api) demand(d *demands.Demand) Demand {
	day := func(t *time.Time) *string {
		if t == nil {
			return nil
		}
		s := t.Format(time.DateOnly)
		return &s
	}
	out := Demand{ID: d.ID, Title: d.Title, Need: d.Need, Purpose: d.Purpose, Proposer: d.Proposer, Proposed: d.ProposedAt.UTC().Format(time.RFC3339), State: string(d.State), Late: d.Late(a.Now()),
		Votes: d.Votes, Answer: d.Answer, Promised: day(d.PlannedOn), Ground: string(d.Ground), Bases: []string{}, Page: a.Config.BaseURL + "/requests/" + strconv.FormatInt(d.ID, 10)}
	if d.Department.ID != 0 {
		out.Department = &d.Department.Slug
	}
	if d.Waits() && d.Clock != nil {
		out.Due = day(&d.Clock.Last)
	}
	if d.AnsweredAt != nil {
		at := d.AnsweredAt.UTC().Format(time.RFC3339)
		out.Answered = &at
	}
	for _, b := range d.Bases {
		out.Bases = append(out.Bases, b.Line())
	}
	if d.Dataset.Slug != "" {
		out.Dataset = &d.Dataset.Slug
	}
	if d.Merged() {
		out.MergedInto = &d.Root
	}
	return out
}

func (a *api) listRequests(c *fiber.Ctx, in *DemandsWanted) error {
	found, err := a.Demands.List(c.UserContext(), demands.Filter{Words: spaced(in.Q), Group: demands.Group(in.State), Department: in.Department, Order: demands.Order(in.Sort), After: in.Cursor, Limit: in.Limit})
	if f := fault.Of(err); err != nil && f.Field == "after" {
		f.Field = "cursor"
		return inQuery(f)
	}
	if err != nil {
		return err
	}
	out := DemandList{Items: make([]Demand, len(found.Items)), Next: found.Next}
	for i := range found.Items {
		out.Items[i] = a.demand(&found.Items[i])
	}
	return a.sendNow(c, out)
}

func (a *api) getRequest(c *fiber.Ctx, in *DemandWanted) error {
	number, err := strconv.ParseInt(in.ID, 10, 64)
	if err != nil || number < 1 {
		return fault.New(fault.NotFound, "没有这条需求。")
	}
	d, err := a.publicDemand(c.UserContext(), number)
	if err != nil {
		return err
	}
	return a.sendNow(c, a.demand(d))
}

// sendNow sends what everybody is told, as it is at this moment: votes and clocks
// change without an entry of the catalogue that does.
func (a *api) sendNow(c *fiber.Ctx, v any) error {
	state, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if a.unchanged(c, visitor, string(state)) {
		return nil
	}
	return sendJSON(c, v)
}

// publicDemand is one whose words everybody may read.
func (a *api) publicDemand(ctx context.Context, number int64) (*demands.Demand, error) {
	d, err := a.Demands.One(ctx, visitor, number)
	if err == nil && !d.Public() {
		err = fault.New(fault.NotFound, "没有这条需求。")
	}
	return d, err
}

// proposeRequest is POST /requests.
func proposeRequest(s *portal.Server, c *fiber.Ctx) error {
	if _, err := portal.Query(c); err != nil {
		return inQuery(err)
	}
	var p Proposal
	if err := readJSON(c, &p); err != nil {
		return err
	}
	who := s.Actor(c)
	if who.Key == "" {
		return fault.New(fault.Unauthenticated, "请先登录。")
	}
	d, err := s.Demands.Propose(c.UserContext(), who, demands.NewDemand{Title: p.Title, Need: p.Need, Purpose: p.Purpose, Proposer: p.Proposer, Department: p.Department, Anyway: p.Anyway})
	if err != nil {
		return err
	}
	a := &api{Server: s}
	c.Set(fiber.HeaderLocation, a.Config.BaseURL+Base+"/requests/"+strconv.FormatInt(d.ID, 10))
	return answerJSON(c, fiber.StatusCreated, a.demand(d))
}
