package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"shuyuan/search/chinese"
)

// Tier is one of the four weights of what a document says of itself.
type Tier int

// The tiers, heaviest first.
const (
	TitleTier Tier = iota
	KeyTier        // tags, department, theme, region, columns, code
	SummaryTier
	ValueTier // values of code lists
	tiers
)

// Tiers is how many there are.
const Tiers = int(tiers)

// The kinds of key beside the plain ones. The bytes cannot stand in a folded
// text, so a query can never reach them by being typed.
const (
	syllableKey = "\x01" // fu
	pairKey     = "\x02" // fu'jian
	initialsKey = "\x03" // fj
)

// maxWord bounds a word of letters; what is longer is no word.
const maxWord = 64

// Keys calls yield with every key under which tier t of d can be found. Keys
// repeat where words do.
func (d *Document) Keys(t Tier, yield func(string)) {
	d.EachKey(t, func(key []byte) { yield(string(key)) })
}

// EachKey is Keys for who makes many: a key is good only until yield returns.
func (d *Document) EachKey(t Tier, yield func(key []byte)) {
	d.EachText(t, func(text string, sound bool) { EachKeyOf(text, sound, yield) })
}

// EachText calls yield with every text of tier t, and whether it is found by
// its sound too.
func (d *Document) EachText(t Tier, yield func(text string, sound bool)) {
	switch t {
	case TitleTier:
		yield(d.Title, true)
		yield(d.TitleEN, false)
	case KeyTier:
		for _, list := range [][]string{d.Tags, d.Departments, d.ThemeNames, d.RegionNames} {
			for _, s := range list {
				yield(s, true)
			}
		}
		for _, list := range [][]string{d.TagsEN, d.Columns} {
			for _, s := range list {
				yield(s, false)
			}
		}
		yield(d.Code, false)
	case SummaryTier:
		yield(d.Summary, false)
		yield(d.SummaryEN, false)
	case ValueTier:
		for _, s := range d.Values {
			yield(s, false)
		}
	}
}

// longestAside is how many characters may stand in brackets within a word.
const longestAside = 4

// bridges calls yield with the places of runes that stand together once brackets
// within a word are read over: in 村(居)委会 those of 村居委会 and of 村委会. A word
// may go on for as long as initials do.
func bridges(text []rune, yield func(places []int)) {
	for i := 1; i < len(text); i++ {
		if text[i] != '(' || kindOf(text[i-1]) != script {
			continue
		}
		end := i + 1
		for end < len(text) && kindOf(text[end]) == script {
			end++
		}
		if aside := end - i - 1; aside == 0 || aside > longestAside || end+1 >= len(text) || text[end] != ')' || kindOf(text[end+1]) != script {
			continue
		}
		var before, after []int
		for j := i - 1; j >= 0 && len(before) < longestInitials-1 && kindOf(text[j]) == script; j-- {
			before = append([]int{j}, before...)
		}
		for j := end + 1; j < len(text) && len(after) < longestInitials-1 && kindOf(text[j]) == script; j++ {
			after = append(after, j)
		}
		var within []int
		for j := i + 1; j < end; j++ {
			within = append(within, j)
		}
		yield(slices.Concat(before, within, after))
		yield(slices.Concat(before, after))
	}
}

// at are the runes of text at places.
func at(text []rune, places []int) []rune {
	out := make([]rune, len(places))
	for i, place := range places {
		out[i] = text[place]
	}
	return out
}

// EachKeyOf cuts a text: letters and digits into words, Chinese into every pair of
// neighbours and the last character alone, so that a single character is the
// beginning of some key wherever it stands. With sound, the readings follow
// the same pattern: syllables, pairs of syllables, and runs of initials. A word
// with brackets in it is there as it stands, without them, and without what is in them.
func EachKeyOf(text string, sound bool, yield func(key []byte)) {
	if text == "" {
		return
	}
	f := chinese.Fold(text)
	for _, s := range segments(f.Runes) {
		run := f.Runes[s.from:s.to]
		whole := []byte(string(run))
		if !s.script {
			if len(run) <= maxWord {
				yield(whole)
			}
			humps(text, f, s, yield)
			continue
		}
		scriptKeys(run, whole, sound, yield)
	}
	bridges(f.Runes, func(places []int) {
		run := at(f.Runes, places)
		scriptKeys(run, []byte(string(run)), sound, yield)
	})
}

// scriptKeys yields the keys of a stretch of Chinese; whole is run as bytes.
func scriptKeys(run []rune, whole []byte, sound bool, yield func(key []byte)) {
	from := 0
	for i, r := range run {
		next := from + utf8.RuneLen(r)
		end := next
		if i+1 < len(run) {
			end += utf8.RuneLen(run[i+1])
		}
		yield(whole[from:end])
		from = next
	}
	if sound {
		sounds(run, yield)
	}
}

// humps yields the parts of stationName, as people look for station or name.
func humps(text string, f chinese.Folded, s segment, yield func([]byte)) {
	start := s.from
	for i := s.from + 1; i < s.to; i++ {
		a, b := text[f.From[i-1]], text[f.From[i]]
		if a >= 'a' && a <= 'z' && b >= 'A' && b <= 'Z' {
			yield([]byte(string(f.Runes[start:i])))
			start = i
		}
	}
	if start > s.from {
		yield([]byte(string(f.Runes[start:s.to])))
	}
}

func sounds(run []rune, yield func([]byte)) {
	var b [32]byte
	read := chinese.Read(run)
	for i, here := range read {
		for _, x := range here {
			yield(append(append(b[:0], syllableKey...), x...))
			if i+1 == len(read) {
				continue
			}
			for _, y := range read[i+1] {
				yield(append(append(append(append(b[:0], pairKey...), x...), '\''), y...))
			}
		}
		initials := append(b[:0], initialsKey...)
		for n := 0; n < longestInitials && i+n < len(read) && len(read[i+n]) > 0; n++ {
			initials = append(initials, read[i+n][0][0])
			yield(initials)
		}
	}
}

// longestInitials is how many initials one key has; more are looked for in
// overlapping pieces.
const longestInitials = 4

// segment is a stretch of one kind in a folded text.
type segment struct {
	from, to int
	script   bool // written without spaces
}

// segments cuts a folded text into words of letters and digits and stretches
// of Chinese. Everything else, operators and wildcards included, separates.
func segments(text []rune) []segment {
	var out []segment
	for i := 0; i < len(text); {
		kind := kindOf(text[i])
		j := i + 1
		for j < len(text) && kindOf(text[j]) == kind {
			j++
		}
		if kind != separator {
			out = append(out, segment{from: i, to: j, script: kind == script})
		}
		i = j
	}
	return out
}

const (
	separator = iota
	letters
	script
)

func kindOf(r rune) int {
	switch {
	case r < 0x80:
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return letters
		}
		return separator
	case chinese.IsScript(r):
		return script
	case unicode.IsLetter(r) || unicode.IsNumber(r):
		return letters
	}
	return separator
}

// Names are the words of the title tier and of the name lists that can be
// offered while somebody types.
func (d *Document) Names() []string {
	var out []string
	for _, list := range [][]string{d.Tags, d.ThemeNames} {
		for _, s := range list {
			if s = strings.TrimSpace(s); s != "" {
				out = append(out, s)
			}
		}
	}
	if len(d.Departments) > 0 {
		out = append(out, d.Departments[0])
	}
	return out
}
