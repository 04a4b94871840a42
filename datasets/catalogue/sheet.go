package catalogue

import (
	"bytes"
	"context"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/datasets/workbook"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
)

// Entries as sheets: one line for each, one column for each field, and the data
// items on a sheet of their own. The same columns go out and come back.

// The names of the sheets.
const (
	EntrySheet = "条目"
	ItemSheet  = "数据项"
	HelpSheet  = "填写说明"
)

// The columns that are no field of an entry.
const (
	slugColumn     = "slug"
	revisionColumn = "revision"
	secretColumn   = "secret"
	titleColumn    = "title" // on the sheet of data items: the entry by its name
)

// Column is one column of a sheet.
type Column struct {
	Key    string
	Head   string
	Need   string // 必填, 有条件, 可不填
	Offers []string
	Only   bool // nothing but one of Offers
	Help   string
	Source []Source
}

// Need is how far a field must be filled in before an entry is sent.
type Need int

// The needs.
const (
	May  Need = iota // nobody asks for it
	Must             // always
	If               // where something is limited
)

func (n Need) word() string {
	return [...]string{"可不填", "报送前必填", "有条件时必填"}[n]
}

// NeedOf is how far a field must be filled in by these rules.
func (r Rules) NeedOf(f Field) Need {
	switch {
	case f.must || len(r.RequiredFor(f.Key)) > 0:
		return Must
	case slices.Contains([]string{"share_bases", "open_bases", "safeguards", "open_method", "use_requirements"}, f.Key),
		f.Key == "share_reason" && r.Share.Reason.Asked(), f.Key == "open_reason" && len(r.Open.Grounds) > 0,
		f.Key == "share_conditions" && r.Conditions.Asked(), f.Key == "required_materials" && r.Materials.Asked(), f.Key == "filings" && r.FiledBy.Asked():
		return If
	}
	return May
}

// SourcesOf are the rules that ask for a field.
func (r Rules) SourcesOf(f Field) []Source {
	var out []Source
	for _, q := range r.RequiredFor(f.Key) {
		out = append(out, q.Source)
	}
	switch f.Key {
	case "share_bases":
		out = append(out, r.Share.Basis)
	case "open_bases":
		out = append(out, r.Open.Basis)
	case "share_reason":
		out = append(out, r.Share.Reason)
	case "open_reason":
		out = append(out, r.Open.Withheld, r.Open.Reason)
	case "open_method", "use_requirements", "safeguards":
		out = append(out, r.OpenFields)
	case "share_conditions":
		out = append(out, r.Conditions)
	case "required_materials":
		out = append(out, r.Materials)
	case "filings":
		out = append(out, r.FiledBy)
	}
	if len(out) == 0 && f.must {
		out = append(out, house)
	}
	return slices.DeleteFunc(out, func(s Source) bool { return !s.Asked() })
}

// NamesOf are the words by which the text that binds the department asks for
// this field alone; none where it does not.
func (r Rules) NamesOf(f Field) []string {
	if r.Profile == nil {
		return nil
	}
	var out []string
	for _, q := range r.RequiredFor(f.Key) {
		if len(q.Keys) == 1 && !slices.Contains(out, q.Name) {
			out = append(out, q.Name)
		}
	}
	return out
}

// head is what a column of this field is called.
func (r Rules) head(f Field) string {
	if names := r.NamesOf(f); len(names) > 0 {
		return strings.Join(names, "、")
	}
	return f.Label
}

// Columns are those of the sheet of entries.
func Columns(r Rules, v Vocabulary) []Column {
	out := []Column{
		{Key: slugColumn, Head: "网址名", Need: "改条目时必填", Help: "认条目的编号。空着是新建，网址名由系统编；填本部门没有的，按它新建。"},
		{Key: revisionColumn, Head: "修订号", Need: May.word(), Help: "导出时的版次，不要改。填着时，条目在导出之后被别人改过就不收这一行。"},
		{Key: secretColumn, Head: "是否涉及国家秘密", Need: May.word(), Offers: []string{"否"}, Only: true, Help: "涉及国家秘密的不能录入：有一行写“是”，整个文件什么也不保存。", Source: []Source{{Cite: SecretCites}}},
	}
	for _, f := range Fields {
		if f.Kind == Shown || f.Kind == Items {
			continue
		}
		c := Column{Key: f.Key, Head: r.head(f), Need: r.NeedOf(f).word(), Help: f.Hint, Source: r.SourcesOf(f), Only: f.Kind == Choice}
		switch f.Kind {
		case Choice:
			c.Offers = choices(f, r, v)
		case Offer:
			c.Offers = f.Offers
		case Day:
			c.Help = join(c.Help, "日期写成年-月-日，如 2026-01-15，单元格设为文本。")
		case Bases:
			c.Help = join(c.Help, "一条一行（Alt+Enter 换行）：种类 | 名称、文号 | 条款 | 原文。种类只认："+strings.Join(axisFor(f, r).Kinds, "、")+"。")
		case Filed:
			c.Help = join(c.Help, "一次一行：日期 | 备案机关 | 文号。")
		}
		out = append(out, c)
	}
	return out
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + b
}

func axisFor(f Field, r Rules) Axis {
	if strings.HasPrefix(f.Key, "open_") {
		return r.Open
	}
	return r.Share
}

// itemColumns are those of the sheet of data items: which entry, and the parts
// of a line in their order.
func itemColumns() []Column {
	var types, levels []string
	for _, t := range ItemTypes {
		types = append(types, itemTypeWord(t))
	}
	for _, l := range datasets.Sensitivities() {
		levels = append(levels, l.Title())
	}
	return []Column{
		{Key: slugColumn, Head: "网址名", Need: "与目录名称至少填一个", Help: "数据项属于哪个条目。"},
		{Key: titleColumn, Head: "目录名称", Need: "与网址名至少填一个", Help: "新条目还没有网址名时，用它的名称。"},
		{Key: "name", Head: "名称", Need: Must.word(), Help: "数据项的名称，一个条目里不能重复。"},
		{Key: "label", Head: "中文名称", Need: May.word()},
		{Key: "type", Head: "类型", Need: May.word(), Offers: types, Only: true},
		{Key: "unit", Head: "计量单位", Need: May.word()},
		{Key: "level", Head: "敏感级别", Need: May.word(), Offers: levels, Only: true},
		{Key: "codes", Head: "值域代码", Need: May.word(), Help: "代码=含义，用分号分开。"},
		{Key: "about", Head: "定义", Need: May.word()},
	}
}

// itemParts are the keys of the parts of a data item in their order.
var itemParts = []string{"name", "label", "type", "unit", "level", "codes", "about"}

// itemTypeWord is a type in the words that a sheet has for it, if any.
func itemTypeWord(code string) string {
	for word, c := range itemTypes {
		if c == code && word != code && word != "" {
			return word
		}
	}
	return code
}

// choices are what a choice offers, in words.
func choices(f Field, r Rules, v Vocabulary) []string {
	var out []string
	for _, code := range codes(f, v) {
		out = append(out, wordFor(f, r, v, code))
	}
	return out
}

// codes are the values that a choice may have.
func codes(f Field, v Vocabulary) []string {
	var out []string
	switch f.Key {
	case "theme":
		for _, t := range v.Themes {
			out = append(out, t.Slug)
		}
	case "licence":
		for _, l := range v.Licences {
			out = append(out, l.ID)
		}
	case "region":
		for _, x := range v.Regions {
			out = append(out, x.Code)
		}
	default:
		return f.Offers
	}
	return out
}

// wordFor is a value of a field as a sheet has it: codes in words, but for the
// code of a place of whose name there are two.
func wordFor(f Field, r Rules, v Vocabulary, value string) string {
	if f.Kind != Choice || value == "" {
		return value
	}
	switch f.Key {
	case "theme":
		for _, t := range v.Themes {
			if t.Slug == value {
				return t.Name
			}
		}
	case "licence":
		for _, l := range v.Licences {
			if l.ID == value {
				return l.Name
			}
		}
	case "region":
		return regionWord(v, value)
	case "db_class":
		return datasets.DBClass(value).Title()
	case "update_frequency":
		return datasets.Frequency(value).Title()
	case "share_type", "open_type":
		return axisFor(f, r).TypeName(value).Zh
	}
	return value
}

func regionWord(v Vocabulary, code string) string {
	name, n := code, 0
	for _, x := range v.Regions {
		if x.Code == code {
			name = x.Name
		}
	}
	for _, x := range v.Regions {
		if x.Name == name {
			n++
		}
	}
	if n != 1 {
		return code
	}
	return name
}

// codeFor is the code of a word in a sheet: the words of the text, our own, and
// the code itself.
func codeFor(f Field, r Rules, v Vocabulary, said string) (string, bool) {
	if said == "" {
		return "", true
	}
	for _, code := range codes(f, v) {
		words := []string{code, wordFor(f, r, v, code)}
		switch f.Key {
		case "share_type":
			words = append(words, typeNames["share"][code].Zh)
		case "open_type":
			words = append(words, typeNames["open"][code].Zh)
		case "db_class":
			words = append(words, strings.TrimSuffix(datasets.DBClass(code).Title(), "数据库"))
		case "licence", "theme", "region":
			words = append(words, names(f, v, code))
		}
		if slices.Contains(words, said) {
			return code, true
		}
	}
	return said, false
}

// names is the plain name of what a code stands for.
func names(f Field, v Vocabulary, code string) string {
	if f.Key != "region" {
		return wordFor(f, Rules{}, v, code)
	}
	return regionWord(v, code)
}

// Sheets are the entries of a department, or a template to fill in, with help.
type Sheets struct{ Entries, Items, Help workbook.Sheet }

// Workbook are the sheets in the order in which a workbook has them.
func (s Sheets) Workbook() []workbook.Sheet { return []workbook.Sheet{s.Entries, s.Items, s.Help} }

// Sheets are the entries of the department of who, all or, for a template,
// none.
func (s *Service) Sheets(ctx context.Context, who account.Actor, template bool) (*Sheets, error) {
	if !who.Is(account.Officer) || who.Department == 0 || !who.Covers(account.ScopePublish) {
		return nil, fault.New(fault.Forbidden, "只有部门的数据专员可以编目。")
	}
	department, v, err := s.surroundings(ctx, who.Department)
	if err != nil {
		return nil, err
	}
	r := RulesOn(s.book, department.Profile, s.now())
	columns, items := Columns(r, v), itemColumns()
	out := &Sheets{Entries: sheetOf(EntrySheet, columns), Items: sheetOf(ItemSheet, items), Help: s.help(columns, items, v)}
	if template {
		return out, nil
	}
	filter := datasets.Filter{Department: department.Slug, Order: datasets.ByTitle, Limit: 200}
	for {
		page, err := s.entries.List(ctx, as(who.Department), filter)
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			out.add(&page.Items[i], columns, r, v)
		}
		if filter.After = page.Next; page.Next == "" {
			return out, nil
		}
	}
}

func sheetOf(name string, columns []Column) workbook.Sheet {
	s := workbook.Sheet{Name: name, Rows: [][]string{nil}, Offers: map[int][]string{}}
	for i, c := range columns {
		s.Rows[0] = append(s.Rows[0], c.Head)
		s.Offers[i] = c.Offers
	}
	return s
}

func (s *Sheets) add(d *datasets.Dataset, columns []Column, r Rules, v Vocabulary) {
	c := Of(d)
	row := make([]string, len(columns))
	for i, column := range columns {
		switch column.Key {
		case slugColumn:
			row[i] = d.Slug
		case revisionColumn:
			row[i] = strconv.FormatInt(d.Revision, 10)
		case secretColumn:
			row[i] = "否"
		default:
			f, _ := FieldOf(column.Key)
			row[i] = datasets.Armoured(wordFor(f, r, v, c[f.Key]))
		}
	}
	s.Entries.Rows = append(s.Entries.Rows, row)
	for _, f := range d.Items {
		item := []string{d.Slug, d.Title, f.Name, f.Label, itemTypeWord(f.Type), f.Unit, f.Sensitivity.Title(), codesText(f.Codes), f.Description}
		for i := range item {
			item[i] = datasets.Armoured(item[i])
		}
		s.Items.Rows = append(s.Items.Rows, item)
	}
}

// help says of every column what may stand in it and which article asks for it.
func (s *Service) help(columns, items []Column, v Vocabulary) workbook.Sheet {
	out := workbook.Sheet{Name: HelpSheet, Rows: [][]string{{"工作表", "栏", "须不须填", "依据", "可填的值", "说明"}}}
	for _, part := range []struct {
		sheet   string
		columns []Column
	}{{EntrySheet, columns}, {ItemSheet, items}} {
		for _, c := range part.columns {
			values := strings.Join(c.Offers, "；")
			if values != "" && !c.Only {
				values += "；或另写"
			}
			out.Rows = append(out.Rows, []string{part.sheet, c.Head, c.Need, s.cited(c.Source), values, c.Help})
		}
	}
	return out
}

// cited are the places of provisions in words.
func (s *Service) cited(sources []Source) string {
	var out []string
	for _, source := range sources {
		for _, id := range source.Cite {
			words := "平台规则"
			if held := s.book.Provision(id); len(held) > 0 {
				p, _ := s.book.Profile(held[0].Profile)
				words = p.Short().Zh + policy.Place(id).Zh + "（" + id + "）"
			}
			if !slices.Contains(out, words) {
				out = append(out, words)
			}
		}
	}
	return strings.Join(out, "；")
}

// CSV is a sheet as a file that Excel opens.
func CSV(s workbook.Sheet) []byte {
	var out bytes.Buffer
	out.WriteString("\uFEFF")
	w := csv.NewWriter(&out)
	_ = w.WriteAll(s.Rows) // a buffer takes everything
	return out.Bytes()
}
