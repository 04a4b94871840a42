package portal_test

import (
	"encoding/base64"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/licensing"
)

// receiving is a portal to which files can be sent, with an entry to send them
// to, and the officer whose it is.
func receiving(t *testing.T) (w *whole, d *datasets.Dataset, who account.Actor) {
	t.Helper()
	w = wholeOn(t, datasetstest.New(t, licensing.Gate{}, datasetstest.Asked, datasetstest.Uploading()))
	who, err := w.Accounts.Actor(t.Context(), w.tokens[own])
	if err != nil {
		t.Fatal(err)
	}
	return w, w.Dataset(t), who
}

// formOf is the form that a browser sends with a file, whose own headers are
// given as they stand.
func formOf(w *whole, resource, headers, content string) *http.Request {
	const boundary = "a-boundary-of-tests"
	field := func(name, value string) string {
		return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	r := httptest.NewRequest(http.MethodPost, "/desk/uploads", strings.NewReader(
		field("csrf", w.Accounts.CSRF(w.tokens[own]))+field("resource", resource)+"--"+boundary+"\r\n"+headers+"\r\n\r\n"+content+"\r\n--"+boundary+"--\r\n"))
	r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	r.Header.Set("Cookie", "__Host-session="+w.tokens[own])
	return r
}

// fileNamed are the headers of a file in a form, as a browser writes them.
func fileNamed(name, more string) string {
	return `Content-Disposition: form-data; name="file"; filename="` + strings.ReplaceAll(name, `"`, "%22") + `"` + more
}

// published publishes the upload that an answer leads to, and returns what a
// visitor is sent from each origin that has it.
func (w *whole) published(t *testing.T, who account.Actor, r reply) (*datasets.Version, map[string]reply) {
	t.Helper()
	location := r.header.Get("Location")
	id := location[strings.LastIndex(location, "/")+1:]
	if err := w.Datasets.ReadReceived(t.Context(), datasets.UploadReceived{ID: id}); err != nil {
		t.Fatal(err)
	}
	w.Approve(t, who, id)
	v, err := w.Datasets.PublishUpload(t.Context(), who, id, datasets.Publication{Reviewed: "看过，可以公开"})
	if err != nil {
		t.Fatal(err)
	}
	address := w.get(t, visitor, "/r/"+v.ResourceID).header.Get("Location")
	response, err := w.Files().Test(httptest.NewRequest(http.MethodGet, address, nil), -1)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return v, map[string]reply{"portal": w.get(t, visitor, address), "files": {status: response.StatusCode, header: response.Header}}
}

// What a file says of itself opens nothing in a browser: the type is of our
// table, whatever the bytes, the name and their sender say, and it comes as
// something to keep, from an origin of no rights (U01–U12).
func TestNoFileIsOpenedInABrowser(t *testing.T) {
	w, d, who := receiving(t)
	const csv, typed = "a,b\n1,2\n", "\r\nContent-Type: "
	for _, c := range []struct{ name, file, more, content, media string }{ // media: empty if refused
		{"U01 page called CSV", "a.csv", "", "<!DOCTYPE html>\n<html><script>alert(1)</script></html>\n", ""},
		{"U01 page after a mark and blanks", "a.csv", "", "\uFEFF \r\n<HTML><script>alert(1)</script></HTML>\n", ""},
		{"U01 script in the head of a CSV", "a.csv", typed + "text/html", "<script>alert(1)</script>,b\n1,2\n", "text/csv; charset=utf-8"},
		{"U02 picture called a page", "a.html", "", "\x89PNG\r\n\x1a\n<script>alert(1)</script>", ""},
		{"U03 CSV called a page", "a.csv.html", "", csv, ""},
		{"U03 page called CSV twice", "a.html.csv", "", csv, "text/csv; charset=utf-8"},
		{"U04 SVG with onload", "a.svg", typed + "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, ""},
		{"U04 SVG called CSV", "a.csv", typed + "image/svg+xml", "<svg onload=\"alert(1)\"/>,b\n1,2\n", "text/csv; charset=utf-8"},
		{"U05 SVG that fetches", "a.svg", "", `<svg><use href="http://127.0.0.1/x"/></svg>`, ""},
		{"U05 SVG called XML", "a.xml", "", `<svg xmlns="http://www.w3.org/2000/svg"><use href="http://127.0.0.1/x"/><use href="/y"/></svg>`, "application/xml"},
		{"U06 XHTML", "a.xml", "", `<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>`, ""},
		{"U06 XML with a style sheet", "a.xml", "", `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="x.xsl"?><r><x><a>1</a></x><x><a>2</a></x></r>`, "application/xml"},
		{"U07 PDF with a script", "a.pdf", "", "%PDF-1.4\n1 0 obj <</S/JavaScript/JS(app.alert(1))>> endobj\n%%EOF", "application/pdf"},
		{"U08 GIF and script at once", "a.csv", "", "GIF89a/*,1\n*/=1;alert(1)\n", ""},
		{"U08 script and CSV at once", "a.csv", typed + "text/javascript", "alert(1)//,b\n1,2\n", "text/csv; charset=utf-8"},
		{"U09 MHTML", "a.mht", typed + "multipart/related", "MIME-Version: 1.0\nContent-Type: multipart/related\n", ""},
		{"U09 MHTML called text", "a.txt", "", "From: x\nMIME-Version: 1.0\n", "text/plain; charset=utf-8"},
		{"U10 sent as a page", "a.csv", typed + "text/html", csv, "text/csv; charset=utf-8"},
		{"U10 sent as JSON", "a.csv", typed + "application/json", csv, "text/csv; charset=utf-8"},
		{"U11 sent with a line end", "a.csv", typed + "text/html;\r\n x=y\r\nSet-Cookie: a=b", csv, "text/csv; charset=utf-8"},
		{"U11 sent as no type", "a.csv", typed + "</script>\x01", csv, ""},
		{"U12 sent without a type", "a.csv", "", csv, "text/csv; charset=utf-8"},
		{"U12 sent with an empty one", "a.csv", typed, csv, "text/csv; charset=utf-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.send(t, formOf(w, w.Resource(t, d), fileNamed(c.file, c.more), c.content))
			if c.media == "" && r.status != http.StatusSeeOther { // refused by its name
				if r.status != 422 && r.status != 400 {
					t.Errorf("answered %d", r.status)
				}
				return
			}
			if r.status != http.StatusSeeOther {
				t.Fatalf("answered %d: %.300s", r.status, r.body)
			}
			if c.media == "" {
				upload := r.header.Get("Location")[strings.LastIndex(r.header.Get("Location"), "/")+1:]
				if err := w.Datasets.ReadReceived(t.Context(), datasets.UploadReceived{ID: upload}); err != nil {
					t.Fatal(err)
				}
				if u, err := w.Datasets.Upload(t.Context(), who, upload); err != nil || u.State != datasets.Rejected {
					t.Errorf("%+v, %v", u, err)
				}
				return
			}
			v, sent := w.published(t, who, r)
			if v.MediaType != c.media {
				t.Errorf("it is %s", v.MediaType)
			}
			if got := sent["portal"].body; got != c.content {
				t.Errorf("the bytes are %q", got)
			}
			for origin, r := range sent {
				harmlessDownload(t, origin, r, c.media, c.file)
			}
		})
	}
}

// harmlessDownload holds an answer with a file to what keeps it from being
// opened.
func harmlessDownload(t *testing.T, origin string, r reply, media, name string) {
	t.Helper()
	for header, want := range map[string]string{"Content-Type": media, "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox", "Set-Cookie": ""} {
		if got := r.header.Get(header); r.status != 200 || got != want {
			t.Errorf("%s: %d, %s: %q, want %q", origin, r.status, header, got, want)
		}
	}
	if kind, params, err := mime.ParseMediaType(r.header.Get("Content-Disposition")); err != nil || kind != "attachment" || params["filename"] != name {
		t.Errorf("%s: %s, %v", origin, r.header.Get("Content-Disposition"), err)
	}
}

// A program says what a file is called and whose it will be; what else it says
// is not listened to (U10–U12, U30–U36 by the protocol of uploads).
func TestWhatAProgramSaysOfAFileIsNotBelieved(t *testing.T) {
	w, d, who := receiving(t)
	foreign := w.Resource(t, w.Dataset(t, func(d *datasets.Dataset) { d.Department = w.theirs }))
	secret, _, err := w.Accounts.CreateKey(t.Context(), who, "上传", []string{account.ScopePublish}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	const csv = "a,b\n1,2\n"
	const to = "{its own}" // stands for a file of the department without a version
	say := func(pairs ...string) []string { return pairs }
	for _, c := range []struct {
		name     string
		metadata []string // names and values
		want     int
		file     string
	}{
		{"U10 sent as a page", say("filename", "a.csv", "resource", to, "filetype", "text/html", "type", "text/html"), 201, "a.csv"},
		{"U11 sent with a line end", say("filename", "a.csv", "resource", to, "filetype", "text/csv\r\nSet-Cookie: a=b"), 201, "a.csv"},
		{"U12 sent without a type", say("filename", "a.csv", "resource", to), 201, "a.csv"},
		{"U30 a path", say("filename", "a.csv", "resource", "../../x"), 404, ""},
		{"U31 of another department", say("filename", "a.csv", "resource", foreign), 403, ""},
		{"U32 as long as may be said", say("filename", "a.csv", "resource", strings.Repeat("a", 6000)), 404, ""},
		{"U32 longer", say("filename", "a.csv", "resource", strings.Repeat("a", 7000)), 400, ""},
		{"U32 none", say("filename", "a.csv"), 404, ""},
		{"U33 up and down", say("filename", `..\..\a.csv`, "resource", to), 201, "a.csv"},
		{"U34 a device", say("filename", "con.csv", "resource", to), 201, "_con.csv"},
		{"U35 4,000 bytes", say("filename", strings.Repeat("a", 3996)+".csv", "resource", to), 422, ""},
		{"U36 NUL", say("filename", "a\x00.csv", "resource", to), 422, ""},
		{"U36 CR and LF", say("filename", "a\r\nSet-Cookie: x=y.csv", "resource", to), 422, ""},
		{"U36 turned round", say("filename", "a\u202evsc.exe.csv", "resource", to), 422, ""},
		{"U36 bytes that are no text", say("filename", "\xff.csv", "resource", to), 400, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var said []string
			for pair := range slices.Chunk(c.metadata, 2) {
				value := pair[1]
				if value == to {
					value = w.Resource(t, d)
				}
				said = append(said, pair[0]+" "+base64.StdEncoding.EncodeToString([]byte(value)))
			}
			before := left(t, w, who)
			request := httptest.NewRequest(http.MethodPost, "/api/v1/uploads", strings.NewReader(csv))
			r := w.send(t, request, "Authorization", "Bearer "+secret, "Tus-Resumable", "1.0.0", "Upload-Length", "8", "Upload-Metadata", strings.Join(said, ","), "Content-Type", "application/offset+octet-stream")
			if r.status != c.want || r.header.Get("Set-Cookie") != "" {
				t.Fatalf("answered %d, want %d: %.300s", r.status, c.want, r.body)
			}
			if c.want != 201 {
				if after := left(t, w, who); after != before {
					t.Errorf("%d uploads, were %d", after, before)
				}
				return
			}
			v, sent := w.published(t, who, r)
			if v.FileName != c.file {
				t.Errorf("called %q", v.FileName)
			}
			for origin, r := range sent {
				harmlessDownload(t, origin, r, "text/csv; charset=utf-8", c.file)
			}
		})
	}
	t.Run("U32 of a megabyte", func(t *testing.T) {
		before := left(t, w, who)
		got := speak(t, w.listen(t), "POST /api/v1/uploads HTTP/1.1\r\nHost: data.example\r\nAuthorization: Bearer "+secret+"\r\nTus-Resumable: 1.0.0\r\nUpload-Length: 8\r\nUpload-Metadata: resource "+strings.Repeat("YWFh", 1<<18)+"\r\n\r\n")
		if len(got.answers) != 1 || got.answers[0].status != http.StatusRequestHeaderFieldsTooLarge || !got.closed || left(t, w, who) != before {
			t.Errorf("%+v", got)
		}
	})
}

// left is how many uploads a department has.
func left(t *testing.T, w *whole, who account.Actor) int {
	t.Helper()
	page, err := w.Datasets.Uploads(t.Context(), who, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return page.Total
}
