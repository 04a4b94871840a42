package notify

import (
	"context"
	netmail "net/mail"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/licensing/supervision"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleSupervision lets workers send the letters about breach cases,
// incidents and orders, of the portal at base. Whom a case concerns is always written to at once;
// desks as their readers want it.
func HandleSupervision(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n supervision.Notice) error {
		if n.Holder {
			mailed, err := onSite(ctx, wishes, n.To, following.Own{Kind: following.OwnGrant, Key: n.ID, Path: supervisionPath(n)}, func(l text.Lang) string { return supervisionSubject(l, n) })
			if err != nil || !mailed {
				return err
			}
			return whatever(ctx, sender, wishes, func(langs ...text.Lang) mail.Letter { return Supervision(n, base, langs...) })
		}
		return wished(ctx, sender, wishes, base, following.OnDesk, func(langs ...text.Lang) mail.Letter { return Supervision(n, base, langs...) }, n.Yours)
	})
}

// Supervision is one letter about a breach case, an incident or an order.
func Supervision(n supervision.Notice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return supervisionSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return supervised(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

// supervisionAct is what was done, in words.
func supervisionAct(lang text.Lang, n supervision.Notice) string {
	return templates.SupervisionAct(text.With(context.Background(), lang), n.Of, n.Act)
}

func supervisionSubject(lang text.Lang, n supervision.Notice) string {
	if n.Yours && n.Due != "" {
		return text.In(lang, "请在 %s 前办理 %s：%s", n.Due, n.Number, supervisionAct(lang, n))
	}
	return text.In(lang, "%s：%s", n.Number, supervisionAct(lang, n))
}

func supervised(lang text.Lang, n supervision.Notice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	title, from := n.Title, n.From
	if lang == text.English {
		title, from, n.Words = orElse(n.TitleEN, title), orElse(n.FromEN, from), orElse(n.WordsEN, n.Words)
	}
	lines := []string{say("您好。"), "", n.Number + " · " + supervisionAct(lang, n)}
	if title != "" {
		lines = append(lines, say("关于“%s”：", title))
	}
	if n.Grant != "" {
		lines = append(lines, say("授权：%s", n.Grant))
	}
	lines = append(lines, say("发出：%s", from))
	if n.Words != "" {
		lines = append(lines, "", "> "+strings.ReplaceAll(n.Words, "\n", "\n> "))
	}
	if n.Due != "" {
		lines = append(lines, say("期限：%s", n.Due))
	}
	if n.Halted && n.Holder {
		lines = append(lines, say("授权现在暂停，取不到数据。"))
	}
	return strings.Join(append(lines, "", base+supervisionPath(n), "", say("这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}

// supervisionPath is the page of the case, for its reader.
func supervisionPath(n supervision.Notice) string {
	switch {
	case n.Desk:
		return "/desk/" + supervisionPages[n.Of] + "/" + n.Number
	case n.Grant == "":
		return "/downloads"
	}
	return "/grants/" + n.Grant + "/" + supervisionPages[n.Of] + "/" + n.Number
}

var supervisionPages = map[string]string{"breach": "breaches", "incident": "incidents", "order": "orders"}
