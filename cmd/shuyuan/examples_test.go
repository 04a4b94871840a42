//go:build e2e

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// examples is the code on the page for developers, by the id of its block and
// its language, and what it should find.
type examples struct {
	code     map[string]map[string]string
	commands map[string]string
	total    int // datasets that everybody may have
	file     struct {
		Newest struct {
			FileName string `json:"file_name"`
			SHA256   string
			Bytes    int
			Tables   []struct{ Rows int }
		}
	}
}

func theExamples(t *testing.T) examples {
	t.Helper()
	base := portalOf(t).base
	page, err := goquery.NewDocumentFromReader(strings.NewReader(wants(t, base+"/developers", 200)))
	if err != nil {
		t.Fatal(err)
	}
	e := examples{code: map[string]map[string]string{}, commands: map[string]string{}}
	for _, id := range []string{"fetch", "walk"} {
		e.code[id] = map[string]string{}
		page.Find("#" + id + " .pane").Each(func(_ int, s *goquery.Selection) {
			name, _ := s.Attr("aria-label")
			e.code[id][name] = s.Text()
		})
	}
	for _, id := range []string{"hero", "steady-code", "again-code"} {
		if e.commands[id] = page.Find("#" + id).Text(); e.commands[id] == "" {
			t.Fatalf("the page has no %s", id)
		}
	}
	var list struct{ Total int }
	read := func(address string, into any) {
		t.Helper()
		if err := json.Unmarshal([]byte(wants(t, address, 200)), into); err != nil {
			t.Fatalf("%s: %v", address, err)
		}
	}
	read(base+"/api/v1/datasets?open=unconditional&limit=1", &list)
	e.total = list.Total
	_, id, _ := strings.Cut(e.code["fetch"]["curl"], "/r/")
	read(base+"/api/v1/resources/"+strings.TrimRight(id, "'\n "), &e.file)
	return e
}

// runIn runs a program with its last argument as code, in dir.
func runIn(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	c := exec.Command(program, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "PYTHONIOENCODING=utf-8")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, args[len(args)-1], out)
	}
	return string(out)
}

// What stands on the page for developers runs as it stands there, and gives
// what it promises.
func TestTheExamplesForDevelopersRun(t *testing.T) {
	e := theExamples(t)
	rows := fmt.Sprint(e.file.Newest.Tables[0].Rows)
	isThere := func(dir string) {
		t.Helper()
		body, err := os.ReadFile(filepath.Join(dir, e.file.Newest.FileName))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != e.file.Newest.SHA256 {
			t.Errorf("%s is another file", e.file.Newest.FileName)
		}
	}
	t.Run("curl", func(t *testing.T) {
		var found struct {
			Total int
			Items []struct{ Slug string }
		}
		if err := json.Unmarshal([]byte(runIn(t, t.TempDir(), "sh", "-c", e.commands["hero"]+" -sS")), &found); err != nil || found.Total == 0 || len(found.Items) == 0 {
			t.Errorf("the search at the top: %v, %+v", err, found)
		}
		if err := json.Unmarshal([]byte(runIn(t, t.TempDir(), "sh", "-c", e.code["walk"]["curl"])), &found); err != nil || found.Total != e.total {
			t.Errorf("the catalogue: %v, %d of %d", err, found.Total, e.total)
		}
		dir := t.TempDir()
		runIn(t, dir, "sh", "-c", e.code["fetch"]["curl"])
		isThere(dir)
	})
	t.Run("addresses that stay", func(t *testing.T) {
		dir := t.TempDir()
		out := runIn(t, dir, "sh", "-ec", e.commands["steady-code"])
		isThere(dir)
		if _, first, ok := strings.Cut(out, ": OK\n"); !ok || len(first) != min(100, e.file.Newest.Bytes) {
			t.Errorf("the digest, or the first bytes: %q", out)
		}
	})
	t.Run("what has changed", func(t *testing.T) {
		dir := t.TempDir()
		for round := range 2 {
			out := runIn(t, dir, "sh", "-ec", e.commands["again-code"])
			isThere(dir)
			if strings.TrimSpace(out) != "304" {
				t.Errorf("round %d: %q, want 304 for an entry that has not changed", round, out)
			}
		}
	})
	t.Run("Python", func(t *testing.T) {
		if out := runIn(t, t.TempDir(), "python3", "-c", e.code["fetch"]["Python"]); !strings.HasPrefix(out, rows+" {") {
			t.Errorf("%s, want %s rows", out, rows)
		}
		for _, code := range []string{e.code["walk"]["Python"], inParts(t, e.code["walk"]["Python"])} {
			if out := runIn(t, t.TempDir(), "python3", "-c", code); strings.Count(out, "\n") != e.total {
				t.Errorf("%d lines, want %d:\n%s", strings.Count(out, "\n"), e.total, out)
			}
		}
	})
	t.Run("JavaScript", func(t *testing.T) {
		b := newTab(t)
		b.open("/developers")
		said := func(code string) (out string) {
			script := "(async () => { const said = [], console = { log: (...words) => said.push(words.map(w => typeof w == 'object' ? JSON.stringify(w) : w).join(' ')) };\n" + code + "\nreturn said.join('\\n') })()"
			b.run(chromedp.Evaluate(script, &out, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
			return out
		}
		if out := said(e.code["fetch"]["JavaScript"]); !strings.HasPrefix(out, rows+" {") {
			b.Errorf("%s, want %s rows", out, rows)
		}
		for _, code := range []string{e.code["walk"]["JavaScript"], inParts(t, e.code["walk"]["JavaScript"])} {
			if out := said(code); strings.Count(out, "\n")+1 != e.total {
				b.Errorf("%d lines, want %d:\n%s", strings.Count(out, "\n")+1, e.total, out)
			}
		}
	})
}

// inParts is code that walks the catalogue, with pages so small that it must
// turn them.
func inParts(t *testing.T, code string) string {
	t.Helper()
	small := strings.NewReplacer("limit=100", "limit=7", "limit: 100", "limit: 7").Replace(code)
	if small == code {
		t.Fatalf("it does not say how much it asks for at a time:\n%s", code)
	}
	return small
}
