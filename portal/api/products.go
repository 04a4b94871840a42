package api

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/marketplace"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
	"shuyuan/portal"
	"shuyuan/templates/text"
)

// Products made of public data, and what anybody may check of them. Nothing here names
// a person or a buyer.

// ProductSource is one version of public data in a product.
type ProductSource struct {
	Department   string `json:"department" doc:"The department whose data it is" zh:"数据来源的部门" example:"示例交通局"`
	DepartmentEN string `json:"department_en" doc:"Its name in English" zh:"部门的英文名称" example:"Example Department of Transport"`
	Dataset      string `json:"dataset" format:"uri" doc:"Address of the dataset" zh:"数据集的地址" example:"https://data.example/datasets/station-visits"`
	Title        string `json:"title" doc:"Title of the dataset" zh:"数据集的标题" example:"车站客流"`
	TitleEN      string `json:"title_en" doc:"Its title in English" zh:"英文标题" example:"Visits of stations"`
	File         string `json:"file" doc:"Which of its files" zh:"其中的文件" example:"visits.csv"`
	Version      int    `json:"version" doc:"Number of the version" zh:"第几版" example:"3"`
	SHA256       string `json:"sha256" doc:"Digest of the version" zh:"这一版的摘要" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Acquired     string `json:"acquired" format:"date" doc:"The day on which the developer acquired it" zh:"获取日期" example:"2026-11-02"`
	Earliest     string `json:"earliest,omitempty" doc:"The earliest day, where it was acquired on several" zh:"多次获取的，最早的一日" example:"2026-10-30"`
	Latest       string `json:"latest,omitempty" doc:"The latest day likewise" zh:"多次获取的，最晚的一日" example:"2026-11-02"`
	Record       string `json:"record" doc:"The record of the acquisition" zh:"获取记录" example:"ACQ-12"`
	Licence      string `json:"licence" enum:"open,conditional" doc:"On what ground it was acquired" zh:"凭什么获取：open 无条件开放，conditional 授权" example:"conditional"`
	Grant        string `json:"grant" doc:"Number of the grant, or code of the licence" zh:"授权的编号，或者许可的代码" example:"CSQ-2026-000001"`
	Basis        string `json:"basis" enum:"machine,held,inherited" doc:"machine: a job in a secure workspace read it; held: the developer holds the record of the acquisition; inherited: it came by another product" zh:"machine 由开发空间的作业读取；held 开发方持有获取记录；inherited 随所用的产品而来" example:"machine"`
	Through      string `json:"through,omitempty" doc:"The product that it came by, where it is inherited" zh:"随哪个产品而来" example:"PRD-2026-000002@1.0.0"`
}

// Verification is what a digest, a product or a version is.
type Verification struct {
	Verdict   string               `json:"verdict" enum:"valid,lapsed,unknown" doc:"valid: genuine and in force; lapsed: genuine, and recalled or no longer authorised since; unknown: nothing of the kind was sealed here" zh:"valid 真实有效；lapsed 真实但已失效；unknown 未知" example:"valid"`
	Says      string               `json:"says" doc:"The verdict in Chinese" zh:"结论" example:"真实有效"`
	SaysEN    string               `json:"says_en" doc:"The verdict in English" zh:"英文的结论" example:"genuine and valid"`
	Reasons   []VerificationReason `json:"reasons" nullable:"false" doc:"Why it lapsed, and what else there is to know" zh:"为什么失效，以及还要知道的"`
	As        string               `json:"as,omitempty" enum:",statement,content,artefact,version,receipt,paper,file" doc:"What was asked for: the digest of a statement, a content or a file of a product, or a version; a certificate of download, its PDF, or an open file" zh:"查的是什么：产品的声明、内容或者文件的摘要，或者版本；下载凭证、它的 PDF，或者开放的文件" example:"content"`
	Product   string               `json:"product,omitempty" doc:"Number of the product" zh:"产品编号" example:"PRD-2026-000001"`
	Version   string               `json:"version,omitempty" doc:"Number of the version" zh:"版本号" example:"1.0.0"`
	Title     string               `json:"title,omitempty" doc:"Name of the product" zh:"产品名称" example:"各站客流"`
	TitleEN   string               `json:"title_en,omitempty" doc:"Its name in English" zh:"产品的英文名称" example:"Visits by station"`
	Developer string               `json:"developer,omitempty" doc:"Who developed it" zh:"开发方" example:"示例数据科技有限公司"`
	Code      string               `json:"developer_code,omitempty" doc:"Credit code of the developer" zh:"开发方的统一社会信用代码" example:"91350100MA00000T07"`
	Sources   []ProductSource      `json:"sources" nullable:"false" doc:"Public data in it" zh:"其中的公共数据"`
	Declared  []string             `json:"declared" nullable:"false" doc:"What the developer declares and nothing on record shows" zh:"开发方自行声明、平台没有记录的来源"`
	Mandate   string               `json:"mandate,omitempty" doc:"Number of the mandate, its own or of a product in it; empty: it was developed outside" zh:"授权编号；没有则在外部开发" example:"AUTH-2026-000001"`
	Scenario  string               `json:"scenario,omitempty" doc:"Number of the scenario" zh:"场景编号" example:"SCN-2026-000001"`
	Statement string               `json:"statement,omitempty" doc:"SHA-256 of the signed statement" zh:"声明的摘要" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Signed    string               `json:"developer_signature,omitempty" enum:",signed,none,revoked,invalid" doc:"Whether the developer signed the statement beside the platform; revoked: its key counted no more when the log recorded it; invalid: it is not their signature of this statement" zh:"开发主体有没有在平台之外签名：signed 有，none 无，revoked 密钥已撤销，invalid 不符" example:"signed"`
	SealedAt  *time.Time           `json:"sealed" nullable:"true" doc:"When it was sealed" zh:"封存的时间"`
	Leaf      *int64               `json:"leaf" nullable:"true" doc:"Its place in the transparency log" zh:"在透明日志里的位置" example:"12"`
	LogSize   int64                `json:"log_size" doc:"Size of the newest checkpoint that covers it; 0: none does yet" zh:"最新的检查点有几条记录；0 是还没有检查点" example:"40"`
	LogAt     *time.Time           `json:"log_signed" nullable:"true" doc:"When that checkpoint was signed" zh:"检查点签署的时间"`
	Bundle    *ProofFile           `json:"proof,omitempty" doc:"With proof: all that proves it without asking anybody" zh:"加 proof 时：离线核验用的全部证明"`
	Bundles   []ProofFile          `json:"proofs,omitempty" doc:"With proof, where the digest is that of the names of the columns of a table (see docs/verify.md): the proofs of the statements about tables with these columns. The verdict stays unknown: whoever asks works out the digest of the content by the types that a statement has, and compares" zh:"加 proof、查的是表的列名的摘要时：列名相同的表的声明的证明。结论仍是未知：由查的人照声明里的类型算出内容的摘要，自己比对"`
	Receipt   *Receipt             `json:"receipt,omitempty" doc:"The certificate of download that was asked about, or the newest that speaks for the file" zh:"查的下载凭证，或者说的是这个文件的最新一份"`
	Page      string               `json:"page,omitempty" format:"uri" doc:"Page of the product; of the certificate of download; or of the open file" zh:"产品、下载凭证或者开放的文件的页面" example:"https://data.example/products/PRD-2026-000001"`
}

// VerificationReason is a sentence in both languages.
type VerificationReason struct {
	Zh string `json:"zh" doc:"In Chinese" zh:"中文" example:"它用的公共数据“车站客流”已经撤下。"`
	En string `json:"en" doc:"In English" zh:"英文" example:"The public data “车站客流” in it was withdrawn."`
}

// ProofFile is what stands in a .proof.json: see package provenance/verify.
type ProofFile struct{ *verify.Proof }

// MarshalJSON implements json.Marshaler.
func (p ProofFile) MarshalJSON() ([]byte, error) { return json.Marshal(p.Proof) }

// Schema implements huma.SchemaProvider: the parts are described in the package that
// reads them, and change with the format that they name.
func (ProofFile) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: &huma.Schema{}}
}

// VerifyWanted names what is checked.
type VerifyWanted struct {
	What  string `path:"what" maxLength:"300" doc:"SHA-256 of a content, a file or a statement, in hexadecimal; the number of a product or of a certificate of download; or number@version" zh:"内容、文件或者声明的 SHA-256，产品或者下载凭证的编号，或者 产品编号@版本号" example:"PRD-2026-000001@1.0.0"`
	Proof bool   `query:"proof" doc:"Bring the signed statement, its place in the log with the proof, a signed checkpoint and the list of keys, for checking offline" zh:"连同签名的声明、在日志里的位置和证明、签署的检查点、密钥清单，供离线核验" example:"true"`
}

// ProductVersion is one version of a product.
type ProductVersion struct {
	Number     string            `json:"number" doc:"Its number" zh:"版本号" example:"1.0.0"`
	State      string            `json:"state" enum:"published,deprecated,recalled" doc:"Where it stands" zh:"状态" example:"published"`
	Valid      bool              `json:"valid" doc:"Whether it counts: false once it was recalled, or what it was made from or under no longer stands; verify says why" zh:"是否有效；召回以后，或者它所用的数据、所依据的授权不再有效，就是 false，原因见核验" example:"true"`
	Supersedes string            `json:"supersedes" doc:"The version before" zh:"上一版" example:""`
	Notes      string            `json:"notes" doc:"What is new" zh:"版本说明" example:"第一版"`
	Method     string            `json:"method" doc:"By what method it was made" zh:"加工方法" example:"按车站分组计数"`
	SealedAt   time.Time         `json:"sealed" doc:"When it was sealed" zh:"封存的时间"`
	Statement  string            `json:"statement" doc:"SHA-256 of the signed statement" zh:"声明的摘要" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Sources    []ProductSource   `json:"sources" nullable:"false" doc:"Public data in it" zh:"其中的公共数据"`
	Declared   []string          `json:"declared" nullable:"false" doc:"What the developer declares and nothing on record shows" zh:"开发方自行声明的来源"`
	Files      []ProductArtefact `json:"files" nullable:"false" doc:"Its files with their digests" zh:"各种格式的文件和摘要"`
	Verify     string            `json:"verify" format:"uri" doc:"Where it is checked" zh:"核验的地址" example:"https://data.example/api/v1/verify/PRD-2026-000001@1.0.0"`
}

// ProductArtefact is a file of a version.
type ProductArtefact struct {
	Form   string `json:"form" doc:"Its form" zh:"格式" example:"csv"`
	Name   string `json:"name" doc:"Its name" zh:"文件名" example:"PRD-2026-000001@1.0.0-data.csv.zip"`
	SHA256 string `json:"sha256" doc:"Digest of its bytes" zh:"文件的摘要" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Bytes  int64  `json:"bytes" doc:"Its size" zh:"字节数" example:"1024"`
}

// Product is a product that is published.
type Product struct {
	Number    string           `json:"number" doc:"Its number" zh:"编号" example:"PRD-2026-000001"`
	Kind      string           `json:"kind" enum:"dataset,api,report,model,tool" doc:"What it is" zh:"类型" example:"dataset"`
	Title     string           `json:"title" doc:"Its name" zh:"名称" example:"各站客流"`
	TitleEN   string           `json:"title_en" doc:"Its name in English" zh:"英文名称" example:"Visits by station"`
	Summary   string           `json:"summary" doc:"What it is good for" zh:"简介" example:"各站每天多少人"`
	Developer string           `json:"developer" doc:"Who developed it" zh:"开发方" example:"示例数据科技有限公司"`
	Code      string           `json:"developer_code" doc:"Credit code of the developer" zh:"开发方的统一社会信用代码" example:"91350100MA00000T07"`
	State     string           `json:"state" enum:"draft,internal_review,registered,listable,suspended,retired" doc:"Where it stands" zh:"状态" example:"draft"`
	Scenario  string           `json:"scenario" doc:"Number of the scenario; empty: it was developed outside" zh:"场景编号；没有则在外部开发" example:"SCN-2026-000001"`
	Newest    string           `json:"newest" doc:"Number of the newest version" zh:"最新的版本" example:"1.0.0"`
	Versions  []ProductVersion `json:"versions,omitempty" doc:"Its versions, the newest first; where one product was asked for" zh:"各版，新的在前；只查一个产品时给出"`
	Plans     []ProductPlan    `json:"plans,omitempty" doc:"Plans of its listing for everybody; where one product was asked for. Offers for invited organisations are not told here" zh:"向所有人提供的套餐；只查一个产品时给出。给受邀机构的不在这里"`
	Page      string           `json:"page" format:"uri" doc:"Its page" zh:"页面" example:"https://data.example/products/PRD-2026-000001"`
}

// ProductPlan is a way to have a product, of a listing for everybody. Amounts are in fen.
type ProductPlan struct {
	Number    string     `json:"number" doc:"Its number" zh:"套餐编号" example:"TC-2026-000001"`
	Listing   string     `json:"listing" doc:"Number of the listing" zh:"上架编号" example:"SJ-2026-000001"`
	Name      string     `json:"name" doc:"Its name" zh:"名称" example:"单次购买"`
	NameEN    string     `json:"name_en" doc:"Its name in English" zh:"英文名称" example:"Single purchase"`
	Kind      string     `json:"kind" enum:"free,one_off,subscription,metered,trial" doc:"How it is paid for" zh:"收费方式：free 免费，one_off 一次付清，subscription 按期订阅，metered 按量，trial 试用" example:"one_off"`
	Channel   string     `json:"channel" enum:"file,api,workspace" doc:"How it is delivered" zh:"交付方式：file 文件，api 接口，workspace 安全空间" example:"file"`
	Currency  string     `json:"currency" doc:"Currency" zh:"币种" example:"CNY"`
	Fen       int64      `json:"fen" doc:"Price in fen; 0 of what is free or metered" zh:"价格（分）；免费和按量的是 0" example:"120000"`
	Months    int        `json:"months" doc:"Months of a subscription; 0 of any other" zh:"订阅的月数；其他是 0" example:"0"`
	Days      int        `json:"days" doc:"Days of a trial; 0 of any other" zh:"试用的天数；其他是 0" example:"0"`
	Quota     int64      `json:"quota" doc:"How many times; 0: no limit" zh:"限量（次）；0 不限" example:"0"`
	Unit      string     `json:"unit" doc:"Code of the unit that is metered" zh:"计量单位的代码" example:""`
	Bands     []PlanBand `json:"bands" nullable:"false" doc:"Prices of a unit, each from so many units on" zh:"各档的单价，分段累进"`
	Cap       int64      `json:"cap" doc:"Most that is charged in a month, in fen; 0: none" zh:"每月封顶（分）；0 不封顶" example:"0"`
	Tax       int        `json:"tax" doc:"Rate of tax in hundredths of a percent" zh:"税率（万分之几）" example:"600"`
	Included  bool       `json:"tax_included" doc:"Whether the price includes it" zh:"价格是否含税" example:"true"`
	Orderable bool       `json:"orderable" doc:"Whether it can be ordered now" zh:"现在能不能下单" example:"true"`
}

// PlanBand is the price of a unit from so many on.
type PlanBand struct {
	From int64 `json:"from" doc:"From so many units on" zh:"从多少起" example:"0"`
	Fen  int64 `json:"fen" doc:"Price of a unit in fen" zh:"单价（分）" example:"50"`
}

// ProductList is a part of the list.
type ProductList struct {
	Items []Product `json:"items" nullable:"false" doc:"The newest first" zh:"新的在前"`
	Next  string    `json:"next,omitempty" doc:"The cursor of the next page; absent on the last" zh:"下一页的游标；最后一页没有" example:"14"`
}

// ProductsWanted are the conditions of the list.
type ProductsWanted struct {
	Number string `query:"number" maxLength:"40" doc:"This product alone, with its versions" zh:"只要这一个产品，连同各版" example:"PRD-2026-000001"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"At most so many items" zh:"一页最多几项" example:"20"`
	Cursor string `query:"cursor" maxLength:"20" doc:"Where to go on: the next of the page before" zh:"从哪里继续：上一页的 next"`
}

func (a *api) registerProducts(h huma.API) {
	registerLive[ProductsWanted, body[ProductList]](h, op("listProducts", "/products", "products").
		summary("Products made of public data", "用公共数据做成的产品").
		describe("Those of which a version is published, the newest first; by number one alone, with what each of its versions was made from and when that was acquired.", "发布过版本的，新的在前；按编号查一个，连同各版由什么做成、什么时候获取的。").
		example("/products?limit=2"), a.listProducts)
	registerLive[VerifyWanted, body[Verification]](h, op("verify", "/verify/{what}", "products").
		summary("What a digest or a number is", "核验一个摘要或者编号").
		describe("By the digest of a content, of a file as it was delivered, or of a statement, or by number. What is not known is no error: the verdict is unknown.", "按内容、交付的文件或者声明的摘要，或者按编号。查不到不是错误：结论是未知。").
		example("/verify/PRD-2026-000001"), a.verify)
}

func (a *api) verify(c *fiber.Ctx, in *VerifyWanted) error {
	raw, err := url.PathUnescape(in.What)
	if err != nil {
		raw = in.What
	}
	what, err := marketplace.Wanted(a.Config.BaseURL, raw)
	if fault.KindOf(err) == fault.Invalid {
		what, err = in.What, nil // nobody sealed that: it is unknown, and no error
	}
	if err != nil {
		return err
	}
	found, err := a.Products.Verify(c.UserContext(), what)
	if err != nil {
		return err
	}
	out := a.verification(found)
	if in.Proof && (found.Said != nil && found.Checkpoint.Size > 0 || found.Open != nil && found.Open.Receipt != nil) {
		proof, err := a.Products.Proof(c.UserContext(), what)
		if err != nil {
			return err
		}
		out.Bundle = &ProofFile{proof}
	}
	if in.Proof && found.Said == nil && found.Open == nil && marketplace.OfDigest(what) { // perhaps that of the names of columns
		proofs, err := a.Products.Proofs(c.UserContext(), what)
		if err != nil {
			return err
		}
		for i := range proofs {
			out.Bundles = append(out.Bundles, ProofFile{&proofs[i]})
		}
	}
	return a.sendNow(c, out)
}

func (a *api) verification(x *marketplace.Answer) Verification {
	out := Verification{Verdict: string(x.Verdict), Says: x.Verdict.Words(false), SaysEN: x.Verdict.Words(true), Reasons: []VerificationReason{}, Sources: []ProductSource{}, Declared: []string{}}
	for _, why := range x.Reasons {
		out.Reasons = append(out.Reasons, reason(why))
	}
	if open := x.Open; open != nil {
		out.As = open.As
		if open.Receipt == nil {
			out.Title, out.TitleEN, out.Page = open.Dataset.Title, open.Dataset.TitleEN, a.Config.BaseURL+"/datasets/"+open.Dataset.Slug+"/resources/"+open.Version.ResourceID
			return out
		}
		out.Receipt = receiptOf(open.Receipt, a.Config.BaseURL)
		out.Title, out.TitleEN, out.Statement, out.Page = out.Receipt.Title, out.Receipt.TitleEN, out.Receipt.Statement, out.Receipt.Page
		return out
	}
	if x.Said == nil {
		return out
	}
	d := &x.Said.Predicate
	out.As, out.Product, out.Version, out.Title, out.TitleEN, out.Developer, out.Code, out.Statement = x.As, x.Product, x.Version, x.Title, x.TitleEN, x.Developer.Name, x.Developer.Code, x.Statement
	out.Sources, out.Declared = sourcesOf(d)
	out.Signed = string(x.Countersigned.Signed())
	if all := d.Mandates(); len(all) > 0 {
		out.Mandate, out.Scenario = all[0].Authorization, all[0].Scenario
	}
	at, leaf := x.SealedAt.UTC(), x.Leaf
	out.SealedAt, out.Leaf, out.LogSize = &at, &leaf, x.Checkpoint.Size
	if x.Checkpoint.Size > 0 {
		signed := x.Checkpoint.At.UTC()
		out.LogAt = &signed
	}
	if x.State != marketplace.Sealed {
		out.Page = a.Config.BaseURL + "/products/" + x.Product
	}
	return out
}

// reason is a sentence in both languages.
func reason(why *fault.Fault) VerificationReason {
	return VerificationReason{Zh: portal.Sentence(text.With(context.Background(), text.Chinese), why), En: portal.Sentence(text.With(context.Background(), text.English), why)}
}

func sourcesOf(d *statement.Derivation) (sources []ProductSource, declared []string) {
	sources, declared = []ProductSource{}, []string{}
	for _, x := range d.Sources {
		sources = append(sources, ProductSource{
			Department: x.Provider.Department, DepartmentEN: x.Provider.DepartmentEN, Dataset: x.Dataset, Title: x.Title, TitleEN: x.TitleEN, File: x.File, Version: x.Version, SHA256: x.Digest.SHA256,
			Acquired: x.Acquired.Date, Earliest: x.Acquired.Earliest, Latest: x.Acquired.Latest, Record: x.Acquired.Record, Licence: x.Licence.Kind, Grant: x.Licence.ID, Basis: string(x.Basis), Through: x.Through,
		})
	}
	for _, x := range d.Declared {
		declared = append(declared, x.Title)
	}
	return sources, declared
}

func (a *api) listProducts(c *fiber.Ctx, in *ProductsWanted) (err error) {
	var out ProductList
	ctx := c.UserContext()
	out.Items, out.Next, err = numbered(in.Number, in.Cursor, in.Limit,
		func() (Product, error) {
			p, err := a.Products.Public(ctx, in.Number)
			if err != nil {
				return Product{}, err
			}
			out := a.versioned(p)
			out.Plans, err = a.plansOf(ctx, in.Number)
			return out, err
		}, func(before int64, limit int) ([]marketplace.Product, error) {
			return a.Products.Find(ctx, marketplace.Filter{Before: before, Limit: limit})
		}, func(p *marketplace.Product) (int64, Product) { return p.ID, a.product(p) })
	if err != nil {
		return err
	}
	return a.sendNow(c, out)
}

// plansOf are the plans of a product that everybody sees.
func (a *api) plansOf(ctx context.Context, product string) (out []ProductPlan, err error) {
	if a.Offers == nil {
		return nil, nil
	}
	shown, err := a.Offers.Shown(ctx, account.Actor{}, product)
	if err != nil {
		return nil, err
	}
	for _, l := range shown {
		for _, c := range l.Choices {
			one := ProductPlan{Number: c.Number, Listing: l.Number, Name: c.Name, NameEN: c.NameEN, Kind: string(c.Kind), Channel: string(c.Channel), Currency: c.Currency, Fen: c.Fen, Months: c.Months, Days: c.Days, Quota: c.Quota, Unit: c.Unit, Bands: []PlanBand{}, Cap: c.Cap, Tax: c.Tax, Included: c.TaxIncluded, Orderable: c.Not == nil}
			for _, b := range c.Bands {
				one.Bands = append(one.Bands, PlanBand(b))
			}
			out = append(out, one)
		}
	}
	return out, nil
}

// numbered are the items of a list: the one of a number, or the next of all, the newest
// first, with the cursor of the page after. A number that nothing has yields no item.
func numbered[T, I any](number, cursor string, limit int, one func() (I, error), find func(before int64, limit int) ([]T, error), item func(*T) (id int64, shown I)) (items []I, next string, err error) {
	items = []I{}
	if number != "" {
		x, err := one()
		if err == nil {
			items = append(items, x)
		} else if fault.KindOf(err) != fault.NotFound {
			return nil, "", err
		}
		return items, "", nil
	}
	var before int64
	if cursor != "" {
		if before, err = strconv.ParseInt(cursor, 10, 64); err != nil || before < 1 {
			return nil, "", malformed("query.cursor", "这个翻页标记不是本列表给出的。")
		}
	}
	found, err := find(before, limit+1)
	if err != nil {
		return nil, "", err
	}
	for i := range found {
		if i == limit {
			last, _ := item(&found[i-1])
			return items, strconv.FormatInt(last, 10), nil
		}
		_, x := item(&found[i])
		items = append(items, x)
	}
	return items, "", nil
}

// versioned is a product with its versions.
func (a *api) versioned(p *marketplace.Product) Product {
	out := a.product(p)
	for i := range p.Versions {
		v := &p.Versions[i]
		one := ProductVersion{Number: v.Number, State: string(v.State), Valid: v.Lapsed == nil, Supersedes: v.Supersedes, Notes: v.Notes, Method: v.Method, SealedAt: v.Seal.At.UTC(), Statement: v.Seal.Digest, Files: []ProductArtefact{}, Verify: a.Config.BaseURL + Base + "/verify/" + v.Full()}
		one.Sources, one.Declared = sourcesOf(&v.Seal.Statement.Predicate)
		for _, f := range v.Artefacts {
			one.Files = append(one.Files, ProductArtefact{string(f.Form), f.Name, f.SHA256, f.Bytes})
		}
		out.Versions = append(out.Versions, one)
	}
	return out
}

func (a *api) product(p *marketplace.Product) Product {
	return Product{Number: p.Number, Kind: string(p.Kind), Title: p.Title, TitleEN: p.TitleEN, Summary: p.Summary, Developer: p.Developer.Name, Code: p.Developer.Code, State: string(p.State), Scenario: p.Scenario, Newest: p.Newest, Page: a.Config.BaseURL + p.Path()}
}
