package ingest

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"shuyuan/internal/fault"
)

// parquetFile opens a Parquet file that somebody else made. It is read value by
// value and written anew like every other file: nothing of it is handed on.
func parquetFile(f *File, src source, opt Options) error {
	r, err := src.seeker()
	if err != nil {
		return err
	}
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	at := &window{r: r, size: size}
	p, err := openForeign(at, size)
	if err != nil {
		return err
	}
	if p.columns, err = foreignColumns(p.file, opt.Limits); err != nil {
		return err
	}
	texts := make([]bool, len(p.columns))
	for i, c := range p.columns {
		texts[i] = c.text
	}
	f.tables = []Table{{texts: texts, read: func(yield func([]string) error) error { return p.rows(opt.Limits, yield) }}}
	return nil
}

type foreign struct {
	file    *parquet.File
	columns []foreignColumn
}

// foreignColumn is a column of a foreign file and how its values are written.
type foreignColumn struct {
	name  string
	leaf  int
	text  bool
	write func(parquet.Value) (string, error)
}

func notParquet(err error) error {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f
	}
	return fault.New(fault.Invalid, "这不是完好的 Parquet 文件。").Because(err)
}

// caught makes an error of a panic: the library panics on some files that are
// not what they say.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = notParquet(fmt.Errorf("panic: %v", p))
	}
}

func openForeign(r io.ReaderAt, size int64) (p *foreign, err error) {
	defer caught(&err)
	file, err := parquet.OpenFile(r, size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return nil, notParquet(err)
	}
	return &foreign{file: file}, nil
}

func foreignColumns(file *parquet.File, limits Limits) (out []foreignColumn, err error) {
	defer caught(&err)
	paths := file.Schema().Columns()
	if len(paths) > limits.Columns {
		return nil, tooManyColumns(limits, 1)
	}
	for _, path := range paths {
		leaf, ok := file.Schema().Lookup(path...)
		if !ok {
			return nil, notParquet(fmt.Errorf("column %v", path))
		}
		name := strings.Join(path, ".")
		if leaf.MaxRepetitionLevel > 0 {
			return nil, fault.New(fault.Invalid, "列“%s”里是列表，不是表格的一格；请展开后再传。", name)
		}
		c := foreignColumn{name: name, leaf: leaf.ColumnIndex}
		if c.write, c.text, err = foreignWriter(leaf.Node.Type()); err != nil {
			return nil, fault.New(fault.Invalid, "列“%s”是二进制内容，不能公开为表格。", name).Because(err)
		}
		out = append(out, c)
	}
	return out, nil
}

var errBinary = errors.New("binary values")

// foreignWriter is how values of a type are written as text.
func foreignWriter(t parquet.Type) (write func(parquet.Value) (string, error), text bool, err error) {
	plain := func(f func(parquet.Value) string) (func(parquet.Value) (string, error), bool, error) {
		return func(v parquet.Value) (string, error) { return f(v), nil }, false, nil
	}
	var logical any
	if l := t.LogicalType(); l != nil {
		logical = l.Value
	}
	switch l := logical.(type) {
	case *format.DecimalType:
		return func(v parquet.Value) (string, error) { return decimalValue(v, int(l.Scale)) }, false, nil
	case *format.DateType:
		return plain(func(v parquet.Value) string { return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly) })
	case *format.TimestampType:
		unit := timeUnit(l.Unit)
		zone := ""
		if l.IsAdjustedToUTC {
			zone = "Z"
		}
		return plain(func(v parquet.Value) string { return instantText(v.Int64(), unit) + zone })
	case *format.TimeType:
		unit := timeUnit(l.Unit)
		return plain(func(v parquet.Value) string {
			n := v.Int64()
			if v.Kind() == parquet.Int32 {
				n = int64(v.Int32())
			}
			return time.Unix(0, n*unit).UTC().Format("15:04:05.999999999")
		})
	case *format.UUIDType:
		return plain(func(v parquet.Value) string { return v.String() })
	case *format.IntType:
		if !l.IsSigned {
			return plain(func(v parquet.Value) string {
				if v.Kind() == parquet.Int32 {
					return strconv.FormatUint(uint64(v.Uint32()), 10)
				}
				return strconv.FormatUint(v.Uint64(), 10)
			})
		}
	}
	switch t.Kind() {
	case parquet.Boolean:
		return plain(func(v parquet.Value) string { return strconv.FormatBool(v.Boolean()) })
	case parquet.Int32:
		return plain(func(v parquet.Value) string { return strconv.FormatInt(int64(v.Int32()), 10) })
	case parquet.Int64:
		return plain(func(v parquet.Value) string { return strconv.FormatInt(v.Int64(), 10) })
	case parquet.Int96:
		return plain(func(v parquet.Value) string {
			i := v.Int96()
			nanos, day := int64(i[0])|int64(i[1])<<32, int64(i[2])-2440588
			return instantText(day*86400_000_000+nanos/1000, 1000)
		})
	case parquet.Float:
		return plain(func(v parquet.Value) string { return floatText(float64(v.Float()), 32) })
	case parquet.Double:
		return plain(func(v parquet.Value) string { return floatText(v.Double(), 64) })
	case parquet.ByteArray:
		return func(v parquet.Value) (string, error) {
			b := v.ByteArray()
			if !utf8.Valid(b) {
				return "", errBinary
			}
			return string(b), nil
		}, true, nil
	}
	return nil, false, errBinary
}

func timeUnit(u format.TimeUnit) int64 { // nanoseconds
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return 1_000_000
	case *format.NanoSeconds:
		return 1
	}
	return 1000
}

func instantText(n, unit int64) string {
	per := int64(time.Second) / unit
	seconds := floorDiv(n, per)
	t := time.Unix(seconds, (n-seconds*per)*unit).UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		return strconv.FormatInt(n, 10)
	}
	return t.Format("2006-01-02 15:04:05.999999999")
}

func floatText(f float64, bits int) string {
	form := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		form = 'g'
	}
	return strconv.FormatFloat(f, form, -1, bits)
}

func decimalValue(v parquet.Value, scale int) (string, error) {
	if scale < 0 || scale > 100 {
		return "", errBinary
	}
	var n big.Int
	switch v.Kind() {
	case parquet.Int32:
		n.SetInt64(int64(v.Int32()))
	case parquet.Int64:
		n.SetInt64(v.Int64())
	default:
		b := v.ByteArray()
		if len(b) > 64 {
			return "", errBinary
		}
		if n.SetBytes(b); len(b) > 0 && b[0] >= 0x80 {
			n.Sub(&n, new(big.Int).Lsh(big.NewInt(1), uint(len(b))*8))
		}
	}
	digits := n.String()
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if scale == 0 {
		return sign + digits, nil
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:], nil
}

// rows yields the names and the rows. The library is handed values of a file
// that may lie: whatever it does then is a fault of the file.
func (p *foreign) rows(limits Limits, yield func([]string) error) (err error) {
	names := make([]string, len(p.columns))
	for i, c := range p.columns {
		names[i] = c.name
	}
	looked := scrutiny{limits: limits, exact: true}
	if err := looked.row(names, 0); err != nil {
		return err
	}
	if err := checkHeader(names); err != nil {
		return err
	}
	if err := yield(names); err != nil {
		return err
	}
	row, n := make([]string, len(p.columns)), 0
	for _, group := range p.file.RowGroups() {
		next, done, err := p.group(group)
		if err != nil {
			return err
		}
		for range group.NumRows() {
			n++
			if err := next(row); err != nil {
				done()
				if f, ok := errors.AsType[*fault.Fault](err); ok && errors.Is(f, errBinary) {
					return f
				}
				return fault.New(fault.Invalid, "第 %d 行读不出来：Parquet 文件已损坏。", n).Because(err)
			}
			if err := looked.row(row, n); err != nil {
				done()
				return err
			}
			if err := yield(row); err != nil {
				done()
				return err
			}
		}
		done()
	}
	return nil
}

func (p *foreign) group(group parquet.RowGroup) (next func(row []string) error, done func(), err error) {
	defer caught(&err)
	chunks := group.ColumnChunks()
	readers := make([]*leafReader, len(p.columns))
	for i, c := range p.columns {
		readers[i] = &leafReader{pages: chunks[c.leaf].Pages()}
	}
	done = func() {
		for _, r := range readers {
			r.pages.Close()
		}
	}
	next = func(row []string) (err error) {
		defer caught(&err)
		for i, c := range p.columns {
			v, err := readers[i].next()
			if err != nil {
				return err
			}
			row[i] = ""
			if !v.IsNull() {
				if row[i], err = c.write(v); err != nil {
					if errors.Is(err, errBinary) {
						err = fault.New(fault.Invalid, "列“%s”是二进制内容，不能公开为表格。", c.name).Because(err)
					}
					return err
				}
			}
		}
		return nil
	}
	return next, done, nil
}
