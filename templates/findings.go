package templates

import (
	"context"
	"strings"

	"shuyuan/datasets"
	"shuyuan/templates/text"
)

// findingWords are the evidence of a finding.
func findingWords(ctx context.Context, f *datasets.Finding) string {
	return text.T(ctx, f.Sentence, f.Args...)
}

// findingPlace says whether the file is public already.
func findingPlace(ctx context.Context, f *datasets.Finding) string {
	place := text.T(ctx, "还没有发布")
	switch {
	case f.Published > 0 && f.Public:
		place = text.T(ctx, "已公开在第 %d 版里", f.Published)
	case f.Published > 0:
		place = text.T(ctx, "在第 %d 版里，条目没有公开", f.Published)
	}
	if f.Position > 0 {
		place += " · " + text.T(ctx, "第 %d 张表", f.Position+1)
	}
	return place
}

func findingState(ctx context.Context, s datasets.FindingState) string {
	switch s {
	case datasets.FindingConfirmed:
		return text.T(ctx, "属实")
	case datasets.FindingDismissed:
		return text.T(ctx, "可以公开")
	case datasets.FindingOpen:
	}
	return text.T(ctx, "待决定")
}

// alarms is how many of the findings are in public files and undecided.
func alarms(all []datasets.Finding) (n int) {
	for i := range all {
		if all[i].Alarms() {
			n++
		}
	}
	return n
}

// rowNumbers lists the numbers of rows.
func rowNumbers(ctx context.Context, rows []int64) string {
	out := make([]string, len(rows))
	for i, n := range rows {
		out[i] = Thousands(n)
	}
	return strings.Join(out, listMark(ctx))
}
