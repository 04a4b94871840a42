package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"

	"shuyuan/marketplace/provenance/statement"
)

// mostReceipt is how large a certificate of download may be, as JSON.
const mostReceipt = 1 << 20

// parseReceipt reads an envelope and the certificate of download in it; nil where it is
// none.
func parseReceipt(raw []byte) (envelope, *statement.Receipt, []byte) {
	var e envelope
	if len(raw) > mostReceipt || strict(raw, &e) != nil || e.PayloadType != statement.PayloadType {
		return e, nil, nil
	}
	r, err := statement.ParseReceipt(e.Payload)
	if err != nil {
		return e, nil, nil
	}
	return e, r, e.Payload
}

// openReceipt recognises a file that is a certificate of download and nothing else.
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
	f.format, f.stamps = "receipt", [][]byte{raw}
	return true
}

// checkReceipt shows that a certificate of download is signed, or says why not. It is in
// no log: that it was issued before its key was revoked is believed of the portal alone.
func (p *Proof) checkReceipt(e envelope, payload []byte, r *statement.Receipt, o Options) Code {
	keys, err := p.introduced()
	if err != nil {
		return KeysOdd
	}
	signers, why := signedBy(e, payload, keys, r.Predicate.IssuedAt)
	if len(signers) == 0 {
		return why
	}
	if !slices.ContainsFunc(signers, func(k Key) bool { return k.Revoked == nil || p.trusted }) {
		return KeyRevoked
	}
	if !p.trusted && !p.hangsOn(o.Trust) {
		return KeysNotTrusted
	}
	return ""
}

// receipt answers about a certificate of download, by the first of the proofs that shows
// that it is genuine. It reports whether one does.
func (c *check) receipt(known []Proof, e envelope, r *statement.Receipt, payload []byte) bool {
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
		c.result.Receipt, c.result.ReceiptDigest, c.result.Status = r, statement.Of(payload).SHA256, p.Status
		if !c.lapsed(&proved{status: p.Status}) {
			c.result.Verdict = Valid
			c.result.because(ReceiptGenuine)
		}
		return true
	}
	if !found {
		c.result.because(NoProof)
	}
	return false
}

// isReceipt checks a file that is a certificate of download, or a PDF of one.
func (c *check) isReceipt(raw []byte) (bool, error) {
	e, r, payload := parseReceipt(raw)
	if r == nil {
		return false, nil
	}
	known, err := c.proofs(statement.Of(payload).SHA256)
	if err != nil {
		return true, err
	}
	if c.receipt(known, e, r, payload) && c.file.format == "pdf" {
		c.result.because(PaperNotRead)
		switch issues := c.file.issues; {
		case len(issues) > 0:
			c.result.Verdict = Altered
			c.result.because(issues...)
		case c.result.Verdict == Valid: // whoever made certificates knows theirs by their bytes
			c.result.Verdict = Unknown
		}
	}
	return true, nil
}

// received looks for a certificate of download that speaks for the bytes of the file.
func (c *check) received() (bool, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, c.src.reader()); err != nil {
		return false, err
	}
	raw := hex.EncodeToString(sum.Sum(nil))
	known, err := c.proofs(raw)
	if err != nil {
		return false, err
	}
	var other *statement.Receipt
	for i := range known {
		e, r, payload := parseReceipt(known[i].Envelope)
		switch {
		case r == nil:
		case r.Subject[0].Digest.SHA256 != raw:
			other = r
		case c.receipt(known[i:i+1], e, r, payload):
			c.result.Content = raw
			c.result.because(BytesReceived)
			return true, nil
		}
	}
	if other != nil && len(c.o.Proofs) == 1 { // it was given for this file
		c.result.Verdict, c.result.Content = Altered, raw
		c.result.Reasons = nil
		c.result.because(ReceiptOther)
		return true, nil
	}
	return false, nil
}
