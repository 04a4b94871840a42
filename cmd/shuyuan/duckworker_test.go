package main

import (
	"strings"
	"testing"
)

// Whoever runs the worker by hand is told in one line what it is; help does not
// name it.
func TestTheWorkerIsNotForHands(t *testing.T) {
	var out, said strings.Builder
	code := run(t.Context(), []string{"duckworker"}, func(string) string { return "" }, &out, &said)
	if code != 2 || out.String() != "" || strings.Count(said.String(), "\n") != 1 || !strings.Contains(said.String(), "limited process") {
		t.Errorf("%d, %q, %q", code, out.String(), said.String())
	}
	if help(&out); strings.Contains(out.String(), "duckworker") {
		t.Error("help names it")
	}
}
