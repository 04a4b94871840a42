package opening

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/jobs"
)

// Notice is the job of one letter: a review has come to the gate of whoever
// gets it, or has ended for who asked. It holds nothing of the data.
type Notice struct {
	ID         string    `json:"id"` // the same at every try
	To         string    `json:"to"`
	Department string    `json:"department"` // that asked
	Review     int64     `json:"review"`
	Title      string    `json:"title"` // of the entry
	TitleEN    string    `json:"title_en"`
	Name       string    `json:"name"` // of the file
	State      State     `json:"state"`
	Gate       Gate      `json:"gate"` // where somebody must decide; empty: it has ended
	Words      string    `json:"words"`
	Due        string    `json:"due"` // date; empty: no day
	At         time.Time `json:"at"`
}

// Kind names the job.
func (Notice) Kind() string { return "opening_notice" }

// tell announces letters to who must act on r now.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, r *Review, entry *datasets.Dataset) error {
	n := Notice{Department: r.DepartmentName, Review: r.ID, Title: r.Title, TitleEN: r.TitleEN, Name: r.ResourceName, State: r.State, Gate: r.Gate(), At: s.now()}
	if entry != nil {
		n.Department, n.Title, n.TitleEN, n.Name = entry.Department.Name, entry.Title, entry.TitleEN, r.ResourceID
		if err := tx.QueryRow(ctx, `SELECT name FROM resources WHERE id = @id`, pgx.NamedArgs{"id": r.ResourceID}).Scan(&n.Name); err != nil {
			return err
		}
	}
	if r.Clock != nil {
		n.Due = r.Clock.Last.Format(time.DateOnly)
	}
	role, at := account.Officer, []int64{r.Department}
	switch {
	case r.State == TakenBack:
		return nil
	case r.State == Proposed:
		role = account.Head
	case n.Gate == Joint:
		role = n.Gate.Reviewer()
		var err error
		if at, err = jointOffices(ctx, tx, r.Profile); err != nil {
			return err
		}
	case n.Gate != "":
		role = n.Gate.Reviewer()
	}
	if !r.State.Waits() && len(r.Checks) > 0 {
		n.Words = r.Checks[len(r.Checks)-1].Words
	}
	people, err := account.Players(ctx, tx, at, role)
	if err != nil {
		return err
	}
	for _, department := range at {
		for _, to := range people[department] {
			if !strings.Contains(to, "@") {
				continue
			}
			n.ID, n.To = strings.ToLower(rand.Text()), to
			if err := jobs.Announce(ctx, tx, n); err != nil {
				return err
			}
		}
	}
	return nil
}
