package operation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

const bodyColumns = `b.id, b.slug, b.name, b.name_en, b.profile`

func bodyInto(b *Body) []any { return []any{&b.ID, &b.Slug, &b.Name, &b.NameEN, &b.Profile} }

const organisationColumns = `o.id, o.name, o.credit_code, o.status <> 'verified' OR o.suspended_at IS NOT NULL`

func organisationInto(o *Organisation) []any {
	return []any{&o.ID, &o.Name, &o.Code, &o.Suspended}
}

// organisation is an organisation by its id.
func organisation(ctx context.Context, q database.Querier, id int64) (o Organisation, err error) {
	err = q.QueryRow(ctx, `SELECT `+organisationColumns+` FROM organisations o WHERE o.id = $1`, id).Scan(organisationInto(&o)...)
	return o, err
}

// operatorBy is the verified organisation on the side of those who operate that has a
// code.
func operatorBy(ctx context.Context, q database.Querier, code string) (o Organisation, err error) {
	err = q.QueryRow(ctx, `SELECT `+organisationColumns+` FROM organisations o WHERE o.credit_code = upper(trim($1)) AND o.side = 'operate' AND o.status = 'verified'`, code).Scan(organisationInto(&o)...)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && o.Suspended {
		return o, fault.At("winner", "没有这个通过认证的运营机构；管理数据的部门和使用数据的机构都不能是运营机构。")
	}
	return o, err
}

// roleIn is what somebody is in an organisation; empty: nothing.
func roleIn(ctx context.Context, q database.Querier, organisation, user int64) (role string, err error) {
	err = q.QueryRow(ctx, `SELECT role FROM organisation_members WHERE organisation_id = $1 AND user_id = $2`, organisation, user).Scan(&role)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return role, err
}

// levelOf is how far above a mandate a department stands: 0 is its own body, 1 the body
// of the one above it; less than 0: it is the body of none of them.
func levelOf(ctx context.Context, q database.Querier, mandate, department int64) (level int, err error) {
	err = q.QueryRow(ctx, `
		WITH RECURSIVE chain AS (SELECT parent_id, body_id, 0 AS level FROM mandates WHERE id = $1 UNION ALL SELECT m.parent_id, m.body_id, c.level + 1 FROM mandates m JOIN chain c ON m.id = c.parent_id)
		SELECT coalesce((SELECT min(level) FROM chain WHERE body_id = $2), -1)`, mandate, department).Scan(&level)
	return level, err
}

// belowBody are the mandates under those of the body @department.
const belowBody = `WITH RECURSIVE under AS (SELECT c.id FROM mandates c JOIN mandates a ON a.id = c.parent_id WHERE a.body_id = @department UNION SELECT c.id FROM mandates c JOIN under u ON c.parent_id = u.id) SELECT id FROM under`

// Events.

func insertEvent(ctx context.Context, tx pgx.Tx, who account.Actor, subject string, id int64, e Event) error {
	var by *int64
	if who.ID > 0 {
		by = &who.ID
	} else {
		e.Name = ""
	}
	_, err := tx.Exec(ctx, `INSERT INTO operation_events (subject, case_id, act, by_id, name, side, words, state, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, subject, id, e.Act, by, e.Name, e.Side, e.Words, e.State, e.At)
	if err != nil {
		return fmt.Errorf("event of %s %d: %w", subject, id, err)
	}
	return nil
}

func selectEvents(ctx context.Context, q database.Querier, subject string, id int64) ([]Event, error) {
	rows, err := q.Query(ctx, `SELECT act, name, side, words, state, at FROM operation_events WHERE subject = $1 AND case_id = $2 ORDER BY id`, subject, id)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

// Plans.

const planColumns = `p.id, p.number, coalesce(p.parent_id, 0), coalesce((SELECT number FROM mandates WHERE id = p.parent_id), ''), ` + bodyColumns + `, p.title, p.need, p.products, p.forms, p.purposes, p.months,
	p.security_level, p.security, p.evaluation, p.exit_plan, p.state, p.state_at, p.reason, p.drafted_by, p.drafted_name, coalesce(p.decided_by, 0), p.decided_name, p.decided_at, p.made_at, p.revision,
	coalesce((SELECT number FROM mandates m WHERE m.plan_id = p.id AND m.renews_id IS NULL AND m.state <> 'withdrawn'), '')`

func scanPlan(row pgx.CollectableRow) (p Plan, err error) {
	into := append([]any{&p.ID, &p.Number, &p.parent, &p.Parent}, bodyInto(&p.Body)...)
	into = append(into, &p.Title, &p.Need, &p.Products, &p.Forms, &p.Purposes, &p.Months, &p.SecurityLevel, &p.Security, &p.Evaluation, &p.Exit, &p.State, &p.StateAt, &p.Reason, &p.drafter, &p.DraftedBy, &p.decider, &p.DecidedBy, &p.DecidedAt, &p.MadeAt, &p.Revision, &p.Mandate)
	return p, row.Scan(into...)
}

func (s *Service) planList(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Plan, error) {
	rows, err := q.Query(ctx, `SELECT `+planColumns+` FROM mandate_plans p JOIN departments b ON b.id = p.body_id WHERE `+where+` ORDER BY p.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("plans: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanPlan)
	if err != nil {
		return nil, fmt.Errorf("plans: %w", err)
	}
	for i := range out {
		if out[i].Items, err = selectItems(ctx, q, `(SELECT dataset_id, columns, '{}'::text[] AS forms, '{}'::text[] AS purposes, id FROM mandate_plan_items WHERE plan_id = $1)`, out[i].ID); err != nil {
			return nil, err
		}
		if out[i].Award, err = selectAward(ctx, q, out[i].ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) planBy(ctx context.Context, q database.Querier, number string, lock bool) (*Plan, error) {
	if lock {
		if _, err := q.Exec(ctx, `SELECT FROM mandate_plans WHERE number = $1 FOR UPDATE`, number); err != nil {
			return nil, err
		}
	}
	return s.onePlan(ctx, q, `p.number = @key`, number)
}

func (s *Service) planByID(ctx context.Context, q database.Querier, id int64) (*Plan, error) {
	return s.onePlan(ctx, q, `p.id = @key`, id)
}

func (s *Service) onePlan(ctx context.Context, q database.Querier, where string, key any) (*Plan, error) {
	found, err := s.planList(ctx, q, where, pgx.NamedArgs{"key": key, "limit": 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoPlan()
	}
	return &found[0], nil
}

func selectItems(ctx context.Context, q database.Querier, from string, id int64) ([]Item, error) {
	rows, err := q.Query(ctx, `SELECT d.id, d.slug, d.title, d.title_en, d.open_type, `+bodyColumns+`, i.columns, i.forms, i.purposes FROM `+from+` i JOIN datasets d ON d.id = i.dataset_id JOIN departments b ON b.id = d.department_id ORDER BY i.id`, id)
	if err != nil {
		return nil, fmt.Errorf("items: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (i Item, err error) {
		into := append([]any{&i.Dataset, &i.Slug, &i.Title, &i.TitleEN, &i.Open}, bodyInto(&i.Owner)...)
		return i, row.Scan(append(into, &i.Columns, &i.Forms, &i.Purposes)...)
	})
}

func (p *Plan) args() pgx.NamedArgs {
	return pgx.NamedArgs{"id": p.ID, "number": p.Number, "body": p.Body.ID, "parent": p.parent, "title": p.Title, "need": p.Need, "products": p.Products, "forms": texts(p.Forms), "purposes": texts(p.Purposes), "months": p.Months,
		"level": p.SecurityLevel, "security": p.Security, "evaluation": p.Evaluation, "exit": p.Exit, "state": p.State, "state_at": p.StateAt, "reason": p.Reason, "drafter": p.drafter, "drafted": p.DraftedBy, "made": p.MadeAt,
		"decider": p.decider, "decided": p.DecidedBy, "decided_at": p.DecidedAt, "sent": p.sent}
}

func texts(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func insertPlan(ctx context.Context, tx pgx.Tx, p *Plan) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO mandate_plans (number, body_id, parent_id, title, need, products, forms, purposes, months, security_level, security, evaluation, exit_plan, state, state_at, drafted_by, drafted_name, made_at, sent)
		VALUES (@number, @body, nullif(@parent::bigint, 0), @title, @need, @products, @forms, @purposes, @months, @level, @security, @evaluation, @exit, @state, @state_at, @drafter, @drafted, @made, nullif(@sent, '')) RETURNING id, revision`, p.args()).Scan(&p.ID, &p.Revision)
	if err != nil {
		return fmt.Errorf("insert plan: %w", err)
	}
	return insertPlanItems(ctx, tx, p)
}

func insertPlanItems(ctx context.Context, tx pgx.Tx, p *Plan) error {
	for _, i := range p.Items {
		if _, err := tx.Exec(ctx, `INSERT INTO mandate_plan_items (plan_id, dataset_id, columns) VALUES ($1, $2, $3)`, p.ID, i.Dataset, i.Columns); err != nil {
			return fmt.Errorf("items of a plan: %w", err)
		}
	}
	return nil
}

// savePlan writes what changed of a plan; written: also what a form says.
func savePlan(ctx context.Context, tx pgx.Tx, p *Plan, written bool) error {
	err := tx.QueryRow(ctx, `
		UPDATE mandate_plans SET parent_id = nullif(@parent::bigint, 0), title = @title, need = @need, products = @products, forms = @forms, purposes = @purposes, months = @months, security_level = @level, security = @security,
			evaluation = @evaluation, exit_plan = @exit, state = @state, state_at = @state_at, reason = @reason, drafted_by = @drafter, drafted_name = @drafted, decided_by = nullif(@decider::bigint, 0), decided_name = @decided,
			decided_at = @decided_at, revision = revision + 1
		WHERE id = @id RETURNING revision`, p.args()).Scan(&p.Revision)
	if err != nil {
		return fmt.Errorf("save plan %s: %w", p.Number, err)
	}
	if !written {
		return nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM mandate_plan_items WHERE plan_id = $1`, p.ID); err != nil {
		return fmt.Errorf("items of a plan: %w", err)
	}
	return insertPlanItems(ctx, tx, p)
}

func selectAward(ctx context.Context, q database.Querier, plan int64) (*Award, error) {
	var a Award
	err := q.QueryRow(ctx, `SELECT `+organisationColumns+`, a.way, a.candidates, a.announced_on, a.words, a.tender, a.recorded_name, a.recorded_at FROM mandate_awards a JOIN organisations o ON o.id = a.winner_id WHERE a.plan_id = $1`, plan).
		Scan(append(organisationInto(&a.Winner), &a.Way, &a.Candidates, &a.On, &a.Words, &a.Tender, &a.By, &a.At)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("award: %w", err)
	}
	return &a, nil
}

// awardOf is the plan for which a tender has chosen; empty: none.
func awardOf(ctx context.Context, q database.Querier, tender string) (plan string, err error) {
	err = q.QueryRow(ctx, `SELECT p.number FROM mandate_awards a JOIN mandate_plans p ON p.id = a.plan_id WHERE a.tender = $1`, tender).Scan(&plan)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return plan, err
}

func insertAward(ctx context.Context, tx pgx.Tx, who account.Actor, plan int64, a *Award) error {
	_, err := tx.Exec(ctx, `INSERT INTO mandate_awards (plan_id, winner_id, way, candidates, announced_on, words, tender, recorded_by, recorded_name, recorded_at) VALUES ($1, $2, $3, $4, $5::date, $6, $7, $8, $9, $10)`,
		plan, a.Winner.ID, a.Way, a.Candidates, day(a.On), a.Words, a.Tender, who.ID, a.By, a.At)
	if err != nil {
		return fmt.Errorf("award: %w", err)
	}
	return nil
}

// Mandates.

const mandateColumns = `m.id, m.number, coalesce(m.parent_id, 0), coalesce(above.number, ''), coalesce(above.body_id, 0), coalesce(m.renews_id, 0), coalesce((SELECT number FROM mandates WHERE id = m.renews_id), ''), coalesce(m.plan_id, 0), coalesce(p.number, ''),
	` + bodyColumns + `, ` + organisationColumns + `, m.title, m.products, m.purposes, m.forms, m.from_at, m.until_at, m.security_level, m.security, m.evaluation, m.evaluation_months, m.exit_plan, coalesce(m.income, 0), m.income_months, m.tariff,
	m.state, m.state_at, m.reason, m.basis, m.held_by, coalesce(h.id, 0), coalesce(h.name, ''), coalesce(h.name_en, ''), coalesce(m.drafted_by, 0), m.drafted_name, coalesce(m.approved_by, 0), m.approved_name, m.template, m.agreement, m.sha256, m.locked_at,
	coalesce(m.body_signed_by, 0), m.body_signed_name, m.body_signed_at, m.body_signed_method, coalesce(m.operator_signed_by, 0), m.operator_signed_name, m.operator_signed_at, m.operator_signed_method, m.made_at, m.revision`

const mandateTables = ` FROM mandates m JOIN departments b ON b.id = m.body_id JOIN organisations o ON o.id = m.operator_id LEFT JOIN mandates above ON above.id = m.parent_id LEFT JOIN mandate_plans p ON p.id = m.plan_id LEFT JOIN departments h ON h.id = m.held_body `

func scanMandate(row pgx.CollectableRow) (m Mandate, err error) {
	var tariff []byte
	into := []any{&m.ID, &m.Number, &m.parent, &m.Parent, &m.parentBody, &m.renews, &m.Renews, &m.plan, &m.Plan}
	into = append(append(into, bodyInto(&m.Body)...), organisationInto(&m.Operator)...)
	into = append(into, &m.Title, &m.Products, &m.Purposes, &m.Forms, &m.From, &m.Until, &m.SecurityLevel, &m.Security, &m.Evaluation, &m.Cycle, &m.Exit, &m.Income, &m.IncomeMonths, &tariff,
		&m.State, &m.StateAt, &m.Reason, &m.Basis, &m.HeldBy, &m.HeldBody.ID, &m.HeldBody.Name, &m.HeldBody.NameEN, &m.drafter, &m.DraftedBy, &m.approver, &m.ApprovedBy, &m.Template, &m.Text, &m.SHA256, &m.LockedAt,
		&m.BodySigned.by, &m.BodySigned.By, &m.BodySigned.At, &m.BodySigned.Method, &m.OpSigned.by, &m.OpSigned.By, &m.OpSigned.At, &m.OpSigned.Method, &m.MadeAt, &m.Revision)
	if err := row.Scan(into...); err != nil {
		return m, err
	}
	return m, json.Unmarshal(tariff, &m.Tariff)
}

// mandateList reads mandates with their scope and ceilings; args say the limit.
func (s *Service) mandateList(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Mandate, error) {
	rows, err := q.Query(ctx, `SELECT `+mandateColumns+mandateTables+`WHERE `+where+` ORDER BY m.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("mandates: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanMandate)
	if err != nil {
		return nil, fmt.Errorf("mandates: %w", err)
	}
	for i := range out {
		if out[i].Items, err = selectItems(ctx, q, `(SELECT dataset_id, columns, forms, purposes, id FROM mandate_items WHERE mandate_id = $1)`, out[i].ID); err != nil {
			return nil, err
		}
		if out[i].Ceilings, err = selectCeilings(ctx, q, out[i].ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func selectCeilings(ctx context.Context, q database.Querier, mandate int64) ([]Ceiling, error) {
	rows, err := q.Query(ctx, `SELECT form, unit, fen FROM mandate_ceilings WHERE mandate_id = $1 ORDER BY id`, mandate)
	if err != nil {
		return nil, fmt.Errorf("ceilings: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Ceiling])
}

// mandateBy is a mandate by its number; lock holds it until the transaction ends.
func (s *Service) mandateBy(ctx context.Context, q database.Querier, number string, lock bool) (*Mandate, error) {
	if lock {
		if _, err := q.Exec(ctx, `SELECT FROM mandates WHERE number = $1 FOR UPDATE`, number); err != nil {
			return nil, err
		}
	}
	return s.oneMandate(ctx, q, `m.number = @key`, number)
}

func (s *Service) mandateByID(ctx context.Context, q database.Querier, id int64) (*Mandate, error) {
	return s.oneMandate(ctx, q, `m.id = @key`, id)
}

func (s *Service) oneMandate(ctx context.Context, q database.Querier, where string, key any) (*Mandate, error) {
	found, err := s.mandateList(ctx, q, where, pgx.NamedArgs{"key": key, "limit": 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoMandate()
	}
	return &found[0], nil
}

func (m *Mandate) args() pgx.NamedArgs {
	tariff, _ := json.Marshal(m.Tariff) // numbers and words
	if m.Tariff == nil {
		tariff = []byte("[]")
	}
	return pgx.NamedArgs{"id": m.ID, "number": m.Number, "parent": m.parent, "renews": m.renews, "body": m.Body.ID, "operator": m.Operator.ID, "plan": m.plan, "title": m.Title, "products": m.Products, "purposes": texts(m.Purposes), "forms": texts(m.Forms),
		"from": m.From, "until": m.Until, "level": m.SecurityLevel, "security": m.Security, "evaluation": m.Evaluation, "cycle": m.Cycle, "exit": m.Exit, "income": m.Income, "income_months": m.IncomeMonths, "tariff": tariff,
		"state": m.State, "state_at": m.StateAt, "reason": m.Reason, "basis": m.Basis, "held": m.HeldBy, "held_body": m.HeldBody.ID, "drafter": m.drafter, "drafted": m.DraftedBy, "approver": m.approver, "approved": m.ApprovedBy,
		"template": m.Template, "text": m.Text, "sha256": m.SHA256, "locked": m.LockedAt, "made": m.MadeAt, "sent": m.sent,
		"body_by": m.BodySigned.by, "body_name": m.BodySigned.By, "body_at": m.BodySigned.At, "operator_by": m.OpSigned.by, "operator_name": m.OpSigned.By, "operator_at": m.OpSigned.At, "session": m.who.Session}
}

func insertMandate(ctx context.Context, tx pgx.Tx, m *Mandate) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO mandates (number, parent_id, renews_id, body_id, operator_id, plan_id, title, products, purposes, forms, from_at, until_at, security_level, security, evaluation, evaluation_months, exit_plan, income, income_months,
			state, state_at, drafted_by, drafted_name, made_at, sent)
		VALUES (@number, nullif(@parent::bigint, 0), nullif(@renews::bigint, 0), @body, @operator, nullif(@plan::bigint, 0), @title, @products, @purposes, @forms, @from, @until, @level, @security, @evaluation, @cycle, @exit, nullif(@income::bigint, 0), @income_months,
			@state, @state_at, @drafter, @drafted, @made, nullif(@sent, '')) RETURNING id, revision`, m.args()).Scan(&m.ID, &m.Revision)
	if err != nil {
		return fmt.Errorf("insert mandate: %w", err)
	}
	return insertParts(ctx, tx, m)
}

func insertParts(ctx context.Context, tx pgx.Tx, m *Mandate) error {
	for _, i := range m.Items {
		if _, err := tx.Exec(ctx, `INSERT INTO mandate_items (mandate_id, dataset_id, columns, forms, purposes) VALUES ($1, $2, $3, $4, $5)`, m.ID, i.Dataset, i.Columns, texts(i.Forms), texts(i.Purposes)); err != nil {
			return fmt.Errorf("items of a mandate: %w", err)
		}
	}
	for _, c := range m.Ceilings {
		if _, err := tx.Exec(ctx, `INSERT INTO mandate_ceilings (mandate_id, form, unit, fen) VALUES ($1, $2, $3, $4)`, m.ID, c.Form, c.Unit, c.Fen); err != nil {
			return fmt.Errorf("ceilings of a mandate: %w", err)
		}
	}
	return nil
}

// saveDraft writes what a form says of a draft.
func saveDraft(ctx context.Context, tx pgx.Tx, m *Mandate) error {
	for _, table := range []string{"mandate_items", "mandate_ceilings"} {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE mandate_id = $1`, m.ID); err != nil {
			return fmt.Errorf("save mandate %s: %w", m.Number, err)
		}
	}
	err := tx.QueryRow(ctx, `
		UPDATE mandates SET title = @title, from_at = @from, until_at = @until, income = nullif(@income::bigint, 0), income_months = @income_months, drafted_by = @drafter, drafted_name = @drafted, revision = revision + 1
		WHERE id = @id RETURNING revision`, m.args()).Scan(&m.Revision)
	if err != nil {
		return fmt.Errorf("save mandate %s: %w", m.Number, err)
	}
	return insertParts(ctx, tx, m)
}

// saveMandate is the one UPDATE of a move: nothing below a mandate is changed by it.
func saveMandate(ctx context.Context, tx pgx.Tx, m *Mandate, a Action) error {
	args := m.args()
	args["act"] = string(a)
	const method = `coalesce((SELECT coalesce(nullif(confirmed_by, ''), 'sign-in') FROM sessions WHERE id = @session), '')`
	err := tx.QueryRow(ctx, `
		UPDATE mandates SET state = @state, state_at = @state_at, reason = @reason, basis = @basis, held_by = @held, held_body = nullif(@held_body::bigint, 0), approved_by = nullif(@approver::bigint, 0), approved_name = @approved,
			template = @template, agreement = @text, sha256 = @sha256, locked_at = @locked, tariff = @tariff,
			body_signed_by = nullif(@body_by::bigint, 0), body_signed_name = @body_name, body_signed_at = @body_at, body_signed_method = CASE WHEN @act = 'sign' THEN `+method+` ELSE body_signed_method END,
			operator_signed_by = nullif(@operator_by::bigint, 0), operator_signed_name = @operator_name, operator_signed_at = @operator_at, operator_signed_method = CASE WHEN @act = 'sign_operator' THEN `+method+` ELSE operator_signed_method END,
			revision = revision + 1
		WHERE id = @id RETURNING revision, body_signed_method, operator_signed_method`, args).Scan(&m.Revision, &m.BodySigned.Method, &m.OpSigned.Method)
	if err != nil {
		return fmt.Errorf("save mandate %s: %w", m.Number, err)
	}
	return nil
}

// below is what has not ended under a mandate.
func below(ctx context.Context, q database.Querier, mandate int64) ([]Below, error) {
	rows, err := q.Query(ctx, `SELECT kind, number FROM mandate_holds($1) ORDER BY kind, number`, mandate)
	if err != nil {
		return nil, fmt.Errorf("below a mandate: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Below])
}

// counts is how much stands below a mandate and the mandates under it.
func counts(ctx context.Context, q database.Querier, mandate int64) (c Counts, err error) {
	err = q.QueryRow(ctx, `
		WITH RECURSIVE under AS (SELECT $1::bigint AS id UNION ALL SELECT m.id FROM mandates m JOIN under u ON m.parent_id = u.id WHERE m.state NOT IN ('closed', 'withdrawn')),
			run AS (SELECT s.id FROM scenarios s JOIN under u ON u.id = s.mandate_id WHERE s.state IN ('authorised', 'active', 'suspended')),
			bound AS (SELECT c.id FROM scenario_contracts c JOIN run ON run.id = c.scenario_id WHERE c.state IN ('active', 'suspended'))
		SELECT (SELECT count(*) - 1 FROM under), (SELECT count(*) FROM developers d JOIN under u ON u.id = d.mandate_id WHERE d.state = 'admitted'),
			(SELECT count(*) FROM run), (SELECT count(*) FROM bound), (SELECT count(*) FROM scenario_grants g JOIN bound ON bound.id = g.contract_id WHERE g.state <> 'ended')`, mandate).
		Scan(&c.Mandates, &c.Developers, &c.Scenarios, &c.Contracts, &c.Grants)
	return c, err
}

// dueMandates are the numbers of those that time moves now.
func dueMandates(ctx context.Context, q database.Querier, now time.Time) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT number FROM mandates WHERE state = 'signed' AND from_at <= $1 OR state IN ('signed', 'active', 'suspended') AND until_at <= $1 ORDER BY id`, now)
	if err != nil {
		return nil, fmt.Errorf("mandates due: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// isRenewed reports whether another mandate renews one.
func isRenewed(ctx context.Context, q database.Querier, mandate int64) (yes bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM mandates WHERE renews_id = $1 AND state <> 'withdrawn')`, mandate).Scan(&yes)
	return yes, err
}

// renewalOf is the mandate as which one goes on, where both have signed its renewal, or
// else the one itself.
func renewalOf(ctx context.Context, q database.Querier, mandate int64, number string) (int64, string, error) {
	if mandate == 0 {
		return 0, "", nil
	}
	err := q.QueryRow(ctx, `SELECT id, number FROM mandates WHERE renews_id = $1 AND state IN ('signed', 'active')`, mandate).Scan(&mandate, &number)
	if errors.Is(err, pgx.ErrNoRows) {
		return mandate, number, nil
	}
	return mandate, number, err
}

func insertEvaluation(ctx context.Context, tx pgx.Tx, who account.Actor, mandate int64, e Evaluation) (bool, error) {
	tag, err := tx.Exec(ctx, `INSERT INTO mandate_evaluations (mandate_id, from_on, until_on, verdict, findings, income, carried, evaluated_by, evaluated_name, evaluated_at) VALUES ($1, $2::date, $3::date + 1, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
		mandate, day(e.From), day(e.Last), e.Verdict, e.Findings, e.Income, e.Carried, who.ID, e.By, e.At)
	if err != nil {
		return false, fmt.Errorf("evaluation: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

func selectEvaluations(ctx context.Context, q database.Querier, mandate int64) ([]Evaluation, error) {
	rows, err := q.Query(ctx, `SELECT from_on, until_on - 1, verdict, findings, income, carried, evaluated_name, evaluated_at FROM mandate_evaluations WHERE mandate_id = $1 ORDER BY from_on`, mandate)
	if err != nil {
		return nil, fmt.Errorf("evaluations: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Evaluation])
}

// Disclosure.

// visibleIDs are the datasets of a scope that everybody may see in the catalogue.
func visibleIDs(ctx context.Context, q database.Querier, mandate int64) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT d.id FROM mandate_items i JOIN datasets d ON d.id = i.dataset_id WHERE i.mandate_id = $1 AND d.status = 'published' AND d.open_type IN ('unconditional', 'conditional')`, mandate)
	if err != nil {
		return nil, fmt.Errorf("what is public of a scope: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// selectScenarios are the scenarios that were authorised under a mandate.
func selectScenarios(ctx context.Context, q database.Querier, mandate int64) ([]DisclosedScenario, error) {
	rows, err := q.Query(ctx, `SELECT s.number, s.title, o.name, s.use_class, s.state FROM scenarios s JOIN organisations o ON o.id = s.organisation_id
		WHERE s.mandate_id = $1 AND s.state IN ('authorised', 'active', 'suspended', 'expired', 'terminated', 'surrendered', 'closed') ORDER BY s.id`, mandate)
	if err != nil {
		return nil, fmt.Errorf("scenarios of a mandate: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DisclosedScenario])
	if out == nil {
		out = []DisclosedScenario{}
	}
	return out, err
}

// selectAdmitted are the developers that are admitted with a mandate.
func selectAdmitted(ctx context.Context, q database.Querier, mandate int64) ([]DisclosedEntrant, error) {
	rows, err := q.Query(ctx, `SELECT o.name, o.credit_code, d.state_at FROM developers d JOIN organisations o ON o.id = d.organisation_id WHERE d.mandate_id = $1 AND d.state = 'admitted' ORDER BY d.id`, mandate)
	if err != nil {
		return nil, fmt.Errorf("developers of a mandate: %w", err)
	}
	out := []DisclosedEntrant{}
	var d DisclosedEntrant
	var since time.Time
	_, err = pgx.ForEachRow(rows, []any{&d.Name, &d.Code, &since}, func() error { d.Since = day(since); out = append(out, d); return nil })
	return out, err
}

func selectFigures(ctx context.Context, q database.Querier) (f Figures, err error) {
	err = q.QueryRow(ctx, `
		WITH known AS (SELECT m.id, m.state, m.operator_id FROM mandates m WHERE `+isPublic+`), live AS (SELECT * FROM known WHERE state = 'active')
		SELECT (SELECT count(*) FROM known), (SELECT count(*) FROM live), (SELECT count(DISTINCT operator_id) FROM live),
			(SELECT count(DISTINCT d.organisation_id) FROM developers d JOIN live ON live.id = d.mandate_id WHERE d.state = 'admitted'),
			(SELECT count(*) FROM scenarios s JOIN known ON known.id = s.mandate_id WHERE s.state IN ('authorised', 'active', 'suspended', 'expired', 'terminated', 'surrendered', 'closed'))`).
		Scan(&f.Mandates, &f.Active, &f.Operators, &f.Developers, &f.Scenarios)
	if err != nil {
		return f, fmt.Errorf("figures of authorised operation: %w", err)
	}
	return f, nil
}

func selectLoad(ctx context.Context, q database.Querier, user int64) (l Load, err error) {
	err = q.QueryRow(ctx, `
		WITH own AS (SELECT id FROM mandates WHERE operator_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = $1) AND state NOT IN ('draft', 'under_review', 'withdrawn')),
			case_of AS (SELECT s.id, s.state FROM scenarios s JOIN own ON own.id = s.mandate_id), space AS (SELECT w.id FROM workspaces w JOIN case_of c ON c.id = w.scenario_id WHERE w.state <> 'destroyed')
		SELECT (SELECT count(*) FROM developers d JOIN own ON own.id = d.mandate_id WHERE d.state = 'admitted'), (SELECT count(*) FROM case_of WHERE state IN ('active', 'suspended')),
			(SELECT count(*) FROM case_of WHERE state IN ('submitted', 'returned', 'screened', 'reviewed', 'awarding', 'authorised')), (SELECT count(*) FROM space),
			(SELECT count(*) FROM output_reviews r JOIN space ON space.id = r.workspace_id WHERE r.ended_at IS NULL)`, user).
		Scan(&l.Developers, &l.Scenarios, &l.Applied, &l.Workspaces, &l.Reviews)
	if err != nil {
		return l, fmt.Errorf("what an operator has: %w", err)
	}
	return l, nil
}

// bodyBy is a department by its slug.
func bodyBy(ctx context.Context, q database.Querier, slug string) (b Body, err error) {
	err = q.QueryRow(ctx, `SELECT `+bodyColumns+` FROM departments b WHERE b.slug = $1`, slug).Scan(bodyInto(&b)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return b, errNoReport()
	}
	return b, err
}

func bodyByID(ctx context.Context, q database.Querier, id int64) (b Body, err error) {
	err = q.QueryRow(ctx, `SELECT `+bodyColumns+` FROM departments b WHERE b.id = $1`, id).Scan(bodyInto(&b)...)
	return b, err
}

func insertReport(ctx context.Context, tx pgx.Tx, who account.Actor, body int64, i *Issued) (bool, error) {
	tag, err := tx.Exec(ctx, `INSERT INTO disclosure_reports (body_id, year, content, sha256, issued_by, issued_name, issued_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`, body, i.Year, string(i.Raw), i.SHA256, who.ID, who.Name, i.At)
	if err != nil {
		return false, fmt.Errorf("issue a report: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

func selectReports(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Issued, error) {
	rows, err := q.Query(ctx, `SELECT b.slug, r.content, r.sha256, r.issued_at FROM disclosure_reports r JOIN departments b ON b.id = r.body_id WHERE `+where+` ORDER BY r.year DESC, r.id DESC`, args)
	if err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (i Issued, err error) {
		var content string
		if err := row.Scan(&i.Slug, &content, &i.SHA256, &i.At); err != nil {
			return i, err
		}
		i.Raw = []byte(content)
		return i, json.Unmarshal(i.Raw, &i.Report)
	})
}

// owedYears are the years before one in which mandates of a body stood and about which
// no report was issued.
func owedYears(ctx context.Context, q database.Querier, body int64, year int) ([]int, error) {
	rows, err := q.Query(ctx, `
		SELECT DISTINCT y FROM mandates m,
			generate_series(extract(year FROM m.body_signed_at AT TIME ZONE 'Asia/Shanghai')::int, least($2 - 1, CASE WHEN m.state IN ('signed', 'active', 'suspended') THEN $2 - 1 ELSE extract(year FROM m.state_at AT TIME ZONE 'Asia/Shanghai')::int END)) y
		WHERE m.body_id = $1 AND m.body_signed_at IS NOT NULL AND NOT EXISTS (SELECT FROM disclosure_reports r WHERE r.body_id = m.body_id AND r.year = y) ORDER BY y`, body, year)
	if err != nil {
		return nil, fmt.Errorf("reports owed: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int])
}

func openClocks(ctx context.Context, q database.Querier) ([]calendars.Open, error) {
	rows, err := q.Query(ctx, `SELECT 'developer', number, clock_profile, clock_path, clock_from FROM developers WHERE state = 'submitted' AND clock_path <> '' ORDER BY 2`)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o calendars.Open, err error) {
		return o, row.Scan(&o.Kind, &o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From)
	})
}
