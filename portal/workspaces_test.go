package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/workspacetest"
)

// developed is the portal over the workspaces of a world, whose people are signed in as
// personas: owner, reviewer1, reviewer2, authority, regulator, stranger.
func developed(t *testing.T, w *workspacetest.World) *whole {
	t.Helper()
	p := wholeOn(t, w.Catalogue, func(s *setup) { s.Workspaces = w.Workspaces })
	if _, err := w.Pool.Exec(t.Context(), `UPDATE users SET sample = true`); err != nil { // whose roles do not rest without a second step
		t.Fatal(err)
	}
	for who, a := range map[persona]account.Actor{"owner": w.Owner, "member": w.Member, "reviewer1": w.Reviewers[0], "reviewer2": w.Reviewers[1], "authority": w.Authority, "regulator": w.Regulator, "stranger": w.Person(t, "别人")} {
		var identifier string
		if err := w.Pool.QueryRow(t.Context(), `UPDATE users u SET password = o.password FROM users o WHERE o.identifier = 'own@tests.example' AND u.id = $1 RETURNING u.identifier`, a.ID).Scan(&identifier); err != nil {
			t.Fatal(err)
		}
		p.tokens[who] = p.signIn(t, identifier)
	}
	return p
}

// The pages of a workspace, for everybody who has to do with it: what each may see and
// do, and that nobody else knows of it.
func TestPagesOfAWorkspace(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	r := w.Released(t, v.Number, workspacetest.Counted)
	p := developed(t, w)
	at, desk := v.Path(), v.Desk()
	page := p.get(t, "owner", at)
	if page.status != 200 {
		t.Fatalf("%d %s", page.status, page.body)
	}
	doc := page.doc(t)
	for _, want := range []string{"textarea#sql", `a[href="` + at + "/releases/" + r.Release + `.csv"]`, `#usage a[href="` + at + `/usage/2026-11.csv"]`, "#close form"} {
		if doc.Find(want).Length() == 0 {
			t.Errorf("the page of the owner is without %s", want)
		}
	}
	if text := doc.Find("#usage").Text(); !strings.Contains(text, "技术服务费") || !strings.Contains(text, "¥0.24") || !strings.Contains(text, "只计量，不收费") {
		t.Errorf("fees: %s", text)
	}
	if strings.Contains(page.body, "P00001") || strings.Contains(page.body, "孤站") {
		t.Error("something of a row is on the page")
	}
	for who, status := range map[persona]int{"owner": 200, "reviewer1": 200, "authority": 200, "regulator": 200, "stranger": 404, "member": 403} {
		if got := p.get(t, who, at+"/usage/2026-11.csv"); got.status != status || status == 200 && !strings.Contains(got.body, "rows_read") {
			t.Errorf("the events for the %s: %d %s", who, got.status, got.body)
		}
	}
	for _, bad := range []string{"2026-13.csv", "2026-11", "x.csv", "2026-11.json"} {
		if got := p.get(t, "owner", at+"/usage/"+bad); got.status != 404 {
			t.Errorf("%s: %d", bad, got.status)
		}
	}
	for who, status := range map[persona]int{"reviewer1": 200, "authority": 200, "regulator": 200, "owner": 403, "stranger": 403} {
		if got := p.get(t, who, desk); got.status != status || status == 200 && got.doc(t).Find("#fees table").Length() == 0 {
			t.Errorf("the desk's page for the %s: %d", who, got.status)
		}
	}
	if got := p.get(t, "stranger", at); got.status != 404 {
		t.Errorf("for a stranger: %d", got.status)
	}
	if got := p.get(t, "reviewer1", at); got.status != 303 {
		t.Errorf("for a reviewer: %d", got.status)
	}
	ran := p.post(t, "owner", at, url.Values{"sql": {"SELECT station, count(*) AS n FROM station_visits GROUP BY station"}, "name": {"n.sql"}, "action": {"run"}, "sent": {"once-and-no-more"}})
	if ran.status != 303 {
		t.Fatalf("%d %s", ran.status, ran.body)
	}
	jobs, err := w.Workspaces.Jobs(t.Context(), w.Owner, v.Number, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	w.Over(t, v.Number, jobs[0].Number)
	if got := p.get(t, "owner", at+"/jobs/"+jobs[0].Number); got.status != 200 || strings.Contains(got.body, "东站") || !strings.Contains(got.body, "逐行核对过") {
		t.Errorf("the page of a job: %d", got.status)
	}
	refused := p.post(t, "owner", at, url.Values{"sql": {strings.Repeat("x", 20_001)}, "action": {"run"}})
	if refused.status != 422 || refused.doc(t).Find("textarea#sql[aria-invalid=true]").Length() == 0 {
		t.Errorf("a program that is too long: %d", refused.status)
	}
	if _, err := w.Workspaces.Move(t.Context(), w.Owner, v.Number, workspace.Step{Action: workspace.Close, Words: "完成", Revision: v.Revision}); err != nil {
		t.Fatal(err)
	}
	w.Until(t, "the workspace is destroyed", func() bool {
		now, err := w.Workspaces.Workspace(t.Context(), w.Owner, v.Number)
		if err != nil {
			t.Fatal(err)
		}
		return now.State == workspace.Destroyed
	})
	for _, path := range []string{at, at + "/destruction"} {
		if got := p.get(t, "owner", path); got.status != 200 || !strings.Contains(got.body, "XHKJ-2026-000001") {
			t.Errorf("%s after the end: %d", path, got.status)
		}
	}
}
