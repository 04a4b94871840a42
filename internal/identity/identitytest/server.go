// Package identitytest is a real provider of identity for tests: the OpenID
// server of zitadel/oidc with its sign-in page, on a port of this machine.
package identitytest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// What the portal and the provider agreed on.
const (
	ClientID = "shuyuan"
	Secret   = "a secret of tests, with spaces & signs"
	password = "a password at the provider"
)

// Server is a provider that runs.
type Server struct {
	Issuer string
	users  users
}

type users map[string]*storage.User

func (u users) GetUserByID(id string) *storage.User { return u[strings.TrimPrefix(id, "p-")] }
func (u users) GetUserByUsername(name string) *storage.User {
	return u[name]
}
func (u users) ExampleClientID() string { return "none" }

// Start runs a provider that sends browsers back to callback. It knows zhang,
// whose address it verified, and li, whose address it did not.
func Start(t *testing.T, callback string) *Server {
	t.Helper()
	s := &Server{users: users{}}
	for name, verified := range map[string]bool{"zhang": true, "li": false} {
		s.users[name] = &storage.User{ID: "p-" + name, Username: name, Password: password, FirstName: name, LastName: "示例", Email: name + "@tests.example", EmailVerified: verified, IsAdmin: true}
	}
	client := storage.WebClient(ClientID, Secret, callback)
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	s.Issuer = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	handler = exampleop.SetupServer(s.Issuer, storage.NewStorageWithClients(s.users, map[string]*storage.Client{ClientID: client}), nil, false, op.WithAllowInsecure())
	return s
}

var authRequest = regexp.MustCompile(`name="id" value="([^"]+)"`)

// SignIn opens an address at the provider as a browser does, signs in there as
// name, and returns the query of where the browser is sent back to.
func (s *Server) SignIn(t *testing.T, address, name string) url.Values {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), s.Issuer) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	page := read(t, client.Get, address)
	id := authRequest.FindStringSubmatch(page.body)
	if id == nil {
		t.Fatalf("the provider shows no sign-in: %d %s", page.StatusCode, page.body)
	}
	back := read(t, func(u string) (*http.Response, error) {
		return client.PostForm(u, url.Values{"username": {name}, "password": {password}, "id": {id[1]}})
	}, s.Issuer+"/login/username")
	to, err := url.Parse(back.Header.Get("Location"))
	if err != nil || to.Query().Get("code") == "" {
		t.Fatalf("the provider sends nobody back: %d %s %s", back.StatusCode, back.Header.Get("Location"), back.body)
	}
	return to.Query()
}

type page struct {
	*http.Response
	body string
}

func read(t *testing.T, do func(string) (*http.Response, error), address string) page {
	t.Helper()
	r, err := do(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{r, string(body)}
}
