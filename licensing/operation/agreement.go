package operation

import (
	"fmt"
	"strings"
	"time"

	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
)

// template is the edition of the clauses of an authorisation agreement: it changes
// whenever they do. The clauses are fixed, and only the blanks are filled in.
const template = "授权运营协议 2026-1"

// draw writes the agreement of m as it is to be signed.
func (s *Service) draw(m *Mandate) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("公共数据授权运营协议")
	line("编号：%s　范本：%s", m.Number, template)
	line("")
	line("甲方（实施机构）：%s", m.Body.Name)
	line("乙方（运营机构）：%s（统一社会信用代码 %s）", m.Operator.Name, m.Operator.Code)
	line("")
	line("一、授权。甲方授权乙方运营本协议所列的公共数据，项目：%s，实施方案 %s。管运分离：甲方管理和监督，不参与运营；乙方运营，不审批、不定级、不改目录。", oneLine(m.Title), m.Plan)
	if m.Parent != "" {
		line("　　本协议在上级授权 %s 之下，范围、期限和费用上限不超出它；上级授权暂停或者终止的，本协议同时停止。", m.Parent)
	}
	if m.Renews != "" {
		line("　　本协议是 %s 的续期，是一份新的协议。", m.Renews)
	}
	line("二、期限。自 %s 起，到 %s 止。续期另签协议，期限不得延长。", m.From.In(workdays.Zone).Format(time.DateOnly), m.Last().In(workdays.Zone).Format(time.DateOnly))
	line("三、范围。乙方运营下列数据的所列各列，其余不在授权范围：")
	for _, i := range m.Items {
		limits := ""
		if len(i.Forms) > 0 {
			limits += "；形态限于" + s.names("mandate_forms", i.Forms)
		}
		if len(i.Purposes) > 0 {
			limits += "；用途限于" + s.names("mandate_purposes", i.Purposes)
		}
		line("　　《%s》（%s）：%s%s。", i.Title, i.Slug, strings.Join(i.Columns, "、"), limits)
	}
	line("四、用途。限于：%s。按场景授权给二级开发主体，一个场景一份合同；超出用途的须另行授权。", s.names("mandate_purposes", m.Purposes))
	line("五、产品。形态限于：%s。%s", s.names("mandate_forms", m.Forms), oneLine(m.Products))
	line("六、原始数据不出平台。开发在安全工作区内进行，可用不可见；结果经审核才能离开；不得转让、出售、公开原始数据，不得使任何人还原数据或者识别个人。")
	line("七、费用上限。乙方收费不得超过：")
	for _, c := range m.Ceilings {
		line("　　%s，每%s %s。", s.names("mandate_forms", []string{c.Form}), unitName(s.book, c.Unit), Yuan(c.Fen))
	}
	if m.Income > 0 {
		line("　　最高准许收入：每 %d 个月 %s；超出的部分在下一期扣除。", m.IncomeMonths, Yuan(m.Income))
	}
	line("八、服务费标准。%s", s.tariffWords(m.Tariff))
	line("九、安全。乙方承担安全主体责任，系统不低于%s。%s", s.names("mandate_security", []string{m.SecurityLevel}), oneLine(m.Security))
	line("十、评估。甲方每 %d 个月评估一次：%s", m.Cycle, oneLine(m.Evaluation))
	line("十一、信息披露。甲方和乙方每年公开授权、范围、产品清单、费用上限和评估的结果。")
	line("十二、暂停和撤销。违规使用、超范围使用、滥用、篡改、毁损、泄露数据的，甲方可以立即暂停或者撤销授权；监管机构可以冻结。暂停期间本协议之下的一切场景、工作区和授权同时停止，恢复以后照原样恢复。")
	line("十三、退出。%s", oneLine(m.Exit))
	line("十四、乙方放弃授权的，须书面说明理由；本协议之下的授权全部结束、数据销毁以后办结。")
	line("十五、本协议由双方有权签署的人在平台上确认身份后签署；双方签署后，自期限的第一天起生效。")
	return b.String()
}

// names are codes of a rule in words.
func (s *Service) names(path string, codes []string) string {
	var out []string
	for _, o := range Words(s.rule(path), codes) {
		out = append(out, o.Name.Zh)
	}
	return strings.Join(out, "、")
}

// tariffWords says what may be charged.
func (s *Service) tariffWords(tariff []Fee) string {
	var out []string
	for _, f := range tariff {
		name := s.names("service_fee", []string{f.Code})
		var bands []string
		for i, b := range f.Bands {
			end := "以上"
			if i+1 < len(f.Bands) {
				end = fmt.Sprintf("至 %d ", f.Bands[i+1].From)
			}
			bands = append(bands, fmt.Sprintf("%d %s%s，每%s %s", b.From, end, "部分", unitName(s.book, f.Unit), Yuan(b.Fen)))
		}
		line := name + "按用量分档累进：" + strings.Join(bands, "；")
		if !f.Charged {
			line += "；只计量，不收费"
		} else if len(f.NotFor) > 0 {
			line += "；公益和公共治理不收"
		}
		out = append(out, line+"。")
	}
	return strings.Join(out, "")
}

// unitName is what a unit is called: its name among the units of the forms or the fees.
func unitName(book *policy.Book, code string) string {
	for _, path := range []string{"mandate_forms", "service_fee"} {
		r, _ := book.House().Rule(path)
		for _, o := range r.Options {
			for _, d := range o.Details {
				for _, w := range d.Value {
					if w.Code == code {
						return w.Zh
					}
				}
			}
		}
	}
	return code
}

// Yuan is an amount in fen, in words of an agreement.
func Yuan(fen int64) string { return fmt.Sprintf("%d.%02d 元", fen/100, fen%100) }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
