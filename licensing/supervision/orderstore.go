package supervision

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
)

const orderColumns = `o.id, o.number, p.id, p.slug, p.name, p.name_en, p.profile, i.id, i.slug, i.name, i.name_en, o.profile, o.rule_profile, o.rule_path, o.grounds, o.facts, o.remedy, o.state, o.issued_by, o.issued_name, o.issued_at,
	o.due_profile, o.due_path, o.due_from, o.due_given, o.asked_days, o.asked_for, o.asked_name, o.asked_at, o.more_days, o.more_reason, o.more_name, o.more_at,
	o.answer, o.evidence, o.links, coalesce(o.answered_by, 0), o.answered_name, o.answered_at, o.rounds, o.check_profile, o.check_path, o.check_from, o.finding, o.found_name, o.found_at, o.ended_at, o.revision`

const orderTables = ` FROM rectification_orders o JOIN departments p ON p.id = o.department_id JOIN departments i ON i.id = o.issuer_id `

func (s *Service) scanOrder(row pgx.CollectableRow) (o Order, err error) {
	d, i := &o.Department, &o.Issuer
	var links []string
	var from *time.Time
	if err = row.Scan(&o.ID, &o.Number, &d.ID, &d.Slug, &d.Name, &d.NameEN, &d.Profile, &i.ID, &i.Slug, &i.Name, &i.NameEN, &o.Profile, &o.ruleProfile, &o.rulePath, &o.codes, &o.Facts, &o.Remedy, &o.State, &o.issuedBy, &o.IssuedBy, &o.IssuedAt,
		&o.due.Profile, &o.due.Path, &o.due.From, &o.due.Given, &o.AskedDays, &o.AskedFor, &o.AskedBy, &o.AskedAt, &o.GivenDays, &o.MoreReason, &o.MoreBy, &o.MoreAt,
		&o.Answer, &o.Evidence, &links, &o.answeredBy, &o.AnsweredBy, &o.AnsweredAt, &o.Rounds, &o.checking.Profile, &o.checking.Path, &from, &o.Finding, &o.FoundBy, &o.FoundAt, &o.EndedAt, &o.Revision); err != nil {
		return o, err
	}
	o.at, o.RuleOf = s.now(), o.ruleProfile
	o.Rule, _ = s.ruleAt(o.ruleProfile, o.rulePath)
	o.Grounds, _ = chosen(o.Rule, o.codes)
	o.Power, o.PowerOf = s.power(o.Profile, o.IssuedAt)
	o.Links = linksOf(links)
	if clock, wrong := s.clocks.Resume(o.due); wrong == nil {
		o.Due = &clock
	}
	if from != nil {
		o.checking.From = *from
		if clock, wrong := s.clocks.Resume(o.checking); wrong == nil {
			o.Checking = &clock
		}
	}
	return o, nil
}

func (s *Service) orderList(ctx context.Context, q database.Querier, where, order string, args pgx.NamedArgs) ([]Order, error) {
	rows, err := q.Query(ctx, `SELECT `+orderColumns+orderTables+`WHERE `+where+` ORDER BY `+order+` LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("orders: %w", err)
	}
	return pgx.CollectRows(rows, s.scanOrder)
}

func lockOrder(ctx context.Context, q database.Querier, number string) error {
	var id int64
	err := q.QueryRow(ctx, `SELECT id FROM rectification_orders WHERE number = $1 FOR UPDATE`, number).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNoOrder()
	}
	return err
}

func insertOrder(ctx context.Context, tx pgx.Tx, o *Order) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO rectification_orders (number, department_id, issuer_id, profile, rule_profile, rule_path, grounds, facts, remedy, state, issued_by, issued_name, issued_at, due_profile, due_path, due_from, due_given, sent)
		VALUES (@number, @department, @issuer, @profile, @rule_profile, @rule_path, @grounds, @facts, @remedy, @state, @by, @name, @at, @due_profile, @due_path, @due_from, @due_given, nullif(@sent, '')) RETURNING id, revision`,
		pgx.NamedArgs{"number": o.Number, "department": o.Department.ID, "issuer": o.Issuer.ID, "profile": o.Profile, "rule_profile": o.ruleProfile, "rule_path": o.rulePath, "grounds": o.codes, "facts": o.Facts, "remedy": o.Remedy,
			"state": o.State, "by": o.issuedBy, "name": o.IssuedBy, "at": o.IssuedAt, "due_profile": o.due.Profile, "due_path": o.due.Path, "due_from": o.due.From, "due_given": o.due.Given, "sent": o.sent}).Scan(&o.ID, &o.Revision)
	if err != nil {
		return fmt.Errorf("insert order: %w", err)
	}
	for i := range o.Entries {
		if _, err := tx.Exec(ctx, `INSERT INTO rectification_entries (order_id, dataset_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, o.ID, o.Entries[i].ID); err != nil {
			return fmt.Errorf("insert order: %w", err)
		}
	}
	return nil
}

// saveOrder writes what a move by who changed.
func saveOrder(ctx context.Context, tx pgx.Tx, who account.Actor, o *Order, a OrderAction) error {
	err := tx.QueryRow(ctx, `
		UPDATE rectification_orders SET state = @state, due_profile = @due_profile, due_path = @due_path, due_from = @due_from, due_given = @due_given,
			asked_days = @asked_days, asked_for = @asked_for, asked_name = @asked_name, asked_at = @asked_at, asked_by = CASE WHEN @act = 'ask' THEN @who ELSE asked_by END,
			more_days = @more_days, more_reason = @more_reason, more_name = @more_name, more_at = @more_at, more_by = CASE WHEN @act IN ('extend', 'refuse') THEN @who ELSE more_by END,
			answer = @answer, evidence = @evidence, links = @links, answered_name = @answered_name, answered_at = @answered_at, rounds = @rounds, answered_by = CASE WHEN @act = 'answer' THEN @who ELSE answered_by END,
			check_profile = @check_profile, check_path = @check_path, check_from = @check_from,
			finding = @finding, found_name = @found_name, found_at = @found_at, found_by = CASE WHEN @act IN ('close', 'want', 'withdraw') THEN @who ELSE found_by END, ended_at = @ended_at, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": o.ID, "who": who.ID, "act": string(a), "state": o.State, "due_profile": o.due.Profile, "due_path": o.due.Path, "due_from": o.due.From, "due_given": o.due.Given,
			"asked_days": o.AskedDays, "asked_for": o.AskedFor, "asked_name": o.AskedBy, "asked_at": o.AskedAt, "more_days": o.GivenDays, "more_reason": o.MoreReason, "more_name": o.MoreBy, "more_at": o.MoreAt,
			"answer": o.Answer, "evidence": o.Evidence, "links": linkTexts(o.Links), "answered_name": o.AnsweredBy, "answered_at": o.AnsweredAt, "rounds": o.Rounds,
			"check_profile": o.checking.Profile, "check_path": o.checking.Path, "check_from": from(o.checking), "finding": o.Finding, "found_name": o.FoundBy, "found_at": o.FoundAt, "ended_at": o.EndedAt}).Scan(&o.Revision)
	if err != nil {
		return fmt.Errorf("save order %s: %w", o.Number, err)
	}
	return nil
}

func selectOrderEntries(ctx context.Context, q database.Querier, order int64) ([]datasets.Dataset, error) {
	rows, err := q.Query(ctx, `SELECT d.id, d.slug, d.title, d.title_en FROM rectification_entries e JOIN datasets d ON d.id = e.dataset_id WHERE e.order_id = $1 ORDER BY d.id`, order)
	if err != nil {
		return nil, fmt.Errorf("entries of an order: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (d datasets.Dataset, err error) {
		return d, row.Scan(&d.ID, &d.Slug, &d.Title, &d.TitleEN)
	})
}

// selectUnder are the departments that profile binds, but the one whose authority it
// is.
func selectUnder(ctx context.Context, q database.Querier, profile string, but int64) ([]datasets.Department, error) {
	rows, err := q.Query(ctx, `SELECT id, slug, name, name_en, profile FROM departments WHERE profile = $1 AND profile <> '' AND id <> $2 ORDER BY name`, profile, but)
	if err != nil {
		return nil, fmt.Errorf("departments under a text: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (d datasets.Department, err error) {
		return d, row.Scan(&d.ID, &d.Slug, &d.Name, &d.NameEN, &d.Profile)
	})
}

// shown are what cases of a department are found by: what their number begins with,
// and where they are.
var shown = map[string]string{
	"SQ":  `SELECT FROM applications a JOIN datasets d ON d.id = a.dataset_id WHERE a.number = @key AND a.state <> 'draft' AND d.department_id = @department`,
	"SQZ": `SELECT FROM grants g JOIN datasets d ON d.id = g.dataset_id WHERE g.number = @key AND d.department_id = @department`,
	"WY":  `SELECT FROM breaches WHERE number = @key AND (department_id = @department OR holder_department_id = @department AND opened_at IS NOT NULL)`,
	"AQ":  `SELECT FROM incidents WHERE number = @key AND department_id = @department`,
	"FH":  `SELECT FROM corrections WHERE 'FH-' || id = @key AND department_id = @department`,
	"GX":  `SELECT FROM share_requests WHERE 'GX-' || id = @key AND @department IN (provider_id, asker_id)`,

	ofDataset: `SELECT FROM datasets WHERE slug = @key AND department_id = @department`,
	ofVersion: `SELECT FROM versions v JOIN resources r ON r.id = v.resource_id JOIN datasets d ON d.id = r.dataset_id WHERE r.id || '/' || v.number = @key AND d.department_id = @department`,
}

// there reports whether what a link names is there and the department's.
func (l OrderLink) there(ctx context.Context, q database.Querier, department int64) (yes bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (`+shown[l.Kind]+`)`, pgx.NamedArgs{"key": l.Key, "department": department}).Scan(&yes)
	return yes, err
}
