package portal_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/scenario"
)

// operated makes a mandate of the office for an operator, over a table open on
// conditions, and admits the citizen's organisation as a developer.
func (w *whole) operated(t *testing.T) (*datasets.Dataset, *datasets.Version) {
	t.Helper()
	d, v := w.File(t, "people.csv", licensingtest.Table, func(d *datasets.Dataset) { d.Open = datasets.Conditional })
	from, until := w.Clock().AddDate(-1, 0, 0).Format(`'2006-01-02'`), w.Clock().AddDate(4, 0, 0).Format(`'2006-01-02'`)
	for _, sql := range []string{
		`INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at) VALUES ('legal', '示例运营公司', '91350100M000100Y43', 'operate', 'verified', now(), now(), now()), ('legal', '示例开发公司', '91350100M000100Y44', 'use', 'verified', now(), now(), now())`,
		`INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) SELECT o.id, u.id, o.side, 'owner', now() FROM organisations o JOIN users u ON u.identifier = CASE o.side WHEN 'operate' THEN 'operator@tests.example' ELSE 'citizen@tests.example' END`,
		`INSERT INTO mandates (number, body_id, operator_id, title, purposes, forms, from_at, until_at, state, state_at, made_at) SELECT 'AUTH-2026-000001', d.department_id, o.id, '示例运营授权', '{public_services}', '{result_table}', ` + from + `, ` + until + `, 'draft', ` + from + `, ` + from + ` FROM datasets d, organisations o WHERE d.slug = '` + d.Slug + `' AND o.side = 'operate'`,
		`INSERT INTO mandate_items (mandate_id, dataset_id, columns) SELECT 1, id, '{年份,地区,人口}' FROM datasets WHERE slug = '` + d.Slug + `'`,
		`UPDATE mandates SET state = 'under_review'`,
		`UPDATE mandates SET state = 'approved', sha256 = repeat('a', 64), locked_at = made_at, approved_by = a.id FROM users a WHERE a.identifier = 'authority@tests.example'`,
		`UPDATE mandates SET state = 'signed', body_signed_by = approved_by, operator_signed_by = o.id FROM users o WHERE o.identifier = 'operator@tests.example'`,
		`UPDATE mandates SET state = 'active'`,
		`INSERT INTO developers (number, mandate_id, organisation_id, state, state_at, made_at, submitted_by, declared, decided_by, trained_until) SELECT 'RZ-2026-000001', 1, d.id, 'admitted', ` + from + `, ` + from + `, u.id, true, o.id, ` + until + ` FROM organisations d, users u, users o WHERE d.side = 'use' AND u.identifier = 'citizen@tests.example' AND o.identifier = 'operator@tests.example'`,
	} {
		if _, err := w.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	return d, v
}

var revisionOf = regexp.MustCompile(`name="revision" value="(\d+)"`)

// step sends a form of the page of a scenario, with the revision that is there.
func (w *whole) step(t *testing.T, who persona, page, to string, form url.Values, want int) reply {
	t.Helper()
	r := w.get(t, who, page)
	if r.status != http.StatusOK {
		t.Fatalf("%s for %s: %d", page, who, r.status)
	}
	m := revisionOf.FindStringSubmatch(r.body)
	if m == nil {
		t.Fatalf("%s for %s has no form:\n%s", page, who, r.doc(t).Find("main").Text())
	}
	form.Set("revision", m[1])
	r = w.post(t, who, to, form)
	if r.status != want {
		t.Fatalf("%s by %s: %d, not %d\n%s", to, who, r.status, want, r.doc(t).Find("main").Text())
	}
	return r
}

var decidedBy = url.Values{"basis-0-kind": {"法律"}, "basis-0-instrument": {"中华人民共和国数据安全法"}, "basis-0-article": {"第二十一条"}, "basis-0-quote": {"国家建立数据分类分级保护制度"}}

// The whole road by pages: from the form to the agreement that both have signed, each
// step by the right persona and refused to every other.
func TestAScenarioGoesItsWholeRoadByPages(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d, v := w.operated(t)
	operator, security, authority := persona(account.Operator), persona(account.SecurityReviewer), persona(account.Authority)

	if page := w.get(t, citizen, "/account/scenarios"); !strings.Contains(page.body, "/account/scenarios/new") {
		t.Error("an admitted developer is not shown where to begin")
	}
	place := w.get(t, citizen, "/account/scenarios/new").doc(t).Find(`input[name=place]`).AttrOr("value", "")
	r := w.post(t, citizen, "/account/scenarios/new", url.Values{"place": {place}})
	if r.status != http.StatusSeeOther {
		t.Fatalf("%d", r.status)
	}
	edit := r.header.Get("Location")
	at := strings.TrimSuffix(edit, "/edit")
	number := strings.TrimPrefix(at, "/account/scenarios/")
	desk := "/desk/scenarios/" + number

	id := v.ResourceID
	form := url.Values{"title": {"出行提示"}, "sector": {"其他"}, "class": {"public_benefit"}, "purpose": {"public_services"}, "description": {"按地区和年份比较人口，免费公布。"}, "method": {"汇总以后比较"}, "audience": {"市民"},
		"form.0": {"result_table"}, "fields.0": {"地区、人口"}, "minimum.0": {"10"}, "personal": {"none"}, "security_plan": {"专人负责"}, "emergency_plan": {"停用账号"}, "filing": {"已报备"}, "delivery": {"sandbox"}, "months": {"12"},
		"item." + id: {"1"}, "col." + id + ".1": {"地区"}, "use." + id + ".1": {"group"}, "col." + id + ".2": {"人口"}, "use." + id + ".2": {"aggregate"}, "why." + id: {"地区：分组；人口：汇总"}, "go": {"check"}}
	w.step(t, citizen, edit, edit, form, 303)
	page := w.get(t, citizen, edit+"?check=1")
	if n := page.doc(t).Find(".errs li").Length(); n != 3 { // the papers
		t.Errorf("%d things are missing: %s", n, page.doc(t).Find(".errs").Text())
	}
	if got := page.doc(t).Find(`input[name="why.`+id+`"]`).AttrOr("value", ""); got != "地区：分组；人口：汇总" {
		t.Errorf("the reasons come back as %q", got)
	}
	who := w.actorOf(t, citizen)
	for _, slot := range []string{scenario.SlotSecurity, scenario.SlotEmergency, scenario.SlotFiling} {
		if _, err := w.Server.Scenarios.AddPaper(t.Context(), who, number, papers.New{Slot: slot, Name: "a.pdf"}, strings.NewReader(licensingtest.PDF)); err != nil {
			t.Fatal(err)
		}
	}
	if page := w.get(t, citizen, at+"/papers"); page.status != 200 || !strings.Contains(page.body, "a.pdf") {
		t.Errorf("the papers: %d", page.status)
	}
	if feed := w.get(t, visitor, "/scenarios/feed.xml"); feed.status != 200 || strings.Contains(feed.body, number) {
		t.Errorf("a draft in the feed: %d", feed.status)
	}
	if page := w.get(t, operator, desk); page.status != 404 {
		t.Errorf("the operator sees a draft: %d", page.status)
	}
	w.step(t, citizen, edit+"?check=1", at+"/submit", url.Values{}, 303)

	if page := w.get(t, own, desk); page.status != 404 {
		t.Errorf("a department sees what is not screened: %d", page.status)
	}
	if page := w.get(t, operator, "/desk/scenarios"); !strings.Contains(page.body, number) {
		t.Error("the operator's list lacks it")
	}
	w.step(t, operator, desk, desk+"/move", url.Values{"action": {"return"}, "missing": {""}}, 422)
	w.step(t, operator, desk, desk+"/move", url.Values{"action": {"screen"}}, 303)

	view, err := w.Server.Scenarios.One(t.Context(), w.actorOf(t, own), number)
	if err != nil {
		t.Fatal(err)
	}
	item := strconv.FormatInt(view.Items[0].ID, 10)
	w.step(t, own, desk, desk+"/opinion", url.Values{"item": {item}, "decision": {"refused"}, "reason": {"不行"}}, 422)
	w.step(t, own, desk, desk+"/opinion", url.Values{"item": {item}, "decision": {"reduced"}, "given.0": {"地区"}, "use.0": {"group"}, "given.1": {"人口"}, "use.1": {"aggregate"}, "where": {"年份 > 2000"}, "reason": {"够用"}}, 303)
	w.step(t, security, desk, desk+"/move", url.Values{"action": {"security"}, "verdict": {"passed"}}, 303)
	w.step(t, authority, desk, desk+"/move", url.Values{"action": {"authorise"}, "reason": {"可以"}}, 422)
	decide := url.Values{"action": {"authorise"}, "reason": {"符合用途"}}
	for k, x := range decidedBy {
		decide[k] = x
	}
	w.step(t, authority, desk, desk+"/move", decide, 303)
	if page := w.get(t, visitor, "/scenarios/"+number); page.status != 200 || !strings.Contains(page.body, "符合用途") || strings.Contains(page.body, "专人负责") {
		t.Errorf("in public: %d", page.status)
	}

	if feed := w.get(t, visitor, "/scenarios/feed.xml"); feed.status != 200 || !strings.Contains(feed.body, "/scenarios/"+number+"#authorised") || strings.Contains(feed.body, "专人负责") {
		t.Errorf("in the feed: %d %s", feed.status, feed.body)
	}

	w.step(t, operator, desk, desk+"/move", url.Values{"action": {"offer"}, "fee": {"不收费"}}, 422)
	w.step(t, operator, desk, desk+"/move", url.Values{"action": {"offer"}, "fee": {"不收费"}, "officer": {"某"}, "officer_contact": {"某处"}, "operator_contact": {"甲"}, "developer_contact": {"乙"}, "dispute": {"arbitration"}, "place": {"某市"}}, 303)
	terms := func(p persona, page string) url.Values {
		return url.Values{"terms": {w.get(t, p, page).doc(t).Find(`input[name=terms]`).AttrOr("value", "")}}
	}
	w.step(t, citizen, at, at+"/sign", terms(citizen, at), 303)
	w.step(t, operator, desk, desk+"/sign", terms(operator, desk), 303)
	if view, err = w.Server.Scenarios.One(t.Context(), who, number); err != nil || view.State != scenario.Active || !view.Passing {
		t.Fatalf("%+v, %v", view.State, err)
	}
	contract := at + "/contracts/" + view.Contract.Number
	if r := w.get(t, citizen, contract+"/pdf"); r.status != 200 || !strings.HasPrefix(r.body, "%PDF") {
		t.Errorf("the PDF: %d", r.status)
	}
	if r := w.get(t, citizen, contract+"/text"); r.status != 200 || scenario.Digest(r.body) != view.Contract.SHA256 {
		t.Errorf("the text: %d", r.status)
	}
	for p, address := range map[persona]string{visitor: "/scenarios", citizen: contract, own: desk, security: desk, authority: desk, persona(account.Regulator): desk, other: "/scenarios?department=" + d.Department.Slug} {
		if r := w.get(t, p, address); r.status != 200 || address == "/scenarios" && !strings.Contains(r.body, number) {
			t.Errorf("%s for %s: %d", address, p, r.status)
		}
	}
	for _, lang := range []string{"zh", "en"} {
		for p, address := range map[persona]string{citizen: at, operator: desk, authority: desk + "?done=1"} {
			if r := w.get(t, p, address, "Accept-Language", lang); r.status != 200 {
				t.Errorf("%s in %s: %d", address, lang, r.status)
			}
		}
	}
	w.step(t, persona(account.Regulator), desk, desk+"/move", url.Values{"action": {"suspend"}, "reason": {"x"}}, 422)
	w.step(t, persona(account.Regulator), desk, desk+"/move", url.Values{"action": {"suspend"}, "violation": {"leak"}, "reason": {"外泄"}}, 303)
	if r := w.post(t, operator, desk+"/template", url.Values{"title": {"出行"}}); r.status != 409 {
		t.Errorf("a template of what is suspended: %d", r.status)
	}
	w.step(t, persona(account.Regulator), desk, desk+"/move", url.Values{"action": {"resume"}, "reason": {"查清"}}, 303)
	if r := w.post(t, operator, desk+"/template", url.Values{"title": {"出行"}}); r.status != 303 {
		t.Errorf("the template: %d", r.status)
	}
	list := w.get(t, own, "/scenarios/templates")
	w.post303(t, own, "/scenarios/templates/"+"MB-"+regexp.MustCompile(`MB-(\d{4}-\d{6})`).FindStringSubmatch(list.body)[1], url.Values{"action": {"consent"}, "item": {list.doc(t).Find(`input[name=item]`).AttrOr("value", "")}})
	if r := w.get(t, visitor, "/scenarios/templates"); !strings.Contains(r.body, "常设同意，") {
		t.Error("the standing consent is not shown")
	}
	if view, err = w.Server.Scenarios.One(t.Context(), who, number); err != nil {
		t.Fatal(err)
	}
	now := strconv.Itoa(view.Revision)
	long := strings.Repeat("长", 101)
	for address, want := range map[string]int{
		"/scenarios?state=draft": 400, "/scenarios?before=x": 400, "/scenarios?q=" + url.QueryEscape(long): 400, "/scenarios?x=1": 400, "/scenarios/feed.xml?x=1": 400, "/scenarios/SCN-2000-000001": 404, "/scenarios/" + url.PathEscape("' OR 1=1"): 404,
		"/scenarios?sector=" + url.QueryEscape("没有的领域"): 200, "/api/v1/scenarios?state=draft": 400, "/api/v1/scenarios?limit=0": 400, "/api/v1/scenarios?cursor=-1": 400,
	} {
		if r := w.get(t, visitor, address); r.status != want {
			t.Errorf("%s: %d, not %d", address, r.status, want)
		}
	}
	for name, c := range map[string]struct {
		who  persona
		to   string
		form url.Values
		want int
	}{
		"a field that there is not":       {authority, desk + "/move", url.Values{"action": {"terminate"}, "state": {"closed"}}, 400},
		"an action that there is not":     {authority, desk + "/move", url.Values{"action": {"explode"}, "reason": {"x"}, "revision": {now}}, 409},
		"signed by the other address":     {operator, desk + "/move", url.Values{"action": {"sign"}}, 400},
		"ended without a reason":          {authority, desk + "/move", url.Values{"action": {"terminate"}, "revision": {now}}, 422},
		"from an old page":                {authority, desk + "/move", url.Values{"action": {"terminate"}, "reason": {"x"}, "revision": {"1"}}, 409},
		"the operator decides":            {operator, desk + "/move", url.Values{"action": {"authorise"}, "reason": {"x"}, "revision": {"1"}}, 403},
		"an opinion on no item":           {own, desk + "/opinion", url.Values{"item": {"x"}, "decision": {"granted"}, "revision": {now}}, 403},
		"a report that there is not":      {operator, desk + "/reports/99", url.Values{"action": {"accept"}}, 404},
		"a template by a department":      {own, desk + "/template", url.Values{"title": {"x"}}, 403},
		"a consent to no item":            {own, "/scenarios/templates/MB-2000-000001", url.Values{"action": {"consent"}, "item": {"1"}}, 404},
		"a follow-up of a kind that none": {citizen, at + "/follow", url.Values{"kind": {"again"}}, 409},
		"of a stranger":                   {persona(account.Regulator), at + "/follow", url.Values{"kind": {"change"}}, 404},
	} {
		if r := w.post(t, c.who, c.to, c.form); r.status != c.want {
			t.Errorf("%s: %d, not %d: %s", name, r.status, c.want, r.doc(t).Find("main").Text())
		}
	}
	if r := w.post(t, citizen, at+"/follow", url.Values{"kind": {"change"}}); r.status != 303 {
		t.Errorf("a change: %d", r.status)
	} else if page := w.get(t, citizen, r.header.Get("Location")); page.status != 200 {
		t.Errorf("the form of a change: %d", page.status)
	}
}
