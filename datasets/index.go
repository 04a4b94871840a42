package datasets

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
)

// Change says that something about a dataset changed.
type Change struct {
	Seq       int64
	DatasetID int64
	Slug      string
	Public    bool // the public may know of it now
}

// Changes returns up to limit changes that came after seq, in their order.
func (s *Service) Changes(ctx context.Context, after int64, limit int) ([]Change, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT c.seq, c.dataset_id, d.slug, `+Visible(account.Actor{}).SQL+` AS public
		FROM changes c JOIN datasets d ON d.id = c.dataset_id
		WHERE c.seq > @after ORDER BY c.seq LIMIT @limit`, pgx.NamedArgs{"after": after, "limit": limit})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Change])
}

// LastChange is the number of the newest change, 0 where there is none.
func (s *Service) LastChange(ctx context.Context) (seq int64, err error) {
	err = s.pool.QueryRow(ctx, `SELECT coalesce(max(seq), 0) FROM changes`).Scan(&seq)
	return seq, err
}

// IndexEntry is what a search index may know of a dataset.
type IndexEntry struct {
	Dataset
	Columns []string // names, labels and English labels of the columns
	Values  []string // of code lists; none where the Gate would not let a visitor have the data
}

// IndexEntries returns up to limit public datasets with an id above after, by id.
func (s *Service) IndexEntries(ctx context.Context, after int64, limit int) ([]IndexEntry, error) {
	visible := Visible(account.Actor{})
	args := visible.with("after", after)
	args["limit"] = limit
	return s.indexEntries(ctx, `d.id > @after AND `+visible.SQL, args, `d.id LIMIT @limit`)
}

// IndexEntriesOf returns the public ones of the datasets.
func (s *Service) IndexEntriesOf(ctx context.Context, ids []int64) ([]IndexEntry, error) {
	visible := Visible(account.Actor{})
	return s.indexEntries(ctx, `d.id = ANY(@ids) AND `+visible.SQL, visible.with("ids", ids), `d.id`)
}

func (s *Service) indexEntries(ctx context.Context, where string, args pgx.NamedArgs, order string) ([]IndexEntry, error) {
	found, err := selectDatasets(ctx, s.pool, where, args, order)
	if err != nil {
		return nil, err
	}
	if err := s.fill(ctx, found, true); err != nil {
		return nil, err
	}
	out := make([]IndexEntry, len(found))
	for i := range found {
		out[i] = IndexEntry{Dataset: found[i]}
		for j, r := range found[i].Resources {
			s.withoutAddress(ctx, account.Actor{}, &found[i], &found[i].Resources[j])
			if r.Newest == nil {
				continue
			}
			s.withoutValues(ctx, account.Actor{}, r.Newest)
			for _, t := range r.Newest.Tables {
				out[i].learn(t.Fields)
			}
		}
		slices.Sort(out[i].Columns)
		slices.Sort(out[i].Values)
		out[i].Columns, out[i].Values = slices.Compact(out[i].Columns), slices.Compact(out[i].Values)
	}
	return out, nil
}

func (e *IndexEntry) learn(fields []Field) {
	keep := func(list *[]string, words ...string) {
		for _, w := range words {
			if w != "" {
				*list = append(*list, w)
			}
		}
	}
	for _, f := range fields {
		keep(&e.Columns, f.Name, f.Label, f.LabelEN)
		for _, c := range f.Codes {
			keep(&e.Values, c.Value, c.Label, c.LabelEN)
		}
	}
}

// Address is where a dataset and its files are found.
type Address struct {
	Slug        string
	LastUpdated time.Time
	Resources   []string
}

// Addresses returns all that the viewer may know of, for site maps.
func (s *Service) Addresses(ctx context.Context, viewer account.Actor) ([]Address, error) {
	visible := Visible(viewer)
	rows, err := s.pool.Query(ctx, `
		SELECT d.slug, d.last_updated, ARRAY(SELECT r.id FROM resources r WHERE r.dataset_id = d.id ORDER BY r.position)
		FROM datasets d WHERE `+visible.SQL+` ORDER BY d.id`, visible.Args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Address])
}

// Uses is how often d was used: a download counts as much as five views.
func (d *Dataset) Uses() int64 { return d.Views + d.Downloads*5 }

// Popularity is how often a public dataset was used.
type Popularity struct {
	DatasetID int64
	Slug      string
	Uses      int64
}

// Popularity returns how often each public dataset was used, by id.
func (s *Service) Popularity(ctx context.Context) ([]Popularity, error) {
	visible := Visible(account.Actor{})
	rows, err := s.pool.Query(ctx, `
		SELECT d.id, d.slug, `+popularity+`
		FROM datasets d LEFT JOIN usage_totals u ON u.dataset_id = d.id
		WHERE `+visible.SQL+` ORDER BY d.id`, visible.Args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Popularity])
}
