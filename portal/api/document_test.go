package api_test

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/licensing/corrections"
	"shuyuan/portal"
	"shuyuan/portal/api"
)

var update = flag.Bool("update", false, "write openapi.json anew")

// The committed description is the one that the types give, and it is valid.
func TestOpenAPIFile(t *testing.T) {
	made, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("openapi.json", made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(kept), string(made)); diff != "" {
		t.Errorf("openapi.json is not what the types say; make generate writes it anew:\n%s", diff)
	}
	if err := read(t, made).Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, document []byte) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// described is the document as it is served, closed: a field that it does not
// name is a mistake.
func (w *world) described(t *testing.T) *openapi3.T {
	t.Helper()
	a := w.get(t, api.Base+"/openapi.json")
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	doc := read(t, a.body)
	no := false
	for _, s := range doc.Components.Schemas {
		s.Value.AdditionalProperties = openapi3.AdditionalProperties{Has: &no}
	}
	return doc
}

// fits holds an answer against what the document says of its status.
func fits(t *testing.T, o *openapi3.Operation, a answer) {
	t.Helper()
	described := o.Responses.Status(a.status)
	if described == nil {
		t.Fatalf("%s: %d is not described: %s", o.OperationID, a.status, a.body)
	}
	if len(described.Value.Content) == 0 {
		if len(a.body) > 0 {
			t.Errorf("%s: %d has a body: %s", o.OperationID, a.status, a.body)
		}
		return
	}
	media := described.Value.Content.Get(a.header.Get("Content-Type"))
	if media == nil {
		t.Fatalf("%s: %d as %s is not described", o.OperationID, a.status, a.header.Get("Content-Type"))
	}
	for name := range described.Value.Headers {
		required := described.Value.Headers[name].Value.Required
		if a.header.Get(name) == "" && name != "Link" && (required || !changes(o)) {
			t.Errorf("%s: no header %s", o.OperationID, name)
		}
	}
	if media.Schema == nil { // a file
		if len(a.body) == 0 {
			t.Errorf("%s: an empty file", o.OperationID)
		}
		return
	}
	var value any
	a.into(t, &value)
	if err := media.Schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020(), openapi3.EnableFormatValidation(), openapi3.MultiErrors()); err != nil {
		t.Errorf("%s: %v", o.OperationID, err)
	}
}

// Every operation answers its example, as the document says it does: also for
// an entry of which every field is filled, and for the barest one.
func TestEveryOperationAnswersAsDescribed(t *testing.T) {
	w := asking(t)
	w.logged(t).grow(t, 1)
	full, v := w.File(t, "a.csv", "年份,类型\n2025,1\n", full)
	bare := w.Dataset(t)
	empty := w.Resource(t, bare)
	conditional, _ := w.File(t, "b.csv", "年份\n2025\n", func(d *datasets.Dataset) { d.Open = datasets.Conditional })
	w.Version(t, full, v.ResourceID, "a.csv", "年份,类型\n2025,1\n", datasets.Field{Name: "类型", Label: "类型", LabelEN: "Type", Unit: "个", UnitEN: "pieces", Description: "种类", DescriptionEN: "What kind", Type: "integer", Codes: []datasets.Code{{Value: "1", Label: "甲", LabelEN: "First"}}})
	gone, _ := w.File(t, "c.csv", "年份\n2025\n", func(d *datasets.Dataset) { d.Status = datasets.Withdrawn })
	request := w.demanded(t, "示例需求一条")
	doc := w.described(t)
	_, link, err := w.Corrections.File(t.Context(), account.Actor{}, corrections.Filing{Slug: full.Slug, Channel: corrections.ToProvider, Alleged: "年份应是 2026。", Evidence: "公报上写的。", Contact: "zhang@tests.example"})
	if err != nil {
		t.Fatal(err)
	}
	answered := 0
	for path, item := range doc.Paths.Map() {
		if item.Get == nil || changes(item.Get) { // see TestWhatChangesSomethingAnswersAsDescribed
			continue
		}
		example, _ := item.Get.Extensions["x-example"].(string)
		if path == "/corrections" { // nobody but whoever filed one has an example
			example = path + "?link=" + link
		}
		if example == "" {
			t.Fatalf("%s has no example", path)
		}
		for _, names := range [][2]string{{full.Slug, v.ResourceID}, {bare.Slug, empty}, {conditional.Slug, conditional.Resources[0].ID}, {gone.Slug, gone.Resources[0].ID}} {
			a := w.get(t, api.Base+strings.NewReplacer("{slug}", names[0], "{id}", names[1], "{n}", "1", "{department}", "tjj", "{theme}", "people", "{request}", request).Replace(example))
			fits(t, item.Get, a)
			if names[0] == full.Slug && a.status != answersOf(path) {
				t.Errorf("%s: %d %s", example, a.status, a.body)
			}
			answered++
		}
		refused := w.get(t, api.Base+strings.NewReplacer("/requests/{id}", "/requests/1", "{what}", "PRD-2026-000001", "{number}", "PRD-2026-000001", "{slug}", "people", "{id}", v.ResourceID, "{n}", "1", "{format}", "csv", "{column}", "1").Replace(path)+"?unknown=1")
		if fits(t, item.Get, refused); refused.status != http.StatusBadRequest {
			t.Errorf("%s with an unknown parameter: %d", path, refused.status)
		}
	}
	routes := 0
	for _, r := range described(t) {
		if r.Method == http.MethodGet && r.Scope == "" {
			routes++
		}
	}
	if answered != 4*routes {
		t.Errorf("%d answers of %d routes", answered, routes)
	}
}

// changes reports whether an operation is one of those that need a key.
func changes(o *openapi3.Operation) bool {
	for _, s := range *o.Security {
		if len(s) == 0 {
			return false
		}
	}
	return true
}

// described are the routes that the document must describe: all below Base,
// whosever they are, but for the document itself, and for tiles, which C2SP
// describes.
func described(t *testing.T) (out []portal.Route) {
	t.Helper()
	for _, r := range slices.Concat(api.Routes, portal.Routes) {
		if strings.HasPrefix(r.Path, api.Base+"/") && r.Path != api.Base+"/openapi.json" && r.Path != api.Base+"/log/tile/*" {
			out = append(out, r)
		}
	}
	return out
}

// The document describes every route and nothing else, and says of each whether
// it needs a key, and for what.
func TestTheDocumentDescribesTheRoutesAndNothingElse(t *testing.T) {
	made, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for path, item := range read(t, made).Paths.Map() {
		for method, o := range item.Operations() {
			scope := ""
			if changes(o) {
				scope = strings.Join((*o.Security)[0]["key"], " ")
			}
			got = append(got, strings.TrimSpace(method+" "+path+" "+scope))
		}
	}
	for _, r := range described(t) {
		path := regexp.MustCompile(`:(\w+)`).ReplaceAllString(strings.TrimPrefix(r.Path, api.Base), "{$1}")
		want = append(want, strings.TrimSpace(r.Method+" "+path+" "+r.Scope))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 25 {
		t.Errorf("-routes +described:\n%s", diff)
	}
}

// full fills every field of an entry.
func full(d *datasets.Dataset) {
	var fields map[string]any
	body, _ := json.Marshal(d)
	_ = json.Unmarshal(body, &fields)
	for name, value := range fields {
		if value == "" && name != "Status" && name != "WithdrawnReason" && name != "SourceURL" && name != "TemporalStart" && name != "TemporalEnd" && name != "Slug" {
			fields[name] = "填" + strconv.Itoa(len(name))
		}
	}
	body, _ = json.Marshal(fields)
	_ = json.Unmarshal(body, d)
	d.Language, d.Email, d.Coordinates, d.DBClass = "zh-CN", "a@example.org", "CGCS2000", datasets.BaseDB
	d.SourceURL, d.TemporalStart, d.TemporalEnd, d.Tags, d.RelatedCodes, d.ShareBasis, d.OpenBasis = "https://www.gov.cn/", "2004", "2026", []string{"甲"}, []string{"乙"}, []string{"丙"}, []string{"丁"}
}

// Whatever the catalogue keeps in English stands beside its Chinese.
func TestTheEnglishStandsBesideTheChinese(t *testing.T) {
	w := newWorld(t)
	d, v := w.File(t, "a.csv", "年份\n2025\n", full, func(d *datasets.Dataset) { d.TagsEN = []string{"first"} })
	w.Version(t, d, v.ResourceID, "a.csv", "年份\n2025\n", datasets.Field{Name: "年份", Label: "年份", Unit: "年", UnitEN: "years", Description: "何年", DescriptionEN: "Which year", Codes: []datasets.Code{{Value: "2025", Label: "今", LabelEN: "Now"}}})
	var whole api.Dataset
	w.read(t, api.Base+"/datasets/"+d.Slug, &whole)
	got := []string{whole.Opening.ReasonEN, whole.Opening.MethodEN, whole.Opening.UseRequirementsEN, whole.Opening.SafeguardsEN, whole.Opening.MaterialsEN,
		whole.Sharing.ContentEN, whole.Sharing.ConditionsEN, whole.Sharing.ScopeEN, whole.Sharing.MethodEN, whole.Updating.DueEN, whole.Updating.MethodEN,
		whole.Coverage.SpatialEN, whole.Source.NameEN, whole.Source.ProcessingEN}
	want := []string{d.OpenReasonEN, d.OpenMethodEN, d.UseRequirementsEN, d.SafeguardsEN, d.RequiredMaterialsEN,
		d.ShareContentEN, d.ShareConditionsEN, d.ShareScopeEN, d.ShareMethodEN, d.UpdateDueEN, d.UpdateMethodEN, d.SpatialEN, d.SourceEN, d.ProcessingEN}
	if !slices.Equal(got, want) || slices.Contains(want, "") || !slices.Equal(whole.TagsEN, []string{"first"}) {
		t.Errorf("%q and tags %q, want %q", got, whole.TagsEN, want)
	}
	var schema api.Schema
	w.read(t, api.Base+"/resources/"+v.ResourceID+"/schema", &schema)
	if f := schema.Tables[0].Fields[0]; f.UnitEN != "years" || f.DescriptionEN != "Which year" || f.Codes[0].LabelEN != "Now" {
		t.Errorf("the dictionary: %+v", f)
	}
}

// What the document calls an example is one, and everything has its words in
// both languages.
func TestTheDescriptionIsCompleteInBothLanguages(t *testing.T) {
	made, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	doc := read(t, made)
	both := func(where, en string, extensions map[string]any, key string) {
		t.Helper()
		zh, _ := extensions[key].(string)
		if en == "" || zh == "" || !strings.ContainsFunc(zh, isHan) {
			t.Errorf("%s: %q, %q", where, en, zh)
		}
	}
	both("the API", doc.Info.Description, doc.Info.Extensions, "x-description-zh")
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			both(method+" "+path, o.Summary, o.Extensions, "x-summary-zh")
			both(method+" "+path, o.Description, o.Extensions, "x-description-zh")
			for _, p := range o.Parameters {
				both(path+" "+p.Value.Name, p.Value.Description, p.Value.Extensions, "x-description-zh")
			}
		}
	}
	for name, schema := range doc.Components.Schemas {
		for field, p := range schema.Value.Properties {
			if p.Ref != "" { // the words beside a reference are extensions of it
				both(name+"."+field, field, p.Extensions, "x-description-zh")
				continue
			}
			both(name+"."+field, p.Value.Description, p.Value.Extensions, "x-description-zh")
			for _, example := range p.Value.Examples {
				if err := p.Value.VisitJSON(example, openapi3.EnableJSONSchema2020(), openapi3.EnableFormatValidation()); err != nil {
					t.Errorf("the example of %s.%s: %v", name, field, err)
				}
			}
		}
	}
}
