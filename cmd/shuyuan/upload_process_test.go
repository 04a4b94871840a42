package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/database/embedded"
)

// publisher sends files to a running server by a key, as a program does.
type publisher struct {
	*process
	*writer
	key string
}

func newPublisher(t testing.TB, p *process) *publisher {
	t.Helper()
	s := &publisher{process: p, writer: newWriter(t, p.data)}
	url, err := embedded.RunningURL(filepath.Join(p.data, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	const secret = "correct horse battery"
	accounts := account.NewService(pool, account.Config{Argon2: account.Argon2{MemoryKiB: 64, Passes: 1, Lanes: 1}}, time.Now)
	if _, err := accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{
		Identifier: "officer@tests.example", Name: "专员", Roles: []account.Role{account.Officer}, Department: s.officer.Department, Password: secret,
	}); err != nil {
		t.Fatal(err)
	}
	session, err := accounts.SignIn(t.Context(), "officer@tests.example", secret, "203.0.113.9", "test")
	if err != nil {
		t.Fatal(err)
	}
	who, err := accounts.Actor(t.Context(), session.Token)
	if err != nil {
		t.Fatal(err)
	}
	if s.key, _, err = accounts.CreateKey(t.Context(), who, "脚本", []string{account.ScopePublish}, 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	return s
}

// ask makes a request of the upload API; headers are pairs of name and value.
func (s *publisher) ask(t testing.TB, method, at string, body io.Reader, headers ...string) (status int, header http.Header, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.base+at, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Tus-Resumable", "1.0.0")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(all)
}

func (s *publisher) create(t testing.TB, file string, bytes int) string {
	t.Helper()
	b := base64.StdEncoding.EncodeToString
	status, header, body := s.ask(t, http.MethodPost, "/api/v1/uploads", nil, "Upload-Length", strconv.Itoa(bytes), "Upload-Metadata", "filename "+b([]byte(file))+",resource "+b([]byte(s.resource)))
	if status != http.StatusCreated {
		t.Fatalf("creating is answered %d: %s", status, body)
	}
	_, id, _ := strings.Cut(header.Get("Location"), "/api/v1/uploads/")
	return "/api/v1/uploads/" + id
}

// offset is how many bytes the server says are durable.
func (s *publisher) offset(t testing.TB, at string) int {
	t.Helper()
	status, header, _ := s.ask(t, http.MethodHead, at, nil)
	n, err := strconv.Atoi(header.Get("Upload-Offset"))
	if status != http.StatusOK || err != nil {
		t.Fatalf("HEAD: %d, offset %q", status, header.Get("Upload-Offset"))
	}
	return n
}

// uploadState is what the API tells of an upload.
type uploadState struct {
	State, SHA256, Reason string
	Progress              struct{ Bytes int64 }
	Tables                []struct{ Rows int64 }
}

func (s *publisher) state(t testing.TB, at string) (u uploadState) {
	t.Helper()
	status, _, body := s.ask(t, http.MethodGet, at, nil)
	if err := json.Unmarshal([]byte(body), &u); err != nil || status != http.StatusOK {
		t.Fatalf("%d: %v: %s", status, err, body)
	}
	return u
}

// killed is the server after kill -9 and a new start.
func (s *publisher) killed(t testing.TB) {
	t.Helper()
	s.signal(syscall.SIGKILL)
	s.exit(t, 10*time.Second)
	s.process = start(t, s.data)
}

// bigFile is a table of about so many bytes that no compression makes small.
func bigFile(bytes int) (content string, rows int64) {
	random := rand.New(rand.NewPCG(9, 9))
	var b strings.Builder
	for b.WriteString("编号,数,说明\n"); b.Len() < bytes; rows++ {
		fmt.Fprintf(&b, "%d,%d.%d,第%x号\n", rows, random.IntN(1e6), random.IntN(100), random.Uint64())
	}
	return b.String(), rows
}

// The server is killed while a file comes in, at three places, and while it is
// read: nothing that was acknowledged is lost, nothing half made shows, and the
// version is the file byte for byte.
func TestAnUploadOutlivesKillNine(t *testing.T) {
	s := newPublisher(t, start(t, t.TempDir()))
	content, rows := bigFile(30 << 20)
	at := s.create(t, "big.csv", len(content))
	random := rand.New(rand.NewPCG(1, 9))
	for range 3 {
		durable := s.offset(t, at)
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		sent := make(chan struct{})
		blow := min(len(content)-1, durable+1+random.IntN(12<<20))
		go func() { // as much as the system takes, while the server dies
			defer close(sent)
			_, _ = fmt.Fprintf(conn, "PATCH %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: %d\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: %d\r\n\r\n",
				at, s.key, durable, len(content)-durable)
			_, _ = io.WriteString(conn, content[durable:blow])
		}()
		<-sent
		s.killed(t)
		conn.Close()
		if now := s.offset(t, at); now < durable || now > blow {
			t.Fatalf("%d bytes were durable, %d sent, and now there are %d", durable, blow, now)
		}
		if u := s.state(t, at); u.State != "uploading" {
			t.Fatalf("it is %s", u.State)
		}
		wants(t, s.base+"/r/"+s.resource, http.StatusNotFound) // nothing of it shows
	}
	durable := s.offset(t, at)
	if status, _, body := s.ask(t, http.MethodPatch, at, strings.NewReader(content[durable:]), "Upload-Offset", strconv.Itoa(durable), "Content-Type", "application/offset+octet-stream"); status != http.StatusNoContent {
		t.Fatalf("%d %s", status, body)
	}
	eventually(t, "it is being read", func() bool { return s.state(t, at).State != "received" })
	if u := s.state(t, at); u.State != "reading" {
		t.Fatalf("it is %s before anybody could be killed", u.State)
	}
	s.killed(t)
	wants(t, s.base+"/r/"+s.resource, http.StatusNotFound)
	var u uploadState
	for begin := time.Now(); u.State != "review"; time.Sleep(50 * time.Millisecond) { // a dead reader is missed after 15 s, and looked for every 15 s
		if u = s.state(t, at); u.State == "rejected" || u.State == "failed" || time.Since(begin) > 3*time.Minute {
			t.Fatalf("it is %+v", u)
		}
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(content))); u.SHA256 != sum || len(u.Tables) != 1 || u.Tables[0].Rows != rows {
		t.Fatalf("%+v, want %s with %d rows", u, sum, rows)
	}
	wants(t, s.base+"/r/"+s.resource, http.StatusNotFound)
	if status, _, body := s.ask(t, http.MethodPost, at+"/publish", strings.NewReader(`{}`), "Content-Type", "application/json"); status != http.StatusConflict {
		t.Fatalf("published without a review: %d %s", status, body)
	}
	letThrough(t, s.pool, s.officer.Department, filepath.Base(at), "")
	if status, _, body := s.ask(t, http.MethodPost, at+"/publish", strings.NewReader(`{}`), "Content-Type", "application/json"); status != http.StatusConflict || !strings.Contains(body, "主管部门确认") {
		t.Fatalf("published while the authority has not confirmed the entry: %d %s", status, body)
	}
	confirm(t, s.pool, s.resource)
	if status, _, body := s.ask(t, http.MethodPost, at+"/publish", strings.NewReader(`{}`), "Content-Type", "application/json"); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	if got := wants(t, s.base+"/d/"+s.resource+"/1/big.csv", http.StatusOK); got != content {
		t.Errorf("the version has %d bytes and is not the file", len(got))
	}
	if left, err := filepath.Glob(filepath.Join(s.data, "uploads", "*")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	succeeds(t, s.data, "check")
}

// The example for programs on the page for developers publishes a file as it
// stands there, once its first lines are filled in.
func TestTheUploadExampleRuns(t *testing.T) {
	s := newPublisher(t, start(t, t.TempDir()))
	page, err := goquery.NewDocumentFromReader(strings.NewReader(wants(t, s.base+"/developers", http.StatusOK)))
	if err != nil {
		t.Fatal(err)
	}
	head, code, ok := strings.Cut(page.Find("#uploads-code").Text(), "\n\n")
	if !ok || strings.Count(head, "\n") != 2 {
		t.Fatalf("the example begins with %q", head)
	}
	dir := t.TempDir()
	const file, before = "代码,人口\n350100,842\n", "代码,人口\n350100,841\n"
	first := s.create(t, "before.csv", len(before))
	if status, _, body := s.ask(t, http.MethodPatch, first, strings.NewReader(before), "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream"); status != http.StatusNoContent {
		t.Fatalf("%d %s", status, body)
	}
	eventually(t, "it is read", func() bool { return s.state(t, first).State == "review" })
	letThrough(t, s.pool, s.officer.Department, filepath.Base(first), time.Now().AddDate(0, 1, 0).Format(time.DateOnly))
	confirm(t, s.pool, s.resource)
	if err := os.WriteFile(filepath.Join(dir, "人口.csv"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "sh", "-eu", "-c", code)
	run.Dir = dir
	run.Env = append(os.Environ(), "KEY="+s.key, "RESOURCE="+s.resource, "FILE=人口.csv")
	said, err := run.CombinedOutput()
	if err != nil || !strings.Contains(string(said), `"version":1`) {
		t.Fatalf("%v\n%s", err, said)
	}
	if got := wants(t, s.base+"/d/"+s.resource+"/1/"+url.PathEscape("人口.csv"), http.StatusOK); got != file {
		t.Errorf("published is %q", got)
	}
}
