package search

import (
	"strings"
	"unicode/utf8"

	"shuyuan/search/chinese"
)

// Plan is a query read: which keys a document must carry. Every engine answers
// the same plan, which is why they find the same.
type Plan struct {
	Text    string     // folded
	All     bool       // nothing was asked: everything matches
	Root    *Node      // nil with All false: nothing can match
	Sounds  *Node      // the same by sound; nil where the text has no Chinese of two characters
	Ranks   []Weighted // keys that raise a document that has them
	needles []needle
}

// Node is a term, or all of some nodes, or any of some nodes.
type Node struct {
	Term Term
	And  []*Node
	Or   []*Node
}

// Term is a key, or the beginning of one.
type Term struct {
	Key    string
	Prefix bool
}

// Weighted is a term and how much it counts.
type Weighted struct {
	Term
	Weight float64
}

// How much a match counts by the road on which it was found.
const (
	typed    = 1.0
	synonym  = 0.6
	bySound  = 0.8
	initials = 0.3
)

// fillers hold words together and are asked for by nobody.
const fillers = "的之和与及或在了是"

// suffixes name the rank of a place. 福州市 should find what says 福州.
const suffixes = "省市县区"

// Bounds on one query, so that no text can cost more than a page is worth. A
// text over them is cut, and no further ways to say it are looked for.
const (
	maxWords = 32
	maxText  = 1 << 10 // bytes
	maxTerms = 256
)

// Read makes the plan of what somebody typed. Nothing in text is an operator.
func Read(text string, lexicon *chinese.Lexicon) Plan {
	if strings.TrimSpace(text) == "" {
		return Plan{All: true}
	}
	text = text[:min(len(text), maxText)] // half a character at the end folds to nothing
	p := Plan{Text: strings.Join(strings.Fields(chinese.Fold(text).String()), " ")}
	p.Root = p.whole(p.Text, lexicon)
	p.Sounds = soundsOf(p.Text)
	return p
}

func (p *Plan) whole(text string, lexicon *chinese.Lexicon) *Node {
	var words []*Node
	chunks := strings.Fields(text)
	for _, chunk := range chunks[:min(len(chunks), maxWords)] {
		n := p.chunk(chunk, typed)
		if n == nil {
			continue // punctuation only
		}
		any := []*Node{n}
		for _, v := range p.variants(chunk, lexicon) {
			any = add(any, p.phrase(v, synonym))
		}
		words = append(words, or(any))
	}
	if len(words) == 0 {
		return nil
	}
	any := []*Node{and(words)}
	if len(chunks) > 1 { // "open source" is one word of two
		for _, v := range p.variants(text, lexicon) {
			any = add(any, p.phrase(v, synonym))
		}
	}
	return or(any)
}

// variants are other ways to say text, as long as there is room in the plan.
func (p *Plan) variants(text string, lexicon *chinese.Lexicon) []string {
	room := maxTerms - len(p.Ranks)
	list := lexicon.Variants(text)
	return list[:min(len(list), max(room/utf8.RuneCountInString(text), 0))]
}

func (p *Plan) phrase(text string, weight float64) *Node {
	var all []*Node
	for chunk := range strings.FieldsSeq(text) {
		all = add(all, p.chunk(chunk, weight))
	}
	return and(all)
}

// chunk reads what stands between two spaces.
func (p *Plan) chunk(text string, weight float64) *Node {
	runes := []rune(text)
	var all []*Node
	for _, s := range segments(runes) {
		if run := runes[s.from:s.to]; s.script {
			all = append(all, p.script(run, weight))
		} else {
			all = append(all, p.word(string(run), weight))
		}
	}
	return and(all)
}

// script asks for a stretch of Chinese: each character must be part of a pair
// that the document has. 福州空气质量 thus finds 福州市空气质量 without anybody
// having to know where its words end; what has the whole stretch ranks first.
func (p *Plan) script(run []rune, weight float64) *Node {
	p.needles = append(p.needles, needle{run: run})
	if len(run) == 1 {
		t := Term{Key: string(run), Prefix: true}
		p.Ranks = append(p.Ranks, Weighted{t, weight})
		return &Node{Term: t}
	}
	pairs := make([]*Node, len(run)-1)
	for i := range pairs {
		t := Term{Key: string(run[i : i+2])}
		pairs[i] = &Node{Term: t}
		p.Ranks = append(p.Ranks, Weighted{t, weight})
	}
	return cover(run, pairs)
}

// cover is: every character stands in one of its two pairs, except fillers and
// the suffix of a place.
func cover(run []rune, pairs []*Node) *Node {
	last := len(run) - 1
	need := make([]bool, len(pairs)) // pairs that are required by themselves
	need[0] = !filler(run, 0)
	if !filler(run, last) {
		need[last-1] = true
	}
	var all []*Node
	for i, n := range need {
		if n {
			all = append(all, pairs[i])
		}
	}
	for i := 1; i < last; i++ {
		if !filler(run, i) && !need[i-1] && !need[i] {
			all = append(all, or([]*Node{pairs[i-1], pairs[i]}))
		}
	}
	if len(all) == 0 {
		return and(pairs)
	}
	return and(all)
}

func filler(run []rune, i int) bool {
	if len(run) < 3 {
		return false
	}
	return strings.ContainsRune(fillers, run[i]) || i >= 2 && strings.ContainsRune(suffixes, run[i])
}

// word asks for letters: a word or its beginning, or pinyin, or initials.
func (p *Plan) word(w string, weight float64) *Node {
	if len(w) > maxWord {
		w = w[:maxWord]
	}
	exact := Term{Key: w, Prefix: len(w) > 1}
	p.Ranks = append(p.Ranks, Weighted{exact, weight})
	p.needles = append(p.needles, needle{word: []rune(w)})
	any := []*Node{{Term: exact}}
	if !lowercase(w) || weight < typed || len(p.Ranks) >= maxTerms {
		return or(any)
	}
	whole := false
	for _, s := range chinese.Spell(w) {
		n := p.syllables(s)
		any = append(any, n)
		whole = whole || !s.Partial
	}
	if whole || len(w) > 12 {
		return or(any)
	}
	return or(append(any, p.initials(w)))
}

func lowercase(w string) bool {
	for i := range len(w) {
		if w[i] < 'a' || w[i] > 'z' {
			return false
		}
	}
	return true
}

func (p *Plan) syllables(s chinese.Spelling) *Node {
	p.needles = append(p.needles, needle{spelling: s})
	if len(s.Syllables) == 1 {
		t := Term{Key: syllableKey + s.Syllables[0], Prefix: s.Partial}
		p.Ranks = append(p.Ranks, Weighted{t, bySound})
		return &Node{Term: t}
	}
	var all []*Node
	for i := 1; i < len(s.Syllables); i++ {
		t := Term{Key: pairKey + s.Syllables[i-1] + "'" + s.Syllables[i], Prefix: s.Partial && i == len(s.Syllables)-1}
		p.Ranks = append(p.Ranks, Weighted{t, bySound})
		all = append(all, &Node{Term: t})
	}
	return and(all)
}

func (p *Plan) initials(w string) *Node {
	p.needles = append(p.needles, needle{initials: w})
	var all []*Node
	for i := 0; i == 0 || i+longestInitials <= len(w); i++ {
		t := Term{Key: initialsKey + w[i:min(i+longestInitials, len(w))]}
		p.Ranks = append(p.Ranks, Weighted{t, initials})
		all = append(all, &Node{Term: t})
	}
	return and(all)
}

// soundsOf asks for what reads alike: the help for 行证区划.
func soundsOf(text string) *Node {
	var all []*Node
	useful := false
	for chunk := range strings.FieldsSeq(text) {
		runes := []rune(chunk)
		for _, s := range segments(runes) {
			run := runes[s.from:s.to]
			var scratch Plan
			switch {
			case !s.script:
				all = append(all, scratch.word(string(run), typed))
			case len(run) == 1:
				all = append(all, scratch.script(run, typed))
			default:
				read := chinese.Read(run)
				pairs := make([]*Node, len(run)-1)
				for i := range pairs {
					pairs[i] = pairOf(read[i], read[i+1])
					if pairs[i] == nil {
						return nil // a character without a reading
					}
				}
				all = append(all, cover(run, pairs))
				useful = true
			}
		}
	}
	if !useful {
		return nil
	}
	return and(all)
}

func pairOf(a, b []string) *Node {
	var any []*Node
	for _, x := range a {
		for _, y := range b {
			any = append(any, &Node{Term: Term{Key: pairKey + x + "'" + y}})
		}
	}
	return or(any)
}

func add(list []*Node, n *Node) []*Node {
	if n == nil {
		return list
	}
	return append(list, n)
}

func and(all []*Node) *Node {
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return &Node{And: all}
}

func or(any []*Node) *Node {
	switch len(any) {
	case 0:
		return nil
	case 1:
		return any[0]
	}
	return &Node{Or: any}
}
