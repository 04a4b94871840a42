package catalogue_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/sources"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
)

// public makes a public entry of the office of which everything is said.
func (b *bodies) public(t *testing.T, slug string) *datasets.Dataset {
	t.Helper()
	d := full(b.office.Profile)
	return b.Dataset(t, func(made *datasets.Dataset) {
		*made = *d
		made.Slug, made.Title, made.Department, made.Status = slug, "村（居）委会名录", b.office, datasets.Published
		made.Theme, made.Licence, made.Region = b.People(t), datasets.Licence{ID: datasetstest.Licence}, datasets.Region{Code: datasetstest.Region}
		made.Open, made.OpenBases, made.OpenReason = datasets.Unconditional, nil, ""
		made.ShareType, made.ShareBases, made.ShareReason, made.ShareConditions = "unconditional", nil, "", "无"
		made.Email, made.SourceURL = "", ""
	})
}

func (b *bodies) record(t *testing.T, trigger, event string, slugs ...string) *catalogue.Change {
	t.Helper()
	id, err := b.Compile.Record(t.Context(), b.officer, catalogue.NewChange{Trigger: trigger, EventDate: event, Evidence: "信息系统二期上线（示例）", Entries: slugs})
	if err != nil {
		t.Fatal(err)
	}
	return b.change(t, id)
}

func (b *bodies) change(t *testing.T, id int64) *catalogue.Change {
	t.Helper()
	c, err := b.Compile.Change(t.Context(), b.officer, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (b *bodies) write(t *testing.T, c *catalogue.Change, slug string, says catalogue.Content) []catalogue.Finding {
	t.Helper()
	d, err := b.Service.Dataset(t.Context(), b.officer, slug)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := b.Compile.SaveChange(t.Context(), b.officer, c.ID, slug, catalogue.Saved{Declaration: catalogue.NotSecret, Content: says, Revision: d.Revision})
	if err != nil {
		t.Fatal(err)
	}
	return wrong
}

func (b *bodies) summary(t *testing.T, slug string) string {
	t.Helper()
	d, err := b.Service.Dataset(t.Context(), datasetstest.Visitor(), slug)
	if err != nil {
		t.Fatal(err)
	}
	return d.Summary
}

// The days of the law matrix 2.8, written out from the notices of the State
// Council.
func TestTheClocksOfAChange(t *testing.T) {
	for _, c := range []struct {
		name, profile, event string
		recorded, updated    time.Time
		update, report       string // last days; report empty: the text has none
		house, lateAtOnce    bool
	}{
		{"AB-17: from the event, not the ticket", aba, "2023-06-20", day(2023, 6, 28), day(2023, 6, 29), "2023-07-05", "2023-07-04", false, false},
		{"AB-17: entered late shows late at once", aba, "2023-06-20", day(2023, 7, 6), day(2023, 7, 6), "2023-07-05", "2023-07-10", false, true},
		{"AB-17: the report counts from the update, though the text has lapsed", aba, "2023-10-09", day(2023, 10, 10), day(2023, 10, 13), "2023-10-23", "2023-10-18", false, false},
		{"AB-17: and never past the thirteenth day", aba, "2023-06-20", day(2023, 6, 20), day(2023, 7, 20), "2023-07-05", "2023-07-10", false, false},
		{"FJ-2.2: over the year's end", fujian, "2023-12-25", day(2023, 12, 26), day(2024, 1, 9), "2024-01-09", "", false, false},
		{"AS-12.3 names no days: the platform does", anshan, "2024-04-01", day(2024, 4, 2), day(2024, 4, 2), "2024-04-16", "", true, false},
		{"TJ neither", tianjin, "2024-04-01", day(2024, 4, 2), day(2024, 4, 2), "2024-04-16", "", true, false},
		{"the last day of Aba still binds", aba, "2023-10-10", day(2023, 10, 12), day(2023, 10, 13), "2023-10-24", "2023-10-18", false, false},
		{"the day after does not", aba, "2023-10-11", day(2023, 10, 12), day(2023, 10, 13), "2023-10-25", "", true, false},
		{"nor a day before it began", aba, "2021-10-08", day(2021, 10, 9), time.Time{}, "2021-10-21", "", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBodies(t, c.profile, false)
			b.Set(c.recorded)
			b.public(t, "village")
			change := b.record(t, "other", c.event, "village")
			if got := change.UpdateClock.Last.Format(time.DateOnly); got != c.update || change.UpdateClock.House() != c.house {
				t.Errorf("to be updated by %s, house %v", got, change.UpdateClock.House())
			}
			if change.Late(b.Clock()) != c.lateAtOnce {
				t.Errorf("late when it was recorded: %v", change.Late(b.Clock()))
			}
			if c.updated.IsZero() {
				return
			}
			if wrong := b.write(t, change, "village", catalogue.Content{"summary": "新的"}); len(wrong) > 0 {
				t.Fatalf("%+v", wrong)
			}
			b.Set(c.updated)
			if err := b.Compile.MoveChange(t.Context(), b.officer, change.ID, catalogue.Update, "", change.Revision); err != nil {
				t.Fatal(err)
			}
			change = b.change(t, change.ID)
			report := ""
			if change.ReportClock != nil {
				report = change.ReportClock.Last.Format(time.DateOnly)
			}
			if report != c.report {
				t.Errorf("to be reported by %q", report)
			}
		})
	}
}

// When the catalogue changes: in Fujian and Aba when the department has done it,
// in Anshan and Tianjin when the authority has confirmed it.
func TestWhenAChangeTakesEffect(t *testing.T) {
	for profile, atOnce := range map[string]bool{fujian: true, aba: true, anshan: false, tianjin: false} {
		b := newBodies(t, profile, false)
		b.public(t, "village")
		event := when(profile).AddDate(0, 0, -1).Format(time.DateOnly)
		change := b.record(t, "other", event, "village")
		move := func(who string, a catalogue.ChangeAction, reason string) error {
			at := b.change(t, change.ID)
			actor := b.officer
			if who == "authority" {
				actor = b.confirm
			}
			return b.Compile.MoveChange(t.Context(), actor, change.ID, a, reason, at.Revision)
		}
		if err := move("officer", catalogue.Update, ""); fault.Of(err).Field != "entries" {
			t.Errorf("%s: updated with nothing written: %v", profile, err)
		}
		b.write(t, change, "village", catalogue.Content{"summary": "新的"})
		if b.summary(t, "village") == "新的" {
			t.Errorf("%s: what is written is public at once", profile)
		}
		for _, step := range []struct {
			who    string
			a      catalogue.ChangeAction
			reason string
			want   fault.Kind
		}{
			{"officer", catalogue.Report, "", fault.Conflict}, {"authority", catalogue.Approve, "", fault.NotFound}, {"officer", catalogue.Update, "", -1},
			{"officer", catalogue.Approve, "", fault.Conflict}, {"officer", catalogue.Report, "", -1}, {"officer", catalogue.Approve, "", fault.Forbidden},
			{"authority", catalogue.SendBack, "", fault.Invalid}, {"authority", catalogue.SendBack, "依据没有附上", -1},
			{"officer", catalogue.Update, "", -1}, {"officer", catalogue.Report, "", -1},
		} {
			if err := move(step.who, step.a, step.reason); fault.KindOf(err) != step.want {
				t.Errorf("%s: %s by %s: %v", profile, step.a, step.who, err)
			}
			if step.a == catalogue.Update && step.want == -1 && (b.summary(t, "village") == "新的") != atOnce {
				t.Errorf("%s: updated, and the catalogue says %q", profile, b.summary(t, "village"))
			}
		}
		at := b.change(t, change.ID)
		if at.ConfirmClock == nil || !at.ConfirmClock.House() {
			t.Errorf("%s: the authority has no clock", profile)
		}
		if err := move("authority", catalogue.Approve, ""); err != nil || b.summary(t, "village") != "新的" {
			t.Errorf("%s: approved: %v, the catalogue says %q", profile, err, b.summary(t, "village"))
		}
	}
}

// Two changes of one entry: each alters what it says and nothing else, and none
// overwrites what another altered meanwhile.
func TestTwoChangesOfOneEntry(t *testing.T) {
	b := newBodies(t, anshan, false) // takes effect when it is confirmed
	b.public(t, "village")
	first, second, third := b.record(t, "other", "2026-11-20", "village"), b.record(t, "other", "2026-11-20", "village"), b.record(t, "other", "2026-11-20", "village")
	b.write(t, first, "village", catalogue.Content{"summary": "第一次改的"})
	b.write(t, second, "village", catalogue.Content{"title_en": "Second"})
	b.write(t, third, "village", catalogue.Content{"summary": "第三次改的"})
	move := func(id int64, who account.Actor, a catalogue.ChangeAction, reason string) error {
		return b.Compile.MoveChange(t.Context(), who, id, a, reason, b.change(t, id).Revision)
	}
	for _, c := range []int64{first.ID, second.ID, third.ID} {
		for _, a := range []catalogue.ChangeAction{catalogue.Update, catalogue.Report} {
			if err := move(c, b.officer, a, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []int64{first.ID, second.ID} {
		if err := move(c, b.confirm, catalogue.Approve, ""); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.summary(t, "village"); got != "第一次改的" {
		t.Errorf("the second change, which says nothing of the summary, made it %q", got)
	}
	if err := move(third.ID, b.confirm, catalogue.Approve, ""); fault.KindOf(err) != fault.Conflict {
		t.Errorf("what the first change made was overwritten unseen: %v", err)
	}
	if err := move(third.ID, b.confirm, catalogue.SendBack, "请对照现在的摘要"); err != nil {
		t.Fatal(err)
	}
	b.write(t, third, "village", catalogue.Content{"summary": "第三次改的"})
	if e := b.change(t, third.ID).Entries[0]; e.Before["summary"] != "第一次改的" || len(e.Written()) != 1 {
		t.Errorf("written anew over %q, altering %v", e.Before["summary"], e.Written())
	}
	for _, step := range []struct {
		who account.Actor
		a   catalogue.ChangeAction
	}{{b.officer, catalogue.Update}, {b.officer, catalogue.Report}, {b.confirm, catalogue.Approve}} {
		if err := move(third.ID, step.who, step.a, ""); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.summary(t, "village"); got != "第三次改的" {
		t.Errorf("the summary is %q", got)
	}
}

func TestTighteningNeedsItsBasisBeforeItIsSaved(t *testing.T) {
	b := newBodies(t, anshan, false)
	b.public(t, "village")
	change := b.record(t, "basis_changed", "2026-11-20", "village")
	tighter := catalogue.Content{"open_type": "conditional"}
	wrong := b.write(t, change, "village", tighter)
	if len(wrong) == 0 || !slices.ContainsFunc(wrong, func(f catalogue.Finding) bool { return f.Check == "basis-given" && slices.Contains(f.Cite, "AS-27.3") }) {
		t.Errorf("found %+v", wrong)
	}
	if b.change(t, change.ID).Entries[0].After != nil {
		t.Error("it was kept all the same")
	}
	tighter["open_bases"] = "法律 | 中华人民共和国个人信息保护法 | 第十条 | 任何组织、个人不得非法收集、使用、加工、传输他人个人信息"
	if wrong := b.write(t, change, "village", tighter); len(wrong) != 0 {
		t.Errorf("with its basis: %+v", wrong)
	}
	if b.change(t, change.ID).Entries[0].After["open_type"] != "conditional" {
		t.Error("it was not kept")
	}
	// a kind that does not count
	tighter["open_bases"] = "规章 | 某规定 | 第八条 | 原文"
	if wrong := b.write(t, change, "village", tighter); len(wrong) != 1 || wrong[0].Check != "basis-kind" {
		t.Errorf("with a rule: %+v", wrong)
	}
}

func TestWhatCannotBeRecorded(t *testing.T) {
	b := newBodies(t, fujian, false)
	b.public(t, "village")
	b.create(t, "draft", nil)
	good := catalogue.NewChange{Trigger: "other", EventDate: "2026-11-20", Evidence: "文件", Entries: []string{"village"}}
	for _, c := range []struct {
		name   string
		change func(*catalogue.NewChange)
		field  string
	}{
		{"tomorrow", func(n *catalogue.NewChange) { n.EventDate = "2026-11-24" }, "event_date"},
		{"no day", func(n *catalogue.NewChange) { n.EventDate = "2026-11-31" }, "event_date"},
		{"no evidence", func(n *catalogue.NewChange) { n.Evidence = " " }, "evidence"},
		{"no entry", func(n *catalogue.NewChange) { n.Entries = nil }, "entries"},
		{"a draft", func(n *catalogue.NewChange) { n.Entries = []string{"draft"} }, "entries"},
		{"a trigger of another text", func(n *catalogue.NewChange) { n.Trigger = "system_updated" }, "trigger"},
	} {
		n := good
		c.change(&n)
		if _, err := b.Compile.Record(t.Context(), b.officer, n); fault.KindOf(err) != fault.Invalid || fault.Of(err).Field != c.field {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := b.Compile.Record(t.Context(), b.officer, good); err != nil {
		t.Error(err)
	}
}

func TestWhatWaitsForWhom(t *testing.T) {
	b := newBodies(t, aba, true)
	b.public(t, "village")
	b.create(t, "draft", nil)
	b.record(t, "other", "2023-06-01", "village")
	kinds := func() map[string][]string {
		out := map[string][]string{}
		for name, who := range map[string]struct{ a int }{"officer": {0}, "head": {1}, "authority": {2}, "nobody": {3}} {
			actor := b.officer
			switch who.a {
			case 1:
				actor = b.head
			case 2:
				actor = b.confirm
			case 3:
				actor = datasetstest.Visitor()
			}
			items, err := b.Compile.Waiting(t.Context(), actor)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range items {
				out[name] = append(out[name], i.Kind+" "+i.Ask)
			}
		}
		return out
	}
	if got := kinds(); !slices.Equal(got["officer"], []string{"change 更新目录"}) || len(got) != 1 {
		t.Errorf("%v", got)
	}
	if err := b.move(t, b.officer, "draft", catalogue.SendToHead, ""); err != nil {
		t.Fatal(err)
	}
	if got := kinds(); !slices.Equal(got["head"], []string{"entry 签发或退回"}) || len(got) != 2 {
		t.Errorf("%v", got)
	}
	if err := b.move(t, b.head, "draft", catalogue.Sign, ""); err != nil {
		t.Fatal(err)
	}
	if got := kinds(); !slices.Equal(got["authority"], []string{"entry 确认或退回目录条目"}) || len(got) != 2 {
		t.Errorf("%v", got)
	}
	if err := b.move(t, b.confirm, "draft", catalogue.Return, "要改"); err != nil {
		t.Fatal(err)
	}
	if got := kinds(); len(got["officer"]) != 2 || len(got) != 1 {
		t.Errorf("%v", got)
	}
}

// At the end of a year, before the next one's calendar is there, work goes on;
// and who registers it sees what moves.
func TestAtTheYearsEndTheDaysArePreliminary(t *testing.T) {
	b := newBodies(t, fujian, false)
	b.public(t, "village")
	b.create(t, "draft", nil)
	b.Set(day(2026, 12, 28))
	if err := b.move(t, b.officer, "draft", catalogue.Submit, ""); err != nil {
		t.Fatal(err)
	}
	e := b.entry(t, b.confirm, "draft")
	if e.Clock == nil || e.Clock.Missing != 2027 || e.Clock.Late(day(2027, 6, 1)) {
		t.Errorf("the clock of the authority is %+v", e.Clock)
	}
	change := b.record(t, "other", "2026-12-24", "village")
	if k := change.UpdateClock; k.Missing != 2027 || k.Last.Format(time.DateOnly) != "2027-01-07" {
		t.Errorf("the change is due by %+v", k)
	}
	open, err := b.Compile.OpenClocks(t.Context())
	if err != nil || len(open) != 2 || open[0].Kind != "entry" || open[1].Kind != "change" || open[1].Ref.Path != "catalogue.update_deadline" {
		t.Errorf("what runs is %+v, %v", open, err)
	}
}

// What opens an entry further waits for its review; all else takes effect in
// time (law matrix 5.4 and 5.5). What is withheld is never opened by a change.
func TestLooseningWaitsForItsReview(t *testing.T) {
	b := newBodies(t, fujian, false)
	d := b.public(t, "village")
	b.Version(t, d, b.Resource(t, d), "a.csv", "年份,名称\n2025,甲\n")
	tighter := b.record(t, "other", "2026-11-20", "village")
	basis := "法律 | 中华人民共和国统计法 | 第九条 | 应当予以保密"
	if wrong := b.write(t, tighter, "village", catalogue.Content{"open_type": "conditional", "open_bases": basis, "open_method": "申请", "use_requirements": "限用", "safeguards": "加密"}); len(wrong) > 0 {
		t.Fatalf("%+v", wrong)
	}
	act := func(c *catalogue.Change, a catalogue.ChangeAction) {
		t.Helper()
		if err := b.Compile.MoveChange(t.Context(), b.officer, c.ID, a, "", b.change(t, c.ID).Revision); err != nil {
			t.Fatal(err)
		}
	}
	act(tighter, catalogue.Update)
	if _, err := b.Pool.Exec(t.Context(), `UPDATE opening_reviews SET decided_terms = '{"open": "conditional"}'`); err != nil {
		t.Fatal(err)
	}
	c := b.record(t, "other", "2026-11-20", "village")
	if wrong := b.write(t, c, "village", catalogue.Content{"open_type": "unconditional", "open_bases": "", "summary": "新的"}); len(wrong) > 0 {
		t.Fatalf("%+v", wrong)
	}
	act(c, catalogue.Update)
	open := func() datasets.OpenType {
		t.Helper()
		now, err := b.Service.Dataset(t.Context(), datasetstest.Visitor(), "village")
		if err != nil {
			t.Fatal(err)
		}
		return now.Open
	}
	e := b.change(t, c.ID).Entries[0]
	if b.summary(t, "village") != "新的" || open() != datasets.Conditional || !e.Waits() || len(e.Unreviewed) != 1 {
		t.Fatalf("open %s, %+v", open(), e)
	}
	act(c, catalogue.Report)
	items, err := b.Compile.Waiting(t.Context(), b.officer)
	if err != nil || !slices.ContainsFunc(items, func(i inbox.Item) bool { return i.ID == fmt.Sprint(c.ID) && strings.Contains(i.Ask, "开放审查") }) {
		t.Errorf("the officer is not told: %+v, %v", items, err)
	}
	if err := b.Compile.OpenHeld(t.Context(), b.officer, c.ID, "village"); fault.Of(err).Field != "open_type" || open() != datasets.Conditional {
		t.Errorf("opened without a review: %v", err)
	}
	if err := b.Compile.OpenHeld(t.Context(), b.confirm, c.ID, "village"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("opened by another: %v", err)
	}
	if _, err := b.Pool.Exec(t.Context(), `UPDATE opening_reviews SET decided_terms = '{"open": "unconditional"}'`); err != nil {
		t.Fatal(err)
	}
	if err := b.Compile.OpenHeld(t.Context(), b.officer, c.ID, "village"); err != nil || open() != datasets.Unconditional {
		t.Errorf("reviewed, and it is %s: %v", open(), err)
	}
	if err := b.Compile.OpenHeld(t.Context(), b.officer, c.ID, "village"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("opened twice: %v", err)
	}
}

// A reported change whose items another department has becomes a case, and goes
// on when that has ended (AB-15.4).
func TestAReportedChangeBecomesACase(t *testing.T) {
	b := newBodies(t, aba, false)
	b.public(t, "village")
	report := func(c *catalogue.Change) {
		b.write(t, c, "village", catalogue.Content{"summary": "新的", "items": "户数 | 户数 | 整数\n村名 | 村名"})
		for _, a := range []catalogue.ChangeAction{catalogue.Update, catalogue.Report} {
			if err := b.Compile.MoveChange(t.Context(), b.officer, c.ID, a, "", b.change(t, c.ID).Revision); err != nil {
				t.Fatal(err)
			}
		}
	}
	decide := func(c *catalogue.Change, a catalogue.ChangeAction, reason string) error {
		return b.Compile.MoveChange(t.Context(), b.confirm, c.ID, a, reason, b.change(t, c.ID).Revision)
	}
	c := b.record(t, "other", "2023-06-19", "village")
	report(c)
	if err := decide(c, catalogue.CallDuplicate, "重复"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a case with nobody: %v", err)
	}
	other := b.Department(t, func(d *datasets.Department) { d.Profile = aba })
	b.Dataset(t, func(d *datasets.Dataset) {
		d.Slug, d.Department, d.Items = "other", other, []datasets.Field{{Name: "村名", Type: "text"}}
	})
	if err := b.Compile.Import(t.Context(), account.System("test"), "other"); err != nil {
		t.Fatal(err)
	}
	if err := decide(c, catalogue.CallDuplicate, "与另一部门重复"); err != nil {
		t.Fatal(err)
	}
	if c = b.change(t, c.ID); c.State != catalogue.Duplicate || c.Case == 0 || c.CaseDone != nil {
		t.Fatalf("%s, case %d", c.State, c.Case)
	}
	if err := decide(c, catalogue.Resume, ""); fault.KindOf(err) != fault.Conflict {
		t.Errorf("it went on before the case had ended: %v", err)
	}
	if err := b.Compile.Sources().Move(t.Context(), b.confirm, c.Case, sources.Step{Action: sources.Decide, Revision: 1, Source: b.office.ID, Reason: "职责所在"}); err != nil {
		t.Fatal(err)
	}
	if err := decide(c, catalogue.Resume, ""); err != nil {
		t.Fatal(err)
	}
	if err := decide(c, catalogue.CallDuplicate, "再来"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("made into a case twice: %v", err)
	}
	if err := decide(c, catalogue.Approve, ""); err != nil {
		t.Error(err)
	}
}

// A change that was recorded by mistake is taken back with a reason, before it
// changed anything; the authority reads it, and no clock of it runs.
func TestAChangeRecordedByMistakeIsTakenBack(t *testing.T) {
	b := newBodies(t, fujian, false)
	b.Set(day(2026, 11, 2))
	b.public(t, "village")
	c := b.record(t, "other", "2026-10-08", "village")
	cancel := func(c *catalogue.Change, who account.Actor, reason string) error {
		return b.Compile.MoveChange(t.Context(), who, c.ID, catalogue.Cancel, reason, c.Revision)
	}
	if !c.Late(b.Clock()) {
		t.Fatal("it is not late")
	}
	if err := cancel(c, b.officer, " "); fault.Of(err).Field != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	if err := cancel(c, b.confirm, "误登"); err == nil {
		t.Error("the authority takes back what a department recorded")
	}
	if err := cancel(c, b.officer, "误登"); err != nil {
		t.Fatal(err)
	}
	c = b.change(t, c.ID)
	if c.State != catalogue.Cancelled || c.Reason != "误登" || c.Late(b.Clock()) || c.Running() != nil || len(c.Offers(b.officer)) != 0 {
		t.Errorf("%+v", c)
	}
	if seen, err := b.Compile.Change(t.Context(), b.confirm, c.ID); err != nil || seen.Reason != "误登" {
		t.Errorf("the authority: %+v, %v", seen, err)
	}
	if items, err := b.Compile.Waiting(t.Context(), b.officer); err != nil || len(items) != 0 {
		t.Errorf("it still waits: %+v, %v", items, err)
	}
	done := b.record(t, "other", "2026-11-01", "village")
	b.write(t, done, "village", catalogue.Content{"summary": "新的"})
	if err := b.Compile.MoveChange(t.Context(), b.officer, done.ID, catalogue.Update, "", done.Revision); err != nil {
		t.Fatal(err)
	}
	if err := cancel(b.change(t, done.ID), b.officer, "误登"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("after the catalogue was changed: %v", err)
	}
}
