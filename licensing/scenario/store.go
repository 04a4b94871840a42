package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/licensing/papers"
)

const columns = `s.id, s.number, s.organisation_id, o.name, o.credit_code, o.sample, s.user_id, s.kind, s.title, s.sector, s.use_class, s.research, s.purpose, s.description, s.method, s.audience, s.outputs,
	s.personal_basis, s.personal_how, s.security_plan, s.emergency_plan, s.filing, s.delivery, s.months, s.submitted_at, s.returns, s.missing,
	coalesce(s.screened_by, 0), s.screened_name, s.screened_at, s.screened_words, s.security_verdict, s.security_words, coalesce(s.security_by, 0), s.security_name, s.security_at,
	s.award, coalesce(s.decided_by, 0), s.decided_name, s.decided_at, s.decision, s.bases, s.from_at, s.until_at, s.state, s.state_at, s.reason, s.violation, s.suspended_by, s.told, s.made_at, s.saved_at, s.revision,
	coalesce(s.template_id, 0), coalesce(t.number, ''), coalesce(e.id, 0), coalesce(e.number, ''), coalesce(e.state, ''), e.until_at,
	m.id, m.number, m.title, m.operator_id, p.name, m.purposes, m.forms, m.from_at, m.until_at, m.state, mandate_stands(m.id, @now), b.id, b.slug, b.name, b.name_en, b.profile,
	coalesce((SELECT jsonb_agg(jsonb_build_object('Of', c.of, 'Item', coalesce(c.item_id, 0), 'Profile', c.profile, 'Path', c.path, 'From', c.began_at, 'Stopped', c.stopped_at) ORDER BY c.number) FROM scenario_clocks c WHERE c.scenario_id = s.id), '[]')`

const tables = ` FROM scenarios s JOIN organisations o ON o.id = s.organisation_id JOIN mandates m ON m.id = s.mandate_id JOIN organisations p ON p.id = m.operator_id JOIN departments b ON b.id = m.body_id
	LEFT JOIN scenario_templates t ON t.id = s.template_id LEFT JOIN scenarios e ON e.id = s.earlier_id `

type keptClock struct {
	Of            Which
	Item          int64
	Profile, Path string
	From          time.Time
	Stopped       *time.Time
}

func (s *Service) scan(row pgx.CollectableRow) (Scenario, error) {
	var x Scenario
	var e Earlier
	var clocks []keptClock
	m, b := &x.Mandate, &x.Mandate.Body
	err := row.Scan(&x.ID, &x.Number, &x.Organisation, &x.Developer, &x.Code, &x.Sample, &x.User, &x.Kind, &x.Title, &x.Sector, &x.Class, &x.Research, &x.Purpose, &x.Description, &x.Method, &x.Audience, &x.Outputs,
		&x.Personal, &x.PersonalHow, &x.SecurityPlan, &x.EmergencyPlan, &x.Filing, &x.Delivery, &x.Months, &x.SubmittedAt, &x.Returns, &x.Missing,
		&x.screenedBy, &x.ScreenedBy, &x.ScreenedAt, &x.ScreenedWords, &x.Verdict, &x.VerdictWords, &x.securityBy, &x.VerdictBy, &x.VerdictAt,
		&x.Award, &x.decidedBy, &x.Decider, &x.DecidedAt, &x.Decision, &x.Bases, &x.From, &x.Until, &x.State, &x.StateAt, &x.Reason, &x.Violation, &x.SuspendedBy, &x.told, &x.MadeAt, &x.SavedAt, &x.Revision,
		&x.template, &x.Template, &e.ID, &e.Number, &e.State, &e.Until,
		&m.ID, &m.Number, &m.Title, &m.Operator, &m.Name, &m.Purposes, &m.Forms, &m.From, &m.Until, &m.State, &m.Stands, &b.ID, &b.Slug, &b.Name, &b.NameEN, &b.Profile, &clocks)
	if e.ID != 0 {
		x.Earlier = &e
	}
	for _, k := range clocks {
		c := Clock{Of: k.Of, Item: k.Item, From: k.From, Stopped: k.Stopped, ref: deadline.Ref{Profile: k.Profile, Path: k.Path, From: k.From}}
		if clock, err := s.clocks.Resume(c.ref); err == nil {
			c.Clock = &clock
		}
		x.Clocks = append(x.Clocks, c)
	}
	x.returnsMost, x.now = s.limits.Completions, s.now()
	return x, err
}

// list are scenarios with their items and contracts.
func (s *Service) list(ctx context.Context, q database.Querier, where, rest string, args pgx.NamedArgs) ([]Scenario, error) {
	args["now"] = s.now()
	rows, err := q.Query(ctx, `SELECT `+columns+tables+`WHERE `+where+` `+rest, args)
	if err != nil {
		return nil, fmt.Errorf("scenarios: %w", err)
	}
	found, err := pgx.CollectRows(rows, s.scan)
	if err != nil {
		return nil, fmt.Errorf("scenarios: %w", err)
	}
	ids := make([]int64, len(found))
	at := map[int64]*Scenario{}
	for i := range found {
		ids[i], at[found[i].ID] = found[i].ID, &found[i]
	}
	if err := fillItems(ctx, q, ids, at); err != nil {
		return nil, err
	}
	if err := fillContracts(ctx, q, ids, at); err != nil {
		return nil, err
	}
	for i := range found {
		s.derive(&found[i])
	}
	return found, nil
}

const entryColumns = `d.id, d.slug, d.title, d.title_en, d.status, d.open_type, p.id, p.slug, p.name, p.name_en, p.profile`

func entryFields(d *datasets.Dataset) []any {
	p := &d.Department
	return []any{&d.ID, &d.Slug, &d.Title, &d.TitleEN, &d.Status, &d.Open, &p.ID, &p.Slug, &p.Name, &p.NameEN, &p.Profile}
}

func fillItems(ctx context.Context, q database.Querier, ids []int64, at map[int64]*Scenario) error {
	rows, err := q.Query(ctx, `
		SELECT i.scenario_id, i.id, i.resource_id, r.name, r.name_en, i.columns, i.uses, i.why, i.rows_where, i.span, i.refresh, i.open_type,
			i.decision, i.given_columns, i.given_uses, i.given_where, i.reason, i.bases, coalesce(i.decided_by, 0), i.decided_name, i.decided_at, coalesce(i.consent_id, 0), coalesce(c.by_name, ''), c.at, `+entryColumns+`
		FROM scenario_items i JOIN resources r ON r.id = i.resource_id JOIN datasets d ON d.id = i.dataset_id JOIN departments p ON p.id = d.department_id LEFT JOIN scenario_consents c ON c.id = i.consent_id
		WHERE i.scenario_id = ANY (@ids) ORDER BY i.id`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return fmt.Errorf("items of scenarios: %w", err)
	}
	var scenario int64
	var i Item
	var by string
	var on *time.Time
	into := append([]any{&scenario, &i.ID, &i.Resource, &i.Name, &i.NameEN, &i.Columns, &i.Uses, &i.Why, &i.Where, &i.Span, &i.Refresh, &i.Open,
		&i.Decision, &i.GivenColumns, &i.GivenUses, &i.GivenWhere, &i.Reason, &i.Bases, &i.by, &i.By, &i.At, &i.consent, &by, &on}, entryFields(&i.Dataset)...)
	_, err = pgx.ForEachRow(rows, into, func() error {
		one := i
		if one.consent != 0 && on != nil {
			one.Consent = &Consent{ID: one.consent, By: by, At: *on}
		}
		x := at[scenario]
		for _, c := range x.Clocks {
			if c.Of == Opinion && c.Item == one.ID {
				one.Clock, one.Stopped = c.Clock, c.Stopped
			}
		}
		x.Items = append(x.Items, one)
		i.Columns, i.Uses, i.Why, i.GivenColumns, i.GivenUses, i.Bases = nil, nil, nil, nil, nil, nil
		return nil
	})
	if err != nil {
		return fmt.Errorf("items of scenarios: %w", err)
	}
	return nil
}

const contractColumns = `c.id, c.number, c.template, c.blanks, c.body, c.sha256, c.from_at, c.until_at, c.offered_at, c.operator_name, c.operator_at, c.operator_method, c.developer_name, c.developer_at, c.developer_method, c.state, c.state_at, c.reason, c.revision`

func (c *Contract) fields() []any {
	return []any{&c.ID, &c.Number, &c.Template, &c.Blanks, &c.Body, &c.SHA256, &c.From, &c.Until, &c.OfferedAt, &c.Operator, &c.OperatorAt, &c.OperatorMethod, &c.Developer, &c.DeveloperAt, &c.DeveloperMethod, &c.State, &c.StateAt, &c.Reason, &c.Revision}
}

func fillContracts(ctx context.Context, q database.Querier, ids []int64, at map[int64]*Scenario) error {
	rows, err := q.Query(ctx, `SELECT DISTINCT ON (c.scenario_id) c.scenario_id, `+contractColumns+` FROM scenario_contracts c WHERE c.scenario_id = ANY (@ids) AND c.state <> 'void' ORDER BY c.scenario_id, c.id DESC`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return fmt.Errorf("contracts of scenarios: %w", err)
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var scenario int64
		c := &Contract{}
		err := row.Scan(append([]any{&scenario}, c.fields()...)...)
		if err == nil {
			at[scenario].Contract = c
		}
		return struct{}{}, err
	})
	if err != nil {
		return fmt.Errorf("contracts of scenarios: %w", err)
	}
	return nil
}

// lockScenarios lets nobody else begin what comes from a scenario until the transaction
// is over.
func lockScenarios(ctx context.Context, tx pgx.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `SELECT FROM scenarios WHERE id = $1 FOR UPDATE`, id); err != nil {
		return fmt.Errorf("scenarios: %w", err)
	}
	return nil
}

// selectMandate is a mandate with its scope; nil: there is none.
func selectMandate(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs, now time.Time) (*Mandate, error) {
	args["now"] = now
	m := &Mandate{}
	b := &m.Body
	err := q.QueryRow(ctx, `SELECT m.id, m.number, m.title, m.operator_id, o.name, m.purposes, m.forms, m.from_at, m.until_at, m.state, mandate_stands(m.id, @now), b.id, b.slug, b.name, b.name_en, b.profile
		FROM mandates m JOIN organisations o ON o.id = m.operator_id JOIN departments b ON b.id = m.body_id WHERE `+where, args).
		Scan(&m.ID, &m.Number, &m.Title, &m.Operator, &m.Name, &m.Purposes, &m.Forms, &m.From, &m.Until, &m.State, &m.Stands, &b.ID, &b.Slug, &b.Name, &b.NameEN, &b.Profile)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("mandate: %w", err)
	}
	m.Items, err = selectScope(ctx, q, m.ID)
	return m, err
}

func selectScope(ctx context.Context, q database.Querier, mandate int64) ([]MandateItem, error) {
	rows, err := q.Query(ctx, `SELECT i.columns, i.forms, i.purposes, `+entryColumns+` FROM mandate_items i JOIN datasets d ON d.id = i.dataset_id JOIN departments p ON p.id = d.department_id WHERE i.mandate_id = @mandate ORDER BY i.id`,
		pgx.NamedArgs{"mandate": mandate})
	if err != nil {
		return nil, fmt.Errorf("scope of a mandate: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (i MandateItem, err error) {
		return i, row.Scan(append([]any{&i.Columns, &i.Forms, &i.Purposes}, entryFields(&i.Dataset)...)...)
	})
}

// admitted are the mandates under which an organisation is admitted as a developer.
func admitted(ctx context.Context, q database.Querier, organisation int64) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT mandate_id FROM developers WHERE organisation_id = @organisation AND state = 'admitted' ORDER BY id DESC`, pgx.NamedArgs{"organisation": organisation})
	if err != nil {
		return nil, fmt.Errorf("admissions: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// isMember reports whether a person is in an organisation.
func isMember(ctx context.Context, q database.Querier, organisation, user int64) (yes bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM organisation_members WHERE organisation_id = $1 AND user_id = $2)`, organisation, user).Scan(&yes)
	return yes, err
}

func insert(ctx context.Context, tx pgx.Tx, x *Scenario) error {
	var earlier int64
	if x.Earlier != nil {
		earlier = x.Earlier.ID
	}
	err := tx.QueryRow(ctx, `
		INSERT INTO scenarios (number, mandate_id, organisation_id, user_id, kind, earlier_id, template_id, state, state_at, made_at, saved_at, sent)
		VALUES (@number, @mandate, @organisation, @user, @kind, nullif(@earlier::bigint, 0), nullif(@template::bigint, 0), 'draft', @at, @at, @at, nullif(@sent, '')) RETURNING id, revision`,
		pgx.NamedArgs{"number": x.Number, "mandate": x.Mandate.ID, "organisation": x.Organisation, "user": x.User, "kind": x.Kind, "earlier": earlier, "template": x.template, "at": x.MadeAt, "sent": x.sent}).Scan(&x.ID, &x.Revision)
	if err != nil {
		return fmt.Errorf("scenario: %w", err)
	}
	return nil
}

func orEmpty[T any](list []T) []T { return append([]T{}, list...) }

// save writes where a scenario stands, which the caller holds.
func save(ctx context.Context, tx pgx.Tx, x *Scenario) error {
	err := tx.QueryRow(ctx, `
		UPDATE scenarios SET title = @title, sector = @sector, use_class = @class, research = @research, purpose = @purpose, description = @description, method = @method, audience = @audience, outputs = @outputs,
			personal_basis = @personal, personal_how = @personal_how, security_plan = @security_plan, emergency_plan = @emergency_plan, filing = @filing, delivery = @delivery, months = @months,
			submitted_at = @submitted, returns = @returns, missing = @missing, screened_by = nullif(@screened_by::bigint, 0), screened_name = @screened_name, screened_at = @screened_at, screened_words = @screened_words,
			security_verdict = @verdict, security_words = @verdict_words, security_by = nullif(@security_by::bigint, 0), security_name = @verdict_by, security_at = @verdict_at, award = @award,
			decided_by = nullif(@decided_by::bigint, 0), decided_name = @decider, decided_at = @decided_at, decision = @decision, bases = @bases, from_at = @from, until_at = @until,
			state = @state, state_at = @state_at, reason = @reason, violation = @violation, suspended_by = @suspended_by, told = @told, saved_at = @saved, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": x.ID, "title": x.Title, "sector": x.Sector, "class": x.Class, "research": x.Research, "purpose": x.Purpose, "description": x.Description, "method": x.Method, "audience": x.Audience, "outputs": orEmpty(x.Outputs),
			"personal": x.Personal, "personal_how": x.PersonalHow, "security_plan": x.SecurityPlan, "emergency_plan": x.EmergencyPlan, "filing": x.Filing, "delivery": x.Delivery, "months": x.Months,
			"submitted": x.SubmittedAt, "returns": x.Returns, "missing": orEmpty(x.Missing), "screened_by": x.screenedBy, "screened_name": x.ScreenedBy, "screened_at": x.ScreenedAt, "screened_words": x.ScreenedWords,
			"verdict": x.Verdict, "verdict_words": x.VerdictWords, "security_by": x.securityBy, "verdict_by": x.VerdictBy, "verdict_at": x.VerdictAt, "award": x.Award,
			"decided_by": x.decidedBy, "decider": x.Decider, "decided_at": x.DecidedAt, "decision": x.Decision, "bases": orEmpty(x.Bases), "from": x.From, "until": x.Until,
			"state": x.State, "state_at": x.StateAt, "reason": x.Reason, "violation": x.Violation, "suspended_by": x.SuspendedBy, "told": x.told, "saved": x.SavedAt}).Scan(&x.Revision)
	if err != nil {
		return fmt.Errorf("scenario: %w", err)
	}
	return nil
}

// saveItems writes the items of a draft anew.
func saveItems(ctx context.Context, tx pgx.Tx, x *Scenario) error {
	keep := []string{}
	for i := range x.Items {
		keep = append(keep, x.Items[i].Resource)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM scenario_items WHERE scenario_id = @id AND NOT resource_id = ANY (@keep)`, pgx.NamedArgs{"id": x.ID, "keep": keep}); err != nil {
		return fmt.Errorf("items: %w", err)
	}
	for k := range x.Items {
		i := &x.Items[k]
		err := tx.QueryRow(ctx, `
			INSERT INTO scenario_items (scenario_id, dataset_id, resource_id, columns, uses, why, rows_where, span, refresh, open_type)
			VALUES (@scenario, @dataset, @resource, @columns, @uses, @why, @where, @span, @refresh, @open)
			ON CONFLICT (scenario_id, resource_id) DO UPDATE SET columns = @columns, uses = @uses, why = @why, rows_where = @where, span = @span, refresh = @refresh, open_type = @open RETURNING id`,
			pgx.NamedArgs{"scenario": x.ID, "dataset": i.Dataset.ID, "resource": i.Resource, "columns": orEmpty(i.Columns), "uses": orNone(i.Uses), "why": orNone(i.Why), "where": i.Where, "span": i.Span, "refresh": i.Refresh, "open": i.Open}).Scan(&i.ID)
		if err != nil {
			return fmt.Errorf("item: %w", err)
		}
	}
	return nil
}

// orNone is never null.
func orNone[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return m
}

// decideItem writes the opinion on an item.
func decideItem(ctx context.Context, tx pgx.Tx, i *Item) error {
	_, err := tx.Exec(ctx, `
		UPDATE scenario_items SET decision = @decision, given_columns = @columns, given_uses = @uses, given_where = @where, reason = @reason, bases = @bases, decided_by = nullif(@by::bigint, 0), decided_name = @name, decided_at = @at, consent_id = nullif(@consent::bigint, 0)
		WHERE id = @id`,
		pgx.NamedArgs{"id": i.ID, "decision": i.Decision, "columns": orEmpty(i.GivenColumns), "uses": orNone(i.GivenUses), "where": i.GivenWhere, "reason": i.Reason, "bases": orEmpty(i.Bases), "by": i.by, "name": i.By, "at": i.At, "consent": i.consent})
	if err != nil {
		return fmt.Errorf("opinion: %w", err)
	}
	return nil
}

// begin starts a period of a scenario.
func begin(ctx context.Context, tx pgx.Tx, x *Scenario, of Which, item int64, k deadline.Clock) error {
	_, err := tx.Exec(ctx, `INSERT INTO scenario_clocks (scenario_id, number, of, item_id, profile, path, began_at) SELECT @id, coalesce(max(number), 0) + 1, @of, nullif(@item::bigint, 0), @profile, @path, @from FROM scenario_clocks WHERE scenario_id = @id`,
		pgx.NamedArgs{"id": x.ID, "of": of, "item": item, "profile": k.Profile, "path": k.Path, "from": k.From})
	if err != nil {
		return fmt.Errorf("clock: %w", err)
	}
	x.Clocks = append(x.Clocks, Clock{Of: of, Item: item, Clock: &k, From: k.From, ref: k.Ref})
	return nil
}

// stop ends the running periods of a kind; of an opinion, that of an item; kind "":
// all.
func stop(ctx context.Context, tx pgx.Tx, x *Scenario, of Which, item int64, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE scenario_clocks SET stopped_at = greatest(@at, began_at) WHERE scenario_id = @id AND stopped_at IS NULL AND (@of = '' OR of = @of AND coalesce(item_id, 0) = @item)`,
		pgx.NamedArgs{"id": x.ID, "of": of, "item": item, "at": at})
	if err != nil {
		return fmt.Errorf("clock: %w", err)
	}
	for i := range x.Clocks {
		if c := &x.Clocks[i]; c.Stopped == nil && (of == "" || c.Of == of && c.Item == item) {
			c.Stopped = &at
		}
	}
	return nil
}

func record(ctx context.Context, tx pgx.Tx, who account.Actor, x *Scenario, side Side, at time.Time, a Action, words string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO scenario_events (scenario_id, number, at, by_id, by_name, side, department_id, act, state, words)
		SELECT @id, coalesce(max(number), 0) + 1, @at, @by, @name, @side, nullif(@department::bigint, 0), @act, @state, @words FROM scenario_events WHERE scenario_id = @id`,
		pgx.NamedArgs{"id": x.ID, "at": at, "by": who.ID, "name": who.Name, "side": side, "department": who.Department, "act": a, "state": x.State, "words": words})
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	return nil
}

func selectEvents(ctx context.Context, q database.Querier, id int64) ([]Event, error) {
	rows, err := q.Query(ctx, `SELECT e.at, e.by_name, e.side, coalesce(p.name, ''), coalesce(p.name_en, ''), e.act, e.state, e.words FROM scenario_events e LEFT JOIN departments p ON p.id = e.department_id WHERE e.scenario_id = @id ORDER BY e.number`, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

// insertContract keeps the text that is offered.
func insertContract(ctx context.Context, tx pgx.Tx, scenario int64, c *Contract) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO scenario_contracts (number, scenario_id, template, blanks, body, sha256, from_at, until_at, offered_at, state, state_at)
		VALUES (@number, @scenario, @template, @blanks, @body, @sha256, @from, @until, @at, 'offered', @at) RETURNING id, revision`,
		pgx.NamedArgs{"number": c.Number, "scenario": scenario, "template": c.Template, "blanks": c.Blanks, "body": c.Body, "sha256": c.SHA256, "from": c.From, "until": c.Until, "at": c.OfferedAt}).Scan(&c.ID, &c.Revision)
	if err != nil {
		return fmt.Errorf("contract: %w", err)
	}
	return nil
}

// signContract writes that a side has signed the text that is there.
func signContract(ctx context.Context, tx pgx.Tx, c *Contract, side Side, who account.Actor, at time.Time) error {
	of := "developer"
	if side == OfOperator {
		of = "operator"
	}
	err := tx.QueryRow(ctx, `
		UPDATE scenario_contracts SET `+of+`_by = @by, `+of+`_name = @name, `+of+`_at = @at, revision = revision + 1,
			`+of+`_method = coalesce((SELECT coalesce(nullif(confirmed_by, ''), 'sign-in') FROM sessions WHERE id = @session), '')
		WHERE id = @id AND state = 'offered' AND `+of+`_at IS NULL RETURNING `+of+`_method, revision`,
		pgx.NamedArgs{"id": c.ID, "by": who.ID, "name": who.Name, "at": at, "session": who.Session}).Scan(map[string]*string{"developer": &c.DeveloperMethod, "operator": &c.OperatorMethod}[of], &c.Revision)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	if side == OfOperator {
		c.Operator, c.OperatorAt = who.Name, &at
	} else {
		c.Developer, c.DeveloperAt = who.Name, &at
	}
	return nil
}

func moveContract(ctx context.Context, tx pgx.Tx, c *Contract, state, reason string, from, at time.Time) error {
	err := tx.QueryRow(ctx, `UPDATE scenario_contracts SET state = @state, state_at = @at, reason = @reason, from_at = @from, revision = revision + 1 WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": c.ID, "state": state, "at": at, "reason": reason, "from": from}).Scan(&c.Revision)
	if err != nil {
		return fmt.Errorf("contract: %w", err)
	}
	c.State, c.StateAt, c.Reason, c.From = state, at, reason, from
	return nil
}

// insertGrant gives one item under a contract.
func insertGrant(ctx context.Context, tx pgx.Tx, c *Contract, i *Item, number string, at time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO scenario_grants (number, contract_id, item_id, dataset_id, resource_id, columns, uses, rows_where, from_at, until_at, state, state_at)
		VALUES (@number, @contract, @item, @dataset, @resource, @columns, @uses, @where, @from, @until, 'active', @at)`,
		pgx.NamedArgs{"number": number, "contract": c.ID, "item": i.ID, "dataset": i.Dataset.ID, "resource": i.Resource, "columns": i.GivenColumns, "uses": i.GivenUses, "where": i.GivenWhere, "from": c.From, "until": c.Until, "at": at})
	if err != nil {
		return fmt.Errorf("grant: %w", err)
	}
	return nil
}

// endBelow ends the contract of a scenario that is over, and its grants.
func endBelow(ctx context.Context, tx pgx.Tx, scenario int64, reason string, at time.Time) error {
	args := pgx.NamedArgs{"id": scenario, "reason": reason, "at": at}
	if _, err := tx.Exec(ctx, `UPDATE scenario_grants g SET state = 'ended', state_at = @at, reason = @reason, revision = g.revision + 1 FROM scenario_contracts c WHERE c.id = g.contract_id AND c.scenario_id = @id AND g.state <> 'ended'`, args); err != nil {
		return fmt.Errorf("end grants: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE scenario_contracts SET state = CASE state WHEN 'offered' THEN 'void' ELSE 'ended' END, state_at = @at, reason = @reason, revision = revision + 1 WHERE scenario_id = @id AND state NOT IN ('ended', 'void')`, args); err != nil {
		return fmt.Errorf("end contract: %w", err)
	}
	return nil
}

// Grant is one line of what the contract gives.
type Grant struct {
	Number   string
	Resource string
	State    string
	From     time.Time
	Until    time.Time
}

func selectGrants(ctx context.Context, q database.Querier, scenario int64) ([]Grant, error) {
	rows, err := q.Query(ctx, `SELECT g.number, g.resource_id, g.state, g.from_at, g.until_at FROM scenario_grants g JOIN scenario_contracts c ON c.id = g.contract_id WHERE c.scenario_id = @id ORDER BY g.id`, pgx.NamedArgs{"id": scenario})
	if err != nil {
		return nil, fmt.Errorf("grants: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Grant])
}

func (s *Service) fillPapers(ctx context.Context, q database.Querier, x *Scenario) (award []papers.Paper, err error) {
	if x.Papers, err = papers.Of(ctx, q, papers.Scenario, x.ID); err != nil {
		return nil, err
	}
	return papers.Of(ctx, q, papers.ScenarioAward, x.ID)
}

// deleteDrafts drops drafts that nobody saved since a moment.
func deleteDrafts(ctx context.Context, tx pgx.Tx, before time.Time) ([]string, error) {
	rows, err := tx.Query(ctx, `
		WITH old AS (SELECT id FROM scenarios WHERE state = 'draft' AND saved_at < @before ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED),
		events AS (DELETE FROM scenario_events WHERE scenario_id IN (SELECT id FROM old)),
		items AS (DELETE FROM scenario_items WHERE scenario_id IN (SELECT id FROM old))
		SELECT s.number FROM scenarios s JOIN old USING (id) ORDER BY s.id`, pgx.NamedArgs{"before": before})
	if err != nil {
		return nil, fmt.Errorf("old drafts: %w", err)
	}
	gone, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err == nil && len(gone) > 0 {
		_, err = tx.Exec(ctx, `DELETE FROM scenarios WHERE number = ANY (@gone)`, pgx.NamedArgs{"gone": gone})
	}
	return gone, err
}

func selectContracts(ctx context.Context, q database.Querier, scenario int64) ([]Contract, error) {
	rows, err := q.Query(ctx, `SELECT `+contractColumns+` FROM scenario_contracts c WHERE c.scenario_id = @id ORDER BY c.id DESC`, pgx.NamedArgs{"id": scenario})
	if err != nil {
		return nil, fmt.Errorf("contracts: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Contract, err error) { return c, row.Scan(c.fields()...) })
}

// held are those of scenarios that are active and let nothing pass now, since
// something above them does not stand.
func held(ctx context.Context, q database.Querier, scenarios []int64, now time.Time) (map[int64]bool, error) {
	rows, err := q.Query(ctx, `SELECT id FROM scenarios WHERE id = ANY ($1) AND state = 'active' AND NOT scenario_stands(id, $2)`, scenarios, now)
	if err != nil {
		return nil, fmt.Errorf("held scenarios: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("held scenarios: %w", err)
	}
	out := map[int64]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out, nil
}

// stands asks scenario_stands: everything that lies above the grants.
func stands(ctx context.Context, q database.Querier, id int64, now time.Time) (yes bool, err error) {
	err = q.QueryRow(ctx, `SELECT scenario_stands($1, $2)`, id, now).Scan(&yes)
	return yes, err
}

// beside are the numbers of the newest workspace of a scenario and of the entry under
// which it is; empty: there is none.
func beside(ctx context.Context, q database.Querier, x *Scenario) (space, entry string, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce((SELECT number FROM workspaces WHERE scenario_id = $1 ORDER BY id DESC LIMIT 1), ''),
		coalesce((SELECT d.number FROM developers d JOIN scenarios s ON s.mandate_id = d.mandate_id AND s.organisation_id = d.organisation_id WHERE s.id = $1 ORDER BY d.state IN ('admitted', 'suspended') DESC, d.id DESC LIMIT 1), '')`, x.ID).Scan(&space, &entry)
	if err != nil {
		return "", "", fmt.Errorf("beside a scenario: %w", err)
	}
	return space, entry, nil
}
