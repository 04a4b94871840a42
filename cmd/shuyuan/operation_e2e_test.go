//go:build e2e

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
)

// Who plays: the body that authorises, the department whose data it is, the operator,
// the developer.
const (
	mandateAuthority, mandateHead, mandateSecurity = "authority@sjj.example", "head@sjj.example", "security@sjj.example"
	visitsOfficer, theSupervisor                   = "officer@jtt.example", "regulator@jgj.example"
	runOwner, runReviewer                          = "owner@run.example", "review@run.example"
	labOwner, labProgrammer                        = "owner@lab.example", "programs@lab.example"
)

// visits are 60 people at each of four stations on two days, and three at a fifth. Of
// who they are and of the fifth station nothing may ever be seen.
func visits() string {
	var b strings.Builder
	b.WriteString("person,station,day,amount\n")
	for i := range 240 {
		for day := range 2 {
			fmt.Fprintf(&b, "QX%05d,%s,2026-10-0%d,%d\n", i, []string{"东站", "西站", "南站", "北站"}[i%4], day+1, 10+i%7)
		}
	}
	for i := range 3 {
		fmt.Fprintf(&b, "QX%05d,孤站,2026-10-01,99\n", 900+i)
	}
	return b.String()
}

// operated makes the people of authorised operation and an entry to be operated.
func (p *past) operated() {
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
	must(catalogue.PutVocabulary(ctx, account.System("test"), datasets.Vocabulary{
		Regions:  []datasets.Region{{Code: "100000", Name: "全国", NameEN: "China"}},
		Licences: []datasets.Licence{{ID: "CC-BY-4.0", Name: "署名 4.0", NameEN: "Attribution 4.0", Attribution: true}},
		Themes:   []datasets.Theme{{Slug: "transport", Name: "交通", NameEN: "Transport"}},
		Departments: []datasets.Department{
			{Slug: "sjj", Name: "示例数据管理局", NameEN: "Sample data authority", Region: "100000", Profile: "cn-fujian-2023", Side: account.Manage},
			{Slug: "jtt", Name: "示例交通厅", NameEN: "Sample transport department", Region: "100000", Profile: "cn-fujian-2023", Side: account.Manage},
			{Slug: "jgj", Name: "示例监管机构", NameEN: "Sample regulator", Region: "100000", Profile: "cn-fujian-2023", Side: account.Regulate},
		},
	}))
	body, err := catalogue.Department(ctx, account.Actor{}, "sjj")
	must(err)
	department, err := catalogue.Department(ctx, account.Actor{}, "jtt")
	must(err)
	supervisor, err := catalogue.Department(ctx, account.Actor{}, "jgj")
	must(err)
	theme, err := catalogue.Theme(ctx, account.Actor{}, "transport")
	must(err)
	accounts := account.NewService(p.pool, account.Config{Argon2: account.Argon2{MemoryKiB: 64, Passes: 1, Lanes: 1}}, p.now)
	ids := map[string]int64{}
	for _, n := range []account.NewUser{
		{Identifier: mandateAuthority, Name: "主管甲", Roles: []account.Role{account.Authority}, Department: body.Item.ID},
		{Identifier: mandateHead, Name: "负责人乙", Roles: []account.Role{account.Head}, Department: body.Item.ID},
		{Identifier: mandateSecurity, Name: "安全丙", Roles: []account.Role{account.SecurityReviewer}, Department: body.Item.ID},
		{Identifier: theSupervisor, Name: "监管壬", Roles: []account.Role{account.Regulator}, Department: supervisor.Item.ID},
		{Identifier: visitsOfficer, Name: "专员丁", Roles: []account.Role{account.Officer}, Department: department.Item.ID},
		{Identifier: runOwner, Name: "运营戊", Roles: []account.Role{account.Operator}},
		{Identifier: runReviewer, Name: "审核己", Roles: []account.Role{account.Operator}},
		{Identifier: labOwner, Name: "开发庚", Side: account.Use},
		{Identifier: labProgrammer, Name: "程序辛", Side: account.Use},
	} {
		n.Password = password
		ids[n.Identifier], err = accounts.CreateUser(ctx, account.System("test"), n)
		must(err)
	}
	p.exec(`UPDATE users SET sample = true`)
	for _, o := range []struct{ name, code, side, owner, member string }{
		{"示例数据运营有限公司", runCode, "operate", runOwner, runReviewer}, {"示例出行研究所", "91350100M000100Y44", "use", labOwner, labProgrammer},
	} {
		p.exec(`WITH made AS (INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at) VALUES ('legal', $1, $2, $3, 'verified', now(), now(), now()) RETURNING id)
			INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) SELECT id, u.who, $3, u.role, now() FROM made, (VALUES ($4::bigint, 'owner'), ($5::bigint, 'member')) u (who, role)`, o.name, o.code, o.side, ids[o.owner], ids[o.member])
	}
	officer := account.Actor{ID: -1, Name: "test", Roles: []account.Role{account.Officer}, Department: department.Item.ID}
	d := &datasets.Dataset{
		Slug: "station-visits", Title: "车站到访记录", TitleEN: "Visits to stations", Summary: "用于测试的数据。", Source: "示例来源", Department: department.Item, Theme: theme.Item,
		Licence: datasets.Licence{ID: "CC-BY-4.0"}, Region: datasets.Region{Code: "100000"}, Open: datasets.Conditional, ShareType: string(datasets.Unconditional), Frequency: datasets.Annual,
		LastUpdated: p.now().AddDate(0, 0, -3), OpenMethod: "安全开发空间", UseRequirements: "只用于申请的用途", Safeguards: "不出平台",
		OpenBases: []datasets.LegalBasis{{Kind: "法律", Instrument: "中华人民共和国数据安全法", Article: "第二十一条", Quote: "国家建立数据分类分级保护制度"}},
	}
	must(catalogue.Save(ctx, officer, d))
	resource, err := catalogue.AddResource(ctx, officer, d, datasets.Resource{Name: "到访记录", NameEN: "Visits"})
	must(err)
	must(catalogue.Move(ctx, officer, d.Slug, datasets.Publish, "", d.Revision))
	v, err := catalogue.AddVersion(ctx, officer, d, resource, datasets.NewVersion{FileName: "visits.csv", Content: strings.NewReader(visits()), Reason: "首次发布"})
	must(err)
	eventually(p.t, "the table is read", func() bool {
		var tables int
		must(p.pool.QueryRow(ctx, `SELECT count(*) FROM version_tables WHERE version_id = $1`, v.ID).Scan(&tables))
		return tables > 0
	})
}

const runCode = "91350100M000100Y43"

// set writes into the first field that a selector finds.
func (b *tab) set(selector, value string) {
	b.Helper()
	if said := eval[string](b, `(() => {
		const e = document.querySelector(`+quoted(selector)+`)
		if (!e) return 'there is no such field'
		if (e.type === 'checkbox' || e.type === 'radio') { if (!e.checked) e.click(); return e.checked ? '' : 'it is not ticked' }
		e.value = `+quoted(value)+`
		e.dispatchEvent(new Event('input', {bubbles: true}))
		return e.value === `+quoted(value)+` ? '' : 'the field does not take it'
	})()`); said != "" {
		b.Fatalf("%s at %s: %s", selector, b.at(), said)
	}
}

// says fails unless the page says all of the words.
func (b *tab) says(what string, words ...string) {
	b.Helper()
	page := strings.Join(strings.Fields(b.text("main")), " ")
	for _, w := range words {
		if !strings.Contains(page, w) {
			b.Errorf("%s does not say %q: %s", what, w, page)
		}
	}
}

// posts sends a form to a path, as somebody would who makes up what no page offers,
// and returns the status of the answer.
func (b *tab) posts(path string, fields ...string) int {
	b.Helper()
	b.forgive(path)
	script := `fetch('/account').then(r => r.text()).then(page => fetch(` + quoted(path) + `, {method: 'POST', redirect: 'manual', headers: {'Content-Type': 'application/x-www-form-urlencoded'}, body: new URLSearchParams([['csrf', page.match(/name="csrf" value="([^"]+)"/)[1]]`
	for i := 0; i < len(fields); i += 2 {
		script += `, [` + quoted(fields[i]) + `, ` + quoted(fields[i+1]) + `]`
	}
	var code int
	b.run(chromedp.Evaluate(script+`])})).then(r => r.type === 'opaqueredirect' ? 303 : r.status)`, &code, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return code
}

// handIn uploads a file for each thing that is asked for on a page of files.
func (b *tab) handIn(slots int) {
	b.Helper()
	file := filepath.Join(b.TempDir(), "示例.pdf")
	if err := os.WriteFile(file, []byte(licensingtest.PDF), 0o644); err != nil {
		b.Fatal(err)
	}
	for n := range slots {
		b.run(chromedp.SetUploadFiles(fmt.Sprintf("#slot-%d-file", n), []string{file}, chromedp.ByQuery))
		b.follow(fmt.Sprintf("#slot-%d button[type=submit]", n))
	}
}

// number is the last part of the address.
func (b *tab) number() string {
	b.Helper()
	path := strings.SplitN(b.at(), "?", 2)[0]
	return path[strings.LastIndex(path, "/")+1:]
}

// blind fails where a page shows who anybody is, or that there is a station with too
// few.
func (b *tab) blind(what string) {
	b.Helper()
	page := eval[string](b, `document.documentElement.outerHTML`)
	for _, word := range []string{"QX0", "孤站"} {
		if strings.Contains(page, word) {
			b.Errorf("%s shows %q", what, word)
		}
	}
}

// theEditor is where a program is written: it has a root of its own.
const theEditor = `document.querySelector('[data-sql] > div')?.shadowRoot?.querySelector('.cm-content')`

// writes puts a program into the editor, as by hand.
func (b *tab) writes(sql string) {
	b.Helper()
	b.until("the editor is there", theEditor)
	b.forgive("Applying inline style") // the browser's own, where all is chosen and written over; refused, as it should be
	b.run(chromedp.Evaluate(theEditor+`.focus()`, nil))
	b.run(chromedp.KeyEvent("a", chromedp.KeyModifiers(input.ModifierCtrl)), input.InsertText(sql))
}

// over waits until the job that runs is over.
func (b *tab) over() {
	b.Helper()
	b.until("the job is over", `document.readyState === 'complete' && document.querySelector('#jobs table tbody tr') && !document.querySelector('[data-job]')`)
}

// From the plan to a released result, each by the person whose step it is, and then the
// cascade: what is suspended above stops at the next request, what is resumed is as it
// was, what is revoked is over.
func TestAMandateFromThePlanToAReleasedResult(t *testing.T) {
	p := newPast(t, "2026-11-23")
	p.operated()
	enter := func(identifier string) *tab {
		b := newTabOn(t, p.process)
		b.enter(identifier, password)
		return b
	}

	mandate := theMandate(t, p, enter)
	theEntry(t, mandate, enter)
	number := theScenario(t, mandate, enter)
	space, release := theResult(t, number, enter)
	product, packed := theProduct(t, p, number, release, enter)
	theRegistration(t, p, product, enter)

	file := space + "/releases/" + release + ".csv"
	authority := enter(mandateAuthority)
	lab := enter(labOwner)
	turn := func(action string) {
		authority.open("/desk/mandates/" + mandate)
		authority.click("#" + action + " summary")
		authority.set("#why-"+action, "示例理由")
		if action != "resume" {
			authority.set("#basis-"+action, "协议第十二条")
		}
		authority.clean("the form to " + action)
		authority.follow("#" + action + " button[name=action]")
	}
	if code := lab.status(file); code != 200 {
		t.Fatalf("the result is answered %d", code)
	}
	turn("suspend")
	authority.says("a suspended mandate", "暂停")
	authority.shot("operation-8-suspended")
	if code := lab.status(file); code != 403 {
		t.Errorf("under a suspended mandate the result is answered %d", code)
	}
	lab.open(space)
	lab.says("a workspace under a suspended mandate", "现在不能运行，也不能下载：", mandate, "示例理由")
	if n := eval[int](lab, `document.querySelectorAll('button[value=run]:not([disabled])').length`); n != 0 {
		t.Error("a program can be run under a suspended mandate")
	}
	lab.clean("a workspace under a suspended mandate")
	lab.shot("operation-9-stopped")
	if code := lab.posts(space, "action", "run", "sql", "SELECT count(*) AS n FROM station_visits", "name", ""); code != 403 {
		t.Errorf("a program under a suspended mandate is answered %d", code)
	}
	turn("resume")
	if code := lab.status(file); code != 200 {
		t.Errorf("under a resumed mandate the result is answered %d", code)
	}
	lab.open(space)
	if n := eval[int](lab, `document.querySelectorAll('button[value=run]:not([disabled])').length`); n != 1 {
		t.Error("no program can be run under a resumed mandate")
	}
	turn("revoke")
	authority.says("a revoked mandate", "撤销")
	if code := lab.status(file); code != 403 {
		t.Errorf("under a revoked mandate the result is answered %d", code)
	}
	lab.open(space)
	lab.says("a workspace under a revoked mandate", "现在不能运行，也不能下载：", "撤销")
	visitor := newTabOn(t, p.process)
	visitor.checks(packed, false, "真实但已失效")
	visitor.says("a file under a revoked mandate", "撤销")
	visitor.open(product)
	visitor.clean("a product under a revoked mandate")
	visitor.open("/operation/" + mandate)
	visitor.says("what is disclosed", "撤销", "示例数据运营有限公司", "3 家参加")
	visitor.clean("what is disclosed of a revoked mandate")
	visitor.language("en")
	for _, path := range []string{"/operation", "/operation/" + mandate, "/scenarios", "/scenarios/" + number} {
		visitor.open(path)
		visitor.clean(path + " in English")
	}
	visitor.shot("operation-10-english")
	onAPhone(visitor, "/operation", "/operation/"+mandate, "/scenarios", "/scenarios/"+number)
}

// thePlan is how a plan is drafted and approved; it returns its number.
func thePlan(t *testing.T, authority, head *tab) string {
	authority.open("/desk/authority")
	authority.clean("authorised operation, empty")
	authority.follow(`main a[href="/desk/plans/new"]`)
	for id, value := range map[string]string{
		"title": "出行公共数据授权运营", "need": "出行提示要用到访记录，记录不便逐份提供。", "products": "各站客流提示。", "months": "24", "security_level": "mlps3",
		"security": "只在安全开发空间里用。", "evaluation": "每 12 个月评估一次。", "exit": "到期 30 日内销毁。", "items": "station-visits: *",
	} {
		authority.fill(id, value)
	}
	authority.set(`input[name=forms][value=result_table]`, "")
	authority.set(`input[name=purposes][value=transport]`, "")
	authority.clean("the form of a plan")
	authority.shot("operation-1-plan")
	authority.follow(`main form button.main`)
	plan := authority.number()
	authority.follow(`button[name=action][value=submit]`)
	if n := eval[int](authority, `document.querySelectorAll('button[value=approve]').length`); n != 0 {
		t.Error("who drafted a plan may approve it")
	}
	if code := authority.posts("/desk/plans/"+plan, "action", "approve", "revision", "2"); code == 303 || code == 0 {
		t.Errorf("who drafted a plan approves it: %d", code)
	}
	head.open("/desk/inbox")
	head.clean("the inbox of who approves")
	head.follow(`main a[href="/desk/plans/` + plan + `"]`)
	head.clean("a plan to approve")
	head.follow(`button[name=action][value=approve]`)
	return plan
}

// theMandate is the way of a mandate to its term; it returns its number.
func theMandate(t *testing.T, p *past, enter func(string) *tab) string {
	authority, head := enter(mandateAuthority), enter(mandateHead)
	plan := thePlan(t, authority, head)
	authority.open("/desk/plans/" + plan + "/papers")
	authority.handIn(1)
	authority.clean("the files of the competition")
	authority.open("/desk/plans/" + plan)
	authority.set("#winner", runCode)
	authority.set("#candidates", "3")
	authority.set("#on", "2026-11-20")
	authority.set("#words", "三家参加，综合评分第一。")
	authority.follow(`#award form button.main`)
	authority.says("the award", "示例数据运营有限公司", "3 家参加")
	authority.clean("a plan with its award")
	authority.follow(`main a[href="/desk/plans/` + plan + `/agreement"]`)
	authority.set("#title", "出行公共数据授权运营")
	authority.set("#from", "2026-11-23")
	authority.set("#last", "2028-11-22")
	authority.set(`input[name="ceiling.result_table.per_piece"]`, "2000")
	authority.clean("the form of an agreement")
	authority.follow(`main form button.main`)
	mandate := authority.number()
	authority.follow(`button[name=action][value=submit]`)
	head.open("/desk/mandates/" + mandate)
	head.follow(`button[name=action][value=approve]`)
	head.clean("an agreement that is locked")
	head.shot("operation-2-agreement")

	operator := enter(runOwner)
	operator.open("/desk/operator")
	operator.clean("the desk of an operator")
	operator.follow(`main a[href="/desk/mandates/` + mandate + `"]`)
	operator.says("the text to sign", "代表运营机构签署")
	operator.follow(`button[name=action][value=sign_operator]`)

	p.exec(`UPDATE sessions SET confirmed_at = confirmed_at - interval '1 day'`) // it is long since anybody showed who they are
	authority.open("/desk/mandates/" + mandate)
	authority.forgive("403")
	authority.follow(`button[name=action][value=sign]`)
	authority.says("before a signature", "请确认是您本人")
	authority.clean("the question who signs")
	authority.set("#confirm-password", password)
	authority.follow(`main form button.main`)
	authority.says("an agreement that both signed", "生效")
	authority.clean("an agreement that both signed")
	authority.shot("operation-3-active")
	onAPhone(authority, "/desk/authority", "/desk/plans/"+plan, "/desk/mandates/"+mandate, "/desk/plans/new")
	return mandate
}

// theEntry is how a developer enters.
func theEntry(t *testing.T, mandate string, enter func(string) *tab) {
	lab := enter(labOwner)
	lab.open("/operation/" + mandate)
	lab.clean("what is disclosed, to who may enter")
	lab.follow(`#enter form button.main`)
	lab.clean("an application for entry")
	entry := lab.number()
	lab.handIn(2)
	lab.set("#contact", "示例联系人")
	lab.set("#security", "专人专机，磁盘加密。")
	lab.set("#trained_on", "2026-11-20")
	lab.set("#training", "公共数据安全培训，运营机构举办。")
	eval[bool](lab, `document.querySelectorAll('input[name=writes]').forEach(e => e.click()) || true`)
	eval[bool](lab, `(document.querySelector('input[name=releases]').click(), true)`)
	lab.set("input[name=declared]", "")
	lab.clean("an application for entry, written")
	lab.follow(`button[name=action][value=submit]`)
	lab.says("an application that was handed in", "待审核")
	operator := enter(runOwner)
	operator.open("/desk/developers/" + entry)
	operator.clean("an entry to screen")
	operator.shot("operation-4-entry")
	operator.follow(`button[name=action][value=admit]`)
	lab.open("/entries/" + entry)
	lab.says("an entry that was admitted", "已入驻")
	lab.clean("an entry that was admitted")
	onAPhone(lab, "/entries", "/entries/"+entry)
	onAPhone(operator, "/desk/operator", "/desk/developers/"+entry)
	_ = t
}

// theScenario is the way of a scenario to its contract; it returns its number.
func theScenario(t *testing.T, mandate string, enter func(string) *tab) string {
	lab := enter(labOwner)
	lab.open("/account/scenarios/new")
	lab.clean("before a scenario")
	lab.follow(`main form button.main`)
	number := strings.Split(lab.at(), "/")[3]
	at, desk := "/account/scenarios/"+number, "/desk/scenarios/"+number
	for id, value := range map[string]string{
		"title": "各站客流提示", "sector": "交通运输", "purpose": "transport", "description": "按站统计到访人数，结果免费公布。", "method": "按站分组计数。", "audience": "本市居民",
		"security_plan": "专人负责，操作留痕。", "emergency_plan": "两小时内报告。", "filing": "已报备。", "months": "12",
	} {
		lab.set("#"+id, value)
	}
	lab.set(`input[name=class][value=public_benefit]`, "")
	lab.set(`input[name=personal][value=none]`, "")
	lab.set(`input[name=delivery][value=sandbox]`, "")
	lab.set(`select[name="form.0"]`, "result_table")
	lab.set(`input[name="fields.0"]`, "车站、人数")
	lab.set(`input[name="minimum.0"]`, "10")
	lab.set(`input[name^="item."]`, "")
	eval[bool](lab, `document.querySelectorAll('input[name^="col."]').forEach(e => { if (!e.checked) e.click() }) || true`)
	for n, use := range []string{"subject", "group", "group", "aggregate"} {
		lab.set(fmt.Sprintf(`select[name^="use."][name$=".%d"]`, n), use)
	}
	lab.set(`input[name^="why."]`, "分组和汇总要用")
	lab.set(`input[name^="span."]`, "2026 年 10 月")
	lab.set(`input[name^="refresh."]`, "每月")
	lab.clean("the form of a scenario")
	lab.shot("operation-5-scenario")
	lab.follow(`button[name=go][value=papers]`)
	lab.handIn(3)
	lab.clean("the files of a scenario")
	lab.open(at + "/edit")
	lab.follow(`button[name=go][value=check]`)
	lab.clean("a scenario that can be handed in")
	lab.follow(`form[action$="/submit"] button.main`)
	lab.says("a scenario that was handed in", "初审")
	lab.clean("a scenario that was handed in")

	operator := enter(runOwner)
	operator.open(desk)
	operator.clean("a scenario to screen")
	operator.follow(`button[name=action][value=screen]`)

	officer := enter(visitsOfficer)
	officer.open("/desk/inbox")
	officer.follow(`main a[href="` + desk + `"]`)
	officer.clean("an opinion to give")
	officer.set(`input[name=decision][value=granted]`, "")
	officer.follow(`form[action$="/opinion"] button.main`)
	security := enter(mandateSecurity)
	security.open(desk)
	security.set(`input[name=verdict][value=passed]`, "")
	security.clean("a security review to make")
	security.follow(`button[name=action][value=security]`)

	operator.open(desk)
	if n := eval[int](operator, `document.querySelectorAll('button[value=authorise], button[value=refuse]').length`); n != 0 {
		t.Error("the operator is offered to decide")
	}
	revision := eval[string](operator, `document.querySelector('input[name=revision]')?.value ?? '6'`)
	if code := operator.posts(desk+"/move", "action", "authorise", "revision", revision, "reason", "示例"); code != 403 {
		t.Errorf("an operator that authorises is answered %d", code)
	}
	authority := enter(mandateAuthority)
	authority.open(desk)
	authority.set("#reason", "符合用途，范围最小。")
	authority.run(chromedp.Evaluate(`(() => { const s = document.querySelector('select[name$="-0-kind"]'); s.value = [...s.options].find(o => o.value).value })()`, nil))
	authority.set(`input[name$="-0-instrument"]`, "福建省一体化公共数据体系建设方案")
	authority.set(`input[name$="-0-article"]`, "FJ-4.1")
	authority.set(`textarea[name$="-0-quote"]`, "公共数据开发")
	authority.clean("a scenario to decide")
	authority.shot("operation-6-decide")
	authority.follow(`button[name=action][value=authorise]`)
	authority.says("a scenario that was authorised", "授权")

	operator.open(desk)
	for id, value := range map[string]string{"fee": "公益场景不收费", "officer": "示例安全员", "officer_contact": "a@lab.example", "operator_contact": "b@run.example", "developer_contact": "c@lab.example", "place": "示例市"} {
		operator.set("#"+id, value)
	}
	operator.set(`input[name=dispute][value=arbitration]`, "")
	operator.clean("the blanks of a contract")
	operator.follow(`button[name=action][value=offer]`)
	operator.follow(`form[action$="/sign"] button.main`)
	lab.open(at)
	lab.clean("a contract to sign")
	lab.follow(`form[action$="/sign"] button.main`)
	lab.says("a scenario in use", "在用")
	lab.clean("a scenario in use")
	onAPhone(lab, at, "/account/scenarios")
	onAPhone(operator, desk, "/desk/scenarios")
	return number
}

// theResult is the way from an empty workspace to a released result; it returns the
// address of the workspace and the number of the release.
func theResult(t *testing.T, scenario string, enter func(string) *tab) (space, release string) {
	lab := enter(labOwner)
	lab.open("/workspaces")
	lab.clean("a workspace that can be opened")
	lab.follow(`main form button.main`)
	space = strings.SplitN(lab.at(), "?", 2)[0]
	eventually(t, "the workspace is ready", func() bool {
		lab.open(space)
		return eval[bool](lab, `!document.querySelector('#mounts .due')`)
	})
	lab.blind("the workspace")
	eval[bool](lab, `document.querySelectorAll('details').forEach(e => e.open = true) || true`)
	lab.says("what is known of the data", "station_visits", "东站", "合成，由许可的统计量生成，不是真实的行。")
	lab.clean("the data of a workspace")
	lab.shot("operation-7-workspace")
	lab.click(`#members input[name=programs]:not(:checked)`)
	lab.follow(`#members form:last-of-type button`)

	programmer := enter(labProgrammer)
	programmer.open(space)
	programmer.blind("the workspace, to who writes programs")
	if eval[bool](programmer, `[...document.querySelectorAll('#members input[name=programs]')].length > 0`) {
		t.Error("somebody who is no owner is offered to change the members")
	}
	lab.writes("SELECT person, station FROM station_visits")
	lab.follow(`button[value=run]`)
	lab.over()
	lab.open(space)
	lab.follow(`#jobs table tbody tr a`)
	lab.clean("a statement that was refused")
	lab.shot("operation-7-refused")
	if refused := lab.text("main .late"); refused == "" {
		t.Error("nothing says why a statement was refused")
	}
	lab.blind("a statement that was refused")

	// by the keyboard alone
	lab.open(space)
	lab.until("the editor is there", theEditor)
	lab.tabTo("[data-sql] > div")
	lab.run(chromedp.KeyEvent("a", chromedp.KeyModifiers(input.ModifierCtrl)), input.InsertText("SELECT station, count(DISTINCT person) AS people FROM station_visits GROUP BY station"))
	lab.leads(func() {
		lab.run(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(input.ModifierCtrl)))
	})
	lab.over()
	lab.until("the editor is there", theEditor)
	lab.tabTo("[data-sql] > div")
	lab.press(kb.Escape) // in the editor the Tab key indents
	lab.tabTo(`#jobs table tbody tr:first-child th a`)
	lab.press(kb.Enter) // the job is on this page already
	lab.until("the result is in view", `location.hash === '#r'`)
	lab.blind("a result that is held")
	lab.says("a result that is held", "审核前只给列，不给行数和值")
	lab.clean("a result that is held")
	lab.shot("operation-7-held")
	lab.tabTo(`a[href$="#release"]`)
	lab.leads(func() { lab.press(kb.Enter) })
	lab.set("#title", "各站人数")
	lab.set("#purpose", "公布给市民")
	lab.clean("the form to ask for a result")
	lab.follow(`button[name=action][value=release]`)
	var review string
	eventually(t, "the rules have looked at it", func() bool {
		lab.open(space)
		lab.open(space + "?job=" + eval[string](lab, `document.querySelector('#jobs table tbody tr th a').textContent`))
		review = eval[string](lab, `document.querySelector('a[href*="/reviews/"]')?.textContent ?? ''`)
		return review != "" && strings.Contains(lab.text("main"), "等审核")
	})

	// the wrong side
	own := space + "/reviews/" + review
	lab.open(own)
	lab.blind("the own review")
	lab.clean("a review, to who asked")
	if n := eval[int](lab, `document.querySelectorAll('button[value=approve], button[value=take]').length`); n != 0 {
		t.Error("who asked is offered to review")
	}
	if code := lab.posts("/desk/outputs/"+review, "action", "take", "revision", "1"); code != 403 {
		t.Errorf("who asked and takes the review is answered %d", code)
	}

	first := enter(runOwner)
	first.open("/desk/outputs")
	first.clean("results to review")
	first.follow(`main a[href="/desk/outputs/` + review + `"]`)
	first.follow(`button[name=action][value=take]`)
	first.says("a result under review", "东站")
	if text := eval[string](first, `document.querySelector('main').innerText`); strings.Contains(text, "孤站") {
		t.Error("a result under review names a station that few people used")
	}
	first.set("#words", "只有计数，符合规则。")
	first.clean("a result under review")
	first.shot("operation-7-review")
	first.follow(`button[name=action][value=approve]`)
	if n := eval[int](first, `document.querySelectorAll('button[value=approve]').length`); n != 0 {
		t.Error("the first reviewer is offered to be the second")
	}
	revision := eval[string](first, `document.querySelector('input[name=revision]')?.value ?? '4'`)
	if code := first.posts("/desk/outputs/"+review, "action", "approve", "words", "再同意一次", "revision", revision); code == 303 || code == 0 {
		t.Errorf("the first reviewer who is the second, too, is answered %d", code)
	}
	second := enter(runReviewer)
	second.open("/desk/outputs/" + review)
	second.set("#words", "复核过，同意。")
	second.follow(`button[name=action][value=approve]`)
	second.says("a result that was released", "已放出")
	second.clean("a result that was released")

	lab = enter(labOwner)
	lab.open(space)
	lab.says("what was released", "各站人数", "示例交通厅")
	href := eval[string](lab, `document.querySelector('#releases a[href$=".csv"]').getAttribute('href')`)
	release = strings.TrimSuffix(href[strings.LastIndex(href, "/")+1:], ".csv")
	body := string(lab.download(`#releases a[href$=".csv"]`))
	if !strings.Contains(body, "东站,60") || strings.Contains(body, "孤站") || strings.Contains(body, "QX0") {
		t.Errorf("the result is %q", body)
	}
	lab.scheme("dark")
	lab.clean("a workspace in the dark")
	lab.shot("operation-7-dark")
	lab.language("en")
	lab.open(space)
	lab.clean("a workspace in English")
	lab.shot("operation-7-english")
	lab.language("zh-CN")

	// without script
	programmer = enter(labProgrammer)
	programmer.scripts(false)
	programmer.open(space)
	programmer.set("#sql", "SELECT day, count(*) AS visits FROM station_visits GROUP BY day")
	programmer.follow(`button[value=run]`)
	eventually(t, "a job is done without script", func() bool {
		programmer.open(space)
		return strings.Contains(programmer.text("#jobs table"), "结果暂存")
	})
	programmer.blind("the workspace without script")
	programmer.scripts(true)
	programmer.open(space)
	programmer.follow(`#jobs table tbody tr td:last-child a`)
	if n := eval[int](programmer, `document.querySelectorAll('button[value=release]').length`); n != 0 {
		t.Error("who may not ask for results is offered to")
	}
	programmer.clean("a job, to who may not ask for its result")
	onAPhone(lab, "/workspaces", space, own)
	second = enter(runReviewer)
	onAPhone(second, "/desk/outputs", "/desk/outputs/"+review, "/desk/workspaces")
	return space, release
}

// What is begun can be stopped and done again: a change that the authority refuses is
// asked for anew from what was written, a job that waits and one that runs are
// cancelled, and a workspace that is closed leaves a certificate and nothing that runs.
func TestAScenarioIsChangedAndItsWorkspaceClosed(t *testing.T) {
	p := newPast(t, "2026-11-23")
	p.operated()
	enter := func(identifier string) *tab {
		b := newTabOn(t, p.process)
		b.enter(identifier, password)
		return b
	}
	passing := func(identifier string) *tab { // TestAMandateFromThePlanToAReleasedResult looks at it all
		b := enter(identifier)
		b.passes = true
		return b
	}
	mandate := theMandate(t, p, passing)
	theEntry(t, mandate, passing)
	number := theScenario(t, mandate, passing)
	lab := enter(labOwner)
	again := theRefusal(lab, number, enter)
	theCancelled(lab)
	theClosing(lab, enter)
	theOperatorsClosing(t, p, lab, enter)

	lab.open("/account/scenarios/" + again)
	lab.says("a draft that comes from one that was refused", "再次申请")
	onAPhone(lab, "/account/scenarios/"+number)
}

// theRefusal is how a change is refused and asked for again; it returns the number of
// the draft that comes of it.
func theRefusal(lab *tab, number string, enter func(string) *tab) string {
	lab.Helper()
	at := "/account/scenarios/" + number
	lab.open(at)
	lab.says("a scenario in use", "延期从这一天起可以申请")
	if n := eval[int](lab, `document.querySelectorAll('button[name=kind][value=extension], button[name=kind][value=again]').length`); n != 0 {
		lab.Error("an extension is offered too early, or a scenario in use is asked for again")
	}
	lab.follow(`button[name=kind][value=change]`)
	change := strings.Split(lab.at(), "/")[3]
	if code := lab.posts(at+"/follow", "kind", "change", "sent", "another"); code != 409 {
		lab.Errorf("a second change beside an open one is answered %d", code)
	}
	lab.set("#method", "按站和日期分组计数。")
	lab.follow(`button[name=go][value=papers]`)
	lab.handIn(3)
	lab.open("/account/scenarios/" + change + "/edit")
	lab.follow(`button[name=go][value=check]`)
	lab.follow(`form[action$="/submit"] button.main`)
	lab.says("a change that was handed in", "用什么方法算：改了")
	lab.clean("a change that was handed in")
	lab.open(at)
	lab.says("what is changed", change)

	desk := "/desk/scenarios/" + change
	operator := enter(runOwner)
	operator.open(desk)
	operator.says("a change at the desk", "原场景 "+number)
	operator.follow(`button[name=action][value=screen]`)
	officer := enter(visitsOfficer)
	officer.open(desk)
	officer.set(`input[name=decision][value=granted]`, "")
	officer.follow(`form[action$="/opinion"] button.main`)
	security := enter(mandateSecurity)
	security.open(desk)
	security.set(`input[name=verdict][value=passed]`, "")
	security.follow(`button[name=action][value=security]`)
	authority := enter(mandateAuthority)
	authority.open(desk)
	authority.set("#reason", "按日期细分没有必要。")
	authority.run(chromedp.Evaluate(`(() => { const s = document.querySelector('select[name$="-0-kind"]'); s.value = [...s.options].find(o => o.value).value })()`, nil))
	authority.set(`input[name$="-0-instrument"]`, "福建省一体化公共数据体系建设方案")
	authority.set(`input[name$="-0-article"]`, "FJ-4.1")
	authority.set(`textarea[name$="-0-quote"]`, "公共数据开发")
	authority.follow(`button[name=action][value=refuse]`)

	lab.open("/account/scenarios/" + change)
	lab.clean("a change that was refused")
	lab.shot("operation-11-refused")
	lab.follow(`button[name=kind][value=again]`)
	lab.says("what is asked for again", change)
	if got := eval[string](lab, `document.querySelector('#method').value`); got != "按站和日期分组计数。" {
		lab.Errorf("what was written is %q", got)
	}
	return strings.Split(lab.at(), "/")[3]
}

// endless is a statement that runs for as long as it may.
const endless = "SELECT a.day, count(*) AS n, sum(a.amount * b.amount) AS m FROM station_visits a JOIN station_visits b ON a.day = b.day JOIN station_visits c ON b.day = c.day JOIN station_visits d ON c.day = d.day JOIN station_visits e ON d.day = e.day GROUP BY a.day"

// runs asks for an endless job and returns its number.
func (b *tab) runs() string {
	b.Helper()
	b.writes(endless)
	b.follow(`button[value=run]`)
	return eval[string](b, `new URLSearchParams(location.search).get('job')`)
}

// theCancelled cancels a job that waits and one that runs, in a new workspace.
func theCancelled(lab *tab) {
	lab.Helper()
	lab.open("/workspaces")
	lab.follow(`main form button.main`)
	space := strings.SplitN(lab.at(), "?", 2)[0]
	eventually(lab, "the workspace is ready", func() bool {
		lab.open(space)
		return eval[bool](lab, `!document.querySelector('#mounts .due')`)
	})
	running := lab.runs()
	eventually(lab, "the first job runs", func() bool {
		lab.open(space)
		return strings.Contains(lab.text("[data-says]"), "运行中")
	})
	waiting := lab.runs()
	state := func(job string) string {
		lab.open(space + "/jobs/" + job)
		return lab.text("main .lead")
	}
	if said := state(waiting); said != "排队" {
		lab.Fatalf("the second job is %q", said)
	}
	lab.clean("a job that waits")
	lab.open(space)
	lab.clean("a workspace with a job that waits")
	lab.shot("operation-12-waiting")
	lab.follow(`#jobs form[action$="` + waiting + `"] button[value=cancel]`)
	lab.says("a workspace with a job that was cancelled", "作业已经取消")
	if said := state(waiting); said != "已取消" {
		lab.Errorf("the job that waited is %q", said)
	}
	if code := lab.posts(space+"/jobs/"+waiting, "action", "cancel"); code != 409 {
		lab.Errorf("a job that is cancelled twice is answered %d", code)
	}
	lab.open(space + "/jobs/" + running)
	lab.follow(`button[value=cancel]`)
	eventually(lab, "the job that ran is cancelled", func() bool { return state(running) == "已取消" })
	if n := eval[int](lab, `document.querySelectorAll('button[value=cancel]').length`); n != 0 {
		lab.Error("a job that is over can be cancelled")
	}
	lab.says("a job that was cancelled", "取消了它")
	lab.language("en")
	lab.open(space + "/jobs/" + running)
	if log := lab.text("#log"); strings.Contains(log, "取消") {
		lab.Errorf("the log in English: %s", log)
	}
	lab.clean("the log of a job in English")
	lab.language("zh-CN")
}

// theClosing closes the workspace while a job runs in it and another waits.
func theClosing(lab *tab, enter func(string) *tab) {
	lab.Helper()
	lab.open("/workspaces")
	lab.follow(`main th a[href^="/workspaces/"]`)
	space := strings.SplitN(lab.at(), "?", 2)[0]
	first, second := lab.runs(), lab.runs()
	lab.open(space)
	lab.click("#close summary")
	lab.forgive("422")
	lab.follow(`#close button`)
	if !eval[bool](lab, `document.querySelector('#close').open && document.querySelector('#reason-wrong') !== null`) {
		lab.Errorf("without a reason: %s", lab.text("#close"))
	}
	lab.set("#reason", "做完了。")
	lab.follow(`#close button`)
	eventually(lab, "the workspace is destroyed", func() bool {
		lab.open(space)
		return eval[bool](lab, `document.querySelector('main a[href$="/destruction"]') !== null`)
	})
	lab.says("a workspace that was destroyed", "已销毁", "不能再运行")
	if n := eval[int](lab, `document.querySelectorAll('main form').length`); n != 0 {
		lab.Errorf("%d forms are left in a workspace that was destroyed", n)
	}
	lab.clean("a workspace that was destroyed")
	lab.shot("operation-13-destroyed")
	for _, job := range []string{first, second} {
		lab.open(space + "/jobs/" + job)
		lab.says("a job of it", "被停止")
	}
	if code := lab.posts(space, "action", "run", "sql", "SELECT count(*) AS n FROM station_visits", "name", ""); code != 410 {
		lab.Errorf("a program in a workspace that was destroyed is answered %d", code)
	}
	lab.open(space)
	lab.follow(`main a[href$="/destruction"]`)
	lab.says("the certificate", "销毁证明", "关闭的理由：做完了。", "station_visits")
	lab.clean("the certificate")
	lab.run(emulation.SetEmulatedMedia().WithMedia("print"))
	if eval[bool](lab, `document.querySelector('.cert').scrollWidth > document.querySelector('.cert').clientWidth`) {
		lab.Error("on paper the certificate is cut off")
	}
	lab.run(emulation.SetEmulatedMedia().WithMedia(""))
	onAPhone(lab, space, space+"/destruction")
	lab.size(1280, 900)
	operator := enter(runOwner)
	operator.open("/desk" + space)
	operator.clean("at the desk, a workspace that was destroyed")
	operator.follow(`main a[href$="/destruction"]`)
	operator.says("the certificate, to the operator", "做完了。")
	operator.follow(`main a[href="/desk` + space + `"]`)
}

// theOperatorsClosing has the operator close another workspace, which the regulator freezes
// before and looks at afterwards; who neither operates nor supervises can do neither.
func theOperatorsClosing(t *testing.T, p *past, lab *tab, enter func(string) *tab) {
	lab.open("/workspaces")
	lab.follow(`main form button.main`)
	space := strings.SplitN(lab.at(), "?", 2)[0]
	eventually(lab, "the workspace is ready", func() bool {
		lab.open(space)
		return eval[bool](lab, `!document.querySelector('#mounts .due')`)
	})
	desk := "/desk" + space
	revision := func() (n string) {
		if err := p.pool.QueryRow(t.Context(), `SELECT revision::text FROM workspaces WHERE number = $1`, strings.TrimPrefix(space, "/workspaces/")).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	offered := func(b *tab, want string) {
		b.Helper()
		b.open(desk)
		if got := eval[string](b, `[...document.querySelectorAll('#act button[name=action]')].map(e => e.value).join(' ')`); got != want {
			b.Errorf("%q is offered, and not %q", got, want)
		}
	}
	refused := func(b *tab, who string, actions ...string) {
		b.Helper()
		for _, a := range actions {
			if code := b.posts(desk, "action", a, "revision", revision(), "reason", "试试。"); code != 403 && code != 404 {
				t.Errorf("%s, to %s: %d", who, a, code)
			}
		}
	}
	regulator, authority, operator := enter(theSupervisor), enter(mandateAuthority), enter(runOwner)
	regulator.open("/desk/workspaces")
	regulator.clean("the workspaces, to the regulator")
	regulator.follow(`main a[href="` + desk + `"]`)
	offered(regulator, "freeze")
	refused(regulator, "the regulator", "close")
	offered(authority, "")
	refused(authority, "the authority", "freeze", "close")
	refused(enter(visitsOfficer), "an officer of the data's department", "freeze", "close")
	refused(lab, "the developer at the desk", "freeze", "close")

	regulator.open(desk)
	regulator.forgive("422")
	regulator.follow(`#act button[value=freeze]`)
	if !eval[bool](regulator, `document.querySelector('#reason-wrong') !== null`) {
		t.Errorf("a freeze without a reason: %s", regulator.text("#act"))
	}
	regulator.set("#reason", "核对一条举报。")
	regulator.follow(`#act button[value=freeze]`)
	regulator.says("a workspace that the regulator holds", "监管机构")
	regulator.clean("a workspace that the regulator holds")
	if code := operator.posts(desk, "action", "lift", "revision", revision(), "reason", "查完了。"); code != 409 {
		t.Errorf("the operator lifts what the regulator holds: %d", code)
	}
	regulator.set("#reason", "没有问题。")
	regulator.follow(`#act button[value=lift]`)

	offered(operator, "freeze close")
	operator.set("#reason", "场景不再需要这个空间。")
	operator.clean("a workspace, to who may close it")
	operator.follow(`#act button[value=close]`)
	eventually(operator, "the workspace is destroyed", func() bool {
		operator.open(desk)
		return eval[bool](operator, `document.querySelector('main a[href$="/destruction"]') !== null`)
	})
	operator.shot("operation-14-closed-by-operator")
	for who, b := range map[string]*tab{"the operator": operator, "the regulator": regulator, "the authority": authority} {
		b.open(desk)
		b.says("a workspace that was destroyed, to "+who, "已销毁", "场景不再需要这个空间。", "核对一条举报。")
		offered(b, "")
	}
	regulator.clean("a workspace that was destroyed, to the regulator")
	regulator.follow(`main a[href$="/destruction"]`)
	regulator.says("the certificate, to the regulator", "销毁证明", "关闭的理由：场景不再需要这个空间。")
	onAPhone(regulator, "/desk/workspaces", desk, space+"/destruction")
	lab.open(space)
	lab.says("a workspace that the operator closed, to the developer", "已销毁", "场景不再需要这个空间。")
}
