package templates

import (
	"context"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/sources"
	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// SourceCasesPage lists the cases of one kind.
type SourceCasesPage struct {
	Frame
	Kind  sources.Kind
	Cases []sources.Case
	May   bool // open one
}

// SourceCasePage is one case.
type SourceCasePage struct {
	Frame
	Book    *policy.Book
	Case    *sources.Case
	Alike   []sources.Match // why the items count as the same
	Offers  []sources.Action
	Rows    *datasets.Disagreement // where rows disagree, if that was asked for
	RowsNot string                 // why not
	Mistake Mistake
	Typed   SourceForm // as posted
}

// SourceForm is what a form of a case says.
type SourceForm struct{ Action, Names, Statement, Reason, Source string }

// NewInconsistencyPage is where two entries are named.
type NewInconsistencyPage struct {
	Frame
	Form       sources.NewInconsistency
	Mistake    Mistake
	Correction bool
}

// AlikePart is what the page of an entry shows of others that have its items.
type AlikePart struct {
	Rules   sources.Rules
	Matches []sources.Match
	May     bool // make a case of them
	Mistake Mistake
}

var sourceStates = map[sources.State]string{
	sources.Proposed: "系统提出，待主管部门看", sources.Open: "已立案，待决定", sources.Negotiating: "部门协商中", sources.Referred: "待主管部门决定",
	sources.Settled: "协商一致", sources.Decided: "已决定", sources.Closed: "不成立，已结",
}

// SourceStateName is a state of a case in words.
func SourceStateName(ctx context.Context, s sources.State) string {
	return text.T(ctx, sourceStates[s])
}

var sourceActions = map[sources.Action]string{
	sources.TakeUp: "立案", sources.Decide: "决定", sources.Close: "不成立，结案", sources.Reopen: "重新办理", sources.Refer: "提请主管部门决定", sources.Return: "退回部门再协商", sources.Settle: "协商一致", sources.Propose: "系统提出", sources.Begin: "立案", sources.Say: "说明意见",
}

// sourceAct is a step of the history.
func sourceAct(ctx context.Context, act string) string {
	return text.T(ctx, sourceActions[sources.Action(act)])
}

var traits = map[sources.Trait]string{
	sources.ByName: "中文名", sources.ByEnglish: "英文名", sources.ByIdentifier: "标识符", sources.ByType: "类型", sources.ByUnit: "计量单位", sources.ByCodes: "值域代码",
}

func traitWords(ctx context.Context, list []sources.Trait) string {
	var out []string
	for _, t := range list {
		out = append(out, text.T(ctx, traits[t]))
	}
	return strings.Join(out, listMark(ctx))
}

func kindTitle(ctx context.Context, k sources.Kind) string {
	if k == sources.Inconsistency {
		return text.T(ctx, "数据不一致")
	}
	return text.T(ctx, "目录重复")
}

func kindHref(k sources.Kind) string {
	if k == sources.Inconsistency {
		return "/desk/inconsistencies"
	}
	return "/desk/duplicates"
}

// kindSource is the provision that a kind of case follows, by the text that
// binds its departments.
func kindSource(b *policy.Book, c *sources.Case) catalogue.Source {
	path := "catalogue.duplicates"
	if c.Kind == sources.Inconsistency {
		path = "inconsistency"
	}
	if p, ok := b.Profile(c.Profile); ok {
		if r, ok := p.Rule(path); ok && len(r.Cite) > 0 {
			return catalogue.Source{Cite: r.Cite}
		}
	}
	return catalogue.Source{Cite: []string{policy.HouseCite}, House: true}
}

func fieldTitle(f datasets.Field) string {
	if f.Label != "" && f.Label != f.Name {
		return f.Label + "（" + f.Name + "）"
	}
	return f.Name
}

// entrySeen is where the viewer can read an entry of a case; empty where nowhere.
func (p SourceCasePage) entrySeen(e sources.Entry) string {
	switch {
	case p.Actor.Is(account.Authority), p.Actor.Department == e.Department:
		return EntryHref(e.Slug)
	case e.Public:
		return "/datasets/" + e.Slug
	}
	return ""
}

// departmentOf is a party's name, in Chinese and in English.
func (p SourceCasePage) departmentOf(id int64) (name, nameEN string) {
	for i := range p.Case.Parties {
		if d := &p.Case.Parties[i].Department; d.ID == id {
			return d.Name, d.NameEN
		}
	}
	return "", ""
}

func (p SourceCasePage) nameOf(ctx context.Context, id int64) string {
	zh, en := p.departmentOf(id)
	return text.Pick(ctx, zh, en)
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }

// sourceReason is the name of the action whose form has a reason alone.
func needsReason(a sources.Action) bool { return a != sources.TakeUp && a != sources.Decide }

// namedItems is a list of items as one text.
func namedItems(list []sources.Named) string {
	var out []string
	for _, i := range list {
		out = append(out, i.Name)
	}
	return strings.Join(out, "、")
}

// checking are the marks of an entry whose values are being checked.
func checking(list []sources.Mark) (out []sources.Mark) {
	for _, m := range list {
		if m.Checking() {
			out = append(out, m)
		}
	}
	return out
}

// settled are the others.
func settled(list []sources.Mark) (out []sources.Mark) {
	for _, m := range list {
		if !m.Checking() {
			out = append(out, m)
		}
	}
	return out
}

func whyNot(ctx context.Context, w datasets.Why) string {
	switch w {
	case datasets.NoKey:
		return text.T(ctx, "两张表没有共同的主键，不能逐行比对：请先在数据字典里写明主键。")
	case datasets.KeyRepeats:
		return text.T(ctx, "主键有空的或者重复的，不能逐行比对。")
	}
	return text.T(ctx, "除主键外没有相同的数据项，没有可比的值。")
}

// typed is what was typed into the form of an action, wrong why it was refused.
func (p SourceCasePage) typed(a sources.Action) string {
	if p.Typed.Action == string(a) {
		return p.Typed.Reason
	}
	return ""
}

func (p SourceCasePage) wrong(a sources.Action) string {
	if p.Typed.Action == string(a) {
		return p.Mistake.at("reason")
	}
	return ""
}

func alikeHref(p EntryPage, m sources.Match) string {
	if m.Entry.Public {
		return "/datasets/" + m.Entry.Slug
	}
	return EntryHref(m.Entry.Slug)
}

func clockOfCase(ctx context.Context, c *sources.Case) string {
	if c.State == sources.Negotiating {
		return text.T(ctx, "部门协商")
	}
	return text.T(ctx, "主管部门决定")
}
