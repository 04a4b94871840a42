package templates

import (
	"context"
	"fmt"
	"strings"

	"shuyuan/internal/pdf"
	"shuyuan/internal/workdays"
	op "shuyuan/licensing/operation"
	"shuyuan/templates/text"
)

// MandatePDF is an authorisation agreement that both sides signed, as a document to
// keep: the text as it was signed, who signed it, when and how. It says nothing that
// changes by itself: whether it is in force is told by the public page, to which the
// code leads.
func MandatePDF(m *op.Mandate, base string) ([]byte, error) {
	ctx := text.With(context.Background(), text.Chinese)
	title, body, _ := strings.Cut(m.Text, "\n")
	d, err := pdf.New(pdf.Info{Title: title + " " + m.Number, Subject: "SHA-256 " + m.SHA256, Author: m.Body.Name, Lang: "zh-CN", Made: *m.BodySigned.At, Foot: m.Number})
	if err != nil {
		return nil, err
	}
	d.Title(title)
	d.Text(body)
	d.Keep(125) // signatures and seal stand together
	d.Heading("签署")
	signer := func(side, name string, s op.Signature) {
		d.Pair(side, name)
		d.Pair("签署人", s.By+"，"+s.At.In(workdays.Zone).Format("2006-01-02 15:04:05")+"（北京时间）")
		d.Pair("确认身份", signedHow(ctx, s.Method))
	}
	signer("甲方", m.Body.Name, m.BodySigned)
	signer("乙方", m.Operator.Name, m.OpSigned)
	d.Pair("原文 SHA-256", m.SHA256)
	d.Pair("版本", m.Template)
	at := base + "/operation/" + m.Number
	if err := d.Seal([4]string{"双", "方", "已", "签"}, m.Number, at, "扫码，或者打开 "+at+"，看这份授权的 SHA-256 和现在的状态。原文是不带排版的文本，它的 SHA-256 写在上面；在平台上可以下载原文核算。"); err != nil {
		return nil, err
	}
	if rare := d.Missing(); rare != "" {
		var codes []string
		for _, r := range rare {
			codes = append(codes, fmt.Sprintf("U+%04X", r))
		}
		d.Note("本文件的字体没有下列字，文中以码位标出，以原文为准：" + strings.Join(codes, "、"))
	}
	return d.Bytes()
}
