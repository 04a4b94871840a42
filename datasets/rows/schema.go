package rows

import (
	"errors"
	"strconv"
	"strings"

	"shuyuan/internal/fault"
)

// Type is what kind of values a column or an expression has. The names are
// those of the data dictionary.
type Type string

// The types.
const (
	Text      Type = "text"
	Integer   Type = "integer"
	Decimal   Type = "decimal"
	Boolean   Type = "boolean"
	Date      Type = "date"
	YearMonth Type = "yearmonth" // 2020-01, kept and compared as text
	DateTime  Type = "datetime"
	Point     Type = "point"    // "lon lat" beside its text
	Geometry  Type = "geometry" // GeoJSON, with the middle of its box beside it
	Array     Type = "array"    // JSON
	Object    Type = "object"   // JSON
)

// number, moment, words and place are the families that operators work on.
func (t Type) number() bool { return t == Integer || t == Decimal }
func (t Type) moment() bool { return t == Date || t == DateTime }
func (t Type) place() bool  { return t == Point || t == Geometry }

// words reports whether values of t are kept as text.
func (t Type) words() bool {
	return t == Text || t == YearMonth || t == Array || t == Object
}

// Column is one column of a version's table.
type Column struct {
	Name    string // as in the file
	Label   string
	LabelEN string
	Type    Type
	Store   string // its name in the Parquet file, one of ours: c0, c1, …
	RawKept bool   // the file has Raw beside it
	Misfits int64  // how many cells are no value of Type; their texts are in Raw
}

// HoldsYears reports whether a column of whole numbers holds years, by its name.
func (c Column) HoldsYears() bool {
	if c.Type != Integer {
		return false
	}
	for _, name := range []string{c.Name, c.Label, c.LabelEN} {
		name = strings.ToLower(strings.TrimSpace(name))
		if strings.ContainsAny(name, "0123456789") { // 2020年 holds the values of one year
			continue
		}
		for _, end := range []string{"年", "年份", "年度", "year"} {
			if strings.HasSuffix(name, end) {
				return true
			}
		}
	}
	return false
}

// Raw is where the Parquet file keeps the text of a cell that is no value of
// the column's type, or is written otherwise than the rest of the column. It
// is null everywhere else.
func (c Column) Raw() string { return c.Store + "_raw" }

// Lon and Lat are where the Parquet file keeps the place of a point, or of the
// middle of a shape.
func (c Column) Lon() string { return c.Store + "_lon" }

// Lat is Lon's other half.
func (c Column) Lat() string { return c.Store + "_lat" }

// Schema is the columns of a table, in their order.
type Schema []Column

// check refuses a schema whose stored names are not ours: they stand in SQL.
func (s Schema) check() error {
	for _, c := range s {
		digits, ok := strings.CutPrefix(c.Store, "c")
		n, err := strconv.Atoi(digits)
		if !ok || err != nil || n < 0 || strconv.Itoa(n) != digits {
			return fault.New(fault.Internal, "系统出错了，请稍后再试。").Because(errors.New("rows: a column is stored as " + strconv.Quote(c.Store)))
		}
	}
	return nil
}

// Find is the column that a query means by name: the name in the file first,
// then a label that only one column has.
func (s Schema) Find(name string) (Column, bool) {
	var found []Column
	for _, c := range s {
		if c.Name == name {
			return c, true
		}
		if c.Label == name || c.LabelEN == name && name != "" {
			found = append(found, c)
		}
	}
	if len(found) == 1 {
		return found[0], true
	}
	for _, c := range s { // as a last resort in any case, if that is clear
		if strings.EqualFold(c.Name, name) {
			if len(found) > 0 {
				return Column{}, false
			}
			found = append(found, c)
		}
	}
	if len(found) == 1 {
		return found[0], true
	}
	return Column{}, false
}
