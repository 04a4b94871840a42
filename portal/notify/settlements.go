package notify

import (
	"context"
	netmail "net/mail"
	"strings"
	"time"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/marketplace/refunding"
	"shuyuan/marketplace/settlement"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleSettlements lets workers send the letters about settlements and refunds, of the
// portal at base: to the parties at once, to the exchange as its people want it.
func HandleSettlements(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	if err := jobs.Handle(workers, func(ctx context.Context, n settlement.Letter) error {
		return moneyLetter(ctx, sender, wishes, base, n.Desk, n.Yours, func(langs ...text.Lang) mail.Letter { return Settlement(n, base, langs...) })
	}); err != nil {
		return err
	}
	return jobs.Handle(workers, func(ctx context.Context, n refunding.Letter) error {
		return moneyLetter(ctx, sender, wishes, base, n.Desk, n.Yours, func(langs ...text.Lang) mail.Letter { return Refund(n, base, langs...) })
	})
}

func moneyLetter(ctx context.Context, sender mail.Sender, wishes Wishes, base string, desk, yours bool, letter func(...text.Lang) mail.Letter) error {
	if desk {
		return wished(ctx, sender, wishes, base, following.OnDesk, letter, yours)
	}
	return whatever(ctx, sender, wishes, letter)
}

// Settlement is one letter about a settlement.
func Settlement(n settlement.Letter, base string, langs ...text.Lang) mail.Letter {
	path := "/account/settlements/" + n.Number
	if n.Desk {
		path = "/desk/settlements/" + n.Number
	}
	return aboutMoney(n.ID, n.To, n.Number, n.Words, n.Due, base+path, n.At, langs, templates.SettlementAct, n.Act)
}

// Refund is one letter about a refund.
func Refund(n refunding.Letter, base string, langs ...text.Lang) mail.Letter {
	path := "/orders/" + n.Order + "/refunds/" + n.Number
	if n.Desk {
		path = "/desk/refunds/" + n.Number
	}
	return aboutMoney(n.ID, n.To, n.Number, n.Words, "", base+path, n.At, langs, templates.RefundAct, n.Act)
}

func aboutMoney(id, to, number, words, due, address string, at time.Time, langs []text.Lang, name func(context.Context, string) string, act string) mail.Letter {
	said := func(l text.Lang) string { return name(text.With(context.Background(), l), act) }
	return mail.Letter{
		To:      netmail.Address{Address: to},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return text.In(l, "%s：%s", number, said(l)) }),
		Text: spoken(langs, rule, func(l text.Lang) string {
			lines := []string{text.In(l, "您好。"), "", number + " · " + said(l)}
			if words != "" {
				lines = append(lines, "", "> "+strings.ReplaceAll(words, "\n", "\n> "))
			}
			if due != "" {
				lines = append(lines, text.In(l, "期限：%s", due))
			}
			return strings.Join(append(lines, "", address, "", text.In(l, "这封信由系统自动发出，请不要回复。")), "\n") + "\n"
		}),
		ID:      id,
		Written: at,
	}
}
