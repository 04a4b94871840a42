package templates

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"shuyuan/templates/text"
)

// developersPages is every page for developers in each state that it can show.
func developersPages(lang text.Lang) map[string]templ.Component {
	d := Example()
	snippets := []Snippet{{"curl", "curl -L 'https://data.example/r/a1'"}, {"Python", "import csv"}}
	full := DevelopersPage{
		Frame: frame(lang, "/developers", "开发者"), Command: "curl https://data.example", Total: 9,
		Found:     TableView{Label: "找到的数据集", Columns: []Column{{Label: "名称", Name: "title"}}, Rows: [][]string{{"节假日安排"}}},
		Addresses: []AddressLine{{Words: "找数据集", Pattern: "GET /api/v1/datasets", Try: "/api/v1/datasets", Note: "都在这里。"}, {Words: "取行", Pattern: "GET /d/{id}"}},
		Dataset:   &d, Fetch: snippets, Walk: snippets, Steady: "curl -r 0-99", Again: "curl --etag-save",
		Quotas: []Quota{{"不带密钥", 600, 60, "按网络"}}, Headers: "RateLimit-Limit: 600", Failures: []Failure{{"400", "error-malformed", "/developers#error-malformed", "请求有误"}},
		Language: Language{Examples: []AddressLine{{Words: "前十行", Pattern: "rows?limit=10", Try: "/api/v1/resources/a/rows?limit=10"}}, Operators: []NamedForm{{"=", "比较"}}, Functions: []NamedForm{{"year(date)", "得到：integer"}}, Limits: []NamedForm{{"10000", "一页最多几行"}}},
		Problem:  "{}", Operations: []OperationLine{{"listDatasets", "GET", "/api/v1/datasets", "列出"}, {"createUpload", "POST", "/api/v1/uploads", "上传"}},
	}
	empty := full
	empty.Dataset, empty.Fetch, empty.Found, empty.Steady, empty.Again = nil, nil, TableView{}, "", ""
	return map[string]templ.Component{
		"developers":       Developers(full),
		"developers-empty": Developers(empty),
		"api-reference": Reference(ReferencePage{
			Frame: frame(lang, "/developers/reference", "接口参考"), About: "供程序使用。",
			Operations: []Operation{
				{ID: "listDatasets", Method: "GET", Path: "/api/v1/datasets", Summary: "列出", Text: "一页一页。", Returns: ReferenceLink{"List", "List"}, Codes: []string{"400"}, Try: "https://data.example/api/v1/datasets", Example: "{}",
					Params: []ReferenceField{{Name: "limit", Place: "query", Kind: ReferenceLink{Words: "整数"}, Allowed: "1 到 100", Words: "最多几项"}}},
				{ID: "createUpload", Method: "POST", Path: "/api/v1/uploads", Summary: "上传", Keyed: "上传", Status: "201", Returns: ReferenceLink{Words: "没有正文"}, Codes: []string{"401"},
					Takes:   []ReferenceBody{{Media: "application/json", Kind: ReferenceLink{"List", "List"}, Example: "{}"}, {Media: "text/csv", Kind: ReferenceLink{Words: "文件"}}},
					Headers: []ReferenceField{{Name: "Location", Kind: ReferenceLink{Words: "文字"}, Words: "地址"}}},
				{ID: "getStats", Method: "GET", Path: "/api/v1/stats", Summary: "统计", Returns: ReferenceLink{"Stats", "Stats"}, Example: "{}"},
			},
			Types: []ReferenceType{{"List", []ReferenceField{{Name: "items", Kind: ReferenceLink{"Item 的列表", "List"}}, {Name: "next", Kind: ReferenceLink{Words: "文字"}, Optional: true}}}, {"Stats", nil}},
		}),
	}
}

// Code is shown to the letter, whatever is in it.
func TestCodeIsShownAsItIs(t *testing.T) {
	p := DevelopersPage{Frame: frame(text.Chinese, "/developers", "开发者"), Command: `curl 'a' | sed -n 's/<b>"&//p'`}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, text.Chinese, Developers(p))))
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.Find("#hero").Text(); got != p.Command {
		t.Errorf("%q, want %q", got, p.Command)
	}
}
