package operation_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
	"shuyuan/licensing/scenario"
)

// BenchmarkCascade stops and resumes a mandate above 100 developers, 1,000 active
// scenarios with their contracts and 10,000 grants: how long the move takes, how long
// the gate takes to answer before, while and after, and that not one row below was
// changed.
func BenchmarkCascade(b *testing.B) {
	w := operationtest.New(b)
	ctx := b.Context()
	var data []*datasets.Dataset
	for range 10 {
		d, _ := w.Conditional(b, licensingtest.Fujian)
		data = append(data, d)
	}
	m := w.Mandate(b, operationtest.Scope(data...))
	first := w.Developer(b, m)
	for _, sql := range []string{
		`INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at)
			SELECT kind, '示例开发 ' || n, '91350200MB' || lpad(n::text, 8, '0'), side, status, submitted_at, decided_at, created_at FROM organisations, generate_series(1, 99) n WHERE id = @first`,
		`INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) SELECT o.id, @owner, 'use', 'owner', o.created_at FROM organisations o WHERE o.credit_code LIKE '91350200MB%'`,
		`INSERT INTO developers (number, mandate_id, organisation_id, state, state_at, made_at, submitted_by, submitted_at, declared, decided_by, decided_name, decided_at, trained_until)
			SELECT 'RZ-2026-' || lpad((900000 + o.id)::text, 6, '0'), d.mandate_id, o.id, d.state, d.state_at, d.made_at, d.submitted_by, d.submitted_at, d.declared, d.decided_by, d.decided_name, d.decided_at, d.trained_until FROM developers d, organisations o WHERE o.credit_code LIKE '91350200MB%'`,
		`INSERT INTO scenarios (number, mandate_id, organisation_id, user_id, title, use_class, purpose, from_at, until_at, state, state_at, made_at)
			SELECT 'SCN-2026-' || lpad((900000 + 10 * row_number() OVER (ORDER BY d.id) + n)::text, 6, '0'), m.id, d.organisation_id, @owner, '示例场景', 'industry', 'transport', m.from_at, m.until_at, 'active', m.from_at, m.from_at
			FROM developers d JOIN mandates m ON m.id = d.mandate_id, generate_series(1, 10) n`,
		`INSERT INTO scenario_contracts (number, scenario_id, body, sha256, from_at, until_at, operator_at, developer_at, state, state_at) SELECT 'KFHT' || substr(s.number, 4), s.id, '协议', repeat('a', 64), s.from_at, s.until_at, s.from_at, s.from_at, 'active', s.from_at FROM scenarios s`,
		`INSERT INTO scenario_items (scenario_id, dataset_id, resource_id, columns, open_type, decision, given_columns, decided_at) SELECT s.id, r.dataset_id, r.id, '{人口}', 'conditional', 'granted', '{人口}', s.from_at FROM scenarios s, resources r`,
		`INSERT INTO scenario_grants (number, contract_id, item_id, dataset_id, resource_id, columns, uses, from_at, until_at, state, state_at)
			SELECT 'CSQ-2026-' || lpad(i.id::text, 6, '0'), c.id, i.id, i.dataset_id, i.resource_id, i.columns, '{"人口": "aggregate"}', c.from_at, c.until_at, 'active', c.from_at FROM scenario_items i JOIN scenario_contracts c ON c.scenario_id = i.scenario_id`,
		`ANALYZE`,
	} {
		if _, err := w.Pool.Exec(ctx, sql, pgx.NamedArgs{"first": first.Organisation, "owner": first.Owner.ID}); err != nil {
			b.Fatal(err)
		}
	}
	count := func(sql string) (n int) {
		if err := w.Pool.QueryRow(ctx, sql).Scan(&n); err != nil {
			b.Fatal(err)
		}
		return n
	}
	if n, g := count(`SELECT count(*) FROM scenarios`), count(`SELECT count(*) FROM scenario_grants`); n != 1000 || g != 10000 {
		b.Fatalf("%d scenarios and %d grants", n, g)
	}
	rows := func() (all string) {
		if err := w.Pool.QueryRow(ctx, `
			SELECT md5(string_agg(h, '' ORDER BY h)) FROM (SELECT md5(x::text) AS h FROM scenarios x UNION ALL SELECT md5(x::text) FROM scenario_contracts x UNION ALL SELECT md5(x::text) FROM scenario_grants x
				UNION ALL SELECT md5(x::text) FROM scenario_items x UNION ALL SELECT md5(x::text) FROM developers x UNION ALL SELECT md5(x::text) FROM organisations x) all_rows`).Scan(&all); err != nil {
			b.Fatal(err)
		}
		return all
	}
	ids := []int64{}
	if err := w.Pool.QueryRow(ctx, `SELECT array_agg(id ORDER BY md5(id::text)) FROM scenarios`).Scan(&ids); err != nil {
		b.Fatal(err)
	}
	gate := func(want int) time.Duration {
		var all []time.Duration
		for _, id := range ids[:500] {
			began := time.Now()
			given, err := scenario.Standing(ctx, w.Pool, id, w.Clock())
			all = append(all, time.Since(began))
			if err != nil || len(given) != want {
				b.Fatalf("the gate gives %d grants: %v", len(given), err)
			}
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	timed := func(do operation.Action) time.Duration {
		began := time.Now()
		w.Move(b, m, m.Authority, do)
		return time.Since(began)
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	was := rows()
	for b.Loop() {
		gate(10) // warm
		before := gate(10)
		suspend := timed(operation.Suspend)
		while := gate(0)
		resume := timed(operation.Resume)
		after := gate(10)
		if rows() != was {
			b.Fatal("something below was changed")
		}
		if _, err := w.Pool.Exec(ctx, `DELETE FROM river_job WHERE kind = 'operation_notice'`); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		if err := w.Operation.Moved(ctx, operation.MandateMoved{Mandate: m.ID, Act: string(operation.Resume), At: w.Clock()}); err != nil {
			b.Fatal(err)
		}
		told := time.Since(began)
		if n := count(`SELECT count(*) FROM river_job WHERE kind = 'operation_notice'`); n != 100 {
			b.Fatalf("%d letters to 100 developers", n)
		}
		b.ReportMetric(ms(suspend), "ms/suspend")
		b.ReportMetric(ms(resume), "ms/resume")
		b.ReportMetric(ms(before), "ms/gate-before")
		b.ReportMetric(ms(while), "ms/gate-suspended")
		b.ReportMetric(ms(after), "ms/gate-after")
		b.ReportMetric(ms(told), "ms/letters")
	}
	b.ReportMetric(0, "ns/op")
}
