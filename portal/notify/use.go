package notify

import (
	"context"
	netmail "net/mail"
	"strconv"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/licensing"
	"shuyuan/licensing/use"
	"shuyuan/templates/text"
)

// HandleUse lets workers send the letters about what follows grants, of the portal
// at base. Holders are always told: each letter has a day by which they act, or what
// became of what they handed in.
func HandleUse(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n use.Notice) error {
		write := func(langs ...text.Lang) mail.Letter { return Use(n, base, langs...) }
		if n.For == licensing.OfApplicant {
			mailed, err := onSite(ctx, wishes, n.To, following.Own{Kind: following.OwnGrant, Key: n.ID, Path: usePath(n)}, func(l text.Lang) string { return useSubject(l, n) })
			if err != nil || !mailed {
				return err
			}
			return whatever(ctx, sender, wishes, write)
		}
		return wished(ctx, sender, wishes, base, following.OnDesk, write, true)
	})
}

// Use is one letter about what follows a grant.
func Use(n use.Notice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return useSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return useText(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

// useSubjects say what happened, and to whoever has to act what to do: of a letter
// to a holder, and of one to a desk.
var useSubjects = map[string][2]string{
	"report remind":            {"授权 %s 的使用报告快到期了", ""},
	"report warn":              {"警告：授权 %s 的使用报告逾期没有交", "授权 %s 的使用报告逾期没有交，请督促"},
	"report suspend":           {"", "授权 %s 因使用报告逾期已暂停"},
	"report file":              {"", "授权 %s 交来使用报告，请看"},
	"report complete":          {"", "授权 %s 补齐了使用报告，请看"},
	"report return":            {"授权 %s 的使用报告退回补齐", ""},
	"report accept":            {"授权 %s 的使用报告已采纳", ""},
	"destruction owed":         {"授权 %s 已终止，请销毁数据并出具证明", ""},
	"destruction remind":       {"授权 %s 的销毁证明快到期了", ""},
	"destruction warn":         {"授权 %s 的销毁证明逾期没有交", "授权 %s 的销毁证明逾期没有交，请督促"},
	"destruction certify":      {"", "授权 %s 交来销毁证明，请确认"},
	"destruction claim":        {"", "授权 %s 的使用方提出不销毁，请决定"},
	"destruction confirm":      {"授权 %s 的销毁已确认", ""},
	"destruction find_wanting": {"授权 %s 的销毁证明不够，请补办", ""},
	"destruction excuse":       {"授权 %s 的数据准许不销毁", ""},
	"destruction deny":         {"授权 %s 的数据仍须销毁", ""},
	"destruction write_off":    {"授权 %s 的销毁已结案", ""},
	"audit ask":                {"授权 %s 被抽查到，请答复", ""},
	"audit remind":             {"授权 %s 的抽查快到答复的期限了", ""},
	"audit warn":               {"授权 %s 的抽查逾期没有答复", "授权 %s 的抽查逾期没有答复"},
	"audit answer":             {"", "授权 %s 答复了抽查，请作出结论"},
	"audit find_in_order":      {"授权 %s 的抽查没有发现问题", "授权 %s 的抽查没有发现问题"},
	"audit find_fault":         {"授权 %s 的抽查发现问题", "授权 %s 的抽查发现问题"},
	"audit close":              {"授权 %s 的抽查已结案", "授权 %s 的抽查已结案"},
}

func useSubject(lang text.Lang, n use.Notice) string {
	at := 0
	if n.For != licensing.OfApplicant {
		at = 1
	}
	sentence := useSubjects[string(n.About)+" "+n.Act][at]
	if sentence == "" { // announced by a newer version
		return n.Grant
	}
	return text.In(lang, sentence, n.Grant)
}

func useText(lang text.Lang, n use.Notice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	title, from := n.Title, n.From
	if lang == text.English {
		title, from = orElse(n.TitleEN, title), orElse(n.FromEN, from)
	}
	lines := []string{say("您好。"), "", useSubject(lang, n) + say("。"), "", "- " + title, "  " + n.Holder, "  " + from}
	if n.About == use.AboutReport && n.Number > 0 {
		lines = append(lines, "  "+say("第 %d 期", n.Number))
	}
	if n.Due != "" {
		lines = append(lines, "  "+say("最后一日：%s", n.Due))
		if n.House {
			lines = append(lines, "  "+say("这个期限是平台规则。"))
		}
	}
	if n.Breaks != "" {
		lines = append(lines, "  "+say("到 %s 还没有交，平台暂停授权；报告交来当场恢复（平台规则）。", n.Breaks))
	}
	if n.Words != "" {
		lines = append(lines, "", "> "+strings.ReplaceAll(n.Words, "\n", "\n> "))
	}
	lines = append(lines, "", base+usePath(n), "", say("这封信由系统自动发出，请不要回复。"))
	return strings.Join(lines, "\n") + "\n"
}

// usePath is the page on which the reader does what the letter is about.
func usePath(n use.Notice) string {
	id := strconv.FormatInt(n.Subject, 10)
	holder := n.For == licensing.OfApplicant
	switch {
	case n.About == use.AboutReport && holder:
		return "/grants/" + n.Grant + "/reports/" + strconv.Itoa(n.Number)
	case n.About == use.AboutReport:
		return "/desk/use/reports/" + id
	case n.About == use.AboutDestruction && holder:
		return "/grants/" + n.Grant + "/destruction"
	case n.About == use.AboutDestruction:
		return "/desk/use/destructions/" + id
	case holder:
		return "/grants/" + n.Grant + "/audits/" + id
	}
	return "/desk/use/audits/" + id
}
