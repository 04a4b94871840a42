package main

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/opening"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
)

// letThrough takes an upload of a department through its opening review, beside
// a running server; until is the last day on which versions like it may follow,
// empty for none.
func letThrough(t testing.TB, pool *pgxpool.Pool, department int64, upload, until string) {
	t.Helper()
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	reviews := opening.New(pool, datasets.NewService(pool, nil, licensing.Gate{}, time.Now), book, deadline.New(book, func() workdays.Calendar { return calendar }), time.Now)
	who := func(id int64, role account.Role) account.Actor {
		return account.Actor{ID: -id, Name: "test", Roles: []account.Role{role}, Department: department}
	}
	r, err := reviews.Propose(t.Context(), who(9, account.Officer), opening.Proposal{UploadID: upload})
	for i, gate := range opening.Gates() {
		if err != nil {
			t.Fatal(err)
		}
		d := opening.Decision{Action: opening.Pass, Revision: r.Revision}
		if gate == opening.Joint {
			d.Action, d.StandingUntil = opening.Approve, until
			if until != "" {
				d.StandingTerms = "列不变"
			}
		}
		for _, line := range gate.List() {
			d.Ticked = append(d.Ticked, line.Code)
		}
		r, err = reviews.Decide(t.Context(), who(int64(10+i), gate.Reviewer()), r.ID, d)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// confirm has the catalogue entry of a resource confirmed elsewhere and brought
// here, beside a running server.
func confirm(t testing.TB, pool *pgxpool.Pool, resource string) {
	t.Helper()
	var slug string
	if err := pool.QueryRow(t.Context(), `SELECT d.slug FROM datasets d JOIN resources r ON r.dataset_id = d.id WHERE r.id = $1`, resource).Scan(&slug); err != nil {
		t.Fatal(err)
	}
	entries := catalogue.New(pool, datasets.NewService(pool, nil, licensing.Gate{}, time.Now), nil, nil, time.Now)
	if err := entries.Import(t.Context(), account.System("test"), slug); err != nil {
		t.Fatal(err)
	}
}
