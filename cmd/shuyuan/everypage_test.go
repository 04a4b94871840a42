//go:build e2e

package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// everyPage is one address of each kind of page that a visitor meets, by name.
func everyPage(t testing.TB) map[string]string {
	t.Helper()
	base := portalOf(t).base
	type item struct {
		Slug      string
		Open      string
		Resources []struct{ ID, Format string }
	}
	var list struct{ Items []item }
	ask := func(path string, into any) {
		t.Helper()
		if err := json.Unmarshal([]byte(wants(t, base+path, 200)), into); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	ask("/api/v1/datasets?limit=100", &list)
	pages := map[string]string{
		"home": "/", "search": "/datasets", "search with words": "/datasets?q=福建", "search without result": "/datasets?q=zzzqqq",
		"departments": "/departments", "themes": "/themes", "law": "/law", "statistics": "/stats", "developers": "/developers", "API reference": "/developers/reference", "help": "/help",
		"about": "/about", "sign-in": "/sign-in", "gallery": "/_gallery", "not found": "/nothing-here",
	}
	for _, i := range list.Items {
		pages["dataset "+i.Open] = "/datasets/" + i.Slug
		for _, r := range i.Resources {
			pages["dataset with "+r.Format] = "/datasets/" + i.Slug
			pages["resource of "+r.Format] = "/datasets/" + i.Slug + "/resources/" + r.ID
		}
	}
	var named struct{ Items []struct{ Slug string } }
	ask("/api/v1/departments", &named)
	pages["department"] = "/departments/" + named.Items[0].Slug
	ask("/api/v1/themes", &named)
	pages["theme"] = "/themes/" + named.Items[0].Slug
	pages["profile"] = "/law/cn-fujian-2023"
	return pages
}

// forgiveNotFound: an address that is not there is not there.
func (b *tab) forgiveNotFound() { b.forgive("status of 404 (Not Found) " + b.base + "/nothing-here") }

func TestNoPageScrollsSideways(t *testing.T) {
	pages := everyPage(t)
	for _, width := range []int64{320, 375, 768, 1280} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			b := newTab(t)
			b.forgiveNotFound()
			b.size(width, 800)
			for _, language := range []string{"zh", "en"} {
				b.language(language)
				for name, path := range pages {
					b.open(path)
					if w := eval[int64](b, `document.scrollingElement.scrollWidth`); w > width {
						b.Errorf("%s, %s (%s): the page is %d pixels wide: %s", name, language, path, w, eval[string](b, widest))
					}
				}
			}
		})
	}
}

// widest names what sticks out furthest.
const widest = `(() => { let worst = null, right = innerWidth;
	for (const e of document.body.querySelectorAll('*')) {
		let box = e; while (box && !['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(box).overflowX)) box = box.parentElement;
		if (box && box !== document.body && box !== document.documentElement) continue;
		const r = e.getBoundingClientRect().right; if (r > right) { right = r; worst = e; } }
	return worst ? worst.outerHTML.slice(0, 200) : 'nothing found'; })()`

//go:embed testdata/axe/axe.min.js
var axe string

func TestEveryPageIsAccessible(t *testing.T) {
	pages := everyPage(t)
	for _, scheme := range []string{"light", "dark"} {
		for _, language := range []string{"zh", "en"} {
			t.Run(scheme+" "+language, func(t *testing.T) {
				b := newTab(t)
				b.forgiveNotFound()
				b.scheme(scheme)
				b.language(language)
				for name, path := range pages {
					b.open(path)
					for _, v := range b.axe() {
						if name == "gallery" && strings.HasPrefix(v, "landmark-unique ") {
							continue // it shows every part several times
						}
						b.Errorf("%s (%s): %s", name, path, v)
					}
				}
			})
		}
	}
}

// axe returns what axe-core finds wrong with the page.
func (b *tab) axe() []string {
	b.Helper()
	var found []struct {
		ID, Help string
		Nodes    []struct {
			HTML           string
			FailureSummary string
		}
	}
	wait := func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
	if err := chromedp.Run(b.ctx, chromedp.Evaluate(axe+`;0`, nil),
		chromedp.Evaluate(`axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)`, &found, wait)); err != nil {
		b.Fatalf("axe at %s: %v", b.at(), err)
	}
	var out []string
	for _, v := range found {
		for _, n := range v.Nodes[:min(len(v.Nodes), 3)] {
			out = append(out, fmt.Sprintf("%s (%s): %.200s: %s", v.ID, v.Help, n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", " ")))
		}
	}
	return out
}

func TestEveryPagePrints(t *testing.T) {
	b := newTab(t)
	b.forgiveNotFound()
	for name, path := range everyPage(t) {
		b.open(path)
		var pdf []byte
		b.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
			pdf, _, err = page.PrintToPDF().WithPaperWidth(8.27).WithPaperHeight(11.69).Do(ctx)
			return err
		}))
		if len(pdf) < 5000 {
			b.Errorf("%s: the paper is empty (%d bytes)", name, len(pdf))
		}
		b.run(emulation.SetEmulatedMedia().WithMedia("print"))
		b.size(703, 1000) // A4 with its margins
		if shows := eval[bool](b, `[...document.querySelectorAll('header nav, button')].some(e => e.checkVisibility())`); shows {
			b.Errorf("%s: navigation or buttons are printed", name)
		}
		if main := eval[int](b, `document.querySelector('main').innerText.trim().length`); main < 10 {
			b.Errorf("%s: nothing of the page is printed", name)
		}
		if w := eval[int](b, `document.scrollingElement.scrollWidth`); w > 900 {
			b.Errorf("%s: the print is %d pixels wide: %s", name, w, eval[string](b, widest))
		}
		b.run(emulation.SetEmulatedMedia())
		b.size(1280, 900)
	}
}
