package notify

import (
	"context"
	netmail "net/mail"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/marketplace/offering"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleListings lets workers send the letters about listings, of the portal at base: to
// the seller at once, to the exchange as its people want it.
func HandleListings(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n offering.Letter) error {
		if n.Side == offering.OfExchange {
			return wished(ctx, sender, wishes, base, following.OnDesk, func(langs ...text.Lang) mail.Letter { return Listing(n, base, langs...) }, n.Yours)
		}
		return whatever(ctx, sender, wishes, func(langs ...text.Lang) mail.Letter { return Listing(n, base, langs...) })
	})
}

// Listing is one letter about a listing.
func Listing(n offering.Letter, base string, langs ...text.Lang) mail.Letter {
	act := func(l text.Lang) string {
		return templates.ListingAct(text.With(context.Background(), l), n.Act)
	}
	path := "/account/listings/" + n.Number
	if n.Side == offering.OfExchange {
		path = "/desk/listings/" + n.Number
	}
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return text.In(l, "%s：%s", n.Number, act(l)) }),
		Text: spoken(langs, rule, func(l text.Lang) string {
			title := n.Title
			if l == text.English {
				title = orElse(n.TitleEN, title)
			}
			lines := []string{text.In(l, "您好。"), "", n.Number + " · " + act(l), text.In(l, "关于“%s”：", title)}
			if n.Words != "" {
				lines = append(lines, "", "> "+strings.ReplaceAll(n.Words, "\n", "\n> "))
			}
			if n.Due != "" {
				lines = append(lines, text.In(l, "期限：%s", n.Due))
			}
			return strings.Join(append(lines, "", base+path, "", text.In(l, "这封信由系统自动发出，请不要回复。")), "\n") + "\n"
		}),
		ID:      n.ID,
		Written: n.At,
	}
}
