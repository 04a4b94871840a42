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
		if first := page.Find("#newest tbody tr th").First().Text(); first != "5" { // people count from 1, as the total does
			t.Errorf("the newest of 5 is entry %q", first)
		}
		if n := page.Find("#keys tbody tr").Length(); n != 4 {
			t.Errorf("it names %d keys", n)
		}
	}
	if page := w.get(t, visitor, "/log").doc(t); page.Find("#against").Length() != 0 {
		t.Error("it says that a witness contradicts, and none does")
	}
	if _, err := w.Pool.Exec(t.Context(), `INSERT INTO log_contradictions (witness, size, seen, since) VALUES ('regulator.example+0a1b2c3d', 4002, 5011, '2026-11-20T02:00:00Z')`); err != nil {
		t.Fatal(err)
	}
	for lang, words := range map[string][]string{
		"zh-CN": {"它看到的日志和这里的不一样", "regulator.example+0a1b2c3d：它看到过有 5,011 条的日志，这里有 4,002 条的检查点接不上", "2026-11-20 10:00", "可能被倒退或改写过"},
		"en":    {"A witness says that it saw another log than this one", "a log of 5,011 entries", "checkpoint of 4,002 entries", "2026-11-20 10:00"},
	} {
		said := w.get(t, visitor, "/log", fiber.HeaderAcceptLanguage, lang).doc(t).Find("#against[role=alert]").Text()
		for _, word := range words {
			if !strings.Contains(said, word) {
				t.Errorf("in %s, of a witness that contradicts: %q", lang, said)
			}
		}
	}
	if said := w.get(t, visitor, "/log").doc(t).Find("#checkpoint").Text(); !strings.Contains(said, "还没有见证方签名") {
		t.Errorf("of a checkpoint that nobody witnessed: %q", said)
	}
	_, err = w.Pool.Exec(t.Context(), `INSERT INTO log_cosignatures (size, key_id, witness, line, at) SELECT size, key_id, 'w.example+0a1b2c3d', '— w.example AAAA', now() FROM log_checkpoints`)
	if err != nil {
		t.Fatal(err)
	}
	if said := w.get(t, visitor, "/log").doc(t).Find("#checkpoint").Text(); !strings.Contains(said, "给这个检查点签名的见证方：1 个。") {
		t.Errorf("of a checkpoint that one witness signed: %q", said)
	}
	if a := w.get(t, visitor, "/log?x=1"); a.status != http.StatusBadRequest {
		t.Errorf("with a parameter it knows nothing of: %d", a.status)
	}
}
