package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/blob"
	"shuyuan/internal/blob/blobtest"
	"shuyuan/internal/database/dbtest"
	"shuyuan/search/meili/meilitest"
)

// Two replicas share a database and a store. One searches with an index of its
// own, the other with a search server.
func TestTheSameProgramRunsOnOutsideServices(t *testing.T) {
	t.Parallel()
	url, s3, search := dbtest.Empty(t), blobtest.S3(t)(), meilitest.Start(t, "key-of-the-test")
	shared := env("SHUYUAN_DATABASE_URL="+url,
		"SHUYUAN_S3_ENDPOINT="+s3.Endpoint, "SHUYUAN_S3_BUCKET="+s3.Bucket, "SHUYUAN_S3_REGION="+s3.Region,
		"SHUYUAN_S3_ACCESS_KEY="+s3.AccessKey, "SHUYUAN_S3_SECRET_KEY="+s3.SecretKey)
	served := env("SHUYUAN_SEARCH_URL="+search.URL, "SHUYUAN_SEARCH_KEY=key-of-the-test")
	a, b := start(t, t.TempDir(), shared), start(t, t.TempDir(), shared, served)
	for _, p := range []*process{a, b} {
		for _, unused := range []string{"postgres", "files"} {
			if _, err := os.Stat(filepath.Join(p.data, unused)); err == nil {
				t.Errorf("%s has a folder %s", p.data, unused)
			}
		}
		if strings.Contains(p.log.String(), s3.SecretKey) || strings.Contains(p.log.String(), "key-of-the-test") {
			t.Errorf("a secret is in the log:\n%s", p.log)
		}
	}
	store, err := blob.NewS3(t.Context(), s3)
	if err != nil {
		t.Fatal(err)
	}
	const text = "年份,数值\n2025,1\n"
	address := newWriterOn(t, url, store).publish(t, text)
	for _, p := range []*process{a, b} {
		if body := wants(t, p.base+address, 200); body != text {
			t.Errorf("the file is %q", body)
		}
		p.finds(t, "queren", "acknowledged") // by its pinyin
		wants(t, p.admin+"/readyz", 200)
	}
	t.Run("guards hold for both together", func(t *testing.T) { guardsHold(t, url, a, b) })
	for p, with := range map[*process][]option{a: {shared}, b: {shared, served}} {
		for _, args := range [][]string{{"check", "--deep"}, {"reindex"}, {"check"}} {
			if code, out, log := shuyuan(t, p.data, args, with...); code != 0 {
				t.Errorf("shuyuan %v: exit code %d\n%s%s", args, code, out, log)
			}
		}
	}
}

func TestOneThatIsAwayIsNamed(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // a person waits for one that is starting longer
	defer cancel()
	settings := map[string]string{"SHUYUAN_DATA": t.TempDir(), "SHUYUAN_DATABASE_URL": "postgres://somebody:canary-0d9@127.0.0.1:1/nothing"}
	code := run(ctx, []string{"migrate"}, func(name string) string { return settings[name] }, io.Discard, &log)
	if said := log.String(); code != 1 || !strings.Contains(said, "the database does not answer") || strings.Contains(said, "canary-0d9") {
		t.Errorf("exit code %d, it says:\n%s", code, said)
	}
	// a search server may be away: the catalogue answers
	p := start(t, t.TempDir(), env("SHUYUAN_SEARCH_URL=http://127.0.0.1:1"))
	newWriter(t, p.data).publish(t, "年份\n2025\n")
	if body := wants(t, p.base+"/api/v1/datasets?q=已确认", 200); !strings.Contains(body, `"slug":"acknowledged"`) {
		t.Errorf("without a search server nothing is found: %s", body)
	}
	if body := wants(t, p.admin+"/readyz", 200); !strings.Contains(body, `{"name":"search index","ok":false`) {
		t.Errorf("readyz does not tell: %s", body)
	}
}
