package stamptest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"golang.org/x/mod/sumdb/tlog"

	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
)

// Log is a log of one statement among others, and its keys: what a Proof is made of.
type Log struct {
	Statement, Checkpoint Key
	Keys                  []verify.Key
	Witness               Key
	Origin                string
	Size, Index           int64
	Time                  time.Time // when it recorded the statement
	Status                *verify.Status
	Body                  []byte // of the leaf; nil: as it should be
}

// NewLog is a log with two keys that are good for years.
func NewLog() *Log {
	l := &Log{Statement: NewKey("platform"), Checkpoint: NewKey("log"), Witness: NewKey("witness"), Origin: "data.example.org/log", Size: 300, Index: 256, Time: At.Add(time.Second)}
	l.Keys = []verify.Key{Introduced("statement", l.Statement, l.Statement, 0), Introduced("checkpoint", l.Checkpoint, l.Checkpoint, 1)}
	return l
}

// Introduced is a key as the published list has it, introduced by another or itself.
func Introduced(purpose string, k, by Key, leaf int64) verify.Key {
	key := verify.Key{
		Purpose: purpose, ID: k.ID(), Public: k.Public().(ed25519.PublicKey), From: At.AddDate(-1, 0, 0), Until: At.AddDate(2, 0, 0), By: by.ID(), Leaf: leaf,
	}
	Hand(&key, by)
	return key
}

// Hand has a key sign what the list says of another.
func Hand(key *verify.Key, by Key) {
	var err error
	if key.Payload, err = json.Marshal(map[string]any{"purpose": key.Purpose, "id": key.ID, "public": key.Public, "from": key.From, "until": key.Until, "by": key.By}); err != nil {
		panic(err)
	}
	key.Signature = ed25519.Sign(by.PrivateKey, dsse.PAE("application/vnd.shuyuan.key+json", key.Payload))
}

// Trust are the names of the keys that introduce themselves.
func (l *Log) Trust() (all []string) {
	for _, k := range l.Keys {
		if k.By == k.ID {
			all = append(all, k.ID)
		}
	}
	return append(all, l.Witness.ID())
}

// Proof is the proof of an envelope.
func (l *Log) Proof(t testing.TB, e *dsse.Envelope) verify.Proof {
	t.Helper()
	payload, err := e.DecodeB64Payload()
	if err != nil {
		t.Fatal(err)
	}
	body := l.Body
	if body == nil {
		body = fmt.Appendf(nil, `{"kind":"seal","time":%q,"body":{"product":"PRD-2026-000412","statement":%q,"version":"2.1.0"}}`, l.Time.Format(time.RFC3339), statement.Of(payload).SHA256)
	}
	hashes := map[int64]tlog.Hash{}
	read := tlog.HashReaderFunc(func(all []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(all))
		for i, n := range all {
			out[i] = hashes[n]
		}
		return out, nil
	})
	for n := range l.Size {
		leaf := fmt.Appendf(nil, "leaf %d", n)
		if n == l.Index {
			leaf = body
		}
		stored, err := tlog.StoredHashes(n, leaf, read)
		if err != nil {
			t.Fatal(err)
		}
		for i, h := range stored {
			hashes[tlog.StoredHashIndex(0, n)+int64(i)] = h
		}
	}
	root, err := tlog.TreeHash(l.Size, read)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := tlog.ProveRecord(l.Size, l.Index, read)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", l.Origin, l.Size, base64.StdEncoding.EncodeToString(root[:]))
	p := verify.Proof{
		Format: verify.ProofFormat, Leaf: verify.Leaf{Index: l.Index, Body: body}, Keys: l.Keys, Status: l.Status,
		Witnesses:  []verify.Witness{{Name: "regulator.example.org", Public: l.Witness.Public().(ed25519.PublicKey)}},
		Checkpoint: text + "\n" + line(l.Origin, 1, l.Checkpoint, nil, []byte(text)) + line("regulator.example.org", 4, l.Witness, binary.BigEndian.AppendUint64(nil, uint64(l.Time.Add(time.Minute).Unix())), fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", l.Time.Add(time.Minute).Unix(), text)),
	}
	for _, h := range proof {
		p.Inclusion = append(p.Inclusion, h[:])
	}
	if p.Envelope, err = json.Marshal(e); err != nil {
		t.Fatal(err)
	}
	return p
}

// line is a signature as it stands under a note.
func line(name string, algorithm byte, k Key, before, message []byte) string {
	public := k.Public().(ed25519.PublicKey)
	sum := sha256.Sum256(append([]byte(name+"\n"+string(algorithm)), public...))
	sig := append(append(sum[:4:4], before...), ed25519.Sign(k.PrivateKey, message)...)
	return "\u2014 " + name + " " + base64.StdEncoding.EncodeToString(sig) + "\n"
}
