package operation

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/jobs"
	"shuyuan/internal/workdays"
	"shuyuan/internal/workflow"
	"shuyuan/licensing/hold"
	"shuyuan/licensing/papers"
)

// EntryState is where the entry (入驻) of a developer stands.
type EntryState string

// The states.
const (
	EntryDraft     EntryState = "draft"
	EntrySubmitted EntryState = "submitted" // the operator screens
	EntryReturned  EntryState = "returned"
	EntryAdmitted  EntryState = "admitted"
	EntryRefused   EntryState = "refused"
	EntrySuspended EntryState = "suspended"
	EntryLeft      EntryState = "left"
)

// EntryAction is what is done with an entry.
type EntryAction string

// The actions.
const (
	ApplyEntry    EntryAction = "apply" // how it begins
	SubmitEntry   EntryAction = "submit"
	ReturnEntry   EntryAction = "return"
	AdmitEntry    EntryAction = "admit"
	RefuseEntry   EntryAction = "refuse"
	SuspendEntry  EntryAction = "suspend" // by the operator
	ResumeEntry   EntryAction = "resume"
	ObjectEntry   EntryAction = "object"    // by the authority, which stops it at once
	TakeOverEntry EntryAction = "take_over" // by an authority that stands above whoever suspended it
	ReleaseEntry  EntryAction = "release"
	TrainEntry    EntryAction = "train" // a new training was recorded
	LeaveEntry    EntryAction = "leave"
	EndEntry      EntryAction = "end" // by the operator
	WithdrawEntry EntryAction = "withdraw"
	AskPeople     EntryAction = "ask_people" // others are to do what those who are named do
	ConfirmPeople EntryAction = "confirm_people"
	RefusePeople  EntryAction = "refuse_people"
	RecallPeople  EntryAction = "recall_people"
)

// Developer is the entry of an organisation with the operator of a mandate
// (二级开发主体 入驻).
type Developer struct {
	ID           int64
	Number       string
	Mandate      string // number
	MandateTitle string
	MandateState State
	Body         Body
	Operator     Organisation
	Organisation Organisation
	State        EntryState
	StateAt      time.Time
	Reason       string
	HeldBy       Side
	HeldBody     Body // above that of the mandate, where it holds
	Contact      string
	Security     string // plan, in words; its paper lies beside
	TrainedOn    *time.Time
	Training     string     // what it was and who gave it
	TrainedUntil *time.Time // first moment at which it no longer counts
	Declared     bool
	Years        int // of which it declared that there was no listed breach
	DCMM         int // level 1 to 5; 0: not rated
	People       []Person
	SubmittedAt  *time.Time
	Clock        *deadline.Clock // of the operator, while it screens
	DecidedBy    string
	DecidedAt    *time.Time
	MadeAt       time.Time
	Revision     int

	mandate int64
	clock   deadline.Ref
	by      int64
	decider int64
	sent    string
	words   string
	party   party // whoever moves it
	held    hold.By
	at      time.Time
	found   []Breach
	papers  []papers.Paper
	stands  bool          // the mandate and all above it
	change  *PeopleChange // that is asked for
	people  []Person      // as a change would have them
	on      *time.Time    // day of the training before the one under way
}

// LastTrained is the last day on which the training counts.
func (d *Developer) LastTrained() time.Time {
	if d.TrainedUntil == nil {
		return time.Time{}
	}
	return d.TrainedUntil.Add(-time.Nanosecond).In(workdays.Zone)
}

// Stands reports whether the entry lets anything pass at t.
func (d *Developer) Stands(t time.Time) bool {
	return d.State == EntryAdmitted && !d.Organisation.Suspended && d.TrainedUntil != nil && t.Before(*d.TrainedUntil)
}

// Person is what somebody of a developer may do in its workspaces.
type Person struct {
	ID       int64
	Name     string
	Writes   bool // programs, and runs them
	Releases bool // asks that a result be released
}

// Breach is something held against an organisation, as the platform's own check finds
// it.
type Breach struct {
	Number  string
	Outcome string // empty: it is not decided yet
	At      time.Time
}

var developers = workflow.Lifecycle[EntryState, EntryAction, *Developer]{
	{Action: SubmitEntry, From: []EntryState{EntryDraft, EntryReturned}, To: EntrySubmitted, By: anybody, Needs: entryWhole},
	{Action: AdmitEntry, From: []EntryState{EntrySubmitted}, To: EntryAdmitted, By: operators, When: entryClean, Needs: entryStands},
	{Action: ReturnEntry, From: []EntryState{EntrySubmitted}, To: EntryReturned, By: operators, Needs: entryReason},
	{Action: RefuseEntry, From: []EntryState{EntrySubmitted}, To: EntryRefused, By: operators, Needs: entryReason},
	{Action: SuspendEntry, From: []EntryState{EntryAdmitted}, To: EntrySuspended, By: operators, Needs: entryReason},
	{Action: ObjectEntry, From: []EntryState{EntryAdmitted}, To: EntrySuspended, By: authority, Needs: entryReason},
	{Action: TakeOverEntry, From: []EntryState{EntrySuspended}, To: EntrySuspended, By: authority, When: entryTakes, Needs: entryReason},
	{Action: ResumeEntry, From: []EntryState{EntrySuspended}, To: EntryAdmitted, By: operators, When: entryLifts, Needs: entryReason},
	{Action: ReleaseEntry, From: []EntryState{EntrySuspended}, To: EntryAdmitted, By: authority, When: entryLifts, Needs: entryReason},
	{Action: TrainEntry, From: []EntryState{EntryAdmitted}, To: EntryAdmitted, By: operators, Needs: entryTrained},
	{Action: LeaveEntry, From: []EntryState{EntryAdmitted, EntrySuspended}, To: EntryLeft, By: anybody, Needs: entryReason},
	{Action: EndEntry, From: []EntryState{EntryAdmitted, EntrySuspended}, To: EntryLeft, By: operators, Needs: entryReason},
	{Action: WithdrawEntry, From: []EntryState{EntryDraft, EntrySubmitted, EntryReturned}, To: EntryLeft, By: anybody},
	{Action: AskPeople, From: []EntryState{EntryAdmitted}, To: EntryAdmitted, By: anybody, When: peopleSettled, Needs: peopleOthers},
	{Action: ConfirmPeople, From: []EntryState{EntryAdmitted}, To: EntryAdmitted, By: operators, When: peopleAsked},
	{Action: RefusePeople, From: []EntryState{EntryAdmitted}, To: EntryAdmitted, By: operators, When: peopleAsked, Needs: entryReason},
	{Action: RecallPeople, From: []EntryState{EntryAdmitted}, To: EntryAdmitted, By: anybody, When: peopleAsked},
}

// whose developer it is, the side says.
var anybody = []account.Role{account.Visitor}

// EntryLifecycle is the table of moves of an entry, for docs/lifecycles.md.
func EntryLifecycle() string { return developers.Mermaid(EntryDraft) }

var entrySides = map[EntryAction]Side{
	SubmitEntry: OfDeveloper, LeaveEntry: OfDeveloper, WithdrawEntry: OfDeveloper, AskPeople: OfDeveloper, RecallPeople: OfDeveloper, ObjectEntry: OfBody, TakeOverEntry: OfBody, ReleaseEntry: OfBody,
	AdmitEntry: OfOperator, ReturnEntry: OfOperator, RefuseEntry: OfOperator, SuspendEntry: OfOperator, ResumeEntry: OfOperator, EndEntry: OfOperator, TrainEntry: OfOperator, ConfirmPeople: OfOperator, RefusePeople: OfOperator,
}

// The papers that are handed in with an application for entry.
const (
	SecurityPlan   = "安全管理制度和应急预案"
	TrainingRecord = "培训记录"
)

// entryWhole returns what an application lacks: a security plan (TJ-50), a training,
// a declaration, and who may do what.
func entryWhole(d *Developer) error {
	switch {
	case d.Contact == "":
		return fault.At("contact", "请写联系人和电话。")
	case d.Security == "":
		return fault.At("security", "请写明怎样保护数据、出了事怎样应对。")
	case d.TrainedOn == nil || d.Training == "":
		return fault.At("trained_on", "请写明培训的日期、内容和举办方。")
	case !d.Declared:
		return fault.At("declared", "请承诺没有列举的违规。")
	case !slices.ContainsFunc(d.People, func(p Person) bool { return p.Writes }):
		return fault.At("people", "请至少指定一名可以编写程序的人员。")
	case !slices.ContainsFunc(d.People, func(p Person) bool { return p.Releases }):
		return fault.At("people", "请至少指定一名可以申请结果的人员。")
	}
	if !d.TrainedUntil.After(d.at) {
		return fault.At("trained_on", "培训已经过期，请重新培训。")
	}
	if missing := papers.Missing([]string{SecurityPlan, TrainingRecord}, d.papers); len(missing) > 0 {
		return fault.At("file", "还缺材料：%s。", missing[0])
	}
	return entryStands(d)
}

// entryStands: nobody enters with a mandate that lets nothing pass.
func entryStands(d *Developer) error {
	if !d.stands {
		return fault.New(fault.Conflict, "这份授权现在不接受入驻。")
	}
	return nil
}

// entryClean: nobody enters with a breach in the years of the rule, or while suspended.
func entryClean(d *Developer) error {
	if d.Organisation.Suspended {
		return fault.New(fault.Conflict, "机构没有通过认证或者已经暂停，不能入驻。")
	}
	if len(d.found) > 0 {
		return fault.New(fault.Conflict, "平台查到违约案 %s，不能同意入驻。", d.found[0].Number)
	}
	if d.TrainedUntil == nil || !d.TrainedUntil.After(d.at) {
		return fault.New(fault.Conflict, "培训已经过期，请退回补正。")
	}
	return nil
}

func entryReason(d *Developer) error {
	if d.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

func entryTakes(d *Developer) error { return d.party.holds().Takes(d.held) }

func entryLifts(d *Developer) error { return d.party.holds().Lifts(d.held) }

func entryTrained(d *Developer) error {
	switch {
	case d.TrainedUntil == nil || !d.TrainedUntil.After(d.at) || d.on != nil && !d.TrainedOn.After(*d.on):
		return fault.At("trained_on", "请写新的培训的日期。")
	case d.Training == "":
		return fault.At("training", "请写明培训的日期、内容和举办方。")
	}
	return nil
}

var screenTerm = deadline.Term{House: "developer_screening"}

// ErrNoDeveloper says that who asks knows of no such entry.
func ErrNoDeveloper() error { return fault.New(fault.NotFound, "没有这份入驻申请。") }

// EntryForm is what a developer writes.
type EntryForm struct {
	Contact   string
	Security  string
	TrainedOn string // day; empty: not yet
	Training  string
	Declared  bool
	DCMM      int
	Writes    []int64 // users of the organisation
	Releases  []int64
	Sent      string
}

// ApplyToEnter begins an application of an organisation for entry with the operator of
// a mandate that is active.
func (s *Service) ApplyToEnter(ctx context.Context, who account.Actor, mandate string, organisationID int64, sent string) (*Developer, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Developer, error) {
		if err := ownerOf(ctx, tx, who, organisationID); err != nil {
			return nil, err
		}
		id, number, err := cases.Made(ctx, tx, "developers", sent)
		if err != nil {
			return nil, err
		}
		if id != 0 {
			return s.developerBy(ctx, tx, number, false)
		}
		m, err := s.mandateBy(ctx, tx, mandate, false)
		if err != nil {
			return nil, err
		}
		if m.State != Active {
			return nil, fault.New(fault.Conflict, "这份授权现在不接受入驻。")
		}
		o, err := organisation(ctx, tx, organisationID)
		if err != nil {
			return nil, err
		}
		if o.Suspended {
			return nil, fault.New(fault.Conflict, "机构没有通过认证或者已经暂停，不能入驻。")
		}
		if there, err := s.entryOf(ctx, tx, m.ID, organisationID); err != nil || there != nil {
			return there, err
		}
		d := &Developer{Mandate: m.Number, MandateTitle: m.Title, MandateState: m.State, Body: m.Body, Operator: m.Operator, Organisation: o, State: EntryDraft, StateAt: s.instant(), MadeAt: s.instant(), Years: s.limits.Clean, mandate: m.ID, sent: sent}
		if d.Number, err = cases.Number(ctx, tx, "RZ", s.instant()); err != nil {
			return nil, err
		}
		if err := insertDeveloper(ctx, tx, d); err != nil {
			return nil, err
		}
		if err := s.happened(ctx, tx, who, "developer", d.ID, Event{Act: string(ApplyEntry), Side: OfDeveloper, State: string(d.State)}); err != nil {
			return nil, err
		}
		return d, audit.Append(ctx, tx, who, "developer", d.Number, string(ApplyEntry), map[string]string{"mandate": m.Number, "organisation": o.Code})
	})
}

// ownerOf returns a fault unless who answers for an organisation of those who use.
func ownerOf(ctx context.Context, q database.Querier, who account.Actor, id int64) error {
	if who.IsVisitor() || who.Key != "" || who.Side != account.Use {
		return fault.New(fault.Forbidden, "只有使用数据的机构的负责人可以申请入驻。")
	}
	role, err := roleIn(ctx, q, id, who.ID)
	if err == nil && role != account.Owner {
		err = fault.New(fault.Forbidden, "只有使用数据的机构的负责人可以申请入驻。")
	}
	return err
}

// SaveEntry writes what a developer says of itself, while it is the developer's turn.
func (s *Service) SaveEntry(ctx context.Context, who account.Actor, number string, revision int, f EntryForm) (*Developer, error) {
	if err := proses(map[string]*string{"contact": &f.Contact, "security": &f.Security, "training": &f.Training}); err != nil {
		return nil, err
	}
	if f.DCMM < 0 || f.DCMM > 5 {
		return nil, fault.At("dcmm", "请选 1 至 5 级，没有就不选。")
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Developer, error) {
		d, err := s.preparing(ctx, tx, who, number)
		if err != nil {
			return d, err
		}
		if d.Revision != revision {
			return d, errMoved()
		}
		d.Contact, d.Security, d.Training, d.Declared, d.DCMM, d.Years = f.Contact, f.Security, f.Training, f.Declared, f.DCMM, s.limits.Clean
		if err := s.trained(d, f.TrainedOn); err != nil {
			return d, err
		}
		if d.People, err = people(ctx, tx, d.Organisation.ID, f.Writes, f.Releases); err != nil {
			return d, err
		}
		if err := saveDeveloper(ctx, tx, d, true); err != nil {
			return d, err
		}
		return d, audit.Append(ctx, tx, who, "developer", d.Number, "save", nil)
	})
}

// trained reads the day of a training and counts until when it is good.
func (s *Service) trained(d *Developer, day string) error {
	if day == "" {
		d.TrainedOn, d.TrainedUntil = nil, nil
		return nil
	}
	on, err := dayOf("trained_on", day)
	if err != nil {
		return err
	}
	if on.After(s.now()) {
		return fault.At("trained_on", "不能晚于今天。")
	}
	until := workdays.EndOfDay(deadline.Months(on, s.limits.Training))
	d.TrainedOn, d.TrainedUntil = &on, &until
	return nil
}

// preparing is an entry that who may change now; it is held.
func (s *Service) preparing(ctx context.Context, q database.Querier, who account.Actor, number string) (*Developer, error) {
	d, side, err := s.developerFor(ctx, q, who, number, true)
	switch {
	case err != nil:
		return nil, err
	case side != OfDeveloper:
		return d, errNotYours()
	case d.State != EntryDraft && d.State != EntryReturned:
		return d, fault.New(fault.Conflict, "申请已经提交，不能修改；退回以后可以改。")
	}
	return d, ownerOf(ctx, q, who, d.Organisation.ID)
}

// EntryStep is what somebody does with an entry.
type EntryStep struct {
	Action    EntryAction
	Revision  int
	Words     string
	TrainedOn string // of a new training
	Training  string
	Writes    []int64 // of a change of people
	Releases  []int64
}

// MoveEntry takes an entry further.
func (s *Service) MoveEntry(ctx context.Context, who account.Actor, number string, step EntryStep) (*Developer, error) {
	if err := proses(map[string]*string{"reason": &step.Words, "training": &step.Training}); err != nil {
		return nil, err
	}
	if slices.Contains([]EntryAction{AdmitEntry, ObjectEntry, TakeOverEntry, ReleaseEntry, LeaveEntry, EndEntry, ConfirmPeople}, step.Action) {
		if err := s.accounts.RequireFresh(who); err != nil {
			return nil, err
		}
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Developer, error) {
		d, side, err := s.developerFor(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		if entrySides[step.Action] != side {
			return d, errNotYours()
		}
		if side == OfDeveloper {
			if err := ownerOf(ctx, tx, who, d.Organisation.ID); err != nil {
				return d, err
			}
		}
		if d.Revision != step.Revision {
			return d, errMoved()
		}
		return d, s.moveEntry(ctx, tx, who, d, step)
	})
}

func (s *Service) moveEntry(ctx context.Context, tx pgx.Tx, who account.Actor, d *Developer, step EntryStep) (err error) {
	d.words, d.at = step.Words, s.instant()
	if d.papers, err = papers.Of(ctx, tx, papers.Entry, d.ID); err != nil {
		return err
	}
	if step.Action == AdmitEntry {
		if d.found, err = s.breachesOf(ctx, tx, d.Organisation.ID); err != nil {
			return err
		}
	}
	if d.stands, err = stands(ctx, tx, d.mandate, d.at); err != nil {
		return err
	}
	if d.change, err = askedChange(ctx, tx, d.ID); err != nil {
		return err
	}
	switch step.Action {
	case TrainEntry:
		d.on = d.TrainedOn
		if err := s.trained(d, step.TrainedOn); err != nil {
			return err
		}
		d.Training = step.Training
	case AskPeople:
		if d.people, err = people(ctx, tx, d.Organisation.ID, step.Writes, step.Releases); err != nil {
			return err
		}
	case ConfirmPeople:
		if d.change == nil {
			return errMoved()
		}
		if d.people, err = people(ctx, tx, d.Organisation.ID, d.change.Writes, d.change.Releases); err != nil {
			return err
		}
	}
	from, earlier := d.State, d.HeldBody
	if d.State, err = developers.Next(from, step.Action, who, d); err != nil {
		return err
	}
	if d.State != from {
		d.StateAt = d.at
	}
	if err := s.entryEffects(who, d, step.Action); err != nil {
		return err
	}
	switch {
	case step.Action == SubmitEntry:
		err = papers.Freeze(ctx, tx, papers.Entry, d.ID, d.at)
	case d.State == EntryLeft || d.State == EntryRefused:
		err = papers.Drop(ctx, tx, papers.Entry, d.ID)
	}
	if err == nil {
		err = s.changePeople(ctx, tx, who, d, step.Action)
	}
	if err != nil {
		return err
	}
	if err := saveDeveloper(ctx, tx, d, step.Action == ConfirmPeople); err != nil {
		return err
	}
	if err := s.happened(ctx, tx, who, "developer", d.ID, Event{Act: string(step.Action), Side: d.party.acts(), Words: d.words, State: string(d.State)}); err != nil {
		return err
	}
	details := audit.Moved(from, d.State)
	if d.words != "" {
		details["words"] = d.words
	}
	if err := audit.Append(ctx, tx, who, "developer", d.Number, string(step.Action), details); err != nil {
		return err
	}
	if slices.Contains(entryAnnounced, step.Action) {
		if err := jobs.Announce(ctx, tx, EntryMoved{Developer: d.ID, Act: string(step.Action), Words: d.words, At: d.at}); err != nil {
			return err
		}
	}
	return s.tellEntry(ctx, tx, d, from, step.Action, earlier)
}

// entryAnnounced are the actions after which something of a developer stands or stands
// no more.
var entryAnnounced = []EntryAction{AdmitEntry, SuspendEntry, ObjectEntry, TakeOverEntry, ResumeEntry, ReleaseEntry, TrainEntry, LeaveEntry, EndEntry, ConfirmPeople}

// entryEffects are what a move leaves in an entry, and whose clock runs after it.
func (s *Service) entryEffects(who account.Actor, d *Developer, a EntryAction) error {
	d.Clock, d.clock = nil, deadline.Ref{}
	if d.words != "" && !slices.Contains([]EntryAction{AskPeople, ConfirmPeople, RefusePeople, RecallPeople}, a) {
		d.Reason = d.words
	}
	d.HeldBy, d.HeldBody = "", Body{}
	switch a {
	case SubmitEntry:
		d.by, d.SubmittedAt = who.ID, &d.at
		clock, err := s.clocks.Start(d.Body.Profile, screenTerm, d.at)
		d.Clock, d.clock = &clock, clock.Ref
		return err
	case AdmitEntry, ReturnEntry, RefuseEntry:
		d.decider, d.DecidedBy, d.DecidedAt = who.ID, who.Name, &d.at
	case SuspendEntry, ObjectEntry, TakeOverEntry:
		d.HeldBy, d.HeldBody = d.party.acts(), d.party.body
	}
	return nil
}

// tellEntry announces the letters about an entry: the authority is told of each that
// is admitted, and may object. A body above acts beside that of the mandate, which is
// told of it as is the one that held the entry until then.
func (s *Service) tellEntry(ctx context.Context, tx pgx.Tx, d *Developer, from EntryState, a EntryAction, earlier Body) error {
	n := Notice{Of: "developer", Number: d.Number, Mandate: d.Mandate, Act: string(a), Title: d.MandateTitle, From: d.Operator.Name, Words: d.words, At: d.at}
	to := func(side Side, yours bool) error {
		m := n
		m.Side, m.Yours = string(side), yours
		var readers []string
		var err error
		switch side {
		case OfBody:
			readers, err = bodyReaders(ctx, tx, d.Body.ID, authority...)
		case OfOperator:
			readers, err = owners(ctx, tx, d.Operator.ID)
		default:
			readers, err = owners(ctx, tx, d.Organisation.ID)
		}
		if err != nil {
			return err
		}
		return send(ctx, tx, m, readers)
	}
	both := func(first, second Side) error {
		if err := to(first, false); err != nil {
			return err
		}
		return to(second, false)
	}
	switch a {
	case SubmitEntry:
		n.From = d.Organisation.Name
		if d.Clock != nil {
			n.Due = d.Clock.Last.Format(time.DateOnly)
		}
		return to(OfOperator, true)
	case ReturnEntry:
		return to(OfDeveloper, true)
	case WithdrawEntry:
		if from != EntrySubmitted { // the operator knows of none
			return nil
		}
		n.From = d.Organisation.Name
		return to(OfOperator, false)
	case AskPeople, RecallPeople:
		n.From = d.Organisation.Name
		return to(OfOperator, a == AskPeople)
	case RefuseEntry, TrainEntry, ConfirmPeople, RefusePeople:
		return to(OfDeveloper, false)
	case AdmitEntry, SuspendEntry, ResumeEntry, EndEntry:
		return both(OfDeveloper, OfBody)
	case ObjectEntry, TakeOverEntry, ReleaseEntry:
		n.From, n.FromEN = d.party.named(d.Body, d.Operator)
		acting := d.Body.ID
		if d.party.level > 0 {
			acting = d.party.body.ID
		}
		for _, body := range []Body{d.Body, earlier} {
			if body.ID == 0 || body.ID == acting {
				continue
			}
			readers, err := bodyReaders(ctx, tx, body.ID, authority...)
			if err != nil {
				return err
			}
			m := n
			m.Side = string(OfBody)
			if err := send(ctx, tx, m, readers); err != nil {
				return err
			}
		}
		return both(OfDeveloper, OfOperator)
	case LeaveEntry:
		n.From = d.Organisation.Name
		return both(OfOperator, OfBody)
	}
	return nil
}

// developerFor is an entry that who may know of, and on which side who stands.
func (s *Service) developerFor(ctx context.Context, q database.Querier, who account.Actor, number string, lock bool) (*Developer, Side, error) {
	d, err := s.developerBy(ctx, q, number, lock)
	if err != nil {
		return nil, "", err
	}
	p, err := s.entryParty(ctx, q, who, d)
	if err == nil && p.side == "" || p.side != OfDeveloper && d.State == EntryDraft {
		err = ErrNoDeveloper()
	}
	d.party, d.held = p, hold.By{Side: string(d.HeldBy)}
	if err == nil && d.HeldBy == OfAbove {
		d.held.Level, err = levelOf(ctx, q, d.mandate, d.HeldBody.ID)
	}
	return d, p.side, err
}

func (s *Service) entryParty(ctx context.Context, q database.Querier, who account.Actor, d *Developer) (p party, err error) {
	switch {
	case who.IsVisitor() || who.Key != "":
		return p, nil
	case who.Is(account.Regulator):
		return party{side: OfRegulator}, nil
	case who.Department != 0:
		if !who.Any(approvers...) {
			return p, nil
		}
		level, err := levelOf(ctx, q, d.mandate, who.Department)
		if err != nil || level < 0 {
			return p, err
		}
		return bodyParty(ctx, q, who.Department, level)
	}
	of, side := d.Organisation.ID, OfDeveloper
	if who.Is(account.Operator) {
		of, side = d.Operator.ID, OfOperator
	}
	role, err := roleIn(ctx, q, of, who.ID)
	if err != nil || role == "" {
		return p, err
	}
	return party{side: side}, nil
}

// EntryView is an entry as somebody sees it.
type EntryView struct {
	*Developer
	Side     Side
	Owner    bool // who answers for the developer
	Offers   []EntryAction
	Edits    bool
	Found    []Breach       // by the platform's own check
	Members  []Person       // of the organisation, of whom people are named
	Change   *PeopleChange  // that is asked for
	Changes  []PeopleChange // that were decided, the newest first
	Papers   []papers.Paper
	Events   []Event
	Training int // months that a training counts
}

// Entry is an entry that who may know of, with what they can do about it.
func (s *Service) Entry(ctx context.Context, who account.Actor, number string) (*EntryView, error) {
	d, side, err := s.developerFor(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	d.at = s.instant()
	v := &EntryView{Developer: d, Side: side, Training: s.limits.Training}
	all, err := changesOf(ctx, s.pool, d.ID)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].State == ChangeAsked {
			d.change, v.Change = &all[i], &all[i]
		} else {
			v.Changes = append(v.Changes, all[i])
		}
	}
	if side != OfDeveloper {
		if v.Found, err = s.breachesOf(ctx, s.pool, d.Organisation.ID); err != nil {
			return nil, err
		}
		d.found = v.Found
	} else {
		v.Owner = ownerOf(ctx, s.pool, who, d.Organisation.ID) == nil
	}
	for _, a := range developers.Offer(d.State, who, d) {
		if entrySides[a] == side && (side != OfDeveloper || v.Owner) {
			v.Offers = append(v.Offers, a)
		}
	}
	v.Edits = v.Owner && (d.State == EntryDraft || d.State == EntryReturned)
	if v.Edits || slices.Contains(v.Offers, AskPeople) {
		if v.Members, err = membersOf(ctx, s.pool, d.Organisation.ID); err != nil {
			return nil, err
		}
	}
	files, err := papers.Of(ctx, s.pool, papers.Entry, d.ID)
	if err != nil {
		return nil, err
	}
	v.Papers = slices.DeleteFunc(files, func(p papers.Paper) bool { return p.Frozen == nil && side != OfDeveloper })
	v.Events, err = selectEvents(ctx, s.pool, "developer", d.ID)
	return v, err
}

// Entries are the entries that who sees: of the own organisations, with the own
// operator, or with the mandates of the own body.
func (s *Service) Entries(ctx context.Context, who account.Actor, f Filter) ([]Developer, error) {
	args := pgx.NamedArgs{"department": who.Department, "user": who.ID, "state": f.State, "before": f.Before, "limit": f.Limit, "numbers": f.Numbers}
	var where string
	switch {
	case who.IsVisitor() || who.Key != "":
		return nil, errNotYours()
	case who.Is(account.Regulator):
		where = `d.state <> 'draft'`
	case who.Any(approvers...) && who.Department != 0:
		where = `d.state <> 'draft' AND (m.body_id = @department OR m.id IN (` + belowBody + `))`
	case who.Is(account.Operator):
		where = `d.state <> 'draft' AND m.operator_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)`
	default:
		where = `d.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)`
	}
	if f.State != "" {
		where += ` AND d.state = @state`
	} else if !f.All {
		where += ` AND d.state NOT IN ('refused', 'left')`
	}
	if f.Before > 0 {
		where += ` AND d.id < @before`
	}
	if len(f.Numbers) > 0 {
		where += ` AND d.number = ANY (@numbers)`
	}
	return s.developerList(ctx, s.pool, where, args)
}

func entryCase(d *Developer) papers.Case {
	return papers.Case{Kind: papers.Entry, ID: d.ID, Number: d.Number, Owner: papers.Owner{Organisation: d.Organisation.ID}, Slots: []string{SecurityPlan, TrainingRecord}}
}

// AddEntryPaper prepares a file of an application for entry. See papers.Service.Add.
func (s *Service) AddEntryPaper(ctx context.Context, who account.Actor, number string, n papers.New, file io.Reader) (papers.Paper, error) {
	d, _, err := s.developerFor(ctx, s.pool, who, number, false)
	if err != nil {
		return papers.Paper{}, err
	}
	if s.papers == nil {
		return papers.Paper{}, fault.New(fault.Unavailable, "这里不能上传材料。")
	}
	return s.papers.Add(ctx, who, entryCase(d), n, file, func(ctx context.Context, tx pgx.Tx) error {
		_, err := s.preparing(ctx, tx, who, number)
		return err
	})
}

// RemoveEntryPaper takes back a file that was not handed in yet.
func (s *Service) RemoveEntryPaper(ctx context.Context, who account.Actor, number, id string) error {
	d, _, err := s.developerFor(ctx, s.pool, who, number, false)
	if err != nil {
		return err
	}
	if s.papers == nil {
		return fault.New(fault.Unavailable, "这里不能上传材料。")
	}
	return s.papers.Remove(ctx, who, entryCase(d), id, func(ctx context.Context, tx pgx.Tx) error {
		_, err := s.preparing(ctx, tx, who, number)
		return err
	})
}

// ReadEntryPaper is a file of an entry with its bytes, for whom the entry is.
func (s *Service) ReadEntryPaper(ctx context.Context, who account.Actor, number, id string) (papers.Paper, []byte, error) {
	v, err := s.Entry(ctx, who, number)
	if err != nil {
		return papers.Paper{}, nil, err
	}
	if s.papers == nil || !slices.ContainsFunc(v.Papers, func(p papers.Paper) bool { return p.ID == id }) {
		return papers.Paper{}, nil, fault.New(fault.NotFound, "没有这份材料。")
	}
	return s.papers.Read(ctx, who, entryCase(v.Developer), id)
}
