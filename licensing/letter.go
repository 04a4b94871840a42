package licensing

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/jobs"
)

// Notice is the job of one letter about an application or a grant, to one
// reader.
type Notice struct {
	ID      string     `json:"id"` // the same at every try
	To      string     `json:"to"`
	For     Side       `json:"for"` // which side the reader is on
	Number  string     `json:"number"`
	Grant   string     `json:"grant,omitempty"`
	Action  Action     `json:"action,omitempty"`
	Moved   GrantState `json:"moved,omitempty"` // of a letter about a grant
	Title   string     `json:"title"`           // of the entry
	TitleEN string     `json:"title_en"`
	From    string     `json:"from"` // the department
	FromEN  string     `json:"from_en"`
	Name    string     `json:"name"` // of the applicant
	Words   string     `json:"words,omitempty"`
	Due     string     `json:"due,omitempty"`    // date by which the reader, or whoever has the ball, does the next step
	House   bool       `json:"house,omitempty"`  // that day is the platform's rule
	Until   string     `json:"until,omitempty"`  // last day of a grant
	Ending  bool       `json:"ending,omitempty"` // of a letter about a grant that ends soon
	At      time.Time  `json:"at"`
}

// Kind names the job.
func (Notice) Kind() string { return "application_notice" }

// told is who is written to about an action.
var told = map[Action][]Side{
	Submit: {OfApplicant, OfDepartment}, Complete: {OfApplicant, OfDepartment}, Return: {OfApplicant}, Accept: {OfApplicant}, AcceptByItself: {OfApplicant, OfDepartment},
	RejectScope: {OfApplicant}, SendToAward: {OfApplicant}, RecordAward: {OfApplicant}, PutToTender: {OfApplicant}, AwardByTender: {OfApplicant, OfDepartment}, Grant: {OfApplicant}, Offer: {OfApplicant}, Consent: {OfApplicant, OfDepartment}, Refuse: {OfApplicant},
	Dispute: {OfDepartment, OfAuthority}, Uphold: {OfApplicant, OfDepartment}, Overturn: {OfApplicant, OfDepartment}, Withdraw: {OfDepartment}, Lapse: {OfApplicant, OfDepartment},
}

// tell announces the letters about what happened to a.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, a *Application, e Event) error {
	if a.SubmittedAt == nil {
		return nil
	}
	d := a.Dataset
	n := Notice{Number: a.Number, Grant: a.Grant, Action: e.Action, Title: d.Title, TitleEN: d.TitleEN, From: d.Department.Name, FromEN: d.Department.NameEN, Name: a.Name, Words: e.Words, At: e.At}
	if c := a.Running(); c != nil {
		n.Due, n.House = c.Last.Format(time.DateOnly), c.House()
	} else if a.State == Refused && a.Stage != nil {
		n.Due, n.House = a.Stage.Last.Format(time.DateOnly), a.Stage.House()
	}
	for _, side := range told[e.Action] {
		n.For = side
		to, err := s.readers(ctx, tx, a.User, a.Organisation, d.Department.ID, d.Department.Profile, side)
		if err != nil {
			return err
		}
		if err := announce(ctx, tx, n, to); err != nil {
			return err
		}
	}
	return nil
}

// tellHolder announces the letters about a grant that moved.
func (s *Service) tellHolder(ctx context.Context, tx pgx.Tx, g *Held) error {
	n := grantNotice(g)
	n.Moved, n.At = g.State, g.StateAt
	return s.toHolder(ctx, tx, g, n)
}

// tellEnds announces the letters about a grant that ends soon.
func (s *Service) tellEnds(ctx context.Context, tx pgx.Tx, g *Held) error {
	n := grantNotice(g)
	n.Ending, n.At, n.Words = true, s.instant(), ""
	return s.toHolder(ctx, tx, g, n)
}

func grantNotice(g *Held) Notice {
	d := g.Dataset
	return Notice{For: OfApplicant, Number: g.Application, Grant: g.Number, Title: d.Title, TitleEN: d.TitleEN, From: d.Department.Name, FromEN: d.Department.NameEN,
		Name: g.Holder, Words: g.Reason, Until: g.LastDay().Format(time.DateOnly)}
}

func (s *Service) toHolder(ctx context.Context, tx pgx.Tx, g *Held, n Notice) error {
	to, err := s.readers(ctx, tx, g.User, g.Organisation, g.Dataset.Department.ID, g.Dataset.Department.Profile, OfApplicant)
	if err != nil {
		return err
	}
	return announce(ctx, tx, n, to)
}

func announce(ctx context.Context, tx pgx.Tx, n Notice, to []string) error {
	for _, n.To = range to {
		n.ID = strings.ToLower(rand.Text())
		if err := jobs.Announce(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}
