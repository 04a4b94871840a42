package workspace

import (
	"time"

	"shuyuan/internal/deadline"
)

// Scenario is what a workspace is for.
type Scenario struct {
	ID       int64
	Number   string
	Title    string
	UseClass string
	Purpose  string
	Until    time.Time

	organisation Organisation
}

// Organisation is a developer or an operator.
type Organisation struct {
	ID   int64
	Name string
}

// Workspace is one workspace.
type Workspace struct {
	ID           int64
	Number       string
	Scenario     Scenario
	Organisation Organisation // the developer
	Operator     Organisation
	Mandate      string // number
	State        State
	StateAt      time.Time
	Reason       string // of the last move
	FrozenBy     Side
	Stands       bool // the chain above it does, at the moment it was read
	Quota        Quota
	OpenedBy     string
	OpenedAt     time.Time
	Closes       *deadline.Clock // by when what is closing is destroyed
	Erased       *time.Time      // when its key was
	Revision     int

	body     int64 // department that authorises
	profile  string
	wrapped  []byte
	openedBy int64
	closing  deadline.Ref

	frozenFrom State // where it goes back to

	words string // of the move under way
	side  Side
}

// Moved is one move of a workspace, in its history.
type Moved struct {
	Act   Action
	Side  Side
	Name  string // empty: the platform
	Words string
	State State
	At    time.Time
}

// Over reports whether nothing happens in it any more.
func (w *Workspace) Over() bool { return w.State == Closing || w.State == Destroyed }

// Works reports whether programs may run in it, at the moment it was read.
func (w *Workspace) Works() bool { return w.State == Ready && w.Stands }

// Path is where the developer finds it, and Desk where the others do.
func (w *Workspace) Path() string { return "/workspaces/" + w.Number }

// Desk is the page of whoever does not develop in it.
func (w *Workspace) Desk() string { return "/desk/workspaces/" + w.Number }
