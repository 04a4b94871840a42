package verify

import (
	"bytes"
	"slices"
	"time"

	"shuyuan/marketplace/provenance/statement"
)

// mostReceipt is how large a certificate of download or a receipt of delivery may be, as
// JSON.
const mostReceipt = 1 << 20

// issued is a statement of the platform about the bytes of one file: a certificate of
// download, or a receipt of delivery.
type issued struct {
	receipt  *statement.Receipt
	delivery *statement.Delivery
}

// at is when it was signed.
func (i *issued) at() time.Time {
	if i.delivery != nil {
		return i.delivery.Predicate.HandedAt
	}
	return i.receipt.Predicate.IssuedAt
}

// file is the digest of the bytes that it is about.
func (i *issued) file() string {
	if i.delivery != nil {
		return i.delivery.Subject[0].Digest.SHA256
	}
	return i.receipt.Subject[0].Digest.SHA256
}

// codes are what is said of it: that it is genuine, that the bytes are those, and that
// they are not.
func (i *issued) codes() (genuine, same, other Code) {
	if i.delivery != nil {
		return DeliveryGenuine, BytesHanded, DeliveryOther
	}
	return ReceiptGenuine, BytesReceived, ReceiptOther
}

// parseReceipt reads an envelope and what was issued in it; nil where it is none.
func parseReceipt(raw []byte) (envelope, *issued, []byte) {
	var e envelope
	if len(raw) > mostReceipt || strict(raw, &e) != nil || e.PayloadType != statement.PayloadType {
		return e, nil, nil
	}
	if r, err := statement.ParseReceipt(e.Payload); err == nil {
		return e, &issued{receipt: r}, e.Payload
	}
	if d, err := statement.ParseDelivery(e.Payload); err == nil {
		return e, &issued{delivery: d}, e.Payload
	}
	return e, nil, nil
}

// openReceipt recognises a file that was issued for another and is nothing else.
func (f *file) openReceipt(s *source) bool {
	if s.size > mostReceipt {
		return false
	}
	raw := make([]byte, s.size)
	if n, _ := s.ReadAt(raw, 0); int64(n) < s.size {
		return false
	}
	if _, r, _ := parseReceipt(raw); r == nil {
		return false
	}
	f.format, f.stamps, f.issued = "receipt", [][]byte{raw}, true
	return true
}

// checkReceipt shows that what was issued is signed, or says why not. It is in no log:
// that it was issued before its key was revoked is believed of the portal alone, which has it.
func (p *Proof) checkReceipt(e envelope, payload []byte, r *issued, o Options) Code {
	keys, err := p.introduced()
	if err != nil {
		return KeysOdd
	}
	signers, why := signedBy(e, payload, keys, r.at())
	if len(signers) == 0 {
		return why
	}
	if !slices.ContainsFunc(signers, func(k Key) bool { return k.Revoked == nil || p.asked }) {
		return KeyRevoked
	}
	if !p.trusted && !p.hangsOn(o.Trust) {
		return KeysNotTrusted
	}
	return ""
}

// receipt answers about what was issued, by the first of the proofs that shows that it
// is genuine. It reports whether one does.
func (c *check) receipt(known []Proof, e envelope, r *issued, payload []byte) bool {
	found := false
	for i := range known {
		p := &known[i]
		if _, _, other := parseReceipt(p.Envelope); !bytes.Equal(other, payload) {
			continue
		}
		found = true
		if why := p.checkReceipt(e, payload, r, c.o); why != "" {
			c.result.because(why)
			c.result.Roots = p.roots()
			continue
		}
		c.result.Reasons, c.result.Roots = nil, p.roots()
		c.result.Receipt, c.result.Delivery, c.result.ReceiptDigest, c.result.Status = r.receipt, r.delivery, statement.Of(payload).SHA256, p.Status
		if !c.lapsed(&proved{status: p.Status}) {
			genuine, _, _ := r.codes()
			c.result.Verdict = Valid
			c.result.because(genuine)
		}
		return true
	}
	if !found {
		c.result.because(NoProof)
	}
	return false
}

// alone checks what was issued for another file, by itself or as its PDF. The words on a
// page are not read: whoever issued it knows the PDFs that it made by their bytes.
func (c *check) alone(raw []byte) error {
	e, r, payload := parseReceipt(raw)
	known, err := c.proofs(statement.Of(payload).SHA256)
	if err != nil || !c.receipt(known, e, r, payload) || c.file.format != "pdf" {
		return err
	}
	if known, err = c.proofs(c.whole); err != nil {
		return err
	}
	for _, p := range known {
		if _, _, about := parseReceipt(p.Envelope); p.asked && bytes.Equal(about, payload) {
			return nil
		}
	}
	c.result.Reasons = slices.DeleteFunc(c.result.Reasons, func(why Reason) bool { return why.Code == ReceiptGenuine || why.Code == DeliveryGenuine })
	if c.o.Lookup != nil || len(c.file.issues) > 0 {
		c.result.Verdict = Altered
		c.result.because(PaperOther)
		c.result.because(c.file.issues...)
		return nil
	}
	c.result.Verdict = Unknown
	c.result.because(PaperNotRead)
	return nil
}

// received looks for what was issued for the bytes of the file.
func (c *check) received() (bool, error) {
	known, err := c.proofs(c.whole)
	if err != nil {
		return false, err
	}
	var other *issued
	for i := range known {
		e, r, payload := parseReceipt(known[i].Envelope)
		switch {
		case r == nil:
		case r.file() != c.whole:
			other = r
		case c.receipt(known[i:i+1], e, r, payload):
			_, same, _ := r.codes()
			c.result.Content = c.whole
			c.result.because(same)
			return true, nil
		}
	}
	if other != nil && len(c.o.Proofs) == 1 { // it was given for this file
		_, _, why := other.codes()
		c.result.Verdict, c.result.Content = Altered, c.whole
		c.result.Reasons = nil
		c.result.because(why)
		return true, nil
	}
	return false, nil
}
