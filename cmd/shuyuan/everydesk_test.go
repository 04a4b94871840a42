//go:build e2e

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ids are the parts of an address that name one thing of many.
var ids = regexp.MustCompile(`/([0-9]+|[0-9a-z]{16,26}|[a-z]+-[a-z0-9-]+|[a-z]+@[^/]+)(/|$)`)

// shape is an address without what it is about, so that one page of each kind is
// enough.
func shape(path string) string {
	path, query, _ := strings.Cut(path, "?")
	for range 2 {
		path = ids.ReplaceAllString(path, "/:id$2")
	}
	var names []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	slices.Sort(names)
	return path + "?" + strings.Join(names, "&")
}

// Whoever works at a desk goes wherever its links lead: each kind of page is
// clean on a phone by day, in Chinese, and on a screen by night, in English.
func TestEveryDeskPageIsClean(t *testing.T) {
	kept, err := os.ReadFile(filepath.Join(portalOf(t).data, "demo-accounts"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, line := range strings.Split(string(kept), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.Contains(fields[0], "@") {
			continue
		}
		t.Run(fields[0], func(t *testing.T) {
			b, been := newTab(t), map[string]bool{}
			b.officer(fields[0])
			for next := []string{"/account"}; len(next) > 0; next = next[1:] { // the header leads on to the desk, where there is one
				path := next[0]
				if been[shape(path)] {
					continue
				}
				been[shape(path)] = true
				b.open(path)
				next = append(next, b.links()...)
				if !seen[shape(path)] {
					seen[shape(path)] = true
					b.onAPhoneByDay(path)
					b.onAScreenByNight(path)
				}
			}
		})
	}
	if len(seen) < 40 {
		t.Errorf("only %d kinds of pages were met", len(seen))
	}
}

func (b *tab) onAPhoneByDay(path string) {
	b.Helper()
	b.size(320, 640)
	b.scheme("light")
	b.language("zh-CN")
	b.open(path)
	b.clean(path + " on a phone")
}

func (b *tab) onAScreenByNight(path string) {
	b.Helper()
	b.size(1280, 900)
	b.scheme("dark")
	b.language("en")
	b.open(path)
	b.clean(path + " by night, in English")
	b.shot("desk" + strings.ReplaceAll(shape(path), "/", "-"))
}

// links are the pages of desk and account that the page leads to.
func (b *tab) links() []string {
	b.Helper()
	return eval[[]string](b, `[...new Set([...document.querySelectorAll('header a:not([download]), main a:not([download])')].map(a => new URL(a.href))
		.filter(u => u.origin === location.origin && /^\/(desk|account|organisations)(\/|$)/.test(u.pathname) && !/\.(csv|ndjson|json|xlsx|zip|pdf)$/.test(u.pathname) && !/file|original|download|\/papers\/|\/agreement\/[0-9]+\/(pdf|text)$|\/(contracts\/[^\/]+|mandates\/[^\/]+)\/(pdf|text)$/.test(u.pathname.replace(/\/files$/, '')))
		.map(u => u.pathname + u.search))]`)
}
