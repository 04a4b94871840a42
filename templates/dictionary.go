package templates

import (
	"context"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/templates/text"
)

// DictionaryPage is everything the desk's page about a file's dictionary shows.
type DictionaryPage struct {
	Frame
	Dataset     *datasets.Dataset
	Resource    *datasets.Resource
	Version     *datasets.Version // the newest, with its codes
	Table       int
	Fields      []datasets.Field // as they are, or as they were sent and refused
	Reason      string
	Mistake     string
	Done        bool
	Score       datasets.Score
	Corrections []datasets.Corrected

	Text    string   // of a file that is taken in
	Wrong   []string // what is wrong with it, line by line
	Preview []datasets.Rewording
	Looked  bool // it was looked at
}

// DictionaryHref is the desk's page about a file's dictionary.
func DictionaryHref(resource string, table int) string {
	href := "/desk/resources/" + resource + "/dictionary"
	if table > 0 {
		href += "?table=" + strconv.Itoa(table+1)
	}
	return href
}

// asked are the lines of the score in words, each with what to do where the
// answer is no.
var asked = map[datasets.Question][2]string{
	datasets.AskLabel:       {"有中文名称", "写中文名称：列名是拼音或英文的，读者看不懂。"},
	datasets.AskLabelEN:     {"有英文名称", "写英文名称，英文页面和英文读者用它。"},
	datasets.AskMeaning:     {"写明含义", "写定义，说清这一列的值是什么；或给出代码表。"},
	datasets.AskUnit:        {"写明单位", "写计量单位；没有单位的（如年份）勾选“没有单位”。"},
	datasets.AskRange:       {"写明值域", "给出代码表，或写数据格式、值域，如“六位数字”。"},
	datasets.AskSensitivity: {"写明敏感级别", "选敏感级别；不敏感也要写明。"},
	datasets.AskKey:         {"写明主键", "勾选能认出一行的列；有了主键，新旧两版才能逐行比较。"},
}

func questionWords(ctx context.Context, q datasets.Question) string {
	return text.T(ctx, asked[q][0])
}

func questionFix(ctx context.Context, q datasets.Question) string {
	return text.T(ctx, asked[q][1])
}

// missing are the asked that were answered with no.
func missing(lines []datasets.Answered) []datasets.Question {
	var out []datasets.Question
	for _, l := range lines {
		if !l.Yes {
			out = append(out, l.Question)
		}
	}
	return out
}

// FieldInput is the name of an input about column i.
func FieldInput(i int, attribute string) string { return "f" + strconv.Itoa(i) + "-" + attribute }

// TextAttributes are what a form has a line for, of every column; MoreAttributes
// are folded.
var (
	TextAttributes = []string{"label", "label_en", "description", "description_en", "unit", "unit_en", "format", "range"}
	MoreAttributes = []string{"identifier", "object_class", "representation", "relation", "source_org", "application", "note"}
)

// TextOf is a text that a dictionary says of a column, by its attribute; nil if
// it is none.
func TextOf(f *datasets.Field, attribute string) *string {
	return map[string]*string{
		"label": &f.Label, "label_en": &f.LabelEN, "description": &f.Description, "description_en": &f.DescriptionEN, "unit": &f.Unit, "unit_en": &f.UnitEN,
		"format": &f.Format, "range": &f.Range, "identifier": &f.Identifier, "object_class": &f.ObjectClass, "representation": &f.Representation,
		"relation": &f.Relation, "source_org": &f.SourceOrg, "application": &f.Application, "note": &f.Note,
	}[attribute]
}

// codeMark stands between the parts of a code in a form.
const codeMark = " = "

// CodesText is a code list as a form shows it, one value a line; ok is false
// where a value cannot be written so.
func CodesText(codes []datasets.Code) (lines string, ok bool) {
	var out []string
	for _, c := range codes {
		if strings.ContainsAny(c.Value+c.Label+c.LabelEN, "\r\n") || strings.Contains(c.Value, codeMark) || strings.Contains(c.Label, codeMark) || c.Value != strings.TrimSpace(c.Value) || c.Value == "" {
			return "", false
		}
		line := c.Value
		if c.Label != "" || c.LabelEN != "" {
			line += codeMark + c.Label
		}
		if c.LabelEN != "" {
			line += codeMark + c.LabelEN
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n"), true
}

// Codes reads what CodesText wrote.
func Codes(lines string) []datasets.Code {
	var out []datasets.Code
	for line := range strings.Lines(lines) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		parts := strings.SplitN(line, codeMark, 3)
		for len(parts) < 3 {
			parts = append(parts, "")
		}
		out = append(out, datasets.Code{Value: strings.TrimSpace(parts[0]), Label: strings.TrimSpace(parts[1]), LabelEN: strings.TrimSpace(parts[2])})
	}
	return out
}

// wide reports whether a text needs more than a line.
func wide(attribute string) bool {
	return attribute == "description" || attribute == "description_en" || attribute == "range" || attribute == "note"
}

// longDictionary is from how many columns on a dictionary has a filter.
const longDictionary = 12

// dictionaryScore is the score of a version's dictionary in one line.
func dictionaryScore(ctx context.Context, v *datasets.Version) string {
	s := datasets.DictionaryScore(v.Tables)
	return text.T(ctx, "说明完整度 %d%%（%d 项中 %d 项已写明）", s.Percent(), s.All, s.Yes)
}

// unitWords is the unit of a column in words.
func unitWords(ctx context.Context, f *datasets.Field) string {
	if f.Unitless {
		return text.T(ctx, "没有单位")
	}
	return text.Pick(ctx, f.Unit, f.UnitEN)
}

// restOf are the attributes of a data element that a column has besides those
// with a place of their own.
func restOf(f *datasets.Field) []string {
	var out []string
	for _, a := range append([]string{"format", "range"}, MoreAttributes...) {
		if *TextOf(f, a) != "" {
			out = append(out, a)
		}
	}
	return out
}

// dictionaryFile is the address of a version's dictionary in another format.
func dictionaryFile(v *datasets.Version, format string) string {
	return "/api/v1/resources/" + v.ResourceID + "/dictionary." + format + "?version=" + strconv.Itoa(v.Number)
}

func tableRevision(v *datasets.Version, table int) string {
	return strconv.Itoa(v.Tables[table].Revision)
}
