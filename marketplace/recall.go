package marketplace

import (
	"context"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/jobs"
	"shuyuan/internal/transparency"
	"shuyuan/internal/transparency/wire"
)

// Cause is what happened above a sealed version.
type Cause string

// The causes of a flag.
const (
	InputWithdrawn Cause = "withdrawn" // an entry was withdrawn
	InputCorrected Cause = "corrected" // a version was found to be wrong, and put right
	InputRecalled  Cause = "recalled"  // a version of a product was recalled
)

// flagged is a version that is to be flagged.
type flagged struct {
	version         int64
	product, number string
	statement       string // digest
	why             Cause
	source, from    int64
	words, of       string
	withdrawal      int // which one of the entry: it can be restored, and withdrawn again
}

// Follow flags every sealed version below an entry that was withdrawn, a version that
// was put right, or a version of a product that was recalled, through any number of
// products (I-18): each withdrawal, correction and recall once, with a leaf of the log and a letter to its developer.
func (s *Service) Follow(ctx context.Context) error {
	found, err := selectUnflagged(ctx, s.pool)
	if err != nil || len(found) == 0 {
		return err
	}
	for _, one := range found {
		if _, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) { return struct{}{}, s.flag(ctx, tx, one) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) flag(ctx context.Context, tx pgx.Tx, f flagged) error {
	p, err := s.product(ctx, tx, f.product, true)
	if err != nil {
		return err
	}
	if done, err := hasFlag(ctx, tx, f); err != nil || done { // another process was first
		return err
	}
	leaf, err := transparency.Append(ctx, tx, transparency.Leaf{Kind: wire.Recall, Body: map[string]string{"statement": f.statement, "product": f.product, "version": f.number, "reason": "input-" + string(f.why)}})
	if err != nil {
		return err
	}
	if err := insertFlag(ctx, tx, f, s.instant(), leaf); err != nil {
		return err
	}
	v, err := s.version(ctx, tx, p, f.number)
	if err != nil {
		return err
	}
	if err := s.versionHappened(ctx, tx, platform(), p, v, VersionAction("flag_"+f.why), OfPlatform, f.of); err != nil {
		return err
	}
	return s.tell(ctx, tx, p, Notice{Number: p.Number, Version: v.Number, Act: "flag_" + string(f.why), Of: f.of, Words: f.words})
}

// recall takes a version back: by its developer, or by whoever supervises. What was
// made from it is flagged at once.
func (s *Service) recall(ctx context.Context, who account.Actor, product, number string, revision int, words string) (*Version, error) {
	if who.ID > 0 {
		if err := s.Accounts.RequireFresh(who); err != nil {
			return nil, err
		}
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Version, error) {
		p, v, err := s.moving(ctx, tx, who, product, number, revision, Recall)
		if err != nil {
			return v, err
		}
		v.words = words
		if _, err := versions.Next(v.State, Recall, who, v); err != nil {
			return v, err
		}
		side := "platform"
		if v.side == OfDeveloper {
			side = "developer"
		}
		leaf, err := transparency.Append(ctx, tx, transparency.Leaf{Kind: wire.Recall, Body: map[string]string{"statement": v.Seal.Digest, "product": v.Product, "version": v.Number, "reason": side}})
		if err != nil {
			return v, err
		}
		v.Recall = &Recalling{Side: side, By: who.Name, Reason: words, At: s.instant(), Leaf: leaf}
		if err := insertRecall(ctx, tx, v, who.ID); err != nil {
			return v, err
		}
		if err := s.moveVersion(ctx, tx, who, p, v, Recall); err != nil {
			return v, err
		}
		if err := jobs.Announce(ctx, tx, InputsMoved{}); err != nil {
			return v, err
		}
		return v, s.tell(ctx, tx, p, Notice{Number: p.Number, Version: v.Number, Act: string(Recall), Words: words})
	})
}
