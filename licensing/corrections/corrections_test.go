package corrections_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/sources"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/licensing/corrections"
)

const (
	aba    = "cn-sichuan-aba-2021"
	fujian = "cn-fujian-2023"
)

// world is a department under a text with a public entry of a file, and everybody
// who has to do with an objection to it.
type world struct {
	*datasetstest.Catalogue
	*corrections.Service
	office, elsewhere        datasets.Department
	entry                    *datasets.Dataset
	officer, head, authority account.Actor
	otherOfficer, otherHead  account.Actor
	strangerAuthority        account.Actor
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, s, workdays.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return d.Add(10 * time.Hour)
}

func newWorld(t testing.TB, profile, day string) *world {
	t.Helper()
	c := datasetstest.New(t, licensing.Gate{}, datasetstest.Asked)
	c.Set(at(t, day))
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Catalogue: c, Service: corrections.New(corrections.Config{Pool: c.Pool, Catalogue: c.Service, Sources: c.Compile.Sources(), Book: book,
		Clocks: deadline.New(book, func() workdays.Calendar { return calendar }), Limits: account.NewService(c.Pool, account.Config{}, c.Clock), Secret: []byte("secret"), Now: c.Clock})}
	place := func(name, profile string) datasets.Department {
		return c.Department(t, func(d *datasets.Department) { d.Name, d.Profile = name, profile })
	}
	w.office, w.elsewhere = place("民政局", profile), place("税务局", profile)
	over, far := place("数据管理局", profile), place("外地数据局", "cn-tianjin-2018")
	w.officer, w.head, w.authority = person(w.office, account.Officer, 1), person(w.office, account.Head, 2), person(over, account.Authority, 3)
	w.otherOfficer, w.otherHead, w.strangerAuthority = person(w.elsewhere, account.Officer, 4), person(w.elsewhere, account.Head, 5), person(far, account.Authority, 6)
	w.entry = w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Department = "villages", w.office })
	w.Version(t, w.entry, w.Resource(t, w.entry, func(r *datasets.Resource) { r.ID = "villagescsv" }), "a.csv", "村名,人口\n甲村,100\n乙村,200\n丙村,300\n",
		datasets.Field{Name: "村名", Label: "村名", Type: "text"}, datasets.Field{Name: "人口", Label: "人口", Type: "integer"})
	return w
}

func person(d datasets.Department, role account.Role, n int64) account.Actor {
	return account.Actor{ID: 5000 + n, Name: fmt.Sprintf("示例人员%d", n), Roles: []account.Role{role}, Department: d.ID, Side: account.Manage, Session: strings.Repeat("0", 32)}
}

// File is that of the objections; the catalogue has one too.
func (w *world) File(ctx context.Context, who account.Actor, f corrections.Filing) (*corrections.Correction, string, error) {
	return w.Service.File(ctx, who, f)
}

// objection is one that is fine but for what a test alters.
func objection(alter ...func(*corrections.Filing)) corrections.Filing {
	f := corrections.Filing{Slug: "villages", Resource: "villagescsv", Table: 1, Row: 2, Column: "人口", Channel: corrections.ToProvider,
		Alleged: "乙村的人口应是 210。", Evidence: "村委会公示的名册。", Contact: "zhang@tests.example", Network: "203.0.113.7"}
	for _, a := range alter {
		a(&f)
	}
	return f
}

func (w *world) file(t *testing.T, alter ...func(*corrections.Filing)) (*corrections.Correction, string) {
	t.Helper()
	c, link, err := w.File(t.Context(), account.Actor{}, objection(alter...))
	if err != nil {
		t.Fatal(err)
	}
	return c, link
}

// step moves it as it stands now.
func (w *world) step(t *testing.T, who account.Actor, id int64, step corrections.Step) error {
	t.Helper()
	step.Revision = w.revision(t, id)
	_, err := w.Move(t.Context(), who, id, step)
	return err
}

func (w *world) must(t *testing.T, who account.Actor, id int64, step corrections.Step) {
	t.Helper()
	if err := w.step(t, who, id, step); err != nil {
		t.Fatalf("%s: %v", step.Action, err)
	}
}

func (w *world) revision(t *testing.T, id int64) (n int) {
	t.Helper()
	if err := w.Pool.QueryRow(t.Context(), `SELECT revision FROM corrections WHERE id = $1`, id).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (w *world) seen(t *testing.T, id int64) *corrections.Desk {
	t.Helper()
	d, err := w.One(t.Context(), w.officer, id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func last(c *corrections.Correction) string {
	if c.Clock == nil {
		return "no day"
	}
	return c.Clock.Last.Format(time.DateOnly)
}

// letters are to whom a letter was announced since the last call, with what act.
func (w *world) letters(t *testing.T) (out []string) {
	t.Helper()
	rows, err := w.Pool.Query(t.Context(), `DELETE FROM river_job WHERE kind = 'correction_notice' RETURNING (args ->> 'for') || ' ' || (args ->> 'act') || ' ' || (args ->> 'to')`)
	if err != nil {
		t.Fatal(err)
	}
	if out, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		t.Fatal(err)
	}
	return out
}

func kind(err error) fault.Kind { return fault.KindOf(err) }

// Law matrix 2.8: the dragon-boat holiday, and a Sunday that was worked; the
// extension runs from the old last day. The days are counted by hand.
func TestTheClocksOfAba(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	c, _ := w.file(t)
	if last(c) != "2023-06-29" || c.Clock.Profile != aba || c.Clock.Rule.Cite[0] != "AB-28.2" || c.Clock.House() {
		t.Fatalf("until %s by %s", last(c), c.Clock.Profile)
	}
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
	w.Set(at(t, "2023-06-29"))
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.AskMore, Days: 7, Words: "要到村里核对。"})
	w.must(t, w.head, c.ID, corrections.Step{Action: corrections.GiveMore})
	d := w.seen(t, c.ID)
	if last(&d.Correction) != "2023-07-10" || d.Clock.Path != "correction.extension" || d.Clock.Rule.Cite[0] != "AB-28.2" || d.State != corrections.Extended {
		t.Errorf("extended until %s by %s", last(&d.Correction), d.Clock.Path)
	}
	w.Set(at(t, "2023-07-10").Add(13*time.Hour + 59*time.Minute + 59*time.Second))
	if d := w.seen(t, c.ID); d.Late(w.Clock()) {
		t.Error("late in the last second of its day")
	}
	w.Set(at(t, "2023-07-11"))
	if d := w.seen(t, c.ID); !d.Late(w.Clock()) {
		t.Error("not late a day later")
	}
}

// Dates written by hand, from the State Council's notices.
func TestUntilWhenAnObjectionIsAnswered(t *testing.T) {
	for _, c := range []struct {
		name, profile, day string
		more               int
		last, extended     string
		house              bool
	}{
		{"over the October holiday and two make-up days", aba, "2023-09-25", 7, "2023-10-10", "2023-10-19", false},
		{"received on the last day of the text", aba, "2023-10-10", 7, "2023-10-19", "2023-10-30", false},
		{"received when the text had lapsed: the platform's rule", aba, "2023-10-11", 7, "2023-10-20", "2023-10-31", true},
		{"before the text began", aba, "2021-09-30", 3, "2021-10-15", "2021-10-20", true},
		{"a text without a number", fujian, "2024-04-01", 5, "2024-04-11", "2024-04-18", true},
		{"Spring Festival, with the Sunday after it worked", "cn-tianjin-2018", "2024-02-08", 7, "2024-02-23", "2024-03-05", true},
		{"one day more", "cn-liaoning-anshan-2022", "2024-09-13", 1, "2024-09-25", "2024-09-26", true},
		{"on a Sunday that is worked", aba, "2023-06-25", 7, "2023-07-04", "2023-07-13", false},
		{"on a Saturday", fujian, "2024-06-15", 7, "2024-06-25", "2024-07-04", true},
		{"over the year's end", fujian, "2023-12-25", 7, "2024-01-04", "2024-01-15", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.profile, c.day)
			made, _ := w.file(t)
			if last(made) != c.last || made.Clock.House() != c.house {
				t.Fatalf("until %s, house %v", last(made), made.Clock.House())
			}
			w.must(t, w.officer, made.ID, corrections.Step{Action: corrections.TakeUp})
			w.must(t, w.officer, made.ID, corrections.Step{Action: corrections.AskMore, Days: c.more, Words: "要到村里核对。"})
			w.must(t, w.head, made.ID, corrections.Step{Action: corrections.GiveMore})
			if d := w.seen(t, made.ID); last(&d.Correction) != c.extended || d.Clock.House() != c.house {
				t.Errorf("extended until %s, house %v", last(&d.Correction), d.Clock.House())
			}
		})
	}
}

// AB-49: the text lapses while it is checked. The case stays bound to it, its
// extension too.
func TestATextThatLapsesMeanwhileStillBinds(t *testing.T) {
	w := newWorld(t, aba, "2023-10-09")
	c, _ := w.file(t)
	if last(c) != "2023-10-18" {
		t.Fatal(last(c))
	}
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
	w.Set(at(t, "2023-10-18")) // a week after its last day
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.AskMore, Days: 7, Words: "要到村里核对。"})
	w.must(t, w.head, c.ID, corrections.Step{Action: corrections.GiveMore})
	if d := w.seen(t, c.ID); last(&d.Correction) != "2023-10-27" || d.Clock.Profile != aba {
		t.Errorf("until %s by %s", last(&d.Correction), d.Clock.Profile)
	}
}

func TestThroughThePlatformTwoTimesAreKept(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	c, link := w.file(t, func(f *corrections.Filing) { f.Channel = corrections.ToPlatform })
	if c.State != corrections.Submitted || c.ReceivedAt != nil || last(c) != "2023-06-20" || !c.Clock.House() {
		t.Fatalf("%s until %s", c.State, last(c))
	}
	for name, who := range map[string]account.Actor{"the officer": w.officer, "the head": w.head} {
		if err := w.step(t, who, c.ID, corrections.Step{Action: corrections.Forward}); kind(err) != fault.Forbidden {
			t.Errorf("%s forwards: %v", name, err)
		}
	}
	if err := w.step(t, w.strangerAuthority, c.ID, corrections.Step{Action: corrections.Forward}); kind(err) != fault.NotFound {
		t.Errorf("the authority over another text forwards: %v", err)
	}
	if err := w.step(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp}); kind(err) != fault.Conflict {
		t.Errorf("taken up before it is received: %v", err)
	}
	w.Set(at(t, "2023-06-21"))
	if d := w.seen(t, c.ID); !d.Late(w.Clock()) {
		t.Error("that it was not forwarded is seen by nobody")
	}
	w.must(t, w.authority, c.ID, corrections.Step{Action: corrections.Forward})
	d := w.seen(t, c.ID)
	if d.State != corrections.Received || !d.FiledAt.Equal(at(t, "2023-06-19")) || !d.ReceivedAt.Equal(at(t, "2023-06-21")) || last(&d.Correction) != "2023-07-03" {
		t.Errorf("%s, filed %s, received %s, until %s", d.State, d.FiledAt, d.ReceivedAt, last(&d.Correction))
	}
	if _, events, err := w.Linked(t.Context(), link); err != nil || len(events) != 2 || events[1].Act != corrections.Forward {
		t.Errorf("whoever filed it sees %v, %v", events, err)
	}
}

func TestTheOneExtension(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	c, _ := w.file(t)
	ask := corrections.Step{Action: corrections.AskMore, Days: 5, Words: "要到村里核对。"}
	give := corrections.Step{Action: corrections.GiveMore}
	if err := w.step(t, w.officer, c.ID, ask); kind(err) != fault.Conflict {
		t.Errorf("before it is taken up: %v", err)
	}
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
	if err := w.step(t, w.head, c.ID, give); kind(err) != fault.Conflict {
		t.Errorf("given without being asked: %v", err)
	}
	for _, days := range []int{0, -1, 8, 1 << 30} {
		if err := w.step(t, w.officer, c.ID, corrections.Step{Action: corrections.AskMore, Days: days, Words: "要到村里核对。"}); kind(err) != fault.Invalid || fault.Of(err).Field != "days" {
			t.Errorf("%d days: %v", days, err)
		}
	}
	if err := w.step(t, w.officer, c.ID, corrections.Step{Action: corrections.AskMore, Days: 3}); kind(err) != fault.Invalid || fault.Of(err).Field != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	w.must(t, w.officer, c.ID, ask)
	if err := w.step(t, w.officer, c.ID, ask); kind(err) != fault.Conflict {
		t.Errorf("asked twice: %v", err)
	}
	for name, who := range map[string]account.Actor{"the officer": w.officer, "another head": w.otherHead, "the authority": w.authority} {
		if err := w.step(t, who, c.ID, give); kind(err) != fault.Forbidden && kind(err) != fault.NotFound {
			t.Errorf("%s gives it: %v", name, err)
		}
	}
	both := w.officer // who asked plays both parts
	both.Roles = []account.Role{account.Officer, account.Head}
	if err := w.step(t, both, c.ID, give); err == nil {
		t.Error("whoever asked gave it")
	}
	w.must(t, w.head, c.ID, corrections.Step{Action: corrections.DenyMore, Words: "名册就在手边。"})
	if d := w.seen(t, c.ID); d.Asked != nil || last(&d.Correction) != "2023-06-29" {
		t.Errorf("denied: until %s", last(&d.Correction))
	}
	w.must(t, w.officer, c.ID, ask)
	w.must(t, w.head, c.ID, give)
	if d := w.seen(t, c.ID); last(&d.Correction) != "2023-07-06" || d.MoreDays != 5 || d.MoreBy != w.head.Name {
		t.Errorf("until %s, %d days by %s", last(&d.Correction), d.MoreDays, d.MoreBy)
	}
	for _, s := range []corrections.Step{ask, give} {
		if err := w.step(t, w.officer, c.ID, s); kind(err) != fault.Conflict && kind(err) != fault.Forbidden {
			t.Errorf("%s a second time: %v", s.Action, err)
		}
	}
}

func TestNoExtensionOnceTheTermHasEnded(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	one, _ := w.file(t)
	two, _ := w.file(t, func(f *corrections.Filing) { f.Row = 3 })
	ask := corrections.Step{Action: corrections.AskMore, Days: 7, Words: "要到村里核对。"}
	for _, c := range []*corrections.Correction{one, two} {
		w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
	}
	w.Set(time.Date(2023, 6, 29, 23, 59, 59, 0, workdays.Zone))
	w.must(t, w.officer, two.ID, ask)
	w.Set(time.Date(2023, 6, 30, 0, 0, 0, 0, workdays.Zone))
	if err := w.step(t, w.officer, one.ID, ask); kind(err) != fault.Conflict {
		t.Errorf("asked after its end: %v", err)
	}
	if err := w.step(t, w.head, two.ID, corrections.Step{Action: corrections.GiveMore}); kind(err) != fault.Conflict {
		t.Errorf("given after its end: %v", err)
	}
	if offers := w.seen(t, one.ID).Offers; strings.Contains(fmt.Sprint(offers), string(corrections.AskMore)) {
		t.Errorf("offered are %v", offers)
	}
}

func TestWhatIsCorrectedNamesWhatPutsItRight(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	for _, who := range []string{"known@tests.example", "other@tests.example"} {
		u, err := account.NewService(w.Pool, account.Config{Argon2: account.Argon2{MemoryKiB: 64, Passes: 1, Lanes: 1}}, w.Clock).CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: who, Name: "某", Password: "correct horse battery"})
		if err != nil {
			t.Fatal(err)
		}
		if who == "known@tests.example" {
			if err := w.Catalogue.Service.KnowDownload(t.Context(), account.Actor{ID: u}, w.entry.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.Set(at(t, "2023-06-20"))
	c, _ := w.file(t)
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
	correct := corrections.Step{Action: corrections.Correct, Words: "已按名册改为 210。"}
	if err := w.step(t, w.officer, c.ID, correct); kind(err) != fault.Invalid || fault.Of(err).Field != "fix" {
		t.Errorf("nothing named: %v", err)
	}
	old := w.entry
	first, err := w.Catalogue.Service.Version(t.Context(), w.officer, "villagescsv", 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{fmt.Sprintf("version-%d", first.ID), "version-999", "entry-1", "dictionary-1-0-1", "'; DROP TABLE corrections; --"} {
		correct.Fix = key
		if err := w.step(t, w.officer, c.ID, correct); kind(err) != fault.Invalid || fault.Of(err).Field != "fix" {
			t.Errorf("%s, published before it was received: %v", key, err)
		}
	}
	w.Set(at(t, "2023-06-21"))
	w.Version(t, old, "villagescsv", "b.csv", "村名,人口\n甲村,100\n乙村,210\n丙村,300\n", datasets.Field{Name: "村名", Type: "text"}, datasets.Field{Name: "人口", Type: "integer"})
	// a version of another entry puts nothing right
	strange := w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Department = "strange", w.office })
	v := w.Version(t, strange, w.Resource(t, strange), "c.csv", "甲\n1\n")
	correct.Fix = fmt.Sprintf("version-%d", v.ID)
	if err := w.step(t, w.officer, c.ID, correct); kind(err) != fault.Invalid {
		t.Errorf("a version of another entry: %v", err)
	}
	fixes, err := w.Fixes(t.Context(), w.officer, &w.seen(t, c.ID).Correction)
	if err != nil || len(fixes) != 1 || fixes[0].Version != 2 {
		t.Fatalf("%+v, %v", fixes, err)
	}
	w.letters(t)
	correct.Fix = fixes[0].Key()
	w.must(t, w.officer, c.ID, correct)
	d := w.seen(t, c.ID)
	if d.State != corrections.Corrected || d.Fix == nil || d.Fix.Version != 2 || d.Fix.Resource != "villagescsv" || d.Answer != "已按名册改为 210。" {
		t.Errorf("%s %+v", d.State, d.Fix)
	}
	if got := strings.Join(w.letters(t), ","); got != "reporter correct zhang@tests.example,downloader correct known@tests.example" {
		t.Errorf("letters: %s", got)
	}
	events, err := w.Catalogue.Service.EventsOf(t.Context(), account.Actor{}, "villages", 10)
	if err != nil || len(events) == 0 || events[0].Kind != datasets.EventRecheck || events[0].Number != c.ID {
		t.Errorf("the history of the entry: %+v, %v", events, err)
	}
}

// What is said of a column, and what the catalogue says, puts things right too.
func TestADictionaryOrAnEntryMayPutItRight(t *testing.T) {
	w := newWorld(t, fujian, "2026-11-16")
	one, _ := w.file(t, func(f *corrections.Filing) { f.Row = 0 })
	two, _ := w.file(t, func(f *corrections.Filing) { *f = objection(); f.Resource, f.Table, f.Row, f.Column = "", 0, 0, "" })
	for _, c := range []*corrections.Correction{one, two} {
		w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
	}
	w.Set(at(t, "2026-11-17"))
	if err := w.Catalogue.Service.CorrectDictionary(t.Context(), w.officer, "villagescsv", datasets.Correction{Reason: "补单位", Fields: []datasets.Field{{Name: "村名", Label: "村名", Type: "text"}, {Name: "人口", Label: "常住人口", Type: "integer"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Pool.Exec(t.Context(), `INSERT INTO catalogue_revisions (dataset_id, number, at, by_id, by_name, act, content) SELECT $1, coalesce(max(number), 0) + 1, $2, 1, '某', 'save', '{}' FROM catalogue_revisions WHERE dataset_id = $1`, w.entry.ID, w.Clock()); err != nil {
		t.Fatal(err)
	}
	fixes, err := w.Fixes(t.Context(), w.officer, &w.seen(t, one.ID).Correction)
	if err != nil || len(fixes) != 2 {
		t.Fatalf("%+v, %v", fixes, err)
	}
	for _, f := range fixes {
		c := one
		if f.Entry() {
			c = two
		}
		w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.Correct, Words: "已经改正。", Fix: f.Key()})
		if got := w.seen(t, c.ID).Fix; got == nil || got.Entry() != f.Entry() || got.Revision != f.Revision || got.Table != f.Table {
			t.Errorf("%+v is kept as %+v", f, got)
		}
	}
}

func TestValuesThatDisagreeJoinACase(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Department = "taxpayers", w.elsewhere })
	one, _ := w.file(t)
	two, _ := w.file(t, func(f *corrections.Filing) { f.Row = 3 })
	disagree := corrections.Step{Action: corrections.Disagree, Words: "税务局登记的人口不同。", Other: "taxpayers"}
	for _, c := range []*corrections.Correction{one, two} {
		w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
	}
	for name, s := range map[string]corrections.Step{
		"nothing named": {Action: corrections.Disagree, Words: "税务局登记的人口不同。"}, "no such case": {Action: corrections.Disagree, Words: "税务局登记的人口不同。", Case: 99},
		"no such entry": {Action: corrections.Disagree, Words: "税务局登记的人口不同。", Other: "nothing"}, "with itself": {Action: corrections.Disagree, Words: "税务局登记的人口不同。", Other: "villages"},
		"no reason": {Action: corrections.Disagree, Other: "taxpayers"},
	} {
		if err := w.step(t, w.officer, one.ID, s); kind(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.must(t, w.officer, one.ID, disagree)
	d := w.seen(t, one.ID)
	if d.State != corrections.Disagreeing || d.Case == 0 || last(&d.Correction) != "2023-07-04" || d.Clock.Path != "inconsistency_negotiation" {
		t.Fatalf("%s in case %d until %s by %s", d.State, d.Case, last(&d.Correction), d.Clock.Path)
	}
	w.must(t, w.officer, two.ID, corrections.Step{Action: corrections.Disagree, Words: "税务局登记的人口不同。", Case: d.Case})
	if err := w.step(t, w.officer, one.ID, corrections.Step{Action: corrections.Confirm, Words: "没有错。"}); kind(err) != fault.Conflict {
		t.Errorf("answered before the case is over: %v", err)
	}
	cases := w.Compile.Sources()
	w.Set(at(t, "2023-07-05"))
	k, err := cases.Case(t.Context(), w.authority, d.Case)
	if err != nil || k.Origin != sources.ByCorrection {
		t.Fatalf("%+v, %v", k, err)
	}
	if err := cases.Move(t.Context(), w.officer, k.ID, sources.Step{Action: sources.Refer, Revision: k.Revision, Reason: "协商不成。"}); err != nil {
		t.Fatal(err)
	}
	k, err = cases.Case(t.Context(), w.authority, d.Case)
	if err != nil {
		t.Fatal(err)
	}
	if err := cases.Move(t.Context(), w.authority, k.ID, sources.Step{Action: sources.Decide, Revision: k.Revision, Source: w.office.ID, Reason: "以民政局为准。"}); err != nil {
		t.Fatal(err)
	}
	if d := w.seen(t, one.ID); !d.CaseOver() || last(&d.Correction) != "2023-07-14" || d.Clock.Profile != aba {
		t.Errorf("after the decision until %s", last(&d.Correction))
	}
	w.must(t, w.officer, one.ID, corrections.Step{Action: corrections.Confirm, Words: "以本局的为准，没有错。"})
}

func TestReopenedOnceOrClosed(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	c, link := w.file(t)
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
	settle := func(link string, s corrections.Step) error {
		s.Revision = w.revision(t, c.ID)
		_, err := w.Settle(t.Context(), account.Actor{}, link, s)
		return err
	}
	reopen := corrections.Step{Action: corrections.Reopen, Words: "名册第 3 页写的就是 210。"}
	if err := settle(link, reopen); kind(err) != fault.Conflict {
		t.Errorf("reopened before it is answered: %v", err)
	}
	w.Set(at(t, "2023-06-20"))
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.Confirm, Words: "核对过，没有错。"})
	if err := settle(link, corrections.Step{Action: corrections.Reopen}); kind(err) != fault.Invalid || fault.Of(err).Field != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	for _, s := range []corrections.Action{corrections.Reopen, corrections.Close} {
		if err := w.step(t, w.officer, c.ID, corrections.Step{Action: s, Words: "名册第 3 页写的就是 210。"}); kind(err) != fault.Forbidden {
			t.Errorf("the department may %s: %v", s, err)
		}
	}
	if err := settle(link, corrections.Step{Action: corrections.Confirm, Words: "核对过，没有错。"}); kind(err) != fault.Forbidden {
		t.Errorf("a link answers: %v", err)
	}
	w.Set(at(t, "2023-07-05")) // ten working days after the answer, with the holiday
	if err := settle(link, reopen); err != nil {
		t.Fatal(err)
	}
	d := w.seen(t, c.ID)
	if d.State != corrections.Received || d.Answer != "" || last(&d.Correction) != "2023-07-14" || d.Clock.Profile != aba {
		t.Errorf("%s until %s", d.State, last(&d.Correction))
	}
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.Confirm, Words: "再核对过，没有错。"})
	if err := settle(link, reopen); kind(err) != fault.Conflict {
		t.Errorf("reopened twice: %v", err)
	}
	if err := settle(link, corrections.Step{Action: corrections.Close}); err != nil {
		t.Fatal(err)
	}
	for _, s := range []corrections.Step{reopen, {Action: corrections.Close}} {
		if err := settle(link, s); kind(err) != fault.Conflict {
			t.Errorf("closed, then %s: %v", s.Action, err)
		}
	}
}

func TestTheDaysOfReopeningEnd(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	c, link := w.file(t)
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
	w.Set(at(t, "2023-06-20"))
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.Confirm, Words: "核对过，没有错。"})
	w.Set(at(t, "2023-07-05"))
	if err := w.Sweep(t.Context()); err != nil || w.seen(t, c.ID).State != corrections.NoError {
		t.Fatalf("%s, %v", w.seen(t, c.ID).State, err)
	}
	w.Set(at(t, "2023-07-06"))
	if _, err := w.Settle(t.Context(), account.Actor{}, link, corrections.Step{Action: corrections.Reopen, Words: "名册第 3 页写的就是 210。", Revision: w.revision(t, c.ID)}); kind(err) != fault.Conflict {
		t.Errorf("reopened a day too late: %v", err)
	}
	if err := w.Sweep(t.Context()); err != nil || w.seen(t, c.ID).State != corrections.Closed {
		t.Fatalf("%s, %v", w.seen(t, c.ID).State, err)
	}
	if d := w.seen(t, c.ID); d.Reporter == nil || d.Reporter.Contact != "zhang@tests.example" {
		t.Errorf("the contact went at once: %+v", d.Reporter)
	}
	for _, day := range []struct {
		day  string
		kept bool
	}{{"2023-08-06", true}, {"2023-08-07", false}} { // a month, its last day included
		w.Set(at(t, day.day))
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM correction_reporters`).Scan(&n); err != nil || (n == 1) != day.kept {
			t.Errorf("%s: %d contacts, %v", day.day, n, err)
		}
	}
	if d := w.seen(t, c.ID); d.Reporter != nil {
		t.Errorf("still known: %+v", d.Reporter)
	}
	if _, _, err := w.Linked(t.Context(), link); err != nil {
		t.Errorf("the link is dead: %v", err)
	}
}

func TestWhoSeesWhat(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	c, link := w.file(t)
	for name, who := range map[string]account.Actor{"another officer": w.otherOfficer, "another head": w.otherHead, "the authority over another text": w.strangerAuthority, "a visitor": {}, "a citizen": {ID: 9999}} {
		if _, err := w.One(t.Context(), who, c.ID); kind(err) != fault.NotFound {
			t.Errorf("%s sees it: %v", name, err)
		}
		if err := w.step(t, who, c.ID, corrections.Step{Action: corrections.TakeUp}); kind(err) != fault.NotFound {
			t.Errorf("%s moves it: %v", name, err)
		}
	}
	byKey := w.officer
	byKey.Key = "k"
	if _, err := w.One(t.Context(), byKey, c.ID); kind(err) != fault.NotFound {
		t.Errorf("a key sees it: %v", err)
	}
	if d, err := w.One(t.Context(), w.authority, c.ID); err != nil || d.Reporter != nil || d.Evidence != "" {
		t.Errorf("the authority sees the contact or the evidence: %+v, %v", d, err)
	}
	if d := w.seen(t, c.ID); d.Reporter == nil || d.Evidence == "" {
		t.Error("the department does not see who filed it")
	}
	if _, _, err := w.Linked(t.Context(), link); err != nil {
		t.Error(err)
	}
	other, otherLink := w.file(t, func(f *corrections.Filing) { f.Row = 3 })
	_, mac, _ := strings.Cut(otherLink, "-")
	for _, bad := range []string{"", "-", "1", "1-", fmt.Sprintf("%d-%s", c.ID, mac), fmt.Sprintf("%d-%s", other.ID+100, mac), strings.ToUpper(link), link + "a", link[:len(link)-1], "9223372036854775808-" + mac, strings.Repeat("1", 1<<20)} {
		if _, _, err := w.Linked(t.Context(), bad); kind(err) != fault.NotFound {
			t.Errorf("%.60q leads somewhere: %v", bad, err)
		}
	}
	// public: nothing until it is answered, and never who or the evidence
	open, err := w.Rechecked(t.Context(), account.Actor{}, "villages", "")
	if err != nil || len(open.Items) != 2 || open.Items[0].Alleged != "" || open.Items[0].Evidence != "" {
		t.Errorf("%+v, %v", open, err)
	}
	if p, err := w.Public(t.Context(), account.Actor{}, "villages", ""); err != nil || len(p.Items) != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.Confirm, Words: "核对过，没有错。"})
	if p, err := w.Public(t.Context(), account.Actor{}, "villages", ""); err != nil || len(p.Items) != 1 || p.Items[0].Alleged == "" || p.Items[0].Evidence != "" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestWhatIsNoObjection(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Status = "draft", datasets.Draft })
	w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Open = "withheld", datasets.Withheld })
	bare := w.Dataset(t, func(d *datasets.Dataset) { d.Slug = "bare" })
	w.Resource(t, bare, func(r *datasets.Resource) { r.ID = "barefile0" })
	for _, c := range []struct {
		name  string
		alter func(*corrections.Filing)
		kind  fault.Kind
		field string
	}{
		{"no such entry", func(f *corrections.Filing) { f.Slug = "nothing" }, fault.NotFound, ""},
		{"a draft", func(f *corrections.Filing) { f.Slug = "draft" }, fault.NotFound, ""},
		{"what is withheld", func(f *corrections.Filing) { f.Slug = "withheld" }, fault.NotFound, ""},
		{"a file of another entry", func(f *corrections.Filing) { f.Resource = "barefile0" }, fault.Invalid, "resource"},
		{"a file without a version", func(f *corrections.Filing) { f.Slug, f.Resource = "bare", "barefile0" }, fault.Invalid, "resource"},
		{"a row without a file", func(f *corrections.Filing) { f.Resource = "" }, fault.Invalid, "resource"},
		{"no such version", func(f *corrections.Filing) { f.Version = 7 }, fault.Invalid, "version"},
		{"no such table", func(f *corrections.Filing) { f.Table = 2 }, fault.Invalid, "table"},
		{"no such row", func(f *corrections.Filing) { f.Row = 4 }, fault.Invalid, "row"},
		{"a row below the first", func(f *corrections.Filing) { f.Row = -1 }, fault.Invalid, "row"},
		{"no such column", func(f *corrections.Filing) { f.Column = "面积" }, fault.Invalid, "column"},
		{"a megabyte", func(f *corrections.Filing) { f.Alleged = strings.Repeat("长", 1<<20/3) }, fault.Invalid, "alleged"},
		{"too short", func(f *corrections.Filing) { f.Alleged = "错" }, fault.Invalid, "alleged"},
		{"a control character", func(f *corrections.Filing) { f.Evidence = "名册第\x00三页。" }, fault.Invalid, "evidence"},
		{"text that turns", func(f *corrections.Filing) { f.Alleged = "人口\u202e应是 210。" }, fault.Invalid, "alleged"},
		{"no UTF-8", func(f *corrections.Filing) { f.Alleged = "人口应是 \xff 210。" }, fault.Invalid, "alleged"},
		{"no evidence", func(f *corrections.Filing) { f.Evidence = " " }, fault.Invalid, "evidence"},
		{"a person's number in what becomes public", func(f *corrections.Filing) { f.Alleged = "身份证 11010519491231002X 的人口不对。" }, fault.Invalid, "alleged"},
		{"a phone in what becomes public", func(f *corrections.Filing) { f.Alleged = "请打 13800138000 告诉我。" }, fault.Invalid, "alleged"},
		{"no contact", func(f *corrections.Filing) { f.Contact = "" }, fault.Invalid, "contact"},
		{"a contact with a header in it", func(f *corrections.Filing) { f.Contact = "a@b.example\r\nBcc: c@d.example" }, fault.Invalid, "contact"},
		{"no channel", func(f *corrections.Filing) { f.Channel = "" }, fault.Invalid, "channel"},
		{"no such channel", func(f *corrections.Filing) { f.Channel = "press" }, fault.Invalid, "channel"},
		{"a person's number in the evidence, which stays with the department", func(f *corrections.Filing) { f.Evidence = "本人 11010519491231002X，电话 13800138000。" }, -1, ""},
		{"the same again", func(f *corrections.Filing) {}, fault.Conflict, ""},
	} {
		_, _, err := w.File(t.Context(), account.Actor{}, objection(c.alter))
		if kind(err) != c.kind || err != nil && fault.Of(err).Field != c.field {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	var n, marks int
	if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM corrections), rechecks FROM datasets WHERE slug = 'villages'`).Scan(&n, &marks); err != nil || n != 1 || marks != 1 {
		t.Errorf("%d are kept, %d marks, %v", n, marks, err)
	}
}

func TestTooManyADayAreRefused(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	var refused error
	for i := range 21 {
		_, _, refused = w.File(t.Context(), account.Actor{}, objection(func(f *corrections.Filing) {
			f.Alleged, f.Contact = fmt.Sprintf("第 %d 个错在这里。", i), fmt.Sprintf("p%d@tests.example", i)
		}))
		if i < 20 && refused != nil {
			t.Fatal(i, refused)
		}
	}
	if kind(refused) != fault.TooMany {
		t.Errorf("the 21st of a network: %v", refused)
	}
	for i := range 6 {
		_, _, refused = w.File(t.Context(), account.Actor{}, objection(func(f *corrections.Filing) {
			f.Alleged, f.Network = fmt.Sprintf("另外第 %d 个错在这里。", i), fmt.Sprintf("203.0.113.%d", 100+i)
		}))
	}
	if kind(refused) != fault.TooMany {
		t.Errorf("the sixth letter to one address: %v", refused)
	}
}

// AB-28.3: the entry stays open and is marked.
func TestTheEntryStaysOpenAndIsMarked(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	marks := func() int {
		d, err := w.Catalogue.Service.Dataset(t.Context(), account.Actor{}, "villages")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Catalogue.Service.MayServe(t.Context(), account.Actor{}, d.Resources[0].Newest); err != nil {
			t.Errorf("the data is shut: %v", err)
		}
		return d.Rechecks
	}
	one, link := w.file(t)
	two, _ := w.file(t, func(f *corrections.Filing) { f.Row = 3 })
	if marks() != 2 {
		t.Errorf("%d marks", marks())
	}
	for _, c := range []*corrections.Correction{one, two} {
		w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
		w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.Confirm, Words: "核对过，没有错。"})
	}
	if marks() != 0 {
		t.Errorf("%d marks", marks())
	}
	if _, err := w.Settle(t.Context(), account.Actor{}, link, corrections.Step{Action: corrections.Reopen, Words: "名册第 3 页写的就是 210。", Revision: w.revision(t, one.ID)}); err != nil || marks() != 1 {
		t.Errorf("%d marks, %v", marks(), err)
	}
}

// race runs f at once as often as there are arguments and counts what got through.
func race(n int, f func(i int) error) (through int, errs []error) {
	var wg sync.WaitGroup
	errs = make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			through++
		}
	}
	return through, errs
}

func TestOfThoseWhoActAtOnceOneGetsThrough(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	ready := func(row int64) (*corrections.Correction, string) {
		c, link := w.file(t, func(f *corrections.Filing) { f.Row, f.Contact = row, fmt.Sprintf("r%d@tests.example", row) })
		w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
		return c, link
	}
	second := person(w.office, account.Officer, 7)
	one, link := ready(1)
	revision := w.revision(t, one.ID)
	n, errs := race(8, func(i int) error {
		who := []account.Actor{w.officer, second}[i%2]
		_, err := w.Move(t.Context(), who, one.ID, corrections.Step{Action: corrections.Confirm, Words: fmt.Sprintf("核对过，没有错：%d。", i), Revision: revision})
		return err
	})
	if n != 1 {
		t.Errorf("%d answers of two officers got through", n)
	}
	for _, err := range errs {
		if err != nil && kind(err) != fault.Conflict {
			t.Errorf("%v", err)
		}
	}
	// the answer against the extension
	two, _ := ready(2)
	w.must(t, w.officer, two.ID, corrections.Step{Action: corrections.AskMore, Days: 7, Words: "要到村里核对。"})
	revision = w.revision(t, two.ID)
	n, _ = race(8, func(i int) error {
		who, s := w.head, corrections.Step{Action: corrections.GiveMore, Revision: revision}
		if i%2 == 0 {
			who, s = w.officer, corrections.Step{Action: corrections.Confirm, Words: "核对过，没有错。", Revision: revision}
		}
		_, err := w.Move(t.Context(), who, two.ID, s)
		return err
	})
	if n != 1 {
		t.Errorf("%d of answer and extension got through", n)
	}
	// reopening against itself and against closing
	revision = w.revision(t, one.ID)
	n, _ = race(8, func(i int) error {
		s := corrections.Step{Action: corrections.Reopen, Words: "名册第 3 页写的就是 210。", Revision: revision}
		if i%2 == 0 {
			s = corrections.Step{Action: corrections.Close, Revision: revision}
		}
		_, err := w.Settle(t.Context(), account.Actor{}, link, s)
		return err
	})
	if n != 1 {
		t.Errorf("%d of reopening and closing got through", n)
	}
	// the same objection many times
	n, _ = race(8, func(i int) error {
		_, _, err := w.File(t.Context(), account.Actor{}, objection(func(f *corrections.Filing) { f.Row, f.Contact = 3, fmt.Sprintf("s%d@tests.example", i) }))
		return err
	})
	if n != 1 {
		t.Errorf("%d of the same got through", n)
	}
	var marks, open int
	if err := w.Pool.QueryRow(t.Context(), `SELECT rechecks, (SELECT count(*) FROM corrections WHERE outcome = '') FROM datasets WHERE slug = 'villages'`).Scan(&marks, &open); err != nil || marks != open {
		t.Errorf("%d marks, %d open, %v", marks, open, err)
	}
}

// Every state, with every move that its table does not have: all are refused, and
// nothing changes.
func TestForgedMovesAreRefused(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	c, link := w.file(t)
	all := []corrections.Action{corrections.Forward, corrections.TakeUp, corrections.AskMore, corrections.GiveMore, corrections.DenyMore, corrections.Correct, corrections.Confirm, corrections.Disagree, "burn", ""}
	try := func(may ...corrections.Action) {
		t.Helper()
		before := w.seen(t, c.ID)
		for _, a := range all {
			for _, who := range []account.Actor{w.officer, w.head, w.authority} {
				if strings.Contains(fmt.Sprint(may), string(a)) && a != "" {
					continue
				}
				if err := w.step(t, who, c.ID, corrections.Step{Action: a, Words: "核对过，没有错。", Days: 3}); err == nil || kind(err) == fault.Internal {
					t.Errorf("%s: %s %s: %v", before.State, who.Name, a, err)
				}
			}
		}
		if after := w.seen(t, c.ID); after.State != before.State || after.Revision != before.Revision {
			t.Errorf("%s became %s", before.State, after.State)
		}
	}
	try(corrections.TakeUp)
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
	try(corrections.AskMore, corrections.Confirm)
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.AskMore, Days: 3, Words: "要到村里核对。"})
	w.must(t, w.head, c.ID, corrections.Step{Action: corrections.GiveMore})
	try(corrections.Confirm)
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.Confirm, Words: "核对过，没有错。"})
	try()
	if _, err := w.Settle(t.Context(), account.Actor{}, link, corrections.Step{Action: corrections.Close, Revision: w.revision(t, c.ID)}); err != nil {
		t.Fatal(err)
	}
	try()
}

func TestWhatWaitsForWhom(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	c, _ := w.file(t, func(f *corrections.Filing) { f.Channel = corrections.ToPlatform })
	asks := func(who account.Actor) (out string) {
		items, err := w.Waiting(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			out += i.Ask
		}
		return out
	}
	check := func(officer, head, authority string) {
		t.Helper()
		for who, want := range map[*account.Actor]string{&w.officer: officer, &w.head: head, &w.authority: authority, &w.otherOfficer: "", &w.otherHead: "", &w.strangerAuthority: ""} {
			if got := asks(*who); got != want {
				t.Errorf("%s is asked %q, not %q", who.Name, got, want)
			}
		}
	}
	check("", "", "请转给数据提供部门校核。")
	w.must(t, w.authority, c.ID, corrections.Step{Action: corrections.Forward})
	check("请开始校核。", "", "")
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.TakeUp})
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.AskMore, Days: 3, Words: "要到村里核对。"})
	check("请校核并答复。", "数据专员申请延长，请在到期之前决定。", "")
	w.Set(at(t, "2023-06-30")) // too late: nothing is to be decided, and the head sees that it is late
	check("请校核并答复。", "逾期没有答复，请督促。", "")
	share, err := w.InTime(t.Context(), w.office.Slug)
	if err != nil || share != (datasets.Share{Yes: 0, All: 1}) {
		t.Errorf("the score card counts %+v, %v", share, err)
	}
	w.must(t, w.officer, c.ID, corrections.Step{Action: corrections.Confirm, Words: "核对过，没有错。"})
	check("", "", "")
	w.file(t, func(f *corrections.Filing) { f.Row = 3 })
	w.Set(at(t, "2023-07-03"))
	if share, err := w.InTime(t.Context(), w.office.Slug); err != nil || share != (datasets.Share{Yes: 0, All: 1}) {
		t.Errorf("what waits within its time is counted: %+v, %v", share, err)
	}
}

func TestADeadAccountLeavesNoContact(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	accounts := account.NewService(w.Pool, account.Config{Argon2: account.Argon2{MemoryKiB: 64, Passes: 1, Lanes: 1}}, w.Clock)
	u, err := accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: "me@tests.example", Name: "某", Password: "correct horse battery"})
	if err != nil {
		t.Fatal(err)
	}
	me := account.Actor{ID: u, Session: strings.Repeat("0", 32)}
	c, _, err := w.File(t.Context(), me, objection())
	if err != nil {
		t.Fatal(err)
	}
	own, err := w.Own(t.Context(), me, "")
	if err != nil || len(own.Items) != 1 || own.Items[0].ID != c.ID {
		t.Errorf("%+v, %v", own, err)
	}
	if _, err := w.LinkOf(t.Context(), account.Actor{ID: u + 1, Session: "x"}, c); kind(err) != fault.NotFound {
		t.Errorf("somebody else gets the link: %v", err)
	}
	if _, err := w.Pool.Exec(t.Context(), `DELETE FROM users WHERE id = $1`, u); err != nil {
		t.Fatal(err)
	}
	if d := w.seen(t, c.ID); d.Reporter != nil {
		t.Errorf("the contact stays: %+v", d.Reporter)
	}
}

func TestPagesAreWalkedToTheEnd(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	if _, err := w.Pool.Exec(t.Context(), `
		INSERT INTO corrections (dataset_id, department_id, profile, channel, alleged, evidence, salt, state, filed_at, received_at, clock_profile, clock_path, clock_from)
		SELECT $1, $2, $3, 'provider', '第 ' || n || ' 个错', '证据', '\x00000000000000000000000000000000', 'received', t, t, $3, 'correction.deadline', t
		FROM generate_series(1, 130) n, LATERAL (SELECT $4::timestamptz - (n % 7) * interval '1 hour' AS t) x`, w.entry.ID, w.office.ID, aba, w.Clock()); err != nil {
		t.Fatal(err)
	}
	for name, list := range map[string]func(string) (corrections.Page, error){
		"what waits": func(after string) (corrections.Page, error) {
			return w.Service.Department(t.Context(), w.officer, false, after)
		},
		"all": func(after string) (corrections.Page, error) {
			return w.Service.Department(t.Context(), w.officer, true, after)
		},
		"public": func(after string) (corrections.Page, error) {
			return w.Rechecked(t.Context(), account.Actor{}, "villages", after)
		},
	} {
		seen, after, pages := map[int64]bool{}, "", 0
		for {
			p, err := list(after)
			if err != nil {
				t.Fatal(name, err)
			}
			for _, c := range p.Items {
				if seen[c.ID] {
					t.Fatalf("%s: %d comes twice", name, c.ID)
				}
				seen[c.ID] = true
			}
			if pages++; p.Next == "" {
				break
			}
			after = p.Next
		}
		if len(seen) != 130 || pages != 3 {
			t.Errorf("%s: %d on %d pages", name, len(seen), pages)
		}
		for _, bad := range []string{"x", "1-1", "20230101T000000.000000-", strings.Repeat("9", 100)} {
			if _, err := list(bad); kind(err) != fault.Malformed {
				t.Errorf("%s after %q: %v", name, bad, err)
			}
		}
	}
	items, err := w.Waiting(t.Context(), w.officer)
	if err != nil || len(items) != 51 || items[50].Path != "/desk/corrections" {
		t.Errorf("%d items, %v", len(items), err)
	}
}

func TestNoLetterHoldsWhatAStrangerTyped(t *testing.T) {
	w := newWorld(t, aba, "2023-06-19")
	c, link := w.file(t)
	var all string
	if err := w.Pool.QueryRow(t.Context(), `SELECT string_agg(args::text, ' ') FROM river_job WHERE kind = 'correction_notice'`).Scan(&all); err != nil || all == "" {
		t.Fatal(all, err)
	}
	for _, words := range []string{"210", "名册", link, strings.SplitN(link, "-", 2)[1]} {
		if strings.Contains(all, words) {
			t.Errorf("a job holds %q", words)
		}
	}
	if got, err := w.LinkFor(t.Context(), c.ID); err != nil || got != link {
		t.Errorf("%q, %v", got, err)
	}
}
