package ingest

import (
	"strconv"
	"strings"
	"time"
)

// written is a day, a month or a point in time as it stands in a cell.
type written struct {
	year, month, day int
	micros           int64 // of the day, by the clock on the wall
	form             Form
	strict, loose    bool // leading zeros were written, or left out
}

// scanner reads digits and signs from the left.
type scanner struct {
	s  []byte
	at int
}

// digits reads at least least digits, at most most.
func (c *scanner) digits(least, most int) (n, count int) {
	for c.at < len(c.s) && count < most && c.s[c.at] >= '0' && c.s[c.at] <= '9' {
		n = n*10 + int(c.s[c.at]-'0')
		c.at++
		count++
	}
	if count < least {
		return 0, 0
	}
	return n, count
}

func (c *scanner) sign(text string) bool {
	if len(c.s)-c.at < len(text) || string(c.s[c.at:c.at+len(text)]) != text {
		return false
	}
	c.at += len(text)
	return true
}

func (c *scanner) end() bool { return c.at == len(c.s) }

// year reads four digits and the sign that follows.
func (w *written) readYear(c *scanner) bool {
	var n int
	if w.year, n = c.digits(4, 4); n != 4 || w.year == 0 {
		return false
	}
	for _, sign := range [...]string{"-", "/", ".", "年"} {
		if c.sign(sign) {
			w.form.Days = sign
			return true
		}
	}
	w.form.Days = compact
	return true
}

// part reads a month or a day, noting whether it has a leading zero.
func (w *written) part(c *scanner) (int, bool) {
	least := 1
	if w.form.Days == compact {
		least = 2
	}
	n, count := c.digits(least, 2)
	if count == 0 || n == 0 {
		return 0, false
	}
	if n < 10 {
		w.strict, w.loose = w.strict || count == 2, w.loose || count == 1
	}
	return n, true
}

// readDay reads a day; what follows it is left.
func (w *written) readDay(c *scanner) (ok bool) {
	if !w.readYear(c) {
		return false
	}
	if w.month, ok = w.part(c); !ok {
		return false
	}
	between := w.form.Days
	switch between {
	case compact:
		between = ""
	case "年":
		between = "月"
	}
	if !c.sign(between) {
		return false
	}
	if w.day, ok = w.part(c); !ok {
		return false
	}
	if w.form.Days == "年" && !c.sign("日") && !c.sign("号") {
		return false
	}
	return w.real()
}

// real reports whether there was or will be such a day. The first and the last
// that can be written stand for no day at all.
func (w *written) real() bool {
	if w.month > 12 || w.day > 31 || w.year == 1 && w.month == 1 && w.day == 1 || w.year == 9999 && w.month == 12 && w.day == 31 {
		return false
	}
	return w.day <= 28 || time.Date(w.year, time.Month(w.month), w.day, 0, 0, 0, 0, time.UTC).Day() == w.day
}

// number is the day counted from 1 January 1970.
func (w *written) number() int32 {
	y, m := w.year, w.month
	if m <= 2 {
		y--
		m += 12
	}
	n := 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + w.day - 1 // years that begin in March
	return int32(n - 719468)                                       //nolint:gosec // years have four digits
}

// instant is the moment in microseconds from 1970, by the clock on the wall.
func (w *written) instant() int64 { return int64(w.number())*dayMicros + w.micros }

const dayMicros = 86_400_000_000

// date reads a cell that is a day.
func date(s []byte) (w written, ok bool) {
	c := scanner{s: arabic(trimmed(s))}
	return w, w.readDay(&c) && c.end()
}

// yearMonth reads a cell that is a month.
func yearMonth(s []byte) (w written, ok bool) {
	c := scanner{s: arabic(trimmed(s))}
	if !w.readYear(&c) {
		return w, false
	}
	if w.month, ok = w.part(&c); !ok || w.month > 12 {
		return w, false
	}
	if w.form.Days == "年" && !c.sign("月") {
		return w, false
	}
	c.sign("份")
	return w, c.end()
}

// dateTime reads a cell that is a day with a time.
func dateTime(s []byte) (w written, ok bool) {
	c := scanner{s: trimmed(s)}
	if !w.readDay(&c) {
		return w, false
	}
	switch {
	case c.sign(" "):
		w.form.Between = " "
	case c.sign("T"), c.sign("t"):
		w.form.Between = "T"
	case w.form.Days == compact:
		return w, w.compactTime(&c)
	case w.form.Days != "年":
		return w, false
	}
	for c.sign(" ") {
	}
	if !w.readClock(&c) || !w.readZone(&c) {
		return w, false
	}
	return w, c.end()
}

// compactClock is the form of a time in six digits behind a day in eight.
const compactClock = "150405"

func (w *written) compactTime(c *scanner) bool {
	n, count := c.digits(6, 6)
	if hour, minute, second := n/10000, n/100%100, n%100; count == 0 || !c.end() || hour > 23 || minute > 59 || second > 59 {
		return false
	} else {
		w.micros = int64(hour*3600+minute*60+second) * 1e6
	}
	w.form.Clock = compactClock
	return true
}

// readClock reads the time of a day: 9:05, 09:05:00.123, 9时5分. 24:00 is the
// end of the day, which is the beginning of the next (GB/T 7408.1, 5.3.3).
func (w *written) readClock(c *scanner) bool {
	if !w.readTime(c) {
		return false
	}
	return w.micros < dayMicros || w.micros == dayMicros && w.form.Fraction == 0
}

func (w *written) readTime(c *scanner) bool {
	hour, n := c.digits(1, 2)
	if n == 0 || hour > 24 {
		return false
	}
	var minute, second int
	if c.sign("时") || c.sign("点") {
		w.form.Clock = "时"
		if minute, n = c.digits(1, 2); n > 0 && !c.sign("分") {
			return false
		}
		if second, n = c.digits(1, 2); n > 0 && !c.sign("秒") {
			return false
		}
		w.micros = int64(hour*3600+minute*60+second) * 1e6
		return minute < 60 && second < 60
	}
	if !c.sign(":") {
		return false
	}
	if minute, n = c.digits(2, 2); n == 0 || minute > 59 {
		return false
	}
	w.form.Clock = "15:04"
	if c.sign(":") {
		if second, n = c.digits(2, 2); n == 0 || second > 59 { // a leap second is none that a clock here shows
			return false
		}
		w.form.Clock = "15:04:05"
	}
	w.micros = int64(hour*3600+minute*60+second) * 1e6
	if w.form.Clock == "15:04:05" && c.sign(".") {
		fraction, n := c.digits(1, 6)
		if n == 0 {
			return false
		}
		w.form.Fraction = n
		for ; n < 6; n++ {
			fraction *= 10
		}
		w.micros += int64(fraction)
		c.digits(1, 9) // finer than is kept; the cell itself is
	}
	return true
}

// readZone reads Z or +08:00. A moment is kept by the clock on the wall, and
// what zone that is belongs to the form of its column.
func (w *written) readZone(c *scanner) bool {
	from := c.at
	if c.end() {
		return true
	}
	c.sign(" ")
	if !c.sign("Z") && !c.sign("z") && !c.sign("UTC") {
		if !c.sign("+") && !c.sign("-") {
			return false
		}
		hour, n := c.digits(2, 2)
		if n == 0 || hour > 14 {
			return false
		}
		c.sign(":")
		if minute, _ := c.digits(2, 2); minute > 59 {
			return false
		}
	}
	w.form.Zone = string(c.s[from:c.at])
	return true
}

// minutes is how far east of UTC a zone is, as readZone reads it.
func zoneMinutes(zone string) int {
	var digits []int
	for _, r := range zone {
		if r >= '0' && r <= '9' {
			digits = append(digits, int(r-'0'))
		}
	}
	if len(digits) < 2 {
		return 0
	}
	for len(digits) < 4 {
		digits = append(digits, 0)
	}
	n := (digits[0]*10+digits[1])*60 + digits[2]*10 + digits[3]
	for _, r := range zone {
		if r == '-' {
			return -n
		}
	}
	return n
}

// arabic is a day in Chinese numerals in digits, 二〇二三年十二月三十一日 as
// 2023年12月31日; anything else is as it was.
func arabic(s []byte) []byte {
	if len(s) < 15 || len(s) > 60 || s[0] < 0xE3 {
		return s
	}
	year, rest, ok := strings.Cut(string(s), "年")
	if !ok {
		return s
	}
	out, ok := numeralYear(year)
	if !ok {
		return s
	}
	out += "年"
	for _, part := range [...]string{"月", "日"} {
		word, after, ok := strings.Cut(rest, part)
		if !ok {
			break
		}
		n, ok := numeral(word)
		if !ok {
			return s
		}
		out, rest = out+strconv.Itoa(n)+part, after
	}
	return []byte(out + rest)
}

// digitsHan are the digits as years are written in them.
var digitsHan = map[rune]byte{'〇': '0', '○': '0', '零': '0', '一': '1', '二': '2', '三': '3', '四': '4', '五': '5', '六': '6', '七': '7', '八': '8', '九': '9'}

func numeralYear(s string) (string, bool) {
	var out []byte
	for _, r := range s {
		d, ok := digitsHan[r]
		if !ok {
			return "", false
		}
		out = append(out, d)
	}
	return string(out), len(out) == 4
}

// numeral reads a number below 100: 三, 十, 十二, 二十, 三十一, 廿一.
func numeral(s string) (n int, ok bool) {
	tens := false
	for _, r := range strings.ReplaceAll(strings.ReplaceAll(s, "廿", "二十"), "卅", "三十") {
		d, digit := digitsHan[r]
		switch {
		case r == '十' && !tens:
			n, tens = max(n, 1)*10, true
		case digit && n%10 == 0 && (n == 0 || tens):
			n += int(d - '0')
		default:
			return 0, false
		}
	}
	return n, n > 0
}
