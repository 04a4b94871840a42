package marketplace_test

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
	"shuyuan/marketplace"
	"shuyuan/marketplace/marketplacetest"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/verify"
)

// Each of the five answers about a file that somebody sends, whatever it is called: what
// was delivered, what was changed, what lost its stamp, what was taken back, and what is
// of elsewhere.
func TestFilesThatPeopleSend(t *testing.T) {
	w := marketplacetest.New(t)
	p := w.Made(t)
	w.Built(t, p, w.Release(t))
	v := w.Move(t, p.Number, "1.0.0", marketplace.Check, marketplace.Seal, marketplace.Publish)
	if err := w.Log.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	files := map[stamp.Form][]byte{}
	for _, a := range v.Artefacts {
		r, err := w.Store.Open(t.Context(), blob.Digest(a.SHA256))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil || r.Close() != nil {
			t.Fatal(err)
		}
		files[a.Form] = body
	}
	bare := unzipped(t, files[stamp.CSV], "data.csv")
	check := func(what string, body []byte, want verify.Verdict, why ...verify.Code) *marketplace.FileAnswer {
		t.Helper()
		got, err := w.Products.CheckFile(t.Context(), bytes.NewReader(body))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		var codes []verify.Code
		for _, r := range got.Reasons {
			codes = append(codes, r.Code)
		}
		for _, c := range why {
			if !slices.Contains(codes, c) {
				t.Errorf("%s: %v, without %s", what, codes, c)
			}
		}
		if got.Verdict != want {
			t.Errorf("%s: %s %v, want %s", what, got.Verdict, codes, want)
		}
		if known := want != verify.Unknown; known != (got.Answer != nil) {
			t.Errorf("%s: the ledger says %+v", what, got.Answer)
		}
		return got
	}
	for form, body := range files {
		if got := check(string(form)+" as it was delivered", body, verify.Valid, verify.AllWell); got.Format != "" || got.Answer.Product != p.Number {
			t.Errorf("%s: it was read, as %q, and is of %s", form, got.Format, got.Answer.Product)
		}
	}
	// the same content, written anew: it is read, and no longer what was delivered
	again := bytes.Replace(files[stamp.JSON], []byte(`"data":`), []byte(`"data": `), 1)
	if bytes.Equal(again, files[stamp.JSON]) {
		t.Fatal("nothing was changed")
	}
	if got := check("JSON with a blank more", again, verify.Unstamped, verify.NotAsDelivered); got.Format != "json" || got.Content != v.Contents[0].Digest || got.Content != got.Sealed {
		t.Errorf("%+v", got)
	}
	rows := bytes.Index(again, []byte(`"data":`))
	forged := slices.Clone(again)
	at := rows + bytes.IndexAny(forged[rows:], "123456789")
	forged[at] = '1' + (forged[at]-'0')%9
	if got := check("JSON with another number", forged, verify.Altered, verify.ContentDiffers); got.Content == got.Sealed || got.Sealed != v.Contents[0].Digest {
		t.Errorf("%+v", got)
	}
	if got := check("the table alone", bare, verify.Unstamped, verify.NoStamp, verify.ContentKnown); got.Answer.Version != "1.0.0" {
		t.Errorf("%+v", got.Answer)
	}
	check("another table with the same columns", append(slices.Clone(bare), bare[bytes.IndexByte(bare, '\n')+1:]...), verify.Unknown, verify.NoStamp, verify.ContentUnknown)
	check("something else", []byte("a,b\n1,2\n"), verify.Unknown, verify.ContentUnknown)
	check("a zip that is cut off", files[stamp.CSV][:len(files[stamp.CSV])/2], verify.Unknown)

	w.Move(t, p.Number, "1.0.0", marketplace.Recall)
	w.Set(w.Clock().Add(3 * time.Second))
	check("a file of what was recalled", files[stamp.CSV], verify.Lapsed)
	check("its rows", bare, verify.Unstamped, verify.IsRecalled)
	check("JSON of what was recalled", again, verify.Unstamped, verify.NotAsDelivered, verify.IsRecalled)

	for what, body := range map[string]string{"nothing": "", "too much": strings.Repeat("x", 4<<20+1)} {
		if _, err := w.Products.CheckFile(t.Context(), strings.NewReader(body)); fault.Of(err).Field != "file" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func unzipped(t *testing.T, body []byte, name string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
