package ingest

import (
	"strings"
	"unicode/utf8"

	"shuyuan/internal/fault"
)

// scrutiny looks at every cell of a table while it is read.
type scrutiny struct {
	limits   Limits
	encoding string // of the file, where it was decoded
	exact    bool   // a carriage return in a cell was written there on purpose

	lost         int // characters that could not be read
	line, column int // where the first of them stands
}

// row returns the fault of the first cell that cannot be kept as it is.
// Characters that could not be read are only counted: see end.
func (s *scrutiny) row(row []string, line int) error { return look(s, row, line) }

func look[T string | []byte](s *scrutiny, row []T, line int) error {
	if len(row) > s.limits.Columns {
		return tooManyColumns(s.limits, line)
	}
	for i, cell := range row {
		if len(cell) > s.limits.Cell {
			return tooLongCell(s.limits, line, i+1)
		}
		if err := lookAt(s, cell, line, i+1); err != nil {
			return err
		}
	}
	return nil
}

func tooLongCell(l Limits, line, column int) error {
	return fault.New(fault.TooLarge, "第 %d 行第 %d 列的内容太长，一格最多 %s。", line, column, inUnits(int64(l.Cell)))
}

func tooManyColumns(l Limits, line int) error {
	return fault.New(fault.TooLarge, "第 %d 行栏数太多，最多 %d 栏。", max(line, 1), l.Columns)
}

func (s *scrutiny) cell(cell string, line, column int) error { return lookAt(s, cell, line, column) }

func lookAt[T string | []byte](s *scrutiny, cell T, line, column int) error {
	if (s.encoding == "UTF-8-BOM" || s.encoding == damaged) && !utf8.ValidString(string(cell)) { // the others are valid as a whole, or were decoded
		return s.runes(string(cell), line, column)
	}
	for i := 0; i < len(cell); i++ {
		switch b := cell[i]; {
		case b == '\r' && !s.exact:
			return fault.New(fault.Invalid, "第 %d 行第 %d 列有单独的回车符，换行须为 LF 或 CRLF。", line, column)
		case control(rune(b)):
			return fault.New(fault.Invalid, "第 %d 行第 %d 列有控制字符。", line, column)
		case b >= 0xEF: // U+FFFD, the noncharacters, bytes that are no UTF-8, and little else
			return s.runes(string(cell[i:]), line, column)
		}
	}
	return nil
}

// control reports whether r has no place in a cell.
func control(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7F ||
		r&0xFFFE == 0xFFFE || r >= 0xFDD0 && r <= 0xFDEF // noncharacters
}

// runes is cell for the rest of a cell that may hold what could not be read.
// A U+FFFD that stands in a UTF-8 file itself is kept, and found: see replaced.
func (s *scrutiny) runes(rest string, line, column int) error {
	decoded := s.encoding != "" && !strings.HasPrefix(s.encoding, "UTF-8")
	for i, r := range rest {
		switch {
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(rest[i:]); !decoded && size > 1 {
				continue
			}
			if s.lost++; s.lost == 1 {
				s.line, s.column = line, column
			}
		case r == '\r' && !s.exact:
			return fault.New(fault.Invalid, "第 %d 行第 %d 列有单独的回车符，换行须为 LF 或 CRLF。", line, column)
		case control(r):
			return fault.New(fault.Invalid, "第 %d 行第 %d 列有控制字符。", line, column)
		}
	}
	return nil
}

// end refuses a table with characters that could not be read: their number and
// the first place are told, and nothing is replaced in silence.
func (s *scrutiny) end() error {
	if s.lost == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "文件里有 %d 个无法识别的字符，第一个在第 %d 行第 %d 列，请检查文件编码。", s.lost, s.line, s.column)
}

// checkHeader refuses a header that could not name columns.
func checkHeader(names []string) error {
	for i, name := range names {
		if strings.TrimSpace(name) == "" {
			return fault.New(fault.Invalid, "第 %d 列没有列名。", i+1)
		}
	}
	return twice(names)
}
