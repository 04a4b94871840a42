package workspace

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/workspace/disclosure"
	"shuyuan/licensing/workspace/engine"
)

// Review is the review of one result: may it leave?
type Review struct {
	ID         int64
	Number     string
	Workspace  string // number
	Job        string // number
	State      ReviewState
	StateAt    time.Time
	Title      string
	Purpose    string
	AskedBy    string
	AskedAt    time.Time
	Developer  Organisation
	Scenario   Scenario
	Round      int // how often it was checked
	Changes    Wanted
	Checks     []Check
	Checked    *time.Time
	SHA256     string // of what would leave
	Rows       int64
	FirstBy    string
	FirstSaid  string
	FirstAt    *time.Time
	SecondBy   string
	SecondSaid string
	SecondAt   *time.Time
	Words      string // of the last verdict
	Clock      *deadline.Clock
	Ended      *time.Time
	Release    string // number
	Revision   int

	workspace, job, askedBy, firstBy, secondBy int64
	box                                        []byte
	clock                                      deadline.Ref
	tries                                      int

	by   int64 // who makes the move under way
	said string
	want Wanted
}

// Wanted are changes that reviewers want before anything leaves.
type Wanted struct {
	Drop  []string `json:"drop,omitempty"`  // columns
	Round int      `json:"round,omitempty"` // counts to multiples of it; 0: as the rules say
}

// Check is what one of the rules said of a result, as it is kept.
type Check struct {
	Rule       string
	Version    int
	Name       string // of the catalogue of sentences
	Verdict    disclosure.Verdict
	Parameters []disclosure.Parameter
	Findings   []Found
}

// Found is what a rule found.
type Found struct {
	Words  Words
	Column string
	Rows   []int
}

func errNoReview() error { return fault.New(fault.NotFound, "没有这件结果审核。") }

// NewReview is what somebody asks for: that a result be released.
type NewReview struct {
	Job     string
	Title   string // what it will be known as
	Purpose string // what it is for
}

// AskRelease asks for a held result to be released. The rules look at it first.
func (s *Service) AskRelease(ctx context.Context, who account.Actor, number string, n NewReview) (*Review, error) {
	title, err := prose("title", n.Title)
	if err != nil {
		return nil, err
	}
	if title == "" || len([]rune(title)) > 100 {
		return nil, fault.At("title", "请写结果的名称，最多 100 个字。")
	}
	purpose, err := prose("purpose", n.Purpose)
	if err != nil {
		return nil, err
	}
	if purpose == "" {
		return nil, fault.At("purpose", "请写明拿结果做什么。")
	}
	out, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Review, error) {
		w, p, err := s.one(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		if p.Side != OfDeveloper || !p.Asks {
			return nil, fault.New(fault.Forbidden, "只有这个空间里申请放出的人能提出。")
		}
		if err := s.stopped(ctx, tx, w); err != nil {
			return nil, err
		}
		j, err := lockJob(ctx, tx, w.ID, n.Job)
		if err != nil {
			return nil, err
		}
		switch {
		case !j.Held():
			return nil, fault.New(fault.Conflict, "这个作业没有可以放出的结果。")
		case j.Review != nil && (j.Review.State.Open() || j.Review.State == Released):
			return nil, fault.New(fault.Conflict, "这个结果已经在审核，或者已经放出。")
		case j.Review != nil && j.Review.State == AutoRejected:
			return nil, fault.New(fault.Conflict, "系统检查没有过的结果不能再提出，请改了程序再运行。")
		}
		read, err := s.selectInputs(ctx, tx, j.ID)
		if err == nil {
			err = errOld(read)
		}
		if err != nil {
			return nil, err
		}
		from, until := month(s.now().In(workdays.Zone))
		refused, err := selectRefused(ctx, tx, w.Scenario.ID, from)
		if err != nil {
			return nil, err
		}
		if refused >= s.limits.Refused { // each tells a bit of the data
			f := fault.New(fault.TooMany, "这个场景本月已经有 %d 个结果被系统退回或者正在检查，到了上限，下月一日（北京时间）起又可以提出。", refused)
			f.Retry = until.Sub(s.now())
			return nil, f
		}
		at := s.instant()
		clock, err := s.clocks.Start(w.profile, reviewTerm, at)
		if err != nil {
			return nil, err
		}
		r := &Review{workspace: w.ID, job: j.ID, Workspace: w.Number, Job: j.Number, State: AutoCheck, StateAt: at, Title: title, Purpose: purpose, AskedBy: who.Name, AskedAt: at, Round: 1, Clock: &clock, askedBy: who.ID, clock: clock.Ref}
		if r.Number, err = cases.Number(ctx, tx, "SC", at); err != nil {
			return nil, err
		}
		if err := insertReview(ctx, tx, r); err != nil {
			if database.Taken(err) {
				return nil, fault.New(fault.Conflict, "这个结果已经在审核，或者已经放出。")
			}
			return nil, err
		}
		if err := insertReviewEvent(ctx, tx, r.ID, who, OfDeveloper, string(AskRelease), purpose, at); err != nil {
			return nil, err
		}
		return r, audit.Append(ctx, tx, who, "output-review", r.Number, string(AskRelease), map[string]string{"workspace": w.Number, "job": j.Number})
	})
	s.Wake()
	return out, err
}

// mostChecks is how often the rules are tried on a result that cannot be measured.
const mostChecks = 3

// check holds a result against the rules: what stands behind its rows is measured
// anew, on the data that the job read, and everything released before from the same
// sources is looked at.
func (s *Service) check(ctx context.Context, id int64) error {
	r, err := s.reviewByID(ctx, s.pool, id)
	if err != nil || r.State != AutoCheck && r.State != WithChanges {
		return err
	}
	w, err := s.byID(ctx, s.pool, r.workspace)
	if err != nil {
		return err
	}
	out, failed := s.cleared(ctx, w, r)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failed != nil && fault.KindOf(failed) == fault.Forbidden {
		return nil // stopped meanwhile: it waits until that is lifted
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		none := struct{}{}
		now, err := s.lockReview(ctx, tx, r.Number)
		if err != nil || now.State != r.State {
			return none, err
		}
		if failed != nil {
			if now.tries+1 < mostChecks {
				return none, missReview(ctx, tx, now.ID)
			}
			words := wordsOf(failed)
			now.Checks, out = []Check{{Rule: string(disclosure.R1), Name: "每格至少有多少个不同的主体", Verdict: disclosure.Refused, Findings: []Found{{Words: words[0]}}}}, nil
		}
		if now.State == WithChanges {
			if now.State, err = reviews.Next(now.State, Recheck, platform(), now); err != nil {
				return none, err
			}
			now.Round++
			now.firstBy, now.FirstBy, now.FirstSaid, now.FirstAt = 0, "", "", nil
			now.secondBy, now.SecondBy, now.SecondSaid, now.SecondAt = 0, "", "", nil
			if err := saveReview(ctx, tx, now); err != nil {
				return none, err
			}
			if err := audit.Append(ctx, tx, platform(), "output-review", now.Number, string(Recheck), map[string]string{"round": strconv.Itoa(now.Round)}); err != nil {
				return none, err
			}
		}
		at := s.instant()
		action := PassChecks
		if out != nil {
			now.Checks, now.SHA256, now.Rows, now.box = out.checks, out.sha256, out.rows, out.box
		}
		if out == nil || out.refused {
			action = FailChecks
			now.SHA256, now.box = "", nil
		}
		if now.State, err = reviews.Next(now.State, action, platform(), now); err != nil {
			return none, err
		}
		now.StateAt, now.Checked = at, &at
		if action == FailChecks {
			now.Ended = &at
		}
		if err := saveReview(ctx, tx, now); err != nil {
			return none, err
		}
		if err := insertReviewEvent(ctx, tx, now.ID, platform(), OfPlatform, string(action), "", at); err != nil {
			return none, err
		}
		if err := audit.Append(ctx, tx, platform(), "output-review", now.Number, string(action), map[string]string{"round": strconv.Itoa(now.Round), "digest": now.SHA256}); err != nil {
			return none, err
		}
		n := Notice{Of: "review", Number: now.Number, Act: string(action)}
		if action == FailChecks {
			return none, s.tell(ctx, tx, w, n, OfDeveloper)
		}
		if now.Clock != nil {
			n.Due = now.Clock.Last.Format(time.DateOnly)
		}
		return none, s.tell(ctx, tx, w, n, OfOperator)
	})
	return err
}

// checkedResult is a result as the rules leave it.
type checkedResult struct {
	checks  []Check
	refused bool
	sha256  string
	rows    int64
	box     []byte
}

// cleared measures a held result and applies the rules to it.
func (s *Service) cleared(ctx context.Context, w *Workspace, r *Review) (*checkedResult, error) {
	j, err := jobByID(ctx, s.pool, r.job)
	if err != nil {
		return nil, err
	}
	mounts, err := s.selectInputs(ctx, s.pool, j.ID)
	if err != nil {
		return nil, err
	}
	if err := errOld(mounts); err != nil {
		return nil, err
	}
	var prepared []engine.Prepared
	for i := range mounts {
		if err := s.allowed(ctx, w, &mounts[i]); err != nil {
			return nil, err
		}
		prepared = append(prepared, mounts[i].ready())
	}
	box, err := selectResult(ctx, s.pool, j.ID)
	if err != nil {
		return nil, err
	}
	table, err := s.held(w, box, j.Number)
	if err != nil {
		return nil, err
	}
	key, err := s.key(w)
	if err != nil {
		return nil, err
	}
	given, err := values(j.Parameters, j.Given)
	if err != nil {
		return nil, err
	}
	measured, err := s.engine.Measure(ctx, engine.Job{
		Workspace: engine.Workspace{ID: w.Number, Key: key}, Mounts: prepared, Code: engine.Code{SQL: j.SQL, Parameters: j.Parameters}, Digest: j.CodeDigest, Values: given, Limits: s.allowance(w),
	}, table)
	if err != nil {
		return nil, err
	}
	t := without(measured.Table, r.Changes.Drop)
	policy, err := s.rulesFor(mounts, r)
	if err != nil {
		return nil, err
	}
	earlier, budget, err := s.before(ctx, s.pool, w, mounts)
	if err != nil {
		return nil, err
	}
	report := disclosure.Check(t, policy, earlier, budget)
	out := &checkedResult{checks: checksOf(report), refused: report.Refused(), rows: int64(len(report.Cleared.Rows)), sha256: report.Cleared.Digest}
	if out.refused {
		return out, nil
	}
	ledger, err := disclosure.Record(r.Number, report).MarshalBinary()
	if err != nil {
		return nil, err
	}
	text, err := (&reviewed{report.Cleared, ledger, t}).pack()
	if err != nil {
		return nil, err
	}
	holding, err := s.holding(w)
	if err != nil {
		return nil, err
	}
	out.box, err = seal(holding, text, r.Number)
	return out, err
}

// checksOf is a report as it is kept.
func checksOf(r disclosure.Report) []Check {
	var out []Check
	for _, l := range r.Lines {
		c := Check{Rule: string(l.ID), Version: l.Version, Name: l.Name, Verdict: l.Verdict, Parameters: l.Parameters}
		for _, f := range l.Findings {
			c.Findings = append(c.Findings, Found{Words: Words{Sentence: f.Sentence, Args: f.Args}, Column: f.Column, Rows: f.Rows})
		}
		out = append(out, c)
	}
	return out
}

// without is a measured table without some of its columns, which are none of those
// that its rows are grouped by.
func without(t disclosure.Table, drop []string) disclosure.Table {
	if len(drop) == 0 {
		return t
	}
	var stay []int
	for i, c := range t.Columns {
		if !slices.Contains(drop, c.Name) || c.Role == disclosure.Dimension {
			stay = append(stay, i)
		}
	}
	out := disclosure.Table{Subjects: t.Subjects, Sketches: t.Sketches}
	place := map[int]int{}
	for n, i := range stay {
		out.Columns = append(out.Columns, t.Columns[i])
		place[i] = n
	}
	for k, row := range t.Rows {
		var cells []any
		var masses []disclosure.Mass
		for _, i := range stay {
			cells = append(cells, row[i])
			if k < len(t.Weights) {
				masses = append(masses, t.Weights[k][i])
			}
		}
		out.Rows = append(out.Rows, cells)
		if k < len(t.Weights) {
			out.Weights = append(out.Weights, masses)
		}
	}
	for _, row := range t.Own {
		var own []disclosure.Own
		for _, o := range row {
			if n, there := place[o.Column]; there {
				o.Column = n
				own = append(own, o)
			}
		}
		out.Own = append(out.Own, own)
	}
	return out
}

// rulesFor are the figures that a result is held against that was made of mounts.
func (s *Service) rulesFor(mounts []Mount, r *Review) (disclosure.Policy, error) {
	p, err := disclosure.PolicyOf(s.book, sensitivities(mounts), s.now().In(workdays.Zone))
	if r.Changes.Round > 0 {
		p.Round = max(p.Round, r.Changes.Round)
	}
	return p, err
}

// before is everything that was released before from any source of a job, oldest
// first, whoever asked for it, and what the scenario has had released this month.
func (s *Service) before(ctx context.Context, q database.Querier, w *Workspace, mounts []Mount) ([]disclosure.Release, disclosure.Budget, error) {
	var sources []int64
	for i := range mounts {
		sources = append(sources, mounts[i].Dataset.ID)
	}
	boxes, err := selectLedger(ctx, q, sources)
	if err != nil {
		return nil, disclosure.Budget{}, err
	}
	var out []disclosure.Release
	for _, b := range boxes {
		text, err := unseal(s.ledger, b.box, b.number)
		if err != nil {
			return nil, disclosure.Budget{}, err
		}
		var one disclosure.Release
		if err := one.UnmarshalBinary(text); err != nil {
			return nil, disclosure.Budget{}, err
		}
		out = append(out, one)
	}
	from, _ := month(s.now().In(workdays.Zone))
	budget, err := selectBudget(ctx, q, w.Scenario.ID, from)
	return out, budget, err
}

// ReviewStep is what somebody does about a review.
type ReviewStep struct {
	Action   ReviewAction
	Revision int
	Words    string
	Want     Wanted
}

// MoveReview takes a review further: a reviewer's verdict, or that whoever asked
// does not want it any more. It returns fault.Forbidden for who may not judge it.
func (s *Service) MoveReview(ctx context.Context, who account.Actor, number string, step ReviewStep) (*Review, error) {
	words, err := prose("words", step.Words)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Review, error) {
		r, err := s.lockReview(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		w, err := s.byID(ctx, tx, r.workspace)
		if err != nil {
			return nil, err
		}
		p, err := s.party(ctx, tx, who, w)
		if err != nil {
			return nil, errNoReview()
		}
		if !p.judges(step.Action) || who.Key != "" {
			return r, errNotYours()
		}
		if r.Revision != step.Revision {
			return r, errMoved()
		}
		r.by, r.said = who.ID, words
		if step.Action == Change {
			if r.want, err = s.wanted(ctx, tx, r, step.Want); err != nil {
				return r, err
			}
		}
		return r, s.moveReview(ctx, tx, who, p.Side, w, r, step.Action)
	})
}

// judges reports whether a step of a review is for who stands there.
func (p Party) judges(a ReviewAction) bool {
	switch a {
	case Withdraw:
		return p.Side == OfDeveloper && p.Asks
	case Take, Change, Escalate:
		return p.Side == OfOperator
	case Approve, Reject:
		return p.Side == OfOperator || p.Side == OfAuthority
	}
	return false
}

// wanted are changes that can be made: columns that the result has and that are not
// those it is grouped by.
func (s *Service) wanted(ctx context.Context, tx pgx.Tx, r *Review, want Wanted) (Wanted, error) {
	j, err := jobByID(ctx, tx, r.job)
	if err != nil {
		return want, err
	}
	left := 0
	for _, c := range j.Columns {
		if c.Role != disclosure.Dimension && !slices.Contains(want.Drop, c.Name) {
			left++
		}
	}
	for _, name := range want.Drop {
		i := slices.IndexFunc(j.Columns, func(c disclosure.Column) bool { return c.Name == name })
		switch {
		case i < 0:
			return want, fault.At("drop", "结果没有“%s”这一列。", name)
		case j.Columns[i].Role == disclosure.Dimension:
			return want, fault.At("drop", "“%s”是分组的列，去掉它要改程序：请退回。", name)
		}
	}
	if left == 0 {
		return want, fault.At("drop", "去掉这些就什么也不剩了：请退回。")
	}
	if want.Round < 0 || want.Round > 1000 {
		return want, fault.At("round", "取整的数是 1 到 1000。")
	}
	for _, name := range r.Changes.Drop { // what was left out before stays out
		if !slices.Contains(want.Drop, name) {
			want.Drop = append(want.Drop, name)
		}
	}
	want.Round = max(want.Round, r.Changes.Round)
	return want, nil
}

// moveReview makes a move of people, and what comes of it.
func (s *Service) moveReview(ctx context.Context, tx pgx.Tx, who account.Actor, side Side, w *Workspace, r *Review, a ReviewAction) (err error) {
	from := r.State
	if r.State, err = reviews.Next(from, a, who, r); err != nil {
		return err
	}
	if a == Take || r.State == Released {
		if err := s.stopped(ctx, tx, w); err != nil {
			return err
		}
	}
	if r.State == Released {
		checks, may, err := s.again(ctx, tx, w, r)
		if err != nil {
			return err
		}
		if !may {
			return s.overtaken(ctx, tx, who, side, w, r, from, checks)
		}
		r.Checks = checks
	}
	at := s.instant()
	r.StateAt, r.Words = at, r.said
	switch {
	case a == Approve && r.firstBy == 0:
		r.firstBy, r.FirstBy, r.FirstSaid, r.FirstAt = who.ID, who.Name, r.said, &at
	case a == Approve:
		r.secondBy, r.SecondBy, r.SecondSaid, r.SecondAt = who.ID, who.Name, r.said, &at
	case a == Change:
		r.Changes = r.want
	}
	if !r.State.Open() {
		r.Ended = &at
	}
	if err := saveReview(ctx, tx, r); err != nil {
		return err
	}
	if err := insertReviewEvent(ctx, tx, r.ID, who, side, string(a), reviewWords(r, a), at); err != nil {
		return err
	}
	details := audit.Moved(from, r.State)
	if r.said != "" {
		details["words"] = r.said
	}
	if err := audit.Append(ctx, tx, who, "output-review", r.Number, string(a), details); err != nil {
		return err
	}
	n := Notice{Of: "review", Number: r.Number, Act: string(a), Words: r.said}
	switch r.State {
	case Released:
		if err := s.release(ctx, tx, w, r); err != nil {
			return err
		}
		n.Act = "released"
		return s.tell(ctx, tx, w, n, OfDeveloper)
	case Rejected, WithChanges:
		return s.tell(ctx, tx, w, n, OfDeveloper)
	case Escalated:
		return s.tell(ctx, tx, w, n, OfAuthority)
	}
	return nil
}

// reviewWords is what the history keeps of a move.
func reviewWords(r *Review, a ReviewAction) string {
	words := r.said
	if a == Change {
		for _, name := range r.Changes.Drop {
			words += "\n− " + name
		}
		if r.Changes.Round > 0 {
			words += fmt.Sprintf("\n≈ %d", r.Changes.Round)
		}
	}
	return strings.TrimSpace(words)
}

// voidReviews ends the reviews of a workspace that closes.
func (s *Service) voidReviews(ctx context.Context, tx pgx.Tx, w *Workspace) error {
	open, err := s.selectReviews(ctx, tx, `r.workspace_id = @workspace AND r.ended_at IS NULL`, pgx.NamedArgs{"workspace": w.ID, "limit": 1000})
	if err != nil {
		return err
	}
	at := s.instant()
	for i := range open {
		r := &open[i]
		if r.State, err = reviews.Next(r.State, Withdraw, platform(), r); err != nil {
			return err
		}
		r.StateAt, r.Ended = at, &at
		if err := saveReview(ctx, tx, r); err != nil {
			return err
		}
		if err := insertReviewEvent(ctx, tx, r.ID, platform(), OfPlatform, string(Withdraw), "", at); err != nil {
			return err
		}
		if err := audit.Append(ctx, tx, platform(), "output-review", r.Number, string(Withdraw), nil); err != nil {
			return err
		}
	}
	return nil
}
