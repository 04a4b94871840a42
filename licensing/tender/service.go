package tender

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/licensing/papers"
)

type instant = time.Time

// Accounts are what tenders need of people, as account.Service has it.
type Accounts interface {
	// RequireFresh returns fault.Forbidden unless a showed of late who they are.
	RequireFresh(a account.Actor) error
	// Organisations are those that a is in.
	Organisations(ctx context.Context, a account.Actor) ([]account.Organisation, error)
}

// Config is what the service is made of.
type Config struct {
	Pool      *pgxpool.Pool
	Catalogue *datasets.Service
	Accounts  Accounts
	Book      *policy.Book
	Clocks    *deadline.Clocks
	Papers    *papers.Service // nil: no files are attached
	Keeper    account.Keeper  // of a secret that lies outside of the database: it locks the keys of the bids
	Now       func() time.Time
}

// Confirming is told of a result in the transaction that confirms it.
type Confirming func(ctx context.Context, tx pgx.Tx, r Result) error

// Result is how a tender ended.
type Result struct {
	ID       int64
	Number   string
	Kind     Kind
	About    string // number of the case that it is about; may be empty
	Body     int64  // departments.id of the organiser
	Method   string
	NoticeAt time.Time
	Bidders  []string // names of those whose bids were opened
	Winner   string
	Of       int64 // organisations.id of the winner
	At       time.Time
}

// Service has every operation on tenders.
type Service struct {
	pool      *pgxpool.Pool
	catalogue *datasets.Service
	accounts  Accounts
	book      *policy.Book
	clocks    *deadline.Clocks
	files     *papers.Service
	keeper    account.Keeper
	now       func() time.Time
	confirmed []Confirming
	numbers   numbers
}

// numbers are the platform's own figures (平台规则).
type numbers struct {
	most, openingHours, panel, bidders, revealHours int
}

// New returns the tenders of an installation.
func New(c Config) (*Service, error) {
	n := c.Book.Numbers()
	s := &Service{pool: c.Pool, catalogue: c.Catalogue, accounts: c.Accounts, book: c.Book, clocks: c.Clocks, files: c.Papers, keeper: c.Keeper, now: c.Now, numbers: numbers{
		most: n.Of("tender_bidding", "most"), openingHours: n.Of("tender_bidding", "opening_hours"), panel: n.Of("tender_panel", ""), bidders: n.Of("tender_bidders", ""), revealHours: n.Of("tender_reveal", ""),
	}}
	return s, n.Missing()
}

// OnConfirm has f told of every result that is confirmed, in its transaction.
func (s *Service) OnConfirm(f Confirming) { s.confirmed = append(s.confirmed, f) }

// The periods: no text has them.
var (
	bidding    = deadline.Term{House: "tender_bidding"}
	scoring    = deadline.Term{House: "tender_scoring"}
	noticing   = deadline.Term{House: "tender_notice"}
	challenges = deadline.Term{House: "tender_challenge"}
	answering  = deadline.Term{House: "tender_challenge_answer"}
	signing    = deadline.Term{House: "tender_contract"}
)

func (s *Service) instant() time.Time { return s.now().Truncate(time.Microsecond) }

func errNone() error { return fault.New(fault.NotFound, "没有这个竞争项目。") }

func errNotYours() error { return fault.New(fault.Forbidden, "这一步不由您办。") }

func errMoved() error {
	return fault.New(fault.Conflict, "这个项目在您打开之后已经有人处理过，请重新打开看看。")
}

// Rules are the platform's own rules of every tender, as its page shows them: the
// method's rule is the tender's.
func (s *Service) Rules() map[string]policy.Rule {
	out := map[string]policy.Rule{}
	add := func(r policy.Rule, _ bool) { out[r.Path] = r }
	house := s.book.House()
	add(house.Rule("tender_bidding"))
	add(house.Rule("tender_panel"))
	add(house.Rule("tender_bidders"))
	add(house.Rule("tender_reveal"))
	add(house.Rule("tender_price"))
	add(house.Rule("tender_ties"))
	add(house.Rule("tender_scoring"))
	add(house.Rule("tender_notice"))
	add(house.Rule("tender_challenge"))
	add(house.Rule("tender_challenge_answer"))
	add(house.Rule("tender_contract"))
	return out
}

// Method is the rule by which something is awarded, and the ways that it names.
type Method struct {
	Profile, Path string // where the rule stands
	Rule          policy.Rule
	Ways          []policy.Word
}

// MethodOn is the rule of the text that binds whoever profile binds, on the day of t;
// where that leaves it open, the platform's own.
func (s *Service) MethodOn(profile string, kind Kind, t time.Time) Method {
	ways := func(r policy.Rule) []policy.Word {
		if kind == Mandate || kind == Supply {
			return r.Value
		}
		var found []policy.Word
		award := false
		for _, d := range r.Details {
			switch {
			case d.Silent:
			case d.Key == "award":
				award = len(d.Value) == 1 && d.Value[0].Code == "competitive_required"
			case d.Key == "methods":
				found = d.Value
			}
		}
		if !award {
			return nil
		}
		return found
	}
	path, house := "open.commercial_use", "application_commercial"
	if kind == Mandate || kind == Supply {
		path, house = "development.award_method", "tender_methods"
	}
	if p, r, ok := s.book.Governing(profile, path, t); ok && !r.Silent && len(ways(r)) > 0 {
		return Method{p.ID(), path, r, ways(r)}
	}
	r, _ := s.book.House().Rule(house)
	return Method{s.book.House().ID(), house, r, ways(r)}
}

// ruleAt is a rule by where it stands.
func (s *Service) ruleAt(profile, path string) policy.Rule {
	p, ok := s.book.Profile(profile)
	if house := s.book.House(); !ok && profile == house.ID() {
		p, ok = house, true
	}
	if !ok {
		return policy.Rule{}
	}
	r, _ := p.Rule(path)
	return r
}

// begin starts the clock of the step that is owed now.
func (s *Service) begin(t *Tender, term deadline.Term, from time.Time) error {
	clock, err := s.clocks.Start(t.Profile, term, from)
	if err == nil {
		t.stage, t.Clock = clock.Ref, &clock
	}
	return err
}

func (t *Tender) stop() { t.stage, t.Clock = deadline.Ref{}, nil }

// organises reports whether who holds the tender for its department: an officer, or
// whoever is of the authority where the department is that. An operator never does.
func (t *Tender) organises(who account.Actor) bool {
	return who.Key == "" && who.Department != 0 && who.Department == t.Department.ID && who.Any(organisers...) && !who.Is(account.Operator)
}

// Organises reports whether who can hold tenders.
func Organises(who account.Actor) bool {
	return who.Key == "" && who.Department != 0 && who.Any(organisers...)
}

// hold locks a tender with all that belongs to it, and moves what time has moved.
func (s *Service) hold(ctx context.Context, tx pgx.Tx, number string) (*Tender, error) {
	if err := lockTender(ctx, tx, number); err != nil {
		return nil, err
	}
	t, err := s.whole(ctx, tx, number)
	if err != nil {
		return nil, err
	}
	return t, s.advance(ctx, tx, t)
}

// whole is a tender with all that belongs to it.
func (s *Service) whole(ctx context.Context, q database.Querier, number string) (*Tender, error) {
	found, err := s.list(ctx, q, `t.number = @number`, `t.id`, pgx.NamedArgs{"number": number, "limit": 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNone()
	}
	t := &found[0]
	return t, s.fill(ctx, q, t)
}

func (s *Service) fill(ctx context.Context, q database.Querier, t *Tender) (err error) {
	if t.Criteria, err = selectCriteria(ctx, q, t.ID); err != nil {
		return err
	}
	if t.Entries, err = selectEntries(ctx, q, t.ID); err != nil {
		return err
	}
	if t.Panel, err = selectPanel(ctx, q, t); err != nil {
		return err
	}
	if t.bids, err = selectBids(ctx, q, t); err != nil {
		return err
	}
	if t.challenges, err = selectChallenges(ctx, q, t.ID); err != nil {
		return err
	}
	t.papers, err = papers.Of(ctx, q, papers.Tender, t.ID)
	return err
}

// View is a tender as somebody sees it.
type View struct {
	*Tender
	Organiser  bool
	Watches    bool    // a regulator, or whoever answers for the department
	Member     *Member // of the panel; nil: the reader is none
	Mine       []Bid   // of the reader's organisations, also those withdrawn
	Bids       []Bid   // of this round; before the opening their seals alone
	Withdrawn  int     // bids of this round that were
	Offers     []Action
	Papers     []papers.Paper
	Events     []Event
	Challenges []Objection
	Scorable   bool // the panel can score
	Unexamined bool // a bid waits to be revealed or examined
	Names      bool // of the panel may be shown
}

// One is a tender as who may see it: a draft its department alone. What time has moved
// by now is moved first.
func (s *Service) One(ctx context.Context, who account.Actor, number string) (*View, error) {
	t, err := s.whole(ctx, s.pool, number)
	if err != nil {
		return nil, err
	}
	if t.due(s.instant()) {
		if err := s.Advance(ctx, number); err == nil { // where it fails the turn of the clock reports it, and the page shows what is
			if t, err = s.whole(ctx, s.pool, number); err != nil {
				return nil, err
			}
		}
	}
	return s.view(ctx, who, t)
}

func (s *Service) view(ctx context.Context, who account.Actor, t *Tender) (*View, error) {
	v := &View{Tender: t, Organiser: t.organises(who), Papers: t.papers}
	v.Watches = who.Key == "" && (who.Is(account.Regulator) || who.Department != 0 && who.Department == t.Department.ID && who.Is(account.Head))
	if t.State == Draft && !v.Organiser && !v.Watches || t.State == Cancelled && t.AnnouncedAt == nil && !v.Organiser && !v.Watches {
		return nil, errNone()
	}
	if m := t.member(who.ID); who.ID > 0 && who.Key == "" && m != nil {
		v.Member = m
	}
	v.Scorable, v.Unexamined, v.Names = t.scorable(), t.State == Opened && t.unexamined(), t.State.Noticed() || v.Organiser
	v.Challenges = t.challenges
	var err error
	if v.Events, err = selectEvents(ctx, s.pool, t.ID); err != nil {
		return nil, err
	}
	if v.Withdrawn, err = countWithdrawn(ctx, s.pool, t); err != nil {
		return nil, err
	}
	if who.ID > 0 && who.Key == "" {
		if v.Mine, err = selectMine(ctx, s.pool, t, who.ID); err != nil {
			return nil, err
		}
	}
	if err := s.fillMarks(ctx, v); err != nil {
		return nil, err
	}
	v.Bids = v.shown()
	if v.Organiser {
		v.Offers = lifecycle.Offer(t.State, who, t)
		v.Offers = slices.DeleteFunc(v.Offers, func(a Action) bool { return a == Challenge })
	}
	if !v.Organiser {
		v.Papers = slices.DeleteFunc(slices.Clone(v.Papers), func(p papers.Paper) bool { return p.Frozen == nil })
	}
	return v, nil
}

// reads reports whether the reader may read proposals and the nonces of opened bids.
func (v *View) reads() bool {
	if m := v.Member; m != nil && v.State == Opened { // whatever else they are
		return m.Active() && m.Declared != nil
	}
	return v.Organiser || v.Watches || v.Member != nil && v.Member.Active()
}

// marked reports whether the reader may see the marks: of all, once they are in, and
// with the notice.
func (v *View) marked() bool {
	return v.State.Noticed() || v.State == Evaluated && (v.Organiser || v.Watches)
}

// fillMarks reads the marks of the bids, where the reader may see them.
func (s *Service) fillMarks(ctx context.Context, v *View) error {
	if !v.marked() {
		return nil
	}
	scores, err := selectScores(ctx, s.pool, v.Tender)
	if err != nil {
		return err
	}
	for i := range v.bids {
		b := &v.bids[i]
		if b.Total != nil {
			b.Scores, b.Criteria = scores[b.ID], averages(scores[b.ID], len(v.Scored()))
		}
	}
	return nil
}

// shown are the bids as the reader may see them.
func (v *View) shown() []Bid {
	out := slices.Clone(v.bids)
	marks := v.marked()
	if !marks { // their order would tell who is ahead
		slices.SortFunc(out, func(a, b Bid) int { return cmp.Or(a.SealedAt.Compare(b.SealedAt), cmp.Compare(a.ID, b.ID)) })
	}
	for i := range out {
		b := &out[i]
		b.locked = nil
		mine := slices.ContainsFunc(v.Mine, func(m Bid) bool { return m.ID == b.ID })
		if v.State.Sealed() || v.OpenedAt == nil {
			b.Organisation, b.Bidder, b.Code, b.SealedBy = 0, "", "", ""
		}
		if !v.reads() && !mine {
			b.Nonce, b.Canonical, b.SealedBy = "", "", ""
		}
		if !marks {
			b.Marks, b.Price, b.Total, b.Rank, b.Criteria, b.Scores = nil, nil, nil, 0, nil, nil
		}
		if !v.Names && !v.Watches {
			for k := range b.Scores {
				b.Scores[k].Name = ""
			}
		}
	}
	if !v.Names && !v.Watches && v.Member == nil {
		v.Tender.Panel = nil
	}
	return out
}

// Filter is which tenders are listed.
type Filter struct {
	State      string // one; empty: all
	Kind       string
	Department int64 // 0: all
	Running    bool
	Before     int64
	Limit      int
}

// Public are the tenders that everybody may see, the newest first.
func (s *Service) Public(ctx context.Context, f Filter) ([]Tender, error) {
	return s.list(ctx, s.pool, `t.announced_at IS NOT NULL AND `+filtered, `t.id DESC`, f.args())
}

// Desk are the tenders of who's department, drafts too, and those on whose panel who
// is.
func (s *Service) Desk(ctx context.Context, who account.Actor, f Filter) ([]Tender, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, errNotYours()
	}
	args := f.args()
	args["own"], args["all"] = who.Department, who.Is(account.Regulator)
	if !Organises(who) && !who.Is(account.Head) {
		args["own"] = int64(0)
	}
	args["who"] = who.ID
	return s.list(ctx, s.pool, `(t.department_id = @own OR @all AND t.announced_at IS NOT NULL OR t.announced_at IS NOT NULL AND t.id IN (SELECT tender_id FROM tender_panel WHERE user_id = @who)) AND `+filtered, `t.id DESC`, args)
}

// Mine are the tenders in which who's organisations bid.
func (s *Service) Mine(ctx context.Context, who account.Actor, f Filter) ([]Tender, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, fault.New(fault.Unauthenticated, "请先登录。")
	}
	args := f.args()
	args["who"] = who.ID
	return s.list(ctx, s.pool, `t.id IN (SELECT b.tender_id FROM tender_bids b JOIN organisation_members m ON m.organisation_id = b.organisation_id WHERE m.user_id = @who) AND `+filtered, `t.id DESC`, args)
}

// happened writes what was done into the public history, and into the audit trail.
func (s *Service) happened(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender, side Side, act Action, words string, from State) error {
	name := who.Name
	switch side {
	case OfOrganiser:
		name = t.Department.Name // a department acts, and not one of its people
	case OfPlatform, OfPanel:
		name = ""
	}
	if err := insertEvent(ctx, tx, who, t.ID, Event{Act: act, Name: name, Side: side, Words: words, At: s.instant()}); err != nil {
		return err
	}
	details := audit.Moved(from, t.State)
	if words != "" {
		details["words"] = words
	}
	return audit.Append(ctx, tx, who, "tender", t.Number, string(act), details)
}

// move takes a tender from one state to the next, with everything that is kept of it.
func (s *Service) move(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender, side Side, act Action, after func() error) error {
	from := t.State
	t.at = s.instant()
	to, err := lifecycle.Next(from, act, who, t)
	if err != nil {
		return err
	}
	t.State = to
	if after != nil {
		if err := after(); err != nil {
			return err
		}
	}
	if err := saveTender(ctx, tx, t); err != nil {
		return err
	}
	return s.happened(ctx, tx, who, t, side, act, t.words, from)
}

// moveBid moves a bid by the table.
func (s *Service) moveBid(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender, b *Bid, act BidAction, reason string) error {
	from := b.State
	if reason != "" {
		b.Reason = reason
	}
	to, err := bidLifecycle.Next(from, act, who, b)
	if err != nil {
		return err
	}
	b.State = to
	if err := saveBid(ctx, tx, b, s.instant()); err != nil {
		return err
	}
	details := audit.Moved(from, to)
	details["tender"] = t.Number
	if reason != "" {
		details["words"] = reason
	}
	return audit.Append(ctx, tx, who, "tender-bid", strconv.FormatInt(b.ID, 10), string(act), details)
}

// Standing is a tender as those see it who wait for its result.
type Standing struct {
	Number, Title, TitleEN string
	State                  State
	Winner                 int64 // organisations.id, once the result is confirmed; 0: not yet
	Name                   string
}

// About are the tenders of a kind that a body announced for a case, the newest first.
func About(ctx context.Context, q database.Querier, kind Kind, number string, body int64) ([]Standing, error) {
	return selectAbout(ctx, q, kind, number, body)
}

// Held is a tender whose result is confirmed, as whoever takes it over needs it.
type Held struct {
	Number   string
	Title    string
	Method   string
	Bidders  int // whose bids were opened
	Winner   int64
	Name     string // of the winner
	Code     string
	NoticeAt time.Time
	Report   string
}

// HeldBy are the tenders of a kind that a department held and whose result is
// confirmed, the newest first; number may narrow them to one. q may be the transaction
// in which the result is taken over: what is cancelled meanwhile is not among them.
func HeldBy(ctx context.Context, q database.Querier, department int64, kind Kind, number string) ([]Held, error) {
	return selectHeld(ctx, q, department, kind, number)
}

// ProfileOf is the text that binds the department of who.
func (s *Service) ProfileOf(ctx context.Context, who account.Actor) (string, error) {
	d, err := selectDepartment(ctx, s.pool, who.Department)
	return d.Profile, err
}

// PanelIdentifiers are the accounts of the panel, for whoever organises.
func (s *Service) PanelIdentifiers(ctx context.Context, who account.Actor, number string) ([]string, error) {
	t, err := s.whole(ctx, s.pool, number)
	if err != nil {
		return nil, err
	}
	if !t.organises(who) {
		return nil, errNone()
	}
	return panelIdentifiers(ctx, s.pool, t.ID)
}
