package corrections

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/quality"
	"shuyuan/datasets/sources"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
)

// The limits of how many objections are filed: by one account, or by one network
// without an account; and of the letters to one address, which is no mailbox of
// ours.
const (
	Bucket        = "correction"
	AddressBucket = "correction-address"
)

// Limiter counts what somebody does, as account.Service does.
type Limiter interface {
	Allow(ctx context.Context, bucket, subject string) (account.Limit, error)
}

// Config is what the service is made of.
type Config struct {
	Pool      *pgxpool.Pool
	Catalogue *datasets.Service
	Sources   *sources.Service
	Book      *policy.Book
	Clocks    *deadline.Clocks
	Limits    Limiter
	Secret    []byte // of the links of whoever files
	Now       func() time.Time
}

// Service has every operation on objections.
type Service struct {
	pool      *pgxpool.Pool
	catalogue *datasets.Service
	sources   *sources.Service
	book      *policy.Book
	clocks    *deadline.Clocks
	limits    Limiter
	secret    []byte
	now       func() time.Time
}

// New returns the objections to the entries of a catalogue.
func New(c Config) *Service {
	return &Service{pool: c.Pool, catalogue: c.Catalogue, sources: c.Sources, book: c.Book, clocks: c.Clocks, limits: c.Limits, secret: c.Secret, now: c.Now}
}

func errNone() error { return fault.New(fault.NotFound, "没有这件异议。") }

// Filing is what somebody says is wrong.
type Filing struct {
	Slug     string // of the entry
	Resource string // id; empty: the entry itself
	Version  int    // of the resource; 0: the newest
	Table    int    // from 1; 0: the first, or none where the file has none
	Row      int64  // of the file, from 1; 0: no row
	Column   string // empty: no column
	Channel  Channel
	Alleged  string // becomes public
	Evidence string // stays with the department
	Contact  string // an e-mail address or a phone number
	Network  string // by which whoever has no account is counted
	Language string // zh or en: of the letters
}

// File takes an objection to what who can see, and returns it with the secret of
// the link by which whoever filed it follows it. It returns fault.Invalid at the
// field, fault.Conflict for what is open already, and fault.TooMany above the
// number a day.
func (s *Service) File(ctx context.Context, who account.Actor, f Filing) (*Correction, string, error) {
	c, by, err := s.prepare(ctx, who, f)
	if err != nil {
		return nil, "", err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := insert(ctx, tx, c, by); err != nil {
			if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.ConstraintName == "corrections_once" {
				return none, fault.New(fault.Conflict, "同样的异议已经有人提出，正在复核。").Because(err)
			}
			return none, err
		}
		if err := s.happened(ctx, tx, who, c, File, "", ""); err != nil {
			return none, err
		}
		if err := s.catalogue.Rechecked(ctx, tx, c.Dataset.ID, 1); err != nil {
			return none, err
		}
		if err := s.tellDesk(ctx, tx, c, File); err != nil {
			return none, err
		}
		if err := s.tellReporter(ctx, tx, c, by, File); err != nil {
			return none, err
		}
		return none, s.catalogue.Announce(ctx, tx, c.Dataset.ID)
	})
	if err != nil {
		return nil, "", err
	}
	return c, s.link(c), nil
}

// Waste takes what a program wrote into a field that people do not see: it is
// judged and counted as any objection, and stored nowhere. The link looks like any
// and leads nowhere.
func (s *Service) Waste(ctx context.Context, who account.Actor, f Filing) (link string, err error) {
	c, _, err := s.prepare(ctx, who, f)
	if err != nil {
		return "", err
	}
	return s.link(c), nil
}

// prepare is all of filing but the writing.
func (s *Service) prepare(ctx context.Context, who account.Actor, f Filing) (*Correction, *Reporter, error) {
	d, err := s.catalogue.Dataset(ctx, who, f.Slug)
	if err != nil {
		return nil, nil, err
	}
	if d.Status != datasets.Published {
		return nil, nil, fault.New(fault.Conflict, "这个条目没有公开，不能提出异议。")
	}
	c := &Correction{Dataset: *d, department: d.Department.ID, Profile: d.Department.Profile, Channel: f.Channel, FiledAt: s.now().Truncate(time.Microsecond), Revision: 1, now: s.now, salt: make([]byte, 16)}
	_, _ = rand.Read(c.salt)
	if c.Channel != ToProvider && c.Channel != ToPlatform {
		return nil, nil, fault.At("channel", "请选向谁提出。")
	}
	if c.Place, err = s.place(ctx, who, d, f); err != nil {
		return nil, nil, err
	}
	for _, t := range []struct {
		field, words string
		to           *string
	}{{"alleged", f.Alleged, &c.Alleged}, {"evidence", f.Evidence, &c.Evidence}} {
		if *t.to, err = datasets.CleanProse(t.field, t.words); err != nil {
			return nil, nil, err
		}
		if err := words(t.field, *t.to); err != nil {
			return nil, nil, err
		}
	}
	if personal(c.Alleged, s.now()) {
		return nil, nil, fault.At("alleged", "这里像是有证件号、手机号、银行卡号或邮箱。这一栏会公开，请删去再送出；要写的放在证据里，只有部门看得到。")
	}
	by := &Reporter{User: who.ID, Language: f.Language}
	if by.User < 0 { // the installation itself
		by.User = 0
	}
	if by.Contact, err = account.Identifier(f.Contact); err != nil {
		return nil, nil, fault.At("contact", "请填写电子邮箱或手机号。").Because(err)
	}
	if by.Language != "en" {
		by.Language = "zh"
	}
	if err := s.start(c); err != nil {
		return nil, nil, err
	}
	return c, by, s.admit(ctx, who, f, by)
}

// admit counts the filing. It returns fault.TooMany where there are too many.
func (s *Service) admit(ctx context.Context, who account.Actor, f Filing, by *Reporter) error {
	subject := "network " + f.Network
	if who.ID > 0 {
		subject = "account " + strconv.FormatInt(who.ID, 10)
	}
	for _, l := range []struct{ bucket, subject, sentence string }{
		{Bucket, subject, "今天提出的异议太多了，请明天再来。"},
		{AddressBucket, by.Contact, "今天留这个联系方式的异议太多了，请明天再来。"},
	} {
		limit, err := s.limits.Allow(ctx, l.bucket, l.subject)
		if err != nil {
			return err
		}
		if !limit.Allowed {
			return fault.New(fault.TooMany, l.sentence)
		}
	}
	return nil
}

// personal reports whether words hold the number or the address of a person: what
// is alleged becomes public with the answer.
func personal(words string, now time.Time) bool {
	return slices.ContainsFunc(quality.Find(words, now), func(h quality.Hit) bool { return h.Right })
}

// place finds what an objection is about, and returns fault.Invalid at the field
// for what is not there.
func (s *Service) place(ctx context.Context, who account.Actor, d *datasets.Dataset, f Filing) (Place, error) {
	p := Place{Table: -1}
	if f.Resource == "" {
		if f.Row != 0 || f.Column != "" || f.Version != 0 || f.Table != 0 {
			return p, fault.At("resource", "请选是哪个文件里的。")
		}
		return p, nil
	}
	at := slices.IndexFunc(d.Resources, func(r datasets.Resource) bool { return r.ID == f.Resource })
	if at < 0 {
		return p, fault.At("resource", "这个数据集没有这个文件。")
	}
	r := &d.Resources[at]
	v := r.Newest
	switch {
	case v == nil:
		return p, fault.At("resource", "这个文件还没有发布，请对整个数据集提出。")
	case f.Version != 0 && f.Version != v.Number:
		var err error
		if v, err = s.catalogue.Version(ctx, who, r.ID, f.Version); fault.KindOf(err) == fault.NotFound {
			return p, fault.At("version", "这个文件没有第 %d 版。", f.Version)
		} else if err != nil {
			return p, err
		}
	}
	p.Resource, p.Version, p.version = &datasets.Resource{ID: r.ID, Name: r.Name, NameEN: r.NameEN}, v.Number, v.ID
	if f.Table == 0 && f.Row == 0 && f.Column == "" {
		return p, nil
	}
	if p.Table = max(f.Table, 1) - 1; p.Table >= len(v.Tables) {
		return p, fault.At("table", "这个文件没有第 %d 张表。", p.Table+1)
	}
	p.position = &p.Table
	t := &v.Tables[p.Table]
	if f.Row < 0 || f.Row > t.Rows {
		return p, fault.At("row", "这张表没有第 %d 行：共 %d 行。", f.Row, t.Rows)
	}
	p.Row = f.Row
	if f.Column == "" {
		return p, nil
	}
	field := slices.IndexFunc(t.Fields, func(x datasets.Field) bool { return x.Name == f.Column })
	if field < 0 {
		return p, fault.At("column", "这一版里没有这一列。")
	}
	p.Column, p.Label, p.LabelEN = t.Fields[field].Name, t.Fields[field].Label, t.Fields[field].LabelEN
	return p, nil
}

// Step is what somebody does with an objection.
type Step struct {
	Action   Action
	Revision int    // of the page that it was done on
	Words    string // the answer, or the reason
	Days     int    // of AskMore
	Fix      string // key of one of the fixes that Fixes found
	Case     int64  // of Disagree: one that runs
	Other    string // of Disagree where there is none: slug of the entry that says otherwise
}

// Move takes an objection further at the desk. It returns fault.NotFound for one
// that who may not know of, fault.Forbidden where the move is another's,
// fault.Conflict where somebody was first, and fault.Invalid at the field where
// something lacks.
func (s *Service) Move(ctx context.Context, who account.Actor, id int64, step Step) (*Correction, error) {
	if step.Action == Reopen || step.Action == Close {
		return nil, fault.New(fault.Forbidden, "只有提出异议的人可以这样做。")
	}
	return s.move(ctx, who, id, step, func(tx pgx.Tx, c *Correction) error {
		sees, err := s.sees(ctx, tx, who, c)
		if err == nil && !sees {
			err = errNone()
		}
		return err
	})
}

// move locks an objection, asks whether who may, and takes the step.
func (s *Service) move(ctx context.Context, who account.Actor, id int64, step Step, may func(pgx.Tx, *Correction) error) (*Correction, error) {
	said, err := datasets.CleanProse(stepField(step.Action), step.Words)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Correction, error) {
		c, err := s.lock(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if err := may(tx, c); err != nil {
			return nil, err
		}
		if c.Revision != step.Revision {
			return c, fault.New(fault.Conflict, "这件异议在您打开之后已经有人处理过，请重新打开看看。")
		}
		from := c.State
		if err := s.take(ctx, tx, who, c, step, said); err != nil {
			return c, err
		}
		if err := save(ctx, tx, c); err != nil {
			return nil, err
		}
		by := who.Name
		if step.Action == Reopen || step.Action == Close {
			by = ""
		}
		if err := s.happened(ctx, tx, who, c, step.Action, by, said); err != nil {
			return nil, err
		}
		return c, s.after(ctx, tx, c, from, step.Action)
	})
}

// stepField is the field of the form in which the words of an action stand.
func stepField(a Action) string {
	if a == Correct || a == Confirm {
		return "answer"
	}
	return "reason"
}

// take changes c as the step says, if it may be taken.
func (s *Service) take(ctx context.Context, tx pgx.Tx, who account.Actor, c *Correction, step Step, said string) error {
	var err error
	switch step.Action { // what the table of moves looks at
	case AskMore:
		c.AskedDays, c.AskReason = step.Days, said
	case Correct, Confirm:
		c.Answer = said
		if step.Action == Correct && step.Fix != "" {
			if c.Fix, err = s.fix(ctx, tx, c, step.Fix); err != nil {
				return err
			}
		}
	case Disagree: // nobody makes a case who may not
		if _, err = lifecycle.Next(c.State, Disagree, who, pretend(c)); err != nil {
			return err
		}
		if err = words("reason", said); err != nil {
			return err
		}
		if c.Case, err = s.join(ctx, tx, who, c, step, said); err != nil {
			return err
		}
	}
	if c.State, err = lifecycle.Next(c.State, step.Action, who, c); err != nil {
		return err
	}
	now := s.now().Truncate(time.Microsecond)
	switch step.Action {
	case Forward:
		c.ReceivedAt = &now
		return s.receive(c, now)
	case AskMore:
		c.Asked, c.AskedBy, c.askedBy = &now, who.Name, who.ID
	case DenyMore:
		c.Asked, c.AskedBy, c.askedBy, c.AskedDays, c.AskReason = nil, "", 0, 0, ""
		return words("reason", said)
	case GiveMore:
		return s.extend(c, who, now)
	case Disagree:
		return s.readCase(ctx, tx, c)
	case Correct, Confirm:
		c.Outcome, c.Answered, c.Answerer, c.answerer = c.State, &now, who.Name, who.ID
	case Reopen:
		c.Outcome, c.Answer, c.Answered, c.Answerer, c.answerer, c.Fix = "", "", nil, "", 0, nil
		c.Case, c.caseEnded, c.caseClock, c.CaseState = 0, nil, nil, ""
		c.Reopened, c.base.From = &now, now
		s.resume(c)
		return words("reason", said)
	case Close:
		c.ClosedAt = &now
	}
	return nil
}

// pretend is c as if a case had been named.
func pretend(c *Correction) *Correction {
	out := *c
	out.Case = -1
	return &out
}

// join is the case that c joins: one that runs, or a new one.
func (s *Service) join(ctx context.Context, tx pgx.Tx, who account.Actor, c *Correction, step Step, said string) (int64, error) {
	switch {
	case step.Case == 0 && step.Other == "":
		return 0, withCase(&Correction{})
	case step.Case == 0:
		id, err := s.sources.OpenInconsistencyIn(ctx, tx, who, sources.NewInconsistency{One: c.Dataset.Slug, Other: strings.TrimSpace(step.Other), About: said, FromCorrection: true})
		if f := fault.Of(err); err != nil && f.Kind == fault.Invalid && f.Field == "about" {
			f.Field = "reason"
		}
		return id, err
	}
	running, err := s.Cases(ctx, who, c)
	if err != nil {
		return 0, err
	}
	if !slices.ContainsFunc(running, func(k sources.Case) bool { return k.ID == step.Case }) {
		return 0, fault.At("case", "没有这一案，或者它已经结了，或者和这个条目无关。")
	}
	return step.Case, nil
}

// Cases are those about the entry of c in which departments settle whose values
// hold.
func (s *Service) Cases(ctx context.Context, who account.Actor, c *Correction) ([]sources.Case, error) {
	all, err := s.sources.Cases(ctx, who, sources.Inconsistency)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(k sources.Case) bool {
		return !k.State.Running() || !slices.ContainsFunc(k.Entries, func(e sources.Entry) bool { return e.ID == c.Dataset.ID })
	}), nil
}

// after tells everybody concerned of a step that was taken.
func (s *Service) after(ctx context.Context, tx pgx.Tx, c *Correction, from State, a Action) error {
	if from.Open() != c.State.Open() {
		more := 1
		if from.Open() {
			more = -1
		}
		if err := s.catalogue.Rechecked(ctx, tx, c.Dataset.ID, more); err != nil {
			return err
		}
	}
	by, err := selectReporter(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	if err := s.tellDesk(ctx, tx, c, a); err != nil {
		return err
	}
	if err := s.tellReporter(ctx, tx, c, by, a); err != nil {
		return err
	}
	if a == Correct {
		if err := s.tellDownloaders(ctx, tx, c); err != nil {
			return err
		}
		// one that was reopened is put right a second time
		if err := s.catalogue.Happened(ctx, tx, c.Dataset.ID, datasets.EventRecheck, c.ID, id(c)+"/"+strconv.Itoa(c.Revision), datasets.EventDetail{Title: beginning(c.Alleged)}); err != nil {
			return err
		}
	}
	return s.catalogue.Announce(ctx, tx, c.Dataset.ID)
}

// beginning is the first words of what is alleged, for lists.
func beginning(body string) string {
	r := []rune(body)
	for i, c := range r {
		if c == '\n' || i == 60 {
			return string(r[:i]) + "…"
		}
	}
	return body
}

// happened writes a step into the history and into the audit trail. The trail
// holds no word of what somebody wrote.
func (s *Service) happened(ctx context.Context, tx pgx.Tx, who account.Actor, c *Correction, a Action, by, said string) error {
	if err := insertEvent(ctx, tx, c.ID, Event{Act: a, At: s.now(), By: by, Words: said}); err != nil {
		return err
	}
	return audit.Append(ctx, tx, who, "correction", id(c), string(a), map[string]string{"dataset": c.Dataset.Slug, "to": string(c.State)})
}

func id(c *Correction) string { return strconv.FormatInt(c.ID, 10) }
