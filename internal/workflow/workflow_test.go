package workflow_test

import (
	"errors"
	"slices"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

type (
	status string
	action string
	letter struct{ sealed, stamped bool }
)

var (
	errUnsealed  = errors.New("not sealed")
	errUnstamped = errors.New("no stamp")
)

var letters = workflow.Lifecycle[status, action, letter]{
	{Action: "send", From: []status{"written"}, To: "sent", By: []account.Role{account.Officer}, When: isSealed, Needs: isStamped},
	{Action: "lose", From: []status{"written", "sent"}, To: "lost", By: []account.Role{account.Visitor}},
	{Action: "send", From: []status{"lost"}, To: "found", By: []account.Role{account.Administrator}},
	{Action: "open", From: []status{"found", "sent"}, To: "read", By: []account.Role{account.Officer, account.Administrator}},
}

func isSealed(l letter) error {
	if !l.sealed {
		return errUnsealed
	}
	return nil
}

func isStamped(l letter) error {
	if !l.stamped {
		return errUnstamped
	}
	return nil
}

var (
	visitor = account.Actor{}
	officer = account.Actor{ID: 1, Roles: []account.Role{account.Officer}}
	admin   = account.Actor{ID: 2, Roles: []account.Role{account.Administrator}}
	ready   = letter{sealed: true, stamped: true}
)

func TestNext(t *testing.T) {
	for _, c := range []struct {
		name string
		from status
		act  action
		who  account.Actor
		of   letter
		want status
		kind fault.Kind // where want is empty
		is   error
	}{
		{"a move of the table", "written", "send", officer, ready, "sent", 0, nil},
		{"anybody may lose it", "sent", "lose", officer, letter{}, "lost", 0, nil},
		{"the same action from elsewhere", "lost", "send", admin, letter{}, "found", 0, nil},
		{"not from there", "sent", "send", officer, ready, "", fault.Conflict, nil},
		{"no such action", "written", "burn", officer, ready, "", fault.Conflict, nil},
		{"not by a visitor", "written", "send", visitor, ready, "", fault.Forbidden, nil},
		{"not by another role", "lost", "send", officer, ready, "", fault.Forbidden, nil},
		{"before it may be offered", "written", "send", officer, letter{stamped: true}, "", 0, errUnsealed},
		{"offered but not ready", "written", "send", officer, letter{sealed: true}, "", 0, errUnstamped},
		{"an end", "read", "open", officer, ready, "", fault.Conflict, nil},
	} {
		got, err := letters.Next(c.from, c.act, c.who, c.of)
		switch {
		case c.want != "":
			if got != c.want || err != nil {
				t.Errorf("%s: %s, %v", c.name, got, err)
			}
		case c.is != nil:
			if !errors.Is(err, c.is) || got != c.from {
				t.Errorf("%s: %s, %v", c.name, got, err)
			}
		case fault.KindOf(err) != c.kind || got != c.from:
			t.Errorf("%s: %s, %v", c.name, got, err)
		}
	}
}

// A button is there exactly when the act could begin: offered before its form
// is filled in, and not offered where Next would refuse whatever was filled in.
func TestOffer(t *testing.T) {
	for _, c := range []struct {
		name string
		from status
		who  account.Actor
		of   letter
		want []action
	}{
		{"sealed, no stamp yet", "written", officer, letter{sealed: true}, []action{"send", "lose"}},
		{"not sealed", "written", officer, letter{}, []action{"lose"}},
		{"a visitor", "written", visitor, ready, []action{"lose"}},
		{"an end", "read", officer, ready, nil},
	} {
		if got := letters.Offer(c.from, c.who, c.of); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	for _, s := range letters.States() {
		for _, who := range []account.Actor{visitor, officer, admin} {
			for _, a := range []action{"send", "lose", "open"} {
				_, err := letters.Next(s, a, who, ready)
				if offered := slices.Contains(letters.Offer(s, who, ready), a); offered != (err == nil) {
					t.Errorf("%s from %s by %v: offered %v, taken %v", a, s, who.Roles, offered, err)
				}
			}
		}
	}
}

func TestStatesAndEnds(t *testing.T) {
	if got := letters.States(); !slices.Equal(got, []status{"written", "sent", "lost", "found", "read"}) {
		t.Error(got)
	}
	if got := letters.Ends(); !slices.Equal(got, []status{"read"}) {
		t.Error(got)
	}
}

func TestMermaid(t *testing.T) {
	const want = `stateDiagram-v2
    [*] --> written
    written --> sent : send (officer)
    written --> lost : lose (visitor)
    sent --> lost : lose (visitor)
    lost --> found : send (administrator)
    found --> read : open (officer, administrator)
    sent --> read : open (officer, administrator)
    read --> [*]
`
	if got := letters.Mermaid("written"); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestGrid(t *testing.T) {
	const want = "written\tsend\tsent\tofficer\nwritten\tlose\tlost\tvisitor\nsent\tlose\tlost\tvisitor\n" +
		"sent\topen\tread\tofficer, administrator\nlost\tsend\tfound\tadministrator\nfound\topen\tread\tofficer, administrator\n"
	if got := letters.Grid(); got != want {
		t.Errorf("got\n%s", got)
	}
}
