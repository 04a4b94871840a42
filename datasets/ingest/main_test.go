package ingest_test

import (
	"os"
	"testing"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/sandbox"
)

// TestMain is a program with the job that the tests need.
func TestMain(m *testing.M) {
	sandbox.Main(map[string]sandbox.Job{ingest.JobName: evil})
	os.Exit(m.Run())
}

// onDisk is content as an open file.
func onDisk(t testing.TB, content string) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.WriteString(content); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	return f
}
