package sealed_test

import (
	"bytes"
	"strings"
	"testing"

	"shuyuan/internal/sealed"
)

// Only the half that belongs to the lock opens it, and nothing that was changed on
// the way.
func TestOnlyItsOwnKeyOpensALock(t *testing.T) {
	public, secret, err := sealed.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	_, another, err := sealed.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	plain := []byte(strings.Repeat("报价 860000.00 元", 5000))
	locked, err := sealed.Lock(public, plain)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(locked, []byte("报价")) {
		t.Error("it can be read as it is")
	}
	if got, err := sealed.Open(secret, locked); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("its own key: %v, %d bytes", err, len(got))
	}
	changed := bytes.Clone(locked)
	changed[len(changed)-1] ^= 1
	for name, c := range map[string]struct {
		secret string
		locked []byte
	}{"another key": {another, locked}, "no key": {"", locked}, "the public half": {public, locked}, "changed": {secret, changed}, "cut off": {secret, locked[:len(locked)-1]}, "empty": {secret, nil}} {
		if got, err := sealed.Open(c.secret, c.locked); err == nil {
			t.Errorf("%s opens it: %d bytes", name, len(got))
		}
	}
	if _, err := sealed.Lock("age1nonsense", plain); err == nil {
		t.Error("locked for nobody")
	}
}
