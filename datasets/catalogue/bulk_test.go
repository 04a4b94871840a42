package catalogue_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/workbook"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// table is a sheet as CSV.
func table(rows ...[]string) catalogue.BulkFile {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(rows); err != nil {
		panic(err)
	}
	return catalogue.BulkFile{Name: "条目.csv", Body: b.Bytes()}
}

// sent is a sheet of entries with the answer that nothing is secret.
func sent(rows ...[]string) catalogue.Bulk {
	return catalogue.Bulk{Declaration: catalogue.NotSecret, Entries: table(rows...)}
}

// book is an XLSX file made by another program than ours.
func xlsx(t *testing.T, edit func(f *excelize.File), rows ...[]string) catalogue.Bulk {
	t.Helper()
	f := excelize.NewFile()
	if err := f.SetSheetName("Sheet1", catalogue.EntrySheet); err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		for j, cell := range row {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellStr(catalogue.EntrySheet, at, cell); err != nil {
				t.Fatal(err)
			}
		}
	}
	if edit != nil {
		edit(f)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return catalogue.Bulk{Declaration: catalogue.NotSecret, Entries: catalogue.BulkFile{Name: "目录.xlsx", Body: b.Bytes()}}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// told is what a plan says of rows, one a line: line, verdict, slug.
func told(p *catalogue.Plan) string {
	var out []string
	for _, r := range p.Rows {
		out = append(out, fmt.Sprintf("%d %s %s", r.Line, r.Verdict, r.Slug))
	}
	return strings.Join(out, "\n")
}

// wrongs are what is wrong: line, column and the beginning of the sentence.
func wrongs(p *catalogue.Plan) []string {
	var out []string
	for _, w := range p.Wrong {
		out = append(out, fmt.Sprintf("%s %d %s: %s", w.Sheet, w.Line, w.Column, fault.New(fault.Invalid, w.Sentence, w.Args...).Text()))
	}
	return out
}

// What hostile and mistaken sheets come to. A row that is refused says where and
// why; a sheet that deceives is not read at all; nothing is stored.
func TestBadSheets(t *testing.T) {
	b := newBodies(t, anshan, false)
	b.create(t, "village", nil)
	theirs := b.Department(t)
	b.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Department = "foreign", theirs })
	before := counts(t, b)
	head := []string{"网址名", "目录名称", "摘要"}
	row := func(cells ...string) []string { return cells }
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("网址名,目录名称\nvillage,社区名录\n")
	must(t, err)
	long := strings.Repeat("长", 300)
	for _, c := range []struct {
		name string
		in   catalogue.Bulk
		rows string // what is told, or
		file string // why the file is refused
		want []string
	}{
		{"B01 a formula", xlsx(t, func(f *excelize.File) {
			must(t, f.SetCellFormula("条目", "B2", `"甲"&"乙"`), f.SetCellValue("条目", "A2", "village"))
		}, head, row("village", "x")), "2 refused village", "", []string{"条目 2 目录名称: 这一格是公式"}},
		{"B02 cells that are formulas in CSV", sent(head, row("", `=HYPERLINK("http://evil/","点")`), row("", "@SUM(1)"), row("", `+cmd|' /C calc'!A0`), row("", `-1+cmd("x")`), row("", "＝1+1")),
			"2 refused \n3 refused \n4 refused \n5 refused \n6 refused ", "", []string{"条目 2 目录名称: 这一格会被", "条目 3 目录名称: 这一格会被", "条目 4 目录名称: 这一格会被", "条目 5 目录名称: 这一格会被", "条目 6 目录名称: 这一格会被"}},
		{"B03 what only begins like one", xlsx(t, nil, []string{"网址名", "目录名称", "电话", "摘要"}, row("a", "甲", "+86 591 8888", "- 一\n- 二"), row("b", "'=原文如此", "-", "")), "2 creates a\n3 creates b", "", nil},
		{"B04 an outside link", xlsx(t, func(f *excelize.File) {
			f.Pkg.Store("xl/externalLinks/externalLink1.xml", []byte(`<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>`))
		}, head, row("village", "乙")), "", "外部链接", nil},
		{"B05 a hidden sheet", xlsx(t, func(f *excelize.File) {
			_, err := f.NewSheet("藏")
			must(t, err, f.SetCellStr("藏", "A1", "x"), f.SetSheetVisible("藏", false))
		}, head, row("village", "乙")), "", "是隐藏的", nil},
		{"B06 a hidden row", xlsx(t, func(f *excelize.File) { must(t, f.SetRowVisible("条目", 2, false)) }, head, row("village", "乙")), "", "隐藏的行或列", nil},
		{"B07 a hidden column", xlsx(t, func(f *excelize.File) { must(t, f.SetColVisible("条目", "C", false)) }, head, row("village", "乙", "丙")), "", "隐藏的行或列", nil},
		{"B08 a merged head", xlsx(t, func(f *excelize.File) { must(t, f.MergeCell("条目", "A1", "B1")) }, head, row("village", "乙")), "", "合并的单元格", nil},
		{"B09 a macro", xlsx(t, func(f *excelize.File) { f.Pkg.Store("xl/vbaProject.bin", []byte("x")) }, head, row("village", "乙")), "", "宏", nil},
		{"B10 too many rows", catalogue.Bulk{Declaration: catalogue.NotSecret, Entries: catalogue.BulkFile{Body: []byte("网址名,目录名称\n" + strings.Repeat("a,b\n", 100_000))}}, "", "行数太多", nil},
		{"B11 a million rows in a workbook", million(t), "", "行数太多", nil},
		{"B12 a file of a megabyte", catalogue.Bulk{Declaration: catalogue.NotSecret, Entries: catalogue.BulkFile{Body: bytes.Repeat([]byte("a"), 1<<20)}}, "", "文件太大", nil},
		{"B13 a zip bomb", bomb(t), "", "", nil},
		{"B14 an old or locked workbook", catalogue.Bulk{Declaration: catalogue.NotSecret, Entries: catalogue.BulkFile{Name: "a.xls", Body: append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 600)...)}}, "", "旧格式", nil},
		{"B15 a byte order mark", catalogue.Bulk{Declaration: catalogue.NotSecret, Entries: catalogue.BulkFile{Body: []byte("\uFEFF网址名,目录名称\nvillage,社区名录\n")}}, "2 changes village", "", nil},
		{"B16 GB18030", catalogue.Bulk{Declaration: catalogue.NotSecret, Entries: catalogue.BulkFile{Body: []byte(gb)}}, "2 changes village", "", nil},
		{"B17 a heading twice", sent([]string{"网址名", "目录名称", "title"}, row("village", "a", "b")), "", "", []string{"条目 1 title: 这一栏写了两次"}},
		{"B18 the same heading by two texts", sent([]string{"网址名", "更新时限", "更新周期"}, row("village", "a", "b")), "", "", []string{"条目 1 更新周期: 这一栏写了两次"}},
		{"B19 an unknown heading", sent([]string{"网址名", "目录名称", "status"}, row("village", "a", "published")), "", "", []string{"条目 1 status: 不认识这一栏"}},
		{"B20 no heading over a cell", sent([]string{"网址名", "目录名称", ""}, row("village", "社区名录", "x")), "2 refused village", "", []string{"条目 2 : 这一行在没有栏名"}},
		{"B21 one entry twice", sent(head, row("village", "社区名录"), row("village", "另一个")), "2 changes village\n3 refused village", "", []string{"条目 3 网址名: 和第 2 行是同一个条目"}},
		{"B22 one name twice", sent(head, row("", "新的"), row("", "新的")), "2 creates \n3 refused ", "", []string{"条目 3 网址名: 和第 2 行"}},
		{"B23 another department's entry", sent(head, row("foreign", "偷改")), "2 refused foreign", "", []string{"条目 2 网址名: 这个网址名已被使用"}},
		{"B24 an address that is none", sent(head, row("../x", "甲"), row("A B", "乙"), row("x\x01", "丙")), "2 refused ../x\n3 refused A B\n4 refused x\x01", "", []string{"条目 2 网址名: 网址名只能用", "条目 3 网址名: 网址名只能用", "条目 4 网址名"}},
		{"B25 too long", sent(head, row("village", long)), "2 refused village", "", []string{"条目 2 目录名称: 太长"}},
		{"B26 control characters", sent(head, row("village", "a\x07b")), "2 refused village", "", []string{"条目 2 目录名称: 含有看不见的控制字符"}},
		{"B27 the other direction", sent(head, row("village", "a\u202Eb")), "2 refused village", "", []string{"条目 2 目录名称: 含有看不见的控制字符"}},
		{"B28 NUL", catalogue.Bulk{Declaration: catalogue.NotSecret, Entries: catalogue.BulkFile{Body: []byte("网址名,目录名称\nvillage,a\x00b\n")}}, "", "空字符", nil},
		{"B29 two lines in one", sent(head, row("village", "一\n二")), "2 refused village", "", []string{"条目 2 目录名称: 这一项只能写一行"}},
		{"B30 a day as a number", sent([]string{"网址名", "数据最近更新"}, row("village", "46037")), "2 refused village", "", []string{"条目 2 数据最近更新: 日期请写成年-月-日"}},
		{"B31 a day as a day", xlsx(t, func(f *excelize.File) {
			style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
			must(t, err, f.SetCellValue("条目", "B2", 46037), f.SetCellStyle("条目", "B2", "B2", style))
		}, []string{"网址名", "数据最近更新"}, row("village", "x")), "2 changes village", "", nil},
		{"B32 a day that is none", sent([]string{"网址名", "数据最近更新"}, row("village", "2026-02-30")), "2 refused village", "", []string{"条目 2 数据最近更新: 日期请写成"}},
		{"B33 words that are no value", sent([]string{"网址名", "开放属性", "主题"}, row("village", "随便", "天气")), "2 refused village", "", []string{"条目 2 开放属性: 没有“随便”这个值", "条目 2 主题: 没有“天气”"}},
		{"B34 a basis of another kind", sent([]string{"网址名", "限制开放的依据"}, row("village", "规章 | 某办法 | 第八条 | 原文")), "2 refused village", "", []string{"条目 2 限制开放的依据: 第 1 条依据是规章"}},
		{"B35 half a basis", sent([]string{"网址名", "限制开放的依据"}, row("village", "法律 | 统计法")), "2 refused village", "", []string{"条目 2 限制开放的依据: 第 1 条依据没有写全"}},
		{"B36 filed tomorrow", sent([]string{"网址名", "备案"}, row("village", "2099-01-01 | 某局")), "2 refused village", "", []string{"条目 2 备案: 备案日期不能晚于今天"}},
		{"B37 exported before somebody changed it", sent([]string{"网址名", "修订号", "目录名称"}, row("village", "1", "社区名录")), "2 refused village", "", []string{"条目 2 修订号: 这个条目在导出之后又改过"}},
		{"B38 a revision of nothing", sent([]string{"网址名", "修订号", "目录名称"}, row("nowhere", "3", "甲")), "2 refused nowhere", "", []string{"条目 2 网址名: 有修订号"}},
		{"B39 the name of an entry that there is", sent(head, row("", "村（居）委会名录")), "2 refused ", "", []string{"条目 2 网址名: 本部门已有同名"}},
		{"B40 no name", sent(head, row("", "", "有摘要")), "2 refused ", "", []string{"条目 2 目录名称: 请填写名称"}},
		{"B41 data items of nothing", catalogue.Bulk{Declaration: catalogue.NotSecret, Items: table([]string{"网址名", "名称"}, row("foreign", "a"))}, "2 refused foreign", "", []string{"数据项 2 网址名: 条目表里没有"}},
		{"B42 data items that are none", catalogue.Bulk{Declaration: catalogue.NotSecret, Items: table([]string{"网址名", "名称", "类型", "敏感级别"}, row("village", "", "整数"), row("village", "b", "复数"), row("village", "c", "", "机密"), row("village", "d"), row("village", "d"))},
			"2 refused village", "", []string{"数据项 2 名称: 每个数据项要有名称", "数据项 3 类型: 没有这种数据类型", "数据项 4 敏感级别: 没有这种敏感级别", "数据项 6 名称: 和第 5 行是同一个"}},
		{"B43 data items by a name that two rows have", catalogue.Bulk{Declaration: catalogue.NotSecret, Entries: table(head, row("a", "同名"), row("b", "同名")), Items: table([]string{"目录名称", "名称"}, row("同名", "x"))}, "", "", []string{"数据项 2 目录名称: 条目表里叫这个名称的有 2 行"}},
		{"B44 data items without a column of names", catalogue.Bulk{Declaration: catalogue.NotSecret, Items: table([]string{"网址名", "类型"}, row("village", "整数"))}, "", "", []string{"数据项 0 名称: 缺这一栏"}},
		{"B45 nothing but a head", sent(head), "", "没有可导入的行", nil},
		{"B46 an empty file", catalogue.Bulk{Declaration: catalogue.NotSecret}, "", "请选一个文件", nil},
		{"B47 another sheet", xlsx(t, func(f *excelize.File) {
			_, err := f.NewSheet("旧表")
			must(t, err, f.SetCellStr("旧表", "A1", "x"))
		}, head, row("village", "乙")), "", "不认识工作表", nil},
		{"B48 marks over one character", sent(head, row("village", "a"+strings.Repeat("\u0301", 9))), "2 refused village", "", []string{"条目 2 目录名称: 一个字上叠加的符号太多"}},
		{"B49 markup is text", sent(head, row("x-1", "<script>alert(1)</script>")), "2 creates x-1", "", nil},
		{"B50 a quote that does not end", catalogue.Bulk{Declaration: catalogue.NotSecret, Entries: catalogue.BulkFile{Body: []byte("网址名,目录名称\na,\"b\n")}}, "", "引号不成对", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := b.Compile.Plan(t.Context(), b.officer, c.in)
			if err != nil {
				if fault.KindOf(err) != fault.Invalid || fault.Of(err).Field == "" || c.rows != "" || c.want != nil || !strings.Contains(fault.Of(err).Text(), c.file) {
					t.Fatalf("%v, want %q", err, c.file)
				}
				return
			}
			got := wrongs(p)
			if c.file != "" || c.name[:3] == "B13" || told(p) != c.rows || len(got) != len(c.want) {
				t.Fatalf("told\n%s\nwrong %q\nwant\n%s\n%q %s", told(p), got, c.rows, c.want, c.file)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], c.want[i]) {
					t.Errorf("%q, want %q", got[i], c.want[i])
				}
			}
			if p.Count(catalogue.Refused) > 0 || p.Whole {
				if id, _, err := b.Compile.Apply(t.Context(), b.officer, c.in, p.Mark, false); fault.KindOf(err) != fault.Invalid || id != 0 {
					t.Errorf("imported with what is wrong: %v", err)
				}
			}
		})
	}
	if after := counts(t, b); after != before {
		t.Errorf("something was stored: %s, before %s", after, before)
	}
}

// million is a workbook of more rows than are taken.
func million(t *testing.T) catalogue.Bulk {
	t.Helper()
	var b strings.Builder
	b.WriteString(workbook.XMLHead + `<worksheet ` + workbook.Space + `><sheetData>`)
	for range 1_000_000 {
		b.WriteString(`<row><c t="inlineStr"><is><t>a</t></is></c></row>`)
	}
	b.WriteString(`</sheetData></worksheet>`)
	return withSheet(t, b.String())
}

// bomb is a workbook whose sheet is a thousand times as large as its file.
func bomb(t *testing.T) catalogue.Bulk {
	t.Helper()
	return withSheet(t, workbook.XMLHead+`<worksheet `+workbook.Space+`><sheetData><row><c t="inlineStr"><is><t>`+strings.Repeat("a", 80<<20)+`</t></is></c></row></sheetData></worksheet>`)
}

// withSheet is a workbook with another sheet in the place of its own.
func withSheet(t *testing.T, sheet string) catalogue.Bulk {
	t.Helper()
	f := excelize.NewFile()
	must(t, f.SetSheetName("Sheet1", catalogue.EntrySheet))
	f.Sheet.Delete("xl/worksheets/sheet1.xml")
	f.Pkg.Store("xl/worksheets/sheet1.xml", []byte(sheet))
	var b bytes.Buffer
	must(t, f.Write(&b))
	return catalogue.Bulk{Declaration: catalogue.NotSecret, Entries: catalogue.BulkFile{Name: "a.xlsx", Body: b.Bytes()}}
}

// counts is how much there is of everything that an import could store.
func counts(t *testing.T, b *bodies) string {
	t.Helper()
	var out string
	must(t, b.Pool.QueryRow(t.Context(), `
		SELECT concat_ws(' ', (SELECT count(*) FROM datasets), (SELECT sum(revision) FROM datasets), (SELECT count(*) FROM catalogue_revisions),
		       (SELECT count(*) FROM catalogue_imports), (SELECT count(*) FROM catalogue_import_rows), (SELECT count(*) FROM audit_entries))`).Scan(&out))
	return out
}

// What goes out comes back as it was: by a workbook and by CSV, every text.
func TestWhatGoesOutComesBack(t *testing.T) {
	for _, profile := range []string{anshan, tianjin, fujian, aba} {
		b := newBodies(t, profile, false)
		b.create(t, "village", catalogue.Content{"summary": "=1+1 是公式吗\n第二行", "tags": "甲，乙", "items": "code | 代码 | text | | personal | 1=一;2=二 | 说明\nn | 数 | integer | 人"})
		for range 3 {
			b.Dataset(t, func(d *datasets.Dataset) { d.Department, d.Status = b.office, datasets.Published })
		}
		sheets, err := b.Compile.Sheets(t.Context(), b.officer, false)
		must(t, err)
		if n := len(sheets.Entries.Rows); n != 5 {
			t.Fatalf("%d rows", n)
		}
		names := sheets.Entries.Rows[0]
		for _, q := range catalogue.RulesOn(book(t), profile, when(profile)).Required {
			if f, ok := catalogue.FieldOf(q.Keys[0]); ok && len(q.Keys) == 1 && q.Keys[0] != "items" && q.Keys[0] != "department" && !slices.ContainsFunc(names, func(s string) bool { return slices.Contains(strings.Split(s, "、"), q.Name) }) {
				t.Errorf("%s: no column says %s (%s)", profile, q.Name, f.Key)
			}
		}
		var file bytes.Buffer
		must(t, workbook.Write(&file, sheets.Workbook()))
		for _, in := range []catalogue.Bulk{
			{Declaration: catalogue.NotSecret, Entries: catalogue.BulkFile{Name: "a.xlsx", Body: file.Bytes()}},
			{Declaration: catalogue.NotSecret, Entries: catalogue.BulkFile{Name: "a.csv", Body: catalogue.CSV(sheets.Entries)}, Items: catalogue.BulkFile{Name: "b.csv", Body: catalogue.CSV(sheets.Items)}},
		} {
			p, err := b.Compile.Plan(t.Context(), b.officer, in)
			must(t, err)
			if p.Count(catalogue.Unchanged) != 4 || len(p.Rows) != 4 || len(p.Wrong) > 0 {
				t.Errorf("%s %s: %s %q", profile, in.Entries.Name, told(p), wrongs(p))
				for _, r := range p.Rows {
					for _, d := range r.Diff {
						t.Logf("%s: %q, %q", d.Field.Key, d.Before, d.After)
					}
				}
			}
			if _, _, err := b.Compile.Apply(t.Context(), b.officer, in, p.Mark, true); fault.KindOf(err) != fault.Invalid {
				t.Errorf("nothing to do was done: %v", err)
			}
		}
		empty, err := b.Compile.Sheets(t.Context(), b.officer, true)
		must(t, err)
		if len(empty.Entries.Rows) != 1 || len(empty.Items.Rows) != 1 || len(empty.Help.Rows) < 50 {
			t.Errorf("the template: %d, %d, %d", len(empty.Entries.Rows), len(empty.Items.Rows), len(empty.Help.Rows))
		}
	}
}

// From a sheet to drafts, all or the good rows only, and back again.
func TestAnImportAndItsUndoing(t *testing.T) {
	b := newBodies(t, anshan, false)
	ctx := t.Context()
	b.create(t, "village", nil)
	b.create(t, "street", catalogue.Content{"title": "街道名录"})
	b.create(t, "sent", catalogue.Content{"title": "已送"})
	must(t, b.move(t, b.officer, "sent", catalogue.Submit, ""))
	b.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Department, d.Status = "public", b.office, datasets.Published })
	in := sent([]string{"网址名", "目录名称", "共享类型", "开放属性", "更新频率"},
		[]string{"village", "社区名录", "不予共享类", "有条件开放", "每季度"},
		[]string{"street", "街道名录", "", "无条件开放", "annual"},
		[]string{"fresh-one", "新条目", "无条件共享", "无条件开放", "每年"},
		[]string{"", "没有网址名", "", "", ""},
		[]string{"sent", "改已送的", "", "", ""},
		[]string{"public", "改公开的", "", "", ""})
	in.Items = table([]string{"网址名", "目录名称", "名称", "类型"}, []string{"fresh-one", "", "年份", "整数"}, []string{"", "没有网址名", "代码", ""})
	p, err := b.Compile.Plan(ctx, b.officer, in)
	must(t, err)
	if want := "2 changes village\n3 changes street\n4 creates fresh-one\n5 creates \n6 refused sent\n7 refused public"; told(p) != want {
		t.Fatalf("%s\n%q", told(p), wrongs(p))
	}
	if got := wrongs(p); !strings.Contains(got[0], "这个条目已经报送") || !strings.Contains(got[1], "须先登记变更") {
		t.Errorf("%q", got)
	}
	if len(p.Rows[2].Missing) == 0 || p.Rows[2].Missing[0].Check != "required" {
		t.Errorf("nothing is said to be missing: %+v", p.Rows[2].Missing)
	}
	before := counts(t, b)
	if _, _, err := b.Compile.Apply(ctx, b.officer, in, p.Mark, false); fault.Of(err).Field != "only_good" {
		t.Errorf("all: %v", err)
	}
	if _, _, err := b.Compile.Apply(ctx, b.officer, in, "another", true); fault.KindOf(err) != fault.Conflict {
		t.Errorf("not as seen: %v", err)
	}
	if counts(t, b) != before {
		t.Fatal("something was stored")
	}
	id, _, err := b.Compile.Apply(ctx, b.officer, in, p.Mark, true)
	must(t, err)
	if e := b.entry(t, b.officer, "village"); e.Title != "社区名录" || e.ShareType != "withheld" || e.Frequency != datasets.Quarterly || e.State != catalogue.Draft || e.LinkedSystem != "示例" {
		t.Errorf("%+v", e.Dataset)
	}
	fresh := b.entry(t, b.officer, "fresh-one")
	if fresh.Status != datasets.Draft || len(fresh.Items) != 1 || fresh.Items[0].Type != "integer" || fresh.ShareConditions != "无" {
		t.Errorf("%+v", fresh.Dataset)
	}
	history, err := b.Compile.History(ctx, fresh)
	must(t, err)
	if len(history) != 1 || history[0].Act != "import" {
		t.Errorf("%+v", history)
	}
	made, err := b.Compile.Imported(ctx, b.officer, id)
	must(t, err)
	if made.Created != 2 || made.Changed != 2 || made.Refused != 2 || made.By != "officer" || len(made.Files) != 2 || len(made.Files[0].SHA256) != 64 || len(made.Rows) != 4 {
		t.Errorf("%+v", made)
	}
	// A second time, the same file does nothing more.
	again, err := b.Compile.Plan(ctx, b.officer, in)
	must(t, err)
	if again.Count(catalogue.Changes)+again.Count(catalogue.Creates) != 0 || again.Mark == p.Mark {
		t.Errorf("again: %s", told(again))
	}

	// One is changed by hand, one gets a file; the others are taken back.
	e := b.entry(t, b.officer, "street")
	b.save(t, e, catalogue.Content{"summary": "改过"})
	b.Resource(t, fresh.Dataset)
	stranger := account.Actor{ID: 99, Name: "别人", Roles: []account.Role{account.Officer}, Department: b.Department(t).ID, Side: account.Manage, Session: strings.Repeat("1", 32)}
	if _, err := b.Compile.Imported(ctx, stranger, id); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another department sees it: %v", err)
	}
	if _, _, err := b.Compile.Undo(ctx, stranger, id); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another department undoes it: %v", err)
	}
	undone, stayed, err := b.Compile.Undo(ctx, b.second, id)
	must(t, err)
	if undone != 2 || stayed != 2 {
		t.Errorf("%d undone, %d stayed", undone, stayed)
	}
	made, err = b.Compile.Imported(ctx, b.officer, id)
	must(t, err)
	var outcomes []catalogue.Outcome
	for _, r := range made.Rows {
		outcomes = append(outcomes, r.Outcome)
	}
	if want := []catalogue.Outcome{catalogue.Undone, catalogue.ChangedBy, catalogue.InUse, catalogue.Undone}; !slices.Equal(outcomes, want) || made.UndoneBy != "second" {
		t.Errorf("%v, %+v", outcomes, made)
	}
	if e := b.entry(t, b.officer, "village"); e.Title != "村（居）委会名录" || e.ShareType != "conditional" {
		t.Errorf("not as it was: %+v", e.Dataset)
	}
	if _, err := b.Compile.Entry(ctx, b.officer, made.Rows[3].Slug); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an entry that was taken back is still there: %v", err)
	}
	if b.entry(t, b.officer, "street").Title != "街道名录" || b.entry(t, b.officer, "fresh-one").Title != "新条目" {
		t.Error("what somebody touched is gone")
	}
	if _, _, err := b.Compile.Undo(ctx, b.officer, id); fault.KindOf(err) != fault.Conflict {
		t.Errorf("twice: %v", err)
	}
	var acts int
	must(t, b.Pool.QueryRow(ctx, `SELECT count(*) FROM audit_entries WHERE subject = 'catalogue-import' AND subject_id = $1::text`, fmt.Sprint(id)).Scan(&acts))
	if acts != 2 {
		t.Errorf("%d acts in the audit trail", acts)
	}
}

// A sheet of which one row concerns a state secret leaves nothing anywhere, but
// that it was refused.
func TestASheetWithAStateSecretIsNotKept(t *testing.T) {
	b := newBodies(t, anshan, false)
	ctx := t.Context()
	head := []string{"网址名", "目录名称", "是否涉及国家秘密", "安全级别"}
	for name, in := range map[string]catalogue.Bulk{
		"the answer":         {Declaration: catalogue.Secret, Entries: table(head, []string{"x", "绝密工程", "否", ""})},
		"no answer":          {Entries: table(head, []string{"x", "绝密工程", "否", ""})},
		"one row":            sent(head, []string{"y", "别的", "否", ""}, []string{"x", "绝密工程", "是", ""}),
		"its own level":      sent(head, []string{"x", "绝密工程", "否", "机密★"}),
		"its level on sight": sent(head, []string{"x", "绝密工程", "", " 绝 密 "}),
	} {
		p, err := b.Compile.Plan(ctx, b.officer, in)
		_, _, err2 := b.Compile.Apply(ctx, b.officer, in, "", true)
		for _, err := range []error{err, err2} {
			if fault.KindOf(err) != fault.Invalid || fault.Of(err).Field != "secret" || strings.Contains(err.Error(), "绝密工程") || p != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	e := b.create(t, "village", nil)
	_, err := b.Compile.Save(ctx, b.officer, "village", catalogue.Saved{Declaration: catalogue.NotSecret, Content: catalogue.Content{"title": "绝密工程", "security_level": "秘密级"}, Revision: e.Revision})
	_, err2 := b.Compile.Autosave(ctx, b.officer, "village", catalogue.Saved{Declaration: catalogue.NotSecret, Content: catalogue.Content{"title": "绝密工程", "security_level": "绝密"}, Revision: e.Revision})
	for _, err := range []error{err, err2} {
		if fault.Of(err).Field != "secret" {
			t.Errorf("the form takes in what is called a secret: %v", err)
		}
	}
	if where := holding(ctx, t, b, "绝密工程"); len(where) > 0 {
		t.Errorf("kept in %v", where)
	}
}
