package marketplace_test

import (
	"bytes"
	"context"
	"io"
	"testing"

	"shuyuan/internal/blob"
	"shuyuan/marketplace"
	"shuyuan/marketplace/marketplacetest"
	"shuyuan/marketplace/provenance/verify"
)

// The whole line: what left a workspace becomes a product whose stamp says where the
// data is from and when it was acquired, and anybody can check it.
func TestAReleasedResultBecomesASealedProduct(t *testing.T) {
	w := marketplacetest.New(t)
	v := w.Published(t)
	if v.State != marketplace.Published || v.Seal == nil || len(v.Artefacts) != 2 {
		t.Fatalf("%s, %+v, %+v", v.State, v.Seal, v.Artefacts)
	}
	d := v.Seal.Statement.Predicate
	if len(d.Sources) != 1 || d.Sources[0].Slug != "station-visits" || d.Sources[0].Acquired.Date != "2026-11-02" || d.Sources[0].Basis != "machine" || d.Mandate.Authorization != w.Number {
		t.Errorf("it says %+v, %+v", d.Sources, d.Mandate)
	}
	for as, what := range map[string]string{"statement": v.Seal.Digest, "artefact": v.Artefacts[0].SHA256, "content": v.Contents[0].Digest, "version": v.Full()} {
		a, err := w.Products.Verify(t.Context(), what)
		if err != nil || a.Verdict != verify.Valid || a.As != as || a.Said == nil || a.Product != v.Product {
			t.Errorf("%s: %+v (%v)", as, a, err)
		}
	}
	if err := w.Log.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	proof, err := w.Products.Proof(t.Context(), v.Full())
	if err != nil {
		t.Fatal(err)
	}
	if len(proof.Artefacts) != len(v.Artefacts) {
		t.Errorf("the proof lists %+v", proof.Artefacts)
	}
	for _, one := range v.Artefacts {
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
	if a, err := w.Products.Verify(t.Context(), "PRD-2026-999999"); err != nil || a.Verdict != verify.Unknown {
		t.Errorf("%+v, %v", a, err)
	}
}
