package api

import (
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/licensing/tender"
)

// Competitions (竞争项目), as everybody may read them from the announcement on.

// Tender is one competition.
type Tender struct {
	Number       string `json:"number" doc:"Its number" zh:"编号" example:"TD-2026-000001"`
	Kind         string `json:"kind" enum:"data_use,scenario,mandate,supply" doc:"What is awarded: use of conditional data for business, a scenario of authorised operation, a mandate to operate, something that is bought" zh:"竞争的是什么：data_use 有条件开放数据的商业使用，scenario 场景，mandate 运营授权，supply 采购" example:"data_use"`
	About        string `json:"about" doc:"Number of the case that it is about; empty where it has none" zh:"为了哪件申请；没有则为空" example:""`
	Title        string `json:"title" doc:"Its title" zh:"名称" example:"鸟击损失数据的商业使用"`
	TitleEN      string `json:"title_en" doc:"Its title in English; may be empty" zh:"英文名称，可以为空" example:""`
	Says         string `json:"description" doc:"What is awarded and why" zh:"要什么、为什么" example:"期限 12 个月"`
	Requirements string `json:"requirements" doc:"What bidders have to show" zh:"对投标人的要求" example:"已认证的机构"`
	Organiser    string `json:"organiser" doc:"Slug of the body that organises it" zh:"组织方" example:"fj-sjj"`
	Method       string `json:"method" doc:"In the words of the rule" zh:"方式，用规则里的说法" example:"公开招标"`
	State        string `json:"state" enum:"announced,open,closed,opened,evaluated,award_notice,challenged,confirmed,contracted,failed,cancelled" doc:"Where it stands" zh:"状态" example:"open"`
	Round        int    `json:"round" doc:"1, and one more each time that it was announced anew" zh:"第几次公告" example:"1"`
	Pricing      string `json:"pricing" enum:"none,pays,asks" doc:"Whether bidders name a price: none, what they pay, what they ask for" zh:"none 不报价，pays 报愿付的价，asks 报要收的价" example:"pays"`
	Limit        int64  `json:"limit_fen" doc:"The least that is to be paid, or the most that may be asked for, in fen; 0: none" zh:"底价或者最高限价，分；0 是没有" example:"10000000"`
	Opens        string `json:"opens" format:"date-time" doc:"From when bids are taken" zh:"开始投标" example:"2026-11-20T01:00:00Z"`
	Closes       string `json:"closes" format:"date-time" doc:"Until when" zh:"截止" example:"2026-12-20T01:00:00Z"`
	Opening      string `json:"opening" format:"date-time" doc:"When the bids are opened" zh:"开标" example:"2026-12-20T02:00:00Z"`
	Page         string `json:"page" format:"uri" doc:"Its page, with how it is scored, what happened, and the bids once they are open" zh:"页面，有评分办法、经过和开标以后的投标" example:"https://data.example/tenders/TD-2026-000001"`
}

// TenderList is a part of the list.
type TenderList struct {
	Items []Tender `json:"items" nullable:"false" doc:"This page of them" zh:"这一页"`
	Next  string   `json:"next,omitempty" doc:"The cursor of the next page; absent on the last" zh:"下一页的游标；最后一页没有" example:"14"`
}

// TendersWanted are the conditions of the list.
type TendersWanted struct {
	Kind   string `query:"kind" enum:"data_use,scenario,mandate,supply" doc:"Only of this kind" zh:"只要这一类" example:"data_use"`
	State  string `query:"state" enum:"announced,open,closed,opened,evaluated,award_notice,challenged,confirmed,contracted,failed,cancelled" doc:"Only in this state" zh:"只要这种状态" example:"open"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"At most so many items" zh:"一页最多几项" example:"20"`
	Cursor string `query:"cursor" maxLength:"20" doc:"Where to go on: the next of the page before" zh:"从哪里继续：上一页的 next"`
}

func (a *api) registerTenders(h huma.API) {
	registerLive[TendersWanted, body[TenderList]](h, op("listTenders", "/tenders", "tenders").
		summary("Competitions", "竞争项目").
		describe("Those that were announced, the newest first: what is awarded, by whom, until when bids are taken, where it stands.", "公告过的，新的在前：要什么、谁组织、何时截止、到了哪一步。").
		example("/tenders?limit=2"), a.listTenders)
}

func (a *api) listTenders(c *fiber.Ctx, in *TendersWanted) error {
	var before int64
	if in.Cursor != "" {
		n, err := strconv.ParseInt(in.Cursor, 10, 64)
		if err != nil || n < 1 {
			return malformed("query.cursor", "这个翻页标记不是本列表给出的。")
		}
		before = n
	}
	found, err := a.Tenders.Public(c.UserContext(), tender.Filter{Kind: in.Kind, State: in.State, Before: before, Limit: in.Limit + 1})
	if err != nil {
		return err
	}
	out := TenderList{Items: []Tender{}}
	if len(found) > in.Limit {
		found = found[:in.Limit]
		out.Next = strconv.FormatInt(found[in.Limit-1].ID, 10)
	}
	for i := range found {
		out.Items = append(out.Items, a.tender(&found[i]))
	}
	return a.sendNow(c, out)
}

func (a *api) tender(t *tender.Tender) Tender {
	return Tender{Number: t.Number, Kind: string(t.Kind), About: t.About, Title: t.Title, TitleEN: t.TitleEN, Says: t.Description, Requirements: t.Requirements, Organiser: t.Department.Slug, Method: t.Method, State: string(t.State), Round: t.Round,
		Pricing: string(t.Pricing), Limit: t.Limit, Opens: stamp(t.Opens), Closes: stamp(t.Closes), Opening: stamp(t.OpeningAt), Page: a.Config.BaseURL + "/tenders/" + t.Number}
}

// stamp is a moment as the API writes it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
