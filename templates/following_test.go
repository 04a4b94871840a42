package templates

import (
	"testing"
	"unicode"

	"shuyuan/datasets"
	"shuyuan/datasets/following"
	"shuyuan/templates/text"
)

// Whatever a notice is about has a name in both languages.
func TestNoticesNameTheirKindInBothLanguages(t *testing.T) {
	kinds := []string{following.Match}
	for _, k := range datasets.EventKinds() {
		kinds = append(kinds, string(k))
	}
	for _, k := range kinds {
		zh, en := NoticeKindName(text.Chinese, k), NoticeKindName(text.English, k)
		if zh == "" || en == "" {
			t.Errorf("%s: %q, %q", k, zh, en)
		}
		for _, r := range en {
			if unicode.Is(unicode.Han, r) {
				t.Errorf("%s is called %q in English", k, en)
				break
			}
		}
	}
}
