package portal_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets/datasetstest"
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
	for _, r := range slices.Concat(portal.Routes, api.Routes) {
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
	if diff := cmp.Diff(slices.Sorted(maps.Keys(listed)), slices.Sorted(maps.Keys(running))); diff != "" {
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
	for _, r := range slices.Concat(portal.Routes, portal.FileRoutes, api.Routes) {
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
	for _, r := range slices.Concat(portal.Routes, api.Routes) {
		if r.Method != http.MethodGet {
			continue
		}
		fill := func(about string, pairs ...string) {
			out = append(out, address{r.Path, about, strings.NewReplacer(pairs...).Replace(r.Path)})
		}
		switch {
		case strings.Contains(r.Path, "/datasets/:slug"), strings.Contains(r.Path, "resource"):
			for _, status := range datasetstest.Statuses {
				for _, open := range datasetstest.OpenTypes {
					d := grid[string(status)+"-"+string(open)]
					f := d.Resources[0]
					fill(d.Slug, ":slug", d.Slug, ":id", f.ID, ":resource", f.ID, ":version", "1", ":filename", f.Newest.FileName, ":n", "1")
				}
			}
			fill("never there", ":slug", "never-there", ":id", "neverthere", ":resource", "neverthere", ":version", "1", ":filename", "grid.csv", ":n", "1")
		case strings.Contains(r.Path, ":slug"), strings.Contains(r.Path, ":profile"):
			fill("there", "departments/:slug", "departments/tjj", "themes/:slug", "themes/people", ":profile", w.Policy.Profiles()[0].ID())
			fill("never there", ":slug", "never-there", ":profile", "never-there")
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
	var table strings.Builder
	row := func(method, path, about string, status func(persona) int) {
		line := fmt.Sprintf("%-5s%-42s%-26s", method, path, about)
		for _, p := range personas {
			line += fmt.Sprintf("%-9d", status(p))
		}
		table.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	head := fmt.Sprintf("%-5s%-42s%-26s", "", "", "")
	for _, p := range personas {
		head += fmt.Sprintf("%-9s", p)
	}
	table.WriteString(strings.TrimRight(head, " ") + "\n")
	for _, a := range list {
		row("GET", a.route, a.about, func(p persona) int { return w.get(t, p, a.path).status })
	}
	for _, r := range portal.Routes {
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
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(table.String(), "\n")); diff != "" {
		t.Errorf("who gets what has changed; if that is meant, run with -update and review the table: %s", diff)
	}
}
