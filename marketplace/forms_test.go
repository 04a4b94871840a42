package marketplace_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
	"shuyuan/licensing/licensingtest"
	"shuyuan/marketplace"
	"shuyuan/marketplace/marketplacetest"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/verify"
)

// offered are the forms that a version is offered in, and those that it is not.
func offered(v *marketplace.VersionView) (fit, not []marketplace.Form) {
	for _, o := range v.Choices() {
		if o.Not == nil {
			fit = append(fit, o.Form)
		} else {
			not = append(not, o.Form)
		}
	}
	return fit, not
}

// genuine fails unless every file of a version is valid to whoever has it with its proof,
// without a network, and to the portal, and is neither once it is cut short or changed.
func genuine(t *testing.T, w *marketplacetest.World, v *marketplace.VersionView) {
	t.Helper()
	if err := w.Log.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	proof, err := w.Products.Proof(t.Context(), v.Full())
	if err != nil {
		t.Fatal(err)
	}
	offline := verify.Options{Proofs: []verify.Proof{*proof}}
	for _, k := range proof.Keys {
		offline.Trust = append(offline.Trust, k.ID)
	}
	for _, one := range v.Artefacts {
		file, err := w.Store.Open(t.Context(), blob.Digest(one.SHA256))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(file)
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		changed := slices.Clone(body)
		changed[len(body)/2] ^= 1
		for what, b := range map[string][]byte{"as it was delivered": body, "cut short": body[:len(body)/2], "changed": changed} {
			want := what == "as it was delivered"
			r, err := verify.File(t.Context(), bytes.NewReader(b), int64(len(b)), offline)
			if err != nil || (r.Verdict == verify.Valid) != want || r.Verdict == verify.Lapsed {
				t.Errorf("%s %s: %+v (%v)", one.Name, what, r, err)
			}
			if want && !slices.ContainsFunc(v.Contents, func(c marketplace.Content) bool { return c.Digest == r.Content }) {
				t.Errorf("%s: its content is %s", one.Name, r.Content)
			}
			a, err := w.Products.CheckFile(t.Context(), bytes.NewReader(b), "", func(time.Duration) {})
			if err != nil || (a.Verdict == verify.Valid) != want || a.Verdict == verify.Lapsed {
				t.Errorf("%s %s: the portal says %+v (%v)", one.Name, what, a, err)
			}
		}
	}
}

// Every form of a table carries the same content and is genuine by itself; a table
// without places is refused as GeoJSON before anything is sealed, and what is declared
// stands in the statement as that.
func TestEveryFormOfASealedTableIsGenuine(t *testing.T) {
	w := marketplacetest.New(t)
	p := w.Made(t)
	w.Built(t, p, w.Release(t))
	var scan bytes.Buffer
	if err := png.Encode(&scan, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	if err := w.Products.AddDeclared(t.Context(), w.Owner, p.Number, "1.0.0", "站点名录", "合同.png", &scan); err != nil {
		t.Fatal(err)
	}
	form := marketplace.VersionForm{Method: "按车站分组计数", Forms: marketplace.Forms}
	if err := w.Products.Describe(t.Context(), w.Owner, p.Number, "1.0.0", form); err != nil {
		t.Fatal(err)
	}
	if err := w.Try(t, p.Number, "1.0.0", marketplace.Check); err == nil || !strings.Contains(fault.Of(err).Text(), "没有表示地点的列") {
		t.Errorf("without a place, as GeoJSON: %v", err)
	}
	fit, not := offered(w.Version(t, p.Number, "1.0.0"))
	if !slices.Equal(not, []marketplace.Form{stamp.GeoJSON}) || len(fit) != len(marketplace.Forms)-1 {
		t.Errorf("without a place it is offered as %v, and not as %v", fit, not)
	}
	form.Forms = fit
	if err := w.Products.Describe(t.Context(), w.Owner, p.Number, "1.0.0", form); err != nil {
		t.Fatal(err)
	}
	v := w.Move(t, p.Number, "1.0.0", marketplace.Check, marketplace.Seal, marketplace.Publish)
	if d := v.Seal.Statement.Predicate.Declared; len(d) != 1 || d[0].Title != "站点名录" || d[0].Basis != "declared" {
		t.Errorf("it declares %+v", d)
	}
	genuine(t, w, v)
	if len(v.Artefacts) != len(fit) {
		t.Errorf("it was sealed as %+v", v.Artefacts)
	}

	// with places, as numbers or as shapes, in every form there is
	points := w.Made(t, func(f *marketplace.ProductForm) { f.Title, f.Scenario = "示例：站点位置", "" })
	if _, err := w.Products.Build(t.Context(), w.Owner, points.Number, marketplace.VersionForm{Number: "1.0.0", Method: "配上位置", Forms: marketplace.Forms}); err != nil {
		t.Fatal(err)
	}
	w.Set(w.Clock().Add(time.Minute))
	for _, f := range [][3]string{
		{"points", "站点.csv", "站,经度,纬度,人数\n东站,119.31,26.07,60\n西站,,,60\n"},
		{"shapes", "范围.geojson", `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[119,26],[119.5,26],[119.5,26.5],[119,26]]]},"properties":{"站":"东站"}}]}`},
	} {
		if err := w.Products.AddFile(t.Context(), w.Owner, points.Number, "1.0.0", f[0], f[1], strings.NewReader(f[2])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Products.AddVersion(t.Context(), w.Owner, points.Number, "1.0.0", v.Full()); err != nil {
		t.Fatal(err)
	}
	if fit, not := offered(w.Version(t, points.Number, "1.0.0")); len(not) > 0 || len(fit) != len(marketplace.Forms) {
		t.Errorf("with places it is offered as %v, and not as %v", fit, not)
	}
	of := w.Move(t, points.Number, "1.0.0", marketplace.Check, marketplace.Seal, marketplace.Publish)
	genuine(t, w, of)
	var names []string
	for _, a := range of.Artefacts {
		names = append(names, strings.TrimPrefix(a.Name, of.Full())+" "+a.Media)
	}
	slices.Sort(names)
	var want []string
	for _, name := range []string{"points", "shapes"} {
		for _, as := range []string{".csv.zip application/zip", ".geojson application/geo+json", ".json application/json", ".ndjson application/x-ndjson", ".ndjson.zip application/zip", ".parquet application/vnd.apache.parquet", ".pdf application/pdf", ".xlsx application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"} {
			want = append(want, "-"+name+as)
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("its files are %q", names)
	}
}

// A report is delivered as it is, and as pages that say where it is from if somebody
// chose that; a model is only delivered as it is.
func TestFormsOfReportsAndModels(t *testing.T) {
	w := marketplacetest.New(t)
	below := w.Published(t)
	w.Set(w.Clock().Add(time.Minute))
	var scan bytes.Buffer
	if err := png.Encode(&scan, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind       marketplace.Kind
		file, body string
		offers     []marketplace.Form
		chosen     []marketplace.Form
		want       string
	}{
		{marketplace.Report, "年度报告.pdf", licensingtest.PDF, []marketplace.Form{stamp.PDF}, []marketplace.Form{stamp.PDF}, "bytes .zip, pdf .pdf"},
		{marketplace.Report, "年度报告.pdf", licensingtest.PDF, []marketplace.Form{stamp.PDF}, nil, "bytes .zip"},
		{marketplace.Model, "结构.png", scan.String(), nil, []marketplace.Form{stamp.PDF, stamp.CSV}, "bytes .zip"},
	} {
		p := w.Made(t, func(f *marketplace.ProductForm) { f.Kind, f.Title, f.Scenario = c.kind, "示例："+c.file, "" })
		if _, err := w.Products.Build(t.Context(), w.Owner, p.Number, marketplace.VersionForm{Number: "1.0.0", Method: "撰写", Forms: c.chosen}); err != nil {
			t.Fatal(err)
		}
		if fit, _ := offered(w.Version(t, p.Number, "1.0.0")); !slices.Equal(fit, marketplace.Forms) {
			t.Errorf("%s: with nothing in it %v are offered", c.file, fit)
		}
		if err := w.Products.AddFile(t.Context(), w.Owner, p.Number, "1.0.0", "", c.file, strings.NewReader(c.body)); err != nil {
			t.Fatal(err)
		}
		if err := w.Products.AddVersion(t.Context(), w.Owner, p.Number, "1.0.0", below.Full()); err != nil {
			t.Fatal(err)
		}
		if fit, not := offered(w.Version(t, p.Number, "1.0.0")); !slices.Equal(fit, c.offers) || len(not) > 0 {
			t.Errorf("%s: %v are offered, and %v not", c.file, fit, not)
		}
		v := w.Move(t, p.Number, "1.0.0", marketplace.Check, marketplace.Seal, marketplace.Publish)
		var got []string
		for _, a := range v.Artefacts {
			got = append(got, string(a.Form)+" "+strings.TrimPrefix(a.Name, v.Full()+"-data"))
		}
		slices.Sort(got)
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: it is delivered as %q", c.file, got)
		}
		genuine(t, w, v)
	}
}
