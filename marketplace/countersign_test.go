package marketplace_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
	"shuyuan/internal/signing"
	"shuyuan/marketplace"
	"shuyuan/marketplace/marketplacetest"
	"shuyuan/marketplace/provenance/verify"
)

// signer is a key of a developer as it lies with them.
type signer struct {
	ed25519.PrivateKey
	pem string
}

func newSigner(t *testing.T) signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return signer{key, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}
}

func (k signer) sign(message []byte) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(k.PrivateKey, message))
}

// registered is a new key that the developer of a product registered.
func registered(t *testing.T, w *marketplacetest.World, organisation int64) (signer, *marketplace.DeveloperKey) {
	t.Helper()
	k := newSigner(t)
	message, err := w.Products.Possession(t.Context(), w.Owner, organisation)
	if err != nil {
		t.Fatal(err)
	}
	there, err := w.Products.RegisterKey(t.Context(), w.Owner, organisation, k.pem, k.sign(message))
	if err != nil {
		t.Fatal(err)
	}
	return k, there
}

func sealedVersion(t *testing.T, w *marketplacetest.World) *marketplace.VersionView {
	t.Helper()
	p := w.Made(t)
	w.Built(t, p, w.Release(t))
	return w.Move(t, p.Number, "1.0.0", marketplace.Check, marketplace.Seal)
}

func unsigned(t *testing.T, w *marketplacetest.World, product string) []byte {
	t.Helper()
	message, err := w.Products.Unsigned(t.Context(), w.Owner, product, "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	return message
}

// checked reads the first file of a version with its proof, as somebody elsewhere does.
func checked(t *testing.T, w *marketplacetest.World, v *marketplace.VersionView, change func(*verify.Proof)) *verify.Result {
	t.Helper()
	if err := w.Log.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	proof, err := w.Products.Proof(t.Context(), v.Full())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(proof)
	if err != nil {
		t.Fatal(err)
	}
	read, err := verify.ParseProof(raw)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&read)
	}
	file, err := w.Store.Open(t.Context(), blob.Digest(v.Artefacts[0].SHA256))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	body, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := verify.File(t.Context(), bytes.NewReader(body), int64(len(body)), verify.Options{TrustLookup: true, Lookup: func(context.Context, string) ([]verify.Proof, error) { return []verify.Proof{read}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// A developer signs what was sealed, byte for byte, with a key of its own: both readers
// say so, the envelope has both signatures, and a proof that was tampered with is void.
func TestADeveloperSignsBesideThePlatform(t *testing.T) {
	w := marketplacetest.New(t)
	v := sealedVersion(t, w)
	key, there := registered(t, w, v.Of.Developer.ID)
	if err := w.Products.Countersign(t.Context(), w.Owner, v.Product, "1.0.0", key.sign(unsigned(t, w, v.Product))); err != nil {
		t.Fatal(err)
	}
	v = w.Move(t, v.Product, "1.0.0", marketplace.Publish)
	if c := v.Countersigned; c.Signed() != verify.IsSigned || c.Key != there.ID {
		t.Errorf("the version is signed as %+v", v.Countersigned)
	}
	if a, err := w.Products.Verify(t.Context(), v.Full()); err != nil || a.Countersigned.Signed() != verify.IsSigned {
		t.Errorf("the ledger says %+v (%v)", a.Countersigned, err)
	}
	_, envelope, err := v.Says()
	if err != nil || strings.Count(string(envelope), `"keyid"`) != 2 || !strings.Contains(string(envelope), there.ID) {
		t.Errorf("the envelope is %s (%v)", envelope, err)
	}
	got := checked(t, w, v, nil)
	if d := got.Developer; got.Verdict != verify.Valid || d == nil || d.State != verify.IsSigned || d.Key != there.ID || d.Holder != v.Of.Developer.Code {
		t.Fatalf("%+v, %+v", got, got.Developer)
	}
	for name, change := range map[string]func(*verify.Proof){
		"its entry was taken out":  func(p *verify.Proof) { p.Developer = nil },
		"the key is another entry": func(p *verify.Proof) { p.Developer.Key = p.Developer.Signed },
		"it is in no log":          func(p *verify.Proof) { p.Developer.Signed.Inclusion[0][0] ^= 1 },
		"it says something else": func(p *verify.Proof) {
			p.Developer.Signed.Body = bytes.Replace(p.Developer.Signed.Body, []byte(there.ID), []byte(strings.Repeat("a", 64)), 1)
		},
		"the envelope has another": func(p *verify.Proof) {
			p.Envelope = bytes.Replace(p.Envelope, []byte(base64.StdEncoding.EncodeToString(v.Countersigned.Signature)), []byte(key.sign([]byte("x"))), 1)
		},
	} {
		if got := checked(t, w, v, change); got.Verdict != verify.Unknown || got.Developer == nil || got.Developer.State != verify.SignedOtherwise {
			t.Errorf("%s: %s, %+v", name, got.Verdict, got.Developer)
		}
	}

	// The key is revoked: what the log had before the time of it counts, and later not.
	w.Day(t, "2027-03-01")
	if err := w.Products.RevokeKey(t.Context(), w.Owner, v.Of.Developer.ID, there.ID, v.Countersigned.At.Add(time.Minute), signing.Lost); err != nil {
		t.Fatal(err)
	}
	if got := checked(t, w, v, nil); got.Developer == nil || got.Developer.State != verify.IsSigned || got.Developer.Revoked.IsZero() {
		t.Errorf("with a key that was lost later: %s, %+v", got.Verdict, got.Developer)
	}
	w.Exec(t, `DELETE FROM developer_key_revocations`)
	if err := w.Products.RevokeKey(t.Context(), w.Owner, v.Of.Developer.ID, there.ID, v.Countersigned.At.Add(-time.Hour), signing.Compromised); err != nil {
		t.Fatal(err)
	}
	w.Day(t, "2027-03-02") // answers are kept for a moment
	if got := checked(t, w, v, nil); got.Developer == nil || got.Developer.State != verify.SignedRevoked || got.Developer.Revoked.IsZero() {
		t.Errorf("with a stolen key: %s, %+v", got.Verdict, got.Developer)
	}
	if s := w.Version(t, v.Product, "1.0.0").Countersigned.Signed(); s != verify.SignedRevoked {
		t.Errorf("the page says %s", s)
	}
}

// What is not the developer's signature of this version, now, with a key that counts, is
// refused with a sentence and leaves nothing behind.
func TestSignaturesThatAreRefused(t *testing.T) {
	w := marketplacetest.New(t)
	v := sealedVersion(t, w)
	message := unsigned(t, w, v.Product)
	left := func() (n int) {
		t.Helper()
		if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM product_countersignatures) + (SELECT count(*) FROM log_leaves WHERE kind = 'countersign') + (SELECT count(*) FROM product_events WHERE act = 'countersign')`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	refused := func(name, signature, sentence string) {
		t.Helper()
		err := w.Products.Countersign(t.Context(), w.Owner, v.Product, "1.0.0", signature)
		if err == nil || !strings.Contains(fault.Of(err).Text(), sentence) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("without a key", newSigner(t).sign(message), "还没有登记签名密钥")
	key, there := registered(t, w, v.Of.Developer.ID)
	before := left()
	refused("what is none", "x", "签名读不出来")
	refused("of another key", newSigner(t).sign(message), "签名对不上")
	refused("of other bytes", key.sign(append(bytes.Clone(message), 'x')), "签名对不上")
	refused("of what a key is registered with", key.sign([]byte("DSSEv1")), "签名对不上")
	if err := w.Products.Countersign(t.Context(), w.Member, v.Product, "1.0.0", key.sign(message)); err == nil {
		t.Error("somebody else handed it in")
	}
	if err := w.Products.RevokeKey(t.Context(), w.Owner, v.Of.Developer.ID, there.ID, w.Clock(), signing.Retired); err != nil {
		t.Fatal(err)
	}
	refused("of a revoked key", key.sign(message), "已经撤销")
	if n := left(); n != before {
		t.Errorf("it left %d rows", n-before)
	}
	next, _ := registered(t, w, v.Of.Developer.ID)
	if err := w.Products.Countersign(t.Context(), w.Owner, v.Product, "1.0.0", next.sign(message)); err != nil {
		t.Fatal(err)
	}
	refused("twice", next.sign(message), "已经用这把密钥签过")
	last, _ := registered(t, w, v.Of.Developer.ID)
	w.Move(t, v.Product, "1.0.0", marketplace.Publish)
	refused("late", last.sign(message), "太晚了")
}

// A key is registered once, by who answers for the organisation, and only with what shows
// that its private half is at hand.
func TestKeysOfDevelopersThatAreRefused(t *testing.T) {
	w := marketplacetest.New(t)
	d := w.Made(t).Developer.ID
	message, err := w.Products.Possession(t.Context(), w.Owner, d)
	if err != nil {
		t.Fatal(err)
	}
	key, other := newSigner(t), newSigner(t)
	identity := append([]byte{1}, make([]byte, ed25519.PublicKeySize-1)...) // of order 1: it and S = 0 sign whatever there is
	der, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(identity))
	if err != nil {
		t.Fatal(err)
	}
	nobodys := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	forged := append(bytes.Clone(identity), make([]byte, 32)...)
	if !ed25519.Verify(identity, message, forged) {
		t.Fatal("what is to be refused is no signature")
	}
	for name, c := range map[string]struct{ public, signature, sentence string }{
		"no key":                        {"x", key.sign(message), "公钥读不出来"},
		"no signature":                  {key.pem, "x", "签名读不出来"},
		"somebody else's":               {key.pem, other.sign(message), "签名和公钥对不上"},
		"a key that anybody signs with": {nobodys, base64.StdEncoding.EncodeToString(forged), "谁都能替它签名"},
		"a signature of something else": {key.pem, key.sign([]byte("x")), "签名和公钥对不上"},
	} {
		if _, err := w.Products.RegisterKey(t.Context(), w.Owner, d, c.public, c.signature); err == nil || !strings.Contains(fault.Of(err).Text(), c.sentence) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Products.RegisterKey(t.Context(), w.Member, d, key.pem, key.sign(message)); err == nil {
		t.Error("somebody registered a key for an organisation of others")
	}
	if _, err := w.Products.RegisterKey(t.Context(), w.Owner, d, key.pem, key.sign(message)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Products.RegisterKey(t.Context(), w.Owner, d, key.pem, key.sign(message)); err == nil || !strings.Contains(fault.Of(err).Text(), "登记过") {
		t.Errorf("twice: %v", err)
	}
	if keys, err := w.Products.DeveloperKeys(t.Context(), d); err != nil || len(keys) != 1 {
		t.Errorf("%+v (%v)", keys, err)
	}
}

// Where the rules of the platform ask for it, nothing is published without the signature
// of its developer.
func TestASignatureThatTheRulesAskFor(t *testing.T) {
	w := marketplacetest.New(t, func(c *marketplace.Config) { c.Signing.Required = true })
	v := sealedVersion(t, w)
	if err := w.Try(t, v.Product, "1.0.0", marketplace.Publish); err == nil || !strings.Contains(fault.Of(err).Text(), "要求开发主体签名") {
		t.Errorf("without: %v", err)
	}
	key, _ := registered(t, w, v.Of.Developer.ID)
	if err := w.Products.Countersign(t.Context(), w.Owner, v.Product, "1.0.0", key.sign(unsigned(t, w, v.Product))); err != nil {
		t.Fatal(err)
	}
	w.Move(t, v.Product, "1.0.0", marketplace.Publish)
}

// A key ends from a time at which it was registered and that is past: a year typed wrong
// would take every signature under it away, for good.
func TestRevocationsThatAreRefused(t *testing.T) {
	w := marketplacetest.New(t)
	d := w.Made(t).Developer.ID
	_, key := registered(t, w, d)
	for name, c := range map[string]struct {
		id       string
		since    time.Time
		reason   signing.Reason
		sentence string
	}{
		"later":                 {key.ID, w.Clock().Add(time.Hour), signing.Lost, "不能在将来"},
		"before it was there":   {key.ID, key.From.AddDate(-20, 0, 0), signing.Lost, "不能早于它登记的时间"},
		"for no reason":         {key.ID, w.Clock(), "x", "没有这种撤销密钥的原因"},
		"a key that is none":    {strings.Repeat("f", 64), w.Clock(), signing.Lost, "没有这把密钥"},
		"what cannot be stored": {"\x00", w.Clock(), signing.Lost, "没有这把密钥"},
	} {
		if err := w.Products.RevokeKey(t.Context(), w.Owner, d, c.id, c.since, c.reason); err == nil || !strings.Contains(fault.Of(err).Text(), c.sentence) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.Products.RevokeKey(t.Context(), w.Owner, d, key.ID, key.From, signing.Lost); err != nil {
		t.Error(err)
	}
}
