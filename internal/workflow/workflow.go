// Package workflow runs a lifecycle: a table of the moves that a thing can
// make, who may make each, and what must hold. Nothing else changes a status.
// The same table draws the buttons, answers the API, and writes the diagram in
// docs/lifecycles.md.
package workflow

import (
	"fmt"
	"slices"
	"strings"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// Move is one row of a lifecycle. When and Needs are apart because a button
// shows before its form is filled in.
type Move[S, A ~string, T any] struct {
	Action A
	From   []S
	To     S
	By     []account.Role
	When   func(T) error // must hold before the action is offered; nil: always
	Needs  func(T) error // must hold besides before the action is taken; nil: nothing
}

// Lifecycle is every move that things of one kind can make.
type Lifecycle[S, A ~string, T any] []Move[S, A, T]

// Next is where action takes thing from status from. It returns fault.Conflict
// if no such move starts there, fault.Forbidden if who may not make it, and
// otherwise what When or Needs say.
func (l Lifecycle[S, A, T]) Next(from S, action A, who account.Actor, thing T) (S, error) {
	var unmet error
	var denied error = fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
	for _, m := range l {
		if m.Action != action || !slices.Contains(m.From, from) {
			continue
		}
		if !who.Any(m.By...) {
			denied = fault.New(fault.Forbidden, "您的角色不能这样做。")
			continue
		}
		if m.When != nil {
			if err := m.When(thing); err != nil { // another move of the table may hold, as Offer has it
				if unmet == nil {
					unmet = err
				}
				continue
			}
		}
		if m.Needs != nil {
			if err := m.Needs(thing); err != nil {
				return from, err
			}
		}
		return m.To, nil
	}
	if unmet != nil {
		return from, unmet
	}
	return from, denied
}

// Offer are the actions that who can take on thing now, in the order of the
// table: a button for each and for no other.
func (l Lifecycle[S, A, T]) Offer(from S, who account.Actor, thing T) []A {
	var out []A
	for _, m := range l {
		if slices.Contains(m.From, from) && who.Any(m.By...) && !slices.Contains(out, m.Action) &&
			(m.When == nil || m.When(thing) == nil) {
			out = append(out, m.Action)
		}
	}
	return out
}

// States are all states of the table, in the order they are first named.
func (l Lifecycle[S, A, T]) States() []S {
	var out []S
	add := func(s S) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, m := range l {
		for _, s := range m.From {
			add(s)
		}
		add(m.To)
	}
	return out
}

// Ends are the states that no move leaves.
func (l Lifecycle[S, A, T]) Ends() []S {
	return slices.DeleteFunc(l.States(), func(s S) bool {
		return slices.ContainsFunc(l, func(m Move[S, A, T]) bool { return slices.Contains(m.From, s) })
	})
}

// Mermaid is the state diagram of the table; start is where things begin.
func (l Lifecycle[S, A, T]) Mermaid(start S) string {
	var b strings.Builder
	fmt.Fprintf(&b, "stateDiagram-v2\n    [*] --> %s\n", start)
	for _, m := range l {
		for _, from := range m.From {
			fmt.Fprintf(&b, "    %s --> %s : %s (%s)\n", from, m.To, m.Action, roles(m.By))
		}
	}
	for _, end := range l.Ends() {
		fmt.Fprintf(&b, "    %s --> [*]\n", end)
	}
	return b.String()
}

// Grid is the table as every state, action and role meet, one line each, for a
// golden file that a lawyer can read. Conditions are not asked.
func (l Lifecycle[S, A, T]) Grid() string {
	var b strings.Builder
	for _, from := range l.States() {
		for _, m := range l {
			if slices.Contains(m.From, from) {
				fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", from, m.Action, m.To, roles(m.By))
			}
		}
	}
	return b.String()
}

func roles(by []account.Role) string {
	out := make([]string, len(by))
	for i, r := range by {
		out[i] = string(r)
	}
	return strings.Join(out, ", ")
}
