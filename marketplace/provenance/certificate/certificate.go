// Package certificate makes the signed certificate of a registration, a certification
// or a valuation: an in-toto Statement v1 in a DSSE envelope, about what the statement
// of sources of a sealed version is about. Seal puts any statement into an envelope.
package certificate

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"shuyuan/marketplace/provenance/statement"
)

// path of the predicate, below the address of the portal.
const path = "/ns/product-certificate/v1"

// Statement is what is signed. Its subject is the version, by the digest of its signed
// statement of sources.
type Statement struct {
	Type          string              `json:"_type"`
	Subject       []statement.Subject `json:"subject"`
	PredicateType string              `json:"predicateType"`
	Predicate     Predicate           `json:"predicate"`
}

// Predicate is what a certificate says. It names organisations and no person.
type Predicate struct {
	Number    string              `json:"certificate"`
	Kind      string              `json:"kind"` // registration, certification, valuation
	Product   string              `json:"product"`
	Version   string              `json:"version"`
	Title     string              `json:"title"`
	TitleEN   string              `json:"titleEn,omitempty"`
	Holder    statement.Developer `json:"holder"`
	Issuer    string              `json:"issuer"`
	Case      string              `json:"case"` // number of the registration or of the report
	Notice    *Notice             `json:"publicNotice,omitempty"`
	Report    string              `json:"reportDigest,omitempty"` // SHA-256
	Replaces  string              `json:"replaces,omitempty"`
	IssuedAt  time.Time           `json:"issuedAt"`
	ValidDay  string              `json:"validUntil"` // last day, in China
	StatusURL string              `json:"statusUrl"`
}

// Notice is the public notice (公示) before a registration.
type Notice struct {
	From       string `json:"from"`
	Until      string `json:"until"`
	Objections int    `json:"objections"`
}

// Signed is a certificate that was signed.
type Signed struct {
	Payload, Envelope []byte
	Digest            string // of the payload
	Key               string
}

// Signer signs the message of a DSSE envelope, and says with which key.
type Signer interface {
	Sign(ctx context.Context, message []byte) (keyID string, signature []byte, err error)
}

// Sign makes the certificate for the version that the statement of that digest is
// about, of the portal at base.
func Sign(ctx context.Context, base, digest string, p Predicate, signer Signer) (*Signed, error) {
	payload, err := json.Marshal(Statement{
		Type:          statement.Type,
		Subject:       []statement.Subject{{Name: p.Product + "@" + p.Version, Digest: statement.Digest{SHA256: digest}}},
		PredicateType: base + path,
		Predicate:     p,
	})
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return Seal(ctx, payload, signer)
}

// Seal signs the payload of a statement (DSSE v1).
func Seal(ctx context.Context, payload []byte, signer Signer) (*Signed, error) {
	one := &signing{of: signer}
	by, err := dsse.NewEnvelopeSigner(one)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	e, err := by.SignPayload(ctx, statement.PayloadType, payload)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	envelope, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return &Signed{Payload: payload, Envelope: envelope, Digest: statement.Of(payload).SHA256, Key: one.key}, nil
}

// Opened is what lies in an envelope, before anybody looked at its signature.
type Opened struct {
	Statement Statement
	Payload   []byte
	Key       string
	Signature []byte
}

// Open reads the envelope of a certificate. It does not look at the signature.
func Open(envelope []byte) (*Opened, error) {
	out, err := Unseal(envelope)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(out.Payload, &out.Statement); err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return out, nil
}

// Unseal reads an envelope, whatever statement lies in it: Opened has it as Payload.
func Unseal(envelope []byte) (*Opened, error) {
	var e dsse.Envelope
	if err := json.Unmarshal(envelope, &e); err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	if e.PayloadType != statement.PayloadType || len(e.Signatures) != 1 {
		return nil, fmt.Errorf("certificate: an envelope of %s with %d signatures", e.PayloadType, len(e.Signatures))
	}
	out := &Opened{Key: e.Signatures[0].KeyID}
	var err error
	if out.Payload, err = e.DecodeB64Payload(); err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	if out.Signature, err = base64.StdEncoding.DecodeString(e.Signatures[0].Sig); err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return out, nil
}

// signing is a Signer as the library wants it: it asks for the key afterwards.
type signing struct {
	of  Signer
	key string
}

func (s *signing) Sign(ctx context.Context, message []byte) (signature []byte, err error) {
	s.key, signature, err = s.of.Sign(ctx, message)
	return signature, err
}

func (s *signing) KeyID() (string, error) { return s.key, nil }
