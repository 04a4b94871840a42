package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/licensing"
	"shuyuan/licensing/workspace"
)

const (
	busySpaces = 8
	pageRate   = 20                    // requests of pages a second
	mostBeside = 20 * time.Millisecond // that a page may take at the 99th of a hundred beside jobs, if that is more than twice what it takes alone
	mostUneven = 1.5                   // times the processor time of the least served that the most served may have
)

// measureWorkspaces measures eight workspaces that compute without end: whether they
// get the same, however eagerly one asks, and what pages take beside them.
func (b *bench) measureWorkspaces(ctx context.Context, dir string) (err error) {
	if b.server, err = startServer(ctx, b.binary, dir+"/workspaces"); err != nil {
		return err
	}
	defer b.server.stop()
	d, err := openDesk(ctx, b.server)
	if err != nil {
		return err
	}
	defer d.close()
	spaces, who, numbers, err := d.spaces(ctx, busySpaces)
	if err != nil {
		return fmt.Errorf("workspaces: %w", err)
	}
	page := func(int64) string { return b.server.base + "/datasets/" + d.places[0].dataset.Slug }
	length := max(b.length, 5*time.Second)
	alone := openLoop(ctx, pageRate, length, page)
	began := time.Now()
	working, stop := context.WithCancel(ctx)
	var asking sync.WaitGroup
	asked := make(chan error, len(numbers))
	for i, number := range numbers {
		ahead := 2
		if i == 0 {
			ahead = 12
		}
		asking.Go(func() { asked <- d.keepBusy(working, spaces, who, number, ahead) })
	}
	if err := pause(ctx, 2*time.Second); err != nil {
		stop()
		return err
	}
	beside := openLoop(ctx, pageRate, 3*length, page)
	stop()
	asking.Wait()
	for range numbers {
		if err := <-asked; err != nil {
			return err
		}
	}
	limit := max(2*alone.at(0.99), mostBeside)
	held(fmt.Sprintf("a page beside %d busy workspaces, %d a second", busySpaces, pageRate), fmt.Sprintf("p50 %s  p99 %s, alone p99 %s", ms(beside.at(0.5)), ms(beside.at(0.99)), ms(alone.at(0.99))),
		fmt.Sprintf("p99 at most %s, %d failed", ms(limit), beside.failed), beside.at(0.99) <= limit && beside.failed == 0)
	return d.fairness(ctx, began)
}

// fairness is how much processor time workspaces got since a moment.
func (d *desk) fairness(ctx context.Context, since time.Time) error {
	found, err := d.pool.Query(ctx, `SELECT coalesce(sum(j.cpu_ms), 0)::bigint, count(j.id) FROM workspaces w LEFT JOIN workspace_jobs j ON j.workspace_id = w.id AND j.ended_at > $1 AND j.state = 'succeeded'
		WHERE w.id IN (SELECT w.id FROM workspaces w JOIN scenarios s ON s.id = w.scenario_id WHERE s.number LIKE 'SCN-2001-%') GROUP BY w.id`, since)
	if err != nil {
		return err
	}
	type got struct{ CPU, Jobs int64 }
	all, err := pgx.CollectRows(found, pgx.RowToStructByPos[got])
	if err != nil {
		return err
	}
	least := slices.MinFunc(all, func(a, b got) int { return int(a.CPU - b.CPU) })
	most := slices.MaxFunc(all, func(a, b got) int { return int(a.CPU - b.CPU) })
	ratio := float64(most.CPU) / float64(max(least.CPU, 1))
	held(fmt.Sprintf("shares of %d workspaces, one asks six times as eagerly", len(all)), fmt.Sprintf("%d to %d ms of processor time, %d to %d jobs", least.CPU, most.CPU, least.Jobs, most.Jobs),
		fmt.Sprintf("most by least %.2f, at most %.1f", ratio, mostUneven), ratio <= mostUneven)
	return nil
}

// keepBusy asks for jobs in a workspace, so that so many always wait, until ctx ends.
func (d *desk) keepBusy(ctx context.Context, spaces *workspace.Service, who account.Actor, number string, ahead int) error {
	v, err := spaces.Workspace(ctx, who, number)
	if err != nil {
		return err
	}
	name := v.Mounts[0].Name
	sql := "SELECT count(*) AS n FROM " + strings.Join([]string{name + " a", name + " b"}, " JOIN ") + " ON true"
	if column := firstColumn(v, "group"); column != "" {
		sql = fmt.Sprintf(`SELECT a.%[1]q, count(*) AS n FROM %[2]s a JOIN %[2]s b ON a.%[1]q = b.%[1]q GROUP BY a.%[1]q`, column, name)
	}
	for ctx.Err() == nil {
		var open int
		if err := d.pool.QueryRow(ctx, `SELECT count(*) FROM workspace_jobs WHERE workspace_id = $1 AND ended_at IS NULL`, v.ID).Scan(&open); err != nil {
			break
		}
		if open > ahead {
			if pause(ctx, 20*time.Millisecond) != nil {
				break
			}
			continue
		}
		if _, err := spaces.Ask(ctx, who, number, workspace.NewJob{Kind: workspace.OfSQL, SQL: sql}); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// firstColumn is the first column of the first mount with a use; empty: none.
func firstColumn(v *workspace.View, use string) string {
	for _, c := range v.Mounts[0].Columns {
		if string(c.Use) == use {
			return c.Name
		}
	}
	return ""
}

// spaces opens n workspaces over what the scenario in use of the sample world gives: of
// copies of that scenario, straight in the tables. The running server prepares them.
func (d *desk) spaces(ctx context.Context, n int) (s *workspace.Service, who account.Actor, numbers []string, err error) {
	tx, err := d.pool.Begin(ctx)
	if err != nil {
		return nil, who, nil, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // a no-op once committed
	var from int64
	err = tx.QueryRow(ctx, `SELECT s.id, m.user_id FROM scenarios s JOIN organisation_members m ON m.organisation_id = s.organisation_id AND m.role = 'owner'
		WHERE scenario_stands(s.id, now()) ORDER BY s.id LIMIT 1`).Scan(&from, &who.ID)
	if err != nil {
		return nil, who, nil, fmt.Errorf("no scenario is in use in the sample world: %w", err)
	}
	who.Side, who.Name = account.Use, "bench"
	for _, c := range []struct{ table, except, also, values, tables string }{
		{"scenarios", "id number sent", "number", `'SCN-2001-' || lpad(k::text, 6, '0')`, `scenarios t, generate_series(1, @n::int) k WHERE t.id = @from`},
		{"scenario_items", "id scenario_id", "scenario_id", `s.id`, `scenario_items t, scenarios s WHERE t.scenario_id = @from AND s.number LIKE 'SCN-2001-%' ORDER BY s.id, t.id`},
		{"scenario_contracts", "id number scenario_id", "number, scenario_id", `replace(s.number, 'SCN', 'KFHT'), s.id`, `scenario_contracts t, scenarios s WHERE t.scenario_id = @from AND t.state = 'active' AND s.number LIKE 'SCN-2001-%'`},
		{"scenario_grants", "id number contract_id item_id", "number, contract_id, item_id", `'CSQ-2001-' || lpad(i.id::text, 6, '0'), c.id, i.id`,
			`scenario_grants t JOIN scenario_items o ON o.id = t.item_id AND o.scenario_id = @from JOIN scenario_contracts c ON c.number LIKE 'KFHT-2001-%' JOIN scenario_items i ON i.scenario_id = c.scenario_id AND i.resource_id = o.resource_id WHERE t.state = 'active'`},
	} {
		columns, err := columnsOf(ctx, tx, c.table, strings.Fields(c.except)...)
		if err != nil {
			return nil, who, nil, err
		}
		sql := fmt.Sprintf(`INSERT INTO %s (%s, %s) SELECT t.%s, %s FROM %s`, c.table, strings.Join(columns, ", "), c.also, strings.Join(columns, ", t."), c.values, c.tables)
		if _, err := tx.Exec(ctx, sql, pgx.NamedArgs{"n": n, "from": from}); err != nil {
			return nil, who, nil, fmt.Errorf("%s: %w", c.table, err)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return nil, who, nil, err
	}
	secret, err := os.ReadFile(filepath.Join(d.server.data, "keys", "workspaces"))
	if err != nil {
		return nil, who, nil, err
	}
	book, err := policy.Load(policy.Files)
	if err != nil {
		return nil, who, nil, err
	}
	counted, err := calendars.New(ctx, d.pool, book, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, who, nil, err
	}
	parts, err := licensing.PartsOf(book)
	if err != nil {
		return nil, who, nil, err
	}
	asked := filepath.Join(d.server.data, "..", "asked")
	if err := os.MkdirAll(asked, 0o711); err != nil {
		return nil, who, nil, err
	}
	tables, err := rows.New(rows.Options{Store: d.store, Dir: asked, Secret: secret, Workers: 1, Memory: 256 << 20, Free: 1 << 20, Timeout: 30 * time.Second})
	if err != nil {
		return nil, who, nil, err
	}
	defer tables.Close()
	s, err = workspace.New(workspace.Config{
		Pool: d.pool, Catalogue: datasets.NewService(d.pool, d.store, licensing.NewGate(d.pool, parts), time.Now, datasets.Rows(tables)), Gate: licensing.NewGate(d.pool, parts), Accounts: account.NewService(d.pool, account.Config{}, time.Now), Book: book, Clocks: deadline.New(book, counted.Calendar), Secret: secret, Now: time.Now,
	})
	if err != nil {
		return nil, who, nil, err
	}
	for k := range n {
		w, err := s.Open(ctx, who, fmt.Sprintf("SCN-2001-%06d", k+1))
		if err != nil {
			return nil, who, nil, err
		}
		numbers = append(numbers, w.Number)
	}
	for start := time.Now(); time.Since(start) < 5*time.Minute; {
		var waiting int
		if err := d.pool.QueryRow(ctx, `SELECT count(*) FROM workspaces WHERE number = ANY ($1) AND state <> 'ready'`, numbers).Scan(&waiting); err != nil || waiting == 0 {
			return s, who, numbers, err
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return nil, who, nil, err
		}
	}
	return nil, who, nil, errors.New("their mounts were not prepared within 5 minutes")
}
