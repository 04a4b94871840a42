package use

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
	"shuyuan/licensing"
)

// Which grants a sample is drawn of.
const (
	LiveGrants  = "live"
	EndedGrants = "ended"
	AllGrants   = "all"
)

// Whiches are the kinds of population in order.
var Whiches = []string{LiveGrants, EndedGrants, AllGrants}

// Draw is one sample of grants, with all that it takes to work it out again.
type Draw struct {
	ID         int64
	Number     string
	Side       licensing.Side // authority or regulator
	Profile    string         // whose departments' grants; empty: all
	Which      string
	At         time.Time
	By         string
	Seed       string   // 64 hexadecimal digits
	Population []string // numbers of grants, in order
	Percent    int
	Least      int
	Drawn      []string
	Questions  string

	by   int64
	sent string
}

// Again reports whether seed and population give what was drawn.
func (d *Draw) Again() bool {
	return slices.Equal(d.Drawn, Sample(d.Seed, d.Population, d.Percent, d.Least))
}

// Size is how many of n a draw takes: the share, rounded up, and at least so many.
func Size(n, percent, least int) int { return min(n, max((n*percent+99)/100, least)) }

// Sample draws from a population of numbers: those whose SHA-256 of seed, space and
// number comes first. It depends on nothing else, so that whoever has the seed can
// show that nobody chose.
func Sample(seed string, population []string, percent, least int) []string {
	type one struct{ number, key string }
	all := make([]one, len(population))
	for i, n := range population {
		sum := sha256.Sum256([]byte(seed + " " + n))
		all[i] = one{n, hex.EncodeToString(sum[:])}
	}
	slices.SortFunc(all, func(a, b one) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.number, b.number)) })
	out := make([]string, 0, len(all))
	for _, x := range all[:Size(len(all), percent, least)] {
		out = append(out, x.number)
	}
	slices.Sort(out)
	return out
}

// AuditState is where an audit stands.
type AuditState string

// The states of an audit.
const (
	AuditAsked    AuditState = "asked"
	AuditAnswered AuditState = "answered"
	InOrder       AuditState = "in_order"
	FoundWanting  AuditState = "wanting"
	AuditClosed   AuditState = "closed"
)

// AuditAction is what moves an audit.
type AuditAction string

// The actions on an audit.
const (
	Answer      AuditAction = "answer"
	FindInOrder AuditAction = "find_in_order"
	FindFault   AuditAction = "find_fault"
	CloseAudit  AuditAction = "close"
	WarnOfAudit AuditAction = "warn" // stays where it is

	AskAudit AuditAction = "ask" // it was drawn
)

// Audit is the audit of one grant that was drawn.
type Audit struct {
	ID          int64
	Draw        Draw // number, side, profile and questions alone
	Grant       Grant
	State       AuditState
	AskedAt     time.Time
	Answer      string
	AnsweredAt  *time.Time
	AnsweredBy  string
	Violation   string // suspected: code of an option of the rule
	ViolationOf string // profile where that rule stands
	Words       string // of the finding
	FoundAt     *time.Time
	FoundBy     string
	Closing     string
	ClosedAt    *time.Time
	RemindedAt  *time.Time
	WarnedAt    *time.Time
	Revision    int

	Clock *deadline.Clock // of the next step; nil: none is owed

	ref   deadline.Ref
	now   time.Time
	named []string // violations that there are
}

// Waits reports whether the holder owes an answer.
func (a *Audit) Waits() bool { return a.State == AuditAsked }

// Late reports whether whoever owes the next step has run out of time at now.
func (a *Audit) Late(now time.Time) bool { return a.Clock != nil && a.Clock.Late(now) }

// auditLifecycle is every move of an audit. Nothing else changes its state.
var auditLifecycle = workflow.Lifecycle[AuditState, AuditAction, *Audit]{
	{Action: Answer, From: []AuditState{AuditAsked}, To: AuditAnswered, By: holder, Needs: answered},
	{Action: FindInOrder, From: []AuditState{AuditAnswered}, To: InOrder, By: auditor, Needs: found},
	{Action: FindFault, From: []AuditState{AuditAnswered}, To: FoundWanting, By: auditor, Needs: suspected},
	{Action: FindFault, From: []AuditState{AuditAsked}, To: FoundWanting, By: auditor, When: unanswered, Needs: suspected},
	{Action: CloseAudit, From: []AuditState{FoundWanting}, To: AuditClosed, By: auditor, Needs: closing},
	{Action: WarnOfAudit, From: []AuditState{AuditAsked}, To: AuditAsked, By: itself},
}

// AuditLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func AuditLifecycle() string { return auditLifecycle.Mermaid(AuditAsked) }

func answered(a *Audit) error { return words("answer", a.Answer) }

func found(a *Audit) error { return words("words", a.Words) }

func closing(a *Audit) error { return words("closing", a.Closing) }

func unanswered(a *Audit) error {
	if !a.Late(a.now) {
		return fault.New(fault.Conflict, "答复的期限还没有过。")
	}
	return nil
}

func suspected(a *Audit) error {
	if !slices.Contains(a.named, a.Violation) {
		return fault.At("violation", "请选涉嫌哪一种违规。")
	}
	return found(a)
}
