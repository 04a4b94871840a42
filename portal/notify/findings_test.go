package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/templates/text"
)

func TestTheLetterAboutFindingsSaysWhereAndWhatToDo(t *testing.T) {
	n := datasets.FindingNotice{ID: "1", To: "kaifang@bm.example", Department: "示例交通局", At: time.Date(2026, 11, 23, 1, 5, 0, 0, time.UTC),
		News: []datasets.FindingNews{
			{Finding: 7, Title: "公交", Name: "线路", Version: 2, Sentence: "“%s”列有 %d 行里有手机号码。", Args: []any{"电话", int64(12)}},
			{Finding: 8, Title: "公交", Name: "站点", Version: 1, Sentence: "“%s”列有 %d 行里有护照号码。", Args: []any{"备注", int64(1)}},
		}}
	kept, err := json.Marshal(n) // as it waits to be sent
	if err != nil {
		t.Fatal(err)
	}
	n = datasets.FindingNotice{}
	if err := json.Unmarshal(kept, &n); err != nil {
		t.Fatal(err)
	}
	l := Findings(n, base, text.Chinese, text.English)
	chinese, english, both := strings.Cut(l.Text, "────────")
	for _, want := range []string{"示例交通局：您好。", "- 公交 · 线路 · 第 2 版\n  “电话”列有 12 行里有手机号码。\n  " + base + "/desk/findings/7\n", "- 公交 · 站点 · 第 1 版", base + "/desk/findings 可以看到全部", "不会自动撤下"} {
		if !strings.Contains(chinese, want) {
			t.Errorf("%q is not in:\n%s", want, chinese)
		}
	}
	for _, want := range []string{"- 公交 · 线路 · Version 2\n", "12 rows", "mobile", base + "/desk/findings/8\n", "told once of each kind"} {
		if !strings.Contains(english, want) {
			t.Errorf("%q is not in:\n%s", want, english)
		}
	}
	if l.To.Address != n.To || l.ID != "1" || !both || !strings.Contains(l.Subject, "请决定已公开文件里的 2 条发现") || !strings.Contains(l.Subject, "public files: 2") {
		t.Errorf("to %s: %s", l.To, l.Subject)
	}
	for i := range 100 {
		n.News = append(n.News, datasets.FindingNews{Title: fmt.Sprint("第", i), Sentence: "没有。"})
	}
	if l := Findings(n, base, text.Chinese, text.English); strings.Count(l.Text, "\n- ") != 2*listed || !strings.Contains(l.Subject, "102") {
		t.Errorf("%d lines", strings.Count(l.Text, "\n- "))
	}
}
