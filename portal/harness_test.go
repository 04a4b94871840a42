package portal

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	"shuyuan/internal/transparency"
	"shuyuan/licensing"
	"shuyuan/marketplace"
	"shuyuan/marketplace/receipts"
	"shuyuan/search"
)

// world is a portal on a catalogue of its own: a real database, real files, the
// real gate, and a finder that looks through what is public. Its clock is the
// catalogue's.
type world struct {
	*Server
	*datasetstest.Catalogue
}

// newWorld is a portal on an empty catalogue.
func newWorld(t *testing.T, configure ...func(*Deps)) *world {
	t.Helper()
	return newWorldOn(t, datasetstest.New(t, licensing.Gate{}), configure...)
}

// newAskedWorld is newWorld where rows can be asked for.
func newAskedWorld(t *testing.T, configure ...func(*Deps)) *world {
	t.Helper()
	return newWorldOn(t, datasetstest.New(t, licensing.Gate{}, datasetstest.Asked), configure...)
}

func newWorldOn(t *testing.T, catalogue *datasetstest.Catalogue, configure ...func(*Deps)) *world {
	t.Helper()
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	d := Deps{
		Datasets: catalogue.Service, Catalogue: catalogue.Compile, Search: finder{catalogue.Service}, Accounts: account.NewService(catalogue.Pool, account.Config{}, catalogue.Clock),
		Opening: catalogue.Opening(t), Deidentify: catalogue.Deidentify(t), Policy: book, Now: catalogue.Clock, Config: Config{BaseURL: "https://data.example", Sample: true},
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	d.Products = marketplace.New(marketplace.Config{Pool: catalogue.Pool, Store: catalogue.Store, Catalogue: catalogue.Service, Accounts: d.Accounts, Work: t.TempDir(), Receipts: receipts.New(receipts.Config{Pool: catalogue.Pool, Catalogue: catalogue.Service, Limits: d.Accounts, Base: d.Config.BaseURL, Now: catalogue.Clock}), Base: d.Config.BaseURL, Log: transparency.NewReader(catalogue.Pool), Now: catalogue.Clock})
	for _, f := range configure {
		f(&d)
	}
	server, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	return &world{server, catalogue}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// page is the answer as a document.
func (a answer) page(t *testing.T) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// get asks for an address; headers are pairs of name and value.
func (w *world) get(t *testing.T, address string, headers ...string) answer {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, address, nil)
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	return w.do(t, request)
}

func (w *world) do(t *testing.T, request *http.Request) answer {
	t.Helper()
	response, err := w.App().Test(request, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

// finder finds by parts of titles and tags among what is public, and filters and counts
// as an engine does.
type finder struct{ catalogue *datasets.Service }

func (f finder) Search(ctx context.Context, q search.Query) (search.Result, error) {
	entries, err := f.catalogue.IndexEntries(ctx, 0, 1000)
	if err != nil {
		return search.Result{}, err
	}
	found := slices.DeleteFunc(entries, func(e datasets.IndexEntry) bool { return !f.matches(e, q) })
	slices.SortFunc(found, func(a, b datasets.IndexEntry) int { return b.LastUpdated.Compare(a.LastUpdated) })
	result := search.Result{Total: len(found), Facets: map[search.Facet][]search.Count{}}
	for _, e := range found {
		for _, facet := range q.Facets {
			for _, value := range facetValues(e, facet) {
				result.Facets[facet] = counted(result.Facets[facet], value)
			}
		}
	}
	found = found[min(q.Offset, len(found)):]
	for _, e := range found[:min(q.Limit, len(found))] {
		result.Hits = append(result.Hits, search.Hit{ID: e.Slug})
	}
	return result, nil
}

func (finder) matches(e datasets.IndexEntry, q search.Query) bool {
	if !strings.Contains(strings.ToLower(e.Title+" "+e.TitleEN+" "+strings.Join(e.Tags, " ")), strings.ToLower(q.Text)) {
		return false
	}
	for facet, wanted := range q.Filters {
		if !slices.ContainsFunc(facetValues(e, facet), func(v string) bool { return slices.Contains(wanted, v) }) {
			return false
		}
	}
	return true
}

func (f finder) Suggest(ctx context.Context, prefix string, limit int) ([]search.Suggestion, error) {
	found, err := f.Search(ctx, search.Query{Text: prefix, Limit: limit})
	if err != nil {
		return nil, err
	}
	var out []search.Suggestion
	for _, h := range found.Hits {
		out = append(out, search.Suggestion{Text: h.ID, ID: h.ID})
	}
	return out, nil
}

func facetValues(e datasets.IndexEntry, facet search.Facet) []string {
	switch facet {
	case search.FacetTheme:
		return []string{e.Theme.Slug}
	case search.FacetOrg:
		return []string{e.Department.Slug}
	case search.FacetOpen:
		return []string{string(e.Open)}
	case search.FacetFreq:
		return []string{string(e.Frequency)}
	case search.FacetRegion:
		return []string{e.Region.Code}
	case search.FacetTag:
		return e.Tags
	case search.FacetFormat:
		var out []string
		for _, r := range e.Resources {
			out = append(out, r.Formats()...)
		}
		return out
	}
	return nil
}

func counted(counts []search.Count, value string) []search.Count {
	for i := range counts {
		if counts[i].Value == value {
			counts[i].Count++
			return counts
		}
	}
	return append(counts, search.Count{Value: value, Count: 1})
}
