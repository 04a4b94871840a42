package search

import (
	"testing"
	"time"
)

// LookOnlyEvery sets how often a Service looks for changes unasked, for the
// length of a test.
func LookOnlyEvery(t *testing.T, d time.Duration) {
	t.Helper()
	was := pollEvery
	pollEvery = d
	t.Cleanup(func() { pollEvery = was })
}
