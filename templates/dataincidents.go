package templates

import (
	"context"
	"slices"

	"shuyuan/internal/policy"
	"shuyuan/licensing/supervision"
	"shuyuan/templates/text"
)

// DataIncidentsPage lists incidents at the desk.
type DataIncidentsPage struct {
	Frame
	CaseFilter
	Levels policy.Rule
	Items  []supervision.Incident
	Next   string
}

// NewDataIncidentPage is the form that opens an incident; About nil: which entry it
// is about is asked first.
type NewDataIncidentPage struct {
	Frame
	Levels  policy.Rule
	About   *supervision.Affectable
	Form    DataIncidentForm
	Mistake Mistake
}

// DataIncidentForm is what somebody has written of a new incident.
type DataIncidentForm struct {
	Slug, Level, Title, What, Known string
	Versions                        []string
}

// DataIncidentPage is one incident.
type DataIncidentPage struct {
	Frame
	Book    *policy.Book
	Levels  policy.Rule
	Case    *supervision.IncidentView
	Step    supervision.IncidentStep // as it was typed
	Others  string                   // departments that it may affect besides, as typed
	Preview bool                     // the words to the affected are shown before they go
	Mistake Mistake
	Done    string
}

func (p DataIncidentPage) offers(a supervision.IncidentAction) bool {
	return slices.Contains(p.Case.Offers, a)
}

// counted is how many of the affected are people and departments that nobody told.
func (p DataIncidentPage) counted(ctx context.Context) string {
	return text.T(ctx, "受影响的人 %d 个，部门 %d 个；没有告知的共 %d 个。", len(p.Case.People), len(p.Case.Bodies), p.Case.Untold())
}

func incidentLevel(ctx context.Context, levels policy.Rule, code string) string {
	for _, o := range levels.Options {
		if o.Code == code {
			return pick(ctx, o.Name)
		}
	}
	return code
}

var incidentStates = map[supervision.IncidentState]string{
	supervision.IncidentOpen: "处置中", supervision.IncidentContained: "已控制，待办结", supervision.IncidentClosed: "已办结", supervision.IncidentVoid: "不是安全事件",
}

// IncidentStateName is a state of an incident in words.
func IncidentStateName(ctx context.Context, s supervision.IncidentState) string {
	return text.T(ctx, incidentStates[s])
}

// KnownIncidentState reports whether there is such a state; empty is none in
// particular.
func KnownIncidentState(s string) bool {
	return s == "" || incidentStates[supervision.IncidentState(s)] != ""
}

var incidentActions = map[string]string{
	"begin": "立安全事件", "regrade": "改级别", "contain": "控制", "keep": "留存记录", "tell": "告知受影响的人和部门", "inform": "报告", "close": "办结", "void": "不是安全事件",
}

var reportKinds = map[string]string{
	supervision.ToCyberspace: "网信部门", supervision.ToPolice: "公安机关", supervision.ToSector: "行业主管部门", supervision.ToAuthority: "有关主管部门", supervision.ToOther: "其他部门",
}

func reportKind(ctx context.Context, kind string) string { return text.T(ctx, reportKinds[kind]) }

func reportKindWords(ctx context.Context, kinds []string) string {
	var out []string
	for _, k := range kinds {
		out = append(out, reportKind(ctx, k))
	}
	return shareList(ctx, out)
}
