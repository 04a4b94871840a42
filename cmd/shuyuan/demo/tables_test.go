package demo

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/ingest"
)

// input is a file of the sample world as a child is handed it.
func input(t *testing.T, name string, opt ingest.Options) ingest.Input {
	t.Helper()
	content, err := files.ReadFile("world/files/" + name)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return ingest.Input{File: f, Name: name, Options: opt}
}

// reach is a folder that a child of another user reaches.
func reach(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "shuyuan-demo-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func eachFile(t *testing.T, do func(t *testing.T, r *resource, name string)) {
	for _, e := range theWorld(t).entries {
		for _, r := range e.resources {
			for _, v := range r.versions {
				t.Run(v.file, func(t *testing.T) {
					t.Parallel()
					do(t, r, v.file)
				})
			}
		}
	}
}

func (r *resource) options() ingest.Options {
	opt := ingest.Options{NoHeader: r.noHeader}
	if r.noHeader {
		opt.Names = []string{r.fields[0][0].Name}
	}
	return opt
}

func (r *resource) declared() (out []map[string]ingest.Type) {
	for _, fields := range r.fields {
		types := map[string]ingest.Type{}
		for _, f := range fields {
			types[f.Name] = ingest.Type(f.Type)
		}
		out = append(out, types)
	}
	return out
}

// What is read from a table is what stands in the file, cell by cell, whatever
// types its columns were given.
func TestEveryCellOfTheWorldComesBack(t *testing.T) {
	eachFile(t, func(t *testing.T, r *resource, name string) {
		for _, types := range [][]map[string]ingest.Type{nil, r.declared()} {
			opt := r.options()
			in := input(t, name, opt)
			parsed, err := ingest.Open(name, in.File, opt)
			if err != nil {
				t.Fatal(err)
			}
			var want [][]string
			for _, table := range parsed.Tables() {
				if err := table.Rows(func(row []string) error { want = append(want, slices.Clone(row)); return nil }); err != nil {
					t.Fatal(err)
				}
			}
			dir := reach(t)
			in.Options.Types = types
			report, err := ingest.Run(t.Context(), in, dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			at := 0
			for _, table := range report.Tables {
				f, err := table.OpenTable(dir)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if err := ingest.Rows(t.Context(), f, func(row []string) error {
					if at >= len(want) || !slices.Equal(want[at], row) {
						t.Errorf("row %d: %q, want %q", at, row, want[min(at, len(want)-1)])
						return io.ErrUnexpectedEOF
					}
					at++
					return nil
				}); err != nil {
					t.Fatal(err)
				}
			}
			if at != len(want) {
				t.Errorf("%d rows of %d", at, len(want))
			}
		}
	})
}

// disagreements are where the proposal is another than the dictionary's type,
// which a person gave. Each has its reason.
var disagreements = map[string]string{
	"闰月 text boolean":                 "the dictionary explains 是 and 否 as codes",
	"内陆 text boolean":                 "the dictionary explains 是 and 否 as codes",
	"是否经OSI认可 text boolean":           "the dictionary explains true and false as codes",
	"可再生能源占比（%） decimal integer":      "all values are rounded to whole numbers",
	"零碳能源占比（%） decimal integer":       "all values are rounded to whole numbers",
	"碳强度（gCO2eq/kWh） decimal integer": "all values are rounded to whole numbers",
	"中心 array point":                  "a place that is written as an array of two numbers",
}

func TestTypesAreProposedAsPeopleGaveThem(t *testing.T) {
	var mu sync.Mutex
	columns, found := 0, map[string]bool{}
	t.Run("files", func(t *testing.T) {
		eachFile(t, func(t *testing.T, r *resource, name string) {
			report, err := ingest.Run(t.Context(), input(t, name, r.options()), reach(t), nil)
			if err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for i, table := range report.Tables {
				for _, c := range table.Columns {
					columns++
					at := slices.IndexFunc(r.fields[i], func(f datasets.Field) bool { return f.Name == c.Name })
					if given := r.fields[i][at].Type; given != string(c.Type) {
						what := fmt.Sprintf("%s %s %s", c.Name, given, c.Type)
						if found[what] = true; disagreements[what] == "" {
							t.Errorf("%s (type given, type proposed): %v", what, c.Evidence)
						}
					}
					if len(c.Evidence) == 0 && c.Type != ingest.Text {
						t.Errorf("%s is proposed as %s without evidence", c.Name, c.Type)
					}
					if c.Misfits > 0 {
						t.Errorf("%s as %s does not fit %d cells", c.Name, c.Type, c.Misfits)
					}
				}
			}
		})
	})
	if columns < 250 || len(found) != len(disagreements) {
		t.Errorf("%d columns, disagreements %v, known are %v", columns, found, disagreements)
	}
}
