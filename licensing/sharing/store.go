package sharing

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
	"shuyuan/internal/workdays"
)

const columns = `r.id, r.kind, r.state, r.profile, r.asked_by, r.asked_name, r.received_at, r.title, r.upper, r.basis, r.purpose, r.scenario, r.scope, r.method, r.needs, r.months,
	r.columns, r.answers, r.pledged, r.share_type, r.conditions, r.materials, coalesce(r.given, '{}'), r.verdicts, r.words, r.bases, r.filed, r.answered_at, r.supplied_at, r.overturned, r.revision,
	a.id, a.slug, a.name, a.name_en, coalesce(p.id, 0), coalesce(p.slug, ''), coalesce(p.name, ''), coalesce(p.name_en, ''), coalesce(p.profile, ''), coalesce(p.email, ''),
	coalesce(d.id, 0), coalesce(d.slug, ''), coalesce(d.title, ''), coalesce(d.title_en, ''), coalesce(d.status, ''), coalesce(d.share_type, ''), coalesce(d.open_type, ''), coalesce(d.filings, '[]'), coalesce(d.contact, ''),
	coalesce((SELECT jsonb_agg(jsonb_build_object('Of', c.of, 'Profile', c.profile, 'Path', c.path, 'From', c.began_at, 'Stopped', c.stopped_at) ORDER BY c.number) FROM share_clocks c WHERE c.request_id = r.id), '[]')`

const tables = ` FROM share_requests r JOIN departments a ON a.id = r.asker_id LEFT JOIN departments p ON p.id = r.provider_id LEFT JOIN datasets d ON d.id = r.dataset_id `

// kept is how a clock lies in the database.
type kept struct {
	Of            Which
	Profile, Path string
	From          time.Time
	Stopped       *time.Time
}

func (s *Service) scan(row pgx.CollectableRow) (r *Request, err error) {
	r = &Request{}
	d, q := &r.Entry, &r.Asked
	var clocks []kept
	err = row.Scan(&r.ID, &r.Kind, &r.State, &r.Profile, &r.AskedBy, &r.By, &r.At, &q.Title, &q.Upper, &q.Basis, &q.Purpose, &q.Scenario, &q.Scope, &q.Method, &q.Needs, &q.Months,
		&q.Columns, &q.Answers, &q.Pledge, &r.ShareType, &r.Conditions, &r.Materials, &r.Given, &r.Verdicts, &r.Words, &r.Bases, &r.Filed, &r.AnsweredAt, &r.SuppliedAt, &r.Overturned, &r.Revision,
		&r.Asker.ID, &r.Asker.Slug, &r.Asker.Name, &r.Asker.NameEN, &r.Provider.ID, &r.Provider.Slug, &r.Provider.Name, &r.Provider.NameEN, &r.Provider.Profile, &r.Provider.Email,
		&d.ID, &d.Slug, &d.Title, &d.TitleEN, &d.Status, &d.ShareType, &d.Open, &d.Filings, &d.Contact, &clocks)
	d.Department = r.Provider
	for _, k := range clocks {
		c := Clock{Of: k.Of, From: k.From, Stopped: k.Stopped, ref: deadline.Ref{Profile: k.Profile, Path: k.Path, From: k.From}}
		if clock, err := s.clocks.Resume(c.ref); err == nil {
			c.Clock = &clock
		}
		r.Clocks = append(r.Clocks, c)
	}
	return r, err
}

// countRequests is how many there are, up to one more than the inbox counts.
func countRequests(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) (n int, err error) {
	if err = q.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM share_requests r WHERE `+where+` LIMIT @counted) r`, args).Scan(&n); err != nil {
		return 0, fmt.Errorf("count requests for sharing: %w", err)
	}
	return n, nil
}

func (s *Service) list(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs, rest string) ([]*Request, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+tables+`WHERE `+where+rest, args)
	if err != nil {
		return nil, fmt.Errorf("requests for sharing: %w", err)
	}
	found, err := pgx.CollectRows(rows, s.scan)
	if err != nil {
		return nil, fmt.Errorf("requests for sharing: %w", err)
	}
	type day struct{ profile, date string }
	rules := map[day]Rules{} // of those received on one day they are the same
	for _, r := range found {
		key := day{r.Profile, r.At.In(workdays.Zone).Format(time.DateOnly)}
		if _, known := rules[key]; !known {
			rules[key] = RulesOn(s.book, r.Profile, r.At)
		}
		r.rules = rules[key]
		s.ripen(r)
	}
	return found, nil
}

// mine is the condition that who may know of a request r: the department that
// asked, the one that is asked, and the authority over it.
const mine = `(@within AND (r.asker_id = @department OR r.provider_id = @department) OR @over AND r.profile = @profile OR @supervises)`

// standing is where somebody stands, for mine and for parts.
type standing struct {
	department int64
	body, over bool
	supervises bool // sees all of it, and moves none
	profile    string
}

func (w standing) args() pgx.NamedArgs {
	return pgx.NamedArgs{"within": w.body, "department": w.department, "over": w.over, "supervises": w.supervises, "profile": w.profile}
}

// parts are on which sides of r who stands.
func (w standing) parts(r *Request) (out []Part) {
	if w.body && r.Asker.ID == w.department {
		out = append(out, Asker)
	}
	if w.body && r.Provider.ID == w.department {
		out = append(out, Provider)
	}
	if w.over && r.Profile == w.profile {
		out = append(out, Over)
	}
	return out
}

func (s *Service) standing(ctx context.Context, q database.Querier, who account.Actor) (standing, error) {
	if !who.Covers(account.ScopeShare) || who.Department == 0 || !who.Any(anyone...) {
		return standing{}, nil
	}
	w := standing{department: who.Department, body: who.Any(body...)}
	err := q.QueryRow(ctx, `SELECT profile FROM departments WHERE id = @id`, pgx.NamedArgs{"id": who.Department}).Scan(&w.profile)
	if errors.Is(err, pgx.ErrNoRows) {
		return standing{}, nil
	}
	w.over = who.Is(account.Authority) && w.profile != ""
	return w, err
}

// find is one request that w may know of, with its history and what lies behind
// its entry; rest may lock it.
func (s *Service) find(ctx context.Context, q database.Querier, w standing, id int64, rest string) (*Request, error) {
	args := w.args()
	args["id"] = id
	found, err := s.list(ctx, q, `r.id = @id AND `+mine, args, rest)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNone()
	}
	r := found[0]
	rows, err := q.Query(ctx, `SELECT e.at, e.by_name, coalesce(p.name, ''), coalesce(p.name_en, ''), e.act, e.state, e.words FROM share_events e LEFT JOIN departments p ON p.id = e.department_id WHERE e.request_id = @id ORDER BY e.number`, args)
	if err != nil {
		return nil, err
	}
	if r.Events, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Event]); err != nil {
		return nil, err
	}
	if r.Grant, err = grantOf(ctx, q, r.ID); err != nil {
		return nil, err
	}
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM resources x JOIN versions v ON v.resource_id = x.id WHERE x.dataset_id = @dataset) OR EXISTS (SELECT FROM resources x JOIN links l ON l.resource_id = x.id WHERE x.dataset_id = @dataset)`,
		pgx.NamedArgs{"dataset": r.Entry.ID}).Scan(&r.hasData)
	return r, err
}

func insert(ctx context.Context, tx pgx.Tx, r *Request) error {
	q := r.Asked
	return tx.QueryRow(ctx, `
		INSERT INTO share_requests (kind, state, dataset_id, asker_id, provider_id, profile, asked_by, asked_name, received_at, title, upper, basis, purpose, scenario, scope, method, needs, months,
			columns, answers, pledged, share_type, conditions, materials)
		VALUES (@kind, @state, nullif(@dataset::bigint, 0), @asker, nullif(@provider::bigint, 0), @profile, @by, @name, @at, @title, @upper, @basis, @purpose, @scenario, @scope, @method, @needs, @months,
			@columns, @answers, @pledged, @share_type, @conditions, @materials) RETURNING id`,
		pgx.NamedArgs{"kind": r.Kind, "state": r.State, "dataset": r.Entry.ID, "asker": r.Asker.ID, "provider": r.Provider.ID, "profile": r.Profile, "by": r.AskedBy, "name": r.By, "at": r.At,
			"title": q.Title, "upper": q.Upper, "basis": q.Basis, "purpose": q.Purpose, "scenario": q.Scenario, "scope": q.Scope, "method": q.Method, "needs": q.Needs, "months": q.Months,
			"columns": texts(q.Columns), "answers": texts(q.Answers), "pledged": q.Pledge, "share_type": r.ShareType, "conditions": texts(r.Conditions), "materials": texts(r.Materials)}).Scan(&r.ID)
}

// save writes where r stands, which the caller holds.
func save(ctx context.Context, tx pgx.Tx, r *Request) error {
	var given any
	if r.Given.Until != "" {
		given = r.Given
	}
	verdicts, bases := r.Verdicts, r.Bases
	if verdicts == nil {
		verdicts = []Answered{}
	}
	if bases == nil {
		bases = []datasets.LegalBasis{}
	}
	return tx.QueryRow(ctx, `
		UPDATE share_requests SET state = @state, given = @given, verdicts = @verdicts, words = @words, bases = @bases, filed = @filed, answered_at = @answered, supplied_at = @supplied,
			overturned = @overturned, revision = revision + 1 WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": r.ID, "state": r.State, "given": given, "verdicts": verdicts, "words": r.Words, "bases": bases, "filed": r.Filed, "answered": r.AnsweredAt, "supplied": r.SuppliedAt, "overturned": r.Overturned}).Scan(&r.Revision)
}

// begin starts a period; ref.From is when.
func begin(ctx context.Context, tx pgx.Tx, r *Request, of Which, k deadline.Clock) error {
	_, err := tx.Exec(ctx, `INSERT INTO share_clocks (request_id, number, of, profile, path, began_at) SELECT @id, coalesce(max(number), 0) + 1, @of, @profile, @path, @from FROM share_clocks WHERE request_id = @id`,
		pgx.NamedArgs{"id": r.ID, "of": of, "profile": k.Profile, "path": k.Path, "from": k.From})
	r.Clocks = append(r.Clocks, Clock{Of: of, Clock: &k, From: k.From, ref: k.Ref})
	return err
}

// stop ends the running periods of the kinds.
func stop(ctx context.Context, tx pgx.Tx, r *Request, at time.Time, kinds ...Which) error {
	_, err := tx.Exec(ctx, `UPDATE share_clocks SET stopped_at = greatest(@at, began_at) WHERE request_id = @id AND stopped_at IS NULL AND of = ANY (@of)`, pgx.NamedArgs{"id": r.ID, "at": at, "of": kinds})
	for i := range r.Clocks {
		for _, of := range kinds {
			if c := &r.Clocks[i]; c.Of == of && c.Stopped == nil {
				c.Stopped = &at
			}
		}
	}
	return err
}

func record(ctx context.Context, tx pgx.Tx, who account.Actor, r *Request, at time.Time, a Action, words string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO share_events (request_id, number, at, by_id, by_name, department_id, act, state, words)
		SELECT @id, coalesce(max(number), 0) + 1, @at, @by, @name, nullif(@department::bigint, 0), @act, @state, @words FROM share_events WHERE request_id = @id`,
		pgx.NamedArgs{"id": r.ID, "at": at, "by": who.ID, "name": who.Name, "department": who.Department, "act": a, "state": r.State, "words": words})
	return err
}

// texts is never null.
func texts(list []string) []string { return append([]string{}, list...) }
