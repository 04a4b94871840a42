package api_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/licensing"
	"shuyuan/portal/api"
)

// publisher is a world with keys: one that may publish, one that may only read,
// one of another department, and the file that is published to.
type publisher struct {
	*world
	doc                 *openapi3.T
	key, reading, other string
	officer             account.Actor // whose key it is
	resource            string
}

func publishing(t *testing.T) *publisher {
	t.Helper()
	catalogue := datasetstest.New(t, licensing.Gate{}, datasetstest.Asked, datasetstest.Uploading())
	w := &publisher{world: &world{replica(t, catalogue), catalogue}}
	w.doc = w.described(t)
	w.resource = w.Resource(t, w.Dataset(t))
	key := func(identifier string, department int64, scope string) (string, account.Actor) {
		_, err := w.Accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: identifier, Name: "专员", Password: "correct horse battery", Roles: []account.Role{account.Officer}, Department: department})
		if err != nil {
			t.Fatal(err)
		}
		in, err := w.Accounts.SignIn(t.Context(), identifier, "correct horse battery", "203.0.113.7", "test")
		if err != nil {
			t.Fatal(err)
		}
		who, err := w.Accounts.Actor(t.Context(), in.Token)
		if err != nil {
			t.Fatal(err)
		}
		made, _, err := w.Accounts.CreateKey(t.Context(), who, "test", []string{scope}, 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return made, who
	}
	w.key, w.officer = key("a@tests.example", w.Office(t).ID, account.ScopePublish)
	w.reading, _ = key("b@tests.example", w.Office(t).ID, account.ScopeRead)
	w.other, _ = key("c@tests.example", w.Department(t).ID, account.ScopePublish)
	return w
}

// do makes a request of an operation and holds the answer against the document:
// its status, its headers, its body.
func (w *publisher) do(t *testing.T, id, path, body string, want int, headers ...string) answer {
	t.Helper()
	method, o := w.operation(t, id)
	var content io.Reader = http.NoBody
	if body != "" {
		content = strings.NewReader(body)
	}
	request := httptest.NewRequest(method, api.Base+path, content)
	request.Header.Set("Authorization", "Bearer "+w.key)
	for pair := range slices.Chunk(headers, 2) {
		if request.Header.Set(pair[0], pair[1]); pair[1] == "" {
			request.Header.Del(pair[0])
		}
	}
	response, err := w.App().Test(request, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{response.StatusCode, response.Header, all}
	if a.status != want {
		t.Fatalf("%s: %d, want %d: %s", id, a.status, want, a.body)
	}
	fits(t, o, a)
	return a
}

func (w *publisher) operation(t *testing.T, id string) (string, *openapi3.Operation) {
	t.Helper()
	for _, item := range w.doc.Paths.Map() {
		for method, o := range item.Operations() {
			if o.OperationID == id {
				return method, o
			}
		}
	}
	t.Fatalf("there is no operation %s", id)
	return "", nil
}

// creation is the headers that begin an upload, which the document must have as
// required.
func (w *publisher) creation(content string) []string {
	b := base64.StdEncoding.EncodeToString
	return []string{"Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(len(content)), "Upload-Metadata", "filename " + b([]byte("数.csv")) + ",resource " + b([]byte(w.resource))}
}

const sent = "application/offset+octet-stream"

// One upload from its first byte to its dictionary, as the document describes
// it, and every refusal on the way.
func TestWhatChangesSomethingAnswersAsDescribed(t *testing.T) {
	w := publishing(t)
	const content = "城市,数\n福州,1\n厦门,x\n泉州,3\n莆田,4\n"
	begin := w.creation(content)

	a := w.do(t, "createUpload", "/uploads", content[:9], 201, append([]string{"Content-Type", sent}, begin...)...)
	at := strings.TrimPrefix(a.header.Get("Location"), "https://data.example"+api.Base)
	if a.header.Get("Upload-Offset") != "9" || a.header.Get("Upload-Expires") == "" {
		t.Errorf("%v", a.header)
	}
	tus := []string{"Tus-Resumable", "1.0.0"}
	piece := func(offset int, more ...string) []string {
		return append([]string{"Tus-Resumable", "1.0.0", "Content-Type", sent, "Upload-Offset", strconv.Itoa(offset)}, more...)
	}
	w.do(t, "continueUpload", at, "x", 409, piece(3)...)
	w.do(t, "continueUpload", at, "x", 460, piece(9, "Upload-Checksum", "sha256 "+base64.StdEncoding.EncodeToString(make([]byte, 32)))...)
	sum := sha256.Sum256([]byte(content[9:20]))
	w.do(t, "continueUpload", at, content[9:20], 204, piece(9, "Upload-Checksum", "sha256 "+base64.StdEncoding.EncodeToString(sum[:]))...)
	if head := w.do(t, "headUpload", at, "", 200, tus...); head.header.Get("Upload-Offset") != "20" || head.header.Get("Upload-Length") != strconv.Itoa(len(content)) {
		t.Errorf("%v", head.header)
	}
	w.do(t, "publishUpload", at+"/publish", `{"reason":"x"}`, 409, "Content-Type", "application/json")
	w.do(t, "continueUpload", at, content[20:], 204, piece(20)...)
	if err := w.Service.ReadReceived(t.Context(), datasets.UploadReceived{ID: strings.TrimPrefix(at, "/uploads/")}); err != nil {
		t.Fatal(err)
	}
	var u api.Upload
	w.do(t, "getUpload", at, "", 200).into(t, &u)
	if u.State != "review" || len(u.Tables) != 1 || u.Tables[0].Rows != 4 || len(u.Tables[0].Columns) != 2 {
		t.Errorf("%+v", u)
	}
	w.do(t, "publishUpload", at+"/publish", `{"reasons":"x"}`, 400, "Content-Type", "application/json")
	w.do(t, "publishUpload", at+"/publish", "x", 400, "Content-Type", "text/plain")
	w.do(t, "publishUpload", at+"/publish", `{"reason":"x"}`, 409, "Content-Type", "application/json") // before its review
	w.Approve(t, w.officer, strings.TrimPrefix(at, "/uploads/"))
	var made api.Publishing
	w.do(t, "publishUpload", at+"/publish", `{"reason":"第一版","reason_en":"first","reviewed":""}`, 200, "Content-Type", "application/json").into(t, &made)
	if made.Version != 1 || made.Resource != w.resource || made.SHA256 != u.SHA256 {
		t.Errorf("%+v", made)
	}

	given := w.do(t, "createUpload", "/uploads", "", 201, begin...)
	again := strings.TrimPrefix(given.header.Get("Location"), "https://data.example"+api.Base)
	w.do(t, "deleteUpload", again, "", 204, tus...)
	w.do(t, "headUpload", again, "", 410, tus...)
	w.do(t, "continueUpload", again, content, 410, piece(0)...)

	path := "/resources/" + w.resource + "/dictionary"
	file := string(w.get(t, api.Base+path+".csv").body)
	schema := string(w.get(t, api.Base+path+".json").body)
	better := strings.NewReplacer(`"title": "数"`, `"title": "个数"`, `"label": "数"`, `"label": "个数"`).Replace(schema)
	var saved struct {
		Saved   bool
		Changes []struct{ Column, Attribute, After string }
	}
	w.do(t, "putDictionary", path+"?dry_run=1", better, 200, "Content-Type", "application/json").into(t, &saved)
	if saved.Saved || len(saved.Changes) != 1 || saved.Changes[0].After != "个数" {
		t.Errorf("%+v of %s", saved, better)
	}
	w.do(t, "putDictionary", path+"?reason=", better, 422, "Content-Type", "application/json")
	w.do(t, "putDictionary", path+"?reason=x&dry_run=2", better, 400, "Content-Type", "application/json")
	w.do(t, "putDictionary", path+"?reason=x", "no dictionary", 422, "Content-Type", "text/csv")
	w.do(t, "putDictionary", path+"?reason=更正", better, 200, "Content-Type", "application/json").into(t, &saved)
	if !saved.Saved {
		t.Errorf("%+v", saved)
	}
	w.do(t, "putDictionary", path+"?reason=x", file, 200, "Content-Type", "text/csv")
}

// Without what the document calls required nothing is done, and nobody does it
// whom the document keeps out.
func TestWhatTheDocumentRequiresIsRequired(t *testing.T) {
	w := publishing(t)
	const content = "a\n1\n"
	begin := w.creation(content)
	at := strings.TrimPrefix(w.do(t, "createUpload", "/uploads", "", 201, begin...).header.Get("Location"), "https://data.example"+api.Base)
	good := map[string]struct {
		path, body string
		headers    []string
	}{
		"createRequest":  {"/requests", `{}`, []string{"Content-Type", "application/json"}},
		"createUpload":   {"/uploads", "", begin},
		"continueUpload": {at, content, []string{"Tus-Resumable", "1.0.0", "Upload-Offset", "0", "Content-Type", sent}},
		"headUpload":     {at, "", []string{"Tus-Resumable", "1.0.0"}},
		"deleteUpload":   {at, "", []string{"Tus-Resumable", "1.0.0"}},
		"getUpload":      {at, "", nil},
		"publishUpload":  {at + "/publish", `{"reason":"x"}`, []string{"Content-Type", "application/json"}},
		"putDictionary":  {"/resources/" + w.resource + "/dictionary?reason=x", "{}", []string{"Content-Type", "application/json"}},
	}
	described := 0
	for _, item := range w.doc.Paths.Map() {
		for _, o := range item.Operations() {
			if !changes(o) || slices.Contains(o.Tags, "applications") || slices.Contains(o.Tags, "grants") || slices.Contains(o.Tags, "workspaces") { // see TestAnApplicationByProgram and TestAWorkspaceByProgram
				continue
			}
			described++
			g, ok := good[o.OperationID]
			if !ok {
				t.Fatalf("%s is not tried", o.OperationID)
			}
			w.do(t, o.OperationID, g.path, g.body, 401, append([]string{"Authorization", ""}, g.headers...)...)
			w.do(t, o.OperationID, g.path, g.body, 401, append([]string{"Authorization", "Bearer sy_wrong"}, g.headers...)...)
			w.do(t, o.OperationID, g.path, g.body, 403, append([]string{"Authorization", "Bearer " + w.reading}, g.headers...)...)
			nobody := map[string]int{"createRequest": 403, "createUpload": 403, "putDictionary": 403}[o.OperationID]
			if nobody == 0 {
				nobody = 404 // of an upload of others nothing is known
			}
			w.do(t, o.OperationID, g.path, g.body, nobody, append([]string{"Authorization", "Bearer " + w.other}, g.headers...)...)
			for _, p := range o.Parameters {
				if p.Value.In != "header" || !p.Value.Required {
					continue
				}
				want := 400
				if p.Value.Name == "Tus-Resumable" {
					want = 412
				}
				w.do(t, o.OperationID, g.path, g.body, want, append(slices.Clone(g.headers), p.Value.Name, "")...)
				if example, _ := json.Marshal(p.Value.Example); string(example) == "null" {
					t.Errorf("%s: %s has no example", o.OperationID, p.Value.Name)
				}
			}
			if o.OperationID == "continueUpload" || o.OperationID == "createUpload" {
				w.do(t, o.OperationID, g.path, content, 415, append(slices.Clone(g.headers), "Content-Type", "text/csv")...)
			}
			if strings.Contains(g.path, at) {
				w.do(t, o.OperationID, strings.Replace(g.path, at, "/uploads/nosuchupload", 1), g.body, 404, g.headers...)
			}
		}
	}
	for path, methods := range map[string]string{"/requests": "POST", "/uploads": "POST", at: "PATCH", "/resources/" + w.resource + "/dictionary": "PUT"} { // scripts of other origins may
		a := ask(t, w.Server, http.MethodOptions, api.Base+path, "Origin", "https://elsewhere.example", "Access-Control-Request-Method", methods)
		if a.status != http.StatusNoContent || !strings.Contains(a.header.Get("Access-Control-Allow-Methods"), methods) || a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("OPTIONS %s: %d %v", path, a.status, a.header)
		}
	}
	if described != len(good) {
		t.Errorf("%d operations are described, %d are tried", described, len(good))
	}
}
