package opening_test

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/opening"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
)

// desk is a catalogue with an upload of a department, and everybody who has a
// part in its review.
type desk struct {
	*datasetstest.Catalogue
	reviews                                          *opening.Service
	dataset                                          *datasets.Dataset
	resource                                         string
	officer, head, security, secrecy, net, elsewhere account.Actor
}

func newDesk(t *testing.T, options ...func(*datasets.Dataset)) *desk {
	t.Helper()
	d := &desk{Catalogue: datasetstest.New(t, licensing.Gate{}, datasetstest.Asked, datasetstest.Uploading())}
	d.reviews = d.Opening(t)
	d.dataset = d.Dataset(t, options...)
	d.resource = d.Resource(t, d.dataset)
	own := d.dataset.Department
	d.officer, d.head = datasetstest.Officer(own), datasetstest.Player(own, account.Head)
	d.security, d.secrecy, d.net = datasetstest.Player(own, account.SecurityReviewer), datasetstest.Player(own, account.SecrecyReviewer), datasetstest.Player(own, account.CyberspaceReviewer)
	d.elsewhere = datasetstest.Player(d.Department(t, func(d *datasets.Department) { d.Profile = "cn-tianjin-2018" }), account.SecurityReviewer)
	return d
}

// upload is a file of the department that was read.
func (d *desk) upload(t *testing.T, text string) string {
	t.Helper()
	u, err := d.Service.StartUpload(t.Context(), d.officer, datasets.NewUpload{ResourceID: d.resource, FileName: "a.csv", Bytes: int64(len(text))})
	if err == nil {
		_, err = d.Service.AppendUpload(t.Context(), d.officer, u.ID, datasets.Chunk{Reader: strings.NewReader(text)})
	}
	if err == nil {
		err = d.Service.ReadReceived(t.Context(), datasets.UploadReceived{ID: u.ID})
	}
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

func (d *desk) propose(t *testing.T, upload string) *opening.Review {
	t.Helper()
	r, err := d.reviews.Propose(t.Context(), d.officer, opening.Proposal{UploadID: upload, Note: "新的一期"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// decide is one decision that must be taken.
func (d *desk) decide(t *testing.T, who account.Actor, r *opening.Review, a opening.Action, change ...func(*opening.Decision)) *opening.Review {
	t.Helper()
	got, err := d.try(t, who, r, a, change...)
	if err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	return got
}

func (d *desk) try(t *testing.T, who account.Actor, r *opening.Review, a opening.Action, change ...func(*opening.Decision)) (*opening.Review, error) {
	t.Helper()
	next := opening.Decision{Action: a, Revision: r.Revision, Ticked: datasetstest.Ticked(r.Gate()), Words: "看过"}
	for _, f := range change {
		f(&next)
	}
	return d.reviews.Decide(t.Context(), who, r.ID, next)
}

func (d *desk) publish(t *testing.T, upload string) (*datasets.Version, error) {
	t.Helper()
	return d.Service.PublishUpload(t.Context(), d.officer, upload, datasets.Publication{Reason: "新的一期", Reviewed: "变化都看过了"})
}

// grant makes the last decision a standing approval.
func grant(until string) func(*opening.Decision) {
	return func(d *opening.Decision) { d.StandingUntil, d.StandingTerms = until, "每季一期，列不变" }
}

// through takes a review through all gates.
func (d *desk) through(t *testing.T, r *opening.Review, change ...func(*opening.Decision)) *opening.Review {
	t.Helper()
	r = d.decide(t, d.security, r, opening.Pass)
	r = d.decide(t, d.secrecy, r, opening.Pass)
	return d.decide(t, d.net, r, opening.Approve, change...)
}

// statute is a basis that every text counts.
func statute() []datasets.LegalBasis {
	return []datasets.LegalBasis{{Kind: catalogue.Statute, Instrument: "中华人民共和国个人信息保护法", Article: "第十条", Quote: "任何组织、个人不得非法收集、使用、加工、传输他人个人信息"}}
}

const people = "代码,人口\n350100,842\n350200,531\n"

// A document has no table to show: its reviewers take the file itself, through
// the Gate, and that they did is kept.
func TestADocumentIsTakenToBeRead(t *testing.T) {
	d := newDesk(t)
	const text = "代码,人口\n350100,842\n"
	r := d.propose(t, d.upload(t, text))
	read := func(who account.Actor) (string, error) {
		f, err := d.reviews.Original(t.Context(), who, r.ID)
		if err != nil {
			return "", err
		}
		defer f.Object.Close()
		b, err := io.ReadAll(f.Object)
		return string(b), err
	}
	for name, who := range map[string]account.Actor{"officer": d.officer, "security": d.security, "secrecy": d.secrecy, "cyberspace": d.net} {
		if got, err := read(who); err != nil || got != text {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	key := d.security
	key.Key = "sy_AAAAAAAA"
	for name, who := range map[string]account.Actor{"visitor": {}, "another department": d.elsewhere, "a key": key, "authority": datasetstest.Player(d.dataset.Department, account.Authority)} {
		if got, err := read(who); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	var kept int
	if err := d.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE subject = 'opening-review' AND act = 'take-file'`).Scan(&kept); err != nil || kept != 4 {
		t.Errorf("%d takings are kept: %v", kept, err)
	}
	d.decide(t, d.security, r, opening.Return)
	if _, err := read(d.net); fault.KindOf(err) != fault.NotFound {
		t.Errorf("what was returned is still given to the cyberspace office: %v", err)
	}
}

// AS-28 and AS-30: nothing is published before its three gates, in their order,
// by three people none of whom asked; then exactly this content is.
func TestAVersionIsPublishedAfterAllGatesOnly(t *testing.T) {
	d := newDesk(t)
	upload := d.upload(t, people)
	if _, err := d.publish(t, upload); fault.KindOf(err) != fault.Conflict {
		t.Fatalf("published without a review: %v", err)
	}
	r := d.propose(t, upload)
	if r.State != opening.SecurityCheck || r.Clock == nil || !r.Clock.House() || r.Clock.Last.Format(time.DateOnly) != "2026-12-04" {
		t.Fatalf("%s due %+v", r.State, r.Clock)
	}
	for _, x := range []struct {
		who  account.Actor
		does opening.Action
		to   opening.State
	}{{d.security, opening.Pass, opening.SecrecyCheck}, {d.secrecy, opening.Pass, opening.JointReview}, {d.net, opening.Approve, opening.Approved}} {
		if _, err := d.publish(t, upload); fault.KindOf(err) != fault.Conflict {
			t.Errorf("published at %s: %v", r.State, err)
		}
		if r = d.decide(t, x.who, r, x.does); r.State != x.to {
			t.Fatalf("%s", r.State)
		}
	}
	v, err := d.publish(t, upload)
	if err != nil {
		t.Fatal(err)
	}
	var review int64
	var standing bool
	if err := d.Pool.QueryRow(t.Context(), `SELECT review_id, standing FROM version_approvals WHERE version_id = $1`, v.ID).Scan(&review, &standing); err != nil || review != r.ID || standing {
		t.Errorf("let through by %d, standing %t, %v", review, standing, err)
	}
	found, err := d.reviews.Review(t.Context(), d.net, r.ID)
	if err != nil || len(found.Checks) != 3 || found.VersionID != v.ID {
		t.Fatalf("%+v, %v", found, err)
	}
	for i, g := range opening.Gates() {
		c := found.Judged(g)
		if c == nil || c.SHA256 != v.SHA256 || c.SchemaHash != r.SchemaHash || c.Words != "看过" || len(c.Ticked) != len(g.List()) || c.At.IsZero() || c.Name == "" {
			t.Errorf("gate %d: %+v", i, c)
		}
	}
}

// What may be done where, by whom: everything else is refused, and nothing moves.
func TestGatesAreTakenInOrderByWhoseTheyAre(t *testing.T) {
	d := newDesk(t)
	upload := d.upload(t, people)
	r := d.propose(t, upload)
	all := []opening.Action{opening.Submit, opening.OpenAtOnce, opening.Pass, opening.Approve, opening.ApproveConditional, opening.Withhold, opening.ReturnToDeidentify, opening.Return, opening.TakeBack, opening.Confirm, opening.End, "publish"}
	right := map[opening.State]map[string][]opening.Action{
		opening.SecurityCheck: {"security": {opening.Pass, opening.ReturnToDeidentify, opening.Return}, "officer": {opening.TakeBack}},
		opening.SecrecyCheck:  {"secrecy": {opening.Pass, opening.ReturnToDeidentify, opening.Return}, "officer": {opening.TakeBack}},
		opening.JointReview:   {"net": {opening.Approve, opening.ApproveConditional, opening.Withhold, opening.ReturnToDeidentify, opening.Return}, "officer": {opening.TakeBack}},
		opening.Approved:      {},
	}
	for _, step := range []account.Actor{d.security, d.secrecy, d.net, {}} {
		for name, who := range map[string]account.Actor{"officer": d.officer, "head": d.head, "security": d.security, "secrecy": d.secrecy, "net": d.net, "elsewhere": d.elsewhere, "nobody": {},
			"authority": datasetstest.Player(d.dataset.Department, account.Authority), "another officer": datasetstest.Officer(d.Department(t))} {
			for _, a := range all {
				if strings.Contains(fmt.Sprint(right[r.State][name]), string(a)) {
					continue
				}
				if _, err := d.try(t, who, r, a); err == nil || fault.KindOf(err) == fault.Internal {
					t.Fatalf("%s at %s by %s: %v", a, r.State, name, err)
				}
			}
		}
		if step.ID == 0 {
			break
		}
		a := opening.Pass
		if r.State == opening.JointReview {
			a = opening.Approve
		}
		r = d.decide(t, step, r, a)
	}
}

// One person judges one gate, never what they asked for: the operation says so,
// and the database holds it where the operation is gone around.
func TestNobodyJudgesTwiceOrTheirOwn(t *testing.T) {
	d := newDesk(t)
	r := d.propose(t, d.upload(t, people))
	both := d.security
	both.Roles = append(both.Roles, account.SecrecyReviewer, account.CyberspaceReviewer)
	selfish := d.officer
	selfish.Roles = append(selfish.Roles, account.SecurityReviewer)
	if _, err := d.try(t, selfish, r, opening.Pass); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who asked judges: %v", err)
	}
	r = d.decide(t, both, r, opening.Pass)
	if _, err := d.try(t, both, r, opening.Pass); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the same person at the next gate: %v", err)
	}
	found, err := d.reviews.Review(t.Context(), both, r.ID)
	if err != nil || len(found.Offers) != 0 {
		t.Errorf("a button for them: %v, %v", found.Offers, err)
	}
	insert := `INSERT INTO opening_checks (review_id, gate, proposed_by, reviewer_id, name, department_id, result, sha256, schema_hash, at) VALUES ($1, $2, $3, $4, 'x', $5, 'pass', 'x', 'x', now())`
	if _, err := d.Pool.Exec(t.Context(), insert, r.ID, "secrecy", d.officer.ID, both.ID, both.Department); !database.Taken(err) {
		t.Errorf("the database lets the same person judge twice: %v", err)
	}
	if _, err := d.Pool.Exec(t.Context(), insert, r.ID, "secrecy", d.officer.ID, d.officer.ID, both.Department); err == nil {
		t.Error("the database lets who asked judge")
	}
	if _, err := d.Pool.Exec(t.Context(), insert, r.ID, "secrecy", d.officer.ID+1, d.officer.ID, both.Department); err == nil {
		t.Error("the database believes who says that another asked")
	}
	for _, sql := range []string{`UPDATE opening_checks SET result = 'return', words = 'x'`, `DELETE FROM opening_checks`} {
		if _, err := d.Pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s", sql)
		}
	}
}

// Two reviewers at once: one decides, the other is told.
func TestOfTwoAtOnceTheSecondIsTold(t *testing.T) {
	d := newDesk(t)
	r := d.propose(t, d.upload(t, people))
	colleague := d.security
	colleague.ID++
	outcome := make([]error, 2)
	var wg sync.WaitGroup
	for i, x := range []struct {
		who account.Actor
		a   opening.Action
	}{{d.security, opening.Pass}, {colleague, opening.Return}} {
		wg.Go(func() {
			_, outcome[i] = d.reviews.Decide(t.Context(), x.who, r.ID, opening.Decision{Action: x.a, Revision: r.Revision, Words: "看过", Ticked: datasetstest.Ticked(opening.Security)})
		})
	}
	wg.Wait()
	if (outcome[0] == nil) == (outcome[1] == nil) {
		t.Fatalf("%v", outcome)
	}
	for _, err := range outcome {
		if err != nil && fault.KindOf(err) != fault.Conflict {
			t.Errorf("%v", err)
		}
	}
}

// A file that is proposed from two pages at once is under one review (F12).
func TestAFileIsProposedOnce(t *testing.T) {
	d := newDesk(t)
	upload := d.upload(t, people)
	outcome := make([]error, 2)
	var wg sync.WaitGroup
	for i := range outcome {
		wg.Go(func() {
			_, outcome[i] = d.reviews.Propose(t.Context(), d.officer, opening.Proposal{UploadID: upload})
		})
	}
	wg.Wait()
	if (outcome[0] == nil) == (outcome[1] == nil) || fault.KindOf(outcome[0]) != fault.Conflict && fault.KindOf(outcome[1]) != fault.Conflict {
		t.Errorf("%v", outcome)
	}
	var n int
	if err := d.Pool.QueryRow(t.Context(), `SELECT count(*) FROM opening_reviews WHERE upload_id = $1`, upload).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d reviews: %v", n, err)
	}
}

// Reviewers see the rows of what waits for them; nobody else does.
func TestRowsUnderReviewAreForItsReviewersAlone(t *testing.T) {
	d := newDesk(t)
	r := d.propose(t, d.upload(t, people))
	sees := func(who account.Actor) (known, rows bool) {
		f, err := d.reviews.Review(t.Context(), who, r.ID)
		if err != nil {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("%v", err)
			}
			return false, false
		}
		shown := fmt.Sprintf("%+v %+v", f.Content.Version, f.Content.Upload)
		return true, strings.Contains(shown, "842")
	}
	key := d.security
	key.Key, key.Session = "sy_00000000", ""
	other := d.Department(t)
	for name, x := range map[string]struct {
		who         account.Actor
		known, rows bool
	}{
		"officer": {d.officer, true, true}, "head": {d.head, true, true}, "security": {d.security, true, true}, "secrecy": {d.secrecy, true, true}, "cyberspace": {d.net, true, true},
		"the cyberspace office under the same text": {datasetstest.Player(other, account.CyberspaceReviewer), true, true},
		"the authority": {datasetstest.Player(other, account.Authority), true, false},
		"a security reviewer of another department": {datasetstest.Player(other, account.SecurityReviewer), false, false},
		"a secrecy reviewer of another department":  {datasetstest.Player(other, account.SecrecyReviewer), false, false},
		"an officer of another department":          {datasetstest.Officer(other), false, false},
		"a reviewer under another text":             {d.elsewhere, false, false},
		"a cyberspace reviewer under another text":  {account.Actor{ID: 9, Roles: []account.Role{account.CyberspaceReviewer}, Department: d.elsewhere.Department, Session: "0"}, false, false},
		"the operator":     {account.Actor{ID: 9, Roles: []account.Role{account.Operator}, Session: "0"}, false, false},
		"an administrator": {account.Actor{ID: 9, Roles: []account.Role{account.Administrator}, Session: "0"}, false, false},
		"a visitor":        {account.Actor{}, false, false},
		"a key":            {key, false, false},
	} {
		if known, rows := sees(x.who); known != x.known || rows != x.rows {
			t.Errorf("%s: knows of it %t, sees rows %t", name, known, rows)
		}
	}
	r = d.through(t, r)
	if known, rows := sees(d.net); !known || rows {
		t.Errorf("after it has ended: knows of it %t, sees rows %t", known, rows)
	}
}

// A changed content is not what was let through: neither other bytes, nor another
// column, type or code, nor other terms, level or source.
func TestWhatChangedAfterwardsIsNotLetThrough(t *testing.T) {
	for name, change := range map[string]func(*desk, *testing.T, string){
		"a column is called otherwise in the dictionary's unit": func(d *desk, t *testing.T, _ string) {
			if _, err := d.Pool.Exec(t.Context(), `INSERT INTO column_overrides (resource_id, position, name, unit, by_name, at) VALUES ($1, 0, '人口', '万人', 'x', now())`, d.resource); err != nil {
				t.Fatal(err)
			}
		},
		"the security level": func(d *desk, t *testing.T, _ string) {
			d.edit(t, func(e *datasets.Dataset) { e.SecurityLevel = "三级" })
		},
		"the source": func(d *desk, t *testing.T, _ string) {
			d.edit(t, func(e *datasets.Dataset) { e.Source = "另一个来源" })
		},
		"the bytes": func(d *desk, t *testing.T, upload string) {
			if _, err := d.Pool.Exec(t.Context(), `UPDATE opening_reviews SET sha256 = repeat('0', 64)`); err != nil {
				t.Fatal(err)
			}
		},
		"the open type, tightened": func(d *desk, t *testing.T, _ string) {
			d.edit(t, func(e *datasets.Dataset) {
				e.Open, e.OpenBases, e.OpenMethod, e.UseRequirements, e.Safeguards = datasets.Conditional, statute(), "申请", "只用于研究", "不得转让"
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			upload := d.upload(t, people)
			d.through(t, d.propose(t, upload))
			change(d, t, upload)
			if _, err := d.publish(t, upload); fault.KindOf(err) != fault.Conflict {
				t.Errorf("published: %v", err)
			}
			if versions, err := d.Service.VersionsBefore(t.Context(), d.officer, d.resource, 99, 0); err != nil || len(versions) != 0 {
				t.Errorf("%d versions, %v", len(versions), err)
			}
		})
	}
}

// edit saves the entry as an officer does.
func (d *desk) edit(t *testing.T, change func(*datasets.Dataset)) {
	t.Helper()
	e, err := d.Service.Dataset(t.Context(), d.officer, d.dataset.Slug)
	if err != nil {
		t.Fatal(err)
	}
	change(e)
	if err := d.Service.Save(t.Context(), d.officer, e); err != nil {
		t.Fatal(err)
	}
}

// A gate that would let through what is no longer what was asked is stopped; it
// can be returned.
func TestAGateStopsAtAnotherContentThanWasAsked(t *testing.T) {
	d := newDesk(t)
	r := d.decide(t, d.security, d.propose(t, d.upload(t, people)), opening.Pass)
	d.edit(t, func(e *datasets.Dataset) { e.SecurityLevel = "三级" })
	if _, err := d.try(t, d.secrecy, r, opening.Pass); fault.KindOf(err) != fault.Conflict {
		t.Errorf("passed: %v", err)
	}
	f, err := d.reviews.Review(t.Context(), d.secrecy, r.ID)
	if err != nil || !f.Changed {
		t.Errorf("its page does not say so: %v", err)
	}
	if r = d.decide(t, d.secrecy, r, opening.Return); r.State != opening.Returned {
		t.Errorf("%s", r.State)
	}
}

// While a file is under review nothing of it moves; who wants to change it takes
// the review back.
func TestAFileUnderReviewStaysAsItIs(t *testing.T) {
	d := newDesk(t)
	upload := d.upload(t, people)
	r := d.propose(t, upload)
	for name, err := range map[string]error{
		"read otherwise": d.Service.RereadUpload(t.Context(), d.officer, upload, datasets.Reread{Header: "no"}),
		"discarded":      d.Service.DiscardUpload(t.Context(), d.officer, upload),
		"proposed twice": second(d.reviews.Propose(t.Context(), d.officer, opening.Proposal{UploadID: upload})),
	} {
		if fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	d.Set(datasetstest.Now.AddDate(0, 3, 0))
	if err := d.Service.SweepUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	if u, err := d.Service.Upload(t.Context(), d.officer, upload); err != nil || u.State != datasets.Reviewing {
		t.Errorf("%s, %v", u.State, err)
	}
	d.decide(t, d.officer, r, opening.TakeBack)
	if err := d.Service.DiscardUpload(t.Context(), d.officer, upload); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

// Review of version 1 while version 2 is uploaded: it stays about version 1, and
// says that there is another.
func TestAReviewStaysAboutItsFileWhileTheNextIsUploaded(t *testing.T) {
	d := newDesk(t)
	first := d.upload(t, people)
	r := d.propose(t, first)
	next := d.upload(t, "代码,人口\n350100,843\n")
	f, err := d.reviews.Review(t.Context(), d.security, r.ID)
	if err != nil || f.NewerUpload != next || f.Content.Upload.ID != first || f.Changed {
		t.Fatalf("%+v, %v", f, err)
	}
	d.through(t, r)
	if _, err := d.publish(t, next); fault.KindOf(err) != fault.Conflict {
		t.Errorf("the next is published by the review of the first: %v", err)
	}
	if v, err := d.publish(t, first); err != nil || v.Tables[0].Rows != 2 {
		t.Errorf("%v", err)
	}
}

// A standing approval lets the same columns follow, until its day, and nothing else.
func TestAStandingApproval(t *testing.T) {
	const same = "代码,人口\n350100,843\n350200,532\n"
	for _, x := range []struct {
		name, next string
		after      func(*desk, *testing.T)
		may        bool
	}{
		{"the same columns", same, nil, true},
		{"on its last day", same, func(d *desk, _ *testing.T) { d.Set(time.Date(2027, 3, 1, 23, 59, 0, 0, datasetstest.China)) }, true},
		{"a day later", same, func(d *desk, _ *testing.T) { d.Set(time.Date(2027, 3, 2, 0, 0, 0, 0, datasetstest.China)) }, false},
		{"a new column", "代码,人口,电话\n350100,843,无\n", nil, false},
		{"a column less", "代码\n350100\n", nil, false},
		{"another type", "代码,人口\n350100,很多\n350200,少\n", nil, false},
		{"another order", "人口,代码\n843,350100\n", nil, false},
		{"another level", same, func(d *desk, t *testing.T) { d.edit(t, func(e *datasets.Dataset) { e.SecurityLevel = "三级" }) }, false},
		{"taken back", same, func(d *desk, t *testing.T) {
			all, err := d.reviews.Queue(t.Context(), d.net, opening.Filter{All: true})
			if err != nil || len(all) != 1 {
				t.Fatalf("%d, %v", len(all), err)
			}
			if err := d.reviews.Revoke(t.Context(), d.net, all[0].ID, all[0].Revision, "口径变了"); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"a later one was returned", same, func(d *desk, t *testing.T) {
			d.decide(t, d.security, d.propose(t, d.upload(t, "代码,人口\n350100,1\n")), opening.Return)
		}, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := newDesk(t)
			first := d.upload(t, people)
			d.through(t, d.propose(t, first), grant("2027-03-01"))
			if _, err := d.publish(t, first); err != nil {
				t.Fatal(err)
			}
			if x.after != nil {
				x.after(d, t)
			}
			next := d.upload(t, x.next)
			_, err := d.publish(t, next)
			if x.may != (err == nil) || !x.may && fault.KindOf(err) != fault.Conflict {
				t.Errorf("%v", err)
			}
		})
	}
}

// Every row is looked through also where a standing approval holds.
func TestAStandingApprovalDoesNotCoverPersonalData(t *testing.T) {
	d := newDesk(t)
	first := d.upload(t, "代码,电话\n350100,无\n350200,无\n")
	d.through(t, d.propose(t, first), grant("2027-03-01"))
	if _, err := d.publish(t, first); err != nil {
		t.Fatal(err)
	}
	next := d.upload(t, "代码,电话\n350100,无\n350200,请拨13900000000\n")
	if _, err := d.publish(t, next); fault.KindOf(err) != fault.Invalid {
		t.Errorf("published: %v", err)
	}
	if _, err := d.try(t, d.security, d.propose(t, next), opening.Pass); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a gate lets it through: %v", err)
	}
}

// What a decision must say.
func TestADecisionSaysWhatItMust(t *testing.T) {
	d := newDesk(t)
	r := d.propose(t, d.upload(t, people))
	joint := func(t *testing.T) *opening.Review {
		r = d.decide(t, d.security, r, opening.Pass)
		return d.decide(t, d.secrecy, r, opening.Pass)
	}
	if _, err := d.try(t, d.security, r, opening.Pass, func(d *opening.Decision) { d.Ticked = d.Ticked[1:] }); fault.Of(err).Field != "ticked" {
		t.Errorf("a list with a line missing: %v", err)
	}
	for _, a := range []opening.Action{opening.Return, opening.ReturnToDeidentify} {
		if _, err := d.try(t, d.security, r, a, func(d *opening.Decision) { d.Words = " \n" }); fault.Of(err).Field != "words" {
			t.Errorf("%s without words: %v", a, err)
		}
	}
	r = joint(t)
	full := datasets.Terms{Bases: statute(), Method: "申请", Requirements: "只用于研究", Safeguards: "不得转让"}
	for field, change := range map[string]func(*datasets.Terms){
		"basis": func(t *datasets.Terms) { t.Bases = []datasets.LegalBasis{{Kind: " "}} }, "method": func(t *datasets.Terms) { t.Method = "" },
		"requirements": func(t *datasets.Terms) { t.Requirements = "\t" }, "safeguards": func(t *datasets.Terms) { t.Safeguards = "" },
	} {
		terms := full
		change(&terms)
		if _, err := d.try(t, d.net, r, opening.ApproveConditional, func(d *opening.Decision) { d.Terms = terms }); fault.Of(err).Field != field {
			t.Errorf("conditional without %s: %v", field, err)
		}
	}
	if _, err := d.try(t, d.net, r, opening.Withhold); fault.Of(err).Field != "basis" {
		t.Errorf("withheld without basis: %v", err)
	}
	for _, until := range []string{"2026-11-21", "2027-11-23", "9999-12-31", "明年", "2027-02-30"} {
		if _, err := d.try(t, d.net, r, opening.Approve, grant(until)); fault.Of(err).Field != "standing_until" {
			t.Errorf("standing until %s: %v", until, err)
		}
	}
	if _, err := d.try(t, d.net, r, opening.Approve, func(d *opening.Decision) { d.StandingUntil = "2027-03-01" }); fault.Of(err).Field != "standing_terms" {
		t.Errorf("standing without terms: %v", err)
	}
	if _, err := d.try(t, d.net, r, opening.Approve, func(d *opening.Decision) { d.Revision-- }); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an old page: %v", err)
	}
	r = d.decide(t, d.net, r, opening.ApproveConditional, func(d *opening.Decision) { d.Terms = full })
	if r.State != opening.ApprovedConditional || r.Decided.Open != datasets.Conditional || r.Approved == r.SchemaHash {
		t.Errorf("%+v", r)
	}
}

// Approved on conditions: the entry opens as was decided, not as was asked.
func TestTheEntryOpensAsWasDecided(t *testing.T) {
	d := newDesk(t)
	upload := d.upload(t, people)
	r := d.decide(t, d.secrecy, d.decide(t, d.security, d.propose(t, upload), opening.Pass), opening.Pass)
	d.decide(t, d.net, r, opening.ApproveConditional, func(d *opening.Decision) {
		d.Terms = datasets.Terms{Bases: statute(), Method: "申请", Requirements: "只用于研究", Safeguards: "不得转让"}
	})
	v, err := d.publish(t, upload)
	if err != nil {
		t.Fatal(err)
	}
	e, err := d.Service.Dataset(t.Context(), account.Actor{}, d.dataset.Slug)
	if err != nil || e.Open != datasets.Conditional || e.UseRequirements != "只用于研究" || v.Open != datasets.Conditional {
		t.Fatalf("%+v, %v", e, err)
	}
	if err := d.Service.MayServe(t.Context(), account.Actor{}, v); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("served: %v", err)
	}
}

// Withheld is decided with its basis, and stays unpublished.
func TestWhatIsWithheldIsNotPublished(t *testing.T) {
	for _, a := range []opening.Action{opening.Withhold, opening.ReturnToDeidentify, opening.Return} {
		d := newDesk(t)
		upload := d.upload(t, people)
		r := d.decide(t, d.secrecy, d.decide(t, d.security, d.propose(t, upload), opening.Pass), opening.Pass)
		r = d.decide(t, d.net, r, a, func(d *opening.Decision) {
			d.Terms.Bases = statute()
		})
		if r.State.Waits() || r.State.Lets() {
			t.Errorf("%s: %s", a, r.State)
		}
		if _, err := d.publish(t, upload); fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s: published: %v", a, err)
		}
	}
}

// No save opens further what was not let through for it (AB-31.3 for what was
// withheld: that stays as it is, for good).
func TestNoSaveOpensFurther(t *testing.T) {
	closer := func(open datasets.OpenType) func(*datasets.Dataset) {
		return func(e *datasets.Dataset) {
			e.Open, e.OpenBasis, e.OpenMethod, e.UseRequirements, e.Safeguards = open, []string{"依据"}, "申请", "要求", "措施"
		}
	}
	for _, from := range []datasets.OpenType{datasets.Conditional, datasets.Withheld} {
		for _, to := range []datasets.OpenType{datasets.Unconditional, datasets.Conditional} {
			d := newDesk(t, closer(from))
			d.Version(t, d.dataset, d.resource, "a.csv", people)
			e, err := d.Service.Dataset(t.Context(), d.officer, d.dataset.Slug)
			if err != nil {
				t.Fatal(err)
			}
			closer(to)(e)
			err = d.Service.Save(t.Context(), d.officer, e)
			if want := from == to; want != (err == nil) || !want && fault.Of(err).Field != "open_type" {
				t.Errorf("%s to %s: %v", from, to, err)
			}
			if from == datasets.Withheld {
				if _, err := d.reviews.Propose(t.Context(), d.officer, opening.Proposal{VersionID: versionID(t, d), Terms: datasets.Terms{Open: to, Bases: statute(), Method: "x", Requirements: "x", Safeguards: "x"}}); fault.KindOf(err) != fault.Conflict {
					t.Errorf("%s to %s is proposed: %v", from, to, err)
				}
			}
		}
	}
}

func versionID(t *testing.T, d *desk) int64 {
	t.Helper()
	var v int64
	if err := d.Pool.QueryRow(t.Context(), `SELECT max(id) FROM versions`).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// An emergency: declared, opened by the head at once, checked after; and taken
// from the public where the check says no (AS-20.4, AB-32).
func TestAnEmergencyOpensFirstAndIsCheckedAfter(t *testing.T) {
	for _, good := range []bool{true, false} {
		d := newDesk(t)
		authority := datasetstest.Player(d.dataset.Department, account.Authority)
		e, err := d.reviews.DeclareEvent(t.Context(), authority, opening.NewEvent{Kind: "natural", Title: "台风“示例”", DeclaredBy: "省防汛抗旱指挥部", DeclaredOn: "2026-11-21", Basis: "《突发事件应对法》第四十三条"})
		if err != nil {
			t.Fatal(err)
		}
		upload := d.upload(t, people)
		r, err := d.reviews.Propose(t.Context(), d.officer, opening.Proposal{UploadID: upload, Event: e.ID})
		if err != nil || r.State != opening.Proposed {
			t.Fatalf("%+v, %v", r, err)
		}
		if _, err := d.publish(t, upload); fault.KindOf(err) != fault.Conflict {
			t.Errorf("published before the head opened it: %v", err)
		}
		if _, err := d.try(t, d.officer, r, opening.OpenAtOnce); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("opened by an officer: %v", err)
		}
		r = d.decide(t, d.head, r, opening.OpenAtOnce)
		if r.Clock == nil || r.Clock.Path != "emergency_after_check" || r.Clock.Last.Format(time.DateOnly) != "2026-11-27" {
			t.Errorf("clock %+v", r.Clock)
		}
		if _, err := d.publish(t, upload); err != nil {
			t.Fatal(err)
		}
		r = d.decide(t, d.security, r, opening.Pass)
		if _, err := d.try(t, d.net, r, opening.Confirm); fault.KindOf(err) != fault.Conflict {
			t.Errorf("confirmed before the secrecy check: %v", err)
		}
		r = d.decide(t, d.secrecy, r, opening.Pass)
		if good {
			if r = d.decide(t, d.net, r, opening.Confirm); r.State != opening.Confirmed {
				t.Errorf("%s", r.State)
			}
			continue
		}
		if r = d.decide(t, d.net, r, opening.End); r.State != opening.Withdrawn {
			t.Errorf("%s", r.State)
		}
		if _, err := d.Service.Dataset(t.Context(), account.Actor{}, d.dataset.Slug); fault.KindOf(err) != fault.Gone {
			t.Errorf("it is still public: %v", err)
		}
		back, err := d.Service.Dataset(t.Context(), d.officer, d.dataset.Slug)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Service.Move(t.Context(), d.officer, back.Slug, datasets.Restore, "", back.Revision); fault.KindOf(err) != fault.Conflict {
			t.Errorf("it is put back without a review: %v", err)
		}
	}
}

func TestNoEmergencyWithoutADeclaredEvent(t *testing.T) {
	d := newDesk(t)
	authority := datasetstest.Player(d.dataset.Department, account.Authority)
	full := opening.NewEvent{Kind: "natural", Title: "台风", DeclaredBy: "指挥部", DeclaredOn: "2026-11-21", Basis: "闽防指〔2026〕8号，防台风Ⅱ级响应"}
	for field, change := range map[string]func(*opening.NewEvent){
		"kind": func(e *opening.NewEvent) { e.Kind = "war" }, "title": func(e *opening.NewEvent) { e.Title = "" }, "declared_by": func(e *opening.NewEvent) { e.DeclaredBy = " " },
		"basis": func(e *opening.NewEvent) { e.Basis = "" }, "declared_on": func(e *opening.NewEvent) { e.DeclaredOn = "2026-11-23" },
	} {
		n := full
		change(&n)
		if _, err := d.reviews.DeclareEvent(t.Context(), authority, n); fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	vague, ancient := full, full
	vague.Basis, ancient.DeclaredOn = "按有关规定", "1800-01-01"
	for field, n := range map[string]opening.NewEvent{"basis": vague, "declared_on": ancient} {
		if _, err := d.reviews.DeclareEvent(t.Context(), authority, n); fault.Of(err).Field != field {
			t.Errorf("%s of %+v: %v", field, n, err)
		}
	}
	for name, who := range map[string]account.Actor{"officer": d.officer, "head": d.head, "security": d.security, "visitor": {}} {
		if _, err := d.reviews.DeclareEvent(t.Context(), who, full); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	upload := d.upload(t, people)
	if _, err := d.reviews.Propose(t.Context(), d.officer, opening.Proposal{UploadID: upload, Event: 77}); fault.Of(err).Field != "event" {
		t.Errorf("an event that there is not: %v", err)
	}
	e, err := d.reviews.DeclareEvent(t.Context(), authority, full)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.reviews.EndEvent(t.Context(), authority, e.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.reviews.Propose(t.Context(), d.officer, opening.Proposal{UploadID: upload, Event: e.ID}); fault.Of(err).Field != "event" {
		t.Errorf("an event that is over: %v", err)
	}
	if _, err := d.try(t, d.head, d.propose(t, upload), opening.OpenAtOnce); fault.KindOf(err) != fault.Conflict {
		t.Errorf("opened at once without an event: %v", err)
	}
}

// What waits for whom.
func TestEachIsToldWhatWaitsForThem(t *testing.T) {
	d := newDesk(t)
	upload := d.upload(t, people)
	r := d.propose(t, upload)
	waits := func(who account.Actor) string {
		items, err := d.reviews.Waiting(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		out := ""
		for _, i := range items {
			out += i.Ask
			if i.Clock == nil == r.State.Waits() && i.Ask != "通过了，可以发布" || i.Path == "" {
				t.Errorf("%+v", i)
			}
		}
		return out
	}
	want := func(officer, security, secrecy, net string) {
		t.Helper()
		got := []string{waits(d.officer), waits(d.security), waits(d.secrecy), waits(d.net), waits(d.elsewhere), waits(account.Actor{})}
		if fmt.Sprint(got) != fmt.Sprint([]string{officer, security, secrecy, net, "", ""}) {
			t.Errorf("%q", got)
		}
	}
	want("", "安全审查", "", "")
	r = d.decide(t, d.security, r, opening.Pass)
	want("", "", "保密审查", "")
	r = d.decide(t, d.secrecy, r, opening.Pass)
	want("", "", "", "会同开放审查")
	r = d.decide(t, d.net, r, opening.Approve)
	want("通过了，可以发布", "", "", "")
	if _, err := d.publish(t, upload); err != nil {
		t.Fatal(err)
	}
	want("", "", "", "")
}
