package templates

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// actionTypes are where the acts on a thing are the moves of its lifecycle: the
// package, and the type of the moves.
var actionTypes = map[string][2]string{
	"dataset":   {"datasets", "Action"},
	"upload":    {"datasets", "UploadAction"},
	"catalogue": {"catalogue", "Action"},

	"catalogue-change": {"catalogue", "ChangeAction"},
	"source-case":      {"sources", "Action"},
	"opening-review":   {"opening", "Action"},
	"question":         {"questions", "Action"},
	"share-request":    {"sharing", "Action"},
	"correction":       {"corrections", "Action"},
	"use-report":       {"use", "ReportAction"},
	"use-destruction":  {"use", "DestructionAction"},
	"use-audit":        {"use", "AuditAction"},
	"demand":           {"demands", "Action"},
	"application":      {"licensing", "Action"},
	"grant":            {"licensing", "GrantAction"},
	"breach":           {"supervision", "BreachAction"},
	"incident":         {"supervision", "IncidentAction"},
	"order":            {"supervision", "OrderAction"},
	"workspace":        {"workspace", "Action"},
	"output-review":    {"workspace", "ReviewAction"},
	"algorithm":        {"workspace", "AlgorithmAction"},
	"mandate":          {"operation", "Action"},
	"mandate-plan":     {"operation", "PlanAction"},
	"developer":        {"operation", "EntryAction"},
	"tender":           {"tender", "Action"},
	"tender-bid":       {"tender", "BidAction"},
	"scenario":         {"scenario", "Action"},
	"note":             {"notes", "Action"},
	"webhook":          {"webhooks", "Act"},

	"product":             {"marketplace", "Action"},
	"product-version":     {"marketplace", "VersionAction"},
	"settlement":          {"settlement", "Action"},
	"refund":              {"refunding", "Action"},
	"payout-account":      {"settlement", "PayoutAction"},
	"collection_account":  {"payment", "AccountAction"},
	"bank_line":           {"payment", "LineAction"},
	"payment_instruction": {"payment", "InstructionAction"},
	"trade":               {"ordering", "Action"},
	"split_rule":          {"ordering", "RuleAction"},
	"listing":             {"offering", "Action"},
	"plan":                {"offering", "PlanAction"},
	"registration":        {"registration", "Action"},
	"product-report":      {"registration", "ReportAction"},
	"product-certificate": {"registration", "CertificateAction"},

	"scenario-report":   {"scenario", "ReportAction"},
	"scenario-template": {"scenario", "TemplateAct"},
}

// accountAct is how acts on accounts are called.
var accountAct = regexp.MustCompile(`^(account|password|key|session|sign-in|factor|identity|organisation)\.[a-z-]+$`)

// Every act that the program records has a name in both languages, and nothing has
// a name that is not recorded.
func TestEveryRecordedActHasAName(t *testing.T) {
	written := recordedActs(t)
	if len(written) < 40 {
		t.Fatalf("only %d acts were found in the code: %v", len(written), written)
	}
	named := slices.Sorted(maps.Keys(auditActs))
	for _, key := range written {
		if !slices.Contains(named, key) {
			t.Errorf("%s has no name", key)
		}
		if subject, _, _ := strings.Cut(key, " "); auditSubjects[subject].Zh == "" {
			t.Errorf("a thing of kind %s has no name", subject)
		}
	}
	for _, key := range named {
		if !slices.Contains(written, key) {
			t.Errorf("%s has a name, and nothing records it", key)
		}
		if n := auditActs[key]; n.Zh == "" || n.En == "" {
			t.Errorf("%s is called %+v", key, n)
		}
	}
}

// recordedActs reads what the code hands to the trail: the kind of thing and the
// act of every call of audit.Append, and what internal/account records.
func recordedActs(t *testing.T) []string {
	t.Helper()
	moves := map[[2]string][]string{} // package and type -> constants
	type pending struct{ subject, where string }
	found := map[string]bool{}
	take := func(lit *ast.BasicLit) { // internal/account writes to the journal itself
		s, ok := stringOf(lit, nil)
		if !ok || !accountAct.MatchString(s) {
			return
		}
		if strings.HasPrefix(s, "organisation.") {
			found["organisation "+s] = true
		} else {
			found["account "+s] = true
		}
	}
	var open []pending
	fset := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != ".." || d.Name() == "var" || d.Name() == "testdata") {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		consts := stringConsts(file)
		for _, typed := range typedConsts(file) {
			at := [2]string{file.Name.Name, typed[0]}
			moves[at] = append(moves[at], typed[1])
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				if file.Name.Name == "account" {
					ast.Inspect(decl, func(n ast.Node) bool {
						if lit, ok := n.(*ast.BasicLit); ok {
							take(lit)
						}
						return true
					})
				}
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && file.Name.Name == "account" {
					take(lit)
					return true
				}
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				name := calleeName(call.Fun)
				if name != "audit.Append" && !(file.Name.Name == "audit" && name == "Append") || len(call.Args) != 7 {
					return true
				}
				subject, ok := stringOf(call.Args[3], consts)
				if !ok {
					t.Errorf("%s: the kind of thing is no constant", fset.Position(call.Pos()))
					return true
				}
				if act, ok := stringOf(call.Args[5], consts); ok {
					found[subject+" "+act] = true
				} else if local, ok := call.Args[5].(*ast.Ident); ok {
					for _, act := range assigned(f, local.Name) {
						found[subject+" "+act] = true
					}
				} else {
					open = append(open, pending{subject, fset.Position(call.Pos()).String()})
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range open {
		at, ok := actionTypes[p.subject]
		if !ok || len(moves[at]) == 0 {
			t.Errorf("%s: which acts this records cannot be told", p.where)
		}
		for _, act := range moves[at] {
			found[p.subject+" "+act] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func calleeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok && x.Name == "audit" {
			return "audit." + e.Sel.Name
		}
		return e.Sel.Name
	}
	return ""
}

// stringOf is a string that is written out, or a constant of the file; of a
// conversion of a constant that constant.
func stringOf(e ast.Expr, consts map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); e.Kind == token.STRING && err == nil {
			return s, true
		}
	case *ast.Ident:
		s, ok := consts[e.Name]
		return s, ok
	}
	return "", false
}

// stringConsts are the constants of a file that are strings.
func stringConsts(file *ast.File) map[string]string {
	out := map[string]string{}
	for _, s := range constSpecs(file) {
		for i, name := range s.Names {
			if i < len(s.Values) {
				if v, ok := stringOf(s.Values[i], nil); ok {
					out[name.Name] = v
				}
			}
		}
	}
	return out
}

// typedConsts are type and value of the constants that have a type.
func typedConsts(file *ast.File) [][2]string {
	var out [][2]string
	for _, s := range constSpecs(file) {
		kind, ok := s.Type.(*ast.Ident)
		if !ok {
			continue
		}
		for _, v := range s.Values {
			if value, ok := stringOf(v, nil); ok {
				out = append(out, [2]string{kind.Name, value})
			}
		}
	}
	return out
}

func constSpecs(file *ast.File) []*ast.ValueSpec {
	var out []*ast.ValueSpec
	for _, decl := range file.Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, spec := range g.Specs {
			out = append(out, spec.(*ast.ValueSpec))
		}
	}
	return out
}

// assigned are the strings that a function gives to one of its variables.
func assigned(f *ast.FuncDecl, name string) []string {
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok {
			return true
		}
		for i, left := range a.Lhs {
			if id, ok := left.(*ast.Ident); ok && id.Name == name && i < len(a.Rhs) {
				if s, ok := stringOf(a.Rhs[i], nil); ok {
					out = append(out, s)
				}
			}
		}
		return true
	})
	return out
}
