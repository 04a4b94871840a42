package verify_test

import (
	"archive/zip"
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
)

// local are the entries of a zip without its directory.
func local(b []byte) []byte { return b[:bytes.Index(b, []byte("PK\x01\x02"))] }

// Each of these reads as what was sealed, or did once, to some reader, and as something
// else to another: a streaming unzip, a library that takes the last of two members or
// pays no heed to case, a viewer of pages. None is what was delivered, so none is valid,
// whatever our reader thinks of it.
func TestOnlyWhatWasDeliveredIsValid(t *testing.T) {
	s := small(t)
	o := s.options()
	csv, js, nd1, xlsx, pq, pdf := s.file(t, stamp.CSV), s.file(t, stamp.JSON), s.file(t, stamp.NDJSON1), s.file(t, stamp.XLSX), s.file(t, stamp.Parquet), s.file(t, stamp.PDF)
	sheet, styles := "xl/worksheets/sheet2.xml", "xl/styles.xml"
	other := in(t, csv, "data.csv", "1007", "9999")
	tricks := map[string][]byte{
		"zip, packed anew":                          rezip(t, csv, keep),
		"zip, entries in front without directory":   append(bytes.Clone(local(other)), csv...),
		"zip, another name in front of an entry":    replaced(t, csv, "data.csv", "evil.csv"),
		"CSV, lines that are empty":                 in(t, csv, "data.csv", "\n福州,1003", "\n\n\n福州,1003"),
		"CSV, line ends of the notice":              rezip(t, csv, func(_ string, b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }),
		"CSV, a payload in capitals":                in(t, csv, "stamp.dsse.json", `"payload":"`, `"payload":"e30=","Payload":"`),
		"CSV, a payload twice":                      in(t, csv, "stamp.dsse.json", `"payload":"`, `"payload":"e30=","payload":"`),
		"JSON, rows in capitals":                    replaced(t, js, `"data":`, `"Data":[{"城市":"北京"}],"data":`),
		"JSON, rows beside rows":                    replaced(t, js, `"data":`, `"rows":[{"城市":"北京"}],"data":`),
		"JSON, the notice in capitals":              replaced(t, js, `"text":`, `"text":["数据来源：无"],"Text":`),
		"JSON, sources in capitals":                 replaced(t, js, `"sources":`, `"sources":[],"Sources":`),
		"JSON, more beside the notice":              replaced(t, js, `{"_provenance":{`, `{"_provenance":{"source":"无",`),
		"JSON, features beside rows":                replaced(t, js, `"data":`, `"type":"FeatureCollection","features":[],"data":`),
		"JSON, a number written otherwise":          replaced(t, js, `"数量":1007`, `"数量":1007.0000000000000000001`),
		"JSON, a number as a power":                 replaced(t, js, `"数量":1007`, `"数量":1.007e3`),
		"NDJSON, the notice in capitals":            replaced(t, nd1, `"text":`, `"text":["x"],"Text":`),
		"NDJSON, the stamp twice":                   slices.Concat(nd1[:bytes.IndexByte(nd1, '\n')+1], nd1),
		"XLSX, no rows for other readers":           rezip(t, xlsx, func(n string, b []byte) []byte { return reshaped(n == sheet, b) }),
		"XLSX, a number in two halves":              in(t, xlsx, sheet, "<v>1007</v>", "<v>100</v><v>7</v>"),
		"XLSX, a row of no height":                  in(t, xlsx, sheet, `<row r="7"`, `<row ht="0.0" customHeight="1" r="7"`),
		"XLSX, numbers that show as others":         in(t, xlsx, styles, "<cellXfs", `<numFmts count="1"><numFmt numFmtId="170" formatCode="&quot;9&quot;"/></numFmts><cellXfs`),
		"XLSX, a part more":                         rezip(t, xlsx, keep, zip.FileHeader{Name: "xl/vbaProject.bin", Comment: "x"}),
		"Parquet, another source for other readers": metadata(t, pq, func(kv [][2]string) [][2]string { return append(kv, [2]string{"source", "无"}) }),
		"Parquet, an index for other readers":       metadata(t, pq, func(kv [][2]string) [][2]string { return append(kv, [2]string{"pandas", "{}"}) }),
		"PDF, another page":                         replaced(t, pdf, "%PDF-1.3", "%PDF-1.4"),
		"PDF, another page behind it":               append(bytes.Clone(pdf), "\n9 0 obj\n<< /Type /Page >>\nendobj\n"...),
	}
	for what, b := range tricks {
		r := check(t, b, o)
		if r.Verdict == verify.Valid || r.Verdict == verify.Lapsed || len(r.Reasons) == 0 {
			t.Errorf("%s: %s %v", what, r.Verdict, codes(r))
		}
	}
	verdict(t, "packed anew", check(t, tricks["zip, packed anew"], o), verify.Unstamped, verify.NotAsDelivered)
	verdict(t, "pages that nobody read", check(t, tricks["PDF, another page"], o), verify.Altered)

	// without the list nothing is known of the bytes, and of pages nothing at all
	old := o
	old.Proofs = []verify.Proof{s.proof}
	old.Proofs[0].Artefacts = nil
	for _, f := range forms {
		if f == stamp.GeoJSON {
			continue
		}
		want := verify.Unstamped
		if f == stamp.PDF {
			want = verify.Unknown
		}
		verdict(t, "no list, "+string(f), check(t, s.file(t, f), old), want, verify.NoList)
	}

	// a PDF without its stamp is pages that nobody read; data with something wrong is not known
	aside := verify.Options{TrustLookup: true, Lookup: func(_ context.Context, digest string) ([]verify.Proof, error) {
		if digest == s.stamp.Notice().Statement.SHA256 {
			return nil, nil // its stamp leads nowhere
		}
		return old.Proofs, nil
	}}
	verdict(t, "a PDF without a genuine stamp", check(t, pdf, aside), verify.Unknown, verify.PagesUnread)
	verdict(t, "a table without a genuine stamp", check(t, csv, aside), verify.Unstamped, verify.ContentKnown, verify.ReadHere)
	verdict(t, "rows hidden, no stamp", check(t, without(t, in(t, xlsx, sheet, `<row r="7"`, `<row hidden="1" r="7"`), "docProps/custom.xml"), o), verify.Unknown, verify.Hidden)
	// the same bytes under another proof that lists them, which nobody signed
	lying := s.proof
	lying.Artefacts = append(slices.Clone(lying.Artefacts), verify.Artefact{Form: "csv", SHA256: statement.Of(other).SHA256})
	verdict(t, "a list that was written by hand", check(t, other, verify.Options{Proofs: []verify.Proof{lying}, Trust: s.log.Trust()}), verify.Unknown, verify.ListOther)
}

// reshaped puts rows of a sheet where one reader looks for them and another does not.
func reshaped(it bool, b []byte) []byte {
	if !it {
		return b
	}
	return []byte(strings.Replace(string(b), "</sheetData>", "</sheetData><extLst><ext uri=\"x\"/></extLst>", 1))
}
