package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
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
	switch {
	case opt.Encoding != "":
		f.Encoding, err = told(src, opt.Encoding)
	case opt.trusting:
		f.Encoding, sure, err = probably(src)
	default:
		f.Encoding, err = detect(src)
	}
	if err != nil {
		return err
	}
	d, err := delimiterOf(f.Format, src, f.Encoding, opt)
	if err != nil {
		return err
	}
	if f.Format != "txt" && (f.Format == "csv") != (d.delimiter == ',') || f.Format == "txt" && !d.list {
		f.Notes = append(f.Notes, note("栏与栏之间用“%s”隔开。", visible(d.delimiter)))
	}
	if f.Encoding != "UTF-8" {
		f.Notes = append(f.Notes, note("文字编码是 %s。", f.Encoding))
	}
	said := &said{}
	f.tables = []Table{{said: said, cells: func(yield func([][]byte) error) error {
		r, err := src.open()
		if err != nil {
			return err
		}
		if !sure {
			r = &verified{r: r}
		}
		in := bound(decode(r, f.Encoding), opt.Limits.Record)
		line := lineReader{in: bufio.NewReaderSize(in, 64<<10)}
		var records reader = &csvReader{in: line, delimiter: []byte(string(d.delimiter)), limits: opt.Limits}
		if d.list {
			records = &lines{in: line}
		}
		return eachRecord(records, in, f.Encoding, opt, said, d.skip, yield)
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

// separation is how the cells of a record are told apart.
type separation struct {
	delimiter rune
	list      bool // one cell a line, or several between tabs; quotes are characters
	skip      bool // the first line says what the separator is, as Excel reads it: sep=;
}

func delimiterOf(format string, src source, enc string, opt Options) (d separation, err error) {
	if opt.Delimiter != "" {
		d.delimiter, err = oneRune(opt.Delimiter)
		return d, err
	}
	d.delimiter = '\t'
	r, err := src.open()
	if err != nil {
		return d, err
	}
	head, err := io.ReadAll(io.LimitReader(decode(r, enc), sniffBytes))
	if err != nil {
		return d, err
	}
	if end := bytes.LastIndexByte(head, '\n'); len(head) == sniffBytes && end >= 0 { // the last line may be cut
		head = head[:end]
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	if said, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte("\r")), []byte("sep=")); ok && format == "csv" && utf8.RuneCount(said) == 1 {
		d.delimiter, err = oneRune(string(said))
		d.skip = true
		return d, err
	}
	switch format {
	case "csv":
		d.delimiter = sniffed(head, ',', false)
	case "tsv":
		d.delimiter = sniffed(head, '\t', false)
	default:
		d.delimiter = sniffed(head, '\t', true)
		d.list = d.delimiter == '\t'
	}
	return d, nil
}

// How much of a file says what its separator is.
const (
	sniffBytes   = 64 << 10
	sniffRecords = 50
)

// sniffed is the separator that divides the first records into most equal
// numbers of cells; usual where none does. The signs that texts are full of
// must divide every record, and so must every sign where strict is true.
func sniffed(head []byte, usual rune, strict bool) rune {
	best, share, cells := usual, 0.0, 0
	try := func(d rune, least float64, fewest int) {
		if s, n := regular(head, d); s >= least && n >= fewest && (s > share || s == share && n > cells && best != usual) {
			best, share, cells = d, s, n
		}
	}
	least, fewest := 0.5, 2
	if strict {
		least = 1
	}
	for _, d := range []rune{usual, ',', '\t', ';', '|'} {
		try(d, least, fewest)
	}
	if share < 0.8 {
		for _, d := range []rune{'，', '；', '：', '^', '~', '｜', '¦'} {
			try(d, 1, 2)
		}
		try(' ', 1, 3)
	}
	return best
}

// regular is how large a share of the first records the separator divides into
// as many cells as most, and how many that are.
func regular(head []byte, delimiter rune) (share float64, cells int) {
	in := csvReader{in: lineReader{in: bufio.NewReader(bytes.NewReader(head))}, delimiter: []byte(string(delimiter)), limits: Limits{}.orDefault()}
	counts, all := map[int]int{}, 0
	for ; all < sniffRecords; all++ {
		row, _, _, err := in.read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // a quote where none may be: it stands between other signs, or it is cut
			if all < 3 {
				return 0, 0
			}
			break
		}
		counts[len(row)]++
	}
	for n, k := range counts {
		if k > counts[cells] || k == counts[cells] && n > cells {
			cells = n
		}
	}
	if all == 0 || cells < 2 {
		return 0, 0
	}
	return float64(counts[cells]) / float64(all), cells
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
func eachRecord(r reader, in *bounded, enc string, opt Options, said *said, skip bool, yield func([][]byte) error) error {
	looked := scrutiny{limits: opt.Limits, encoding: enc}
	doubtful := enc == "UTF-8-BOM" || enc == damaged
	_, list := r.(*lines)
	var first []record
	size, decided := 0, false
	s := &shaper[[]byte]{yield: yield, say: said.say}
	for {
		in.next()
		row, line, clean, err := r.read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if s.bad.Count > 0 { // what is wrong above is said first
				return s.bad.fault()
			}
			if decided || len(first) == 0 {
				return unreadable(err, line)
			}
			if err := errors.Join(s.decide(first, opt, said), s.bad.fault()); err != nil {
				return err
			}
			return unreadable(err, line)
		}
		if skip {
			skip = false
			continue
		}
		if !clean || doubtful || len(row) > opt.Limits.Columns {
			if err := look(&looked, row, line); err != nil {
				return err
			}
		}
		if decided {
			if err := s.row(line, row, clean || list); err != nil {
				return err
			}
			continue
		}
		kept := record{line: line, bare: clean || list}
		for _, cell := range row {
			kept.cells = append(kept.cells, append([]byte{}, cell...))
			size += len(cell)
		}
		if first = append(first, kept); len(first) < headSample && size < headBytes {
			continue
		}
		if err := s.decide(first, opt, said); err != nil {
			return err
		}
		decided = true
	}
	if !decided {
		if len(first) == 0 {
			return fault.New(fault.Invalid, "文件是空的。")
		}
		if err := s.decide(first, opt, said); err != nil {
			return err
		}
	}
	if err := s.end(); err != nil {
		return err
	}
	return looked.end()
}

// headBytes is how much of a table is held to find its head.
const headBytes = 256 << 10

// record is one of the first records of a table, which wait until it is known
// which of them names the columns.
type record struct {
	line  int
	cells [][]byte
	bare  bool
}

// decide finds the head among the first records and hands on those below it.
func (s *shaper[T]) decide(first []record, opt Options, said *said) error {
	var names []string
	below := first
	switch {
	case opt.NoHeader:
		names, said.none = firstNames(opt.Names, len(first[0].cells)), true
	default:
		texts := make([][]string, len(first))
		for i, r := range first {
			texts[i] = inStrings(r.cells)
		}
		h := findHead(texts, !opt.Header)
		if h.none {
			names, said.none = numbered(len(first[0].cells)), true
			said.say(note("第一行像数据，不像表头，所以各列叫作“列1”“列2”……"))
			break
		}
		if len(h.titles) > 0 {
			said.say(note("前 %d 行是标题，没有读作数据：%s", len(h.titles), clip([]byte(strings.Join(h.titles, " ")), 300)))
		}
		if h.depth > 1 {
			said.say(note("表头有 %d 行，合成了一行列名。", h.depth))
		}
		names, below = h.names, first[len(h.titles)+h.depth:]
		if err := twice(names); err != nil {
			return err
		}
	}
	if err := s.begin(names); err != nil {
		return err
	}
	for _, r := range below {
		row := make([]T, len(r.cells))
		for i, cell := range r.cells {
			row[i] = T(cell)
		}
		if err := s.row(r.line, row, r.bare); err != nil {
			return err
		}
	}
	return nil
}

func inStrings[T string | []byte](row []T) []string {
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
