package marketplace_test

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
	"shuyuan/marketplace"
	"shuyuan/marketplace/marketplacetest"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/statement"
)

// What was developed outside is made from data of which the developer holds an
// acquisition: whole, their own, of just those bytes, and from before the product was
// made. All else is declared, and every file says so.
func TestWhatIsDevelopedOutsideIsMadeFromWhatIsHeld(t *testing.T) {
	w := marketplacetest.New(t)
	data, version := w.File(t, "wells.csv", "井号,水位\nW1,12\nW2,15\n")
	stranger := w.Person(t, "示例别家负责人")
	w.Organisation(t, stranger, "示例别家有限公司", "91350100MA00000U06")
	taken := func(who account.Actor, whole bool) int64 {
		t.Helper()
		h, err := w.Service.Deliver(t.Context(), who, version, datasets.Delivery{Channel: datasets.ByFile, Form: "csv", Request: "test"})
		if err != nil {
			t.Fatal(err)
		}
		h.End(whole)
		all, err := w.Service.Acquired(t.Context(), who, 0, 1)
		if err != nil || len(all) != 1 {
			t.Fatalf("%+v (%v)", all, err)
		}
		return all[0].ID
	}
	p := w.Made(t, func(f *marketplace.ProductForm) { f.Title, f.Scenario = "示例：水位汇总", "" })
	if _, err := w.Products.Build(t.Context(), w.Owner, p.Number, marketplace.VersionForm{Number: "1.0.0", Method: "求平均", Forms: []marketplace.Form{stamp.CSV}}); err != nil {
		t.Fatal(err)
	}
	upload := func() {
		t.Helper()
		w.Set(w.Clock().Add(time.Minute))
		for _, c := range w.Version(t, p.Number, "1.0.0").Contents {
			if err := w.Products.RemoveContent(t.Context(), w.Owner, p.Number, "1.0.0", c.ID); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Products.AddFile(t.Context(), w.Owner, p.Number, "1.0.0", "", "汇总.csv", strings.NewReader("水位\n13.5\n")); err != nil {
			t.Fatal(err)
		}
		w.Set(w.Clock().Add(time.Minute))
	}
	refused := func(what, says string) {
		t.Helper()
		if err := w.Try(t, p.Number, "1.0.0", marketplace.Check); err == nil || !strings.Contains(fault.Of(err).Text(), says) {
			t.Errorf("%s: it says %v, not %s", what, err, says)
		}
	}
	upload()
	refused("no input at all", "从哪里来")
	var scan bytes.Buffer
	if err := png.Encode(&scan, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	if err := w.Products.AddDeclared(t.Context(), w.Owner, p.Number, "1.0.0", "自测水位", "照片.png", &scan); err != nil {
		t.Fatal(err)
	}
	refused("only what is declared", "从哪里来")

	for what, id := range map[string]int64{"of another organisation": taken(stranger, true), "one that broke off": taken(w.Owner, false), "one that there is not": 1 << 40, "none": 0} {
		err := w.Products.AddAcquisition(t.Context(), w.Owner, p.Number, "1.0.0", id)
		if f := fault.Of(err); f == nil || f.Field != "acquisition" || f.Text() != "您的机构没有这条获取记录，或者那次没有取完。" {
			t.Errorf("an acquisition %s: %v", what, err)
		}
	}
	held := taken(w.Owner, true)
	if v := w.Version(t, p.Number, "1.0.0"); len(v.Holdings) != 1 || v.Holdings[0].ID != held || v.Holdings[0].Dataset != data.Title {
		t.Errorf("to choose from: %+v", v.Holdings)
	}
	if err := w.Products.AddAcquisition(t.Context(), w.Owner, p.Number, "1.0.0", held); err != nil {
		t.Fatal(err)
	}
	refused("an acquisition from after the build", "是在做成产品以后才获取的")
	upload()
	w.Exec(t, `UPDATE acquisitions SET sha256 = reverse(sha256) WHERE id = $1`, held)
	refused("other bytes than the version has", "的摘要和“"+data.Title+"”第 1 版的不一致")
	w.Exec(t, `UPDATE acquisitions SET sha256 = reverse(sha256) WHERE id = $1`, held)

	w.Exec(t, `UPDATE acquisitions SET organisation_id = (SELECT id FROM organisations WHERE name = '示例别家有限公司') WHERE id = $1`, held)
	refused("an acquisition that is another's by now", "不是开发方的，不能作为来源")
	w.Exec(t, `UPDATE acquisitions SET organisation_id = (SELECT organisation_id FROM products WHERE number = $2) WHERE id = $1`, held, p.Number)

	v := w.Move(t, p.Number, "1.0.0", marketplace.Check, marketplace.Seal, marketplace.Publish)
	d := v.Seal.Statement.Predicate
	if len(d.Sources) != 1 || d.Sources[0].Basis != statement.Held || d.Sources[0].Digest.SHA256 != version.SHA256 || d.Sources[0].Acquired.Date != "2026-11-02" || d.Sources[0].Acquired.Channel != "file" || !d.Sources[0].Acquired.Last.Before(d.BuiltAt) {
		t.Errorf("it is made from %+v", d.Sources)
	}
	if len(d.Declared) != 1 || d.Declared[0].Title != "自测水位" || d.Declared[0].Basis != statement.Declared || d.Declared[0].Evidence.SHA256 == "" {
		t.Errorf("it declares %+v", d.Declared)
	}
	file, err := w.Store.Open(t.Context(), blob.Digest(v.Artefacts[0].SHA256))
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(file); err != nil || file.Close() != nil {
		t.Fatal(err)
	}
	for _, says := range []string{"《" + data.Title + "》第 1 版；获取日期：2026-11-02", "开发方自行声明、本平台没有记录：自测水位"} {
		if page := string(unzipped(t, body.Bytes(), "来源说明.txt")); !strings.Contains(page, says) {
			t.Errorf("the page in the file does not say %s: %s", says, page)
		}
	}
	genuine(t, w, v)
}
