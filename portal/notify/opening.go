package notify

import (
	"context"
	netmail "net/mail"
	"strconv"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/datasets/opening"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/templates/text"
)

// HandleOpening lets workers send the letters of opening reviews, of the portal
// at base, as their readers want them; wishes nil: at once, to all. Those of an
// emergency, which the texts tie to days, nobody can put off.
func HandleOpening(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	if err := jobs.Handle(workers, func(ctx context.Context, n opening.IncidentNotice) error { // of law: nobody can put it off
		return whatever(ctx, sender, wishes, func(langs ...text.Lang) mail.Letter { return Incident(n, base, langs...) })
	}); err != nil {
		return err
	}
	return jobs.Handle(workers, func(ctx context.Context, n opening.Notice) error {
		asked := wishes
		if n.State == opening.Proposed || n.State == opening.Provisional {
			asked = nil
		}
		return wished(ctx, sender, asked, base, following.OnDesk, func(langs ...text.Lang) mail.Letter { return Opening(n, base, langs...) }, waits[n.State])
	})
}

// waits are the states in which a review waits at a gate, so that the daily letter
// of its reviewer tells it.
var waits = map[opening.State]bool{opening.SecurityCheck: true, opening.SecrecyCheck: true, opening.JointReview: true}

// Incident is the letter to whoever is known to have taken data that was
// withdrawn at once (TJ-50). Its subject is its own, and says what happened.
func Incident(n opening.IncidentNotice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return incidentSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return incidentText(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

func incidentTitle(lang text.Lang, n opening.IncidentNotice) string {
	if lang == text.English && n.TitleEN != "" {
		return n.TitleEN
	}
	return n.Title
}

func incidentSubject(lang text.Lang, n opening.IncidentNotice) string {
	return text.In(lang, "您取过的数据已紧急撤回，请停用") + text.In(lang, "：") + incidentTitle(lang, n) + " JJ-" + strconv.FormatInt(n.Incident, 10)
}

func incidentText(lang text.Lang, n opening.IncidentNotice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	return strings.Join([]string{say("您好。"), "", say("您登录后取过的一份数据已经紧急撤回，请停止使用已经取到的文件："), "", "- " + incidentTitle(lang, n), "  " + n.Department, "",
		say("原因：%s", n.Reason), "", base + "/datasets/" + n.Slug, "",
		say("您收到这封信，是因为系统记着您登录后取过它；重新审查通过以后会恢复公开。"), say("这封信由系统自动发出，请不要回复。")}, "\n") + "\n"
}

// Opening is the letter to whoever a review waits for, or who asked for it. Its
// subject is its own: it says what to do, about what, and which review.
func Opening(n opening.Notice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return openingSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return openingText(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

// openingAsks are what a letter asks for, by where the review stands.
var openingAsks = map[opening.State]string{
	opening.Proposed: "请先开放，再补审", opening.SecurityCheck: "请作安全审查", opening.SecrecyCheck: "请作保密审查", opening.JointReview: "请作会同开放审查",
	opening.Provisional: "请作应急开放的事后审查", opening.Approved: "审查通过，请发布", opening.ApprovedConditional: "审查通过，有条件，请发布",
	opening.Withheld: "审查定为不予开放", opening.ToDeidentify: "审查退回脱敏，请处理", opening.Returned: "审查退回，请改好再送",
	opening.Confirmed: "应急开放的事后审查同意", opening.Withdrawn: "应急开放的事后审查没有同意，已撤下",
}

func openingTitle(lang text.Lang, n opening.Notice) string {
	title := n.Title
	if lang == text.English && n.TitleEN != "" {
		title = n.TitleEN
	}
	return title + " · " + n.Name
}

func openingSubject(lang text.Lang, n opening.Notice) string {
	return text.In(lang, openingAsks[n.State]) + text.In(lang, "：") + openingTitle(lang, n) + " KS-" + strconv.FormatInt(n.Review, 10)
}

func openingText(lang text.Lang, n opening.Notice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	lines := []string{say("您好。"), "", strings.TrimSpace(say(openingAsks[n.State]) + say("：")), "", "- " + openingTitle(lang, n), "  " + n.Department}
	if n.Due != "" {
		lines = append(lines, "  "+say("最后一日：%s（平台规则，按工作日算）", n.Due))
	}
	if n.Words != "" {
		lines = append(lines, "", say("审查员的话：%s", n.Words))
	}
	return strings.Join(append(lines, "", base+"/desk/reviews/"+strconv.FormatInt(n.Review, 10), "",
		say("信里没有数据；登录后看内容、查到的和上一版的不同，再判。"),
		say("这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}
