package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/marketplace"
	provenance "shuyuan/marketplace/provenance/stamp"
)

// ProductRowsWanted is which rows of a product are asked for.
type ProductRowsWanted struct {
	Number  string `path:"number" maxLength:"40" doc:"Number of the product" zh:"产品的编号" example:"PRD-2026-000001"`
	Version string `query:"version" maxLength:"40" doc:"A version; the newest if left out" zh:"哪一版；不写则为最新一版" example:"1.0.0"`
	Content string `query:"content" maxLength:"63" doc:"Name of one of its tables; the first if left out" zh:"哪个表；不写则为第一个" example:"data"`
	Limit   int    `query:"limit" minimum:"1" maximum:"10000" default:"100" doc:"At most so many rows on a page" zh:"一页最多几行" example:"5"`
	Cursor  string `query:"cursor" maxLength:"4000" doc:"Where to go on: the next of the page before" zh:"从哪里继续：上一页的 next"`
}

// ProductRows is one page of rows of a product, with the stamp of the version.
type ProductRows struct {
	Provenance ProvenanceNotice `json:"_provenance" doc:"Sources and acquisition dates of the public data in it (AS-35, AB-35.4), with the signed statement: the same as in the headers Link, X-Data-Source and X-Data-Acquired, which a proxy may cut off" zh:"所利用公共数据的来源和获取日期（AS-35、AB-35.4），连同签名的声明；与响应头 Link、X-Data-Source、X-Data-Acquired 所说的相同，代理可能去掉那些头"`
	Product    string           `json:"product" doc:"Number of the product" zh:"产品的编号" example:"PRD-2026-000001"`
	Version    string           `json:"version" doc:"The version that answered" zh:"回答的是哪一版" example:"1.0.0"`
	Content    string           `json:"content" doc:"The table that answered" zh:"回答的是哪个表" example:"data"`
	Sample     bool             `json:"sample" doc:"Whether these are the first rows alone, as everybody may see them" zh:"是不是只有人人可看的前几行" example:"true"`
	Fields     []RowField       `json:"fields" nullable:"false" doc:"Columns, in their order" zh:"各列，按顺序" example:"[{\"name\":\"station\",\"label\":\"车站\",\"label_en\":\"Station\",\"type\":\"text\",\"column\":\"station\"}]"`
	Rows       []Row            `json:"rows" nullable:"false" doc:"Rows, each an object by the names of fields" zh:"行，每行是一个对象，键就是 fields 里的 name" example:"[{\"station\":\"东站\"}]"`
	Total      int64            `json:"total" doc:"Rows of the table" zh:"这个表一共多少行" example:"12"`
	Next       string           `json:"next,omitempty" doc:"The cursor of the next page; absent on the last" zh:"下一页的游标；最后一页没有"`
}

// ProvenanceNotice is what a stamp says, as package stamp writes it into files: a
// statement.Notice with the envelope.
type ProvenanceNotice struct{ of provenance.Stamp }

// MarshalJSON implements json.Marshaler.
func (p ProvenanceNotice) MarshalJSON() ([]byte, error) { return p.of.Provenance(), nil }

// Schema implements huma.SchemaProvider.
func (ProvenanceNotice) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: &huma.Schema{}, Examples: []any{map[string]any{
		"product": "PRD-2026-000001", "version": "1.0.0", "verify": "https://data.example/verify/4f2a…",
		"sources": []any{map[string]any{"department": "市交通运输局", "title": "公交站客流", "version": 3, "acquired": "2026-05-12", "record": "42", "basis": "recorded"}},
	}}}
}

func (a *api) registerProductRows(h huma.API) {
	registerLive[ProductRowsWanted, body[ProductRows]](h, op("productRows", "/products/{number}/rows", "products").
		summary("Rows of a product, with their stamp", "产品的行，带着标识").
		describe("Everybody may have the first five rows of a table, as the product's page shows them; whoever developed it, with a key, all of them; so may a buyer, with a key made on the page of the order, all of the version that was ordered. Such a call is counted: RateLimit-Policy then names the order, and RateLimit-Remaining how many calls are left of it, if it has a quota. 402: something is to be paid first; 403: it is suspended; 410: the term is over or the version was withdrawn; 429: the quota is used up. Every answer names its sources and acquisition dates, in headers and in _provenance.", "人人可以得到一个表的前五行，与产品页面上的相同；开发主体用密钥可以得到全部；买方用订单页上建的密钥，可以得到所订那一版的全部。这样的调用计数：RateLimit-Policy 写明订单，有限量时 RateLimit-Remaining 是还剩几次。402：要先付款；403：暂停；410：期限已满或者版本已撤回；429：限量用完。每个回答都注明来源和获取日期，在响应头里，也在 _provenance 里。").
		example("/products/PRD-2026-000001/rows?limit=2"), a.productRows)
}

func (a *api) productRows(c *fiber.Ctx, in *ProductRowsWanted) error {
	who := a.reader(c)
	r, err := a.Products.Read(c.UserContext(), who, marketplace.Wish{Product: in.Number, Version: in.Version, Content: in.Content, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return inQuery(err)
	}
	for _, h := range r.Stamp.Headers(a.Config.BaseURL + r.Product.Path() + "/" + r.Version.Number + "/stamp.dsse.json") {
		c.Append(h.Name, h.Value)
	}
	p := page(r.Rows)
	out := ProductRows{Provenance: ProvenanceNotice{r.Stamp}, Product: r.Product.Number, Version: r.Version.Number, Content: r.Content.Name, Sample: r.Sample, Fields: p.Fields, Rows: p.Rows, Total: p.Total, Next: p.Next}
	a.left(c, r.Left)
	if out.Next != "" {
		next := url.Values{"version": {r.Version.Number}, "content": {r.Content.Name}, "limit": {strconv.Itoa(in.Limit)}, "cursor": {out.Next}}
		c.Append(fiber.HeaderLink, "<"+a.address("/products/"+r.Product.Number+"/rows?"+next.Encode())+`>; rel="next"`)
	}
	state, err := json.Marshal(out)
	if err != nil {
		return err
	}
	if a.unchanged(c, who, r.Stamp.Tag()+string(state)) {
		return nil
	}
	if headOnly(c) {
		return nil
	}
	if err := sendJSON(c, out); err != nil {
		return err
	}
	d := provenance.ContentDigest(c.Response().Body()) // of the bytes as they go out, in their coding
	c.Set(d.Name, d.Value)
	return nil
}

// left says how many calls are left of an order that has a quota, in place of how many
// are left of the minute where that is more.
func (a *api) left(c *fiber.Ctx, l *marketplace.Left) {
	if l == nil {
		return
	}
	policy := fmt.Sprintf("%q", l.Order)
	if l.Limit > 0 {
		policy += fmt.Sprintf(";q=%d;w=%d", l.Limit, seconds(l.Resets))
		if remaining, err := strconv.ParseInt(string(c.Response().Header.Peek("RateLimit-Remaining")), 10, 64); err != nil || l.Left < remaining {
			c.Set("RateLimit-Limit", strconv.FormatInt(l.Limit, 10))
			c.Set("RateLimit-Remaining", strconv.FormatInt(l.Left, 10))
			c.Set("RateLimit-Reset", strconv.Itoa(seconds(l.Resets)))
		}
	}
	c.Append("RateLimit-Policy", policy)
}
