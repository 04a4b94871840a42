package portal_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets/following"
	"shuyuan/datasets/webhooks"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/inbox"
	"shuyuan/internal/mail"
	"shuyuan/internal/workdays"
)

// waitingList is a source whose items a test changes.
type waitingList struct{ items []inbox.Item }

func (l *waitingList) Waiting(_ context.Context, who account.Actor) ([]inbox.Item, error) {
	if !who.Is(account.Officer) {
		return nil, nil
	}
	return l.items, nil
}

// at is an hour of a day of December 2026 in China; the 7th is a Monday.
func at(day, hour int) time.Time { return time.Date(2026, 12, day, hour, 0, 0, 0, workdays.Zone) }

// due is something to do by a day.
func due(id string, day int) inbox.Item {
	return inbox.Item{Kind: "update", ID: id, Title: inbox.Text{Zh: "公交线路" + id, En: "Bus lines " + id}, Ask: "请上传新版本。", Path: "/datasets/d" + id, Since: at(1, 0),
		Clock: &deadline.Clock{Last: at(day, 0)}}
}

// reminded is what an officer's letters of the desk say at a time: the subjects,
// and the bodies.
func (w *whole) reminded(t *testing.T, now time.Time) (subjects []string, letters []mail.Letter) {
	t.Helper()
	w.Set(now)
	for range 2 { // on two replicas, or again within the hour
		if err := w.follows.RemindDesks(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	letters = w.letters(t)["own@tests.example"]
	for _, l := range letters {
		subjects = append(subjects, l.Subject)
	}
	return subjects, letters
}

func TestWorkAtADeskIsRemindedOfOnceAtEachStage(t *testing.T) {
	list := &waitingList{items: []inbox.Item{due("1", 9), due("2", 28), {Kind: "update", ID: "3", Title: inbox.Text{Zh: "没有期限"}, Ask: "请上传新版本。"}}}
	w := newWhole(t, func(s *setup) { s.Inbox = []inbox.Source{list} })
	for _, c := range []struct {
		day, hour int
		want      string // how the one letter begins; empty: none
	}{
		{4, 9, ""}, // a Friday, three working days before
		{5, 9, ""}, // a Saturday
		{7, 7, ""}, // two working days before, but before the hour
		{7, 9, "数源：最迟 2026-12-09：公交线路1：请上传新版本 TZ-"},
		{7, 15, ""}, // the same day
		{8, 9, ""},  // told at this stage
		{9, 9, "数源：最迟 2026-12-09：公交线路1：请上传新版本 TZ-"},
		{10, 9, "数源：逾期（2026-12-09）：公交线路1：请上传新版本 TZ-"},
		{11, 9, ""},
		{17, 9, ""},
	} {
		subjects, letters := w.reminded(t, at(c.day, c.hour))
		if len(subjects) > 1 || (len(subjects) == 1) != (c.want != "") || len(subjects) == 1 && !strings.HasPrefix(subjects[0], c.want) {
			t.Errorf("on the %dth at %d: %q, want %q", c.day, c.hour, subjects, c.want)
		}
		if len(letters) == 1 && (!strings.Contains(letters[0].Text, base+"/datasets/d1") || letters[0].Unsubscribe == "") {
			t.Errorf("on the %dth: %s", c.day, letters[0].Text)
		}
	}
	// a new last day begins anew; done before the letter goes is told to nobody
	list.items = []inbox.Item{due("1", 18)}
	if subjects, _ := w.reminded(t, at(18, 9)); len(subjects) != 1 || !strings.Contains(subjects[0], "2026-12-18") {
		t.Errorf("a new day: %q", subjects)
	}
	list.items = []inbox.Item{due("4", 21)}
	w.Set(at(21, 9))
	if err := w.follows.RemindDesks(t.Context()); err != nil {
		t.Fatal(err)
	}
	list.items = nil
	if letters := w.letters(t)["own@tests.example"]; len(letters) != 0 {
		t.Errorf("of what is done: %q", letters[0].Subject)
	}
	if r := w.get(t, own, "/account/notifications"); r.doc(t).Find(".notices li").Length() != 0 {
		t.Error("the list of notices repeats the inbox")
	}
	var text int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM notices WHERE to_jsonb(notices)::text LIKE '%公交%'`).Scan(&text); err != nil || text != 0 {
		t.Errorf("%d notices keep what they told, %v", text, err)
	}
}

func TestTheDailyLetterHoldsWhatIsNewAtADesk(t *testing.T) {
	list := &waitingList{items: []inbox.Item{due("1", 9), due("2", 28), {Kind: "update", ID: "3", Title: inbox.Text{Zh: "没有期限", En: "No day"}, Ask: "请上传新版本。", Path: "/three"}}}
	w := newWhole(t, func(s *setup) { s.Inbox = []inbox.Source{list} })
	w.Set(at(7, 9))
	w.tokens[own] = w.signIn(t, "own@tests.example")
	w.post303(t, own, "/account/notifications/settings", url.Values{"lang": {"en"}, "desk-mail": {"daily"}})
	subjects, letters := w.reminded(t, at(7, 10))
	if len(subjects) != 1 || !strings.HasPrefix(subjects[0], "Shuyuan") {
		t.Fatalf("%q", subjects)
	}
	for _, want := range []string{"By 2026-12-09: Bus lines 1", "By 2026-12-28: Bus lines 2", "To do: No day", base + "/three"} {
		if !strings.Contains(letters[0].Text, want) {
			t.Errorf("no %q in\n%s", want, letters[0].Text)
		}
	}
	if subjects, _ := w.reminded(t, at(8, 10)); len(subjects) != 0 {
		t.Errorf("nothing is new: %q", subjects)
	}
	if subjects, letters := w.reminded(t, at(10, 10)); len(subjects) != 1 || !strings.Contains(letters[0].Text, "Overdue (2026-12-09)") || strings.Contains(letters[0].Text, "Bus lines 2") {
		t.Errorf("late: %q", subjects)
	}
	w.tokens[own] = w.signIn(t, "own@tests.example")
	w.post303(t, own, "/account/notifications/settings", url.Values{"lang": {"en"}, "desk-mail": {"off"}})
	list.items = append(list.items, due("5", 11))
	if subjects, _ := w.reminded(t, at(11, 10)); len(subjects) != 0 {
		t.Errorf("who wants none: %q", subjects)
	}
}

// A program learns that something is due and when, and nothing of what it is.
func TestAProgramIsToldThatWorkIsDue(t *testing.T) {
	list := &waitingList{items: []inbox.Item{due("1", 9)}}
	w := newWhole(t, func(s *setup) { s.Inbox = []inbox.Source{list} })
	w.Set(at(7, 8))
	w.tokens[own] = w.signIn(t, "own@tests.example")
	r := w.receive(t)
	added := w.post(t, own, "/account/webhooks", url.Values{"url": {r.url()}, "event": {string(webhooks.DeskDue)}})
	r.knows(added.doc(t).Find("#new-secret").Text())
	page, _ := w.get(t, own, "/account/webhooks").doc(t).Find(`main .hit a`).Attr("href")
	w.post303(t, own, page+"/prove", nil)
	r.news(t)
	w.reminded(t, at(7, 9))
	w.deliver(t)
	took := r.news(t)
	if len(took) != 1 || took[0].payload.Type != webhooks.DeskDue || took[0].payload.Data.Due != "2026-12-09" || took[0].payload.Data.URL != base+"/datasets/d1" || strings.Contains(took[0].body, "公交") {
		t.Errorf("%+v", took)
	}
	if !json.Valid([]byte(took[0].body)) || took[0].payload.Data.Topic != string(following.OnDesk) {
		t.Errorf("%s", took[0].body)
	}
}
