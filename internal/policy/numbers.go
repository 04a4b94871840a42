package policy

import (
	"errors"
	"fmt"
	"time"
)

// Numbers reads the numbers of the platform's own rules (平台规则), so that none
// stands in code. What the rules do not say is an error at the end, never a zero
// that counts.
type Numbers struct {
	house   *Profile
	missing []error
}

// Numbers reads those of b.
func (b *Book) Numbers() *Numbers { return &Numbers{house: b.House()} }

// Of is the number of the rule at path; of one of its details, if one is named.
// It is 1 or more.
func (n *Numbers) Of(path, detail string) int {
	r, ok := n.house.Rule(path)
	for _, d := range r.Details {
		if d.Key == detail {
			r.Value = d.Value
		}
	}
	number, counts := r.Number()
	if !ok || !counts || number < 1 {
		n.missing = append(n.missing, fmt.Errorf("the rules of the platform say no number of %s %s", path, detail))
	}
	return number
}

// Times is Of as a duration in units.
func (n *Numbers) Times(path, detail string, unit time.Duration) time.Duration {
	return time.Duration(n.Of(path, detail)) * unit
}

// Missing are the numbers that were asked for and that no rule says; nil where
// there is none.
func (n *Numbers) Missing() error { return errors.Join(n.missing...) }
