package tender

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Examine admits a bid to be scored, or finds it invalid for a reason.
func (s *Service) Examine(ctx context.Context, who account.Actor, number string, revision int, bid int64, admit bool, reason string) (*Tender, error) {
	reason, err := optional("reason", reason)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Tender, error) {
		t, err := s.organised(ctx, tx, who, number, revision)
		if err != nil {
			return t, err
		}
		b := t.bid(bid)
		switch {
		case b == nil:
			return t, errNoBid()
		case t.State != Opened && (t.State != Evaluated || !t.SentBack):
			return t, fault.New(fault.Conflict, "现在不审查投标。")
		case t.State == Opened && slices.ContainsFunc(t.Panel, func(m Member) bool { return m.HandedIn }):
			return t, fault.New(fault.Conflict, "已经有评审交了分数，不能再改哪些投标有效。")
		}
		act, does := AdmitBid, Admit
		if !admit {
			b.Reason = reason
			act, does = Exclude, Disqualify
		} else {
			reason = ""
		}
		if err := s.moveBid(ctx, tx, who, t, b, act, reason); err != nil {
			return t, err
		}
		if t.State == Evaluated {
			if err := s.rank(ctx, tx, t); err != nil {
				return t, err
			}
		}
		return t, s.note(ctx, tx, who, t, OfOrganiser, does, words(b.Bidder, reason), func() error {
			if admit {
				return nil
			}
			return s.tellBidder(ctx, tx, t, b, noticeExcluded, reason)
		})
	})
}

func words(name, why string) string {
	if why == "" {
		return name
	}
	return name + "：" + why
}

func (t *Tender) bid(id int64) *Bid {
	for i := range t.bids {
		if t.bids[i].ID == id {
			return &t.bids[i]
		}
	}
	return nil
}

// note writes down what leaves a tender where it stands.
func (s *Service) note(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender, side Side, act Action, words string, tell func() error) error {
	if err := saveTender(ctx, tx, t); err != nil {
		return err
	}
	if err := s.happened(ctx, tx, who, t, side, act, words, t.State); err != nil {
		return err
	}
	return tell()
}

// AddMember puts somebody on the panel, before anybody has handed in marks.
func (s *Service) AddMember(ctx context.Context, who account.Actor, number string, revision int, identifier string) (*Tender, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Tender, error) {
		t, err := s.organised(ctx, tx, who, number, revision)
		if err != nil {
			return t, err
		}
		if err := t.panelOpen(); err != nil {
			return t, err
		}
		m, err := s.panelist(ctx, tx, identifier)
		if err != nil {
			return t, err
		}
		switch {
		case t.member(m.User) != nil:
			return t, fault.At("panel", "这个人已经在评审里，或者已经退出。")
		case len(t.Active()) >= mostPanel:
			return t, fault.At("panel", "最多写 %d 人。", mostPanel)
		}
		if t.State == Opened {
			of, err := membersOf(ctx, tx, t)
			if err != nil {
				return t, err
			}
			if of[m.User] {
				return t, fault.At("panel", "这个人是投标机构的成员，不能做评审。")
			}
		}
		t.Panel = append(t.Panel, m)
		if err := insertMember(ctx, tx, t, &m); err != nil {
			return nil, err
		}
		return t, s.note(ctx, tx, who, t, OfOrganiser, ChangePanel, "", func() error {
			if t.State != Opened {
				return nil
			}
			return s.tellMember(ctx, tx, t, m.User)
		})
	})
}

// panelOpen returns a fault where the panel stays as it is.
func (t *Tender) panelOpen() error {
	if !t.State.Sealed() && t.State != Opened {
		return fault.New(fault.Conflict, "评审已经完成，不能再换人。")
	}
	return nil
}

// Strike takes somebody off the panel, with the reason; not whoever has handed in
// marks.
func (s *Service) Strike(ctx context.Context, who account.Actor, number string, revision int, user int64, reason string) (*Tender, error) {
	reason, err := short("reason", reason, 300)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Tender, error) {
		t, err := s.organised(ctx, tx, who, number, revision)
		if err != nil {
			return t, err
		}
		if err := t.panelOpen(); err != nil {
			return t, err
		}
		m := t.member(user)
		switch {
		case m == nil || !m.Active():
			return t, fault.New(fault.NotFound, "评审里没有这个人。")
		case m.HandedIn:
			return t, fault.New(fault.Conflict, "这位评审已经交了分数，不能再换。")
		case reason == "":
			return t, fault.At("reason", "请写明理由。")
		}
		if err := s.strike(ctx, tx, who, t, m, reason); err != nil {
			return t, err
		}
		if err := saveTender(ctx, tx, t); err != nil {
			return t, err
		}
		return t, s.evaluate(ctx, tx, t)
	})
}

// strike takes a member off the panel.
func (s *Service) strike(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender, m *Member, why string) error {
	at := s.instant()
	m.Struck, m.Why = &at, why
	if err := saveMember(ctx, tx, t, m); err != nil {
		return err
	}
	side := OfOrganiser
	if who.ID < 0 {
		side = OfPlatform
	} else if who.ID == m.User {
		side = OfPanel
	}
	return s.happened(ctx, tx, who, t, side, StrikeMember, why, t.State)
}

// Declare is what a member of the panel says of an interest in the bidders, once they
// are known: none, or which. Whoever has one scores no more.
func (s *Service) Declare(ctx context.Context, who account.Actor, number string, conflict string) (*Tender, error) {
	conflict, err := short("conflict", conflict, 300)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Tender, error) {
		t, m, err := s.onPanel(ctx, tx, who, number)
		if err != nil {
			return t, err
		}
		if m.Declared != nil {
			return t, fault.New(fault.Conflict, "已经声明过了。")
		}
		at := s.instant()
		m.Declared, m.Conflict = &at, conflict
		if conflict != "" {
			if err := s.strike(ctx, tx, who, t, m, "声明有利害关系："+conflict); err != nil {
				return t, err
			}
			if err := saveTender(ctx, tx, t); err != nil {
				return t, err
			}
			return t, s.evaluate(ctx, tx, t)
		}
		if err := saveMember(ctx, tx, t, m); err != nil {
			return t, err
		}
		return t, audit.Append(ctx, tx, who, "tender", t.Number, "declare", nil)
	})
}

// onPanel holds a tender that who scores now.
func (s *Service) onPanel(ctx context.Context, tx pgx.Tx, who account.Actor, number string) (*Tender, *Member, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, nil, errNotYours()
	}
	t, err := s.hold(ctx, tx, number)
	if err != nil {
		return nil, nil, err
	}
	m := t.member(who.ID)
	switch {
	case m == nil && t.AnnouncedAt == nil:
		return nil, nil, errNone()
	case m == nil || !m.Active():
		return t, nil, fault.New(fault.Forbidden, "您不是这个项目的评审。")
	case t.State != Opened:
		return t, nil, fault.New(fault.Conflict, "现在不评审：还没有开标，或者已经评完。")
	}
	return t, m, nil
}

// Given is what a member gives one bid, by the criteria that the panel scores.
type Given struct {
	Bid   int64
	Marks []int
	Words string
}

// Hand hands in the marks of a member for every valid bid, at once and for good. When
// the last of the panel has handed them in, the bids are ranked.
func (s *Service) Hand(ctx context.Context, who account.Actor, number string, all []Given) (*Tender, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Tender, error) {
		t, m, err := s.onPanel(ctx, tx, who, number)
		if err != nil {
			return t, err
		}
		switch {
		case m.Declared == nil:
			return t, fault.New(fault.Conflict, "请先声明有没有利害关系。")
		case m.HandedIn:
			return t, fault.New(fault.Conflict, "分数已经交了，不能再改。")
		case !t.scorable():
			return t, fault.New(fault.Conflict, "投标还没有审查完，不能评审。")
		}
		if err := t.checkMarks(all); err != nil {
			return t, err
		}
		at := s.instant()
		for _, g := range all {
			if g.Words, err = optional("words."+strconv.FormatInt(g.Bid, 10), g.Words); err != nil {
				return t, err
			}
			if err := insertScore(ctx, tx, t, who.ID, g, at); err != nil {
				return t, err
			}
		}
		m.HandedIn = true
		if err := audit.Append(ctx, tx, who, "tender", t.Number, "score", nil); err != nil {
			return t, err
		}
		return t, s.evaluate(ctx, tx, t)
	})
}

// checkMarks: each valid bid once, each criterion from 0 to its weight.
func (t *Tender) checkMarks(all []Given) error {
	scored, seen := t.Scored(), map[int64]bool{}
	for _, g := range all {
		b := t.bid(g.Bid)
		if b == nil || b.State != Valid || seen[g.Bid] {
			return fault.New(fault.Conflict, "要打分的投标变了，请重新打开看看。")
		}
		seen[g.Bid] = true
		for i, c := range scored {
			if i >= len(g.Marks) || g.Marks[i] < 0 || g.Marks[i] > c.Weight {
				return fault.At(MarkField(g.Bid, i), "“%s”须打 0 到 %d 的整数。", c.Name, c.Weight)
			}
		}
		if len(g.Marks) != len(scored) {
			return fault.New(fault.Invalid, "分数的项数不对。")
		}
	}
	if len(seen) != len(t.live()) {
		return fault.New(fault.Invalid, "请给每份有效的投标打分。")
	}
	return nil
}

// MarkField is the name of the input for a mark.
func MarkField(bid int64, criterion int) string {
	return "mark." + strconv.FormatInt(bid, 10) + "." + strconv.Itoa(criterion)
}

// evaluate ranks the bids, if the last marks are in.
func (s *Service) evaluate(ctx context.Context, tx pgx.Tx, t *Tender) error {
	if t.State != Opened || allIn(t) != nil {
		return nil
	}
	for i := range t.bids {
		if t.bids[i].State != Valid {
			continue
		}
		zero := 0
		b := &t.bids[i]
		b.Marks, b.Price, b.Total, b.Rank = &zero, &zero, &zero, 1 // in a moment
		if err := s.moveBid(ctx, tx, platform(), t, b, Count, ""); err != nil {
			return err
		}
	}
	if err := s.rank(ctx, tx, t); err != nil {
		return err
	}
	at := s.instant()
	t.words = ""
	if err := s.move(ctx, tx, platform(), t, OfPlatform, Evaluate, func() error {
		t.EvaluatedAt = &at
		return s.begin(t, noticing, at)
	}); err != nil {
		return err
	}
	return s.tellOrganiser(ctx, tx, t, noticeEvaluated, "")
}

// rank counts the points of the bids that stand, and ranks them.
func (s *Service) rank(ctx context.Context, tx pgx.Tx, t *Tender) error {
	scores, err := selectScores(ctx, tx, t)
	if err != nil {
		return err
	}
	standing := t.standing(scores)
	for i, b := range standing {
		b.Rank = i + 1
		if err := saveBid(ctx, tx, b, s.instant()); err != nil {
			return err
		}
	}
	return nil
}

// standing are the scored bids with their points, the best first.
func (t *Tender) standing(scores map[int64][]Score) []*Bid {
	var out []*Bid
	for i := range t.bids {
		if t.bids[i].State == Scored {
			out = append(out, &t.bids[i])
		}
	}
	for _, b := range out {
		b.Criteria = averages(scores[b.ID], len(t.Scored()))
		b.Scores = scores[b.ID]
		marks, price := average(sumOf(scores[b.ID]), len(scores[b.ID])), t.pricePoints(b, out)
		total := marks + price
		b.Marks, b.Price, b.Total = &marks, &price, &total
	}
	heaviest := t.heaviest()
	slices.SortStableFunc(out, func(a, b *Bid) int {
		return cmp.Or(cmp.Compare(*b.Total, *a.Total), cmp.Compare(t.points(b, heaviest), t.points(a, heaviest)), t.comparePrice(a, b), a.SealedAt.Compare(b.SealedAt), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func sumOf(scores []Score) (sum int) {
	for _, s := range scores {
		for _, m := range s.Marks {
			sum += m
		}
	}
	return sum
}

// average is the average of n marks in hundredths, rounded half up.
func average(sum, n int) int {
	if n == 0 {
		return 0
	}
	return (2*100*sum + n) / (2 * n)
}

func averages(scores []Score, criteria int) []int {
	out := make([]int, criteria)
	for i := range out {
		sum := 0
		for _, s := range scores {
			if i < len(s.Marks) {
				sum += s.Marks[i]
			}
		}
		out[i] = average(sum, len(scores))
	}
	return out
}

// pricePoints are the points of a bid for its price, in hundredths: the best offer has
// all, the others in proportion to it, rounded half up.
func (t *Tender) pricePoints(b *Bid, all []*Bid) int {
	weight := int64(t.PriceWeight()) * 100
	if weight == 0 || b.Amount == nil {
		return 0
	}
	best := *b.Amount
	for _, o := range all {
		if o.Amount != nil && (t.Pricing == Pays && *o.Amount > best || t.Pricing == Asks && *o.Amount < best) {
			best = *o.Amount
		}
	}
	over, under := *b.Amount, best
	if t.Pricing == Asks {
		over, under = best, *b.Amount
	}
	if under == 0 {
		return int(weight) // nobody offered anything better than nothing
	}
	return int((2*weight*over + under) / (2 * under))
}

// heaviest is the criterion with the most weight; of equal ones the first.
func (t *Tender) heaviest() int {
	at := 0
	for i, c := range t.Criteria {
		if c.Weight > t.Criteria[at].Weight {
			at = i
		}
	}
	return at
}

// points are what a bid has for one criterion.
func (t *Tender) points(b *Bid, criterion int) int {
	if t.Criteria[criterion].Price {
		return *b.Price
	}
	return b.Criteria[criterion] // the price is the last
}

// comparePrice is negative where a has the better price.
func (t *Tender) comparePrice(a, b *Bid) int {
	if a.Amount == nil || b.Amount == nil {
		return 0
	}
	if t.Pricing == Pays {
		return cmp.Compare(*b.Amount, *a.Amount)
	}
	return cmp.Compare(*a.Amount, *b.Amount)
}
