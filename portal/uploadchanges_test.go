package portal_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"shuyuan/datasets"
)

// answered is what the API tells of an upload.
type answered struct {
	Objections []struct {
		Kind string `json:"kind"`
		Lift bool   `json:"lifted_by_review"`
	} `json:"objections"`
	BadRows *struct {
		Count    int64
		Expected int
		Rows     []struct {
			Line, Cells int
			Text        string
		}
	} `json:"bad_rows"`
	Findings []struct {
		Kind, Severity, Column string
	} `json:"findings"`
	Changes *struct {
		Version int `json:"version"`
		Tables  []struct {
			RowsBefore int64    `json:"rows_before"`
			Rows       int64    `json:"rows"`
			Removed    []string `json:"columns_removed"`
			ByRow      *struct {
				Added, Removed, Same int64
			} `json:"by_row"`
		} `json:"tables"`
	} `json:"changes"`
}

func (w *desk) told(t *testing.T, at string) (out answered) {
	t.Helper()
	got := w.tus(t, ownKey, http.MethodGet, at, nil, "Tus-Resumable", "")
	if err := json.Unmarshal([]byte(got.body), &out); err != nil || got.status != http.StatusOK {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	return out
}

// What the next version takes away is shown before it is published, and must be
// confirmed: by a form and by a key.
func TestAVersionIsNotReplacedBlindly(t *testing.T) {
	w := newDesk(t)
	w.Version(t, w.dataset, w.resource, "a.csv", "代码,人口,车牌\n1,842,闽A12345\n2,531,闽A12346\n3,5,闽A12347\n", datasets.Field{Name: "代码", Key: true})
	const small = "代码,车牌\n1,闽A12345\n"
	send := func() string {
		at := w.create(t, "a.csv", len(small))
		if got := w.patch(t, ownKey, at, 0, small); got.status != http.StatusNoContent {
			t.Fatal(got.status)
		}
		w.read(t, at)
		return at
	}
	at := send()
	told := w.told(t, at)
	if len(told.Objections) != 2 || told.Objections[0].Kind != "rows-dropped" || told.Objections[1].Kind != "column-lost" || !told.Objections[0].Lift || !told.Objections[1].Lift {
		t.Errorf("objections %+v", told.Objections)
	}
	if c := told.Changes; c == nil || c.Version != 1 || len(c.Tables) != 1 || c.Tables[0].RowsBefore != 3 || c.Tables[0].Rows != 1 || strings.Join(c.Tables[0].Removed, " ") != "人口" || c.Tables[0].ByRow == nil || c.Tables[0].ByRow.Removed != 2 || c.Tables[0].ByRow.Same != 1 {
		t.Errorf("changes %+v", c)
	}
	if len(told.Findings) != 1 || told.Findings[0].Column != "车牌" || told.Findings[0].Severity == "block" {
		t.Errorf("findings %+v", told.Findings)
	}
	publish := func(body string) reply {
		return w.tus(t, ownKey, http.MethodPost, at+"/publish", strings.NewReader(body), "Content-Type", "application/json", "Tus-Resumable", "")
	}
	if got := publish(`{"reason":"新"}`); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "少了超过 50%（平台规则）") {
		t.Errorf("by a key, unseen: %d %s", got.status, got.body)
	}
	page := "/desk/uploads/" + path.Base(at)
	shown := w.get(t, own, page)
	doc := document(t, shown.body)
	for _, want := range []string{"和第 1 版相比", "删去 2 行", "人口"} {
		if !strings.Contains(doc.Find("#changes").Text(), want) {
			t.Errorf("the page does not say %q: %s", want, doc.Find("#changes").Text())
		}
	}
	if got := w.post(t, own, page+"/publish", url.Values{"reason": {"新"}}); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "少了超过 50%（平台规则）") {
		t.Errorf("by a form, unseen: %d", got.status)
	}
	if english := w.get(t, own, page, "Accept-Language", "en"); !strings.Contains(document(t, english.body).Find("#changes").Text(), "Compared with version 1") {
		t.Error("the page is not in English")
	}
	w.Approve(t, w.actorOf(t, own), path.Base(at))
	if got := publish(`{"reason":"新","reviewed":"只留一行"}`); got.status != http.StatusOK {
		t.Errorf("by a key, confirmed: %d %s", got.status, got.body)
	}

	w.Version(t, w.dataset, w.resource, "a.csv", "代码,人口,车牌\n1,842,闽A12345\n2,531,闽A12346\n3,5,闽A12347\n")
	at = send()
	w.Approve(t, w.actorOf(t, own), path.Base(at))
	if got := w.post(t, own, "/desk/uploads/"+path.Base(at)+"/publish", url.Values{"reason": {"新"}, "reviewed": {"只留一行"}}); got.status != http.StatusSeeOther {
		t.Errorf("by a form, confirmed: %d", got.status)
	}
}

// Why a file is refused is told row by row, on its page and to a program.
func TestBadRowsAreToldOneByOne(t *testing.T) {
	w := newDesk(t)
	const ragged = "代码,人口\n1,842\n2\n3,531,x\n"
	at := w.create(t, "a.csv", len(ragged))
	if got := w.patch(t, ownKey, at, 0, ragged); got.status != http.StatusNoContent {
		t.Fatal(got.status)
	}
	w.read(t, at)
	if b := w.told(t, at).BadRows; b == nil || b.Count != 2 || b.Expected != 2 || len(b.Rows) != 2 || b.Rows[0].Line != 3 || b.Rows[1].Cells != 3 || b.Rows[1].Text != "3,531,x" {
		t.Errorf("%+v", b)
	}
	table := document(t, w.get(t, own, "/desk/uploads/"+path.Base(at)).body).Find("#bad-rows")
	if table.Find("tbody tr").Length() != 2 || !strings.Contains(table.Text(), "3,531,x") {
		t.Errorf("%s", table.Text())
	}
}
