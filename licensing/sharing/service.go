package sharing

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
)

// Service has every operation on sharing.
type Service struct {
	pool      *pgxpool.Pool
	catalogue *datasets.Service
	book      *policy.Book
	clocks    *deadline.Clocks
	now       func() time.Time
}

// New returns the sharing of the entries of a catalogue.
func New(pool *pgxpool.Pool, catalogue *datasets.Service, book *policy.Book, clocks *deadline.Clocks, now func() time.Time) *Service {
	return &Service{pool: pool, catalogue: catalogue, book: book, clocks: clocks, now: now}
}

// At is the same, with another time: for a sample world that has a past.
func (s *Service) At(now func() time.Time) *Service {
	other := *s
	other.now = now
	return &other
}

// Subject is what the acts of a request stand under in the audit trail.
const Subject = "share-request"

func errNone() error { return fault.New(fault.NotFound, "没有这件共享申请。") }

func errDecided() error {
	return fault.New(fault.Conflict, "这件申请在您打开之后已经有人处理过，请重新打开看看。")
}

// Directory is what the departments share.
func (s *Service) Directory(ctx context.Context, who account.Actor, f datasets.ShareFilter) (datasets.SharePage, error) {
	return s.catalogue.ShareDirectory(ctx, who, f)
}

// Found is an entry of the directory with what a request for it takes.
type Found struct {
	*datasets.Dataset
	Rules      Rules
	Conditions []string
	Materials  []string
	Columns    []string
	Own        bool // of who's department
	Scopes     []Scope
	Most       int // months that a grant may last
}

// Entry is an entry of the directory. It returns fault.NotFound for what who does
// not find there.
func (s *Service) Entry(ctx context.Context, who account.Actor, slug string) (*Found, error) {
	d, err := s.catalogue.Shared(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	f := &Found{Dataset: d, Rules: RulesOn(s.book, d.Department.Profile, s.now()), Conditions: Listed(d.ShareConditions), Materials: Listed(d.RequiredMaterials), Columns: columnsOf(d),
		Own: d.Department.ID == who.Department, Most: s.mostMonths()}
	f.Scopes, err = s.Allows(ctx, who, d.ID, s.now())
	return f, err
}

// MostListed is how many conditions or materials are told apart; what is listed
// beyond that stands with the last.
const MostListed = 40

// Listed are the things that a provider lists in a text, one a line or between
// semicolons, without their numbers.
func Listed(text string) (out []string) {
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '；' || r == ';' }) {
		line = strings.TrimSpace(line)
		for _, mark := range []string{"、", ".", "．", ")", "）"} {
			if n, rest, ok := strings.Cut(line, mark); ok && n != "" && strings.Trim(n, "0123456789一二三四五六七八九十（(") == "" {
				line = strings.TrimSpace(rest)
				break
			}
		}
		if line = strings.TrimRight(line, "。"); line != "" && line != "无" {
			out = append(out, line)
		}
	}
	if len(out) > MostListed {
		out = append(out[:MostListed-1], strings.Join(out[MostListed-1:], "；"))
	}
	return out
}

// columnsOf are the names of the columns of an entry: of its files, else those
// that it declares.
func columnsOf(d *datasets.Dataset) (out []string) {
	add := func(fields []datasets.Field) {
		for _, f := range fields {
			if f.Name != "" && !slices.Contains(out, f.Name) {
				out = append(out, f.Name)
			}
		}
	}
	for _, r := range d.Resources {
		if r.Newest != nil {
			for _, t := range r.Newest.Tables {
				add(t.Fields)
			}
		}
	}
	if len(out) == 0 {
		add(d.Items)
	}
	return out
}

func (s *Service) mostMonths() int {
	if rule, ok := s.book.House().Rule("grant_term_max"); ok {
		n, _ := rule.Number()
		return n
	}
	return 0
}

// KindOf is what a department asks for that wants an entry: by how it is shared.
func KindOf(d *datasets.Dataset) Kind {
	switch d.ShareType {
	case string(datasets.Unconditional):
		return Direct
	case string(datasets.Conditional):
		return Share
	}
	return Reclassify
}

// File asks for an entry, for who's department. kind is Return, or empty: as the
// entry is shared. It returns fault.Invalid at the field that lacks something,
// and fault.Conflict where the same is asked for already.
func (s *Service) File(ctx context.Context, who account.Actor, slug string, kind Kind, a Asked) (*Request, error) {
	if err := mayFile(who); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Request, error) {
		d, err := s.catalogue.SharedIn(ctx, tx, who, slug)
		if err != nil {
			return nil, err
		}
		if kind == "" || kind == Direct || kind == Share || kind == Reclassify {
			if real := KindOf(d); kind != "" && kind != real {
				return nil, fault.New(fault.Conflict, "这个条目的共享类型变了，请重新打开它的页面。")
			}
			kind = KindOf(d)
		} else if kind != Return {
			return nil, fault.New(fault.Conflict, "没有这种申请。")
		}
		if d.Department.ID == who.Department {
			return nil, fault.New(fault.Conflict, "这是本部门自己的数据，不用申请。")
		}
		r := &Request{Kind: kind, Entry: *d, Provider: d.Department, Profile: d.Department.Profile, ShareType: d.ShareType, Conditions: Listed(d.ShareConditions), Materials: Listed(d.RequiredMaterials), columns: columnsOf(d)}
		if kind != Share {
			r.Conditions, r.Materials = nil, nil
		}
		if err := s.file(ctx, tx, who, r, a); err != nil {
			return nil, err
		}
		return r, nil
	})
}

// FileUpward asks the authority over who's department to get data from a platform
// above (AS-19).
func (s *Service) FileUpward(ctx context.Context, who account.Actor, a Asked) (*Request, error) {
	if err := mayFile(who); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Request, error) {
		w, err := s.standing(ctx, tx, who)
		if err != nil {
			return nil, err
		}
		r := &Request{Kind: Upward, Profile: w.profile}
		return r, s.file(ctx, tx, who, r, a)
	})
}

func mayFile(who account.Actor) error {
	if !who.Covers(account.ScopeShare) || who.Department == 0 || !who.Any(body...) {
		return fault.New(fault.Forbidden, "只有部门的数据专员和负责人可以申请共享。")
	}
	return nil
}

// file checks, writes and announces a request; the platform receives it in the
// same moment, and what is shared without condition is taken at once.
func (s *Service) file(ctx context.Context, tx pgx.Tx, who account.Actor, r *Request, a Asked) error {
	r.At, r.AskedBy, r.By, r.State, r.Revision = s.now().Truncate(time.Microsecond), who.ID, who.Name, Submitted, 1
	if err := tx.QueryRow(ctx, `SELECT id, slug, name, name_en FROM departments WHERE id = $1`, who.Department).Scan(&r.Asker.ID, &r.Asker.Slug, &r.Asker.Name, &r.Asker.NameEN); err != nil {
		return err
	}
	r.rules = RulesOn(s.book, r.Profile, r.At)
	var err error
	if r.Asked, err = s.checkAsked(r, a); err != nil {
		return err
	}
	first := Receive
	if r.Kind == Direct {
		first = Take
		last := deadline.Clock{}
		if last, err = s.clocks.Start(r.Profile, grantTerm, r.At); err != nil {
			return err
		}
		until := last.Last
		if r.Asked.Months > 0 {
			until = addMonths(r.At, min(r.Asked.Months, s.mostMonths()))
		}
		r.Given = Given{Columns: r.Asked.Columns, Scope: r.Asked.Scope, Method: r.Asked.Method, Until: until.Format(time.DateOnly)}
		r.AnsweredAt, r.SuppliedAt = &r.At, &r.At
	}
	if r.State, err = lifecycle.Next(Submitted, first, who, r); err != nil {
		return err
	}
	final := r.State
	if final == Supplied {
		r.State = Received // what was supplied is saved below, with what was given
	}
	if err := insert(ctx, tx, r); err != nil {
		if database.Taken(err) {
			return fault.New(fault.Conflict, "本部门对这个条目已经有一件没有办完的申请。").Because(err)
		}
		return err
	}
	if r.State = final; final == Supplied {
		if err := save(ctx, tx, r); err != nil {
			return err
		}
		if err := give(ctx, tx, r, r.At); err != nil {
			return err
		}
	}
	if err := record(ctx, tx, who, r, r.At, first, ""); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, who, Subject, id(r), "file", map[string]string{"kind": string(r.Kind), "dataset": r.Entry.Slug, "purpose": r.Asked.Purpose}); err != nil {
		return err
	}
	if err := s.startClocks(ctx, tx, r); err != nil {
		return err
	}
	return s.tell(ctx, tx, r, first)
}

// startClocks begins the periods of a request that was received.
func (s *Service) startClocks(ctx context.Context, tx pgx.Tx, r *Request) error {
	type start struct {
		of   Which
		term deadline.Term
	}
	var all []start
	switch r.Kind {
	case Share:
		all = append(all, start{Acceptance, acceptanceTerm})
		if !r.rules.Accepted {
			all = append(all, start{Answer, r.rules.answerTerm()})
		}
	case Reclassify:
		all = append(all, start{Answer, reclassifyTerm})
	case Return:
		all = append(all, start{Answer, returnTerm})
	case Upward:
		all = append(all, start{Answer, upwardTerm})
	}
	for _, x := range all {
		k, err := s.clocks.Start(r.Profile, x.term, r.At)
		if err != nil {
			return err
		}
		if err := begin(ctx, tx, r, x.of, k); err != nil {
			return err
		}
	}
	return nil
}

// from is the clock of a term by the rules of the day on which r was received,
// that begins later: a text that lapses meanwhile still binds the case.
func (s *Service) from(r *Request, term deadline.Term, at time.Time) (deadline.Clock, error) {
	k, err := s.clocks.Start(r.Profile, term, r.At)
	if err != nil {
		return k, err
	}
	k.Ref.From = at
	return s.clocks.Resume(k.Ref)
}

// ripe reports whether r was accepted by itself, and when: at the last moment of
// the time to accept it.
func (s *Service) ripe(r *Request) (time.Time, bool) {
	if r.State != Received || r.Kind != Share {
		return time.Time{}, false
	}
	for _, c := range r.Clocks {
		if c.Of == Acceptance && c.Stopped == nil && c.Clock != nil && c.Clock.Late(s.now()) {
			return c.Clock.Due().Add(-time.Microsecond), true
		}
	}
	return time.Time{}, false
}

// ripen shows r, whose rules are known, as time has made it, also before Tend has
// written it down.
func (s *Service) ripen(r *Request) {
	at, ripe := s.ripe(r)
	if !ripe {
		return
	}
	r.State = Accepted
	for i := range r.Clocks {
		if r.Clocks[i].Of == Acceptance {
			r.Clocks[i].Stopped = &at
		}
	}
	if r.rules.Accepted {
		if k, err := s.from(r, r.rules.answerTerm(), at); err == nil {
			r.Clocks = append(r.Clocks, Clock{Of: Answer, Clock: &k, From: at, ref: k.Ref})
		}
	}
}

// accepted writes what ripen shows.
func (s *Service) accepted(ctx context.Context, tx pgx.Tx, who account.Actor, r *Request, at time.Time) error {
	if err := stop(ctx, tx, r, at, Acceptance); err != nil || !r.rules.Accepted {
		return err
	}
	if slices.ContainsFunc(r.Clocks, func(c Clock) bool { return c.Of == Answer && c.Stopped == nil && c.From.Equal(at) }) {
		r.Clocks = slices.DeleteFunc(r.Clocks, func(c Clock) bool { return c.Of == Answer && c.From.Equal(at) })
	}
	k, err := s.from(r, r.rules.answerTerm(), at)
	if err != nil {
		return err
	}
	return begin(ctx, tx, r, Answer, k)
}

func addMonths(t time.Time, n int) time.Time {
	y, m, d := t.In(workdays.Zone).Date()
	last := time.Date(y, m+time.Month(n)+1, 0, 0, 0, 0, 0, workdays.Zone)
	return time.Date(last.Year(), last.Month(), min(d, last.Day()), 0, 0, 0, 0, workdays.Zone)
}

// longest is how long what people write here may be, in characters.
const longest = 2000

// checkAsked cleans a request and returns fault.Invalid at the field that lacks
// something.
func (s *Service) checkAsked(r *Request, a Asked) (Asked, error) {
	for _, f := range []struct {
		field string
		text  *string
	}{{"basis", &a.Basis}, {"purpose", &a.Purpose}, {"scenario", &a.Scenario}, {"scope", &a.Scope}, {"method", &a.Method}, {"needs", &a.Needs}, {"upper", &a.Upper}, {"title", &a.Title}} {
		clean, err := datasets.CleanProse(f.field, *f.text)
		if err != nil {
			return a, err
		}
		if len([]rune(clean)) > longest {
			return a, fault.At(f.field, "太长，最多 %d 个字。", longest)
		}
		*f.text = clean
	}
	most := s.mostMonths()
	if a.Months < 0 || a.Months > most {
		return a, fault.At("months", "期限是 1 到 %d 个月。", most)
	}
	if err := required(r, a); err != nil {
		return a, err
	}
	for _, c := range a.Columns {
		if !slices.Contains(r.columns, c) {
			return a, fault.At("columns", "这个条目没有“%s”这一列，请重新选。", c)
		}
	}
	if len(a.Columns) == len(r.columns) {
		a.Columns = nil // all of them
	}
	answers := make([]string, len(r.Materials))
	for i := range answers {
		if i < len(a.Answers) {
			clean, err := datasets.CleanLine("materials", a.Answers[i])
			if err != nil {
				return a, err
			}
			answers[i] = clean
		}
		if answers[i] == "" {
			return a, fault.At("materials", "提供部门要的材料“%s”还没有写。", r.Materials[i])
		}
	}
	a.Answers = answers
	if !a.Pledge && r.Kind != Reclassify && r.Kind != Upward {
		return a, fault.At("pledge", "请确认只用于写明的目的，不提供给第三方。")
	}
	return a, nil
}

// required asks for the fields that the provider's text names, and for what each
// kind cannot do without.
func required(r *Request, a Asked) error {
	said := map[string]bool{"basis": a.Basis != "", "purpose": a.Purpose != "", "scenario": a.Scenario != "", "scope": a.Scope != "" || len(a.Columns) > 0, "method": a.Method != "", "needs": a.Needs != "",
		"months": a.Months > 0, "upper": a.Upper != "", "title": a.Title != ""}
	var needed []string
	switch r.Kind {
	case Share:
		for _, q := range r.rules.Required {
			needed = append(needed, q.Field)
		}
	case Direct:
		needed = []string{"purpose"}
	case Reclassify:
		needed = []string{"purpose", "basis"}
	case Return:
		needed = []string{"purpose", "scope"}
	case Upward:
		needed = []string{"title", "upper", "basis", "purpose", "scope"}
	}
	for _, field := range needed {
		if !said[field] {
			return fault.At(field, "这一项须填写。")
		}
	}
	return nil
}

// Step is what somebody does with a request.
type Step struct {
	Action   Action
	Revision int
	Words    string
	Given    Given
	Verdicts []bool // of the listed conditions, in their order; empty: not said
	Bases    []datasets.LegalBasis
	Filed    string
}

// Move takes a request further. It returns fault.NotFound for one that who may not
// know of, fault.Forbidden where the action is another's, fault.Conflict where
// somebody was first, and fault.Invalid at the field where something lacks.
func (s *Service) Move(ctx context.Context, who account.Actor, number int64, step Step) (*Request, error) {
	if who.Key != "" { // a program asks; people answer
		return nil, errNone()
	}
	words, err := datasets.CleanProse("words", step.Words)
	if err != nil {
		return nil, err
	}
	if len([]rune(words)) > longest {
		return nil, fault.At("words", "太长，最多 %d 个字。", longest)
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Request, error) {
		w, err := s.standing(ctx, tx, who)
		if err != nil {
			return nil, err
		}
		r, err := s.lock(ctx, tx, w, number)
		if err != nil {
			return nil, err
		}
		side, known := sides[step.Action]
		if !known {
			return nil, fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
		}
		if !slices.ContainsFunc(w.parts(r), side.includes) {
			return nil, fault.New(fault.Forbidden, "这一步由另一方办。")
		}
		if r.Revision != step.Revision {
			return r, errDecided()
		}
		if r.reason = words; step.Action.answers() {
			if err := s.take(ctx, tx, r, step); err != nil {
				return r, err
			}
		}
		return r, s.move(ctx, tx, who, r, step.Action, s.now().Truncate(time.Microsecond))
	})
}

// lock holds a request until tx ends, and writes down what time has made of it.
func (s *Service) lock(ctx context.Context, tx pgx.Tx, w standing, number int64) (*Request, error) {
	var state State
	if err := tx.QueryRow(ctx, `SELECT coalesce((SELECT state FROM share_requests WHERE id = $1 FOR UPDATE), '')`, number).Scan(&state); err != nil {
		return nil, err
	}
	r, err := s.find(ctx, tx, w, number, "")
	if err != nil || state == r.State {
		return r, err
	}
	at := r.Clocks[slices.IndexFunc(r.Clocks, func(c Clock) bool { return c.Of == Acceptance })].Stopped
	return r, s.ripened(ctx, tx, r, *at)
}

// ripened writes that r was accepted by itself. Its revision stays: whoever looks
// at it saw it so.
func (s *Service) ripened(ctx context.Context, tx pgx.Tx, r *Request, at time.Time) error {
	itself := account.System("share-acceptance")
	if _, err := tx.Exec(ctx, `UPDATE share_requests SET state = 'accepted' WHERE id = $1`, r.ID); err != nil {
		return err
	}
	if err := s.accepted(ctx, tx, itself, r, at); err != nil {
		return err
	}
	if err := record(ctx, tx, itself, r, at, Accept, ""); err != nil {
		return err
	}
	return audit.Append(ctx, tx, itself, Subject, id(r), string(Accept), audit.Moved(Received, Accepted))
}

// byItself makes the move that time brings, if what names one still does.
func (s *Service) byItself(ctx context.Context, number int64, what func(*Request) (Action, time.Time)) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if _, err := tx.Exec(ctx, `SELECT FROM share_requests WHERE id = $1 FOR UPDATE`, number); err != nil {
			return none, err
		}
		rows, err := tx.Query(ctx, `SELECT `+columns+tables+`WHERE r.id = @id`, pgx.NamedArgs{"id": number})
		if err != nil {
			return none, err
		}
		r, err := pgx.CollectExactlyOneRow(rows, s.scan)
		if err != nil {
			return none, err
		}
		r.rules = RulesOn(s.book, r.Profile, r.At)
		if r.Grant, err = grantOf(ctx, tx, number); err != nil {
			return none, err
		}
		switch a, at := what(r); a {
		case Accept:
			r.State = Accepted
			return none, s.ripened(ctx, tx, r, at)
		case Expire:
			r.reason = "期满"
			return none, s.move(ctx, tx, account.System("share-term"), r, a, at)
		}
		return none, nil
	})
	return err
}

// answers reports whether an action carries what the provider gives or judges.
func (a Action) answers() bool {
	return slices.Contains([]Action{Agree, Supply, Refuse, AgreeReturn, Flow, KeepWithheld, Decline}, a)
}

// gives reports whether an action names what is given.
func (a Action) gives() bool {
	return slices.Contains([]Action{Agree, Supply, AgreeReturn, Flow}, a)
}

// take puts what a provider says into r.
func (s *Service) take(ctx context.Context, tx pgx.Tx, r *Request, step Step) error {
	if len(step.Verdicts) > 0 {
		if len(step.Verdicts) != len(r.Conditions) {
			return fault.At("conditions", "请逐条写明申请条件满足没有。")
		}
		r.Verdicts = nil
		for i, c := range r.Conditions {
			r.Verdicts = append(r.Verdicts, Answered{c, step.Verdicts[i]})
		}
	}
	if !step.Action.gives() {
		r.Bases = slices.Clone(step.Bases)
		if len(r.Bases) > 20 {
			return fault.At("basis", "依据最多 %d 条。", 20)
		}
		if _, err := datasets.CleanBases("basis", r.Bases); err != nil {
			return err
		}
		return s.filing(r, step.Filed)
	}
	g := step.Given
	if step.Action == Supply && r.State == Agreed || step.Action == Flow && r.State == Agreed && g.Until == "" {
		if r.Given.Until != "" && g.Until == "" {
			return nil // as was agreed
		}
	}
	return s.checkGiven(ctx, tx, r, g)
}

// filing takes from the entry, or from what the provider says, when the authority
// was told of the limit.
func (s *Service) filing(r *Request, filed string) error {
	r.Filed = ""
	for _, f := range r.Entry.Filings {
		if slices.Contains(r.rules.Filed, f.With) {
			r.Filed = f.Date
		}
	}
	if filed == "" {
		return nil
	}
	day, err := time.ParseInLocation(time.DateOnly, filed, workdays.Zone)
	if err != nil || day.After(s.now()) {
		return fault.At("filed", "备案日期写成年-月-日，不能晚于今天。")
	}
	r.Filed = filed
	return nil
}

// checkGiven puts what a provider gives into r: no more columns than there are,
// until a day that the rules allow.
func (s *Service) checkGiven(ctx context.Context, tx pgx.Tx, r *Request, g Given) error {
	for _, f := range []struct {
		field string
		text  *string
	}{{"scope", &g.Scope}, {"method", &g.Method}, {"guidance", &g.Guidance}} {
		clean, err := datasets.CleanProse(f.field, *f.text)
		if err != nil {
			return err
		}
		*f.text = clean
	}
	if len(g.Columns) > 0 {
		there, err := s.columnsIn(ctx, tx, r)
		if err != nil {
			return err
		}
		for _, c := range g.Columns {
			if !slices.Contains(there, c) {
				return fault.At("columns", "这个条目没有“%s”这一列，请重新选。", c)
			}
		}
	}
	today := s.now().In(workdays.Zone).Format(time.DateOnly)
	last, err := s.clocks.Start(r.Profile, grantTerm, s.now())
	if err != nil {
		return err
	}
	if g.Until == "" && r.Asked.Months > 0 {
		g.Until = addMonths(s.now(), r.Asked.Months).Format(time.DateOnly)
	}
	if _, err := time.Parse(time.DateOnly, g.Until); err != nil || g.Until <= today || g.Until > last.Last.Format(time.DateOnly) {
		return fault.At("until", "使用期限要写到哪一天：明天以后，%s 以前。", last.Last.Format(time.DateOnly))
	}
	r.Given = g
	return nil
}

// columnsIn are the columns of the entry of a request.
func (s *Service) columnsIn(ctx context.Context, q database.Querier, r *Request) ([]string, error) {
	looking := account.Actor{Roles: body, Department: r.Provider.ID}
	d, err := s.catalogue.SharedIn(ctx, q, looking, r.Entry.Slug)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil, fault.New(fault.Conflict, "条目已经撤下，不能提供；请办结，系统会告诉申请部门。")
		}
		return nil, err
	}
	return columnsOf(d), nil
}

// move makes the move and everything that comes of it.
func (s *Service) move(ctx context.Context, tx pgx.Tx, who account.Actor, r *Request, a Action, at time.Time) error {
	from := r.State
	to, err := lifecycle.Next(from, a, who, r)
	if err != nil {
		return err
	}
	r.State, r.mover = to, who.Department
	if err := s.effects(ctx, tx, who, r, from, a, at); err != nil {
		return err
	}
	if err := save(ctx, tx, r); err != nil {
		return err
	}
	if err := record(ctx, tx, who, r, at, a, r.reason); err != nil {
		return err
	}
	detail := audit.Moved(from, to)
	if r.reason != "" {
		detail["words"] = r.reason
	}
	if err := audit.Append(ctx, tx, who, Subject, id(r), string(a), detail); err != nil {
		return err
	}
	return s.tell(ctx, tx, r, a)
}

// effects are the clocks that a move stops and begins, and the grant that it
// gives or ends.
func (s *Service) effects(ctx context.Context, tx pgx.Tx, who account.Actor, r *Request, from State, a Action, at time.Time) error {
	if r.AnsweredAt == nil && slices.Contains([]Action{Agree, Supply, Refuse, AgreeReclassify, KeepWithheld, AgreeReturn, Flow, Decline, TakeUp, Forward}, a) {
		r.AnsweredAt = &at
	}
	switch a {
	case Accept:
		return s.accepted(ctx, tx, who, r, at)
	case Refuse, KeepWithheld, Decline, Uphold:
		if a != Uphold {
			r.Words = r.reason
		}
		return stop(ctx, tx, r, at, Acceptance, Answer, Authority)
	case Agree:
		if from == Refused || from == Negotiating {
			r.Words = ""
		}
		done := []Which{Acceptance, Negotiation}
		if !r.rules.Supplied { // a promise is an answer there, and none where the data must be supplied
			done = append(done, Answer)
		}
		return stop(ctx, tx, r, at, done...)
	case Supply, Flow:
		r.SuppliedAt = &at
		if err := stop(ctx, tx, r, at, Acceptance, Answer, Negotiation); err != nil {
			return err
		}
		return give(ctx, tx, r, at)
	case Negotiate:
		return s.next(ctx, tx, r, Negotiation, negotiationTerm, at)
	case Refer:
		if err := stop(ctx, tx, r, at, Negotiation); err != nil {
			return err
		}
		return s.next(ctx, tx, r, Authority, authorityTerm, at)
	case Order:
		r.Overturned = true
		if r.Given.Until == "" {
			r.Given.Until = "" // the provider names it when it supplies
		}
		if err := stop(ctx, tx, r, at, Authority); err != nil {
			return err
		}
		return s.next(ctx, tx, r, Answer, r.rules.answerTerm(), at)
	case Expire, Revoke, End:
		why := r.reason
		if why == "" {
			why = "使用部门不再需要"
		}
		return take(ctx, tx, r, who, at, why)
	case Say, Obtain:
		return nil
	}
	return stop(ctx, tx, r, at, Acceptance, Answer, Negotiation, Authority)
}

func (s *Service) next(ctx context.Context, tx pgx.Tx, r *Request, of Which, term deadline.Term, at time.Time) error {
	k, err := s.from(r, term, at)
	if err != nil {
		return err
	}
	return begin(ctx, tx, r, of, k)
}

// One is a request that who may know of, and what they can do with it.
func (s *Service) One(ctx context.Context, who account.Actor, number int64) (*Request, []Part, []Action, error) {
	w, err := s.standing(ctx, s.pool, who)
	if err != nil {
		return nil, nil, nil, err
	}
	r, err := s.find(ctx, s.pool, w, number, "")
	if err != nil {
		return nil, nil, nil, err
	}
	parts := w.parts(r)
	offers := slices.DeleteFunc(lifecycle.Offer(r.State, who, r), func(a Action) bool { return !slices.ContainsFunc(parts, sides[a].includes) })
	return r, parts, offers, nil
}

// Filter narrows a list of requests.
type Filter struct {
	As     Part // Asker, Provider or Over
	All    bool // what is over, too
	Before int64
	Limit  int // 50 if zero
}

// Requests are those that who may know of on one side, the newest first.
func (s *Service) Requests(ctx context.Context, who account.Actor, f Filter) ([]*Request, error) {
	w, err := s.standing(ctx, s.pool, who)
	if err != nil {
		return nil, err
	}
	where := ""
	switch {
	case f.As == Asker && w.body:
		where = `r.asker_id = @department`
	case f.As == Provider && w.body:
		where = `r.provider_id = @department`
	case f.As == Over && w.department != 0 && who.Is(account.Authority):
		where = `@over AND r.profile = @profile`
	default:
		return nil, fault.New(fault.Forbidden, "共享申请只有双方和主管部门能看。")
	}
	if !f.All {
		where += ` AND r.state IN ('received', 'accepted', 'agreed', 'negotiating', 'referred', 'assisting', 'forwarded')`
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	args := w.args()
	args["limit"], args["before"] = f.Limit, f.Before
	if f.Before > 0 {
		where += ` AND r.id < @before`
	}
	return s.list(ctx, s.pool, where, args, ` ORDER BY r.id DESC LIMIT @limit`)
}

// Proposed is what a provider would give that changes nothing of what was asked.
func (s *Service) Proposed(r *Request) Given {
	if r.Given.Until != "" {
		return r.Given
	}
	months := r.Asked.Months
	if most := s.mostMonths(); months == 0 {
		months = most
	}
	return Given{Columns: r.Asked.Columns, Scope: r.Asked.Scope, Method: r.Asked.Method, Until: addMonths(s.now(), months).Format(time.DateOnly), Guidance: r.Entry.Contact}
}

// Delivery is data on their way to a department: a whole file, or the columns that
// its grant names.
type Delivery struct {
	File    *datasets.File // nil: Export
	Export  *rows.Export
	Name    string // of what Export writes, without its ending
	Dataset int64
}

// Fetch returns a file of an entry of the directory, if the Gate lets who have it:
// the original, or the rows of its first table as CSV; of a grant of some columns
// only these. That it was fetched is written down, with the grant and the content.
func (s *Service) Fetch(ctx context.Context, who account.Actor, slug, resource, kind string) (*Delivery, error) {
	if kind != "original" && kind != "csv" {
		return nil, fault.New(fault.NotFound, "没有这种格式。")
	}
	d, err := s.catalogue.Shared(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(d.Resources, func(r datasets.Resource) bool { return r.ID == resource && r.Newest != nil })
	if at < 0 {
		return nil, fault.New(fault.NotFound, "没有这份数据。")
	}
	v := d.Resources[at].Newest
	scopes, err := s.Allows(ctx, who, d.ID, s.now())
	if err != nil {
		return nil, err
	}
	out, scope := &Delivery{Dataset: d.ID}, Covering(scopes, nil)
	switch {
	case kind == "original":
		out.File, err = s.catalogue.Original(ctx, who, v)
	case scope == nil && len(scopes) > 0 && s.catalogue.MayServe(ctx, who, v) != nil:
		scope = &scopes[0] // the Gate gives its columns and no others
		out.Name = v.BaseName(0)
		out.Export, err = s.catalogue.Export(ctx, who, v, 0, rows.Query{}, rows.ExportOptions{Format: rows.CSV, BOM: true, Safe: true})
	default:
		out.File, err = s.catalogue.Rendition(ctx, who, v, 0, datasets.CSVBOM)
	}
	if err != nil || scope == nil { // open to everybody, or one's own
		return out, err
	}
	detail := map[string]string{"grant": strconv.FormatInt(scope.Grant, 10), "resource": resource, "version": strconv.Itoa(v.Number), "sha256": v.SHA256, "as": kind, "columns": strings.Join(scope.Columns, ", ")}
	if _, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, audit.Append(ctx, tx, who, Subject, strconv.FormatInt(scope.Request, 10), "fetch", detail)
	}); err != nil && out.File != nil {
		out.File.Object.Close()
	}
	return out, err
}
