package portal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/licensing"
)

// desk is a portal to which files can be uploaded, on a real socket, with a file
// of the Office to upload for.
type desk struct {
	*whole
	addr     string
	staged   string // the folder of the files that are not whole yet
	dataset  *datasets.Dataset
	resource string
	client   http.Client
}

// More who send files: by keys of their own.
const (
	ownKey       persona = "a key for publishing"
	colleagueKey persona = "a colleague's key"
	otherKey     persona = "a key of another department"
)

func newDesk(t *testing.T, configure ...func(*datasets.UploadRules)) *desk {
	t.Helper()
	w := &desk{staged: t.TempDir()}
	w.whole = wholeOn(t, datasetstest.New(t, licensing.Gate{}, datasetstest.Asked, datasetstest.UploadingIn(w.staged, configure...)))
	w.dataset = w.Dataset(t)
	w.resource = w.Resource(t, w.dataset)
	if _, err := w.Accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{
		Identifier: "peer@tests.example", Name: "同事", Password: password, Roles: []account.Role{account.Officer}, Department: w.Office(t).ID,
	}); err != nil {
		t.Fatal(err)
	}
	for who, token := range map[persona]string{ownKey: w.tokens[own], otherKey: w.tokens[other], colleagueKey: w.signIn(t, "peer@tests.example")} {
		a, err := w.Accounts.Actor(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if w.keys[who], _, err = w.Accounts.CreateKey(t.Context(), a, "上传", []string{account.ScopePublish}, 30*24*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	w.addr = w.listen(t)
	w.client.Timeout = 30 * time.Second
	t.Cleanup(w.client.CloseIdleConnections)
	return w
}

const uploadsAt = "/api/v1/uploads"

// tus makes a request of the protocol; headers are pairs of name and value, and
// an empty value takes a header away.
func (w *desk) tus(t *testing.T, who persona, method, at string, body io.Reader, headers ...string) reply {
	t.Helper()
	got, err := w.try(t, who, method, at, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, at, err)
	}
	return got
}

// try is tus where the connection may be ended by another that sends the same file.
func (w *desk) try(t *testing.T, who persona, method, at string, body io.Reader, headers ...string) (reply, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+w.addr+at, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "data.example"
	r.Header.Set("Authorization", "Bearer "+w.keys[who])
	r.Header.Set("Tus-Resumable", "1.0.0")
	if method == http.MethodPatch {
		r.Header.Set("Content-Type", "application/offset+octet-stream")
	}
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	response, err := w.client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, string(all)}, err
}

func metadata(resource, file string) string {
	b := base64.StdEncoding.EncodeToString
	return "filename " + b([]byte(file)) + ",resource " + b([]byte(resource))
}

// create makes room for a file and returns where.
func (w *desk) create(t *testing.T, file string, bytes int) string {
	t.Helper()
	got := w.tus(t, ownKey, http.MethodPost, uploadsAt, nil, "Upload-Length", strconv.Itoa(bytes), "Upload-Metadata", metadata(w.resource, file))
	if got.status != http.StatusCreated {
		t.Fatalf("creating is answered %d: %s", got.status, got.body)
	}
	return strings.TrimPrefix(got.header.Get("Location"), base)
}

func (w *desk) patch(t *testing.T, who persona, at string, offset int, content string, headers ...string) reply {
	t.Helper()
	return w.tus(t, who, http.MethodPatch, at, strings.NewReader(content), append([]string{"Upload-Offset", strconv.Itoa(offset)}, headers...)...)
}

// holds fails unless an upload is told to hold so many bytes.
func (w *desk) holds(t *testing.T, at string, bytes int) {
	t.Helper()
	got := w.tus(t, ownKey, http.MethodHead, at, nil)
	if got.status != http.StatusOK || got.header.Get("Upload-Offset") != strconv.Itoa(bytes) {
		t.Errorf("HEAD: %d, offset %q, want %d", got.status, got.header.Get("Upload-Offset"), bytes)
	}
}

// read has an upload read, as the job does.
func (w *desk) read(t *testing.T, at string) *datasets.Upload {
	t.Helper()
	id := path.Base(at)
	if err := w.Service.ReadReceived(t.Context(), datasets.UploadReceived{ID: id}); err != nil {
		t.Fatal(err)
	}
	u, err := w.Service.Upload(t.Context(), w.actorOf(t, own), id)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// count is how many uploads there are, and how many files lie staged.
func (w *desk) count(t *testing.T) (uploads, files int) {
	t.Helper()
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM uploads`).Scan(&uploads); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(w.staged)
	if err != nil {
		t.Fatal(err)
	}
	return uploads, len(entries)
}

const people = "代码,人口\n350100,842\n350200,531\n"

func TestUploadsSpeakTus(t *testing.T) {
	w := newDesk(t)
	t.Run("OPTIONS tells what is spoken", func(t *testing.T) {
		got := w.tus(t, ownKey, http.MethodOptions, uploadsAt, nil, "Tus-Resumable", "")
		for name, want := range map[string]string{
			"Tus-Version": "1.0.0", "Tus-Resumable": "1.0.0", "Tus-Extension": "creation,creation-with-upload,termination,checksum,expiration",
			"Tus-Checksum-Algorithm": "sha256", "Tus-Max-Size": strconv.Itoa(1 << 30),
		} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
			}
		}
	})
	t.Run("another version", func(t *testing.T) {
		for _, version := range []string{"", "0.2.2", "1.0.1"} {
			at := w.create(t, "a.csv", len(people))
			for method, address := range map[string]string{http.MethodPost: uploadsAt, http.MethodHead: at, http.MethodPatch: at, http.MethodDelete: at} {
				got := w.tus(t, ownKey, method, address, nil, "Tus-Resumable", version, "Upload-Offset", "0")
				if got.status != http.StatusPreconditionFailed || got.header.Get("Tus-Version") != "1.0.0" {
					t.Errorf("%s in version %q: %d, speaks %q", method, version, got.status, got.header.Get("Tus-Version"))
				}
			}
			w.holds(t, at, 0)
		}
	})
	t.Run("creation", func(t *testing.T) {
		at := w.create(t, "a.csv", len(people))
		got := w.tus(t, ownKey, http.MethodHead, at, nil)
		if got.header.Get("Upload-Length") != strconv.Itoa(len(people)) || got.header.Get("Cache-Control") != "no-store" || got.header.Get("Upload-Expires") != "Wed, 25 Nov 2026 02:00:00 GMT" {
			t.Errorf("HEAD says %v", got.header)
		}
		w.holds(t, at, 0)
		for i, piece := range []string{people[:9], people[9:10], people[10:]} {
			offset := strings.Index(people, piece)
			if i == 1 {
				offset = 9
			}
			got := w.patch(t, ownKey, at, offset, piece)
			if got.status != http.StatusNoContent || got.header.Get("Upload-Offset") != strconv.Itoa(offset+len(piece)) {
				t.Fatalf("PATCH at %d: %d %v", offset, got.status, got.header)
			}
		}
		if u := w.read(t, at); u.State != datasets.Reviewing || u.Tables[0].Rows != 2 {
			t.Errorf("%s, %v", u.State, u.Tables)
		}
	})
	t.Run("creation with upload", func(t *testing.T) {
		for _, first := range []string{people, people[:5]} {
			got := w.tus(t, ownKey, http.MethodPost, uploadsAt, strings.NewReader(first), "Content-Type", "application/offset+octet-stream",
				"Upload-Length", strconv.Itoa(len(people)), "Upload-Metadata", metadata(w.resource, "a.csv"))
			if got.status != http.StatusCreated || got.header.Get("Upload-Offset") != strconv.Itoa(len(first)) {
				t.Errorf("%d, offset %q", got.status, got.header.Get("Upload-Offset"))
			}
		}
	})
	t.Run("checksum", func(t *testing.T) {
		at := w.create(t, "a.csv", len(people))
		sum := func(s string) string {
			digest := sha256.Sum256([]byte(s))
			return "sha256 " + base64.StdEncoding.EncodeToString(digest[:])
		}
		for header, want := range map[string]int{sum("another"): 460, "md5 " + base64.StdEncoding.EncodeToString(make([]byte, 16)): 400, "sha256 no base64": 400, "sha256 AAAA": 400, "sha256": 400} {
			if got := w.patch(t, ownKey, at, 0, people[:9], "Upload-Checksum", header); got.status != want {
				t.Errorf("%s: %d, want %d", header, got.status, want)
			}
			w.holds(t, at, 0)
		}
		if got := w.patch(t, ownKey, at, 0, people[:9], "Upload-Checksum", sum(people[:9])); got.status != http.StatusNoContent {
			t.Errorf("the right one: %d", got.status)
		}
		w.holds(t, at, 9)
	})
	t.Run("expiration", func(t *testing.T) {
		at := w.create(t, "a.csv", len(people))
		defer w.Set(datasetstest.Now)
		w.Set(datasetstest.Now.Add(71 * time.Hour))
		if got := w.patch(t, ownKey, at, 0, people[:5]); got.status != http.StatusNoContent {
			t.Fatalf("in time: %d", got.status)
		}
		if got := w.tus(t, ownKey, http.MethodHead, at, nil).header.Get("Upload-Expires"); got != "Sat, 28 Nov 2026 01:00:00 GMT" {
			t.Errorf("with more bytes there is not more time: %s", got)
		}
		w.Set(datasetstest.Now.Add((71 + 73) * time.Hour))
		if err := w.Service.SweepUploads(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, got := range []reply{w.tus(t, ownKey, http.MethodHead, at, nil), w.patch(t, ownKey, at, 5, people[5:])} {
			if got.status != http.StatusGone {
				t.Errorf("too late: %d", got.status)
			}
		}
		if _, err := os.Stat(w.staged + "/" + path.Base(at) + ".part"); !os.IsNotExist(err) {
			t.Errorf("its bytes stay: %v", err)
		}
	})
	t.Run("termination", func(t *testing.T) {
		at := w.create(t, "a.csv", len(people))
		if got := w.patch(t, ownKey, at, 0, people[:5]); got.status != http.StatusNoContent {
			t.Fatalf("%d", got.status)
		}
		if got := w.tus(t, ownKey, http.MethodDelete, at, nil); got.status != http.StatusNoContent {
			t.Fatalf("%d", got.status)
		}
		for _, got := range []reply{w.tus(t, ownKey, http.MethodHead, at, nil), w.patch(t, ownKey, at, 5, people[5:])} {
			if got.status != http.StatusGone {
				t.Errorf("afterwards: %d", got.status)
			}
		}
		if _, err := os.Stat(w.staged + "/" + path.Base(at) + ".part"); !os.IsNotExist(err) {
			t.Errorf("its bytes stay: %v", err)
		}
	})
	t.Run("by session the token stands in a header", func(t *testing.T) {
		for token, want := range map[string]int{w.Accounts.CSRF(w.tokens[own]): http.StatusCreated, "": http.StatusForbidden, w.Accounts.CSRF(w.tokens[other]): http.StatusForbidden} {
			r := w.as(own, http.MethodPost, "/desk/tus", nil)
			got := w.send(t, r, "Tus-Resumable", "1.0.0", "Upload-Length", "9", "Upload-Metadata", metadata(w.resource, "a.csv"), "X-CSRF-Token", token, "Origin", base)
			if got.status != want {
				t.Errorf("%d, want %d: %s", got.status, want, got.body)
			}
		}
		if got := w.send(t, w.as(own, http.MethodPost, uploadsAt, nil), "Tus-Resumable", "1.0.0", "Upload-Length", "9", "Upload-Metadata", metadata(w.resource, "a.csv")); got.status != http.StatusForbidden {
			t.Errorf("the API takes a session: %d", got.status)
		}
	})
}

// What a creation may be like, and what becomes of it.
func TestWhatUploadsAreRefusedFromTheStart(t *testing.T) {
	w := newDesk(t, func(r *datasets.UploadRules) { r.FileBytes = 1 << 20 })
	theirs := w.Resource(t, w.Dataset(t, func(d *datasets.Dataset) { d.Department = w.theirs }))
	hidden := w.Resource(t, w.Dataset(t, func(d *datasets.Dataset) { d.Department, d.Status = w.theirs, datasets.Draft }))
	good := metadata(w.resource, "a.csv")
	for _, c := range []struct {
		name, length, metadata string
		want                   int
	}{
		{"U30 a resource that climbs", "9", metadata("../../x", "a.csv"), 404},
		{"U30 none", "9", metadata("", "a.csv"), 404},
		{"U31 of another department", "9", metadata(theirs, "a.csv"), 403},
		{"U31 of another department, unpublished", "9", metadata(hidden, "a.csv"), 404},
		{"U32 a long id", "9", metadata(strings.Repeat("a", 5000), "a.csv"), 404},
		{"U32 a longer one", "9", metadata(strings.Repeat("a", 9000), "a.csv"), 400},
		{"U33 a name that climbs", "9", metadata(w.resource, `..\..\a.csv`), 201},
		{"U33 with slashes", "9", metadata(w.resource, `../../../etc/a.csv`), 201},
		{"U34 a device of Windows", "9", metadata(w.resource, `con.csv`), 201},
		{"U35 a name of 4,000 bytes", "9", metadata(w.resource, strings.Repeat("a", 4000)+".csv"), 422},
		{"U36 NUL", "9", metadata(w.resource, "a\x00.csv"), 422},
		{"U36 CR LF", "9", metadata(w.resource, "a\r\nX-Evil: 1.csv"), 422},
		{"U36 a mark that turns the name", "9", metadata(w.resource, "a\u202Evsc.exe.csv"), 422},
		{"U36 no UTF-8", "9", metadata(w.resource, "a\xff.csv"), 400},
		{"only an ending", "9", metadata(w.resource, ".csv"), 201},
		{"an ending we do not read", "9", metadata(w.resource, "a.exe"), 422},
		{"no ending", "9", metadata(w.resource, "a"), 422},
		{"no name", "9", metadata(w.resource, ""), 422},
		{"a database", "9", metadata(w.resource, "a.sqlite"), 422},
		{"empty", "0", good, 422},
		{"negative", "-1", good, 400},
		{"no length", "", good, 400},
		{"a length that is none", "0x10", good, 400},
		{"as much as a file may have", "1048576", good, 201},
		{"a byte more", "1048577", good, 413},
		{"more than a number", strings.Repeat("9", 30), good, 400},
		{"metadata that is none", "9", "filename %%%", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, _ := w.count(t)
			got := w.tus(t, ownKey, http.MethodPost, uploadsAt, nil, "Upload-Length", c.length, "Upload-Metadata", c.metadata)
			if got.status != c.want {
				t.Fatalf("%d, want %d: %s", got.status, c.want, got.body)
			}
			after, _ := w.count(t)
			if made := after - before; (c.want == http.StatusCreated) != (made == 1) {
				t.Errorf("%d rows are made", made)
			}
			if got.contains(w.staged, "X-Evil") != "" {
				t.Errorf("it says too much: %s", got.body)
			}
			if got.status != http.StatusCreated {
				return
			}
			var name string
			id := path.Base(got.header.Get("Location"))
			if err := w.Pool.QueryRow(t.Context(), `SELECT file_name FROM uploads WHERE id = $1`, id).Scan(&name); err != nil || strings.ContainsAny(name, `/\`) {
				t.Errorf("it is called %q, %v", name, err)
			}
		})
	}
	if _, files := w.count(t); files != 0 {
		t.Errorf("%d files lie there before a byte came", files)
	}
	megabyte := speak(t, w.addr, "POST "+uploadsAt+" HTTP/1.1\r\nHost: data.example\r\nTus-Resumable: 1.0.0\r\nUpload-Length: 9\r\nUpload-Metadata: "+metadata(strings.Repeat("a", 1<<20), "a.csv")+"\r\n\r\n")
	if len(megabyte.answers) != 1 || megabyte.answers[0].status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("U32 a megabyte: %v", megabyte.answers)
	}
	if got := w.tus(t, ownKey, http.MethodPost, uploadsAt, nil, "Upload-Defer-Length", "1", "Upload-Metadata", good); got.status != 400 {
		t.Errorf("a length to be said later: %d", got.status)
	}
	if got := w.tus(t, key, http.MethodPost, uploadsAt, nil, "Upload-Length", "9", "Upload-Metadata", good); got.status != 403 {
		t.Errorf("a key for reading: %d", got.status)
	}
	if got := w.tus(t, visitor, http.MethodPost, uploadsAt, nil, "Upload-Length", "9", "Upload-Metadata", good, "Authorization", ""); got.status != 401 {
		t.Errorf("nobody: %d", got.status)
	}
}

// formFile is a form with a file as a browser sends it with the token of who's
// session; its part says of itself what header says.
func (w *desk) formFile(t *testing.T, who persona, header textproto.MIMEHeader, content string) (body, media string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("csrf", w.Accounts.CSRF(w.tokens[who]))
	_ = m.WriteField("resource", w.resource)
	part, err := m.CreatePart(header)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(part, content)
	_ = m.Close() // a buffer does not fail
	return b.String(), m.FormDataContentType()
}

// What a form says its file to be is not believed (U10-U12).
func TestAFormTellsNothingOfItsFile(t *testing.T) {
	w := newDesk(t)
	disposition := `form-data; name="file"; filename="a.csv"`
	for name, header := range map[string]textproto.MIMEHeader{
		"U10 text/html":          {"Content-Disposition": {disposition}, "Content-Type": {"text/html"}},
		"U11 a line end in it":   {"Content-Disposition": {disposition}, "Content-Type": {"text/csv\r\nX-Evil: 1\r\nSet-Cookie: a=b"}},
		"U12 nothing":            {"Content-Disposition": {disposition}},
		"another coding":         {"Content-Disposition": {disposition}, "Content-Transfer-Encoding": {"base64"}, "Content-Type": {"image/png"}},
		"U33 a name that climbs": {"Content-Disposition": {`form-data; name="file"; filename="..\\..\\a.csv"`}},
	} {
		t.Run(name, func(t *testing.T) {
			body, media := w.formFile(t, own, header, people)
			r := w.as(own, http.MethodPost, "/desk/uploads", nil)
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			got := w.send(t, r, "Content-Type", media, "Origin", base)
			if got.status != http.StatusSeeOther || got.contains("X-Evil", "a=b") != "" {
				t.Fatalf("%d %v %s", got.status, got.header, got.body)
			}
			if u := w.read(t, got.header.Get("Location")); u.State != datasets.Reviewing || u.Format != "csv" || u.FileName != "a.csv" || u.Bytes != int64(len(people)) {
				t.Errorf("%s %s %q %d", u.State, u.Format, u.FileName, u.Bytes)
			}
		})
	}
	for name, c := range map[string]struct {
		token     persona
		cut, want int
	}{"U76 cut off": {own, 80, 400}, "another's token": {other, 0, 403}} {
		body, media := w.formFile(t, c.token, textproto.MIMEHeader{"Content-Disposition": {disposition}}, people)
		body = body[:len(body)-c.cut]
		r := w.as(own, http.MethodPost, "/desk/uploads", nil)
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		if got := w.send(t, r, "Content-Type", media, "Origin", base); got.status != c.want {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	var open int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM uploads WHERE state IN ('uploading', 'received')`).Scan(&open); err != nil || open != 0 {
		t.Errorf("%d uploads are left half made, %v", open, err)
	}
}

// dial sends the head of a PATCH and some bytes of its body on a connection of
// its own.
func (w *desk) dial(t *testing.T, at string, offset, announced int, content string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "PATCH %s HTTP/1.1\r\nHost: data.example\r\nAuthorization: Bearer %s\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: %d\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: %d\r\n\r\n%s",
		at, w.keys[ownKey], offset, announced, content); err != nil {
		t.Fatal(err)
	}
	return conn
}

// What senders do whose line or program is bad, or who mean harm (U75-U78).
func TestBytesThatDoNotComeAsTheyShould(t *testing.T) {
	w := newDesk(t)
	t.Run("U75 a client at 0 Mbit/s", func(t *testing.T) {
		w.Hurry(300 * time.Millisecond)
		defer w.Hurry(time.Minute)
		at := w.create(t, "a.csv", len(people))
		conn := w.dial(t, at, 0, len(people), people[:7])
		if _, err := io.ReadAll(conn); os.IsTimeout(err) {
			t.Fatal("nobody hangs up")
		}
		w.holds(t, at, 7)
	})
	t.Run("U75 a client that drips", func(t *testing.T) {
		w.Hurry(300 * time.Millisecond)
		defer w.Hurry(time.Minute)
		at := w.create(t, "a.csv", 9000)
		conn := w.dial(t, at, 0, 9000, "")
		hungUp := make(chan struct{})
		go func() {
			defer close(hungUp)
			_, _ = io.ReadAll(conn)
		}()
		drip := time.NewTicker(10 * time.Millisecond)
		defer drip.Stop()
		for sent := 0; ; sent++ {
			select {
			case <-hungUp:
				return
			case <-drip.C:
			}
			if sent == 1000 {
				t.Fatal("1,000 bytes later nobody has hung up")
			}
			_, _ = conn.Write([]byte{'a'}) // it may have hung up just now
		}
	})
	t.Run("U75 the next connection ends one that hangs", func(t *testing.T) {
		at := w.create(t, "a.csv", len(people))
		conn := w.dial(t, at, 0, len(people), people[:7])
		for begin := time.Now(); ; { // until the seven bytes are there
			if st, err := os.Stat(w.staged + "/" + path.Base(at) + ".part"); err == nil && st.Size() == 7 {
				break
			}
			if time.Since(begin) > 20*time.Second {
				t.Fatal("the bytes do not come")
			}
		}
		w.holds(t, at, 7)
		if _, err := io.ReadAll(conn); os.IsTimeout(err) {
			t.Error("the first is not ended")
		}
		if got := w.patch(t, ownKey, at, 7, people[7:]); got.status != http.StatusNoContent {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("U76 fewer bytes than announced", func(t *testing.T) {
		at := w.create(t, "a.csv", len(people))
		conn := w.dial(t, at, 0, 20, people[:13])
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if said, _ := io.ReadAll(conn); !strings.HasPrefix(string(said), "HTTP/1.1 400 ") {
			t.Errorf("it is told %.80q", said)
		}
		w.holds(t, at, 13)
		if got := w.patch(t, ownKey, at, 13, people[13:]); got.status != http.StatusNoContent {
			t.Errorf("%d", got.status)
		}
		if u := w.read(t, at); u.State != datasets.Reviewing {
			t.Errorf("it is %s", u.State)
		}
	})
	t.Run("U76 more bytes than announced", func(t *testing.T) {
		at := w.create(t, "a.csv", len(people))
		conn := w.dial(t, at, 0, 13, people)
		if said, _ := io.ReadAll(conn); !strings.HasPrefix(string(said), "HTTP/1.1 204 ") || !strings.Contains(string(said), "HTTP/1.1 400 ") {
			t.Errorf("it is told %q", said)
		}
		w.holds(t, at, 13)
	})
	t.Run("U76 more bytes than the file", func(t *testing.T) {
		at := w.create(t, "a.csv", 13)
		if got := w.patch(t, ownKey, at, 0, people); got.status != http.StatusBadRequest {
			t.Errorf("%d", got.status)
		}
		w.holds(t, at, 0)
	})
	t.Run("U77 a chunk replayed", func(t *testing.T) {
		at := w.create(t, "a.csv", len(people))
		for i, want := range []int{204, 409, 409} {
			if got := w.patch(t, ownKey, at, 0, people[:13]); got.status != want {
				t.Errorf("time %d: %d", i+1, got.status)
			}
			w.holds(t, at, 13)
		}
		if got := w.patch(t, ownKey, at, 14, people[14:]); got.status != 409 {
			t.Errorf("a chunk from the future: %d", got.status)
		}
	})
	t.Run("U77 two finishes", func(t *testing.T) {
		at := w.create(t, "a.csv", len(people))
		if got := w.patch(t, ownKey, at, 0, people[:13]); got.status != 204 {
			t.Fatal(got.status)
		}
		var both sync.WaitGroup
		var status [2]int
		for i := range status {
			both.Go(func() {
				got, _ := w.try(t, ownKey, http.MethodPatch, at, strings.NewReader(people[13:]), "Upload-Offset", "13")
				status[i] = got.status
			})
		}
		both.Wait()
		for _, got := range status { // 0: ended by the other, which has the last word
			if got != 204 && got != 409 && got != 0 || status == [2]int{204, 204} {
				t.Errorf("%v", status)
			}
		}
		w.holds(t, at, len(people))
		if got := w.patch(t, ownKey, at, len(people), ""); got.status != 204 {
			t.Errorf("the end said again: %d", got.status)
		}
		var read int
		if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE kind = 'upload_received' AND args ->> 'id' = $1`, path.Base(at)).Scan(&read); err != nil || read != 1 {
			t.Errorf("it is to be read %d times, %v", read, err)
		}
		w.read(t, at)
		w.Approve(t, w.actorOf(t, own), path.Base(at))
		for i := range status {
			both.Go(func() {
				status[i] = w.tus(t, ownKey, http.MethodPost, at+"/publish", strings.NewReader(`{}`), "Content-Type", "application/json").status
			})
		}
		both.Wait()
		if !(status == [2]int{200, 409} || status == [2]int{409, 200}) {
			t.Errorf("published twice: %v", status)
		}
		if versions, err := w.Service.Versions(t.Context(), w.actorOf(t, own), w.resource); err != nil || len(versions) != 1 {
			t.Errorf("%d versions, %v", len(versions), err)
		}
		w.holds(t, at, len(people))
	})
	t.Run("U78 another's upload", func(t *testing.T) {
		at := w.create(t, "a.csv", len(people))
		if got := w.patch(t, ownKey, at, 0, people[:13]); got.status != 204 {
			t.Fatal(got.status)
		}
		for _, who := range []persona{otherKey, colleagueKey} {
			for method, got := range map[string]reply{
				"HEAD": w.tus(t, who, http.MethodHead, at, nil), "PATCH": w.patch(t, who, at, 13, people[13:]), "DELETE": w.tus(t, who, http.MethodDelete, at, nil),
			} {
				if got.status != 404 {
					t.Errorf("%s with %s: %d", method, who, got.status)
				}
			}
		}
		if got := w.tus(t, otherKey, http.MethodGet, at, nil); got.status != 404 {
			t.Errorf("another department is told of it: %d", got.status)
		}
		if got := w.tus(t, colleagueKey, http.MethodGet, at, nil); got.status != 200 {
			t.Errorf("a colleague is not told of it: %d", got.status)
		}
		if got := w.tus(t, otherKey, http.MethodPost, at+"/publish", strings.NewReader(`{}`), "Content-Type", "application/json"); got.status != 404 {
			t.Errorf("another department publishes it: %d", got.status)
		}
		w.holds(t, at, 13)
	})
	t.Run("what no upload is", func(t *testing.T) {
		for _, id := range []string{strings.Repeat("a", 26), "..", strings.Repeat("A", 26), strings.Repeat("a", 9000)} {
			if got := w.patch(t, ownKey, uploadsAt+"/"+id, 0, "a"); got.status != 404 && got.status != 400 {
				t.Errorf("%.30s: %d", id, got.status)
			}
		}
		at := w.create(t, "a.csv", len(people))
		if got := w.patch(t, ownKey, at, 0, people, "Content-Type", "text/csv"); got.status != http.StatusUnsupportedMediaType {
			t.Errorf("another type: %d", got.status)
		}
		for _, offset := range []string{"", "-1", "x", "99999999999999999999"} {
			if got := w.patch(t, ownKey, at, 0, people, "Upload-Offset", offset); got.status != 400 {
				t.Errorf("offset %q: %d", offset, got.status)
			}
		}
		w.holds(t, at, 0)
	})
}

// A file is cut off again and again at any byte, in the middle of a chunk, and
// goes on each time where HEAD says: it is the same in the end (faults 3.2).
func TestAFileCutOffAnywhereArrivesWhole(t *testing.T) {
	w := newDesk(t)
	random := rand.New(rand.NewPCG(3, 2))
	var b strings.Builder
	for b.WriteString("编号,数\n"); b.Len() < 1<<20; {
		fmt.Fprintf(&b, "甲%d,%d\n", b.Len(), random.IntN(1e9))
	}
	content := b.String()
	for round := range 5 {
		at := w.create(t, fmt.Sprintf("%d.csv", round), len(content))
		for cuts := 0; ; cuts++ {
			head := w.tus(t, ownKey, http.MethodHead, at, nil)
			offset, err := strconv.Atoi(head.header.Get("Upload-Offset"))
			if err != nil {
				t.Fatalf("HEAD: %d %v", head.status, err)
			}
			if offset == len(content) {
				break
			}
			if cuts >= 12 { // enough: now to the end. What one cut off had sent may still arrive and end it once more
				got, err := w.try(t, ownKey, http.MethodPatch, at, strings.NewReader(content[offset:]), "Upload-Offset", strconv.Itoa(offset))
				if err == nil && got.status != http.StatusNoContent && got.status != http.StatusConflict || cuts == 40 {
					t.Fatalf("%d %s %v", got.status, got.body, err)
				}
				continue
			}
			conn := w.dial(t, at, offset, len(content)-offset, content[offset:offset+random.IntN(min(len(content)-offset, 200_000))])
			if random.IntN(2) == 0 { // without a word, rather than with a reset
				_ = conn.(*net.TCPConn).SetLinger(0)
			}
			conn.Close()
		}
		u := w.read(t, at)
		if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(content))); u.SHA256 != sum || u.State != datasets.Reviewing {
			t.Fatalf("round %d: %s is not %s: %s", round, u.SHA256, sum, u.State)
		}
		if err := w.Service.DiscardUpload(t.Context(), w.actorOf(t, own), u.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, files := w.count(t); files != 0 {
		t.Errorf("%d files are left", files)
	}
}
