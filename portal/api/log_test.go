package api_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/transparency-dev/merkle/rfc6962"
	tessera "github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"shuyuan/internal/database"
	"shuyuan/internal/signing"
	"shuyuan/internal/signing/register"
	"shuyuan/internal/signing/vault"
	"shuyuan/internal/transparency"
	"shuyuan/internal/transparency/wire"
)

// logged is a portal with a log.
type logged struct {
	*world
	log  *transparency.Log
	keys *register.Register
}

const logOrigin = "data.example/log"

func newLog(t *testing.T) *logged {
	t.Helper()
	return newWorld(t).logged(t)
}

// logged gives the portal keys and a log.
func (w *world) logged(t *testing.T) *logged {
	t.Helper()
	dir := t.TempDir()
	v, err := vault.Open(filepath.Join(dir, "keys"), filepath.Join(dir, "memory"), 24*time.Hour, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	l := &logged{world: w, keys: register.New(w.Pool, v)}
	l.log = transparency.New(transparency.NewReader(w.Pool), v, dir, time.Now)
	if err := errors.Join(l.log.Name(t.Context(), logOrigin), l.keys.Publish(t.Context())); err != nil {
		t.Fatal(err)
	}
	return l
}

// grow appends leaves and signs.
func (l *logged) grow(t *testing.T, n int) transparency.Checkpoint {
	t.Helper()
	_, err := database.InTx(t.Context(), l.Pool, func(tx pgx.Tx) (struct{}, error) {
		for i := range n {
			_, err := transparency.Append(t.Context(), tx, transparency.Leaf{Kind: wire.Seal, Body: map[string]string{
				"statement": fmt.Sprintf("%064x", i), "product": fmt.Sprintf("PRD-2026-%06d", i), "version": "1.0.0",
			}})
			if err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	if err == nil {
		err = l.log.Tick(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.log.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// listen serves the portal on a port of its own.
func (l *logged) listen(t *testing.T) *url.URL {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Serve(listener) }()
	t.Cleanup(func() {
		if err := l.Shutdown(t.Context()); err != nil {
			t.Log(err)
		}
		<-ended
	})
	root, err := url.Parse("http://" + listener.Addr().String() + "/api/v1/log/")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// verifier is the key of checkpoints as the API gives it.
func (l *logged) verifier(t *testing.T) note.Verifier {
	t.Helper()
	var keys struct {
		Origin string
		Items  []struct{ ID, Purpose, Verifier, Payload, Signature string }
	}
	ask(t, l.Server, "GET", "/api/v1/log/keys").into(t, &keys)
	for _, k := range keys.Items {
		if k.Purpose == string(signing.Checkpoint) {
			v, err := note.NewVerifier(k.Verifier)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("no key of checkpoints in %+v", keys)
	return nil
}

// TestTesseraAcceptsOurLog has the client and the fsck of Tessera read the log over
// HTTP, at sizes around the edges of tiles.
func TestTesseraAcceptsOurLog(t *testing.T) {
	l := newLog(t)
	root, v := l.listen(t), l.verifier(t)
	fetch, err := client.NewHTTPFetcher(root, &http.Client{Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	var tracker *client.LogStateTracker
	for _, n := range []int{1, 251, 1, 1, 1, 254, 1, 90} { // 4, 255, 256, 257, 258, 512, 513, 603
		c := l.grow(t, n)
		hashes := func(bundle []byte) ([][]byte, error) {
			var b tessera.EntryBundle
			err := b.UnmarshalText(bundle)
			out := make([][]byte, len(b.Entries))
			for i, e := range b.Entries {
				out[i] = rfc6962.DefaultHasher.HashLeaf(e)
			}
			return out, err
		}
		if err := fsck.New(logOrigin, v, fetch, hashes, fsck.Opts{N: 2}).Check(t.Context()); err != nil {
			t.Errorf("fsck of %d leaves: %v", c.Size, err)
		}
		if tracker == nil {
			if tracker, err = client.NewLogStateTracker(t.Context(), fetch.ReadTile, nil, v, logOrigin, client.UnilateralConsensus(fetch.ReadCheckpoint)); err != nil {
				t.Fatal(err)
			}
		} else if _, _, _, err := tracker.Update(t.Context()); err != nil {
			t.Errorf("the log of %d leaves does not continue the one before: %v", c.Size, err)
		}
		builder, err := client.NewProofBuilder(t.Context(), uint64(c.Size), fetch.ReadTile)
		if err != nil {
			t.Fatal(err)
		}
		for _, index := range []int64{0, c.Size / 2, c.Size - 1} {
			theirs, err := builder.InclusionProof(t.Context(), uint64(index))
			if err != nil {
				t.Fatal(err)
			}
			ours, err := l.log.Inclusion(t.Context(), index, c.Size)
			if err != nil || len(ours) != len(theirs) {
				t.Fatalf("%d hashes, theirs has %d (%v)", len(ours), len(theirs), err)
			}
			for i := range ours {
				if string(ours[i][:]) != string(theirs[i]) {
					t.Errorf("leaf %d of %d: hash %d of the proof is another", index, c.Size, i)
				}
			}
		}
	}
}

// TestTesseraFindsWhatWasRewritten changes a leaf behind the back of the log: the
// verifier of others reports it.
func TestTesseraFindsWhatWasRewritten(t *testing.T) {
	l := newLog(t)
	l.grow(t, 20)
	_, err := database.InTx(t.Context(), l.Pool, func(tx pgx.Tx) (struct{}, error) {
		_, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = replica`)
		if err == nil {
			_, err = tx.Exec(t.Context(), `UPDATE log_leaves SET entry = replace(convert_from(entry, 'UTF8'), '1.0.0', '1.0.1')::bytea WHERE seq = 9`)
		}
		return struct{}{}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	fetch, err := client.NewHTTPFetcher(l.listen(t), &http.Client{Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	hashes := func(bundle []byte) ([][]byte, error) {
		list, err := wire.ParseBundle(bundle)
		out := make([][]byte, len(list))
		for i, e := range list {
			out[i] = rfc6962.DefaultHasher.HashLeaf(e)
		}
		return out, err
	}
	if fsck.New(logOrigin, l.verifier(t), fetch, hashes, fsck.Opts{N: 1}).Check(t.Context()) == nil {
		t.Error("it accepts a leaf that was rewritten")
	}
}

// TestProofsByAPI asks for proofs as a program does, and verifies them with nothing
// but the answers.
func TestProofsByAPI(t *testing.T) {
	l := newLog(t)
	before := l.grow(t, 4)
	after := l.grow(t, 30)
	v := l.verifier(t)
	hashesOf := func(list []string) (out []tlog.Hash) {
		for _, s := range list {
			h, err := tlog.ParseHash(s)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, h)
		}
		return out
	}
	type inclusion struct {
		Index, Size             int64
		Hash, Entry, Checkpoint string
		Root                    string
		Proof                   []string
	}
	for _, leaf := range []string{"0", "6", "36"} {
		var p inclusion
		ask(t, l.Server, "GET", "/api/v1/log/proof/inclusion?leaf="+leaf).into(t, &p)
		tree, _, err := wire.OpenCheckpoint([]byte(p.Checkpoint), logOrigin, v)
		if err != nil || tree != after.Tree || p.Size != tree.Size || p.Root != tree.Root.String() {
			t.Fatalf("%+v (%v)", p, err)
		}
		hash := tlog.RecordHash([]byte(p.Entry))
		proof := hashesOf(p.Proof)
		if err := tlog.CheckRecord(proof, tree.Size, tree.Root, p.Index, hash); err != nil {
			t.Error(err)
		}
		for what, err := range map[string]error{
			"another index":           tlog.CheckRecord(proof, tree.Size, tree.Root, p.Index^1, hash),
			"another size":            tlog.CheckRecord(proof, before.Size, before.Root, min(p.Index, before.Size-1), hash),
			"another leaf":            tlog.CheckRecord(proof, tree.Size, tree.Root, p.Index, tlog.RecordHash([]byte(p.Entry+" "))),
			"a hash of the proof":     tlog.CheckRecord(append([]tlog.Hash{{}}, proof[1:]...), tree.Size, tree.Root, p.Index, hash),
			"a proof that is cut":     tlog.CheckRecord(proof[1:], tree.Size, tree.Root, p.Index, hash),
			"the root of another log": tlog.CheckRecord(proof, tree.Size, before.Root, p.Index, hash),
		} {
			if err == nil {
				t.Errorf("leaf %s: with %s the proof is accepted", leaf, what)
			}
		}
		var same inclusion
		ask(t, l.Server, "GET", "/api/v1/log/proof/inclusion?leaf="+p.Hash).into(t, &same)
		if same.Index != p.Index || same.Entry != p.Entry {
			t.Errorf("by its hash it is %+v", same)
		}
	}
	var earlier inclusion
	ask(t, l.Server, "GET", fmt.Sprintf("/api/v1/log/proof/inclusion?leaf=2&size=%d", before.Size)).into(t, &earlier)
	if err := tlog.CheckRecord(hashesOf(earlier.Proof), before.Size, before.Root, 2, tlog.RecordHash([]byte(earlier.Entry))); err != nil {
		t.Error(err)
	}
	var c struct {
		From, To int64
		Proof    []string
	}
	ask(t, l.Server, "GET", fmt.Sprintf("/api/v1/log/proof/consistency?from=%d", before.Size)).into(t, &c)
	if err := tlog.CheckTree(hashesOf(c.Proof), after.Size, after.Root, before.Size, before.Root); err != nil || c.To != after.Size {
		t.Errorf("%+v (%v)", c, err)
	}
}

// TestTheKeysAreInTheLog verifies the list of keys with nothing but the API.
func TestTheKeysAreInTheLog(t *testing.T) {
	l := newLog(t)
	if _, err := l.keys.Rotate(t.Context(), signing.Statement); err != nil {
		t.Fatal(err)
	}
	first, err := l.keys.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.keys.Revoke(t.Context(), first[0].ID, time.Now(), signing.Retired); err != nil {
		t.Fatal(err)
	}
	l.grow(t, 1)
	var keys struct {
		Items []struct {
			ID, Purpose, Public, Payload, Signature string
			Introduced                              string    `json:"introduced_by"`
			From                                    time.Time `json:"valid_from"`
			Until                                   time.Time `json:"valid_until"`
			Leaf                                    int64
			Reason                                  string `json:"revoked_for"`
			RevokedLeaf                             int64  `json:"revocation_leaf"`
		}
	}
	ask(t, l.Server, "GET", "/api/v1/log/keys").into(t, &keys)
	bytes := func(s string) []byte {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var list signing.Keys
	for _, k := range keys.Items {
		made := signing.Made{Purpose: signing.Purpose(k.Purpose), ID: k.ID, Public: bytes(k.Public), From: k.From, Until: k.Until, Payload: bytes(k.Payload), By: k.Introduced, Signature: bytes(k.Signature)}
		list = append(list, signing.Key{Made: made, Leaf: k.Leaf})
		var p struct{ Entry string }
		ask(t, l.Server, "GET", fmt.Sprintf("/api/v1/log/proof/inclusion?leaf=%d", k.Leaf)).into(t, &p)
		if !strings.Contains(p.Entry, `"kind":"key"`) || !strings.Contains(p.Entry, k.ID) {
			t.Errorf("leaf %d says %s", k.Leaf, p.Entry)
		}
		if k.Reason == "" {
			continue
		}
		ask(t, l.Server, "GET", fmt.Sprintf("/api/v1/log/proof/inclusion?leaf=%d", k.RevokedLeaf)).into(t, &p)
		if k.ID != first[0].ID || !strings.Contains(p.Entry, `"kind":"revocation"`) || !strings.Contains(p.Entry, k.ID) {
			t.Errorf("leaf %d says %s", k.RevokedLeaf, p.Entry)
		}
	}
	if err := list.Check(); err != nil || len(list) != 4 {
		t.Errorf("%d keys: %v", len(list), err)
	}
}

// TestTilesOverHTTP looks at headers and at addresses that are none.
func TestTilesOverHTTP(t *testing.T) {
	l := newLog(t)
	if r := ask(t, l.Server, "GET", "/api/v1/log/checkpoint"); r.status != http.StatusNotFound {
		t.Errorf("before the first checkpoint: %d %s", r.status, r.body)
	}
	l.grow(t, 300)
	for address, cache := range map[string]string{
		"tile/0/000":               "public, max-age=31536000, immutable",
		"tile/entries/000":         "public, max-age=31536000, immutable",
		"tile/0/001.p/47":          "public, max-age=300",
		"tile/entries/001.p/47":    "public, max-age=300",
		"tile/1/000.p/1":           "public, max-age=300",
		"checkpoint":               "public, no-cache",
		"keys":                     "public, no-cache",
		"proof/inclusion?leaf=0":   "public, no-cache",
		"proof/consistency?from=1": "public, no-cache",
	} {
		r := ask(t, l.Server, "GET", "/api/v1/log/"+address)
		if r.status != http.StatusOK || r.header.Get("Cache-Control") != cache || r.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %v", address, r.status, r.header)
		}
	}
	for address, status := range map[string]int{
		"tile/0/001": 404, "tile/0/001.p/48": 404, "tile/0/000.p/0": 404, "tile/0/0": 404, "tile/2/000.p/1": 404, "tile/entries/001": 404, "tile/0/../0/000": 400,
		"tile/0/x999/999": 404, "tile/data/000": 404, "tile/0/000?x=1": 400, "checkpoint?x=1": 400, "keys?x=1": 400,
		"proof/inclusion": 400, "proof/inclusion?leaf=": 400, "proof/inclusion?leaf=-1": 400, "proof/inclusion?leaf=01": 400, "proof/inclusion?leaf=303": 404, "proof/inclusion?leaf=999999999999999": 404,
		"proof/inclusion?leaf=1&size=1": 404, "proof/inclusion?leaf=1&size=304": 404, "proof/inclusion?leaf=1&size=0": 400, "proof/inclusion?leaf=" + strings.Repeat("0", 64): 404,
		"proof/inclusion?leaf=" + strings.Repeat("F", 64): 400, "proof/consistency": 400, "proof/consistency?from=0": 400, "proof/consistency?from=304": 404, "proof/consistency?from=5&to=4": 404,
		"proof/inclusion?leaf=9223372036854775808": 400, "proof/inclusion?leaf=%2B1": 400, "proof/inclusion?leaf=x": 400, "proof/inclusion?leaf=" + strings.Repeat("a", 63): 400, "proof/inclusion?leaf=1&size=-1": 400, "proof/inclusion?leaf=1&size=9007199254740993": 404,
		"proof/consistency?from=-1": 400, "proof/consistency?from=1&to=304": 404, "proof/consistency?from=1&to=-1": 400, "proof/consistency?from=9007199254740993": 404,
		"tile/64/000": 404, "tile/-1/000": 404, "tile/8/000": 404, "tile/0/" + strings.Repeat("x999/", 20) + "999": 404, "tile/0/000.p/257": 404, "tile/0/000.p/-1": 404, "tile/0/%2e%2e/000": 400, "tile/entries/-01": 404,
		"proof/consistency?from=x": 400, "proof/consistency?from=1&to=9999999999999999999": 400,
	} {
		r := ask(t, l.Server, "GET", "/api/v1/log/"+address)
		if r.status != status || !json.Valid(r.body) {
			t.Errorf("%s: %d, want %d: %.200s", address, r.status, status, r.body)
		}
	}
}

// TestNoLeafHoldsAName reads all that the log gives out and looks for what must
// not be there (I-41).
func TestNoLeafHoldsAName(t *testing.T) {
	l := newLog(t)
	l.grow(t, 10)
	r := ask(t, l.Server, "GET", "/api/v1/log/tile/entries/000.p/13")
	list, err := wire.ParseBundle(r.body)
	if err != nil || len(list) != 13 {
		t.Fatalf("%d entries (%v)", len(list), err)
	}
	for _, e := range list {
		for _, c := range string(e) {
			if c > 0x7e || c < 0x20 || c == ' ' {
				t.Errorf("%q can hold a name", e)
				break
			}
		}
	}
}
