package templates

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/following"
	"shuyuan/internal/workdays"
	"shuyuan/templates/text"
)

// FollowButton is the button of a page that can be followed. Who has not signed
// in is led to a page that says how.
type FollowButton struct {
	Kind following.Kind
	Of   string // as in following.Target
	ID   int64  // of the follow; 0: not followed
}

// href is the page that says how a thing is followed.
func (b FollowButton) href() string {
	return "/follow?" + url.Values{"kind": {string(b.Kind)}, "of": {b.Of}}.Encode()
}

// FollowPage says how one thing is followed, and follows it.
type FollowPage struct {
	Frame
	Button  FollowButton
	Name    string
	Href    string // of the thing
	Feed    string
	Mistake Mistake
}

// lead says of what one is told: of a department, a theme and a search only that
// there is a new entry.
func (p FollowPage) lead(ctx context.Context) string {
	switch p.Button.Kind {
	case following.Dataset:
		return text.T(ctx, "有新版本、更正、列变动、迟到、撤下、恢复公开、答复和解读，就告诉您。")
	case following.Search:
		return text.T(ctx, "有新的数据集符合这个搜索，就告诉您。")
	}
	return text.T(ctx, "有新的数据集，就告诉您。")
}

// FollowsPage is what somebody follows.
type FollowsPage struct {
	Frame
	Items []following.Follow
	Most  int
	Done  string
}

// NoticesPage is what somebody was told.
type NoticesPage struct {
	Frame
	Items      []following.Notice
	OnlyUnread bool
	More       string // address of what came before; empty where there is none
	Done       string
}

// newest is the number of the newest notice that the page shows.
func (p NoticesPage) newest() string {
	if len(p.Items) == 0 {
		return "0"
	}
	return strconv.FormatInt(p.Items[0].ID, 10)
}

// anyUnread reports whether the page shows what was not read.
func (p NoticesPage) anyUnread() bool {
	for _, n := range p.Items {
		if !n.Read {
			return true
		}
	}
	return false
}

// NoticeSettingsPage is how somebody is told.
type NoticeSettingsPage struct {
	Frame
	Settings following.Settings
	Rules    following.Rules
	Mail     bool // there is an address that letters go to
	Desk     bool // something can wait at the desk
	Done     string
	Mistake  Mistake
}

// UnsubscribePage ends letters of one topic.
type UnsubscribePage struct {
	Frame
	Token string
	Topic following.Topic
	Done  bool
}

var topicNames = map[following.Topic]string{following.OnFollows: "我关注的", following.OnDesk: "工作台", following.OnOwn: "我的提问、申请和授权", following.OnDaily: "每日一封的信"}

// TopicName is what a topic is called.
func TopicName(lang text.Lang, t following.Topic) string { return text.In(lang, topicNames[t]) }

var channelNames = map[following.Channel]string{following.App: "站内", following.Mail: "邮件"}

var modeNames = map[following.Mode]string{following.AtOnce: "随时", following.Daily: "每日一封", following.Off: "不要"}

var followKinds = map[following.Kind]string{following.Dataset: "数据集", following.Department: "部门", following.Theme: "主题", following.Search: "搜索"}

// followName is what is followed, in words.
func followName(ctx context.Context, f *following.Follow) string {
	if f.Gone {
		return text.T(ctx, "现在看不到的数据集")
	}
	if f.Kind == following.Search {
		return searchName(text.Of(ctx), f.Name)
	}
	return text.Pick(ctx, f.Name, f.NameE)
}

// searchName is a followed search in words.
func searchName(lang text.Lang, words string) string {
	if words == "" {
		return text.In(lang, "按条件筛选的数据集")
	}
	return text.In(lang, "搜索“%s”", words)
}

// followHref is the page of what is followed.
func followHref(f *following.Follow) string {
	switch {
	case f.Gone:
		return ""
	case f.Kind == following.Dataset:
		return "/datasets/" + f.Of
	case f.Kind == following.Department:
		return "/departments/" + f.Of
	case f.Kind == following.Theme:
		return "/themes/" + f.Of
	}
	return "/datasets?" + f.Of
}

// eventTitle is the title of the entry, in lang.
func eventTitle(lang text.Lang, zh, en string) string {
	if lang == text.English && en != "" {
		return en
	}
	return zh
}

// mostColumns is how many columns a sentence names.
const mostColumns = 6

func columnNames(lang text.Lang, names []string) string {
	if len(names) > mostColumns {
		return text.In(lang, "%s等 %d 列", strings.Join(names[:mostColumns], "、"), len(names))
	}
	return strings.Join(names, "、")
}

// EventSentence says in one sentence what has happened to an entry.
func EventSentence(lang text.Lang, e *datasets.Event) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	title, file, d := eventTitle(lang, e.Dataset.Title, e.Dataset.TitleEN), eventTitle(lang, e.Name, e.NameEN), e.Detail
	switch e.Kind {
	case datasets.EventPublished:
		return say("新数据集：%s", title)
	case datasets.EventRestored:
		return say("恢复公开：%s", title)
	case datasets.EventWithdrawn:
		return say("已撤下：%s，因为%s", title, d.Reason)
	case datasets.EventVersion:
		return say("新版本：%s，%s第 %d 版", title, file, e.Number) + punctual(lang, d)
	case datasets.EventSchema:
		return say("列变了：%s，%s自第 %d 版起（%s）", title, file, e.Number, columnNames(lang, d.Columns))
	case datasets.EventCorrection:
		return say("数据字典更正：%s，%s第 %d 版（%s）：%s", title, file, e.Number, columnNames(lang, d.Columns), d.Reason)
	case datasets.EventOverdue:
		return say("没有按时更新：%s，约定 %s", title, d.Due)
	case datasets.EventAnswer:
		return say("提问有答复：%s，“%s”", title, d.Title)
	case datasets.EventRecheck:
		return say("异议属实，已改正：%s，“%s”", title, d.Title)
	case datasets.EventNote:
		return say("新解读：%s，《%s》", title, eventTitle(lang, d.Title, d.TitleEN))
	}
	return title // of a newer version
}

// punctual says how a new version keeps to its promised day.
func punctual(lang text.Lang, d datasets.EventDetail) string {
	switch {
	case d.Days < 0:
		return text.In(lang, "，比约定早 %d 天", -d.Days)
	case d.Days > 0:
		return text.In(lang, "，比约定晚 %d 天", d.Days)
	}
	return ""
}

// EventPath is the page that shows what an event tells.
func EventPath(e *datasets.Event) string {
	page := "/datasets/" + e.Dataset.Slug
	switch e.Kind {
	case datasets.EventVersion, datasets.EventCorrection:
		return page + "/resources/" + e.File
	case datasets.EventSchema:
		return page + "/resources/" + e.File + "/changes/" + strconv.FormatInt(e.Number, 10)
	case datasets.EventAnswer:
		return page + "/questions#q" + strconv.FormatInt(e.Number, 10)
	case datasets.EventRecheck:
		return page + "/corrections#" + CorrectionNumber(e.Number)
	case datasets.EventNote:
		return page + "#notes"
	}
	return page
}

// NoticeSentence says in one sentence what a notice tells.
func NoticeSentence(lang text.Lang, n *following.Notice) string {
	say := func(zh string, args ...any) string { return text.In(lang, zh, args...) }
	title := eventTitle(lang, n.Title, n.TitleEN)
	if n.Event != nil {
		return EventSentence(lang, n.Event)
	}
	if n.Desk != nil {
		return deskSentence(lang, n)
	}
	if n.Own != nil && lang == text.English {
		return n.Own.En
	}
	if n.Own != nil {
		return n.Own.Zh
	}
	if n.Kind == following.Match {
		if n.Follow != nil {
			return say("符合%s：%s", searchName(lang, n.Follow.Name), title)
		}
		return say("符合您关注的搜索：%s", title)
	}
	return title
}

// deskSentence says what is to be done at a desk, and until when.
func deskSentence(lang text.Lang, n *following.Notice) string {
	i := n.Desk
	what, ask := eventTitle(lang, i.Title.Zh, i.Title.En), strings.TrimRight(text.In(lang, i.Ask, i.Args...), "。.")
	if i.Clock == nil {
		return text.In(lang, "待办：%s：%s", what, ask)
	}
	last := i.Clock.Last.In(workdays.Zone).Format(time.DateOnly)
	if i.Clock.Late(n.At) {
		return text.In(lang, "逾期（%s）：%s：%s", last, what, ask)
	}
	return text.In(lang, "最迟 %s：%s：%s", last, what, ask)
}

// NoticePath is the page that a notice leads to.
func NoticePath(n *following.Notice) string {
	if n.Event != nil {
		return EventPath(n.Event)
	}
	return n.Path
}

// NoticeKindName is what kind of thing a notice tells, in few words.
func NoticeKindName(lang text.Lang, kind string) string { return text.In(lang, noticeKinds[kind]) }

var noticeKinds = map[string]string{
	string(datasets.EventPublished): "新数据集", string(datasets.EventRestored): "又公开了", string(datasets.EventWithdrawn): "撤下了", string(datasets.EventVersion): "新版本",
	string(datasets.EventSchema): "列变了", string(datasets.EventCorrection): "更正", string(datasets.EventOverdue): "没有按时更新", string(datasets.EventAnswer): "答复", string(datasets.EventNote): "解读", string(datasets.EventRecheck): "复核后改正",
	following.Match: "搜索", following.Due: "待办", following.Arrived: "待办",
	following.OwnApplication: "我的申请", following.OwnGrant: "我的授权", following.OwnDemand: "我要的数据", following.OwnObjection: "我的异议", following.OwnShare: "共享申请", following.OwnOrganisation: "我的机构",
}

// unreadWords are the bell's words: how much was not read.
func (f Frame) unreadWords(ctx context.Context) string {
	switch {
	case f.Unread == 0:
		return text.T(ctx, "通知")
	case f.Unread >= following.MostUnread:
		return text.T(ctx, "通知 %d+", following.MostUnread-1)
	}
	return text.T(ctx, "通知 %d", f.Unread)
}

// at is the mode that is chosen for a topic and channel.
func (p NoticeSettingsPage) at(t following.Topic, c following.Channel, m following.Mode) bool {
	return p.Settings.Modes[t][c] == m
}

// fields are the choices that the page shows.
func (p NoticeSettingsPage) fields() []string {
	var out []string
	for _, t := range p.topics() {
		for _, c := range t.Channels() {
			out = append(out, following.Field(t, c))
		}
	}
	return out
}

// topics are those that can concern the reader.
func (p NoticeSettingsPage) topics() []following.Topic {
	out := []following.Topic{following.OnFollows, following.OnOwn}
	if p.Desk {
		out = append(out, following.OnDesk)
	}
	return out
}

// clockHour is a time of the day as it is written.
func clockHour(hour int) string {
	return time.Date(2000, 1, 1, hour, 0, 0, 0, time.UTC).Format("15:04")
}
