package ingest

import (
	"encoding/xml"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// style is what the format of a cell makes of its number.
type style int

const (
	plain style = iota
	month       // 2026-01
	day         // 2026-01-15
	clock       // 13:05:00
	both        // 2026-01-15 13:05:00
	span        // 36:05:00, hours beyond a day
)

// styles reads the format of every style of cells.
func (p parts) styles(part string) ([]style, error) {
	codes := map[string]style{} // number formats of this workbook
	var out []style
	within := false // the styles of cells, as against those of named styles
	err := p.each(part, func(_ *elements, start xml.StartElement) error {
		switch start.Name.Local {
		case "numFmt":
			codes[attribute(start, "numFmtId")] = styleOf(attribute(start, "formatCode"))
		case "cellXfs":
			within = true
		case "cellStyles", "dxfs":
			within = false
		case "xf":
			if within && len(out) < 1<<16 {
				out = append(out, formatStyle(codes, attribute(start, "numFmtId")))
			}
		}
		return nil
	})
	return out, err
}

// formatStyle is the style of a format by its number: those that the standard
// numbers, those of East Asian versions included, and the workbook's own.
func formatStyle(own map[string]style, id string) style {
	if s, ok := own[id]; ok {
		return s
	}
	n, err := strconv.Atoi(id)
	if err != nil {
		return plain
	}
	switch {
	case n >= 14 && n <= 16, n >= 27 && n <= 31, n == 36, n >= 50 && n <= 54, n == 57, n == 58:
		return day
	case n == 17, n == 55 || n == 56:
		return month
	case n >= 18 && n <= 21, n >= 32 && n <= 35, n == 45, n == 47:
		return clock
	case n == 22:
		return both
	case n == 46:
		return span
	}
	return plain
}

var (
	literals = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.`)
	elapsed  = regexp.MustCompile(`(?i)\[(h+|m+|s+)\]`)
	brackets = regexp.MustCompile(`\[[^\]]*\]`)
)

// styleOf reads the code of a format: yyyy"年"m"月"d"日", [h]:mm, 0.00.
func styleOf(code string) style {
	code, _, _ = strings.Cut(literals.ReplaceAllString(code, ""), ";")
	if elapsed.MatchString(code) {
		return span
	}
	code = strings.ToLower(brackets.ReplaceAllString(code, ""))
	if strings.Contains(code, "general") {
		return plain
	}
	year, months, days := strings.Contains(code, "y"), strings.Contains(code, "m"), strings.Contains(code, "d")
	hours := strings.ContainsAny(code, "hs")
	switch {
	case hours && (year || days):
		return both
	case hours:
		return clock
	case year && months && !days:
		return month
	case year || days || months:
		return day
	}
	return plain
}

// moment is the number of a day, counted as spreadsheets count, as text. What
// the format hides and the number holds is told too: the day of a month that
// is not its first, the time of a day.
func (s style) moment(n float64, from1904 bool) (string, bool) {
	seconds := math.Round(n * 86400)
	if n < 0 || seconds >= 2958466*86400 { // the year 10000
		return "", false
	}
	if s == span || s == clock && n >= 1 {
		t := int64(seconds)
		return strconv.FormatInt(t/3600, 10) + time.Unix(t%3600, 0).UTC().Format(":04:05"), true
	}
	whole := math.Floor(seconds / 86400)
	start := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case from1904:
		start = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case s != clock && whole < 1, whole == 60: // 0 January 1900 and 29 February 1900 are no days
		return "", false
	case whole < 60:
		start = start.AddDate(0, 0, 1)
	}
	t := start.AddDate(0, 0, int(whole)).Add(time.Duration(seconds-whole*86400) * time.Second)
	timed := seconds != whole*86400
	switch {
	case s == clock:
		return t.Format(time.TimeOnly), true
	case s == both || timed:
		return t.Format(time.DateTime), true
	case s == month && t.Day() == 1:
		return t.Format("2006-01"), true
	}
	return t.Format(time.DateOnly), true
}
