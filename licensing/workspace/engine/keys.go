package engine

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"filippo.io/age"
)

// KeySize is how many bytes a workspace's key has.
const KeySize = 32

// derived is a key of the workspace for one purpose, so that no key does two
// things.
func (w Workspace) derived(purpose string) ([]byte, error) {
	if len(w.Key) != KeySize {
		return nil, fmt.Errorf("engine: a workspace's key has %d bytes", len(w.Key))
	}
	return hkdf.Key(sha256.New, w.Key, nil, "shuyuan workspace "+w.ID+": "+purpose, KeySize)
}

// masked is SQL for the masked key of a column: HMAC-SHA-256 with the workspace's
// key over kind and value, cut to 64 bits. Equal values of one kind are equal in
// all mounts of the workspace, and in no other.
func masked(secret []byte, kind, sql string) string {
	inner, outer := make([]byte, sha256.BlockSize), make([]byte, sha256.BlockSize)
	copy(inner, secret)
	copy(outer, secret)
	for i := range inner {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	blob := func(b []byte) string { return "unhex('" + hex.EncodeToString(b) + "')" }
	return "CAST('0x' || left(sha256(" + blob(outer) + " || unhex(sha256(" + blob(inner) + " || encode(" + literal(kind+": ") + " || CAST(" + sql + " AS VARCHAR))))), 16) AS UBIGINT)"
}

// whose is the platform's key for subjects.
func (o Options) whose() ([]byte, error) {
	return hkdf.Key(sha256.New, o.Sketches, nil, "shuyuan platform: subjects", KeySize)
}

// who is SQL for who somebody is, wherever on the platform: SHA-256 of the
// platform's key, in the first block, and of kind and value, cut to 64 bits. What
// is cut off is what a longer text would be made with, so that a second key after
// it, as in HMAC, is not needed; every row of a mount pays for it.
func who(secret []byte, kind, sql string) string {
	return "CAST('0x' || left(sha256(" + literal(hex.EncodeToString(secret)+kind+": ") + " || CAST(" + sql + " AS VARCHAR)), 16) AS UBIGINT)"
}

// sealer wraps the key of a file with the workspace's key: a recipient and an
// identity of age, whose own stream does the rest.
type sealer struct{ gcm cipher.AEAD }

const stanza = "shuyuan-workspace"

func (w Workspace) sealer() (*sealer, error) {
	secret, err := w.derived("files")
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	return &sealer{gcm: gcm}, err
}

// Wrap is part of age.Recipient.
func (s *sealer) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	nonce := make([]byte, s.gcm.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return []*age.Stanza{{Type: stanza, Body: s.gcm.Seal(nonce, nonce, fileKey, nil)}}, nil
}

// Unwrap is part of age.Identity.
func (s *sealer) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, st := range stanzas {
		if st.Type != stanza || len(st.Body) < s.gcm.NonceSize() {
			continue
		}
		fileKey, err := s.gcm.Open(nil, st.Body[:s.gcm.NonceSize()], st.Body[s.gcm.NonceSize():], nil)
		if err != nil {
			return nil, errors.Join(age.ErrIncorrectIdentity, err)
		}
		return fileKey, nil
	}
	return nil, age.ErrIncorrectIdentity
}
