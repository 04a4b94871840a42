package templates

import (
	"context"
	"net/url"
	"slices"
	"time"

	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/licensing"
	"shuyuan/licensing/supervision"
	"shuyuan/templates/text"
)

// CaseFilter is which part of a list of cases is asked for.
type CaseFilter struct {
	Path  string // of the list
	All   bool   // what is over, too
	Late  bool   // only what is late
	State string // empty: any
}

func (f CaseFilter) href(all, late bool, state string) string {
	q := url.Values{}
	if all {
		q.Set("all", "1")
	}
	if late {
		q.Set("late", "1")
	}
	if state != "" {
		q.Set("state", state)
	}
	if len(q) == 0 {
		return f.Path
	}
	return f.Path + "?" + q.Encode()
}

// caseEvent is one thing that was done, in words.
type caseEvent struct {
	supervision.Event
	What string
}

func caseEvents(ctx context.Context, list []supervision.Event, words map[string]string) []caseEvent {
	out := make([]caseEvent, len(list))
	for i, e := range list {
		out[i] = caseEvent{e, text.T(ctx, words[e.Act])}
	}
	return out
}

var caseSides = map[supervision.Side]string{
	supervision.OfHolder: "数据使用方", supervision.OfDepartment: "数据部门", supervision.OfAuthority: "主管部门", supervision.OfRegulator: "监管机构", supervision.OfPlatform: "平台自动",
}

func caseSide(ctx context.Context, s supervision.Side) string { return text.T(ctx, caseSides[s]) }

// ruleSource marks where a rule stands, as its citations or as the platform's.
func ruleSource(ctx context.Context, b *policy.Book, r policy.Rule) []cited {
	if r.House {
		return []cited{{Words: pick(ctx, r.Label), House: true}}
	}
	var out []cited
	for _, id := range r.Cite {
		c := cited{Words: pick(ctx, policy.Place(id))}
		if held := b.Provision(id); len(held) > 0 {
			p, _ := b.Profile(held[0].Profile)
			c.Words, c.Href = pick(ctx, p.Short())+" "+c.Words, "/law/"+p.ID()+"#"+held[0].ID
		}
		out = append(out, c)
	}
	return out
}

// BreachesPage lists breach cases at the desk.
type BreachesPage struct {
	Frame
	CaseFilter
	Items []supervision.Breach
	Next  string
}

// NewBreachPage is the form that opens a case.
type NewBreachPage struct {
	Frame
	Book    *policy.Book
	Subject *supervision.Subject
	Form    BreachForm
	Mistake Mistake
}

// BreachPage is one case, on the side of whoever looks.
type BreachPage struct {
	Frame
	Book    *policy.Book
	Case    *supervision.BreachView
	Path    string
	Form    BreachForm
	Mistake Mistake
	Done    string
}

// BreachForm is what somebody has written in the form of a case.
type BreachForm struct {
	Grant           string
	Violations      []string
	Facts, Evidence string
	Halt            bool
	Words, Basis    string
}

func (f BreachForm) has(code string) bool { return slices.Contains(f.Violations, code) }

func (p BreachPage) offers(all ...supervision.BreachAction) bool {
	return slices.ContainsFunc(all, func(a supervision.BreachAction) bool { return slices.Contains(p.Case.Offers, a) })
}

// deskActs are the buttons of a desk, in their order.
var deskActs = []supervision.BreachAction{supervision.Clear, supervision.Warn, supervision.HoldUp, supervision.Revoke, supervision.Mend, supervision.Halt, supervision.Refer}

func (p BreachPage) deskActs() (out []supervision.BreachAction) {
	for _, a := range deskActs {
		if slices.Contains(p.Case.Offers, a) {
			out = append(out, a)
		}
	}
	return out
}

var breachStates = map[supervision.BreachState]string{
	supervision.Suspected: "有人反映，待查看", supervision.Dismissed: "不立案", supervision.Hearing: "等对方说明", supervision.Answered: "已说明，待决定", supervision.Cleared: "不构成违约", supervision.Warned: "警告",
	supervision.HeldUp: "暂停，待改正", supervision.Revoking: "决定撤销，可提异议", supervision.Disputed: "异议中，待主管部门决定", supervision.Upheld: "主管部门维持原决定", supervision.Overturned: "主管部门撤销原决定",
	supervision.Mended: "已改正，恢复使用", supervision.RevokedAll: "授权已撤销",
}

// BreachStateName is a state of a case in words.
func BreachStateName(ctx context.Context, s supervision.BreachState) string {
	return text.T(ctx, breachStates[s])
}

var breachSays = map[supervision.BreachState]string{
	supervision.Suspected:  "有人反映这份授权没有按约定使用。数据部门查看后立案，或者写明理由不立案；立案以前不通知使用方。",
	supervision.Dismissed:  "查看以后没有立案，理由在下面。",
	supervision.Hearing:    "已经立案，等数据使用方说明情况；到期没有说明，也可以决定。",
	supervision.Answered:   "数据使用方已经说明，等决定。",
	supervision.Cleared:    "决定不构成违约；因这一案暂停的，已经恢复。",
	supervision.Warned:     "决定给予警告，授权可以继续使用；期限内可以提出异议。",
	supervision.HeldUp:     "决定暂停授权，改正以后恢复；期限内可以提出异议。",
	supervision.Revoking:   "决定撤销授权；期限内没有异议，到期撤销，还在用的授权其间暂停。",
	supervision.Disputed:   "使用方不服，等主管部门决定；决定以前，原来的暂停不变。",
	supervision.Upheld:     "主管部门维持原决定。",
	supervision.Overturned: "主管部门撤销了原决定，不算违约；因这一案暂停的，已经恢复。",
	supervision.Mended:     "已经改正，授权恢复使用。",
	supervision.RevokedAll: "授权已经撤销，密钥收回。",
}

// breachSaysOver is what a case says whose grant has ended: nothing is suspended,
// reinstated or revoked any more.
var breachSaysOver = map[supervision.BreachState]string{
	supervision.Cleared:    "决定不构成违约；授权现在已经结束。",
	supervision.Warned:     "决定给予警告；授权现在已经结束。期限内可以提出异议。",
	supervision.HeldUp:     "决定暂停到改正为止；授权现在已经结束，没有可以暂停或者恢复的。期限内可以提出异议。",
	supervision.Revoking:   "决定撤销授权；授权现在已经结束，没有可以撤销的。期限内可以提出异议。",
	supervision.Disputed:   "使用方不服，等主管部门决定；授权现在已经结束。",
	supervision.Overturned: "主管部门撤销了原决定，不算违约；授权现在已经结束，不因此恢复。",
	supervision.Mended:     "已经改正；授权现在已经结束。",
	supervision.RevokedAll: "决定撤销授权；授权在生效以前已经结束，密钥收回。",
}

// breachSentence says how a case stands, and what is true of its grant.
func breachSentence(ctx context.Context, b *supervision.Breach) string {
	revoked := b.State == supervision.RevokedAll && (b.GrantState == "revoked" || b.OfSharing())
	if words := breachSaysOver[b.State]; words != "" && b.GrantOver() && !revoked {
		return text.T(ctx, words)
	}
	return text.T(ctx, breachSays[b.State])
}

// breachGrant says how the grant of a case ended.
func breachGrant(ctx context.Context, b *supervision.Breach) string {
	switch licensing.GrantState(b.GrantState) {
	case licensing.Expired:
		return text.T(ctx, "已到期")
	case licensing.Revoked:
		return text.T(ctx, "已撤销")
	case licensing.Surrendered:
		return text.T(ctx, "已交还")
	case licensing.Active, licensing.Suspended, licensing.Replaced:
	}
	return text.T(ctx, "已结束")
}

// breachButton is an action in words, of a case whose grant may have ended.
func breachButton(ctx context.Context, b *supervision.Breach, a supervision.BreachAction) string {
	if a == supervision.Mend && b.GrantOver() {
		return text.T(ctx, "已改正，结案")
	}
	return BreachActionName(ctx, a)
}

var breachActions = map[string]string{
	"report": "反映情况", "open": "立案", "dismiss": "不立案", "halt": "立即暂停授权", "answer": "说明情况", "refer": "转主管部门决定", "clear": "决定：不构成违约", "warn": "决定：警告",
	"hold": "决定：暂停到改正为止", "revoke": "决定：撤销授权", "dispute": "提出异议", "uphold": "维持原决定", "overturn": "撤销原决定", "mend": "已改正，恢复使用", "enforce": "撤销授权生效",
}

// BreachActionName is an action in words.
func BreachActionName(ctx context.Context, a supervision.BreachAction) string {
	return text.T(ctx, breachActions[string(a)])
}

var breachOutcomes = map[supervision.Outcome]string{
	supervision.NoBreach: "不构成违约", supervision.Warning: "警告", supervision.Suspension: "暂停到改正为止", supervision.Revocation: "撤销授权",
}

func breachOutcome(ctx context.Context, o supervision.Outcome) string {
	return text.T(ctx, breachOutcomes[o])
}

// breachClock is what the clock of a case counts to.
func breachClock(ctx context.Context, b *supervision.Breach) string {
	switch b.State {
	case supervision.Suspected:
		return text.T(ctx, "查看反映的情况")
	case supervision.Hearing:
		return text.T(ctx, "说明情况")
	case supervision.Answered:
		return text.T(ctx, "作出决定")
	case supervision.Disputed:
		return text.T(ctx, "决定异议")
	}
	return text.T(ctx, "提出异议")
}

// clockRuns reports whether the clock of a case says anything at now: the days to
// dispute a decision make nobody late, and say nothing once they are over.
func clockRuns(b *supervision.Breach, now time.Time) bool {
	return b.Clock != nil && (b.State.Open() || canDispute(b) && !b.Clock.Late(now))
}

// canDispute reports whether a case stands where its holder can dispute the decision.
func canDispute(b *supervision.Breach) bool {
	return slices.Contains([]supervision.BreachState{supervision.Warned, supervision.HeldUp, supervision.Revoking}, b.State)
}

func violationWords(ctx context.Context, list []policy.Option) string {
	var out []string
	for _, o := range list {
		out = append(out, pick(ctx, o.Name))
	}
	return shareList(ctx, out)
}

// holderOf is who holds what a case is about.
func holderOf(ctx context.Context, b *supervision.Breach) string {
	return text.Pick(ctx, b.Holder, b.HolderEN)
}

// grantHref is the page of the grant that a case is about, for whoever looks.
func (p BreachPage) grantHref() string {
	switch {
	case p.Case.OfSharing() && p.Case.Side == supervision.OfRegulator:
		return ""
	case p.Case.OfSharing():
		return "/desk/sharing/requests/" + idText(p.Case.Request)
	case p.Case.Side == supervision.OfHolder:
		return "/grants/" + p.Case.GrantNo
	}
	return "/desk/grants/" + p.Case.GrantNo
}

var breachStateOrder = []supervision.BreachState{supervision.Suspected, supervision.Hearing, supervision.Answered, supervision.HeldUp, supervision.Revoking, supervision.Disputed}

// lastDay is a clock for a list; nil where none runs.
func lastDay(b *supervision.Breach, now time.Time) *deadline.Clock {
	if clockRuns(b, now) {
		return b.Clock
	}
	return nil
}

// breachKindList are the kinds of breach that a form offers, with where they stand.
type breachKindList struct {
	From    []cited
	Options []policy.Option
}

func breachKinds(ctx context.Context, b *policy.Book, r policy.Rule) breachKindList {
	return breachKindList{ruleSource(ctx, b, r), r.Options}
}

// Href is the address of the part that is asked for.
func (f CaseFilter) Href() string { return f.href(f.All, f.Late, f.State) }

// KnownBreachState reports whether there is such a state; empty is none in
// particular.
func KnownBreachState(s string) bool {
	return s == "" || breachStates[supervision.BreachState(s)] != ""
}

// SupervisionAct is what was done in a case, of whatever kind.
func SupervisionAct(ctx context.Context, of, act string) string {
	switch of {
	case "breach":
		return text.T(ctx, breachActions[act])
	case "incident":
		return text.T(ctx, incidentActions[act])
	case "order":
		return text.T(ctx, orderActions[act])
	}
	return act
}
