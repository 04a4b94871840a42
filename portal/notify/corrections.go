package notify

import (
	"context"
	netmail "net/mail"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/licensing/corrections"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleCorrections lets workers send the letters about objections to data, of
// the portal at base, as their readers want them. Whoever filed one, or took what
// was corrected, is told whatever they want of letters; linkOf makes the link of
// whoever filed it, which nothing keeps.
func HandleCorrections(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes, linkOf func(context.Context, int64) (string, error)) error {
	return jobs.Handle(workers, func(ctx context.Context, n corrections.Notice) error {
		link := ""
		if n.For == corrections.ForReporter {
			var err error
			if link, err = linkOf(ctx, n.Number); err != nil {
				return jobs.GiveUp(err)
			}
		}
		write := func(langs ...text.Lang) mail.Letter { return Correction(n, base, link, langs...) }
		switch {
		case n.Language != "":
			return whatever(ctx, sender, spokenBy(n.Language), write)
		case n.For == corrections.ForDesk:
			return wished(ctx, sender, wishes, base, following.OnDesk, write, true) // the daily letter tells what waits
		}
		path := "/account/corrections" // of whoever filed it; whoever took the data is led to it
		if n.For != corrections.ForReporter {
			path = "/datasets/" + n.Slug + "/corrections"
		}
		if mailed, err := onSite(ctx, wishes, n.To, following.Own{Kind: following.OwnObjection, Key: n.ID, Path: path}, func(l text.Lang) string { return correctionSubject(l, n) }); err != nil || !mailed {
			return err
		}
		return whatever(ctx, sender, wishes, write)
	})
}

// Tell implements Wishes: whoever has no account has no page to be told on.
func (l spokenBy) Tell(context.Context, string, following.Own) error { return nil }

// spokenBy are the wishes of somebody without an account: the language of the page
// that they used.
type spokenBy string

// Wish implements Wishes.
func (l spokenBy) Wish(context.Context, string, following.Topic) (following.Wish, error) {
	return following.Wish{Lang: following.Lang(l)}, nil
}

// Correction is one letter about an objection.
func Correction(n corrections.Notice, base, link string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return correctionSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return correctionText(l, n, base, link) }),
		ID:      n.ID,
		Written: n.At,
	}
}

// correctionSubjects say what to do, or what has become of it.
var correctionSubjects = map[corrections.Reader]map[corrections.Action]string{
	corrections.ForDesk: {
		corrections.File: "请办理数据异议 %s", corrections.Forward: "请校核平台转来的数据异议 %s", corrections.AskMore: "请决定是否延长数据异议 %s", corrections.GiveMore: "数据异议 %s 已同意延长，请接着校核",
		corrections.DenyMore: "数据异议 %s 没有同意延长，请按时答复", corrections.Reopen: "请重新校核数据异议 %s",
	},
	corrections.ForReporter: {
		corrections.File: "已收到您的数据异议 %s", corrections.Forward: "您的数据异议 %s 已转给部门", corrections.GiveMore: "您的数据异议 %s 要多几天答复", corrections.Disagree: "您的数据异议 %s 转为部门间协商",
		corrections.Correct: "您的数据异议 %s 有答复了：已改正", corrections.Confirm: "您的数据异议 %s 有答复了：没有错",
	},
	corrections.ForDownloader: {corrections.Correct: "您取过的数据有更正，请看 %s"},
}

func correctionSubject(lang text.Lang, n corrections.Notice) string {
	sentence, ok := correctionSubjects[n.For][n.Act]
	if !ok { // announced by a newer version
		return templates.CorrectionNumber(n.Number)
	}
	return text.In(lang, sentence, templates.CorrectionNumber(n.Number))
}

func correctionText(lang text.Lang, n corrections.Notice, base, link string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	title, from := n.Title, n.From
	if lang == text.English {
		title, from = orElse(n.TitleEN, title), orElse(n.FromEN, from)
	}
	lines := []string{say("您好。"), "", correctionSubject(lang, n) + say("。"), "", "- " + title, "  " + from}
	if n.Due != "" {
		lines = append(lines, "  "+say("最后一日：%s（按工作日算）", n.Due))
	}
	if n.Words != "" {
		lines = append(lines, "", say("%s的答复：", from), "", n.Words)
	}
	lines = append(lines, "")
	switch n.For {
	case corrections.ForDesk:
		lines = append(lines, base+corrections.DeskPath(n.Number), "", say("信里没有异议的内容和提出人的联系方式；登录后看。"))
	case corrections.ForReporter:
		lines = append(lines, base+templates.CorrectionLink(link), "",
			say("凭这个链接看进展、重开或者办结，请不要转给别人。"), say("如果不是您提出的，可能是别人写错了邮箱，不用理会。"))
	default:
		lines = append(lines, base+"/datasets/"+n.Slug+"/corrections#"+templates.CorrectionNumber(n.Number), "",
			say("您收到这封信，是因为系统记着您登录后取过它。"))
	}
	return strings.Join(append(lines, say("这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}
