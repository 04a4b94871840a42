package templates

import (
	"strings"
	"testing"

	"github.com/a-h/templ"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/sources"
	"shuyuan/templates/text"
)

// Departments and entries have English names, and whoever reads English sees them.
func TestCasesAndChangesNameDepartmentsInTheReadersLanguage(t *testing.T) {
	body := datasets.Department{ID: 7, Name: "示例公安厅", NameEN: "Department of Public Security"}
	of := SourceCasePage{Case: &sources.Case{Kind: sources.Duplicate, Parties: []sources.Party{{Department: body, Position: &sources.Position{Names: 7}}}, Entries: []sources.Entry{{Title: "条目", TitleEN: "Entry", Department: 7}}}}
	change := CatalogueChangePage{Frame: frame(text.English, "/desk/changes/1", "x"), Change: &catalogue.Change{Department: body, Entries: []catalogue.ChangeEntry{{Title: "村名", Before: catalogue.Content{"title_en": "Villages"}}}}}
	for name, page := range map[string]templ.Component{"entries": caseEntries(of), "change": CatalogueChange(change)} {
		html := render(t, text.English, page)
		for _, chinese := range []string{"示例公安厅", "村名"} {
			if strings.Contains(html, chinese) {
				t.Errorf("%s says %s in English", name, chinese)
			}
		}
		if !strings.Contains(html, body.NameEN) {
			t.Errorf("%s does not name the department", name)
		}
	}
}
