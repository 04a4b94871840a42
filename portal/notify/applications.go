package notify

import (
	"context"
	netmail "net/mail"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/licensing"
	"shuyuan/templates/text"
)

// HandleApplications lets workers send the letters about applications and
// grants. They are always sent at once: each has a day by which somebody acts.
func HandleApplications(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n licensing.Notice) error {
		topic := following.OnOwn
		if n.For != licensing.OfApplicant {
			topic = following.OnDesk
		} else {
			kind := following.OwnApplication
			if n.Grant != "" {
				kind = following.OwnGrant
			}
			mailed, err := onSite(ctx, wishes, n.To, following.Own{Kind: kind, Key: n.ID, Path: page(n)}, func(l text.Lang) string { return applicationNotice(l, n) })
			if err != nil || !mailed {
				return err
			}
		}
		return wished(ctx, sender, wishes, base, topic, func(langs ...text.Lang) mail.Letter { return Application(n, base, langs...) }, false)
	})
}

// Application is one letter about an application or a grant.
func Application(n licensing.Notice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return applicationSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return application(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

// subjects say what happened, and to whoever has to act what to do: of a letter
// to an applicant, and of one to a desk.
var subjects = map[licensing.Action][2]string{
	licensing.Submit:         {"回执：申请 %s 已收到", "有新的开放申请 %s，请受理"},
	licensing.Complete:       {"回执：申请 %s 的补正已收到", "申请 %s 已补正，请受理"},
	licensing.Return:         {"申请 %s 请补正", ""},
	licensing.Accept:         {"申请 %s 已受理", ""},
	licensing.AcceptByItself: {"申请 %s 已自动受理", "申请 %s 到期未受理，已自动受理"},
	licensing.RejectScope:    {"申请 %s 不由这里办，请看理由", ""},
	licensing.SendToAward:    {"申请 %s 将公开竞争", ""},
	licensing.RecordAward:    {"申请 %s 的竞争有结果了", ""},
	licensing.PutToTender:    {"申请 %s 由竞争项目决定，请去投标", ""},
	licensing.AwardByTender:  {"申请 %s 的竞争有结果了", "申请 %s 的竞争有结果了，请决定"},
	licensing.Grant:          {"申请 %s 已同意，数据已开通", ""},
	licensing.Offer:          {"申请 %s 同意一部分，请签署", ""},
	licensing.Consent:        {"申请 %s 已签署，数据已开通", "申请 %s 的申请人已签署，已开通"},
	licensing.Refuse:         {"申请 %s 未获同意，请看理由", ""},
	licensing.Dispute:        {"", "对申请 %s 的拒绝有异议"},
	licensing.Uphold:         {"对申请 %s 的异议：维持", "对申请 %s 的异议：维持"},
	licensing.Overturn:       {"对申请 %s 的异议：应当同意", "主管部门决定应当同意申请 %s，请开通"},
	licensing.Withdraw:       {"", "申请 %s 已由申请人撤回"},
	licensing.Lapse:          {"申请 %s 逾期作废", "申请 %s 逾期作废"},
}

// grantSubjects are those about a grant that moved.
var grantSubjects = map[licensing.GrantState]string{
	licensing.Active: "授权 %s 已恢复", licensing.Suspended: "授权 %s 已暂停，请看理由", licensing.Revoked: "授权 %s 已撤销，请看理由", licensing.Expired: "授权 %s 已到期", licensing.Surrendered: "授权 %s 已交还", licensing.Replaced: "授权 %s 已变更，由新的授权代替",
}

func applicationSubject(lang text.Lang, n licensing.Notice) string {
	if n.Ending {
		return text.In(lang, "授权 %s 将在 %s 到期，要接着用请申请续期", n.Grant, n.Until)
	}
	if n.Moved != "" {
		return text.In(lang, grantSubjects[n.Moved], n.Grant)
	}
	at := 0
	if n.For != licensing.OfApplicant {
		at = 1
	}
	return text.In(lang, subjects[n.Action][at], n.Number)
}

func application(lang text.Lang, n licensing.Notice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	title, from := n.Title, n.From
	if lang == text.English {
		title, from = orElse(n.TitleEN, title), orElse(n.FromEN, from)
	}
	lines := []string{applicationSubject(lang, n), "", say("数据：%s", title), say("部门：%s", from), say("申请人：%s", n.Name)}
	if n.Words != "" {
		lines = append(lines, "", "> "+strings.ReplaceAll(n.Words, "\n", "\n> "))
	}
	if n.Due != "" {
		due := say("下一步最迟：%s", n.Due)
		if n.House {
			due += say("（平台规则）")
		}
		lines = append(lines, "", due)
	}
	lines = append(lines, "", base+page(n))
	return strings.Join(append(lines, "", say("这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}

// page is where the reader acts.
func page(n licensing.Notice) string {
	switch {
	case n.For != licensing.OfApplicant:
		return "/desk/applications/" + n.Number
	case n.Grant != "":
		return "/grants/" + n.Grant
	}
	return "/applications/" + n.Number
}

// applicationNotice is what happened, and of which data.
func applicationNotice(lang text.Lang, n licensing.Notice) string {
	title := n.Title
	if lang == text.English {
		title = orElse(n.TitleEN, title)
	}
	out := applicationSubject(lang, n) + text.In(lang, "：") + title
	if n.Due != "" {
		out += text.In(lang, "；") + text.In(lang, "下一步最迟：%s", n.Due)
	}
	return out
}
