package supervision_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/supervision"
)

func (w *world) takes(t testing.TB, who account.Actor) {
	t.Helper()
	h, err := w.World.Service.Deliver(t.Context(), who, w.version, datasets.Delivery{Channel: datasets.ByFile, Form: "csv"})
	if err != nil {
		t.Fatal(err)
	}
	h.Sent(10)
}

func (w *world) incident(t testing.TB, who account.Actor) *supervision.Incident {
	t.Helper()
	i, err := w.OpenIncident(t.Context(), who, supervision.NewIncident{Slug: w.dataset.Slug, Versions: []int64{w.version.ID}, Level: "major", Title: "备注列含手机号", What: "备注列没有脱敏。"})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (w *world) act(t testing.TB, who account.Actor, number string, step supervision.IncidentStep) (*supervision.Incident, error) {
	t.Helper()
	v, err := w.Incident(t.Context(), who, number)
	if err != nil {
		return nil, err
	}
	step.Revision = v.Revision
	return w.MoveIncident(t.Context(), who, number, step)
}

// letters are the addresses that letters of a kind were announced to.
func (w *world) letters(t testing.TB, of, act string) (out []string) {
	t.Helper()
	rows, err := w.Pool.Query(t.Context(), `SELECT args ->> 'to' FROM river_job WHERE kind = 'supervision_notice' AND args ->> 'of' = $1 AND args ->> 'act' = $2 ORDER BY id`, of, act)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var to string
		if err := rows.Scan(&to); err != nil {
			t.Fatal(err)
		}
		out = append(out, to)
	}
	return out
}

// Whoever took an affected version or holds a grant of it is told once, departments
// too; the reports that the text names are made, records are kept, and only then is
// it closed.
func TestAnIncidentFromItsOpeningToItsClosing(t *testing.T) {
	for _, c := range []struct {
		profile, day, due string
		missing           []string
	}{
		{licensingtest.Anshan, "2026-03-06", "2026-03-09", []string{"cyberspace", "police", "sector"}}, // a Friday
		{licensingtest.Tianjin, "2026-09-30", "2026-10-08", []string{"authority"}},                     // before the holidays
		{licensingtest.Aba, "2023-09-04", "2023-09-05", nil},
		{licensingtest.Fujian, "2026-03-02", "2026-03-03", nil},
	} {
		w := newWorld(t, c.profile, c.day)
		w.takes(t, w.holder)
		w.takes(t, w.holder)
		other := w.Department(t, func(d *datasets.Department) { d.Profile = c.profile })
		neighbour := w.Official(t, other, account.Officer)
		i := w.incident(t, w.officer)
		v, err := w.Incident(t.Context(), w.officer, i.Number)
		if err != nil {
			t.Fatal(err)
		}
		if last(v.Containing) != c.due || last(v.Telling) != c.due || !v.Containing.House() || !slices.Equal(v.Missing(), c.missing) {
			t.Errorf("%s: by %s and %s, missing %v", c.profile, last(v.Containing), last(v.Telling), v.Missing())
		}
		if len(v.People) != 1 || v.People[0].ID != w.holder.ID || v.People[0].Took != 2 || v.People[0].Grant != w.grant || v.Untold() != 1 {
			t.Errorf("%s: affected %+v", c.profile, v.People)
		}
		if _, err := w.Incident(t.Context(), neighbour, i.Number); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another department sees it: %v", err)
		}
		if _, err := w.act(t, w.head, i.Number, supervision.IncidentStep{Action: supervision.Close, Cause: "x", Lessons: "x"}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("closed at once: %v", err)
		}
		for field, step := range map[string]supervision.IncidentStep{"measures": {Action: supervision.Contain}, "words": {Action: supervision.Tell}, "records": {Action: supervision.Keep}, "kind": {Action: supervision.Inform, Report: supervision.Reported{Kind: "friend", Body: "x"}}, "body": {Action: supervision.Inform, Report: supervision.Reported{Kind: "police"}},
			"report_sent": {Action: supervision.Inform, Report: supervision.Reported{Kind: "police", Body: "x", Sent: "2099-01-01T00:00"}}} {
			if _, err := w.act(t, w.officer, i.Number, step); fault.Of(err).Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		must := func(who account.Actor, step supervision.IncidentStep) *supervision.Incident {
			t.Helper()
			i, err := w.act(t, who, i.Number, step)
			if err != nil {
				t.Fatalf("%s: %s: %v", c.profile, step.Action, err)
			}
			return i
		}
		must(w.officer, supervision.IncidentStep{Action: supervision.Contain, Measures: "撤下，停了授权。"})
		tell := supervision.IncidentStep{Action: supervision.Tell, Words: "请删除备注列。", WordsEN: "Please delete the remarks.", Departments: []string{other.Slug}}
		must(w.officer, tell)
		if _, err := w.act(t, w.officer, i.Number, tell); fault.KindOf(err) != fault.Conflict {
			t.Errorf("told twice: %v", err)
		}
		if _, err := w.act(t, w.head, i.Number, supervision.IncidentStep{Action: supervision.Void, Reason: "没有发生。"}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("none, though people were told: %v", err)
		}
		if to := w.letters(t, "incident", "tell"); len(to) != 2 {
			t.Errorf("%s: letters to %v", c.profile, to)
		}
		if told, err := w.Tellings(t.Context(), w.holder); err != nil || len(told) != 1 || told[0].Words != "请删除备注列。" || told[0].WordsEN == "" {
			t.Errorf("the holder: %+v, %v", told, err)
		}
		if told, _ := w.Tellings(t.Context(), w.stranger); len(told) != 0 {
			t.Errorf("a stranger: %+v", told)
		}
		// the department that was told sees what it was told, and nobody's name
		n, err := w.Incident(t.Context(), neighbour, i.Number)
		if err != nil || n.Words == "" || n.What != "" || len(n.People) != 0 || len(n.Offers) != 0 || len(n.Events) != 0 {
			t.Errorf("the department that was told: %+v, %v", n, err)
		}
		if _, err := w.act(t, neighbour, i.Number, supervision.IncidentStep{Action: supervision.Keep, Records: "x"}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("and acts: %v", err)
		}
		kept := must(w.officer, supervision.IncidentStep{Action: supervision.Keep, Records: "取数记录和日志，存于机房。"})
		if kept.Count != 2 || len(kept.SHA256) != 64 {
			t.Errorf("kept %d, %s", kept.Count, kept.SHA256)
		}
		for _, kind := range c.missing {
			if _, err := w.act(t, w.head, i.Number, supervision.IncidentStep{Action: supervision.Close, Cause: "x", Lessons: "x"}); fault.KindOf(err) != fault.Conflict {
				t.Errorf("closed without the report to %s: %v", kind, err)
			}
			must(w.officer, supervision.IncidentStep{Action: supervision.Inform, Report: supervision.Reported{Kind: kind, Body: "某" + kind, Number: "报〔2026〕1号"}})
		}
		for _, sent := range []string{"yesterday", "1999-01-01T00:00"} {
			if _, err := w.act(t, w.officer, i.Number, supervision.IncidentStep{Action: supervision.Inform, Report: supervision.Reported{Kind: "other", Body: "x", Sent: sent}}); fault.Of(err).Field != "report_sent" {
				t.Errorf("sent %s: %v", sent, err)
			}
		}
		if _, err := w.act(t, w.officer, i.Number, supervision.IncidentStep{Action: supervision.Close, Cause: "x", Lessons: "x"}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("closed by an officer: %v", err)
		}
		if closed := must(w.head, supervision.IncidentStep{Action: supervision.Close, Cause: "脱敏漏了一列。", Lessons: "加一道核对。"}); closed.State != supervision.IncidentClosed {
			t.Errorf("%s", closed.State)
		}
	}
}

// Late is derived from the day, by everybody alike; what was no incident is set
// aside only while nobody was told.
func TestAnIncidentIsLateAndMayBeNone(t *testing.T) {
	w := newWorld(t, licensingtest.Tianjin, "2026-03-02")
	i := w.incident(t, w.regulator)
	if to := w.letters(t, "incident", "begin"); len(to) != 4 { // officer, head, two of the authority
		t.Errorf("told of its opening: %v", to)
	}
	w.Day(t, "2026-03-03")
	if items, err := w.Waiting(t.Context(), w.officer); err != nil || len(items) != 1 || items[0].Kind != "incident" || items[0].Clock.Late(w.Clock()) {
		t.Errorf("%+v, %v", items, err)
	}
	w.Day(t, "2026-03-04")
	late, err := w.Incidents(t.Context(), w.authority, supervision.Filter{Late: true, Limit: 10})
	if err != nil || len(late) != 1 || !late[0].Late(w.Clock()) {
		t.Errorf("%+v, %v", late, err)
	}
	if _, err := w.act(t, w.officer, i.Number, supervision.IncidentStep{Action: supervision.Regrade, Level: "general"}); fault.Of(err).Field != "reason" {
		t.Errorf("regraded without a reason: %v", err)
	}
	if r, err := w.act(t, w.officer, i.Number, supervision.IncidentStep{Action: supervision.Regrade, Level: "general", Reason: "只涉及一列。"}); err != nil || r.Level != "general" {
		t.Errorf("%v", err)
	}
	if v, err := w.act(t, w.head, i.Number, supervision.IncidentStep{Action: supervision.Void, Reason: "核实是演练数据。"}); err != nil || v.State != supervision.IncidentVoid {
		t.Errorf("%v", err)
	}
	for field, n := range map[string]supervision.NewIncident{
		"title": {What: "x", Level: "general", Versions: []int64{w.version.ID}}, "what": {Title: "x", Level: "general", Versions: []int64{w.version.ID}}, "level": {Title: "x", What: "x", Level: "huge", Versions: []int64{w.version.ID}},
		"version": {Title: "x", What: "x", Level: "general", Versions: []int64{999999}}, "known": {Title: "x", What: "x", Level: "general", Versions: []int64{w.version.ID}, Known: "2026-03-05T00:00"},
	} {
		n.Slug = w.dataset.Slug
		if _, err := w.OpenIncident(t.Context(), w.officer, n); fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for name, who := range map[string]account.Actor{"a visitor": {}, "the holder": w.holder, "another department": w.Official(t, w.Department(t), account.Officer)} {
		if _, err := w.Affectable(t.Context(), who, w.dataset.Slug); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Two who send the notices at once, ten times: everybody has one letter.
func TestTheAffectedAreToldOnce(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2026-03-02")
	w.takes(t, w.holder)
	for range 10 {
		before := len(w.letters(t, "incident", "tell"))
		i := w.incident(t, w.officer)
		var wg sync.WaitGroup
		failed := make([]error, 2)
		for k, who := range []account.Actor{w.officer, w.authority} {
			wg.Go(func() {
				_, failed[k] = w.MoveIncident(context.Background(), who, i.Number, supervision.IncidentStep{Action: supervision.Tell, Words: "请停用。", Revision: i.Revision})
			})
		}
		wg.Wait()
		if (failed[0] == nil) == (failed[1] == nil) {
			t.Fatalf("%v", failed)
		}
		if n := len(w.letters(t, "incident", "tell")) - before; n != 1 {
			t.Fatalf("%d letters", n)
		}
	}
	if to := strings.Join(w.letters(t, "incident", "tell"), " "); !strings.Contains(to, "@people.example") {
		t.Error(to)
	}
}

// Two who close an incident at once, twenty times: it is closed once.
func TestAnIncidentIsClosedOnce(t *testing.T) {
	w := newWorld(t, licensingtest.Aba, "2023-09-04") // a text that names nobody to report to
	other := w.Official(t, w.dataset.Department, account.Head)
	for range 20 {
		i := w.incident(t, w.officer)
		var err error
		for _, step := range []supervision.IncidentStep{{Action: supervision.Contain, Measures: "停用。"}, {Action: supervision.Tell, Words: "请停用。"}, {Action: supervision.Keep, Records: "日志库"}} {
			if i, err = w.act(t, w.officer, i.Number, step); err != nil {
				t.Fatal(step.Action, err)
			}
		}
		var wg sync.WaitGroup
		failed := make([]error, 2)
		for k, who := range []account.Actor{w.head, other} {
			wg.Go(func() {
				_, failed[k] = w.MoveIncident(context.Background(), who, i.Number, supervision.IncidentStep{Action: supervision.Close, Cause: "没有人核对。", Lessons: "另一人核对。", Revision: i.Revision})
			})
		}
		wg.Wait()
		if (failed[0] == nil) == (failed[1] == nil) || fault.KindOf(failed[0]) != fault.Conflict && fault.KindOf(failed[1]) != fault.Conflict {
			t.Fatalf("%v", failed)
		}
	}
}
