package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/licensing/workspace/workspacetest"
	"shuyuan/portal"
	"shuyuan/portal/api"
)

// A program runs a job, follows it, and fetches what two people released; its key
// stops with the mandate, and one for reading alone does nothing.
func TestAWorkspaceByProgram(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	s := replica(t, w.Catalogue, func(d *portal.Deps) { d.Licensing, d.Accounts, d.Workspaces = w.Licensing, w.Accounts, w.Workspaces })
	key := func(scope string) []string {
		secret, _, err := w.Accounts.CreateKey(t.Context(), w.Owner, "程序 "+scope, []string{scope}, 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return []string{"Authorization", "Bearer " + secret}
	}
	mine, reading := key(account.ScopeDevelop), key(account.ScopeRead)
	at := api.Base + "/workspaces/" + v.Number
	send := func(method, path, body string, headers ...string) answer {
		if body != "" {
			headers = append(headers, "Content-Type", "application/json")
		}
		request := httptest.NewRequest(method, path, strings.NewReader(body))
		for pair := range slices.Chunk(headers, 2) {
			request.Header.Set(pair[0], pair[1])
		}
		response, err := s.App().Test(request, -1)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		got, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer{status: response.StatusCode, header: response.Header, body: got}
	}
	const run = `{"kind":"sql","name":"people.sql","sql":"SELECT station, count(DISTINCT person) AS people FROM station_visits GROUP BY station"}`
	if a := send(http.MethodPost, at+"/jobs", run); a.status != 401 {
		t.Errorf("without a key: %d %s", a.status, a.body)
	}
	if a := send(http.MethodPost, at+"/jobs", run, reading...); a.status != 403 {
		t.Errorf("with a key for reading: %d %s", a.status, a.body)
	}
	if a := send(http.MethodPost, api.Base+"/workspaces/KJ-2026-999999/jobs", run, mine...); a.status != 404 {
		t.Errorf("another workspace: %d %s", a.status, a.body)
	}
	if a := send(http.MethodPost, at+"/jobs", `{"kind":"shell","sql":"ls"}`, mine...); a.status != 422 {
		t.Errorf("another kind: %d %s", a.status, a.body)
	}
	var j api.WorkspaceJob
	a := send(http.MethodPost, at+"/jobs", run, mine...)
	if a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	a.into(t, &j)
	w.Over(t, v.Number, j.Number)
	send(http.MethodGet, at+"/jobs/"+j.Number, "", mine...).into(t, &j)
	if j.State != "succeeded" || j.Rows != 5 || len(j.Columns) != 2 || j.Sample != nil {
		t.Fatalf("%+v", j)
	}
	if a := send(http.MethodGet, at+"/jobs/"+j.Number, "", mine...); strings.Contains(string(a.body), "东站") {
		t.Errorf("a held result is told: %s", a.body)
	}
	if a := send(http.MethodDelete, at+"/jobs/"+j.Number, "", mine...); a.status != 409 {
		t.Errorf("cancelled when it was over: %d", a.status)
	}
	var all api.WorkspaceJobs
	if send(http.MethodGet, at+"/jobs", "", mine...).into(t, &all); len(all.Items) != 1 {
		t.Errorf("%+v", all)
	}
	w.Released(t, v.Number, workspacetest.Counted)
	var left api.WorkspaceReleases
	if send(http.MethodGet, at+"/releases", "", mine...).into(t, &left); len(left.Items) != 1 || left.Items[0].Sources[0].Acquired != "2026-11-02" {
		t.Fatalf("%+v", left)
	}
	csv := at + "/releases/" + left.Items[0].Number + ".csv"
	if a := send(http.MethodGet, csv, "", mine...); a.status != 200 || !strings.Contains(string(a.body), "东站") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := send(http.MethodGet, at+"/releases/"+left.Items[0].Number+".json", "", mine...); a.status != 200 || !strings.Contains(string(a.body), `"sources"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.Suspend(t)
	if a := send(http.MethodGet, csv, "", mine...); a.status != 403 {
		t.Errorf("under a suspended mandate: %d", a.status)
	}
	if a := send(http.MethodPost, at+"/jobs", run, mine...); a.status != 403 {
		t.Errorf("under a suspended mandate: %d", a.status)
	}
}
