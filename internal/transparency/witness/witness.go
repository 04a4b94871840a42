// Package witness remembers what logs have shown it and signs a checkpoint only if
// it continues the last one: a log that was set back or shows others something
// else gets no signature. It is C2SP tlog-witness with signatures of C2SP
// tlog-cosignature, and knows nothing of the writer of a log.
package witness

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"shuyuan/internal/transparency/wire"
)

// Witness signs for the logs that it trusts to be themselves.
type Witness struct {
	file   string
	signer note.Signer

	mu   sync.Mutex
	logs map[string]Seen // by origin
}

// Seen is what a witness knows of a log.
type Seen struct {
	Keys    []string  `json:"keys"`              // as signed notes have them
	Revoked []string  `json:"revoked,omitempty"` // those that the log has revoked: none of them ever counts again
	Size    int64     `json:"size"`
	Root    tlog.Hash `json:"root"`
	Note    string    `json:"note"` // the checkpoint that was signed last, with our signature
}

// Open returns the witness that remembers in file and signs with signer.
func Open(file string, signer note.Signer) (*Witness, error) {
	w := &Witness{file: file, signer: signer, logs: map[string]Seen{}}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	if err := json.Unmarshal(b, &w.logs); err != nil {
		return nil, fmt.Errorf("witness: %s cannot be read; without it nothing is signed: %w", file, err)
	}
	return w, nil
}

// Trust lets the witness sign for the log with that name, whose checkpoints are
// signed with one of these keys. One that was revoked stays revoked.
func (w *Witness) Trust(origin string, keys ...string) error {
	return w.learn(origin, keys, nil)
}

// learn takes keys of a log as trusted, and others as revoked.
func (w *Witness) learn(origin string, keys, revoked []string) error {
	for _, k := range slices.Concat(keys, revoked) {
		v, err := note.NewVerifier(k)
		if err != nil || v.Name() != origin {
			return fmt.Errorf("witness: %q is no key of the log %s", k, origin)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s, known := w.logs[origin]
	next := s
	next.Keys, next.Revoked = with(s.Keys, keys), with(s.Revoked, revoked)
	if known && len(next.Keys) == len(s.Keys) && len(next.Revoked) == len(s.Revoked) {
		return nil
	}
	return w.remember(origin, next)
}

// with is a list with what it has not of another behind it.
func with(list, more []string) []string {
	list = slices.Clone(list)
	for _, k := range more {
		if !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	return list
}

// Seen is what is known of the log with that name.
func (w *Witness) Seen(origin string) (Seen, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, ok := w.logs[origin]
	return s, ok
}

// Origins are the names of the logs that it knows.
func (w *Witness) Origins() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.logs))
}

// Why a checkpoint is not signed.
var (
	ErrMalformed = errors.New("witness: the checkpoint is malformed")
	ErrUnknown   = errors.New("witness: this log is not known here")
	ErrSignature = errors.New("witness: the checkpoint is not signed with a key of its log")
	ErrRevoked   = errors.New("witness: the checkpoint is signed with a key that its log has revoked: whoever holds that key may be somebody else")
	ErrProof     = errors.New("witness: the checkpoint does not continue the one before: the log was rewritten")
)

// Conflict is a checkpoint that does not begin where the last one ended.
type Conflict struct {
	Seen wire.Tree
	Why  string
}

func (c *Conflict) Error() string {
	return fmt.Sprintf("witness: a log of %d leaves was seen: %s", c.Seen.Size, c.Why)
}

// Add verifies that a checkpoint continues the last one of its log, remembers it
// on disk, and returns the line of its signature. One that contradicts it is kept as
// evidence.
func (w *Witness) Add(a wire.AddCheckpoint) ([]byte, error) {
	text, _, _ := bytes.Cut(a.Note, []byte("\n\n"))
	origin, _, err := wire.ParseCheckpoint(append(text, '\n'))
	if err != nil {
		return nil, ErrMalformed
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	last, ok := w.logs[origin]
	if !ok {
		return nil, ErrUnknown
	}
	tree, n, err := last.open(origin, a.Note)
	if err != nil {
		return nil, err
	}
	conflict := func(why string) error { return &Conflict{Seen: wire.Tree{Size: last.Size, Root: last.Root}, Why: why} }
	switch {
	case tree.Size < last.Size:
		return nil, errors.Join(conflict(fmt.Sprintf("this one has %d, so leaves were lost", tree.Size)), w.evidence(n, last.Note))
	case tree.Size < 1 || a.Old > tree.Size:
		return nil, ErrMalformed
	case tree.Size == last.Size && tree.Root != last.Root:
		return nil, errors.Join(conflict("this one has as many, and others"), w.evidence(n, last.Note))
	case a.Old != last.Size:
		return nil, conflict("the proof does not begin there")
	case tree.Size > last.Size && last.Size > 0 && tlog.CheckTree(a.Proof, tree.Size, tree.Root, last.Size, last.Root) != nil:
		return nil, errors.Join(ErrProof, w.evidence(n, last.Note))
	case (last.Size == 0 || tree.Size == last.Size) && len(a.Proof) > 0:
		return nil, ErrProof
	}
	cosigned, err := note.Sign(&note.Note{Text: n.Text}, w.signer)
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	line := cosigned[len(n.Text)+1:]
	last.Size, last.Root, last.Note = tree.Size, tree.Root, string(append(slices.Clone(a.Note), line...))
	return line, w.remember(origin, last)
}

// open verifies the signature of a log under a checkpoint.
func (s Seen) open(origin string, signed []byte) (wire.Tree, *note.Note, error) {
	var counting, revoked []note.Verifier
	for _, k := range with(s.Keys, s.Revoked) {
		v, err := note.NewVerifier(k)
		switch {
		case err != nil:
			return wire.Tree{}, nil, fmt.Errorf("witness: %w", err)
		case slices.Contains(s.Revoked, k):
			revoked = append(revoked, v)
		default:
			counting = append(counting, v)
		}
	}
	t, n, err := wire.OpenCheckpoint(signed, origin, counting...)
	if err == nil {
		return t, n, nil
	}
	if _, _, err := wire.OpenCheckpoint(signed, origin, revoked...); err == nil {
		return wire.Tree{}, nil, ErrRevoked
	}
	return wire.Tree{}, nil, ErrSignature
}

// evidenceMost is how many files of evidence are kept: old checkpoints, which anybody can
// send again, must not fill the disk.
const evidenceMost = 1000

// evidence keeps a checkpoint that its log signed, and must not have, with the one that
// was seen before, beside the file of the witness: together they prove to everybody what
// was done. Of the first it keeps what was verified, so that the same is kept once.
func (w *Witness) evidence(n *note.Note, last string) error {
	signed := []byte(n.Text + "\n")
	for _, s := range n.Sigs {
		signed = append(signed, "\u2014 "+s.Name+" "+s.Base64+"\n"...)
	}
	sum := sha256.Sum256(signed)
	refused, before := fmt.Sprintf("%s.refused-%x", w.file, sum[:8]), fmt.Sprintf("%s.before-%x", w.file, sum[:8])
	if _, err := os.Stat(refused); err == nil {
		return nil
	}
	if there, err := filepath.Glob(w.file + ".refused-*"); err != nil || len(there) >= evidenceMost {
		return errors.Join(err, fmt.Errorf("witness: there are %d pieces of evidence already", len(there)))
	}
	if err := os.WriteFile(before, []byte(last), 0o600); err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	if err := os.WriteFile(refused, signed, 0o600); err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	return nil
}

// remember writes what is known to disk, and only then knows it.
func (w *Witness) remember(origin string, s Seen) (err error) {
	next := maps.Clone(w.logs)
	next[origin] = s
	b, err := json.MarshalIndent(next, "", "\t")
	if err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	dir := filepath.Dir(w.file)
	t, err := os.CreateTemp(dir, ".witness-")
	if err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	defer os.Remove(t.Name()) //nolint:errcheck // gone already if it was renamed
	_, err = t.Write(append(b, '\n'))
	if err := errors.Join(err, t.Sync(), t.Close()); err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	if err := os.Rename(t.Name(), w.file); err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	w.logs = next
	return nil
}
