package portal

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
)

// reference is a portal with two departments in two places and one without any
// data, seen on 2026-11-25: population in time, prices late, cards conditional,
// and what must never show.
func reference(t *testing.T) *world {
	w := newWorld(t)
	w.Set(time.Date(2026, 11, 25, 10, 0, 0, 0, datasetstest.China))
	w.Place(t, "210300", "鞍山市", "Anshan")
	economy := w.Theme(t, func(d *datasets.Theme) { d.Slug, d.Name, d.NameEN = "economy", "经济", "Economy" })
	w.Theme(t, func(d *datasets.Theme) { d.Slug, d.Name, d.NameEN = "empty", "还空着", "Nothing yet" })
	bureau := w.Department(t, func(d *datasets.Department) {
		d.Slug, d.Name, d.NameEN, d.Profile, d.Sample = "fj-stats", "福建省统计局", "Fujian Bureau of Statistics", "cn-fujian-2023", true
		d.Aliases, d.CreditCode, d.Contact, d.Phone, d.Email = []string{"省统计局"}, "11350000000000000X", "数据处", "0591-00000000", "data@stats.example"
	})
	transport := w.Department(t, func(d *datasets.Department) {
		d.Slug, d.Name, d.NameEN, d.Region, d.Profile = "as-transport", "鞍山市交通运输局", "Anshan Transport Bureau", "210300", "cn-liaoning-anshan-2022"
	})
	w.Department(t, func(d *datasets.Department) {
		d.Slug, d.Name, d.NameEN = "fj-none", "福建省某厅", "Some Fujian Department"
	})
	add := func(slug string, of datasets.Department, options ...func(*datasets.Dataset)) {
		w.File(t, slug+".csv", "行政区划,数\n350000,1\n", append([]func(*datasets.Dataset){func(d *datasets.Dataset) {
			d.Slug, d.Title, d.TitleEN, d.Department, d.Theme, d.Tags = slug, "示例 "+slug, "Example "+slug, of, economy, []string{"行政区划"}
			d.Frequency = datasets.Irregular
		}}, options...)...)
	}
	due := func(f datasets.Frequency, day string) func(*datasets.Dataset) {
		return func(d *datasets.Dataset) {
			at, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			d.Frequency, d.NextDue = f, &at
		}
	}
	add("population", bureau, due(datasets.Annual, "2026-12-31"))
	add("prices", bureau, due(datasets.Monthly, "2026-10-31"))
	add("stations", transport)
	add("cards", transport, func(d *datasets.Dataset) { d.Open = datasets.Conditional })
	hidden := due(datasets.Daily, "2020-01-01")
	add("hidden-withheld", transport, hidden, func(d *datasets.Dataset) { d.Open = datasets.Withheld })
	add("hidden-draft", transport, hidden, func(d *datasets.Dataset) { d.Status = datasets.Draft })
	add("hidden-withdrawn", transport, hidden, func(d *datasets.Dataset) { d.Status = datasets.Withdrawn })
	w.Changed()
	return w
}

// referenceAddresses are the pages to look things up on.
var referenceAddresses = []string{"/departments", "/departments/fj-stats", "/departments/as-transport", "/departments/fj-none", "/themes", "/themes/economy", "/themes/empty",
	"/law", "/law/cn-tianjin-2018", "/law/overlay-civil-defence-2021", "/law/cn-sichuan-aba-2021", "/law/cn-liaoning-anshan-2022", "/law/cn-fujian-2023", "/law/house-defaults",
	"/stats", "/stats/promises", "/stats/promises?late=1", "/stats/promises?org=fj-stats", "/stats/promises?theme=economy", "/help", "/about"}

func TestPagesToLookThingsUpOn(t *testing.T) {
	w := reference(t)
	for _, address := range referenceAddresses {
		for lang, other := range map[string]string{"zh-CN": "English", "en": "中文"} {
			a := w.get(t, address, fiber.HeaderAcceptLanguage, lang)
			if a.status != fiber.StatusOK {
				t.Fatalf("%s: %d", address, a.status)
			}
			doc := a.page(t)
			if got := doc.Find("html").AttrOr("lang", ""); got != lang || !strings.Contains(doc.Find("header").Text(), other) {
				t.Errorf("%s in %s is in %q", address, lang, got)
			}
			path, _, parts := strings.Cut(address, "?")
			if got := doc.Find(`link[rel="canonical"]`).AttrOr("href", ""); got != "https://data.example"+path {
				t.Errorf("%s names %q as its address", address, got)
			}
			if hidden := doc.Find(`meta[name="robots"]`).Length() > 0; hidden != parts {
				t.Errorf("%s: hidden from search engines = %v", address, hidden)
			}
			if n := len(doc.Find(`meta[name="description"]`).AttrOr("content", "")); n < 20 {
				t.Errorf("%s has no description", address)
			}
			described := path != "/help" && path != "/about" && path != "/privacy" && path != "/stats/promises" && path != "/law/house-defaults"
			if n := doc.Find(`script[type="application/ld+json"]`).Length(); (n == 1) != described {
				t.Errorf("%s describes itself %d times", address, n)
			}
			doc.Find(`script[type="application/ld+json"]`).Each(func(_ int, s *goquery.Selection) {
				var thing map[string]any
				if err := json.Unmarshal([]byte(s.Text()), &thing); err != nil || thing["@type"] == nil || !strings.HasPrefix(fmt.Sprint(thing["@id"]), "https://data.example/") {
					t.Errorf("%s describes itself as %s", address, s.Text())
				}
			})
			if strings.Contains(a.body, "hidden-") {
				t.Errorf("%s shows what is not public", address)
			}
		}
	}
}

// A browser learns from any page how to search here, and what it makes of that
// finds.
func TestABrowserCanSearchByItself(t *testing.T) {
	w := reference(t)
	described := w.get(t, w.get(t, "/help").page(t).Find(`link[rel="search"]`).AttrOr("href", ""))
	var search struct {
		URL []struct {
			Type     string `xml:"type,attr"`
			Template string `xml:"template,attr"`
		} `xml:"Url"`
	}
	if err := xml.Unmarshal([]byte(described.body), &search); err != nil {
		t.Fatal(err)
	}
	if len(search.URL) != 1 || search.URL[0].Type != "text/html" { // what we suggest while one types has a form of its own
		t.Fatalf("the ways to search are %v", search.URL)
	}
	address, ours := strings.CutPrefix(strings.ReplaceAll(search.URL[0].Template, "{searchTerms}", "population"), "https://data.example")
	if got := w.get(t, address); !ours || got.status != fiber.StatusOK || !strings.Contains(got.body, `href="/datasets/population"`) {
		t.Errorf("%s: %d", search.URL[0].Template, got.status)
	}
}

// Every link between these pages arrives: the page is there, and so is the
// place on it.
func TestEveryWayBetweenPagesArrives(t *testing.T) {
	w := reference(t)
	docs := map[string]*goquery.Document{}
	open := func(path string) *goquery.Document {
		if docs[path] == nil {
			a := w.get(t, path)
			if a.status != fiber.StatusOK && a.status != fiber.StatusSeeOther {
				t.Errorf("%s: %d", path, a.status)
			}
			docs[path] = a.page(t)
		}
		return docs[path]
	}
	followed := 0
	for _, address := range referenceAddresses {
		open(address).Find("main a[href]").Each(func(_ int, s *goquery.Selection) {
			href := s.AttrOr("href", "")
			path, id, place := strings.Cut(href, "#")
			if path == "" {
				path = address
			}
			// The API and its documentation stand on mounts that are tested by themselves.
			if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "/api/") || path == "/developers" {
				return
			}
			followed++
			if strings.HasSuffix(path, "/feed.xml") {
				if a := w.get(t, path); a.status != fiber.StatusOK {
					t.Errorf("%s leads to %s: %d", address, path, a.status)
				}
				return
			}
			if doc := open(path); place && doc.Find(`[id="`+id+`"]`).Length() != 1 {
				t.Errorf("%s: %q leads to %s, which is not there", address, s.Text(), href)
			}
		})
	}
	if followed < 500 {
		t.Errorf("only %d links were followed", followed)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	w := reference(t)
	for _, address := range []string{"/departments/none", "/departments/FJ-STATS", "/themes/none", "/law/none", "/law/cn-tianjin-2018/x", "/stats/none", "/help/none",
		"/stats/promises?org=none", "/stats/promises?theme=none", "/departments/fj-stats'", "/law/" + strings.Repeat("a", 3000)} {
		if a := w.get(t, address); a.status != fiber.StatusNotFound {
			t.Errorf("%.60s: %d", address, a.status)
		}
	}
}

func TestAddressesOfListsThatNoLinkMade(t *testing.T) {
	w := reference(t)
	for _, address := range []string{"/departments", "/departments/fj-stats", "/themes", "/themes/economy", "/law", "/law/cn-fujian-2023", "/stats", "/stats/promises", "/help", "/about"} {
		for _, query := range []string{"page=2", "x=1", "q=a", "sort=random", "limit=100000", "after=%00", "sort=title&sort=title", "late=2", "%ff=1"} {
			if a := w.get(t, address+"?"+query); a.status != fiber.StatusBadRequest {
				t.Errorf("%s?%s: %d", address, query, a.status)
			}
		}
	}
	for _, address := range []string{"/departments/fj-stats", "/themes/economy", "/stats/promises"} {
		for _, cursor := range []string{"x", "99999999999999999999", "-1", url.QueryEscape(`{"o":"updated","v":"2026-01-01","i":1}`), "eyJvIjoicG9wdWxhciIsInYiOiJ4IiwiaSI6MX0"} {
			if a := w.get(t, address+"?after="+cursor); a.status != fiber.StatusUnprocessableEntity {
				t.Errorf("%s?after=%s: %d", address, cursor, a.status)
			}
		}
	}
}

// A long list is read to its end by its own links, in each of its orders, and
// every entry is met once.
func TestAListIsReadToItsEnd(t *testing.T) {
	w := newWorld(t)
	for n := range 45 {
		w.Dataset(t, func(d *datasets.Dataset) {
			d.Slug, d.Title = fmt.Sprintf("entry-%02d", n), fmt.Sprintf("条目 %02d", n)
		})
	}
	w.Changed()
	department, theme := w.Office(t).Slug, w.People(t).Slug
	for _, start := range []string{"/departments/" + department, "/departments/" + department + "?sort=title", "/themes/" + theme + "?sort=popular"} {
		met, parts := map[string]int{}, 0
		for address := start; address != ""; parts++ {
			if parts > 5 {
				t.Fatalf("%s has no end", start)
			}
			doc := w.get(t, address).page(t)
			doc.Find(".hit h3 a").Each(func(_ int, s *goquery.Selection) { met[s.AttrOr("href", "")]++ })
			if back := doc.Find(`.pager a:not([rel])`).AttrOr("href", ""); parts > 0 && back != start {
				t.Errorf("%s: the way back to the beginning is %q", address, back)
			}
			address = doc.Find(`.pager a[rel="next"]`).AttrOr("href", "")
		}
		if len(met) != 45 || parts != 3 {
			t.Errorf("%s: %d entries in %d parts", start, len(met), parts)
		}
		for slug, times := range met {
			if times != 1 {
				t.Errorf("%s: %s was met %d times", start, slug, times)
			}
		}
	}
}

// The entry of a dataset names the code of who provides it, where there is one.
func TestTheEntryHasTheCodeOfItsProvider(t *testing.T) {
	w := reference(t)
	for path, want := range map[string]string{"/datasets/prices": "11350000000000000X", "/datasets/stations": ""} {
		got := ""
		w.get(t, path).page(t).Find("details.full dt").Each(func(_ int, s *goquery.Selection) {
			if strings.Contains(s.Text(), "信息资源提供方代码") {
				got = strings.TrimSpace(s.Next().Text())
			}
		})
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// The page of a department shows who it is, what it promised and which rules
// bind it, and marks a sample as one.
func TestTheDepartmentPage(t *testing.T) {
	w := reference(t)
	doc := w.get(t, "/departments/fj-stats").page(t)
	if got := doc.Find("h1").Text(); got != "福建省统计局（示例）" {
		t.Errorf("it is called %q", got)
	}
	facts := map[string]string{}
	doc.Find("#about .kv > div").Each(func(_ int, s *goquery.Selection) {
		facts[strings.TrimSpace(s.Find("dt").Text())] = strings.Join(strings.Fields(s.Find("dd").Text()), " ")
	})
	want := map[string]string{"名称": "福建省统计局（示例）", "也叫": "省统计局", "地区": "福建省 350000", "统一社会信用代码": "11350000000000000X", "联系人": "数据处", "电话": "0591-00000000", "电子邮件": "data@stats.example", "适用规则": "福建方案"}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Error(diff)
	}
	if got := figures(doc); !slices.Equal(got, []string{"2 个数据集", "2 个无条件开放，不登录即可下载", "1 / 2 项承诺的更新按时", "1 项逾期"}) {
		t.Errorf("its figures are %q", got)
	}
	if late := doc.Find("#promises tbody tr").First(); late.Find("a").AttrOr("href", "") != "/datasets/prices" || !strings.Contains(late.Text(), "逾期 25 天") {
		t.Errorf("its first promise is %q", late.Text())
	}
	if feed := doc.Find(`link[rel="alternate"][type="application/atom+xml"]`).AttrOr("href", ""); feed != "/departments/fj-stats/feed.xml" {
		t.Errorf("its feed is %q", feed)
	}
	if rules := doc.Find("#rules").Text(); !strings.Contains(rules, "10 个工作日，自变化之日起") || !strings.Contains(rules, "福建方案 二（二）2") || !strings.Contains(rules, "未规定") {
		t.Errorf("its rules are %q", rules)
	}
	if plain := w.get(t, "/departments/as-transport").page(t); strings.Contains(plain.Find("main").Text(), "示例环境") || strings.Contains(plain.Find("h1").Text(), "示例") {
		t.Error("a department that is no sample is marked as one")
	}
}

func figures(doc *goquery.Document) []string {
	return doc.Find(".figs > div").Map(func(_ int, s *goquery.Selection) string {
		return strings.TrimSpace(s.Find("dd").Text()) + " " + strings.TrimSpace(s.Find("dt").Text())
	})
}

// Counts leave out what is not public, also where it is only counted.
func TestFiguresCountWhatIsPublic(t *testing.T) {
	w := reference(t)
	if got := figures(w.get(t, "/departments").page(t)); !slices.Equal(got, []string{"2 个部门发布了数据，共登记 3 个", "4 个数据集", "1 / 2 项承诺的更新按时", "1 项逾期"}) {
		t.Errorf("departments: %q", got)
	}
	doc := w.get(t, "/stats").page(t)
	if got := figures(doc); len(got) != 6 || got[0] != "4 个数据集，4 个文件，4 个版本" || got[3] != "3 / 1 无条件 / 有条件开放" || got[4] != "2 个部门，1 个主题" {
		t.Errorf("statistics: %q", got)
	}
	goal := strings.Join(strings.Fields(doc.Find(".goal").Text()), "")
	if !strings.Contains(goal, "2/7,000") || !strings.Contains(goal, "到2025年") || !strings.Contains(goal, "福建方案一（三）主要目标") {
		t.Errorf("the goal of the plan reads %q", goal)
	}
	rows := w.get(t, "/stats/promises").page(t).Find("tbody tr").Length()
	late := w.get(t, "/stats/promises?late=1").page(t).Find("tbody tr").Length()
	if rows != 2 || late != 1 {
		t.Errorf("%d promises, %d of them late", rows, late)
	}
}

// What is used shows on the statistics page, day by day, as a chart with its
// table, and as a list.
func TestUseIsCountedByDay(t *testing.T) {
	w := reference(t)
	if text := w.get(t, "/stats").page(t).Find("#use").Text(); !strings.Contains(text, "还没有人看过") {
		t.Errorf("before anybody looked: %q", text)
	}
	d, err := w.Server.Datasets.Dataset(t.Context(), datasetstest.Visitor(), "prices")
	if err != nil {
		t.Fatal(err)
	}
	for range 7 {
		w.Server.Datasets.CountView(d.ID)
	}
	w.Server.Datasets.CountDownload(d.ID, 100)
	if err := w.Server.Datasets.FlushUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Changed()
	use := w.get(t, "/stats").page(t).Find("#use")
	last := use.Find("figure tbody tr").Last().Find("td").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	if use.Find("figure tbody tr").Length() != 30 || !slices.Equal(last, []string{"2026-11-25", "7", "1"}) {
		t.Errorf("the last day reads %q", last)
	}
	if top := use.Find("table").Last().Find("tbody tr"); top.Length() != 1 || !strings.Contains(top.Text(), "示例 prices") {
		t.Errorf("most used: %q", top.Text())
	}
}

// A page that comes from the cache is a view like any other.
func TestEveryShowingIsAView(t *testing.T) {
	w := reference(t)
	d, err := w.Server.Datasets.Dataset(t.Context(), datasetstest.Visitor(), "prices")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.get(t, "/datasets/prices")
		w.get(t, "/datasets/prices", fiber.HeaderCookie, "session=none") // never from the cache
		w.get(t, "/datasets/prices/resources/"+d.Resources[0].ID)
	}
	if err := w.Server.Datasets.FlushUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d, err = w.Server.Datasets.Dataset(t.Context(), datasetstest.Visitor(), "prices"); err != nil || d.Views != 9 {
		t.Errorf("%d views of 9, %v", d.Views, err)
	}
}

// Every example of the help finds what it says, and nothing is offered that
// finds nothing.
func TestTheHelpSearchesForWhatIsThere(t *testing.T) {
	w := reference(t)
	rows := w.get(t, "/help").page(t).Find("#find tbody tr")
	if rows.Length() == 0 {
		t.Fatal("no example")
	}
	rows.Each(func(_ int, s *goquery.Selection) {
		found := strings.TrimSpace(s.Find(".num").Text())
		page := w.get(t, s.Find("a").AttrOr("href", "")).page(t)
		if got := strings.Fields(page.Find(`b[role="status"]`).Text()); len(got) == 0 || got[0] != found {
			t.Errorf("%q is said to find %s and finds %q", s.Find("a").Text(), found, got)
		}
	})
	if fetch := w.get(t, "/help").page(t).Find("#fetch").Text(); !strings.Contains(fetch, "https://data.example/r/") {
		t.Errorf("the command is %q", fetch)
	}
	empty := newWorld(t)
	if a := empty.get(t, "/help"); a.status != fiber.StatusOK || a.page(t).Find("#find tbody").Length() != 0 {
		t.Errorf("on an empty catalogue: %d", a.status)
	}
}

// On an empty catalogue every page stands and says what is missing.
func TestPagesOfAnEmptyCatalogue(t *testing.T) {
	w := newWorld(t)
	for _, address := range []string{"/departments", "/themes", "/law", "/stats", "/stats/promises", "/about"} {
		if a := w.get(t, address); a.status != fiber.StatusOK || strings.Contains(a.body, "NaN") {
			t.Errorf("%s: %d", address, a.status)
		}
	}
}
