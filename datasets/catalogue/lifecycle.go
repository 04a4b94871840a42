package catalogue

import (
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// State is where an entry stands between its department and the authority. It is
// an axis of its own beside the status of the data set: what is confirmed is not
// public, and what was public long ago may be under change.
type State string

// The states.
const (
	Draft     State = "draft"
	WithHead  State = "awaiting_head" // the head of the department signs
	Submitted State = "submitted"
	Confirmed State = "confirmed"
	Returned  State = "returned"
)

// Action is what can be done to an entry.
type Action string

// The actions.
const (
	Submit     Action = "submit"
	SendToHead Action = "send_to_head"
	Sign       Action = "sign"
	Recall     Action = "recall"
	Confirm    Action = "confirm"
	Return     Action = "return"
)

// Lifecycle is every move of an entry. Whose entry it is, and whether somebody
// acts for the department or for the authority over it, Service asks besides.
var Lifecycle = workflow.Lifecycle[State, Action, *Entry]{
	{Action: Submit, From: []State{Draft, Returned}, To: Submitted, By: []account.Role{account.Officer}, When: noHead, Needs: passes},
	{Action: SendToHead, From: []State{Draft, Returned}, To: WithHead, By: []account.Role{account.Officer}, When: hasHead, Needs: passes},
	{Action: Sign, From: []State{WithHead}, To: Submitted, By: []account.Role{account.Head}, Needs: passes},
	{Action: Return, From: []State{WithHead}, To: Returned, By: []account.Role{account.Head}, Needs: withReason},
	{Action: Recall, From: []State{WithHead, Submitted}, To: Draft, By: []account.Role{account.Officer}},
	{Action: Confirm, From: []State{Submitted}, To: Confirmed, By: []account.Role{account.Authority}, Needs: passes},
	{Action: Return, From: []State{Submitted}, To: Returned, By: []account.Role{account.Authority}, Needs: withReason},
}

func noHead(e *Entry) error {
	if e.HeadSigns {
		return fault.New(fault.Conflict, "本部门有负责人账号，条目须先送负责人签发（平台规则）。")
	}
	return nil
}

func hasHead(e *Entry) error {
	if !e.HeadSigns {
		return fault.New(fault.Conflict, "本部门没有负责人账号，条目直接报送。")
	}
	return nil
}

// passes asks every check again, whoever posted the form and however.
func passes(e *Entry) error {
	for _, f := range e.Examine() {
		if f.Blocks() {
			return &fault.Fault{Kind: fault.Invalid, Sentence: f.Sentence, Args: f.Args, Field: f.Field}
		}
	}
	return nil
}

func withReason(e *Entry) error {
	if e.Reason == "" {
		return fault.At("reason", "请写明为什么退回、要改什么。")
	}
	return nil
}
