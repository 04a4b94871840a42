package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
)

func (s *Service) selectReports(ctx context.Context, q database.Querier, where, rest string, args pgx.NamedArgs) ([]Report, error) {
	rows, err := q.Query(ctx, `
		SELECT r.id, r.scenario_id, r.number, r.begins_at, r.state, r.clock_profile, r.clock_path, r.clock_from, r.clock_given, r.used, r.results, r.security, r.problems, r.filed_at, coalesce(r.filed_by, 0), r.filed_name,
			r.missing, r.returns, r.accepted_at, r.accepted_name, r.reminded_at, r.warned_at, r.suspended_at, r.revision
		FROM scenario_reports r WHERE `+where+` `+rest, args)
	if err != nil {
		return nil, fmt.Errorf("reports of scenarios: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Report, err error) {
		err = row.Scan(&r.ID, &r.Scenario, &r.Number, &r.Begins, &r.State, &r.ref.Profile, &r.ref.Path, &r.ref.From, &r.ref.Given, &r.Used, &r.Results, &r.Security, &r.Problems, &r.FiledAt, &r.by, &r.FiledBy,
			&r.Missing, &r.Returns, &r.AcceptedAt, &r.AcceptedBy, &r.RemindedAt, &r.WarnedAt, &r.SuspendedAt, &r.Revision)
		r.returns = s.limits.Returns
		if r.State == ReportOpen || r.State == ReportFiled || r.State == ReportReturned {
			if k, err := s.clocks.Resume(r.ref); err == nil {
				r.Clock = &k
			}
		}
		return r, err
	})
}

func insertReport(ctx context.Context, tx pgx.Tx, scenario int64, number int, begins time.Time, ref deadline.Ref) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO scenario_reports (scenario_id, number, begins_at, state, clock_profile, clock_path, clock_from, clock_given) VALUES (@scenario, @number, @begins, 'open', @profile, @path, @from, @given)
		ON CONFLICT (scenario_id, number) DO NOTHING`,
		pgx.NamedArgs{"scenario": scenario, "number": number, "begins": begins, "profile": ref.Profile, "path": ref.Path, "from": ref.From, "given": ref.Given})
	if err != nil {
		return fmt.Errorf("report of a scenario: %w", err)
	}
	return nil
}

func saveReport(ctx context.Context, tx pgx.Tx, r *Report) error {
	err := tx.QueryRow(ctx, `
		UPDATE scenario_reports SET state = @state, clock_profile = @profile, clock_path = @path, clock_from = @from, clock_given = @given, used = @used, results = @results, security = @security, problems = @problems,
			filed_at = @filed, filed_by = nullif(@by::bigint, 0), filed_name = @name, missing = @missing, returns = @returns, accepted_at = @accepted, accepted_name = @accepted_name,
			reminded_at = @reminded, warned_at = @warned, suspended_at = @suspended, revision = revision + 1 WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": r.ID, "state": r.State, "profile": r.ref.Profile, "path": r.ref.Path, "from": r.ref.From, "given": r.ref.Given, "used": r.Used, "results": r.Results, "security": r.Security, "problems": r.Problems,
			"filed": r.FiledAt, "by": r.by, "name": r.FiledBy, "missing": r.Missing, "returns": r.Returns, "accepted": r.AcceptedAt, "accepted_name": r.AcceptedBy, "reminded": r.RemindedAt, "warned": r.WarnedAt, "suspended": r.SuspendedAt}).Scan(&r.Revision)
	if err != nil {
		return fmt.Errorf("report of a scenario: %w", err)
	}
	return nil
}

// selectMembers are the addresses of the owners of an organisation, and of a person
// of it; 0: of nobody besides.
func selectMembers(ctx context.Context, q database.Querier, organisation, user int64) ([]string, error) {
	rows, err := q.Query(ctx, `
		SELECT u.identifier FROM users u
		WHERE u.disabled_at IS NULL AND u.leaving_at IS NULL AND u.id IN (SELECT user_id FROM organisation_members WHERE organisation_id = $1 AND (role = 'owner' OR side = 'operate' OR user_id = $2))
		ORDER BY u.id`, organisation, user)
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
