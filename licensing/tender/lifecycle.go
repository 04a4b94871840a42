package tender

import (
	"slices"

	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// lifecycle is every move of a tender. What time moves stands as administrator.
var lifecycle = workflow.Lifecycle[State, Action, *Tender]{
	{Action: Announce, From: []State{Draft, Failed}, To: Announced, By: organisers, Needs: announceable},
	{Action: Begin, From: []State{Announced}, To: Open, By: itself},
	{Action: Close, From: []State{Open}, To: Closed, By: itself},
	{Action: OpenBids, From: []State{Closed}, To: Opened, By: itself, Needs: enough},
	{Action: Fail, From: []State{Closed}, To: Failed, By: itself},
	{Action: Fail, From: []State{Opened, Evaluated}, To: Failed, By: organisers, When: noneStands},
	{Action: Evaluate, From: []State{Opened}, To: Evaluated, By: itself, Needs: allIn},
	{Action: Rescore, From: []State{Evaluated}, To: Opened, By: organisers, When: sentBack, Needs: reasoned},
	{Action: Notice, From: []State{Evaluated}, To: AwardNotice, By: organisers, When: ranked, Needs: reported},
	{Action: Challenge, From: []State{AwardNotice, Challenged}, To: Challenged, By: anybody, Needs: grounded},
	{Action: DismissOne, From: []State{Challenged}, To: Challenged, By: organisers, When: othersOpen, Needs: reasoned},
	{Action: Dismiss, From: []State{Challenged}, To: AwardNotice, By: organisers, When: lastOpen, Needs: reasoned},
	{Action: SendBack, From: []State{Challenged}, To: Evaluated, By: organisers, Needs: reasoned},
	{Action: Confirm, From: []State{AwardNotice}, To: Awarded, By: organisers, When: windowOver},
	{Action: Contract, From: []State{Awarded}, To: Contracted, By: organisers, Needs: contracted},
	{Action: Cancel, From: []State{Draft, Announced, Open, Closed, Opened, Evaluated, AwardNotice, Challenged, Awarded, Failed}, To: Cancelled, By: organisers, Needs: reasoned},
}

// bidLifecycle is every move of a bid.
var bidLifecycle = workflow.Lifecycle[BidState, BidAction, *Bid]{
	{Action: TakeBack, From: []BidState{Sealed}, To: Withdrawn, By: anybody},
	{Action: Drop, From: []BidState{Sealed}, To: Withdrawn, By: itself},
	{Action: Reveal, From: []BidState{Sealed}, To: Revealed, By: anybody},
	{Action: Lapse, From: []BidState{Sealed, Revealed}, To: Invalid, By: itself},
	{Action: AdmitBid, From: []BidState{Revealed}, To: Valid, By: organisers},
	{Action: Exclude, From: []BidState{Revealed, Valid, Scored}, To: Invalid, By: organisers, Needs: excludable},
	{Action: Count, From: []BidState{Valid}, To: Scored, By: itself},
	{Action: Uncount, From: []BidState{Scored}, To: Valid, By: organisers},
	{Action: MakeWin, From: []BidState{Scored}, To: Won, By: organisers},
	{Action: MakeLose, From: []BidState{Scored}, To: Lost, By: organisers},
}

// Lifecycle is the table of moves of a tender as a diagram, for docs/lifecycles.md.
func Lifecycle() string { return lifecycle.Mermaid(Draft) }

// BidLifecycle is the table of moves of a bid.
func BidLifecycle() string { return bidLifecycle.Mermaid(Sealed) }

func announceable(t *Tender) error { return t.wrong }

func enough(t *Tender) error {
	if len(t.bids) < t.LeastBidders {
		return fault.New(fault.Conflict, "投标的少于 %d 家，流标。", t.LeastBidders)
	}
	return nil
}

// live are the bids of the round that have not been found invalid.
func (t *Tender) live() []Bid {
	return slices.DeleteFunc(slices.Clone(t.bids), func(b Bid) bool { return b.State == Invalid || b.State == Withdrawn })
}

// unexamined reports whether a bid has still to be revealed, admitted or excluded.
func (t *Tender) unexamined() bool {
	return slices.ContainsFunc(t.bids, func(b Bid) bool { return b.State == Sealed || b.State == Revealed })
}

func noneStands(t *Tender) error {
	if len(t.live()) > 0 {
		return fault.New(fault.Conflict, "还有有效的投标，不能流标。")
	}
	return nil
}

func (t *Tender) scorable() bool { return t.State == Opened && !t.unexamined() && len(t.live()) > 0 }

// allIn: the bids are examined, and all of the panel have handed in their marks.
func allIn(t *Tender) error {
	active := t.Active()
	switch {
	case !t.scorable():
		return fault.New(fault.Conflict, "投标还没有审查完，不能评审。")
	case len(active) < t.LeastPanel:
		return fault.New(fault.Conflict, "评审不足 %d 人，请补足。", t.LeastPanel)
	case slices.ContainsFunc(active, func(m Member) bool { return !m.HandedIn }):
		return fault.New(fault.Conflict, "还有评审没有交分数。")
	}
	return nil
}

func sentBack(t *Tender) error {
	if !t.SentBack {
		return fault.New(fault.Conflict, "质疑成立以后才能重新评审。")
	}
	return nil
}

func ranked(t *Tender) error {
	if len(t.live()) == 0 {
		return fault.New(fault.Conflict, "没有有效的投标。")
	}
	return nil
}

func reported(t *Tender) error {
	if t.words == "" {
		return fault.At("report", "请写评审报告：怎样审查、怎样打分、为什么是这个结果。")
	}
	return nil
}

func grounded(t *Tender) error {
	if t.words == "" {
		return fault.At("grounds", "请写明哪里不对、有什么根据。")
	}
	return nil
}

func (t *Tender) unanswered() (n int) {
	for _, c := range t.challenges {
		if c.Upheld == nil {
			n++
		}
	}
	return n
}

func othersOpen(t *Tender) error {
	if t.unanswered() < 2 {
		return fault.New(fault.Conflict, "没有别的质疑了。")
	}
	return nil
}

func lastOpen(t *Tender) error {
	if t.unanswered() > 1 {
		return fault.New(fault.Conflict, "还有别的质疑没有答复。")
	}
	return nil
}

func reasoned(t *Tender) error {
	if t.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

func windowOver(t *Tender) error {
	if !t.WindowOver(t.at) {
		return fault.New(fault.Conflict, "公示还没有期满，不能确认。")
	}
	return nil
}

func contracted(t *Tender) error {
	if t.words == "" {
		return fault.At("contract", "请写合同的编号和签订日期。")
	}
	return nil
}

func excludable(b *Bid) error {
	if b.Reason == "" {
		return fault.At("reason", "请写明为什么无效。")
	}
	return nil
}
