package demo

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/internal/account"
	"shuyuan/marketplace/offering"
)

// A visitor compares four plans of one product and may order each; the company that was
// invited sees its own offer and what the exchange stopped besides; and playing again adds
// nothing.
func TestTheSampleListings(t *testing.T) {
	in := loaded(t)
	stand := in.state(t, `
		SELECT concat_ws(' ', l.visibility, l.state, l.sample, (l.reason <> '')::text, (SELECT string_agg(p.kind || ' ' || p.state, ', ' ORDER BY p.id) FROM listing_plans p WHERE p.listing_id = l.id))
		FROM listings l ORDER BY l.id`)
	want := []string{
		"public published t false free live, one_off live, subscription live, metered live",
		"one_buyer published t false one_off live",
		"invited paused t true metered live",
		"invited returned t true one_off live",
		"invited draft t false trial draft",
	}
	if diff := cmp.Diff(want, stand); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	m, err := in.Products(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{Deps: in.Deps, w: theWorld(t), players: map[string]account.Actor{}}
	for _, who := range []string{theDeveloper, theRegistrar, theOwner} {
		s.players[who] = in.actor(t, who)
	}
	p, err := s.productTitled(t.Context(), m, strikesProduct)
	if err != nil {
		t.Fatal(err)
	}
	offers, err := in.Listings(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		who                        account.Actor
		listings, plans, orderable int
	}{{account.Actor{}, 1, 4, 4}, {s.as(theOwner), 3, 6, 5}} {
		shown, err := offers.Shown(t.Context(), x.who, p.Number)
		if err != nil {
			t.Fatal(err)
		}
		var orderable []string
		plans := 0
		for _, l := range shown {
			plans += len(l.Choices)
			for _, c := range l.Choices {
				if c.Not == nil {
					orderable = append(orderable, c.Number)
				} else if l.State == offering.Published {
					t.Errorf("%s cannot be ordered: %v", c.Name, c.Not)
				}
			}
		}
		if len(shown) != x.listings || plans != x.plans || len(orderable) != x.orderable {
			t.Errorf("%s sees %d listings, %d plans, and may order %v", x.who.Name, len(shown), plans, orderable)
		}
	}
	before := in.state(t, acts)
	if err := s.list(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, in.state(t, acts)); diff != "" {
		t.Errorf("played again, it wrote:\n%s", diff)
	}
	if waits, err := offers.Waiting(t.Context(), s.as(theDeveloper)); err != nil || len(waits) != 1 {
		t.Errorf("the seller waits for %+v (%v)", waits, err)
	}
}
