package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/supervision"
)

// given is a grant of the Office's data to the citizen, by a road that the tests of
// applications walk.
func (w *whole) given(t *testing.T, name string) (number string, d *datasets.Dataset) {
	t.Helper()
	made, _ := w.hide(t, name, datasets.Published, datasets.Conditional)
	who, officer := w.actorOf(t, citizen), w.actorOf(t, own)
	d, err := w.Datasets.Dataset(t.Context(), who, made.Slug)
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.Licensing.Begin(t.Context(), who, d.Slug, 0)
	if err == nil {
		a, err = w.Licensing.SaveDraft(t.Context(), who, a.Number, licensingtest.Form(d), a.Revision)
	}
	terms := ""
	if err == nil {
		terms, err = w.Licensing.Preview(t.Context(), a)
	}
	if err == nil {
		a, err = w.Licensing.Submit(t.Context(), who, a.Number, a.Revision, licensing.Digest(terms))
	}
	if err == nil {
		a, err = w.Licensing.Accept(t.Context(), officer, a.Number, a.Revision)
	}
	if err == nil {
		a, err = w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Agreed(a), a.Revision)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a.Grant, d
}

// withProfile binds the Office, and those who oversee it, by a text.
func (w *whole) withProfile(t *testing.T, profile string) {
	t.Helper()
	if _, err := w.Pool.Exec(t.Context(), `UPDATE departments SET profile = $1`, profile); err != nil {
		t.Fatal(err)
	}
}

// judgesBreach tries to decide a dispute.
func (w *whole) judgesBreach(t *testing.T, p persona) bool {
	t.Helper()
	w.withProfile(t, "cn-fujian-2023")
	number, _ := w.given(t, w.spareName(t))
	b, err := w.Server.Supervision.OpenBreach(t.Context(), w.actorOf(t, own), supervision.Of(number), supervision.Charge{Violations: []string{"leak"}, Facts: "转给了别人", Evidence: "记录"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE breaches SET state = 'disputed', outcome = 'warning', reason = 'x', decided_at = now(), grounds = 'x', disputed_at = now() WHERE number = $1`, b.Number); err != nil {
		t.Fatal(err)
	}
	return w.post(t, p, "/desk/breaches/"+b.Number, url.Values{"action": {"uphold"}, "verdict": {"维持"}, "revision": {"1"}}).status == http.StatusSeeOther
}

// From the page of a grant to the end of a case, in a browser without script.
func TestABreachCaseFromTheGrantToItsEnd(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	w.withProfile(t, "cn-fujian-2023")
	grant, d := w.given(t, "misused")
	file := "/d/" + d.Resources[0].ID + "/1/data.csv"
	if r := w.get(t, citizen, file); r.status != 200 {
		t.Fatalf("before: %d", r.status)
	}
	if page := w.get(t, own, "/desk/grants/"+grant); !strings.Contains(page.body, "/desk/breaches/new?grant="+grant) {
		t.Error("no way from the grant to a case")
	}
	at := "/desk/breaches/new?grant=" + grant
	if page := w.get(t, own, at).doc(t); page.Find(`input[name=violation]`).Length() != 6 || !strings.Contains(page.Find("#violation").Text(), "超范围使用") || page.Find(`#violation a[href*="FJ-III.4"]`).Length() == 0 {
		t.Errorf("the kinds: %s", page.Find("#violation").Text())
	}
	for p, want := range map[persona]int{visitor: 303, citizen: 403, admin: 403, other: 404, persona(account.Authority): 200, persona(account.Regulator): 200} {
		if r := w.get(t, p, at); r.status != want {
			t.Errorf("the form for %s: %d, want %d", p, r.status, want)
		}
	}
	charge := url.Values{"grant": {grant}, "violation": {"leak", "beyond_scope"}, "facts": {"把全表放到了网上。"}, "evidence": {"网址、截图"}, "halt": {"1"}}
	for field, f := range map[string]url.Values{"violation": with(charge, "violation", ""), "facts": with(charge, "facts", " "), "evidence": with(charge, "evidence", "")} {
		r := w.post(t, own, "/desk/breaches", f)
		if page := r.doc(t); r.status != 422 || page.Find("#"+field).Length() != 1 || page.Find("form .err").Length() != 1 || field != "facts" && page.Find("#facts").Text() != "把全表放到了网上。" {
			t.Errorf("%s: %d %s", field, r.status, r.doc(t).Find(".err,.bad").Text())
		}
	}
	for name, f := range map[string]url.Values{"an unknown kind": with(charge, "violation", "nonsense"), "long": with(charge, "facts", strings.Repeat("长", 4001)), "a control character": with(charge, "facts", "a\x00b")} {
		if r := w.post(t, own, "/desk/breaches", f); r.status != 422 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if r := w.post(t, own, "/desk/breaches", with(charge, "state", "cleared")); r.status != 400 {
		t.Errorf("a field that there is not: %d", r.status)
	}
	if r := w.post(t, persona(account.Authority), "/desk/breaches", charge); r.status != 422 {
		t.Errorf("an authority that suspends at once: %d", r.status)
	}
	r := w.post(t, own, "/desk/breaches", charge)
	path, _, _ := strings.Cut(r.header.Get("Location"), "?")
	if r.status != 303 || !strings.HasPrefix(path, "/desk/breaches/WY-") {
		t.Fatalf("%d %s", r.status, r.doc(t).Find(".err").Text())
	}
	if r := w.get(t, citizen, file); r.status != 403 {
		t.Errorf("it goes on: %d", r.status)
	}
	number := strings.TrimPrefix(path, "/desk/breaches/")
	theirs := "/grants/" + grant + "/breaches/" + number
	for p, want := range map[persona]int{visitor: 303, citizen: 403, other: 404, own: 200, persona(account.Head): 200, persona(account.Authority): 200, persona(account.Regulator): 200, persona(account.SecurityReviewer): 403, key: 403} {
		if r := w.get(t, p, path); r.status != want && !(p == key && r.status == 401) {
			t.Errorf("the case at the desk for %s: %d, want %d", p, r.status, want)
		}
	}
	for p, want := range map[persona]int{visitor: 303, citizen: 200, "buyer": 404, own: 404, other: 404} {
		if r := w.get(t, p, theirs); r.status != want {
			t.Errorf("the case of the holder for %s: %d, want %d", p, r.status, want)
		}
	}
	if r := w.get(t, citizen, "/grants/SQZ-2026-999999/breaches/"+number); r.status != 404 {
		t.Errorf("under another grant: %d", r.status)
	}
	if page := w.get(t, citizen, "/grants/"+grant).doc(t); page.Find(`a[href="`+theirs+`"]`).Length() != 1 {
		t.Error("the grant does not lead its holder to the case")
	}
	revision := func(p persona, path string) string {
		return w.get(t, p, path).doc(t).Find(`input[name=revision]`).First().AttrOr("value", "1")
	}
	move := func(p persona, path string, pairs ...string) reply {
		return w.post(t, p, path, with(url.Values{"revision": {revision(p, path)}}, pairs...))
	}
	for name, r := range map[string]reply{
		"a move that there is not": move(own, path, "action", "burn"), "that time makes": move(own, path, "action", "enforce"), "of the holder": move(own, path, "action", "answer", "answer", "x"),
		"of the desk, by the holder": move(citizen, theirs, "action", "clear", "reason", "x"), "unheard": move(own, path, "action", "warn", "reason", "x"), "of the authority": move(own, path, "action", "uphold", "verdict", "x"),
		"an old page": w.post(t, own, path, url.Values{"action": {"refer"}, "reason": {"x"}, "revision": {"77"}}),
	} {
		if r.status != 403 && r.status != 409 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if r := move(citizen, theirs, "action", "answer", "answer", " "); r.status != 422 || r.doc(t).Find("#answer").Length() != 1 {
		t.Errorf("an empty answer: %d", r.status)
	}
	if r := move(citizen, theirs, "action", "answer", "answer", "是外包人员放的，已删。"); r.status != 303 {
		t.Fatalf("the answer: %d", r.status)
	}
	if page := w.get(t, own, "/desk/inbox?kind=breach").doc(t).Find("main").Text(); !strings.Contains(page, number) {
		t.Errorf("the inbox: %s", page)
	}
	if r := move(own, path, "action", "revoke", "reason", "泄露"); r.status != 422 || r.doc(t).Find("#basis").Length() != 1 {
		t.Errorf("revoked without a basis: %d", r.status)
	}
	if r := move(own, path, "action", "hold", "reason", "泄露，改好以前暂停。"); r.status != 303 {
		t.Fatalf("the decision: %d %s", r.status, r.doc(t).Find(".late,.err").Text())
	}
	if r := move(citizen, theirs, "action", "dispute", "grounds", "已经删了。"); r.status != 303 {
		t.Fatalf("the dispute: %d", r.status)
	}
	if r := move(persona(account.Authority), path, "action", "overturn", "verdict", "已经删除，不必再停。"); r.status != 303 {
		t.Fatalf("the verdict: %d %s", r.status, r.doc(t).Find(".late,.err").Text())
	}
	if r := w.get(t, citizen, file); r.status != 200 {
		t.Errorf("it does not go on: %d", r.status)
	}
	if list := w.get(t, own, "/desk/breaches?all=1"); !strings.Contains(list.body, number) {
		t.Error("the list does not have it")
	}
	if list := w.get(t, own, "/desk/breaches"); strings.Contains(list.body, number) {
		t.Error("the list of what is open has it")
	}
	for _, bad := range []string{"state=nonsense", "before=x", "page=2"} {
		if r := w.get(t, own, "/desk/breaches?"+bad); r.status != 400 {
			t.Errorf("%s: %d", bad, r.status)
		}
	}
	if r := w.post(t, citizen, "/grants/"+grant+"/report", url.Values{"facts": {"同事把表发到了群里。"}}); r.status != 303 {
		t.Errorf("reported: %d", r.status)
	}
	if page := w.get(t, citizen, "/grants/"+grant); strings.Contains(page.body, "同事把表") {
		t.Error("the holder's page shows what was reported")
	}
	if page := w.get(t, own, "/desk/breaches"); page.status != 200 || !strings.Contains(page.doc(t).Find("main").Text(), "有人反映") {
		t.Error("the desk does not see what was reported")
	}
	// nothing of it is public
	for _, p := range []string{"/", "/datasets/" + d.Slug, "/datasets/" + d.Slug + "/decisions", "/departments/" + w.Office(t).Slug + "/score"} {
		if page := w.get(t, visitor, p); strings.Contains(page.body, number) || strings.Contains(page.body, "违约案") {
			t.Errorf("%s tells of it", p)
		}
	}
}

// A list that is asked for after what can be no number of a case says so, and leads
// to its first page.
func TestALaterPageOfTheDeskThatThereIsNot(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	for _, list := range []string{"/desk/orders", "/desk/breaches", "/desk/incidents", "/desk/use", "/desk/use/destructions", "/desk/use/audits", "/desk/use/draws", "/desk/applications"} {
		for _, before := range []string{"abc", "0", "-1", "100000000000000000000"} {
			r := w.get(t, persona(account.Authority), list+"?before="+before)
			if said := r.doc(t).Find("main").Text(); r.status != 400 || !strings.Contains(said, "没有这一页，请从第一页看起。") {
				t.Errorf("%s before %s: %d %s", list, before, r.status, said)
			}
		}
		if r := w.get(t, persona(account.Authority), list+"?before=9"); r.status != 200 {
			t.Errorf("%s: %d", list, r.status)
		}
	}
}

// A form that makes something makes one thing however often it is sent, also at the
// same time, and leads to it; what is written anew makes another.
func TestAFormThatIsSentAgainMakesNothingNew(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	w.overseen(t, "cn-liaoning-anshan-2022")
	grant, d := w.given(t, "twice")
	office := w.Office(t).Slug
	auth := persona(account.Authority)
	for _, c := range []struct {
		who                    persona
		page, to, table, other string
		form                   url.Values
		shown                  []string // inputs whose values the page gives
	}{
		{own, "/desk/breaches/new?grant=" + grant, "/desk/breaches", "breaches", "facts", url.Values{"grant": {grant}, "facts": {"转给了别人"}, "evidence": {"记录"}, "halt": {"1"}}, []string{"violation"}},
		{own, "/desk/incidents/new?dataset=" + d.Slug, "/desk/incidents", "incidents", "what", url.Values{"dataset": {d.Slug}, "title": {"没有脱敏"}, "what": {"有手机号"}, "level": {"major"}}, []string{"version"}},
		{auth, "/desk/use/draws", "/desk/use/draws", "use_draws", "questions", url.Values{"which": {"live"}, "questions": {"数据在哪里？"}}, nil},
		{overseer, "/desk/orders/new?department=" + office, "/desk/orders", "rectification_orders", "facts", url.Values{"department": {office}, "facts": {"没有定责任人"}, "remedy": {"定责任人"}}, []string{"ground", "due"}},
	} {
		page := w.get(t, c.who, c.page).doc(t)
		for _, name := range append(c.shown, "sent") {
			c.form.Set(name, page.Find(`input[name=`+name+`]`).First().AttrOr("value", ""))
		}
		if c.form.Get("sent") == "" || c.form.Get("sent") == w.get(t, c.who, c.page).doc(t).Find(`input[name=sent]`).AttrOr("value", "") {
			t.Errorf("%s: the mark of the page is %q", c.page, c.form.Get("sent"))
		}
		made := func() (n int) {
			if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM `+c.table).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := made()
		at := make([]string, 3)
		var all sync.WaitGroup
		for i := range at[:2] {
			all.Go(func() { at[i] = w.post(t, c.who, c.to, c.form).header.Get("Location") })
		}
		all.Wait()
		at[2] = w.post(t, c.who, c.to, c.form).header.Get("Location")
		if n := made() - before; n != 1 || at[0] == "" || at[0] != at[1] || at[1] != at[2] {
			t.Errorf("%s: %d made, at %q", c.to, n, at)
		}
		if c.table == "breaches" { // a grant is not suspended twice
			c.form.Del("halt")
		}
		r := w.post(t, c.who, c.to, with(c.form, c.other, "另一件事"))
		if n := made() - before; n != 2 || r.header.Get("Location") == at[0] {
			t.Errorf("%s: something else, and %d are made: %d %s", c.to, n, r.status, r.doc(t).Find(".err,.bad").Text())
		}
	}
}

// An incident in a browser without script: the letter is seen before it goes, the
// affected see it on their downloads, and nobody else anything.
func TestAnIncidentFromTheFormToTheDownloads(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	w.withProfile(t, "cn-tianjin-2018")
	_, d := w.given(t, "leaked")
	if r := w.get(t, citizen, "/d/"+d.Resources[0].ID+"/1/data.csv"); r.status != 200 {
		t.Fatalf("%d", r.status)
	}
	for p, want := range map[persona]int{visitor: 303, citizen: 403, admin: 403, other: 422, own: 200, persona(account.Authority): 200, persona(account.Regulator): 200} {
		if r := w.get(t, p, "/desk/incidents/new?dataset="+d.Slug); r.status != want {
			t.Errorf("the form for %s: %d, want %d", p, r.status, want)
		}
	}
	form := w.get(t, own, "/desk/incidents/new?dataset="+d.Slug).doc(t)
	said := url.Values{"dataset": {d.Slug}, "title": {"备注没有脱敏"}, "what": {"备注里有手机号，保密细节甲。"}, "level": {"major"}, "version": {form.Find("input[name=version]").AttrOr("value", "")}}
	for field, f := range map[string]url.Values{"title": with(said, "title", " "), "what": with(said, "what", ""), "version": with(said, "version", "x"), "level": with(said, "level", "huge"), "known": with(said, "known", "2099-01-01T00:00")} {
		if r := w.post(t, own, "/desk/incidents", f); r.status != 422 || r.doc(t).Find("form .err").Length() != 1 {
			t.Errorf("%s: %d", field, r.status)
		}
	}
	path, _, _ := strings.Cut(w.post(t, own, "/desk/incidents", said).header.Get("Location"), "?")
	if !strings.HasPrefix(path, "/desk/incidents/AQ-") {
		t.Fatal(path)
	}
	for p, want := range map[persona]int{visitor: 303, citizen: 403, other: 404, own: 200, persona(account.Authority): 200, persona(account.Regulator): 200} {
		if r := w.get(t, p, path); r.status != want {
			t.Errorf("%s: %d, want %d", p, r.status, want)
		}
	}
	move := func(p persona, pairs ...string) reply {
		revision := w.get(t, p, path).doc(t).Find(`input[name=revision]`).First().AttrOr("value", "1")
		return w.post(t, p, path, with(url.Values{"revision": {revision}}, pairs...))
	}
	for name, r := range map[string]reply{"no act": move(own, "action", "burn"), "closed at once": move(persona(account.Head), "action", "close", "cause", "x", "lessons", "x"), "an old page": w.post(t, own, path, url.Values{"action": {"contain"}, "measures": {"x"}, "revision": {"9"}})} {
		if r.status != 409 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	tell := []string{"action", "preview", "words", "请删除备注列。", "words_en", "Please delete the remarks."}
	if r := move(own, tell...); r.status != 200 || !strings.Contains(r.body, `value="tell"`) || !strings.Contains(r.doc(t).Find(".note").Text(), "请删除备注列。") {
		t.Errorf("the letter is not shown before it goes: %d", r.status)
	}
	if page := w.get(t, citizen, "/downloads"); strings.Contains(page.body, "请删除备注列") {
		t.Error("it went with the preview")
	}
	tell[1] = "tell"
	if r := move(own, tell...); r.status != 303 {
		t.Fatalf("%d", r.status)
	}
	page := w.get(t, citizen, "/downloads")
	if !strings.Contains(page.body, "请删除备注列。") || strings.Contains(page.body, "保密细节甲") {
		t.Error("the downloads of who took it")
	}
	if page := w.get(t, "buyer", "/downloads"); strings.Contains(page.body, "请删除备注列") {
		t.Error("somebody else is told")
	}
	for _, p := range []string{"/datasets/" + d.Slug, "/", "/departments/" + w.Office(t).Slug} {
		if page := w.get(t, visitor, p); strings.Contains(page.body, "保密细节甲") || strings.Contains(page.body, "AQ-") || strings.Contains(page.body, "请删除备注列") {
			t.Errorf("%s tells of it", p)
		}
	}
	for _, step := range [][]string{{"action", "contain", "measures", "撤下备注列"}, {"action", "keep", "records", "日志"}, {"action", "inform", "kind", "authority", "body", "某局", "report_number", "1号"}} {
		if r := move(own, step...); r.status != 303 {
			t.Errorf("%v: %d", step, r.status)
		}
	}
	if r := move(persona(account.Head), "action", "close", "cause", "漏了一列", "lessons", "双人核对"); r.status != 303 {
		t.Errorf("closed: %d %s", r.status, r.doc(t).Find(".late").Text())
	}
	if list := w.get(t, own, "/desk/incidents?all=1"); !strings.Contains(list.body, "备注没有脱敏") {
		t.Error("the list")
	}
}

// A grant that its holder gives back while a case holds it is not said to be
// suspended any more, nor can the case suspend or reinstate it.
func TestACaseSaysThatItsGrantWasGivenBack(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	w.withProfile(t, "cn-fujian-2023")
	grant, _ := w.given(t, "returned")
	office, who := w.actorOf(t, own), w.actorOf(t, citizen)
	b, err := w.Server.Supervision.OpenBreach(t.Context(), office, supervision.Of(grant), supervision.Charge{Violations: []string{"leak"}, Facts: "转给了别人", Evidence: "记录", Halt: true})
	if err != nil {
		t.Fatal(err)
	}
	says := func(path string, p persona) string {
		t.Helper()
		return strings.Join(strings.Fields(w.get(t, p, path).doc(t).Find("main").Text()), " ")
	}
	if page := says("/desk/breaches/"+b.Number, own); !strings.Contains(page, "授权暂停中") {
		t.Errorf("while it is suspended: %s", page)
	}
	g, _, err := w.Licensing.Grant(t.Context(), who, grant)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Licensing.MoveGrant(t.Context(), who, grant, licensing.Surrender, "", g.Revision); err != nil {
		t.Fatal(err)
	}
	for path, p := range map[string]persona{"/desk/breaches/" + b.Number: own, "/desk/breaches": own, "/grants/" + grant + "/breaches/" + b.Number: citizen} {
		page := says(path, p)
		if strings.Contains(page, "授权暂停中") || path != "/desk/breaches" && !strings.Contains(page, "授权已交还") || strings.Contains(page, "立即暂停授权") {
			t.Errorf("%s: %s", path, page)
		}
	}
	for _, step := range []struct {
		who    account.Actor
		action supervision.BreachAction
		says   string
	}{
		{who, supervision.Answer, "等决定"},
		{office, supervision.HoldUp, "授权现在已经结束，没有可以暂停或者恢复的"},
		{office, supervision.Mend, "授权现在已经结束"},
	} {
		v, err := w.Server.Supervision.Breach(t.Context(), step.who, b.Number)
		if err == nil {
			_, err = w.Server.Supervision.MoveBreach(t.Context(), step.who, b.Number, supervision.BreachStep{Action: step.action, Words: "已经删除", Revision: v.Revision})
		}
		if err != nil {
			t.Fatal(step.action, err)
		}
		page := says("/desk/breaches/"+b.Number, own)
		if !strings.Contains(page, step.says) || strings.Contains(page, "授权暂停中") {
			t.Errorf("%s: %s", step.action, page)
		}
		if step.action == supervision.HoldUp && !strings.Contains(page, "已改正，结案") {
			t.Errorf("the button promises to reinstate: %s", page)
		}
	}
	var halted int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE kind = 'supervision_notice' AND args ->> 'act' = 'hold' AND (args ->> 'halted')::boolean`).Scan(&halted); err != nil || halted != 0 {
		t.Errorf("%d letters say that it is suspended, %v", halted, err)
	}
}

// A case against a grant of sharing begins on the page of its request, for whoever may
// open one and while the grant runs; from the case a link leads back.
func TestACaseBeginsOnTheRequestForSharing(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d, _ := w.shared(t, "shared-and-watched")
	at := w.asks(t, d)
	id := strings.TrimPrefix(at, "/desk/sharing/requests/")
	form := "/desk/breaches/new?grant=GX-" + id
	button := func(p persona) int { return w.get(t, p, at).doc(t).Find(`#cases a[href="` + form + `"]`).Length() }
	for _, p := range []persona{own, other, playing(account.Authority)} {
		if button(p) != 0 {
			t.Errorf("%s is offered a case before anything was granted", p)
		}
	}
	said := url.Values{"action": {"supply"}, "revision": {"1"}, "met0": {"yes"}, "met1": {"yes"}, "guidance": {"见接口说明。"}, "until": {"2027-05-01"}}
	if r := w.post(t, own, at, said); r.status != http.StatusSeeOther {
		t.Fatalf("%d %s", r.status, r.doc(t).Find(".err, .late").Text())
	}
	for p, want := range map[persona]int{own: 1, other: 0, persona(account.Head): 1} {
		if got := button(p); got != want {
			t.Errorf("%s has %d buttons, want %d", p, got, want)
		}
	}
	if r := w.get(t, own, form); r.status != 200 {
		t.Fatalf("the form: %d", r.status)
	}
	if r := w.get(t, other, form); r.status != 403 {
		t.Errorf("the form for the department that holds it: %d", r.status)
	}
	kind := w.get(t, own, form).doc(t).Find(`input[name=violation]`).First().AttrOr("value", "")
	r := w.post(t, own, "/desk/breaches", url.Values{"grant": {"GX-" + id}, "violation": {kind}, "facts": {"转给了别的单位。"}, "evidence": {"取用记录"}, "halt": {"1"}})
	opened, _, _ := strings.Cut(r.header.Get("Location"), "?")
	if r.status != http.StatusSeeOther || !strings.HasPrefix(opened, "/desk/breaches/WY-") {
		t.Fatalf("%d %s", r.status, r.doc(t).Find(".err, .late").Text())
	}
	for _, p := range []persona{own, other} {
		if back := w.get(t, p, opened).doc(t).Find(`main a[href="` + at + `"]`).Length(); back != 1 {
			t.Errorf("%d links lead %s back to the request", back, p)
		}
		page := w.get(t, p, at).doc(t)
		if page.Find(`#cases a[href="`+opened+`"]`).Length() != 1 || !strings.Contains(page.Find("#grant").Text(), "授权暂停中") {
			t.Errorf("the request does not tell %s of the case", p)
		}
		if button(p) != 0 {
			t.Errorf("%s is offered a case against what is held already", p)
		}
	}
}
