package notes

import (
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// State is where a note stands.
type State string

// The states of a note.
const (
	Draft     State = "draft"
	Submitted State = "submitted"
	Returned  State = "returned"
	Approved  State = "approved" // everybody reads it
)

// Action is what moves a note.
type Action string

// The actions.
const (
	Edit    Action = "edit"
	Submit  Action = "submit"
	Approve Action = "approve"
	Return  Action = "return"
)

// Text is what a note says.
type Text struct {
	Title, TitleEN string
	Body, BodyEN   string
}

// Note is a note as it is being written.
type Note struct {
	ID      int64
	Dataset datasets.Dataset // slug, titles, status and department alone
	State   State
	Text
	Reason    string // why it was returned
	Author    string
	ChangedAt time.Time
	Revision  int
	Versions  int // approved so far

	author int64
	by     int64 // who moves it now
}

// Version is a note that was approved.
type Version struct {
	Note   int64
	Number int
	Text
	Department datasets.Department
	Author     string
	Approver   string
	At         time.Time
}

// lifecycle is every move that a note can make. Whose note it is, mine decides.
var lifecycle = workflow.Lifecycle[State, Action, *Note]{
	{Action: Edit, From: []State{Draft, Returned, Approved}, To: Draft, By: []account.Role{account.Officer}},
	{Action: Submit, From: []State{Draft, Returned}, To: Submitted, By: []account.Role{account.Officer}, Needs: whole},
	{Action: Approve, From: []State{Submitted}, To: Approved, By: []account.Role{account.Head}, Needs: anotherPerson},
	{Action: Return, From: []State{Submitted}, To: Returned, By: []account.Role{account.Head}, Needs: withReason},
}

// Lifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func Lifecycle() string { return lifecycle.Mermaid(Draft) }

// Offer are the moves that who can make now.
func (n *Note) Offer(who account.Actor) []Action {
	if !mine(who, n) {
		return nil
	}
	return lifecycle.Offer(n.State, who, n)
}

func whole(n *Note) error {
	switch {
	case n.Title == "":
		return fault.At("title", "请写标题。")
	case n.Body == "":
		return fault.At("body", "请写正文。")
	}
	return nil
}

func anotherPerson(n *Note) error {
	if n.by == n.author {
		return fault.New(fault.Forbidden, "写的人不能自己批准，请另一位负责人来。")
	}
	return whole(n)
}

func withReason(n *Note) error {
	if n.Reason == "" {
		return fault.At("reason", "请写明为何退回。")
	}
	return nil
}

// mine reports whether a note is of the department that who acts for.
func mine(who account.Actor, n *Note) bool {
	return who.Key == "" && who.Any(account.Officer, account.Head) && who.Department != 0 && who.Department == n.Dataset.Department.ID
}
