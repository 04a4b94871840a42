package demands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/quality"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
)

var china = workdays.Zone

// The limits of one account: demands proposed, votes and follows, and reports.
const (
	Bucket       = "demand"
	VoteBucket   = "demand-vote"
	ReportBucket = "demand-report"
)

// Limiter counts what somebody does, as account.Service does.
type Limiter interface {
	Allow(ctx context.Context, bucket, subject string) (account.Limit, error)
}

// Service has every operation on demands.
type Service struct {
	pool      *pgxpool.Pool
	catalogue *datasets.Service
	book      *policy.Book
	clocks    *deadline.Clocks
	limits    Limiter
	now       func() time.Time
}

// New returns the demands for data beside a catalogue.
func New(pool *pgxpool.Pool, catalogue *datasets.Service, book *policy.Book, clocks *deadline.Clocks, limits Limiter, now func() time.Time) *Service {
	return &Service{pool: pool, catalogue: catalogue, book: book, clocks: clocks, limits: limits, now: now}
}

// How long the platform has to find a department, and a department to answer: no
// text says.
var (
	assigning = deadline.Term{House: "demand_assignment"}
	answering = deadline.Term{House: "demand_answer"}
)

// At is the same demands as of some time.
func (s *Service) At(now func() time.Time) *Service {
	out := *s
	out.now = now
	return &out
}

func errNone() error { return fault.New(fault.NotFound, "没有这条需求。") }

func errSignIn() error { return fault.New(fault.Unauthenticated, "请先登录。") }

// Rules are the platform's figures that pages show.
type Rules struct {
	Assignment int // working days to find a department
	Answer     int // and to answer
	Hops       int // how often departments send it on
	Months     int // how far ahead a day may be promised
}

// Rules are the figures in force.
func (s *Service) Rules() Rules {
	n := func(path string) int {
		r, ok := s.book.House().Rule(path)
		if !ok {
			return 0
		}
		v, _ := r.Number()
		return v
	}
	return Rules{Assignment: n("demand_assignment"), Answer: n("demand_answer"), Hops: n("demand_hops"), Months: n("demand_plan")}
}

// NewDemand is what somebody proposes.
type NewDemand struct {
	Proposer   string // as they want to be called in public
	Title      string
	Need       string
	Purpose    string
	Department string // slug; empty: not known
	Anyway     bool   // having seen what is similar
}

// How long what is written may be, in characters.
const (
	shortestTitle, longestTitle = 4, 60
	shortest, longest           = 5, 1000
)

// Propose proposes a demand. It returns fault.Invalid at the field, also at
// anyway where similar ones wait and were not looked at; fault.Conflict for what
// the account proposed already; and fault.TooMany above the number a day.
func (s *Service) Propose(ctx context.Context, who account.Actor, n NewDemand) (*Demand, error) {
	d, err := s.prepare(ctx, who, n)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Demand, error) {
		if err := insert(ctx, tx, d); err != nil {
			if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.ConstraintName == "demands_once" {
				return nil, fault.New(fault.Conflict, "您已经提过同样的需求，还没有答复。").Because(err)
			}
			return nil, err
		}
		if err := s.beginTurn(ctx, tx, d); err != nil {
			return nil, err
		}
		if _, err := s.step(ctx, tx, who, d, Step{Act: "propose"}); err != nil {
			return nil, err
		}
		if err := audit.Append(ctx, tx, who, "demand", id(d), "propose", map[string]string{"department": d.Department.Slug}); err != nil {
			return nil, err
		}
		return d, s.tellDesk(ctx, tx, d)
	})
}

// Waste takes what a program wrote into a field that people do not see: it is
// judged and counted as any demand, and stored nowhere.
func (s *Service) Waste(ctx context.Context, who account.Actor, n NewDemand) error {
	_, err := s.prepare(ctx, who, n)
	return err
}

// prepare is all of proposing but the writing.
func (s *Service) prepare(ctx context.Context, who account.Actor, n NewDemand) (*Demand, error) {
	if !acts(who) {
		return nil, errSignIn()
	}
	d := &Demand{User: who.ID, ProposedAt: s.now().Truncate(time.Microsecond), State: Unassigned, Revision: 1}
	var err error
	if d.Proposer, err = datasets.CleanLine("proposer", n.Proposer); err != nil {
		return nil, err
	}
	if d.Proposer == "" {
		return nil, fault.At("proposer", "请写一个公开时显示的称呼，可以不是真名。")
	}
	if err := account.NobodysOffice(ctx, s.pool, "proposer", d.Proposer); err != nil {
		return nil, err
	}
	if d.Title, err = datasets.CleanLine("title", n.Title); err != nil {
		return nil, err
	}
	if l := len([]rune(d.Title)); l < shortestTitle || l > longestTitle {
		return nil, fault.At("title", "请用 %d 到 %d 个字写要什么数据。", shortestTitle, longestTitle)
	}
	for _, f := range []struct {
		field    string
		in       string
		out      *string
		sentence string
	}{{"need", n.Need, &d.Need, "请用 %d 到 %d 个字说清要什么：哪些列、什么范围、多久更新一次。"}, {"purpose", n.Purpose, &d.Purpose, "请用 %d 到 %d 个字写拿来做什么。"}} {
		if *f.out, err = datasets.CleanProse(f.field, f.in); err != nil {
			return nil, err
		}
		if l := len([]rune(*f.out)); l < shortest || l > longest {
			return nil, fault.At(f.field, f.sentence, shortest, longest)
		}
	}
	for _, f := range []struct{ field, words string }{{"proposer", d.Proposer}, {"title", d.Title}, {"need", d.Need}, {"purpose", d.Purpose}} {
		if quality.Personal(f.words, s.now()) {
			return nil, fault.At(f.field, "这里像是有证件号、手机号、银行卡号或邮箱。需求会公开，请删去再送出。")
		}
	}
	if n.Department != "" {
		if d.Department, err = s.department(ctx, n.Department); err != nil {
			return nil, err
		}
		d.State = Open
	}
	if !n.Anyway {
		same, err := s.Similar(ctx, d.Title, 3)
		if err != nil {
			return nil, err
		}
		if len(same) > 0 {
			return nil, fault.At("anyway", "已经有相近的需求：%s。附议比新提快；都不是您要的，请勾选再送出。", fault.Terms(titles(same)))
		}
	}
	if err := s.allow(ctx, Bucket, who, "今天提得太多了，请明天再提。"); err != nil {
		return nil, err
	}
	return d, nil
}

func titles(list []Demand) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = "“" + list[i].Title + "”"
	}
	return out
}

// acts reports whether who may do what stands in public under an account: by a
// session, or by a key that may act for its owner.
func acts(who account.Actor) bool {
	return !who.IsVisitor() && who.ID > 0 && who.Covers(account.ScopeApply)
}

func (s *Service) allow(ctx context.Context, bucket string, who account.Actor, sentence string) error {
	limit, err := s.limits.Allow(ctx, bucket, strconv.FormatInt(who.ID, 10))
	if err == nil && !limit.Allowed {
		err = fault.New(fault.TooMany, sentence)
	}
	return err
}

// department is one that publishes data.
func (s *Service) department(ctx context.Context, slug string) (datasets.Department, error) {
	found, err := selectDepartments(ctx, s.pool, `slug = @slug`, pgx.NamedArgs{"slug": slug})
	if err != nil || len(found) == 0 {
		return datasets.Department{}, fault.At("department", "没有这个部门。").Because(err)
	}
	return found[0], nil
}

// beginTurn starts the clock of whoever has to act now.
func (s *Service) beginTurn(ctx context.Context, tx pgx.Tx, d *Demand) error {
	term := answering
	if d.State == Unassigned {
		term = assigning
	}
	clock, err := s.clocks.Start(d.Department.Profile, term, s.now().Truncate(time.Microsecond))
	if err != nil {
		return err
	}
	d.Clock, d.clock = &clock, clock.Ref
	return insertTurn(ctx, tx, d)
}

// Reply is what goes with a move.
type Reply struct {
	Words      string // the answer, or why; public
	Department string // slug, of assign and forward
	Planned    string // a date, of plan
	Entry      string // slug of the entry that is to become it, of plan; may be empty
	Dataset    string // slug, of link
	Ground     Ground // of refuse
	Bases      []datasets.LegalBasis
	Into       int64 // of merge
}

// Move takes a demand along its lifecycle. Revision is that of the page it was
// done on. It returns fault.Invalid at the field, fault.Conflict where somebody
// was first, and fault.NotFound for what is not who's to move.
func (s *Service) Move(ctx context.Context, who account.Actor, number int64, action Action, r Reply, revision int) (*Demand, error) {
	var err error
	if r.Words, err = datasets.CleanProse("words", r.Words); err != nil {
		return nil, err
	}
	if l := len([]rune(r.Words)); l > longest {
		return nil, fault.At("words", "太长，最多 %d 个字。", longest)
	}
	if quality.Personal(r.Words, s.now()) {
		return nil, fault.At("words", "这里像是有证件号、手机号、银行卡号或邮箱。它会公开，请删去再送出。")
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Demand, error) {
		if action == Merge || action == Split { // several demands are held: one after another
			if err := lockMerging(ctx, tx); err != nil {
				return nil, err
			}
		}
		d, err := s.lock(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		if err := mayMove(who, d, action); err != nil {
			return nil, err
		}
		if d.Revision != revision {
			return d, fault.New(fault.Conflict, "这条需求在您打开之后已经有人处理过，请重新打开看看。")
		}
		return d, s.move(ctx, tx, who, d, action, r)
	})
}

// move is Move of a demand that is held.
func (s *Service) move(ctx context.Context, tx pgx.Tx, who account.Actor, d *Demand, action Action, r Reply) error {
	switch action {
	case Merge:
		return s.merge(ctx, tx, who, d, r)
	case Split:
		return s.split(ctx, tx, who, d)
	case Hide, Keep, Show:
		return s.judge(ctx, tx, who, d, action, r.Words)
	}
	from, before := d.State, d.Department
	step := Step{Act: string(action), Words: r.Words}
	if err := s.fill(ctx, who, d, action, r, &step); err != nil {
		return err
	}
	var err error
	if d.State, err = lifecycle.Next(from, action, who, d); err != nil {
		return err
	}
	if err := endTurn(ctx, tx, d.ID, action, s.now()); err != nil {
		return err
	}
	s.settle(who, d, action)
	if d.Clock = nil; d.State == Open || d.State == Unassigned {
		if err := s.beginTurn(ctx, tx, d); err != nil {
			return err
		}
	}
	if err := save(ctx, tx, d, who.ID); err != nil {
		return err
	}
	stepID, err := s.step(ctx, tx, who, d, step)
	if err != nil {
		return err
	}
	detail := audit.Moved(from, d.State)
	if before.ID != d.Department.ID {
		detail["department"] = d.Department.Slug
	}
	if err := audit.Append(ctx, tx, who, "demand", id(d), string(action), detail); err != nil {
		return err
	}
	switch action {
	case Assign, Forward, Return:
		return s.tellDesk(ctx, tx, d)
	case Plan, Link, Refuse, Appear:
		return s.announce(ctx, tx, stepID)
	}
	return nil
}

// fill puts what goes with a move into d, to be judged by the lifecycle.
func (s *Service) fill(ctx context.Context, who account.Actor, d *Demand, action Action, r Reply, step *Step) (err error) {
	d.words = r.Words
	switch action {
	case Assign, Forward:
		to, err := s.department(ctx, r.Department)
		if r.Department == "" {
			return fault.At("department", "请选一个部门。")
		}
		if err != nil {
			return err
		}
		if to.ID == d.Department.ID {
			return fault.At("department", "这条需求现在就在这个部门。")
		}
		if action == Forward && free(d) == nil && mayGoOn(d) != nil {
			return mayGoOn(d)
		}
		d.Department, step.Department = to, to.ID
	case Return:
		d.Department = datasets.Department{}
	case Plan:
		return s.fillPlan(ctx, who, d, r, step)
	case Link:
		found, err := s.catalogue.Dataset(ctx, account.Actor{}, r.Dataset)
		if err != nil || found.Status != datasets.Published {
			return fault.At("dataset", "没有这个公开的数据集。").Because(err)
		}
		d.Dataset, step.Dataset = *found, found.ID
	case Refuse:
		if r.Ground != "" && !slices.Contains(Grounds(), r.Ground) {
			return fault.At("ground", "请选为什么不能给。")
		}
		if d.Ground = r.Ground; d.Ground != Barred {
			return nil
		}
		if _, err := datasets.CleanBases("basis", r.Bases); err != nil {
			return err
		}
		d.Bases = r.Bases
		return s.Axis(d).CheckBases("basis", r.Bases)
	}
	return nil
}

// Axis is what a department must name where it may not open something: the same
// as where it withholds data (AS-27.3, TJ-16, AB-24.3).
func (s *Service) Axis(d *Demand) catalogue.Axis {
	return catalogue.RulesOn(s.book, d.Department.Profile, s.now()).Open
}

func (s *Service) fillPlan(ctx context.Context, who account.Actor, d *Demand, r Reply, step *Step) error {
	if r.Planned == "" {
		return fault.At("planned", "请写明哪一天以前开放。")
	}
	on, err := time.Parse(time.DateOnly, r.Planned)
	if err != nil {
		return fault.At("planned", "日期要写成 2026-11-30 这样。")
	}
	today, months := day(s.now()), s.Rules().Months
	if !on.After(today) || on.After(today.AddDate(0, months, 0)) {
		return fault.At("planned", "请写今天以后、%d 个月以内的一天（平台规则）。", months)
	}
	d.PlannedOn, step.Planned = &on, &on
	d.Entry = datasets.Dataset{}
	if r.Entry == "" {
		return nil
	}
	found, err := s.catalogue.Dataset(ctx, who, r.Entry)
	if err != nil || found.Department.ID != d.Department.ID {
		return fault.At("entry", "本部门没有这个目录条目。").Because(err)
	}
	d.Entry = *found
	return nil
}

// settle makes d what it is after a move.
func (s *Service) settle(who account.Actor, d *Demand, action Action) {
	switch action {
	case Plan, Link, Refuse, Appear:
		now := s.now().Truncate(time.Microsecond)
		if action != Appear { // the department's answer stands
			d.Answer, d.Answerer = d.words, who.Name
		}
		d.AnsweredAt = &now
	}
	if d.State != Refused {
		d.Ground, d.Bases = "", nil
	}
	if d.State != Planned && d.State != There {
		d.PlannedOn = nil
	}
	if d.State != Planned {
		d.Entry = datasets.Dataset{}
	}
	if action == Forward {
		d.Hops++
	}
}

// mayMove asks whose demand it is: to answer, of its department; to assign, of
// the platform's side; to withdraw, of its proposer; to merge and to hide, of
// either desk.
func mayMove(who account.Actor, d *Demand, action Action) error {
	if who.IsVisitor() || who.Key != "" {
		return errNone()
	}
	mine := false
	switch action {
	case Withdraw:
		mine = d.User == who.ID
	case Appear:
	case Assign:
		mine = leads(who, d)
	case Merge, Split, Hide, Keep, Show:
		mine = leads(who, d) || answers(who, d)
	default:
		mine = answers(who, d)
	}
	if !mine {
		return errNone()
	}
	return nil
}

// answers reports whether who is an officer of the department whose demand it is.
func answers(who account.Actor, d *Demand) bool {
	return who.Is(account.Officer) && who.Department != 0 && who.Department == d.Department.ID
}

// leads reports whether who is of the authority, which stands for the platform: a
// demand reaches any department, whatever text binds it.
func leads(who account.Actor, _ *Demand) bool {
	return who.Is(account.Authority) && who.Department != 0
}

// Desk reports whether who works on demands.
func Desk(who account.Actor) bool {
	return who.Any(deciding...) && who.Department != 0 && who.Key == ""
}

// Offers are the moves that who can make on d now.
func (s *Service) Offers(who account.Actor, d *Demand) []Action {
	var out []Action
	for _, a := range lifecycle.Offer(d.State, who, d) {
		if mayMove(who, d, a) == nil {
			out = append(out, a)
		}
	}
	return out
}

// Vote seconds a demand in the name of an account, once, or takes that back. It
// returns fault.Conflict where it cannot be seconded (any more).
func (s *Service) Vote(ctx context.Context, who account.Actor, number int64, on bool) (*Demand, error) {
	return s.side(ctx, who, number, "demand_votes", on)
}

// Follow has an account told of what becomes of a demand, or no more.
func (s *Service) Follow(ctx context.Context, who account.Actor, number int64, on bool) (*Demand, error) {
	return s.side(ctx, who, number, "demand_follows", on)
}

// side puts an account to those that second or follow, or takes it away. What is
// so already stays so, and is no act.
func (s *Service) side(ctx context.Context, who account.Actor, number int64, table string, on bool) (*Demand, error) {
	if !acts(who) {
		return nil, errSignIn()
	}
	if err := s.allow(ctx, VoteBucket, who, "附议和关注得太多了，请过一会儿再来。"); err != nil {
		return nil, err
	}
	voting := table == "demand_votes"
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Demand, error) {
		d, err := s.lock(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		if !d.Public() {
			return nil, errNone()
		}
		if d.Merged() && !on {
			if d, err = s.lock(ctx, tx, d.Root); err != nil {
				return nil, err
			}
		}
		if err := mayTakeSides(who, d, voting, on); err != nil {
			return d, err
		}
		changed, err := takeSides(ctx, tx, table, d.ID, who.ID, on, s.now())
		if err != nil || !changed {
			return d, err
		}
		if voting {
			if d.Votes, err = count(ctx, tx, d.ID); err != nil {
				return nil, err
			}
		}
		act := "follow"
		switch {
		case voting && on:
			act = "vote"
		case voting:
			act = "unvote"
		case !on:
			act = "unfollow"
		}
		return d, audit.Append(ctx, tx, who, "demand", id(d), act, nil)
	})
}

func mayTakeSides(who account.Actor, d *Demand, voting, on bool) error {
	switch {
	case d.Merged() && on:
		return fault.New(fault.Conflict, "这条需求已并入第 %d 号，请到那里附议。", d.Root)
	case voting && on && d.User == who.ID:
		return fault.New(fault.Conflict, "这是您自己提的，不用附议。")
	case voting && on && !d.Votable():
		return fault.New(fault.Conflict, "这条需求已经办结，不用附议了。")
	}
	return nil
}

// InTime counts, of the turns of a department that came to their day, those in
// which it answered or sent on by then. A turn within its time, one whose day is
// only preliminary, and one that a merge or hiding ended are not counted.
func (s *Service) InTime(ctx context.Context, department string) (datasets.Share, error) {
	var out datasets.Share
	turns, err := s.turnsOf(ctx, department)
	for _, t := range turns {
		if t.Clock == nil || t.Clock.Preliminary() {
			continue
		}
		switch {
		case t.Ended == nil && !t.Clock.Late(s.now()):
		case t.Ended == nil || t.Clock.Late(*t.Ended):
			out.All++
		default:
			out.Yes++
			out.All++
		}
	}
	return out, err
}

// Kept counts, of the days that a department promised and that came, those by
// which the data was there.
func (s *Service) Kept(ctx context.Context, department string) (datasets.Share, error) {
	return selectKept(ctx, s.pool, department, day(s.now()))
}

func id(d *Demand) string { return strconv.FormatInt(d.ID, 10) }

// resume sets d's clock by the rule that its turn began under.
func (s *Service) resume(d *Demand) {
	if d.most = s.Rules().Hops; d.clock.Path == "" {
		return
	}
	if clock, err := s.clocks.Resume(d.clock); err == nil {
		d.Clock = &clock
	}
}

// Appeared meets the demands whose promised entry is public now. It is a task.
func (s *Service) Appeared(ctx context.Context) error {
	ids, err := selectAppeared(ctx, s.pool)
	if err != nil {
		return err
	}
	for _, number := range ids {
		_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			var none struct{}
			d, err := s.lock(ctx, tx, number)
			if err != nil || d.State != Planned || d.Entry.ID == 0 || free(d) != nil {
				return none, err
			}
			d.Dataset = d.Entry
			return none, s.move(ctx, tx, account.System("demands"), d, Appear, Reply{})
		})
		if err != nil {
			return fmt.Errorf("demand %d: %w", number, err)
		}
	}
	return nil
}
