package statement

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

const receiptPredicate = "/ns/download-receipt/v1" // below the address of the portal

// Receipt is an in-toto Statement v1 by which the platform says which bytes it
// supplies as one form of one version of open data (TJ-21.2). Its subject is the file.
// It names nobody who asked for it.
type Receipt struct {
	Type          string    `json:"_type"`
	Subject       []Subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     Received  `json:"predicate"`
}

// Received is what a receipt says of its file.
type Received struct {
	Number   string          `json:"receipt"`
	Dataset  string          `json:"dataset"` // its address, a URI
	Slug     string          `json:"slug"`
	Title    string          `json:"datasetTitle"`
	TitleEN  string          `json:"datasetTitleEn,omitempty"`
	Resource string          `json:"resource"`
	Version  int             `json:"version"`
	Form     string          `json:"form"` // original, csv, json, …
	Table    int             `json:"table,omitempty"`
	Bytes    int64           `json:"bytes"`
	Address  string          `json:"address"` // where these bytes are supplied
	Provider Provider        `json:"provider"`
	Licence  ReceivedLicence `json:"licence"`
	Sample   bool            `json:"sample,omitempty"`

	PublishedAt time.Time `json:"publishedAt"`
	IssuedAt    time.Time `json:"issuedAt"` // in China
	Issuer      string    `json:"issuer"`   // address of the portal
	Verify      string    `json:"verify"`   // the page of this receipt
}

// ReceivedLicence is the licence under which anybody uses the file.
type ReceivedLicence struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	NameEN string `json:"nameEn,omitempty"`
}

// NewReceipt is the receipt of the portal at base for a file of that name and digest.
func NewReceipt(base, name string, file Digest, r Received) *Receipt {
	r.PublishedAt, r.IssuedAt = r.PublishedAt.In(shanghai), r.IssuedAt.In(shanghai)
	return &Receipt{Type: Type, Subject: []Subject{{Name: name, Digest: file}}, PredicateType: strings.TrimRight(base, "/") + receiptPredicate, Predicate: r}
}

// Payload is the receipt as it is signed.
func (r *Receipt) Payload() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	return json.Marshal(r)
}

// ParseReceipt reads a payload. It refuses what is no receipt of ours.
func ParseReceipt(payload []byte) (*Receipt, error) {
	var r Receipt
	if err := json.Unmarshal(payload, &r); err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return &r, nil
}

func (r *Receipt) check() error {
	p := &r.Predicate
	switch {
	case r.Type != Type || !strings.HasSuffix(r.PredicateType, receiptPredicate) || len(r.Subject) != 1:
		return errors.New("receipt: it is none")
	case r.Subject[0].Name == "" || len(r.Subject[0].Digest.SHA256) != 64 || p.Number == "" || p.Title == "" || p.Provider.Department == "" || p.Version < 1 || p.Form == "":
		return errors.New("receipt: it does not say of what")
	case p.IssuedAt.IsZero() || p.IssuedAt.Before(p.PublishedAt):
		return errors.New("receipt: issued before the file was published")
	}
	return nil
}

// Lines are what people read of a receipt, in Chinese or English.
func (r *Receipt) Lines(english bool) []string {
	p := &r.Predicate
	at := p.IssuedAt.In(shanghai).Format("2006-01-02 15:04:05")
	if english {
		return []string{
			fmt.Sprintf("Certificate of download %s, issued on %s (UTC+8)", p.Number, at),
			fmt.Sprintf("File: %s, %d bytes, SHA-256 %s", r.Subject[0].Name, p.Bytes, r.Subject[0].Digest.SHA256),
			fmt.Sprintf("Source: %s, “%s”, version %d; licence: %s", or(p.Provider.DepartmentEN, p.Provider.Department), or(p.TitleEN, p.Title), p.Version, or(p.Licence.NameEN, p.Licence.Name)),
			"Check it at: " + p.Verify,
		}
	}
	return []string{
		fmt.Sprintf("下载凭证 %s，%s（北京时间）签发", p.Number, at),
		fmt.Sprintf("文件：%s，%d 字节，SHA-256 %s", r.Subject[0].Name, p.Bytes, r.Subject[0].Digest.SHA256),
		fmt.Sprintf("来源：%s《%s》第 %d 版；许可：%s", p.Provider.Department, p.Title, p.Version, p.Licence.Name),
		"核验：" + p.Verify,
	}
}
