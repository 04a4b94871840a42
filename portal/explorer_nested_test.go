package portal

import (
	"strings"
	"testing"

	"shuyuan/datasets"
)

// A tree in a file is one record: the page says where the rest of it is.
func TestASingleRecordSaysWhereTheRestIs(t *testing.T) {
	w := asking(t)
	for content, want := range map[string]bool{
		`[{"code":"35","children":[{"code":"3501"},{"code":"3502"}]}]`: true,
		`[{"code":"35","children":[]},{"code":"36","children":[]}]`:    false,
		`[{"code":"35","name":"福建省"}]`:                                 false,
	} {
		page := w.file(t, "tree.json", content, datasets.Field{Name: "children", Type: "array", Label: "下级区划"})
		if got := w.get(t, page).page(t).Find(".note").Text(); strings.Contains(got, "都嵌套在“下级区划”里") != want {
			t.Errorf("%s: %q", content, got)
		}
	}
}
