package verify

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"filippo.io/edwards25519"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"shuyuan/marketplace/provenance/statement"
)

// Signed is whether the developer signed a statement beside the platform.
type Signed string

// What is said of it.
const (
	IsSigned        Signed = "signed"
	NotSigned       Signed = "none"
	NotBrought      Signed = "not-in-proof" // the proof has none; whether there is one was not asked
	SignedOtherwise Signed = "invalid"      // a signature is there, and it is not of that developer under that statement
	SignedRevoked   Signed = "revoked"      // the key counted no more when the log recorded it
)

var signedWords = map[Signed][2]string{
	IsSigned: {"有", "yes"}, NotSigned: {"无", "none"}, NotBrought: {"这份证明里没有，有没有签过请联网核验", "none in this proof; ask the portal whether there is one"}, SignedOtherwise: {"不符", "does not match"}, SignedRevoked: {"密钥已撤销", "the key was revoked"},
}

// Words is it in Chinese, or in English.
func (s Signed) Words(english bool) string {
	if english {
		return signedWords[s][1]
	}
	return signedWords[s][0]
}

// Countersignature shows the signature of a developer: the entry of the log that records
// it, that of the key, and that of the end of the key.
type Countersignature struct {
	Signed  Entry  `json:"signed"`            // kind countersign: statement, key, signature in hexadecimal
	Key     Entry  `json:"key"`               // kind developer-key: key, public, holder, from, until
	Revoked *Entry `json:"revoked,omitempty"` // kind revocation: key, compromised
}

// Countersigned is what a proof shows of the signature of the developer.
type Countersigned struct {
	State   Signed    `json:"state"`
	Holder  string    `json:"holder,omitempty"` // 统一社会信用代码, as the statement has it
	Key     string    `json:"key,omitempty"`
	Index   int64     `json:"index,omitempty"` // of the entry of the log
	Time    time.Time `json:"time,omitzero"`
	Revoked time.Time `json:"revoked,omitzero"` // from when the key counts no more; what it signed before counts
}

// countersigned checks the signature of the developer: that the log has it and its key,
// that the key is of the developer whom the statement names, and that the envelope of the
// proof has the same signature and none besides that nobody accounts for.
func (p *Proof) countersigned(got *proved, payload []byte, keys []Key) Code {
	e, s, _ := parseEnvelope(p.Envelope)
	if got.developer.State = NotBrought; p.asked { // whoever hands on a proof can leave the signature out
		got.developer.State = NotSigned
	}
	d := p.Developer
	if d == nil {
		for _, one := range e.Signatures {
			if !slices.ContainsFunc(keys, func(k Key) bool { return k.ID == one.KeyID }) {
				return DeveloperBad
			}
		}
		return ""
	}
	signed, ok := d.Signed.about("countersign", payload)
	key, isKey := d.Key.of("developer-key", signed.Body["key"])
	if !ok || !isKey || s == nil || d.Key.Index >= d.Signed.Index || !got.covers(d.Signed.Leaf, d.Signed.Inclusion) || !got.covers(d.Key.Leaf, d.Key.Inclusion) {
		return DeveloperBad
	}
	public, err := hex.DecodeString(key.Body["public"])
	sig, err2 := hex.DecodeString(signed.Body["signature"])
	from, err3 := time.Parse(time.RFC3339, key.Body["from"])
	until, err4 := time.Parse(time.RFC3339, key.Body["until"])
	id := signed.Body["key"]
	switch {
	case err != nil || err2 != nil || err3 != nil || err4 != nil || len(public) != ed25519.PublicKeySize || keyID(public) != id || Weak(public),
		key.Body["holder"] == "" || key.Body["holder"] != s.Predicate.Product.Developer.USCC,
		signed.Time.Before(from) || !signed.Time.Before(until),
		!ed25519.Verify(public, dsse.PAE(statement.PayloadType, payload), sig):
		return DeveloperBad
	}
	there := false
	for _, one := range e.Signatures {
		switch {
		case one.KeyID == id && bytes.Equal(one.Sig, sig):
			there = true
		case !slices.ContainsFunc(keys, func(k Key) bool { return k.ID == one.KeyID }):
			return DeveloperBad
		}
	}
	if !there {
		return DeveloperBad
	}
	got.developer = Countersigned{State: IsSigned, Holder: key.Body["holder"], Key: id, Index: d.Signed.Index, Time: signed.Time}
	if d.Revoked == nil {
		return ""
	}
	ended, ok := d.Revoked.of("revocation", id)
	at, err := time.Parse(time.RFC3339, ended.Body["compromised"])
	if !ok || err != nil || !got.covers(d.Revoked.Leaf, d.Revoked.Inclusion) {
		return DeveloperBad
	}
	if got.developer.Revoked = at; signed.Time.After(at) {
		got.developer.State = SignedRevoked
	}
	return ""
}

// of is what a leaf says, if it is of that kind and about the key.
func (l Leaf) of(kind, key string) (s said, ok bool) {
	err := json.Unmarshal(l.Body, &s)
	return s, err == nil && s.Kind == kind && key != "" && s.Body["key"] == key
}

// Weak reports whether anybody can make signatures that hold under a key, of whatever is
// signed: of one that is no point of the curve, or of small order (RFC 8032 leaves that
// open; "Taming the many EdDSAs", 2020, 2).
func Weak(key ed25519.PublicKey) bool {
	point, err := new(edwards25519.Point).SetBytes(key)
	return err != nil || new(edwards25519.Point).MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 1
}
