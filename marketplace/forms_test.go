package marketplace_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"strings"
	"testing"

	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
	"shuyuan/marketplace"
	"shuyuan/marketplace/marketplacetest"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/verify"
)

// Every form of a table carries the same content and is genuine by itself; a table
// without places is refused as GeoJSON before anything is sealed, and what is declared
// stands in the statement as that.
func TestEveryFormOfASealedTableIsGenuine(t *testing.T) {
	w := marketplacetest.New(t)
	p := w.Made(t)
	w.Built(t, p, w.Release(t))
	var scan bytes.Buffer
	if err := png.Encode(&scan, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	if err := w.Products.AddDeclared(t.Context(), w.Owner, p.Number, "1.0.0", "站点名录", "合同.png", &scan); err != nil {
		t.Fatal(err)
	}
	form := marketplace.VersionForm{Method: "按车站分组计数", Forms: marketplace.Forms}
	if err := w.Products.Describe(t.Context(), w.Owner, p.Number, "1.0.0", form); err != nil {
		t.Fatal(err)
	}
	if err := w.Try(t, p.Number, "1.0.0", marketplace.Check); err == nil || !strings.Contains(fault.Of(err).Text(), "没有表示地点的列") {
		t.Errorf("without a place, as GeoJSON: %v", err)
	}
	form.Forms = []marketplace.Form{stamp.CSV, stamp.JSON, stamp.NDJSON, stamp.XLSX, stamp.Parquet}
	if err := w.Products.Describe(t.Context(), w.Owner, p.Number, "1.0.0", form); err != nil {
		t.Fatal(err)
	}
	v := w.Move(t, p.Number, "1.0.0", marketplace.Check, marketplace.Seal, marketplace.Publish)
	if d := v.Seal.Statement.Predicate.Declared; len(d) != 1 || d[0].Title != "站点名录" || d[0].Basis != "declared" {
		t.Errorf("it declares %+v", d)
	}
	if err := w.Log.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	proof, err := w.Products.Proof(t.Context(), v.Full())
	if err != nil {
		t.Fatal(err)
	}
	forms := map[marketplace.Form]bool{}
	for _, one := range v.Artefacts {
		forms[one.Form] = true
		file, err := w.Store.Open(t.Context(), blob.Digest(one.SHA256))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(file)
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		got, err := verify.File(t.Context(), bytes.NewReader(body), int64(len(body)), verify.Options{TrustLookup: true, Lookup: func(context.Context, string) ([]verify.Proof, error) { return []verify.Proof{*proof}, nil }})
		if err != nil || got.Verdict != verify.Valid || got.Content != v.Contents[0].Digest {
			t.Errorf("%s: %+v (%v)", one.Name, got, err)
		}
	}
	if len(forms) != len(form.Forms) {
		t.Errorf("it was sealed as %v", forms)
	}
}
