package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
)

// stranger sends a form of somebody who has not signed in, with the cookie that
// the form's page gave.
func (w *whole) stranger(t *testing.T, address string, form url.Values) reply {
	t.Helper()
	secret := w.Accounts.NewPreSession()
	form.Set("csrf", w.Accounts.CSRF(secret))
	return w.send(t, w.as(visitor, http.MethodPost, address, form), "Cookie", "__Host-session-form="+secret)
}

// villages is a public entry of the Office with a table of three rows.
func (w *whole) villages(t *testing.T) (*datasets.Dataset, string) {
	t.Helper()
	d := w.Dataset(t)
	id := w.Resource(t, d)
	w.Catalogue.Version(t, d, id, "a.csv", "村名,人口\n甲村,100\n乙村,200\n丙村,300\n", datasets.Field{Name: "村名", Type: "text"}, datasets.Field{Name: "人口", Label: "常住人口", Type: "integer"})
	w.Changed()
	return d, id
}

// objects are the fields of an objection that is fine but for what a test alters.
func objects(resource string, alter ...string) url.Values {
	f := url.Values{"resource": {resource}, "version": {"1"}, "table": {"1"}, "row": {"2"}, "column": {"人口"}, "channel": {"provider"},
		"alleged": {"乙村的人口应是 210。<script>alert(1)</script>"}, "evidence": {"村委会公示的名册。"}, "contact": {"zhang@tests.example"}}
	for i := 0; i+1 < len(alter); i += 2 {
		f.Set(alter[i], alter[i+1])
	}
	return f
}

func TestAnObjectionFromTheRowToItsClosing(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d, resource := w.villages(t)
	page := "/datasets/" + d.Slug
	// the link beside a row carries table, row and version with it; with a column open, that too
	href, ok := w.get(t, visitor, page+"/resources/"+resource+"?panel="+url.QueryEscape("人口")).doc(t).Find("tbody tr:nth-child(2) th.no a.wrong").Attr("href")
	if !ok || href != page+"/correct?"+(url.Values{"resource": {resource}, "version": {"1"}, "table": {"1"}, "row": {"2"}, "column": {"人口"}}).Encode() {
		t.Fatalf("the link of a row is %q", href)
	}
	if w.get(t, visitor, page+"/resources/"+resource+"/embed").doc(t).Find("a.wrong").Length() != 0 {
		t.Error("a frame on another site leads to a form")
	}
	form := w.get(t, visitor, href).doc(t)
	for field, want := range map[string]string{"resource": resource, "version": "1", "table": "1", "row": "2"} {
		if got := form.Find(`form.form [name="`+field+`"]`).AttrOr("value", ""); got != want {
			t.Errorf("the form has %s %q", field, got)
		}
	}
	if form.Find(`#column option[selected]`).AttrOr("value", "") != "人口" || !strings.Contains(form.Find(".kv").Text(), "200") || form.Find(`form.form input[tabindex="-1"]`).Length() != 1 {
		t.Error("the form does not show the column, the row as it is, or has no field for programs")
	}
	if text := form.Find("main").Text(); !strings.Contains(text, "平台规则") || !strings.Contains(text, "延长一次，最多 7 个工作日") {
		t.Error("the form does not say how long it takes and by which rule")
	}
	r := w.stranger(t, page+"/correct", objects(resource))
	link := r.header.Get("Location")
	if r.status != 303 || !strings.HasPrefix(link, "/corrections?link=") {
		t.Fatalf("%d %s", r.status, r.body)
	}
	link = strings.TrimSuffix(link, "&done=filed")
	receipt := w.get(t, visitor, link+"&done=filed")
	if text := receipt.doc(t).Find("main").Text(); !strings.Contains(text, "编号 FH-1") || !strings.Contains(text, "第 2 行，“常住人口”列") || receipt.header.Get("Cache-Control") != "no-store" || receipt.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the receipt: %s", text)
	}
	shown := func(p persona, path, words string) bool {
		w.indexed(t)
		return strings.Contains(w.get(t, p, path).doc(t).Find("main").Text(), words)
	}
	for _, path := range []string{page, page + "/resources/" + resource, page + "/corrections", "/datasets"} {
		if !shown(visitor, path, "复核中") {
			t.Errorf("%s has no mark", path)
		}
		if shown(visitor, path, "应是 210") || shown(visitor, path, "名册") || shown(visitor, path, "zhang@") {
			t.Errorf("%s shows what nobody has looked at", path)
		}
	}
	if w.get(t, visitor, "/d/"+resource+"/1/a.csv").status != 200 {
		t.Error("the data is shut while it is checked")
	}
	desk := "/desk/corrections/1"
	if !shown(own, "/desk/inbox", "请开始校核") || !shown(own, "/desk/corrections", "应是 210") || shown(other, "/desk/inbox", "请开始校核") || shown(other, "/desk/corrections", "应是 210") {
		t.Error("the department, and nobody else, is to check")
	}
	if !shown(own, desk, "zhang@tests.example") || !shown(own, desk, "名册") || !shown(own, desk, "200") || w.get(t, other, desk).status != 404 || w.get(t, citizen, desk).status != 403 {
		t.Error("the desk")
	}
	move := func(p persona, revision int, fields ...string) reply {
		f := url.Values{"revision": {fmt.Sprint(revision)}}
		for i := 0; i+1 < len(fields); i += 2 {
			f.Set(fields[i], fields[i+1])
		}
		return w.post(t, p, desk, f)
	}
	if r := move(own, 1, "action", "take_up"); r.status != 303 {
		t.Fatal(r.status, r.body)
	}
	english := w.get(t, own, desk, "Accept-Language", "en").doc(t).Find("#history li:last-child p").First()
	if got := english.Text(); !strings.Contains(got, d.Department.NameEN) || d.Department.NameEN == "" || english.Find("[lang=zh]").Length() != 0 {
		t.Errorf("who took it up, in English: %q", got)
	}
	chinese := w.get(t, own, desk).doc(t).Find("#history li:last-child p").First().Text()
	if !strings.Contains(chinese, w.actorOf(t, own).Name) || strings.Contains(chinese, d.Department.NameEN) {
		t.Errorf("who took it up: %q", chinese)
	}
	for name, c := range map[string]struct {
		reply
		status int
		field  string
	}{
		"no answer":            {move(own, 2, "action", "confirm"), 422, "answer"},
		"nothing named":        {move(own, 2, "action", "correct", "answer", "已按名册改正。"), 422, "fix"},
		"an old page":          {move(own, 1, "action", "confirm", "answer", "核对过，没有错。"), 409, ""},
		"no such move":         {move(own, 2, "action", "burn"), 400, ""},
		"the reporter's":       {move(own, 2, "action", "close"), 400, ""},
		"too many days":        {move(own, 2, "action", "ask_extension", "days", "8", "reason", "要到村里核对。"), 422, "days"},
		"no number of days":    {move(own, 2, "action", "ask_extension", "days", "七", "reason", "要到村里核对。"), 422, "days"},
		"the head's":           {move(own, 2, "action", "extend"), 403, ""},
		"the officer's":        {move(persona(account.Head), 2, "action", "confirm", "answer", "核对过，没有错。"), 403, ""},
		"another department's": {move(other, 2, "action", "confirm", "answer", "核对过，没有错。"), 404, ""},
	} {
		if c.reply.status != c.status || c.field != "" && c.reply.doc(t).Find(`[aria-invalid="true"]`).Length() != 1 {
			t.Errorf("%s: %d, %d fields marked", name, c.reply.status, c.reply.doc(t).Find(`[aria-invalid="true"]`).Length())
		}
	}
	if r := move(own, 2, "action", "ask_extension", "days", "3", "reason", "要到村里核对。"); r.status != 303 {
		t.Fatal(r.status, r.body)
	}
	if !shown(persona(account.Head), "/desk/inbox", "申请延长") || !shown(persona(account.Head), desk, "同意延长 3 个工作日") {
		t.Error("the head is not asked")
	}
	if r := move(persona(account.Head), 3, "action", "extend"); r.status != 303 {
		t.Fatal(r.status, r.body)
	}
	if !shown(visitor, link, "已延长一次") || shown(visitor, link, "要到村里核对") {
		t.Error("whoever filed it does not see the extension, or sees what was said inside")
	}
	w.Set(w.Clock().Add(time.Minute))
	w.Catalogue.Version(t, d, resource, "b.csv", "村名,人口\n甲村,100\n乙村,210\n丙村,300\n", datasets.Field{Name: "村名", Type: "text"}, datasets.Field{Name: "人口", Type: "integer"})
	fix := w.get(t, own, desk).doc(t).Find(`#fix option[value^="version-"]`).AttrOr("value", "")
	if r := move(own, 4, "action", "correct", "answer", "已按名册改正。", "fix", fix); r.status != 303 {
		t.Fatal(r.status, r.body)
	}
	for _, path := range []string{page, page + "/corrections", link} {
		if !shown(visitor, path, "应是 210。<script>") || !shown(visitor, path, "已按名册改正。") || !shown(visitor, path, "第 2 版") || shown(visitor, path, "zhang@") {
			t.Errorf("%s does not show the answer alone", path)
		}
	}
	if shown(visitor, page, "复核中") || !strings.Contains(w.get(t, visitor, page+"/feed.xml").body, "异议属实，已改正") {
		t.Error("the mark stays, or the feed does not tell")
	}
	settle := func(link, action, reason string, revision string) reply {
		q, err := url.ParseQuery(strings.TrimPrefix(link, "/corrections?"))
		if err != nil {
			t.Fatal(err)
		}
		return w.stranger(t, "/corrections", url.Values{"link": {q.Get("link")}, "action": {action}, "reason": {reason}, "revision": {revision}})
	}
	if r := settle(link+"x", "reopen", "第 3 页写的是 211。", "5"); r.status != 404 {
		t.Errorf("by another link: %d", r.status)
	}
	if r := settle(link, "reopen", "", "5"); r.status != 422 || r.doc(t).Find(`[aria-invalid="true"]`).Length() != 1 {
		t.Errorf("reopened without a reason: %d", r.status)
	}
	if r := settle(link, "reopen", "第 3 页写的是 211。", "5"); r.status != 303 || !shown(visitor, page, "复核中") {
		t.Errorf("%d %s", r.status, r.body)
	}
	for i, f := range [][]string{{"action", "take_up"}, {"action", "confirm", "answer", "核对过，就是 210。"}} {
		if r := move(own, 6+i, f...); r.status != 303 {
			t.Fatal(r.status, r.body)
		}
	}
	if r := settle(link, "reopen", "第 3 页写的是 211。", "8"); r.status != 409 {
		t.Errorf("reopened twice: %d", r.status)
	}
	if r := settle(link, "close", "", "8"); r.status != 303 || !shown(visitor, link, "已办结") {
		t.Errorf("%d", r.status)
	}
}

func TestAnObjectionThatIsWrongIsToldAtItsField(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d, resource := w.villages(t)
	at := "/datasets/" + d.Slug + "/correct"
	for _, c := range []struct {
		name, field, value string
		status             int
	}{
		{"no such row", "row", "4", 422}, {"a row below the first", "row", "-1", 422}, {"a row that is no number", "row", "二", 422}, {"a row without end", "row", strings.Repeat("9", 40), 422},
		{"no such column", "column", "面积", 422}, {"no evidence", "evidence", "", 422}, {"too short", "alleged", "错", 422}, {"too long", "alleged", strings.Repeat("长", 1001), 422},
		{"a control character", "alleged", "人口\x00应是 210。", 422}, {"a person's number", "alleged", "身份证 11010519491231002X 的人口不对。", 422}, {"no contact", "contact", "张三", 422},
	} {
		r := w.stranger(t, at, objects(resource, c.field, c.value))
		if r.status != c.status || r.doc(t).Find("#"+c.field).AttrOr("aria-invalid", "") != "true" {
			t.Errorf("%s: %d, the field is not marked", c.name, r.status)
		}
		if c.field != "evidence" && !strings.Contains(r.body, "村委会公示的名册") {
			t.Errorf("%s: what was typed is lost", c.name)
		}
	}
	for name, f := range map[string]url.Values{"a field that there is not": objects(resource, "admin", "1"), "twice": {"row": {"1", "2"}}} {
		if r := w.stranger(t, at, f); r.status != 400 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if r := w.stranger(t, at, objects(resource, "evidence", strings.Repeat("长", 1<<20/3+1))); r.status != 413 {
		t.Errorf("a megabyte: %d", r.status)
	}
	for _, bad := range []string{"row=x", "version=-1", "table=9999999999999999999", "resource=%00", "x=1"} {
		if r := w.get(t, visitor, at+"?"+bad); r.status != 422 && r.status != 400 {
			t.Errorf("?%s: %d", bad, r.status)
		}
	}
	if r := w.get(t, visitor, at+"?resource=nothing0&row=5&column=x"); r.status != 200 {
		t.Errorf("a link to what is gone: %d", r.status)
	}
}

func TestWhatAProgramObjectsToUnseenIsThrownAway(t *testing.T) {
	w := newWhole(t, limit("correction", 2))
	d, resource := w.villages(t)
	at := "/datasets/" + d.Slug + "/correct"
	trap := w.get(t, visitor, at).doc(t).Find(`form input[tabindex="-1"][autocomplete="off"]`).AttrOr("name", "")
	before := counted(t, "shuyuan_questions_trapped_total")
	caught := w.stranger(t, at, objects(resource, trap, "https://spam.example"))
	if caught.status != 303 || !strings.HasPrefix(caught.header.Get("Location"), "/corrections?link=") || counted(t, "shuyuan_questions_trapped_total")-before != 1 {
		t.Errorf("%d %s", caught.status, caught.header.Get("Location"))
	}
	if r := w.get(t, visitor, caught.header.Get("Location")); r.status != 404 {
		t.Errorf("its link leads somewhere: %d", r.status)
	}
	for i, want := range []int{303, 429} {
		if r := w.stranger(t, at, objects(resource, "row", fmt.Sprint(i+1))); r.status != want {
			t.Errorf("objection %d of a network: %d", i+1, r.status)
		}
	}
	if r := w.post(t, own, at, objects(resource, "row", "3")); r.status != 303 {
		t.Errorf("somebody with an account on the same network: %d", r.status)
	}
}

func TestNobodyObjectsToWhatTheyMayNotSee(t *testing.T) {
	w := newWhole(t)
	draft := w.Dataset(t, func(d *datasets.Dataset) { d.Status = datasets.Draft })
	withheld := w.Dataset(t, func(d *datasets.Dataset) { d.Open = datasets.Withheld })
	for _, slug := range []string{draft.Slug, withheld.Slug, "nothing-here"} {
		if r := w.stranger(t, "/datasets/"+slug+"/correct", objects("", "row", "", "column", "", "table", "", "version", "")); r.status != 404 {
			t.Errorf("%s: %d", slug, r.status)
		}
	}
	// of what must be applied for, the row is not shown, and can be objected to
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Open = datasets.Conditional })
	id := w.Resource(t, d)
	w.Catalogue.Version(t, d, id, "a.csv", "村名,人口\n秘密村,777\n", datasets.Field{Name: "村名", Type: "text"}, datasets.Field{Name: "人口", Type: "integer"})
	w.Changed()
	r := w.get(t, visitor, "/datasets/"+d.Slug+"/correct?resource="+id+"&table=1&row=1")
	if r.status != 200 || strings.Contains(r.body, "秘密村") || strings.Contains(r.body, "777") {
		t.Errorf("the form shows what must be applied for: %d", r.status)
	}
	if r := w.stranger(t, "/datasets/"+d.Slug+"/correct", objects(id, "row", "1")); r.status != 303 {
		t.Errorf("%d %s", r.status, r.body)
	}
}
