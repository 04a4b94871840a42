package demo

import (
	"testing"

	"shuyuan/internal/account"
	"shuyuan/licensing/tender"
)

// Everybody sees a tender that takes bids, of which nobody is told what is bid nor who
// bids, and one whose award is confirmed; only the contract of that one is still owed.
func TestTheSampleTenders(t *testing.T) {
	in := loaded(t)
	s, err := in.Tenders(in.Now)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Public(t.Context(), tender.Filter{})
	if err != nil || len(all) != 2 {
		t.Fatalf("%d tenders, %v", len(all), err)
	}
	open, err := s.One(t.Context(), account.Actor{}, all[0].Number)
	if err != nil {
		t.Fatal(err)
	}
	if open.State != tender.Open || len(open.Bids) != 1 || open.Bids[0].Bidder != "" || open.Bids[0].Canonical != "" || open.Bids[0].Amount != nil {
		t.Errorf("%s, %+v", open.State, open.Bids)
	}
	if mine, err := s.One(t.Context(), in.actor(t, theOwner), open.Number); err != nil || len(mine.Mine) != 1 {
		t.Errorf("the company's receipts: %+v, %v", mine, err)
	}
	confirmed, err := s.One(t.Context(), account.Actor{}, all[1].Number)
	if err != nil {
		t.Fatal(err)
	}
	if confirmed.State != tender.Awarded || len(confirmed.Bids) != 3 || confirmed.Bids[0].State != tender.Won || confirmed.Bids[0].Bidder != verifiedName || confirmed.Late(in.Now()) || confirmed.Report == "" {
		t.Errorf("%s by %v, %+v", confirmed.State, confirmed.Clock, confirmed.Bids)
	}
	items, err := s.Waiting(t.Context(), in.actor(t, theOfficer))
	if err != nil || len(items) != 1 || items[0].ID != confirmed.Number {
		t.Errorf("%+v, %v", items, err)
	}
}
