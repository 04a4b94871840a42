package account

import (
	"slices"
	"time"
)

// Actor is who is asking. The zero value is the visitor.
type Actor struct {
	ID         int64 // users.id; 0 for the visitor, -1 for the installation itself
	Name       string
	Roles      []Role
	Side       Side      // empty for the visitor and the installation itself
	Department int64     // departments.id of who acts for a public body; 0 for none
	Resting    []Role    // roles that wait for a second factor: they count for nothing
	Confirmed  time.Time // when it was last shown that this is the person; zero for keys
	Session    string    // hex id of the session row (not the secret); empty for keys and visitors
	Provider   bool      // the session was opened by the provider of identity
	Key        string    // prefix of the API key used; empty for sessions and visitors
	Scopes     []string  // what the API key may do; nil for sessions
	Grant      int64     // grants.id that the API key was made for; 0 for none and for sessions
	Delivery   int64     // deliveries.id, likewise
}

// System is the installation acting by itself, as task: a command on the
// server, the sample world, a job. It plays no role that a person plays with
// data, and its acts stand in the audit trail under the task's name.
func System(task string) Actor {
	return Actor{ID: -1, Name: task, Roles: []Role{Administrator, SecurityAdministrator}}
}

// IsVisitor reports whether nobody is signed in.
func (a Actor) IsVisitor() bool { return a.ID == 0 }

// Is reports whether the actor plays role r. Everybody is a Visitor.
func (a Actor) Is(r Role) bool {
	return r == Visitor || slices.Contains(a.Roles, r)
}

// Any reports whether the actor plays at least one of the roles.
func (a Actor) Any(roles ...Role) bool {
	return slices.ContainsFunc(roles, a.Is)
}

// Covers reports whether the way the actor signed in reaches as far as scope:
// a session reaches everywhere the roles do, a key only as far as its scopes.
func (a Actor) Covers(scope string) bool {
	return a.Key == "" || slices.Contains(a.Scopes, scope)
}
