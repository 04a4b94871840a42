package templates

import (
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/templates/text"
)

// What the tables of the catalogue say to people is said in English, too. The
// scan of the source does not see these tables.
func TestTheCatalogueSpeaksEnglish(t *testing.T) {
	var said []string
	for _, f := range catalogue.Fields {
		said = append(said, f.Label, f.Hint)
	}
	for _, g := range catalogue.Groups {
		said = append(said, g.Title)
	}
	for _, c := range catalogue.Checks {
		if c.Sentence != "%s" {
			said = append(said, c.Sentence)
		}
	}
	said = append(said, catalogue.Kinds...)
	for _, names := range []map[catalogue.State]string{stateNames} {
		for _, s := range names {
			said = append(said, s)
		}
	}
	for _, s := range actionNames {
		said = append(said, s)
	}
	for _, s := range acts {
		said = append(said, s)
	}
	for _, c := range []datasets.DBClass{datasets.BaseDB, datasets.ThemeDB, datasets.BusinessDB} {
		said = append(said, c.Title())
	}
	for _, f := range []datasets.Frequency{datasets.RealTime, datasets.Daily, datasets.Weekly, datasets.Monthly, datasets.Quarterly, datasets.SemiAnnual, datasets.Annual, datasets.Biennial, datasets.Irregular, datasets.Never} {
		if said = append(said, f.Title()); f.Title() == "" {
			t.Errorf("%s has no words", f)
		}
	}
	for _, zh := range said {
		if zh != "" && text.In(text.English, zh) == zh {
			t.Errorf("no English for %q", zh)
		}
	}
}
