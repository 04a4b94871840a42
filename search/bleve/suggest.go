package bleve

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strings"
	"sync"

	"shuyuan/search"
	"shuyuan/search/chinese"
)

// mostLooked is how many titles are looked into for one suggestion.
const mostLooked = 40

// Suggest completes a prefix: first words of the catalogue that begin so, then
// titles that have it.
func (e *Engine) Suggest(ctx context.Context, prefix string, limit int) (out []search.Suggestion, err error) {
	plan := search.Read(prefix, e.lexicon())
	if plan.All || limit <= 0 {
		return nil, nil
	}
	limit = min(limit, mostLooked)
	end, err := e.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	e.mu.RLock()
	defer e.mu.RUnlock()
	gen, err := e.usable()
	if err != nil {
		return nil, err
	}
	var titles []search.Suggestion
	err = e.trying(gen, func() error {
		titles, err = gen.titles(ctx, &plan)
		return err
	})
	if err != nil {
		return nil, err
	}
	words := gen.table.beginning(plan.Text, limit)
	// titles get at least half of the places, if there are so many
	words = words[:min(len(words), max(limit-len(titles), limit/2))]
	for _, w := range words {
		out = append(out, search.Suggestion{Text: w})
	}
	for _, t := range titles {
		if len(out) == limit {
			break
		}
		out = append(out, t)
	}
	return out, nil
}

// titles are the titles that by themselves satisfy plan, those that begin with it first.
func (g *generation) titles(ctx context.Context, plan *search.Plan) ([]search.Suggestion, error) {
	hits, err := g.view.match(ctx, plan.Root, titleAlone)
	if err != nil {
		return nil, err
	}
	score := g.table.scores.get(len(g.table.ids))
	defer g.table.scores.put(score)
	if err := g.table.score(hits, plan.Ranks, score); err != nil {
		return nil, err
	}
	var rows []uint32
	for _, h := range hits {
		each(h.docs, func(n uint32) { rows = append(rows, h.rows[n]) })
	}
	k := min(len(rows), mostLooked)
	a := answer{table: g.table, score: score}
	top(rows, k, a.byScore)
	records, err := g.view.records(g.table.names(rows[:k]))
	if err != nil {
		return nil, err
	}
	var first, rest []search.Suggestion
	for _, row := range rows[:k] {
		r := records[g.table.ids[row]]
		if r == nil {
			continue
		}
		s := search.Suggestion{Text: r.Title, ID: r.ID}
		switch {
		case len(plan.Marks(r.Title, true)) == 0 && len(plan.Marks(r.TitleEN, false)) > 0:
			s.Text = r.TitleEN // found by its English: that is what the reader is typing
			rest = append(rest, s)
		case strings.HasPrefix(chinese.Fold(r.Title).String(), plan.Text):
			first = append(first, s)
		default:
			rest = append(rest, s)
		}
	}
	return append(first, rest...), nil
}

// spelling is one way to begin typing a name.
type spelling struct {
	text   string
	number uint32
}

// spellings are the names of the catalogue by all ways to begin typing them,
// sorted.
type spellings struct {
	mu   sync.Mutex
	list []spelling
	upTo int // so many names are in list
}

// beginning gives the names that begin with text, or whose pinyin or initials
// do; those of most documents first.
func (t *table) beginning(text string, limit int) []string {
	c := &t.columns[nameColumn]
	t.spellings.mu.Lock()
	defer t.spellings.mu.Unlock()
	t.spellings.learn(c.words)
	list := t.spellings.list
	text = strings.ReplaceAll(text, " ", "")
	seen := map[uint32]bool{}
	var numbers []uint32
	for i := sort.Search(len(list), func(i int) bool { return list[i].text >= text }); i < len(list) && strings.HasPrefix(list[i].text, text); i++ {
		if n := list[i].number; !seen[n] && c.counts[n] > 0 {
			seen[n] = true
			numbers = append(numbers, n)
		}
	}
	slices.SortFunc(numbers, func(x, y uint32) int {
		return cmp.Or(cmp.Compare(c.counts[y], c.counts[x]), strings.Compare(c.words[x], c.words[y]))
	})
	var out []string
	for _, n := range numbers[:min(len(numbers), limit)] {
		out = append(out, c.words[n])
	}
	return out
}

// learn takes in names that came since the last time.
func (s *spellings) learn(words []string) {
	if s.upTo == len(words) {
		return
	}
	for n := s.upTo; n < len(words); n++ {
		for _, text := range waysToType(words[n]) {
			s.list = append(s.list, spelling{text, uint32(n)})
		}
	}
	s.upTo = len(words)
	slices.SortFunc(s.list, func(x, y spelling) int {
		return cmp.Or(strings.Compare(x.text, y.text), cmp.Compare(x.number, y.number))
	})
}

func waysToType(name string) []string {
	f := chinese.Fold(name)
	var sound, initials strings.Builder
	for _, readings := range chinese.Read(f.Runes) {
		if len(readings) == 0 {
			sound.Reset() // letters or signs among it: typed as they stand
			break
		}
		sound.WriteString(readings[0])
		initials.WriteByte(readings[0][0])
	}
	ways := []string{strings.ReplaceAll(f.String(), " ", "")}
	if sound.Len() > 0 {
		ways = append(ways, sound.String(), initials.String())
	}
	return ways
}
