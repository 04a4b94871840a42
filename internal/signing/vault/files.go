// Package vault keeps the private keys: in files that only the signer reads, never
// in the database. Beside them it remembers the last checkpoint it signed, so that
// a database that was set back cannot make it sign another history.
//
// Files are the keys themselves. Serve and Client put a process between them and
// the server, which offers nothing but to sign.
package vault

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	tflog "github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/tlog"

	"shuyuan/internal/signing"
)

// apart is how far the clocks of two machines may be apart: the log has the time of
// the database.
const apart = 10 * time.Minute

// Files is a Vault over two folders, which only one process uses at a time.
type Files struct {
	keys   string // private keys: part of a backup, which is encrypted
	memory string // what was signed last: never part of a backup
	valid  time.Duration
	now    func() time.Time

	mu sync.Mutex
}

// Open returns the vault whose keys are in one folder and whose memory is in
// another. A new key is valid for that long.
func Open(keys, memory string, valid time.Duration, now func() time.Time) (*Files, error) {
	for _, dir := range []string{keys, memory} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("vault: %w", err)
		}
		info, err := os.Stat(dir)
		if err != nil {
			return nil, fmt.Errorf("vault: %w", err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			return nil, fmt.Errorf("vault: %s is open to other users of this machine: chmod 700 %s", dir, dir)
		}
	}
	return &Files{keys: keys, memory: memory, valid: valid, now: now}, nil
}

// Sign signs a DSSE message with the newest key of the purpose.
func (f *Files) Sign(_ context.Context, purpose signing.Purpose, message []byte) (string, []byte, error) {
	payloadType, _, err := signing.ParsePAE(message)
	if err != nil {
		return "", nil, err
	}
	if !signing.Allowed(purpose, payloadType) {
		return "", nil, fmt.Errorf("vault: a key for %ss does not sign %s", purpose, payloadType)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sign(purpose, message)
}

// sign signs with the newest key of the purpose, if it is valid now.
func (f *Files) sign(purpose signing.Purpose, message []byte) (string, []byte, error) {
	list, err := f.made(purpose)
	if err != nil {
		return "", nil, err
	}
	key := list[len(list)-1]
	if now := f.now(); now.Before(key.From) || !now.Before(key.Until) {
		return "", nil, fmt.Errorf("vault: the key for %ss was valid until %s: make the next one", purpose, key.Until.Format(time.RFC3339))
	}
	private, err := f.private(key)
	if err != nil {
		return "", nil, err
	}
	return key.ID, ed25519.Sign(private, message), nil
}

// Made are the keys in their order; the first of each purpose is made when there
// is none.
func (f *Files) Made(context.Context) ([]signing.Made, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []signing.Made
	for _, p := range signing.Purposes {
		list, err := f.made(p)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// Rotate makes the next key of the purpose.
func (f *Files) Rotate(_ context.Context, purpose signing.Purpose) (signing.Made, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list, err := f.made(purpose)
	if err != nil {
		return signing.Made{}, err
	}
	by, err := f.private(list[len(list)-1])
	if err != nil {
		return signing.Made{}, err
	}
	return f.make(purpose, len(list)+1, by)
}

func (f *Files) made(purpose signing.Purpose) ([]signing.Made, error) {
	var list []signing.Made
	for {
		var m signing.Made
		b, err := os.ReadFile(f.file(purpose, len(list)+1, ".json"))
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("vault: %w", err)
		}
		if err := json.Unmarshal(b, &m); err != nil {
			return nil, fmt.Errorf("vault: key %d for %ss: %w", len(list)+1, purpose, err)
		}
		list = append(list, m)
	}
	if len(list) > 0 {
		return list, nil
	}
	m, err := f.make(purpose, 1, nil)
	return []signing.Made{m}, err
}

// make makes key n of the purpose, signed by the one before, or by itself. The
// private half is on disk before the public one, which makes it count.
func (f *Files) make(purpose signing.Purpose, n int, by ed25519.PrivateKey) (signing.Made, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return signing.Made{}, fmt.Errorf("vault: %w", err)
	}
	if by == nil {
		by = private
	}
	from := f.now().UTC().Truncate(time.Second).Add(-apart)
	h := signing.Handover{
		Purpose: purpose, ID: signing.ID(public), Public: public, From: from, Until: from.Add(apart + f.valid), By: signing.ID(by.Public().(ed25519.PublicKey)),
	}
	m := signing.Made{Purpose: purpose, ID: h.ID, Public: public, From: h.From, Until: h.Until, By: h.By}
	if m.Payload, err = json.Marshal(h); err != nil {
		return signing.Made{}, fmt.Errorf("vault: %w", err)
	}
	m.Signature = ed25519.Sign(by, signing.PAE(signing.Handed, m.Payload))
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return signing.Made{}, fmt.Errorf("vault: %w", err)
	}
	if err := write(f.file(purpose, n, ".pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return signing.Made{}, err
	}
	b, err := json.Marshal(m)
	if err != nil {
		return signing.Made{}, fmt.Errorf("vault: %w", err)
	}
	return m, write(f.file(purpose, n, ".json"), b)
}

// private reads the private half of a key.
func (f *Files) private(m signing.Made) (ed25519.PrivateKey, error) {
	for n := 1; ; n++ {
		b, err := os.ReadFile(f.file(m.Purpose, n, ".pem"))
		if err != nil {
			return nil, fmt.Errorf("vault: key %s: %w", m.ID, err)
		}
		block, _ := pem.Decode(b)
		if block == nil {
			return nil, fmt.Errorf("vault: key %s: its file is damaged", m.ID)
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("vault: key %s: %w", m.ID, err)
		}
		if private, ok := key.(ed25519.PrivateKey); ok && signing.ID(private.Public().(ed25519.PublicKey)) == m.ID {
			return private, nil
		}
	}
}

func (f *Files) file(p signing.Purpose, n int, ending string) string {
	return filepath.Join(f.keys, fmt.Sprintf("%s-%04d%s", p, n, ending))
}

// signed is the last checkpoint that was signed.
type signed struct {
	Origin string    `json:"origin"`
	Size   int64     `json:"size"`
	Root   tlog.Hash `json:"root"`
}

// SignCheckpoint signs the text of a checkpoint that continues the last one. It
// remembers it, on disk, before the signature leaves.
func (f *Files) SignCheckpoint(_ context.Context, text []byte, old int64, proof tlog.TreeProof) (string, []byte, error) {
	var c tflog.Checkpoint
	if rest, err := c.Unmarshal(text); err != nil || len(rest) > 0 || string(c.Marshal()) != string(text) || len(c.Hash) != tlog.HashSize || c.Size == 0 || c.Size > 1<<53 {
		return "", nil, errors.New("vault: this is no checkpoint")
	}
	next := signed{Origin: c.Origin, Size: int64(c.Size), Root: tlog.Hash(c.Hash)}
	f.mu.Lock()
	defer f.mu.Unlock()
	name := filepath.Join(f.memory, "last.json")
	var last signed
	b, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return "", nil, fmt.Errorf("vault: %w", err)
	default:
		if err := json.Unmarshal(b, &last); err != nil {
			return "", nil, fmt.Errorf("vault: what was signed last cannot be read: %w", err)
		}
		if err := last.continues(next, old, proof); err != nil {
			return "", nil, err
		}
	}
	if next != last {
		b, err := json.Marshal(next)
		if err != nil {
			return "", nil, fmt.Errorf("vault: %w", err)
		}
		if err := write(name, b); err != nil {
			return "", nil, err
		}
	}
	return f.sign(signing.Checkpoint, text)
}

// continues returns nil if next is the same log at the same or a later time.
func (last signed) continues(next signed, old int64, proof tlog.TreeProof) error {
	refuse := func(why string) error { return &signing.Older{Size: last.Size, Why: why} }
	switch {
	case next.Origin != last.Origin:
		return refuse("it was of another log, " + last.Origin)
	case next.Size < last.Size:
		return refuse(fmt.Sprintf("the log has %d leaves now, so it lost some", next.Size))
	case next.Size == last.Size && next.Root != last.Root:
		return refuse("with other leaves")
	case next.Size == last.Size:
		return nil
	case old != last.Size:
		return refuse(fmt.Sprintf("the proof begins at %d", old))
	case tlog.CheckTree(proof, next.Size, next.Root, last.Size, last.Root) != nil:
		return refuse("the log has changed what was in it")
	}
	return nil
}

// write replaces a file, which is on disk with the folder's entry when it returns.
func write(name string, b []byte) (err error) {
	dir := filepath.Dir(name)
	t, err := os.CreateTemp(dir, "."+strings.TrimPrefix(filepath.Base(name), ".")+"-")
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	defer os.Remove(t.Name()) //nolint:errcheck // gone already if it was renamed
	_, err = t.Write(b)
	if err := errors.Join(err, t.Sync(), t.Close()); err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	if err := os.Rename(t.Name(), name); err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	return nil
}
