package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/licensing/workspace/disclosure"
)

func insertReview(ctx context.Context, tx pgx.Tx, r *Review) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO output_reviews (number, workspace_id, job_id, state, state_at, title, purpose, asked_by, asked_name, asked_at, clock_profile, clock_path, clock_from)
		VALUES (@number, @workspace, @job, @state, @at, @title, @purpose, @by, @byname, @at, @profile, @path, @from) RETURNING id, revision`,
		pgx.NamedArgs{"number": r.Number, "workspace": r.workspace, "job": r.job, "state": r.State, "at": r.AskedAt, "title": r.Title, "purpose": r.Purpose, "by": r.askedBy, "byname": r.AskedBy,
			"profile": r.clock.Profile, "path": r.clock.Path, "from": r.clock.From}).Scan(&r.ID, &r.Revision)
	if err != nil {
		return fmt.Errorf("insert review: %w", err)
	}
	return nil
}

const reviewColumns = `r.id, r.number, r.workspace_id, w.number, r.job_id, j.number, r.state, r.state_at, r.title, r.purpose, r.asked_by, r.asked_name, r.asked_at, o.id, o.name, s.id, s.number, s.title, r.round, r.changes, r.checks, r.checked_at, r.box, r.sha256, r.rows_out,
	coalesce(r.first_by, 0), r.first_name, r.first_words, r.first_at, coalesce(r.second_by, 0), r.second_name, r.second_words, r.second_at, r.words, r.clock_profile, r.clock_path, r.clock_from, r.ended_at, r.tries, r.revision, coalesce(x.number, '')`

const reviewTables = ` FROM output_reviews r JOIN workspaces w ON w.id = r.workspace_id JOIN workspace_jobs j ON j.id = r.job_id JOIN organisations o ON o.id = w.organisation_id JOIN scenarios s ON s.id = w.scenario_id
	JOIN mandates m ON m.id = s.mandate_id LEFT JOIN releases x ON x.review_id = r.id `

func (s *Service) selectReviews(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Review, error) {
	rows, err := q.Query(ctx, `SELECT `+reviewColumns+reviewTables+`WHERE `+where+` ORDER BY r.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("reviews: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Review, err error) {
		var changes, checks []byte
		if err = row.Scan(&r.ID, &r.Number, &r.workspace, &r.Workspace, &r.job, &r.Job, &r.State, &r.StateAt, &r.Title, &r.Purpose, &r.askedBy, &r.AskedBy, &r.AskedAt, &r.Developer.ID, &r.Developer.Name, &r.Scenario.ID, &r.Scenario.Number, &r.Scenario.Title, &r.Round, &changes, &checks, &r.Checked, &r.box, &r.SHA256, &r.Rows,
			&r.firstBy, &r.FirstBy, &r.FirstSaid, &r.FirstAt, &r.secondBy, &r.SecondBy, &r.SecondSaid, &r.SecondAt, &r.Words, &r.clock.Profile, &r.clock.Path, &r.clock.From, &r.Ended, &r.tries, &r.Revision, &r.Release); err != nil {
			return r, err
		}
		if clock, wrong := s.clocks.Resume(r.clock); wrong == nil {
			r.Clock = &clock
		}
		return r, errors.Join(json.Unmarshal(changes, &r.Changes), json.Unmarshal(checks, &r.Checks))
	})
}

func (s *Service) reviewByID(ctx context.Context, q database.Querier, id int64) (*Review, error) {
	found, err := s.selectReviews(ctx, q, `r.id = @id`, pgx.NamedArgs{"id": id, "limit": 1})
	if err == nil && len(found) == 0 {
		err = errNoReview()
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

func (s *Service) lockReview(ctx context.Context, tx pgx.Tx, number string) (*Review, error) {
	var id int64
	err := tx.QueryRow(ctx, `SELECT id FROM output_reviews WHERE number = $1 FOR UPDATE`, number).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNoReview()
	}
	if err != nil {
		return nil, err
	}
	return s.reviewByID(ctx, tx, id)
}

func missReview(ctx context.Context, tx pgx.Tx, id int64) error {
	_, err := tx.Exec(ctx, `UPDATE output_reviews SET tries = tries + 1 WHERE id = $1`, id)
	return err
}

func saveReview(ctx context.Context, tx pgx.Tx, r *Review) error {
	changes, err := json.Marshal(r.Changes)
	if err != nil {
		return err
	}
	checks := []byte("[]")
	if r.Checks != nil {
		if checks, err = json.Marshal(r.Checks); err != nil {
			return err
		}
	}
	err = tx.QueryRow(ctx, `
		UPDATE output_reviews SET state = @state, state_at = @at, round = @round, changes = @changes, checks = @checks, checked_at = @checked, box = @box, sha256 = @sha256, rows_out = @rows,
			first_by = nullif(@first, 0), first_name = @first_name, first_words = @first_words, first_at = @first_at, second_by = nullif(@second, 0), second_name = @second_name, second_words = @second_words, second_at = @second_at,
			words = @words, ended_at = @ended, tries = 0, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": r.ID, "state": r.State, "at": r.StateAt, "round": r.Round, "changes": string(changes), "checks": string(checks), "checked": r.Checked, "box": r.box, "sha256": r.SHA256, "rows": r.Rows,
			"first": r.firstBy, "first_name": r.FirstBy, "first_words": r.FirstSaid, "first_at": r.FirstAt, "second": r.secondBy, "second_name": r.SecondBy, "second_words": r.SecondSaid, "second_at": r.SecondAt,
			"words": r.Words, "ended": r.Ended}).Scan(&r.Revision)
	if err != nil {
		return fmt.Errorf("save review %s: %w", r.Number, err)
	}
	return nil
}

// Event is one thing that was done about a review.
type Event struct {
	Act   string
	Side  Side
	Name  string
	Words string
	At    time.Time
}

func insertReviewEvent(ctx context.Context, tx pgx.Tx, review int64, who account.Actor, side Side, act, words string, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO output_review_events (review_id, act, side, by_id, name, words, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`, review, act, side, who.ID, who.Name, words, at)
	if err != nil {
		return fmt.Errorf("event of a review: %w", err)
	}
	return nil
}

func selectReviewEvents(ctx context.Context, q database.Querier, review int64) ([]Event, error) {
	rows, err := q.Query(ctx, `SELECT act, side, name, words, at FROM output_review_events WHERE review_id = $1 ORDER BY id`, review)
	if err != nil {
		return nil, fmt.Errorf("events of a review: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

// ledgerBox is what is remembered of one release, sealed.
type ledgerBox struct {
	number string
	box    []byte
}

// selectLedger is what is remembered of every release from any of some datasets.
func selectLedger(ctx context.Context, q database.Querier, sources []int64) ([]ledgerBox, error) {
	rows, err := q.Query(ctx, `SELECT r.number, r.ledger FROM releases r WHERE EXISTS (SELECT FROM release_inputs i WHERE i.release_id = r.id AND i.dataset_id = ANY ($1)) ORDER BY r.id`, sources)
	if err != nil {
		return nil, fmt.Errorf("ledger of releases: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (b ledgerBox, err error) { return b, row.Scan(&b.number, &b.box) })
}

// lockNames keeps others from the same names until the transaction ends.
func lockNames(ctx context.Context, tx pgx.Tx, names []string) error {
	for _, name := range names {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, name); err != nil {
			return fmt.Errorf("lock %s: %w", name, err)
		}
	}
	return nil
}

// selectBeside are the reviews that people look at of results of the same sources.
func (s *Service) selectBeside(ctx context.Context, q database.Querier, review int64, sources []int64) ([]Review, error) {
	return s.selectReviews(ctx, q, `r.id <> @id AND r.state IN ('queued', 'first_review', 'second_review', 'escalated') AND r.box IS NOT NULL
		AND EXISTS (SELECT FROM workspace_job_mounts i JOIN workspace_mounts m ON m.id = i.mount_id JOIN scenario_grants g ON g.id = m.grant_id WHERE i.job_id = r.job_id AND g.dataset_id = ANY (@sources))`,
		pgx.NamedArgs{"id": review, "sources": sources, "limit": listed})
}

// selectRefused is how many results of a scenario the rules refused since from, or have
// not looked at yet.
func selectRefused(ctx context.Context, q database.Querier, scenario int64, from time.Time) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM output_reviews r JOIN workspaces w ON w.id = r.workspace_id WHERE w.scenario_id = $1 AND (r.state = 'auto_rejected' AND r.ended_at >= $2 OR r.state = 'auto_check')`, scenario, from).Scan(&n)
	return n, err
}

func selectBudget(ctx context.Context, q database.Querier, scenario int64, from time.Time) (b disclosure.Budget, err error) {
	err = q.QueryRow(ctx, `SELECT count(*), coalesce(sum(r.cells), 0)::bigint FROM releases r JOIN workspaces w ON w.id = r.workspace_id WHERE w.scenario_id = $1 AND r.at >= $2`, scenario, from).Scan(&b.Releases, &b.Cells)
	return b, err
}
