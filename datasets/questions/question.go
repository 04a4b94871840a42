package questions

import (
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// State is where a question stands.
type State string

// The states of a question.
const (
	Open      State = "open"
	Answered  State = "answered" // and public
	Declined  State = "declined"
	TakenBack State = "taken_back"
	Hidden    State = "hidden" // was answered, and is public no more
)

// Action is what moves a question.
type Action string

// The actions.
const (
	Answer   Action = "answer"
	Decline  Action = "decline"
	TakeBack Action = "take_back"
	Hide     Action = "hide"
	Keep     Action = "keep" // dismisses what was reported
	Show     Action = "show" // what was hidden
)

// Question is one question with its answer, if it has one.
type Question struct {
	ID       int64
	Dataset  datasets.Dataset // slug, titles and department alone
	User     int64            // who asked; 0 once the account is gone
	Asker    string
	Body     string
	AskedAt  time.Time
	State    State
	Answer   string
	Answerer string
	At       *time.Time // of the answer
	Revision int

	Reported   int        // reports that nobody has looked at
	ReportedAt *time.Time // the first of them
	HiddenAt   *time.Time
	Hider      string
	HideReason string          // public
	Clock      *deadline.Clock // nil where its rule or year is not known

	clock deadline.Ref
}

// Late reports whether an answer is still owed at now, past its day.
func (q *Question) Late(now time.Time) bool {
	return q.State == Open && q.Clock != nil && q.Clock.Late(now)
}

// lifecycle is every move that a question can make. Whose question it is, and of
// which department, move decides. An asker plays no role.
var lifecycle = workflow.Lifecycle[State, Action, *Question]{
	{Action: Answer, From: []State{Open}, To: Answered, By: []account.Role{account.Officer}, Needs: withAnswer},
	{Action: Decline, From: []State{Open}, To: Declined, By: []account.Role{account.Officer}, Needs: withAnswer},
	{Action: TakeBack, From: []State{Open}, To: TakenBack, By: []account.Role{account.Visitor}},
	{Action: Hide, From: []State{Answered}, To: Hidden, By: []account.Role{account.Officer}, Needs: withReason},
	{Action: Keep, From: []State{Answered}, To: Answered, By: []account.Role{account.Officer}, When: reported},
	{Action: Show, From: []State{Hidden}, To: Answered, By: []account.Role{account.Officer}},
}

// Lifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func Lifecycle() string { return lifecycle.Mermaid(Open) }

func withAnswer(q *Question) error {
	if q.Answer == "" {
		return fault.At("answer", "请写答复；不在这里答复的，写明理由。")
	}
	return nil
}
