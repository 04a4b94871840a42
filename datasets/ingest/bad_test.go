package ingest_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/fault"
)

// Verdicts on a file.
const (
	refused = "refused" // with a sentence that says why
	found   = "found"   // read, and what it hides is told; nothing of it is public before somebody has seen that
	noted   = "noted"   // read, cells that do not fit are null and listed, or a note warns
	read_   = "read"    // read as it stands
)

// bad are the uploads of the catalogue of bad inputs that a file by itself can
// be: each has its number there. What is about requests (U10-U12, U30-U36,
// U75-U78) and about personal data (U37-U39) is tested where those are
// (docs/bad-input.md).
var bad = []struct {
	id, name string
	content  func(testing.TB) string
	verdict  string
	says     string // part of what is said
}{
	{"U01", "a.csv", is("<!DOCTYPE html>\n<html><script>alert(1)</script></html>\n"), refused, "文件的内容是网页，不是数据。"},
	{"U02", "a.html", is("\x89PNG\r\n\x1a\n<script>"), refused, "不认识这种文件"},
	{"U03", "a.csv.html", is("a,b\n1,2\n"), refused, "不认识这种文件"},
	{"U04", "a.svg", is(`<svg onload="alert(1)"/>`), refused, "不认识这种文件"},
	{"U05", "a.svg", is(`<svg><use href="http://127.0.0.1/x"/></svg>`), refused, "不认识这种文件"},
	{"U06", "a.xml", is(`<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>`), refused, "文件的内容是网页，不是数据。"},
	{"U07", "a.pdf", is("%PDF-1.4\n1 0 obj <</Type/Action/S/JavaScript/JS(app.alert(1))>> endobj\n2 0 obj <</S/Launch/F(cmd.exe)>> endobj\n%%EOF"), found, "PDF 里有脚本"},
	{"U08", "a.csv", is("GIF89a/*,1\n*/=1;alert(1)\n"), refused, "文件的内容是 gif，和它的后缀名不符。"},
	{"U09", "a.mht", is("MIME-Version: 1.0\nContent-Type: multipart/related\n"), refused, "不认识这种文件"},
	{"U13", "a.zip", bombZip(false), refused, "文件解开后太大："},
	{"U13b", "a.zip", bombZip(true), refused, "这不是完好的 zip 文件。"},
	{"U14", "a.zip", overlapping, refused, "这不是完好的 zip 文件。"},
	{"U15", "a.zip", manyEntries, refused, "压缩包里的文件太多，最多 "},
	{"U16", "a.zip", nestedZip, refused, "压缩包里不能再有压缩包。"},
	{"U17", "a.csv.gz", bombGzip, refused, "文件解开后太大"},
	{"U18", "a.csv.gz", func(t testing.TB) string { return zipped(t, "a\n1\n") + zipped(t, "2\n") }, refused, "gzip 文件的末尾还接着别的内容"},
	{"U19", "a.zip", zip64, refused, "这不是完好的 zip 文件。"},
	{"U19b", "a.xlsx", zip64, refused, "这不是完好的 XLSX 文件。"},
	{"U20", "a.xlsx", sheetXML(`<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><worksheet><sheetData><row><c t="str"><v>&c;</v></c></row></sheetData></worksheet>`), refused, "XML 里有 DTD"},
	{"U21", "a.xlsx", sheetXML(`<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row><c t="str"><v>&a;</v></c></row></sheetData></worksheet>`), refused, "XML 里有 DTD"},
	{"U22", "a.xml", is(`<!DOCTYPE x [<!ENTITY a "` + strings.Repeat("a", 50_000) + `">]><r><x>` + strings.Repeat("&a;", 1000) + `</x><x/></r>`), refused, "XML 里有 DTD"},
	{"U23", "a.xlsx", sheetXML(`<worksheet><sheetData>` + strings.Repeat("<a>", 100_000)), refused, "读不出来"},
	{"U24", "a.xlsx", rowsXML(header + `<row r="2147483647"><c r="A2147483647"><v>1</v></c></row>`), refused, "读不出来"},
	{"U25", "a.xlsx", rowsXML(header + `<row r="-1"><c r="A1"><v>1</v></c></row>`), refused, "读不出来"},
	{"U26", "a.xlsx", rowsXML(header + `<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>`), refused, "栏数太多"},
	{"U27", "a.xlsx", rowsXML(header + `<row r="2"><c r="A2" t="s"><v>4294967296</v></c></row>`), refused, "读不出来"},
	{"U28", "a.xlsx", func(t testing.TB) string {
		return xlsx(t, "", func(p map[string]string) {
			p["xl/worksheets/sheet1.xml"] = `<worksheet><sheetData>` + header + `</sheetData><mergeCells>` + strings.Repeat(`<mergeCell ref="A20:B21"/>`, 2_000_000) + `</mergeCells></worksheet>`
		})
	}, refused, "这不是完好的 XLSX 文件。"},
	{"U29", "a.xlsx", is("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\xff", 4096)), refused, "这个工作簿有密码，或是旧格式"},
	{"U40", "a.xlsx", hidden(func(b *excelize.File) error { return b.SetSheetVisible("底稿", false) }), found, "工作表“底稿”是隐藏的"},
	{"U41", "a.xlsx", hidden(func(b *excelize.File) error { return b.SetSheetVisible("底稿", false, true) }), found, "工作表“底稿”是隐藏的"},
	{"U42", "a.xlsx", hidden(func(b *excelize.File) error { return b.SetRowVisible("表", 2, false) }), found, "工作表“表”有隐藏的行或列"},
	{"U42b", "a.xlsx", hidden(func(b *excelize.File) error { return b.SetColVisible("表", "B", false) }), found, "工作表“表”有隐藏的行或列"},
	{"U43", "a.xlsx", hidden(pivot), found, "工作簿里有数据透视表的缓存"},
	{"U44", "a.xlsx", hidden(func(b *excelize.File) error {
		return b.AddComment("表", excelize.Comment{Cell: "A2", Author: "张三", Text: "底稿见附件"})
	}), found, "工作簿里有批注"},
	{"U44b", "a.xlsx", func(t testing.TB) string {
		return xlsx(t, header+`<row r="2"><c r="A2"><v>1</v></c></row>`, func(p map[string]string) {
			p["xl/embeddings/oleObject1.bin"], p["xl/revisions/revisionLog1.xml"] = "x", "<x/>"
		})
	}, found, "工作簿里嵌有其他文件"},
	{"U45", "a.jpg", is("\xff\xd8\xff\xe1\x00\x20Exif\x00\x00"), refused, "不认识这种文件"},
	{"U45b", "a.zip", func(t testing.TB) string {
		return packed(t, map[string]string{"a.csv": "a\n1\n", "现场.jpg": photo(true)})
	}, found, "图片里带着拍摄地点"},
	{"U45c", "a.docx", func(t testing.TB) string {
		return packed(t, map[string]string{"word/document.xml": "<document/>", "word/media/image1.jpeg": strings.Repeat("\xff", 1<<20-100) + photo(true)})
	}, found, "图片里带着拍摄地点"},
	{"U45d", "a.xlsx", func(t testing.TB) string {
		return xlsx(t, header+`<row r="2"><c r="A2"><v>1</v></c></row>`, func(p map[string]string) {
			p["xl/media/image1.png"] = "\x89PNG\r\n\x1a\n" + details("eXIf", binary.BigEndian, true)
		})
	}, found, "图片里带着拍摄地点"},
	{"U45e", "a.pdf", is("%PDF-1.4\n1 0 obj <</Filter/DCTDecode>> stream\n" + photo(true) + "\nendstream endobj\n%%EOF"), found, "图片里带着拍摄地点"},
	{"U45f", "a.zip", func(t testing.TB) string {
		return packed(t, map[string]string{"a.csv": "a\n1\n", "a.png": `<x:xmpmeta><exif:GPSLatitude>26,4.5N</exif:GPSLatitude></x:xmpmeta>`})
	}, found, "图片里带着拍摄地点"},
	{"U45 without a place", "a.zip", func(t testing.TB) string {
		return packed(t, map[string]string{"a.csv": "甲\n福州\n", "现场.jpg": photo(false)})
	}, read_, "text"},
	{"U46", "a.docx", func(t testing.TB) string {
		return packed(t, map[string]string{"[Content_Types].xml": "<Types/>", "docProps/core.xml": `<cp:coreProperties xmlns:cp="x" xmlns:dc="y"><dc:creator>张三</dc:creator></cp:coreProperties>`,
			"word/document.xml": `<w:document xmlns:w="z"><w:p><w:del><w:r><w:delText>旧</w:delText></w:r></w:del></w:p></w:document>`})
	}, found, "文档里留着修订记录"},
	{"U46b", "a.pdf", is("%PDF-1.4\n1 0 obj <</Author(Zhang San)>> endobj\n%%EOF\n2 0 obj <<>> endobj\n%%EOF\n"), found, "PDF 里还留着修改以前的内容"},
	{"U46c", "a.pdf", is("%PDF-1.7\n<rdf:RDF><dc:creator><rdf:Seq>\n<rdf:li>张三</rdf:li></rdf:Seq></dc:creator></rdf:RDF>\n%%EOF"), found, "文件属性里写着作者"},
	{"U46d", "a.zip", func(t testing.TB) string {
		return packed(t, map[string]string{"a.csv": "a\n1\n", "说明.pdf": "%PDF-1.4\n1 0 obj <</Author(Zhang San)>> endobj\n%%EOF"})
	}, found, "文件属性里写着作者"},
	{"U46e", "a.zip", func(t testing.TB) string {
		return packed(t, map[string]string{"a.csv": "a\n1\n", "说明.docx": packed(t, map[string]string{"word/document.xml": "<document><ins/></document>"})})
	}, found, "文档里留着修订记录"},
	{"U46f", "a.zip", func(t testing.TB) string {
		return packed(t, map[string]string{"a.csv": "a\n1\n", "说明.doc": "\xd0\xcf\x11\xe0"})
	}, found, "旧格式的文档"},
	{"U46g", "a.pdf", is("%PDF-1.4\n" + strings.Repeat("x", 1<<20-12) + "%%EOF\n2 0 obj <<>> endobj\n%%EOF\n"), found, "PDF 里还留着修改以前的内容"},
	{"U46 without an author", "a.pdf", is("%PDF-1.4\n1 0 obj <</Author()>> endobj\n%%EOF"), read_, ""},
	{"U47", "a.csv", is(""), refused, "文件是空的。"},
	{"U48", "a.csv", is("\uFEFF"), refused, "文件是空的。"},
	{"U49", "a.csv", is("甲,乙\n"), read_, ""},
	{"U50", "a.csv", is("甲,甲\n1,2\n"), refused, "列名“甲”出现了两次。"},
	{"U50b", "a.csv", is("甲,\n1,2\n"), refused, "第 2 列没有列名。"},
	{"U51", "a.csv", is("甲,乙\n" + strings.Repeat("1,", 100_000) + "1\n"), refused, "第 2 行栏数太多，最多 2000 栏。"},
	{"U52", "a.csv", func(testing.TB) string { return "甲\n1\n" + strings.Repeat("x", 200<<20) + "\n" }, refused, "从第 3 行起的一条记录太长"},
	{"U53", "a.csv", func(testing.TB) string { return "\"" + strings.Repeat("甲,1\n", 5<<20) }, refused, "从第 1 行起的一条记录太长，可能是引号没有结束。"},
	{"U53b", "a.csv", is("\"甲,1\n2,3\n"), refused, "第 2 行的引号或分隔符有误。"},
	{"U54", "a.csv", is("甲,乙\r\n1,2\n3,4\r5,6\r\n"), refused, "第 3 行第 2 列有单独的回车符"},
	{"U54b", "a.csv", is("甲,乙\r\n1,2\n3,\x00\r\n" + strings.Repeat("1,2\n", 400)), refused, "空字符"},
	{"U55", "a.csv", func(t testing.TB) string { return gb18030(t, "名\n上㘵村\n𠀀\n") }, noted, "文字编码是 GB18030。"},
	{"U56", "a.csv", is("\xb4\xe5\n\xfe\xfe\n"), refused, "文件里有 1 个无法识别的字符，第一个在第 2 行第 1 列"},
	{"U57", "a.csv", func(t testing.TB) string { return utf16(t, unicode.LittleEndian, "代码,名称\n0010,福州\n")[2:] }, noted, "文字编码是 UTF-16LE。"},
	{"U58", "a.csv", func(t testing.TB) string {
		s, err := traditionalchinese.Big5.NewEncoder().String("編號,名稱\n1,臺灣省立圖書館藏書\n")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}, noted, "文字编码是 Big5。"},
	{"U59", "a.csv", func(t testing.TB) string { s := gb18030(t, "名称\n村"); return s[:len(s)-1] }, refused, "无法识别的字符"},
	{"U59b", "a.csv", is("名称\n福州\xe6\x9d\x91\xe6\x9d"), refused, "无法识别的字符，第一个在第 2 行第 1 列"},
	{"U60", "a.csv", is("\uFEFF甲\n\xc0\xaf\n"), refused, "无法识别的字符，第一个在第 2 行第 1 列"},
	{"U61", "a.csv", is("\uFEFF甲\n\xed\xa0\x80\n"), refused, "无法识别的字符，第一个在第 2 行第 1 列"},
	{"U61b", "a.json", is(`[{"甲":"\ud800"}]`), refused, "第 1 条记录有无法识别的字符"},
	{"U62", "a.csv", is("甲\n\uFFFE\n"), refused, "第 2 行第 1 列有控制字符"},
	{"U63", "a.csv", is("日期\n" + strings.Repeat("2020-01-31\n", 200) + "0001-01-01\n9999-12-31\n2月30日\n2020-02-30\n"), noted, "是占位的日期，不是真的日子。|是占位的日期，不是真的日子。|不是日期。|没有这一天。"},
	{"U64", "a.csv", is("数\n" + strings.Repeat("1.5\n", 400) + "1e400\nNaN\n-0\n１２３\n"), noted, "不是数。|是表示没有值的记号。|不是数。"},
	{"U65", "a.csv", is("数\n" + strings.Repeat("\"1,234.5\"\n", 100) + "\"1.234,5\"\n"), noted, "不是数。"},
	{"U66", "a.csv", is("编\n" + strings.Repeat("01234567890123456789\n", 5)), read_, "text"},
	{"U67", "a.csv", is("编\n12345678901234567890\n98765432109876543210\n"), read_, "text"},
	{"U68", "a.csv", is("编\n4.4E+17\n3.5E+17\n"), read_, "text"},
	{"U69", "a.geojson", func(testing.TB) string {
		return `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[` + strings.Repeat("[119.3,26.1],", 10_000_000) + `[0,0]]}}]}`
	}, refused, "第 1 条记录太大。"},
	{"U70", "a.geojson", is(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"n":1},"geometry":{"type":"Point","coordinates":[26.1,119.3]}},{"type":"Feature","properties":{"n":2},"geometry":{"type":"Point","coordinates":[119.3,26.1]}}]}`), found, "“geometry”有 1 个位置在地球上不存在（第 1 行）：经纬度可能写反了，对调之后 1 个在中国范围内。"},
	{"U70b", "a.csv", is("名,经度,纬度\n福州,119.3,26.08\n厦门,24.48,118.1\n"), found, "“经度、纬度”有 1 个位置在地球上不存在（第 2 行）：经纬度可能写反了，对调之后 1 个在中国范围内。"},
	{"U70c", "a.csv", is("名,lng,lat\n甲,12703113.5,2996123.1\n乙,12703200,2996200\n"), found, "“lng、lat”有 2 个位置在地球上不存在（第 1、2 行）：可能不是以度为单位的经纬度。"},
	{"U70b", "a.geojson", is(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}}]}`), read_, "geometry"},
	{"U71", "a.csv", is("经度_gcj02,纬度_gcj02\n119.3,26.1\n119.4,26.2\n"), noted, "“经度_gcj02”可能不是 WGS 84 或 CGCS2000 坐标"},
	{"U72", "a.parquet", forgedParquet, refused, "Parquet 文件"},
	{"U73", "a.parquet", is("PAR1" + strings.Repeat("\xff", 500) + "\xf0\x00\x00\x00PAR1"), refused, "这不是完好的 Parquet 文件。"},
	{"U73b", "a.parquet", hugePage, refused, "Parquet 文件"},
	{"U74", "a.db", is("SQLite format 3\x00" + strings.Repeat("\x00", 100)), refused, "这是数据库文件，不能公开"},
	{"U74b", "a.csv", is("SQLite format 3\x00" + strings.Repeat("\x00", 100)), refused, "这是数据库文件，不能公开"},
	{"U74c", "a.parquet", is("\x00\x00\x00\x00\x00\x00\x00\x00DUCK" + strings.Repeat("\x00", 100)), refused, "这是数据库文件，不能公开"},
	{"U79", "a.zip", func(t testing.TB) string { return packed(t, map[string]string{"a.csv": "a\n1\n", "说明.txt": eicar}) }, refused, "文件里有病毒"},
	{"U79b", "a.zip", func(t testing.TB) string { return packed(t, map[string]string{"a.csv": "a\n1\n", "eicar.com": eicar}) }, refused, "不认识这种文件：eicar.com"},
	{"U79c", "a.zip", func(t testing.TB) string {
		return packed(t, map[string]string{"a.csv": "a\n1\n", "__MACOSX/._a.csv": eicar})
	}, refused, "文件里有病毒"},
	{"U79d", "a.csv.gz", func(t testing.TB) string { return zipped(t, eicar) }, refused, "文件里有病毒"},
	{"U79e", "a.zip", func(t testing.TB) string { return packed(t, map[string]string{"a.csv": "a\n1\n", ".x/b.zip": "PK"}) }, refused, "压缩包里不能再有压缩包"},
	{"U80b", "a.zip", func(t testing.TB) string { return locks(packed(t, map[string]string{".a.csv": "a\n1\n"})) }, refused, "压缩包有密码"},
	{"U80", "a.zip", locked, refused, "压缩包有密码"},
}

// eicar is the string by which virus scanners are tried, in two parts so that
// they leave this file alone.
const eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}$` + `EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

func is(s string) func(testing.TB) string { return func(testing.TB) string { return s } }

func rowsXML(data string) func(testing.TB) string {
	return func(t testing.TB) string { return xlsx(t, data, nil) }
}

func sheetXML(part string) func(testing.TB) string {
	return func(t testing.TB) string {
		return xlsx(t, "", func(p map[string]string) { p["xl/worksheets/sheet1.xml"] = part })
	}
}

// hidden is a workbook with two sheets, changed.
func hidden(change func(*excelize.File) error) func(testing.TB) string {
	return func(t testing.TB) string {
		b := excelize.NewFile()
		defer b.Close()
		errs := []error{b.SetSheetName("Sheet1", "表")}
		_, err := b.NewSheet("底稿")
		errs = append(errs, err)
		for _, name := range []string{"表", "底稿"} {
			errs = append(errs, b.SetSheetRow(name, "A1", &[]any{"县", "人口"}), b.SetSheetRow(name, "A2", &[]any{"闽侯", 1}), b.SetSheetRow(name, "A3", &[]any{"连江", 2}))
		}
		for _, err := range append(errs, change(b)) {
			if err != nil {
				t.Fatal(err)
			}
		}
		out, err := b.WriteToBuffer()
		if err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
}

func pivot(b *excelize.File) error {
	return b.AddPivotTable(&excelize.PivotTableOptions{DataRange: "底稿!A1:B3", PivotTableRange: "表!D1:F5",
		Rows: []excelize.PivotTableField{{Data: "县"}}, Data: []excelize.PivotTableField{{Data: "人口", Subtotal: "Sum"}}})
}

// bombZip is some kilobytes that unpack to a thousand times as much, and
// perhaps say that they do not.
func bombZip(lies bool) func(testing.TB) string {
	return func(t testing.TB) string { return zipOfZeros(t, lies) }
}

func zipOfZeros(t testing.TB, lies bool) string {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	f, err := w.Create("a.csv")
	if err != nil {
		t.Fatal(err)
	}
	zeros(t, f)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b := out.Bytes()
	if lies {
		binary.LittleEndian.PutUint32(b[bytes.Index(b, []byte("PK\x01\x02"))+24:], 1000)
	}
	return string(b)
}

// zeros writes a table of nothing but zeros, far larger than it is packed.
func zeros(t testing.TB, w io.Writer) {
	part := []byte(strings.Repeat("0\n", 1<<20))
	for range 160 {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
}

func bombGzip(t testing.TB) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	zeros(t, w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// overlapping has two entries that share their bytes.
func overlapping(t testing.TB) string {
	b := []byte(packed(t, map[string]string{"a.csv": "a\n1\n", "b.csv": "a\n1\n"}))
	first := bytes.Index(b, []byte("PK\x01\x02"))
	second := first + 4 + bytes.Index(b[first+4:], []byte("PK\x01\x02"))
	copy(b[second+42:second+46], b[first+42:first+46])
	return string(b)
}

func manyEntries(t testing.TB) string {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := range 20_000 {
		if _, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i, ".csv")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func nestedZip(t testing.TB) string {
	s := "a\n1\n"
	name := "a.csv"
	for range 20 {
		s = packed(t, map[string]string{name: s})
		name = "a.zip"
	}
	return s
}

// zip64 says that its one entry is 2^63 bytes long.
func zip64(t testing.TB) string {
	b := []byte(packed(t, map[string]string{"a.csv": "a\n1\n"}))
	dir := bytes.Index(b, []byte("PK\x01\x02"))
	end := bytes.Index(b, []byte("PK\x05\x06"))
	entry := bytes.Clone(b[dir:end])
	binary.LittleEndian.PutUint32(entry[20:], 0xFFFFFFFF)
	binary.LittleEndian.PutUint32(entry[24:], 0xFFFFFFFF)
	extra := binary.LittleEndian.AppendUint16(nil, 1)
	extra = binary.LittleEndian.AppendUint16(extra, 16)
	extra = binary.LittleEndian.AppendUint64(extra, 1<<63)
	extra = binary.LittleEndian.AppendUint64(extra, 1<<63)
	binary.LittleEndian.PutUint16(entry[30:], uint16(len(extra)))
	tail := bytes.Clone(b[end:])
	binary.LittleEndian.PutUint32(tail[12:], uint32(len(entry)+len(extra)))
	return string(b[:dir]) + string(entry) + string(extra) + string(tail)
}

func locked(t testing.TB) string { return locks(packed(t, map[string]string{"a.csv": "a\n1\n"})) }

// locks says of an archive of one entry that it has a password.
func locks(archive string) string {
	b := []byte(archive)
	for _, sign := range []string{"PK\x03\x04", "PK\x01\x02"} {
		at := bytes.Index(b, []byte(sign))
		b[at+map[string]int{"PK\x03\x04": 6, "PK\x01\x02": 8}[sign]] |= 1
	}
	return string(b)
}

// photo is the beginning of a picture by a camera.
func photo(placed bool) string {
	return "\xff\xd8\xff\xe1\x00\x40" + details("Exif\x00\x00", binary.LittleEndian, placed) + strings.Repeat("\x00", 100)
}

// details are a TIFF with one entry in its directory: where the picture was
// taken, or by what.
func details(mark string, order binary.AppendByteOrder, placed bool) string {
	b := []byte(mark + "II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte(mark + "MM\x00*")
	}
	tag := uint16(0x0110) // Model
	if placed {
		tag = 0x8825 // GPSInfo
	}
	b = order.AppendUint16(order.AppendUint32(b, 8), 1)
	b = order.AppendUint16(order.AppendUint16(b, tag), 4)
	return string(order.AppendUint32(order.AppendUint32(b, 1), 26))
}

// forgedParquet says that it has many more rows than it has.
func forgedParquet(t testing.TB) string {
	type row struct{ A string }
	b := []byte(parquetOf(t, row{"x"}, row{"y"}))
	footer := b[len(b)-8-int(binary.LittleEndian.Uint32(b[len(b)-8:])):]
	// num_rows of the file and of its row group, and num_values of the column, as
	// zigzag varints of one byte: 4 is 2
	n := 0
	for i, c := range footer {
		if c == 4 && i > 0 && footer[i-1] == 0x16 { // field of type i64, one number on
			footer[i] = 0x7E
			n++
		}
	}
	if n == 0 {
		t.Fatal("nothing was forged")
	}
	return string(b)
}

// hugePage has a page that says it unpacks to two gigabytes.
func hugePage(t testing.TB) string {
	type row struct{ A string }
	b := []byte(parquetOf(t, row{"x"}, row{"y"}))
	// the page header begins after the magic: type, then uncompressed_page_size
	at := bytes.Index(b, []byte{0x15})
	next := at + 2
	if b[next] != 0x15 {
		t.Fatalf("the page header is not where it was: % x", b[:16])
	}
	forged := binary.AppendUvarint(nil, uint64(0x7FFFFFFF)<<1)
	return string(b[:next+1]) + string(forged) + string(b[next+2:])
}

// Every bad file has its verdict, which a limited child gives in bounded time
// and memory of ours.
func TestBadFiles(t *testing.T) {
	counts := map[string]int{}
	for _, c := range bad {
		t.Run(c.id, func(t *testing.T) {
			content := c.content(t)
			file := onDisk(t, content)
			content = ""
			runtime.GC()
			began := time.Now()
			r, err := ingest.Run(t.Context(), ingest.Input{File: file, Name: c.name}, folder(t), nil)
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it took %s", took)
			}
			got, said := verdict(r, err)
			if got != c.verdict || !strings.Contains(said, c.says) {
				t.Errorf("%s: %s (%v), want %s: %s", got, said, err, c.verdict, c.says)
			}
			counts[got]++
		})
	}
	t.Logf("%d bad files: %v", len(bad), counts)
}

// verdict is what became of a file and what was said of it.
func verdict(r *ingest.Report, err error) (string, string) {
	if err != nil {
		if k := fault.KindOf(err); k != fault.Invalid && k != fault.TooLarge {
			return "an error of ours", err.Error()
		}
		return refused, fault.Of(err).Text()
	}
	var said []string
	for _, f := range r.Findings {
		said = append(said, f.Note.Text())
	}
	if len(said) > 0 {
		return found, strings.Join(said, "|")
	}
	for _, n := range r.Notes {
		said = append(said, n.Text())
	}
	for _, t := range r.Tables {
		for _, n := range t.Notes {
			said = append(said, n.Text())
		}
		for _, m := range t.Misfits {
			said = append(said, m.Reason.Text())
		}
	}
	if len(said) > 0 {
		return noted, strings.Join(said, "|")
	}
	for _, t := range r.Tables {
		for _, c := range t.Columns {
			said = append(said, string(c.Type))
		}
	}
	return read_, strings.Join(said, "|")
}

// What the parent does with a hostile file costs it nothing: its memory stays
// where it was.
func TestABombCostsTheParentNothing(t *testing.T) {
	file := onDisk(t, bombGzip(t))
	grown := peak(func(look func()) {
		_, err := ingest.Run(t.Context(), ingest.Input{File: file, Name: "a.csv.gz"}, folder(t), func(ingest.Progress) { look() })
		look()
		if err == nil {
			t.Error("it is read")
		}
	})
	if grown > 50<<20 {
		t.Errorf("%d MiB more", grown>>20)
	}
}

// CSV as it comes, and what is in it.
func TestTorturedCSV(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"quotes within quotes":           {"a,b\n\"x\"\"y\",\"\"\"\"\n", "a|b\nx\"y|\""},
		"empty in quotes":                {"a,b\n\"\",\n", "a|b\n|"},
		"a separator in quotes":          {"a,b\n\"1,2\",3\n", "a|b\n1,2|3"},
		"a line end in quotes":           {"a,b\n\"1\n2\",3\n", "a|b\n1\n2|3"},
		"CRLF in quotes becomes LF":      {"a,b\r\n\"1\r\n2\",3\r\n", "a|b\n1\n2|3"},
		"blank lines between":            {"a\n\n1\n\n\n2\n", "a\n1\n2"},
		"no line end at the end":         {"a,b\n1,2", "a|b\n1|2"},
		"a quote at the very end":        {"a,b\n1,\"2\"", "a|b\n1|2"},
		"blanks are kept":                {"a,b\n 1 ,  \n", "a|b\n 1 |  "},
		"wide blanks are kept":           {"a\n\u3000甲\u3000\n", "a\n\u3000甲\u3000"},
		"a blank before a quote":         {"a,b\n 1,2\n", "a|b\n 1|2"},
		"semicolons":                     {"a;b\n1,5;2\n", "a|b\n1,5|2"},
		"bars":                           {"a|b\n1|2\n", "a|b\n1|2"},
		"a separator quoted in the head": {"\"a;b\",c\n1,2\n", "a;b|c\n1|2"},
		"a BOM before a quote":           {"\uFEFF\"a\",b\n1,2\n", "a|b\n1|2"},
		"one column":                     {"a\n1\n2\n", "a\n1\n2"},
		"one column, quoted emptiness":   {"a\n\"\"\n1\n", "a\n\n1"},
		"a formula is a text":            {"a\n=1+1\n@x\n", "a\n=1+1\n@x"},
		"markup is a text":               {"a\n<script>alert(1)</script>\n", "a\n<script>alert(1)</script>"},
		"zero width and bidi marks stay": {"a\n1\u200b2\u202e3\n", "a\n1\u200b2\u202e3"},
		"emoji and rare characters":      {"a\n👨‍👩‍👧𠮷𪚥\n", "a\n👨‍👩‍👧𠮷𪚥"},
		"a replacement character stays":  {"a\nx\uFFFDy\n", "a\nx\uFFFDy"},
		"many columns":                   {strings.TrimSuffix(strings.Repeat("a1,", 1), ",") + "," + "b\n1,2\n", "a1|b\n1|2"},
		"very long numbers":              {"a\n" + strings.Repeat("9", 400) + "\n", "a\n" + strings.Repeat("9", 400)},
		"every kind of missing":          {"a,b\nNA,\nnull,\"\"\nN/A,-\n", "a|b\nNA|\nnull|\nN/A|-"},
		"numbers of all kinds":           {"a\n1\n-0\n+5\n.5\n5.\n1e3\n007\n1,5e\n\"1,234\"\n12.50\n1_000\n０\n∞\n", "a\n1\n-0\n+5\n.5\n5.\n1e3\n007\n1,5e\n1,234\n12.50\n1_000\n０\n∞"},
		"days of all kinds":              {"a\n2020-01-31\n2020/1/31\n2020年1月31日\n20200131\n31/01/2020\n2020-13-01\n2020-1-31 9:05\n", "a\n2020-01-31\n2020/1/31\n2020年1月31日\n20200131\n31/01/2020\n2020-13-01\n2020-1-31 9:05"},
		"truth of all kinds":             {"a\ntrue\n否\nTRUE\n0\n", "a\ntrue\n否\nTRUE\n0"},
	} {
		for _, typ := range []ingest.Type{"", ingest.Text, ingest.Integer, ingest.Decimal, ingest.Date, ingest.DateTime, ingest.YearMonth, ingest.Boolean, ingest.Point, ingest.Array, ingest.Object} {
			opt := ingest.Options{}
			if typ != "" {
				opt.Types = []map[string]ingest.Type{{"a": typ, "b": typ}}
			}
			if typ != "" && !strings.Contains(name, "kind") { // the rest is about how it is cut
				continue
			}
			content := c.content
			if name == "numbers of all kinds" {
				content = strings.Replace(content, "1,5e", "\"1,5e\"", 1)
			}
			dir := folder(t)
			r, err := ingest.Run(t.Context(), ingest.Input{File: onDisk(t, content), Name: "a.csv", Options: opt}, dir, nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			f, err := r.Tables[0].OpenTable(dir)
			if err != nil {
				t.Fatal(err)
			}
			var rows [][]string
			if err := ingest.Rows(t.Context(), f, func(row []string) error { rows = append(rows, append([]string{}, row...)); return nil }); err != nil {
				t.Error(err)
			}
			f.Close()
			if got := rowsOf(rows); got != c.want {
				t.Errorf("%s as %q: %q, want %q", name, typ, got, c.want)
			}
		}
	}
}
