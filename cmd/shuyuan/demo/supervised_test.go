package demo

import (
	"slices"
	"testing"

	"shuyuan/licensing/supervision"
)

// The demo accounts see a breach case that waits for the holder while the grant is
// suspended, and one that was decided with a warning; an incident whose notices were
// sent and one that is closed; an order of each kind. Nothing of it is overdue but one order.
func TestTheSampleBreachCasesIncidentsAndOrders(t *testing.T) {
	in := loaded(t)
	s, err := in.Supervision(in.Now)
	if err != nil {
		t.Fatal(err)
	}
	officer, neighbour, owner := in.actor(t, theOfficer), in.actor(t, theNeighbour), in.actor(t, theOwner)
	all, err := s.Breaches(t.Context(), officer, supervision.Filter{All: true, Limit: 10})
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, b := range all {
		if b.Late(in.Now()) {
			t.Errorf("%s is overdue", b.Number)
		}
	}
	waits, warned := all[0], all[1]
	if waits.State != supervision.Hearing || !waits.Holds || waits.GrantState != "suspended" || !waits.OfSharing() {
		t.Errorf("%+v", waits)
	}
	if v, err := s.Breach(t.Context(), neighbour, waits.Number); err != nil || len(v.Offers) != 1 || v.Offers[0] != supervision.Answer {
		t.Errorf("the holder is asked for %+v, %v", v, err)
	}
	if warned.State != supervision.Warned || warned.GrantState != "active" || warned.OfSharing() {
		t.Errorf("%+v", warned)
	}
	if own, err := s.BreachesOf(t.Context(), owner, supervision.Of(warned.GrantNo)); err != nil || len(own) != 1 {
		t.Errorf("the company sees %+v, %v", own, err)
	}

	incidents, err := s.Incidents(t.Context(), officer, supervision.Filter{All: true, Limit: 10})
	if err != nil || len(incidents) != 2 {
		t.Fatalf("%+v, %v", incidents, err)
	}
	if runs := incidents[0]; runs.State != supervision.IncidentContained || runs.ToldAt == nil || runs.Untold() != 0 || !slices.ContainsFunc(runs.People, func(p supervision.Person) bool { return p.ID == owner.ID }) || runs.Late(in.Now()) {
		t.Errorf("%+v", runs)
	}
	closed, err := s.Incident(t.Context(), officer, incidents[1].Number)
	if err != nil || closed.State != supervision.IncidentClosed || len(closed.Bodies) == 0 || len(closed.Reports) != 1 || closed.SHA256 == "" {
		t.Errorf("%+v, %v", closed, err)
	}
	authority := in.actor(t, theAuthority)
	orders, err := s.Orders(t.Context(), authority, supervision.Filter{All: true, Limit: 10})
	if err != nil || len(orders) != 4 {
		t.Fatalf("%+v, %v", orders, err)
	}
	for i, want := range []supervision.OrderState{supervision.OrderIssued, supervision.OrderAnswered, supervision.OrderClosed, supervision.OrderIssued} {
		if o := orders[i]; o.State != want || o.Late(in.Now()) != (i == 3) {
			t.Errorf("%s is %s, late %t", o.Number, o.State, o.Late(in.Now()))
		}
	}
	if more := orders[0]; more.GivenDays != 5 || more.AskedDays != 8 {
		t.Errorf("%+v", more)
	}
	if seen, err := s.Orders(t.Context(), officer, supervision.Filter{All: true, Limit: 10}); err != nil || len(seen) != 2 {
		t.Errorf("the officer sees %+v, %v", seen, err)
	}
	if told, err := s.Tellings(t.Context(), owner); err != nil || len(told) != 1 || told[0].Over {
		t.Errorf("the company was told %+v, %v", told, err)
	}
}
