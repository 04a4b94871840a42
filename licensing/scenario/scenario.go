package scenario

import (
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/deadline"
	"shuyuan/licensing/papers"
)

// State is where a scenario stands.
type State string

// The states (law matrix 5.6: all of it the platform's, the plan fixes the
// principle).
const (
	Draft       State = "draft"
	Submitted   State = "submitted" // the operator screens
	Returned    State = "returned"  // for what is missing, once
	Screened    State = "screened"  // departments and the security reviewer give their opinions
	Reviewed    State = "reviewed"  // the authority decides
	Awarding    State = "awarding"  // a competition decides first
	Authorised  State = "authorised"
	Refused     State = "refused"
	Active      State = "active"
	Suspended   State = "suspended"
	Expired     State = "expired"
	Terminated  State = "terminated"
	Surrendered State = "surrendered"
	Closed      State = "closed" // what was worked on is destroyed
	Withdrawn   State = "withdrawn"
	Lapsed      State = "lapsed" // what was missing did not come
)

// Action is what moves a scenario.
type Action string

// The actions.
const (
	Begin       Action = "begin"
	Submit      Action = "submit"
	Return      Action = "return"
	Complete    Action = "complete"
	Lapse       Action = "lapse"
	Screen      Action = "screen"   // pass it on: nothing is decided
	Opine       Action = "opine"    // a department about an item
	Prefill     Action = "prefill"  // by a standing consent
	Check       Action = "security" // the security reviewer
	Gather      Action = "gather"   // everybody has spoken
	SendToAward Action = "send_to_award"
	RecordAward Action = "record_award"
	Authorise   Action = "authorise"
	Refuse      Action = "refuse"
	Offer       Action = "offer" // the contract
	Void        Action = "void"
	Sign        Action = "sign"
	Activate    Action = "activate"
	Suspend     Action = "suspend"
	TakeOver    Action = "take_over" // what a side of lower rank has suspended
	Resume      Action = "resume"
	Terminate   Action = "terminate"
	Surrender   Action = "surrender"
	Expire      Action = "expire"
	Replace     Action = "replace"
	Close       Action = "close"
	Withdraw    Action = "withdraw"
	Remind      Action = "remind" // it ends soon
)

// Side is on which side of a scenario somebody stands.
type Side string

// The sides.
const (
	OfDeveloper  Side = "developer"
	OfOperator   Side = "operator"
	OfDepartment Side = "department"
	OfSecurity   Side = "security"
	OfAuthority  Side = "authority"
	OfRegulator  Side = "regulator"
	OfPlatform   Side = "platform"
)

// The classes of use.
const (
	PublicBenefit = "public_benefit"
	Governance    = "governance"
	Industry      = "industry"
	Commercial    = "commercial"
)

// Classes are the classes of use in the order of the form.
var Classes = []string{PublicBenefit, Governance, Industry, Commercial}

// The bases for data about people.
const (
	NoPersonal = "none"
	ByConsent  = "consent"
	ByLaw      = "law"
)

// PersonalBases are the bases in the order of the form.
var PersonalBases = []string{NoPersonal, ByConsent, ByLaw}

// The ways in which results are worked out. Only the sandbox is built; the others
// are recorded.
const (
	Sandbox   = "sandbox"
	API       = "api"
	Connector = "connector"
)

// Deliveries are the ways in the order of the form.
var Deliveries = []string{Sandbox, API, Connector}

// Kind is what an application is for.
type Kind string

// The kinds.
const (
	First     Kind = "new"
	Change    Kind = "change"    // another scope; the old one stays until this is active
	Extension Kind = "extension" // the time after one that ends
	Again     Kind = "again"     // once more, of one that is over
)

// The opinions on an item.
const (
	ItemOpen    = "open" // everybody may have it
	ItemGranted = "granted"
	ItemReduced = "reduced"
	ItemRefused = "refused"
)

// The verdicts of the security review.
const (
	Passed         = "passed"
	WithConditions = "conditions"
	Failed         = "failed"
)

// Output is one result that is to leave the workspace.
type Output struct {
	Form    string `json:"form"`   // of those of the mandate
	Fields  string `json:"fields"` // in words
	Minimum int    `json:"minimum"`
}

// Item is one file that is asked for.
type Item struct {
	ID       int64
	Dataset  datasets.Dataset // slug, titles, department, status, open type alone
	Resource string
	Name     string // of the file
	NameEN   string
	Columns  []string
	Uses     map[string]Use
	Why      map[string]string // of each column
	Where    string
	Span     string
	Refresh  string
	Open     datasets.OpenType // when it was submitted

	Decision     string
	GivenColumns []string
	GivenUses    map[string]Use
	GivenWhere   string
	Reason       string
	Bases        []datasets.LegalBasis
	By           string
	At           *time.Time
	Consent      *Consent        // by which it was filled in; nil: given for this scenario
	Clock        *deadline.Clock // of the opinion; nil: none ran
	Stopped      *time.Time

	by, consent int64
}

// Given reports whether some of it may be used.
func (i *Item) Given() bool {
	return i.Decision == ItemOpen || i.Decision == ItemGranted || i.Decision == ItemReduced
}

// Waits reports whether the department has not spoken.
func (i *Item) Waits() bool { return i.Decision == "" }

// Award is the result of the competition that commercial use takes (AB-35.3).
type Award struct {
	Tender string    `json:"tender,omitempty"` // number; empty: it was held elsewhere
	Method string    `json:"method"`
	Notice string    `json:"notice"`
	Day    string    `json:"day"`
	Winner string    `json:"winner"`
	Won    bool      `json:"won"` // by the developer
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Which is what a clock of a scenario is of.
type Which string

// The clocks.
const (
	Screening  Which = "screening"
	Completion Which = "completion"
	Opinion    Which = "opinion"
	Security   Which = "security"
	Deciding   Which = "authority"
	Signing    Which = "signing"
)

// Clock is one period of a scenario.
type Clock struct {
	Of      Which
	Item    int64 // of an opinion
	Clock   *deadline.Clock
	From    time.Time
	Stopped *time.Time

	ref deadline.Ref
}

// Mandate is what a scenario lies under, as its table has it.
type Mandate struct {
	ID         int64
	Number     string
	Title      string
	Body       datasets.Department // that authorises
	Operator   int64
	Name       string // of the operator
	Purposes   []string
	Forms      []string
	From       time.Time
	Until      time.Time
	State      string
	Stands     bool // it and all above it, now
	Items      []MandateItem
	Suspension string
}

// MandateItem is one entry of the scope of a mandate.
type MandateItem struct {
	Dataset  datasets.Dataset // slug, titles, department, status, open type alone
	Columns  []string
	Forms    []string // those of the mandate where the item names none
	Purposes []string
}

// Earlier is the scenario that another comes from.
type Earlier struct {
	ID     int64
	Number string
	State  State
	Until  *time.Time
}

// Scenario is one scenario of one developer.
type Scenario struct {
	ID           int64
	Number       string
	Mandate      Mandate
	Organisation int64
	Developer    string // name of the organisation
	Code         string
	User         int64
	Sample       bool // of a sample organisation
	Kind         Kind
	Earlier      *Earlier
	Template     string // number; empty: none
	NotPublic    int    // items that its public form counts and does not name

	Title         string
	Sector        string
	Class         string
	Research      bool
	Purpose       string
	Description   string
	Method        string
	Audience      string
	Outputs       []Output
	Personal      string
	PersonalHow   string
	SecurityPlan  string
	EmergencyPlan string
	Filing        string
	Delivery      string
	Months        int
	Items         []Item

	SubmittedAt   *time.Time
	Returns       int
	Missing       []string
	ScreenedBy    string
	ScreenedAt    *time.Time
	ScreenedWords string
	Verdict       string // of the security review
	VerdictWords  string
	VerdictBy     string
	VerdictAt     *time.Time
	Award         *Award
	Decider       string
	DecidedAt     *time.Time
	Decision      string
	Bases         []datasets.LegalBasis

	From, Until *time.Time
	State       State
	StateAt     time.Time
	Reason      string
	Violation   string
	SuspendedBy string
	MadeAt      time.Time
	SavedAt     *time.Time
	Revision    int

	Clocks   []Clock
	Contract *Contract // the newest that is not void; nil: none
	Papers   []papers.Paper

	template                          int64
	screenedBy, securityBy, decidedBy int64
	told                              int
	sent                              string
	awards                            bool // its use takes a competition
	returnsMost                       int
	wrong                             []error
	words                             string
	replacing                         bool   // what a standing consent filled in
	checking                          string // verdict of the security review that is being written down
	blanks                            Blanks // of the contract that is being offered
	newAward                          *Award
	refusing                          []datasets.LegalBasis
	side                              Side
	now                               time.Time
	kinds                             []string // of violations
	unfinished                        string
	personal                          bool // a column that is asked for is about people
}

// Open reports whether somebody still owes a step before it is active.
func (s *Scenario) Open() bool {
	return slices.Contains([]State{Submitted, Returned, Screened, Reviewed, Awarding, Authorised}, s.State)
}

// Over reports whether nothing can be worked on any more.
func (s *Scenario) Over() bool {
	return slices.Contains([]State{Refused, Expired, Terminated, Surrendered, Closed, Withdrawn, Lapsed}, s.State)
}

// Running is the clock of a kind that runs; of an opinion, that of the item.
func (s *Scenario) Running(of Which, item int64) *deadline.Clock {
	for i := range s.Clocks {
		if c := &s.Clocks[i]; c.Of == of && c.Item == item && c.Stopped == nil {
			return c.Clock
		}
	}
	return nil
}

// Turn is a step that somebody owes: who has the ball, and until when.
type Turn struct {
	Side  Side
	Name  string // of the body or the developer
	NameE string
	Do    string // a sentence of its own language file
	Clock *deadline.Clock
	Item  *Item // of an opinion
}

// Turns are the steps that are owed now, in their order; opinions and the security
// review are owed at the same time.
func (s *Scenario) Turns() []Turn {
	developer := func(do string, c *deadline.Clock) []Turn {
		return []Turn{{Side: OfDeveloper, Name: s.Developer, Do: do, Clock: c}}
	}
	body := func(side Side, do string, c *deadline.Clock) Turn {
		return Turn{Side: side, Name: s.Mandate.Body.Name, NameE: s.Mandate.Body.NameEN, Do: do, Clock: c}
	}
	operator := func(do string, c *deadline.Clock) []Turn {
		return []Turn{{Side: OfOperator, Name: s.Mandate.Name, Do: do, Clock: c}}
	}
	switch s.State {
	case Draft:
		return developer("写完并提交", nil)
	case Submitted:
		return operator("初审：材料齐不齐", s.Running(Screening, 0))
	case Returned:
		return developer("补齐材料", s.Running(Completion, 0))
	case Screened:
		var out []Turn
		for i := range s.Items {
			if x := &s.Items[i]; x.Waits() {
				out = append(out, Turn{Side: OfDepartment, Name: x.Dataset.Department.Name, NameE: x.Dataset.Department.NameEN, Do: "对这一项数据给出意见", Clock: s.Running(Opinion, x.ID), Item: x})
			}
		}
		if s.Verdict == "" {
			out = append(out, body(OfSecurity, "安全审查", s.Running(Security, 0)))
		}
		return out
	case Reviewed:
		return []Turn{body(OfAuthority, "授权审核：授权，或者写明理由和依据不授权", s.Running(Deciding, 0))}
	case Awarding:
		return []Turn{body(OfAuthority, "登记竞争的结果，再决定", nil)}
	case Authorised:
		c := s.Running(Signing, 0)
		switch {
		case s.Contract == nil:
			return operator("填好数据使用协议，发给开发主体签", c)
		case s.Contract.DeveloperAt == nil && s.Contract.OperatorAt == nil:
			return append(operator("签数据使用协议", c), developer("签数据使用协议", c)...)
		case s.Contract.DeveloperAt == nil:
			return developer("签数据使用协议", c)
		}
		return operator("签数据使用协议", c)
	case Suspended:
		if s.SuspendedBy == string(OfPlatform) {
			return developer("交来逾期的使用报告", nil)
		}
	case Refused, Active, Expired, Terminated, Surrendered, Closed, Withdrawn, Lapsed:
	}
	return nil
}

// Late reports whether whoever owes a step has run out of time at now.
func (s *Scenario) Late(now time.Time) bool {
	return slices.ContainsFunc(s.Turns(), func(t Turn) bool { return t.Clock != nil && t.Clock.Late(now) })
}

// Event is one thing that was done.
type Event struct {
	At     time.Time
	Name   string
	Side   Side
	Body   string // department that did it; empty: none
	BodyEN string
	Act    Action
	State  State
	Words  string
}

// Contract is the agreement of operator and developer about one scenario.
type Contract struct {
	ID              int64
	Number          string
	Template        string
	Blanks          Blanks
	Body            string
	SHA256          string
	From, Until     time.Time
	OfferedAt       *time.Time
	Operator        string // who signed
	OperatorAt      *time.Time
	OperatorMethod  string
	Developer       string
	DeveloperAt     *time.Time
	DeveloperMethod string
	State           string
	StateAt         time.Time
	Reason          string
	Revision        int
}

// The states of a contract.
const (
	ContractOffered = "offered"
	ContractActive  = "active"
	ContractEnded   = "ended"
	ContractVoid    = "void"
)

// Signed reports whether both sides have.
func (c *Contract) Signed() bool { return c.OperatorAt != nil && c.DeveloperAt != nil }
