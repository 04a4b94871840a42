package templates

import (
	"testing"

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
	for _, s := range classNames {
		said = append(said, s)
	}
	for _, zh := range said {
		if zh != "" && text.In(text.English, zh) == zh {
			t.Errorf("no English for %q", zh)
		}
	}
}
