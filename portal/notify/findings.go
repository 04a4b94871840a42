package notify

import (
	"context"
	netmail "net/mail"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleFindings lets workers send the letters about what was found in public
// files, of the portal at base.
func HandleFindings(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n datasets.FindingNotice) error {
		return whatever(ctx, sender, wishes, func(langs ...text.Lang) mail.Letter { return Findings(n, base, langs...) })
	})
}

// Findings is the letter about what was found in public files of a department.
func Findings(n datasets.FindingNotice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return findingSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return findings(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

func findingSubject(lang text.Lang, n datasets.FindingNotice) string {
	return text.In(lang, "请决定已公开文件里的 %d 条发现（%s）", len(n.News), templates.Second(n.At))
}

func findings(lang text.Lang, n datasets.FindingNotice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	lines := []string{say("%s：您好。", n.Department), "", say("下面已公开的文件里查出了可能不能公开的内容，请尽快决定："), ""}
	for _, f := range n.News[:min(len(n.News), listed)] {
		lines = append(lines, "- "+f.Title+" · "+f.Name+" · "+say("第 %d 版", f.Version), "  "+say(f.Sentence, f.Args...),
			"  "+base+"/desk/findings/"+strconv.FormatInt(f.Finding, 10))
	}
	return strings.Join(append(lines, "",
		say("在 %s 可以看到全部。数据专员登录后决定：可以公开的，写明依据；属实的，删去或遮住后再传一个文件。", base+"/desk/findings"),
		say("平台不会自动撤下已公开的文件。同一版里的同一种内容只通知一次。"),
		say("这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}
