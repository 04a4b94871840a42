package ingest_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/fault"
)

const goodPDF = "%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"

// goodJPEG has one segment, a picture, and what a phone writes behind it.
const goodJPEG = "\xFF\xD8\xFF\xE0\x00\x04ab\xFF\xDA\x00\x02data\xFF\xD9"

func png(chunks ...string) string {
	out := "\x89PNG\r\n\x1a\n"
	for _, c := range append(chunks, "IEND") {
		out += string(binary.BigEndian.AppendUint32(nil, uint32(len(c)-4))) + c + string(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(c))))
	}
	return out
}

// office is a document with the parts that make it one, and more.
func office(main string, more ...string) func(testing.TB) string {
	return func(t testing.TB) string {
		parts := map[string]string{"[Content_Types].xml": "<Types/>", "_rels/.rels": "<Relationships/>", main: "<document/>"}
		for i := 0; i+1 < len(more); i += 2 {
			parts[more[i]] = more[i+1]
		}
		return packed(t, parts)
	}
}

// objStm is a PDF whose objects are packed.
func objStm(t testing.TB, objects string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write([]byte(objects)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return "%PDF-1.5\n1 0 obj <</Type/ObjStm/N 1/First 4/Filter/FlateDecode>> stream\r\n" + b.String() + "\nendstream endobj\n%%EOF\n"
}

// What is handed in with a case is what its bytes are, whatever it is called;
// what does more than show something, or is two things at once, is refused with
// the reason.
func TestAttachments(t *testing.T) {
	bomb := func(t testing.TB) string {
		return packed(t, map[string]string{"word/document.xml": strings.Repeat("0", 257<<20)})
	}
	for _, c := range []struct {
		id      string
		content func(testing.TB) string
		is      string // ending; empty: refused
		says    string
	}{
		{"pdf", is(goodPDF), ".pdf", ""},
		{"packed pdf", func(t testing.TB) string { return objStm(t, "1 0 <</Title(a)>>") }, ".pdf", ""},
		{"jpg", is(goodJPEG), ".jpg", ""},
		{"jpg of a phone", is(goodJPEG + "MotionPhoto_Data"), ".jpg", ""},
		{"P09 jpg that names its place", is("\xFF\xD8\xFF\xE1\x00\x22Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x25\x88\x04\x00\x01\x00\x00\x00\x1A\x00\x00\x00\x00\x00\x00\x00" + goodJPEG[8:]), ".jpg", ""},
		{"png", is(png("IHDRxxxx", "IDATdata")), ".png", ""},
		{"docx", office("word/document.xml", "word/_rels/document.xml.rels", `<Relationships><Relationship Id="1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="https://a.example" TargetMode="External"/></Relationships>`), ".docx", ""},
		{"xlsx without a table", func(t testing.TB) string { return xlsx(t, "", nil) }, ".xlsx", ""},
		{"pptx", office("ppt/presentation.xml"), ".pptx", ""},
		{"ofd", office("OFD.xml"), ".ofd", ""},

		{"U01 page", is("<!DOCTYPE html>\n<script>alert(1)</script>"), "", "只收 PDF"},
		{"U02 picture and page", is(png("IHDRxxxx", "tEXt<script>alert(1)</script>")), "", "同时是两种格式"},
		{"U04 svg", is(`<svg onload="alert(1)"/>`), "", "只收 PDF"},
		{"U07 script in a pdf", is("%PDF-1.4\n/JavaScript (app.alert(1))\n%%EOF\n"), "", "PDF 里有脚本"},
		{"U07 its name in codes", is("%PDF-1.4\n/J#61vaScript (app.alert(1))\n%%EOF\n"), "", "PDF 里有脚本"},
		{"U07 packed", func(t testing.TB) string { return objStm(t, "1 0 <</S/JavaScript/JS(app.alert(1))>>") }, "", "PDF 里有脚本"},
		{"U07 launch", is("%PDF-1.4\n/Launch (cmd.exe)\n%%EOF\n"), "", "打开其他程序"},
		{"U07 a file within", is("%PDF-1.4\n/EmbeddedFile\n%%EOF\n"), "", "嵌有其他文件"},
		{"U07 password", is("%PDF-1.4\n/Encrypt 1 0 R\n%%EOF\n"), "", "有密码"},
		{"U08 gif and script", is("GIF89a/*=1;alert(1)"), "", "只收 PDF"},
		{"U08 pdf and zip", func(t testing.TB) string { return goodPDF + packed(t, map[string]string{"a.exe": "MZ"}) }, "", "同时是两种格式"},
		{"U08 jpg and zip", func(t testing.TB) string { return goodJPEG + packed(t, map[string]string{"a.exe": "MZ"}) }, "", "同时是两种格式"},
		{"U08 jpg and pdf", is(goodJPEG + goodPDF), "", "同时是两种格式"},
		{"U08 docx and xlsx", office("word/document.xml", "xl/workbook.xml", "<workbook/>"), "", "同时是两种格式"},
		{"U13 bomb", bomb, "", "解开后太大"},
		{"U14 overlapping", func(t testing.TB) string {
			b := []byte(office("word/document.xml")(t))
			first := bytes.Index(b, []byte("PK\x01\x02"))
			second := first + 4 + bytes.Index(b[first+4:], []byte("PK\x01\x02"))
			copy(b[second+42:second+46], b[first+42:first+46])
			return string(b)
		}, "", "不是完好的文档"},
		{"U15 too many parts", manyEntries, "", "太多"},
		{"U16 archive within", office("word/document.xml", "word/a.zip", "PK"), "", "嵌有其他文件"},
		{"U19 zip64", zip64, "", "只收 PDF"},
		{"U20 entities", office("word/document.xml", "word/a.xml", `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>`), "", "XML 里有 DTD"},
		{"U21 template from elsewhere", office("word/document.xml", "word/_rels/settings.xml.rels", `<Relationships><Relationship Id="1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="http://127.0.0.1/x" TargetMode="External"/></Relationships>`), "", "要从别处取内容"},
		{"U29 old or locked workbook", is("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\xff", 4096)), "", "有密码，或是旧格式"},
		{"U44 macros", office("word/document.xml", "word/vbaProject.bin", "x"), "", "文件里有宏"},
		{"U44 embedded", office("word/document.xml", "word/embeddings/oleObject1.bin", "x"), "", "嵌有其他文件"},
		{"U47 empty", is(""), "", "文件是空的"},
		{"U47 cut off", is(goodJPEG[:12]), "", "文件不完整"},
		{"U47 png cut off", is(png("IHDRxxxx")[:20]), "", "文件不完整"},
		{"U74 database", is("SQLite format 3\x00"), "", "只收 PDF"},
		{"U79 virus", is(eicar), "", "病毒"},
		{"U79 virus in a document", office("word/document.xml", "word/media/a.bin", eicar), "", "病毒"},
		{"U80 zip of something else", func(t testing.TB) string { return packed(t, map[string]string{"a.txt": "a"}) }, "", "只收 PDF"},
		{"U80 password", func(t testing.TB) string {
			b := []byte(office("word/document.xml")(t))
			at := bytes.Index(b, []byte("PK\x01\x02"))
			b[at+8] |= 1
			return string(b)
		}, "", "有密码"},
		{"program", is("MZ\x90\x00"), "", "只收 PDF"},
	} {
		t.Run(c.id, func(t *testing.T) {
			got, err := ingest.Attachment(t.Context(), onDisk(t, c.content(t)))
			if c.is != "" {
				if err != nil || got.Suffix != c.is || got.Media == "" {
					t.Errorf("%+v, %v", got, err)
				}
				return
			}
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Of(err).Text(), c.says) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}
