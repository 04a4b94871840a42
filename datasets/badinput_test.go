package datasets_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// packed is an archive of a table and one file beside it.
func packed(t *testing.T, name, content string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range [][2]string{{"a.csv", "甲\n1\n"}, {name, content}} {
		in, err := w.Create(f[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// placedPhoto is the beginning of a picture that says where it was taken.
const placedPhoto = "\xff\xd8\xff\xe1\x00\x40Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x25\x88\x04\x00\x01\x00\x00\x00\x1a\x00\x00\x00"

// What a file carries that nobody sees who only opens it is published by nobody
// who has not seen it, by the command or as an upload (U07, U45, U46).
func TestDocumentsAndPicturesWaitForAPerson(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	for _, x := range []struct{ id, name, content, kind string }{
		{"U07 PDF with a script", "a.pdf", "%PDF-1.4\n1 0 obj <</S/JavaScript/JS(app.alert(1))>> endobj\n%%EOF", "script"},
		{"U07 PDF that opens a program", "a.pdf", "%PDF-1.4\n1 0 obj <</S/Launch/F(cmd.exe)>> endobj\n%%EOF", "launch"},
		{"U45 picture with its place", "a.zip", packed(t, "现场.jpg", placedPhoto), "picture-place"},
		{"U45 picture with its place in a PDF", "a.pdf", "%PDF-1.4\n1 0 obj <<>> stream\n" + placedPhoto + "\nendstream endobj\n%%EOF", "picture-place"},
		{"U46 PDF with its author", "a.pdf", "%PDF-1.4\n1 0 obj <</Author(Zhang San)>> endobj\n%%EOF", "author"},
		{"U46 PDF with an earlier revision", "a.pdf", "%PDF-1.4\n1 0 obj <<>> endobj\n%%EOF\n2 0 obj <<>> endobj\n%%EOF\n", "earlier-revision"},
		{"U46 PDF with its author beside a table", "a.zip", packed(t, "说明.pdf", "%PDF-1.4\n1 0 obj <</Author(Zhang San)>> endobj\n%%EOF"), "author"},
	} {
		t.Run(x.id, func(t *testing.T) {
			id := c.Resource(t, d)
			if _, err := c.Service.AddVersion(t.Context(), who, d, id, datasets.NewVersion{FileName: x.name, Content: strings.NewReader(x.content)}); fault.KindOf(err) != fault.Invalid {
				t.Errorf("added unseen: %v", err)
			}
			u := sent(t, c, who, id, x.name, x.content)
			if len(u.Findings) != 1 || u.Findings[0].Kind != x.kind {
				t.Errorf("found: %+v", u.Findings)
			}
			if _, err := c.Service.PublishUpload(t.Context(), who, u.ID, datasets.Publication{}); fault.KindOf(err) != fault.Invalid {
				t.Errorf("published unseen: %v", err)
			}
			c.Approve(t, who, u.ID)
			if _, err := c.Service.PublishUpload(t.Context(), who, u.ID, datasets.Publication{Reviewed: "看过，可以公开"}); err != nil {
				t.Errorf("reviewed: %v", err)
			}
		})
	}
}

// Where an upload goes is for its department's own files, and what is refused
// leaves nothing behind (U30–U32).
func TestUploadsGoToOwnFilesAlone(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	id := c.Resource(t, d)
	elsewhere := func(d *datasets.Dataset) { d.Department = c.Department(t) }
	open := c.Resource(t, c.Dataset(t, elsewhere))
	draft := c.Resource(t, c.Dataset(t, elsewhere, func(d *datasets.Dataset) { d.Status = datasets.Draft }))
	before := state(t, c)
	for _, x := range []struct {
		name, resource string
		kind           fault.Kind
	}{
		{"U30 a path", "../../x", fault.NotFound},
		{"U30 a path behind an id", id + "/../../x", fault.NotFound},
		{"U30 an absolute path", "/etc/passwd", fault.NotFound},
		{"U30 NUL", id + "\x00", fault.NotFound},
		{"U30 bytes that are no text", "\xff\xfe", fault.NotFound},
		{"U31 of another department", open, fault.Forbidden},
		{"U31 of another department, that nobody may know of", draft, fault.NotFound},
		{"U31 in another case", strings.ToUpper(id), fault.NotFound},
		{"U32 of a megabyte", strings.Repeat("a", 1<<20), fault.NotFound},
		{"U32 none", "", fault.NotFound},
	} {
		t.Run(x.name, func(t *testing.T) {
			// as the id of an upload it is nobody's
			if _, err := c.Service.Upload(t.Context(), who, x.resource); fault.KindOf(err) != fault.NotFound {
				t.Errorf("shown: %v", err)
			}
			if _, err := c.Service.AppendUpload(t.Context(), who, x.resource, datasets.Chunk{Reader: strings.NewReader("x")}); fault.KindOf(err) != fault.NotFound {
				t.Errorf("written to: %v", err)
			}
			if _, err := c.Service.StartUpload(t.Context(), who, datasets.NewUpload{ResourceID: x.resource, FileName: "a.csv", Bytes: 1}); fault.KindOf(err) != x.kind {
				t.Errorf("begun: %v, want %v", err, x.kind)
			}
			if diff := cmp.Diff(before, state(t, c)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if page, err := c.Service.Uploads(t.Context(), who, 0, 10); err != nil || page.Total != 0 {
		t.Errorf("%d uploads, %v", page.Total, err)
	}
}

// A name is what people see of a file and nothing else: it is cleaned or
// refused, and the bytes lie under their digest (U33–U36).
func TestNamesOfFilesAreCleanedOrRefused(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	for _, x := range []struct{ id, name, want string }{ // want: empty if refused
		{"U33 up and down", `..\..\a.csv`, "a.csv"},
		{"U33 up", "../../a.csv", "a.csv"},
		{"U33 from a drive", `C:\Users\张三\a.csv`, "a.csv"},
		{"U33 from another machine", `\\server\share\a.csv`, "a.csv"},
		{"U33 without an ending", `..\..\a`, ""},
		{"U33 a folder", "a.csv/", ""},
		{"U33 dots", "..", ""},
		{"U34 a device", "con.csv", "_con.csv"},
		{"U34 a device in capitals", "NUL.tar.csv", "_NUL.tar.csv"},
		{"U34 a numbered device", "Com¹.csv", "_Com¹.csv"},
		{"U34 a device and a blank", "aux .csv", "_aux .csv"},
		{"U34 no device", "console.csv", "console.csv"},
		{"U34 no device either", "公交con.csv", "公交con.csv"},
		{"U35 4,000 bytes", strings.Repeat("a", 3996) + ".csv", ""},
		{"U35 more bytes than characters", strings.Repeat("长", 100) + ".csv", ""},
		{"U35 as long as may be", strings.Repeat("长", 78) + ".csv", strings.Repeat("长", 78) + ".csv"},
		{"U36 NUL", "a\x00.csv", ""},
		{"U36 CR and LF", "a\r\nSet-Cookie: x=y.csv", ""},
		{"U36 LF", "a\nb.csv", ""},
		{"U36 turned round", "a\u202evsc.exe.csv", ""},
		{"U36 isolated", "a\u2066b.csv", ""},
		{"U36 an end that nobody sees", "a.exe\u200b.csv", ""},
		{"U36 bytes that are no text", "\xff.csv", ""},
		{"U36 disguised", "a.csv\u202e.exe", ""},
		{"U36 characters in parts", "e\u0301.csv", "é.csv"},
	} {
		t.Run(x.id, func(t *testing.T) {
			id := c.Resource(t, d)
			before := state(t, c)
			u, err := c.Service.StartUpload(t.Context(), who, datasets.NewUpload{ResourceID: id, FileName: x.name, Bytes: 4})
			if x.want == "" {
				if fault.KindOf(err) != fault.Invalid {
					t.Errorf("begun: %v", err)
				}
				if _, err := c.Service.AddVersion(t.Context(), who, d, id, datasets.NewVersion{FileName: x.name, Content: strings.NewReader("a\n1\n")}); fault.KindOf(err) != fault.Invalid {
					t.Errorf("added: %v", err)
				}
				if diff := cmp.Diff(before, state(t, c)); diff != "" {
					t.Error(diff)
				}
				return
			}
			if err != nil || u.FileName != x.want {
				t.Fatalf("an upload is called %+v, %v", u, err)
			}
			if err := c.Service.DiscardUpload(t.Context(), who, u.ID); err != nil {
				t.Error(err)
			}
			v, err := c.Service.AddVersion(t.Context(), who, d, id, datasets.NewVersion{FileName: x.name, Content: strings.NewReader("a\n1\n")})
			if err != nil || v.FileName != x.want {
				t.Fatalf("a version is called %+v, %v", v, err)
			}
			if got, err := content(c.Service.Original(t.Context(), account.Actor{}, v)); err != nil || got != "a\n1\n" || v.SHA256 == "" {
				t.Errorf("%q of %s, %v", got, v.SHA256, err)
			}
		})
	}
}
