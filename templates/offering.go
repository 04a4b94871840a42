package templates

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/marketplace/offering"
	"shuyuan/templates/text"
)

// listingDesk are those at whose desk listings lie; the exchange alone checks.
var listingDesk = []account.Role{account.ExchangeStaff, account.Authority, account.Regulator}

// SellingPage is a product with its listings, for who has the right to run it.
type SellingPage struct {
	Frame
	Of      *offering.Selling
	Form    offering.ListingForm
	Mistake Mistake
}

func (p SellingPage) at() string { return "/account/products/" + p.Of.Product + "/listings" }

// ListingPage is one listing, for its seller, the exchange and whoever supervises.
type ListingPage struct {
	Frame
	Book    *policy.Book
	Rules   offering.Rules
	Case    *offering.View
	Desk    bool
	Form    offering.ListingForm
	Plan    offering.PlanForm
	Words   string
	Mistake Mistake
	Done    bool
}

func (p ListingPage) at() string {
	if p.Desk {
		return "/desk/listings/" + p.Case.Number
	}
	return p.Case.Path()
}

// open reports whether the reader may change what is said of the listing.
func (p ListingPage) open() bool {
	return p.Case.Party.Owner && (p.Case.State == offering.Draft || p.Case.State == offering.Returned)
}

// choices are the plans that are not over, as a table shows them.
func (p ListingPage) choices() []offering.Choice {
	var out []offering.Choice
	for i := range p.Case.Plans {
		if x := &p.Case.Plans[i]; x.State != offering.Ended {
			out = append(out, offering.Choice{Plan: x, Not: p.Case.Wrong[x.Number]})
		}
	}
	return out
}

// OfferPlanPage is one plan, for its seller.
type OfferPlanPage struct {
	Frame
	Book    *policy.Book
	Rules   offering.Rules
	Case    *offering.View
	Plan    *offering.Plan
	Form    offering.PlanForm
	Mistake Mistake
	Done    bool
}

func (p OfferPlanPage) at() string { return "/account/plans/" + p.Plan.Number }

// ListingsPage is the desk of the exchange.
type ListingsPage struct {
	Frame
	Items []offering.Listing
	All   bool
	Next  string
}

// ListingFormOf is what a listing says, as its form.
func ListingFormOf(l *offering.Listing) offering.ListingForm {
	var codes []string
	for _, o := range l.For {
		codes = append(codes, o.Code)
	}
	return offering.ListingForm{Visibility: l.Visibility, Channels: l.Channels, Refresh: string(l.Refresh), Availability: hundredthsField(l.Availability), Response: strconv.Itoa(l.Response), Contact: l.Contact, Prohibited: l.Prohibited, For: strings.Join(codes, " ")}
}

// NewListing is the form of a listing that begins.
func NewListing() offering.ListingForm {
	return offering.ListingForm{Visibility: offering.Public, Channels: []offering.Channel{offering.File}, Response: "24"}
}

// NewPlan is the form of a plan that begins.
func NewPlan() offering.PlanForm {
	return offering.PlanForm{Kind: offering.OneOff, Channel: offering.File, Currency: "CNY", TaxIncluded: true}
}

// OfferedPlanForm is what a plan says, as its form.
func OfferedPlanForm(r offering.Rules, p *offering.Plan) offering.PlanForm {
	f := offering.PlanForm{Name: p.Name, NameEN: p.NameEN, Kind: p.Kind, Channel: p.Channel, Currency: p.Currency, Price: yuanField(p.Fen), Months: countField(int64(p.Months)), Days: countField(int64(p.Days)), Unit: p.Unit, Cap: yuanField(p.Cap), Quota: countField(p.Quota), TaxIncluded: p.TaxIncluded, Refund: p.Refund, RefundDays: countField(int64(p.RefundDays)), Percent: hundredthsField(p.RefundFee)}
	for _, b := range p.Bands {
		fen := yuanField(b.Fen)
		if fen == "" {
			fen = "0"
		}
		f.BandFrom, f.BandFen = append(f.BandFrom, strconv.FormatInt(b.From, 10)), append(f.BandFen, fen)
	}
	if i := slices.IndexFunc(r.Rates, func(x offering.Rate) bool { return x.Points == p.Tax }); i >= 0 {
		f.Tax = r.Rates[i].Code
	}
	if p.PrivateTo != nil {
		f.PrivateTo = p.PrivateTo.Code
	}
	return f
}

// bandLines are the lines of the form for bands: those that are typed, and some more.
func bandLines(f offering.PlanForm) [][2]string {
	var out [][2]string
	for i := range f.BandFrom {
		fen := ""
		if i < len(f.BandFen) {
			fen = f.BandFen[i]
		}
		out = append(out, [2]string{f.BandFrom[i], fen})
	}
	for range max(2, 4-len(out)) {
		out = append(out, [2]string{})
	}
	return out
}

func countField(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// hundredthsField is a number in hundredths as a form has it.
func hundredthsField(n int) string { return yuanField(int64(n)) }

var visibilities = map[offering.Visibility]string{offering.Public: "向所有人提供", offering.Invited: "只向受邀机构提供", offering.OneBuyer: "只向一家机构提供"}

var channels = map[offering.Channel]string{offering.File: "文件下载", offering.API: "接口调用", offering.Workspace: "安全空间查询"}

var listingStates = map[offering.State]string{
	offering.Draft: "草稿", offering.PlatformCheck: "交易所核对中", offering.Returned: "已退回", offering.Published: "已上架", offering.Paused: "暂停提供", offering.Delisted: "已下架",
}

var planKinds = map[offering.PlanKind]string{offering.Free: "免费", offering.OneOff: "一次付清", offering.Subscription: "按期订阅", offering.PayPerUse: "按量", offering.Trial: "试用"}

var offeredPlanStates = map[offering.PlanState]string{offering.PlanDraft: "草稿", offering.Live: "生效", offering.Ended: "已停用"}

var listingSides = map[offering.Side]string{offering.OfSeller: "卖方", offering.OfExchange: "交易所", offering.OfRegulator: "监管", offering.OfAuthority: "主管部门"}

var listingActs = map[string]string{
	string(offering.Create): "建立上架", string(offering.Edit): "改上架", string(offering.Submit): "提交核对", string(offering.TakeBack): "撤回", string(offering.Return): "退回", string(offering.Publish): "核对通过，上架",
	string(offering.Pause): "暂停这次上架", string(offering.Resume): "恢复提供", string(offering.Delist): "下架",
	string(offering.MakePlan): "建立套餐", string(offering.Enliven): "套餐生效", string(offering.End): "停用套餐", string(offering.ReplacePlan): "套餐被替换",
}

// ListingAct is a step of a listing or a plan in words.
func ListingAct(ctx context.Context, act string) string { return spokenOf(ctx, listingActs, act) }

// eventAct is a step as a history shows it: editing is said of what was edited.
func eventAct(ctx context.Context, e offering.Event) string {
	if e.Plan != "" && e.Act == string(offering.EditPlan) {
		return text.T(ctx, "改套餐草稿")
	}
	return ListingAct(ctx, e.Act)
}

// why is an error as a sentence.
func why(ctx context.Context, err error) string {
	f := fault.Of(err)
	return text.T(ctx, f.Sentence, f.Args...)
}

// planName is a plan in the language of the reader.
func planName(ctx context.Context, p *offering.Plan) string { return text.Pick(ctx, p.Name, p.NameEN) }

// planPrice is what a plan costs, in one line: of what is metered the first band.
func planPrice(ctx context.Context, b *policy.Book, p *offering.Plan) string {
	switch p.Kind {
	case offering.Free:
		return text.T(ctx, "免费")
	case offering.Trial:
		return text.T(ctx, "免费试用 %d 天", p.Days)
	case offering.Subscription:
		return text.T(ctx, "%s / %d 个月", Yuan(p.Fen), p.Months)
	case offering.PayPerUse:
		return text.T(ctx, "每%s %s", unitWord(ctx, b, p.Unit), Yuan(p.Bands[0].Fen))
	}
	return Yuan(p.Fen)
}

// planBands are the bands of what is metered, in words.
func planBands(ctx context.Context, b *policy.Book, p *offering.Plan) (out []string) {
	for i, band := range p.Bands {
		if i+1 < len(p.Bands) {
			out = append(out, text.T(ctx, "%s 至 %s：每%s %s", Thousands(band.From), Thousands(p.Bands[i+1].From), unitWord(ctx, b, p.Unit), Yuan(band.Fen)))
		} else {
			out = append(out, text.T(ctx, "%s 以上：每%s %s", Thousands(band.From), unitWord(ctx, b, p.Unit), Yuan(band.Fen)))
		}
	}
	if p.Cap > 0 {
		out = append(out, text.T(ctx, "每月最多 %s", Yuan(p.Cap)))
	}
	return out
}

// planTax is the tax of a plan in words.
func planTax(ctx context.Context, p *offering.Plan) string {
	switch {
	case !p.Charged():
		return "—"
	case p.Tax == 0:
		return text.T(ctx, "不征税或者免税")
	case p.TaxIncluded:
		return text.T(ctx, "含税，税率 %s%%", strings.TrimSuffix(hundredthsField(p.Tax), ".00"))
	}
	return text.T(ctx, "不含税，另加 %s%%", strings.TrimSuffix(hundredthsField(p.Tax), ".00"))
}

// planRefund is the rule of refund of a plan in words.
func planRefund(ctx context.Context, b *policy.Book, p *offering.Plan) string {
	if p.Refund == "" {
		return "—"
	}
	words := p.Refund
	for _, o := range house(b, "plan_refunds").Options {
		if o.Code == p.Refund {
			words = pick(ctx, o.Name)
		}
	}
	switch {
	case p.RefundDays > 0:
		return text.T(ctx, "付款以后 %d 天内可以退款", p.RefundDays)
	case p.RefundFee > 0:
		return text.T(ctx, "扣除 %s%% 以后退款", strings.TrimSuffix(hundredthsField(p.RefundFee), ".00"))
	}
	first, size := utf8.DecodeRuneInString(words) // words of rules begin small
	return string(unicode.ToUpper(first)) + words[size:]
}

// planQuota is how much of it there is, in words.
func planQuota(ctx context.Context, p *offering.Plan) string {
	if p.Quota == 0 {
		return text.T(ctx, "不限量")
	}
	return text.T(ctx, "%s 次", Thousands(p.Quota))
}

// availability is what a seller promises of calls.
func availability(ctx context.Context, n int) string {
	if n == 0 {
		return text.T(ctx, "不作承诺")
	}
	return strings.TrimRight(strings.TrimRight(hundredthsField(n), "0"), ".") + "%"
}

// planCeilings are the ceilings that a plan was held against.
func planCeilings(ctx context.Context, b *policy.Book, p *offering.Plan) (out []string) {
	for _, c := range p.Ceilings {
		out = append(out, text.T(ctx, "%s：每%s最多 %s", c.Mandate, unitWord(ctx, b, c.Unit), Yuan(c.Fen)))
	}
	if len(out) == 0 {
		return []string{"—"}
	}
	return out
}

// fromPrice is the cheapest way to have a product, as a list says it.
func fromPrice(ctx context.Context, b *policy.Book, f offering.From) string {
	switch {
	case f.Least == nil && f.Free:
		return text.T(ctx, "免费")
	case f.Least == nil:
		return ""
	}
	return text.T(ctx, "%s 起", planPrice(ctx, b, f.Least))
}

// kindsOf are the kinds of plans of a product in words.
func kindsOf(ctx context.Context, f offering.From) string {
	var out []string
	for _, k := range offering.PlanKinds {
		if slices.Contains(f.Kinds, k) {
			out = append(out, spokenOf(ctx, planKinds, k))
		}
	}
	return strings.Join(out, " · ")
}

// frequencies are the cycles of updating that a listing may promise.
func frequencies() []datasets.Frequency {
	return []datasets.Frequency{datasets.RealTime, datasets.Daily, datasets.Weekly, datasets.Monthly, datasets.Quarterly, datasets.SemiAnnual, datasets.Annual, datasets.Irregular, datasets.Never}
}

// channelWords are ways of delivery in words.
func channelWords(ctx context.Context, list []offering.Channel) string {
	var out []string
	for _, c := range list {
		out = append(out, spokenOf(ctx, channels, c))
	}
	return strings.Join(out, " · ")
}
