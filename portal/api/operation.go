package api

import (
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	operated "shuyuan/licensing/operation"
)

// Authorised operation (授权运营), as it is disclosed to everybody from the day both
// sides have signed.

// Mandate is one authorisation agreement.
type Mandate struct {
	Number     string              `json:"number" doc:"Its number" zh:"编号" example:"AUTH-2026-000001"`
	Title      string              `json:"title" doc:"Its title" zh:"名称" example:"交通公共数据授权运营"`
	State      string              `json:"state" enum:"signed,active,suspended,expired,revoked,surrendered,closed" doc:"Where it stands; unless it is active nothing passes below it" zh:"状态；不是 active 的，其下的一切停止" example:"active"`
	Held       bool                `json:"held" doc:"True where it is active and lets nothing pass now, since one above it does not stand or an operator is suspended" zh:"生效，但上级授权或者运营机构有一环不成立，现在不能用" example:"false"`
	Parent     string              `json:"parent" doc:"Number of the mandate under which it stands; empty: none" zh:"上级授权的编号；没有则为空" example:""`
	Renews     string              `json:"renews" doc:"Number of the one that it renews; empty: none" zh:"续期自哪一份；没有则为空" example:""`
	Body       string              `json:"body" doc:"Slug of the implementing body" zh:"实施机构" example:"fj-sjj"`
	BodyName   string              `json:"body_name" doc:"Its name" zh:"实施机构的名称" example:"示例数据管理局"`
	Operator   MandateOrganisation `json:"operator" doc:"Who operates" zh:"运营机构"`
	Award      *MandateAward       `json:"award,omitempty" doc:"By which competition the operator was chosen; absent where there was none of its own" zh:"运营机构经哪次竞争选定；自己没有竞争的没有"`
	From       string              `json:"from" format:"date" doc:"First day" zh:"起始日" example:"2026-03-02"`
	Last       string              `json:"last" format:"date" doc:"Last day" zh:"最后一日" example:"2029-03-01"`
	Purposes   []string            `json:"purposes" nullable:"false" doc:"Codes of the purposes; others are not authorised" zh:"用途的代码；别的用途没有授权"`
	Forms      []string            `json:"forms" nullable:"false" doc:"Codes of the forms of product" zh:"产品形态的代码"`
	Products   string              `json:"products" doc:"What is made, in words" zh:"产品的说明" example:"核验、指标接口和分析报告"`
	Scope      []MandateItem       `json:"scope" nullable:"false" doc:"Data in its scope, down to columns" zh:"范围里的数据，到列"`
	NotPublic  int                 `json:"scope_not_public" doc:"How many datasets of its scope are not named, since they are not public" zh:"范围里不公开、没有列名的数据集有几个" example:"0"`
	Ceilings   []MandateCeiling    `json:"ceilings" nullable:"false" doc:"The most that may be charged" zh:"费用上限"`
	Income     int64               `json:"permitted_income_fen" doc:"The most that the operator may take in a period, in fen; 0: nothing is set" zh:"最高准许收入，分；0 是没有定" example:"500000000"`
	Months     int                 `json:"permitted_income_months" doc:"Months of that period; 0: nothing is set" zh:"准许收入一期的月数；0 是没有定" example:"12"`
	Security   string              `json:"security_level" doc:"Code of the level that its systems reach at least" zh:"系统至少达到的安全等级，代码" example:"mlps3"`
	SHA256     string              `json:"agreement_sha256" doc:"SHA-256 of the text that both sides signed" zh:"双方签署的文本的 SHA-256" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Evaluated  []MandateEvaluation `json:"evaluations" nullable:"false" doc:"What the body found of the operator" zh:"对运营机构的评估"`
	Developers []MandateDeveloper  `json:"developers" nullable:"false" doc:"Developers that are admitted now" zh:"现在入驻的开发主体"`
	Scenarios  int                 `json:"scenarios" doc:"Scenarios that were authorised under it; see the list of scenarios" zh:"其下授权过的场景数，见场景的列表" example:"3"`
	Grants     int                 `json:"grants" doc:"Grants below it that have not ended" zh:"其下没有结束的数据授权" example:"7"`
	History    []MandateMove       `json:"history" nullable:"false" doc:"Its states and the days on which they began" zh:"经过：状态和开始的日期"`
	Page       string              `json:"page" format:"uri" doc:"Its page" zh:"页面" example:"https://data.example/operation/AUTH-2026-000001"`
}

// MandateOrganisation is an organisation as it is disclosed.
type MandateOrganisation struct {
	Name string `json:"name" doc:"Its name" zh:"名称" example:"示例数据运营有限公司"`
	Code string `json:"code" doc:"Its credit code" zh:"统一社会信用代码" example:"91350100MA00000M55"`
}

// MandateAward is the competition by which an operator was chosen.
type MandateAward struct {
	Way        string `json:"way" doc:"Code of the way" zh:"方式的代码" enum:"open_tender,competitive_negotiation,comparison,other_competitive" example:"open_tender"`
	Candidates int    `json:"candidates" doc:"How many took part" zh:"几家参加" example:"3"`
	On         string `json:"on" format:"date" doc:"Day on which the result was announced" zh:"公布结果的日期" example:"2026-02-20"`
	Tender     string `json:"tender" doc:"Number of the tender, if it was held on this platform; otherwise empty" zh:"在本平台举行的竞争项目的编号；不在本平台则为空" example:""`
}

// MandateDeveloper is a developer that is admitted.
type MandateDeveloper struct {
	Name  string `json:"name" doc:"Its name" zh:"名称" example:"示例数据科技有限公司"`
	Code  string `json:"code" doc:"Its credit code" zh:"统一社会信用代码" example:"91350100MA00000T07"`
	Since string `json:"since" format:"date" doc:"Day on which it was admitted, or let go on" zh:"入驻或者恢复的日期" example:"2026-03-05"`
}

// MandateItem is one dataset of a scope.
type MandateItem struct {
	Dataset    string   `json:"dataset" doc:"Slug of the dataset" zh:"数据集" example:"villages"`
	Title      string   `json:"title" doc:"Its title" zh:"名称" example:"村委会"`
	Department string   `json:"department" doc:"Department whose data it is" zh:"数据部门" example:"示例民政厅"`
	Columns    []string `json:"columns" nullable:"false" doc:"Columns in the scope" zh:"列"`
}

// MandateCeiling is the most that may be charged for one unit.
type MandateCeiling struct {
	Form string `json:"form" doc:"Code of the form of product" zh:"产品形态的代码" example:"verification"`
	Unit string `json:"unit" doc:"Code of the unit" zh:"计量单位的代码" example:"per_call"`
	Fen  int64  `json:"fen" doc:"In fen" zh:"分" example:"50"`
}

// MandateEvaluation is the conclusion of one cycle.
type MandateEvaluation struct {
	From    string `json:"from" format:"date" doc:"First day of the cycle" zh:"周期的第一天" example:"2026-03-02"`
	Last    string `json:"last" format:"date" doc:"Last day" zh:"最后一天" example:"2027-03-01"`
	Verdict string `json:"verdict" enum:"passed,to_improve,failed" doc:"Conclusion" zh:"结论" example:"passed"`
	Carried int64  `json:"carried_fen" doc:"Income beyond what is permitted, carried into the next period, in fen" zh:"超出准许收入、在下一期扣除的，分" example:"0"`
}

// MandateMove is a state and the day on which it began.
type MandateMove struct {
	State string `json:"state" doc:"State" zh:"状态" example:"active"`
	On    string `json:"on" format:"date" doc:"Since when" zh:"开始的日期" example:"2026-03-02"`
	Basis string `json:"basis" doc:"Provision or clause on which it is suspended or was revoked; empty otherwise" zh:"暂停或者撤销的依据；否则为空" example:""`
}

// MandateFigures are sums over everything that is disclosed, whatever the list is
// narrowed to.
type MandateFigures struct {
	Mandates   int `json:"mandates" doc:"Mandates that both sides have signed" zh:"双方签署的授权" example:"3"`
	Active     int `json:"active" doc:"Of them active now" zh:"其中现在生效的" example:"2"`
	Operators  int `json:"operators" doc:"Operators of those" zh:"生效的授权的运营机构" example:"2"`
	Developers int `json:"developers" doc:"Developers that are admitted under those" zh:"其下入驻的开发主体" example:"5"`
	Scenarios  int `json:"scenarios" doc:"Scenarios that were authorised" zh:"授权过的场景" example:"12"`
}

// MandateReport is a yearly report that was issued.
type MandateReport struct {
	Body   string `json:"body" doc:"Slug of the body" zh:"实施机构" example:"fj-sjj"`
	Year   int    `json:"year" doc:"Year that it is about" zh:"年度" example:"2026"`
	Issued string `json:"issued" format:"date-time" doc:"When it was issued: it stays as it is" zh:"发布的时间；发布以后不变" example:"2027-03-20T01:00:00Z"`
	SHA256 string `json:"sha256" doc:"SHA-256 of its JSON file" zh:"JSON 文件的 SHA-256" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	JSON   string `json:"json" format:"uri" doc:"Where its JSON file is" zh:"JSON 文件的地址" example:"https://data.example/operation/reports/fj-sjj/2026/json"`
}

// MandateList is a part of the list, with the sums and reports of all.
type MandateList struct {
	Items   []Mandate       `json:"items" nullable:"false" doc:"This page of them" zh:"这一页"`
	Figures MandateFigures  `json:"figures" doc:"Sums over all that is disclosed" zh:"全部授权的合计"`
	Reports []MandateReport `json:"reports" nullable:"false" doc:"Yearly reports that were issued, the newest first" zh:"发布过的年度报告，新的在前"`
	Next    string          `json:"next,omitempty" doc:"The cursor of the next page; absent on the last" zh:"下一页的游标；最后一页没有" example:"14"`
}

// MandatesWanted are the conditions of the list.
type MandatesWanted struct {
	State    string `query:"state" enum:"signed,active,suspended,expired,revoked,surrendered,closed" doc:"Only in this state" zh:"只要这种状态" example:"active"`
	For      string `query:"body" maxLength:"100" doc:"Only of this body, by its slug" zh:"只要这个实施机构的" example:"fj-sjj"`
	Operator string `query:"operator" maxLength:"18" doc:"Only of this operator, by its credit code" zh:"只要这个运营机构的，统一社会信用代码" example:"91350100MA00000M55"`
	Limit    int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"At most so many items" zh:"一页最多几项" example:"20"`
	Cursor   string `query:"cursor" maxLength:"20" doc:"Where to go on: the next of the page before" zh:"从哪里继续：上一页的 next"`
}

func (a *api) registerOperation(h huma.API) {
	registerLive[MandatesWanted, body[MandateList]](h, op("listMandates", "/operation", "operation").
		summary("Authorised operation", "授权运营").
		describe("Mandates that both sides have signed, the newest first: sides, scope to the column, purposes, ceilings, evaluations, developers and history; and sums and yearly reports.", "双方签署的授权，新的在前：双方、到列的范围、用途、费用上限、评估、开发主体和经过；以及合计和年度报告。").
		example("/operation?limit=2"), a.listMandates)
}

func (a *api) listMandates(c *fiber.Ctx, in *MandatesWanted) error {
	var before int64
	if in.Cursor != "" {
		n, err := strconv.ParseInt(in.Cursor, 10, 64)
		if err != nil || n < 1 {
			return malformed("query.cursor", "这个翻页标记不是本列表给出的。")
		}
		before = n
	}
	ctx := c.UserContext()
	found, err := a.Operation.Disclosures(ctx, operated.Public{State: in.State, Body: in.For, Operator: in.Operator, Before: before, Limit: in.Limit + 1})
	if err != nil {
		return err
	}
	out := MandateList{Items: []Mandate{}, Reports: []MandateReport{}}
	if len(found) > in.Limit {
		found = found[:in.Limit]
		out.Next = strconv.FormatInt(found[in.Limit-1].ID, 10)
	}
	for i := range found {
		out.Items = append(out.Items, a.mandate(&found[i]))
	}
	figures, err := a.Operation.Figures(ctx)
	if err != nil {
		return err
	}
	out.Figures = MandateFigures(figures)
	reports, err := a.Operation.IssuedReports(ctx)
	if err != nil {
		return err
	}
	for _, r := range reports {
		out.Reports = append(out.Reports, MandateReport{Body: r.Slug, Year: r.Year, Issued: r.At.UTC().Format(time.RFC3339), SHA256: r.SHA256, JSON: a.Config.BaseURL + "/operation/reports/" + r.Slug + "/" + strconv.Itoa(r.Year) + "/json"})
	}
	return a.sendNow(c, out)
}

func (a *api) mandate(d *operated.Disclosed) Mandate {
	out := Mandate{Number: d.Number, Title: d.Title, State: string(d.State), Held: d.Held, Parent: d.Parent, Renews: d.Renews, Body: d.BodySlug, BodyName: d.Body, Operator: MandateOrganisation{d.Operator, d.OperatorCode}, From: d.From, Last: d.Last,
		Purposes: append([]string{}, d.Purposes...), Forms: append([]string{}, d.Forms...), Products: d.Products, Scope: []MandateItem{}, NotPublic: d.NotPublic, Ceilings: []MandateCeiling{}, Income: d.Income, Months: d.IncomeMonths, Security: d.SecurityLevel, SHA256: d.SHA256,
		Evaluated: []MandateEvaluation{}, Developers: []MandateDeveloper{}, Scenarios: len(d.Scenarios), Grants: d.Grants, History: []MandateMove{}, Page: a.Config.BaseURL + "/operation/" + d.Number}
	if x := d.Award; x != nil {
		award := MandateAward(*x)
		out.Award = &award
	}
	for _, i := range d.Scope {
		out.Scope = append(out.Scope, MandateItem{i.Dataset, i.Title, i.Department, append([]string{}, i.Columns...)})
	}
	for _, x := range d.Ceilings {
		out.Ceilings = append(out.Ceilings, MandateCeiling(x))
	}
	for _, x := range d.Evaluations {
		out.Evaluated = append(out.Evaluated, MandateEvaluation(x))
	}
	for _, x := range d.Admitted {
		out.Developers = append(out.Developers, MandateDeveloper(x))
	}
	for _, x := range d.History {
		out.History = append(out.History, MandateMove(x))
	}
	return out
}
