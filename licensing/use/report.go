package use

import (
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
	"shuyuan/licensing"
)

// Grant is the grant that a report, a destruction or an audit is of.
type Grant struct {
	ID           int64
	Number       string
	User         int64
	Organisation int64
	Holder       string
	Purpose      string
	State        licensing.GrantState
	From, Until  time.Time
	StateAt      time.Time
	Dataset      datasets.Dataset // slug, titles and department alone
}

// Over reports whether the grant has ended.
func (g *Grant) Over() bool { return g.State != licensing.Active && g.State != licensing.Suspended }

// LastDay is the last day of its term.
func (g *Grant) LastDay() time.Time { return g.Until.Add(-time.Second) }

// The parts that move what is owed. Whose it is the service finds out; a holder
// plays no role. What the platform does by itself is never offered to anybody.
var (
	holder  = []account.Role{account.Visitor}
	officer = []account.Role{account.Officer}
	itself  = []account.Role{account.Administrator}
	auditor = []account.Role{account.Authority, account.Regulator}
)

// ReportState is where a report of use stands.
type ReportState string

// The states of a report.
const (
	ReportOpen     ReportState = "open"     // to be written
	ReportFiled    ReportState = "filed"    // the department reads it
	ReportReturned ReportState = "returned" // something is missing
	ReportAccepted ReportState = "accepted"
	ReportVoid     ReportState = "void" // the grant ended and nothing was ever delivered
)

// ReportAction is what moves a report.
type ReportAction string

// The actions on a report.
const (
	FileReport     ReportAction = "file"
	CompleteReport ReportAction = "complete"
	ReturnReport   ReportAction = "return"
	AcceptReport   ReportAction = "accept"
	VoidReport     ReportAction = "void"
	WarnOfReport   ReportAction = "warn" // stays where it is

	BeginReport  ReportAction = "begin"   // its period began
	HastenReport ReportAction = "hasten"  // its grant ended early
	ReportBreaks ReportAction = "suspend" // its grant was suspended
)

// Content is what a report says.
type Content struct {
	Used        string // what the data was used for
	Results     string // and what came of it
	Access      string // who had access
	Security    string // measures taken
	Problems    string
	Personal    string // yes or no: personal data was used
	PersonalHow string
	Onward      string // yes or no: somebody else was given data
	OnwardHow   string
	Shown       string // of the results, what everybody may read; empty: nothing
}

// Report is the report of one period of a grant.
type Report struct {
	ID     int64
	Grant  Grant
	Number int       // of the period, from 1
	Begins time.Time // of the period
	State  ReportState
	Content
	FiledAt    *time.Time
	FiledBy    string
	Returns    int
	Missing    string
	AcceptedAt *time.Time
	AcceptedBy string
	RemindedAt *time.Time
	WarnedAt   *time.Time
	Suspended  *time.Time // since when the grant is suspended because of it
	Revision   int

	Clock  *deadline.Clock // of the next step; nil: none is owed
	Breaks *deadline.Clock // by when the platform suspends the grant; nil: it was not warned
	Opens  time.Time       // the first day on which it can be handed in; zero: it can be now

	ref  deadline.Ref
	most int // times that it may be returned
}

// Waits reports whether the holder owes it.
func (r *Report) Waits() bool { return r.State == ReportOpen || r.State == ReportReturned }

// Late reports whether whoever owes the next step has run out of time at now.
func (r *Report) Late(now time.Time) bool { return r.Clock != nil && r.Clock.Late(now) }

// reportLifecycle is every move of a report. Nothing else changes its state.
var reportLifecycle = workflow.Lifecycle[ReportState, ReportAction, *Report]{
	{Action: FileReport, From: []ReportState{ReportOpen}, To: ReportFiled, By: holder, When: opened, Needs: wholeReport},
	{Action: CompleteReport, From: []ReportState{ReportReturned}, To: ReportFiled, By: holder, Needs: wholeReport},
	{Action: ReturnReport, From: []ReportState{ReportFiled}, To: ReportReturned, By: officer, When: notReturned, Needs: listed},
	{Action: AcceptReport, From: []ReportState{ReportFiled}, To: ReportAccepted, By: officer},
	{Action: VoidReport, From: []ReportState{ReportOpen, ReportReturned}, To: ReportVoid, By: itself},
	{Action: WarnOfReport, From: []ReportState{ReportOpen}, To: ReportOpen, By: itself},
	{Action: WarnOfReport, From: []ReportState{ReportReturned}, To: ReportReturned, By: itself},
}

// ReportLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func ReportLifecycle() string { return reportLifecycle.Mermaid(ReportOpen) }

// How long what is written may be, in characters.
const (
	shortest = 2
	longest  = 2000
)

// words returns fault.Invalid at field for what says too little or too much.
func words(field, s string) error {
	if n := len([]rune(s)); n < shortest || n > longest {
		return fault.At(field, "请用 %d 到 %d 个字写清楚。", shortest, longest)
	}
	return nil
}

func wholeReport(r *Report) error {
	for _, f := range []struct{ field, words string }{{"used", r.Used}, {"results", r.Results}, {"access", r.Access}, {"security", r.Security}} {
		if err := words(f.field, f.words); err != nil {
			return err
		}
	}
	for _, f := range []struct{ field, answer, how string }{{"personal", r.Personal, r.PersonalHow}, {"onward", r.Onward, r.OnwardHow}} {
		switch f.answer {
		case "no":
		case "yes":
			if err := words(f.field+"_how", f.how); err != nil {
				return err
			}
		default:
			return fault.At(f.field, "请选有还是没有。")
		}
	}
	return nil
}

// opened refuses the report of a period that has not nearly passed: nobody knows yet
// what came of it.
func opened(r *Report) error {
	if !r.Opens.IsZero() {
		return fault.New(fault.Conflict, "还早：这一期的报告 %s 起才能交（平台规则）。授权提前终止的，终止后就能交。", r.Opens.Format(time.DateOnly))
	}
	return nil
}

func notReturned(r *Report) error {
	if r.Returns >= r.most {
		return fault.New(fault.Conflict, "已经退回过，只能采纳（平台规则）。")
	}
	return nil
}

func listed(r *Report) error { return words("missing", r.Missing) }
