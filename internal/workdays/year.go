package workdays

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Day is one row of a notice: a day off, or a day that is worked to make up for
// one.
type Day struct {
	Date      time.Time // its midnight in China
	Festival  string    // 国庆节
	Kind      string    // 放假, 放假（调休）, 调休上班
	Statutory int       // days of the festival that are off by law (全国年节及纪念日放假办法)
	Year      int       // of the notice; the last days of December may belong to the next
}

// Off reports whether nobody works on the day.
func (d Day) Off() bool { return d.Kind != MakeUp }

// The kinds of days.
const (
	Holiday = "放假"
	Swapped = "放假（调休）"
	MakeUp  = "调休上班"
)

// Head is the first line of the CSV.
var Head = []string{"日期", "星期", "节日", "安排", "法定天数", "年度"}

var weekdays = []string{"日", "一", "二", "三", "四", "五", "六"}

// Row is the day as a line of the CSV.
func (d Day) Row() []string {
	return []string{d.Date.Format(time.DateOnly), weekdays[d.Date.Weekday()], d.Festival, d.Kind, strconv.Itoa(d.Statutory), strconv.Itoa(d.Year)}
}

func dayOf(row []string) (Day, error) {
	date, err := time.ParseInLocation(time.DateOnly, row[0], Zone)
	if err != nil {
		return Day{}, err
	}
	if row[1] != weekdays[date.Weekday()] {
		return Day{}, fmt.Errorf("%s is no 星期%s", row[0], row[1])
	}
	if row[3] != Holiday && row[3] != Swapped && row[3] != MakeUp {
		return Day{}, fmt.Errorf("unknown 安排 %q", row[3])
	}
	d := Day{Date: date, Festival: row[2], Kind: row[3]}
	if d.Statutory, err = strconv.Atoi(row[4]); err != nil {
		return Day{}, fmt.Errorf("法定天数: %w", err)
	}
	if d.Year, err = strconv.Atoi(row[5]); err != nil {
		return Day{}, fmt.Errorf("年度: %w", err)
	}
	return d, nil
}

// Days are the rows of a year, in the order of the days.
func (c Calendar) Days(year int) []Day {
	var out []Day
	for _, d := range c.days {
		if d.Year == year {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Day) int { return a.Date.Compare(b.Date) })
	return out
}

// Years are those that are known, the latest first.
func (c Calendar) Years() []int {
	var out []int
	for y := range c.years {
		out = append(out, y)
	}
	slices.SortFunc(out, func(a, b int) int { return cmp.Compare(b, a) })
	return out
}

// With is the calendar with these days in the place of those that it had for
// their years. c itself stays as it is.
func (c Calendar) With(days []Day) Calendar {
	out := Calendar{days: map[string]Day{}, years: map[int]bool{}}
	replaced := map[int]bool{}
	for _, d := range days {
		replaced[d.Year] = true
	}
	for y := range c.years {
		out.years[y], out.latest = true, max(out.latest, y)
	}
	for _, d := range c.days {
		if !replaced[d.Year] {
			out.put(d)
		}
	}
	for _, d := range days {
		out.put(d)
	}
	return out
}

// Fault is what is wrong with a line of a year that was handed in.
type Fault struct {
	Line int
	Zh   string // a sentence with its English in templates/text
	Args []any
}

// Festivals are those that every year has, with the days that are off by law
// since 2025 (国令第 795 号); before, 春节 had 3 and 劳动节 1.
var Festivals = []struct {
	Name string
	Days int
}{{"元旦", 1}, {"春节", 4}, {"清明", 1}, {"劳动节", 2}, {"端午", 1}, {"中秋", 1}, {"国庆节", 3}}

// rowsMost bounds what is read of one year: some fifty days, with room.
const rowsMost = 200

// ReadYear reads the rows of one year, as an administrator hands them in, and says
// of every line what is wrong with it. Doubts are what no year before had: they may
// be true, and whoever hands the year in must say so.
func ReadYear(in io.Reader, year int) (days []Day, wrong, doubts []Fault) {
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	seen := map[string]int{}
	say := func(zh string, line int, args ...any) { wrong = append(wrong, Fault{line, zh, args}) }
	for n := 1; ; n++ {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			line := n
			if parse, ok := errors.AsType[*csv.ParseError](err); ok {
				line = parse.Line
			}
			say("这一行读不出来：引号没有成对。", line)
			return nil, wrong, nil
		}
		line, _ := r.FieldPos(0)
		for i := range row {
			row[i] = strings.TrimSpace(strings.TrimPrefix(row[i], "\uFEFF"))
		}
		if n == 1 && row[0] == Head[0] || len(row) == 1 && row[0] == "" {
			continue
		}
		if n > rowsMost {
			say("一年最多 %d 行。", line, rowsMost)
			break
		}
		if d, ok := readDay(row, year, line, say); ok {
			key := d.Date.Format(time.DateOnly)
			if first, twice := seen[key]; twice {
				say("%s 在第 %d 行已经有了。", line, key, first)
				continue
			}
			seen[key] = line
			days = append(days, d)
		}
	}
	if len(wrong) == 0 && len(days) == 0 {
		say("没有一行是日期。", 1)
	}
	if len(wrong) > 0 {
		return nil, wrong, nil
	}
	return days, nil, doubtful(days, year)
}

func readDay(row []string, year, line int, say func(string, int, ...any)) (Day, bool) {
	if len(row) != len(Head) {
		say("要有 %d 列：日期、星期、节日、安排、法定天数、年度；这一行有 %d 列。", line, len(Head), len(row))
		return Day{}, false
	}
	date, err := time.ParseInLocation(time.DateOnly, row[0], Zone)
	december := date.Year() == year-1 && date.Month() == time.December
	switch {
	case err != nil:
		say("“%s”不是日期，要写成 2027-01-01 这样。", line, short(row[0]))
	case date.Year() != year && !december:
		say("%s 不在 %d 年。", line, row[0], year)
	case row[1] != weekdays[date.Weekday()]:
		say("%s 是星期%s，不是星期%s。", line, row[0], weekdays[date.Weekday()], short(row[1]))
	case !festival(row[2]):
		say("“%s”不是节日，要写明是哪个节。", line, short(row[2]))
	case row[3] != Holiday && row[3] != Swapped && row[3] != MakeUp:
		say("安排要写放假、放假（调休）或调休上班，不能写“%s”。", line, short(row[3]))
	case row[3] == MakeUp && date.Weekday() != time.Saturday && date.Weekday() != time.Sunday:
		say("%s 不是周末，本来就上班，不能是调休上班。", line, row[0])
	case row[5] != strconv.Itoa(year):
		say("年度要写 %d，不是“%s”。", line, year, short(row[5]))
	default:
		n, err := strconv.Atoi(row[4])
		if err != nil || n < 0 || n > 10 {
			say("法定天数要写 0 到 10 的整数，不是“%s”。", line, short(row[4]))
			return Day{}, false
		}
		return Day{Date: date, Festival: row[2], Kind: row[3], Statutory: n, Year: year}, true
	}
	return Day{}, false
}

func short(s string) string {
	if r := []rune(s); len(r) > 20 {
		return string(r[:20]) + "…"
	}
	return s
}

// festival reports whether s names one: a year may have one of its own, as 2015
// had (中国人民抗日战争暨世界反法西斯战争胜利 70 周年纪念日).
func festival(s string) bool {
	r := []rune(s)
	return len(r) >= 2 && len(r) <= 40 && !strings.ContainsAny(s, "<>=+@0123456789") || strings.Contains(s, "纪念日") && len(r) <= 40
}

// doubtful holds a year against what every year has had: all festivals, each with
// its days, and no day off that is not made up for but those of the law.
func doubtful(days []Day, year int) (out []Fault) {
	off := map[string]int{}
	weekday, made := 0, 0
	for _, d := range days {
		switch {
		case !d.Off():
			made++
		default:
			off[d.Festival]++
			if d.Date.Weekday() != time.Saturday && d.Date.Weekday() != time.Sunday {
				weekday++
			}
		}
	}
	law := 0
	for _, f := range Festivals {
		law += f.Days
		names := off[f.Name]
		for name, n := range off { // 国庆节、中秋 in one
			if name != f.Name && strings.Contains(name, f.Name) {
				names += n
			}
		}
		if names < f.Days {
			out = append(out, Fault{0, "%s有 %d 天放假，法定 %d 天。", []any{f.Name, names, f.Days}})
		}
	}
	if got := weekday - made; got != law {
		out = append(out, Fault{0, "工作日放假 %d 天，周末补班 %d 天，相差 %d 天；%d 年法定放假应是 %d 天。", []any{weekday, made, got, year, law}})
	}
	return out
}
