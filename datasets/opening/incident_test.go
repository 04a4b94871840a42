package opening_test

import (
	"fmt"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/opening"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// What is withdrawn at once gives no byte from then on, whoever took it is told,
// every approval ends, and only a new review of each version brings it back.
func TestAnEmergencyWithdrawalAndTheWayBack(t *testing.T) {
	d := newDesk(t)
	upload := d.upload(t, people)
	d.through(t, d.propose(t, upload), grant("2027-06-30"))
	v, err := d.publish(t, upload)
	if err != nil {
		t.Fatal(err)
	}
	users := map[string]int64{}
	for _, name := range []string{"anna@firm.example", "13900000000", "gone@firm.example"} {
		var id int64
		if err := d.Pool.QueryRow(t.Context(), `INSERT INTO users (identifier, name, side, created_at, disabled_at) VALUES ($1, '读者', 'use', $2, CASE WHEN $1 LIKE 'gone%' THEN $2::timestamptz END) RETURNING id`, name, d.Clock()).Scan(&id); err != nil {
			t.Fatal(err)
		}
		users[name] = id
		if err := d.Service.KnowDownload(t.Context(), account.Actor{ID: id}, d.dataset.ID); err != nil {
			t.Fatal(err)
		}
	}
	for _, nobody := range []account.Actor{{}, account.System("test")} {
		if err := d.Service.KnowDownload(t.Context(), nobody, d.dataset.ID); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := d.Department(t, func(d *datasets.Department) { d.Profile = "cn-tianjin-2018" })
	regulator := datasetstest.Player(d.Department(t, func(p *datasets.Department) { p.Side = account.Regulate }), account.Regulator)
	for name, who := range map[string]account.Actor{"officer": d.officer, "security reviewer": d.security, "cyberspace reviewer": d.net, "another head": datasetstest.Player(elsewhere, account.Head),
		"authority elsewhere": datasetstest.Player(elsewhere, account.Authority), "administrator": {ID: 7, Roles: []account.Role{account.Administrator}}, "visitor": {}} {
		if _, err := d.reviews.Withdraw(t.Context(), who, d.dataset.Slug, "里面有人名"); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.reviews.Withdraw(t.Context(), d.head, d.dataset.Slug, "  "); fault.Of(err).Field != "reason" {
		t.Errorf("no reason: %v", err)
	}
	if _, err := d.reviews.Withdraw(t.Context(), d.head, "nonesuch", "里面有人名"); fault.Of(err).Field != "slug" {
		t.Errorf("no such dataset: %v", err)
	}
	i, err := d.reviews.Withdraw(t.Context(), regulator, d.dataset.Slug, "里面有人名")
	if err != nil || i.Told != 1 || i.Role != account.Regulator {
		t.Fatalf("%+v, %v", i, err)
	}
	if _, err := d.Service.Dataset(t.Context(), account.Actor{}, d.dataset.Slug); fault.KindOf(err) != fault.Gone || !strings.Contains(err.Error(), "紧急撤回（2026-11-22）：里面有人名") {
		t.Errorf("the page says %v", err)
	}
	if _, err := d.Service.Version(t.Context(), account.Actor{}, d.resource, 1); fault.KindOf(err) != fault.Gone {
		t.Errorf("the file says %v", err)
	}
	var letters string
	if err := d.Pool.QueryRow(t.Context(), `SELECT string_agg(args ->> 'to', ',') FROM river_job WHERE kind = 'opening_incident'`).Scan(&letters); err != nil || letters != "anna@firm.example" {
		t.Errorf("letters go to %q, %v", letters, err)
	}
	if _, err := d.reviews.Withdraw(t.Context(), d.head, d.dataset.Slug, "再撤一次"); fault.Of(err).Field != "slug" {
		t.Errorf("twice: %v", err)
	}
	if items, err := d.reviews.Waiting(t.Context(), d.officer); err != nil || !strings.Contains(fmt.Sprint(items), "opening-incident") {
		t.Errorf("what waits for the officer: %+v, %v", items, err)
	}
	restore := func() error {
		now, err := d.Service.Dataset(t.Context(), d.officer, d.dataset.Slug)
		if err != nil {
			t.Fatal(err)
		}
		return d.Service.Move(t.Context(), d.officer, d.dataset.Slug, datasets.Restore, "", now.Revision)
	}
	if err := restore(); fault.KindOf(err) != fault.Conflict {
		t.Errorf("restored without a review: %v", err)
	}
	r, err := d.reviews.Propose(t.Context(), d.officer, opening.Proposal{VersionID: v.ID})
	if err != nil {
		t.Fatal(err)
	}
	d.through(t, r)
	if err := restore(); err != nil {
		t.Fatalf("after a new review: %v", err)
	}
	if all, err := d.reviews.Incidents(t.Context(), d.head); err != nil || len(all) != 1 || all[0].RestoredAt == nil || len(all[0].Versions) != 1 || !all[0].Versions[0].Let {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := d.reviews.Incidents(t.Context(), datasetstest.Player(elsewhere, account.Authority)); err != nil || len(all) != 0 {
		t.Errorf("elsewhere they see %+v, %v", all, err)
	}
}

// A new column or a changed type is another content: the department sees that it
// must be reviewed anew, and the new version stays unpublished.
func TestAReviewIsRequiredAnew(t *testing.T) {
	d := newDesk(t)
	first := d.upload(t, people)
	d.through(t, d.propose(t, first), grant("2027-06-30"))
	if _, err := d.publish(t, first); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a new column": "代码,人口,户数\n350100,843,300\n350200,532,200\n", "a changed type": "代码,人口\n350100,842.5\n350200,531.5\n"} {
		next := d.upload(t, text)
		again, err := d.reviews.ReviewAgain(t.Context(), d.officer)
		if err != nil || len(again) != 1 || again[0].UploadID != next || again[0].Newest != 1 {
			t.Fatalf("%s: %+v, %v", name, again, err)
		}
		items, err := d.reviews.Waiting(t.Context(), d.officer)
		if err != nil || !strings.Contains(fmt.Sprint(items), "opening-again") {
			t.Errorf("%s: what waits is %+v, %v", name, items, err)
		}
		if _, err := d.publish(t, next); fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s: published: %v", name, err)
		}
		for who, other := range map[string]account.Actor{"elsewhere": d.elsewhere, "visitor": {}} {
			if seen, err := d.reviews.ReviewAgain(t.Context(), other); err != nil || len(seen) != 0 {
				t.Errorf("%s sees %+v, %v", who, seen, err)
			}
		}
		if err := d.Service.DiscardUpload(t.Context(), d.officer, next); err != nil {
			t.Fatal(err)
		}
	}
	same := d.upload(t, "代码,人口\n350100,844\n350200,533\n")
	if again, err := d.reviews.ReviewAgain(t.Context(), d.officer); err != nil || len(again) != 0 {
		t.Errorf("%s with the same columns waits for a review: %+v, %v", same, again, err)
	}
}

// A change of level or source of what is public asks for a review at once, and
// what that review decides holds for the public copy (law matrix 5.5).
func TestAnotherLevelOrSourceOfPublicDataIsReviewedAnew(t *testing.T) {
	for name, change := range map[string]func(*datasets.Dataset){
		"level":  func(e *datasets.Dataset) { e.SecurityLevel = "三级" },
		"source": func(e *datasets.Dataset) { e.Source = "另一个来源" },
	} {
		for action, left := range map[opening.Action]struct {
			open   datasets.OpenType
			status datasets.Status
		}{
			opening.Approve:            {datasets.Unconditional, datasets.Published},
			opening.ApproveConditional: {datasets.Conditional, datasets.Published},
			opening.Withhold:           {datasets.Unconditional, datasets.Withdrawn},
			opening.Return:             {datasets.Unconditional, datasets.Published},
		} {
			t.Run(name+", then "+string(action), func(t *testing.T) {
				d := newDesk(t)
				upload := d.upload(t, people)
				d.through(t, d.propose(t, upload))
				if _, err := d.publish(t, upload); err != nil {
					t.Fatal(err)
				}
				if again, err := d.reviews.ReviewAgain(t.Context(), d.officer); err != nil || len(again) != 0 {
					t.Fatalf("before: %+v, %v", again, err)
				}
				d.edit(t, change)
				again, err := d.reviews.ReviewAgain(t.Context(), d.officer)
				if err != nil || len(again) != 1 || again[0].VersionID != versionID(t, d) || again[0].Newest != 1 {
					t.Fatalf("%+v, %v", again, err)
				}
				if items, err := d.reviews.Waiting(t.Context(), d.officer); err != nil || !strings.Contains(fmt.Sprint(items), "/desk/reviews/new?version=") {
					t.Errorf("what waits is %+v, %v", items, err)
				}
				r, err := d.reviews.Propose(t.Context(), d.officer, opening.Proposal{VersionID: again[0].VersionID})
				if err != nil {
					t.Fatal(err)
				}
				if again, err = d.reviews.ReviewAgain(t.Context(), d.officer); err != nil || len(again) != 0 {
					t.Errorf("while it is under review: %+v, %v", again, err)
				}
				r = d.decide(t, d.secrecy, d.decide(t, d.security, r, opening.Pass), opening.Pass)
				d.decide(t, d.net, r, action, func(d *opening.Decision) {
					d.Terms = datasets.Terms{Bases: statute(), Method: "申请", Requirements: "只用于研究", Safeguards: "不得转让"}
				})
				e, err := d.Service.Dataset(t.Context(), d.officer, d.dataset.Slug)
				if err != nil || e.Open != left.open || e.Status != left.status {
					t.Errorf("%s, %s, %v", e.Open, e.Status, err)
				}
				v, err := d.Service.VersionsBefore(t.Context(), account.Actor{}, d.resource, 99, 0)
				free := err == nil && len(v) == 1 && d.Service.MayServe(t.Context(), account.Actor{}, &v[0]) == nil
				if free != (action == opening.Approve || action == opening.Return) {
					t.Errorf("a visitor is served: %t", free)
				}
			})
		}
	}
}
