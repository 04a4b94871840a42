package text

import (
	"strings"
	"testing"
)

// words is what fault.Terms is.
type words []string

func (w words) Each() []string { return w }

func (w words) String() string { return strings.Join(w, "、") }

func TestTermsAreSaidInTheReadersLanguage(t *testing.T) {
	const wrong = "第 %d 条依据是%s，不能作为依据；这里只认：%s。"
	args := []any{2, words{"某种说法"}, words{"法律", "行政法规"}}
	for lang, want := range map[Lang]string{
		Chinese: "第 2 条依据是某种说法，不能作为依据；这里只认：法律、行政法规。",
		English: "Basis 2 is of the kind 某种说法, which does not count; what counts: statute, administrative regulation.",
	} {
		if got := In(lang, wrong, args...); got != want {
			t.Errorf("%s: %q", lang, got)
		}
	}
}
