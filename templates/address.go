package templates

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/outbound"
	"shuyuan/templates/text"
)

// AddressView is what a page shows of a resource that is an address.
type AddressView struct {
	Dataset  *datasets.Dataset
	Resource *datasets.Resource
	Rules    datasets.LinkRules
	Days     []datasets.LinkDay // oldest first
	Base     string             // of the portal
	Now      time.Time
}

// LinkKindName is what lies at an address, in words.
func LinkKindName(ctx context.Context, k datasets.LinkKind) string {
	switch k {
	case datasets.LinkAPI:
		return text.T(ctx, "接口服务")
	case datasets.LinkFile:
		return text.T(ctx, "别处的文件")
	}
	return text.T(ctx, "网页")
}

// absolute is an address as it is written for others; one of the portal itself
// is a path.
func absolute(base, address string) string {
	if strings.HasPrefix(address, "/") {
		return base + address
	}
	return address
}

// linkHost is the host that a link leads to, as it is written.
func linkHost(base, address string) string {
	u, err := url.Parse(absolute(base, address))
	if err != nil {
		return ""
	}
	return u.Host
}

// ours reports whether an address is of the portal itself.
func ours(address string) bool { return strings.HasPrefix(address, "/") }

// Ago is how long ago t is, in the largest unit that fits.
func Ago(ctx context.Context, t *time.Time, now time.Time) string {
	if t == nil {
		return ""
	}
	switch d := now.Sub(*t); {
	case d < time.Minute:
		return text.T(ctx, "刚刚")
	case d < 2*time.Minute:
		return text.T(ctx, "1 分钟前")
	case d < time.Hour:
		return text.T(ctx, "%d 分钟前", int(d.Minutes()))
	case d < 2*time.Hour:
		return text.T(ctx, "1 小时前")
	case d < 24*time.Hour:
		return text.T(ctx, "%d 小时前", int(d.Hours()))
	case d < 48*time.Hour:
		return text.T(ctx, "1 天前")
	default:
		return text.T(ctx, "%d 天前", int(d.Hours()/24))
	}
}

// LinkHealthName is how an address is doing, in one or two words.
func LinkHealthName(ctx context.Context, h datasets.LinkHealth) string {
	switch h {
	case datasets.LinkOK:
		return text.T(ctx, "可用")
	case datasets.LinkWrong:
		return text.T(ctx, "内容不符")
	case datasets.LinkFailing:
		return text.T(ctx, "暂时没有回应")
	case datasets.LinkDead:
		return text.T(ctx, "失效")
	}
	return text.T(ctx, "还没有检查")
}

// linkSince says since when an address is as it is.
func linkSince(ctx context.Context, st datasets.LinkState, now time.Time) string {
	switch st.Health {
	case datasets.LinkOK, datasets.LinkWrong:
		return text.T(ctx, "%s检查", Ago(ctx, st.CheckedAt, now))
	case datasets.LinkFailing, datasets.LinkDead:
		if st.OKAt == nil {
			return text.T(ctx, "平台从未访问成功")
		}
		return text.T(ctx, "%s还可用", Ago(ctx, st.OKAt, now))
	}
	return ""
}

// LinkProblem is what is wrong with an address, in words; empty where nothing
// is.
func LinkProblem(ctx context.Context, p outbound.Problem, status int, format string) string {
	switch p {
	case "":
		return ""
	case datasets.BadStatus:
		return text.T(ctx, "服务器回答 %d。", status)
	case datasets.WrongFormat:
		return text.T(ctx, "应当是 %s，回来的却是别的内容。", FormatName(format))
	case outbound.NoName:
		return text.T(ctx, "没有这个域名。")
	case outbound.NameFailed:
		return text.T(ctx, "域名现在解析不了。")
	case outbound.Unreachable:
		return text.T(ctx, "连不上服务器。")
	case outbound.Slow:
		return text.T(ctx, "太久没有回应。")
	case outbound.Expired:
		return text.T(ctx, "证书不在有效期内。")
	case outbound.WrongName:
		return text.T(ctx, "证书是别的域名的。")
	case outbound.Untrusted:
		return text.T(ctx, "证书不受信任。")
	case outbound.NoEncryption:
		return text.T(ctx, "建立不了加密连接。")
	case outbound.NotEncrypted:
		return text.T(ctx, "没有加密，平台不往那里送。")
	case outbound.Redirects:
		return text.T(ctx, "转来转去，没有到达。")
	case outbound.NotPublic:
		return text.T(ctx, "指向内部网络，公众到不了。")
	case outbound.PortRefused:
		return text.T(ctx, "端口不是网页服务的端口，平台不访问。")
	case outbound.Malformed:
		return text.T(ctx, "地址的写法不对。")
	}
	return text.T(ctx, "服务器的回答读不懂。")
}

// answeredShare is the share of checks that were answered, as 99.2%.
func answeredShare(answered, checks int) string {
	if checks == 0 {
		return "—"
	}
	return strconv.FormatFloat(float64(answered)*100/float64(checks), 'f', 1, 64) + "%"
}

// sumDays adds up the checks of all days.
func sumDays(days []datasets.LinkDay) (checks, answered int) {
	for _, d := range days {
		checks, answered = checks+d.Checks, answered+d.Answered
	}
	return checks, answered
}

// averageMS is how long the answers of a day took on the average.
func averageMS(ctx context.Context, d datasets.LinkDay) string {
	if d.Answered == 0 {
		return "—"
	}
	return text.T(ctx, "%d 毫秒", d.TookMS/int64(d.Answered))
}

// lastDays are the newest days, newest first, at most n.
func lastDays(days []datasets.LinkDay, n int) []datasets.LinkDay {
	var out []datasets.LinkDay
	for i := len(days) - 1; i >= 0 && len(out) < n; i-- {
		out = append(out, days[i])
	}
	return out
}

// hours is a length of time in whole hours.
func hours(d time.Duration) int { return int(d.Hours()) }

// firstLink is the first address of a dataset, nil where it has none.
func firstLink(d *datasets.Dataset) *datasets.Resource {
	for i := range d.Resources {
		if d.Resources[i].Link != nil {
			return &d.Resources[i]
		}
	}
	return nil
}

func deskLinkHref(id string) string { return "/desk/links/" + id }

// deskLinksHref is the list of addresses with one thing of it changed.
func deskLinksHref(state, sort string) string {
	q := url.Values{}
	if state != "" {
		q.Set("state", state)
	}
	if sort != "" {
		q.Set("sort", sort)
	}
	if len(q) == 0 {
		return "/desk/links"
	}
	return "/desk/links?" + q.Encode()
}

// deskStates are the states that the list can be narrowed to, under their
// names in addresses.
var deskStates = []struct {
	Name   string
	Health datasets.LinkHealth
}{{"dead", datasets.LinkDead}, {"failing", datasets.LinkFailing}, {"wrong", datasets.LinkWrong}, {"unchecked", datasets.LinkUnchecked}, {"ok", datasets.LinkOK}}

// deskSorts are the orders of the list.
var deskSorts = []string{"", "title", "checked", "slowest"}

func deskSortName(ctx context.Context, sort string) string {
	switch sort {
	case "title":
		return text.T(ctx, "按名称")
	case "checked":
		return text.T(ctx, "最久没查的在前")
	case "slowest":
		return text.T(ctx, "最慢的在前")
	}
	return text.T(ctx, "有问题的在前")
}

// DeskState is the state under its name in addresses.
func DeskState(name string) (datasets.LinkHealth, bool) {
	for _, s := range deskStates {
		if s.Name == name {
			return s.Health, true
		}
	}
	return "", false
}
