package notify

import (
	"context"
	netmail "net/mail"
	"net/url"
	"strings"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleLetters lets workers send the letters with links that work once, of the
// portal at base. linkOf makes the secret of a link; nothing keeps it.
func HandleLetters(workers *jobs.Workers, sender mail.Sender, base string, linkOf func(account.Letter) (string, error)) error {
	return jobs.Handle(workers, func(ctx context.Context, l account.Letter) error {
		secret, err := linkOf(l)
		if err != nil {
			return jobs.GiveUp(err)
		}
		err = sender.Send(ctx, Linked(l, base, secret))
		if fault.KindOf(err) == fault.Invalid { // refused for good
			return jobs.GiveUp(err)
		}
		return err
	})
}

// Linked is the letter l of the portal at base, with the secret of its link.
func Linked(l account.Letter, base, secret string) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: l.To},
		Subject: "数源 Shuyuan：" + linkedSubject(text.Chinese, l) + " / " + linkedSubject(text.English, l),
		Text:    linked(text.Chinese, l, base, secret) + "\n────────\n\n" + linked(text.English, l, base, secret),
		ID:      l.ID,
		Written: l.At,
	}
}

// linkedSubject says what to do, and when it was asked for to the second, so
// that of several letters one finds the last. What a stranger typed is in none.
func linkedSubject(lang text.Lang, l account.Letter) string {
	at := templates.Second(l.At)
	switch l.What {
	case account.LetterSignUp:
		return text.In(lang, "请确认注册（%s）", at)
	case account.LetterKnown:
		return text.In(lang, "您已经有账号，请直接登录（%s）", at)
	case account.LetterRecover:
		return text.In(lang, "请设新密码（%s）", at)
	case account.LetterUnknown:
		return text.In(lang, "这个邮箱没有账号（%s）", at)
	case account.LetterAddress:
		return text.In(lang, "请确认新邮箱（%s）", at)
	case account.LetterAddressTaken:
		return text.In(lang, "这个邮箱已经有账号，请核对（%s）", at)
	case account.LetterInvite:
		if !l.Verified {
			return text.In(lang, "请决定是否加入一家机构（%s）", at)
		}
		return text.In(lang, "%s 邀请您加入，请决定（%s）", l.From, at)
	}
	return l.What // announced by a newer version
}

func linked(lang text.Lang, l account.Letter, base, secret string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	address := func(path string) string { return base + path + "?" + url.Values{"link": {secret}}.Encode() }
	lines := []string{say("您好："), ""}
	switch l.What {
	case account.LetterSignUp:
		lines = append(lines, say("有人用这个邮箱在 %s 注册。请打开下面的链接，填姓名和密码，账号就开通了：", base), "", address("/sign-up/confirm"))
	case account.LetterKnown:
		lines = append(lines, say("有人用这个邮箱在 %s 注册，但它已经有账号。请直接登录：", base), "", base+"/sign-in", "",
			say("忘了密码，可以用下面的链接设新密码："), "", address("/recover/set"))
	case account.LetterRecover:
		lines = append(lines, say("有人要为这个邮箱在 %s 的账号设新密码。链接在这里：", base), "", address("/recover/set"))
	case account.LetterUnknown:
		lines = append(lines, say("有人要为这个邮箱在 %s 的账号设新密码，但这个邮箱在这里没有账号。可能是用别的邮箱注册的；要新开账号，请到：", base), "", base+"/sign-up")
	case account.LetterAddress:
		lines = append(lines, say("有人要把 %s 的账号改成用这个邮箱登录。在登录着那个账号的浏览器里打开下面的链接，确认以后生效：", base), "", address("/account/address"))
	case account.LetterAddressTaken:
		lines = append(lines, say("有人要把 %s 的另一个账号改成用这个邮箱登录，但这个邮箱已经有自己的账号，所以没有改。", base))
	case account.LetterInvite:
		lines = append(lines, say("%s 邀请您加入机构“%s”。登录（或先用这个邮箱注册）之后，打开下面的链接决定是否加入：", l.Who, l.From), "", address("/invitations"))
		if !l.Verified {
			lines = append(lines, "", say("这家机构还没有经过认证，名称和姓名都是对方自己填的。不认识就不要理会。"))
		}
	}
	lines = append(lines, "")
	if secret != "" {
		lines = append(lines, say("链接只能用一次，过期作废。请不要转给别人。"))
	}
	if l.Network != "" {
		lines = append(lines, say("请求来自网络：%s", l.Network))
	}
	return strings.Join(append(lines,
		say("如果不是您自己要的，什么都不用做：没有这个链接，谁也进不来。"),
		say("这封信由系统自动发出，请不要回复。我们从不在信里问密码。")), "\n") + "\n"
}
