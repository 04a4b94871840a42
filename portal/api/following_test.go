package api_test

import (
	"slices"
	"strings"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
	"shuyuan/portal/api"
)

// drafted is what a program writes into a draft that it was given written already.
func drafted(a api.Application) api.ApplicationDraft {
	d := api.ApplicationDraft{Revision: a.Revision, ApplicationWritten: a.ApplicationWritten}
	d.Seen, d.Months = true, 6
	for _, i := range a.Items {
		d.Items = append(d.Items, i.ApplicationItem)
	}
	return d
}

// A program begins a renewal when it is time and a change at any time; the draft
// stands as the grant does, and what is written otherwise is told as such.
func TestAProgramRenewsAndChanges(t *testing.T) {
	w := applyingBy(t, licensingtest.Tianjin, "2026-01-12")
	first := w.Granted(t, w.who, w.officer, w.dataset)
	at := "/grants/" + first.Grant
	with := func(who account.Actor, scope string) []string {
		return []string{"Authorization", "Bearer " + w.keyOf(t, who, scope)}
	}
	read, stranger := []string{"Authorization", "Bearer " + w.reading}, with(w.Person(t, "赵六"), account.ScopeApply)
	var g api.Grant
	w.do(t, "getGrant", at, "", 200, read...).into(t, &g)
	if g.Kind != "new" || g.Renew != "2026-05-13" || !slices.Equal(g.Apply, []string{"change"}) {
		t.Fatalf("%+v", g)
	}
	w.sends(t, "beginFromGrant", at+"/applications", `{"kind":"renewal"}`, 409)
	w.sends(t, "beginFromGrant", at+"/applications", `{"kind":"new"}`, 409)
	w.sends(t, "beginFromGrant", at+"/applications", `{"kind":"longer"}`, 422)
	w.sends(t, "beginFromGrant", at+"/applications", `{"kind":"change"}`, 404, stranger...)
	w.sends(t, "beginFromGrant", "/grants/SQZ-2026-999999/applications", `{"kind":"change"}`, 404)
	w.sends(t, "beginFromGrant", at+"/applications", `{"kind":"change"}`, 403, read...)

	var a, again api.Application
	made := w.sends(t, "beginFromGrant", at+"/applications", `{"kind":"change"}`, 200)
	made.into(t, &a)
	w.sends(t, "beginFromGrant", at+"/applications", `{"kind":"change"}`, 200).into(t, &again)
	if again.Number != a.Number || a.Kind != "change" || a.Follows == nil || a.Follows.Grant != first.Grant || a.Follows.State != "active" || len(a.Follows.Differences) != 0 || a.Seen || a.Purpose == "" || made.header.Get("Location") != "https://data.example/api/v1/applications/"+a.Number {
		t.Fatalf("%s", made.body)
	}
	w.sends(t, "beginFromGrant", at+"/applications", `{"kind":"new"}`, 409)
	draft := drafted(a)
	draft.Purpose = "向本市居民提示后一日的空气质量，结果免费公布。"
	draft.Items[0].Columns, draft.Items[0].Where = []string{"年份", "人口"}, `地区 = "福州"`
	w.sends(t, "saveApplication", "/applications/"+a.Number, jsonOf(t, draft), 200).into(t, &a)
	if f := a.Follows; len(f.Differences) != 1 || f.Purpose == "" || f.Differences[0].Resource != w.file.ResourceID || !slices.Equal(f.Differences[0].Removed, []string{"地区", "备注"}) || len(f.Differences[0].Added) != 0 || f.Differences[0].Where != `地区 = "福州"` || a.Sign == nil {
		t.Fatalf("%+v, missing %v", f, a.Missing)
	}
	signed, err := w.Licensing.Submit(t.Context(), w.who, a.Number, a.Revision, a.Agreements[0].SHA256) // a person signs
	if err != nil {
		t.Fatal(err)
	}
	accepted := w.Accepted(t, w.officer, signed)
	if _, err = w.Licensing.Decide(t.Context(), w.officer, a.Number, licensingtest.Agreed(accepted), accepted.Revision); err != nil {
		t.Fatal(err)
	}
	w.do(t, "getApplication", "/applications/"+a.Number, "", 200).into(t, &a)
	second := "/grants/" + a.Grant
	w.do(t, "getGrant", second, "", 200, read...).into(t, &g)
	if g.Kind != "change" || g.Earlier != first.Grant || g.State != "active" || len(g.Items[0].Columns) != 2 {
		t.Errorf("%+v", g)
	}
	w.do(t, "getGrant", at, "", 200, read...).into(t, &g)
	if g.State != "replaced" || g.Later != a.Grant || !slices.Equal(g.Apply, []string{"new"}) {
		t.Errorf("%+v", g)
	}

	w.Day(t, "2026-05-13")
	w.key = w.keyOf(t, w.who, account.ScopeApply) // the other has run out
	w.sends(t, "beginFromGrant", second+"/applications", `{"kind":"renewal"}`, 200).into(t, &a)
	if a.Kind != "renewal" || a.Follows.Until != "2026-07-12" {
		t.Errorf("%+v", a)
	}
	var list api.Applications
	if w.do(t, "listApplications", "/applications", "", 200).into(t, &list); list.Items[0].Kind != "renewal" || list.Items[1].Kind != "change" || list.Items[2].Kind != "new" {
		t.Errorf("%+v", list)
	}
}

// A grant of an organisation is renewed by whoever is of it, while it may apply; a
// suspended grant by nobody.
func TestWhoRenewsByProgram(t *testing.T) {
	w := applyingBy(t, licensingtest.Fujian, "2026-11-05")
	organisation := w.Organisation(t, w.who, "示例科技有限公司", "91350100M000100Y43")
	member := w.Person(t, "赵六")
	w.Join(t, organisation, member, account.Member)
	a := w.Accepted(t, w.officer, w.SubmittedFor(t, w.who, organisation, w.dataset))
	a, err := w.Licensing.Decide(t.Context(), w.officer, a.Number, licensingtest.Agreed(a), a.Revision)
	if err != nil {
		t.Fatal(err)
	}
	begin, of := "/grants/"+a.Grant+"/applications", []string{"Authorization", "Bearer " + w.keyOf(t, member, account.ScopeApply)}
	var draft api.Application
	w.sends(t, "beginFromGrant", begin, `{"kind":"change"}`, 200, of...).into(t, &draft)
	if draft.Organisation != organisation || draft.Applicant != "示例科技有限公司" {
		t.Errorf("%+v", draft)
	}
	w.sends(t, "beginFromGrant", begin, `{"kind":"change"}`, 404, "Authorization", "Bearer "+w.keyOf(t, w.officer, account.ScopeApply))
	g, _, err := w.Licensing.Grant(t.Context(), w.officer, a.Grant)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Licensing.MoveGrant(t.Context(), w.officer, a.Grant, licensing.Suspend, "请说明用途。", g.Revision); err != nil {
		t.Fatal(err)
	}
	said := w.sends(t, "beginFromGrant", begin, `{"kind":"change"}`, 409, append(of, "Accept-Language", "zh")...)
	if !strings.Contains(string(said.body), "暂停") {
		t.Errorf("%s", said.body)
	}
}
