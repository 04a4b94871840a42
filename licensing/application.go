package licensing

import (
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/tender"
)

// State is where an application stands.
type State string

// The states of an application (law: TJ-23, AB-35; where those are silent,
// ours). An approved application is granted: agreement, grant and opening are
// one act, so that no clock can be stopped by approving alone.
const (
	Draft      State = "draft"
	Submitted  State = "submitted"
	Returned   State = "returned" // for what is missing, once
	Lapsed     State = "lapsed"   // nothing came in time
	Withdrawn  State = "withdrawn"
	OutOfScope State = "out_of_scope"
	Accepted   State = "accepted" // 受理
	Awarding   State = "awarding" // a competition decides who is given it
	Offered    State = "offered"  // a part: the applicant signs the narrower agreement, or not
	Granted    State = "granted"
	Refused    State = "refused"
	Disputed   State = "disputed"
	Upheld     State = "upheld" // the refusal stands
)

// Action is what moves an application.
type Action string

// The actions.
const (
	Submit         Action = "submit"
	Return         Action = "return"
	Complete       Action = "complete"
	Accept         Action = "accept"
	AcceptByItself Action = "accept_by_itself"
	RejectScope    Action = "reject_scope"
	SendToAward    Action = "send_to_award"
	RecordAward    Action = "record_award"
	PutToTender    Action = "put_to_tender"   // of this platform
	AwardByTender  Action = "award_by_tender" // its confirmed result
	Grant          Action = "grant"
	Offer          Action = "offer"
	Consent        Action = "consent"
	Refuse         Action = "refuse"
	Dispute        Action = "dispute"
	Uphold         Action = "uphold"
	Overturn       Action = "overturn"
	Withdraw       Action = "withdraw"
	Lapse          Action = "lapse"
)

// The lanes: what data is used for, on which other rules depend.
const (
	Public     = "public"
	Academic   = "academic"   // AB-35.2
	Commercial = "commercial" // AB-35.3
)

// Lanes are the lanes in the order of the form.
var Lanes = []string{Public, Academic, Commercial}

// The grounds on which an application is turned away without a decision on it.
const (
	GroundOpen       = "already_open" // everybody has it already
	GroundWithheld   = "withheld"     // it is not open to anybody
	GroundDisclosure = "disclosure"   // it asks for government information to be disclosed (AB-2)
	GroundNotOurs    = "not_ours"     // the department does not have it
)

// Grounds are the grounds in order.
var Grounds = []string{GroundOpen, GroundWithheld, GroundDisclosure, GroundNotOurs}

// The decisions on an item.
const (
	ItemGranted = "granted"
	ItemReduced = "reduced"
	ItemRefused = "refused"
)

// Item is one file that is applied for.
type Item struct {
	Resource string
	Name     string // of the file
	NameEN   string
	Version  int      // the newest when it was submitted
	Columns  []string // nil: the whole of a file that is no table
	Where    string   // a condition on rows; empty: all
	Why      string

	Decision     string // of the constants above; empty: none yet
	GivenColumns []string
	GivenWhere   string
	Reason       string
}

// Given is what the applicant gets of an item: nothing of one that was refused.
func (i Item) Given() (columns []string, where string, some bool) {
	switch i.Decision {
	case ItemGranted:
		return i.Columns, i.Where, true
	case ItemReduced:
		return i.GivenColumns, i.GivenWhere, true
	}
	return nil, "", false
}

// Kind is what an application is for: a grant where there is none, the time
// after one that ends, or another scope or purpose in place of one that stands.
type Kind string

// The kinds of applications.
const (
	First   Kind = "new"
	Renewal Kind = "renewal"
	Change  Kind = "change"
)

// Earlier is the grant that an application renews or changes.
type Earlier struct {
	ID     int64
	Number string
	Until  time.Time
	State  GrantState
}

// LastDay is the last day of its term.
func (e *Earlier) LastDay() time.Time { return lastDay(e.Until) }

// Conditions are what every applicant for an entry is given and asked for alike
// (AS-27.2), and what the entry says of its opening (AS-27.3).
type Conditions struct {
	Method       string                `json:"method"`
	Requirements string                `json:"requirements"`
	Safeguards   string                `json:"safeguards"`
	Bases        []datasets.LegalBasis `json:"bases"`
	Months       int                   `json:"months"`
	Files        int                   `json:"files"` // a day
	Rows         int                   `json:"rows"`
	Materials    []string              `json:"materials"`
	Revision     int                   `json:"revision"` // 0: the platform's figures
}

// Award is how a competition was held and who won it (AB-35.3).
type Award struct {
	Method  string    `json:"method"`
	Notice  string    `json:"notice"` // address or number of the public notice
	Day     string    `json:"day"`    // of the notice
	Bidders []string  `json:"bidders"`
	Winner  string    `json:"winner"`
	Won     bool      `json:"won"` // by whoever applied
	At      time.Time `json:"at"`
}

// Application is one application for the data of one entry.
type Application struct {
	ID           int64
	Number       string
	Dataset      datasets.Dataset // slug, titles, department alone
	User         int64
	Organisation int64 // 0: a natural person
	Suspended    bool  // the organisation is, now: it can neither sign nor be granted anything
	Applicant    string
	Name, Code   string // of the applicant
	State        State
	Kind         Kind
	Earlier      *Earlier // nil: of a new one
	Revision     int
	CreatedAt    time.Time
	SavedAt      time.Time

	Seen    bool // the conditions
	Lane    string
	Area    string
	Purpose string
	Outputs string
	Months  int
	Storage string // where the data is kept, and how it is kept safe
	Items   []Item

	Profile     string
	Conditions  *Conditions // as they stood when it was submitted
	SubmittedAt *time.Time
	AcceptedAt  *time.Time
	DecidedAt   *time.Time
	EndedAt     *time.Time
	StoppedAt   *time.Time // since when the clock of the decision stands still
	Missing     []string
	Completions int
	Automatic   bool // accepted because the days ran out
	Ground      string
	Reason      string
	Bases       []datasets.LegalBasis
	Decider     string
	MustGrant   bool
	Award       *Award
	Tender      string       // number of the tender of this platform that decides; empty: none
	TenderState tender.State // where that stands
	Grounds     string       // of a dispute
	Verdict     string       // of the authority on it
	Grant       string       // number; empty: none
	Asked       []string     // of the materials listed, those asked for anew with the return

	Decision *deadline.Clock // by when it is decided; nil: not begun
	Stage    *deadline.Clock // by when the next step is taken

	decision, stage deadline.Ref
	papers          map[papers.Kind][]papers.Paper
	action          Action // under way
	said            string // in words, where it is known only once it is done
	completions     int    // times that it may be returned (平台规则)
	there           bool   // it was under way before somebody began it
	recorded        *Award // being written down now
	award           bool   // its lane is given only to the winner of a competition
	decider         int64
	wrong           []error // what is missing of a submission
}

// open are the states in which somebody still owes something.
var open = []State{Submitted, Returned, Accepted, Awarding, Offered, Disputed}

// Open reports whether somebody still owes something.
func (a *Application) Open() bool { return slices.Contains(open, a.State) }

// Ball is who has to do the next step.
type Ball string

// Who can have it.
const (
	WithApplicant  Ball = "applicant"
	WithDepartment Ball = "department"
	WithAuthority  Ball = "authority"
	WithNobody     Ball = ""
)

// Ball is who has to do the next step.
func (a *Application) Ball() Ball {
	switch a.State {
	case Draft, Returned, Offered:
		return WithApplicant
	case Submitted, Accepted, Awarding:
		return WithDepartment
	case Disputed:
		return WithAuthority
	case Lapsed, Withdrawn, OutOfScope, Granted, Refused, Upheld:
	}
	return WithNobody
}

// Late reports whether whoever has the ball has run out of time at now.
func (a *Application) Late(now time.Time) bool {
	if c := a.Running(); c != nil {
		return c.Late(now)
	}
	return false
}

// There reports whether somebody who began it was led to it instead of to a new one,
// since an applicant has one at a time for an entry.
func (a *Application) There() bool { return a.there }

// Waits reports whether a can neither be agreed to nor signed because the grant
// that it renews or changes is suspended: no clock runs out against anybody
// meanwhile (平台规则 grant_suspended_clock).
func (a *Application) Waits() bool {
	return a.Earlier != nil && a.Earlier.State == Suspended && slices.Contains([]State{Submitted, Accepted, Awarding, Offered}, a.State)
}

// Running is the clock that runs against whoever has the ball; nil: none does.
func (a *Application) Running() *deadline.Clock {
	switch a.State {
	case Accepted:
		if a.StoppedAt != nil {
			return nil
		}
		return a.Decision
	case Submitted:
		if a.StoppedAt == nil && a.Decision != nil && a.Stage != nil && a.Decision.Last.Before(a.Stage.Last) {
			return a.Decision
		}
		return a.Stage
	case Offered:
		if a.Waits() {
			return nil
		}
		return a.Stage
	case Returned, Disputed:
		return a.Stage
	case Draft, Lapsed, Withdrawn, OutOfScope, Awarding, Granted, Refused, Upheld:
	}
	return nil
}

// mine reports whether who applied, or is of the organisation that did. That
// has been found out by whoever read the application.
func department(who account.Actor, a *Application) bool {
	return who.Is(account.Officer) && who.Department != 0 && who.Department == a.Dataset.Department.ID && who.Key == ""
}
