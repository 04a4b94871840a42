package workspace

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/workspace/disclosure"
)

// View is a workspace as somebody sees it: never a row of what is mounted.
type View struct {
	*Workspace
	Party       Party
	Why         error // nil: everything passes
	Ended       *End  // nil: what is above it may go on
	Mounts      []Mount
	Programs    []Program // the last version of each
	Jobs        []Job
	Algorithms  []Algorithm
	Releases    []Release
	Members     []Member
	Usage       []Usage
	Month       Usage
	Bills       []Billed // month by month, the newest first
	Terms       Terms
	FeeRule     policy.Rule
	Certificate *Certificate
	Offers      []Action
	History     []Moved
	Limits      Limits
	QuotaRule   policy.Rule
}

// listed is how many jobs, reviews and releases a page lists.
const listed = 30

// Workspace is one workspace with all that who may see of it.
func (s *Service) Workspace(ctx context.Context, who account.Actor, number string) (*View, error) {
	w, p, err := s.one(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	v := &View{Workspace: w, Party: p, Limits: s.limits}
	v.QuotaRule, _ = s.book.House().Rule("workspace_quota")
	if v.Why = s.stopped(ctx, s.pool, w); v.Why != nil && fault.KindOf(v.Why) == fault.Internal {
		return nil, v.Why
	}
	if v.Ended, err = s.endOf(ctx, s.pool, w); err != nil {
		return nil, err
	}
	of := pgx.NamedArgs{"workspace": w.ID, "limit": listed}
	if v.Mounts, err = s.mounts(ctx, s.pool, w); err != nil {
		return nil, err
	}
	if v.Jobs, err = selectJobs(ctx, s.pool, `j.workspace_id = @workspace`, of); err != nil {
		return nil, err
	}
	if v.Releases, err = selectReleases(ctx, s.pool, `x.workspace_id = @workspace`, of); err != nil {
		return nil, err
	}
	if v.Algorithms, err = selectAlgorithms(ctx, s.pool, `a.workspace_id = @workspace`, of); err != nil {
		return nil, err
	}
	if v.Usage, err = selectUsage(ctx, s.pool, w.ID, p.Side != OfDeveloper); err != nil {
		return nil, err
	}
	for i := range v.Jobs {
		v.Jobs[i].told(p)
		v.Jobs[i].destroyed(w)
	}
	if p.Side == OfDeveloper {
		for i := range v.Usage {
			v.Usage[i].Memory = 0
		}
	}
	v.Month = s.thisMonth(v.Usage)
	v.FeeRule, _ = s.book.House().Rule("service_fee")
	if v.Terms, err = s.terms(ctx, s.pool, w); err != nil {
		return nil, err
	}
	sums, err := selectSums(ctx, s.pool, w.ID)
	if err != nil {
		return nil, err
	}
	v.Bills = bills(sums, v.Terms)
	if v.Certificate, err = selectCertificate(ctx, s.pool, w.ID); err != nil {
		return nil, err
	}
	if p.Side == OfDeveloper {
		all, err := selectPrograms(ctx, s.pool, `workspace_id = @workspace`, of)
		if err != nil {
			return nil, err
		}
		v.Programs = slices.CompactFunc(all, func(a, b Program) bool { return a.Name == b.Name })
	}
	if v.Members, err = selectMembers(ctx, s.pool, w); err != nil {
		return nil, err
	}
	if v.History, err = selectHistory(ctx, s.pool, w.ID); err != nil {
		return nil, err
	}
	w.side = p.Side
	for _, a := range lifecycle.Offer(w.State, who, w) {
		if p.moves(a) && who.Key == "" {
			v.Offers = append(v.Offers, a)
		}
	}
	return v, nil
}

// Program is a version of a program, the last where version is 0.
func (s *Service) Program(ctx context.Context, who account.Actor, number, name string, version int) (*Program, error) {
	w, p, err := s.one(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	if p.Side != OfDeveloper {
		return nil, errNotYours()
	}
	found, err := selectPrograms(ctx, s.pool, `workspace_id = @workspace AND name = @name AND (@version = 0 OR version = @version)`, pgx.NamedArgs{"workspace": w.ID, "name": name, "version": version})
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "没有这个程序。")
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// Versions are the versions of a program, the newest first.
func (s *Service) Versions(ctx context.Context, who account.Actor, number, name string) ([]Program, error) {
	w, p, err := s.one(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	if p.Side != OfDeveloper {
		return nil, errNotYours()
	}
	return selectPrograms(ctx, s.pool, `workspace_id = @workspace AND name = @name`, pgx.NamedArgs{"workspace": w.ID, "name": name})
}

// JobView is a job as somebody sees it: of its result only the shape.
type JobView struct {
	*Job
	Space   *Workspace
	Party   Party
	Why     error
	Log     []LogLine
	Whole   bool // the log follows from line to line
	Reviews []Review
}

// Job is one job of a workspace.
func (s *Service) Job(ctx context.Context, who account.Actor, number, job string) (*JobView, error) {
	w, p, err := s.one(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	found, err := selectJobs(ctx, s.pool, `j.workspace_id = @workspace AND j.number = @number`, pgx.NamedArgs{"workspace": w.ID, "number": job, "limit": 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoJob()
	}
	v := &JobView{Job: &found[0], Space: w, Party: p, Why: s.stopped(ctx, s.pool, w)}
	v.told(p)
	v.destroyed(w)
	if v.Log, err = selectLog(ctx, s.pool, v.ID); err != nil {
		return nil, err
	}
	v.Whole = Unbroken(v.Log)
	v.Reviews, err = s.selectReviews(ctx, s.pool, `r.job_id = @job`, pgx.NamedArgs{"job": v.ID, "limit": listed})
	for i := range v.Reviews {
		v.Reviews[i].box = nil
		v.Reviews[i].told(p)
	}
	return v, err
}

// Jobs are the jobs of a workspace, the newest first; before is the id to go on
// from, 0 for the first page.
func (s *Service) Jobs(ctx context.Context, who account.Actor, number string, before int64, limit int) ([]Job, error) {
	w, p, err := s.one(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	found, err := selectJobs(ctx, s.pool, `j.workspace_id = @workspace AND (@before = 0 OR j.id < @before)`, pgx.NamedArgs{"workspace": w.ID, "before": before, "limit": limit})
	for i := range found {
		found[i].told(p)
		found[i].destroyed(w)
	}
	return found, err
}

// Releases are what left a workspace, the newest first.
func (s *Service) Releases(ctx context.Context, who account.Actor, number string) ([]Release, error) {
	w, _, err := s.one(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	return selectReleases(ctx, s.pool, `x.workspace_id = @workspace`, pgx.NamedArgs{"workspace": w.ID, "limit": 200})
}

// Mine are the workspaces of who's organisations, the newest first.
func (s *Service) Mine(ctx context.Context, who account.Actor) ([]Workspace, error) {
	if who.IsVisitor() || who.Key != "" && !who.Covers(account.ScopeDevelop) {
		return nil, fault.New(fault.Unauthenticated, "请先登录。")
	}
	if who.Side != account.Use && who.ID > 0 {
		return nil, fault.New(fault.Forbidden, "开发空间由二级开发主体使用。")
	}
	return s.list(ctx, s.pool, `w.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)`, pgx.NamedArgs{"user": who.ID, "limit": 100})
}

// Desk reports whether who looks after workspaces.
func Desk(who account.Actor) bool {
	return who.Key == "" && who.Any(account.Operator, account.Authority, account.Regulator)
}

// Looked is a workspace in a list of the desk, with what it used this month.
type Looked struct {
	Workspace
	Month   Usage
	Open    int // reviews that are not over
	Running int // jobs that wait or run
}

// AtDesk are the workspaces that who looks after, the newest first.
func (s *Service) AtDesk(ctx context.Context, who account.Actor, all bool, before int64, limit int) ([]Looked, error) {
	where, args, err := s.overseen(who)
	if err != nil {
		return nil, err
	}
	if !all {
		where += ` AND w.state <> 'destroyed'`
	}
	if before > 0 {
		where += ` AND w.id < @before`
		args["before"] = before
	}
	args["limit"] = limit
	found, err := s.list(ctx, s.pool, where, args)
	if err != nil {
		return nil, err
	}
	var out []Looked
	for i := range found {
		l := Looked{Workspace: found[i]}
		usage, err := selectUsage(ctx, s.pool, l.ID, true)
		if err != nil {
			return nil, err
		}
		l.Month = s.thisMonth(usage)
		if l.Open, l.Running, err = countOpen(ctx, s.pool, l.ID); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// overseen is SQL for the workspaces that who looks after.
func (s *Service) overseen(who account.Actor) (string, pgx.NamedArgs, error) {
	args := pgx.NamedArgs{"user": who.ID, "department": who.Department}
	switch {
	case who.Key != "":
	case who.Is(account.Regulator):
		return `true`, args, nil
	case who.Is(account.Authority):
		return `m.body_id = @department`, args, nil
	case who.Is(account.Operator):
		return `m.operator_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)`, args, nil
	}
	return "", nil, fault.New(fault.Forbidden, "只有运营机构、主管部门和监管机构能看这一页。")
}

// Reviews are the reviews at the desk of who, the oldest that is open first.
func (s *Service) Reviews(ctx context.Context, who account.Actor, all bool, before int64, limit int) ([]Review, error) {
	where, args, err := s.overseen(who)
	if err != nil {
		return nil, err
	}
	if !all {
		where += ` AND r.ended_at IS NULL`
	}
	if before > 0 {
		where += ` AND r.id < @before`
		args["before"] = before
	}
	args["limit"] = limit
	found, err := s.selectReviews(ctx, s.pool, where, args)
	for i := range found {
		found[i].box = nil
	}
	return found, err
}

// ReviewView is a review as somebody sees it.
type ReviewView struct {
	*Review
	Space    *Workspace
	Party    Party
	Job      *Job
	Mounts   []Mount
	Events   []Event
	Offers   []ReviewAction
	Result   *disclosure.Cleared // as it would leave; nil for the developer, and where nothing may leave
	Previous *Review             // the last release of the same program
	Changes  *disclosure.Changes // from that to this
	Beside   []Beside            // others of the same sources that people look at
	Month    *Month              // what of the scenario was refused and failed; nil for the developer
	Why      error
}

// Review is one review. Whoever looks at a result before it left is written down.
func (s *Service) Review(ctx context.Context, who account.Actor, number string) (*ReviewView, error) {
	found, err := s.selectReviews(ctx, s.pool, `r.number = @number`, pgx.NamedArgs{"number": number, "limit": 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoReview()
	}
	v := &ReviewView{Review: &found[0]}
	if v.Space, err = s.byID(ctx, s.pool, v.workspace); err != nil {
		return nil, err
	}
	if v.Party, err = s.party(ctx, s.pool, who, v.Space); err != nil {
		return nil, errNoReview()
	}
	v.Why = s.stopped(ctx, s.pool, v.Space)
	if v.Job, err = jobByID(ctx, s.pool, v.job); err != nil {
		return nil, err
	}
	v.Job.told(v.Party)
	if v.Mounts, err = s.selectInputs(ctx, s.pool, v.job); err != nil {
		return nil, err
	}
	if v.Events, err = selectReviewEvents(ctx, s.pool, v.ID); err != nil {
		return nil, err
	}
	v.by = who.ID
	for _, a := range reviews.Offer(v.State, who, v.Review) {
		if v.Party.judges(a) && who.Key == "" && (a != Take || v.Why == nil) {
			v.Offers = append(v.Offers, a)
		}
	}
	if v.Party.Side != OfDeveloper {
		if v.Month, err = s.monthOf(ctx, v.Space); err != nil {
			return nil, err
		}
	}
	v.told(v.Party)
	if v.box == nil {
		return v, nil
	}
	return v, s.open(ctx, who, v)
}

// Month is what of a scenario the rules refused and what failed since the first of the
// month: each tells a bit of the data, and who asks on purpose is seen by it.
type Month struct {
	Refused, MostRefused int
	Failed, MostFailed   int
	Reviews              []Review // refused, the newest first, as many as a page lists
	Jobs                 []Job    // failed, likewise
}

func (s *Service) monthOf(ctx context.Context, w *Workspace) (*Month, error) {
	from, _ := month(s.now().In(workdays.Zone))
	m := &Month{MostRefused: s.limits.Refused, MostFailed: s.limits.Failed}
	args := pgx.NamedArgs{"scenario": w.Scenario.ID, "from": from, "limit": listed}
	var err error
	if m.Refused, err = selectRefused(ctx, s.pool, w.Scenario.ID, from); err != nil {
		return nil, err
	}
	if m.Failed, err = selectFailed(ctx, s.pool, w.Scenario.ID, from); err != nil {
		return nil, err
	}
	if m.Reviews, err = s.selectReviews(ctx, s.pool, `s.id = @scenario AND r.state = 'auto_rejected' AND r.ended_at >= @from`, args); err != nil {
		return nil, err
	}
	for i := range m.Reviews {
		m.Reviews[i].box = nil
	}
	m.Jobs, err = selectJobs(ctx, s.pool, `w.scenario_id = @scenario AND j.kind <> 'sample' AND j.state IN ('failed', 'timed_out') AND j.ended_at >= @from`, args)
	return m, err
}

// Refusals are what of the checks of a review refused it.
func (r *Review) Refusals() []Check {
	return slices.DeleteFunc(slices.Clone(r.Checks), func(c Check) bool { return c.Verdict != disclosure.Refused })
}

// open shows a result as it would leave, beside the last release of the same
// program.
func (s *Service) open(ctx context.Context, who account.Actor, v *ReviewView) error {
	box, err := s.leaving(v.Space, v.Review)
	if err != nil {
		return err
	}
	v.Result = &box.Cleared
	if v.State.ByPeople() {
		if err := s.beside(ctx, v, box); err != nil {
			return err
		}
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, audit.Append(ctx, tx, who, "output-review", v.Number, "view", map[string]string{"digest": v.SHA256})
	})
	if err != nil || v.Job.Name == "" {
		return err
	}
	before, err := s.selectReviews(ctx, s.pool, `r.workspace_id = @workspace AND r.state = 'released' AND r.id < @id AND j.name = @name AND r.box IS NOT NULL`,
		pgx.NamedArgs{"workspace": v.workspace, "id": v.ID, "name": v.Job.Name, "limit": 1})
	if err != nil || len(before) == 0 {
		return err
	}
	old, err := s.leaving(v.Space, &before[0])
	if err != nil {
		return err
	}
	changes := disclosure.Diff(old.Cleared, box.Cleared)
	v.Previous, v.Changes = &before[0], &changes
	return nil
}

// Beside is another result of the same sources that people look at now.
type Beside struct {
	Number string
	State  ReviewState
	Near   bool // the two may not both leave: whichever is second will be refused
}

// beside finds the results that are looked at beside that of v, and holds it against
// each as if that had left.
func (s *Service) beside(ctx context.Context, v *ReviewView, box *reviewed) error {
	var sources []int64
	for i := range v.Mounts {
		sources = append(sources, v.Mounts[i].Dataset.ID)
	}
	others, err := s.selectBeside(ctx, s.pool, v.ID, sources)
	if err != nil {
		return err
	}
	p, err := s.rulesFor(v.Mounts, v.Review)
	if err != nil {
		return err
	}
	for i := range others {
		o := &others[i]
		w, err := s.byID(ctx, s.pool, o.workspace)
		if err != nil {
			return err
		}
		theirs, err := s.leaving(w, o)
		if err != nil {
			return err
		}
		var left disclosure.Release
		if err := left.UnmarshalBinary(theirs.ledger); err != nil {
			return err
		}
		near := disclosure.Check(box.measured, p, []disclosure.Release{left}, disclosure.Budget{}).Refused()
		v.Beside = append(v.Beside, Beside{o.Number, o.State, near})
	}
	return nil
}

// Path is where the developer finds a review, and Desk where the others do.
func (r *Review) Path() string { return "/workspaces/" + r.Workspace + "/reviews/" + r.Number }

// Desk is the page of whoever judges.
func (r *Review) Desk() string { return "/desk/outputs/" + r.Number }

// Ending is the last day of the scenario of a workspace that ends before long.
func (s *Service) ending(w *Workspace) bool {
	left := w.Scenario.Until
	return !w.Over() && s.now().Before(left) && s.clocks.Days(s.now(), left) <= s.limits.Ending
}

// until is the last day of something that ends at a moment, in China.
func until(t time.Time) string {
	return t.Add(-time.Nanosecond).In(workdays.Zone).Format(time.DateOnly)
}

// Names are the columns that a developer can be offered while writing: of each mount
// its name and those of its columns.
func (v *View) Names() map[string][]string {
	out := map[string][]string{}
	for i := range v.Mounts {
		m := &v.Mounts[i]
		if !m.Current {
			continue
		}
		for _, c := range m.Columns {
			out[m.Name] = append(out[m.Name], c.Name)
		}
	}
	return out
}

// First is a statement to begin with: it counts the rows of the first mount.
func (v *View) First() string {
	for i := range v.Mounts {
		m := &v.Mounts[i]
		if m.State != MountReady || !m.Current {
			continue
		}
		for _, c := range m.Columns {
			if c.Use == "group" || c.Use == "read" {
				name := quoted(c.Name)
				return "SELECT " + name + ", count(*) AS n\nFROM " + m.Name + "\nGROUP BY " + name + "\nORDER BY n DESC"
			}
		}
		return "SELECT count(*) AS n\nFROM " + m.Name
	}
	return ""
}

// quoted is a name as it stands in SQL.
func quoted(name string) string {
	plain := strings.IndexFunc(name, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_') }) < 0
	if plain && name != "" && (name[0] < '0' || name[0] > '9') {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
