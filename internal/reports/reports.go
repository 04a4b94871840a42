// Package reports keeps what readers say is wrong with something that others
// wrote in public: once for each account and thing, with a reason from a short
// list. Whoever is responsible hides the thing with a reason that is public, or
// dismisses the reports; who made them stays with the reports.
//
// A domain whose things can be reported has a table of its own for them, with a
// foreign key, and names it as Kept.
package reports

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Reason is what a reader says is wrong.
type Reason string

// The reasons. That an answer is mistaken is no reason to hide it.
const (
	Personal Reason = "personal" // it holds personal data
	Abuse    Reason = "abuse"
	Advert   Reason = "advert"
	Unlawful Reason = "unlawful"
)

// Reasons are all reasons, in the order in which they are offered.
func Reasons() []Reason { return []Reason{Personal, Abuse, Advert, Unlawful} }

// Check returns fault.Invalid at field reason for what is no reason.
func (r Reason) Check() error {
	if !slices.Contains(Reasons(), r) {
		return fault.At("reason", "请选一个理由。")
	}
	return nil
}

// Report is one report, without who made it: who decides need not know.
type Report struct {
	Reason Reason
	At     time.Time
	Closed bool
	Upheld bool
}

// longestReason is how long the public reason for hiding may be, in characters.
const longestReason = 200

// Public returns fault.Invalid at field reason where words cannot stand in the
// place of what is hidden.
func Public(words string) error {
	if n := len([]rune(words)); n == 0 || n > longestReason {
		return fault.At("reason", "请用 1 到 %d 个字写明理由，它会公开。", longestReason)
	}
	return nil
}

// Waiting returns fault.Conflict where nothing was reported that waits.
func Waiting(n int) error {
	if n == 0 {
		return fault.New(fault.Conflict, "没有等待处理的举报。")
	}
	return nil
}

// Kept is where the reports on one kind of thing lie: a table with the columns
// user_id, reason, at, closed_at and upheld, and Key, which names the thing.
type Kept struct{ Table, Key string }

// Insert keeps what who says of a thing; fault.Conflict where they said something
// already.
func (k Kept) Insert(ctx context.Context, tx pgx.Tx, thing, who int64, reason Reason, at time.Time) error {
	made, err := tx.Exec(ctx, `INSERT INTO `+k.Table+` (`+k.Key+`, user_id, reason, at) VALUES (@thing, @who, @reason, @at) ON CONFLICT DO NOTHING`,
		pgx.NamedArgs{"thing": thing, "who": who, "reason": reason, "at": at})
	if err == nil && made.RowsAffected() == 0 {
		err = fault.New(fault.Conflict, "您已经举报过了。")
	}
	return err
}

// Close ends the reports of a thing that wait; upheld: it was hidden.
func (k Kept) Close(ctx context.Context, tx pgx.Tx, thing int64, at time.Time, upheld bool) error {
	_, err := tx.Exec(ctx, `UPDATE `+k.Table+` SET closed_at = @at, upheld = @upheld WHERE `+k.Key+` = @thing AND closed_at IS NULL`,
		pgx.NamedArgs{"thing": thing, "at": at, "upheld": upheld})
	return err
}

// Of are the reports of a thing, the newest first.
func (k Kept) Of(ctx context.Context, q database.Querier, thing int64) ([]Report, error) {
	rows, err := q.Query(ctx, `SELECT reason, at, closed_at IS NOT NULL, coalesce(upheld, false) FROM `+k.Table+` WHERE `+k.Key+` = @thing ORDER BY at DESC, user_id LIMIT 200`, pgx.NamedArgs{"thing": thing})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Report])
}

// Counts are, in SQL, how many reports of the thing called id wait, and since when
// the first of them does.
func (k Kept) Counts(id string) string {
	of := ` FROM ` + k.Table + ` z WHERE z.` + k.Key + ` = ` + id + ` AND z.closed_at IS NULL)`
	return `(SELECT count(*)` + of + `, (SELECT min(z.at)` + of
}
