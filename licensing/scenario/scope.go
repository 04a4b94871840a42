package scenario

import (
	"slices"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
)

// formsOf are the forms of results that the scope of a mandate lets an entry have.
func (m *Mandate) formsOf(i *MandateItem) []string {
	if len(i.Forms) > 0 {
		return i.Forms
	}
	return m.Forms
}

// purposesOf are the purposes for which it may be used.
func (m *Mandate) purposesOf(i *MandateItem) []string {
	if len(i.Purposes) > 0 {
		return i.Purposes
	}
	return m.Purposes
}

// item is the entry in the scope; nil: it is not.
func (m *Mandate) item(dataset int64) *MandateItem {
	for i := range m.Items {
		if m.Items[i].Dataset.ID == dataset {
			return &m.Items[i]
		}
	}
	return nil
}

// outside is everything of a scenario that does not lie within the scope of its
// mandate, a sentence each.
func (s *Scenario) outside() []error {
	var out []error
	wrong := func(field, sentence string, args ...any) { out = append(out, fault.At(field, sentence, args...)) }
	m := &s.Mandate
	if s.Purpose != "" && !slices.Contains(m.Purposes, s.Purpose) {
		wrong("purpose", "用途不在运营授权 %s 的范围内。", m.Number)
	}
	for k := range s.Items {
		i := &s.Items[k]
		within := m.item(i.Dataset.ID)
		if within == nil {
			wrong("items", "《%s》不在运营授权 %s 的范围内。", i.Dataset.Title, m.Number)
			continue
		}
		for _, c := range i.Columns {
			if !slices.Contains(within.Columns, c) {
				wrong("col."+i.Resource, "《%s》的“%s”列不在运营授权 %s 的范围内。", i.Dataset.Title, c, m.Number)
			}
		}
		if s.Purpose != "" && !slices.Contains(m.purposesOf(within), s.Purpose) {
			wrong("purpose", "运营授权 %s 不许把《%s》用于这个用途。", m.Number, i.Dataset.Title)
		}
		for n, o := range s.Outputs {
			if o.Form != "" && !slices.Contains(m.formsOf(within), o.Form) {
				wrong("outputs", "产出 %d：运营授权 %s 不许用《%s》做这种形态的产品。", n+1, m.Number, i.Dataset.Title)
			}
		}
		switch {
		case i.Dataset.Open == datasets.Withheld:
			wrong("items", "《%s》不予开放，任何场景都不能用。", i.Dataset.Title)
		case i.Dataset.Status != datasets.Published:
			wrong("items", "《%s》现在没有公开的目录，不能用。", i.Dataset.Title)
		}
	}
	return out
}

// problems is everything that is still missing of a scenario, for the list above
// the form; empty: it can be submitted.
func (s *Scenario) problems(sectors []string, l Limits) []error {
	var out []error
	wrong := func(field, sentence string, args ...any) { out = append(out, fault.At(field, sentence, args...)) }
	if s.Title == "" {
		wrong("title", "请写场景的名称。")
	}
	if !slices.Contains(sectors, s.Sector) {
		wrong("sector", "请选领域。")
	}
	if s.Purpose == "" {
		wrong("purpose", "请选用途。")
	}
	if s.Research && s.Class != PublicBenefit {
		wrong("class", "高等院校、科研院所的研究只能用于公益性活动，使用类别请选公益。")
	}
	if len([]rune(s.Description)) < 10 {
		wrong("description", "请写清这个场景做什么，至少 10 个字。")
	}
	if s.Method == "" {
		wrong("method", "请写明用什么方法算。")
	}
	if s.Audience == "" {
		wrong("audience", "请写明结果给谁用。")
	}
	if len(s.Outputs) == 0 {
		wrong("outputs", "请写明会产出什么。")
	}
	for n, o := range s.Outputs {
		switch {
		case o.Form == "" || o.Fields == "":
			wrong("outputs", "产出 %d：请选形态，写明有哪些列。", n+1)
		case o.Minimum < l.Minimum:
			wrong("outputs", "产出 %d：每组至少 %d（平台规则）。", n+1, l.Minimum)
		}
	}
	if len(s.Items) == 0 {
		wrong("items", "请至少选一个文件。")
	}
	for k := range s.Items {
		i := &s.Items[k]
		if len(i.Columns) == 0 {
			wrong("col."+i.Resource, "“%s”：请至少选一列。", i.Name)
		}
		for _, c := range i.Columns {
			if i.Why[c] == "" {
				wrong("why."+i.Resource, "“%s”的“%s”列：请写明为什么要用。", i.Name, c)
				break
			}
		}
		for _, c := range i.Columns {
			if i.Dataset.Open != datasets.Unconditional && i.Uses[c] == Read {
				wrong("use."+i.Resource, "“%s”的“%s”列不是公开的数据，不能原样看，只能分组、汇总或者做掩码键。", i.Name, c)
				break
			}
		}
	}
	if s.Personal == NoPersonal && s.personal {
		wrong("personal", "选的列里有个人信息，请写明依据：本人同意，或者法律、行政法规规定。")
	}
	if s.Personal != NoPersonal && s.PersonalHow == "" {
		wrong("personal_how", "请写明怎样取得同意，或者哪一条规定。")
	}
	if s.SecurityPlan == "" {
		wrong("security_plan", "请写明数据安全防护管理制度。")
	}
	if s.EmergencyPlan == "" {
		wrong("emergency_plan", "请写明数据安全应急预案。")
	}
	if s.Filing == "" {
		wrong("filing", "请写明报备的情况。")
	}
	switch {
	case s.Kind == Change:
	case s.Months == 0:
		wrong("months", "请写使用期限。")
	case s.Months > l.Months:
		wrong("months", "使用期限：%d 个月超过最长 %d 个月。", s.Months, l.Months)
	}
	for _, slot := range papersMissing(s) {
		wrong("papers", "还没有交“%s”。", slot)
	}
	return append(out, s.outside()...)
}
