package sharing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/deadline"
)

// Score is what sharing says of a department, for those who may know of this side.
type Score struct {
	InTime     datasets.Share // of the answers that came to their day, those that were given by then
	Overturned datasets.Share // of the refusals that the authority decided about, those that it did not let stand
}

// Any reports whether there is anything to say.
func (s Score) Any() bool { return s.InTime.All+s.Overturned.All > 0 }

// ScoreOf counts what others asked a department for. An answer that waits within
// its time, or whose day is only preliminary, is not counted.
func (s *Service) ScoreOf(ctx context.Context, department string) (Score, error) {
	var out Score
	args := pgx.NamedArgs{"department": department}
	rows, err := s.pool.Query(ctx, `
		SELECT c.profile, c.path, c.began_at, c.stopped_at FROM share_clocks c JOIN share_requests r ON r.id = c.request_id
		WHERE c.of = 'answer' AND r.state NOT IN ('withdrawn', 'void') AND r.provider_id = (SELECT id FROM departments WHERE slug = @department)`, args)
	if err != nil {
		return out, fmt.Errorf("score of sharing: %w", err)
	}
	var ref deadline.Ref
	var stopped *time.Time
	if _, err := pgx.ForEachRow(rows, []any{&ref.Profile, &ref.Path, &ref.From, &stopped}, func() error {
		clock, err := s.clocks.Resume(ref)
		switch {
		case err != nil || clock.Preliminary() || stopped == nil && !clock.Late(s.now()):
		case stopped == nil || clock.Late(*stopped):
			out.InTime.All++
		default:
			out.InTime.Yes++
			out.InTime.All++
		}
		return nil
	}); err != nil {
		return out, fmt.Errorf("score of sharing: %w", err)
	}
	err = s.pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE overturned), count(*) FROM share_requests
		WHERE (overturned OR state = 'upheld') AND provider_id = (SELECT id FROM departments WHERE slug = @department)`, args).Scan(&out.Overturned.Yes, &out.Overturned.All)
	return out, err
}
