package search

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"shuyuan/search/chinese"
)

// Bounds on the words that are looked for as typing errors: a shorter word has
// too many neighbours, a longer one is none that somebody typed.
const (
	shortestTyped = 4
	longestTyped  = 16
	mostTyped     = 2 // words in one query
	mostNames     = 400
	mostOffers    = 3
)

// Typing is a query in whose Latin words a letter may be wrong: one too many,
// one too few, another one, or two that changed places. It is the help for
// fujain, and is only made where nothing was found.
type Typing struct {
	Near *Node // what a document has that says it, but for one letter in each word

	chunks []string   // of the query
	words  []misTyped // those of them that may be meant otherwise
}

// misTyped is one word with its neighbours.
type misTyped struct {
	at   int // in chunks
	near []neighbour
}

// neighbour is a word one letter away, and what a name has that says it: the
// word, or the syllables of it.
type neighbour struct {
	word string
	node *Node
}

// Typing looks for typing errors in p; nil where there can be none. known tells
// whether any document has what a word asks for: then nothing is wrong with it.
func (p *Plan) Typing(known func(word *Node) (bool, error)) (*Typing, error) {
	t := &Typing{chunks: strings.Fields(p.Text)}
	if p.Root == nil || len(t.chunks) > maxWords {
		return nil, nil
	}
	var all []*Node
	var scratch Plan
	for i, chunk := range t.chunks {
		meant := scratch.chunk(chunk, typed)
		if meant == nil {
			continue // punctuation only
		}
		if lowercase(chunk) && len(chunk) >= shortestTyped && len(chunk) <= longestTyped {
			right, err := known(meant)
			if err != nil {
				return nil, err
			}
			if right {
				all = append(all, meant)
				continue
			}
			if len(t.words) == mostTyped {
				return nil, nil
			}
			w := misTyped{at: i}
			var any []*Node
			for _, word := range neighbours(chunk) {
				n := said(word)
				w.near = append(w.near, neighbour{word, n})
				any = append(any, n)
			}
			t.words = append(t.words, w)
			meant = or(any)
		}
		all = append(all, meant)
	}
	if len(t.words) == 0 {
		return nil, nil
	}
	t.Near = and(all)
	return t, nil
}

// neighbours are the words one letter away from w, the likeliest first. The
// first letter is seldom wrong; and what only goes on is found by w already.
func neighbours(w string) []string {
	var out []string
	had := map[string]bool{w: true}
	offer := func(parts ...string) {
		if s := strings.Join(parts, ""); !had[s] {
			had[s] = true
			out = append(out, s)
		}
	}
	for i := 1; i+1 < len(w); i++ {
		offer(w[:i], w[i+1:i+2], w[i:i+1], w[i+2:])
	}
	for i := 1; i < len(w); i++ {
		offer(w[:i], w[i+1:])
	}
	for i := 1; i < len(w); i++ {
		for c := 'a'; c <= 'z'; c++ {
			offer(w[:i], string(c), w[i:])
		}
	}
	for i := 1; i < len(w); i++ {
		for c := 'a'; c <= 'z'; c++ {
			offer(w[:i], string(c), w[i+1:])
		}
	}
	return out
}

// said is a word as it stands, or as it sounds if it is the pinyin of several
// characters. Beginnings do not count: too much begins with any four letters.
func said(word string) *Node {
	var scratch Plan
	any := []*Node{{Term: Term{Key: word}}}
	for _, s := range chinese.Spell(word) {
		if !s.Partial && len(s.Syllables) > 1 {
			any = append(any, scratch.syllables(s))
		}
	}
	return or(any)
}

// Offers are the ways to write the query in which the names say it, those that
// more names say first.
func (t *Typing) Offers(names []string) []string {
	said := keysOfNames(names)
	best := make([][]string, len(t.words))
	for i, w := range t.words {
		if best[i] = w.mostSaid(said); len(best[i]) == 0 {
			return nil
		}
	}
	var out []string
	for k := range mostOffers {
		chunks := slices.Clone(t.chunks)
		for i, w := range t.words {
			chunks[w.at] = best[i][min(k, len(best[i])-1)]
		}
		if s := strings.Join(chunks, " "); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// mostSaid are the neighbours that names say, those of most names first.
func (w *misTyped) mostSaid(names []map[string]bool) []string {
	type counted struct {
		word string
		n    int
	}
	var list []counted
	for _, near := range w.near {
		if n := frequency(names, near.node); n > 0 {
			list = append(list, counted{near.word, n})
		}
	}
	slices.SortStableFunc(list, func(a, b counted) int { return cmp.Compare(b.n, a.n) })
	var out []string
	for _, c := range list[:min(len(list), mostOffers)] {
		out = append(out, c.word)
	}
	return out
}

// keysOfNames are the keys of each name, of each once.
func keysOfNames(names []string) []map[string]bool {
	once := map[string]map[string]bool{}
	for _, name := range names {
		if once[name] != nil || len(once) == mostNames {
			continue
		}
		keys := map[string]bool{}
		EachKeyOf(name, true, func(key []byte) { keys[string(key)] = true })
		once[name] = keys
	}
	return slices.Collect(maps.Values(once))
}

// frequency is how many names have all that a node of whole keys asks for.
func frequency(names []map[string]bool, n *Node) int {
	count := 0
	for _, keys := range names {
		if n.within(keys) {
			count++
		}
	}
	return count
}

func (n *Node) within(keys map[string]bool) bool {
	missing := func(m *Node) bool { return !m.within(keys) }
	switch {
	case len(n.And) > 0:
		return !slices.ContainsFunc(n.And, missing)
	case len(n.Or) > 0:
		return slices.ContainsFunc(n.Or, func(m *Node) bool { return m.within(keys) })
	}
	return keys[n.Term.Key]
}
