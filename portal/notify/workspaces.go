package notify

import (
	"context"
	netmail "net/mail"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/licensing/workspace"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleWorkspaces lets workers send the letters about workspaces, of the portal at
// base. Developers are always written to at once; desks as their readers want it.
func HandleWorkspaces(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n workspace.Notice) error {
		write := func(langs ...text.Lang) mail.Letter { return Workspace(n, base, langs...) }
		if n.Side != workspace.OfDeveloper {
			return wished(ctx, sender, wishes, base, following.OnDesk, write, n.Of == "review" || n.Of == "algorithm")
		}
		mailed, err := onSite(ctx, wishes, n.To, following.Own{Kind: following.OwnGrant, Key: n.ID, Path: workspacePath(n)}, func(l text.Lang) string { return workspaceSubject(l, n) })
		if err != nil || !mailed {
			return err
		}
		return whatever(ctx, sender, wishes, write)
	})
}

// Workspace is one letter about a workspace, a job that was stopped, a review or an
// algorithm.
func Workspace(n workspace.Notice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return workspaceSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return workspaceText(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

func workspaceSubject(lang text.Lang, n workspace.Notice) string {
	act := templates.WorkspaceAct(text.With(context.Background(), lang), n.Of, n.Act)
	if n.Due != "" {
		return text.In(lang, "请在 %s 前办理 %s：%s", n.Due, n.Number, act)
	}
	return text.In(lang, "%s：%s", n.Number, act)
}

func workspaceText(lang text.Lang, n workspace.Notice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	lines := []string{say("您好。"), "", n.Number + " · " + templates.WorkspaceAct(text.With(context.Background(), lang), n.Of, n.Act), say("空间 %s，场景“%s”。", n.Space, n.Scenario)}
	if n.Words != "" {
		lines = append(lines, "", "> "+strings.ReplaceAll(n.Words, "\n", "\n> "))
	}
	if n.Due != "" {
		lines = append(lines, say("期限：%s", n.Due))
	}
	return strings.Join(append(lines, "", base+workspacePath(n), "", say("这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}

// workspacePath is the page that the letter is about, for its reader.
func workspacePath(n workspace.Notice) string {
	switch {
	case n.Of == "review" && n.Side == workspace.OfDeveloper:
		return "/workspaces/" + n.Space + "/reviews/" + n.Number
	case n.Of == "review":
		return "/desk/outputs/" + n.Number
	case n.Side != workspace.OfDeveloper:
		return "/desk/workspaces/" + n.Space
	case n.Of == "job":
		return "/workspaces/" + n.Space + "/jobs/" + n.Number
	}
	return "/workspaces/" + n.Space
}
