package api_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/notes"
	"shuyuan/datasets/questions"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/internal/signing/register"
	"shuyuan/internal/transparency"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/licensing/corrections"
	"shuyuan/licensing/demands"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/tender"
	"shuyuan/marketplace"
	"shuyuan/marketplace/receipts"
	"shuyuan/marketplace/registration"
	"shuyuan/portal"
	"shuyuan/portal/api"
)

// world is a portal with the API on an empty catalogue of its own.
type world struct {
	*portal.Server
	*datasetstest.Catalogue
}

func newWorld(t *testing.T, configure ...func(*portal.Deps)) *world {
	t.Helper()
	catalogue := datasetstest.New(t, licensing.Gate{})
	return &world{replica(t, catalogue, configure...), catalogue}
}

// asking is a world in which questions about rows are answered.
func asking(t *testing.T) *world {
	t.Helper()
	catalogue := datasetstest.New(t, licensing.Gate{}, datasetstest.Asked)
	return &world{replica(t, catalogue), catalogue}
}

// replica is one more server on the same catalogue.
func replica(t *testing.T, c *datasetstest.Catalogue, configure ...func(*portal.Deps)) *portal.Server {
	t.Helper()
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	accounts := account.NewService(c.Pool, account.Config{}, c.Clock)
	clocks := deadline.New(book, func() workdays.Calendar { return calendar })
	applications, err := licensing.New(c.Pool, c.Service, book, clocks, accounts, c.Clock)
	if err != nil {
		t.Fatal(err)
	}
	scenarios, err := scenario.New(scenario.Config{Pool: c.Pool, Catalogue: c.Service, Book: book, Clocks: clocks, Accounts: accounts, Now: c.Clock})
	if err != nil {
		t.Fatal(err)
	}
	operated, err := operation.New(operation.Config{Pool: c.Pool, Catalogue: c.Service, Book: book, Clocks: clocks, Accounts: accounts, Now: c.Clock})
	if err != nil {
		t.Fatal(err)
	}
	tenders, err := tender.New(tender.Config{Pool: c.Pool, Catalogue: c.Service, Accounts: accounts, Book: book, Clocks: clocks, Papers: applications.Papers(), Keeper: account.NewKeeper([]byte("tenders")), Now: c.Clock})
	if err != nil {
		t.Fatal(err)
	}
	d := portal.Deps{
		PublicLog: transparency.NewReader(c.Pool), Keys: register.New(c.Pool, nil),
		Corrections: corrections.New(corrections.Config{Pool: c.Pool, Catalogue: c.Service, Sources: c.Compile.Sources(), Book: book, Clocks: clocks, Limits: accounts, Secret: []byte("secret"), Now: c.Clock}),
		Licensing:   applications,
		Datasets:    c.Service, Catalogue: c.Compile, Notes: notes.New(c.Pool, c.Service, c.Clock),
		Questions: questions.New(c.Pool, c.Service, deadline.New(book, func() workdays.Calendar { return calendar }), accounts, c.Clock),
		Scenarios: scenarios, Tenders: tenders, Operation: operated,
		Products:      marketplace.New(marketplace.Config{Pool: c.Pool, Store: c.Store, Catalogue: c.Service, Receipts: receipts.New(receipts.Config{Pool: c.Pool, Catalogue: c.Service, Limits: accounts, Base: "https://data.example", Now: c.Clock}), Accounts: accounts, Log: transparency.NewReader(c.Pool), Now: c.Clock}),
		Registrations: registration.New(registration.Config{Pool: c.Pool, Accounts: accounts, Clocks: clocks, Base: "https://data.example", Now: c.Clock}),
		Demands:       demands.New(c.Pool, c.Service, book, deadline.New(book, func() workdays.Calendar { return calendar }), accounts, c.Clock),
		Search:        finder{c.Service}, Accounts: accounts,
		Policy: book, Opening: c.Opening(t), Deidentify: c.Deidentify(t), Now: c.Clock, Config: portal.Config{BaseURL: "https://data.example"},
		Log:    slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Mounts: []func(*portal.Server){api.Mount},
	}
	for _, f := range configure {
		f(&d)
	}
	s, err := portal.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// into reads the body as JSON.
func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%v in %.200s", err, a.body)
	}
}

// ask asks a server for an address; headers are pairs of name and value.
func ask(t *testing.T, s *portal.Server, method, address string, headers ...string) answer {
	t.Helper()
	request := httptest.NewRequest(method, address, nil)
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	response, err := s.App().Test(request, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, body}
}

func (w *world) get(t *testing.T, address string, headers ...string) answer {
	t.Helper()
	return ask(t, w.Server, http.MethodGet, address, headers...)
}

// read gets an address that must answer, as JSON.
func (w *world) read(t *testing.T, address string, v any) {
	t.Helper()
	a := w.get(t, address)
	if a.status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", address, a.status, a.body)
	}
	a.into(t, v)
}

// silent is for tests of what the log would be full of.
var silent = slog.New(slog.DiscardHandler)
