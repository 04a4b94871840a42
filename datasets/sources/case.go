package sources

import (
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// Kind is what a case is about.
type Kind string

// The kinds.
const (
	Duplicate     Kind = "duplicate"     // several departments collect the same item
	Inconsistency Kind = "inconsistency" // their values for it disagree
)

// State is how far a case is.
type State string

// The states.
const (
	Proposed    State = "proposed"    // by the system: the authority looks whether it is one
	Open        State = "open"        // the departments state their positions
	Negotiating State = "negotiating" // the departments settle it among themselves (AB-29)
	Referred    State = "referred"    // they did not: the authority decides
	Settled     State = "settled"     // by the departments: all name the same one
	Decided     State = "decided"     // by the authority
	Closed      State = "closed"      // there was no such case
)

// Running reports whether somebody still has to do something.
func (s State) Running() bool {
	return slices.Contains([]State{Proposed, Open, Negotiating, Referred}, s)
}

// Action is what can be done to a case.
type Action string

// The actions.
const (
	TakeUp Action = "take_up"
	Decide Action = "decide"
	Close  Action = "close"
	Reopen Action = "reopen"
	Refer  Action = "refer"
	Return Action = "return"
	Settle Action = "settle"

	// How a case begins, and what is said in it, stand in its history beside them.
	Propose Action = "propose"
	Begin   Action = "begin"
	Say     Action = "say"
)

// DuplicateLifecycle is every move of a duplicate (law matrix 5.4).
var DuplicateLifecycle = workflow.Lifecycle[State, Action, *Case]{
	{Action: TakeUp, From: []State{Proposed}, To: Open, By: []account.Role{account.Authority}},
	{Action: Decide, From: []State{Open}, To: Decided, By: []account.Role{account.Authority}, Needs: namesOne},
	{Action: Close, From: []State{Proposed, Open}, To: Closed, By: []account.Role{account.Authority}, Needs: reasoned},
	{Action: Reopen, From: []State{Decided}, To: Open, By: []account.Role{account.Authority}, Needs: reasoned},
}

// InconsistencyLifecycle is every move of values that disagree (AB-29, 5.2).
var InconsistencyLifecycle = workflow.Lifecycle[State, Action, *Case]{
	{Action: Settle, From: []State{Negotiating}, To: Settled, By: []account.Role{account.Officer}, When: agreed},
	{Action: Refer, From: []State{Negotiating}, To: Referred, By: []account.Role{account.Officer, account.Authority}, Needs: reasoned},
	{Action: Decide, From: []State{Referred}, To: Decided, By: []account.Role{account.Authority}, Needs: namesOne},
	{Action: Return, From: []State{Referred}, To: Negotiating, By: []account.Role{account.Authority}, Needs: reasoned},
	{Action: Close, From: []State{Negotiating, Referred}, To: Closed, By: []account.Role{account.Authority}, Needs: reasoned},
	{Action: Reopen, From: []State{Settled, Decided}, To: Referred, By: []account.Role{account.Authority}, Needs: reasoned},
}

func (k Kind) lifecycle() workflow.Lifecycle[State, Action, *Case] {
	if k == Inconsistency {
		return InconsistencyLifecycle
	}
	return DuplicateLifecycle
}

func reasoned(c *Case) error {
	if c.Reason == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

// namesOne asks for exactly one department, of those concerned, and why.
func namesOne(c *Case) error {
	if c.party(c.Source) == nil {
		return fault.At("source", "请选一个部门，而且是这一案涉及的部门。")
	}
	return reasoned(c)
}

// agreed asks whether all departments name the same one.
func agreed(c *Case) error {
	if c.agreement() == 0 {
		return fault.New(fault.Conflict, "各部门的意见还不一致。")
	}
	return nil
}

// Case is a case with everything that is said in it.
type Case struct {
	ID       int64
	Kind     Kind
	Profile  string // of the departments
	State    State
	Origin   Origin
	ChangeID int64 // the catalogue change it came from; 0: none
	About    string
	OpenedAt time.Time
	OpenedBy string
	Sample   bool
	Revision int64

	Source    int64 // department that was named; 0: none
	DecidedAt *time.Time
	DecidedBy string
	Reason    string

	Entries []Entry
	Items   []Named
	Parties []Party
	Events  []Event

	Clock *deadline.Clock // of who is next; nil: nobody, or nothing runs
	ref   deadline.Ref
}

// Origin is where a case comes from.
type Origin string

// The origins.
const (
	BySystem     Origin = "system"
	ByAuthority  Origin = "authority"
	ByDepartment Origin = "department"
	ByChange     Origin = "change"     // a catalogue change that was reported
	ByCorrection Origin = "correction" // of the data or of what is said of them
)

// Entry is an entry that a case is about.
type Entry struct {
	ID            int64
	Slug          string
	Title         string
	TitleEN       string
	Department    int64
	Public        bool // everybody may see it
	CollectingOrg string
}

// Named is a data item that a case is about.
type Named struct{ Key, Name string }

// Party is a department concerned, with its position once it has stated it.
type Party struct {
	Department datasets.Department
	Position   *Position
}

// Position is what a department says.
type Position struct {
	Names     int64 // department; 0: it says that there is no such case
	Statement string
	At        time.Time
	By        string
}

// Event is one step of the history.
type Event struct {
	At    time.Time
	By    string
	Act   string
	Words string
}

func (c *Case) party(department int64) *Party {
	at := slices.IndexFunc(c.Parties, func(p Party) bool { return p.Department.ID == department })
	if at < 0 {
		return nil
	}
	return &c.Parties[at]
}

// agreement is the one department that all name; 0 where they do not.
func (c *Case) agreement() int64 {
	var one int64
	for _, p := range c.Parties {
		if p.Position == nil || p.Position.Names == 0 || one != 0 && p.Position.Names != one {
			return 0
		}
		one = p.Position.Names
	}
	return one
}

// Chosen is the department that was named; nil while none was.
func (c *Case) Chosen() *datasets.Department {
	if p := c.party(c.Source); p != nil {
		return &p.Department
	}
	return nil
}

// Late is whether what is to be done next is late at now.
func (c *Case) Late(now time.Time) bool { return c.Clock != nil && c.Clock.Late(now) }

// Concerns reports whether who acts for a department concerned.
func (c *Case) Concerns(who account.Actor) bool {
	return who.Department != 0 && c.party(who.Department) != nil
}

// MayState reports whether who can state a position now.
func (c *Case) MayState(who account.Actor) bool {
	return who.Is(account.Officer) && c.Concerns(who) && (c.State == Open || c.State == Negotiating || c.State == Referred)
}

// Offers are the actions that who can take now. That the departments agree is
// found out when they say so, and no button.
func (c *Case) Offers(who account.Actor) []Action {
	return slices.DeleteFunc(c.Kind.lifecycle().Offer(c.State, who, c), func(a Action) bool { return a == Settle || c.mayAct(who) != nil })
}

// mayAct asks for whom somebody acts; which case an authority sees at all, the
// store has asked.
func (c *Case) mayAct(who account.Actor) error {
	if !who.Is(account.Authority) && !c.Concerns(who) {
		return fault.New(fault.Forbidden, "只有这一案涉及的部门和主管部门可以这样做。")
	}
	return nil
}
