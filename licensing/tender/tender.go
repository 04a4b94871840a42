package tender

import (
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/licensing/papers"
)

// Kind is what is awarded.
type Kind string

// The kinds.
const (
	DataUse  Kind = "data_use" // of conditional data, for business (AB-35.3)
	Scenario Kind = "scenario" // to develop one, of authorised operation
	Mandate  Kind = "mandate"  // to operate
	Supply   Kind = "supply"   // something that is bought
)

// Kinds are the kinds in the order of the form.
var Kinds = []Kind{DataUse, Scenario, Mandate, Supply}

// Pricing is whether there is a price, and which is better.
type Pricing string

// The ways.
const (
	NoPrice Pricing = "none"
	Pays    Pricing = "pays" // the bidder: the more the better
	Asks    Pricing = "asks" // the bidder is paid: the less the better
)

// Pricings are the ways in the order of the form.
var Pricings = []Pricing{NoPrice, Pays, Asks}

// State is where a tender stands.
type State string

// The states.
const (
	Draft       State = "draft"
	Announced   State = "announced" // takes no bids yet
	Open        State = "open"      // takes bids
	Closed      State = "closed"    // the bids wait for their opening
	Opened      State = "opened"    // they are examined and scored
	Evaluated   State = "evaluated"
	AwardNotice State = "award_notice" // the result is public and can be challenged
	Challenged  State = "challenged"
	Awarded     State = "confirmed"
	Contracted  State = "contracted"
	Failed      State = "failed" // may be announced again
	Cancelled   State = "cancelled"
)

// States are the states in order.
var States = []State{Draft, Announced, Open, Closed, Opened, Evaluated, AwardNotice, Challenged, Awarded, Contracted, Failed, Cancelled}

// Runs reports whether the tender is neither over nor without a result.
func (s State) Runs() bool {
	return !slices.Contains([]State{Contracted, Failed, Cancelled}, s)
}

// Sealed reports whether nobody knows yet what is bid, nor who bids.
func (s State) Sealed() bool {
	return slices.Contains([]State{Draft, Announced, Open, Closed}, s)
}

// Noticed reports whether the result has been made public.
func (s State) Noticed() bool {
	return slices.Contains([]State{AwardNotice, Challenged, Awarded, Contracted}, s)
}

// Action is what is done about a tender.
type Action string

// The actions.
const (
	Announce     Action = "announce"
	Begin        Action = "begin"     // bids are taken from now
	Close        Action = "close"     // and no longer
	OpenBids     Action = "open_bids" // who bid, and what
	Fail         Action = "fail"
	Evaluate     Action = "evaluate" // all marks are in
	Rescore      Action = "rescore"  // after a challenge that was upheld
	Notice       Action = "notice"
	Challenge    Action = "challenge"
	Dismiss      Action = "dismiss" // the last challenge
	DismissOne   Action = "dismiss_one"
	SendBack     Action = "send_back" // a challenge is upheld
	Confirm      Action = "confirm"
	Contract     Action = "contract"
	Cancel       Action = "cancel"
	Admit        Action = "admit"      // a bid
	Disqualify   Action = "disqualify" // a bid
	ChangePanel  Action = "panel"
	StrikeMember Action = "strike"
)

// Criterion is one thing that bids are scored by.
type Criterion struct {
	Name   string
	Says   string
	Weight int  // points at most
	Price  bool // scored by calculation
}

// Entry is an entry that a tender is about.
type Entry struct {
	Dataset datasets.Dataset // id, slug, titles alone
	Columns string           // in words
}

// Member is somebody of the panel.
type Member struct {
	User     int64
	Name     string
	AddedAt  time.Time
	Declared *time.Time // that there is no interest in a bidder, or which
	Conflict string
	Struck   *time.Time
	Why      string // struck
	HandedIn bool   // the marks of this scoring
}

// Active reports whether the member scores.
func (m *Member) Active() bool { return m.Struck == nil }

// Tender is one competition.
type Tender struct {
	ID           int64
	Number       string
	Kind         Kind
	About        string // number of what is awarded, where it has one
	Department   datasets.Department
	Profile      string
	Method       string // in the words of the rule
	Rule         policy.Rule
	RuleOf       string // profile in which it stands
	Title        string
	TitleEN      string
	Description  string
	Requirements string
	Pricing      Pricing
	Limit        int64 // in fen: the least where bidders pay, the most where they ask; 0: none
	Opens        time.Time
	Closes       time.Time
	OpeningAt    time.Time
	RevealUntil  time.Time
	LeastBidders int
	LeastPanel   int
	State        State
	Round        int
	SentBack     bool
	Report       string // of the evaluation
	Contract     string
	MadeBy       string
	MadeAt       time.Time
	AnnouncedAt  *time.Time
	OpenedAt     *time.Time
	EvaluatedAt  *time.Time
	NoticeAt     *time.Time
	ConfirmedAt  *time.Time
	EndedAt      *time.Time
	Clock        *deadline.Clock // by when the next step is taken; nil: none is owed
	Revision     int

	Criteria []Criterion
	Entries  []Entry
	Panel    []Member

	scoring    int
	keyPublic  string
	keyLocked  []byte
	rulePath   string
	stage      deadline.Ref
	madeBy     int64
	sent       string
	bids       []Bid // of the round, the withdrawn left out
	challenges []Objection
	papers     []papers.Paper
	words      string // of the move under way
	at         time.Time
	wrong      error // what keeps it from being announced
}

// Scored are the criteria that the panel scores.
func (t *Tender) Scored() []Criterion {
	return slices.DeleteFunc(slices.Clone(t.Criteria), func(c Criterion) bool { return c.Price })
}

// PriceWeight is how many points the price has; 0: there is none.
func (t *Tender) PriceWeight() int {
	for _, c := range t.Criteria {
		if c.Price {
			return c.Weight
		}
	}
	return 0
}

// Active are those of the panel who score.
func (t *Tender) Active() []Member {
	return slices.DeleteFunc(slices.Clone(t.Panel), func(m Member) bool { return !m.Active() })
}

func (t *Tender) member(user int64) *Member {
	for i := range t.Panel {
		if t.Panel[i].User == user {
			return &t.Panel[i]
		}
	}
	return nil
}

// Late reports whether the step that is owed is overdue.
func (t *Tender) Late(now time.Time) bool { return t.Clock != nil && t.Clock.Late(now) }

// Changed is when the tender last made a step that everybody may know of.
func (t *Tender) Changed() time.Time {
	last := t.MadeAt
	for _, at := range []*time.Time{t.AnnouncedAt, t.OpenedAt, t.EvaluatedAt, t.NoticeAt, t.ConfirmedAt, t.EndedAt} {
		if at != nil && at.After(last) {
			last = *at
		}
	}
	return last
}

// WindowOver reports whether nobody can challenge the award any more.
func (t *Tender) WindowOver(now time.Time) bool {
	return t.State == AwardNotice && t.Clock != nil && t.Clock.Late(now)
}

// BidState is where a bid stands.
type BidState string

// The states.
const (
	Sealed    BidState = "sealed"
	Withdrawn BidState = "withdrawn" // by the bidder, or with the round
	Revealed  BidState = "revealed"  // and to be examined
	Valid     BidState = "valid"
	Invalid   BidState = "invalid"
	Scored    BidState = "scored"
	Won       BidState = "won"
	Lost      BidState = "lost"
)

// BidAction is what becomes of a bid.
type BidAction string

// The actions.
const (
	TakeBack  BidAction = "take_back" // before the closing; also when another replaces it
	Drop      BidAction = "drop"      // the tender failed or was cancelled
	Reveal    BidAction = "reveal"
	Lapse     BidAction = "lapse" // not revealed in time, or what was kept is no bid
	AdmitBid  BidAction = "admit"
	Exclude   BidAction = "exclude"
	Count     BidAction = "count" // its points
	Uncount   BidAction = "uncount"
	MakeWin   BidAction = "win"
	MakeLose  BidAction = "lose"
	sealedAct BidAction = "seal" // how it begins; in the audit trail beside the others
)

// Way is who keeps a bid until the opening.
type Way string

// The ways.
const (
	Kept Way = "kept" // the server, locked
	Own  Way = "own"  // the bidder, who reveals it
)

// Bid is one bid; what of it somebody may not know is empty.
type Bid struct {
	ID           int64
	Organisation int64
	Bidder       string
	Code         string
	Way          Way
	Commitment   string // SHA-256, hex
	SealedAt     time.Time
	SealedBy     string
	State        BidState
	Nonce        string
	Canonical    string
	Amount       *int64 // fen; nil: none, or not known
	RevealedAt   *time.Time
	Reason       string
	Marks        *int // hundredths of a point, as Price and Total
	Price        *int
	Total        *int
	Rank         int
	Criteria     []int // average of each criterion that the panel scores
	Scores       []Score

	locked []byte
	round  int
}

// Proposal is what the bid says, without its head.
func (b *Bid) Proposal() string { return proposalOf(b.Canonical) }

// Score is what one member gave a bid.
type Score struct {
	User  int64
	Name  string
	Marks []int
	Words string
	At    time.Time
}

// Objection is one challenge of an award.
type Objection struct {
	ID         int64
	Bid        int64
	Bidder     string
	NoticeAt   time.Time
	Grounds    string
	MadeBy     string
	MadeAt     time.Time
	Upheld     *bool
	Answer     string
	AnsweredBy string
	AnsweredAt *time.Time

	organisation int64
}

// Event is one thing that was done, as everybody may read it.
type Event struct {
	Act   Action
	Name  string
	Side  Side
	Words string
	At    time.Time
}

// Side is on which side of a tender somebody acts.
type Side string

// The sides.
const (
	OfOrganiser Side = "organiser"
	OfPanel     Side = "panel"
	OfBidder    Side = "bidder"
	OfPlatform  Side = "platform"
)

var (
	organisers = []account.Role{account.Officer, account.Authority}
	anybody    = []account.Role{account.Visitor} // whose it is the service finds out
	itself     = []account.Role{account.Administrator}
)

// platform is who moves what time moves.
func platform() account.Actor { return account.System("tenders") }
