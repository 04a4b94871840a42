package catalogue

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
)

// Bulk is a sheet that somebody filled in, as it came: a workbook, or CSV of
// entries, of data items or of both.
type Bulk struct {
	Declaration Declaration
	Entries     BulkFile // a workbook, or CSV of entries
	Items       BulkFile // CSV of data items
}

// BulkFile is a file as it came. One without bytes did not come.
type BulkFile struct {
	Name string
	Body []byte
}

// ImportedFile is what is kept of a file: never its bytes.
type ImportedFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // hexadecimal
	Bytes  int    `json:"bytes"`
}

// What may come at once.
const (
	MostBulkBytes = 640 << 10 // in all
	MostBulkRows  = 2000      // entries
)

// RowFault is what is wrong with one place of a sheet.
type RowFault struct {
	Sheet    string
	Line     int    // 0: the whole sheet
	Column   string // its head; empty: the whole row
	Sentence string // Chinese, a fmt format if Args are given
	Args     []any
	Source
}

// filled is a sheet with its columns known.
type filled struct {
	name    string
	columns []Column
	rows    []filledRow
}

type filledRow struct {
	line  int
	cells map[string]string // by the keys of columns
	wrong []RowFault
	blank bool
}

func (f *filled) at(line int, key, sentence string, args ...any) RowFault {
	head := ""
	if i := slices.IndexFunc(f.columns, func(c Column) bool { return c.Key == key }); i >= 0 {
		head = f.columns[i].Head
	}
	return RowFault{Sheet: f.name, Line: line, Column: head, Sentence: sentence, Args: args}
}

// raw is a sheet as a reader gives it.
type raw struct {
	name string
	rows []rawRow
}

type rawRow struct {
	line     int
	cells    []string
	formulas []int
}

// kept is what is kept of the files.
func (in Bulk) kept() []ImportedFile {
	var out []ImportedFile
	for _, f := range []BulkFile{in.Entries, in.Items} {
		if len(f.Body) > 0 {
			sum := sha256.Sum256(f.Body)
			name := []rune(strings.Map(func(r rune) rune {
				if r < ' ' || r == 0x7F || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
					return -1
				}
				return r
			}, strings.ToValidUTF8(f.Name, "")))
			out = append(out, ImportedFile{Name: string(name[:min(len(name), 120)]), SHA256: hex.EncodeToString(sum[:]), Bytes: len(f.Body)})
		}
	}
	return out
}

// read reads the files in a limited child. Either sheet may be nil.
func (s *Service) read(ctx context.Context, in Bulk) (entries, items *raw, err error) {
	switch {
	case len(in.Entries.Body)+len(in.Items.Body) == 0:
		return nil, nil, fault.At("file", "请选一个文件。")
	case len(in.Entries.Body)+len(in.Items.Body) > MostBulkBytes:
		return nil, nil, fault.At("file", "文件太大，最多 %d KB；请分几次导入。", MostBulkBytes>>10)
	}
	if body := in.Entries.Body; bytes.HasPrefix(body, []byte("PK")) || bytes.HasPrefix(body, []byte("\xD0\xCF\x11\xE0")) {
		if len(in.Items.Body) > 0 {
			return nil, nil, fault.At("items", "工作簿里已有数据项一表，不要再另传。")
		}
		return s.readWorkbook(ctx, body)
	}
	if entries, err = s.readCSV(ctx, "file", EntrySheet, in.Entries.Body); err != nil {
		return nil, nil, err
	}
	items, err = s.readCSV(ctx, "items", ItemSheet, in.Items.Body)
	return entries, items, err
}

// atFile puts what a reader says at the field of the file.
func atFile(field string, err error) error {
	f := fault.Of(err)
	if f.Kind != fault.Invalid && f.Kind != fault.TooLarge {
		return err
	}
	return (&fault.Fault{Kind: fault.Invalid, Sentence: f.Sentence, Args: f.Args, Field: field}).Because(err)
}

func (s *Service) readCSV(ctx context.Context, field, name string, body []byte) (*raw, error) {
	if len(body) == 0 {
		return nil, nil
	}
	if bytes.HasPrefix(body, []byte("PK")) {
		return nil, fault.At(field, "这里要 CSV 文件；工作簿请选在上面。")
	}
	records, err := s.entries.Records(ctx, body)
	if err != nil {
		return nil, atFile(field, err)
	}
	out := &raw{name: name}
	for i, cells := range records {
		out.rows = append(out.rows, rawRow{line: i + 1, cells: cells})
	}
	return out, nil
}

func (s *Service) readWorkbook(ctx context.Context, body []byte) (entries, items *raw, err error) {
	sheets, err := s.entries.Sheets(ctx, body)
	if err != nil {
		return nil, nil, atFile("file", err)
	}
	for _, sheet := range sheets {
		to := &raw{name: sheet.Name}
		for _, r := range sheet.Rows {
			to.rows = append(to.rows, rawRow{line: r.Line, cells: r.Cells, formulas: r.Formulas})
		}
		switch {
		case sheet.Name == HelpSheet || len(sheet.Rows) == 0:
		case sheet.Name == ItemSheet && items == nil:
			items = to
		case sheet.Name == EntrySheet && entries == nil, len(sheets) == 1:
			entries = to
		default:
			return nil, nil, fault.At("file", "不认识工作表“%s”：只读“%s”和“%s”两张。", short(sheet.Name), EntrySheet, ItemSheet)
		}
	}
	if entries == nil && items == nil {
		return nil, nil, fault.At("file", "文件里没有可导入的行：第一行是栏名，下面一行一个。")
	}
	return entries, items, nil
}

// headed finds out which column is which. What nobody knows is not passed over:
// it may be a name that was mistyped.
func headed(in *raw, columns []Column, keyOf func(string) string) (*filled, []RowFault) {
	out := &filled{name: in.name, columns: columns}
	if len(in.rows) == 0 {
		return out, nil
	}
	head := in.rows[0]
	var wrong []RowFault
	say := func(column, sentence string, args ...any) {
		wrong = append(wrong, RowFault{Sheet: in.name, Line: head.line, Column: column, Sentence: sentence, Args: args})
	}
	if len(head.formulas) > 0 {
		say("", "栏名里有公式。")
	}
	keys := make([]string, len(head.cells))
	for i, cell := range head.cells {
		cell = strings.TrimSpace(datasets.Bare(cell))
		key := keyOf(cell)
		switch {
		case cell == "":
		case key == "":
			say(short(cell), "不认识这一栏。栏名见模板，多出来的栏请删掉。")
		case slices.Contains(keys, key):
			say(short(cell), "这一栏写了两次。")
		default:
			keys[i] = key
		}
	}
	if len(wrong) > 0 {
		return out, wrong
	}
	for _, r := range in.rows[1:] {
		out.rows = append(out.rows, out.row(r, keys))
	}
	return out, nil
}

func (f *filled) row(r rawRow, keys []string) filledRow {
	row := filledRow{line: r.line, cells: map[string]string{}, blank: true}
	for _, key := range keys {
		if key != "" {
			row.cells[key] = ""
		}
	}
	for i, cell := range r.cells {
		said := strings.TrimSpace(cell)
		if said != "" {
			row.blank = false
		}
		switch {
		case i >= len(keys) || keys[i] == "":
			if said != "" {
				row.wrong = append(row.wrong, f.at(r.line, "", "这一行在没有栏名的地方写了东西：%s", short(said)))
			}
			continue
		case slices.Contains(r.formulas, i+1):
			row.wrong = append(row.wrong, f.at(r.line, keys[i], "这一格是公式，请复制后只粘贴值。"))
			delete(row.cells, keys[i])
			continue
		case runs(said):
			row.wrong = append(row.wrong, f.at(r.line, keys[i], "这一格会被表格软件当成公式运行，请改写；原文就是这样的，在前面加一个英文单引号。"))
			delete(row.cells, keys[i])
			continue
		}
		row.cells[keys[i]] = datasets.Bare(said)
	}
	return row
}

// runs reports whether a text is a formula beyond doubt: a number of a telephone
// and a list with dashes begin like one, too.
func runs(s string) bool {
	if !datasets.Armed(s) || strings.HasPrefix(s, "'") {
		return false
	}
	first := []rune(s)[0]
	return strings.ContainsRune("=@＝＠", first) || strings.Contains(s, "|") && strings.Contains(s, "!") || strings.Contains(s, "(") && strings.ContainsRune("+-", first)
}

// entryKey is the key of a column by any of its names: that of this text, our
// own, the key, or what another text calls it.
func entryKey(columns []Column, r Rules) func(string) string {
	return func(head string) string {
		for _, c := range columns {
			if head == c.Head || strings.EqualFold(head, c.Key) {
				return c.Key
			}
		}
		for _, f := range Fields {
			if f.Kind != Shown && f.Kind != Items && (head == f.Label || slices.Contains(r.NamesOf(f), head)) {
				return f.Key
			}
		}
		for _, t := range Terms {
			if f, ok := FieldOf(t.Keys[0]); t.Name == head && len(t.Keys) == 1 && ok && f.Kind != Shown && f.Kind != Items {
				return f.Key
			}
		}
		return ""
	}
}

func itemKey(columns []Column) func(string) string {
	return func(head string) string {
		for _, c := range columns {
			if head == c.Head || strings.EqualFold(head, c.Key) {
				return c.Key
			}
		}
		return ""
	}
}
