package verify

import (
	"crypto/ed25519"
	"encoding/hex"
	"testing"
)

// A key under which everybody signs is none, of a reader as of whoever registers it.
func TestKeysOfSmallOrderAreWeak(t *testing.T) {
	for order, text := range map[string]string{
		"1":        "0100000000000000000000000000000000000000000000000000000000000000",
		"2":        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"4":        "0000000000000000000000000000000000000000000000000000000000000000",
		"4, other": "0000000000000000000000000000000000000000000000000000000000000080",
		"8":        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"8, other": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"none":     "0200000000000000000000000000000000000000000000000000000000000000",
	} {
		key, err := hex.DecodeString(text)
		if err != nil || !Weak(key) {
			t.Errorf("of order %s: taken, %v", order, err)
		}
	}
	for range 50 {
		if key, _, err := ed25519.GenerateKey(nil); err != nil || Weak(key) {
			t.Errorf("an honest key %x: %v", key, err)
		}
	}
}
