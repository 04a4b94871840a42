package datasets_test

import (
	"context"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/fault"
)

func forget(t *testing.T, c *datasetstest.Catalogue) {
	t.Helper()
	if _, err := c.Pool.Exec(t.Context(), `WITH f AS (DELETE FROM findings) DELETE FROM scans`); err != nil {
		t.Fatal(err)
	}
}

func scans(t *testing.T, c *datasetstest.Catalogue) (n int) {
	t.Helper()
	if err := c.Pool.QueryRow(t.Context(), `SELECT count(*) FROM scans`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// An upload that could not be looked through when it was read is not published
// so, and neither does its page wait for that: a task does it.
func TestAnUploadThatWasNotLookedThroughIsLookedThroughLater(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	u := sent(t, c, who, c.Resource(t, d), "a.csv", "单位,电话\n甲,13800138000\n")
	forget(t, c)
	against := func() string {
		t.Helper()
		all, err := c.Service.Objections(t.Context(), who, u)
		if err != nil || len(all) != 1 || !all[0].Block {
			t.Fatalf("%+v, %v", all, err)
		}
		return all[0].Kind
	}
	if got := against(); got != "not-looked-through" || scans(t, c) != 0 {
		t.Errorf("%s, %d scans", got, scans(t, c))
	}
	if err := c.Service.ScanUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := against(); got != "mobile" || scans(t, c) != 1 {
		t.Errorf("%s, %d scans", got, scans(t, c))
	}
	forget(t, c)
	if _, err := c.Service.PublishUpload(t.Context(), who, u.ID, datasets.Publication{}); fault.Of(err).Text() != "“电话”列有 1 行里有手机号码。" {
		t.Errorf("published at once: %v", err)
	}
}

// While somebody else holds the upload, its rows are looked through already:
// that is no part of the transaction that publishes it.
func TestRowsAreLookedThroughOutsideOfThePublication(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	u := sent(t, c, who, c.Resource(t, d), "a.csv", "甲\n1\n")
	c.Approve(t, who, u.ID)
	forget(t, c)
	tx, err := c.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // nothing to keep
	if _, err := tx.Exec(t.Context(), `SELECT FROM uploads WHERE id = $1 FOR UPDATE`, u.ID); err != nil {
		t.Fatal(err)
	}
	published := make(chan error, 1)
	go func() {
		_, err := c.Service.PublishUpload(t.Context(), who, u.ID, datasets.Publication{})
		published <- err
	}()
	for tick := time.NewTicker(20 * time.Millisecond); scans(t, c) == 0; <-tick.C { // no longer than the test may take
		select {
		case err := <-published:
			t.Fatalf("published while the upload was held: %v", err)
		default:
		}
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-published; err != nil {
		t.Error(err)
	}
}
