package verify_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go/format"
	"github.com/xuri/excelize/v2"

	"shuyuan/datasets/rows"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/stamptest"
	"shuyuan/marketplace/provenance/verify"
)

// cases is a table with an empty cell of each type, and with places.
func cases(t *testing.T) sealed {
	t.Helper()
	return seal(t, stamptest.Table(t, `SELECT '城市' || i AS c0, CASE WHEN i <> 3 THEN i * 100 + 7 END AS c1, CASE WHEN i <> 4 THEN i * 0.5 END::DOUBLE AS c2, CASE WHEN i <> 5 THEN i % 2 = 0 END AS c3,
		DATE '2026-01-01' + i::INT AS c4, (119 + i / 10.0)::DOUBLE AS c5, 26.0::DOUBLE AS c6 FROM range(10) t(i)`, rows.Schema{
		{Name: "name", Type: rows.Text, Store: "c0"}, {Name: "cases", Type: rows.Integer, Store: "c1"}, {Name: "value", Type: rows.Decimal, Store: "c2"}, {Name: "ok", Type: rows.Boolean, Store: "c3"},
		{Name: "day", Type: rows.Date, Store: "c4"}, {Name: "longitude", Type: rows.Decimal, Store: "c5"}, {Name: "latitude", Type: rows.Decimal, Store: "c6"},
	}, 10))
}

// forgery is a genuine file in which something was changed.
type forgery struct {
	what string
	b    []byte
}

// refused fails for each file that passes for genuine.
func refused(t *testing.T, s sealed, all []forgery) {
	t.Helper()
	for _, f := range all {
		if r := check(t, f.b, s.options()); r.Verdict == verify.Valid || r.Verdict == verify.Lapsed {
			t.Errorf("%s: %s", f.what, r.Verdict)
		}
	}
}

// What other programs read of the JSON around the rows is what is signed: no name in
// another case, none twice, none that is unknown.
func TestJSONIsReadInOneWay(t *testing.T) {
	s := cases(t)
	js, geo, nd1, csv, xlsx, pq := s.file(t, stamp.JSON), s.file(t, stamp.GeoJSON), s.file(t, stamp.NDJSON1), s.file(t, stamp.CSV), s.file(t, stamp.XLSX), s.file(t, stamp.Parquet)
	twoTexts, twoPayloads := `"text":["数据来源：市统计局；获取日期：2020-01-01"],"Text":`, `"payload":"e30=","Payload":"`
	var sources string
	metadata(t, pq, func(kv [][2]string) [][2]string {
		for _, one := range kv {
			if one[0] == "pd.sources" {
				sources = one[1]
			}
		}
		return kv
	})
	var all []forgery
	for name, b := range map[string][]byte{"JSON": js, "GeoJSON": geo, "NDJSON": nd1} {
		all = append(all,
			forgery{name + ", text and Text", replaced(t, b, `"text":`, twoTexts)},
			forgery{name + ", sources and Sources", replaced(t, b, `"sources":[`, `"sources":[{"department":"市统计局","acquired":"2020-01-01"}],"Sources":[`)},
			forgery{name + ", a member more in the notice", replaced(t, b, `"_provenance":{`, `"_provenance":{"source":"市统计局",`)},
			forgery{name + ", a member more in a source", replaced(t, b, `"department":`, `"organisation":"市统计局","department":`)},
			forgery{name + ", the number of the subject in another way", replaced(t, b, `"subject":0`, `"subject":null`)},
			forgery{name + ", payload and Payload", replaced(t, b, `"payload":"`, twoPayloads)},
			forgery{name + ", a member more in the envelope", replaced(t, b, `"payloadType":`, `"note":"x","payloadType":`)},
			forgery{name + ", a member more in a signature", replaced(t, b, `"keyid":`, `"by":"市统计局","keyid":`)},
			forgery{name + ", Envelope beside envelope", replaced(t, b, `"envelope":`, `"Envelope":{},"envelope":`)},
		)
	}
	all = append(all,
		forgery{"CSV, payload and Payload", in(t, csv, "stamp.dsse.json", `"payload":"`, twoPayloads)},
		forgery{"CSV, payload twice", in(t, csv, "stamp.dsse.json", `"payload":"`, `"payload":"e30=","payload":"`)},
		forgery{"XLSX, text and Text", in(t, xlsx, "docProps/custom.xml", escape(`"text":`), escape(twoTexts))},
		forgery{"XLSX, payload and Payload", in(t, xlsx, "docProps/custom.xml", escape(`"payload":"`), escape(twoPayloads))},
		forgery{"Parquet, text and Text", metadata(t, pq, set("pd.sources", strings.Replace(sources, `"text":`, twoTexts, 1)))},
		forgery{"Parquet, text twice", metadata(t, pq, set("pd.sources", strings.Replace(sources, `"text":`, `"text":[],"text":`, 1)))},
		forgery{"Parquet, a member more", metadata(t, pq, set("pd.sources", strings.Replace(sources, `{`, `{"source":"市统计局",`, 1)))},
	)
	refused(t, s, all)
}

// An object has the members that we write, and no other that somebody else may read.
func TestMembersBesideTheRows(t *testing.T) {
	s := cases(t)
	js, geo, nd1 := s.file(t, stamp.JSON), s.file(t, stamp.GeoJSON), s.file(t, stamp.NDJSON1)
	refused(t, s, []forgery{
		{"JSON, rows", replaced(t, js, `"data":[`, `"rows":[{"name":"x","cases":1}],"data":[`)},
		{"JSON, Data", replaced(t, js, `"data":[`, `"Data":[{"name":"x","cases":1}],"data":[`)},
		{"JSON, features", replaced(t, js, `"data":[`, `"type":"FeatureCollection","features":[],"data":[`)},
		{"JSON, a source", replaced(t, js, `"data":[`, `"数据来源":"市统计局","data":[`)},
		{"JSON, data twice by an escape", replaced(t, js, `"data":[`, `"d\u0061ta":[],"data":[`)},
		{"GeoJSON, crs", replaced(t, geo, `"features":[`, `"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}},"features":[`)},
		{"GeoJSON, bbox", replaced(t, geo, `"features":[`, `"bbox":[0,0,1,1],"features":[`)},
		{"GeoJSON, data", replaced(t, geo, `"features":[`, `"data":[{"name":"x"}],"features":[`)},
		{"GeoJSON, a feature", replaced(t, geo, `"type":"FeatureCollection"`, `"type":"Feature","geometry":{"type":"Point","coordinates":[0,0]},"properties":{"x":1}`)},
		{"GeoJSON, the type of something else", replaced(t, geo, `"type":"FeatureCollection"`, `"type":"Topology"`)},
		{"GeoJSON, the type in an object", replaced(t, geo, `"type":"FeatureCollection"`, `"type":{"is":"FeatureCollection"}`)},
		{"GeoJSON, no type", replaced(t, geo, `"type":"FeatureCollection",`, ``)},
		{"GeoJSON, an elevation", replaced(t, geo, "[119.8,26]", "[119.8,26,5]")},
		{"GeoJSON, two geometries", replaced(t, geo, `"geometry":`, `"geometry":{"type":"Point","coordinates":[1,1]},"geometry":`)},
		{"NDJSON, a member beside the stamp", replaced(t, nd1, `{"_provenance":`, `{"来源":"市统计局","_provenance":`)},
		{"NDJSON, two stamps", append(bytes.Clone(nd1[:bytes.IndexByte(nd1, '\n')+1]), nd1...)},
	})
	for _, f := range []forgery{{"JSON, bare, with rows of others", replaced(t, js, `"_provenance"`, `"rows":[{"cases":1}],"x"`)}, {"GeoJSON, bare, in other coordinates", replaced(t, geo, `"_provenance"`, `"crs":{},"x"`)}} {
		verdict(t, f.what, check(t, f.b, s.options()), verify.Unknown, verify.NotOurs)
	}
}

// Where nothing was, nothing is: no format has another way to write it.
func TestNothingIsNoInfinity(t *testing.T) {
	s := cases(t)
	var all []forgery
	for _, text := range []string{"inf", "-inf", "nan", "-nan"} {
		all = append(all,
			forgery{"CSV, " + text, in(t, s.file(t, stamp.CSV), "data.csv", "城市4,407,,", "城市4,407,"+text+",")},
			forgery{"JSON, " + text, replaced(t, s.file(t, stamp.JSON), `"value":null`, `"value":"`+text+`"`)},
			forgery{"GeoJSON, " + text, replaced(t, s.file(t, stamp.GeoJSON), `"value":null`, `"value":"`+text+`"`)},
			forgery{"NDJSON, " + text, in(t, s.file(t, stamp.NDJSON), "data.ndjson", `"value":null`, `"value":"`+text+`"`)},
			forgery{"XLSX, " + text, in(t, s.file(t, stamp.XLSX), "xl/worksheets/sheet2.xml", `<c r="D6"`, `<c r="C6" s="4" t="inlineStr"><is><t xml:space="preserve">`+text+`</t></is></c><c r="D6"`)},
		)
		all = append(all, forgery{"Parquet, " + text, rewritten(t, s.file(t, stamp.Parquet), "SELECT * REPLACE (coalesce(value, '"+text+"'::DOUBLE) AS value)")})
	}
	refused(t, s, append(all,
		forgery{"JSON, a text without a character", replaced(t, s.file(t, stamp.JSON), `"value":null`, `"value":""`)},
		forgery{"GeoJSON, a text without a character", replaced(t, s.file(t, stamp.GeoJSON), `"value":null`, `"value":""`)},
	))
}

// A table that has infinities is sealed without them, in every format.
func TestATableWithInfinities(t *testing.T) {
	s := seal(t, stamptest.Table(t, `SELECT i AS c0, (CASE i WHEN 1 THEN 'inf' WHEN 2 THEN '-inf' WHEN 3 THEN 'nan' WHEN 4 THEN '-nan' ELSE '0.25' END)::DOUBLE AS c1, (119 + i)::DOUBLE AS c2,
		(CASE i WHEN 5 THEN 'inf' ELSE '26' END)::DOUBLE AS c3, (i / 8.0)::DECIMAL(18,3) AS c4 FROM range(8) t(i)`,
		rows.Schema{{Name: "n", Type: rows.Integer, Store: "c0"}, {Name: "值", Type: rows.Decimal, Store: "c1"}, {Name: "经度", Type: rows.Decimal, Store: "c2"}, {Name: "纬度", Type: rows.Decimal, Store: "c3"}, {Name: "d", Type: rows.Decimal, Store: "c4"}}, 8))
	for _, f := range forms {
		verdict(t, string(f), check(t, s.file(t, f), s.options()), verify.Valid)
	}
	if b := s.file(t, stamp.JSON); !bytes.Contains(b, []byte(`{"n":3,"值":null,`)) {
		t.Errorf("%s", b)
	}
}

// rewritten is a Parquet file as DuckDB writes it anew by a question, with the stamp.
func rewritten(t *testing.T, b []byte, ask string) []byte {
	t.Helper()
	var kv [][2]string
	metadata(t, b, func(all [][2]string) [][2]string { kv = all; return all })
	out := stamptest.SQL(t, "COPY ("+ask+" FROM '{dir}/in.parquet') TO '{dir}/out.parquet' (FORMAT parquet, COMPRESSION zstd)", map[string][]byte{"in.parquet": b}, "out.parquet")
	return metadata(t, out, func([][2]string) [][2]string { return kv })
}

// A workbook shows what its cells hold, and nothing else: one that another program has
// saved is not ours.
func TestWorkbooksAreOurs(t *testing.T) {
	s := cases(t)
	x := s.file(t, stamp.XLSX)
	const data, page, styles, ignorable = "xl/worksheets/sheet2.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", `<worksheet xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:z="urn:z" mc:Ignorable="z" `
	sheet := func(from, to string) []byte { return in(t, x, data, from, to) }
	part := func(name, text string) []byte {
		return rezip(t, x, keep, zip.FileHeader{Name: name, Comment: text})
	}
	row := func(change func(string) string) []byte {
		return rezip(t, x, func(name string, b []byte) []byte {
			if name != data {
				return b
			}
			text := string(b)
			from := strings.Index(text, `<row r="10">`)
			to := from + strings.Index(text[from:], "</row>") + len("</row>")
			return []byte(text[:from] + change(text[from:to]) + text[to:])
		})
	}
	all := []forgery{
		{"a value changed", sheet("<v>807</v>", "<v>808</v>")},
		{"a row of another name space", in(t, row(func(r string) string { return "<z:row" + strings.TrimSuffix(r[4:], "</row>") + "</z:row>" }), data, "<worksheet ", ignorable)},
		{"names of other name spaces at a cell", in(t, sheet(`<c r="B10"><v>807`, `<c z:r="C10" r="B10"><v>807`), data, "<worksheet ", ignorable)},
		{"rows beside the rows", in(t, row(func(string) string { return "" }), data, "</sheetData>", `</sheetData><extLst><ext uri="x"><row r="10"></row></ext></extLst>`)},
		{"two v in a cell", sheet("<v>807</v>", "<v>80</v><v>7</v>")},
		{"a v in parts", sheet("<v>807</v>", "<v>80<!-- -->7</v>")},
		{"a v in CDATA", sheet("<v>807</v>", "<v><![CDATA[807]]></v>")},
		{"a number in hexadecimal", sheet("<v>807</v>", "<v>0x327</v>")},
		{"a number by its code", sheet("<v>807</v>", "<v>&#56;07</v>")},
		{"a text in a cell of a number", sheet(`<c r="B10"><v>807</v></c>`, `<c r="B10" t="n"><is><t>807</t></is></c>`)},
		{"two is in a cell", sheet("城市8</t></is>", "北京</t></is><is><t>城市8</t></is>")},
		{"a v beside a text", sheet(`<is><t xml:space="preserve">城市8`, `<v>北京</v><is><t xml:space="preserve">城市8`)},
		{"a text in runs", sheet(`<is><t xml:space="preserve">城市8`, `<is><r><rPr><sz val="1"/></rPr><t>城市</t></r><t xml:space="preserve">8`)},
		{"a text with an escape of a letter", sheet("城市8</t>", "城市_x0038_</t>")},
		{"a formula", sheet("<v>807</v>", "<f>1+1</f><v>807</v>")},
		{"a truth in words", sheet(`<c r="D10" t="b"><v>1</v>`, `<c r="D10" t="b"><v>true</v>`)},
		{"a truth of 2", sheet(`<c r="E7" s="2">`, `<c r="D7" t="b"><v>2</v></c><c r="E7" s="2">`)},
		{"a truth without a value", sheet(`<c r="E7" s="2">`, `<c r="D7" t="b"><v></v></c><c r="E7" s="2">`)},
		{"a truth in a column of texts", sheet(`<c r="A10" s="4" t="inlineStr"><is><t xml:space="preserve">城市8</t></is></c>`, `<c r="A10" t="b"><v>1</v></c>`)},
		{"a day shown as a number", sheet(`<c r="E10" s="2">`, `<c r="E10">`)},
		{"a number shown as a day", sheet(`<c r="B10"><v>807`, `<c r="B10" s="2"><v>807`)},
		{"a number of another format", sheet(`<c r="B10"><v>807`, `<c r="B10" s="5"><v>807`)},
		{"a cell that says nothing of its place", sheet(`<c r="B10">`, `<c>`)},
		{"a cell of another row", sheet(`<c r="B10">`, `<c r="B11">`)},
		{"cells out of order", sheet(`<c r="B10"><v>807</v></c><c r="C10"><v>4</v></c>`, `<c r="C10"><v>4</v></c><c r="B10"><v>807</v></c>`)},
		{"rows with a gap", row(func(string) string { return "" })},
		{"a format that shows another number", in(t, x, styles, `formatCode="yyyy\-mm\-dd"`, `formatCode="&quot;2020-01-01&quot;"`)},
		{"a format that shows another source", in(t, x, styles, `numFmtId="49" fontId="0"`, `numFmtId="165" fontId="0"`)},
		{"all rows hidden", sheet("<cols>", `<sheetFormatPr defaultRowHeight="15" zeroHeight="1"/><cols>`)},
		{"a column of no width", sheet(`width="12"`, `width="0.0"`)},
		{"a column of width 0", sheet(`width="12"`, `width="00"`)},
		{"a pane that hides rows", sheet(`topLeftCell="A2"`, `topLeftCell="A9"`)},
		{"a conditional format", sheet("</sheetData>", `</sheetData><conditionalFormatting sqref="B2:B11"><cfRule type="expression" dxfId="0" priority="1"><formula>TRUE</formula></cfRule></conditionalFormatting>`)},
		{"a filter", sheet("</sheetData>", `</sheetData><autoFilter ref="A1:G11"/>`)},
		{"a drawing", in(t, part("xl/drawings/drawing1.xml", "<x/>"), data, "</sheetData>", `</sheetData><drawing r:id="rId1"/>`)},
		{"another foot", sheet("省交通运输厅", "省统计局")},
		{"no foot", rezip(t, x, func(name string, b []byte) []byte {
			if from := bytes.Index(b, []byte("<headerFooter>")); name == page && from > 0 {
				return append(bytes.Clone(b[:from]), "</worksheet>"...)
			}
			return b
		})},
		{"macros", part("xl/vbaProject.bin", "x")},
		{"a link outwards", part("xl/externalLinks/externalLink1.xml", "<x/>")},
		{"relations of a sheet", part("xl/worksheets/_rels/sheet2.xml.rels", "<Relationships/>")},
		{"shared texts", part("xl/sharedStrings.xml", "<sst/>")},
		{"another workbook by the relations", in(t, part("xl/book2.xml", "<x/>"), "_rels/.rels", "xl/workbook.xml", "xl/book2.xml")},
		{"another type", in(t, x, "[Content_Types].xml", "sheet.main+xml", "template.main+xml")},
		{"another sheet by the relations", in(t, x, "xl/_rels/workbook.xml.rels", "worksheets/sheet2.xml", "worksheets/sheet1.xml")},
		{"a property more", in(t, x, "docProps/custom.xml", "</Properties>", `<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="4" name="数据来源"><vt:lpwstr>市统计局</vt:lpwstr></property></Properties>`)},
		{"a property linked to a cell", in(t, x, "docProps/custom.xml", `name="pd.sources"`, `name="pd.sources" linkTarget="x"`)},
	}
	for _, height := range []string{`ht="0"`, `ht="0.0"`, `ht="0.01" customHeight="1"`, `hidden="1"`, `hidden="true"`, `collapsed="1"`, `s="1" customFormat="1"`} {
		all = append(all, forgery{"a row with " + height, sheet(`<row r="10">`, `<row r="10" `+height+`>`)})
	}
	refused(t, s, all)
	again := func() []byte {
		f, err := excelize.OpenReader(bytes.NewReader(x))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := f.Write(&out); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}()
	if r := check(t, again, s.options()); r.Verdict == verify.Valid || !slices.Contains(codes(r), verify.NotOurs) {
		t.Errorf("saved anew: %s %v", r.Verdict, codes(r))
	}
}

// An archive is the same whether it is read from its front or from its end.
func TestArchivesAreLaidOut(t *testing.T) {
	s := cases(t)
	csv := s.file(t, stamp.CSV)
	number := binary.LittleEndian
	local := func(b []byte) []byte { return b[:bytes.Index(b, []byte("PK\x01\x02"))] }
	forged := local(in(t, csv, "data.csv", "807", "999999"))
	end := len(csv) - 22
	directory := int(number.Uint32(csv[end+16:]))
	moved := func(b []byte, by int) []byte { // the directory, with all places in it
		b = bytes.Clone(b)
		for at := 0; string(b[at:at+4]) == "PK\x01\x02"; at += 46 + int(number.Uint16(b[at+28:])) + int(number.Uint16(b[at+30:])) {
			number.PutUint32(b[at+42:], number.Uint32(b[at+42:])+uint32(by))
		}
		number.PutUint32(b[len(b)-6:], number.Uint32(b[len(b)-6:])+uint32(by))
		return b
	}
	patched := func(at int, b string) []byte {
		out := bytes.Clone(csv)
		copy(out[at:], b)
		return out
	}
	behind := slices.Concat(csv[:directory], forged, csv[directory:])
	number.PutUint32(behind[len(behind)-6:], uint32(directory+len(forged)))
	descriptor := bytes.Index(csv, []byte("PK\x07\x08"))
	stored := func() []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		rezip(t, csv, func(name string, body []byte) []byte {
			w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
			if err != nil {
				t.Fatal(err)
			}
			w.Write(body) //nolint:errcheck // Close says
			return body
		})
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}()
	extra := func(body string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		rezip(t, csv, func(name string, text []byte) []byte {
			w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Extra: []byte(body)})
			if err != nil {
				t.Fatal(err)
			}
			w.Write(text) //nolint:errcheck // Close says
			return text
		})
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	refused(t, s, []forgery{
		{"files before the first", append(bytes.Clone(forged), csv...)},
		{"files before the first, places right", slices.Concat(forged, csv[:directory], moved(csv[directory:], len(forged)))},
		{"files that the directory does not have", behind},
		{"another name at the file", patched(30, "data.tsv")},
		{"a size at the file", patched(18, "\x01")},
		{"another way to pack at the file", patched(8, "\x00")},
		{"other flags at the file", patched(6, "\x00")},
		{"another time at the file", patched(10, "\x01")},
		{"another size after the data", patched(descriptor+12, "\x01")},
		{"another name after the data", patched(descriptor, "PK\x03\x04")},
		{"an entry less in the end", patched(end+8, "\x03")},
		{"another disk", patched(end+4, "\x01")},
		{"a comment", append(csv[:len(csv)-2:len(csv)-2], "\x05\x00hello"...)},
		{"a comment at a file", rezip(t, csv, keep, zip.FileHeader{Name: "x", Comment: "x"})},
		{"not packed", stored},
		{"a name in an extra field", extra("up\x09\x00\x01abcdabcd")},
		{"a name of another script without its flag", bytes.Replace(csv, []byte{0x08, 0x08, 0x08, 0x00}, []byte{0x08, 0x00, 0x08, 0x00}, 1)},
	})
	verdict(t, "as it was", check(t, csv, s.options()), verify.Valid)
	verdict(t, "packed anew", check(t, rezip(t, csv, keep), s.options()), verify.Unstamped) // known, and not as it was delivered
}

// A Parquet file says one thing of its columns, and nothing by which rows are skipped.
func TestParquetIsOurs(t *testing.T) {
	s := cases(t)
	pq := s.file(t, stamp.Parquet)
	foot := func(change func(*format.FileMetaData)) []byte { return footed(t, pq, change) }
	chunk := func(change func(c []format.ColumnChunk)) []byte {
		return foot(func(m *format.FileMetaData) { change(m.RowGroups[0].Columns) })
	}
	says := func(key, value string) []byte {
		return metadata(t, pq, func(kv [][2]string) [][2]string { return append(kv, [2]string{key, value}) })
	}
	refused(t, s, []forgery{
		{"a column of others' misfits", rewritten(t, pq, `SELECT name, cases, CASE WHEN cases IS NOT NULL THEN '999999' END AS "cases_raw 修正值", * EXCLUDE (name, cases)`)},
		{"misfits where there are values", rewritten(t, pq, "SELECT name, cases, '999999' AS cases_raw, * EXCLUDE (name, cases)")},
		{"a column more", rewritten(t, pq, "SELECT *, 1 AS x")},
		{"written anew by another program", rewritten(t, pq, "SELECT *")},
		{"a number changed", rewritten(t, pq, "SELECT * REPLACE (cases + 1 AS cases)")},
		{"fewer rows", foot(func(m *format.FileMetaData) { m.NumRows -= 4; m.RowGroups[0].NumRows -= 4 })},
		{"fewer rows of the file", foot(func(m *format.FileMetaData) { m.NumRows -= 4 })},
		{"fewer rows of the group", foot(func(m *format.FileMetaData) { m.RowGroups[0].NumRows -= 4 })},
		{"fewer values everywhere", foot(func(m *format.FileMetaData) {
			m.NumRows, m.RowGroups[0].NumRows = 6, 6
			for i := range m.RowGroups[0].Columns {
				m.RowGroups[0].Columns[i].MetaData.NumValues = 6
			}
		})},
		{"a group twice", foot(func(m *format.FileMetaData) { m.RowGroups = append(m.RowGroups, m.RowGroups[0]); m.NumRows *= 2 })},
		{"a column in another file", chunk(func(c []format.ColumnChunk) { c[1].FilePath = "other.parquet" })},
		{"columns by each other's names", chunk(func(c []format.ColumnChunk) {
			c[5].MetaData.PathInSchema, c[6].MetaData.PathInSchema = c[6].MetaData.PathInSchema, c[5].MetaData.PathInSchema
		})},
		{"columns in each other's places", chunk(func(c []format.ColumnChunk) { c[5].MetaData, c[6].MetaData = c[6].MetaData, c[5].MetaData })},
		{"statistics", chunk(func(c []format.ColumnChunk) {
			c[1].MetaData.Statistics = format.Statistics{MinValue: make([]byte, 8), MaxValue: make([]byte, 8)}
		})},
		{"a filter", chunk(func(c []format.ColumnChunk) {
			c[6].MetaData.BloomFilterOffset, c[6].MetaData.BloomFilterLength = 486, 47
		})},
		{"an index of pages", chunk(func(c []format.ColumnChunk) { c[1].OffsetIndexOffset, c[1].OffsetIndexLength = 486, 47 })},
		{"sorted, it says", foot(func(m *format.FileMetaData) {
			m.RowGroups[0].SortingColumns = []format.SortingColumn{{ColumnIdx: 1, Descending: true}}
		})},
		{"a column renamed", foot(func(m *format.FileMetaData) { m.Schema[2].Name = "value2" })},
		{"days that are other moments for some", foot(func(m *format.FileMetaData) {
			m.Schema[5].LogicalType = format.LogicalType{Value: &format.IntType{BitWidth: 32, IsSigned: true}}
		})},
		{"places on the map", says("geo", `{"version":"1.0.0","primary_column":"x","columns":{}}`)},
		{"an index of rows", says("pandas", `{"index_columns":["cases"],"columns":[],"column_indexes":[]}`)},
		{"a source", says("数据来源", "市统计局 2020-01-01")},
		{"fields twice", says("shuyuan.fields", "[]")},
		{"other fields", metadata(t, pq, set("shuyuan.fields", `[{"name":"cases","label":"死亡","type":"integer"}]`))},
		{"no fields", metadata(t, pq, set("shuyuan.fields", ""))},
	})
	// what DuckDB reads of a genuine one
	if b := stamptest.SQL(t, "COPY (SELECT count(*), sum(cases) FROM '{dir}/in.parquet' WHERE latitude = 26) TO '{dir}/out.csv' (HEADER false)", map[string][]byte{"in.parquet": pq}, "out.csv"); string(b) != "10,4263\n" {
		t.Errorf("%s", b)
	}
}

// A column may be called as the misfits of another would be.
func TestAColumnCalledLikeMisfits(t *testing.T) {
	s := seal(t, stamptest.Table(t, "SELECT 'x' AS c0, CASE WHEN i <> 2 THEN i END AS c1, CASE WHEN i = 2 THEN '二' END AS c1_raw FROM range(5) t(i)",
		rows.Schema{{Name: "n_raw", Type: rows.Text, Store: "c0"}, {Name: "n", Type: rows.Integer, Store: "c1", RawKept: true, Misfits: 1}}, 5))
	verdict(t, "Parquet", check(t, s.file(t, stamp.Parquet), s.options()), verify.Valid)
}

// A PDF is in one revision, and lists the files that are read.
func TestPDFsAreOurs(t *testing.T) {
	s := cases(t)
	pdf := s.file(t, stamp.PDF)
	other := "99 0 obj\n<<>>\nendobj\n"
	table := bytes.LastIndex(pdf, []byte("xref\n0 "))
	refused(t, s, []forgery{
		{"another head before it", append([]byte("%PDF-1.4\n"), pdf...)},
		{"a revision more", append(bytes.Clone(pdf), "1 0 obj\n<<>>\nendobj\nxref\n0 0\ntrailer <<>>\nstartxref\n1\n%%EOF\n"...)},
		{"an object that no table has", slices.Concat(pdf[:table], []byte(other), pdf[table:])},
		{"another root", replaced(t, pdf, "/Root ", "/Root 1")},
		{"another table", replaced(t, pdf, "startxref\n", "startxref\n1")},
		{"a page in another place", replaced(t, pdf, "0000000015 00000 n", "0000000016 00000 n")},
		{"no files listed", replaced(t, pdf, "/Names <<", "/Nomes <<")},
		{"another file listed", replaced(t, pdf, "(Attachement2) 6 0 R", "(Attachement2) 4 0 R")},
		{"the description of another file", replaced(t, pdf, "/EF << /F 5 0 R >>", "/EF << /F 3 0 R >>")},
		{"a comment before the end", replaced(t, pdf, "\nstartxref", "\n%PK\x03\x04\nstartxref")},
	})
}
