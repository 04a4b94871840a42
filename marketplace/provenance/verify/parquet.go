package verify

import (
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"shuyuan/marketplace/provenance/content"
	"shuyuan/marketplace/provenance/statement"
)

// Limits of what a Parquet file may have its reader keep.
const (
	mostFooter = 32 << 20
	mostHead   = 1 << 20 // of a page
	mostPage   = 256 << 20
	mostValues = 16 << 20 // of a page
	perValue   = 8        // bytes that a reader keeps for each
	mostGroup  = 1 << 30  // the largest pages of all columns of a row group together
)

func (f *file) openParquet(s *source) error {
	meta, err := footer(s)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, kv := range meta.KeyValueMetadata {
		if seen[kv.Key] {
			f.issue(NameTwice)
			continue
		}
		seen[kv.Key] = true
		switch kv.Key {
		case keyStamp:
			f.stamps = append(f.stamps, []byte(kv.Value))
		case keySources:
			f.notice = []byte(kv.Value)
		case keyFields:
			f.fields = []byte(kv.Value)
		default: // by which others may read columns otherwise, or sources
			f.issue(NotOurs)
		}
	}
	if !flat(meta) || len(f.stamps) > 0 && !plainChunks(meta) {
		f.issue(NotOurs)
	}
	if len(f.stamps) > 0 && f.notice == nil {
		f.issue(NoticeMissing)
	}
	if err := bounded(s, meta); err != nil {
		return err
	}
	p, err := parquet.OpenFile(s, s.size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(256<<10))
	if err != nil {
		return errDamaged
	}
	leaves := make([]string, 0, len(p.Root().Columns()))
	for _, c := range p.Root().Columns() {
		if !c.Leaf() || c.Repeated() {
			return errDamaged
		}
		leaves = append(leaves, c.Name())
	}
	for _, name := range leaves {
		if n := len(f.names); n == 0 || name != f.names[n-1]+"_raw" {
			f.names = append(f.names, name)
		}
	}
	f.rows = func(of statement.Content, yield func([]content.Cell) error) error {
		return parquetRows(p, leaves, of, yield)
	}
	return nil
}

// flat reports whether all that a footer says of the columns is one thing: each group has
// each column under its name, in this file, and as many rows as it says.
func flat(meta *format.FileMetaData) bool {
	if len(meta.Schema) == 0 || meta.EncryptionAlgorithm.Value != nil {
		return false
	}
	leaves, rows := meta.Schema[1:], int64(0)
	for i := range leaves {
		if !meant(&leaves[i]) {
			return false
		}
	}
	for _, g := range meta.RowGroups {
		if len(g.Columns) != len(leaves) || len(g.SortingColumns) > 0 {
			return false
		}
		for i := range g.Columns {
			c := &g.Columns[i]
			if c.FilePath != "" || !slices.Equal(c.MetaData.PathInSchema, []string{leaves[i].Name}) || c.MetaData.Type != leaves[i].Type.V || c.MetaData.NumValues != g.NumRows {
				return false
			}
		}
		rows += g.NumRows
	}
	return rows == meta.NumRows
}

// meant reports whether the old and the new way to say what a column means agree: some
// programs read the one, some the other (parquet-format, LogicalTypes.md).
func meant(e *format.SchemaElement) bool {
	old := deprecated.ConvertedType(-1)
	if e.ConvertedType.Valid {
		old = e.ConvertedType.V
	}
	switch m := e.LogicalType.Value.(type) {
	case nil:
		return true
	case *format.StringType:
		return old == deprecated.UTF8
	case *format.DateType:
		return old == deprecated.Date
	case *format.DecimalType:
		return old == deprecated.Decimal && e.Scale.V == m.Scale && e.Precision.V == m.Precision
	case *format.TimestampType:
		switch m.Unit.Value.(type) {
		case *format.MicroSeconds:
			return old == deprecated.TimestampMicros
		case *format.MilliSeconds:
			return old == deprecated.TimestampMillis
		}
		return old == -1
	}
	return false
}

// plainChunks reports whether nothing is said of the columns beside where they are:
// statistics, indices and filters have programs skip rows, and we write none.
func plainChunks(meta *format.FileMetaData) bool {
	for _, g := range meta.RowGroups {
		for _, c := range g.Columns {
			m := &c.MetaData
			said := format.ColumnMetaData{
				Type: m.Type, Encoding: m.Encoding, PathInSchema: m.PathInSchema, Codec: m.Codec, NumValues: m.NumValues, TotalUncompressedSize: m.TotalUncompressedSize,
				TotalCompressedSize: m.TotalCompressedSize, DataPageOffset: m.DataPageOffset, DictionaryPageOffset: m.DictionaryPageOffset,
			}
			if !reflect.DeepEqual(c, format.ColumnChunk{MetaData: said}) {
				return false
			}
		}
	}
	return true
}

// footer reads the description at the end of the file.
func footer(s *source) (*format.FileMetaData, error) {
	var tail [8]byte
	if s.size < 12 {
		return nil, errDamaged
	}
	if n, err := s.ReadAt(tail[:], s.size-8); n < len(tail) {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(tail[:4]))
	if string(tail[4:]) != "PAR1" || n > s.size-12 {
		return nil, errDamaged
	}
	if n > mostFooter {
		return nil, errMuch
	}
	b := make([]byte, n)
	if got, err := s.ReadAt(b, s.size-8-n); got < len(b) {
		return nil, err
	}
	if _, err := walked(b); err != nil {
		return nil, err
	}
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), b, &meta); err != nil {
		return nil, errDamaged
	}
	if len(meta.Schema) > mostColumns {
		return nil, errMuch
	}
	return &meta, nil
}

// bounded walks over the pages of the file and fails where one would have its reader
// take more memory than there may be. The reader believes what a page says of itself.
func bounded(s *source, meta *format.FileMetaData) error {
	for _, g := range meta.RowGroups {
		group := int64(0)
		for i := range g.Columns {
			largest, err := pages(s, &g.Columns[i].MetaData)
			if err != nil {
				return err
			}
			if group += largest; group > mostGroup {
				return errMuch
			}
		}
	}
	return nil
}

// pages walks over the pages of a column, and returns what its largest one unpacks to.
func pages(s *source, c *format.ColumnMetaData) (largest int64, err error) {
	at := c.DataPageOffset
	if c.DictionaryPageOffset > 0 && c.DictionaryPageOffset < at {
		at = c.DictionaryPageOffset
	}
	end := at + c.TotalCompressedSize
	if at < 4 || end < at || end > s.size {
		return 0, errDamaged
	}
	for at < end {
		head := make([]byte, min(end-at, mostHead))
		if n, err := s.ReadAt(head, at); n < len(head) {
			return 0, err
		}
		n, err := walked(head)
		if err != nil {
			return 0, err
		}
		var h format.PageHeader
		if err := thrift.Unmarshal(new(thrift.CompactProtocol), head[:n], &h); err != nil {
			return 0, errDamaged
		}
		at += int64(n)
		room, err := page(s, c.Codec, &h, at, end)
		if err != nil {
			return 0, err
		}
		largest = max(largest, room)
		at += int64(h.CompressedPageSize)
	}
	return largest, nil
}

// page returns what a page takes at most once it is unpacked.
func page(s *source, codec format.CompressionCodec, h *format.PageHeader, at, end int64) (int64, error) {
	packed, plain := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	if packed < 0 || plain < 0 || packed > end-at {
		return 0, errDamaged
	}
	if plain > mostPage || packed > mostPage {
		return 0, errMuch
	}
	values, encoding, levels := int64(0), format.Plain, int64(0)
	switch h.Type {
	case format.DataPage:
		values, encoding = int64(h.DataPageHeader.V.NumValues), h.DataPageHeader.V.Encoding
		if !reflect.DeepEqual(h.DataPageHeader.V.Statistics, format.Statistics{}) {
			return 0, odd{NotOurs}
		}
	case format.DataPageV2:
		v := h.DataPageHeaderV2.V
		values, encoding, levels = int64(v.NumValues), v.Encoding, int64(v.DefinitionLevelsByteLength)+int64(v.RepetitionLevelsByteLength)
		if levels < 0 || levels > packed || levels > plain {
			return 0, errDamaged
		}
		if v.IsCompressed.Valid && !v.IsCompressed.V {
			codec = format.Uncompressed
		}
	case format.DictionaryPage:
		values, encoding = int64(h.DictionaryPageHeader.V.NumValues), h.DictionaryPageHeader.V.Encoding
	default:
		return 0, errDamaged
	}
	if values < 0 || values > mostValues {
		return 0, errMuch
	}
	switch encoding {
	//lint:ignore SA1019 older writers have it, and a file may have been through one
	case format.Plain, format.PlainDictionary, format.RLE, format.RLEDictionary:
	default: // which announce more than they hold
		return 0, errDamaged
	}
	return plain + perValue*values, packedAs(s, codec, at+levels, packed-levels, plain-levels)
}

// packedAs fails where a page would unpack to more than it says. Of the other ways to
// pack, none writes what we deliver, and none says beforehand how large it is.
func packedAs(s *source, codec format.CompressionCodec, at, packed, plain int64) error {
	head := make([]byte, min(packed, zstd.HeaderMaxSize))
	if n, err := s.ReadAt(head, at); n < len(head) {
		return err
	}
	switch codec {
	case format.Uncompressed:
		return nil
	case format.Snappy:
		if n, size := binary.Uvarint(head); packed > 0 && (size <= 0 || n > uint64(plain)) {
			return errMuch
		}
		return nil
	case format.Zstd:
		var h zstd.Header
		if packed == 0 {
			return nil
		}
		if err := h.Decode(head); err != nil || !h.HasFCS || h.FrameContentSize > uint64(plain) || h.Skippable {
			return errMuch
		}
		return oneFrame(s, at, packed, h)
	}
	return errDamaged
}

// oneFrame fails unless the page is one frame of Zstandard (RFC 8878, 3.1.1.2): what
// unpacks it would go on with a second one, of which nothing was said.
func oneFrame(s *source, at, packed int64, h zstd.Header) error {
	end := int64(h.HeaderSize)
	for last := false; !last; {
		var b [3]byte
		if end+3 > packed {
			return errDamaged
		}
		if n, err := s.ReadAt(b[:], at+end); n < len(b) {
			return err
		}
		head := int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16
		last = head&1 == 1
		end += 3
		if size := head >> 3; head>>1&3 == 1 {
			end++ // one byte that is repeated
		} else {
			end += size
		}
	}
	if h.HasCheckSum {
		end += 4
	}
	if end != packed {
		return errMuch
	}
	return nil
}

// parquetRows yields the rows. Behind a column there may be one of its misfits.
func parquetRows(p *parquet.File, leaves []string, of statement.Content, yield func([]content.Cell) error) error {
	at, raw, ok := placed(leaves, of)
	if !ok {
		return errDamaged
	}
	types := make([]parquet.Node, 0, len(leaves))
	for _, c := range p.Root().Columns() {
		types = append(types, c)
	}
	cells := make([]content.Cell, len(of.Columns))
	texts := make([][]byte, len(of.Columns))
	buffer := make([]parquet.Row, 128)
	for _, g := range p.RowGroups() {
		rows, left := g.Rows(), g.NumRows()
		for {
			n, err := rows.ReadRows(buffer)
			left -= int64(n)
			for _, row := range buffer[:n] {
				if len(row) != len(leaves) || left < 0 {
					rows.Close()
					return errDamaged
				}
				for i := range cells {
					v, typ := row[at[i]], types[at[i]]
					if raw[i] >= 0 && !v.IsNull() && !row[raw[i]].IsNull() { // one of them, and nobody knows which others take
						rows.Close()
						return odd{NotOurs}
					}
					if v.IsNull() && raw[i] >= 0 {
						v, typ = row[raw[i]], types[raw[i]]
					}
					cells[i] = content.Cell{Null: v.IsNull()}
					if !v.IsNull() {
						texts[i] = appendValue(texts[i][:0], v, typ.Type())
						cells[i].Text = texts[i]
					}
				}
				if err := yield(cells); err != nil {
					rows.Close()
					return err
				}
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || n == 0 {
				rows.Close()
				return errDamaged
			}
		}
		if err := rows.Close(); err != nil || left != 0 {
			return errDamaged
		}
	}
	return nil
}

// placed finds where the columns of a table lie, and their misfits.
func placed(leaves []string, of statement.Content) (at, raw []int, ok bool) {
	k := 0
	for i, c := range of.Columns {
		if k >= len(leaves) || leaves[k] != c.Name {
			return nil, nil, false
		}
		at, raw = append(at, k), append(raw, -1)
		k++
		rest := len(of.Columns) - i - 1
		misfits := c.Name + "_raw"
		if slices.ContainsFunc(of.Columns, func(c statement.Column) bool { return c.Name == misfits }) {
			misfits += "_2" // each name once
		}
		if k < len(leaves) && len(leaves)-k > rest && leaves[k] == misfits {
			raw[i] = k
			k++
		}
	}
	return at, raw, k == len(leaves)
}

// appendValue appends a value as the CSV of the table shows it.
func appendValue(dst []byte, v parquet.Value, t parquet.Type) []byte {
	switch v.Kind() {
	case parquet.Boolean:
		return strconv.AppendBool(dst, v.Boolean())
	case parquet.Float:
		return strconv.AppendFloat(dst, float64(v.Float()), 'g', -1, 32)
	case parquet.Double:
		return appendDouble(dst, v.Double())
	case parquet.Int96:
		return appendMoment(dst, int96(v.Int96()), 0)
	}
	var meaning format.LogicalTypeValue
	if l := t.LogicalType(); l != nil {
		meaning = l.Value
	}
	unsigned := false
	switch m := meaning.(type) {
	case *format.DecimalType:
		return append(dst, scaled(v, m.Scale)...)
	case *format.DateType:
		return time.Unix(0, 0).UTC().AddDate(0, 0, int(v.Int32())).AppendFormat(dst, time.DateOnly)
	case *format.TimestampType:
		digits := 6
		switch m.Unit.Value.(type) {
		case *format.MilliSeconds:
			digits = 3
		case *format.NanoSeconds:
			digits = 9
		}
		return appendMoment(dst, v.Int64(), digits)
	case *format.IntType:
		unsigned = !m.IsSigned
	}
	switch {
	case v.Kind() == parquet.ByteArray || v.Kind() == parquet.FixedLenByteArray:
		return append(dst, v.ByteArray()...)
	case v.Kind() == parquet.Int32 && unsigned:
		return strconv.AppendUint(dst, uint64(v.Uint32()), 10)
	case v.Kind() == parquet.Int32:
		return strconv.AppendInt(dst, int64(v.Int32()), 10)
	case unsigned:
		return strconv.AppendUint(dst, v.Uint64(), 10)
	}
	return strconv.AppendInt(dst, v.Int64(), 10)
}

func appendDouble(dst []byte, f float64) []byte {
	switch {
	case f != f, f > 1.7976931348623157e308, f < -1.7976931348623157e308:
		return append(dst, "nan"...) // no value, whichever it is
	}
	return content.Number(dst, f)
}

// scaled is a DECIMAL as a number.
func scaled(v parquet.Value, scale int32) string {
	n := new(big.Int)
	switch v.Kind() {
	case parquet.Int32:
		n.SetInt64(int64(v.Int32()))
	case parquet.Int64:
		n.SetInt64(v.Int64())
	default:
		b := v.ByteArray()
		if n.SetBytes(b); len(b) > 0 && b[0]&0x80 != 0 { // two's complement
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
	}
	return n.String() + "e-" + strconv.Itoa(int(scale))
}

// appendMoment appends a time that is counted in 10^-digits seconds since 1970.
func appendMoment(dst []byte, n int64, digits int) []byte {
	unit := int64(1)
	for range digits {
		unit *= 10
	}
	seconds, rest := n/unit, n%unit
	if rest < 0 {
		seconds, rest = seconds-1, rest+unit
	}
	return time.Unix(seconds, rest*(1_000_000_000/unit)).UTC().AppendFormat(dst, "2006-01-02 15:04:05.999999999")
}

// int96 is the old way to write a time: nanoseconds of a Julian day. In seconds.
func int96(v deprecated.Int96) int64 {
	return (int64(v[2])-2_440_588)*86_400 + (int64(v[1])<<32|int64(v[0]))/1_000_000_000
}
