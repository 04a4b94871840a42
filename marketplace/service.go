package marketplace

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/blob"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/signing"
	"shuyuan/internal/transparency"
	"shuyuan/marketplace/provenance/verify"
	"shuyuan/marketplace/receipts"
)

// Fresh asks whether somebody has just shown who they are, as account.Service does.
type Fresh interface {
	RequireFresh(account.Actor) error
}

// Gate is the one answer to "may these bytes go to this person?", as licensing.Gate
// gives it.
type Gate interface {
	Permit(ctx context.Context, subject account.Actor, v *datasets.Version, now time.Time) (datasets.Permit, error)
}

// Longest is how many characters an explanation may have.
const Longest = 2000

func (s *Service) instant() time.Time { return s.now().Truncate(time.Microsecond) }

// platform is who moves what nobody moves.
func platform() account.Actor { return account.System("products") }

func errNone() error { return fault.New(fault.NotFound, "没有这个产品。") }

func errNoVersion() error { return fault.New(fault.NotFound, "没有这个版本。") }

func errNotYours() error { return fault.New(fault.Forbidden, "这一步不由您办。") }

func errMoved() error {
	return fault.New(fault.Conflict, "这一件在您打开之后已经有人处理过，请重新打开看看。")
}

func errFrozen() error {
	return fault.New(fault.Conflict, "这一版已经检查或者封存，不能再改；封存以前可以先退回修改。")
}

// Side is on which side of a product somebody stands.
type Side string

// The sides.
const (
	OfDeveloper Side = "developer"
	OfOperator  Side = "operator"
	OfExchange  Side = "exchange"
	OfAuthority Side = "authority"
	OfRegulator Side = "regulator"
	OfPlatform  Side = "platform"
)

// Party is where somebody stands, and whether they answer for the developer.
type Party struct {
	Side  Side
	Owner bool
}

// party is where who stands to p: people of its developer work on it, the operator of
// its scenario, the exchange, the authority and the regulator look. It returns
// fault.NotFound for whoever has nothing to do with it.
func (s *Service) party(ctx context.Context, q database.Querier, who account.Actor, p *Product) (Party, error) {
	if who.ID == platform().ID {
		return Party{Side: OfPlatform}, nil
	}
	if who.IsVisitor() || who.Key != "" {
		return Party{}, errNone()
	}
	switch {
	case who.Is(account.Regulator):
		return Party{Side: OfRegulator}, nil
	case who.Is(account.Authority):
		return Party{Side: OfAuthority}, nil
	case who.Is(account.ExchangeStaff):
		return Party{Side: OfExchange}, nil
	}
	of, role, err := selectParty(ctx, q, who.ID, p)
	if err != nil {
		return Party{}, err
	}
	switch {
	case of == string(OfDeveloper):
		return Party{Side: OfDeveloper, Owner: role == account.Owner}, nil
	case of == string(OfOperator) && who.Is(account.Operator):
		return Party{Side: OfOperator}, nil
	}
	return Party{}, errNone()
}

// one is a product that who may know of, and where who stands.
func (s *Service) one(ctx context.Context, q database.Querier, who account.Actor, number string, lock bool) (*Product, Party, error) {
	p, err := s.product(ctx, q, number, lock)
	if err != nil {
		return nil, Party{}, err
	}
	party, err := s.party(ctx, q, who, p)
	p.side = party.Side
	return p, party, err
}

func (s *Service) product(ctx context.Context, q database.Querier, number string, lock bool) (*Product, error) {
	if lock {
		if err := lockProduct(ctx, q, number); err != nil {
			return nil, err
		}
	}
	found, err := selectProducts(ctx, q, `p.number = @number`, pgx.NamedArgs{"number": number, "limit": 1})
	if err == nil && len(found) == 0 {
		err = errNone()
	}
	if err != nil {
		return nil, err
	}
	p := &found[0]
	p.Versions, err = selectVersions(ctx, q, `v.product_id = @product`, pgx.NamedArgs{"product": p.ID})
	return p, err
}

// working is one for who works on it: people of its developer.
func (s *Service) working(ctx context.Context, tx pgx.Tx, who account.Actor, number string) (*Product, Party, error) {
	p, party, err := s.one(ctx, tx, who, number, true)
	if err == nil && party.Side != OfDeveloper {
		err = errNotYours()
	}
	return p, party, err
}

// ProductForm is what a developer says of a product.
type ProductForm struct {
	Kind      Kind
	Title     string
	TitleEN   string
	Summary   string
	SummaryEN string
	Scenario  string // number; empty: outside
	Sold      bool
	Developer int64 // organisation; 0: the only one of who
	Sent      string
}

func (f *ProductForm) clean() (err error) {
	if !slices.Contains(Kinds, f.Kind) {
		return fault.At("kind", "请选产品的类型。")
	}
	for _, x := range []struct {
		field string
		at    *string
	}{{"title", &f.Title}, {"title_en", &f.TitleEN}} {
		if *x.at, err = datasets.CleanLine(x.field, *x.at); err != nil {
			return err
		}
	}
	if f.Title == "" {
		return fault.At("title", "请写产品的名称。")
	}
	if f.Summary, err = prose("summary", f.Summary); err != nil {
		return err
	}
	f.SummaryEN, err = prose("summary_en", f.SummaryEN)
	return err
}

// Make begins a product of an organisation of who.
func (s *Service) Make(ctx context.Context, who account.Actor, f ProductForm) (*Product, error) {
	if who.IsVisitor() || who.Key != "" || who.Side != account.Use {
		return nil, errNotYours()
	}
	if err := f.clean(); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Product, error) {
		if id, number, err := cases.Made(ctx, tx, "products", f.Sent); err != nil || id != 0 {
			if err != nil {
				return nil, err
			}
			return s.product(ctx, tx, number, false)
		}
		d, err := selectDeveloper(ctx, tx, who.ID, f.Developer)
		if err != nil {
			return nil, err
		}
		at := s.instant()
		p := &Product{Kind: f.Kind, Title: f.Title, TitleEN: f.TitleEN, Summary: f.Summary, SummaryEN: f.SummaryEN, Developer: *d, Sold: f.Sold, State: Draft, StateAt: at, MadeBy: who.Name, MadeAt: at}
		if f.Scenario != "" {
			if p.Scenario, p.scenario, err = selectScenario(ctx, tx, f.Scenario, d.ID); err != nil {
				return nil, err
			}
		}
		if p.Number, err = cases.Number(ctx, tx, "PRD", at); err != nil {
			return nil, err
		}
		if err := insertProduct(ctx, tx, p, who.ID, f.Sent); err != nil {
			return nil, err
		}
		p.Rights = rights(p.Developer, RightsForm{})
		if err := saveRights(ctx, tx, p); err != nil {
			return nil, err
		}
		return p, s.happened(ctx, tx, who, p, Make, OfDeveloper, "")
	})
}

// Edit changes what is said of a product: before it is looked at.
func (s *Service) Edit(ctx context.Context, who account.Actor, number string, revision int, f ProductForm, r RightsForm) (*Product, error) {
	if err := f.clean(); err != nil {
		return nil, err
	}
	var err error
	for _, x := range []struct {
		field string
		at    *string
	}{{"own", &r.Own}, {"process", &r.Process}, {"operate", &r.Operate}} {
		if *x.at, err = prose(x.field, *x.at); err != nil {
			return nil, err
		}
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Product, error) {
		p, _, err := s.working(ctx, tx, who, number)
		if err != nil {
			return nil, err
		}
		switch {
		case p.Revision != revision:
			return p, errMoved()
		case p.State != Draft:
			return p, fault.New(fault.Conflict, "产品已经送审，不能再改；要改先退回。")
		case p.sealed > 0 && (f.Kind != p.Kind || f.Sold != p.Sold || f.Scenario != p.Scenario):
			return p, fault.New(fault.Conflict, "已经有封存的版本，类型、场景和是否收费不能再改。")
		}
		p.Kind, p.Title, p.TitleEN, p.Summary, p.SummaryEN, p.Sold = f.Kind, f.Title, f.TitleEN, f.Summary, f.SummaryEN, f.Sold
		p.Scenario, p.scenario = "", 0
		if f.Scenario != "" {
			if p.Scenario, p.scenario, err = selectScenario(ctx, tx, f.Scenario, p.Developer.ID); err != nil {
				return p, err
			}
		}
		if err := saveProduct(ctx, tx, p); err != nil {
			return p, err
		}
		p.Rights = rights(p.Developer, r)
		if err := saveRights(ctx, tx, p); err != nil {
			return p, err
		}
		return p, s.happened(ctx, tx, who, p, Edit, OfDeveloper, "")
	})
}

// Step is what somebody does about a product or a version.
type Step struct {
	Action   string
	Words    string
	Revision int
}

// Move makes one move of a product.
func (s *Service) Move(ctx context.Context, who account.Actor, number string, step Step) (*Product, error) {
	words, err := prose("reason", step.Words)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Product, error) {
		p, party, err := s.one(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		a := Action(step.Action)
		if !party.moves(a) {
			return p, errNotYours()
		}
		if p.Revision != step.Revision {
			return p, errMoved()
		}
		p.words = words
		return p, s.move(ctx, tx, who, p, a)
	})
}

// moves reports whether a move of a product is for who stands there.
func (p Party) moves(a Action) bool {
	switch a {
	case Submit:
		return p.Side == OfDeveloper
	case Return, Retire:
		return p.Side == OfDeveloper && p.Owner
	case Suspend, Resume:
		return p.Side == OfOperator || p.Side == OfExchange || p.Side == OfRegulator || p.Side == OfPlatform
	case Enter, Certify:
		return p.Side == OfPlatform
	}
	return false
}

func (s *Service) move(ctx context.Context, tx pgx.Tx, who account.Actor, p *Product, a Action) (err error) {
	if a == Certify || a == Resume {
		if p.certified, err = selectCertified(ctx, tx, p.ID, s.instant()); err != nil {
			return err
		}
	}
	from := p.State
	if p.State, err = lifecycle.Next(from, a, who, p); err != nil {
		return err
	}
	p.StateAt, p.Reason = s.instant(), p.words
	if err := saveProduct(ctx, tx, p); err != nil {
		return err
	}
	if err := s.happened(ctx, tx, who, p, a, p.side, p.words); err != nil {
		return err
	}
	if p.side == OfDeveloper {
		return nil
	}
	return s.tell(ctx, tx, p, Notice{Number: p.Number, Act: string(a), Words: p.words})
}

// Registered and Certified bring a product further, in the transaction of who decided
// it: they are what the registration and the certification of products call.
func (s *Service) Registered(ctx context.Context, tx pgx.Tx, number string) error {
	return s.further(ctx, tx, number, Enter)
}

// Certified makes a registered product one that may be offered.
func (s *Service) Certified(ctx context.Context, tx pgx.Tx, number string) error {
	return s.further(ctx, tx, number, Certify)
}

func (s *Service) further(ctx context.Context, tx pgx.Tx, number string, a Action) error {
	p, _, err := s.one(ctx, tx, platform(), number, true)
	if err != nil {
		return err
	}
	return s.move(ctx, tx, platform(), p, a)
}

// happened writes a step of a product into its history and into the audit trail.
func (s *Service) happened(ctx context.Context, tx pgx.Tx, who account.Actor, p *Product, a Action, side Side, words string) error {
	if err := insertEvent(ctx, tx, p, nil, who, string(a), side, words, s.instant()); err != nil {
		return err
	}
	return audit.Append(ctx, tx, who, "product", p.Number, string(a), map[string]string{"to": string(p.State)})
}

// versionHappened does the same with what was done about a version.
func (s *Service) versionHappened(ctx context.Context, tx pgx.Tx, who account.Actor, p *Product, v *Version, a VersionAction, side Side, words string) error {
	if err := insertEvent(ctx, tx, p, v, who, string(a), side, words, s.instant()); err != nil {
		return err
	}
	return audit.Append(ctx, tx, who, "product-version", v.Full(), string(a), map[string]string{"to": string(v.State)})
}

// View is a product as somebody sees it who works on it or supervises.
type View struct {
	*Product
	Party  Party
	Events []Event
	Offers []Action
}

// Event is a step of a product or of one of its versions.
type Event struct {
	Version string
	Act     string
	Side    Side
	Name    string
	Words   string
	At      time.Time
}

// Product is one product for whoever works on it or supervises.
func (s *Service) Product(ctx context.Context, who account.Actor, number string) (*View, error) {
	p, party, err := s.one(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	v := &View{Product: p, Party: party}
	for _, a := range lifecycle.Offer(p.State, who, p) {
		if party.moves(a) {
			v.Offers = append(v.Offers, a)
		}
	}
	v.Events, err = selectEvents(ctx, s.pool, p.ID)
	return v, err
}

// Mine are the products of who's organisations, the newest first; before is the id to
// go on from, 0 for the first page.
func (s *Service) Mine(ctx context.Context, who account.Actor, before int64, limit int) ([]Product, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, fault.New(fault.Unauthenticated, "请先登录。")
	}
	where := `p.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)`
	switch {
	case who.Any(account.Regulator, account.Authority, account.ExchangeStaff):
		where = `true`
	case who.Is(account.Operator):
		where = `p.scenario_id IN (SELECT s.id FROM scenarios s JOIN mandates m ON m.id = s.mandate_id JOIN organisation_members o ON o.organisation_id = m.operator_id WHERE o.user_id = @user)`
	}
	return selectProducts(ctx, s.pool, where+` AND (@before = 0 OR p.id < @before)`, pgx.NamedArgs{"user": who.ID, "before": before, "limit": limit})
}

// Developers are the organisations for which who may make products, and the scenarios
// under which they may be developed.
func (s *Service) Developers(ctx context.Context, who account.Actor) ([]Developer, []ScenarioChoice, error) {
	if who.IsVisitor() || who.Key != "" || who.Side != account.Use {
		return nil, nil, nil
	}
	return selectDevelopers(ctx, s.pool, who.ID)
}

// ScenarioChoice is a scenario that a product may be of.
type ScenarioChoice struct {
	Number, Title string
	Developer     int64
}

// Public is a product of which a version is published, as everybody sees it.
func (s *Service) Public(ctx context.Context, number string) (*Product, error) {
	p, err := s.product(ctx, s.pool, number, false)
	if err != nil {
		return nil, err
	}
	p.Versions = slices.DeleteFunc(p.Versions, func(v Version) bool { return !v.State.Public() })
	if len(p.Versions) == 0 {
		return nil, errNone()
	}
	for i := range p.Versions {
		v := &p.Versions[i]
		if err := s.fill(ctx, s.pool, v); err != nil {
			return nil, err
		}
		if v.Lapsed, err = s.noLongerValid(ctx, s.pool, v); err != nil {
			return nil, err
		}
		if v.Number == p.Newest {
			p.Lapsed = v.Lapsed
		}
	}
	return p, nil
}

// named is what a content is called in SQL.
var named = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

func prose(field, text string) (string, error) {
	text, err := datasets.CleanProse(field, text)
	if err == nil && len([]rune(text)) > Longest {
		err = fault.At(field, "太长，最多 %d 个字。", Longest)
	}
	return strings.TrimSpace(text), err
}

// Config is what the service is made of.
type Config struct {
	Pool      *pgxpool.Pool
	Store     blob.Store
	Catalogue *datasets.Service
	Gate      Gate
	Accounts  Fresh
	Base      string        // address of the portal, without a slash at the end
	Rows      *rows.Service // nil: nothing is made or sealed here
	Work      string        // folder for files on their way
	Signer    signing.Signer
	Log       *transparency.Reader
	Witnesses []verify.Witness // who signs the log besides us: proofs bring their keys along
	Checks    CheckRules
	Signing   SigningRules
	Receipts  *receipts.Service // nil: no open file is known here
	Now       func() time.Time
}

// Service has every operation on products.
type Service struct {
	Config
	Buyers     Buyers    // of what is ordered; above this package, and set once it is made; nil: nobody buys here
	Deliveries Handovers // likewise

	pool  *pgxpool.Pool
	now   func() time.Time
	cache *answers

	checking chan struct{} // files that are read now
	senders  sync.Map      // whose they are
}

// New returns the products of an installation.
func New(c Config) *Service {
	c.Base = strings.TrimRight(c.Base, "/")
	return &Service{Config: c, pool: c.Pool, now: c.Now, cache: newAnswers(), checking: make(chan struct{}, c.Checks.AtOnce)}
}
