package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/sharing"
	"shuyuan/portal"
	"shuyuan/portal/api"
)

// sharers is a world in which two departments share an entry that is withheld from
// the public.
type sharers struct {
	*applicant
	service         *sharing.Service
	asker, provider account.Actor
	entry           *datasets.Dataset
}

func sharingBy(t *testing.T) *sharers {
	t.Helper()
	w := &sharers{applicant: applyingBy(t, licensingtest.Fujian, "2026-11-05")}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	w.service = sharing.New(w.Pool, w.Service, w.Book, deadline.New(w.Book, func() workdays.Calendar { return calendar }), w.Clock)
	w.Server = replica(t, w.Catalogue, func(d *portal.Deps) {
		d.Licensing, d.Accounts, d.Sharing = w.Licensing, w.World.Accounts, w.service
	})
	w.entry, _ = w.File(t, "residents.csv", "街道,人口\n东街,12\n", func(d *datasets.Dataset) {
		d.Department, d.Open, d.ShareType, d.Title = w.dataset.Department, datasets.Withheld, string(datasets.Conditional), "常住人口底册"
		d.ShareConditions, d.RequiredMaterials, d.ShareBasis = "有法定职责\n有安全保障", "履职依据", []string{"《示例条例》第八条"}
	})
	office := w.Department(t, func(d *datasets.Department) { d.Profile = licensingtest.Fujian })
	w.asker, w.provider = w.Official(t, office, account.Officer), w.officer
	w.key = w.keyOf(t, w.asker, account.ScopeShare)
	a := w.get(t, api.Base+"/sharing/openapi.json", "Authorization", "Bearer "+w.key)
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	w.doc = read(t, a.body)
	if err := w.doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	no := false
	for _, s := range w.doc.Components.Schemas {
		s.Value.AdditionalProperties = openapi3.AdditionalProperties{Has: &no}
	}
	return w
}

const shareBody = `{"purpose":"核对低保对象","basis":"《示例条例》第三条","scope":"本市","months":6,"materials":["示例〔2026〕1号"],"pledge":true}`

func TestDepartmentsShareByProgram(t *testing.T) {
	w := sharingBy(t)
	var found api.ShareEntries
	w.do(t, "listShareEntries", "/sharing/entries?q=底册&type=conditional", "", 200).into(t, &found)
	if found.Total != 1 || found.Items[0].Slug != w.entry.Slug {
		t.Fatalf("%+v", found)
	}
	w.do(t, "listShareEntries", "/sharing/entries?limit=1", "", 200).into(t, &found)
	if found.Total != 2 || len(found.Items) != 1 || found.Next == "" {
		t.Fatalf("%+v", found)
	}
	one := found.Items[0].Slug
	w.do(t, "listShareEntries", "/sharing/entries?limit=1&cursor="+found.Next, "", 200).into(t, &found)
	if len(found.Items) != 1 || found.Items[0].Slug == one {
		t.Errorf("%+v", found)
	}
	w.do(t, "listShareEntries", "/sharing/entries?type=secret", "", 400)
	w.do(t, "listShareEntries", "/sharing/entries?cursor=AAAA", "", 400)
	at := "/sharing/entries/" + w.entry.Slug
	var e api.ShareEntry
	if w.do(t, "getShareEntry", at, "", 200).into(t, &e); e.Kind != "share" || e.Own || len(e.Conditions) != 2 || len(e.Materials) != 1 || len(e.Required) == 0 || !slices.Equal(e.Columns, []string{"街道", "人口"}) || e.Months == 0 {
		t.Fatalf("%+v", e)
	}
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"no purpose": {strings.Replace(shareBody, "核对低保对象", "", 1), 422}, "no pledge": {strings.Replace(shareBody, "true", "false", 1), 422}, "no material": {strings.Replace(shareBody, "示例〔2026〕1号", "", 1), 422},
		"no such column": {strings.Replace(shareBody, "{", `{"columns":["年龄"],`, 1), 422}, "another kind": {strings.Replace(shareBody, "{", `{"kind":"direct",`, 1), 422}, "an unknown field": {`{"wish":1}`, 400}, "too long a term": {strings.Replace(shareBody, `"months":6`, `"months":9999`, 1), 422},
	} {
		t.Run(name, func(t *testing.T) { w.sends(t, "fileShareRequest", at+"/requests", c.body, c.want) })
	}
	var r, same api.ShareRequest
	w.sends(t, "fileShareRequest", at+"/requests", shareBody, 200).into(t, &r)
	if r.State != "received" || r.Provider == nil || r.Provider.Slug != w.entry.Department.Slug || len(r.Clocks) == 0 || r.Due == nil || len(r.Events) != 1 || r.Ball != "provider" {
		t.Fatalf("%+v", r)
	}
	w.sends(t, "fileShareRequest", at+"/requests", shareBody, 409)
	w.do(t, "getShareRequest", fmt.Sprintf("/sharing/requests/%d", r.Number), "", 200).into(t, &same)
	if same.Number != r.Number || same.Purpose != "核对低保对象" {
		t.Errorf("%+v", same)
	}
	for _, number := range []string{"999", "0", "x"} {
		w.do(t, "getShareRequest", "/sharing/requests/"+number, "", 404)
	}
	var list api.ShareRequests
	if w.do(t, "listShareRequests", "/sharing/requests", "", 200).into(t, &list); len(list.Items) != 1 {
		t.Errorf("%+v", list)
	}
	providing := w.keyOf(t, w.provider, account.ScopeShare)
	if w.do(t, "listShareRequests", "/sharing/requests?as=provider", "", 200, "Authorization", "Bearer "+providing).into(t, &list); len(list.Items) != 1 {
		t.Errorf("%+v", list)
	}
	w.do(t, "listShareRequests", "/sharing/requests?as=authority", "", 403)
	w.sends(t, "fileUpward", "/sharing/upward", `{"title":"婚姻登记","upper":"省平台","basis":"","purpose":"核对","scope":"本市"}`, 422)
	w.sends(t, "fileUpward", "/sharing/upward", `{"title":"婚姻登记","upper":"省平台","basis":"《示例条例》","purpose":"核对","scope":"本市"}`, 200).into(t, &r)
	if r.Kind != "upward" || r.Title != "婚姻登记" {
		t.Errorf("%+v", r)
	}
	third := w.keyOf(t, w.Official(t, w.Department(t), account.Officer), account.ScopeShare)
	w.do(t, "getShareRequest", fmt.Sprintf("/sharing/requests/%d", same.Number), "", 404, "Authorization", "Bearer "+third)

	// a program asks, people answer
	actor, err := w.World.Accounts.ActorByKey(t.Context(), providing)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.service.Move(t.Context(), actor, same.Number, sharing.Step{Action: sharing.Accept, Revision: 1}); err == nil {
		t.Error("a program has answered")
	}
}

// To whoever has no key of a department for it, every address of sharing is one at
// which there is nothing, by every method, and no public document says otherwise.
func TestThePublicDoesNotLearnOfSharing(t *testing.T) {
	w := sharingBy(t)
	keys := map[string][]string{
		"a visitor": nil, "a citizen's key": {"Authorization", "Bearer " + w.keyOf(t, w.who, account.ScopeApply, account.ScopeRead)},
		"an officer's key for other things": {"Authorization", "Bearer " + w.keyOf(t, w.asker, account.ScopeApply, account.ScopePublish, account.ScopeRead)},
	}
	if _, _, err := w.World.Accounts.CreateKey(t.Context(), w.who, "偷看", []string{account.ScopeShare}, 24*time.Hour); err == nil {
		t.Error("a citizen has a key for sharing")
	}
	for who, headers := range keys {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
			nothing := ask(t, w.Server, method, api.Base+"/nothing/entries", headers...)
			for _, path := range []string{"/sharing", "/sharing/entries", "/sharing/entries/" + w.entry.Slug, "/sharing/entries/" + w.entry.Slug + "/requests", "/sharing/requests", "/sharing/requests/1", "/sharing/upward", "/sharing/openapi.json", "/sharing/entries?x=1"} {
				a := ask(t, w.Server, method, api.Base+path, headers...)
				for name := range nothing.header {
					if !strings.HasPrefix(name, "Ratelimit-") && name != "Date" && !slices.Equal(a.header[name], nothing.header[name]) {
						t.Errorf("%s %s of %s: %s: %q, of nothing %q", method, path, who, name, a.header[name], nothing.header[name])
					}
				}
				if a.status != http.StatusNotFound || nothing.status != http.StatusNotFound || string(a.body) != string(nothing.body) || len(a.header) != len(nothing.header) {
					t.Errorf("%s %s of %s: %d %s %v, of nothing %d %s %v", method, path, who, a.status, a.body, a.header, nothing.status, nothing.body, nothing.header)
				}
			}
		}
	}
	for _, path := range []string{"/developers", "/developers/reference", api.Base + "/openapi.json", "/robots.txt", "/sitemap.xml", "/help"} {
		if a := w.get(t, path); strings.Contains(string(a.body), "/sharing") {
			t.Errorf("%s names it", path)
		}
	}
}
