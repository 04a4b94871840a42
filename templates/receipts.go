package templates

import (
	"context"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/pdf"
	"shuyuan/internal/workdays"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
	"shuyuan/marketplace/receipts"
	"shuyuan/templates/text"
)

// AskReceiptPage is where a certificate of download of a version is asked for.
type AskReceiptPage struct {
	Frame
	Dataset *datasets.Dataset
	Version *datasets.Version
	Forms   []receipts.Form
	Chosen  string
	Mistake Mistake
	Law     ReceiptLaw
}

// ReceiptPage is a certificate of download.
type ReceiptPage struct {
	Frame
	Found *receipts.Answer
	Law   ReceiptLaw
}

// ReceiptLaw are the texts by which data equals paper: had from the open platform, or
// shared between departments.
type ReceiptLaw struct{ Open, Share []AskedText }

// AskReceiptHref is where a certificate of download of v is asked for.
func AskReceiptHref(v *datasets.Version) string {
	return strings.Replace(strings.TrimSuffix(versionHref(v), "/"), "/d/", "/receipts/of/", 1)
}

// receiptForm is a form as people know it.
func receiptForm(ctx context.Context, kind, format string) string {
	switch kind {
	case receipts.Original:
		return text.T(ctx, "原件 %s", FormatName(format))
	case datasets.CSVBOM:
		return text.T(ctx, "CSV（Excel）")
	}
	return FormatName(kind)
}

// receiptSays is what is true of a certificate or of an open file, in one sentence.
func receiptSays(ctx context.Context, a *receipts.Answer, file bool) string {
	switch {
	case a.Verdict == verify.Lapsed:
		return text.T(ctx, "凭证是真的，这些字节当时由本平台提供；这份数据现在的情况见下。")
	case a.Verdict == verify.Unknown:
		return text.T(ctx, "这里登记过它，但签它的密钥那时已经失效，不能说它是真的。")
	case a.Receipt == nil:
		return text.T(ctx, "这些字节就是本平台无条件开放的一份文件，没有改过。要一份写明时间的签名，可以取下载凭证。")
	case a.As == "file" && file:
		return text.T(ctx, "文件的字节与下载凭证上的一致，凭证的签名有效。")
	case a.As == "file":
		return text.T(ctx, "有一份下载凭证说的就是这个指纹的文件，凭证的签名有效。")
	}
	return text.T(ctx, "这份下载凭证是本平台签发的，签名有效。手里的文件是不是它说的那一份，要核验文件本身。")
}

// issuedAt is the time of a certificate of download, in China.
func issuedAt(t time.Time) string { return t.In(workdays.Zone).Format("2006-01-02 15:04:05") }

// ReceiptPDF is a certificate of download on paper: the same bytes each time.
func ReceiptPDF(r *receipts.Receipt, base string) ([]byte, error) {
	ctx := text.With(context.Background(), text.Chinese)
	p, file := &r.Said.Predicate, r.Said.Subject[0]
	d, err := pdf.New(pdf.Info{Title: "下载凭证 " + p.Number, Subject: "SHA-256 " + file.Digest.SHA256, Author: base, Lang: "zh-CN", Made: r.IssuedAt, Foot: p.Number})
	if err != nil {
		return nil, err
	}
	d.Title("下载凭证  Certificate of download")
	d.Pair("编号  Number", p.Number)
	d.Pair("数据  Dataset", p.Title)
	if p.TitleEN != "" {
		d.Pair("Title", p.TitleEN)
	}
	d.Pair("来源  Source", p.Provider.Department)
	if p.Provider.DepartmentEN != "" {
		d.Pair("Department", p.Provider.DepartmentEN)
	}
	d.Pair("文件  File", file.Name)
	d.Pair("版本  Version", text.T(ctx, "第 %d 版", p.Version))
	d.Pair("格式  Form", receiptForm(ctx, p.Form, "")+" "+p.Form)
	d.Pair("字节数  Bytes", Thousands(p.Bytes))
	d.Pair("SHA-256", file.Digest.SHA256)
	d.Pair("许可  Licence", p.Licence.Name)
	d.Pair("发布  Published", issuedAt(p.PublishedAt)+"（北京时间）")
	d.Pair("签发  Issued", issuedAt(p.IssuedAt)+"（北京时间 UTC+8）")
	d.Text("本平台在签发时向任何人提供的就是这些字节。凭证说的是文件，不说是谁下载的。")
	d.Text("At the time of issue these are the bytes that the platform supplies to everybody. The certificate speaks for the file and for nobody in particular.")
	if p.Sample {
		d.Note("示例数据。 Sample data.")
	}
	d.Keep(110)
	d.Heading("签名  Signature")
	d.Pair("声明 SHA-256", r.Digest)
	d.Pair("签名密钥  Key", r.Key)
	if err := d.Seal([4]string{"下", "载", "凭", "证"}, p.Number, p.Verify, "扫码，或者打开 "+p.Verify+"，看这份凭证和数据现在的状态。签名的声明在附件 receipt.dsse.json 里。"); err != nil {
		return nil, err
	}
	d.Attach("receipt.dsse.json", "DSSE", r.Envelope)
	return d.Bytes()
}

// receiptOffline is the command that checks a file against a certificate.
func receiptOffline(r *statement.Receipt) string {
	return "shuyuan verify '" + r.Subject[0].Name + "' --proof " + r.Predicate.Number + ".proof.json --trust KEYS"
}

// localOf is an address of this portal without its beginning.
func localOf(base, address string) string { return strings.TrimPrefix(address, base) }
