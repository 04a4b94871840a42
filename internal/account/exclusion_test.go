package account

import (
	"slices"
	"testing"
)

// What the page says of who may not be whom is what is refused: every two sides
// of a rule, whichever roles are taken of them.
func TestExclusionsAreRefused(t *testing.T) {
	roleOn := func(s Side) Role {
		i := slices.IndexFunc(Parts, func(p Part) bool { return p.Side == s })
		return Parts[i].Role
	}
	for _, e := range Exclusions {
		for i, a := range e.Sides {
			for _, b := range e.Sides[i+1:] {
				if _, err := checkRoles([]Role{roleOn(a), roleOn(b)}, 1); err == nil {
					t.Errorf("%s and %s may be one person, the page says: %s", a, b, e.En)
				}
			}
		}
	}
	for _, p := range Parts {
		if p.Side != "" && NameOf(p.Side).Zh == string(p.Side) {
			t.Errorf("side %s has no name", p.Side)
		}
	}
}
