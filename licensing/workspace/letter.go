package workspace

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/jobs"
)

// Notice is the job of one letter about a workspace, a job that was stopped, a
// review or an algorithm.
type Notice struct {
	ID       string    `json:"id"` // the same at every try
	To       string    `json:"to"`
	Of       string    `json:"of"` // workspace, job, review, algorithm
	Number   string    `json:"number"`
	Act      string    `json:"act"`
	Side     Side      `json:"side"`
	Space    string    `json:"space"`    // number of the workspace
	Scenario string    `json:"scenario"` // title
	Words    string    `json:"words,omitempty"`
	Due      string    `json:"due,omitempty"` // date
	At       time.Time `json:"at"`
}

// Kind names the job.
func (Notice) Kind() string { return "workspace_notice" }

// tell announces the letters about something in w to those on sides.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, w *Workspace, n Notice, sides ...Side) error {
	n.Space, n.Scenario, n.At = w.Number, w.Scenario.Title, s.now()
	for _, n.Side = range sides {
		to, err := selectReaders(ctx, tx, n.Side, w)
		if err != nil {
			return err
		}
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
