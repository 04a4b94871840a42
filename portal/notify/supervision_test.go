package notify

import (
	"strings"
	"testing"
	"time"

	"shuyuan/licensing/supervision"
	"shuyuan/templates/text"
)

// A letter about a breach case says what was done and by whom, until when somebody
// acts, whether data stops, and leads to the case where its reader sees it.
func TestTheLettersOfABreachCase(t *testing.T) {
	for _, c := range []struct {
		act                         supervision.BreachAction
		holder, desk, yours, halted bool
		zh, en                      string
	}{
		{supervision.Report, false, true, true, false, "反映情况", "Reported"},
		{supervision.Open, true, false, true, true, "立案", "Open the case"},
		{supervision.Open, true, true, true, false, "立案", "Open the case"}, // of sharing: a department reads it at the desk
		{supervision.Halt, true, false, false, true, "立即暂停授权", "Suspend the grant at once"},
		{supervision.Answer, false, true, true, false, "说明情况", "Answer"},
		{supervision.Clear, true, false, false, false, "决定：不构成违约", "Decide: no breach"},
		{supervision.Warn, true, false, false, false, "决定：警告", "Decide: warning"},
		{supervision.HoldUp, true, false, false, true, "决定：暂停到改正为止", "Decide: suspended until mended"},
		{supervision.Revoke, true, false, false, true, "决定：撤销授权", "Decide: revoke the grant"},
		{supervision.Dispute, false, true, true, false, "提出异议", "Object"},
		{supervision.Uphold, true, false, false, false, "维持原决定", "Uphold"},
		{supervision.Overturn, true, false, false, false, "撤销原决定", "Set the decision aside"},
		{supervision.Mend, true, false, false, false, "已改正，恢复使用", "Mended"},
		{supervision.Enforce, true, false, false, false, "撤销授权生效", "Revocation carried out"},
	} {
		t.Run(string(c.act), func(t *testing.T) {
			n := supervision.Notice{ID: "1", To: "a@bm.example", Of: "breach", Number: "WY-2026-000003", Act: string(c.act), Holder: c.holder, Desk: c.desk, Yours: c.yours, Grant: "SQZ-2026-000001",
				Title: "空气质量", TitleEN: "Air quality", From: "示例环保局", FromEN: "Sample environment bureau", Words: "整表转给了第三方。", Due: "2026-12-04", Halted: c.halted, At: time.Date(2026, 11, 23, 1, 5, 0, 0, time.UTC)}
			l := Supervision(n, base, text.Chinese, text.English)
			chinese, english, both := strings.Cut(l.Text, "────────")
			path := base + "/grants/SQZ-2026-000001/breaches/WY-2026-000003\n"
			if c.desk {
				path = base + "/desk/breaches/WY-2026-000003\n"
			}
			for part, wants := range map[string][]string{
				chinese:   {"WY-2026-000003 · " + c.zh, "空气质量", "SQZ-2026-000001", "示例环保局", "> 整表转给了第三方。", "期限：2026-12-04", path},
				english:   {c.en, "Air quality", "SQZ-2026-000001", "Sample environment bureau", "2026-12-04", path},
				l.Subject: {"WY-2026-000003", c.zh, c.en},
			} {
				for _, want := range wants {
					if !both || !strings.Contains(part, want) {
						t.Errorf("no %q in:\n%s", want, part)
					}
				}
			}
			if said := strings.Contains(chinese, "授权现在暂停，取不到数据。"); said != (c.halted && c.holder) {
				t.Errorf("that data stops is said: %v", said)
			}
			if asks := strings.Contains(l.Subject, "请在 2026-12-04 前办理"); asks != c.yours {
				t.Errorf("%q", l.Subject)
			}
		})
	}
}
