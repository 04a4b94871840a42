package rows

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/blob"
	"shuyuan/internal/sandbox"
)

// TestMain is a program with the jobs that the tests need.
func TestMain(m *testing.M) {
	sandbox.Main(map[string]sandbox.Job{JobName: Duckworker, ingest.JobName: ingest.Job, "make a table": makeTable})
	os.Exit(m.Run())
}

// makeTable runs SQL that writes a Parquet file.
func makeTable(ctx context.Context, _ []*os.File) error {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		return err
	}
	db := sql.OpenDB(c)
	defer db.Close()
	for _, statement := range strings.Split(string(text), ";\n") {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// made keeps tables made by SQL as Parquet files in a store.
func made(t testing.TB, store blob.Store, query string) blob.Digest {
	t.Helper()
	dir := t.TempDir()
	for d := dir; d != "/" && d != "."; d = filepath.Dir(d) {
		if info, err := os.Stat(d); err == nil && info.Mode().Perm()&0o011 != 0o011 {
			if err := os.Chmod(d, info.Mode().Perm()|0o711); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := filepath.Join(dir, "own", "t.parquet")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	var read []string
	for _, p := range []string{"/proc/self/cgroup", "/sys/fs/cgroup"} {
		if _, err := os.Stat(p); err == nil {
			read = append(read, p)
		}
	}
	text := "SET temp_directory = '" + filepath.Dir(path) + "';\nCOPY (" + query + ") TO '" + path + "' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
	c, err := sandbox.Start(t.Context(), sandbox.Spec{
		Job: "make a table", Stdin: strings.NewReader(text), Read: read, Write: []string{filepath.Dir(path)},
		Memory: 4 << 30, CPU: 5 * time.Minute, Time: 5 * time.Minute, FileSize: 1 << 30,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := store.Put(t.Context(), f, 0)
	if err != nil {
		t.Fatal(err)
	}
	return info.Digest
}

func newStore(t testing.TB) blob.Store {
	t.Helper()
	s, err := blob.NewDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// service is a Service with few, small workers.
func service(t testing.TB, store blob.Store, change func(*Options)) *Service {
	t.Helper()
	dir, err := os.MkdirTemp("", "shuyuan-rows-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	o := Options{Store: store, Dir: dir, Secret: []byte("a secret of an installation"), Workers: 2, Exports: 1, Memory: 256 << 20, Free: 1 << 20, Timeout: 30 * time.Second}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
