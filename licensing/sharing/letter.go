package sharing

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/jobs"
)

// Notice is the job of one letter about a request: to whoever has to act, or to
// whoever waits. It holds nothing of the data.
type Notice struct {
	ID      string    `json:"id"` // the same at every try
	To      string    `json:"to"`
	Request int64     `json:"request"`
	Asks    Kind      `json:"kind"`
	Act     Action    `json:"act"`
	State   State     `json:"state"`
	Title   string    `json:"title"` // of the entry
	TitleEN string    `json:"title_en"`
	From    string    `json:"from"` // the department that did it
	FromEN  string    `json:"from_en"`
	Words   string    `json:"words"`
	Due     string    `json:"due"`   // date; empty: no day
	Until   string    `json:"until"` // of a grant
	Yours   bool      `json:"yours"` // whoever gets it has to act
	At      time.Time `json:"at"`
}

// Kind names the job.
func (Notice) Kind() string { return "share_notice" }

// tell announces letters: to the department that has to act now, and to the one
// that waits for what was just done.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, r *Request, a Action) error {
	n := Notice{Request: r.ID, Asks: r.Kind, Act: a, State: r.State, Title: r.Entry.Title, TitleEN: r.Entry.TitleEN, Words: r.reason, Until: r.Given.Until, At: s.now()}
	if r.Kind == Upward {
		n.Title = r.Asked.Title
	}
	if c := r.Running(); c != nil && c.Clock != nil {
		n.Due = c.Clock.Last.Format(time.DateOnly)
	}
	asker := func(yours bool) error { return s.send(ctx, tx, n, []int64{r.Asker.ID}, yours, body...) }
	provider := func(yours bool) error { return s.send(ctx, tx, n, []int64{r.Provider.ID}, yours, account.Officer) }
	over := func() error {
		at, err := authoritiesOf(ctx, tx, r.Profile)
		if err != nil {
			return err
		}
		return s.send(ctx, tx, n, at, true, account.Authority)
	}
	n.From, n.FromEN = r.Provider.Name, r.Provider.NameEN
	switch a {
	case Receive:
		n.From, n.FromEN = r.Asker.Name, r.Asker.NameEN
		if r.Kind == Upward {
			return over()
		}
		return provider(true)
	case Negotiate:
		n.From, n.FromEN = r.Asker.Name, r.Asker.NameEN
		return provider(true)
	case Withdraw, End:
		n.From, n.FromEN = r.Asker.Name, r.Asker.NameEN
		if r.Kind == Upward {
			return nil
		}
		return provider(false)
	case Say:
		if r.mover == r.Provider.ID {
			return asker(true)
		}
		n.From, n.FromEN = r.Asker.Name, r.Asker.NameEN
		return provider(true)
	case Refer:
		return over()
	case Order:
		if err := provider(true); err != nil {
			return err
		}
		return asker(false)
	case Uphold:
		if err := provider(false); err != nil {
			return err
		}
		return asker(false)
	case Expire:
		return asker(false)
	case Agree, Supply, Refuse, Revoke, Annul, AgreeReclassify, KeepWithheld, AgreeReturn, Flow, Decline, TakeUp, Forward, Obtain, DenyUp:
		return asker(false)
	}
	return nil
}

func (s *Service) send(ctx context.Context, tx pgx.Tx, n Notice, departments []int64, yours bool, roles ...account.Role) error {
	people, err := account.Players(ctx, tx, departments, roles...)
	if err != nil {
		return err
	}
	var sent []string
	for _, department := range departments {
		for _, to := range people[department] {
			if !strings.Contains(to, "@") || slices.Contains(sent, to) {
				continue
			}
			sent = append(sent, to)
			n.ID, n.To, n.Yours = strings.ToLower(rand.Text()), to, yours
			if err := jobs.Announce(ctx, tx, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// authoritiesOf are the departments whose authorities decide under a text.
func authoritiesOf(ctx context.Context, tx pgx.Tx, profile string) ([]int64, error) {
	rows, err := tx.Query(ctx, `SELECT id FROM departments WHERE profile = $1 AND profile <> ''`, profile)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}
