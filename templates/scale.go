package templates

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"shuyuan/templates/text"
)

// What charts and maps are drawn with: round numbers, dates on a true axis, and
// numbers as the reader's language shortens them.

// mostTicks bounds an axis, whatever its numbers.
const mostTicks = 12

// roundTicks are three to six round numbers that span low to high.
func roundTicks(low, high float64) (ticks []float64, step float64) {
	low, high = spread(low, high)
	step = math.Pow(10, math.Floor(math.Log10((high-low)/3)))
	for _, f := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*f) <= 5 {
			step *= f
			break
		}
	}
	first := math.Floor(low/step + 1e-9)
	for i := range mostTicks {
		v := (first + float64(i)) * step
		if v == 0 {
			v = 0 // never "-0"
		}
		ticks = append(ticks, v)
		if v >= high-step*1e-9 {
			break
		}
	}
	return ticks, step
}

// spread is low and high as two numbers that an axis can lie between: finite,
// and not the same or as good as the same.
func spread(low, high float64) (float64, float64) {
	const most = 1e300 // beyond which differences are not finite
	if math.IsNaN(low) || math.IsNaN(high) || low < -most || high > most || low > high {
		return 0, 1
	}
	if high-low <= max(math.Abs(low), math.Abs(high))*1e-12 || high-low < 1e-300 {
		margin := max(1, math.Abs(high)*.1)
		return low - margin, high + margin
	}
	return low, high
}

// magnitude is a power of ten with its word.
type magnitude struct {
	power float64
	word  string
}

// magnitudes are how numbers are shortened, the largest first: by ten thousands
// in Chinese, by thousands in English.
func magnitudes(ctx context.Context) []magnitude {
	if text.Of(ctx) == text.English {
		return []magnitude{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "k"}, {1, ""}}
	}
	return []magnitude{{1e12, "万亿"}, {1e8, "亿"}, {1e4, "万"}, {1, ""}}
}

// shorten writes the numbers of one axis: all by the same magnitude, with as many
// digits as step needs. largest is the largest of them, without its sign.
func shorten(ctx context.Context, largest, step float64) func(float64) string {
	by := magnitude{1, ""}
	for _, m := range magnitudes(ctx) {
		if largest >= m.power {
			by = m
			break
		}
	}
	digits := 0
	if s := step / by.power; s > 0 {
		digits = min(8, max(0, int(math.Ceil(-math.Log10(s)-1e-9))))
	}
	return func(v float64) string {
		if math.Abs(v) >= 1e16 {
			return strings.Replace(strconv.FormatFloat(v, 'g', 3, 64), "-", "−", 1)
		}
		s := strconv.FormatFloat(v/by.power, 'f', digits, 64)
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		if s == "0" || s == "-0" {
			return "0"
		}
		return strings.Replace(s, "-", "−", 1) + by.word
	}
}

// Short is one number, shortened to three figures.
func Short(ctx context.Context, v float64) string {
	size := math.Abs(v)
	if size < 1e4 {
		return Plain(v)
	}
	return shorten(ctx, size, math.Pow(10, math.Floor(math.Log10(size))-2))(v)
}

// Plain is a number with its separators and at most four places.
func Plain(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	whole, part := math.Modf(math.Abs(v))
	if whole >= 1e15 {
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	places := 4
	for limit := 1000.0; whole >= limit && places > 1; limit *= 10 {
		places--
	}
	fraction := strconv.FormatFloat(part, 'f', places, 64)
	if fraction[0] == '1' {
		whole++
	}
	fraction = strings.TrimRight(strings.TrimRight(fraction[1:], "0"), ".")
	s := Thousands(int64(whole)) + fraction
	if v < 0 && s != "0" {
		return "−" + s
	}
	return s
}

// A moment on an axis is its seconds since 1970, in no zone: dates are drawn as
// they stand in the data.

// Seconds is where t stands on an axis of moments.
func Seconds(t time.Time) float64 { return float64(t.Unix()) }

func moment(seconds float64) time.Time {
	const most = 1e12 // some 30,000 years
	return time.Unix(int64(min(max(seconds, -most), most)), 0).UTC()
}

// calendarStep is a distance between ticks of an axis of moments.
type calendarStep struct {
	years, months, days, hours int
	form                       string // of the label
}

// seconds is about how long a step is.
func (s calendarStep) seconds() float64 {
	return float64(s.hours)*3600 + (float64(s.days)+float64(s.months)*30.44+float64(s.years)*365.24)*86400
}

var calendarSteps = []calendarStep{
	{hours: 1, form: "15:04"}, {hours: 3, form: "15:04"}, {hours: 6, form: "15:04"}, {hours: 12, form: "01-02 15:04"},
	{days: 1, form: "01-02"}, {days: 2, form: "01-02"}, {days: 7, form: "01-02"}, {days: 14, form: "01-02"},
	{months: 1, form: "2006-01"}, {months: 2, form: "2006-01"}, {months: 3, form: "2006-01"}, {months: 6, form: "2006-01"},
	{years: 1, form: "2006"}, {years: 2, form: "2006"}, {years: 5, form: "2006"}, {years: 10, form: "2006"}, {years: 20, form: "2006"}, {years: 50, form: "2006"}, {years: 100, form: "2006"}, {years: 500, form: "2006"},
}

// momentTicks are at most most ticks of an axis from low to high, each at the
// beginning of an hour, day, month or year.
func momentTicks(low, high float64, most int) (at []float64, form string) {
	step := calendarSteps[len(calendarSteps)-1]
	for _, s := range calendarSteps {
		if (high-low)/s.seconds() <= float64(most) {
			step = s
			break
		}
	}
	t := step.first(moment(low))
	for range 4 * most { // no more, whatever the numbers
		if s := Seconds(t); s > high {
			break
		} else if s >= low {
			at = append(at, s)
		}
		t = step.next(t)
	}
	return at, step.form
}

// first is the last place of the step at or before t.
func (s calendarStep) first(t time.Time) time.Time {
	y, m, d := t.Date()
	switch {
	case s.years > 0:
		return time.Date(y-mod(y, s.years), 1, 1, 0, 0, 0, 0, time.UTC)
	case s.months > 0:
		return time.Date(y, m-time.Month((int(m)-1)%s.months), 1, 0, 0, 0, 0, time.UTC)
	case s.days > 1: // counted through from a Monday, so that weeks begin with one
		monday := time.Date(1970, 1, 5, 0, 0, 0, 0, time.UTC)
		since := int(math.Floor(t.Sub(monday).Hours() / 24))
		return monday.AddDate(0, 0, since-mod(since, s.days))
	case s.days == 1:
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(y, m, d, t.Hour()-t.Hour()%s.hours, 0, 0, 0, time.UTC)
}

func mod(a, b int) int { return ((a % b) + b) % b }

func (s calendarStep) next(t time.Time) time.Time {
	return t.AddDate(s.years, s.months, s.days).Add(time.Duration(s.hours) * time.Hour)
}

// letters is about how wide a text of 12 units of height is.
func letters(s string) float64 {
	w := 0.0
	for _, r := range s {
		if unicode.Is(unicode.Han, r) || r >= 0x3000 && r < 0x3040 || r >= 0xff00 && r < 0xff60 {
			w += 12
		} else {
			w += 6.8
		}
	}
	return w
}

// fit cuts a label that is wider than most.
func fit(s string, most float64) string {
	if letters(s) <= most {
		return s
	}
	r := []rune(s)
	for len(r) > 1 && letters(string(r))+8 > most {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}
