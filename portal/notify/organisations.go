package notify

import (
	"context"
	netmail "net/mail"
	"strconv"
	"strings"

	"shuyuan/datasets/following"
	"shuyuan/internal/account"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// HandleOrganisations lets workers send the letters about organisations that are
// suspended or reinstated, of the portal at base. Nobody can turn them off: they
// stop what others' programs do.
func HandleOrganisations(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n account.OrganisationNotice) error {
		own := following.Own{Kind: following.OwnOrganisation, Key: n.ID, Path: organisationPath(n)}
		if mailed, err := onSite(ctx, wishes, n.To, own, func(l text.Lang) string { return organisationSubject(l, n) }); err != nil || !mailed {
			return err
		}
		return whatever(ctx, sender, wishes, func(langs ...text.Lang) mail.Letter { return Organisation(n, base, langs...) })
	})
}

func organisationPath(n account.OrganisationNotice) string {
	return "/organisations/" + strconv.FormatInt(n.Organisation, 10)
}

// Organisation is the letter n of the portal at base.
func Organisation(n account.OrganisationNotice, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return organisationSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return organisation(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

// organisationSubject says what happened to which organisation.
func organisationSubject(lang text.Lang, n account.OrganisationNotice) string {
	if n.Suspended {
		return text.In(lang, "机构“%s”已被暂停，请看理由", n.Name)
	}
	return text.In(lang, "机构“%s”已恢复", n.Name)
}

func organisation(lang text.Lang, n account.OrganisationNotice, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	effect := say("申请和授权都和暂停以前一样，可以接着用。")
	if n.Suspended {
		effect = say("现在不能申请、签署，名下授权都取不到数据；申请和授权原样保留，恢复以后照旧。")
	}
	return strings.Join([]string{
		say("您好：") + "\n",
		organisationSubject(lang, n),
		say("时间：%s（北京时间）", templates.Moment(n.At)),
		say("理由：%s", n.Reason),
		effect + "\n",
		base + organisationPath(n) + "\n",
		say("这封信由系统自动发出，请不要回复。我们从不在信里问密码。"),
	}, "\n") + "\n"
}
