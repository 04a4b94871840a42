package ingest

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"shuyuan/internal/fault"
)

// delimited opens CSV, TSV and lists of lines.
func delimited(src source, format string, opt Options) (string, []Table, error) {
	if opt.NoHeader {
		if err := checkHeader(opt.Names); err != nil {
			return "", nil, err
		}
	}
	enc, err := detect(src)
	if err != nil {
		return "", nil, err
	}
	delimiter := '\t'
	if format == "csv" {
		if delimiter, err = sniffDelimiter(src, enc); err != nil {
			return "", nil, err
		}
	}
	read := func(yield func([]string) error) error {
		r, err := src.open()
		if err != nil {
			return err
		}
		in := bound(decode(r, enc), opt.Limits.Record)
		if format == "txt" {
			return records((&lines{in: bufio.NewReader(in)}).read, in, enc, opt, yield)
		}
		return records(quoted(in, delimiter), in, enc, opt, yield)
	}
	return enc, []Table{{read: read}}, nil
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

// quoted reads records of CSV and TSV, with the line that each begins on.
func quoted(in io.Reader, delimiter rune) func() ([]string, int, error) {
	r := csv.NewReader(in)
	r.Comma, r.ReuseRecord, r.FieldsPerRecord = delimiter, true, -1
	last := 0
	return func() ([]string, int, error) {
		row, err := r.Read()
		if err != nil {
			return nil, last + 1, err
		}
		line, _ := r.FieldPos(0)
		last, _ = r.FieldPos(len(row) - 1)
		last += strings.Count(row[len(row)-1], "\n")
		return row, line, nil
	}
}

// lines reads a list: one cell a line, or several between tabs. A quote is a
// character like any other. Blank lines count for nothing, as in a CSV.
type lines struct {
	in  *bufio.Reader
	n   int
	row []string
}

func (l *lines) read() ([]string, int, error) {
	for {
		line, err := l.in.ReadString('\n')
		if err != nil && (!errors.Is(err, io.EOF) || line == "") {
			return nil, l.n + 1, err
		}
		l.n++
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if line != "" {
			l.row = append(l.row[:0], strings.Split(line, "\t")...)
			return l.row, l.n, nil
		}
	}
}

// records yields the names and the rows that next reads from in.
func records(next func() ([]string, int, error), in *bounded, enc string, opt Options, yield func([]string) error) error {
	looked := scrutiny{limits: opt.Limits, encoding: enc}
	width := 0
	for {
		in.next()
		row, line, err := next()
		if errors.Is(err, io.EOF) {
			if width == 0 {
				return fault.New(fault.Invalid, "文件是空的。")
			}
			return looked.end()
		}
		if err != nil {
			return unreadable(err, line)
		}
		if err := looked.row(row, line); err != nil {
			return err
		}
		if width == 0 {
			if width = len(row); opt.NoHeader {
				if len(opt.Names) > 0 {
					width = len(opt.Names)
				}
				if err := yield(firstNames(opt.Names, width)); err != nil {
					return err
				}
			} else if err := checkHeader(row); err != nil {
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

func firstNames(names []string, width int) []string {
	if len(names) == 0 {
		return numbered(width)
	}
	return append([]string(nil), names...)
}

func unreadable(err error, line int) error {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return fault.New(fault.Invalid, "第 %d 行的引号或分隔符有误。", parse.Line).Because(err)
	}
	if errors.Is(err, errTooLong) {
		return fault.New(fault.TooLarge, "从第 %d 行起的一条记录太长，可能是引号没有结束。", line).Because(err)
	}
	return err
}
