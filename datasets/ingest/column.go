package ingest

import (
	"bytes"
	"math"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

// column is a column while it is written.
type column struct {
	Column
	shape    bool // by the format: what is no shape in it is a misfit
	declared bool // by an officer: its type stays, whatever the cells are
	double   bool // a decimal kept as a floating-point number
	wider    Type // what the type must be instead, once a cell has shown it
	float    bool // the decimal needs a floating-point number, once a cell has shown it
	marks    int64
	far      []far // places of the block that lie nowhere on earth
	filled   int64 // cells with a value

	values, raws, lons, lats []parquet.Value
	strays                   []int // rows of the block whose cells are no values
	scratch                  []byte

	usualLength int // of a moment in the usual form; see usual
	lastDay     string
	lastMicros  int64
}

// far is a place that lies nowhere on earth.
type far struct {
	row      int // of the block
	lon, lat float64
}

// put keeps a value and, if not nil, the cell beside it.
func (c *column) put(v parquet.Value, raw []byte) {
	c.values = append(c.values, v.Level(0, 1, 0))
	c.keep(raw)
}

func (c *column) null(raw []byte) {
	c.values = append(c.values, parquet.Value{})
	c.keep(raw)
}

// keep keeps a cell beside its value. Most blocks have none to keep.
func (c *column) keep(raw []byte) {
	if raw == nil {
		return
	}
	c.fill(len(c.values) - 1)
	c.raws = append(c.raws, parquet.ByteArrayValue(raw).Level(0, 1, 0))
}

// fill adds nulls up to n cells.
func (c *column) fill(n int) {
	for len(c.raws) < n {
		c.raws = append(c.raws, nulls[:min(n-len(c.raws), len(nulls))]...)
	}
}

var nulls [blockRows]parquet.Value

// fits keeps a value and, where the cell is not written in the column's form,
// the cell.
func (c *column) fits(v parquet.Value, cell []byte, plain bool) {
	if plain {
		c.put(v, nil)
		return
	}
	c.Others++
	c.put(v, cell)
}

// convert turns cell after cell of a block into values.
func (c *column) convert(b *block, index int) {
	c.strays, c.far = c.strays[:0], c.far[:0]
	c.values, c.raws, c.lons, c.lats = c.values[:0], c.raws[:0], c.lons[:0], c.lats[:0]
	c.setUsual()
	one := c.converter()
	for row := range b.rows {
		cell := b.cell(row, index)
		if len(cell) == 0 {
			c.Nulls++
			c.null(nil)
			c.nowhere()
			continue
		}
		c.filled++
		if !one(cell) {
			c.Misfits++
			if missing(cell) {
				c.marks++
			}
			c.null(cell)
			c.nowhere()
			c.strays = append(c.strays, row)
		}
	}
	c.fill(len(c.values))
}

// Fits reports whether a cell of the column, as it stands in the file, is a
// value of its type or empty.
func (c Column) Fits(cell string) bool {
	read := &column{Column: c, declared: true, double: true}
	read.setUsual()
	return cell == "" || read.converter()([]byte(cell))
}

func (c *column) nowhere() {
	if c.Type == Point || c.Type == Geometry {
		c.lons, c.lats = append(c.lons, parquet.Value{}), append(c.lats, parquet.Value{})
	}
}

// converter is what reads one cell of the column's type.
func (c *column) converter() func(cell []byte) bool {
	switch c.Type {
	case Integer:
		return c.integer
	case Decimal:
		return c.decimal
	case Date:
		return c.date
	case YearMonth:
		return c.yearMonth
	case DateTime:
		return c.dateTime
	case Boolean:
		return c.boolean
	case Array:
		return func(cell []byte) bool { return c.json(cell, '[') }
	case Object:
		return func(cell []byte) bool { return c.json(cell, '{') }
	case Point, Geometry:
		return c.place
	}
	return c.text
}

func (c *column) text(cell []byte) bool {
	c.values = append(c.values, parquet.ByteArrayValue(cell).Level(0, 1, 0))
	return true
}

func (c *column) json(cell []byte, open byte) bool {
	if !nested(cell, open) {
		return false
	}
	c.fits(parquet.ByteArrayValue(cell), cell, true)
	return true
}

// same reports whether the column's form makes exactly this cell of a value.
func (c *column) same(cell []byte, made []byte) bool {
	c.scratch = made
	return bytes.Equal(cell, made)
}

func (c *column) integer(cell []byte) bool {
	if v, ok := digitsOnly(cell); ok && !c.Form.Grouped && c.Form.Percent == "" {
		c.put(parquet.Int64Value(v), nil)
		return true
	}
	body, ok := c.body(cell)
	if !ok {
		return false
	}
	n, ok := numberOf(body)
	if !ok {
		return false
	}
	v, _, whole := n.integer()
	if !whole {
		if v, whole = longInteger(body); !whole {
			if n.scale > 0 || bytes.ContainsAny(body, "eE") { // else it is too long to be a number at all
				c.widen(Decimal)
			}
			return false
		}
	}
	c.fits(parquet.Int64Value(v), cell, c.same(cell, c.Form.appendNumber(c.scratch[:0], v, 0)))
	return true
}

// digitsOnly reads the whole numbers that are written the usual way.
func digitsOnly(s []byte) (n int64, ok bool) {
	negative := false
	if len(s) > 1 && s[0] == '-' {
		negative, s = true, s[1:]
	}
	if len(s) == 0 || len(s) > 18 || s[0] == '0' && (len(s) > 1 || negative) {
		return 0, false
	}
	for _, d := range s {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int64(d-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// body is a cell without the sign of a percentage or another unit, which all
// cells of the column have or none.
func (c *column) body(cell []byte) ([]byte, bool) {
	if c.Form.Percent != "" {
		return without(cell, c.Form.Percent)
	}
	body, sign := percent(cell)
	return body, sign == ""
}

// short reads the decimals that are written the usual way and have few digits:
// kept as a floating-point number and written again, they are the same.
func short(s []byte) (v float64, ok bool) {
	t, negative := s, false
	if len(t) > 0 && t[0] == '-' {
		negative, t = true, t[1:]
	}
	if len(t) == 0 || len(t) > 9 || t[0] == '.' || t[len(t)-1] == '.' || t[0] == '0' && len(t) > 1 && t[1] != '.' {
		return 0, false
	}
	mantissa, point := 0, -1
	for i, b := range t {
		switch {
		case b >= '0' && b <= '9':
			mantissa = mantissa*10 + int(b-'0')
		case b == '.' && point < 0:
			point = i
		default:
			return 0, false
		}
	}
	if mantissa == 0 {
		return 0, !negative && len(t) == 1
	}
	v = float64(mantissa)
	if point >= 0 {
		if t[len(t)-1] == '0' {
			return 0, false
		}
		v /= powers[len(t)-1-point]
	}
	if negative {
		v = -v
	}
	return v, v >= 1e-4 || v <= -1e-4
}

func (c *column) decimal(cell []byte) bool {
	if c.double && !c.Form.Grouped && c.Form.Percent == "" {
		if v, ok := short(cell); ok {
			c.put(parquet.DoubleValue(v), nil)
			return true
		}
	}
	body, ok := c.body(cell)
	if !ok {
		return false
	}
	n, ok := numberOf(body)
	if !ok {
		return false
	}
	if c.double {
		v, plain := n.decimal()
		if c.Form.Grouped || c.Form.Percent != "" {
			plain = c.same(cell, c.Form.appendFloat(c.scratch[:0], v))
		}
		c.fits(parquet.DoubleValue(v), cell, plain)
		return true
	}
	mantissa, ok := n.scaled(c.Form.Scale)
	if !ok {
		c.float = true
		return false
	}
	plain := n.plain && n.scale == c.Form.Scale && len(body) == len(cell)
	if !plain {
		plain = c.same(cell, c.Form.appendNumber(c.scratch[:0], mantissa, c.Form.Scale))
	}
	c.fits(parquet.Int64Value(mantissa), cell, plain)
	return true
}

// scaled is n as so many parts of 10^scale.
func (n number) scaled(scale int) (int64, bool) {
	if !n.exact || n.scale-n.zeros > scale {
		return 0, false
	}
	m := n.mantissa
	for s := n.scale; s > scale; s-- {
		m /= 10
	}
	for s := n.scale; s < scale; s++ {
		if m > math.MaxInt64/10 || m < math.MinInt64/10 {
			return 0, false
		}
		m *= 10
	}
	return m, m < 1e18 && m > -1e18
}

func (c *column) date(cell []byte) bool {
	w, ok := date(cell)
	if !ok {
		if _, timed := dateTime(cell); timed {
			c.widen(DateTime)
		}
		return false
	}
	c.fits(parquet.Int32Value(w.number()), cell, c.same(cell, c.Form.appendDay(c.scratch[:0], w.year, w.month, w.day)))
	return true
}

func (c *column) yearMonth(cell []byte) bool {
	w, ok := yearMonth(cell)
	if !ok {
		return false
	}
	if len(cell) == 7 && cell[4] == '-' && c.Form.Days == "-" && !c.Form.Loose {
		c.put(parquet.ByteArrayValue(cell), nil)
		return true
	}
	plain := c.same(cell, c.Form.appendDay(c.scratch[:0], w.year, w.month, 0))
	c.fits(parquet.ByteArrayValue(Form{Days: "-"}.appendDay(nil, w.year, w.month, 0)), cell, plain)
	return true
}

// usual reads the moments that are written in the column's form where that is
// the usual one: 2020-01-31 09:05 with or without seconds. Of rows in sequence
// most are of the same day.
func (c *column) usual(cell []byte) (instant int64, ok bool) {
	if len(cell) != c.usualLength || cell[10] != c.Form.Between[0] || cell[13] != ':' {
		return 0, false
	}
	if string(cell[:10]) != c.lastDay {
		w, ok := date(cell[:10])
		if !ok || w.form.Days != "-" || w.loose {
			return 0, false
		}
		c.lastDay, c.lastMicros = string(cell[:10]), int64(w.number())*dayMicros
	}
	hour, minute, second := two(cell[11:]), two(cell[14:]), 0
	if len(cell) == 19 {
		if second = two(cell[17:]); cell[16] != ':' {
			return 0, false
		}
	}
	if hour|minute|second < 0 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	return c.lastMicros + int64(hour*3600+minute*60+second)*1_000_000, true
}

// two reads two digits; -1 where there are none.
func two(s []byte) int {
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return -1
	}
	return int(a)*10 + int(b)
}

// setUsual finds out whether the column's form is the usual one.
func (c *column) setUsual() {
	c.usualLength = -1
	if f := c.Form; c.Type == DateTime && f.Days == "-" && !f.Loose && len(f.Between) == 1 && f.Fraction == 0 && f.Zone == "" {
		c.usualLength = map[string]int{"15:04": 16, "15:04:05": 19}[f.Clock]
	}
}

func (c *column) dateTime(cell []byte) bool {
	if instant, ok := c.usual(cell); ok {
		c.put(parquet.Int64Value(instant), nil)
		return true
	}
	w, ok := dateTime(cell)
	if !ok {
		if w, ok = date(cell); !ok { // a day is its midnight
			return false
		}
		c.fits(parquet.Int64Value(w.instant()), cell, false)
		return true
	}
	instant, plain := w.instant(), false
	switch {
	case w.micros == dayMicros && w.form.Zone == c.Form.Zone: // 24:00, which the form would write as the next day's 0:00
	case w.form.Zone == c.Form.Zone:
		plain = c.same(cell, c.Form.appendMoment(c.scratch[:0], w.year, w.month, w.day, w.micros))
	case w.form.Zone != "" && c.Form.Zone != "": // one clock for the whole column
		instant += int64(zoneMinutes(c.Form.Zone)-zoneMinutes(w.form.Zone)) * 60_000_000
	}
	c.fits(parquet.Int64Value(instant), cell, plain)
	return true
}

func (c *column) boolean(cell []byte) bool {
	v, ok := boolean(cell)
	if !ok {
		if v, ok = oneOrNone(cell); !ok || !c.declared {
			return false
		}
	}
	c.fits(parquet.BooleanValue(v), cell, c.same(cell, c.Form.appendBool(c.scratch[:0], v)))
	return true
}

func (c *column) place(cell []byte) bool {
	b, kind, ok := place(cell)
	if !ok || c.Type == Point && kind != "Point" {
		if ok {
			c.widen(Geometry)
		}
		return false
	}
	if b.outside > 0 {
		c.far = append(c.far, far{len(c.values), b.wrong[0], b.wrong[1]})
	}
	c.fits(parquet.ByteArrayValue(cell), cell, true)
	lon, lat, ok := b.middle()
	if !ok || b.outside > 0 {
		c.nowhere()
		return true
	}
	c.lons, c.lats = append(c.lons, parquet.DoubleValue(lon).Level(0, 1, 0)), append(c.lats, parquet.DoubleValue(lat).Level(0, 1, 0))
	return true
}

func (c *column) widen(to Type) {
	if !c.declared {
		c.wider = to
	}
}

// again reports whether the table must be read once more with other types, and
// sets them.
func (c *column) again() bool {
	switch {
	case c.float:
		c.double, c.Form.Scale = true, 0
	case c.wider != "":
		if c.Type, c.Form = c.wider, (Form{}); c.Type == Decimal {
			c.double = true
		}
	case !c.declared && !c.shape && c.Type != Text && tooMany(c.Misfits-c.marks, c.filled-c.marks):
		c.Evidence = append(c.Evidence, note("全部 %d 个值中有 %d 个不是先前判断的类型，所以保留为文本。", c.filled-c.marks, c.Misfits-c.marks))
		c.Type, c.Form, c.Unit = Text, Form{}, ""
	default:
		return false
	}
	c.float, c.wider = false, ""
	return true
}

// tooMany is how many misfits make a proposed type wrong.
func tooMany(misfits, filled int64) bool {
	return misfits*50 > filled
}

// fresh forgets what was counted.
func (c *column) fresh() {
	c.Nulls, c.Misfits, c.Others, c.marks, c.filled = 0, 0, 0, 0, 0
}

// node is how the column is kept.
func (c *column) node() parquet.Node {
	switch c.Type {
	case Integer:
		return parquet.Int(64)
	case Decimal:
		if c.double {
			return parquet.Leaf(parquet.DoubleType)
		}
		return parquet.Decimal(c.Form.Scale, 18, parquet.Int64Type)
	case Date:
		return parquet.Date()
	case DateTime:
		return parquet.TimestampAdjusted(parquet.Microsecond, false)
	case Boolean:
		return parquet.Leaf(parquet.BooleanType)
	}
	return parquet.String()
}

func (c *column) store(i int) { c.Store = "c" + strconv.Itoa(i) }

// reason says why a cell is no value of the column's type.
func (c *column) reason(cell []byte) Note {
	if missing(cell) {
		return note("是表示没有值的记号。")
	}
	switch c.Type {
	case Integer, Decimal:
		body, sign := behind(cell)
		switch n, ok := numberOf(body); {
		case !ok:
			return note("不是数。")
		case percentage(sign) != percentage(c.Form.Percent):
			return note("这一列的百分号有的有、有的没有。")
		case sign != c.Form.Percent && !percentage(sign):
			return note("单位和这一列别的值不一样。")
		case n.scale > 0:
			return note("不是整数。")
		}
		return note("数太长，存成数会改变它。")
	case Date, DateTime:
		w := written{}
		if sc := (scanner{s: trimmed(cell)}); !w.readDay(&sc) && w.day > 0 {
			if w.year == 1 || w.year == 9999 {
				return note("是占位的日期，不是真的日子。")
			}
			return note("没有这一天。")
		}
		if c.Type == Date {
			return note("不是日期。")
		}
		return note("不是时间。")
	case YearMonth:
		return note("不是年月。")
	case Boolean:
		return note("不是“是”或“否”。")
	case Point, Geometry:
		return note("不是点或图形。")
	case Array, Object, Text:
	}
	return note("不是正确的 JSON。")
}
