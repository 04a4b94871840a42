package notify

import (
	"context"
	"encoding/json"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	"shuyuan/datasets/following"
	"shuyuan/datasets/webhooks"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/internal/workdays"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// WebhookMessage is the body of a webhook. It holds what everybody may see, and of work
// at a desk no more than that there is some. Its fields are described for
// programs in openapi.json.
type WebhookMessage struct {
	Type      webhooks.Event `json:"type" doc:"What happened; the names of the events do not change." zh:"什么事；事件的名字不变。"`
	Timestamp time.Time      `json:"timestamp" doc:"When we were to tell it, RFC 3339." zh:"从什么时候起要告诉您，RFC 3339。"`
	Data      WebhookData    `json:"data" doc:"What happened to what." zh:"讲的是什么。"`
}

// WebhookData is what a webhook says of what happened.
type WebhookData struct {
	Challenge string          `json:"challenge,omitempty" doc:"Of webhook.challenge alone: answer with this word." zh:"只有 webhook.challenge 有：把它原样答复回来。"`
	Text      string          `json:"text,omitempty" doc:"In one sentence, in Chinese." zh:"一句话，中文。"`
	TextEN    string          `json:"text_en,omitempty" doc:"In one sentence, in English." zh:"一句话，英文。"`
	URL       string          `json:"url,omitempty" doc:"The page that shows it." zh:"能看到它的页面。"`
	Topic     string          `json:"topic,omitempty" doc:"Why you are told: follow, own or desk." zh:"为什么告诉您：follow 关注、own 自己的提问、desk 工作台。"`
	Follow    *WebhookFollow  `json:"follow,omitempty" doc:"The follow through which you are told." zh:"因为哪个关注。"`
	Dataset   *WebhookDataset `json:"dataset,omitempty" doc:"The dataset that it is about." zh:"讲的是哪个数据集。"`
	Resource  *WebhookFile    `json:"resource,omitempty" doc:"The file that it is about." zh:"讲的是哪个文件。"`
	Columns   []string        `json:"columns,omitempty" doc:"Of dataset.schema_changed and dataset.corrected: the columns." zh:"列变动和更正涉及的列。"`
	Due       string          `json:"due,omitempty" doc:"The promised day, or the last day of work at a desk." zh:"约定的日子，或者待办的最后一日。"`
	Reason    string          `json:"reason,omitempty" doc:"Why it was withdrawn or corrected." zh:"撤下或者更正的原因。"`
}

// WebhookFollow is what somebody follows.
type WebhookFollow struct {
	Kind string `json:"kind" doc:"dataset, department, theme or search." zh:"dataset 数据集、department 部门、theme 主题、search 搜索。"`
	Of   string `json:"of" doc:"Its slug, or the query of the search." zh:"短名，或者搜索的条件。"`
}

// WebhookDataset names a dataset.
type WebhookDataset struct {
	Slug       string `json:"slug" doc:"Part of its address; does not change." zh:"地址的一部分，不变。"`
	Title      string `json:"title" doc:"Its title." zh:"标题。"`
	TitleEN    string `json:"title_en" doc:"Its title in English." zh:"英文标题。"`
	Department string `json:"department,omitempty" doc:"The slug of its department." zh:"部门的短名。"`
	Theme      string `json:"theme,omitempty" doc:"The slug of its theme." zh:"主题的短名。"`
	API        string `json:"api" doc:"Where the API describes it." zh:"接口里讲它的地址。"`
}

// WebhookFile names a file, and a version of it.
type WebhookFile struct {
	ID      string `json:"id" doc:"Its id; does not change." zh:"文件的 id，不变。"`
	Name    string `json:"name" doc:"Its name." zh:"名称。"`
	NameEN  string `json:"name_en" doc:"Its name in English." zh:"英文名称。"`
	Version int64  `json:"version,omitempty" doc:"The version that it is about." zh:"讲的是第几版。"`
	API     string `json:"api" doc:"Where the API describes it." zh:"接口里讲它的地址。"`
}

// Webhook writes the bodies of webhooks of the portal at base.
func Webhook(base string) func(webhooks.Event, time.Time, *following.Notice, string) ([]byte, error) {
	return func(e webhooks.Event, at time.Time, n *following.Notice, challenge string) ([]byte, error) {
		p := WebhookMessage{Type: e, Timestamp: at.UTC().Truncate(time.Second)}
		switch {
		case e == webhooks.Challenge:
			p.Data.Challenge = challenge
		case n == nil:
			p.Data.Text, p.Data.TextEN = text.In(text.Chinese, "这是一次测试。"), text.In(text.English, "这是一次测试。")
			p.Data.URL = base + "/account/webhooks"
		default:
			p.Data = dataOf(n, base)
		}
		return json.Marshal(p)
	}
}

func dataOf(n *following.Notice, base string) WebhookData {
	d := WebhookData{Topic: string(n.Topic), URL: base + templates.NoticePath(n)}
	if n.Topic == following.OnDesk { // what waits is told at the desk alone
		d.Text, d.TextEN = text.In(text.Chinese, "工作台有一件事快到期或者逾期了。"), text.In(text.English, "工作台有一件事快到期或者逾期了。")
		if c := n.Desk.Clock; c != nil {
			d.Due = c.Last.In(workdays.Zone).Format(time.DateOnly)
		}
		return d
	}
	d.Text, d.TextEN = templates.NoticeSentence(text.Chinese, n), templates.NoticeSentence(text.English, n)
	if n.Follow != nil && !n.Follow.Gone {
		d.Follow = &WebhookFollow{Kind: string(n.Follow.Kind), Of: n.Follow.Of}
	}
	slug := strings.TrimPrefix(n.Path, "/datasets/")
	d.Dataset = &WebhookDataset{Slug: slug, Title: n.Title, TitleEN: n.TitleEN, API: base + "/api/v1/datasets/" + slug}
	e := n.Event
	if e == nil {
		return d
	}
	d.Dataset.Department, d.Dataset.Theme = e.Dataset.Department.Slug, e.Dataset.Theme.Slug
	d.Columns, d.Due, d.Reason = e.Detail.Columns, e.Detail.Due, e.Detail.Reason
	if e.File != "" {
		d.Resource = &WebhookFile{ID: e.File, Name: e.Name, NameEN: e.NameEN, Version: e.Number, API: base + "/api/v1/resources/" + e.File}
	}
	return d
}

// HandleWebhooks lets workers send the letters about addresses that were
// switched off, of the portal at base. Nobody can turn them off.
func HandleWebhooks(workers *jobs.Workers, sender mail.Sender, base string, wishes Wishes) error {
	return jobs.Handle(workers, func(ctx context.Context, n webhooks.Stopped) error {
		return whatever(ctx, sender, wishes, func(langs ...text.Lang) mail.Letter { return WebhookStopped(n, base, langs...) })
	})
}

// WebhookStopped is the letter that an address was switched off.
func WebhookStopped(n webhooks.Stopped, base string, langs ...text.Lang) mail.Letter {
	return mail.Letter{
		To:      netmail.Address{Address: n.To},
		Subject: "数源 Shuyuan：" + spoken(langs, " / ", func(l text.Lang) string { return stoppedSubject(l, n) }),
		Text:    spoken(langs, rule, func(l text.Lang) string { return stoppedText(l, n, base) }),
		ID:      n.ID,
		Written: n.At,
	}
}

func stoppedSubject(lang text.Lang, n webhooks.Stopped) string {
	return text.In(lang, "webhook 地址 %s 停用了，请看一看 WH-%d（%s）", n.Host, n.Webhook, templates.Moment(n.At))
}

func stoppedText(lang text.Lang, n webhooks.Stopped, base string) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	why := say("它连续 %d 天没有收下任何东西（平台规则）。", n.Days)
	if n.Why == webhooks.Gone {
		why = say("它答复了 410，表示不再接收。")
	}
	return strings.Join([]string{say("您好。"), "", say("您登记的 webhook 地址 %s 停用了。", n.Host), why, "",
		say("没有送到的不再送。修好以后，到这里重新验证："), base + "/account/webhooks/" + strconv.FormatInt(n.Webhook, 10), "",
		say("站内通知和邮件照旧。"), say("这封信由系统自动发出，请不要回复。")}, "\n") + "\n"
}
