package quality

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// watched is a table given column by column, every column of as many cells.
func watched(columns ...any) []Found {
	var watches []*Watch
	for i := 0; i < len(columns); i += 2 {
		c, cells := columns[i].(Column), columns[i+1].([]string)
		c.Filled = int64(len(cells))
		w := NewWatch(c, today)
		for row, cell := range cells {
			w.Add(int64(row)+1, cell)
		}
		watches = append(watches, w)
	}
	return Judge(watches)
}

func cells(n int, cell func(i int) string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = cell(i)
	}
	return out
}

// kinds are what was found, with column, grade and number of rows.
func kinds(found []Found) []string {
	out := []string{}
	for _, f := range found {
		out = append(out, fmt.Sprintf("%s %s %s %d", f.Column, f.Kind, f.Severity, f.Rows))
	}
	return out
}

// A column is judged as a whole: what fits a form by chance is no person, and
// one person among a thousand other values is one.
func TestAColumnIsJudgedAsAWhole(t *testing.T) {
	id := func(i int) string { return idOf(fmt.Sprintf("350102%04d0307%03d", 1950+i%70, i%1000)) }
	for _, c := range []struct {
		name string
		got  []Found
		want []string
	}{
		{"resident IDs", watched(Column{Name: "证件"}, cells(50, id)), []string{"证件 resident-id block 50"}},
		{"one in a column of remarks", watched(Column{Name: "备注"}, cells(1000, func(i int) string {
			if i == 700 {
				return "联系人身份证 " + id(7)
			}
			return "无"
		})), []string{"备注 resident-id block 1"}},
		{"numbers of projects that hold a division and a day", watched(Column{Name: "项目编号"}, cells(1000, func(i int) string { return fmt.Sprintf("35010220%02d0307%04d", i%20, i) })), nil},
		{"mobile numbers", watched(Column{Name: "电话"}, cells(3, func(i int) string { return fmt.Sprintf("138001380%02d", i) })), []string{"电话 mobile block 3"}},
		{"mobile numbers read as whole numbers", watched(Column{Name: "联系电话", Number: true}, cells(3, func(i int) string { return fmt.Sprintf("138001380%02d", i) })), []string{"联系电话 mobile block 3"}},
		{"mobile numbers under no heading", watched(Column{Name: "c3", Number: true}, cells(40, func(i int) string { return fmt.Sprintf("138001380%02d", i+1) })), []string{"c3 mobile block 40"}},
		{"amounts of money", watched(Column{Name: "生产总值", Number: true}, cells(40, func(i int) string { return fmt.Sprint(13_000_000_000 + i*700_000_000) })), nil},
		{"amounts, all in the range of mobile numbers", watched(Column{Name: "生产总值", Number: true}, cells(40, func(i int) string { return fmt.Sprint(13_000_000_000 + i*100_000_000) })), nil},
		{"a few amounts", watched(Column{Name: "金额", Number: true}, []string{"13800138001", "9", "10"}), nil},
		{"a number among figures, and one in words", watched(Column{Name: "数值", Number: true}, []string{"13800138001", "见 13900139000", "9"}), []string{"数值 mobile block 1"}},
		{"codes of eleven digits, few of which could be dialled", watched(Column{Name: "编码"}, cells(500, func(i int) string { return fmt.Sprintf("%02d001380001", i%90+10) })), nil},
		{"bank cards", watched(Column{Name: "账户"}, cells(30, func(i int) string { return cardOf(fmt.Sprintf("62220210011162%04d", i)) })), []string{"账户 bank-card block 30"}},
		{"long codes that begin with 62", watched(Column{Name: "编码"}, cells(300, func(i int) string { return fmt.Sprintf("6201010010012%05d", i) })), nil},
		{"old IDs under their heading", watched(Column{Name: "身份证号"}, []string{"350102650307123"}), []string{"身份证号 old-resident-id block 1"}},
		{"fifteen digits elsewhere", watched(Column{Name: "流水号"}, []string{"350102650307123", "998877665544332"}), nil},
		{"passports", watched(Column{Name: "护照号码"}, []string{"E12345678", "EA1234567"}), []string{"护照号码 passport block 2"}},
		{"such numbers elsewhere", watched(Column{Name: "零件号"}, []string{"E12345678", "EA1234567"}), nil},
		{"names beside years of birth", watched(Column{Name: "姓名"}, []string{"王小明", "李红", "欧阳娜娜"}, Column{Name: "出生年份", Number: true}, []string{"1990", "1991", "1992"}), []string{"姓名 name warn 3"}},
		{"names of poets", watched(Column{Name: "姓名"}, []string{"柳永", "李纲", "刘克庄"}, Column{Name: "作品数", Number: true}, []string{"1", "2", "3"}), nil},
		{"names of places", watched(Column{Name: "名称"}, []string{"福州", "厦门"}, Column{Name: "人口", Number: true}, []string{"1", "2"}), nil},
		{"homes", watched(Column{Name: "家庭住址"}, []string{"鼓楼区东街1号101室", "不详"}), []string{"家庭住址 home-address block 1"}},
		{"addresses of offices", watched(Column{Name: "地址"}, []string{"鼓楼区东街1号"}), nil},
		{"traders and companies", watched(Column{Name: "信用代码"}, []string{codeOf("92350102MA2XXXXX0"), codeOf("91350102MA2XXXXX0")}), []string{"信用代码 individual-credit-code warn 1"}},
		{"mail", watched(Column{Name: "邮箱"}, []string{"a@b.cn", "c@d.cn"}), []string{"邮箱 email warn 2"}},
	} {
		want := c.want
		if want == nil {
			want = []string{}
		}
		if diff := cmp.Diff(want, kinds(c.got)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestAFindingNamesTheFirstRowsAndShowsNothingWhole(t *testing.T) {
	found := watched(Column{Name: "电话"}, cells(100, func(i int) string {
		if i%2 == 0 {
			return "无"
		}
		return fmt.Sprintf("13800138%03d 或 13900139%03d", i, i)
	}))
	if len(found) != 1 || found[0].Rows != 50 || len(found[0].First) != 20 || found[0].First[0] != 2 || found[0].First[19] != 40 {
		t.Fatalf("%+v", found)
	}
	if found[0].Masked[0] != "138******01" || fmt.Sprintf(found[0].Sentence, found[0].Args...) != "“电话”列有 50 行里有手机号码。" {
		t.Errorf("%+v", found[0])
	}
}

func TestHeadingsSayHowPersonsCouldBeToldApart(t *testing.T) {
	number := func(name string) Column { return Column{Name: name, Number: true} }
	text := func(name string) Column { return Column{Name: name} }
	for _, c := range []struct {
		name    string
		columns []Column
		want    Cells
		ok      bool
	}{
		{"each row a person", []Column{text("编号"), text("性别"), text("出生日期"), text("所在街道")}, Cells{[]int{1, 2, 3}, -1}, true},
		{"persons counted", []Column{text("区县"), text("病种"), number("人数")}, Cells{[]int{1, 0}, 2}, true},
		{"one trait alone", []Column{text("性别"), text("备注")}, Cells{}, false},
		{"places alone", []Column{text("区县"), number("人口")}, Cells{}, false},
		{"English", []Column{text("sex"), number("age"), text("county")}, Cells{[]int{0, 1, 2}, -1}, true},
		{"not about persons", []Column{text("average"), text("message"), number("pages")}, Cells{}, false},
	} {
		got, ok := CellsOf(c.columns)
		if diff := cmp.Diff(c.want, got); diff != "" || ok != c.ok {
			t.Errorf("%s: %t %s", c.name, ok, diff)
		}
	}
}

func TestLimitsAreThePlatformsRules(t *testing.T) {
	got, err := TheLimits()
	if want := (Limits{SmallCells: 5, EmptyCells: 50, RowChange: 50, Dictionary: 60}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}
