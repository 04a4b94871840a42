package portal_test

import (
	"context"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/inbox"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
)

// given is a source that holds the same for everybody of a role.
type given struct {
	role  account.Role
	items []inbox.Item
}

func (g given) Waiting(_ context.Context, who account.Actor) ([]inbox.Item, error) {
	if !who.Is(g.role) {
		return nil, nil
	}
	return g.items, nil
}

func TestTheInboxIsOneListByTheDayDue(t *testing.T) {
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	clocks := deadline.New(book, func() workdays.Calendar { return calendar })
	w := newWhole(t, func(s *setup) {
		now := s.Now()
		start := func(profile, path, house string, ago int) *deadline.Clock {
			c, err := clocks.Start(profile, deadline.Term{Path: path, House: house}, now.AddDate(0, 0, -ago))
			if err != nil {
				t.Fatal(err)
			}
			return &c
		}
		s.Inbox = []inbox.Source{given{account.Authority, []inbox.Item{
			{Kind: "upload", ID: "1", Title: inbox.Text{Zh: "无期限"}, Ask: "请上传新版本。", Path: "/one"},
			{Kind: "link", ID: "2", Title: inbox.Text{Zh: "=1+1"}, Ask: "请上传新版本。", Path: "/two", Clock: start("cn-fujian-2023", "catalogue.update_deadline", "catalogue_change_default", 3)},
			{Kind: "upload", ID: "3", Title: inbox.Text{Zh: "早该办"}, Ask: "请上传新版本。", Path: "/three", Clock: start("cn-liaoning-anshan-2022", "catalogue.update_deadline", "catalogue_change_default", 60)},
		}}}
	})
	w.everyone(t)
	page := w.get(t, persona(account.Authority), "/desk/inbox").doc(t)
	var order []string
	for _, a := range page.Find(`.ib td a[href^="/"]`).EachIter() {
		if href := a.AttrOr("href", ""); !strings.HasPrefix(href, "/law") {
			order = append(order, href)
		}
	}
	if got := strings.Join(order, " "); got != "/three /two /one" {
		t.Errorf("in the order %s", got)
	}
	rows := page.Find(`.ib tbody tr:not(.grp)`)
	if late := rows.Eq(0); late.Find(".late").Length() == 0 || late.Find(`a.src.house[href*="catalogue_change_default"]`).Length() != 1 {
		t.Errorf("what is late by the platform's rule: %s", late.Text())
	}
	if law := rows.Eq(1); law.Find(`a.src:not(.house)[href^="/law/cn-fujian-2023#"]`).Length() != 1 || law.Find(".wd i").Length() < 10 {
		t.Errorf("what runs by an article: %s", law.Text())
	}
	if one := w.get(t, persona(account.Authority), "/desk/inbox?kind=link").doc(t); one.Find(`.ib tbody tr:not(.grp)`).Length() != 1 {
		t.Error("the filter does not narrow")
	}
	for filter, want := range map[string]string{"when=late": "/three", "kind=link&when=late": "", "kind=upload&when=late": "/three"} {
		var shown []string
		part := w.get(t, persona(account.Authority), "/desk/inbox?"+filter)
		if now, whole := part.doc(t).Find("h1").Text(), page.Find("h1").Text(); now != whole || !strings.Contains(whole, "1 件逾期") {
			t.Errorf("%s says %q, the whole %q", filter, now, whole)
		}
		if (want == "") != strings.Contains(part.body, "没有这样的待办。") {
			t.Errorf("%s: nothing of that kind?", filter)
		}
		for _, a := range part.doc(t).Find(`.ib td.wrap > a`).EachIter() {
			if href := a.AttrOr("href", ""); !strings.HasPrefix(href, "/law") {
				shown = append(shown, href)
			}
		}
		if got := strings.Join(shown, " "); got != want {
			t.Errorf("%s shows %s, want %s", filter, got, want)
		}
	}
	if n := strings.Count(w.get(t, persona(account.Authority), "/desk/inbox.csv?when=late").body, "\n"); n != 2 {
		t.Errorf("the file of what is late has %d lines", n)
	}
	if r := w.get(t, persona(account.Authority), "/desk/inbox?when=never"); r.status != 400 {
		t.Errorf("a time that there is not: %d", r.status)
	}
	if r := w.get(t, persona(account.Authority), "/desk/inbox?kind=nonsense"); r.status != 400 {
		t.Errorf("a kind that there is not: %d", r.status)
	}
	if n := w.get(t, persona(account.Head), "/desk/inbox").doc(t).Find(".ib").Length(); n != 0 {
		t.Error("somebody sees what waits for another")
	}
	table, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.get(t, persona(account.Authority), "/desk/inbox.csv").body, "\uFEFF"))).ReadAll()
	if err != nil || len(table) != 4 || table[2][2] != "'=1+1" || !strings.HasPrefix(table[1][5], "平台规则：") || table[3][6] != base+"/one" {
		t.Errorf("%q, %v", table, err)
	}
}

func TestOverdueUpdatesWaitForTheirOfficers(t *testing.T) {
	w := newWhole(t)
	yesterday := w.Clock().AddDate(0, 0, -1).Truncate(24 * time.Hour)
	far := w.Clock().AddDate(1, 0, 0).Truncate(24 * time.Hour)
	late := w.Dataset(t, func(d *datasets.Dataset) { d.NextDue, d.Title = &yesterday, "该更新了" })
	w.Dataset(t, func(d *datasets.Dataset) { d.NextDue, d.Title = &far, "还早" })
	page := w.get(t, own, "/desk/inbox").doc(t)
	if got := page.Find(`.ib a[href="/datasets/` + late.Slug + `"]`).Length(); got != 1 {
		t.Errorf("%s", page.Find("main").Text())
	}
	if strings.Contains(page.Find(".ib").Text(), "还早") {
		t.Error("what is due in a year waits today")
	}
	if strings.Contains(w.get(t, other, "/desk/inbox").doc(t).Find("main").Text(), "该更新了") {
		t.Error("another department's update waits")
	}
}
