package bleve

import (
	"context"
	"math"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"shuyuan/search"
)

// maxEndings bounds how many keys the beginning of one may stand for in one
// tier of one segment, so that no query costs more than a page is worth.
const maxEndings = 4000

// maxRanks bounds how many keys are weighed.
const maxRanks = 256

var (
	allTiers   = []search.Tier{search.TitleTier, search.KeyTier, search.SummaryTier, search.ValueTier}
	named      = []search.Tier{search.TitleTier, search.KeyTier}
	titleAlone = []search.Tier{search.TitleTier}
)

// matcher answers plans on one segment. It is used for one query and keeps
// what it has read.
type matcher struct {
	*mapped
	ctx  context.Context
	dict [search.Tiers]segment.TermDictionary // nil: not asked
	seen map[search.Term]*postings
}

// postings are the documents of a segment that have a key, by tier.
type postings struct {
	tier [search.Tiers]*roaring.Bitmap // nil: none
	any  *roaring.Bitmap
}

func newMatcher(ctx context.Context, m *mapped, tiers []search.Tier) (*matcher, error) {
	out := &matcher{mapped: m, ctx: ctx, seen: map[search.Term]*postings{}}
	for _, t := range tiers {
		var err error
		if out.dict[t], err = m.segment.Dictionary(tierFields[t]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// term reads the postings of a key.
func (m *matcher) term(t search.Term) (*postings, error) {
	if p := m.seen[t]; p != nil {
		return p, nil
	}
	if err := m.ctx.Err(); err != nil {
		return nil, err
	}
	p := &postings{}
	var parts []*roaring.Bitmap
	for tier, d := range m.dict {
		if d == nil {
			continue
		}
		var err error
		if t.Prefix {
			p.tier[tier], err = endings(d, t.Key)
		} else {
			p.tier[tier], err = read(d, t.Key)
		}
		if err != nil {
			return nil, err
		}
		if p.tier[tier] != nil {
			parts = append(parts, p.tier[tier])
		}
	}
	if len(parts) == 1 {
		p.any = parts[0]
	} else {
		p.any = roaring.FastOr(parts...)
	}
	m.seen[t] = p
	return p, nil
}

// read gives the documents that have the key, nil for none. The bitmap lies in
// the mapped file and must not be changed.
func read(d segment.TermDictionary, key string) (*roaring.Bitmap, error) {
	list, err := d.PostingsList([]byte(key), nil, nil)
	if err != nil {
		return nil, err
	}
	return bitmap(list), nil
}

func bitmap(list segment.PostingsList) *roaring.Bitmap {
	switch it := list.Iterator(false, false, false, nil).(type) {
	case segment.OptimizablePostingsIterator:
		if b := it.ActualBitmap(); b != nil {
			return b
		}
		if n, ok := it.DocNum1Hit(); ok {
			return roaring.BitmapOf(uint32(n))
		}
	}
	return nil
}

// endings gives the documents that have a key which begins so.
func endings(d segment.TermDictionary, start string) (*roaring.Bitmap, error) {
	var parts []*roaring.Bitmap
	it := iterate(d, []byte(start), after(start))
	for n := 0; n < maxEndings; n++ {
		entry, err := it.Next()
		if err != nil {
			return nil, err
		}
		if entry == nil {
			break
		}
		b, err := read(d, entry.Term)
		if err != nil {
			return nil, err
		}
		if b != nil {
			parts = append(parts, b)
		}
	}
	switch len(parts) {
	case 0:
		return nil, nil
	case 1:
		return parts[0], nil
	}
	return roaring.FastOr(parts...), nil
}

// iterate walks over the keys of a range, without counting what has each of
// them where the dictionary offers that.
func iterate(d segment.TermDictionary, from, to []byte) segment.DictionaryIterator {
	if plain, ok := d.(interface {
		AutomatonIteratorOmitCount(a segment.Automaton, from, to []byte) segment.DictionaryIterator
	}); ok {
		return plain.AutomatonIteratorOmitCount(nil, from, to)
	}
	return d.AutomatonIterator(nil, from, to)
}

// after is the first key behind all that begin with start.
func after(start string) []byte {
	end := []byte(start)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// eval gives the documents that satisfy a node. The bitmap must not be changed.
func (m *matcher) eval(n *search.Node) (*roaring.Bitmap, error) {
	switch {
	case n == nil:
		return roaring.New(), nil
	case len(n.And) > 0:
		all, err := m.eval(n.And[0])
		for _, child := range n.And[1:] {
			if err != nil || all.IsEmpty() {
				break
			}
			var b *roaring.Bitmap
			if b, err = m.eval(child); err == nil {
				all = roaring.And(all, b)
			}
		}
		return all, err
	case len(n.Or) > 0:
		parts := make([]*roaring.Bitmap, len(n.Or))
		for i, child := range n.Or {
			var err error
			if parts[i], err = m.eval(child); err != nil {
				return nil, err
			}
		}
		return roaring.FastOr(parts...), nil
	}
	p, err := m.term(n.Term)
	if err != nil {
		return nil, err
	}
	return p.any, nil
}

// found is what matched a plan in one segment.
type found struct {
	*matcher
	docs *roaring.Bitmap
}

// match evaluates root on every segment, over some tiers.
func (v *view) match(ctx context.Context, root *search.Node, tiers []search.Tier) ([]found, error) {
	var out []found
	for _, s := range v.segments {
		m, err := newMatcher(ctx, s, tiers)
		if err != nil {
			return nil, err
		}
		docs, err := m.eval(root)
		if err != nil {
			return nil, err
		}
		if s.deleted != nil {
			docs = roaring.AndNot(docs, s.deleted)
		}
		out = append(out, found{m, docs})
	}
	return out, nil
}

// How much a key counts by the tier in which it stands.
var tierWeight = [search.Tiers]float64{search.TitleTier: 8, search.KeyTier: 4, search.SummaryTier: 2, search.ValueTier: 1}

// score weighs what was found: for each key that a document has, how rare the
// key is, where it stands, and how short the title is if it stands there. score
// has an entry for each row of the table.
func (t *table) score(hits []found, ranks []search.Weighted, score []float32) error {
	for _, rank := range heaviest(ranks) {
		lists := make([]*postings, len(hits))
		have := 0
		for i, h := range hits {
			if h.docs.IsEmpty() {
				continue
			}
			p, err := h.term(rank.Term)
			if err != nil {
				return err
			}
			lists[i] = p
			have += int(p.any.GetCardinality())
		}
		if have == 0 {
			continue
		}
		weight := rank.Weight * math.Log(1+float64(t.live+1)/float64(have))
		for i, h := range hits {
			if lists[i] == nil {
				continue
			}
			for tier, b := range lists[i].tier {
				if b != nil {
					t.add(score, h, b, search.Tier(tier), float32(weight*tierWeight[tier]))
				}
			}
		}
	}
	return nil
}

func (t *table) add(score []float32, h found, docs *roaring.Bitmap, tier search.Tier, weight float32) {
	each(roaring.And(h.docs, docs), func(n uint32) {
		row := h.rows[n]
		if tier == search.TitleTier {
			score[row] += weight * t.norm[row]
		} else {
			score[row] += weight
		}
	})
}

// each calls f with every number in b, in order.
func each(b *roaring.Bitmap, f func(n uint32)) {
	var buffer [512]uint32
	it := b.ManyIterator()
	for {
		n := it.NextMany(buffer[:])
		if n == 0 {
			return
		}
		for _, v := range buffer[:n] {
			f(v)
		}
	}
}

// heaviest are the ranks with each term once, at its greatest weight.
func heaviest(ranks []search.Weighted) []search.Weighted {
	at := make(map[search.Term]int, len(ranks))
	out := make([]search.Weighted, 0, len(ranks))
	for _, r := range ranks {
		if i, twice := at[r.Term]; twice {
			out[i].Weight = max(out[i].Weight, r.Weight)
		} else if len(out) < maxRanks {
			at[r.Term] = len(out)
			out = append(out, r)
		}
	}
	return out
}
