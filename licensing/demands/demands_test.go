package demands

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/reports"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
)

// desk is demands beside a catalogue, with people.
type desk struct {
	*Service
	*datasetstest.Catalogue
	at                      time.Time
	office, other           datasets.Department
	officer, away, platform account.Actor
	citizen, buyer          account.Actor
}

// limits lets everything pass.
type limits struct{}

func (limits) Allow(context.Context, string, string) (account.Limit, error) {
	return account.Limit{Allowed: true}, nil
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	c := datasetstest.New(t, licensing.Gate{})
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{Catalogue: c, at: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)} // a Friday
	d.Service = New(c.Pool, c.Service, book, deadline.New(book, func() workdays.Calendar { return calendar }), limits{}, func() time.Time { return d.at })
	d.office = c.Office(t)
	d.other = c.Department(t, func(p *datasets.Department) { p.Slug, p.Name, p.NameEN = "jtj", "示例交通局", "Transport" })
	d.officer = d.person(t, "officer@tests.example", account.Manage, d.office.ID, account.Officer)
	d.away = d.person(t, "away@tests.example", account.Manage, d.other.ID, account.Officer)
	d.platform = d.person(t, "platform@tests.example", account.Manage, d.office.ID, account.Authority)
	d.citizen = d.person(t, "citizen@tests.example", account.Use, 0)
	d.buyer = d.person(t, "buyer@tests.example", account.Use, 0, account.Buyer)
	return d
}

func (d *desk) person(t *testing.T, identifier string, side account.Side, department int64, roles ...account.Role) account.Actor {
	t.Helper()
	accounts := account.NewService(d.Pool, account.Config{Argon2: account.Argon2{MemoryKiB: 64, Passes: 1, Lanes: 1}}, d.Clock)
	id, err := accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: identifier, Name: identifier, Password: "correct horse battery", Side: side, Roles: roles, Department: department})
	if err != nil {
		t.Fatal(err)
	}
	return account.Actor{ID: id, Name: identifier, Side: side, Roles: roles, Department: department}
}

// many are accounts of citizens.
func (d *desk) many(t *testing.T, n int) []account.Actor {
	t.Helper()
	rows, err := d.Pool.Query(t.Context(), `INSERT INTO users (identifier, name, side, created_at) SELECT 'voter' || i || '@tests.example', '市民', 'use', now() FROM generate_series(1, $1) i RETURNING id`, n)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	out := make([]account.Actor, n)
	for i, id := range ids {
		out[i] = account.Actor{ID: id, Name: "市民", Side: account.Use}
	}
	return out
}

func (d *desk) propose(t *testing.T, who account.Actor, title, department string) *Demand {
	t.Helper()
	out, err := d.Propose(t.Context(), who, NewDemand{Proposer: "市民", Title: title, Need: "哪些列都可以。", Purpose: "用来做研究。", Department: department, Anyway: true})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (d *desk) moved(t *testing.T, who account.Actor, number int64, a Action, r Reply) *Demand {
	t.Helper()
	out, err := d.Move(t.Context(), who, number, a, r, d.now(t, number).Revision)
	if err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	return out
}

// now is a demand as it stands.
func (d *desk) now(t *testing.T, number int64) *Demand {
	t.Helper()
	found, err := d.list(t.Context(), d.Pool, `w.id = @id`, `w.id`, pgx.NamedArgs{"id": number, "limit": 1})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	return &found[0]
}

// letters are the jobs of letters that were announced, as act and address, and
// what Spread makes of those that tell people.
func (d *desk) letters(t *testing.T) []string {
	t.Helper()
	told, err := d.Pool.Query(t.Context(), `SELECT (args ->> 'step')::bigint FROM river_job WHERE kind = 'demand_told' ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := pgx.CollectRows(told, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // a job that is done twice tells nobody twice
		for _, step := range steps {
			if err := d.Spread(t.Context(), Told{Step: step}); err != nil {
				t.Fatal(err)
			}
		}
	}
	rows, err := d.Pool.Query(t.Context(), `SELECT (args ->> 'act') || ' ' || (args ->> 'to') FROM river_job WHERE kind = 'demand_notice' ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func due(d *Demand) string {
	if d.Clock == nil {
		return ""
	}
	return d.Clock.Last.Format(time.DateOnly)
}

// 500 parallel votes of one account count once, and those of 100 accounts 100
// times, each also in the audit trail.
func TestVotesCountEachAccountOnce(t *testing.T) {
	d := newDesk(t)
	w := d.propose(t, d.citizen, "全省村委会坐标", "tjj")
	race := func(n int, who func(int) account.Actor) {
		var all sync.WaitGroup
		errs := make(chan error, n)
		for i := range n {
			all.Go(func() {
				_, err := d.Vote(t.Context(), who(i), w.ID, true)
				errs <- err
			})
		}
		all.Wait()
		close(errs)
		for err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	race(500, func(int) account.Actor { return d.buyer })
	if got := d.now(t, w.ID).Votes; got != 1 {
		t.Errorf("500 votes of one account count %d times", got)
	}
	voters := d.many(t, 100)
	race(100, func(i int) account.Actor { return voters[i] })
	if got := d.now(t, w.ID).Votes; got != 101 {
		t.Errorf("votes of 100 accounts, and of one before: %d", got)
	}
	var acts int
	if err := d.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE subject = 'demand' AND act = 'vote'`).Scan(&acts); err != nil || acts != 101 {
		t.Errorf("the audit trail has %d votes, %v", acts, err)
	}
	// while half of them take their votes back and the other half vote again
	race(100, func(i int) account.Actor {
		if i%2 == 0 {
			if _, err := d.Vote(t.Context(), voters[i], w.ID, false); err != nil {
				t.Error(err)
			}
			return voters[i+1]
		}
		return voters[i]
	})
	if got := d.now(t, w.ID).Votes; got != 51 {
		t.Errorf("after half of them took their votes back: %d", got)
	}
	if _, err := d.Vote(t.Context(), d.citizen, w.ID, true); fault.KindOf(err) != fault.Conflict {
		t.Errorf("who proposed it seconds it: %v", err)
	}
	if _, err := d.Vote(t.Context(), account.Actor{}, w.ID, true); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a visitor seconds it: %v", err)
	}
	if _, err := d.Vote(t.Context(), account.Actor{ID: d.buyer.ID, Key: "k", Scopes: []string{account.ScopeRead}}, w.ID, true); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a key that reads seconds it: %v", err)
	}
}

// Merged, two demands count the votes of both, each account once; undone, each
// has its own again. What was merged before goes along.
func TestAMergeJoinsVotesAndIsUndone(t *testing.T) {
	d := newDesk(t)
	voters := d.many(t, 6)
	a, b, c := d.propose(t, d.citizen, "村委会坐标", "tjj"), d.propose(t, d.buyer, "村居委会的位置", "tjj"), d.propose(t, voters[0], "村部的经纬度", "")
	for number, from := range map[int64][]account.Actor{a.ID: voters[0:3], b.ID: voters[2:5], c.ID: voters[4:6]} {
		for _, v := range from {
			if _, err := d.Vote(t.Context(), v, number, true); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := d.Follow(t.Context(), voters[5], b.ID, true); err != nil {
		t.Fatal(err)
	}
	votes := func(want ...int) {
		t.Helper()
		if got := []int{d.now(t, a.ID).Votes, d.now(t, b.ID).Votes, d.now(t, c.ID).Votes}; !slices.Equal(got, want) {
			t.Errorf("votes %v, want %v", got, want)
		}
	}
	votes(3, 3, 2)
	d.moved(t, d.platform, c.ID, Merge, Reply{Into: b.ID}) // c: voters 4, 5, and who proposed it: 0
	votes(3, 5, 0)                                         // 2 3 4, 5, 0
	merged := d.moved(t, d.officer, b.ID, Merge, Reply{Into: a.ID, Words: "同一件事"})
	votes(7, 0, 0) // 0 1 2, 3 4, 5, and the buyer who proposed b
	if merged.Root != a.ID || d.now(t, c.ID).Root != a.ID || d.now(t, c.ID).Into != b.ID || merged.Clock != nil {
		t.Errorf("%+v", merged)
	}
	if list, err := d.List(t.Context(), Filter{Limit: 10}); err != nil || len(list.Items) != 1 || list.Items[0].ID != a.ID {
		t.Errorf("the list has %+v, %v", list, err)
	}
	for name, c := range map[string]struct {
		who    account.Actor
		number int64
		action Action
		into   int64
		want   fault.Kind
	}{
		"into itself": {d.officer, a.ID, Merge, a.ID, fault.Invalid}, "into what is in it": {d.officer, a.ID, Merge, c.ID, fault.Invalid}, "into none": {d.officer, a.ID, Merge, 9999, fault.Invalid},
		"again": {d.officer, b.ID, Merge, a.ID, fault.Conflict}, "what is not merged": {d.officer, a.ID, Split, 0, fault.Conflict}, "by another department": {d.away, a.ID, Merge, b.ID, fault.NotFound}, "by a citizen": {d.citizen, a.ID, Merge, b.ID, fault.NotFound},
		"answered where it is merged": {d.officer, b.ID, Plan, 0, fault.Conflict},
	} {
		if _, err := d.Move(t.Context(), c.who, c.number, c.action, Reply{Into: c.into, Words: "好", Planned: "2027-01-04"}, d.now(t, c.number).Revision); fault.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.Vote(t.Context(), voters[3], b.ID, true); fault.KindOf(err) != fault.Conflict {
		t.Errorf("what is merged is seconded: %v", err)
	}
	if _, err := d.Vote(t.Context(), voters[3], b.ID, false); err != nil { // taken back from wherever it was cast
		t.Fatal(err)
	}
	votes(6, 0, 0)
	back := d.moved(t, d.officer, b.ID, Split, Reply{})
	votes(3, 4, 0) // 0 1 2; and 2 4, 5, 0 of c
	if back.Merged() || d.now(t, c.ID).Root != b.ID || due(d.now(t, b.ID)) != "2026-12-04" {
		t.Errorf("%+v, due %s", back, due(d.now(t, b.ID)))
	}
	told := d.letters(t)
	for _, want := range []string{"merge voter3@tests.example", "merge voter6@tests.example", "merge buyer@tests.example"} {
		if !slices.Contains(told, want) {
			t.Errorf("%s is not told; %q", want, told)
		}
	}
}

// The desk lists what was proposed first, page by page, and the inbox says how much
// more there is.
func TestTheDeskListsTheOldestFirst(t *testing.T) {
	d := newDesk(t)
	var made []int64
	for i, who := range d.many(t, 52) {
		d.at = d.at.Add(time.Minute)
		made = append(made, d.propose(t, who, fmt.Sprintf("第 %d 路公共汽车的到站时间", i), d.office.Slug).ID)
	}
	var seen []int64
	after := ""
	for page := 0; page == 0 || after != ""; page++ {
		l, err := d.Service.Department(t.Context(), d.officer, false, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range l.Items {
			seen = append(seen, w.ID)
		}
		after = l.Next
	}
	if !slices.Equal(seen, made) {
		t.Errorf("listed %v, not %v", seen, made)
	}
	for _, bad := range []string{"1", "-1-1", "1-0", "01-1", "9999999999999999999-1"} {
		if _, err := d.Service.Department(t.Context(), d.officer, false, bad); fault.KindOf(err) != fault.Malformed {
			t.Errorf("%s: %v", bad, err)
		}
	}
	items, err := d.Waiting(t.Context(), d.officer)
	if err != nil || len(items) != 51 || items[50].Title.Zh != "数据需求：共 52 件" {
		t.Errorf("%d items, %v", len(items), err)
	}
}

// Each department that a demand is sent to has the whole period, and after so many
// transfers the platform decides.
func TestEachTurnHasItsClock(t *testing.T) {
	d := newDesk(t)
	w := d.propose(t, d.citizen, "公共电话亭点位", "")
	if w.State != Unassigned || due(w) != "2026-11-25" { // three working days from a Friday
		t.Fatalf("%s, due %s", w.State, due(w))
	}
	if items, err := d.Waiting(t.Context(), d.platform); err != nil || len(items) != 1 || items[0].Ask != "请指派部门。" || items[0].Clock == nil {
		t.Errorf("%+v, %v", items, err)
	}
	for name, who := range map[string]account.Actor{"an officer": d.officer, "who proposed it": d.citizen, "nobody": {}} {
		if _, err := d.Move(t.Context(), who, w.ID, Assign, Reply{Department: "tjj"}, 1); err == nil {
			t.Errorf("%s finds a department", name)
		}
	}
	d.at = d.at.AddDate(0, 0, 6) // Thursday: a day late
	if late := d.now(t, w.ID); !late.Late(d.at) {
		t.Error("it is not late")
	}
	assigned := d.moved(t, d.platform, w.ID, Assign, Reply{Department: "tjj", Words: "按目录里的职责"})
	if due(assigned) != "2026-12-10" || assigned.Late(d.at) {
		t.Errorf("due %s", due(assigned))
	}
	if share, err := d.InTime(t.Context(), "tjj"); err != nil || share.All != 0 {
		t.Errorf("what waits within its time counts: %v, %v", share, err)
	}
	d.at = time.Date(2026, 12, 11, 2, 0, 0, 0, time.UTC) // a day late
	if share, err := d.InTime(t.Context(), "tjj"); err != nil || share != (datasets.Share{Yes: 0, All: 1}) {
		t.Errorf("%v, %v", share, err)
	}
	for name, r := range map[string]Reply{"nowhere": {Words: "不归"}, "to itself": {Department: "tjj", Words: "不归"}, "without a reason": {Department: "jtj"}, "to none": {Department: "nonesuch", Words: "不归"}} {
		if _, err := d.Move(t.Context(), d.officer, w.ID, Forward, r, assigned.Revision); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	on := d.moved(t, d.officer, w.ID, Forward, Reply{Department: "jtj", Words: "归交通管"})
	if due(on) != "2026-12-25" || d.now(t, w.ID).Hops != 1 {
		t.Errorf("due %s after %d transfers", due(on), d.now(t, w.ID).Hops)
	}
	d.moved(t, d.away, w.ID, Forward, Reply{Department: "tjj", Words: "归统计管"})
	if _, err := d.Move(t.Context(), d.officer, w.ID, Forward, Reply{Department: "jtj", Words: "归交通管"}, d.now(t, w.ID).Revision); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a third transfer: %v", err)
	}
	given := d.moved(t, d.officer, w.ID, Return, Reply{Words: "不归本部门"})
	if given.State != Unassigned || given.Department.ID != 0 || due(given) != "2026-12-16" {
		t.Errorf("%+v, due %s", given, due(given))
	}
	turns, err := d.Turns(t.Context(), given)
	if err != nil || len(turns) != 5 {
		t.Fatalf("%d turns, %v", len(turns), err)
	}
	if got := []Action{turns[0].By, turns[1].By, turns[2].By, turns[3].By, turns[4].By}; !slices.Equal(got, []Action{Assign, Forward, Forward, Return, ""}) || !turns[1].Clock.Late(*turns[1].Ended) || turns[1].Clock.Rule.Cite[0] != policy.HouseCite {
		t.Errorf("%q", got)
	}
	if share, err := d.InTime(t.Context(), "tjj"); err != nil || share != (datasets.Share{Yes: 1, All: 2}) { // late once, back the same day
		t.Errorf("%v, %v", share, err)
	}
	if share, err := d.InTime(t.Context(), "jtj"); err != nil || share != (datasets.Share{Yes: 1, All: 1}) {
		t.Errorf("%v, %v", share, err)
	}
}

// What was promised is late once its day has passed; once the entry is public the
// demand is met, and everybody who waits is told once.
func TestAPromiseIsKeptOrLate(t *testing.T) {
	d := newDesk(t)
	w := d.propose(t, d.citizen, "近岸逐小时潮位", "tjj")
	if _, err := d.Vote(t.Context(), d.buyer, w.ID, true); err != nil {
		t.Fatal(err)
	}
	follower := d.person(t, "follower@tests.example", account.Use, 0)
	if _, err := d.Follow(t.Context(), follower, w.ID, true); err != nil {
		t.Fatal(err)
	}
	entry := d.Dataset(t, func(e *datasets.Dataset) { e.Status = datasets.Draft })
	theirs := d.Dataset(t, func(e *datasets.Dataset) { e.Status, e.Department = datasets.Draft, d.other })
	for field, r := range map[string]Reply{
		"planned": {Words: "可以"}, "words": {Planned: "2026-12-01"}, "entry": {Words: "可以", Planned: "2026-12-01", Entry: theirs.Slug},
	} {
		if _, err := d.Move(t.Context(), d.officer, w.ID, Plan, r, 1); fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, day := range []string{"2026-11-20", "2026-11-19", "2027-11-21", "下周", "2026-02-30"} {
		if _, err := d.Move(t.Context(), d.officer, w.ID, Plan, Reply{Words: "可以", Planned: day}, 1); fault.Of(err).Field != "planned" {
			t.Errorf("%s: %v", day, err)
		}
	}
	d.moved(t, d.officer, w.ID, Plan, Reply{Words: "先给调和常数", Planned: "2026-12-01", Entry: entry.Slug})
	if share, err := d.InTime(t.Context(), "tjj"); err != nil || share != (datasets.Share{Yes: 1, All: 1}) {
		t.Errorf("%v, %v", share, err)
	}
	if seen, err := d.One(t.Context(), d.citizen, w.ID); err != nil || seen.Entry.ID != 0 {
		t.Errorf("a draft is shown: %+v, %v", seen.Entry, err)
	}
	d.at = time.Date(2026, 12, 1, 15, 59, 0, 0, time.UTC) // a minute before midnight in China
	if d.now(t, w.ID).Late(d.at) {
		t.Error("late on its day")
	}
	d.at = d.at.Add(time.Minute)
	if !d.now(t, w.ID).Late(d.at) {
		t.Error("not late after its day")
	}
	if share, err := d.Kept(t.Context(), "tjj"); err != nil || share != (datasets.Share{Yes: 0, All: 1}) {
		t.Errorf("%v, %v", share, err)
	}
	if items, err := d.Waiting(t.Context(), d.officer); err != nil || len(items) != 1 {
		t.Errorf("%+v, %v", items, err)
	}
	d.moved(t, d.officer, w.ID, Plan, Reply{Words: "还差一点", Planned: "2026-12-10", Entry: entry.Slug})
	if err := d.Appeared(t.Context()); err != nil || d.now(t, w.ID).State != Planned {
		t.Fatalf("%v", err)
	}
	if _, err := d.Pool.Exec(t.Context(), `UPDATE datasets SET status = 'published', published_at = now() WHERE id = $1`, entry.ID); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Appeared(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	met := d.now(t, w.ID)
	if met.State != There || met.Dataset.Slug != entry.Slug || met.Answer != "还差一点" || met.Entry.ID != 0 {
		t.Errorf("%+v", met)
	}
	if share, err := d.Kept(t.Context(), "tjj"); err != nil || share != (datasets.Share{Yes: 1, All: 2}) { // the second promise was kept, the first was not
		t.Errorf("%v, %v", share, err)
	}
	told := d.letters(t)
	for _, who := range []string{"citizen", "buyer", "follower"} {
		n := 0
		for _, l := range told {
			if l == "appear "+who+"@tests.example" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s is told %d times: %q", who, n, told)
		}
	}
	if _, err := d.Vote(t.Context(), follower, w.ID, true); fault.KindOf(err) != fault.Conflict {
		t.Errorf("what is there is seconded: %v", err)
	}
}

// What the law bars needs a basis of a kind that the text counts; what there is
// not needs a reason alone.
func TestARefusalNamesItsGround(t *testing.T) {
	d := newDesk(t)
	w := d.propose(t, d.citizen, "个人住址变动明细", "tjj")
	statute := datasets.LegalBasis{Kind: catalogue.Statute, Instrument: "中华人民共和国个人信息保护法", Article: "第十条", Quote: "任何组织、个人不得非法公开他人个人信息"}
	for field, r := range map[string]Reply{
		"ground": {Words: "不行"}, "words": {Ground: Nothing}, "basis": {Ground: Barred, Words: "个人隐私"},
	} {
		if _, err := d.Move(t.Context(), d.officer, w.ID, Refuse, r, 1); fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for name, r := range map[string]Reply{"an odd ground": {Words: "不行", Ground: "whim"}, "a vague basis": {Words: "不行", Ground: Barred, Bases: []datasets.LegalBasis{{Kind: catalogue.Statute, Instrument: "有关法律", Article: "相关条款", Quote: "按规定"}}}} {
		if _, err := d.Move(t.Context(), d.officer, w.ID, Refuse, r, 1); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	done := d.moved(t, d.officer, w.ID, Refuse, Reply{Ground: Barred, Words: "个人隐私", Bases: []datasets.LegalBasis{statute}})
	if done.State != Refused || len(d.now(t, w.ID).Bases) != 1 || done.Clock != nil {
		t.Errorf("%+v", done)
	}
	other := d.propose(t, d.citizen, "公园长椅数目", "tjj")
	if done := d.moved(t, d.officer, other.ID, Refuse, Reply{Ground: Nothing, Words: "没有人数过"}); done.State != Refused {
		t.Errorf("%+v", done)
	}
	open := d.Dataset(t)
	met := d.moved(t, d.officer, other.ID, Link, Reply{Dataset: open.Slug}) // it was found after all
	if met.State != There || met.Ground != "" || d.now(t, other.ID).Dataset.Slug != open.Slug {
		t.Errorf("%+v", met)
	}
	hidden := d.Dataset(t, func(e *datasets.Dataset) { e.Open = datasets.Withheld })
	third := d.propose(t, d.citizen, "一份不公开的表", "tjj")
	for _, slug := range []string{"", "nonesuch", hidden.Slug} {
		if _, err := d.Move(t.Context(), d.officer, third.ID, Link, Reply{Dataset: slug}, 1); fault.Of(err).Field != "dataset" {
			t.Errorf("%q: %v", slug, err)
		}
	}
}

// Two officers who answer at once: one does.
func TestTwoDesksAtOnce(t *testing.T) {
	d := newDesk(t)
	w := d.propose(t, d.citizen, "中小学学区边界", "tjj")
	var all sync.WaitGroup
	results := make(chan error, 20)
	for i := range 20 {
		all.Go(func() {
			a, r := Plan, Reply{Words: "可以", Planned: "2027-01-04"}
			if i%2 == 0 {
				a, r = Refuse, Reply{Ground: Nothing, Words: "没有"}
			}
			_, err := d.Move(t.Context(), d.officer, w.ID, a, r, 1)
			results <- err
		})
	}
	all.Wait()
	close(results)
	done := 0
	for err := range results {
		switch {
		case err == nil:
			done++
		case fault.KindOf(err) != fault.Conflict:
			t.Error(err)
		}
	}
	if done != 1 {
		t.Errorf("%d answers were taken", done)
	}
}

// Who proposed takes back what nobody seconds; what is hidden or withdrawn says
// nothing any more, but for its desk.
func TestWhatIsWithdrawnOrHiddenSaysNothing(t *testing.T) {
	d := newDesk(t)
	w := d.propose(t, d.citizen, "想收回的需求", "tjj")
	if _, err := d.Vote(t.Context(), d.buyer, w.ID, true); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Move(t.Context(), d.citizen, w.ID, Withdraw, Reply{}, 1); fault.KindOf(err) != fault.Conflict {
		t.Errorf("what somebody seconds: %v", err)
	}
	if _, err := d.Vote(t.Context(), d.buyer, w.ID, false); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Move(t.Context(), d.buyer, w.ID, Withdraw, Reply{}, 1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("by somebody else: %v", err)
	}
	d.moved(t, d.citizen, w.ID, Withdraw, Reply{})
	bad := d.propose(t, d.citizen, "骂人的需求", "tjj")
	if err := d.Report(t.Context(), d.buyer, bad.ID, reports.Abuse); err != nil {
		t.Fatal(err)
	}
	if err := d.Report(t.Context(), d.buyer, bad.ID, reports.Abuse); fault.KindOf(err) != fault.Conflict {
		t.Errorf("reported twice: %v", err)
	}
	if items, err := d.Waiting(t.Context(), d.officer); err != nil || len(items) != 2 || items[1].Kind != "demand-report" {
		t.Errorf("%+v, %v", items, err)
	}
	if _, err := d.Move(t.Context(), d.officer, bad.ID, Hide, Reply{}, 1); fault.Of(err).Field != "words" {
		t.Errorf("hidden without a reason: %v", err)
	}
	d.moved(t, d.officer, bad.ID, Hide, Reply{Words: "辱骂他人"})
	for _, number := range []int64{w.ID, bad.ID} {
		seen, err := d.One(t.Context(), d.buyer, number)
		if err != nil || seen.Title != "" || seen.Need != "" || seen.Proposer != "" {
			t.Errorf("%+v, %v", seen, err)
		}
		if err := d.Report(t.Context(), d.citizen, number, reports.Abuse); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v", err)
		}
	}
	list, err := d.List(t.Context(), Filter{Limit: 10})
	if err != nil || len(list.Items) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if items, err := d.Waiting(t.Context(), d.officer); err != nil || len(items) != 0 {
		t.Errorf("%+v, %v", items, err)
	}
	shown := d.moved(t, d.platform, bad.ID, Show, Reply{})
	if shown.Hidden() || due(d.now(t, bad.ID)) != "2026-12-04" {
		t.Errorf("its clock is due %s", due(d.now(t, bad.ID)))
	}
}

// Similar demands are seen before a new one is made, and the list is walked to its
// end by votes and by date, nothing twice.
func TestTheListIsFoundAndWalked(t *testing.T) {
	d := newDesk(t)
	voters := d.many(t, 4)
	for i := range 25 {
		w := d.propose(t, d.citizen, fmt.Sprintf("第%d路公交的到站时刻", i), "tjj")
		for _, v := range voters[:i%5] {
			if _, err := d.Vote(t.Context(), v, w.ID, true); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, order := range []Order{ByVotes, ByDate} {
		var numbers []int64
		last := 1 << 30
		for after := ""; ; {
			page, err := d.List(t.Context(), Filter{Order: order, After: after, Limit: 7})
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range page.Items {
				if order == ByVotes && w.Votes > last {
					t.Errorf("%d votes after %d", w.Votes, last)
				}
				last = w.Votes
				numbers = append(numbers, w.ID)
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if slices.Sort(numbers); len(numbers) != 25 || len(slices.Compact(numbers)) != 25 {
			t.Errorf("by %s: %v", order, numbers)
		}
	}
	_, err := d.Propose(t.Context(), d.buyer, NewDemand{Proposer: "某", Title: "公交到站时刻", Need: "哪些列都可以。", Purpose: "用来做研究。"})
	if f := fault.Of(err); f.Field != "anyway" {
		t.Errorf("%v", err)
	}
	if _, err := d.Propose(t.Context(), d.buyer, NewDemand{Proposer: "某", Title: "山里的松树数据", Need: "哪些列都可以。", Purpose: "用来做研究。"}); err != nil {
		t.Errorf("what is like nothing: %v", err)
	}
	same, err := d.Similar(t.Context(), "松树", 5)
	if err != nil || len(same) != 1 {
		t.Errorf("%+v, %v", same, err)
	}
	for _, after := range []string{"x", "1", "1-", "-1-2", "01-2", "1-2-3"} {
		if _, err := d.List(t.Context(), Filter{After: after, Limit: 1}); fault.KindOf(err) != fault.Malformed {
			t.Errorf("cursor %q: %v", after, err)
		}
	}
}

// An account that is deleted takes its votes along, and leaves what it proposed to
// those who wait for it, without its name.
func TestWhoLeavesTakesTheirVotes(t *testing.T) {
	d := newDesk(t)
	w := d.propose(t, d.citizen, "老人常去的公园", "tjj")
	if _, err := d.Vote(t.Context(), d.buyer, w.ID, true); err != nil {
		t.Fatal(err)
	}
	for _, who := range []account.Actor{d.buyer, d.citizen} {
		tx, err := d.Pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := Forget(t.Context(), tx, who.ID); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if left := d.now(t, w.ID); left.Votes != 0 || left.User != 0 || left.Proposer != goneProposer || left.Title == "" {
		t.Errorf("%+v", left)
	}
}

// No words that hold the number or the address of a person are taken.
func TestNoNumberOfAPersonIsTaken(t *testing.T) {
	d := newDesk(t)
	for field, change := range map[string]func(*NewDemand){
		"title": func(n *NewDemand) { n.Title = "查 13800138000 的归属" }, "need": func(n *NewDemand) { n.Need = "身份证 11010519491231002X 的户籍" },
		"purpose": func(n *NewDemand) { n.Purpose = "请回信到 wang@tests.example" }, "proposer": func(n *NewDemand) { n.Proposer = "wang@tests.example" },
		"department": func(n *NewDemand) { n.Department = "none-such" },
	} {
		n := NewDemand{Proposer: "某", Title: "一份新的数据", Need: "哪些列都可以。", Purpose: "用来做研究。"}
		change(&n)
		if _, err := d.Propose(t.Context(), d.citizen, n); fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	w := d.propose(t, d.citizen, "一份新的数据", "tjj")
	if _, err := d.Move(t.Context(), d.officer, w.ID, Refuse, Reply{Ground: Nothing, Words: "请打 13800138000"}, 1); fault.Of(err).Field != "words" {
		t.Errorf("the answer: %v", err)
	}
}
