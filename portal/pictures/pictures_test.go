package pictures

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
)

var words = Words{Title: "示例", Column: func(f datasets.Field) string { return f.Name }}

func holidays() ([]datasets.Field, [][]string) {
	fields := []datasets.Field{{Name: "日期", Type: "date"}, {Name: "星期", Type: "text"}, {Name: "节日", Type: "text"}, {Name: "安排", Type: "text"}, {Name: "天数", Type: "integer"}}
	var rows [][]string
	for y := 2020; y <= 2026; y++ {
		for d := 1; d <= 3; d++ {
			week := []string{"一", "二", "三", "四", "五", "六", "日"}
			rows = append(rows,
				[]string{fmt.Sprintf("%d-01-%02d", y, d), week[(y+d)%7], "元旦", "放假", "1"},
				[]string{fmt.Sprintf("%d-05-%02d", y, d), week[(y+d+3)%7], "劳动节", "放假", "1"},
				[]string{fmt.Sprintf("%d-10-%02d", y, d), week[(y+d+5)%7], "国庆节", "放假", "3"})
		}
		rows = append(rows, []string{fmt.Sprintf("%d-10-08", y), "六", "国庆节", "调休上班", "3"})
	}
	return fields, rows
}

func TestACalendarIsFoundByItsShape(t *testing.T) {
	fields, rows := holidays()
	d := Days(words, fields, rows)
	if d == nil {
		t.Fatal("not seen as a calendar")
	}
	if diff := cmp.Diff([]string{"放假", "调休上班"}, d.Kinds); diff != "" {
		t.Error(diff)
	}
	if len(d.Days) != len(rows) || d.Days[0].Name != "元旦" {
		t.Errorf("%d days, the first named %q: a weekday is not an occasion", len(d.Days), d.Days[0].Name)
	}
}

// An English legend says what the code list says; a value without a word stays.
func TestALegendIsInTheReadersLanguage(t *testing.T) {
	english := Words{Title: "Sample", Column: func(f datasets.Field) string {
		if f.LabelEN != "" {
			return f.LabelEN
		}
		return f.Name
	}}
	fields, rows := holidays()
	fields[2].Codes = []datasets.Code{{Value: "元旦", Label: "公历1月1日", LabelEN: "New Year"}}
	fields[3].Codes = []datasets.Code{{Value: "放假", Label: "放假日", LabelEN: "Day off"}, {Value: "调休上班"}}
	d := Days(english, fields, rows)
	if d == nil || !slices.Equal(d.Kinds, []string{"Day off", "调休上班"}) || d.Days[0].Name != "New Year" || d.Days[1].Name != "劳动节" {
		t.Errorf("%+v", d)
	}
	if d := Days(words, fields, rows); !slices.Equal(d.Kinds, []string{"放假", "调休上班"}) || d.Days[0].Name != "元旦" {
		t.Errorf("in Chinese: %v, %s", d.Kinds, d.Days[0].Name)
	}
	series := [][]string{}
	for y := 2000; y < 2010; y++ {
		series = append(series, []string{fmt.Sprint(y), "1.5"})
	}
	chart, axis := Series(english, []datasets.Field{{Name: "年份", LabelEN: "Year", Type: "integer"}, {Name: "浓度", LabelEN: "Level", Type: "decimal", Unit: "米", UnitEN: "m"}}, series, 100, 50)
	if chart == nil || chart.Unit != "m" || chart.Series[0].Name != "Level" || axis != "Year" {
		t.Errorf("%+v along %s", chart, axis)
	}
}

func TestWhatIsNotACalendar(t *testing.T) {
	fields, rows := holidays()
	twice := append(append([][]string{}, rows...), rows[0])
	bad := append([][]string{{"2020-02-30", "一", "元旦", "放假", "1"}}, rows[1:]...)
	for name, c := range map[string][][]string{"a date twice": twice, "a date that does not exist": bad, "too few years": rows[:20], "nothing": nil} {
		if Days(words, fields, c) != nil {
			t.Errorf("%s: drawn", name)
		}
	}
}

func TestValuesOnBothSidesOfZeroBecomeBars(t *testing.T) {
	fields := []datasets.Field{{Name: "年份", Type: "integer"}, {Name: "距平", Type: "decimal", Unit: "℃"}}
	var rows [][]string
	for y := 2000; y < 2010; y++ {
		rows = append(rows, []string{fmt.Sprint(y), fmt.Sprint(float64(y-2005) / 10)})
	}
	c, axis := Series(words, fields, rows, 560, 240)
	if c == nil || !c.Bars || axis != "年份" || c.Unit != "℃" || len(c.X) != 10 || c.Series[0].Values[0] != -.5 {
		t.Errorf("%+v, axis %q", c, axis)
	}
}

func TestWhatIsNotASeries(t *testing.T) {
	year := datasets.Field{Name: "年份", Type: "integer"}
	value := datasets.Field{Name: "值", Type: "decimal"}
	var up [][]string
	for y := 2000; y < 2010; y++ {
		up = append(up, []string{fmt.Sprint(y), "1", "福州"})
	}
	for name, c := range map[string]struct {
		fields []datasets.Field
		rows   [][]string
	}{
		"a place beside the time": {[]datasets.Field{year, value, {Name: "地区", Type: "text"}}, up},
		"time that goes back":     {[]datasets.Field{year, value}, append(up[1:len(up):len(up)], up[0])},
		"a number that is no year": {[]datasets.Field{year, value}, [][]string{{"1", "1"}, {"2", "1"}, {"3", "1"}, {"4", "1"},
			{"5", "1"}, {"6", "1"}, {"7", "1"}, {"8", "1"}}},
		"too few": {[]datasets.Field{year, value}, up[:5]},
	} {
		if got, _ := Series(words, c.fields, c.rows, 560, 240); got != nil {
			t.Errorf("%s: drawn", name)
		}
	}
}

func TestUnitsDoNotShareAnAxis(t *testing.T) {
	fields := []datasets.Field{{Name: "月份", Type: "yearmonth"}, {Name: "浓度", Type: "decimal", Unit: "ppm"}, {Name: "去季节", Type: "decimal", Unit: "ppm"}, {Name: "气温", Type: "decimal", Unit: "℃"}}
	var rows [][]string
	for m := 1; m <= 12; m++ {
		rows = append(rows, []string{fmt.Sprintf("2020-%02d", m), "400", "", "20"})
	}
	c, _ := Series(words, fields, rows, 560, 240)
	var names []string
	for _, s := range c.Series {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"浓度", "去季节"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestCollectStopsAtTheLimit(t *testing.T) {
	table := func(n int) func(func([]string) error) error {
		return func(yield func([]string) error) error {
			reused := []string{"a"}
			for i := range n + 1 {
				if err := yield(reused); err != nil {
					return fmt.Errorf("row %d: %w", i, err)
				}
				reused[0] = strconv.Itoa(i + 1)
			}
			return nil
		}
	}
	rows, err := Collect(table(2))
	if err != nil || len(rows) != 2 || rows[0][0] != "1" || rows[1][0] != "2" {
		t.Errorf("%v, %v", rows, err)
	}
	if rows, err := Collect(table(Most + 1)); err != nil || rows != nil {
		t.Errorf("%d rows of a table that is too large, %v", len(rows), err)
	}
	if _, err := Collect(func(func([]string) error) error { return io.ErrUnexpectedEOF }); err == nil {
		t.Error("a broken file passes for an empty one")
	}
}
