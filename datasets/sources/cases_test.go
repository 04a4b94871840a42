package sources_test

import (
	"errors"
	"strings"
	"sync"
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

const (
	fujian = "cn-fujian-2023"
	anshan = "cn-liaoning-anshan-2022"
	aba    = "cn-sichuan-aba-2021"
)

// world is three departments under one text with an officer each, the authority
// over them, and one department under another text.
type world struct {
	*datasetstest.Catalogue
	*sources.Service
	tax, market, civil, other datasets.Department
	authority, stranger       account.Actor
}

func newWorld(t *testing.T, profile string) *world {
	t.Helper()
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	c.Set(time.Date(2026, 11, 23, 10, 0, 0, 0, datasetstest.China))
	w := &world{Catalogue: c, Service: c.Compile.Sources()}
	at := func(name, profile string) datasets.Department {
		return c.Department(t, func(d *datasets.Department) { d.Name, d.Profile = name, profile })
	}
	w.tax, w.market, w.civil, w.other = at("税务局", profile), at("市场监管局", profile), at("民政局", profile), at("外地局", anshan)
	over, far := at("数据管理局", profile), at("外地数据局", "cn-tianjin-2018")
	w.authority = person(over, account.Authority)
	w.stranger = person(far, account.Authority)
	return w
}

func person(d datasets.Department, role account.Role) account.Actor {
	return account.Actor{ID: 5000 + d.ID, Name: "示例人员", Roles: []account.Role{role}, Department: d.ID, Side: account.Manage, Session: strings.Repeat("0", 32)}
}

// fields are text items of these names.
func fields(names ...string) (out []datasets.Field) {
	for _, n := range names {
		out = append(out, datasets.Field{Name: n, Type: "text"})
	}
	return out
}

// entry makes a public entry that the authority has confirmed.
func (w *world) entry(t *testing.T, slug string, d datasets.Department, items ...string) *datasets.Dataset {
	t.Helper()
	made := w.Dataset(t, func(e *datasets.Dataset) {
		e.Slug, e.Title, e.Department, e.Items, e.CollectingOrg = slug, slug+" 名录", d, fields(items...), d.Name
	})
	if err := w.Compile.Import(t.Context(), account.System("test"), slug); err != nil {
		t.Fatal(err)
	}
	return made
}

// pair is what most tests need: two departments with three items in common.
func (w *world) pair(t *testing.T) (a, b *datasets.Dataset) {
	t.Helper()
	return w.entry(t, "taxpayers", w.tax, "年份", "企业名称（全称）", "统一社会信用代码", "法定代表人"),
		w.entry(t, "companies", w.market, "年份", "企业名称", "统一社会信用代码", "法定代表人", "注册资本")
}

func (w *world) open(t *testing.T) *sources.Case {
	t.Helper()
	id, err := w.OpenDuplicate(t.Context(), w.authority, "taxpayers", []string{"companies"}, "编目检查发现")
	if err != nil {
		t.Fatal(err)
	}
	return w.at(t, id)
}

func (w *world) at(t *testing.T, id int64) *sources.Case {
	t.Helper()
	c, err := w.Case(t.Context(), w.authority, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) step(t *testing.T, who account.Actor, id int64, a sources.Action, source int64, reason string) error {
	t.Helper()
	return w.Move(t.Context(), who, id, sources.Step{Action: a, Revision: w.at(t, id).Revision, Source: source, Reason: reason})
}

func kinds(t *testing.T, s inbox.Source, who account.Actor) (out []string) {
	t.Helper()
	items, err := s.Waiting(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		out = append(out, i.Kind+" "+i.Ask)
	}
	return out
}

// AB-15.4, AS-14.2: by item and not by title, and the officer is told before
// anything is submitted.
func TestItemsOfOthersAreFound(t *testing.T) {
	w := newWorld(t, fujian)
	a, _ := w.pair(t)
	w.entry(t, "same-title", w.civil, "年份", "地区", "备注")           // nothing but what places a row
	w.entry(t, "own", w.tax, "企业名称", "统一社会信用代码", "法定代表人")         // of the same department
	w.entry(t, "elsewhere", w.other, "企业名称", "统一社会信用代码", "法定代表人") // under another text
	hidden := w.Dataset(t, func(e *datasets.Dataset) {            // a draft of another department
		e.Slug, e.Department, e.Status, e.Items = "hidden", w.civil, datasets.Draft, fields("企业名称", "统一社会信用代码")
	})
	withheld := w.Dataset(t, func(e *datasets.Dataset) {
		e.Slug, e.Department, e.Open, e.Items = "withheld", w.civil, datasets.Withheld, fields("企业名称", "法定代表人")
	})
	if err := w.Compile.Import(t.Context(), account.System("test"), "withheld"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who  account.Actor
		want []string
	}{
		{datasetstest.Officer(w.tax), []string{"companies 3"}},
		{w.authority, []string{"companies 3", "withheld 2"}},
		{w.stranger, []string{"companies 3"}},
		{datasetstest.Visitor(), []string{"companies 3"}},
	} {
		found, err := w.Matches(t.Context(), c.who, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range found {
			got = append(got, m.Entry.Slug+" "+string('0'+rune(len(m.Items))))
			if m.Entry.ID == hidden.ID || m.Entry.ID == withheld.ID && !c.who.Is(account.Authority) {
				t.Errorf("%s was told of %s", c.who.Name, m.Entry.Slug)
			}
		}
		if strings.Join(got, ",") != strings.Join(c.want, ",") {
			t.Errorf("%v is told of %v, want %v", c.who.Roles, got, c.want)
		}
	}
	found, err := w.Matches(t.Context(), w.authority, a.ID)
	if err != nil || !found[0].Shared || found[0].Mine != 3 || found[0].Theirs != 4 {
		t.Errorf("%+v, %v", found[0], err)
	}
}

// Items come from the columns of a file, too.
func TestItemsOfFilesAreCompared(t *testing.T) {
	w := newWorld(t, fujian)
	w.entry(t, "companies", w.market, "企业名称", "法定代表人")
	d := w.Dataset(t, func(e *datasets.Dataset) { e.Slug, e.Department = "file", w.tax })
	w.Version(t, d, w.Resource(t, d), "a.csv", "企业名称,法定代表人\n甲,乙\n", fields("企业名称", "法定代表人")...)
	found, err := w.Matches(t.Context(), datasetstest.Officer(w.tax), d.ID)
	if err != nil || len(found) != 1 || len(found[0].Items) != 2 {
		t.Errorf("%+v, %v", found, err)
	}
}

// From the proposal of the system to the decision and what it means.
func TestADuplicateFromProposalToUse(t *testing.T) {
	w := newWorld(t, fujian)
	officer := datasetstest.Officer(w.market)
	w.pair(t)
	w.entry(t, "others", w.civil, "低保对象")
	// it is proposed when an entry is submitted
	if _, err := w.Compile.Create(t.Context(), datasetstest.Officer(w.civil), catalogue.NewEntry{Declaration: catalogue.NotSecret, Title: "社会组织", Slug: "associations"}); err != nil {
		t.Fatal(err)
	}
	w.put(t, "associations", w.civil, "企业名称", "法定代表人", "业务主管单位")
	waiting := kinds(t, w, w.authority)
	if len(waiting) != 1 || !strings.HasPrefix(waiting[0], "duplicate 看一看") {
		t.Fatalf("the authority has %v", waiting)
	}
	cases, err := w.Cases(t.Context(), w.authority, sources.Duplicate)
	if err != nil || len(cases) != 1 || cases[0].State != sources.Proposed || cases[0].Origin != sources.BySystem || len(cases[0].Parties) != 3 || len(cases[0].Items) != 2 || cases[0].Clock != nil {
		t.Fatalf("%+v, %v", cases, err)
	}
	id := cases[0].ID
	if _, err := w.Case(t.Context(), officer, id); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a department was told of a guess: %v", err)
	}
	if err := w.step(t, w.authority, id, sources.TakeUp, 0, ""); err != nil {
		t.Fatal(err)
	}
	c := w.at(t, id)
	if c.Clock == nil || !c.Clock.House() || c.Clock.Path != "duplicate_decision" || c.Clock.Last.Format(time.DateOnly) != "2026-12-14" {
		t.Errorf("the clock is %+v", c.Clock) // 15 working days after Monday the 23rd
	}
	for _, d := range []datasets.Department{w.tax, w.market, w.civil} {
		if got := kinds(t, w, datasetstest.Officer(d)); len(got) != 1 || got[0] != "duplicate 请说明本部门的意见" {
			t.Errorf("%s has %v", d.Name, got)
		}
	}
	if err := w.State(t.Context(), officer, id, sources.Said{Revision: c.Revision, Names: w.market.ID, Statement: "登记注册是我局法定职责。"}); err != nil {
		t.Fatal(err)
	}
	if got := kinds(t, w, officer); len(got) != 0 {
		t.Errorf("asked again: %v", got)
	}
	if err := w.step(t, w.authority, id, sources.Decide, w.market.ID, "登记机关是源头。"); err != nil {
		t.Fatal(err)
	}
	c = w.at(t, id)
	if c.State != sources.Decided || c.Chosen().ID != w.market.ID || len(c.Events) != 4 {
		t.Errorf("%s, %d steps", c.State, len(c.Events))
	}
	// the others use, and their catalogue must say so
	if got := kinds(t, w, datasetstest.Officer(w.tax)); len(got) != 1 || !strings.Contains(got[0], "按决定改目录") {
		t.Errorf("the user has %v", got)
	}
	if got := kinds(t, w, officer); len(got) != 0 {
		t.Errorf("the collector has %v", got)
	}
	for slug, own := range map[string]bool{"companies": true, "taxpayers": false} {
		d, err := w.Catalogue.Service.Dataset(t.Context(), datasetstest.Visitor(), slug)
		if err != nil {
			t.Fatal(err)
		}
		marks, err := w.Marks(t.Context(), d)
		if err != nil || len(marks) != 1 || marks[0].Own != own || marks[0].Source.ID != w.market.ID || len(marks[0].Items) != 2 || len(marks[0].Others) != 1 {
			t.Errorf("%s: %+v, %v", slug, marks, err)
		}
	}
	d, err := w.Catalogue.Service.Dataset(t.Context(), datasetstest.Visitor(), "taxpayers")
	if err != nil {
		t.Fatal(err)
	}
	uses, err := w.Uses(t.Context(), d.ID)
	if err != nil || len(uses) != 1 || uses[0].Collector != "市场监管局" || uses[0].Case != id {
		t.Errorf("%+v, %v", uses, err)
	}
	// an entry that says otherwise cannot be submitted again
	e, err := w.Compile.Entry(t.Context(), datasetstest.Officer(w.civil), "associations")
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, f := range e.Examine() {
		if f.Check == "one-source" && f.Blocks() && f.Field == "collecting_org" {
			said = f.Args[2].(string)
		}
	}
	if said != "市场监管局" {
		t.Errorf("the check names %q", said)
	}
}

// put writes what an entry says and submits it, by hand: what else the checks
// ask for is not what is tested.
func (w *world) put(t *testing.T, slug string, d datasets.Department, items ...string) {
	t.Helper()
	if _, err := w.Pool.Exec(t.Context(), `UPDATE datasets SET items = $2, collecting_org = $3 WHERE slug = $1`, slug, fields(items...), d.Name); err != nil {
		t.Fatal(err)
	}
	tx, err := w.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context()) //nolint:errcheck // committed below
	var id int64
	if err := tx.QueryRow(t.Context(), `SELECT id FROM datasets WHERE slug = $1`, slug).Scan(&id); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Propose(t.Context(), tx, id), w.Propose(t.Context(), tx, id), tx.Commit(t.Context())); err != nil { // twice is once
		t.Fatal(err)
	}
}

// AB-15.4: a decision names one department; two cannot both collect.
func TestOneItemIsDecidedOnce(t *testing.T) {
	w := newWorld(t, fujian)
	w.pair(t)
	w.entry(t, "third", w.civil, "企业名称", "统一社会信用代码")
	first := w.open(t)
	if err := w.step(t, w.authority, first.ID, sources.Decide, w.market.ID, "源头在登记。"); err != nil {
		t.Fatal(err)
	}
	id, err := w.OpenDuplicate(t.Context(), w.authority, "third", []string{"taxpayers"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.step(t, w.authority, id, sources.Decide, w.civil.ID, "另一案。"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an item was decided twice: %v", err)
	}
	if c := w.at(t, id); c.State != sources.Open || c.Source != 0 {
		t.Errorf("half of the decision was kept: %s", c.State)
	}
	// and not with the database in the hands, either
	for name, sql := range map[string]string{
		"a second source of an item":           `INSERT INTO item_sources (dataset_id, item, case_id, department_id, source_id) SELECT dataset_id, item, case_id, department_id, department_id FROM item_sources LIMIT 1`,
		"a source that the case does not name": `UPDATE item_sources SET source_id = department_id`,
		"a decision that names nobody":         `UPDATE source_cases SET source_id = NULL WHERE state = 'decided'`,
		"a decision without reasons":           `UPDATE source_cases SET reason = '' WHERE state = 'decided'`,
		"a source of a case that is open":      `UPDATE source_cases SET source_id = 1 WHERE state = 'open'`,
	} {
		if _, err := w.Pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	// taken up again, the item is free
	if err := w.step(t, w.authority, first.ID, sources.Reopen, 0, "职能调整。"); err != nil {
		t.Fatal(err)
	}
	if err := w.step(t, w.authority, id, sources.Decide, w.civil.ID, "另一案。"); err != nil {
		t.Error(err)
	}
}

func TestTwoPeopleDecideAtOnce(t *testing.T) {
	w := newWorld(t, fujian)
	w.pair(t)
	c := w.open(t)
	var done sync.WaitGroup
	errs := make([]error, 2)
	for i, d := range []datasets.Department{w.tax, w.market} {
		done.Go(func() {
			errs[i] = w.Move(t.Context(), w.authority, c.ID, sources.Step{Action: sources.Decide, Revision: c.Revision, Source: d.ID, Reason: "理由"})
		})
	}
	done.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("%v and %v", errs[0], errs[1])
	}
	if fault.KindOf(errors.Join(errs...)) != fault.Conflict {
		t.Errorf("the second was told %v", errors.Join(errs...))
	}
}

func TestWhatACaseRefuses(t *testing.T) {
	w := newWorld(t, fujian)
	w.pair(t)
	w.entry(t, "third", w.civil, "低保对象", "家庭人口")
	c := w.open(t)
	tax := datasetstest.Officer(w.tax)
	key := w.authority
	key.Session, key.Key, key.Scopes = "", "sy_x", []string{account.ScopePublish}
	head := person(w.tax, account.Head)
	for _, x := range []struct {
		name  string
		do    func() error
		kind  fault.Kind
		field string
	}{
		{"the same case twice", func() error {
			_, err := w.OpenDuplicate(t.Context(), w.authority, "companies", []string{"taxpayers"}, "")
			return err
		}, fault.Conflict, ""},
		{"no other entry", func() error { _, err := w.OpenDuplicate(t.Context(), w.authority, "third", nil, ""); return err }, fault.Invalid, "others"},
		{"entries without an item in common", func() error {
			_, err := w.OpenDuplicate(t.Context(), w.authority, "third", []string{"companies"}, "")
			return err
		}, fault.Invalid, "others"},
		{"an entry that there is not", func() error {
			_, err := w.OpenDuplicate(t.Context(), w.authority, "nothing", []string{"companies"}, "")
			return err
		}, fault.NotFound, ""},
		{"an officer opens", func() error {
			_, err := w.OpenDuplicate(t.Context(), tax, "taxpayers", []string{"companies"}, "")
			return err
		}, fault.Forbidden, ""},
		{"a key opens", func() error {
			_, err := w.OpenDuplicate(t.Context(), key, "taxpayers", []string{"companies"}, "")
			return err
		}, fault.Forbidden, ""},
		{"the authority of another text opens", func() error {
			_, err := w.OpenDuplicate(t.Context(), w.stranger, "taxpayers", []string{"companies"}, "")
			return err
		}, fault.NotFound, ""},
		{"the authority of another text decides", func() error { return w.step(t, w.stranger, c.ID, sources.Decide, w.tax.ID, "理由") }, fault.NotFound, ""},
		{"an officer decides", func() error { return w.step(t, tax, c.ID, sources.Decide, w.tax.ID, "理由") }, fault.Forbidden, ""},
		{"a department not concerned reads", func() error { _, err := w.Case(t.Context(), datasetstest.Officer(w.civil), c.ID); return err }, fault.NotFound, ""},
		{"and is named", func() error { return w.step(t, w.authority, c.ID, sources.Decide, w.civil.ID, "理由") }, fault.Invalid, "source"},
		{"nobody is named", func() error { return w.step(t, w.authority, c.ID, sources.Decide, 0, "理由") }, fault.Invalid, "source"},
		{"no reasons", func() error { return w.step(t, w.authority, c.ID, sources.Decide, w.tax.ID, " \n") }, fault.Invalid, "reason"},
		{"too many reasons", func() error {
			return w.step(t, w.authority, c.ID, sources.Decide, w.tax.ID, strings.Repeat("长", 20000))
		}, fault.Invalid, "reason"},
		{"reasons that are no text", func() error { return w.step(t, w.authority, c.ID, sources.Decide, w.tax.ID, "\xff") }, fault.Invalid, "reason"},
		{"closed without reasons", func() error { return w.step(t, w.authority, c.ID, sources.Close, 0, "") }, fault.Invalid, "reason"},
		{"a step of the other kind", func() error { return w.step(t, w.authority, c.ID, sources.Refer, 0, "理由") }, fault.Conflict, ""},
		{"a step that there is not", func() error { return w.step(t, w.authority, c.ID, "burn", 0, "理由") }, fault.Conflict, ""},
		{"settled by hand", func() error { return w.step(t, tax, c.ID, sources.Settle, w.tax.ID, "理由") }, fault.Forbidden, ""},
		{"seen before it changed", func() error {
			return w.Move(t.Context(), w.authority, c.ID, sources.Step{Action: sources.Decide, Revision: 99, Source: w.tax.ID, Reason: "理由"})
		}, fault.Conflict, ""},
		{"a head states", func() error {
			return w.State(t.Context(), head, c.ID, sources.Said{Revision: c.Revision, Names: w.tax.ID, Statement: "我们"})
		}, fault.Forbidden, ""},
		{"a statement without words", func() error {
			return w.State(t.Context(), tax, c.ID, sources.Said{Revision: c.Revision, Names: w.tax.ID})
		}, fault.Invalid, "statement"},
		{"a statement for one not concerned", func() error {
			return w.State(t.Context(), tax, c.ID, sources.Said{Revision: c.Revision, Names: w.civil.ID, Statement: "他们"})
		}, fault.Invalid, "names"},
	} {
		if err := x.do(); fault.KindOf(err) != x.kind || fault.Of(err).Field != x.field {
			t.Errorf("%s: %v at %q", x.name, err, fault.Of(err).Field)
		}
	}
	if now := w.at(t, c.ID); now.Revision != c.Revision || now.State != sources.Open {
		t.Errorf("something was kept: %s, revision %d", now.State, now.Revision)
	}
}

// AB-29: the departments settle it, or the authority decides.
func TestValuesThatDisagree(t *testing.T) {
	w := newWorld(t, aba)
	w.Set(time.Date(2023, 6, 20, 10, 0, 0, 0, datasetstest.China))
	w.pair(t)
	tax, market := datasetstest.Officer(w.tax), datasetstest.Officer(w.market)
	id, err := w.OpenInconsistency(t.Context(), tax, sources.NewInconsistency{One: "taxpayers", Other: "companies", About: "法定代表人有 3 家不一致", FromCorrection: true})
	if err != nil {
		t.Fatal(err)
	}
	c := w.at(t, id)
	if c.State != sources.Negotiating || c.Origin != sources.ByCorrection || c.Clock == nil || !c.Clock.House() || c.Clock.Last.Format(time.DateOnly) != "2023-07-05" {
		t.Errorf("%s by %s until %+v", c.State, c.Origin, c.Clock)
	}
	mark := func(slug string) sources.Mark {
		d, err := w.Catalogue.Service.Dataset(t.Context(), datasetstest.Visitor(), slug)
		if err != nil {
			t.Fatal(err)
		}
		all, err := w.Marks(t.Context(), d)
		if err != nil || len(all) != 1 {
			t.Fatalf("%+v, %v", all, err)
		}
		return all[0]
	}
	if m := mark("companies"); !m.Checking() || len(m.Others) != 1 || m.Others[0].Slug != "taxpayers" {
		t.Errorf("the public page says %+v", m)
	}
	say := func(who account.Actor, names int64) error {
		return w.State(t.Context(), who, id, sources.Said{Revision: w.at(t, id).Revision, Names: names, Statement: "依据"})
	}
	if err := errors.Join(say(tax, w.tax.ID), say(market, w.market.ID)); err != nil {
		t.Fatal(err)
	}
	if err := w.step(t, market, id, sources.Refer, 0, ""); fault.Of(err).Field != "reason" {
		t.Errorf("referred without reasons: %v", err)
	}
	if err := w.step(t, market, id, sources.Refer, 0, "两次会商未果。"); err != nil {
		t.Fatal(err)
	}
	if c = w.at(t, id); c.State != sources.Referred || c.Clock.Path != "authority_decision" || c.Clock.Last.Format(time.DateOnly) != "2023-07-12" {
		t.Errorf("%s until %+v", c.State, c.Clock)
	}
	if got := kinds(t, w, w.authority); len(got) != 1 || !strings.HasPrefix(got[0], "inconsistency 各部门没有协商一致") {
		t.Errorf("the authority has %v", got)
	}
	if err := w.step(t, w.authority, id, sources.Decide, w.market.ID, "登记为准。"); err != nil {
		t.Fatal(err)
	}
	if m := mark("taxpayers"); m.Checking() || m.Own || m.Source.ID != w.market.ID {
		t.Errorf("after the decision: %+v", m)
	}
	if open, err := w.OpenClocks(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("still running: %+v, %v", open, err)
	}
	// another time they agree
	if id, err = w.OpenInconsistency(t.Context(), w.authority, sources.NewInconsistency{One: "companies", Other: "taxpayers", About: "又有不一致"}); err != nil {
		t.Fatal(err)
	}
	if open, err := w.OpenClocks(t.Context()); err != nil || len(open) != 1 || open[0].Kind != "inconsistency" || open[0].Ref.Path != "inconsistency_negotiation" {
		t.Errorf("running: %+v, %v", open, err)
	}
	if err := errors.Join(say(tax, w.market.ID), say(market, w.market.ID)); err != nil {
		t.Fatal(err)
	}
	if c = w.at(t, id); c.State != sources.Settled || c.Source != w.market.ID || c.Reason != "" {
		t.Errorf("%s, source %d", c.State, c.Source)
	}
}

func TestWhatCannotDisagree(t *testing.T) {
	w := newWorld(t, fujian)
	w.pair(t)
	w.entry(t, "own", w.tax, "甲")
	w.entry(t, "elsewhere", w.other, "甲")
	w.Dataset(t, func(e *datasets.Dataset) { e.Slug, e.Department, e.Status = "draft", w.market, datasets.Draft })
	w.Dataset(t, func(e *datasets.Dataset) { e.Slug, e.Department, e.Open = "withheld", w.market, datasets.Withheld })
	good := sources.NewInconsistency{One: "taxpayers", Other: "companies", About: "不一致"}
	tax := datasetstest.Officer(w.tax)
	for _, x := range []struct {
		name  string
		who   account.Actor
		alter func(*sources.NewInconsistency)
		kind  fault.Kind
		field string
	}{
		{"a visitor", datasetstest.Visitor(), func(*sources.NewInconsistency) {}, fault.Forbidden, ""},
		{"a department not concerned", datasetstest.Officer(w.civil), func(*sources.NewInconsistency) {}, fault.Forbidden, ""},
		{"the authority of another text", w.stranger, func(*sources.NewInconsistency) {}, fault.Forbidden, ""},
		{"nothing said", tax, func(n *sources.NewInconsistency) { n.About = "" }, fault.Invalid, "about"},
		{"no such entry", tax, func(n *sources.NewInconsistency) { n.Other = "nothing" }, fault.Invalid, "other"},
		{"a draft of another", tax, func(n *sources.NewInconsistency) { n.Other = "draft" }, fault.Invalid, "other"},
		{"what is withheld", tax, func(n *sources.NewInconsistency) { n.Other = "withheld" }, fault.Invalid, "other"},
		{"one department with itself", tax, func(n *sources.NewInconsistency) { n.Other = "own" }, fault.Invalid, "other"},
		{"one entry with itself", tax, func(n *sources.NewInconsistency) { n.Other = "taxpayers" }, fault.Invalid, "other"},
		{"a department under another text", tax, func(n *sources.NewInconsistency) { n.Other = "elsewhere" }, fault.Invalid, "other"},
		{"the first time", tax, func(*sources.NewInconsistency) {}, -1, ""},
		{"the same case twice, the other way round", datasetstest.Officer(w.market), func(n *sources.NewInconsistency) { n.One, n.Other = n.Other, n.One }, fault.Conflict, ""},
	} {
		n := good
		x.alter(&n)
		if _, err := w.OpenInconsistency(t.Context(), x.who, n); fault.KindOf(err) != x.kind || err != nil && fault.Of(err).Field != x.field {
			t.Errorf("%s: %v", x.name, err)
		}
	}
}

// Rows are held against each other by the key that both have, through the Gate.
func TestWhereRowsDisagree(t *testing.T) {
	w := newWorld(t, fujian)
	columns := []datasets.Field{{Name: "统一社会信用代码", Type: "text", Key: true}, {Name: "法定代表人", Type: "text"}, {Name: "注册资本", Type: "integer"}}
	make := func(slug string, d datasets.Department, text string, fields ...datasets.Field) {
		e := w.Dataset(t, func(e *datasets.Dataset) { e.Slug, e.Department = slug, d })
		w.Version(t, e, w.Resource(t, e), "a.csv", text, fields...)
	}
	make("taxpayers", w.tax, "统一社会信用代码,法定代表人,注册资本\nA1,张,100\nA2,李,200\nA3,王,300\nA4,赵,400\n", columns...)
	other := append([]datasets.Field{}, columns...)
	other[0].Key = false
	make("companies", w.market, "注册资本,统一社会信用代码,法定代表人\n100,A1,张\n250,A2,李四\n300,A3,王\n500,A5,钱\n", other[2], other[0], other[1])
	id, err := w.OpenInconsistency(t.Context(), datasetstest.Officer(w.tax), sources.NewInconsistency{One: "taxpayers", Other: "companies", About: "不一致"})
	if err != nil {
		t.Fatal(err)
	}
	c := w.at(t, id)
	d, err := w.Disagree(t.Context(), datasetstest.Officer(w.tax), c)
	if err != nil {
		t.Fatal(err)
	}
	if d.Why != datasets.ByKey || len(d.Key) != 1 || d.Same != 2 || d.Differ != 1 || d.OnlyOne != 1 || d.OnlyOther != 1 || d.Cells["注册资本"] != 1 || d.Cells["法定代表人"] != 1 {
		t.Errorf("%+v", d)
	}
	if len(d.Sample) != 1 || d.Sample[0].Key[0] != "A2" || len(d.Sample[0].Values) != 2 || d.Sample[0].Values[0] != (datasets.Disagreed{Column: "法定代表人", One: "李", Other: "李四"}) {
		t.Errorf("%+v", d.Sample)
	}
	// since then one of them is withheld: nothing of it to anybody else
	if _, err := w.Pool.Exec(t.Context(), `UPDATE datasets SET open_type = 'withheld', open_basis = '{x}' WHERE slug = 'companies'`); err != nil {
		t.Fatal(err)
	}
	if d, err := w.Disagree(t.Context(), datasetstest.Officer(w.tax), c); err == nil {
		t.Errorf("%+v", d)
	}
}
