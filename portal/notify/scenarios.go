package notify

import (
	"context"
	netmail "net/mail"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/licensing/scenario"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleScenarios lets workers send the letters about scenarios, of the portal at
// base. The developer is always written to at once; desks as their readers want it.
func HandleScenarios(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n scenario.Notice) error {
		if n.For == scenario.OfDeveloper {
			mailed, err := onSite(ctx, wishes, n.To, following.Own{Kind: following.OwnGrant, Key: n.ID, Path: scenarioPath(n)}, func(l text.Lang) string { return scenarioSubject(l, n) })
			if err != nil || !mailed {
				return err
			}
			return whatever(ctx, sender, wishes, func(langs ...text.Lang) mail.Letter { return Scenario(n, base, langs...) })
		}
		return wished(ctx, sender, wishes, base, following.OnDesk, func(langs ...text.Lang) mail.Letter { return Scenario(n, base, langs...) }, n.Yours)
	})
}

// Scenario is one letter about a scenario.
func Scenario(n scenario.Notice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return scenarioSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return aboutScenario(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

func scenarioAct(lang text.Lang, n scenario.Notice) string {
	return templates.ScenarioAct(text.With(context.Background(), lang), n.Act)
}

func scenarioSubject(lang text.Lang, n scenario.Notice) string {
	if n.Yours && n.Due != "" {
		return text.In(lang, "请在 %s 前办理 %s：%s", n.Due, n.Number, scenarioAct(lang, n))
	}
	return text.In(lang, "%s：%s", n.Number, scenarioAct(lang, n))
}

func aboutScenario(lang text.Lang, n scenario.Notice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	lines := []string{say("您好。"), "", n.Number + " · " + scenarioAct(lang, n), say("关于“%s”：", n.Title), say("开发主体：%s", n.Name)}
	if n.Words != "" {
		lines = append(lines, "", "> "+strings.ReplaceAll(n.Words, "\n", "\n> "))
	}
	if n.Due != "" {
		lines = append(lines, say("期限：%s", n.Due))
		if n.House {
			lines = append(lines, say("这个期限是平台规则。"))
		}
	}
	if n.Until != "" {
		lines = append(lines, say("场景到 %s 为止。", n.Until))
	}
	return strings.Join(append(lines, "", base+scenarioPath(n), "", say("这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}

// scenarioPath is the page of the scenario, for its reader.
func scenarioPath(n scenario.Notice) string {
	at := "/desk/scenarios/" + n.Number
	if n.For == scenario.OfDeveloper {
		at = "/account/scenarios/" + n.Number
	}
	if n.Report > 0 {
		at += "#reports"
	}
	return at
}
