package licensing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/workdays"
)

// The agreement that both sides sign before data is opened to one of them
// (AS-35, AB-35.4). Its clauses are fixed; only the blanks are filled in, from
// the application and from what the entry asks of everybody alike. The text is
// kept as it was shown, with its SHA-256, which every delivery names as its
// terms.

// template is the edition of the clauses: it changes whenever they do.
const template = "使用协议 2026-2"

// Agreement is one edition of the text of an application.
type Agreement struct {
	ID         int64
	Edition    int
	Template   string
	Body       string
	SHA256     string
	MadeAt     time.Time
	UserName   string // who signed for the applicant; empty: nobody yet
	UserAt     *time.Time
	Provider   string // who signed for the department
	ProviderAt *time.Time
	VoidAt     *time.Time

	// How each had shown who they are: sign-in, password, totp, recovery, passkey,
	// identity; empty: it was not written down.
	UserMethod, ProviderMethod string

	user int64
}

// Signed reports whether both sides have.
func (g *Agreement) Signed() bool { return g.UserAt != nil && g.ProviderAt != nil }

// SignedAt is when the second of both sides did.
func (g *Agreement) SignedAt() time.Time {
	if g.UserAt.After(*g.ProviderAt) {
		return *g.UserAt
	}
	return *g.ProviderAt
}

// Digest is the SHA-256 of the text of an agreement, by which both sides and
// every delivery name it.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// names of lanes in an agreement.
var laneNames = map[string]string{Public: "公共用途", Academic: "科研教育用途", Commercial: "商业用途"}

// draw writes the agreement of a under conditions c. given: by what was decided,
// and not as it was applied for.
func draw(a *Application, c Conditions, days int, given bool) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("公共数据使用协议")
	line("编号：%s　范本：%s", a.Number, template)
	line("")
	code := ""
	if a.Code != "" {
		code = "（统一社会信用代码 " + a.Code + "）"
	}
	line("甲方（提供部门）：%s", a.Dataset.Department.Name)
	line("乙方（使用方）：%s%s", a.Name, code)
	line("")
	line("一、数据。甲方向乙方开放《%s》的下列内容：", a.Dataset.Title)
	for _, i := range a.Items {
		columns, where, some := i.Columns, i.Where, true
		if given {
			columns, where, some = i.Given()
		}
		if !some {
			continue
		}
		what := "全部内容"
		if columns != nil {
			what = strings.Join(columns, "、") + " " + fmt.Sprint(len(columns)) + " 列"
		}
		rows := ""
		if where != "" {
			rows = "；只含符合下列条件的行：" + where
		}
		line("　　%s：%s%s。", i.Name, what, rows)
	}
	line("　　协议期内这些文件的新版本，只含上列的列，也在其内。")
	line("二、用途。%s，领域：%s。乙方用于：%s。产出：%s。不得用于他途，换用途须另行申请。", laneNames[a.Lane], a.Area, oneLine(a.Purpose), oneLine(a.Outputs))
	if a.Lane == Academic {
		line("　　仅限于科研教育等公益性活动；成果可以发表，不得出售或上架交易。")
	}
	line("三、方式和数量。%s。每日至多取 %d 个文件、查询 %d 次行。", trimStop(oneLine(c.Method)), c.Files, c.Rows)
	line("四、期限。%s到期前可以申请续期；续期是新的协议。", termClause(a))
	line("五、使用要求。%s", oneLine(c.Requirements))
	line("六、安全保障。%s 乙方承诺：%s", oneLine(c.Safeguards), oneLine(a.Storage))
	line("七、不得转让。乙方不得把数据、账号或密钥转给第三方，也不得使第三方能够还原数据。")
	line("八、注明来源和获取日期。乙方公开或提供的每一件产品、服务、论文，须注明所用数据的来源和获取日期；获取日期以平台的取数记录为准。")
	line("九、报告。乙方按平台的期限报告使用情况。甲方可以抽查。")
	line("十、停用。违规使用、超范围使用、滥用、篡改、毁损、泄露数据的，甲方可以立即停用，并依法处理。")
	line("十一、终止。期满或解除，乙方在 %d 个工作日内销毁数据并出具证明，甲方收回账号和密钥。", days)
	line("十二、费用。甲方不就本协议收取费用。")
	line("十三、本协议由双方有权签署的人在平台上确认身份后签署，双方签署后即时生效并开通。")
	b.WriteString(a.annex())
	return b.String()
}

// termClause says from when until when the grant of a counts: see Service.term.
func termClause(a *Application) string {
	switch a.Kind {
	case Renewal:
		return fmt.Sprintf("本协议是授权 %s 的续期：自该授权期满次日起 %d 个月；开通时该授权已经结束的，自开通之日起算。", a.Earlier.Number, a.Months)
	case Change:
		return fmt.Sprintf("本协议变更授权 %s：自开通之日起代替它，期限不变，到 %s 止。", a.Earlier.Number, a.Earlier.LastDay().In(workdays.Zone).Format(time.DateOnly))
	}
	return fmt.Sprintf("自开通之日起 %d 个月。", a.Months)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func trimStop(s string) string { return strings.TrimRight(s, "。. ") }

// conditionsOf are the conditions of an entry as they stand.
func conditionsOf(d *datasets.Dataset, kept Conditions) Conditions {
	kept.Method, kept.Requirements, kept.Safeguards, kept.Bases = d.OpenMethod, d.UseRequirements, d.Safeguards, d.OpenBases
	return kept
}
