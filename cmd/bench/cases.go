package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
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
	if err := d.object(ctx, openCases); err != nil {
		return err
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
	} {
		session, err := d.signIn(ctx, page.role, i) // another account each time, as one may ask for so much
		if err != nil {
			return err
		}
		o := askAs(ctx, 400, b.server.base+page.path, session)
		held(fmt.Sprintf("%s, %d open", page.what, openCases), fmt.Sprintf("p50 %s  p99 %s", ms(o.at(0.5)), ms(o.at(0.99))),
			fmt.Sprintf("p99 at most %s, %d failed", ms(mostOfPage), o.failed), o.at(0.99) <= mostOfPage && o.failed == 0)
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
