package datasets

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
)

// Reshaping is the event that the columns of a file are others from one version
// on: whoever reads it by program should know before the program does.
type Reshaping struct {
	Version int
	At      time.Time
	Tables  []TableReshaping
}

// TableReshaping is how the columns of one table differ from those before.
type TableReshaping struct {
	Name string `json:"name,omitempty"`
	New  bool   `json:"new,omitempty"`  // there was no such table
	Gone bool   `json:"gone,omitempty"` // there is no such table any more
	ColumnChanges
}

// reshaped compares the columns of two versions. Renamings are known once their
// rows are compared.
func reshaped(from, to *Version, kept []RowDifference) []TableReshaping {
	var out []TableReshaping
	pairs, gone := sameTable(from.Tables, to.Tables), map[int]bool{}
	for i, t := range to.Tables {
		j, ok := pairs[i]
		if !ok {
			out = append(out, TableReshaping{Name: t.Name, New: true})
			continue
		}
		gone[j] = true
		var renamed []Renaming
		if at := slices.IndexFunc(kept, func(r RowDifference) bool { return r.Position == i }); at >= 0 {
			renamed = kept[at].Renamed
		}
		if c := compareColumns(from.Tables[j].Fields, t.Fields, renamed); c.Any() {
			out = append(out, TableReshaping{Name: t.Name, ColumnChanges: c})
		}
	}
	for j, t := range from.Tables {
		if !gone[j] {
			out = append(out, TableReshaping{Name: t.Name, Gone: true})
		}
	}
	return out
}

// noteReshaping writes with a new version that its columns are others than
// those of the one before, where they are, and returns how.
func (s *Service) noteReshaping(ctx context.Context, tx pgx.Tx, who account.Actor, v *Version) ([]TableReshaping, error) {
	before, err := selectVersions(ctx, tx, `v.resource_id = @resource AND v.number = @number`, pgx.NamedArgs{"resource": v.ResourceID, "number": v.Number - 1}, 1)
	if err != nil || len(before) == 0 {
		return nil, err
	}
	changed := reshaped(&before[0], v, nil)
	if len(changed) == 0 {
		return nil, nil
	}
	v.Reshaped = true
	if err := s.putReshaping(ctx, tx, &before[0], v, changed); err != nil {
		return nil, err
	}
	return changed, audit.Append(ctx, tx, who, "resource", v.ResourceID, "change-columns", map[string]string{"number": fmt.Sprint(v.Number), "columns": strings.Join(changedNames(changed), ", ")})
}

// changedNames are the columns that are not as they were.
func changedNames(changed []TableReshaping) []string {
	var names []string
	for _, t := range changed {
		names = append(append(append(names, t.Added...), t.Removed...), t.Moved...)
		for _, r := range t.Retyped {
			names = append(names, r.Name)
		}
	}
	return names
}

// keepReshaping writes it once more when rows are compared: which columns are
// only called otherwise is known then. Of versions that are older than this
// table it is written for the first time.
func (s *Service) keepReshaping(ctx context.Context, tx pgx.Tx, from, to *Version, kept []RowDifference) error {
	changed := reshaped(from, to, kept)
	if len(changed) == 0 {
		return nil
	}
	return s.putReshaping(ctx, tx, from, to, changed)
}

func (s *Service) putReshaping(ctx context.Context, tx pgx.Tx, from, to *Version, changed []TableReshaping) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO schema_changes (version_id, from_id, tables, at) VALUES (@to, @from, @tables, @at)
		ON CONFLICT (version_id) DO UPDATE SET tables = excluded.tables`,
		pgx.NamedArgs{"to": to.ID, "from": from.ID, "tables": changed, "at": to.PublishedAt})
	return err
}

// Reshapings are the versions of a file from which on its columns are others,
// newest first, for who may know of it.
func (s *Service) Reshapings(ctx context.Context, viewer account.Actor, resourceID string) ([]Reshaping, error) {
	visible := Visible(viewer)
	found, err := s.pool.Query(ctx, `
		SELECT v.number, c.at, c.tables FROM schema_changes c JOIN versions v ON v.id = c.version_id JOIN resources r ON r.id = v.resource_id JOIN datasets d ON d.id = r.dataset_id
		WHERE v.resource_id = @resource AND `+visible.SQL+` ORDER BY v.number DESC`, visible.with("resource", keep(resourceID)))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, func(row pgx.CollectableRow) (r Reshaping, err error) {
		var tables []byte
		if err = row.Scan(&r.Version, &r.At, &tables); err == nil {
			err = json.Unmarshal(tables, &r.Tables)
		}
		return r, err
	})
}
