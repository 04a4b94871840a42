package portal

import (
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
)

// Only what is published and not withheld is on any page a visitor can find.
func TestEveryListingShowsWhatIsPublicAndNothingElse(t *testing.T) {
	w := newWorld(t)
	w.Grid(t)
	w.Changed()
	for _, address := range []string{"/", "/datasets", "/datasets/feed.xml", "/sitemap-1.xml", "/feed.xml"} {
		a := w.get(t, address)
		if a.status != fiber.StatusOK {
			t.Fatalf("%s: %d %s", address, a.status, a.body)
		}
		for _, slug := range []string{"published-unconditional", "published-conditional"} {
			if !strings.Contains(a.body, slug) {
				t.Errorf("%s does not show %s", address, slug)
			}
		}
		for _, slug := range []string{"draft-", "withdrawn-", "-withheld"} {
			if strings.Contains(a.body, slug) {
				t.Errorf("%s shows %s", address, slug)
			}
		}
	}
}

// What home proposes to search for is in the reader's language and finds
// something; a tag without English is not proposed in English.
func TestWhatHomeProposesFindsSomethingInEachLanguage(t *testing.T) {
	w := newWorld(t)
	w.Dataset(t, func(d *datasets.Dataset) {
		d.Slug, d.Tags, d.TagsEN = "tides", []string{"潮汐", "海洋"}, []string{"tides", "the sea"}
	})
	w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Tags = "roads", []string{"公路"} })
	w.Changed()
	for language, want := range map[string][]string{"zh-CN": {"公路", "海洋", "潮汐"}, "en": {"the sea", "tides"}} {
		var words []string
		w.get(t, "/", "Accept-Language", language).page(t).Find(".try a").Each(func(_ int, a *goquery.Selection) {
			words = append(words, a.Text())
			found := w.get(t, a.AttrOr("href", ""), "Accept-Language", language)
			if chip := found.page(t).Find(".chip, .chips").Text(); language == "en" && !strings.Contains(chip, a.Text()) {
				t.Errorf("the filter %s is called %s", a.Text(), chip)
			}
			if slug := map[bool]string{true: "roads", false: "tides"}[a.Text() == "公路"]; !strings.Contains(found.body, "/datasets/"+slug) {
				t.Errorf("%s: %s does not find %s", language, a.Text(), slug)
			}
		})
		if slices.Sort(words); !slices.Equal(words, want) {
			t.Errorf("%s: proposed is %q, want %q", language, words, want)
		}
	}
}
