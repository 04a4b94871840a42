package portal_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
)

// The list of bad inputs as far as it is about the texts of the catalogue.

// codeTexts are texts that are code in some language, M01 to M10. They are texts
// here: there is no markup that a person could write.
var codeTexts = map[string]string{
	"M01": `<script>alert('M01')</script>`,
	"M02": `"><img src=x onerror="alert('M02')">`,
	"M03": `{{7*7}}${7*7}<%= 7*7 %>`,
	"M04": `</title><svg onload=alert('M04')>`,
	"M05": `]]><a:script xmlns:a='http://www.w3.org/1999/xhtml'>alert('M05')</a:script>`,
	"M06": `[点这里](javascript:alert('M06'))`,
	"M07": `<a href="javascript:alert('M07')">点这里</a>`,
	"M08": "[点这里][1]\n\n[1]: java\nscript:alert('M08')",
	"M09": `![图](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoKT4=)`,
	"M10": strings.Repeat("[", 1000) + "x" + strings.Repeat("](y)", 500),
}

// Wherever the texts of an entry are shown they are shown as they were written:
// on pages, in feeds, in the API, on the desk.
func TestTheTextsOfTheCatalogueStayTexts(t *testing.T) {
	w := newWhole(t)
	for id, text := range codeTexts {
		line := strings.ReplaceAll(text, "\n", " ")
		d := w.Dataset(t, func(d *datasets.Dataset) {
			d.Slug = "bad-" + strings.ToLower(id)
			d.Title = id + " " + string([]rune(line)[:min(180, len([]rune(line)))])
			d.Summary, d.Source, d.Duties, d.UseRequirements = text, text, text, text
			d.Tags = []string{"标" + string([]rune(strings.NewReplacer(",", "", ";", "").Replace(line))[:12])}
			d.Department = w.Office(t)
		})
		w.Version(t, d, w.Resource(t, d, func(r *datasets.Resource) {
			r.ID, r.Name, r.Description = "bad00000"+strings.ToLower(id), d.Title, text
		}), "a.csv", "甲\n1\n")
	}
	w.indexed(t)
	office := w.Office(t)
	for id := range codeTexts {
		slug, title := "bad-"+strings.ToLower(id), id
		d, err := w.Datasets.Dataset(t.Context(), w.actorOf(t, own), slug)
		if err != nil {
			t.Fatal(err)
		}
		title = d.Title
		for _, page := range []struct {
			path string
			who  persona
		}{
			{"/datasets/" + slug, visitor}, {"/datasets/" + slug + "/resources/" + d.Resources[0].ID, visitor}, {"/datasets?q=" + id, visitor}, {"/", visitor},
			{"/departments/" + office.Slug, visitor}, {"/desk/catalogue/" + slug, own}, {"/desk/catalogue/" + slug + "/files", own}, {"/desk/catalogue", own},
		} {
			got := w.get(t, page.who, page.path)
			if got.status != 200 {
				t.Errorf("%s: %s is answered %d", id, page.path, got.status)
				continue
			}
			doc := got.doc(t)
			for _, bad := range []string{"main script:not([src]):not([type='application/ld+json'])", "[onerror]", "[onload]", "main svg[onload]", `a[href^="javascript"]`, `img[src^="data:"]`, `main a[href="y"]`} {
				if n := doc.Find(bad).Length(); n > 0 {
					t.Errorf("%s: %s has %d of %s", id, page.path, n, bad)
				}
			}
			if strings.Contains(doc.Find("main").Text(), "49${") {
				t.Errorf("%s: %s reckons", id, page.path)
			}
		}
		if h1 := w.get(t, visitor, "/datasets/"+slug).doc(t).Find("h1").Text(); !strings.Contains(h1, title) {
			t.Errorf("%s: the title reads %q", id, h1)
		}
		var told struct{ Title, Summary string }
		if err := json.Unmarshal([]byte(w.get(t, visitor, "/api/v1/datasets/"+slug).body), &told); err != nil || told.Title != title || told.Summary != d.Summary {
			t.Errorf("%s: the API tells %+v, %v", id, told, err)
		}
	}
	for _, feed := range []string{"/feed.xml", "/datasets/feed.xml", "/departments/" + office.Slug + "/feed.xml"} {
		dec := xml.NewDecoder(strings.NewReader(w.get(t, visitor, feed).body))
		for {
			token, err := dec.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Errorf("%s is no XML: %v", feed, err)
				break
			}
			if e, ok := token.(xml.StartElement); ok && (e.Name.Local == "script" || e.Name.Local == "svg" || e.Name.Local == "img") {
				t.Errorf("%s holds an element %s", feed, e.Name.Local)
			}
		}
	}
}

// A form that says more than it has fields for is refused as a whole, M23 to
// M25, and nothing of it is kept.
func TestAFormSaysNothingBesidesItsFields(t *testing.T) {
	w := newWhole(t)
	w.Office(t)
	w.People(t)
	if made := w.post(t, own, "/desk/catalogue/new", url.Values{"secret": {"no"}, "title": {"名录"}, "slug": {"besides"}}); made.status != 303 {
		t.Fatalf("%d %s", made.status, made.body)
	}
	for id, more := range map[string]url.Values{
		"M23 a department":     {"department_id": {"1"}},
		"M23 a shown field":    {"department": {"别的部门"}},
		"M24 a status":         {"status": {"published"}},
		"M24 a state":          {"state": {"confirmed"}},
		"M25 who has approved": {"approved_by": {"1"}},
		"M25 a field twice":    {"title": {"甲", "乙"}},
	} {
		form := url.Values{"secret": {"no"}, "revision": {"1"}, "step": {"save"}, "title": {"改过的名录"}}
		for k, v := range more {
			form[k] = v
		}
		if got := w.post(t, own, "/desk/catalogue/besides", form); got.status != 400 {
			t.Errorf("%s: %d", id, got.status)
		}
	}
	if v, _ := w.get(t, own, "/desk/catalogue/besides").doc(t).Find("#title").Attr("value"); v != "名录" {
		t.Errorf("something of a refused form was kept: %q", v)
	}
}

// A dictionary that comes as JSON is one value, whole and plain, M26 and M27.
func TestBadJSONIsRefused(t *testing.T) {
	w := newWhole(t)
	w.school(t)
	secret, _, err := w.Accounts.CreateKey(t.Context(), w.actorOf(t, own), "发布", []string{account.ScopeRead, account.ScopePublish}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	put := func(body string) reply {
		r := httptest.NewRequest(http.MethodPut, "/api/v1/resources/schoolscsv/dictionary?reason=x", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+secret)
		return w.send(t, r)
	}
	before := w.get(t, visitor, "/api/v1/resources/schoolscsv/dictionary.json").body
	for id, body := range map[string]string{
		"M26 a key twice":       `{"fields":[{"name":"编号","title":"一","title":"二"}]}`,
		"M26 ten thousand deep": `{"fields":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`,
		"M27 a number too far":  `{"fields":[{"name":"编号","title":1e999999}]}`,
		"M27 something behind":  `{"fields":[{"name":"编号","title":"一"}]} {"fields":[]}`,
		"M27 half of it":        `{"fields":[{"name":`,
		"M27 no object":         `"fields"`,
	} {
		if got := put(body); got.status != 422 && got.status != 400 {
			t.Errorf("%s: %d %.300s", id, got.status, got.body)
		}
	}
	if after := w.get(t, visitor, "/api/v1/resources/schoolscsv/dictionary.json").body; after != before {
		t.Errorf("something refused was kept: %s", after)
	}
}
