package datasets

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
)

// Related returns up to n other datasets that share most with d: a code that d
// names, tags, the source, the theme, the department. Only what everybody may
// know of is related to anything.
func (s *Service) Related(ctx context.Context, viewer account.Actor, d *Dataset, n int) ([]Dataset, error) {
	public, err := s.neighbours.of(ctx, s)
	if err != nil {
		return nil, err
	}
	ids := public.nearest(d, n)
	if len(ids) == 0 {
		return nil, nil
	}
	visible := Visible(viewer)
	found, err := selectDatasets(ctx, s.pool, `d.id = ANY(@ids) AND `+visible.SQL, visible.with("ids", ids), `array_position(@ids::bigint[], d.id)`)
	if err != nil {
		return nil, err
	}
	return found, s.fill(ctx, found, false)
}

// How much two datasets have in common.
const (
	nearCode       = 8 // one names the other's 信息资源代码
	nearTag        = 3
	nearSource     = 3
	nearTheme      = 2
	nearDepartment = 1
)

// neighbours is what Related looks into: read anew when the catalogue has
// changed since. Asking the database who shares a tag with whom costs more
// than a page may, and hardly less for the second page than for the first.
type neighbours struct {
	mu  sync.Mutex
	seq int64
	set *neighbourhood
}

// neighbourhood is every public dataset by what it may share.
type neighbourhood struct {
	all        []neighbour
	tag        map[string][]int32
	source     map[string][]int32
	code       map[string][]int32
	theme      map[int64][]int32
	department map[int64][]int32
}

type neighbour struct {
	ID         int64
	Theme      int64
	Department int64
	Tags       []string
	Source     string
	Code       string
}

func (n *neighbours) of(ctx context.Context, s *Service) (*neighbourhood, error) {
	seq, err := s.LastChange(ctx)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.set != nil && n.seq >= seq {
		return n.set, nil
	}
	visible := Visible(account.Actor{})
	rows, err := s.pool.Query(ctx, `
		SELECT d.id, d.theme_id, d.department_id, d.tags, d.source, d.resource_code
		FROM datasets d WHERE `+visible.SQL+` ORDER BY d.id`, visible.Args)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[neighbour])
	if err != nil {
		return nil, err
	}
	n.seq, n.set = seq, newNeighbourhood(all)
	return n.set, nil
}

func newNeighbourhood(all []neighbour) *neighbourhood {
	h := &neighbourhood{
		all: all, tag: map[string][]int32{}, source: map[string][]int32{}, code: map[string][]int32{},
		theme: map[int64][]int32{}, department: map[int64][]int32{},
	}
	for i, one := range all {
		at := int32(i)
		for _, tag := range one.Tags {
			h.tag[tag] = append(h.tag[tag], at)
		}
		h.source[one.Source] = append(h.source[one.Source], at)
		if one.Code != "" {
			h.code[one.Code] = append(h.code[one.Code], at)
		}
		h.theme[one.Theme] = append(h.theme[one.Theme], at)
		h.department[one.Department] = append(h.department[one.Department], at)
	}
	return h
}

// nearest are the ids of the n others that share most with d, the older first
// among equals.
func (h *neighbourhood) nearest(d *Dataset, n int) []int64 {
	shared := map[int32]int{}
	add := func(list []int32, weight int) {
		for _, at := range list {
			shared[at] += weight
		}
	}
	for _, tag := range d.Tags {
		add(h.tag[tag], nearTag)
	}
	if d.Source != "" {
		add(h.source[d.Source], nearSource)
	}
	for _, code := range d.RelatedCodes {
		add(h.code[code], nearCode)
	}
	// theme and department alone relate only what nothing else does
	if len(shared) <= n {
		add(h.theme[d.Theme.ID], 0)
		add(h.department[d.Department.ID], 0)
	}
	type found struct {
		at    int32
		score int
	}
	var best []found
	for at, score := range shared {
		one := &h.all[at]
		if one.ID == d.ID {
			continue
		}
		if one.Theme == d.Theme.ID {
			score += nearTheme
		}
		if one.Department == d.Department.ID {
			score += nearDepartment
		}
		f := found{at, score}
		i, _ := slices.BinarySearchFunc(best, f, func(a, b found) int {
			return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.at, b.at))
		})
		if i < n {
			best = slices.Insert(best, i, f)
			best = best[:min(len(best), n)]
		}
	}
	ids := make([]int64, len(best))
	for i, f := range best {
		ids[i] = h.all[f.at].ID
	}
	return ids
}
