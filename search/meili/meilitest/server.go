// Package meilitest is a stand-in for a Meilisearch server, for tests: the part
// of its REST API that we use, with its memory, its queue of tasks, its limits
// and its refusals. What it was compared with is told in docs/decisions/0031.
// It has no search by words: a query with words is answered 501.
package meilitest

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is a running stand-in. Its dials may be turned at any time.
type Server struct {
	URL   string
	Key   string // empty: it asks for none
	Scope string // the key is good for indexes whose names begin so

	t    testing.TB
	http *http.Server

	mu      sync.Mutex
	now     time.Time // moves with every task, and with Pass
	indexes map[string]*index
	tasks   []*task
	polls   int
	held    bool
	plans   []*plan
	asked   []string
	open    sync.WaitGroup
}

// Start starts a server without indexes. It ends with the test.
func Start(t testing.TB, key string) *Server {
	t.Helper()
	s := &Server{Key: key, t: t, now: time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC), indexes: map[string]*index{}, polls: 2}
	s.listen("127.0.0.1:0")
	t.Cleanup(s.Stop)
	return s
}

func (s *Server) listen(address string) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		s.t.Fatalf("stand-in of the search server: %v", err)
	}
	s.URL = "http://" + l.Addr().String()
	server := &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: time.Minute}
	s.mu.Lock()
	s.http = server
	s.mu.Unlock()
	s.open.Go(func() { server.Serve(l) }) //nolint:errcheck // it ends with Stop
}

// Stop ends the server as a crash does: connections break off. What it had
// acknowledged it still knows when it is started again.
func (s *Server) Stop() {
	s.mu.Lock()
	server := s.http
	s.mu.Unlock()
	server.Close()
	s.open.Wait()
}

// Restart starts a stopped server again, at the same address.
func (s *Server) Restart() { s.listen(strings.TrimPrefix(s.URL, "http://")) }

// SetPolls says how often a task must be asked for until it has been worked
// on. Without being asked for it stays in the queue: who does not wait shows.
func (s *Server) SetPolls(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polls = n
}

// Hold stops the work on tasks until the function that it returns is called.
func (s *Server) Hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.held = false
	}
}

// Pass lets time go by on the server's clock.
func (s *Server) Pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// A Fault is what goes wrong with requests or tasks that it fits.
type Fault struct {
	Method string // of the request; empty fits any
	Path   string // a part of the path; empty fits any
	After  int    // so many that fit go well first
	Times  int    // then so many go wrong; 0 is one, -1 all

	Status int           // answer this
	Body   string        // with this body; empty: a JSON error
	Done   bool          // but do first what was asked
	Break  bool          // break the connection off instead of answering
	Silent bool          // never answer, until the client leaves
	Seen   chan struct{} // closed when the first request goes wrong

	Task string // the type of a task that fails instead of being worked on
	Code string // its error
}

type plan struct {
	Fault
	seen bool
}

// Plan has something go wrong from now on.
func (s *Server) Plan(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	s.plans = append(s.plans, &plan{Fault: f})
}

// Heal ends all that was planned.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plans = nil
}

// Asked are the requests so far, as "METHOD path".
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// Indexes are the names of the indexes there are, once all tasks are done.
func (s *Server) Indexes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.work(len(s.tasks))
	var names []string
	for name := range s.indexes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Edit changes a stored document behind everybody's back.
func (s *Server) Edit(index, id string, change func(doc map[string]any)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.indexes[index]
	if x == nil || x.docs[id] == nil {
		s.t.Errorf("stand-in: there is no document %s in %s", id, index)
		return
	}
	fields := x.docs[id].fields
	change(fields)
	x.put(id, fields)
}

// fits reports whether a request is to go wrong, and how.
func (s *Server) fits(method, path string) *plan {
	for _, p := range s.plans {
		if p.Task != "" || p.Times == 0 || p.Method != "" && p.Method != method || !strings.Contains(path, p.Path) {
			continue
		}
		if p.After > 0 {
			p.After--
			continue
		}
		if p.Times > 0 {
			p.Times--
		}
		if !p.seen && p.Seen != nil {
			close(p.Seen)
		}
		p.seen = true
		return p
	}
	return nil
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	wrong := s.fits(r.Method, r.URL.Path)
	s.mu.Unlock()
	if wrong == nil {
		s.write(w, s.answer(r))
		return
	}
	if wrong.Done {
		s.answer(r)
	}
	switch {
	case wrong.Silent:
		io.Copy(io.Discard, r.Body) //nolint:errcheck // only then is the client's leaving noticed
		<-r.Context().Done()
	case wrong.Break:
		panic(http.ErrAbortHandler)
	case wrong.Body != "":
		w.WriteHeader(wrong.Status)
		io.WriteString(w, wrong.Body) //nolint:errcheck // the client may have left
	default:
		s.write(w, response{wrong.Status, refuse(wrong.Status, "internal", "planned by the test")})
	}
}

// response is a status and what becomes JSON.
type response struct {
	status int
	body   any
}

func (s *Server) write(w http.ResponseWriter, r response) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.status)
	if r.body != nil {
		json.NewEncoder(w).Encode(r.body) //nolint:errcheck // the client may have left
	}
}

// failure is an error as the server words it.
type failure struct {
	Message string `json:"message"`
	Code    string `json:"code"`
	Type    string `json:"type"`
	Link    string `json:"link"`
	status  int
}

func (f *failure) Error() string { return f.Message }

func refuse(status int, code, message string, args ...any) *failure {
	kind := "invalid_request"
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		kind = "auth"
	case status >= 500:
		kind = "internal"
	}
	return &failure{fmt.Sprintf(message, args...), code, kind, "https://docs.meilisearch.com/errors#" + code, status}
}

func bad(code, message string, args ...any) *failure {
	return refuse(http.StatusBadRequest, code, message, args...)
}

func noIndex(uid string) *failure {
	return refuse(http.StatusNotFound, "index_not_found", "Index `%s` not found.", uid)
}

func refused(f *failure) response { return response{f.status, f} }

func (s *Server) answer(r *http.Request) response {
	if r.URL.Path == "/health" {
		return response{http.StatusOK, map[string]string{"status": "available"}}
	}
	if f := s.authorize(r); f != nil {
		return refused(f)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return refused(bad("malformed_payload", "the body broke off"))
	}
	if len(body) > 100<<20 {
		return refused(refuse(http.StatusRequestEntityTooLarge, "payload_too_large", "The provided payload reached the size limit."))
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(body) > 0 && r.Method != http.MethodGet {
		kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
		documents := len(parts) == 3 && parts[2] == "documents"
		if kind != "application/json" && (kind != "application/x-ndjson" || !documents) {
			return refused(refuse(http.StatusUnsupportedMediaType, "invalid_content_type", "The Content-Type `%s` is invalid. Accepted values for the Content-Type header are: `application/json`", kind))
		}
	}
	return s.route(request{r.Method, parts, r.URL.Query(), r.Header.Get("Content-Type"), body})
}

func (s *Server) authorize(r *http.Request) *failure {
	if s.Key == "" {
		return nil
	}
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return refuse(http.StatusUnauthorized, "missing_authorization_header", "The Authorization header is missing. It must use the bearer authorization method.")
	}
	if subtle.ConstantTimeCompare([]byte(given), []byte(s.Key)) != 1 {
		return badKey()
	}
	return nil
}

func badKey() *failure {
	return refuse(http.StatusForbidden, "invalid_api_key", "The provided API key is invalid.")
}

// request is a request read.
type request struct {
	method string
	path   []string
	query  map[string][]string
	kind   string
	body   []byte
}

func (r request) get(name string) string {
	if len(r.query[name]) == 0 {
		return ""
	}
	return r.query[name][0]
}

func (r request) number(name string, usual int) (int, *failure) {
	text := r.get(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, bad("bad_request", "Invalid value in parameter `%s`: could not parse `%s` as a positive integer", name, text)
	}
	return n, nil
}

// decode reads the body. Fields that the server does not know are refused.
func (r request) decode(into any) *failure {
	d := json.NewDecoder(strings.NewReader(string(r.body)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		if strings.Contains(err.Error(), "unknown field") {
			return bad("bad_request", "Unknown field: %v", err)
		}
		return bad("malformed_payload", "The json payload provided is malformed. `%v`.", err)
	}
	return nil
}

// scoped reports whether the key is good for an index; tasks of the whole
// server have none.
func (s *Server) scoped(index string) bool {
	return s.Scope == "" || index != "" && strings.HasPrefix(index, s.Scope)
}

func (s *Server) route(r request) response {
	is := func(method string, path ...string) bool {
		if r.method != method || len(r.path) != len(path) {
			return false
		}
		for i, p := range path {
			if p != "*" && p != r.path[i] {
				return false
			}
		}
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case is("GET", "version"):
		return response{200, map[string]string{"commitSha": "unknown", "commitDate": "unknown", "pkgVersion": "1.50.0"}}
	case is("GET", "stats"):
		return s.stats()
	case is("GET", "tasks"):
		return s.listTasks(r)
	case is("GET", "tasks", "*"):
		return s.showTask(r.path[1])
	case is("POST", "multi-search"):
		return s.multiSearch(r)
	case is("POST", "swap-indexes"):
		return s.swap(r)
	case is("POST", "indexes"):
		return s.createIndex(r)
	case is("GET", "indexes"):
		return s.listIndexes(r)
	case len(r.path) >= 2 && r.path[0] == "indexes" && !s.scoped(r.path[1]):
		return refused(badKey())
	case len(r.path) >= 2 && r.path[0] == "indexes" && !validUID(r.path[1]):
		return refused(invalidUID(r.path[1]))
	case is("DELETE", "indexes", "*"):
		return s.deleteIndex(r.path[1])
	case is("POST", "indexes", "*", "documents"), is("PUT", "indexes", "*", "documents"):
		return s.addDocuments(r, r.method == "PUT")
	case is("POST", "indexes", "*", "documents", "delete-batch"):
		return s.deleteDocuments(r)
	case len(r.path) >= 3 && r.path[0] == "indexes" && r.path[2] == "settings" && r.method != "GET":
		return s.changeSettings(r)
	}
	if len(r.path) < 2 || r.path[0] != "indexes" {
		return response{http.StatusNotFound, nil}
	}
	x := s.indexes[r.path[1]]
	if x == nil {
		return refused(noIndex(r.path[1]))
	}
	switch {
	case is("GET", "indexes", "*"):
		return response{200, x.view()}
	case is("GET", "indexes", "*", "stats"):
		return response{200, x.stats()}
	case is("GET", "indexes", "*", "settings"):
		return response{200, x.settings.view()}
	case is("POST", "indexes", "*", "search"):
		var q query
		if f := r.decode(&q); f != nil {
			return refused(f)
		}
		answer, f := x.search(q)
		if f != nil {
			return refused(f)
		}
		return response{200, answer}
	case is("POST", "indexes", "*", "documents", "fetch"):
		return x.fetch(r)
	case is("GET", "indexes", "*", "documents", "*"):
		return x.show(r)
	}
	return response{http.StatusNotFound, nil}
}
