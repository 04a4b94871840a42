package catalogue

import (
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
)

// bar stands between the parts of a line. A part that holds one holds the wide
// one instead.
const bar = " | "

func line(parts ...string) string {
	for i, p := range parts {
		parts[i] = strings.Join(strings.Fields(strings.ReplaceAll(p, "|", "｜")), " ")
	}
	return strings.TrimRight(strings.Join(parts, bar), " |")
}

// lines are the lines of s, each cut into n parts; what is over stays in the
// last.
func lines(s string, n int) [][]string {
	var out [][]string
	for l := range strings.Lines(s) {
		if strings.TrimSpace(l) == "" {
			continue
		}
		parts := strings.SplitN(l, "|", n)
		for len(parts) < n {
			parts = append(parts, "")
		}
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		out = append(out, parts)
	}
	return out
}

// mostLines is how many lines a field may have.
const mostLines = 2000

// BasisLines writes one basis a line, its parts between bars, as ReadBases reads.
func BasisLines(list []datasets.LegalBasis) string {
	var out []string
	for _, b := range list {
		out = append(out, line(b.Kind, b.Instrument, b.Article, b.Quote))
	}
	return strings.Join(out, "\n")
}

// ReadBases reads 种类 | 名称、文号 | 条款 | 原文, one basis a line.
func ReadBases(field, s string) ([]datasets.LegalBasis, *fault.Fault) {
	var out []datasets.LegalBasis
	for _, p := range lines(s, 4) {
		out = append(out, datasets.LegalBasis{Kind: p[0], Instrument: p[1], Article: p[2], Quote: p[3]})
	}
	if len(out) > 20 {
		return nil, fault.At(field, "太多，最多 %d 条。", 20)
	}
	return out, nil
}

func filingLines(list []datasets.Filing) string {
	var out []string
	for _, f := range list {
		out = append(out, line(f.Date, f.With, f.Number))
	}
	return strings.Join(out, "\n")
}

// readFilings reads 日期 | 备案机关 | 文号, one filing a line.
func readFilings(s string) ([]datasets.Filing, *fault.Fault) {
	var out []datasets.Filing
	for _, p := range lines(s, 3) {
		if p[0] != "" {
			if _, err := time.Parse(time.DateOnly, p[0]); err != nil {
				return nil, fault.At("filings", "日期请写成年-月-日，如 2026-01-15。")
			}
		}
		out = append(out, datasets.Filing{Date: p[0], With: p[1], Number: p[2]})
	}
	if len(out) > 20 {
		return nil, fault.At("filings", "太多，最多 %d 条。", 20)
	}
	return out, nil
}

// itemTypes are the types of a data item, as those of a column.
var itemTypes = map[string]string{
	"": "text", "text": "text", "文本": "text", "integer": "integer", "整数": "integer", "decimal": "decimal", "小数": "decimal", "date": "date", "日期": "date",
	"yearmonth": "yearmonth", "年月": "yearmonth", "datetime": "datetime", "日期时间": "datetime", "boolean": "boolean", "是否": "boolean", "point": "point", "geometry": "geometry", "array": "array", "object": "object",
}

// ItemTypes are the types that the form offers.
var ItemTypes = []string{"text", "integer", "decimal", "date", "yearmonth", "datetime", "boolean", "point", "geometry"}

func itemLines(list []datasets.Field) string {
	var out []string
	for _, f := range list {
		out = append(out, line(f.Name, f.Label, f.Type, f.Unit, string(f.Sensitivity), codesText(f.Codes), f.Description))
	}
	return strings.Join(out, "\n")
}

// readItems reads 名称 | 中文名称 | 类型 | 计量单位 | 敏感级别 | 值域代码 | 定义, one
// data item a line.
func readItems(s string) ([]datasets.Field, *fault.Fault) {
	var out []datasets.Field
	names := map[string]bool{}
	for _, p := range lines(s, 7) {
		t, ok := itemTypes[p[2]]
		if !ok {
			return nil, fault.At("items", "没有这种数据类型：%s", short(p[2]))
		}
		level := datasets.Sensitivity(p[4])
		if !knownSensitivity(level) {
			return nil, fault.At("items", "没有这种敏感级别：%s", short(p[4]))
		}
		if p[0] == "" {
			return nil, fault.At("items", "每个数据项要有名称。")
		}
		if names[p[0]] {
			return nil, fault.At("items", "数据项“%s”写了两次。", short(p[0]))
		}
		names[p[0]] = true
		out = append(out, datasets.Field{Name: p[0], Label: p[1], Type: t, Unit: p[3], Sensitivity: level, Codes: readCodes(p[5]), Description: p[6]})
	}
	if len(out) > mostLines {
		return nil, fault.At("items", "太多，最多 %d 条。", mostLines)
	}
	return out, nil
}

func knownSensitivity(s datasets.Sensitivity) bool {
	if s == "" {
		return true
	}
	for _, k := range datasets.Sensitivities() {
		if k == s {
			return true
		}
	}
	return false
}

func codesText(codes []datasets.Code) string {
	var out []string
	for _, c := range codes {
		out = append(out, strings.NewReplacer("=", "＝", ";", "；").Replace(c.Value)+"="+strings.NewReplacer("=", "＝", ";", "；").Replace(c.Label))
	}
	return strings.Join(out, ";")
}

func readCodes(s string) []datasets.Code {
	var out []datasets.Code
	for _, part := range strings.Split(s, ";") {
		value, label, _ := strings.Cut(part, "=")
		if value = strings.TrimSpace(value); value != "" {
			out = append(out, datasets.Code{Value: value, Label: strings.TrimSpace(label)})
		}
	}
	return out
}

// short is as much of s as a sentence repeats.
func short(s string) string {
	if r := []rune(s); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return s
}
