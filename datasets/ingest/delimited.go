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
		in := csv.NewReader(decode(r, enc))
		in.Comma, in.ReuseRecord, in.LazyQuotes, in.FieldsPerRecord = delimiter, true, format != "csv", -1
		return records(in, enc, opt, yield)
	}
	return enc, []Table{{read: read}}, nil
}

// sniffDelimiter takes the separator that stands most often in the first line.
func sniffDelimiter(src source, enc string) (rune, error) {
	r, err := src.open()
	if err != nil {
		return 0, err
	}
	head, err := bufio.NewReaderSize(decode(r, enc), 64<<10).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	best, most := ',', 0
	for _, d := range []rune{',', '\t', ';', '|'} {
		if n := strings.Count(head, string(d)); n > most {
			best, most = d, n
		}
	}
	return best, nil
}

func records(in *csv.Reader, enc string, opt Options, yield func([]string) error) error {
	width := 0
	for n := 1; ; n++ {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			if width == 0 {
				return fault.New(fault.Invalid, "文件是空的。")
			}
			return nil
		}
		if parse, ok := errors.AsType[*csv.ParseError](err); ok {
			return fault.New(fault.Invalid, "第 %d 行的引号或分隔符有误。", parse.Line).Because(err)
		}
		if err != nil {
			return err
		}
		line, _ := in.FieldPos(0)
		if err := checkCells(row, line, enc, opt.Limits); err != nil {
			return err
		}
		if n == 1 {
			width = len(row)
			if opt.NoHeader {
				names := opt.Names
				if len(names) != width {
					names = numbered(width)
				}
				if err := yield(names); err != nil {
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

func checkCells(row []string, line int, enc string, limits Limits) error {
	if len(row) > limits.Columns {
		return fault.New(fault.TooLarge, "栏数太多，最多 %d 栏。", limits.Columns)
	}
	for i, cell := range row {
		if len(cell) > limits.Cell {
			return fault.New(fault.TooLarge, "第 %d 行第 %d 列的内容太长。", line, i+1)
		}
		if unreadable(cell, enc) {
			return undecodable(line, i+1)
		}
	}
	return nil
}

// checkHeader refuses a header that could not name columns.
func checkHeader(names []string) error {
	seen := map[string]bool{}
	for i, name := range names {
		if strings.TrimSpace(name) == "" {
			return fault.New(fault.Invalid, "第 %d 列没有列名。", i+1)
		}
		if seen[name] {
			return fault.New(fault.Invalid, "列名“%s”出现了两次。", name)
		}
		seen[name] = true
	}
	return nil
}
