package sources

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// Mark is what everybody may read on the page of an entry: which department
// collects items of it, or that its values are being checked against another's.
type Mark struct {
	Kind   Kind
	State  State
	Since  time.Time            // the decision, or the beginning of the check
	Items  []Named              // of a duplicate: those of this entry
	Source *datasets.Department // the one that was named; nil while none is
	Own    bool                 // that is the department of this entry
	Others []Entry              // public entries of the case, without this one; those of the source first
}

// Checking reports whether the values are being checked.
func (m Mark) Checking() bool { return m.Kind == Inconsistency && m.State.Running() }

// Marks are those of an entry that the viewer was let through to. Entries that
// are not public are not named.
func (s *Service) Marks(ctx context.Context, d *datasets.Dataset) ([]Mark, error) {
	cases, err := s.selectCases(ctx, s.pool, `EXISTS (SELECT FROM source_case_entries x WHERE x.case_id = c.id AND x.dataset_id = @id)
		AND (c.kind = 'duplicate' AND c.state = 'decided' OR c.kind = 'inconsistency' AND c.state <> 'closed')`, pgx.NamedArgs{"id": d.ID})
	if err != nil {
		return nil, err
	}
	var out []Mark
	for i := range cases {
		c := &cases[i]
		m := Mark{Kind: c.Kind, State: c.State, Since: c.OpenedAt, Source: c.Chosen(), Own: c.Source == d.Department.ID}
		if c.DecidedAt != nil {
			m.Since = *c.DecidedAt
		}
		for _, e := range c.Entries {
			switch {
			case e.ID == d.ID || !e.Public:
			case e.Department == c.Source:
				m.Others = append([]Entry{e}, m.Others...)
			default:
				m.Others = append(m.Others, e)
			}
		}
		if c.Kind == Duplicate {
			if m.Items, err = s.decidedItems(ctx, d.ID, c.ID); err != nil {
				return nil, err
			}
		}
		out = append(out, m)
	}
	return out, nil
}

func (s *Service) decidedItems(ctx context.Context, entryID, caseID int64) ([]Named, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT i.key, i.name FROM item_sources o JOIN source_case_items i ON i.case_id = o.case_id AND i.key = o.item
		WHERE o.dataset_id = @dataset AND o.case_id = @case ORDER BY i.name`, pgx.NamedArgs{"dataset": entryID, "case": caseID})
	if err != nil {
		return nil, fmt.Errorf("decided items: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Named])
}

// Use is what an entry must say since a decision made its department a user.
type Use struct {
	Case      int64
	Items     string // their names
	Collector string // name of the department that collects
}

// Uses are the decisions by which the department of an entry uses items that
// another collects.
func (s *Service) Uses(ctx context.Context, entryID int64) ([]Use, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT o.case_id, string_agg(i.name, '、' ORDER BY i.name), p.name
		FROM item_sources o JOIN source_case_items i ON i.case_id = o.case_id AND i.key = o.item JOIN departments p ON p.id = o.source_id
		WHERE o.dataset_id = @dataset AND NOT o.collects GROUP BY o.case_id, p.name ORDER BY o.case_id`, pgx.NamedArgs{"dataset": entryID})
	if err != nil {
		return nil, fmt.Errorf("items that others collect: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Use])
}

// Explain compares the first entry of a case with each other one: why their
// items count as the same, for who decides and who must live with it.
func (s *Service) Explain(ctx context.Context, c *Case) ([]Match, error) {
	all, err := selectCompared(ctx, s.pool, `d.id IN (SELECT dataset_id FROM source_case_entries WHERE case_id = @case)`, pgx.NamedArgs{"case": c.ID})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	var out []Match
	for i := range all[1:] {
		out = append(out, s.match(s.rules.distinct(all[0].items), &all[i+1]))
	}
	return out, nil
}

// Disagree holds the rows of the two entries of an inconsistency against each
// other, if who may have the data of both.
func (s *Service) Disagree(ctx context.Context, who account.Actor, c *Case) (*datasets.Disagreement, error) {
	if c.Kind != Inconsistency || len(c.Entries) != 2 {
		return nil, errNoCase()
	}
	one, err := s.entries.Dataset(ctx, who, c.Entries[0].Slug)
	if err != nil {
		return nil, err
	}
	other, err := s.entries.Dataset(ctx, who, c.Entries[1].Slug)
	if err != nil {
		return nil, err
	}
	var found *datasets.Disagreement
	for _, a := range one.Resources {
		for _, b := range other.Resources {
			if a.Newest == nil || b.Newest == nil || len(a.Newest.Tables) == 0 || len(b.Newest.Tables) == 0 {
				continue
			}
			found, err = s.entries.Disagree(ctx, who, a.Newest, b.Newest, func(x, y datasets.Field) bool { _, same := Compare(x, y); return same })
			if err != nil || found.Why == datasets.ByKey {
				return found, err
			}
		}
	}
	if found == nil {
		return nil, fault.New(fault.Invalid, "两个条目没有都读成表的文件，不能逐行比对。")
	}
	return found, nil
}
