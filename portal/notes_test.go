package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/following"
	"shuyuan/internal/account"
)

func TestANoteIsPublicOnceAnotherPersonHasApprovedIt(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	head := persona(account.Head)
	d := w.Dataset(t)
	w.follow(t, citizen, following.Dataset, d.Slug)
	const body = "## 口径\n**常住**人口，见[公报](https://tjj.example.gov.cn/)。\n\n<script>alert(1)</script> [坏](javascript:alert(2))"
	new := func(p persona, slug, title, body string) reply {
		return w.post(t, p, "/desk/notes/new", url.Values{"dataset": {slug}, "title": {title}, "body": {body}})
	}
	draft := w.Dataset(t, func(d *datasets.Dataset) { d.Status = datasets.Draft })
	for name, c := range map[string]struct {
		who               persona
		slug, title, body string
		want              int
	}{
		"another department":       {other, d.Slug, "一", "二", 403},
		"the head":                 {head, d.Slug, "一", "二", 403},
		"a citizen":                {citizen, d.Slug, "一", "二", 403},
		"an entry that is a draft": {own, draft.Slug, "一", "二", 409},
		"no entry":                 {own, "none", "一", "二", 404},
		"a control character":      {own, d.Slug, "一\x01", "二", 422},
		"too long a text":          {own, d.Slug, "一", strings.Repeat("长", 5001), 422},
	} {
		if r := new(c.who, c.slug, c.title, c.body); r.status != c.want {
			t.Errorf("%s: %d, want %d", name, r.status, c.want)
		}
	}
	r := new(own, d.Slug, "怎样看", body)
	if r.status != 303 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	at := strings.TrimSuffix(r.header.Get("Location"), "?done=1")
	move := func(p persona, action, reason, revision string) int {
		return w.post(t, p, at+"/move", url.Values{"action": {action}, "reason": {reason}, "revision": {revision}}).status
	}
	shows := func() bool {
		w.Changed()
		return strings.Contains(w.get(t, visitor, "/datasets/"+d.Slug).doc(t).Find("#notes").Text(), "常住")
	}
	waits := func(p persona) bool {
		return w.get(t, p, "/desk/inbox").doc(t).Find("main a[href='"+at+"']").Length() == 1
	}
	for _, step := range []struct {
		name             string
		who              persona
		action, reason   string
		revision         string
		want             int
		public           bool
		head, writerTurn bool
	}{
		{"the head decides about a draft", head, "approve", "", "1", 409, false, false, false},
		{"submitted", own, "submit", "", "1", 303, false, true, false},
		{"submitted again", own, "submit", "", "1", 409, false, true, false},
		{"its writer approves it", own, "approve", "", "2", 403, false, true, false},
		{"returned without a reason", head, "return", "", "2", 422, false, true, false},
		{"returned", head, "return", "请写来源", "2", 303, false, false, true},
		{"submitted as it was", own, "submit", "", "3", 303, false, true, false},
		{"no such action", head, "publish", "", "4", 409, false, true, false},
		{"the head writes", head, "edit", "", "4", 409, false, true, false},
		{"another department", other, "approve", "", "4", 404, false, true, false},
		{"approved", head, "approve", "", "4", 303, true, false, false},
		{"approved twice", head, "approve", "", "4", 409, true, false, false},
	} {
		if got := move(step.who, step.action, step.reason, step.revision); got != step.want {
			t.Fatalf("%s: %d, want %d", step.name, got, step.want)
		}
		if told := w.get(t, visitor, "/api/v1/datasets/"+d.Slug+"/notes"); told.status != 200 || strings.Contains(told.body, "**常住**") != step.public {
			t.Fatalf("%s: programs are told %d: %s", step.name, told.status, told.body)
		}
		if shows() != step.public || waits(head) != step.head || waits(own) != step.writerTurn {
			t.Fatalf("%s: public %t, waits for the head %t, for the writer %t", step.name, shows(), waits(head), waits(own))
		}
	}
	page := w.get(t, visitor, "/datasets/"+d.Slug)
	part := page.doc(t).Find("#notes")
	if part.Find("b").Text() != "常住" || part.Find("a[href='https://tjj.example.gov.cn/']").Text() != "公报" || strings.Contains(page.body, "<script>alert(1)") || part.Find("a[href^=javascript]").Length() != 0 || !strings.Contains(part.Text(), d.Department.Name) {
		html, _ := part.Html()
		t.Errorf("%s", html)
	}
	// the next version leaves the first as it is until it is approved
	if r := w.post(t, own, at, url.Values{"title": {"怎样看"}, "body": {"改用户籍人口。"}, "revision": {"5"}}); r.status != 303 {
		t.Fatal(r.status)
	}
	if !shows() {
		t.Error("writing on takes the approved version away")
	}
	if a, b := move(own, "submit", "", "6"), move(head, "approve", "", "7"); a != 303 || b != 303 {
		t.Fatal(a, b)
	}
	if shows() {
		t.Error("the older version is shown as the newest")
	}
	if all := w.get(t, visitor, "/datasets/"+d.Slug+"/notes").doc(t).Find(".interpretation").Length(); all != 2 {
		t.Errorf("%d versions", all)
	}
	w.tell(t)
	if told := w.told(t, citizen); len(told) != 2 || !strings.HasPrefix(told[0], "新解读：") {
		t.Errorf("followers are told %q", told)
	}
	if feed := w.get(t, visitor, "/datasets/"+d.Slug+"/feed.xml"); strings.Count(feed.body, "新解读：") != 2 {
		t.Errorf("%s", feed.body)
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE note_versions SET body = 'x'`); err == nil {
		t.Error("the database lets a version be changed")
	}
}
