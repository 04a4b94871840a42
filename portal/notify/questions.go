package notify

import (
	"context"
	netmail "net/mail"
	"strconv"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/datasets/questions"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/templates/text"
)

// HandleQuestions lets workers send the letters about questions and answers, of
// the portal at base, as their readers want them; wishes nil: at once, to all.
func HandleQuestions(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n questions.Notice) error {
		topic := following.OnOwn
		if n.State == questions.Open {
			topic = following.OnDesk
		}
		later := n.State == questions.Open || n.State == questions.Answered // the daily letter tells it
		return wished(ctx, sender, wishes, base, topic, func(langs ...text.Lang) mail.Letter { return Question(n, base, langs...) }, later)
	})
}

// Question is the letter to an officer about a question, or to its asker about
// what became of it.
func Question(n questions.Notice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return questionSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return question(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

func questionSubject(lang text.Lang, n questions.Notice) string {
	switch n.State {
	case questions.Open:
		return text.In(lang, "请在 %s 前答复第 %d 号提问", n.Due, n.Question)
	case questions.Answered:
		return text.In(lang, "第 %d 号提问有答复了", n.Question)
	}
	return text.In(lang, "第 %d 号提问不在这里答复，请看理由", n.Question)
}

func question(lang text.Lang, n questions.Notice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	title, from := n.Title, n.From
	if lang == text.English {
		title, from = orElse(n.TitleEN, title), orElse(n.FromEN, from)
	}
	quoted := "> " + strings.ReplaceAll(n.Body, "\n", "\n> ")
	lines := []string{say("关于“%s”：", title), "", quoted, ""}
	switch n.State {
	case questions.Open:
		lines = append(lines, say("答复期限：%s（平台规则）。答复后，问题和答复一起公开。", n.Due), base+"/desk/questions/"+strconv.FormatInt(n.Question, 10))
	case questions.Answered:
		lines = append(lines, say("%s的答复：", from), "", n.Answer, "", base+"/datasets/"+n.Slug+"/questions")
	default:
		lines = append(lines, say("%s没有在这里答复，理由：", from), "", n.Answer, "", base+"/account/questions")
	}
	return strings.Join(append(lines, "", say("这封信由系统自动发出，请不要回复。")), "\n") + "\n"
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
