// Package audit keeps the trail of every act.
//
// Append writes an entry in the transaction that does the act, so that neither
// is without the other. Within a second Seal numbers the new entries without a
// gap and chains each to the one before; so writers never queue behind each
// other. Verify recomputes the chain. What of an entry may concern a person
// lies in a row that Erase empties; the chain holds only a salted hash of it,
// and stays whole.
//
// The rows themselves are written by the package journal.
package audit

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit/journal"
	"shuyuan/internal/fault"
)

// Append records in tx that who did act to the subject with this id. Details
// are kept as given, shortened where they are long, and can be erased.
func Append(ctx context.Context, tx pgx.Tx, who account.Actor, subject, id, act string, details map[string]string) error {
	return journal.Write(ctx, tx, account.Entry(who, subject, id, act, details))
}

// Moved are the details of a change of status.
func Moved[S ~string](from, to S) map[string]string {
	return map[string]string{"from": string(from), "to": string(to)}
}

// Erase empties what the trail knows of one person and records that it was
// done, and how many entries it was. The acts themselves stay.
func Erase(ctx context.Context, tx pgx.Tx, who account.Actor, person int64) (int64, error) {
	if !who.Is(account.Administrator) || who.Key != "" {
		return 0, fault.New(fault.Forbidden, "只有系统管理员可以清除审计记录中的个人信息。")
	}
	var n int64
	if err := tx.QueryRow(ctx, `SELECT audit_erase($1)`, person).Scan(&n); err != nil {
		return 0, fmt.Errorf("erase: %w", err)
	}
	return n, Append(ctx, tx, who, "person", strconv.FormatInt(person, 10), "person.erased",
		map[string]string{"entries": strconv.FormatInt(n, 10)})
}
