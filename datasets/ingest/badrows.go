package ingest

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"shuyuan/internal/fault"
)

// BadRows are the rows for which a file is refused: all are counted, and the
// first told one by one, so that whoever made the file can mend it at once. It
// is the cause of the fault.
type BadRows struct {
	Count int64
	Width int // cells that a row should have
	Rows  []BadRow
}

// BadRow is one of them.
type BadRow struct {
	Line  int // of the file, from 1
	Cells int
	Text  string // its beginning
}

// MostBadRows is how many are told one by one.
const MostBadRows = 100

// badText is how many bytes of a row are shown.
const badText = 120

func (b *BadRows) Error() string { return fmt.Sprintf("%d rows have not %d cells", b.Count, b.Width) }

func keepBad[T string | []byte](b *BadRows, line int, row []T) {
	if b.Count++; len(b.Rows) == MostBadRows {
		return
	}
	text := ""
	for i, cell := range row {
		if i > 0 {
			text += ","
		}
		if text += string(cell[:min(len(cell), badText)]); len(text) > badText {
			break
		}
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	b.Rows = append(b.Rows, BadRow{Line: line, Cells: len(row), Text: clip([]byte(text), badText)})
}

// fault refuses the file for them; nil where there are none.
func (b *BadRows) fault() error {
	switch {
	case b.Count == 0:
		return nil
	case b.Count == 1:
		return fault.New(fault.Invalid, "第 %d 行有 %d 栏，应有 %d 栏。", b.Rows[0].Line, b.Rows[0].Cells, b.Width).Because(b)
	}
	return fault.New(fault.Invalid, "有 %d 行的栏数不对，应有 %d 栏；最先的是第 %d 行，有 %d 栏。", b.Count, b.Width, b.Rows[0].Line, b.Rows[0].Cells).Because(b)
}

// check refuses what no child of ours tells.
func (b *BadRows) check() bool {
	return b.Count >= int64(len(b.Rows)) && len(b.Rows) > 0 && len(b.Rows) <= MostBadRows && b.Width >= 0 &&
		!slices.ContainsFunc(b.Rows, func(r BadRow) bool {
			return r.Line < 1 || r.Cells < 0 || len(r.Text) > badText+utf8.UTFMax || !keepable(r.Text)
		})
}

// twice refuses names that occur more than once, all of them together.
func twice(names []string) error {
	seen, told := map[string]int{}, []string(nil)
	for _, name := range names {
		if seen[name]++; name != "" && seen[name] == 2 {
			told = append(told, name)
		}
	}
	switch len(told) {
	case 0:
		return nil
	case 1:
		return fault.New(fault.Invalid, "列名“%s”出现了两次。", told[0])
	}
	return fault.New(fault.Invalid, "有 %d 个列名不止出现一次：%s", len(told), clip([]byte(strings.Join(told, "、")), 1000))
}
