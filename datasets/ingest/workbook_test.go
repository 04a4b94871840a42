package ingest_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/fault"
)

// sheet is a sheet of a workbook that a spreadsheet program wrote.
type sheet struct {
	name  string
	cells [][]any
	then  func(*excelize.File, string) error
}

func book(t testing.TB, sheets ...sheet) string {
	t.Helper()
	b := excelize.NewFile()
	defer b.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range sheets {
		name := s.name
		if name == "" {
			name = fmt.Sprintf("表%d", i+1)
		}
		if i == 0 {
			must(b.SetSheetName("Sheet1", name))
		} else {
			_, err := b.NewSheet(name)
			must(err)
		}
		for r, row := range s.cells {
			for c, v := range row {
				at, err := excelize.CoordinatesToCellName(c+1, r+1)
				must(err)
				if v != nil {
					must(b.SetCellValue(name, at, v))
				}
			}
		}
		if s.then != nil {
			must(s.then(b, name))
		}
	}
	out, err := b.WriteToBuffer()
	must(err)
	return out.String()
}

// as gives a cell the format with this code.
func as(at, code string) func(*excelize.File, string) error {
	return func(b *excelize.File, name string) error {
		style, err := b.NewStyle(&excelize.Style{CustomNumFmt: &code})
		if err != nil {
			return err
		}
		return b.SetCellStyle(name, at, at, style)
	}
}

func TestAWorkbookIsReadByItsValues(t *testing.T) {
	for _, c := range []struct {
		name  string
		cells [][]any
		then  func(*excelize.File, string) error
		want  string
	}{
		{name: "text, codes, numbers and truth", cells: [][]any{{"码", "数", "真"}, {"0010", 12.5, true}, {"  ", 440000000000000000.0, false}}, want: "码|数|真\n0010|12.5|true\n  |440000000000000000|false"},
		{name: "a number keeps the digits that its format hides", cells: [][]any{{"数"}, {4183.1234}}, then: as("A2", "#,##0.0"), want: "数\n4183.1234"},
		{name: "a percentage is the number it stands for", cells: [][]any{{"率"}, {0.125}}, then: as("A2", "0.0%"), want: "率\n0.125"},
		{name: "small and large numbers", cells: [][]any{{"数"}, {0.1}, {1e-12}, {1e300}, {-0.5}, {0}}, want: "数\n0.1\n1e-12\n1e+300\n-0.5\n0"},
		{name: "what was never meant as a day", cells: [][]any{{"数"}, {45292}}, then: as("A2", `0"月y"`), want: "数\n45292"},
		{name: "a day", cells: [][]any{{"日"}, {45292}}, then: as("A2", "yyyy/m/d"), want: "日\n2024-01-01"},
		{name: "a day in Chinese", cells: [][]any{{"日"}, {45292}}, then: as("A2", `yyyy"年"m"月"d"日"`), want: "日\n2024-01-01"},
		{name: "a day with a colour and a locale", cells: [][]any{{"日"}, {45292}}, then: as("A2", `[Red][$-804]yyyy\-mm\-dd;@`), want: "日\n2024-01-01"},
		{name: "a month", cells: [][]any{{"月"}, {45292}}, then: as("A2", "yyyy-mm"), want: "月\n2024-01"},
		{name: "a month that hides its day", cells: [][]any{{"月"}, {45293}}, then: as("A2", "yyyy-mm"), want: "月\n2024-01-02"},
		{name: "a day that hides its time", cells: [][]any{{"日"}, {45292.5}}, then: as("A2", "yyyy-mm-dd"), want: "日\n2024-01-01 12:00:00"},
		{name: "day and time", cells: [][]any{{"时"}, {45292}}, then: as("A2", "yyyy-mm-dd hh:mm"), want: "时\n2024-01-01 00:00:00"},
		{name: "a time", cells: [][]any{{"时"}, {0.546041667}}, then: as("A2", "h:mm:ss AM/PM"), want: "时\n13:06:18"},
		{name: "more hours than a day has", cells: [][]any{{"时"}, {1.5}}, then: as("A2", "[h]:mm"), want: "时\n36:00:00"},
		{name: "the last day before the one that never was", cells: [][]any{{"日"}, {59}}, then: as("A2", "yyyy-mm-dd"), want: "日\n1900-02-28"},
		{name: "the day that never was", cells: [][]any{{"日"}, {60}}, then: as("A2", "yyyy-mm-dd"), want: "日\n60"},
		{name: "the day after it", cells: [][]any{{"日"}, {61}}, then: as("A2", "yyyy-mm-dd"), want: "日\n1900-03-01"},
		{name: "a day before all days", cells: [][]any{{"日"}, {-1}}, then: as("A2", "yyyy-mm-dd"), want: "日\n-1"},
		{name: "days counted from 1904", cells: [][]any{{"日"}, {43830}}, then: func(b *excelize.File, name string) error {
			yes := true
			if err := b.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
				return err
			}
			return as("A2", "yyyy-mm-dd")(b, name)
		}, want: "日\n2024-01-01"},
		{name: "the standard's own formats", cells: [][]any{{"日", "时"}, {45292, 0.5}}, then: func(b *excelize.File, name string) error {
			for at, n := range map[string]int{"A2": 14, "B2": 20} {
				style, err := b.NewStyle(&excelize.Style{NumFmt: n})
				if err != nil {
					return err
				}
				if err := b.SetCellStyle(name, at, at, style); err != nil {
					return err
				}
			}
			return nil
		}, want: "日|时\n2024-01-01|12:00:00"},
		{name: "cells left out, and empty ones behind", cells: [][]any{{"a", "b", "c", ""}, {nil, 1}, {}, {"x", nil, "z", ""}}, want: "a|b|c\n|1|\nx||z"},
		{name: "rows without values count for nothing", cells: [][]any{{"a"}, {1}, {""}, {}, {2}, {""}}, want: "a\n1\n2"},
		{name: "a table further down", cells: [][]any{{}, {}, {"a"}, {1}}, want: "a\n1"},
		{name: "several lines in a cell", cells: [][]any{{"数量\n（万元）"}, {"一\r\n二"}}, want: "数量（万元）\n一\n二"},
		{name: "a title, a caption in a cell of its own and a merged head", cells: [][]any{{"2023年各区人口"}, {nil, nil, nil, "单位：万人"}, {"区", "人口", nil, "面积"}, {nil, "男", "女"}, {"鼓楼", 1, 2, 3}}, then: func(b *excelize.File, name string) error {
			return errors.Join(b.MergeCell(name, "A1", "D1"), b.MergeCell(name, "A3", "A4"), b.MergeCell(name, "B3", "C3"), b.MergeCell(name, "D3", "D4"))
		}, want: "区|人口-男|人口-女|面积\n鼓楼|1|2|3"},
		{name: "a title that is not merged above a merged head", cells: [][]any{{"2023年各区人口统计"}, {"区", "人口", nil, "面积"}, {nil, "男", "女"}, {"鼓楼", 1, 2, 3}}, then: func(b *excelize.File, name string) error {
			return errors.Join(b.MergeCell(name, "A2", "A3"), b.MergeCell(name, "B2", "C2"), b.MergeCell(name, "D2", "D3"))
		}, want: "区|人口-男|人口-女|面积\n鼓楼|1|2|3"},
		{name: "a title, a head in two lines and a note, none of them merged", cells: [][]any{{"2023年统计表"}, {"单位：万人"}, {"地区", "人口", nil, "面积"}, {nil, "男", "女"}, {"鼓楼", 1, 2, 3}, {"合计", 1, 2, 3}, {"注：数据来自年鉴"}}, want: "地区|人口-男|人口-女|面积\n鼓楼|1|2|3\n合计|1|2|3"},
		{name: "a column with neither name nor value", cells: [][]any{{"a", nil, "c"}, {1, nil, 3}}, want: "a|c\n1|3"},

		{name: "a formula is what it came to", cells: [][]any{{"a", "b"}, {1, 2}}, then: func(b *excelize.File, name string) error {
			return b.SetCellFormula(name, "B2", "A2+1")
		}, want: "a|b\n1|2"},
		{name: "a text in several hands", cells: [][]any{{"a"}, {""}}, then: func(b *excelize.File, name string) error {
			return b.SetCellRichText(name, "A2", []excelize.RichTextRun{{Text: "粗"}, {Text: "细", Font: &excelize.Font{Bold: true}}})
		}, want: "a\n粗细"},
		{name: "what looks like a formula is text", cells: [][]any{{"a"}, {"=1+1"}}, want: "a\n=1+1"},
		{name: "only a header", cells: [][]any{{"a", "b"}}, want: "a|b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, err := read("a.xlsx", book(t, sheet{cells: c.cells, then: c.then}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, rowsOf(rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEverySheetIsATable(t *testing.T) {
	content := book(t, sheet{name: "农历", cells: [][]any{{"日"}, {"初一"}}}, sheet{name: "空的"}, sheet{name: "节气", cells: [][]any{{"名"}, {"小寒"}, {"大寒"}}})
	f, err := ingest.Open("a.xlsx", strings.NewReader(content), ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, table := range f.Tables() {
		n := -1
		if err := table.Rows(func([]string) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(table.Name, n))
	}
	if diff := cmp.Diff([]string{"农历1", "节气2"}, got); diff != "" {
		t.Error(diff)
	}
	if f.Encoding != "" || f.Format != "xlsx" {
		t.Errorf("%+v", f)
	}
}

func TestAWorkbookThatMisplacesIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		sheets []sheet
		says   string
	}{
		{"no sheet with anything", []sheet{{}}, "文件是空的。"},
		{"a title above the header", []sheet{{cells: [][]any{{"各县人口"}, {"县", "人口"}}}}, "第 2 行有 2 栏，应有 1 栏。"},
		{"a column without a name", []sheet{{cells: [][]any{{"a", nil, "c"}, {1, 2, 3}}}}, "第 2 列没有列名。"},
		{"a name twice", []sheet{{cells: [][]any{{"a", "a"}}}}, "列名“a”出现了两次。"},
		{"NUL", []sheet{{cells: [][]any{{"a"}, {"_x0000_"}}, then: func(b *excelize.File, name string) error { return b.SetCellValue(name, "A2", "\x00") }}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, err := read("a.xlsx", book(t, c.sheets...))
			if c.says == "" { // whatever the writer made of it, it does not come through
				if err == nil && strings.ContainsRune(rowsOf(rows), 0) {
					t.Errorf("read as %q", rows)
				}
				return
			}
			if err == nil {
				t.Fatalf("read as %q", rows)
			}
			if f := fault.Of(err); f.Text() != c.says || f.Kind != fault.Invalid {
				t.Errorf("%s (kind %d)\nwant %s", f.Text(), f.Kind, c.says)
			}
		})
	}
}

// xlsx is a workbook of one sheet, its parts written by hand; change alters
// them before they are packed.
func xlsx(t testing.TB, sheetData string, change func(parts map[string]string)) string {
	t.Helper()
	const main, rel = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`, `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	parts := map[string]string{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":                `<Relationships><Relationship Id="r1" Type="` + rel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook ` + main + ` xmlns:r="` + rel + `"><sheets><sheet name="表" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="` + rel + `/worksheet" Target="/xl/worksheets/sheet1.xml"/><Relationship Id="r2" Type="` + rel + `/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/sharedStrings.xml":       `<sst ` + main + `><si><t>甲</t><rPh><t>jia</t></rPh></si></sst>`,
		"xl/worksheets/sheet1.xml":   `<worksheet ` + main + `><sheetData>` + sheetData + `</sheetData></worksheet>`,
	}
	if change != nil {
		change(parts)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, content := range parts {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const header = `<row r="1"><c r="A1" t="s"><v>0</v></c></row>`

func TestAHandWrittenWorkbook(t *testing.T) {
	for name, c := range map[string]struct{ data, want string }{
		"the pronunciation of a text is not in it": {header + `<row r="2"><c r="A2"><v>1.1000000000000001</v></c></row>`, "甲\n1.1"},
		"places left to be counted":                {`<row><c t="inlineStr"><is><t>乙</t></is></c><c t="str"><v>丙_x000D_` + "\n" + `丁</v></c></row><row><c><v>1</v></c><c t="e"><v>#N/A</v></c></row>`, "乙|丙丁\n1|#N/A"},
		"a formula without a value":                {header + `<row r="2"><c r="A2"><f>NOW()</f></c></row><row r="3"><c r="A3" t="b"><v>1</v></c></row>`, "甲\ntrue"},
		"a number that is none stays as it is":     {header + `<row r="2"><c r="A2"><v>Inf</v></c></row>`, "甲\nInf"},
	} {
		rows, err := read("a.xlsx", xlsx(t, c.data, nil))
		if err != nil || rowsOf(rows) != c.want {
			t.Errorf("%s: %q, %v", name, rowsOf(rows), err)
		}
	}
}

func TestAHostileWorkbookIsOnlyRefused(t *testing.T) {
	const cellOne = `<row r="1"><c r="A1"><v>1</v></c></row>`
	part := func(name, content string) func(map[string]string) {
		return func(p map[string]string) { p[name] = content }
	}
	for name, content := range map[string]string{
		"not a workbook":                 "PK\x03\x04 and so on",
		"an old or encrypted workbook":   "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\xff", 600),
		"nothing":                        "",
		"a row beyond all rows":          xlsx(t, header+`<row r="2147483647"><c r="A2147483647"><v>1</v></c></row>`, nil),
		"a row before all rows":          xlsx(t, header+`<row r="-1"><c r="A1"><v>1</v></c></row>`, nil),
		"the same row again":             xlsx(t, header+header, nil),
		"a cell at the far end":          xlsx(t, header+`<row r="2"><c r="XFD2"><v>1</v></c></row>`, nil),
		"a column that does not exist":   xlsx(t, header+`<row r="2"><c r="ZZZZZZZZ2"><v>1</v></c></row>`, nil),
		"a reference that is none":       xlsx(t, header+`<row r="2"><c r="2A"><v>1</v></c></row>`, nil),
		"the same cell again":            xlsx(t, header+`<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>1</v></c></row>`, nil),
		"a text that does not exist":     xlsx(t, header+`<row r="2"><c r="A2" t="s"><v>9999999</v></c></row>`, nil),
		"a text before all texts":        xlsx(t, header+`<row r="2"><c r="A2" t="s"><v>-1</v></c></row>`, nil),
		"a document type":                xlsx(t, "", part("xl/worksheets/sheet1.xml", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>`)),
		"an outside entity":              xlsx(t, "", part("xl/worksheets/sheet1.xml", `<!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet/>`)),
		"an entity that is not declared": xlsx(t, header+`<row r="2"><c r="A2" t="str"><v>&x;</v></c></row>`, nil),
		"elements nested without end":    xlsx(t, header+`<row r="2"><c r="A2"><v>1</v></c>`+nested("a", 100_000)+`</row>`, nil),
		"elements nested in the texts":   xlsx(t, cellOne, part("xl/sharedStrings.xml", `<sst><si>`+nested("r", 100_000)+`</si></sst>`)),
		"a sheet cut short":              xlsx(t, header+`<row r="2"><c r="A2"><v>1`, nil),
		"a sheet that is not there":      xlsx(t, header, func(p map[string]string) { delete(p, "xl/worksheets/sheet1.xml") }),
		"no workbook part":               xlsx(t, header, func(p map[string]string) { delete(p, "xl/workbook.xml") }),
		"a workbook that names itself":   xlsx(t, header, part("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="workbook.xml"/></Relationships>`)),
		"a path out of the archive":      xlsx(t, header, part("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="../../../../etc/passwd"/></Relationships>`)),
		"another encoding":               xlsx(t, header, part("xl/workbook.xml", `<?xml version="1.0" encoding="UTF-7"?><workbook/>`)),
		"too many parts": xlsx(t, header, func(p map[string]string) {
			for i := range 20_000 {
				p[fmt.Sprint("x", i)] = ""
			}
		}),
		"a size that is not true":             forged(xlsx(t, header, nil)),
		"a text that never ends":              xlsx(t, header+`<row r="2"><c r="A2" t="str"><v>`+strings.Repeat("x", 9<<20)+`</v></c></row>`, nil),
		"a tag that never ends":               xlsx(t, header+`<row r="2"><c r="A2" x="`+strings.Repeat("x", 9<<20)+`"/></row>`, nil),
		"a text of many runs that never ends": xlsx(t, cellOne, part("xl/sharedStrings.xml", `<sst><si>`+strings.Repeat("<r><t>"+strings.Repeat("x", 1<<20)+"</t></r>", 9)+`</si></sst>`)),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			rows, err := read("a.xlsx", content)
			if err == nil {
				t.Fatalf("read as %.100q", rowsOf(rows))
			}
			classified(t, err)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// nested are n elements, each within the one before.
func nested(name string, n int) string {
	return strings.Repeat("<"+name+">", n) + strings.Repeat("</"+name+">", n)
}

// forged says in every directory entry that the part is 4 GiB long.
func forged(s string) string {
	b := []byte(s)
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("PK\x01\x02"))
		if i < 0 {
			return string(b)
		}
		at += i
		binary.LittleEndian.PutUint32(b[at+24:], 0xFFFFFFFE)
		at += 46
	}
}

func TestAWorkbookUnpacksOnlySoFar(t *testing.T) {
	bomb := xlsx(t, header+strings.Repeat("<row/>", 1<<20), nil)
	_, err := readWith("a.xlsx", bomb, ingest.Options{Limits: ingest.Limits{Bytes: 1 << 20}})
	if fault.KindOf(err) != fault.TooLarge {
		t.Errorf("%d bytes that unpack to 6 MiB: %v", len(bomb), err)
	}
}

func TestMemoryDoesNotGrowWithTheWorkbook(t *testing.T) {
	const rows = 60_000
	var data strings.Builder
	data.WriteString(header)
	for i := range rows {
		fmt.Fprintf(&data, `<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>`, i+2, i+2)
	}
	content := xlsx(t, data.String(), nil)
	data.Reset()
	n := 0
	got := peak(func(look func()) {
		f, err := ingest.Open("a.xlsx", strings.NewReader(content), ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Tables()[0].Rows(func([]string) error {
			if n++; n%20_000 == 0 {
				look()
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
	if n != rows+1 {
		t.Errorf("%d rows", n)
	}
	if got > 3<<20 {
		t.Errorf("%d KiB held while reading %d rows", got>>10, n)
	}
}

// A formula whose result no program has stored is an empty cell, and that is told.
func TestFormulasWithoutResultsAreTold(t *testing.T) {
	data := header + `<row r="2"><c r="A2"><f>1+1</f><v>2</v></c></row><row r="3"><c r="A3"><f>NOW()</f></c></row><row r="4"><c r="A4" t="str"><f>""</f><v></v></c></row>`
	r, err := ingest.Run(t.Context(), ingest.Input{File: onDisk(t, xlsx(t, data, nil)), Name: "a.xlsx"}, folder(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if notes := r.Tables[0].Notes; len(notes) != 1 || !strings.Contains(notes[0].Text(), "有 1 个公式没有存下结果") {
		t.Errorf("%v", notes)
	}
}
