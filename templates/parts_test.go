package templates

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/search"
	"shuyuan/templates/text"
)

func TestValuesAreWrittenInOneWay(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Thousands(0), "0"}, {Thousands(999), "999"}, {Thousands(1000), "1,000"}, {Thousands(4239127), "4,239,127"}, {Thousands(-1234567), "-1,234,567"},
		{Size(0), "0 B"}, {Size(999), "999 B"}, {Size(1000), "1.00 kB"}, {Size(7657810), "7.66 MB"}, {Size(99949), "99.9 kB"}, {Size(999499), "999 kB"}, {Size(999500), "1.00 MB"}, {Size(20_600_000_000), "20.6 GB"},
		{Yuan(1234500), "¥12,345.00"}, {Yuan(5), "¥0.05"}, {Yuan(-50), "−¥0.50"},
		{Day(time.Time{}), "—"},
		{Day(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)), "2026-11-22"},
		{Day(time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)), "2026-11-23"}, // midnight in China
		{Moment(time.Date(2026, 11, 22, 1, 30, 0, 0, time.UTC)), "2026-11-22 09:30"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestMarksAreCutOutOfTheText(t *testing.T) {
	const s = "法定节假日安排" // three bytes a character
	for _, c := range []struct {
		name  string
		marks []search.Mark
		want  []piece
	}{
		{"none", nil, []piece{{s, false}}},
		{"in the middle", []search.Mark{{From: 6, To: 15}}, []piece{{"法定", false}, {"节假日", true}, {"安排", false}}},
		{"the whole", []search.Mark{{From: 0, To: len(s)}}, []piece{{s, true}}},
		{"half a character", []search.Mark{{From: 1, To: 6}}, []piece{{s, false}}},
		{"beyond the end, of an older title", []search.Mark{{From: 15, To: 90}}, []piece{{s, false}}},
		{"overlapping", []search.Mark{{From: 0, To: 6}, {From: 3, To: 9}}, []piece{{"法定", true}, {"节假日安排", false}}},
	} {
		got := split(s, c.marks)
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(piece{})); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// The page of a grant is at another address for each side: what was taken under
// it, listed there, leads nobody to the other side's.
func TestDeliveriesLeadToTheGrantWhereItIsOnesOwn(t *testing.T) {
	taken := []datasets.Acquisition{{Grant: "SQZ-2026-000001", SHA256: strings.Repeat("0", 64)}}
	for named, want := range map[bool]bool{true: true, false: false} {
		var b strings.Builder
		if err := acquisitionTable(taken, named).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "SQZ-2026-000001") || strings.Contains(b.String(), `href="/grants/`) != want {
			t.Errorf("named %v: %s", named, b.String())
		}
	}
}

// The files of a dataset are often the same rows in other formats.
func TestRowsAreNotCountedTwice(t *testing.T) {
	d := datasets.Dataset{Resources: []datasets.Resource{
		{Newest: &datasets.Version{Tables: []datasets.Table{{Rows: 10}, {Rows: 5}}}},
		{Newest: &datasets.Version{Tables: []datasets.Table{{Rows: 12}}}},
		{},
	}}
	if got := rows(&d); got != 15 {
		t.Errorf("rows = %d, want 15", got)
	}
}

func TestAnAxisHasRoundNumbersAroundTheValues(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   []string
	}{
		{[]float64{-0.48, 1.17}, []string{"-0.5", "0.0", "0.5", "1.0", "1.5"}},
		{[]float64{315.7, 416.2}, []string{"300", "350", "400", "450"}},
		{[]float64{5, 5}, []string{"4.0", "4.5", "5.0", "5.5", "6.0"}},
		{[]float64{0, 52000}, []string{"0", "20,000", "40,000", "60,000"}},
	} {
		chart := &Chart{X: []string{"a", "b"}, Series: []Series{{Values: c.values}}, Width: 560, Height: 240}
		var got []string
		for _, tick := range chart.yAxis() {
			got = append(got, tick.text)
			if tick.at < 0 || tick.at > 240 {
				t.Errorf("%s at %v is outside the picture", tick.text, tick.at)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v: %s", c.values, diff)
		}
	}
}

func TestALineIsBrokenWhereAValueIsMissing(t *testing.T) {
	chart := &Chart{X: []string{"1", "2", "3", "4"}, Width: 560, Height: 240, Series: []Series{{Values: []float64{1, math.NaN(), 2, 3}}}}
	if p := chart.path(chart.Series[0]); strings.Count(p, "M") != 2 || strings.Contains(p, "NaN") {
		t.Errorf("path %q", p)
	}
	if rows := chart.table("年份").Rows; rows[1][1] != "" || rows[2][1] != "2" {
		t.Errorf("table %v", rows)
	}
}

func TestTheSameDateStandsInTheSameColumn(t *testing.T) {
	leap, plain := place(day(2024, 10, 1)), place(day(2025, 10, 1))
	if leap != plain {
		t.Errorf("1 October stands at %v and at %v", leap, plain)
	}
	if last := place(day(2025, 12, 31)) + dayWidth; math.Abs(last-daysWidth) > 1e-9 {
		t.Errorf("the year ends at %v of %d", last, daysWidth)
	}
}

func TestAUnitIsSaidOnce(t *testing.T) {
	for _, c := range []struct{ label, name, unit, want string }{
		{"海拔", "海拔", "米", "米"},
		{"海拔（米）", "海拔（米）", "米", ""},
		{"Elevation", "海拔（米）", "米", "海拔（米）"},
		{"Elevation", "海拔", "米", "海拔 · 米"},
		{"Elevation (m)", "elevation", "m", "elevation"},
		{"米粉店", "米粉店", "米", "米"},
		{"年份", "年份", "", ""},
	} {
		if got := (Column{Label: c.label, Name: c.name, Unit: c.unit}).under(); got != c.want {
			t.Errorf("under %s of %s in %q stands %q, want %q", c.label, c.name, c.unit, got, c.want)
		}
	}
	english := text.With(t.Context(), text.English)
	for _, c := range []struct{ name, unit, want string }{{"Anomaly", "℃", "Anomaly (℃)"}, {"距平（℃）", "℃", "距平（℃）"}, {"Visits", "", "Visits"}} {
		if got := (&Chart{Unit: c.unit, Series: []Series{{Name: c.name}}}).caption(english); got != c.want {
			t.Errorf("a chart of %s in %q is called %q", c.name, c.unit, got)
		}
	}
}

func TestWhenItWasAndWillBeUpdatedIsOneSentence(t *testing.T) {
	day := func(s string) time.Time {
		at, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	due := day("2026-12-31")
	for now, want := range map[string][2]string{
		"2026-11-25": {"最近一次 2025-11-04，下一次最迟 2026-12-31", "last on 2025-11-04, next by 2026-12-31"},
		"2027-01-02": {"最近一次 2025-11-04，承诺 2026-12-31 前更新", "last on 2025-11-04, promised by 2026-12-31"},
	} {
		d := &datasets.Dataset{Frequency: datasets.Annual, LastUpdated: day("2025-11-04"), NextDue: &due}
		for i, lang := range []text.Lang{text.Chinese, text.English} {
			if got := lastAndNext(text.With(t.Context(), lang), d, day(now)); got != want[i] {
				t.Errorf("on %s: %q, want %q", now, got, want[i])
			}
		}
	}
}

func TestTheWordsOfASearchAreNoFilter(t *testing.T) {
	facets := func(on ...bool) []FacetView {
		f := FacetView{Title: "主题"}
		for _, v := range on {
			f.Values = append(f.Values, FacetValue{Value: "a", Label: "生态环境", On: v})
		}
		return []FacetView{f, {Title: "部门"}}
	}
	words := []ChipView{{"搜索", "潮汐", "/datasets"}}
	for want, p := range map[string]SearchPage{
		"筛选":         {Query: "潮汐", Chips: words, Facets: facets(false)},
		"筛选（已选 2 项）": {Query: "潮汐", Chips: words, Facets: facets(true, false, true)},
	} {
		p.Frame = frame("zh-CN", "/datasets", "搜索")
		var page strings.Builder
		if err := Search(p).Render(text.With(t.Context(), text.Chinese), &page); err != nil {
			t.Fatal(err)
		}
		_, summary, _ := strings.Cut(page.String(), "<summary>")
		if summary, _, _ = strings.Cut(summary, "</summary>"); strings.TrimSpace(summary) != want {
			t.Errorf("the filters are headed %q, want %q", summary, want)
		}
	}
}
