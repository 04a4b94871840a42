package datasets_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/outbound"
	"shuyuan/licensing"
)

// TestTheRulesOfTheLinkMonitor are those of the platform, as the page of rules
// shows them.
func TestTheRulesOfTheLinkMonitor(t *testing.T) {
	const hour, day = time.Hour, 24 * time.Hour
	want := datasets.LinkRules{Every: 24 * hour, Again: 6 * hour, AtMost: 7 * day, Failures: 3, Over: 2 * day, Kept: 90, Certificate: 21 * day}
	if diff := cmp.Diff(want, datasetstest.LinkRules(t)); diff != "" {
		t.Error(diff)
	}
}

// TestAnAddressDiesSlowlyAndComesBackAtOnce walks through checks at the hours
// at which they fall: one failure is no death, many within two days neither.
func TestAnAddressDiesSlowlyAndComesBackAtOnce(t *testing.T) {
	rules, start := datasetstest.LinkRules(t), datasetstest.Now
	var st datasets.LinkState
	hours := func(at *time.Time) float64 {
		if at == nil {
			return -1
		}
		return at.Sub(start).Hours()
	}
	for _, c := range []struct {
		at           float64
		problem      outbound.Problem
		health       datasets.LinkHealth
		failures     int
		ok, failing  float64
		dead, andThe float64 // hour of the next check
	}{
		{0, "", datasets.LinkOK, 0, 0, -1, -1, 24},
		{24, outbound.Slow, datasets.LinkFailing, 1, 0, 24, -1, 30},
		{30, "", datasets.LinkOK, 0, 30, -1, -1, 54},
		{54, datasets.WrongFormat, datasets.LinkWrong, 0, 30, -1, -1, 78},
		{78, datasets.BadStatus, datasets.LinkFailing, 1, 30, 78, -1, 84},
		{84, datasets.BadStatus, datasets.LinkFailing, 2, 30, 78, -1, 90},
		{90, datasets.BadStatus, datasets.LinkFailing, 3, 30, 78, -1, 96}, // three, but in half a day
		{125, outbound.NoName, datasets.LinkFailing, 4, 30, 78, -1, 131},
		{126, outbound.NoName, datasets.LinkDead, 5, 30, 78, 126, 150}, // two days
		{150, outbound.NoName, datasets.LinkDead, 6, 30, 78, 126, 174},
		{246, outbound.NoName, datasets.LinkDead, 7, 30, 78, 126, 306},             // half of the time that it is dead
		{1000, outbound.NoName, datasets.LinkDead, 8, 30, 78, 126, 1000 + 7*24},    // and no more than a week
		{1200, datasets.WrongFormat, datasets.LinkWrong, 0, 30, -1, -1, 1200 + 24}, // it answers
		{1224, "", datasets.LinkOK, 0, 1224, -1, -1, 1248},
	} {
		now := start.Add(time.Duration(c.at * float64(time.Hour)))
		st = rules.After(st, datasets.LinkState{Problem: c.problem}, now)
		if st.Health != c.health || st.Failures != c.failures || hours(st.OKAt) != c.ok || hours(st.FailingSince) != c.failing ||
			hours(st.DeadSince) != c.dead || hours(st.NextCheck) != c.andThe || hours(st.CheckedAt) != c.at {
			t.Fatalf("hour %v: %+v", c.at, st)
		}
	}
	// two failures far apart are too few
	st = rules.After(datasets.LinkState{}, datasets.LinkState{Problem: outbound.Slow}, start)
	if st = rules.After(st, datasets.LinkState{Problem: outbound.Slow}, start.AddDate(0, 0, 9)); st.Health != datasets.LinkFailing {
		t.Errorf("%+v", st)
	}
	ends := start.AddDate(0, 0, 20)
	if st.CertificateEnds = &ends; !st.CertificateSoon(start, rules.Certificate) || st.CertificateSoon(start.AddDate(0, 0, -2), rules.Certificate) {
		t.Error("a certificate is warned of 21 days before its end")
	}
}

// TestWhatAnAnswerSaysOfAnAddress asks real servers of many manners.
func TestWhatAnAnswerSaysOfAnAddress(t *testing.T) {
	over := make(chan struct{})
	base, port := datasetstest.Site(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		say := func(status int, media, body string) {
			w.Header().Set("Content-Type", media)
			w.WriteHeader(status)
			w.Write([]byte(body))
		}
		switch r.URL.Path {
		case "/csv":
			say(200, "text/csv; charset=gbk", "a,b\n")
		case "/plain":
			say(200, "text/plain", "a,b\n")
		case "/get-only":
			if r.Method == "HEAD" {
				w.WriteHeader(405)
				return
			}
			if r.Header.Get("Range") == "" {
				t.Errorf("%s is asked for whole", r.URL)
			}
			say(200, "application/json", "[]")
		case "/hangs-up-at-head":
			if r.Method == "HEAD" {
				panic(http.ErrAbortHandler)
			}
			say(200, "application/json", "[]")
		case "/login":
			say(200, "text/html; charset=utf-8", "<!doctype html><title>请登录</title>")
		case "/hidden-login":
			say(200, "application/octet-stream", "\xef\xbb\xbf\n<!DOCTYPE html><title>请登录</title>")
		case "/zip":
			say(200, "application/octet-stream", "PK\x03\x04")
		case "/key":
			say(401, "application/json", "{}")
		case "/busy":
			say(429, "application/json", "{}")
		case "/gone":
			say(410, "text/html", "gone")
		case "/broken":
			say(500, "text/plain", "panic")
		case "/xml":
			say(200, "application/vnd.ogc.se_xml+xml", "<x/>")
		case "/silent":
			<-over
		case "/moved":
			http.Redirect(w, r, "/csv", http.StatusMovedPermanently)
		case "/elsewhere":
			http.Redirect(w, r, "/csv", http.StatusFound)
		case "/inside":
			http.Redirect(w, r, "http://127.0.0.1/", http.StatusFound)
		default:
			say(404, "text/html", "")
		}
	}))
	t.Cleanup(func() { close(over) })
	c := datasetstest.New(t, licensing.Gate{}, datasetstest.Watching(port))
	d := c.Dataset(t)
	for _, test := range []struct {
		path, kind, format string
		want               datasets.LinkHealth
		problem            outbound.Problem
		status             int
	}{
		{"/csv", "file", "csv", datasets.LinkOK, "", 200},
		{"/csv", "file", "xlsx", datasets.LinkWrong, datasets.WrongFormat, 200},
		{"/plain", "file", "csv", datasets.LinkOK, "", 200},
		{"/get-only", "api", "json", datasets.LinkOK, "", 200},
		{"/hangs-up-at-head", "api", "json", datasets.LinkOK, "", 200},
		{"/login", "file", "csv", datasets.LinkWrong, datasets.WrongFormat, 200},
		{"/login", "api", "json", datasets.LinkWrong, datasets.WrongFormat, 200},
		{"/login", "api", "", datasets.LinkOK, "", 200}, // nothing was promised
		{"/login", "page", "", datasets.LinkOK, "", 200},
		{"/hidden-login", "file", "csv", datasets.LinkWrong, datasets.WrongFormat, 200},
		{"/csv", "page", "", datasets.LinkWrong, datasets.WrongFormat, 200},
		{"/zip", "file", "shp", datasets.LinkOK, "", 200},
		{"/zip", "file", "csv", datasets.LinkOK, "", 200}, // packed
		{"/zip", "file", "pdf", datasets.LinkWrong, datasets.WrongFormat, 200},
		{"/key", "api", "json", datasets.LinkOK, "", 401}, // a service that wants a key works
		{"/key", "file", "json", datasets.LinkFailing, datasets.BadStatus, 401},
		{"/busy", "file", "json", datasets.LinkOK, "", 429},
		{"/gone", "page", "", datasets.LinkFailing, datasets.BadStatus, 410},
		{"/broken", "api", "json", datasets.LinkFailing, datasets.BadStatus, 500},
		{"/xml", "api", "wms", datasets.LinkOK, "", 200},
		{"/xml", "api", "json", datasets.LinkWrong, datasets.WrongFormat, 200},
		{"/nothing", "file", "csv", datasets.LinkFailing, datasets.BadStatus, 404},
		{"/silent", "file", "csv", datasets.LinkFailing, outbound.Slow, 0},
		{"/moved", "file", "csv", datasets.LinkOK, "", 200},
		{"/elsewhere", "file", "csv", datasets.LinkOK, "", 200},
		{"/inside", "file", "csv", datasets.LinkFailing, outbound.NotPublic, 0},
	} {
		id := c.Link(t, d, base+test.path, func(l *datasets.Link) { l.Kind, l.Format = datasets.LinkKind(test.kind), test.format })
		if err := c.Service.CheckLink(t.Context(), datasetstest.Officer(d.Department), id); err != nil {
			t.Fatal(err)
		}
		st, err := c.Service.LinkState(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if st.Health != test.want || st.Problem != test.problem || st.Status != test.status {
			t.Errorf("%s as %s %s: %+v", test.path, test.kind, test.format, st)
		}
		if want := map[string]string{"/moved": base + "/csv"}[test.path]; st.MovedTo != want {
			t.Errorf("%s has moved to %q", test.path, st.MovedTo)
		}
	}
}

// TestAnAddressIsRefusedWhenItIsTyped: what no check could reach, what no page
// could show, and what contradicts itself.
func TestAnAddressIsRefusedWhenItIsTyped(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{}, datasetstest.Watching())
	d := c.Dataset(t)
	for _, test := range []struct {
		name  string
		link  datasets.Link
		field string // empty: accepted
	}{
		{"a service", datasets.Link{Kind: "api", URL: "https://data.example.gov.cn/api", Format: "json", Docs: "https://data.example.gov.cn/doc", Usage: "GET", Notes: "CGCS2000"}, ""},
		{"a service of whatever format", datasets.Link{Kind: "api", URL: "https://data.example.gov.cn/api"}, ""},
		{"a Chinese name", datasets.Link{Kind: "page", URL: "https://数据.中国/目录"}, ""},
		{"of the portal itself", datasets.Link{Kind: "api", URL: "/api/v1/datasets?limit=1", Format: "json"}, ""},
		{"another host behind two slashes", datasets.Link{Kind: "page", URL: "//evil.example/"}, "url"},
		{"a slash alone", datasets.Link{Kind: "page", URL: "/"}, "url"},
		{"a backslash", datasets.Link{Kind: "page", URL: `/\evil.example`}, "url"},
		{"none", datasets.Link{Kind: "page"}, "url"},
		{"another kind", datasets.Link{Kind: "ftp", URL: "https://data.example.gov.cn/"}, "kind"},
		{"a script", datasets.Link{Kind: "page", URL: "javascript:alert(1)"}, "url"},
		{"data", datasets.Link{Kind: "page", URL: "data:text/html,x"}, "url"},
		{"ftp", datasets.Link{Kind: "file", URL: "ftp://data.example.gov.cn/a.csv", Format: "csv"}, "url"},
		{"credentials", datasets.Link{Kind: "file", URL: "https://a:b@data.example.gov.cn/a.csv", Format: "csv"}, "url"},
		{"the machine itself", datasets.Link{Kind: "api", URL: "http://127.0.0.1/", Format: "json"}, "url"},
		{"a neighbour", datasets.Link{Kind: "api", URL: "http://192.168.1.1/", Format: "json"}, "url"},
		{"the secrets of the cloud", datasets.Link{Kind: "api", URL: "http://169.254.169.254/latest/", Format: "json"}, "url"},
		{"a number as a name", datasets.Link{Kind: "api", URL: "http://2130706433/", Format: "json"}, "url"},
		{"a database", datasets.Link{Kind: "api", URL: "http://data.example.gov.cn:5432/", Format: "json"}, "url"},
		{"an example inside", datasets.Link{Kind: "api", URL: "https://data.example.gov.cn/", Example: "http://10.0.0.1/", Format: "json"}, "example"},
		{"a documentation that is a script", datasets.Link{Kind: "api", URL: "https://data.example.gov.cn/", Docs: "javascript:alert(1)"}, "docs"},
		{"a file of no format", datasets.Link{Kind: "file", URL: "https://data.example.gov.cn/a"}, "format"},
		{"a file that is a page", datasets.Link{Kind: "file", URL: "https://data.example.gov.cn/a", Format: "html"}, "format"},
		{"too long", datasets.Link{Kind: "page", URL: "https://data.example.gov.cn/" + strings.Repeat("a", 2000)}, "url"},
		{"a mark that turns the writing", datasets.Link{Kind: "page", URL: "https://data.example.gov.cn/", Usage: "a\u202eb"}, "usage"},
	} {
		link := test.link
		_, err := c.Service.AddResource(t.Context(), datasetstest.Officer(d.Department), d, datasets.Resource{Name: test.name, Link: &link})
		if test.field == "" && err != nil || test.field != "" && (fault.KindOf(err) != fault.Invalid || fault.Of(err).Field != test.field) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// A resource is files or an address, and never becomes the other beside it.
func TestAResourceIsFilesOrAnAddress(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{}, datasetstest.Watching())
	d := c.Dataset(t)
	link, file := c.Link(t, d, "https://data.example.gov.cn/api"), c.Resource(t, d)
	c.Version(t, d, file, "a.csv", "a\n1\n")
	_, err := c.Service.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, link, datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader("a\n1\n")})
	if fault.KindOf(err) != fault.Conflict {
		t.Errorf("a version of an address: %v", err)
	}
	for _, id := range []string{file, c.Resource(t, d)} {
		if err := c.Service.SetLink(t.Context(), datasetstest.Officer(d.Department), id, datasets.Link{Kind: "page", URL: "https://data.example.gov.cn/"}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("an address of files: %v", err)
		}
	}
	if _, err := c.Pool.Exec(t.Context(), `INSERT INTO links (resource_id, kind, url, format) VALUES ($1, 'page', 'https://a.example/', 'html')`, file); err == nil {
		t.Error("the database takes an address for files")
	}
}

// TestAddressesOfDataThatMustBeAppliedForAreNotShown: the entry, its kind and
// how it is doing are public, where it lies is not. A list names no address at
// all, and an entry that is withheld shows nothing.
func TestAddressesOfDataThatMustBeAppliedForAreNotShown(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{}, datasetstest.Watching())
	secret := "https://secret.example.gov.cn/api"
	full := func(l *datasets.Link) {
		l.Example, l.Docs, l.Usage, l.Notes = secret+"?a=1", secret+"/doc", "用 "+secret, "CGCS2000 坐标"
	}
	for _, open := range datasetstest.OpenTypes {
		d := c.Dataset(t, func(d *datasets.Dataset) { d.Open = open })
		id := c.Link(t, d, secret, full)
		shown := func(who account.Actor) string {
			_, r, err := c.Service.Resource(t.Context(), who, id)
			if err != nil {
				return fault.Of(err).Text()
			}
			return fmt.Sprintf("%+v", *r.Link)
		}
		visitor, officer := shown(account.Actor{}), shown(datasetstest.Officer(d.Department))
		if strings.Contains(visitor, secret) != (open == datasets.Unconditional) {
			t.Errorf("%s: a visitor sees %s", open, visitor)
		}
		if strings.Contains(visitor, "CGCS2000") != (open != datasets.Withheld) || strings.Contains(visitor, "Withheld:true") != (open == datasets.Conditional) {
			t.Errorf("%s: a visitor sees %s", open, visitor)
		}
		if !strings.Contains(officer, secret) {
			t.Errorf("%s: the officer sees %s", open, officer)
		}
	}
	page, err := c.Service.List(t.Context(), account.Actor{}, datasets.Filter{})
	if err != nil || page.Total != 2 || strings.Contains(fmt.Sprintf("%+v", page.Items[0].Resources[0].Link), secret) {
		t.Errorf("%+v, %v", page, err)
	}
	entries, err := c.Service.IndexEntries(t.Context(), 0, 10)
	if err != nil || len(entries) != 2 {
		t.Fatal(entries, err)
	}
	for _, e := range entries {
		if hidden := e.Resources[0].Link.URL == ""; hidden != (e.Open == datasets.Conditional) {
			t.Errorf("the index is given %+v", e.Resources[0].Link)
		}
	}
}

// An entry with an address is found under its format, a service under api too,
// and counted so.
func TestAddressesAreFoundByFormat(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{}, datasetstest.Watching())
	d, _ := c.File(t, "a.csv", "a\n1\n", func(d *datasets.Dataset) { d.Slug = "both" })
	c.Link(t, d, "https://data.example.gov.cn/api")
	c.Link(t, c.Dataset(t, func(d *datasets.Dataset) { d.Slug = "file" }), "https://data.example.gov.cn/a.csv", func(l *datasets.Link) { l.Kind, l.Format = "file", "csv" })
	c.Link(t, c.Dataset(t, func(d *datasets.Dataset) { d.Slug = "page" }), "https://data.example.gov.cn/", func(l *datasets.Link) { l.Kind = "page" })
	c.Link(t, c.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Status = "draft", datasets.Draft }), "https://data.example.gov.cn/")
	for format, want := range map[string][]string{"csv": {"both", "file"}, "json": {"both"}, "api": {"both"}, "html": {"page"}, "xlsx": nil} {
		page, err := c.Service.List(t.Context(), account.Actor{}, datasets.Filter{Among: map[datasets.Facet][]string{"format": {format}}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range page.Items {
			got = append(got, d.Slug)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %v", format, got)
		}
	}
	stats, err := c.Service.Stats(t.Context(), account.Actor{})
	want := []datasets.Bar{{Value: "csv", Count: 2}, {Value: "api", Count: 1}, {Value: "html", Count: 1}, {Value: "json", Count: 1}}
	if err != nil || stats.Links != 3 || stats.Files != 1 || !slices.Equal(stats.ByFormat, want) {
		t.Errorf("%+v, %v", stats, err)
	}
}

// turning is a site that answers with whatever status it was turned to.
type turning struct {
	status atomic.Int32
	asked  atomic.Int32
}

func (s *turning) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.asked.Add(1)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(s.status.Load()))
}

// letters are the letters to departments that wait to be sent.
func letters(t *testing.T, c *datasetstest.Catalogue) []datasets.LinkNotice {
	t.Helper()
	rows, err := c.Pool.Query(t.Context(), `SELECT args FROM river_job WHERE kind = 'link_notice' ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []datasets.LinkNotice
	for rows.Next() {
		var n datasets.LinkNotice
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

// TestTheMonitor follows two addresses of one department through a death and a
// return: each round asks only what is due, the state is kept, a letter tells
// both deaths at once, no letter tells one twice, nothing is counted as use.
func TestTheMonitor(t *testing.T) {
	site := &turning{}
	site.status.Store(200)
	base, port := datasetstest.Site(t, site)
	c := datasetstest.New(t, licensing.Gate{}, datasetstest.Watching(port))
	d := c.Dataset(t, func(d *datasets.Dataset) { d.Email = "kaifang@bm.example" })
	first, second := c.Link(t, d, base+"/a"), c.Link(t, d, base+"/b")
	silent := c.Dataset(t)
	c.Link(t, silent, base+"/c") // of a department without an address
	withdrawn := c.Dataset(t, func(d *datasets.Dataset) { d.Status = datasets.Withdrawn })
	c.Link(t, withdrawn, base+"/d")
	changes := func() int64 {
		seq, err := c.Service.LastChange(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return seq
	}
	round := func(hours int, status int32, asked int32, health datasets.LinkHealth, sent int) {
		t.Helper()
		c.Set(datasetstest.Now.Add(time.Duration(hours) * time.Hour))
		site.status.Store(status)
		site.asked.Store(0)
		if err := c.Service.CheckLinks(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{first, second} {
			st, err := c.Service.LinkState(t.Context(), id)
			if err != nil || st.Health != health {
				t.Fatalf("hour %d: %+v, %v", hours, st, err)
			}
		}
		if site.asked.Load() != asked || len(letters(t, c)) != sent {
			t.Fatalf("hour %d: %d requests, letters %+v", hours, site.asked.Load(), letters(t, c))
		}
	}
	before := changes()
	round(0, 200, 3, datasets.LinkOK, 0)
	if changes() != before+3 {
		t.Errorf("%d entries were announced, want 3", changes()-before)
	}
	before = changes()
	round(1, 500, 0, datasets.LinkOK, 0) // not due yet
	round(24, 200, 3, datasets.LinkOK, 0)
	if changes() != before {
		t.Error("what has not changed is announced")
	}
	round(48, 500, 6, datasets.LinkFailing, 0) // HEAD and GET
	round(54, 500, 6, datasets.LinkFailing, 0)
	round(60, 500, 6, datasets.LinkFailing, 0)
	round(96, 503, 6, datasets.LinkDead, 1)
	round(120, 503, 6, datasets.LinkDead, 1)
	letter := letters(t, c)[0]
	if letter.To != "kaifang@bm.example" || letter.Department != d.Department.Name || len(letter.Dead) != 2 || len(letter.Back) != 0 ||
		letter.Dead[0].URL != base+"/a" || letter.Dead[0].Status != 503 || letter.Dead[0].Problem != datasets.BadStatus || !letter.Dead[1].Since.Equal(datasetstest.Now.Add(48*time.Hour)) {
		t.Errorf("%+v", letter)
	}
	round(144, 200, 3, datasets.LinkOK, 2)
	if letter := letters(t, c)[1]; len(letter.Back) != 2 || len(letter.Dead) != 0 || letter.Back[0].Resource != first {
		t.Errorf("%+v", letter)
	}
	round(168, 200, 3, datasets.LinkOK, 2)

	days, err := c.Service.LinkDays(t.Context(), account.Actor{}, first)
	if err != nil || len(days) != 7 || days[2].Checks != 3 || days[2].Answered != 0 || days[0].Answered != 1 || days[2].Day.Format(time.DateOnly) != "2026-11-24" {
		t.Errorf("%+v, %v", days, err)
	}
	figures, err := c.Service.LinkFigures(t.Context())
	if err != nil || figures.Health[datasets.LinkOK] != 3 || figures.Health[datasets.LinkDead] != 0 || figures.Checks[true] != 3 || figures.Checks[false] != 0 {
		t.Errorf("%+v, %v", figures, err)
	}
	if err := c.Service.FlushUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	var used int
	if err := c.Pool.QueryRow(t.Context(), `SELECT count(*) FROM usage_days`).Scan(&used); err != nil || used != 0 {
		t.Errorf("checks are counted as use %d times, %v", used, err)
	}
	round(24*100, 200, 3, datasets.LinkOK, 2)
	if days, err := c.Service.LinkDays(t.Context(), account.Actor{}, first); err != nil || len(days) != 1 {
		t.Errorf("after 90 days: %+v, %v", days, err)
	}
}

// An officer asks at once about an own address, nobody about another's.
func TestAnOfficerHasAnAddressCheckedNow(t *testing.T) {
	site := &turning{}
	site.status.Store(200)
	base, port := datasetstest.Site(t, site)
	c := datasetstest.New(t, licensing.Gate{}, datasetstest.Watching(port))
	d := c.Dataset(t)
	id, file := c.Link(t, d, base), c.Resource(t, d)
	for name, test := range map[string]struct {
		who  account.Actor
		id   string
		want fault.Kind
	}{
		"a visitor":              {account.Actor{}, id, fault.Forbidden},
		"another department":     {datasetstest.Officer(c.Department(t)), id, fault.Forbidden},
		"files":                  {datasetstest.Officer(d.Department), file, fault.NotFound},
		"nothing":                {datasetstest.Officer(d.Department), "nothing0000", fault.NotFound},
		"whoever runs the place": {account.System("test"), id, fault.Forbidden},
		"the officer":            {datasetstest.Officer(d.Department), id, -1},
	} {
		if err := c.Service.CheckLink(t.Context(), test.who, test.id); fault.KindOf(err) != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if site.asked.Load() != 1 {
		t.Errorf("the site was asked %d times", site.asked.Load())
	}
	if err := newCatalogue(t).Service.CheckLink(t.Context(), datasetstest.Officer(d.Department), id); fault.KindOf(err) != fault.NotFound {
		t.Errorf("elsewhere: %v", err)
	}
}

// TestAChangedAddressIsCheckedAnew: what was known of the old one says nothing
// of the new one. A change of words alone changes nothing of that.
func TestAChangedAddressIsCheckedAnew(t *testing.T) {
	site := &turning{}
	site.status.Store(404)
	base, port := datasetstest.Site(t, site)
	c := datasetstest.New(t, licensing.Gate{}, datasetstest.Watching(port))
	d := c.Dataset(t)
	officer := datasetstest.Officer(d.Department)
	id := c.Link(t, d, base+"/old")
	health := func() datasets.LinkHealth {
		st, err := c.Service.LinkState(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return st.Health
	}
	if err := c.Service.CheckLinks(t.Context()); err != nil || health() != datasets.LinkFailing {
		t.Fatal(err, health())
	}
	if err := c.Service.SetLink(t.Context(), officer, id, datasets.Link{Kind: "api", Format: "json", URL: base + "/old", Usage: "GET"}); err != nil || health() != datasets.LinkFailing {
		t.Error(err, health())
	}
	if err := c.Service.SetLink(t.Context(), datasetstest.Officer(c.Department(t)), id, datasets.Link{Kind: "api", URL: base + "/new"}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("another department: %v", err)
	}
	if err := c.Service.SetLink(t.Context(), officer, id, datasets.Link{Kind: "api", Format: "json", URL: base + "/new"}); err != nil || health() != datasets.LinkUnchecked {
		t.Error(err, health())
	}
	_, r, err := c.Service.Resource(t.Context(), account.Actor{}, id)
	if err != nil || r.Link.URL != base+"/new" || r.Link.Usage != "" {
		t.Errorf("%+v, %v", r.Link, err)
	}
}

// The desk lists a department's own addresses, the worst first.
func TestTheDeskListsOwnAddresses(t *testing.T) {
	base, port := datasetstest.Site(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", map[string]string{"/wrong": "text/html"}[r.URL.Path])
		if r.URL.Path == "/bad" {
			w.WriteHeader(404)
		}
	}))
	c := datasetstest.New(t, licensing.Gate{}, datasetstest.Watching(port))
	d := c.Dataset(t, func(d *datasets.Dataset) { d.Status, d.Open = datasets.Draft, datasets.Withheld })
	for _, path := range []string{"/good", "/bad", "/wrong"} {
		c.Link(t, d, base+path)
	}
	other := c.Department(t)
	c.Link(t, c.Dataset(t, func(d *datasets.Dataset) { d.Department = other }), base+"/other")
	if err := c.Service.CheckLinks(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Link(t, d, base+"/new")
	officer, wrong := datasetstest.Officer(d.Department), datasets.LinkWrong
	paths := func(health *datasets.LinkHealth, order string) (out []string) {
		found, err := c.Service.OwnLinks(t.Context(), officer, health, order)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range found {
			out = append(out, strings.TrimPrefix(o.Resource.Link.URL, base))
		}
		return out
	}
	for _, test := range []struct {
		health *datasets.LinkHealth
		order  string
		want   []string
	}{
		{nil, "", []string{"/bad", "/wrong", "/new", "/good"}},
		{nil, "title", []string{"/good", "/bad", "/wrong", "/new"}},
		{&wrong, "", []string{"/wrong"}},
	} {
		if got := paths(test.health, test.order); !slices.Equal(got, test.want) {
			t.Errorf("%v %q: %v", test.health, test.order, got)
		}
	}
	if got := paths(nil, "checked"); got[0] != "/new" {
		t.Errorf("least recently checked first: %v", got)
	}
	if _, err := c.Service.OwnLinks(t.Context(), officer, nil, "colour"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("another order: %v", err)
	}
	if _, err := c.Service.OwnLinks(t.Context(), account.Actor{}, nil, ""); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a visitor: %v", err)
	}
}
