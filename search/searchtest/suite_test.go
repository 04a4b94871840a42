package searchtest

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"shuyuan/search"
)

// The suite is tried on the plainest engine there can be, so that what fails
// elsewhere is the engine and not the suite.
func TestTheSuiteHoldsForAnEngineThatLooksAtEverything(t *testing.T) {
	Run(t, func(*testing.T) Place {
		disk := &plain{}
		return func(*testing.T) search.Engine { return disk }
	})
}

type plain struct {
	mu     sync.RWMutex
	docs   map[string]seen
	cursor int64
}

func (p *plain) Put(_ context.Context, docs []search.Document, cursor int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.docs == nil {
		p.docs = map[string]seen{}
	}
	for _, d := range docs {
		p.docs[d.ID] = seen{d, keysOf(d)}
	}
	p.cursor = cursor
	return nil
}

func (p *plain) Delete(_ context.Context, ids []string, cursor int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range ids {
		delete(p.docs, id)
	}
	p.cursor = cursor
	return nil
}

func (p *plain) Replace(_ context.Context, docs func(func(search.Document) bool), cursor int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.docs, p.cursor = map[string]seen{}, cursor
	for d := range docs {
		p.docs[d.ID] = seen{d, keysOf(d)}
	}
	return nil
}

func (p *plain) Cursor(context.Context) (int64, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.docs == nil {
		return 0, errors.New("nothing built")
	}
	return p.cursor, nil
}

func (p *plain) IDs(_ context.Context, yield func(string) error) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for id := range p.docs {
		if err := yield(id); err != nil {
			return err
		}
	}
	return nil
}

func (p *plain) all() oracle {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return slices.SortedFunc(maps.Values(p.docs), func(a, b seen) int { return strings.Compare(a.ID, b.ID) })
}

func (p *plain) Search(_ context.Context, q search.Query) (search.Result, error) {
	all := p.all()
	plan := search.Read(q.Text, lexicon)
	list := all.matching(q, "")
	slices.SortStableFunc(list, func(a, b search.Document) int {
		switch q.Sort {
		case search.ByUpdated:
			return b.Updated.Compare(a.Updated)
		case search.ByPopular:
			return cmp.Compare(b.Popular, a.Popular)
		}
		return cmp.Compare(score(b, plan), score(a, plan))
	})
	r := search.Result{Total: len(list), Facets: map[search.Facet][]search.Count{}}
	for _, facet := range q.Facets {
		r.Facets[facet] = all.counts(q, facet)
	}
	from := min(q.Offset, len(list))
	for _, d := range list[from:min(from+q.Limit, len(list))] {
		hit := search.Hit{ID: d.ID, Score: score(d, plan)}
		if q.Highlight {
			hit.Marks = map[string][]search.Mark{}
			for name, text := range fields(d) {
				hit.Marks[name] = plan.Marks(text, name == "title")
			}
		}
		r.Hits = append(r.Hits, hit)
	}
	if len(list) == 0 && plan.Sounds != nil {
		r.Spelled = search.Respell(plan.Text, all.names())
	}
	if len(list) > 0 || len(r.Spelled) > 0 {
		return r, nil
	}
	t, err := plan.Typing(func(word *search.Node) (bool, error) {
		return slices.ContainsFunc(all, func(d seen) bool { return satisfies(d.keys, word) }), nil
	})
	if t != nil {
		r.Spelled = t.Offers(all.names())
	}
	return r, err
}

func (o oracle) names() []string {
	var names []string
	for _, d := range o {
		names = append(append(append(names, d.Title, d.TitleEN), d.Names()...), d.Departments...)
	}
	return names
}

func score(d search.Document, plan search.Plan) float64 {
	sum := 0.0
	for tier := range search.Tiers {
		keys := map[string]bool{}
		d.Keys(search.Tier(tier), func(k string) { keys[k] = true })
		for _, r := range plan.Ranks {
			if satisfies(keys, &search.Node{Term: r.Term}) {
				sum += r.Weight / float64(int(1)<<(3*tier))
			}
		}
	}
	return sum
}

func (p *plain) Suggest(_ context.Context, prefix string, limit int) ([]search.Suggestion, error) {
	plan := search.Read(prefix, lexicon)
	if plan.All {
		return nil, nil
	}
	var out []search.Suggestion
	offer := func(text, id string) {
		says := search.Document{Title: text}
		s := search.Suggestion{Text: text, ID: id}
		if text != "" && len(out) < limit && satisfies(keysOf(says), plan.Root) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, d := range p.all() {
		offer(d.Title, d.ID)
		offer(d.TitleEN, d.ID)
		for _, name := range d.Names() {
			offer(name, "")
		}
	}
	return out, nil
}

func (p *plain) SetPopular(_ context.Context, counts map[string]int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, n := range counts {
		if d, ok := p.docs[id]; ok {
			d.Popular = n
			p.docs[id] = d
		}
	}
	return nil
}

func (p *plain) Close() error { return nil }
