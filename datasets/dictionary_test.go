package datasets_test

import (
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

func TestADictionaryIsScoredByLines(t *testing.T) {
	whole := datasets.Field{Name: "编号", LabelEN: "Number", Type: "text", Description: "学校的编号", Range: "六位数字", Sensitivity: datasets.NotSensitive, Key: true}
	for _, c := range []struct {
		name  string
		field datasets.Field
		no    string
	}{
		{"everything is said", whole, ""},
		{"nothing is said", datasets.Field{Name: "id", Label: "id", Type: "text"}, "label label_en meaning range sensitivity key"},
		{"a number needs its unit", datasets.Field{Name: "人口", LabelEN: "People", Type: "integer", Description: "常住人口", Range: "不小于0", Sensitivity: datasets.NotSensitive}, "unit key"},
		{"or that it has none", datasets.Field{Name: "年份", LabelEN: "Year", Type: "integer", Unitless: true, Description: "统计年度", Format: "YYYY", Sensitivity: datasets.NotSensitive}, "key"},
		{"a code counts nothing", datasets.Field{Name: "级别", LabelEN: "Level", Type: "integer", Codes: []datasets.Code{{Value: "1", Label: "省"}}, Sensitivity: datasets.NotSensitive}, "key"},
		{"codes that are withheld are there", datasets.Field{Name: "级别", LabelEN: "Level", Type: "integer", Hidden: 3, Sensitivity: datasets.NotSensitive}, "key"},
		{"a day says itself what it can be", datasets.Field{Name: "日期", LabelEN: "Day", Type: "date", Description: "发布的日期", Sensitivity: datasets.NotSensitive}, "key"},
		{"a label is no Chinese name for being there", datasets.Field{Name: "name", Label: "Name", LabelEN: "Name", Type: "text", Description: "名称", Range: "任意", Sensitivity: datasets.PersonalData}, "label key"},
	} {
		s := datasets.DictionaryScore([]datasets.Table{{Fields: []datasets.Field{c.field}}})
		var no []string
		for _, l := range append(s.Tables[0].Columns[0].Lines, s.Tables[0].Lines...) {
			if !l.Yes {
				no = append(no, string(l.Question))
			}
		}
		if got := strings.Join(no, " "); got != c.no || s.All-s.Yes != len(no) {
			t.Errorf("%s: no to %q and %d of %d, want %q", c.name, got, s.Yes, s.All, c.no)
		}
	}
	if s := datasets.DictionaryScore(nil); s.Percent() != 100 {
		t.Errorf("a document needs no dictionary: %v", s)
	}
	if s := (datasets.Score{Yes: 199, All: 200}); s.Percent() != 99 {
		t.Errorf("%d per cent are not all", s.Percent())
	}
}

func TestAFieldKeepsAllThatIsSaidOfIt(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{})
	d := c.Dataset(t)
	id := c.Resource(t, d)
	given := datasets.Field{Name: "编号", Label: "学校编号", LabelEN: "School", Type: "text", Key: true, Required: true, Sensitivity: datasets.PersonalData, Identifier: "DE01001",
		Format: "an6", Range: "六位", ObjectClass: "学校", Representation: "代码", Relation: "同组织机构代码", SourceOrg: "教育局", Application: "学籍系统", Note: "2020年起"}
	c.Version(t, d, id, "a.csv", "编号\n1\n", given)
	v, err := c.Service.Version(t.Context(), account.Actor{}, id, 1)
	if err != nil || v.Tables[0].Fields[0].Relation != given.Relation || !v.Tables[0].Fields[0].Key || v.Tables[0].Keys()[0] != "编号" || v.Tables[0].Fields[0].Sensitivity != datasets.PersonalData {
		t.Errorf("%+v, %v", v, err)
	}
	given.Sensitivity = "secret"
	_, err = c.Service.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, id, datasets.NewVersion{
		FileName: "a.csv", Content: strings.NewReader("编号\n1\n"), Fields: [][]datasets.Field{{given}}})
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("a level that there is not: %v", err)
	}
}

func TestCodesThatAreWithheldAreCounted(t *testing.T) {
	gate := &datasetstest.Gate{}
	c := datasetstest.New(t, gate)
	d := c.Dataset(t, func(d *datasets.Dataset) { d.Open = datasets.Conditional })
	id := c.Resource(t, d)
	c.Version(t, d, id, "a.csv", "级别\n1\n", datasets.Field{Name: "级别", Codes: []datasets.Code{{Value: "1"}, {Value: "2"}}})
	gate.Shut()
	v, err := c.Service.Version(t.Context(), account.Actor{}, id, 1)
	if err != nil || v.Tables[0].Fields[0].Codes != nil || v.Tables[0].Fields[0].Hidden != 2 {
		t.Errorf("%+v, %v", v, err)
	}
}
