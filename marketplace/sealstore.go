package marketplace

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/marketplace/provenance/statement"
)

func insertSeal(ctx context.Context, tx pgx.Tx, v *Version, by int64) error {
	x := v.Seal
	_, err := tx.Exec(ctx, `
		INSERT INTO product_seals (version_id, statement, digest, envelope, key_id, leaf, built_at, sealed_at, sealed_by, sealed_name)
		VALUES (@version, @statement, @digest, @envelope, @key, @leaf, @built, @at, @by, @name)`,
		pgx.NamedArgs{"version": v.ID, "statement": x.payload, "digest": x.Digest, "envelope": x.envelope, "key": x.Key, "leaf": x.Leaf, "built": x.Built, "at": x.At, "by": by, "name": x.By})
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return nil
}

func insertSources(ctx context.Context, tx pgx.Tx, version int64, all []sealedSource) error {
	for _, x := range all {
		if _, err := tx.Exec(ctx, `INSERT INTO product_sources (version_id, acquisition_id, dataset_id, source_version, basis) VALUES ($1, $2, $3, $4, $5)`, version, x.acquisition, x.dataset, x.version, x.basis); err != nil {
			return fmt.Errorf("sources of a seal: %w", err)
		}
	}
	return nil
}

func selectSealedSources(ctx context.Context, q database.Querier, version int64) ([]sealedSource, error) {
	rows, err := q.Query(ctx, `SELECT acquisition_id, dataset_id, source_version, basis FROM product_sources WHERE version_id = $1 ORDER BY acquisition_id`, version)
	if err != nil {
		return nil, fmt.Errorf("sources of a seal: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (x sealedSource, err error) {
		return x, row.Scan(&x.acquisition, &x.dataset, &x.version, &x.basis)
	})
}

func insertArtefact(ctx context.Context, tx pgx.Tx, version int64, f *stampedFile) error {
	_, err := tx.Exec(ctx, `INSERT INTO product_artefacts (version_id, content_id, form, name, media, sha256, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7)`, version, f.content, f.Form, f.Name, f.Media, f.SHA256, f.Bytes)
	if err != nil {
		return fmt.Errorf("file of a product: %w", err)
	}
	return nil
}

func selectArtefacts(ctx context.Context, q database.Querier, version int64) ([]Artefact, error) {
	rows, err := q.Query(ctx, `SELECT form, name, media, sha256, bytes FROM product_artefacts WHERE version_id = $1 ORDER BY name`, version)
	if err != nil {
		return nil, fmt.Errorf("files of a product: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Artefact])
}

// selectSeal is the seal of a version; nil where it has none.
func selectSeal(ctx context.Context, q database.Querier, version int64) (*Sealing, error) {
	x := &Sealing{}
	err := q.QueryRow(ctx, `SELECT statement, digest, envelope, key_id, leaf, built_at, sealed_at, sealed_name FROM product_seals WHERE version_id = $1`, version).
		Scan(&x.payload, &x.Digest, &x.envelope, &x.Key, &x.Leaf, &x.Built, &x.At, &x.By)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if x.Statement, err = statement.Parse(x.payload); err != nil {
		return nil, err
	}
	return x, nil
}
