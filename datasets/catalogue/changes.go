package catalogue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// ChangeState is how far a change of the catalogue is.
type ChangeState string

// The states of a change (law matrix 5.4).
const (
	Recorded  ChangeState = "event_recorded"
	Updated   ChangeState = "updated"
	Reported  ChangeState = "reported"
	Approved  ChangeState = "approved"
	SentBack  ChangeState = "returned"
	Cancelled ChangeState = "cancelled" // it was recorded by mistake
	Duplicate ChangeState = "duplicate"
)

// ChangeAction is what can be done to a change.
type ChangeAction string

// The actions.
const (
	Update        ChangeAction = "update"
	Report        ChangeAction = "report"
	Approve       ChangeAction = "approve"
	SendBack      ChangeAction = "return"
	CallDuplicate ChangeAction = "duplicate"
	Resume        ChangeAction = "resume" // after the case
	Cancel        ChangeAction = "cancel"
)

// ChangeLifecycle is every move of a change.
var ChangeLifecycle = workflow.Lifecycle[ChangeState, ChangeAction, *Change]{
	{Action: Update, From: []ChangeState{Recorded, SentBack}, To: Updated, By: []account.Role{account.Officer}, Needs: written},
	{Action: Report, From: []ChangeState{Updated}, To: Reported, By: []account.Role{account.Officer}},
	{Action: Approve, From: []ChangeState{Reported}, To: Approved, By: []account.Role{account.Authority}},
	{Action: SendBack, From: []ChangeState{Reported}, To: SentBack, By: []account.Role{account.Authority}, Needs: changeReason},
	{Action: CallDuplicate, From: []ChangeState{Reported}, To: Duplicate, By: []account.Role{account.Authority}, When: noCase, Needs: changeReason},
	{Action: Resume, From: []ChangeState{Duplicate}, To: Reported, By: []account.Role{account.Authority}, When: caseDone},
	{Action: Cancel, From: []ChangeState{Recorded, SentBack}, To: Cancelled, By: []account.Role{account.Officer}, When: untouched, Needs: cancelReason},
}

// untouched asks whether no entry has changed yet: what has changed is changed
// back by another change.
func untouched(c *Change) error {
	if c.UpdatedAt != nil && !c.Rules.Effective {
		return fault.New(fault.Conflict, "目录已经照这次变更改过：要改回去，请另登记一次变更。")
	}
	return nil
}

func noCase(c *Change) error {
	if c.Case != 0 {
		return fault.New(fault.Conflict, "这次变更已经转过一次重复案（第 %d 号）。", c.Case)
	}
	return nil
}

// caseDone asks whether the case that a change was made into has ended.
func caseDone(c *Change) error {
	if c.CaseDone == nil {
		return fault.New(fault.Conflict, "第 %d 号重复案还没有办完。", c.Case)
	}
	return nil
}

func cancelReason(c *Change) error {
	if c.Reason == "" {
		return fault.At("reason", "请写明为什么撤销：主管部门看得到。")
	}
	return nil
}

func changeReason(c *Change) error {
	if c.Reason == "" {
		return fault.At("reason", "请写明为什么退回、要改什么。")
	}
	return nil
}

// written asks that every entry of the change was written and passes.
func written(c *Change) error {
	for _, e := range c.Entries {
		if e.After == nil {
			return fault.At("entries", "“%s”还没有写好要改成什么。", e.Title)
		}
		for _, f := range e.Findings {
			if f.Blocks() {
				return fault.At("entries", "“%s”还没有齐，请打开它看每一项旁边的说明。", e.Title)
			}
		}
	}
	return nil
}

// Change is one thing that happened, with what it does to the catalogue.
type Change struct {
	ID         int64
	Department datasets.Department
	Trigger    string
	EventDate  time.Time // midnight in China
	Evidence   string
	State      ChangeState
	RecordedAt time.Time
	UpdatedAt  *time.Time
	ReportedAt *time.Time
	ReportedBy int64
	DecidedAt  *time.Time
	DecidedBy  string
	Reason     string
	Sample     bool
	Revision   int64
	Entries    []ChangeEntry
	Case       int64      // the duplicate it was made into; 0: none
	CaseDone   *time.Time // when that case ended; nil: it has not
	Rules      Rules      // of the day of the event

	UpdateClock  deadline.Clock
	ReportClock  *deadline.Clock // AB-17; nil: the text has none
	ConfirmClock *deadline.Clock // of the authority, while it is reported
	ref          deadline.Ref
}

// ChangeEntry is an entry that the change touches.
type ChangeEntry struct {
	ID       int64
	Slug     string
	Title    string
	Before   Content
	After    Content // nil: not written yet
	Applied  bool
	Findings []Finding

	Held       bool       // all took effect but that it opens further: that waits for its review (law matrix 5.5)
	OpenedAt   *time.Time // when that took effect, too
	Unreviewed []datasets.Unreviewed
}

// Written is what the change says otherwise than the entry did when the change
// was written; nothing else of the entry is its matter.
func (e ChangeEntry) Written() Content {
	out := Content{}
	if e.After == nil {
		return out
	}
	for _, d := range Diff(e.Before, e.After) {
		out[d.Field.Key] = d.After
	}
	return out
}

// below is what the entry says now, without what the change itself has already
// made it say: what is written next is laid over that.
func (e ChangeEntry) below(now Content) Content {
	out := now.With(nil)
	if e.After == nil {
		return out
	}
	for _, d := range Diff(e.Before, e.After) {
		if now[d.Field.Key] == d.After {
			out[d.Field.Key] = d.Before
		}
	}
	return out
}

// overtaken is a field that was changed by somebody else after the change was
// written, to something else than the change wants.
func (e ChangeEntry) overtaken(now Content) (Field, bool) {
	if e.After == nil {
		return Field{}, false
	}
	for _, d := range Diff(e.Before, e.After) {
		if there := now[d.Field.Key]; there != d.Before && there != d.After {
			return d.Field, true
		}
	}
	return Field{}, false
}

// Waits reports whether the entry is still to be opened further.
func (e ChangeEntry) Waits() bool { return e.Held && e.OpenedAt == nil }

// Late is whether what is to be done next is late at now.
func (c *Change) Late(now time.Time) bool {
	k := c.Running()
	return k != nil && k.Late(now)
}

// Running is the clock of what is to be done next; nil where nothing is.
func (c *Change) Running() *deadline.Clock {
	switch c.State {
	case Recorded, SentBack:
		return &c.UpdateClock
	case Updated:
		return c.ReportClock
	case Reported:
		return c.ConfirmClock
	}
	return nil
}

// UpdatedLate is whether the update came, or still would come, too late.
func (c *Change) UpdatedLate(now time.Time) bool {
	if c.UpdatedAt != nil {
		now = *c.UpdatedAt
	}
	return c.UpdateClock.Late(now)
}

var (
	updateTerm = deadline.Term{Path: "catalogue.update_deadline", House: "catalogue_change_default"}
	reportPath = "catalogue.report_deadline"
)

// rank orders types by how much they hold back.
func rank(code string) int { return slices.Index(types, code) }

// Effects of a change on the two axes.
func Tightened(before, after Content) bool {
	return rank(after["open_type"]) > rank(before["open_type"]) || rank(after["share_type"]) > rank(before["share_type"])
}

// Loosened reports whether more is opened than before: that goes through the
// opening review (AB-31.3).
func Loosened(before, after Content) bool {
	return rank(after["open_type"]) < rank(before["open_type"])
}

// NewChange is what is recorded of an event.
type NewChange struct {
	Trigger   string
	EventDate string // ISO 8601
	Evidence  string
	Entries   []string // slugs of public entries of the department
}

// Record records that something happened. The clock runs from the day it
// happened: what is recorded late is late at once.
func (s *Service) Record(ctx context.Context, who account.Actor, n NewChange) (int64, error) {
	if !who.Is(account.Officer) || who.Department == 0 || !who.Covers(account.ScopePublish) {
		return 0, fault.New(fault.Forbidden, "只有部门的数据专员可以编目。")
	}
	event, err := time.ParseInLocation(time.DateOnly, n.EventDate, china)
	switch {
	case err != nil || event.Year() < 2000:
		return 0, fault.At("event_date", "日期请写成年-月-日，如 2026-01-15。")
	case event.After(s.now()):
		return 0, fault.At("event_date", "情形发生的日期不能晚于今天。")
	case strings.TrimSpace(n.Evidence) == "":
		return 0, fault.At("evidence", "请写明变更依据：哪份文件、哪次系统更新。")
	case len([]rune(n.Evidence)) > maxReason:
		return 0, fault.At("evidence", "太长，最多 %d 个字。", maxReason)
	case len(n.Entries) == 0:
		return 0, fault.At("entries", "请选至少一个受影响的条目。")
	}
	department, _, err := s.surroundings(ctx, who.Department)
	if err != nil {
		return 0, err
	}
	rules := RulesOn(s.book, department.Profile, event)
	if !slices.ContainsFunc(rules.Triggers, func(t Type) bool { return t.Code == n.Trigger }) {
		return 0, fault.At("trigger", "请选一种情形。")
	}
	clock, err := s.clocks.Start(department.Profile, updateTerm, event)
	if err != nil {
		return 0, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (id int64, err error) {
		err = tx.QueryRow(ctx, `
			INSERT INTO catalogue_changes (department_id, trigger, event_date, evidence, clock_profile, clock_path, recorded_at, recorded_by, sample)
			VALUES (@department, @trigger, @event, @evidence, @profile, @path, @now, @by, @sample) RETURNING id`,
			pgx.NamedArgs{"department": who.Department, "trigger": n.Trigger, "event": n.EventDate, "evidence": strings.TrimSpace(n.Evidence), "profile": clock.Profile, "path": clock.Path,
				"now": s.now(), "by": who.ID, "sample": department.Sample}).Scan(&id)
		if err != nil {
			return 0, err
		}
		for _, slug := range n.Entries {
			e, err := s.Entry(ctx, who, slug)
			if err != nil {
				return 0, err
			}
			if e.Department.ID != who.Department || e.Status != datasets.Published {
				return 0, fault.At("entries", "只能选本部门已经公开的条目。")
			}
			before, err := json.Marshal(Of(e.Dataset))
			if err != nil {
				return 0, err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO catalogue_change_entries (change_id, dataset_id, before) VALUES (@change, @dataset, @before) ON CONFLICT DO NOTHING`,
				pgx.NamedArgs{"change": id, "dataset": e.Dataset.ID, "before": before}); err != nil {
				return 0, err
			}
		}
		return id, audit.Append(ctx, tx, who, "catalogue-change", fmt.Sprint(id), "record", map[string]string{"trigger": n.Trigger, "event": n.EventDate})
	})
}

const changeColumns = `
	c.id, c.department_id, c.trigger, c.event_date, c.evidence, c.state, c.recorded_at, c.updated_at, c.reported_at, coalesce(c.reported_by, 0),
	c.decided_at, c.decided_by, c.reason, c.sample, c.revision, c.clock_profile, c.clock_path, p.name, p.name_en, p.profile, coalesce(k.id, 0), k.decided_at`

// Changes are those that who makes or decides about, the newest first.
func (s *Service) Changes(ctx context.Context, who account.Actor) ([]Change, error) {
	return s.changes(ctx, who, `true`, nil)
}

// Change is one of them. It returns fault.NotFound for any other.
func (s *Service) Change(ctx context.Context, who account.Actor, id int64) (*Change, error) {
	found, err := s.changes(ctx, who, `c.id = @id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "没有这次变更。")
	}
	c := &found[0]
	_, v, err := s.surroundings(ctx, c.Department.ID)
	if err != nil {
		return nil, err
	}
	for i := range c.Entries {
		e := &c.Entries[i]
		if e.After == nil {
			continue
		}
		if e.Waits() {
			if e.Unreviewed, err = s.entries.Unreviewed(ctx, e.ID, datasets.OpenType(e.After["open_type"])); err != nil {
				return nil, err
			}
		}
		d, err := s.entries.Dataset(ctx, as(c.Department.ID), e.Slug)
		if err != nil {
			return nil, err
		}
		uses, err := s.sources.Uses(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		rules := RulesOn(s.book, c.Department.Profile, s.now())
		e.Findings = append(e.Written().Apply(d, v), append(Examine(d, rules, s.now()), oneSource(d, rules, uses)...)...)
	}
	return c, nil
}

func (s *Service) changes(ctx context.Context, who account.Actor, where string, args pgx.NamedArgs) ([]Change, error) {
	theirs, err := profileOf(ctx, s.pool, who.Department)
	if err != nil {
		return nil, err
	}
	all := pgx.NamedArgs{"within": who.Any(account.Officer, account.Head), "authority": who.Is(account.Authority) && who.Department != 0, "department": who.Department, "profile": theirs}
	for k, v := range args {
		all[k] = v
	}
	return s.selectChanges(ctx, `(@within AND c.department_id = @department OR @authority AND p.profile = @profile AND c.state NOT IN ('event_recorded', 'updated')) AND `+where, all)
}

func (s *Service) selectChanges(ctx context.Context, where string, args pgx.NamedArgs) ([]Change, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+changeColumns+`,
		(SELECT jsonb_agg(jsonb_build_object('ID', d.id, 'Slug', d.slug, 'Title', d.title, 'Before', x.before, 'After', x.after, 'Applied', x.applied_at IS NOT NULL, 'Held', x.held, 'OpenedAt', x.opened_at) ORDER BY d.id)
		 FROM catalogue_change_entries x JOIN datasets d ON d.id = x.dataset_id WHERE x.change_id = c.id)
		FROM catalogue_changes c JOIN departments p ON p.id = c.department_id LEFT JOIN source_cases k ON k.change_id = c.id
		WHERE `+where+`
		ORDER BY c.id DESC LIMIT 500`, args)
	if err != nil {
		return nil, err
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Change, err error) {
		return c, row.Scan(&c.ID, &c.Department.ID, &c.Trigger, &c.EventDate, &c.Evidence, &c.State, &c.RecordedAt, &c.UpdatedAt, &c.ReportedAt, &c.ReportedBy,
			&c.DecidedAt, &c.DecidedBy, &c.Reason, &c.Sample, &c.Revision, &c.ref.Profile, &c.ref.Path, &c.Department.Name, &c.Department.NameEN, &c.Department.Profile, &c.Case, &c.CaseDone, &c.Entries)
	})
	for i := range out {
		if err := s.clocksOf(&out[i]); err != nil {
			return nil, err
		}
	}
	return out, err
}

// clocksOf works out the clocks of a change. AB-17 counts the report from when
// the update was done, and never past three days after the update was due.
func (s *Service) clocksOf(c *Change) (err error) {
	y, m, d := c.EventDate.Date()
	c.EventDate = time.Date(y, m, d, 0, 0, 0, 0, china)
	c.ref.From = c.EventDate
	c.Rules = RulesOn(s.book, c.Department.Profile, c.EventDate)
	if c.UpdateClock, err = s.clocks.Resume(c.ref); err != nil {
		return err
	}
	if c.Rules.Profile != nil && c.ref.Profile == c.Rules.Profile.ID() {
		if r, ok := c.Rules.Profile.Rule(reportPath); ok && !r.Silent {
			last, err := s.clocks.Resume(deadline.Ref{Profile: c.ref.Profile, Path: reportPath, From: c.UpdateClock.Last})
			if err != nil {
				return err
			}
			c.ReportClock = &last
			if c.UpdatedAt != nil {
				k, err := s.clocks.Resume(deadline.Ref{Profile: c.ref.Profile, Path: reportPath, From: *c.UpdatedAt})
				if err != nil {
					return err
				}
				if k.Last.Before(last.Last) {
					c.ReportClock = &k
				}
			}
		}
	}
	if c.State == Reported {
		from := *c.ReportedAt
		if c.CaseDone != nil && c.CaseDone.After(from) {
			from = *c.CaseDone // meanwhile the case had its own clock
		}
		k, err := s.clocks.Start("", confirmation, from)
		if err != nil {
			return err
		}
		c.ConfirmClock = &k
	}
	return nil
}

// SaveChange writes what an entry is to say once the change is made. What is
// tightened needs its basis before anything is saved (AS-27.3, AS-20.3, TJ-16,
// AB-24.3); what else is missing may follow.
func (s *Service) SaveChange(ctx context.Context, who account.Actor, id int64, slug string, in Saved) ([]Finding, error) {
	c, err := s.Change(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if !who.Is(account.Officer) || c.Department.ID != who.Department {
		return nil, fault.New(fault.Forbidden, "只有本部门的数据专员可以改这个条目。")
	}
	if c.State != Recorded && c.State != SentBack {
		return nil, fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
	}
	i := slices.IndexFunc(c.Entries, func(e ChangeEntry) bool { return e.Slug == slug })
	if i < 0 {
		return nil, errNoEntry()
	}
	if err := s.declare(ctx, who, in.answer()); err != nil {
		return nil, err
	}
	d, err := s.entries.Dataset(ctx, as(c.Department.ID), slug)
	if err != nil {
		return nil, err
	}
	if d.Revision != in.Revision {
		return nil, fault.New(fault.Conflict, "这个条目在您打开之后已被别人改过，请重新打开。")
	}
	_, v, err := s.surroundings(ctx, c.Department.ID)
	if err != nil {
		return nil, err
	}
	before := Of(d)
	if wrong := in.Content.Apply(d, v); len(wrong) > 0 {
		return wrong, nil
	}
	if err := d.Check(); fault.KindOf(err) == fault.Invalid && !Tightened(before, Of(d)) {
		f := fault.Of(err)
		return []Finding{{Check: "readable", Field: f.Field, Sentence: f.Sentence, Args: f.Args, Source: house}}, nil
	}
	after := Of(d)
	if before["open_type"] == string(datasets.Withheld) && Loosened(before, after) {
		return []Finding{{Check: "loosened", Field: "open_type", Sentence: "不予开放的条目不能直接改成开放：请作脱敏处理或者取得权利人同意，另建一个条目送审，原件不动。", Source: house}}, nil
	}
	if Tightened(before, after) {
		wrong := slices.DeleteFunc(Examine(d, RulesOn(s.book, c.Department.Profile, s.now()), s.now()), func(f Finding) bool {
			return !slices.Contains([]string{"basis-given", "basis-whole", "basis-kind", "reason-given", "ground-named", "filed", "conditions-listed", "open-conditions"}, f.Check)
		})
		if len(wrong) > 0 {
			return wrong, nil
		}
	}
	content, err := json.Marshal(after)
	if err != nil {
		return nil, err
	}
	over, err := json.Marshal(c.Entries[i].below(before))
	if err != nil {
		return nil, err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		tag, err := tx.Exec(ctx, `
			UPDATE catalogue_change_entries x SET before = @before, after = @after FROM catalogue_changes c
			WHERE c.id = x.change_id AND c.id = @change AND x.dataset_id = @dataset AND c.state IN ('event_recorded', 'returned')`,
			pgx.NamedArgs{"before": over, "after": content, "change": id, "dataset": d.ID})
		if err == nil && tag.RowsAffected() == 0 {
			err = fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
		}
		if err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, who, "catalogue-change", fmt.Sprint(id), "write", map[string]string{"entry": slug})
	})
	return nil, err
}

// Offers are the actions that who can take.
func (c *Change) Offers(who account.Actor) []ChangeAction {
	return slices.DeleteFunc(ChangeLifecycle.Offer(c.State, who, c), func(a ChangeAction) bool { return c.mayAct(who, a) != nil })
}

func (c *Change) mayAct(who account.Actor, a ChangeAction) error {
	switch a {
	case Update, Report, Cancel:
		if who.Department != c.Department.ID {
			return fault.New(fault.Forbidden, "只有本部门的人可以这样做。")
		}
	default:
		if who.ID == c.ReportedBy {
			return fault.New(fault.Forbidden, "自己报送的条目不能由自己确认。")
		}
	}
	return nil
}

// MoveChange takes a change further. Where the text makes the authority's
// confirmation the moment that counts (AS-12.3, TJ-10.3), entries change with
// it; elsewhere the department updates its own catalogue and reports (AB-17), or
// is done when the catalogue is (FJ-2.2).
func (s *Service) MoveChange(ctx context.Context, who account.Actor, id int64, action ChangeAction, reason string, revision int64) error {
	c, err := s.Change(ctx, who, id)
	if err != nil {
		return err
	}
	if c.Reason = strings.TrimSpace(reason); len([]rune(c.Reason)) > maxReason {
		return fault.At("reason", "太长，最多 %d 个字。", maxReason)
	}
	if err := c.mayAct(who, action); err != nil {
		return err
	}
	from := c.State
	to, err := ChangeLifecycle.Next(from, action, who, c)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		tag, err := tx.Exec(ctx, `
			UPDATE catalogue_changes SET state = @to, revision = revision + 1,
			       updated_at = CASE WHEN @to = 'updated' THEN @now ELSE updated_at END,
			       reported_at = CASE WHEN @to = 'reported' AND @from <> 'duplicate' THEN @now ELSE reported_at END,
			       reported_by = CASE WHEN @to = 'reported' AND @from <> 'duplicate' THEN @by ELSE reported_by END,
			       decided_at = CASE WHEN @to IN ('approved', 'returned', 'duplicate', 'cancelled') THEN @now ELSE decided_at END,
			       decided_by = CASE WHEN @to IN ('approved', 'returned', 'duplicate', 'cancelled') THEN @name ELSE decided_by END,
			       reason = CASE WHEN @to IN ('returned', 'duplicate', 'cancelled') THEN @reason ELSE reason END
			WHERE id = @id AND state = @from AND revision = @revision`,
			pgx.NamedArgs{"to": to, "from": from, "now": s.now(), "by": who.ID, "name": who.Name, "reason": c.Reason, "id": id, "revision": revision})
		if err == nil && tag.RowsAffected() == 0 {
			err = fault.New(fault.Conflict, "这次变更在您打开之后已被别人改过，请重新打开。")
		}
		if err != nil {
			return none, err
		}
		switch to {
		case Reported:
			for _, e := range c.Entries {
				if action == Report {
					err = errors.Join(err, s.sources.Propose(ctx, tx, e.ID))
				}
			}
		case Duplicate:
			var entries []int64
			for _, e := range c.Entries {
				entries = append(entries, e.ID)
			}
			err = s.sources.FromChange(ctx, tx, who, c.ID, entries, c.Reason)
		}
		if err != nil {
			return none, err
		}
		if to == Updated && !c.Rules.Effective || to == Approved && c.Rules.Effective {
			if err := s.applyChange(ctx, tx, who, c); err != nil {
				return none, err
			}
		}
		return none, audit.Append(ctx, tx, who, "catalogue-change", fmt.Sprint(id), string(action), audit.Moved(from, to))
	})
	return err
}

// applyChange makes the entries say what the change says, and leaves alone what
// it does not mention. A field that says something else than when the change was
// written stops it.
func (s *Service) applyChange(ctx context.Context, tx pgx.Tx, who account.Actor, c *Change) error {
	_, v, err := s.surroundings(ctx, c.Department.ID)
	if err != nil {
		return err
	}
	for _, e := range c.Entries {
		d, err := s.entries.Dataset(ctx, as(c.Department.ID), e.Slug)
		if err != nil {
			return err
		}
		if f, other := e.overtaken(Of(d)); other {
			return fault.New(fault.Conflict, "“%s”的“%s”在这次变更写好之后又被别的变更改过，不能盖掉：请退回，让部门对照现在的内容重新写。", e.Title, f.Label)
		}
		after := e.Written()
		held, err := s.holdBack(ctx, d, Of(d).With(after))
		if err != nil {
			return err
		}
		if held {
			after = after.With(opens(Of(d)))
		}
		if len(after.Apply(d, v)) > 0 {
			return fault.New(fault.Conflict, "这个条目在您打开之后已被别人改过，请重新打开。")
		}
		if err := s.entries.SaveIn(ctx, tx, as(c.Department.ID), d); err != nil {
			return err
		}
		if err := s.revise(ctx, tx, who, d, "change"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE catalogue_change_entries SET applied_at = @now, held = @held WHERE change_id = @change AND dataset_id = @dataset`,
			pgx.NamedArgs{"now": s.now(), "held": held, "change": c.ID, "dataset": d.ID}); err != nil {
			return err
		}
	}
	return nil
}

// opensBy are the fields that say how an entry is open.
var opensBy = []string{"open_type", "open_bases", "open_reason", "open_method", "use_requirements", "safeguards"}

// opens is what c says of how an entry is open.
func opens(c Content) Content {
	out := Content{}
	for _, k := range opensBy {
		out[k] = c[k]
	}
	return out
}

// holdBack reports whether a change opens d further than any review has let
// through: all else takes effect in its time, and the opening when it was
// reviewed (law matrix 5.4 and 5.5).
func (s *Service) holdBack(ctx context.Context, d *datasets.Dataset, after Content) (bool, error) {
	if !Loosened(Of(d), after) {
		return false, nil
	}
	left, err := s.entries.Unreviewed(ctx, d.ID, datasets.OpenType(after["open_type"]))
	return len(left) > 0, err
}

// OpenHeld opens an entry as its change says, once every version of it was let
// through for that. It returns fault.Invalid at open_type where one was not.
func (s *Service) OpenHeld(ctx context.Context, who account.Actor, id int64, slug string) error {
	c, err := s.Change(ctx, who, id)
	if err != nil {
		return err
	}
	if !who.Is(account.Officer) || c.Department.ID != who.Department {
		return fault.New(fault.Forbidden, "只有本部门的数据专员可以改这个条目。")
	}
	i := slices.IndexFunc(c.Entries, func(e ChangeEntry) bool { return e.Slug == slug && e.Waits() })
	if i < 0 {
		return fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
	}
	_, v, err := s.surroundings(ctx, c.Department.ID)
	if err != nil {
		return err
	}
	d, err := s.entries.Dataset(ctx, as(c.Department.ID), slug)
	if err != nil {
		return err
	}
	if wrong := opens(c.Entries[i].After).Apply(d, v); len(wrong) > 0 {
		return wrong[0].fault()
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		tag, err := tx.Exec(ctx, `UPDATE catalogue_change_entries SET opened_at = @now WHERE change_id = @change AND dataset_id = @dataset AND held AND opened_at IS NULL`,
			pgx.NamedArgs{"now": s.now(), "change": id, "dataset": d.ID})
		if err == nil && tag.RowsAffected() == 0 {
			err = fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
		}
		if err != nil {
			return none, err
		}
		if err := s.entries.SaveIn(ctx, tx, as(c.Department.ID), d); err != nil {
			return none, err
		}
		if err := s.revise(ctx, tx, who, d, "change"); err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, who, "catalogue-change", fmt.Sprint(id), "open", map[string]string{"entry": slug})
	})
	return err
}
