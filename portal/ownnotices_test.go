package portal_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"shuyuan/datasets/following"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/internal/mail/mailtest"
	"shuyuan/licensing"
	"shuyuan/licensing/demands"
	"shuyuan/portal/notify"
)

// What a letter says about one's own case stands on the site, too: counted until
// it is read, in the language of the page, with the way to the case; once, however
// often the job is worked, and not of those who want none of it.
func TestOnesOwnCasesStandOnTheSite(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	sender, err := mail.NewFiles(filepath.Join(t.TempDir(), "mail"), mailtest.From)
	if err != nil {
		t.Fatal(err)
	}
	workers := jobs.NewWorkers()
	if err := notify.Handle(workers, sender, base, w.follows); err != nil {
		t.Fatal(err)
	}
	if err := notify.HandleApplications(workers, sender, base, w.follows); err != nil {
		t.Fatal(err)
	}
	if err := notify.HandleDemands(workers, sender, base, w.follows); err != nil {
		t.Fatal(err)
	}
	c, err := jobs.New(w.Pool, jobs.Config{Workers: workers, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	done, cancel := c.Subscribe(river.EventKindJobCompleted, river.EventKindJobFailed, river.EventKindJobCancelled)
	defer cancel()
	if err := c.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := jobs.Stop(context.Background(), c); err != nil {
			t.Error(err)
		}
	})
	to := string(citizen) + "@tests.example"
	for _, n := range []river.JobArgs{
		licensing.Notice{ID: "a", To: to, For: licensing.OfApplicant, Number: "SQ-2026-000001", Action: licensing.Return, Title: "空气质量", TitleEN: "Air quality", Due: "2026-12-01", At: w.Clock()},
		licensing.Notice{ID: "a", To: to, For: licensing.OfApplicant, Number: "SQ-2026-000001", Action: licensing.Return, Title: "空气质量", TitleEN: "Air quality", Due: "2026-12-01", At: w.Clock()},
		licensing.Notice{ID: "b", To: to, For: licensing.OfApplicant, Number: "SQ-2026-000001", Grant: "SQZ-2026-000001", Moved: licensing.Suspended, Title: "空气质量", TitleEN: "Air quality", At: w.Clock()},
		licensing.Notice{ID: "c", To: string(own) + "@tests.example", For: licensing.OfDepartment, Number: "SQ-2026-000001", Action: licensing.Submit, Title: "空气质量", At: w.Clock()},
		demands.Notice{ID: "d", To: to, Demand: 7, Act: string(demands.Link), Title: "坐标", At: w.Clock()},
		licensing.Notice{ID: "e", To: "nobody@tests.example", For: licensing.OfApplicant, Number: "SQ-2026-000002", Action: licensing.Accept, Title: "空气质量", At: w.Clock()},
	} {
		if err := pgx.BeginFunc(t.Context(), w.Pool, func(tx pgx.Tx) error { return jobs.Announce(t.Context(), tx, n) }); err != nil {
			t.Fatal(err)
		}
		for waiting := true; waiting; {
			select {
			case e := <-done: // letters to accounts were announced before
				if waiting = e.Job.Kind != n.Kind(); e.Kind != river.EventKindJobCompleted {
					t.Fatalf("%+v: %v", n, e.Job.Errors)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("the job was not worked")
			}
		}
	}
	if got := strings.Join(w.told(t, citizen), "\n"); strings.Count(got, "\n") != 2 || !strings.Contains(got, "申请 SQ-2026-000001 请补正：空气质量；下一步最迟：2026-12-01") || !strings.Contains(got, "授权 SQZ-2026-000001 已暂停，请看理由：空气质量") || !strings.Contains(got, "第 7 号数据需求：数据有了") {
		t.Errorf("%s", got)
	}
	if got := w.told(t, own); len(got) != 0 { // a desk is told at the desk
		t.Errorf("%v", got)
	}
	english := w.get(t, citizen, "/account/notifications", "Accept-Language", "en").doc(t)
	if got := english.Find(".notices").Text(); !strings.Contains(got, "Air quality") || strings.Contains(got, "空气质量") {
		t.Errorf("%s", got)
	}
	if got := w.get(t, citizen, "/account").doc(t).Find("header").Text(); !strings.Contains(got, "通知 3") {
		t.Errorf("the bell says %s", got)
	}
	list := w.get(t, citizen, "/account/notifications").doc(t).Find(".notices a[href^='/account/notifications/']")
	for i, want := range []string{"/requests/7", "/grants/SQZ-2026-000001", "/applications/SQ-2026-000001"} {
		at := list.Eq(i).AttrOr("href", "")
		if r := w.get(t, other, at); r.status != 404 {
			t.Errorf("another opens it: %d", r.status)
		}
		if r := w.get(t, citizen, at); r.header.Get("Location") != want {
			t.Errorf("%s leads to %q, want %q", at, r.header.Get("Location"), want)
		}
	}
	if n := w.get(t, citizen, "/account/notifications?unread=1").doc(t).Find(".notices a[href^='/account/notifications/']").Length(); n != 0 {
		t.Errorf("%d are unread", n)
	}
	w.post303(t, citizen, "/account/notifications/settings", map[string][]string{"lang": {"zh"}, "own-app": {"off"}})
	if err := w.follows.Tell(t.Context(), to, following.Own{Kind: following.OwnGrant, Key: "f", Zh: "授权", En: "grant", Path: "/grants"}); err != nil {
		t.Fatal(err)
	}
	if got := w.told(t, citizen); len(got) != 3 {
		t.Errorf("who wants none is told: %v", got)
	}
}
