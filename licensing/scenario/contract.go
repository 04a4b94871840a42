package scenario

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/cases"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
)

// The agreement on use (数据使用协议) that the operator and the developer sign about
// one scenario (contract and vetting: AS-44; source and acquisition date: AS-35; the
// kinds of violation: FJ-III.4; the rest is the platform's). Its clauses are fixed.
// What differs is taken from the scenario as it was authorised, or is one of the
// blanks that the operator fills in. The text is locked before either side signs,
// and both sign its SHA-256.

// contractTemplate is the edition of the clauses: it changes whenever they do.
const contractTemplate = "数据使用协议（场景）2026-1"

// The ways in which a dispute is settled.
const (
	Arbitration = "arbitration"
	Court       = "court"
)

// Disputes are they in the order of the form.
var Disputes = []string{Arbitration, Court}

// Blanks are what the operator fills into the agreement.
type Blanks struct {
	Fee              string `json:"fee"`               // of the operator's services
	Officer          string `json:"officer"`           // of the developer, who answers for security
	OfficerContact   string `json:"officer_contact"`   //
	OperatorContact  string `json:"operator_contact"`  // for notices
	DeveloperContact string `json:"developer_contact"` //
	Dispute          string `json:"dispute"`           // one of Disputes
	Place            string `json:"place"`             // where
}

// check cleans them and returns fault.Invalid at the one that lacks something.
func (b *Blanks) check() error {
	for _, f := range []struct {
		field string
		text  *string
	}{{"fee", &b.Fee}, {"officer", &b.Officer}, {"officer_contact", &b.OfficerContact}, {"operator_contact", &b.OperatorContact}, {"developer_contact", &b.DeveloperContact}, {"place", &b.Place}} {
		clean, err := datasets.CleanLine(f.field, *f.text)
		if err != nil {
			return err
		}
		if clean == "" {
			return fault.At(f.field, "这一项须填写。")
		}
		*f.text = clean
	}
	if !slices.Contains(Disputes, b.Dispute) {
		return fault.At("dispute", "请从列出的里面选。")
	}
	return nil
}

// Digest is the SHA-256 of the text of an agreement.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

var useNames = map[Use]string{Group: "分组", Aggregate: "只汇总", Read: "原样读", Subject: "掩码键"}

var classNames = map[string]string{PublicBenefit: "公益", Governance: "公共治理", Industry: "产业发展", Commercial: "商业"}

func oneLine(s string) string {
	return strings.TrimRight(strings.Join(strings.Fields(s), " "), "。. ")
}

// draw writes the agreement about x with the blanks filled in. days: within which
// what was worked on is destroyed; kinds: of violation.
// forms and purpose: names of codes.
func draw(number string, x *Scenario, b Blanks, days int, kinds []string, forms func(string) string, purpose string) string {
	var t strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&t, format+"\n", args...) }
	line("公共数据场景数据使用协议")
	line("编号：%s　场景：%s　范本：%s", number, x.Number, contractTemplate)
	line("")
	line("甲方（运营机构）：%s", x.Mandate.Name)
	line("乙方（二级开发主体）：%s（统一社会信用代码 %s）", x.Developer, x.Code)
	line("运营授权：%s，授权方：%s。本场景由%s于 %s 授权，甲方不作授权的决定。", x.Mandate.Number, x.Mandate.Body.Name, x.Mandate.Body.Name, x.DecidedAt.In(workdays.Zone).Format(time.DateOnly))
	line("")
	line("一、场景。%s（领域：%s；使用类别：%s；用途：%s）。乙方只为本场景使用数据，不得用于他途；换场景、换用途须另行申请。", oneLine(x.Title), x.Sector, classNames[x.Class], purpose)
	line("二、数据。乙方可以在安全开发空间里使用下列数据：")
	for k := range x.Items {
		i := &x.Items[k]
		if !i.Given() {
			continue
		}
		var columns []string
		for _, c := range i.GivenColumns {
			columns = append(columns, c+"（"+useNames[i.GivenUses[c]]+"）")
		}
		rows := ""
		if i.GivenWhere != "" {
			rows = "；只含符合下列条件的行：" + i.GivenWhere
		}
		line("　　《%s》的%s（%s）：%s %d 列%s。", i.Dataset.Title, i.Name, i.Dataset.Department.Name, strings.Join(columns, "、"), len(columns), rows)
	}
	line("三、可用不可见。原始数据不出平台。乙方看不到原始数据的行，只能用甲方提供的空间编写和运行程序；不得以任何方式带出、截取、还原原始数据，也不得识别到个人。")
	line("四、结果。只有通过结果审核的结果才能离开空间：%s。", outputsLine(x, forms))
	line("五、个人信息。%s", personalLine(x))
	line("六、期限。自双方签署之日起，至 %s 止；不超过场景和运营授权的期限。到期前可以申请延期，延期是新的申请和新的协议。", x.Until.Add(-time.Microsecond).In(workdays.Zone).Format(time.DateOnly))
	line("七、安全。甲方负安全主体责任，审核乙方身份，监督乙方履行本协议。乙方执行报送的数据安全防护管理制度和应急预案，安全负责人：%s（%s）；发生安全事件立即启动预案并告知甲方。", b.Officer, b.OfficerContact)
	line("八、不得转让。乙方不得把账号、空间或者本协议的权利转给第三方，也不得让第三方使用。")
	line("九、注明来源和获取日期。乙方的每一件产品须注明所用每一项公共数据的来源和获取日期；获取日期以平台的记录为准。")
	line("十、报告和检查。乙方按平台的期限报告使用情况；甲方、数据提供部门、授权方和监管机构可以检查。")
	line("十一、停用。有%s行为的，甲方或者监管机构立即暂停；乙方应当停止使用并说明情况。", strings.Join(kinds, "、"))
	line("十二、终止。期满、终止或者放弃的，空间里的数据和密钥在 %d 个工作日内销毁，出具销毁证明，收回账号。授权方可以撤销授权，本协议随之终止。", days)
	line("十三、费用。%s。数据本身不收费。", oneLine(b.Fee))
	line("十四、通知。甲方：%s。乙方：%s。", oneLine(b.OperatorContact), oneLine(b.DeveloperContact))
	line("十五、争议。先协商；协商不成的，%s（%s）。", map[string]string{Arbitration: "申请仲裁", Court: "向人民法院起诉"}[b.Dispute], oneLine(b.Place))
	line("十六、本协议由双方有权签署的人在平台上确认身份后签署，双方都签署后生效。运营授权、场景或者入驻不再有效的，本协议下的一切使用随即停止。")
	return t.String()
}

func outputsLine(x *Scenario, names func(string) string) string {
	var out []string
	for _, o := range x.Outputs {
		out = append(out, fmt.Sprintf("%s：%s，每组至少 %d", names(o.Form), oneLine(o.Fields), o.Minimum))
	}
	return strings.Join(out, "；")
}

func personalLine(x *Scenario) string {
	switch x.Personal {
	case ByConsent:
		return "以本人同意为依据：" + oneLine(x.PersonalHow) + "。同意撤回的，停止使用其信息。"
	case ByLaw:
		return "依据：" + oneLine(x.PersonalHow) + "。"
	}
	return "不使用个人信息；发现含有个人信息的，立即停止使用并告知甲方。"
}

// destruction is in how many working days what was worked on is destroyed.
func (s *Service) destruction() int {
	r, _ := s.book.House().Rule("destruction")
	n, _ := r.Number()
	return n
}

func (s *Service) kindNames(x *Scenario) []string {
	var out []string
	for _, o := range s.Violations(x) {
		out = append(out, o.Name.Zh)
	}
	return out
}

// PreviewNumber stands for the number of a contract that has none yet.
const PreviewNumber = "（发出时编号）"

// Preview is the agreement as it would be offered with these blanks.
func (s *Service) Preview(x *Scenario, b Blanks) string {
	return s.text(PreviewNumber, x, b)
}

func (s *Service) text(number string, x *Scenario, b Blanks) string {
	forms := func(code string) string { return Name(s.book, FormsRule, code).Zh }
	return draw(number, x, b, s.destruction(), s.kindNames(x), forms, Name(s.book, PurposesRule, x.Purpose).Zh)
}

// offer locks the text of an agreement.
func (s *Service) offer(ctx context.Context, tx pgx.Tx, x *Scenario, at time.Time) error {
	number, err := cases.Number(ctx, tx, "KFHT", at)
	if err != nil {
		return err
	}
	from := at
	if x.From.After(from) {
		from = *x.From
	}
	c := &Contract{Number: number, Template: contractTemplate, Blanks: x.blanks, From: from, Until: *x.Until, OfferedAt: &at, State: ContractOffered, StateAt: at}
	c.Body = s.text(number, x, x.blanks)
	c.SHA256 = Digest(c.Body)
	if err := insertContract(ctx, tx, x.ID, c); err != nil {
		return err
	}
	x.Contract = c
	return nil
}

// maySign returns nil if who may sign the text for a side: a person of that side who
// has just shown who that is, and who saw this text.
func (s *Service) maySign(ctx context.Context, tx pgx.Tx, who account.Actor, x *Scenario, side Side, sha256 string, at time.Time) error {
	if err := s.stillAdmitted(ctx, tx, x); err != nil {
		return err
	}
	if x.Contract == nil || x.Contract.SHA256 != sha256 {
		return fault.New(fault.Conflict, "协议的内容在您打开之后变了，请重新看过全文再签。")
	}
	if !at.Before(x.Contract.Until) {
		return fault.New(fault.Conflict, "协议的期限已经过了。")
	}
	if side == OfDeveloper {
		return s.owns(ctx, who, x)
	}
	return s.accounts.RequireFresh(who)
}

// activate makes a scenario active that both sides have signed for: contract and
// grants in the same transaction.
func (s *Service) activate(ctx context.Context, tx pgx.Tx, x *Scenario, at time.Time) error {
	return s.move(ctx, tx, platform(), x, OfPlatform, Activate, at)
}

// give makes the contract active, and a grant for each item that is given; what a
// change replaces ends at the same moment.
func (s *Service) give(ctx context.Context, tx pgx.Tx, x *Scenario, at time.Time) error {
	from := at
	if x.From.After(from) {
		from = *x.From
	}
	if x.Kind == Change {
		e, err := s.lock(ctx, tx, x.Earlier.Number)
		if err != nil {
			return err
		}
		if e.State == Suspended {
			return fault.New(fault.Conflict, "原场景 %s 正暂停，恢复以后才能签。", e.Number)
		}
		if e.State == Active {
			e.words = "由 " + x.Number + " 代替"
			if err := s.move(ctx, tx, platform(), e, OfPlatform, Replace, at); err != nil {
				return err
			}
		}
	}
	if err := moveContract(ctx, tx, x.Contract, ContractActive, "", from, at); err != nil {
		return err
	}
	for k := range x.Items {
		i := &x.Items[k]
		if !i.Given() {
			continue
		}
		number, err := cases.Number(ctx, tx, "CSQ", at)
		if err != nil {
			return err
		}
		if err := insertGrant(ctx, tx, x.Contract, i, number, at); err != nil {
			return err
		}
	}
	return s.nextReport(ctx, tx, x, at)
}
