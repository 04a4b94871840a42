//go:build e2e

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A citizen takes an open file and asks for the certificate of its download; whoever is
// handed the certificate or the file checks either, without an account.
func TestACertificateOfDownloadIsAskedForAndChecked(t *testing.T) {
	file := filesOf(t, "holidays")[0]
	b := newTab(t)
	b.open("/datasets/holidays/resources/" + file)
	b.leads(func() { b.click(`main a[href^="/receipts/of/` + file + `/"]`) })
	b.says("before a certificate", "天津条例", "鞍山办法", "SHA-256")
	b.clean("before a certificate")
	b.shot("receipt-1-ask")
	b.follow(`main form[action^="/receipts/of/"] button`)
	page := strings.SplitN(b.at(), "?", 2)[0]
	number := page[strings.LastIndex(page, "/")+1:]
	b.says("a certificate", number, "SHA-256")
	b.clean("a certificate")
	b.shot("receipt-2-made")
	onAPhone(b, page)
	b.size(375, 720)

	signed, paper := b.fetched(page+"/dsse.json"), b.fetched(page+"/pdf")
	if !bytes.HasPrefix(paper, []byte("%PDF-")) {
		t.Fatalf("the paper begins %q", paper[:8])
	}
	for name, body := range map[string][]byte{number + ".dsse.json": signed, number + ".pdf": paper} {
		at := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(at, body, 0o600); err != nil {
			t.Fatal(err)
		}
		b.checks(at, filepath.Ext(name) == ".json", "真实有效") // a paper is known by its bytes
		b.says(name, number)
		b.clean(name + " checked")
		b.shot("receipt-3-" + filepath.Ext(name)[1:])
	}
	b.open("/verify/" + number)
	b.says("a certificate by its number", "真实有效")

	b.language("en")
	b.open(page)
	b.clean("a certificate in English")
	b.shot("receipt-4-english")
	b.language("zh-CN")
	b.scripts(false)
	b.open("/datasets/holidays/resources/" + file)
	b.leads(func() { b.click(`main a[href^="/receipts/of/` + file + `/"]`) })
	b.follow(`main form[action^="/receipts/of/"] button`)
	b.says("a certificate without script", "SHA-256")
}
