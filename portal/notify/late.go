package notify

import (
	"context"
	netmail "net/mail"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/internal/workdays"
	"shuyuan/templates/text"
)

// HandleLate lets workers send the letters to departments about promised days
// that they have not kept, of the portal at base.
func HandleLate(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n datasets.LateNotice) error {
		return whatever(ctx, sender, wishes, func(langs ...text.Lang) mail.Letter { return Late(n, base, langs...) })
	})
}

// Late is the letter to a department about promised days that have passed.
func Late(n datasets.LateNotice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return lateSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return late(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

func lateTitle(lang text.Lang, n datasets.LateNews) string {
	if lang == text.English {
		return orElse(n.TitleEN, n.Title)
	}
	return n.Title
}

func lateSubject(lang text.Lang, n datasets.LateNotice) string {
	on := n.At.In(workdays.Zone).Format(time.DateOnly)
	if len(n.Late) == 1 {
		return text.In(lang, "请更新“%s”：约定 %s，到 %s 还没有新版本", shortened(lateTitle(lang, n.Late[0]), longestSubject/2), n.Late[0].Due, on)
	}
	return text.In(lang, "请更新 %d 个数据集：约定的日子过了，到 %s 还没有新版本", len(n.Late), on)
}

func late(lang text.Lang, n datasets.LateNotice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	name := n.Department
	if lang == text.English {
		name = orElse(n.English, name)
	}
	lines := []string{say("%s：您好。", name), "", say("下面的数据集过了约定更新的日子，页面上已公开标明迟到："), ""}
	for _, l := range n.Late[:min(len(n.Late), listed)] {
		lines = append(lines, "- "+lateTitle(lang, l)+" · "+say("约定 %s", l.Due), "  "+base+"/datasets/"+l.Slug)
	}
	return strings.Join(append(lines, "", say("请数据专员在 %s 上传新版本；更新的约定不合适的，在目录里改。", base+"/desk/uploads"),
		say("每个约定的日子只通知一次。这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}
