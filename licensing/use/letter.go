package use

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/jobs"
	"shuyuan/licensing"
)

// About is what a letter is about.
type About string

// What letters are about.
const (
	AboutReport      About = "report"
	AboutDestruction About = "destruction"
	AboutAudit       About = "audit"
)

// Notice is the job of one letter about what follows a grant, to one reader.
type Notice struct {
	ID      string         `json:"id"` // the same at every try
	To      string         `json:"to"`
	For     licensing.Side `json:"for"`
	About   About          `json:"about"`
	Act     string         `json:"act"`     // what happened, or remind, owed, ask
	Subject int64          `json:"subject"` // id of the report, destruction or audit
	Grant   string         `json:"grant"`
	Number  int            `json:"number,omitempty"` // of the period of a report
	Draw    string         `json:"draw,omitempty"`   // of an audit
	Holder  string         `json:"holder"`
	Title   string         `json:"title"`
	TitleEN string         `json:"title_en"`
	From    string         `json:"from"` // the department
	FromEN  string         `json:"from_en"`
	Words   string         `json:"words,omitempty"`
	Due     string         `json:"due,omitempty"`
	House   bool           `json:"house,omitempty"`
	Breaks  string         `json:"breaks,omitempty"` // day after which the grant is suspended
	At      time.Time      `json:"at"`
}

// Kind names the job.
func (Notice) Kind() string { return "use_notice" }

// tell announces the letters about something to those on sides.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, g *Grant, n Notice, clock *deadline.Clock, sides ...licensing.Side) error {
	d := g.Dataset
	n.Grant, n.Holder, n.Title, n.TitleEN, n.From, n.FromEN, n.At = g.Number, g.Holder, d.Title, d.TitleEN, d.Department.Name, d.Department.NameEN, s.instant()
	if clock != nil {
		n.Due, n.House = clock.Last.Format(time.DateOnly), clock.House()
	}
	for _, side := range sides {
		to, err := s.readers(ctx, tx, g, side)
		if err != nil {
			return err
		}
		n.For = side
		for _, n.To = range to {
			if !strings.Contains(n.To, "@") {
				continue
			}
			n.ID = strings.ToLower(rand.Text())
			if err := jobs.Announce(ctx, tx, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) readers(ctx context.Context, tx pgx.Tx, g *Grant, side licensing.Side) ([]string, error) {
	if side != licensing.OfRegulator {
		return s.licensing.Readers(ctx, tx, g.User, g.Organisation, g.Dataset.Department, side)
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT u.identifier FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.role = $1 AND u.disabled_at IS NULL ORDER BY 1`, account.Regulator)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (s *Service) tellOfReport(ctx context.Context, tx pgx.Tx, r *Report, action ReportAction, said string) error {
	n := Notice{About: AboutReport, Act: string(action), Subject: r.ID, Number: r.Number, Words: said}
	switch action {
	case FileReport, CompleteReport:
		return s.tell(ctx, tx, &r.Grant, n, r.Clock, licensing.OfDepartment)
	case ReturnReport, AcceptReport:
		return s.tell(ctx, tx, &r.Grant, n, r.Clock, licensing.OfApplicant)
	case WarnOfReport:
		if r.Breaks != nil {
			n.Breaks = r.Breaks.Last.Format(time.DateOnly)
		}
		return s.tell(ctx, tx, &r.Grant, n, r.Clock, licensing.OfApplicant, licensing.OfDepartment)
	case VoidReport:
	}
	return nil
}

func (s *Service) tellOfDestruction(ctx context.Context, tx pgx.Tx, d *Destruction, action DestructionAction, said string) error {
	n := Notice{About: AboutDestruction, Act: string(action), Subject: d.ID, Words: said}
	switch action {
	case Certify, Claim:
		return s.tell(ctx, tx, &d.Grant, n, d.Clock, licensing.OfDepartment)
	case Confirm, FindWanting, Excuse, Deny, WriteOff:
		return s.tell(ctx, tx, &d.Grant, n, d.Clock, licensing.OfApplicant)
	case WarnOfDestroy:
		return s.tell(ctx, tx, &d.Grant, n, d.Clock, licensing.OfApplicant, licensing.OfDepartment)
	case Carry:
	}
	return nil
}

func (s *Service) tellOfAudit(ctx context.Context, tx pgx.Tx, a *Audit, step AuditStep) error {
	n := Notice{About: AboutAudit, Act: string(step.Action), Subject: a.ID, Draw: a.Draw.Number, Words: step.Words}
	switch step.Action {
	case Answer:
		n.Words = ""
		return s.tell(ctx, tx, &a.Grant, n, a.Clock, a.Draw.Side)
	case FindInOrder, FindFault, CloseAudit:
		return s.tell(ctx, tx, &a.Grant, n, a.Clock, licensing.OfApplicant, licensing.OfDepartment)
	case WarnOfAudit:
		return s.tell(ctx, tx, &a.Grant, n, a.Clock, licensing.OfApplicant, a.Draw.Side)
	}
	return nil
}
