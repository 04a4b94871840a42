package notify

import (
	"context"
	netmail "net/mail"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/licensing/tender"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleTenders lets workers send the letters about tenders, of the portal at base:
// to bidders and to the panel at once, to desks as their readers want it.
func HandleTenders(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n tender.Letter) error {
		if n.Desk {
			return wished(ctx, sender, wishes, base, following.OnDesk, func(langs ...text.Lang) mail.Letter { return Tender(n, base, langs...) }, n.Yours)
		}
		return whatever(ctx, sender, wishes, func(langs ...text.Lang) mail.Letter { return Tender(n, base, langs...) })
	})
}

// Tender is one letter about a tender.
func Tender(n tender.Letter, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To: netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string {
			return text.In(l, "%s：%s", n.Number, templates.TenderLetterName(l, n.What))
		}),
		Text:    spoken(langs, rule, func(l text.Lang) string { return tenderLetter(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

func tenderLetter(lang text.Lang, n tender.Letter, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	title, from := n.Title, n.From
	if lang == text.English {
		title, from = orElse(n.TitleEN, title), orElse(n.FromEN, from)
	}
	lines := []string{say("您好。"), "", n.Number + " · " + templates.TenderLetterName(lang, n.What), say("关于“%s”：", title), say("发出：%s", from)}
	if n.What == "sealed" || n.What == "withdrawn" {
		lines = append(lines, say("封条（SHA-256）：")+n.Words)
		n.Words = ""
	}
	if n.Words != "" {
		lines = append(lines, "", "> "+strings.ReplaceAll(say(n.Words), "\n", "\n> "))
	}
	if n.Due != "" {
		lines = append(lines, say("期限：%s", n.Due))
	}
	return strings.Join(append(lines, "", base+tenderPath(n), "", say("这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}

// tenderPath is the page of the tender, for its reader.
func tenderPath(n tender.Letter) string {
	switch {
	case n.Desk:
		return "/desk/tenders/" + n.Number
	case n.What == "score":
		return "/tenders/" + n.Number + "/panel"
	case n.Bidder && (n.What == "sealed" || n.What == "withdrawn" || n.What == "reveal"):
		return "/tenders/" + n.Number + "/bid"
	}
	return "/tenders/" + n.Number
}
