package portal_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/portal/notify"
	"shuyuan/templates/text"
)

// The authority suspends a verified organisation from its page, with a reason that
// the organisation reads, and reinstates it; nobody else does.
func TestTheAuthoritySuspendsAnOrganisation(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	owner := w.actorOf(t, citizen)
	var id int64
	if err := w.Pool.QueryRow(t.Context(), `
		WITH made AS (INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at) VALUES ('legal', '甲公司', '91350100M000100Y43', 'use', 'verified', $2, $2, $2) RETURNING id)
		INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) SELECT id, $1, 'use', 'owner', $2 FROM made RETURNING organisation_id`, owner.ID, w.Clock()).Scan(&id); err != nil {
		t.Fatal(err)
	}
	page := "/organisations/" + strconv.FormatInt(id, 10)
	desk, act := "/desk"+page, "/desk"+page+"/suspension"
	b := w.visits(t, playing(account.Authority))
	if got := b.open("/desk/organisations?word=" + url.QueryEscape("甲")).doc(t).Find("#verified a"); got.AttrOr("href", "") != desk {
		t.Errorf("it is not found at the desk: %s", got.Text())
	}
	if got := b.open("/desk/organisations?word=none").doc(t).Find("#verified li").Length(); got != 0 {
		t.Errorf("%d are found by another word", got)
	}
	bare := b.submit(b.open(desk), act, url.Values{"suspended": {"1"}, "reason": {" "}})
	if bare.status != 422 || !strings.Contains(bare.doc(t).Find("#suspend .err").Text(), "请写明理由") {
		t.Errorf("without a reason: %d", bare.status)
	}
	if got := b.submit(bare, act, url.Values{"suspended": {"maybe"}, "reason": {"x"}}); got.status != 400 {
		t.Errorf("neither: %d", got.status)
	}
	for _, who := range []persona{citizen, own, other, admin, playing(account.Head), playing(account.Regulator), playing(account.Buyer)} {
		if got := w.post(t, who, act, url.Values{"suspended": {"1"}, "reason": {"x"}}); got.status != 403 {
			t.Errorf("by %s: %d", who, got.status)
		}
	}
	if got := w.post(t, playing(account.Authority), "/desk/organisations/999999/suspension", url.Values{"suspended": {"1"}, "reason": {"x"}}); got.status != 404 {
		t.Errorf("of none: %d", got.status)
	}
	done := b.submit(b.open(desk), act, url.Values{"suspended": {"1"}, "reason": {"接到举报，<b>正在核查</b>"}})
	if done.status != 303 || done.header.Get("Location") != desk+"?done=suspended" {
		t.Fatalf("%d to %s", done.status, done.header.Get("Location"))
	}
	if got := b.open(desk).doc(t); !strings.Contains(got.Find("#suspended").Text(), "接到举报，<b>正在核查</b>") || got.Find(`#suspend button[value="0"]`).Length() != 1 || got.Find(`#suspend button[value="1"]`).Length() != 0 {
		t.Error("the page at the desk does not show it")
	}
	if got := w.get(t, citizen, page).doc(t); !strings.Contains(got.Find("#suspended").Text(), "接到举报，<b>正在核查</b>") || got.Find("#suspend").Length() != 0 {
		t.Error("the page of the organisation does not show it")
	}
	if got := w.get(t, citizen, page, "Accept-Language", "en").doc(t).Find("#suspended").Text(); !strings.Contains(got, "no data can be taken") {
		t.Errorf("in English: %s", got)
	}
	if got := w.get(t, citizen, "/organisations").doc(t).Find(".hit .late").Text(); got != "已暂停" {
		t.Errorf("in the list: %q", got)
	}
	made, _ := w.hide(t, "on-conditions", datasets.Published, datasets.Conditional)
	d, err := w.Datasets.Dataset(t.Context(), account.Actor{}, made.Slug)
	if err != nil {
		t.Fatal(err)
	}
	before := w.get(t, citizen, "/datasets/"+d.Slug+"/apply").doc(t).Find(`[name="organisation"][value="` + strconv.FormatInt(id, 10) + `"]`)
	if _, off := before.Attr("disabled"); !off || !strings.Contains(before.Parent().Text(), "机构被数据主管部门暂停") {
		t.Errorf("it can be applied for: %s", before.Parent().Text())
	}
	if got := w.post(t, citizen, "/datasets/"+d.Slug+"/apply", url.Values{"organisation": {strconv.FormatInt(id, 10)}}); got.status != 403 || !strings.Contains(got.body, "恢复以前不能申请") {
		t.Errorf("applied for: %d", got.status)
	}
	if got := w.post(t, playing(account.Authority), act, url.Values{"suspended": {"1"}, "reason": {"x"}}); got.status != 409 {
		t.Errorf("twice: %d", got.status)
	}
	if got := b.submit(b.open(desk), act, url.Values{"suspended": {"0"}, "reason": {"已查清"}}); got.header.Get("Location") != desk+"?done=reinstated" {
		t.Fatalf("reinstated: %d", got.status)
	}
	if got := w.get(t, citizen, page).doc(t); got.Find("#suspended").Length() != 0 || !strings.Contains(got.Find(".lead").Text(), "已认证") {
		t.Error("it is not what it was")
	}
}

// The letter says in the reader's language what happened, why, and what it stops.
func TestTheLetterOfASuspension(t *testing.T) {
	n := account.OrganisationNotice{ID: "1", To: "zhang@tests.example", Organisation: 7, Name: "甲公司", Suspended: true, Reason: "接到举报"}
	for lang, want := range map[text.Lang][2]string{text.Chinese: {"机构“甲公司”已被暂停", "取不到数据"}, text.English: {`"甲公司" was suspended`, "no data can be taken"}} {
		l := notify.Organisation(n, base, lang)
		if !strings.Contains(l.Subject, want[0]) || !strings.Contains(l.Text, want[1]) || !strings.Contains(l.Text, "接到举报") || !strings.Contains(l.Text, base+"/organisations/7") {
			t.Errorf("%s\n%s", l.Subject, l.Text)
		}
	}
	n.Suspended = false
	l := notify.Organisation(n, base, text.Chinese)
	if !strings.Contains(l.Subject, "已恢复") || strings.Contains(l.Text, "取不到数据") {
		t.Errorf("%s\n%s", l.Subject, l.Text)
	}
}
