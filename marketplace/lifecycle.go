package marketplace

import (
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// State is where a product stands.
type State string

// The states of a product.
const (
	Draft      State = "draft"
	InReview   State = "internal_review" // somebody else of the developer looks at it
	Registered State = "registered"      // 登记
	Listable   State = "listable"        // certified: it may be offered
	Suspended  State = "suspended"
	Retired    State = "retired"
)

// Action is what is done about a product.
type Action string

// The actions on a product.
const (
	Make    Action = "make" // how it begins
	Edit    Action = "edit"
	Submit  Action = "submit"
	Return  Action = "return"
	Enter   Action = "register" // by the registration of products
	Certify Action = "certify"  // by the certification of products
	Suspend Action = "suspend"
	Resume  Action = "resume"
	Retire  Action = "retire"

	Transfer Action = "transfer" // of the right to run it, by the registration of products
)

var (
	anybody  = []account.Role{account.Visitor} // whose product it is, the side says
	itself   = []account.Role{account.Administrator}
	stoppers = []account.Role{account.Operator, account.ExchangeStaff, account.Regulator, account.Administrator}
)

// lifecycle is every move of a product.
var lifecycle = workflow.Lifecycle[State, Action, *Product]{
	{Action: Submit, From: []State{Draft}, To: InReview, By: anybody, Needs: complete},
	{Action: Return, From: []State{InReview}, To: Draft, By: anybody, Needs: reasoned},
	{Action: Enter, From: []State{InReview}, To: Registered, By: itself, Needs: complete},
	{Action: Certify, From: []State{Registered}, To: Listable, By: itself, Needs: certified},
	{Action: Suspend, From: []State{Listable}, To: Suspended, By: stoppers, Needs: reasoned},
	{Action: Resume, From: []State{Suspended}, To: Listable, By: stoppers, Needs: resumable},
	{Action: Retire, From: []State{Draft, InReview, Registered, Listable, Suspended}, To: Retired, By: anybody, Needs: operated},
}

// Lifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func Lifecycle() string { return lifecycle.Mermaid(Draft) }

// complete: a product is looked at once its rights are written down and a version of
// it says where its data is from.
func complete(p *Product) error {
	switch {
	case !p.rightsStand():
		return fault.At("rights", "三项权利还没有写全：加工使用权和产品经营权都要写明由谁享有、从哪里来。")
	case p.sealed == 0:
		return fault.New(fault.Invalid, "还没有封存的版本：先封存一版，写明来源和获取日期。")
	}
	return nil
}

func reasoned(p *Product) error {
	if p.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

// VersionState is where a version of a product stands.
type VersionState string

// The states of a version.
const (
	Building   VersionState = "building"
	Checked    VersionState = "checked" // every content was recomputed, every input explained
	Sealed     VersionState = "sealed"  // frozen, with its statement, its stamped files and its place in the log
	Published  VersionState = "published"
	Deprecated VersionState = "deprecated" // a newer one is to be used
	Recalled   VersionState = "recalled"
)

// Frozen reports whether nothing of the version changes any more.
func (s VersionState) Frozen() bool { return s != Building && s != Checked }

// Public reports whether everybody may know of the version, as public does in queries.
func (s VersionState) Public() bool { return s == Published || s == Deprecated || s == Recalled }

// VersionAction is what is done about a version.
type VersionAction string

// The actions on a version.
const (
	Build     VersionAction = "build" // how it begins
	Check     VersionAction = "check"
	Reopen    VersionAction = "reopen"
	Seal      VersionAction = "seal"
	Publish   VersionAction = "publish"
	Deprecate VersionAction = "deprecate"
	Recall    VersionAction = "recall"

	// What is done about a version that stays where it is.
	Describe      VersionAction = "describe"
	AddRelease    VersionAction = "add_release"
	AddFile       VersionAction = "add_file"
	RemoveContent VersionAction = "remove_content"
	AddInput      VersionAction = "add_input"
	RemoveInput   VersionAction = "remove_input"
	Countersign   VersionAction = "countersign"
	FlagWithdrawn VersionAction = "flag_withdrawn"
	FlagCorrected VersionAction = "flag_corrected"
	FlagRecalled  VersionAction = "flag_recalled"
)

var recallers = []account.Role{account.Operator, account.ExchangeStaff, account.Regulator, account.Administrator}

// versions is every move of a version.
var versions = workflow.Lifecycle[VersionState, VersionAction, *Version]{
	{Action: Check, From: []VersionState{Building}, To: Checked, By: anybody},
	{Action: Reopen, From: []VersionState{Checked}, To: Building, By: anybody},
	{Action: Seal, From: []VersionState{Checked}, To: Sealed, By: anybody},
	{Action: Publish, From: []VersionState{Sealed}, To: Published, By: anybody, When: offered},
	{Action: Deprecate, From: []VersionState{Published}, To: Deprecated, By: anybody, Needs: explained},
	{Action: Recall, From: []VersionState{Sealed, Published, Deprecated}, To: Recalled, By: anybody, When: asDeveloper, Needs: explained},
	{Action: Recall, From: []VersionState{Sealed, Published, Deprecated}, To: Recalled, By: recallers, When: asPlatform, Needs: explained},
}

// VersionLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func VersionLifecycle() string { return versions.Mermaid(Building) }

// offered: what is retired or suspended shows nothing new.
func offered(v *Version) error {
	if v.productState == Retired || v.productState == Suspended {
		return fault.New(fault.Conflict, "产品已经暂停或者退出，不能发布新的版本。")
	}
	return nil
}

func explained(v *Version) error {
	if v.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

func asDeveloper(v *Version) error {
	if v.side != OfDeveloper {
		return errNotYours()
	}
	return nil
}

func asPlatform(v *Version) error {
	if v.side == OfDeveloper {
		return errNotYours()
	}
	return nil
}
