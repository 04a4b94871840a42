package portal_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/signing"
	"shuyuan/internal/signing/register"
	"shuyuan/internal/signing/vault"
	"shuyuan/internal/transparency"
)

// TestThePageOfTheLog shows the log before and after its first checkpoint, with a
// key that was revoked, in both languages.
func TestThePageOfTheLog(t *testing.T) {
	w := newWhole(t)
	if a := w.get(t, visitor, "/log"); a.status != http.StatusOK || !strings.Contains(a.body, "日志还没有检查点。") {
		t.Fatalf("before the first checkpoint: %d", a.status)
	}
	dir := t.TempDir()
	v, err := vault.Open(filepath.Join(dir, "keys"), filepath.Join(dir, "memory"), 24*time.Hour, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	keys := register.New(w.Pool, v)
	log := transparency.New(transparency.NewReader(w.Pool), v, dir, time.Now)
	if err := errors.Join(log.Name(t.Context(), "data.example/log"), keys.Publish(t.Context())); err != nil {
		t.Fatal(err)
	}
	next, err := keys.Rotate(t.Context(), signing.Statement)
	if err == nil {
		err = errors.Join(keys.Revoke(t.Context(), next.By, time.Now(), signing.Compromised), log.Tick(t.Context()))
	}
	if err != nil {
		t.Fatal(err)
	}
	for lang, words := range map[string][]string{
		"zh-CN": {"透明日志", "启用密钥", "撤销密钥", "data.example/log", "密钥已撤销", "自己核对", "shuyuan witness --once --log https://data.example "},
		"en":    {"Transparency log", "Key introduced", "Key revoked", "data.example/log", "Revoked", "Verify it yourself"},
	} {
		a := w.get(t, visitor, "/log", fiber.HeaderAcceptLanguage, lang)
		page := a.doc(t)
		for _, word := range words {
			if !strings.Contains(page.Text(), word) {
				t.Errorf("in %s the page does not say %q", lang, word)
			}
		}
		if n := page.Find("#newest tbody tr").Length(); n != 5 {
			t.Errorf("it names %d leaves", n)
		}
		if n := page.Find("#keys tbody tr").Length(); n != 4 {
			t.Errorf("it names %d keys", n)
		}
	}
	if a := w.get(t, visitor, "/log?x=1"); a.status != http.StatusBadRequest {
		t.Errorf("with a parameter it knows nothing of: %d", a.status)
	}
}
