package templates

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"shuyuan/datasets"
	"shuyuan/datasets/quality"
	rowset "shuyuan/datasets/rows"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// QualityView is an entry or a file held against the rules, line by line.
type QualityView struct {
	Lines []QualityLine
	Yes   int
	Asked int // lines with an answer
}

// QualityLine is one rule with what is said of it.
type QualityLine struct {
	Rule     quality.Rule
	Verdict  quality.Verdict
	Sentence string
	Args     []any
	Sources  []Link
	Limit    *policy.Rule // the platform's number that it is held against; nil if it has none
	Href     string       // the file that it is said of; empty: no other page
	Examples []datasets.Example
}

// saidOf is what is said, in the reader's language.
func (l QualityLine) saidOf(ctx context.Context) string {
	args := make([]any, len(l.Args))
	for i, a := range l.Args {
		switch n := a.(type) {
		case int:
			args[i] = grouped(n)
		case int64:
			args[i] = grouped(n)
		default:
			args[i] = a
		}
	}
	return text.T(ctx, l.Sentence, args...)
}

// grouped is a number that is written in groups of three figures.
type grouped int64

// Format implements fmt.Formatter.
func (n grouped) Format(to fmt.State, _ rune) { _, _ = io.WriteString(to, Thousands(int64(n))) }

var verdictClass = map[quality.Verdict]string{quality.Yes: "yes", quality.No: "no", quality.Unknown: "unknown"}

// verdictWord is a verdict for who does not see its mark.
func verdictWord(ctx context.Context, v quality.Verdict) string {
	switch v {
	case quality.Yes:
		return text.T(ctx, "做到了：")
	case quality.No:
		return text.T(ctx, "没有做到：")
	case quality.Unknown:
	}
	return text.T(ctx, "还不知道：")
}

// qualityNote says how many lines are kept.
func qualityNote(ctx context.Context, q *QualityView) string {
	if q.Asked == 0 {
		return text.T(ctx, "还没有检查。每一条都写明查什么、怎样改。")
	}
	return text.T(ctx, "能回答的 %d 条里做到 %d 条。每一条都写明查什么、怎样改。", q.Asked, q.Yes)
}

// profiled reports whether a table's columns were looked at.
func profiled(columns []datasets.ColumnProfile) bool {
	for _, c := range columns {
		if c.Column != "" {
			return true
		}
	}
	return false
}

// emptyShare is how many of a column's cells are empty.
func emptyShare(p *datasets.ColumnProfile) string {
	switch {
	case p.Nulls == 0:
		return "0"
	case p.Rows == 0:
		return "—"
	}
	share := 100 * float64(p.Nulls) / float64(p.Rows)
	if share < 0.01 {
		return "<0.01%"
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", share), "0"), ".") + "%"
}

// valueText is a value of a profile as a person reads it.
func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return "—"
	case json.Number:
		return shortNumber(v)
	case string:
		return strings.Replace(v, "T", " ", 1)
	}
	return fmt.Sprint(v)
}

// shortNumber is a number to six figures where it has many.
func shortNumber(n json.Number) string {
	s := n.String()
	if i, err := n.Int64(); err == nil {
		return Thousands(i)
	}
	if f, err := n.Float64(); err == nil && len(s) > 9 {
		return fmt.Sprintf("%.6g", f)
	}
	return s
}

// textValue is a value that may be any text: it stands as it is.
func textValue(p *datasets.ColumnProfile, v any) string {
	if s, ok := v.(string); ok && p.Type != "datetime" {
		return s
	}
	if n, ok := v.(json.Number); ok && (rowset.Column{Name: p.Column, Type: rowset.Type(p.Type)}).HoldsYears() {
		return n.String()
	}
	return valueText(v)
}

// histogram is the bins of a column as bars, 96 by 24: the path of all of them.
func histogram(p *datasets.ColumnProfile) string {
	var most int64
	for _, b := range p.Bins {
		most = max(most, b.Rows)
	}
	if most == 0 || len(p.Bins) < 2 {
		return ""
	}
	var path strings.Builder
	width := 96 / float64(len(p.Bins))
	for i, b := range p.Bins {
		if b.Rows == 0 {
			continue
		}
		h := max(1, 24*float64(b.Rows)/float64(most))
		fmt.Fprintf(&path, "M%.2f 24h%.2fv-%.2fh-%.2fz", float64(i)*width, width*0.8, h, width*0.8)
	}
	return path.String()
}

// shown are examples of a column that is not told by its most frequent values.
func shown(p *datasets.ColumnProfile) []any { return p.Examples[:min(len(p.Examples), 3)] }

// mostTop is how many of the most frequent values stand in the dictionary.
const mostTop = 3

// limitNumber is a platform's number with its unit.
func limitNumber(ctx context.Context, r policy.Rule) string {
	if len(r.Value) != 1 {
		return ""
	}
	unit := pick(ctx, r.Unit)
	if unit != "%" {
		unit = " " + unit
	}
	return r.Value[0].Zh + unit
}
