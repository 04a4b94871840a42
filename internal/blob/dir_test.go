package blob_test

import (
	"bufio"
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/blob"
	"shuyuan/internal/blob/blobtest"
	"shuyuan/internal/fault"
)

func newDir(t *testing.T, path string) *blob.Dir {
	t.Helper()
	s, err := blob.NewDir(path)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*blob.Dir)
}

func TestDirIsAStore(t *testing.T) {
	blobtest.Run(t, func() blob.Store {
		path := t.TempDir()
		t.Cleanup(func() { // whatever happened, no temporary file stays
			if left, _ := os.ReadDir(filepath.Join(path, "tmp")); len(left) > 0 {
				t.Errorf("left in tmp: %v", left)
			}
		})
		return newDir(t, path)
	})
}

// TestMain lets the test binary be the process that is killed in the middle of a put.
func TestMain(m *testing.M) {
	if path := os.Getenv("BLOB_TEST_PUT_INTO"); path != "" {
		s, err := blob.NewDir(path)
		if err != nil {
			panic(err)
		}
		s.Put(context.Background(), os.Stdin, 0) //nolint:errcheck // it is killed
		return
	}
	os.Exit(m.Run())
}

func TestAProcessKilledWhilePuttingLeavesNothingVisible(t *testing.T) {
	for range 5 {
		path := t.TempDir()
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "BLOB_TEST_PUT_INTO="+path)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w := bufio.NewWriter(in)
		w.Write(blobtest.Bytes(1 + rand.IntN(1<<20))) //nolint:errcheck // it is killed
		w.Flush()                                     //nolint:errcheck // it is killed
		tmp := filepath.Join(path, "tmp")
		for written := false; !written; time.Sleep(time.Millisecond) {
			files, _ := filepath.Glob(filepath.Join(tmp, "put-*"))
			written = len(files) == 1
		}
		cmd.Process.Kill() //nolint:errcheck // that is the point
		cmd.Wait()         //nolint:errcheck // it is killed

		s := newDir(t, path)
		if all := blobtest.List(t, s); len(all) != 0 {
			t.Errorf("visible: %v", all)
		}
		if n, err := s.Sweep(time.Hour); n != 0 || err != nil {
			t.Errorf("swept %d young files, %v", n, err)
		}
		if n, err := s.Sweep(0); n != 1 || err != nil {
			t.Errorf("swept %d old files, %v; want 1", n, err)
		}
	}
}

func TestOldLeftoversAreSweptAtTheStart(t *testing.T) {
	path := t.TempDir()
	newDir(t, path)
	old, young := filepath.Join(path, "tmp", "put-old"), filepath.Join(path, "tmp", "put-young")
	for _, f := range []string{old, young} {
		if err := os.WriteFile(f, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	yesterday := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(old, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	newDir(t, path)
	left, _ := filepath.Glob(filepath.Join(path, "tmp", "*"))
	if len(left) != 1 || left[0] != young {
		t.Errorf("left: %v, want only the young one", left)
	}
}

func TestADamagedObjectIsFoundAndMended(t *testing.T) {
	path := t.TempDir()
	s := newDir(t, path)
	b := blobtest.Bytes(1000)
	i := blobtest.Put(t, s, b)
	name := filepath.Join(path, string(i.Digest[:2]), string(i.Digest[2:4]), string(i.Digest))
	if err := os.Chmod(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b[:999], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.Verify(t.Context(), s, i.Digest); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a short file passes: %v", err)
	}
	blobtest.Put(t, s, b)
	if _, err := blob.Verify(t.Context(), s, i.Digest); err != nil {
		t.Errorf("putting it again does not mend it: %v", err)
	}
}

func TestALinkIsNoObject(t *testing.T) {
	path := t.TempDir()
	s := newDir(t, path)
	d := blobtest.Digest([]byte("x"))
	name := filepath.Join(path, string(d[:2]), string(d[2:4]), string(d))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", name); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stat(t.Context(), d); fault.KindOf(err) != fault.NotFound {
		t.Errorf("stat: %v", err)
	}
	if _, err := s.Open(t.Context(), d); fault.KindOf(err) != fault.NotFound {
		t.Errorf("open: %v", err)
	}
	if all := blobtest.List(t, s); len(all) != 0 {
		t.Errorf("listed: %v", all)
	}
}

func TestAFolderThatIsGoneIsUnavailable(t *testing.T) {
	path := t.TempDir()
	s := newDir(t, path)
	if err := os.RemoveAll(filepath.Join(path, "tmp")); err != nil {
		t.Fatal(err)
	}
	_, err := s.Put(t.Context(), strings.NewReader("x"), 0)
	if fault.KindOf(err) != fault.Unavailable || !strings.Contains(fault.Of(err).Text(), "存储") {
		t.Errorf("got %v", err)
	}
}
