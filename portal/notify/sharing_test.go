package notify

import (
	"strings"
	"testing"
	"time"

	"shuyuan/licensing/sharing"
	"shuyuan/templates/text"
)

// A letter about a request for sharing says what was done, by when somebody has to
// act, and where; to whoever has to act its subject says so.
func TestTheLetterOfARequestForSharing(t *testing.T) {
	n := sharing.Notice{ID: "1", To: "a@bm.example", Request: 9, Asks: sharing.Share, Act: sharing.Receive, State: sharing.Received, Title: "户籍", TitleEN: "Households", From: "示例民政局", FromEN: "Civil affairs", Due: "2026-12-04", Yours: true, At: time.Date(2026, 11, 23, 1, 5, 0, 0, time.UTC)}
	l := Shared(n, base, text.Chinese, text.English)
	if !strings.Contains(l.Subject, "请在 2026-12-04 前办理第 9 号共享申请") || !strings.Contains(l.Subject, "no. 9 by 2026-12-04") {
		t.Errorf("%q", l.Subject)
	}
	for _, c := range []struct {
		act     sharing.Action
		state   sharing.State
		subject string
		want    []string
	}{
		{sharing.Supply, sharing.Supplied, "已提供，使用中", []string{"可以用到 2027-05-01", "不提供给第三方", "Agree and supply", "until 2027-05-01"}},
		{sharing.Refuse, sharing.Refused, "不同意", []string{"> 超出职责", "Refused"}},
		{sharing.Uphold, sharing.Upheld, "主管部门维持不同意", []string{"> 超出职责", "Refusal upheld"}},
		{sharing.Expire, sharing.Expired, "授权期满", []string{"Term over"}},
	} {
		n := sharing.Notice{ID: "2", To: "a@bm.example", Request: 9, Act: c.act, State: c.state, Title: "户籍", TitleEN: "Households", From: "示例公安局", FromEN: "Police", Words: "超出职责", Until: "2027-05-01"}
		l := Shared(n, base, text.Chinese, text.English)
		if !strings.Contains(l.Subject, c.subject) {
			t.Errorf("%s: %q", c.act, l.Subject)
		}
		for _, want := range append(c.want, "户籍", "Households", "Police", base+"/desk/sharing/requests/9") {
			if !strings.Contains(l.Text, want) {
				t.Errorf("%s: %q is not in:\n%s", c.act, want, l.Text)
			}
		}
		if l.To.Address != n.To || l.ID != "2" {
			t.Errorf("%+v", l)
		}
	}
}
