package catalogue_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
)

const (
	tianjin, aba, fujian, anshan, defence = "cn-tianjin-2018", "cn-sichuan-aba-2021", "cn-fujian-2023", "cn-liaoning-anshan-2022", "overlay-civil-defence-2021"
)

func book(t *testing.T) *policy.Book {
	t.Helper()
	b, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func day(y int, m time.Month, d int) time.Time {
	return time.Date(y, m, d, 10, 0, 0, 0, datasetstest.China)
}

// when is a day on which a text is in force.
func when(profile string) time.Time {
	if profile == aba {
		return day(2023, 6, 20)
	}
	return day(2026, 11, 23)
}

// full is an entry of which everything is said: limited on both axes, with a
// basis that every text accepts.
func full(profile string) *datasets.Dataset {
	basis := []datasets.LegalBasis{{Kind: catalogue.Statute, Instrument: "中华人民共和国统计法", Article: "第九条", Quote: "统计机构和统计人员对在统计工作中知悉的国家秘密、商业秘密和个人信息，应当予以保密。"}}
	d := &datasets.Dataset{
		Slug: "full", Status: datasets.Draft, Department: datasets.Department{ID: 1, Name: "示例统计局", Region: "350000", Profile: profile}, Theme: datasets.Theme{ID: 1, Slug: "people"},
		Licence: datasets.Licence{ID: "CC-BY-4.0"}, Region: datasets.Region{Code: "350000"},
		Open: datasets.Conditional, ShareType: "conditional", Frequency: datasets.Annual, LastUpdated: day(2023, 1, 1), DBClass: datasets.BusinessDB,
		OpenBases: basis, ShareBases: basis,
		Items:   []datasets.Field{{Name: "年份", Type: "integer"}},
		Filings: []datasets.Filing{{Date: "2023-05-04", With: "本级互联网信息主管部门"}, {Date: "2023-05-04", With: "省人民防空主管部门"}, {Date: "2023-05-04", With: "市大数据工作主管部门"}},
	}
	c := catalogue.Content{}
	for _, f := range catalogue.Fields {
		if f.Kind == catalogue.Line || f.Kind == catalogue.Text || f.Kind == catalogue.Offer {
			c[f.Key] = "示例"
		}
	}
	for _, k := range []string{"email", "source_url", "temporal_start", "temporal_end"} {
		delete(c, k)
	}
	if wrong := c.Apply(d, catalogue.Vocabulary{}); len(wrong) > 0 {
		panic(wrong[0].Sentence)
	}
	return d
}

// blocking are the checks that fail, each with its field.
func blocking(found []catalogue.Finding) []string {
	var out []string
	for _, f := range found {
		if f.Blocks() {
			out = append(out, f.Check+" "+f.Field)
		}
	}
	return out
}

func TestEveryNameOfEveryTextHasItsField(t *testing.T) {
	b := book(t)
	for _, p := range b.Profiles() {
		r := catalogue.RulesOn(b, p.ID(), when(p.ID()))
		if r.Profile == nil {
			t.Fatalf("%s is not in force on the day of the test", p.ID())
		}
		for _, q := range r.Required {
			if len(q.Keys) == 0 {
				t.Errorf("%s: %s is mapped to no field", p.ID(), q.Name)
			}
			for _, key := range q.Keys {
				if _, ok := catalogue.FieldOf(key); !ok {
					t.Errorf("%s: %s is mapped to %q, which is no field", p.ID(), q.Name, key)
				}
			}
			if len(q.Cite) != 1 || len(b.Provision(q.Cite[0])) == 0 || q.House {
				t.Errorf("%s: %s cites %v", p.ID(), q.Name, q.Cite)
			}
		}
	}
	for _, term := range catalogue.Terms {
		for _, id := range term.Cite {
			if len(b.Provision(id)) == 0 {
				t.Errorf("%s cites %s, which there is not", term.Name, id)
			}
		}
	}
}

// What each text asks for, missing in turn.
func TestEachRequiredFieldMissingInTurn(t *testing.T) {
	b := book(t)
	for _, p := range []string{anshan, tianjin, aba, fujian, defence} {
		r := catalogue.RulesOn(b, p, when(p))
		if got := blocking(catalogue.Examine(full(p), r, when(p))); len(got) > 0 {
			t.Errorf("%s: a full entry is refused: %v", p, got)
		}
		tried := 0
		for _, q := range r.Required {
			for _, key := range q.Keys {
				if key == "department" {
					continue // who saves it is of one
				}
				d := full(p)
				if key == "items" {
					d.Items = nil
				} else {
					catalogue.Content{key: ""}.Apply(d, catalogue.Vocabulary{})
				}
				tried++
				found := catalogue.Examine(d, r, when(p))
				i := slices.IndexFunc(found, func(f catalogue.Finding) bool { return f.Field == key })
				if i < 0 || found[i].Check != "required" || found[i].House || len(found[i].Args) != 1 || found[i].Args[0] != q.Name {
					t.Errorf("%s without %s (%s): %v", p, q.Name, key, blocking(found))
				}
			}
		}
		if tried < 6 {
			t.Errorf("%s asks for %d fields only", p, tried)
		}
	}
}

// Which kinds of basis count, on which axis, by which text. The kinds a text
// does not count are refused with its article.
func TestBasisKinds(t *testing.T) {
	b := book(t)
	all := catalogue.Kinds
	for _, c := range []struct {
		profile string
		axis    string
		good    []string
		cite    string
	}{
		{anshan, "share", all, "AS-20.3"},
		{anshan, "open", []string{"法律", "行政法规", "地方性法规", "国家有关规定"}, "AS-27.3"},
		{tianjin, "share", []string{"法律", "行政法规", "地方性法规", "规章"}, "TJ-16"},
		{tianjin, "open", all, policy.HouseCite},
		{aba, "share", []string{"法律", "行政法规", "党中央政策", "国务院政策"}, "AB-24.3"},
		{aba, "open", all, policy.HouseCite},
		{fujian, "share", all, policy.HouseCite},
		{fujian, "open", all, policy.HouseCite},
	} {
		r := catalogue.RulesOn(b, c.profile, when(c.profile))
		for _, kind := range append(slices.Clone(all), "道听途说") {
			d := full(c.profile)
			basis := []datasets.LegalBasis{{Kind: kind, Instrument: "某规定", Article: "第八条", Quote: "原文"}}
			field := "share_bases"
			if d.ShareBases = basis; c.axis == "open" {
				d.ShareBases, d.OpenBases, field = full(c.profile).ShareBases, basis, "open_bases"
			}
			found := catalogue.Examine(d, r, when(c.profile))
			i := slices.IndexFunc(found, func(f catalogue.Finding) bool { return f.Field == field && f.Check == "basis-kind" })
			if good := slices.Contains(c.good, kind); good != (i < 0) {
				t.Errorf("%s %s: a basis of kind %s: %v", c.profile, c.axis, kind, blocking(found))
			} else if !good && !slices.Contains(found[i].Cite, c.cite) {
				t.Errorf("%s %s: %s is refused by %v", c.profile, c.axis, kind, found[i].Cite)
			}
		}
	}
}

func TestLimitsAndTheirConditions(t *testing.T) {
	b := book(t)
	for _, c := range []struct {
		name, profile string
		change        func(*datasets.Dataset)
		want          string // check and field; empty: accepted
		cite          string
	}{
		{"AS-27.3: withheld without a basis", anshan, func(d *datasets.Dataset) { d.Open, d.OpenBases = datasets.Withheld, nil; d.OpenReason = "个人隐私" }, "basis-given open_bases", "AS-27.3"},
		{"AS-27.3: a basis without its words", anshan, func(d *datasets.Dataset) {
			d.OpenBases = []datasets.LegalBasis{{Kind: "法律", Instrument: "统计法"}}
		}, "basis-whole open_bases", "AS-27.3"},
		{"AS-27.2: withheld for no named ground", anshan, func(d *datasets.Dataset) { d.Open = datasets.Withheld }, "ground-named open_reason", "AS-27"},
		{"AS-27.2: withheld for a named one", anshan, func(d *datasets.Dataset) { d.Open, d.OpenReason = datasets.Withheld, "个人隐私：含身份证号" }, "", ""},
		{"AB-31: another word for the ground", aba, func(d *datasets.Dataset) { d.Open, d.OpenReason = datasets.Withheld, "国家安全" }, "ground-named open_reason", "AB-31"},
		{"AS-27.3: no safeguards", anshan, func(d *datasets.Dataset) { d.Safeguards = "" }, "open-conditions safeguards", "AS-27.3"},
		{"house: nor elsewhere", tianjin, func(d *datasets.Dataset) { d.Safeguards = "" }, "open-conditions safeguards", policy.HouseCite},
		{"AS-20.3: limited sharing without a basis", anshan, func(d *datasets.Dataset) { d.ShareBases = nil }, "basis-given share_bases", "AS-20.3"},
		{"AS-20.3: no conditions listed", anshan, func(d *datasets.Dataset) { d.ShareConditions = "无" }, "conditions-listed share_conditions", "AS-20.3"},
		{"AB-24.3: no reason", aba, func(d *datasets.Dataset) { d.ShareReason = "" }, "reason-given share_reason", "AB-24.3"},
		{"AB-26.2: no materials", aba, func(d *datasets.Dataset) { d.RequiredMaterials = "" }, "materials-listed required_materials", "AB-26.2"},
		{"TJ-16: not filed", tianjin, func(d *datasets.Dataset) { d.Filings = nil }, "filed filings", "TJ-16"},
		{"TJ-16: unlimited sharing is not filed", tianjin, func(d *datasets.Dataset) { d.Filings, d.ShareType = nil, "unconditional" }, "", ""},
		{"RF-6: filed with one of two", defence, func(d *datasets.Dataset) { d.Filings = d.Filings[1:2] }, "filed filings", "RF-6"},
		{"AS asks for no filing", anshan, func(d *datasets.Dataset) { d.Filings = nil }, "", ""},
		{"filed tomorrow", tianjin, func(d *datasets.Dataset) { d.Filings[0].Date = "2026-11-24" }, "filing-date filings", policy.HouseCite},
		{"updated tomorrow", fujian, func(d *datasets.Dataset) { d.LastUpdated = day(2026, 11, 24) }, "update-date last_updated", policy.HouseCite},
		{"updated today", fujian, func(d *datasets.Dataset) { d.LastUpdated = day(2026, 11, 23) }, "", ""},
		{"the next update is promised for the day of the last", fujian, func(d *datasets.Dataset) { due := d.LastUpdated; d.NextDue = &due }, "promise-date next_due", policy.HouseCite},
		{"a promise that is late", fujian, func(d *datasets.Dataset) { due := day(2024, 1, 1); d.NextDue = &due }, "", ""},
		{"AS-27.3: a basis that names nothing", anshan, func(d *datasets.Dataset) {
			d.OpenBases = []datasets.LegalBasis{{Kind: "法律", Instrument: "按国家有关法律法规规定", Article: "第九条", Quote: "应当予以保密。"}}
		}, "basis-whole open_bases", "AS-27.3"},
		{"AS-27.3: an article that is none", anshan, func(d *datasets.Dataset) {
			d.OpenBases = []datasets.LegalBasis{{Kind: "法律", Instrument: "统计法", Article: "相关条款", Quote: "应当予以保密。"}}
		}, "basis-whole open_bases", "AS-27.3"},
		{"AS-27.3: words that say nothing", anshan, func(d *datasets.Dataset) {
			d.OpenBases = []datasets.LegalBasis{{Kind: "法律", Instrument: "统计法", Article: "第九条", Quote: "略。"}}
		}, "basis-whole open_bases", "AS-27.3"},
		{"a short name is one", anshan, func(d *datasets.Dataset) {
			d.OpenBases = []datasets.LegalBasis{{Kind: "法律", Instrument: "宪法", Article: "第40条", Quote: "通信秘密受法律的保护。"}}
		}, "", ""},
		{"the axes are two: withheld from bodies, open to all", fujian, func(d *datasets.Dataset) { d.ShareType, d.Open = "withheld", datasets.Unconditional }, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := full(c.profile)
			c.change(d)
			found := catalogue.Examine(d, catalogue.RulesOn(b, c.profile, when(c.profile)), when(c.profile))
			var cites []string
			for _, f := range found {
				if f.Check+" "+f.Field == c.want {
					cites = f.Cite
				}
			}
			got := blocking(found)
			if c.want == "" && len(got) > 0 || c.want != "" && !slices.Equal(got, []string{c.want}) || c.cite != "" && !slices.Contains(cites, c.cite) {
				t.Errorf("found %v by %v, want %q by %s", got, cites, c.want, c.cite)
			}
		})
	}
}

// A text binds from its first day to its last. Outside, the strictest of those
// in force is asked, as a rule of the platform.
func TestDaysOutsideAProfile(t *testing.T) {
	b := book(t)
	for _, c := range []struct {
		profile string
		on      time.Time
		binds   bool
	}{
		{aba, day(2021, 10, 10), false}, {aba, day(2021, 10, 11), true}, {aba, day(2023, 10, 10), true}, {aba, day(2023, 10, 11), false}, {aba, day(2026, 11, 23), false},
		{tianjin, day(2018, 12, 31), false}, {tianjin, day(2019, 1, 1), true}, {anshan, day(2022, 8, 24), false}, {"", day(2026, 11, 23), false},
	} {
		r := catalogue.RulesOn(b, c.profile, c.on)
		if (r.Profile != nil) != c.binds || (r.Lapsed != nil) != (!c.binds && c.profile != "") {
			t.Errorf("%q on %s: %v", c.profile, c.on.Format(time.DateOnly), r.Profile)
		}
		if !c.binds && c.on.Year() == 2026 {
			if len(r.Required) < 15 || !r.Required[0].House || slices.Contains(r.Share.Kinds, "其他规范性文件") || !slices.Contains(r.Share.Kinds, "法律") {
				t.Errorf("%q: the strictest is %d fields, kinds %v", c.profile, len(r.Required), r.Share.Kinds)
			}
		}
	}
	d := full(aba)
	found := catalogue.Examine(d, catalogue.RulesOn(b, aba, day(2026, 11, 23)), day(2026, 11, 23))
	if len(found) == 0 || found[0].Check != "profile-in-force" || found[0].Blocks() || found[0].Args[1] != "2023-10-10" {
		t.Errorf("an entry of Aba today: %+v", found)
	}
}

func TestContentComesBackAsItWas(t *testing.T) {
	d := full(anshan)
	d.Items = []datasets.Field{{Name: "a|b", Label: "甲", Type: "decimal", Unit: "吨", Sensitivity: datasets.PersonalData, Codes: []datasets.Code{{Value: "1", Label: "男=M;女"}}, Description: "第一行\n第二行"}}
	c := catalogue.Of(d)
	back := full(anshan)
	if wrong := c.Apply(back, catalogue.Vocabulary{Themes: []datasets.Theme{d.Theme}, Licences: []datasets.Licence{d.Licence}, Regions: []datasets.Region{d.Region}}); len(wrong) > 0 {
		t.Fatalf("%+v", wrong)
	}
	if diff := catalogue.Diff(c, catalogue.Of(back)); len(diff) > 0 {
		t.Errorf("%+v", diff)
	}
	if len(back.Items) != 1 || back.Items[0].Unit != "吨" || len(back.Items[0].Codes) != 1 {
		t.Errorf("items %+v", back.Items)
	}
	for value, field := range map[string]string{"a | 甲 | 数字": "items", "a\na": "items", " | 甲": "items", "a | 甲 | 文本 | | 机密": "items"} {
		if wrong := (catalogue.Content{field: value}).Apply(back, catalogue.Vocabulary{}); len(wrong) != 1 || wrong[0].Field != field {
			t.Errorf("%q: %+v", value, wrong)
		}
	}
}

// bodies is a department with people, and the authority over it.
type bodies struct {
	*datasetstest.Catalogue
	office                         datasets.Department
	officer, second, head, confirm account.Actor
}

func newBodies(t *testing.T, profile string, withHead bool) *bodies {
	t.Helper()
	c := datasetstest.New(t, &datasetstest.Gate{})
	c.Set(when(profile))
	b := &bodies{Catalogue: c}
	b.office = c.Department(t, func(d *datasets.Department) { d.Profile = profile })
	over := c.Department(t, func(d *datasets.Department) { d.Profile = profile })
	c.People(t)
	accounts := account.NewService(c.Pool, account.Config{Argon2: account.Argon2{MemoryKiB: 64, Passes: 1, Lanes: 1}}, c.Clock)
	person := func(name string, role account.Role, department int64) account.Actor {
		u, err := accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: name + "@tests.example", Name: name, Password: "correct horse battery", Roles: []account.Role{role}, Department: department})
		if err != nil {
			t.Fatal(err)
		}
		return account.Actor{ID: u, Name: name, Roles: []account.Role{role}, Department: department, Side: account.Manage, Session: strings.Repeat("0", 32)}
	}
	b.officer, b.second = person("officer", account.Officer, b.office.ID), person("second", account.Officer, b.office.ID)
	b.confirm = person("authority", account.Authority, over.ID)
	if withHead {
		b.head = person("head", account.Head, b.office.ID)
	}
	return b
}

// create makes a draft of which everything is said, as a form would.
func (b *bodies) create(t *testing.T, slug string, says catalogue.Content) *catalogue.Entry {
	t.Helper()
	if _, err := b.Compile.Create(t.Context(), b.officer, catalogue.NewEntry{Declaration: catalogue.NotSecret, Title: "村（居）委会名录", Slug: slug}); err != nil {
		t.Fatal(err)
	}
	e := b.entry(t, b.officer, slug)
	c := catalogue.Of(full(b.office.Profile))
	c["theme"], c["licence"], c["region"], c["title"] = "people", datasetstest.Licence, datasetstest.Region, "村（居）委会名录"
	b.save(t, e, c.With(says))
	return b.entry(t, b.officer, slug)
}

func (b *bodies) entry(t *testing.T, who account.Actor, slug string) *catalogue.Entry {
	t.Helper()
	e, err := b.Compile.Entry(t.Context(), who, slug)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (b *bodies) save(t *testing.T, e *catalogue.Entry, c catalogue.Content) {
	t.Helper()
	wrong, err := b.Compile.Save(t.Context(), b.officer, e.Slug, catalogue.Saved{Declaration: catalogue.NotSecret, Content: c, Revision: e.Revision})
	if err != nil || len(wrong) > 0 {
		t.Fatalf("%v, %+v", err, wrong)
	}
}

func (b *bodies) move(t *testing.T, who account.Actor, slug string, a catalogue.Action, reason string) error {
	t.Helper()
	at := b.entry(t, b.officer, slug)
	return b.Compile.Move(t.Context(), who, slug, a, reason, at.Revision)
}

func TestADraftMayBeIncompleteAndIsNeverPublic(t *testing.T) {
	b := newBodies(t, anshan, false)
	slug, err := b.Compile.Create(t.Context(), b.officer, catalogue.NewEntry{Declaration: catalogue.NotSecret, Title: "半成品"})
	if err != nil {
		t.Fatal(err)
	}
	e := b.entry(t, b.officer, slug)
	b.save(t, e, catalogue.Content{"title": ""})
	if e = b.entry(t, b.officer, slug); e.Title != "" || e.Theme.ID != 0 || e.Open != "" || e.ShareType != "" || e.State != catalogue.Draft {
		t.Errorf("kept as %+v", e.Standing)
	}
	if err := b.move(t, b.officer, slug, catalogue.Submit, ""); fault.KindOf(err) != fault.Invalid || fault.Of(err).Field == "" {
		t.Errorf("submitted by hand, incomplete: %v", err)
	}
	if err := b.Service.Move(t.Context(), b.officer, slug, datasets.Publish, "", e.Revision); fault.KindOf(err) != fault.Invalid {
		t.Errorf("published, incomplete: %v", err)
	}
	// the database holds it, too, whoever asks
	for _, set := range []string{"title = 'x'", "theme_id = 1", "open_type = 'withheld'"} {
		if _, err := b.Pool.Exec(t.Context(), `UPDATE datasets SET status = 'published', published_at = now(), `+set+` WHERE slug = $1`, slug); err == nil {
			t.Errorf("the database lets an incomplete entry be public with %s", set)
		}
	}
}

// TJ-10.3, AS-12.3: nothing is public before the authority has confirmed its
// entry.
func TestNothingIsPublishedUnconfirmed(t *testing.T) {
	b := newBodies(t, tianjin, false)
	b.create(t, "village", nil)
	entries := datasets.NewService(b.Pool, nil, &datasetstest.Gate{}, b.Clock, datasets.Confirmed(catalogue.EnsureConfirmed))
	publish := func() error {
		return entries.Move(t.Context(), b.officer, "village", datasets.Publish, "", b.entry(t, b.officer, "village").Dataset.Revision)
	}
	for _, step := range []struct {
		who account.Actor
		act catalogue.Action
	}{{}, {b.officer, catalogue.Submit}} {
		if step.act != "" {
			if err := b.move(t, step.who, "village", step.act, ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := publish(); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "主管部门确认") {
			t.Errorf("after %q: %v", step.act, err)
		}
	}
	if err := b.move(t, b.confirm, "village", catalogue.Confirm, ""); err != nil {
		t.Fatal(err)
	}
	if err := publish(); err != nil {
		t.Errorf("confirmed: %v", err)
	}
}

func TestFromDraftToConfirmed(t *testing.T) {
	b := newBodies(t, tianjin, true)
	b.create(t, "village", nil)
	ctx := t.Context()
	if _, err := b.Compile.Entry(ctx, b.confirm, "village"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the authority sees a draft: %v", err)
	}
	for _, step := range []struct {
		name   string
		who    account.Actor
		act    catalogue.Action
		reason string
		want   fault.Kind
		state  catalogue.State
	}{
		{"past the head", b.officer, catalogue.Submit, "", fault.Conflict, catalogue.Draft},
		{"by the head himself", b.head, catalogue.SendToHead, "", fault.Forbidden, catalogue.Draft},
		{"to the head", b.officer, catalogue.SendToHead, "", -1, catalogue.WithHead},
		{"signed by the officer", b.officer, catalogue.Sign, "", fault.Forbidden, catalogue.WithHead},
		{"returned without a reason", b.head, catalogue.Return, "", fault.Invalid, catalogue.WithHead},
		{"returned by the head", b.head, catalogue.Return, "摘要写错了", -1, catalogue.Returned},
		{"to the head again", b.officer, catalogue.SendToHead, "", -1, catalogue.WithHead},
		{"signed", b.head, catalogue.Sign, "", -1, catalogue.Submitted},
		{"twice", b.head, catalogue.Sign, "", fault.Conflict, catalogue.Submitted},
		{"confirmed by the department", b.officer, catalogue.Confirm, "", fault.Forbidden, catalogue.Submitted},
		{"confirmed", b.confirm, catalogue.Confirm, "", -1, catalogue.Confirmed},
		{"returned after", b.confirm, catalogue.Return, "晚了", fault.Conflict, catalogue.Confirmed},
	} {
		err := b.move(t, step.who, "village", step.act, step.reason)
		if fault.KindOf(err) != step.want {
			t.Errorf("%s: %v", step.name, err)
		}
		e := b.entry(t, b.officer, "village")
		if e.State != step.state {
			t.Fatalf("%s: %s", step.name, e.State)
		}
		confirmed := catalogue.EnsureConfirmed(ctx, b.Pool, e.Dataset.ID) == nil
		if confirmed != (step.state == catalogue.Confirmed) {
			t.Errorf("%s: may be opened: %v", step.name, confirmed)
		}
		if step.state == catalogue.Submitted && (e.Clock == nil || !e.Clock.House() || e.Clock.Last.Format(time.DateOnly) != "2026-12-07") {
			t.Errorf("%s: clock %+v", step.name, e.Clock) // ten working days after Monday 23 November
		}
	}
	// saved as it is, it stays confirmed
	e := b.entry(t, b.officer, "village")
	b.save(t, e, catalogue.Of(e.Dataset))
	if e = b.entry(t, b.officer, "village"); e.State != catalogue.Confirmed || catalogue.EnsureConfirmed(ctx, b.Pool, e.Dataset.ID) != nil {
		t.Errorf("saved without a change it stands as %s", e.State)
	}
	// what is said otherwise afterwards is not what was confirmed
	b.save(t, e, catalogue.Content{"summary": "改了"})
	if e = b.entry(t, b.officer, "village"); e.State != catalogue.Draft || catalogue.EnsureConfirmed(ctx, b.Pool, e.Dataset.ID) == nil {
		t.Errorf("after a change it stands as %s", e.State)
	}
	history, err := b.Compile.History(ctx, e)
	if err != nil || len(history) != 3 || len(history[0].Diff) != 1 || history[0].Diff[0].Field.Key != "summary" || history[0].By != "officer" {
		t.Errorf("history %+v, %v", history, err)
	}
}

func TestOnlyTheAuthorityOverTheDepartment(t *testing.T) {
	b := newBodies(t, tianjin, false)
	b.create(t, "village", nil)
	if err := b.move(t, b.officer, "village", catalogue.Submit, ""); err != nil {
		t.Fatal(err)
	}
	elsewhere := b.Department(t, func(d *datasets.Department) { d.Profile = fujian })
	stranger := account.Actor{ID: 90, Roles: []account.Role{account.Authority}, Department: elsewhere.ID}
	other := datasetstest.Officer(elsewhere)
	for _, who := range []account.Actor{stranger, other, {}, {ID: 91, Roles: []account.Role{account.Regulator}}} {
		if _, err := b.Compile.Entry(t.Context(), who, "village"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v sees it: %v", who.Roles, err)
		}
		if lines, total, err := b.Compile.List(t.Context(), who, catalogue.Filter{}); err != nil || total != 0 || len(lines) != 0 {
			t.Errorf("%v lists %d, %v", who.Roles, total, err)
		}
	}
	if lines, _, err := b.Compile.List(t.Context(), b.confirm, catalogue.Filter{State: catalogue.Submitted}); err != nil || len(lines) != 1 || lines[0].Clock == nil {
		t.Errorf("the authority lists %+v, %v", lines, err)
	}
	// who sent it does not confirm it, whatever other role they play
	both := b.confirm
	both.ID = b.officer.ID
	if err := b.move(t, both, "village", catalogue.Confirm, ""); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("confirmed by who sent it: %v", err)
	}
}

func TestTwoEditorsAtOnce(t *testing.T) {
	b := newBodies(t, fujian, false)
	e := b.create(t, "village", nil)
	typing := catalogue.Saved{Declaration: catalogue.NotSecret, Content: catalogue.Content{"summary": "我的"}, Revision: e.Revision}
	others, err := b.Compile.Autosave(t.Context(), b.second, "village", typing)
	if err != nil || len(others) != 1 || !others[0].Mine {
		t.Fatalf("%+v, %v", others, err)
	}
	others, err = b.Compile.Autosave(t.Context(), b.officer, "village", typing)
	if err != nil || !slices.ContainsFunc(others, func(o catalogue.Typing) bool { return !o.Mine && o.By == "second" }) {
		t.Errorf("the other editor is not told of: %+v, %v", others, err)
	}
	b.save(t, e, catalogue.Content{"summary": "第一个"})
	_, err = b.Compile.Save(t.Context(), b.second, "village", typing)
	if fault.KindOf(err) != fault.Conflict {
		t.Errorf("the second save: %v", err)
	}
	if _, err := b.Compile.Autosave(t.Context(), b.second, "village", typing); fault.KindOf(err) != fault.Conflict {
		t.Errorf("typing on: %v", err)
	}
	if now := b.entry(t, b.officer, "village"); now.Summary != "第一个" {
		t.Errorf("kept %q", now.Summary)
	}
}

// Nothing of a state secret is kept, in no table, whichever way it comes.
func TestAStateSecretIsNeverKept(t *testing.T) {
	b := newBodies(t, anshan, false)
	e := b.create(t, "village", nil)
	ctx := t.Context()
	secret := catalogue.Content{"title": "绝密工程位置", "summary": "绝密工程位置"}
	for _, d := range []catalogue.Declaration{catalogue.Secret, "", "maybe"} {
		_, err := b.Compile.Create(ctx, b.officer, catalogue.NewEntry{Declaration: d, Title: "绝密工程位置"})
		_, err2 := b.Compile.Save(ctx, b.officer, "village", catalogue.Saved{Declaration: d, Content: secret, Revision: e.Revision})
		_, err3 := b.Compile.Autosave(ctx, b.officer, "village", catalogue.Saved{Declaration: d, Content: secret, Revision: e.Revision})
		for _, err := range []error{err, err2, err3} {
			if fault.KindOf(err) != fault.Invalid || fault.Of(err).Field != "secret" || strings.Contains(err.Error(), "绝密工程") {
				t.Errorf("%q: %v", d, err)
			}
		}
	}
	if where := holding(ctx, t, b, "绝密工程"); len(where) > 0 {
		t.Errorf("kept in %v", where)
	}
}

// holding are the tables that hold a text anywhere.
func holding(ctx context.Context, t *testing.T, b *bodies, text string) []string {
	t.Helper()
	rows, err := b.Pool.Query(ctx, `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`)
	if err != nil {
		t.Fatal(err)
	}
	var tables, out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if len(tables) < 10 {
		t.Fatalf("looked in %v only", tables)
	}
	for _, name := range tables {
		var n int
		if err := b.Pool.QueryRow(ctx, `SELECT count(*) FROM `+name+` x WHERE strpos(x::text, $1) > 0`, text).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			out = append(out, name)
		}
	}
	return out
}

func TestCopiesAndTemplates(t *testing.T) {
	b := newBodies(t, anshan, false)
	b.create(t, "village", nil)
	ctx := t.Context()
	if err := b.Compile.KeepTemplate(ctx, b.officer, "village", "名录"); err != nil {
		t.Fatal(err)
	}
	list, err := b.Compile.Templates(ctx, b.officer)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, n := range []catalogue.NewEntry{{From: "village"}, {Template: list[0].ID}} {
		n.Declaration, n.Title = catalogue.NotSecret, "另一个"
		slug, err := b.Compile.Create(ctx, b.officer, n)
		if err != nil {
			t.Fatal(err)
		}
		if e := b.entry(t, b.officer, slug); e.Title != "另一个" || e.LinkedSystem != "示例" || len(e.OpenBases) != 1 || len(e.Filings) != 0 || !e.LastUpdated.Before(day(1900, 1, 1)) {
			t.Errorf("%+v made %+v", n, e.Dataset)
		}
	}
	stranger := datasetstest.Officer(b.Department(t))
	for _, n := range []catalogue.NewEntry{{From: "village"}, {Template: list[0].ID}} {
		n.Declaration, n.Title = catalogue.NotSecret, "偷来的"
		if _, err := b.Compile.Create(ctx, stranger, n); fault.KindOf(err) != fault.NotFound {
			t.Errorf("of another department: %v", err)
		}
	}
}

// Whoever reads English is told what obliges a department to change, also where
// the text's own words have no translation.
func TestEveryTriggerHasEnglish(t *testing.T) {
	b := book(t)
	for _, profile := range []string{anshan, tianjin, aba, fujian, defence} {
		for _, trigger := range catalogue.RulesOn(b, profile, when(profile)).Triggers {
			if trigger.Zh == "" || trigger.En == "" {
				t.Errorf("%s: %s is %q, in English %q", profile, trigger.Code, trigger.Zh, trigger.En)
			}
		}
	}
}
