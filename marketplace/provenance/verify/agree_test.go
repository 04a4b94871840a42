package verify_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"shuyuan/internal/signing"
	"shuyuan/internal/transparency/wire"
	"shuyuan/marketplace/provenance/stamptest"
	"shuyuan/marketplace/provenance/verify"
)

// The list of keys as it is published is the one that a proof brings along, and the
// platform's own check of it comes to the same.
func TestKeysAreThoseThatArePublished(t *testing.T) {
	next := stamptest.NewKey("next")
	l := stamptest.NewLog()
	l.Keys = append(l.Keys, stamptest.Introduced("statement", next, l.Statement, 7))
	l.Keys[2].Revoked = &verify.Ended{Compromised: stamptest.At, Reason: "lost", Leaf: 9}
	published := func(keys []verify.Key) (all signing.Keys) {
		for _, k := range keys {
			one := signing.Key{Leaf: k.Leaf, Made: signing.Made{Purpose: signing.Purpose(k.Purpose), ID: k.ID, Public: k.Public, From: k.From, Until: k.Until, Payload: k.Payload, By: k.By, Signature: k.Signature}}
			if k.Revoked != nil {
				one.Revoked = &signing.Revoked{Compromised: k.Revoked.Compromised, Reason: signing.Reason(k.Revoked.Reason), Leaf: k.Revoked.Leaf}
			}
			all = append(all, one)
		}
		return all
	}
	b, err := json.Marshal(published(l.Keys))
	if err != nil {
		t.Fatal(err)
	}
	var read []verify.Key
	if err := json.Unmarshal(b, &read); err != nil {
		t.Fatal(err)
	}
	for i, k := range read {
		want, got := l.Keys[i], k
		if got.ID != want.ID || got.Leaf != want.Leaf || !got.From.Equal(want.From) || string(got.Payload) != string(want.Payload) || (got.Revoked == nil) != (want.Revoked == nil) || got.Revoked != nil && *got.Revoked != *want.Revoked {
			t.Errorf("%+v, published %+v", got, want)
		}
	}
	if err := published(l.Keys).Check(); err != nil {
		t.Errorf("the platform refuses them: %v", err)
	}
	l.Keys[2].By = next.ID()
	if err := published(l.Keys).Check(); err == nil {
		t.Error("the platform takes a key that introduces itself")
	}
}

// An entry and a checkpoint are read by the log's own words, too.
func TestTheLogReadsTheSame(t *testing.T) {
	_, s, l, p := sealedIn(t, nil)
	entry, err := wire.ParseEntry(p.Leaf.Body)
	if err != nil || entry.Kind != wire.Seal || entry.Body["statement"] != s.Notice().Statement.SHA256 || !entry.Time.Equal(l.Time) {
		t.Errorf("%+v, %v", entry, err)
	}
	text, err := note.NewEd25519VerifierKey(l.Origin, p.Keys[1].Public)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(text)
	if err != nil {
		t.Fatal(err)
	}
	if tree, _, err := wire.OpenCheckpoint([]byte(p.Checkpoint), l.Origin, v); err != nil || tree.Size != l.Size {
		t.Errorf("%+v, %v", tree, err)
	}
	// and what the log writes is read here
	_, _, written, _ := sealedIn(t, nil)
	body, err := wire.Entry{Kind: wire.Seal, Time: l.Time.Add(123 * time.Microsecond), Body: map[string]string{"statement": s.Notice().Statement.SHA256, "product": "PRD-2026-000412", "version": "2.1.0", "artefacts": written.Together()}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	b, _, l, p := sealedIn(t, func(l *stamptest.Log) { l.Body = body })
	r := check(t, b, verify.Options{Proofs: []verify.Proof{p}, Trust: l.Trust()})
	verdict(t, "an entry that the log wrote", r, verify.Valid)
	if !slices.Contains(codes(r), verify.AllWell) || !r.Logged.Time.Equal(l.Time.Add(123*time.Microsecond)) {
		t.Errorf("%+v", r.Logged)
	}
}
