package account

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
)

// keeper locks what must be readable again, and makes codes that only this
// installation can make. Each purpose has a key of its own, made from the
// secret of the installation.
type keeper struct{ secret []byte }

func newKeeper(secret []byte) keeper {
	if len(secret) == 0 {
		secret = make([]byte, 32)
		rand.Read(secret)
	}
	return keeper{secret}
}

func (k keeper) key(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, k.secret, nil, "shuyuan account "+purpose, 32)
	if err != nil { // only for lengths beyond what the hash allows
		panic(err)
	}
	return key
}

// code is the code of message for purpose, 32 bytes.
func (k keeper) code(purpose string, message []byte) []byte {
	m := hmac.New(sha256.New, k.key(purpose))
	m.Write(message)
	return m.Sum(nil)
}

func (k keeper) cipher(purpose string) cipher.AEAD {
	block, err := aes.NewCipher(k.key(purpose))
	if err == nil {
		var sealed cipher.AEAD
		if sealed, err = cipher.NewGCMWithRandomNonce(block); err == nil {
			return sealed
		}
	}
	panic(err) // the key has a length that AES has
}

// lock encrypts plain for purpose; it opens only where the context is the same,
// as the account it belongs to.
func (k keeper) lock(purpose, context string, plain []byte) []byte {
	return k.cipher(purpose).Seal(nil, nil, plain, []byte(context))
}

// open is what lock was given.
func (k keeper) open(purpose, context string, locked []byte) ([]byte, error) {
	plain, err := k.cipher(purpose).Open(nil, nil, locked, []byte(context))
	if err != nil {
		return nil, errors.New("what was locked with the key of the installation does not open: another key, or it was changed")
	}
	return plain, nil
}
