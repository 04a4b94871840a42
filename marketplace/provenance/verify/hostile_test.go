package verify_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"shuyuan/datasets/rows"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/stamptest"
	"shuyuan/marketplace/provenance/verify"
)

func small(t *testing.T) sealed {
	t.Helper()
	return seal(t, stamptest.Table(t, "SELECT (['福州', '厦门', '泉州'])[i % 3 + 1] AS c0, 1000 + i AS c1, (i / 4.0)::DOUBLE AS c2 FROM range(40) t(i)",
		rows.Schema{{Name: "城市", Type: rows.Text, Store: "c0"}, {Name: "数量", Type: rows.Integer, Store: "c1"}, {Name: "均值", Type: rows.Decimal, Store: "c2"}}, 40))
}

// A file that was damaged anywhere neither stops the reader nor passes for another
// content: what is valid has the digest that was sealed.
func TestDamagedFiles(t *testing.T) {
	s := small(t)
	o := s.options()
	want := s.stamp.Notice().Content.SHA256
	r := rand.New(rand.NewPCG(3, 4))
	for _, f := range forms {
		if f == stamp.GeoJSON {
			continue
		}
		b := s.file(t, f)
		for i := range 400 {
			bad := bytes.Clone(b)
			switch i % 4 {
			case 0:
				bad = bad[:r.IntN(len(bad))]
			case 1:
				bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
			case 2:
				for range 1 + r.IntN(8) {
					bad[r.IntN(len(bad))] = byte(r.Uint32())
				}
			case 3:
				at, n := r.IntN(len(bad)), r.IntN(64)
				bad = append(bad[:at], append(bytes.Repeat([]byte{byte(r.Uint32())}, n), bad[min(len(bad), at+r.IntN(64)):]...)...)
			}
			got := check(t, bad, o)
			if got.Verdict == verify.Valid && !bytes.Equal(bad, b) {
				t.Fatalf("%s, damage %d: valid", f, i)
			}
			if got.Verdict == verify.Unstamped && got.Content != want {
				t.Fatalf("%s, damage %d: known, with the content %s", f, i, got.Content)
			}
			if got.Verdict == "" || len(got.Reasons) == 0 {
				t.Fatalf("%s, damage %d: %+v", f, i, got)
			}
		}
	}
}

// peak is how much memory is used at most while something is done.
func peak(do func()) uint64 {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	most := before.HeapAlloc
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc)
			}
		}
	})
	do()
	close(stop)
	wg.Wait()
	return most - before.HeapAlloc
}

type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.left)
	for i := range p[:n] { // a pattern that is not packed too well to be let through
		p[i] = "2718281828459045235360287471352662497757247093699959574966967627724"[(i/7+i)%67]
	}
	z.left -= n
	return int(n), nil
}

// zipped is a zip with a file of which most is the same byte.
func zipped(t *testing.T, head string, n int64, tail string, name string, more map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for other, text := range more {
		w, err := z.Create(other)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, text) //nolint:errcheck // Close says
	}
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, io.MultiReader(strings.NewReader(head), &zeros{n}, strings.NewReader(tail))); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Small files that unpack to very much, or announce it, cost their reader little.
func TestBombs(t *testing.T) {
	s := small(t)
	env := string(s.stamp.Envelope())
	const names = "城市,数量,均值\n"
	const many = 160 << 20
	parts := map[string]string{}
	rezip(t, s.file(t, stamp.XLSX), func(name string, b []byte) []byte { parts[name] = string(b); return b })
	sheet, page, properties := parts["xl/worksheets/sheet2.xml"], parts["xl/worksheets/sheet1.xml"], parts["docProps/custom.xml"]
	book := func(part, head, tail string) []byte {
		others := maps.Clone(parts)
		delete(others, part)
		return zipped(t, head, many, tail, part, others)
	}
	bombs := map[string][]byte{
		"a cell of CSV":                  zipped(t, names+"福州,", many, ",1\n", "data.csv", map[string]string{"stamp.dsse.json": env}),
		"a stamp":                        zipped(t, "{", many, "}", "stamp.dsse.json", map[string]string{"data.csv": names}),
		"a notice":                       zipped(t, "", many, "", "来源说明.txt", map[string]string{"data.csv": names, "stamp.dsse.json": env}),
		"a text of JSON":                 zipped(t, `{"城市":"`, many, `"}`, "data.ndjson", map[string]string{"stamp.dsse.json": env}),
		"a number of JSON":               zipped(t, `{"城市":1`, many, `}`, "data.ndjson", map[string]string{"stamp.dsse.json": env}),
		"a cell of a sheet":              book("xl/worksheets/sheet2.xml", sheet[:strings.Index(sheet, "城市")], "</t></is></c></row></sheetData></worksheet>"),
		"a place of a cell":              book("xl/worksheets/sheet2.xml", sheet[:strings.Index(sheet, `A1"`)], `"></c>`),
		"a line of a notice":             book("xl/worksheets/sheet1.xml", page[:strings.Index(page, "来源说明")], "</t></is></c></row></sheetData></worksheet>"),
		"a property":                     book("docProps/custom.xml", properties[:strings.Index(properties, "{&quot;")], "</vt:lpwstr></property></Properties>"),
		"a name of a property":           book("docProps/custom.xml", properties[:strings.Index(properties, "pd.stamp")], `"/></Properties>`),
		"a frame of a workbook":          book("xl/styles.xml", "<x", "/>"),
		"JSON that goes deep":            []byte(`{"data":` + strings.Repeat("[", 5<<20)),
		"objects that go deep":           []byte(strings.Repeat(`{"a":`, 1<<20)),
		"JSON, a large text":             append([]byte(`{"data":[{"a":"`), bytes.Repeat([]byte("x"), 200<<20)...),
		"CSV, a large cell":              append([]byte("a,b\n"), bytes.Repeat([]byte("x"), 200<<20)...),
		"rows without end":               zipped(t, "0,1,2\n", 0, strings.Repeat("0,1,2\n", 5<<20), "data.csv", map[string]string{"stamp.dsse.json": env}),
		"a footer that announces a list": parquetOf(append([]byte{0x15, 2, 0x19, 0xFC}, binary.AppendUvarint(nil, 1<<31-1)...)),
		"a footer that announces a text": parquetOf(append([]byte{0x48}, binary.AppendUvarint(nil, 1<<31-1)...)),
		"a footer that goes deep":        parquetOf(bytes.Repeat([]byte{0x1C}, 1<<20)),
		"a footer of very many elements": parquetOf(append(append([]byte{0x15, 2, 0x19, 0xFC}, binary.AppendUvarint(nil, 20<<20)...), make([]byte, 20<<20)...)),
		"a page that unpacks to more":    pageOf(t, s, func(h *format.PageHeader, body []byte) []byte { return packed(t, 1<<30) }),
		"a page that announces more":     pageOf(t, s, func(h *format.PageHeader, body []byte) []byte { h.UncompressedPageSize = 1<<31 - 1; return body }),
		"a page of very many values":     pageOf(t, s, func(h *format.PageHeader, body []byte) []byte { h.DataPageHeader.V.NumValues = 1<<31 - 1; return body }),
		"a page of two frames":           pageOf(t, s, func(h *format.PageHeader, body []byte) []byte { return append(bytes.Clone(body), packed(t, 1<<30)...) }),
		"a page with an encoding of ours": pageOf(t, s, func(h *format.PageHeader, body []byte) []byte {
			h.DataPageHeader.V.Encoding = format.DeltaBinaryPacked
			return body
		}),
		"a PDF": append([]byte("%PDF-1.4\n<< /Type /EmbeddedFile /Length 9999999 /Filter /FlateDecode /Params << /CheckSum <00000000000000000000000000000000> /Size 9999999999 >> >>\nstream\n"), bytes.Repeat([]byte("x"), 9999999)...),
	}
	for name, b := range bombs {
		var r *verify.Result
		begin := time.Now()
		used := peak(func() { r = check(t, b, s.options()) })
		if r.Verdict == verify.Valid {
			t.Errorf("%s: %s", name, r.Verdict)
		}
		if most := uint64(420 << 20); used > most {
			t.Errorf("%s: %d MB of memory", name, used>>20)
		}
		if took := time.Since(begin); took > 30*time.Second {
			t.Errorf("%s: %s", name, took)
		}
	}
}

func packed(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, &zeros{int64(n)}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func parquetOf(footer []byte) []byte {
	b := append([]byte("PAR1"), footer...)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(footer))), "PAR1"...)
}

// pageOf is a stamped Parquet file whose first page is another.
func pageOf(t *testing.T, s sealed, change func(*format.PageHeader, []byte) []byte) []byte {
	t.Helper()
	b := s.file(t, stamp.Parquet)
	n := int(binary.LittleEndian.Uint32(b[len(b)-8:]))
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), b[len(b)-8-n:len(b)-8], &meta); err != nil {
		t.Fatal(err)
	}
	var c *format.ColumnMetaData
	for i := range meta.RowGroups[0].Columns { // one without a dictionary
		if m := &meta.RowGroups[0].Columns[i].MetaData; m.DictionaryPageOffset == 0 {
			c = m
		}
	}
	if c == nil {
		t.Fatal("no column without a dictionary")
	}
	at := c.DataPageOffset
	var h format.PageHeader
	r := bytes.NewReader(b[at:])
	if err := thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(r)).Decode(&h); err != nil {
		t.Fatal(err)
	}
	start := at + int64(len(b)) - at - int64(r.Len())
	body := change(&h, b[start:start+int64(h.CompressedPageSize)])
	h.CompressedPageSize = int32(len(body))
	head, err := thrift.Marshal(new(thrift.CompactProtocol), &h)
	if err != nil {
		t.Fatal(err)
	}
	page := append(head, body...)
	c.DataPageOffset, c.TotalCompressedSize = int64(len(b)-8-n), int64(len(page))
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	if err != nil {
		t.Fatal(err)
	}
	out := append(append(b[:len(b)-8-n:len(b)-8-n], page...), footer...)
	return append(binary.LittleEndian.AppendUint32(out, uint32(len(footer))), "PAR1"...)
}

// The same page put elsewhere reads as what was sealed: what pageOf makes is wrong only
// where it is changed.
func TestAPageElsewhere(t *testing.T) {
	s := small(t)
	b := pageOf(t, s, func(_ *format.PageHeader, body []byte) []byte { return body })
	verdict(t, "a page put elsewhere", check(t, b, s.options()), verify.Unstamped, verify.NotAsDelivered)
}

// What the caller cannot give is an error, and no verdict.
func TestWhatIsNoVerdict(t *testing.T) {
	s := small(t)
	b := s.file(t, stamp.CSV)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := verify.File(ctx, bytes.NewReader(b), int64(len(b)), s.options()); err == nil {
		t.Errorf("%+v although nobody waits", r)
	}
	if r, err := verify.File(t.Context(), bytes.NewReader(b[:len(b)/2]), int64(len(b)), s.options()); err == nil && r.Verdict == verify.Valid {
		t.Errorf("%+v of half a file", r)
	}
	o := s.options()
	o.Lookup = func(context.Context, string) ([]verify.Proof, error) {
		return nil, errors.New("the portal does not answer")
	}
	if r, err := verify.File(t.Context(), bytes.NewReader(b), int64(len(b)), o); err == nil {
		t.Errorf("%+v although the portal does not answer", r)
	}
	if r, err := verify.File(t.Context(), broken{}, 100, s.options()); err == nil {
		t.Errorf("%+v of a disk that fails", r)
	}
}

type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, fmt.Errorf("the disk fails") }
