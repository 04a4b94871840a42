package templates

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/licensing/tender"
	"shuyuan/templates/text"
)

// TendersPage lists tenders: those that are public, those of a desk, or those in which
// the reader bids.
type TendersPage struct {
	Frame
	Path  string // of the list
	Items []tender.Tender
	State string
	Kind  string
	Next  string
	May   bool // begin one
}

func (p TendersPage) desk() bool { return strings.HasPrefix(p.Path, "/desk/") }

// href is the list with another filter.
func (p TendersPage) href(state, kind string) string { return TendersHref(p.Path, state, kind) }

// TendersHref is a list of tenders with a filter.
func TendersHref(path, state, kind string) string {
	q := url.Values{}
	if state != "" {
		q.Set("state", state)
	}
	if kind != "" {
		q.Set("kind", kind)
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// at is where a tender of the list is.
func (p TendersPage) at(t *tender.Tender) string {
	if p.desk() {
		return "/desk/tenders/" + t.Number
	}
	return "/tenders/" + t.Number
}

// TenderPage is one tender: in public, or at the desk of whoever organises it.
type TenderPage struct {
	Frame
	Book    *policy.Book
	Case    *tender.View
	Rules   map[string]policy.Rule
	Desk    bool
	Tied    []licensing.Application // applications that it decides
	Bidders []tender.Bidder         // for whom the reader can bid
	Form    TenderStepForm
	Mistake Mistake
	Done    string
}

// TenderStepForm is what somebody has written in a form of a tender.
type TenderStepForm struct {
	Action    tender.Action
	Words     string
	Bid       string
	Member    string
	Challenge string
}

func (p TenderPage) path() string { return "/desk/tenders/" + p.Case.Number }

func (p TenderPage) offers(a tender.Action) bool {
	return p.Desk && slices.Contains(p.Case.Offers, a)
}

// words are what was written in the form of an action.
func (p TenderPage) words(a tender.Action) string {
	if p.Form.Action == a {
		return p.Form.Words
	}
	return ""
}

// mistakeIn is the mistake where it was made in the form of an action.
func (p TenderPage) mistakeIn(a tender.Action) Mistake {
	if p.Form.Action == a {
		return p.Mistake
	}
	return Mistake{}
}

// elsewhere is the mistake where no form shows it.
func (p TenderPage) elsewhere() string {
	if p.Mistake.Field == "" || p.Form.Action == tender.Announce || p.Form.Action == "" {
		return p.Mistake.Sentence
	}
	return ""
}

// bidForms reports whether the bid is to be examined by the reader.
func (p TenderPage) examines(b tender.Bid) bool {
	return p.Desk && p.Case.Organiser && (p.Case.State == tender.Opened && (b.State == tender.Revealed || b.State == tender.Valid) || p.Case.State == tender.Evaluated && p.Case.SentBack && b.State == tender.Scored)
}

// canBid reports whether somebody can bid now.
func (p TenderPage) canBid() bool { return p.Case.State == tender.Open && p.Now.Before(p.Case.Closes) }

// reveals are the bids of the reader that wait to be revealed.
func (p TenderPage) reveals() bool {
	return p.Case.State == tender.Opened && p.Now.Before(p.Case.RevealUntil) && slices.ContainsFunc(p.Case.Mine, func(b tender.Bid) bool { return b.State == tender.Sealed })
}

// challenges reports whether the reader can challenge the award.
func (p TenderPage) challenges() bool {
	return !p.Desk && (p.Case.State == tender.AwardNotice && !p.Case.WindowOver(p.Now) || p.Case.State == tender.Challenged) && len(p.own()) > 0
}

// own are the bids of the reader that were opened.
func (p TenderPage) own() []tender.Bid {
	return slices.DeleteFunc(slices.Clone(p.Case.Mine), func(b tender.Bid) bool {
		return b.State == tender.Withdrawn || b.RevealedAt == nil && b.State != tender.Invalid
	})
}

// NewTenderPage is the form of a tender: a new one, or one that is changed.
type NewTenderPage struct {
	Frame
	Book        *policy.Book
	Action      string // where the form is sent
	Back        Link
	Number      string // of one that is changed; empty: a new one
	Revision    int
	Application *licensing.Application // that the tender is to decide; nil: none
	Method      tender.Method
	Rules       map[string]policy.Rule
	Form        TenderForm
	Mistake     Mistake
}

// TenderForm is what somebody has written of a tender.
type TenderForm struct {
	Kind, About, Method, Title, TitleEN, Description, Requirements string
	Entries                                                        string // a line each: address, and columns behind a colon
	Pricing, Limit, PriceWeight                                    string
	Names, Weights, Says                                           []string
	Opens, Closes, OpeningAt                                       string
	Panel                                                          string
}

// criteriaLines is how many lines the form has for criteria.
const criteriaLines = 6

func nth(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// TenderFormOf is the form of a tender as it stands.
func TenderFormOf(t *tender.Tender, panel []string) TenderForm {
	f := TenderForm{Kind: string(t.Kind), About: t.About, Method: t.Method, Title: t.Title, TitleEN: t.TitleEN, Description: t.Description, Requirements: t.Requirements, Pricing: string(t.Pricing),
		Opens: LocalMoment(t.Opens), Closes: LocalMoment(t.Closes), OpeningAt: LocalMoment(t.OpeningAt), Panel: strings.Join(panel, "\n")}
	if t.Limit > 0 {
		f.Limit = plainYuan(t.Limit)
	}
	for _, c := range t.Criteria {
		if c.Price {
			f.PriceWeight = strconv.Itoa(c.Weight)
			continue
		}
		f.Names, f.Weights, f.Says = append(f.Names, c.Name), append(f.Weights, strconv.Itoa(c.Weight)), append(f.Says, c.Says)
	}
	for _, e := range t.Entries {
		f.Entries += e.Dataset.Slug
		if e.Columns != "" {
			f.Entries += "：" + e.Columns
		}
		f.Entries += "\n"
	}
	return f
}

// LocalMoment is a moment as an input for date and time has it, in China.
func LocalMoment(t time.Time) string { return t.In(workdays.Zone).Format("2006-01-02T15:04") }

func plainYuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

// BidPage is the form of a bid, its preview, and the receipts of the reader.
type BidPage struct {
	Frame
	Book     *policy.Book
	Case     *tender.View
	Rules    map[string]policy.Rule
	Bidders  []tender.Bidder
	Form     BidForm
	Prepared *tender.Prepared // as it would be sealed; nil: it is being written
	Mistake  Mistake
	Done     string
}

// BidForm is what somebody has written of a bid.
type BidForm struct {
	Organisation, Way, Amount, Proposal, Nonce, Commitment string
}

func (p BidPage) path() string { return "/tenders/" + p.Case.Number + "/bid" }

func (p BidPage) canBid() bool { return p.Case.State == tender.Open && p.Now.Before(p.Case.Closes) }

func (p BidPage) ready() []tender.Bidder {
	return slices.DeleteFunc(slices.Clone(p.Bidders), func(b tender.Bidder) bool { return b.Wrong != "" })
}

// live is the bid of a bidder that stands.
func (p BidPage) live(b tender.Bidder) *tender.Bid {
	for i := range p.Case.Mine {
		if m := &p.Case.Mine[i]; m.Organisation == b.Organisation && m.State != tender.Withdrawn {
			return m
		}
	}
	return nil
}

// toReveal are the bidders whose bids wait to be revealed.
func (p BidPage) toReveal() (out []tender.Bidder) {
	if p.Case.State != tender.Opened || !p.Now.Before(p.Case.RevealUntil) {
		return nil
	}
	for _, b := range p.Bidders {
		if m := p.live(b); m != nil && m.State == tender.Sealed && m.Way == tender.Own {
			out = append(out, b)
		}
	}
	return out
}

// PanelPage is where a member of the panel declares and scores.
type PanelPage struct {
	Frame
	Book    *policy.Book
	Case    *tender.View
	Rules   map[string]policy.Rule
	Form    url.Values
	Mistake Mistake
	Done    string
}

func (p PanelPage) path() string { return "/tenders/" + p.Case.Number + "/panel" }

// TenderPapersPage is the documents of a tender, to be added to.
type TenderPapersPage struct {
	Frame
	Case   *tender.View
	Papers PaperSet
	Done   string
}

var tenderStates = map[tender.State]string{
	tender.Draft: "起草中", tender.Announced: "已公告，待投标", tender.Open: "投标中", tender.Closed: "已截止，待开标", tender.Opened: "已开标，评审中", tender.Evaluated: "评审完成，待公示", tender.AwardNotice: "结果公示中",
	tender.Challenged: "有质疑，待答复", tender.Awarded: "结果已确认", tender.Contracted: "已签约", tender.Failed: "流标", tender.Cancelled: "已取消",
}

// TenderStateName is a state of a tender in words.
func TenderStateName(ctx context.Context, s tender.State) string {
	return text.T(ctx, tenderStates[s])
}

// KnownTenderState reports whether there is such a state; empty is none in particular.
func KnownTenderState(s string) bool { return s == "" || tenderStates[tender.State(s)] != "" }

var tenderKinds = map[tender.Kind]string{
	tender.DataUse: "数据的商业使用", tender.Scenario: "应用场景的开发", tender.Mandate: "授权运营", tender.Supply: "采购",
}

// TenderKindName is what is awarded, in words.
func TenderKindName(ctx context.Context, k tender.Kind) string { return text.T(ctx, tenderKinds[k]) }

// KnownTenderKind reports whether there is such a kind; empty is none in particular.
func KnownTenderKind(k string) bool { return k == "" || tenderKinds[tender.Kind(k)] != "" }

var pricings = map[tender.Pricing]string{tender.NoPrice: "不报价", tender.Pays: "投标人出价，高的好", tender.Asks: "投标人要价，低的好"}

func pricingName(ctx context.Context, p tender.Pricing) string { return text.T(ctx, pricings[p]) }

// limitName is what the limit of the price is called.
func limitName(ctx context.Context, p tender.Pricing) string {
	if p == tender.Pays {
		return text.T(ctx, "底价")
	}
	return text.T(ctx, "最高限价")
}

var bidStates = map[tender.BidState]string{
	tender.Sealed: "封着", tender.Withdrawn: "已撤回", tender.Revealed: "已拆，待审查", tender.Valid: "有效", tender.Invalid: "无效", tender.Scored: "已评分", tender.Won: "中选", tender.Lost: "未中选",
}

func bidStateName(ctx context.Context, s tender.BidState) string { return text.T(ctx, bidStates[s]) }

var tenderActs = map[tender.Action]string{
	tender.Announce: "公告", tender.Begin: "开始投标", tender.Close: "截止", tender.OpenBids: "开标", tender.Fail: "流标", tender.Evaluate: "评审完成", tender.Rescore: "重新评审", tender.Notice: "公示结果", tender.Challenge: "质疑",
	tender.Dismiss: "答复质疑：不成立", tender.DismissOne: "答复质疑：不成立", tender.SendBack: "答复质疑：成立，退回评审", tender.Confirm: "确认结果", tender.Contract: "登记合同", tender.Cancel: "取消", tender.Admit: "认定投标有效", tender.Disqualify: "认定投标无效",
	tender.ChangePanel: "补评审", tender.StrikeMember: "换下评审",
}

func tenderActName(ctx context.Context, a tender.Action) string { return text.T(ctx, tenderActs[a]) }

var tenderSides = map[tender.Side]string{tender.OfOrganiser: "组织方", tender.OfPanel: "评审", tender.OfBidder: "投标人", tender.OfPlatform: "平台自动"}

var tenderSays = map[tender.State]string{
	tender.Draft:       "还没有公告，公众看不到。",
	tender.Announced:   "已经公告，到时开始投标。",
	tender.Open:        "正在投标。开标以前谁都看不到标书的内容，也看不到谁投了。",
	tender.Closed:      "投标已经截止，到时开标。",
	tender.Opened:      "已经开标，正在审查、评审。",
	tender.Evaluated:   "评审已经完成，等组织方公示结果。",
	tender.AwardNotice: "结果公示中，投标人可以质疑。",
	tender.Challenged:  "有投标人质疑，等组织方答复。",
	tender.Awarded:     "结果已经确认，等签约。",
	tender.Contracted:  "已经签约，办结。",
	tender.Failed:      "没有结果，可以重新公告。",
	tender.Cancelled:   "已经取消，理由在经过里。",
}

func tenderSentence(ctx context.Context, t *tender.Tender) string {
	return text.T(ctx, tenderSays[t.State])
}

// tenderClock is what the clock of a tender counts to.
func tenderClock(ctx context.Context, t *tender.Tender) string {
	switch t.State {
	case tender.Opened:
		return text.T(ctx, "评审完成：")
	case tender.Evaluated:
		return text.T(ctx, "公示结果：")
	case tender.AwardNotice:
		return text.T(ctx, "公示至：")
	case tender.Challenged:
		return text.T(ctx, "答复质疑：")
	}
	return text.T(ctx, "签约：")
}

// points are hundredths of a point.
func points(n *int) string {
	if n == nil {
		return "—"
	}
	return fmt.Sprintf("%d.%02d", *n/100, *n%100)
}

// sealHead is the beginning of a seal.
func sealHead(s string) string {
	if len(s) > 24 {
		return s[:24] + "…"
	}
	return s
}

// criterionName is what a criterion is called: the price in the reader's language.
func criterionName(ctx context.Context, c tender.Criterion) string {
	if c.Price {
		return text.T(ctx, "报价")
	}
	return c.Name
}

// hashCommand is how anybody works the seal of a bid out for themselves.
func hashCommand(p *tender.Prepared) string {
	return "printf '%s' '" + p.Nonce + strings.ReplaceAll(p.Canonical, "'", `'\''`) + "' | sha256sum"
}

// canonicalShape is the text of a bid with what is to be filled in.
func canonicalShape(ctx context.Context, t *tender.Tender, code string) string {
	amount := text.T(ctx, "（报价，单位分）")
	if t.Pricing == tender.NoPrice {
		amount = "-"
	}
	if code == "" {
		code = text.T(ctx, "（统一社会信用代码）")
	}
	return text.T(ctx, "（64 位随机数）") + "shuyuan bid 1\ntender " + t.Number + "\nbidder " + code + "\namount " + amount + "\n\n" + text.T(ctx, "（方案）")
}

var tenderLetters = map[string]string{
	"sealed": "投标回执", "withdrawn": "投标已撤回", "reveal": "开标了，请来拆您保管的标书", "opened": "已开标", "score": "请您评审", "examine": "已开标，请审查投标", "excluded": "投标被认定无效，请看理由", "evaluated": "评审完成，请公示结果",
	"award": "结果公示", "challenged": "有投标人质疑，请答复", "answered": "质疑已答复", "confirmed": "结果已确认", "failed": "流标", "cancelled": "已取消，请看理由",
}

// TenderLetterName is what a letter about a tender says, in words.
func TenderLetterName(lang text.Lang, what string) string { return text.In(lang, tenderLetters[what]) }

// marked reports whether the marks are shown.
func (p TenderPage) marked() bool {
	return slices.ContainsFunc(p.Case.Bids, func(b tender.Bid) bool { return b.Total != nil })
}

func pointsAt(list []int, i int) string {
	if i >= len(list) {
		return "—"
	}
	return points(&list[i])
}

func hasProposals(list []tender.Bid) bool {
	return slices.ContainsFunc(list, func(b tender.Bid) bool { return b.Canonical != "" })
}

// panelNames are those who scored.
func panelNames(all []tender.Member) string {
	var out []string
	for i := range all {
		if all[i].Active() {
			out = append(out, all[i].Name)
		}
	}
	return strings.Join(out, "、")
}

func marksLine(criteria []tender.Criterion, marks []int) string {
	var out []string
	for i, c := range criteria {
		if i < len(marks) {
			out = append(out, c.Name+" "+strconv.Itoa(marks[i]))
		}
	}
	return strings.Join(out, "，")
}

// tenderDays is how long a period of the rules is.
func tenderDays(ctx context.Context, r policy.Rule) string {
	n, _ := r.Number()
	return strconv.Itoa(n) + " " + pick(ctx, r.Unit)
}

// tenderMethod is the method in the reader's language, where the rule has it.
func tenderMethod(ctx context.Context, t *tender.Tender) string {
	words := slices.Clone(t.Rule.Value)
	for _, d := range t.Rule.Details {
		words = append(words, d.Value...)
	}
	for _, w := range words {
		if w.Zh == t.Method {
			return wayName(ctx, w)
		}
	}
	return wayName(ctx, policy.Word{Text: policy.Text{Zh: t.Method}})
}

// wayNames are the kinds of competition that rules name in Chinese alone.
var wayNames = map[string]string{"公开招标": "公开招标", "其他竞争性方式": "其他竞争性方式"}

// wayName is a kind of competition in the reader's language.
func wayName(ctx context.Context, w policy.Word) string {
	if name := wayNames[w.Zh]; name != "" && foreign(ctx, w.Text) {
		return text.T(ctx, name)
	}
	return pick(ctx, w.Text)
}
