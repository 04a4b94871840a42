package portal_test

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shuyuan/datasets/following"
	"shuyuan/datasets/notes"
	"shuyuan/datasets/questions"
	"shuyuan/datasets/webhooks"
	"shuyuan/internal/signing/register"
	"shuyuan/internal/transparency"
	"shuyuan/internal/workdays"
	"shuyuan/marketplace"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/payment"
	"shuyuan/marketplace/receipts"
	"shuyuan/marketplace/registration"
	"shuyuan/marketplace/settlement"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/calendars"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/licensing"
	"shuyuan/licensing/corrections"
	"shuyuan/licensing/demands"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/sharing"
	"shuyuan/licensing/supervision"
	"shuyuan/licensing/tender"
	"shuyuan/licensing/use"
	"shuyuan/licensing/workspace"
	"shuyuan/portal"
	"shuyuan/portal/api"
	"shuyuan/search"
	"shuyuan/search/bleve"
	"shuyuan/search/chinese"
)

const base = "https://data.example"

var lexicon = sync.OnceValue(chinese.Default)

// whole is the portal as it is served: the API mounted, the embedded engine
// behind the search, and somebody of every kind to ask.
type whole struct {
	*portal.Server
	*datasetstest.Catalogue
	index   *search.Service
	follows *following.Service
	hooks   *webhooks.Service
	demands *demands.Service

	organisations int // that probes made

	receiver *receiver           // of webhooks; listens once it is started
	theirs   datasets.Department // the department of the other officer
	keys     map[persona]string  // API keys
	tokens   map[persona]string  // sessions
}

// persona is somebody who asks.
type persona string

const (
	visitor persona = "visitor"
	own     persona = "own"   // officer of the Office
	other   persona = "other" // officer of another department
	admin   persona = "admin"
	key     persona = "key" // a key for reading of the officer of the Office
)

var personas = []persona{visitor, own, other, admin, key}

// citizen has an account and no role.
const citizen persona = "citizen"

// everyone makes one more persona for each role that nobody plays yet, called as
// the role, and one for who has none. Who acts for a public body acts for the
// Office, the regulator for a body that manages nothing.
func (w *whole) everyone(t *testing.T) []persona {
	t.Helper()
	watcher := w.Department(t, func(d *datasets.Department) {
		d.Slug, d.Name, d.NameEN, d.Side = "jgj", "示例监管局", "Sample Regulator", account.Regulate
	})
	all := append(slices.Clone(personas), citizen)
	users := []account.NewUser{{Identifier: "citizen@tests.example", Name: "市民"}}
	for _, part := range account.Parts {
		if part.Role == account.Visitor || part.Role == account.Officer || part.Role == account.Administrator {
			continue
		}
		u := account.NewUser{Identifier: string(part.Role) + "@tests.example", Name: part.Zh, Roles: []account.Role{part.Role}}
		if part.Body {
			u.Department = w.Office(t).ID
		}
		if part.Side == account.Regulate {
			u.Department = watcher.ID
		}
		users, all = append(users, u), append(all, persona(part.Role))
	}
	for i, u := range users {
		u.Password = password
		if _, err := w.Accounts.CreateUser(t.Context(), account.System("test"), u); err != nil {
			t.Fatal(err)
		}
		w.tokens[all[len(personas)+i]] = w.signIn(t, u.Identifier)
	}
	return all
}

// playing is the persona that plays a role.
func playing(r account.Role) persona {
	switch r {
	case account.Visitor, account.Administrator:
		return map[account.Role]persona{account.Visitor: visitor, account.Administrator: admin}[r]
	case account.Officer:
		return own
	}
	return persona(r)
}

const password = "correct horse battery"

// setup is what a test may have otherwise.
type setup struct {
	portal.Deps
	limits map[string]account.Rate
}

// limit lets a bucket take so many in a quarter of an hour; the others are as
// good as without end.
func limit(bucket string, n int) func(*setup) {
	return func(s *setup) { s.limits[bucket] = account.Rate{Limit: n, Window: 15 * time.Minute} }
}

func newWhole(t *testing.T, configure ...func(*setup)) *whole {
	t.Helper()
	return wholeOn(t, datasetstest.NewOn(t, func(pool *pgxpool.Pool) datasets.Gate {
		return licensing.NewGate(pool, licensing.Parts{Within: 24 * time.Hour, Times: 2})
	}, datasetstest.Asked), configure...)
}

// wholeOn is the portal on a catalogue of the test's own making.
func wholeOn(t *testing.T, c *datasetstest.Catalogue, configure ...func(*setup)) *whole {
	t.Helper()
	engine, err := bleve.Open(t.TempDir(), lexicon)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	w := &whole{Catalogue: c, index: search.NewService(search.Config{Engine: engine, Datasets: c.Service, Pool: c.Pool, Log: log}), keys: map[persona]string{}, tokens: map[persona]string{}}
	s := &setup{limits: map[string]account.Rate{}, Deps: portal.Deps{
		PublicLog: transparency.NewReader(c.Pool), Keys: register.New(c.Pool, nil),
		Datasets: c.Service, Catalogue: c.Compile, Search: w.index, Policy: book, Opening: c.Opening(t), Deidentify: c.Deidentify(t), Now: c.Clock, Config: portal.Config{BaseURL: base, Secure: true, Gallery: true}, Log: log,
		Audit: audit.NewReader(c.Pool), Mounts: []func(*portal.Server){api.Mount},
	}}
	if s.Calendars, err = calendars.New(t.Context(), c.Pool, book, c.Clock, log); err != nil {
		t.Fatal(err)
	}
	s.Clocks = deadline.New(book, s.Calendars.Calendar)
	for bucket := range account.Rates {
		s.limits[bucket] = account.Rate{Limit: 1 << 20, Window: time.Minute}
	}
	rates, err := portal.VisitRates(book)
	if err != nil {
		t.Fatal(err)
	}
	for bucket := range rates {
		s.limits[bucket] = account.Rate{Limit: 1 << 20, Window: time.Minute}
	}
	for _, f := range configure {
		f(s)
	}
	s.Accounts = account.NewService(c.Pool, account.Config{Argon2: account.Argon2{MemoryKiB: 64, Passes: 1, Lanes: 1}, Limits: s.limits, Papers: account.Papers{Store: c.Store, Look: c.Service.LookAtPDF}}, c.Clock)
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	clocks := deadline.New(book, func() workdays.Calendar { return calendar })
	s.Questions = questions.New(c.Pool, c.Service, clocks, s.Accounts, c.Clock)
	s.Corrections = corrections.New(corrections.Config{Pool: c.Pool, Catalogue: c.Service, Sources: c.Compile.Sources(), Book: book, Clocks: clocks, Limits: s.Accounts, Secret: []byte("secret"), Now: c.Clock})
	s.Demands = demands.New(c.Pool, c.Service, book, clocks, s.Accounts, c.Clock)
	w.demands = s.Demands
	if s.Licensing, err = licensing.New(c.Pool, c.Service, book, clocks, s.Accounts, c.Clock); err != nil {
		t.Fatal(err)
	}
	paperRules, err := papers.RulesOf(book)
	if err != nil {
		t.Fatal(err)
	}
	s.Licensing.KeepPapers(papers.NewService(papers.Config{
		Pool: c.Pool, Store: c.Store, Keeper: account.NewKeeper([]byte("secret")), Limits: s.Accounts, Rules: paperRules, Look: c.Service.LookAtAttachment, Now: c.Clock,
	}))
	if s.Tenders, err = tender.New(tender.Config{Pool: c.Pool, Catalogue: c.Service, Accounts: s.Accounts, Book: book, Clocks: clocks, Papers: s.Licensing.Papers(), Keeper: account.NewKeeper([]byte("tenders")), Now: c.Clock}); err != nil {
		t.Fatal(err)
	}
	s.Licensing.UseTenders(s.Tenders)
	if s.Use, err = use.New(use.Config{Pool: c.Pool, Catalogue: c.Service, Licensing: s.Licensing, Accounts: s.Accounts, Book: book, Clocks: clocks, Now: c.Clock}); err != nil {
		t.Fatal(err)
	}
	rules, err := following.RulesOf(book)
	if err != nil {
		t.Fatal(err)
	}
	s.Following = following.New(following.Config{Pool: c.Pool, Catalogue: c.Service, Finder: w.index, Limits: s.Accounts, Rules: rules, Now: c.Clock})
	w.follows = s.Following
	w.hooks, w.receiver = hooksOn(t, c, s)
	s.Webhooks = w.hooks
	s.Notes = notes.New(c.Pool, c.Service, c.Clock)
	s.Sharing = sharing.New(c.Pool, c.Service, book, clocks, c.Clock)
	if s.Scenarios, err = scenario.New(scenario.Config{Pool: c.Pool, Catalogue: c.Service, Book: book, Clocks: clocks, Accounts: s.Accounts, Now: c.Clock}); err != nil {
		t.Fatal(err)
	}
	s.Scenarios.KeepPapers(s.Licensing.Papers())
	if s.Operation, err = operation.New(operation.Config{Pool: c.Pool, Catalogue: c.Service, Papers: s.Licensing.Papers(), Book: book, Clocks: clocks, Accounts: s.Accounts, Now: c.Clock}); err != nil {
		t.Fatal(err)
	}
	s.Supervision = supervision.New(supervision.Config{Pool: c.Pool, Catalogue: c.Service, Licensing: s.Licensing, Sharing: s.Sharing, Book: book, Clocks: clocks, Accounts: s.Accounts, Now: c.Clock})
	if s.Workspaces == nil {
		if s.Workspaces, err = workspace.New(workspace.Config{Pool: c.Pool, Catalogue: c.Service, Gate: licensing.NewGate(c.Pool, licensing.Parts{}), Accounts: s.Accounts, Book: book, Clocks: clocks, Secret: []byte("a secret"), Now: c.Clock}); err != nil {
			t.Fatal(err)
		}
	}
	if s.Products == nil {
		s.Products = marketplace.New(marketplace.Config{Pool: c.Pool, Store: c.Store, Catalogue: c.Service, Gate: licensing.NewGate(c.Pool, licensing.Parts{}), Accounts: s.Accounts, Work: t.TempDir(), Base: base, Log: transparency.NewReader(c.Pool), Receipts: receipts.New(receipts.Config{Pool: c.Pool, Catalogue: c.Service, Limits: s.Accounts, Base: base, Now: c.Clock}), Checks: marketplace.CheckRules{Most: 1 << 20, AtOnce: 2, Time: 20 * time.Second}, Now: c.Clock})
	}
	if s.Registrations == nil {
		s.Registrations = registration.New(registration.Config{Pool: c.Pool, Products: s.Products, Accounts: s.Accounts, Clocks: clocks, Base: s.Config.BaseURL, Now: c.Clock})
	}
	if s.Bank == nil {
		book := ledger.New(c.Clock)
		s.Bank, s.Ledger = &payment.Bank{Pool: c.Pool, Book: book, Now: c.Clock, Layouts: payment.Layouts}, &ledger.Reader{Pool: c.Pool, Book: book}
	}
	if s.Offers == nil {
		if s.Offers, err = offering.New(offering.Config{Pool: c.Pool, Products: s.Products, Book: s.Policy, Clocks: clocks, Now: c.Clock}); err != nil {
			t.Fatal(err)
		}
	}
	if s.Settlements == nil {
		books := ledger.New(c.Clock)
		if s.Settlements, err = settlement.New(settlement.Config{Pool: c.Pool, Book: books, Bank: &payment.Bank{Pool: c.Pool, Book: books, Now: c.Clock}, Policy: s.Policy, Clocks: clocks, Now: c.Clock}); err != nil {
			t.Fatal(err)
		}
	}
	if w.Server, err = portal.New(s.Deps); err != nil {
		t.Fatal(err)
	}
	w.index.OnChange(w.Changed)
	w.follows.AtDesk(w.Server, s.Calendars.Calendar)
	w.people(t)
	return w
}

// people makes an account for every persona and signs it in.
func (w *whole) people(t *testing.T) {
	t.Helper()
	w.theirs = w.Department(t, func(d *datasets.Department) {
		d.Slug, d.Name, d.NameEN = "jtj", "示例交通局", "Sample Bureau of Transport"
	})
	officer, boss := []account.Role{account.Officer}, []account.Role{account.Administrator}
	for who, u := range map[persona]account.NewUser{
		own:   {Identifier: "own@tests.example", Name: "本部门专员", Roles: officer, Department: w.Office(t).ID},
		other: {Identifier: "other@tests.example", Name: "别部门专员", Roles: officer, Department: w.theirs.ID},
		admin: {Identifier: "admin@tests.example", Name: "周总管", Roles: boss},
	} {
		u.Password = password
		if _, err := w.Accounts.CreateUser(t.Context(), account.System("test"), u); err != nil {
			t.Fatal(err)
		}
		w.tokens[who] = w.signIn(t, u.Identifier)
	}
	a, err := w.Accounts.Actor(t.Context(), w.tokens[own])
	if err != nil {
		t.Fatal(err)
	}
	if w.keys[key], _, err = w.Accounts.CreateKey(t.Context(), a, "脚本", []string{account.ScopeRead}, 24*time.Hour); err != nil {
		t.Fatal(err)
	}
}

func (w *whole) signIn(t *testing.T, identifier string) string {
	t.Helper()
	// each from a network of its own
	s, err := w.Accounts.SignIn(t.Context(), identifier, password, fmt.Sprintf("203.0.%d.%d", identifier[0], identifier[1]), "test")
	if err != nil {
		t.Fatal(err)
	}
	return s.Token
}

// indexed brings what the catalogue holds into the index and out of the page
// cache, as the running product does within a moment.
func (w *whole) indexed(t *testing.T) {
	t.Helper()
	if err := w.index.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Changed()
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

// as makes a request of somebody's.
func (w *whole) as(who persona, method, address string, form url.Values) *http.Request {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, address, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token := w.tokens[who]; token != "" {
		r.Header.Set("Cookie", "__Host-session="+token)
	}
	if secret := w.keys[who]; secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	return r
}

// send sends a request; headers are pairs of name and value.
func (w *whole) send(t *testing.T, r *http.Request, headers ...string) reply {
	t.Helper()
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	response, err := w.App().Test(r, -1)
	if err != nil {
		t.Fatalf("%s %.200s: %v", r.Method, r.URL, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %.200s: %v", r.Method, r.URL, err)
	}
	return reply{response.StatusCode, response.Header, string(body)}
}

func (w *whole) get(t *testing.T, who persona, address string, headers ...string) reply {
	t.Helper()
	return w.send(t, w.as(who, http.MethodGet, address, nil), headers...)
}

// post sends a form with the token of the session.
func (w *whole) post(t *testing.T, who persona, address string, form url.Values, headers ...string) reply {
	t.Helper()
	filled := url.Values{"csrf": {w.Accounts.CSRF(w.tokens[who])}}
	for k, v := range form {
		filled[k] = v
	}
	return w.send(t, w.as(who, http.MethodPost, address, filled), headers...)
}

// once is what a page of somebody who has signed in says differently each time.
var once = regexp.MustCompile(`nonce-?="?[A-Z0-9]+|name="csrf" value="[^"]+"|name="sent" value="[^"]+"|name="sealed" value="[^"]+"|data-passkey="[^"]+"|name="confirm-sealed" value="[^"]+"|"challenge":"[^"]+"|&#34;challenge&#34;:&#34;[^&]+`)

// settled is the body without what differs each time.
func (r reply) settled() string { return string(once.ReplaceAll([]byte(r.body), nil)) }

// contains finds any of the words in what a browser is given, headers included.
func (r reply) contains(words ...string) string {
	var head bytes.Buffer
	_ = r.header.Write(&head) // a buffer does not fail
	for _, word := range words {
		if strings.Contains(r.body, word) || strings.Contains(head.String(), word) {
			return word
		}
	}
	return ""
}

// mandates is the world as tests of authorised operation make mandates and entries in
// it.
func (w *whole) mandates(t *testing.T) *operationtest.World {
	t.Helper()
	return operationtest.On(t, &licensingtest.World{Catalogue: w.Catalogue, Licensing: w.Server.Licensing, Accounts: w.Accounts, Papers: w.Server.Licensing.Papers(), Book: w.Policy})
}
