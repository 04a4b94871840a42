package vault_test

import (
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"shuyuan/internal/signing"
	"shuyuan/internal/signing/vault"
	"shuyuan/internal/transparency/wire"
)

// at is a vault with a clock.
type at struct {
	*vault.Files
	now          time.Time
	keys, memory string
}

func open(t *testing.T) *at {
	t.Helper()
	dir := t.TempDir()
	a := &at{now: time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC), keys: filepath.Join(dir, "keys"), memory: filepath.Join(dir, "memory")}
	var err error
	if a.Files, err = vault.Open(a.keys, a.memory, 365*24*time.Hour, func() time.Time { return a.now }); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestAKeySignsWhatItIsFor signs for each purpose, and tries what it is not for.
func TestAKeySignsWhatItIsFor(t *testing.T) {
	v := open(t)
	message := signing.PAE(signing.InToto, []byte(`{"_type":"https://in-toto.io/Statement/v1"}`))
	made, err := v.Made(t.Context())
	if err != nil || len(made) != len(signing.Purposes) {
		t.Fatalf("%d keys (%v)", len(made), err)
	}
	for _, p := range []signing.Purpose{signing.Statement, signing.Certificate} {
		id, signature, err := v.Sign(t.Context(), p, message)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range made {
			if ed25519.Verify(m.Public, message, signature) != (m.Purpose == p) || (m.ID == id) != (m.Purpose == p) {
				t.Errorf("a signature for a %s and the key for a %s", p, m.Purpose)
			}
		}
	}
	for what, c := range map[string]struct {
		purpose signing.Purpose
		message []byte
	}{
		"a checkpoint as a statement":       {signing.Statement, wire.CheckpointText("x", wire.Tree{Size: 1})},
		"a checkpoint without a proof":      {signing.Checkpoint, wire.CheckpointText("x", wire.Tree{Size: 1})},
		"a statement with a checkpoint key": {signing.Checkpoint, message},
		"the introduction of a key":         {signing.Statement, signing.PAE(signing.Handed, []byte(`{}`))},
		"a type that nobody allowed":        {signing.Statement, signing.PAE("text/plain", []byte(`{}`))},
		"bytes of any kind":                 {signing.Statement, []byte("hello")},
		"a wrong length":                    {signing.Statement, append(append([]byte(nil), message...), 'x')},
		"another spelling of a length":      {signing.Statement, []byte("DSSEv1 028 application/vnd.in-toto+json 2 {}")},
		"a purpose that there is not":       {"letters", message},
	} {
		if id, signature, err := v.Sign(t.Context(), c.purpose, c.message); err == nil || id != "" || signature != nil {
			t.Errorf("%s was signed", what)
		}
	}
}

// TestKeysLieInClosedFiles looks at who may read them, and at what opens a folder
// that others may read.
func TestKeysLieInClosedFiles(t *testing.T) {
	v := open(t)
	if _, err := v.Made(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := 0
	err := filepath.WalkDir(v.keys, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		n++
		return err
	})
	if err != nil || n != 1+2*len(signing.Purposes) {
		t.Errorf("%d files and folders (%v)", n, err)
	}
	if err := os.Chmod(v.keys, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Open(v.keys, v.memory, time.Hour, time.Now); err == nil {
		t.Error("a folder that all may read was opened")
	}
}

// TestANewKeyIsIntroducedByTheOneBefore rotates, and verifies old and new
// signatures by the list.
func TestANewKeyIsIntroducedByTheOneBefore(t *testing.T) {
	v := open(t)
	message := signing.PAE(signing.InToto, []byte(`{}`))
	was, before, err := v.Sign(t.Context(), signing.Statement, message)
	if err != nil {
		t.Fatal(err)
	}
	first := v.now
	v.now = v.now.AddDate(0, 6, 0)
	if _, err := v.Rotate(t.Context(), signing.Statement); err != nil {
		t.Fatal(err)
	}
	is, after, err := v.Sign(t.Context(), signing.Statement, message)
	if err != nil || is == was {
		t.Fatalf("key %s follows %s (%v)", is, was, err)
	}
	made, err := v.Made(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var keys signing.Keys
	for i, m := range made {
		keys = append(keys, signing.Key{Made: m, Leaf: int64(i)})
	}
	if err := keys.Check(); err != nil {
		t.Error(err)
	}
	verify := func(id string, signature []byte, logged time.Time, want error) {
		t.Helper()
		if err := keys.Verify(signing.Statement, id, message, signature, logged); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	verify(was, before, first, nil)
	verify(is, after, v.now, nil)
	verify(is, after, first, signing.ErrTime)
	verify(was, before, first.AddDate(2, 0, 0), signing.ErrTime)
	verify(is, before, v.now, signing.ErrSignature)
	verify("0000", before, v.now, signing.ErrUnknown)
	if err := keys.Verify(signing.Certificate, was, message, before, first); !errors.Is(err, signing.ErrUnknown) {
		t.Errorf("for another purpose: %v", err)
	}
	for i := range keys {
		if keys[i].ID == was {
			keys[i].Revoked = &signing.Revoked{Compromised: first.Add(time.Hour), Reason: signing.Compromised}
		}
	}
	verify(was, before, first.Add(time.Hour), nil)
	verify(was, before, first.Add(2*time.Hour), signing.ErrRevoked)

	v.now = v.now.AddDate(2, 0, 0)
	if _, _, err := v.Sign(t.Context(), signing.Statement, message); err == nil || !strings.Contains(err.Error(), "valid until") {
		t.Errorf("a key whose time is over signs: %v", err)
	}
	// A key that somebody slips in is in no history.
	forged := keys[len(keys)-1]
	for i := range keys {
		if keys[i].ID == is {
			keys[i].Public, keys[i].ID = forged.Public, forged.ID
		}
	}
	if keys.Check() == nil {
		t.Error("another key was accepted in the place of one")
	}
}

// TestACheckpointDoesNotGoBack asks for what no honest log asks.
func TestACheckpointDoesNotGoBack(t *testing.T) {
	v := open(t)
	tree := func(salt string, n int64) (wire.Tree, tlog.HashReader) {
		var stored []tlog.Hash
		r := tlog.HashReaderFunc(func(idx []int64) ([]tlog.Hash, error) {
			out := make([]tlog.Hash, len(idx))
			for i, x := range idx {
				out[i] = stored[x]
			}
			return out, nil
		})
		for i := range n {
			h, err := tlog.StoredHashes(i, []byte(salt+string(rune('a'+i))), r)
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, h...)
		}
		root, err := tlog.TreeHash(n, r)
		if err != nil {
			t.Fatal(err)
		}
		return wire.Tree{Size: n, Root: root}, r
	}
	ask := func(origin, salt string, old, n int64) error {
		to, r := tree(salt, n)
		var proof tlog.TreeProof
		if old > 0 && old <= n {
			var err error
			if proof, err = tlog.ProveTree(n, old, r); err != nil {
				t.Fatal(err)
			}
		}
		_, signature, err := v.SignCheckpoint(t.Context(), wire.CheckpointText(origin, to), old, proof)
		if (err == nil) != (signature != nil) {
			t.Errorf("signature %x, error %v", signature, err)
		}
		return err
	}
	if err := ask("log", "", 0, 7); err != nil {
		t.Fatal(err)
	}
	if err := ask("log", "", 7, 12); err != nil {
		t.Fatal(err)
	}
	if err := ask("log", "", 12, 12); err != nil {
		t.Errorf("the same once more: %v", err)
	}
	for what, err := range map[string]error{
		"fewer leaves":                  ask("log", "", 7, 11),
		"the first one again":           ask("log", "", 0, 7),
		"as many others":                ask("log", "other", 7, 12),
		"more, of others":               ask("log", "other", 12, 15),
		"a proof from elsewhere":        ask("log", "", 7, 15),
		"no proof":                      ask("log", "", 0, 15),
		"another log with the same key": ask("log2", "", 12, 15),
	} {
		var older *signing.Older
		if !errors.As(err, &older) || older.Size != 12 {
			t.Errorf("%s: %v", what, err)
		}
	}
	again, err := vault.Open(v.keys, v.memory, time.Hour, func() time.Time { return v.now }) // it remembers
	if err != nil {
		t.Fatal(err)
	}
	v.Files = again
	if err := ask("log", "", 7, 11); err == nil {
		t.Error("after a restart fewer leaves were signed")
	}
	if err := ask("log", "", 12, 15); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(v.memory, "last.json"), []byte(`{"siz`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ask("log", "", 15, 16); err == nil {
		t.Error("with a damaged memory a checkpoint was signed")
	}
}
