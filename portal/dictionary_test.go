package portal_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"shuyuan/datasets"
	"shuyuan/internal/account"
)

// school is a file of the Office with a dictionary that lacks some things.
func (w *whole) school(t *testing.T) string {
	t.Helper()
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Slug = "schools" })
	id := w.Resource(t, d, func(r *datasets.Resource) { r.ID = "schoolscsv" })
	w.Version(t, d, id, "a.csv", "编号,级别\n01,1\n02,2\n",
		datasets.Field{Name: "编号", Label: "学校编号", LabelEN: "Number", Type: "text", Key: true, Sensitivity: datasets.NotSensitive, Description: "编号", Range: "两位"},
		datasets.Field{Name: "级别", Type: "text", Codes: []datasets.Code{{Value: "1", Label: "省级"}, {Value: "2", Label: "市级"}}})
	return "/desk/resources/" + id + "/dictionary"
}

// document is the answer as a page.
func (r reply) document(t *testing.T) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// filled is a form as the page shows it, with what the officer writes in it.
func filled(t *testing.T, page *goquery.Document, action string, write map[string]string) url.Values {
	t.Helper()
	form := page.Find(`form[action="` + action + `"]`)
	if form.Length() != 1 {
		t.Fatalf("%d forms for %s", form.Length(), action)
	}
	out := url.Values{}
	for _, in := range form.Find("input[name], textarea[name], select[name]").EachIter() {
		name, _ := in.Attr("name")
		value, _ := in.Attr("value")
		kind, _ := in.Attr("type")
		_, on := in.Attr("checked")
		switch {
		case goquery.NodeName(in) == "textarea":
			value = in.Text()
		case goquery.NodeName(in) == "select":
			value, _ = in.Find("option[selected]").Attr("value")
		case kind == "checkbox" && !on:
			continue
		}
		out.Set(name, value)
	}
	for name, value := range write {
		out.Set(name, value)
	}
	return out
}

func TestAnOfficerCorrectsADictionary(t *testing.T) {
	w := newWhole(t)
	address := w.school(t)
	page := w.get(t, own, address).document(t)
	if got := page.Find("#score").Text(); !strings.Contains(got, "级别") || !strings.Contains(got, "缺：有英文名称") {
		t.Errorf("what is missing is not said: %s", got)
	}
	form := filled(t, page, address, map[string]string{"f1-label_en": "Level", "f1-sensitivity": "none", "f1-codes": "1 = 省级 = Province\n2 = 市级\n3", "reason": "补英文"})
	got := w.post(t, own, address, form)
	if got.status != 303 || got.header.Get("Location") != address+"?done=1" {
		t.Fatalf("%d %s\n%s", got.status, got.header.Get("Location"), got.body)
	}
	public := w.get(t, visitor, "/datasets/schools/resources/schoolscsv").document(t)
	line := public.Find("#dictionary tbody tr").Eq(1)
	if text := strings.Join(strings.Fields(line.Text()), " "); !strings.Contains(text, "代码表，3 个值") {
		t.Errorf("the public reads %s", text)
	}
	if public.Find("#dictionary .chip").First().Text() != "主键" || !strings.Contains(public.Find("#dictionary").Text(), "补英文") || public.Find(`#dictionary a[href*="/desk/"]`).Length() != 0 {
		t.Errorf("%s", public.Find("#dictionary").Text())
	}
	if w.get(t, own, "/datasets/schools/resources/schoolscsv").document(t).Find(`#dictionary a[href="`+address+`"]`).Length() != 1 {
		t.Error("the officer is not shown the way")
	}
	// the same form once more: somebody was faster
	if got = w.post(t, own, address, form); got.status != 422 || !strings.Contains(got.body, "已被别人改过") || got.document(t).Find("#f1-label_en").AttrOr("value", "") != "Level" {
		t.Errorf("%d", got.status)
	}
	form.Set("reason", "")
	form.Set("revision", "1")
	form.Set("f0-label", "编号甲")
	if got = w.post(t, own, address, form); got.status != 422 || !strings.Contains(got.body, "请写明为什么改。") {
		t.Errorf("without a reason: %d", got.status)
	}
	for who, status := range map[persona]int{visitor: 303, other: 403, admin: 403} {
		if got := w.get(t, who, address); got.status != status && !(who == visitor && got.status == 401) {
			t.Errorf("%s sees the page: %d", who, got.status)
		}
		if got := w.post(t, who, address, form); got.status < 400 && who != visitor {
			t.Errorf("%s writes: %d", who, got.status)
		}
	}
}

func TestADictionaryFileIsLookedAtAndThenSaved(t *testing.T) {
	w := newWhole(t)
	address := w.school(t)
	take := func(step, text string) reply {
		page := w.get(t, own, address).document(t)
		return w.post(t, own, address+"/import", filled(t, page, address+"/import", map[string]string{"text": text, "reason": "导入", "step": step}))
	}
	got := take("look", "列名,中文名称\n级别,学校级别\n没有,x\n")
	if got.status != 422 || !strings.Contains(got.document(t).Find("#import .errs").Text(), "第 3 行：文件里没有“没有”这一列。") {
		t.Errorf("%d %s", got.status, got.document(t).Find("#import").Text())
	}
	got = take("look", "列名,中文名称\n级别,学校级别\n")
	if cells := strings.Join(strings.Fields(got.document(t).Find("#import tbody").Text()), ""); got.status != 200 || cells != "级别中文名称—学校级别" {
		t.Errorf("%d %s", got.status, cells)
	}
	if strings.Contains(w.get(t, visitor, "/datasets/schools/resources/schoolscsv").body, "学校级别") {
		t.Error("it was only to be looked at")
	}
	if got = take("save", "列名,中文名称\n级别,学校级别\n"); got.status != 303 {
		t.Errorf("%d", got.status)
	}
	w.Changed()
	if !strings.Contains(w.get(t, visitor, "/datasets/schools/resources/schoolscsv").body, "学校级别") {
		t.Error("it is not there")
	}
}

func TestADictionaryIsSentByKey(t *testing.T) {
	w := newWhole(t)
	w.school(t)
	file := w.get(t, visitor, "/api/v1/resources/schoolscsv/dictionary.csv")
	if file.status != 200 || !strings.HasPrefix(file.body, "\uFEFF表,列名,标识符,中文名称,") {
		t.Fatalf("%d %q", file.status, file.body)
	}
	changed := strings.Replace(file.body, "学校编号", "编号（两位）", 1)
	secret, _, err := w.Accounts.CreateKey(t.Context(), w.actorOf(t, own), "发布", []string{account.ScopeRead, account.ScopePublish}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	put := func(who persona, query, body string, headers ...string) reply {
		r := httptest.NewRequest(http.MethodPut, "/api/v1/resources/schoolscsv/dictionary?"+query, strings.NewReader(body))
		r.Header.Set("Content-Type", "text/csv")
		if secret := w.keys[who]; secret != "" {
			r.Header.Set("Authorization", "Bearer "+secret)
		}
		return w.send(t, r, headers...)
	}
	mine := []string{"Authorization", "Bearer " + secret}
	if got := put(visitor, "dry_run=1", changed, mine...); got.status != 200 || !strings.Contains(got.body, `"saved":false`) || !strings.Contains(got.body, `{"column":"编号","attribute":"label","before":"学校编号","after":"编号（两位）"}`) {
		t.Errorf("only to be looked at: %d %s", got.status, got.body)
	}
	if got := put(visitor, "", changed, mine...); got.status != 422 {
		t.Errorf("without a reason: %d %s", got.status, got.body)
	}
	if got := put(visitor, "reason=x", "列名\n没有\n", mine...); got.status != 422 || !strings.Contains(got.body, "第 2 行") {
		t.Errorf("an unknown column: %d %s", got.status, got.body)
	}
	if got := put(visitor, "reason=%E6%9B%B4%E6%AD%A3", changed, mine...); got.status != 200 || !strings.Contains(got.body, `"saved":true`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.get(t, visitor, "/api/v1/resources/schoolscsv/schema"); !strings.Contains(got.body, "编号（两位）") {
		t.Errorf("the schema says %s", got.body)
	}
	if got := put(key, "reason=x", changed); got.status != 403 {
		t.Errorf("a key for reading: %d", got.status)
	}
	if got := put(visitor, "reason=x", changed); got.status != 401 {
		t.Errorf("nobody: %d", got.status)
	}
	schema := w.get(t, visitor, "/api/v1/resources/schoolscsv/dictionary.json")
	if schema.status != 200 || !strings.Contains(schema.body, `"primaryKey": [`) || !strings.Contains(schema.body, `"title": "编号（两位）"`) {
		t.Errorf("%d %s", schema.status, schema.body)
	}
}

func TestAFileHasAFeedOfItsChanges(t *testing.T) {
	w := newWhole(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Slug = "schools" })
	id := w.Resource(t, d)
	w.Version(t, d, id, "a.csv", "a,b\n1,x\n")
	w.Version(t, d, id, "a.csv", "a,c\n1,x\n")
	got := w.get(t, visitor, "/datasets/schools/resources/"+id+"/feed.xml")
	for _, want := range []string{"第 2 版：列有变化", "新增的列：c；删去的列：b", `term="schema-change"`, "#version-2-columns", "/changes/2#columns", "<title>第 1 版</title>"} {
		if got.status != 200 || !strings.Contains(got.body, want) {
			t.Errorf("%d: no %s in %s", got.status, want, got.body)
		}
	}
}
