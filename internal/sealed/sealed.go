// Package sealed locks texts that nobody may read before a moment: each lock has a
// key pair of its own, anybody locks with the one half, and only the other opens.
// Who holds that half, and until when, is the caller's to say.
package sealed

import (
	"bytes"
	"fmt"
	"io"

	"filippo.io/age"
)

// NewKey makes a key pair: secret opens what was locked for public.
func NewKey() (public, secret string, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", fmt.Errorf("sealed: %w", err)
	}
	return id.Recipient().String(), id.String(), nil
}

// Lock encrypts plain for whoever holds the secret half of public.
func Lock(public string, plain []byte) ([]byte, error) {
	to, err := age.ParseX25519Recipient(public)
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	return b.Bytes(), nil
}

// Open is what was locked for the public half of secret.
func Open(secret string, locked []byte) ([]byte, error) {
	id, err := age.ParseX25519Identity(secret)
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	r, err := age.Decrypt(bytes.NewReader(locked), id)
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	return plain, nil
}
