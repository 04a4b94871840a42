package workspace

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
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
	"shuyuan/internal/policy"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/workspace/disclosure"
	"shuyuan/licensing/workspace/engine"
)

// Gate is the one answer to "may this workspace mount these bytes now?", as
// licensing.Gate gives it.
type Gate interface {
	Mount(ctx context.Context, of int64, v *datasets.Version, resource string, now time.Time) (scenario.Granted, error)
}

// Engine is what computes, as engine.Engine does.
type Engine interface {
	Prepare(context.Context, engine.Workspace, engine.Source) (*engine.Prepared, error)
	PrepareSamples(context.Context, engine.Workspace, *engine.Prepared, int) (*engine.Prepared, error)
	Vet(context.Context, []engine.Mount, engine.Code) (*engine.Verdict, error)
	Run(context.Context, engine.Job) (*engine.Result, error)
	Measure(context.Context, engine.Job, disclosure.Table) (*engine.Result, error)
	Erase(workspace string) error
}

// Fresh asks whether somebody has just shown who they are, as account.Service does.
type Fresh interface {
	RequireFresh(account.Actor) error
}

// Config is what the service is made of.
type Config struct {
	Pool      *pgxpool.Pool
	Catalogue *datasets.Service
	Gate      Gate
	Engine    Engine // nil: nothing runs here; a command beside the server
	Accounts  Fresh
	Book      *policy.Book
	Clocks    *deadline.Clocks
	Secret    []byte        // of the installation, from a file of the data folder: wraps the keys of workspaces
	Workers   int           // jobs at a time
	Watch     time.Duration // how often what runs is looked at without being told to; 0: twice a second
	Now       func() time.Time
}

// Service has every operation on workspaces.
type Service struct {
	pool      *pgxpool.Pool
	catalogue *datasets.Service
	gate      Gate
	engine    Engine
	accounts  Fresh
	book      *policy.Book
	clocks    *deadline.Clocks
	limits    Limits
	workers   int
	watches   time.Duration
	tariff    []operation.Fee
	now       func() time.Time

	wrapping, ledger []byte

	wake chan struct{}
	mu   sync.Mutex
	runs map[int64]*run // jobs that this process runs
}

// New returns the workspaces of an installation. Run works their jobs.
func New(c Config) (*Service, error) {
	limits, err := LimitsOf(c.Book)
	if err != nil {
		return nil, err
	}
	tariff, err := operation.TariffOf(c.Book)
	if err == nil {
		err = metersAll(tariff)
	}
	if err != nil {
		return nil, err
	}
	s := &Service{
		tariff: tariff,
		pool:   c.Pool, catalogue: c.Catalogue, gate: c.Gate, engine: c.Engine, accounts: c.Accounts, book: c.Book, clocks: c.Clocks, limits: limits, workers: max(1, c.Workers), watches: cmp.Or(c.Watch, watchEvery), now: c.Now,
		wake: make(chan struct{}, 1), runs: map[int64]*run{},
	}
	if s.wrapping, err = derived(c.Secret, "keys"); err != nil {
		return nil, err
	}
	s.ledger, err = derived(c.Secret, "ledger")
	return s, err
}

func (s *Service) instant() time.Time { return s.now().Truncate(time.Microsecond) }

// platform is who moves what nobody moves.
func platform() account.Actor { return account.System("workspaces") }

func errNone() error { return fault.New(fault.NotFound, "没有这个开发空间。") }

func errGone() error { return fault.New(fault.Gone, "这个开发空间已经销毁。") }

func errNotYours() error { return fault.New(fault.Forbidden, "这一步不由您办。") }

func errMoved() error {
	return fault.New(fault.Conflict, "这一件在您打开之后已经有人处理过，请重新打开看看。")
}

// Side is on which side of a workspace somebody stands.
type Side string

// The sides.
const (
	OfDeveloper Side = "developer"
	OfOperator  Side = "operator"
	OfAuthority Side = "authority"
	OfRegulator Side = "regulator"
	OfPlatform  Side = "platform"
)

// Party is where somebody stands, and what they may do there.
type Party struct {
	Side     Side
	Owner    bool // answers for the developer
	Programs bool // writes programs and runs them
	Asks     bool // asks for results to be released
}

// party is where who stands to w. It returns fault.NotFound for whoever has nothing
// to do with it. A key reaches the developer's side alone, and only with its scope.
func (s *Service) party(ctx context.Context, q database.Querier, who account.Actor, w *Workspace) (p Party, err error) {
	switch {
	case who.IsVisitor(), who.Key != "" && !who.Covers(account.ScopeDevelop):
		return p, errNone()
	case who.Is(account.Regulator) && who.Key == "":
		return Party{Side: OfRegulator}, nil
	case who.Is(account.Authority) && who.Department == w.body && who.Key == "":
		return Party{Side: OfAuthority}, nil
	}
	var of, role string
	if of, role, p.Programs, p.Asks, err = selectParty(ctx, q, who.ID, w); err != nil {
		return p, err
	}
	switch of {
	case string(OfDeveloper):
		p.Side, p.Owner = OfDeveloper, role == account.Owner
		return p, nil
	case string(OfOperator):
		if who.Is(account.Operator) && who.Key == "" {
			return Party{Side: OfOperator}, nil
		}
	}
	return p, errNone()
}

// one is a workspace that who may know of, and where who stands.
func (s *Service) one(ctx context.Context, q database.Querier, who account.Actor, number string, lock bool) (*Workspace, Party, error) {
	if lock {
		if err := lockWorkspace(ctx, q, number); err != nil {
			return nil, Party{}, err
		}
	}
	found, err := s.list(ctx, q, `w.number = @number`, pgx.NamedArgs{"number": number, "limit": 1})
	if err != nil {
		return nil, Party{}, err
	}
	if len(found) == 0 {
		return nil, Party{}, errNone()
	}
	p, err := s.party(ctx, q, who, &found[0])
	return &found[0], p, err
}

// Stopped is why nothing passes in a workspace, nil where it does: frozen, over, or
// a link of the chain above it that does not stand. Its page says this.
func (s *Service) stopped(ctx context.Context, q database.Querier, w *Workspace) error {
	switch w.State {
	case Frozen:
		if w.FrozenBy == OfRegulator {
			return fault.New(fault.Forbidden, "监管机构冻结了这个空间：%s", w.Reason)
		}
		return fault.New(fault.Forbidden, "运营机构暂停了这个空间：%s", w.Reason)
	case Closing:
		return fault.New(fault.Forbidden, "这个空间正在关闭。")
	case Destroyed:
		return errGone()
	}
	if w.Stands {
		return nil
	}
	found, err := Broken(ctx, q, w.Scenario.ID, w.Organisation.ID, s.now())
	if err != nil {
		return err
	}
	return broken(found)
}

// broken says which link of the chain does not stand.
func broken(l Link) error {
	reason := l.Reason
	if reason != "" {
		reason = "：" + reason
	}
	switch l.What {
	case "mandate":
		return fault.New(fault.Forbidden, "授权运营协议 %s 现在不生效（%s）%s", l.Number, StateWords(l.State), reason)
	case "operator":
		return fault.New(fault.Forbidden, "运营机构被暂停%s", reason)
	case "developer":
		if l.State == "untrained" {
			wrong := fault.New(fault.Forbidden, "入驻 %s 的培训已经到期：重新培训、运营机构登记以后恢复。", l.Number)
			wrong.Next = "/entries/" + l.Number
			return wrong
		}
		return fault.New(fault.Forbidden, "入驻现在不生效（%s）%s", StateWords(l.State), reason)
	case "organisation":
		return fault.New(fault.Forbidden, "本机构被暂停%s", reason)
	case "scenario":
		return fault.New(fault.Forbidden, "场景 %s 现在不生效（%s）%s", l.Number, StateWords(l.State), reason)
	case "contract":
		return fault.New(fault.Forbidden, "使用协议 %s 现在不生效（%s）%s", l.Number, StateWords(l.State), reason)
	}
	return fault.New(fault.Forbidden, "上面的授权现在不生效。")
}

// StateWords are states of links in the words of the page.
func StateWords(state string) fault.Terms {
	words, ok := map[string]string{
		"suspended": "暂停", "revoked": "撤销", "expired": "到期", "surrendered": "交回", "closed": "办结", "terminated": "终止", "ended": "终止", "void": "无效", "left": "退出", "before": "尚未开始",
	}[state]
	if !ok {
		words = "没有生效"
	}
	return fault.Terms{words}
}

// Openable are the active scenarios of who's organisations that have no workspace.
func (s *Service) Openable(ctx context.Context, who account.Actor) ([]Scenario, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, errNotYours()
	}
	return selectOpenable(ctx, s.pool, who.ID, s.now())
}

// Open makes the workspace of an active scenario, for an owner of its developer. It
// mounts the newest version of everything that the scenario's grants give.
func (s *Service) Open(ctx context.Context, who account.Actor, number string) (*Workspace, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, errNotYours()
	}
	out, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Workspace, error) {
		at := s.instant()
		sc, role, err := selectScenario(ctx, tx, number, who.ID)
		if err != nil {
			return nil, err
		}
		if role != account.Owner {
			return nil, fault.New(fault.Forbidden, "开发空间由机构的负责人开通。")
		}
		granted, err := scenario.Standing(ctx, tx, sc.ID, at)
		if err != nil {
			return nil, err
		}
		if len(granted) == 0 {
			return nil, fault.New(fault.Conflict, "这个场景现在没有生效的授权，不能开通。")
		}
		w := &Workspace{Scenario: *sc, Organisation: sc.organisation, State: Provisioning, StateAt: at, Quota: s.limits.Quota, OpenedBy: who.Name, OpenedAt: at, openedBy: who.ID}
		if w.Number, err = cases.Number(ctx, tx, "KJ", at); err != nil {
			return nil, err
		}
		if _, w.wrapped, err = s.newKey(w.Number); err != nil {
			return nil, err
		}
		if err := insertWorkspace(ctx, tx, w); err != nil {
			if database.Taken(err) {
				return nil, fault.New(fault.Conflict, "这个场景已经有一个开发空间。")
			}
			return nil, err
		}
		if err := saveMember(ctx, tx, w, who.ID, who.ID, true, true, at); err != nil {
			return nil, err
		}
		for i := range granted {
			if err := s.mount(ctx, tx, who, w, &granted[i]); err != nil {
				return nil, err
			}
		}
		w.side = OfDeveloper
		if err := happened(ctx, tx, who, w, Open, at); err != nil {
			return nil, err
		}
		if err := audit.Append(ctx, tx, who, "workspace", w.Number, string(Open), map[string]string{"scenario": sc.Number}); err != nil {
			return nil, err
		}
		return w, s.tell(ctx, tx, w, Notice{Of: "workspace", Number: w.Number, Act: string(Open)}, OfOperator)
	})
	s.Wake()
	return out, err
}

// Step is what somebody does about a workspace.
type Step struct {
	Action   Action
	Words    string
	Revision int
}

// Move freezes a workspace, lifts that, or closes it. It returns fault.Forbidden
// where the move is another's, and fault.Conflict where somebody was first.
func (s *Service) Move(ctx context.Context, who account.Actor, number string, step Step) (*Workspace, error) {
	words, err := prose("reason", step.Words)
	if err != nil {
		return nil, err
	}
	out, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Workspace, error) {
		w, p, err := s.one(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		if !p.moves(step.Action) || who.Key != "" {
			return w, errNotYours()
		}
		if w.Revision != step.Revision {
			return w, errMoved()
		}
		if step.Action == Close {
			if err := s.accounts.RequireFresh(who); err != nil {
				return w, err
			}
		}
		w.words, w.side = words, p.Side
		if err := s.move(ctx, tx, who, w, step.Action); err != nil || w.State != Provisioning {
			return w, err
		}
		if err := s.begin(ctx, tx, w.ID); err != nil { // what was being prepared may have ended while it was frozen
			return w, err
		}
		return s.byID(ctx, tx, w.ID)
	})
	if err == nil {
		s.look(out.ID)
		s.Wake()
	}
	return out, err
}

// moves reports whether a move is for who stands there.
func (p Party) moves(a Action) bool {
	switch a {
	case Freeze, TakeOver, Lift:
		return p.Side == OfRegulator || p.Side == OfOperator
	case Close:
		return p.Side == OfDeveloper && p.Owner || p.Side == OfOperator
	}
	return false
}

// move makes one move of a workspace and all that goes with it.
func (s *Service) move(ctx context.Context, tx pgx.Tx, who account.Actor, w *Workspace, a Action) (err error) {
	before, from := *w, w.State
	if w.State, err = lifecycle.Next(from, a, who, w); err != nil {
		return err
	}
	at := s.instant()
	w.Reason = w.words
	if w.State != from {
		w.StateAt = at
	}
	switch a {
	case Freeze:
		w.FrozenBy, w.frozenFrom = w.side, from
		err = stopJobs(ctx, tx, w.ID, fault.New(fault.Forbidden, "空间被冻结，作业停止。"), at)
	case TakeOver:
		w.FrozenBy = w.side
	case Lift:
		w.FrozenBy, w.frozenFrom = "", ""
	case Close, WindUp:
		w.FrozenBy, w.frozenFrom = "", ""
		from := at
		if e, wrong := s.endOf(ctx, tx, &before); wrong != nil {
			return wrong
		} else if e != nil {
			from = e.At // the contract counts from there
		}
		clock, wrong := s.clocks.Start(w.profile, closeTerm, from)
		if wrong != nil {
			return wrong
		}
		w.closing, w.Closes = clock.Ref, &clock
		if err = stopJobs(ctx, tx, w.ID, fault.New(fault.Forbidden, "空间正在关闭，作业停止。"), at); err == nil {
			err = s.voidReviews(ctx, tx, w)
		}
	}
	if err != nil {
		return err
	}
	if err := saveWorkspace(ctx, tx, w); err != nil {
		return err
	}
	if err := happened(ctx, tx, who, w, a, at); err != nil {
		return err
	}
	details := audit.Moved(from, w.State)
	if w.words != "" {
		details["words"] = w.words
	}
	if err := audit.Append(ctx, tx, who, "workspace", w.Number, string(a), details); err != nil {
		return err
	}
	if a == Begin {
		return s.tell(ctx, tx, w, Notice{Of: "workspace", Number: w.Number, Act: string(a)}, OfDeveloper)
	}
	n := Notice{Of: "workspace", Number: w.Number, Act: string(a), Words: w.words}
	to := []Side{OfDeveloper, OfOperator}
	switch {
	case w.side == OfDeveloper:
		to = []Side{OfOperator}
	case a == WindUp || a == Destroy:
		n.Words = "" // what it says is said by the act
	}
	return s.tell(ctx, tx, w, n, to...)
}

// Member is somebody of the developer who works in a workspace.
type Member struct {
	User     int64
	Name     string
	Owner    bool // of the organisation
	Programs bool
	Asks     bool
	Writes   bool // the entry names them for programs
	Releases bool // and for asking that results be released
}

// SetMember says what somebody of the developer's organisation may do in a
// workspace: nothing takes them out. Owners of the organisation do, and give nobody
// more than the developer's entry names them for.
func (s *Service) SetMember(ctx context.Context, who account.Actor, number string, user int64, programs, asks bool) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		none := struct{}{}
		w, p, err := s.one(ctx, tx, who, number, true)
		if err != nil {
			return none, err
		}
		if p.Side != OfDeveloper || !p.Owner || who.Key != "" {
			return none, fault.New(fault.Forbidden, "成员由机构的负责人定。")
		}
		if w.Over() {
			return none, errGone()
		}
		members, err := selectMembers(ctx, tx, w)
		if err != nil {
			return none, err
		}
		i := slices.IndexFunc(members, func(m Member) bool { return m.User == user })
		switch {
		case i < 0:
			return none, fault.At("user", "本机构没有这个人。")
		case programs && !members[i].Writes:
			return none, fault.At("user", "入驻登记里，这个人不写程序；先在入驻里登记。")
		case asks && !members[i].Releases:
			return none, fault.At("user", "入驻登记里，这个人不申请放出；先在入驻里登记。")
		}
		if err := saveMember(ctx, tx, w, user, who.ID, programs, asks, s.instant()); err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, who, "workspace", w.Number, "member", map[string]string{"user": strconv.FormatInt(user, 10), "programs": strconv.FormatBool(programs), "asks": strconv.FormatBool(asks)})
	})
	return err
}

// Longest is how many characters what is written about something may have.
const Longest = 2000

// prose cleans what was written in a field.
func prose(field, text string) (string, error) {
	text, err := datasets.CleanProse(field, text)
	if err == nil && len([]rune(text)) > Longest {
		err = fault.At(field, "太长，最多 %d 个字。", Longest)
	}
	return text, err
}

// Wake lets the runner of this process look at once for what there is to do.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// sqlName is what a dataset is called in SQL.
func sqlName(slug string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, strings.ToLower(slug))
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		name = "t_" + name
	}
	return name[:min(len(name), 50)]
}

// Standing is why nothing passes under a scenario of an organisation now, nil where it
// does: the first link of the chain above it that does not stand. It is what stops
// programs, and what stops a product that was made of their results from being sealed.
func Standing(ctx context.Context, q database.Querier, scenario, organisation int64, now time.Time) error {
	found, err := Broken(ctx, q, scenario, organisation, now)
	if err != nil || found.What == "" {
		return err
	}
	return broken(found)
}
