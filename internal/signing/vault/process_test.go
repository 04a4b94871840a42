package vault_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"

	"shuyuan/internal/sandbox"
	"shuyuan/internal/signing"
	"shuyuan/internal/signing/vault"
	"shuyuan/internal/transparency/wire"
)

func TestMain(m *testing.M) {
	sandbox.Main(map[string]sandbox.Job{vault.JobName: vault.Job(time.Now)})
	os.Exit(m.Run())
}

func start(t *testing.T, dir string) *vault.Process {
	t.Helper()
	p, err := vault.Start(filepath.Join(dir, "keys"), filepath.Join(dir, "memory"), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// TestTheSignerIsAProcessOfItsOwn signs through it, kills it, and goes on with the
// same keys and the same memory.
func TestTheSignerIsAProcessOfItsOwn(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	message := signing.PAE(signing.InToto, []byte(`{}`))
	id, signature, err := p.Sign(t.Context(), signing.Statement, message)
	if err != nil {
		t.Fatal(err)
	}
	root := tlog.RecordHash([]byte("a"))
	if _, _, err := p.SignCheckpoint(t.Context(), wire.CheckpointText("log", wire.Tree{Size: 1, Root: root}), 0, nil); err != nil {
		t.Fatal(err)
	}
	pid := p.Pid()
	if pid == 0 || pid == os.Getpid() {
		t.Fatalf("the signer is process %d", pid)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	again, same, err := p.Sign(t.Context(), signing.Statement, message)
	if err != nil { // the order may have gone to the one that was killed
		again, same, err = p.Sign(t.Context(), signing.Statement, message)
	}
	if err != nil || again != id || string(same) != string(signature) {
		t.Errorf("after its end another key signs: %s, %s (%v)", id, again, err)
	}
	if p.Pid() == pid {
		t.Error("it was not started again")
	}
	var older *signing.Older
	_, _, err = p.SignCheckpoint(t.Context(), wire.CheckpointText("log", wire.Tree{Size: 1, Root: tlog.RecordHash([]byte("b"))}), 0, nil)
	if !errors.As(err, &older) || older.Size != 1 {
		t.Errorf("another root of the same size: %v", err)
	}
	if _, _, err := p.Sign(t.Context(), signing.Statement, []byte("anything")); err == nil || strings.Contains(err.Error(), "does not answer") {
		t.Errorf("anything: %v", err)
	}
	if _, _, err := p.Sign(t.Context(), signing.Statement, signing.PAE(signing.InToto, make([]byte, 1<<20))); err == nil {
		t.Error("a message without end was signed")
	}

	other := start(t, dir) // as after a restart of the server: another user of the machine where we are root
	p.Close()
	if again, _, err := other.Sign(t.Context(), signing.Statement, message); err != nil || again != id {
		t.Errorf("after a restart key %s signs (%v)", again, err)
	}
	made, err := other.Made(t.Context())
	if err != nil || len(made) != 3 {
		t.Errorf("%d keys (%v)", len(made), err)
	}
	if m, err := other.Rotate(t.Context(), signing.Statement); err != nil || m.By != id {
		t.Errorf("%+v (%v)", m, err)
	}
}

func TestManyAskTheSignerAtOnce(t *testing.T) {
	p := start(t, t.TempDir())
	var g errgroup.Group
	for range 8 {
		g.Go(func() error {
			for range 20 {
				if _, _, err := p.Sign(t.Context(), signing.Certificate, signing.PAE(signing.InToto, []byte(`{}`))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}
