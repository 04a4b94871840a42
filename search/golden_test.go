package search_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"shuyuan/search"
	"shuyuan/search/bleve"
)

// entry is a document as testdata/catalogue.yaml has it.
type entry struct {
	Slug, Title, Summary, Department, Theme, Open, Frequency, Region, Code string

	TitleEN     string   `yaml:"title_en"`
	SummaryEN   string   `yaml:"summary_en"`
	TagsEN      []string `yaml:"tags_en"`
	Departments []string
	Themes      []string
	Regions     []string
	Tags        []string
	Formats     []string
	Columns     []string
	Values      []string
}

func catalogue(t *testing.T) []search.Document {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "catalogue.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var entries []entry
	if err := yaml.UnmarshalWithOptions(b, &entries, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	var docs []search.Document
	for i, e := range entries {
		docs = append(docs, search.Document{
			ID: e.Slug, Title: e.Title, TitleEN: e.TitleEN, Summary: e.Summary, SummaryEN: e.SummaryEN,
			Department: e.Department, Departments: e.Departments, Theme: e.Theme, ThemeNames: e.Themes, Open: e.Open, Formats: e.Formats,
			Frequency: e.Frequency, Region: e.Region, RegionNames: e.Regions, Tags: e.Tags, TagsEN: e.TagsEN, Columns: e.Columns, Values: e.Values, Code: e.Code,
			Updated: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -i),
		})
	}
	return docs
}

// golden is one query of a file in testdata:
//
//	? what is typed
//	= a title that is found: those marked so come first, in this order
//	+ a title that is found, wherever
//	- a title that is not found
//	~ another way to write the query that is offered
//	> what is typed so far is completed to this word or title
//	[公交]站点 the marked title of a result
//	. nothing else is found
type golden struct {
	file  string
	line  int
	query string
	want  []string
}

func goldens(t *testing.T) []golden {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no queries: %v", err)
	}
	var out []golden
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		for n := 1; lines.Scan(); n++ {
			line := lines.Text()
			switch query, ok := strings.CutPrefix(line, "? "); {
			case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
			case ok:
				out = append(out, golden{file: filepath.Base(file), line: n, query: query})
			case len(out) == 0 || out[len(out)-1].file != filepath.Base(file):
				t.Fatalf("%s:%d: an answer without a query", file, n)
			default:
				out[len(out)-1].want = append(out[len(out)-1].want, line)
			}
		}
	}
	return out
}

func TestWhatPeopleTypeFindsWhatTheyMean(t *testing.T) {
	e, err := bleve.Open(t.TempDir(), lexicon)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	docs := catalogue(t)
	if err := e.Replace(t.Context(), slices.Values(docs), 1); err != nil {
		t.Fatal(err)
	}
	titles := map[string]string{}
	for _, d := range docs {
		titles[d.ID] = d.Title
	}
	for _, g := range goldens(t) {
		t.Run(fmt.Sprintf("%s:%d %s", g.file, g.line, g.query), func(t *testing.T) {
			if len(g.want) == 0 {
				t.Fatal("it says nothing of what is expected")
			}
			g.check(t, e, titles)
		})
	}
}

func (g golden) check(t *testing.T, e search.Engine, titles map[string]string) {
	r, err := e.Search(t.Context(), search.Query{Text: g.query, Limit: 100, Highlight: true})
	if err != nil {
		t.Fatal(err)
	}
	var found, marked []string
	for _, h := range r.Hits {
		found = append(found, titles[h.ID])
		marked = append(marked, show(titles[h.ID], h.Marks["title"]))
	}
	next, told := 0, 0
	for _, line := range g.want {
		kind, want, _ := strings.Cut(line, " ")
		switch kind {
		case "=":
			if next >= len(found) || found[next] != want {
				t.Errorf("result %d is not %s", next+1, want)
			}
			next++
			told++
		case "+":
			if !slices.Contains(found, want) {
				t.Errorf("does not find %s", want)
			}
			told++
		case "-":
			if slices.Contains(found, want) {
				t.Errorf("finds %s", want)
			}
		case ".":
			if len(found) != told {
				t.Errorf("finds %d, want %d", len(found), told)
			}
		case "~":
			if !slices.Contains(r.Spelled, want) {
				t.Errorf("is helped with %q, not %s", r.Spelled, want)
			}
		case ">":
			g.completes(t, e, want)
		default:
			if !slices.Contains(marked, line) {
				t.Errorf("no result is marked as %s", line)
			}
		}
	}
	if t.Failed() {
		t.Logf("found: %s", strings.Join(marked, " | "))
	}
}

func (g golden) completes(t *testing.T, e search.Engine, want string) {
	got, err := e.Suggest(t.Context(), g.query, 8)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(got, func(s search.Suggestion) bool { return s.Text == want }) {
		t.Errorf("is completed to %v, not to %s", got, want)
	}
}

// show sets marks in brackets.
func show(text string, marks []search.Mark) string {
	var b strings.Builder
	at := 0
	for _, m := range marks {
		b.WriteString(text[at:m.From] + "[" + text[m.From:m.To] + "]")
		at = m.To
	}
	return b.String() + text[at:]
}
