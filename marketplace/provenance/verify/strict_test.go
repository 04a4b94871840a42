package verify_test

import (
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
