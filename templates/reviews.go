package templates

import (
	"context"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/datasets/opening"
	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// Reviewing are the roles that see the desk of opening reviews.
var Reviewing = []account.Role{account.Officer, account.Head, account.SecurityReviewer, account.SecrecyReviewer, account.CyberspaceReviewer, account.Authority}

// ReviewsPage lists the opening reviews that the reader knows of.
type ReviewsPage struct {
	Frame
	Items []*opening.Review
	All   bool // what has ended, too
	Yours map[int64]bool
	Again []opening.Again // what must be reviewed anew
}

// NewReviewPage asks for a review of one content.
type NewReviewPage struct {
	Frame
	Content   *datasets.Content
	UploadID  string
	VersionID int64
	Form      ReviewForm
	Events    []opening.Event
	Basis     BasisInputs
	Why       string // it is needed: a sentence
}

// ReviewForm is what somebody wrote into a form of a review.
type ReviewForm struct {
	Open, Basis, Method, Requirements, Safeguards, Note, Event string

	Action, Words, Until, Terms, Reason string
	Ticked                              map[string]bool
	Mistake                             Mistake
}

// ReviewPage is one review with what its gate needs.
type ReviewPage struct {
	Frame
	*opening.Found
	Form    ReviewForm
	Basis   BasisInputs
	Sources map[opening.Gate]GateSource
}

// GateSource is which text asks for a gate.
type GateSource struct {
	Profile    string
	Provisions []string
	House      bool
}

// EventsPage lists emergencies, with the form for one more.
type EventsPage struct {
	Frame
	Items []opening.Event
	May   bool // the reader records them
	Form  EventForm
}

// EventForm is an emergency as it was typed.
type EventForm struct {
	Kind, Title, By, On, Basis string
	Mistake                    Mistake
}

func reviewHref(id int64) string { return "/desk/reviews/" + strconv.FormatInt(id, 10) }

// UploadReviewHref asks for a review of an upload.
func UploadReviewHref(upload string) string { return "/desk/reviews/new?upload=" + upload }

// reviewAgainHref asks for the review that a needs.
func reviewAgainHref(a opening.Again) string {
	if a.UploadID != "" {
		return UploadReviewHref(a.UploadID)
	}
	return "/desk/reviews/new?version=" + strconv.FormatInt(a.VersionID, 10)
}

var reviewStates = map[opening.State]string{
	opening.Proposed: "等部门负责人先开放", opening.SecurityCheck: "安全审查", opening.SecrecyCheck: "保密审查", opening.JointReview: "会同开放审查",
	opening.Approved: "同意开放", opening.ApprovedConditional: "同意有条件开放", opening.Withheld: "不予开放", opening.ToDeidentify: "退回脱敏", opening.Returned: "已退回", opening.TakenBack: "已撤回",
	opening.Provisional: "应急先开放，事后审查中", opening.Confirmed: "事后审查同意", opening.Withdrawn: "事后审查没有同意，已撤下",
}

func reviewState(ctx context.Context, s opening.State) string { return text.T(ctx, reviewStates[s]) }

func reviewStateClass(s opening.State) string {
	switch {
	case s.Waits():
		return "due"
	case s.Lets():
		return "ok"
	}
	return "late"
}

var gateNames = map[opening.Gate]string{opening.Security: "安全审查", opening.Secrecy: "保密审查", opening.Joint: "会同开放审查"}

func gateName(ctx context.Context, g opening.Gate) string { return text.T(ctx, gateNames[g]) }

var gateResults = map[string]string{"pass": "通过", "approve": "同意无条件开放", "approve_conditional": "同意有条件开放", "withhold": "不予开放", "return": "退回", "return_for_deidentification": "退回脱敏", "confirm": "事后同意", "end": "不同意，撤下"}

var reviewActions = map[opening.Action]string{
	opening.Pass: "这一关通过", opening.Approve: "同意无条件开放", opening.ApproveConditional: "同意有条件开放", opening.Withhold: "不予开放", opening.ReturnToDeidentify: "退回脱敏", opening.Return: "退回",
	opening.Confirm: "事后同意", opening.End: "不同意，立即撤下", opening.TakeBack: "撤回送审", opening.OpenAtOnce: "先开放，再补审",
}

var reviewActionNotes = map[opening.Action]string{
	opening.ApproveConditional: "要写开放方式、使用要求、安全保障措施和依据。", opening.Withhold: "要有依据：法律、法规、国家有关规定。", opening.ReturnToDeidentify: "原件不动，脱敏后的另作一版再审。",
	opening.Return: "写明要改什么；部门改好再送。", opening.TakeBack: "撤回后文件可以再改，改好重新送审。", opening.OpenAtOnce: "突发事件期间依法先开放；安全、保密、网信事后补审，不同意就撤下。", opening.End: "条目立即从公开页面撤下，这份内容不能再发布。",
}

// decides reports whether the reader has a decision to make here.
func (p ReviewPage) decides() bool { return len(p.Offers) > 0 }

func (p ReviewPage) offers(a opening.Action) bool {
	for _, o := range p.Offers {
		if o == a {
			return true
		}
	}
	return false
}

// chosen is which decision is chosen in the form.
func (p ReviewPage) chosen(i int, a opening.Action) bool {
	return p.Form.Action == string(a) || p.Form.Action == "" && len(p.Offers) == 1 && i == 0
}

// judges reports whether the reader is at the gate, and not only who asked.
func (p ReviewPage) judges() bool {
	return p.Gate() != "" && (p.offers(opening.Pass) || p.offers(opening.Return) || p.offers(opening.Confirm))
}

func eventKind(ctx context.Context, code string) string {
	for _, k := range opening.EventKinds() {
		if k.Code == code {
			return text.T(ctx, k.Sentence)
		}
	}
	return code
}

func provisionWords(ctx context.Context, id string) string {
	if t := policy.Place(id); t.Zh != "" {
		return id + " " + pick(ctx, t)
	}
	return id
}

func shortHash(s string) string {
	if len(s) < 12 {
		return s
	}
	return s[:8] + "…" + s[len(s)-4:]
}

// basisLines are the bases of terms, each with its kind and its words where
// these were asked.
func basisLines(ctx context.Context, t datasets.Terms) string {
	if len(t.Bases) == 0 {
		return strings.Join(t.Basis, "\n")
	}
	var out []string
	for _, b := range t.Bases {
		out = append(out, text.T(ctx, "%s：%s“%s”", text.T(ctx, b.Kind), b.Line(), b.Quote))
	}
	return strings.Join(out, "\n")
}

// rowsDiffer says how the rows of a table differ from the version before.
func rowsDiffer(ctx context.Context, r datasets.RowDifference) string {
	if !r.Why.Compared() {
		return text.T(ctx, "行没有比：两张表太大、读不出，或者没有共同的列")
	}
	return text.T(ctx, "行：+%s −%s ~%s，不变 %s", Thousands(r.Added), Thousands(r.Removed), Thousands(r.Changed), Thousands(r.Same))
}

// IncidentsPage lists what was taken from the public at once.
type IncidentsPage struct {
	Frame
	Book  *policy.Book
	Rule  policy.Rule // why downloaders are told: of the reader's department, else the platform's
	Items []opening.Incident
	May   bool // the reader can do so
	Form  IncidentForm
}

// IncidentForm is that as it was typed.
type IncidentForm struct {
	Slug, Reason string
	Mistake      Mistake
}

// EmergenciesPage lists declared events with what was opened under them.
type EmergenciesPage struct {
	Frame
	Items []Emergency
}

// Emergency is one of them.
type Emergency struct {
	opening.Event
	Items []datasets.Dataset
}
