package marketplace

import (
	"context"

	"shuyuan/internal/fault"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
)

// Handover is what is known of a receipt of delivery. It names no buyer.
type Handover struct {
	Said     *statement.Delivery
	Envelope []byte // DSSE, in JSON
	Key      string
	Verdict  verify.Verdict
	Lapsed   *fault.Fault // why it no longer counts; nil: it does
	Proof    verify.Proof
}

// Says are the reasons that reading the receipt itself adds.
func (h *Handover) Says() []verify.Reason {
	if h.Verdict != verify.Valid {
		return nil
	}
	return []verify.Reason{verify.DeliveryGenuine.Reason()}
}

// Handovers know receipts of delivery by the digest of their statement.
type Handovers interface {
	Issued(ctx context.Context, digest string) (*Handover, error)
}
