package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every run measures the same table, and the copies that are uploaded hold the
// same rows in other bytes.
func TestAirIsTheSameAtEveryRun(t *testing.T) {
	dir := t.TempDir()
	var files [][]byte
	for _, name := range []string{"a", "b"} {
		path := filepath.Join(dir, name)
		if err := writeAir(path, 5000); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, content)
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("two runs have two tables")
	}
	path := filepath.Join(dir, "c")
	if err := another(path, filepath.Join(dir, "a"), 1); err != nil {
		t.Fatal(err)
	}
	copied, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(copied, files[0]) {
		t.Error("the copy is the same file")
	}
	rows := unpacked(t, copied)
	if got := unpacked(t, files[0]); len(rows) != 5001 || len(got) != len(rows) {
		t.Fatalf("%d and %d lines, want 5001", len(got), len(rows))
	}
	empty := 0
	for _, r := range rows[1:] {
		if len(r) != len(rows[0]) || r[0] == "" || r[1] == "" || len(r[2]) != len("2020-01-01 00:00") {
			t.Fatalf("row %q", r)
		}
		for _, cell := range r[3:] {
			if cell == "" {
				empty++
			}
		}
	}
	if share := float64(empty) / (7 * 5000); share < 0.01 || share > 0.05 {
		t.Errorf("%.3f of the measurements are missing", share)
	}
}

func unpacked(t *testing.T, file []byte) [][]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// The engine alone answers each order, says what is wrong with one, and ends
// with its input.
func TestTheEngineAloneAnswers(t *testing.T) {
	var out strings.Builder
	if err := engineAlone(t.Context(), strings.NewReader(`{"sql":"SELECT 1"}{"sql":"SELECT 1","fresh":true}{"sql":"SELEKT"}`), &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || strings.Contains(lines[0]+lines[1], "failed") || !strings.Contains(lines[2], "Parser Error") {
		t.Errorf("answered %q", lines)
	}
}
