package portal_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	gocmp "github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/licensing/corrections"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
	"shuyuan/portal"
	"shuyuan/portal/api"
)

var update = flag.Bool("update", false, "write testdata/routes.golden anew")

// A route that is in no table has no answer to who may ask for it: it must not
// exist. The list is read from what runs, not from what was meant.
func TestEveryRouteThatAnswersIsInATable(t *testing.T) {
	w := newWhole(t)
	running := map[string]bool{}
	for _, r := range w.App().GetRoutes(true) {
		running[r.Method+" "+r.Path] = true
	}
	listed := map[string]bool{}
	for _, r := range slices.Concat(portal.Routes, api.Routes, api.DeskRoutes) {
		listed[r.Method+" "+r.Path] = true
		if r.Method == http.MethodGet {
			listed["HEAD "+r.Path] = true
		}
	}
	for _, r := range api.Routes { // asked for by browsers before a request from another site
		if strings.HasPrefix(r.Path, api.Base) {
			listed["OPTIONS "+r.Path] = true
		}
	}
	if diff := gocmp.Diff(slices.Sorted(maps.Keys(listed)), slices.Sorted(maps.Keys(running))); diff != "" {
		t.Errorf("listed (-) and running (+): %s", diff)
	}
	files := map[string]bool{}
	for _, r := range w.Files().GetRoutes(true) {
		files[r.Method+" "+r.Path] = true
	}
	for _, r := range portal.FileRoutes {
		delete(files, r.Method+" "+r.Path)
		delete(files, "HEAD "+r.Path)
	}
	if len(files) > 0 {
		t.Errorf("the origin of downloads answers also: %v", slices.Sorted(maps.Keys(files)))
	}
}

func TestEveryRouteSaysWhoMayAsk(t *testing.T) {
	for _, r := range slices.Concat(portal.Routes, portal.FileRoutes, api.Routes, api.DeskRoutes) {
		if len(r.By) == 0 {
			t.Errorf("%s %s", r.Method, r.Path)
		}
		if r.Public && r.Session {
			t.Errorf("%s %s is for everybody and not for everybody", r.Method, r.Path)
		}
		if r.Method != http.MethodGet && r.Public {
			t.Errorf("%s %s changes something and would be kept in the page cache", r.Method, r.Path)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a route for nobody was registered")
		}
	}()
	newWhole(t, func(d *setup) {
		d.Mounts = append(d.Mounts, func(s *portal.Server) {
			s.Handle(portal.Route{Method: "GET", Path: "/forgotten", Handle: func(*portal.Server, *fiber.Ctx) error { return nil }})
		})
	})
}

// address is one address of a route, and what stands behind it.
type address struct{ route, about, path string }

// addresses fills every route of the tables with what there is in w: for a
// dataset and its files, one of each status and open type.
func addresses(t *testing.T, w *whole) []address {
	t.Helper()
	grid := w.Grid(t)
	var out []address
	for _, r := range slices.Concat(portal.Routes, api.Routes, api.DeskRoutes) {
		if r.Method != http.MethodGet {
			continue
		}
		fill := func(about string, pairs ...string) {
			out = append(out, address{r.Path, about, strings.NewReplacer(pairs...).Replace(r.Path)})
		}
		switch {
		case r.Path == "/desk/admin/accounts/:id":
			fill("there", ":id", fmt.Sprint(mustActor(t, w, w.tokens[own]).ID))
			fill("never there", ":id", "99999999")
		case strings.HasPrefix(r.Path, "/desk/admin/calendars/:year"):
			fill("there", ":year", "2024")
			fill("never there", ":year", "1999")
		case r.Path == "/desk/admin/audit/:id":
			fill("there", ":id", "1")
			fill("never there", ":id", "99999999")
		case r.Path == "/desk/links/:id":
			fill("there", ":id", w.Link(t, grid["published-withheld"], "https://data.example.gov.cn/"))
			fill("never there", ":id", "neverthere")
		case strings.HasPrefix(r.Path, "/verify/:what"), strings.HasPrefix(r.Path, "/products/:number"):
			fill("never there", ":what", "PRD-1999-000001", ":number", "PRD-1999-000001", ":version", "1.0.0", ":file", "notice.txt")
		case r.Path == "/catalogues/:file":
			fill("there", ":file", "open-unconditional.json")
			fill("never there", ":file", "secret.csv")
		case strings.HasPrefix(r.Path, "/desk/imports/files"):
			fill("there", ":file", "catalogue.xlsx")
			fill("never there", ":file", "never.csv")
		case strings.HasPrefix(r.Path, "/desk/imports/:id"):
			fill("never there", ":id", "999")
		case strings.HasPrefix(r.Path, "/desk/changes/:id"):
			fill("never there", ":id", "999", ":slug", "never-there")
		case strings.HasPrefix(r.Path, "/desk/catalogue/:slug"):
			for _, slug := range []string{"draft-unconditional", "published-withheld", "never-there"} {
				fill(slug, ":slug", slug)
			}
		case strings.HasPrefix(r.Path, "/desk/sharing/entries/:slug"):
			for _, slug := range []string{"draft-unconditional", "published-withheld", "published-unconditional", "never-there"} {
				id := "neverthere"
				if d := grid[slug]; d != nil {
					id = d.Resources[0].ID
				}
				fill(slug, ":slug", slug, ":resource", id, ":kind", "original")
			}
		case strings.HasPrefix(r.Path, "/desk/sharing/requests/:id"):
			fill("never there", ":id", "999")
		case strings.Contains(r.Path, "/datasets/:slug"), strings.Contains(r.Path, "resource"):
			for _, status := range datasetstest.Statuses {
				for _, open := range datasetstest.OpenTypes {
					d := grid[string(status)+"-"+string(open)]
					f := d.Resources[0]
					fill(d.Slug, ":slug", d.Slug, ":id", f.ID, ":resource", f.ID, ":version", "1", ":filename", f.Newest.FileName, ":n", "1", ":format", "csv", ":column", "1")
				}
			}
			fill("never there", ":slug", "never-there", ":id", "neverthere", ":resource", "neverthere", ":version", "1", ":filename", "grid.csv", ":n", "1", ":format", "csv", ":column", "1")
		case strings.Contains(r.Path, ":slug"), strings.Contains(r.Path, ":profile"):
			fill("there", "departments/:slug", "departments/tjj", "themes/:slug", "themes/people", ":profile", w.Policy.Profiles()[0].ID())
			fill("never there", ":slug", "never-there", ":profile", "never-there")
		case strings.Contains(r.Path, "/uploads/:id"):
			fill("never there", ":id", "nonesuchnonesuchnonesuchno")
		case strings.Contains(r.Path, ":part"):
			fill("there", ":part<int>", "1")
			fill("never there", ":part<int>", "99")
		case strings.HasSuffix(r.Path, "/*"):
			fill("never there", "*", "css/none.css")
		default:
			fill("")
		}
	}
	return out
}

// TestWhoGetsWhat holds every route against the reviewed table in
// testdata/routes.golden: what each persona is answered, for each kind of
// object that the route is about.
func TestWhoGetsWhat(t *testing.T) {
	w := newWhole(t)
	list := addresses(t, w)
	w.indexed(t)
	all := w.everyone(t)
	var table strings.Builder
	row := func(method, path, about string, status func(persona) int) {
		line := fmt.Sprintf("%-5s%-58s%-20s", method, path, about)
		for _, p := range all {
			line += fmt.Sprintf("%-7d", status(p))
		}
		table.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	head := fmt.Sprintf("%-83s", "")
	for i, p := range all { // in full below each other: the columns are narrow
		fmt.Fprintf(&table, "column %2d: %s\n", i+1, p)
		head += fmt.Sprintf("%-7d", i+1)
	}
	table.WriteString(strings.TrimRight(head, " ") + "\n")
	for _, a := range list {
		row("GET", a.route, a.about, func(p persona) int { return w.get(t, p, a.path).status })
	}
	for _, r := range portal.Routes {
		if r.Method == http.MethodOptions { // asked without knowing what is there
			row("OPT", r.Path, "never there", func(p persona) int { return w.send(t, w.as(p, r.Method, r.Path, nil)).status })
			continue
		}
		if r.Method != http.MethodGet { // with a sound token, and nothing else in the form
			row(r.Method, r.Path, "empty form", func(p persona) int { return w.post(t, p, r.Path, url.Values{}).status })
			for p := range w.tokens { // one of them signs out
				w.tokens[p] = w.signIn(t, string(p)+"@tests.example")
			}
		}
	}
	const golden = "testdata/routes.golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(strings.Split(string(want), "\n"), strings.Split(table.String(), "\n")); diff != "" {
		t.Errorf("who gets what has changed; if that is meant, run with -update and review the table: %s", diff)
	}
}

// What the account page tells each role is what it is answered. Every row of
// the role table has a probe here: whether somebody can do it.
func TestTheRoleTableSaysWhatIsAnswered(t *testing.T) {
	w := newWhole(t)
	open, _ := w.hide(t, "published-open", datasets.Published, datasets.Unconditional)
	conditional, _ := w.hide(t, "on-conditions", datasets.Published, datasets.Conditional)
	draft, _ := w.hide(t, "draft-open", datasets.Draft, datasets.Unconditional)
	withheld, _ := w.hide(t, "kept-back", datasets.Published, datasets.Withheld)
	link := w.Link(t, withheld, "https://data.example.gov.cn/")
	mandate := w.mandates(t).Mandate(t, operationtest.Scope(conditional))
	w.indexed(t)
	reads := func(paths ...string) func(persona) bool {
		return func(p persona) bool {
			return !slices.ContainsFunc(paths, func(path string) bool { return w.get(t, p, path).status != http.StatusOK })
		}
	}
	sends := func(path string, form url.Values, done int) func(persona) bool {
		return func(p persona) bool { return w.post(t, p, path, form).status == done }
	}
	made := url.Values{"name": {"脚本 2"}, "days": {"30"}, "scope": {account.ScopeRead}}
	byCommand := func(do func(account.Actor) error) func(persona) bool { // with no address for it, and nobody's but of the role
		return func(p persona) bool { return do(w.actorOf(t, p)) == nil }
	}
	spare := func(p persona, name string) int64 { // an account that nobody uses, to be done something to
		id, err := w.Accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: name + "-" + string(p) + "@tests.example", Name: "示例", Side: account.Use})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	filed := 0
	objection := func(channel corrections.Channel) (int64, string) {
		filed++
		c, link, err := w.Corrections.File(t.Context(), account.Actor{}, corrections.Filing{Slug: open.Slug, Channel: channel, Alleged: fmt.Sprintf("第 %d 个错在这里。", filed), Evidence: "名册写的是别的。", Contact: fmt.Sprintf("r%d@tests.example", filed)})
		if err != nil {
			t.Fatal(err)
		}
		return c.ID, link
	}
	probes := map[string]func(persona) bool{
		"Read, export and verify the audit trail": func(p persona) bool {
			return reads("/desk/admin/audit", "/desk/admin/audit.csv", "/desk/admin/audit.ndjson", "/desk/admin/audit/1", "/desk/admin/audit/checks")(p) && sends("/desk/admin/audit/verify", nil, 303)(p)
		},
		"Register and correct working-day calendars": func(p persona) bool {
			return reads("/desk/admin/calendars", "/desk/admin/calendars/2024", "/desk/admin/calendars/2024/days.csv")(p) && sends("/desk/admin/calendars", nil, 422)(p)
		},
		"Link and unlink oneself at the provider of identity": func(p persona) bool {
			return sends("/account/identity/link", nil, 404)(p) && sends("/account/identity/unlink", nil, 303)(p) // there is no provider here
		},
		"Register another's number at the provider of identity in advance (not of the security and audit administrators)": sends("/desk/admin/accounts/1/identity", url.Values{"subject": {"1"}}, 404),
		"Export one's data, ask to delete the account": func(p persona) bool {
			return sends("/account/export", nil, 200)(p) && sends("/account/leave", nil, 422)(p)
		},
		"Ask to take another's lost second steps away": func(p persona) bool {
			return sends(fmt.Sprintf("/desk/admin/accounts/%d/factors/ask", spare(p, "lost")), nil, 409)(p) // it has none
		},
		"Take another's lost second steps away, once a system administrator asked": func(p persona) bool {
			return sends(fmt.Sprintf("/desk/admin/accounts/%d/factors", spare(p, "taken")), nil, 409)(p) // nobody asked
		},
		"See accounts in the browser": reads("/desk/admin/accounts"),
		"Create, disable and enable accounts in the browser, give new passwords (not one's own, nor those of the security and audit administrators)": func(p persona) bool {
			at := fmt.Sprintf("/desk/admin/accounts/%d", spare(p, "shut"))
			return sends("/desk/admin/accounts", url.Values{"identifier": {"by-" + string(p) + "@tests.example"}, "name": {"新"}, "side": {"use"}}, 200)(p) &&
				sends(at+"/password", nil, 200)(p) && sends(at+"/disable", nil, 303)(p) && sends(at+"/enable", nil, 303)(p)
		},
		"Give and take roles (not one's own), with the reason": func(p persona) bool {
			return sends(fmt.Sprintf("/desk/admin/accounts/%d/roles", spare(p, "roles")), url.Values{"role": {"buyer"}, "reason": {"签约"}}, 303)(p)
		},
		"Browse and search published entries, open and conditional":     reads("/datasets", "/datasets/"+open.Slug, "/datasets/"+conditional.Slug),
		"Download unconditional data and call the public API":           reads("/d/publishedopen00000000/1/data.csv", "/api/v1/datasets"),
		"Read the law in force, statistics, help and API documentation": reads("/law", "/stats", "/help", "/developers"),
		"Change one's password, list and end one's sessions": func(p persona) bool {
			return reads("/account")(p) && sends("/account/password", url.Values{"old": {"x"}, "password": {"y"}, "again": {"y"}}, 422)(p) && sends("/account/sessions/end", url.Values{"others": {"1"}}, 303)(p)
		},
		"Ask about public data, and take back what is not answered yet": func(p persona) bool {
			return sends("/datasets/"+open.Slug+"/ask", url.Values{"asker": {"某"}, "body": {"这里的数是哪一年的？"}}, 303)(p) && reads("/account/questions")(p)
		},
		"Follow datasets, departments, themes and searches, and choose how to be told": reads("/account/follows"),
		"Enter webhook addresses, prove, test, rotate and remove them":                 sends("/account/webhooks", url.Values{"url": {"http://hooks.example/"}, "event": {"dataset.updated"}}, 422),
		"Write notes that explain the public data of one's department":                 sends("/desk/notes/new", url.Values{"dataset": {open.Slug}, "title": {"解读"}, "body": {"怎样看。"}}, 303),
		"Approve or return the notes of one's department": func(p persona) bool {
			at := strings.TrimSuffix(w.post(t, own, "/desk/notes/new", url.Values{"dataset": {open.Slug}, "title": {"解读"}, "body": {"怎样看。"}}).header.Get("Location"), "?done=1")
			w.post(t, own, at+"/move", url.Values{"revision": {"1"}, "action": {"submit"}})
			return sends(at+"/move", url.Values{"revision": {"2"}, "action": {"approve"}}, 303)(p)
		},
		"Report public questions and answers": sends("/datasets/"+open.Slug+"/questions/999999/report", url.Values{"reason": {"abuse"}}, 404),
		"Object to public data; by the link follow the objection, reopen it once, close it": func(p persona) bool {
			_, link := objection("provider")
			return reads("/datasets/"+open.Slug+"/correct", "/corrections?link="+link)(p)
		},
		"See the objections filed with one's account": reads("/account/corrections"),
		"Check and answer objections to the data of one's department, ask for more days, make them cases of disagreement": func(p persona) bool {
			id, _ := objection("provider")
			return sends(corrections.DeskPath(id), url.Values{"action": {"take_up"}, "revision": {"1"}}, 303)(p)
		},
		"Decide about more days for the checks of one's department": func(p persona) bool {
			id, _ := objection("provider")
			for i, f := range []url.Values{{"action": {"take_up"}}, {"action": {"ask_extension"}, "days": {"3"}, "reason": {"要到村里核对。"}}} {
				f.Set("revision", strconv.Itoa(i+1))
				if r := w.post(t, own, corrections.DeskPath(id), f); r.status != 303 {
					t.Fatal(r.status, r.body)
				}
			}
			return sends(corrections.DeskPath(id), url.Values{"action": {"extend"}, "revision": {"3"}}, 303)(p)
		},
		"Forward objections filed through the platform": func(p persona) bool {
			id, _ := objection("platform")
			return sends(corrections.DeskPath(id), url.Values{"action": {"forward"}, "revision": {"1"}}, 303)(p)
		},
		"Ask for data that is not there yet, second and follow such requests, take them back": func(p persona) bool {
			sent := w.post(t, p, "/requests/new", url.Values{"title": {"一份数据：" + string(p)}, "need": {"哪些列都可以。"}, "purpose": {"用来做研究。"}, "proposer": {"某"}, "anyway": {"1"}})
			return sent.status == 303 && reads("/account/requests")(p)
		},
		"Report requests for data": sends("/requests/999999/report", url.Values{"reason": {"abuse"}}, 404),
		"Answer requests for data of one's department, send them on, merge and hide them": func(p persona) bool {
			at := strings.TrimSuffix(w.post(t, own, "/requests/new", url.Values{"title": {"另一份数据：" + string(p)}, "need": {"哪些列都可以。"}, "purpose": {"用来做研究。"}, "proposer": {"某"}, "department": {"tjj"}, "anyway": {"1"}}).header.Get("Location"), "?done=proposed")
			return sends("/desk"+at, url.Values{"action": {"refuse"}, "ground": {"nothing"}, "words": {"没有采集。"}, "revision": {"1"}}, 303)(p)
		},
		"Find a department for requests for data; merge and hide them": func(p persona) bool {
			at := strings.TrimSuffix(w.post(t, own, "/requests/new", url.Values{"title": {"无主的数据：" + string(p)}, "need": {"哪些列都可以。"}, "purpose": {"用来做研究。"}, "proposer": {"某"}, "anyway": {"1"}}).header.Get("Location"), "?done=proposed")
			return sends("/desk"+at, url.Values{"action": {"assign"}, "department": {"tjj"}, "revision": {"1"}}, 303)(p)
		},
		"See reports of use, destructions and audits: of one's department; the authority, of those under its text; the regulator, all": reads("/desk/use", "/desk/use/destructions", "/desk/use/audits"),
		"Accept or return reports of use, confirm or return certificates of destruction, decide about exceptions":                      sends("/desk/use/reports/999999", url.Values{"revision": {"1"}, "action": {"accept"}}, 404),
		"Draw samples of grants to audit, make the findings and close them":                                                            sends("/desk/use/draws", url.Values{"which": {"live"}, "questions": {""}}, 422),
		"Answer questions about the data of one's department":                                                                          reads("/desk/questions"),
		"Hide questions about the data of one's department with a reason, show them again, deal with reports":                          sends("/desk/questions/999999/judge", url.Values{"action": {"hide"}, "reason": {"x"}, "revision": {"1"}}, 404),
		"Apply for conditional data, sign, take it, dispute a refusal, report its use, destroy it at the end, answer audits (for an organisation, its owners sign)": func(p persona) bool {
			return reads("/applications", "/grants", "/downloads")(p) && sends("/datasets/"+conditional.Slug+"/apply", url.Values{"organisation": {"0"}}, 303)(p)
		},
		"Accept, return and decide applications for the data of one's department, and set their conditions": sends("/desk/applications/SQ-2026-999999/accept", url.Values{"revision": {"1"}}, 404),
		"See the applications for the data of one's department, and its grants":                             reads("/desk/grants", "/desk/applications?all=1"),
		"Decide whether refusals of the departments under one's text stand":                                 sends("/desk/applications/SQ-2026-999999/judge", url.Values{"revision": {"1"}, "decision": {"uphold"}, "verdict": {"x"}}, 404),
		"Suspend and reinstate grants at once: those of one's department; the regulator, all":               sends("/desk/grants/SQZ-2026-999999/move", url.Values{"revision": {"1"}, "action": {"suspend"}, "reason": {"x"}}, 404),
		"See in the inbox what waits for oneself":                                                           reads("/desk/inbox", "/desk/inbox.csv"),
		"Turn one's second factor and passkeys on and off": func(p persona) bool {
			return reads("/account/factors")(p) && sends("/account/factors/totp", url.Values{}, 200)(p) && sends("/account/factors/totp/confirm", url.Values{"code": {"1"}}, 422)(p) && sends("/account/factors/totp/remove", url.Values{}, 303)(p)
		},
		"Register organisations one acts for, submit them, invite members": sends("/organisations", url.Values{"kind": {"legal"}, "name": {"甲公司"}, "code": {"91350100M000100Y43"}}, 303),
		"Verify organisations, or return them with a reason": func(p persona) bool {
			return reads("/desk/organisations")(p) && sends("/desk/organisations/1", url.Values{"verified": {"1"}}, 404)(p)
		},
		"Suspend verified organisations with a reason, and reinstate them": sends("/desk/organisations/999999/suspension", url.Values{"suspended": {"1"}, "reason": {"x"}}, 404),
		"See this table: who may do what, and who may not be whom":         reads("/desk/admin", "/desk/admin?role=officer"),
		"Make and revoke one's API keys": func(p persona) bool {
			return sends("/account/keys", made, 200)(p) && sends("/account/keys/revoke", url.Values{"key": {"sy_nonesuch"}}, 404)(p)
		},
		"Upload files for the data of one's department, see what was read, publish new versions": func(p persona) bool {
			_, err := w.Datasets.Uploads(t.Context(), w.actorOf(t, p), 0, 10)
			return err == nil
		},
		"See, check and correct the addresses of one's department": func(p persona) bool {
			return reads("/desk/links", "/desk/links/"+link)(p) && sends("/desk/links/"+link, url.Values{"kind": {"page"}, "url": {"https://data.example.gov.cn/new"}}, 303)(p)
		},
		"Compile the catalogue entries of one's department and send them to the authority": func(p persona) bool {
			return reads("/desk/catalogue/new", "/desk/catalogue/"+draft.Slug)(p) && sends("/desk/catalogue/new", url.Values{"secret": {"no"}, "title": {"新的条目"}}, 303)(p)
		},
		"Arrange the files and addresses of one's department's entries; publish, withdraw and restore them": func(p persona) bool {
			return reads("/desk/catalogue/"+draft.Slug+"/files")(p) && sends("/desk/catalogue/"+draft.Slug+"/status", url.Values{"action": {"withdraw"}, "reason": {"某"}, "revision": {"1"}}, 409)(p)
		},
		"Take the entries of one's department out and in as sheets, and take an import back": func(p persona) bool {
			return reads("/desk/imports", "/desk/imports/files/catalogue.xlsx")(p) && sends("/desk/imports/confirm", url.Values{"secret": {"no"}, "step": {"apply"}}, 422)(p) && sends("/desk/imports/9/undo", nil, 404)(p)
		},
		"See disclosed mandates and the yearly reports":                                                              reads("/operation", "/operation/mandates.csv", "/operation/"+mandate.Number, "/api/v1/operation"),
		"See the entries of one's organisations; who answers for one of those who use applies for entry, and leaves": reads("/entries"),
		"See mandates and entries of developers: of one's body or organisation; the regulator, all":                  reads("/desk/developers"),
		"Draft plans and mandates, record the operator, sign for the body, suspend, resume, revoke and close mandates, evaluate the operator, issue the yearly report": func(p persona) bool {
			return reads("/desk/plans/new")(p) && sends("/desk/plans", url.Values{"title": {""}}, 422)(p)
		},
		"Approve or return plans and mandates (not one's own)":                                                                                   sends("/desk/plans/SSFA-2026-999999", url.Values{"action": {"approve"}, "revision": {"1"}}, 404),
		"Sign for the operator, surrender mandates, screen, suspend and end entries of developers":                                               reads("/desk/operator"),
		"Freeze mandates, and lift one's freeze":                                                                                                 func(p persona) bool { return w.freezes(t, p, mandate.Number) },
		"Answer in breach cases about one's grants, dispute what is decided, report that a grant is not used as agreed":                          sends("/grants/SQZ-2026-999999/report", url.Values{"facts": {"x"}}, 404),
		"See breach cases: of the data of one's department, of what it uses of others; the authority and the regulator, those that they oversee": reads("/desk/breaches"),
		"Open breach cases and decide them after hearing the holder: the department of the data, the authority, the regulator":                   sends("/desk/breaches", url.Values{"grant": {"SQZ-2026-999999"}}, 404),
		"See public notices of registrations and certificates, and object during the notice":                                                     reads("/registrations"),
		"Accept, check, announce and register products, answer objections, cancel certificates (not of one's own products)":                      sends("/desk/exchange/DJ-2026-999999", url.Values{"action": {"accept"}, "revision": {"1"}}, 404),
		"List the products that one's organisation runs, price them, pause and delist them":                                                      sends("/account/products/PRD-2026-999999/listings", url.Values{"visibility": {"public"}}, 404),
		"Check, publish, return, pause and delist listings (not of one's own products)": func(p persona) bool {
			return sends("/desk/listings/SJ-2026-999999", url.Values{"action": {"publish"}, "revision": {"1"}}, 404)(p) && reads("/desk/exchange")(p) && p == "exchange_staff"
		},
		"Check accounts to pay to, compute and answer settlements, and instruct their payment":                                                                              sends("/desk/settlements/JS-2026-999999", url.Values{"action": {"instruct"}, "revision": {"1"}}, 404),
		"See settlements: the exchange, the authority and the regulator, all; operators, those that they pay":                                                               reads("/desk/settlements"),
		"See the settlements of one's organisation, confirm or dispute them, and say where it is paid":                                                                      sends("/account/settlements", url.Values{"payee": {"999999"}, "holder": {"x"}, "bank": {"x"}, "account": {"62220000000"}}, 404),
		"Pause and resume listings, with a reason":                                                                                                                          sends("/desk/listings/SJ-2026-999999", url.Values{"action": {"pause"}, "revision": {"1"}}, 404),
		"See listings and plans: the exchange, the authority and the regulator, all":                                                                                        reads("/desk/listings"),
		"See registrations, certifications and valuations of products: the registrar, the authority and the regulator, all":                                                 reads("/desk/exchange"),
		"Add and confirm collection accounts, import statements, say and agree what a line is for, see to payment instructions: the operator its own, always by two people": sends("/desk/bank/lines/YH-999", url.Values{"action": {"agree"}, "revision": {"1"}}, 404),
		"See collection accounts, statements, instructions and the books: the operator its own, the exchange and the regulator all":                                         reads("/desk/bank", "/desk/bank/instructions", "/desk/ledger"),
		"Declare to be independent, and issue reports and certificates of compliance or of valuation": func(p persona) bool {
			return reads("/account/reports")(p) && !reads("/desk/exchange")(p)
		},
		"Open incidents with data, contain them, tell, report and keep records: the department of the data, the authority, the regulator": func(p persona) bool {
			return reads("/desk/incidents")(p) && sends("/desk/incidents/AQ-2026-999999", url.Values{"action": {"keep"}, "revision": {"1"}}, 404)(p)
		},
		"Order departments under one's text to put something right by a day, answer requests for more time, check what was done, take orders back": func(p persona) bool {
			return reads("/desk/orders/new")(p) && sends("/desk/orders", url.Values{"department": {"nonesuch"}}, 422)(p)
		},
		"See scenarios that were decided, and the templates of scenarios": reads("/scenarios", "/scenarios/feed.xml", "/scenarios/templates"),
		"Apply for scenarios of an admitted organisation, hand in papers, sign, report, change, extend and give up (its owners submit and sign)": func(p persona) bool {
			return reads("/account/scenarios", "/account/scenarios/new")(p) && w.actorOf(t, p).Side == account.Use
		},
		"See scenarios: the operator, those under its mandates; a department, those that use its data; security reviewers and the authority, those that their body authorises; the regulator, all": reads("/desk/scenarios"),
		"Screen scenarios, pass them on or return them, see to the agreement, suspend, close; decide nothing": func(p persona) bool {
			return sends("/desk/scenarios/SCN-2026-999999/sign", url.Values{"revision": {"1"}, "terms": {"x"}}, 404)(p)
		},
		"Give opinions on scenarios that use the data of one's department, item by item": func(p persona) bool {
			return sends("/desk/scenarios/SCN-2026-999999/opinion", url.Values{"revision": {"1"}, "item": {"1"}}, 404)(p)
		},
		"Authorise scenarios or not, record competitions, suspend, resume, terminate": func(p persona) bool {
			return w.get(t, p, "/desk/scenarios/SCN-2026-999999/papers").status == 404
		},

		"See tenders: what is asked, the seals, the opening, the scoring, the result": reads("/tenders", "/tenders/feed.xml", "/api/v1/tenders"),
		"Bid for the organisations that one answers for, withdraw, reveal, challenge": func(p persona) bool { return w.canBid(t, p) },
		"Hold the competitions of one's department: draft, announce, examine bids, publish, answer challenges, confirm, cancel": func(p persona) bool {
			return reads("/desk/tenders/new")(p) && sends("/desk/tenders", nil, 422)(p)
		},
		"Put right what one's department is ordered to, report it, ask for more time": func(p persona) bool { return w.putsRight(t, p) },
		"Write and run programs in the secure workspaces of one's organisation, ask for results to be released, download what was": func(p persona) bool {
			return reads("/workspaces")(p) && sends("/workspaces/KJ-2026-999999", url.Values{"action": {"run"}, "sql": {"select 1"}}, 404)(p)
		},
		"See published products, and check digests and numbers": reads("/products", "/api/v1/products", "/api/v1/verify/PRD-2026-999999"),
		"Make products for one's organisation: begin them, put contents in, name inputs, check; its owners seal, sign, publish, deprecate and recall, and register and revoke signing keys": sends("/account/products", url.Values{"kind": {"dataset"}}, 422),
		"See products: the operator, those under its mandates; the exchange, the authority and the regulator, all":                                                                          reads("/desk/products"),
		"Recall, suspend and resume products, with a reason":                                                                                 sends("/desk/products/PRD-2026-999999/versions/1.0.0/move", url.Values{"action": {"recall"}, "reason": {"x"}, "revision": {"1"}}, 404),
		"See workspaces, their usage and output reviews: the operator its own, the authority those it authorised, the regulator all":         reads("/desk/workspaces", "/desk/outputs"),
		"Review results of workspaces and approve algorithms: two people, neither who asked nor of that organisation":                        sends("/desk/outputs/SC-2026-999999", url.Values{"action": {"take"}, "revision": {"1"}}, 404),
		"Freeze workspaces, and lift one's own freeze":                                                                                       sends("/desk/workspaces/KJ-2026-999999", url.Values{"action": {"freeze"}, "reason": {"x"}, "revision": {"1"}}, 404),
		"See rectification orders: those to one's department; the authority and the regulator, those that they oversee":                      reads("/desk/orders"),
		"Decide disputes of what was decided in breach cases":                                                                                func(p persona) bool { return w.judgesBreach(t, p) },
		"See the directory of what departments share with each other":                                                                        reads("/desk/sharing", "/desk/sharing/requests", "/desk/sharing/entries/"+withheld.Slug),
		"Ask for the data of other departments for one's own, negotiate, take back, end the use":                                             sends("/desk/sharing/upward", url.Values{"title": {"某"}}, 422),
		"Accept and answer requests for the data of one's department, supply them, revoke grants":                                            func(p persona) bool { return w.answersShare(t, p) },
		"Decide requests about which departments do not agree, help with requests to the platforms above":                                    func(p persona) bool { return w.decidesShare(t, p) },
		"Record changes of one's department's catalogue and report them":                                                                     reads("/desk/changes/new"),
		"State one's department's position in cases of duplicates and disagreement, and open the latter":                                     sends("/desk/duplicates/999/position", url.Values{"names": {"1"}, "statement": {"x"}, "revision": {"1"}}, 404),
		"Open cases of duplicates; decide which department collects, and whose data hold":                                                    sends("/desk/duplicates/999", url.Values{"action": {"decide"}, "reason": {"x"}, "revision": {"1"}}, 404),
		"Sign or return the entries that one's department wants to send":                                                                     w.returns(t, draft, "awaiting_head"),
		"Confirm or return the entries sent by the departments under one's text":                                                             w.returns(t, draft, "submitted"),
		"See drafts and withheld entries of one's department":                                                                                reads("/datasets/"+draft.Slug, "/datasets/"+withheld.Slug),
		"Ask for an opening review of the data of one's department, and take it back":                                                        sends("/desk/reviews", url.Values{"upload": {"nonesuchnonesuchnonesuchno"}, "open": {"unconditional"}}, 404),
		"Make new entries of one's department's withheld data, de-identified or with the right holder's consent":                             sends("/desk/deidentify/table", url.Values{"version": {"999"}}, 404),
		"Withdraw public data at once: of one's department; the authority and the regulator, of those under the same text":                   sends("/desk/reviews/incidents", url.Values{"dataset": {"nonesuch"}, "reason": {"x"}}, 422),
		"Decide at one's gate of an opening review; the head of a department opens first in an emergency":                                    sends("/desk/reviews/999", url.Values{"action": {"pass"}, "revision": {"1"}}, 404),
		"See the opening reviews of one's department; the cyberspace office and the authority, those of all departments under the same text": reads("/desk/reviews", "/desk/reviews/events"),
		"Take back what an opening review lets through":                                                                                      sends("/desk/reviews/999/revoke", url.Values{"revision": {"1"}, "reason": {"x"}}, 404),
		"Record and end emergencies, during which opening comes before its review":                                                           sends("/desk/reviews/events", url.Values{"kind": {"natural"}, "title": {"台风"}, "declared_by": {"x"}, "declared_on": {"2026-11-20"}, "basis": {"x"}}, 303),
		"On the server, by command: create and disable accounts, set passwords (shuyuan account)": byCommand(func(a account.Actor) error {
			_, err := w.Accounts.Users(t.Context(), a)
			return err
		}),
		"On the server, by command: import datasets (shuyuan import)": byCommand(func(a account.Actor) error {
			return w.Datasets.PutVocabulary(t.Context(), a, datasets.Vocabulary{})
		}),
	}
	w.everyone(t)
	for _, row := range account.Permissions {
		probe := probes[row.En]
		if probe == nil {
			t.Errorf("nothing here tries: %s", row.En)
			continue
		}
		for _, part := range account.Parts {
			if can := probe(playing(part.Role)); can != row.May(part.Role) {
				t.Errorf("%s: the table says %v of %s, who can: %v", row.En, row.May(part.Role), part.Role, can)
			}
		}
		delete(probes, row.En)
	}
	for row := range probes {
		t.Errorf("no row says: %s", row)
	}
}

// returns tries to return an entry that stands in a state.
// freezes reports whether p can freeze a mandate; it is lifted again.
func (w *whole) freezes(t *testing.T, p persona, number string) bool {
	t.Helper()
	who := w.actorOf(t, p)
	for _, a := range []operation.Action{operation.Freeze, operation.Unfreeze} {
		m, err := w.Server.Operation.Mandate(t.Context(), who, number)
		if err == nil {
			_, err = w.Server.Operation.Move(t.Context(), who, number, operation.Step{Action: a, Revision: m.Revision, Words: "核查", Basis: "某条"})
		}
		if err != nil {
			return false
		}
	}
	return true
}

func (w *whole) returns(t *testing.T, d *datasets.Dataset, state string) func(persona) bool {
	return func(p persona) bool {
		if _, err := w.Pool.Exec(t.Context(), `
			INSERT INTO catalogue_entries (dataset_id, state, submitted_at, clock_profile, clock_path) VALUES ($1, $2, now(), 'house-defaults', 'catalogue_confirmation')
			ON CONFLICT (dataset_id) DO UPDATE SET state = $2, submitted_at = now(), clock_profile = 'house-defaults', clock_path = 'catalogue_confirmation'`, d.ID, state); err != nil {
			t.Fatal(err)
		}
		var revision int64
		if err := w.Pool.QueryRow(t.Context(), `SELECT revision FROM datasets WHERE id = $1`, d.ID).Scan(&revision); err != nil {
			t.Fatal(err)
		}
		return w.post(t, p, "/desk/catalogue/"+d.Slug+"/move", url.Values{"action": {"return"}, "reason": {"要改"}, "revision": {strconv.FormatInt(revision, 10)}}).status == http.StatusSeeOther
	}
}

// actorOf is who somebody is; the key and the visitor have no session.
func (w *whole) actorOf(t *testing.T, p persona) account.Actor {
	t.Helper()
	if w.tokens[p] == "" {
		return account.Actor{}
	}
	return mustActor(t, w, w.tokens[p])
}

// Every route of the API asks a key for its scope: one for reading publishes
// nothing, one for publishing reads nothing.
func TestEveryRouteOfTheAPIAsksForItsScope(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	for name, scope := range map[persona]string{"reads": account.ScopeRead, "publishes": account.ScopePublish, "applies": account.ScopeApply, "develops": account.ScopeDevelop} {
		by := own
		if scope == account.ScopeDevelop {
			by = persona(account.Developer)
		}
		var err error
		if w.keys[name], _, err = w.Accounts.CreateKey(t.Context(), mustActor(t, w, w.tokens[by]), string(name), []string{scope}, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	asked := 0
	for _, r := range api.Routes {
		if !strings.HasPrefix(r.Path, api.Base) || r.Path == api.Base+"/openapi.json" {
			continue
		}
		asked++
		address := regexp.MustCompile(`:\w+`).ReplaceAllString(r.Path, "x")
		good, bad := persona("reads"), persona("publishes")
		switch r.Scope {
		case account.ScopePublish:
			good, bad = bad, good
		case account.ScopeApply:
			good, bad = "applies", good
		case account.ScopeDevelop:
			good, bad = "develops", good
		}
		for by, refused := range map[persona]bool{good: false, bad: true} {
			got := w.send(t, w.as(by, r.Method, address, nil))
			if (got.status == http.StatusForbidden) != refused {
				t.Errorf("%s %s by a key that %s: %d", r.Method, r.Path, by, got.status)
			}
			if got.status == http.StatusUnauthorized || got.status >= 500 {
				t.Errorf("%s %s by a key that %s: %d", r.Method, r.Path, by, got.status)
			}
		}
	}
	if asked < 20 {
		t.Errorf("only %d routes", asked)
	}
}

// A key is offered for what some address asks for, and for nothing else.
func TestOfferedScopesAreAskedFor(t *testing.T) {
	asked := map[string]bool{}
	for _, r := range slices.Concat(portal.Routes, api.Routes, api.DeskRoutes) {
		asked[cmp.Or(r.Scope, account.ScopeRead)] = true
	}
	offered := map[string]bool{}
	for _, s := range account.Scopes {
		offered[s.ID] = true
	}
	if !maps.Equal(asked, offered) {
		t.Errorf("asked for %v, offered %v", asked, offered)
	}
}
