package notify

import (
	"context"
	netmail "net/mail"
	"strconv"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/licensing/sharing"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleSharing lets workers send the letters about requests for sharing, of the
// portal at base, as their readers want them; wishes nil: at once, to all.
func HandleSharing(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n sharing.Notice) error {
		topic := following.OnOwn
		if n.Yours {
			topic = following.OnDesk
		} else if mailed, err := onSite(ctx, wishes, n.To, following.Own{Kind: following.OwnShare, Key: n.ID, Path: "/desk/sharing/requests/" + strconv.FormatInt(n.Request, 10)}, func(l text.Lang) string { return sharedSubject(l, n) }); err != nil || !mailed {
			return err
		}
		return wished(ctx, sender, wishes, base, topic, func(langs ...text.Lang) mail.Letter { return Shared(n, base, langs...) }, n.Yours)
	})
}

// Shared is the letter about a request for sharing: to whoever has to act, or to
// whoever waits for it.
func Shared(n sharing.Notice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return sharedSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return shared(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

func sharedSubject(lang text.Lang, n sharing.Notice) string {
	if n.Yours && n.Due != "" {
		return text.In(lang, "请在 %s 前办理第 %d 号共享申请", n.Due, n.Request)
	}
	if n.Yours {
		return text.In(lang, "请办理第 %d 号共享申请", n.Request)
	}
	return text.In(lang, "第 %d 号共享申请：%s", n.Request, templates.ShareStateName(text.With(context.Background(), lang), n.State))
}

func shared(lang text.Lang, n sharing.Notice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	title, from := n.Title, n.From
	if lang == text.English {
		title, from = orElse(n.TitleEN, title), orElse(n.FromEN, from)
	}
	ctx := text.With(context.Background(), lang)
	lines := []string{say("关于“%s”：", title), "", say("%s：%s", orElse(from, say("平台自动")), templates.ShareActionName(ctx, n.Act)), say("现在：%s", templates.ShareStateName(ctx, n.State))}
	if n.Words != "" {
		lines = append(lines, "", "> "+strings.ReplaceAll(n.Words, "\n", "\n> "))
	}
	if n.Due != "" {
		lines = append(lines, say("期限：%s", n.Due))
	}
	if n.State == sharing.Supplied || n.State == sharing.Flowing {
		lines = append(lines, say("可以用到 %s，只用于写明的目的，不提供给第三方。", n.Until))
	}
	lines = append(lines, "", base+"/desk/sharing/requests/"+strconv.FormatInt(n.Request, 10), "", say("这封信由系统自动发出，请不要回复。"))
	return strings.Join(lines, "\n") + "\n"
}
