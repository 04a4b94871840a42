// Package register keeps the published list of keys: public halves, their history
// and their end. Every change of it is a leaf of the log.
package register

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/signing"
	"shuyuan/internal/transparency"
	"shuyuan/internal/transparency/wire"
)

// Register is the list in one database of the keys in one vault.
type Register struct {
	pool  *pgxpool.Pool
	vault signing.Vault
}

// New returns the one for the keys in vault, published in pool.
func New(pool *pgxpool.Pool, vault signing.Vault) *Register {
	return &Register{pool: pool, vault: vault}
}

// List is the published list, in the order of the log.
func (r *Register) List(ctx context.Context) (signing.Keys, error) { return List(ctx, r.pool) }

// Publish puts into the list what the vault has and the list has not: its first
// keys, and those of a rotation that was cut short. It refuses a vault that does
// not have the keys of the list: other files lie there than belong to this
// database.
func (r *Register) Publish(ctx context.Context) error {
	made, err := r.vault.Made(ctx)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, r.pool, func(tx pgx.Tx) (struct{}, error) {
		if err := lock(ctx, tx); err != nil {
			return struct{}{}, err
		}
		list, err := List(ctx, tx)
		if err != nil {
			return struct{}{}, err
		}
		for _, k := range list {
			if k.Revoked == nil && !slices.ContainsFunc(made, func(m signing.Made) bool { return m.ID == k.ID }) {
				return struct{}{}, fmt.Errorf("keys: the private half of key %s (%s) is not in the folder of keys: bring the folder back from the backup, or revoke the key as lost", k.ID, k.Purpose)
			}
		}
		for _, m := range made {
			if _, known := list.Find(m.ID); known {
				continue
			}
			key := signing.Key{Made: m, Leaf: 1 << 53} // behind all others
			if err := m.CheckedBy(list.Introduces(key)); err != nil {
				return struct{}{}, err
			}
			if key.Leaf, err = transparency.Append(ctx, tx, transparency.Leaf{Kind: wire.KeyMade, Body: body(m)}); err != nil {
				return struct{}{}, err
			}
			if err := insertKey(ctx, tx, key); err != nil {
				return struct{}{}, err
			}
			list = append(list, key)
		}
		return struct{}{}, nil
	})
	return err
}

// body is what the log says of a new key.
func body(m signing.Made) map[string]string {
	sum := sha256.Sum256(m.Payload)
	return map[string]string{
		"key": m.ID, "purpose": string(m.Purpose), "public": hex.EncodeToString(m.Public), "from": m.From.UTC().Format(time.RFC3339), "until": m.Until.UTC().Format(time.RFC3339),
		"by": m.By, "statement": hex.EncodeToString(sum[:]), "signature": hex.EncodeToString(m.Signature),
	}
}

// Rotate makes the next key of a purpose and publishes it.
func (r *Register) Rotate(ctx context.Context, purpose signing.Purpose) (signing.Key, error) {
	if !slices.Contains(signing.Purposes, purpose) {
		return signing.Key{}, fault.New(fault.Invalid, "没有这种用途的密钥。")
	}
	if err := r.Publish(ctx); err != nil {
		return signing.Key{}, err
	}
	m, err := r.vault.Rotate(ctx, purpose)
	if err != nil {
		return signing.Key{}, err
	}
	if err := r.Publish(ctx); err != nil {
		return signing.Key{}, err
	}
	list, err := r.List(ctx)
	key, _ := list.Find(m.ID)
	return key, err
}

// Renew rotates the keys whose time ends before that.
func (r *Register) Renew(ctx context.Context, before time.Time) error {
	list, err := r.List(ctx)
	if err != nil {
		return err
	}
	newest := map[signing.Purpose]signing.Key{}
	for _, k := range list {
		newest[k.Purpose] = k
	}
	for purpose, k := range newest {
		if k.Until.Before(before) {
			if _, err := r.Rotate(ctx, purpose); err != nil {
				return err
			}
		}
	}
	return nil
}

// Revoke ends a key: what the log has later than compromised counts no more. A
// later revocation does not change an earlier one.
func (r *Register) Revoke(ctx context.Context, id string, compromised time.Time, reason signing.Reason) error {
	if !slices.Contains([]signing.Reason{signing.Compromised, signing.Lost, signing.Retired}, reason) {
		return fault.New(fault.Invalid, "没有这种撤销密钥的原因。")
	}
	_, err := database.InTx(ctx, r.pool, func(tx pgx.Tx) (struct{}, error) {
		if err := lock(ctx, tx); err != nil {
			return struct{}{}, err
		}
		list, err := List(ctx, tx)
		if err != nil {
			return struct{}{}, err
		}
		key, ok := list.Find(id)
		now, err := clock(ctx, tx)
		switch {
		case err != nil:
			return struct{}{}, err
		case !ok:
			return struct{}{}, fault.New(fault.NotFound, "没有这把密钥。")
		case key.Revoked != nil:
			return struct{}{}, fault.New(fault.Conflict, "这把密钥已经撤销。")
		case compromised.After(now):
			return struct{}{}, fault.New(fault.Invalid, "密钥失效的时间不能在将来。")
		}
		compromised = compromised.UTC().Truncate(time.Second)
		leaf, err := transparency.Append(ctx, tx, transparency.Leaf{Kind: wire.Revocation, Body: map[string]string{
			"key": id, "purpose": string(key.Purpose), "compromised": compromised.Format(time.RFC3339), "reason": string(reason),
		}})
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, insertRevocation(ctx, tx, id, signing.Revoked{Compromised: compromised, Reason: reason, Leaf: leaf})
	})
	return err
}
