package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/portal"
	"shuyuan/portal/api"
)

// marked puts a word of its own into every text of an entry that a page, a feed
// or an index could show, and returns the words.
func marked(name string) (func(*datasets.Dataset), []string) {
	word := func(n int) string { return fmt.Sprintf("zq%sw%dqz", strings.ReplaceAll(name, "-", ""), n) }
	return func(d *datasets.Dataset) {
		d.Slug, d.Title, d.TitleEN, d.Summary, d.SummaryEN = name, "标题"+word(0), "Title "+word(1), "摘要"+word(2), "Summary "+word(3)
		d.Tags, d.Source, d.ResourceCode, d.OpenReason, d.Contact = []string{word(4)}, word(5), word(6), word(7), word(8)
	}, []string{word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7), word(8), word(9), word(10), word(11), word(12)}
}

// hide adds a marked entry with a marked file to the Office.
func (w *whole) hide(t *testing.T, name string, status datasets.Status, open datasets.OpenType) (*datasets.Dataset, []string) {
	t.Helper()
	mark, words := marked(name)
	d := w.Dataset(t, mark, func(d *datasets.Dataset) { d.Status, d.Open = status, open })
	id := w.Resource(t, d, func(r *datasets.Resource) {
		r.ID, r.Name, r.Description = strings.ReplaceAll(name, "-", "")+"00000000", "文件"+words[9], words[9]
	})
	w.Version(t, d, id, words[10]+".csv", words[11]+",年份\n"+words[12]+",2025\n",
		datasets.Field{Name: words[11], Label: words[11], Type: "text", Codes: []datasets.Code{{Value: words[12], Label: words[12]}}})
	return d, words
}

// surfaces is every address that lists, counts, completes or describes
// entries, with every parameter that it takes; and those of the entry itself.
func surfaces(slug string, words []string) []string {
	id := strings.ReplaceAll(slug, "-", "") + "00000000"
	file := url.PathEscape(words[10] + ".csv")
	fill := strings.NewReplacer("/departments/:slug", "/departments/tjj", "/themes/:slug", "/themes/people", ":slug", slug, ":id", id, ":resource", id,
		":version", "1", ":n", "1", ":filename", file, ":format", "csv", ":column", "1", ":part<int>", "1", ":profile", "cn-fujian-2023", "/*", "/css/site.css")
	var out []string
	for _, r := range slices.Concat(portal.Routes, api.Routes, api.DeskRoutes) {
		if r.Method == http.MethodGet && r.Path != "/sign-in" && r.Path != "/account" && r.Path != "/lang" {
			out = append(out, fill.Replace(r.Path))
		}
	}
	for _, rendition := range []string{"data.csv", "data.csv?bom=1", "data.json", "data.xlsx", "data.parquet", "package.zip"} {
		out = append(out, "/d/"+id+"/1/"+rendition)
	}
	out = append(out, "/datasets/"+slug+"/resources/"+id+"?version=1", "/datasets?sort=updated", "/datasets?sort=popular", "/datasets?open=withheld",
		"/datasets?org=tjj", "/datasets?theme=people", "/datasets?format=csv", "/datasets?region=350000", "/datasets?freq=annual",
		"/api/v1/datasets?facets=theme,org,format,open", "/api/v1/datasets?org=tjj&facets=theme")
	for _, word := range append(words, slug) {
		for _, q := range []string{word, word[:len(word)-3], `"` + word + `"`, strings.ToUpper(word), word[:5] + "x" + word[6:]} {
			out = append(out, "/datasets?"+url.Values{"q": {q}}.Encode())
		}
		out = append(out, "/datasets/suggest?q="+word[:4], "/datasets/suggest?q="+word, "/datasets/feed.xml?q="+word, "/datasets?tag="+word, "/api/v1/datasets?q="+word)
	}
	return out
}

// crawl is what somebody is shown at each address.
func (w *whole) crawl(t *testing.T, who persona, list []string, headers ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, address := range list {
		r := w.get(t, who, address, headers...)
		out[address] = fmt.Sprintf("%d %s %s\n%s", r.status, r.header.Get("ETag"), r.header.Get("Content-Type"), r.settled())
		if who != visitor { // an ETag of a page with a token in it differs each time
			out[address] = fmt.Sprintf("%d %s\n%s", r.status, r.header.Get("Content-Type"), r.settled())
		}
	}
	return out
}

// Drafts, withheld entries and those withdrawn from neither change not a byte
// of anything that anybody but an officer of their department can ask for:
// what is answered with them is what was answered before they were there.
func TestHiddenEntriesChangeNothing(t *testing.T) {
	hidden := []struct {
		name   string
		status datasets.Status
		open   datasets.OpenType
	}{
		{"draft-open", datasets.Draft, datasets.Unconditional}, {"draft-conditional", datasets.Draft, datasets.Conditional},
		{"draft-withheld", datasets.Draft, datasets.Withheld}, {"published-withheld", datasets.Published, datasets.Withheld},
		{"withdrawn-withheld", datasets.Withdrawn, datasets.Withheld},
	}
	w := newWhole(t)
	w.File(t, "open.csv", "年份,人口\n2025,4193\n")
	w.File(t, "closed.csv", "年份,人口\n2025,4193\n", func(d *datasets.Dataset) { d.Open = datasets.Conditional })
	w.indexed(t)
	var list, secrets []string
	for _, h := range hidden {
		_, words := marked(h.name)
		list, secrets = append(list, surfaces(h.name, words)...), append(secrets, words...)
	}
	slices.Sort(list)
	list = slices.Compact(list)
	everybodyElse := []persona{visitor, other, admin}
	before := map[persona]map[string]string{}
	for _, who := range everybodyElse {
		before[who] = w.crawl(t, who, list)
	}
	inEnglish := w.crawl(t, visitor, list, "Accept-Language", "en")

	for _, h := range hidden {
		d, words := w.hide(t, h.name, h.status, h.open)
		// they are there, and marked
		if r := w.get(t, own, "/datasets/"+d.Slug); r.status != http.StatusOK || r.contains(words[0]) == "" || r.contains(words[9]) == "" {
			t.Fatalf("%s: the officer is shown %d", h.name, r.status)
		}
	}
	w.indexed(t)
	for _, who := range everybodyElse {
		for address, now := range w.crawl(t, who, list) {
			// departments share also what the public does not have, once it is published
			shares := who == other && strings.HasPrefix(address, "/desk/sharing")
			if now != before[who][address] && !shares {
				t.Errorf("%s is told: %s: %s", who, address, cmp.Diff(before[who][address], now))
			}
			if !strings.Contains(address, "zq") { // an address that asks for a word may repeat it
				for _, word := range secrets {
					if strings.Contains(now, word) && !(shares && strings.Contains(word, "publishedwithheld")) {
						t.Errorf("%s finds %s at %s", who, word, address)
					}
				}
			}
		}
	}
	for address, now := range w.crawl(t, visitor, list, "Accept-Language", "en") {
		if now != inEnglish[address] {
			t.Errorf("a reader of English is told: %s: %s", address, cmp.Diff(inEnglish[address], now))
		}
	}
}

// What was public and was withdrawn says so at its own address and shows
// nowhere else.
func TestWithdrawnEntriesLeaveOnlyATombstone(t *testing.T) {
	w := newWhole(t)
	d, words := w.hide(t, "withdrawn-open", datasets.Withdrawn, datasets.Unconditional)
	w.indexed(t)
	for _, address := range surfaces(d.Slug, words) {
		if strings.Contains(address, "?") && !strings.Contains(address, "/d/") || strings.Contains(address, words[10]) { // it may repeat what it asks for
			continue
		}
		r := w.get(t, visitor, address)
		if strings.HasPrefix(address, "/desk/") || strings.HasPrefix(address, "/account/") || strings.HasPrefix(address, "/organisations/") || strings.HasPrefix(address, "/grants/") || strings.HasSuffix(address, "/ask") || strings.HasSuffix(address, "/report") { // who has not signed in is not even told that it was there
			if r.status != http.StatusSeeOther || !strings.HasPrefix(r.header.Get("Location"), "/sign-in") || r.contains(words...) != "" {
				t.Errorf("%s: %d to %q, shows %q", address, r.status, r.header.Get("Location"), r.contains(words...))
			}
			continue
		}
		if strings.HasPrefix(address, api.Base+"/uploads/") || strings.HasPrefix(address, api.Base+"/grants/") { // of the id of an entry there is no upload, and nothing that a grant asks for
			if r.status != http.StatusUnauthorized || r.contains(words...) != "" {
				t.Errorf("%s: %d, shows %q", address, r.status, r.contains(words...))
			}
			continue
		}
		if path := strings.TrimPrefix(address, api.Base); strings.HasPrefix(path, "/requests/withdrawn") || strings.HasPrefix(path, "/sharing/") { // nor a request for data, and sharing is not there at all
			if r.status != http.StatusNotFound || r.contains(words...) != "" {
				t.Errorf("%s: %d, shows %q", address, r.status, r.contains(words...))
			}
			continue
		}
		itself := strings.Contains(address, d.Slug) || strings.Contains(address, "withdrawnopen00000000")
		switch {
		case itself && r.status != http.StatusGone:
			t.Errorf("%s: %d", address, r.status)
		case itself && r.contains(words[1:]...) != "":
			t.Errorf("%s shows %s", address, r.contains(words[1:]...))
		case !itself && r.contains(words...) != "":
			t.Errorf("%s shows %s", address, r.contains(words...))
		}
	}
	if r := w.get(t, visitor, "/datasets/"+d.Slug); r.contains("数据有误，正在更正") == "" {
		t.Error("the tombstone gives no reason")
	}
}

// What is open on conditions is described to everybody and handed out to
// nobody, its own department included, until there are grants.
func TestConditionalDataIsDescribedAndNotHandedOut(t *testing.T) {
	w := newWhole(t)
	d, words := w.hide(t, "on-conditions", datasets.Published, datasets.Conditional)
	w.indexed(t)
	cell := words[12]
	for _, who := range personas {
		for _, address := range surfaces(d.Slug, words) {
			if asks := strings.Contains(address, cell) || strings.Contains(address, strings.ToUpper(cell)); asks {
				continue
			}
			r := w.get(t, who, address)
			if r.contains(cell) != "" {
				t.Errorf("%s is shown a value at %s", who, address)
			}
			if strings.HasPrefix(address, "/d/") && r.status != http.StatusForbidden {
				t.Errorf("%s: %s is answered %d", who, address, r.status)
			}
		}
		for _, address := range []string{"/datasets/" + d.Slug, "/datasets/" + d.Slug + "/resources/onconditions00000000"} {
			r := w.get(t, who, address)
			if r.status != http.StatusOK || r.contains("仅用于申请中写明的用途") == "" || r.contains(words[9]) == "" {
				t.Errorf("%s: %s is answered %d and does not say what is needed", who, address, r.status)
			}
			if r.contains(`href="/d/`) != "" {
				t.Errorf("%s is offered a download at %s", who, address)
			}
		}
		r := w.get(t, who, "/datasets?q="+cell)
		if r.status != http.StatusOK || strings.Contains(r.body, "/datasets/"+d.Slug) {
			t.Errorf("%s finds the entry by a value of its data", who)
		}
	}
	for _, word := range []string{words[0], words[4]} {
		if r := w.get(t, visitor, "/datasets?q="+word); !strings.Contains(r.body, "/datasets/"+d.Slug) {
			t.Errorf("nobody finds the entry by %s", word)
		}
	}
	if r := w.get(t, visitor, "/api/v1/datasets/"+d.Slug); r.status != http.StatusOK || r.contains(words[0]) == "" {
		t.Errorf("programs are answered %d", r.status)
	}
}

// A reader cannot tell a hidden entry from one that never was, but by the
// address that was asked for.
func TestHiddenLooksLikeNeverThere(t *testing.T) {
	w := newWhole(t)
	d, _ := w.hide(t, "published-withheld", datasets.Published, datasets.Withheld)
	id := d.Slug
	for _, pattern := range []string{"/datasets/%s", "/api/v1/datasets/%s"} {
		there, not := fmt.Sprintf(pattern, id), fmt.Sprintf(pattern, "published-withhold")
		for _, who := range []persona{visitor, other, admin} {
			a, b := w.get(t, who, there), w.get(t, who, not)
			if a.status != http.StatusNotFound || b.status != http.StatusNotFound {
				t.Errorf("%s: %d and %d", who, a.status, b.status)
			}
			if diff := cmp.Diff(strings.ReplaceAll(a.settled(), "published-withheld", "published-withhold"), b.settled()); diff != "" {
				t.Errorf("%s: %s", there, diff)
			}
			for _, r := range []reply{a, b} {
				r.header.Del("Content-Security-Policy") // of a page with a nonce
				r.header.Del("Date")
				r.header.Del("Ratelimit-Remaining")
			}
			if diff := cmp.Diff(a.header, b.header); diff != "" {
				t.Errorf("%s: %s", there, diff)
			}
		}
	}
}
