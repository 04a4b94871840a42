package portal_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/portal"
)

// writing is every route of the pages that changes something.
func writing() (all []portal.Route) {
	for _, r := range portal.Routes {
		if !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, r.Method) {
			all = append(all, r)
		}
	}
	return all
}

// whoMay is somebody who has signed in and may use a route.
func whoMay(r portal.Route) persona {
	switch {
	case slices.Contains(r.By, account.Visitor):
		return citizen
	case slices.Contains(r.By, account.Officer):
		return own
	}
	return playing(r.By[0])
}

// Every form of every desk is refused where no page of ours made it: without the
// token of its session or with another's, from another site, as another kind of
// body, larger than any form; and where it says a word more than its page asks
// (A01, A10 to A13, F22). Nothing of it is done.
func TestEveryFormIsRefusedThatNoPageOfOursMade(t *testing.T) {
	w := newDesk(t)
	w.everyone(t)
	upload := w.create(t, "a.csv", len(people))
	w.patch(t, ownKey, upload, 0, people)
	at := strings.NewReplacer("/desk/resources/:id/dictionary", w.school(t), "/uploads/:id", "/uploads/"+w.read(t, upload).ID, ":slug", "never-there", ":id", "999", ":token", "x")
	routes := writing()
	if len(routes) < 80 {
		t.Fatalf("%d routes", len(routes))
	}
	var before, after int64
	count := `SELECT count(*) FROM audit_entries`
	if err := w.Pool.QueryRow(t.Context(), count).Scan(&before); err != nil {
		t.Fatal(err)
	}
	for _, r := range routes {
		who, path := whoMay(r), at.Replace(r.Path)
		mine := w.Accounts.CSRF(w.tokens[who])
		stranger := w.tokens[other]
		try := func(name string, want []int, form url.Values, headers ...string) {
			t.Helper()
			if got := w.send(t, w.as(who, r.Method, path, form), headers...); !slices.Contains(want, got.status) {
				t.Errorf("%s %s: %s: %d", r.Method, r.Path, name, got.status)
			}
		}
		forged, kinds := []int{403}, []string{"text/plain", "application/json", "application/xml", ""}
		switch {
		case r.Signed: // it does what its code says, which nobody guesses
			forged, kinds = []int{400}, nil
		case !r.Stream:
			kinds = append(kinds, "multipart/form-data; boundary=x")
		}
		for name, form := range map[string]url.Values{
			"no token": {}, "an empty token": {"csrf": {""}}, "a stranger's token": {"csrf": {w.Accounts.CSRF(stranger)}},
			"a token of no session": {"csrf": {w.Accounts.CSRF(strings.Repeat("a", 64))}}, "half a token": {"csrf": {mine[:len(mine)/2]}}, "a token of 100 KB": {"csrf": {strings.Repeat("a", 100<<10)}},
		} {
			try(name, forged, form)
		}
		sound := url.Values{"csrf": {mine}}
		for _, origin := range []string{"https://evil.example", "null", "http://data.example", "https://data.example:8443", "https://data.example.evil.example"} {
			try("from "+origin, forged, sound, "Origin", origin, "X-CSRF-Token", mine)
		}
		try("from a page of another site", forged, sound, "Sec-Fetch-Site", "cross-site", "X-CSRF-Token", mine)
		for _, kind := range kinds {
			try("as "+kind, forged, sound, "Content-Type", kind)
		}
		if r.Stream {
			body := "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n" + w.Accounts.CSRF(stranger) + "\r\n--x--\r\n"
			request := httptest.NewRequest(r.Method, path, strings.NewReader(body))
			if got := w.send(t, request, "Cookie", "__Host-session="+w.tokens[who], "Content-Type", "multipart/form-data; boundary=x"); got.status < 400 || got.status >= 500 {
				t.Errorf("%s %s: a stranger's token in parts: %d", r.Method, r.Path, got.status)
			}
			continue
		}
		for _, extra := range []string{"unknown", "user_id", "role_id", "department_id", "approved_by", "csrf[]", "__proto__"} {
			try("a field "+extra, []int{400}, url.Values{"csrf": {mine}, extra: {"1"}})
		}
		try("its token twice", []int{400}, url.Values{"csrf": {mine, mine}})
		if !r.Signed {
			try("another method", forged, url.Values{"csrf": {mine}, "_method": {"DELETE"}})
		}
		try("over a megabyte", []int{413}, url.Values{"csrf": {mine}, "reason": {strings.Repeat("a", 1<<20)}})
	}
	if err := w.Pool.QueryRow(t.Context(), count).Scan(&after); err != nil || after != before {
		t.Errorf("the trail has %d entries more: %v", after-before, err)
	}
}

// A form of a session that has ended is nobody's (A10).
func TestAFormOfAnEndedSessionIsNobodys(t *testing.T) {
	w := newWhole(t)
	ended := w.signIn(t, "own@tests.example")
	if got := w.send(t, w.as(own, http.MethodPost, "/sign-out", url.Values{"csrf": {w.Accounts.CSRF(ended)}}), "Cookie", "__Host-session="+ended); got.status != 303 {
		t.Fatalf("%d", got.status)
	}
	form := url.Values{"csrf": {w.Accounts.CSRF(ended)}, "name": {"脚本"}, "days": {"30"}, "scope": {"read"}}
	if got := w.send(t, w.as(own, http.MethodPost, "/account/keys", form), "Cookie", "__Host-session="+ended); got.status != 401 && got.status != 403 {
		t.Errorf("%d", got.status)
	}
}

// What is another organisation's is not there, by whatever address it is asked
// for or changed (A31, F11).
func TestAnotherOrganisationIsNotThere(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	form := url.Values{"kind": {"legal"}, "name": {"甲公司"}, "code": {"91350100M000100Y43"}}
	page, _, _ := strings.Cut(w.post(t, citizen, "/organisations", form).header.Get("Location"), "?")
	if w.get(t, citizen, page).status != 200 {
		t.Fatalf("no organisation at %q", page)
	}
	fields := map[string]url.Values{
		"": form, "/submit": {}, "/invite": {"identifier": {"own@tests.example"}, "role": {"owner"}}, "/withdraw": {"identifier": {"own@tests.example"}}, "/members": {"user": {"1"}, "role": {""}},
	}
	asked := 0
	for _, r := range portal.Routes {
		rest, ours := strings.CutPrefix(r.Path, "/organisations/:id")
		if !ours {
			continue
		}
		asked++
		address := page + strings.ReplaceAll(rest, ":paper", strings.Repeat("0", 32))
		for _, who := range []persona{own, other, admin, playing(account.Buyer), playing(account.Operator)} {
			got := w.get(t, who, address)
			if r.Method == http.MethodPost && !r.Stream {
				got = w.post(t, who, address, fields[rest])
			} else if r.Stream {
				continue // TestWhoReadsAPaper
			}
			if got.status != 404 && !(got.status == 403 && r.Method == http.MethodPost) || strings.Contains(got.body, "甲公司") && rest != "" {
				t.Errorf("%s %s by %s: %d", r.Method, r.Path, who, got.status)
			}
		}
	}
	if asked < 6 {
		t.Errorf("%d routes", asked)
	}
	if got := w.get(t, citizen, page); got.status != 200 || !strings.Contains(got.body, "甲公司") || strings.Contains(got.body, "own@tests.example") {
		t.Errorf("afterwards it is answered %d", got.status)
	}
}

// Who is disabled while a page of theirs is open decides nothing with it (F19).
func TestADisabledReviewerDecidesNothing(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	for _, c := range []struct {
		who  account.Role
		path string
		form url.Values
	}{
		{account.SecurityReviewer, "/desk/reviews/1", url.Values{"action": {"pass"}, "revision": {"1"}, "tick": datasetstest.Ticked("security")}},
		{account.Head, "/desk/catalogue/x/move", url.Values{"action": {"sign"}, "revision": {"1"}}},
		{account.Authority, "/desk/organisations/1", url.Values{"verified": {"1"}, "reason": {""}}},
	} {
		p := playing(c.who)
		if got := w.post(t, p, c.path, c.form); got.status != 404 {
			t.Errorf("%s, before: %d", c.who, got.status)
		}
		if err := w.Accounts.Disable(t.Context(), account.System("test"), mustActor(t, w, w.tokens[p]).ID); err != nil {
			t.Fatal(err)
		}
		if got := w.post(t, p, c.path, c.form); got.status != 401 {
			t.Errorf("%s, disabled: %d", c.who, got.status)
		}
	}
}

// A text that fits into a form but into no field is refused at its field, and is
// not written back by the megabyte (F10, F22).
func TestTextsThatFitNoFieldAreRefused(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d := w.Dataset(t)
	long := strings.Repeat("长", 90_000) // 270 kB; 810 kB in a form
	org := func(name, value string) url.Values {
		f := url.Values{"kind": {"legal"}, "name": {"甲公司"}, "code": {"91350100M000100Y43"}}
		f.Set(name, value)
		return f
	}
	for _, c := range []struct {
		id, path string
		who      persona
		form     url.Values
	}{
		{"F08 a name of two lines", "/organisations", citizen, org("name", "甲公司\r\nBcc: all@tests.example")},
		{"F10 a name of 300", "/organisations", citizen, org("name", strings.Repeat("长", 300))},
		{"F10 a head of 300", "/organisations", citizen, org("head", strings.Repeat("长", 300))},
		{"F22 an address", "/organisations", citizen, org("address", long)},
		{"F22 a question", "/datasets/" + d.Slug + "/ask", citizen, url.Values{"asker": {"某"}, "body": {long}}},
		{"F22 a note", "/desk/notes/new", own, url.Values{"dataset": {d.Slug}, "title": {"解读"}, "body": {long}}},
		{"F22 a title", "/desk/catalogue/new", own, url.Values{"secret": {"no"}, "title": {long}}},
		{"F22 what an emergency is called", "/desk/reviews/events", playing(account.Authority), url.Values{"kind": {"natural"}, "title": {long}, "declared_by": {"x"}, "declared_on": {"2026-11-20"}, "basis": {"x"}}},
		{"F22 evidence of a change", "/desk/changes/new", own, url.Values{"trigger": {"other"}, "event_date": {"2026-11-20"}, "evidence": {long}, "entry": {d.Slug}}},
	} {
		if got := w.post(t, c.who, c.path, c.form); got.status != 422 {
			t.Errorf("%s: %d", c.id, got.status)
		}
	}
	for _, name := range []string{"𠮷𡈽商行", "阿卜杜热合曼·买买提商行"} { // F09
		if got := w.post(t, citizen, "/organisations", org("name", name)); got.status != 303 {
			t.Errorf("F09 %s: %d", name, got.status)
		}
	}
}

// A form that is sent twice is done once, and the second is told so: as where
// somebody presses the button again, or the answer was lost.
func TestAFormThatIsSentTwiceIsDoneOnce(t *testing.T) {
	w := newWhole(t)
	w.Office(t)
	d := w.Dataset(t)
	note := strings.TrimSuffix(w.post(t, own, "/desk/notes/new", url.Values{"dataset": {d.Slug}, "title": {"解读"}, "body": {"怎样看。"}}).header.Get("Location"), "?done=1")
	for _, c := range []struct {
		path          string
		form          url.Values
		first, second int
		count         string // of what there is afterwards one
	}{
		{"/account/keys", url.Values{"name": {"脚本 2"}, "days": {"30"}, "scope": {"read"}}, 200, 422, `SELECT count(*) FROM api_keys WHERE name = '脚本 2'`},
		{"/desk/catalogue/new", url.Values{"secret": {"no"}, "title": {"名录"}, "slug": {"twice"}}, 303, 409, `SELECT count(*) FROM datasets WHERE title = '名录'`},
		{"/desk/catalogue/twice", url.Values{"secret": {"no"}, "revision": {"1"}, "step": {"save"}, "title": {"改过的名录"}}, 303, 409, `SELECT count(*) FROM datasets WHERE title = '改过的名录'`},
		{note + "/move", url.Values{"revision": {"1"}, "action": {"submit"}}, 303, 409, `SELECT count(*) FROM audit_entries WHERE act = 'submit' AND subject = 'note'`},
		{"/account/follows", url.Values{"kind": {"dataset"}, "of": {d.Slug}}, 303, 303, `SELECT count(*) FROM follows`},
	} {
		for i, want := range []int{c.first, c.second} {
			if got := w.post(t, own, c.path, c.form); got.status != want {
				t.Errorf("%s, time %d: %d, want %d", c.path, i+1, got.status, want)
			}
		}
		var n int
		if err := w.Pool.QueryRow(t.Context(), c.count).Scan(&n); err != nil || n != 1 {
			t.Errorf("%s: done %d times: %v", c.path, n, err)
		}
	}
}
