package stamp

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"shuyuan/datasets/rows"
	"shuyuan/internal/pdf"
)

// font is how the font is called that the pages embed (internal/pdf/font), and its
// licence.
const font = "本页字体／Font: 思源宋体 Noto Serif SC, SIL Open Font License 1.1"

// pdf writes the notice as pages for people, with the table attached.
func (s Stamp) pdf(ctx context.Context, w io.Writer, t Table) error {
	e, err := t.export(rows.ExportOptions{Format: rows.CSV})
	if err != nil {
		return err
	}
	var data bytes.Buffer
	if err := e.Write(ctx, &data); err != nil {
		return err
	}
	c := s.content()
	return s.document(w, attachment{"data.csv", strconv.FormatInt(c.Rows, 10), fmt.Sprintf("data.csv：%d 行，%d 列  %d rows, %d columns", c.Rows, len(c.Columns), c.Rows, len(c.Columns)), data.Bytes()})
}

// attachment is the content within a PDF, and what the page says of it.
type attachment struct {
	name, about, says string
	body              []byte
}

// document sets the pages, and attaches the content.
func (s Stamp) document(w io.Writer, of attachment) error {
	n, d := s.Notice(), &s.Statement.Predicate
	title := "来源说明：" + d.Product.Title
	doc, err := pdf.New(pdf.Info{Title: title, Subject: d.Product.ID + " " + d.Product.Version, Author: d.Product.Developer.Name, Lang: "zh-CN", Made: d.SealedAt, Foot: d.Product.ID + "  " + d.Product.Version})
	if err != nil {
		return err
	}
	doc.Title("来源说明  Provenance")
	doc.Pair("产品", d.Product.Title)
	if d.Product.TitleEN != "" {
		doc.Pair("Product", d.Product.TitleEN)
	}
	doc.Pair("编号  Number", d.Product.ID+"  "+d.Product.Version)
	doc.Pair("开发方  Developer", d.Product.Developer.Name+"（"+d.Product.Developer.USCC+"）")
	if d.Product.Certificate != "" {
		doc.Pair("登记证  Certificate", d.Product.Certificate)
	}
	doc.Pair("内容  Content", of.says)
	doc.Heading("来源和获取日期")
	doc.Text(strings.Join(n.Text, "\n"))
	doc.Heading("Sources and dates of acquisition")
	doc.Text(strings.Join(n.TextEN, "\n"))
	doc.Heading("摘要  Digests (SHA-256)")
	doc.Pair("内容  Content", n.Content.SHA256)
	doc.Pair("声明  Statement", n.Statement.SHA256)
	if err := doc.Code(n.Verify, fmt.Sprintf("扫码核验这份文件。内容和签名在附件 %[1]s 和 %[2]s 里。\nScan to verify this file. The content and the signature are attached as %[1]s and %[2]s.", of.name, fileStamp)); err != nil {
		return err
	}
	doc.Note(font)
	doc.Attach(fileStamp, "DSSE", s.envelope)
	doc.Attach(of.name, of.about, of.body)
	doc.Metadata(s.xmp(title))
	b, err := doc.Bytes()
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// xmp is the notice in the words of Dublin Core and PROV-O (ISO 16684-1).
func (s Stamp) xmp(title string) []byte {
	n := s.Notice()
	var b bytes.Buffer
	text := func(v string) string {
		var out bytes.Buffer
		xml.EscapeText(&out, []byte(v)) //nolint:errcheck // a buffer takes everything
		return out.String()
	}
	b.WriteString(`<?xpacket begin="` + "\uFEFF" + `" id="W5M0MpCehiHzreSzNTczkc9d"?>` + "\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:prov="http://www.w3.org/ns/prov#">`)
	fmt.Fprintf(&b, `<dc:title><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:title><dc:identifier>%s</dc:identifier>`, text(title), text(n.Product+"@"+n.Version))
	b.WriteString(`<dc:source>` + text(strings.Join(n.Text, "\n")) + `</dc:source>`)
	fmt.Fprintf(&b, `<prov:has_provenance>%s</prov:has_provenance><prov:wasDerivedFrom><rdf:Bag>`, text(n.Verify))
	for _, one := range n.Sources {
		fmt.Fprintf(&b, `<rdf:li>%s</rdf:li>`, text(fmt.Sprintf("%s|%s|%s|%d|%s", one.Department, one.Title, one.Dataset, one.Version, one.Acquired)))
	}
	b.WriteString(`</rdf:Bag></prov:wasDerivedFrom></rdf:Description></rdf:RDF></x:xmpmeta>` + "\n" + `<?xpacket end="r"?>`)
	return b.Bytes()
}
