package marketplace_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
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
		got, err := w.Products.CheckFile(t.Context(), bytes.NewReader(body), "", func(time.Duration) {})
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

	check("a head of two million columns", bytes.Repeat([]byte("a,"), 2<<20-2), verify.Unknown, verify.TooMuch)

	w.Move(t, p.Number, "1.0.0", marketplace.Recall)
	w.Set(w.Clock().Add(3 * time.Second))
	check("a file of what was recalled", files[stamp.CSV], verify.Lapsed)
	check("its rows", bare, verify.Unstamped, verify.IsRecalled)
	check("JSON of what was recalled", again, verify.Unstamped, verify.NotAsDelivered, verify.IsRecalled)

	for what, body := range map[string]string{"nothing": "", "too much": strings.Repeat("x", 4<<20+1)} {
		if _, err := w.Products.CheckFile(t.Context(), strings.NewReader(body), "", func(time.Duration) {}); fault.Of(err).Field != "file" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A version that was sealed after its key was compromised is genuine to nobody, and one
// from before to everybody.
func TestTheKeyOfASealIsRevoked(t *testing.T) {
	for before, want := range map[string]verify.Verdict{"l.at + interval '1 second'": verify.Valid, "l.at - interval '1 second'": verify.Unknown} {
		w := marketplacetest.New(t)
		v := w.Published(t)
		if err := w.Log.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		var body []byte
		for _, a := range v.Artefacts {
			r, err := w.Store.Open(t.Context(), blob.Digest(a.SHA256))
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(r); err != nil || r.Close() != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Pool.Exec(t.Context(), `INSERT INTO signing_revocations (key_id, compromised_at, reason, leaf) SELECT x.key_id, `+before+`, 'compromised', 0 FROM product_seals x JOIN log_leaves l ON l.seq = x.leaf LIMIT 1`); err != nil {
			t.Fatal(err)
		}
		w.Set(w.Clock().Add(3 * time.Second))
		f, err := w.Products.CheckFile(t.Context(), bytes.NewReader(body), "", func(time.Duration) {})
		if err != nil {
			t.Fatal(err)
		}
		proof, err := w.Products.Proof(t.Context(), v.Full())
		if err != nil {
			t.Fatal(err)
		}
		r, err := verify.File(t.Context(), bytes.NewReader(body), int64(len(body)), verify.Options{TrustLookup: true, Lookup: func(context.Context, string) ([]verify.Proof, error) { return []verify.Proof{*proof}, nil }})
		if err != nil {
			t.Fatal(err)
		}
		if f.Verdict != want || r.Verdict != want {
			t.Errorf("%s: %s %v here, %s %v by its proof", before, f.Verdict, f.Reasons, r.Verdict, r.Reasons)
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

// Whoever sends a file that takes long to read has one read at a time, and its time counted;
// others are served meanwhile.
func TestNobodyKeepsTheCheckerBusyAlone(t *testing.T) {
	w := marketplacetest.New(t)
	v := w.Published(t)
	if err := w.Log.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	var bare []byte
	for _, a := range v.Artefacts {
		if a.Form == stamp.CSV {
			r, err := w.Store.Open(t.Context(), blob.Digest(a.SHA256))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(r)
			if err != nil || r.Close() != nil {
				t.Fatal(err)
			}
			bare = unzipped(t, body, "data.csv")
		}
	}
	_, rows, _ := bytes.Cut(bare, []byte("\n"))
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	data, err := z.Create("data.csv")
	if err == nil {
		_, err = data.Write(bare)
	}
	for block := bytes.Repeat(rows, 1<<20/len(rows)); err == nil && packed.Len() < 1<<20; {
		_, err = data.Write(block)
	}
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	small := []byte("a,b\n1,2\n")
	var took time.Duration
	done := make(chan error, 1)
	go func() {
		f, err := w.Products.CheckFile(t.Context(), bytes.NewReader(packed.Bytes()), "one", func(d time.Duration) { took = d })
		for fault.KindOf(err) == fault.TooMany { // the small one was there first
			f, err = w.Products.CheckFile(t.Context(), bytes.NewReader(packed.Bytes()), "one", func(d time.Duration) { took = d })
		}
		if err == nil && f.Verdict != verify.Unknown {
			err = fmt.Errorf("%s %+v", f.Verdict, f.Reasons)
		}
		done <- err
	}()
	for refused := false; !refused; {
		select {
		case err := <-done:
			t.Fatalf("it was done before anybody else came: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		_, err := w.Products.CheckFile(t.Context(), bytes.NewReader(small), "one", func(time.Duration) {})
		switch f := fault.Of(err); {
		case err == nil:
		case f.Kind == fault.TooMany && f.Retry > 0 && strings.Contains(f.Text(), "上一个文件还没有读完"):
			refused = true
		default:
			t.Fatalf("a second file of the same sender: %v", err)
		}
	}
	if _, err := w.Products.CheckFile(t.Context(), bytes.NewReader(small), "another", func(time.Duration) {}); err != nil {
		t.Errorf("a file of another sender: %v", err)
	}
	if err := <-done; err != nil {
		t.Errorf("what takes long: %v", err)
	}
	if took < 100*time.Millisecond {
		t.Errorf("it is said to have taken %v", took)
	}
	if _, err := w.Products.CheckFile(t.Context(), bytes.NewReader(small), "one", func(time.Duration) {}); err != nil {
		t.Errorf("once it is done: %v", err)
	}
}
