// Package notify writes the letters that the installation sends, and sends
// them. A letter to somebody who has chosen a language speaks it; where nobody's
// choice is known it speaks both.
package notify

import (
	"context"
	netmail "net/mail"
	"strings"

	"shuyuan/internal/account"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// Handle lets workers send the letters about accounts of the portal at base, in
// the language that the owner chose. Nobody can turn them off.
// A letter sent twice, after the first acceptance was lost, is the same one.
func Handle(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n account.Notice) error {
		return whatever(ctx, sender, wishes, func(langs ...text.Lang) mail.Letter { return Security(n, base, langs...) })
	})
}

// Security is the letter about n to the owner of an account of the portal at
// base.
func Security(n account.Notice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return securitySubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return security(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

// securitySubject says what happened and what to do, and when it was, to the
// second: no two letters have the same.
func securitySubject(lang text.Lang, n account.Notice) string {
	if n.What == account.KeyEnding {
		return text.In(lang, "%s，请换一个（%s）", what(lang, n), templates.Second(n.At))
	}
	return text.In(lang, "%s，请核对（%s）", what(lang, n), templates.Second(n.At))
}

func security(lang text.Lang, n account.Notice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	lines := []string{
		say("您好：") + "\n",
		say("这是关于您在 %s 的账户 %s 的提醒。", base, n.To) + "\n",
		say("事情：%s", what(lang, n)),
	}
	if n.What == account.KeyEnding { // nobody did anything
		return strings.Join(append(lines,
			say("到期以后，用这个密钥的程序会收到 401。要接着用，请在 %s 建一个新的，换好以后停用旧的。", base+"/account#keys")+"\n",
			say("这封信由系统自动发出，请不要回复。我们从不在信里问密码。")), "\n") + "\n"
	}
	lines = append(lines,
		say("时间：%s（北京时间）", templates.Moment(n.At)),
		from(lang, n.Network)+"\n",
		say("如果是您自己做的，或者是您请系统管理员做的，什么都不用做。"),
		say("如果不是：请马上到 %s 改密码，结束其他登录，停用不认识的密钥；登录不了，就找系统管理员。", base+"/account")+"\n",
		say("这封信由系统自动发出，请不要回复。我们从不在信里问密码。"))
	return strings.Join(lines, "\n") + "\n"
}

// what has happened, in words.
func what(lang text.Lang, n account.Notice) string {
	switch n.What {
	case account.PasswordSet:
		return text.In(lang, "密码已更改")
	case account.KeyMade:
		return text.In(lang, "建立了接口密钥 %s…", n.Key)
	case account.SessionsEnded:
		return text.In(lang, "其他登录都已结束")
	case account.FactorAdded:
		return text.In(lang, "开启了一种两步验证")
	case account.FactorRemoved:
		return text.In(lang, "关闭了一种两步验证")
	case account.Leaving:
		return text.In(lang, "申请了删除账号，登录和密钥都已结束；到期以前登录一次即可撤回")
	case account.Staying:
		return text.In(lang, "登录了，删除账号的申请已撤回")
	case account.AddressChanged:
		return text.In(lang, "登录用的邮箱改成了另一个")
	case account.KeyEnding:
		return text.In(lang, "密钥 %s… 快要到期", n.Key)
	case account.FactorsLost:
		return text.In(lang, "两位管理员取消了您丢失的两步验证，所有登录都已结束")
	case account.NewNetwork:
		return text.In(lang, "有人从新的网络登录")
	}
	return n.What // announced by a newer version
}

func from(lang text.Lang, network string) string {
	if network == "" {
		return text.In(lang, "来自：服务器上的命令，由系统管理员执行")
	}
	return text.In(lang, "来自网络：%s", network)
}
