package layers

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var testNamed = regexp.MustCompile("`([a-z/]+)` (Test[A-Za-z0-9]+)")

// docs/bad-input.md has every row, and every test that it names is there.
func TestEveryBadInputHasItsTest(t *testing.T) {
	page, err := os.ReadFile("../../docs/bad-input.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for group, n := range map[string]int{"U": 80, "R": 34, "M": 30, "B": 50, "A": 35, "F": 24, "W": 14, "Q": 8, "C": 17, "P": 18, "E": 10, "D": 11, "V": 20, "T": 13, "N": 14, "S": 10, "O": 16, "K": 22, "L": 8, "G": 10} {
		for i := range n {
			want = append(want, fmt.Sprintf("%s%02d", group, i+1))
		}
	}
	sources := map[string]string{}
	for line := range strings.SplitSeq(string(page), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || !slices.Contains(want, strings.TrimSpace(cells[1])) {
			continue
		}
		row := strings.TrimSpace(cells[1])
		got = append(got, row)
		tests := testNamed.FindAllStringSubmatch(cells[4], -1)
		if len(tests) == 0 {
			t.Errorf("%s names no test", row)
		}
		for _, named := range tests {
			if _, read := sources[named[1]]; !read {
				sources[named[1]] = testSource(t, named[1])
			}
			if !strings.Contains(sources[named[1]], "\nfunc "+named[2]+"(t *testing.T)") {
				t.Errorf("%s: there is no %s in %s", row, named[2], named[1])
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("rows: %v", got)
	}
}

func testSource(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob("../../" + dir + "/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
