// Package signing says what the platform's keys are and what a signature of theirs
// is worth. A key is for one purpose and for a time; the list of all keys is
// published with its history. A new key is introduced by a statement that the key
// before signs, and a stolen one is revoked with the time from which it counts no
// more: what the log has from before stays valid, since the log gives the order of
// time.
//
// Nothing here knows a private key: they are in a Vault (package vault: a process
// of its own over files), and the published list is kept by package register.
package signing

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Purpose is what a key may sign, and nothing else.
type Purpose string

// The purposes.
const (
	Statement   Purpose = "statement"   // where data came from, recalls, receipts
	Checkpoint  Purpose = "checkpoint"  // the state of the log
	Certificate Purpose = "certificate" // registrations of products
)

// Purposes are all of them.
var Purposes = []Purpose{Statement, Checkpoint, Certificate}

// Payload types that are signed as DSSE.
const (
	InToto = "application/vnd.in-toto+json"     // statements and certificates: in-toto Statement v1
	Handed = "application/vnd.shuyuan.key+json" // the handing over from one key to the next: see Handover
)

// Signer signs a DSSE payload of a type that the purpose allows. The message is
// what PAE makes of it, which is what is signed; anything else is refused, so a
// Signer is no oracle for other protocols. The signature verifies under the key
// that keyID names in the published list.
type Signer interface {
	Sign(ctx context.Context, purpose Purpose, message []byte) (keyID string, signature []byte, err error)
}

// Vault holds the private keys: it is what an HSM stands behind.
type Vault interface {
	Signer
	// SignCheckpoint signs the text of a checkpoint (C2SP tlog-checkpoint) unless it
	// goes back: proof must show that it continues what the vault signed last,
	// whose size is old. An *Older says with what size a proof is to begin, or that
	// the log has lost what was published.
	SignCheckpoint(ctx context.Context, text []byte, old int64, proof tlog.TreeProof) (keyID string, signature []byte, err error)
	// Made are the keys that the vault has, in the order in which it made them. It
	// makes the first of each purpose when asked.
	Made(ctx context.Context) ([]Made, error)
	// Rotate makes the next key of a purpose, introduced by the one before. It signs
	// from now on.
	Rotate(ctx context.Context, purpose Purpose) (Made, error)
}

// Older is the refusal to sign a checkpoint that does not continue the last one.
type Older struct {
	Size int64 // of the last one
	Why  string
}

func (e *Older) Error() string {
	return fmt.Sprintf("a checkpoint of size %d was signed: %s", e.Size, e.Why)
}

// Made is a key with the statement that introduces it.
type Made struct {
	Purpose   Purpose   `json:"purpose"`
	ID        string    `json:"id"`
	Public    []byte    `json:"public"` // Ed25519 (RFC 8032)
	From      time.Time `json:"from"`
	Until     time.Time `json:"until"`
	Payload   []byte    `json:"payload"`   // a Handover, of payload type Handed
	By        string    `json:"by"`        // the key that signed it; for the first key, itself
	Signature []byte    `json:"signature"` // over PAE(Handed, Payload)
}

// Handover is the statement by which a key is introduced.
type Handover struct {
	Purpose Purpose   `json:"purpose"`
	ID      string    `json:"id"`
	Public  []byte    `json:"public"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	By      string    `json:"by"`
}

// Key is a published key.
type Key struct {
	Made
	Leaf    int64    // its index in the log
	Revoked *Revoked // nil while it counts
}

// Revoked is the end of a key before its time.
type Revoked struct {
	Compromised time.Time // what the log has later counts no more
	Reason      Reason
	Leaf        int64
}

// Reason is why a key was revoked.
type Reason string

// The reasons.
const (
	Compromised Reason = "compromised" // somebody else may have it, or had
	Lost        Reason = "lost"
	Retired     Reason = "retired" // it is not wanted any more
)

// ID names a public key: the SHA-256 of its SubjectPublicKeyInfo (RFC 8410).
func ID(public ed25519.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "" // an Ed25519 key always can be
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// PAE is the pre-authentication encoding of DSSE v1: what is signed.
func PAE(payloadType string, payload []byte) []byte {
	return append(fmt.Appendf(nil, "DSSEv1 %d %s %d ", len(payloadType), payloadType, len(payload)), payload...)
}

// ParsePAE is the payload in a message that PAE made.
func ParsePAE(message []byte) (payloadType string, payload []byte, err error) {
	bad := errors.New("signing: this is no DSSE message")
	rest, ok := bytes.CutPrefix(message, []byte("DSSEv1 "))
	if !ok {
		return "", nil, bad
	}
	digits, rest, ok := bytes.Cut(rest, []byte(" "))
	n, err := strconv.Atoi(string(digits))
	if !ok || err != nil || n < 0 || n >= len(rest) || rest[n] != ' ' {
		return "", nil, bad
	}
	payloadType = string(rest[:n])
	digits, payload, ok = bytes.Cut(rest[n+1:], []byte(" "))
	n, err = strconv.Atoi(string(digits))
	if !ok || err != nil || n != len(payload) || !bytes.Equal(PAE(payloadType, payload), message) {
		return "", nil, bad
	}
	return payloadType, payload, nil
}

// Allowed reports whether keys of the purpose sign payloads of that type.
func Allowed(p Purpose, payloadType string) bool {
	return payloadType == InToto && (p == Statement || p == Certificate)
}

// Keys is the published list, in the order in which the log has it.
type Keys []Key

// Find returns the key of that name.
func (k Keys) Find(id string) (Key, bool) {
	i := slices.IndexFunc(k, func(k Key) bool { return k.ID == id })
	if i < 0 {
		return Key{}, false
	}
	return k[i], true
}

// Why a signature does not count. All but ErrRevoked also mean that it never did.
var (
	ErrUnknown   = errors.New("signing: no such key of this purpose")
	ErrSignature = errors.New("signing: the signature is not of this key")
	ErrTime      = errors.New("signing: the key was not valid at that time")
	ErrRevoked   = errors.New("signing: the key was revoked before that time")
)

// Verify returns nil if the key of that name signed the message for the purpose,
// and counted at the time at which the log has it.
func (k Keys) Verify(purpose Purpose, keyID string, message, signature []byte, logged time.Time) error {
	key, ok := k.Find(keyID)
	switch {
	case !ok || key.Purpose != purpose:
		return ErrUnknown
	case len(key.Public) != ed25519.PublicKeySize || !ed25519.Verify(key.Public, message, signature):
		return ErrSignature
	case logged.Before(key.From) || !logged.Before(key.Until):
		return ErrTime
	case key.Revoked != nil && logged.After(key.Revoked.Compromised):
		return ErrRevoked
	}
	return nil
}

// Check follows the history: every key is introduced by the one of its purpose
// before it, and the first by itself. Where all keys of a purpose were revoked,
// the next one is a first one again.
func (k Keys) Check() error {
	for i, key := range k {
		if err := key.CheckedBy(k[:i].Introduces(key)); err != nil {
			return err
		}
	}
	return nil
}

// Introduces is the key that a key after these is introduced by.
func (k Keys) Introduces(next Key) Made {
	for i := len(k) - 1; i >= 0; i-- {
		revoked := k[i].Revoked != nil && k[i].Revoked.Leaf < next.Leaf
		if k[i].Purpose == next.Purpose && !(revoked && next.By == next.ID) {
			return k[i].Made
		}
	}
	return next.Made
}

// CheckedBy returns nil if the key is introduced by that other one (or itself),
// and its statement says what it is.
func (m Made) CheckedBy(by Made) error {
	var h Handover
	if err := json.Unmarshal(m.Payload, &h); err != nil {
		return fmt.Errorf("signing: key %s: %w", m.ID, err)
	}
	said := h.Purpose == m.Purpose && h.ID == m.ID && bytes.Equal(h.Public, m.Public) && h.From.Equal(m.From) && h.Until.Equal(m.Until) && h.By == m.By
	switch {
	case len(m.Public) != ed25519.PublicKeySize || ID(m.Public) != m.ID:
		return fmt.Errorf("signing: key %s has another name", m.ID)
	case !said:
		return fmt.Errorf("signing: the statement about key %s says something else", m.ID)
	case m.By != by.ID || m.Purpose != by.Purpose:
		return fmt.Errorf("signing: key %s is not introduced by key %s", m.ID, by.ID)
	case !ed25519.Verify(by.Public, PAE(Handed, m.Payload), m.Signature):
		return fmt.Errorf("signing: the statement about key %s is not signed by key %s", m.ID, by.ID)
	}
	return nil
}
