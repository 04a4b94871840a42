package datasets_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/encoding/simplifiedchinese"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// described is a file with one version whose dictionary says something of
// everything.
func described(t *testing.T, c *datasetstest.Catalogue) (*datasets.Dataset, string) {
	t.Helper()
	d := c.Dataset(t)
	id := c.Resource(t, d)
	c.Version(t, d, id, "a.csv", "编号,级别,人数\n01,1,100\n02,-1,200\n",
		datasets.Field{Name: "编号", Label: "学校编号", LabelEN: "Number", Type: "text", Key: true, Required: true, Sensitivity: datasets.NotSensitive, Identifier: "DE01", Format: "an2", Description: "=SUM(A1)", Note: "'=已有撇号"},
		datasets.Field{Name: "级别", Type: "text", Codes: []datasets.Code{{Value: "1", Label: "省级", LabelEN: "Province"}, {Value: "-1", Label: "+不详"}}},
		datasets.Field{Name: "人数", Type: "integer", Unit: "人", UnitEN: "persons", ObjectClass: "学校", Representation: "数", Relation: "无", SourceOrg: "教育局", Application: "学籍", Range: "不小于0\n整数"})
	return d, id
}

func fieldsOf(t *testing.T, c *datasetstest.Catalogue, id string) []datasets.Field {
	t.Helper()
	versions, err := c.Service.Versions(t.Context(), account.Actor{}, id)
	if err != nil {
		t.Fatal(err)
	}
	return versions[0].Tables[0].Fields
}

func TestADictionaryIsCorrectedAndWhatWasSaidIsKept(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d, id := described(t, c)
	who := datasetstest.Officer(d.Department)
	fields := fieldsOf(t, c, id)
	fields[2].Label, fields[2].Codes = "学生人数", nil
	if err := c.Service.CorrectDictionary(t.Context(), who, id, datasets.Correction{Fields: fields, Reason: "名称写错了"}); err != nil {
		t.Fatal(err)
	}
	v := version(t, c, id, 1)
	if v.Tables[0].Revision != 1 || v.Tables[0].Fields[2].Label != "学生人数" || v.Tables[0].Fields[0].Label != "学校编号" {
		t.Errorf("%+v", v.Tables[0])
	}
	got, err := c.Service.Corrections(t.Context(), account.Actor{}, v)
	want := []datasets.Corrected{{Number: 1, At: datasetstest.Now, Reason: "名称写错了", Words: []datasets.Rewording{{Name: "人数", What: []datasets.Rewritten{{Attribute: "label", Before: "", After: "学生人数"}}}}}}
	if diff := cmp.Diff(want, got, cmpopts.EquateApproxTime(0)); diff != "" || err != nil {
		t.Errorf("%s %v", diff, err)
	}
	if _, err := c.Pool.Exec(t.Context(), `UPDATE dictionary_revisions SET reason = 'x'`); err == nil {
		t.Error("what was said can be changed")
	}
	var acts int
	if err := c.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE act = 'correct-dictionary' AND subject_id = $1`, id).Scan(&acts); err != nil || acts != 1 {
		t.Errorf("%d entries in the trail, %v", acts, err)
	}
}

func TestCorrectionsThatAreRefused(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d, id := described(t, c)
	who := datasetstest.Officer(d.Department)
	stranger := datasetstest.Officer(c.Department(t))
	reader := who
	reader.Key, reader.Scopes = "sy_aaaaaaaa", []string{account.ScopeRead}
	for _, k := range []struct {
		name   string
		who    account.Actor
		change func(*datasets.Correction)
		want   fault.Kind
	}{
		{"nobody", account.Actor{}, nil, fault.Forbidden},
		{"another department", stranger, nil, fault.Forbidden},
		{"a key for reading", reader, nil, fault.Forbidden},
		{"no reason", who, func(c *datasets.Correction) { c.Reason = " " }, fault.Invalid},
		{"another type", who, func(c *datasets.Correction) { c.Fields[2].Type = "decimal" }, fault.Invalid},
		{"another name", who, func(c *datasets.Correction) { c.Fields[0].Name = "号" }, fault.Invalid},
		{"one column less", who, func(c *datasets.Correction) { c.Fields = c.Fields[:2] }, fault.Invalid},
		{"columns in another order", who, func(c *datasets.Correction) { c.Fields[0], c.Fields[1] = c.Fields[1], c.Fields[0] }, fault.Invalid},
		{"a level that there is not", who, func(c *datasets.Correction) { c.Fields[0].Sensitivity = "top" }, fault.Invalid},
		{"a code twice", who, func(c *datasets.Correction) { c.Fields[1].Codes = []datasets.Code{{Value: "1"}, {Value: "1"}} }, fault.Invalid},
		{"a table that there is not", who, func(c *datasets.Correction) { c.Position = 1 }, fault.Invalid},
		{"what is already said", who, func(c *datasets.Correction) { c.Fields[0].Label = "学校编号" }, fault.Invalid},
		{"an older state", who, func(c *datasets.Correction) { c.Revision = 1 }, fault.Conflict},
		{"a control character", who, func(c *datasets.Correction) { c.Fields[0].Label = "a\x00b" }, fault.Invalid},
	} {
		correction := datasets.Correction{Fields: fieldsOf(t, c, id), Reason: "更正"}
		correction.Fields[0].Label = "编号"
		if k.change != nil {
			k.change(&correction)
		}
		if err := c.Service.CorrectDictionary(t.Context(), k.who, id, correction); fault.KindOf(err) != k.want {
			t.Errorf("%s: %v", k.name, err)
		}
	}
	if v := version(t, c, id, 1); v.Tables[0].Revision != 0 {
		t.Error("something was written")
	}
}

func TestTheNextVersionKeepsTheDictionary(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d, id := described(t, c)
	fields := fieldsOf(t, c, id)
	fields[0].Description = "六位"
	if err := c.Service.CorrectDictionary(t.Context(), datasetstest.Officer(d.Department), id, datasets.Correction{Fields: fields, Reason: "补充"}); err != nil {
		t.Fatal(err)
	}
	c.Version(t, d, id, "b.csv", "人数,编号,新列\n1.5,03,x\n", datasets.Field{Name: "人数", Label: "学生数", Type: "decimal"})
	got := fieldsOf(t, c, id)
	if got[0].Label != "学生数" || got[0].Unit != "" || got[0].Type != "decimal" {
		t.Errorf("what is said of it now counts: %+v", got[0])
	}
	if got[1].Description != "六位" || !got[1].Key || got[1].Label != "学校编号" {
		t.Errorf("what was corrected is kept: %+v", got[1])
	}
	if got[2].Label != "新列" || got[2].Key {
		t.Errorf("a new column has nothing: %+v", got[2])
	}
}

func TestAnotherKeyComparesAnew(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	id := c.Resource(t, d)
	c.Version(t, d, id, "a.csv", "a,b\n1,x\n")
	c.Version(t, d, id, "a.csv", "a,b\n1,y\n")
	if err := c.Service.CompareVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	fields := fieldsOf(t, c, id)
	fields[0].Key = true
	if err := c.Service.CorrectDictionary(t.Context(), datasetstest.Officer(d.Department), id, datasets.Correction{Fields: fields, Reason: "写明主键"}); err != nil {
		t.Fatal(err)
	}
	if r := differences(t, c, version(t, c, id, 1), version(t, c, id, 2)).Tables[0].Rows; r.Changed != 1 || len(r.Key) != 1 {
		t.Errorf("%+v", r)
	}
}

// What is exported and imported again changes nothing: both files say all that
// the dictionary says.
func TestADictionaryFileSaysEverything(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d, id := described(t, c)
	who := datasetstest.Officer(d.Department)
	want := fieldsOf(t, c, id)
	v := version(t, c, id, 1)
	csv := datasets.DictionaryCSV(v)
	schema, err := datasets.DictionarySchema(v)
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{"CSV": csv, "Table Schema": schema} {
		blank := make([]datasets.Field, len(want))
		for i, f := range want {
			blank[i] = datasets.Field{Name: f.Name, Type: f.Type}
		}
		revision := version(t, c, id, 1).Tables[0].Revision
		if err := c.Service.CorrectDictionary(t.Context(), who, id, datasets.Correction{Fields: blank, Revision: revision, Reason: "清空"}); err != nil {
			t.Fatal(err)
		}
		found, wrong, err := c.Service.ReadDictionary(t.Context(), who, id, body)
		if err != nil || len(wrong) > 0 || len(found) != 1 {
			t.Fatalf("%s: %v, %v, %v\n%s", name, found, wrong, err, body)
		}
		if diff := cmp.Diff(want, found[0].Fields, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		found[0].Reason = "导入"
		if err := c.Service.CorrectDictionary(t.Context(), who, id, found...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if again, wrong, err := c.Service.ReadDictionary(t.Context(), who, id, body); err != nil || len(wrong)+len(again) > 0 {
			t.Errorf("%s: once it is taken in it still wants something: %v, %v, %v", name, again, wrong, err)
		}
	}
	for _, run := range []string{",=SUM", "\n=SUM", ",+不详"} {
		if strings.Contains(string(csv), run) {
			t.Errorf("a spreadsheet would run %q", run)
		}
	}
	if !strings.Contains(string(csv), ",-1,") {
		t.Error("a number was taken for a formula")
	}
}

func TestDictionaryFilesThatPeopleSend(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d, id := described(t, c)
	who := datasetstest.Officer(d.Department)
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("列名,中文名称\n人数,学生数\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		name, body, wrong string
		label             string // of 人数 where it is taken
	}{
		{"plain", "列名,中文名称\n人数,学生数\n", "", "学生数"},
		{"names for programs", "name,label\n人数,学生数\n", "", "学生数"},
		{"a byte order mark", "\uFEFF列名,中文名称\n人数,学生数\n", "", "学生数"},
		{"GB18030", gb, "", "学生数"},
		{"semicolons", "列名;中文名称\n人数;学生数\n", "", "学生数"},
		{"empty lines and short ones", "列名,中文名称,备注\n\n人数,学生数\n", "", "学生数"},
		{"a formula that was disarmed", "列名,中文名称\n人数,'=1+1\n", "", "=1+1"},
		{"a formula", "列名,中文名称\n人数,=1+1\n", "", "=1+1"},
		{"no head", "人数,学生数\n", "文件里没有数据字典：第一行是表头，下面一行一列。", ""},
		{"another head", "列名,说明\n人数,学生数\n", "表头里不认识“说明”这一栏。", ""},
		{"no names", "中文名称\n学生数\n", "表头里没有“列名”。请先导出现在的数据字典，在它上面改。", ""},
		{"a head twice", "列名,label,中文名称\n人数,a,b\n", "表头里“中文名称”写了两次。", ""},
		{"a column that there is not", "列名,中文名称\n人口,x\n", "第 2 行：文件里没有“人口”这一列。", ""},
		{"a column twice", "列名,中文名称\n人数,x\n人数,y\n", "第 3 行：“人数”这一列写了两次。", ""},
		{"another type", "列名,数据类型\n人数,text\n", "第 2 行：“人数”的类型是 integer，不能在数据字典里改成 text；类型要在上传文件时改。", ""},
		{"no yes and no no", "列名,主键\n人数,也许\n", "第 2 行，主键：请写“是”或“否”。", ""},
		{"a level that there is not", "列名,敏感级别\n人数,绝密\n", "第 2 行：没有“绝密”这种敏感级别，可写：不敏感、个人信息、敏感个人信息、重要数据。", ""},
		{"a table that there is not", "表,列名\n2,人数\n", "第 2 行：没有第 2 张表。", ""},
		{"a cell of a megabyte", "列名,中文名称\n人数," + strings.Repeat("长", 300_000) + "\n", "第 2 行，中文名称：太长，或有看不见的字符。", ""},
		{"quotes that do not end", "列名,中文名称\n人数,\"x\n", "fault", ""},
		{"nothing", "", "文件里没有数据字典：第一行是表头，下面一行一列。", ""},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "fault", ""},
		{"too large", strings.Repeat("x", 2<<20), "fault", ""},
		{"JSON that is none", `{"fields": [`, "这不是完好的 JSON，或不是 Frictionless 的 Table Schema。", ""},
		{"a plain Table Schema", `{"fields": [{"name": "人数", "title": "学生数", "type": "integer"}], "primaryKey": "编号"}`, "", "学生数"},
		{"a data package", `{"resources": [{"name": "t", "schema": {"fields": [{"name": "人数", "title": "学生数"}]}}]}`, "", "学生数"},
		{"a schema without fields", `{"resources": [{"name": "t", "schema": {}}]}`, "第 1 张表没有 fields。", ""},
		{"a schema of another file", `{"fields": [{"name": "x"}]}`, "第 1 个字段：文件里没有“x”这一列。", ""},
		{"a key that there is not", `{"fields": [{"name": "人数"}], "primaryKey": ["x"]}`, "primaryKey 里的“x”不是这个文件的列。", ""},
		{"nested without end", `{"fields":` + strings.Repeat("[", 200_000), "这不是完好的 JSON，或不是 Frictionless 的 Table Schema。", ""},
	} {
		found, wrong, err := c.Service.ReadDictionary(t.Context(), who, id, []byte(k.body))
		switch {
		case k.wrong == "fault":
			if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.TooLarge {
				t.Errorf("%s: %v", k.name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", k.name, err)
		case k.wrong != "":
			if len(wrong) != 1 || wrong[0].Text() != k.wrong || found != nil {
				t.Errorf("%s: %v, %v", k.name, wrong, found)
			}
		case len(wrong) > 0 || len(found) != 1 || found[0].Fields[2].Label != k.label || found[0].Fields[0].Label != "学校编号":
			t.Errorf("%s: %v, %+v", k.name, wrong, found)
		}
	}
	if _, _, err := c.Service.ReadDictionary(t.Context(), account.Actor{}, id, []byte("列名\n人数\n")); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a visitor's file was looked at: %v", err)
	}
}

func TestCodesOfADictionaryFile(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d, id := described(t, c)
	for _, k := range []struct {
		name, body string
		want       []datasets.Code
	}{
		{"one more", "列名,代码值,代码含义\n级别,1,省级\n级别,2,市级\n", []datasets.Code{{Value: "1", Label: "省级"}, {Value: "2", Label: "市级"}}},
		{"none any more", "列名,备注,代码值\n级别,x,\n", nil},
		{"not spoken of", "列名,备注\n级别,x\n", []datasets.Code{{Value: "1", Label: "省级", LabelEN: "Province"}, {Value: "-1", Label: "+不详"}}},
		{"spaces belong to the value", "列名,代码值\n级别, 1\n", []datasets.Code{{Value: " 1"}}},
	} {
		found, wrong, err := c.Service.ReadDictionary(t.Context(), datasetstest.Officer(d.Department), id, []byte(k.body))
		if err != nil || len(wrong) > 0 || len(found) != 1 {
			t.Errorf("%s: %v, %v, %v", k.name, found, wrong, err)
			continue
		}
		if diff := cmp.Diff(k.want, found[0].Fields[1].Codes, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", k.name, diff)
		}
	}
}
