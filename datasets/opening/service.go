package opening

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
)

// Service has every operation on opening reviews.
type Service struct {
	pool      *pgxpool.Pool
	catalogue *datasets.Service
	book      *policy.Book
	clocks    *deadline.Clocks
	now       func() time.Time
}

// New returns the opening reviews of a catalogue.
func New(pool *pgxpool.Pool, catalogue *datasets.Service, book *policy.Book, clocks *deadline.Clocks, now func() time.Time) *Service {
	return &Service{pool: pool, catalogue: catalogue, book: book, clocks: clocks, now: now}
}

// maxBases is how many articles one decision names, as many as its form has lines.
const maxBases = 20

func errNoReview() error { return fault.New(fault.NotFound, "没有这件开放审查。") }

func errDecided() error {
	return fault.New(fault.Conflict, "这件审查在您打开之后已经有人处理过，请重新打开看看。")
}

func errSamePerson() error {
	return fault.New(fault.Forbidden, "一个人只能判一关，也不能审自己送审的；请另一位审查员来判。")
}

func errWaits() error {
	return fault.New(fault.Conflict, "这个文件已经在审查了，不用再送。")
}

func errOther() error {
	return fault.New(fault.Conflict, "送审之后内容变了（列、条件、安全级别或来源），这件审查不再是现在的内容：请退回，让部门重新送审。")
}

// Proposal is what an officer asks a review for: an upload that was read, or a
// version.
type Proposal struct {
	UploadID  string
	VersionID int64
	Terms     datasets.Terms // how it is to be open; the zero value: as the entry says
	Note      string         // to the reviewers
	Event     int64          // of an emergency: open first, check after; 0: none
}

// Propose asks for a review of one content of who's department. It returns
// fault.Invalid at the field where the terms lack something, and fault.Conflict
// where the content is under review or not ready.
func (s *Service) Propose(ctx context.Context, who account.Actor, p Proposal) (*Review, error) {
	if !who.Is(account.Officer) || who.Department == 0 || who.Key != "" {
		return nil, fault.New(fault.Forbidden, "只有部门的数据专员可以送审。")
	}
	note, err := datasets.CleanProse("note", p.Note)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Review, error) {
		c, err := s.proposed(ctx, tx, who, p)
		if err != nil {
			return nil, err
		}
		if p.Terms.Open == "" {
			p.Terms = c.Entry.Terms()
		}
		terms, err := s.checkTerms(c.Entry.Department.Profile, p.Terms)
		if err != nil {
			return nil, err
		}
		if terms.Open == datasets.Withheld {
			return nil, fault.At("open", "不予开放的数据不用送开放审查。")
		}
		r := &Review{Kind: Ordinary, DatasetID: c.Entry.ID, Department: c.Entry.Department.ID, ResourceID: c.Version.ResourceID, UploadID: p.UploadID, VersionID: c.Version.ID,
			SHA256: c.Version.SHA256, SchemaHash: c.Fingerprint(terms), Tables: c.Shapes(), Terms: terms, EntryTerms: c.Entry.Terms(), level: c.Entry.SecurityLevel, source: c.Entry.Source,
			Profile: c.Entry.Department.Profile, Note: note, ProposedBy: who.ID, ProposedName: who.Name, ProposedAt: s.now().Truncate(time.Microsecond), State: Proposed, Revision: 1}
		if c.Entry.Open == datasets.Withheld {
			return nil, fault.New(fault.Conflict, "不予开放的条目不能送审成开放：请作脱敏处理或者取得权利人同意，另建一个条目送审，原件不动。")
		}
		if p.Event != 0 {
			if r.Event, err = s.eventFor(ctx, tx, r.Profile, p.Event); err != nil {
				return nil, err
			}
			r.Kind = Emergency
		}
		if _, err := s.catalogue.Origin(ctx, tx, c.Entry, r.SHA256); err != nil {
			return nil, err
		}
		if err := insertReview(ctx, tx, r); err != nil {
			return nil, err
		}
		if err := audit.Append(ctx, tx, who, "opening-review", id(r), "propose", map[string]string{"resource": r.ResourceID, "sha256": r.SHA256, "schema": r.SchemaHash, "open": string(terms.Open)}); err != nil {
			return nil, err
		}
		if r.Event == nil {
			if err := s.step(ctx, tx, who, r, Submit); err != nil {
				return nil, err
			}
		}
		return r, s.tell(ctx, tx, r, c.Entry)
	})
}

// Proposable is the content that who could ask a review for.
func (s *Service) Proposable(ctx context.Context, who account.Actor, p Proposal) (*datasets.Content, error) {
	return s.proposed(ctx, s.pool, who, p)
}

// proposed is the content that p names, if it is who's department's.
func (s *Service) proposed(ctx context.Context, tx database.Querier, who account.Actor, p Proposal) (*datasets.Content, error) {
	var c *datasets.Content
	var err error
	if p.UploadID != "" {
		c, err = s.catalogue.UploadContent(ctx, tx, p.UploadID)
	} else {
		c, err = s.catalogue.VersionContent(ctx, tx, p.VersionID)
	}
	if err == nil && c.Entry.Department.ID != who.Department {
		err = errNoReview()
	}
	return c, err
}

// BasisRules are which kinds of basis bear a limit on opening for a department
// under a text, today.
func (s *Service) BasisRules(profile string) catalogue.Axis {
	return catalogue.RulesOn(s.book, profile, s.now()).Open
}

// checkTerms cleans terms and returns fault.Invalid at the field that lacks
// something, or names a basis that the text does not count (AS-27.3).
func (s *Service) checkTerms(profile string, t datasets.Terms) (datasets.Terms, error) {
	if !slices.Contains([]datasets.OpenType{datasets.Unconditional, datasets.Conditional, datasets.Withheld}, t.Open) {
		return t, fault.At("open", "请选择开放类型。")
	}
	t = t.Kept()
	if len(t.Bases) > maxBases {
		return t, fault.At("basis", "依据最多 %d 条。", maxBases)
	}
	var err error
	t.Bases = slices.Clone(t.Bases)
	if t.Basis, err = datasets.CleanBases("basis", t.Bases); err != nil {
		return t, err
	}
	for _, f := range []struct {
		field string
		text  *string
	}{{"method", &t.Method}, {"requirements", &t.Requirements}, {"safeguards", &t.Safeguards}} {
		clean, err := datasets.CleanProse(f.field, *f.text)
		if err != nil {
			return t, err
		}
		*f.text = clean
	}
	if t.Open != datasets.Unconditional {
		if err := s.BasisRules(profile).CheckBases("basis", t.Bases); err != nil {
			return t, err
		}
	}
	switch {
	case t.Open != datasets.Conditional:
	case t.Method == "":
		return t, fault.At("method", "请写明开放方式。")
	case t.Requirements == "":
		return t, fault.At("requirements", "请写明使用要求。")
	case t.Safeguards == "":
		return t, fault.At("safeguards", "请写明安全保障措施。")
	}
	return t, nil
}

// Decision is what somebody does with a review.
type Decision struct {
	Action   Action
	Revision int            // of the review as they saw it
	Words    string         // why, or what is to be changed
	Ticked   []string       // codes of the gate's list
	Terms    datasets.Terms // of ApproveConditional; Withhold takes its Bases

	StandingUntil string // of Approve and ApproveConditional: a date, until which versions with the same columns may follow
	StandingTerms string // under which conditions
}

// Decide moves a review. It returns fault.NotFound for one that who may not
// know of, fault.Forbidden where the action is another's or who has been at
// another gate of it, fault.Conflict where it is not where the action starts,
// somebody has decided since, or the content is another now, and fault.Invalid
// at the field where something lacks.
func (s *Service) Decide(ctx context.Context, who account.Actor, reviewID int64, d Decision) (*Review, error) {
	words, err := datasets.CleanProse("words", d.Words)
	if err != nil {
		return nil, err
	}
	if d.StandingTerms, err = datasets.CleanProse("standing_terms", d.StandingTerms); err != nil {
		return nil, err
	}
	d.Words = words
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Review, error) {
		r, err := lockReview(ctx, tx, who, reviewID)
		if err != nil {
			return nil, err
		}
		if r.Revision != d.Revision {
			return nil, errDecided()
		}
		if err := s.mayDecide(who, r, d.Action); err != nil {
			return nil, err
		}
		c, err := s.contentOf(ctx, tx, r)
		if err != nil && d.Action.lets() {
			return nil, err
		}
		if err := s.judge(ctx, tx, who, r, c, d); err != nil {
			return nil, err
		}
		if err := s.step(ctx, tx, who, r, d.Action); err != nil {
			return nil, err
		}
		if err := s.carryOut(ctx, tx, who, r, d.Words); err != nil {
			return nil, err
		}
		return r, s.tell(ctx, tx, r, nil)
	})
}

// carryOut does to the public copy what r has decided against it: an emergency
// that was not confirmed and a public version that is withheld now are taken
// away, one that is open to fewer now is so at once, and one that was confirmed
// is shown as that. What opens, its department publishes.
func (s *Service) carryOut(ctx context.Context, tx pgx.Tx, who account.Actor, r *Review, words string) error {
	switch {
	case r.State == Withdrawn:
		return s.catalogue.WithdrawIn(ctx, tx, who, r.DatasetID, fmt.Sprintf("应急开放事后审查没有同意：%s", words))
	case r.State == Confirmed: // the page says so
		return s.catalogue.Announce(ctx, tx, r.DatasetID)
	case r.State == Withheld && r.VersionID != 0:
		return s.catalogue.WithdrawIn(ctx, tx, who, r.DatasetID, fmt.Sprintf("重新审查决定不予开放：%s", words))
	case r.State == ApprovedConditional && r.VersionID != 0:
		return s.catalogue.Tighten(ctx, tx, who, r.DatasetID, *r.Decided, r.ID)
	}
	return nil
}

// mayDecide asks whether the action is who's. A gate is judged by the department
// whose it is, and by nobody who was at another or who asked.
func (s *Service) mayDecide(who account.Actor, r *Review, a Action) error {
	if who.Department != r.Department && (r.Gate() != Joint || a == TakeBack) {
		return fault.New(fault.Forbidden, "这一关由提供数据的部门审。")
	}
	if _, err := lifecycle.Next(r.State, a, who, r); err != nil {
		return err
	}
	if results[a] != "" || a == OpenAtOnce {
		return apart(who, r)
	}
	return nil
}

// apart holds who decides apart from who asked and from who decided before.
func apart(who account.Actor, r *Review) error {
	if who.ID == r.ProposedBy || slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Reviewer == who.ID }) {
		return errSamePerson()
	}
	return nil
}

// judge checks what d says and keeps it as the decision of the gate.
func (s *Service) judge(ctx context.Context, tx pgx.Tx, who account.Actor, r *Review, c *datasets.Content, d Decision) error {
	gate, hash := r.Gate(), r.SchemaHash
	if d.Action.lets() || d.Action == OpenAtOnce {
		if c.Version.SHA256 != r.SHA256 || c.Fingerprint(r.Terms) != r.SchemaHash {
			return errOther()
		}
		if err := s.noObjection(ctx, tx, c); err != nil {
			return err
		}
	}
	if d.Action == OpenAtOnce {
		r.Decided, r.Approved = &r.Terms, r.SchemaHash
		return nil
	}
	result := results[d.Action]
	if result == "" {
		return nil // taken back: no gate's decision
	}
	if d.Action.lets() {
		for _, line := range gate.List() {
			if !slices.Contains(d.Ticked, line.Code) {
				return fault.At("ticked", "请先看完并勾选清单上的每一项。")
			}
		}
	} else if d.Words == "" {
		return fault.At("words", "请写明理由，以及要改什么。")
	}
	switch d.Action {
	case Approve, Confirm:
		r.Decided, r.Approved = &r.Terms, r.SchemaHash
	case ApproveConditional:
		d.Terms.Open = datasets.Conditional
		terms, err := s.checkTerms(r.Profile, d.Terms)
		if err != nil {
			return err
		}
		if r.Terms.Open != datasets.Conditional && d.Words == "" {
			return fault.At("words", "送审的是无条件开放，改成有条件要写明理由。")
		}
		r.Decided, r.Approved = &terms, c.Fingerprint(terms)
		hash = r.Approved
	case Withhold:
		terms, err := s.checkTerms(r.Profile, datasets.Terms{Open: datasets.Withheld, Bases: d.Terms.Bases})
		if err != nil {
			return err
		}
		r.Decided, r.Approved = &terms, ""
	}
	if err := s.standing(r, c, d); err != nil {
		return err
	}
	check := Check{Gate: gate, Reviewer: who.ID, Name: who.Name, Result: result, Words: d.Words, SHA256: r.SHA256, SchemaHash: hash, At: s.now().Truncate(time.Microsecond)}
	for _, line := range gate.List() {
		if slices.Contains(d.Ticked, line.Code) {
			check.Ticked = append(check.Ticked, line.Code)
		}
	}
	r.Checks = append(r.Checks, check)
	return insertCheck(ctx, tx, r, who, check)
}

// noObjection stops at what nobody has decided about, or was found true.
func (s *Service) noObjection(ctx context.Context, tx pgx.Tx, c *datasets.Content) error {
	against, err := s.catalogue.ContentObjections(ctx, tx, c)
	if err != nil {
		return err
	}
	for _, o := range against {
		if o.Block {
			return fault.New(fault.Conflict, "还有没处置的发现，部门先决定，才能往下审。").Because(fault.New(fault.Invalid, o.Note.Sentence, o.Note.Args...))
		}
	}
	return nil
}

// standing grants that versions with the same columns may follow, where d says so.
func (s *Service) standing(r *Review, c *datasets.Content, d Decision) error {
	if d.StandingUntil == "" {
		return nil
	}
	if d.Action != Approve && d.Action != ApproveConditional {
		return fault.At("standing_until", "只有批准时才能给长期批准。")
	}
	until, err := time.Parse(time.DateOnly, d.StandingUntil)
	if err != nil {
		return fault.At("standing_until", "日期要写成 2026-11-30 这样。")
	}
	today := s.now().In(china)
	most, _ := s.book.House().Rule(houseStanding)
	months, _ := most.Number()
	switch last := today.AddDate(0, months, 0).Format(time.DateOnly); {
	case len(c.Version.Tables) == 0:
		return fault.At("standing_until", "这个文件没有表，看不出下一版是不是同样的内容，不能给长期批准。")
	case d.StandingUntil < today.Format(time.DateOnly):
		return fault.At("standing_until", "长期批准的最后一日不能已经过去。")
	case d.StandingUntil > last:
		return fault.At("standing_until", "长期批准最长 %d 个月（平台规则），最迟到 %s。", months, last)
	case d.StandingTerms == "":
		return fault.At("standing_terms", "请写明长期批准的条件。")
	}
	r.StandingUntil, r.StandingTerms = &until, d.StandingTerms
	return nil
}

// step takes r along its lifecycle, writes it and starts its clock.
func (s *Service) step(ctx context.Context, tx pgx.Tx, who account.Actor, r *Review, a Action) error {
	from := r.State
	// the decision that was just kept must not count as the gate before
	before := *r
	if results[a] != "" && len(r.Checks) > 0 {
		before.Checks = r.Checks[:len(r.Checks)-1]
	}
	to, err := lifecycle.Next(from, a, who, &before)
	if err != nil {
		return err
	}
	r.State = to
	switch a {
	case Submit:
		s.start(r, deadline.Term{Path: reviewPath, House: houseReview})
	case OpenAtOnce:
		s.start(r, deadline.Term{House: houseAfterCheck})
	}
	if !to.Waits() {
		now := s.now().Truncate(time.Microsecond)
		r.DecidedAt = &now
	}
	if err := saveReview(ctx, tx, r); err != nil {
		return err
	}
	s.resume(r)
	return audit.Append(ctx, tx, who, "opening-review", id(r), string(a), audit.Moved(from, to))
}

// start begins the clock of r.
func (s *Service) start(r *Review, t deadline.Term) {
	c, err := s.clocks.Start(r.Profile, t, s.now())
	if r.clock = c.Ref; err != nil {
		r.clock = deadline.Ref{Profile: s.book.House().ID(), Path: t.House, From: s.now()}
	}
}

// resume works out the day that r is due.
func (s *Service) resume(r *Review) {
	if r.clock.Path == "" || !r.State.Waits() {
		return
	}
	if c, err := s.clocks.Resume(r.clock); err == nil {
		r.Clock = &c
	}
}

// contentOf is what r is about, as it is now.
func (s *Service) contentOf(ctx context.Context, q database.Querier, r *Review) (*datasets.Content, error) {
	if r.VersionID != 0 {
		return s.catalogue.VersionContent(ctx, q, r.VersionID)
	}
	return s.catalogue.UploadContent(ctx, q, r.UploadID)
}

// Revoke ends what a review lets through: nothing may be published by it from
// now on. It does not take away what is public; withdrawing does.
func (s *Service) Revoke(ctx context.Context, who account.Actor, reviewID int64, revision int, reason string) error {
	reason, err := datasets.CleanProse("reason", reason)
	if err != nil {
		return err
	}
	if reason == "" {
		return fault.At("reason", "请写明为什么收回。")
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		r, err := lockReview(ctx, tx, who, reviewID)
		switch {
		case err != nil:
			return none, err
		case r.Revision != revision:
			return none, errDecided()
		case !mayRevoke(who, r):
			return none, fault.New(fault.Forbidden, "只有审这一件的审查员可以收回批准。")
		case !r.State.Lets() || r.RevokedAt != nil:
			return none, fault.New(fault.Conflict, "现在没有可以收回的批准。")
		}
		if _, err := revokeReviews(ctx, tx, `o.id = @id`, who, reason, s.now(), pgx.NamedArgs{"id": r.ID}); err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, who, "opening-review", id(r), "revoke", map[string]string{"reason": reason})
	})
	return err
}

// mayRevoke reports whether who is a reviewer of r.
func mayRevoke(who account.Actor, r *Review) bool {
	if who.Is(account.CyberspaceReviewer) {
		return true
	}
	return who.Department == r.Department && who.Any(account.SecurityReviewer, account.SecrecyReviewer)
}

// Offers are the actions that who can take on r now.
func (s *Service) Offers(who account.Actor, r *Review) []Action {
	if who.Key != "" {
		return nil
	}
	return slices.DeleteFunc(lifecycle.Offer(r.State, who, r), func(a Action) bool { return s.offered(who, r, a) != nil })
}

// offered is mayDecide without what a form must say first.
func (s *Service) offered(who account.Actor, r *Review, a Action) error {
	return s.mayDecide(who, r, a)
}

// MayRevoke reports whether who can take back what r lets through.
func (s *Service) MayRevoke(who account.Actor, r *Review) bool {
	return mayRevoke(who, r) && r.State.Lets() && r.RevokedAt == nil
}

func id(r *Review) string { return strconv.FormatInt(r.ID, 10) }

// Book is the rules that name the sources of gates.
func (s *Service) Book() *policy.Book { return s.book }
