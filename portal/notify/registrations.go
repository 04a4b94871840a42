package notify

import (
	"context"
	netmail "net/mail"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/marketplace/registration"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleRegistrations lets workers send the letters about registrations, reports and
// certificates, of the portal at base: to those who take part at once, to the registrar
// as its people want it.
func HandleRegistrations(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n registration.Letter) error {
		if n.Side == registration.OfRegistrar {
			return wished(ctx, sender, wishes, base, following.OnDesk, func(langs ...text.Lang) mail.Letter { return Registration(n, base, langs...) }, n.Yours)
		}
		return whatever(ctx, sender, wishes, func(langs ...text.Lang) mail.Letter { return Registration(n, base, langs...) })
	})
}

// Registration is one letter about a registration, a report or a certificate.
func Registration(n registration.Letter, base string, langs ...text.Lang) mail.Letter {
	act := func(l text.Lang) string {
		return templates.RegistrationAct(text.With(context.Background(), l), n.Of, n.Act)
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
				lines = append(lines, "", "> "+strings.ReplaceAll(text.In(l, n.Words), "\n", "\n> "))
			}
			if n.Due != "" {
				lines = append(lines, text.In(l, "期限：%s", n.Due))
			}
			return strings.Join(append(lines, "", base+registrationPath(n), "", text.In(l, "这封信由系统自动发出，请不要回复。")), "\n") + "\n"
		}),
		ID:      n.ID,
		Written: n.At,
	}
}

// registrationPath is the page of the case, for its reader.
func registrationPath(n registration.Letter) string {
	switch {
	case n.Of == "report":
		return "/account/reports/" + n.Number
	case n.Of == "certificate":
		return "/certificates/" + n.Number
	case n.Side == registration.OfRegistrar:
		return "/desk/exchange/" + n.Number
	}
	return "/account/registrations/" + n.Number
}
