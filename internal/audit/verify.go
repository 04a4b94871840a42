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
	Erased   int64     // entries whose personal row was emptied
	Pending  int       // entries not sealed yet
	Oldest   time.Time // of those, the oldest; zero where there is none
	Faults   int64     // 0: the chain is whole
	Problems []Problem // the first of them
}

// problemsMost is how many problems a report names: a trail that is wrong
// everywhere must not fill the memory of who looks at it.
const problemsMost = 100

// Problem is one place where the trail is not as it was written.
type Problem struct {
	EntryID int64
	Seq     int64
	Kind    ProblemKind
	What    string
}

// ProblemKind is what is wrong at a place.
type ProblemKind string

// The kinds.
const (
	LinksMissing    ProblemKind = "links-missing"    // entries between this one and the last are gone
	HashWrong       ProblemKind = "hash-wrong"       // the entry, or one before, is another than was sealed
	PersonalMissing ProblemKind = "personal-missing" // the row of personal words is gone
	PersonalOther   ProblemKind = "personal-other"   // it holds other words than were written
	HeadOther       ProblemKind = "head-other"       // an earlier look saw another hash here
	CutOff          ProblemKind = "cut-off"          // an earlier look saw more of the chain
)

// Verify recomputes the chain from its first entry, and every commitment whose
// personal row is still there. A head remembered from before must lie on it. It
// holds one entry at a time.
func Verify(ctx context.Context, q database.Querier, remembered ...Head) (Report, error) {
	w := walk{head: start()}
	if err := w.along(ctx, q, nil, 0, remembered); err != nil {
		return w.report(), err
	}
	w.end(remembered)
	r := w.report()
	var oldest *time.Time
	if err := q.QueryRow(ctx, `SELECT count(*), min(at) FROM audit_entries WHERE seq IS NULL`).Scan(&r.Pending, &oldest); err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	if oldest != nil {
		r.Oldest = *oldest
	}
	return r, nil
}

// start is the place before the first link.
func start() Head { return Head{Hash: make([]byte, sha256.Size)} }

// walk goes along the chain.
type walk struct {
	head     Head
	links    int64
	erased   int64
	faults   int64
	problems []Problem
}

func (w *walk) report() Report {
	return Report{Head: w.head, Erased: w.erased, Faults: w.faults, Problems: w.problems}
}

func (w *walk) found(entry int64, kind ProblemKind, what string) {
	if w.faults++; len(w.problems) < problemsMost {
		w.problems = append(w.problems, Problem{EntryID: entry, Seq: w.head.Seq, Kind: kind, What: what})
	}
}

// along recomputes the links behind the head, up to place last (nil: to the end
// of the chain) and at most so many (0: all).
func (w *walk) along(ctx context.Context, q database.Querier, last *int64, most int64, remembered []Head) error {
	rows, err := q.Query(ctx, `
		SELECT `+sealedColumns+`, p.entry_id, p.salt, p.content
		FROM audit_entries
		LEFT JOIN audit_personal p ON p.entry_id = id
		WHERE seq > $1 AND ($2::bigint IS NULL OR seq <= $2)
		ORDER BY seq
		LIMIT nullif($3::bigint, 0)`, w.head.Seq, last, most)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	var e verified
	_, err = pgx.ForEachRow(rows, e.fields(), func() error {
		w.links++
		before := w.head
		w.head.Seq = *e.Seq
		if *e.Seq != before.Seq+1 {
			w.found(e.ID, LinksMissing, fmt.Sprintf("entries %d to %d are missing", before.Seq+1, *e.Seq-1))
		}
		if !bytes.Equal(e.Hash, link(before.Hash, *e.Seq, e.sealed)) {
			w.found(e.ID, HashWrong, "the hash does not follow from the entry and the one before")
		}
		w.head.Hash = bytes.Clone(e.Hash)
		switch {
		case e.PersonalID == nil:
			w.found(e.ID, PersonalMissing, "the personal row is missing")
		case e.Content == nil:
			w.erased++
		case !bytes.Equal(e.Commitment, journal.Commit(e.Salt, []byte(*e.Content))):
			w.found(e.ID, PersonalOther, "the personal row is not the one that was written")
		}
		for _, h := range remembered {
			if h.Seq == *e.Seq && !bytes.Equal(h.Hash, e.Hash) {
				w.found(e.ID, HeadOther, "the chain differs from the head remembered for this place")
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	return nil
}

// end looks whether an earlier look saw more than there is.
func (w *walk) end(remembered []Head) {
	for _, h := range remembered {
		if h.Seq > w.head.Seq {
			w.found(0, CutOff, fmt.Sprintf("the chain ends before the remembered place %d", h.Seq))
		}
	}
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
