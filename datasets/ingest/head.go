package ingest

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"shuyuan/internal/fault"
)

// head is where the names of a table's columns stand: below the lines that are
// its title, in one line or in two, of which the first spans columns; or nowhere.
type head struct {
	titles []string
	depth  int
	names  []string // of every cell of a record; some may be empty
	none   bool     // the first line is data
}

// headSample is how many records a head is looked for in.
const headSample = 60

// findHead looks for the head in the first records of a table. Where guess is
// false, the first line is the head or below a title, however it looks.
func findHead(first [][]string, guess bool) head {
	width := 0
	for _, row := range first {
		width = max(width, reach(row))
	}
	at := titles(first, width)
	h := head{depth: 1, names: cleanNames(first[at])}
	for _, row := range first[:at] {
		h.titles = append(h.titles, strings.Join(slices.DeleteFunc(cleanNames(row), func(s string) bool { return s == "" }), " "))
	}
	if at+2 < len(first) && spans(first[at], first[at+1], width) {
		h.depth, h.names = 2, combined(first[at], first[at+1])
	}
	if guess && at == 0 && h.depth == 1 && looksLikeData(first[0], first[1:]) {
		h.none = true
	}
	return h
}

// reach is how many cells a row has without the empty ones at its end.
func reach(row []string) int {
	n := len(row)
	for n > 0 && strings.TrimSpace(row[n-1]) == "" {
		n--
	}
	return n
}

func filled(row []string) (n int) {
	for _, cell := range row {
		if strings.TrimSpace(cell) != "" {
			n++
		}
	}
	return n
}

// caption is what stands above a table beside its title: 单位：万人.
var caption = regexp.MustCompile(`^\s*(计量单位|单位|填报\S{0,4}|制表\S{0,4}|报送\S{0,4}|编制\S{0,4}|统计\S{0,4}|截止\S{0,4}|截至\S{0,4}|日期|时间|数据来源|来源|表号|附件\d*|附表\d*)\s*[:：]`)

// titles is how many lines of title stand above the head: lines of one text, or
// of captions, above one that names columns.
func titles(first [][]string, width int) int {
	n := 0
	for ; n < len(first)-1 && n < headRows; n++ {
		cells := filled(first[n])
		said := captions(first[n])
		alone := cells == 1 && strings.TrimSpace(first[n][0]) != "" && (width > 2 || utf8.RuneCountInString(first[n][0]) > 5)
		if width < 2 || !alone && (said == 0 || said < cells && cells*2 > max(width, 2)) {
			break
		}
	}
	if n == 0 || !couldName(first[n]) || filled(first[n])*2 < width {
		return 0
	}
	return n
}

func captions(row []string) (n int) {
	for _, cell := range row {
		if caption.MatchString(cell) {
			n++
		}
	}
	return n
}

// couldName reports whether a line may be a head: several texts and no values.
func couldName(row []string) bool {
	for _, cell := range row {
		if isValue([]byte(cell)) && !isYear(cell) {
			return false
		}
	}
	return filled(row) > 1
}

func isValue(cell []byte) bool {
	_, number := numberOf(cell)
	if number {
		return true
	}
	_, day := date(cell)
	_, moment := dateTime(cell)
	return day || moment
}

func isYear(s string) bool {
	s = strings.TrimSpace(s)
	return len(s) == 4 && (strings.HasPrefix(s, "19") || strings.HasPrefix(s, "20")) && strings.Trim(s, "0123456789") == ""
}

// spans reports whether the line upper has names that span columns which lower
// tells apart: some cell is empty above and not below, some the other way round.
func spans(upper, lower []string, width int) bool {
	if !couldName(upper) || !couldName(lower) {
		return false
	}
	across, down := 0, 0
	for i := range width {
		above, below := at(upper, i) != "", at(lower, i) != ""
		switch {
		case !above && !below, i == 0 && !above:
			return false
		case !above:
			across++
		case !below:
			down++
		}
	}
	return across > 0 && down > 0
}

func at(row []string, i int) string {
	if i >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[i])
}

func combined(upper, lower []string) []string {
	names := make([]string, max(len(upper), len(lower)))
	above := ""
	for i := range names {
		if own := cleanName(at(upper, i)); own != "" {
			above = own
		}
		if names[i] = above; at(lower, i) != "" {
			names[i] += "-" + cleanName(at(lower, i))
		}
	}
	return names
}

// looksLikeData reports whether the first line is of the same kind as those
// below it: a value over values, or texts that come again, and no text over
// values.
func looksLikeData(row []string, below [][]string) bool {
	if len(below) < 3 || ordinals(row) {
		return false
	}
	values, again, texts := 0, 0, 0
	for i, cell := range row {
		cell = strings.TrimSpace(cell)
		if cell == "" || missing([]byte(cell)) {
			continue
		}
		all, kin, same := 0, 0, 0
		for _, other := range below {
			text := at(other, i)
			if text == "" || missing([]byte(text)) {
				continue
			}
			all++
			if isValue([]byte(text)) {
				kin++
			}
			if text == cell {
				same++
			}
		}
		switch isValue([]byte(cell)) {
		case true:
			if all >= 3 && kin*5 >= all*4 {
				values++
			}
		case false:
			if all > 0 && kin*5 >= all*4 {
				return false // a name over values
			}
			if texts++; same > 0 && (len(row) > 1 || same > 1) || len(row) == 1 && !strings.ContainsFunc(cell, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
				again++
			}
		}
	}
	repeated := slices.ContainsFunc(below, func(other []string) bool { return slices.Equal(row, other) })
	return values > 0 || again > 0 && again*3 >= texts*2 && (!repeated || len(row) == 1)
}

// ordinals reports whether all numbers of a line are years, or one after
// another: such names many tables have.
func ordinals(row []string) bool {
	last, n, years := int64(0), 0, true
	for _, cell := range row {
		v, ok := digitsOnly([]byte(strings.TrimSpace(cell)))
		if !ok {
			if isValue([]byte(cell)) {
				return false
			}
			continue
		}
		if n > 0 && v != last+1 {
			return years && isYear(cell) && allYears(row)
		}
		years = years && isYear(cell)
		last = v
		n++
	}
	return n > 2 || n > 0 && years
}

func allYears(row []string) bool {
	return !slices.ContainsFunc(row, func(cell string) bool { return isValue([]byte(cell)) && !isYear(cell) })
}

func cleanNames(row []string) []string {
	out := make([]string, len(row))
	for i, cell := range row {
		out[i] = cleanName(cell)
	}
	return out
}

// cleanName is the name of a column on one line: marks that nobody sees are
// left out, and so are blanks at the ends and where a cell was broken between
// two Chinese characters.
func cleanName(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return unseenMark(r) || unicode.IsSpace(r) }) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if unseenMark(r) {
			return -1
		}
		return r
	}, s)
	var b strings.Builder
	for line := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.Join(strings.Fields(line), " ")
		before, _ := utf8.DecodeLastRuneInString(b.String())
		after, _ := utf8.DecodeRuneInString(line)
		if b.Len() > 0 && line != "" && before < 0x80 && after < 0x80 && after != '(' && before != '-' {
			b.WriteByte(' ')
		}
		b.WriteString(line)
	}
	return b.String()
}

// unseenMark reports whether r is a mark that nobody sees: a byte order mark, a
// blank of no width.
func unseenMark(r rune) bool { return r == '\uFEFF' || r == '\u200B' || r == '\u2060' }

// shaper hands on the rows of a table: each has as many cells as there are
// names; columns that have neither name nor value are left out, and so are, at
// the end of the table, empty rows and lines that are notes on it. That is told.
type shaper[T string | []byte] struct {
	width  int   // of a record
	short  bool  // records may have fewer cells
	blank  []int // columns without a name
	yield  func([]T) error
	say    func(Note)
	rows   int
	held   []heldRow[T]
	kept   []T
	padded []T
	bad    BadRows
}

type heldRow[T string | []byte] struct {
	line  int
	cells []T
	note  string // empty: an empty row
}

// mostHeld is how many rows at the end of a table may be empty or notes.
const mostHeld = 1000

// remark is what a note on a table begins with.
var remark = regexp.MustCompile(`(?i)^[\s*＊※（(【\[]*(附?注|备\s*注|说\s*明|数据来源|资料来源|来源|填\s*表\s*人|制\s*表\s*人|制表单位|制表时间|制表日期|填报人|填报单位|填报日期|审核人|审\s*核|复核人|负责人|单位负责人|联系人|联系电话|note|notes|source|remark)\s*[\d一二三四五六七八九十]{0,2}\s*[】\])）]?\s*[:：、.．]`)

// begin yields the names; those that are empty must have no values.
func (s *shaper[T]) begin(names []string) error {
	s.width, s.bad.Width = len(names), len(names)
	var kept []T
	for i, name := range names {
		if name == "" {
			s.blank = append(s.blank, i)
			continue
		}
		kept = append(kept, T(name))
	}
	if len(kept) == 0 {
		return fault.New(fault.Invalid, "列名那一行是空的：没有一列有名字。")
	}
	if len(s.blank) > 0 {
		s.say(note("有 %d 列既没有列名也没有值，没有读作数据。", len(s.blank)))
	}
	return s.yield(kept)
}

// row takes a record; bare says that none of its cells was in quotes.
func (s *shaper[T]) row(line int, row []T, bare bool) error {
	n := len(row)
	if n == s.width && len(s.held) == 0 && (n < 2 || len(row[1]) > 0 || len(row[n-1]) > 0) {
		return s.give(row)
	}
	if text, aside := s.aside(row, bare); aside && len(s.held) < mostHeld {
		h := heldRow[T]{line: line, cells: make([]T, n), note: text}
		for i, cell := range row {
			h.cells[i] = T(string(cell))
		}
		s.held = append(s.held, h)
		return nil
	}
	if err := s.release(); err != nil {
		return err
	}
	return s.fit(line, row)
}

// aside reports whether a row may be none of the data, if it stands at the end:
// it is empty, or one text that is a note.
func (s *shaper[T]) aside(row []T, bare bool) (text string, ok bool) {
	if s.width < 2 || s.rows == 0 || len(row) > s.width {
		return "", false
	}
	found := 0
	for _, cell := range row {
		if len(cell) == 0 {
			continue
		}
		if found++; found > 1 {
			return "", false
		}
		text = string(cell)
	}
	if found == 0 {
		return "", bare && len(row) == s.width
	}
	return text, remark.MatchString(text)
}

// release hands on the rows that were held back: what follows shows that they
// are data.
func (s *shaper[T]) release() error {
	held := s.held
	s.held = nil
	for _, h := range held {
		if err := s.fit(h.line, h.cells); err != nil {
			return err
		}
	}
	return nil
}

// fit keeps a row for the refusal that has not as many cells as there are
// columns: see end.
func (s *shaper[T]) fit(line int, row []T) error {
	if len(row) < s.width && s.short {
		s.padded = append(s.padded[:0], row...)
		for len(s.padded) < s.width {
			var none T
			s.padded = append(s.padded, none)
		}
		row = s.padded
	}
	if len(row) != s.width {
		keepBad(&s.bad, line, row)
		return nil
	}
	return s.give(row)
}

func (s *shaper[T]) give(row []T) error {
	s.rows++
	if len(s.blank) == 0 {
		return s.yield(row)
	}
	s.kept = s.kept[:0]
	next := 0
	for i, cell := range row {
		if next < len(s.blank) && s.blank[next] == i {
			if next++; len(cell) > 0 {
				return fault.New(fault.Invalid, "第 %d 列没有列名。", i+1)
			}
			continue
		}
		s.kept = append(s.kept, cell)
	}
	return s.yield(s.kept)
}

// end tells what was left out at the end. It refuses a table of which rows have
// not as many cells as there are columns.
func (s *shaper[T]) end() error {
	if err := s.bad.fault(); err != nil {
		return err
	}
	empty, notes := 0, []string(nil)
	for _, h := range s.held {
		if h.note == "" {
			empty++
			continue
		}
		notes = append(notes, strings.TrimSpace(h.note))
	}
	if empty > 0 {
		s.say(note("末尾有 %d 行是空的，没有读作数据。", empty))
	}
	if len(notes) > 0 {
		s.say(note("末尾有 %d 行是说明，没有读作数据：%s", len(notes), clip([]byte(strings.Join(notes, " ")), 600)))
	}
	return nil
}
