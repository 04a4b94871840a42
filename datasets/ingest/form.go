package ingest

import (
	"strconv"
	"time"
)

// Form is how the values of a column are written in the file. Where every
// cell of a column follows it, the value alone gives the cell back, byte by
// byte; a cell that does not is kept beside its value.
type Form struct {
	Days     string `json:"days,omitempty"`     // between year, month and day: - / . 年, or compact
	Loose    bool   `json:"loose,omitempty"`    // months and days without leading zeros
	Between  string `json:"between,omitempty"`  // day and time
	Clock    string `json:"clock,omitempty"`    // 15:04, 15:04:05, 150405 or 时
	Fraction int    `json:"fraction,omitempty"` // digits of a second
	Zone     string `json:"zone,omitempty"`     // Z, +08:00
	Scale    int    `json:"scale,omitempty"`    // digits of a fraction, where all have as many
	Grouped  bool   `json:"grouped,omitempty"`  // 1,234
	Percent  string `json:"percent,omitempty"`  // the sign or unit after a number
	Yes      string `json:"yes,omitempty"`
	No       string `json:"no,omitempty"`
}

const compact = "compact"

// appendDay writes a day or, without one, a month.
func (f Form) appendDay(out []byte, year, month, day int) []byte {
	out = append(out, digit(year/1000), digit(year/100), digit(year/10), digit(year))
	part := func(n int) {
		if n >= 10 || !f.Loose {
			out = append(out, digit(n/10))
		}
		out = append(out, digit(n))
	}
	switch f.Days {
	case "年":
		out = append(out, "年"...)
		part(month)
		out = append(out, "月"...)
		if day > 0 {
			part(day)
			out = append(out, "日"...)
		}
	case compact:
		part(month)
		if day > 0 {
			part(day)
		}
	default:
		out = append(out, f.Days...)
		part(month)
		if day > 0 {
			out = append(out, f.Days...)
			part(day)
		}
	}
	return out
}

func digit(n int) byte { return byte('0' + n%10) } //nolint:gosec // one digit

// appendMoment writes a day with its time.
func (f Form) appendMoment(out []byte, year, month, day int, micros int64) []byte {
	out = append(f.appendDay(out, year, month, day), f.Between...)
	second := int(micros / 1_000_000)
	hour, minute, second := second/3600, second/60%60, second%60
	if f.Clock == "时" {
		out = append(strconv.AppendInt(out, int64(hour), 10), "时"...)
		out = append(strconv.AppendInt(out, int64(minute), 10), "分"...)
		if second > 0 {
			out = append(strconv.AppendInt(out, int64(second), 10), "秒"...)
		}
		return append(out, f.Zone...)
	}
	if f.Clock == compactClock {
		return append(out, digit(hour/10), digit(hour), digit(minute/10), digit(minute), digit(second/10), digit(second))
	}
	out = append(out, digit(hour/10), digit(hour), ':', digit(minute/10), digit(minute))
	if f.Clock == "15:04:05" {
		out = append(out, ':', digit(second/10), digit(second))
	}
	if f.Fraction > 0 {
		out = append(out, '.')
		rest := int(micros % 1_000_000)
		for i, by := 0, 100_000; i < f.Fraction; i, by = i+1, by/10 {
			out = append(out, digit(rest/by))
		}
	}
	return append(out, f.Zone...)
}

// appendNumber writes mantissa / 10^scale.
func (f Form) appendNumber(out []byte, mantissa int64, scale int) []byte {
	text := decimalText(mantissa, scale)
	if f.Grouped {
		if text[0] == '-' {
			out, text = append(out, '-'), text[1:]
		}
		whole := len(text)
		if scale > 0 {
			whole -= scale + 1
		}
		for i := range whole {
			if i > 0 && (whole-i)%3 == 0 {
				out = append(out, ',')
			}
			out = append(out, text[i])
		}
		text = text[whole:]
	}
	return append(append(out, text...), f.Percent...)
}

// appendFloat writes a floating-point number.
func (f Form) appendFloat(out []byte, v float64) []byte {
	from := len(out)
	out = strconv.AppendFloat(out, v, 'f', -1, 64)
	if f.Grouped {
		text := string(out[from:])
		mantissa, scale := int64(0), 0
		if n, ok := numberOf([]byte(text)); ok && n.exact {
			mantissa, scale = n.mantissa, n.scale
			return f.appendNumber(out[:from], mantissa, scale)
		}
	}
	return append(out, f.Percent...)
}

// appendBool writes yes or no.
func (f Form) appendBool(out []byte, v bool) []byte {
	if v {
		return append(out, f.Yes...)
	}
	return append(out, f.No...)
}

// civil is the day with that number.
func civil(number int32) (year, month, day int) {
	t := time.Unix(int64(number)*86400, 0).UTC()
	y, m, d := t.Date()
	return y, int(m), d
}

// Words is the form for people, by an example; nothing where values are
// written as they are kept.
func (f Form) Words(t Type) string {
	var out []byte
	switch t {
	case Date:
		out = f.appendDay(nil, 2020, 1, 31)
	case DateTime:
		out = f.appendMoment(nil, 2020, 1, 31, 9*3600e6+5*60e6)
	case YearMonth:
		out = f.appendDay(nil, 2020, 1, 0)
	case Integer, Decimal:
		if f.Grouped {
			out = append(out, "1,234"...)
		} else if f.Percent != "" {
			out = append(out, "12"...)
		}
		out = append(out, f.Percent...)
	case Boolean:
		out = append(append(append(out, f.Yes...), '/'), f.No...)
	}
	return string(out)
}
