//go:build e2e

package main

import (
	"bytes"
	"encoding/csv"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The journeys: what people come for, done in a browser from the first page to
// the last on the sample world.

func TestACitizenFindsATableAndTakesItToExcel(t *testing.T) {
	b := newTab(t)
	b.open("/")
	b.click("#q")
	b.press("节假")
	b.until("suggestions", `document.querySelector('[role=listbox]:not([hidden]) [role=option]')`)
	if s := b.text("[role=listbox]"); !strings.Contains(s, "节假日") {
		b.Errorf("节假 suggests %q", s)
	}
	if e := eval[string](b, `document.querySelector('#q').getAttribute('aria-expanded')`); e != "true" {
		b.Errorf("the box says aria-expanded=%s", e)
	}
	b.leads(func() { b.press(kb.Enter) })
	if b.at() != "/datasets?q="+url.QueryEscape("节假") {
		b.Fatalf("Enter leads to %s", b.at())
	}
	all := b.text("[role=status]")

	// a filter takes effect at once, in the address too, and back again
	b.click(`[data-results] input[name=format][value=xlsx]`)
	b.until("the filter is in the address", `location.search.includes('format=xlsx')`)
	b.until("the filter is shown as taken", `document.querySelector('[data-results] input[name=format][value=xlsx]').checked && !document.querySelector('[aria-busy=true]')`)
	few := b.text("[role=status]")
	b.run(chromedp.NavigateBack())
	b.until("back is back", `!location.search.includes('format=') && document.querySelector('[role=status]').innerText === `+quoted(all))
	if few == "" || all == "" {
		b.Errorf("the page does not say how many: %q, %q", all, few)
	}

	b.follow(`a[href="/datasets/holidays"]`)
	if h := b.text("h1"); !strings.Contains(h, "节假日") {
		b.Errorf("the dataset is called %q", h)
	}
	b.sees("#data table tbody td")
	b.sees("figure.chart svg")
	rows := eval[int](b, `document.querySelector('#data table').rows.length`)
	if rows < 20 {
		b.Errorf("the preview has %d rows", rows)
	}

	file := b.download(`a[download][href$="data.csv?bom=1"]`)
	text, ok := bytes.CutPrefix(file, []byte("\xef\xbb\xbf"))
	if !ok {
		b.Errorf("Excel would show rubbish: the file begins with % x", file[:min(len(file), 8)])
	}
	table, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	said := regexp.MustCompile(`共 ([\d,]+) 行`).FindStringSubmatch(b.text("#data"))
	if said == nil || strings.ReplaceAll(said[1], ",", "") != itoa(len(table)-1) {
		b.Errorf("the page says %q, the file has %d rows", said, len(table)-1)
	}
	head := eval[[]string](b, `[...document.querySelector('#data table').rows[0].cells].map(c => c.firstChild.textContent.trim())`)
	first := eval[[]string](b, `[...document.querySelector('#data table').rows[1].cells].map(c => c.innerText.trim())`)
	if len(head) != len(table[0]) || first[0] != table[1][0] {
		b.Errorf("the page shows %v %v, the file %v %v", head, first, table[0], table[1])
	}
}

// download presses a link and returns the file that the browser keeps.
func (b *tab) download(selector string) []byte {
	b.Helper()
	dir := b.TempDir()
	done := make(chan string, 1)
	chromedp.ListenTarget(b.ctx, func(event any) {
		if e, ok := event.(*browser.EventDownloadProgress); ok && e.State == browser.DownloadProgressStateCompleted {
			done <- e.GUID
		}
	})
	b.run(browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorAllowAndName).
		WithBrowserContextID(b.person).WithDownloadPath(dir).WithEventsEnabled(true))
	b.click(selector)
	select {
	case name := <-done:
		body, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			b.Fatal(err)
		}
		return body
	case <-b.ctx.Done():
		b.Fatalf("%s: nothing is downloaded", selector)
		return nil
	}
}

func TestAReaderSwitchesLanguageAndColours(t *testing.T) {
	b := newTab(t)
	b.language("zh-CN")
	b.scheme("light")
	b.open("/datasets/holidays")
	if l := eval[string](b, `document.documentElement.lang`); l != "zh-CN" {
		b.Errorf("the page is in %s", l)
	}
	b.follow(`header a[lang=en]`)
	if b.at() != "/datasets/holidays" {
		b.Errorf("switching leads to %s", b.at())
	}
	if l := eval[string](b, `document.documentElement.lang`); l != "en" {
		b.Errorf("after switching the page is in %s", l)
	}
	if h := b.text("h1"); !strings.Contains(h, "Statutory holidays") {
		b.Errorf("the heading is %q", h)
	}
	b.follow(`header nav a[href="/datasets"]`)
	if l := eval[string](b, `document.documentElement.lang`); l != "en" {
		b.Errorf("the next page is in %s", l)
	}

	const background = `getComputedStyle(document.documentElement).backgroundColor + ' ' + getComputedStyle(document.body).color`
	light := eval[string](b, background)
	b.click("[data-theme-switch]")
	dark := eval[string](b, background)
	if light == dark {
		b.Errorf("the switch changes nothing: %s", dark)
	}
	b.follow(`header nav a[href="/departments"]`)
	if now := eval[string](b, background); now != dark {
		b.Errorf("the next page is %s, chosen was %s", now, dark)
	}
	b.click("[data-theme-switch]")
	if now := eval[string](b, background); now != light {
		b.Errorf("switched back it is %s, was %s", now, light)
	}

	fresh := newTab(t) // who has chosen nothing gets what the system prefers
	fresh.language("en-GB,en;q=0.9")
	fresh.scheme("dark")
	fresh.open("/")
	if l, c := eval[string](fresh, `document.documentElement.lang`), eval[string](fresh, background); l != "en" || c != dark {
		fresh.Errorf("by default the page is in %s on %s, want en on %s", l, c, dark)
	}
}

func TestEverythingWorksByKeyboard(t *testing.T) {
	b := newTab(t)
	b.open("/")
	b.press(kb.Tab)
	if here := eval[string](b, `document.activeElement.className`); here != "skip" {
		b.Fatalf("the first stop is %q, not the link past the navigation", here)
	}
	b.sees("a.skip:focus")
	b.press(kb.Enter)
	b.tabTo("#q")
	b.press("村")
	b.leads(func() { b.press(kb.Enter) })
	if !strings.HasPrefix(b.at(), "/datasets?q=") {
		b.Fatalf("Enter leads to %s", b.at())
	}
	b.tabTo("[data-results] input[type=checkbox]")
	if o := eval[string](b, `getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement.closest('label')).outlineStyle`); strings.ReplaceAll(o, "none", "") == "" {
		b.Error("one does not see where the focus is")
	}
	b.press(" ")
	b.until("the filter takes effect", `document.querySelector('[data-results] input:checked') && location.search.split('&').length > 1 && !document.querySelector('[aria-busy=true]')`)
	if !eval[bool](b, `document.activeElement.matches('[data-results] input:checked')`) {
		b.Error("the focus is lost when a filter takes effect")
	}
	b.tabTo("[data-results] .hits a")
	b.leads(func() { b.press(kb.Enter) })
	if !strings.HasPrefix(b.at(), "/datasets/") {
		b.Fatalf("Enter on a result leads to %s", b.at())
	}
	b.tabTo("a[download]")

	// a suggestion, by keyboard alone
	b.open("/datasets")
	b.tabTo("#q")
	b.press("节假")
	b.until("suggestions", `document.querySelector('[role=listbox]:not([hidden]) [role=option]')`)
	b.until("one of them is a dataset", `(document.querySelector('#q').dispatchEvent(new KeyboardEvent('keydown', {key: 'x'})), document.querySelector('[role=option][data-slug]'))`)
	for range 20 {
		b.press(kb.ArrowDown)
		if eval[bool](b, `document.querySelector('[role=option][aria-selected=true]')?.dataset.slug !== undefined`) {
			break
		}
	}
	slug := eval[string](b, `document.getElementById(document.querySelector('#q').getAttribute('aria-activedescendant')).dataset.slug`)
	b.leads(func() { b.press(kb.Enter) })
	if b.at() != "/datasets/"+slug {
		b.Errorf("the suggested dataset %s leads to %s", slug, b.at())
	}
}

func TestNothingNeedsScript(t *testing.T) {
	b := newTab(t)
	b.scripts(false)
	b.open("/")
	b.run(chromedp.SendKeys("#q", "福建", chromedp.ByQuery))
	b.follow("#find button")
	if b.at() != "/datasets?q="+url.QueryEscape("福建") {
		b.Fatalf("the form leads to %s", b.at())
	}
	if eval[bool](b, `document.querySelector('.facets summary').checkVisibility() && !document.querySelector('.facets > details').open`) {
		b.click(".facets summary")
	}
	b.click("[data-results] input[name=format][value=geojson]")
	b.follow("button.apply")
	if !strings.Contains(b.at(), "format=geojson") || !strings.Contains(b.at(), "q=") {
		b.Fatalf("the filters lead to %s", b.at())
	}
	b.sees(".hits a")
	b.follow("nav.sort a")
	b.follow(".hits li h3 a, .hits li a")
	b.sees("h1")
	b.sees("a[download]")

	b.open("/datasets/holidays")
	b.sees("#data table tbody td")
	b.sees("figure.chart svg")
	b.sees("#api code")
	names := eval[[]string](b, `[...document.querySelectorAll('#snippets label')].map(l => l.innerText)`)
	for i, name := range names { // radio buttons, no script
		b.click("#snippets label:nth-of-type(" + itoa(i+1) + ")")
		if shown := eval[[]string](b, `[...document.querySelectorAll('#snippets pre')].filter(p => p.checkVisibility()).map(p => p.getAttribute('aria-label'))`); len(shown) != 1 || shown[0] != name {
			b.Errorf("the snippet for %s: shown are %v", name, shown)
		}
	}
	if len(names) < 5 {
		b.Errorf("there are snippets for %v only", names)
	}
	b.follow("header a[lang=en]")
	if l := eval[string](b, `document.documentElement.lang`); l != "en" {
		b.Errorf("the language is %s", l)
	}
	b.open("/datasets")
	b.follow(".pager a[rel=next], nav a[rel=next]")
	if !strings.Contains(b.at(), "page=2") {
		b.Errorf("the second page is at %s", b.at())
	}
	b.signIn()
	b.open("/account")
	b.follow(`form[action="/sign-out"] button`)
	b.sees(`header a[href^="/sign-in"]`)
}

// officer is a demo account as `shuyuan demo` has shown it.
func officer(t testing.TB) (identifier, password string) {
	t.Helper()
	list, err := os.ReadFile(filepath.Join(portalOf(t).data, "demo-accounts"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		if words := strings.Fields(line); len(words) > 1 && strings.HasPrefix(words[0], "officer@") {
			return words[0], words[1]
		}
	}
	t.Fatalf("no officer among the demo accounts:\n%s", list)
	return "", ""
}

// signIn signs the officer in, from wherever the reader is.
func (b *tab) signIn() {
	b.Helper()
	identifier, password := officer(b)
	b.follow(`header a[href^="/sign-in"]`)
	b.run(chromedp.SendKeys("#identifier", identifier, chromedp.ByQuery), chromedp.SendKeys("#password", password, chromedp.ByQuery))
	b.follow(`main form button[type=submit]`)
}

func TestAnOfficerSignsInAndOut(t *testing.T) {
	b := newTab(t)
	b.forgive("status of 401")
	b.forgive("status of 422")
	identifier, _ := officer(t)

	b.open("/account") // sends to sign in, and back afterwards
	if !strings.HasPrefix(b.at(), "/sign-in?back=") {
		b.Fatalf("a visitor is sent to %s", b.at())
	}
	b.run(chromedp.SendKeys("#identifier", identifier, chromedp.ByQuery), chromedp.SendKeys("#password", "not the password", chromedp.ByQuery))
	b.follow(`main form button[type=submit]`)
	b.sees("main [role=alert], main .wrong, main .note")
	if v := eval[string](b, `document.querySelector('#identifier').value`); v != identifier {
		b.Errorf("after a mistake the account is to be typed again: %q", v)
	}
	_, password := officer(t)
	b.run(chromedp.SendKeys("#password", password, chromedp.ByQuery))
	b.follow(`main form button[type=submit]`)
	if b.at() != "/account" {
		b.Fatalf("signing in leads to %s", b.at())
	}
	if !strings.Contains(b.text("main"), identifier) {
		b.Errorf("the account page says %q", b.text("main"))
	}
	cookie := eval[string](b, `document.cookie`)
	if strings.Contains(cookie, "session") {
		b.Errorf("scripts read the session: %s", cookie)
	}
	for _, v := range b.axe() {
		b.Errorf("account: %s", v)
	}
	for _, width := range []int64{320, 375} {
		b.size(width, 800)
		if w := eval[int64](b, `document.scrollingElement.scrollWidth`); w > width {
			b.Errorf("account at %d pixels is %d wide: %s", width, w, eval[string](b, widest))
		}
	}
	b.size(1280, 900)
	b.follow(`form[action="/sign-out"] button`)
	b.open("/account")
	if !strings.HasPrefix(b.at(), "/sign-in") {
		b.Errorf("after signing out /account leads to %s", b.at())
	}
}

func TestWhatIsWithheldShowsNowhereToAVisitor(t *testing.T) {
	base := portalOf(t).base
	hidden := withheld(t)
	b := newTab(t)
	for _, d := range hidden {
		b.open("/datasets?q=" + url.QueryEscape(d.title))
		if strings.Contains(b.text("main .hits"), d.title) {
			b.Errorf("%s is found", d.slug)
		}
		for _, path := range []string{"/datasets/" + d.slug, "/api/v1/datasets/" + d.slug} {
			wants(t, base+path, 404)
		}
		for _, path := range []string{"/sitemap.xml", "/feed.xml", "/api/v1/datasets?limit=100"} {
			if _, body := get(t, base+path); strings.Contains(body, d.slug) {
				b.Errorf("%s names %s", path, d.slug)
			}
		}
	}
}
