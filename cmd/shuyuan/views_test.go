//go:build e2e

package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A reader draws a table and looks at it on a map: with the mouse, by the
// keyboard, on a phone, in the dark, and without script.
func TestAReaderDrawsATableAndMovesAMap(t *testing.T) {
	b := newTab(t)
	b.open("/datasets/global-temperature-anomaly")
	b.follow("#data a[href*='/resources/'], .files a, a[href*='/resources/']")
	page := strings.Split(b.at(), "?")[0]

	b.open(page + "?view=chart")
	b.sees("figure[data-plot] svg path.pl")
	b.until("the slider that reads", `document.querySelector('.reading input')`)
	b.tabTo(".reading input")
	b.press(kb.End)
	if words := b.text(".reading output"); !strings.Contains(words, "2023") {
		b.Errorf("the last point says %q", words)
	}
	b.press(kb.ArrowLeft)
	if words := b.text(".reading output"); !strings.Contains(words, "2022") || !eval[bool](b, `document.querySelector('.beside tr[data-here]').textContent.includes('2022')`) {
		b.Errorf("the point before says %q", words)
	}
	saved := string(b.download(".plot-tools button"))
	if !strings.Contains(saved, "<svg") || strings.Contains(saved, "oklch(from") || !strings.Contains(saved, `stroke="`) {
		b.Errorf("the saved chart is no picture of its own: %.200s", saved)
	}
	b.healthy("a chart")

	b.open("/datasets/cn-settlements")
	b.follow("#data a[href*='/resources/'], .files a, a[href*='/resources/']")
	places := strings.Split(b.at(), "?")[0]
	b.open(places + "?view=map")
	b.sees("[data-sheet] svg circle.many")
	first := eval[string](b, `document.querySelector('[data-map]').dataset.box`)
	b.tabTo("[data-sheet]")
	b.press("+")
	b.until("a closer map, in place", `document.querySelector('[data-map]').dataset.box !== '`+first+`' && location.search.includes('box=')`)
	if !eval[bool](b, `document.activeElement.matches('[data-sheet]')`) {
		b.Error("the focus is lost when the map moves")
	}
	b.until("how many rows there are, said", `document.querySelector('[data-status]').textContent.match(/\d/)`)
	closer := eval[string](b, `document.querySelector('[data-map]').dataset.box`)
	b.press(kb.ArrowRight)
	b.until("a map further east", `document.querySelector('[data-map]').dataset.box !== '`+closer+`'`)
	b.healthy("a map")

	b.open("/datasets/fujian-villages")
	b.follow("#data a[href*='/resources/'], .files a, a[href*='/resources/']")
	areas := strings.Split(b.at(), "?")[0]
	b.open(areas + "?view=map")
	if n := eval[int](b, `document.querySelectorAll('[data-sheet] path.area').length`); n != 9 {
		b.Errorf("%d cities are drawn, want 9", n)
	}
	b.sees(".map-legend li")
	b.healthy("a map of areas")

	b.scripts(false)
	b.open(places + "?view=map")
	b.follow("a[data-move=in]")
	b.sees("[data-sheet] svg circle.dot")
	b.open(page + "?view=chart")
	b.follow("form[data-view-form] button[type=submit]")
	b.sees("figure[data-plot] svg path.pl")
}

// healthy holds a view against axe, in the light and in the dark, and against
// the width of a phone.
func (b *tab) healthy(what string) {
	b.Helper()
	for _, scheme := range []string{"dark", "light"} {
		b.scheme(scheme)
		for _, v := range b.axe() {
			b.Errorf("%s in %s: %s", what, scheme, v)
		}
	}
	b.size(320, 800)
	if eval[bool](b, `document.documentElement.scrollWidth > innerWidth`) {
		b.Errorf("%s: the page scrolls sideways on a phone", what)
	}
	b.size(1280, 900)
}
