package main

import (
	"fmt"
	"testing"
)

// As many words as the sample world has, and as many searches as a run sends.
func TestNoSearchOfARunComesTwice(t *testing.T) {
	var words []string
	for i := range 351 {
		words = append(words, fmt.Sprintf("词%d", i))
	}
	address, seen, single := queries(words), map[string]int64{}, 0
	for n := range int64(3 * 8 * 200) {
		a := address(n)
		if before, again := seen[a]; again {
			t.Fatalf("searches %d and %d are both %s", before, n, a)
		}
		seen[a] = n
		if n%3 == 0 {
			single++
		}
	}
	if single != len(seen)/3 {
		t.Errorf("%d of %d searches are of one word", single, len(seen))
	}
}
