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
	if j.State != "succeeded" || j.Rows != nil || len(j.Columns) != 2 || j.Sample != nil {
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

// The example on the page for developers runs a program as it stands there, once its
// first lines are filled in, and fetches what was released.
func TestTheWorkspaceExampleRuns(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	w.Released(t, v.Number, workspacetest.Counted)
	secret, _, err := w.Accounts.CreateKey(t.Context(), w.Owner, "程序", []string{account.ScopeDevelop}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	_, said := runsAsItStands(t, func(base string) *portal.Server {
		return replica(t, w.Catalogue, func(d *portal.Deps) {
			d.Licensing, d.Accounts, d.Workspaces, d.Config.BaseURL = w.Licensing, w.Accounts, w.Workspaces, base
		})
	}, "#workspaces-code", map[string]string{"program.json": `{"kind":"sql","name":"people.sql","sql":"SELECT day, count(DISTINCT person) AS people FROM station_visits GROUP BY day"}`}, "KEY="+secret, "SPACE="+v.Number)
	if !strings.Contains(said, `"state":"succeeded"`) || !strings.Contains(said, `"rows":null`) || !strings.Contains(said, "获取日期：2026-11-02") || !strings.Contains(said, "东站") {
		t.Errorf("%s", said)
	}
}

// What programs send that is no job is told at its field, and makes none.
func TestBadInputOfWorkspacesByProgram(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	s := replica(t, w.Catalogue, func(d *portal.Deps) { d.Licensing, d.Accounts, d.Workspaces = w.Licensing, w.Accounts, w.Workspaces })
	secret, _, err := w.Accounts.CreateKey(t.Context(), w.Owner, "程序", []string{account.ScopeDevelop}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for body, status := range map[string]int{
		`{`: 400, `[]`: 400, `null`: 422, `{"kind":"sql","sql":"SELECT 1 AS a","shell":"ls"}`: 400, `{"kind":"sql"}`: 422, `{"kind":"","sql":"SELECT 1 AS a"}`: 422,
		`{"kind":"algorithm","algorithm":"SF-2026-999999"}`:                                                                  404,
		`{"kind":"sql","sql":"SELECT $a AS a","parameters":{"a":"blob"},"values":{"a":"x"}}`:                                 422,
		`{"kind":"sql","sql":"SELECT $a AS a","parameters":{"A b":"text"},"values":{"A b":"x"}}`:                             422,
		`{"kind":"sql","sql":"SELECT $a AS a","parameters":{"a":"decimal"},"values":{"a":"NaN"}}`:                            422,
		`{"kind":"sql","sql":"SELECT $a AS a","parameters":{"a":"text"}}`:                                                    422,
		`{"kind":"sql","sql":"SELECT 1 AS a","values":{"b":"x"}}`:                                                            422,
		`{"kind":"sql","sql":"SELECT $a AS a","parameters":{"a":"text"},"values":{"a":"` + strings.Repeat("x", 2001) + `"}}`: 422,
		`{"kind":"sql","sql":"` + strings.Repeat("x", 20_001) + `"}`:                                                         422,
		`{"kind":"sql","name":"../x.sql","sql":"SELECT 1 AS a"}`:                                                             422,
	} {
		request := httptest.NewRequest(http.MethodPost, api.Base+"/workspaces/"+v.Number+"/jobs", strings.NewReader(body))
		request.Header.Set("Authorization", "Bearer "+secret)
		request.Header.Set("Content-Type", "application/json")
		response, err := s.App().Test(request, -1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != status {
			t.Errorf("%.80s: %d, want %d: %s", body, response.StatusCode, status, got)
		}
	}
	if jobs, err := w.Workspaces.Jobs(t.Context(), w.Owner, v.Number, 0, 10); err != nil || len(jobs) != 0 {
		t.Errorf("%d jobs, %v", len(jobs), err)
	}
}
