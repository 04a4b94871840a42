package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/licensing/demands"
	"shuyuan/portal/api"
)

// asker is an account with a key for scope.
func (w *world) asker(t *testing.T, identifier, scope string) (account.Actor, string) {
	t.Helper()
	id, err := w.Accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: identifier, Name: "市民", Password: "correct horse battery", Side: account.Use})
	if err != nil {
		t.Fatal(err)
	}
	who := account.Actor{ID: id, Name: "市民", Side: account.Use, Session: "x", Confirmed: w.Clock()}
	secret, _, err := w.Accounts.CreateKey(t.Context(), who, "脚本", []string{scope}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return who, secret
}

// demanded is the number of a request that somebody proposed.
func (w *world) demanded(t *testing.T, title string) string {
	t.Helper()
	who, _ := w.asker(t, "asker@tests.example", account.ScopeApply)
	d, err := w.Demands.Propose(t.Context(), who, demands.NewDemand{Title: title, Need: "哪些列都可以。", Purpose: "用来做研究。", Proposer: "市民"})
	if err != nil {
		t.Fatal(err)
	}
	return strconv.FormatInt(d.ID, 10)
}

func (w *world) propose(t *testing.T, key, body string) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, api.Base+"/requests", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := w.App().Test(r, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	out, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, out}
}

func TestAProgramAsksForData(t *testing.T) {
	w := newWorld(t)
	w.Office(t)
	_, key := w.asker(t, "program@tests.example", account.ScopeApply)
	_, reading := w.asker(t, "reader@tests.example", account.ScopeRead)
	good := `{"title":"全省村委会坐标","need":"村名和经纬度。","purpose":"规划乡村公交。","proposer":"市民","department":"tjj"}`
	for name, c := range map[string]struct {
		key, body string
		want      int
	}{
		"without a key": {"", good, 401}, "a key that reads": {reading, good, 403}, "no JSON": {key, "x", 400}, "an unknown field": {key, `{"wish":"x"}`, 400},
		"without words": {key, `{}`, 422}, "no such department": {key, strings.Replace(good, "tjj", "none-such", 1), 422}, "the number of a person": {key, strings.Replace(good, "村名和", "电话 13800138000 和", 1), 422},
	} {
		if a := w.propose(t, c.key, c.body); a.status != c.want {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	made := w.propose(t, key, good)
	var d api.Demand
	if err := json.Unmarshal(made.body, &d); err != nil || made.status != 201 || d.State != "open" || d.Department == nil || *d.Department != "tjj" || d.Due == nil || !strings.HasSuffix(made.header.Get("Location"), "/api/v1/requests/"+strconv.FormatInt(d.ID, 10)) {
		t.Fatalf("%d %s %v", made.status, made.body, err)
	}
	if a := w.propose(t, key, good); a.status != 422 || !strings.Contains(string(a.body), "全省村委会坐标") {
		t.Errorf("what is there already is not named: %d %s", a.status, a.body)
	}
	if a := w.propose(t, key, strings.Replace(good, "{", `{"anyway":true,`, 1)); a.status != 409 {
		t.Errorf("the same again: %d %s", a.status, a.body)
	}
	one := w.get(t, api.Base+"/requests/"+strconv.FormatInt(d.ID, 10))
	if one.status != 200 || string(one.body) != string(made.body)+"\n" && !strings.Contains(string(one.body), d.Title) || strings.Contains(string(one.body), "program@") {
		t.Errorf("%d %s", one.status, one.body)
	}
	for query, want := range map[string]int{"": 1, "?q=坐标": 1, "?q=公交": 1, "?q=没有": 0, "?q=100%25": 0, "?state=waiting": 1, "?state=there": 0, "?department=tjj": 1, "?department=none": 0} {
		var list api.DemandList
		a := w.get(t, api.Base+"/requests"+query)
		if a.into(t, &list); len(list.Items) != want {
			t.Errorf("%s: %d items, want %d", query, len(list.Items), want)
		}
	}
	for _, query := range []string{"?cursor=x", "?cursor=-1-1", "?cursor=1-0", "?state=burnt", "?sort=odd", "?limit=0", "?wish=1"} {
		if a := w.get(t, api.Base+"/requests"+query); a.status != 400 {
			t.Errorf("%s: %d", query, a.status)
		}
	}
	for _, id := range []string{"999999", "0", "x", "99999999999999999999"} {
		if a := w.get(t, api.Base+"/requests/"+id); a.status != 404 && a.status != 400 {
			t.Errorf("%s: %d", id, a.status)
		}
	}
}
