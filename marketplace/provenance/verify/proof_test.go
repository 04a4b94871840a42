package verify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/stamptest"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
)

// A proof from which the signature of the developer was taken is none that says that there
// was none.
func TestAProofWithoutTheDeveloper(t *testing.T) {
	file, _, l, p := sealedIn(t, func(*stamptest.Log) {})
	offline := check(t, file, verify.Options{Proofs: []verify.Proof{p}, Trust: l.Trust()})
	p.Status = &verify.Status{State: verify.Active}
	asked := check(t, file, verify.Options{TrustLookup: true, Lookup: func(context.Context, string) ([]verify.Proof, error) { return []verify.Proof{p}, nil }})
	if offline.Verdict != verify.Valid || offline.Developer.State != verify.NotBrought || !strings.Contains(offline.Developer.State.Words(false), "这份证明里没有") || asked.Developer.State != verify.NotSigned {
		t.Errorf("%+v alone, %+v asked", offline.Developer, asked.Developer)
	}
}

// recallOf is the entry of the log that takes back what sealedIn seals.
func recallOf(by string) []byte {
	subject, about := stamp.DescribeBytes("PRD@1/model", statement.Of([]byte("a model")), 7, "application/octet-stream")
	payload, err := stamptest.Statement([]statement.Subject{subject}, []statement.Content{about}).Payload()
	if err != nil {
		panic(err)
	}
	return fmt.Appendf(nil, `{"kind":"recall","time":"2026-11-20T00:00:00Z","body":{"statement":%q,"reason":%q}}`, statement.Of(payload).SHA256, by)
}

// sealedIn is something that is no table, sealed in a log that is changed before.
func sealedIn(t *testing.T, change func(*stamptest.Log)) (stamped []byte, s stamp.Stamp, l *stamptest.Log, p verify.Proof) {
	t.Helper()
	model := []byte("a model")
	l = stamptest.NewLog()
	signer := l.Statement
	if change != nil {
		change(l)
	}
	subject, about := stamp.DescribeBytes("PRD@1/model", statement.Of(model), int64(len(model)), "application/octet-stream")
	s, e := stamptest.SealedAs(t, []statement.Subject{subject}, []statement.Content{about}, signer)
	var b strings.Builder
	if err := stamp.WriteBytes(t.Context(), &b, stamp.Bytes, "model.bin", strings.NewReader(string(model)), s); err != nil {
		t.Fatal(err)
	}
	l.Deliver("bytes", []byte(b.String()))
	return []byte(b.String()), s, l, l.Proof(t, e)
}

// What a key is worth depends on its purpose, and on when the log had the statement.
func TestKeys(t *testing.T) {
	next, third := stamptest.NewKey("next"), stamptest.NewKey("third")
	for _, c := range []struct {
		what   string
		change func(*stamptest.Log)
		want   verify.Verdict
		why    verify.Code
	}{
		{"as it should be", nil, verify.Valid, verify.AllWell},
		{"a key of another purpose", func(l *stamptest.Log) {
			l.Keys[0] = stamptest.Introduced("certificate", l.Statement, l.Statement, 0)
		}, verify.Unknown, verify.KeyPurpose},
		{"the log's key signs", func(l *stamptest.Log) {
			l.Keys = []verify.Key{stamptest.Introduced("statement", next, next, 0), stamptest.Introduced("checkpoint", l.Checkpoint, l.Checkpoint, 1)}
		}, verify.Unknown, verify.SignatureBad},
		{"a key not yet valid", func(l *stamptest.Log) {
			l.Keys[0].From = stamptest.At.Add(time.Hour)
			stamptest.Hand(&l.Keys[0], l.Statement)
		}, verify.Unknown, verify.KeyTime},
		{"a key valid no more", func(l *stamptest.Log) {
			l.Keys[0].Until = l.Time
			stamptest.Hand(&l.Keys[0], l.Statement)
		}, verify.Unknown, verify.KeyTime},
		{"a key valid just so long", func(l *stamptest.Log) {
			l.Keys[0].Until = l.Time.Add(time.Nanosecond)
			stamptest.Hand(&l.Keys[0], l.Statement)
		}, verify.Valid, ""},
		{"compromised before", func(l *stamptest.Log) {
			l.Keys[0].Revoked = &verify.Ended{Compromised: l.Time.Add(-time.Second), Leaf: 280}
		}, verify.Unknown, verify.KeyRevoked},
		{"compromised afterwards", func(l *stamptest.Log) {
			l.Keys[0].Revoked = &verify.Ended{Compromised: l.Time.Add(time.Second), Leaf: 280}
		}, verify.Valid, ""},
		{"a list that was stretched by hand", func(l *stamptest.Log) { l.Keys[0].Until = l.Keys[0].Until.AddDate(9, 0, 0) }, verify.Unknown, verify.KeysOdd},
		{"a key under another's name", func(l *stamptest.Log) { l.Keys[0].ID = next.ID() }, verify.Unknown, verify.KeysOdd},
		{"a key twice", func(l *stamptest.Log) { l.Keys = append(l.Keys, l.Keys[1]) }, verify.Unknown, verify.KeysOdd},
		{"a second key that introduces itself", func(l *stamptest.Log) {
			l.Keys = append(l.Keys, stamptest.Introduced("statement", next, next, 9))
		}, verify.Unknown, verify.KeysOdd},
		{"a second key, introduced by the first", func(l *stamptest.Log) {
			l.Keys = []verify.Key{stamptest.Introduced("statement", next, next, 0), stamptest.Introduced("statement", l.Statement, next, 5), l.Keys[1]}
		}, verify.Valid, ""},
		{"a third key, introduced by the first", func(l *stamptest.Log) {
			l.Keys = []verify.Key{stamptest.Introduced("statement", next, next, 0), stamptest.Introduced("statement", third, next, 5), stamptest.Introduced("statement", l.Statement, next, 6), l.Keys[1]}
		}, verify.Unknown, verify.KeysOdd},
		{"a key without a key", func(l *stamptest.Log) { l.Keys[0].Public = l.Keys[0].Public[:5] }, verify.Unknown, verify.KeysOdd},
		{"the log's key revoked, a witness before", func(l *stamptest.Log) {
			l.Keys[1].Revoked = &verify.Ended{Compromised: l.Time.Add(time.Hour), Leaf: 290}
		}, verify.Valid, ""},
		{"the log's key revoked before the witness", func(l *stamptest.Log) {
			l.Keys[1].Revoked = &verify.Ended{Compromised: l.Time.Add(30 * time.Second), Leaf: 290}
		}, verify.Unknown, verify.KeyRevoked},
		{"the log's key valid no more", func(l *stamptest.Log) {
			l.Keys[1].Until = l.Time
			stamptest.Hand(&l.Keys[1], l.Checkpoint)
		}, verify.Unknown, verify.KeyTime},
		{"the log's key is of another purpose", func(l *stamptest.Log) {
			l.Keys[1] = stamptest.Introduced("certificate", l.Checkpoint, l.Checkpoint, 1)
		}, verify.Unknown, verify.CheckpointBad},
		{"no keys", func(l *stamptest.Log) { l.Keys = nil }, verify.Unknown, verify.CheckpointBad},
		{"logged before it was sealed", func(l *stamptest.Log) { l.Time = stamptest.At.Add(-time.Second) }, verify.Unknown, verify.TimeOrder},
		{"logged when it was sealed", func(l *stamptest.Log) { l.Time = stamptest.At }, verify.Valid, ""},
		{"recalled", func(l *stamptest.Log) { l.Status = &verify.Status{State: verify.Recalled} }, verify.Lapsed, verify.IsRecalled},
		{"expired", func(l *stamptest.Log) { l.Status = &verify.Status{State: verify.Expired} }, verify.Lapsed, verify.IsExpired},
		{"revoked", func(l *stamptest.Log) { l.Status = &verify.Status{State: verify.Revoked} }, verify.Lapsed, verify.IsRevoked},
		{"an input withdrawn", func(l *stamptest.Log) { l.Status = &verify.Status{State: verify.InputGone} }, verify.Lapsed, verify.IsInputGone},
		{"suspended", func(l *stamptest.Log) { l.Status = &verify.Status{State: verify.Suspended} }, verify.Lapsed, verify.IsSuspended},
		{"a status of another time", func(l *stamptest.Log) { l.Status = &verify.Status{State: "paused"} }, verify.Lapsed, verify.StatusOdd},
		{"active, and nobody was asked", func(l *stamptest.Log) { l.Status = &verify.Status{State: verify.Active} }, verify.Valid, verify.NotAsked},
		{"no status", nil, verify.Valid, verify.NotAsked},
		{"recalled in the log, whatever the proof says", func(l *stamptest.Log) {
			l.Status, l.Recall = &verify.Status{State: verify.Active}, recallOf("developer")
		}, verify.Lapsed, verify.IsRecalled},
		{"an input of it flagged in the log", func(l *stamptest.Log) { l.Recall = recallOf("input-corrected") }, verify.Unknown, verify.LeafOther},
		{"active", func(l *stamptest.Log) { l.Status = &verify.Status{State: verify.Active} }, verify.Valid, ""},
		{"a leaf about another", func(l *stamptest.Log) {
			l.Body = fmt.Appendf(nil, `{"kind":"seal","time":%q,"body":{"statement":"00"}}`, l.Time.Format(time.RFC3339))
		}, verify.Unknown, verify.LeafOther},
		{"a leaf that is no seal", func(l *stamptest.Log) {
			l.Body = fmt.Appendf(nil, `{"kind":"recall","time":%q,"body":{}}`, l.Time.Format(time.RFC3339))
		}, verify.Unknown, verify.LeafOther},
	} {
		b, _, l, p := sealedIn(t, c.change)
		r := check(t, b, verify.Options{Proofs: []verify.Proof{p}, Trust: l.Trust()})
		if c.why == "" {
			verdict(t, c.what, r, c.want)
		} else {
			verdict(t, c.what, r, c.want, c.why)
		}
	}
}

// A proof that was changed anywhere proves nothing.
func TestProofsThatWereChanged(t *testing.T) {
	b, _, l, p := sealedIn(t, nil)
	for _, c := range []struct {
		what   string
		change func(*verify.Proof)
		why    verify.Code
	}{
		{"another index", func(p *verify.Proof) { p.Leaf.Index-- }, verify.NotIncluded},
		{"an index beyond", func(p *verify.Proof) { p.Leaf.Index = 300 }, verify.NotIncluded},
		{"an index below", func(p *verify.Proof) { p.Leaf.Index = -1 }, verify.NotIncluded},
		{"a hash changed", func(p *verify.Proof) { p.Inclusion[0][3]++ }, verify.NotIncluded},
		{"a hash cut short", func(p *verify.Proof) { p.Inclusion[0] = p.Inclusion[0][:31] }, verify.NotIncluded},
		{"a hash missing", func(p *verify.Proof) { p.Inclusion = p.Inclusion[1:] }, verify.NotIncluded},
		{"a hash more", func(p *verify.Proof) { p.Inclusion = append(p.Inclusion, p.Inclusion[0]) }, verify.NotIncluded},
		{"another time in the leaf", func(p *verify.Proof) {
			p.Leaf.Body = []byte(strings.Replace(string(p.Leaf.Body), "2026-11", "2026-12", 1))
		}, verify.NotIncluded},
		{"another size", func(p *verify.Proof) { p.Checkpoint = strings.Replace(p.Checkpoint, "\n300\n", "\n301\n", 1) }, verify.CheckpointBad},
		{"a size with a zero", func(p *verify.Proof) { p.Checkpoint = strings.Replace(p.Checkpoint, "\n300\n", "\n0300\n", 1) }, verify.CheckpointBad},
		{"another log", func(p *verify.Proof) {
			p.Checkpoint = strings.ReplaceAll(p.Checkpoint, "data.example.org/log", "evil.example.org/log")
		}, verify.CosignatureBad},
		{"no signature", func(p *verify.Proof) { p.Checkpoint, _, _ = strings.Cut(p.Checkpoint, "\u2014") }, verify.CheckpointBad},
		{"nothing", func(p *verify.Proof) { p.Checkpoint = "" }, verify.CheckpointBad},
		{"a cosignature changed", func(p *verify.Proof) {
			p.Checkpoint = otherEnd(p.Checkpoint)
		}, verify.CosignatureBad},
		{"a file more in the list", func(p *verify.Proof) {
			p.Artefacts = append(slices.Clone(p.Artefacts), verify.Artefact{Form: "csv", SHA256: strings.Repeat("0", 64)})
		}, verify.ListOther},
		{"a list of another file", func(p *verify.Proof) {
			p.Artefacts = []verify.Artefact{{Form: "bytes", SHA256: strings.Repeat("0", 64)}}
		}, verify.ListOther},
		{"a file twice in the list", func(p *verify.Proof) { p.Artefacts = append(slices.Clone(p.Artefacts), p.Artefacts...) }, verify.ListOther},
		{"a list in one line", func(p *verify.Proof) {
			p.Artefacts = []verify.Artefact{{Form: p.Artefacts[0].Form + " " + p.Artefacts[0].SHA256 + "\nx"}}
		}, verify.ListOther},
		{"of another statement", func(p *verify.Proof) {
			p.Envelope = []byte(`{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[]}`)
		}, verify.NoProof},
	} {
		other := p
		other.Inclusion = nil
		for _, h := range p.Inclusion {
			other.Inclusion = append(other.Inclusion, slices.Clone(h))
		}
		c.change(&other)
		verdict(t, c.what, check(t, b, verify.Options{Proofs: []verify.Proof{other}, Trust: l.Trust()}), verify.Unknown, c.why)
		// one that holds beside one that does not is enough
		if r := check(t, b, verify.Options{Proofs: []verify.Proof{other, p}, Trust: l.Trust()}); r.Verdict != verify.Valid || !slices.Equal(codes(r), []verify.Code{verify.AllWell, verify.NotAsked}) {
			t.Errorf("%s, beside one that holds: %s %v", c.what, r.Verdict, codes(r))
		}
	}
	// a witness whom nobody vouches for is not listened to, and harms nothing
	other := p
	other.Checkpoint = otherEnd(p.Checkpoint)
	if r := check(t, b, verify.Options{Proofs: []verify.Proof{other}, Trust: l.Trust()[:2]}); r.Verdict != verify.Valid || len(r.Logged.Witnesses) != 0 {
		t.Errorf("%s %v", r.Verdict, codes(r))
	}
	// who is trusted decides
	verdict(t, "nobody is trusted", check(t, b, verify.Options{Proofs: []verify.Proof{p}}), verify.Unknown, verify.KeysNotTrusted)
	verdict(t, "half is trusted", check(t, b, verify.Options{Proofs: []verify.Proof{p}, Trust: l.Trust()[:1]}), verify.Unknown, verify.KeysNotTrusted)
}

// A whole forgery with keys of one's own is worth nothing.
func TestOnesOwnKeys(t *testing.T) {
	_, _, l, _ := sealedIn(t, nil)
	b, _, _, p := sealedIn(t, func(o *stamptest.Log) {
		o.Checkpoint = stamptest.NewKey("evil log")
		o.Keys[1] = stamptest.Introduced("checkpoint", o.Checkpoint, o.Checkpoint, 1)
	})
	r := check(t, b, verify.Options{Proofs: []verify.Proof{p}, Trust: l.Trust()})
	verdict(t, "a log of one's own", r, verify.Unknown, verify.KeysNotTrusted)
	if r.Statement != nil || len(r.Roots) != 2 {
		t.Errorf("%+v", r)
	}
}

func TestParseProof(t *testing.T) {
	b, _, l, p := sealedIn(t, nil)
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	read, err := verify.ParseProof(raw)
	if err != nil {
		t.Fatal(err)
	}
	verdict(t, "written and read", check(t, b, verify.Options{Proofs: []verify.Proof{read}, Trust: l.Trust()}), verify.Valid)
	for _, list := range []string{`[]`, `[{"form":"csv","sha256":"0"}]`, `[{"form":"c v","sha256":"` + strings.Repeat("0", 64) + `"}]`, `["csv"]`} {
		at := bytes.Index(raw, []byte(`"artefacts":`))
		to := at + bytes.IndexByte(raw[at:], ']') + 1
		if _, err := verify.ParseProof(slices.Concat(raw[:at], []byte(`"artefacts":`+list), raw[to:])); err == nil {
			t.Errorf("read, with the list %s", list)
		}
	}
	two := func(from, to string) string { return strings.Replace(string(raw), from, to, 1) }
	for _, bad := range []string{
		"", "{}", "[]", `{"format":"x"}`, string(raw[:len(raw)-1]), string(raw) + "{}", two(`"format"`, `"Format"`), two(`{`, `{"note":"x",`),
		two(`"envelope":`, `"envelope":{},"envelope":`), two(`"leaf":`, `"Leaf":{},"leaf":`), two(`"purpose":`, `"Purpose":"x","purpose":`),
	} {
		if _, err := verify.ParseProof([]byte(bad)); err == nil {
			t.Errorf("read: %.50s", bad)
		}
	}
}

// otherEnd is a note whose last signature has another character in its middle.
func otherEnd(note string) string {
	at := len(note) - 20
	c := "A"
	if note[at:at+1] == c {
		c = "B"
	}
	return note[:at] + c + note[at+1:]
}
