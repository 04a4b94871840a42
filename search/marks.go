package search

import (
	"slices"
	"strings"

	"shuyuan/search/chinese"
)

// needle is what to mark in a text; one of its fields is set.
type needle struct {
	run      []rune
	word     []rune
	spelling chinese.Spelling
	initials string
}

// Marks are the byte ranges of text, as stored, that p asked for; by their sound
// too if sound says that text is found so. See Document.EachText.
func (p *Plan) Marks(text string, sound bool) []Mark {
	if text == "" || len(p.needles) == 0 {
		return nil
	}
	f := chinese.Fold(text)
	on := make([]bool, len(f.Runes))
	var read [][]string
	for _, n := range p.needles {
		switch {
		case n.run != nil:
			markRun(f.Runes, n.run, on)
			bridges(f.Runes, func(places []int) { markBridge(f.Runes, places, n.run, on) })
		case n.word != nil:
			markWord(f.Runes, n.word, on)
		case sound:
			if read == nil {
				read = chinese.Read(f.Runes)
			}
			markSound(read, n, on)
		}
	}
	return marksOf(f, on)
}

func markRun(text, run []rune, on []bool) {
	if len(run) == 1 {
		for i, r := range text {
			on[i] = on[i] || r == run[0]
		}
		return
	}
	for i := 0; i+1 < len(text); i++ {
		for j := 0; j+1 < len(run); j++ {
			if text[i] == run[j] && text[i+1] == run[j+1] {
				on[i], on[i+1] = true, true
				break
			}
		}
	}
}

// markBridge marks run in what stands together once brackets are read over.
func markBridge(text []rune, places []int, run []rune, on []bool) {
	if len(run) == 1 {
		return // marked already
	}
	joined, marked := at(text, places), make([]bool, len(places))
	markRun(joined, run, marked)
	for i, place := range places {
		on[place] = on[place] || marked[i]
	}
}

// markWord marks w where a word starts with it, a single letter only where it
// is the whole word.
func markWord(text, w []rune, on []bool) {
	for i := 0; i+len(w) <= len(text); i++ {
		if text[i] != w[0] || !slices.Equal(text[i:i+len(w)], w) || i > 0 && kindOf(text[i-1]) == letters {
			continue
		}
		if end := i + len(w); len(w) == 1 && end < len(text) && kindOf(text[end]) == letters {
			continue
		}
		for j := range w {
			on[i+j] = true
		}
	}
}

func markSound(read [][]string, n needle, on []bool) {
	length := len(n.spelling.Syllables)
	if n.initials != "" {
		length = len(n.initials)
	}
	for i := 0; i+length <= len(read); i++ {
		fits := true
		for j := 0; j < length && fits; j++ {
			fits = slices.ContainsFunc(read[i+j], func(s string) bool {
				switch {
				case n.initials != "":
					return s[0] == n.initials[j]
				case n.spelling.Partial && j == length-1:
					return strings.HasPrefix(s, n.spelling.Syllables[j])
				}
				return s == n.spelling.Syllables[j]
			})
		}
		for j := 0; fits && j < length; j++ {
			on[i+j] = true
		}
	}
}

func marksOf(f chinese.Folded, on []bool) []Mark {
	var out []Mark
	for i, marked := range on {
		if !marked {
			continue
		}
		if last := len(out) - 1; last >= 0 && f.From[i] <= out[last].To {
			out[last].To = max(out[last].To, f.To[i])
			continue
		}
		out = append(out, Mark{From: f.From[i], To: f.To[i]})
	}
	return out
}

// Respell gives the query as the names would write it: in every stretch of
// Chinese in text, what reads like a part of a name becomes that part. Nothing
// if nothing would change.
func Respell(text string, names []string) []string {
	var out []string
	runes := []rune(text)
	stretches := segments(runes)
	for _, name := range names {
		f := chinese.Fold(name)
		read := chinese.Read(f.Runes)
		spelled := slices.Clone(runes)
		for _, s := range stretches {
			if s.script {
				respell(spelled[s.from:s.to], f.Runes, read)
			}
		}
		if s := string(spelled); s != text && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out[:min(len(out), 3)]
}

// respell writes run as name does, longest parts first. A part has at least two
// characters; one of two must begin a stretch of the name, or it may be no word:
// 空器 within 航空器 is no other way to write 空气.
func respell(run, name []rune, read [][]string) {
	sounds := chinese.Read(run)
	for i := 0; i+1 < len(run); {
		at, n := -1, len(run)-i
		for ; n > 1; n-- {
			at = soundsAt(read, sounds[i:i+n], func(at int) bool { return n > 2 || at == 0 || kindOf(name[at-1]) != script })
			if at >= 0 {
				break
			}
		}
		if at < 0 {
			i++
			continue
		}
		copy(run[i:i+n], name[at:])
		i += n
	}
}

// soundsAt is where text sounds like run, at a place that will do; -1 if nowhere.
func soundsAt(text, run [][]string, do func(at int) bool) int {
	for i := 0; i+len(run) <= len(text); i++ {
		fits := do(i)
		for j := 0; j < len(run) && fits; j++ {
			fits = slices.ContainsFunc(run[j], func(s string) bool { return slices.Contains(text[i+j], s) })
		}
		if fits {
			return i
		}
	}
	return -1
}
