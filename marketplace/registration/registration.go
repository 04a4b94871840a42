package registration

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// Kind is what is applied for.
type Kind string

// The kinds.
const (
	First    Kind = "first"    // 首次登记
	Change   Kind = "change"   // 变更登记: another version
	Renewal  Kind = "renewal"  // 续期
	Transfer Kind = "transfer" // 转移登记: to another holder
)

// Kinds are all of them.
var Kinds = []Kind{First, Change, Renewal, Transfer}

// State is where an application stands.
type State string

// The states.
const (
	Applied      State = "applied"
	Returned     State = "returned"
	Accepted     State = "accepted"      // the registrar checks its form
	PublicNotice State = "public_notice" // 公示
	Objected     State = "objected"      // an objection is open
	Issued       State = "issued"
	Refused      State = "refused"
	Withdrawn    State = "withdrawn"
)

// Over reports whether nothing is done about it any more.
func (s State) Over() bool { return s == Issued || s == Refused || s == Withdrawn }

// Shown reports whether everybody may know of it: its notice began.
func (s State) Shown() bool { return s == PublicNotice || s == Objected || s == Issued }

// Action is what is done with an application.
type Action string

// The actions.
const (
	Apply    Action = "apply" // how it begins
	Agree    Action = "agree" // by whom it is transferred to
	Resubmit Action = "resubmit"
	Return   Action = "return"
	Accept   Action = "accept"
	Announce Action = "announce" // the public notice begins
	Object   Action = "object"
	Resolve  Action = "resolve"
	Issue    Action = "issue"
	Refuse   Action = "refuse"
	Withdraw Action = "withdraw"
	Read     Action = "read" // by the regulator: it changes nothing
)

// Level is how the data of a product is classified (数据安全法 21).
type Level string

// The levels.
const (
	General   Level = "general"
	Important Level = "important"
	Core      Level = "core" // is not registered
)

// Levels are all of them.
var Levels = []Level{General, Important, Core}

// Organisation is one that takes part.
type Organisation struct {
	ID   int64
	Name string
	Code string // 统一社会信用代码
}

// Registration is one application to register a version of a product.
type Registration struct {
	ID         int64
	Number     string
	Kind       Kind
	Product    string // number
	Title      string
	TitleEN    string
	Summary    string
	SummaryEN  string
	Version    string
	Registrant Organisation
	Receiver   *Organisation // of a transfer
	ReceivedAt *time.Time    // when it agreed
	Replaces   string        // number of a certificate
	Material
	State       State
	StateAt     time.Time
	Reason      string
	ApplyBy     *deadline.Clock // of whoever applies
	Clock       *deadline.Clock // of the registrar; nil: none runs
	Notice      *deadline.Clock // of the public notice; nil: it has not begun
	Checks      []Check         // as they were when the notice began
	Objections  []Objection
	Certificate string // number
	Sample      bool
	MadeBy      string
	MadeAt      time.Time
	Revision    int

	product, version int64
	productState     string
	apply            deadline.Ref
	clock            deadline.Ref
	notice           deadline.Ref
	until            *time.Time // first moment after the notice
	found            []Check
	own              bool // of the registrar itself
	party            Side
	words            string
	now              time.Time
}

// Late reports whether it was applied for after the days for it were over.
func (r *Registration) Late() bool { return r.ApplyBy != nil && r.ApplyBy.Late(r.MadeAt) }

// Holder is who the certificate will be of.
func (r *Registration) Holder() Organisation {
	if r.Receiver != nil {
		return *r.Receiver
	}
	return r.Registrant
}

// Open are the objections that nobody has answered.
func (r *Registration) Open() (n int) {
	for _, o := range r.Objections {
		if o.Upheld == nil {
			n++
		}
	}
	return n
}

// Material is what a registrant hands in.
type Material struct {
	Level          Level
	Abroad         string // "yes", "no"; empty: it does not say
	Lawful         string // TJ-29: how it was lawfully obtained,
	Unidentifiable string // that no provider can be identified,
	Irreversible   string // and that it cannot be restored
	Controls       []string
	Declared       bool // that Controls are all
}

// Check is one line of the formal check.
type Check struct {
	Name string `json:"name"` // rights, stamp, version, level, abroad, tj29, controls, receiver
	OK   bool   `json:"ok"`
}

// CheckNames are the fields that the formal check is about, in order.
var CheckNames = []string{"rights", "stamp", "version", "level", "abroad", "tj29", "controls", "receiver"}

// Objection is what somebody brings forward against a registration.
type Objection struct {
	ID      int64
	Place   int
	Name    string // for the registrar and the regulator alone
	Contact string // likewise
	Words   string
	At      time.Time
	Upheld  *bool // nil: it is open
	Answer  string
	By      string
	Done    *time.Time
}

// Side is on which side of a registration or a report somebody stands.
type Side string

// The sides.
const (
	OfRegistrant Side = "registrant"
	OfReceiver   Side = "receiver"
	OfRegistrar  Side = "registrar"
	OfReporter   Side = "reporter" // certifier or valuer
	OfRegulator  Side = "regulator"
	OfPublic     Side = "public"
	OfPlatform   Side = "platform"
)

var (
	anybody   = []account.Role{account.Visitor} // whose it is, the side says
	registrar = []account.Role{account.ExchangeStaff}
	itself    = []account.Role{account.Administrator}
)

var lifecycle = workflow.Lifecycle[State, Action, *Registration]{
	{Action: Agree, From: []State{Applied, Returned}, To: Applied, By: anybody, When: received},
	{Action: Resubmit, From: []State{Returned}, To: Applied, By: anybody, Needs: handedIn},
	{Action: Accept, From: []State{Applied}, To: Accepted, By: registrar, When: apart, Needs: agreed},
	{Action: Return, From: []State{Applied}, To: Returned, By: registrar, When: apart, Needs: reasoned},
	{Action: Announce, From: []State{Accepted}, To: PublicNotice, By: registrar, When: apart, Needs: whole},
	{Action: Object, From: []State{PublicNotice, Objected}, To: Objected, By: anybody, When: noticed},
	{Action: Resolve, From: []State{Objected}, To: PublicNotice, By: registrar, When: settled},
	{Action: Resolve, From: []State{Objected}, To: Objected, By: registrar, When: unsettled},
	{Action: Issue, From: []State{PublicNotice}, To: Issued, By: registrar, When: full, Needs: issuable},
	{Action: Refuse, From: []State{Applied, Accepted, PublicNotice}, To: Refused, By: registrar, When: apart, Needs: reasoned},
	{Action: Withdraw, From: []State{Applied, Returned, Accepted, PublicNotice, Objected}, To: Withdrawn, By: anybody},
}

// Lifecycle is the table of moves of an application, for docs/lifecycles.md.
func Lifecycle() string { return lifecycle.Mermaid(Applied) }

var sides = map[Action]Side{
	Resubmit: OfRegistrant, Withdraw: OfRegistrant, Agree: OfReceiver, Object: OfPublic,
	Accept: OfRegistrar, Return: OfRegistrar, Announce: OfRegistrar, Resolve: OfRegistrar, Issue: OfRegistrar, Refuse: OfRegistrar,
}

// apart: the exchange registers no product of its own.
func apart(r *Registration) error {
	if r.own {
		return fault.New(fault.Forbidden, "登记机构不能登记自己的产品，也不能登记由它控制的机构的产品。")
	}
	return nil
}

func received(r *Registration) error {
	if r.Receiver == nil || r.ReceivedAt != nil {
		return fault.New(fault.Conflict, "没有等您同意的转移。")
	}
	return nil
}

// agreed: nobody is made the holder of a certificate without having said so.
func agreed(r *Registration) error {
	if r.Receiver != nil && r.ReceivedAt == nil {
		return fault.New(fault.Conflict, "受让方还没有同意转移。")
	}
	return nil
}

func reasoned(r *Registration) error {
	if r.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

// handedIn is what an application says before anybody looks at it.
func handedIn(r *Registration) error {
	switch {
	case !slices.Contains(Levels, r.Level):
		return fault.At("level", "请选数据的级别。")
	case r.Abroad != "yes" && r.Abroad != "no":
		return fault.At("abroad", "请选是否向境外提供。")
	case r.Lawful == "":
		return fault.At("lawful", "请写明数据怎样合法取得。")
	case r.Unidentifiable == "":
		return fault.At("unidentifiable", "请写明为什么识别不出特定的数据提供者。")
	case r.Irreversible == "":
		return fault.At("irreversible", "请写明为什么不能复原。")
	case !r.Declared:
		return fault.At("declared", "请声明控制关系已经写全。")
	}
	return nil
}

// whole: the formal check finds nothing missing.
func whole(r *Registration) error {
	for _, c := range r.found {
		if !c.OK {
			return fault.New(fault.Conflict, "形式审查没有通过，请先退回或者写明理由不予登记。")
		}
	}
	return apart(r)
}

// noticed: objections are taken until the notice is over.
func noticed(r *Registration) error {
	if r.Notice == nil || r.Notice.Late(r.now) {
		return fault.New(fault.Conflict, "公示期已经结束，不再受理异议。")
	}
	return nil
}

func settled(r *Registration) error {
	if r.Open() > 0 {
		return fault.New(fault.Conflict, "还有没有答复的异议。")
	}
	return nil
}

func unsettled(r *Registration) error {
	if r.Open() == 0 {
		return fault.New(fault.Conflict, "没有未答复的异议。")
	}
	return nil
}

// full: the notice lasted all its days (I-26), of which none was only estimated.
func full(r *Registration) error {
	if err := apart(r); err != nil {
		return err
	}
	if r.Notice == nil || !r.Notice.Late(r.now) {
		return fault.New(fault.Conflict, "公示还没有满期，不能发证。")
	}
	return settled(r)
}

// issuable: what was whole at the notice is so still, and nothing that was upheld
// stands in the way.
func issuable(r *Registration) error {
	for _, o := range r.Objections {
		if o.Upheld != nil && *o.Upheld {
			return fault.New(fault.Conflict, "有成立的异议，不能发证；请写明理由不予登记。")
		}
	}
	return whole(r)
}

// code is a credit code (GB 32100) as people write it.
var code = regexp.MustCompile(`^[0-9A-HJ-NPQRTUWXY]{18}$`)

// codes reads the credit codes of whoever controls an organisation.
func codes(field, typed string) ([]string, error) {
	out := []string{}
	for _, c := range strings.FieldsFunc(strings.ToUpper(typed), func(r rune) bool { return strings.ContainsRune(" \t\r\n,，、;；", r) }) {
		if !code.MatchString(c) {
			return nil, fault.At(field, "“%s”不是统一社会信用代码。", c)
		}
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	if len(out) > 20 {
		return nil, fault.At(field, "最多写 %d 个。", 20)
	}
	return out, nil
}

// The periods. The numbers are in the book of rules.
var (
	applyTerm   = deadline.Term{House: "registration_application"}
	acceptTerm  = deadline.Term{House: "registration_acceptance"}
	checkTerm   = deadline.Term{House: "registration_check"}
	noticeTerm  = deadline.Term{House: "registration_notice"}
	answerTerm  = deadline.Term{House: "registration_objection_answer"}
	issueTerm   = deadline.Term{House: "registration_issue"}
	certifyTerm = deadline.Term{House: "compliance_review"}
	valueTerm   = deadline.Term{House: "valuation_report"}

	registeredFor = deadline.Term{House: "registration_certificate_validity"}
	certifiedFor  = deadline.Term{House: "compliance_certificate_validity"}
	valuedFor     = deadline.Term{House: "valuation_validity"}
)
