package verify_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"shuyuan/datasets/rows"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/stamptest"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
)

func TestMain(m *testing.M) { os.Exit(stamptest.Main(m)) }

// sealed is a table that was sealed, with what is needed to check it.
type sealed struct {
	table    stamp.Table
	stamp    stamp.Stamp
	envelope *dsse.Envelope
	log      *stamptest.Log
	proof    verify.Proof
	files    map[stamp.Form][]byte // as they were delivered
}

func seal(t *testing.T, table stamp.Table) sealed {
	t.Helper()
	l := stamptest.NewLog()
	s, e := stamptest.Sealed(t, table, l.Statement)
	files := map[stamp.Form][]byte{}
	for _, f := range forms {
		var b bytes.Buffer
		if err := stamp.Write(t.Context(), &b, f, table, s); err != nil {
			if f == stamp.GeoJSON { // it has no places
				continue
			}
			t.Fatalf("%s: %v", f, err)
		}
		files[f] = b.Bytes()
		l.Deliver(string(f), b.Bytes())
	}
	return sealed{table, s, e, l, l.Proof(t, e), files}
}

func (s sealed) file(t *testing.T, f stamp.Form) []byte {
	t.Helper()
	if s.files[f] == nil {
		t.Fatalf("there is no %s", f)
	}
	return bytes.Clone(s.files[f])
}

func (s sealed) options() verify.Options {
	return verify.Options{Proofs: []verify.Proof{s.proof}, Trust: s.log.Trust()}
}

func check(t *testing.T, b []byte, o verify.Options) *verify.Result {
	t.Helper()
	r, err := verify.File(t.Context(), bytes.NewReader(b), int64(len(b)), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// verdict fails unless the file is judged so, for that reason among others.
func verdict(t *testing.T, what string, r *verify.Result, want verify.Verdict, because ...verify.Code) {
	t.Helper()
	if r.Verdict != want {
		t.Errorf("%s: %s %v, wanted %s", what, r.Verdict, codes(r), want)
		return
	}
	for _, code := range because {
		if !slices.Contains(codes(r), code) {
			t.Errorf("%s: %v, wanted %s among them", what, codes(r), code)
		}
	}
}

func codes(r *verify.Result) (all []verify.Code) {
	for _, one := range r.Reasons {
		all = append(all, one.Code)
		if one.Text == "" || one.English == "" {
			panic("a reason without words: " + one.Code)
		}
	}
	return all
}

var forms = []stamp.Form{stamp.CSV, stamp.XLSX, stamp.JSON, stamp.NDJSON, stamp.NDJSON1, stamp.Parquet, stamp.GeoJSON, stamp.PDF}

// Every form of a table is what was sealed, and names its sources (I-44).
func TestEveryFormIsValid(t *testing.T) {
	for name, table := range map[string]stamp.Table{
		"odd":   stamptest.Odd(t, 300),
		"empty": stamptest.Odd(t, 0),
		"a selection": func() stamp.Table {
			o := stamptest.Odd(t, 300)
			o.Query = rows.Query{Select: "地区, 位置, 年份, 年份", Where: "`月份` = \"2020-03\""}
			return o
		}(),
		"coordinates": stamptest.Table(t, "SELECT CASE WHEN i % 5 <> 1 THEN 119 + i / 7.0 END AS c0, 26.5::DOUBLE AS c1, NULL::VARCHAR AS c2 FROM range(50) t(i)",
			rows.Schema{{Name: "经度", Type: rows.Decimal, Store: "c0"}, {Name: "纬度", Type: rows.Decimal, Store: "c1"}, {Name: "空", Type: rows.Text, Store: "c2"}}, 50),
	} {
		s := seal(t, table)
		for _, f := range forms {
			r := check(t, s.file(t, f), s.options())
			verdict(t, name+" "+string(f), r, verify.Valid, verify.AllWell)
			if r.Statement == nil || r.Notice == nil || len(r.Notice.Sources) != 2 || r.Notice.Sources[0].Acquired != "2026-11-03" || r.Notice.Sources[1].Department != "省气象局" || r.Notice.Sources[1].Version != 17 {
				t.Errorf("%s %s: %+v", name, f, r.Notice)
			}
			if r.Logged == nil || r.Logged.Index != 256 || r.Logged.Size != 300 || !slices.Equal(r.Logged.Witnesses, []string{"regulator.example.org"}) {
				t.Errorf("%s %s: %+v", name, f, r.Logged)
			}
		}
	}
}

// One column, of which some are nothing: in CSV a line that could be no row at all.
func TestOneColumn(t *testing.T) {
	s := seal(t, stamptest.Table(t, "SELECT CASE WHEN i % 3 = 1 THEN 'x' WHEN i % 3 = 2 THEN '' END AS c0 FROM range(10) t(i)", rows.Schema{{Name: "a", Type: rows.Text, Store: "c0"}}, 10))
	for _, f := range forms {
		if f != stamp.GeoJSON {
			verdict(t, string(f), check(t, s.file(t, f), s.options()), verify.Valid)
		}
	}
}

// A content that is no table.
func TestBytes(t *testing.T) {
	model := bytes.Repeat([]byte("model\x00"), 1000)
	l := stamptest.NewLog()
	subject, about := stamp.DescribeBytes("PRD@1/model", statement.Of(model), int64(len(model)), "application/octet-stream")
	st, e := stamptest.SealedAs(t, []statement.Subject{subject}, []statement.Content{about}, l.Statement)
	var b bytes.Buffer
	if err := stamp.WriteBytes(t.Context(), &b, stamp.Bytes, "model.bin", bytes.NewReader(model), st); err != nil {
		t.Fatal(err)
	}
	l.Deliver("bytes", b.Bytes())
	o := verify.Options{Proofs: []verify.Proof{l.Proof(t, e)}, Trust: l.Trust()}
	verdict(t, "zip", check(t, b.Bytes(), o), verify.Valid)
	verdict(t, "bare", check(t, model, o), verify.Unstamped, verify.NoStamp, verify.ContentKnown)
	verdict(t, "changed", check(t, rezip(t, b.Bytes(), func(name string, b []byte) []byte {
		if name == "model.bin" {
			b[0]++
		}
		return b
	}), o), verify.Altered, verify.ContentDiffers)
	verdict(t, "bare and changed", check(t, append(model, 0), o), verify.Unknown, verify.ContentUnknown)
	for _, bad := range []string{"../x", "a/b", "", "stamp.dsse.json", `a\b`, "来源说明.txt"} {
		if err := stamp.WriteBytes(t.Context(), io.Discard, stamp.Bytes, bad, bytes.NewReader(model), st); err == nil {
			t.Errorf("a file called %q", bad)
		}
	}
	if err := stamp.WriteBytes(t.Context(), io.Discard, stamp.Bytes, "x", strings.NewReader("short"), st); err == nil {
		t.Error("other bytes than were sealed")
	}
}

// A report is delivered as it is: in a zip, or attached to pages that say where it is
// from. It may have objects, files within and a stamp of its own, which are not taken for
// those of what it lies in.
func TestReports(t *testing.T) {
	table := seal(t, stamptest.Odd(t, 20))
	for what, body := range map[string][]byte{
		"a report of elsewhere":  []byte("%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"),
		"a report with a stamp":  table.file(t, stamp.PDF),
		"a report as it is read": noise(1<<20, "\n7 0 obj\n<< /Type /EmbeddedFiles /EmbeddedFile >>\nendobj\n\nxref\n<dc:source>x</dc:source>startxref\n1\n%%EOF\n"),
	} {
		report := func(body []byte) (map[stamp.Form][]byte, *stamptest.Log, verify.Proof) {
			l := stamptest.NewLog()
			subject, about := stamp.DescribeBytes("PRD@1/report", statement.Of(body), int64(len(body)), "application/pdf")
			st, e := stamptest.SealedAs(t, []statement.Subject{subject}, []statement.Content{about}, l.Statement)
			files := map[stamp.Form][]byte{}
			for _, o := range stamp.Forms(about) {
				var b bytes.Buffer
				if err := stamp.WriteBytes(t.Context(), &b, o.Form, "年度报告.pdf", bytes.NewReader(body), st); err != nil {
					t.Fatal(err)
				}
				files[o.Form] = b.Bytes()
				l.Deliver(string(o.Form), b.Bytes())
			}
			return files, l, l.Proof(t, e)
		}
		files, l, proof := report(body)
		otherFiles, _, otherProof := report(append(bytes.Clone(body), '\n'))
		o := verify.Options{Proofs: []verify.Proof{proof, otherProof}, Trust: l.Trust()}
		for f, b := range files {
			verdict(t, what+" as "+string(f), check(t, b, o), verify.Valid, verify.AllWell)
		}
		if len(files) != 2 {
			t.Errorf("%s: %d forms", what, len(files))
		}
		pdf := files[stamp.PDF]
		verdict(t, what+", pages changed", check(t, replaced(t, pdf, "%PDF-1.3", "%PDF-1.4"), o), verify.Altered)
		verdict(t, what+" under the stamp of another", check(t, attached(pdf, otherFiles[stamp.PDF]), o), verify.Altered, verify.ContentDiffers)
		verdict(t, what+", something added", check(t, append(bytes.Clone(pdf), "1 0 obj\n<<>>\nendobj\nstartxref\n1\n%%EOF\n"...), o), verify.Altered, verify.BytesExtra)
		verdict(t, what+" in a zip, changed", check(t, rezip(t, files[stamp.Bytes], func(name string, b []byte) []byte {
			if name == "年度报告.pdf" {
				b[len(b)-2]++
			}
			return b
		}), o), verify.Altered, verify.ContentDiffers)
		verdict(t, what+" alone", check(t, body, o), verify.Unstamped, verify.ContentKnown)
		verdict(t, what+" alone and changed", check(t, append(bytes.Clone(body), "\n\n"...), o), verify.Unknown)
		old := proof
		old.Artefacts = nil
		for _, r := range check(t, pdf, verify.Options{Proofs: []verify.Proof{old}, Trust: l.Trust()}).Reasons {
			if r.Code != verify.NoList && r.Code != verify.PagesUnread && r.Code != verify.NotAsked {
				t.Errorf("%s, no list: %s", what, r.Code)
			}
		}
	}
}

// noise is a PDF of which nothing can be packed, with a text in it that then lies there
// as it is.
func noise(n int, text string) []byte {
	b := []byte("%PDF-1.7\n")
	seed := uint64(1)
	for len(b) < n {
		seed ^= seed << 13 // xorshift
		seed ^= seed >> 7
		seed ^= seed << 17
		b = append(b, byte(seed))
		if len(b) == n/2 {
			b = append(b, text...)
		}
	}
	return b
}

// rezip is a zip with its files changed; nil leaves one out.
func rezip(t *testing.T, b []byte, change func(name string, body []byte) []byte, more ...zip.FileHeader) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	put := func(h zip.FileHeader, body []byte) {
		h = zip.FileHeader{Name: h.Name, Method: zip.Deflate, Comment: h.Comment, ExternalAttrs: h.ExternalAttrs, CreatorVersion: h.CreatorVersion}
		w, err := z.CreateHeader(&h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if body = change(f.Name, body); body != nil {
			put(f.FileHeader, body)
		}
	}
	for _, h := range more {
		put(h, []byte(h.Comment))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// in replaces a text in one file of a zip, and fails where it is not there.
func in(t *testing.T, b []byte, file, from, to string) []byte {
	t.Helper()
	done := false
	out := rezip(t, b, func(name string, body []byte) []byte {
		if name == file {
			done = strings.Contains(string(body), from)
			return []byte(strings.Replace(string(body), from, to, 1))
		}
		return body
	})
	if !done {
		t.Fatalf("%s does not contain %s", file, from)
	}
	return out
}

func without(t *testing.T, b []byte, file string) []byte {
	return rezip(t, b, func(name string, body []byte) []byte {
		if name == file {
			return nil
		}
		return body
	})
}

func replaced(t *testing.T, b []byte, from, to string) []byte {
	t.Helper()
	if !bytes.Contains(b, []byte(from)) {
		t.Fatalf("it does not contain %s: %.300s", from, b)
	}
	return bytes.Replace(b, []byte(from), []byte(to), 1)
}

// Files that were made to deceive, and what is said of each.
func TestForgeries(t *testing.T) {
	table := stamptest.Table(t, "SELECT (['福州', '厦门', '泉州'])[i % 3 + 1] AS c0, 1000 + i AS c1, (i / 4.0)::DOUBLE AS c2, DATE '2026-01-01' + i::INT AS c3 FROM range(40) t(i)",
		rows.Schema{{Name: "城市", Type: rows.Text, Store: "c0"}, {Name: "数量", Type: rows.Integer, Store: "c1"}, {Name: "均值", Type: rows.Decimal, Store: "c2"}, {Name: "日期", Type: rows.Date, Store: "c3"}}, 40)
	s := seal(t, table)
	half := table
	half.Query = rows.Query{Limit: 20}
	other := seal(t, half)
	o := s.options()
	both := o
	both.Proofs = append(slices.Clone(o.Proofs), other.proof)
	csv, js, nd, nd1, xlsx, pq := s.file(t, stamp.CSV), s.file(t, stamp.JSON), s.file(t, stamp.NDJSON), s.file(t, stamp.NDJSON1), s.file(t, stamp.XLSX), s.file(t, stamp.Parquet)
	pdf := s.file(t, stamp.PDF)
	env, otherEnv := string(s.stamp.Envelope()), string(other.stamp.Envelope())
	broken := strings.Replace(env, `"sig":"`, `"sig":"AAAA`, 1)
	part := func(b []byte, name string) string {
		out := ""
		rezip(t, b, func(n string, body []byte) []byte {
			if n == name {
				out = string(body)
			}
			return body
		})
		return out
	}
	bare := part(csv, "data.csv")
	sheet, notice := "xl/worksheets/sheet2.xml", "xl/worksheets/sheet1.xml"
	for _, c := range []struct {
		what    string
		b       []byte
		want    verify.Verdict
		because []verify.Code
	}{
		// rows
		{"CSV, a number changed", in(t, csv, "data.csv", "1007", "1008"), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"CSV, a row left out", in(t, csv, "data.csv", "福州,1003,0.75,2026-01-04\n", ""), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"CSV, a row more", in(t, csv, "data.csv", "福州,1003,0.75,2026-01-04\n", "福州,1003,0.75,2026-01-04\n福州,1003,0.75,2026-01-04\n"), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"CSV, rows swapped", in(t, csv, "data.csv", "厦门,1001,0.25,2026-01-02\n泉州,1002,0.5,2026-01-03\n", "泉州,1002,0.5,2026-01-03\n厦门,1001,0.25,2026-01-02\n"), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"CSV, a column renamed", in(t, csv, "data.csv", "数量", "数额"), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"CSV, a digit that only looks the same", in(t, csv, "data.csv", "1007", "10０7"), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"CSV, a blank more", in(t, csv, "data.csv", "福州,1003", "福州 ,1003"), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"CSV, a cell more in a row", in(t, csv, "data.csv", "福州,1003", "福州,,1003"), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"CSV, a quote that is not closed", in(t, csv, "data.csv", "福州,1003", "\"福州,1003"), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"CSV, other line ends and quotes", rezip(t, csv, func(n string, b []byte) []byte {
			if n == "data.csv" {
				return []byte(strings.ReplaceAll(strings.ReplaceAll(string(b), "\n", "\r\n"), "福州", `"福州"`))
			}
			return b
		}), verify.Unstamped, []verify.Code{verify.NotAsDelivered}},
		{"CSV, a mark of UTF-8", in(t, csv, "data.csv", "城市", "\uFEFF城市"), verify.Unstamped, []verify.Code{verify.NotAsDelivered}},
		// stamps
		{"CSV, the stamp of another", rezip(t, csv, func(n string, b []byte) []byte {
			if n == "stamp.dsse.json" {
				return []byte(otherEnv)
			}
			return b
		}), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"CSV, a signature changed", rezip(t, csv, func(n string, b []byte) []byte {
			if n == "stamp.dsse.json" {
				return []byte(broken)
			}
			return b
		}), verify.Unstamped, []verify.Code{verify.ContentKnown}},
		{"CSV, the stamp cut short", rezip(t, csv, func(n string, b []byte) []byte {
			if n == "stamp.dsse.json" {
				return b[:len(b)/2]
			}
			return b
		}), verify.Unstamped, []verify.Code{verify.ContentKnown}},
		{"CSV, no stamp", without(t, csv, "stamp.dsse.json"), verify.Unstamped, []verify.Code{verify.ContentKnown}},
		{"CSV alone", []byte(bare), verify.Unstamped, []verify.Code{verify.NoStamp, verify.ContentKnown}},
		{"CSV alone and changed", []byte(strings.Replace(bare, "1007", "1008", 1)), verify.Unknown, []verify.Code{verify.ContentUnknown}},
		{"CSV, no stamp and changed", in(t, without(t, csv, "stamp.dsse.json"), "data.csv", "1007", "1008"), verify.Unknown, []verify.Code{verify.ContentUnknown}},
		// what is beside it
		{"CSV, the notice changed", in(t, csv, "来源说明.txt", "2026-11-03", "2026-01-03"), verify.Altered, []verify.Code{verify.NoticeChanged}},
		{"CSV, no notice", without(t, csv, "来源说明.txt"), verify.Altered, []verify.Code{verify.NoticeMissing}},
		{"CSV, the description changed", in(t, csv, "data.csv-metadata.json", "省交通运输厅", "市交通局"), verify.Altered, []verify.Code{verify.NoticeChanged}},
		{"CSV, no description", without(t, csv, "data.csv-metadata.json"), verify.Altered, []verify.Code{verify.FileExtra}},
		{"zip, data.csv twice", rezip(t, csv, keep, zip.FileHeader{Name: "data.csv", Comment: "城市\n北京\n"}), verify.Altered, []verify.Code{verify.NameTwice}},
		{"zip, DATA.CSV too", rezip(t, csv, keep, zip.FileHeader{Name: "DATA.CSV", Comment: "城市\n北京\n"}), verify.Altered, []verify.Code{verify.NameTwice}},
		{"zip, ｄata.csv too", rezip(t, csv, keep, zip.FileHeader{Name: "ｄata.csv", Comment: "x"}), verify.Altered, []verify.Code{verify.NameTwice}},
		{"zip, a file more", rezip(t, csv, keep, zip.FileHeader{Name: "新数据.csv", Comment: "城市\n北京\n"}), verify.Altered, []verify.Code{verify.FileExtra}},
		{"zip, a way out", rezip(t, csv, keep, zip.FileHeader{Name: "../../etc/passwd", Comment: "x"}), verify.Altered, []verify.Code{verify.NameOdd}},
		{"zip, an absolute way", rezip(t, csv, keep, zip.FileHeader{Name: "/data.csv", Comment: "x"}), verify.Altered, []verify.Code{verify.NameOdd}},
		{"zip, a way of Windows", rezip(t, csv, keep, zip.FileHeader{Name: `x\data.csv`, Comment: "x"}), verify.Altered, []verify.Code{verify.NameOdd}},
		{"zip, a link", rezip(t, csv, keep, zip.FileHeader{Name: "link", Comment: "/etc/passwd", CreatorVersion: 3 << 8, ExternalAttrs: 0o120777 << 16}), verify.Altered, []verify.Code{verify.NameOdd}},
		{"zip, bytes after it", append(bytes.Clone(csv), "more"...), verify.Altered, []verify.Code{verify.BytesExtra}},
		{"zip, cut short", csv[:len(csv)-30], verify.Unknown, []verify.Code{verify.Damaged}},
		// JSON
		{"JSON, a number changed", replaced(t, js, "1007", "1008"), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"JSON, a number as a text", replaced(t, js, `"数量":1007`, `"数量":"1007"`), verify.Unstamped, []verify.Code{verify.NotAsDelivered}},
		{"JSON, formatted anew", indented(t, js), verify.Unstamped, []verify.Code{verify.NotAsDelivered}},
		{"JSON, a member twice in a row", replaced(t, js, `"数量":1007`, `"数量":1007,"数量":9`), verify.Altered, []verify.Code{verify.NameTwice}},
		{"JSON, an unknown member in a row", replaced(t, js, `"数量":1007`, `"数量":1007,"x":9`), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"JSON, a member missing in a row", replaced(t, js, `"数量":1007,`, ``), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"JSON, data twice", replaced(t, js, "\n\"data\":", "\"data\":[],\n\"data\":"), verify.Altered, []verify.Code{verify.NameTwice}},
		{"JSON, two stamps", replaced(t, js, `{"_provenance":`, `{"_provenance":{"envelope":`+otherEnv+`},"_provenance":`), verify.Altered, nil},
		{"JSON, the notice changed", replaced(t, js, "《公路养护作业》第 3 版", "《公路养护作业》第 4 版"), verify.Altered, []verify.Code{verify.NoticeChanged}},
		{"JSON, a source of the notice changed", replaced(t, js, `"acquired":"2026-11-03"`, `"acquired":"2026-11-13"`), verify.Altered, []verify.Code{verify.NoticeChanged}},
		{"JSON, the stamp of another", replaced(t, js, env, otherEnv), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"JSON, the stamp cut off", replaced(t, js, string(js[:bytes.Index(js, []byte("\n\"data\":"))]), "{"), verify.Unstamped, []verify.Code{verify.NoStamp}},
		{"JSON, the rows alone", []byte(string(js[bytes.Index(js, []byte("[\n")) : len(js)-2])), verify.Unstamped, []verify.Code{verify.NoStamp, verify.ContentKnown}},
		{"JSON, bytes after it", append(bytes.Clone(js), "{}"...), verify.Altered, []verify.Code{verify.BytesExtra}},
		{"JSON, a mark of UTF-8", append([]byte("\uFEFF"), js...), verify.Unstamped, []verify.Code{verify.NotAsDelivered}},
		{"JSON, not whole", js[:len(js)-20], verify.Altered, []verify.Code{verify.Damaged}},
		{"JSON, no UTF-8", replaced(t, js, "福州", "福\xff"), verify.Altered, nil},
		{"NDJSON, a number changed", replaced(t, nd1, "1007", "1008"), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"NDJSON, without the first line", nd1[bytes.IndexByte(nd1, '\n')+1:], verify.Unstamped, []verify.Code{verify.NoStamp}},
		{"NDJSON, a line more", append(bytes.Clone(nd1), "{}\n"...), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"NDJSON, something else after it", append(bytes.Clone(nd1), "more\n"...), verify.Altered, nil},
		{"NDJSON in a zip, changed", in(t, nd, "data.ndjson", "1007", "1008"), verify.Altered, []verify.Code{verify.ContentDiffers}},
		// workbooks
		{"XLSX, a number changed", in(t, xlsx, sheet, "<v>1007</v>", "<v>1008</v>"), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"XLSX, a day changed", in(t, xlsx, sheet, "<v>46024</v>", "<v>46025</v>"), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"XLSX, a row hidden", in(t, xlsx, sheet, `<row r="7"`, `<row hidden="1" r="7"`), verify.Altered, []verify.Code{verify.Hidden}},
		{"XLSX, a column hidden", in(t, xlsx, sheet, `<col `, `<col hidden="true" `), verify.Altered, []verify.Code{verify.Hidden}},
		{"XLSX, cells merged", in(t, xlsx, sheet, "</sheetData>", `</sheetData><mergeCells count="1"><mergeCell ref="A2:A5"/></mergeCells>`), verify.Altered, []verify.Code{verify.Hidden}},
		{"XLSX, a formula", in(t, xlsx, sheet, "<v>1007</v>", "<f>1000+8</f><v>1007</v>"), verify.Altered, []verify.Code{verify.Formula}},
		{"XLSX, a cell twice", in(t, xlsx, sheet, `<c r="B9"><v>1007</v></c>`, `<c r="B9"><v>1007</v></c><c r="B9"><v>1</v></c>`), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"XLSX, two sheets 来源说明", in(t, in(t, xlsx, "xl/workbook.xml", "</sheets>", `<sheet name="来源说明 " sheetId="9" r:id="rId9"/></sheets>`), "xl/_rels/workbook.xml.rels", "</Relationships>", `<Relationship Id="rId9" Target="worksheets/sheet1.xml"/></Relationships>`), verify.Altered, []verify.Code{verify.SheetsOther}},
		{"XLSX, the sheet hidden", in(t, xlsx, "xl/workbook.xml", `<sheet name="来源说明"`, `<sheet state="hidden" name="来源说明"`), verify.Altered, []verify.Code{verify.SheetsOther}},
		{"XLSX, the sheet renamed", in(t, xlsx, "xl/workbook.xml", `name="来源说明"`, `name="说明"`), verify.Altered, []verify.Code{verify.SheetsOther}},
		{"XLSX, the notice changed", in(t, xlsx, notice, "省交通运输厅", "省统计局"), verify.Altered, []verify.Code{verify.NoticeChanged}},
		{"XLSX, the stamp of another", in(t, xlsx, "docProps/custom.xml", escape(env), escape(otherEnv)), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"XLSX, no properties", without(t, xlsx, "docProps/custom.xml"), verify.Unstamped, []verify.Code{verify.NoStamp}},
		{"XLSX, a property twice", in(t, xlsx, "docProps/custom.xml", "</Properties>", `<property name="pd.stamp" pid="9"><lpwstr>{}</lpwstr></property></Properties>`), verify.Altered, []verify.Code{verify.NotOurs}},
		{"XLSX, a document type", in(t, xlsx, sheet, "<worksheet", `<!DOCTYPE x [<!ENTITY a "b">]><worksheet`), verify.Altered, nil},
		{"XLSX, a part twice", rezip(t, xlsx, keep, zip.FileHeader{Name: sheet, Comment: "<worksheet/>"}), verify.Altered, []verify.Code{verify.NameTwice}},
		// Parquet
		{"Parquet, metadata twice", metadata(t, pq, func(kv [][2]string) [][2]string { return append(kv, [2]string{"pd.stamp", otherEnv}) }), verify.Altered, []verify.Code{verify.NameTwice}},
		{"Parquet, the stamp of another", metadata(t, pq, set("pd.stamp", otherEnv)), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"Parquet, the notice changed", metadata(t, pq, set("pd.sources", `{"text":["数据来源：无"]}`)), verify.Altered, []verify.Code{verify.NoticeChanged}},
		{"Parquet, no notice", metadata(t, pq, set("pd.sources", "")), verify.Altered, []verify.Code{verify.NoticeMissing}},
		{"Parquet, no stamp", metadata(t, pq, set("pd.stamp", "")), verify.Unstamped, []verify.Code{verify.NoStamp, verify.ContentKnown}},
		{"Parquet, bytes after it", append(bytes.Clone(pq), "more"...), verify.Unknown, []verify.Code{verify.Damaged}},
		{"Parquet, rewritten with a number changed", stamptest.SQL(t, "COPY (SELECT * REPLACE (CASE WHEN 数量 = 1007 THEN 1008 ELSE 数量 END AS 数量) FROM '{dir}/in.parquet') TO '{dir}/out.parquet' (FORMAT parquet, KV_METADATA {'pd.stamp': '"+strings.ReplaceAll(env, "'", "''")+"', 'pd.sources': 'x'})", map[string][]byte{"in.parquet": pq}, "out.parquet"), verify.Altered, []verify.Code{verify.ContentDiffers}},
		{"Parquet, rewritten as it was", stamptest.SQL(t, "COPY (FROM '{dir}/in.parquet') TO '{dir}/out.parquet' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 10)", map[string][]byte{"in.parquet": pq}, "out.parquet"), verify.Unstamped, []verify.Code{verify.NoStamp, verify.ContentKnown}},
		// PDF
		{"PDF, bytes after it", append(bytes.Clone(pdf), "more"...), verify.Altered, []verify.Code{verify.BytesExtra}},
		{"PDF, what programs read of it changed", replaced(t, pdf, "<dc:source>数据来源：省交通运输厅", "<dc:source>数据来源：省交通管理厅"), verify.Altered, []verify.Code{verify.NoticeChanged}},
		{"PDF, something added", append(bytes.Clone(pdf), "1 0 obj\n<<>>\nendobj\nstartxref\n1\n%%EOF\n"...), verify.Altered, []verify.Code{verify.BytesExtra}},
		{"PDF, the attachments swapped", attached(pdf, other.file(t, stamp.PDF)), verify.Altered, []verify.Code{verify.ContentDiffers}},
		// nothing of ours
		{"nothing", nil, verify.Unknown, nil},
		{"a text", []byte("a,b\n1,2\n"), verify.Unknown, []verify.Code{verify.NoStamp, verify.ContentUnknown}},
		{"JSON", []byte(`{"a":1}`), verify.Unknown, []verify.Code{verify.NoStamp}},
		{"bytes", []byte{0, 1, 2}, verify.Unknown, []verify.Code{verify.ContentUnknown}},
	} {
		verdict(t, c.what, check(t, c.b, both), c.want, c.because...)
	}
}

func keep(_ string, b []byte) []byte { return b }

func indented(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

// attached is the first PDF with the files within the second after its own.
func attached(a, b []byte) []byte {
	from := func(b []byte) (int, int) {
		start := bytes.Index(b, []byte("<< /Type /EmbeddedFile"))
		return start, start + bytes.Index(b[start:], []byte("endobj"))
	}
	as, ae := from(a)
	bs, be := from(b)
	return slices.Concat(a[:as], b[bs:be], a[ae:])
}

// Whoever asks by what a bare file still has finds its proof.
func TestLookup(t *testing.T) {
	s := seal(t, stamptest.Odd(t, 50))
	asked := map[string]bool{}
	payload, err := s.envelope.DecodeB64Payload()
	if err != nil {
		t.Fatal(err)
	}
	digests := verify.Digests(s.stamp.Statement, payload)
	o := verify.Options{TrustLookup: true, Lookup: func(_ context.Context, digest string) ([]verify.Proof, error) {
		asked[digest] = true
		if slices.Contains(digests, digest) {
			return []verify.Proof{s.proof}, nil
		}
		return nil, nil
	}}
	b := s.file(t, stamp.CSV)
	verdict(t, "stamped", check(t, b, o), verify.Valid)
	if !asked[s.stamp.Notice().Statement.SHA256] || !asked[statement.Of(b).SHA256] || len(asked) != 2 {
		t.Errorf("asked by %v", asked)
	}
	verdict(t, "bare", check(t, without(t, b, "stamp.dsse.json"), o), verify.Unstamped)
	for _, f := range []stamp.Form{stamp.XLSX, stamp.GeoJSON, stamp.Parquet, stamp.NDJSON1} {
		b := s.file(t, f)
		switch f {
		case stamp.XLSX:
			b = without(t, b, "docProps/custom.xml")
		case stamp.Parquet:
			b = metadata(t, b, set("pd.stamp", ""))
		case stamp.NDJSON1:
			b = b[bytes.IndexByte(b, '\n')+1:]
		default:
			b = replaced(t, b, string(b[bytes.Index(b, []byte(`"_provenance":`)):bytes.Index(b, []byte(`"features":`))]), "")
		}
		want := verify.Unstamped
		verdict(t, string(f), check(t, b, o), want, verify.ContentKnown)
	}
}
