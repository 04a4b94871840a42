package chinese

import (
	"bufio"
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:embed data/TSCharacters.txt
var characterTable string

//go:embed data/TSPhrases.txt
var phraseTable string

// Folded is a text in its one form. Rune i stands for the bytes
// [From[i], To[i]) of the original, so that a match can be marked there.
type Folded struct {
	Runes    []rune
	From, To []int
}

// String is the folded text itself.
func (f Folded) String() string { return string(f.Runes) }

// Fold brings s to its one form: compatibility characters and full width
// resolved (NFKC), lower case, accents off Latin letters, what cannot be seen
// left out, traditional characters simplified.
func Fold(s string) Folded {
	f := Folded{
		Runes: make([]rune, 0, len(s)/2+1),
		From:  make([]int, 0, len(s)/2+1),
		To:    make([]int, 0, len(s)/2+1),
	}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if plain(r) && !marked(s[i+n:]) {
			f.add(unicode.ToLower(r), i, i+n)
			i += n
			continue
		}
		end := i + max(n, norm.NFKC.NextBoundaryInString(s[i:], true))
		for _, r := range norm.NFKC.String(s[i:end]) {
			f.add(bare(unicode.ToLower(r)), i, end)
		}
		i = end
	}
	simplify(f.Runes)
	return f
}

func (f *Folded) add(r rune, from, to int) {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Co, unicode.Cs) || r == utf8.RuneError {
		return
	}
	if unicode.IsControl(r) {
		r = ' '
	}
	f.Runes = append(f.Runes, r)
	f.From = append(f.From, from)
	f.To = append(f.To, to)
}

// plain reports whether NFKC leaves r alone when nothing combines with it.
func plain(r rune) bool {
	return r < utf8.RuneSelf || r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF
}

func marked(rest string) bool {
	if rest == "" || rest[0] < utf8.RuneSelf {
		return false
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return unicode.In(r, unicode.Mn, unicode.Me)
}

// bare takes the accent off a Latin letter: é is found by e.
func bare(r rune) rune {
	if r < utf8.RuneSelf || !unicode.Is(unicode.Latin, r) {
		return r
	}
	d := norm.NFD.String(string(r))
	first, _ := utf8.DecodeRuneInString(d)
	return first
}

type tables struct {
	characters map[rune]rune
	phrases    map[string][]rune
	starts     map[rune]int // longest phrase that starts with the rune
}

// The tables are OpenCC's. Only entries that keep the number of characters are
// of use here: a mark in the original must not move.
var load = sync.OnceValue(func() tables {
	t := tables{characters: map[rune]rune{}, phrases: map[string][]rune{}, starts: map[rune]int{}}
	each(characterTable, func(from, to []rune) {
		if len(from) == 1 && len(to) == 1 {
			t.characters[from[0]] = to[0]
		}
	})
	each(phraseTable, func(from, to []rune) {
		if len(from) == len(to) {
			t.phrases[string(from)] = to
			t.starts[from[0]] = max(t.starts[from[0]], len(from))
		}
	})
	return t
})

func each(table string, f func(from, to []rune)) {
	for lines := bufio.NewScanner(strings.NewReader(table)); lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, "#") {
			continue
		}
		from, rest, ok := strings.Cut(line, "\t")
		if to := strings.Fields(rest); ok && len(to) > 0 {
			f([]rune(from), []rune(to[0]))
		}
	}
}

// simplify turns traditional characters into simplified ones in place, longest
// phrase first: 乾隆 stays, 乾淨 becomes 干净.
func simplify(text []rune) {
	t := load()
	for i := 0; i < len(text); {
		if n := t.phraseAt(text[i:]); n > 0 {
			copy(text[i:], t.phrases[string(text[i:i+n])])
			i += n
			continue
		}
		if to, ok := t.characters[text[i]]; ok {
			text[i] = to
		}
		i++
	}
}

func (t tables) phraseAt(text []rune) int {
	for n := min(t.starts[text[0]], len(text)); n > 1; n-- {
		if _, ok := t.phrases[string(text[:n])]; ok {
			return n
		}
	}
	return 0
}

// IsScript reports whether r belongs to a script written without spaces, so
// that any part of a text may be a word.
func IsScript(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}
