package demands

import (
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/reports"
	"shuyuan/internal/workflow"
)

// State is where a demand stands.
type State string

// The states of a demand. Whether it is merged into another, or hidden, stands
// beside them: both can be undone, and then it stands where it stood.
const (
	Unassigned State = "unassigned" // the platform looks for a department
	Open       State = "open"       // a department is to answer
	Planned    State = "planned"    // it will come, by a day
	There      State = "there"
	Refused    State = "refused"
	Withdrawn  State = "withdrawn" // by its proposer
)

// Action is what moves a demand.
type Action string

// The actions.
const (
	Assign   Action = "assign"   // by the platform's side, to a department
	Forward  Action = "forward"  // by a department, to another
	Return   Action = "return"   // by a department, to the platform's side
	Plan     Action = "plan"     // answers with the day by which it comes
	Link     Action = "link"     // answers with the dataset
	Refuse   Action = "refuse"   // answers with the reason
	Appear   Action = "appear"   // the promised entry is public
	Withdraw Action = "withdraw" // by its proposer
	Merge    Action = "merge"    // into another
	Split    Action = "split"    // undoes that
	Hide     Action = "hide"
	Keep     Action = "keep" // dismisses what was reported
	Show     Action = "show" // what was hidden
)

// Ground is why something cannot be given.
type Ground string

// The grounds. What is barred needs a basis wherever withholding does.
const (
	Barred  Ground = "barred"  // it may not be opened
	Nothing Ground = "nothing" // nobody collects it
	Undue   Ground = "undue"   // making it takes more than it gives
)

// Grounds are all grounds, in the order in which they are offered.
func Grounds() []Ground { return []Ground{Barred, Nothing, Undue} }

// Demand is one thing that is wanted.
type Demand struct {
	ID         int64
	User       int64 // who proposed it; 0 once the account is gone
	Proposer   string
	Title      string
	Need       string
	Purpose    string
	ProposedAt time.Time
	Department datasets.Department // ID 0: the platform looks for one
	State      State
	Ground     Ground
	Answer     string
	Bases      []datasets.LegalBasis
	Answerer   string
	AnsweredAt *time.Time
	PlannedOn  *time.Time       // a date
	Entry      datasets.Dataset // that is to become it: for its department alone; ID 0: none is named
	Dataset    datasets.Dataset // that is it; without a slug while nobody may see it
	Into       int64            // the demand that it was merged into; 0: none
	Root       int64            // and where its votes count
	Votes      int
	Voters     int // of those, who act for a verified organisation; only on its own page
	Hops       int // how often departments sent it on
	Revision   int

	Reported   int        // reports that nobody has looked at
	ReportedAt *time.Time // the first of them
	HiddenAt   *time.Time
	Hider      string
	HideReason string          // public
	Clock      *deadline.Clock // of whose turn it is; nil where it is nobody's

	clock deadline.Ref
	most  int    // how often departments may send it on
	words string // of the move under way
}

// Merged reports whether it is the same as another that stays.
func (d *Demand) Merged() bool { return d.Into != 0 }

// Hidden reports whether it was taken from the public.
func (d *Demand) Hidden() bool { return d.HiddenAt != nil }

// Waits reports whether somebody owes an answer.
func (d *Demand) Waits() bool {
	return (d.State == Open || d.State == Unassigned) && !d.Merged() && !d.Hidden()
}

// Late reports whether an answer is still owed at now, past its day, or what was
// promised has not come by the promised day.
func (d *Demand) Late(now time.Time) bool {
	if d.Waits() {
		return d.Clock != nil && d.Clock.Late(now)
	}
	return d.Overdue(now)
}

// Overdue reports whether the promised day has passed at now.
func (d *Demand) Overdue(now time.Time) bool {
	return d.State == Planned && !d.Merged() && !d.Hidden() && d.PlannedOn != nil && day(now).After(*d.PlannedOn)
}

// Votable reports whether it can be seconded.
func (d *Demand) Votable() bool {
	return !d.Merged() && !d.Hidden() && (d.Waits() || d.State == Planned || d.State == Refused)
}

// Public reports whether everybody may read what it says.
func (d *Demand) Public() bool { return !d.Hidden() && d.State != Withdrawn }

// day is the date of t in China, as its midnight in UTC: as the database gives a
// date.
func day(t time.Time) time.Time {
	y, m, d := t.In(china).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

var (
	officer  = []account.Role{account.Officer}
	platform = []account.Role{account.Authority}
	deciding = []account.Role{account.Officer, account.Authority}
)

// standing are the states in which a demand can be merged, hidden and shown.
var standing = []State{Unassigned, Open, Planned, There, Refused}

// moves are those between the states. Whose demand it is, mayMove decides. A
// proposer plays no role; the program itself acts as an administrator.
var moves = workflow.Lifecycle[State, Action, *Demand]{
	{Action: Assign, From: []State{Unassigned, Open}, To: Open, By: platform, When: free, Needs: withDepartment},
	{Action: Forward, From: []State{Open}, To: Open, By: officer, When: mayGoOn, Needs: forwarded},
	{Action: Return, From: []State{Open}, To: Unassigned, By: officer, When: free, Needs: withWords},
	{Action: Plan, From: []State{Open, Planned, Refused}, To: Planned, By: officer, When: free, Needs: promised},
	{Action: Link, From: []State{Open, Planned, Refused}, To: There, By: officer, When: free, Needs: linked},
	{Action: Refuse, From: []State{Open, Planned}, To: Refused, By: officer, When: free, Needs: refusal},
	{Action: Appear, From: []State{Planned}, To: There, By: []account.Role{account.Administrator}, When: free, Needs: linked},
	{Action: Withdraw, From: []State{Unassigned, Open}, To: Withdrawn, By: []account.Role{account.Visitor}, When: nobodyElse},
}

// lifecycle is every move that a demand can make.
var lifecycle = append(moves, beside()...)

// beside are the moves that leave a demand in its state: it is merged or hidden,
// and back.
func beside() workflow.Lifecycle[State, Action, *Demand] {
	var out workflow.Lifecycle[State, Action, *Demand]
	for _, s := range standing {
		at := []State{s}
		out = append(out, workflow.Lifecycle[State, Action, *Demand]{
			{Action: Merge, From: at, To: s, By: deciding, When: free},
			{Action: Split, From: at, To: s, By: deciding, When: merged},
			{Action: Hide, From: at, To: s, By: deciding, When: free, Needs: func(d *Demand) error { return reports.Public(d.HideReason) }},
			{Action: Keep, From: at, To: s, By: deciding, When: func(d *Demand) error { return reports.Waiting(d.Reported) }},
			{Action: Show, From: at, To: s, By: deciding, When: hidden},
		}...)
	}
	return out
}

// Lifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func Lifecycle() string { return lifecycle.Mermaid(Unassigned) }

func free(d *Demand) error {
	switch {
	case d.Merged():
		return fault.New(fault.Conflict, "这条需求已并入第 %d 号，请到那里办。", d.Into)
	case d.Hidden():
		return fault.New(fault.Conflict, "这条需求已经隐藏，请先重新公开。")
	}
	return nil
}

func merged(d *Demand) error {
	if !d.Merged() {
		return fault.New(fault.Conflict, "这条需求没有并入别的需求。")
	}
	return nil
}

func hidden(d *Demand) error {
	if !d.Hidden() {
		return fault.New(fault.Conflict, "这条需求没有隐藏。")
	}
	return nil
}

func mayGoOn(d *Demand) error {
	if d.Hops >= d.most {
		return fault.New(fault.Conflict, "已经转过 %d 次，不能再转给别的部门（平台规则）；不归本部门的，退给平台指派。", d.Hops)
	}
	return free(d)
}

func nobodyElse(d *Demand) error {
	if d.Votes > 0 {
		return fault.New(fault.Conflict, "已经有 %d 人附议，不能收回了：别人也在等答复。", d.Votes)
	}
	return free(d)
}

func withDepartment(d *Demand) error {
	if d.Department.ID == 0 {
		return fault.At("department", "请选一个部门。")
	}
	return nil
}

// withWords asks why: what is written is public.
func withWords(d *Demand) error {
	if d.words == "" {
		return fault.At("words", "请写明理由，它会公开。")
	}
	return nil
}

func forwarded(d *Demand) error {
	if err := withDepartment(d); err != nil {
		return err
	}
	return withWords(d)
}

func promised(d *Demand) error {
	if d.PlannedOn == nil {
		return fault.At("planned", "请写明哪一天以前开放。")
	}
	if d.words == "" {
		return fault.At("words", "请写答复，它会公开。")
	}
	return nil
}

func linked(d *Demand) error {
	if d.Dataset.ID == 0 {
		return fault.At("dataset", "请写已经公开的数据集的网址名。")
	}
	return nil
}

func refusal(d *Demand) error {
	if d.Ground == "" {
		return fault.At("ground", "请选为什么不能给。")
	}
	return withWords(d)
}
