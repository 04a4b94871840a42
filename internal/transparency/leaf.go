package transparency

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"shuyuan/internal/transparency/wire"
)

// Leaf is what is put into the log.
type Leaf struct {
	Kind wire.Kind
	Body map[string]string
	At   time.Time // zero: the time of the database
}

// fields are what a leaf of each kind may say; the first ones, up to the empty
// word, it must.
var fields = map[wire.Kind][]string{
	wire.Seal:        {"statement", "product", "version", "", "content", "artefacts", "key", "certificate", "supersedes"},
	wire.Recall:      {"statement", "product", "version", "", "reason", "key"},
	wire.Certificate: {"statement", "certificate", "", "product", "version", "key", "state", "until"},
	wire.KeyMade:     {"statement", "key", "purpose", "public", "from", "until", "by", "signature"},
	wire.Revocation:  {"key", "purpose", "compromised", "reason"},
	wire.Receipt:     {"commitment", "", "statement", "key"},

	wire.DeveloperKey: {"key", "public", "holder", "from", "until", "signature"},
	wire.Countersign:  {"statement", "product", "version", "key", "signature"},
}

// value is a number, a digest, a time, a code: nothing that is a name.
var value = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@+=-]{0,199}$`)

// check refuses what a leaf may not say.
func (l Leaf) check() error {
	known, ok := fields[l.Kind]
	if !ok {
		return fmt.Errorf("log: there is no kind of leaf %q", l.Kind)
	}
	must, _, _ := cut(known)
	for _, name := range must {
		if l.Body[name] == "" {
			return fmt.Errorf("log: a leaf of kind %s says %s", l.Kind, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.Body)) {
		if name == "" || !slices.Contains(known, name) {
			return fmt.Errorf("log: a leaf of kind %s does not say %q", l.Kind, name)
		}
		if !value.MatchString(l.Body[name]) {
			return fmt.Errorf("log: %s of a leaf is a number, digest, time or code", name)
		}
	}
	return nil
}

// cut cuts a list at its empty word.
func cut(list []string) (before, after []string, found bool) {
	if i := slices.Index(list, ""); i >= 0 {
		return list[:i], list[i+1:], true
	}
	return list, nil, false
}
