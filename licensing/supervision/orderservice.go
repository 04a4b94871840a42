package supervision

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/papers"
)

// The periods of an order: the texts say within a period (限期), and not which.
var (
	dueTerm   = deadline.Term{House: "rectification_due"}
	moreTerm  = deadline.Term{House: "rectification_extension"}
	checkTerm = deadline.Term{House: "rectification_check"}
)

func errNoOrder() error { return fault.New(fault.NotFound, "没有这件责令整改。") }

// power is the rule of the text in force at t that has such orders, and where it
// stands; where none has, the platform's own rule about their periods.
func (s *Service) power(profile string, t time.Time) (policy.Rule, string) {
	if p, r, ok := s.book.Governing(profile, "rectification", t); ok && !r.Silent && len(r.Cite) > 0 {
		return r, p.ID()
	}
	r, _ := s.book.House().Rule(dueTerm.House)
	return r, ""
}

// Orderable is a department as an order can be issued to it.
type Orderable struct {
	Department datasets.Department
	Power      policy.Rule // that has such orders
	Rule       named       // of the grounds
	Usual      deadline.Clock
	Least      deadline.Clock
	Most       deadline.Clock
	Open       []Order // that run already
}

// Under are the departments to which who, of an authority, can issue orders.
func (s *Service) Under(ctx context.Context, who account.Actor) ([]datasets.Department, error) {
	if who.Key != "" || !who.Is(account.Authority) {
		return nil, errNotYours()
	}
	profile, err := profileOf(ctx, s.pool, who.Department)
	if err != nil {
		return nil, err
	}
	return selectUnder(ctx, s.pool, profile, who.Department)
}

// Orderable is the department with that slug for who, of the authority over it. It
// returns fault.Invalid at "department" where there is none.
func (s *Service) Orderable(ctx context.Context, who account.Actor, slug string) (*Orderable, error) {
	under, err := s.Under(ctx, who)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(under, func(d datasets.Department) bool { return d.Slug == slug })
	if i < 0 {
		return nil, fault.At("department", "没有这个部门，或者不由您主管；本部门的也不能自己责令。")
	}
	x := &Orderable{Department: under[i]}
	at := s.instant()
	x.Power, _ = s.power(x.Department.Profile, at)
	x.Rule = s.kinds(x.Department.Profile, "rectification_grounds", at, "rectification")
	if x.Usual, x.Least, x.Most, err = s.days(x.Department.Profile, at); err != nil {
		return nil, err
	}
	x.Open, err = s.orderList(ctx, s.pool, `o.department_id = @department AND o.state IN ('issued', 'answered', 'wanting')`, `o.id DESC`, pgx.NamedArgs{"department": x.Department.ID, "limit": 100})
	return x, err
}

// days are the usual day, the first and the last that an order of at may name.
func (s *Service) days(profile string, at time.Time) (usual, least, most deadline.Clock, err error) {
	if usual, err = s.clocks.Start(profile, dueTerm, at); err != nil {
		return usual, least, most, err
	}
	given := func(key string) deadline.Clock {
		ref := usual.Ref
		ref.Given = detail(usual.Rule, key)
		clock, wrong := s.clocks.Resume(ref)
		if wrong != nil {
			err = wrong
		}
		return clock
	}
	least, most = given("least"), given("most")
	return usual, least, most, err
}

// detail is a number that a rule says besides.
func detail(r policy.Rule, key string) int {
	for _, d := range r.Details {
		if d.Key == key && len(d.Value) == 1 {
			n, _ := strconv.Atoi(d.Value[0].Zh)
			return n
		}
	}
	return 0
}

// nameDay reads the day by which something must be put right: a working day, no
// sooner and no later than the rule lets. What is kept of it is how many working days
// there are until then.
func (s *Service) nameDay(o *Order, raw string) error {
	at := s.instant()
	usual, least, most, err := s.days(o.Profile, at)
	if err != nil {
		return err
	}
	day, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(raw), workdays.Zone)
	switch {
	case err != nil:
		return fault.At("due", "请写整改期限的日期，例如 %s。", usual.Last.Format(time.DateOnly))
	case day.Before(least.Last):
		return fault.At("due", "期限太近：至少 %d 个工作日，最早 %s（平台规则）。", least.Given, least.Last.Format(time.DateOnly))
	case day.After(most.Last):
		return fault.At("due", "期限太远：至多 %d 个工作日，最晚 %s（平台规则）。", most.Given, most.Last.Format(time.DateOnly))
	}
	ref := usual.Ref
	ref.Given = s.clocks.Days(at, day)
	clock, err := s.clocks.Resume(ref)
	if err != nil {
		return err
	}
	if !clock.Last.Equal(day) {
		ref.Given++
		next, err := s.clocks.Resume(ref)
		if err != nil {
			return err
		}
		return fault.At("due", "%s 不是工作日，请写 %s 或者 %s。", day.Format(time.DateOnly), clock.Last.Format(time.DateOnly), next.Last.Format(time.DateOnly))
	}
	o.Due, o.due, o.named = &clock, ref, true
	return nil
}

// NewOrder is what an authority orders.
type NewOrder struct {
	Department string   // slug
	Grounds    []string // codes of the rule
	Facts      string
	Remedy     string
	Entries    []string // slugs
	Due        string   // 2006-01-02
	Sent       string   // mark of the form, which makes one order however often it is sent
}

// mostEntries is how many entries an order names, and links an answer.
const mostEntries = 50

// IssueOrder orders a department to put something right.
func (s *Service) IssueOrder(ctx context.Context, who account.Actor, n NewOrder) (*Order, error) {
	x, err := s.Orderable(ctx, who, n.Department)
	if err != nil {
		return nil, err
	}
	o := &Order{Department: x.Department, Profile: x.Department.Profile, Rule: x.Rule.Rule, ruleProfile: x.Rule.Profile, rulePath: x.Rule.Path, codes: n.Grounds, State: OrderIssued, IssuedBy: who.Name, issuedBy: who.ID, IssuedAt: s.instant()}
	o.Issuer.ID = who.Department
	if o.Facts, err = optional("facts", n.Facts); err != nil {
		return nil, err
	}
	if o.Remedy, err = optional("remedy", n.Remedy); err != nil {
		return nil, err
	}
	slices.Sort(o.codes)
	o.codes = slices.Compact(o.codes)
	known := false
	if o.Grounds, known = chosen(o.Rule, o.codes); !known {
		return nil, fault.At("ground", "没有这种情形，请从列表里选。")
	}
	if err := issuable(o); err != nil {
		return nil, err
	}
	if o.Entries, err = s.concerned(ctx, who, o.Department.ID, n.Entries); err != nil {
		return nil, err
	}
	if err := s.nameDay(o, n.Due); err != nil {
		return nil, err
	}
	o.sent = n.Sent
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Order, error) {
		if o.ID, o.Number, err = cases.Made(ctx, tx, "rectification_orders", o.sent); err != nil || o.ID != 0 {
			return o, err
		}
		if err := tx.QueryRow(ctx, `SELECT slug, name, name_en FROM departments WHERE id = $1`, o.Issuer.ID).Scan(&o.Issuer.Slug, &o.Issuer.Name, &o.Issuer.NameEN); err != nil {
			return nil, err
		}
		if o.Number, err = cases.Number(ctx, tx, "ZG", s.instant()); err != nil {
			return nil, err
		}
		if err := insertOrder(ctx, tx, o); err != nil {
			return nil, err
		}
		if err := s.happened(ctx, tx, who, OfAuthority, "order", o.ID, string(Issue), o.Remedy); err != nil {
			return nil, err
		}
		if err := audit.Append(ctx, tx, who, "order", o.Number, string(Issue), map[string]string{"department": o.Department.Slug, "grounds": strings.Join(o.codes, " "), "due": o.Due.Last.Format(time.DateOnly)}); err != nil {
			return nil, err
		}
		o.words = o.Facts
		return o, s.tellOrder(ctx, tx, o, Issue)
	})
}

// concerned are the entries of a department with these slugs that who may see.
func (s *Service) concerned(ctx context.Context, who account.Actor, department int64, slugs []string) (out []datasets.Dataset, err error) {
	if len(slugs) > mostEntries {
		return nil, fault.At("entries", "最多写 %d 个。", mostEntries)
	}
	for _, slug := range slugs {
		d, err := s.catalogue.Dataset(ctx, who, slug)
		if fault.KindOf(err) == fault.NotFound || err == nil && d.Department.ID != department {
			return nil, fault.At("entries", "这个部门没有条目“%s”，请写条目页面网址里 /datasets/ 后面的那一段。", short(slug))
		}
		if err != nil {
			return nil, err
		}
		out = append(out, *d)
	}
	return out, nil
}

func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// What links of an answer lead to, besides cases by what their numbers begin with.
const (
	ofDataset = "dataset"
	ofVersion = "version"
)

var (
	caseNumber  = regexp.MustCompile(`^(SQ|SQZ|WY|AQ)-\d{4}-\d{6}$|^(FH|GX)-\d{1,12}$`)
	entryAt     = regexp.MustCompile(`(?:^|/datasets/)([a-z0-9][a-z0-9-]{0,99})(?:[/?#].*)?$`)
	versionAt   = regexp.MustCompile(`/d/([0-9a-zA-Z-]{1,40})/(\d{1,9})(?:/.*)?$`)
	separatedBy = regexp.MustCompile(`[\s,，、;；]+`)
)

// readLink reads what a line names: an entry or a version by its address, an entry by
// its slug, a case by its number.
func readLink(raw string) (OrderLink, bool) {
	if caseNumber.MatchString(raw) {
		kind, _, _ := strings.Cut(raw, "-")
		return OrderLink{kind, raw}, true
	}
	if m := versionAt.FindStringSubmatch(raw); m != nil {
		return OrderLink{ofVersion, m[1] + "/" + m[2]}, true
	}
	if m := entryAt.FindStringSubmatch(raw); m != nil {
		return OrderLink{ofDataset, m[1]}, true
	}
	return OrderLink{}, false
}

// Lines are what stands in a field that takes several of something.
func Lines(raw string) []string {
	return slices.DeleteFunc(separatedBy.Split(raw, -1), func(s string) bool { return s == "" })
}

// linked are the links that the lines of an answer name: things that are there, and
// of the department.
func linked(ctx context.Context, q database.Querier, department int64, lines []string) (out []OrderLink, err error) {
	if len(lines) > mostEntries {
		return nil, fault.At("links", "最多写 %d 个。", mostEntries)
	}
	for _, raw := range lines {
		l, ok := readLink(raw)
		if ok {
			if ok, err = l.there(ctx, q, department); err != nil {
				return nil, err
			}
		}
		if !ok {
			return nil, fault.At("links", "本部门没有“%s”。请写条目或者文件的网址，或者案件的编号，一行一个。", short(raw))
		}
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out, nil
}

func linkTexts(list []OrderLink) []string {
	out := []string{}
	for _, l := range list {
		out = append(out, l.Kind+" "+l.Key)
	}
	return out
}

func linksOf(list []string) (out []OrderLink) {
	for _, t := range list {
		kind, key, _ := strings.Cut(t, " ")
		out = append(out, OrderLink{kind, key})
	}
	return out
}

// OrderStep is what somebody does about an order.
type OrderStep struct {
	Action   OrderAction
	Revision int
	Words    string   // the answer, why more time is needed, the finding, the reason
	Evidence string   // of an answer
	Links    []string // of an answer: addresses and numbers
	Days     int      // asked for, or given
	Due      string   // the new day, of an answer that was found wanting
}

// MoveOrder takes an order further. It returns fault.NotFound for one that who may
// not know of, fault.Forbidden where the move is another's, fault.Conflict where
// somebody was first, and fault.Invalid at the field where something lacks.
func (s *Service) MoveOrder(ctx context.Context, who account.Actor, number string, step OrderStep) (*Order, error) {
	words, err := optional(step.Action.Field(), step.Words)
	if err != nil {
		return nil, err
	}
	if step.Evidence, err = optional("evidence", step.Evidence); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Order, error) {
		o, side, err := s.order(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		if orderSide(step.Action) != side {
			return o, errNotYours()
		}
		if o.Revision != step.Revision {
			return o, fault.New(fault.Conflict, "这件责令整改在您打开之后已经有人处理过，请重新打开看看。")
		}
		o.words, o.days = words, step.Days
		return o, s.moveOrder(ctx, tx, who, side, o, step)
	})
}

// moveOrder makes the move and everything that comes of it.
func (s *Service) moveOrder(ctx context.Context, tx pgx.Tx, who account.Actor, side Side, o *Order, step OrderStep) (err error) {
	at := s.instant()
	switch step.Action {
	case PutRight:
		o.Answer, o.Evidence = o.words, step.Evidence
		if o.Links, err = linked(ctx, tx, o.Department.ID, step.Links); err != nil {
			return err
		}
		if o.papers, err = papers.Of(ctx, tx, papers.Order, o.ID); err != nil {
			return err
		}
	case AskMore:
		o.most = s.MostMore()
	case FindWanting:
		if o.State == OrderAnswered && o.words != "" && step.Due != "" {
			if err := s.nameDay(o, step.Due); err != nil {
				return err
			}
		}
	}
	from := o.State
	to, err := orders.Next(from, step.Action, who, o)
	if err != nil {
		return err
	}
	o.State = to
	details := audit.Moved(from, to)
	if err := s.orderEffects(who, o, step.Action, at); err != nil {
		return err
	}
	if o.words != "" {
		details["words"] = o.words
	}
	if o.days > 0 && (step.Action == AskMore || step.Action == GiveMore) {
		details["days"] = strconv.Itoa(o.days)
	}
	if err := settlePapers(ctx, tx, o, step.Action, at); err != nil {
		return err
	}
	if err := saveOrder(ctx, tx, who, o, step.Action); err != nil {
		return err
	}
	if err := s.happened(ctx, tx, who, side, "order", o.ID, string(step.Action), o.said(step.Action)); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, who, "order", o.Number, string(step.Action), details); err != nil {
		return err
	}
	return s.tellOrder(ctx, tx, o, step.Action)
}

// settlePapers freezes what an answer hands in, and drops what was prepared for one
// that nobody gives any more.
func settlePapers(ctx context.Context, tx pgx.Tx, o *Order, a OrderAction, at time.Time) error {
	switch {
	case a == PutRight:
		return papers.Freeze(ctx, tx, papers.Order, o.ID, at)
	case !o.State.Runs():
		return papers.Drop(ctx, tx, papers.Order, o.ID)
	}
	return nil
}

// said is what the history keeps of a move: an answer that is not enough is followed
// by another, and both stay to be read.
func (o *Order) said(a OrderAction) string {
	lines := []string{o.words}
	if a == PutRight {
		lines = append(lines, o.Evidence)
		for _, l := range o.Links {
			lines = append(lines, l.Key)
		}
		for _, p := range o.prepared() {
			lines = append(lines, p.Name)
		}
	}
	return strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "" }), "\n")
}

// orderEffects are what a move leaves in the order, and whose clock runs after it.
func (s *Service) orderEffects(who account.Actor, o *Order, a OrderAction, at time.Time) error {
	o.Checking, o.checking = nil, deadline.Ref{}
	switch a {
	case PutRight:
		o.AnsweredBy, o.answeredBy, o.AnsweredAt, o.Rounds = who.Name, who.ID, &at, o.Rounds+1
		clock, err := s.clocks.Start(o.Profile, checkTerm, at)
		o.Checking, o.checking = &clock, clock.Ref
		return err
	case AskMore:
		o.AskedDays, o.AskedFor, o.AskedBy, o.AskedAt = o.days, o.words, who.Name, &at
	case GiveMore:
		o.GivenDays, o.MoreReason, o.MoreBy, o.MoreAt = o.days, o.words, who.Name, &at
		rule, err := s.clocks.Start(o.Profile, moreTerm, o.Due.Last)
		if err != nil {
			return err
		}
		o.due = rule.Ref
		o.due.Given = o.days
		clock, err := s.clocks.Resume(o.due)
		o.Due = &clock
		return err
	case RefuseMore:
		o.MoreReason, o.MoreBy, o.MoreAt = o.words, who.Name, &at
	case Confirm, FindWanting, TakeBack:
		o.Finding, o.FoundBy, o.FoundAt = o.words, who.Name, &at
		if a != FindWanting {
			o.EndedAt = &at
		}
	}
	return nil
}

// MostMore is how many working days more can be asked for.
func (s *Service) MostMore() int {
	r, _ := s.book.House().Rule(moreTerm.House)
	n, _ := r.Number()
	return n
}

// order is an order that who may know of, and on which side who stands.
func (s *Service) order(ctx context.Context, q database.Querier, who account.Actor, number string, lock bool) (*Order, Side, error) {
	if lock {
		if err := lockOrder(ctx, q, number); err != nil {
			return nil, "", err
		}
	}
	found, err := s.orderList(ctx, q, `o.number = @number`, `o.id`, pgx.NamedArgs{"number": number, "limit": 1})
	if err != nil {
		return nil, "", err
	}
	if len(found) == 0 {
		return nil, "", errNoOrder()
	}
	o := &found[0]
	side, err := s.orderParty(ctx, q, who, o.Department.ID, o.Profile)
	if err == nil && side == "" {
		err = errNoOrder()
	}
	return o, side, err
}

// orderParty is on which side of the orders to a department who stands; empty: on
// none. Whoever is of the department stands on its side, whatever else they are.
func (s *Service) orderParty(ctx context.Context, q database.Querier, who account.Actor, department int64, profile string) (Side, error) {
	switch {
	case who.IsVisitor() || who.Key != "":
		return "", nil
	case who.Department != 0 && who.Department == department && who.Any(account.Officer, account.Head, account.Authority):
		return OfDepartment, nil
	case who.Is(account.Authority):
		ours, err := overseen(ctx, q, who, profile)
		if err != nil || !ours {
			return "", err
		}
		return OfAuthority, nil
	case who.Is(account.Regulator):
		return OfRegulator, nil
	}
	return "", nil
}

// OrderView is an order as somebody sees it.
type OrderView struct {
	*Order
	Side               Side
	Offers             []OrderAction
	Events             []Event
	Usual, Least, Most deadline.Clock // of a new day, where the authority may name one
	MostMore           int
	More               policy.Rule // that says so
	Prepares           bool        // files for the answer
}

// Order is an order that who may know of, with what they can do about it.
func (s *Service) Order(ctx context.Context, who account.Actor, number string) (*OrderView, error) {
	o, side, err := s.order(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	v := &OrderView{Order: o, Side: side, MostMore: s.MostMore()}
	v.More, _ = s.book.House().Rule(moreTerm.House)
	for _, a := range orders.Offer(o.State, who, o) {
		if orderSide(a) == side {
			v.Offers = append(v.Offers, a)
		}
	}
	if v.Entries, err = selectOrderEntries(ctx, s.pool, o.ID); err != nil {
		return nil, err
	}
	if o.papers, err = papers.Of(ctx, s.pool, papers.Order, o.ID); err != nil {
		return nil, err
	}
	if slices.Contains(v.Offers, FindWanting) {
		if v.Usual, v.Least, v.Most, err = s.days(o.Profile, s.instant()); err != nil {
			return nil, err
		}
	}
	v.Prepares = s.licensing.Papers() != nil && o.addable(who, side) == nil
	v.Events, err = s.events(ctx, "order", o.ID)
	return v, err
}

// Orders are the orders that who sees at the desk, the newest first: to the own
// department, and for the authority and the regulator those that they oversee.
func (s *Service) Orders(ctx context.Context, who account.Actor, f Filter) ([]Order, error) {
	where, args, err := s.ordersAtDesk(ctx, who)
	if err != nil {
		return nil, err
	}
	if !f.All || f.Late {
		where += ` AND o.state IN ('issued', 'answered', 'wanting')`
	}
	if f.State != "" {
		where += ` AND o.state = @state`
		args["state"] = f.State
	}
	if f.Before > 0 {
		where += ` AND o.id < @before`
		args["before"] = f.Before
	}
	args["limit"] = f.Limit
	if f.Late {
		args["limit"] = mostLate
	}
	found, err := s.orderList(ctx, s.pool, where, `o.id DESC`, args)
	if f.Late {
		found = slices.DeleteFunc(found, func(o Order) bool { return !o.Late(s.now()) })
		found = found[:min(len(found), f.Limit)]
	}
	return found, err
}

func (s *Service) ordersAtDesk(ctx context.Context, who account.Actor) (string, pgx.NamedArgs, error) {
	args := pgx.NamedArgs{"department": who.Department}
	switch {
	case !Desk(who):
		return "", nil, fault.New(fault.Forbidden, "只有部门、主管部门和监管机构能看这一页。")
	case who.Is(account.Regulator):
		return `true`, args, nil
	case who.Is(account.Authority):
		profile, err := profileOf(ctx, s.pool, who.Department)
		args["profile"] = profile
		return `(o.profile = @profile AND @profile <> '' OR o.department_id = @department)`, args, err
	}
	return `o.department_id = @department`, args, nil
}
