package api

import (
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/workdays"
	"shuyuan/licensing/scenario"
)

// Scenarios of authorised operation (场景), as everybody may read them once they are
// decided.

// ScenarioItem is one file that a scenario uses, with what its department said.
type ScenarioItem struct {
	Dataset    string           `json:"dataset" doc:"Slug of the dataset" zh:"数据集" example:"villages"`
	Title      string           `json:"title" doc:"Its title" zh:"名称" example:"村委会"`
	Resource   string           `json:"resource" doc:"The file" zh:"文件" example:"a1b2c3d4"`
	Department string           `json:"department" doc:"Slug of the department whose data it is" zh:"数据部门" example:"fj-mzt"`
	Columns    []string         `json:"columns" nullable:"false" doc:"Columns that were asked for" zh:"申请的列"`
	Opinion    string           `json:"opinion" enum:",open,granted,reduced,refused" doc:"Of the department; open: everybody may have it, so that nobody is asked" zh:"部门的意见；open 是无条件开放，不须征求" example:"granted"`
	Given      []ScenarioColumn `json:"given" nullable:"false" doc:"Columns that may be used" zh:"可以用的列"`
	Reason     string           `json:"reason" doc:"Why not all of it" zh:"没有全部同意的理由" example:""`
	Bases      []string         `json:"bases" nullable:"false" doc:"Legal bases of a refusal" zh:"不同意的依据"`
	Standing   *string          `json:"standing" nullable:"true" format:"date" doc:"Day of the standing consent by which the opinion was filled in; null: it was given for this scenario" zh:"按常设同意填入的，其日期；否则为 null" example:"2026-03-02"`
}

// ScenarioColumn is a column and what may be done with it.
type ScenarioColumn struct {
	Name string `json:"name" doc:"Its name" zh:"列名" example:"人口"`
	Use  string `json:"use" enum:"group,aggregate,read,subject" doc:"Group rows by it, only aggregate it, read it, or count and join by it as a masked key" zh:"group 分组，aggregate 只汇总，read 可读，subject 掩码键" example:"aggregate"`
}

// Scenario is one scenario.
type Scenario struct {
	Number    string         `json:"number" doc:"Its number" zh:"编号" example:"SCN-2026-000001"`
	Title     string         `json:"title" doc:"Its name" zh:"名称" example:"出行提示"`
	State     string         `json:"state" enum:"authorised,active,suspended,expired,terminated,surrendered,closed,refused" doc:"Where it stands" zh:"状态" example:"active"`
	Held      bool           `json:"held" doc:"True where it is active and lets nothing pass now, since the mandate, the developer's entry, the organisation or the contract does not stand" zh:"在用，但运营授权、入驻、机构或者期限有一环不成立，现在不能用" example:"false"`
	Sector    string         `json:"sector" doc:"Sector" zh:"领域" example:"交通运输"`
	Class     string         `json:"class" enum:"public_benefit,governance,industry,commercial" doc:"Class of use" zh:"使用类别" example:"public_benefit"`
	Purpose   string         `json:"purpose" doc:"Code of its purpose" zh:"用途的代码" example:"public_services"`
	Says      string         `json:"description" doc:"What it does" zh:"做什么" example:"按地区比较"`
	Method    string         `json:"method" doc:"By which method" zh:"方法" example:"汇总以后比较"`
	Audience  string         `json:"audience" doc:"Who uses the results" zh:"结果给谁用" example:"市民"`
	Developer string         `json:"developer" doc:"Name of the developer" zh:"开发主体" example:"示例公司"`
	Operator  string         `json:"operator" doc:"Name of the operator" zh:"运营机构" example:"示例运营公司"`
	Mandate   string         `json:"mandate" doc:"Number of the mandate" zh:"运营授权" example:"AUTH-2026-000001"`
	Authority string         `json:"authority" doc:"Slug of the body that decided" zh:"授权方" example:"fj-sjj"`
	Decided   string         `json:"decided" format:"date" doc:"Day of the decision" zh:"决定日期" example:"2026-03-02"`
	Reason    string         `json:"reason" doc:"Its reasons" zh:"理由" example:"符合用途"`
	Bases     []string       `json:"bases" nullable:"false" doc:"Its legal bases" zh:"依据"`
	From      *string        `json:"from" nullable:"true" format:"date" doc:"First day; null where it was refused" zh:"起始日；不授权的为 null" example:"2026-03-02"`
	Until     *string        `json:"until" nullable:"true" format:"date" doc:"Last day" zh:"最后一日" example:"2027-03-02"`
	Released  int            `json:"released" doc:"Results that have left the workspace" zh:"放出的结果" example:"2"`
	Items     []ScenarioItem `json:"items" nullable:"false" doc:"What it uses" zh:"用哪些数据"`
	Page      string         `json:"page" format:"uri" doc:"Its page" zh:"页面" example:"https://data.example/scenarios/SCN-2026-000001"`
}

// ScenarioList is a part of the list.
type ScenarioList struct {
	Items []Scenario `json:"items" nullable:"false" doc:"This page of them" zh:"这一页"`
	Next  string     `json:"next,omitempty" doc:"The cursor of the next page; absent on the last" zh:"下一页的游标；最后一页没有" example:"14"`
}

// ScenariosWanted are the conditions of the list.
type ScenariosWanted struct {
	Q          string `query:"q" maxLength:"100" doc:"In name, description or number" zh:"名称、说明、编号里有" example:"出行"`
	Sector     string `query:"sector" maxLength:"40" doc:"Only of this sector" zh:"只要这个领域" example:"交通运输"`
	State      string `query:"state" enum:"authorised,active,suspended,expired,terminated,surrendered,closed,refused" doc:"Only in this state" zh:"只要这种状态" example:"active"`
	Department string `query:"department" maxLength:"100" doc:"Only those that use data of this department" zh:"只要用这个部门数据的" example:"fj-mzt"`
	Developer  string `query:"developer" maxLength:"100" doc:"Only of this developer, by its name" zh:"只要这个开发主体的" example:"示例公司"`
	Limit      int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"At most so many items" zh:"一页最多几项" example:"20"`
	Cursor     string `query:"cursor" maxLength:"20" doc:"Where to go on: the next of the page before" zh:"从哪里继续：上一页的 next"`
}

func (a *api) registerScenarios(h huma.API) {
	registerLive[ScenariosWanted, body[ScenarioList]](h, op("listScenarios", "/scenarios", "scenarios").
		summary("Scenarios of authorised operation", "授权运营的场景").
		describe("Those that were decided, the newest first: what each uses column by column, what the departments said, and the decision with its basis.", "作过决定的，新的在前：各用哪些数据、哪些列，部门的意见，授权方的决定和依据。").
		example("/scenarios?limit=2"), a.listScenarios)
}

func (a *api) listScenarios(c *fiber.Ctx, in *ScenariosWanted) error {
	var before int64
	if in.Cursor != "" {
		n, err := strconv.ParseInt(in.Cursor, 10, 64)
		if err != nil || n < 1 {
			return malformed("query.cursor", "这个翻页标记不是本列表给出的。")
		}
		before = n
	}
	ctx := c.UserContext()
	found, err := a.Scenarios.Public(ctx, scenario.Filter{Text: spaced(in.Q), Sector: in.Sector, State: in.State, Department: in.Department, Developer: in.Developer, Before: before, Limit: in.Limit + 1})
	if err != nil {
		return err
	}
	out := ScenarioList{Items: []Scenario{}}
	if len(found) > in.Limit {
		found = found[:in.Limit]
		out.Next = strconv.FormatInt(found[in.Limit-1].ID, 10)
	}
	released, err := a.Scenarios.ReleasedOf(ctx, found)
	if err != nil {
		return err
	}
	held, err := a.Scenarios.HeldOf(ctx, found)
	if err != nil {
		return err
	}
	for i := range found {
		out.Items = append(out.Items, a.scenario(&found[i], released[found[i].ID], held[found[i].ID]))
	}
	return a.sendNow(c, out)
}

func (a *api) scenario(x *scenario.Scenario, released int, held bool) Scenario {
	day := func(t *time.Time) *string {
		if t == nil {
			return nil
		}
		s := t.In(workdays.Zone).Format(time.DateOnly)
		return &s
	}
	out := Scenario{Number: x.Number, Title: x.Title, State: string(x.State), Held: held, Sector: x.Sector, Class: x.Class, Purpose: x.Purpose, Says: x.Description, Method: x.Method, Audience: x.Audience, Developer: x.Developer,
		Operator: x.Mandate.Name, Mandate: x.Mandate.Number, Authority: x.Mandate.Body.Slug, Reason: x.Decision, Bases: basisLines(x.Bases), Released: released, From: day(x.From), Page: a.Config.BaseURL + "/scenarios/" + x.Number, Items: []ScenarioItem{}}
	if x.State == scenario.Refused {
		out.Reason = x.Reason
	}
	if x.DecidedAt != nil {
		out.Decided = *day(x.DecidedAt)
	}
	if x.Until != nil {
		last := x.Until.Add(-time.Microsecond)
		out.Until = day(&last)
	}
	for i := range x.Items {
		y := &x.Items[i]
		item := ScenarioItem{Dataset: y.Dataset.Slug, Title: y.Dataset.Title, Resource: y.Resource, Department: y.Dataset.Department.Slug, Columns: append([]string{}, y.Columns...), Opinion: y.Decision, Given: []ScenarioColumn{}, Reason: y.Reason, Bases: basisLines(y.Bases)}
		for _, c := range y.GivenColumns {
			item.Given = append(item.Given, ScenarioColumn{c, string(y.GivenUses[c])})
		}
		if y.Consent != nil {
			item.Standing = day(&y.Consent.At)
		}
		out.Items = append(out.Items, item)
	}
	return out
}
