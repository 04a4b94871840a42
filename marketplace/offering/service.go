package offering

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/licensing/operation"
	"shuyuan/marketplace"
	"shuyuan/marketplace/provenance/content"
)

// Products knows products, as marketplace.Service does.
type Products interface {
	NoLongerValid(ctx context.Context, q database.Querier, version int64) (*fault.Fault, error)
	OpenDigest(ctx context.Context, resource string, number, position int, columns []content.Column) (string, error)
}

// Config is what the service is made of.
type Config struct {
	Pool     *pgxpool.Pool
	Products Products
	Book     *policy.Book
	Clocks   *deadline.Clocks
	Now      func() time.Time
}

// Service lists products and prices them.
type Service struct {
	Config
	Rules     Rules
	pool      *pgxpool.Pool
	now       func() time.Time
	uncharged []string // classes of use for which no service fee is charged
}

// New returns the listings of an installation.
func New(c Config) (*Service, error) {
	s := &Service{Config: c, pool: c.Pool, now: c.Now}
	var err error
	if s.Rules, err = RulesOf(c.Book); err != nil {
		return nil, err
	}
	tariff, err := operation.TariffOf(c.Book)
	if err != nil {
		return nil, err
	}
	for _, f := range tariff {
		s.uncharged = append(s.uncharged, f.NotFor...)
	}
	return s, nil
}

func (s *Service) instant() time.Time { return s.now().Truncate(time.Microsecond) }

func errNone() error { return fault.New(fault.NotFound, "没有这件上架。") }

func errNoPlan() error { return fault.New(fault.NotFound, "没有这个套餐。") }

func errNotYours() error { return fault.New(fault.Forbidden, "这一步不由您办。") }

func errMoved() error {
	return fault.New(fault.Conflict, "这一件在您打开之后已经有人处理过，请重新打开看看。")
}

// code is a credit code (GB 32100) as people write it.
var code = regexp.MustCompile(`^[0-9A-HJ-NPQRTUWXY]{18}$`)

// invite looks up whom a listing is for.
func (s *Service) invite(ctx context.Context, q database.Querier, l *Listing, typed string) error {
	l.For = nil
	for _, c := range strings.FieldsFunc(strings.ToUpper(typed), func(r rune) bool { return strings.ContainsRune(" \t\r\n,，、;；", r) }) {
		if !code.MatchString(c) {
			return fault.At("for", "“%s”不是统一社会信用代码。", c)
		}
		o, err := selectByCode(ctx, q, "for", c)
		if err != nil {
			return err
		}
		if o.ID == l.Seller.ID {
			return fault.At("for", "不用写卖方自己。")
		}
		if !slices.Contains(l.For, o) {
			l.For = append(l.For, o)
		}
	}
	switch n := len(l.For); {
	case l.Visibility == Public && n > 0:
		return fault.At("for", "向所有人提供的，不写机构。")
	case l.Visibility == OneBuyer && n != 1:
		return fault.At("for", "只向一家提供的，写一家机构的统一社会信用代码。")
	case l.Visibility == Invited && n == 0:
		return fault.At("for", "请写受邀机构的统一社会信用代码。")
	case n > s.Rules.Invited:
		return fault.At("for", "最多写 %d 个。", s.Rules.Invited)
	}
	return nil
}

// Create begins a listing of a product that who has the right to run.
func (s *Service) Create(ctx context.Context, who account.Actor, product string, f ListingForm) (*Listing, error) {
	if who.IsVisitor() || who.Key != "" || who.Side != account.Use {
		return nil, errNotYours()
	}
	t, err := f.terms()
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Listing, error) {
		if id, number, err := cases.Made(ctx, tx, "listings", f.Sent); err != nil || id != 0 {
			if err != nil {
				return nil, err
			}
			return s.get(ctx, tx, number, false)
		}
		x, err := selectOf(ctx, tx, product, s.now())
		if err != nil {
			return nil, err
		}
		if role, err := roleIn(ctx, tx, x.seller.ID, who.ID); err != nil {
			return nil, err
		} else if role != account.Owner {
			return nil, errNotYours()
		}
		at := s.instant()
		l := &Listing{Product: x.number, product: x.id, Title: x.title, TitleEN: x.titleEN, Kind: x.kind, Seller: x.seller, Developer: x.developer, Terms: t, State: Draft, StateAt: at, Sample: x.sample, MadeBy: who.Name, MadeAt: at, side: OfSeller}
		if err := s.invite(ctx, tx, l, f.For); err != nil {
			return nil, err
		}
		if _, err := s.stands(ctx, tx, l); err != nil {
			return nil, err
		}
		if l.Number, err = cases.Number(ctx, tx, "SJ", at); err != nil {
			return nil, err
		}
		if err := insertListing(ctx, tx, l, who.ID, f.Sent); err != nil {
			if database.Taken(err) {
				return nil, fault.New(fault.Conflict, "这个产品已经有一件向所有人提供的上架。")
			}
			return nil, err
		}
		if err := saveInvited(ctx, tx, l); err != nil {
			return nil, err
		}
		return l, s.happened(ctx, tx, who, l, Create)
	})
}

// Edit changes what is said of a listing, before it is checked.
func (s *Service) Edit(ctx context.Context, who account.Actor, number string, revision int, f ListingForm) (*Listing, error) {
	t, err := f.terms()
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Listing, error) {
		l, err := s.selling(ctx, tx, who, number)
		if err != nil {
			return nil, err
		}
		switch {
		case l.Revision != revision:
			return l, errMoved()
		case l.State != Draft && l.State != Returned:
			return l, fault.New(fault.Conflict, "已经提交核对，不能再改；要改先撤回。")
		}
		l.Terms = t
		if err := s.invite(ctx, tx, l, f.For); err != nil {
			return l, err
		}
		if err := saveListing(ctx, tx, l); err != nil {
			if database.Taken(err) {
				return l, fault.New(fault.Conflict, "这个产品已经有一件向所有人提供的上架。")
			}
			return l, err
		}
		if err := saveInvited(ctx, tx, l); err != nil {
			return l, err
		}
		return l, s.happened(ctx, tx, who, l, Edit)
	})
}

// selling is a listing for who answers for its seller, held until tx ends.
func (s *Service) selling(ctx context.Context, tx pgx.Tx, who account.Actor, number string) (*Listing, error) {
	l, party, err := s.one(ctx, tx, who, number, true)
	if err == nil && (party.Side != OfSeller || !party.Owner) {
		err = errNotYours()
	}
	return l, err
}

// Party is where somebody stands, and whether they answer for the seller.
type Party struct {
	Side  Side
	Owner bool
}

// moves reports whether a move is for who stands there.
func (p Party) moves(a Action) bool {
	switch a {
	case Submit, TakeBack:
		return p.Side == OfSeller && p.Owner
	case Return, Publish:
		return p.Side == OfExchange
	case Delist:
		return p.Side == OfSeller && p.Owner || p.Side == OfExchange
	case Pause, Resume:
		return p.Side == OfSeller && p.Owner || p.Side == OfExchange || p.Side == OfRegulator
	}
	return false
}

// one is a listing that who may know of, and where who stands.
func (s *Service) one(ctx context.Context, q database.Querier, who account.Actor, number string, lock bool) (*Listing, Party, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, Party{}, errNone()
	}
	l, err := s.get(ctx, q, number, lock)
	if err != nil {
		return nil, Party{}, err
	}
	if l.partial, err = isPartial(ctx, q, who.ID, l.Seller.ID, l.Developer.ID); err != nil {
		return nil, Party{}, err
	}
	p := Party{}
	switch {
	case who.Is(account.ExchangeStaff):
		p.Side = OfExchange
	case who.Is(account.Regulator):
		p.Side = OfRegulator
	case who.Is(account.Authority):
		p.Side = OfAuthority
	default:
		role, err := roleIn(ctx, q, l.Seller.ID, who.ID)
		if err != nil {
			return nil, p, err
		}
		if role == "" {
			return nil, p, errNone()
		}
		p = Party{OfSeller, role == account.Owner}
	}
	l.side = p.Side
	return l, p, nil
}

// get is a listing with its plans.
func (s *Service) get(ctx context.Context, q database.Querier, number string, lock bool) (*Listing, error) {
	found, err := s.list(ctx, q, `l.number = @number`, pgx.NamedArgs{"number": number, "limit": 1})
	if err == nil && len(found) == 0 {
		err = errNone()
	}
	if err != nil {
		return nil, err
	}
	l := &found[0]
	if lock {
		if err := lockProduct(ctx, q, l.product); err != nil {
			return nil, err
		}
		return s.get(ctx, q, number, false) // as it is now that nobody else moves it
	}
	x, err := selectOf(ctx, q, l.Product, s.now())
	if err != nil {
		return nil, err
	}
	l.own = x.own
	l.Plans, err = selectPlans(ctx, q, `t.listing_id = @listing`, pgx.NamedArgs{"listing": l.ID})
	return l, err
}

// list reads listings and resumes their clocks.
func (s *Service) list(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Listing, error) {
	found, err := selectListings(ctx, q, where, args)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if l := &found[i]; l.State == PlatformCheck {
			c, err := s.Clocks.Resume(l.clock)
			if err != nil {
				return nil, err
			}
			l.Clock = &c
		}
	}
	return found, nil
}

// Step is what somebody does about a listing or a plan.
type Step struct {
	Action   string
	Words    string
	Revision int
}

// Move makes one move of a listing.
func (s *Service) Move(ctx context.Context, who account.Actor, number string, step Step) (*Listing, error) {
	words, err := prose("reason", step.Words)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Listing, error) {
		l, party, err := s.one(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		a := Action(step.Action)
		if !party.moves(a) {
			return l, errNotYours()
		}
		if l.Revision != step.Revision {
			return l, errMoved()
		}
		l.words = words
		if a == Submit || a == Publish || a == Resume {
			if _, l.standing = s.stands(ctx, tx, l); l.standing != nil && fault.KindOf(l.standing) == fault.Internal {
				return l, l.standing
			}
		}
		next, err := lifecycle.Next(l.State, a, who, l)
		if err != nil {
			return l, err
		}
		l.State, l.StateAt, l.Reason = next, s.instant(), words
		l.clock, l.Clock, l.PausedBy = deadline.Ref{}, nil, ""
		switch a {
		case Submit:
			c, err := s.Clocks.Start("", checkTerm, l.StateAt)
			if err != nil {
				return l, err
			}
			l.clock, l.Clock = c.Ref, &c
		case Publish:
			l.checker, l.checked = who.ID, who.Name
		case Pause:
			l.PausedBy = l.side
		case Create, Edit, TakeBack, Return, Resume, Delist:
		}
		if err := saveListing(ctx, tx, l); err != nil {
			return l, err
		}
		if a == Delist {
			if err := s.endPlans(ctx, tx, who, l); err != nil {
				return l, err
			}
		}
		if err := s.happened(ctx, tx, who, l, a); err != nil {
			return l, err
		}
		return l, s.tell(ctx, tx, l, a)
	})
}

// endPlans ends the plans of a listing that is over.
func (s *Service) endPlans(ctx context.Context, tx pgx.Tx, who account.Actor, l *Listing) error {
	for i := range l.Plans {
		p := &l.Plans[i]
		if p.State == Ended {
			continue
		}
		p.State, p.StateAt, p.Reason = Ended, s.instant(), l.words
		if err := movePlan(ctx, tx, p); err != nil {
			return err
		}
		if err := s.planHappened(ctx, tx, who, l, p, End); err != nil {
			return err
		}
	}
	return nil
}

// Plan makes a plan of a listing: another, or one that is to replace one that is live.
func (s *Service) Plan(ctx context.Context, who account.Actor, listing, replaces string, f PlanForm) (*Plan, error) {
	p, err := s.Rules.plan(f)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Plan, error) {
		l, err := s.selling(ctx, tx, who, listing)
		if err != nil {
			return nil, err
		}
		if id, number, err := cases.Made(ctx, tx, "listing_plans", f.Sent); err != nil || id != 0 {
			if err != nil {
				return nil, err
			}
			return l.plan(number)
		}
		if l.State == Delisted {
			return nil, fault.New(fault.Conflict, "已经下架，不能再加套餐。")
		}
		if len(l.Plans)-len(l.over()) >= s.Rules.Plans {
			return nil, fault.New(fault.Conflict, "一次上架最多 %d 个套餐。", s.Rules.Plans)
		}
		if replaces != "" {
			old, err := l.plan(replaces)
			if err != nil {
				return nil, err
			}
			if old.State != Live {
				return nil, fault.New(fault.Conflict, "只有生效的套餐才能替换；草稿请直接改。")
			}
			p.Replaces, p.replaces = old.Number, old.ID
		}
		if err := s.fitsListing(ctx, tx, l, &p, f.PrivateTo); err != nil {
			return nil, err
		}
		p.Listing, p.State, p.StateAt, p.MadeBy, p.MadeAt = l.Number, PlanDraft, s.instant(), who.Name, s.instant()
		if p.Number, err = cases.Number(ctx, tx, "TC", p.MadeAt); err != nil {
			return nil, err
		}
		if err := insertPlan(ctx, tx, &p, l.ID, who.ID, f.Sent); err != nil {
			if database.Taken(err) {
				return nil, fault.New(fault.Conflict, "已经有一个套餐要替换它，请先处理那一个。")
			}
			return nil, err
		}
		return &p, s.planHappened(ctx, tx, who, l, &p, MakePlan)
	})
}

// over are the plans that are.
func (l *Listing) over() []Plan {
	return slices.DeleteFunc(slices.Clone(l.Plans), func(p Plan) bool { return p.State != Ended })
}

func (l *Listing) plan(number string) (*Plan, error) {
	i := slices.IndexFunc(l.Plans, func(p Plan) bool { return p.Number == number })
	if i < 0 {
		return nil, errNoPlan()
	}
	return &l.Plans[i], nil
}

// fitsListing: a plan is delivered as its listing is, and looks up whom it is for.
func (s *Service) fitsListing(ctx context.Context, q database.Querier, l *Listing, p *Plan, private string) error {
	if !slices.Contains(l.Channels, p.Channel) {
		return fault.At("channel", "这次上架没有这种交付方式。")
	}
	private = strings.ToUpper(strings.TrimSpace(private))
	if private == "" {
		return nil
	}
	if !code.MatchString(private) {
		return fault.At("private_to", "“%s”不是统一社会信用代码。", private)
	}
	o, err := selectByCode(ctx, q, "private_to", private)
	if err != nil {
		return err
	}
	if !l.visible(o.ID) || o.ID == l.Seller.ID {
		return fault.At("private_to", "这家机构看不到这次上架，套餐不能只给它。")
	}
	p.PrivateTo = &o
	return nil
}

// ChangePlan changes a plan that is a draft.
func (s *Service) ChangePlan(ctx context.Context, who account.Actor, number string, revision int, f PlanForm) (*Plan, error) {
	typed, err := s.Rules.plan(f)
	if err != nil {
		return nil, err
	}
	return s.withPlan(ctx, who, number, revision, func(tx pgx.Tx, l *Listing, p *Plan) error {
		if p.State != PlanDraft {
			return fault.New(fault.Conflict, "生效过的套餐不能改，请用新的套餐替换它。")
		}
		typed.ID, typed.Number, typed.Listing, typed.Replaces, typed.replaces, typed.State, typed.StateAt, typed.MadeBy, typed.MadeAt = p.ID, p.Number, p.Listing, p.Replaces, p.replaces, p.State, p.StateAt, p.MadeBy, p.MadeAt
		*p = typed
		if err := s.fitsListing(ctx, tx, l, p, f.PrivateTo); err != nil {
			return err
		}
		if err := savePlan(ctx, tx, p); err != nil {
			return err
		}
		return s.planHappened(ctx, tx, who, l, p, EditPlan)
	})
}

// withPlan does something about a plan of a seller that who answers for.
func (s *Service) withPlan(ctx context.Context, who account.Actor, number string, revision int, do func(pgx.Tx, *Listing, *Plan) error) (*Plan, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Plan, error) {
		found, err := selectPlans(ctx, tx, `t.number = @number`, pgx.NamedArgs{"number": number})
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, errNoPlan()
		}
		l, err := s.selling(ctx, tx, who, found[0].Listing)
		if fault.KindOf(err) == fault.NotFound {
			err = errNoPlan()
		}
		if err != nil {
			return nil, err
		}
		p, err := l.plan(number)
		if err != nil {
			return nil, err
		}
		if p.Revision != revision {
			return p, errMoved()
		}
		return p, do(tx, l, p)
	})
}

// MovePlan makes a plan live, or ends it. One that replaces another ends that in the
// same transaction.
func (s *Service) MovePlan(ctx context.Context, who account.Actor, number string, step Step) (*Plan, error) {
	words, err := prose("reason", step.Words)
	if err != nil {
		return nil, err
	}
	return s.withPlan(ctx, who, number, step.Revision, func(tx pgx.Tx, l *Listing, p *Plan) error {
		a := PlanAction(step.Action)
		if a != Enliven && a != End {
			return errNotYours()
		}
		if a == Enliven && l.State == Delisted {
			return fault.New(fault.Conflict, "已经下架，不能再加套餐。")
		}
		var held []Ceiling
		if a == Enliven {
			if !slices.Contains(l.Channels, p.Channel) {
				return fault.At("channel", "这次上架没有这种交付方式。")
			}
			if held, p.wrong = s.price(ctx, tx, l.Product, p); p.wrong != nil && fault.KindOf(p.wrong) == fault.Internal {
				return p.wrong
			}
		}
		next, err := plans.Next(p.State, a, who, p)
		if err != nil {
			return err
		}
		at := s.instant()
		if a == Enliven {
			p.LiveAt, p.Ceilings = &at, held
			if err := s.replaced(ctx, tx, who, l, p); err != nil {
				return err
			}
		}
		p.State, p.StateAt, p.Reason = next, at, words
		if err := movePlan(ctx, tx, p); err != nil {
			return err
		}
		return s.planHappened(ctx, tx, who, l, p, a)
	})
}

// replaced ends the plan that p replaces.
func (s *Service) replaced(ctx context.Context, tx pgx.Tx, who account.Actor, l *Listing, p *Plan) error {
	if p.Replaces == "" {
		return nil
	}
	old, err := l.plan(p.Replaces)
	if err != nil {
		return err
	}
	if old.State == Ended {
		return nil // it was ended before
	}
	if old.State, err = plans.Next(old.State, ReplacePlan, account.System("offering"), old); err != nil {
		return err
	}
	old.StateAt = *p.LiveAt
	if err := movePlan(ctx, tx, old); err != nil {
		return err
	}
	return s.planHappened(ctx, tx, who, l, old, ReplacePlan)
}

// Event is a step of a listing or of one of its plans.
type Event struct {
	Plan  string
	Act   string
	Side  Side
	State string
	Name  string
	Words string
	At    time.Time
}

// View is a listing as somebody sees it who sells it, checks it or supervises.
type View struct {
	*Listing
	Party  Party
	Events []Event
	Offers []Action
	Stops  error            // why it could not be ordered now; nil: it could
	Wrong  map[string]error // by plan, why its price may not be asked now
	Now    time.Time
}

// One is one listing for whoever sells it, checks it or supervises. What the regulator
// reads is written down (I-40).
func (s *Service) One(ctx context.Context, who account.Actor, number string) (*View, error) {
	l, party, err := s.one(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	v := &View{Listing: l, Party: party, Wrong: map[string]error{}, Now: s.now()}
	for _, a := range lifecycle.Offer(l.State, who, l) {
		if party.moves(a) {
			v.Offers = append(v.Offers, a)
		}
	}
	if _, v.Stops = s.stands(ctx, s.pool, l); v.Stops != nil && fault.KindOf(v.Stops) == fault.Internal {
		return nil, v.Stops
	}
	for i := range l.Plans {
		p := &l.Plans[i]
		if p.State == Ended {
			continue
		}
		if _, err := s.price(ctx, s.pool, l.Product, p); err != nil {
			if fault.KindOf(err) == fault.Internal {
				return nil, err
			}
			v.Wrong[p.Number] = err
		}
	}
	if party.Side == OfRegulator {
		if _, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			return struct{}{}, audit.Append(ctx, tx, who, "listing", l.Number, string(Read), nil)
		}); err != nil {
			return nil, err
		}
	}
	v.Events, err = selectEvents(ctx, s.pool, l.ID)
	return v, err
}

// PlanOf is a plan with its listing, for whoever sells it, checks it or supervises.
func (s *Service) PlanOf(ctx context.Context, who account.Actor, number string) (*View, *Plan, error) {
	found, err := selectPlans(ctx, s.pool, `t.number = @number`, pgx.NamedArgs{"number": number})
	if err == nil && len(found) == 0 {
		err = errNoPlan()
	}
	if err != nil {
		return nil, nil, err
	}
	v, err := s.One(ctx, who, found[0].Listing)
	if fault.KindOf(err) == fault.NotFound {
		err = errNoPlan()
	}
	if err != nil {
		return nil, nil, err
	}
	p, err := v.plan(number)
	return v, p, err
}

// Queue are the listings at the desk of the exchange: those that wait, or all.
func (s *Service) Queue(ctx context.Context, who account.Actor, all bool, before int64, limit int) ([]Listing, error) {
	if !who.Any(account.ExchangeStaff, account.Regulator, account.Authority) {
		return nil, errNotYours()
	}
	return s.list(ctx, s.pool, `(@all AND l.state <> 'draft' OR l.state = 'platform_check') AND (@before = 0 OR l.id < @before)`, pgx.NamedArgs{"all": all, "before": before, "limit": limit})
}

// Selling is what a seller works with: a product and its listings.
type Selling struct {
	Product, Title, TitleEN, Kind string
	Owner                         bool
	Stops                         error // why nothing of it can be listed now; nil: it can
	Listings                      []Listing
}

// Of is what there is about a product for who has the right to run it, or supervises.
func (s *Service) Of(ctx context.Context, who account.Actor, product string) (*Selling, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, errNone()
	}
	x, err := selectOf(ctx, s.pool, product, s.now())
	if err != nil {
		return nil, err
	}
	role, err := roleIn(ctx, s.pool, x.seller.ID, who.ID)
	if err != nil {
		return nil, err
	}
	if role == "" && !who.Any(account.ExchangeStaff, account.Regulator, account.Authority) {
		return nil, fault.New(fault.NotFound, "没有这个产品。")
	}
	out := &Selling{Product: x.number, Title: x.title, TitleEN: x.titleEN, Kind: x.kind, Owner: role == account.Owner}
	if _, out.Stops = s.stands(ctx, s.pool, &Listing{Product: product, Seller: x.seller}); out.Stops != nil && fault.KindOf(out.Stops) == fault.Internal {
		return nil, out.Stops
	}
	out.Listings, err = s.list(ctx, s.pool, `p.number = @product`, pgx.NamedArgs{"product": product, "limit": 100})
	return out, err
}

// Choice is a plan as a visitor sees it, and why it cannot be ordered now; nil: it can.
type Choice struct {
	*Plan
	Not error
}

// Shown is a listing as a visitor sees it.
type Shown struct {
	*Listing
	Choices []Choice
}

// Shown are the listings of a product that who may know of, each with its live plans;
// and the free copies of the open data in the version that is shown.
func (s *Service) Shown(ctx context.Context, who account.Actor, product string) ([]Shown, error) {
	buyer, err := s.buyers(ctx, who)
	if err != nil {
		return nil, err
	}
	found, err := s.list(ctx, s.pool, `p.number = @product AND l.state IN ('published', 'paused')`, pgx.NamedArgs{"product": product, "limit": 100})
	if err != nil {
		return nil, err
	}
	var out []Shown
	for i := range found {
		l := &found[i]
		at := slices.IndexFunc(buyer, l.visible)
		if at < 0 {
			continue
		}
		if l.Plans, err = selectPlans(ctx, s.pool, `t.listing_id = @listing AND t.state = 'live'`, pgx.NamedArgs{"listing": l.ID}); err != nil {
			return nil, err
		}
		shown := Shown{Listing: l}
		for k := range l.Plans {
			p := &l.Plans[k]
			of := buyer[at]
			if p.PrivateTo != nil {
				if of = p.PrivateTo.ID; !slices.Contains(buyer, of) {
					continue
				}
			}
			c := Choice{Plan: p}
			if _, c.Not = s.Offered(ctx, s.pool, p.Number, of); c.Not != nil && fault.KindOf(c.Not) == fault.Internal {
				return nil, c.Not
			}
			shown.Choices = append(shown.Choices, c)
		}
		out = append(out, shown)
	}
	slices.SortStableFunc(out, func(a, b Shown) int { // what is for everybody first
		if (a.Visibility == Public) == (b.Visibility == Public) {
			return 0
		} else if a.Visibility == Public {
			return -1
		}
		return 1
	})
	return out, nil
}

// buyers are the organisations for which who would order, nobody in particular first.
func (s *Service) buyers(ctx context.Context, who account.Actor) ([]int64, error) {
	out := []int64{0}
	if who.IsVisitor() || who.Key != "" || who.Side != account.Use {
		return out, nil
	}
	of, err := selectOrganisations(ctx, s.pool, who.ID)
	return append(out, of...), err
}

// Free are the files open to everybody that a version was made of, or that contents of
// it equal: whoever wants those pays nothing (AS-29, TJ-20).
func (s *Service) Free(ctx context.Context, version int64) ([]FreeCopy, error) {
	if err := s.compare(ctx, s.pool, version); err != nil && fault.KindOf(err) != fault.Unavailable {
		return nil, err
	}
	same, err := selectOpenCopies(ctx, s.pool, version)
	if err != nil {
		return nil, err
	}
	from, err := selectOpenInputs(ctx, s.pool, version)
	return append(same, from...), err
}

// From is the cheapest way to have a product, as lists show it.
type From struct {
	Free  bool // there is a plan for nothing
	Kinds []PlanKind
	Least *Plan // with a price; nil: there is none
}

// From is what products cost, by number, of listings for everybody. It looks at what is
// live and asks the gate nothing: whoever opens a product is told what can be ordered.
func (s *Service) From(ctx context.Context, products []string) (map[string]From, error) {
	return selectFrom(ctx, s.pool, products)
}

// happened writes a step of a listing into its history and the audit trail.
func (s *Service) happened(ctx context.Context, tx pgx.Tx, who account.Actor, l *Listing, a Action) error {
	if err := insertEvent(ctx, tx, l, 0, who, string(a), string(l.State), l.words, s.instant()); err != nil {
		return err
	}
	return audit.Append(ctx, tx, who, "listing", l.Number, string(a), map[string]string{"to": string(l.State), "product": l.Product})
}

// planHappened does the same with what was done about a plan.
func (s *Service) planHappened(ctx context.Context, tx pgx.Tx, who account.Actor, l *Listing, p *Plan, a PlanAction) error {
	if err := insertEvent(ctx, tx, l, p.ID, who, string(a), string(p.State), p.Reason, s.instant()); err != nil {
		return err
	}
	return audit.Append(ctx, tx, who, "plan", p.Number, string(a), map[string]string{"to": string(p.State), "listing": l.Number})
}

var _ Products = (*marketplace.Service)(nil)
