package datasets

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// ColumnProfile is what the values of a column are like. It holds values of the
// data.
type ColumnProfile struct {
	Column        string `json:"column"` // its name in the file
	Type          string `json:"type"`
	Rows          int64  `json:"rows"`
	Nulls         int64  `json:"nulls"`   // empty cells
	Misfits       int64  `json:"misfits"` // texts that are no value of the type
	Distinct      int64  `json:"distinct"`
	DistinctExact bool   `json:"distinct_exact"`

	// of what has an order; nil otherwise. Numbers are json.Number, the rest is
	// text
	Min any `json:"min"`
	Max any `json:"max"`

	Mean      any `json:"mean"` // of numbers, as the next two
	Median    any `json:"median"`
	Deviation any `json:"deviation"` // standard deviation

	Shortest int64 `json:"shortest"` // of texts, in characters
	Longest  int64 `json:"longest"`

	Top      []ValueCount `json:"top"`      // what more than one row has, most frequent first
	Examples []any        `json:"examples"` // some values from all over the file
	Bins     []ValueBin   `json:"bins"`     // of numbers and dates
	BinUnit  string       `json:"bin_unit"` // of dates: hour, day, month, quarter, year, decade, century
}

// ValueCount is a value with how many rows have it.
type ValueCount struct {
	Value any   `json:"value"`
	Rows  int64 `json:"rows"`
}

// ValueBin is the rows from From, inclusive, to To, exclusive.
type ValueBin struct {
	From any   `json:"from"`
	To   any   `json:"to"`
	Rows int64 `json:"rows"`
}

// Filled is how many rows have a value of the column's type.
func (p *ColumnProfile) Filled() int64 { return p.Rows - p.Nulls - p.Misfits }

// profileText is up to how many characters a value is kept whole in a profile.
// A longer one is no value to choose from, and an example only by its beginning.
const profileText = 200

// columnProfile is what is kept of what the row engine found.
func columnProfile(p *rows.Profile) ColumnProfile {
	out := ColumnProfile{
		Column: p.Field.Column, Type: string(p.Field.Type), Rows: p.Rows, Nulls: p.Nulls, Misfits: p.Misfits, Distinct: p.Distinct, DistinctExact: p.DistinctExact,
		Min: clipped(p.Min), Max: clipped(p.Max), Mean: p.Mean, Median: p.Median, Deviation: p.Deviation, Shortest: p.Shortest, Longest: p.Longest,
		Top: []ValueCount{}, Examples: []any{}, Bins: []ValueBin{}, BinUnit: p.Distribution.Unit,
	}
	for _, c := range p.Top {
		if c.Rows > 1 && clipped(c.Value) == c.Value {
			out.Top = append(out.Top, ValueCount{c.Value, c.Rows})
		}
	}
	for _, v := range p.Examples {
		out.Examples = append(out.Examples, clipped(v))
	}
	for _, b := range p.Distribution.Bins {
		out.Bins = append(out.Bins, ValueBin{b.From, b.To, b.Rows})
	}
	return out
}

// clipped is v, of which no more than the beginning is kept. What is JSON
// becomes the text of it.
func clipped(v any) any {
	text, ok := v.(string)
	if raw, is := v.(json.RawMessage); is {
		text, ok = string(raw), true
	}
	switch {
	case !ok:
		return v
	case utf8.RuneCountInString(text) <= profileText:
		return text
	}
	return string([]rune(text)[:profileText-1]) + "…"
}

// Profiles returns what the values of each column of a table are like, in the
// order of the dictionary, if viewer may have them. It is empty while the job
// that works them out has not come to this version; a column that it has not
// come to has Column "".
func (s *Service) Profiles(ctx context.Context, viewer account.Actor, v *Version, position int) ([]ColumnProfile, error) {
	if err := s.gate.MayServe(ctx, viewer, v, nil, s.now()); err != nil {
		return nil, err
	}
	if position < 0 || position >= len(v.Tables) {
		return nil, fault.New(fault.NotFound, "这个文件没有第 %d 张表。", position+1)
	}
	return s.selectProfiles(ctx, v, position)
}

func (s *Service) selectProfiles(ctx context.Context, v *Version, position int) ([]ColumnProfile, error) {
	found, err := s.pool.Query(ctx, `SELECT field, profile FROM table_profiles WHERE version_id = @version AND position = @position`,
		pgx.NamedArgs{"version": v.ID, "position": position})
	if err != nil {
		return nil, err
	}
	var out []ColumnProfile
	var field int
	var text []byte
	_, err = pgx.ForEachRow(found, []any{&field, &text}, func() error {
		if out == nil {
			out = make([]ColumnProfile, len(v.Tables[position].Fields))
		}
		if field >= len(out) {
			return nil
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		return d.Decode(&out[field])
	})
	return out, err
}

// MakeProfiles works out the profiles of every version that has none, newest
// first, column by column, until ctx ends; the next call goes on. What fails
// today is passed over until the next call.
func (s *Service) MakeProfiles(ctx context.Context) error {
	if s.rows == nil {
		return nil
	}
	var failed error
	for before := int64(1) << 62; ; {
		found, err := selectVersions(ctx, s.pool, `v.id = (
			SELECT t.version_id FROM version_tables t
			WHERE t.version_id < @before AND jsonb_array_length(t.fields) > (SELECT count(*) FROM table_profiles p WHERE p.version_id = t.version_id AND p.position = t.position)
			AND NOT EXISTS (SELECT FROM unread_versions u WHERE u.version_id = t.version_id)
			ORDER BY t.version_id DESC LIMIT 1)`,
			pgx.NamedArgs{"before": before}, 1)
		if err != nil || len(found) == 0 {
			return errors.Join(failed, err)
		}
		before = found[0].ID
		err = s.profile(ctx, &found[0])
		if ctx.Err() != nil {
			return failed
		}
		failed = errors.Join(failed, err)
	}
}

// profile works out what is missing of the profiles of v.
func (s *Service) profile(ctx context.Context, v *Version) error {
	var failed error
	for position := range v.Tables {
		t, err := s.asked(ctx, v, position)
		if err != nil {
			return fmt.Errorf("profile %s version %d: %w", v.ResourceID, v.Number, err)
		}
		there, err := s.selectProfiles(ctx, v, position)
		if err != nil {
			return err
		}
		for field, column := range t.Schema {
			if ctx.Err() != nil {
				return failed
			}
			if field < len(there) && there[field].Column != "" {
				continue
			}
			if err := s.profileColumn(ctx, v, position, field, t, column.Name); err != nil {
				failed = errors.Join(failed, fmt.Errorf("profile %s version %d column %d: %w", v.ResourceID, v.Number, field, err))
			}
		}
	}
	return failed
}

func (s *Service) profileColumn(ctx context.Context, v *Version, position, field int, t rows.Table, column string) error {
	p, err := s.rows.Profile(ctx, t, column)
	if err != nil {
		return err
	}
	_, err = s.pool.Exec(ctx, `
		INSERT INTO table_profiles (version_id, position, field, profile) VALUES (@version, @position, @field, @profile) ON CONFLICT DO NOTHING`,
		pgx.NamedArgs{"version": v.ID, "position": position, "field": field, "profile": columnProfile(p)})
	return err
}
