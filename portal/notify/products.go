package notify

import (
	"context"
	netmail "net/mail"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/marketplace"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleProducts lets workers send the letters about products to their developers, of
// the portal at base.
func HandleProducts(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n marketplace.Notice) error {
		mailed, err := onSite(ctx, wishes, n.To, following.Own{Kind: following.OwnGrant, Key: n.ID, Path: productPath(n)}, func(l text.Lang) string { return productSubject(l, n) })
		if err != nil || !mailed {
			return err
		}
		return whatever(ctx, sender, wishes, func(langs ...text.Lang) mail.Letter { return Product(n, base, langs...) })
	})
}

// Product is one letter about a product or a version of it.
func Product(n marketplace.Notice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return productSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return productText(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

// productNumber is the product, or the version of it, that a letter is about.
func productNumber(n marketplace.Notice) string {
	if n.Version != "" {
		return n.Number + "@" + n.Version
	}
	return n.Number
}

func productSubject(lang text.Lang, n marketplace.Notice) string {
	return text.In(lang, "%s：%s", productNumber(n), templates.ProductAct(text.With(context.Background(), lang), n.Act))
}

func productText(lang text.Lang, n marketplace.Notice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	lines := []string{say("您好。"), "", productNumber(n) + " · " + templates.ProductAct(text.With(context.Background(), lang), n.Act), say("产品“%s”。", n.Title)}
	if n.Of != "" {
		lines = append(lines, say("涉及：%s", n.Of))
	}
	if n.Words != "" {
		lines = append(lines, "", "> "+strings.ReplaceAll(n.Words, "\n", "\n> "))
	}
	return strings.Join(append(lines, "", base+productPath(n), "", say("这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}

func productPath(n marketplace.Notice) string {
	if n.Version != "" {
		return "/account/products/" + n.Number + "/versions/" + n.Version
	}
	return "/account/products/" + n.Number
}
