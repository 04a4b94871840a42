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
	Title      string `yaml:"title"`
	TitleEN    string `yaml:"title_en"`
	Summary    string `yaml:"summary"`
	SummaryEN  string `yaml:"summary_en"`
	Department string `yaml:"department"`
	Theme      string `yaml:"theme"`
	Licence    string `yaml:"licence"`
	Region     string `yaml:"region"`
	Spatial    string `yaml:"spatial"`
	SpatialEN  string `yaml:"spatial_en"`

	MapReview   string `yaml:"map_review"`  // 审图号
	Coordinates string `yaml:"coordinates"` // 坐标系

	Language string   `yaml:"language"`
	Tags     []string `yaml:"tags"`
	TagsEN   []string `yaml:"tags_en"` // one for each, in their order
	Draft    bool     `yaml:"draft"`

	Open struct {
		Type         datasets.OpenType `yaml:"type"`
		Basis        []string          `yaml:"basis"` // keys of provisions and statutes
		Reason       string            `yaml:"reason"`
		Method       string            `yaml:"method"`
		Requirements string            `yaml:"requirements"`
		Safeguards   string            `yaml:"safeguards"`

		ReasonEN       string `yaml:"reason_en"`
		MethodEN       string `yaml:"method_en"`
		RequirementsEN string `yaml:"requirements_en"`
		SafeguardsEN   string `yaml:"safeguards_en"`
	} `yaml:"open"`
	Share struct {
		Type       datasets.OpenType `yaml:"type"`
		Content    string            `yaml:"content"`
		Conditions string            `yaml:"conditions"`
		Scope      string            `yaml:"scope"`
		Method     string            `yaml:"method"`
		Basis      []string          `yaml:"basis"`
		Materials  string            `yaml:"materials"`

		ContentEN    string `yaml:"content_en"`
		ConditionsEN string `yaml:"conditions_en"`
		ScopeEN      string `yaml:"scope_en"`
		MethodEN     string `yaml:"method_en"`
		MaterialsEN  string `yaml:"materials_en"`
	} `yaml:"share"`
	Update struct {
		Frequency datasets.Frequency `yaml:"frequency"`
		Due       string             `yaml:"due"`
		DueEN     string             `yaml:"due_en"`
		Method    string             `yaml:"method"`
		MethodEN  string             `yaml:"method_en"`
		Last      string             `yaml:"last"` // how the day was found stands beside it
		Next      string             `yaml:"next"` // where Due names a day; otherwise one period after Last
	} `yaml:"update"`

	Code       string           `yaml:"code"`
	Category   string           `yaml:"category"`
	Class      datasets.DBClass `yaml:"db_class"` // 基础, 主题 or 业务数据库 (AS-11.1)
	Form       string           `yaml:"form"`
	Attributes string           `yaml:"attributes"`
	Security   string           `yaml:"security"`
	Related    []string         `yaml:"related"` // slugs
	Collected  struct {
		By  string `yaml:"by"`
		How string `yaml:"how"`
		Due string `yaml:"due"`
	} `yaml:"collected"`
	Source struct {
		Name         string `yaml:"name"`
		NameEN       string `yaml:"name_en"`
		URL          string `yaml:"url"`
		Processing   string `yaml:"processing"`
		ProcessingEN string `yaml:"processing_en"`
	} `yaml:"source"`
	Period struct {
		Start string `yaml:"start"`
		End   string `yaml:"end"`
	} `yaml:"period"`

	Resources []struct {
		Key           string   `yaml:"key"` // its address is made of it: never change one
		Name          string   `yaml:"name"`
		NameEN        string   `yaml:"name_en"`
		Description   string   `yaml:"description"`
		DescriptionEN string   `yaml:"description_en"`
		NoHeader      bool     `yaml:"no_header"`
		Tables        int      `yaml:"tables"`    // sheets of a workbook; 1 if not said
		TablesEN      []string `yaml:"tables_en"` // the English names of the sheets
		Address       *address `yaml:"address"`   // instead of versions
		Waiting       string   `yaml:"waiting"`   // a file of uploads/, uploaded for an officer to look over
		Versions      []struct {
			File     string `yaml:"file"`
			Reason   string `yaml:"reason"`
			ReasonEN string `yaml:"reason_en"`
			Reviewed string // why what stands against publishing it may stay; empty where nothing does
		} `yaml:"versions"`
	} `yaml:"resources"`
	Dictionary  []column             `yaml:"dictionary"`
	Sensitivity datasets.Sensitivity `yaml:"sensitivity"` // of every column; empty: nobody has said
}

// address is a resource that is an address instead of files.
type address struct {
	Kind    datasets.LinkKind `yaml:"kind"` // api, file, page
	URL     string            `yaml:"url"`  // one that begins with / is of the portal itself
	Format  string            `yaml:"format"`
	Example string            `yaml:"example"`
	Docs    string            `yaml:"docs"`
	Usage   string            `yaml:"usage"`
	UsageEN string            `yaml:"usage_en"`
	Notes   string            `yaml:"notes"` // coordinates, and what is peculiar about the format
	NotesEN string            `yaml:"notes_en"`
}

func (a *address) link() *datasets.Link {
	if a == nil {
		return nil
	}
	return &datasets.Link{Kind: a.Kind, URL: a.URL, Format: a.Format, Example: a.Example, Docs: a.Docs,
		Usage: a.Usage, UsageEN: a.UsageEN, Notes: a.Notes, NotesEN: a.NotesEN}
}

// column is one row of the data dictionary.
type column struct {
	Name          string            `yaml:"name"`
	Label         string            `yaml:"label"` // the name if not said
	LabelEN       string            `yaml:"label_en"`
	Type          string            `yaml:"type"`
	Unit          string            `yaml:"unit"`
	UnitEN        string            `yaml:"unit_en"`
	Description   string            `yaml:"description"`
	DescriptionEN string            `yaml:"description_en"`
	Codes         yaml.MapSlice     `yaml:"codes"`    // value: meaning
	CodesEN       map[string]string `yaml:"codes_en"` // value: meaning in English
	Key           bool              `yaml:"key"`      // the columns of a key tell rows apart
	Required      bool              `yaml:"required"` // no cell is empty
}

func (c column) field() datasets.Field {
	f := datasets.Field{Name: c.Name, Label: c.Label, LabelEN: c.LabelEN, Type: c.Type, Unit: c.Unit, UnitEN: c.UnitEN,
		Description: c.Description, DescriptionEN: c.DescriptionEN, Key: c.Key, Required: c.Required}
	if f.Label == "" {
		f.Label = c.Name
	}
	for _, code := range c.Codes {
		value := fmt.Sprint(code.Key)
		f.Codes = append(f.Codes, datasets.Code{Value: value, Label: fmt.Sprint(code.Value), LabelEN: c.CodesEN[value]})
	}
	return f
}
