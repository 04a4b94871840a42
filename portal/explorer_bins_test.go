package portal

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const binnedRows = `编号,日期,时间,月份,值,比率
a,2020-01-05,2020-01-05 08:00,2020-01,3,0.05
b,2020-02-07,2020-01-05 23:59,2020-02,12,0.1
c,2020-04-01,2020-01-06 00:00,2020-04,19,0.29
d,2021-01-09,2021-03-01 10:00,2021-01,20,0.3
e,,2021-03-01 11:00,2021-01,-1,0.31
f,2020-03-31,2020-01-06 01:00,2020-03,,
`

// A bin says where it lies, counts what is in it, and leads to just that.
func TestGroupsByBinsLeadToTheirRows(t *testing.T) {
	w := asking(t)
	page := w.file(t, "b.csv", binnedRows)
	for _, c := range []struct {
		group string
		bins  []string
		rows  [][]string
	}{
		{"bin:10:值", []string{"-10 – -1", "0 – 9", "10 – 19", "20 – 29", "空"}, [][]string{{"e"}, {"a"}, {"b", "c"}, {"d"}, {"f"}}},
		{"bin:0.1:比率", []string{"0.0 至不到 0.1", "0.1 至不到 0.2", "0.2 至不到 0.3", "0.3 至不到 0.4", "空"}, [][]string{{"a"}, {"b"}, {"c"}, {"d", "e"}, {"f"}}},
		{"bin:2.5:值", []string{"-2.5 至不到 0.0", "2.5 至不到 5.0", "10.0 至不到 12.5", "17.5 至不到 20.0", "20.0 至不到 22.5", "空"}, [][]string{{"e"}, {"a"}, {"b"}, {"c"}, {"d"}, {"f"}}},
		{"bin:year:日期", []string{"2020", "2021", "空"}, [][]string{{"a", "b", "c", "f"}, {"d"}, {"e"}}},
		{"bin:quarter:日期", []string{"2020 年第 1 季度", "2020 年第 2 季度", "2021 年第 1 季度", "空"}, [][]string{{"a", "b", "f"}, {"c"}, {"d"}, {"e"}}},
		{"bin:month:日期", []string{"2020-01", "2020-02", "2020-03", "2020-04", "2021-01", "空"}, [][]string{{"a"}, {"b"}, {"f"}, {"c"}, {"d"}, {"e"}}},
		{"bin:day:时间", []string{"2020-01-05", "2020-01-06", "2021-03-01"}, [][]string{{"a", "b"}, {"c", "f"}, {"d", "e"}}},
		{"bin:quarter:月份", []string{"2020 年第 1 季度", "2020 年第 2 季度", "2021 年第 1 季度"}, [][]string{{"a", "b", "f"}, {"c"}, {"d", "e"}}},
	} {
		doc := w.shows(t, at(page, "group", c.group), c.bins...)
		counts := column(doc, 1)
		for i, want := range c.rows {
			if i >= len(counts) || counts[i] != fmt.Sprint(len(want)) {
				t.Errorf("%s: %v rows in its bins, want %d in bin %d", c.group, counts, len(want), i)
				continue
			}
			inside := w.shows(t, doc.Find(".xt tbody tr").Eq(i).Find("td a").AttrOr("href", ""), want...)
			if chip := inside.Find(".xchips .chip").Text(); c.bins[i] != "空" && !strings.Contains(chip, c.bins[i]) {
				t.Errorf("%s: the condition is called %q, want %s", c.group, chip, c.bins[i])
			}
		}
	}
	english := w.get(t, at(page, "group", "bin:quarter:日期"), "Accept-Language", "en").page(t)
	if got := column(english, 0); !slices.Contains(got, "2020, quarter 1") {
		t.Errorf("in English the bins are %v", got)
	}
}

// Nobody has to know a width: left out, a round one is chosen by what is there.
// Forms set it, and none leads to an address that says something else.
func TestAWidthIsChosenOrTyped(t *testing.T) {
	w := asking(t)
	var file strings.Builder
	file.WriteString("编号,值,比率\n")
	for i := range 100 {
		fmt.Fprintf(&file, "n%d,%d,%.2f\n", i, 10*i, float64(i)/100)
	}
	page := w.file(t, "w.csv", file.String())
	for _, c := range []struct {
		name      string
		ask, want []string
	}{
		{"by what is there", []string{"group", "bin::值"}, []string{"group", "bin:100:值"}},
		{"by what is there of fractions", []string{"group", "bin::比率"}, []string{"group", "bin:0.1:比率"}},
		{"by what is chosen", []string{"group", "bin::值", "f", "between:值:0|60"}, []string{"group", "bin:5:值", "f", "between:值:0|60"}},
		{"typed beside a column", []string{"set", "bin", "column", "值", "v", " 250 "}, []string{"group", "bin:250:值"}},
		{"typed for bins that are there", []string{"set", "bin", "column", "bin:100:值", "v", "0.50", "group", "bin:100:值", "sum", "avg:值"}, []string{"group", "bin:0.5:值", "sum", "avg:值"}},
		{"not typed", []string{"set", "bin", "column", "bin::值", "v", ""}, []string{"group", "bin:100:值"}},
		{"with what is not said by others", []string{"group", "bin:010.0:值"}, []string{"group", "bin:10:值"}},
	} {
		r := w.get(t, at(page, c.ask...))
		if got, _, _ := strings.Cut(r.header.Get("Location"), "#"); r.status != http.StatusFound || got != at(page, c.want...) {
			t.Errorf("%s: %d, sent to %s, want %s", c.name, r.status, got, at(page, c.want...))
		}
	}
	for _, c := range []struct {
		name   string
		ask    []string
		status int
		words  string
	}{
		{"no width", []string{"set", "bin", "column", "值", "v", "0"}, 400, "要是大于零的数"},
		{"less than none", []string{"set", "bin", "column", "值", "v", "-1"}, 400, "要是大于零的数"},
		{"a width that is more", []string{"set", "bin", "column", "值", "v", "1) or (1=1"}, 400, "要是大于零的数"},
		{"a width in an address that is more", []string{"group", "bin:1), count(*:值"}, 200, "要是大于零的数"},
		{"a period of numbers", []string{"group", "bin:month:值"}, 200, "要是大于零的数"},
		{"a width of texts", []string{"group", "bin:5:编号"}, 200, "“编号”不能这样分段"},
		{"a column that is not there", []string{"group", "bin::没有"}, 200, "没有“没有”这一列"},
	} {
		r := w.get(t, at(page, c.ask...))
		if text := r.page(t).Find("main").Text(); r.status != c.status || !strings.Contains(text, c.words) {
			t.Errorf("%s: %d, want %d and %q: %s", c.name, r.status, c.status, c.words, strings.Join(strings.Fields(text), " "))
		}
	}
	doc := w.get(t, at(page, "group", "bin:100:值")).page(t)
	if got := doc.Find(`.xpop form input[name="column"][value="bin:100:值"]`).Length(); got != 1 {
		t.Error("the width of the bins on screen cannot be changed")
	}
	if got := doc.Find(`select[name="group"] option[selected]`).First().AttrOr("value", ""); got != "bin:100:值" {
		t.Errorf("chosen is %q", got)
	}
	if got := w.get(t, at(page, "panel", "值")).page(t).Find(`.xform input[name="set"][value="bin"]`).Length(); got != 1 {
		t.Error("a column of numbers offers no bins")
	}
	chart := w.get(t, at(page, "group", "bin:100:值", "view", "chart")).page(t)
	if got := chart.Find(`.slot [name="step"]`).AttrOr("value", ""); got != "100" && chart.Find(`.slot option[selected][value="100"]`).Length() == 0 {
		t.Errorf("the chart of the groups has bins of %q", got)
	}
}
