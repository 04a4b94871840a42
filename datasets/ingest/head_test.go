package ingest_test

import (
	"strings"
	"testing"

	"shuyuan/datasets/ingest"
)

// Where a table begins and where it ends in a file as departments make them.
func TestTablesAreFoundAmongWhatIsAroundThem(t *testing.T) {
	const rows = "鼓楼,1,2\n台江,3,4\n仓山,5,6\n晋安,7,8\n"
	for _, c := range []struct {
		name, file, content string
		opt                 ingest.Options
		want                string // names and rows; or what the refusal says
		says                string // part of the notes
		none                bool   // no head
	}{
		{name: "a title and a unit, as a spreadsheet saves them", content: "2023年各区统计表,,\n单位：万人,,\n区,人口,面积\n" + rows, want: "区|人口|面积\n鼓楼|1|2", says: "前 2 行是标题，没有读作数据：2023年各区统计表 单位：万人"},
		{name: "a title without commas", content: "2023年各区统计表\n区,人口,面积\n" + rows, want: "区|人口|面积\n鼓楼|1|2", says: "前 1 行是标题"},
		{name: "a title with a comma above semicolons", content: "统计表,2023\n区;人口;面积\n" + strings.ReplaceAll(rows, ",", ";"), want: "区|人口|面积\n鼓楼|1|2", says: "前 1 行是标题"},
		{name: "who made it, above", content: "2023年各区统计表,,\n制表：张三,,日期：2023年\n区,人口,面积\n" + rows, want: "区|人口|面积\n鼓楼|1|2", says: "前 2 行是标题"},
		{name: "a title above what is no head", content: "统计,\n1,2\n3,4\n", want: "第 2 列没有列名。"},
		{name: "short names in two columns are no title", content: "甲,\n福州,厦门\n", want: "第 2 列没有列名。"},
		{name: "a head in two lines", content: "地区,人口,,面积\n,男,女,\n鼓楼,1,2,3\n", want: "地区|人口-男|人口-女|面积\n鼓楼|1|2|3", says: "表头有 2 行"},
		{name: "a head in two lines below a title", content: "统计表,,,\n地区,人口,,面积\n,男,女,\n鼓楼,1,2,3\n", want: "地区|人口-男|人口-女|面积\n鼓楼|1|2|3", says: "表头有 2 行"},
		{name: "an empty name above data is no head in two lines", content: "地区,人口,,面积\n,1,2,\n鼓楼,1,2,3\n", want: "第 3 列没有列名。"},

		{name: "a note below", content: "区,人口,面积\n" + rows + "注：数据来自年鉴,,\n", want: "区|人口|面积\n鼓楼|1|2\n台江|3|4\n仓山|5|6\n晋安|7|8", says: "末尾有 1 行是说明，没有读作数据：注：数据来自年鉴"},
		{name: "a note below without commas", content: "区,人口,面积\n" + rows + "数据来源：统计局\n注1：不含马尾。\n", want: "区|人口|面积\n鼓楼|1|2\n台江|3|4\n仓山|5|6\n晋安|7|8", says: "末尾有 2 行是说明，没有读作数据：数据来源：统计局 注1：不含马尾。"},
		{name: "a sum below", content: "区,人口,面积\n" + rows + "合 计,16,20\n", want: "区|人口|面积\n鼓楼|1|2\n台江|3|4\n仓山|5|6\n晋安|7|8\n合 计|16|20", says: "有一行是“合 计”"},
		{name: "a sum above", content: "区,人口,面积\n总计,16,20\n" + rows, want: "区|人口|面积\n总计|16|20", says: "有一行是“总计”"},
		{name: "a note between rows is a row", content: "区,人口,面积\n注：暂估,,\n" + rows, want: "区|人口|面积\n注：暂估||\n鼓楼|1|2"},
		{name: "a line too short between rows", content: "区,人口,面积\n鼓楼,1,2\n注：暂估\n台江,3,4\n", want: "第 3 行有 1 栏，应有 3 栏。"},
		{name: "a line too short at the end", content: "区,人口,面积\n" + rows + "马尾,5\n", want: "第 6 行有 2 栏，应有 3 栏。"},
		{name: "a name at the end is a row", content: "区,人口,面积\n" + rows + "注子镇,,\n", want: "区|人口|面积\n鼓楼|1|2\n台江|3|4\n仓山|5|6\n晋安|7|8\n注子镇||"},
		{name: "empty rows below", content: "区,人口\n鼓楼,1\n,\n,\n,\n", want: "区|人口\n鼓楼|1", says: "末尾有 3 行是空的"},
		{name: "empty rows between are rows", content: "区,人口\n鼓楼,1\n,\n台江,2\n", want: "区|人口\n鼓楼|1\n|\n台江|2"},
		{name: "quoted emptiness is a row", content: "区,人口\n鼓楼,1\n\"\",\n", want: "区|人口\n鼓楼|1\n|"},
		{name: "a comma at the end of every line", content: "区,人口,\n鼓楼,1,\n台江,2,\n", want: "区|人口\n鼓楼|1\n台江|2", says: "有 1 列既没有列名也没有值"},
		{name: "a column without a name, empty but for one", content: "区,人口,\n鼓楼,1,\n台江,2,x\n", want: "第 3 列没有列名。"},

		{name: "no head: numbers over numbers", content: "鼓楼,1,2\n台江,3,5\n仓山,5,9\n晋安,7,8\n", want: "列1|列2|列3\n鼓楼|1|2\n台江|3|5", says: "第一行像数据", none: true},
		{name: "no head: days over days", content: "甲,2023-01-01\n乙,2023-01-02\n丙,2023-01-03\n丁,2023-01-04\n", want: "列1|列2\n甲|2023-01-01", none: true},
		{name: "no head: the same words again", content: "鼓楼区,福州市,甲\n台江区,福州市,甲\n鼓楼区,福州市,乙\n仓山区,福州市,丙\n", want: "列1|列2|列3\n鼓楼区|福州市|甲", none: true},
		{name: "no head: a list that begins with a sign", file: "a.txt", content: "、\n。\n〈\n的\n", want: "列1\n、\n。", none: true},
		{name: "a person says that there is one", content: "甲,1\n乙,2\n丙,3\n丁,4\n", opt: ingest.Options{Header: true}, want: "甲|1\n乙|2"},
		{name: "a person says that there is none", content: "区,人口\n鼓楼,1\n台江,2\n", opt: ingest.Options{NoHeader: true}, want: "列1|列2\n区|人口\n鼓楼|1", none: true},
		{name: "years are names", content: "区,2020,2021,2022\n鼓楼,1,2,3\n台江,4,5,6\n仓山,7,8,9\n", want: "区|2020|2021|2022\n鼓楼|1|2|3"},
		{name: "so are numbers one after another", content: "0,1,2\n5,6,7\n5,6,8\n9,9,9\n", want: "0|1|2\n5|6|7"},
		{name: "a name over values", content: "1,人口\n3,1\n3,2\n4,3\n", want: "1|人口\n3|1"},
		{name: "the head comes again on every page", content: "区,名\n甲,乙\n丙,丁\n区,名\n戊,己\n", want: "区|名\n甲|乙\n丙|丁\n区|名\n戊|己"},
		{name: "three lines tell nothing", content: "鼓楼,1\n台江,2\n仓山,3\n", want: "鼓楼|1\n台江|2"},

		{name: "names on two lines, with blanks and marks that nobody sees", content: "\"人口\n（万人）\",\" GDP \n(亿元)\",\uFEFF面积\u200B,\"total\ncount\"\n1,2,3,4\n", want: "人口（万人）|GDP(亿元)|面积|total count\n1|2|3|4"},
		{name: "the same name but for blanks", content: "区,区 \n1,2\n", want: "列名“区”出现了两次。"},
		{name: "the separator as Excel says it", content: "sep=;\n区;人口\n鼓楼;1\n", want: "区|人口\n鼓楼|1", says: "用“;”隔开"},
		{name: "wide commas", content: strings.ReplaceAll("区,人口,面积\n"+rows, ",", "，"), want: "区|人口|面积\n鼓楼|1|2", says: "用“，”隔开"},
		{name: "wide colons", content: strings.ReplaceAll("区,人口,面积\n"+rows, ",", "："), want: "区|人口|面积\n鼓楼|1|2"},
		{name: "blanks", content: strings.ReplaceAll("区,人口,面积\n"+rows, ",", " "), want: "区|人口|面积\n鼓楼|1|2", says: "用“ ”隔开"},
		{name: "moments in one column are not two", content: "时间\n2023-01-01 10:00\n2023-01-02 10:00\n", want: "时间\n2023-01-01 10:00"},
		{name: "prose in one column", content: "诗句\n床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n", want: "诗句\n床前明月光，疑是地上霜。"},
		{name: "semicolons within texts", content: "名,说明\n甲,a;b\n乙,c;d\n丙,e;f\n", want: "名|说明\n甲|a;b"},
		{name: "commas in a TSV", file: "a.tsv", content: "区,人口\n鼓楼,1\n台江,2\n", want: "区|人口\n鼓楼|1"},
		{name: "bars in a TXT", file: "a.txt", content: "区|人口\n鼓楼|1\n台江|2\n", want: "区|人口\n鼓楼|1"},
		{name: "a list of texts with commas", file: "a.txt", content: "词\n甲,乙\n丙\n", want: "词\n甲,乙\n丙"},
		{name: "a separator that a person names", file: "a.txt", content: "区/人口\n鼓楼/1\n", opt: ingest.Options{Delimiter: "/"}, want: "区|人口\n鼓楼|1"},
	} {
		if c.file == "" {
			c.file = "a.csv"
		}
		dir := folder(t)
		r, err := ingest.Run(t.Context(), ingest.Input{File: onDisk(t, c.content), Name: c.file, Options: c.opt}, dir, nil)
		if err != nil {
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
			continue
		}
		f, err := r.Tables[0].OpenTable(dir)
		if err != nil {
			t.Fatal(err)
		}
		var rows [][]string
		err = ingest.Rows(t.Context(), f, func(row []string) error { rows = append(rows, append([]string{}, row...)); return nil })
		f.Close()
		var said []string
		for _, n := range append(r.Notes, r.Tables[0].Notes...) {
			said = append(said, n.Text())
		}
		if got := rowsOf(rows); err != nil || got != c.want && !strings.HasPrefix(got, c.want+"\n") || !strings.Contains(strings.Join(said, "¦"), c.says) || r.NoHeader != c.none {
			t.Errorf("%s: %q (%v), no head %v, said %q\nwant %q, %v, %q", c.name, got, err, r.NoHeader, said, c.want, c.none, c.says)
		}
	}
}
