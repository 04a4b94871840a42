package api

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/licensing/supervision"
	"shuyuan/licensing/use"
	"shuyuan/portal"
)

// What follows a grant, for its holder: reports of use, destruction at the end,
// audits, breach cases. A report and an answer are handed in by program too; a
// certificate is signed by a person, and in a case people speak.

// Obligation is a report, a destruction or an audit, as a list shows it.
type Obligation struct {
	Grant string          `json:"grant" doc:"Number of the grant" zh:"授权的编号" example:"SQZ-2026-000007"`
	Kind  string          `json:"kind" enum:"report,destruction,audit" doc:"A report of use, the destruction of what was delivered, an answer to an audit" zh:"report 使用报告，destruction 到期销毁，audit 抽查" example:"report"`
	ID    int64           `json:"id,omitempty" doc:"Of a report the number of its period, of an audit its number; absent of a destruction" zh:"报告是第几期，抽查是编号；销毁没有" example:"1"`
	State string          `json:"state" enum:"open,filed,returned,accepted,void,owed,wanting,confirmed,claimed,excused,carried,nothing,written_off,asked,answered,in_order,closed" doc:"How it stands: see the one itself" zh:"情况，意思见各自的详情" example:"open"`
	Owed  bool            `json:"owed" doc:"The holder owes the next step" zh:"下一步由使用方办" example:"true"`
	Due   *ApplicationDue `json:"due,omitempty" doc:"By when the next step is due, whoever owes it" zh:"下一步最迟哪天，不论由谁办"`
	URL   string          `json:"url" format:"uri" doc:"The whole of it in this API" zh:"本接口里的完整内容" example:"https://data.example/api/v1/grants/SQZ-2026-000007/reports/1"`
	Page  string          `json:"page" format:"uri" doc:"Its page" zh:"页面" example:"https://data.example/grants/SQZ-2026-000007/reports/1"`
}

// Obligations are several of them.
type Obligations struct {
	Items []Obligation `json:"items" nullable:"false" doc:"Those of one grant by kind; of all grants those that the holder owes, the soonest first" zh:"一份授权的，按种类；全部授权的，只列使用方该办的，最急的在前"`
}

// UseContent is what a report of use says.
type UseContent struct {
	Used        string `json:"used" doc:"What the data was used for, 2 to 2,000 characters" zh:"用在了什么上面，2 到 2000 个字" example:"每日提示下一日的空气质量。"`
	Results     string `json:"results" doc:"What came of it" zh:"成果、产品和成效" example:"小程序“明日空气”，日均两千人用。"`
	Access      string `json:"access" doc:"Who could read the data: how many, in what positions, no names" zh:"谁能读到数据：几个人、什么岗位，不写姓名" example:"两名数据工程师"`
	Security    string `json:"security" doc:"What was done for its security" zh:"安全措施" example:"自有机房，磁盘加密。"`
	Problems    string `json:"problems" doc:"What was found wrong; may be empty" zh:"碰到的问题，可以不写" example:""`
	Personal    string `json:"personal" enum:",yes,no" doc:"Whether personal data was used; empty while it is not said" zh:"是否用到个人信息：yes 有，no 没有；还没有写则为空" example:"no"`
	PersonalHow string `json:"personal_how" doc:"If so: what, and on what basis" zh:"有的：用到了什么，依据什么" example:""`
	Onward      string `json:"onward" enum:",yes,no" doc:"Whether somebody else was given data; empty while it is not said" zh:"是否提供给别人：yes 有，no 没有；还没有写则为空" example:"no"`
	OnwardHow   string `json:"onward_how" doc:"If so: who, and what" zh:"有的：给了谁，什么内容" example:""`
	Shown       string `json:"shown" doc:"Of the results, what everybody may read once the report is accepted; may be empty" zh:"愿意公示的成果，采纳后公开，可以不写" example:"小程序“明日空气”"`
}

// UseFiling is a report that is handed in.
type UseFiling struct {
	UseContent
	Revision int `json:"revision" doc:"Revision that was read: another one since is answered with 409" zh:"读到的修订号；之后又改过的回 409" example:"1"`
}

// UseEvent is one step of the history.
type UseEvent struct {
	At    time.Time `json:"at" doc:"When" zh:"时间"`
	Side  string    `json:"side" enum:"applicant,department,authority,regulator,platform" doc:"Who did it: applicant is the holder" zh:"谁：applicant 使用方，department 部门，authority 主管部门，regulator 监管机构，platform 系统" example:"department"`
	By    string    `json:"by" doc:"Name of who did it; empty: the platform" zh:"是谁；系统的为空" example:"王五"`
	Act   string    `json:"act" doc:"What it was" zh:"做了什么" example:"file"`
	Words string    `json:"words,omitempty" doc:"What was said" zh:"写了什么" example:"请写明成果。"`
}

// UseReport is the report of one period of a grant.
type UseReport struct {
	Obligation
	UseContent
	Begins   time.Time       `json:"begins" doc:"When its period began" zh:"这一期从什么时候起"`
	Opens    string          `json:"opens,omitempty" format:"date" doc:"First day on which it can be handed in, unless the grant ends before; absent: it can be now, or was" zh:"从哪天起可以交，授权提前终止的终止后就能交；没有这一项：现在就能交，或已交" example:"2026-08-19"`
	Missing  string          `json:"missing,omitempty" doc:"Of one that was returned: what the department found missing" zh:"退回的：部门列出还缺什么" example:"请写明成果。"`
	Filed    *time.Time      `json:"filed" nullable:"true" doc:"When it was handed in; null: not yet" zh:"交来的时间；还没有则为 null"`
	FiledBy  string          `json:"filed_by,omitempty" doc:"Name of the account that handed it in" zh:"由谁交" example:"王五"`
	Accepted *time.Time      `json:"accepted" nullable:"true" doc:"When the department accepted it; null: not yet" zh:"部门采纳的时间；还没有则为 null"`
	Suspends *ApplicationDue `json:"suspends,omitempty" doc:"The holder was warned: after this day the platform suspends the grant" zh:"已经警告：过了这一日，平台暂停授权"`
	Stopped  *time.Time      `json:"grant_suspended" nullable:"true" doc:"Since when the grant is suspended because of it: handing it in lifts that at once; null: it is not" zh:"因为没有交，授权从什么时候起暂停，交来当场恢复；没有则为 null"`
	Revision int             `json:"revision" doc:"Its revision, which every change names" zh:"修订号，改动时要写" example:"1"`
	Can      []string        `json:"can" nullable:"false" enum:"file,complete" doc:"What the holder can do now: file, or complete what was returned; both by POST" zh:"使用方现在能办的：file 交，complete 补交；都用 POST" example:"file"`
	Events   []UseEvent      `json:"timeline" nullable:"false" doc:"What happened, the oldest first" zh:"经过，旧的在前"`
}

// UseDelivered is one version that was delivered under a grant.
type UseDelivered struct {
	Grant   string    `json:"grant" doc:"Number of the grant that it was delivered under" zh:"依据哪份授权取的" example:"SQZ-2026-000007"`
	File    string    `json:"file" doc:"Name of the file" zh:"文件名" example:"air.csv"`
	Version int       `json:"version" doc:"Number of the version" zh:"第几版" example:"3"`
	SHA256  string    `json:"sha256" doc:"SHA-256 of the version" zh:"这一版的 SHA-256" example:"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"`
	Times   int       `json:"times" doc:"How often" zh:"取了几次" example:"12"`
	Bytes   int64     `json:"bytes" doc:"Bytes that left" zh:"送出的字节数" example:"123456"`
	First   time.Time `json:"first" doc:"The first time" zh:"第一次"`
	Last    time.Time `json:"last" doc:"The last time" zh:"最后一次"`
}

// UseCertificate is a certificate of destruction as it was filed.
type UseCertificate struct {
	Number    string     `json:"number" doc:"Its number" zh:"编号" example:"XH-2026-000003"`
	SHA256    string     `json:"sha256" doc:"SHA-256 of its text" zh:"全文的 SHA-256" example:"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"`
	Text      string     `json:"text" doc:"Its text" zh:"全文"`
	Filed     *time.Time `json:"filed" nullable:"true" doc:"When a person signed it" zh:"由人出具的时间"`
	By        string     `json:"by" doc:"Name of who did" zh:"出具人" example:"王五"`
	Confirmed bool       `json:"confirmed" doc:"The department has confirmed it" zh:"部门已经确认" example:"true"`
}

// UseNext is the page on which a person does what no program can.
type UseNext struct {
	Act  string `json:"act" enum:"certify" doc:"certify: sign the certificate, or say why the data need not be destroyed" zh:"certify 出具销毁证明，或者说明为什么不销毁" example:"certify"`
	Page string `json:"page" format:"uri" doc:"The page: a person who may sign signs in there and shows anew who they are" zh:"页面：由有权签署的人登录、再次确认身份后办" example:"https://data.example/grants/SQZ-2026-000007/destruction"`
}

// UseDestruction is what becomes of delivered data once its grant has ended.
type UseDestruction struct {
	Obligation
	Ended       time.Time       `json:"ended" doc:"When the grant ended" zh:"授权终止的时间"`
	Items       []UseDelivered  `json:"items" nullable:"false" doc:"What was delivered, from the acquisition records" zh:"取过的数据，据取数记录"`
	CarriedTo   string          `json:"carried_to,omitempty" doc:"Number of the later grant that answers for the data" zh:"由后来的哪份授权继续负责" example:"SQZ-2026-000011"`
	Ground      string          `json:"ground,omitempty" enum:"law,agreement" doc:"Of an exception that was asked for: why" zh:"提出不销毁的：law 法律规定，agreement 协议另有约定" example:"law"`
	GroundWords string          `json:"ground_words,omitempty" doc:"The same in words" zh:"不销毁的说明" example:"会计资料须保存十年。"`
	Words       string          `json:"words,omitempty" doc:"What the department said" zh:"部门的意见" example:"请补充备份的销毁。"`
	Certificate *UseCertificate `json:"certificate,omitempty" doc:"The certificate, once it was filed" zh:"交来的销毁证明"`
	Next        *UseNext        `json:"next,omitempty" doc:"Where a person signs, while it is owed" zh:"还欠着时：由人在哪里办"`
	Events      []UseEvent      `json:"timeline" nullable:"false" doc:"What happened, the oldest first" zh:"经过，旧的在前"`
}

// UseAudit is the audit of a grant that was drawn.
type UseAudit struct {
	Obligation
	Draw      string     `json:"draw" doc:"Number of the sample: grants are drawn by chance" zh:"哪一次抽查：授权是随机抽到的" example:"CC-2026-000002"`
	By        string     `json:"by" enum:"authority,regulator" doc:"Who asks" zh:"谁抽查：authority 主管部门，regulator 监管机构" example:"authority"`
	Questions string     `json:"questions" doc:"What is asked, the same of every grant that was drawn" zh:"问题，每份抽到的授权都一样" example:"数据存放在哪里？"`
	Asked     time.Time  `json:"asked" doc:"When it was asked" zh:"提问的时间"`
	Answer    string     `json:"answer" doc:"What the holder answered; empty: nothing yet" zh:"答复；还没有则为空" example:"在自有机房。"`
	Answered  *time.Time `json:"answered" nullable:"true" doc:"When it was answered; null: not yet" zh:"答复的时间；还没有则为 null"`
	Found     *time.Time `json:"found" nullable:"true" doc:"When the finding was made; null: not yet" zh:"作出结论的时间；还没有则为 null"`
	Finding   string     `json:"finding,omitempty" doc:"The finding" zh:"结论" example:"核对无误。"`
	Violation string     `json:"violation,omitempty" doc:"The violation that is suspected, in the words of the rule" zh:"涉嫌的违规，照规则的说法" example:"超范围使用"`
	Closing   string     `json:"closing,omitempty" doc:"How it was closed" zh:"怎样结案" example:"已经整改。"`
	Revision  int        `json:"revision" doc:"Its revision, which every change names" zh:"修订号，改动时要写" example:"1"`
	Can       []string   `json:"can" nullable:"false" enum:"answer" doc:"What the holder can do now: answer, by POST" zh:"使用方现在能办的：answer 答复，用 POST" example:"answer"`
	Events    []UseEvent `json:"timeline" nullable:"false" doc:"What happened, the oldest first" zh:"经过，旧的在前"`
}

// UseAnswer is an answer to an audit.
type UseAnswer struct {
	Answer   string `json:"answer" doc:"To each question, 2 to 2,000 characters; whoever asks and the department read it" zh:"逐条答复，2 到 2000 个字；抽查的机构和提供数据的部门看得到" example:"在自有机房，两名工程师能读。"`
	Revision int    `json:"revision" doc:"Revision that was read: another one since is answered with 409" zh:"读到的修订号；之后又改过的回 409" example:"1"`
}

// CaseLine is a breach case as a list shows it.
type CaseLine struct {
	Number     string            `json:"number" doc:"Its number" zh:"编号" example:"WY-2026-000002"`
	Grant      string            `json:"grant" doc:"Number of the grant that it is against" zh:"针对哪份授权" example:"SQZ-2026-000007"`
	State      string            `json:"state" enum:"hearing,answered,cleared,warned,held,revoking,disputed,upheld,overturned,mended,revoked" doc:"How it stands" zh:"情况：hearing 听取说明，answered 已说明、待决定，cleared 不构成违约，warned 警告，held 暂停至整改，revoking 撤销、异议期内，disputed 有异议，upheld 维持，overturned 改变，mended 已整改，revoked 已撤销" example:"hearing"`
	Outcome    string            `json:"outcome" enum:",none,warning,suspension,revocation" doc:"What was decided; empty: nothing yet" zh:"决定：none 不构成，warning 警告，suspension 暂停，revocation 撤销；空：还没有" example:"warning"`
	Decider    string            `json:"decider" enum:"department,authority,regulator" doc:"Who decides" zh:"由谁决定：department 部门，authority 主管部门，regulator 监管机构" example:"department"`
	Halted     bool              `json:"grant_suspended" doc:"The grant is suspended now because of it" zh:"授权现在因这一案暂停" example:"false"`
	Violations []ApplicationWord `json:"violations" nullable:"false" doc:"What is held against the holder, in the words of the rule" zh:"涉嫌的违约，照规则的说法"`
	Opened     *time.Time        `json:"opened" nullable:"false" doc:"When it was opened" zh:"立案的时间"`
	Due        *ApplicationDue   `json:"due,omitempty" doc:"By when the next step is due; of a decision until when it can be disputed" zh:"下一步最迟哪天；已决定的：异议到哪天"`
	URL        string            `json:"url" format:"uri" doc:"The whole of it in this API" zh:"本接口里的完整内容" example:"https://data.example/api/v1/grants/SQZ-2026-000007/breaches/WY-2026-000002"`
	Page       string            `json:"page" format:"uri" doc:"Its page, on which its holder answers and disputes" zh:"页面，说明和异议在那里写" example:"https://data.example/grants/SQZ-2026-000007/breaches/WY-2026-000002"`
}

// Cases are those against one grant.
type Cases struct {
	Items []CaseLine `json:"items" nullable:"false" doc:"Newest first, at most 100" zh:"新的在前，最多 100 件"`
}

// Case is one breach case as the holder of the grant is told.
type Case struct {
	CaseLine
	Facts    string     `json:"facts" doc:"What is held against the holder" zh:"事实" example:"整表转给了第三方。"`
	Evidence string     `json:"evidence" doc:"The evidence" zh:"证据" example:"取数记录 3 条"`
	Answer   string     `json:"answer" doc:"What the holder said; empty: nothing yet" zh:"使用方的说明；还没有则为空" example:"没有转给别人。"`
	Reason   string     `json:"reason" doc:"Why it was decided so; empty: it is not decided" zh:"决定的理由；还没有则为空" example:"首次，情节轻微。"`
	Basis    string     `json:"basis" doc:"On what basis" zh:"依据" example:"协议第七条"`
	Grounds  string     `json:"grounds" doc:"Of a dispute: why" zh:"异议的理由" example:"记录不是我们的。"`
	Verdict  string     `json:"verdict" doc:"Of a dispute: what the authority decided" zh:"异议的决定" example:"维持。"`
	Events   []UseEvent `json:"timeline" nullable:"false" doc:"What happened, the oldest first: each step was told by letter" zh:"经过，旧的在前：每一步都发过信"`
}

// owing are the operations on what follows one's own grants.
func owing() []keyedOperation {
	const tag = "grants"
	read := func(id, path string, handle func(*portal.Server, *fiber.Ctx) error) keyedOperation {
		return missing(withKey(id, "GET", path, tag, account.ScopeRead, handle))
	}
	return []keyedOperation{
		answers[Obligations](read("listObligations", "/obligations", listObligations).
			says("What one owes under one's grants", "自己在各份授权下该办的").
			tells("Reports of use, destruction, answers to audits: each with its last day and where that comes from. A key that was made for one grant sees what that one brings.", "使用报告、到期销毁、抽查的答复：各附最后一日和依据。为一份授权建立的密钥只看得到那一份的。")),
		answers[Obligations](read("listGrantObligations", "/grants/{number}/obligations", listGrantObligations).
			says("Everything that follows a grant", "一份授权之后的全部事项").
			tells("Also what is done.", "办完的也在内。")),
		answers[UseReport](read("getReport", "/grants/{number}/reports/{id}", getUseReport).
			says("One report of use", "一期使用报告").
			tells("Of the period with this number, from 1.", "第几期，从 1 数起。")),
		editing(answers[UseReport](takes[UseFiling](withKey("fileReport", "POST", "/grants/{number}/reports/{id}", tag, account.ScopeApply, fileUseReport).
			says("Hand in a report of use", "交使用报告").
			tells("Or what was missing of one that was returned. It signs nothing anew, so a program may. Where the grant was suspended because the report was late, that ends at once.", "退回的也这样补。报告不是签署，程序可以交。因为逾期没有交而暂停的授权，交来当场恢复。")))),
		answers[UseDestruction](read("getDestruction", "/grants/{number}/destruction", getDestruction).
			says("What is to be destroyed at the end of a grant", "授权终止后要销毁什么").
			tells("From the acquisition records. The certificate is signed by a person who may, who has shown anew who they are, on the page that next names; no program can. 404 while the grant has not ended.", "据取数记录。销毁证明由有权签署的人再次确认身份后，在 next 的页面上出具，程序不能。授权还没有终止时回 404。")),
		answers[UseAudit](read("getAudit", "/grants/{number}/audits/{id}", getAudit).
			says("One audit of a grant", "一次抽查").
			tells("The questions, and what was answered.", "问题和答复。")),
		editing(answers[UseAudit](takes[UseAnswer](withKey("answerAudit", "POST", "/grants/{number}/audits/{id}", tag, account.ScopeApply, answerAudit).
			says("Answer an audit", "答复抽查").
			tells("Once: what was answered stays.", "只能答复一次，答复后不能改。")))),
		answers[Cases](read("listBreaches", "/grants/{number}/breaches", listCases).
			says("Breach cases against a grant", "针对一份授权的违约案").
			tells("Those that were opened.", "立了案的。")),
		answers[Case](read("getBreach", "/grants/{number}/breaches/{case}", getCase).
			says("One breach case", "一件违约案").
			tells("How it stands, its clock, and what was said. Only read here: to answer and to dispute is for a person, on its page.", "情况、时钟、各方写了什么。这里只能读：说明和异议由人在它的页面上写。")),
	}
}

// under is an obligation of a grant; path is that of its page, which is the same in
// this API.
func under(s *portal.Server, grant string, kind use.About, id int64, state string, owed bool, clock *deadline.Clock, path string) Obligation {
	return Obligation{Grant: grant, Kind: string(kind), ID: id, State: state, Owed: owed, Due: applicationDue(clock, s.Now()), URL: s.Config.BaseURL + Base + path, Page: s.Config.BaseURL + path}
}

func reportUnder(s *portal.Server, r *use.Report) Obligation {
	return under(s, r.Grant.Number, use.AboutReport, int64(r.Number), string(r.State), r.Waits(), r.Clock, r.Path())
}

func destructionUnder(s *portal.Server, d *use.Destruction) Obligation {
	return under(s, d.Grant.Number, use.AboutDestruction, 0, string(d.State), d.Waits(), d.Clock, d.Path())
}

func auditUnder(s *portal.Server, a *use.Audit) Obligation {
	return under(s, a.Grant.Number, use.AboutAudit, a.ID, string(a.State), a.Waits(), a.Clock, a.Path())
}

// obligations are all that follow some grants.
func obligations(s *portal.Server, u *use.Under) []Obligation {
	out := []Obligation{}
	for i := range u.Reports {
		out = append(out, reportUnder(s, &u.Reports[i]))
	}
	for i := range u.Destructions {
		out = append(out, destructionUnder(s, &u.Destructions[i]))
	}
	for i := range u.Audits {
		out = append(out, auditUnder(s, &u.Audits[i]))
	}
	return out
}

// grantsAtOnce is how many grants are looked through at once for what is owed.
const grantsAtOnce = 500

func listObligations(s *portal.Server, c *fiber.Ctx) error {
	out := Obligations{Items: []Obligation{}}
	for before := int64(0); ; {
		grants, err := s.Licensing.GrantsOf(c.UserContext(), s.Actor(c), before, grantsAtOnce)
		if err != nil {
			return err
		}
		var ids []int64
		for i := range grants {
			ids, before = append(ids, grants[i].ID), grants[i].ID
		}
		found, err := s.Use.Under(c.UserContext(), ids...)
		if err != nil {
			return err
		}
		out.Items = append(out.Items, slices.DeleteFunc(obligations(s, &found), func(o Obligation) bool { return !o.Owed })...)
		if len(grants) < grantsAtOnce {
			break
		}
	}
	slices.SortStableFunc(out.Items, func(a, b Obligation) int { return cmp.Compare(a.lastDay(), b.lastDay()) })
	return sendJSON(c, out)
}

// lastDay is when it is due; what has no day comes last.
func (o Obligation) lastDay() string {
	if o.Due == nil {
		return "9999"
	}
	return o.Due.Day
}

func listGrantObligations(s *portal.Server, c *fiber.Ctx) error {
	g, err := ownGrant(s, c)
	if err != nil {
		return err
	}
	found, err := s.Use.Under(c.UserContext(), g.ID)
	if err != nil {
		return err
	}
	return sendJSON(c, Obligations{obligations(s, &found)})
}

// useNumber is the number of a report or an audit that the address names.
func useNumber(c *fiber.Ctx) (int64, error) {
	n, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != c.Params("id") { // +1 and 01 are no second addresses
		return 0, fault.New(fault.NotFound, "没有这一件。")
	}
	return n, nil
}

func useEvents(all []use.Event) []UseEvent {
	out := []UseEvent{}
	for _, e := range all {
		out = append(out, UseEvent{e.At.UTC(), string(e.Side), e.By, e.Act, e.Words})
	}
	return out
}

func offered[A ~string](all []A) []string {
	out := []string{}
	for _, a := range all {
		out = append(out, string(a))
	}
	return out
}

// mostPeriods is beyond any number of a period.
const mostPeriods = 1_000_000

func getUseReport(s *portal.Server, c *fiber.Ctx) error {
	n, err := useNumber(c)
	if err != nil {
		return err
	}
	p, err := s.Use.Report(c.UserContext(), s.Actor(c), c.Params("number"), int(min(n, mostPeriods)))
	if err != nil {
		return err
	}
	r := &p.Report
	var opens string
	if !r.Opens.IsZero() {
		opens = r.Opens.Format(time.DateOnly)
	}
	return sendJSON(c, UseReport{Opens: opens, Obligation: reportUnder(s, r), UseContent: UseContent(r.Content), Begins: r.Begins.UTC(), Missing: r.Missing, Filed: moment(r.FiledAt), FiledBy: r.FiledBy, Accepted: moment(r.AcceptedAt),
		Suspends: applicationDue(r.Breaks, s.Now()), Stopped: moment(r.Suspended), Revision: r.Revision, Can: offered(p.Offers), Events: useEvents(p.Events)})
}

func fileUseReport(s *portal.Server, c *fiber.Ctx) error {
	var in UseFiling
	if err := readJSON(c, &in); err != nil {
		return err
	}
	n, err := useNumber(c)
	if err != nil {
		return err
	}
	if _, err := s.Use.File(c.UserContext(), s.Actor(c), c.Params("number"), int(min(n, mostPeriods)), use.Content(in.UseContent), in.Revision); err != nil {
		return err
	}
	return getUseReport(s, c)
}

func getDestruction(s *portal.Server, c *fiber.Ctx) error {
	p, err := s.Use.Destruction(c.UserContext(), s.Actor(c), c.Params("number"))
	if err != nil {
		return err
	}
	d := &p.Destruction
	out := UseDestruction{Obligation: destructionUnder(s, d), Ended: d.EndedAt.UTC(), Items: []UseDelivered{}, CarriedTo: d.CarriedTo, Ground: d.Ground, GroundWords: d.GroundWords, Words: d.Words, Events: useEvents(p.Events)}
	for _, i := range d.Items {
		out.Items = append(out.Items, UseDelivered{i.Grant, i.File, i.Version, i.SHA256, i.Times, i.Bytes, i.First.UTC(), i.Last.UTC()})
	}
	if d.SHA256 != "" && !d.Waits() {
		out.Certificate = &UseCertificate{d.Number, d.SHA256, d.Body, moment(d.FiledAt), d.FiledBy, d.State == use.Confirmed}
	}
	if d.Waits() {
		out.Next = &UseNext{"certify", out.Page}
	}
	return sendJSON(c, out)
}

func getAudit(s *portal.Server, c *fiber.Ctx) error {
	id, err := useNumber(c)
	if err != nil {
		return err
	}
	p, err := s.Use.Audit(c.UserContext(), s.Actor(c), c.Params("number"), id)
	if err != nil {
		return err
	}
	a := &p.Audit
	out := UseAudit{Obligation: auditUnder(s, a), Draw: a.Draw.Number, By: string(a.Draw.Side), Questions: a.Draw.Questions, Asked: a.AskedAt.UTC(), Answer: a.Answer, Answered: moment(a.AnsweredAt), Found: moment(a.FoundAt), Finding: a.Words,
		Closing: a.Closing, Revision: a.Revision, Can: offered(p.Offers), Events: useEvents(p.Events)}
	if _, rule := s.Use.Violations(a); a.Violation != "" {
		out.Violation = a.Violation
		for _, o := range rule.Options {
			if o.Code == a.Violation {
				out.Violation = o.Name.Zh
			}
		}
	}
	return sendJSON(c, out)
}

func answerAudit(s *portal.Server, c *fiber.Ctx) error {
	var in UseAnswer
	if err := readJSON(c, &in); err != nil {
		return err
	}
	id, err := useNumber(c)
	if err != nil {
		return err
	}
	if _, err := s.Use.Move(c.UserContext(), s.Actor(c), c.Params("number"), id, use.AuditStep{Action: use.Answer, Words: in.Answer, Revision: in.Revision}); err != nil {
		return err
	}
	return getAudit(s, c)
}

func caseLine(s *portal.Server, b *supervision.Breach) CaseLine {
	path := "/grants/" + b.GrantNo + "/breaches/" + b.Number
	out := CaseLine{Number: b.Number, Grant: b.GrantNo, State: string(b.State), Outcome: string(b.Outcome), Decider: string(b.Decider), Halted: b.Halted(), Violations: []ApplicationWord{}, Opened: moment(b.OpenedAt),
		Due: applicationDue(b.Clock, s.Now()), URL: s.Config.BaseURL + Base + path, Page: s.Config.BaseURL + path}
	for _, o := range b.Violations {
		out.Violations = append(out.Violations, ApplicationWord{o.Name.Zh, o.Name.En})
	}
	return out
}

func listCases(s *portal.Server, c *fiber.Ctx) error {
	g, err := ownGrant(s, c)
	if err != nil {
		return err
	}
	found, err := s.Supervision.BreachesOf(c.UserContext(), s.Actor(c), supervision.Of(g.Number))
	if err != nil {
		return err
	}
	out := Cases{Items: []CaseLine{}}
	for i := range found {
		out.Items = append(out.Items, caseLine(s, &found[i]))
	}
	return sendJSON(c, out)
}

func getCase(s *portal.Server, c *fiber.Ctx) error {
	g, err := ownGrant(s, c)
	if err != nil {
		return err
	}
	b, err := s.Supervision.HeldBreach(c.UserContext(), s.Actor(c), supervision.Of(g.Number), c.Params("case"))
	if err != nil {
		return err
	}
	out := Case{CaseLine: caseLine(s, b.Breach), Facts: b.Facts, Evidence: b.Evidence, Answer: b.Answer, Reason: b.Reason, Basis: b.Basis, Grounds: b.Grounds, Verdict: b.Verdict, Events: []UseEvent{}}
	for _, e := range b.Events {
		out.Events = append(out.Events, UseEvent{e.At.UTC(), string(e.Side), e.Name, e.Act, e.Words})
	}
	return sendJSON(c, out)
}
