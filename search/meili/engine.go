package meili

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"shuyuan/search"
	"shuyuan/search/chinese"
)

// ErrNoIndex says that the server answers and has no index that could: none was
// built, or it is of another layout, or the server is too old. Replace makes
// one.
var ErrNoIndex = errors.New("there is no usable search index on the server")

// Config names a server and how to speak to it.
type Config struct {
	URL     string // http(s)://host[:port]
	Key     string // an API key; empty where the server asks for none
	Index   string // shuyuan if empty; each installation on one server needs its own
	Lexicon func() *chinese.Lexicon

	SearchTimeout time.Duration // of one search or look; 3 s if 0
	WriteTimeout  time.Duration // of one request that hands over documents; 60 s if 0
	TaskTimeout   time.Duration // until the server has done what it was handed; 10 min if 0
}

// String tells everything but the key.
func (c Config) String() string { return "meilisearch index " + c.index() + " at " + c.URL }

// GoString is String, so that no way of printing shows the key.
func (c Config) GoString() string { return c.String() }

func (c Config) index() string {
	if c.Index == "" {
		return "shuyuan"
	}
	return c.Index
}

// Bounds on one query.
const (
	mostTotal  = 1_000_000_000 // the server's limit on how much it counts, out of the way
	mostHits   = 1000
	mostValues = 2000 // of one facet, the most frequent
	// with so few results, what sounds alike may have been meant
	fewResults = 3
)

// Engine is the search.Engine of a Meilisearch server.
type Engine struct {
	server  meilisearch.ServiceManager
	name    string // of the index
	key     string // to keep it out of messages
	lexicon func() *chinese.Lexicon

	searchLimit, writeLimit, taskLimit time.Duration

	writing sync.Mutex // changes go to the server one after the other
}

var _ search.Engine = (*Engine)(nil)

var indexForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// Open makes an engine. It does not speak to the server yet: the portal starts
// without it, and Cursor says what is wrong.
func Open(c Config) (*Engine, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the address of the search server must read http(s)://host:port, without a password")
	}
	if !indexForm.MatchString(c.index()) {
		return nil, fmt.Errorf("the name of the search index may have letters, digits, - and _, not %q", c.Index)
	}
	if c.Lexicon == nil {
		return nil, errors.New("search engine without a lexicon")
	}
	e := &Engine{
		name: c.index(), key: c.Key, lexicon: c.Lexicon,
		searchLimit: orElse(c.SearchTimeout, 3*time.Second),
		writeLimit:  orElse(c.WriteTimeout, time.Minute),
		taskLimit:   orElse(c.TaskTimeout, 10*time.Minute),
	}
	e.server = meilisearch.New(strings.TrimRight(c.URL, "/"), meilisearch.WithAPIKey(c.Key), meilisearch.DisableRetries(),
		meilisearch.WithCustomClient(&http.Client{
			Transport: sized{&http.Transport{
				Proxy:               http.ProxyFromEnvironment,
				DialContext:         (&net.Dialer{Timeout: e.searchLimit}).DialContext,
				TLSHandshakeTimeout: e.searchLimit,
				IdleConnTimeout:     time.Minute,
				MaxIdleConnsPerHost: 64,
				DisableCompression:  true, // the server lets the end of a packed answer wait 40 ms
			}},
			// a redirect would take the key elsewhere
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}))
	return e, nil
}

func orElse(d, usual time.Duration) time.Duration {
	if d == 0 {
		return usual
	}
	return d
}

// Close lets the connections go.
func (e *Engine) Close() error {
	e.server.Close()
	return nil
}

// Cursor is the last change taken in. It returns ErrNoIndex where Replace is
// needed, and fault.Unavailable where the server does not answer or not to us.
func (e *Engine) Cursor(ctx context.Context) (int64, error) {
	s, err := e.state(ctx)
	if err != nil {
		return 0, err
	}
	return s.Cursor, e.try(ctx, e.name)
}

// state reads the record that is no document.
func (e *Engine) state(ctx context.Context) (state, error) {
	var s state
	err := e.call(ctx, e.searchLimit, "read the state", func(ctx context.Context) error {
		return e.server.Index(e.name).GetDocumentWithContext(ctx, stateID, nil, &s)
	})
	switch {
	case says(err, "index_not_found"):
		return s, fmt.Errorf("%w: there is none named %s", ErrNoIndex, e.name)
	case says(err, "document_not_found"):
		return s, fmt.Errorf("%w: %s is not ours or was not finished", ErrNoIndex, e.name)
	case err != nil:
		return s, err
	case s.Layout != layout:
		return s, fmt.Errorf("%w: %s is of layout %d, not %d", ErrNoIndex, e.name, s.Layout, layout)
	}
	return s, nil
}

// try asks an index for everything that searches may ask for. It returns
// ErrNoIndex if the server refuses: somebody changed the settings, or the
// server is too old.
func (e *Engine) try(ctx context.Context, index string) error {
	f := []filter{everything, equals(exact, "x")}
	for _, attribute := range tiers {
		f = append(f, begins(attribute, "x"), equals(attribute, "x"))
	}
	counted := []string{wordFacet}
	for _, facet := range search.Facets {
		f = append(f, oneOf(attributeOf(facet), []string{"x"}))
		counted = append(counted, attributeOf(facet))
	}
	requests := []*meilisearch.SearchRequest{{IndexUID: index, Filter: []string(anyOf(f...)), Facets: counted, Sort: []string{byPopular + ":desc", byUpdated + ":desc", slug + ":asc"}, Limit: 1}}
	_, err := e.ask(ctx, "try the index", requests)
	for _, code := range []string{"invalid_search_filter", "invalid_search_facets", "invalid_search_sort", "feature_not_enabled", "index_not_found"} {
		if r, ok := errors.AsType[*refusal](err); ok && r.code == code {
			return fmt.Errorf("%w: %w", ErrNoIndex, r)
		}
	}
	return err
}

// ask puts several searches to the server in one request.
func (e *Engine) ask(ctx context.Context, asked string, requests []*meilisearch.SearchRequest) ([]meilisearch.SearchResponse, error) {
	for _, r := range requests {
		if r.IndexUID == "" {
			r.IndexUID = e.name
		}
	}
	var results []meilisearch.SearchResponse
	err := e.call(ctx, e.searchLimit, asked, func(ctx context.Context) error {
		answer, err := e.server.MultiSearchWithContext(ctx, &meilisearch.MultiSearchRequest{Queries: requests})
		if err != nil {
			return err
		}
		if results = answer.Results; len(results) != len(requests) {
			return fmt.Errorf("%d answers to %d questions", len(results), len(requests))
		}
		return nil
	})
	return results, err
}

// IDs calls yield with the slug of every document.
func (e *Engine) IDs(ctx context.Context, yield func(id string) error) error {
	return e.list(ctx, []string{slug}, func(r *record) error { return yield(r.Slug) })
}

// list calls yield with every document, of which it reads some attributes.
func (e *Engine) list(ctx context.Context, attributes []string, yield func(*record) error) error {
	const page = 1000
	for offset := int64(0); ; offset += page {
		var got meilisearch.DocumentsResult
		err := e.call(ctx, e.writeLimit, "list the documents", func(ctx context.Context) error {
			return e.server.Index(e.name).GetDocumentsWithContext(ctx, &meilisearch.DocumentsQuery{
				Offset: offset, Limit: page, Fields: attributes, Filter: []string(everything),
			}, &got)
		})
		if err != nil {
			return err
		}
		for _, hit := range got.Results {
			var r record
			if err := hit.DecodeInto(&r); err != nil {
				return fmt.Errorf("a record of the index: %w", err)
			}
			if err := yield(&r); err != nil {
				return err
			}
		}
		if len(got.Results) < page {
			return nil
		}
	}
}
