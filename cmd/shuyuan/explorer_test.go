//go:build e2e

package main

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// villages is the page of a table of some thousand rows.
func villages(t testing.TB) string {
	t.Helper()
	var d struct{ Resources []struct{ ID string } }
	if err := json.Unmarshal([]byte(wants(t, portalOf(t).base+"/api/v1/datasets/fujian-villages", 200)), &d); err != nil {
		t.Fatal(err)
	}
	return "/datasets/fujian-villages/resources/" + d.Resources[0].ID
}

// clean fails where axe finds something, or the page is wider than the window.
func (b *tab) clean(what string) {
	b.Helper()
	if b.passes {
		return
	}
	for _, v := range b.axe() {
		b.Errorf("%s: %s", what, v)
	}
	if wide := eval[bool](b, `document.scrollingElement.scrollWidth > innerWidth`); wide {
		b.Errorf("%s: the page scrolls sideways: %s", what, eval[string](b, widest))
	}
}

// A reader asks a table without leaving its page: the address says what is on
// screen, the focus stays, and what changed is said.
func TestAReaderExploresATable(t *testing.T) {
	b, page := newTab(t), villages(t)
	b.open(page)
	b.clean("all rows")

	b.run(chromedp.SendKeys("#x-q", "洋"+kb.Enter, chromedp.ByQuery))
	b.until("the words as a chip", `document.querySelector('.xchips')?.innerText.includes('洋')`)
	if q, _ := url.ParseQuery(strings.TrimPrefix(b.at(), page+"?")); q.Get("q") != "洋" {
		t.Errorf("the address is %s", b.at())
	}
	b.until("what changed is said", `/行（全表 17,498 行）/.test(document.querySelector('[data-live]').textContent)`)
	if !eval[bool](b, `document.activeElement.id === 'x-q'`) {
		t.Error("the focus has left the search box")
	}

	b.click(".xt thead th:nth-child(3) a.by")
	b.until("sorted by the name", `document.querySelector('.xt th:nth-child(3)')?.getAttribute('aria-sort') === 'ascending'`)
	if !eval[bool](b, `document.activeElement.matches('.xt th:nth-child(3) a.by')`) {
		t.Errorf("the focus is on %s", eval[string](b, `document.activeElement.outerHTML.slice(0, 80)`))
	}
	b.run(chromedp.Evaluate(`document.querySelector('.xt th:nth-child(2) a.by').dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true, shiftKey: true}))`, nil))
	b.until("sorted by the code too", `location.search.split('sort=').length === 3`)

	b.click(".xt thead th:nth-child(7) a.see")
	b.until("the focus in the column", `document.activeElement.id === 'column-h'`)
	b.clean("a column")
	b.click(".xvalues label")
	b.click(".xform:has(.xvalues) button")
	b.until("the value as a chip", `document.querySelectorAll('.xchips .chip').length === 2`)
	rows := b.text(".xcount span")

	// rows go on below the last one, and no column moves
	before := eval[string](b, `JSON.stringify([...document.querySelectorAll('.xt thead th')].map(h => Math.round(h.getBoundingClientRect().width)))`)
	b.run(chromedp.Evaluate(`{ const box = document.querySelector('[data-rows]'); box.scrollTop = box.scrollHeight; }`, nil))
	b.until("more rows", `document.querySelectorAll('.xt tbody tr').length > 50`)
	after := eval[string](b, `JSON.stringify([...document.querySelectorAll('.xt thead th')].map(h => Math.round(h.getBoundingClientRect().width)))`)
	if before != after {
		t.Errorf("columns were %s wide and are %s", before, after)
	}

	// the same question to the API
	b.click(".xcode summary")
	b.sees(".xcode .copy")
	var total struct{ Total int }
	if err := json.Unmarshal([]byte(wants(t, b.base+eval[string](b, `document.querySelector('.xcode p a').getAttribute('href')`), 200)), &total); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(rows, itoa(total.Total)+" 行") {
		t.Errorf("the page says %q, the API %d", rows, total.Total)
	}

	// back takes the last step back
	b.run(chromedp.NavigateBack())
	b.until("one condition less", `document.querySelectorAll('.xchips .chip').length === 1`)

	// groups, and from a group to its rows
	b.open(page)
	b.click(".xtools .xmenu:nth-of-type(2) summary")
	b.run(chromedp.Evaluate(`{ const s = document.querySelector('select[name="group"]'); s.value = [...s.options].find(o => o.label === '地级名称').value; }`, nil))
	b.click(".xpop .btn.main")
	b.until("groups", `document.querySelectorAll('.xt.grouped tbody tr').length === 9`)
	b.clean("groups")
	b.click(".xt.grouped tbody a")
	b.until("the rows of a group", `document.querySelector('.xchips')?.innerText.includes('地级名称 是') && document.querySelectorAll('.xt tbody tr').length === 50`)

	// by keyboard
	b.tabTo(".xmenu summary")
	b.press(kb.Enter)
	b.sees(".xcols a")
	b.press(kb.Escape)
	if !eval[bool](b, `!document.querySelector('.xmenu[open]') && document.activeElement.matches('.xmenu summary')`) {
		t.Error("Escape does not lead back from the menu")
	}
	b.tabTo(`[data-step="next"]`)
	b.press(kb.Enter)
	b.until("the second page", `/第 51–100 行/.test(document.querySelector('.xcount')?.innerText)`)

	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		b.size(320, 700)
		b.open(page + "?panel=" + url.QueryEscape("地级名称"))
		b.clean("a column on a phone, " + scheme)
		b.open(page + "/embed?q=" + url.QueryEscape("洋"))
		b.clean("in a frame, " + scheme)
	}
	b.open(page + "?where=" + url.QueryEscape("年份 >> 1"))
	b.sees(".xpop .err")
	b.clean("a condition that cannot be read")
}

func TestATableIsExploredWithoutScript(t *testing.T) {
	b, page := newTab(t), villages(t)
	b.scripts(false)
	b.open(page)
	b.run(chromedp.SendKeys("#x-q", "洋", chromedp.ByQuery))
	b.follow(".xfind button")
	b.follow(".xt thead th:nth-child(7) a.see")
	b.click(".xvalues label")
	b.follow(".xform:has(.xvalues) button")
	b.follow(`[data-step="next"]`)
	if text := b.text(".xcount"); !strings.Contains(text, "第 51–100 行") {
		t.Errorf("the second page says %q", text)
	}
	if n := eval[int](b, `document.querySelectorAll('.xchips .chip').length`); n != 2 {
		t.Errorf("%d chips, want the words and the value", n)
	}
	b.follow(`[data-step="last"]`)
	b.follow(".xchips li:last-child a")
	if text := b.text(".xcount"); !strings.Contains(text, "共 17,498 行") {
		t.Errorf("all is cleared, and the page says %q", text)
	}
}
