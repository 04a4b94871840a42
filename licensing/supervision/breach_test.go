package supervision_test

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/sharing"
	"shuyuan/licensing/supervision"
)

// world is a department that gave a grant, and everybody who has to do with it.
type world struct {
	*licensingtest.World
	*supervision.Service
	Sharing *sharing.Service

	dataset                                         *datasets.Dataset
	version                                         *datasets.Version
	officer, head, authority, authority2, regulator account.Actor
	holder, stranger                                account.Actor
	grant                                           string
}

func newWorld(t testing.TB, profile, day string) *world {
	t.Helper()
	w := &world{World: licensingtest.New(t)}
	w.Day(t, day)
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	clocks := deadline.New(w.Book, func() workdays.Calendar { return calendar })
	w.Sharing = sharing.New(w.Pool, w.World.Service, w.Book, clocks, w.Clock)
	w.Service = supervision.New(supervision.Config{Pool: w.Pool, Catalogue: w.World.Service, Licensing: w.Licensing, Sharing: w.Sharing, Book: w.Book, Clocks: clocks, Accounts: w.Accounts, Now: w.Clock})
	w.dataset, w.version = w.Conditional(t, profile)
	office := w.dataset.Department
	w.officer, w.head = w.Official(t, office, account.Officer), w.Official(t, office, account.Head)
	over := w.Department(t, func(d *datasets.Department) { d.Profile = profile })
	w.authority, w.authority2, w.regulator = w.Official(t, over, account.Authority), w.Official(t, over, account.Authority), w.Regulator(t)
	w.holder, w.stranger = w.Person(t, "王某"), w.Person(t, "旁人")
	w.grant = w.Granted(t, w.holder, w.officer, w.dataset).Grant
	return w
}

func (w *world) served(t testing.TB) bool {
	t.Helper()
	_, err := w.Gate.Permit(t.Context(), w.holder, w.version, w.Clock())
	if err != nil && fault.KindOf(err) != fault.Forbidden {
		t.Fatal(err)
	}
	return err == nil
}

func (w *world) state(t testing.TB) licensing.GrantState {
	t.Helper()
	g, _, err := w.Licensing.Grant(t.Context(), w.holder, w.grant)
	if err != nil {
		t.Fatal(err)
	}
	return g.State
}

func (w *world) open(t testing.TB, who account.Actor, halt bool) *supervision.Breach {
	t.Helper()
	b, err := w.OpenBreach(t.Context(), who, supervision.Of(w.grant), supervision.Charge{Violations: []string{"leak"}, Facts: "整表转给了第三方。", Evidence: "取数记录 3 条", Halt: halt})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *world) step(t testing.TB, who account.Actor, b *supervision.Breach, a supervision.BreachAction, words string) (*supervision.Breach, error) {
	t.Helper()
	v, err := w.Breach(t.Context(), who, b.Number)
	if err != nil {
		return nil, err
	}
	return w.MoveBreach(t.Context(), who, b.Number, supervision.BreachStep{Action: a, Words: words, Basis: "协议第七条", Revision: v.Revision})
}

func (w *world) must(t testing.TB, who account.Actor, b *supervision.Breach, a supervision.BreachAction, words string) *supervision.Breach {
	t.Helper()
	b, err := w.step(t, who, b, a, words)
	if err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	return b
}

func last(c *deadline.Clock) string {
	if c == nil {
		return ""
	}
	return c.Last.In(workdays.Zone).Format(time.DateOnly)
}

// From the suspension to its end: the holder is heard before anything is decided,
// and data pass again only when the case says so.
func TestABreachCaseFromSuspensionToItsEnd(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2026-03-02")
	b := w.open(t, w.officer, true)
	if b.State != supervision.Hearing || last(b.Clock) != "2026-03-09" || w.served(t) || w.state(t) != licensing.Suspended {
		t.Fatalf("%s by %s, served %v, grant %s", b.State, last(b.Clock), w.served(t), w.state(t))
	}
	// nobody lifts it past the case, and nobody decides before the holder was heard
	g, _, _ := w.Licensing.Grant(t.Context(), w.officer, w.grant)
	if _, err := w.Licensing.MoveGrant(t.Context(), w.officer, w.grant, licensing.Reinstate, "误会", g.Revision); fault.KindOf(err) != fault.Conflict {
		t.Errorf("lifted past the case: %v", err)
	}
	if _, err := w.step(t, w.officer, b, supervision.Warn, "警告"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("decided unheard: %v", err)
	}
	b = w.must(t, w.holder, b, supervision.Answer, "只给了外包的统计员，已收回。")
	if b.State != supervision.Answered || last(b.Clock) != "2026-03-16" {
		t.Fatalf("%s by %s", b.State, last(b.Clock))
	}
	w.Day(t, "2026-03-05")
	b = w.must(t, w.officer, b, supervision.HoldUp, "转给第三方，暂停到收回为止。")
	if b.State != supervision.HeldUp || w.served(t) || last(b.Clock) != "2026-03-19" {
		t.Fatalf("%s, %v, %s", b.State, w.served(t), last(b.Clock))
	}
	b = w.must(t, w.officer, b, supervision.Mend, "已经收回，查过了。")
	if b.State != supervision.Mended || !w.served(t) || w.state(t) != licensing.Active {
		t.Errorf("%s, %v, %s", b.State, w.served(t), w.state(t))
	}
	// it is told to whoever decides the next application
	past, err := w.Past(t.Context(), w.holder.ID, 0)
	if err != nil || len(past) != 1 || past[0].Number != b.Number || past[0].Outcome != supervision.Suspension {
		t.Errorf("%v, %v", past, err)
	}
}

// A suspension by a case breaks off what is being sent, and what was sent is written
// down; a key of the grant reads nothing more until the case lets go.
func TestASuspensionByACaseBreaksOffWhatIsBeingSent(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2026-03-02")
	secret, err := w.Licensing.MakeKey(t.Context(), w.holder, w.grant, "脚本")
	if err != nil {
		t.Fatal(err)
	}
	byKey := func() error {
		who, err := w.Accounts.ActorByKey(t.Context(), secret)
		if err != nil {
			return err
		}
		return w.World.Service.MayServe(t.Context(), who, w.version)
	}
	if err := byKey(); err != nil {
		t.Fatal(err)
	}
	h, err := w.World.Service.Deliver(t.Context(), w.holder, w.version, datasets.Delivery{Channel: datasets.ByExport, Form: "csv", Request: "r"})
	if err != nil {
		t.Fatal(err)
	}
	var b *supervision.Breach
	sent := 0
	err = h.Write(func(_ context.Context, out io.Writer) error {
		for i := range 10 {
			if i == 5 {
				b = w.open(t, w.officer, true)
				w.Set(w.Clock().Add(2 * time.Second))
			}
			if _, err := out.Write([]byte("row\n")); err != nil {
				return err
			}
			sent++
		}
		return nil
	})(t.Context(), io.Discard)
	if fault.KindOf(err) != fault.Forbidden || sent != 5 {
		t.Errorf("%d rows were sent, then %v", sent, err)
	}
	kept, err := w.Licensing.Acquired(t.Context(), w.holder, w.grant, 0, 10)
	if err != nil || len(kept) != 1 || kept[0].Whole || kept[0].Bytes != 20 || kept[0].Ended == nil {
		t.Errorf("written down: %+v, %v", kept, err)
	}
	if err := byKey(); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("its key: %v", err)
	}
	b = w.must(t, w.holder, b, supervision.Answer, "没有转给别人。")
	if w.must(t, w.officer, b, supervision.Clear, "查清了，不构成违约。"); byKey() != nil || !w.served(t) {
		t.Errorf("cleared, and its key: %v", byKey())
	}
}

// A revocation takes effect when the days to dispute it are over, not before; the
// authority, but not the one who decided, can set it aside.
func TestARevocationWaitsForItsDispute(t *testing.T) {
	w := newWorld(t, licensingtest.Tianjin, "2026-03-02")
	b := w.open(t, w.officer, false)
	if !w.served(t) {
		t.Error("stopped though nobody said so")
	}
	w.Day(t, "2026-03-10") // the holder has said nothing
	b = w.must(t, w.head, b, supervision.Revoke, "卖给了别人。")
	if b.State != supervision.Revoking || w.served(t) || w.state(t) != licensing.Suspended || last(b.Clock) != "2026-03-24" {
		t.Fatalf("%s %s %s", b.State, w.state(t), last(b.Clock))
	}
	if err := w.Tick(t.Context()); err != nil || w.state(t) != licensing.Suspended {
		t.Errorf("revoked early: %s, %v", w.state(t), err)
	}
	w.Day(t, "2026-03-24")
	if err := w.Tick(t.Context()); err != nil || w.state(t) != licensing.Suspended {
		t.Errorf("revoked on the last day: %s, %v", w.state(t), err)
	}
	b = w.must(t, w.holder, b, supervision.Dispute, "卖的是自己的报告，不是数据。")
	w.Day(t, "2026-05-08")
	if err := w.Tick(t.Context()); err != nil || w.state(t) != licensing.Suspended {
		t.Errorf("revoked in dispute: %s, %v", w.state(t), err)
	}
	b = w.must(t, w.authority, b, supervision.Overturn, "证据不足，撤销原决定。")
	if b.State != supervision.Overturned || !w.served(t) {
		t.Errorf("%s, served %v", b.State, w.served(t))
	}
	if past, err := w.Past(t.Context(), w.holder.ID, 0); err != nil || len(past) != 0 {
		t.Errorf("what was set aside counts: %v, %v", past, err)
	}

	b = w.open(t, w.authority, false)
	w.Day(t, "2026-05-20")
	b = w.must(t, w.authority, b, supervision.Revoke, "再次转卖。")
	b = w.must(t, w.holder, b, supervision.Dispute, "不服。")
	if _, err := w.step(t, w.authority, b, supervision.Uphold, "维持"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("judged one's own decision: %v", err)
	}
	b = w.must(t, w.authority2, b, supervision.Uphold, "证据充分，维持。")
	if b.State != supervision.Upheld || w.state(t) != licensing.Revoked {
		t.Errorf("%s, %s", b.State, w.state(t))
	}
}

func TestARevocationNobodyDisputesIsCarriedOut(t *testing.T) {
	w := newWorld(t, licensingtest.Anshan, "2026-03-02")
	b := w.open(t, w.officer, true)
	b = w.must(t, w.holder, b, supervision.Answer, "属实。")
	b = w.must(t, w.officer, b, supervision.Revoke, "属实。")
	w.Day(t, "2026-03-17")
	for range 2 {
		if err := w.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	v, err := w.Breach(t.Context(), w.holder, b.Number)
	if err != nil || v.State != supervision.RevokedAll || w.state(t) != licensing.Revoked || v.Holds {
		t.Fatalf("%s, %s, %v", v.State, w.state(t), err)
	}
	if g, _, _ := w.Licensing.Grant(t.Context(), w.holder, w.grant); !strings.Contains(g.Reason, b.Number) {
		t.Errorf("the grant does not say why: %q", g.Reason)
	}
}

// What a text names is offered under it, with its article; else the platform's six.
func TestTheKindsOfBreachOfEachText(t *testing.T) {
	for _, c := range []struct {
		profile, day, path, cite, first string
		n                               int
	}{
		{licensingtest.Fujian, "2026-03-02", "violations", "FJ-III.4", "违规使用", 6},
		{licensingtest.Tianjin, "2026-03-02", "breach_violations", "平台规则", "违规使用", 6},
		{licensingtest.Anshan, "2026-03-02", "breach_violations", "平台规则", "违规使用", 6},
		{licensingtest.Aba, "2023-09-04", "violations", "AB-44(9)", "违规使用、披露、泄露、买卖政务数据", 3},
		{licensingtest.Aba, "2026-03-02", "breach_violations", "平台规则", "违规使用", 6}, // lapsed
	} {
		w := newWorld(t, c.profile, c.day)
		x, err := w.Against(t.Context(), w.officer, supervision.Of(w.grant))
		if err != nil {
			t.Fatal(err)
		}
		if r := x.Rule.Rule; r.Path != c.path || r.Cite[0] != c.cite || len(r.Options) != c.n || r.Options[0].Name.Zh != c.first {
			t.Errorf("%s on %s: %s %v, %d: %s", c.profile, c.day, r.Path, r.Cite, len(r.Options), r.Options[0].Name.Zh)
		}
	}
}

// A suspicion is looked at before the holder hears of it, and who reported it the
// holder is never told.
func TestASuspicionIsLookedAtFirst(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2026-03-02")
	if _, err := w.ReportBreach(t.Context(), w.stranger, supervision.Of(w.grant), "听说"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("reported by somebody who cannot see it: %v", err)
	}
	b, err := w.ReportBreach(t.Context(), w.regulator, supervision.Of(w.grant), "网上有同样的表。")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Breach(t.Context(), w.holder, b.Number); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the holder hears of a suspicion: %v", err)
	}
	if mine, err := w.BreachesOf(t.Context(), w.holder, supervision.Of(w.grant)); err != nil || len(mine) != 0 {
		t.Errorf("%v, %v", mine, err)
	}
	if items, err := w.Waiting(t.Context(), w.officer); err != nil || len(items) != 1 || last(items[0].Clock) != "2026-03-09" {
		t.Errorf("the inbox: %+v, %v", items, err)
	}
	if _, err := w.MoveBreach(t.Context(), w.officer, b.Number, supervision.BreachStep{Action: supervision.Open, Revision: b.Revision, Charge: supervision.Charge{Violations: []string{"leak"}}}); fault.Of(err).Field != "evidence" {
		t.Errorf("opened without evidence: %v", err)
	}
	if b, err = w.MoveBreach(t.Context(), w.officer, b.Number, supervision.BreachStep{Action: supervision.Open, Revision: b.Revision, Charge: supervision.Charge{Violations: []string{"leak"}, Evidence: "网址和截图"}}); err != nil {
		t.Fatal(err)
	}
	v, err := w.Breach(t.Context(), w.holder, b.Number)
	if err != nil || v.Reporter != "" || v.Facts != "网上有同样的表。" {
		t.Fatalf("%+v, %v", v, err)
	}
	for _, e := range v.Events {
		if e.Name == w.regulator.Name {
			t.Errorf("the holder is told who reported it: %+v", e)
		}
	}
	other, err := w.ReportBreach(t.Context(), w.officer, supervision.Of(w.grant), "又一件")
	if err != nil {
		t.Fatal(err)
	}
	if other = w.must(t, w.head, other, supervision.Dismiss, "查过，是公开的数据。"); other.State != supervision.Dismissed {
		t.Errorf("%s", other.State)
	}
}

// Each side takes its own steps and no others, and nobody outside knows of the case.
func TestWhoTakesWhichStepInABreachCase(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2026-03-02")
	b := w.open(t, w.officer, false)
	elsewhere := w.Official(t, w.Department(t, func(d *datasets.Department) { d.Profile = licensingtest.Anshan }), account.Authority)
	neighbour := w.Official(t, w.Department(t, func(d *datasets.Department) { d.Profile = licensingtest.Fujian }), account.Officer)
	keyed := w.officer
	keyed.Key = "sy_key"
	for name, who := range map[string]account.Actor{"a visitor": {}, "a stranger": w.stranger, "an authority elsewhere": elsewhere, "another department": neighbour, "a key": keyed} {
		if _, err := w.Breach(t.Context(), who, b.Number); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s sees it: %v", name, err)
		}
		if _, err := w.MoveBreach(t.Context(), who, b.Number, supervision.BreachStep{Action: supervision.Answer, Words: "x", Revision: b.Revision}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s moves it: %v", name, err)
		}
	}
	for _, c := range []struct {
		who    account.Actor
		action supervision.BreachAction
		want   fault.Kind
	}{
		{w.officer, supervision.Answer, fault.Forbidden}, {w.holder, supervision.Clear, fault.Forbidden}, {w.holder, supervision.Mend, fault.Forbidden}, {w.authority, supervision.Warn, fault.Forbidden},
		{w.regulator, supervision.Revoke, fault.Forbidden}, {w.authority, supervision.Halt, fault.Forbidden}, {w.officer, supervision.Refer, fault.Forbidden}, {w.officer, supervision.Uphold, fault.Forbidden},
		{w.officer, supervision.Enforce, fault.Forbidden}, {w.holder, "burn", fault.Forbidden}, {w.holder, supervision.Dispute, fault.Conflict}, {w.authority, supervision.Uphold, fault.Conflict},
	} {
		if _, err := w.step(t, c.who, b, c.action, "理由"); fault.KindOf(err) != c.want {
			t.Errorf("%s by %s: %v", c.action, c.who.Name, err)
		}
	}
	// the regulator freezes, in a case of its own, and hands on what ends a grant
	r := w.open(t, w.regulator, true)
	if w.served(t) {
		t.Error("it goes on though the regulator stopped it")
	}
	r = w.must(t, w.holder, r, supervision.Answer, "说明")
	if _, err := w.step(t, w.regulator, r, supervision.Revoke, "撤销"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a regulator revokes: %v", err)
	}
	r = w.must(t, w.regulator, r, supervision.Refer, "应当撤销，请主管部门决定。")
	if r = w.must(t, w.authority, r, supervision.Revoke, "撤销"); r.State != supervision.Revoking {
		t.Errorf("%s", r.State)
	}
	// two cases hold it: one of them lets go
	b = w.must(t, w.officer, b, supervision.Halt, "先停")
	r = w.must(t, w.holder, r, supervision.Dispute, "不服")
	if w.must(t, w.authority2, r, supervision.Overturn, "不成立"); w.served(t) {
		t.Error("it passes though the other case still holds it")
	}
	b = w.must(t, w.holder, b, supervision.Answer, "说明")
	if w.must(t, w.officer, b, supervision.Clear, "不构成违约"); !w.served(t) {
		t.Error("nothing holds it any more, and it does not pass")
	}
}

// Two who decide at once, twenty times: one goes through.
func TestTwoDecideABreachCaseAtOnce(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2026-03-02")
	for range 20 {
		b := w.open(t, w.officer, false)
		b = w.must(t, w.holder, b, supervision.Answer, "说明")
		var wg sync.WaitGroup
		failed := make([]error, 2)
		for i, who := range []account.Actor{w.officer, w.head} {
			wg.Go(func() {
				a := supervision.Warn
				if i == 1 {
					a = supervision.Clear
				}
				_, failed[i] = w.MoveBreach(context.Background(), who, b.Number, supervision.BreachStep{Action: a, Words: "理由", Revision: b.Revision})
			})
		}
		wg.Wait()
		ok := 0
		for _, err := range failed {
			if err == nil {
				ok++
			} else if fault.KindOf(err) != fault.Conflict {
				t.Error(err)
			}
		}
		if ok != 1 {
			t.Fatalf("%d went through: %v", ok, failed)
		}
	}
}

// What one department was granted of another's data is held, given back and ended by
// a case as a grant of an application is; whoever holds it is heard.
func TestACaseAgainstAGrantOfSharing(t *testing.T) {
	for _, x := range []struct {
		name   string
		decide supervision.BreachAction
		after  bool // whether the data is given after the days to dispute it
	}{{"cleared", supervision.Clear, true}, {"revoked", supervision.Revoke, false}} {
		t.Run(x.name, func(t *testing.T) {
			w := newWorld(t, licensingtest.Anshan, "2026-03-02")
			asker := w.Department(t, func(d *datasets.Department) { d.Profile = licensingtest.Anshan })
			user := w.Official(t, asker, account.Officer)
			d, v := w.File(t, "shared.csv", licensingtest.Table, func(d *datasets.Dataset) {
				d.Department, d.Open = w.dataset.Department, datasets.Withheld
			})
			if _, err := w.Pool.Exec(t.Context(), `
				WITH asked AS (
					INSERT INTO share_requests (kind, state, dataset_id, asker_id, provider_id, profile, asked_by, asked_name, received_at, purpose, pledged, words, given, supplied_at)
					VALUES ('share', 'supplied', $1, $2, $3, 'cn-liaoning-anshan-2022', $4, '林', '2026-01-05', '核对', true, '', '{}', '2026-01-06') RETURNING id)
				INSERT INTO share_grants (request_id, kind, dataset_id, department_id, purpose, began_at, last_day, ends_at)
				SELECT id, 'share', $1, $2, '核对', '2026-01-06', '2027-01-01', '2027-01-02 00:00+08' FROM asked`, d.ID, asker.ID, d.Department.ID, user.ID); err != nil {
				t.Fatal(err)
			}
			given := func() bool {
				t.Helper()
				_, err := w.Gate.Permit(t.Context(), user, v, w.Clock())
				return err == nil
			}
			if !given() {
				t.Fatal("it is not given to begin with")
			}
			against, err := w.Against(t.Context(), w.officer, supervision.Of("GX-1"))
			if err != nil || len(against.Rule.Rule.Options) == 0 || against.Rule.Rule.Cite[0] != "AS-22b" {
				t.Fatalf("%+v, %v", against, err)
			}
			b, err := w.OpenBreach(t.Context(), w.officer, supervision.Of("GX-1"), supervision.Charge{Violations: []string{against.Rule.Rule.Options[0].Code}, Facts: "用于另一件事。", Evidence: "取数记录", Halt: true})
			if err != nil {
				t.Fatal(err)
			}
			if given() {
				t.Error("it is given while a case holds it")
			}
			if _, err := w.Breach(t.Context(), w.Official(t, w.Department(t), account.Officer), b.Number); fault.KindOf(err) != fault.NotFound {
				t.Errorf("a third department: %v", err)
			}
			b = w.must(t, user, b, supervision.Answer, "已经停止，附说明。")
			b = w.must(t, w.officer, b, x.decide, "查明了。")
			w.Day(t, "2026-06-01")
			if err := w.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := given(); got != x.after {
				t.Errorf("given after all: %v, want %v (%s)", got, x.after, b.State)
			}
		})
	}
}

// Each step of a case is told to whoever has to act, with the day, and to whom it
// concerns; nobody reads what is not theirs.
func TestWhoIsWrittenToAboutABreachCase(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2026-03-02")
	seen := 0
	letters := func() string {
		t.Helper()
		rows, err := w.Pool.Query(t.Context(), `
			SELECT concat_ws(' ', args ->> 'act', CASE WHEN (args ->> 'holder')::boolean THEN 'holder' ELSE 'desk' END, count(DISTINCT args ->> 'to'), CASE WHEN (args ->> 'yours')::boolean THEN 'acts' END, args ->> 'due')
			FROM (SELECT * FROM river_job WHERE kind = 'supervision_notice' ORDER BY id OFFSET $1) j GROUP BY args ->> 'act', args ->> 'holder', args ->> 'yours', args ->> 'due' ORDER BY 1`, seen)
		if err != nil {
			t.Fatal(err)
		}
		out, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err == nil {
			err = w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE kind = 'supervision_notice'`).Scan(&seen)
		}
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(out, ", ")
	}
	b := w.open(t, w.regulator, true)
	if got := letters(); got != "open desk 2 2026-03-09, open holder 1 acts 2026-03-09" {
		t.Errorf("opened by the regulator: %s", got)
	}
	b = w.must(t, w.regulator, b, supervision.Refer, "请主管部门决定。")
	if got := letters(); got != "refer desk 2 acts 2026-03-09" {
		t.Errorf("handed on: %s", got)
	}
	b = w.must(t, w.holder, b, supervision.Answer, "已收回。")
	if got := letters(); got != "answer desk 2 acts 2026-03-16" {
		t.Errorf("answered: %s", got)
	}
	b = w.must(t, w.authority, b, supervision.HoldUp, "暂停到收回为止。")
	if got := letters(); got != "hold desk 2 2026-03-16, hold holder 1 2026-03-16" {
		t.Errorf("decided: %s", got)
	}
	b = w.must(t, w.holder, b, supervision.Dispute, "没有转。")
	if got := letters(); got != "dispute desk 2 acts 2026-03-23" {
		t.Errorf("disputed: %s", got)
	}
	w.must(t, w.authority2, b, supervision.Overturn, "证据不足。")
	if got := letters(); got != "overturn desk 2, overturn holder 1" {
		t.Errorf("set aside: %s", got)
	}
}
