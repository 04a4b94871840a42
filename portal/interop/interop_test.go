package interop

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"shuyuan/datasets"
)

func aDataset() *datasets.Dataset {
	at := time.Date(2026, 10, 30, 9, 0, 0, 0, time.UTC)
	return &datasets.Dataset{
		Slug: "co2", Title: "月均二氧化碳浓度", TitleEN: "Monthly CO2", Summary: "短摘要", Language: "zh-CN", Open: datasets.Unconditional,
		Department: datasets.Department{Slug: "eco", Name: "福建省生态环境厅", Sample: true}, Theme: datasets.Theme{Name: "生态环境"},
		Region: datasets.Region{Code: "350000", Name: "福建省"}, Licence: datasets.Licence{URL: "https://creativecommons.org/licenses/by/4.0/"},
		Source: "Scripps CO2 Program", Tags: []string{"温室气体"}, TemporalStart: "1958-03", LastUpdated: at, PublishedAt: &at,
		Resources: []datasets.Resource{{ID: "abcdefgh", Name: "全部月份", Newest: &datasets.Version{
			Number: 2, MediaType: "text/csv", Bytes: 16_362, SHA256: strings.Repeat("a", 64),
			Tables: []datasets.Table{{Fields: []datasets.Field{{Name: "月份"}, {Name: "浓度", Label: "二氧化碳浓度", Unit: "ppm"}}}},
		}}},
	}
}

func TestDatasetHasWhatSearchEnginesRequire(t *testing.T) {
	body, err := Dataset(aDataset(), "https://data.example")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if n := utf8.RuneCountInString(got["description"].(string)); n < 50 || n > 5000 {
		t.Errorf("description has %d characters, want 50 to 5000", n)
	}
	for key, want := range map[string]any{
		"@type": "Dataset", "name": "月均二氧化碳浓度", "url": "https://data.example/datasets/co2",
		"temporalCoverage": "1958-03/..", "isAccessibleForFree": true,
	} {
		if got[key] != want {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
	file := got["distribution"].([]any)[0].(map[string]any)
	if file["contentUrl"] != "https://data.example/r/abcdefgh" {
		t.Errorf("contentUrl = %v", file["contentUrl"])
	}
}

func TestConditionalDatasetOffersNoFile(t *testing.T) {
	d := aDataset()
	d.Open = datasets.Conditional
	body, err := Dataset(d, "https://data.example")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(body, []byte("contentUrl")) || bytes.Contains(body, []byte(`"isAccessibleForFree":true`)) {
		t.Errorf("a conditional dataset is described as free to fetch: %s", body)
	}
}

func TestNothingInJSONLDEndsTheScriptElement(t *testing.T) {
	d := aDataset()
	d.Title, d.Summary = `</script><svg onload=alert(1)>`, `<!--`
	body, err := Dataset(d, "https://data.example")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsAny(body, "<>") {
		t.Errorf("an angle bracket is left in %s", body)
	}
}

func TestXMLStaysWellFormedWhateverATitleHolds(t *testing.T) {
	hostile := "]]> <b>&\x00\x08\u202e\ufffe\n</title>"
	feed, err := Atom(Feed{ID: "urn:x", Title: hostile, Self: "https://data.example/feed.xml", Page: "https://data.example/", Entries: []Entry{
		{ID: "urn:x:1", Title: hostile, Link: "https://data.example/?a=1&b=2", Summary: hostile, Author: hostile, Theme: hostile},
	}})
	if err != nil {
		t.Fatal(err)
	}
	site, err := Sitemap([]Location{{URL: "https://data.example/?a=1&b=<2>"}})
	if err != nil {
		t.Fatal(err)
	}
	index, err := SitemapIndex([]Location{{URL: "https://data.example/sitemap-1.xml", Modified: time.Date(2026, 10, 30, 0, 0, 0, 0, time.UTC)}})
	if err != nil {
		t.Fatal(err)
	}
	search, err := OpenSearch("数源", hostile, "https://data.example/datasets?q={searchTerms}")
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{"feed": feed, "sitemap": site, "index": index, "opensearch": search} {
		d := xml.NewDecoder(bytes.NewReader(body))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%s: %v\n%s", name, err, body)
				break
			}
		}
	}
	if !bytes.Contains(index, []byte("<lastmod>2026-10-30</lastmod>")) {
		t.Errorf("the index does not say when: %s", index)
	}
}

func TestTextsAndDepartmentsAreDescribed(t *testing.T) {
	read := func(body []byte, err error) map[string]any {
		t.Helper()
		var out map[string]any
		if err == nil {
			err = json.Unmarshal(body, &out)
		}
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	law := read(Legislation(Law{URL: "https://data.example/law/x", Name: "办法", Kind: "暂行办法", Number: "府办〔2021〕21号", From: day(2021, 10, 11), Last: day(2023, 10, 10)}))
	if law["legislationLegalForce"] != "https://schema.org/NotInForce" || law["temporalCoverage"] != "2021-10-11/2023-10-10" || law["legislationIdentifier"] != "府办〔2021〕21号" || law["legislationDate"] != nil {
		t.Errorf("a lapsed text is described as %v", law)
	}
	if open := read(Legislation(Law{URL: "u", InForce: true, From: day(2019, 1, 1), Adopted: day(2018, 12, 14)})); open["legislationLegalForce"] != "https://schema.org/InForce" || open["temporalCoverage"] != nil || open["legislationDate"] != "2018-12-14" {
		t.Errorf("a text in force is described as %v", open)
	}
	bureau := read(Organisation(datasets.Department{Slug: "x", Name: "某局", Sample: true, CreditCode: "11350000000000000X"}, datasets.Region{Name: "福建省"}, "https://data.example"))
	if bureau["name"] != "某局（示例）" || bureau["@id"] != "https://data.example/departments/x" || bureau["email"] != nil || bureau["identifier"].(map[string]any)["value"] != "11350000000000000X" {
		t.Errorf("a department is described as %v", bureau)
	}
	if list := read(Collection("https://data.example/themes", "主题", "按主题", "https://data.example")); list["@type"] != "CollectionPage" || list["url"] != "https://data.example/themes" {
		t.Errorf("a list is described as %v", list)
	}
}
