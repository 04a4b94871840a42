package quality

import "regexp"

// traits are what is known of a person without knowing their name. Two rows of
// traits together often leave one person.
var traits = regexp.MustCompile(`(?i)性别|年龄|出生|生日|民族|学历|文化程度|婚姻|婚否|职业|籍贯|疾病|病种|诊断|残疾|宗教|政治面貌|国籍|\b(sex|gender|age|birth_?(date|year)|ethnicity|nationality|marital|occupation|diagnosis|disease|religion)\b`)

// places are traits only beside others.
var places = regexp.MustCompile(`(?i)区县|区划|街道|乡镇|村|社区|学校|单位|邮编|地区|\b(region|district|county|city|town|village|school|postcode|zip)\b`)

// people are the headings of columns that count persons.
var people = regexp.MustCompile(`(?i)人数|人口|人次|病例|例数|患者数|学生数|户数|\b(persons|people|population|cases|patients|students|headcount)\b`)

// Cells is how persons could be told apart in a table.
type Cells struct {
	Traits []int // columns by which rows are grouped
	Count  int   // the column that counts persons; -1: each row is one
}

// CellsOf says how persons could be told apart in a table by its headings; ok
// is false for a table that is not about persons.
func CellsOf(columns []Column) (c Cells, ok bool) {
	c.Count = -1
	var where []int
	for i, column := range columns {
		heading := column.Name + " " + column.Label
		switch {
		case people.MatchString(heading) && column.Number:
			if c.Count < 0 {
				c.Count = i
			}
		case traits.MatchString(heading):
			c.Traits = append(c.Traits, i)
		case places.MatchString(heading):
			where = append(where, i)
		}
	}
	least := 2 // one trait alone, as the sex, tells nobody apart
	if c.Count >= 0 {
		least = 1
	}
	if len(c.Traits) < least {
		return Cells{}, false
	}
	c.Traits = append(c.Traits, where...)
	return c, true
}

// Small is the finding of rows in cells of fewer than k persons.
func Small(cells, rows int64, k int, first []int64, c Cells, columns []Column) Found {
	var names string
	for i, at := range c.Traits {
		if i > 0 {
			names += "、"
		}
		names += columns[at].Name
	}
	f := Found{Kind: SmallCells, Severity: Block, Rows: rows, First: first, Sentence: "按“%s”分组，有 %d 组不到 %d 人，能认出具体的人。", Args: []any{names, cells, int64(k)}}
	if c.Count >= 0 {
		f.Sentence, f.Args = "按“%s”统计的“%s”有 %d 格不到 %d 人，能认出具体的人。", []any{names, columns[c.Count].Name, cells, int64(k)}
	}
	return f
}
