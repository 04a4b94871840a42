package receipts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/signing"
	"shuyuan/internal/signing/register"
	"shuyuan/marketplace/marketplacetest"
	"shuyuan/marketplace/provenance/certificate"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
	"shuyuan/marketplace/receipts"
	"shuyuan/templates"
)

// open is a published open dataset of which anybody has the file.
func open(t *testing.T, w *marketplacetest.World, d *datasets.Dataset) (*datasets.Version, []byte) {
	t.Helper()
	v, err := w.Service.Version(t.Context(), account.Actor{}, d.Resources[0].ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	f, err := w.Service.Original(t.Context(), account.Actor{}, v)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(f.Object)
	if err != nil || f.Object.Close() != nil {
		t.Fatal(err)
	}
	return v, raw
}

func checked(t *testing.T, raw []byte, o verify.Options) *verify.Result {
	t.Helper()
	r, err := verify.File(t.Context(), bytes.NewReader(raw), int64(len(raw)), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A certificate says which bytes are supplied, and whoever has the file, the JSON or the
// PDF is told so, here and without asking anybody.
func TestACertificateOfDownload(t *testing.T) {
	w := marketplacetest.New(t)
	s := w.Products.Receipts
	v, raw := open(t, w, w.Grid(t)["published-unconditional"])
	made, err := s.Issue(t.Context(), "network", v.ResourceID, 1, receipts.Form{Kind: receipts.Original})
	if err != nil {
		t.Fatal(err)
	}
	if p := made.Said.Predicate; p.Number[:4] != "XZZ-" || made.SHA256 != statement.Of(raw).SHA256 || p.Bytes != int64(len(raw)) || p.Provider.Department == "" || p.Licence.Name == "" || !strings.HasSuffix(p.IssuedAt.Format(time.RFC3339), "+08:00") {
		t.Fatalf("it says %+v", p)
	}
	paper, err := templates.ReceiptPDF(made, marketplacetest.Base)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Made(t.Context(), made, paper); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		file    []byte
		as      string
		verdict verify.Verdict
	}{
		"the file":                {raw, "file", verify.Valid},
		"the PDF":                 {paper, "paper", verify.Valid},
		"the JSON":                {made.Envelope, "receipt", verify.Valid},
		"a PDF that was changed":  {append(bytes.Clone(paper), '\n'), "receipt", verify.Altered},
		"the file, changed":       {append(bytes.Clone(raw), '\n'), "", verify.Unknown},
		"a JSON that was changed": {bytes.Replace(made.Envelope, []byte(`"sig":"`), []byte(`"sig":"AA`), 1), "", verify.Unknown},
	} {
		f, err := w.Products.CheckFile(t.Context(), bytes.NewReader(x.file), "", func(time.Duration) {})
		if err != nil {
			t.Fatal(err)
		}
		as := ""
		if f.Answer != nil && f.Answer.Open != nil {
			as = f.Answer.As
		}
		if f.Verdict != x.verdict || as != x.as {
			t.Errorf("%s: %s as %q, %+v", name, f.Verdict, as, f.Reasons)
		}
	}

	proof, err := w.Products.Proof(t.Context(), made.Number())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := register.List(t.Context(), w.Pool)
	if err != nil {
		t.Fatal(err)
	}
	o := verify.Options{Proofs: []verify.Proof{*proof}}
	for _, k := range keys {
		o.Trust = append(o.Trust, k.ID)
	}
	other := append(bytes.Clone(raw), '\n')
	for name, x := range map[string]struct {
		file    []byte
		verdict verify.Verdict
	}{"the file": {raw, verify.Valid}, "the PDF": {paper, verify.Unknown}, "the JSON": {made.Envelope, verify.Valid}, "another file": {other, verify.Altered}} {
		if r := checked(t, x.file, o); r.Verdict != x.verdict || x.verdict == verify.Valid && r.Receipt.Predicate.Number != made.Number() {
			t.Errorf("%s offline: %s %+v", name, r.Verdict, r.Reasons)
		}
	}
	if r := checked(t, raw, verify.Options{Proofs: []verify.Proof{*proof}}); r.Verdict == verify.Valid || r.Receipt != nil {
		t.Errorf("believed without a key: %s", r.Verdict)
	}
	var plain verify.Options
	plain.Trust = o.Trust
	if r := checked(t, made.Envelope, plain); r.Verdict != verify.Unknown {
		t.Errorf("without any proof: %s", r.Verdict)
	}
}

// A certificate that was issued after its key was compromised is genuine to nobody, and one
// from before to everybody: here, and to whoever asks for its proof.
func TestTheKeyOfACertificateIsRevoked(t *testing.T) {
	for by, want := range map[time.Duration]verify.Verdict{time.Second: verify.Valid, -time.Second: verify.Unknown} {
		w := marketplacetest.New(t)
		s := w.Products.Receipts
		v, raw := open(t, w, w.Grid(t)["published-unconditional"])
		made, err := s.Issue(t.Context(), "network", v.ResourceID, 1, receipts.Form{Kind: receipts.Original})
		if err != nil {
			t.Fatal(err)
		}
		ask := verify.Options{TrustLookup: true, Lookup: w.Products.Proofs}
		if _, err := w.Pool.Exec(t.Context(), `INSERT INTO signing_revocations (key_id, compromised_at, reason, leaf) VALUES ($1, $2, 'compromised', 0)`, made.Key, made.IssuedAt.Add(by)); err != nil {
			t.Fatal(err)
		}
		w.Set(w.Clock().Add(3 * time.Second)) // answers are kept for a moment
		for name, file := range map[string][]byte{"the JSON": made.Envelope, "the file": raw} {
			f, err := w.Products.CheckFile(t.Context(), bytes.NewReader(file), "", func(time.Duration) {})
			if err != nil {
				t.Fatal(err)
			}
			if r := checked(t, file, ask); r.Verdict != want || f.Verdict != want {
				t.Errorf("%s, compromised by %s: %s %v here, %s %v to whoever asks", name, by, f.Verdict, f.Reasons, r.Verdict, r.Reasons)
			}
		}
	}
}

// A payload of another key, or with another name beside what is signed, is nothing.
func TestForgedCertificates(t *testing.T) {
	w := marketplacetest.New(t)
	v, raw := open(t, w, w.Grid(t)["published-unconditional"])
	made, err := w.Products.Receipts.Issue(t.Context(), "network", v.ResourceID, 1, receipts.Form{Kind: receipts.Original})
	if err != nil {
		t.Fatal(err)
	}
	forged := *made.Said
	forged.Predicate.Provider.Department = "别的部门"
	payload, err := forged.Payload()
	if err != nil {
		t.Fatal(err)
	}
	by, err := certificate.Seal(t.Context(), payload, signerOf{w.Products.Signer})
	if err != nil {
		t.Fatal(err)
	}
	beside := append([]byte(`{"note":"x",`), made.Envelope[1:]...)
	for name, file := range map[string][]byte{"signed with the key of certificates of products": by.Envelope, "with something beside what is signed": beside} {
		f, err := w.Products.CheckFile(t.Context(), bytes.NewReader(file), "", func(time.Duration) {})
		if err != nil {
			t.Fatal(err)
		}
		if f.Verdict == verify.Valid {
			t.Errorf("%s: %s", name, f.Verdict)
		}
	}
	proof, err := w.Products.Proof(t.Context(), made.Number())
	if err != nil {
		t.Fatal(err)
	}
	proof.Envelope = json.RawMessage(by.Envelope)
	o := verify.Options{Proofs: []verify.Proof{*proof}}
	for _, k := range proof.Keys {
		o.Trust = append(o.Trust, k.ID)
	}
	if r := checked(t, raw, o); r.Verdict == verify.Valid {
		t.Error("a certificate signed with another key counts offline")
	}
}

type signerOf struct{ signing.Signer }

func (s signerOf) Sign(ctx context.Context, message []byte) (string, []byte, error) {
	return s.Signer.Sign(ctx, signing.Certificate, message)
}

// What became of the data afterwards is said, and for what is not open there is none.
func TestWhereThereIsNone(t *testing.T) {
	w := marketplacetest.New(t)
	s := w.Products.Receipts
	grid := w.Grid(t)
	d := grid["published-unconditional"]
	v, _ := open(t, w, d)
	original := receipts.Form{Kind: receipts.Original}
	for name, x := range map[string]struct {
		resource string
		number   int
		form     receipts.Form
		kind     fault.Kind
	}{
		"open under conditions":     {grid["published-conditional"].Resources[0].ID, 1, original, fault.Forbidden},
		"a draft":                   {grid["draft-unconditional"].Resources[0].ID, 1, original, fault.NotFound},
		"withheld":                  {grid["published-withheld"].Resources[0].ID, 1, original, fault.NotFound},
		"no such file":              {"nothing", 1, original, fault.NotFound},
		"no such version":           {v.ResourceID, 99, original, fault.NotFound},
		"a package":                 {v.ResourceID, 1, receipts.Form{Kind: "package", Table: 1}, fault.Invalid},
		"a table that is not there": {v.ResourceID, 1, receipts.Form{Kind: "csv", Table: 9}, fault.Invalid},
	} {
		if _, err := s.Issue(t.Context(), "network", x.resource, x.number, x.form); fault.KindOf(err) != x.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := receipts.ParseForm("data.zip"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a form that there is not: %v", err)
	}
	made, err := s.Issue(t.Context(), "network", v.ResourceID, 1, original)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 61 {
		if _, err = s.Issue(t.Context(), "one network", v.ResourceID, 1, original); n < 60 && err != nil {
			t.Fatal(err)
		}
	}
	if fault.KindOf(err) != fault.TooMany {
		t.Errorf("more than sixty in an hour: %v", err)
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE datasets SET status = 'withdrawn', withdrawn_reason = '有误' WHERE id = $1`, d.ID); err != nil {
		t.Fatal(err)
	}
	found, err := s.ByNumber(t.Context(), made.Number())
	if err != nil || found.Verdict != verify.Lapsed || len(found.Reasons) != 1 || !strings.Contains(found.Reasons[0].Text(), "有误") {
		t.Errorf("of withdrawn data: %+v, %v", found, err)
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE download_receipts SET number = 'XZZ-2026-000009'`); err == nil {
		t.Error("a certificate can be changed")
	}
}
