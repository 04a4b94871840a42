package corrections

import (
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// Channel is where an objection is filed (AB-28.1).
type Channel string

// The channels.
const (
	ToProvider Channel = "provider" // the department has it the same instant
	ToPlatform Channel = "platform" // the authority forwards it
)

// State is where an objection stands.
type State string

// The states (law matrix 5.2).
const (
	Submitted   State = "submitted"    // with the platform
	Received    State = "received"     // by the department: the clock runs
	Checking    State = "checking"     // somebody checks
	Extended    State = "extended"     // with more days
	Disagreeing State = "inconsistent" // departments settle whose values hold (AB-29)
	Corrected   State = "corrected"    // answered
	NoError     State = "no_error"     // answered
	Closed      State = "closed"
)

// Open reports whether an answer is owed.
func (s State) Open() bool { return slices.Contains(openStates, s) }

var openStates = []State{Submitted, Received, Checking, Extended, Disagreeing}

// Action is what moves an objection.
type Action string

// The actions.
const (
	File     Action = "file" // how it begins; in its history beside the others
	Forward  Action = "forward"
	TakeUp   Action = "take_up"
	AskMore  Action = "ask_extension"
	GiveMore Action = "extend"
	DenyMore Action = "deny_extension"
	Correct  Action = "correct"
	Confirm  Action = "confirm" // that there is no error
	Disagree Action = "disagree"
	Reopen   Action = "reopen"
	Close    Action = "close"
)

// Place is what an objection is about. Without a version it is the entry.
type Place struct {
	Resource *datasets.Resource // id and names alone; nil: the entry
	Version  int                // its number
	Table    int                // from 0; -1: the file
	Row      int64              // of the file, from 1; 0: no row
	Column   string             // name; empty: no column
	Label    string             // of the column
	LabelEN  string
	position *int
	version  int64 // id; 0: the entry
}

// Fix is what puts something right: a version, a revision of the dictionary of
// one of its tables, or a revision of the entry.
type Fix struct {
	Resource string // id; empty: the entry
	Name     string // of the resource
	NameEN   string
	Version  int
	Table    int // from 0, of a revision of the dictionary; -1: none
	Revision int // of the dictionary, or of the entry
	At       time.Time

	version int64
}

// Entry reports whether the catalogue's entry was changed, and not its data.
func (f Fix) Entry() bool { return f.Resource == "" }

// Correction is one objection with what became of it.
type Correction struct {
	ID         int64
	Dataset    datasets.Dataset // slug, titles, status and department alone
	Profile    string           // the text that bound the department when it was filed
	Channel    Channel
	Place      Place
	Alleged    string
	Evidence   string // the department alone reads it
	State      State
	FiledAt    time.Time
	ReceivedAt *time.Time

	Asked     *time.Time // when an officer asked for more days; nil: nobody has
	AskedBy   string
	AskedDays int
	AskReason string
	More      *time.Time // when the head gave them
	MoreBy    string
	MoreDays  int

	Case      int64 // of datasets/sources; 0: none
	CaseState string
	Outcome   State // Corrected, NoError, or empty
	Answer    string
	Answered  *time.Time
	Answerer  string
	Fix       *Fix
	Reopened  *time.Time
	ClosedAt  *time.Time
	Revision  int

	Clock *deadline.Clock // of what is to be done next, or was; nil where its rule or year is not known

	department int64 // who answers
	askedBy    int64
	moreBy     int64
	answerer   int64
	base       deadline.Ref
	morePath   string
	moreFrom   *time.Time
	caseClock  *deadline.Ref
	caseEnded  *time.Time
	salt       []byte
	mostMore   int              // days that may be given, by the rule it began under
	reopenable *deadline.Clock  // until when it may be reopened
	now        func() time.Time // of the service that read it
}

// Late reports whether something is still owed past its day.
func (c *Correction) Late(now time.Time) bool {
	return c.State.Open() && c.Clock != nil && c.Clock.Late(now)
}

// MostMore is how many working days the head may give.
func (c *Correction) MostMore() int { return c.mostMore }

// ReopenUntil is the last day on which it may be reopened; nil where it may not.
func (c *Correction) ReopenUntil() *deadline.Clock {
	if reopenable(c) != nil {
		return nil
	}
	return c.reopenable
}

// CaseOver reports whether the departments, or the authority, have said whose
// values hold, or that there was no such case.
func (c *Correction) CaseOver() bool { return c.Case != 0 && c.caseEnded != nil }

// reporters is who files: anybody; whose objection it is, move decides.
var reporters = []account.Role{account.Visitor}

var (
	officers = []account.Role{account.Officer}
	heads    = []account.Role{account.Head}
)

// lifecycle is every move that an objection can make (law matrix 5.2).
var lifecycle = workflow.Lifecycle[State, Action, *Correction]{
	{Action: Forward, From: []State{Submitted}, To: Received, By: []account.Role{account.Authority}},
	{Action: TakeUp, From: []State{Received}, To: Checking, By: officers},
	{Action: AskMore, From: []State{Checking}, To: Checking, By: officers, When: askable, Needs: asksWell},
	{Action: GiveMore, From: []State{Checking}, To: Extended, By: heads, When: givable},
	{Action: DenyMore, From: []State{Checking}, To: Checking, By: heads, When: asked},
	{Action: Correct, From: []State{Checking, Extended, Disagreeing}, To: Corrected, By: officers, When: caseOver, Needs: withFix},
	{Action: Confirm, From: []State{Checking, Extended, Disagreeing}, To: NoError, By: officers, When: caseOver, Needs: withAnswer},
	{Action: Disagree, From: []State{Checking, Extended}, To: Disagreeing, By: officers, Needs: withCase},
	{Action: Reopen, From: []State{Corrected, NoError}, To: Received, By: reporters, When: reopenable},
	{Action: Close, From: []State{Corrected, NoError}, To: Closed, By: reporters},
}

// Lifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func Lifecycle() string { return lifecycle.Mermaid(Received) }

func inTerm(c *Correction) error {
	if c.Clock == nil || c.Clock.Late(c.now()) {
		return fault.New(fault.Conflict, "期限已经过了，不能再延长。")
	}
	return nil
}

// once: the texts do not say how often; the platform reads it as once.
func once(c *Correction) error {
	if c.More != nil {
		return fault.New(fault.Conflict, "已经延长过一次，不能再延长（平台规则）。")
	}
	return inTerm(c)
}

func askable(c *Correction) error {
	if c.Asked != nil && c.More == nil {
		return fault.New(fault.Conflict, "已经申请延长，等负责人决定。")
	}
	return once(c)
}

func asksWell(c *Correction) error {
	if c.AskedDays < 1 || c.AskedDays > c.mostMore {
		return fault.At("days", "延长须是 1 到 %d 个工作日。", c.mostMore)
	}
	return words("reason", c.AskReason)
}

func asked(c *Correction) error {
	if c.Asked == nil || c.More != nil {
		return fault.New(fault.Conflict, "没有等待决定的延长申请。")
	}
	return nil
}

func givable(c *Correction) error {
	if err := asked(c); err != nil {
		return err
	}
	return once(c)
}

func caseOver(c *Correction) error {
	if c.State == Disagreeing && !c.CaseOver() {
		return fault.New(fault.Conflict, "不一致案还没有结果，定了以后再答复。")
	}
	return nil
}

func withAnswer(c *Correction) error { return words("answer", c.Answer) }

func withFix(c *Correction) error {
	if c.Fix == nil {
		return fault.At("fix", "请选改正它的新版本，或者数据字典、目录条目的修改：须在收到异议之后发布。")
	}
	return withAnswer(c)
}

func withCase(c *Correction) error {
	if c.Case == 0 {
		return fault.At("case", "请选一个不一致案，或者写另一个条目。")
	}
	return nil
}

func reopenable(c *Correction) error {
	switch {
	case c.Reopened != nil:
		return fault.New(fault.Conflict, "已经重开过一次，不能再重开（平台规则）。")
	case c.reopenable == nil || c.reopenable.Late(c.now()):
		return fault.New(fault.Conflict, "重开的期限已经过了。")
	}
	return nil
}

// How long what is written about an objection may be, in characters.
const (
	shortest = 5
	longest  = 1000
)

func words(field, s string) error {
	if n := len([]rune(s)); n < shortest || n > longest {
		return fault.At(field, "请用 %d 到 %d 个字写清楚。", shortest, longest)
	}
	return nil
}

// Event is one step of the history.
type Event struct {
	Act   Action
	At    time.Time
	By    string // empty: whoever filed it, or the platform
	Words string
}

// Reporter is who filed it, for the department alone.
type Reporter struct {
	User     int64 // 0: without an account
	Contact  string
	Language string
}
