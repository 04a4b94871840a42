package datasets_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
)

// A wrong file between two right ones takes no word of the dictionary away,
// whichever road the versions come by.
func TestAWrongVersionLeavesTheDictionary(t *testing.T) {
	const right, wrong = "编号,名称,人数\n01,甲,3\n02,乙,4\n", "x,y\n1,2\n3,4\n"
	fields := []datasets.Field{
		{Name: "编号", Label: "学校编号", LabelEN: "School", Description: "两位", Type: "text", Key: true, Required: true, Sensitivity: datasets.NotSensitive},
		{Name: "名称", LabelEN: "Name", Codes: []datasets.Code{{Value: "甲", Label: "第一"}}},
		{Name: "人数", LabelEN: "People", Type: "integer", Unit: "人"},
	}
	for _, road := range []string{"import", "upload"} {
		t.Run(road, func(t *testing.T) {
			c := newUploads(t)
			d := c.Dataset(t)
			id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
			next := func(content string) []datasets.Field {
				t.Helper()
				if road == "import" {
					return c.Version(t, d, id, "a.csv", content).Tables[0].Fields
				}
				return publishing(t, c, who, sent(t, c, who, id, "a.csv", content), datasets.Publication{Reason: "新", Reviewed: "看过"}).Tables[0].Fields
			}
			c.Version(t, d, id, "a.csv", right, fields...)
			corrected := fieldsOf(t, c, id)
			corrected[0].Description = "两位数字"
			if err := c.Service.CorrectDictionary(t.Context(), who, id, datasets.Correction{Fields: corrected, Reason: "补充"}); err != nil {
				t.Fatal(err)
			}
			next(strings.Replace(right, "甲,3", "甲,5", 1))
			for _, f := range next(wrong) {
				if f.LabelEN != "" || f.Key || f.Description != "" {
					t.Errorf("a column that there never was has words: %+v", f)
				}
			}
			if got := next(right); !reflect.DeepEqual(got, corrected) {
				t.Errorf("after the wrong version\n%+v, want\n%+v", got, corrected)
			}
		})
	}
}

// Words are taken rather from a version in which the column had values of the
// same kind; where there is none, from the newest: it is the same column.
func TestWordsAreThoseOfTheSameKindOfColumn(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	id := c.Resource(t, d)
	c.Version(t, d, id, "a.csv", "年份,乙\n2024,1\n2025,2\n", datasets.Field{Name: "年份", Description: "自然年"})
	c.Version(t, d, id, "a.csv", "年份,乙\n2024-01-02,1\n2025-01-03,2\n", datasets.Field{Name: "年份", Description: "统计日"})
	if f := c.Version(t, d, id, "a.csv", "年份,乙\n2024,1\n2026,2\n").Tables[0].Fields[0]; f.Description != "自然年" || f.Type != "integer" {
		t.Errorf("%+v", f)
	}
	if f := c.Version(t, d, id, "a.csv", "年份,乙\ntrue,1\nfalse,2\n").Tables[0].Fields[0]; f.Description != "自然年" || f.Type != "boolean" {
		t.Errorf("%+v", f)
	}
}

// The sheets of a workbook are known by their names, and where those are new,
// by their places.
func TestSheetsKeepTheirWords(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	id := c.Resource(t, d)
	add := func(fields [][]datasets.Field, sheets ...string) (words []string) {
		t.Helper()
		x := excelize.NewFile()
		defer x.Close()
		for i, name := range sheets {
			_, err := x.NewSheet(name)
			for row, cells := range [][]any{{"名", "值"}, {"甲", i + 1}, {"乙", i + 2}} {
				err = errors.Join(err, x.SetSheetRow(name, fmt.Sprintf("A%d", row+1), &cells))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := x.DeleteSheet("Sheet1"); err != nil {
			t.Fatal(err)
		}
		b, err := x.WriteToBuffer()
		if err != nil {
			t.Fatal(err)
		}
		v, err := c.Service.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, id, datasets.NewVersion{FileName: "a.xlsx", Content: b, Fields: fields, Reason: "新", Reviewed: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range v.Tables {
			words = append(words, table.Fields[0].Description)
		}
		return words
	}
	add([][]datasets.Field{{{Name: "名", Description: "路"}}, {{Name: "名", Description: "桥"}}}, "路", "桥")
	if got := add(nil, "桥", "路"); !slices.Equal(got, []string{"桥", "路"}) {
		t.Errorf("in another order: %q", got)
	}
	if got := add(nil, "路", "隧道", "桥"); !slices.Equal(got, []string{"路", "", "桥"}) {
		t.Errorf("with one more: %q", got)
	}
	if got := add(nil, "甲", "乙", "丙"); !slices.Equal(got, []string{"路", "", "桥"}) {
		t.Errorf("all called otherwise: %q", got)
	}
}
