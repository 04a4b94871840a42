package api

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/licensing"
	"shuyuan/portal"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// Applications for data that is open on conditions: what is needed, the draft, how
// it stands. What binds is signed by a person on a page and never by a program.

// RuleSource is where a rule comes from.
type RuleSource struct {
	Cite  []string `json:"cite" nullable:"false" doc:"Articles by their short names, as on /law; none where it is the platform's rule" zh:"条款的简称，同 /law；平台规则则没有" example:"TJ-23.2"`
	House bool     `json:"house" doc:"True where the platform has set it because the text is silent (平台规则)" zh:"文本没有规定、由平台定的（平台规则）则为 true" example:"false"`
}

// ApplicationTerm is a period that a rule sets.
type ApplicationTerm struct {
	RuleSource
	Days     int    `json:"days" doc:"How many of the unit" zh:"多少个单位" example:"2"`
	Unit     string `json:"unit" doc:"The unit of days, in Chinese: a rule may count months" zh:"days 的单位：规则也可能按月计" example:"个工作日"`
	UnitEN   string `json:"unit_en" doc:"The unit of days, in English" zh:"days 的单位（英文）" example:"working days"`
	Rule     string `json:"rule" doc:"The rule: profile and path, as at /law" zh:"规则：规则集和路径，见 /law" example:"cn-tianjin-2018 open.application.decision_deadline"`
	Source   string `json:"source" doc:"The rule in words, in Chinese" zh:"规则的说法" example:"第二十三条第二款"`
	SourceEN string `json:"source_en" doc:"The rule in words, in English" zh:"规则的说法（英文）" example:"Article 23, paragraph 2"`
}

// ApplicationDue is the last day of a period that runs.
type ApplicationDue struct {
	ApplicationTerm
	Day         string `json:"day" format:"date" doc:"The last day" zh:"最后一日" example:"2026-12-04"`
	Late        bool   `json:"late" doc:"That day has passed" zh:"已经逾期" example:"false"`
	Preliminary bool   `json:"preliminary" doc:"The calendar of that year is not published yet: the day may change, and nobody is late by it" zh:"那一年的工作日历还没有公布：日期可能变，也不算逾期" example:"false"`
}

// ApplicationWord is a value with its English.
type ApplicationWord struct {
	Value   string `json:"value" doc:"The value, as it is sent" zh:"值，照此填写" example:"社会服务"`
	LabelEN string `json:"label_en" doc:"In English; empty where there is only the Chinese of the text" zh:"英文；文本只有中文则为空" example:"social services"`
}

// ApplicationLane is a way to use data, on which other rules depend.
type ApplicationLane struct {
	RuleSource
	Lane       string            `json:"lane" enum:"public,academic,commercial" doc:"Which" zh:"哪一种：public 公共，academic 科研教育，commercial 商业" example:"academic"`
	Applicants []ApplicationWord `json:"applicants" nullable:"false" doc:"Who may take it; empty: everybody" zh:"谁可以走这一条；空：谁都可以"`
	Limit      string            `json:"limit" doc:"What it is limited to, in the words of the text; empty: not stated" zh:"限于什么，照文本；没有写则为空" example:"科研教育等公益性活动"`
	Award      bool              `json:"award" doc:"Only whoever wins a competition is given the data" zh:"须公开竞争，中选者才给" example:"false"`
}

// ApplicationConditions are what every applicant for an entry is given and asked for
// alike.
type ApplicationConditions struct {
	Method       string   `json:"method" doc:"How it is opened" zh:"开放方式" example:"接口、下载"`
	Requirements string   `json:"requirements" doc:"What its use must keep to" zh:"使用要求" example:"不得还原个人。"`
	Safeguards   string   `json:"safeguards" doc:"How it must be kept safe" zh:"安全保障" example:"加密保存。"`
	Months       int      `json:"months" doc:"The longest term, in months" zh:"最长期限，月" example:"12"`
	Files        int      `json:"files_a_day" doc:"Files a day" zh:"每天可取多少个文件" example:"100"`
	Rows         int      `json:"rows_a_day" doc:"Questions about rows a day" zh:"每天可查询多少次行" example:"1000"`
	Materials    []string `json:"materials" nullable:"false" doc:"What is to be handed in besides" zh:"另外要交的材料"`
	House        bool     `json:"house" doc:"The figures are the platform's: the department has set no others" zh:"数字是平台的：部门没有另定" example:"true"`
}

// ApplicationNeeds is what is told before an application.
type ApplicationNeeds struct {
	Dataset    string                 `json:"dataset" doc:"Slug of the dataset" zh:"数据集" example:"air-stations"`
	Apply      bool                   `json:"apply" doc:"It must be applied for. False: it is open to everybody, and nothing else is told here" zh:"须申请。false：谁都可以直接取，以下都没有" example:"true"`
	Days       int                    `json:"days,omitempty" doc:"Working days by rule, acceptance and decision together" zh:"按规则一共几个工作日，受理和决定合计" example:"7"`
	Median     int                    `json:"median,omitempty" doc:"Working days that those decided so far took, the middle one; absent where there were none" zh:"已决定的用了几个工作日，中位数；还没有则没有这一项" example:"2"`
	Decided    int                    `json:"decided,omitempty" doc:"How many were decided, of the last 500" zh:"决定过多少件，最近 500 件以内" example:"14"`
	Accept     *ApplicationTerm       `json:"accept,omitempty" doc:"By when it is accepted (受理); later it is accepted by itself" zh:"几日内受理；过期自动受理"`
	Decide     *ApplicationTerm       `json:"decide,omitempty" doc:"By when it is decided" zh:"几日内决定"`
	Receipt    bool                   `json:"from_receipt,omitempty" doc:"The days of the decision count from receipt, not from acceptance" zh:"决定的期限从收到起算，不从受理起算" example:"true"`
	Opened     bool                   `json:"until_opened,omitempty" doc:"Within them the data is opened, not only agreed to" zh:"期限内须开通，不只是同意" example:"true"`
	Lanes      []ApplicationLane      `json:"lanes,omitempty" nullable:"false" doc:"The ways to use it" zh:"用途"`
	Areas      []ApplicationWord      `json:"areas,omitempty" nullable:"false" doc:"Areas of use, of which one is chosen" zh:"用途领域，选一个"`
	AreasFrom  *RuleSource            `json:"areas_from,omitempty" doc:"Where the areas come from" zh:"领域从哪里来"`
	Conditions *ApplicationConditions `json:"conditions,omitempty" doc:"What every applicant is given and asked for alike" zh:"对每个申请人都一样的条件"`
	Returns    int                    `json:"returns,omitempty" doc:"How often the department may ask for what is missing, each time with the clock stopped (平台规则)" zh:"部门最多可以要求补正几次，其间时钟停着（平台规则）" example:"1"`
	Page       string                 `json:"page,omitempty" format:"uri" doc:"The same for people" zh:"给人看的页面" example:"https://data.example/datasets/air-stations/apply"`
}

// Decision is an application that was decided, without who asked.
type Decision struct {
	Decided   time.Time `json:"decided" doc:"When it was decided" zh:"决定的时间"`
	Applicant string    `json:"applicant" enum:"natural,legal,unincorporated" doc:"What kind of applicant" zh:"申请人的种类：natural 自然人，legal 法人，unincorporated 非法人组织" example:"legal"`
	Lane      string    `json:"lane" enum:"public,academic,commercial" doc:"For which use" zh:"用途：public 公共，academic 科研教育，commercial 商业" example:"public"`
	State     string    `json:"state" enum:"granted,offered,refused,disputed,upheld,withdrawn,lapsed" doc:"What became of it" zh:"结果：granted 同意，offered 同意一部分、待签，refused 不同意，disputed 有异议，upheld 维持，withdrawn 决定后撤回，lapsed 逾期作废" example:"granted"`
	Months    int       `json:"months" doc:"Term that was asked for" zh:"申请的期限，月" example:"6"`
	Asked     int       `json:"asked" doc:"Columns that were asked for; a file that is no table counts one" zh:"申请的列数；不是表格的文件算一列" example:"4"`
	Given     int       `json:"given" doc:"Columns that were given" zh:"给出的列数" example:"4"`
	Days      int       `json:"days" doc:"Working days from submission" zh:"自提交起的工作日数" example:"2"`
	Late      bool      `json:"late" doc:"It was decided after its last day" zh:"逾期才决定" example:"false"`
	Revision  int       `json:"conditions" doc:"Revision of the conditions that it was decided under; 0: the platform's figures" zh:"依据的条件是第几次修改；0：平台的数字" example:"1"`
	Bases     []string  `json:"bases" nullable:"false" doc:"The legal bases of what was not given" zh:"没有给的依据"`
}

// Decisions are those of one dataset.
type Decisions struct {
	Items []Decision `json:"items" nullable:"false" doc:"Newest first, at most 200" zh:"新的在前，最多 200 件"`
	Other int        `json:"other" doc:"How many more there are" zh:"另外还有多少件" example:"0"`
}

const mostDecisions = 200

func ruleSource(s catalogue.Source) RuleSource {
	out := RuleSource{Cite: []string{}, House: s.House}
	if !s.House {
		out.Cite = append(out.Cite, s.Cite...)
	}
	return out
}

func applicationTerm(c *deadline.Clock) ApplicationTerm {
	out := ApplicationTerm{RuleSource: RuleSource{Cite: []string{}, House: c.House()}, Rule: c.Profile + " " + c.Path}
	if !c.House() {
		out.Cite = append(out.Cite, c.Rule.Cite...)
	}
	out.Days, _ = c.Rule.Number()
	out.Unit, out.UnitEN = c.Rule.Unit.Zh, c.Rule.Unit.En
	zh, en := text.With(context.Background(), text.Chinese), text.With(context.Background(), text.English)
	out.Source, _, _ = templates.ClockSource(zh, c.Profile, c.Rule)
	out.SourceEN, _, _ = templates.ClockSource(en, c.Profile, c.Rule)
	return out
}

func applicationDue(c *deadline.Clock, now time.Time) *ApplicationDue {
	if c == nil {
		return nil
	}
	return &ApplicationDue{ApplicationTerm: applicationTerm(c), Day: c.Last.Format(time.DateOnly), Late: c.Late(now), Preliminary: c.Preliminary()}
}

func applicationWords(all []policy.Word) []ApplicationWord {
	out := []ApplicationWord{}
	for _, w := range all {
		out = append(out, ApplicationWord{w.Zh, cmp.Or(w.En, templates.AreaEN(w.Zh))})
	}
	return out
}

func applicationConditions(c licensing.Conditions) *ApplicationConditions {
	materials := c.Materials
	if materials == nil {
		materials = []string{}
	}
	return &ApplicationConditions{Method: c.Method, Requirements: c.Requirements, Safeguards: c.Safeguards, Months: c.Months, Files: c.Files, Rows: c.Rows, Materials: materials, House: c.Revision == 0}
}

func (a *api) getNeeds(c *fiber.Ctx, in *Slug) error {
	ctx := c.UserContext()
	d, err := a.Datasets.Dataset(ctx, visitor, in.Slug)
	if err != nil {
		return err
	}
	if d.Open == datasets.Unconditional {
		return a.sendNow(c, ApplicationNeeds{Dataset: d.Slug})
	}
	p, err := a.Licensing.Before(ctx, visitor, d.Slug)
	if err != nil {
		return err
	}
	accept, decide, areas := applicationTerm(&p.Accept), applicationTerm(&p.Rule), ruleSource(p.Rules.AreasFrom)
	out := ApplicationNeeds{Dataset: d.Slug, Apply: true, Days: p.Days, Median: p.Median(), Decided: len(p.Took), Accept: &accept, Decide: &decide, Receipt: p.Rules.FromReceipt, Opened: p.Rules.Opened,
		Areas: applicationWords(p.Rules.Areas), AreasFrom: &areas, Conditions: applicationConditions(p.Conditions), Returns: p.Limits.Completions, Page: a.Config.BaseURL + "/datasets/" + d.Slug + "/apply"}
	for _, id := range licensing.Lanes {
		l := ApplicationLane{Lane: id, Applicants: []ApplicationWord{}, RuleSource: RuleSource{Cite: []string{}, House: true}}
		for lane, of := range map[string]licensing.Lane{licensing.Academic: p.Rules.Academic, licensing.Commercial: p.Rules.Commercial} {
			if lane == id {
				l.Applicants, l.Limit, l.Award, l.RuleSource = applicationWords(of.Applicants), of.Limit.Zh, of.Award, ruleSource(of.Source)
			}
		}
		out.Lanes = append(out.Lanes, l)
	}
	return a.sendNow(c, out)
}

func (a *api) listDecisions(c *fiber.Ctx, in *Slug) error {
	_, list, other, err := a.Licensing.Consistency(c.UserContext(), visitor, in.Slug, mostDecisions)
	if err != nil {
		return err
	}
	out := Decisions{Items: make([]Decision, len(list)), Other: other}
	for i, x := range list {
		out.Items[i] = Decision{Decided: x.At.UTC(), Applicant: x.Applicant, Lane: x.Lane, State: string(x.State), Months: x.Months, Asked: x.Asked, Given: x.Given, Days: x.Days, Late: x.Late, Revision: x.Conditions, Bases: basisLines(x.Bases)}
	}
	return a.sendNow(c, out)
}

func basisLines(bases []datasets.LegalBasis) []string {
	out := []string{}
	for _, b := range bases {
		out = append(out, b.Line())
	}
	return out
}

// registerNeeds describes what everybody may read about applications.
func (a *api) registerNeeds(h huma.API) {
	registerLive[Slug, body[ApplicationNeeds]](h, op("getApplicationNeeds", "/datasets/{slug}/apply", "applications").
		summary("What an application for a dataset needs, and how long it takes", "申请一个数据集要什么，要多久").
		describe("The days by rule, each with its article or as the platform's rule, the ways to use the data, the conditions that are alike for all, and how long it has taken so far.",
			"按规则的期限，各附条款或者标明平台规则；用途；对谁都一样的条件；到现在为止用了多久。").
		example("/datasets/{slug}/apply"), a.getNeeds)
	registerLive[Slug, body[Decisions]](h, op("listDecisions", "/datasets/{slug}/decisions", "applications").
		summary("How the applications for a dataset were decided", "一个数据集的申请是怎样决定的").
		describe("So that everybody sees whether like was treated alike. Who asked is told nobody.", "谁都可以看同样的情况是不是同样对待。谁申请的不给任何人。").
		example("/datasets/{slug}/decisions"), a.listDecisions)
}

// ApplicationAs is who an application can be made for.
type ApplicationAs struct {
	Organisation int64  `json:"organisation" doc:"Number of the organisation; 0: the owner of the key" zh:"机构的编号；0：密钥的所有人自己" example:"12"`
	Kind         string `json:"kind" enum:"natural,legal,unincorporated" doc:"What kind of applicant" zh:"种类：natural 自然人，legal 法人，unincorporated 非法人组织" example:"legal"`
	Name         string `json:"name" doc:"Its name" zh:"名称" example:"示例科技有限公司"`
	Signs        bool   `json:"signs" doc:"The owner of the key may sign for it, on a page" zh:"密钥的所有人可以（在网页上）代它签署" example:"true"`
	Why          string `json:"why,omitempty" doc:"Why nothing can be applied for in its name now" zh:"为什么现在不能以它的名义申请"`
}

// Applicants are those for whom the owner of a key can apply.
type Applicants struct {
	Items []ApplicationAs `json:"items" nullable:"false" doc:"The owner of the key first, then the organisations that the owner is in" zh:"先是密钥的所有人，再是所在的机构"`
}

// ApplicationItem is one file that is applied for.
type ApplicationItem struct {
	Resource string   `json:"resource" doc:"Id of the file" zh:"文件的编号" example:"air-stations-csv"`
	Columns  []string `json:"columns,omitempty" nullable:"false" doc:"Names of the columns; left out of a file that is no table" zh:"列名；不是表格的文件不写" example:"日期"`
	Where    string   `json:"where,omitempty" doc:"A condition on rows, in the language at /developers#language; left out: every row" zh:"行的条件，写法见 /developers#language；不写就是全部行" example:"地区 = \"福州\""`
	Why      string   `json:"why,omitempty" doc:"What it is needed for" zh:"为什么要它" example:"分站统计"`
}

// ApplicationDecided is one file with what was decided about it.
type ApplicationDecided struct {
	ApplicationItem
	Decision     string   `json:"decision,omitempty" enum:"granted,reduced,refused" doc:"Absent: not decided yet" zh:"决定：granted 同意，reduced 同意一部分，refused 不同意；没有则还没有决定" example:"reduced"`
	GivenColumns []string `json:"given_columns,omitempty" nullable:"false" doc:"Of one that was reduced: the columns that are given" zh:"同意一部分的：给哪些列" example:"日期"`
	GivenWhere   string   `json:"given_where,omitempty" doc:"Of one that was reduced: the rows that are given" zh:"同意一部分的：给哪些行" example:"地区 = \"福州\""`
	Reason       string   `json:"reason,omitempty" doc:"Why not everything" zh:"为什么不是全部" example:"含个人信息。"`
}

// ApplicationWritten is what the applicant writes.
type ApplicationWritten struct {
	Seen    bool   `json:"seen" doc:"The applicant has read the conditions and will keep them" zh:"看过条件，做得到" example:"true"`
	Lane    string `json:"lane" enum:",public,academic,commercial" doc:"For which use; empty while that is not chosen" zh:"用途：public 公共，academic 科研教育，commercial 商业；还没有选则为空" example:"public"`
	Area    string `json:"area" doc:"Area of use: one of those that /datasets/{slug}/apply lists" zh:"用途领域：/datasets/{slug}/apply 所列之一" example:"社会服务"`
	Purpose string `json:"purpose" doc:"What for, at least 10 characters" zh:"用来做什么，至少 10 个字" example:"向居民提示下一日的空气质量。"`
	Outputs string `json:"outputs" doc:"What will come of it" zh:"会产出什么" example:"按站、按小时的概率表"`
	Months  int    `json:"months" doc:"For how many months; 0 while that is not said" zh:"用几个月；还没有写则为 0" example:"6"`
	Storage string `json:"storage" doc:"Where it is kept, who can reach it, how it is protected" zh:"放在哪里、谁能接触、怎么保护" example:"自有机房，磁盘加密。"`
}

// ApplicationDraft is what a program writes into a draft.
type ApplicationDraft struct {
	ApplicationWritten
	Items    []ApplicationItem `json:"items" nullable:"false" doc:"The files that are wanted" zh:"要哪些文件"`
	Revision int               `json:"revision" doc:"Revision that was read: another one since is answered with 409" zh:"读到的修订号；之后又改过的回 409" example:"3"`
}

// ApplicationBegun is for whom an application is begun.
type ApplicationBegun struct {
	Organisation int64 `json:"organisation,omitempty" doc:"Number of the organisation, of /applicants; left out: the owner of the key" zh:"机构的编号，见 /applicants；不写：密钥的所有人自己" example:"12"`
}

// ApplicationFollows is what an application wants otherwise than the grant before it
// gives.
type ApplicationFollows struct {
	Grant       string                  `json:"grant" doc:"Number of the grant that it renews or changes" zh:"续期或变更的是哪份授权" example:"SQZ-2026-000007"`
	Until       string                  `json:"until" format:"date" doc:"Last day of the term of that grant" zh:"那份授权期限的最后一日" example:"2027-05-26"`
	State       string                  `json:"state" enum:"active,suspended,expired,revoked,surrendered,replaced" doc:"How that grant stands" zh:"那份授权的情况：active 可用，suspended 暂停，expired 到期，revoked 撤销，surrendered 已交还，replaced 已由变更后的代替" example:"active"`
	Purpose     string                  `json:"purpose_was,omitempty" doc:"Its purpose, where this one asks for another" zh:"目的不同的：原来的目的" example:"向居民提示空气质量。"`
	Differences []ApplicationDifference `json:"differences" nullable:"false" doc:"File by file what is asked for otherwise; none: the same" zh:"逐个文件，和原来不同的；没有就是一样"`
}

// ApplicationDifference is how what is applied for of one file differs from what the
// grant before gives.
type ApplicationDifference struct {
	Resource string   `json:"resource" doc:"Id of the file" zh:"文件的编号" example:"air-stations-csv"`
	New      bool     `json:"new" doc:"That grant does not give the file" zh:"原授权没有这个文件" example:"false"`
	Gone     bool     `json:"gone" doc:"The file is not asked for any more" zh:"不再要这个文件" example:"false"`
	Added    []string `json:"columns_added" nullable:"false" doc:"Columns that are asked for besides" zh:"多要的列" example:"地区"`
	Removed  []string `json:"columns_removed" nullable:"false" doc:"Columns that are not asked for any more" zh:"不再要的列"`
	Was      string   `json:"where_was,omitempty" doc:"Its condition on rows, where another is asked for" zh:"行的条件不同的：原来的" example:"地区 = \"福州\""`
	Where    string   `json:"where,omitempty" doc:"The condition on rows that is asked for, where it is another or the file is new" zh:"行的条件不同、或者文件是新要的：现在的" example:"地区 = \"厦门\""`
}

// ApplicationMissing is something that keeps a draft from being signed.
type ApplicationMissing struct {
	Field  string `json:"field" doc:"Field that it is about" zh:"关于哪一项" example:"purpose"`
	Text   string `json:"text" doc:"What is missing, in Chinese" zh:"缺什么" example:"请写清用途。"`
	TextEN string `json:"text_en" doc:"What is missing, in English" zh:"缺什么（英文）" example:"Say what it is for."`
}

// ApplicationEvent is one step of the history.
type ApplicationEvent struct {
	At    time.Time       `json:"at" doc:"When" zh:"时间"`
	Side  string          `json:"side" enum:"applicant,department,authority,platform" doc:"Who did it" zh:"谁：applicant 申请人，department 部门，authority 主管部门，platform 系统" example:"department"`
	By    string          `json:"by" doc:"Name of who did it; of the department, its name" zh:"是谁；部门的写部门名称" example:"市生态环境局"`
	ByEN  string          `json:"by_en" doc:"The same in English; empty where there is none" zh:"英文；没有则为空" example:"Ecology Bureau"`
	Act   string          `json:"act" enum:"submit,return,complete,accept,accept_by_itself,reject_scope,send_to_award,put_to_tender,award_by_tender,record_award,grant,offer,consent,refuse,dispute,uphold,overturn,withdraw,lapse" doc:"What it was" zh:"做了什么：submit 提交，return 要求补正，complete 补正，accept 受理，accept_by_itself 自动受理，reject_scope 不由这里办，send_to_award 公开竞争，put_to_tender 由平台上的竞争项目决定，award_by_tender 竞争项目确认了结果，record_award 登记竞争结果，grant 同意，offer 同意一部分，consent 签收窄的协议，refuse 不同意，dispute 异议，uphold 维持，overturn 应当同意，withdraw 撤回，lapse 作废" example:"accept"`
	Words string          `json:"words,omitempty" doc:"What was said" zh:"写了什么" example:"请补机构证明。"`
	Due   *ApplicationDue `json:"due,omitempty" doc:"By when it was due, where a clock ran" zh:"有时钟在走的：原定哪天"`
}

// ApplicationAgreement is one edition of the agreement.
type ApplicationAgreement struct {
	Edition  int        `json:"edition" doc:"Which; 0: what would be signed with the draft as it stands" zh:"第几稿；0：照现在的草稿会签的" example:"1"`
	SHA256   string     `json:"sha256" doc:"SHA-256 of its text" zh:"全文的 SHA-256" example:"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"`
	Text     string     `json:"text" doc:"Its text" zh:"全文"`
	User     *time.Time `json:"signed_by_applicant" nullable:"true" doc:"When the applicant signed; null: not yet" zh:"申请人签署的时间；还没有则为 null"`
	Provider *time.Time `json:"signed_by_department" nullable:"true" doc:"When the department signed; null: not yet" zh:"部门签署的时间；还没有则为 null"`
	Void     bool       `json:"void" doc:"Another edition has taken its place" zh:"已被新的一稿代替" example:"false"`
}

// ApplicationNext is the page on which a person does what no program can.
type ApplicationNext struct {
	Act  string `json:"act" enum:"sign,consent" doc:"sign: sign the agreement and hand the application in; consent: sign the narrower agreement" zh:"sign 签协议并提交，consent 签收窄后的协议" example:"sign"`
	Page string `json:"page" format:"uri" doc:"The page: a person who may sign signs in there and shows anew who they are" zh:"页面：由有权签署的人登录、再次确认身份后签" example:"https://data.example/applications/SQ-2026-000012/sign"`
}

// ApplicationLine is an application as a list shows it.
type ApplicationLine struct {
	Number       string          `json:"number" doc:"Its number" zh:"编号" example:"SQ-2026-000012"`
	Dataset      string          `json:"dataset" doc:"Slug of the dataset" zh:"数据集" example:"air-stations"`
	Title        string          `json:"title" doc:"Title of the dataset, in Chinese" zh:"数据集的名称" example:"空气质量监测"`
	TitleEN      string          `json:"title_en" doc:"Title of the dataset, in English" zh:"数据集的英文名称" example:"Air quality"`
	Department   Name            `json:"department" doc:"Who decides" zh:"由哪个部门决定"`
	Organisation int64           `json:"organisation" doc:"Organisation that applies; 0: a person" zh:"申请的机构；0：个人" example:"12"`
	Applicant    string          `json:"applicant" doc:"Name of who applies" zh:"申请人" example:"示例科技有限公司"`
	Kind         string          `json:"kind" enum:"new,renewal,change" doc:"What it is for: a grant where there is none, the time after one that ends, another scope or purpose in place of one that stands" zh:"申请什么：new 新的，renewal 续期，change 变更" example:"new"`
	State        string          `json:"state" enum:"draft,submitted,returned,lapsed,withdrawn,out_of_scope,accepted,awarding,offered,granted,refused,disputed,upheld" doc:"How it stands" zh:"情况：draft 草稿，submitted 已提交，returned 待补正，lapsed 作废，withdrawn 已撤回，out_of_scope 不由这里办，accepted 已受理，awarding 公开竞争，offered 同意一部分、待签，granted 已同意，refused 不同意，disputed 有异议，upheld 维持" example:"accepted"`
	Ball         string          `json:"ball" enum:",applicant,department,authority" doc:"Who does the next step; empty: nobody" zh:"下一步由谁办：applicant 申请人，department 部门，authority 主管部门；空：没有人" example:"department"`
	Due          *ApplicationDue `json:"due,omitempty" doc:"By when the next step is due, where a clock runs" zh:"下一步最迟哪天；有时钟在走才有"`
	Submitted    *time.Time      `json:"submitted" nullable:"true" doc:"When it was handed in; null: not yet" zh:"提交的时间；还没有则为 null"`
	Grant        string          `json:"grant,omitempty" doc:"Number of the grant, once it was granted" zh:"同意之后：授权的编号" example:"SQZ-2026-000007"`
	Revision     int             `json:"revision" doc:"Its revision, which every change names" zh:"修订号，改动时要写" example:"3"`
	URL          string          `json:"url" format:"uri" doc:"The whole of it in this API" zh:"本接口里的完整内容" example:"https://data.example/api/v1/applications/SQ-2026-000012"`
	Page         string          `json:"page" format:"uri" doc:"Its page" zh:"页面" example:"https://data.example/applications/SQ-2026-000012"`
}

// Applications are a part of the list.
type Applications struct {
	Items []ApplicationLine `json:"items" nullable:"false" doc:"This page of them, the newest first" zh:"这一页，新的在前"`
	Next  string            `json:"next,omitempty" doc:"The cursor of the next page; absent on the last. The Link header has its whole address" zh:"下一页的游标；最后一页没有。Link 头里有完整地址" example:"Zk3qXn8tYgkx"`
}

// Application is one application with everything that happened to it.
type Application struct {
	ApplicationLine
	ApplicationWritten
	Follows    *ApplicationFollows    `json:"follows,omitempty" doc:"Of a renewal or a change: the grant before it, and what is asked for otherwise" zh:"续期或变更的：原授权，以及和它有什么不同"`
	Items      []ApplicationDecided   `json:"items" nullable:"false" doc:"The files, each with its decision" zh:"文件，各附决定"`
	Missing    []ApplicationMissing   `json:"missing" nullable:"false" doc:"Of a draft, or one that was returned: what still keeps it from being signed" zh:"草稿或待补正的：还缺什么才能签"`
	Returned   []string               `json:"returned_for" nullable:"false" doc:"Of one that was returned: what the department found missing" zh:"待补正的：部门列出的缺项"`
	Accepted   *time.Time             `json:"accepted" nullable:"true" doc:"When it was accepted (受理); null: not yet" zh:"受理的时间；还没有则为 null"`
	Decided    *time.Time             `json:"decided" nullable:"true" doc:"When it was decided; null: not yet" zh:"决定的时间；还没有则为 null"`
	Stopped    bool                   `json:"clock_stopped" doc:"The clock of the department stands still" zh:"部门的时钟停着" example:"false"`
	Ground     string                 `json:"ground,omitempty" enum:"already_open,withheld,disclosure,not_ours" doc:"Why it is not decided here" zh:"为什么不由这里办：already_open 已无条件开放，withheld 不予开放，disclosure 属于信息公开，not_ours 本部门没有" example:"not_ours"`
	Reason     string                 `json:"reason,omitempty" doc:"Why it was refused, or not decided here" zh:"不同意、不由这里办的理由" example:"安全保障达不到要求。"`
	Bases      []string               `json:"bases" nullable:"false" doc:"The legal bases of a refusal" zh:"不同意的依据"`
	Grounds    string                 `json:"grounds,omitempty" doc:"Of a dispute: why" zh:"异议的理由" example:"保障措施已经写明。"`
	Verdict    string                 `json:"verdict,omitempty" doc:"Of a dispute: what the authority decided" zh:"异议的决定" example:"应当同意。"`
	Decide     *ApplicationDue        `json:"decide,omitempty" doc:"By when it is decided, once that clock has begun" zh:"最迟哪天决定；时钟开始之后才有"`
	Events     []ApplicationEvent     `json:"timeline" nullable:"false" doc:"What happened, the oldest first" zh:"经过，旧的在前"`
	Agreements []ApplicationAgreement `json:"agreements" nullable:"false" doc:"The editions of the agreement, the newest first; of a draft the text that would be signed" zh:"协议的各稿，新的在前；草稿是将要签的全文"`
	Can        []string               `json:"can" nullable:"false" doc:"What the owner of the key can do with it now: submit, complete and consent on the page that next names, withdraw and dispute by program too" zh:"密钥的所有人现在能办的：submit、complete、consent 在 next 的页面上，withdraw、dispute 程序也行" example:"withdraw"`
	Sign       *ApplicationNext       `json:"next,omitempty" doc:"Where a signature is wanted" zh:"等人签署时：在哪里签"`
}

// ApplicationMove is a small change of one revision.
type ApplicationMove struct {
	Revision int `json:"revision" doc:"Revision that was read: another one since is answered with 409" zh:"读到的修订号；之后又改过的回 409" example:"3"`
}

// ApplicationDispute is why a refusal is not accepted.
type ApplicationDispute struct {
	ApplicationMove
	Grounds string `json:"grounds" doc:"Why it should not stand" zh:"为什么不服" example:"保障措施已经写明。"`
}

// applying are the operations on one's own applications.
func applying() []keyedOperation {
	const tag = "applications"
	return []keyedOperation{
		answers[Applicants](withKey("listApplicants", "GET", "/applicants", tag, account.ScopeApply, listApplicants).
			says("For whom one can apply", "可以以谁的名义申请").
			tells("The owner of the key, and the organisations that the owner is in.", "密钥的所有人，以及所在的机构。")),
		answers[Applications](withKey("listApplications", "GET", "/applications", tag, account.ScopeApply, listApplications).
			says("One's own applications", "自己的申请").
			tells("Those of the owner of the key and of the owner's organisations, with how each stands and by when the next step is due.", "密钥所有人和所在机构的，各附情况和下一步的期限。").paged()),
		beginning(answers[Application](takes[ApplicationBegun](withKey("beginApplication", "POST", "/datasets/{slug}/applications", tag, account.ScopeApply, beginApplication).
			says("Begin an application for a dataset", "开始申请一个数据集").
			tells("Makes a draft, or answers with the one that is under way: asking twice makes one.", "建一份草稿；已有在办的就回那一份，请求两次也只有一份。")))),
		missing(answers[Application](withKey("getApplication", "GET", "/applications/{number}", tag, account.ScopeApply, getApplication).
			says("One application with its timeline and clocks", "一件申请，附经过和时钟").
			tells("Each day is told with its article, or as the platform's rule. The agreement stands in it as it was, or would be, signed.", "每个期限都附条款，或者标明平台规则。协议是签过的或者将要签的全文。"))),
		editing(answers[Application](takes[ApplicationDraft](withKey("saveApplication", "PUT", "/applications/{number}", tag, account.ScopeApply, saveApplication).
			says("Write a draft, or what was found missing", "写草稿，或者补正").
			tells("The whole of what the applicant writes. Also of one that was returned: that is how a request for completion is answered. What is still missing is told in missing.", "申请人要写的全部。待补正的也这样写：补正就是这样办。还缺什么在 missing 里。")))),
		refused(takes[ApplicationMove](withKey("submitApplication", "POST", "/applications/{number}/submission", tag, account.ScopeApply, submitApplication).
			says("Hand a draft over for signing", "把草稿交给人签署").
			tells("An application is handed in by signing its agreement, and the narrower agreement of an offer is signed likewise: by a person who may sign, who has shown anew who they are. No program can. "+
				"If nothing is missing the answer is 403 as problem+json, and next in it is the page on which that person signs. If something is missing it is 422, and errors names each place.",
				"提交申请就是签署协议，收窄后的协议也一样：由有权签署的人再次确认身份后签，程序不能签。什么都不缺时回 403（problem+json），其中 next 就是签署的页面；有缺的回 422，errors 逐项指出。"))),
		editing(answers[Application](takes[ApplicationMove](withKey("withdrawApplication", "POST", "/applications/{number}/withdrawal", tag, account.ScopeApply, withdrawApplication).
			says("Withdraw an application", "撤回申请").
			tells("Of an organisation, its owner withdraws.", "机构的，由负责人撤回。")))),
		editing(answers[Application](takes[ApplicationDispute](withKey("disputeApplication", "POST", "/applications/{number}/dispute", tag, account.ScopeApply, disputeApplication).
			says("Bring a refusal before the authority", "对不同意提出异议").
			tells("Within the days that due tells. Of an organisation, its owner does.", "在 due 所说的期限内。机构的，由负责人提出。")))),
	}
}

func beginning(k keyedOperation) keyedOperation { k.codes = "404 409 410 413 422"; return k }

func editing(k keyedOperation) keyedOperation { k.codes = "404 409 410 413 422"; return k }

// refused is an operation that a program only prepares.
func refused(k keyedOperation) keyedOperation { k.codes = "404 409 413 422"; return k }

func listApplicants(s *portal.Server, c *fiber.Ctx) error {
	found, err := s.Licensing.Applicants(c.UserContext(), s.Actor(c))
	if err != nil {
		return err
	}
	out := Applicants{Items: []ApplicationAs{}}
	for _, a := range found {
		as := ApplicationAs{Organisation: a.Organisation, Kind: a.Kind, Name: a.Name, Signs: a.Signs}
		if a.Wrong != "" {
			as.Why = text.T(c.UserContext(), a.Wrong)
		}
		out.Items = append(out.Items, as)
	}
	return sendJSON(c, out)
}

func departmentName(d datasets.Department) Name { return Name{d.Slug, d.Name, d.NameEN} }

func applicationLine(s *portal.Server, a *licensing.Application) ApplicationLine {
	d := a.Dataset
	out := ApplicationLine{Number: a.Number, Dataset: d.Slug, Title: d.Title, TitleEN: d.TitleEN, Department: departmentName(d.Department), Organisation: a.Organisation, Applicant: a.Name, Kind: string(a.Kind), State: string(a.State), Ball: string(a.Ball()),
		Due: applicationDue(a.Running(), s.Now()), Submitted: moment(a.SubmittedAt), Grant: a.Grant, Revision: a.Revision, URL: s.Config.BaseURL + Base + "/applications/" + a.Number, Page: s.Config.BaseURL + "/applications/" + a.Number}
	if a.State == licensing.Refused {
		out.Due = applicationDue(a.Stage, s.Now()) // until when it can be disputed
	}
	return out
}

func moment(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC()
	return &at
}

func listApplications(s *portal.Server, c *fiber.Ctx) error {
	self, before, limit, err := walked(s, c, "/applications")
	if err != nil {
		return err
	}
	found, err := s.Licensing.Mine(c.UserContext(), s.Actor(c), before, limit+1)
	if err != nil {
		return err
	}
	out := Applications{Items: []ApplicationLine{}}
	found, out.Next = partOf(s, c, self, found, limit, func(a *licensing.Application) int64 { return a.ID })
	for i := range found {
		out.Items = append(out.Items, applicationLine(s, &found[i]))
	}
	return sendJSON(c, out)
}

func beginApplication(s *portal.Server, c *fiber.Ctx) error {
	var in ApplicationBegun
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if in.Organisation < 0 {
		return fault.At("organisation", "请填一个正整数。")
	}
	a, err := s.Licensing.Begin(c.UserContext(), s.Actor(c), c.Params("slug"), in.Organisation)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, s.Config.BaseURL+Base+"/applications/"+a.Number)
	return sendApplication(s, c, a.Number)
}

func getApplication(s *portal.Server, c *fiber.Ctx) error {
	return sendApplication(s, c, c.Params("number"))
}

// ownApplication is the application with that number, if it is one of who asks.
func ownApplication(s *portal.Server, c *fiber.Ctx, number string) (*licensing.Application, error) {
	a, side, err := s.Licensing.One(c.UserContext(), s.Actor(c), number)
	if err == nil && side != licensing.OfApplicant {
		err = fault.New(fault.NotFound, "没有这件申请。")
	}
	return a, err
}

func sendApplication(s *portal.Server, c *fiber.Ctx, number string) error {
	a, err := ownApplication(s, c, number)
	if err != nil {
		return err
	}
	out, err := wholeApplication(s, c, a)
	if err != nil {
		return err
	}
	return sendJSON(c, out)
}

func wholeApplication(s *portal.Server, c *fiber.Ctx, a *licensing.Application) (*Application, error) {
	ctx, who := c.UserContext(), s.Actor(c)
	out := &Application{ApplicationLine: applicationLine(s, a), Items: []ApplicationDecided{}, Missing: []ApplicationMissing{}, Returned: []string{}, Bases: basisLines(a.Bases), Events: []ApplicationEvent{}, Agreements: []ApplicationAgreement{}, Can: []string{},
		ApplicationWritten: ApplicationWritten{Seen: a.Seen, Lane: a.Lane, Area: a.Area, Purpose: a.Purpose, Outputs: a.Outputs, Months: a.Months, Storage: a.Storage},
		Accepted:           moment(a.AcceptedAt), Decided: moment(a.DecidedAt), Stopped: a.StoppedAt != nil, Ground: a.Ground, Reason: a.Reason, Grounds: a.Grounds, Verdict: a.Verdict, Decide: applicationDue(a.Decision, s.Now())}
	for _, i := range a.Items {
		out.Items = append(out.Items, ApplicationDecided{ApplicationItem{i.Resource, i.Columns, i.Where, i.Why}, i.Decision, i.GivenColumns, i.GivenWhere, i.Reason})
	}
	events, err := s.Licensing.Events(ctx, who, a)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		by := ApplicationEvent{At: e.At.UTC(), Side: e.Side, By: e.Name, Act: string(e.Action), Words: e.Words, Due: applicationDue(e.Clock, e.At)}
		if e.Side == string(licensing.OfDepartment) {
			by.ByEN = a.Dataset.Department.NameEN
		}
		out.Events = append(out.Events, by)
	}
	for _, action := range s.Licensing.Offered(who, a, licensing.OfApplicant) {
		out.Can = append(out.Can, string(action))
	}
	if err := agreements(s, c, a, out); err != nil {
		return nil, err
	}
	if out.Follows, err = following(ctx, s, a); err != nil {
		return nil, err
	}
	if a.State == licensing.Returned {
		out.Returned = append(out.Returned, a.Missing...)
	}
	if a.State == licensing.Draft || a.State == licensing.Returned {
		out.Missing, err = missingOf(s, ctx, a)
	}
	out.Sign = toSign(s, a, len(out.Missing))
	return out, err
}

// following is the grant that a renews or changes; nil for a new application.
func following(ctx context.Context, s *portal.Server, a *licensing.Application) (*ApplicationFollows, error) {
	if a.Earlier == nil {
		return nil, nil
	}
	differences, purpose, err := s.Licensing.Against(ctx, a)
	out := &ApplicationFollows{Grant: a.Earlier.Number, Until: a.Earlier.LastDay().Format(time.DateOnly), State: string(a.Earlier.State), Purpose: purpose, Differences: []ApplicationDifference{}}
	for _, d := range differences {
		out.Differences = append(out.Differences, ApplicationDifference{d.Resource, d.New, d.Gone, columnsSaid(d.Added), columnsSaid(d.Removed), d.Was, d.Where})
	}
	return out, err
}

func agreements(s *portal.Server, c *fiber.Ctx, a *licensing.Application, out *Application) error {
	ctx := c.UserContext()
	if a.State == licensing.Draft || a.State == licensing.Returned {
		body, err := s.Licensing.Preview(ctx, a)
		if kind := fault.KindOf(err); kind == fault.Gone || kind == fault.NotFound {
			return nil // the entry went away: nothing can be signed
		}
		if err != nil {
			return err
		}
		out.Agreements = append(out.Agreements, ApplicationAgreement{SHA256: licensing.Digest(body), Text: body})
	}
	all, err := s.Licensing.Agreements(ctx, s.Actor(c), a)
	for _, g := range all {
		out.Agreements = append(out.Agreements, ApplicationAgreement{g.Edition, g.SHA256, g.Body, moment(g.UserAt), moment(g.ProviderAt), g.VoidAt != nil})
	}
	return err
}

// toSign is the page on which a signature is wanted; nil where none is.
func toSign(s *portal.Server, a *licensing.Application, missing int) *ApplicationNext {
	page := s.Config.BaseURL + "/applications/" + a.Number + "/sign"
	switch a.State {
	case licensing.Offered:
		return &ApplicationNext{"consent", page}
	case licensing.Draft, licensing.Returned:
		if missing == 0 {
			return &ApplicationNext{"sign", page}
		}
	case licensing.Submitted, licensing.Lapsed, licensing.Withdrawn, licensing.OutOfScope, licensing.Accepted, licensing.Awarding, licensing.Granted, licensing.Refused, licensing.Disputed, licensing.Upheld:
	}
	return nil
}

func missingOf(s *portal.Server, ctx context.Context, a *licensing.Application) ([]ApplicationMissing, error) {
	out := []ApplicationMissing{}
	problems, err := s.Licensing.Problems(ctx, a)
	for _, p := range problems {
		f := fault.Of(p)
		out = append(out, ApplicationMissing{f.Field, text.In(text.Chinese, f.Sentence, f.Args...), text.In(text.English, f.Sentence, f.Args...)})
	}
	return out, err
}

func saveApplication(s *portal.Server, c *fiber.Ctx) error {
	var in ApplicationDraft
	if err := readJSON(c, &in); err != nil {
		return err
	}
	f := licensing.Form{Seen: in.Seen, Lane: in.Lane, Area: in.Area, Purpose: in.Purpose, Outputs: in.Outputs, Storage: in.Storage}
	if in.Months != 0 {
		f.Months = strconv.Itoa(in.Months)
	}
	for _, i := range in.Items {
		f.Items = append(f.Items, licensing.FormItem{Resource: i.Resource, Columns: i.Columns, Where: i.Where, Why: i.Why})
	}
	a, err := s.Licensing.SaveDraft(c.UserContext(), s.Actor(c), c.Params("number"), f, in.Revision)
	if err != nil {
		return err
	}
	return sendApplication(s, c, a.Number)
}

// submitApplication tells a program what keeps it from being signed, or where a
// person signs: the agreement is signed by a person who may, who has shown anew who they are.
func submitApplication(s *portal.Server, c *fiber.Ctx) error {
	var in ApplicationMove
	if err := readJSON(c, &in); err != nil {
		return err
	}
	a, err := ownApplication(s, c, c.Params("number"))
	if err != nil {
		return err
	}
	if a.Revision != in.Revision {
		return fault.New(fault.Conflict, "这件申请在您打开之后已经有人处理过，请重新打开看看。")
	}
	var problems []error
	if a.State == licensing.Draft || a.State == licensing.Returned {
		if problems, err = s.Licensing.Problems(c.UserContext(), a); err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		f := *fault.Of(problems[0])
		for _, p := range problems[1:] {
			f.Also = append(f.Also, fault.Of(p))
		}
		return &f
	}
	next := toSign(s, a, 0)
	if next == nil {
		return fault.New(fault.Conflict, "这件申请现在没有要签的。")
	}
	f := fault.New(fault.Forbidden, "协议由有权签署的人登录、再次确认身份后签，程序不能签。都写好了：请打开 next 里的页面签。")
	f.Next = next.Page
	return f
}

func withdrawApplication(s *portal.Server, c *fiber.Ctx) error {
	var in ApplicationMove
	if err := readJSON(c, &in); err != nil {
		return err
	}
	a, err := s.Licensing.Withdraw(c.UserContext(), s.Actor(c), c.Params("number"), in.Revision)
	if err != nil {
		return err
	}
	return sendApplication(s, c, a.Number)
}

func disputeApplication(s *portal.Server, c *fiber.Ctx) error {
	var in ApplicationDispute
	if err := readJSON(c, &in); err != nil {
		return err
	}
	a, err := s.Licensing.Dispute(c.UserContext(), s.Actor(c), c.Params("number"), in.Grounds, in.Revision)
	if err != nil {
		return err
	}
	return sendApplication(s, c, a.Number)
}
