package marketplace_test

import (
	"strings"
	"testing"

	"shuyuan/internal/fault"
	"shuyuan/marketplace"
)

// What people type is read as they mean it; what only looks like it is refused.
func TestWhatSomebodyAsksAbout(t *testing.T) {
	digest := strings.Repeat("0a", 32)
	for text, want := range map[string]string{
		"PRD-2026-000001": "PRD-2026-000001", " prd-2026-000001@1.0.0 ": "PRD-2026-000001@1.0.0", "ＰＲＤ－２０２６－０００００１": "PRD-2026-000001",
		"PRD—2026—000001": "PRD-2026-000001", "PRD−2026–000001": "PRD-2026-000001", "PRD-2026 -\u200b000001": "PRD-2026-000001", "djz-2026-000007": "DJZ-2026-000007", "HGZ-2026-000007": "HGZ-2026-000007",
		digest: digest, strings.ToUpper(digest): digest, "sha256:" + digest: digest, digest[:32] + "\n" + digest[32:]: digest,
		"https://data.example.gov/verify/" + digest: digest, "https://DATA.example.gov/products/PRD-2026-000001?x=1": "PRD-2026-000001",
	} {
		if got, err := marketplace.Wanted("https://data.example.gov", text); err != nil || got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for text, sentence := range map[string]string{
		"": "请填", "РRD-2026-000001": "看着像", "PRD-2026-00000l": "字母 O", "PRD-2O26-000001": "字母 O", "PRD-2026-1": "不是指纹", digest[1:]: "不是指纹", "PRD-2026-000001@1": "不是指纹",
		"https://data.example.g0v/verify/" + digest: "不是本平台", "https://data.example.gov@evil.example/verify/" + digest: "不是本平台", "https://data.example.gov/help": "不是核验",
		strings.Repeat("a", 301): "太长", "' OR 1=1 --": "不是指纹", "PRD-2026-00000\u0661": "看着像", "\u202ePRD-2026-000001": "看着像",
	} {
		_, err := marketplace.Wanted("https://data.example.gov", text)
		if f := fault.Of(err); f.Field != "q" || !strings.Contains(f.Sentence, sentence) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
