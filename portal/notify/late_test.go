package notify

import (
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/templates/text"
)

func TestTheLetterAboutABrokenPromiseSaysWhatToUpdate(t *testing.T) {
	n := datasets.LateNotice{ID: "1", To: "kaifang@bm.example", Department: "示例交通局", English: "Sample Bureau", At: time.Date(2026, 11, 23, 20, 5, 0, 0, time.UTC),
		Late: []datasets.LateNews{{Slug: "bus", Title: "公交", TitleEN: "Buses", Due: "2026-11-20"}}}
	l := Late(n, base, text.Chinese, text.English)
	chinese, english, both := strings.Cut(l.Text, "────────")
	if !both || !strings.Contains(chinese, "- 公交 · 约定 2026-11-20\n  "+base+"/datasets/bus") || !strings.Contains(english, "- Buses") || !strings.Contains(english, "Sample Bureau") || !strings.Contains(chinese, "/desk/uploads") {
		t.Errorf("%s", l.Text)
	}
	if !strings.Contains(l.Subject, "请更新“公交”：约定 2026-11-20，到 2026-11-24") || !strings.Contains(l.Subject, "Buses") || l.To.Address != n.To {
		t.Errorf("%s", l.Subject)
	}
	n.Late = append(n.Late, datasets.LateNews{Slug: "b", Title: "站点", Due: "2026-11-21"})
	if l := Late(n, base, text.Chinese, text.English); !strings.Contains(l.Subject, "请更新 2 个数据集") || strings.Count(l.Text, base+"/datasets/") != 4 {
		t.Errorf("%s\n%s", l.Subject, l.Text)
	}
}
