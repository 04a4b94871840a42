package portal_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/licensing/operation"
)

// What is no plan, award, agreement, evaluation or entry is told at its field, or
// refused, and leaves nothing behind.
func TestWhatIsNoPartOfAuthorisedOperation(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d, _ := w.operated(t) // a mandate of its own, whose numbers make room for those of this year
	if _, err := w.Pool.Exec(t.Context(), `UPDATE mandates SET number = 'AUTH-2025-000001'; UPDATE developers SET number = 'RZ-2025-000001'`); err != nil {
		t.Fatal(err)
	}
	authority, head, operator := persona(account.Authority), persona(account.Head), persona(account.Operator)
	if w.actorOf(t, authority).Department != w.actorOf(t, head).Department {
		if _, err := w.Pool.Exec(t.Context(), `UPDATE user_roles SET department_id = $2 WHERE user_id = $1; `, w.actorOf(t, head).ID, w.actorOf(t, authority).Department); err != nil {
			t.Fatal(err)
		}
	}
	rows := func() (n int) {
		t.Helper()
		if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM mandate_plans) + (SELECT count(*) FROM mandate_awards) + (SELECT count(*) FROM mandates) + (SELECT count(*) FROM mandate_evaluations) + (SELECT count(*) FROM developers) + (SELECT count(*) FROM developer_people_changes) + (SELECT count(*) FROM operation_events)`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	// bad sends forms that must be told at a field, and looks that nothing came of them
	bad := func(who persona, to string, forms map[string]url.Values) {
		t.Helper()
		was := rows()
		for name, f := range forms {
			name, field, _ := strings.Cut(name, " @ ")
			r := w.post(t, who, to, f)
			page := r.doc(t)
			if r.status != http.StatusUnprocessableEntity || page.Find(`[id="`+field+`-wrong"]`).Length() == 0 && !strings.Contains(page.Find("main").Text(), field) {
				t.Errorf("%s: %s: %d, %s", to, name, r.status, page.Find(".errs, .note, [id$=-wrong]").Text())
			}
		}
		if n := rows(); n != was {
			t.Errorf("%s: %d rows were left behind", to, n-was)
		}
	}
	refused := func(who persona, to string, f url.Values, status int) {
		t.Helper()
		was := rows()
		if r := w.post(t, who, to, f); r.status != status || rows() != was {
			t.Errorf("%s by %s: %d, not %d; %d rows more", to, who, r.status, status, rows()-was)
		}
	}
	revision := func(who persona, page string) string {
		t.Helper()
		m := revisionOf.FindStringSubmatch(w.get(t, who, page).body)
		if m == nil {
			t.Fatalf("%s for %s has no form", page, who)
		}
		return m[1]
	}

	plan := url.Values{"title": {"公共数据授权运营"}, "need": {"企业需要。"}, "products": {"核验。"}, "forms": {"result_table"}, "purposes": {"public_services"}, "months": {"24"}, "security_level": {"mlps3"}, "security": {"专区部署。"}, "evaluation": {"每年评估。"}, "exit": {"销毁数据。"},
		"items": {d.Slug + "：年份、地区、人口"}}
	bad(authority, "/desk/plans", map[string]url.Values{
		"no title @ title":                           with(plan, "title", ""),
		"a title of 201 characters @ title":          with(plan, "title", strings.Repeat("长", 201)),
		"4,001 characters @ need":                    with(plan, "need", strings.Repeat("长", operation.Longest+1)),
		"a control character @ need":                 with(plan, "need", "a\x01b"),
		"a form that there is not @ forms":           with(plan, "forms", "raw_data"),
		"a purpose that there is not @ purposes":     with(plan, "purposes", "everything"),
		"months in words @ months":                   with(plan, "months", "两年"),
		"beyond five years @ months":                 with(plan, "months", "61"),
		"less than no months @ months":               with(plan, "months", "-1"),
		"a level that there is not @ security_level": with(plan, "security_level", "mlps9"),
		"an entry that there is not @ items":         with(plan, "items", "nonesuch：甲"),
		"a column that it has not @ items":           with(plan, "items", d.Slug+"：收入"),
		"without columns @ items":                    with(plan, "items", d.Slug),
		"an entry twice @ items":                     with(plan, "items", d.Slug+"：年份\n"+d.Slug+"：地区"),
		"a parent that there is not @ parent":        with(plan, "parent", "AUTH-2026-999999"),
		"its own parent @ parent":                    with(plan, "parent", "AUTH-2025-000001"),
	})
	refused(authority, "/desk/plans", with(plan, "owner", "1"), 400)
	for _, who := range []persona{operator, citizen, own, persona(account.Regulator)} {
		refused(who, "/desk/plans", plan, 403)
	}
	r := w.post(t, authority, "/desk/plans", plan)
	if r.status != http.StatusSeeOther {
		t.Fatalf("a plan: %d %s", r.status, r.doc(t).Find("main").Text())
	}
	at := r.header.Get("Location")
	number := strings.TrimPrefix(at, "/desk/plans/")
	act := func(who persona, action string) url.Values {
		return url.Values{"revision": {revision(who, at)}, "action": {action}, "reason": {"示例理由"}}
	}
	refused(authority, at, url.Values{"revision": {"99"}, "action": {"submit"}}, 409)
	refused(authority, at, with(act(authority, "submit"), "owner", "1"), 400)
	refused(authority, at, act(authority, "award"), 409)
	if r := w.post(t, authority, at, act(authority, "submit")); r.status != http.StatusSeeOther {
		t.Fatalf("submit: %d", r.status)
	}
	refused(authority, at, with(act(authority, "withdraw"), "action", "approve"), 403) // of one's own
	bad(head, at, map[string]url.Values{"returned without a reason @ reason": with(act(head, "return"), "reason", " ")})
	if r := w.post(t, head, at, act(head, "approve")); r.status != http.StatusSeeOther {
		t.Fatalf("approve: %d %s", r.status, r.doc(t).Find("main").Text())
	}

	award := url.Values{"revision": {revision(authority, at)}, "winner": {"91350100M000100Y43"}, "way": {"open_tender"}, "candidates": {"3"}, "on": {w.Clock().Format("2006-01-02")}, "words": {"综合评分第一。"}}
	bad(authority, at+"/award", map[string]url.Values{
		"a code of nobody @ winner":               with(award, "winner", "x"),
		"one that uses data @ winner":             with(award, "winner", "91350100M000100Y44"),
		"a way that there is not @ way":           with(award, "way", "lottery"),
		"nobody took part @ candidates":           with(award, "candidates", "0"),
		"candidates in words @ candidates":        with(award, "candidates", "三"),
		"announced tomorrow @ on":                 with(award, "on", w.Clock().AddDate(0, 0, 2).Format("2006-01-02")),
		"no day @ on":                             with(award, "on", "昨天"),
		"without words @ words":                   with(award, "words", ""),
		"without papers @ 材料":                     award,
		"a tender that there is not @ 竞争项目":       {"revision": award["revision"], "tender": {"TD-2026-999999"}},
		"a tender with a quoted statement @ 竞争项目": {"revision": award["revision"], "tender": {"' OR 1=1 --"}},
	})
	refused(operator, at+"/award", award, 403)
	x := w.mandates(t)
	p, err := w.Server.Operation.PlanOf(t.Context(), w.actorOf(t, authority), number)
	if err != nil {
		t.Fatal(err)
	}
	x.Awarded(t, w.actorOf(t, authority), p.Plan, "91350100M000100Y43")

	today := w.Clock()
	agreement := url.Values{"title": {"授权运营协议"}, "from": {today.Format("2006-01-02")}, "last": {today.AddDate(1, 0, 0).Format("2006-01-02")}, "income": {"1000"}, "income_months": {"12"}, "items": {d.Slug + "：年份、地区"}, "ceiling.result_table.per_piece": {"12.50"}}
	bad(authority, at+"/agreement", map[string]url.Values{
		"no title @ title":                       with(agreement, "title", ""),
		"no first day @ from":                    with(agreement, "from", "明天"),
		"ends before it begins @ last":           with(agreement, "last", today.AddDate(0, 0, -1).Format("2006-01-02")),
		"longer than its plan @ last":            with(agreement, "last", today.AddDate(2, 0, 3).Format("2006-01-02")),
		"no ceiling @ ceilings":                  with(agreement, "ceiling.result_table.per_piece", ""),
		"a ceiling in words @ ceilings":          with(agreement, "ceiling.result_table.per_piece", "十元"),
		"a ceiling with three places @ ceilings": with(agreement, "ceiling.result_table.per_piece", "1.234"),
		"a negative ceiling @ ceilings":          with(agreement, "ceiling.result_table.per_piece", "-1"),
		"a ceiling of another form @ ceilings":   with(agreement, "ceiling.model_product.per_call", "1"),
		"a ceiling of another unit @ ceilings":   with(agreement, "ceiling.result_table.per_call", "1"),
		"income in words @ income":               with(agreement, "income", "很多"),
		"a period of no months @ income_months":  with(agreement, "income_months", "x"),
		"a column that the plan has not @ items": with(agreement, "items", d.Slug+"：备注"),
	})
	refused(authority, at+"/agreement", with(agreement, "state", "active"), 400)
	refused(operator, at+"/agreement", agreement, 403)
	if r = w.post(t, authority, at+"/agreement", agreement); r.status != http.StatusSeeOther {
		t.Fatalf("an agreement: %d %s", r.status, r.doc(t).Find("main").Text())
	}
	refused(authority, at+"/agreement", agreement, 409) // there is one
	at = r.header.Get("Location")
	step := func(who persona, action string) url.Values {
		return url.Values{"revision": {revision(who, at)}, "action": {action}, "reason": {"示例理由"}, "basis": {"协议第十二条"}}
	}
	refused(authority, at, with(step(authority, "submit"), "revision", "99"), 409)
	refused(authority, at, step(authority, "sign"), 409)
	refused(authority, at, with(step(authority, "submit"), "action", "explode"), 403)
	refused(operator, at, with(step(authority, "submit"), "action", "sign_operator"), 404) // not yet theirs to know
	for _, s := range []struct {
		who persona
		do  string
	}{{authority, "submit"}, {head, "approve"}} {
		if r := w.post(t, s.who, at, step(s.who, s.do)); r.status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", s.do, r.status, r.doc(t).Find("main").Text())
		}
	}
	sign := step(operator, "sign_operator")
	refused(operator, at, with(sign, "shown", strings.Repeat("0", 64)), 409) // another text than was approved
	refused(operator, at, sign, 409)                                         // none
	shown := w.get(t, operator, at).doc(t).Find(`input[name=shown]`).AttrOr("value", "")
	if r := w.post(t, operator, at, with(sign, "shown", shown)); r.status != http.StatusSeeOther {
		t.Fatalf("sign: %d %s", r.status, r.doc(t).Find("main").Text())
	}
	if r := w.post(t, authority, at, with(step(authority, "sign"), "shown", shown)); r.status != http.StatusSeeOther {
		t.Fatalf("sign: %d %s", r.status, r.doc(t).Find("main").Text())
	}
	bad(authority, at, map[string]url.Values{
		"suspended without a reason @ reason": with(step(authority, "suspend"), "reason", ""),
		"suspended without a basis @ basis":   with(step(authority, "suspend"), "basis", ""),
		"revoked without a basis @ basis":     with(step(authority, "revoke"), "basis", " "),
	})
	refused(operator, at, with(step(authority, "suspend"), "action", "suspend"), 403)
	evaluation := url.Values{"from": {today.Format("2006-01-02")}, "verdict": {"passed"}, "findings": {"合格。"}, "income": {"100"}}
	bad(authority, at+"/evaluate", map[string]url.Values{
		"a cycle that has not ended @ 评估周期":    evaluation,
		"a verdict that there is not @ 请从列表里选": with(evaluation, "verdict", "great"),
		"without findings @ 请写明评估的情况":          with(evaluation, "findings", ""),
		"income in words @ 请写金额":               with(evaluation, "income", "多"),
	})
	refused(operator, at+"/evaluate", evaluation, 403)
	refused(authority, "/desk/mandates/AUTH-2026-999999", url.Values{"action": {"suspend"}}, 404)
	refused(authority, "/desk/authority/reports", url.Values{"year": {"x"}}, 404)
	refused(authority, "/desk/authority/reports", url.Values{"year": {strconv.Itoa(today.Year())}}, 409)

	// entries
	public := "/operation/" + strings.TrimPrefix(at, "/desk/mandates/")
	refused(citizen, public+"/enter", url.Values{"organisation": {"0"}}, 404)
	refused(citizen, public+"/enter", url.Values{"organisation": {"1"}, "x": {"1"}}, 400)
	refused(citizen, public+"/enter", url.Values{"organisation": {"1"}}, 403) // of the operator
	refused(citizen, "/operation/AUTH-2026-999999/enter", url.Values{"organisation": {"2"}}, 404)
	firm := w.get(t, citizen, public).doc(t).Find(`#organisation option`).AttrOr("value", "")
	if r = w.post(t, citizen, public+"/enter", url.Values{"organisation": {firm}}); r.status != http.StatusSeeOther {
		t.Fatalf("enter: %d %s", r.status, r.doc(t).Find("main").Text())
	}
	mine := r.header.Get("Location")
	me := strconv.FormatInt(w.actorOf(t, citizen).ID, 10)
	entry := url.Values{"revision": {revision(citizen, mine)}, "action": {"save"}, "contact": {"示例联系人"}, "security": {"专人专机。"}, "trained_on": {today.Format("2006-01-02")}, "training": {"安全培训"}, "dcmm": {"0"}, "writes": {me}, "releases": {me}, "declared": {"1"}}
	bad(citizen, mine, map[string]url.Values{
		"trained tomorrow @ trained_on": with(entry, "trained_on", today.AddDate(0, 0, 2).Format("2006-01-02")),
		"no day @ trained_on":           with(entry, "trained_on", "上周"),
		"a stranger writes @ people":    with(entry, "writes", strconv.FormatInt(w.actorOf(t, own).ID, 10)),
		"somebody in words @ people":    with(entry, "writes", "某人"),
		"4,001 characters @ security":   with(entry, "security", strings.Repeat("长", operation.Longest+1)),
	})
	refused(citizen, mine, with(entry, "state", "admitted"), 400)
	refused(citizen, mine, with(entry, "revision", "99"), 409)
	refused(own, mine, entry, 404)
	refused(operator, "/desk/developers/"+strings.TrimPrefix(mine, "/entries/"), url.Values{"action": {"admit"}}, 404) // a draft

	// people of one that is admitted
	staff := "/entries/RZ-2025-000001"
	ask := url.Values{"revision": {revision(citizen, staff)}, "action": {"ask_people"}, "writes": {me}, "releases": {me}, "reason": {"人员变动"}}
	bad(citizen, staff, map[string]url.Values{
		"a stranger @ people":       with(ask, "writes", strconv.FormatInt(w.actorOf(t, own).ID, 10)),
		"nobody writes @ people":    with(ask, "writes", ""),
		"without a reason @ reason": with(ask, "reason", ""),
	})
	refused(citizen, staff, with(ask, "action", "confirm_people"), 403) // one's own
	if r := w.post(t, citizen, staff, ask); r.status != http.StatusSeeOther {
		t.Fatalf("ask: %d %s", r.status, r.doc(t).Find("main").Text())
	}
	refused(citizen, staff, with(ask, "revision", revision(citizen, staff)), 409) // one is open
	theirs := "/desk/developers/RZ-2025-000001"
	confirm := url.Values{"revision": {revision(operator, theirs)}, "action": {"confirm_people"}}
	bad(operator, theirs, map[string]url.Values{"refused without a reason @ reason": with(confirm, "action", "refuse_people")})
	if r := w.get(t, operator, "/desk/operator"); !strings.Contains(r.doc(t).Find("#waiting").Text(), "更换人员") {
		t.Errorf("what waits for the operator: %s", r.doc(t).Find("#waiting").Text())
	}
	if r := w.post(t, operator, theirs, confirm); r.status != http.StatusSeeOther {
		t.Fatalf("confirm: %d %s", r.status, r.doc(t).Find("main").Text())
	}
	refused(operator, theirs, with(confirm, "revision", revision(operator, theirs)), 409)
	if page := w.get(t, citizen, staff).doc(t).Find("#people").Text(); !strings.Contains(page, "已确认") {
		t.Errorf("the history of people: %s", page)
	}

	// addresses of what is disclosed
	for path, status := range map[string]int{"/operation/AUTH-2026-999999": 404, "/operation/' OR 1=1": 404, "/operation/reports/nobody/2026": 404, "/operation/reports/x/abc": 404, "/operation?x=1": 400, "/operation/mandates.csv?x=1": 400, "/api/v1/operation?state=draft": 400, "/api/v1/operation?cursor=x": 400} {
		if r := w.get(t, visitor, strings.ReplaceAll(path, " ", "%20")); r.status != status {
			t.Errorf("%s: %d, not %d", path, r.status, status)
		}
	}
}
