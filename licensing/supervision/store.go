package supervision

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
)

// policyRule is a rule and the profile in which it stands.
type policyRule struct {
	Profile string
	policy.Rule
}

func insertEvent(ctx context.Context, tx pgx.Tx, who account.Actor, subject string, id int64, e Event) error {
	var by *int64
	if who.ID > 0 {
		by = &who.ID
	}
	name := e.Name
	if who.ID < 0 {
		name = ""
	}
	_, err := tx.Exec(ctx, `INSERT INTO supervision_events (subject, case_id, act, by_id, name, side, words, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, subject, id, e.Act, by, name, e.Side, e.Words, e.At)
	if err != nil {
		return fmt.Errorf("event of %s %d: %w", subject, id, err)
	}
	return nil
}

func selectEvents(ctx context.Context, q database.Querier, subject string, id int64) ([]Event, error) {
	rows, err := q.Query(ctx, `SELECT act, name, side, words, at FROM supervision_events WHERE subject = $1 AND case_id = $2 ORDER BY id`, subject, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

// holds reports whether who is whoever holds something: the person, a member of the
// organisation, or an officer or head of the department.
func holds(ctx context.Context, q database.Querier, who account.Actor, user, organisation, department int64) (yes bool, err error) {
	switch {
	case department != 0:
		return who.Any(body...) && who.Department == department, nil
	case organisation == 0:
		return user == who.ID, nil
	}
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM organisation_members WHERE organisation_id = $1 AND user_id = $2)`, organisation, who.ID).Scan(&yes)
	return yes, err
}

const breachColumns = `b.id, b.number, coalesce(b.grant_id, 0), coalesce(g.number, 'GX-' || x.request_id), coalesce(b.share_grant_id, 0), coalesce(x.request_id, 0),
	coalesce(g.state, CASE WHEN x.ended_at IS NOT NULL THEN 'ended' WHEN x.halted_at IS NOT NULL THEN 'suspended' ELSE 'active' END), coalesce(g.purpose, x.purpose),
	b.holder_name, coalesce(h.name_en, ''), b.profile, b.rule_profile, b.rule_path, b.violations, b.facts, b.evidence, b.decider, b.state, b.outcome, b.holds, b.suspended,
	coalesce(b.reported_by, 0), b.reported_name, b.reported_at, coalesce(b.opened_by, 0), b.opened_name, b.opened_at, b.answer, b.answered_at, b.reason, b.basis, coalesce(b.decided_by, 0), b.decided_name, b.decided_at,
	b.grounds, b.disputed_at, b.verdict, coalesce(b.verdict_by, 0), b.verdict_name, b.verdict_at, b.ended_at, b.clock_profile, b.clock_path, b.clock_from, b.revision,
	coalesce(b.holder_user_id, 0), coalesce(b.holder_organisation_id, 0), coalesce(b.holder_department_id, 0),
	d.id, d.slug, d.title, d.title_en, p.id, p.slug, p.name, p.name_en, p.profile`

const breachTables = ` FROM breaches b LEFT JOIN grants g ON g.id = b.grant_id LEFT JOIN share_grants x ON x.id = b.share_grant_id LEFT JOIN departments h ON h.id = b.holder_department_id
	JOIN datasets d ON d.id = b.dataset_id JOIN departments p ON p.id = b.department_id `

func (s *Service) scanBreach(row pgx.CollectableRow) (b Breach, err error) {
	d := &b.Dataset
	var from *time.Time
	if err = row.Scan(&b.ID, &b.Number, &b.Grant, &b.GrantNo, &b.Share, &b.Request, &b.GrantState, &b.Purpose,
		&b.Holder, &b.HolderEN, &b.Profile, &b.ruleProfile, &b.rulePath, &b.codes, &b.Facts, &b.Evidence, &b.Decider, &b.State, &b.Outcome, &b.Holds, &b.suspended,
		&b.reportedBy, &b.Reporter, &b.ReportedAt, &b.openedBy, &b.Opener, &b.OpenedAt, &b.Answer, &b.AnsweredAt, &b.Reason, &b.Basis, &b.decidedBy, &b.DecidedBy, &b.DecidedAt,
		&b.Grounds, &b.DisputedAt, &b.Verdict, &b.verdictBy, &b.VerdictBy, &b.VerdictAt, &b.EndedAt, &b.clock.Profile, &b.clock.Path, &from, &b.Revision,
		&b.user, &b.organisation, &b.department,
		&d.ID, &d.Slug, &d.Title, &d.TitleEN, &d.Department.ID, &d.Department.Slug, &d.Department.Name, &d.Department.NameEN, &d.Department.Profile); err != nil {
		return b, err
	}
	b.at, b.RuleOf = s.now(), b.ruleProfile
	if b.rulePath != "" {
		b.Rule, _ = s.ruleAt(b.ruleProfile, b.rulePath)
		b.Violations, _ = chosen(b.Rule, b.codes)
	}
	if from != nil {
		b.clock.From = *from
		if clock, wrong := s.clocks.Resume(b.clock); wrong == nil {
			b.Clock = &clock
		}
	}
	return b, nil
}

func (s *Service) breachList(ctx context.Context, q database.Querier, where, order string, args pgx.NamedArgs) ([]Breach, error) {
	rows, err := q.Query(ctx, `SELECT `+breachColumns+breachTables+`WHERE `+where+` ORDER BY `+order+` LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("breaches: %w", err)
	}
	return pgx.CollectRows(rows, s.scanBreach)
}

func lockBreach(ctx context.Context, q database.Querier, number string) error {
	var id int64
	err := q.QueryRow(ctx, `SELECT id FROM breaches WHERE number = $1 FOR UPDATE`, number).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNoBreach()
	}
	return err
}

func (b *Breach) args() pgx.NamedArgs {
	return pgx.NamedArgs{"id": b.ID, "number": b.Number, "grant": b.Grant, "share": b.Share, "dataset": b.Dataset.ID, "department": b.Dataset.Department.ID, "user": b.user, "organisation": b.organisation,
		"holder_department": b.department, "holder": b.Holder, "profile": b.Profile, "rule_profile": b.ruleProfile, "rule_path": b.rulePath, "violations": texts(b.codes), "facts": b.Facts, "evidence": b.Evidence,
		"decider": b.Decider, "state": b.State, "outcome": b.Outcome, "holds": b.Holds, "suspended": b.suspended, "reported_by": b.reportedBy, "reporter": b.Reporter, "reported_at": b.ReportedAt,
		"opened_by": b.openedBy, "opener": b.Opener, "opened_at": b.OpenedAt, "answer": b.Answer, "answered_at": b.AnsweredAt, "reason": b.Reason, "basis": b.Basis, "decided_by": b.decidedBy, "decided_name": b.DecidedBy,
		"decided_at": b.DecidedAt, "grounds": b.Grounds, "disputed_at": b.DisputedAt, "verdict": b.Verdict, "verdict_by": b.verdictBy, "verdict_name": b.VerdictBy, "verdict_at": b.VerdictAt, "ended_at": b.EndedAt,
		"clock_profile": b.clock.Profile, "clock_path": b.clock.Path, "clock_from": from(b.clock), "sent": b.sent}
}

// from is the start of a clock, or nothing.
func from(r deadline.Ref) any {
	if r.Path == "" {
		return nil
	}
	return r.From
}

func texts(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func insertBreach(ctx context.Context, tx pgx.Tx, b *Breach) error {
	if b.OfSharing() {
		b.user = 0
	}
	err := tx.QueryRow(ctx, `
		INSERT INTO breaches (number, grant_id, share_grant_id, dataset_id, department_id, holder_user_id, holder_organisation_id, holder_department_id, holder_name, profile, rule_profile, rule_path, violations,
			facts, evidence, decider, state, holds, suspended, reported_by, reported_name, reported_at, opened_by, opened_name, opened_at, clock_profile, clock_path, clock_from, sent)
		VALUES (@number, nullif(@grant::bigint, 0), nullif(@share::bigint, 0), @dataset, @department, nullif(@user::bigint, 0), nullif(@organisation::bigint, 0), nullif(@holder_department::bigint, 0), @holder, @profile, @rule_profile, @rule_path, @violations,
			@facts, @evidence, @decider, @state, @holds, @suspended, nullif(@reported_by::bigint, 0), @reporter, @reported_at, nullif(@opened_by::bigint, 0), @opener, @opened_at, @clock_profile, @clock_path, @clock_from, nullif(@sent, '')) RETURNING id, revision`, b.args()).Scan(&b.ID, &b.Revision)
	if err != nil {
		return fmt.Errorf("insert breach: %w", err)
	}
	return nil
}

func saveBreach(ctx context.Context, tx pgx.Tx, b *Breach) error {
	err := tx.QueryRow(ctx, `
		UPDATE breaches SET rule_profile = @rule_profile, rule_path = @rule_path, violations = @violations, facts = @facts, evidence = @evidence, decider = @decider, state = @state, outcome = @outcome, holds = @holds, suspended = @suspended,
			opened_by = nullif(@opened_by::bigint, 0), opened_name = @opener, opened_at = @opened_at, answer = @answer, answered_at = @answered_at, reason = @reason, basis = @basis,
			decided_by = nullif(@decided_by::bigint, 0), decided_name = @decided_name, decided_at = @decided_at, grounds = @grounds, disputed_at = @disputed_at,
			verdict = @verdict, verdict_by = nullif(@verdict_by::bigint, 0), verdict_name = @verdict_name, verdict_at = @verdict_at, ended_at = @ended_at,
			clock_profile = @clock_profile, clock_path = @clock_path, clock_from = @clock_from, revision = revision + 1
		WHERE id = @id RETURNING revision`, b.args()).Scan(&b.Revision)
	if err != nil {
		return fmt.Errorf("save breach %s: %w", b.Number, err)
	}
	return nil
}

// handOn gives the suspension of a grant to another case that holds it, and reports
// whether there is one.
func handOn(ctx context.Context, tx pgx.Tx, b *Breach) (bool, error) {
	if _, err := tx.Exec(ctx, `UPDATE breaches SET holds = false, suspended = false WHERE id = $1`, b.ID); err != nil {
		return false, err
	}
	tag, err := tx.Exec(ctx, `
		UPDATE breaches SET suspended = true WHERE id = (
			SELECT id FROM breaches WHERE holds AND id <> @id AND grant_id IS NOT DISTINCT FROM nullif(@grant::bigint, 0) AND share_grant_id IS NOT DISTINCT FROM nullif(@share::bigint, 0) ORDER BY id LIMIT 1)`, b.args())
	return tag.RowsAffected() > 0, err
}

func selectOpenClocks(ctx context.Context, q database.Querier) ([]calendars.Open, error) {
	rows, err := q.Query(ctx, `
		SELECT 'breach', number, clock_profile, clock_path, clock_from, 0 FROM breaches WHERE clock_path <> '' AND state IN ('suspected', 'hearing', 'answered', 'revoking', 'disputed')
		UNION ALL SELECT 'order', number, due_profile, due_path, due_from, due_given FROM rectification_orders WHERE state IN ('issued', 'wanting')
		UNION ALL SELECT 'order', number, check_profile, check_path, check_from, 0 FROM rectification_orders WHERE state = 'answered' ORDER BY 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o calendars.Open, err error) {
		return o, row.Scan(&o.Kind, &o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From, &o.Ref.Given)
	})
}
