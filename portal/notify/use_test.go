package notify

import (
	"strings"
	"testing"
	"time"

	"shuyuan/licensing"
	"shuyuan/licensing/use"
	"shuyuan/templates/text"
)

// A letter about what follows a grant says what is due, by when and by which rule, and
// leads its reader to where it is done: the holder to the grant, the desk to the desk.
func TestTheLettersOfWhatFollowsAGrant(t *testing.T) {
	for _, c := range []struct {
		about  use.About
		act    string
		side   licensing.Side
		zh, en string
		path   string
	}{
		{about: use.AboutReport, act: "remind", side: licensing.OfApplicant, zh: "使用报告快到期了", en: "report of use of grant SQZ-2026-000001 is due soon", path: "/grants/SQZ-2026-000001/reports/2"},
		{about: use.AboutDestruction, act: "remind", side: licensing.OfApplicant, zh: "销毁证明快到期了", en: "certificate of destruction for grant SQZ-2026-000001 is due soon", path: "/grants/SQZ-2026-000001/destruction"},
		{about: use.AboutDestruction, act: "warn", side: licensing.OfApplicant, zh: "销毁证明逾期没有交", en: "certificate of destruction", path: "/grants/SQZ-2026-000001/destruction"},
		{about: use.AboutDestruction, act: "warn", side: licensing.OfDepartment, zh: "销毁证明逾期没有交，请督促", en: "certificate of destruction", path: "/desk/use/destructions/7"},
		{about: use.AboutAudit, act: "remind", side: licensing.OfApplicant, zh: "抽查快到答复的期限了", en: "answer to the audit of grant SQZ-2026-000001 is due soon", path: "/grants/SQZ-2026-000001/audits/7"},
		{about: use.AboutAudit, act: "warn", side: licensing.OfAuthority, zh: "抽查逾期没有答复", en: "audit", path: "/desk/use/audits/7"},
	} {
		n := use.Notice{ID: "1", To: "a@bm.example", For: c.side, About: c.about, Act: c.act, Subject: 7, Grant: "SQZ-2026-000001", Number: 2, Holder: "王某", Title: "空气质量", TitleEN: "Air quality",
			From: "示例环保局", FromEN: "Sample environment bureau", Due: "2026-12-04", House: true, At: time.Date(2026, 11, 23, 1, 5, 0, 0, time.UTC)}
		l := Use(n, base, text.Chinese, text.English)
		chinese, english, both := strings.Cut(l.Text, "────────")
		if !both || !strings.Contains(l.Subject, c.zh) || !strings.Contains(l.Subject, c.en) || !strings.Contains(chinese, c.zh) || !strings.Contains(english, c.en) {
			t.Errorf("%s %s: %q\n%s", c.about, c.act, l.Subject, l.Text)
		}
		for _, want := range []string{"空气质量", "示例环保局", "最后一日：2026-12-04", "这个期限是平台规则。", base + c.path + "\n"} {
			if !strings.Contains(chinese, want) {
				t.Errorf("%s %s: no %q in:\n%s", c.about, c.act, want, chinese)
			}
		}
		for _, want := range []string{"Air quality", "Sample environment bureau", "2026-12-04", base + c.path + "\n"} {
			if !strings.Contains(english, want) {
				t.Errorf("%s %s: no %q in:\n%s", c.about, c.act, want, english)
			}
		}
	}
}
