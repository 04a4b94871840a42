package portal_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/following"
	"shuyuan/internal/mail"
	"shuyuan/internal/mail/mailtest"
	"shuyuan/portal/notify"
)

// tell spreads every event that was written and looks through every search, as
// the workers do. It does so twice: what is told is told once.
func (w *whole) tell(t *testing.T) {
	t.Helper()
	rows, err := w.Pool.Query(t.Context(), `SELECT id FROM events ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.follows.Spread(t.Context(), datasets.EventsTold{IDs: ids}); err != nil {
			t.Fatal(err)
		}
		if err := w.follows.MatchSearches(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// post303 sends a form that must be accepted.
func (w *whole) post303(t *testing.T, who persona, address string, form url.Values) {
	t.Helper()
	if r := w.post(t, who, address, form); r.status != 303 {
		t.Fatalf("%s: %d %s", address, r.status, r.doc(t).Find("main").Text())
	}
}

func (w *whole) follow(t *testing.T, who persona, kind following.Kind, of string) {
	t.Helper()
	w.post303(t, who, "/account/follows", url.Values{"kind": {string(kind)}, "of": {of}})
}

// told is what the list of somebody's notices says, the newest first.
func (w *whole) told(t *testing.T, who persona) []string {
	t.Helper()
	var out []string
	for _, a := range w.get(t, who, "/account/notifications").doc(t).Find(".notices a[href^='/account/notifications/']").EachIter() {
		out = append(out, a.Text())
	}
	return out
}

// letters sends what waits to be sent, as the workers do, and returns it by
// address. Each is sent twice: one letter comes of it.
func (w *whole) letters(t *testing.T) map[string][]mail.Letter {
	t.Helper()
	if err := w.follows.SendDaily(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := w.Pool.Query(t.Context(), `SELECT (args->>'id')::bigint FROM river_job WHERE kind = 'notice_mailing' ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]mail.Letter{}
	for _, id := range ids {
		for range 2 {
			l, err := w.follows.Letter(t.Context(), following.Mailing{ID: id})
			if err != nil {
				t.Fatal(err)
			}
			if l == nil {
				continue
			}
			out[l.To] = append(out[l.To], notify.Notices(l, base))
			if err := w.follows.Sent(t.Context(), following.Mailing{ID: id}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

func TestAFollowerIsToldOnceOfWhatHappened(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	theme := w.Theme(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Title, d.TitleEN = "常住人口", "Residents" })
	w.indexed(t)
	w.Set(datasetstest.Now.Add(time.Minute))
	w.follow(t, citizen, following.Dataset, d.Slug)
	w.follow(t, citizen, following.Dataset, d.Slug) // again: nothing more
	w.follow(t, citizen, following.Department, d.Department.Slug)
	w.follow(t, citizen, following.Theme, theme.Slug)
	w.follow(t, citizen, following.Search, "q=公交")
	if n := w.get(t, citizen, "/account/follows").doc(t).Find("main .hit").Length(); n != 4 {
		t.Errorf("%d follows", n)
	}
	w.tell(t)
	if told := w.told(t, citizen); len(told) != 0 {
		t.Errorf("told of what happened before it was followed: %q", told)
	}
	file := w.Resource(t, d)
	w.Version(t, d, file, "a.csv", "年份,人口\n2025,1\n")
	w.Version(t, d, file, "a.csv", "年份,人口,户数\n2025,1,1\n")
	bus := w.Dataset(t, func(d *datasets.Dataset) { d.Title, d.Theme = "公交线路", theme }) // of the department, the theme and the search at once
	w.indexed(t)
	w.tell(t)
	want := []string{"新数据集：公交线路", "列变了：常住人口", "新版本：常住人口", "新版本：常住人口"}
	told := w.told(t, citizen)
	if len(told) != len(want) {
		t.Fatalf("%q", told)
	}
	for i := range want {
		if !strings.HasPrefix(told[i], want[i]) {
			t.Errorf("%d: %q, want %q", i, told[i], want[i])
		}
	}
	if bell := w.get(t, citizen, "/").doc(t).Find(".bell").Text(); bell != "通知 4" {
		t.Errorf("the bell says %q", bell)
	}
	if other := w.told(t, other); len(other) != 0 {
		t.Errorf("somebody else is told %q", other)
	}
	// one is opened, the rest is marked
	first, _ := w.get(t, citizen, "/account/notifications").doc(t).Find(".notices a").First().Attr("href")
	if r := w.get(t, citizen, first); r.status != 303 || r.header.Get("Location") != "/datasets/"+bus.Slug {
		t.Errorf("opened: %d to %s", r.status, r.header.Get("Location"))
	}
	if r := w.get(t, other, first); r.status != 404 {
		t.Errorf("somebody else opens it: %d", r.status)
	}
	if bell := w.get(t, citizen, "/").doc(t).Find(".bell").Text(); bell != "通知 3" {
		t.Errorf("the bell says %q", bell)
	}
	to, _ := w.get(t, citizen, "/account/notifications").doc(t).Find("input[name=to]").Attr("value")
	w.post303(t, other, "/account/notifications/read", url.Values{"to": {to}})
	w.post303(t, citizen, "/account/notifications/read", url.Values{"to": {to}})
	if bell := w.get(t, citizen, "/").doc(t).Find(".bell").Text(); bell != "通知" {
		t.Errorf("the bell says %q", bell)
	}
	if told := w.get(t, citizen, "/account/notifications?unread=1").doc(t).Find(".notices li").Length(); told != 0 {
		t.Errorf("%d unread", told)
	}
	// what is withheld now is in no list and in no count
	d, err := w.Service.Dataset(t.Context(), datasetstest.Officer(d.Department), d.Slug)
	if err != nil {
		t.Fatal(err)
	}
	d.Open, d.OpenBasis = datasets.Withheld, []string{"《中华人民共和国数据安全法》第二十一条"}
	if err := w.Service.Save(t.Context(), datasetstest.Officer(d.Department), d); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"/account/notifications", "/account/follows"} {
		if r := w.get(t, citizen, page); r.contains("常住人口", d.Slug) != "" {
			t.Errorf("%s shows what is withheld", page)
		}
	}
	w.tell(t)
	if told := w.told(t, citizen); len(told) != 1 {
		t.Errorf("%q", told)
	}
}

// A search tells of each entry once: when it comes, or when it is changed so
// that the search finds it; what it found when it was followed it never tells.
func TestASearchTellsOfEachEntryOnce(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	before := w.Dataset(t, func(d *datasets.Dataset) { d.Title = "公交站点" })
	later := w.Dataset(t, func(d *datasets.Dataset) { d.Title = "线路" })
	draft := w.Dataset(t, func(d *datasets.Dataset) { d.Title, d.Status = "公交草稿", datasets.Draft })
	w.indexed(t)
	w.follow(t, citizen, following.Search, "open=unconditional&q=公交&page=3&sort=popular")
	of, _ := w.get(t, citizen, "/account/follows").doc(t).Find("main .hit a").Attr("href")
	if of != "/datasets?open=unconditional&q=%E5%85%AC%E4%BA%A4" {
		t.Errorf("kept as %s", of)
	}
	save := func(d *datasets.Dataset, change func(*datasets.Dataset)) {
		t.Helper()
		now, err := w.Service.Dataset(t.Context(), datasetstest.Officer(d.Department), d.Slug)
		if err == nil {
			change(now)
			err = w.Service.Save(t.Context(), datasetstest.Officer(d.Department), now)
		}
		if err != nil {
			t.Fatal(err)
		}
		w.tell(t)
	}
	save(before, func(d *datasets.Dataset) { d.Summary = "改过了。" })
	save(draft, func(d *datasets.Dataset) { d.Summary = "改过了。" })
	if told := w.told(t, citizen); len(told) != 0 {
		t.Errorf("%q", told)
	}
	for range 2 {
		save(later, func(d *datasets.Dataset) { d.Title = "公交线路"; d.Summary += "又改。" })
	}
	if told := w.told(t, citizen); !slices.Equal(told, []string{"符合搜索“公交”：公交线路"}) {
		t.Errorf("%q", told)
	}
}

func TestWhatCannotBeFollowedIsRefused(t *testing.T) {
	w := newWhole(t, limit("follow", 12))
	w.everyone(t)
	draft := w.Dataset(t, func(d *datasets.Dataset) { d.Status = datasets.Draft })
	withheld := w.Dataset(t, func(d *datasets.Dataset) { d.Open = datasets.Withheld })
	open := w.Dataset(t)
	w.indexed(t)
	for name, c := range map[string]struct {
		who      persona
		kind, of string
		want     int
	}{
		"a draft, by its own officer": {own, "dataset", draft.Slug, 404},
		"what is withheld":            {own, "dataset", withheld.Slug, 404},
		"what there is not":           {citizen, "dataset", "no-such", 404},
		"no kind":                     {citizen, "person", "1", 404},
		"a department of no name":     {citizen, "department", "", 404},
		"a theme with a NUL":          {citizen, "theme", "a\x00b", 404},
		"an empty search":             {citizen, "search", "", 422},
		"a search for a parameter":    {citizen, "search", "user=1", 400},
		"a search that is no query":   {citizen, "search", "%zz", 400},
		"a search with too much text": {citizen, "search", "q=" + strings.Repeat("a", 300), 400},
		"a visitor":                   {visitor, "dataset", open.Slug, 401},
	} {
		if r := w.post(t, c.who, "/account/follows", url.Values{"kind": {c.kind}, "of": {c.of}}); r.status != c.want && !(c.who == visitor && r.status == 403) {
			t.Errorf("%s: %d, want %d", name, r.status, c.want)
		}
	}
	if r := w.post(t, citizen, "/account/follows", url.Values{"kind": {"dataset"}, "of": {open.Slug}, "back": {"//evil.example/"}}); r.status != 303 || r.header.Get("Location") != "/" {
		t.Errorf("sent on to %s", r.header.Get("Location"))
	}
	if r := w.post(t, other, "/account/follows/1/end", url.Values{}); r.status != 303 {
		t.Errorf("%d", r.status)
	}
	if n := w.get(t, citizen, "/account/follows").doc(t).Find("main .hit").Length(); n != 1 {
		t.Errorf("somebody else ended it: %d", n)
	}
	for _, id := range []string{"0", "-1", "01", "99999999999999999999", "x"} {
		if r := w.post(t, citizen, "/account/follows/"+id+"/end", url.Values{}); r.status != 404 {
			t.Errorf("end %s: %d", id, r.status)
		}
	}
	last := 0
	for range 14 {
		last = w.post(t, citizen, "/account/follows", url.Values{"kind": {"dataset"}, "of": {open.Slug}}).status
	}
	if last != 429 {
		t.Errorf("without end: %d", last)
	}
}

// The pages of what can be followed are the same for every visitor, and lead to
// the feed and to a way in.
func TestAVisitorIsShownHowToFollow(t *testing.T) {
	w := newWhole(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Title = "公交线路" })
	w.indexed(t)
	for page, feed := range map[string]string{
		"/datasets/" + d.Slug: "/datasets/" + d.Slug + "/feed.xml", "/departments/" + d.Department.Slug: "/departments/" + d.Department.Slug + "/feed.xml",
		"/themes/" + d.Theme.Slug: "/themes/" + d.Theme.Slug + "/feed.xml", "/datasets?q=公交": "/datasets/feed.xml?q=%E5%85%AC%E4%BA%A4",
	} {
		r := w.get(t, visitor, (&url.URL{Path: strings.Split(page, "?")[0], RawQuery: strings.Replace(strings.TrimPrefix(page, strings.Split(page, "?")[0]), "?", "", 1)}).String())
		if r.header.Get("Set-Cookie") != "" {
			t.Errorf("%s sets a cookie", page)
		}
		how, ok := r.doc(t).Find("a[href^='/follow?']").Attr("href")
		if !ok {
			t.Errorf("%s cannot be followed", page)
			continue
		}
		p := w.get(t, visitor, how)
		if p.status != 200 || p.doc(t).Find("main a[href='"+feed+"']").Length() != 1 || p.doc(t).Find("main a[href^='/sign-in?back=']").Length() != 1 {
			t.Errorf("%s: %d\n%s", how, p.status, p.body)
		}
		if f := w.get(t, visitor, feed); f.status != 200 || !strings.Contains(f.body, "<feed") || !strings.Contains(f.body, "公交线路") {
			t.Errorf("%s: %d %s", feed, f.status, f.body)
		}
	}
}

// novemberAt is a time of a day of November 2026 in China.
func novemberAt(day, hour int) time.Time {
	return time.Date(2026, 11, day, hour, 0, 0, 0, datasetstest.China)
}

func TestLettersGoOutAsTheirReadersWantThem(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Title, d.TitleEN = "常住人口", "Residents" })
	for _, who := range []persona{citizen, own, other} {
		w.follow(t, who, following.Dataset, d.Slug)
	}
	settings := func(who persona, lang, mail string) {
		t.Helper()
		w.post303(t, who, "/account/notifications/settings", url.Values{"lang": {lang}, "follow-mail": {mail}})
	}
	settings(own, "en", "now")
	settings(other, "zh", "off") // the citizen has not chosen: once a day
	w.Set(novemberAt(23, 7))
	file := w.Resource(t, d)
	w.Version(t, d, file, "a.csv", "年份,人口\n2025,1\n")
	w.tell(t)
	got := w.letters(t)
	if len(got) != 1 || len(got["own@tests.example"]) != 1 {
		t.Fatalf("before eight: %d readers, %+v", len(got), got)
	}
	at := got["own@tests.example"][0]
	if !strings.Contains(at.Subject, "New version: Residents") || strings.Contains(at.Text, "您好") || !strings.Contains(at.Text, base+"/datasets/"+d.Slug+"/resources/"+file) || !strings.HasPrefix(at.Unsubscribe, base+"/unsubscribe/follow-") {
		t.Errorf("%+v", at)
	}
	w.Set(novemberAt(23, 8))
	w.Version(t, d, file, "a.csv", "年份,人口\n2025,1\n2026,2\n")
	w.tell(t)
	got = w.letters(t)
	if len(got) != 2 || len(got["own@tests.example"]) != 1 || len(got["citizen@tests.example"]) != 1 {
		t.Fatalf("at eight: %+v", got)
	}
	day := got["citizen@tests.example"][0]
	if !strings.Contains(day.Subject, "2026-11-23 的 2 件事") || strings.Count(day.Text, "新版本：常住人口") != 2 || strings.Index(day.Text, "第 1 版") > strings.Index(day.Text, "第 2 版") || !strings.HasPrefix(day.Unsubscribe, base+"/unsubscribe/daily-") {
		t.Errorf("%+v", day)
	}
	if got["own@tests.example"][0].Subject == at.Subject {
		t.Errorf("two letters have the subject %q", at.Subject)
	}
	w.Version(t, d, file, "a.csv", "年份,人口\n2025,1\n2026,3\n")
	w.tell(t)
	if got = w.letters(t); len(got["citizen@tests.example"]) != 0 {
		t.Errorf("two letters on one day: %+v", got)
	}
	// what nobody may see when the letter goes out is in no letter
	now, err := w.Service.Dataset(t.Context(), datasetstest.Officer(d.Department), d.Slug)
	if err != nil {
		t.Fatal(err)
	}
	now.Open, now.OpenBasis = datasets.Withheld, []string{"《中华人民共和国数据安全法》第二十一条"}
	if err := w.Service.Save(t.Context(), datasetstest.Officer(d.Department), now); err != nil {
		t.Fatal(err)
	}
	w.Set(novemberAt(24, 9))
	if got = w.letters(t); len(got) != 0 {
		t.Errorf("told of what is withheld: %+v", got)
	}
}

// A letter written by the real sender has the headers of RFC 8058, and one POST
// to the address in them ends such letters: no cookie, no form token.
func TestALetterIsUnsubscribedFromByOneClick(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d := w.Dataset(t)
	w.follow(t, citizen, following.Dataset, d.Slug)
	w.post303(t, citizen, "/account/notifications/settings", url.Values{"lang": {"zh"}, "follow-mail": {"now"}})
	file := w.Resource(t, d)
	w.Version(t, d, file, "a.csv", "年份\n2025\n")
	w.tell(t)
	l := w.letters(t)["citizen@tests.example"][0]
	dir := t.TempDir()
	sender, err := mail.NewFiles(dir, mailtest.From)
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(context.Background(), l); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.eml"))
	written, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"List-Unsubscribe: <" + l.Unsubscribe + ">\r\n", "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"} {
		if !strings.Contains(string(written), want) {
			t.Errorf("%q is not in\n%s", want, written)
		}
	}
	path := strings.TrimPrefix(l.Unsubscribe, base)
	if r := w.get(t, visitor, path); r.status != 200 || r.doc(t).Find("form[method=post]").Length() != 1 {
		t.Errorf("the page: %d", r.status)
	}
	mode := func() string {
		out, _ := w.get(t, citizen, "/account/notifications/settings").doc(t).Find("#follow-mail option[selected]").Attr("value")
		return out
	}
	if mode() != "now" {
		t.Error("looking at the page ended it")
	}
	send := func(path, media, body string) int {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", media)
		return w.send(t, r).status
	}
	const urlencoded = "application/x-www-form-urlencoded"
	code := path[strings.LastIndex(path, "-")+1:]
	for name, c := range map[string]struct {
		path, media, body string
		want              int
	}{
		"of another account":      {"/unsubscribe/follow-1-" + code, urlencoded, "List-Unsubscribe=One-Click", 404},
		"of another topic":        {strings.Replace(path, "follow", "desk", 1), urlencoded, "List-Unsubscribe=One-Click", 404},
		"cut off":                 {path[:len(path)-1], urlencoded, "List-Unsubscribe=One-Click", 404},
		"with more":               {path + "A", urlencoded, "List-Unsubscribe=One-Click", 404},
		"very long":               {"/unsubscribe/" + strings.Repeat("a", 4000), urlencoded, "List-Unsubscribe=One-Click", 404},
		"no token":                {"/unsubscribe/x", urlencoded, "List-Unsubscribe=One-Click", 404},
		"another body":            {path, urlencoded, "List-Unsubscribe=Yes", 400},
		"an empty body":           {path, urlencoded, "", 400},
		"JSON":                    {path, "application/json", `{"List-Unsubscribe":"One-Click"}`, 400},
		"a multipart without end": {path, "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne", 400},
		"a multipart of no parts": {path, "multipart/form-data", "One-Click", 400},
	} {
		if got := send(c.path, c.media, c.body); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if mode() != "now" {
		t.Error("a forged link ended letters")
	}
	if got := send(path, "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"); got != 200 || mode() != "off" {
		t.Errorf("by a mail program: %d, mode %s", got, mode())
	}
	if got := send(path, urlencoded, "List-Unsubscribe=One-Click"); got != 200 {
		t.Errorf("again: %d", got)
	}
	w.Version(t, d, file, "a.csv", "年份\n2026\n")
	w.tell(t)
	if got := w.letters(t); len(got) != 0 {
		t.Errorf("written to all the same: %+v", got)
	}
	if told := w.told(t, citizen); len(told) != 2 {
		t.Errorf("the list of the site: %q", told)
	}
}

// What is kept of a reader goes table by table when the account ends, in any
// order (internal/account, personalTables).
func TestALetterGoesWithItsReader(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d := w.Dataset(t)
	w.follow(t, citizen, following.Dataset, d.Slug)
	w.post303(t, citizen, "/account/notifications/settings", url.Values{"lang": {"zh"}, "follow-mail": {"now"}})
	w.Version(t, d, w.Resource(t, d), "a.csv", "年份\n2025\n")
	w.tell(t)
	if len(w.letters(t)) != 1 {
		t.Fatal("no letter")
	}
	if _, err := w.Pool.Exec(t.Context(), `DELETE FROM mailings`); err != nil {
		t.Error(err)
	}
	if told := w.told(t, citizen); len(told) != 0 {
		t.Errorf("%q", told)
	}
}

func TestSettingsOfNoticesAreChecked(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	for name, c := range map[string]struct {
		form url.Values
		want int
	}{
		"no language":           {url.Values{}, 422},
		"no such language":      {url.Values{"lang": {"fr"}}, 422},
		"no such mode":          {url.Values{"lang": {"zh"}, "follow-mail": {"hourly"}}, 422},
		"one a day on the site": {url.Values{"lang": {"zh"}, "follow-app": {"daily"}}, 422},
		"one a day of the desk": {url.Values{"lang": {"zh"}, "desk-mail": {"daily"}}, 303},
		"the desk on the site":  {url.Values{"lang": {"zh"}, "desk-app": {"now"}}, 400},
		"a channel too many":    {url.Values{"lang": {"zh"}, "follow-hook": {"now"}}, 400},
		"a topic too many":      {url.Values{"lang": {"zh"}, "market-mail": {"now"}}, 400},
		"the same name twice":   {url.Values{"lang": {"zh", "en"}}, 400},
		"whole":                 {url.Values{"lang": {"en"}, "follow-mail": {"daily"}, "own-app": {"off"}}, 303},
	} {
		if r := w.post(t, citizen, "/account/notifications/settings", c.form); r.status != c.want {
			t.Errorf("%s: %d, want %d", name, r.status, c.want)
		}
	}
	if r := w.send(t, w.as(citizen, http.MethodPost, "/account/notifications/settings", url.Values{"lang": {"zh"}})); r.status != 403 {
		t.Errorf("without the token of the form: %d", r.status)
	}
}

// Letters of the desk come at once, once a day or not at all, and stand in no list
// besides the inbox; what a channel does not have is refused at its field.
func TestHowOneIsToldOfTheDesk(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	const settings = "/account/notifications/settings"
	page := w.get(t, own, settings).doc(t)
	var offered []string
	for _, o := range page.Find("#desk-mail option").EachIter() {
		offered = append(offered, o.AttrOr("value", ""))
	}
	if !slices.Equal(offered, []string{"now", "daily", "off"}) || page.Find("#desk-mail option[selected]").AttrOr("value", "") != "now" || page.Find("#desk-app").Length() != 0 {
		t.Errorf("offered: %q", offered)
	}
	if page.Find(`a.src.house[href*="desk_reminder"]`).Length() != 1 || w.get(t, citizen, settings).doc(t).Find(`a[href*="desk_reminder"]`).Length() != 0 {
		t.Error("the days of the reminders are not shown to those who work at a desk, or are to others")
	}
	r := w.post(t, own, settings, url.Values{"lang": {"zh"}, "follow-app": {"daily"}})
	field := r.doc(t).Find("#follow-app")
	if note := r.doc(t).Find("#" + field.AttrOr("aria-describedby", "none")).Text(); r.status != 422 || field.AttrOr("aria-invalid", "") != "true" || note != "站内通知没有每日一封，请选随时或者不要。" {
		t.Errorf("%d, beside the field: %q", r.status, note)
	}
	for _, mode := range []string{"daily", "off"} {
		w.post303(t, own, settings, url.Values{"lang": {"zh"}, "desk-mail": {mode}})
		if kept := w.get(t, own, settings).doc(t).Find("#desk-mail option[selected]").AttrOr("value", ""); kept != mode {
			t.Errorf("kept as %q", kept)
		}
	}
}
