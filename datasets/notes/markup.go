package notes

import (
	"net/url"
	"strings"
)

// A note is plain text with little marks: an empty line parts paragraphs, ## is a
// heading, - an item of a list, **words** are strong, [words](https://…) is a
// link. There is nothing else: whatever looks like HTML is text.

// BlockKind is what a block is.
type BlockKind int

// The kinds of blocks.
const (
	Paragraph BlockKind = iota
	Heading
	List
)

// Block is a part of a note.
type Block struct {
	Kind  BlockKind
	Lines [][]Span // of a list its items; else one
}

// Span is a piece of a line.
type Span struct {
	Text   string
	Strong bool
	Href   string // an address of the web; empty: no link
}

// Parse reads a note. Every text is a note.
func Parse(body string) []Block {
	var out []Block
	open := false // the last block takes more lines
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		heading, isHeading := strings.CutPrefix(line, "## ")
		item, isItem := strings.CutPrefix(line, "- ")
		switch last := len(out) - 1; {
		case line == "":
			open = false
		case isHeading:
			out, open = append(out, Block{Heading, [][]Span{spans(heading)}}), false
		case isItem && open && out[last].Kind == List:
			out[last].Lines = append(out[last].Lines, spans(item))
		case isItem:
			out, open = append(out, Block{List, [][]Span{spans(item)}}), true
		case open && out[last].Kind == Paragraph:
			out[last].Lines[0] = append(append(out[last].Lines[0], Span{Text: "\n"}), spans(line)...)
		default:
			out, open = append(out, Block{Paragraph, [][]Span{spans(line)}}), true
		}
	}
	return out
}

// spans reads the marks in one line, from its beginning to its end once.
func spans(line string) []Span {
	var out []Span
	plain := func(s string) {
		if s != "" {
			out = append(out, Span{Text: s})
		}
	}
	for line != "" {
		at := strings.IndexAny(line, "*[")
		if at < 0 {
			plain(line)
			break
		}
		plain(line[:at])
		line = line[at:]
		span, length := marked(line)
		if length == 0 {
			plain(line[:1])
			line = line[1:]
			continue
		}
		out = append(out, span)
		line = line[length:]
	}
	return joined(out)
}

// marked is the mark that line begins with, and how long it is; 0 where it is
// none.
func marked(line string) (Span, int) {
	if rest, ok := strings.CutPrefix(line, "**"); ok {
		if end := strings.Index(rest, "**"); end > 0 {
			return Span{Text: rest[:end], Strong: true}, end + 4
		}
		return Span{}, 0
	}
	words, rest, ok := strings.Cut(strings.TrimPrefix(line, "["), "](")
	if line[0] != '[' || !ok || words == "" || strings.ContainsAny(words, "[]") {
		return Span{}, 0
	}
	address, _, ok := strings.Cut(rest, ")")
	if !ok || !onTheWeb(address) {
		return Span{}, 0
	}
	return Span{Text: words, Href: address}, len(words) + len(address) + 4
}

// onTheWeb reports whether an address is a plain one of the web: no script, no
// credentials, nothing that hides where it leads.
func onTheWeb(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.Opaque == "" && !strings.ContainsAny(address, " \t\\\"'<>`")
}

// joined puts plain pieces beside each other together.
func joined(list []Span) []Span {
	var out []Span
	for _, s := range list {
		if n := len(out) - 1; n >= 0 && s.Href == "" && !s.Strong && out[n].Href == "" && !out[n].Strong {
			out[n].Text += s.Text
			continue
		}
		out = append(out, s)
	}
	return out
}
