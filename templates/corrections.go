package templates

import (
	"context"
	"net/url"
	"strconv"

	"shuyuan/datasets"
	"shuyuan/datasets/sources"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/licensing/corrections"
	"shuyuan/templates/text"
)

// CorrectionsPage is the objections to an entry.
type CorrectionsPage struct {
	Frame
	Dataset  *datasets.Dataset
	Answered corrections.Page
	Open     corrections.Page
}

// CorrectPage is the form for an objection.
type CorrectPage struct {
	Frame
	Dataset  *datasets.Dataset
	Filing   corrections.Filing
	Resource *datasets.Resource // that the link named; nil: none, or no such file
	Version  *datasets.Version
	Table    *datasets.Table
	Cells    map[string]string // of the row, by column; nil where they may not be shown
	Answer   deadline.Clock    // of the department, were it filed now
	Forward  deadline.Clock
	More     int // working days that its head may give
	Who      AskedText
	House    []policy.Rule // who may file, and how long the contact is kept
	Most     int           // a day
	Mistake  Mistake
}

// contactRule is the rule of how long the contact is kept.
func (p CorrectPage) contactRule() policy.Rule {
	for _, r := range p.House {
		if r.Path == "correction_contact" {
			return r
		}
	}
	return policy.Rule{}
}

// FollowedCorrectionPage is where an objection stands, for whoever filed it.
type FollowedCorrectionPage struct {
	Frame
	Correction *corrections.Correction
	Events     []corrections.Event
	Link       string
	Filed      bool // just now
	Typed      string
	Mistake    Mistake
}

// OwnCorrectionsPage is what somebody has objected to.
type OwnCorrectionsPage struct {
	Frame
	List  corrections.Page
	Links map[int64]string
}

// DeskCorrectionsPage is the objections that somebody sees at the desk.
type DeskCorrectionsPage struct {
	Frame
	List corrections.Page
	All  bool
	Done bool
}

func (p DeskCorrectionsPage) next() string {
	v := url.Values{"after": {p.List.Next}}
	if p.All {
		v.Set("all", "1")
	}
	return "/desk/corrections?" + v.Encode()
}

// DeskCorrectionPage is one objection at the desk.
type DeskCorrectionPage struct {
	Frame
	Case    *corrections.Desk
	Fixes   []corrections.Fix
	Cases   []sources.Case
	Table   *datasets.Table
	Cells   map[string]string
	Typed   corrections.Step
	Mistake Mistake

	Meanwhile AskedText // by which rule services go on meanwhile; without one, the platform's
}

// Offered reports whether the page has a button for a.
func (p DeskCorrectionPage) Offered(a corrections.Action) bool {
	for _, o := range p.Case.Offers {
		if o == a {
			return true
		}
	}
	return false
}

// mistakeOf is the mistake where it was made in the form of one of the actions.
func (p DeskCorrectionPage) mistakeOf(actions ...corrections.Action) Mistake {
	for _, a := range actions {
		if p.Typed.Action == a {
			return p.Mistake
		}
	}
	return Mistake{}
}

// typed is what was written in the form of one of the actions.
func (p DeskCorrectionPage) typed(actions ...corrections.Action) string {
	for _, a := range actions {
		if p.Typed.Action == a {
			return p.Typed.Words
		}
	}
	return ""
}

// CorrectionNumber is what an objection is called.
func CorrectionNumber(id int64) string { return "FH-" + strconv.FormatInt(id, 10) }

// CorrectionLink is the page on which whoever filed an objection follows it.
func CorrectionLink(link string) string {
	return "/corrections?" + url.Values{"link": {link}}.Encode()
}

// CorrectHref is the form for an objection to a place in a file; without a
// resource, to the entry.
func CorrectHref(slug, resource string, version, table int, row int64, column string) string {
	v := url.Values{}
	set := func(name string, n int64) {
		if n > 0 {
			v.Set(name, strconv.FormatInt(n, 10))
		}
	}
	if resource != "" {
		v.Set("resource", resource)
	}
	set("version", int64(version))
	set("table", int64(table))
	set("row", row)
	if column != "" {
		v.Set("column", column)
	}
	href := "/datasets/" + slug + "/correct"
	if len(v) > 0 {
		href += "?" + v.Encode()
	}
	return href
}

func correctionsHref(slug string) string { return "/datasets/" + slug + "/corrections" }

// placeHref leads to what an objection is about, in the version that it counts in.
// correctionSide is who did a step of an objection: of the department its name, of
// the platform, which forwards, whoever did it; nobody is named of whoever filed it.
func correctionSide(c *corrections.Correction, e corrections.Event) policy.Text {
	if e.Act == corrections.Forward {
		return policy.Text{Zh: e.By}
	}
	return policy.Text{Zh: e.By, En: c.Dataset.Department.NameEN}
}

func placeHref(c *corrections.Correction) string {
	if c.Place.Resource == nil {
		return "/datasets/" + c.Dataset.Slug
	}
	v := url.Values{"version": {strconv.Itoa(c.Place.Version)}}
	if c.Place.Table > 0 {
		v.Set("table", strconv.Itoa(c.Place.Table+1))
	}
	if c.Place.Row > 0 {
		v.Set("row", strconv.FormatInt(c.Place.Row, 10))
	}
	return "/datasets/" + c.Dataset.Slug + "/resources/" + c.Place.Resource.ID + "?" + v.Encode()
}

// placeWords say what an objection is about.
func placeWords(ctx context.Context, p corrections.Place) string {
	if p.Resource == nil {
		return text.T(ctx, "整个数据集")
	}
	out := text.Pick(ctx, p.Resource.Name, p.Resource.NameEN) + text.T(ctx, "，第 %d 版", p.Version)
	if p.Table > 0 {
		out += text.T(ctx, "，第 %d 张表", p.Table+1)
	}
	if p.Row > 0 {
		out += text.T(ctx, "，第 %s 行", Thousands(p.Row))
	}
	if p.Column != "" {
		out += text.T(ctx, "，“%s”列", columnLabel(ctx, p))
	}
	return out
}

func columnLabel(ctx context.Context, p corrections.Place) string {
	if label := text.Pick(ctx, p.Label, p.LabelEN); label != "" {
		return label
	}
	return p.Column
}

// correctionStates are the states, as people read them.
var correctionStates = map[corrections.State]string{
	corrections.Submitted: "平台已收到，等待转给部门", corrections.Received: "部门已收到，等待校核", corrections.Checking: "正在校核", corrections.Extended: "正在校核，已延长一次",
	corrections.Disagreeing: "和别的部门的数据不一致，正在协商或者决定", corrections.Corrected: "已改正", corrections.NoError: "核对过，没有错", corrections.Closed: "已办结",
}

// CorrectionStateName is a state in words.
func CorrectionStateName(ctx context.Context, s corrections.State) string {
	return text.T(ctx, correctionStates[s])
}

// correctionOutcome is how an objection was answered.
func correctionOutcome(ctx context.Context, c *corrections.Correction) string {
	return text.T(ctx, correctionStates[c.Outcome])
}

// correctionNext says who is to do what, by the state.
var correctionNext = map[corrections.State]string{
	corrections.Submitted: "平台在期限内转给数据提供部门；部门的期限从它收到那天起算。", corrections.Received: "部门接手校核，在期限内答复您。", corrections.Checking: "部门在期限内校核并答复您。",
	corrections.Extended: "部门负责人同意延长一次，不会再延长；部门在新的期限内答复您。", corrections.Disagreeing: "几个部门的数据不一样，由它们协商；协商不成，由主管部门决定以谁的为准。之后部门再答复您。",
	corrections.Corrected: "您可以在期限内重开一次，也可以办结。", corrections.NoError: "您可以在期限内重开一次，也可以办结。", corrections.Closed: "已经办结，不用再做什么。",
}

// correctionActs are what was done, in the history.
var correctionActs = map[corrections.Action]string{
	corrections.File: "提出异议", corrections.Forward: "平台转给部门", corrections.TakeUp: "开始校核", corrections.AskMore: "申请延长", corrections.GiveMore: "负责人同意延长", corrections.DenyMore: "负责人没有同意延长",
	corrections.Correct: "答复：已改正", corrections.Confirm: "答复：没有错", corrections.Disagree: "转为不一致案", corrections.Reopen: "重开", corrections.Close: "办结",
}

// KnownCorrectionAction reports whether the desk has such a button.
func KnownCorrectionAction(a corrections.Action) bool {
	return correctionActs[a] != "" && a != corrections.File && a != corrections.Reopen && a != corrections.Close
}

// contactKept says how long the contact is kept, as the rule has it.
func contactKept(ctx context.Context, r policy.Rule) string {
	n, _ := r.Number()
	return text.T(ctx, "只给部门看；办结满 %d 个月后清除。", n)
}

// fixWords is what puts something right, in a list.
func fixWords(ctx context.Context, f *corrections.Fix) string {
	name := text.Pick(ctx, f.Name, f.NameEN)
	switch {
	case f.Entry():
		return text.T(ctx, "目录条目的第 %d 次修改", f.Revision)
	case f.Table >= 0:
		return text.T(ctx, "%s：数据字典的第 %d 次修改（第 %d 版）", name, f.Revision, f.Version)
	}
	return text.T(ctx, "%s：第 %d 版", name, f.Version)
}

func fixHref(slug string, f *corrections.Fix) string {
	if f.Entry() {
		return "/datasets/" + slug + "#entry"
	}
	href := "/datasets/" + slug + "/resources/" + f.Resource + "?version=" + strconv.Itoa(f.Version)
	if f.Table >= 0 {
		href += "#dictionary"
	}
	return href
}

// columnTitleOf is what a column is called in the form.
func columnTitleOf(ctx context.Context, f datasets.Field) string {
	label := text.Pick(ctx, f.Label, f.LabelEN)
	if label == "" || label == f.Name {
		return f.Name
	}
	return label + "（" + f.Name + "）"
}

func rowText(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func dayText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
