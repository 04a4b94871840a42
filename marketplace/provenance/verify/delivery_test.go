package verify_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"shuyuan/marketplace/provenance/certificate"
	"shuyuan/marketplace/provenance/stamptest"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
)

// handed is a receipt of delivery for a copy, signed by the key of a log.
func handed(t testing.TB, l *stamptest.Log, copied []byte, change ...func(*statement.Handed)) (verify.Proof, []byte) {
	t.Helper()
	h := statement.Handed{
		Number: "JF-2026-000001", Product: "PRD-2026-000412", Version: "2.1.0", Title: "示例：路况", Statement: statement.Of([]byte("stamp")), Form: "csv", Bytes: int64(len(copied)),
		Order: statement.Commit("salt", "DD-2026-000001"), Contract: statement.Commit("salt", "HT-2026-000001"), Purpose: "industry", From: stamptest.At, Until: stamptest.At.AddDate(1, 0, 0), HandedAt: stamptest.At.Add(time.Hour),
	}
	for _, f := range change {
		f(&h)
	}
	d := statement.NewDelivery("https://data.example.org/", "data.csv", statement.Of(copied), h)
	payload, err := d.Payload()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := certificate.Seal(t.Context(), payload, l.Statement)
	if err != nil {
		t.Fatal(err)
	}
	return verify.Proof{Format: verify.ProofFormat, Envelope: signed.Envelope, Keys: l.Keys, Status: &verify.Status{State: verify.Active}}, signed.Envelope
}

// A receipt of delivery is checked by itself, and a copy by the receipt that lies beside
// it: what was handed over is known again to the byte, and nothing else is.
func TestAReceiptOfDelivery(t *testing.T) {
	l := stamptest.NewLog()
	copied := []byte("station,rides\neast,12\n")
	proof, raw := handed(t, l, copied)
	with := verify.Options{Proofs: []verify.Proof{proof}, Trust: l.Trust()}
	gone := with
	gone.Proofs = []verify.Proof{proof}
	gone.Proofs[0].Status = &verify.Status{State: verify.Recalled}
	forged := proof
	forged.Envelope = bytes.Replace(raw, []byte(`"sig":"`), []byte(`"sig":"AAAA`), 1)
	for name, c := range map[string]struct {
		file    []byte
		o       verify.Options
		verdict verify.Verdict
		code    verify.Code
	}{
		"the receipt":         {raw, with, verify.Valid, verify.DeliveryGenuine},
		"the copy":            {copied, with, verify.Valid, verify.BytesHanded},
		"another copy":        {[]byte("station,rides\neast,13\n"), with, verify.Altered, verify.DeliveryOther},
		"recalled since":      {copied, gone, verify.Lapsed, verify.IsRecalled},
		"keys of a stranger":  {copied, verify.Options{Proofs: with.Proofs}, verify.Unknown, verify.KeysNotTrusted},
		"a forged signature":  {copied, verify.Options{Proofs: []verify.Proof{forged}, Trust: l.Trust()}, verify.Unknown, verify.SignatureBad},
		"a receipt of nobody": {raw, verify.Options{Trust: l.Trust()}, verify.Unknown, verify.NoProof},
	} {
		r, err := verify.File(t.Context(), bytes.NewReader(c.file), int64(len(c.file)), c.o)
		if err != nil {
			t.Fatal(err)
		}
		has := false
		for _, why := range r.Reasons {
			has = has || why.Code == c.code
		}
		if r.Verdict != c.verdict || !has || (r.Verdict == verify.Valid) != (r.Delivery != nil && r.Delivery.Commits("salt", "DD-2026-000001", "HT-2026-000001")) && c.verdict != verify.Lapsed {
			t.Errorf("%s: %s %+v", name, r.Verdict, r.Reasons)
		}
	}
}

// A receipt names neither the order nor the contract, and whoever knows their numbers
// but not the salt cannot show that it is theirs (I-41).
func TestAReceiptOfDeliveryNamesNobody(t *testing.T) {
	_, raw := handed(t, stamptest.NewLog(), []byte("x"))
	opened, err := certificate.Unseal(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"DD-2026-000001", "HT-2026-000001", "salt"} {
		if strings.Contains(string(opened.Payload), word) {
			t.Errorf("it says %s", word)
		}
	}
	d, err := statement.ParseDelivery(opened.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if d.Commits("", "DD-2026-000001", "HT-2026-000001") || d.Commits("salt", "DD-2026-000002", "HT-2026-000001") || d.Commits("salt", "DD-2026-000001", "HT-2026-000002") {
		t.Error("it is of another order")
	}
}

// What says too little is not signed.
func TestWhatIsNoReceiptOfDelivery(t *testing.T) {
	for name, change := range map[string]func(*statement.Handed){
		"no number":         func(h *statement.Handed) { h.Number = "" },
		"no order":          func(h *statement.Handed) { h.Order = statement.Digest{} },
		"no purpose":        func(h *statement.Handed) { h.Purpose = "" },
		"before its term":   func(h *statement.Handed) { h.HandedAt = h.From.Add(-time.Second) },
		"at its end":        func(h *statement.Handed) { h.HandedAt = h.Until },
		"without statement": func(h *statement.Handed) { h.Statement = statement.Digest{} },
	} {
		h := statement.Handed{Number: "JF-2026-000001", Product: "PRD-2026-000412", Version: "2.1.0", Title: "示例", Statement: statement.Of(nil), Form: "csv", Order: statement.Commit("s", "o"), Contract: statement.Commit("s", "c"), Purpose: "industry", From: stamptest.At, Until: stamptest.At.AddDate(1, 0, 0), HandedAt: stamptest.At}
		change(&h)
		if _, err := statement.NewDelivery("https://data.example.org", "data.csv", statement.Of(nil), h).Payload(); err == nil {
			t.Errorf("%s: it was made", name)
		}
	}
}
