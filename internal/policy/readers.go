package policy

import (
	"slices"
	"strings"
	"sync"
)

// Reader is a place in the program that reads a rule.
type Reader struct {
	Package, Func string // datasets/opening, New
}

// Runs reports whether the program does something by the rule there; the packages
// that make pages only show it.
func (r Reader) Runs() bool {
	return r.Package != "portal" && r.Package != "templates" && !strings.HasPrefix(r.Package, "portal/")
}

// readersFile has a line for each rule that some place reads: its path, the package
// and the function. TestRulesInUse writes it from the code.
const readersFile = "readers.tsv"

var readers = sync.OnceValue(func() map[string][]Reader {
	body, err := Files.ReadFile(readersFile)
	if err != nil {
		panic(err) // the program was built without it
	}
	out := map[string][]Reader{}
	for line := range strings.Lines(string(body)) {
		if cells := strings.Split(strings.TrimSpace(line), "\t"); len(cells) == 3 {
			out[cells[0]] = append(out[cells[0]], Reader{cells[1], cells[2]})
		}
	}
	return out
})

// Readers are the places that read the rule with this path, of whatever text.
func Readers(path string) []Reader { return slices.Clone(readers()[path]) }

// Runs reports whether the program does something by the rule, and does not only
// show it.
func (r Rule) Runs() bool { return slices.ContainsFunc(readers()[r.Path], Reader.Runs) }
