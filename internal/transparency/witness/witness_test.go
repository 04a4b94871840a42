package witness_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/signing"
	"shuyuan/internal/signing/register"
	"shuyuan/internal/signing/vault"
	"shuyuan/internal/transparency"
	"shuyuan/internal/transparency/wire"
	"shuyuan/internal/transparency/witness"
)

const origin = "log.example.gov/log"

// side is the log.
type side struct {
	*transparency.Log
	pool *pgxpool.Pool
	keys *register.Register
}

func newSide(t *testing.T, pool *pgxpool.Pool, dir string) *side {
	t.Helper()
	v, err := vault.Open(filepath.Join(dir, "keys"), filepath.Join(dir, "memory"), 24*time.Hour, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	s := &side{pool: pool, keys: register.New(pool, v), Log: transparency.New(transparency.NewReader(pool), v, dir, time.Now)}
	if err := errors.Join(s.Name(t.Context(), origin), s.keys.Publish(t.Context())); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *side) grow(t *testing.T, n int) transparency.Checkpoint {
	t.Helper()
	_, err := database.InTx(t.Context(), s.pool, func(tx pgx.Tx) (struct{}, error) {
		for range n {
			leaf := transparency.Leaf{Kind: wire.Receipt, Body: map[string]string{"commitment": rand.Text()}}
			if _, err := transparency.Append(t.Context(), tx, leaf); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	if err == nil {
		err = s.Tick(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve answers as the API does.
func (s *side) serve(t *testing.T, address string) ([]byte, error) {
	t.Helper()
	ctx := t.Context()
	var from, to int64
	switch {
	case address == "log/checkpoint":
		c, err := s.Checkpoint(ctx)
		return c.Full(), err
	case address == "log/keys":
		list, err := s.keys.List(ctx)
		items := make([]map[string]any, len(list))
		for i, k := range list {
			items[i] = map[string]any{
				"id": k.ID, "purpose": k.Purpose, "public": k.Public, "valid_from": k.From, "valid_until": k.Until, "introduced_by": k.By, "payload": k.Payload, "signature": k.Signature,
				"verifier": s.key(t, k.ID), "leaf": k.Leaf,
			}
			if k.Revoked != nil {
				items[i]["compromised_at"], items[i]["revocation_leaf"] = k.Revoked.Compromised, k.Revoked.Leaf
			}
		}
		b, _ := json.Marshal(map[string]any{"items": items})
		return b, err
	}
	if _, err := fmt.Sscanf(address, "log/proof/consistency?from=%d&to=%d", &from, &to); err != nil {
		return nil, err
	}
	p, err := s.Consistency(ctx, from, to)
	b, _ := json.Marshal(map[string]any{"proof": p})
	return b, err
}

// ask is a request that the log makes.
func (s *side) ask(t *testing.T, old int64, c transparency.Checkpoint) wire.AddCheckpoint {
	t.Helper()
	a := wire.AddCheckpoint{Old: old, Note: c.Note}
	if old > 0 && old < c.Size {
		p, err := s.Consistency(t.Context(), old, c.Size)
		if err != nil {
			t.Fatal(err)
		}
		a.Proof = p
	}
	return a
}

// keyed is a witness with a key, that remembers in dir.
func keyed(t *testing.T, dir, name string) (w *witness.Witness, vkey string) {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	if vkey, err = fnote.VKeyToCosignatureV1(public); err != nil {
		t.Fatal(err)
	}
	signer, err := fnote.NewSignerForCosignatureV1(secret)
	if err != nil {
		t.Fatal(err)
	}
	if w, err = witness.Open(filepath.Join(dir, "seen.json"), signer); err != nil {
		t.Fatal(err)
	}
	return w, vkey
}

func (s *side) key(t *testing.T, id string) string {
	t.Helper()
	keys, err := s.keys.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k, _ := keys.Find(id)
	vkey, err := wire.VerifierKey(origin, k.Public)
	if err != nil {
		t.Fatal(err)
	}
	return vkey
}

// TestAWitnessSignsWhatContinues signs a log that grows, and refuses everything
// else, with the answers of C2SP tlog-witness.
func TestAWitnessSignsWhatContinues(t *testing.T) {
	dir := t.TempDir()
	s := newSide(t, dbtest.New(t), dir)
	w, vkey := keyed(t, dir, "regulator.example")
	first := s.grow(t, 5)
	if err := w.Trust(origin, s.key(t, first.Key)); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.Handler())
	defer server.Close()
	post := func(body []byte) (int, string) {
		t.Helper()
		resp, err := http.Post(server.URL+"/add-checkpoint", "", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	status, line := post(s.ask(t, 0, first).Marshal())
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, line)
	}
	v, err := fnote.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := note.Open(append(bytes.Clone(first.Note), line...), note.VerifierList(v)); err != nil || len(n.Sigs) != 1 {
		t.Errorf("the signature is none: %v", err)
	}
	second := s.grow(t, 7)
	good := s.ask(t, first.Size, second)
	for what, c := range map[string]struct {
		body   []byte
		status int
	}{
		"nothing":                   {nil, 400},
		"no size":                   {[]byte("\n\n" + string(second.Note)), 400},
		"a size with a zero before": {bytes.Replace(good.Marshal(), []byte("old "), []byte("old 0"), 1), 400},
		"a hash that is none":       {bytes.Replace(good.Marshal(), []byte("\n\n"), []byte("\nAAAA\n\n"), 1), 400},
		"more hashes than can be":   {wire.AddCheckpoint{Old: first.Size, Proof: make(tlog.TreeProof, 64), Note: second.Note}.Marshal(), 400},
		"an old size beyond it":     {wire.AddCheckpoint{Old: 1000, Note: second.Note}.Marshal(), 400},
		"another old size":          {s.ask(t, first.Size-1, second).Marshal(), 409},
		"as if it were new":         {s.ask(t, 0, second).Marshal(), 409},
		"no proof":                  {wire.AddCheckpoint{Old: first.Size, Note: second.Note}.Marshal(), 422},
		"a wrong proof":             {wire.AddCheckpoint{Old: first.Size, Proof: make(tlog.TreeProof, len(good.Proof)), Note: second.Note}.Marshal(), 422},
		"a changed size":            {bytes.Replace(good.Marshal(), fmt.Appendf(nil, "\n%d\n", second.Size), fmt.Appendf(nil, "\n%d\n", second.Size+1), 1), 403},
		"another log":               {bytes.ReplaceAll(good.Marshal(), []byte(origin), []byte("other.example/log")), 404},
		"too long":                  {make([]byte, 2<<20), 400},
	} {
		if status, said := post(c.body); status != c.status || status == 409 && said != fmt.Sprintf("%d\n", first.Size) {
			t.Errorf("%s: %d %q, want %d", what, status, said, c.status)
		}
	}
	if status, said := post(good.Marshal()); status != http.StatusOK {
		t.Errorf("%d %s", status, said)
	}
	if status, said := post(s.ask(t, second.Size, second).Marshal()); status != http.StatusOK {
		t.Errorf("the same once more: %d %s", status, said)
	}
	if status, _ := post(s.ask(t, first.Size, first).Marshal()); status != http.StatusConflict {
		t.Errorf("the first one again: %d", status)
	}
	resp, err := http.Get(server.URL + "/checkpoint?origin=" + origin)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err != nil || !bytes.HasPrefix(b, second.Note) || !strings.Contains(string(b), "— regulator.example ") {
		t.Errorf("it shows %q (%v)", b, err)
	}
}

// TestAWitnessDoesNotForget opens it again, and with a damaged memory.
func TestAWitnessDoesNotForget(t *testing.T) {
	dir := t.TempDir()
	s := newSide(t, dbtest.New(t), dir)
	w, _ := keyed(t, dir, "w")
	first := s.grow(t, 5)
	second := s.grow(t, 5)
	if err := w.Trust(origin, s.key(t, first.Key)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Add(s.ask(t, 0, second)); err != nil {
		t.Fatal(err)
	}
	again, _ := keyed(t, dir, "w")
	var conflict *witness.Conflict
	if _, err := again.Add(s.ask(t, 0, first)); !errors.As(err, &conflict) || conflict.Seen != second.Tree {
		t.Errorf("after a restart: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "seen.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	secret, _, err := note.GenerateKey(rand.Reader, "w")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := fnote.NewSignerForCosignatureV1(secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := witness.Open(filepath.Join(dir, "seen.json"), signer); err == nil {
		t.Error("a witness that has forgotten everything goes on")
	}
}

// TestTheLogHasItsCheckpointsWitnessed runs log and witness together, sets the
// database back with everything that the signer remembers, and has the witness
// refuse: the log tells it.
func TestTheLogHasItsCheckpointsWitnessed(t *testing.T) {
	dir := t.TempDir()
	s := newSide(t, dbtest.New(t), dir)
	s.grow(t, 5)
	old := dbtest.Snap(t, s.pool)
	if err := os.CopyFS(filepath.Join(dir, "old"), os.DirFS(filepath.Join(dir, "memory"))); err != nil {
		t.Fatal(err)
	}
	s = newSide(t, old.New(t), dir)
	w, vkey := keyed(t, t.TempDir(), "regulator.example")
	c, err := s.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Trust(origin, s.key(t, c.Key)); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.Handler())
	defer server.Close()
	witnessed := func(s *side) error {
		t.Helper()
		by, err := transparency.NewWitness(vkey, func(_ context.Context, request []byte) (int, []byte, error) {
			resp, err := http.Post(server.URL+"/add-checkpoint", "", bytes.NewReader(request))
			if err != nil {
				return 0, nil, err
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			return resp.StatusCode, b, err
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Witnessed(by)
		return s.Cosign(t.Context())
	}
	if err := witnessed(s); err != nil {
		t.Fatal(err)
	}
	s.grow(t, 3)
	if err := s.Cosign(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err = s.Checkpoint(t.Context())
	if err != nil || len(c.Cosignatures) != 1 || c.Cosignatures[0].At.IsZero() {
		t.Fatalf("%+v (%v)", c, err)
	}
	v, err := fnote.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := note.Open(c.Full(), note.VerifierList(v)); err != nil || len(n.Sigs) != 1 || n.Text != string(wire.CheckpointText(origin, c.Tree)) {
		t.Errorf("what is served holds no signature of the witness: %v", err)
	}

	if err := os.RemoveAll(filepath.Join(dir, "memory")); err != nil { // as on a new machine: the signer knows nothing
		t.Fatal(err)
	}
	back := newSide(t, old.New(t), dir)
	if err := witnessed(back); !errors.Is(err, transparency.ErrForked) || back.Problem() == nil {
		t.Errorf("with fewer leaves: %v, problem %v", err, back.Problem())
	}
	told := func(size int64) transparency.Contradiction {
		t.Helper()
		list, err := back.Contradictions(t.Context())
		if err != nil || len(list) != 1 || !strings.HasPrefix(list[0].Witness, "regulator.example+") || list[0].Seen != c.Size || list[0].Size != size || list[0].Since.IsZero() {
			t.Fatalf("everybody is told %+v (%v)", list, err)
		}
		return list[0]
	}
	since := told(c.Size - 3).Since
	grown := back.grow(t, 6)
	if err := back.Cosign(t.Context()); !errors.Is(err, transparency.ErrForked) || back.Problem() == nil {
		t.Errorf("with others: %v, problem %v", err, back.Problem())
	}
	if again := told(grown.Size); !again.Since.Equal(since) {
		t.Errorf("since %v, and then since %v", since, again.Since)
	}
	other, vkey2 := keyed(t, t.TempDir(), "regulator.example")
	if err := other.Trust(origin, s.key(t, grown.Key)); err != nil {
		t.Fatal(err)
	}
	server.Config.Handler, vkey = other.Handler(), vkey2
	if err := witnessed(back); err == nil { // the first still contradicts
		t.Error("the contradiction is over because somebody else signs")
	}
	told(grown.Size)
}

// TestAWitnessWatchesByItself has it fetch from a log that nobody makes ask, follow
// its key, and find a fork and a rollback with evidence.
func TestAWitnessWatchesByItself(t *testing.T) {
	dir, own := t.TempDir(), t.TempDir()
	s := newSide(t, dbtest.New(t), dir)
	w, _ := keyed(t, own, "w")
	first := s.grow(t, 5)
	read := func(_ context.Context, address string) ([]byte, error) { return s.serve(t, address) }
	if err := w.Watch(t.Context(), read, "log"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.keys.Rotate(t.Context(), signing.Checkpoint); err != nil {
		t.Fatal(err)
	}
	second := s.grow(t, 4)
	if second.Key == first.Key {
		t.Fatal("the key was not rotated")
	}
	if err := w.Watch(t.Context(), read, "log"); err != nil {
		t.Fatalf("with the next key: %v", err)
	}
	if seen, _ := w.Seen(origin); seen.Size != second.Size || len(seen.Keys) != 2 {
		t.Errorf("it saw %+v", seen)
	}
	var conflict *witness.Conflict
	rolled := func(_ context.Context, address string) ([]byte, error) {
		if address == "log/checkpoint" {
			return first.Full(), nil
		}
		return s.serve(t, address)
	}
	if err := w.Watch(t.Context(), rolled, "log"); !errors.As(err, &conflict) {
		t.Errorf("a log that lost leaves: %v", err)
	}
	if found, err := filepath.Glob(filepath.Join(own, "*.refused-*")); err != nil || len(found) != 1 {
		t.Errorf("evidence: %v (%v)", found, err)
	}
	// Somebody else's keys under the same name are not trusted.
	s = newSide(t, dbtest.New(t), t.TempDir())
	s.grow(t, 20)
	if err := w.Watch(t.Context(), read, "log"); !errors.Is(err, witness.ErrSignature) {
		t.Errorf("another log under this name: %v", err)
	}
}

// thief is whoever holds a key that the witness trusts.
type thief struct{ signer note.Signer }

// signs is a checkpoint of that size, with a root that is not the log's.
func (f thief) signs(t *testing.T, size int64, root byte) []byte {
	t.Helper()
	b, err := note.Sign(&note.Note{Text: string(wire.CheckpointText(origin, wire.Tree{Size: size, Root: tlog.Hash{root}}))}, f.signer)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestARevokedKeyCountsNoMore has a key stolen and revoked: the witness drops it for good,
// follows the one that it introduced before, and keeps what its thief showed.
func TestARevokedKeyCountsNoMore(t *testing.T) {
	dir, own := t.TempDir(), t.TempDir()
	s := newSide(t, dbtest.New(t), dir)
	w, _ := keyed(t, own, "w")
	secret, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	stolen := thief{signer}
	first := s.grow(t, 5)
	read := func(_ context.Context, address string) ([]byte, error) { return s.serve(t, address) }
	if err := errors.Join(w.Watch(t.Context(), read, "log"), w.Trust(origin, public)); err != nil {
		t.Fatal(err)
	}
	kept := func(want int, what string) {
		t.Helper()
		refused, _ := filepath.Glob(filepath.Join(own, "*.refused-*"))
		before, _ := filepath.Glob(filepath.Join(own, "*.before-*"))
		if len(refused) != want || len(before) != want {
			t.Errorf("%s: evidence %v, before it %v, want %d", what, refused, before, want)
		}
	}
	seen, _ := w.Seen(origin)
	var conflict *witness.Conflict
	other := stolen.signs(t, first.Size, 1)
	for range 2 { // the same is kept once
		if _, err := w.Add(wire.AddCheckpoint{Old: first.Size, Note: other}); !errors.As(err, &conflict) {
			t.Errorf("as many leaves, and others: %v", err)
		}
	}
	kept(1, "as many leaves, and others")
	if _, err := w.Add(wire.AddCheckpoint{Old: 0, Note: stolen.signs(t, first.Size, 2)}); !errors.As(err, &conflict) {
		t.Errorf("with another old size: %v", err)
	}
	kept(2, "with another old size")
	if _, err := w.Add(wire.AddCheckpoint{Old: first.Size, Note: stolen.signs(t, first.Size+1, 3)}); !errors.Is(err, witness.ErrProof) {
		t.Errorf("an extension that is none: %v", err)
	}
	kept(3, "an extension that is none")
	for _, file := range []string{"refused", "before"} {
		list, _ := filepath.Glob(filepath.Join(own, "*."+file+"-*"))
		for _, at := range list {
			b, err := os.ReadFile(at)
			if err != nil || !strings.HasPrefix(string(b), origin+"\n") || file == "before" && string(b) != seen.Note {
				t.Errorf("%s holds %q: %v", at, b, err)
			}
		}
	}

	if _, err := s.keys.Rotate(t.Context(), signing.Checkpoint); err != nil {
		t.Fatal(err)
	}
	if err := s.keys.Revoke(t.Context(), first.Key, time.Now(), signing.Compromised); err != nil {
		t.Fatal(err)
	}
	second := s.grow(t, 3)
	if err := w.Watch(t.Context(), read, "log"); err != nil {
		t.Fatalf("with the key that the revoked one introduced before: %v", err)
	}
	again, _ := keyed(t, own, "w") // as after a restart
	if err := again.Trust(origin, s.key(t, first.Key)); err != nil {
		t.Fatal(err)
	}
	for what, w := range map[string]*witness.Witness{"at once": w, "opened again, and told to trust it": again} {
		if seen, _ := w.Seen(origin); seen.Size != second.Size || len(seen.Revoked) != 1 || seen.Revoked[0] != s.key(t, first.Key) {
			t.Errorf("%s: it knows %+v", what, seen)
		}
		if _, err := w.Add(wire.AddCheckpoint{Old: second.Size, Note: first.Note}); !errors.Is(err, witness.ErrRevoked) {
			t.Errorf("%s, by the revoked key: %v", what, err)
		}
	}
	kept(3, "by a key that says nothing any more")
	server := httptest.NewServer(w.Handler())
	defer server.Close()
	resp, err := http.Post(server.URL+"/add-checkpoint", "", bytes.NewReader(wire.AddCheckpoint{Old: second.Size, Note: first.Note}.Marshal()))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if said, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusForbidden || !strings.Contains(string(said), "has revoked") {
		t.Errorf("it answers %d %q (%v)", resp.StatusCode, said, err)
	}
	third := s.grow(t, 2)
	if _, err := w.Add(s.ask(t, second.Size, third)); err != nil {
		t.Errorf("the log itself goes on, and is refused: %v", err)
	}
}
