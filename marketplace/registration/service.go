package registration

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/signing"
	"shuyuan/internal/workdays"
	"shuyuan/marketplace"
	"shuyuan/marketplace/provenance/certificate"
)

// Accounts knows who has just shown who they are, and how often somebody may do
// something, as account.Service does.
type Accounts interface {
	RequireFresh(account.Actor) error
	Allow(ctx context.Context, bucket, subject string) (account.Limit, error)
}

// Products brings products further, as marketplace.Service does.
type Products interface {
	Registered(ctx context.Context, tx pgx.Tx, number string) error
	Certified(ctx context.Context, tx pgx.Tx, number string) error
	Lapsed(ctx context.Context, tx pgx.Tx, number, words string) error
	Transferred(ctx context.Context, tx pgx.Tx, number string, to marketplace.Developer, source string) error
}

// Config is what the service is made of.
type Config struct {
	Pool     *pgxpool.Pool
	Products Products
	Accounts Accounts
	Clocks   *deadline.Clocks
	Signer   signing.Signer // nil: no certificate is issued here
	Base     string         // address of the portal
	Now      func() time.Time
}

// Service registers products and has them certified and valued.
type Service struct {
	Config
	pool *pgxpool.Pool
	now  func() time.Time
}

// New returns the registrations of an installation.
func New(c Config) *Service {
	c.Base = strings.TrimRight(c.Base, "/")
	return &Service{Config: c, pool: c.Pool, now: c.Now}
}

func (s *Service) instant() time.Time { return s.now().Truncate(time.Microsecond) }

// platform is who moves what nobody moves.
func platform() account.Actor { return account.System("registration") }

func errNone() error { return fault.New(fault.NotFound, "没有这件登记。") }

func errNotYours() error { return fault.New(fault.Forbidden, "这一步不由您办。") }

func errMoved() error {
	return fault.New(fault.Conflict, "这一件在您打开之后已经有人处理过，请重新打开看看。")
}

// longest is how many characters an explanation may have.
const longest = 2000

func prose(field, text string) (string, error) {
	text, err := datasets.CleanProse(field, text)
	if err == nil && len([]rune(text)) > longest {
		err = fault.At(field, "太长，最多 %d 个字。", longest)
	}
	return strings.TrimSpace(text), err
}

// Form is what a registrant hands in.
type Form struct {
	Kind     Kind
	Version  string // number, of a sealed one
	Receiver string // credit code, of a transfer
	Level    Level
	Abroad   string
	Lawful   string
	Unident  string
	Irrevers string
	Controls string // credit codes of whoever controls the registrant
	Declared bool
	Sent     string
}

func (f *Form) material() (m Material, err error) {
	m = Material{Level: f.Level, Abroad: f.Abroad, Declared: f.Declared}
	if m.Level != "" && !slices.Contains(Levels, m.Level) {
		return m, fault.At("level", "请选数据的级别。")
	}
	for _, x := range []struct {
		field, typed string
		into         *string
	}{{"lawful", f.Lawful, &m.Lawful}, {"unidentifiable", f.Unident, &m.Unidentifiable}, {"irreversible", f.Irrevers, &m.Irreversible}} {
		if *x.into, err = prose(x.field, x.typed); err != nil {
			return m, err
		}
	}
	m.Controls, err = codes("controls", f.Controls)
	return m, err
}

// Apply applies to register a version of a product of an organisation that who answers
// for.
func (s *Service) Apply(ctx context.Context, who account.Actor, product string, f Form) (*Registration, error) {
	if who.IsVisitor() || who.Key != "" || who.Side != account.Use {
		return nil, errNotYours()
	}
	if !slices.Contains(Kinds, f.Kind) {
		return nil, fault.At("kind", "请选登记的类型。")
	}
	m, err := f.material()
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Registration, error) {
		if id, number, err := cases.Made(ctx, tx, "registrations", f.Sent); err != nil || id != 0 {
			if err != nil {
				return nil, err
			}
			return s.get(ctx, tx, number, false)
		}
		r, err := s.draft(ctx, tx, who, product, f, m)
		if err != nil {
			return nil, err
		}
		if err := handedIn(r); err != nil {
			return nil, err
		}
		at := s.instant()
		r.State, r.StateAt, r.MadeBy, r.MadeAt = Applied, at, who.Name, at
		if r.Number, err = cases.Number(ctx, tx, "DJ", at); err != nil {
			return nil, err
		}
		if err := s.start(r, acceptTerm); err != nil {
			return nil, err
		}
		if err := insertRegistration(ctx, tx, r, who.ID, f.Sent); err != nil {
			if database.Taken(err) {
				return nil, fault.New(fault.Conflict, "这个产品已经有一件登记在办。")
			}
			return nil, err
		}
		r.party = OfRegistrant
		return r, s.happened(ctx, tx, who, r, Apply, "")
	})
}

// draft is what who applies for, held against what is there.
func (s *Service) draft(ctx context.Context, tx pgx.Tx, who account.Actor, product string, f Form, m Material) (*Registration, error) {
	r, owner, err := selectSubject(ctx, tx, who.ID, product, f.Version)
	if err != nil {
		return nil, err
	}
	if !owner {
		return nil, errNotYours()
	}
	r.Kind, r.Material = f.Kind, m
	held, err := selectCertificates(ctx, tx, `c.product_id = @product AND c.kind = 'registration' AND c.state = 'issued'`, pgx.NamedArgs{"product": r.product, "limit": 1})
	if err != nil {
		return nil, err
	}
	switch {
	case f.Kind == First && marketplace.State(r.productState) == marketplace.Draft:
		return nil, fault.New(fault.Conflict, "产品先送内部审核，再申请首次登记。")
	case f.Kind == First && len(held) > 0:
		return nil, fault.New(fault.Conflict, "产品已经登记，请申请变更、续期或者转移。")
	case f.Kind != First && len(held) == 0:
		return nil, fault.New(fault.Conflict, "没有生效的登记证书，不能变更、续期或者转移。")
	case f.Kind == Renewal && held[0].Version != r.Version, f.Kind == Transfer && held[0].Version != r.Version:
		return nil, fault.At("version", "续期和转移的是已经登记的版本 %s。", held[0].Version)
	case f.Kind == Change && held[0].Version == r.Version:
		return nil, fault.At("version", "这一版已经登记；变更登记请选另一版。")
	}
	if f.Kind != First {
		r.Replaces = held[0].Number
		r.Registrant = held[0].Holder
	}
	if r.Registrant, err = selectHeld(ctx, tx, who.ID, r.Registrant.ID); err != nil { // whose it is since a transfer
		return nil, err
	}
	if f.Kind == Transfer {
		o, err := selectOrganisation(ctx, tx, strings.ToUpper(strings.TrimSpace(f.Receiver)))
		if err != nil {
			return nil, err
		}
		if o.ID == r.Registrant.ID {
			return nil, fault.At("receiver", "请写另一家机构。")
		}
		r.Receiver = o
	}
	if r.apply.From, err = s.since(ctx, tx, r); err != nil {
		return nil, err
	}
	c, err := s.Clocks.Start("", applyTerm, r.apply.From)
	if err != nil {
		return nil, err
	}
	r.apply, r.ApplyBy = c.Ref, &c
	return r, nil
}

// since is from when the days for an application count: from the first sealing of the
// product, or of the version by which it is changed. A renewal and a transfer have
// none behind them, and neither has what is registered anew after its certificate ended.
func (s *Service) since(ctx context.Context, q database.Querier, r *Registration) (time.Time, error) {
	switch r.Kind {
	case First:
		if marketplace.State(r.productState) != marketplace.InReview {
			break
		}
		return selectFirstSealed(ctx, q, r.product)
	case Change:
		return selectSealedAt(ctx, q, r.version)
	}
	return s.instant(), nil
}

// start begins a clock of the registrar.
func (s *Service) start(r *Registration, t deadline.Term) error {
	c, err := s.Clocks.Start("", t, s.instant())
	if err == nil {
		r.clock, r.Clock = c.Ref, &c
	}
	return err
}

// Step is what somebody does about an application.
type Step struct {
	Action    Action
	Words     string
	Revision  int
	Form      Form // of Resubmit
	Objection int  // place, of Resolve
	Upheld    bool // likewise
}

// Move makes one move of an application.
func (s *Service) Move(ctx context.Context, who account.Actor, number string, step Step) (*Registration, error) {
	words, err := prose("reason", step.Words)
	if err != nil {
		return nil, err
	}
	if step.Action == Object {
		return nil, errNotYours() // that is done by File
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Registration, error) {
		r, party, err := s.one(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		if !party.moves(step.Action) {
			return r, errNotYours()
		}
		if r.Revision != step.Revision {
			return r, errMoved()
		}
		r.words, r.party, r.now = words, sides[step.Action], s.now()
		switch step.Action {
		case Resubmit:
			if r.Material, err = step.Form.material(); err != nil {
				return r, err
			}
		case Resolve:
			if err := s.answer(ctx, tx, who, r, step); err != nil {
				return r, err
			}
		case Issue:
			if err := s.Accounts.RequireFresh(who); err != nil {
				return r, err
			}
		case Announce, Agree, Accept, Return, Refuse, Withdraw:
		}
		return r, s.move(ctx, tx, who, r, step.Action)
	})
}

// answer writes what the registrar says to an objection.
func (s *Service) answer(ctx context.Context, tx pgx.Tx, who account.Actor, r *Registration, step Step) error {
	if r.words == "" {
		return fault.At("reason", "请写明怎样处理这条异议。")
	}
	i := slices.IndexFunc(r.Objections, func(o Objection) bool { return o.Place == step.Objection && o.Upheld == nil })
	if i < 0 {
		return fault.At("objection", "没有这条未答复的异议。")
	}
	o := &r.Objections[i]
	at := s.instant()
	o.Upheld, o.Answer, o.By, o.Done = &step.Upheld, r.words, who.Name, &at
	return saveAnswer(ctx, tx, o, who.ID)
}

func (s *Service) move(ctx context.Context, tx pgx.Tx, who account.Actor, r *Registration, a Action) (err error) {
	from := r.State
	next, err := lifecycle.Next(from, a, who, r)
	if err != nil {
		return err
	}
	at := s.instant()
	r.State, r.StateAt, r.Reason = next, at, r.words
	r.clock, r.Clock = deadline.Ref{}, nil
	var term deadline.Term
	switch a {
	case Agree:
		r.ReceivedAt, term = &at, acceptTerm
	case Resubmit:
		term = acceptTerm
	case Accept:
		term = checkTerm
	case Announce:
		c, err := s.Clocks.Start("", noticeTerm, at)
		if err != nil {
			return err
		}
		r.notice, r.Notice, r.Checks = c.Ref, &c, r.found
	case Object:
		term = answerTerm
	case Resolve:
		if r.State == Objected {
			term = answerTerm
		}
	case Issue:
		until := r.Notice.Due()
		r.until = &until
	case Apply, Return, Refuse, Withdraw:
	}
	if term.House != "" {
		if err := s.start(r, term); err != nil {
			return err
		}
	}
	if a == Issue {
		if err := s.certify(ctx, tx, who, r); err != nil {
			return err
		}
	}
	if err := saveRegistration(ctx, tx, r); err != nil {
		return err
	}
	return s.happened(ctx, tx, who, r, a, r.words)
}

// certify issues the certificate of a registration and ends the one before it.
func (s *Service) certify(ctx context.Context, tx pgx.Tx, who account.Actor, r *Registration) error {
	if err := saveUntil(ctx, tx, r); err != nil {
		return err
	}
	issuer, err := selectIssuer(ctx, tx, who.ID)
	if err != nil {
		return err
	}
	c := &Certificate{Kind: OfRegistration, Case: r.Number, Product: r.Product, Title: r.Title, TitleEN: r.TitleEN, Version: r.Version, Holder: r.Holder(), Issuer: issuer, Replaces: r.Replaces, product: r.product, version: r.version}
	if r.Replaces != "" {
		old, err := certificateBy(ctx, tx, r.Replaces, true)
		if err != nil {
			return err
		}
		if err := s.end(ctx, tx, who, old, map[Kind]CertificateAction{Change: ReplaceChanged, Renewal: ReplaceRenewed, Transfer: ReplaceMoved}[r.Kind], ""); err != nil {
			return err
		}
	}
	p := certificate.Predicate{Notice: &certificate.Notice{From: r.Notice.From.In(workdays.Zone).Format(time.DateOnly), Until: r.Notice.Last.Format(time.DateOnly), Objections: len(r.Objections)}}
	if err := s.issue(ctx, tx, who, c, r.ID, p); err != nil {
		return err
	}
	r.Certificate = c.Number
	switch {
	case r.Kind == Transfer:
		return s.Products.Transferred(ctx, tx, r.Product, marketplace.Developer{ID: r.Receiver.ID, Name: r.Receiver.Name, Code: r.Receiver.Code}, "转移登记 "+r.Number)
	case r.Kind == First && marketplace.State(r.productState) == marketplace.InReview:
		return s.Products.Registered(ctx, tx, r.Product)
	}
	return nil
}

// Filed is an objection as somebody files it.
type Filed struct {
	Name, Contact, Words string
	Network              string // it is counted under, where nobody is signed in
}

// File files an objection during the public notice: anybody may.
func (s *Service) File(ctx context.Context, who account.Actor, number string, f Filed) (*Registration, error) {
	var err error
	for _, x := range []struct {
		field string
		at    *string
		empty string
	}{{"name", &f.Name, "请写姓名或者机构的名称。"}, {"contact", &f.Contact, "请写联系方式，登记机构要核实。"}} {
		if *x.at, err = datasets.CleanLine(x.field, *x.at); err != nil {
			return nil, err
		}
		if *x.at == "" {
			return nil, fault.At(x.field, x.empty)
		}
		if len([]rune(*x.at)) > 100 {
			return nil, fault.At(x.field, "太长，最多 %d 个字。", 100)
		}
	}
	if f.Words, err = prose("words", f.Words); err != nil {
		return nil, err
	}
	if f.Words == "" {
		return nil, fault.At("words", "请写明异议和依据。")
	}
	if who.Key != "" {
		return nil, errNotYours()
	}
	if _, err := s.Shown(ctx, number); err != nil { // before it is counted
		return nil, err
	}
	subject := f.Network
	if !who.IsVisitor() {
		subject = who.Name
	}
	limit, err := s.Accounts.Allow(ctx, "registration-objection", subject)
	if err != nil {
		return nil, err
	}
	if !limit.Allowed {
		return nil, fault.New(fault.TooMany, "今天提的异议太多，请明天再来。")
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Registration, error) {
		r, err := s.get(ctx, tx, number, true)
		if err != nil {
			return nil, err
		}
		if !r.State.Shown() {
			return nil, errNone()
		}
		r.now, r.party = s.now(), OfPublic
		if _, err := lifecycle.Next(r.State, Object, who, r); err != nil {
			return r, err
		}
		o := Objection{Place: len(r.Objections) + 1, Name: f.Name, Contact: f.Contact, Words: f.Words, At: s.instant()}
		if err := insertObjection(ctx, tx, r.ID, &o, who.ID); err != nil {
			return r, err
		}
		r.Objections = append(r.Objections, o)
		return r, s.move(ctx, tx, who, r, Object)
	})
}

// Party is where somebody stands, and whether they answer for their organisation.
type Party struct {
	Side  Side
	Owner bool
}

// moves reports whether a move is for who stands there.
func (p Party) moves(a Action) bool {
	return sides[a] == p.Side && (p.Side == OfRegistrar || p.Owner) && a != Object
}

// one is an application that who may know of, and where who stands.
func (s *Service) one(ctx context.Context, q database.Querier, who account.Actor, number string, lock bool) (*Registration, Party, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, Party{}, errNone()
	}
	r, err := s.get(ctx, q, number, lock)
	if err != nil {
		return nil, Party{}, err
	}
	r.now = s.now()
	switch {
	case who.Is(account.ExchangeStaff):
		return r, Party{Side: OfRegistrar}, nil
	case who.Any(account.Regulator, account.Authority):
		return r, Party{Side: OfRegulator}, nil
	}
	for _, x := range []struct {
		of   *Organisation
		side Side
	}{{&r.Registrant, OfRegistrant}, {r.Receiver, OfReceiver}} {
		if x.of == nil {
			continue
		}
		role, err := roleIn(ctx, q, x.of.ID, who.ID)
		if err != nil {
			return nil, Party{}, err
		}
		if role != "" {
			return r, Party{Side: x.side, Owner: role == account.Owner}, nil
		}
	}
	return nil, Party{}, errNone()
}

// get is an application with everything about it.
func (s *Service) get(ctx context.Context, q database.Querier, number string, lock bool) (*Registration, error) {
	if lock {
		if err := lockRegistration(ctx, q, number); err != nil {
			return nil, err
		}
	}
	found, err := s.list(ctx, q, `r.number = @number`, pgx.NamedArgs{"number": number, "limit": 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNone()
	}
	r := &found[0]
	if r.found, err = s.check(ctx, q, r); err != nil {
		return nil, err
	}
	r.Objections, err = selectObjections(ctx, q, r.ID)
	return r, err
}

// list reads applications and resumes their clocks.
func (s *Service) list(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Registration, error) {
	found, err := selectRegistrations(ctx, q, where, args)
	if err != nil {
		return nil, err
	}
	for i := range found {
		r := &found[i]
		r.now = s.now()
		for _, x := range []struct {
			ref  deadline.Ref
			into **deadline.Clock
		}{{r.apply, &r.ApplyBy}, {r.clock, &r.Clock}, {r.notice, &r.Notice}} {
			if x.ref.Path == "" {
				continue
			}
			c, err := s.Clocks.Resume(x.ref)
			if err != nil {
				return nil, err
			}
			*x.into = &c
		}
	}
	return found, nil
}

// Event is a step of a case.
type Event struct {
	Act   string
	Side  Side
	State string
	Name  string
	Words string
	At    time.Time
}

// View is an application as somebody sees it who takes part or supervises.
type View struct {
	*Registration
	Party  Party
	Events []Event
	Offers []Action
	Found  []Check // the formal check, as of now
	Own    bool    // of the registrar itself
	Now    time.Time
}

// One is one application for whoever takes part or supervises. What the regulator
// reads is written down (I-40).
func (s *Service) One(ctx context.Context, who account.Actor, number string) (*View, error) {
	r, party, err := s.one(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	v := &View{Registration: r, Party: party, Found: r.found, Own: r.own, Now: s.now()}
	for _, a := range lifecycle.Offer(r.State, who, r) {
		if party.moves(a) {
			v.Offers = append(v.Offers, a)
		}
	}
	switch party.Side {
	case OfRegulator:
		if _, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			return struct{}{}, audit.Append(ctx, tx, who, "registration", r.Number, string(Read), nil)
		}); err != nil {
			return nil, err
		}
	case OfRegistrar:
	default:
		hide(r)
	}
	v.Events, err = selectEvents(ctx, s.pool, r.ID)
	return v, err
}

// hide takes away who objected.
func hide(r *Registration) {
	for i := range r.Objections {
		r.Objections[i].Name, r.Objections[i].Contact, r.Objections[i].By = "", "", ""
	}
}

// Shown is an application whose notice began, as everybody sees it: registrant, kind,
// name and summary (闽数据〔2025〕15号), and what was objected and answered, without
// the names of people.
func (s *Service) Shown(ctx context.Context, number string) (*Registration, error) {
	r, err := s.get(ctx, s.pool, number, false)
	if err != nil {
		return nil, err
	}
	if r.Notice == nil || !r.State.Shown() && r.State != Refused {
		return nil, errNone()
	}
	hide(r)
	r.MadeBy, r.Material = "", Material{}
	return r, nil
}

// Takes reports whether objections are taken at the moment.
func (r *Registration) Takes() bool {
	return (r.State == PublicNotice || r.State == Objected) && noticed(r) == nil
}

// Filter says which public notices or certificates are wanted; what is zero says nothing.
type Filter struct {
	Product string // number
	Code    string // credit code of the holder
	Kind    string
	Before  int64
	Limit   int
}

func (f Filter) args() pgx.NamedArgs {
	return pgx.NamedArgs{"product": f.Product, "code": strings.ToUpper(strings.TrimSpace(f.Code)), "kind": f.Kind, "before": f.Before, "limit": f.Limit}
}

// Notices are the applications whose notice began, the newest first, for everybody.
func (s *Service) Notices(ctx context.Context, f Filter) ([]Registration, error) {
	return s.list(ctx, s.pool, `r.state IN ('public_notice', 'objected', 'issued') AND (@before = 0 OR r.id < @before) AND (@product = '' OR p.number = @product) AND (@kind = '' OR r.kind = @kind) AND (@code = '' OR coalesce(x.credit_code, o.credit_code) = @code)`, f.args())
}

// Queue are the applications at the desk of the registrar: those that are open, or all.
func (s *Service) Queue(ctx context.Context, who account.Actor, all bool, before int64, limit int) ([]Registration, error) {
	if !who.Any(account.ExchangeStaff, account.Regulator, account.Authority) {
		return nil, errNotYours()
	}
	return s.list(ctx, s.pool, `(@all OR r.state NOT IN ('issued', 'refused', 'withdrawn')) AND (@before = 0 OR r.id < @before)`, pgx.NamedArgs{"all": all, "before": before, "limit": limit})
}

// Of is what a product's people work with: its applications, its reports, its
// certificates.
type Of struct {
	Product       Subject
	Owner         bool
	Registrations []Registration
	Reports       []Report
	Certificates  []Certificate
	Reporters     []Reporter
}

// Subject is the product itself.
type Subject struct {
	Number, Title, TitleEN, State string
	Registrant                    Organisation
	Sample                        bool
	Versions                      []string // that are sealed, the newest first
}

// ProductOf is what there is about a product, for its people and for whoever
// supervises.
func (s *Service) ProductOf(ctx context.Context, who account.Actor, product string) (*Of, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, errNone()
	}
	sub, role, err := selectProduct(ctx, s.pool, who.ID, product)
	if err != nil {
		return nil, err
	}
	if role == "" && !who.Any(account.ExchangeStaff, account.Regulator, account.Authority) {
		return nil, fault.New(fault.NotFound, "没有这个产品。")
	}
	of := &Of{Product: *sub, Owner: role == account.Owner}
	if of.Registrations, err = s.list(ctx, s.pool, `p.number = @number`, pgx.NamedArgs{"number": product, "limit": 100}); err != nil {
		return nil, err
	}
	if of.Reports, err = s.reports(ctx, s.pool, `p.number = @number`, pgx.NamedArgs{"number": product, "limit": 100}); err != nil {
		return nil, err
	}
	if of.Certificates, err = s.CertificatesOf(ctx, product); err != nil {
		return nil, err
	}
	if of.Owner {
		of.Reporters, err = selectReporters(ctx, s.pool)
	}
	return of, err
}

// happened writes a step into the history and the audit trail, and tells whom it
// concerns.
func (s *Service) happened(ctx context.Context, tx pgx.Tx, who account.Actor, r *Registration, a Action, words string) error {
	if a == Object && r.party == OfPublic {
		who = account.Actor{ID: who.ID, Roles: who.Roles, Key: who.Key} // whoever objects is named in the objection alone
	}
	if err := insertEvent(ctx, tx, r, who, a, words, s.instant()); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, who, "registration", r.Number, string(a), map[string]string{"to": string(r.State), "product": r.Product + "@" + r.Version}); err != nil {
		return err
	}
	return s.tell(ctx, tx, r, a, words)
}
