package notify

import (
	"context"
	netmail "net/mail"
	"strconv"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/licensing/demands"
	"shuyuan/templates/text"
)

// HandleDemands lets workers send the letters about demands for data, of the
// portal at base, as their readers want them; wishes nil: at once, to all.
func HandleDemands(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n demands.Notice) error {
		topic := following.OnOwn
		if n.Desk {
			topic = following.OnDesk
		} else if mailed, err := onSite(ctx, wishes, n.To, following.Own{Kind: following.OwnDemand, Key: n.ID, Path: "/requests/" + strconv.FormatInt(n.Demand, 10)}, func(l text.Lang) string { return demandSubject(l, n) }); err != nil || !mailed {
			return err
		}
		return wished(ctx, sender, wishes, base, topic, func(langs ...text.Lang) mail.Letter { return Demand(n, base, langs...) }, n.Desk)
	})
}

// Demand is the letter to a desk about a demand that waits for it, or to somebody
// who waits for a demand about what was done with it.
func Demand(n demands.Notice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return demandSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return demand(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

func demandSubject(lang text.Lang, n demands.Notice) string {
	switch demands.Action(n.Act) {
	case demands.Plan:
		return text.In(lang, "第 %d 号数据需求：部门答应在 %s 以前开放", n.Demand, n.Planned)
	case demands.Link, demands.Appear:
		return text.In(lang, "第 %d 号数据需求：数据有了", n.Demand)
	case demands.Refuse:
		return text.In(lang, "第 %d 号数据需求：部门答复不能给，请看理由", n.Demand)
	case demands.Merge:
		return text.In(lang, "第 %d 号数据需求并入了第 %d 号", n.Demand, n.Into)
	case demands.Assign:
		return text.In(lang, "请在 %s 前答复第 %d 号数据需求", n.Due, n.Demand)
	}
	return text.In(lang, "请在 %s 前为第 %d 号数据需求指派部门", n.Due, n.Demand)
}

func demand(lang text.Lang, n demands.Notice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	from, number := n.From, strconv.FormatInt(n.Demand, 10)
	if lang == text.English {
		from = orElse(n.FromEN, from)
	}
	lines := []string{"> " + n.Title, ""}
	page := base + "/requests/" + number
	switch demands.Action(n.Act) {
	case demands.Plan, demands.Refuse, demands.Link:
		lines = append(lines, say("%s的答复：", from), "", n.Words, "")
		if n.Planned != "" && n.Act == string(demands.Plan) {
			lines = append(lines, say("答应在 %s 以前开放；到了那天没有开放，页面会标明。", n.Planned), "")
		}
	case demands.Appear:
		lines = append(lines, say("%s答应的数据已经开放。", from), "")
	case demands.Merge:
		lines = append(lines, say("它和第 %d 号是同一件事，附议合在那里算。", n.Into), "")
		page = base + "/requests/" + strconv.FormatInt(n.Into, 10)
	default:
		lines = append(lines, say("期限：%s（平台规则）。需求和答复都公开。", n.Due), "")
		page = base + "/desk/requests/" + number
	}
	if n.Slug != "" {
		lines = append(lines, base+"/datasets/"+n.Slug)
	}
	return strings.Join(append(lines, page, "", say("这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}
