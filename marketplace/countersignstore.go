package marketplace

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/signing"
)

// selectOwned is a verified organisation that an account answers for; nil: it does not.
func selectOwned(ctx context.Context, q database.Querier, user, organisation int64) (*Developer, error) {
	d := &Developer{}
	err := q.QueryRow(ctx, `SELECT o.id, o.name, o.credit_code FROM organisations o JOIN organisation_members m ON m.organisation_id = o.id WHERE o.id = $2 AND m.user_id = $1 AND m.role = 'owner' AND o.status = 'verified'`, user, organisation).Scan(&d.ID, &d.Name, &d.Code)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return d, err
}

func hasDeveloperKey(ctx context.Context, q database.Querier, id string) (has bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM developer_keys WHERE id = $1) OR EXISTS (SELECT FROM signing_keys WHERE id = $1)`, id).Scan(&has)
	return has, err
}

// lockDeveloperKey holds a key until tx ends, so that it is not revoked while it signs.
func lockDeveloperKey(ctx context.Context, tx pgx.Tx, id string) error {
	if _, err := tx.Exec(ctx, `SELECT FROM developer_keys WHERE id = $1 FOR UPDATE`, id); err != nil {
		return fmt.Errorf("lock key of a developer: %w", err)
	}
	return nil
}

func insertDeveloperKey(ctx context.Context, tx pgx.Tx, organisation int64, k *DeveloperKey, by int64) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO developer_keys (id, organisation_id, code, public, possession, valid_from, valid_until, registered_by, registered_name, leaf)
		VALUES (@id, @organisation, @code, @public, @possession, @from, @until, @by, @name, @leaf)`,
		pgx.NamedArgs{"id": k.ID, "organisation": organisation, "code": k.Code, "public": k.Public, "possession": k.possession, "from": k.From, "until": k.Until, "by": by, "name": k.By, "leaf": k.Leaf})
	if err != nil {
		return fmt.Errorf("key of a developer: %w", err)
	}
	return nil
}

func insertDeveloperKeyRevocation(ctx context.Context, tx pgx.Tx, id string, who account.Actor, r signing.Revoked) error {
	_, err := tx.Exec(ctx, `INSERT INTO developer_key_revocations (key_id, compromised_at, reason, by_id, by_name, leaf) VALUES ($1, $2, $3, $4, $5, $6)`, id, r.Compromised, r.Reason, who.ID, who.Name, r.Leaf)
	if err != nil {
		return fmt.Errorf("key of a developer: %w", err)
	}
	return nil
}

// selectDeveloperKeys are the keys of an organisation, the newest first.
func selectDeveloperKeys(ctx context.Context, q database.Querier, organisation int64) ([]DeveloperKey, error) {
	rows, err := q.Query(ctx, `
		SELECT k.id, k.code, k.public, k.valid_from, k.valid_until, k.registered_name, k.leaf, r.compromised_at, coalesce(r.reason, ''), coalesce(r.leaf, 0)
		FROM developer_keys k LEFT JOIN developer_key_revocations r ON r.key_id = k.id WHERE k.organisation_id = $1 ORDER BY k.leaf DESC`, organisation)
	if err != nil {
		return nil, fmt.Errorf("keys of a developer: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (k DeveloperKey, err error) {
		var at *time.Time
		var r signing.Revoked
		err = row.Scan(&k.ID, &k.Code, &k.Public, &k.From, &k.Until, &k.By, &k.Leaf, &at, &r.Reason, &r.Leaf)
		if at != nil {
			r.Compromised = *at
			k.Revoked = &r
		}
		return k, err
	})
}

func insertCountersigning(ctx context.Context, tx pgx.Tx, version int64, c *Countersigning, by int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO product_countersignatures (version_id, key_id, signature, by_id, by_name, at, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7)`, version, c.Key, c.Signature, by, c.By, c.At, c.Leaf)
	if err != nil {
		return fmt.Errorf("signature of a developer: %w", err)
	}
	return nil
}

// selectCountersigning is the newest signature of the developer of a version under its
// statement, judged; nil where there is none.
func selectCountersigning(ctx context.Context, q database.Querier, version int64) (*Countersigning, error) {
	c := &Countersigning{}
	var public, payload []byte
	err := q.QueryRow(ctx, `
		SELECT c.key_id, c.by_name, c.signature, c.leaf, l.at, k.leaf, k.public, r.leaf, r.compromised_at, x.statement
		FROM product_countersignatures c JOIN product_seals x ON x.version_id = c.version_id JOIN developer_keys k ON k.id = c.key_id JOIN log_leaves l ON l.seq = c.leaf LEFT JOIN developer_key_revocations r ON r.key_id = k.id
		WHERE c.version_id = $1 ORDER BY c.leaf DESC LIMIT 1`, version).
		Scan(&c.Key, &c.By, &c.Signature, &c.Leaf, &c.At, &c.keyLeaf, &public, &c.revoked, &c.compromise, &payload)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("signature of a developer: %w", err)
	}
	c.judge(public, payload)
	return c, nil
}
