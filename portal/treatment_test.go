package portal_test

import (
	"strings"
	"testing"
)

// A page of treatment names the text of the reader's own department, or the platform's
// rule where that is silent, and no other place's.
func TestTreatmentIsFoundedOnTheReadersOwnText(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	for profile, want := range map[string]string{"cn-fujian-2023": "脱敏或者同意以后开放", "": "脱敏或者同意以后开放"} {
		w.withProfile(t, profile)
		page := w.get(t, own, "/desk/deidentify").doc(t)
		if mark := page.Find("main .head .src").Text(); !strings.Contains(mark, want) || page.Find(`main a[href*="AB-31.3"]`).Length() != 0 {
			t.Errorf("%q: %s", profile, mark)
		}
	}
}
