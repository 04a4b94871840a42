package templates

import (
	"context"
	"time"

	"shuyuan/internal/pdf"
	"shuyuan/internal/workdays"
	reg "shuyuan/marketplace/registration"
	"shuyuan/templates/text"
)

// CertificatePDF is a certificate as a document to keep. It says nothing that changes by
// itself: whether it counts is told by the public page, to which the code leads.
func CertificatePDF(c *reg.Certificate, base string) ([]byte, error) {
	ctx := text.With(context.Background(), text.Chinese)
	title := "数据产品" + spokenOf(ctx, certificateKinds, c.Kind)
	d, err := pdf.New(pdf.Info{Title: title + " " + c.Number, Subject: "SHA-256 " + c.Digest, Author: c.Issuer, Lang: "zh-CN", Made: c.IssuedAt, Foot: c.Number})
	if err != nil {
		return nil, err
	}
	d.Title(title)
	d.Pair("证书编号", c.Number)
	d.Pair("产品", c.Title)
	d.Pair("产品编号和版本", c.Product+"@"+c.Version)
	d.Pair("持有人", c.Holder.Name+"（"+c.Holder.Code+"）")
	if to := c.MovedTo; to != nil {
		d.Pair("转移", "签发以后，产品经营权转移给 "+to.Name+"（"+to.Code+"）")
	}
	d.Pair("签发", c.Issuer)
	d.Pair("签发日期", c.IssuedAt.In(workdays.Zone).Format(time.DateOnly))
	d.Pair("有效期至", c.LastDay().Format(time.DateOnly))
	if c.Replaces != "" {
		d.Pair("代替", c.Replaces)
	}
	d.Pair("办件", c.Case)
	if c.Kind == reg.OfValuation {
		d.Note("评估结论供参考，不是价格。")
	}
	d.Keep(125) // signature and seal stand together
	d.Heading("签名")
	d.Pair("声明 SHA-256", c.Digest)
	d.Pair("签名密钥", c.Key)
	at := base + c.Path()
	words := map[reg.CertificateKind][4]string{reg.OfRegistration: {"产", "品", "登", "记"}, reg.OfCertification: {"合", "规", "认", "证"}, reg.OfValuation: {"资", "产", "评", "估"}}[c.Kind]
	if err := d.Seal(words, c.Number, at, "扫码，或者打开 "+at+"，看这份证书现在的状态，下载签名的声明核对。"); err != nil {
		return nil, err
	}
	return d.Bytes()
}
