package datasets

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// attribute is one column of a dictionary file: what it is called in Chinese
// (the names of DB33/T 2426-2022 where it has one), and in a program.
type attribute struct {
	title, name string
	text        func(*Field) *string // of those that are texts
}

var attributes = []attribute{
	{"表", "table", nil}, {"列名", "name", nil},
	{"标识符", "identifier", func(f *Field) *string { return &f.Identifier }},
	{"中文名称", "label", func(f *Field) *string { return &f.Label }},
	{"英文名称", "label_en", func(f *Field) *string { return &f.LabelEN }},
	{"定义", "description", func(f *Field) *string { return &f.Description }},
	{"定义（英文）", "description_en", func(f *Field) *string { return &f.DescriptionEN }},
	{"数据类型", "type", nil},
	{"数据格式", "format", func(f *Field) *string { return &f.Format }},
	{"值域", "range", func(f *Field) *string { return &f.Range }},
	{"计量单位", "unit", nil},
	{"计量单位（英文）", "unit_en", func(f *Field) *string { return &f.UnitEN }},
	{"主键", "key", nil}, {"必填", "required", nil}, {"敏感级别", "sensitivity", nil},
	{"对象类词", "object_class", func(f *Field) *string { return &f.ObjectClass }},
	{"表示词", "representation", func(f *Field) *string { return &f.Representation }},
	{"关系", "relation", func(f *Field) *string { return &f.Relation }},
	{"来源机构", "source_org", func(f *Field) *string { return &f.SourceOrg }},
	{"所属应用", "application", func(f *Field) *string { return &f.Application }},
	{"备注", "note", func(f *Field) *string { return &f.Note }},
	{"版本", "version", nil}, {"发布日期", "published", nil},
	{"代码值", "code", nil}, {"代码含义", "code_label", nil}, {"代码含义（英文）", "code_label_en", nil},
}

// noUnit is how a file says that a number has no unit.
const noUnit = "无"

// AttributeTitle is what an attribute of a column is called in Chinese; empty
// for what is none.
func AttributeTitle(name string) string {
	for _, a := range attributes {
		if a.name == name {
			return a.title
		}
	}
	return ""
}

// Title is the level in Chinese words; empty where nobody has said any.
func (s Sensitivity) Title() string { return levels[s] }

// levels are the sensitivities as a file writes them.
var levels = map[Sensitivity]string{NotSensitive: "不敏感", PersonalData: "个人信息", SensitivePersonal: "敏感个人信息", ImportantData: "重要数据"}

// DictionaryCSV is the dictionary of a version as CSV that Excel opens: a line
// for each column, and below it one for each of its codes. No cell is run as a
// formula: what begins like one has an apostrophe in front, which
// ReadDictionary takes away.
func DictionaryCSV(v *Version) []byte {
	var all []described
	for i := range v.Tables {
		all = append(all, described{strconv.Itoa(i + 1), v, i})
	}
	return dictionaryCSV(all...)
}

// described is one table of a dictionary file, with what the file calls it.
type described struct {
	name     string
	of       *Version
	position int
}

func dictionaryCSV(tables ...described) []byte {
	var out bytes.Buffer
	out.WriteString("\uFEFF")
	w := csv.NewWriter(&out)
	line := make([]string, len(attributes))
	write := func(value func(string) string) {
		for i, a := range attributes {
			line[i] = Armoured(value(a.name))
		}
		_ = w.Write(line) // a buffer takes everything
	}
	titles := make([]string, len(attributes))
	for i, a := range attributes {
		titles[i] = a.title
	}
	_ = w.Write(titles) // a buffer takes everything
	for _, t := range tables {
		for _, f := range t.of.Tables[t.position].Fields {
			write(func(name string) string {
				if name == "table" {
					return t.name
				}
				return cellOf(t.of, &f, name)
			})
			for _, c := range f.Codes {
				write(func(name string) string {
					return map[string]string{"table": t.name, "name": f.Name, "code": c.Value, "code_label": c.Label, "code_label_en": c.LabelEN}[name]
				})
			}
		}
	}
	w.Flush()
	return out.Bytes()
}

// cellOf is one attribute of a column as a file writes it.
func cellOf(v *Version, f *Field, name string) string {
	yes := func(b bool) string {
		if b {
			return "是"
		}
		return "否"
	}
	switch name {
	case "name":
		return f.Name
	case "type":
		return f.Type
	case "unit":
		if f.Unitless {
			return noUnit
		}
		return f.Unit
	case "key":
		return yes(f.Key)
	case "required":
		return yes(f.Required)
	case "sensitivity":
		return levels[f.Sensitivity]
	case "version":
		return strconv.Itoa(v.Number)
	case "published":
		return v.PublishedAt.In(china).Format(time.DateOnly)
	}
	for _, a := range attributes {
		if a.name == name && a.text != nil {
			return *a.text(f)
		}
	}
	return ""
}

// formula is a text that a spreadsheet would run, perhaps behind apostrophes;
// a plain number is none.
var (
	formula     = regexp.MustCompile(`^'*[=+\-@\t\r＝＋－＠]`)
	plainNumber = regexp.MustCompile(`^'*[+-]?[0-9]+(\.[0-9]+)?$`)
)

// Armed reports whether a spreadsheet would run the text as a formula.
func Armed(s string) bool { return formula.MatchString(s) && !plainNumber.MatchString(s) }

// Armoured puts an apostrophe before a text that a spreadsheet would run, and
// Bare takes away what Armoured put there and nothing else.
func Armoured(s string) string {
	if Armed(s) {
		return "'" + s
	}
	return s
}

// Bare is the text that Armoured was given.
func Bare(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && Armed(rest) {
		return rest
	}
	return s
}

// ReadDictionary reads a dictionary file of at most ingest.MostRecords bytes
// for the newest version of a file: CSV as DictionaryCSV writes it, or a
// Frictionless Table Schema or data package. It returns the corrections that it
// asks for, without a reason, and what is wrong with it line by line; with
// something wrong there are no corrections. Columns and attributes that it does
// not name stay as they are.
func (s *Service) ReadDictionary(ctx context.Context, who account.Actor, resourceID string, body []byte) ([]Correction, []*fault.Fault, error) {
	d, r, err := s.Resource(ctx, who, resourceID)
	if err != nil {
		return nil, nil, err
	}
	if err := mayEdit(who, d.Department.ID); err != nil {
		return nil, nil, err // before a byte is looked at
	}
	if r.Newest == nil || len(r.Newest.Tables) == 0 {
		return nil, nil, fault.New(fault.Invalid, "这个文件还没有表，没有数据字典可改。")
	}
	if len(body) > ingest.MostRecords {
		return nil, nil, fault.New(fault.TooLarge, "数据字典文件最大 %d KB。", ingest.MostRecords>>10)
	}
	kept, err := selectVersions(ctx, s.pool, `v.id = @id`, map[string]any{"id": r.Newest.ID}, 1) // codes and all
	if err != nil {
		return nil, nil, err
	}
	in := &dictionaryReader{tables: kept[0].Tables, seen: map[[2]int]bool{}, coded: map[[2]int]bool{}}
	for i := range in.tables {
		in.fields = append(in.fields, slices.Clone(in.tables[i].Fields))
	}
	if first := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\uFEFF")), " \t\r\n"); len(first) > 0 && first[0] == '{' {
		in.schema(first)
	} else {
		records, err := s.Records(ctx, body)
		if err != nil {
			return nil, nil, err
		}
		in.csv(records)
	}
	if len(in.wrong) > 0 {
		return nil, in.wrong, nil
	}
	var out []Correction
	for i, t := range in.tables {
		fields, err := corrected(t.Fields, in.fields[i])
		if err != nil {
			return nil, []*fault.Fault{fault.Of(err)}, nil
		}
		if len(compareWords(t.Fields, fields, nil)) > 0 {
			out = append(out, Correction{Position: i, Fields: fields, Revision: t.Revision, FromFile: true})
		}
	}
	return out, nil, nil
}

// Records splits a small CSV that somebody filled in into lines and cells, in a
// limited child: see ingest.Records.
func (s *Service) Records(ctx context.Context, body []byte) ([][]string, error) {
	return inChild(ctx, s, body, ingest.Records)
}

// Sheets reads a small workbook that somebody filled in, in a limited child: see
// ingest.Sheets.
func (s *Service) Sheets(ctx context.Context, body []byte) ([]ingest.FilledSheet, error) {
	return inChild(ctx, s, body, ingest.Sheets)
}

// inChild hands a small file to what reads it in a limited child.
func inChild[T any](ctx context.Context, s *Service, body []byte, read func(context.Context, *os.File) (T, error)) (out T, err error) {
	leave, err := s.place(ctx)
	if err != nil {
		return out, err
	}
	defer leave()
	dir, done, err := s.workFolder()
	if err != nil {
		return out, err
	}
	defer done()
	file, err := os.CreateTemp(dir, "small-")
	if err != nil {
		return out, fmt.Errorf("small file: %w", err)
	}
	defer file.Close()
	if _, err := file.Write(body); err != nil {
		return out, fmt.Errorf("small file: %w", err)
	}
	if _, err := file.Seek(0, 0); err != nil {
		return out, fmt.Errorf("small file: %w", err)
	}
	return read(ctx, file)
}

// mostWrong is how many mistakes of a file are told.
const mostWrong = 100

// dictionaryReader takes in what a dictionary file says.
type dictionaryReader struct {
	tables []Table
	fields [][]Field // as the file wants them
	seen   map[[2]int]bool
	coded  map[[2]int]bool // columns whose codes the file gives
	wrong  []*fault.Fault
}

func (in *dictionaryReader) fail(sentence string, args ...any) {
	if len(in.wrong) < mostWrong {
		in.wrong = append(in.wrong, fault.New(fault.Invalid, sentence, args...))
	}
}

// csv reads lines of cells, the head first.
func (in *dictionaryReader) csv(records [][]string) {
	if len(records) < 2 {
		in.fail("文件里没有数据字典：第一行是表头，下面一行一列。")
		return
	}
	head := in.head(records[0])
	if len(in.wrong) > 0 {
		return
	}
	last := [2]int{-1, -1}
	for n, record := range records[1:] {
		if len(strings.TrimSpace(strings.Join(record, ""))) == 0 {
			continue
		}
		row := map[string]string{}
		for i, name := range head {
			row[name] = ""
			if i < len(record) {
				if row[name] = Bare(record[i]); !verbatim[name] {
					row[name] = strings.TrimSpace(row[name])
				}
			}
		}
		last = in.line(n+2, row, last)
	}
}

// verbatim is what must be as it stands in the data, spaces and all.
var verbatim = map[string]bool{"name": true, "code": true}

// head is what each column of a file is, by either of its names.
func (in *dictionaryReader) head(record []string) []string {
	var head []string
	for _, cell := range record {
		cell = strings.TrimSpace(cell)
		at := slices.IndexFunc(attributes, func(a attribute) bool { return a.title == cell || strings.EqualFold(a.name, cell) })
		switch {
		case at < 0:
			in.fail("表头里不认识“%s”这一栏。", firstRunes(cell, 40))
		case slices.Contains(head, attributes[at].name):
			in.fail("表头里“%s”写了两次。", attributes[at].title)
		default:
			head = append(head, attributes[at].name)
		}
	}
	if !slices.Contains(head, "name") {
		in.fail("表头里没有“列名”。请先导出现在的数据字典，在它上面改。")
	}
	return head
}

// line takes in one line: a column, or one more code of the column above.
func (in *dictionaryReader) line(n int, row map[string]string, last [2]int) [2]int {
	table := 0
	if t := row["table"]; t != "" {
		number, err := strconv.Atoi(t)
		if err != nil || number < 1 || number > len(in.tables) {
			in.fail("第 %d 行：没有第 %s 张表。", n, firstRunes(t, 20))
			return last
		}
		table = number - 1
	}
	column := slices.IndexFunc(in.fields[table], func(f Field) bool { return f.Name == row["name"] })
	if column < 0 {
		in.fail("第 %d 行：文件里没有“%s”这一列。", n, firstRunes(row["name"], 40))
		return last
	}
	at := [2]int{table, column}
	f := &in.fields[table][column]
	_, hasCodes := row["code"]
	if row["code"] != "" || row["code_label"] != "" || row["code_label_en"] != "" {
		if !in.coded[at] {
			in.coded[at], f.Codes = true, nil
		}
		f.Codes = append(f.Codes, Code{Value: row["code"], Label: row["code_label"], LabelEN: row["code_label_en"]})
		if at == last || !in.says(row) {
			return at
		}
	}
	if in.seen[at] {
		in.fail("第 %d 行：“%s”这一列写了两次。", n, f.Name)
		return at
	}
	in.seen[at] = true
	if hasCodes && !in.coded[at] {
		in.coded[at], f.Codes = true, nil
	}
	in.attributes(n, row, f)
	return at
}

// says reports whether a line says something of the column itself.
func (in *dictionaryReader) says(row map[string]string) bool {
	for name, value := range row {
		if value != "" && !slices.Contains([]string{"table", "name", "code", "code_label", "code_label_en"}, name) {
			return true
		}
	}
	return false
}

// attributes takes in what a line says of its column.
func (in *dictionaryReader) attributes(n int, row map[string]string, f *Field) {
	for _, a := range attributes {
		value, there := row[a.name]
		if !there {
			continue
		}
		switch {
		case a.text != nil:
			*a.text(f) = value
			if _, err := cleanText("fields", value, maxText); err != nil {
				in.fail("第 %d 行，%s：太长，或有看不见的字符。", n, a.title)
			}
		case a.name == "type" && value != "" && value != f.Type:
			in.fail("第 %d 行：“%s”的类型是 %s，不能在数据字典里改成 %s；类型要在上传文件时改。", n, f.Name, f.Type, firstRunes(value, 20))
		case a.name == "unit":
			f.Unit, f.Unitless = value, value == noUnit
			if f.Unitless {
				f.Unit = ""
			}
		case a.name == "key":
			in.yes(n, a.title, value, &f.Key)
		case a.name == "required":
			in.yes(n, a.title, value, &f.Required)
		case a.name == "sensitivity":
			in.level(n, value, f)
		}
	}
}

func (in *dictionaryReader) yes(n int, title, value string, to *bool) {
	switch strings.ToLower(value) {
	case "是", "true", "yes", "1", "y":
		*to = true
	case "", "否", "false", "no", "0", "n":
		*to = false
	default:
		in.fail("第 %d 行，%s：请写“是”或“否”。", n, title)
	}
}

func (in *dictionaryReader) level(n int, value string, f *Field) {
	if value == "" {
		f.Sensitivity = ""
		return
	}
	for level, word := range levels {
		if value == word || value == string(level) {
			f.Sensitivity = level
			return
		}
	}
	in.fail("第 %d 行：没有“%s”这种敏感级别，可写：不敏感、个人信息、敏感个人信息、重要数据。", n, firstRunes(value, 20))
}

// schemaField is a field of a Frictionless Table Schema. What the standard has
// no word for stands beside it under our names; unknown properties are allowed.
type schemaField struct {
	Name        string `json:"name"`
	Title       string `json:"title,omitempty"`
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`
	Constraints *struct {
		Required bool     `json:"required,omitempty"`
		Enum     []string `json:"enum,omitempty"`
	} `json:"constraints,omitempty"`
	About *Field `json:"shuyuan,omitempty"`
}

type tableSchema struct {
	Fields        []schemaField `json:"fields"`
	PrimaryKey    stringList    `json:"primaryKey,omitempty"`
	MissingValues []string      `json:"missingValues,omitempty"`
}

// stringList is a text or a list of them: the standard allows both.
type stringList []string

func (l *stringList) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*l = stringList{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(l))
}

type schemaResource struct {
	Name   string       `json:"name"`
	Title  string       `json:"title,omitempty"`
	Schema *tableSchema `json:"schema"`
}

type schemaPackage struct {
	Profile   string           `json:"profile,omitempty"`
	Name      string           `json:"name,omitempty"`
	Version   string           `json:"version,omitempty"`
	Resources []schemaResource `json:"resources"`
}

// frictionless are our types in Table Schema 1.0.
var frictionless = map[string]string{"text": "string", "decimal": "number", "point": "string", "geometry": "string"}

// DictionarySchema is the dictionary of a version as JSON: a Frictionless Table
// Schema of a file with one table, else a data package with one for each.
func DictionarySchema(v *Version) ([]byte, error) {
	p := schemaPackage{Profile: "data-package", Name: v.ResourceID, Version: strconv.Itoa(v.Number), Resources: []schemaResource{}}
	for i := range v.Tables {
		schema := &tableSchema{Fields: []schemaField{}, PrimaryKey: v.Tables[i].Keys(), MissingValues: []string{""}}
		for _, f := range v.Tables[i].Fields {
			out := schemaField{Name: f.Name, Title: f.Label, Type: f.Type, Description: f.Description, About: &f}
			if t := frictionless[f.Type]; t != "" {
				out.Type = t
			}
			if f.Required || len(f.Codes) > 0 {
				out.Constraints = &struct {
					Required bool     `json:"required,omitempty"`
					Enum     []string `json:"enum,omitempty"`
				}{Required: f.Required}
				for _, c := range f.Codes {
					out.Constraints.Enum = append(out.Constraints.Enum, c.Value)
				}
			}
			schema.Fields = append(schema.Fields, out)
		}
		p.Resources = append(p.Resources, schemaResource{Name: "table-" + strconv.Itoa(i+1), Title: v.Tables[i].Name, Schema: schema})
	}
	if len(p.Resources) == 1 {
		return json.MarshalIndent(p.Resources[0].Schema, "", "  ")
	}
	return json.MarshalIndent(p, "", "  ")
}

// schema reads a Table Schema or a data package.
func (in *dictionaryReader) schema(body []byte) {
	var doc struct {
		tableSchema
		schemaPackage
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		in.fail("这不是完好的 JSON，或不是 Frictionless 的 Table Schema。")
		return
	}
	if !jsontext.Value(body).IsValid() { // others would take the first of the two, we the later (RFC 8259, 4)
		in.fail("同一个名称写了两次，不知道以哪个为准。")
		return
	}
	if len(doc.Resources) == 0 {
		doc.Resources = []schemaResource{{Schema: &doc.tableSchema}}
	}
	for i, r := range doc.Resources {
		if i >= len(in.tables) {
			in.fail("文件有 %d 张表，数据字典写了 %d 张。", len(in.tables), len(doc.Resources))
			return
		}
		if r.Schema == nil || len(r.Schema.Fields) == 0 {
			in.fail("第 %d 张表没有 fields。", i+1)
			continue
		}
		in.schemaTable(i, r.Schema)
	}
}

func (in *dictionaryReader) schemaTable(table int, schema *tableSchema) {
	for n, said := range schema.Fields {
		at := slices.IndexFunc(in.fields[table], func(f Field) bool { return f.Name == said.Name })
		switch {
		case at < 0:
			in.fail("第 %d 个字段：文件里没有“%s”这一列。", n+1, firstRunes(said.Name, 40))
			continue
		case in.seen[[2]int{table, at}]:
			in.fail("第 %d 个字段：“%s”这一列写了两次。", n+1, said.Name)
			continue
		}
		in.seen[[2]int{table, at}] = true
		f := &in.fields[table][at]
		typ := f.Type
		switch {
		case said.About != nil:
			about := *said.About
			about.Name = f.Name
			*f = about
			if about.Type != "" && about.Type != typ {
				in.fail("第 %d 个字段：“%s”的类型是 %s，不能在数据字典里改成 %s；类型要在上传文件时改。", n+1, said.Name, typ, firstRunes(about.Type, 20))
			}
			f.Type = typ
		default:
			f.Key = false
			f.Label, f.Description = said.Title, said.Description
			if said.Constraints != nil {
				f.Required = said.Constraints.Required
				in.enum(f, said.Constraints.Enum)
			}
		}
		if len(schema.PrimaryKey) > 0 {
			f.Key = slices.Contains(schema.PrimaryKey, f.Name)
		}
	}
	for _, name := range schema.PrimaryKey {
		if !slices.ContainsFunc(in.fields[table], func(f Field) bool { return f.Name == name }) {
			in.fail("primaryKey 里的“%s”不是这个文件的列。", firstRunes(name, 40))
		}
	}
}

// enum makes a code list of the values that there may be; what is known of
// their meaning stays.
func (in *dictionaryReader) enum(f *Field, values []string) {
	if len(values) == 0 {
		return
	}
	known := f.Codes
	f.Codes = nil
	for _, v := range values {
		c := Code{Value: v}
		if at := slices.IndexFunc(known, func(k Code) bool { return k.Value == v }); at >= 0 {
			c = known[at]
		}
		f.Codes = append(f.Codes, c)
	}
}
