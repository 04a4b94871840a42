// Package cases gives cases their numbers, and knows a form that was sent twice.
// Every kind of case has numbers of its own, counted anew each year.
package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/workdays"
)

// Number gives the next number of a kind of case in the year of now.
func Number(ctx context.Context, tx pgx.Tx, kind string, now time.Time) (string, error) {
	year := now.In(workdays.Zone).Year()
	var n int
	err := tx.QueryRow(ctx, `INSERT INTO case_numbers (kind, year, last) VALUES ($1, $2, 1) ON CONFLICT (kind, year) DO UPDATE SET last = case_numbers.last + 1 RETURNING last`, kind, year).Scan(&n)
	if err != nil {
		return "", fmt.Errorf("number: %w", err)
	}
	return fmt.Sprintf("%s-%d-%06d", kind, year, n), nil
}

// Made is what a form made that was sent before, by its mark in the column sent of a
// table; 0: nothing. The same form waits until the transaction ends.
func Made(ctx context.Context, tx pgx.Tx, table, sent string) (id int64, number string, err error) {
	if sent == "" {
		return 0, "", nil
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, sent); err != nil {
		return 0, "", fmt.Errorf("form sent again: %w", err)
	}
	err = tx.QueryRow(ctx, `SELECT id, number FROM `+pgx.Identifier{table}.Sanitize()+` WHERE sent = $1`, sent).Scan(&id, &number)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, "", nil
	}
	return id, number, err
}
