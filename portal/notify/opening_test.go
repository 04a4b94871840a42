package notify

import (
	"strings"
	"testing"
	"time"

	"shuyuan/datasets/opening"
	"shuyuan/templates/text"
)

func TestTheLetterOfAReviewSaysWhatToDoAndByWhen(t *testing.T) {
	n := opening.Notice{ID: "1", To: "a@bm.example", Department: "示例统计局", Review: 9, Title: "人口", TitleEN: "Population", Name: "年报", State: opening.SecurityCheck, Gate: opening.Security, Due: "2026-12-04", At: time.Date(2026, 11, 23, 1, 5, 0, 0, time.UTC)}
	subjects := map[string]bool{}
	for state := range openingAsks {
		n.State = state
		l := Opening(n, base, text.Chinese, text.English)
		if subjects[l.Subject] || !strings.Contains(l.Subject, "KS-9") || !strings.Contains(l.Subject, "人口") || !strings.Contains(l.Subject, ": Population") {
			t.Errorf("%s: %q", state, l.Subject)
		}
		subjects[l.Subject] = true
	}
	n.State, n.Words = opening.Returned, "删去电话"
	l := Opening(n, base, text.Chinese, text.English)
	chinese, english, _ := strings.Cut(l.Text, "────────")
	for _, want := range []string{"审查退回", "示例统计局", "删去电话", base + "/desk/reviews/9", "2026-12-04", "平台规则"} {
		if !strings.Contains(chinese, want) {
			t.Errorf("%q is not in:\n%s", want, chinese)
		}
	}
	for _, want := range []string{"returned", "删去电话", "platform rule", base + "/desk/reviews/9"} {
		if !strings.Contains(english, want) {
			t.Errorf("%q is not in:\n%s", want, english)
		}
	}
	if l.To.Address != n.To || l.ID != "1" {
		t.Errorf("%+v", l)
	}
}

func TestTheLetterOfAnIncidentSaysWhatToStopUsingAndWhy(t *testing.T) {
	n := opening.IncidentNotice{ID: "1", To: "a@example.com", Incident: 3, Department: "示例统计局", Title: "人口", TitleEN: "Population", Slug: "renkou", Reason: "发现可以认出人的内容", At: time.Date(2026, 11, 23, 1, 5, 0, 0, time.UTC)}
	l := Incident(n, base, text.Chinese, text.English)
	if !strings.Contains(l.Subject, "请停用：人口 JJ-3") || !strings.Contains(l.Subject, "Population JJ-3") {
		t.Errorf("%q", l.Subject)
	}
	chinese, english, two := strings.Cut(l.Text, "────────")
	for lang, want := range map[string][]string{chinese: {"停止使用", "人口", "示例统计局", n.Reason, base + "/datasets/renkou"}, english: {"Population", "示例统计局", n.Reason, base + "/datasets/renkou"}} {
		for _, w := range want {
			if !strings.Contains(lang, w) {
				t.Errorf("%q is not in:\n%s", w, lang)
			}
		}
	}
	n.Incident = 4
	if !two || Incident(n, base, text.Chinese, text.English).Subject == l.Subject || l.To.Address != n.To || l.ID != "1" {
		t.Errorf("%+v", l)
	}
}
