package notify

import (
	"context"
	netmail "net/mail"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/licensing/operation"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleOperation lets workers send the letters about mandates and entries of
// developers, of the portal at base. Operators and developers are always written to at
// once: what they hold stands or falls with it. Desks as their readers want it.
func HandleOperation(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n operation.Notice) error {
		if n.Side != string(operation.OfBody) {
			return whatever(ctx, sender, wishes, func(langs ...text.Lang) mail.Letter { return Operation(n, base, langs...) })
		}
		return wished(ctx, sender, wishes, base, following.OnDesk, func(langs ...text.Lang) mail.Letter { return Operation(n, base, langs...) }, n.Yours)
	})
}

// Operation is one letter about a mandate or an entry.
func Operation(n operation.Notice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return operationSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return operated(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

func operationAct(lang text.Lang, n operation.Notice) string {
	return templates.OperationAct(text.With(context.Background(), lang), n.Of, n.Act)
}

func operationSubject(lang text.Lang, n operation.Notice) string {
	if n.Yours && n.Due != "" {
		return text.In(lang, "请在 %s 前办理 %s：%s", n.Due, n.Number, operationAct(lang, n))
	}
	return text.In(lang, "%s：%s", n.Number, operationAct(lang, n))
}

func operated(lang text.Lang, n operation.Notice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	from := n.From
	if lang == text.English {
		from = orElse(n.FromEN, from)
	}
	lines := []string{say("您好。"), "", n.Number + " · " + operationAct(lang, n), say("关于“%s”：", n.Title), say("发出：%s", from)}
	if n.Words != "" {
		lines = append(lines, "", "> "+strings.ReplaceAll(n.Words, "\n", "\n> "))
	}
	if n.Due != "" {
		lines = append(lines, say("期限：%s", n.Due))
	}
	if n.Of == "mandate" && n.Act == "ending" {
		what := templates.RenewalSays
		if n.Side == string(operation.OfDeveloper) {
			what = templates.DeveloperSays
		}
		lines = append(lines, "", say(what))
	}
	if n.Of == "mandate" && n.Side == string(operation.OfDeveloper) {
		switch operation.Action(n.Act) {
		case operation.Suspend, operation.Freeze, operation.Revoke, operation.Surrender, operation.Expire:
			lines = append(lines, "", say("贵机构在它之下的场景、工作区和授权从这时起停止，内容没有改动。"))
		case operation.TakeOver:
			lines = append(lines, "", say("仍然停止；由接管的一方或者级别更高的一方恢复。"))
		case operation.Resume, operation.Unfreeze:
			lines = append(lines, "", say("贵机构在它之下的场景、工作区和授权照原样恢复。"))
		}
		switch n.Act {
		case "organisation_suspended":
			lines = append(lines, "", say("贵机构在它之下的场景、工作区和授权从这时起停止，内容没有改动。"))
		case "organisation_reinstated":
			lines = append(lines, "", say("贵机构在它之下的场景、工作区和授权照原样恢复。"))
		}
	}
	if n.Of == "developer" && n.Side == string(operation.OfDeveloper) {
		switch operation.EntryAction(n.Act) {
		case operation.SuspendEntry, operation.ObjectEntry, operation.EndEntry, operation.LeaveEntry:
			lines = append(lines, "", say("贵机构在它之下的场景、工作区和授权从这时起停止，内容没有改动。"))
		case operation.TakeOverEntry:
			lines = append(lines, "", say("仍然停止；由接管的一方或者级别更高的一方恢复。"))
		case operation.ResumeEntry, operation.ReleaseEntry:
			lines = append(lines, "", say("贵机构在它之下的场景、工作区和授权照原样恢复。"))
		}
	}
	return strings.Join(append(lines, "", base+operationPath(n), "", say("这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}

// operationPath is the page of the case, for its reader.
func operationPath(n operation.Notice) string {
	switch {
	case n.Of == "developer" && n.Side == string(operation.OfDeveloper):
		return "/entries/" + n.Number
	case n.Of == "developer":
		return "/desk/developers/" + n.Number
	case n.Side == string(operation.OfDeveloper):
		return "/operation/" + n.Number
	case n.Side == string(operation.OfOperator) && n.Mandate != n.Number: // of a mandate above the reader's
		return "/operation/" + n.Number
	}
	return "/desk/mandates/" + n.Number
}
