package templates

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/templates/text"
)

// china is the zone in which every time is shown.
var china = time.FixedZone("CST", 8*60*60)

// Day is a date as 2026-11-22.
func Day(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(china).Format("2006-01-02")
}

// Moment is a point in time as 2026-11-22 09:30, in China.
func Moment(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(china).Format("2006-01-02 15:04")
}

// Second is Moment to the second.
func Second(t time.Time) string { return t.In(china).Format("2006-01-02 15:04:05") }

// Thousands is a whole number with separators: 1,234,567.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return sign + b.String()
}

// Size is a number of bytes to three figures, in powers of ten: 7.66 MB.
func Size(bytes int64) string {
	if bytes < 1000 {
		return strconv.FormatInt(bytes, 10) + " B"
	}
	v := float64(bytes)
	unit := 0
	// 999.5 would be rounded up to 1000 of the smaller unit.
	for v >= 999.5 && unit < len(units)-1 {
		v /= 1000
		unit++
	}
	digits := 0
	switch {
	case v < 9.995:
		digits = 2
	case v < 99.95:
		digits = 1
	}
	return strconv.FormatFloat(v, 'f', digits, 64) + " " + units[unit]
}

var units = []string{"B", "kB", "MB", "GB", "TB"}

// Yuan is an amount of money as ¥12,345.00.
func Yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "−", -fen
	}
	return sign + "¥" + Thousands(fen/100) + fmt.Sprintf(".%02d", fen%100)
}

// FrequencyName is how often an update is promised, in words.
func FrequencyName(ctx context.Context, f datasets.Frequency) string {
	zh := f.Title()
	if zh == "" {
		return string(f)
	}
	return text.T(ctx, zh)
}

// openNames are the words of the open types (开放类型).
var openNames = map[datasets.OpenType]string{
	datasets.Unconditional: "无条件开放",
	datasets.Conditional:   "有条件开放",
	datasets.Withheld:      "不予开放",
}

// OpenName is an open type in words.
func OpenName(ctx context.Context, o datasets.OpenType) string {
	zh, ok := openNames[o]
	if !ok {
		return string(o)
	}
	return text.T(ctx, zh)
}

// shareNames are the words of the share types (共享类型), an axis of its own.
var shareNames = map[string]string{
	"unconditional": "无条件共享",
	"conditional":   "有条件共享",
	"withheld":      "不予共享",
}

// ShareName is a share type in words.
func ShareName(ctx context.Context, s string) string {
	zh, ok := shareNames[s]
	if !ok {
		return s
	}
	return text.T(ctx, zh)
}

// formatNames are the spellings of formats; other formats are written in capitals.
var formatNames = map[string]string{
	"geojson": "GeoJSON", "parquet": "Parquet", "ndjson": "NDJSON",
}

// FormatName is a file format as people write it.
func FormatName(format string) string {
	if n, ok := formatNames[format]; ok {
		return n
	}
	return strings.ToUpper(format)
}

// typeNames are the words of the column types.
var typeNames = map[string]string{
	"text": "文本", "integer": "整数", "decimal": "小数", "date": "日期", "yearmonth": "年月",
	"datetime": "时间", "boolean": "是否", "point": "点", "geometry": "图形", "array": "列表", "object": "对象",
}

// TypeName is a column type in words.
func TypeName(ctx context.Context, t string) string {
	zh, ok := typeNames[t]
	if !ok {
		return t
	}
	return text.T(ctx, zh)
}

// numeric reports whether the values of a column are set to the right.
func numeric(fieldType string) bool { return fieldType == "integer" || fieldType == "decimal" }

// title and its neighbours pick the reader's language of catalogue texts.
func title(ctx context.Context, d *datasets.Dataset) string {
	return text.Pick(ctx, d.Title, d.TitleEN)
}

func summary(ctx context.Context, d *datasets.Dataset) string {
	return text.Pick(ctx, d.Summary, d.SummaryEN)
}

// DepartmentName is the name of a department, marked where it is a sample.
func DepartmentName(ctx context.Context, d *datasets.Department) string {
	name := text.Pick(ctx, d.Name, d.NameEN)
	if d.Sample {
		return text.T(ctx, "%s（示例）", name)
	}
	return name
}

// formats are the formats of a dataset's files, each once, in the order of the files.
func formats(d *datasets.Dataset) []string {
	var out []string
	seen := map[string]bool{}
	for i := range d.Resources {
		for _, format := range d.Resources[i].Formats() {
			if !seen[format] {
				seen[format] = true
				out = append(out, format)
			}
		}
	}
	return out
}

// rows is the number of rows of the largest file: the files of a dataset are
// often the same rows in other formats, so adding them up would count twice.
func rows(d *datasets.Dataset) int64 {
	var most int64
	for i := range d.Resources {
		if v := d.Resources[i].Newest; v != nil {
			most = max(most, versionRows(v))
		}
	}
	return most
}

func versionRows(v *datasets.Version) int64 {
	var n int64
	for i := range v.Tables {
		n += v.Tables[i].Rows
	}
	return n
}
