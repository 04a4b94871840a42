package chinese

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

//go:embed data/synonyms.txt
var synonymTable string

// Lexicon knows which words mean the same; a word typed as pinyin, wendu, stands
// for the word and for all that it stands for. It is used when a query is read,
// never when a document is indexed, so an edit needs no new index.
type Lexicon struct {
	same   map[string][]string // folded word -> the others of its groups
	starts map[rune]int        // longest word that starts with the rune, in runes
}

// NewLexicon is the list that comes with the product, with the installation's
// own file at path laid over it; an absent file is no error.
func NewLexicon(path string) (*Lexicon, error) {
	var b builder
	if err := b.read(strings.NewReader(synonymTable)); err != nil {
		return nil, fmt.Errorf("synonyms that come with the product: %w", err)
	}
	if path != "" {
		f, err := os.Open(path)
		if err == nil {
			defer f.Close()
			err = b.read(f)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("synonyms in %s: %w", path, err)
		}
	}
	return b.lexicon(), nil
}

// Default is the list that comes with the product.
func Default() *Lexicon {
	l, err := NewLexicon("")
	if err != nil {
		panic(err) // embedded, and read by a test
	}
	return l
}

type builder struct{ groups [][]string }

func (b *builder) read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if word, ok := strings.CutPrefix(line, "- "); ok {
			b.remove(foldWord(word))
			continue
		}
		var group []string
		for word := range strings.SplitSeq(line, "=") {
			if word = foldWord(word); word != "" && !slices.Contains(group, word) {
				group = append(group, word)
			}
		}
		if len(group) < 2 {
			return fmt.Errorf(`line %d: want "word = word", got %q`, n, line)
		}
		b.groups = append(b.groups, group)
	}
	return lines.Err()
}

func foldWord(s string) string { return strings.TrimSpace(Fold(s).String()) }

func (b *builder) remove(word string) {
	for i, g := range b.groups {
		b.groups[i] = slices.DeleteFunc(g, func(w string) bool { return w == word })
	}
}

func (b *builder) lexicon() *Lexicon {
	l := &Lexicon{same: map[string][]string{}, starts: map[rune]int{}}
	for _, g := range b.groups {
		for _, w := range g {
			for _, other := range g {
				if other != w {
					l.add(w, []string{other})
				}
			}
			l.knows(w)
		}
	}
	for _, g := range b.groups {
		for _, w := range g {
			if typed := pinyinOf(w); typed != "" {
				l.add(typed, append([]string{w}, l.same[w]...))
				l.knows(typed)
			}
		}
	}
	return l
}

func (l *Lexicon) add(word string, others []string) {
	for _, other := range others {
		if !slices.Contains(l.same[word], other) {
			l.same[word] = append(l.same[word], other)
		}
	}
}

func (l *Lexicon) knows(word string) {
	rs := []rune(word)
	l.starts[rs[0]] = max(l.starts[rs[0]], len(rs))
}

// pinyinOf is how a word of several characters is typed by its sound; empty for
// any other: too many characters are shui or ci.
func pinyinOf(word string) string {
	rs := []rune(word)
	if len(rs) < 2 {
		return ""
	}
	var b strings.Builder
	for _, readings := range Read(rs) {
		if len(readings) == 0 {
			return ""
		}
		b.WriteString(readings[0])
	}
	return b.String()
}

// maxVariants bounds how many ways to say one thing are looked for.
const maxVariants = 12

// Variants are other ways to say the folded text: each differs from it in one
// word. They do not include text itself.
func (l *Lexicon) Variants(text string) []string {
	if l == nil {
		return nil
	}
	rs := []rune(text)
	var out []string
	for i := 0; i < len(rs); {
		n := l.wordAt(rs, i)
		if n == 0 {
			i++
			continue
		}
		for _, other := range l.same[string(rs[i:i+n])] {
			v := string(rs[:i]) + other + string(rs[i+n:])
			if len(out) < maxVariants && v != text && !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
		i += n
	}
	return out
}

// wordAt is the length of the longest listed word at text[i:], 0 if none. A
// Latin word must stand by itself: "bus" is not in "business".
func (l *Lexicon) wordAt(text []rune, i int) int {
	for n := min(l.starts[text[i]], len(text)-i); n > 0; n-- {
		if _, ok := l.same[string(text[i:i+n])]; !ok {
			continue
		}
		if latin(text[i]) && i > 0 && latin(text[i-1]) || latin(text[i+n-1]) && i+n < len(text) && latin(text[i+n]) {
			continue
		}
		if n == 1 && len(text) > 1 && IsScript(text[i]) {
			continue // a single character inside a longer word is not that word
		}
		return n
	}
	return 0
}

func latin(r rune) bool { return r < 0x80 && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9') }
