package demo

import (
	"fmt"

	"github.com/goccy/go-yaml"

	"shuyuan/datasets"
)

// about is world/datasets/*.yaml: what is said of an entry. The names are
// those of the catalogue; what every entry of a department has in common
// stands with the department.
type about struct {
	Title      string   `yaml:"title"`
	TitleEN    string   `yaml:"title_en"`
	Summary    string   `yaml:"summary"`
	SummaryEN  string   `yaml:"summary_en"`
	Department string   `yaml:"department"`
	Theme      string   `yaml:"theme"`
	Licence    string   `yaml:"licence"`
	Region     string   `yaml:"region"`
	Spatial    string   `yaml:"spatial"`
	Language   string   `yaml:"language"`
	Tags       []string `yaml:"tags"`
	Draft      bool     `yaml:"draft"`

	Open struct {
		Type         datasets.OpenType `yaml:"type"`
		Basis        []string          `yaml:"basis"` // keys of provisions and statutes
		Reason       string            `yaml:"reason"`
		Method       string            `yaml:"method"`
		Requirements string            `yaml:"requirements"`
		Safeguards   string            `yaml:"safeguards"`
	} `yaml:"open"`
	Share struct {
		Type       datasets.OpenType `yaml:"type"`
		Content    string            `yaml:"content"`
		Conditions string            `yaml:"conditions"`
		Scope      string            `yaml:"scope"`
		Method     string            `yaml:"method"`
		Basis      []string          `yaml:"basis"`
		Materials  string            `yaml:"materials"`
	} `yaml:"share"`
	Update struct {
		Frequency datasets.Frequency `yaml:"frequency"`
		Due       string             `yaml:"due"`
		Method    string             `yaml:"method"`
		Last      string             `yaml:"last"` // how the day was found stands beside it
		Next      string             `yaml:"next"` // where Due names a day; otherwise one period after Last
	} `yaml:"update"`

	Code       string   `yaml:"code"`
	Category   string   `yaml:"category"`
	Form       string   `yaml:"form"`
	Attributes string   `yaml:"attributes"`
	Security   string   `yaml:"security"`
	Related    []string `yaml:"related"` // slugs
	Collected  struct {
		By  string `yaml:"by"`
		How string `yaml:"how"`
		Due string `yaml:"due"`
	} `yaml:"collected"`
	Source struct {
		Name       string `yaml:"name"`
		URL        string `yaml:"url"`
		Processing string `yaml:"processing"`
	} `yaml:"source"`
	Period struct {
		Start string `yaml:"start"`
		End   string `yaml:"end"`
	} `yaml:"period"`

	Resources []struct {
		Key         string `yaml:"key"` // its address is made of it: never change one
		Name        string `yaml:"name"`
		NameEN      string `yaml:"name_en"`
		Description string `yaml:"description"`
		NoHeader    bool   `yaml:"no_header"`
		Tables      int    `yaml:"tables"` // sheets of a workbook; 1 if not said
		Versions    []struct {
			File   string `yaml:"file"`
			Reason string `yaml:"reason"`
		} `yaml:"versions"`
	} `yaml:"resources"`
	Dictionary []column `yaml:"dictionary"`
}

// column is one row of the data dictionary.
type column struct {
	Name        string        `yaml:"name"`
	Label       string        `yaml:"label"` // the name if not said
	LabelEN     string        `yaml:"label_en"`
	Type        string        `yaml:"type"`
	Unit        string        `yaml:"unit"`
	Description string        `yaml:"description"`
	Codes       yaml.MapSlice `yaml:"codes"` // value: meaning
}

func (c column) field() datasets.Field {
	f := datasets.Field{Name: c.Name, Label: c.Label, LabelEN: c.LabelEN, Type: c.Type, Unit: c.Unit, Description: c.Description}
	if f.Label == "" {
		f.Label = c.Name
	}
	for _, code := range c.Codes {
		f.Codes = append(f.Codes, datasets.Code{Value: fmt.Sprint(code.Key), Label: fmt.Sprint(code.Value)})
	}
	return f
}
