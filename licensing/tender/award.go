package tender

import (
	"context"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Step is what an organiser does about a tender as a whole.
type Step struct {
	Action    Action
	Revision  int
	Words     string // the report, the reason, the contract
	Challenge int64  // that is answered
}

// Field is the field of the form in which the words of an action stand.
func (a Action) Field() string {
	switch a {
	case Notice:
		return "report"
	case Contract:
		return "contract"
	case Challenge:
		return "grounds"
	case Dismiss, DismissOne, SendBack:
		return "answer"
	}
	return "reason"
}

// Weighty reports whether an action binds or ends something: whoever takes it shows
// anew who they are.
func (a Action) Weighty() bool { return slices.Contains([]Action{Confirm, Contract, Cancel}, a) }

// Move takes a tender further. It returns fault.NotFound for one that who may not know
// of, fault.Forbidden where the move is another's or who they are was not shown of late,
// fault.Conflict where somebody was
// first or it is not yet time, and fault.Invalid at the field where something lacks.
func (s *Service) Move(ctx context.Context, who account.Actor, number string, step Step) (*Tender, error) {
	said, err := optional(step.Action.Field(), step.Words)
	if err != nil {
		return nil, err
	}
	if step.Action.Weighty() {
		if err := s.accounts.RequireFresh(who); err != nil {
			return nil, err
		}
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Tender, error) {
		t, err := s.organised(ctx, tx, who, number, step.Revision)
		if err != nil {
			return t, err
		}
		t.words = said
		switch step.Action {
		case Announce:
			return t, s.announce(ctx, tx, who, t)
		case Notice:
			return t, s.notice(ctx, tx, who, t)
		case Dismiss, SendBack:
			return t, s.answer(ctx, tx, who, t, step)
		case Rescore:
			return t, s.rescore(ctx, tx, who, t)
		case Confirm:
			return t, s.confirm(ctx, tx, who, t)
		case Contract:
			return t, s.contract(ctx, tx, who, t)
		case Cancel:
			return t, s.cancel(ctx, tx, who, t)
		case Fail:
			return t, s.failBy(ctx, tx, who, t)
		}
		return t, fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
	})
}

// notice makes the award public: who it is, with which points, and why.
func (s *Service) notice(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender) error {
	at := s.instant()
	said := t.words
	err := s.move(ctx, tx, who, t, OfOrganiser, Notice, func() error {
		t.Report, t.NoticeAt, t.SentBack, t.words = said, &at, false, ""
		return s.begin(t, challenges, at)
	})
	if err != nil {
		return err
	}
	return s.tellAll(ctx, tx, t, noticeAward, "")
}

// Object challenges an award, for an organisation whose bid was opened: once for each
// notice, while it is open to challenge.
func (s *Service) Object(ctx context.Context, who account.Actor, number string, organisation int64, grounds string) (*Tender, error) {
	b, err := s.bidder(ctx, who, organisation)
	if err != nil {
		return nil, err
	}
	if grounds, err = optional("grounds", grounds); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Tender, error) {
		t, err := s.hold(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		bid := t.bidOf(b.Organisation)
		if bid == nil {
			return t, errNoBid()
		}
		window, err := s.window(t)
		if err != nil {
			return t, err
		}
		if t.NoticeAt != nil && !s.instant().Before(window) {
			return t, fault.New(fault.Conflict, "公示已经期满，不能再质疑。")
		}
		if t.NoticeAt != nil && slices.ContainsFunc(t.challenges, func(c Objection) bool { return c.Bid == bid.ID && c.NoticeAt.Equal(*t.NoticeAt) }) {
			return t, fault.New(fault.Conflict, "对这次公示已经质疑过一次。")
		}
		t.words = grounds
		from := t.State
		err = s.move(ctx, tx, who, t, OfBidder, Challenge, func() error {
			if err := insertChallenge(ctx, tx, who, t, bid, grounds, s.instant()); err != nil {
				return err
			}
			if from == Challenged {
				return nil // the clock of the first runs
			}
			return s.begin(t, answering, s.instant())
		})
		if err != nil {
			return t, err
		}
		return t, s.tellOrganiser(ctx, tx, t, noticeChallenged, grounds)
	})
}

// window is the first moment at which the award cannot be challenged any more.
func (s *Service) window(t *Tender) (instant, error) {
	if t.NoticeAt == nil {
		return instant{}, nil
	}
	clock, err := s.clocks.Start(t.Profile, challenges, *t.NoticeAt)
	if clock.Preliminary() { // nobody is too late by a day that was only estimated
		return clock.Due().AddDate(1, 0, 0), err
	}
	return clock.Due(), err
}

// answer answers one challenge: it is dismissed, or the award goes back to the
// evaluation and with it every other challenge. Whoever scored answers none.
func (s *Service) answer(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender, step Step) error {
	if m := t.member(who.ID); m != nil {
		return fault.New(fault.Forbidden, "您参加了评审，质疑由别人答复。")
	}
	var asked *Objection
	for i := range t.challenges {
		if t.challenges[i].ID == step.Challenge {
			asked = &t.challenges[i]
		}
	}
	if asked == nil || asked.Upheld != nil {
		return fault.New(fault.NotFound, "没有这件质疑，或者已经答复。")
	}
	if t.words == "" {
		return fault.At("answer", "请写明理由。")
	}
	act, said, at := step.Action, t.words, s.instant()
	if act == Dismiss && t.unanswered() > 1 {
		act = DismissOne
	}
	err := s.move(ctx, tx, who, t, OfOrganiser, act, func() error {
		switch act {
		case Dismiss:
			return s.begin(t, challenges, *t.NoticeAt) // the window is the one of the notice
		case SendBack:
			t.SentBack = true
			return s.begin(t, noticing, at)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range t.challenges {
		c := &t.challenges[i]
		if c.Upheld != nil || c.ID != asked.ID && act != SendBack {
			continue
		}
		if err := answerChallenge(ctx, tx, who, c.ID, act == SendBack, said, at); err != nil {
			return err
		}
		upheld := act == SendBack
		c.Upheld = &upheld
		if b := t.bid(c.Bid); b != nil {
			if err := s.tellBidder(ctx, tx, t, b, noticeAnswered, said); err != nil {
				return err
			}
		}
	}
	return nil
}

// rescore has the panel score again.
func (s *Service) rescore(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender) error {
	err := s.move(ctx, tx, who, t, OfOrganiser, Rescore, func() error {
		t.scoring++
		return s.begin(t, scoring, s.instant())
	})
	if err != nil {
		return err
	}
	for i := range t.bids {
		b := &t.bids[i]
		if b.State != Scored {
			continue
		}
		b.Marks, b.Price, b.Total, b.Rank = nil, nil, nil, 0
		if err := s.moveBid(ctx, tx, who, t, b, Uncount, ""); err != nil {
			return err
		}
	}
	for i := range t.Panel {
		t.Panel[i].HandedIn = false
	}
	return s.tellPanel(ctx, tx, t)
}

// confirm ends the competition: the best bid has won. Whoever waits for the result is
// told in the same transaction.
func (s *Service) confirm(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender) error {
	at := s.instant()
	r := Result{ID: t.ID, Number: t.Number, Kind: t.Kind, About: t.About, Body: t.Department.ID, Method: t.Method, At: at}
	err := s.move(ctx, tx, who, t, OfOrganiser, Confirm, func() error {
		t.ConfirmedAt = &at
		return s.begin(t, signing, at)
	})
	if err != nil {
		return err
	}
	r.NoticeAt = *t.NoticeAt
	for i := range t.bids {
		b := &t.bids[i]
		r.Bidders = append(r.Bidders, b.Bidder)
		if b.State != Scored {
			continue
		}
		act := MakeLose
		if b.Rank == 1 {
			act, r.Winner, r.Of = MakeWin, b.Bidder, b.Organisation
		}
		if err := s.moveBid(ctx, tx, who, t, b, act, ""); err != nil {
			return err
		}
	}
	stands, err := organisationStands(ctx, tx, r.Of)
	if err != nil {
		return err
	}
	if !stands {
		return fault.New(fault.Conflict, "中选的机构现在没有认证或者被暂停，不能确认。")
	}
	for _, f := range s.confirmed {
		if err := f(ctx, tx, r); err != nil {
			return err
		}
	}
	return s.tellAll(ctx, tx, t, noticeConfirmed, "")
}

// contract records that the contract was signed.
func (s *Service) contract(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender) error {
	at, said := s.instant(), t.words
	return s.move(ctx, tx, who, t, OfOrganiser, Contract, func() error {
		t.Contract, t.EndedAt = said, &at
		t.stop()
		return nil
	})
}

// cancel ends a tender for a reason. What is still sealed nobody ever reads.
func (s *Service) cancel(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender) error {
	at, said := s.instant(), t.words
	if said != "" {
		if err := s.drop(ctx, tx, t, "取消。"); err != nil {
			return err
		}
	}
	err := s.move(ctx, tx, who, t, OfOrganiser, Cancel, func() error {
		t.EndedAt, t.keyPublic, t.keyLocked = &at, "", nil
		t.stop()
		return nil
	})
	if err != nil {
		return err
	}
	return s.tellAll(ctx, tx, t, noticeCancelled, said)
}

// failBy ends a round of which no bid stands.
func (s *Service) failBy(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender) error {
	t.words = "没有有效的投标。"
	err := s.move(ctx, tx, who, t, OfOrganiser, Fail, func() error {
		t.stop()
		return nil
	})
	if err != nil {
		return err
	}
	return s.tellAll(ctx, tx, t, noticeFailed, t.words)
}

// ChallengeID reads the number of a challenge in a form.
func ChallengeID(raw string) int64 {
	n, _ := strconv.ParseInt(raw, 10, 64) // none is not one that is there
	return n
}
