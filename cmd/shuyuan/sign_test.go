package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shuyuan/internal/signing"
	"shuyuan/marketplace"
)

// A key of a developer is made and used on a machine of theirs: it signs what portals give
// out and nothing else, and no file that is there is written over.
func TestADeveloperSignsAtHome(t *testing.T) {
	key := filepath.Join(t.TempDir(), "keys", "developer.pem")
	sign := func(args ...string) (out, said string, code int) {
		var stdout, stderr bytes.Buffer
		code = run(t.Context(), append([]string{"sign", "--key", key}, args...), func(string) string { return "" }, &stdout, &stderr)
		return stdout.String(), stderr.String(), code
	}
	made, said, code := sign("--new")
	if code != 0 {
		t.Fatal(said)
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v (%v)", info, err)
	}
	if again, _, code := sign("--public"); code != 0 || again != made {
		t.Errorf("%d: %s", code, again)
	}
	if _, _, code := sign("--new"); code != 1 {
		t.Errorf("over another key: %d", code)
	}
	block, _ := pem.Decode([]byte(made))
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	file := func(kind, payload string) string {
		name := filepath.Join(t.TempDir(), "message.dsse")
		if err := os.WriteFile(name, signing.PAE(kind, []byte(payload)), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	message := file(marketplace.DeveloperKeyType, `{"holder":"91350100MA00000T07","portal":"https://data.example.gov"}`)
	out, said, code := sign(message)
	sig, err := base64.StdEncoding.DecodeString(strings.TrimSpace(out))
	if code != 0 || err != nil || !strings.Contains(said, "91350100MA00000T07 at https://data.example.gov") {
		t.Fatalf("%d, %s, %s (%v)", code, out, said, err)
	}
	if raw, err := os.ReadFile(message); err != nil || !ed25519.Verify(parsed.(ed25519.PublicKey), raw, sig) {
		t.Errorf("the signature is of something else (%v)", err)
	}
	for name, c := range map[string]string{
		"a key of a platform": file(signing.Handed, `{}`),
		"another statement":   file(signing.InToto, `{"_type":"x"}`),
		"no message":          key,
	} {
		if out, _, code := sign(c); code != 1 || out != "" {
			t.Errorf("%s: %d, %s", name, code, out)
		}
	}
}
