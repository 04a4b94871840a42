package portal

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/rows"
	"shuyuan/licensing"
	"shuyuan/templates"
)

// asking is a portal whose rows can be asked about.
func asking(t *testing.T) *world {
	t.Helper()
	c := datasetstest.New(t, licensing.Gate{}, datasetstest.Asked)
	w := newWorld(t, func(d *Deps) { d.Datasets, d.Search, d.Now = c.Service, finder{c.Service}, c.Clock })
	return &world{w.Server, c}
}

// file publishes a file and returns the address of its page.
func (w *world) file(t *testing.T, name, content string, fields ...datasets.Field) string {
	t.Helper()
	d := w.Dataset(t)
	resource := w.Resource(t, d)
	w.Version(t, d, resource, name, content, fields...)
	return "/datasets/" + d.Slug + "/resources/" + resource
}

func at(page string, pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return page + "?" + v.Encode()
}

const measured = `日期,城市,浓度,等级,编号
2020-01-01,福州,10.5,优,a1
2020-01-02,福州,20.5,优,a2
2020-01-04,福州,60,良,a3
2020-01-01,厦门,5,优,a4
2020-01-02,厦门,,优,a5
2020-01-04,厦门,7,优,a6
坏日子,厦门,9,优,a7
`

func TestAChartIsSuggestedByTheTypesOfTheColumns(t *testing.T) {
	column := func(name string, typ rows.Type) rows.Column { return rows.Column{Name: name, Type: typ} }
	for _, c := range []struct {
		name   string
		schema rows.Schema
		values map[string]int64 // how many different ones
		want   charting
	}{
		{"numbers over time", rows.Schema{column("名称", rows.Text), column("日期", rows.Date), column("值", rows.Decimal)}, map[string]int64{"名称": 900}, charting{kind: "line", x: "日期", agg: "avg", y: "值"}},
		{"numbers over years, for few names", rows.Schema{column("年份", rows.Integer), column("地区", rows.Text), column("值", rows.Decimal)}, map[string]int64{"地区": 4}, charting{kind: "line", x: "年份", agg: "avg", y: "值", series: "地区"}},
		{"two numbers", rows.Schema{column("国家", rows.Text), column("收入", rows.Decimal), column("寿命", rows.Decimal)}, map[string]int64{"国家": 187}, charting{kind: "scatter", x: "收入", agg: "avg", y: "寿命"}},
		{"names", rows.Schema{column("编号", rows.Text), column("类型", rows.Text)}, map[string]int64{"编号": 500, "类型": 7}, charting{kind: "bar", x: "类型", agg: "count"}},
		{"times without numbers", rows.Schema{column("时间", rows.DateTime), column("名称", rows.Text)}, map[string]int64{"名称": 500}, charting{kind: "bar", x: "时间", agg: "count"}},
		{"one number", rows.Schema{column("名称", rows.Text), column("值", rows.Decimal)}, map[string]int64{"名称": 500}, charting{kind: "bar", x: "值", agg: "count"}},
		{"coordinates measure nothing", rows.Schema{column("名称", rows.Text), column("经度", rows.Decimal), column("纬度", rows.Decimal)}, map[string]int64{"名称": 500}, charting{}},
		{"codes of areas, the largest at the right", rows.Schema{column("code", rows.Text), column("name", rows.Text), {Name: "city", Label: "地级代码", Type: rows.Text}, {Name: "province", Label: "省级代码", Type: rows.Text}}, map[string]int64{"code": 620573, "name": 371189, "city": 342, "province": 31}, charting{kind: "bar", x: "province", agg: "count"}},
		{"too many series to be told apart at a glance", rows.Schema{column("日期", rows.Date), column("程度", rows.Text), column("值", rows.Decimal)}, map[string]int64{"程度": 6}, charting{kind: "line", x: "日期", agg: "avg", y: "值"}},
		{"only names, each another", rows.Schema{column("名称", rows.Text)}, map[string]int64{"名称": 500}, charting{}},
		{"a column of one year's values is no year", rows.Schema{column("2020年", rows.Integer), column("类型", rows.Text)}, map[string]int64{"类型": 3}, charting{kind: "bar", x: "类型", agg: "count"}},
	} {
		got, err := suggestChart(c.schema, &datasets.Table{}, func(name string) (int64, error) { return c.values[name], nil })
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(charting{})); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// Of events, several of which fall on a day, a suggested line has one point for
// a period, and what codes mean stands in its key.
func TestASuggestedChartOfEventsCanBeRead(t *testing.T) {
	w := asking(t)
	var b strings.Builder
	b.WriteString("日期,损伤,费用\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "%s,%s,%d\n", time.Date(1990, 1, 1+i/2*3, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), []string{"None", "Minor", "重"}[i%3], i%977)
	}
	page := w.file(t, "events.csv", b.String(), datasets.Field{Name: "日期", Type: "date"}, datasets.Field{Name: "费用", Type: "integer", Unit: "美元"},
		datasets.Field{Name: "损伤", Type: "text", Codes: []datasets.Code{{Value: "None", Label: "无损伤", LabelEN: "Not damaged"}, {Value: "Minor", Label: "轻微", LabelEN: "Slight"}, {Value: "重", Label: "部件要换", LabelEN: "Heavy"}}})
	doc := w.get(t, at(page, "view", "chart")).page(t)
	if n := doc.Find(".slot-chart .beside table tbody tr").Length(); n < 10 || n > calmPoints {
		t.Errorf("%d points, want a few", n)
	}
	if key := doc.Find("figure.plot .keys").Text(); !strings.Contains(key, "无损伤") || !strings.Contains(key, "轻微") || !strings.Contains(key, "重") || strings.Contains(key, "None") || strings.Contains(key, "部件要换") {
		t.Errorf("the key says %q", key)
	}
	if key := w.get(t, at(page, "view", "chart"), "Cookie", "lang=en").page(t).Find("figure.plot .keys").Text(); !strings.Contains(key, "Not damaged") || !strings.Contains(key, "Heavy") {
		t.Errorf("the key says in English %q", key)
	}
}

func TestAnExampleConditionFindsSomething(t *testing.T) {
	number := func(s string) any { return json.Number(s) }
	for _, c := range []struct {
		profile datasets.ColumnProfile
		want    string
	}{
		{datasets.ColumnProfile{Column: "事件日期", Type: "date", Min: "1990-01-01", Max: "2002-12-31"}, "事件日期 >= date'1996-07-01'"},
		{datasets.ColumnProfile{Column: "海拔（米）", Type: "decimal", Distinct: 9, Min: number("-3"), Max: number("4411"), Median: number("12.5")}, "`海拔（米）` >= 12.5"},
		{datasets.ColumnProfile{Column: "数", Type: "integer", Distinct: 1, Min: number("5"), Max: number("5"), Median: number("5")}, ""},
		{datasets.ColumnProfile{Column: "空", Type: "date"}, ""},
		{datasets.ColumnProfile{Column: "名称", Type: "text", Min: "a", Max: "b"}, ""},
	} {
		if got := ExampleOf([]datasets.ColumnProfile{c.profile}); got != c.want {
			t.Errorf("%s: %q, want %q", c.profile.Column, got, c.want)
		}
	}
}

func TestRowsAreDrawnOrItIsSaidWhyNot(t *testing.T) {
	w := asking(t)
	page := w.file(t, "a.csv", measured, datasets.Field{Name: "日期", Type: "date"}, datasets.Field{Name: "浓度", Type: "decimal", Unit: "微克/立方米"})
	chart := func(pairs ...string) answer {
		return w.get(t, at(page, append([]string{"view", "chart"}, pairs...)...))
	}

	a := chart()
	if a.status != 200 {
		t.Fatalf("%d: %.300s", a.status, a.body)
	}
	doc := a.page(t)
	if n := doc.Find(".slot-chart figure[data-plot] svg.drawn:not(.narrow) path.pl").Length(); n != 2 {
		t.Errorf("%d lines, want one for each city", n)
	}
	if got := doc.Find(".slot-chart .beside table tbody tr").Length(); got != 3 {
		t.Errorf("%d rows in the table beside, want one for each day", got)
	}
	if title := doc.Find("svg > title").Text(); !strings.Contains(title, "最高：福州 · 2020-01-04：60 微克/立方米") {
		t.Errorf("who does not see it hears %q", title)
	}
	if notes := doc.Find(".notes").Text(); !strings.Contains(notes, "1 行没有“日期”") || !strings.Contains(notes, "间隔不一") && !strings.Contains(notes, "线断开") {
		t.Errorf("what is left out: %q", notes)
	}
	if doc.Find("[style], script:not([src])").Length() > doc.Find(`script[type="application/ld+json"]`).Length() {
		t.Error("something is inline")
	}
	if kept := doc.Find(`form[data-view-form] input[name=view]`).AttrOr("value", ""); kept != "chart" {
		t.Errorf("the form leads to the view %q", kept)
	}

	for _, c := range []struct {
		name  string
		pairs []string
		want  string // in the slot
	}{
		{"a sum by names", []string{"kind", "bar", "x", "城市", "agg", "sum", "y", "浓度"}, "91"},
		{"a pie of counts", []string{"kind", "pie", "x", "等级"}, "85.7%"},
		{"a pie of averages", []string{"kind", "pie", "x", "等级", "agg", "avg", "y", "浓度"}, "加起来不是整体"},
		{"a pie of dates", []string{"kind", "pie", "x", "日期"}, "有先后"},
		{"a line over names", []string{"kind", "line", "x", "城市"}, "没有先后"},
		{"an area of averages in series", []string{"kind", "area", "x", "日期", "agg", "avg", "y", "浓度", "series", "城市"}, "不能相加"},
		{"a scatter of names", []string{"kind", "scatter", "x", "城市", "agg", "avg", "y", "浓度"}, "两个数列"},
		{"the average of a text", []string{"x", "日期", "agg", "avg", "y", "城市"}, "不是数列"},
		{"no row meets the condition", []string{"where", `城市 = "泉州"`}, "没有一行符合"},
		{"days of the week", []string{"kind", "bar", "x", "日期", "step", "weekday"}, "周三"},
		{"more parts than are told apart", []string{"kind", "pie", "x", "编号"}, "7"},
	} {
		a := chart(c.pairs...)
		if slot := a.page(t).Find(".slot-chart"); a.status != 200 || !strings.Contains(slot.Text(), c.want) {
			t.Errorf("%s: %d, %q not in %.200q", c.name, a.status, c.want, slot.Text())
		}
	}
	for _, c := range []struct {
		name  string
		pairs []string
	}{
		{"no such kind", []string{"kind", "radar", "x", "日期"}}, {"no such column", []string{"x", "没有"}}, {"no such figure", []string{"x", "日期", "agg", "stddev"}},
		{"no such step", []string{"x", "日期", "step", "century"}}, {"a step of another type", []string{"x", "日期", "step", "hour"}},
	} {
		a := chart(c.pairs...)
		if doc := a.page(t); a.status >= 500 || a.status == 200 && doc.Find(".slot-chart .empty").Length() == 0 {
			t.Errorf("%s: %d without a word", c.name, a.status)
		}
	}
}

func TestWhatMayNotBeSeenIsNotDrawn(t *testing.T) {
	w := asking(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Open = datasets.Conditional })
	resource := w.Resource(t, d)
	w.Version(t, d, resource, "a.csv", measured)
	a := w.get(t, "/datasets/"+d.Slug+"/resources/"+resource+"?view=chart&kind=bar&x="+url.QueryEscape("城市"))
	if doc := a.page(t); doc.Find("figure[data-plot], .slot-chart").Length() > 0 || strings.Contains(a.body, "厦门") {
		t.Errorf("%d: a chart of what is open on conditions only", a.status)
	}
}

func TestAStepGivesFewEnoughPoints(t *testing.T) {
	for _, c := range []struct {
		t         rows.Type
		low, high string
		kind      templates.PlotKind
		want      step
	}{
		{rows.DateTime, "2018-01-31", "2018-02-07", templates.PlotLine, stepHour},
		{rows.DateTime, "2013-03-01", "2017-03-01", templates.PlotLine, stepMonth},
		{rows.Date, "2018-01-31", "2018-02-07", templates.PlotLine, stepDay},
		{rows.Date, "2012-01-01", "2013-12-31", templates.PlotLine, stepDay},
		{rows.Date, "2012-01-01", "2015-12-31", templates.PlotBar, stepMonth},
		{rows.YearMonth, "1958-03-01", "2020-05-01", templates.PlotLine, stepMonth},
		{rows.YearMonth, "1850-01-01", "2020-05-01", templates.PlotLine, stepQuarter},
		{rows.Date, "0001-01-01", "9999-12-31", templates.PlotLine, stepYear},
	} {
		low, _ := timeOf(c.low)
		high, _ := timeOf(c.high)
		if got := autoStep(c.t, low, high, c.kind); got != c.want {
			t.Errorf("%s from %s to %s: %s, want %s", c.t, c.low, c.high, got, c.want)
		}
	}
	for least, want := range map[float64]float64{0.03: 0.05, 1: 1, 2.1: 5, 0.1: 0.1, 7: 10, 0: 1} {
		if got := roundWidth(least, false); got != want {
			t.Errorf("the width after %v is %v, want %v", least, got, want)
		}
	}
}
