package sharing_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/licensing/sharing"
)

const (
	tianjin = "cn-tianjin-2018"
	aba     = "cn-sichuan-aba-2021"
	anshan  = "cn-liaoning-anshan-2022"
	fujian  = "cn-fujian-2023"
)

// world is a department that has data, one that asks for them, a third, and the
// authority over the first.
type world struct {
	*datasetstest.Catalogue
	*sharing.Service
	provider, asker, third, office, far datasets.Department
	officer, user, stranger, authority  account.Actor
	elsewhere                           account.Actor // authority under another text
	entry                               *datasets.Dataset
}

func newWorld(t testing.TB, profile string, options ...func(*datasets.Dataset)) *world {
	t.Helper()
	return newWorldOn(t, datasetstest.New(t, licensing.Gate{}), profile, options...)
}

func newWorldOn(t testing.TB, c *datasetstest.Catalogue, profile string, options ...func(*datasets.Dataset)) *world {
	t.Helper()
	w := &world{Catalogue: c}
	at := func(name, profile string) datasets.Department {
		return c.Department(t, func(d *datasets.Department) { d.Name, d.Profile = name, profile })
	}
	w.provider, w.asker, w.third, w.office, w.far = at("示例公安局", profile), at("示例民政局", profile), at("示例教育局", profile), at("示例数据局", profile), at("外地数据局", "cn-x")
	person := func(d datasets.Department, id int64, role account.Role) account.Actor {
		return account.Actor{ID: id, Name: "示例" + string(role), Roles: []account.Role{role}, Department: d.ID, Side: account.Manage, Session: strings.Repeat("0", 32)}
	}
	w.officer, w.user, w.stranger = person(w.provider, 5001, account.Officer), person(w.asker, 5002, account.Officer), person(w.third, 5003, account.Officer)
	w.authority, w.elsewhere = person(w.office, 5004, account.Authority), person(w.far, 5005, account.Authority)
	w.Service = w.service(t)
	w.entry = w.make(t, append([]func(*datasets.Dataset){conditional}, options...)...)
	return w
}

// conditional is an entry withheld from the public and shared on two conditions.
func conditional(d *datasets.Dataset) {
	d.Open, d.ShareType = datasets.Withheld, string(datasets.Conditional)
	d.ShareBasis, d.OpenBasis = []string{"《示例条例》第八条"}, []string{"《示例条例》第八条"}
	d.ShareConditions, d.RequiredMaterials = "1. 有法定职责\n2. 有安全保障", "履职依据"
	d.Filings = []datasets.Filing{{Date: "2020-01-02", With: "本级互联网信息主管部门"}}
}

func (w *world) service(t testing.TB) *sharing.Service {
	t.Helper()
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	return sharing.New(w.Pool, w.Catalogue.Service, book, deadline.New(book, func() workdays.Calendar { return calendar }), w.Clock)
}

// make is an entry of the provider with a file.
func (w *world) make(t testing.TB, options ...func(*datasets.Dataset)) *datasets.Dataset {
	t.Helper()
	d := w.Dataset(t, append([]func(*datasets.Dataset){func(d *datasets.Dataset) { d.Department = w.provider }}, options...)...)
	w.Version(t, d, w.Resource(t, d), "people.csv", "姓名,住址,年份\n张三,某处,2025\n", datasets.Field{Name: "姓名", Type: "text"}, datasets.Field{Name: "住址", Type: "text"}, datasets.Field{Name: "年份", Type: "integer"})
	return d
}

// on sets the clock to noon of a day in China.
func (w *world) on(day string) {
	at, err := time.ParseInLocation(time.DateOnly, day, datasetstest.China)
	if err != nil {
		panic(err)
	}
	w.Set(at.Add(12 * time.Hour))
}

func asked() sharing.Asked {
	return sharing.Asked{Basis: "《示例条例》第三条", Purpose: "核对低保对象的户籍", Scenario: "低保审核", Scope: "本市户籍人口", Method: "接口", Needs: "每周更新", Months: 6, Answers: []string{"示例〔2023〕1号"}, Pledge: true}
}

func (w *world) file(t testing.TB) *sharing.Request {
	t.Helper()
	r, err := w.Service.File(t.Context(), w.user, w.entry.Slug, "", asked())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) at(t testing.TB, id int64) *sharing.Request {
	t.Helper()
	r, _, _, err := w.One(t.Context(), w.user, id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// step makes a move by who on the request as it is.
func (w *world) step(t testing.TB, who account.Actor, r *sharing.Request, s sharing.Step) error {
	t.Helper()
	s.Revision = w.at(t, r.ID).Revision
	_, err := w.Move(t.Context(), who, r.ID, s)
	return err
}

func (w *world) must(t testing.TB, who account.Actor, r *sharing.Request, s sharing.Step) *sharing.Request {
	t.Helper()
	if err := w.step(t, who, r, s); err != nil {
		t.Fatalf("%s: %v", s.Action, err)
	}
	return w.at(t, r.ID)
}

var (
	met     = []bool{true, true}
	unmet   = []bool{true, false}
	statute = datasets.LegalBasis{Kind: "法律", Instrument: "中华人民共和国示例法", Article: "第八条", Quote: "不得提供给其他部门"}
	rule    = datasets.LegalBasis{Kind: "规章", Instrument: "示例规章", Article: "第九条", Quote: "不得提供给其他部门"}
	local   = datasets.LegalBasis{Kind: "地方性法规", Instrument: "示例条例", Article: "第十条", Quote: "不得提供给其他部门"}
)

func supply() sharing.Step {
	return sharing.Step{Action: sharing.Supply, Verdicts: met, Given: sharing.Given{Guidance: "联系数据处"}}
}

func refuse(verdicts []bool, bases ...datasets.LegalBasis) sharing.Step {
	return sharing.Step{Action: sharing.Refuse, Verdicts: verdicts, Words: "申请的范围超出职责", Bases: bases}
}

func clock(t testing.TB, r *sharing.Request, of sharing.Which) (day string, house bool, c *sharing.Clock) {
	t.Helper()
	for i := range r.Clocks {
		if r.Clocks[i].Of == of {
			c = &r.Clocks[i]
		}
	}
	if c == nil || c.Clock == nil {
		return "", false, nil
	}
	return c.Clock.Last.Format(time.DateOnly), c.Clock.House(), c
}

// AB-27 counts from receipt and TJ-17 from acceptance (law matrix 4, row 3); the
// others are the platform's rules. The days are counted by hand (2.8 and beyond).
func TestWhenAnAnswerIsDue(t *testing.T) {
	for _, c := range []struct {
		profile, received, accepted string // accepted empty: by nobody
		acceptance, answer          string
		house                       bool
	}{
		{tianjin, "2024-09-27", "2024-09-27", "2024-09-30", "2024-09-30", false}, // Sunday the 29th was worked
		{tianjin, "2024-09-30", "2024-09-30", "2024-10-09", "2024-10-09", false}, // the holiday of October
		{tianjin, "2024-02-09", "2024-02-09", "2024-02-19", "2024-02-19", false}, // Sunday the 18th was worked
		{tianjin, "2024-09-26", "2024-09-27", "2024-09-29", "2024-09-30", false}, // from acceptance, not from receipt
		{aba, "2023-06-19", "", "2023-06-21", "2023-06-29", false},               // Dragon boat; Sunday the 25th was worked
		{aba, "2023-09-18", "2023-09-20", "2023-09-20", "2023-09-27", false},     // from receipt, whenever it was accepted
		{aba, "2023-09-26", "", "2023-09-28", "2023-10-11", false},               // past the last day of the text
		{aba, "2023-10-10", "", "2023-10-12", "2023-10-19", false},               // received on its last day
		{anshan, "2024-09-27", "", "2024-09-30", "2024-10-12", true},             // 29 and 30 Sept, 8 to 12 Oct: Saturday the 12th was worked
		{fujian, "2023-12-25", "", "2023-12-27", "2024-01-04", true},             // year boundary
	} {
		w := newWorld(t, c.profile)
		w.on(c.received)
		r := w.file(t)
		if c.accepted != "" {
			w.on(c.accepted)
			r = w.must(t, w.officer, r, sharing.Step{Action: sharing.Accept})
		}
		if got, house, _ := clock(t, r, sharing.Acceptance); got != c.acceptance || !house {
			t.Errorf("%s received %s: to be accepted by %s (house %t), want %s", c.profile, c.received, got, house, c.acceptance)
		}
		if got, house, _ := clock(t, r, sharing.Answer); got != c.answer || house != c.house {
			t.Errorf("%s received %s, accepted %s: to be answered by %s (house %t), want %s", c.profile, c.received, c.accepted, got, house, c.answer)
		}
	}
}

// Nobody can put TJ-17 off by not accepting: the platform accepts at the end of
// the time to accept, and the two days run from there, also before any job ran.
func TestWhatNobodyAcceptsIsAccepted(t *testing.T) {
	w := newWorld(t, tianjin)
	w.on("2024-09-26")
	r := w.file(t) // Thursday: to be accepted by Sunday the 29th, which was worked
	w.on("2024-09-29")
	if r = w.at(t, r.ID); r.State != sharing.Received {
		t.Fatalf("%s on the last day", r.State)
	}
	w.on("2024-10-08")
	before := w.at(t, r.ID)
	if err := w.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := w.at(t, r.ID)
	for name, r := range map[string]*sharing.Request{"before the job": before, "after it": after} {
		day, _, c := clock(t, r, sharing.Answer)
		if r.State != sharing.Accepted || day != "2024-10-08" || c.From.In(workdays.Zone).Format(time.DateOnly) != "2024-09-29" {
			t.Errorf("%s: %s, answer by %s, from %v", name, r.State, day, c)
		}
	}
	if len(after.Events) != 2 || after.Events[1].Act != sharing.Accept || after.Events[1].By != "share-acceptance" || before.Revision != after.Revision {
		t.Errorf("%+v", after.Events)
	}
	w.on("2024-10-09")
	if r := w.at(t, r.ID); !r.Late(w.Clock()) {
		t.Error("not late")
	}
	// it may come in the very act of the provider
	other := newWorld(t, tianjin)
	other.on("2024-09-26")
	r = other.file(t)
	other.on("2024-10-08")
	if r = other.must(t, other.officer, r, supply()); r.State != sharing.Supplied || len(r.Events) != 3 || r.Events[1].Act != sharing.Accept {
		t.Errorf("%s, %+v", r.State, r.Events)
	}
}

// TJ-17 is kept when the data are there: a promise stops no clock. AB-27 asks for
// an answer.
func TestWhatKeepsTheTime(t *testing.T) {
	for profile, stops := range map[string]bool{tianjin: false, aba: true, anshan: true, fujian: true} {
		w := newWorld(t, profile)
		w.on("2023-09-18")
		if profile == fujian {
			w.on("2024-09-18")
		}
		r := w.file(t)
		r = w.must(t, w.officer, r, sharing.Step{Action: sharing.Accept})
		agree := supply()
		agree.Action = sharing.Agree
		r = w.must(t, w.officer, r, agree)
		if _, _, c := clock(t, r, sharing.Answer); (c.Stopped != nil) != stops {
			t.Errorf("%s: promised, stopped: %v", profile, c.Stopped)
		}
		if r = w.must(t, w.officer, r, sharing.Step{Action: sharing.Supply}); r.State != sharing.Supplied || r.Grant == nil || r.Running() != nil {
			t.Errorf("%s: %s, %+v", profile, r.State, r.Grant)
		}
	}
	// what is not there cannot be supplied
	w := newWorld(t, tianjin)
	w.entry = w.Dataset(t, func(d *datasets.Dataset) { d.Department = w.provider }, conditional)
	r := w.file(t)
	if err := w.step(t, w.officer, r, supply()); fault.KindOf(err) != fault.Conflict {
		t.Errorf("supplied nothing: %v", err)
	}
	agree := supply()
	agree.Action = sharing.Agree
	r = w.must(t, w.officer, r, agree)
	if err := w.step(t, w.officer, r, sharing.Step{Action: sharing.Supply}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("supplied nothing: %v", err)
	}
}

// What each text asks of a refusal (law matrix 4, rows 4 and 6; AS-21, FJ-3.1).
func TestWhatARefusalCarries(t *testing.T) {
	for _, c := range []struct {
		name, profile string
		step          sharing.Step
		field         string // empty: it stands
	}{
		{"no reason", anshan, sharing.Step{Action: sharing.Refuse, Verdicts: unmet}, "words"},
		{"conditions not looked at", anshan, refuse(nil), "conditions"},
		{"one of them not", anshan, refuse([]bool{true}), "conditions"},
		{"all met, AS-21", anshan, refuse(met), "conditions"},
		{"all met and a legal ground", anshan, refuse(met, statute), ""},
		{"one unmet: a reason is enough, AS-21", anshan, refuse(unmet), ""},
		{"a basis that is none", anshan, refuse(unmet, datasets.LegalBasis{Kind: "法律", Instrument: "有关规定", Article: "第一条", Quote: "略"}), "basis"},

		{"no basis, TJ-17", tianjin, refuse(unmet), "basis"},
		{"a rule is one, TJ-16", tianjin, refuse(unmet, rule), ""},
		{"a local regulation is one", tianjin, refuse(unmet, local), ""},
		{"a policy is none", tianjin, refuse(unmet, datasets.LegalBasis{Kind: "国务院政策", Instrument: "示例意见", Article: "二", Quote: "不得"}), "basis"},

		{"no basis, AB-23", aba, refuse(unmet), "basis"},
		{"a rule is none, AB-23", aba, refuse(unmet, rule), "basis"},
		{"a local regulation is none", aba, refuse(unmet, local), "basis"},
		{"one of two is none", aba, refuse(unmet, statute, rule), "basis"},
		{"a policy of the State Council is one", aba, refuse(unmet, datasets.LegalBasis{Kind: "国务院政策", Instrument: "示例意见", Article: "二", Quote: "不得"}), ""},
		{"met, and a law", aba, refuse(met, statute), ""},

		{"no ground, FJ-3.1", fujian, refuse(unmet), "basis"},
		{"some document is no statutory ground", fujian, refuse(unmet, datasets.LegalBasis{Kind: "其他规范性文件", Instrument: "示例通知", Article: "二", Quote: "不得"}), "basis"},
		{"a law", fujian, refuse(unmet, statute), ""},
	} {
		w := newWorld(t, c.profile)
		if c.profile == aba {
			w.on("2023-09-18")
		}
		r := w.file(t)
		err := w.step(t, w.officer, r, c.step)
		if f := fault.Of(err); (err == nil) != (c.field == "") || err != nil && (f.Kind != fault.Invalid || f.Field != c.field) {
			t.Errorf("%s, %s: %v", c.profile, c.name, err)
		}
		if r = w.at(t, r.ID); (r.State == sharing.Refused) != (c.field == "") {
			t.Errorf("%s, %s: %s", c.profile, c.name, r.State)
		}
	}
}

// TJ-16: the limit was filed with the authority, or nothing rests on it.
func TestARefusalInTianjinIsFiled(t *testing.T) {
	w := newWorld(t, tianjin, func(d *datasets.Dataset) { d.Filings = nil })
	r := w.file(t)
	step := refuse(unmet, rule)
	if err := w.step(t, w.officer, r, step); fault.Of(err).Field != "filed" || !strings.Contains(fault.Of(err).Text(), "本级互联网信息主管部门") {
		t.Errorf("not filed: %v", err)
	}
	for _, day := range []string{"2099-01-01", "yesterday", "2024-02-30"} {
		step.Filed = day
		if err := w.step(t, w.officer, r, step); fault.Of(err).Field != "filed" {
			t.Errorf("%s: %v", day, err)
		}
	}
	step.Filed = "2024-02-29"
	if r = w.must(t, w.officer, r, step); r.Filed != "2024-02-29" {
		t.Errorf("%q", r.Filed)
	}
}

// A text that lapses while a case is open binds it on (AB-49); a later case falls
// under the strictest of what is left.
func TestTheTextOfTheDayOfReceipt(t *testing.T) {
	w := newWorld(t, aba)
	w.on("2023-10-09")
	r := w.file(t)
	w.on("2023-10-16")
	r = w.at(t, r.ID)
	if p := r.Rules().Profile; p == nil || p.ID() != aba || r.Rules().Accepted {
		t.Errorf("%+v", r.Rules())
	}
	if err := w.step(t, w.officer, r, refuse(unmet, rule)); fault.Of(err).Field != "basis" {
		t.Errorf("a rule counts once the text has lapsed: %v", err)
	}
	w.must(t, w.officer, r, refuse(unmet, statute))
	late := w.file(t)
	if rules := late.Rules(); rules.Profile != nil || rules.Lapsed == nil || !rules.Accepted || !rules.Supplied || !rules.Must.House || !rules.Basis.House {
		t.Errorf("%+v", rules)
	}
	late = w.must(t, w.officer, late, sharing.Step{Action: sharing.Accept})
	if day, house, _ := clock(t, late, sharing.Answer); day != "2023-10-18" || !house {
		t.Errorf("by %s, house %t", day, house)
	}
}

// TJ-17: negotiation with each position written down, then the authority, whose
// word is binding.
func TestFromRefusalToDecision(t *testing.T) {
	w := newWorld(t, tianjin)
	w.on("2024-09-18")
	r := w.file(t)
	r = w.must(t, w.officer, r, refuse(unmet, rule))
	if err := w.step(t, w.user, r, sharing.Step{Action: sharing.Refer, Words: "请决定"}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("referred without negotiation: %v", err)
	}
	r = w.must(t, w.user, r, sharing.Step{Action: sharing.Negotiate, Words: "低保审核是法定职责"})
	r = w.must(t, w.officer, r, sharing.Step{Action: sharing.Say, Words: "可以只给核对结果"})
	if day, house, _ := clock(t, r, sharing.Negotiation); day != "2024-10-08" || !house { // 10 working days
		t.Errorf("negotiation until %s", day)
	}
	for who, want := range map[string]struct {
		account.Actor
		n int
	}{"provider": {w.officer, 1}, "asker": {w.user, 1}, "third": {w.stranger, 0}, "authority": {w.authority, 0}} {
		if items, err := w.Waiting(t.Context(), want.Actor); err != nil || len(items) != want.n {
			t.Errorf("%s has %+v, %v", who, items, err)
		}
	}
	r = w.must(t, w.user, r, sharing.Step{Action: sharing.Refer, Words: "协商不成"})
	if err := w.step(t, w.officer, r, sharing.Step{Action: sharing.Order, Words: "我说了算"}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the provider decides: %v", err)
	}
	if _, err := w.Move(t.Context(), w.elsewhere, r.ID, sharing.Step{Action: sharing.Order, Words: "x", Revision: r.Revision}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an authority under another text: %v", err)
	}
	if items, err := w.Waiting(t.Context(), w.authority); err != nil || len(items) != 1 || items[0].Clock == nil || items[0].Clock.Path != "authority_decision" {
		t.Errorf("%+v, %v", items, err)
	}
	if err := w.step(t, w.authority, r, sharing.Step{Action: sharing.Order}); fault.Of(err).Field != "words" {
		t.Errorf("decided without a word: %v", err)
	}
	w.on("2024-09-27")
	r = w.must(t, w.authority, r, sharing.Step{Action: sharing.Order, Words: "应当共享"})
	if day, house, _ := clock(t, r, sharing.Answer); r.State != sharing.Agreed || !r.Overturned || day != "2024-09-30" || house {
		t.Errorf("%s, by %s", r.State, day)
	}
	if err := w.step(t, w.officer, r, refuse(unmet, rule)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("refused again: %v", err)
	}
	r = w.must(t, w.officer, r, supply())
	if r.State != sharing.Supplied || r.Grant == nil {
		t.Errorf("%s", r.State)
	}
	score, err := w.ScoreOf(t.Context(), w.provider.Slug)
	if err != nil || score.Overturned != (datasets.Share{Yes: 1, All: 1}) || score.InTime.Yes != score.InTime.All {
		t.Errorf("%+v, %v", score, err)
	}
	// another time the refusal stands
	r = w.file(t)
	r = w.must(t, w.officer, r, refuse(unmet, rule))
	r = w.must(t, w.user, r, sharing.Step{Action: sharing.Negotiate, Words: "还是要"})
	r = w.must(t, w.officer, r, sharing.Step{Action: sharing.Refer, Words: "谈不拢"})
	r = w.must(t, w.authority, r, sharing.Step{Action: sharing.Uphold, Words: "不予共享"})
	if r.State != sharing.Upheld || r.Running() != nil {
		t.Errorf("%s", r.State)
	}
	if err := w.step(t, w.user, r, sharing.Step{Action: sharing.Negotiate, Words: "再来"}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("negotiated after the decision: %v", err)
	}
}

// What is shared without condition is had at once, for a purpose.
func TestWhatIsSharedWithoutCondition(t *testing.T) {
	w := newWorld(t, aba)
	w.on("2023-09-18")
	open := w.make(t, func(d *datasets.Dataset) {
		d.Open, d.OpenBasis = datasets.Withheld, []string{"《示例条例》第八条"}
	})
	for field, a := range map[string]sharing.Asked{"purpose": {Pledge: true}, "pledge": {Purpose: "核对"}} {
		if _, err := w.Service.File(t.Context(), w.user, open.Slug, "", a); fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	r, err := w.Service.File(t.Context(), w.user, open.Slug, "", sharing.Asked{Purpose: "核对", Pledge: true})
	if err != nil || r.State != sharing.Supplied || r.Kind != sharing.Direct {
		t.Fatalf("%+v, %v", r, err)
	}
	r = w.at(t, r.ID)
	if r.Grant == nil || r.Grant.Purpose != "核对" || r.Grant.LastDay.Format(time.DateOnly) != "2024-09-18" || r.Grant.Ends.In(workdays.Zone).Format(time.DateTime) != "2024-09-19 00:00:00" {
		t.Errorf("%+v", r.Grant)
	}
	if len(r.Events) != 1 || len(r.Clocks) != 0 {
		t.Errorf("%+v, %+v", r.Events, r.Clocks)
	}
	if got := w.scopes(t, w.user, open); len(got) != 1 || len(got[0].Columns) != 0 {
		t.Errorf("%+v", got)
	}
	// a text without such a sharing type left: the request is what the entry says
	if _, err := w.Service.File(t.Context(), w.user, open.Slug, sharing.Share, asked()); fault.KindOf(err) != fault.Conflict {
		t.Errorf("%v", err)
	}
}

func (w *world) scopes(t testing.TB, who account.Actor, d *datasets.Dataset) []sharing.Scope {
	t.Helper()
	got, err := w.Allows(t.Context(), who, d.ID, w.Clock())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// A grant is of one department, with a session, until its last day has passed,
// and only while the entry is there and shared (TJ-18, AS-22, AB-23).
func TestWhomAGrantAllows(t *testing.T) {
	w := newWorld(t, aba)
	w.on("2023-09-18")
	step := supply()
	step.Given.Until, step.Given.Columns = "2023-09-25", []string{"姓名", "年份"}
	r := w.must(t, w.officer, w.file(t), step)
	key, reviewer := w.user, w.user
	key.Key, key.Session = "sy_x", ""
	reviewer.Roles = []account.Role{account.SecurityReviewer}
	head := w.user
	head.Roles = []account.Role{account.Head}
	for name, c := range map[string]struct {
		who  account.Actor
		want int
	}{"its officer": {w.user, 1}, "its head": {head, 1}, "a key": {key, 0}, "a reviewer": {reviewer, 0}, "a third": {w.stranger, 0}, "a visitor": {account.Actor{}, 0}, "the authority": {w.authority, 0}, "the installation": {account.System("x"), 0}} {
		if got := w.scopes(t, c.who, w.entry); len(got) != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	got := w.scopes(t, w.user, w.entry)
	for _, c := range []struct {
		columns []string
		want    bool
	}{{nil, false}, {[]string{}, false}, {[]string{"姓名"}, true}, {[]string{"年份", "姓名"}, true}, {[]string{"姓名", "住址"}, false}} {
		if s := sharing.Covering(got, c.columns); (s != nil) != c.want {
			t.Errorf("%v: %+v", c.columns, s)
		}
	}
	for _, c := range []struct {
		name string
		sql  string
		want int
	}{
		{"not shared any more", `UPDATE datasets SET share_type = 'withheld' WHERE id = $1`, 0}, {"shared again", `UPDATE datasets SET share_type = 'conditional' WHERE id = $1`, 1},
		{"withdrawn", `UPDATE datasets SET status = 'withdrawn', withdrawn_reason = 'x' WHERE id = $1`, 0}, {"restored", `UPDATE datasets SET status = 'published', withdrawn_reason = '' WHERE id = $1`, 1},
	} {
		if _, err := w.Pool.Exec(t.Context(), c.sql, w.entry.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.scopes(t, w.user, w.entry); len(got) != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	last := time.Date(2023, 9, 25, 23, 59, 59, 0, datasetstest.China)
	if got, err := w.Allows(t.Context(), w.user, w.entry.ID, last); err != nil || len(got) != 1 {
		t.Errorf("on the last day: %+v, %v", got, err)
	}
	if got, err := w.Allows(t.Context(), w.user, w.entry.ID, last.Add(time.Second)); err != nil || len(got) != 0 {
		t.Errorf("after the last day: %+v, %v", got, err)
	}
	w.on("2023-09-26")
	if err := w.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r = w.at(t, r.ID); r.State != sharing.Expired || r.Grant.Why != "期满" || !r.Grant.EndedAt.Equal(r.Grant.Ends) {
		t.Errorf("%s, %+v", r.State, r.Grant)
	}
}

// Revoked or given back, a grant is over with the next question.
func TestGrantsThatEndEarly(t *testing.T) {
	for action, who := range map[sharing.Action]string{sharing.Revoke: "officer", sharing.End: "user", "authority": "authority"} {
		w := newWorld(t, fujian)
		r := w.must(t, w.officer, w.file(t), supply())
		by := map[string]account.Actor{"officer": w.officer, "user": w.user, "authority": w.authority}[who]
		if action == "authority" {
			action = sharing.Revoke
		}
		if action == sharing.Revoke {
			if err := w.step(t, by, r, sharing.Step{Action: action}); fault.Of(err).Field != "words" {
				t.Errorf("revoked without a word: %v", err)
			}
			if err := w.step(t, w.user, r, sharing.Step{Action: action, Words: "x"}); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("revoked by the user: %v", err)
			}
		}
		r = w.must(t, by, r, sharing.Step{Action: action, Words: "用途不再存在"})
		if got := w.scopes(t, w.user, w.entry); len(got) != 0 || r.Grant.EndedAt == nil {
			t.Errorf("%s by %s: %+v", action, who, got)
		}
	}
}

// AS-19 and AS-24, FJ-3.1, and what is withheld.
func TestTheOtherWays(t *testing.T) {
	w := newWorld(t, anshan)
	up, err := w.FileUpward(t.Context(), w.user, sharing.Asked{Title: "全国婚姻登记信息", Upper: "国家政务信息资源共享交换开放平台", Basis: "《示例条例》第三条", Purpose: "低保审核", Scope: "本市户籍人口"})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		a    sharing.Action
		want sharing.State
	}{{sharing.TakeUp, sharing.Assisting}, {sharing.Forward, sharing.Forwarded}, {sharing.Obtain, sharing.Obtained}} {
		if up = w.must(t, w.authority, up, sharing.Step{Action: x.a, Words: "国家平台受理号 2026-1"}); up.State != x.want {
			t.Errorf("%s: %s", x.a, up.State)
		}
	}
	back, err := w.Service.File(t.Context(), w.user, w.entry.Slug, sharing.Return, sharing.Asked{Purpose: "基层治理", Scope: "本区户籍人口", Pledge: true})
	if err != nil {
		t.Fatal(err)
	}
	agree := sharing.Step{Action: sharing.AgreeReturn, Words: "同意返还", Given: sharing.Given{Until: w.Clock().AddDate(0, 3, 0).Format(time.DateOnly), Scope: "本区"}}
	back = w.must(t, w.officer, back, agree)
	back = w.must(t, w.officer, back, sharing.Step{Action: sharing.Flow})
	if back.State != sharing.Flowing || len(w.scopes(t, w.user, w.entry)) != 1 {
		t.Errorf("%s", back.State)
	}
	secret := w.make(t, conditional, func(d *datasets.Dataset) { d.ShareType = string(datasets.Withheld) })
	again, err := w.Service.File(t.Context(), w.user, secret.Slug, "", sharing.Asked{Basis: "《示例条例》第三条", Purpose: "已无保密必要"})
	if err != nil || again.Kind != sharing.Reclassify {
		t.Fatalf("%+v, %v", again, err)
	}
	keep := sharing.Step{Action: sharing.KeepWithheld, Words: "仍须保密"}
	if err := w.step(t, w.officer, again, keep); fault.Of(err).Field != "basis" {
		t.Errorf("kept without a basis: %v", err)
	}
	keep.Bases = []datasets.LegalBasis{statute}
	if again = w.must(t, w.officer, again, keep); again.State != sharing.Declined {
		t.Errorf("%s", again.State)
	}
}

// Only those whom it concerns know of a request, and only departments find the
// directory.
func TestWhoKnowsOfSharing(t *testing.T) {
	w := newWorld(t, tianjin)
	r := w.file(t)
	key := w.user
	key.Key, key.Session = "sy_x", ""
	for name, c := range map[string]struct {
		who                account.Actor
		request, directory bool
	}{
		"asker": {w.user, true, true}, "provider": {w.officer, true, true}, "authority": {w.authority, true, true}, "third": {w.stranger, false, true}, "authority under another text": {w.elsewhere, false, true},
		"visitor": {account.Actor{}, false, false}, "key": {key, false, false}, "administrator": {account.Actor{ID: 1, Roles: []account.Role{account.Administrator}}, false, false},
		"a citizen": {account.Actor{ID: 9, Side: account.Use}, false, false}, "the installation": {account.System("x"), false, false}, "the regulator": {account.Actor{ID: 10, Roles: []account.Role{account.Regulator}, Department: w.third.ID}, false, false},
	} {
		if _, _, _, err := w.One(t.Context(), c.who, r.ID); (err == nil) != c.request || err != nil && fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: the request: %v", name, err)
		}
		page, err := w.Directory(t.Context(), c.who, datasets.ShareFilter{})
		if (err == nil) != c.directory || c.directory && page.Total != 1 {
			t.Errorf("%s: the directory: %+v, %v", name, page.Total, err)
		}
		if _, err := w.Entry(t.Context(), c.who, w.entry.Slug); (err == nil) != c.directory {
			t.Errorf("%s: the entry: %v", name, err)
		}
		if got, err := w.Waiting(t.Context(), c.who); err != nil || len(got) > 0 && name != "provider" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if !c.directory {
			if _, err := w.Service.File(t.Context(), c.who, w.entry.Slug, "", asked()); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s filed: %v", name, err)
			}
		}
	}
}

// Two officers at once, and a withdrawal in the same moment: one of them is
// first, and the other is told.
func TestTwoAtOnce(t *testing.T) {
	w := newWorld(t, fujian)
	for range 5 {
		r := w.file(t)
		revision := w.at(t, r.ID).Revision
		steps := []struct {
			who account.Actor
			sharing.Step
		}{{w.officer, supply()}, {w.officer, refuse(unmet, statute)}, {w.user, sharing.Step{Action: sharing.Withdraw}}, {w.officer, sharing.Step{Action: sharing.Accept}}}
		errs := make([]error, len(steps))
		var all sync.WaitGroup
		for i, s := range steps {
			all.Go(func() {
				s.Revision = revision
				_, errs[i] = w.Move(t.Context(), s.who, r.ID, s.Step)
			})
		}
		all.Wait()
		won := 0
		for i, err := range errs {
			if err == nil {
				won++
			} else if fault.KindOf(err) != fault.Conflict {
				t.Errorf("%s: %v", steps[i].Action, err)
			}
		}
		r = w.at(t, r.ID)
		if won != 1 || len(r.Events) != 2 || (r.State == sharing.Supplied) != (r.Grant != nil) {
			t.Errorf("%d won; %s, %d events", won, r.State, len(r.Events))
		}
		for _, a := range []sharing.Action{sharing.Withdraw, sharing.End} { // make room for the next
			_ = w.step(t, w.user, r, sharing.Step{Action: a})
		}
	}
}

// What happens to the entry while a request is open.
func TestTheEntryChangesMeanwhile(t *testing.T) {
	w := newWorld(t, fujian)
	r := w.file(t)
	alter := func(sql string) {
		t.Helper()
		if _, err := w.Pool.Exec(t.Context(), sql, w.entry.ID); err != nil {
			t.Fatal(err)
		}
	}
	alter(`UPDATE datasets SET share_type = 'withheld' WHERE id = $1`)
	if err := w.step(t, w.officer, r, supply()); fault.KindOf(err) != fault.Conflict {
		t.Errorf("supplied what is withheld: %v", err)
	}
	alter(`UPDATE datasets SET share_type = 'conditional', share_conditions = '别的条件' WHERE id = $1`)
	if r = w.at(t, r.ID); !slices.Equal(r.Conditions, []string{"有法定职责", "有安全保障"}) {
		t.Errorf("judged by other conditions than were applied for: %q", r.Conditions)
	}
	if err := w.step(t, w.officer, r, sharing.Step{Action: sharing.Annul}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("annulled while it is there: %v", err)
	}
	alter(`UPDATE datasets SET status = 'withdrawn', withdrawn_reason = 'x' WHERE id = $1`)
	if err := w.step(t, w.officer, r, supply()); fault.KindOf(err) != fault.Conflict {
		t.Errorf("supplied what was withdrawn: %v", err)
	}
	if _, err := w.Service.File(t.Context(), w.user, w.entry.Slug, "", asked()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("filed for what was withdrawn: %v", err)
	}
	if r = w.must(t, w.officer, r, sharing.Step{Action: sharing.Annul, Words: "条目已撤下"}); r.State != sharing.Void {
		t.Errorf("%s", r.State)
	}
}

// joined is the gate as it is once it asks for grants of sharing, too.
type joined struct {
	licensing.Gate
	sharing *sharing.Service
}

func (g *joined) Permit(ctx context.Context, subject account.Actor, v *datasets.Version, now time.Time) (datasets.Permit, error) {
	p, refused := g.Gate.Permit(ctx, subject, v, now)
	if refused == nil || v.Under != nil || g.sharing == nil {
		return p, refused
	}
	scopes, err := g.sharing.Allows(ctx, subject, v.DatasetID, now)
	if err != nil {
		return p, err
	}
	if p, ok := sharing.Permit(scopes); ok {
		return p, nil
	}
	return p, refused
}

func (g *joined) MayServe(ctx context.Context, subject account.Actor, v *datasets.Version, columns []string, now time.Time) error {
	p, err := g.Permit(ctx, subject, v, now)
	if err != nil {
		return err
	}
	return p.Covers(columns)
}

// What was given is fetched through the Gate, whole or the columns of the grant;
// each time is written down; and once the grant is revoked the next time fails.
func TestWhatWasGivenIsFetched(t *testing.T) {
	gate := &joined{}
	w := newWorldOn(t, datasetstest.New(t, gate, datasetstest.Asked), fujian)
	gate.sharing = w.Service
	resource := func() string {
		d, err := w.Catalogue.Service.Shared(t.Context(), w.user, w.entry.Slug)
		if err != nil {
			t.Fatal(err)
		}
		return d.Resources[0].ID
	}()
	fetch := func(who account.Actor, kind string) (string, error) {
		got, err := w.Fetch(t.Context(), who, w.entry.Slug, resource, kind)
		if err != nil {
			return "", err
		}
		if got.File != nil {
			defer got.File.Object.Close()
			b, err := io.ReadAll(got.File.Object)
			return string(b), err
		}
		var out strings.Builder
		err = got.Export.Write(t.Context(), &out)
		return out.String(), err
	}
	nothing := func(when string, who account.Actor, kinds ...string) {
		t.Helper()
		for _, kind := range kinds {
			if got, err := fetch(who, kind); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %s: %q, %v", when, kind, got, err)
			}
		}
	}
	nothing("before it was given", w.user, "original", "csv", "xlsx")
	step := supply()
	step.Given.Columns = []string{"姓名", "年份"}
	r := w.must(t, w.officer, w.file(t), step)
	if got, err := fetch(w.user, "original"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the whole under a grant of two columns: %q, %v", got, err)
	}
	if got, err := fetch(w.user, "csv"); err != nil || !strings.Contains(got, "张三,2025") || strings.Contains(got, "某处") || strings.Contains(got, "住址") {
		t.Errorf("two columns: %q, %v", got, err)
	}
	nothing("a third department", w.stranger, "original", "csv")
	w.must(t, w.officer, r, sharing.Step{Action: sharing.Revoke, Words: "用途变了"})
	nothing("revoked", w.user, "original", "csv")
	r = w.must(t, w.officer, w.file(t), supply())
	if got, err := fetch(w.user, "original"); err != nil || !strings.Contains(got, "张三,某处,2025") {
		t.Errorf("the whole: %q, %v", got, err)
	}
	var acts int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE subject = 'share-request' AND act = 'fetch'`).Scan(&acts); err != nil || acts != 2 {
		t.Errorf("%d fetches are written down, %v", acts, err)
	}
	w.Set(r.Grant.Ends)
	nothing("its term is over", w.user, "original", "csv")
}

// What is asked and what is given is looked at again, whoever posted it.
func TestWhatCannotBeAskedOrGiven(t *testing.T) {
	w := newWorld(t, aba)
	w.on("2023-09-18")
	for name, c := range map[string]struct {
		alter func(*sharing.Asked)
		field string
	}{
		"no scenario, AB-23":         {func(a *sharing.Asked) { a.Scenario = "" }, "scenario"},
		"no method, AB-23":           {func(a *sharing.Asked) { a.Method = "" }, "method"},
		"no term, AB-23":             {func(a *sharing.Asked) { a.Months = 0 }, "months"},
		"a term before it begins":    {func(a *sharing.Asked) { a.Months = -1 }, "months"},
		"a term of a hundred years":  {func(a *sharing.Asked) { a.Months = 1200 }, "months"},
		"columns that there are not": {func(a *sharing.Asked) { a.Columns = []string{"姓名", "密码"} }, "columns"},
		"no material, AB-26":         {func(a *sharing.Asked) { a.Answers = nil }, "materials"},
		"an empty one":               {func(a *sharing.Asked) { a.Answers = []string{" "} }, "materials"},
		"a material of two lines":    {func(a *sharing.Asked) { a.Answers = []string{"甲\n乙"} }, "materials"},
		"no pledge, TJ-18":           {func(a *sharing.Asked) { a.Pledge = false }, "pledge"},
		"no UTF-8":                   {func(a *sharing.Asked) { a.Purpose = "\xff" }, "purpose"},
		"a control character":        {func(a *sharing.Asked) { a.Needs = "\x00" }, "needs"},
		"too long":                   {func(a *sharing.Asked) { a.Basis = strings.Repeat("长", 2001) }, "basis"},
	} {
		a := asked()
		c.alter(&a)
		if _, err := w.Service.File(t.Context(), w.user, w.entry.Slug, "", a); fault.KindOf(err) != fault.Invalid || fault.Of(err).Field != c.field {
			t.Errorf("%s: %v at %q", name, err, fault.Of(err).Field)
		}
	}
	r := w.file(t)
	for name, c := range map[string]struct {
		given sharing.Given
		field string
	}{
		"until yesterday": {sharing.Given{Until: "2023-09-17"}, "until"}, "until today": {sharing.Given{Until: "2023-09-18"}, "until"}, "longer than may be": {sharing.Given{Until: "2024-09-19"}, "until"},
		"no day": {sharing.Given{Until: "2023-02-30"}, "until"}, "no date": {sharing.Given{Until: "for ever"}, "until"}, "columns that there are not": {sharing.Given{Until: "2024-01-01", Columns: []string{"密码"}}, "columns"},
		"a control character": {sharing.Given{Until: "2024-01-01", Guidance: "\x07"}, "guidance"},
	} {
		if err := w.step(t, w.officer, r, sharing.Step{Action: sharing.Supply, Verdicts: met, Given: c.given}); fault.KindOf(err) != fault.Invalid || fault.Of(err).Field != c.field {
			t.Errorf("%s: %v at %q", name, err, fault.Of(err).Field)
		}
	}
	if err := w.step(t, w.officer, r, sharing.Step{Action: sharing.Supply, Verdicts: unmet, Given: sharing.Given{Until: "2024-01-01"}}); fault.Of(err).Field != "conditions" {
		t.Errorf("supplied with a condition unmet: %v", err)
	}
	many := refuse(unmet)
	for range 21 {
		many.Bases = append(many.Bases, statute)
	}
	if err := w.step(t, w.officer, r, many); fault.Of(err).Field != "basis" {
		t.Errorf("21 bases: %v", err)
	}
	if r = w.at(t, r.ID); r.State != sharing.Received || len(r.Events) != 1 {
		t.Errorf("something was kept: %s, %+v", r.State, r.Events)
	}
	if got := sharing.Listed("一、甲；2.乙\n（三）丙。\n无\n10. 丁; 戊"); !slices.Equal(got, []string{"甲", "乙", "丙", "丁", "戊"}) {
		t.Errorf("%q", got)
	}
	if got := sharing.Listed(strings.Repeat("甲；", 100)); len(got) != sharing.MostListed {
		t.Errorf("%d", len(got))
	}
}

// Letters go to whoever has to act, and to whoever waits, at each step.
func TestWhoIsToldOfARequest(t *testing.T) {
	w := newWorld(t, tianjin)
	accounts := account.NewService(w.Pool, account.Config{Argon2: account.Argon2{MemoryKiB: 64, Passes: 1, Lanes: 1}}, w.Clock)
	for name, u := range map[string]account.NewUser{
		"provider": {Roles: []account.Role{account.Officer}, Department: w.provider.ID}, "asker": {Roles: []account.Role{account.Officer}, Department: w.asker.ID}, "third": {Roles: []account.Role{account.Officer}, Department: w.third.ID},
		"authority": {Roles: []account.Role{account.Authority}, Department: w.office.ID}, "elsewhere": {Roles: []account.Role{account.Authority}, Department: w.far.ID},
	} {
		u.Identifier, u.Name, u.Password = name+"@tests.example", "示例", "correct horse battery"
		if _, err := accounts.CreateUser(t.Context(), account.System("test"), u); err != nil {
			t.Fatal(err)
		}
	}
	told := func(step string, want ...string) {
		t.Helper()
		rows, err := w.Pool.Query(t.Context(), `DELETE FROM river_job WHERE kind = 'share_notice' RETURNING (args ->> 'to') || CASE WHEN (args ->> 'yours')::boolean THEN '!' ELSE '' END`)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v are told, want %v; %v", step, got, want, err)
		}
	}
	r := w.file(t)
	told("asked", "provider@tests.example!")
	r = w.must(t, w.officer, r, sharing.Step{Action: sharing.Accept})
	told("accepted")
	r = w.must(t, w.officer, r, refuse(unmet, rule))
	told("refused", "asker@tests.example")
	r = w.must(t, w.user, r, sharing.Step{Action: sharing.Negotiate, Words: "再看看"})
	told("negotiated", "provider@tests.example!")
	r = w.must(t, w.officer, r, sharing.Step{Action: sharing.Say, Words: "只能给结论"})
	told("answered", "asker@tests.example!")
	r = w.must(t, w.user, r, sharing.Step{Action: sharing.Refer, Words: "请决定"})
	told("referred", "authority@tests.example!")
	r = w.must(t, w.authority, r, sharing.Step{Action: sharing.Order, Words: "应当共享"})
	told("ordered", "asker@tests.example", "provider@tests.example!")
	r = w.must(t, w.officer, r, supply())
	told("supplied", "asker@tests.example")
	w.must(t, w.authority, r, sharing.Step{Action: sharing.Revoke, Words: "超出用途"})
	told("revoked", "asker@tests.example")
}
