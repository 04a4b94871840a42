package ledger_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"shuyuan/internal/backup"
	"shuyuan/internal/blob"
	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/ledger"
)

// A restored ledger has the balances of the one that was backed up, whatever of them was
// folded then, and goes on from there.
func TestRestoredBooks(t *testing.T) {
	b := newBooks(t, 2)
	bank := ledger.BankReceivable.For(b.orgs[0])
	for i := range 20 {
		order := fmt.Sprintf("DD-%d", i)
		b.must(t, "in"+order, ledger.PaidIn(order, bank, 100))
		b.must(t, "ok"+order, ledger.Accepted(order, []ledger.Part{{To: ledger.PayableDeveloper.For(b.orgs[1]), Amount: 60}}))
		if i == 10 {
			if err := b.Fold(t.Context(), b.pool); err != nil {
				t.Fatal(err)
			}
		}
	}
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
	store := func() blob.Store {
		s, err := blob.NewDir(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var saved bytes.Buffer
	if _, err := backup.Write(t.Context(), &saved, backup.Source{Pool: b.pool, Store: store(), Recipient: recipient, Now: b.at}); err != nil {
		t.Fatal(err)
	}
	again := &books{Book: b.Book, pool: dbtest.New(t), orgs: b.orgs, at: b.at}
	if _, err := backup.Restore(t.Context(), &saved, backup.Target{Pool: again.pool, Store: store(), Identity: identity}); err != nil {
		t.Fatal(err)
	}
	for code, want := range map[ledger.Account]int64{bank: 2000, ledger.PayableDeveloper.For(b.orgs[1]): -1200, ledger.OrderHold.ForOrder("DD-3"): -40} {
		if n := again.balance(t, code); n != want {
			t.Errorf("%s: %d, want %d", code.Code(), n, want)
		}
	}
	differ(t, again)
	if p := again.must(t, "inDD-1", ledger.PaidIn("DD-1", bank, 100)); !p.Again {
		t.Error("the keys are gone")
	}
	again.must(t, "new", ledger.Refundable("DD-3", 40))
	over := ledger.Refundable("DD-3", 1)
	over.Key = "over"
	if _, err := again.post(t.Context(), over); fault.KindOf(err) != fault.Conflict {
		t.Errorf("more than is held: %v", err)
	}
}
