package portal

import (
	"context"
	"strings"
	"testing"

	"shuyuan/datasets"
)

func TestSnippetsKeepCodesAsText(t *testing.T) {
	v := &datasets.Version{ResourceID: "a1b2c3d4", Number: 3, FileName: "it's 名录.csv", Tables: []datasets.Table{{
		Fields: []datasets.Field{{Name: "代码", Type: "text"}, {Name: `"x"`, Type: "text"}, {Name: "人口", Type: "integer"}}}}}
	code := map[string]string{}
	for _, s := range snippets(context.Background(), "https://data.example", v) {
		code[s.Name] = s.Code
	}
	for name, want := range map[string]string{
		"curl":       `-o 'it'\''s 名录.csv' 'https://data.example/r/a1b2c3d4'`,
		"查询行":        "'https://data.example/api/v1/resources/a1b2c3d4/rows' \\\n  --data-urlencode 'select=`代码`, `\"x\"`, `人口`'",
		"Python":     `urlopen("https://data.example/d/a1b2c3d4/3/data.csv")`,
		"pandas":     `pd.read_csv("https://data.example/d/a1b2c3d4/3/data.csv", dtype={"代码": str, "\"x\"": str})`,
		"R":          "colClasses = c(`代码` = \"character\"",
		"JavaScript": `fetch("https://data.example/d/a1b2c3d4/3/data.json")`,
		"Excel":      "https://data.example/d/a1b2c3d4/3/data.csv?bom=1\n",
	} {
		if !strings.Contains(code[name], want) {
			t.Errorf("%s: %s\nlacks %s", name, code[name], want)
		}
	}
}
