package ingest

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// replacement is U+FFFD, which stands in a text where another program could not
// read a character. What it stood for is gone.
var replacement = []byte("\uFFFD")

// replaced counts the replacement characters of a table, whatever format it
// comes in, and keeps where the first of them stand. They stay in the data: an
// old book may have them for what nobody can read. Somebody must have seen them
// before the file is public.
type replaced struct {
	count  int64
	places []string
}

var escapes = regexp.MustCompile(`(?i)\\ufffd`)

// How many places are named, and how much of a cell is shown around one.
const (
	mostReplaced = 5
	aroundOne    = 24 // bytes before and after
)

func (r *replaced) in(row int64, column string, cell []byte) {
	n := int64(bytes.Count(cell, replacement))
	if n == 0 {
		return
	}
	if r.count += n; len(r.places) < mostReplaced {
		r.places = append(r.places, fmt.Sprintf("%s:%d %s", clip([]byte(column), 60), row, around(cell)))
	}
}

// around is what stands about the first of them.
func around(cell []byte) string {
	at := bytes.Index(cell, replacement)
	from, to := max(0, at-aroundOne), min(len(cell), at+len(replacement)+aroundOne)
	return "“" + strings.ToValidUTF8(string(cell[from:to]), "") + "”"
}

// see looks through a block whose first row has that number, from 1.
func (r *replaced) see(b *block, first int64, columns []*column) {
	if bytes.Contains(b.text, replacement) {
		for row := range b.rows {
			for i, c := range columns {
				r.in(first+int64(row), c.Name, b.cell(row, i))
			}
		}
	}
	for i, c := range columns {
		if c.Type != Array && c.Type != Object {
			continue
		}
		for row := range b.rows { // JSON within a cell may write it as an escape
			if cell := b.cell(row, i); bytes.IndexByte(cell, '\\') >= 0 && escapes.Match(cell) {
				r.in(first+int64(row), c.Name, escapes.ReplaceAll(bytes.ReplaceAll(cell, replacement, []byte("?")), replacement))
			}
		}
	}
}

// replacedIn says what was found in all tables.
func replacedIn(tables []TableReport, found []replaced) []Finding {
	var all replaced
	for i, r := range found {
		all.count += r.count
		for _, p := range r.places {
			if len(tables) > 1 {
				p = clip([]byte(cmp.Or(tables[i].Name, fmt.Sprint(i+1))), 60) + "!" + p
			}
			all.places = append(all.places, p)
		}
	}
	if all.count == 0 {
		return nil
	}
	places := slices.Clone(all.places[:min(len(all.places), mostReplaced)])
	return []Finding{{"replaced-characters", note("文件里有 %d 个替换字符 U+FFFD：原来的字在别处转码时已经丢了，请从原文件重新导出；如果来源就是这样，请写明。最先的几处（列:行）：%s", all.count, strings.Join(places, "，"))}}
}
