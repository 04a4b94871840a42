package marketplace_test

import (
	"encoding/json"
	"strings"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/marketplace"
	"shuyuan/marketplace/marketplacetest"
)

// Everybody has the first rows of a product, whoever developed it all of them, and every
// answer says where its data is from. What is no longer valid is given to nobody.
func TestTheRowsOfAProduct(t *testing.T) {
	w := marketplacetest.New(t)
	v := w.Published(t)
	read := func(who account.Actor, wish marketplace.Wish) (*marketplace.Reading, error) {
		wish.Product = v.Product
		return w.Products.Read(t.Context(), who, wish)
	}
	key := func(a account.Actor, scopes ...string) account.Actor {
		a.Key, a.Scopes = "abc", scopes
		return a
	}
	granted := key(w.Owner, account.ScopeRead)
	granted.Grant = 7
	for name, c := range map[string]struct {
		who    account.Actor
		sample bool
	}{
		"a visitor":                  {account.Actor{}, true},
		"the developer":              {w.Owner, false},
		"its key that may read":      {key(w.Owner, account.ScopeRead), false},
		"its key for something else": {key(w.Owner, account.ScopeApply), true},
		"its key of a grant":         {granted, true},
		"a key of another one":       {key(w.Regulator, account.ScopeRead), true},
	} {
		r, err := read(c.who, marketplace.Wish{Limit: 100})
		if err != nil || r.Sample != c.sample || len(r.Rows.Rows) == 0 || c.sample && len(r.Rows.Rows) > marketplace.SampleRows {
			t.Errorf("%s: %+v %v", name, r, err)
			continue
		}
		headers := map[string]string{}
		for _, h := range r.Stamp.Headers(marketplacetest.Base) {
			headers[h.Name] = h.Value
		}
		var notice struct {
			Statement struct{ SHA256 string }
			Envelope  json.RawMessage
		}
		if err := json.Unmarshal(r.Stamp.Provenance(), &notice); err != nil || notice.Statement.SHA256 != v.Version.Seal.Digest || len(notice.Envelope) == 0 {
			t.Errorf("%s: %s %v", name, r.Stamp.Provenance(), err)
		}
		for _, s := range v.Version.Seal.Statement.Predicate.Sources {
			if !strings.Contains(headers["X-Data-Acquired"], s.Acquired.Date) {
				t.Errorf("%s: %v", name, headers)
			}
		}
	}
	all, err := read(w.Owner, marketplace.Wish{Limit: 1})
	if err != nil || len(all.Rows.Rows) != 1 || all.Rows.Next == "" {
		t.Fatalf("a page: %+v %v", all, err)
	}
	if next, err := read(w.Owner, marketplace.Wish{Limit: 1, Cursor: all.Rows.Next}); err != nil || len(next.Rows.Rows) != 1 {
		t.Errorf("the next: %+v %v", next, err)
	}
	for name, c := range map[string]struct {
		wish marketplace.Wish
		kind fault.Kind
	}{
		"the next page of a sample": {marketplace.Wish{Cursor: all.Rows.Next}, fault.Forbidden},
		"another version":           {marketplace.Wish{Version: "9.9.9"}, fault.NotFound},
		"another table":             {marketplace.Wish{Content: "none"}, fault.NotFound},
	} {
		if _, err := read(account.Actor{}, c.wish); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.Move(t, v.Product, "1.0.0", marketplace.Recall)
	if _, err := read(w.Owner, marketplace.Wish{}); fault.KindOf(err) != fault.Gone {
		t.Errorf("recalled: %v", err)
	}
}
