package catalogue

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/sources"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
)

// Service compiles the catalogue.
type Service struct {
	pool    *pgxpool.Pool
	entries *datasets.Service
	book    *policy.Book
	clocks  *deadline.Clocks
	sources *sources.Service
	now     func() time.Time
}

// New returns the compiling of the catalogue that entries holds.
func New(pool *pgxpool.Pool, entries *datasets.Service, book *policy.Book, clocks *deadline.Clocks, now func() time.Time) *Service {
	return &Service{pool: pool, entries: entries, book: book, clocks: clocks, sources: sources.New(pool, entries, book, clocks, now), now: now}
}

// Sources are the cases about who collects what, and whose values hold.
func (s *Service) Sources() *sources.Service { return s.sources }

// confirmation is how long the authority may take: no text says.
var confirmation = deadline.Term{House: "catalogue_confirmation"}

// Entry is an entry with where it stands.
type Entry struct {
	*datasets.Dataset
	Standing
	Rules     Rules
	HeadSigns bool
	Uses      []sources.Use   // items that another department collects, as decided
	Clock     *deadline.Clock // of the authority, while it is submitted
	today     time.Time
}

// Standing is where an entry is between department and authority, and how it
// came there.
type Standing struct {
	State       State
	SubmittedAt *time.Time
	SubmittedBy int64
	DecidedAt   *time.Time
	DecidedBy   string
	Reason      string // of the return
	Imported    bool   // confirmed elsewhere, and brought by an import
	ref         deadline.Ref
}

// Examine asks every check of the entry.
func (e *Entry) Examine() []Finding {
	return append(Examine(e.Dataset, e.Rules, e.today), oneSource(e.Dataset, e.Rules, e.Uses)...)
}

// Offers are the actions that who can take now.
func (e *Entry) Offers(who account.Actor) []Action {
	var out []Action
	for _, a := range Lifecycle.Offer(e.State, who, e) {
		if e.mayAct(who, a) == nil {
			out = append(out, a)
		}
	}
	return out
}

// mayAct asks whose side somebody acts for.
func (e *Entry) mayAct(who account.Actor, a Action) error {
	own := who.Department == e.Department.ID
	switch {
	case a == Confirm && who.ID == e.SubmittedBy:
		return fault.New(fault.Forbidden, "自己报送的条目不能由自己确认。")
	case a == Confirm, a == Return && who.Is(account.Authority):
		return nil // Entry has let through only the authority over the department
	case !own:
		return fault.New(fault.Forbidden, "只有本部门的人可以这样做。")
	}
	return nil
}

// Editable says why the entry cannot be edited as it stands; nil if it can.
func (e *Entry) Editable(who account.Actor) error {
	switch {
	case !who.Is(account.Officer) || who.Department != e.Department.ID || !who.Covers(account.ScopePublish):
		return fault.New(fault.Forbidden, "只有本部门的数据专员可以改这个条目。")
	case e.Status != datasets.Draft:
		return fault.New(fault.Conflict, "这个条目已经公开过，要改须先登记变更的情形、日期和依据。")
	case e.State == Submitted || e.State == WithHead:
		return fault.New(fault.Conflict, "这个条目已经报送，要改请先撤回。")
	}
	return nil
}

func errNoEntry() error { return fault.New(fault.NotFound, "没有这个目录条目。") }

// as is the installation reading or writing for whoever was let through: only
// an officer of a department reads its drafts.
func as(department int64) account.Actor {
	who := account.System("catalogue")
	who.Roles, who.Department = []account.Role{account.Officer}, department
	return who
}

// Entry is the entry called slug as who may see it: its department does always,
// and the authority over it from the moment it was submitted. Everybody else is
// told that there is none.
func (s *Service) Entry(ctx context.Context, who account.Actor, slug string) (*Entry, error) {
	at, err := s.find(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	if !at.seenBy(who) {
		return nil, errNoEntry()
	}
	d, err := s.entries.Dataset(ctx, as(at.department), slug)
	if err != nil {
		return nil, err
	}
	for i := range d.Resources { // codes are values of data, and data is for the Gate
		if v := d.Resources[i].Newest; v != nil {
			for j := range v.Tables {
				for k := range v.Tables[j].Fields {
					v.Tables[j].Fields[k].Codes = nil
				}
			}
		}
	}
	return s.entry(ctx, at, d)
}

func (s *Service) entry(ctx context.Context, at found, d *datasets.Dataset) (_ *Entry, err error) {
	e := &Entry{Dataset: d, Standing: at.Standing, HeadSigns: at.head, today: s.now(), Rules: RulesOn(s.book, at.profile, s.now())}
	if e.State == Submitted && e.SubmittedAt != nil {
		c, err := s.clocks.Resume(e.ref)
		if err != nil {
			return nil, err
		}
		e.Clock = &c
	}
	e.Uses, err = s.sources.Uses(ctx, d.ID)
	return e, err
}

// NewEntry is what an entry begins with.
type NewEntry struct {
	Declaration Declaration
	Title       string
	Slug        string // of its address; made if empty
	From        string // slug of an entry of the department to copy
	Template    int64  // of the department
}

// Create makes a draft and returns its slug.
func (s *Service) Create(ctx context.Context, who account.Actor, n NewEntry) (string, error) {
	if !who.Is(account.Officer) || who.Department == 0 || !who.Covers(account.ScopePublish) {
		return "", fault.New(fault.Forbidden, "只有部门的数据专员可以编目。")
	}
	if err := s.declare(ctx, who, n.Declaration); err != nil {
		return "", err
	}
	if strings.TrimSpace(n.Title) == "" {
		return "", fault.At("title", "请填写名称。")
	}
	department, v, err := s.surroundings(ctx, who.Department)
	if err != nil {
		return "", err
	}
	c := Content{}
	switch {
	case n.From != "":
		from, err := s.Entry(ctx, who, n.From)
		if err != nil {
			return "", err
		}
		if from.Department.ID != who.Department {
			return "", errNoEntry()
		}
		c = Of(from.Dataset)
		for _, k := range notCopied {
			delete(c, k)
		}
	case n.Template != 0:
		if c, err = s.template(ctx, who, n.Template); err != nil {
			return "", err
		}
	}
	d, err := draft(department, v, c, n)
	if err != nil {
		return "", err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, s.keep(ctx, tx, who, d, "create")
	})
	return d.Slug, err
}

// Derive makes, in tx, a draft beside an entry of who's department for data that
// was made of its data. Change says what of it is otherwise. The entry stays as
// it is (AB-31.3).
func (s *Service) Derive(ctx context.Context, tx pgx.Tx, who account.Actor, n NewEntry, change func(*datasets.Dataset)) (*datasets.Dataset, error) {
	if n.Declaration != NotSecret { // refused and recorded apart from tx, which then does nothing
		return nil, s.declare(ctx, who, n.Declaration)
	}
	if strings.TrimSpace(n.Title) == "" {
		return nil, fault.At("title", "请填写名称。")
	}
	department, v, err := s.surroundings(ctx, who.Department)
	if err != nil {
		return nil, err
	}
	from, err := s.Entry(ctx, who, n.From)
	if err != nil {
		return nil, err
	}
	c := Of(from.Dataset)
	for _, k := range append(notCopied, "summary", "summary_en") {
		delete(c, k)
	}
	d, err := draft(department, v, c, n)
	if err != nil {
		return nil, err
	}
	change(d)
	return d, s.keep(ctx, tx, who, d, "create")
}

// draft is a new entry of a department with content c.
func draft(department datasets.Department, v Vocabulary, c Content, n NewEntry) (*datasets.Dataset, error) {
	c["title"] = n.Title
	d := fresh(department)
	if d.Slug = n.Slug; d.Slug == "" {
		d.Slug = newSlug(department)
	}
	if wrong := c.Apply(d, v); len(wrong) > 0 {
		return nil, wrong[0].fault()
	}
	return d, nil
}

// newSlug is an address for an entry that nobody gave one.
func newSlug(department datasets.Department) string {
	return department.Slug + "-" + strings.ToLower(rand.Text()[:8])
}

// notCopied is what belongs to one entry alone.
var notCopied = []string{"title", "title_en", "last_updated", "next_due", "resource_code", "filings"}

// fresh is an entry of a department of which nothing has been said.
func fresh(p datasets.Department) *datasets.Dataset {
	return &datasets.Dataset{Department: p, Region: datasets.Region{Code: p.Region}, Status: datasets.Draft, Sample: p.Sample}
}

// keep saves a draft with its revision, and makes it one again where the
// authority had confirmed or returned another state of it.
func (s *Service) keep(ctx context.Context, tx pgx.Tx, who account.Actor, d *datasets.Dataset, act string) error {
	if err := s.entries.SaveDraft(ctx, tx, who, d); err != nil {
		return err
	}
	return s.revise(ctx, tx, who, d, act)
}

// Saved is what a form brings.
type Saved struct {
	Declaration Declaration
	Content     Content
	Revision    int64 // that the form was opened with
}

// answer is what the form answers to the question about state secrets. What is
// called one by its own level is one, whatever was answered.
func (in Saved) answer() Declaration {
	if saysSecret(in.Content) {
		return Secret
	}
	return in.Declaration
}

// Save saves a draft, complete or not. What cannot be read at all is returned
// as findings, with nothing saved. It returns fault.Conflict where somebody
// saved it since.
func (s *Service) Save(ctx context.Context, who account.Actor, slug string, in Saved) ([]Finding, error) {
	e, err := s.Entry(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	if err := e.Editable(who); err != nil {
		return nil, err
	}
	if err := s.declare(ctx, who, in.answer()); err != nil {
		return nil, err
	}
	_, v, err := s.surroundings(ctx, who.Department)
	if err != nil {
		return nil, err
	}
	before := Of(e.Dataset)
	if wrong := in.Content.Apply(e.Dataset, v); len(wrong) > 0 {
		return wrong, nil
	}
	// who opens what was confirmed and saves it as it is takes nothing back
	asConfirmed := e.State == Confirmed && len(Diff(before, Of(e.Dataset))) == 0
	e.Dataset.Revision = in.Revision
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if !asConfirmed {
			if err := s.keep(ctx, tx, who, e.Dataset, "save"); err != nil {
				return none, err
			}
		}
		_, err := tx.Exec(ctx, `DELETE FROM catalogue_autosaves WHERE dataset_id = @id AND user_id = @user`, pgx.NamedArgs{"id": e.Dataset.ID, "user": who.ID})
		return none, err
	})
	if f := fault.Of(err); err != nil && f.Kind == fault.Invalid {
		return []Finding{{Check: "readable", Field: f.Field, Sentence: f.Sentence, Args: f.Args, Source: house}}, nil
	}
	return nil, err
}

func (f Finding) fault() error {
	return &fault.Fault{Kind: fault.Invalid, Sentence: f.Sentence, Args: f.Args, Field: f.Field}
}

// Move takes an entry along its lifecycle, as revision shows it.
func (s *Service) Move(ctx context.Context, who account.Actor, slug string, action Action, reason string, revision int64) error {
	e, err := s.Entry(ctx, who, slug)
	if err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	if len(reason) > 4*maxReason || len([]rune(reason)) > maxReason {
		return fault.At("reason", "太长，最多 %d 个字。", maxReason)
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		at, err := lockEntry(ctx, tx, e.Dataset.ID)
		if err != nil {
			return none, err
		}
		if at.revision != revision {
			return none, fault.New(fault.Conflict, "这个条目在您打开之后已被别人改过，请重新打开。")
		}
		e.Standing = at.Standing
		if err := e.mayAct(who, action); err != nil {
			return none, err
		}
		from := e.State
		e.Reason = reason
		to, err := Lifecycle.Next(from, action, who, e)
		if err != nil {
			return none, err
		}
		if err := s.stand(ctx, tx, who, e, to); err != nil {
			return none, err
		}
		if to == Submitted {
			if err := s.sources.Propose(ctx, tx, e.Dataset.ID); err != nil {
				return none, err
			}
		}
		return none, audit.Append(ctx, tx, who, "catalogue", slug, string(action), audit.Moved(from, to))
	})
	return err
}

const maxReason = 2000

// Declaration answers the question that comes before everything else.
type Declaration string

// The answers. Nothing is taken in before one is given.
const (
	NotSecret Declaration = "no"
	Secret    Declaration = "yes"
)

// SecretCites are the provisions that keep state secrets out.
var SecretCites = []string{"AS-2", "AB-2.2", "TJ-20.2"}

// declare refuses what concerns a state secret before anything of it is kept.
// That somebody tried is recorded, and not a word of what it was.
func (s *Service) declare(ctx context.Context, who account.Actor, a Declaration) error {
	switch a {
	case NotSecret:
		return nil
	case Secret:
		_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			return struct{}{}, audit.Append(ctx, tx, who, "catalogue", "", "refuse-secret", nil)
		})
		if err != nil {
			return err
		}
		return fault.At("secret", "涉及国家秘密的数据不能录入：什么也没有保存。请按保守国家秘密的规定另行管理。")
	}
	return fault.At("secret", "请先回答是否涉及国家秘密。")
}
