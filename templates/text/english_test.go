package text

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// sentences finds every Chinese sentence a reader can meet: the first string
// of text.T and text.In, of fault.New and fault.At, and every string of a
// table that is later given to T (word tables are marked by their name), and what an
// item of the inbox asks for.
func sentences(t *testing.T, root string) map[string]token.Position {
	t.Helper()
	found := map[string]token.Position{}
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != root && (strings.HasPrefix(name, ".") || name == "var" || name == "node_modules" || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			// Another file is being written; the compiler says so better.
			return nil
		}
		ast.Inspect(file, func(n ast.Node) bool {
			for _, e := range waits(n) {
				if s, ok := literal(e); ok {
					found[s] = fset.Position(e.Pos())
				}
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			i := sentenceArg(call.Fun)
			if i < 0 || i >= len(call.Args) {
				return true
			}
			if s, ok := literal(call.Args[i]); ok {
				found[s] = fset.Position(call.Pos())
			}
			return true
		})
		if filepath.Base(path) == "format.go" && filepath.Base(filepath.Dir(path)) == "templates" {
			ast.Inspect(file, func(n ast.Node) bool {
				pair, ok := n.(*ast.KeyValueExpr)
				if !ok {
					return true
				}
				if s, ok := literal(pair.Value); ok && chinese(s) {
					found[s] = fset.Position(pair.Pos())
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// sentenceArg is the index of the argument that is a sentence, -1 for other calls.
func sentenceArg(fun ast.Expr) int {
	if name, ok := fun.(*ast.Ident); ok {
		switch name.Name {
		case "malformed": // of portal: a fault about one parameter
			return 1
		case "note", "say": // of datasets/ingest: what there is to say of a file
			return 0
		}
	}
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return -1
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok {
		return -1
	}
	switch pkg.Name + "." + sel.Sel.Name {
	case "c.fail", "in.fail": // of datasets/rows: a fault about one parameter of a query
		return 0
	case "text.T", "text.In", "fault.New", "fault.At":
		return 1
	}
	return -1
}

// waits are the sentences of an item of the inbox: what is to be done, and what
// happens else.
func waits(n ast.Node) (out []ast.Expr) {
	names := func(name string) bool { return name == "Ask" || name == "After" }
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && names(key.Name) {
			out = append(out, n.Value)
		}
	case *ast.AssignStmt:
		for i, to := range n.Lhs {
			if field, ok := to.(*ast.SelectorExpr); ok && names(field.Sel.Name) && len(n.Rhs) == len(n.Lhs) {
				out = append(out, n.Rhs[i])
			}
		}
	}
	return out
}

func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		a, ok1 := literal(e.X)
		b, ok2 := literal(e.Y)
		return a + b, ok1 && ok2 && e.Op == token.ADD
	}
	return "", false
}

func chinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func TestEverySentenceHasItsEnglish(t *testing.T) {
	found := sentences(t, "../..")
	if len(found) < 100 {
		t.Fatalf("only %d sentences found: the search for them is broken", len(found))
	}
	for zh, where := range found {
		if !chinese(zh) {
			continue
		}
		if _, ok := english[zh]; !ok {
			t.Errorf("%s:%d: no English for %q", where.Filename, where.Line, zh)
		}
	}
}

// A sentence and its English take the same arguments, or one of them would
// show %!s(MISSING).
func TestEnglishTakesTheSameArguments(t *testing.T) {
	for zh, en := range english {
		if a, b := verbs(zh), verbs(en); a != b {
			t.Errorf("%q takes %d arguments, %q takes %d", zh, a, en, b)
		}
	}
}

// verbs is how many arguments a format takes, with and without indexes.
func verbs(s string) int {
	n, next := 0, 0
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			continue
		}
		i++
		if i >= len(s) || s[i] == '%' {
			continue
		}
		if s[i] == '[' {
			end := strings.IndexByte(s[i:], ']')
			if index, err := strconv.Atoi(s[i+1 : i+end]); end > 0 && err == nil {
				next = index - 1
			}
			i += end
		}
		next++
		n = max(n, next)
	}
	return n
}

// A sentence has one English text, in one file: of two, the file that comes
// later by its name would win in silence, on pages that its author never saw.
func TestEverySentenceHasOneEnglish(t *testing.T) {
	files, err := filepath.Glob("en_*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	at, fset := map[string]token.Position{}, token.NewFileSet()
	for _, name := range files {
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if pair, ok := n.(*ast.KeyValueExpr); ok {
				if zh, ok := literal(pair.Key); ok {
					if first, twice := at[zh]; twice {
						t.Errorf("%s: %q is said at %s, too", fset.Position(pair.Pos()), zh, first)
					}
					at[zh] = fset.Position(pair.Pos())
				}
			}
			return true
		})
	}
}
