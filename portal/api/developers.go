package api

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/demands"
	"shuyuan/portal"
	"shuyuan/portal/problem"
	"shuyuan/search"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// exampleBytes is the most that the examples make a reader download.
const exampleBytes = 5 << 20

// example is what the examples read: a file with a table that everybody may
// have, and its dataset.
func (a *api) example(ctx context.Context) (*datasets.Dataset, *datasets.Version, error) {
	page, err := a.Datasets.List(ctx, visitor, datasets.Filter{Open: datasets.Unconditional, Order: datasets.ByPopular, Limit: 100})
	if err != nil {
		return nil, nil, err
	}
	for i := range page.Items {
		for _, r := range page.Items[i].Resources {
			if v := r.Newest; v != nil && v.Header && len(v.Tables) > 0 && v.Bytes <= exampleBytes {
				return a.whole(ctx, r.ID)
			}
		}
	}
	return nil, nil, nil
}

// whole is the newest version of a file with its columns, and its dataset.
func (a *api) whole(ctx context.Context, id string) (*datasets.Dataset, *datasets.Version, error) {
	d, r, err := a.Datasets.Resource(ctx, visitor, id)
	if err != nil {
		return nil, nil, err
	}
	return d, r.Newest, nil
}

// here puts the names of the example into addresses; nil where there is none.
func (a *api) here(ctx context.Context) (*strings.Replacer, error) {
	d, v, err := a.example(ctx)
	if d == nil || err != nil {
		return nil, err
	}
	request := "1"
	if some, err := a.Demands.List(ctx, demands.Filter{Order: demands.ByDate, Limit: 1}); err != nil {
		return nil, err
	} else if len(some.Items) > 0 {
		request = strconv.FormatInt(some.Items[0].ID, 10)
	}
	return strings.NewReplacer("{request}", request, "{slug}", d.Slug, "{id}", v.ResourceID, "{n}", strconv.Itoa(v.Number), "{version}", strconv.Itoa(v.Number),
		"{filename}", pathEscape(v.FileName), "{department}", d.Department.Slug, "{theme}", d.Theme.Slug), nil
}

// showDevelopers is the page for developers.
func (a *api) showDevelopers(_ *portal.Server, c *fiber.Ctx) error {
	if _, err := portal.Query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.DevelopersPage{
		Frame:    a.Frame(c, text.T(ctx, "开发者"), text.T(ctx, "公开数据的接口：不要密钥，不要注册，复制就能跑。")),
		Headers:  a.sampleHeaders(),
		Problem:  sampleProblem(ctx),
		Quotas:   a.quotas(ctx),
		Failures: allFailures(ctx),
	}
	p.Alternate = []templates.Link{{Href: Base + "/openapi.json", Title: "OpenAPI 3.1", Type: fiber.MIMEApplicationJSON}}
	for _, o := range a.operations() {
		p.Operations = append(p.Operations, templates.OperationLine{ID: o.OperationID, Method: o.Method, Path: Base + o.path, Summary: inBoth(ctx, o.Summary, o.Extensions, summaryZH)})
	}
	d, v, err := a.example(ctx)
	if err != nil {
		return err
	}
	if p.Dataset = d; d != nil {
		p.Fetch, p.Steady, p.Again = a.Snippets(ctx, v), a.steady(ctx, v), a.again(ctx, d, v)
	}
	var profiles []datasets.ColumnProfile
	if v != nil {
		if profiles, err = a.Datasets.Profiles(ctx, visitor, v, 0); err != nil {
			return err
		}
	}
	p.Language = language(ctx, v, profiles)
	p.Walk = walks(a.Config.BaseURL)
	p.Applications, p.Owed, p.Uploads, p.Workspaces = preparing(a.Config.BaseURL), owed(a.Config.BaseURL), uploading(a.Config.BaseURL), computing(a.Config.BaseURL)
	p.Webhooks = webhookCheck
	if err := a.hero(ctx, &p); err != nil {
		return err
	}
	here, err := a.here(ctx)
	if err != nil {
		return err
	}
	p.Addresses = a.addresses(ctx, here)
	return a.Page(c, templates.Developers(p))
}

// hero is a search that finds something, with what it finds.
func (a *api) hero(ctx context.Context, p *templates.DevelopersPage) error {
	in := &Wanted{Open: []string{"unconditional"}, Paging: Paging{Limit: 5}}
	command := "curl -G " + a.address("/datasets")
	if word := a.commonTag(ctx); word != "" {
		in.Q = word
		command += " \\\n  --data-urlencode " + shellQuote("q="+word)
	}
	p.Command = command + " \\\n  -d open=unconditional -d limit=5"
	found, err := a.listDatasets(ctx, &call{}, in)
	if err != nil {
		return err
	}
	p.Total = found.Total
	p.Found = templates.TableView{Label: text.T(ctx, "找到的数据集"), Columns: []templates.Column{
		{Label: text.T(ctx, "名称"), Name: text.Pick(ctx, "title", "title_en")}, {Label: text.T(ctx, "由谁发布"), Name: "department"}, {Label: text.T(ctx, "更新"), Name: "updated"}}}
	for _, item := range found.Items {
		p.Found.Rows = append(p.Found.Rows, []string{text.Pick(ctx, item.Title, item.TitleEN), text.Pick(ctx, item.Department.Name, item.Department.NameEN), item.Updated})
	}
	return nil
}

// commonTag is the tag that most datasets have; empty where there is none, and
// while the engine does not answer.
func (a *api) commonTag(ctx context.Context) string {
	r, err := a.Search.Search(ctx, search.Query{Facets: []search.Facet{search.FacetTag}, FacetSize: 1, Limit: 1})
	if err != nil || len(r.Facets[search.FacetTag]) == 0 {
		return ""
	}
	return r.Facets[search.FacetTag][0].Value
}

func (a *api) addresses(ctx context.Context, here *strings.Replacer) []templates.AddressLine {
	lines := []templates.AddressLine{
		{Words: text.T(ctx, "找数据集"), Pattern: "GET /api/v1/datasets?q=&theme=&open=&facets=theme,org", Try: Base + "/datasets?open=unconditional&facets=theme,org&limit=3", Note: text.T(ctx, "搜索、筛选、计数、翻页都在这里。")},
		{Words: text.T(ctx, "看一个数据集"), Pattern: "GET /api/v1/datasets/{slug}", Note: text.T(ctx, "全部目录字段、法规依据、每个文件的地址。")},
		{Words: text.T(ctx, "看列"), Pattern: "GET /api/v1/resources/{id}/schema", Note: text.T(ctx, "列名、含义、类型、单位、代码表。")},
		{Words: text.T(ctx, "看版本"), Pattern: "GET /api/v1/resources/{id}/versions"},
		{Words: text.T(ctx, "取最新的原件"), Pattern: "GET /r/{id}", Note: text.T(ctx, "302 转到下面这种地址。")},
		{Words: text.T(ctx, "取某一版的原件"), Pattern: "GET /d/{id}/{version}/{filename}", Note: text.T(ctx, "字节永不变，可续传。")},
		{Words: text.T(ctx, "查询行"), Pattern: "GET /api/v1/resources/{id}/rows?limit=10", Note: text.T(ctx, "筛选、选列、分组、排序，写法见“查询行的语言”。")},
		{Words: text.T(ctx, "导出一部分行"), Pattern: "GET /api/v1/resources/{id}/export.csv?limit=10", Note: text.T(ctx, "也有 json、ndjson、xlsx、parquet、geojson、xml 和 zip。")},
		{Words: text.T(ctx, "看怎样申请"), Pattern: "GET /api/v1/datasets/{slug}/apply", Note: text.T(ctx, "要什么、几个工作日、依据哪一条；办结的申请在 …/decisions。")},
		{Words: text.T(ctx, "看授权运营"), Pattern: "GET /api/v1/operation?state=active", Try: Base + "/operation?state=active&limit=3", Note: text.T(ctx, "谁授权谁、到列的范围、费用上限、开发主体；场景在 …/scenarios，竞争项目在 …/tenders。")},
		{Words: text.T(ctx, "看产品的登记和证书"), Pattern: "GET /api/v1/certificates?kind=registration", Try: Base + "/certificates?kind=registration&limit=3", Note: text.T(ctx, "按证书编号、产品或者统一社会信用代码查；公示在 …/registrations，产品在 …/products。")},
		{Words: text.T(ctx, "取某一版的全部行"), Pattern: "GET /d/{id}/{version}/data.csv", Note: text.T(ctx, "字节永不变；其他格式换一个后缀，?bom=1 给 Excel。")},
	}
	for i := range lines {
		if l := &lines[i]; l.Try == "" && here != nil {
			l.Try = here.Replace(strings.TrimPrefix(l.Pattern, "GET "))
		}
	}
	return lines
}

// quotas are the limits as this installation has them.
func (a *api) quotas(ctx context.Context) []templates.Quota {
	of := func(rate account.Rate, who, by string) templates.Quota {
		return templates.Quota{Who: who, Limit: rate.Limit, Seconds: int(rate.Window / time.Second), By: by}
	}
	line := func(bucket, who, by string) templates.Quota { return of(a.Accounts.Rate(bucket), who, by) }
	var out []templates.Quota
	for _, kind := range []struct{ bucket, words string }{
		{byNetwork, text.T(ctx, "目录和文件的信息")}, {ofRows, text.T(ctx, "查询行、计数、分布")}, {ofExport, text.T(ctx, "导出")},
	} {
		out = append(out, line(kind.bucket, text.T(ctx, "%s，不带密钥", kind.words), text.T(ctx, "按网络：一个 IPv4 地址，或一个 IPv6 的 /64")),
			line(kind.bucket+keyed, text.T(ctx, "%s，带密钥", kind.words), text.T(ctx, "按账号，它的密钥合用一份")))
	}
	network, each := a.VisitRate(portal.DownloadVisit)
	out = append(out, of(network, text.T(ctx, "下载（%s），不带密钥", "/d/"), text.T(ctx, "按网络：一个 IPv4 地址，或一个 IPv6 的 /64")),
		of(each, text.T(ctx, "下载（%s），带密钥", "/d/"), text.T(ctx, "按账号，它的密钥合用一份")))
	return out
}

// sampleHeaders are those of a first request.
func (a *api) sampleHeaders() string {
	rate := a.Accounts.Rate(byNetwork)
	return fmt.Sprintf("RateLimit-Policy: %s\nRateLimit-Limit: %d\nRateLimit-Remaining: %d\nRateLimit-Reset: %d", ratePolicy(byNetwork, rate), rate.Limit, rate.Limit-1, seconds(rate.Window))
}

// sampleProblem is what limit=1000 is answered with.
func sampleProblem(ctx context.Context) string {
	f := malformed("query.limit", "须是 %d 到 %d 的整数。", 1, 100)
	body, media := problem.Document(ctx, fiber.StatusBadRequest, fault.Of(f), "")
	return "HTTP/1.1 400 Bad Request\nContent-Type: " + media + "\n\n" + indented(body)
}

func allFailures(ctx context.Context) []templates.Failure {
	var out []templates.Failure
	add := func(code string, kind fault.Kind, zh, en string) {
		out = append(out, templates.Failure{Code: code, ID: "error-" + problem.Name(kind), Type: problem.Type(kind), Words: text.Pick(ctx, zh, en)})
	}
	for _, f := range failures {
		add(f.code, f.kind, f.zh, f.en)
	}
	for _, f := range others {
		add(f.code, f.kind, f.zh, f.en)
	}
	seen := map[string]bool{}
	for i := range out { // several statuses may be of one type, whose address leads to the first
		if seen[out[i].ID] {
			out[i].ID = ""
		}
		seen[out[i].ID] = true
	}
	return out
}
