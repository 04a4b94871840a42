package workdays_test

import (
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/workdays"
)

func asCSV(t *testing.T, days []workdays.Day) string {
	t.Helper()
	var out strings.Builder
	w := csv.NewWriter(&out)
	if err := w.Write(workdays.Head); err != nil {
		t.Fatal(err)
	}
	for _, d := range days {
		if err := w.Write(d.Row()); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	return out.String()
}

// A year that ships is a year as one hands it in, and raises no doubt.
func TestAYearGoesOutAndComesBack(t *testing.T) {
	c := china(t)
	for _, year := range []int{2025, 2026} {
		days, wrong, doubts := workdays.ReadYear(strings.NewReader("\uFEFF"+asCSV(t, c.Days(year))), year)
		if len(wrong) > 0 || len(doubts) > 0 || len(days) != len(c.Days(year)) {
			t.Errorf("%d: %d days, wrong %v, doubts %v", year, len(days), wrong, doubts)
		}
	}
}

// The vectors of the shipped calendar hold for years that were handed in.
func TestAddThroughImportedYears(t *testing.T) {
	c := china(t)
	var empty workdays.Calendar
	if _, err := empty.Add(day(t, "2024-09-27"), 2); !errors.Is(err, workdays.NoYear(2024)) {
		t.Fatalf("without the year: %v", err)
	}
	imported := empty
	for _, year := range []int{2023, 2024} {
		days, wrong, _ := workdays.ReadYear(strings.NewReader(asCSV(t, c.Days(year))), year)
		if len(wrong) > 0 {
			t.Fatal(wrong)
		}
		imported = imported.With(days)
	}
	for _, v := range []struct {
		start string
		n     int
		want  string
	}{
		{"2024-09-27", 2, "2024-09-30"}, {"2024-09-30", 2, "2024-10-09"}, {"2024-02-09", 2, "2024-02-19"},
		{"2023-09-18", 15, "2023-10-13"}, {"2023-06-19", 7, "2023-06-29"}, {"2023-06-29", 7, "2023-07-10"},
		{"2023-06-20", 10, "2023-07-05"}, {"2023-10-13", 3, "2023-10-18"}, {"2023-12-25", 10, "2024-01-09"},
	} {
		if got, err := imported.Add(day(t, v.start), v.n); err != nil || got.Format(time.DateOnly) != v.want {
			t.Errorf("%s + %d = %v, %v; want %s", v.start, v.n, got, err, v.want)
		}
	}
	if _, err := imported.Add(day(t, "2024-12-30"), 5); !errors.Is(err, workdays.NoYear(2025)) {
		t.Errorf("over the end of what is known: %v", err)
	}
	if c.Covers(2027) {
		t.Error("2027 is known before it is announced")
	}
}

// A corrected year takes the place of the one before, and changes no other.
func TestWithReplacesAYear(t *testing.T) {
	c := china(t)
	days := c.Days(2026)
	for i, d := range days {
		if d.Date.Format(time.DateOnly) == "2026-10-10" { // no longer worked
			days = append(days[:i:i], days[i+1:]...)
			break
		}
	}
	changed := c.With(days)
	if worked, _ := changed.IsWorkday(day(t, "2026-10-10")); worked {
		t.Error("the day is still worked")
	}
	if worked, _ := c.IsWorkday(day(t, "2026-10-10")); !worked {
		t.Error("the calendar it was made from has changed")
	}
	if worked, _ := changed.IsWorkday(day(t, "2025-10-11")); !worked {
		t.Error("another year has changed")
	}
}

func TestWhatIsNoYear(t *testing.T) {
	good := asCSV(t, china(t).Days(2026))
	for name, c := range map[string]struct {
		text string
		line int // of the first fault
		says string
	}{
		"nothing":                  {"", 1, "没有一行是日期"},
		"a head and nothing":       {"日期,星期,节日,安排,法定天数,年度\n", 1, "没有一行是日期"},
		"too few columns":          {"2026-01-01,四,元旦,放假\n", 1, "要有 %d 列"},
		"no day":                   {"2026-02-30,一,春节,放假,4,2026\n", 1, "不是日期"},
		"the wrong weekday":        {"2026-01-01,五,元旦,放假,1,2026\n", 1, "是星期"},
		"another year":             {"2025-06-01,日,端午,放假,1,2026\n", 1, "不在 %d 年"},
		"the year after":           {"2027-01-01,五,元旦,放假,1,2026\n", 1, "不在 %d 年"},
		"no festival":              {"2026-01-01,四,,放假,1,2026\n", 1, "不是节日"},
		"a formula for a festival": {"2026-01-01,四,=1+1,放假,1,2026\n", 1, "不是节日"},
		"an unknown arrangement":   {"2026-01-01,四,元旦,休息,1,2026\n", 1, "安排要写"},
		"made up on a Monday":      {"2026-01-05,一,元旦,调休上班,1,2026\n", 1, "不是周末"},
		"another notice":           {"2026-01-01,四,元旦,放假,1,2025\n", 1, "年度要写"},
		"no number":                {"2026-01-01,四,元旦,放假,一,2026\n", 1, "法定天数"},
		"a day twice":              {good + "2026-10-10,六,国庆节,调休上班,3,2026\n", 41, "已经有了"},
		"a quote that never ends":  {"2026-01-01,四,\"元旦,放假,1,2026\n", 1, "引号"},
		"a thousand lines":         {strings.Repeat("2026-01-01,四,元旦,放假,1,2026\n", 1000), 2, "已经有了"},
		"bytes that are no text":   {"\xff\xfe2026", 1, "要有 %d 列"},
		"a day of December before": {"2025-12-31,三,元旦,放假,1,2026\n2026-01-0x,四,元旦,放假,1,2026\n", 2, "不是日期"},
	} {
		days, wrong, _ := workdays.ReadYear(strings.NewReader(c.text), 2026)
		if len(wrong) == 0 || len(days) > 0 {
			t.Errorf("%s: taken", name)
			continue
		}
		if wrong[0].Line != c.line || !strings.Contains(wrong[0].Zh, c.says) {
			t.Errorf("%s: line %d, %s", name, wrong[0].Line, wrong[0].Zh)
		}
	}
	for name, lines := range map[string]string{
		"half a year":                     strings.Join(strings.Split(good, "\n")[:25], "\n"),
		"a make-up day that was lost":     strings.Replace(good, "2026-10-10,六,国庆节,调休上班,3,2026\n", "", 1),
		"a festival that nobody gets off": strings.NewReplacer("2026-06-19,五,端午,放假,1,2026\n", "", "2026-06-20,六,端午,放假,1,2026\n", "", "2026-06-21,日,端午,放假,1,2026\n", "").Replace(good),
	} {
		if _, wrong, doubts := workdays.ReadYear(strings.NewReader(lines), 2026); len(wrong) > 0 || len(doubts) == 0 {
			t.Errorf("%s: wrong %v, doubts %v", name, wrong, doubts)
		}
	}
}
