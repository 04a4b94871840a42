package portal

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
	"shuyuan/search"
)

func readAt(t *testing.T, address string) (finding, error) {
	t.Helper()
	app := fiber.New()
	request := &fasthttp.RequestCtx{}
	request.Request.SetRequestURI(address)
	c := app.AcquireCtx(request)
	defer app.ReleaseCtx(c)
	return readFinding(c)
}

func TestEveryStateOfASearchIsAnAddress(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"/datasets", "/datasets"},
		{"/datasets?q=%E6%BD%AE%E6%B1%90&theme=b&theme=a&open=conditional", "/datasets?open=conditional&q=%E6%BD%AE%E6%B1%90&theme=a&theme=b"},
		{"/datasets?q=+a+&page=1&sort=relevance", "/datasets?q=a"},
		{"/datasets?sort=updated", "/datasets"}, // without words the newest come first anyway
		{"/datasets?sort=popular&page=3", "/datasets?page=3&sort=popular"},
		{"/datasets?theme=a&theme=a&theme=", "/datasets?theme=a"},
		{"/datasets?q=a%0A++b", "/datasets?q=a+b"},
	} {
		f, err := readAt(t, c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
		} else if got := f.href(); got != c.want {
			t.Errorf("%s is %s, want %s", c.in, got, c.want)
		}
	}
}

func TestAddressesThatNoLinkMadeAreRefused(t *testing.T) {
	long := make([]byte, 10000)
	for i := range long {
		long[i] = 'a'
	}
	for _, in := range []string{
		"/datasets?page=0", "/datasets?page=-1", "/datasets?page=abc", "/datasets?page=99999999999999999999", "/datasets?page=501",
		"/datasets?sort=random", "/datasets?q=" + string(long), "/datasets?theme=" + string(long), "/datasets?q=%ff%fe",
		"/datasets?q=a%00b", "/datasets?page=1&page=2", "/datasets?q=a&q=b", "/datasets?visibility=private", "/datasets?filter=1%20OR%201=1", "/datasets?q=%zz",
	} {
		if _, err := readAt(t, in); fault.KindOf(err) != fault.Malformed {
			t.Errorf("%.60s: %v, want a fault.Malformed", in, err)
		}
	}
}

func TestAFilterIsTakenBackAlone(t *testing.T) {
	f, err := readAt(t, "/datasets?q=a&theme=x&theme=y&open=conditional&page=4")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.without(search.FacetTheme, "x").href(), "/datasets?open=conditional&q=a&theme=y"; got != want {
		t.Errorf("without x: %s, want %s", got, want)
	}
	if got, want := f.withoutText().href(), "/datasets?open=conditional&theme=x&theme=y"; got != want {
		t.Errorf("without words: %s, want %s", got, want)
	}
	if diff := cmp.Diff([]string{"x", "y"}, f.filters[search.FacetTheme]); diff != "" {
		t.Errorf("the state itself changed: %s", diff)
	}
}

func TestThePagerShowsEndsAndNeighbours(t *testing.T) {
	shown := func(total, page int) []int {
		var out []int
		for _, l := range (finding{page: page}).pager(total).Pages {
			if l.Gap {
				out = append(out, 0)
			} else {
				out = append(out, l.Number)
			}
		}
		return out
	}
	for _, c := range []struct {
		total, page int
		want        []int
	}{
		{0, 1, nil},
		{20, 1, []int{1}},
		{21, 1, []int{1, 2}},
		{1000, 25, []int{1, 0, 23, 24, 25, 26, 27, 0, 50}},
		{1 << 30, 500, []int{1, 0, 498, 499, 500}},
	} {
		if diff := cmp.Diff(c.want, shown(c.total, c.page)); diff != "" {
			t.Errorf("page %d of %d results: %s", c.page, c.total, diff)
		}
	}
}

// Where several words find nothing, each that was too much can be taken back.
func TestOneWordTooManyIsTakenBackAlone(t *testing.T) {
	w := newWorld(t)
	w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Title = "song-ci", "全宋词" })
	ways := func(query string) map[string]string {
		found := map[string]string{}
		w.get(t, "/datasets?"+url.Values{"q": {query}}.Encode()).page(t).Find("main li").Each(func(_ int, li *goquery.Selection) {
			if a := li.Find("a"); strings.Contains(a.Text(), "不找") {
				found[a.Text()] = a.AttrOr("href", "") + " " + li.Find("span").Text()
			}
		})
		return found
	}
	for query, want := range map[string]map[string]string{
		"全宋词 苏轼":      {"不找“苏轼”": "/datasets?q=" + url.QueryEscape("全宋词") + " 1 个数据集"},
		"苏轼":          {}, // without it there is no question left
		"苏轼 柳永":       {}, // neither finds anything
		"全宋词":         {}, // found
		"a b c d e f": {},
	} {
		if diff := cmp.Diff(want, ways(query)); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
}
