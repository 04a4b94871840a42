package check_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shuyuan/cmd/shuyuan/check"
)

// A log in the database that was set back or rewritten is found by the checkpoints that
// are kept outside of it.
func TestCheckpointsKeptOutside(t *testing.T) {
	w := newWorld(t)
	logged(`SELECT 1`)(t, w)
	var size int64
	var root []byte
	if err := w.pool.QueryRow(t.Context(), `SELECT size, root FROM log_checkpoints ORDER BY size LIMIT 1`).Scan(&size, &root); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "checkpoints.ndjson")
	keep := func(size int64, root []byte) {
		t.Helper()
		line, err := json.Marshal(map[string]any{"size": size, "note": fmt.Sprintf("a.example/log\n%d\n%s\n\n— a.example/log x\n", size, base64.StdEncoding.EncodeToString(root))})
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Write(append(line, '\n')); err != nil {
			t.Fatal(err)
		}
	}
	broken := func() string {
		_, out := w.check(t, check.Kept(file))
		for line := range strings.SplitSeq(out, "\n") {
			if strings.Contains(line, "the public log is the tree") {
				return line + strings.SplitN(out, line, 2)[1]
			}
		}
		return ""
	}
	keep(size, root)
	if out := broken(); strings.Contains(out, "kept outside") {
		t.Errorf("what agrees is found:\n%s", out)
	}
	keep(2, make([]byte, 32))
	keep(99, root)
	out := broken()
	for _, want := range []string{"checkpoint of 2 leaves that is kept outside", "checkpoint of 99 leaves that is kept outside of the database, of which there are 9"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}
