package templates

import (
	"context"
	"strconv"

	"shuyuan/datasets"
	"shuyuan/datasets/deidentify"
	"shuyuan/datasets/ingest"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// DeidentifyPage lists what could be treated.
type DeidentifyPage struct {
	Frame
	Book   *policy.Book
	Source policy.Rule // that data can be opened once it is treated
	Items  []deidentify.Listed
}

// RecipePage says what is to be done to each column of a table.
type RecipePage struct {
	Frame
	Opened *deidentify.Opened
	Form   RecipeForm
	Made   *ingest.Deidentified // what the recipe would make; nil: not asked yet
	Rules  []policy.Rule
}

// RecipeForm is a recipe as it was typed.
type RecipeForm struct {
	Recipe               ingest.Recipe
	Least, Title, Secret string
	Mistake              Mistake
}

// ConsentPage registers that whoever has the right agreed.
type ConsentPage struct {
	Frame
	Book    *policy.Book
	Source  policy.Rule // that data can be opened once its owner agrees
	Content *datasets.Content
	Version int64
	Form    ConsentForm
}

// ConsentForm is that as it was typed.
type ConsentForm struct {
	datasets.Consent
	Title, Secret string
	Mistake       Mistake
}

func recipeHref(version int64, upload string, table int) string {
	if upload != "" {
		return "/desk/deidentify/table?upload=" + upload + "&table=" + strconv.Itoa(table)
	}
	return "/desk/deidentify/table?version=" + strconv.FormatInt(version, 10) + "&table=" + strconv.Itoa(table)
}

func consentHref(version int64) string {
	return "/desk/deidentify/consent?version=" + strconv.FormatInt(version, 10)
}

var methodNames = map[ingest.Method]string{
	ingest.Keep: "原样保留", ingest.Drop: "去掉这一列", ingest.Mask: "遮盖", ingest.Band: "分成段", ingest.CoarseDate: "只留年月", ingest.Place: "只留到上级区划", ingest.Hash: "换成代码",
}

// methodsFor are the methods that a column of this type can take.
func methodsFor(t ingest.Type) []ingest.Method {
	out := []ingest.Method{ingest.Keep, ingest.Drop, ingest.Mask}
	switch t {
	case ingest.Integer:
		out = append(out, ingest.Band, ingest.Place)
	case ingest.Decimal:
		out = append(out, ingest.Band)
	case ingest.Date, ingest.DateTime, ingest.YearMonth:
		out = append(out, ingest.CoarseDate)
	case ingest.Text:
		out = append(out, ingest.Place)
	case ingest.Boolean, ingest.Point, ingest.Geometry, ingest.Array, ingest.Object:
	}
	return append(out, ingest.Hash)
}

func takes(t ingest.Type, m ingest.Method) bool {
	for _, one := range methodsFor(t) {
		if one == m {
			return true
		}
	}
	return false
}

var levelNames = map[string]string{"year": "年", "quarter": "季度", "month": "月", "province": "省级", "city": "市级", "county": "县级"}

func levelName(ctx context.Context, level string) string { return text.T(ctx, levelNames[level]) }

// levelsFor are the levels that a column of this type can be brought to.
func levelsFor(t ingest.Type) []string {
	if takes(t, ingest.CoarseDate) {
		return ingest.DateLevels
	}
	if takes(t, ingest.Place) {
		return ingest.PlaceLevels
	}
	return nil
}

// treatmentWords say what was done to a column, for whoever reads the data.
func treatmentWords(ctx context.Context, t ingest.Treatment) string {
	switch t.Method {
	case ingest.Mask:
		return text.T(ctx, "遮盖：留头 %d 字、尾 %d 字", t.First, t.Last)
	case ingest.Band:
		return text.T(ctx, "分段：每段 %d", t.Width)
	case ingest.CoarseDate:
		return text.T(ctx, "日期只留到%s", levelName(ctx, t.Level))
	case ingest.Place:
		return text.T(ctx, "地区只留到%s", levelName(ctx, t.Level))
	case ingest.Hash:
		return text.T(ctx, "换成代码，密钥没有留下")
	case ingest.Keep, ingest.Drop:
	}
	return text.T(ctx, methodNames[t.Method])
}

// group is a size of the smallest group; none where no column was chosen.
func groupSize(ctx context.Context, n int64) string {
	if n == 0 {
		return text.T(ctx, "没有选列")
	}
	return text.T(ctx, "%s 行", Thousands(n))
}

// keptColumns are the columns of a recipe that are left, with their treatment.
func keptColumns(d *datasets.Deidentification) []int {
	var out []int
	for i, t := range d.Recipe.Columns {
		if t.Method != ingest.Drop && i < len(d.Columns) {
			out = append(out, i)
		}
	}
	return out
}
