// Package layers holds the source to its structure: which folder may import
// which, where each outside service has its one home, and which calls are made
// nowhere. It reads the source; nothing imports it.
package layers

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// module is the path that our own packages begin with.
const module = "shuyuan/"

// order is the layers, highest first. A package may import its own folder and
// anything below.
var order = []string{"cmd", "portal", "templates", "search", "marketplace", "licensing", "datasets", "static", "internal"}

// narrower is what a folder may import of our own packages, where its layer
// alone would allow more: nothing but these, and itself.
var narrower = map[string][]string{
	"cmd/shuyuan/check":                {"internal"}, // it sees with its own eyes
	"internal/fault":                   {},
	"internal/database":                {"internal/fault"},
	"internal/database/dbtest":         {"internal/database", "internal/database/embedded"},
	"internal/policy":                  {"internal/fault"},
	"internal/workdays":                {},
	"internal/workflow":                {"internal/account", "internal/fault"},
	"internal/deadline":                {"internal/policy", "internal/workdays"},
	"internal/inbox":                   {"internal/account", "internal/deadline", "internal/policy"},
	"portal/interop":                   {"datasets", "internal/fault", "internal/account"},
	"portal/byterange":                 {},
	"portal/notify":                    {"templates", "marketplace", "licensing", "datasets", "internal"}, // it works when nobody asks
	"portal/problem":                   {"internal/fault", "templates/text"},
	"templates/text":                   {},
	"search/chinese":                   {},
	"datasets/ingest":                  {"internal/fault", "internal/sandbox"},
	"datasets/rows":                    {"internal/fault", "internal/blob", "internal/sandbox", "datasets/workbook"},
	"datasets/workbook":                {},
	"marketplace/provenance/content":   {},
	"marketplace/provenance/statement": {},
	"marketplace/provenance/verify":    {"marketplace/provenance/content", "marketplace/provenance/statement"}, // it reads what others wrote, with its own eyes
	"marketplace/provenance/stamp":     {"marketplace/provenance/content", "marketplace/provenance/statement", "datasets/rows", "internal/fault", "internal/pdf"},
	"datasets/quality":                 {"internal/policy"},
	"internal/sandbox":                 {},
	"internal/sealed":                  {},
	"internal/signing":                 {},
	"internal/signing/vault":           {"internal/signing", "internal/sandbox"},
	"internal/signing/register":        {"internal/signing", "internal/transparency", "internal/transparency/wire", "internal/database", "internal/fault"},
	"internal/transparency":            {"internal/transparency/wire", "internal/policy", "internal/signing", "internal/database", "internal/fault"},
	"internal/transparency/witness":    {"internal/transparency/wire", "internal/signing"}, // it runs elsewhere, and shares nothing with the writer
	"internal/transparency/wire":       {},                                                 // verifiers are built on it, and on nothing of the writer
	"internal/atlas":                   {},
	"internal/audit/journal":           {},
	"internal/blob":                    {"internal/fault"},
	"internal/pdf":                     {},
	"internal/mail":                    {"internal/fault"},
	"internal/config":                  {},
	"internal/jobs":                    {},
	"internal/outbound":                {},
	"internal/identity":                {"internal/fault"},
	"internal/database/embedded":       {},
}

// homes is where an outside package may be used. A folder stands for all below
// it, a module for all its packages; tests may use what they need.
var homes = []struct {
	outside string
	in      []string
	why     string
}{
	{"github.com/gofiber/fiber", []string{"portal", "cmd"}, "HTTP belongs to portal"},
	{"github.com/valyala/fasthttp", []string{"portal", "cmd"}, "HTTP belongs to portal"},
	{"net/http", []string{"portal", "cmd", "internal/transparency/witness", "internal/blob", "internal/outbound", "internal/identity", "search/meili", "marketplace/payment"}, "HTTP belongs to portal, and to what speaks to a service"},
	{"github.com/danielgtaylor/huma", []string{"portal/api"}, "the API belongs to portal/api"},
	{"github.com/a-h/templ", []string{"templates", "portal"}, "views belong to templates"},
	{"github.com/jackc/pgx", []string{"cmd", "search", "marketplace", "licensing", "datasets", "internal"}, "no page and no view asks the database"},
	{"github.com/minio/minio-go", []string{"internal/blob"}, "use internal/blob"},
	{"github.com/stripe/stripe-go", []string{"marketplace/payment"}, "use marketplace/payment"},
	{"github.com/meilisearch/meilisearch-go", []string{"search/meili"}, "use search"},
	{"github.com/blevesearch/bleve", []string{"search/bleve"}, "use search"},
	{"github.com/xuri/excelize", []string{"datasets/ingest"}, "use datasets/ingest"},
	{"github.com/riverqueue/river", []string{"internal/jobs", "internal/database"}, "use internal/jobs"},
	{"github.com/prometheus/client_golang", []string{"portal", "cmd"}, "figures belong to portal and the admin port"},
	{"filippo.io/age", []string{"internal/backup", "internal/sealed", "licensing/workspace/engine", "cmd"}, "use internal/backup or internal/sealed"},
	{"filippo.io/edwards25519", []string{"marketplace"}, "only keys of developers come in from outside"},
	{"golang.org/x/mod/sumdb", []string{"internal/signing", "internal/transparency", "marketplace/provenance", "portal", "cmd"}, "use internal/transparency"},
	{"github.com/transparency-dev/formats", []string{"internal/signing/vault", "internal/transparency", "cmd"}, "use internal/transparency/wire"},
	{"github.com/transparency-dev/tessera", nil, "the server does not verify itself: only tests use another's verifier"},
	{"github.com/transparency-dev/merkle", nil, "the server does not verify itself: only tests use another's verifier"},
	{"log/slog", []string{"cmd", "portal", "search", "internal", "datasets/rows"}, "the domain returns errors and does not log"},
	{"github.com/coreos/go-oidc", []string{"internal/identity"}, "use internal/identity"},
	{"golang.org/x/oauth2", []string{"internal/identity"}, "use internal/identity"},
	{"github.com/duckdb", []string{"datasets/rows", "licensing/workspace/engine", "cmd/bench"}, "the server never opens DuckDB: a worker does"},
	{"github.com/secure-systems-lab/go-securesystemslib", []string{"marketplace/provenance"}, "use marketplace/provenance"},
	{"codeberg.org/go-pdf/fpdf", []string{"internal/pdf"}, "use internal/pdf"},
	{"github.com/boombuler/barcode", []string{"internal/pdf"}, "use internal/pdf"},
	{"github.com/alecthomas/participle", []string{"datasets/rows"}, "use datasets/rows"},
	{"github.com/landlock-lsm", []string{"internal/sandbox"}, "use internal/sandbox"},
	{"github.com/elastic/go-seccomp-bpf", []string{"internal/sandbox"}, "use internal/sandbox"},
	{"log", nil, "log with slog"},
	{"math/rand", nil, "crypto/rand, or a seed that a test gives"},
	{"os/exec", []string{"cmd", "internal/database/embedded", "internal/sandbox"}, "a child process needs limits"},
	{"unsafe", nil, "no"},
}

// calls are made nowhere but in these folders or files.
var calls = []struct {
	call string // package path and name; * at its end: whatever begins so; (): only where it is called
	in   []string
	why  string
}{
	{"time.Now", []string{"cmd"}, "take the time from the service's clock"},
	{"time.Since", []string{"cmd"}, "take the time from the service's clock"},
	{"time.Until", []string{"cmd"}, "take the time from the service's clock"},
	{"time.Local", nil, "name the zone"},
	{"fmt.Print*", []string{"cmd/bench"}, "log with slog, or write to an io.Writer"},
	{"os.Getenv", []string{"cmd", "internal/database/embedded"}, "read it in internal/config"},
	{"os.LookupEnv", nil, "read it in internal/config"},
	{"os.Exit", []string{"cmd/shuyuan/main.go", "cmd/bench/main.go", "internal/sandbox"}, "return an error"},
	{"net/http.DefaultClient", []string{"cmd/bench"}, "a client without a timeout waits for ever"},
	{"net/http.DefaultServeMux", nil, "others put handlers there"},
	{"net/http.Get", []string{"cmd/bench"}, "a client without a timeout waits for ever"},
	{"net/http.NewRequest*", []string{"cmd", "internal/transparency/witness", "internal/blob", "internal/outbound", "search/meili"}, "a request to an address that somebody typed goes through internal/outbound"},
	{"net/http.Transport", []string{"cmd/bench", "internal/blob", "internal/outbound", "internal/identity", "search/meili"}, "a request to an address that somebody typed goes through internal/outbound"},
	{"net.Dial*", []string{"cmd", "internal/blob", "internal/mail", "internal/outbound", "internal/sandbox", "search/meili"}, "a connection to an address that somebody typed goes through internal/outbound"},
	{"net/http.ListenAndServe*", nil, "a server without timeouts waits for ever"},
	{"log/slog.SetDefault", nil, "hand the log on"},
	{"log/slog.Default", nil, "take the log from whoever calls"},
	{"github.com/prometheus/client_golang/prometheus.MustRegister", nil, "the admin port has a registry of its own"},
	{"github.com/prometheus/client_golang/prometheus.Default*", nil, "the admin port has a registry of its own"},
	{"github.com/a-h/templ.Raw()", nil, "nothing gets onto a page unescaped"},
	{"github.com/a-h/templ.SafeURL()", nil, "templ checks the address of a link"},
	{"github.com/a-h/templ.SafeCSS()", nil, "style belongs to the stylesheet"},
	{"github.com/a-h/templ.SafeScript()", nil, "script belongs to files"},
	{"github.com/a-h/templ.JSUnsafeFuncCall()", nil, "script belongs to files"},
}

// initIn are the files that may run something before main: the message
// catalogue is put together so, and Bleve finds callbacks by their name alone.
// Everything else is made by whoever needs it.
var initIn = []string{"templates/text/en_*.go", "search/bleve/watch.go"}

// service is what no view may know of these packages.
var servicesOf = []string{"datasets", "licensing", "marketplace", "internal/account"}

// source is one Go file.
type source struct {
	name string // from the root of the module, with slashes
	fset *token.FileSet
	file *ast.File
	test bool // a test, or a package that only tests import
}

// read parses every Go file of root.
func read(root fs.FS) ([]source, error) {
	var all []source
	fset := token.NewFileSet()
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "var" || strings.HasPrefix(d.Name(), ".") && name != "." || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		test := strings.HasSuffix(name, "_test.go") || strings.HasSuffix(path.Dir(name), "test")
		all = append(all, source{name, fset, f, test})
		return nil
	})
	return all, err
}

// violations lists what breaks a rule, as file:line: what, why.
func violations(all []source) []string {
	var found []string
	for _, s := range all {
		say := func(at token.Pos, format string, args ...any) {
			found = append(found, fmt.Sprintf("%s:%d: %s", s.name, s.fset.Position(at).Line, fmt.Sprintf(format, args...)))
		}
		for _, i := range s.file.Imports {
			imported, _ := strconv.Unquote(i.Path.Value)
			if own, ours := strings.CutPrefix(imported, module); ours {
				s.checkOwn(own, func(why string) { say(i.Pos(), "imports %s: %s", own, why) })
			} else {
				s.checkHome(imported, func(why string) { say(i.Pos(), "imports %s: %s", imported, why) })
			}
		}
		s.checkCalls(say)
	}
	return found
}

func (s source) folder() string { return path.Dir(s.name) }

// checkOwn holds an import of our own to the layers.
func (s source) checkOwn(own string, say func(why string)) {
	from, to := layer(s.folder()), layer(own)
	switch {
	case from < 0:
		say("this folder is in no layer")
	case to < 0:
		say("that folder is in no layer")
	case to < from && !strings.HasSuffix(s.file.Name.Name, "_test"): // a test from outside may use the whole
		say(order[from] + " lies below " + order[to])
	}
	if only, narrow := narrower[s.folder()]; narrow && !s.test && own != s.folder() && !slices.ContainsFunc(only, func(p string) bool { return within(own, p) }) {
		say("this folder imports only " + strings.Join(append([]string{"itself"}, only...), ", "))
	}
}

func layer(folder string) int {
	top, _, _ := strings.Cut(folder, "/")
	return slices.Index(order, top)
}

// checkHome holds an import of others to its home.
func (s source) checkHome(imported string, say func(why string)) {
	for _, h := range homes {
		here := imported == h.outside || strings.Contains(h.outside, ".") && within(imported, h.outside)
		if here && !s.test && !s.inAny(h.in) {
			say(h.why)
		}
	}
}

// checkCalls looks for names that are used nowhere, and for code that runs
// before main.
func (s source) checkCalls(say func(token.Pos, string, ...any)) {
	names := s.imports()
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" && !s.test && !s.matches(initIn) {
				say(n.Pos(), "func init: whoever needs it makes it")
			}
		case *ast.SelectorExpr:
			s.checkName(names, n, "", say)
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok {
				s.checkName(names, f, "()", say)
			}
		}
		return true
	})
}

func (s source) checkName(names map[string]string, n *ast.SelectorExpr, called string, say func(token.Pos, string, ...any)) {
	x, ok := n.X.(*ast.Ident)
	if !ok || names[x.Name] == "" {
		return
	}
	pkg, name := names[x.Name], n.Sel.Name+called
	for _, c := range calls {
		want, all := strings.CutSuffix(c.call, "*")
		full := pkg + "." + name
		if (full == want || all && strings.HasPrefix(full, want)) && !s.test && !s.inAny(c.in) {
			say(n.Pos(), "%s.%s: %s", x.Name, name, c.why)
		}
	}
	own, ours := strings.CutPrefix(pkg, module)
	if ours && name == "Service" && within(s.folder(), "templates") && slices.Contains(servicesOf, own) {
		say(n.Pos(), "%s.%s: a view is given what it shows", x.Name, name)
	}
}

// imports gives the path behind each package name of the file.
func (s source) imports() map[string]string {
	names := map[string]string{}
	for _, i := range s.file.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		name := path.Base(p)
		if strings.HasPrefix(name, "v") && len(name) <= 3 { // .../v2
			name = path.Base(path.Dir(p))
		}
		if i.Name != nil {
			name = i.Name.Name
		}
		names[name] = p
	}
	return names
}

// inAny reports whether the file is one of these or lies in one of these folders.
func (s source) inAny(places []string) bool {
	return slices.ContainsFunc(places, func(p string) bool { return within(s.name, p) })
}

func (s source) matches(patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { ok, _ := path.Match(p, s.name); return ok })
}

func within(name, folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }
