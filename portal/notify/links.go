package notify

import (
	"context"
	netmail "net/mail"
	"strings"

	"shuyuan/datasets"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleLinks lets workers send the letters about addresses that died or came
// back, of the portal at base.
func HandleLinks(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n datasets.LinkNotice) error {
		return whatever(ctx, sender, wishes, func(langs ...text.Lang) mail.Letter { return Links(n, base, langs...) })
	})
}

// Links is the letter to a department about its addresses.
func Links(n datasets.LinkNotice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return linkSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return links(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

// linkSubject says what to do, and when it was found to the second, so that no
// two letters have the same.
func linkSubject(lang text.Lang, n datasets.LinkNotice) string {
	at := templates.Second(n.At)
	switch {
	case len(n.Dead) == 0:
		return text.In(lang, "%d 个地址恢复了，不用再改（%s）", len(n.Back), at)
	case len(n.Back) == 0:
		return text.In(lang, "请改正 %d 个失效的地址（%s）", len(n.Dead), at)
	}
	return text.In(lang, "请改正 %d 个失效的地址，%d 个恢复了（%s）", len(n.Dead), len(n.Back), at)
}

// listed is how many addresses a letter names; the desk lists them all.
const listed = 50

func links(lang text.Lang, n datasets.LinkNotice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	lines := []string{say("%s：您好。", n.Department), ""}
	if len(n.Dead) > 0 {
		lines = append(lines, say("下面的地址多次检查都没有回应，页面上已标明失效："), "")
		for _, l := range n.Dead[:min(len(n.Dead), listed)] {
			ctx := text.With(context.Background(), lang)
			lines = append(lines, "- "+l.Title+" · "+l.Name, "  "+l.URL, "  "+templates.LinkProblem(ctx, l.Problem, l.Status, ""))
			if l.Since != nil {
				lines = append(lines, "  "+say("自 %s 起（北京时间）", templates.Moment(*l.Since)))
			}
		}
		lines = append(lines, "")
	}
	if len(n.Back) > 0 {
		lines = append(lines, say("下面的地址又有回应了："), "")
		for _, l := range n.Back[:min(len(n.Back), listed)] {
			lines = append(lines, "- "+l.Title+" · "+l.Name, "  "+l.URL)
		}
		lines = append(lines, "")
	}
	return strings.Join(append(lines,
		say("在 %s 可以看到全部地址，立即再查，或者改正。", base+"/desk/links"),
		say("同一个地址，失效只通知一次，恢复再通知一次。这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}
