package datasets

import (
	"strings"
	"testing"
	"time"
)

// States are the states of the lifecycle, for the test that compares them with
// the schema.
func States() []Status { return lifecycle.States() }

// Written is rows in the format of kind.
func Written(t testing.TB, kind string, fields []Field, rows [][]string) string {
	t.Helper()
	var out strings.Builder
	if err := write(&out, kind, fields, func(yield func([]string) error) error {
		for _, row := range rows {
			if err := yield(row); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// After is the state of an address after one more check.
func (r LinkRules) After(was, seen LinkState, now time.Time) LinkState {
	return r.after(was, seen, now)
}
