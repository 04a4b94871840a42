package notes

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMarksAreFewAndTheRestIsText(t *testing.T) {
	para := func(spans ...Span) []Block { return []Block{{Paragraph, [][]Span{spans}}} }
	for _, c := range []struct {
		name, body string
		want       []Block
	}{
		{"nothing", "  \n\n", nil},
		{"two paragraphs", "一\n二\n\n三", []Block{{Paragraph, [][]Span{{{Text: "一"}, {Text: "\n"}, {Text: "二"}}}}, {Paragraph, [][]Span{{{Text: "三"}}}}}},
		{"a heading and a list", "## 口径\n- 常住\n- 户籍", []Block{{Heading, [][]Span{{{Text: "口径"}}}}, {List, [][]Span{{{Text: "常住"}}, {{Text: "户籍"}}}}}},
		{"strong", "共 **4193** 万", para(Span{Text: "共 "}, Span{Text: "4193", Strong: true}, Span{Text: " 万"})},
		{"a link", "见[公报](https://tjj.example.gov.cn/a?b=1)。", para(Span{Text: "见"}, Span{Text: "公报", Href: "https://tjj.example.gov.cn/a?b=1"}, Span{Text: "。"})},
		{"a script", "<script>alert(1)</script>", para(Span{Text: "<script>alert(1)</script>"})},
		{"an address that is a script", "[看](javascript:alert(1))", para(Span{Text: "[看](javascript:alert(1))"})},
		{"an address of data", "[看](data:text/html,x)", para(Span{Text: "[看](data:text/html,x)"})},
		{"an address of ours", "[看](/desk/admin)", para(Span{Text: "[看](/desk/admin)"})},
		{"an address without a scheme", "[看](//evil.example/)", para(Span{Text: "[看](//evil.example/)"})},
		{"credentials", "[看](https://a:b@evil.example/)", para(Span{Text: "[看](https://a:b@evil.example/)"})},
		{"a quote in the address", `[看](https://a.example/"onclick=x)`, para(Span{Text: `[看](https://a.example/"onclick=x)`})},
		{"marks without end", "**一 [二](https://a.example", para(Span{Text: "**一 [二](https://a.example"})},
		{"nested", "[[一](https://a.example/)", para(Span{Text: "["}, Span{Text: "一", Href: "https://a.example/"})},
	} {
		if diff := cmp.Diff(c.want, Parse(c.body)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
