package demo

import (
	"slices"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/licensing/sharing"
)

// The demo accounts see requests for sharing at every step: the provider, who asked
// and the authority each theirs; one is overdue, and one grant gives data.
func TestTheSampleRequestsForSharing(t *testing.T) {
	in := loaded(t)
	users, err := in.Accounts.Users(t.Context(), account.System("test"))
	if err != nil {
		t.Fatal(err)
	}
	as := func(identifier string) account.Actor {
		at := slices.IndexFunc(users, func(u account.User) bool { return u.Identifier == identifier })
		return account.Actor{ID: users[at].ID, Name: users[at].Name, Roles: users[at].Roles, Side: users[at].Side, Department: users[at].Department}
	}
	states := func(who string, part sharing.Part) (out []sharing.State, late int) {
		t.Helper()
		all, err := in.Sharing.Requests(t.Context(), as(who), sharing.Filter{As: part, All: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			out = append(out, r.State)
			if r.Late(in.Now()) {
				late++
			}
		}
		slices.Sort(out)
		return slices.Compact(out), late
	}
	got, late := states(theOfficer, sharing.Provider)
	if want := []sharing.State{"accepted", "agreed", "expired", "negotiating", "received", "referred", "supplied", "upheld"}; !slices.Equal(got, want) || late != 1 {
		t.Errorf("the provider sees %v, %d late", got, late)
	}
	if got, _ := states(theNeighbour, sharing.Asker); !slices.Equal(got, []sharing.State{"expired", "received", "supplied"}) {
		t.Errorf("who asked sees %v", got)
	}
	if got, _ := states(theOfficer, sharing.Asker); !slices.Equal(got, []sharing.State{"forwarded", "received"}) {
		t.Errorf("who asked sees %v", got)
	}
	if got, _ := states(theAuthority, sharing.Over); len(got) < 8 {
		t.Errorf("the authority sees %v", got)
	}
	entry, err := in.Sharing.Entry(t.Context(), as(theNeighbour), sharedOn)
	if err != nil || len(entry.Scopes) != 1 || len(entry.Conditions) != 2 {
		t.Errorf("%+v, %v", entry, err)
	}
}
