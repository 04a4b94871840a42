package scenario

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// ReportState is where a yearly report of use stands.
type ReportState string

// The states.
const (
	ReportOpen     ReportState = "open"
	ReportFiled    ReportState = "filed"
	ReportReturned ReportState = "returned"
	ReportAccepted ReportState = "accepted"
	ReportVoid     ReportState = "void" // the scenario ended before its time came
)

// ReportAction is what moves one.
type ReportAction string

// The actions.
const (
	FileReport     ReportAction = "file"
	CompleteReport ReportAction = "complete"
	ReturnReport   ReportAction = "return"
	AcceptReport   ReportAction = "accept"
	RemindReport   ReportAction = "remind"
	WarnReport     ReportAction = "warn"
	HoldReport     ReportAction = "suspend" // the scenario, since it did not come after the warning
	VoidReport     ReportAction = "void"
)

// Report is what a developer says of one year of the use of a scenario. Overdue is
// warned of, and then suspends the scenario: never silent (I-45).
type Report struct {
	ID          int64
	Scenario    int64
	Number      int
	Begins      time.Time
	State       ReportState
	Clock       *deadline.Clock // by when the next step is taken
	Used        string
	Results     string
	Security    string
	Problems    string
	FiledAt     *time.Time
	FiledBy     string
	Missing     string
	Returns     int
	AcceptedAt  *time.Time
	AcceptedBy  string
	RemindedAt  *time.Time
	WarnedAt    *time.Time
	SuspendedAt *time.Time
	Revision    int

	ref     deadline.Ref
	returns int // that are allowed
	by      int64
}

// Owed reports whether it is the developer's turn.
func (r *Report) Owed() bool { return r.State == ReportOpen || r.State == ReportReturned }

// reports is every move of a report.
var reports = workflow.Lifecycle[ReportState, ReportAction, *Report]{
	{Action: FileReport, From: []ReportState{ReportOpen}, To: ReportFiled, By: developer, Needs: filled},
	{Action: CompleteReport, From: []ReportState{ReportReturned}, To: ReportFiled, By: developer, Needs: filled},
	{Action: ReturnReport, From: []ReportState{ReportFiled}, To: ReportReturned, By: operator, When: mayReturn, Needs: lacking},
	{Action: AcceptReport, From: []ReportState{ReportFiled}, To: ReportAccepted, By: operator},
	{Action: RemindReport, From: []ReportState{ReportOpen}, To: ReportOpen, By: itself},
	{Action: WarnReport, From: []ReportState{ReportOpen}, To: ReportOpen, By: itself},
	{Action: WarnReport, From: []ReportState{ReportReturned}, To: ReportReturned, By: itself},
	{Action: HoldReport, From: []ReportState{ReportOpen}, To: ReportOpen, By: itself},
	{Action: HoldReport, From: []ReportState{ReportReturned}, To: ReportReturned, By: itself},
	{Action: VoidReport, From: []ReportState{ReportOpen, ReportReturned}, To: ReportVoid, By: itself},
}

// ReportLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func ReportLifecycle() string { return reports.Mermaid(ReportOpen) }

func filled(r *Report) error {
	for _, f := range []struct{ field, text string }{{"used", r.Used}, {"results", r.Results}, {"security", r.Security}} {
		if f.text == "" {
			return fault.At(f.field, "这一项须填写。")
		}
	}
	return nil
}

func mayReturn(r *Report) error {
	if r.Returns >= r.returns {
		return fault.New(fault.Conflict, "使用报告已经退回过，不能再退回。")
	}
	return nil
}

func lacking(r *Report) error {
	if r.Missing == "" {
		return fault.At("missing", "请把缺的一次列全，一行一样。")
	}
	return nil
}

// Content is what a report says.
type Content struct{ Used, Results, Security, Problems string }

// ReportStep is what somebody does with a report.
type ReportStep struct {
	Action   ReportAction
	Content  Content
	Missing  string
	Revision int
}

// nextReport begins the year that runs at a moment, of a scenario that is active.
func (s *Service) nextReport(ctx context.Context, tx pgx.Tx, x *Scenario, at time.Time) error {
	first, err := s.clocks.Start(x.Mandate.Body.Profile, reportTerm, *x.From)
	if err != nil {
		return err
	}
	every, _ := first.Rule.Number()
	begins := *x.From
	for n := 1; begins.Before(*x.Until) && (n == 1 || !begins.After(at)) && n <= 50; n++ {
		ref := first.Ref
		ref.Given = every * n
		clock, err := s.clocks.Resume(ref)
		if err != nil {
			return err
		}
		if err := insertReport(ctx, tx, x.ID, n, begins, ref); err != nil {
			return err
		}
		begins = clock.Due()
	}
	return nil
}

// Reports are the reports of a scenario that who may see.
func (s *Service) Reports(ctx context.Context, v *View) ([]Report, error) {
	return s.selectReports(ctx, s.pool, `r.scenario_id = @id`, `ORDER BY r.number`, pgx.NamedArgs{"id": v.ID})
}

// ReportOffers are the actions that who can take on a report of v.
func (s *Service) ReportOffers(who account.Actor, v *View, r *Report) []ReportAction {
	return slices.DeleteFunc(reports.Offer(r.State, who, r), func(a ReportAction) bool { return !v.On(reportSide(a)) })
}

func reportSide(a ReportAction) Side {
	switch a {
	case FileReport, CompleteReport:
		return OfDeveloper
	case ReturnReport, AcceptReport:
		return OfOperator
	case RemindReport, WarnReport, HoldReport, VoidReport:
	}
	return OfPlatform
}

// MoveReport takes a report of a scenario further.
func (s *Service) MoveReport(ctx context.Context, who account.Actor, number string, report int, step ReportStep) (*Report, error) {
	c := &step.Content
	for field, t := range map[string]*string{"used": &c.Used, "results": &c.Results, "security": &c.Security, "problems": &c.Problems, "missing": &step.Missing} {
		clean, err := datasets.CleanProse(field, *t)
		if err != nil {
			return nil, err
		}
		if len([]rune(clean)) > longest {
			return nil, fault.At(field, "最多 %d 个字。", longest)
		}
		*t = clean
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Report, error) {
		x, err := s.lock(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		at, err := s.sidesOf(ctx, tx, who, x)
		switch {
		case err != nil:
			return nil, err
		case len(at) == 0:
			return nil, errNone()
		case !slices.Contains(at, reportSide(step.Action)):
			return nil, errNotYours()
		}
		found, err := s.selectReports(ctx, tx, `r.scenario_id = @id AND r.number = @number`, `FOR UPDATE OF r`, pgx.NamedArgs{"id": x.ID, "number": report})
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, errNone()
		}
		r := &found[0]
		if r.Revision != step.Revision {
			return r, errMoved()
		}
		switch step.Action {
		case FileReport, CompleteReport:
			r.Used, r.Results, r.Security, r.Problems = c.Used, c.Results, c.Security, c.Problems
		case ReturnReport:
			r.Missing = step.Missing
		case AcceptReport, RemindReport, WarnReport, HoldReport, VoidReport:
		}
		return r, s.moveReport(ctx, tx, who, x, r, step.Action)
	})
}

// moveReport makes one move of a report of x, which the caller holds, with what comes
// of it.
func (s *Service) moveReport(ctx context.Context, tx pgx.Tx, who account.Actor, x *Scenario, r *Report, a ReportAction) error {
	from := r.State
	to, err := reports.Next(r.State, a, who, r)
	if err != nil {
		return err
	}
	r.State = to
	now, profile := s.instant(), x.Mandate.Body.Profile
	restart := func(term deadline.Term) error {
		k, err := s.clocks.Start(profile, term, now)
		r.ref = k.Ref
		return err
	}
	lift := false
	switch a {
	case FileReport, CompleteReport:
		lift = r.SuspendedAt != nil
		r.FiledAt, r.FiledBy, r.by, r.WarnedAt, r.SuspendedAt = &now, who.Name, who.ID, nil, nil
		err = restart(readingTerm)
	case ReturnReport:
		r.Returns++
		err = restart(lackingTerm)
	case AcceptReport:
		r.AcceptedAt, r.AcceptedBy = &now, who.Name
	case RemindReport:
		r.RemindedAt = &now
	case WarnReport:
		r.WarnedAt = &now
	case HoldReport:
		r.SuspendedAt = &now
	case VoidReport:
	}
	if err != nil {
		return err
	}
	if err := saveReport(ctx, tx, r); err != nil {
		return err
	}
	detail := audit.Moved(from, to)
	if a == ReturnReport {
		detail["words"] = r.Missing
	}
	if err := audit.Append(ctx, tx, who, "scenario-report", strconv.FormatInt(r.ID, 10), string(a), detail); err != nil {
		return err
	}
	if err := s.tellReport(ctx, tx, x, r, a); err != nil {
		return err
	}
	switch {
	case a == HoldReport && x.State == Active:
		x.words = reportLate
		return s.move(ctx, tx, platform(), x, OfPlatform, Suspend, now)
	case lift && x.State == Suspended && x.SuspendedBy == string(OfPlatform):
		x.words = reportIn
		return s.move(ctx, tx, platform(), x, OfPlatform, Resume, now)
	}
	return nil
}

// owesReport reports whether a report for which the platform suspended a scenario, or
// would have, had not another held it already, is still to come.
func (s *Service) owesReport(ctx context.Context, tx pgx.Tx, x *Scenario) (bool, error) {
	owed, err := s.selectReports(ctx, tx, `r.scenario_id = @id AND r.state IN ('open', 'returned') AND r.suspended_at IS NOT NULL`, `LIMIT 1`, pgx.NamedArgs{"id": x.ID})
	return len(owed) > 0, err
}

// What the platform says when it suspends a scenario for a report, and lifts that.
const (
	reportLate = "使用报告逾期，警告后仍没有交。"
	reportIn   = "使用报告已经交来。"
)

func (s *Service) tellReport(ctx context.Context, tx pgx.Tx, x *Scenario, r *Report, a ReportAction) error {
	n := Notice{Number: x.Number, Title: x.Title, Name: x.Developer, Act: "report-" + string(a), Report: r.Number, At: s.now(), Yours: true, For: OfDeveloper}
	if k, err := s.clocks.Resume(r.ref); err == nil {
		n.Due, n.House = k.Last.Format(time.DateOnly), k.House()
	}
	switch a {
	case FileReport, CompleteReport:
		n.For = OfOperator
	case ReturnReport:
		n.Words = r.Missing
	case RemindReport, WarnReport:
	case AcceptReport, HoldReport, VoidReport: // what comes of it is told
		return nil
	}
	to, err := readers(ctx, tx, x, n.For)
	if err != nil {
		return err
	}
	return send(ctx, tx, n, to)
}
