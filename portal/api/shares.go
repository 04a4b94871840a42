package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/sharing"
	"shuyuan/portal"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// What public bodies share with each other, by program: the directory, filing a
// request, and how it stands. The public does not learn that this is here: it is
// in no document that everybody reads, and whoever has no key of a department for
// it is told what is told of any address at which there is nothing.

// sharesBase is where it lies.
const sharesBase = "/sharing"

// hidden reports whether what is asked for is not there for who asks.
func (a *api) hidden(c *fiber.Ctx) bool {
	rest, ok := strings.CutPrefix(c.Path(), Base+sharesBase)
	if !ok || rest != "" && rest[0] != '/' {
		return false
	}
	who := a.Actor(c)
	return a.Sharing == nil || who.Key == "" || !who.Covers(account.ScopeShare) || who.Department == 0 || !who.Any(departmental...)
}

// ShareRule is a field that a text asks for.
type ShareRule struct {
	RuleSource
	Field string `json:"field" doc:"Field of the request" zh:"申请的哪一项" example:"basis"`
	Name  string `json:"name" doc:"In the words of the text" zh:"文本的说法" example:"依据"`
}

// ShareEntryLine is an entry of the directory.
type ShareEntryLine struct {
	Slug       string `json:"slug" doc:"Its name in addresses" zh:"在地址里的名字" example:"residents"`
	Title      string `json:"title" doc:"Title in Chinese" zh:"名称" example:"常住人口"`
	TitleEN    string `json:"title_en" doc:"Title in English" zh:"英文名称" example:"Residents"`
	Summary    string `json:"summary" doc:"What it is, in Chinese" zh:"摘要" example:"按街道。"`
	Department Name   `json:"department" doc:"Who provides it" zh:"提供部门"`
	Type       string `json:"share_type" enum:"unconditional,conditional,withheld" doc:"How it is shared" zh:"共享类型：unconditional 无条件，conditional 有条件，withheld 不予共享" example:"conditional"`
	URL        string `json:"url" format:"uri" doc:"The whole entry in this API" zh:"本接口里的完整条目" example:"https://data.example/api/v1/sharing/entries/residents"`
}

// ShareEntries are a part of the directory.
type ShareEntries struct {
	Total int              `json:"total" doc:"How many were found in all" zh:"一共几条" example:"36"`
	Items []ShareEntryLine `json:"items" nullable:"false" doc:"This page of them, by title" zh:"这一页，按名称"`
	Next  string           `json:"next,omitempty" doc:"The cursor of the next page; absent on the last" zh:"下一页的游标；最后一页没有" example:"Zk3qXn8tYgkx"`
}

// ShareEntry is an entry of the directory with what a request for it takes.
type ShareEntry struct {
	ShareEntryLine
	Own        bool        `json:"own" doc:"It is the department's own: it need not ask" zh:"本部门自己的，不用申请" example:"false"`
	Kind       string      `json:"kind" enum:"direct,share,reclassify" doc:"What a request for it is: direct (supplied at once), share (decided on), reclassify (that what is withheld be classified anew)" zh:"申请它属于哪一种：direct 当场提供，share 由提供部门决定，reclassify 请求重新定级" example:"share"`
	Columns    []string    `json:"columns" nullable:"false" doc:"Columns that can be named in a request" zh:"申请里可以写的列" example:"街道"`
	Conditions []string    `json:"conditions" nullable:"false" doc:"Conditions that the provider lists" zh:"提供部门列明的条件" example:"有法定职责"`
	Materials  []string    `json:"materials" nullable:"false" doc:"What the provider wants to be shown, to be answered in this order" zh:"提供部门要的材料，按这个顺序逐项写" example:"履职依据"`
	Required   []ShareRule `json:"required" nullable:"false" doc:"Fields that the provider's text asks for" zh:"提供部门所适用的规定要填的项"`
	Months     int         `json:"months" doc:"The longest term, in months (平台规则)" zh:"最长期限，月（平台规则）" example:"12"`
	Granted    []ShareHeld `json:"granted" nullable:"false" doc:"What the department holds of it now" zh:"本部门现在可以用的"`
}

// ShareHeld is a grant of sharing that stands.
type ShareHeld struct {
	Request int64    `json:"request" doc:"Number of the request" zh:"申请的编号" example:"12"`
	Columns []string `json:"columns" nullable:"false" doc:"Its columns; empty: all" zh:"哪些列；空：全部" example:"街道"`
	Purpose string   `json:"purpose" doc:"What it is for, and for nothing else" zh:"只用于这件事" example:"核对低保对象"`
	Until   string   `json:"until" format:"date" doc:"Last day of its term" zh:"期限的最后一日" example:"2027-05-26"`
}

// ShareWanted is what a department asks for.
type ShareWanted struct {
	Kind      string   `json:"kind,omitempty" enum:"return" doc:"return: one's own data back from above; left out: as the entry is shared" zh:"return：请上级把本部门的数据回流；不写：照条目的共享类型" example:"return"`
	Basis     string   `json:"basis,omitempty" doc:"On what basis" zh:"依据" example:"《示例条例》第三条"`
	Purpose   string   `json:"purpose" doc:"What for" zh:"目的" example:"核对低保对象"`
	Scenario  string   `json:"scenario,omitempty" doc:"In which work" zh:"应用场景" example:"低保审核"`
	Scope     string   `json:"scope,omitempty" doc:"Which part" zh:"范围" example:"本市"`
	Method    string   `json:"method,omitempty" doc:"How it is to be given" zh:"方式" example:"接口"`
	Needs     string   `json:"needs,omitempty" doc:"What else is needed" zh:"相关需求" example:"每月更新"`
	Months    int      `json:"months,omitempty" doc:"For how many months" zh:"用几个月" example:"6"`
	Columns   []string `json:"columns,omitempty" nullable:"false" doc:"Which columns; left out: all" zh:"哪些列；不写：全部" example:"街道"`
	Materials []string `json:"materials,omitempty" nullable:"false" doc:"What the provider wants to be shown, in the order of the entry" zh:"提供部门要的材料，按条目里的顺序" example:"示例〔2026〕1号"`
	Pledge    bool     `json:"pledge" doc:"The department uses it for nothing else and hands it to nobody" zh:"只用于写明的目的，不提供给第三方" example:"true"`
}

// ShareUpward is data of a platform above that a department wants (AS-19).
type ShareUpward struct {
	Title   string `json:"title" doc:"What data" zh:"要什么数据" example:"婚姻登记"`
	Upper   string `json:"upper" doc:"Of which platform" zh:"哪个上级平台" example:"省平台"`
	Basis   string `json:"basis" doc:"On what basis" zh:"依据" example:"《示例条例》第三条"`
	Purpose string `json:"purpose" doc:"What for" zh:"目的" example:"核对低保对象"`
	Scope   string `json:"scope" doc:"Which part" zh:"范围" example:"本市"`
}

// ShareLine is a request as a list shows it.
type ShareLine struct {
	Number   int64           `json:"number" doc:"Its number" zh:"编号" example:"12"`
	Kind     string          `json:"kind" enum:"direct,share,reclassify,return,upward" doc:"What it asks for" zh:"申请什么：direct 当场提供，share 共享，reclassify 重新定级，return 回流，upward 向上申请" example:"share"`
	State    string          `json:"state" enum:"submitted,received,accepted,agreed,supplied,refused,negotiating,referred,upheld,withdrawn,void,expired,revoked,ended,reclassifying,flowing,declined,assisting,forwarded,obtained,denied_above" doc:"How it stands" zh:"情况：received 已收到，accepted 已受理，agreed 已同意、未提供，supplied 已提供，refused 不同意，negotiating 协商，referred 主管部门决定，upheld 维持，withdrawn 撤回，void 条目已撤，expired 到期，revoked 收回，ended 不再需要，reclassifying 改目录，flowing 回流中，declined 不同意，assisting 主管部门协助，forwarded 已上报，obtained 已取得，denied_above 上级不同意" example:"accepted"`
	Entry    string          `json:"entry,omitempty" doc:"Slug of the entry; absent of what lies above" zh:"条目；向上申请的没有" example:"residents"`
	Title    string          `json:"title" doc:"What data, in Chinese" zh:"什么数据" example:"常住人口"`
	TitleEN  string          `json:"title_en" doc:"What data, in English" zh:"什么数据（英文）" example:"Residents"`
	Asker    Name            `json:"asker" doc:"Who asks" zh:"申请部门"`
	Provider *Name           `json:"provider,omitempty" doc:"Who answers; absent of what the authority takes up" zh:"提供部门；由主管部门办的没有"`
	Received time.Time       `json:"received" doc:"When it was received" zh:"收到的时间"`
	Ball     string          `json:"ball" enum:",asker,provider,authority,either" doc:"Who does the next step; empty: nobody" zh:"下一步由谁办：asker 申请部门，provider 提供部门，authority 主管部门，either 双方；空：没有人" example:"provider"`
	Due      *ApplicationDue `json:"due,omitempty" doc:"By when the next step is due, where a clock runs" zh:"下一步最迟哪天；有时钟在走才有"`
	URL      string          `json:"url" format:"uri" doc:"The whole of it in this API" zh:"本接口里的完整内容" example:"https://data.example/api/v1/sharing/requests/12"`
	Page     string          `json:"page" format:"uri" doc:"Its page, on which it is answered" zh:"页面，答复在那里写" example:"https://data.example/desk/sharing/requests/12"`
}

// ShareRequests are a part of a list.
type ShareRequests struct {
	Items []ShareLine `json:"items" nullable:"false" doc:"This page of them, the newest first" zh:"这一页，新的在前"`
	Next  string      `json:"next,omitempty" doc:"The cursor of the next page; absent on the last. The Link header has its whole address" zh:"下一页的游标；最后一页没有。Link 头里有完整地址" example:"Zk3qXn8tYgkx"`
}

// ShareClock is one period of a request.
type ShareClock struct {
	Of      string          `json:"of" enum:"acceptance,answer,negotiation,authority" doc:"Which" zh:"哪一个：acceptance 受理，answer 答复，negotiation 协商，authority 主管部门决定" example:"answer"`
	From    time.Time       `json:"from" doc:"When it began" zh:"从什么时候起"`
	Stopped *time.Time      `json:"stopped" nullable:"true" doc:"When what it asks for was done; null: it runs" zh:"办好的时间；null：还在走"`
	Due     *ApplicationDue `json:"due,omitempty" doc:"Its last day" zh:"最后一日"`
}

// ShareEvent is one step of the history.
type ShareEvent struct {
	At         time.Time `json:"at" doc:"When" zh:"时间"`
	Department string    `json:"department" doc:"Which department; empty: the platform" zh:"哪个部门；空：系统" example:"市民政局"`
	NameEN     string    `json:"department_en" doc:"The same in English; empty where there is none" zh:"英文；没有则为空" example:"Civil Affairs Bureau"`
	Act        string    `json:"act" doc:"What it did" zh:"做了什么" example:"accept"`
	State      string    `json:"state" doc:"How it stood then" zh:"之后的情况" example:"accepted"`
	Words      string    `json:"words,omitempty" doc:"What was said" zh:"写了什么" example:"同意。"`
}

// ShareCondition is a listed condition with what the provider found.
type ShareCondition struct {
	Condition string `json:"condition" doc:"The condition" zh:"条件" example:"有法定职责"`
	Met       bool   `json:"met" doc:"It is met" zh:"满足" example:"true"`
}

// ShareRequest is one request with everything that happened to it.
type ShareRequest struct {
	ShareLine
	Basis    string           `json:"basis" doc:"On what basis" zh:"依据" example:"《示例条例》第三条"`
	Purpose  string           `json:"purpose" doc:"What for" zh:"目的" example:"核对低保对象"`
	Scenario string           `json:"scenario" doc:"In which work" zh:"应用场景" example:"低保审核"`
	Scope    string           `json:"scope" doc:"Which part" zh:"范围" example:"本市"`
	Columns  []string         `json:"columns" nullable:"false" doc:"Which columns; empty: all" zh:"哪些列；空：全部" example:"街道"`
	Months   int              `json:"months" doc:"For how many months; 0: not said" zh:"几个月；没有写则为 0" example:"6"`
	Verdicts []ShareCondition `json:"conditions" nullable:"false" doc:"What the provider found about each listed condition" zh:"提供部门对列明的条件逐条的判断"`
	Words    string           `json:"words" doc:"The answer, or the reasons" zh:"答复或者理由" example:"同意。"`
	Bases    []string         `json:"bases" nullable:"false" doc:"The legal bases of a refusal" zh:"不同意的依据"`
	Guidance string           `json:"guidance" doc:"Of what is given: how to use it, and whom to ask" zh:"给出的：怎样用、找谁" example:"见接口说明。"`
	Clocks   []ShareClock     `json:"clocks" nullable:"false" doc:"Its periods, each with its article or as the platform's rule" zh:"各个期限，附条款或者标明平台规则"`
	Events   []ShareEvent     `json:"timeline" nullable:"false" doc:"What happened, the oldest first" zh:"经过，旧的在前"`
	Granted  *ShareHeld       `json:"granted,omitempty" doc:"What was given" zh:"给出的"`
}

// shares are the operations on sharing.
func shares() []keyedOperation {
	const tag = "sharing"
	key := func(id, method, path string, handle func(*portal.Server, *fiber.Ctx) error) keyedOperation {
		return withKey(id, method, sharesBase+path, tag, account.ScopeShare, handle)
	}
	values := func(all ...any) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Enum: all} }
	return []keyedOperation{
		answers[ShareEntries](key("listShareEntries", "GET", "/entries", listShareEntries).
			says("The directory of what departments share", "共享目录").
			tells("What is published of every department, however it is open to the public.", "各部门发布的条目，不论怎样对社会开放。").
			may("q", &huma.Schema{Type: huma.TypeString}, "Words in the title or the summary", "名称或简介里的字", "人口").
			may("department", &huma.Schema{Type: huma.TypeString}, "Slug of the department", "提供部门", "fj-mzt").
			may("type", values("unconditional", "conditional", "withheld"), "Only those shared so", "只要这种共享类型：unconditional 无条件，conditional 有条件，withheld 不予共享", "conditional").paged()),
		missing(answers[ShareEntry](key("getShareEntry", "GET", "/entries/{slug}", getShareEntry).
			says("One entry with what a request for it takes", "一个条目，以及申请它要什么").
			tells("The fields that the provider's text asks for, its conditions and materials, and what the department holds already.", "提供部门所适用的规定要填的项、条件和材料，以及本部门已有的。"))),
		editing(answers[ShareRequest](takes[ShareWanted](key("fileShareRequest", "POST", "/entries/{slug}/requests", fileShareRequest).
			says("Ask for an entry, for the department", "以部门名义申请一个条目").
			tells("What is shared without condition is supplied at once. The same asked twice is answered with 409. It is answered on pages, by people.", "无条件共享的当场提供。同一条目已有没办完的回 409。答复由人在网页上写。")))),
		editing(answers[ShareRequest](takes[ShareUpward](key("fileUpward", "POST", "/upward", fileUpward).
			says("Ask for data of a platform above", "向上申请").
			tells("The authority takes it up.", "由主管部门办。")))),
		answers[ShareRequests](key("listShareRequests", "GET", "/requests", listShareRequests).
			says("The requests of one side", "一方的共享申请").
			tells("Those that the department made, those made to it, or, for the authority, those of its region.", "本部门提出的、向本部门提出的，或者（主管部门）本地区的。").
			may("as", values("asker", "provider", "authority"), "On which side; asker if left out, authority for the authority", "哪一方：asker 申请部门，provider 提供部门，authority 主管部门；不写则为 asker（主管部门则为 authority）", "provider").
			may("all", values("1"), "1: what is over, too", "1：办完的也列出", "1").paged()),
		missing(answers[ShareRequest](key("getShareRequest", "GET", "/requests/{id}", getShareRequest).
			says("One request with its timeline and clocks", "一件共享申请，附经过和时钟").
			tells("For both departments and the authority over them. Data are fetched on its page: a key does not carry them.", "给双方和主管部门。数据在它的页面上取，密钥不能取。"))),
	}
}

// DeskRoutes are the addresses for departments, which nobody else learns of: those
// of sharing, their document, and the page that explains them.
var DeskRoutes = append(sharingRoutes(),
	portal.Route{Method: http.MethodGet, Path: Base + sharesBase + "/openapi.json", By: departmental, Scope: account.ScopeShare, Handle: showDeskDocument},
	portal.Route{Method: http.MethodGet, Path: "/desk/sharing/programs", By: departmental, Session: true, Handle: showDeskReference})

// departmental are the roles that find the directory of sharing.
var departmental = []account.Role{account.Officer, account.Head, account.Authority}

func sharingRoutes() (out []portal.Route) {
	for _, k := range shares() {
		r := k.route()
		r.By = departmental
		out = append(out, r)
	}
	return out
}

// deskDoc is the description of what departments do by program.
func deskDoc() *huma.OpenAPI {
	c := config()
	c.Info = &huma.Info{Title: "数源 Shuyuan: sharing between departments", Version: "1",
		Description: "What public bodies share with each other, for programs of departments. Every call needs a key that is good for sharing, made at /account by an account of a department. Whoever has none is told that there is nothing here.",
		Extensions:  map[string]any{descriptionZH: "部门之间的共享，供部门的程序使用。每次都要密钥，用途是部门共享，由部门的账号在账户页建立。没有的，一律回“没有这一页”。"}}
	c.Tags = []*huma.Tag{{Name: "sharing", Description: "The directory, filing a request, how it stands."}}
	c.ExternalDocs = &huma.ExternalDocs{URL: "/desk/sharing/programs", Description: "The same for people."}
	h := huma.NewAPI(c, paper{})
	of := func(t reflect.Type) *huma.Schema { return h.OpenAPI().Components.Schemas.Schema(t, true, t.Name()) }
	for _, k := range shares() {
		k.writing(of).add(h)
	}
	finish(h.OpenAPI())
	return h.OpenAPI()
}

func showDeskDocument(_ *portal.Server, c *fiber.Ctx) error {
	if _, err := portal.Query(c); err != nil {
		return inQuery(err)
	}
	body, err := json.Marshal(deskDoc())
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(body)
}

// showDeskReference is GET /desk/sharing/programs: the description for people of
// departments.
func showDeskReference(s *portal.Server, c *fiber.Ctx) error {
	if _, err := portal.Query(c); err != nil {
		return err
	}
	ctx, a := c.UserContext(), &api{Server: s, doc: deskDoc()}
	p := templates.ReferencePage{Frame: s.Frame(c, text.T(ctx, "共享的接口"), ""), About: inBoth(ctx, a.doc.Info.Description, a.doc.Info.Extensions, descriptionZH), Desk: true}
	p.NoIndex = true
	for _, o := range a.operationsOf(sharingRoutes()) {
		p.Operations = append(p.Operations, a.operation(ctx, o, nil))
	}
	p.Types = a.typesOf(ctx, a.operationsOf(sharingRoutes()), "Problem")
	return s.Page(c, templates.Reference(p))
}

// handleShares registers them.
func (a *api) handleShares() {
	for _, r := range DeskRoutes {
		a.Handle(r)
	}
}

func shareEntryLine(s *portal.Server, d *datasets.Dataset) ShareEntryLine {
	return ShareEntryLine{Slug: d.Slug, Title: d.Title, TitleEN: d.TitleEN, Summary: d.Summary, Department: departmentName(d.Department), Type: d.ShareType, URL: s.Config.BaseURL + Base + sharesBase + "/entries/" + d.Slug}
}

func listShareEntries(s *portal.Server, c *fiber.Ctx) error {
	words, err := datasets.CleanLine("query.q", c.Query("q"))
	if err != nil {
		return err
	}
	self, from, limit, err := walked(s, c, strings.Join([]string{"/sharing/entries", words, c.Query("department"), c.Query("type")}, "\x00"))
	if err != nil {
		return err
	}
	found, err := s.Sharing.Directory(c.UserContext(), s.Actor(c), datasets.ShareFilter{Words: words, Department: c.Query("department"), Type: c.Query("type"), Offset: int(from), Limit: limit})
	if err != nil {
		return err
	}
	out := ShareEntries{Total: found.Total, Items: []ShareEntryLine{}}
	for i := range found.Items {
		out.Items = append(out.Items, shareEntryLine(s, &found.Items[i]))
	}
	if at := int(from) + len(found.Items); at < found.Total && len(found.Items) > 0 {
		out.Next = self.write(strconv.Itoa(at))
	}
	return sendJSON(c, out)
}

func columnsSaid(columns []string) []string {
	if columns == nil {
		return []string{}
	}
	return columns
}

func getShareEntry(s *portal.Server, c *fiber.Ctx) error {
	f, err := s.Sharing.Entry(c.UserContext(), s.Actor(c), c.Params("slug"))
	if err != nil {
		return err
	}
	out := ShareEntry{ShareEntryLine: shareEntryLine(s, f.Dataset), Own: f.Own, Kind: string(sharing.KindOf(f.Dataset)), Columns: columnsSaid(f.Columns), Conditions: columnsSaid(f.Conditions), Materials: columnsSaid(f.Materials),
		Required: []ShareRule{}, Months: f.Most, Granted: []ShareHeld{}}
	for _, r := range f.Rules.Required {
		out.Required = append(out.Required, ShareRule{ruleSource(r.Source), r.Field, r.Name})
	}
	for _, g := range f.Scopes {
		out.Granted = append(out.Granted, ShareHeld{g.Request, columnsSaid(g.Columns), g.Purpose, g.Ends.Add(-time.Second).Format(time.DateOnly)})
	}
	return sendJSON(c, out)
}

func fileShareRequest(s *portal.Server, c *fiber.Ctx) error {
	var in ShareWanted
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if in.Kind != "" && in.Kind != string(sharing.Return) {
		return fault.At("kind", "请求的格式不对。")
	}
	r, err := s.Sharing.File(c.UserContext(), s.Actor(c), c.Params("slug"), sharing.Kind(in.Kind), sharing.Asked{Basis: in.Basis, Purpose: in.Purpose, Scenario: in.Scenario, Scope: in.Scope, Method: in.Method, Needs: in.Needs,
		Months: in.Months, Columns: in.Columns, Answers: in.Materials, Pledge: in.Pledge})
	if err != nil {
		return err
	}
	return sendShareRequest(s, c, r.ID)
}

func fileUpward(s *portal.Server, c *fiber.Ctx) error {
	var in ShareUpward
	if err := readJSON(c, &in); err != nil {
		return err
	}
	r, err := s.Sharing.FileUpward(c.UserContext(), s.Actor(c), sharing.Asked{Title: in.Title, Upper: in.Upper, Basis: in.Basis, Purpose: in.Purpose, Scope: in.Scope})
	if err != nil {
		return err
	}
	return sendShareRequest(s, c, r.ID)
}

func shareLine(s *portal.Server, r *sharing.Request) ShareLine {
	out := ShareLine{Number: r.ID, Kind: string(r.Kind), State: string(r.State), Entry: r.Entry.Slug, Title: r.Entry.Title, TitleEN: r.Entry.TitleEN, Asker: departmentName(r.Asker), Received: r.At.UTC(), Ball: string(r.Ball()),
		URL: s.Config.BaseURL + Base + sharesBase + "/requests/" + strconv.FormatInt(r.ID, 10), Page: s.Config.BaseURL + r.Path()}
	if r.Kind == sharing.Upward {
		out.Title = r.Asked.Title
	}
	if r.Provider.ID != 0 {
		name := departmentName(r.Provider)
		out.Provider = &name
	}
	if k := r.Running(); k != nil && r.Open() {
		out.Due = applicationDue(k.Clock, s.Now())
	}
	return out
}

func listShareRequests(s *portal.Server, c *fiber.Ctx) error {
	who, as := s.Actor(c), c.Query("as")
	if as == "" {
		if as = string(sharing.Asker); !who.Any(account.Officer, account.Head) {
			as = string(sharing.Over)
		}
	}
	self, before, limit, err := walked(s, c, "/sharing/requests "+as+" "+c.Query("all"))
	if err != nil {
		return err
	}
	found, err := s.Sharing.Requests(c.UserContext(), who, sharing.Filter{As: sharing.Part(as), All: c.Query("all") != "", Before: before, Limit: limit + 1})
	if err != nil {
		return err
	}
	out := ShareRequests{Items: []ShareLine{}}
	found, out.Next = partOf(s, c, self, found, limit, func(r **sharing.Request) int64 { return (*r).ID })
	for _, r := range found {
		out.Items = append(out.Items, shareLine(s, r))
	}
	return sendJSON(c, out)
}

func getShareRequest(s *portal.Server, c *fiber.Ctx) error {
	number, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil || number < 1 {
		return fault.New(fault.NotFound, "没有这件共享申请。")
	}
	return sendShareRequest(s, c, number)
}

func sendShareRequest(s *portal.Server, c *fiber.Ctx, number int64) error {
	r, _, _, err := s.Sharing.One(c.UserContext(), s.Actor(c), number)
	if err != nil {
		return err
	}
	out := ShareRequest{ShareLine: shareLine(s, r), Basis: r.Asked.Basis, Purpose: r.Asked.Purpose, Scenario: r.Asked.Scenario, Scope: r.Asked.Scope, Columns: columnsSaid(r.Asked.Columns), Months: r.Asked.Months,
		Verdicts: []ShareCondition{}, Words: r.Words, Bases: basisLines(r.Bases), Guidance: r.Given.Guidance, Clocks: []ShareClock{}, Events: []ShareEvent{}}
	for _, v := range r.Verdicts {
		out.Verdicts = append(out.Verdicts, ShareCondition(v))
	}
	for _, k := range r.Clocks {
		out.Clocks = append(out.Clocks, ShareClock{string(k.Of), k.From.UTC(), moment(k.Stopped), applicationDue(k.Clock, s.Now())})
	}
	for _, e := range r.Events {
		out.Events = append(out.Events, ShareEvent{e.At.UTC(), e.Department, e.DepartmentEN, string(e.Act), string(e.To), e.Words})
	}
	if g := r.Grant; g != nil {
		out.Granted = &ShareHeld{r.ID, columnsSaid(g.Columns), g.Purpose, g.LastDay.Format(time.DateOnly)}
	}
	return sendJSON(c, out)
}
