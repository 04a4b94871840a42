package templates

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	kindWritten  = regexp.MustCompile(`Kind:\s+"([a-z-]+)"`)
	kindConstant = regexp.MustCompile(`(?m)^(?:\t|const )Waits\w+\s+= "([a-z-]+)"`)
)

// Whatever waits for somebody is called by a name in the list.
func TestEveryKindThatWaitsHasAName(t *testing.T) {
	found := map[string]bool{}
	for _, dir := range []string{"../datasets", "../internal", "../portal", "../licensing", "../marketplace"} {
		err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			body, err := os.ReadFile(dir + "/" + path)
			if err != nil {
				return err
			}
			for _, line := range strings.Split(string(body), "inbox.Item{")[1:] {
				if m := kindWritten.FindStringSubmatch(line[:min(len(line), 60)]); m != nil {
					found[m[1]] = true
				}
			}
			for _, m := range kindConstant.FindAllStringSubmatch(string(body), -1) {
				found[m[1]] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for kind := range found {
		if !KnownInboxKind(kind) {
			t.Errorf("%s waits and has no name", kind)
		}
	}
	for kind := range inboxKinds {
		if !found[kind] {
			t.Errorf("%s has a name, and nothing of it ever waits", kind)
		}
	}
}
