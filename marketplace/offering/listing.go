package offering

import (
	"slices"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// Visibility is for whom a listing is.
type Visibility string

// The visibilities.
const (
	Public   Visibility = "public"
	Invited  Visibility = "invited"
	OneBuyer Visibility = "one_buyer"
)

// Visibilities are all of them.
var Visibilities = []Visibility{Public, Invited, OneBuyer}

// Channel is how what is ordered is delivered.
type Channel string

// The channels.
const (
	File      Channel = "file"
	API       Channel = "api"
	Workspace Channel = "workspace" // questions are put in a workspace, and no row leaves
)

// Channels are all of them.
var Channels = []Channel{File, API, Workspace}

// State is where a listing stands.
type State string

// The states. That what a listing rests on no longer holds is none of them: Offered asks.
const (
	Draft         State = "draft"
	PlatformCheck State = "platform_check"
	Returned      State = "returned"
	Published     State = "published"
	Paused        State = "paused"
	Delisted      State = "delisted"
)

// Action is what is done about a listing or one of its plans.
type Action string

// The actions.
const (
	Create   Action = "create" // how it begins
	Edit     Action = "edit"
	Submit   Action = "submit"
	TakeBack Action = "take_back"
	Return   Action = "return"
	Publish  Action = "publish"
	Pause    Action = "pause"
	Resume   Action = "resume"
	Delist   Action = "delist"
	Read     Action = "read" // by the regulator: it changes nothing
)

// Side is on which side of a listing somebody stands.
type Side string

// The sides.
const (
	OfSeller    Side = "seller"
	OfExchange  Side = "exchange"
	OfRegulator Side = "regulator"
	OfAuthority Side = "authority"
	OfPublic    Side = "public"
)

// Organisation is one that takes part.
type Organisation struct {
	ID   int64
	Name string
	Code string // 统一社会信用代码
}

// Terms are what a seller says of a listing.
type Terms struct {
	Visibility   Visibility
	Channels     []Channel
	Refresh      datasets.Frequency
	Availability int // of calls, in hundredths of a percent; 0: nothing is promised
	Response     int // hours until support answers
	Contact      string
	Prohibited   string
}

// Listing is a product as its seller offers it.
type Listing struct {
	ID        int64
	Number    string
	Product   string // number
	Title     string
	TitleEN   string
	Kind      string // of the product
	Seller    Organisation
	Developer Organisation
	Terms
	For      []Organisation // whom it is for that is not for everybody
	State    State
	StateAt  time.Time
	Reason   string
	PausedBy Side
	Clock    *deadline.Clock // of the exchange; nil: none runs
	Plans    []Plan          // the newest last
	Sample   bool
	MadeBy   string
	MadeAt   time.Time
	Revision int

	product  int64
	checker  int64
	checked  string
	clock    deadline.Ref
	words    string
	side     Side
	own      bool  // of the exchange itself
	partial  bool  // whoever acts is of the seller or the developer
	standing error // why it cannot be offered now
	anyLive  bool
}

// Path is where its seller works on it.
func (l *Listing) Path() string { return "/account/listings/" + l.Number }

// Live are the plans that are.
func (l *Listing) Live() []Plan {
	return slices.DeleteFunc(slices.Clone(l.Plans), func(p Plan) bool { return p.State != Live })
}

var (
	anybody  = []account.Role{account.Visitor} // whose it is, the side says
	exchange = []account.Role{account.ExchangeStaff}
	watcher  = []account.Role{account.Regulator}
)

// lifecycle is every move of a listing.
var lifecycle = workflow.Lifecycle[State, Action, *Listing]{
	{Action: Submit, From: []State{Draft, Returned}, To: PlatformCheck, By: anybody, Needs: ready},
	{Action: TakeBack, From: []State{PlatformCheck}, To: Draft, By: anybody, When: bySeller},
	{Action: Return, From: []State{PlatformCheck}, To: Returned, By: exchange, When: apart, Needs: reasoned},
	{Action: Publish, From: []State{PlatformCheck}, To: Published, By: exchange, When: apart, Needs: ready},
	{Action: Pause, From: []State{Published}, To: Paused, By: anybody, When: bySeller, Needs: reasoned},
	{Action: Pause, From: []State{Published}, To: Paused, By: exchange, Needs: reasoned},
	{Action: Pause, From: []State{Published}, To: Paused, By: watcher, Needs: reasoned},
	{Action: Resume, From: []State{Paused}, To: Published, By: anybody, When: sellerResumes, Needs: resumable},
	{Action: Resume, From: []State{Paused}, To: Published, By: exchange, When: apart, Needs: resumable},
	{Action: Resume, From: []State{Paused}, To: Published, By: watcher, When: byRegulator, Needs: resumable},
	{Action: Delist, From: []State{Draft, Returned, Published, Paused}, To: Delisted, By: anybody, When: bySeller, Needs: reasoned},
	{Action: Delist, From: []State{Published, Paused}, To: Delisted, By: exchange, Needs: reasoned},
}

// Lifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func Lifecycle() string { return lifecycle.Mermaid(Draft) }

func bySeller(l *Listing) error {
	if l.side != OfSeller {
		return errNotYours()
	}
	return nil
}

func sellerResumes(l *Listing) error {
	if err := bySeller(l); err != nil {
		return err
	}
	return unpaused(l)
}

func byRegulator(l *Listing) error {
	if l.side != OfRegulator {
		return errNotYours()
	}
	return nil
}

// unpaused: what the exchange or the regulator stopped, the seller does not start, and
// the exchange not what the regulator did.
func unpaused(l *Listing) error {
	switch {
	case l.PausedBy == OfRegulator:
		return fault.New(fault.Forbidden, "由监管机构暂停的，由监管机构恢复。")
	case l.PausedBy == OfExchange && l.side == OfSeller:
		return fault.New(fault.Forbidden, "由交易所暂停的，由交易所恢复。")
	}
	return nil
}

// apart: the exchange sells nothing that it checks, and nobody of the seller or the
// developer checks (matrix 5.7).
func apart(l *Listing) error {
	switch {
	case l.side != OfExchange:
		return errNotYours()
	case l.own:
		return fault.New(fault.Forbidden, "交易所不能核对自己的产品，也不能核对由它控制的机构的产品。")
	case l.partial:
		return fault.New(fault.Forbidden, "卖方或者开发方的人不能核对自己的上架申请。")
	}
	return unpaused(l)
}

func reasoned(l *Listing) error {
	if l.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

// ready: what a listing rests on holds, and there is something to choose.
func ready(l *Listing) error {
	if l.standing != nil {
		return l.standing
	}
	if !l.anyLive {
		return fault.New(fault.Conflict, "还没有生效的套餐：请先让至少一个套餐生效。")
	}
	return nil
}

func resumable(l *Listing) error {
	if err := reasoned(l); err != nil {
		return err
	}
	return ready(l)
}

// ListingForm is what a seller hands in.
type ListingForm struct {
	Visibility   Visibility
	Channels     []Channel
	Refresh      string
	Availability string // percent, up to two decimals; empty: nothing is promised
	Response     string // hours
	Contact      string
	Prohibited   string
	For          string // credit codes of whom it is for
	Sent         string
}

const mostText = 2000

func (f *ListingForm) terms() (t Terms, err error) {
	t = Terms{Visibility: f.Visibility, Refresh: datasets.Frequency(strings.TrimSpace(f.Refresh))}
	if !slices.Contains(Visibilities, f.Visibility) {
		return t, fault.At("visibility", "请选向谁提供。")
	}
	for _, c := range Channels {
		if slices.Contains(f.Channels, c) {
			t.Channels = append(t.Channels, c)
		}
	}
	if len(t.Channels) == 0 || slices.ContainsFunc(f.Channels, func(c Channel) bool { return !slices.Contains(Channels, c) }) {
		return t, fault.At("channels", "请选至少一种交付方式。")
	}
	if t.Refresh.Title() == "" {
		return t, fault.At("refresh", "请选更新的周期。")
	}
	if t.Availability, err = hundredths("availability", f.Availability, 100_00); err != nil {
		return t, err
	}
	response, err := whole("response", f.Response, 720)
	if err != nil || response == 0 {
		return t, fault.At("response", "请写多少小时以内答复，1 到 720 的整数。")
	}
	t.Response = int(response)
	if t.Contact, err = datasets.CleanLine("contact", f.Contact); err != nil {
		return t, err
	}
	if t.Contact == "" || len([]rune(t.Contact)) > 200 {
		return t, fault.At("contact", "请写联系方式，最多 %d 个字。", 200)
	}
	if t.Prohibited, err = prose("prohibited", f.Prohibited); err != nil {
		return t, err
	}
	if t.Prohibited == "" {
		return t, fault.At("prohibited", "请写明禁止的用途。")
	}
	return t, nil
}

func prose(field, text string) (string, error) {
	text, err := datasets.CleanProse(field, text)
	if err == nil && len([]rune(text)) > mostText {
		err = fault.At(field, "太长，最多 %d 个字。", mostText)
	}
	return strings.TrimSpace(text), err
}

var checkTerm = deadline.Term{House: "listing_check"}
