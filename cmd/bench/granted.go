package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	"shuyuan/licensing"
)

const (
	grantedFile = 1 << 30                // bytes of the file that is downloaded
	otherGrants = 10_000                 // that let others have the same file
	mostOfGate  = 200 * time.Microsecond // that the gate may take
)

// measureGranted compares a file that is downloaded under a grant with one that
// everybody may have, and measures the gate alone while ten thousand others hold
// a grant of the same file.
func (d *desk) measureGranted(ctx context.Context, rounds int) error {
	page, err := d.catalogue.List(ctx, account.Actor{}, datasets.Filter{Open: datasets.Conditional, Limit: 100})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(page.Items, func(e datasets.Dataset) bool { return len(e.Resources) > 0 })
	if at < 0 {
		return errors.New("the catalogue has no dataset on conditions with a file")
	}
	open, closed := d.places[0], place{page.Items[at], page.Items[at].Resources[0].ID}
	files, versions := map[string]string{}, map[string]*datasets.Version{}
	for _, p := range []place{open, closed} {
		v, err := d.publish(ctx, p, "large.pdf", largePDF(grantedFile))
		if err != nil {
			return err
		}
		files[p.resource], versions[p.resource] = fmt.Sprintf("%s/d/%s/%d/%s", d.server.base, v.ResourceID, v.Number, v.FileName), v
	}
	accounts := account.NewService(d.pool, account.Config{}, time.Now)
	const identifier, password = "holder@example.org", "measured at the desk 3"
	if _, err := accounts.CreateUser(ctx, account.System("bench"), account.NewUser{Identifier: identifier, Name: "bench", Password: password}); err != nil {
		return err
	}
	session, err := accounts.SignIn(ctx, identifier, password, "127.0.0.1", "bench")
	if err != nil {
		return err
	}
	holder, err := accounts.Actor(ctx, session.Token)
	if err != nil {
		return err
	}
	if err := d.grant(ctx, closed, holder, otherGrants); err != nil {
		return err
	}
	var free, granted []float64
	for range max(rounds, 3) {
		a, err := drainAs(ctx, files[open.resource], "")
		if err != nil {
			return err
		}
		b, err := drainAs(ctx, files[closed.resource], "session="+session.Token)
		if err != nil {
			return err
		}
		free, granted = append(free, a), append(granted, b)
	}
	slices.Sort(free)
	slices.Sort(granted)
	a, b := granted[len(granted)/2], free[len(free)/2]
	held(fmt.Sprintf("download of %d MB under a grant", grantedFile>>20), fmt.Sprintf("%.2f GB/s, open %.2f GB/s", a/1e9, b/1e9), fmt.Sprintf("ratio %.2f, at least 0.85", a/b), a/b >= 0.85)
	v, err := d.catalogue.Version(ctx, holder, closed.resource, versions[closed.resource].Number)
	if err != nil {
		return err
	}
	return d.measureGate(ctx, v, holder)
}

// measureGate asks the gate about a version.
func (d *desk) measureGate(ctx context.Context, v *datasets.Version, holder account.Actor) error {
	book, err := policy.Load(policy.Files)
	if err != nil {
		return err
	}
	parts, err := licensing.PartsOf(book)
	if err != nil {
		return err
	}
	gate := licensing.NewGate(d.pool, parts)
	var took []time.Duration
	for n := range 2100 {
		start := time.Now()
		if err := gate.MayServe(ctx, holder, v, nil, start); err != nil {
			return err
		}
		if n >= 100 { // the first ones open connections and plan the query
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	median, late := took[len(took)/2], took[len(took)*99/100]
	held(fmt.Sprintf("the gate, %d grants of the file", otherGrants), fmt.Sprintf("p50 %d µs  p99 %d µs", median.Microseconds(), late.Microseconds()), fmt.Sprintf("p50 at most %d µs", mostOfGate.Microseconds()), median <= mostOfGate)
	return nil
}

// largePDF is a file of exactly size bytes that is no table, so that nothing is
// made of it.
func largePDF(size int) io.Reader {
	const head, tail = "%PDF-1.4\n", "\n%%EOF\n"
	return io.MultiReader(strings.NewReader(head), largeCSV(size-len(head)-len(tail)), strings.NewReader(tail))
}

// grant lets holder, and n others, have the file at a place on conditions,
// straight in the tables.
func (d *desk) grant(ctx context.Context, at place, holder account.Actor, n int) error {
	for _, q := range []string{
		`INSERT INTO users (identifier, name, side, created_at) SELECT 'grantee-' || k || '@example.org', 'bench', 'use', now() FROM generate_series(1, @n::int) k`,
		`INSERT INTO applications (number, dataset_id, user_id, applicant, applicant_name, state, created_at, saved_at, submitted_at, accepted_at, decided_at, lane, purpose)
			SELECT 'SQ-2001-' || lpad(row_number() OVER (ORDER BY id)::text, 6, '0'), @dataset, id, 'natural', 'bench', 'granted', now(), now(), now(), now(), now(), 'public', '测量' FROM users WHERE identifier LIKE 'grantee-%' OR id = @holder`,
		`INSERT INTO agreements (application_id, edition, template, body, sha256, made_at) SELECT id, 1, 'bench', '', encode(sha256(number::bytea), 'hex'), now() FROM applications WHERE number LIKE 'SQ-2001-%'`,
		`INSERT INTO grants (number, application_id, agreement_id, dataset_id, user_id, lane, purpose, terms, files_day, rows_day, from_at, until_at, state, state_at)
			SELECT replace(a.number, 'SQ-', 'SQZ-'), a.id, g.id, a.dataset_id, a.user_id, 'public', '测量', g.sha256, 1000, 1000, now() - interval '1 day', now() + interval '1 year', 'active', now()
			FROM applications a JOIN agreements g ON g.application_id = a.id WHERE a.number LIKE 'SQ-2001-%'`,
		`INSERT INTO grant_items (grant_id, resource_id) SELECT id, @resource FROM grants WHERE number LIKE 'SQZ-2001-%'`,
		`ANALYZE users`, `ANALYZE applications`, `ANALYZE agreements`, `ANALYZE grants`, `ANALYZE grant_items`,
	} {
		if _, err := d.pool.Exec(ctx, q, pgx.NamedArgs{"dataset": at.dataset.ID, "resource": at.resource, "holder": holder.ID, "n": n}); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	return nil
}

// drainAs reads url to its end, with a cookie, and returns bytes a second.
func drainAs(ctx context.Context, url, cookie string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept-Encoding", "identity")
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	start := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	n, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{resp.Body}, make([]byte, 1<<20))
	if err == nil && (resp.StatusCode != http.StatusOK || n != grantedFile) {
		err = fmt.Errorf("%s: %s, %d bytes", url, resp.Status, n)
	}
	return float64(n) / time.Since(start).Seconds(), err
}
