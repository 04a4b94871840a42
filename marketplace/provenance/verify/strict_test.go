package verify_test

import (
	"bytes"
	"strings"
	"testing"

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
