package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/internal/blob/blobtest"
)

// A store of files that takes questions and never answers is said to be away;
// what does answer is not.
func TestOnePartThatIsSilentDoesNotMakeOthersLookSo(t *testing.T) {
	t.Parallel() // it waits for what does not come
	s3 := blobtest.S3(t)()
	to, err := url.Parse(s3.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	var silent atomic.Bool
	proxy := httputil.NewSingleHostReverseProxy(to)
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if silent.Load() {
			<-r.Context().Done()
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(between.Close)
	p := start(t, t.TempDir(), env("SHUYUAN_S3_ENDPOINT="+between.URL, "SHUYUAN_S3_BUCKET="+s3.Bucket, "SHUYUAN_S3_REGION="+s3.Region,
		"SHUYUAN_S3_ACCESS_KEY="+s3.AccessKey, "SHUYUAN_S3_SECRET_KEY="+s3.SecretKey))
	looks := func(status int) map[string]bool {
		var said struct{ Parts []part }
		if err := json.Unmarshal([]byte(wants(t, p.admin+"/readyz", status)), &said); err != nil {
			t.Fatal(err)
		}
		ok := map[string]bool{}
		for _, p := range said.Parts {
			ok[p.Name] = p.OK
		}
		return ok
	}
	eventually(t, "everything answers", func() bool { return looks(200)["search index"] })
	silent.Store(true)
	want := map[string]bool{"database": true, "private PostgreSQL": true, "files": false, "search index": true, "transparency log": true}
	if diff := cmp.Diff(want, looks(503)); diff != "" {
		t.Error(diff)
	}
}
