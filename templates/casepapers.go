package templates

import (
	"context"
	"slices"
	"strconv"

	"shuyuan/licensing"
	"shuyuan/licensing/papers"
	"shuyuan/templates/text"
)

// PapersPage is what is handed in with an application, or is prepared for a step.
type PapersPage struct {
	Frame
	Application *licensing.Application
	Side        licensing.Side
	Kind        papers.Kind
	Papers      PaperSet
	Done        string
}

// PaperSet is the files of a case with the forms for more: for each material that
// is asked for, and for what else one has to show. Any case can show one.
type PaperSet struct {
	Action  string   // where forms go; a file is at Action/{id}, and is taken back by Action/{id}/remove
	Slots   []string // materials that are asked for; empty: none is named
	Asked   []string // of them, those that a department wants anew
	Papers  []papers.Paper
	Rules   papers.Rules
	Slot    string // for which a file was sent that was not taken
	Mistake Mistake
}

// of are the files for a slot; those of a slot that is not asked for any more
// stand with what is for none.
func (s PaperSet) of(slot string) []papers.Paper {
	var out []papers.Paper
	for _, p := range s.Papers {
		if p.Slot == slot || slot == "" && !slices.Contains(s.Slots, p.Slot) {
			out = append(out, p)
		}
	}
	return out
}

// lacks reports whether a file for a slot is still needed.
func (s PaperSet) lacks(slot string) bool {
	return !slices.ContainsFunc(s.of(slot), func(p papers.Paper) bool {
		return p.Frozen == nil || !slices.Contains(s.Asked, slot)
	})
}

// wrong is what is said at the form of a slot.
func (s PaperSet) wrong(slot string) string {
	if s.Slot != slot {
		return ""
	}
	return s.Mistake.at("file")
}

// said is what is said above the forms: what is not about one of them.
func (s PaperSet) said() string {
	if s.Mistake.Field == "file" && (s.Slot == "" || slices.Contains(s.Slots, s.Slot)) {
		return ""
	}
	return s.Mistake.Sentence
}

// slotID is the id of the form of a slot.
func slotID(n int) string { return "slot-" + strconv.Itoa(n) }

// ApplicationPath is where the pages of an application are for a side.
func ApplicationPath(a *licensing.Application, side licensing.Side) string {
	return ApplicationPage{Application: a, Side: side}.path()
}

// papersTitle names what the files of a kind are.
func papersTitle(ctx context.Context, kind papers.Kind) string {
	switch kind {
	case papers.Dispute:
		return text.T(ctx, "异议的证据")
	case papers.Award:
		return text.T(ctx, "竞争的记录")
	case papers.Application:
	}
	return text.T(ctx, "材料")
}

// papersLead says who reads the files of a kind, and until when they change.
func papersLead(ctx context.Context, kind papers.Kind) string {
	switch kind {
	case papers.Dispute:
		return text.T(ctx, "随异议一起提出，之后不能改；由部门、数据主管部门和监管人员看。")
	case papers.Award:
		return text.T(ctx, "随竞争结果一起登记，之后不能改；申请人看不到，数据主管部门处理异议时和监管人员能看。")
	case papers.Application:
	}
	return text.T(ctx, "提交时锁定，之后不能改；每个文件的 SHA-256 写进您签的协议。只有申请人一方、提供部门和监管人员能看，有异议时数据主管部门也能看；每次查看都记入审计记录。")
}

// materialState is a material with how many files are there for it.
func (p EditPage) materialState(ctx context.Context, slot string) (words string, lacks bool) {
	n := len(p.Papers.of(slot))
	if p.Papers.lacks(slot) {
		if n > 0 {
			return text.T(ctx, "要补交"), true
		}
		return text.T(ctx, "还没有交"), true
	}
	return text.T(ctx, "已交 %d 个文件", n), false
}

// slotsOf are the materials that files are for, in their order.
func slotsOf(all []papers.Paper) []string {
	var out []string
	for _, p := range all {
		if !slices.Contains(out, p.Slot) {
			out = append(out, p.Slot)
		}
	}
	return out
}

func forSlot(all []papers.Paper, slot string) []papers.Paper {
	return slices.DeleteFunc(slices.Clone(all), func(p papers.Paper) bool { return p.Slot != slot })
}

// alertIf makes what is wrong heard at once.
func alertIf(wrong string) string {
	if wrong != "" {
		return "alert"
	}
	return "note"
}
