package notify

import (
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/outbound"
	"shuyuan/templates/text"
)

func TestTheLetterAboutAddressesSaysWhichAndWhatToDo(t *testing.T) {
	since := time.Date(2026, 11, 20, 1, 5, 0, 0, time.UTC)
	n := datasets.LinkNotice{ID: "1", To: "kaifang@bm.example", Department: "示例交通局", At: since.AddDate(0, 0, 3),
		Dead: []datasets.LinkNews{
			{Title: "路况", Name: "路况接口", URL: "https://data.example.gov.cn/api", Problem: datasets.BadStatus, Status: 404, Since: &since},
			{Title: "公交", Name: "线路", URL: "/api/v1/x", Problem: outbound.NoName, Since: &since},
		},
		Back: []datasets.LinkNews{{Title: "水情", Name: "水位", URL: "https://water.example.gov.cn/"}},
	}
	l := Links(n, base, text.Chinese, text.English)
	for _, want := range []string{
		"示例交通局：您好。", "路况 · 路况接口", "https://data.example.gov.cn/api", "服务器回答 404。", "自 2026-11-20 09:05 起（北京时间）", "没有这个域名。",
		"又有回应", "https://water.example.gov.cn/", base + "/desk/links", "The server answers 404.", "since 2026-11-20 09:05 (Beijing time)", "answer again",
	} {
		if !strings.Contains(l.Text, want) {
			t.Errorf("%q is not in:\n%s", want, l.Text)
		}
	}
	if l.To.Address != n.To || l.ID != "1" || !strings.Contains(l.Subject, "请改正 2 个失效的地址，1 个恢复了") || !strings.Contains(l.Subject, "dead addresses: 2; back again: 1") {
		t.Errorf("to %s: %s", l.To, l.Subject)
	}
	n.Back = nil
	if l := Links(n, base, text.Chinese, text.English); !strings.Contains(l.Subject, "请改正 2 个失效的地址") || strings.Contains(l.Text, "又有回应") {
		t.Errorf("%s: %s", l.Subject, l.Text)
	}
}
