package register_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/fault"
	"shuyuan/internal/signing"
	"shuyuan/internal/signing/register"
	"shuyuan/internal/signing/vault"
	"shuyuan/internal/transparency"
	"shuyuan/internal/transparency/wire"
)

func open(t *testing.T, dir string) *vault.Files {
	t.Helper()
	v, err := vault.Open(filepath.Join(dir, "keys"), filepath.Join(dir, "memory"), 24*time.Hour, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func list(t *testing.T, r *register.Register, want int) signing.Keys {
	t.Helper()
	keys, err := r.List(t.Context())
	if err != nil || len(keys) != want {
		t.Fatalf("%d keys are published, want %d (%v)", len(keys), want, err)
	}
	if err := keys.Check(); err != nil {
		t.Error(err)
	}
	return keys
}

func publish(t *testing.T, r *register.Register) {
	t.Helper()
	if err := r.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// leaves counts the leaves of a kind.
func leaves(t *testing.T, pool *pgxpool.Pool, kind wire.Kind) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM log_leaves WHERE kind = $1`, kind).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestEveryChangeOfTheListIsInTheLog follows keys from the first to a revocation.
func TestEveryChangeOfTheListIsInTheLog(t *testing.T) {
	pool, v := dbtest.New(t), open(t, t.TempDir())
	r := register.New(pool, v)
	publish(t, r)
	publish(t, r)
	first := list(t, r, 3)
	key, err := r.Rotate(t.Context(), signing.Statement)
	if err != nil || key.By == key.ID {
		t.Fatalf("%+v (%v)", key, err)
	}
	if _, err := v.Rotate(t.Context(), signing.Certificate); err != nil { // and the server ends here
		t.Fatal(err)
	}
	publish(t, r)
	list(t, r, 5)
	if n := leaves(t, pool, wire.KeyMade); n != 5 {
		t.Errorf("the log introduces %d keys", n)
	}

	old := first[0]
	if err := r.Revoke(t.Context(), old.ID, time.Now().Add(time.Hour), signing.Compromised); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a key was revoked from tomorrow on: %v", err)
	}
	if err := r.Revoke(t.Context(), old.ID, time.Now(), "because"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a key was revoked for no reason: %v", err)
	}
	if err := r.Revoke(t.Context(), "00", time.Now(), signing.Lost); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a key that nobody has was revoked: %v", err)
	}
	stolen := time.Now().Add(-time.Hour)
	if err := r.Revoke(t.Context(), old.ID, stolen, signing.Compromised); err != nil {
		t.Fatal(err)
	}
	if err := r.Revoke(t.Context(), old.ID, stolen.Add(-time.Hour), signing.Compromised); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a key was revoked twice: %v", err)
	}
	revoked, _ := list(t, r, 5).Find(old.ID)
	if revoked.Revoked == nil || revoked.Revoked.Compromised.Sub(stolen).Abs() > time.Second || leaves(t, pool, wire.Revocation) != 1 {
		t.Errorf("the list says %+v", revoked.Revoked)
	}
	if _, err := r.Rotate(t.Context(), "letters"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a key for letters: %v", err)
	}
}

// TestAKeyIsRenewedBeforeItsEnd renews keys of a day.
func TestAKeyIsRenewedBeforeItsEnd(t *testing.T) {
	r := register.New(dbtest.New(t), open(t, t.TempDir()))
	publish(t, r)
	if err := r.Renew(t.Context(), time.Now().Add(23*time.Hour)); err != nil {
		t.Fatal(err)
	}
	list(t, r, 3)
	if err := r.Renew(t.Context(), time.Now().Add(25*time.Hour)); err != nil {
		t.Fatal(err)
	}
	list(t, r, 6)
}

// TestKeysOfAnotherInstallationAreRefused has other files beside the database:
// they are neither used nor published. Only when the old keys are revoked as lost
// may others begin.
func TestKeysOfAnotherInstallationAreRefused(t *testing.T) {
	pool, dir := dbtest.New(t), t.TempDir()
	publish(t, register.New(pool, open(t, dir)))
	if err := os.RemoveAll(filepath.Join(dir, "keys")); err != nil {
		t.Fatal(err)
	}
	r := register.New(pool, open(t, dir))
	if err := r.Publish(t.Context()); err == nil {
		t.Fatal("keys of another installation were published")
	}
	for _, k := range list(t, r, 3) {
		if err := r.Revoke(t.Context(), k.ID, time.Now(), signing.Lost); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, r)
	list(t, r, 6)
}

// TestTheLogIsSignedWithTheKeyOfItsTime rotates the key of checkpoints.
func TestTheLogIsSignedWithTheKeyOfItsTime(t *testing.T) {
	pool, dir := dbtest.New(t), t.TempDir()
	v := open(t, dir)
	r := register.New(pool, v)
	publish(t, r)
	log := transparency.New(transparency.NewReader(pool), v, dir, time.Now)
	if err := errors.Join(log.Name(t.Context(), "log.example/log"), log.Tick(t.Context())); err != nil {
		t.Fatal(err)
	}
	before, err := log.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key, err := r.Rotate(t.Context(), signing.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, err := log.Checkpoint(t.Context())
	if err != nil || after.Key != key.ID || before.Key == key.ID || after.Size != before.Size+1 {
		t.Errorf("%+v, then %+v (%v)", before, after, err)
	}
}
