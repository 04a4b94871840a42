package ingest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"golang.org/x/sys/unix"

	"shuyuan/internal/fault"
	"shuyuan/internal/sandbox"
)

// Method is what is done to a column so that its cells name nobody.
type Method string

// The methods.
const (
	Keep       Method = "keep"  // as it is
	Drop       Method = "drop"  // the column is left out
	Mask       Method = "mask"  // some characters at both ends stay
	Band       Method = "band"  // a number becomes the band that it lies in
	CoarseDate Method = "date"  // a day becomes its year, quarter or month
	Place      Method = "place" // an address or a division code becomes a division above it
	Hash       Method = "hash"  // the same cell gets the same code, by a key that nobody keeps
)

// Methods are all of them, what tells most first.
func Methods() []Method { return []Method{Keep, Drop, Mask, Band, CoarseDate, Place, Hash} }

// DateLevels and PlaceLevels are how coarse a day and a place can become.
var (
	DateLevels  = []string{"month", "quarter", "year"}
	PlaceLevels = []string{"county", "city", "province"}
)

// Treatment is what is done to one column.
type Treatment struct {
	Method Method `json:"method"`
	First  int    `json:"first,omitempty"` // characters that Mask leaves at the beginning
	Last   int    `json:"last,omitempty"`  // and at the end
	Width  int64  `json:"width,omitempty"` // of a Band
	Level  string `json:"level,omitempty"` // of CoarseDate and Place
	Quasi  bool   `json:"quasi,omitempty"` // with the others it may name a person
}

// Recipe is how a table is made to name nobody: one treatment a column, in the
// order of the table.
type Recipe struct {
	Columns []Treatment `json:"columns"`
	Least   int64       `json:"least,omitempty"` // rows of a group; smaller groups are left out; 0: none is
}

// Deidentified is what came of it. A group is the rows that are alike in every
// column that may help to name a person.
type Deidentified struct {
	Rows       int64           // of the table
	Suppressed int64           // left out, since their group was too small
	Before     int64           // rows of the smallest group of the table as it was; 0: no column was chosen
	Treated    int64           // of the smallest group of what was treated
	After      int64           // of the smallest group that is left
	Columns    []TreatedColumn // of every column of the table
	Preview    [][]string      // the first rows of what is left
	Bytes      int64           // of the file
}

// TreatedColumn is how many cells a treatment changed, and how many it could
// only empty: a text that is no number has no band.
type TreatedColumn struct {
	Name    string
	Changed int64
	Emptied int64
}

// deidentified is the name of the file that the child leaves.
const deidentified = "deidentified.csv"

// mostGroups bounds what the child remembers of them.
const mostGroups = 4_000_000

// previewDeidentified is how many rows of the outcome are shown.
const previewDeidentified = 20

type deidentifyOrder struct {
	Recipe Recipe
	Key    []byte
}

// Check returns fault.Invalid at columns where the recipe cannot be followed
// with a table of these columns.
func (r Recipe) Check(columns []Column) error {
	if len(r.Columns) != len(columns) {
		return fault.At("columns", "脱敏的列和表的列对不上，请重新打开。")
	}
	kept := 0
	for i, t := range r.Columns {
		c := columns[i]
		if t.Method != Drop {
			kept++
		}
		switch {
		case t.Method == Keep, t.Method == Drop, t.Method == Hash:
		case t.Method == Mask && (t.First < 0 || t.Last < 0 || t.First > 100 || t.Last > 100):
			return fault.At("columns", "“%s”：遮盖时头尾各留 0 到 100 个字。", c.Name)
		case t.Method == Mask:
		case t.Method == Band && c.Type != Integer && c.Type != Decimal:
			return fault.At("columns", "“%s”不是数字，不能分段。", c.Name)
		case t.Method == Band && (t.Width < 1 || t.Width > 1e12):
			return fault.At("columns", "“%s”：每段的宽度要是正整数。", c.Name)
		case t.Method == Band:
		case t.Method == CoarseDate && c.Type != Date && c.Type != DateTime && c.Type != YearMonth:
			return fault.At("columns", "“%s”不是日期，不能只留年月。", c.Name)
		case t.Method == CoarseDate && !contains(DateLevels, t.Level), t.Method == Place && !contains(PlaceLevels, t.Level):
			return fault.At("columns", "“%s”：请选择留到哪一级。", c.Name)
		case t.Method == CoarseDate, t.Method == Place:
		default:
			return fault.At("columns", "“%s”：没有这种脱敏方法。", c.Name)
		}
	}
	switch {
	case kept == 0:
		return fault.At("columns", "所有列都去掉了，没有剩下什么。")
	case r.Least < 0 || r.Least > 1_000_000:
		return fault.At("least", "最小的组要是正整数。")
	case r.Least > 0 && !r.quasi():
		return fault.At("least", "要去掉小组，先勾选哪些列合起来可能认出人。")
	}
	return nil
}

func (r Recipe) quasi() bool {
	for _, t := range r.Columns {
		if t.Quasi && t.Method != Drop {
			return true
		}
	}
	return false
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

// Deidentify treats a table that Run made by a recipe, in a limited child, which
// leaves a CSV file in dir (OpenDeidentified). key is that of Hash: whoever calls
// makes it anew each time and keeps it nowhere. It returns fault.Invalid where
// nothing would be left, and fault.TooLarge where there are too many groups.
func Deidentify(ctx context.Context, table *os.File, recipe Recipe, key []byte, dir string) (*Deidentified, error) {
	told, err := json.Marshal(order{Deidentify: &deidentifyOrder{recipe, key}})
	if err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	var out bytes.Buffer
	child, err := sandbox.Start(ctx, sandbox.Spec{
		Job: JobName, Write: []string{dir}, Files: []*os.File{table}, Stdin: bytes.NewReader(told), Stdout: &limited{w: &out, left: mostReport},
		Memory: childMemory, CPU: 2 * childTime, Time: childTime, FileSize: childDisk, Nice: childNice,
	})
	if err != nil {
		return nil, fault.New(fault.Unavailable, "现在不能读取文件，请稍后再试。").Because(err)
	}
	if err := child.Wait(); err != nil {
		return nil, rejected(ctx, err)
	}
	var f frame
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		return nil, rejected(ctx, err)
	}
	switch {
	case f.Refused != nil && (f.Refused.Kind == fault.Invalid || f.Refused.Kind == fault.TooLarge):
		return nil, fault.New(f.Refused.Kind, f.Refused.Why.Sentence, f.Refused.Why.Args...)
	case f.Made == nil || !f.Made.plausible(recipe):
		return nil, rejected(ctx, errors.New("the child said nothing that could be"))
	}
	return f.Made, nil
}

// plausible refuses what no child of ours says: the table may have been made by
// one that an evil file had taken over.
func (d *Deidentified) plausible(r Recipe) bool {
	kept := 0
	for _, t := range r.Columns {
		if t.Method != Drop {
			kept++
		}
	}
	if d.Rows < 1 || d.Suppressed < 0 || d.Suppressed >= d.Rows || d.Before < 0 || d.Treated < 0 || d.After < 0 || d.After < r.Least ||
		len(d.Columns) != len(r.Columns) || len(d.Preview) > previewDeidentified {
		return false
	}
	for _, row := range d.Preview {
		if len(row) != kept {
			return false
		}
		for _, cell := range row {
			if len(cell) > previewCell || !keepable(cell) {
				return false
			}
		}
	}
	for _, c := range d.Columns {
		if !keepable(c.Name) || c.Changed < 0 || c.Emptied < 0 || c.Changed > d.Rows || c.Emptied > d.Rows {
			return false
		}
	}
	return true
}

// OpenDeidentified opens the file that Deidentify left in dir: a plain file and
// no link to another.
func OpenDeidentified(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, deidentified), os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, fmt.Errorf("ingest: %s is no plain file", deidentified)
	}
	return f, nil
}

// deidentify is what the child does.
func (o deidentifyOrder) deidentify(w io.Writer, file *os.File, dir string) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	table, err := openStored(file, info.Size())
	if err != nil {
		return err
	}
	made, err := o.run(table, filepath.Join(dir, deidentified))
	var said frame
	if err != nil {
		f := fault.Of(err)
		if f.Kind == fault.Internal {
			return err
		}
		said.Refused = &refusal{Kind: f.Kind, Why: note(f.Sentence, f.Args...)}
	}
	said.Made = made
	return json.NewEncoder(w).Encode(said)
}

func (o deidentifyOrder) run(table *stored, path string) (*Deidentified, error) {
	if err := o.Recipe.Check(table.columns); err != nil {
		return nil, err
	}
	t := &treating{recipe: o.Recipe, key: o.Key, columns: table.columns, quasi: o.Recipe.quasi(), before: groups{}, after: groups{}, made: &Deidentified{}}
	for _, c := range table.columns {
		t.made.Columns = append(t.made.Columns, TreatedColumn{Name: c.Name})
	}
	if t.quasi {
		if err := table.values(t.count); err != nil {
			return nil, err
		}
		t.made.Before, t.made.Treated = t.before.smallest(0), t.after.smallest(0)
		t.made.After = t.after.smallest(o.Recipe.Least)
	}
	for i := range t.made.Columns { // counted once more, of every row
		t.made.Columns[i].Changed, t.made.Columns[i].Emptied = 0, 0
	}
	return t.made, t.write(table, path)
}

// treating is a table on its way to name nobody.
type treating struct {
	recipe        Recipe
	key           []byte
	columns       []Column
	quasi         bool
	before, after groups
	made          *Deidentified
	out           [][]byte
}

// count is the first look at a row: in which group it is.
func (t *treating) count(cells [][]byte, values []parquet.Value) error {
	if err := t.before.add(t.group(cells)); err != nil {
		return err
	}
	return t.after.add(t.group(t.treat(cells, values)))
}

// write is the second look: it writes the rows that may stay.
func (t *treating) write(table *stored, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	buffered := bufio.NewWriterSize(file, 256<<10)
	out := csv.NewWriter(buffered)
	record := make([]string, 0, len(t.columns))
	for i, c := range t.columns {
		if t.recipe.Columns[i].Method != Drop {
			record = append(record, c.Name)
		}
	}
	if err := out.Write(record); err != nil {
		return err
	}
	err = table.values(func(cells [][]byte, values []parquet.Value) error {
		t.made.Rows++
		treated := t.treat(cells, values)
		if t.quasi && t.after[t.group(treated)] < t.recipe.Least {
			t.made.Suppressed++
			return nil
		}
		record = record[:0]
		for i, cell := range treated {
			if t.recipe.Columns[i].Method != Drop {
				record = append(record, string(cell))
			}
		}
		t.show(record)
		if len(record) == 1 && record[0] == "" { // else it would be no line at all
			out.Flush()
			_, err := buffered.WriteString("\"\"\n")
			return err
		}
		return out.Write(record)
	})
	if err != nil {
		return err
	}
	if t.made.Suppressed == t.made.Rows {
		return fault.New(fault.Invalid, "这样脱敏没有一行能留下：每一组都小于 %d 行。请把列分得更粗，或者去掉列。", t.recipe.Least)
	}
	out.Flush()
	if err := errors.Join(out.Error(), buffered.Flush()); err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil {
		t.made.Bytes = info.Size()
	}
	return err
}

func (t *treating) show(record []string) {
	if len(t.made.Preview) >= previewDeidentified {
		return
	}
	row := make([]string, len(record))
	for i, cell := range record {
		for len(cell) > previewCell {
			cell = strings.ToValidUTF8(cell[:previewCell], "")
		}
		row[i] = cell
	}
	t.made.Preview = append(t.made.Preview, row)
}

// treat is a row after its treatment. The slice is reused.
func (t *treating) treat(cells [][]byte, values []parquet.Value) [][]byte {
	if t.out == nil {
		t.out = make([][]byte, len(cells))
	}
	for i, cell := range cells {
		t.out[i] = cell
		if len(cell) == 0 || t.recipe.Columns[i].Method == Keep || t.recipe.Columns[i].Method == Drop {
			continue
		}
		text, ok := t.recipe.Columns[i].apply(t.columns[i], cell, values[i], t.key)
		if !ok {
			t.out[i] = nil
			t.made.Columns[i].Emptied++
			continue
		}
		if t.out[i] = []byte(text); text != string(cell) {
			t.made.Columns[i].Changed++
		}
	}
	return t.out
}

// group names the group of a row.
func (t *treating) group(cells [][]byte) (g [16]byte) {
	h := sha256.New()
	var n [8]byte
	for i, cell := range cells {
		if t.recipe.Columns[i].Quasi && t.recipe.Columns[i].Method != Drop {
			binary.LittleEndian.PutUint64(n[:], uint64(len(cell)))
			h.Write(n[:])
			h.Write(cell)
		}
	}
	copy(g[:], h.Sum(nil))
	return g
}

// groups are how many rows each has.
type groups map[[16]byte]int64

func (g groups) add(key [16]byte) error {
	if g[key]++; len(g) > mostGroups {
		return fault.New(fault.TooLarge, "选的列把表分成了 %d 多组，数不过来。请少选几列，或者把列分得更粗。", int64(mostGroups))
	}
	return nil
}

// smallest is how many rows the smallest group has that has at least so many.
func (g groups) smallest(least int64) int64 {
	out := int64(math.MaxInt64)
	for _, n := range g {
		if n >= least {
			out = min(out, n)
		}
	}
	if out == math.MaxInt64 {
		return 0
	}
	return out
}

// apply is a cell after its treatment; ok is false where the treatment cannot
// read it, so that only an empty cell is sure to say nothing.
func (t Treatment) apply(c Column, cell []byte, v parquet.Value, key []byte) (text string, ok bool) {
	switch t.Method {
	case Mask:
		return masked(string(cell), t.First, t.Last), true
	case Hash:
		mac := hmac.New(sha256.New, key)
		mac.Write(bytes.TrimSpace(cell))
		return hex.EncodeToString(mac.Sum(nil)[:8]), true
	case Band:
		return band(c, v, t.Width)
	case CoarseDate:
		return coarse(c, v, t.Level)
	case Place:
		return placeAbove(strings.TrimSpace(string(cell)), t.Level)
	case Keep, Drop:
	}
	return string(cell), true
}

// masked leaves first and last characters. How many lie between is not told, and
// of a text that is no longer than what would stay, nothing stays.
func masked(s string, first, last int) string {
	runes := []rune(s)
	if len(runes) <= first+last {
		return "***"
	}
	return string(runes[:first]) + "***" + string(runes[len(runes)-last:])
}

// band is 20~29 of whole numbers, and 20≤x<30 of others.
func band(c Column, v parquet.Value, width int64) (string, bool) {
	if v.IsNull() {
		return "", false
	}
	if c.Type == Integer {
		from := floorDiv(v.Int64(), width) * width
		return strconv.FormatInt(from, 10) + "~" + strconv.FormatInt(from+width-1, 10), true
	}
	x := 0.0
	if v.Kind() == parquet.Double {
		x = v.Double()
	} else {
		x = float64(v.Int64()) / math.Pow10(c.Form.Scale)
	}
	from := math.Floor(x/float64(width)) * float64(width)
	if math.IsNaN(from) || math.Abs(from) > 1e15 {
		return "", false
	}
	return strconv.FormatFloat(from, 'f', -1, 64) + "≤x<" + strconv.FormatFloat(from+float64(width), 'f', -1, 64), true
}

func coarse(c Column, v parquet.Value, level string) (string, bool) {
	if v.IsNull() {
		return "", false
	}
	var year, month int
	switch c.Type {
	case Date:
		year, month, _ = civil(v.Int32())
	case DateTime:
		year, month, _ = civil(int32(floorDiv(v.Int64(), dayMicros))) //nolint:gosec // of years of four digits
	case YearMonth:
		w, ok := yearMonth(v.ByteArray())
		if !ok {
			return "", false
		}
		year, month = w.year, w.month
	case Text, Integer, Decimal, Boolean, Point, Geometry, Array, Object:
		return "", false
	}
	switch level {
	case "year":
		return fmt.Sprintf("%04d", year), true
	case "quarter":
		return fmt.Sprintf("%04d-Q%d", year, (month+2)/3), true
	}
	return fmt.Sprintf("%04d-%02d", year, month), true
}

// placeAbove is the division that a place lies in: of a code by GB/T 2260 (also
// the longer codes and the identity numbers that begin with one) its digits, of
// an address in words its beginning.
func placeAbove(s, level string) (string, bool) {
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if digits >= 6 && (digits == len(s) || digits == 17 && len(s) == 18) {
		return map[string]string{"province": s[:2] + "0000", "city": s[:4] + "00", "county": s[:6]}[level], true
	}
	for _, city := range []string{"北京市", "天津市", "上海市", "重庆市"} {
		if rest, ok := strings.CutPrefix(s, city); ok {
			if level != "county" {
				return city, true
			}
			county := upTo(rest, "区", "县")
			return city + county, county != ""
		}
	}
	province := upTo(s, "省", "自治区", "特别行政区")
	if level == "province" {
		return province, province != ""
	}
	city := upTo(s[len(province):], "市", "自治州", "地区", "盟")
	if city == "" || level == "city" {
		return province + city, city != ""
	}
	county := upTo(s[len(province)+len(city):], "区", "县", "旗", "市")
	return province + city + county, county != ""
}

// upTo is the shortest beginning of s, of two to twelve characters, that ends
// with one of the endings; empty where there is none.
func upTo(s string, endings ...string) string {
	n := 0
	for at, r := range s {
		if n++; n > 12 {
			return ""
		}
		head := s[:at+utf8.RuneLen(r)]
		for _, e := range endings {
			if n >= 2 && len(head) > len(e) && strings.HasSuffix(head, e) {
				return head
			}
		}
	}
	return ""
}
