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
	b, err := s.document(data.Bytes())
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// document sets the pages.
func (s Stamp) document(data []byte) ([]byte, error) {
	n, d, c := s.Notice(), &s.Statement.Predicate, s.content()
	title := "来源说明：" + d.Product.Title
	doc, err := pdf.New(pdf.Info{Title: title, Subject: d.Product.ID + " " + d.Product.Version, Author: d.Product.Developer.Name, Lang: "zh-CN", Made: d.SealedAt, Foot: d.Product.ID + "  " + d.Product.Version})
	if err != nil {
		return nil, err
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
	doc.Pair("内容  Content", fmt.Sprintf("data.csv：%d 行，%d 列  %d rows, %d columns", c.Rows, len(c.Columns), c.Rows, len(c.Columns)))
	doc.Heading("来源和获取日期")
	doc.Text(strings.Join(n.Text, "\n"))
	doc.Heading("Sources and dates of acquisition")
	doc.Text(strings.Join(n.TextEN, "\n"))
	doc.Heading("摘要  Digests (SHA-256)")
	doc.Pair("内容  Content", n.Content.SHA256)
	doc.Pair("声明  Statement", n.Statement.SHA256)
	if err := doc.Code(n.Verify, "扫码核验这份文件。数据和签名在附件 data.csv 和 stamp.dsse.json 里。\nScan to verify this file. The data and the signature are attached as data.csv and stamp.dsse.json."); err != nil {
		return nil, err
	}
	doc.Note(font)
	doc.Attach(fileStamp, "DSSE", s.envelope)
	doc.Attach("data.csv", strconv.FormatInt(c.Rows, 10), data)
	doc.Metadata(s.xmp(title))
	return doc.Bytes()
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
