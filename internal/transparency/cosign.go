package transparency

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"shuyuan/internal/transparency/wire"
)

// Witness is a witness of the log as the log sees it.
type Witness struct {
	verifier note.Verifier
	public   []byte
	post     Post
	old      int64 // leaves of the log that it saw last, as far as known
	signed   int64 // leaves of the checkpoint that it signed last
}

// Post sends a request to a witness (C2SP tlog-witness: POST add-checkpoint) and
// returns the status and the body of its answer.
type Post func(ctx context.Context, request []byte) (status int, answer []byte, err error)

// NewWitness returns the one with that key, in the spelling of signed notes.
func NewWitness(key string, post Post) (*Witness, error) {
	v, err := fnote.NewVerifierForCosignatureV1(key)
	if err != nil {
		return nil, fmt.Errorf("witness: %q is no key: %w", key, err)
	}
	_, encoded, _ := strings.Cut(key[len(v.Name())+1:], "+") // name+hash+algorithm and key, which was read just now
	public, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(public) != 1+ed25519.PublicKeySize {
		return nil, fmt.Errorf("witness: %q is no key", key)
	}
	return &Witness{verifier: v, public: public[1:], post: post}, nil
}

// Name is under what name the witness signs.
func (w *Witness) Name() string { return w.verifier.Name() }

// Public is its Ed25519 key.
func (w *Witness) Public() []byte { return w.public }

// Witnessed has witnesses sign each checkpoint.
func (l *Log) Witnessed(by ...*Witness) { l.witnesses = append(l.witnesses, by...) }

// What a witness answers.
const (
	accepted    = 200
	conflicting = 409
	unproven    = 422
)

// ErrForked is the answer of a witness that saw another log than this.
var ErrForked = errors.New("log: a witness saw another log than this one: it was set back or rewritten")

// forked is that answer, with how many leaves the witness saw.
type forked struct{ seen int64 }

func (f *forked) Error() string { return fmt.Sprintf("%v (it saw %d leaves)", ErrForked, f.seen) }
func (f *forked) Unwrap() error { return ErrForked }

// Contradiction is that a witness saw another log than this one.
type Contradiction struct {
	Witness string // as of a Cosignature
	Size    int64  // leaves of the checkpoint that it refused
	Seen    int64  // leaves of the log that it saw, as it says
	Since   time.Time
}

// Contradictions are those that stand.
func (r *Reader) Contradictions(ctx context.Context) ([]Contradiction, error) {
	return selectContradictions(ctx, r.pool)
}

func (w *Witness) name() string {
	return fmt.Sprintf("%s+%08x", w.verifier.Name(), w.verifier.KeyHash())
}

// Cosign has each witness sign the newest checkpoint that it has not signed.
func (l *Log) Cosign(ctx context.Context) error {
	if len(l.witnesses) == 0 {
		return nil
	}
	c, err := newestCheckpoint(ctx, l.pool)
	if err != nil || c.Size == 0 {
		return err
	}
	var problems []error
	for _, w := range l.witnesses {
		if w.signed == c.Size {
			continue
		}
		err := l.ask(ctx, w, c)
		if against := (*forked)(nil); errors.As(err, &against) {
			err = errors.Join(err, upsertContradiction(ctx, l.pool, Contradiction{Witness: w.name(), Size: c.Size, Seen: against.seen, Since: l.now()}))
		} else if err == nil {
			err = endContradiction(ctx, l.pool, w.name(), l.now())
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("witness %s: %w", w.verifier.Name(), err))
			continue
		}
		w.signed, w.old = c.Size, c.Size
	}
	err = errors.Join(problems...)
	if errors.Is(err, ErrForked) {
		l.tell(err)
	}
	return err
}

// ask asks one witness; twice where it last saw another size than was thought.
func (l *Log) ask(ctx context.Context, w *Witness, c Checkpoint) error {
	for range 2 {
		a := wire.AddCheckpoint{Old: w.old, Note: c.Note}
		if w.old > 0 && w.old < c.Size {
			p, err := l.Consistency(ctx, w.old, c.Size)
			if err != nil {
				return err
			}
			a.Proof = p
		}
		status, answer, err := w.post(ctx, a.Marshal())
		switch {
		case err != nil:
			return err
		case status == accepted:
			return l.accept(ctx, w, c, answer)
		case status == unproven:
			return &forked{w.old}
		case status != conflicting:
			return fmt.Errorf("it answers %d: %.200s", status, answer)
		}
		size, err := strconv.ParseInt(string(bytes.TrimSuffix(answer, []byte("\n"))), 10, 64)
		if err != nil || size < 0 {
			return fmt.Errorf("it answers %d: %.200s", status, answer)
		}
		if size > c.Size || size == w.old {
			return &forked{size}
		}
		w.old = size
	}
	return &forked{w.old}
}

// accept keeps the signature of a witness, if it is one.
func (l *Log) accept(ctx context.Context, w *Witness, c Checkpoint, answer []byte) error {
	text, _, _ := bytes.Cut(c.Note, []byte("\n\n"))
	n, err := note.Open(append(append(text, "\n\n"...), answer...), note.VerifierList(w.verifier))
	if err != nil {
		return fmt.Errorf("its signature is none: %w", err)
	}
	s := n.Sigs[0]
	at, err := fnote.CoSigV1Timestamp(s)
	if err != nil {
		return fmt.Errorf("its signature has no time: %w", err)
	}
	if apart := l.now().Sub(at).Abs(); apart > time.Hour {
		return fmt.Errorf("its clock is %v from ours", apart)
	}
	return insertCosignature(ctx, l.pool, c, Cosignature{
		Witness: w.name(), At: at, Line: "\u2014 " + s.Name + " " + s.Base64 + "\n",
	})
}
