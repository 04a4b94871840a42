package demo

import (
	"testing"

	"shuyuan/licensing/demands"
)

// The sample world shows requests for data in every state, one of each kind of
// lateness among them.
func TestRequestsForDataCanBeSeenInEveryState(t *testing.T) {
	in := loaded(t)
	list, err := in.Demands.List(t.Context(), demands.Filter{Order: demands.ByVotes, Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	states, late := map[demands.State]int{}, 0
	for i := range list.Items {
		d := &list.Items[i]
		states[d.State]++
		if d.Late(in.Now()) {
			late++
		}
	}
	if states[demands.Unassigned] != 1 || states[demands.Open] != 2 || states[demands.Planned] != 2 || states[demands.There] != 1 || states[demands.Refused] != 1 || late != 2 {
		t.Errorf("%v, %d late", states, late)
	}
	if first := list.Items[0]; first.Votes != 4 || first.State != demands.Planned { // three, and who proposed what was merged into it
		t.Errorf("%d votes for %s", first.Votes, first.Title)
	}
}
