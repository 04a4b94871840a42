//go:build e2e

package main

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// theProduct is how a released result becomes a product: its version is sealed and
// published, and anybody checks a file of it on a phone. It returns the page of the
// product and a file of it.
func theProduct(t *testing.T, p *past, scenario, release string, enter func(string) *tab) (page, file string) {
	lab := enter(labOwner)
	lab.open("/account/products")
	lab.clean("before a product")
	lab.set("#title", "各站人数表")
	lab.set("#summary", "每个车站到访的人数。")
	lab.set("#scenario", scenario)
	lab.follow(`main form button.main`)
	product := strings.SplitN(lab.at(), "?", 2)[0]
	page = strings.TrimPrefix(product, "/account")
	lab.clean("a product without versions")
	lab.set("#number", "1.0.0")
	lab.set("#method", "按站分组，数不同的人。")
	for _, form := range []string{"csv", "xlsx"} {
		lab.set(`input[name=forms][value=`+form+`]`, "")
	}
	lab.follow(`#versions form button`)
	version := strings.SplitN(lab.at(), "?", 2)[0]
	lab.clean("a version without contents")
	lab.says("a version without contents", "从作业、获取记录和版本里取，没有一项是填的。")
	if n := eval[int](lab, `[...document.querySelectorAll('main input:not([type=hidden]), main select, main textarea')].filter(e => /source|department|date|day/.test(e.name)).length`); n != 0 {
		t.Error("a source or a date can be typed")
	}
	lab.set("#release", release)
	lab.follow(`form[action$="/contents"] button`)
	lab.says("a version with contents", "示例交通厅", "车站到访记录")
	lab.clean("a version with contents")
	lab.shot("product-1-contents")
	for _, action := range []string{"check", "seal", "publish"} {
		lab.open(version)
		lab.follow(`#move button[name=action][value=` + action + `]`)
		lab.clean("a version after " + action)
	}
	lab.says("a version that is published", "透明日志", "示例交通厅", "车站到访记录")
	lab.shot("product-2-sealed")
	onAPhone(lab, "/account/products", product, version)

	buyer := newTabOn(t, p.process)
	buyer.open("/products")
	buyer.says("the list of products", "各站人数表")
	buyer.follow(`main a[href="` + page + `"]`)
	buyer.says("the page of a product", "示例交通厅", "车站到访记录", "获取日期")
	buyer.clean("the page of a product")
	buyer.shot("product-3-public")
	stamped := func(b *tab, limit string) (rows struct {
		Provenance struct {
			Sources []struct{ Department, Title, Acquired string }
		} `json:"_provenance"`
		Sample bool
		Rows   []map[string]any
	}) {
		t.Helper()
		if err := json.Unmarshal(b.fetched("/api/v1"+page+"/rows?limit="+limit), &rows); err != nil {
			t.Fatal(err)
		}
		if s := rows.Provenance.Sources; len(s) != 1 || s[0].Department != "示例交通厅" || s[0].Title != "车站到访记录" || s[0].Acquired == "" {
			t.Errorf("rows that do not say where they are from: %+v", rows)
		}
		return rows
	}
	if r := stamped(buyer, "100"); !r.Sample || len(r.Rows) == 0 || len(r.Rows) > 5 {
		t.Errorf("rows for everybody: %+v", r)
	}
	said := eval[string](buyer, `(() => { const r = new XMLHttpRequest(); r.open('GET', '/api/v1'+`+quoted(page)+`+'/rows', false); r.send(); return ['Link', 'X-Data-Source', 'X-Data-Acquired', 'Content-Digest'].map(h => r.getResponseHeader(h)).join('\n') })()`)
	if !strings.Contains(said, "has_provenance") || !strings.Contains(said, url.PathEscape("示例交通厅")) || !strings.Contains(said, "sha-256=:") {
		t.Errorf("headers of rows: %s", said)
	}
	lab.open(version)
	body := lab.fetched(eval[string](lab, `document.querySelector('#files a[href$=".zip"]').getAttribute('href')`))
	for _, personal := range []string{"QX00", "孤站"} {
		if bytes.Contains(body, []byte(personal)) {
			t.Errorf("a product says %q", personal)
		}
	}
	file = filepath.Join(t.TempDir(), "各站人数表.zip")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	buyer.size(375, 720)
	buyer.checks(file, false, "真实有效")
	buyer.says("the answer", "示例交通厅", "车站到访记录", "获取日期", "示例出行研究所")
	buyer.clean("the answer")
	buyer.shot("product-4-answer")
	onAPhone(buyer, "/products", page)
	return page, file
}

// checks chooses a file on the page where files are checked and reads the word of the
// answer. What is not known by its bytes is sent.
func (b *tab) checks(file string, sent bool, word string) {
	b.Helper()
	b.open("/verify")
	choose := func() {
		b.run(chromedp.SetUploadFiles("form[data-verify] input[type=file]", []string{file}, chromedp.ByQuery))
	}
	if sent {
		choose()
		b.until("the file is offered to be sent", `!document.querySelector('[data-send]').hidden`)
		b.leads(func() { b.click("[data-send]") })
	} else {
		b.leads(choose)
	}
	if got := strings.TrimSpace(b.text("h1.word")); got != word {
		b.Errorf("%s: %q, not %q: %s", filepath.Base(file), got, word, b.text("main"))
	}
}
