package statement

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

const deliveryPredicate = "/ns/delivery-receipt/v1" // below the address of the portal

// Delivery is an in-toto Statement v1 by which the platform says that it handed the
// bytes of its subject over to whoever holds it, for what and until when. It names
// neither buyer nor order: those are commitments (I-41), which whoever has the salt can
// open, and nobody else.
type Delivery struct {
	Type          string    `json:"_type"`
	Subject       []Subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     Handed    `json:"predicate"`
}

// Handed is what a receipt of delivery says of its file.
type Handed struct {
	Number    string    `json:"receipt"`
	Product   string    `json:"product"`
	Version   string    `json:"version"`
	Title     string    `json:"title"`
	TitleEN   string    `json:"titleEn,omitempty"`
	Statement Digest    `json:"statement"` // of the version's sources, with which it was stamped
	Form      string    `json:"form"`      // of the copy
	Bytes     int64     `json:"bytes"`
	Order     Digest    `json:"order"`    // Commit of its number
	Contract  Digest    `json:"contract"` // likewise
	Purpose   string    `json:"purpose"`  // code
	From      time.Time `json:"from"`
	Until     time.Time `json:"until,omitzero"` // zero: without an end
	HandedAt  time.Time `json:"handedAt"`
	Issuer    string    `json:"issuer"` // address of the portal
	Verify    string    `json:"verify"`
}

// Commit hides a number behind a salt, so that only whoever knows both can show that it
// is the one.
func Commit(salt, number string) Digest {
	sum := sha256.Sum256([]byte("shuyuan-delivery-1\n" + salt + "\n" + number))
	return Digest{hex.EncodeToString(sum[:])}
}

// NewDelivery is the receipt of the portal at base for a copy of that name and digest.
func NewDelivery(base, name string, file Digest, h Handed) *Delivery {
	h.HandedAt, h.From = h.HandedAt.In(shanghai), h.From.In(shanghai)
	if !h.Until.IsZero() {
		h.Until = h.Until.In(shanghai)
	}
	base = strings.TrimRight(base, "/")
	h.Issuer, h.Verify = base, base+"/verify"
	return &Delivery{Type: Type, Subject: []Subject{{Name: name, Digest: file}}, PredicateType: base + deliveryPredicate, Predicate: h}
}

// Payload is the receipt as it is signed.
func (d *Delivery) Payload() ([]byte, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	return json.Marshal(d)
}

// ParseDelivery reads a payload. It refuses what is no receipt of delivery of ours.
func ParseDelivery(payload []byte) (*Delivery, error) {
	var d Delivery
	if err := json.Unmarshal(payload, &d); err != nil {
		return nil, fmt.Errorf("receipt of delivery: %w", err)
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	return &d, nil
}

func (d *Delivery) check() error {
	p := &d.Predicate
	switch {
	case d.Type != Type || !strings.HasSuffix(d.PredicateType, deliveryPredicate) || len(d.Subject) != 1:
		return errors.New("receipt of delivery: it is none")
	case d.Subject[0].Name == "" || len(d.Subject[0].Digest.SHA256) != 64 || len(p.Statement.SHA256) != 64 || p.Number == "" || p.Product == "" || p.Version == "" || p.Title == "" || p.Form == "":
		return errors.New("receipt of delivery: it does not say of what")
	case len(p.Order.SHA256) != 64 || len(p.Contract.SHA256) != 64 || p.Purpose == "":
		return errors.New("receipt of delivery: it does not say under what")
	case p.HandedAt.IsZero() || p.From.IsZero() || p.HandedAt.Before(p.From) || !p.Until.IsZero() && !p.HandedAt.Before(p.Until):
		return errors.New("receipt of delivery: handed over outside its term")
	}
	return nil
}

// Commits reports whether the receipt is of the order and the contract of those numbers.
func (d *Delivery) Commits(salt, order, contract string) bool {
	return d.Predicate.Order == Commit(salt, order) && d.Predicate.Contract == Commit(salt, contract)
}

// Lines are what people read of a receipt of delivery, in Chinese or English.
func (d *Delivery) Lines(english bool) []string {
	p := &d.Predicate
	at := p.HandedAt.In(shanghai).Format("2006-01-02 15:04:05")
	if english {
		until := "without an end"
		if !p.Until.IsZero() {
			until = "until " + p.Until.In(shanghai).Format("2006-01-02")
		}
		return []string{
			fmt.Sprintf("Receipt of delivery %s, handed over on %s (UTC+8)", p.Number, at),
			fmt.Sprintf("Product: %s, version %s, “%s”", p.Product, p.Version, or(p.TitleEN, p.Title)),
			fmt.Sprintf("Copy: %s, %d bytes, SHA-256 %s", d.Subject[0].Name, p.Bytes, d.Subject[0].Digest.SHA256),
			fmt.Sprintf("Purpose: %s; to be used from %s, %s", p.Purpose, p.From.In(shanghai).Format("2006-01-02"), until),
			"Check it at: " + p.Verify,
		}
	}
	until := "没有截止日"
	if !p.Until.IsZero() {
		until = "至 " + p.Until.In(shanghai).Format("2006-01-02")
	}
	return []string{
		fmt.Sprintf("交付凭证 %s，%s（北京时间）交付", p.Number, at),
		fmt.Sprintf("产品：%s 第 %s 版《%s》", p.Product, p.Version, p.Title),
		fmt.Sprintf("副本：%s，%d 字节，SHA-256 %s", d.Subject[0].Name, p.Bytes, d.Subject[0].Digest.SHA256),
		fmt.Sprintf("用途：%s；使用期限：%s %s", p.Purpose, p.From.In(shanghai).Format("2006-01-02"), until),
		"核验：" + p.Verify,
	}
}
