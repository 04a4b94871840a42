package stamptest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
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
	Artefacts             []verify.Artefact // what was delivered
	Body                  []byte            // of the leaf; nil: as it should be
	Recall                []byte            // another leaf, in front of it; nil: there is none
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

// Deliver puts a file into the list of what was delivered.
func (l *Log) Deliver(form string, b []byte) {
	l.Artefacts = append(l.Artefacts, verify.Artefact{Form: form, SHA256: statement.Of(b).SHA256})
}

// Together is what the leaf says of the files that were delivered.
func (l *Log) Together() string {
	var lines []string
	for _, a := range l.Artefacts {
		lines = append(lines, a.Form+" "+a.SHA256)
	}
	slices.Sort(lines)
	return statement.Of([]byte(strings.Join(lines, "\n") + "\n")).SHA256
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
		body = fmt.Appendf(nil, `{"kind":"seal","time":%q,"body":{"artefacts":%q,"product":"PRD-2026-000412","statement":%q,"version":"2.1.0"}}`, l.Time.Format(time.RFC3339), l.Together(), statement.Of(payload).SHA256)
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
		switch {
		case n == l.Index:
			leaf = body
		case n == l.Index-1 && l.Recall != nil:
			leaf = l.Recall
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
		Format: verify.ProofFormat, Leaf: verify.Leaf{Index: l.Index, Body: body}, Keys: l.Keys, Status: l.Status, Artefacts: l.Artefacts,
		Witnesses:  []verify.Witness{{Name: "regulator.example.org", Public: l.Witness.Public().(ed25519.PublicKey)}},
		Checkpoint: text + "\n" + line(l.Origin, 1, l.Checkpoint, nil, []byte(text)) + Cosigned("regulator.example.org", l.Witness, l.Time.Add(time.Minute), text),
	}
	for _, h := range proof {
		p.Inclusion = append(p.Inclusion, h[:])
	}
	if l.Recall != nil {
		if proof, err = tlog.ProveRecord(l.Size, l.Index-1, read); err != nil {
			t.Fatal(err)
		}
		p.Recall = &verify.Entry{Leaf: verify.Leaf{Index: l.Index - 1, Body: l.Recall}}
		for _, h := range proof {
			p.Recall.Inclusion = append(p.Recall.Inclusion, h[:])
		}
	}
	if p.Envelope, err = json.Marshal(e); err != nil {
		t.Fatal(err)
	}
	return p
}

// Cosigned is the line of a witness under a checkpoint (C2SP tlog-cosignature).
func Cosigned(name string, k Key, at time.Time, text string) string {
	return line(name, 4, k, binary.BigEndian.AppendUint64(nil, uint64(at.Unix())), fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at.Unix(), text))
}

// Witness is the key of a witness as SHUYUAN_WITNESSES has it (C2SP signed-note).
func (k Key) Witness(name string) string {
	public := append([]byte{4}, k.Public().(ed25519.PublicKey)...)
	sum := sha256.Sum256(append([]byte(name+"\n"), public...))
	return fmt.Sprintf("%s+%x+%s", name, sum[:4], base64.StdEncoding.EncodeToString(public))
}

// line is a signature as it stands under a note.
func line(name string, algorithm byte, k Key, before, message []byte) string {
	public := k.Public().(ed25519.PublicKey)
	sum := sha256.Sum256(append([]byte(name+"\n"+string(algorithm)), public...))
	sig := append(append(sum[:4:4], before...), ed25519.Sign(k.PrivateKey, message)...)
	return "\u2014 " + name + " " + base64.StdEncoding.EncodeToString(sig) + "\n"
}
