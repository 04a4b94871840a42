package verify_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/stamptest"
	"shuyuan/marketplace/provenance/verify"
)

// A workbook that another program saved anew is one that does not match, with the reason,
// and not one without a stamp: an honest person opened and saved it.
func TestAWorkbookThatWasSavedAnew(t *testing.T) {
	s := seal(t, stamptest.Odd(t, 20))
	again := rezip(t, s.file(t, stamp.XLSX), func(name string, b []byte) []byte {
		switch name {
		case "docProps/custom.xml": // with prefixes and apostrophes, as other programs write it
			b = bytes.Replace(b, []byte(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`), []byte(`<?xml version='1.0' encoding='UTF-8'?>`), 1)
			b = bytes.ReplaceAll(b, []byte("vt:"), []byte("t:"))
			return bytes.Replace(b, []byte("xmlns:vt="), []byte("xmlns:t="), 1)
		case "xl/workbook.xml":
			return bytes.Replace(b, []byte("<sheets>"), []byte("<sheets> "), 1)
		}
		return b
	})
	r := check(t, again, s.options())
	verdict(t, "saved anew", r, verify.Altered, verify.NotOurs)
	if slices.Contains(codes(r), verify.NoStamp) || r.Statement == nil {
		t.Errorf("%v of %+v", codes(r), r.Statement)
	}
	book, err := excelize.OpenReader(bytes.NewReader(s.file(t, stamp.XLSX)))
	if err != nil {
		t.Fatal(err)
	}
	if err := book.SetCellValue("数据", "A2", "别的"); err != nil {
		t.Fatal(err)
	}
	var other bytes.Buffer
	if err := book.Write(&other); err != nil {
		t.Fatal(err)
	}
	verdict(t, "changed by a library", check(t, other.Bytes(), s.options()), verify.Altered, verify.NotOurs)
}

// A stamp that lies beside another member of its name is found, and the file is not one
// that was delivered.
func TestAStampBesideAnotherOfItsName(t *testing.T) {
	s := seal(t, stamptest.Odd(t, 20))
	for _, f := range []stamp.Form{stamp.JSON, stamp.NDJSON1, stamp.GeoJSON} {
		for what, before := range map[string]string{"an object": `{"text":["x"]}`, "nothing": "null", "an envelope that is none": `{"envelope":{}}`} {
			twice := bytes.Replace(s.file(t, f), []byte(`"_provenance"`), []byte(`"_provenance":`+before+`,"_provenance"`), 1)
			r := check(t, twice, s.options())
			verdict(t, string(f)+" with "+what, r, verify.Altered, verify.NameTwice)
		}
	}
}
