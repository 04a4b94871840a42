package statement

import (
	"fmt"
	"slices"
	"strings"
)

// Form names of a Content.
const (
	Table = "table"
	Bytes = "bytes"
)

// Notice is what a file says of its sources without any signature to be read: the
// sentences for people, and the same facts for programs. It follows from the
// statement and from which of its subjects the file is, and from nothing else, so
// that whoever reads the file can make it anew and see whether it was changed.
type Notice struct {
	Text      []string `json:"text"`
	TextEN    []string `json:"textEn"`
	Product   string   `json:"product"`
	Version   string   `json:"version"`
	Sources   []Named  `json:"sources"`
	Declared  []string `json:"declared,omitempty"`
	Subject   int      `json:"subject"` // which of the statement's, from 0
	Content   Digest   `json:"content"`
	Statement Digest   `json:"statement"` // of the payload that is signed
	Verify    string   `json:"verify"`
}

// Named is a source as a notice names it.
type Named struct {
	Department string `json:"department"`
	Dataset    string `json:"dataset"`
	Title      string `json:"title"`
	Version    int    `json:"version"`
	Acquired   string `json:"acquired"` // the day
	Record     string `json:"record"`
	Licence    string `json:"licence"`
	Basis      Basis  `json:"basis"`
}

// Notice is the notice of a file that is the subject at that place. Payload is the
// statement as it was signed.
func (s *Statement) Notice(subject int, payload []byte) Notice {
	d := &s.Predicate
	of := s.Subject[subject]
	n := Notice{
		Text: s.Lines(false, of.Digest.SHA256), TextEN: s.Lines(true, of.Digest.SHA256),
		Product: d.Product.ID, Version: d.Product.Version, Subject: subject, Content: of.Digest, Statement: Of(payload),
		Verify: strings.TrimRight(d.Verify, "/") + "/" + of.Digest.SHA256,
	}
	for _, one := range d.Sources {
		n.Sources = append(n.Sources, Named{
			one.Provider.Department, one.Dataset, one.Title, one.Version, one.Acquired.Date, one.Acquired.Record,
			strings.TrimSpace(one.Licence.Kind + " " + one.Licence.ID), one.Basis,
		})
	}
	for _, one := range d.Declared {
		n.Declared = append(n.Declared, one.Title)
	}
	return n
}

// Page is the notice as a page of text in both languages: a line each, some empty.
func (s *Statement) Page(n Notice) []string {
	p := s.Predicate.Product
	all := []string{"来源说明", "产品：" + p.Title + "（" + p.ID + "，版本 " + p.Version + "）", "开发方：" + p.Developer.Name + "（" + p.Developer.USCC + "）"}
	all = append(append(all, n.Text...), "声明摘要（SHA-256）："+n.Statement.SHA256, "",
		"Provenance", fmt.Sprintf("Product: %s (%s, version %s)", or(p.TitleEN, p.Title), p.ID, p.Version), "Developer: "+p.Developer.Name+" ("+p.Developer.USCC+")")
	all = append(append(all, n.TextEN...), "Digest of the statement (SHA-256): "+n.Statement.SHA256)
	for i, line := range all { // a line is a line, whatever is in a title
		all[i] = strings.Join(strings.FieldsFunc(line, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
	}
	return slices.Clip(all)
}
