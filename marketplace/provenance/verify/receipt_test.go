package verify_test

import (
	"archive/zip"
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"

	"shuyuan/internal/pdf"
	"shuyuan/marketplace/provenance/certificate"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/stamptest"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
)

// Whoever lays a genuine receipt where a stamp lies has no stamp: it is about other bytes,
// whatever carries it, and whoever is asked.
func TestAReceiptIsNoStamp(t *testing.T) {
	s := seal(t, stamptest.Odd(t, 20))
	proof, receipt := handed(t, s.log, []byte("x"))
	about := payloadOf(t, receipt)
	made := []byte("年,数\n2026,999999\n")
	archive := func(files ...string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := 0; i < len(files); i += 2 {
			w, err := z.Create(files[i])
			if err == nil {
				_, err = w.Write([]byte(files[i+1]))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	paper, err := pdf.New(pdf.Info{Title: "数据", Made: stamptest.At})
	if err != nil {
		t.Fatal(err)
	}
	paper.Attach("stamp.dsse.json", "DSSE", receipt)
	paper.Attach("data.csv", "数据", made)
	page, err := paper.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	w := parquet.NewGenericWriter[struct{ A int64 }](&table, parquet.KeyValueMetadata("pd.stamp", string(receipt)), parquet.KeyValueMetadata("pd.sources", "{}"))
	if _, err := w.Write([]struct{ A int64 }{{999999}}); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		"zip of CSV":  archive("data.csv", string(made), "stamp.dsse.json", string(receipt)),
		"zip of else": archive("report.pdf", "%PDF-1.4", "来源说明.txt", "来源", "stamp.dsse.json", string(receipt)),
		"JSON":        []byte(`{"_provenance":{"envelope":` + string(receipt) + `},"data":[{"数":999999}]}`),
		"NDJSON":      []byte(`{"_provenance":{"envelope":` + string(receipt) + `}}` + "\n" + `{"数":999999}` + "\n"),
		"GeoJSON":     []byte(`{"type":"FeatureCollection","_provenance":{"envelope":` + string(receipt) + `},"features":[]}`),
		"PDF":         page,
		"Parquet":     table.Bytes(),
	}
	files["delivered as XLSX"] = rezip(t, s.file(t, stamp.XLSX), func(name string, b []byte) []byte {
		if name != "docProps/custom.xml" {
			return b
		}
		head, _, _ := bytes.Cut(b, []byte("<property "))
		return append(bytes.Clone(head), `<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="pd.stamp"><vt:lpwstr>`+escape(string(receipt))+`</vt:lpwstr></property></Properties>`...)
	})
	asked := verify.Options{TrustLookup: true, Lookup: func(_ context.Context, digest string) ([]verify.Proof, error) {
		if digest == about {
			return []verify.Proof{proof}, nil
		}
		return nil, nil
	}}
	for name, file := range files {
		for how, o := range map[string]verify.Options{"with its proof": {Proofs: []verify.Proof{proof}, Trust: s.log.Trust()}, "asked": asked} {
			r := check(t, file, o)
			if r.Verdict != verify.Unknown && r.Verdict != verify.Altered || r.Delivery != nil || slices.Contains(codes(r), verify.DeliveryGenuine) || r.Verdict == verify.Unknown && !slices.Contains(codes(r), verify.ReceiptNoStamp) {
				t.Errorf("%s, %s: %s %v", name, how, r.Verdict, codes(r))
			}
		}
	}
}

// The PDF of a receipt counts where whoever issued it says that those bytes were made
// there; another with the same receipt attached is not the one.
func TestThePaperOfAReceipt(t *testing.T) {
	l := stamptest.NewLog()
	proof, receipt := handed(t, l, []byte("x"))
	d, err := pdf.New(pdf.Info{Title: "交付凭证", Made: stamptest.At})
	if err != nil {
		t.Fatal(err)
	}
	d.Attach("receipt.dsse.json", "DSSE", receipt)
	paper, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	about := payloadOf(t, receipt)
	changed := append(bytes.Clone(paper), '\n')
	known := func(knows ...string) verify.Options {
		return verify.Options{TrustLookup: true, Lookup: func(_ context.Context, digest string) ([]verify.Proof, error) {
			if slices.Contains(append(knows, about), digest) {
				return []verify.Proof{proof}, nil
			}
			return nil, nil
		}}
	}
	offline := verify.Options{Proofs: []verify.Proof{proof}, Trust: l.Trust()}
	verdict(t, "known by its bytes", check(t, paper, known(statement.Of(paper).SHA256)), verify.Valid, verify.DeliveryGenuine)
	verdict(t, "known by none", check(t, paper, known()), verify.Altered, verify.PaperOther)
	verdict(t, "changed", check(t, changed, known(statement.Of(paper).SHA256)), verify.Altered, verify.PaperOther)
	verdict(t, "changed, without asking", check(t, changed, offline), verify.Altered, verify.PaperOther)
	r := check(t, paper, offline)
	verdict(t, "without asking", r, verify.Unknown, verify.PaperNotRead)
	if slices.Contains(codes(r), verify.DeliveryGenuine) || r.Delivery == nil {
		t.Errorf("%v of %+v", codes(r), r.Delivery)
	}
}

// payloadOf is the digest by which a receipt is asked for.
func payloadOf(t *testing.T, envelope []byte) string {
	t.Helper()
	opened, err := certificate.Unseal(envelope)
	if err != nil {
		t.Fatal(err)
	}
	return statement.Of(opened.Payload).SHA256
}
