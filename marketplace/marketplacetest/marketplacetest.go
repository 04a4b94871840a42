// Package marketplacetest makes products for tests: a scenario with its workspace, the
// log with its keys, and the service of products on them. Each test states only what
// it is about.
package marketplacetest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets/rows"
	"shuyuan/internal/signing/register"
	"shuyuan/internal/signing/vault"
	"shuyuan/internal/transparency"
	"shuyuan/licensing/workspace/workspacetest"
	"shuyuan/marketplace"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/receipts"
)

// Base is the address of the portal of the tests.
const Base = "https://data.example.gov"

// World is a scenario with its people, and the service of products.
type World struct {
	*workspacetest.World
	Products *marketplace.Service
	Keys     *register.Register
	Log      *transparency.Log
	Space    string // number of the workspace, once something was released
}

// New returns a world without a product.
func New(t testing.TB, change ...func(*marketplace.Config)) *World {
	t.Helper()
	w := &World{World: workspacetest.New(t)}
	dir := t.TempDir()
	v, err := vault.Open(filepath.Join(dir, "keys"), filepath.Join(dir, "memory"), 10*365*24*time.Hour, w.Clock)
	if err != nil {
		t.Fatal(err)
	}
	w.Keys = register.New(w.Pool, v)
	reader := transparency.NewReader(w.Pool)
	w.Log = transparency.New(reader, v, dir, w.Clock)
	if err := w.Keys.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Log.Name(t.Context(), "data.example.gov/log"); err != nil {
		t.Fatal(err)
	}
	tables, err := os.MkdirTemp("", "shuyuan-products-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(tables) })
	if err := os.Chmod(tables, 0o711); err != nil { // the child is another user
		t.Fatal(err)
	}
	asked, err := rows.New(rows.Options{Store: w.Store, Dir: tables, Secret: []byte("a secret of an installation"), Workers: 1, Exports: 1, Memory: 256 << 20, Free: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(asked.Close)
	c := marketplace.Config{
		Pool: w.Pool, Store: w.Store, Catalogue: w.Service, Gate: w.Gate, Accounts: w.Accounts, Rows: asked, Work: t.TempDir(), Base: Base, Signer: v, Log: reader, Now: w.Clock,
		Receipts: receipts.New(receipts.Config{Pool: w.Pool, Catalogue: w.Service, Limits: w.Accounts, Signer: v, Base: Base, Now: w.Clock}),
		Signing:  marketplace.SigningRules{Valid: 730 * 24 * time.Hour},
		Checks:   marketplace.CheckRules{Most: 4 << 20, AtOnce: 2, Time: 20 * time.Second},
	}
	for _, f := range change {
		f(&c)
	}
	w.Products = marketplace.New(c)
	return w
}

// Release is the number of a result that left the workspace of the scenario.
func (w *World) Release(t testing.TB) string {
	t.Helper()
	if w.Space == "" {
		w.Running(t)
		w.Space = w.Opened(t).Number
	}
	w.Released(t, w.Space, workspacetest.Counted)
	found, err := w.Workspaces.Releases(t.Context(), w.Owner, w.Space)
	if err != nil || len(found) == 0 {
		t.Fatalf("nothing was released: %v", err)
	}
	return found[0].Number
}

// Made is a product of the scenario.
func (w *World) Made(t testing.TB, change ...func(*marketplace.ProductForm)) *marketplace.Product {
	t.Helper()
	f := marketplace.ProductForm{Kind: marketplace.Dataset, Title: "示例：各站客流", Summary: "示例", Scenario: w.Name, Sold: true}
	for _, one := range change {
		one(&f)
	}
	p, err := w.Products.Make(t.Context(), w.Owner, f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Built is the first version of a product that is a released result, not yet checked.
func (w *World) Built(t testing.TB, p *marketplace.Product, release string) *marketplace.VersionView {
	t.Helper()
	f := marketplace.VersionForm{Number: "1.0.0", Method: "按车站分组计数", Forms: []marketplace.Form{stamp.CSV, stamp.JSON}}
	if _, err := w.Products.Build(t.Context(), w.Owner, p.Number, f); err != nil {
		t.Fatal(err)
	}
	if err := w.Products.AddRelease(t.Context(), w.Owner, p.Number, "1.0.0", release, "stations"); err != nil {
		t.Fatal(err)
	}
	return w.Version(t, p.Number, "1.0.0")
}

// Version is a version as its developer sees it.
func (w *World) Version(t testing.TB, product, number string) *marketplace.VersionView {
	t.Helper()
	v, err := w.Products.Version(t.Context(), w.Owner, product, number)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Move makes moves of a version, one after the other.
func (w *World) Move(t testing.TB, product, number string, actions ...marketplace.VersionAction) *marketplace.VersionView {
	t.Helper()
	for _, a := range actions {
		if err := w.Try(t, product, number, a); err != nil {
			t.Fatalf("%s of %s@%s: %v", a, product, number, err)
		}
	}
	return w.Version(t, product, number)
}

// Try makes a move of a version and returns why it is refused.
func (w *World) Try(t testing.TB, product, number string, a marketplace.VersionAction) error {
	t.Helper()
	v := w.Version(t, product, number)
	_, err := w.Products.MoveVersion(t.Context(), w.Owner, product, number, marketplace.Step{Action: string(a), Revision: v.Revision, Words: "示例理由"})
	return err
}

// Published is a product whose first version is a released result, sealed and
// published.
func (w *World) Published(t testing.TB) *marketplace.VersionView {
	t.Helper()
	p := w.Made(t)
	w.Built(t, p, w.Release(t))
	return w.Move(t, p.Number, "1.0.0", marketplace.Check, marketplace.Seal, marketplace.Publish)
}

// Exec changes records behind everybody's back, as only somebody with all rights in
// the database can.
func (w *World) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	tx, err := w.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context()) //nolint:errcheck // committed below
	if _, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = replica`); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", strings.TrimSpace(sql), err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}
