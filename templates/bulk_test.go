package templates

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"shuyuan/datasets/catalogue"
	"shuyuan/templates/text"
)

// Everything that is said of a sheet is said in English, too.
func TestSheetsSpeakEnglish(t *testing.T) {
	var said []string
	for _, name := range []string{"bulk.go", "filled.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), "../datasets/catalogue/"+name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if s, err := strconv.Unquote(l.Value); err == nil && strings.ContainsAny(s, "。：") {
					said = append(said, s)
				}
			}
			return true
		})
	}
	if len(said) < 20 {
		t.Fatalf("only %d sentences found", len(said))
	}
	for _, v := range []catalogue.Verdict{catalogue.Creates, catalogue.Changes, catalogue.Unchanged, catalogue.Refused} {
		said = append(said, verdictNames[v])
	}
	for _, o := range []catalogue.Outcome{catalogue.CanUndo, catalogue.Undone, catalogue.ChangedBy, catalogue.SentOn, catalogue.MadeOpen, catalogue.InUse, catalogue.Gone} {
		said = append(said, outcomeNames[o])
		if name := outcomeName(t.Context(), o, false); name == "" && o != catalogue.Undone && o != catalogue.InUse {
			t.Errorf("%q has no words", o)
		} else if name != "" {
			said = append(said, name)
		}
	}
	for _, zh := range said {
		if zh == "" || text.In(text.English, zh) == zh {
			t.Errorf("no English for %q", zh)
		}
	}
}
