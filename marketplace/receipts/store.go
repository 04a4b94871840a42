package receipts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/marketplace/provenance/statement"
)

func insertReceipt(ctx context.Context, tx pgx.Tx, r *Receipt, version int64, f Form, bytes int64) error {
	kind := f.Kind
	if kind == Original {
		kind = ""
	}
	err := tx.QueryRow(ctx, `
		INSERT INTO download_receipts (number, version_id, position, kind, sha256, bytes, issued_at, statement, digest, envelope, key_id)
		VALUES (@number, @version, @position, @kind, @sha256, @bytes, @at, @statement, @digest, @envelope, @key) RETURNING id`,
		pgx.NamedArgs{"number": r.Number(), "version": version, "position": max(0, f.Table-1), "kind": kind, "sha256": r.SHA256, "bytes": bytes, "at": r.IssuedAt, "statement": r.Payload, "digest": r.Digest, "envelope": r.Envelope, "key": r.Key}).Scan(&r.id)
	if err != nil {
		return fmt.Errorf("certificate of download: %w", err)
	}
	return nil
}

// insertPaper remembers the digest of a PDF.
func insertPaper(ctx context.Context, q database.Querier, receipt int64, digest string, at time.Time) error {
	if _, err := q.Exec(ctx, `INSERT INTO download_receipt_papers (sha256, receipt_id, made_at) VALUES (@sha256, @receipt, @at) ON CONFLICT DO NOTHING`, pgx.NamedArgs{"sha256": digest, "receipt": receipt, "at": at}); err != nil {
		return fmt.Errorf("paper of a certificate of download: %w", err)
	}
	return nil
}

// selectReceipt is the newest certificate of which something is true; nil: none.
func selectReceipt(ctx context.Context, q database.Querier, where, what string) (*Receipt, error) {
	r := &Receipt{}
	err := q.QueryRow(ctx, `SELECT r.id, r.sha256, r.issued_at, r.statement, r.digest, r.envelope, r.key_id FROM download_receipts r WHERE `+where+` ORDER BY r.id DESC LIMIT 1`, pgx.NamedArgs{"what": what}).
		Scan(&r.id, &r.SHA256, &r.IssuedAt, &r.Payload, &r.Digest, &r.Envelope, &r.Key)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("certificate of download: %w", err)
	}
	r.Said, err = statement.ParseReceipt(r.Payload)
	return r, err
}

// fileOf is a version that has some bytes, in one form or another.
type fileOf struct {
	resource string
	number   int
}

// selectFiles are versions with these bytes, the newest first. Whether anybody may know
// of them is not asked here.
func selectFiles(ctx context.Context, q database.Querier, sha256 string) ([]fileOf, error) {
	rows, err := q.Query(ctx, `
		SELECT DISTINCT v.resource_id, v.number, v.id FROM versions v WHERE v.sha256 = @sha256 OR v.id IN (SELECT version_id FROM renditions WHERE sha256 = @sha256) ORDER BY v.id DESC LIMIT 20`, pgx.NamedArgs{"sha256": sha256})
	if err != nil {
		return nil, fmt.Errorf("files by digest: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f fileOf, err error) {
		var id int64
		err = row.Scan(&f.resource, &f.number, &id)
		return f, err
	})
}
