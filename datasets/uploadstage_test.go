package datasets_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/jobs"
)

// heldScan is an upload whose rows are looked through until let go: what was
// found cannot be written before. Read tells how its reading ended.
func heldScan(t *testing.T, c *datasetstest.Catalogue) (u *datasets.Upload, letGo func(), read chan error) {
	t.Helper()
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	const content = "单位,电话\n甲,13800138000\n乙,13800138001\n"
	u, err := c.Service.StartUpload(t.Context(), who, datasets.NewUpload{ResourceID: c.Resource(t, d), FileName: "a.csv", Bytes: int64(len(content))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Service.AppendUpload(t.Context(), who, u.ID, datasets.Chunk{Reader: strings.NewReader(content)}); err != nil {
		t.Fatal(err)
	}
	tx, err := c.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	letGo = func() { tx.Rollback(context.WithoutCancel(t.Context())) } //nolint:errcheck // nothing to keep
	t.Cleanup(letGo)
	if _, err := tx.Exec(t.Context(), `LOCK TABLE scans IN EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	read = make(chan error, 1)
	go func() { read <- c.Service.ReadReceived(t.Context(), datasets.UploadReceived{ID: u.ID}) }()
	until(t, c, u.ID, `scan_of > 0 AND scan_done = scan_of`)
	return u, letGo, read
}

// Whoever looks through rows is heard of as long as it takes: nobody else reads
// the file again, and its page says what is being done.
func TestAnUploadThatIsLookedThroughIsNotReadAgain(t *testing.T) {
	c := newUploads(t)
	u, letGo, reading := heldScan(t, c)
	who := datasetstest.Officer(c.Office(t))
	now, err := c.Service.Upload(t.Context(), who, u.ID)
	if err != nil || now.State != datasets.Reading || now.Scan.Share() != 100 || now.Scan.Of != 2*3 || now.Progress.Rows != 2 {
		t.Errorf("while it is looked through: %+v, %v", now, err)
	}
	if _, known := now.Left(c.Clock().Add(time.Hour)); known {
		t.Error("the time left is told of what cannot be foretold")
	}
	c.Set(c.Clock().Add(time.Minute))
	until(t, c, u.ID, `heard_at = '2026-11-22T10:01:00+08'`)
	if err := c.Service.ResumeUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Service.ReadReceived(t.Context(), datasets.UploadReceived{ID: u.ID}); err != nil {
		t.Fatal(err)
	}
	var attempt, waiting int
	if err := c.Pool.QueryRow(t.Context(), `SELECT attempt, (SELECT count(*) FROM river_job WHERE kind = 'upload_received') FROM uploads WHERE id = $1`, u.ID).Scan(&attempt, &waiting); err != nil || attempt != 1 || waiting != 1 {
		t.Errorf("it was tried %d times and announced %d times, %v", attempt, waiting, err)
	}
	if err := c.Service.ScanUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	letGo()
	if err := <-reading; err != nil {
		t.Fatal(err)
	}
	if now, err = c.Service.Upload(t.Context(), who, u.ID); err != nil || now.State != datasets.Reviewing || scans(t, c) != 1 {
		t.Errorf("%s, %d scans, %v", now.State, scans(t, c), err)
	}
}

// An upload that is discarded while its rows are looked through is let alone at
// once.
func TestAnUploadIsDiscardedWhileItIsLookedThrough(t *testing.T) {
	c := newUploads(t)
	u, _, reading := heldScan(t, c)
	if _, err := c.Pool.Exec(t.Context(), `UPDATE uploads SET attempt = attempt + 1 WHERE id = $1`, u.ID); err != nil { // as by another reader
		t.Fatal(err)
	}
	if err := <-reading; err != nil { // while the scans are still held
		t.Error(err)
	}
}

// A large file waits for large ones only, and keeps no small one waiting.
func TestSmallUploadsDoNotWaitForLargeOnes(t *testing.T) {
	c := newUploads(t, func(r *datasets.UploadRules) { r.FileBytes = 1 << 30 })
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	for _, k := range []struct {
		bytes int
		queue string
	}{{100, jobs.SlowQueue}, {16 << 20, jobs.LargeQueue}} {
		line := "编号,文字\n1," + strings.Repeat("文", 20) + "\n"
		content := line + strings.Repeat("2,"+strings.Repeat("字", 300)+"\n", max(0, k.bytes-len(line))/903+1)
		u, err := c.Service.StartUpload(t.Context(), who, datasets.NewUpload{ResourceID: c.Resource(t, d), FileName: "a.csv", Bytes: int64(len(content))})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Service.AppendUpload(t.Context(), who, u.ID, datasets.Chunk{Reader: strings.NewReader(content)}); err != nil {
			t.Fatal(err)
		}
		var queue string
		if err := c.Pool.QueryRow(t.Context(), `SELECT queue FROM river_job WHERE args->>'id' = $1`, u.ID).Scan(&queue); err != nil || queue != k.queue {
			t.Errorf("%d bytes wait in %q, want %q (%v)", len(content), queue, k.queue, err)
		}
	}
}

// until waits for a row of an upload to be so.
func until(t *testing.T, c *datasetstest.Catalogue, id, condition string) {
	t.Helper()
	for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C { // no longer than the test may take
		var so bool
		if err := c.Pool.QueryRow(t.Context(), `SELECT `+condition+` FROM uploads WHERE id = @id`, pgx.NamedArgs{"id": id}).Scan(&so); err != nil {
			t.Fatal(err)
		}
		if so {
			return
		}
	}
}
