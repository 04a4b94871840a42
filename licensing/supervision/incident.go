package supervision

import (
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workflow"
)

// IncidentState is where an incident stands.
type IncidentState string

// The states.
const (
	IncidentOpen      IncidentState = "open"
	IncidentContained IncidentState = "contained"
	IncidentClosed    IncidentState = "closed"
	IncidentVoid      IncidentState = "void" // it was none
)

// Runs reports whether something is still to be done.
func (s IncidentState) Runs() bool { return s == IncidentOpen || s == IncidentContained }

// IncidentAction is what is done in an incident.
type IncidentAction string

// The actions.
const (
	Begin   IncidentAction = "begin"   // how it begins; in its history beside the others
	Regrade IncidentAction = "regrade" // another level
	Contain IncidentAction = "contain" // what was done so that it does not spread (AB-41.2)
	Keep    IncidentAction = "keep"    // records are put aside (AB-41.2)
	Tell    IncidentAction = "tell"    // whoever is affected (AS-48, TJ-50, AB-41.2)
	Inform  IncidentAction = "inform"  // a report to an authority
	Close   IncidentAction = "close"
	Void    IncidentAction = "void"
)

// The kinds of bodies that an incident is reported to.
const (
	ToCyberspace = policy.ReportCyberspace
	ToPolice     = policy.ReportPolice
	ToSector     = policy.ReportSector
	ToAuthority  = policy.ReportAuthority
	ToOther      = "other"
)

// ReportKinds are the kinds of bodies, in order.
func ReportKinds() []string { return []string{ToCyberspace, ToPolice, ToSector, ToAuthority, ToOther} }

// Version is one version of the data, as an incident names it.
type Version struct {
	ID           int64
	Resource     string
	ResourceEN   string
	Number       int
	SHA256       string
	PublishedAt  time.Time
	resourceUUID string
}

// Person is somebody who may be affected.
type Person struct {
	ID           int64
	Name         string
	Organisation string
	Took         int // deliveries of affected versions
	Last         *time.Time
	Grant        string // number of one that is held now; empty: none
	ToldAt       *time.Time

	address string
}

// Body is a department that may be affected.
type Body struct {
	datasets.Department
	Shares bool // holds a grant of sharing
	ToldAt *time.Time
}

// Reported is one report to an authority.
type Reported struct {
	Kind   string
	Body   string
	Number string
	Words  string
	At     time.Time
	Name   string // who recorded it
	SentAt *time.Time
	Sent   string // SentAt as it was typed: 2006-01-02T15:04, in China; empty: now
}

// When is when it went out; of old ones only when it was recorded is known.
func (r *Reported) When() time.Time {
	if r.SentAt != nil {
		return *r.SentAt
	}
	return r.At
}

// Incident is one incident.
type Incident struct {
	ID          int64
	Number      string
	Dataset     datasets.Dataset
	Opener      string // the body that opened it
	OpenerEN    string
	Profile     string
	Withdrawal  int64 // the withdrawal at once that came with it; 0: none
	Level       string
	Title       string
	What        string
	KnownAt     time.Time
	State       IncidentState
	Measures    string
	ContainedAt *time.Time
	Records     string
	Count       int // of deliveries put aside
	SHA256      string
	Words       string // that the affected were told
	WordsEN     string
	ToldAt      *time.Time
	ReportedAt  *time.Time // the last report that was still missing
	Cause       string
	Lessons     string
	OpenedBy    string
	OpenedAt    time.Time
	EndedAt     *time.Time
	Revision    int

	Versions []Version
	People   []Person
	Bodies   []Body
	Reports  []Reported

	Notice policy.Rule // of the text in force: whom to tell and to report to

	Containing, Telling, Reporting *deadline.Clock

	words   string
	level   string
	untold  int
	missing []string // kinds of bodies that the text names and nobody reported to
}

// Untold is how many of the affected people and departments nobody has told.
func (i *Incident) Untold() int { return i.untold }

// Missing are the kinds of bodies that the text has it reported to, and that nobody
// has reported to.
func (i *Incident) Missing() []string { return i.missing }

// Late reports whether one of its clocks has run out with its step undone.
func (i *Incident) Late(now time.Time) bool {
	if !i.State.Runs() {
		return false
	}
	late := func(c *deadline.Clock, done bool) bool { return c != nil && !done && c.Late(now) }
	return late(i.Containing, i.ContainedAt != nil) || late(i.Telling, i.ToldAt != nil && i.untold == 0) || late(i.Reporting, len(i.missing) == 0)
}

var running = []IncidentState{IncidentOpen, IncidentContained}

// incidents is every move of an incident.
var incidents = workflow.Lifecycle[IncidentState, IncidentAction, *Incident]{
	{Action: Contain, From: []IncidentState{IncidentOpen}, To: IncidentContained, By: deskers, Needs: measured},
	{Action: Keep, From: []IncidentState{IncidentOpen}, To: IncidentOpen, By: deskers, Needs: keptAside},
	{Action: Keep, From: []IncidentState{IncidentContained}, To: IncidentContained, By: deskers, Needs: keptAside},
	{Action: Tell, From: []IncidentState{IncidentOpen}, To: IncidentOpen, By: deskers, When: anybodyToTell, Needs: worded},
	{Action: Tell, From: []IncidentState{IncidentContained}, To: IncidentContained, By: deskers, When: anybodyToTell, Needs: worded},
	{Action: Inform, From: []IncidentState{IncidentOpen}, To: IncidentOpen, By: deskers},
	{Action: Inform, From: []IncidentState{IncidentContained}, To: IncidentContained, By: deskers},
	{Action: Regrade, From: []IncidentState{IncidentOpen}, To: IncidentOpen, By: deskers, Needs: regraded},
	{Action: Regrade, From: []IncidentState{IncidentContained}, To: IncidentContained, By: deskers, Needs: regraded},
	{Action: Close, From: []IncidentState{IncidentContained}, To: IncidentClosed, By: []account.Role{account.Head, account.Authority, account.Regulator}, When: complete, Needs: explained},
	{Action: Void, From: running, To: IncidentVoid, By: []account.Role{account.Head, account.Authority, account.Regulator}, When: nobodyTold, Needs: saidWhy},
}

// IncidentLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func IncidentLifecycle() string { return incidents.Mermaid(IncidentOpen) }

func measured(i *Incident) error {
	if i.Measures == "" {
		return fault.At("measures", "请写明采取了什么措施防止扩大。")
	}
	return nil
}

func keptAside(i *Incident) error {
	if i.Records == "" {
		return fault.At("records", "请写明留存了什么、放在哪里。")
	}
	return nil
}

func anybodyToTell(i *Incident) error {
	if i.untold == 0 {
		return fault.New(fault.Conflict, "受影响的人和部门都已经告知。")
	}
	return nil
}

func worded(i *Incident) error {
	if i.Words == "" {
		return fault.At("words", "请写告知的话：出了什么事、影响什么、请对方做什么。")
	}
	return nil
}

func regraded(i *Incident) error {
	if i.level == i.Level {
		return fault.At("level", "现在就是这一级。")
	}
	return saidWhy(i)
}

func saidWhy(i *Incident) error {
	if i.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

// complete: an incident is not closed while somebody is not told, a report that the
// text names is not made, or nothing was kept.
func complete(i *Incident) error {
	switch {
	case i.untold > 0:
		return fault.New(fault.Conflict, "还有 %d 个受影响的人或者部门没有告知，不能办结。", i.untold)
	case len(i.missing) > 0:
		return fault.New(fault.Conflict, "规定要报告的部门还没有都报告，不能办结。")
	case i.SHA256 == "":
		return fault.New(fault.Conflict, "还没有留存记录，不能办结。")
	}
	return nil
}

func explained(i *Incident) error {
	if i.Cause == "" {
		return fault.At("cause", "请写明查清的原因。")
	}
	if i.Lessons == "" {
		return fault.At("lessons", "请写明今后怎样防止。")
	}
	return nil
}

func nobodyTold(i *Incident) error {
	if i.ToldAt != nil {
		return fault.New(fault.Conflict, "已经告知过受影响的人，不能当作没有发生；请查清以后办结。")
	}
	return nil
}
