package datasets

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// usage counts in memory what FlushUsage writes.
type usage struct {
	mu    sync.Mutex
	today map[used]count
}

type used struct {
	dataset int64
	day     string // in China
}

type count struct{ views, downloads, bytes int64 }

func (s *Service) count(dataset int64, c count) {
	s.usage.add(used{dataset, s.now().In(china).Format(time.DateOnly)}, c)
}

func (u *usage) add(k used, c count) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.today == nil {
		u.today = map[used]count{}
	}
	was := u.today[k]
	u.today[k] = count{was.views + c.views, was.downloads + c.downloads, was.bytes + c.bytes}
}

// CountView counts that the page of a dataset was shown.
func (s *Service) CountView(dataset int64) { s.count(dataset, count{views: 1}) }

// CountDownload counts that a file of a dataset was fetched.
func (s *Service) CountDownload(dataset, bytes int64) {
	s.count(dataset, count{downloads: 1, bytes: bytes})
}

// FlushUsage adds what was counted to the database. What could not be written
// is kept for the next time.
func (s *Service) FlushUsage(ctx context.Context) error {
	s.usage.mu.Lock()
	taken := s.usage.today
	s.usage.today = nil
	s.usage.mu.Unlock()
	if len(taken) == 0 {
		return nil
	}
	keys := slices.SortedFunc(maps.Keys(taken), func(a, b used) int { // one order, so that replicas do not wait for each other in a circle
		return cmp.Or(cmp.Compare(a.dataset, b.dataset), strings.Compare(a.day, b.day))
	})
	ids, days := make([]int64, len(keys)), make([]string, len(keys))
	views, downloads, bytes := make([]int64, len(keys)), make([]int64, len(keys)), make([]int64, len(keys))
	for i, k := range keys {
		ids[i], days[i] = k.dataset, k.day
		views[i], downloads[i], bytes[i] = taken[k].views, taken[k].downloads, taken[k].bytes
	}
	_, err := s.pool.Exec(ctx, `
		WITH counted AS (
			SELECT n.*
			FROM unnest(@ids::bigint[], @days::date[], @views::bigint[], @downloads::bigint[], @bytes::bigint[]) WITH ORDINALITY
				AS n (dataset_id, day, views, downloads, bytes, place)
			JOIN datasets d ON d.id = n.dataset_id AND d.published_at IS NOT NULL -- a department looking at its draft is no use of it
		), days AS (
			INSERT INTO usage_days AS u (dataset_id, day, views, downloads, bytes)
			SELECT dataset_id, day, views, downloads, bytes FROM counted ORDER BY place
			ON CONFLICT (dataset_id, day) DO UPDATE
			SET views = u.views + excluded.views, downloads = u.downloads + excluded.downloads, bytes = u.bytes + excluded.bytes
		)
		INSERT INTO usage_totals AS u (dataset_id, views, downloads)
		SELECT dataset_id, sum(views), sum(downloads) FROM counted GROUP BY dataset_id ORDER BY dataset_id
		ON CONFLICT (dataset_id) DO UPDATE SET views = u.views + excluded.views, downloads = u.downloads + excluded.downloads`,
		pgx.NamedArgs{"ids": ids, "days": days, "views": views, "downloads": downloads, "bytes": bytes})
	if err != nil {
		for k, c := range taken {
			s.usage.add(k, c)
		}
	}
	return err
}
