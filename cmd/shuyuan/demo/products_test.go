package demo

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/internal/signing/register"
	"shuyuan/internal/signing/vault"
	"shuyuan/internal/transparency"
	"shuyuan/licensing"
	"shuyuan/marketplace"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/payment"
	"shuyuan/marketplace/provenance/verify"
	"shuyuan/marketplace/receipts"
	"shuyuan/marketplace/registration"
)

// traded gives an installation products, with the keys that sign.
func (in *installation) traded(t *testing.T, dir string, book *policy.Book, clocks *deadline.Clocks) {
	t.Helper()
	tables, err := os.MkdirTemp("", "shuyuan-rows-") // the child is another user, who does not reach the test's own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(tables) })
	if err := os.Chmod(tables, 0o711); err != nil {
		t.Fatal(err)
	}
	in.Products = func(ctx context.Context) (*marketplace.Service, error) {
		keys, err := vault.Open(filepath.Join(dir, "keys"), filepath.Join(dir, "signer"), 10*365*24*time.Hour, in.Now)
		if err != nil {
			return nil, err
		}
		if err := register.New(in.pool, keys).Publish(ctx); err != nil {
			return nil, err
		}
		asked, err := rows.New(rows.Options{Store: in.store, Dir: tables, Secret: []byte("a secret of the sample world"), Workers: 1, Exports: 1, Memory: 256 << 20, Free: 1 << 20})
		if err != nil {
			return nil, err
		}
		t.Cleanup(asked.Close)
		gate := licensing.NewGate(in.pool, licensing.Parts{Within: 24 * time.Hour, Times: 2})
		catalogue := datasets.NewService(in.pool, in.store, gate, in.Now, datasets.Rows(asked))
		return marketplace.New(marketplace.Config{
			Receipts: receipts.New(receipts.Config{Pool: in.pool, Catalogue: catalogue, Limits: in.Accounts, Signer: keys, Base: "https://data.example.gov", Now: in.Now}),
			Pool:     in.pool, Store: in.store, Catalogue: catalogue, Gate: gate, Accounts: Known(in.Accounts),
			Signing: marketplace.SigningRules{Valid: 730 * 24 * time.Hour},
			Base:    "https://data.example.gov", Rows: asked, Work: t.TempDir(), Signer: keys, Log: transparency.NewReader(in.pool), Now: in.Now,
		}), nil
	}
	in.Registrations = func(m *marketplace.Service, now func() time.Time) *registration.Service {
		return registration.New(registration.Config{Pool: in.pool, Products: m, Accounts: Registering(in.Accounts), Clocks: clocks, Signer: m.Signer, Base: m.Base, Now: now})
	}
	in.Bank = func() *payment.Bank {
		return &payment.Bank{Pool: in.pool, Book: ledger.New(in.Now), Now: in.Now, Layouts: payment.Layouts}
	}
	in.Listings = func(m *marketplace.Service) (*offering.Service, error) {
		return offering.New(offering.Config{Pool: in.pool, Products: m, Book: book, Clocks: clocks, Now: in.Now})
	}
}

// Every state that a product and a version may have before registration is there, with
// sources by machine, held, inherited and declared, and what is asked about them is
// answered.
func TestTheSampleProducts(t *testing.T) {
	in := loaded(t)
	m, err := in.Products(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := in.state(t, `SELECT concat_ws(' ', r.number ~ '^XZZ-', r.kind = '', r.sha256 = v.sha256) FROM download_receipts r JOIN versions v ON v.id = r.version_id`); !slices.Equal(got, []string{"t t t"}) {
		t.Errorf("certificates of download: %q", got)
	}
	stand := in.state(t, `
		SELECT concat_ws(' ', p.title, p.state, p.sample, v.major || '.' || v.minor || '.' || v.patch, v.state,
			(SELECT string_agg(s.basis, ',' ORDER BY s.basis) FROM product_sources s WHERE s.version_id = v.id), (SELECT count(*) FROM product_artefacts a WHERE a.version_id = v.id))
		FROM products p JOIN product_versions v ON v.product_id = p.id ORDER BY p.id, v.id`)
	want := []string{
		strikesProduct + " listable t 1.0.0 deprecated machine 4",
		strikesProduct + " listable t 1.1.0 published machine 4",
		strikesProduct + " listable t 1.2.0 checked 0",
		holidaysProduct + " internal_review t 1.0.0 recalled held 4",
		holidaysProduct + " internal_review t 1.1.0 published held 4",
		reportProduct + " internal_review t 1.0.0 sealed machine 1",
		draftProduct + " draft t 0.1.0 building 0",
		quakesProduct + " internal_review t 1.0.0 published held 4",
	}
	if diff := cmp.Diff(want, stand); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	if got := in.state(t, `SELECT p.title || ' ' || v.semver FROM product_countersignatures c JOIN product_versions v ON v.id = c.version_id JOIN products p ON p.id = v.product_id`); !slices.Equal(got, []string{holidaysProduct + " 1.1.0"}) {
		t.Errorf("signed by their developer: %q", got)
	}
	offered, err := m.Find(t.Context(), marketplace.Filter{Limit: 10})
	if err != nil || len(offered) != 3 {
		t.Fatalf("%d products are offered, %v", len(offered), err)
	}
	for _, p := range offered {
		if p.Title == quakesProduct {
			continue // it has one version
		}
		v, err := m.Public(t.Context(), p.Number)
		if err != nil || len(v.Versions) != 2 || v.Newest != "1.1.0" || len(v.Rights) != 3 {
			t.Errorf("%s: %+v, %v", p.Title, v, err)
		}
		for number, verdict := range map[string]verify.Verdict{"1.0.0": verify.Valid, "1.1.0": verify.Valid} {
			if p.Title == holidaysProduct && number == "1.0.0" {
				verdict = verify.Lapsed
			}
			if a, err := m.Verify(t.Context(), p.Number+"@"+number); err != nil || a.Verdict != verdict || a.Said == nil || !a.Sample {
				t.Errorf("%s %s: %+v, %v", p.Title, number, a, err)
			}
		}
	}
	said := strings.Join(in.state(t, `SELECT convert_from(x.statement, 'UTF8')::jsonb #>> '{predicate,declared}' FROM product_seals x JOIN product_versions v ON v.id = x.version_id JOIN products p ON p.id = v.product_id WHERE p.title = '`+reportProduct+`'`), "")
	if !strings.Contains(said, "机场驱鸟记录") {
		t.Errorf("the report declares %s", said)
	}
	if _, err := m.Product(t.Context(), account.Actor{}, offered[0].Number); err == nil {
		t.Error("a visitor is at the developer's desk")
	}
	before := in.state(t, acts)
	if err := (&stage{Deps: in.Deps, w: theWorld(t), players: map[string]account.Actor{theDeveloper: in.actor(t, theDeveloper)}}).trade(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, in.state(t, acts)); diff != "" {
		t.Errorf("played again, it wrote:\n%s", diff)
	}
}
