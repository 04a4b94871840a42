package licensing_test

import (
	"context"
	"io"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
)

// While an organisation is suspended nothing passes under its grants, by session or
// by key, and what is being sent breaks off; it neither applies nor signs, and is
// granted nothing. Reinstated it is what it was, and its owner had a letter each
// time. What its people hold themselves is not touched.
func TestASuspendedOrganisationIsStoppedAtOnce(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	d, v := w.Conditional(t, licensingtest.Anshan)
	more, moreVersion := w.Conditional(t, licensingtest.Anshan, func(n *datasets.Dataset) { n.Title, n.Slug = "另一份", "another-one" })
	owner, officer, authority := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer), w.Official(t, d.Department, account.Authority)
	other := w.Official(t, more.Department, account.Officer)
	firm := w.Organisation(t, owner, "甲公司", company)
	a := w.Accepted(t, officer, w.SubmittedFor(t, owner, firm, d))
	a, err := w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Agreed(a), a.Revision)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := w.Licensing.MakeKey(t.Context(), owner, a.Grant, "脚本")
	if err != nil {
		t.Fatal(err)
	}
	byKey := func() error {
		who, err := w.Accounts.ActorByKey(t.Context(), secret)
		if err != nil {
			return err
		}
		return w.Service.MayServe(t.Context(), who, v)
	}
	before, _, err := w.Licensing.Grant(t.Context(), owner, a.Grant)
	if err != nil || !before.Stands(w.Clock()) || byKey() != nil {
		t.Fatalf("%+v, %v", before, err)
	}
	mine := w.Granted(t, owner, other, more)
	waits := w.Accepted(t, other, w.SubmittedFor(t, owner, firm, more))
	third, _ := w.Conditional(t, licensingtest.Anshan, func(n *datasets.Dataset) { n.Title, n.Slug = "第三份", "third-one" })
	draft, err := w.Licensing.Begin(t.Context(), owner, third.Slug, firm)
	if err != nil {
		t.Fatal(err)
	}
	if draft, err = w.Licensing.SaveDraft(t.Context(), owner, draft.Number, licensingtest.Form(third), draft.Revision); err != nil {
		t.Fatal(err)
	}
	fourth, _ := w.Conditional(t, licensingtest.Anshan, func(n *datasets.Dataset) { n.Title, n.Slug = "第四份", "fourth-one" })
	fourthOfficer := w.Official(t, fourth.Department, account.Officer)
	offered := w.Accepted(t, fourthOfficer, w.SubmittedFor(t, owner, firm, fourth))
	narrow := licensingtest.Agreed(offered)
	narrow.Items[0].Decision, narrow.Items[0].Columns, narrow.Items[0].Reason = licensing.ItemReduced, offered.Items[0].Columns[:1], "别的列不给。"
	narrow.Bases = licensingtest.Basis
	if offered, err = w.Licensing.Decide(t.Context(), fourthOfficer, offered.Number, narrow, offered.Revision); err != nil || offered.State != licensing.Offered {
		t.Fatal(err)
	}

	kind(t, "without a reason", w.Accounts.SuspendOrganisation(t.Context(), authority, firm, " \n"), fault.Invalid, "reason")
	kind(t, "by an officer", w.Accounts.SuspendOrganisation(t.Context(), officer, firm, "x"), fault.Forbidden, "")
	kind(t, "by its owner", w.Accounts.SuspendOrganisation(t.Context(), owner, firm, "x"), fault.Forbidden, "")
	kind(t, "of none", w.Accounts.SuspendOrganisation(t.Context(), authority, firm+99, "x"), fault.NotFound, "")
	kind(t, "reinstated before", w.Accounts.ReinstateOrganisation(t.Context(), authority, firm, "x"), fault.Conflict, "")
	stale := authority
	stale.Confirmed = w.Clock().Add(-24 * time.Hour)
	kind(t, "without showing who", w.Accounts.SuspendOrganisation(t.Context(), stale, firm, "x"), fault.Forbidden, "")

	h, err := w.Service.Deliver(t.Context(), owner, v, datasets.Delivery{Channel: datasets.ByExport, Form: "csv", Request: "r"})
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	err = h.Write(func(_ context.Context, out io.Writer) error {
		for i := range 10 {
			if i == 5 {
				if err := w.Accounts.SuspendOrganisation(t.Context(), authority, firm, "接到举报"); err != nil {
					return err
				}
				w.Set(w.Clock().Add(2 * time.Second))
			}
			if _, err := out.Write([]byte("row\n")); err != nil {
				return err
			}
			sent++
		}
		return nil
	})(t.Context(), io.Discard)
	kind(t, "the stream", err, fault.Forbidden, "")
	if sent != 5 {
		t.Errorf("%d rows were sent", sent)
	}
	kind(t, "twice", w.Accounts.SuspendOrganisation(t.Context(), authority, firm, "x"), fault.Conflict, "")
	kind(t, "the next request", w.Service.MayServe(t.Context(), owner, v), fault.Forbidden, "")
	kind(t, "its key", byKey(), fault.Forbidden, "")
	if err := w.Service.MayServe(t.Context(), owner, moreVersion); err != nil {
		t.Errorf("what the owner holds as a person (%s): %v", mine.Grant, err)
	}
	g, _, err := w.Licensing.Grant(t.Context(), officer, a.Grant)
	if err != nil || !g.HolderSuspended || g.Stands(w.Clock()) || g.State != licensing.Active || g.Revision != before.Revision {
		t.Errorf("the grant: %+v, %v", g, err)
	}
	_, err = w.Licensing.MakeKey(t.Context(), owner, a.Grant, "新脚本")
	kind(t, "a new key", err, fault.Conflict, "")
	_, err = w.Licensing.Begin(t.Context(), owner, d.Slug, firm)
	kind(t, "applied for", err, fault.Forbidden, "")
	_, err = w.Licensing.BeginFrom(t.Context(), owner, a.Grant, licensing.Change)
	kind(t, "a change", err, fault.Forbidden, "")
	_, err = w.Licensing.Submit(t.Context(), owner, draft.Number, draft.Revision, w.Shown(t, draft))
	kind(t, "signed", err, fault.Conflict, "")
	_, err = w.Licensing.Consent(t.Context(), owner, offered.Number, offered.Revision)
	kind(t, "the narrower agreement signed", err, fault.Conflict, "")
	_, err = w.Licensing.Decide(t.Context(), other, waits.Number, licensingtest.Agreed(waits), waits.Revision)
	kind(t, "agreed to", err, fault.Conflict, "")
	seen, _, err := w.Licensing.One(t.Context(), other, waits.Number)
	if err != nil || !seen.Suspended || seen.State != licensing.Accepted {
		t.Errorf("what the officer sees: %+v, %v", seen, err)
	}
	if own, _, err := w.Licensing.One(t.Context(), owner, mine.Number); err != nil || own.Suspended {
		t.Errorf("the person's own: %v", err)
	}

	if err := w.Accounts.ReinstateOrganisation(t.Context(), authority, firm, "已查清"); err != nil {
		t.Fatal(err)
	}
	if err := w.Service.MayServe(t.Context(), owner, v); err != nil || byKey() != nil {
		t.Errorf("reinstated: %v, by key %v", err, byKey())
	}
	if g, _, err = w.Licensing.Grant(t.Context(), owner, a.Grant); err != nil || !g.Stands(w.Clock()) || g.Revision != before.Revision {
		t.Errorf("the grant afterwards: %+v, %v", g, err)
	}
	if _, err := w.Licensing.Decide(t.Context(), other, waits.Number, licensingtest.Agreed(waits), waits.Revision); err != nil {
		t.Error("agreed to afterwards", err)
	}
	if _, err := w.Licensing.Consent(t.Context(), owner, offered.Number, offered.Revision); err != nil {
		t.Error("signed afterwards", err)
	}
	var letters, acts int
	if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM river_job WHERE kind = 'organisation_notice' AND args ->> 'to' = (SELECT identifier FROM users WHERE id = $1)),
		(SELECT count(*) FROM audit_entries WHERE subject = 'organisation' AND subject_id = $2::bigint::text AND act IN ('organisation.suspended', 'organisation.reinstated') AND actor = $3)`,
		owner.ID, firm, authority.ID).Scan(&letters, &acts); err != nil || letters != 2 || acts != 2 {
		t.Errorf("%d letters, %d acts, %v", letters, acts, err)
	}
}
