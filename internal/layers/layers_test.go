package layers

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestTheSourceKeepsToItsStructure(t *testing.T) {
	all, err := read(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("only %d files were read", len(all))
	}
	for _, v := range violations(all) {
		t.Error(v)
	}
}

// TestViolationsAreFound breaks each rule once.
func TestViolationsAreFound(t *testing.T) {
	for _, c := range []struct{ file, text, want string }{
		{"datasets/a.go", `import "shuyuan/portal"`, "datasets lies below portal"},
		{"internal/a/a.go", `import _ "shuyuan/datasets"`, "internal lies below datasets"},
		{"search/a_test.go", `import "shuyuan/templates"`, "search lies below templates"},
		{"tools/a.go", `import "shuyuan/datasets"`, "this folder is in no layer"},
		{"portal/a.go", `import "shuyuan/tools"`, "that folder is in no layer"},
		{"cmd/shuyuan/check/a.go", `import "shuyuan/datasets"`, "imports only itself"},
		{"internal/database/a.go", `import "shuyuan/internal/account"`, "imports only itself"},
		{"datasets/a.go", `import "github.com/gofiber/fiber/v2"`, "HTTP belongs to portal"},
		{"licensing/a.go", `import "net/http"`, "HTTP belongs to portal"},
		{"templates/a.go", `import "github.com/jackc/pgx/v5"`, "no view asks the database"},
		{"portal/a.go", `import "github.com/jackc/pgx/v5/pgxpool"`, "no page"},
		{"datasets/a.go", `import "github.com/a-h/templ"`, "views belong to templates"},
		{"portal/a.go", `import "github.com/minio/minio-go/v7"`, "use internal/blob"},
		{"datasets/a.go", `import "log/slog"`, "does not log"},
		{"portal/a.go", "import \"time\"\nvar x = time.Now", "service's clock"},
		{"portal/a.go", "import clock \"time\"\nfunc f() { clock.Since(x) }", "service's clock"},
		{"internal/a/a.go", "import \"fmt\"\nfunc f() { fmt.Println() }", "io.Writer"},
		{"cmd/shuyuan/a.go", "import \"fmt\"\nfunc f() { fmt.Printf(``) }", "io.Writer"},
		{"cmd/shuyuan/a.go", "import \"net/http\"\nfunc f() { http.DefaultClient.Do(nil) }", "without a timeout"},
		{"portal/a.go", "import \"net/http\"\nvar x = http.NewRequestWithContext", "internal/outbound"},
		{"datasets/a.go", "import \"net\"\nvar x net.Dialer", "internal/outbound"},
		{"portal/a.go", "import \"os\"\nvar x = os.Getenv(``)", "internal/config"},
		{"templates/a_templ.go", "import \"github.com/a-h/templ\"\nvar x = templ.Raw(``)", "unescaped"},
		{"templates/a_templ.go", "import templruntime \"github.com/a-h/templ\"\nvar x = templruntime.SafeURL(``)", "address of a link"},
		{"templates/a.go", "import \"shuyuan/datasets\"\nfunc f(s *datasets.Service) {}", "given what it shows"},
		{"datasets/a.go", "func init() {}", "whoever needs it"},
	} {
		all, err := read(fstest.MapFS{c.file: {Data: []byte("package a\n" + c.text)}})
		if err != nil {
			t.Fatal(err)
		}
		found := violations(all)
		if !slices.ContainsFunc(found, func(v string) bool { return strings.Contains(v, c.want) }) {
			t.Errorf("%s with %q: found %q, want %q", c.file, c.text, found, c.want)
		}
	}
}

func TestWhatIsAllowedIsNotFound(t *testing.T) {
	for _, c := range []struct{ file, text string }{
		{"portal/a.go", "import \"shuyuan/datasets\""},
		{"cmd/shuyuan/a.go", "import \"time\"\nvar x = time.Now"},
		{"templates/a_templ.go", "import \"github.com/a-h/templ\"\nvar x templ.SafeURL"},
		{"datasets/a_test.go", "import \"time\"\nvar x = time.Now"},
		{"datasets/datasetstest/a.go", "import \"time\"\nvar x = time.Now"},
		{"datasets/a.go", "type clock struct{ Now int }\nfunc f(time clock) int { return time.Now }"},
		{"templates/text/en_a.go", "func init() {}"},
		{"datasets/a.go", "type a struct{}\nfunc (a) init() {}"},
		{"var/junk/a.go", "import \"shuyuan/portal\""},
	} {
		all, err := read(fstest.MapFS{c.file: {Data: []byte("package a\n" + c.text)}})
		if err != nil {
			t.Fatal(err)
		}
		if found := violations(all); len(found) > 0 {
			t.Errorf("%s with %q: found %q", c.file, c.text, found)
		}
	}
}
