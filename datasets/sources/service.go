package sources

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
)

// Service keeps the cases.
type Service struct {
	pool    *pgxpool.Pool
	entries *datasets.Service
	rules   Rules
	clocks  *deadline.Clocks
	now     func() time.Time
}

// New returns the cases about the entries of a catalogue.
func New(pool *pgxpool.Pool, entries *datasets.Service, book *policy.Book, clocks *deadline.Clocks, now func() time.Time) *Service {
	s := &Service{pool: pool, entries: entries, clocks: clocks, now: now}
	if book != nil {
		s.rules = RulesOf(book)
	}
	return s
}

// Rules are by which items are compared.
func (s *Service) Rules() Rules { return s.rules }

func errNoCase() error { return fault.New(fault.NotFound, "没有这一案。") }

// Cases are those of a kind that who may know of, the newest first.
func (s *Service) Cases(ctx context.Context, who account.Actor, kind Kind) ([]Case, error) {
	args, err := s.mineArgs(ctx, s.pool, who)
	if err != nil {
		return nil, err
	}
	return s.selectCases(ctx, s.pool, mine+` AND c.kind = @kind`, with(args, "kind", kind))
}

// Case is one of them. It returns fault.NotFound for any other.
func (s *Service) Case(ctx context.Context, who account.Actor, id int64) (*Case, error) {
	return s.find(ctx, s.pool, who, id)
}

func (s *Service) find(ctx context.Context, q database.Querier, who account.Actor, id int64) (*Case, error) {
	args, err := s.mineArgs(ctx, q, who)
	if err != nil {
		return nil, err
	}
	found, err := s.selectCases(ctx, q, mine+` AND c.id = @id`, with(args, "id", id))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || who.Key != "" {
		return nil, errNoCase()
	}
	return &found[0], nil
}

// lock holds a case until tx ends, as it was when revision was shown.
func (s *Service) lock(ctx context.Context, tx pgx.Tx, who account.Actor, id, revision int64) (*Case, error) {
	if _, err := tx.Exec(ctx, `SELECT FROM source_cases WHERE id = @id FOR UPDATE`, pgx.NamedArgs{"id": id}); err != nil {
		return nil, err
	}
	c, err := s.find(ctx, tx, who, id)
	if err == nil && c.Revision != revision {
		err = fault.New(fault.Conflict, "这一案在您打开之后有了变化，请重新打开再看。")
	}
	return c, err
}

// OpenDuplicate makes the authority's case about an entry and others that have
// data items of it.
func (s *Service) OpenDuplicate(ctx context.Context, who account.Actor, slug string, others []string, about string) (int64, error) {
	if !who.Is(account.Authority) || who.Department == 0 || who.Key != "" {
		return 0, fault.New(fault.Forbidden, "只有主管部门可以立重复案。")
	}
	about, err := datasets.CleanProse("about", about)
	if err != nil {
		return 0, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (int64, error) {
		if err := one(ctx, tx); err != nil {
			return 0, err
		}
		condition, args := known(who)
		own, err := selectCompared(ctx, tx, `d.slug = @slug AND p.profile = (SELECT profile FROM departments WHERE id = @mine) AND `+condition, with(args, "slug", slug, "mine", who.Department))
		if err != nil {
			return 0, err
		}
		if len(own) == 0 {
			return 0, fault.New(fault.NotFound, "没有这个目录条目。")
		}
		all, err := s.matches(ctx, tx, own[0].ID, condition, args)
		if err != nil {
			return 0, err
		}
		found := slices.DeleteFunc(all, func(m Match) bool { return !slices.Contains(others, m.Entry.Slug) })
		if err := openable(found, others); err != nil {
			return 0, err
		}
		c := &Case{State: Open, Origin: ByAuthority, About: about}
		id, err := s.duplicate(ctx, tx, who, own[0].ID, found, c)
		if err != nil {
			return 0, err
		}
		return id, s.tellPages(ctx, tx, c)
	})
}

// openable asks whether a case can be made of these matches, of which those that
// were chosen are not all left.
func openable(found []Match, chosen []string) error {
	distinct := map[string]bool{}
	for _, slug := range chosen {
		distinct[slug] = true
	}
	switch {
	case len(chosen) == 0:
		return fault.At("others", "请选至少一个别的部门的条目。")
	case len(found) < len(distinct):
		return fault.At("others", "选的条目里，有的和这个条目没有一个相同的数据项，或者不是别的部门的：重复按数据项比，不按名称比。")
	}
	for _, m := range found {
		if m.Case != 0 && m.State != Closed {
			return fault.New(fault.Conflict, "“%s”和这个条目已经在第 %d 号案里。", m.Entry.Title, m.Case)
		}
	}
	return nil
}

// one lets cases be opened and decided one after the other, so that nobody opens
// the same one twice, and no item is decided twice.
func one(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `LOCK TABLE source_cases IN SHARE ROW EXCLUSIVE MODE`)
	return err
}

// FromChange makes, in tx, a case of a reported change (law matrix 5.4): about
// its entries and all of other departments that have data items of them.
func (s *Service) FromChange(ctx context.Context, tx pgx.Tx, who account.Actor, change int64, entries []int64, reason string) error {
	if err := one(ctx, tx); err != nil {
		return err
	}
	for _, id := range entries {
		all, err := s.matches(ctx, tx, id, submitted, nil)
		if err != nil {
			return err
		}
		found := slices.DeleteFunc(all, func(m Match) bool { return m.Case != 0 && m.State != Closed && m.State != Decided })
		if len(found) == 0 {
			continue
		}
		c := &Case{State: Open, Origin: ByChange, ChangeID: change, About: reason}
		if _, err := s.duplicate(ctx, tx, who, id, found, c); err != nil {
			return err
		}
		return s.tellPages(ctx, tx, c)
	}
	return fault.New(fault.Invalid, "没有找到和别的部门相同、还不在案里的数据项，不能转作重复案。")
}

// NewInconsistency is what somebody says of two entries.
type NewInconsistency struct {
	One, Other     string // slugs
	About          string
	FromCorrection bool
}

// OpenInconsistency makes a case about two entries of different departments whose
// values disagree. A department concerned opens it, or the authority.
func (s *Service) OpenInconsistency(ctx context.Context, who account.Actor, n NewInconsistency) (int64, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (int64, error) { return s.OpenInconsistencyIn(ctx, tx, who, n) })
}

// OpenInconsistencyIn is OpenInconsistency as a part of tx.
func (s *Service) OpenInconsistencyIn(ctx context.Context, tx pgx.Tx, who account.Actor, n NewInconsistency) (int64, error) {
	if !who.Any(account.Officer, account.Authority) || who.Department == 0 || who.Key != "" {
		return 0, fault.New(fault.Forbidden, "只有相关部门和主管部门可以立不一致案。")
	}
	about, err := datasets.CleanProse("about", n.About)
	if err != nil {
		return 0, err
	}
	if about == "" {
		return 0, fault.At("about", "请写明哪些值不一致、在哪里看到的。")
	}
	if err := one(ctx, tx); err != nil {
		return 0, err
	}
	condition, args := known(who)
	pair := make([]compared, 2)
	for i, e := range []struct{ field, slug string }{{"one", n.One}, {"other", n.Other}} {
		found, err := selectCompared(ctx, tx, `d.slug = @slug AND d.status = 'published' AND `+condition, with(args, "slug", e.slug))
		if err != nil {
			return 0, err
		}
		if len(found) == 0 {
			return 0, fault.At(e.field, "没有这个公开的条目，请写它网址里的名字。")
		}
		pair[i] = found[0]
	}
	if err := s.mayDisagree(ctx, tx, who, pair[0], pair[1]); err != nil {
		return 0, err
	}
	c := &Case{Kind: Inconsistency, State: Negotiating, Origin: ByDepartment, About: about, Profile: pair[0].office.Profile, Sample: pair[0].office.Sample,
		Entries: []Entry{pair[0].Entry, pair[1].Entry}, Items: named([]Match{s.match(s.rules.distinct(pair[0].items), &pair[1])})}
	switch {
	case n.FromCorrection:
		c.Origin = ByCorrection
	case who.Is(account.Authority):
		c.Origin = ByAuthority
	}
	if err := s.insertCase(ctx, tx, who, c); err != nil {
		return 0, err
	}
	return c.ID, s.tellPages(ctx, tx, c)
}

// mayDisagree asks whether who can make a case of two entries.
func (s *Service) mayDisagree(ctx context.Context, tx pgx.Tx, who account.Actor, a, b compared) error {
	theirs, err := profileOf(ctx, tx, who.Department)
	if err != nil {
		return err
	}
	switch {
	case a.Department == b.Department:
		return fault.At("other", "两个条目是同一个部门的：本部门自己改正就行。")
	case a.office.Profile != b.office.Profile || a.office.Profile == "":
		return fault.At("other", "两个部门不受同一部规则约束，没有共同的主管部门。")
	case who.Is(account.Authority) && theirs != a.office.Profile, !who.Is(account.Authority) && who.Department != a.Department && who.Department != b.Department:
		return fault.New(fault.Forbidden, "只有相关部门和主管部门可以立不一致案。")
	}
	var same int64
	err = tx.QueryRow(ctx, `
		SELECT coalesce(min(c.id), 0) FROM source_cases c JOIN source_case_entries x ON x.case_id = c.id JOIN source_case_entries y ON y.case_id = c.id
		WHERE c.kind = 'inconsistency' AND c.state IN ('negotiating', 'referred') AND x.dataset_id = @a AND y.dataset_id = @b`, pgx.NamedArgs{"a": a.ID, "b": b.ID}).Scan(&same)
	if err == nil && same != 0 {
		err = fault.New(fault.Conflict, "这两个条目已经在第 %d 号案里。", same)
	}
	return err
}

// Said is what a department states.
type Said struct {
	Revision  int64
	Names     int64 // department; 0: there is no such case
	Statement string
}

// State writes down the position of who's department, in the place of what it
// said before. Where all departments of an inconsistency name the same one, it
// is settled.
func (s *Service) State(ctx context.Context, who account.Actor, id int64, said Said) error {
	statement, err := datasets.CleanProse("statement", said.Statement)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		c, err := s.lock(ctx, tx, who, id, said.Revision)
		if err != nil {
			return none, err
		}
		switch {
		case !who.Is(account.Officer) || !c.Concerns(who):
			return none, fault.New(fault.Forbidden, "只有这一案涉及的部门的数据专员可以说明意见。")
		case !c.MayState(who):
			return none, fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
		case said.Names != 0 && c.party(said.Names) == nil:
			return none, fault.At("names", "请选一个部门，而且是这一案涉及的部门。")
		case statement == "":
			return none, fault.At("statement", "请写明意见和依据，如职责在哪一项、数据从哪里来。")
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO source_positions (case_id, department_id, names_id, statement, at, by_id, by_name)
			VALUES (@case, @department, nullif(@names::bigint, 0), @statement, @now, @by, @name)
			ON CONFLICT (case_id, department_id) DO UPDATE SET names_id = excluded.names_id, statement = excluded.statement, at = excluded.at, by_id = excluded.by_id, by_name = excluded.by_name`,
			pgx.NamedArgs{"case": id, "department": who.Department, "names": said.Names, "statement": statement, "now": s.now(), "by": who.ID, "name": who.Name}); err != nil {
			return none, fmt.Errorf("position: %w", err)
		}
		if err := s.record(ctx, tx, who, c, Say, statement); err != nil {
			return none, err
		}
		if err := s.parties(ctx, tx, c); err != nil {
			return none, err
		}
		if c.Kind == Inconsistency && c.State == Negotiating && c.agreement() != 0 {
			return none, s.move(ctx, tx, who, c, Settle)
		}
		_, err = tx.Exec(ctx, `UPDATE source_cases SET revision = revision + 1 WHERE id = @id`, pgx.NamedArgs{"id": id})
		return none, err
	})
	return err
}

// Step is what somebody does with a case.
type Step struct {
	Action   Action
	Revision int64
	Source   int64 // department, of Decide
	Reason   string
}

// Move takes a case further. It returns fault.NotFound for one that who may not
// know of, fault.Forbidden where the action is another's, fault.Conflict where
// somebody was first or an item is decided in another case, and fault.Invalid at
// the field where something lacks.
func (s *Service) Move(ctx context.Context, who account.Actor, id int64, step Step) error {
	reason, err := datasets.CleanProse("reason", step.Reason)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		c, err := s.lock(ctx, tx, who, id, step.Revision)
		if err != nil {
			return none, err
		}
		if err := c.mayAct(who); err != nil {
			return none, err
		}
		if step.Action == Settle {
			return none, fault.New(fault.Forbidden, "各部门的意见一致时，系统自动记为协商一致。")
		}
		if c.Reason = reason; step.Action == Decide {
			c.Source = step.Source
		}
		return none, s.move(ctx, tx, who, c, step.Action)
	})
	return err
}

func (s *Service) move(ctx context.Context, tx pgx.Tx, who account.Actor, c *Case, a Action) error {
	to, err := c.Kind.lifecycle().Next(c.State, a, who, c)
	if err != nil {
		return err
	}
	switch to {
	case Settled:
		c.Source = c.agreement()
	case Decided:
	default:
		if c.Source = 0; c.State == Decided || c.State == Settled {
			if _, err := tx.Exec(ctx, `DELETE FROM item_sources WHERE case_id = @id`, pgx.NamedArgs{"id": c.ID}); err != nil {
				return err
			}
		}
	}
	if err := s.runClock(c, to); err != nil {
		return err
	}
	if to == Decided {
		if err := one(ctx, tx); err != nil {
			return err
		}
	}
	c.State = to
	now := s.now()
	if _, err := tx.Exec(ctx, `
		UPDATE source_cases SET state = @state, source_id = nullif(@source::bigint, 0), reason = @reason, revision = revision + 1,
		       clock_profile = @clock_profile, clock_path = @clock_path, clock_from = CASE WHEN @clock_path <> '' THEN @clock_from::timestamptz END,
		       decided_at = CASE WHEN @done THEN @now::timestamptz END, decided_by = CASE WHEN @done THEN @by::bigint END, decided_name = CASE WHEN @done THEN @name ELSE '' END
		WHERE id = @id`,
		pgx.NamedArgs{"id": c.ID, "state": to, "source": c.Source, "reason": c.Reason, "clock_profile": c.ref.Profile, "clock_path": c.ref.Path, "clock_from": c.ref.From,
			"done": !to.Running(), "now": now, "by": who.ID, "name": who.Name}); err != nil {
		return fmt.Errorf("move case: %w", err)
	}
	if to == Decided && c.Kind == Duplicate {
		if err := s.assign(ctx, tx, c); err != nil {
			return err
		}
	}
	if err := s.record(ctx, tx, who, c, a, c.Reason); err != nil {
		return err
	}
	return s.tellPages(ctx, tx, c)
}

// runClock begins the period of the state that c comes to.
func (s *Service) runClock(c *Case, to State) error {
	term, ok := map[State]deadline.Term{Open: duplicateTerm, Negotiating: talkTerm, Referred: decisionTerm}[to]
	if !ok {
		return nil
	}
	k, err := s.clocks.Start(c.Profile, term, s.now())
	c.ref = k.Ref
	return err
}

// assign writes which department collects the items of the entries of c.
func (s *Service) assign(ctx context.Context, tx pgx.Tx, c *Case) error {
	full, err := selectCompared(ctx, tx, `d.id IN (SELECT dataset_id FROM source_case_entries WHERE case_id = @case)`, pgx.NamedArgs{"case": c.ID})
	if err != nil {
		return err
	}
	for _, i := range c.Items {
		for _, e := range full {
			if !holds(e, i, full) {
				continue
			}
			var other int64
			err := tx.QueryRow(ctx, `
				WITH put AS (INSERT INTO item_sources (dataset_id, item, case_id, department_id, source_id) VALUES (@dataset, @item, @case, @department, @source)
					ON CONFLICT DO NOTHING RETURNING case_id)
				SELECT coalesce((SELECT case_id FROM put), (SELECT case_id FROM item_sources WHERE dataset_id = @dataset AND item = @item))`,
				pgx.NamedArgs{"dataset": e.ID, "item": i.Key, "case": c.ID, "department": e.Department, "source": c.Source}).Scan(&other)
			if err != nil {
				return fmt.Errorf("source of an item: %w", err)
			}
			if other != c.ID {
				return fault.New(fault.Conflict, "“%s”在“%s”里已由第 %d 号案决定：一个数据项只能有一个采集部门，请先重开那一案。", i.Name, e.Title, other)
			}
		}
	}
	return nil
}

// holds reports whether an entry has an item of a case, under its own name or
// that of another entry of it.
func holds(e compared, i Named, all []compared) bool {
	for _, o := range all {
		for _, named := range o.items {
			if key(named) != i.Key {
				continue
			}
			if slices.ContainsFunc(e.items, func(f datasets.Field) bool { _, same := Compare(named, f); return same }) {
				return true
			}
		}
	}
	return false
}

// names is a list of items for a sentence.
func names(items []Named) string {
	var out []string
	for _, i := range items {
		out = append(out, i.Name)
	}
	return strings.Join(out, "、")
}
