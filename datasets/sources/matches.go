package sources

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
)

// Match is an entry of another department that has data items of an entry.
type Match struct {
	Entry  Entry
	Office datasets.Department
	Items  []Likeness // that both have
	Mine   int        // items of the own entry that count
	Theirs int        // and of the other
	Case   int64      // about both, running or decided; 0: none
	State  State      // of the case
	Source int64      // department that it names; 0: none
	Shared bool       // so many items are the same that the system proposes a case
}

// Matches are the entries of other departments under the same text that have
// data items of the entry, those with the most first: what is collected already
// could be had by sharing (AS-14.2, AB-18.2). who is told of no entry that who
// may not know of.
func (s *Service) Matches(ctx context.Context, who account.Actor, entryID int64) ([]Match, error) {
	condition, args := known(who)
	return s.matches(ctx, s.pool, entryID, condition, args)
}

func (s *Service) matches(ctx context.Context, q database.Querier, entryID int64, condition string, args pgx.NamedArgs) ([]Match, error) {
	own, err := selectCompared(ctx, q, `d.id = @id`, pgx.NamedArgs{"id": entryID})
	if err != nil || len(own) == 0 || own[0].office.Profile == "" {
		return nil, err
	}
	mine := s.rules.distinct(own[0].items)
	if len(mine) == 0 {
		return nil, nil
	}
	others, err := selectCompared(ctx, q, `d.department_id <> @own AND p.profile = @binds AND d.status <> 'withdrawn' AND `+condition+` AND d.id IN (
			SELECT id FROM datasets WHERE item_keys(items) && item_keys(@mine::jsonb)
			UNION SELECT r.dataset_id FROM version_tables t JOIN versions v ON v.id = t.version_id JOIN resources r ON r.id = v.resource_id WHERE item_keys(t.fields) && item_keys(@mine::jsonb))`,
		with(args, "own", own[0].Department, "binds", own[0].office.Profile, "mine", mine))
	if err != nil {
		return nil, err
	}
	var out []Match
	for i := range others {
		if m := s.match(mine, &others[i]); len(m.Items) > 0 {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b Match) int { return cmp.Or(len(b.Items)-len(a.Items), cmp.Compare(a.Entry.ID, b.Entry.ID)) })
	return out, s.casesOf(ctx, q, entryID, out)
}

// match compares items with those of another entry, each with the first that is
// the same.
func (s *Service) match(mine []datasets.Field, other *compared) Match {
	theirs := s.rules.distinct(other.items)
	m := Match{Entry: other.Entry, Office: other.office, Mine: len(mine), Theirs: len(theirs)}
	for _, f := range mine {
		for _, o := range theirs {
			if l, same := Compare(f, o); same {
				m.Items = append(m.Items, l)
				break
			}
		}
	}
	m.Shared = s.rules.proposes(len(m.Items), m.Mine, m.Theirs)
	return m
}

// casesOf finds the newest case that is about the entry and each match.
func (s *Service) casesOf(ctx context.Context, q database.Querier, entryID int64, list []Match) error {
	rows, err := q.Query(ctx, `
		SELECT DISTINCT ON (o.dataset_id) o.dataset_id, c.id, c.state, coalesce(c.source_id, 0)
		FROM source_case_entries m JOIN source_case_entries o USING (case_id) JOIN source_cases c ON c.id = m.case_id
		WHERE m.dataset_id = @id AND o.dataset_id <> @id AND c.kind = 'duplicate' ORDER BY o.dataset_id, c.id DESC`, pgx.NamedArgs{"id": entryID})
	if err != nil {
		return fmt.Errorf("cases of an entry: %w", err)
	}
	var other, id, source int64
	var state State
	_, err = pgx.ForEachRow(rows, []any{&other, &id, &state, &source}, func() error {
		if at := slices.IndexFunc(list, func(m Match) bool { return m.Entry.ID == other }); at >= 0 {
			list[at].Case, list[at].State, list[at].Source = id, state, source
		}
		return nil
	})
	return err
}

// named are the items of matches, each once, as a case keeps them.
func named(list []Match) []Named {
	var out []Named
	for _, m := range list {
		for _, l := range m.Items {
			n := Named{key(l.Mine), title(l.Mine)}
			if !slices.ContainsFunc(out, func(o Named) bool { return o.Key == n.Key }) {
				out = append(out, n)
			}
		}
	}
	return out
}

// Propose makes, in tx, a case for the authority to look at where an entry that
// was submitted has so many items of entries of other departments, and no case
// is or was about them.
func (s *Service) Propose(ctx context.Context, tx pgx.Tx, entryID int64) error {
	all, err := s.matches(ctx, tx, entryID, submitted, nil)
	if err != nil {
		return err
	}
	found := slices.DeleteFunc(all, func(m Match) bool { return !m.Shared || m.Case != 0 })
	if len(found) == 0 {
		return nil
	}
	_, err = s.duplicate(ctx, tx, account.System("one-source"), entryID, found, &Case{State: Proposed, Origin: BySystem})
	return err
}

// duplicate makes c a case about an entry and its matches.
func (s *Service) duplicate(ctx context.Context, tx pgx.Tx, who account.Actor, entryID int64, found []Match, c *Case) (int64, error) {
	own, err := selectCompared(ctx, tx, `d.id = @id`, pgx.NamedArgs{"id": entryID})
	if err != nil {
		return 0, err
	}
	c.Kind, c.Profile, c.Sample = Duplicate, own[0].office.Profile, own[0].office.Sample
	c.Entries, c.Items = []Entry{own[0].Entry}, named(found)
	for _, m := range found {
		c.Entries = append(c.Entries, m.Entry)
	}
	return c.ID, s.insertCase(ctx, tx, who, c)
}
