package ledger_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
	"shuyuan/marketplace/ledger"
)

// A payment and its split among three payees and the platform, each committed by itself
// and durable (synchronous_commit = on), by eight at once. postings/s is wanted at
// 2,000 or more.
func BenchmarkPosting(b *testing.B) {
	at := morning
	book := ledger.New(func() time.Time { return at })
	c, err := pgxpool.ParseConfig(dbtest.URL(b))
	if err != nil {
		b.Fatal(err)
	}
	c.MaxConns = 8
	c.ConnConfig.RuntimeParams["synchronous_commit"] = "on"
	pool, err := pgxpool.NewWithConfig(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	var durable string
	if err := pool.QueryRow(b.Context(), `SELECT current_setting('synchronous_commit') || current_setting('fsync')`).Scan(&durable); err != nil {
		b.Fatal(err)
	}
	b.Logf("synchronous_commit and fsync: %s", durable)
	orgs := make([]int64, 3)
	for i := range orgs {
		if err := pool.QueryRow(b.Context(), `INSERT INTO organisations (kind, name, credit_code, side, status, created_at) VALUES ('legal', '甲公司', '91350100M000100Y43', 'use', 'draft', now()) RETURNING id`).Scan(&orgs[i]); err != nil {
			b.Fatal(err)
		}
	}
	bank := ledger.BankReceivable.For(orgs[0])
	shares := []ledger.Share{{To: ledger.PayableOperator.For(orgs[0]), Points: 2000}, {To: ledger.PayableDeveloper.For(orgs[1]), Points: 7000}, {To: ledger.PayableBroker.For(orgs[2]), Points: 500}, {To: ledger.PlatformFee.Only(), Points: 500}}
	var n atomic.Int64
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			order := fmt.Sprintf("DD-%d", n.Add(1))
			parts, err := ledger.Parts(9_999, shares)
			if err != nil {
				b.Error(err)
				return
			}
			for _, x := range []ledger.Transaction{ledger.PaidIn(order, bank, 9_999), ledger.Accepted(order, parts)} {
				x.Key = order + string(x.Kind)
				_, err := database.InTx(context.Background(), pool, func(tx pgx.Tx) (ledger.Posted, error) { return book.Post(context.Background(), tx, bookkeeper, x) })
				if err != nil {
					b.Error(err)
					return
				}
			}
		}
	})
	b.ReportMetric(2*float64(b.N)/b.Elapsed().Seconds(), "postings/s")
}

// A trial balance of everything, and at a day, over 100,000 transactions.
func BenchmarkTrialBalance(b *testing.B) {
	pool := dbtest.New(b)
	book := ledger.New(func() time.Time { return morning })
	var org int64
	if err := pool.QueryRow(b.Context(), `INSERT INTO organisations (kind, name, credit_code, side, status, created_at) VALUES ('legal', '甲公司', '91350100M000100Y43', 'use', 'draft', now()) RETURNING id`).Scan(&org); err != nil {
		b.Fatal(err)
	}
	if _, err := pool.Exec(b.Context(), `
		WITH a AS (INSERT INTO ledger_accounts (code, currency, kind, guard) VALUES ('suspense', 'CNY', 'clearing', 'none'), ('tax:vat', 'CNY', 'liability', 'none') RETURNING id)
		SELECT`); err != nil {
		b.Fatal(err)
	}
	if _, err := pool.Exec(b.Context(), `
		WITH t AS (INSERT INTO ledger_transactions (key, sha256, kind, subject, effective_on, at, by_id, by_name)
			SELECT 'k' || n, sha256('x'), 'unmatched', 'n', date '2026-01-01' + n % 300, '2026-01-01', -1, 'x' FROM generate_series(1, 100000) n RETURNING id)
		INSERT INTO ledger_entries SELECT t.id, a.seq, a.id, 'CNY', a.amount FROM t, (SELECT id, row_number() OVER (ORDER BY id) AS seq, 3 - 2 * row_number() OVER (ORDER BY id) AS amount FROM ledger_accounts) a`); err != nil {
		b.Fatal(err)
	}
	for name, through := range map[string]time.Time{"now": {}, "at a day": time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if list, err := book.TrialBalance(b.Context(), pool, through); err != nil || len(list) != 2 {
					b.Fatal(len(list), err)
				}
			}
		})
	}
}
