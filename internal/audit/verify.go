package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/audit/journal"
	"shuyuan/internal/database"
)

// Head is a place in the chain. Kept elsewhere, it proves that nothing up to
// it was changed or cut off since.
type Head struct {
	Seq  int64
	Hash []byte
}

// Report is what Verify found.
type Report struct {
	Head     Head
	Erased   int       // entries whose personal row was emptied
	Pending  int       // entries not sealed yet
	Oldest   time.Time // of those, the oldest; zero where there is none
	Problems []Problem // empty: the chain is whole
}

// Problem is one place where the trail is not as it was written.
type Problem struct {
	EntryID int64
	Seq     int64
	What    string
}

// Verify recomputes the chain from its first entry, and every commitment whose
// personal row is still there. A head remembered from before must lie on it.
func Verify(ctx context.Context, q database.Querier, remembered ...Head) (Report, error) {
	var r Report
	found := func(e verified, what string) {
		r.Problems = append(r.Problems, Problem{EntryID: e.ID, Seq: r.Head.Seq, What: what})
	}
	rows, err := q.Query(ctx, `
		SELECT `+sealedColumns+`, p.entry_id, p.salt, p.content
		FROM audit_entries
		LEFT JOIN audit_personal p ON p.entry_id = id
		WHERE seq IS NOT NULL
		ORDER BY seq`)
	if err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	prev := make([]byte, sha256.Size)
	var e verified
	_, err = pgx.ForEachRow(rows, e.fields(), func() error {
		if *e.Seq != r.Head.Seq+1 {
			found(e, fmt.Sprintf("entries %d to %d are missing", r.Head.Seq+1, *e.Seq-1))
		}
		r.Head.Seq = *e.Seq
		if !bytes.Equal(e.Hash, link(prev, *e.Seq, e.sealed)) {
			found(e, "the hash does not follow from the entry and the one before")
		}
		prev = bytes.Clone(e.Hash)
		switch {
		case e.PersonalID == nil:
			found(e, "the personal row is missing")
		case e.Content == nil:
			r.Erased++
		case !bytes.Equal(e.Commitment, journal.Commit(e.Salt, []byte(*e.Content))):
			found(e, "the personal row is not the one that was written")
		}
		for _, h := range remembered {
			if h.Seq == *e.Seq && !bytes.Equal(h.Hash, e.Hash) {
				found(e, "the chain differs from the head remembered for this place")
			}
		}
		return nil
	})
	if err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	r.Head.Hash = prev
	for _, h := range remembered {
		if h.Seq > r.Head.Seq {
			found(verified{}, fmt.Sprintf("the chain ends before the remembered place %d", h.Seq))
		}
	}
	var oldest *time.Time
	if err := q.QueryRow(ctx, `SELECT count(*), min(at) FROM audit_entries WHERE seq IS NULL`).Scan(&r.Pending, &oldest); err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	if oldest != nil {
		r.Oldest = *oldest
	}
	return r, nil
}

type verified struct {
	sealed
	PersonalID *int64
	Salt       []byte
	Content    *string
}

func (e *verified) fields() []any {
	return []any{
		&e.ID, &e.At, &e.Actor, &e.Roles, &e.Department, &e.Subject, &e.SubjectID, &e.Act, &e.Commitment, &e.Seq, &e.Hash,
		&e.PersonalID, &e.Salt, &e.Content,
	}
}
