package ordering

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"shuyuan/internal/workdays"
	"shuyuan/marketplace/offering"
)

// ContractState is where a contract stands.
type ContractState string

// The states of a contract.
const (
	Offered   ContractState = "offered" // its text is locked, and not both have signed
	Effective ContractState = "effective"
	Over      ContractState = "ended"
	Void      ContractState = "void"
)

// Signature is who signed for a side, when, and how they had shown who they are.
type Signature struct {
	Name   string
	At     *time.Time // nil: nobody yet
	Method string

	by int64
}

// Terms are what a contract says, for programs: the closed list, and nothing besides
// (market.md H57). JSON of contracts.terms.
type Terms struct {
	Purposes       []string `json:"purposes"` // codes of mandate_purposes
	Areas          []string `json:"areas"`    // codes of order_territories
	Seats          int      `json:"seats"`    // people of the buyer who use it; 0: all of them
	Resale         bool     `json:"resale"`   // never
	Derivative     bool     `json:"derivative"`
	Attribution    string   `json:"attribution"` // AttributionRequired
	DestroyOnEnd   bool     `json:"destroy_on_end"`
	AuditRight     bool     `json:"audit_right"`
	AcceptanceDays int      `json:"acceptance_days"` // working days
}

// AttributionRequired: whoever shows what was made of it names source and day of
// acquisition (AS-35, AB-35.4).
const AttributionRequired = "source and acquisition date"

// Contract is the contract of an order.
type Contract struct {
	ID       int64
	Number   string
	Template string
	Terms    Terms
	Body     string
	SHA256   string
	From     time.Time // [From, Until)
	Until    time.Time
	Buyer    Signature
	Seller   Signature
	State    ContractState
	StateAt  time.Time
	VoidAt   *time.Time
	MadeAt   time.Time
}

// Clearance is a paper for use across the border.
type Clearance struct {
	Kind      string // one of Clearances
	Reference string // 文号
	Issuer    string
	Dated     time.Time
	GivenName string
	GivenAt   time.Time
}

// Clearances are the papers that use across the border needs: assessment, national
// security review, filing with the cyberspace administration (AS-45).
var Clearances = []string{"assessment", "security_review", "filing"}

// contractTemplate is the edition of the clauses of a contract of provision (数据提供合同):
// it changes whenever they do. The clauses are fixed, and only the blanks are filled in.
const contractTemplate = "数据提供合同 2026-1"

// The ways in which a dispute is settled.
const (
	Arbitration = "arbitration"
	Court       = "court"
)

// Disputes are they in the order of the form.
var Disputes = []string{Arbitration, Court}

// Form is what a buyer fills in: the typed blanks of the contract. Everything else of an
// order is worked out on the server.
type Form struct {
	Buyer      string // credit code of the organisation that buys
	Quantity   string // periods of a subscription
	Purpose    string // code
	Territory  string // code
	Use        string // what it is used for, in words
	Seats      string // people who use it; empty: all of the buyer
	Derivative bool   // whether what is made of it may be given to others
	Contact    string // of the buyer, for notices
	Dispute    string // one of Disputes
	Place      string // of the institution
	Seen       string // Checkout.Mark of the page that was confirmed
	Sent       string
}

// blanks are a form that was read.
type blanks struct {
	quantity, seats                        int
	purpose, territory, use                string
	derivative                             bool
	contact, dispute, place                string
	purposeName, territoryName, disputeHow string
}

// draw writes the contract of o. Nothing in it depends on who reads it or when.
func (s *Service) draw(o *Order, l *offering.Listing, b blanks, certificates []string) string {
	var t strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&t, format+"\n", args...) }
	p, n := o.Plan, s.Rules
	line("数据提供合同")
	line("编号：%s　订单：%s　范本：%s", o.Contract.Number, o.Number, contractTemplate)
	line("")
	line("甲方（卖方）：%s（统一社会信用代码 %s）", o.Seller.Name, o.Seller.Code)
	line("乙方（买方）：%s（统一社会信用代码 %s）", o.Buyer.Name, o.Buyer.Code)
	if o.Operator != nil {
		line("收款方（运营机构）：%s（统一社会信用代码 %s）", o.Operator.Name, o.Operator.Code)
	}
	line("")
	line("一、标的。甲方向乙方提供数据产品《%s》（%s，版本 %s 和同一大版本以后的修订），套餐：%s（%s）。更新周期：%s。", oneLine(o.Title), o.Product, o.Version, oneLine(p.Name), p.Number, l.Refresh.Title())
	line("二、权利。甲方保证对本产品有经营的权利，产品已经登记并通过合规认证：%s。产品不含无条件开放数据的复制件。", strings.Join(certificates, "、"))
	line("三、用途和地域。乙方只用于：%s；具体用途：%s。使用地域：%s。使用席位：%s。不得用来识别个人，不得还原原始数据。甲方禁止的用途：%s", b.purposeName, oneLine(b.use), b.territoryName, seatsLine(b.seats), stopped(l.Prohibited))
	line("四、不得转售。乙方不得把产品、副本、账号或者密钥转让、转售、出租、公开，不得使第三方能够直接使用。%s", derivativeLine(b.derivative))
	line("五、交付。方式：%s；%s。甲方在%s %d 个工作日内交付。%s服务请求在 %d 小时内答复，联系方式：%s。", channelNames[p.Channel], quotaLine(p), map[bool]string{true: "付款后", false: "双方签署后"}[o.Money.Total > 0], n.Delivery, availabilityLine(l.Availability), l.Response, oneLine(l.Contact))
	line("六、价款和分配。%s", s.priceClause(o))
	line("七、验收。乙方自交付之日起 %d 个工作日内验收。期内可以提异议，理由限于质量、与约定不符、合法性；甲方在 %d 个工作日内答复。期内没有提异议，或者撤回异议的，视为验收。", n.Inspection, n.Answer)
	line("八、退款。%s法律规定应当退款的，从其规定。", s.refundClause(p))
	line("九、注明来源和获取日期。乙方公开或者提供用本产品做成的每一件产品、服务、论文，须注明所用公共数据的来源和获取日期，以随附的来源标记为准；不得去掉交付文件里的标记。")
	line("十、安全和检查。乙方采取与数据安全级别相当的保护措施，发生泄露、毁损、丢失、篡改的立即告知甲方和平台。甲方、运营机构和监管机构可以检查乙方的使用情况，乙方应当配合。")
	line("十一、期限。%s本合同最迟到 %s 止，不超过场景授权和运营授权的期限。到期不自动续订；到期前 %d 天平台提醒，续订另签合同。", termClause(p, o.Quantity, n.Months), Last(o.Contract.Until).Format(time.DateOnly), n.Notice)
	line("十二、终止和销毁。期满、解除或者退款的，乙方在 %d 个工作日内销毁产品的全部副本并提交销毁声明，平台收回密钥。上级授权、登记证书或者合规认证证书不再有效的，停止交付；已付的价款按没有用的部分退。", n.Destruction)
	line("十三、出境。%s", borderClause(o.CrossBorder))
	line("十四、通知。甲方：%s。乙方：%s。", oneLine(l.Contact), oneLine(b.contact))
	line("十五、争议。先协商，再由平台调解；不成的，%s（%s）。", b.disputeHow, oneLine(b.place))
	line("十六、本合同由双方有权签署的人在平台上确认身份后签署，双方都签署后生效；%s。分账规则、价款和本合同的内容自锁定起不再改变。", payLine(o.Money.Total > 0, n.Signing, n.Payment))
	return t.String()
}

var channelNames = map[offering.Channel]string{offering.File: "文件下载", offering.API: "接口调用", offering.Workspace: "在安全空间里提问，行数据不出空间"}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// stopped is a sentence with one full stop behind it.
func stopped(s string) string { return strings.TrimRight(oneLine(s), "。. ") + "。" }

func seatsLine(n int) string {
	if n == 0 {
		return "乙方全体人员"
	}
	return fmt.Sprintf("%d 人", n)
}

func derivativeLine(may bool) string {
	if may {
		return "乙方可以对外提供用产品加工出来的成果，成果不得能够还原产品。"
	}
	return "乙方用产品加工出来的成果只供自己使用。"
}

func quotaLine(p Snapshot) string {
	if p.Quota == 0 {
		return "次数不限"
	}
	return fmt.Sprintf("最多 %d 次", p.Quota)
}

func availabilityLine(points int) string {
	if points == 0 {
		return ""
	}
	return "接口可用率不低于 " + Percent(int64(points)) + "。"
}

func termClause(p Snapshot, quantity, months int) string {
	switch {
	case p.Kind == offering.Trial:
		return fmt.Sprintf("自交付之日起 %d 天。", p.Days)
	case p.Months > 0:
		return fmt.Sprintf("自交付之日起 %d 个月（%d 期，每期 %d 个月）。", p.Months*quantity, quantity, p.Months)
	}
	return fmt.Sprintf("自交付之日起 %d 个月。", months)
}

func borderClause(abroad bool) string {
	if abroad {
		return "本合同约定的使用地域在境内以外。数据出境安全评估、国家安全审查、网信部门报备的材料经核对齐全以后，双方才签署本合同。"
	}
	return "乙方不得把产品或者其内容提供到境外。"
}

func payLine(charged bool, signing, payment int) string {
	if charged {
		return fmt.Sprintf("下单后 %d 个工作日内没有都签署，或者签署后 %d 个工作日内没有付款的，本合同失效", signing, payment)
	}
	return fmt.Sprintf("下单后 %d 个工作日内没有都签署的，本合同失效", signing)
}

// priceClause says what is paid, and how it is divided.
func (s *Service) priceClause(o *Order) string {
	p := o.Plan
	if !o.Charged() {
		return "本套餐不收费。"
	}
	var t strings.Builder
	switch {
	case p.Kind == offering.PayPerUse:
		t.WriteString("按用量计费，分档累进：")
		for i, b := range p.Bands {
			end := "以上"
			if i+1 < len(p.Bands) {
				end = fmt.Sprintf("至 %d ", p.Bands[i+1].From)
			}
			fmt.Fprintf(&t, "%d %s部分，每%s %s；", b.From, end, s.unit(p.Unit), Yuan(b.Fen))
		}
		if p.Cap > 0 {
			fmt.Fprintf(&t, "每月最多 %s；", Yuan(p.Cap))
		}
		fmt.Fprintf(&t, "%s。每月出账，乙方收到账单后 %d 个工作日内付款。", taxLine(p), s.Rules.Payment)
	default:
		fmt.Fprintf(&t, "总价 %s（不含税 %s，增值税 %s）。乙方在双方签署后 %d 个工作日内，按付款通知上的附言码转到运营机构的收款账户。", Yuan(o.Money.Total), Yuan(o.Money.Net), Yuan(o.Money.Tax), s.Rules.Payment)
	}
	t.WriteString("平台不经手资金，只记账。验收以前款项冻结；验收后按下列份额分给各方：")
	var parts []string
	for _, x := range o.Split {
		parts = append(parts, fmt.Sprintf("%s %s（依据：%s）", x.Name, Percent(x.Points), x.Basis))
	}
	t.WriteString(strings.Join(parts, "；") + "。公共数据本身没有价。")
	return t.String()
}

func taxLine(p Snapshot) string {
	if p.TaxIncluded {
		return "含增值税 " + Percent(int64(p.Tax))
	}
	return "另加增值税 " + Percent(int64(p.Tax))
}

func (s *Service) refundClause(p Snapshot) string {
	if p.Refund == "" {
		return "本套餐不收费，没有退款。"
	}
	says := option(s.refunds, p.Refund).Zh
	if p.RefundDays > 0 {
		says += fmt.Sprintf("（%d 天）", p.RefundDays)
	}
	if p.RefundFee > 0 {
		says += "（手续费 " + Percent(int64(p.RefundFee)) + "）"
	}
	return says + "。"
}

// Yuan is an amount in hundredths, in words of a contract.
func Yuan(fen int64) string { return fmt.Sprintf("%d.%02d 元", fen/100, fen%100) }

// Last is the last day of a term that ends before until.
func Last(until time.Time) time.Time { return until.Add(-time.Microsecond).In(workdays.Zone) }

// Digest is the SHA-256 of the text of a contract, which both sides sign.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
