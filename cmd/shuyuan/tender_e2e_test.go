//go:build e2e

package main

import (
	"fmt"
	"strings"
	"testing"

	"shuyuan/internal/account"
)

// people makes a panel of three in the department of a name, and a bidder for each code,
// with its organisation; whoever plays a role has been given time for a second step.
func (p *past) people(name string, codes ...string) {
	p.t.Helper()
	accounts := account.NewService(p.pool, account.Config{Argon2: account.Argon2{MemoryKiB: 64, Passes: 1, Lanes: 1}}, p.now)
	var department int64
	if err := p.pool.QueryRow(p.t.Context(), `SELECT id FROM departments WHERE slug = $1`, name).Scan(&department); err != nil {
		p.t.Fatal(err)
	}
	add := func(n account.NewUser) int64 {
		n.Password = password
		id, err := accounts.CreateUser(p.t.Context(), account.System("test"), n)
		if err != nil {
			p.t.Fatal(err)
		}
		return id
	}
	for i := range 3 {
		add(account.NewUser{Identifier: fmt.Sprintf("panel%d@%s.example", i+1, name), Name: fmt.Sprintf("评审%d", i+1), Roles: []account.Role{account.Head}, Department: department})
	}
	for i, code := range codes {
		id := add(account.NewUser{Identifier: fmt.Sprintf("bidder%d@%s.example", i+1, name), Name: fmt.Sprintf("负责人%d", i+1), Side: account.Use})
		p.exec(`WITH made AS (INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at) VALUES ('legal', $2, $3, 'use', 'verified', now(), now(), now()) RETURNING id)
			INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) SELECT id, $1, 'use', 'owner', now() FROM made`, id, fmt.Sprintf("示例投标机构%d", i+1), code)
	}
	p.exec(`UPDATE users SET sample = true`)
}

// From the announcement to the result, each by the person whose step it is: an officer
// drafts and announces, three organisations seal their bids, nobody reads them before
// the opening, a panel scores, a bidder challenges and is answered, the award stands.
func TestATenderFromTheAnnouncementToTheResult(t *testing.T) {
	p := newPast(t, "2026-11-23")
	p.entry("anshan")
	p.people("anshan", "91350100M000100Y43", "91350100M000100Y44", "91350100M000100Y45")
	says := func(b *tab, what string, words ...string) {
		b.Helper()
		page := strings.Join(strings.Fields(b.text("main")), " ")
		for _, w := range words {
			if !strings.Contains(page, w) {
				b.Errorf("%s does not say %q: %s", what, w, page)
			}
		}
	}
	enter := func(name string) *tab {
		b := newTabOn(t, p.process)
		b.enter(name+"@anshan.example", password)
		return b
	}

	officer := enter("officer")
	officer.open("/desk/tenders")
	officer.follow(`main a[href="/desk/tenders/new"]`)
	officer.clean("the form of a tender")
	for id, value := range map[string]string{
		"title": "监测站数据的商业开发", "title_en": "Commercial use of station data", "description": "做日前预报，期限 12 个月。", "requirements": "已认证的机构，三年内没有违规。", "entries": "anshan-stations：站名、年份",
		"name-0": "方案", "weight-0": "50", "name-1": "安全", "weight-1": "30", "pricing": "pays", "price_weight": "21", "limit": "1000",
		"opens": "2026-11-24T09:00", "closes": "2026-12-08T09:30", "opening_at": "2026-12-08T09:40", "panel": "panel1@anshan.example\npanel2@anshan.example\npanel3@anshan.example",
	} {
		officer.fill(id, value)
	}
	officer.forgive("422") // the console says that the form was not taken
	officer.follow(`main form button.main`)
	says(officer, "weights of 101", "权重合计须是 100，现在是 101。")
	officer.clean("the form with a mistake")
	officer.fill("price_weight", "20")
	officer.follow(`main form button.main`)
	officer.clean("the draft")
	officer.follow(`button[name=action][value=announce]`)
	officer.shot("tender-1-announced")
	number := strings.SplitN(strings.TrimPrefix(officer.at(), "/desk/tenders/"), "?", 2)[0]
	at := "/tenders/" + number

	visitor := newTabOn(t, p.process)
	visitor.open("/tenders")
	visitor.clean("the list of tenders")
	visitor.follow(`main a[href="` + at + `"]`)
	says(visitor, "the announcement", "监测站数据的商业开发", "平台规则", "2026-12-08 09:30", "底价", "方案", "安全")
	visitor.clean("the announcement")
	visitor.scheme("dark")
	visitor.clean("the announcement in the dark")
	visitor.shot("tender-2-dark")

	p.turn("2026-11-24")
	for i := range 3 {
		bidder := enter(fmt.Sprintf("bidder%d", i+1))
		bidder.open(at)
		bidder.follow(`main a[href="` + at + `/bid"]`)
		bidder.clean("the form of a bid")
		bidder.fill("amount", fmt.Sprint(3000+1000*i))
		bidder.fill("proposal", fmt.Sprintf("第 %d 家的方案：每天六点前出预报。", i+1))
		bidder.follow(`#write button.main`)
		says(bidder, "the preview", "bidder 91350100M000100Y4", "amount "+fmt.Sprint(300000+100000*i))
		bidder.clean("the preview")
		bidder.follow(`main form[action$="/bid/seal"] button.main`)
		says(bidder, "the receipt", "已封好、收到", "封着")
		bidder.clean("the receipt")
		bidder.shot("tender-3-receipt")
	}
	visitor.open(at)
	says(visitor, "the seals", "已投 3 份", "封着")
	officer.enter("officer@anshan.example", password)
	for _, b := range []*tab{visitor, officer} {
		b.open(at)
		if page := b.text("body"); strings.Contains(page, "示例投标机构") || strings.Contains(page, "每天六点") {
			t.Errorf("a bid is known before the opening: %s", page)
		}
	}
	var open int
	if err := p.pool.QueryRow(t.Context(), `SELECT count(*) FROM tender_bids WHERE nonce IS NOT NULL OR canonical IS NOT NULL OR position('六点'::bytea IN locked) > 0`).Scan(&open); err != nil || open != 0 {
		t.Errorf("%d bids can be read in the database, %v", open, err)
	}

	p.turn("2026-12-08")
	visitor.open(at)
	says(visitor, "the opening", "示例投标机构1", "✓ 对上", "¥3,000.00", "已拆，待审查")
	visitor.clean("the record of the opening")
	officer.enter("officer@anshan.example", password)
	officer.open("/desk/inbox")
	officer.follow(`main a[href="/desk/tenders/` + number + `"]`)
	officer.clean("bids to examine")
	for range 3 {
		officer.follow(`main form[action*="/bids/"] button[name=admit][value="1"]`)
	}
	for k := range 3 {
		member := enter(fmt.Sprintf("panel%d", k+1))
		member.open(at)
		member.follow(`main a[href="` + at + `/panel"]`)
		member.clean("the declaration")
		member.follow(`main form button.main`)
		member.clean("the form of the panel")
		if n := eval[int](member, `(() => { let n = 0; for (const e of document.querySelectorAll('input[name^="mark."]')) { e.value = e.max - n; n++ } return n })()`); n != 6 {
			t.Errorf("%d marks are asked for", n)
		}
		member.follow(`main form button.main`)
		says(member, "after the marks", "您的分数已经交了")
	}
	officer.open("/desk/tenders/" + number)
	officer.fill("report", "三份有效，第一家的方案最好。")
	officer.follow(`button[name=action][value=notice]`)
	visitor.open(at)
	says(visitor, "the notice", "中选", "公示至", "2026-12-15", "三份有效，第一家的方案最好。", "评审1")
	visitor.clean("the notice")
	visitor.shot("tender-4-notice")

	loser := enter("bidder3")
	loser.open(at)
	loser.clean("the form of a challenge")
	loser.fill("grounds", "安全一项没有看我们的制度。")
	loser.follow(`#challenge button.main`)
	officer.open("/desk/tenders/" + number)
	officer.clean("a challenge to answer")
	eval[bool](officer, `(document.querySelector("textarea[name=answer]").value = "看了，分数在上面。") !== ""`)
	officer.follow(`button[name=action][value=dismiss]`)
	if n := eval[int](officer, `document.querySelectorAll('button[value=confirm]').length`); n != 0 {
		t.Error("the award can be confirmed within the days of the notice")
	}

	p.turn("2026-12-16")
	officer.enter("officer@anshan.example", password)
	officer.open("/desk/tenders/" + number)
	officer.follow(`button[name=action][value=confirm]`)
	visitor.open(at)
	says(visitor, "the result", "结果已确认", "中选", "未中选", "不成立", "看了，分数在上面。")
	visitor.language("en")
	visitor.open(at)
	says(visitor, "the result in English", "Commercial use of station data", "Winner", "Award confirmed")
	visitor.clean("the result in English")
	onAPhone(visitor, "/tenders", at)
	onAPhone(officer, "/desk/tenders", "/desk/tenders/"+number, "/desk/tenders/new")
	winner := enter("bidder1")
	winner.open("/account/tenders")
	says(winner, "my bids", number)
	onAPhone(winner, "/account/tenders", at+"/bid")
}

// A plan is approved and three compete for it: who won is recorded as the operator by the
// number of the tender, once its result stands and by the body alone, and everybody may
// read how it was chosen.
func TestATenderChoosesWhoOperates(t *testing.T) {
	p := newPast(t, "2026-11-23")
	p.operated()
	p.people("sjj", "91350100M000100Y45")
	enter := func(identifier string) *tab {
		b := newTabOn(t, p.process)
		b.enter(identifier, password)
		return b
	}
	authority, head := enter(mandateAuthority), enter(mandateHead)
	authority.passes, head.passes = true, true // TestAMandateFromThePlanToAReleasedResult looks at it
	plan := thePlan(t, authority, head)
	authority.passes = false

	authority.open("/desk/tenders/new")
	for selector, value := range map[string]string{
		"#kind": "mandate", "#title": "出行公共数据的运营机构", "#title_en": "Operator of travel data", "#description": "选定一家运营机构，期限 24 个月。", "#requirements": "已认证的运营机构。",
		"#name-0": "方案", "#weight-0": "60", "#name-1": "安全", "#weight-1": "40", "#pricing": "none",
		"#opens": "2026-11-24T09:00", "#closes": "2026-12-08T09:30", "#opening_at": "2026-12-08T09:40", "#panel": "panel1@sjj.example\npanel2@sjj.example\npanel3@sjj.example",
	} {
		authority.set(selector, value)
	}
	authority.follow(`main form button.main`)
	authority.clean("the draft of a tender for operation")
	authority.follow(`button[name=action][value=announce]`)
	number := authority.number()
	at, desk := "/tenders/"+number, "/desk/plans/"+plan
	visitor := newTabOn(t, p.process)
	visitor.open(at)
	visitor.says("the announcement", "出行公共数据的运营机构", "2026-12-08 09:30")
	revision := func() (n string) {
		if err := p.pool.QueryRow(t.Context(), `SELECT revision::text FROM mandate_plans WHERE number = $1`, plan).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if code := authority.posts(desk+"/award", "revision", revision(), "tender", number); code != 422 {
		t.Errorf("an award by a tender whose result is not known is answered %d", code)
	}

	p.turn("2026-11-24")
	for _, who := range []string{runOwner, labOwner, "bidder1@sjj.example"} {
		bidder := enter(who)
		bidder.open(at + "/bid")
		bidder.fill("proposal", "一年内让到访记录用起来。")
		bidder.follow(`#write button.main`)
		bidder.follow(`main form[action$="/bid/seal"] button.main`)
		bidder.says("the receipt", "已封好、收到")
	}

	p.turn("2026-12-08")
	authority = enter(mandateAuthority)
	authority.open("/desk/tenders/" + number)
	for range 3 {
		authority.follow(`main form[action*="/bids/"] button[name=admit][value="1"]`)
	}
	for k := range 3 {
		member := enter(fmt.Sprintf("panel%d@sjj.example", k+1))
		member.open(at + "/panel")
		member.follow(`main form button.main`)
		eval[bool](member, `[...document.querySelectorAll('input[name^="mark."]')].forEach((e, n) => { e.value = e.max - n }) === undefined`)
		member.follow(`main form button.main`)
		member.says("after the marks", "您的分数已经交了")
	}
	authority.open("/desk/tenders/" + number)
	authority.fill("report", "三家参加，综合评分第一。")
	authority.follow(`button[name=action][value=notice]`)

	p.turn("2026-12-16")
	authority = enter(mandateAuthority)
	authority.open(desk)
	if n := eval[int](authority, `document.querySelectorAll('#of-tender').length`); n != 0 {
		t.Error("a tender is offered before its result is confirmed")
	}
	authority.open("/desk/tenders/" + number)
	authority.follow(`button[name=action][value=confirm]`)
	for _, who := range []string{mandateHead, mandateSecurity, runOwner, labOwner, theSupervisor} {
		if code := enter(who).posts(desk+"/award", "revision", revision(), "tender", number); code != 403 && code != 404 {
			t.Errorf("an award by %s is answered %d", who, code)
		}
	}
	authority.open(desk)
	authority.clean("a plan, with a tender that chose")
	authority.shot("tender-5-chooses")
	onAPhone(authority, desk)
	authority.size(1280, 900)
	authority.open(desk)
	authority.follow(`#tender form button.main`)
	authority.says("the award", "示例数据运营有限公司", "3 家参加", "公开招标", "竞争项目 "+number, "三家参加，综合评分第一。", "起草授权运营协议")
	authority.clean("a plan with its award by a tender")
	if code := authority.posts(desk+"/award", "revision", revision(), "tender", number); code != 409 {
		t.Errorf("a second award is answered %d", code)
	}
	authority.open(desk)
	authority.follow(`main dd a[href="` + at + `"]`)
	visitor = newTabOn(t, p.process)
	visitor.open(at)
	visitor.says("how it was chosen", "结果已确认", "示例数据运营有限公司", "中选", "未中选", "三家参加，综合评分第一。")
	visitor.clean("how the operator was chosen")
	visitor.shot("tender-6-chosen")
}
