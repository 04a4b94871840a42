package api

import (
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/workdays"
	"shuyuan/marketplace/registration"
)

// Registration, certification and valuation of products, as everybody may read them
// from the public notice on. Nothing here names a person: who objected and in what
// words, and who decided, stands in none of it.

// RegistrationNotice is an application to register a product whose public notice began.
type RegistrationNotice struct {
	Number      string `json:"number" doc:"Its number" zh:"编号" example:"DJ-2026-000001"`
	Kind        string `json:"kind" enum:"first,change,renewal,transfer" doc:"What is applied for" zh:"类型：first 首次，change 变更，renewal 续期，transfer 转移" example:"first"`
	State       string `json:"state" enum:"public_notice,objected,issued,refused" doc:"Where it stands" zh:"状态：public_notice 公示中，objected 有异议，issued 已登记，refused 不予登记" example:"issued"`
	Product     string `json:"product" doc:"Number of the product" zh:"产品编号" example:"PRD-2026-000001"`
	Version     string `json:"version" doc:"Number of the version" zh:"版本号" example:"1.0.0"`
	Title       string `json:"title" doc:"Name of the product" zh:"产品名称" example:"各站客流"`
	TitleEN     string `json:"title_en" doc:"Its name in English; may be empty" zh:"英文名称，可以为空" example:"Visits by station"`
	Summary     string `json:"summary" doc:"What it is good for" zh:"简介" example:"各站每天多少人"`
	SummaryEN   string `json:"summary_en" doc:"The same in English; may be empty" zh:"英文简介，可以为空" example:"How many people each day"`
	Holder      string `json:"holder" doc:"The organisation that the certificate will be of, or is" zh:"登记主体" example:"示例数据科技有限公司"`
	Code        string `json:"holder_code" doc:"Its credit code" zh:"登记主体的统一社会信用代码" example:"91350100MA00000T07"`
	From        string `json:"notice_from" format:"date" doc:"The day on which the public notice began" zh:"公示开始的日子" example:"2026-11-02"`
	Until       string `json:"notice_until" format:"date" doc:"Its last day" zh:"公示的最后一日" example:"2026-11-16"`
	Preliminary bool   `json:"preliminary" doc:"True while the last day is only estimated, since a calendar of working days is missing" zh:"缺工作日历，最后一日只是估算则为 true" example:"false"`
	Open        bool   `json:"takes_objections" doc:"True while anybody may object, on its page" zh:"现在可以在页面上提异议则为 true" example:"false"`
	Certificate string `json:"certificate" doc:"Number of the certificate; empty until it is issued" zh:"证书编号；还没有发证则为空" example:"DJZ-2026-000001"`
	Sample      bool   `json:"sample" doc:"It is a sample (示例)" zh:"是示例" example:"false"`
	Page        string `json:"page" format:"uri" doc:"Its page, with what was objected and answered" zh:"页面，有异议和答复" example:"https://data.example/registrations/DJ-2026-000001"`
}

// RegistrationNoticeList is a part of the list.
type RegistrationNoticeList struct {
	Items []RegistrationNotice `json:"items" nullable:"false" doc:"The newest first" zh:"新的在前"`
	Next  string               `json:"next,omitempty" doc:"The cursor of the next page; absent on the last" zh:"下一页的游标；最后一页没有" example:"14"`
}

// RegistrationsWanted are the conditions of the list.
type RegistrationsWanted struct {
	Number  string `query:"number" maxLength:"40" doc:"This one alone; one that was refused after its notice too" zh:"只要这一件；公示以后不予登记的也查得到" example:"DJ-2026-000001"`
	Product string `query:"product" maxLength:"40" doc:"Of the product of this number" zh:"只要这个产品的" example:"PRD-2026-000001"`
	Code    string `query:"code" maxLength:"18" doc:"Of the holder of this credit code" zh:"只要这个统一社会信用代码的登记主体的" example:"91350100MA00000T07"`
	Kind    string `query:"kind" enum:"first,change,renewal,transfer" doc:"Only of this kind" zh:"只要这一类" example:"first"`
	Limit   int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"At most so many items" zh:"一页最多几项" example:"20"`
	Cursor  string `query:"cursor" maxLength:"20" doc:"Where to go on: the next of the page before" zh:"从哪里继续：上一页的 next"`
}

// Certificate is a signed certificate.
type Certificate struct {
	Number     string    `json:"number" doc:"Its number" zh:"编号" example:"DJZ-2026-000001"`
	Kind       string    `json:"kind" enum:"registration,certification,valuation" doc:"What it certifies" zh:"registration 登记，certification 合规认证，valuation 资产评估" example:"registration"`
	State      string    `json:"state" enum:"issued,changed,renewed,transferred,expired,cancelled" doc:"Where it stands; changed, renewed and transferred: another one replaced it" zh:"状态；changed、renewed、transferred 是由另一份代替了" example:"issued"`
	InForce    bool      `json:"in_force" doc:"Whether it counts at this moment" zh:"现在是否有效" example:"true"`
	Product    string    `json:"product" doc:"Number of the product" zh:"产品编号" example:"PRD-2026-000001"`
	Version    string    `json:"version" doc:"Number of the version that it is about" zh:"所指的版本" example:"1.0.0"`
	Title      string    `json:"title" doc:"Name of the product" zh:"产品名称" example:"各站客流"`
	TitleEN    string    `json:"title_en" doc:"Its name in English; may be empty" zh:"英文名称，可以为空" example:"Visits by station"`
	Holder     string    `json:"holder" doc:"The organisation that it is of" zh:"持有人" example:"示例数据科技有限公司"`
	Code       string    `json:"holder_code" doc:"Its credit code" zh:"持有人的统一社会信用代码" example:"91350100MA00000T07"`
	MovedTo    string    `json:"moved_to,omitempty" doc:"Who holds the registration of the product now, where the right to run it was transferred after this certificate was issued" zh:"签发以后产品经营权转移的，现在的登记主体" example:"示例数据应用有限公司"`
	MovedCode  string    `json:"moved_to_code,omitempty" doc:"Its credit code" zh:"现在的登记主体的统一社会信用代码" example:"91350100MA00000R0E"`
	Issuer     string    `json:"issuer" doc:"The organisation that issued it" zh:"签发的机构" example:"示例数据交易所"`
	Issued     time.Time `json:"issued" doc:"When it was issued" zh:"签发的时间"`
	LastDay    string    `json:"last_day" format:"date" doc:"The last day on which it counts, if nothing ends it before" zh:"有效期的最后一日" example:"2029-11-17"`
	Ended      string    `json:"ended" doc:"The day on which it ended; empty while it has not" zh:"失效的日子；没有失效则为空" example:""`
	Reason     string    `json:"reason" doc:"Why it ended before its time, in the words of who ended it" zh:"提前终止的理由" example:""`
	Replaces   string    `json:"replaces" doc:"Number of the certificate that it replaced" zh:"代替了哪一份" example:""`
	ReplacedBy string    `json:"replaced_by" doc:"Number of the certificate that replaced it" zh:"由哪一份代替" example:""`
	Statement  string    `json:"statement" doc:"SHA-256 of what was signed" zh:"声明的摘要" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Key        string    `json:"key" doc:"The key that signed it, which is in the list of keys" zh:"签名的密钥，在公开的密钥清单里" example:"0a1b2c3d"`
	Leaf       int64     `json:"leaf" doc:"Its place in the transparency log" zh:"在透明日志里的位置" example:"12"`
	Envelope   string    `json:"envelope" format:"uri" doc:"What was signed (in-toto, DSSE), for checking without asking anybody" zh:"签名的声明（in-toto，DSSE），可以自己核验" example:"https://data.example/certificates/DJZ-2026-000001/dsse.json"`
	Sample     bool      `json:"sample" doc:"It is a sample (示例)" zh:"是示例" example:"false"`
	Page       string    `json:"page" format:"uri" doc:"Its page" zh:"页面" example:"https://data.example/certificates/DJZ-2026-000001"`
}

// CertificateList is a part of the list.
type CertificateList struct {
	Items []Certificate `json:"items" nullable:"false" doc:"The newest first" zh:"新的在前"`
	Next  string        `json:"next,omitempty" doc:"The cursor of the next page; absent on the last" zh:"下一页的游标；最后一页没有" example:"14"`
}

// CertificatesWanted are the conditions of the list.
type CertificatesWanted struct {
	Number  string `query:"number" maxLength:"40" doc:"This one alone" zh:"只要这一份" example:"DJZ-2026-000001"`
	Product string `query:"product" maxLength:"40" doc:"Of the product of this number" zh:"只要这个产品的" example:"PRD-2026-000001"`
	Code    string `query:"code" maxLength:"18" doc:"Of the holder of this credit code" zh:"只要这个统一社会信用代码的持有人的" example:"91350100MA00000T07"`
	Kind    string `query:"kind" enum:"registration,certification,valuation" doc:"Only of this kind" zh:"只要这一类" example:"registration"`
	Limit   int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"At most so many items" zh:"一页最多几项" example:"20"`
	Cursor  string `query:"cursor" maxLength:"20" doc:"Where to go on: the next of the page before" zh:"从哪里继续：上一页的 next"`
}

func (a *api) registerRegistrations(h huma.API) {
	registerLive[RegistrationsWanted, body[RegistrationNoticeList]](h, op("listRegistrations", "/registrations", "registrations").
		summary("Public notices of the registration of products", "产品登记的公示").
		describe("Those whose public notice began, the newest first. What is not there yields an empty list.", "已经公示的，新的在前。查不到的给空的列表。").
		example("/registrations?limit=2"), a.listRegistrations)
	registerLive[CertificatesWanted, body[CertificateList]](h, op("listCertificates", "/certificates", "registrations").
		summary("Certificates of products", "产品的证书").
		describe("Certificates of registration, of compliance and of valuation, those that ended too, the newest first. A number that was never issued yields an empty list.", "登记、合规认证和资产评估的证书，失效的也在，新的在前。没有签发过的编号给空的列表。").
		example("/certificates?limit=2"), a.listCertificates)
}

func (a *api) listRegistrations(c *fiber.Ctx, in *RegistrationsWanted) (err error) {
	var out RegistrationNoticeList
	ctx := c.UserContext()
	out.Items, out.Next, err = numbered(in.Number, in.Cursor, in.Limit,
		func() (RegistrationNotice, error) {
			r, err := a.Registrations.Shown(ctx, in.Number)
			if err != nil {
				return RegistrationNotice{}, err
			}
			return a.registrationNotice(r), nil
		}, func(before int64, limit int) ([]registration.Registration, error) {
			return a.Registrations.Notices(ctx, registration.Filter{Product: in.Product, Code: in.Code, Kind: in.Kind, Before: before, Limit: limit})
		}, func(r *registration.Registration) (int64, RegistrationNotice) { return r.ID, a.registrationNotice(r) })
	if err != nil {
		return err
	}
	return a.sendNow(c, out)
}

func (a *api) registrationNotice(r *registration.Registration) RegistrationNotice {
	return RegistrationNotice{
		Number: r.Number, Kind: string(r.Kind), State: string(r.State), Product: r.Product, Version: r.Version, Title: r.Title, TitleEN: r.TitleEN, Summary: r.Summary, SummaryEN: r.SummaryEN, Holder: r.Holder().Name, Code: r.Holder().Code,
		From: r.Notice.From.In(workdays.Zone).Format(time.DateOnly), Until: r.Notice.Last.Format(time.DateOnly), Preliminary: r.Notice.Preliminary(), Open: r.Takes(), Certificate: r.Certificate, Sample: r.Sample, Page: a.Config.BaseURL + "/registrations/" + r.Number,
	}
}

func (a *api) listCertificates(c *fiber.Ctx, in *CertificatesWanted) (err error) {
	var out CertificateList
	ctx := c.UserContext()
	out.Items, out.Next, err = numbered(in.Number, in.Cursor, in.Limit,
		func() (Certificate, error) {
			one, err := a.Registrations.CertificateByNumber(ctx, in.Number)
			if err != nil {
				return Certificate{}, err
			}
			return a.certificate(one), nil
		}, func(before int64, limit int) ([]registration.Certificate, error) {
			return a.Registrations.Certificates(ctx, registration.Filter{Product: in.Product, Code: in.Code, Kind: in.Kind, Before: before, Limit: limit})
		}, func(x *registration.Certificate) (int64, Certificate) { return x.ID, a.certificate(x) })
	if err != nil {
		return err
	}
	return a.sendNow(c, out)
}

func (a *api) certificate(x *registration.Certificate) Certificate {
	out := Certificate{
		Number: x.Number, Kind: string(x.Kind), State: string(x.State), InForce: x.Counts(a.Now()), Product: x.Product, Version: x.Version, Title: x.Title, TitleEN: x.TitleEN, Holder: x.Holder.Name, Code: x.Holder.Code, Issuer: x.Issuer,
		Issued: x.IssuedAt.UTC(), LastDay: x.LastDay().Format(time.DateOnly), Reason: x.Reason, Replaces: x.Replaces, ReplacedBy: x.ReplacedBy, Statement: x.Digest, Key: x.Key, Leaf: x.Leaf, Envelope: a.Config.BaseURL + x.Path() + "/dsse.json", Sample: x.Sample, Page: a.Config.BaseURL + x.Path(),
	}
	if x.MovedTo != nil {
		out.MovedTo, out.MovedCode = x.MovedTo.Name, x.MovedTo.Code
	}
	if x.State != registration.InForce {
		out.Ended = x.StateAt.In(workdays.Zone).Format(time.DateOnly)
	}
	return out
}
