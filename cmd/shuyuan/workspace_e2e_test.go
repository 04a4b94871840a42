//go:build e2e

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// programmer writes programs in the sample world.
const programmer = "programs@lab.example"

// atWorkspace is the sample world's workspace, opened by whoever writes programs there.
func atWorkspace(t *testing.T) (*tab, string) {
	t.Helper()
	b := newTab(t)
	b.officer(programmer)
	b.open("/workspaces")
	b.clean("the list of workspaces")
	path := eval[string](b, `document.querySelector('main th a[href^="/workspaces/KJ-"]')?.getAttribute('href') ?? ''`)
	if path == "" {
		t.Fatal("the sample world shows no workspace")
	}
	return b, path
}

// A workspace is clean on a phone, by night, in English.
func TestAWorkspaceOnEveryScreen(t *testing.T) {
	b, path := atWorkspace(t)
	for _, width := range []int64{375, 800, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			for _, language := range []string{"zh-CN", "en"} {
				b.size(width, 900)
				b.scheme(scheme)
				b.language(language)
				b.open(path)
				b.until("the editor", `document.querySelector('[data-sql] textarea').hidden`)
				b.run(chromedp.Evaluate(`document.querySelectorAll('main details').forEach(d => d.open = true)`, nil))
				b.clean(strings.Join([]string{path, scheme, language}, " "))
				b.shot(strings.Join([]string{"workspace", scheme, language, map[int64]string{375: "phone", 800: "tablet", 1280: "screen"}[width]}, "-"))
			}
		}
	}
	for i, link := range eval[[]string](b, `[...document.querySelectorAll('main a[href*="/jobs/"], main a[href*="/reviews/"]')].map(a => a.getAttribute('href'))`) {
		if i > 12 {
			break
		}
		b.size(375, 800)
		b.open(link)
		b.clean(link)
	}
}

// With the keyboard alone: into the editor, a name completed, a tab typed, out of it,
// and run.
func TestAWorkspaceByKeyboard(t *testing.T) {
	b, path := atWorkspace(t)
	b.open(path)
	b.until("the editor", `document.querySelector('[data-sql] textarea').hidden`)
	b.tabTo("[data-sql] > div")
	inside := `document.querySelector('[data-sql] > div').shadowRoot`
	b.run(chromedp.KeyEvent("a", chromedp.KeyModifiers(2))) // Ctrl+A
	b.press(kb.Delete)
	name := eval[string](b, `Object.keys(JSON.parse(document.querySelector('[data-sql]').dataset.names))[0]`)
	b.run(chromedp.KeyEvent("SELECT count(*) AS n FROM " + name[:4]))
	b.until("names to choose from", inside+`.querySelector('.cm-tooltip-autocomplete li')`)
	b.run(chromedp.Sleep(300 * time.Millisecond)) // who chooses has read; the editor takes no choice before
	b.press(kb.Enter)
	b.until("the whole name", `document.querySelector('[data-sql] textarea').value.includes(`+quoted(name)+`)`)
	b.press(kb.Tab)
	if !eval[bool](b, `/\s$/.test(document.querySelector('[data-sql] textarea').value)`) {
		t.Errorf("the Tab key writes nothing in the editor: %s", eval[string](b, `document.querySelector('[data-sql] textarea').value`))
	}
	b.press(kb.Escape, kb.Tab)
	if !eval[bool](b, `document.activeElement.matches('[data-run]')`) {
		t.Errorf("Escape and Tab lead to %s", eval[string](b, `document.activeElement.outerHTML.slice(0, 200)`))
	}
	b.leads(func() { b.press(kb.Enter) })
	b.until("the job is over", `!document.querySelector('[data-job]') && document.querySelector('#jobs tr[aria-selected]')`)
	if !strings.Contains(b.at(), "?job=ZY-") || strings.Contains(b.text("#jobs tr[aria-selected]"), "不能运行") {
		t.Errorf("%s: %s", b.at(), b.text("#jobs tr[aria-selected]"))
	}
}

// Without script the plain field works: a program is written, tried on samples, and
// what came of it stands on the page.
func TestAWorkspaceWithoutScript(t *testing.T) {
	b, path := atWorkspace(t)
	b.scripts(false)
	b.open(path)
	b.sees("[data-sql] textarea")
	name := eval[string](b, `Object.keys(JSON.parse(document.querySelector('[data-sql]').dataset.names))[0]`)
	b.click("#sql")
	b.run(chromedp.KeyEvent("a", chromedp.KeyModifiers(2))) // Ctrl+A
	b.run(chromedp.KeyEvent("SELECT count(*) AS n FROM " + name))
	b.follow(`button[name="action"][value="sample"]`)
	at := b.at()
	eventually(b, "what came of it", func() bool { // the page comes anew by itself, and at once when one asks
		b.open(at)
		return strings.Contains(b.text("main"), "这是合成样例上的结果")
	})
	if !eval[bool](b, `Boolean(document.querySelector('#sql'))`) {
		t.Error("the field is gone")
	}
}
