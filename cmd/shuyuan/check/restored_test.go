package check_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shuyuan/cmd/shuyuan/check"
	"shuyuan/internal/backup"
	"shuyuan/internal/blob"
	"shuyuan/internal/database/dbtest"
)

func TestARestoredInstallationPassesTheChecker(t *testing.T) {
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "key")
	public, err := backup.NewKey(file)
	if err != nil {
		t.Fatal(err)
	}
	recipient, err := backup.Recipient(public)
	if err != nil {
		t.Fatal(err)
	}
	identity, err := backup.Identity(file)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	_, err = backup.Write(t.Context(), &buf, backup.Source{
		Pool: w.pool, Store: w.store, Recipient: recipient, Now: time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	store, err := blob.NewDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pool := dbtest.New(t)
	var report strings.Builder
	_, err = backup.Restore(t.Context(), &buf, backup.Target{Pool: pool, Store: store, Identity: identity,
		Check: func(ctx context.Context) error {
			n, err := check.Run(ctx, pool, store, w.index, &report, check.Deep, check.Settle(0))
			if n > 0 {
				return fmt.Errorf("%d violations", n)
			}
			return err
		}})
	if err != nil {
		t.Errorf("%v\n%s", err, &report)
	}
	if strings.Count(report.String(), " holds: ") < 25 {
		t.Errorf("the checker did not look at everything:\n%s", &report)
	}
}
