package templates

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuyuan/datasets/webhooks"
	"shuyuan/templates/text"
)

// WebhooksPage is every address that somebody has told of what happens.
type WebhooksPage struct {
	Frame
	Items []webhooks.Webhook
	Rules webhooks.Rules
	Form  WebhookForm
	Done  string
}

// WebhookForm is what somebody typed for a new address.
type WebhookForm struct {
	URL     string
	Events  []string
	Asked   bool // the form was sent: what is not ticked was not meant
	Mistake Mistake
}

// WebhookPage is one address with what was sent there.
type WebhookPage struct {
	Frame
	Hook    webhooks.Webhook
	Sent    []webhooks.Sent
	Secret  string // shown this once; empty: not shown
	Rules   webhooks.Rules
	Done    string
	Mistake Mistake
}

// WebhookEvents are the names of what an address can be told of.
var WebhookEvents = map[webhooks.Event]string{
	webhooks.DatasetPublished: "新数据集", webhooks.DatasetUpdated: "新版本", webhooks.SchemaChanged: "列变了", webhooks.DatasetCorrected: "更正",
	webhooks.DatasetOverdue: "没有按时更新", webhooks.DatasetWithdrawn: "撤下了", webhooks.DatasetRestored: "又公开了", webhooks.QuestionAnswered: "答复",
	webhooks.NotePublished: "解读", webhooks.SearchMatched: "搜索", webhooks.DeskDue: "待办快到期或者逾期", webhooks.Test: "测试",
}

// ticked reports whether an event is chosen; where nobody chose yet, all but
// those of the desk are.
func (f WebhookForm) ticked(e webhooks.Event) bool {
	if !f.Asked {
		return e != webhooks.DeskDue
	}
	return slices.Contains(f.Events, string(e))
}

func webhookState(ctx context.Context, w *webhooks.Webhook) string {
	switch {
	case w.State == webhooks.New:
		return text.T(ctx, "还没有验证，不往那里送")
	case w.State == webhooks.On && w.Failing != nil:
		return text.T(ctx, "开着，上一次没有收下")
	case w.State == webhooks.On:
		return text.T(ctx, "开着")
	case w.Why == webhooks.Failing:
		return text.T(ctx, "停用了：连续失败太久")
	case w.Why == webhooks.Gone:
		return text.T(ctx, "停用了：它答复 410，不再接收")
	}
	return text.T(ctx, "停用了")
}

func webhookHref(id int64) string { return "/account/webhooks/" + strconv.FormatInt(id, 10) }

// sentState says what became of something that is sent.
func sentState(ctx context.Context, s *webhooks.Sent) string {
	switch s.State {
	case webhooks.Waiting:
		return text.T(ctx, "等着送")
	case webhooks.Accepted:
		return text.T(ctx, "收下了")
	case webhooks.Failed:
		return text.T(ctx, "没有收下，不再送")
	}
	return text.T(ctx, "没有送：地址停用，或者已经看不到了")
}

// attemptResult says what came back.
func attemptResult(ctx context.Context, a webhooks.Attempt) string {
	if a.Status == 0 {
		return LinkProblem(ctx, a.Problem, 0, "")
	}
	if a.Status >= 300 && a.Status < 400 {
		return text.T(ctx, "答复 %d：转到别处，不跟", a.Status)
	}
	return text.T(ctx, "答复 %d", a.Status)
}

// pausesInWords are the pauses between sendings, one after the other.
func pausesInWords(ctx context.Context, r webhooks.Rules) string {
	var out []string
	for _, p := range r.Pauses() {
		out = append(out, Span(ctx, p))
	}
	return strings.Join(out, text.T(ctx, "、"))
}

// Span is how long something takes, in whole hours and minutes.
func Span(ctx context.Context, d time.Duration) string {
	hours, minutes := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case hours == 0:
		return text.T(ctx, "%d 分钟", minutes)
	case minutes == 0:
		return text.T(ctx, "%d 小时", hours)
	}
	return text.T(ctx, "%d 小时 %d 分钟", hours, minutes)
}
