package corrections_test

import (
	"testing"
	"time"

	"shuyuan/internal/account"
)

// BenchmarkTenThousandOpen times what the pages of a department ask for while ten
// thousand objections to one of its entries are open. cmd/bench measures the pages.
func BenchmarkTenThousandOpen(b *testing.B) {
	w := newWorld(b, aba, "2023-06-19")
	if _, err := w.Pool.Exec(b.Context(), `
		INSERT INTO corrections (dataset_id, department_id, profile, channel, alleged, evidence, salt, state, filed_at, received_at, clock_profile, clock_path, clock_from)
		SELECT $1, $2, $3, 'provider', '第 ' || n || ' 个错', '证据', '\x00000000000000000000000000000000', 'checking', t, t, $3, 'correction.deadline', t
		FROM generate_series(1, 10000) n, LATERAL (SELECT $4::timestamptz - n * interval '1 minute' AS t) x`, w.entry.ID, w.office.ID, aba, w.Clock()); err != nil {
		b.Fatal(err)
	}
	if _, err := w.Pool.Exec(b.Context(), `ANALYZE corrections`); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		do   func() error
	}{
		{"inbox of an officer", func() error { _, err := w.Waiting(b.Context(), w.officer); return err }},
		{"inbox of the head", func() error { _, err := w.Waiting(b.Context(), w.head); return err }},
		{"the list at the desk", func() error { _, err := w.Service.Department(b.Context(), w.officer, false, ""); return err }},
		{"all at the desk", func() error { _, err := w.Service.Department(b.Context(), w.officer, true, ""); return err }},
		{"the public list", func() error { _, err := w.Rechecked(b.Context(), account.Actor{}, "villages", ""); return err }},
		{"the score card", func() error { _, err := w.InTime(b.Context(), w.office.Slug); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			var longest time.Duration
			for b.Loop() {
				start := time.Now()
				if err := c.do(); err != nil {
					b.Fatal(err)
				}
				longest = max(longest, time.Since(start))
			}
			b.ReportMetric(float64(longest.Microseconds())/1000, "ms/longest")
		})
	}
}
