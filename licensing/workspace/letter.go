package workspace

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/jobs"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/scenario"
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

// ChainMoved is the job that is announced, in the transaction of the move, when a
// scenario moved: whatever runs in its workspace is looked at now.
type ChainMoved struct {
	Scenario string `json:"scenario"` // number
}

// Kind names the job.
func (ChainMoved) Kind() string { return "workspace_chain_moved" }

// ScenarioMoved announces ChainMoved: it fills scenario.Service.Follow.
func ScenarioMoved(ctx context.Context, tx pgx.Tx, x *scenario.Scenario) error {
	return jobs.Announce(ctx, tx, ChainMoved{Scenario: x.Number})
}

// Hear has whatever runs here looked at as soon as something above it is announced to
// have moved: a mandate, a scenario, the entry of a developer, an organisation as a
// whole. mandates, entries and organisations are what else is done about these.
func (s *Service) Hear(workers *jobs.Workers, mandates func(context.Context, operation.MandateMoved) error, entries func(context.Context, operation.EntryMoved) error, organisations func(context.Context, account.OrganisationMoved) error) error {
	return errors.Join(
		jobs.Handle(workers, func(ctx context.Context, moved operation.MandateMoved) error {
			s.ChainMoved()
			return mandates(ctx, moved)
		}),
		jobs.Handle(workers, func(ctx context.Context, moved operation.EntryMoved) error {
			s.ChainMoved()
			return entries(ctx, moved)
		}),
		jobs.Handle(workers, func(ctx context.Context, moved account.OrganisationMoved) error {
			s.ChainMoved()
			return organisations(ctx, moved)
		}),
		jobs.Handle(workers, func(context.Context, ChainMoved) error { s.ChainMoved(); return nil }))
}
