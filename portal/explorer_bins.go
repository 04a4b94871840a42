package portal

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"shuyuan/datasets/rows"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// Rows can be put together by bins: numbers by a width, times by a period. In an
// address this is
//
//	group  bin:10:数值 · bin:quarter:日期
//
// and bin::数值 asks for a width that suits the values; its address names it.

// binned is the part of a grouping that cuts values into bins.
const binned = "bin"

// usualBins is about how many bins a width that nobody chose gives.
const usualBins = 12

// binPeriods are the periods that times are cut into.
var binPeriods = []step{stepYear, stepQuarter, stepMonth, stepDay}

var aWidth = regexp.MustCompile(`^[0-9]{1,38}(\.[0-9]{1,9})?$`)

// widthOf is a width as addresses have it; it returns fault.Malformed for what
// is none.
func widthOf(raw string) (string, error) {
	plain := strings.ReplaceAll(raw, ",", "")
	if v, err := strconv.ParseFloat(plain, 64); aWidth.MatchString(plain) && err == nil && v > 0 {
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return "", malformed("group", "每段的宽度要是大于零的数，“%s”不是。", shown(raw))
}

// bins says whether g cuts values of type t, and as what values it gives.
func (g grouping) bins(t rows.Type) (rows.Type, error) {
	switch {
	case isNumber(t):
		_, err := widthOf(g.width)
		return rows.Decimal, err
	case isTime(t) && slices.Contains(binPeriods, step(g.width)):
		return rows.Date, nil
	}
	return "", malformed("group", "“%s”不能这样分段。", shown(g.column))
}

// binExpression is g in the language of rows.
func (g grouping) binExpression() string {
	if slices.Contains(binPeriods, step(g.width)) {
		return "date_trunc(" + named(g.column) + ", " + literal(g.width) + ")"
	}
	return "bucket(" + named(g.column) + ", " + g.width + ")"
}

// settleWidths gives bins of numbers that name no width a round one that cuts
// the rows that there are into a dozen or so. Where that cannot be found out,
// the question that follows says why.
func (x *explorer) settleWidths(ctx context.Context) error {
	for i, g := range x.state.groups {
		if g.part != binned || g.width != "" {
			continue
		}
		schema, err := x.columns(ctx)
		c, ok := columnNamed(schema, g.column)
		if err != nil || !ok || !isNumber(c.Type) {
			continue
		}
		width, err := x.usualWidth(ctx, c)
		switch {
		case atFault(err):
			continue
		case err != nil:
			return err
		}
		x.state.groups[i].width = width
	}
	return nil
}

func (x *explorer) usualWidth(ctx context.Context, c rows.Column) (string, error) {
	where, err := x.where(ctx)
	if err != nil {
		return "", err
	}
	name := named(c.Name)
	r, err := x.ask(ctx, rows.Query{Select: "min(" + name + ") as a, max(" + name + ") as b", Where: where})
	if err != nil {
		return "", err
	}
	low, high := numberOf(r.Rows[0][0]), numberOf(r.Rows[0][1])
	width := 1.0
	if high > low {
		width = roundWidth((high-low)/usualBins, c.Type == rows.Integer)
	}
	return widthOf(strconv.FormatFloat(max(width, 1e-9), 'f', -1, 64))
}

// bin is a form of the explorer that was sent: rows are put together by bins of
// a column, so wide. Column is a column, or a grouping by bins whose width
// changes.
func (x *explorer) bin(column string, values []string) error {
	g := grouping{part: binned, column: column}
	if on := parseGrouping(column); on.part == binned {
		g.column = on.column
	}
	if len(values) > 0 && strings.TrimSpace(values[0]) != "" {
		width, err := widthOf(strings.TrimSpace(values[0]))
		if err != nil {
			return err
		}
		g.width = width
	}
	x.state = x.state.with(func(e *exploring) {
		same := func(o grouping) bool { return o.part == binned && o.column == g.column }
		if at := slices.IndexFunc(e.groups, same); at >= 0 {
			e.groups[at] = g
		} else {
			e.groups = append(e.groups, g)
		}
		e.sort = nil // perhaps by the bins that were
		e.look("")
	})
	if len(x.state.groups) > mostGroupings {
		return malformed("group", "最多按 %d 项分组。", mostGroupings)
	}
	return nil
}

// binsOf are the bins that a column can be put together by.
func binsOf(column string, t rows.Type) []grouping {
	switch {
	case isNumber(t):
		return []grouping{{part: binned, column: column}}
	case isTime(t):
		var out []grouping
		for _, p := range binPeriods {
			if p != stepDay || t != rows.YearMonth {
				out = append(out, grouping{part: binned, width: string(p), column: column})
			}
		}
		return out
	}
	return nil
}

// binName says what g puts together.
func (x *explorer) binName(ctx context.Context, g grouping) string {
	label := x.label(ctx, g.column)
	switch {
	case slices.Contains(binPeriods, step(g.width)):
		return label + " · " + stepTitle(ctx, step(g.width))
	case g.width == "":
		return label + " · " + text.T(ctx, "按数值分段")
	}
	return label + " · " + text.T(ctx, "每 %s 一段", g.width)
}

// binWords is one bin of g in words: value is where it begins. Empty where g
// has no bins.
func (x *explorer) binWords(ctx context.Context, g grouping, value any) string {
	if g.part != binned || value == nil {
		return ""
	}
	from := fmt.Sprint(value)
	if t, ok := timeOf(from); ok {
		switch step(g.width) {
		case stepYear:
			return strconv.Itoa(t.Year())
		case stepQuarter:
			return text.T(ctx, "%d 年第 %d 季度", t.Year(), (int(t.Month())+2)/3)
		case stepMonth:
			return t.Format("2006-01")
		}
		return from
	}
	low, err := strconv.ParseFloat(from, 64)
	width, wrong := strconv.ParseFloat(g.width, 64)
	if err != nil || wrong != nil {
		return ""
	}
	_, fraction, _ := strings.Cut(g.width, ".")
	say := func(v float64) string { return strconv.FormatFloat(v, 'f', len(fraction), 64) }
	if f := x.field(g.column); f != nil && f.Type == string(rows.Integer) && fraction == "" {
		return span(say(low), say(low+width-1))
	}
	return text.T(ctx, "%s 至不到 %s", say(low), say(low+width))
}

// widthForms change the widths of the bins that are on screen.
func (x *explorer) widthForms(ctx context.Context) []templates.ExplorerForm {
	var out []templates.ExplorerForm
	for _, g := range x.state.groups {
		if g.part == binned && !slices.Contains(binPeriods, step(g.width)) {
			out = append(out, x.widthForm(ctx, g))
		}
	}
	return out
}

// widthForm asks how wide the bins of a column of numbers are.
func (x *explorer) widthForm(ctx context.Context, g grouping) templates.ExplorerForm {
	return templates.ExplorerForm{
		Keep: x.state.kept("sort"), Column: g.String(), Op: binned, Title: text.T(ctx, "%s：按数值分段", x.label(ctx, g.column)), Button: text.T(ctx, "分段汇总"),
		Fields: []templates.ExplorerField{{Label: text.T(ctx, "每段多宽"), Type: "text", Value: g.width, Hint: cmp.Or(g.width, text.T(ctx, "空着就自动选"))}},
	}
}
