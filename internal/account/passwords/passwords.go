// Package passwords knows the passwords that guessers try first: those that
// stand in the lists of leaks. The list ships with the program; nothing is
// asked of anybody outside.
package passwords

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
)

//go:embed list.txt
var list string

var leaked = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for line := range strings.Lines(list) {
		m[strings.TrimSuffix(line, "\n")] = true
	}
	return m
})

// stemMin is the shortest stem that is looked up: shorter ones stand in the
// list by chance.
const stemMin = 5

// Leaked reports whether a password, in lower case, is in the list, or is one of
// the list with figures or signs put behind it: the first thing that guessers
// try next.
func Leaked(lower string) bool {
	if leaked()[lower] {
		return true
	}
	stem := strings.TrimRightFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	return len(stem) >= stemMin && len(stem) < len(lower) && leaked()[stem]
}
