// Package stamp puts the stamp of a derived product into every format that it is
// delivered in (AS-35, AB-35.4).
//
// How it is used:
//
//	subject, about, err := stamp.Describe(ctx, name, table) // digest and columns, for the statement
//	envelope, err := stamp.Seal(ctx, statement, signers...) // a DSSE envelope
//	offers := stamp.Forms(about)                            // in which forms, and why not in others
//	s, err := stamp.Open(envelope, 0)                       // the stamp of subject 0
//	err = stamp.Write(ctx, w, stamp.CSV, table, s)          // a stamped file
//
// Every file carries the whole envelope, and what people read of it. The stamp names
// the digest of the content, never of the file that it lies in, which it could not
// know. What a form carries where is said at its constant; package verify reads it
// back without anything of this package.
package stamp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"shuyuan/marketplace/provenance/statement"
)

// Signer signs the message of a DSSE envelope, and says with which key.
type Signer interface {
	Sign(ctx context.Context, message []byte) (keyID string, signature []byte, err error)
}

// Seal signs a statement: by the platform, and by whoever answers for it too.
func Seal(ctx context.Context, s *statement.Statement, signers ...Signer) (*dsse.Envelope, error) {
	payload, err := s.Payload()
	if err != nil {
		return nil, err
	}
	all := make([]dsse.Signer, len(signers))
	for i, one := range signers {
		all[i] = &signing{of: one}
	}
	by, err := dsse.NewEnvelopeSigner(all...)
	if err != nil {
		return nil, fmt.Errorf("stamp: %w", err)
	}
	e, err := by.SignPayload(ctx, statement.PayloadType, payload)
	if err != nil {
		return nil, fmt.Errorf("stamp: %w", err)
	}
	return e, nil
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

// Stamp is a signed statement, as the stamp of one of its subjects.
type Stamp struct {
	Statement *statement.Statement
	Subject   int
	envelope  []byte // one line of JSON
	payload   []byte
}

// Read is Open of an envelope as it is kept.
func Read(envelope []byte, subject int) (Stamp, error) {
	var e dsse.Envelope
	if err := json.Unmarshal(envelope, &e); err != nil {
		return Stamp{}, fmt.Errorf("stamp: %w", err)
	}
	return Open(&e, subject)
}

// Open reads an envelope. It does not look at the signatures: whoever stamps has
// just made them, or has them from the ledger.
func Open(e *dsse.Envelope, subject int) (Stamp, error) {
	payload, err := e.DecodeB64Payload()
	if err != nil || e.PayloadType != statement.PayloadType {
		return Stamp{}, errors.Join(errors.New("stamp: an envelope of something else"), err)
	}
	s, err := statement.Parse(payload)
	if err != nil {
		return Stamp{}, err
	}
	if subject < 0 || subject >= len(s.Subject) {
		return Stamp{}, errors.New("stamp: there is no such subject")
	}
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return Stamp{}, err
	}
	return Stamp{s, subject, bytes.TrimSpace(line.Bytes()), payload}, nil
}

// Notice is what the stamp says to whoever reads the file.
func (s Stamp) Notice() statement.Notice { return s.Statement.Notice(s.Subject, s.payload) }

func (s Stamp) content() statement.Content { return s.Statement.Predicate.Contents[s.Subject] }

// Envelope is the DSSE envelope as JSON: what lies beside a file as stamp.dsse.json.
func (s Stamp) Envelope() []byte { return s.envelope }

// Member is how the object is called that carries a stamp within JSON.
const Member = "_provenance"

// Provenance is the object of that name: the notice, and the envelope with it.
func (s Stamp) Provenance() json.RawMessage {
	b, err := json.Marshal(struct {
		statement.Notice
		Envelope json.RawMessage `json:"envelope"`
	}{s.Notice(), s.envelope})
	if err != nil {
		panic(err) // texts and numbers, and JSON that was just made
	}
	return b
}
