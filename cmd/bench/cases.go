package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/valyala/fasthttp"

	"shuyuan/internal/account"
)

// openCases is how many objections wait for one department.
const openCases = 10_000

// mostOfPage is what a page over them may take at the 99th of a hundred.
const mostOfPage = 50 * time.Millisecond

// measureCases measures the pages of a department that has ten thousand open
// objections to one of its entries: inbox, lists, a page in their midst, and what
// the public sees.
func (b *bench) measureCases(ctx context.Context, dir string) (err error) {
	if b.server, err = startServer(ctx, b.binary, dir+"/cases"); err != nil {
		return err
	}
	defer b.server.stop()
	d, err := openDesk(ctx, b.server)
	if err != nil {
		return err
	}
	defer d.close()
	for _, open := range []func(context.Context, int) error{d.object, d.apply, d.demand} {
		if err := open(ctx, openCases); err != nil {
			return err
		}
	}
	slug := d.places[0].dataset.Slug
	after, id, err := d.amid(ctx)
	if err != nil {
		return err
	}
	for i, page := range []struct {
		what, path string
		role       account.Role
	}{
		{"inbox of an officer", "/desk/inbox", account.Officer},
		{"inbox of the head", "/desk/inbox", account.Head},
		{"objections that wait, first page", "/desk/corrections", account.Officer},
		{"objections that wait, amid them", "/desk/corrections?" + url.Values{"after": {after}}.Encode(), account.Officer},
		{"all objections", "/desk/corrections?all=1", account.Officer},
		{"one objection", fmt.Sprintf("/desk/corrections/%d", id), account.Officer},
		{"objections to an entry, as the public sees them", "/datasets/" + slug + "/corrections", account.Officer},
		{"the entry itself", "/datasets/" + slug, account.Officer},
		{"applications that wait", "/desk/applications", account.Officer},
		{"one application", "/desk/applications/SQ-2000-005000", account.Officer},
		{"requests for data, as the public sees them", "/requests", account.Officer},
		{"requests for data, amid them", "/requests?sort=new&after=1-" + strconv.Itoa(openCases/2), account.Officer},
		{"requests for data of the department", "/desk/requests", account.Officer},
	} {
		var o outcome
		for half := range 2 { // another account each time, as one may ask for so much
			session, err := d.signIn(ctx, page.role, 2*i+half)
			if err != nil {
				return err
			}
			o = o.with(askAs(ctx, 200, b.server.base+page.path, session))
		}
		held(fmt.Sprintf("%s, %d open of each kind", page.what, openCases), fmt.Sprintf("p50 %s  p99 %s", ms(o.at(0.5)), ms(o.at(0.99))),
			fmt.Sprintf("p99 at most %s, %d failed", ms(mostOfPage), o.failed), o.at(0.99) <= mostOfPage && o.failed == 0)
	}
	return d.measureGranted(ctx, b.rounds)
}

// apply writes n applications for the first place's entry that wait for their
// department, straight into the tables.
func (d *desk) apply(ctx context.Context, n int) error {
	return d.write(ctx, n,
		`INSERT INTO users (identifier, name, side, created_at) SELECT 'applicant-' || k || '@example.org', 'bench', 'use', now() FROM generate_series(1, @n::int) k`,
		`INSERT INTO applications (number, dataset_id, user_id, applicant, applicant_name, state, created_at, saved_at, submitted_at, accepted_at, lane, use_area, purpose, outputs, months, profile, conditions, clock_profile, clock_path, clock_from, stage_profile, stage_path, stage_from)
			SELECT 'SQ-2000-' || lpad(k::text, 6, '0'), @dataset, u.id, 'natural', 'bench', 'accepted', t, t, t, t, 'public', '', '测量', '测量', 12, 'house-defaults', '{}', 'house-defaults', 'correction_default', t, 'house-defaults', 'correction_default', t
			FROM users u, LATERAL (SELECT substring(u.identifier from '[0-9]+')::int AS k) i, LATERAL (SELECT now() - k * interval '1 minute' AS t) x WHERE u.identifier LIKE 'applicant-%'`,
		`INSERT INTO application_items (application_id, resource_id) SELECT id, @resource FROM applications WHERE number LIKE 'SQ-2000-%'`,
		`INSERT INTO application_events (application_id, at, by_id, by_name, side, action) SELECT id, submitted_at, user_id, 'bench', 'applicant', 'submit' FROM applications WHERE number LIKE 'SQ-2000-%'`,
		`ANALYZE users`, `ANALYZE applications`, `ANALYZE application_items`, `ANALYZE application_events`)
}

// demand writes n requests for data that wait for the department of the first
// place, straight into the tables.
func (d *desk) demand(ctx context.Context, n int) error {
	return d.write(ctx, n,
		`INSERT INTO demands (user_id, proposer, title, need, purpose, title_grams, grams, proposed_at, department_id, state, votes)
			SELECT u.id, 'bench', '数据需求第 ' || k || ' 号', '测量', '测量', ARRAY['数据', '据需', '需求'], ARRAY['数据', '据需', '需求'], t, @department, 'open', 1
			FROM users u, LATERAL (SELECT substring(u.identifier from '[0-9]+')::int AS k) i, LATERAL (SELECT now() - k * interval '1 minute' AS t) x WHERE u.identifier LIKE 'applicant-%'`,
		`INSERT INTO demand_votes (demand_id, user_id, at) SELECT id, user_id, proposed_at FROM demands WHERE proposer = 'bench'`,
		`INSERT INTO demand_steps (demand_id, act, name, department_id, at) SELECT id, 'propose', 'bench', department_id, proposed_at FROM demands WHERE proposer = 'bench'`,
		`INSERT INTO demand_turns (demand_id, department_id, clock_profile, clock_path, began_at) SELECT id, department_id, 'house-defaults', 'demand_answer', proposed_at FROM demands WHERE proposer = 'bench'`,
		`ANALYZE demands`, `ANALYZE demand_votes`, `ANALYZE demand_steps`, `ANALYZE demand_turns`)
}

// write runs statements about n things at the first place.
func (d *desk) write(ctx context.Context, n int, statements ...string) error {
	for _, q := range statements {
		if _, err := d.pool.Exec(ctx, q, pgx.NamedArgs{"n": n, "dataset": d.places[0].dataset.ID, "resource": d.places[0].resource, "department": d.places[0].dataset.Department.ID}); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	return nil
}

// object writes n open objections to the first place's entry, a second apart,
// straight into the tables.
func (d *desk) object(ctx context.Context, n int) error {
	_, err := d.pool.Exec(ctx, `
		WITH made AS (
			INSERT INTO corrections (dataset_id, department_id, profile, channel, alleged, evidence, salt, state, filed_at, received_at, clock_profile, clock_path, clock_from)
			SELECT @dataset, @department, @profile, 'provider', '第 ' || k || ' 处好像写错了。', '名册。', decode(md5(k::text), 'hex'), CASE k % 3 WHEN 0 THEN 'received' ELSE 'checking' END, t, t, 'house-defaults', 'correction_default', t
			FROM generate_series(1, @n::int) k, LATERAL (SELECT now() - k * interval '1 minute' AS t) x RETURNING id, filed_at),
		told AS (INSERT INTO correction_reporters (correction_id, contact, language) SELECT id, 'reporter' || id || '@example.org', 'zh' FROM made),
		noted AS (INSERT INTO correction_events (correction_id, number, act, at) SELECT id, 1, 'file', filed_at FROM made)
		UPDATE datasets SET rechecks = rechecks + @n WHERE id = @dataset`,
		pgx.NamedArgs{"n": n, "dataset": d.places[0].dataset.ID, "department": d.places[0].dataset.Department.ID, "profile": d.places[0].dataset.Department.Profile})
	if err != nil {
		return err
	}
	for _, table := range []string{"corrections", "correction_reporters", "correction_events"} {
		if _, err := d.pool.Exec(ctx, "ANALYZE "+table); err != nil {
			return err
		}
	}
	return nil
}

// amid is the place of a list, and an objection, in the midst of them.
func (d *desk) amid(ctx context.Context) (after string, id int64, err error) {
	var from time.Time
	err = d.pool.QueryRow(ctx, `SELECT clock_from, id FROM corrections WHERE department_id = @department AND state IN ('received', 'checking') ORDER BY clock_from OFFSET @half LIMIT 1`,
		pgx.NamedArgs{"department": d.places[0].dataset.Department.ID, "half": openCases / 2}).Scan(&from, &id)
	return fmt.Sprintf("%s-%d", from.UTC().Format("20060102T150405.000000"), id), id, err
}

// signIn makes an account of the first place's department with a role, and the
// cookie of its session.
func (d *desk) signIn(ctx context.Context, role account.Role, n int) (string, error) {
	accounts := account.NewService(d.pool, account.Config{}, time.Now)
	identifier, password := fmt.Sprintf("cases-%d@example.org", n), "measured at the desk 3"
	if _, err := accounts.CreateUser(ctx, account.System("bench"), account.NewUser{
		Identifier: identifier, Name: "bench", Roles: []account.Role{role}, Department: d.places[0].dataset.Department.ID, Password: password,
	}); err != nil {
		return "", err
	}
	session, err := accounts.SignIn(ctx, identifier, password, "127.0.0.1", "bench")
	return "session=" + session.Token, err
}

// with is o and another outcome after it.
func (o outcome) with(more outcome) outcome {
	o.took = append(o.took, more.took...)
	slices.Sort(o.took)
	o.requests, o.failed, o.elapsed = o.requests+more.requests, o.failed+more.failed, o.elapsed+more.elapsed
	return o
}

// askAs asks for a page again and again, one request after the other.
func askAs(ctx context.Context, total int, address, cookie string) outcome {
	client, start := newClient(), time.Now()
	var o outcome
	for n := 0; n < total+5 && ctx.Err() == nil; n++ {
		request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		request.SetRequestURI(address)
		request.Header.Set("Cookie", cookie)
		t := time.Now()
		err := client.Do(request, response)
		took := time.Since(t)
		if n >= 5 { // the first ones open connections and plan queries
			o.took = append(o.took, took)
			o.requests++
			if err != nil || response.StatusCode() != fasthttp.StatusOK {
				o.failed++
			}
		}
		fasthttp.ReleaseRequest(request)
		fasthttp.ReleaseResponse(response)
	}
	slices.Sort(o.took)
	o.elapsed = time.Since(start)
	return o
}
