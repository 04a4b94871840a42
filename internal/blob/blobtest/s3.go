package blobtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"shuyuan/internal/blob"
)

var buckets atomic.Int64

// S3 returns a function that makes an empty bucket on a real S3 server and
// tells how to reach it. The server is SHUYUAN_TEST_S3_URL
// (http://key:secret@host:port) or a versitygw that it starts and stops.
func S3(t *testing.T) func() blob.S3Config {
	t.Helper()
	c := blob.S3Config{Region: "us-east-1"}
	if outside := os.Getenv("SHUYUAN_TEST_S3_URL"); outside != "" {
		u, err := url.Parse(outside)
		if err != nil || u.User == nil {
			t.Fatal("SHUYUAN_TEST_S3_URL must read http://key:secret@host:port")
		}
		c.AccessKey = u.User.Username()
		c.SecretKey, _ = u.User.Password()
		c.Endpoint = u.Scheme + "://" + u.Host
	} else {
		c = versitygw(t)
	}
	client := connect(t, c)
	return func() blob.S3Config {
		t.Helper()
		c := c
		c.Bucket = fmt.Sprintf("shuyuan-test-%d-%d", os.Getpid(), buckets.Add(1))
		c.TempDir = t.TempDir()
		if err := client.MakeBucket(t.Context(), c.Bucket, minio.MakeBucketOptions{Region: c.Region}); err != nil {
			t.Fatalf("make bucket: %v", err)
		}
		t.Cleanup(func() {
			err := client.RemoveBucketWithOptions(context.Background(), c.Bucket, minio.RemoveBucketOptions{ForceDelete: true})
			if err != nil && os.Getenv("SHUYUAN_TEST_S3_URL") != "" {
				for o := range client.ListObjects(context.Background(), c.Bucket, minio.ListObjectsOptions{Recursive: true}) {
					client.RemoveObject(context.Background(), c.Bucket, o.Key, minio.RemoveObjectOptions{}) //nolint:errcheck // what is left shows below
				}
				if err := client.RemoveBucket(context.Background(), c.Bucket); err != nil {
					t.Logf("left on the server: bucket %s: %v", c.Bucket, err)
				}
			}
		})
		return c
	}
}

func connect(t *testing.T, c blob.S3Config) *minio.Client {
	t.Helper()
	client, err := minio.New(c.Endpoint[strings.Index(c.Endpoint, "//")+2:], &minio.Options{
		Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Region: c.Region, Secure: strings.HasPrefix(c.Endpoint, "https:"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// versitygw starts a server on a free port and stops it with the test.
func versitygw(t *testing.T) blob.S3Config {
	t.Helper()
	bin := versitygwBinary(t)
	c := blob.S3Config{AccessKey: "shuyuan-test", SecretKey: "only-for-this-test-run", Region: "us-east-1"}
	for range 5 { // another process may take the port between our looking and its use
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := l.Addr().String()
		l.Close()
		c.Endpoint = "http://" + addr
		if said, ok := startVersitygw(t, bin, addr, c); ok {
			return c
		} else if !strings.Contains(said, "address already in use") {
			t.Fatalf("versitygw did not start: %s", said)
		}
	}
	t.Fatal("no free port for versitygw")
	return c
}

func startVersitygw(t *testing.T, bin, addr string, c blob.S3Config) (said string, ok bool) {
	t.Helper()
	dir := t.TempDir()
	data, meta := filepath.Join(dir, "data"), filepath.Join(dir, "meta")
	for _, d := range []string{data, meta} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	// a sidecar folder, because not every file system keeps extended attributes
	cmd := exec.Command(bin, "--port", addr, "--quiet", "posix", "--sidecar", meta, data)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+c.AccessKey, "ROOT_SECRET_KEY="+c.SecretKey)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the death signal comes when the thread ends, not the process
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait() //nolint:errcheck // it is killed
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return err.Error(), false
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it may have ended already
		<-ended
	})
	client := connect(t, c)
	for range 200 {
		select {
		case <-ended:
			return out.String(), false
		default:
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err := client.ListBuckets(ctx)
		cancel()
		if err == nil {
			return "", true
		}
		time.Sleep(25 * time.Millisecond)
	}
	return "it does not answer", false
}

var versitygwVersion = regexp.MustCompile(`(?m)github\.com/versity/versitygw (v\S+)`)

// versitygwBinary finds the server, or builds it once per version and user.
func versitygwBinary(t *testing.T) string {
	t.Helper()
	if bin := os.Getenv("SHUYUAN_TEST_VERSITYGW"); bin != "" {
		return bin
	}
	_, here, _, _ := runtime.Caller(0)
	tools := filepath.Join(filepath.Dir(here), "..", "..", "..", ".ci", "tools")
	mod, err := os.ReadFile(filepath.Join(tools, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	version := versitygwVersion.FindSubmatch(mod)
	if version == nil {
		t.Fatal(".ci/tools/go.mod does not name versitygw")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	cache = filepath.Join(cache, "shuyuan")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(cache, "versitygw-"+string(version[1]))
	lock, err := os.OpenFile(bin+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(bin); err == nil {
		return bin
	}
	build := exec.Command("go", "build", "-o", bin+".new", "github.com/versity/versitygw/cmd/versitygw")
	build.Dir = tools
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build versitygw: %v\n%s", err, out)
	}
	if err := os.Rename(bin+".new", bin); err != nil {
		t.Fatal(err)
	}
	return bin
}
