package ingest

import (
	"bufio"
	"errors"
	"io"
	"unicode/utf8"

	"shuyuan/internal/fault"
)

// delimited opens CSV, TSV and lists of lines.
func delimited(f *File, src source, opt Options) (err error) {
	if opt.NoHeader {
		if err := checkHeader(opt.Names); err != nil {
			return err
		}
	}
	sure := true
	if opt.trusting {
		f.Encoding, sure, err = probably(src)
	} else {
		f.Encoding, err = detect(src)
	}
	if err != nil {
		return err
	}
	delimiter := '\t'
	switch {
	case opt.Delimiter != "":
		if delimiter, err = oneRune(opt.Delimiter); err != nil {
			return err
		}
	case f.Format == "csv":
		if delimiter, err = sniffDelimiter(src, f.Encoding); err != nil {
			return err
		}
	}
	if f.Format != "txt" && (f.Format == "csv") != (delimiter == ',') {
		f.Notes = append(f.Notes, note("栏与栏之间用“%s”隔开。", visible(delimiter)))
	}
	if f.Encoding != "UTF-8" {
		f.Notes = append(f.Notes, note("文字编码是 %s。", f.Encoding))
	}
	f.tables = []Table{{cells: func(yield func([][]byte) error) error {
		r, err := src.open()
		if err != nil {
			return err
		}
		if !sure {
			r = &verified{r: r}
		}
		in := bound(decode(r, f.Encoding), opt.Limits.Record)
		line := lineReader{in: bufio.NewReaderSize(in, 64<<10)}
		if f.Format == "txt" {
			return eachRecord(&lines{in: line}, in, f.Encoding, opt, yield)
		}
		return eachRecord(&csvReader{in: line, delimiter: []byte(string(delimiter)), limits: opt.Limits}, in, f.Encoding, opt, yield)
	}}}
	return nil
}

// oneRune is a separator that an officer named.
func oneRune(s string) (rune, error) {
	r, size := utf8.DecodeRuneInString(s)
	if size != len(s) || r == utf8.RuneError || r == '"' || r == '\r' || r == '\n' {
		return 0, fault.New(fault.Invalid, "分隔符要是一个字符，不能是引号或换行。")
	}
	return r, nil
}

func visible(delimiter rune) string {
	if delimiter == '\t' {
		return "TAB"
	}
	return string(delimiter)
}

// sniffDelimiter takes the separator that stands most often in the first line,
// outside of quotes.
func sniffDelimiter(src source, enc string) (rune, error) {
	r, err := src.open()
	if err != nil {
		return 0, err
	}
	head, err := bufio.NewReader(io.LimitReader(decode(r, enc), 64<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	count, within := map[rune]int{}, false
	for _, r := range head {
		if r == '"' {
			within = !within
		} else if !within {
			count[r]++
		}
	}
	best := ','
	for _, d := range []rune{'\t', ';', '|'} {
		if count[d] > count[best] {
			best = d
		}
	}
	return best, nil
}

// reader reads record after record: its cells, which are overwritten by the
// next, the line that it begins on, and whether a quick look found nothing in it
// that scrutiny would mind.
type reader interface {
	read() (row [][]byte, line int, clean bool, err error)
}

// lines reads a list: one cell a line, or several between tabs. A quote is a
// character like any other. Blank lines count for nothing, as in a CSV.
type lines struct {
	in  lineReader
	row [][]byte
}

func (l *lines) read() ([][]byte, int, bool, error) {
	for {
		line, err := l.in.next()
		if err != nil {
			return nil, l.in.n + 1, false, err
		}
		if len(line) > 0 {
			l.row = split(l.row[:0], line, []byte{'\t'})
			return l.row, l.in.n, false, nil
		}
	}
}

// eachRecord yields the names and the rows that r reads from in.
func eachRecord(r reader, in *bounded, enc string, opt Options, yield func([][]byte) error) error {
	looked := scrutiny{limits: opt.Limits, encoding: enc}
	doubtful := enc == "UTF-8-BOM" || enc == damaged
	width := 0
	for {
		in.next()
		row, line, clean, err := r.read()
		if errors.Is(err, io.EOF) {
			if width == 0 {
				return fault.New(fault.Invalid, "文件是空的。")
			}
			return looked.end()
		}
		if err != nil {
			return unreadable(err, line)
		}
		if !clean || doubtful || len(row) > opt.Limits.Columns {
			if err := look(&looked, row, line); err != nil {
				return err
			}
		}
		if width == 0 {
			if width = len(row); opt.NoHeader {
				if len(opt.Names) > 0 {
					width = len(opt.Names)
				}
				if err := yield(inBytes(firstNames(opt.Names, width))); err != nil {
					return err
				}
			} else if err := checkHeader(inStrings(row)); err != nil {
				return err
			}
		}
		if len(row) != width {
			return fault.New(fault.Invalid, "第 %d 行有 %d 栏，应有 %d 栏。", line, len(row), width)
		}
		if err := yield(row); err != nil {
			return err
		}
	}
}

func inBytes(row []string) [][]byte {
	out := make([][]byte, len(row))
	for i, cell := range row {
		out[i] = []byte(cell)
	}
	return out
}

func inStrings(row [][]byte) []string {
	out := make([]string, len(row))
	for i, cell := range row {
		out[i] = string(cell)
	}
	return out
}

func firstNames(names []string, width int) []string {
	if len(names) == 0 {
		return numbered(width)
	}
	return append([]string(nil), names...)
}

func unreadable(err error, line int) error {
	if errors.Is(err, errQuotes) {
		return fault.New(fault.Invalid, "第 %d 行的引号或分隔符有误。", line).Because(err)
	}
	if errors.Is(err, errTooLong) {
		return fault.New(fault.TooLarge, "从第 %d 行起的一条记录太长，可能是引号没有结束。", line).Because(err)
	}
	return err
}
