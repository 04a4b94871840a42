package sharing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/licensing/sharing"
)

// many puts n open requests of the asker before the provider, each with its clock
// and history, and as many grants, of which one in a thousand still runs.
func (w *world) many(t testing.TB, n int) {
	t.Helper()
	for _, q := range []string{
		`ALTER TABLE share_events DISABLE TRIGGER USER`,
		`DROP INDEX share_requests_once`,
		fmt.Sprintf(`INSERT INTO share_requests (kind, state, dataset_id, asker_id, provider_id, profile, asked_by, asked_name, received_at, purpose, pledged, share_type, conditions, words)
			SELECT 'share', (ARRAY['received', 'accepted', 'agreed', 'negotiating', 'referred'])[1 + i %% 5], %d, %d, %d, '%s', 1, '林', now() - i * interval '1 minute', '核对', true, 'conditional', '{甲,乙}', '理由' FROM generate_series(1, %d) i`,
			w.entry.ID, w.asker.ID, w.provider.ID, tianjin, n),
		`INSERT INTO share_clocks SELECT id, 1, 'answer', '` + tianjin + `', 'share.application.decision_deadline', received_at, NULL FROM share_requests`,
		`INSERT INTO share_events SELECT id, 1, received_at, 1, '林', asker_id, 'receive', state, '' FROM share_requests`,
		fmt.Sprintf(`INSERT INTO share_grants (request_id, kind, dataset_id, department_id, purpose, began_at, last_day, ends_at, ended_at, ended_reason)
			SELECT id, 'share', %d, asker_id, '核对', '2020-01-01', '2099-01-01', '2099-01-02', CASE WHEN id %% 1000 > 0 THEN received_at END, CASE WHEN id %% 1000 > 0 THEN '期满' ELSE '' END FROM share_requests`, w.entry.ID),
		`ANALYZE share_requests`, `ANALYZE share_clocks`, `ANALYZE share_grants`, `ANALYZE share_events`,
	} {
		if _, err := w.Pool.Exec(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// BenchmarkTenThousandOpenRequests measures what people wait for while ten thousand
// requests are open: p99 in milliseconds.
func BenchmarkTenThousandOpenRequests(b *testing.B) {
	w := newWorld(b, tianjin)
	w.on("2026-11-26")
	w.many(b, 10000)
	for name, do := range map[string]func() error{
		"inbox of the provider":  func() error { _, err := w.Waiting(b.Context(), w.officer); return err },
		"inbox of the authority": func() error { _, err := w.Waiting(b.Context(), w.authority); return err },
		"list of the provider": func() error {
			_, err := w.Requests(b.Context(), w.officer, sharing.Filter{As: sharing.Provider})
			return err
		},
		"list of the authority": func() error {
			_, err := w.Requests(b.Context(), w.authority, sharing.Filter{As: sharing.Over, All: true})
			return err
		},
		"a request": func() error { _, _, _, err := w.One(b.Context(), w.officer, 5000); return err },
		"the gate":  func() error { _, err := w.Allows(b.Context(), w.user, w.entry.ID, w.Clock()); return err },
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				from := time.Now()
				if err := do(); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(from))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
		})
	}
}

// Lists find their rows by an index and read no more of them than they show, and
// the question of the gate reads the grants of one department about one entry.
func TestListsReadNoMoreThanTheyShow(t *testing.T) {
	w := newWorld(t, tianjin)
	w.on("2026-11-26")
	w.many(t, 3000)
	if got, err := w.Waiting(t.Context(), w.officer); err != nil || len(got) != 51 || got[50].Title.Zh != "共享申请：超过 1000 件" {
		t.Errorf("%d wait, %+v, %v", len(got), got[len(got)-1].Title, err)
	}
	first, err := w.Requests(t.Context(), w.officer, sharing.Filter{As: sharing.Provider})
	if err != nil || len(first) != 50 {
		t.Fatalf("%d, %v", len(first), err)
	}
	next, err := w.Requests(t.Context(), w.officer, sharing.Filter{As: sharing.Provider, Before: first[49].ID})
	if err != nil || len(next) != 50 || next[0].ID >= first[49].ID {
		t.Fatalf("%d, %v", len(next), err)
	}
	for name, q := range map[string]string{
		"share_requests_provider": fmt.Sprintf(`SELECT r.id FROM share_requests r WHERE r.provider_id = %d ORDER BY r.id DESC LIMIT 50`, w.provider.ID),
		"share_grants_allows":     fmt.Sprintf(`SELECT g.id FROM share_grants g WHERE g.department_id = %d AND g.dataset_id = %d AND g.ended_at IS NULL`, w.asker.ID, w.entry.ID),
	} {
		rows, err := w.Pool.Query(t.Context(), `EXPLAIN `+q)
		if err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(line + "\n")
		}
		if rows.Err() != nil || !strings.Contains(plan.String(), "Index") {
			t.Errorf("%s: %s", name, &plan)
		}
	}
}
