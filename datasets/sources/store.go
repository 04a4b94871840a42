package sources

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
)

// itemsOf is SQL for the data items of an entry d: those that it declares, else
// the columns of its newest files as they are described now.
const itemsOf = `coalesce(nullif(d.items, '[]'::jsonb), (
	SELECT jsonb_agg(f ORDER BY r.position, t.position, o)
	FROM resources r
	JOIN LATERAL (SELECT id FROM versions WHERE resource_id = r.id ORDER BY number DESC LIMIT 1) v ON true
	JOIN version_tables t ON t.version_id = v.id
	CROSS JOIN LATERAL jsonb_array_elements(coalesce((
		SELECT q.fields FROM dictionary_revisions q WHERE q.version_id = t.version_id AND q.position = t.position ORDER BY q.number DESC LIMIT 1), t.fields)) WITH ORDINALITY AS e (f, o)
	WHERE r.dataset_id = d.id), '[]'::jsonb)`

// compared is an entry with its data items.
type compared struct {
	Entry
	office datasets.Department
	items  []datasets.Field
}

const comparedColumns = `d.id, d.slug, d.title, d.title_en, d.department_id, d.status = 'published' AND d.open_type <> 'withheld', d.collecting_org,
	p.id, p.slug, p.name, p.name_en, p.profile, p.sample, ` + itemsOf

func (c *compared) fields() []any {
	return []any{&c.ID, &c.Slug, &c.Title, &c.TitleEN, &c.Department, &c.Public, &c.CollectingOrg,
		&c.office.ID, &c.office.Slug, &c.office.Name, &c.office.NameEN, &c.office.Profile, &c.office.Sample, &c.items}
}

func selectCompared(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]compared, error) {
	rows, err := q.Query(ctx, `SELECT `+comparedColumns+` FROM datasets d JOIN departments p ON p.id = d.department_id WHERE `+where+` ORDER BY d.id LIMIT 200`, args)
	if err != nil {
		return nil, fmt.Errorf("entries to compare: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c compared, err error) { return c, row.Scan(c.fields()...) })
}

// known is the condition that who may be told of an entry d of a department p as
// one that has the same items: everybody's what everybody sees, and the
// authority's what was submitted to it.
func known(who account.Actor) (string, pgx.NamedArgs) {
	visible := datasets.Visible(who)
	if who.Is(account.Authority) && who.Department != 0 {
		return `(` + visible.SQL + ` OR ` + submitted + ` AND p.profile = (SELECT profile FROM departments WHERE id = @authority))`, with(visible.Args, "authority", who.Department)
	}
	return visible.SQL, visible.Args
}

// submitted is the condition that an entry d is no longer the department's alone.
const submitted = `EXISTS (SELECT FROM catalogue_entries e WHERE e.dataset_id = d.id AND e.state IN ('submitted', 'confirmed', 'returned'))`

func with(args pgx.NamedArgs, more ...any) pgx.NamedArgs {
	out := pgx.NamedArgs{}
	for k, v := range args {
		out[k] = v
	}
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

// profileOf is the text that binds a department.
func profileOf(ctx context.Context, q database.Querier, department int64) (profile string, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce((SELECT profile FROM departments WHERE id = @id), '')`, pgx.NamedArgs{"id": department}).Scan(&profile)
	return profile, err
}

const caseColumns = `c.id, c.kind, c.profile, c.state, c.origin, coalesce(c.change_id, 0), c.about, c.opened_at, c.opened_name, c.sample, c.revision,
	coalesce(c.source_id, 0), c.decided_at, c.decided_name, c.reason, c.clock_profile, c.clock_path, coalesce(c.clock_from, c.opened_at)`

// mine is the condition that who may know of a case c: the authority over the
// departments, and the departments once it is more than a guess of the system.
const mine = `(@authority AND c.profile = @profile OR @within AND c.state <> 'proposed' AND EXISTS (
	SELECT FROM source_case_entries x JOIN datasets d ON d.id = x.dataset_id WHERE x.case_id = c.id AND d.department_id = @department))`

func (s *Service) mineArgs(ctx context.Context, q database.Querier, who account.Actor) (pgx.NamedArgs, error) {
	theirs, err := profileOf(ctx, q, who.Department)
	return pgx.NamedArgs{"authority": who.Is(account.Authority) && who.Department != 0 && theirs != "", "profile": theirs,
		"within": who.Any(account.Officer, account.Head) && who.Department != 0, "department": who.Department}, err
}

func (s *Service) selectCases(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Case, error) {
	rows, err := q.Query(ctx, `SELECT `+caseColumns+`,
		coalesce((SELECT jsonb_agg(jsonb_build_object('ID', d.id, 'Slug', d.slug, 'Title', d.title, 'TitleEN', d.title_en, 'Department', d.department_id,
			'Public', d.status = 'published' AND d.open_type <> 'withheld', 'CollectingOrg', d.collecting_org) ORDER BY d.id)
			FROM source_case_entries x JOIN datasets d ON d.id = x.dataset_id WHERE x.case_id = c.id), '[]'),
		coalesce((SELECT jsonb_agg(jsonb_build_object('Key', i.key, 'Name', i.name) ORDER BY i.name) FROM source_case_items i WHERE i.case_id = c.id), '[]'),
		coalesce((SELECT jsonb_agg(jsonb_build_object('At', v.at, 'By', v.by_name, 'Act', v.act, 'Words', v.words) ORDER BY v.number) FROM source_events v WHERE v.case_id = c.id), '[]')
		FROM source_cases c WHERE `+where+` ORDER BY c.id DESC LIMIT 500`, args)
	if err != nil {
		return nil, fmt.Errorf("cases: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Case, err error) {
		return c, row.Scan(&c.ID, &c.Kind, &c.Profile, &c.State, &c.Origin, &c.ChangeID, &c.About, &c.OpenedAt, &c.OpenedBy, &c.Sample, &c.Revision,
			&c.Source, &c.DecidedAt, &c.DecidedBy, &c.Reason, &c.ref.Profile, &c.ref.Path, &c.ref.From, &c.Entries, &c.Items, &c.Events)
	})
	if err != nil {
		return nil, fmt.Errorf("cases: %w", err)
	}
	for i := range out {
		if err := s.parties(ctx, q, &out[i]); err != nil {
			return nil, err
		}
		if c := &out[i]; c.State.Running() && c.ref.Path != "" {
			k, err := s.clocks.Resume(c.ref)
			if err != nil {
				return nil, err
			}
			c.Clock = &k
		}
	}
	return out, nil
}

func (s *Service) parties(ctx context.Context, q database.Querier, c *Case) error {
	rows, err := q.Query(ctx, `
		SELECT p.id, p.slug, p.name, p.name_en, p.profile, o.at, coalesce(o.names_id, 0), coalesce(o.statement, ''), coalesce(o.by_name, '')
		FROM departments p LEFT JOIN source_positions o ON o.case_id = @case AND o.department_id = p.id
		WHERE p.id IN (SELECT d.department_id FROM source_case_entries x JOIN datasets d ON d.id = x.dataset_id WHERE x.case_id = @case)
		ORDER BY p.id`, pgx.NamedArgs{"case": c.ID})
	if err != nil {
		return fmt.Errorf("departments of a case: %w", err)
	}
	c.Parties, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Party, err error) {
		var o Position
		at := &o.At
		err = row.Scan(&p.Department.ID, &p.Department.Slug, &p.Department.Name, &p.Department.NameEN, &p.Department.Profile, &at, &o.Names, &o.Statement, &o.By)
		if at != nil {
			o.At = *at
			p.Position = &o
		}
		return p, err
	})
	return err
}

// insertCase writes a new case with its entries and items.
func (s *Service) insertCase(ctx context.Context, tx pgx.Tx, who account.Actor, c *Case) error {
	if c.State != Proposed {
		term := duplicateTerm
		if c.Kind == Inconsistency {
			term = talkTerm
		}
		k, err := s.clocks.Start(c.Profile, term, s.now())
		if err != nil {
			return err
		}
		c.ref = k.Ref
	}
	err := tx.QueryRow(ctx, `
		INSERT INTO source_cases (kind, profile, state, origin, change_id, about, opened_at, opened_by, opened_name, clock_profile, clock_path, clock_from, sample)
		VALUES (@kind, @profile, @state, @origin, nullif(@change::bigint, 0), @about, @now, @by, @name, @clock_profile, @clock_path, CASE WHEN @clock_path <> '' THEN @now::timestamptz END, @sample) RETURNING id`,
		pgx.NamedArgs{"kind": c.Kind, "profile": c.Profile, "state": c.State, "origin": c.Origin, "change": c.ChangeID, "about": c.About, "now": s.now(), "by": who.ID, "name": who.Name,
			"clock_profile": c.ref.Profile, "clock_path": c.ref.Path, "sample": c.Sample}).Scan(&c.ID)
	if err != nil {
		return fmt.Errorf("insert case: %w", err)
	}
	for _, e := range c.Entries {
		if _, err := tx.Exec(ctx, `INSERT INTO source_case_entries VALUES (@case, @dataset)`, pgx.NamedArgs{"case": c.ID, "dataset": e.ID}); err != nil {
			return fmt.Errorf("insert entry of a case: %w", err)
		}
	}
	for _, i := range c.Items {
		if _, err := tx.Exec(ctx, `INSERT INTO source_case_items VALUES (@case, @key, @name)`, pgx.NamedArgs{"case": c.ID, "key": i.Key, "name": i.Name}); err != nil {
			return fmt.Errorf("insert item of a case: %w", err)
		}
	}
	act := Begin
	if c.State == Proposed {
		act = Propose
	}
	return s.record(ctx, tx, who, c, act, c.About)
}

// record writes a step into the history of a case and into the audit trail.
func (s *Service) record(ctx context.Context, tx pgx.Tx, who account.Actor, c *Case, act Action, words string) error {
	if _, err := tx.Exec(ctx, `
		INSERT INTO source_events (case_id, number, at, by_name, act, words)
		SELECT @case, coalesce(max(number), 0) + 1, @now, @name, @act, @words FROM source_events WHERE case_id = @case`,
		pgx.NamedArgs{"case": c.ID, "now": s.now(), "name": who.Name, "act": act, "words": words}); err != nil {
		return fmt.Errorf("history of a case: %w", err)
	}
	details := map[string]string{"kind": string(c.Kind), "state": string(c.State)}
	if c.Source != 0 {
		details["source"] = fmt.Sprint(c.Source)
	}
	return audit.Append(ctx, tx, who, "source-case", fmt.Sprint(c.ID), string(act), details)
}

// tellPages makes pages that show the entries of a case anew.
func (s *Service) tellPages(ctx context.Context, tx pgx.Tx, c *Case) error {
	var ids []int64
	for _, e := range c.Entries {
		ids = append(ids, e.ID)
	}
	return s.entries.Announce(ctx, tx, ids...)
}
