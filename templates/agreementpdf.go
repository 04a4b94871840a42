package templates

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"shuyuan/internal/pdf"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/templates/text"
)

// CheckPath is where anybody checks an agreement.
const CheckPath = "/agreements/check"

// checkHref is the address that checks one agreement.
func checkHref(number, sha256 string) string {
	return CheckPath + "?number=" + url.QueryEscape(number) + "&sha256=" + url.QueryEscape(sha256)
}

// AgreementFile is the name of the file of a signed edition.
func AgreementFile(number string, edition int, suffix string) string {
	return fmt.Sprintf("使用协议-%s-第%d稿.%s", number, edition, suffix)
}

// AgreementPDF is an edition that both sides signed, as a document to keep: the
// text as it was signed, who signed it, when and how, and what was signed since.
// It says nothing that changes by itself: whether it is in force is told by the
// page that its code leads to. It is in the language of the text.
func AgreementPDF(a *licensing.Application, g *licensing.Agreement, all []licensing.Agreement, base string) ([]byte, error) {
	ctx := text.With(context.Background(), text.Chinese)
	title, body, _ := strings.Cut(g.Body, "\n")
	d, err := pdf.New(pdf.Info{
		Title: title + " " + a.Number, Subject: "SHA-256 " + g.SHA256, Author: a.Dataset.Department.Name, Lang: "zh-CN", Made: g.SignedAt(),
		Foot: fmt.Sprintf("%s　第 %d 稿", a.Number, g.Edition),
	})
	if err != nil {
		return nil, err
	}
	d.Title(title)
	d.Text(body)
	d.Keep(125) // signatures and seal stand together
	d.Heading("签署")
	signer := func(side, name, by string, at time.Time, method string) {
		d.Pair(side, name)
		d.Pair("签署人", by+"，"+at.In(workdays.Zone).Format("2006-01-02 15:04:05")+"（北京时间）")
		d.Pair("确认身份", signedHow(ctx, method))
	}
	signer("甲方", a.Dataset.Department.Name, g.Provider, *g.ProviderAt, g.ProviderMethod)
	signer("乙方", a.Name, g.UserName, *g.UserAt, g.UserMethod)
	d.Pair("原文 SHA-256", g.SHA256)
	d.Pair("版本", fmt.Sprintf("第 %d 稿，%s", g.Edition, g.Template))
	for i := range all {
		if later := &all[i]; later.Edition > g.Edition {
			d.Pair("后来的版本", fmt.Sprintf("第 %d 稿，SHA-256 %s", later.Edition, later.SHA256))
		}
	}
	if a.Grant != "" {
		d.Pair("授权", a.Grant)
	}
	says := "扫码，或者打开 " + base + CheckPath + "，填编号和 SHA-256，核对这份协议是不是双方签的、现在有没有效。\n原文是不带排版的文本，它的 SHA-256 写在上面；在平台上可以下载原文核算。"
	if err := d.Seal([4]string{"双", "方", "已", "签"}, a.Number, base+checkHref(a.Number, g.SHA256), strings.ReplaceAll(says, "\n", "")); err != nil {
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

// signedHow names how whoever signed had shown who they are.
func signedHow(ctx context.Context, method string) string {
	switch method {
	case "sign-in":
		return text.T(ctx, "登录时确认")
	case "password":
		return text.T(ctx, "再次输入密码")
	case "totp":
		return text.T(ctx, "验证器的验证码")
	case "recovery":
		return text.T(ctx, "恢复码")
	case "passkey":
		return text.T(ctx, "通行密钥")
	case "identity":
		return text.T(ctx, "统一身份认证")
	}
	return text.T(ctx, "没有记录")
}

// CheckPage is where anybody checks an agreement by its number and hash.
type CheckPage struct {
	Frame
	Number, SHA256 string
	Proof          *licensing.Proof // nil: nothing was asked yet, or there is none
	Mistake        Mistake
}

// proofSays is what is told of an agreement.
func proofSays(ctx context.Context, p licensing.Proof, now time.Time) string {
	switch {
	case p.Replaced:
		return text.T(ctx, "已由后来的版本代替。")
	case p.EndedAt != nil && !p.EndedAt.After(now):
		return text.T(ctx, "已于 %s 终止。", Day(*p.EndedAt))
	case p.Grant == licensing.Suspended:
		return text.T(ctx, "授权现在暂停。")
	}
	return text.T(ctx, "现在有效。")
}

// agreementHref is where the files of an edition are.
func agreementHref(p ApplicationPage, g *licensing.Agreement, suffix string) string {
	return p.path() + "/agreement/" + strconv.Itoa(g.Edition) + "/" + suffix
}
