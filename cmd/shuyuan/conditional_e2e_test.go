//go:build e2e

package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
	"shuyuan/licensing"
)

// past is an installation whose time is what a test says: the product's time is
// the database's, and this database answers with another.
type past struct {
	t       *testing.T
	pool    *pgxpool.Pool
	process *process
}

const password = "correct horse battery staple"

// texts are the four texts under which data is applied for, with the day of the
// journey, and what a person has to be able to read on the pages then.
var texts = []struct {
	name, profile, day string
	accept             string // last day to accept; counted by hand, as the next
	decide             string // last day to decide
	rule               string // where the days to decide come from, as the page says
	refusal            string // and what a refusal has to say
	historic           bool
}{
	{name: "aba", profile: "cn-sichuan-aba-2021", day: "2023-09-18", accept: "2023-09-20", decide: "2023-10-13", rule: "第三十五条", historic: true},
	{name: "tianjin", profile: "cn-tianjin-2018", day: "2026-11-23", accept: "2026-11-25", decide: "2026-11-25", rule: "第二十三条"},
	{name: "anshan", profile: "cn-liaoning-anshan-2022", day: "2026-11-23", accept: "2026-11-25", decide: "2026-12-14", rule: "平台规则"},
	{name: "fujian", profile: "cn-fujian-2023", day: "2026-11-23", accept: "2026-11-25", decide: "2026-12-14", rule: "平台规则"},
}

// newPast starts an empty installation on a day.
func newPast(t *testing.T, day string) *past {
	t.Helper()
	url := dbtest.Empty(t)
	pool, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	p := &past{t: t, pool: pool}
	p.exec(`CREATE TABLE time_of_the_test (shift interval NOT NULL)`)
	p.exec(`INSERT INTO time_of_the_test VALUES ('0')`)
	p.exec(`CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.clock_timestamp() + shift FROM public.time_of_the_test'`)
	p.exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$`)
	p.turn(day)
	p.process = start(t, t.TempDir(), env("SHUYUAN_DATABASE_URL="+url))
	return p
}

// turn makes it ten in the morning of a day.
func (p *past) turn(day string) {
	p.t.Helper()
	p.exec(`UPDATE time_of_the_test SET shift = ($1 || ' 10:00+08')::timestamptz - pg_catalog.clock_timestamp()`, day)
	if p.process == nil {
		return
	}
	eventually(p.t, "the server sees what day it is", func() bool {
		var seen bool
		return p.pool.QueryRow(p.t.Context(), `SELECT high >= $1::date FROM clock`, day).Scan(&seen) == nil && seen
	})
}

func (p *past) exec(sql string, args ...any) {
	p.t.Helper()
	if _, err := p.pool.Exec(p.t.Context(), sql, args...); err != nil {
		p.t.Fatal(err)
	}
}

// now is the time of the installation.
func (p *past) now() time.Time {
	var at time.Time
	if err := p.pool.QueryRow(context.Background(), `SELECT pg_catalog.clock_timestamp() + shift FROM public.time_of_the_test`).Scan(&at); err != nil {
		p.t.Fatal(err)
	}
	return at
}

// entry makes an officer of the department of a name, a citizen, and an entry of
// the department that is open on conditions.
func (p *past) entry(name string) {
	p.t.Helper()
	must := func(err error) {
		p.t.Helper()
		if err != nil {
			p.t.Fatal(err)
		}
	}
	ctx := p.t.Context()
	store, err := blob.NewDir(p.process.data + "/files")
	must(err)
	catalogue := datasets.NewService(p.pool, store, licensing.Gate{}, p.now)
	var departments []datasets.Department
	for _, x := range texts {
		departments = append(departments, datasets.Department{Slug: x.name, Name: "示例部门（" + x.name + "）", NameEN: "Department of " + x.name, Region: "100000", Profile: x.profile, Side: account.Manage})
	}
	must(catalogue.PutVocabulary(ctx, account.System("test"), datasets.Vocabulary{
		Regions:     []datasets.Region{{Code: "100000", Name: "全国", NameEN: "China"}},
		Licences:    []datasets.Licence{{ID: "CC-BY-4.0", Name: "署名 4.0", NameEN: "Attribution 4.0", Attribution: true}},
		Themes:      []datasets.Theme{{Slug: "people", Name: "人口", NameEN: "People"}},
		Departments: departments,
	}))
	department, err := catalogue.Department(ctx, account.Actor{}, name)
	must(err)
	theme, err := catalogue.Theme(ctx, account.Actor{}, "people")
	must(err)
	accounts := account.NewService(p.pool, account.Config{Argon2: account.Argon2{MemoryKiB: 64, Passes: 1, Lanes: 1}}, p.now)
	for _, n := range []account.NewUser{
		{Identifier: "officer@" + name + ".example", Name: "示例专员", Roles: []account.Role{account.Officer}, Department: department.Item.ID},
		{Identifier: "citizen@" + name + ".example", Name: "张三", Side: account.Use},
	} {
		n.Password = password
		_, err := accounts.CreateUser(ctx, account.System("test"), n)
		must(err)
	}
	officer := account.Actor{ID: -1, Name: "test", Roles: []account.Role{account.Officer}, Department: department.Item.ID}
	d := &datasets.Dataset{
		Slug: name + "-stations", Title: "空气质量监测站 " + name, TitleEN: "Air quality stations of " + name, Summary: "用于测试的数据。", Source: "示例来源", Department: department.Item, Theme: theme.Item,
		Licence: datasets.Licence{ID: "CC-BY-4.0"}, Region: datasets.Region{Code: "100000"}, Open: datasets.Conditional, ShareType: string(datasets.Unconditional), Frequency: datasets.Annual,
		LastUpdated: p.now().AddDate(0, 0, -3), OpenMethod: "平台下载或接口查询", UseRequirements: "只用于申请的用途", Safeguards: "存放在境内，专人保管",
		OpenBases: []datasets.LegalBasis{{Kind: "法律", Instrument: "中华人民共和国数据安全法", Article: "第二十一条", Quote: "国家建立数据分类分级保护制度"}},
	}
	must(catalogue.Save(ctx, officer, d))
	resource, err := catalogue.AddResource(ctx, officer, d, datasets.Resource{Name: "监测站", NameEN: "Stations"})
	must(err)
	must(catalogue.Move(ctx, officer, d.Slug, datasets.Publish, "", d.Revision))
	v, err := catalogue.AddVersion(ctx, officer, d, resource, datasets.NewVersion{FileName: "stations.csv", Content: strings.NewReader("站名,年份,均值\n东山,2022,31\n西湖,2022,28\n"), Reason: "首次发布"})
	must(err)
	eventually(p.t, "the table is read", func() bool {
		var tables int
		must(p.pool.QueryRow(ctx, `SELECT count(*) FROM version_tables WHERE version_id = $1`, v.ID).Scan(&tables))
		return tables > 0
	})
}

// Whoever applies is told beforehand what is needed and how long it takes, sees
// at each step whose turn it is, by when and by which text, and has the data when
// the department agrees; whoever decides sees the same clock. The same journey
// under four texts, each by its own days.
func TestConditionalDataUnderFourTexts(t *testing.T) {
	p := newPast(t, texts[0].day)
	for _, x := range texts {
		t.Run(x.name, func(t *testing.T) {
			p.t = t
			p.turn(x.day)
			p.entry(x.name)
			citizen, officer := newTabOn(t, p.process), newTabOn(t, p.process)
			shot := func(b *tab, name string) { b.Helper(); b.shot("conditional-" + x.name + "-" + name) }
			says := func(b *tab, what string, words ...string) {
				b.Helper()
				page := strings.Join(strings.Fields(b.text("main")), " ")
				for _, w := range words {
					if !strings.Contains(page, w) {
						b.Errorf("%s does not say %q: %s", what, w, page)
					}
				}
			}

			citizen.enter("citizen@"+x.name+".example", password)
			citizen.open("/datasets/" + x.name + "-stations")
			citizen.clean("an entry that one can apply for")
			shot(citizen, "1-entry")
			citizen.follow(`main a[href$="/apply"]`)
			says(citizen, "what is told beforehand", x.rule, "还没有办完过的申请", "只用于申请的用途")
			if historic := strings.Contains(citizen.text("main"), "历史规则"); historic {
				t.Errorf("a text in force is called historic")
			}
			citizen.clean("before the application")
			shot(citizen, "2-before")
			citizen.follow(`main form[action$="/apply"] button`)
			citizen.follow(`button[name=go][value=sign]`)
			says(citizen, "an empty form", "还有 8 处要改")
			citizen.clean("the list of what is missing")
			citizen.click(`input[name=seen]`)
			citizen.click(`input[name=lane][value=public]`)
			citizen.fill("area", "")
			citizen.fill("purpose", "向本市居民提示下一日的空气质量，结果免费公布。")
			citizen.fill("outputs", "按站、按小时的超标概率表")
			citizen.fill("months", "6")
			citizen.fill("storage", "自有机房，磁盘加密，仅两人有权限。")
			eval[bool](citizen, `document.querySelectorAll('.wanted input[type=checkbox]').forEach(e => { if (!e.checked) e.click() }) || true`)
			citizen.clean("the form")
			shot(citizen, "3-form")
			citizen.follow(`button[name=go][value=sign]`)
			citizen.clean("the agreement")
			shot(citizen, "4-sign")
			citizen.click(`input[name=agreed]`)
			citizen.follow(`main form[action$="/sign"] button`)
			says(citizen, "the receipt", "已提交", x.accept)
			number := citizen.at()
			number = strings.TrimPrefix(strings.SplitN(number, "?", 2)[0], "/applications/")
			citizen.clean("an application that was submitted")
			shot(citizen, "5-submitted")

			officer.enter("officer@"+x.name+".example", password)
			officer.open("/desk/inbox")
			officer.clean("the inbox")
			shot(officer, "6-inbox")
			officer.follow(`main a[href="/desk/applications/` + number + `"]`)
			officer.follow(`form[action$="/accept"] button`)
			says(officer, "what was accepted", x.decide, x.rule)
			officer.clean("an application to decide")
			shot(officer, "7-decide")
			citizen.open("/applications/" + number)
			says(citizen, "the timeline", x.decide, x.rule, "受理")
			officer.follow(`form[action$="/decide"] button.main`)
			says(officer, "what was decided", "已决定")

			citizen.open("/applications/" + number)
			says(citizen, "the end", "SQZ-", "按时")
			citizen.clean("an application that was granted")
			shot(citizen, "8-granted")
			citizen.follow(`main a[href^="/grants/SQZ-"]`)
			citizen.clean("the grant")
			shot(citizen, "9-grant")
			if body := citizen.download(`#files a[href$="data.csv"]`); !strings.Contains(string(body), "东山") {
				t.Errorf("the file is %q", body)
			}
			citizen.open("/downloads")
			says(citizen, "what was taken", "空气质量监测站 "+x.name)
			onAPhone(citizen, "/datasets/"+x.name+"-stations/apply", "/applications/"+number, "/applications", "/grants", "/downloads")
			onAPhone(officer, "/desk/applications/"+number, "/desk/applications?all=1", "/desk/grants", "/datasets/"+x.name+"-stations/decisions")
			t.Logf("| %s | %s | accepted by %s | decided by %s | %s |", x.profile, x.day, x.accept, x.decide, x.rule)
		})
	}
	t.Run("what became of a text that lapsed", func(t *testing.T) {
		citizen := newTabOn(t, p.process)
		citizen.enter("citizen@aba.example", password)
		citizen.open("/applications")
		citizen.follow(`main a[href^="/applications/SQ-2023-"]`)
		if page := citizen.text("main"); !strings.Contains(page, "历史规则") || !strings.Contains(page, "2023-10-13") {
			t.Errorf("the case under the text that lapsed: %s", page)
		}
		citizen.clean("a case under a text that lapsed")
		citizen.shot("conditional-aba-later")
	})
}
