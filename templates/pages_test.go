package templates

import (
	"bytes"
	"context"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/templates/text"
)

var now = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

func frame(lang text.Lang, path, title string) Frame {
	return Frame{Lang: lang, Path: path, Title: title, Description: "描述", Canonical: "https://data.example" + path,
		Base: "https://data.example", Now: now, Sample: true, JSONLD: []byte(`{"@type":"Dataset","name":"</script><b>"}`)}
}

// pages is every page in each state that it can show.
func pages(lang text.Lang) map[string]templ.Component {
	d, c, late := Example(), ExampleConditional(), exampleOverdue()
	versions := []datasets.Version{*d.Resources[0].Newest, *d.Resources[0].Newest}
	versions[1].Number = 1
	snippets := []Snippet{{"curl", "curl -L 'https://data.example/r/a1'"}, {"Python", "import pandas as pd"}}
	themes := []Leader{{"/themes/a", "生态环境", 12}, {"/themes/b", "交通运输", 3}}
	facets := []FacetView{{Name: "theme", Title: "主题", Values: []FacetValue{{"a", "生态环境", 4, true}, {"b", "交通运输", 2, false}, {"c", "c", 1, false}, {"d", "d", 1, false}, {"e", "e", 1, false}, {"f", "f", 1, false}, {"g", "g", 1, false}}}, {Name: "org", Title: "部门"}}
	bare := datasets.Dataset{Slug: "bare", Title: "只有标题", Department: datasets.Department{Slug: "x", Name: "某局"}, Theme: datasets.Theme{Slug: "y", Name: "某类"}, Open: datasets.Unconditional, Frequency: datasets.Irregular}
	signedIn := frame(lang, "/datasets/holidays", "数据集")
	signedIn.Actor = account.Actor{ID: 5, Name: "示例专员"}
	signedIn.Nonce = "n0nce"
	all := map[string]templ.Component{
		"home": Home(HomePage{Frame: frame(lang, "/", ""), Try: []Link{{Href: "/datasets?q=a", Title: "节假日"}},
			Figures: []Figure{{Number: "36", Words: "个数据集"}, {Number: "1,000", Words: "行"}},
			Hero:    &Picture{Dataset: &d, Rows: 769, Days: exampleDays()}, Drawn: &Picture{Dataset: &d, Rows: 48, Chart: exampleBars(), Axis: "年份"},
			Conditional: &c, Changed: []datasets.Dataset{d, c, late}, Themes: themes, Feed: "/datasets.atom"}),
		"home-empty":    Home(HomePage{Frame: frame(lang, "/", "")}),
		"search":        Search(SearchPage{Frame: frame(lang, "/datasets?q=a", "搜索“节假日”"), Query: "节假日", Total: 3, Found: []Found{{d, exampleMarks()}, {c, nil}, {late, nil}}, Chips: []ChipView{{"搜索", "节假日", "/datasets"}, {"主题", "生态环境", "/datasets?q=a"}}, ClearHref: "/datasets", Facets: facets, Sorts: []SortLink{{"相关", "/datasets?q=a", true}, {"更新", "/datasets?q=a&sort=updated", false}}, Pager: Pager{Next: "#", Pages: []PageLink{{Number: 1, Here: true, Href: "#"}, {Number: 2, Href: "#"}}}, Limited: true}),
		"search-none":   Search(SearchPage{Frame: frame(lang, "/datasets?q=a", "搜索"), Query: "没有的词", Chips: []ChipView{{"主题", "生态环境", "/datasets?q=a"}}, Facets: facets, Spelled: []Link{{Href: "/datasets?q=b", Title: "近音词"}}, Relaxed: []Relaxed{{"主题", "生态环境", "/datasets", 7}}, Themes: themes}),
		"dataset":       Dataset(DatasetPage{Frame: frame(lang, "/datasets/holidays", d.Title), Dataset: &d, Main: &d.Resources[0], Picture: &Picture{Dataset: &d, Rows: 769, Days: exampleDays()}, Versions: versions, Snippets: snippets, Cite: "引用", Related: []datasets.Dataset{c, late}, Feed: "/f", API: "/api/v1/datasets/holidays"}),
		"conditional":   Dataset(DatasetPage{Frame: signedIn, Dataset: &c, Main: &c.Resources[0], Refused: "须先申请", Versions: versions[:1], Cite: "引用", API: "/api/v1/datasets/tides"}),
		"dataset-bare":  Dataset(DatasetPage{Frame: frame(lang, "/datasets/bare", "只有标题"), Dataset: &bare, Cite: "引用"}),
		"resource":      Resource(ResourcePage{Frame: frame(lang, "/datasets/holidays/resources/a1", "文件"), Dataset: &d, Resource: &d.Resources[0], Version: d.Resources[0].Newest, Versions: versions, Snippets: snippets, Cite: "引用", API: "/api/v1/resources/a1", Newest: "/r/a1"}),
		"resource-old":  Resource(ResourcePage{Frame: frame(lang, "/datasets/holidays/resources/a1", "文件"), Dataset: &d, Resource: &d.Resources[0], Version: &versions[1], Versions: versions, Cite: "引用"}),
		"resource-cond": Resource(ResourcePage{Frame: frame(lang, "/datasets/tides/resources/b1", "文件"), Dataset: &c, Resource: &c.Resources[0], Version: c.Resources[0].Newest, Refused: "须先申请", Cite: "引用"}),
		"resource-bare": Resource(ResourcePage{Frame: frame(lang, "/datasets/tides/resources/b1", "文件"), Dataset: &bare, Resource: &datasets.Resource{ID: "x", Name: "空"}, Cite: "引用"}),
		"tombstone":     Tombstone(TombstonePage{Frame: frame(lang, "/datasets/gone", "已撤回"), Sentence: "因数据有误撤回。"}),
		"gallery":       Gallery(GalleryPage{Frame: frame(lang, "/_gallery", "部件总览")}),
	}
	maps.Copy(all, referencePages(lang))
	return all
}

func render(t *testing.T, lang text.Lang, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(text.With(context.Background(), lang), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// everyPage runs a check on every page in every state and both languages.
func everyPage(t *testing.T, check func(t *testing.T, lang text.Lang, html string, doc *goquery.Document)) {
	for _, lang := range []text.Lang{text.Chinese, text.English} {
		all := pages(lang)
		maps.Copy(all, accountPages(lang))
		maps.Copy(all, developersPages(lang))
		for name, page := range all {
			t.Run(name+"/"+string(lang), func(t *testing.T) {
				html := render(t, lang, page)
				doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
				if err != nil {
					t.Fatal(err)
				}
				check(t, lang, html, doc)
			})
		}
	}
}

func TestEveryPageHasOneHeadingItsLanguageAndALandmark(t *testing.T) {
	everyPage(t, func(t *testing.T, lang text.Lang, _ string, doc *goquery.Document) {
		if n := doc.Find("h1").Length(); n != 1 {
			t.Errorf("%d h1", n)
		}
		if got, _ := doc.Find("html").Attr("lang"); got != string(lang) {
			t.Errorf("lang = %q, want %q", got, lang)
		}
		if doc.Find("main#main").Length() != 1 || doc.Find(`a.skip[href="#main"]`).Length() != 1 {
			t.Error("no main, or no way to skip to it")
		}
		if strings.TrimSpace(doc.Find("title").Text()) == "" {
			t.Error("no title")
		}
	})
}

// A heading may go down one level at a time, so that the outline has no holes.
func TestHeadingsAreInOrder(t *testing.T) {
	everyPage(t, func(t *testing.T, _ text.Lang, _ string, doc *goquery.Document) {
		level := 0
		doc.Find("h1,h2,h3,h4").Each(func(_ int, s *goquery.Selection) {
			n := int(goquery.NodeName(s)[1] - '0')
			if n > level+1 {
				t.Errorf("h%d %q follows h%d", n, s.Text(), level)
			}
			level = n
		})
	})
}

// The policy of public pages allows neither.
func TestNoPageHasInlineScriptOrStyle(t *testing.T) {
	attr := regexp.MustCompile(`<[^>]*\s(style|on[a-z]+)=`)
	everyPage(t, func(t *testing.T, _ text.Lang, html string, doc *goquery.Document) {
		if m := attr.FindString(html); m != "" {
			t.Errorf("inline attribute: %s", m)
		}
		doc.Find("style").Each(func(_ int, s *goquery.Selection) { t.Errorf("inline style: %s", s.Text()) })
		doc.Find("script:not([src])").Each(func(_ int, s *goquery.Selection) {
			if kind, _ := s.Attr("type"); kind != "application/ld+json" {
				t.Errorf("inline script: %s", s.Text())
			}
		})
		doc.Find("script[src],link[rel=stylesheet],img").Each(func(_ int, s *goquery.Selection) {
			if src := s.AttrOr("src", s.AttrOr("href", "")); !strings.HasPrefix(src, "/static/") {
				t.Errorf("loads %q", src)
			}
		})
	})
}

func TestEveryFieldHasALabelAndEveryLinkWords(t *testing.T) {
	everyPage(t, func(t *testing.T, _ text.Lang, _ string, doc *goquery.Document) {
		doc.Find("input:not([type=hidden]),select,textarea").Each(func(_ int, s *goquery.Selection) {
			id, ok := s.Attr("id")
			if (ok && doc.Find(`label[for="`+id+`"]`).Length() > 0) || s.Closest("label").Length() > 0 {
				return
			}
			t.Errorf("field %q has no label", s.AttrOr("name", ""))
		})
		doc.Find("a,button,summary").Each(func(_ int, s *goquery.Selection) {
			if strings.TrimSpace(s.Text()) == "" && s.AttrOr("aria-label", "") == "" {
				html, _ := goquery.OuterHtml(s)
				t.Errorf("no words: %s", html)
			}
		})
		doc.Find("svg:not([aria-hidden])").Each(func(_ int, s *goquery.Selection) {
			if s.AttrOr("role", "") != "img" || s.AttrOr("aria-label", "") == "" {
				t.Error("a picture says nothing to those who do not see it")
			}
		})
	})
}

func TestIdsAreUniqueAndPointSomewhere(t *testing.T) {
	everyPage(t, func(t *testing.T, _ text.Lang, _ string, doc *goquery.Document) {
		seen := map[string]bool{}
		doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
			id := s.AttrOr("id", "")
			if seen[id] {
				t.Errorf("id %q twice", id)
			}
			seen[id] = true
		})
		for _, attr := range []string{"aria-labelledby", "aria-describedby", "form", "data-copy", "for"} {
			doc.Find("[" + attr + "]").Each(func(_ int, s *goquery.Selection) {
				if id := s.AttrOr(attr, ""); !seen[id] {
					t.Errorf("%s=%q points nowhere", attr, id)
				}
			})
		}
	})
}

// An English page must not fall back to Chinese in the words of the portal.
// Texts of the catalogue are Chinese and say so with lang; the gallery is not
// a page for readers.
func TestEnglishPagesSpeakEnglish(t *testing.T) {
	han := regexp.MustCompile(`\p{Han}+`)
	d, c := Example(), ExampleConditional()
	for name, page := range map[string]templ.Component{
		"home":    Home(HomePage{Frame: frame(text.English, "/", ""), Themes: []Leader{{"/themes/a", "Environment", 3}}, Hero: nil}),
		"none":    Search(SearchPage{Frame: frame(text.English, "/datasets", "Search"), Query: "x", Limited: true}),
		"dataset": promises(&d, DatasetPage{Frame: frame(text.English, "/", ""), Dataset: &d}),
		"needed":  Needed(&c),
		"sign-in": SignIn(SignInPage{Frame: frame(text.English, "/sign-in", "Sign in"), Mistake: Mistake{Sentence: "No."}}),
		"account": Account(AccountPage{Factors: account.Factors{Password: true}, Frame: frame(text.English, "/account", "Account"), User: account.User{Name: "Wang", Roles: []account.Role{account.Officer}},
			Keys: []account.Key{{Name: "job", Scopes: []string{account.ScopeRead, account.ScopePublish}}}, Secret: "sy_x", Sessions: make([]account.OpenSession, 2)}),
	} {
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, text.English, page)))
		if err != nil {
			t.Fatal(err)
		}
		doc.Find("[lang^=zh],.src,dd,code").Remove()
		if m := han.FindAllString(doc.Find("body").Text(), -1); len(m) > 0 && name != "none" {
			t.Errorf("%s: %v", name, m)
		}
	}
}

// What has English is shown in it, and what has none says that it is Chinese.
func TestTextsOfTheCatalogueAreShownInEnglishOrSaidToBeChinese(t *testing.T) {
	d := ExampleConditional()
	d.OpenMethodEN, d.UseRequirementsEN, d.Tags, d.TagsEN = "Write to the department", "Not for navigation", []string{"潮汐", "海洋"}, []string{"tides", "ocean"}
	d.Processing, d.ProcessingEN, d.Spatial, d.SpatialEN = "合并", "Merged", "沿海", "The coast"
	table := &datasets.Version{Number: 1, Reason: "首次发布", ReasonEN: "First published", Tables: []datasets.Table{
		{Name: "甲表", NameEN: "Sheet A", Fields: []datasets.Field{{Name: "a", LabelEN: "Kind", Unit: "米", UnitEN: "m", Description: "种类", DescriptionEN: "What kind",
			Codes: []datasets.Code{{Value: "放假", Label: "放假日", LabelEN: "Day off"}, {Value: "x", Label: "无英文"}}}}}, {Name: "乙表"}}}
	pages := templ.Join(Needed(&d), entry(&d), Dictionary(table), VersionTable(&d, &datasets.Resource{ID: "a"}, []datasets.Version{*table}, nil, false), Home(HomePage{Frame: frame(text.English, "/", ""), Conditional: &d}))
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, text.English, pages)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Write to the department", "Not for navigation", "tides", "ocean", "Merged", "The coast", "Sheet A", "Kind", "m", "What kind", "Day off", "First published"} {
		if !strings.Contains(doc.Text(), want) {
			t.Errorf("%q is not shown", want)
		}
	}
	if got := doc.Find("dd [lang=zh-CN]").Text(); !strings.Contains(got, d.Safeguards) || !strings.Contains(got, "无英文") {
		t.Errorf("Chinese without English is not marked: %s", got)
	}
	doc.Find("[lang^=zh],code").Remove()
	if m := regexp.MustCompile(`\p{Han}+`).FindAllString(doc.Find("body").Text(), -1); len(m) > 0 {
		t.Errorf("Chinese that says nothing of it: %v", m)
	}
	if chinese := render(t, text.Chinese, templ.Join(Needed(&d), Dictionary(table))); strings.Contains(chinese, "Day off") || strings.Contains(chinese, "Write to") || !strings.Contains(chinese, "放假日") {
		t.Error("English on the Chinese page")
	}
}

func TestEverySearchBoxSuggests(t *testing.T) {
	everyPage(t, func(t *testing.T, _ text.Lang, _ string, doc *goquery.Document) {
		if boxes, scripts := doc.Find("input[data-suggest]").Length(), doc.Find(`script[src$="/js/search.js"]`).Length(); boxes != scripts {
			t.Errorf("%d boxes, %d scripts", boxes, scripts)
		}
	})
}

func TestDataThatIsRefusedIsNowhereOnThePage(t *testing.T) {
	for _, name := range []string{"conditional", "resource-cond"} {
		html := render(t, text.Chinese, pages(text.Chinese)[name])
		if strings.Contains(html, `href="/d/`) || strings.Contains(html, "data.csv") || strings.Contains(html, "2026-01-02") {
			t.Errorf("%s offers or shows data", name)
		}
		if !strings.Contains(html, "使用要求") || !strings.Contains(html, "第二十一条") {
			t.Errorf("%s does not say what is needed and why", name)
		}
	}
}

func TestJSONLDCannotEndItsScript(t *testing.T) {
	html := render(t, text.Chinese, pages(text.Chinese)["dataset"])
	if !strings.Contains(html, `type="application/ld+json"`) || strings.Contains(html, "</script><b>") {
		t.Error("the description is missing or not escaped")
	}
}
