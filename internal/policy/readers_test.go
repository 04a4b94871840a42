package policy

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write readers.tsv and docs/rules.md anew")

// askers are the functions that take the path of a rule, by their name in the code.
var askers = []string{"Rule", "Governing", "firstRule", "houseRule", "houseRules", "number", "times", "Start"}

// TestRulesInUse holds the list of the rules in use against the code: which rule of
// which text each place reads. It is read from what is written there: a path that
// holds a dot or an underscore wherever it stands, a path of one word where a
// function is asked for a rule by it.
func TestRulesInUse(t *testing.T) {
	book, err := Load(Files)
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	for _, p := range append(book.Profiles(), book.House()) {
		for _, r := range p.Rules() {
			paths[r.Path] = true
		}
	}
	found := readersInCode(t, paths)
	if len(found["open.application.decision_deadline"])+len(found["catalogue.update_deadline"]) == 0 {
		t.Fatal("the walk finds no reader of the best known rules")
	}
	var list strings.Builder
	for _, path := range slices.Sorted(maps.Keys(found)) {
		for _, place := range slices.Sorted(maps.Keys(found[path])) {
			fmt.Fprintf(&list, "%s\t%s\n", path, place)
		}
	}
	golden(t, readersFile, list.String())
	golden(t, "../../docs/rules.md", rulesPage(book, found))
}

func golden(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the code reads: go test ./internal/policy -run TestRulesInUse -update", file)
	}
}

// rulesPage is docs/rules.md.
func rulesPage(book *Book, found map[string]map[string]bool) string {
	var b strings.Builder
	b.WriteString("# Rules in use\n\nWhich rule of which text the program reads, and where. Written by `go test ./internal/policy -run TestRulesInUse -update` from the code; the page `/law` marks the rules that something runs by. A rule that no place names is shown on `/law` and decides nothing by itself.\n")
	for _, p := range append(book.Profiles(), book.House()) {
		var used, shown []string
		for _, r := range p.Rules() {
			places := slices.Sorted(maps.Keys(found[r.Path]))
			if len(places) == 0 {
				shown = append(shown, "`"+r.Path+"`")
				continue
			}
			for i, place := range places {
				pkg, name, _ := strings.Cut(place, "\t")
				places[i] = "`" + pkg + "." + name + "`"
				if !(Reader{Package: pkg}).Runs() {
					places[i] += " (shows it)"
				}
			}
			used = append(used, fmt.Sprintf("| `%s` | %s | %s |\n", r.Path, strings.Join(r.Cite, ", "), strings.Join(places, "<br>")))
		}
		fmt.Fprintf(&b, "\n## %s (`%s`)\n\n%d of %d rules are read.\n", p.Short().En, p.ID(), len(used), len(p.Rules()))
		if len(used) > 0 {
			b.WriteString("\n| Rule | Source | Read by |\n|---|---|---|\n" + strings.Join(used, ""))
		}
		if len(shown) > 0 {
			b.WriteString("\nShown on `/law` only: " + strings.Join(shown, ", ") + ".\n")
		}
	}
	return b.String()
}

// readersInCode is, of each path, the places that name it: package, tab, function
// or variable.
func readersInCode(t *testing.T, paths map[string]bool) map[string]map[string]bool {
	t.Helper()
	found := map[string]map[string]bool{}
	fset := token.NewFileSet()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != root && (strings.HasPrefix(name, ".") || name == "var" || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(dir)
		if strings.HasSuffix(pkg, "test") || pkg == "internal/policy" || strings.HasPrefix(pkg, "templates/text") {
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			for name, node := range named(decl) {
				for _, rule := range rulesIn(node, paths) {
					if found[rule] == nil {
						found[rule] = map[string]bool{}
					}
					found[rule][pkg+"\t"+name] = true
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// named are the functions, variables and constants that a declaration makes.
func named(decl ast.Decl) map[string]ast.Node {
	out := map[string]ast.Node{}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		out[d.Name.Name] = d
	case *ast.GenDecl:
		for _, s := range d.Specs {
			if v, ok := s.(*ast.ValueSpec); ok && d.Tok != token.IMPORT {
				out[v.Names[0].Name] = v
			}
		}
	}
	return out
}

// rulesIn are the paths that a piece of code names.
func rulesIn(node ast.Node, paths map[string]bool) []string {
	var out []string
	take := func(e ast.Expr, asked bool) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil && paths[s] && (asked || strings.ContainsAny(s, "._")) {
				out = append(out, s)
			}
		}
	}
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			name := ""
			switch f := n.Fun.(type) {
			case *ast.Ident:
				name = f.Name
			case *ast.SelectorExpr:
				name = f.Sel.Name
			}
			for _, a := range n.Args {
				take(a, slices.Contains(askers, name))
			}
		case *ast.KeyValueExpr:
			key, ok := n.Key.(*ast.Ident)
			take(n.Value, ok && (key.Name == "Path" || key.Name == "House"))
		case *ast.BasicLit:
			take(n, false)
		}
		return true
	})
	return out
}
