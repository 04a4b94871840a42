package chinese

import (
	"bufio"
	_ "embed"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/mozillazg/go-pinyin"
)

//go:embed data/readings.txt
var readingTable string

type readings struct {
	single [lastHan - firstHan + 1][]string // everyday readings of a character
	words  map[string][]string              // word -> one syllable a character
	starts [lastHan - firstHan + 1]uint8    // longest word that starts with the rune
	valid  map[string]struct{}              // every syllable there is
	sorted []string                         // the same, sorted, for prefixes
}

var reading = sync.OnceValue(func() *readings {
	r := &readings{words: map[string][]string{}, valid: map[string]struct{}{}}
	args := pinyin.NewArgs()
	for code := range pinyin.PinyinDict {
		if code < firstHan || code > lastHan {
			continue
		}
		if got := pinyin.SinglePinyin(rune(code), args); len(got) > 0 && plainSyllable(got[0]) {
			r.single[code-firstHan] = spellings(got[0])
			for _, s := range spellings(got[0]) {
				r.valid[s] = struct{}{}
			}
		}
	}
	for lines := bufio.NewScanner(strings.NewReader(readingTable)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		word := []rune(fields[0])
		if len(word) != len(fields)-1 || !everyday(word[0]) {
			continue
		}
		r.words[fields[0]] = fields[1:]
		starts := &r.starts[word[0]-firstHan]
		*starts = max(*starts, uint8(len(word)))
		for _, s := range fields[1:] {
			r.valid[s] = struct{}{}
		}
	}
	for s := range r.valid {
		r.sorted = append(r.sorted, s)
	}
	sort.Strings(r.sorted)
	return r
})

// everyday reports whether r is one of the characters that have readings here.
func everyday(r rune) bool { return r >= firstHan && r <= lastHan }

// plainSyllable reports whether s is a syllable that is typed with letters and
// that words are made of: ng and hm are sounds, and would cut words in two.
func plainSyllable(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && r != 'ü' {
			return false
		}
	}
	return strings.ContainsAny(s, "aeiouüv")
}

// spellings are the ways to type a syllable: 绿 is lv to some, lu to others.
func spellings(s string) []string {
	s = strings.ReplaceAll(s, "ü", "v")
	switch s {
	case "lv":
		return []string{"lv", "lu"}
	case "nv":
		return []string{"nv", "nu"}
	case "lve":
		return []string{"lve", "lue"}
	case "nve":
		return []string{"nve", "nue"}
	}
	return []string{s}
}

// Read gives the readings of each rune of a folded text, the likeliest first;
// nil where a rune has none. A word of the readings table overrides the
// everyday readings of its characters, which stay as second ones.
func Read(text []rune) [][]string {
	r := reading()
	out := make([][]string, len(text))
	for i, c := range text {
		if everyday(c) {
			out[i] = r.single[c-firstHan]
		}
	}
	for i := 0; i < len(text); {
		n := r.wordAt(text[i:])
		if n == 0 {
			i++
			continue
		}
		for j, s := range r.words[string(text[i:i+n])] {
			if alone := out[i+j]; !slices.Contains(alone, s) {
				out[i+j] = append([]string{s}, alone...)
			} else if alone[0] != s {
				out[i+j] = append([]string{s}, slices.DeleteFunc(slices.Clone(alone), func(e string) bool { return e == s })...)
			}
		}
		i += n
	}
	return out
}

func (r *readings) wordAt(text []rune) int {
	if !everyday(text[0]) {
		return 0
	}
	for n := min(int(r.starts[text[0]-firstHan]), len(text)); n > 1; n-- {
		if _, ok := r.words[string(text[:n])]; ok {
			return n
		}
	}
	return 0
}

// Spelling is one way to cut Latin letters into syllables. Partial tells that
// the last one is not typed to its end yet.
type Spelling struct {
	Syllables []string
	Partial   bool
}

// maxSpellings bounds the ways tried: xian is 西安 and 先, and no more than a
// few such words stand in one query.
const maxSpellings = 4

// Spell cuts letters into syllables in every sensible way, whole ones first.
// It returns nothing if the letters are no pinyin.
func Spell(letters string) []Spelling {
	if letters == "" || len(letters) > 120 {
		return nil
	}
	r := reading()
	var out []Spelling
	steps := 0
	var cut func(rest string, so []string)
	cut = func(rest string, so []string) {
		if steps++; steps > 2000 || len(out) >= maxSpellings {
			return
		}
		if rest == "" {
			out = append(out, Spelling{Syllables: slices.Clone(so)})
			return
		}
		for n := min(6, len(rest)); n > 0; n-- {
			if _, ok := r.valid[rest[:n]]; ok {
				cut(rest[n:], append(so, rest[:n]))
			}
		}
	}
	cut(letters, nil)
	if len(out) > 0 {
		return out
	}
	steps = 0
	var cutOpen func(rest string, so []string)
	cutOpen = func(rest string, so []string) {
		if steps++; steps > 2000 || len(out) >= maxSpellings {
			return
		}
		if len(rest) <= 5 && r.begins(rest) && (len(so) > 0 || len(rest) > 1) {
			out = append(out, Spelling{Syllables: append(slices.Clone(so), rest), Partial: true})
			return
		}
		for n := min(6, len(rest)); n > 0; n-- {
			if _, ok := r.valid[rest[:n]]; ok && n < len(rest) {
				cutOpen(rest[n:], append(so, rest[:n]))
			}
		}
	}
	cutOpen(letters, nil)
	return out
}

// begins reports whether a syllable starts with s.
func (r *readings) begins(s string) bool {
	i := sort.SearchStrings(r.sorted, s)
	return i < len(r.sorted) && strings.HasPrefix(r.sorted[i], s)
}
