package workspace

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
)

const workspaceColumns = `w.id, w.number, s.id, s.number, s.title, s.use_class, s.purpose, coalesce(s.until_at, s.made_at), o.id, o.name, p.id, p.name, m.number, m.body_id, b.profile,
	w.state, w.state_at, w.reason, w.frozen_by, w.frozen_from, w.wrapped_key, w.key_erased_at, w.cpu_seconds, w.memory_mb, w.wall_seconds, w.concurrent, w.rows_most, w.opened_by, u.name, w.opened_at,
	w.close_profile, w.close_path, w.close_from, w.revision, scenario_stands(s.id, @now)`

const workspaceTables = ` FROM workspaces w JOIN scenarios s ON s.id = w.scenario_id JOIN organisations o ON o.id = w.organisation_id JOIN users u ON u.id = w.opened_by
	JOIN mandates m ON m.id = s.mandate_id JOIN organisations p ON p.id = m.operator_id JOIN departments b ON b.id = m.body_id `

func (s *Service) list(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Workspace, error) {
	args["now"] = s.now()
	rows, err := q.Query(ctx, `SELECT `+workspaceColumns+workspaceTables+`WHERE `+where+` ORDER BY w.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("workspaces: %w", err)
	}
	return pgx.CollectRows(rows, s.scan)
}

func (s *Service) scan(row pgx.CollectableRow) (w Workspace, err error) {
	var frozenBy string
	var from *time.Time
	err = row.Scan(&w.ID, &w.Number, &w.Scenario.ID, &w.Scenario.Number, &w.Scenario.Title, &w.Scenario.UseClass, &w.Scenario.Purpose, &w.Scenario.Until, &w.Organisation.ID, &w.Organisation.Name, &w.Operator.ID, &w.Operator.Name, &w.Mandate, &w.body, &w.profile,
		&w.State, &w.StateAt, &w.Reason, &frozenBy, &w.frozenFrom, &w.wrapped, &w.Erased, &w.Quota.CPUSeconds, &w.Quota.MemoryMB, &w.Quota.Wall, &w.Quota.Concurrent, &w.Quota.Rows, &w.openedBy, &w.OpenedBy, &w.OpenedAt,
		&w.closing.Profile, &w.closing.Path, &from, &w.Revision, &w.Stands)
	w.FrozenBy = Side(frozenBy)
	w.Scenario.organisation = w.Organisation
	if err == nil && from != nil {
		w.closing.From = *from
		if clock, wrong := s.clocks.Resume(w.closing); wrong == nil {
			w.Closes = &clock
		}
	}
	return w, err
}

func lockWorkspace(ctx context.Context, q database.Querier, number string) error {
	var id int64
	err := q.QueryRow(ctx, `SELECT id FROM workspaces WHERE number = $1 FOR UPDATE`, number).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNone()
	}
	return err
}

func insertWorkspace(ctx context.Context, tx pgx.Tx, w *Workspace) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO workspaces (number, scenario_id, organisation_id, state, state_at, wrapped_key, cpu_seconds, memory_mb, wall_seconds, concurrent, rows_most, opened_by, opened_at)
		VALUES (@number, @scenario, @organisation, @state, @at, @key, @cpu, @memory, @wall, @concurrent, @rows, @by, @at) RETURNING id, revision`,
		pgx.NamedArgs{"number": w.Number, "scenario": w.Scenario.ID, "organisation": w.Organisation.ID, "state": w.State, "at": w.OpenedAt, "key": w.wrapped,
			"cpu": w.Quota.CPUSeconds, "memory": w.Quota.MemoryMB, "wall": w.Quota.Wall, "concurrent": w.Quota.Concurrent, "rows": w.Quota.Rows, "by": w.openedBy}).Scan(&w.ID, &w.Revision)
	if err != nil {
		return fmt.Errorf("insert workspace: %w", err)
	}
	return nil
}

func started(ref deadline.Ref) *time.Time {
	if ref.Path == "" {
		return nil
	}
	return &ref.From
}

func saveWorkspace(ctx context.Context, tx pgx.Tx, w *Workspace) error {
	err := tx.QueryRow(ctx, `
		UPDATE workspaces SET state = @state, state_at = @at, reason = @reason, frozen_by = @frozen, frozen_from = @before, wrapped_key = @key, key_erased_at = @erased,
			close_profile = @profile, close_path = @path, close_from = @from, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": w.ID, "state": w.State, "at": w.StateAt, "reason": w.Reason, "frozen": string(w.FrozenBy), "before": string(w.frozenFrom), "key": w.wrapped, "erased": w.Erased,
			"profile": w.closing.Profile, "path": w.closing.Path, "from": started(w.closing)}).Scan(&w.Revision)
	if err != nil {
		return fmt.Errorf("save workspace %s: %w", w.Number, err)
	}
	return nil
}

// happened writes a move of w into its history, with the words that w then bears.
func happened(ctx context.Context, tx pgx.Tx, who account.Actor, w *Workspace, a Action, at time.Time) error {
	side, by, name := w.side, &who.ID, who.Name
	if who.ID <= 0 {
		side, by, name = OfPlatform, nil, ""
	}
	_, err := tx.Exec(ctx, `INSERT INTO workspace_events (workspace_id, act, side, by_id, name, words, state, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, w.ID, string(a), string(side), by, name, w.words, w.State, at)
	if err != nil {
		return fmt.Errorf("event of workspace %s: %w", w.Number, err)
	}
	return nil
}

func selectHistory(ctx context.Context, q database.Querier, workspace int64) ([]Moved, error) {
	rows, err := q.Query(ctx, `SELECT act, side, name, words, state, at FROM workspace_events WHERE workspace_id = $1 ORDER BY id`, workspace)
	if err != nil {
		return nil, fmt.Errorf("events of a workspace: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Moved])
}

// named is, in SQL, what somebody may be let do in workspaces at all: what the
// developer's entry with the operator names them for (FJ-4.2).
const named = ` LEFT JOIN LATERAL (
		SELECT p.writes, p.releases FROM scenarios s JOIN developers d ON d.mandate_id = s.mandate_id AND d.organisation_id = s.organisation_id AND d.state IN ('admitted', 'suspended')
		JOIN developer_people p ON p.developer_id = d.id AND p.user_id = m.user_id WHERE s.id = @scenario) e ON true `

// selectParty is on which side of w a user stands, by membership.
func selectParty(ctx context.Context, q database.Querier, user int64, w *Workspace) (of, role string, programs, asks bool, err error) {
	err = q.QueryRow(ctx, `
		SELECT CASE m.organisation_id WHEN @developer THEN 'developer' ELSE 'operator' END, m.role, coalesce(x.programs AND e.writes, false), coalesce(x.asks AND e.releases, false)
		FROM organisation_members m LEFT JOIN workspace_members x ON x.workspace_id = @workspace AND x.user_id = m.user_id`+named+`
		WHERE m.user_id = @user AND m.organisation_id IN (@developer, @operator) ORDER BY m.organisation_id = @developer DESC LIMIT 1`,
		pgx.NamedArgs{"user": user, "developer": w.Organisation.ID, "operator": w.Operator.ID, "workspace": w.ID, "scenario": w.Scenario.ID}).Scan(&of, &role, &programs, &asks)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", "", false, false, nil
	}
	return of, role, programs, asks, err
}

func selectScenario(ctx context.Context, q database.Querier, number string, user int64) (sc *Scenario, role string, err error) {
	sc = &Scenario{}
	err = q.QueryRow(ctx, `
		SELECT s.id, s.number, s.title, s.use_class, s.purpose, coalesce(s.until_at, s.made_at), o.id, o.name, x.role
		FROM scenarios s JOIN organisations o ON o.id = s.organisation_id JOIN organisation_members x ON x.organisation_id = o.id AND x.user_id = $2
		WHERE s.number = $1 FOR UPDATE OF s`, number, user).Scan(&sc.ID, &sc.Number, &sc.Title, &sc.UseClass, &sc.Purpose, &sc.Until, &sc.organisation.ID, &sc.organisation.Name, &role)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "", fault.New(fault.NotFound, "没有这个场景。")
	}
	return sc, role, err
}

func selectOpenable(ctx context.Context, q database.Querier, user int64, now time.Time) ([]Scenario, error) {
	rows, err := q.Query(ctx, `
		SELECT s.id, s.number, s.title, s.use_class, s.purpose, s.until_at FROM scenarios s JOIN organisation_members x ON x.organisation_id = s.organisation_id AND x.user_id = $1 AND x.role = 'owner'
		WHERE scenario_stands(s.id, $2) AND NOT EXISTS (SELECT FROM workspaces w WHERE w.scenario_id = s.id AND w.state <> 'destroyed') ORDER BY s.id DESC LIMIT 50`, user, now)
	if err != nil {
		return nil, fmt.Errorf("scenarios without a workspace: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (sc Scenario, err error) {
		return sc, row.Scan(&sc.ID, &sc.Number, &sc.Title, &sc.UseClass, &sc.Purpose, &sc.Until)
	})
}

// link is one of the chain above a workspace.
// Link is one thing of those that must all stand for a scenario to let anything pass.
type Link struct {
	What   string // mandate | operator | organisation | developer | scenario | contract
	Number string // a name where it has none
	State  string // why it does not stand: its own state, or before, expired, untrained
	Reason string
	Since  time.Time
}

// Broken is the highest link above a scenario of a developer's organisation that does not
// stand at a moment; without What where all stand.
func Broken(ctx context.Context, q database.Querier, scenario, organisation int64, now time.Time) (l Link, err error) {
	err = q.QueryRow(ctx, `
		WITH RECURSIVE above AS (
			SELECT m.*, 0 AS depth FROM mandates m JOIN scenarios s ON s.mandate_id = m.id WHERE s.id = @scenario
			UNION ALL SELECT m.*, a.depth + 1 FROM mandates m JOIN above a ON m.id = a.parent_id)
		SELECT what, number, state, reason, since FROM (
			SELECT 100 + depth AS high, 'mandate' AS what, number, CASE WHEN state <> 'active' THEN state WHEN @now::timestamptz < from_at THEN 'before' ELSE 'expired' END AS state, reason, CASE WHEN state <> 'active' THEN state_at WHEN @now < from_at THEN made_at ELSE until_at END AS since
			FROM above WHERE state <> 'active' OR from_at > @now OR until_at <= @now
			UNION ALL SELECT 50 + a.depth, 'operator', o.name, 'suspended', o.suspended_reason, o.suspended_at FROM above a JOIN organisations o ON o.id = a.operator_id WHERE o.suspended_at IS NOT NULL
			UNION ALL SELECT 40, 'organisation', o.name, 'suspended', o.suspended_reason, o.suspended_at FROM organisations o WHERE o.id = @organisation AND o.suspended_at IS NOT NULL
			UNION ALL SELECT 30, 'developer', coalesce(d.number, ''), CASE d.state WHEN 'admitted' THEN 'untrained' ELSE coalesce(d.state, 'left') END, CASE WHEN d.state <> 'admitted' THEN d.reason ELSE '' END, CASE WHEN d.state = 'admitted' THEN coalesce(d.trained_until, d.state_at) ELSE coalesce(d.state_at, s.state_at) END FROM scenarios s LEFT JOIN LATERAL (
				SELECT * FROM developers d WHERE d.mandate_id = s.mandate_id AND d.organisation_id = s.organisation_id ORDER BY (d.state = 'admitted') DESC, d.id DESC LIMIT 1) d ON true WHERE s.id = @scenario AND (d.state IS DISTINCT FROM 'admitted' OR d.trained_until IS NULL OR d.trained_until <= @now)
			UNION ALL SELECT 20, 'scenario', s.number, CASE WHEN s.state <> 'active' THEN s.state WHEN @now::timestamptz < s.from_at THEN 'before' ELSE 'expired' END, s.reason, CASE WHEN s.state <> 'active' THEN s.state_at WHEN @now < s.from_at THEN s.state_at ELSE s.until_at END FROM scenarios s WHERE s.id = @scenario AND (s.state <> 'active' OR s.from_at > @now OR s.until_at <= @now)
			UNION ALL (SELECT 10, 'contract', c.number, CASE WHEN c.state <> 'active' THEN c.state WHEN @now::timestamptz < c.from_at THEN 'before' ELSE 'expired' END, c.reason, CASE WHEN c.state <> 'active' OR @now < c.from_at THEN c.state_at ELSE c.until_at END
				FROM scenario_contracts c WHERE c.scenario_id = @scenario AND NOT EXISTS (SELECT FROM scenario_contracts o WHERE o.scenario_id = @scenario AND o.state = 'active' AND o.from_at <= @now AND @now < o.until_at)
				ORDER BY c.id DESC LIMIT 1)) x ORDER BY high DESC LIMIT 1`,
		pgx.NamedArgs{"scenario": scenario, "organisation": organisation, "now": now}).Scan(&l.What, &l.Number, &l.State, &l.Reason, &l.Since)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, nil
	}
	return l, err
}

func saveMember(ctx context.Context, tx pgx.Tx, w *Workspace, user, by int64, programs, asks bool, at time.Time) error {
	if !programs && !asks {
		_, err := tx.Exec(ctx, `DELETE FROM workspace_members WHERE workspace_id = $1 AND user_id = $2`, w.ID, user)
		return err
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO workspace_members (workspace_id, organisation_id, user_id, programs, asks, added_by, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (workspace_id, user_id) DO UPDATE SET programs = excluded.programs, asks = excluded.asks, added_by = excluded.added_by, added_at = excluded.added_at`,
		w.ID, w.Organisation.ID, user, programs, asks, by, at)
	if err != nil {
		return fmt.Errorf("member of a workspace: %w", err)
	}
	return nil
}

// selectMembers are the people of the developer, with what each may do in w.
func selectMembers(ctx context.Context, q database.Querier, w *Workspace) ([]Member, error) {
	rows, err := q.Query(ctx, `
		SELECT u.id, u.name, m.role = 'owner', coalesce(x.programs AND e.writes, false), coalesce(x.asks AND e.releases, false), coalesce(e.writes, false), coalesce(e.releases, false)
		FROM organisation_members m JOIN users u ON u.id = m.user_id LEFT JOIN workspace_members x ON x.workspace_id = @workspace AND x.user_id = m.user_id`+named+`
		WHERE m.organisation_id = @developer AND u.disabled_at IS NULL ORDER BY u.id`, pgx.NamedArgs{"workspace": w.ID, "developer": w.Organisation.ID, "scenario": w.Scenario.ID})
	if err != nil {
		return nil, fmt.Errorf("members of a workspace: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Member])
}
