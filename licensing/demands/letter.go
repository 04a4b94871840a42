package demands

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/jobs"
)

// Told is the job that writes to everybody who waits for a demand what was done
// with it.
type Told struct {
	Step int64 `json:"step"`
}

// Kind names the job.
func (Told) Kind() string { return "demand_told" }

// Notice is the job of one letter: to a desk about a demand that waits for it, or
// to somebody who waits for a demand.
type Notice struct {
	ID      string    `json:"id"` // the same at every try
	To      string    `json:"to"`
	Demand  int64     `json:"demand"`
	Act     string    `json:"act"` // what was done; assign, and empty for the platform's side: it waits at a desk
	Desk    bool      `json:"desk"`
	Title   string    `json:"title"`
	Words   string    `json:"words"` // the answer
	From    string    `json:"from"`  // the department
	FromEN  string    `json:"from_en"`
	Due     string    `json:"due"`     // date; of one to a desk
	Planned string    `json:"planned"` // date
	Slug    string    `json:"slug"`    // of the dataset
	Into    int64     `json:"into"`
	At      time.Time `json:"at"`
}

// Kind names the job.
func (Notice) Kind() string { return "demand_notice" }

func (s *Service) notice(d *Demand) Notice {
	n := Notice{Demand: d.ID, Title: d.Title, Words: d.Answer, From: d.Department.Name, FromEN: d.Department.NameEN, Slug: d.Dataset.Slug, Into: d.Into, At: s.now()}
	if d.Clock != nil {
		n.Due = d.Clock.Last.Format(time.DateOnly)
	}
	if d.PlannedOn != nil {
		n.Planned = d.PlannedOn.Format(time.DateOnly)
	}
	return n
}

// tellDesk announces a letter to each person whose turn it is.
func (s *Service) tellDesk(ctx context.Context, tx pgx.Tx, d *Demand) error {
	var to []string
	if d.State == Open {
		people, err := account.Players(ctx, tx, []int64{d.Department.ID}, account.Officer)
		if err != nil {
			return err
		}
		to = people[d.Department.ID]
	} else {
		var err error
		if to, err = selectPlatform(ctx, tx); err != nil {
			return err
		}
	}
	n := s.notice(d)
	n.Desk, n.Words = true, ""
	if d.State == Open {
		n.Act = string(Assign)
	}
	return send(ctx, tx, n, to)
}

func send(ctx context.Context, tx pgx.Tx, n Notice, to []string) error {
	for _, address := range to {
		if !strings.Contains(address, "@") {
			continue
		}
		n.ID, n.To = strings.ToLower(rand.Text()), address
		if err := jobs.Announce(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// announce has those who wait for a demand told of a step once that commits.
func (s *Service) announce(ctx context.Context, tx pgx.Tx, step int64) error {
	return jobs.Announce(ctx, tx, Told{Step: step})
}

// Spread tells whoever proposed, seconds or follows a demand of a step, as a job
// of Told. Done twice, it tells nobody twice.
func (s *Service) Spread(ctx context.Context, job Told) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		var number int64
		var act string
		err := tx.QueryRow(ctx, `UPDATE demand_steps SET told_at = @now WHERE id = @id AND told_at IS NULL RETURNING demand_id, act`, pgx.NamedArgs{"id": job.Step, "now": s.now()}).Scan(&number, &act)
		if errors.Is(err, pgx.ErrNoRows) {
			return none, nil
		}
		if err != nil {
			return none, err
		}
		found, err := s.list(ctx, tx, `w.id = @id`, `w.id`, pgx.NamedArgs{"id": number, "limit": 1})
		if err != nil || len(found) == 0 || !found[0].Public() {
			return none, err
		}
		to, err := selectWaiting(ctx, tx, number)
		if err != nil {
			return none, err
		}
		n := s.notice(&found[0])
		n.Act, n.Due = act, ""
		return none, send(ctx, tx, n, to)
	})
	return err
}

// selectWaiting are the addresses of whoever proposed, seconds or follows a demand
// or one that was merged into it.
func selectWaiting(ctx context.Context, q database.Querier, number int64) ([]string, error) {
	rows, err := q.Query(ctx, `
		WITH RECURSIVE same AS (SELECT @id::bigint AS id UNION SELECT m.id FROM demands m JOIN same ON m.merged_into = same.id)
		SELECT u.identifier FROM users u WHERE u.disabled_at IS NULL AND position('@' IN u.identifier) > 0 AND (
			u.id IN (SELECT user_id FROM demands WHERE id IN (SELECT id FROM same))
			OR u.id IN (SELECT user_id FROM demand_votes WHERE demand_id IN (SELECT id FROM same))
			OR u.id IN (SELECT user_id FROM demand_follows WHERE demand_id IN (SELECT id FROM same)))
		ORDER BY u.id`, pgx.NamedArgs{"id": number})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// selectPlatform are the addresses of who plays the authority.
func selectPlatform(ctx context.Context, q database.Querier) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT u.identifier FROM users u JOIN user_roles r ON r.user_id = u.id WHERE r.role = @role AND u.disabled_at IS NULL ORDER BY u.id`, pgx.NamedArgs{"role": account.Authority})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
