package scenario

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/jobs"
)

// Notice is the job of one letter about a scenario: to whoever has to act, or waits.
// It holds nothing of the data.
type Notice struct {
	ID     string    `json:"id"` // the same at every try
	To     string    `json:"to"`
	For    Side      `json:"for"` // which side the reader is on
	Number string    `json:"number"`
	Title  string    `json:"title"`
	Name   string    `json:"name"` // of the developer
	Act    string    `json:"act"`
	Words  string    `json:"words,omitempty"`
	Due    string    `json:"due,omitempty"`   // date by which the reader does the next step
	House  bool      `json:"house,omitempty"` // that day is the platform's rule
	Until  string    `json:"until,omitempty"` // last day of the scenario
	Yours  bool      `json:"yours"`           // the reader has to act
	Report int       `json:"report,omitempty"`
	At     time.Time `json:"at"`
}

// Kind names the job.
func (Notice) Kind() string { return "scenario_notice" }

// told is who is written to about an action.
var told = map[Action][]Side{
	Submit: {OfOperator}, Complete: {OfOperator}, Return: {OfDeveloper}, Lapse: {OfDeveloper, OfOperator}, Screen: {OfDeveloper, OfDepartment, OfSecurity}, Opine: {OfDeveloper}, Check: {OfDeveloper},
	Gather: {OfAuthority, OfDeveloper}, SendToAward: {OfDeveloper}, RecordAward: {OfDeveloper}, Authorise: {OfDeveloper, OfOperator, OfDepartment}, Refuse: {OfDeveloper, OfOperator},
	Offer: {OfDeveloper}, Void: {OfDeveloper, OfOperator}, Sign: {OfDeveloper, OfOperator}, Activate: {OfDeveloper, OfOperator, OfDepartment},
	Suspend: {OfDeveloper, OfOperator, OfAuthority}, TakeOver: {OfDeveloper, OfOperator, OfAuthority}, Resume: {OfDeveloper, OfOperator, OfAuthority}, Terminate: {OfDeveloper, OfOperator, OfAuthority}, Surrender: {OfOperator, OfAuthority},
	Expire: {OfDeveloper, OfOperator}, Replace: {OfDeveloper, OfOperator}, Close: {OfDeveloper}, Withdraw: {OfOperator}, Remind: {OfDeveloper},
}

// tell announces the letters about what somebody on a side did; whoever did it is not
// told.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, x *Scenario, by Side, a Action) error {
	if x.SubmittedAt == nil {
		return nil
	}
	n := Notice{Number: x.Number, Title: x.Title, Name: x.Developer, Act: string(a), Words: x.said(a), At: s.now()}
	if x.Until != nil {
		n.Until = x.Until.Add(-time.Microsecond).Format(time.DateOnly)
	}
	turns := x.Turns()
	for _, side := range told[a] {
		if side == by {
			continue
		}
		m := n
		m.For = side
		if k := slices.IndexFunc(turns, func(t Turn) bool { return t.Side == side }); k >= 0 {
			m.Yours = true
			if c := turns[k].Clock; c != nil {
				m.Due, m.House = c.Last.Format(time.DateOnly), c.House()
			}
		}
		to, err := readers(ctx, tx, x, side)
		if err != nil {
			return err
		}
		if err := send(ctx, tx, m, to); err != nil {
			return err
		}
	}
	return nil
}

func send(ctx context.Context, tx pgx.Tx, n Notice, to []string) error {
	var sent []string
	for _, n.To = range to {
		if !strings.Contains(n.To, "@") || slices.Contains(sent, n.To) {
			continue
		}
		sent = append(sent, n.To)
		n.ID = strings.ToLower(rand.Text())
		if err := jobs.Announce(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// readers are the addresses of a side. Departments are those of the items that are
// not open to everybody.
func readers(ctx context.Context, q database.Querier, x *Scenario, side Side) ([]string, error) {
	players := func(departments []int64, roles ...account.Role) ([]string, error) {
		people, err := account.Players(ctx, q, departments, roles...)
		var out []string
		for _, d := range departments {
			out = append(out, people[d]...)
		}
		return out, err
	}
	switch side {
	case OfDeveloper:
		return selectMembers(ctx, q, x.Organisation, x.User)
	case OfOperator:
		return selectMembers(ctx, q, x.Mandate.Operator, 0)
	case OfDepartment:
		var ids []int64
		for k := range x.Items {
			if id := x.Items[k].Dataset.Department.ID; x.Items[k].Decision != ItemOpen && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		return players(ids, account.Officer)
	case OfSecurity:
		return players([]int64{x.Mandate.Body.ID}, account.SecurityReviewer)
	case OfAuthority:
		return players([]int64{x.Mandate.Body.ID}, account.Authority)
	case OfRegulator, OfPlatform:
	}
	return nil, nil
}
