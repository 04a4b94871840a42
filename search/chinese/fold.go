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
			f.addPlain(r, i, i+n)
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

// addPlain adds a rune that plain lets through: most there are, so it does no
// more than it must.
func (f *Folded) addPlain(r rune, from, to int) {
	switch {
	case r >= 'A' && r <= 'Z':
		r += 'a' - 'A'
	case r < ' ' || r == 0x7f:
		r = ' '
	}
	f.Runes = append(f.Runes, r)
	f.From = append(f.From, from)
	f.To = append(f.To, to)
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
	// of the runes from firstHan on, which are nearly all; others are in far
	characters [lastHan - firstHan + 1]rune  // 0: stays
	starts     [lastHan - firstHan + 1]uint8 // longest phrase that starts with it
	far        map[rune]rune
	phrases    map[string][]rune
}

// firstHan and lastHan enclose the characters of everyday texts: CJK unified
// ideographs and their first extension.
const (
	firstHan = 0x3400
	lastHan  = 0x9FFF
)

// The tables are OpenCC's. Only entries that keep the number of characters are
// of use here: a mark in the original must not move.
var load = sync.OnceValue(func() *tables {
	t := &tables{far: map[rune]rune{}, phrases: map[string][]rune{}}
	each(characterTable, func(from, to []rune) {
		switch {
		case len(from) != 1 || len(to) != 1:
		case from[0] >= firstHan && from[0] <= lastHan:
			t.characters[from[0]-firstHan] = to[0]
		default:
			t.far[from[0]] = to[0]
		}
	})
	each(phraseTable, func(from, to []rune) {
		if len(from) == len(to) && from[0] >= firstHan && from[0] <= lastHan {
			t.phrases[string(from)] = to
			starts := &t.starts[from[0]-firstHan]
			*starts = max(*starts, uint8(len(from)))
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
		r := text[i]
		switch {
		case r < firstHan:
		case r > lastHan:
			if to, ok := t.far[r]; ok {
				text[i] = to
			}
		default:
			if n := t.phraseAt(text[i:]); n > 0 {
				copy(text[i:], t.phrases[string(text[i:i+n])])
				i += n
				continue
			}
			if to := t.characters[r-firstHan]; to != 0 {
				text[i] = to
			}
		}
		i++
	}
}

func (t *tables) phraseAt(text []rune) int {
	for n := min(int(t.starts[text[0]-firstHan]), len(text)); n > 1; n-- {
		if _, ok := t.phrases[string(text[:n])]; ok {
			return n
		}
	}
	return 0
}

// IsScript reports whether r belongs to a script written without spaces, so
// that any part of a text may be a word.
func IsScript(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}
