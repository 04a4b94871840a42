//go:build e2e

package main

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// fetched is what the page's own session is handed at a path.
func (b *tab) fetched(path string) []byte {
	b.Helper()
	var text string
	b.run(chromedp.Evaluate(`fetch(`+quoted(path)+`).then(r => { if (!r.ok) throw new Error(r.status); return r.arrayBuffer() })
		.then(a => { let s = ''; for (const x of new Uint8Array(a)) s += String.fromCharCode(x); return btoa(s) })`, &text,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	body, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		b.Fatal(err)
	}
	return body
}

// Anybody drops a file and reads one of five words. What is known as it is needs not be
// sent: its digest is worked out in the browser. Without script the form sends it.
func TestAFileIsCheckedInABrowser(t *testing.T) {
	maker := newTab(t)
	maker.officer("owner@lab.example")
	maker.open("/account/products")
	files := map[string][]byte{} // by the state of their version and the end of their name
	products := eval[[]string](maker, `[...document.querySelectorAll('main a[href^="/account/products/PRD-"]')].map(a => a.getAttribute('href'))`)
	for _, product := range products {
		maker.open(product)
		for _, version := range eval[[]string](maker, `[...document.querySelectorAll('main a[href*="/versions/"]')].map(a => a.getAttribute('href'))`) {
			maker.open(version)
			state := "valid"
			if strings.Contains(maker.text("main"), "召回") && strings.Contains(maker.text("main"), "漏了调休") {
				state = "recalled"
			}
			for _, file := range eval[[]string](maker, `[...document.querySelectorAll('main a[href*="/files/"]')].map(a => a.getAttribute('href'))`) {
				key := state + filepath.Ext(file)
				if files[key] != nil {
					continue
				}
				if body := maker.fetched(file); filepath.Ext(file) != ".zip" || bytes.Contains(body, []byte("data.csv")) { // not a report as it is
					files[key] = body
				}
			}
		}
	}
	packed, sheet, old := files["valid.zip"], files["valid.xlsx"], files["recalled.json"]
	if packed == nil || sheet == nil || files["valid.json"] == nil || files["valid.parquet"] == nil || old == nil {
		t.Fatalf("of the sample products there are only %d files: %v", len(files), products)
	}
	var bare []byte
	changed := repacked(t, packed, func(name string, body []byte) []byte {
		if name != "data.csv" {
			return body
		}
		bare = body
		line := bytes.Index(body, []byte("\n")) + 1
		at := line + bytes.IndexAny(body[line:], "0123456789")
		body = bytes.Clone(body)
		body[at] = '0' + (body[at]-'0'+1)%10
		return body
	})

	b := newTab(t)
	b.size(375, 720)
	check := func(name string, body []byte, sent bool, word string, says ...string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
		b.checks(file, sent, word)
		b.says(name, says...)
		b.clean(name)
		b.shot("verify-" + name)
	}
	b.open("/verify")
	b.clean("the page to check a file")
	b.shot("verify")
	check("valid.zip", packed, false, "真实有效", "获取日期", "PRD-")
	check("valid.xlsx", sheet, false, "真实有效", "获取日期")
	check("valid.json", files["valid.json"], false, "真实有效", "获取日期")
	check("valid.parquet", files["valid.parquet"], false, "真实有效", "获取日期")
	check("recalled.json", old, false, "真实但已失效", "召回")
	check("data.csv", bare, true, "内容已知，标识缺失", "获取日期")
	check("changed.zip", changed, true, "内容不符")
	check("unknown.csv", []byte("年份,人口\n2024,4193\n"), true, "未知")

	b.scheme("dark")
	b.language("en")
	b.size(1280, 900)
	b.open("/verify")
	b.clean("the page in English, in the dark")
	b.language("zh-CN")

	b.scripts(false)
	b.open("/verify")
	file := filepath.Join(t.TempDir(), "changed.zip")
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.SetUploadFiles("form[data-verify] input[type=file]", []string{file}, chromedp.ByQuery))
	b.leads(func() { b.click("[data-send]") })
	if got := strings.TrimSpace(b.text("h1.word")); got != "内容不符" {
		t.Errorf("without script: %q", got)
	}
}
