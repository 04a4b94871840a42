package templates

import (
	"context"
	"strconv"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// ImportsPage is where entries go out and come in as sheets.
type ImportsPage struct {
	Frame
	Secret  string // as it was answered
	Imports []catalogue.Import
	Mistake Mistake
}

// PlanPage is what an import would do. It carries the files: nothing of them is
// kept until somebody confirms.
type PlanPage struct {
	Frame
	Book      *policy.Book
	Vocab     catalogue.Vocabulary
	Plan      *catalogue.Plan
	FileName  string
	File      string // base64url
	ItemsName string
	Items     string
	Mistake   Mistake
}

// ImportPage is an import that was made.
type ImportPage struct {
	Frame
	Vocab   catalogue.Vocabulary
	Import  *catalogue.Import
	Mistake Mistake
	Done    string
}

// ImportHref is the desk's page about an import.
func ImportHref(id int64) string { return "/desk/imports/" + strconv.FormatInt(id, 10) }

// verdictNames are what becomes of a row, in words.
var verdictNames = map[catalogue.Verdict]string{
	catalogue.Creates: "新建", catalogue.Changes: "修改", catalogue.Unchanged: "没有变化", catalogue.Refused: "不收",
}

// VerdictName is what becomes of a row, in words.
func VerdictName(ctx context.Context, v catalogue.Verdict) string {
	return text.T(ctx, verdictNames[v])
}

// outcomeNames are what became of a row when its import was undone.
var outcomeNames = map[catalogue.Outcome]string{
	catalogue.CanUndo: "可以撤销", catalogue.Undone: "已撤销", catalogue.ChangedBy: "没有撤：导入之后又改过", catalogue.SentOn: "没有撤：已送签、报送或确认",
	catalogue.MadeOpen: "没有撤：已经公开过", catalogue.InUse: "没有撤：已有文件、审查或别的记录", catalogue.Gone: "没有撤：条目已经不在",
}

func outcomeName(ctx context.Context, o catalogue.Outcome, undone bool) string {
	if !undone && o != catalogue.CanUndo {
		return text.T(ctx, map[catalogue.Outcome]string{
			catalogue.ChangedBy: "不能撤：导入之后又改过", catalogue.SentOn: "不能撤：已送签、报送或确认",
			catalogue.MadeOpen: "不能撤：已经公开过", catalogue.Gone: "不能撤：条目已经不在",
		}[o])
	}
	return text.T(ctx, outcomeNames[o])
}

// mostShown is how many rows of a plan a page shows; all are in its report.
const mostShown = 200

// rows are those of the plan that do or refuse something.
func (p PlanPage) rows() (shown []catalogue.PlannedRow, more int) {
	for _, r := range p.Plan.Rows {
		switch {
		case r.Verdict == catalogue.Unchanged:
		case len(shown) == mostShown:
			more++
		default:
			shown = append(shown, r)
		}
	}
	return shown, more
}

func (p PlanPage) wrong() (shown []catalogue.RowFault, more int) {
	if len(p.Plan.Wrong) > mostShown {
		return p.Plan.Wrong[:mostShown], len(p.Plan.Wrong) - mostShown
	}
	return p.Plan.Wrong, 0
}

// doable is how many rows the import would store.
func (p PlanPage) doable() int {
	if p.Plan.Whole {
		return 0
	}
	return p.Plan.Count(catalogue.Creates) + p.Plan.Count(catalogue.Changes)
}

// changed is what a field says, for people.
func changed(ctx context.Context, v catalogue.Vocabulary, f catalogue.Field, value string) string {
	switch {
	case f.Key == "open_type" && value != "":
		return OpenName(ctx, datasets.OpenType(value))
	case f.Key == "share_type":
		return ShareName(ctx, value)
	}
	return ValueWords(ctx, catalogue.Rules{}, v, f, value)
}

func undoable(i *catalogue.Import) int {
	n := 0
	for _, r := range i.Rows {
		if r.Outcome == catalogue.CanUndo {
			n++
		}
	}
	return n
}

// fileWords is a file that was imported, with its size.
func fileWords(ctx context.Context, f catalogue.ImportedFile) string {
	name := f.Name
	if name == "" {
		name = text.T(ctx, "（没有文件名）")
	}
	return name + " · " + Size(int64(f.Bytes))
}

func lineWords(ctx context.Context, n int) string {
	if n == 0 {
		return text.T(ctx, "整张表")
	}
	return strconv.Itoa(n)
}
