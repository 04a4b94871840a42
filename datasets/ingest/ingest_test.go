package ingest_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/fault"
)

func gb18030(t testing.TB, s string) string {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func utf16(t testing.TB, e unicode.Endianness, s string) string {
	t.Helper()
	out, err := unicode.UTF16(e, unicode.UseBOM).NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func zipped(t testing.TB, s string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// rowsOf writes rows as lines, with bars between the cells.
func rowsOf(rows [][]string) string {
	var out []string
	for _, r := range rows {
		out = append(out, strings.Join(r, "|"))
	}
	return strings.Join(out, "\n")
}

func TestAFileIsReadAsItIsMeant(t *testing.T) {
	const villages = "代码,名称\n350102001001,上㘵村\n"
	for _, c := range []struct {
		name, file, content string
		encoding            string
		want                string
	}{
		{"UTF-8", "a.csv", villages, "UTF-8", "代码|名称\n350102001001|上㘵村"},
		{"a byte order mark is no part of the first name", "a.csv", "\uFEFF" + villages, "UTF-8-BOM", "代码|名称\n350102001001|上㘵村"},
		{"GB18030, with a character of four bytes", "a.csv", gb18030(t, villages), "GB18030", "代码|名称\n350102001001|上㘵村"},
		{"UTF-16, as Excel saves Unicode text", "a.tsv", utf16(t, unicode.LittleEndian, "代码\t名称\n01\t村\n"), "UTF-16LE", "代码|名称\n01|村"},
		{"UTF-16 the other way round", "a.csv", utf16(t, unicode.BigEndian, villages), "UTF-16BE", "代码|名称\n350102001001|上㘵村"},
		{"gzip", "a.csv.gz", zipped(t, villages), "UTF-8", "代码|名称\n350102001001|上㘵村"},
		{"the ending in capitals", "A.CSV", villages, "UTF-8", "代码|名称\n350102001001|上㘵村"},

		{"leading zeros and long numbers stay", "a.csv", "码\n01234567890123456789\n4.4E+17\n", "UTF-8", "码\n01234567890123456789\n4.4E+17"},
		{"CRLF and blank lines", "a.csv", "a,b\r\n\r\n1,2\r\n\r\n", "UTF-8", "a|b\n1|2"},
		{"no line end at the end", "a.csv", "a,b\n1,2", "UTF-8", "a|b\n1|2"},
		{"quotes around separators, quotes and lines", "a.csv", "a,b\n\"1,\"\"x\"\"\",\"二\n行\"\n", "UTF-8", "a|b\n1,\"x\"|二\n行"},
		{"semicolons", "a.csv", "a;b\n1,5;2\n", "UTF-8", "a|b\n1,5|2"},
		{"tabs in a CSV", "a.csv", "a\tb\n1\t2\n", "UTF-8", "a|b\n1|2"},
		{"bars", "a.csv", "a|b\n1|2\n", "UTF-8", "a|b\n1|2"},
		{"a separator within quotes is none", "a.csv", "\"a,b,c\";d\n1;2\n", "UTF-8", "a,b,c|d\n1|2"},
		{"one column", "a.csv", "名称\n一\n\"\"\n", "UTF-8", "名称\n一\n"},
		{"only a header", "a.csv", "a,b\n", "UTF-8", "a|b"},
		{"a quote within a cell is a character", "a.csv", "a,b\n119°18'30\",5\" disk\n", "UTF-8", "a|b\n119°18'30\"|5\" disk"},
		{"quotes in a TSV", "a.tsv", "a\tb\n\"x\ty\"\t2\n", "UTF-8", "a|b\nx\ty|2"},
		{"quotes in a list are characters", "a.txt", "词\n\"\n“\n'\n", "UTF-8", "词\n\"\n“\n'"},
		{"blank lines of a list count for nothing", "a.txt", "词\r\n\r\n的\r\n", "UTF-8", "词\n的"},

		{"an array of objects", "a.json", `[{"a":1,"b":"二"},{"b":null,"c":true,"a":1.50}]`, "UTF-8", "a|b|c\n1|二|\n1.50||true"},
		{"an object that holds the array", "a.json", `{"n":2,"meta":{"x":[1]},"rows":[{"a":1}],"more":[{"a":2}]}`, "UTF-8", "a\n1"},
		{"numbers beyond all numbers keep their digits", "a.json", `{"n":1e999,"rows":[{"a":1e999,"b":12345678901234567890.10}],"m":1e999}`, "UTF-8", "a|b\n1e999|12345678901234567890.10"},
		{"JSON with a byte order mark", "a.json", "\uFEFF" + `[{"a":1}]`, "UTF-8-BOM", "a\n1"},
		{"what is nested stays JSON", "a.json", `[{"a":[1, {"b":"c"}],"d":{ }}]`, "UTF-8", `a|d` + "\n" + `[1,{"b":"c"}]|{}`},
		{"a tree is one record", "a.json", `[{"code":"35","children":[{"code":"3501"}]}]`, "UTF-8", "code|children\n35|[{\"code\":\"3501\"}]"},
		{"escapes of pairs", "a.json", `[{"a":"\ud83d\ude00\\ud83d"}]`, "UTF-8", "a\n😀\\ud83d"},
		{"a record a line", "a.ndjson", "{\"a\":1}\n\n{\"a\":2}\n", "UTF-8", "a\n1\n2"},
		{"features with id and geometry", "a.geojson", `{"type":"FeatureCollection","bbox":[1,2,[3]],"features":[
			{"type":"Feature","id":"x","geometry":{"type":"Point","coordinates":[119.3, 26.1]},"properties":{"名称":"福州"}},
			{"type":"Feature","id":7,"geometry":null,"properties":null}],"crs":null}`, "UTF-8",
			"id|名称|geometry\nx|福州|{\"type\":\"Point\",\"coordinates\":[119.3,26.1]}\n7||"},
		{"a property called id is the nearer one", "a.geojson", `{"features":[{"id":"f1","properties":{"id":"p1"},"geometry":null}]}`, "UTF-8", "id|geometry\np1|"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := ingest.Open(c.file, strings.NewReader(c.content), ingest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if f.Encoding != c.encoding {
				t.Errorf("encoding %q, want %q", f.Encoding, c.encoding)
			}
			rows, err := read(c.file, c.content)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, rowsOf(rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestATableCanBeReadAgain(t *testing.T) {
	f, err := ingest.Open("a.csv.gz", strings.NewReader(zipped(t, "a\n1\n2\n")), ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		n := 0
		if err := f.Tables()[0].Rows(func([]string) error { n++; return nil }); err != nil || n != 3 {
			t.Errorf("%d rows, %v", n, err)
		}
	}
}

func TestWhatTheReaderReturnsEndsTheReading(t *testing.T) {
	enough := errors.New("enough")
	for name, content := range map[string]string{"a.csv": "a\n1\n2\n", "a.txt": "a\n1\n2\n", "a.json": `[{"a":1},{"a":2}]`, "a.xlsx": book(t, sheet{cells: [][]any{{"a"}, {1}, {2}}})} {
		f, err := ingest.Open(name, strings.NewReader(content), ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		err = f.Tables()[0].Rows(func([]string) error {
			if n++; n == 2 {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) || n != 2 {
			t.Errorf("%s: %d rows, %v", name, n, err)
		}
	}
}

func TestColumnsWithoutAHeaderAreNamed(t *testing.T) {
	for _, c := range []struct {
		name  string
		names []string
		want  string
	}{
		{"by the dictionary", []string{"词", "次数"}, "词|次数\n的|5"},
		{"by number where there is none", nil, "列1|列2\n的|5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, err := readWith("a.tsv", "的\t5\n", ingest.Options{NoHeader: true, Names: c.names})
			if err != nil {
				t.Fatal(err)
			}
			if got := rowsOf(rows); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	if _, err := readWith("a.tsv", "的\t5\n", ingest.Options{NoHeader: true, Names: []string{"词"}}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("two columns with one name: %v", err)
	}
}

func TestAFileThatDoesNotHoldWhatItPromisesIsRefused(t *testing.T) {
	small := ingest.Limits{Bytes: 4000, Columns: 3, Cell: 100, Record: 300}
	long := strings.Repeat("长", 40)
	for _, c := range []struct {
		name, file, content string
		says                string
		limits              ingest.Limits
	}{
		{name: "nothing", file: "a.csv", content: "", says: "文件是空的。"},
		{name: "only a byte order mark", file: "a.csv", content: "\uFEFF", says: "文件是空的。"},
		{name: "only blank lines", file: "a.txt", content: "\n\n", says: "文件是空的。"},
		{name: "a name twice", file: "a.csv", content: "a,a\n1,2\n", says: "列名“a”出现了两次。"},
		{name: "a column without a name", file: "a.csv", content: "a,\u3000\n1,2\n", says: "第 2 列没有列名。"},
		{name: "a row too short", file: "a.csv", content: "a,b\n1,2\n3\n", says: "第 3 行有 1 栏，应有 2 栏。"},
		{name: "a row too long", file: "a.csv", content: "a,b\n\"一\n行\",2\n3,4,5\n", says: "第 4 行有 3 栏，应有 2 栏。"},
		{name: "a quote that does not close", file: "a.csv", content: "a\n\"x\n", says: "第 2 行的引号或分隔符有误。"},
		{name: "text behind a quote", file: "a.tsv", content: "a\tb\n\"5\" disk\t1\n", says: "第 2 行的引号或分隔符有误。"},
		{name: "lines of an old Macintosh", file: "a.csv", content: "a,b\r1,2\r", says: "第 1 行第 2 列有单独的回车符，换行须为 LF 或 CRLF。"},
		{name: "a carriage return after a wide character", file: "a.csv", content: "a\n，\r中\n", says: "第 2 行第 1 列有单独的回车符，换行须为 LF 或 CRLF。"},
		{name: "NUL", file: "a.csv", content: "a\n" + strings.Repeat("x\n", 600) + "\x00\n", says: "第 602 行第 1 列有控制字符。"},
		{name: "NUL at the beginning", file: "a.csv", content: "a\x00", says: "文件里有空字符，可能是二进制文件，或没有标记的 UTF-16；请另存为 UTF-8。"},
		{name: "an escape", file: "a.csv", content: "a\n\x1b[31m\n", says: "第 2 行第 1 列有控制字符。"},
		{name: "a noncharacter", file: "a.csv", content: "a\n\uFFFE\n", says: "第 2 行第 1 列有控制字符。"},
		{name: "characters that cannot be read are counted", file: "a.csv", content: "a,b\n\xc3\xf7,\xff\xff\n\xff,1\n", says: "文件里有 3 个无法识别的字符，第一个在第 2 行第 2 列，请检查文件编码。"},
		{name: "a pair of GBK for private use", file: "a.csv", content: "a\n\xb4\xe5\xfe\xfe\n", says: "文件里有 1 个无法识别的字符，第一个在第 2 行第 1 列，请检查文件编码。"},
		{name: "cut in the middle of a character", file: "a.csv", content: gb18030(t, "名称\n村")[:len(gb18030(t, "名称\n村"))-1], says: "文件里有 1 个无法识别的字符，第一个在第 2 行第 1 列，请检查文件编码。"},
		{name: "overlong UTF-8", file: "a.csv", content: "\uFEFFa\n\xc0\xaf\n", says: "文件里有 2 个无法识别的字符，第一个在第 2 行第 1 列，请检查文件编码。"},
		{name: "an unknown ending", file: "x/a.exe", content: "MZ", says: "不认识这种文件：a.exe"},
		{name: "no ending", file: "csv", content: "a\n", says: "不认识这种文件：csv"},
		{name: "not gzip", file: "a.csv.gz", content: "a\n1\n", says: "这不是完好的 gzip 文件。"},
		{name: "gzip cut short", file: "a.csv.gz", content: zipped(t, strings.Repeat("a\n", 5000))[:30], says: "这不是完好的 gzip 文件。"},
		{name: "gzip with another checksum", file: "a.csv.gz", content: spoilt(zipped(t, "a\n1\n")), says: "这不是完好的 gzip 文件。"},

		{name: "too much, unpacked", file: "a.csv.gz", content: zipped(t, "a\n"+strings.Repeat("x\n", 5000)), says: "文件解开后太大，最多 4000 B。", limits: small},
		{name: "a head of blanks", file: "a.csv", content: " ,\u3000\n1,2\n", says: "列名那一行是空的：没有一列有名字。"},
		{name: "too many columns", file: "a.csv", content: "a,b,c,d\n", says: "第 1 行栏数太多，最多 3 栏。", limits: small},
		{name: "too long a cell", file: "a.csv", content: "a,b\n1," + long + "\n", says: "第 2 行第 2 列的内容太长，一格最多 100 B。", limits: small},
		{name: "too long a record", file: "a.csv", content: "a\n1\n\"" + strings.Repeat("x\n", 400), says: "从第 3 行起的一条记录太长，可能是引号没有结束。", limits: small},
		{name: "too long a line", file: "a.txt", content: "a\n1\n" + strings.Repeat("x", 800), says: "从第 3 行起的一条记录太长，可能是引号没有结束。", limits: small},

		{name: "no JSON", file: "a.json", content: "名称", says: "第 0 条记录附近不是正确的 JSON。"},
		{name: "empty JSON", file: "a.json", content: "", says: "文件不完整，到第 0 条记录为止。"},
		{name: "a number", file: "a.json", content: "5", says: "文件里没有记录。"},
		{name: "an empty array", file: "a.json", content: "[]", says: "文件里没有记录。"},
		{name: "empty objects", file: "a.json", content: "[{},{}]", says: "文件里没有记录。"},
		{name: "an object without an array", file: "a.json", content: `{"a":{"b":[1]}}`, says: "文件里没有记录。"},
		{name: "arrays", file: "a.json", content: "[[1,2]]", says: "第 1 条记录不是对象。"},
		{name: "cut short", file: "a.json", content: `[{"a":1},{"a":`, says: "文件不完整，到第 2 条记录为止。"},
		{name: "the end is missing", file: "a.json", content: `{"rows":[{"a":1}]`, says: "文件不完整，到第 1 条记录为止。"},
		{name: "the end of the array is missing", file: "a.json", content: `[{"a":1}`, says: "文件不完整，到第 1 条记录为止。"},
		{name: "broken", file: "a.json", content: `[{"a":1},{a:2}]`, says: "第 2 条记录附近不是正确的 JSON。"},
		{name: "broken after the records", file: "a.json", content: `{"rows":[{"a":1}],"x":}`, says: "第 1 条记录附近不是正确的 JSON。"},
		{name: "something follows", file: "a.json", content: `[{"a":1}] [{"a":2}]`, says: "第 1 条记录附近不是正确的 JSON。"},
		{name: "a bracket between lines", file: "a.ndjson", content: "{\"a\":1}\n]\n{\"a\":2}\n", says: "第 1 条记录附近不是正确的 JSON。"},
		{name: "a member twice", file: "a.json", content: `[{"a":1,"a":2}]`, says: "第 1 条记录里“a”出现了两次。"},
		{name: "a member without a name", file: "a.json", content: `[{"":1}]`, says: "第 1 列没有列名。"},
		{name: "NUL in a string", file: "a.json", content: `[{"a":1},{"a":"x\u0000"}]`, says: "第 2 行第 1 列有控制字符。"},
		{name: "half a character", file: "a.json", content: `[{"a":["\ud83dx"]}]`, says: "第 1 条记录有无法识别的字符，请检查文件编码。"},
		{name: "half a character in a name", file: "a.json", content: `[{"\udc00":1}]`, says: "第 1 条记录有无法识别的字符，请检查文件编码。"},
		{name: "too deep", file: "a.json", content: `[{"a":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}]`, says: "第 1 条记录附近不是正确的 JSON。"},
		{name: "too large a record", file: "a.json", content: `[{"a":1},{"a":[` + strings.Repeat("1,", 400) + `1]}]`, says: "第 2 条记录太大。", limits: small},
		{name: "too long a string", file: "a.json", content: `[{"a":"` + long + `"}]`, says: "第 1 行第 1 列的内容太长，一格最多 100 B。", limits: small},
		{name: "too many members", file: "a.json", content: `[{"a":1,"b":2},{"c":3,"d":4}]`, says: "第 2 行栏数太多，最多 3 栏。", limits: small},
		{name: "GeoJSON without features", file: "a.geojson", content: `{"type":"Feature","geometry":null,"properties":{"x":[1]}}`, says: "文件里没有记录。"},
		{name: "features that are none", file: "a.geojson", content: `{"features":[{"a":1}]}`, says: "第 1 条记录不是 GeoJSON 要素。"},
		{name: "properties that are none", file: "a.geojson", content: `{"features":[{"properties":[1],"geometry":null}]}`, says: "第 1 条记录不是对象。"},
		{name: "a property that hides the geometry", file: "a.geojson", content: `{"features":[{"properties":{"geometry":"x"},"geometry":null}]}`, says: "第 1 条记录里“geometry”出现了两次。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, err := readWith(c.file, c.content, ingest.Options{Limits: c.limits})
			if err == nil {
				t.Fatalf("read as %q", rows)
			}
			f := fault.Of(err)
			if got := f.Text(); got != c.says {
				t.Errorf("%s\nwant %s", got, c.says)
			}
			if want := c.limits != (ingest.Limits{}); (f.Kind == fault.TooLarge) != want || f.Kind != fault.Invalid && f.Kind != fault.TooLarge {
				t.Errorf("kind %d: %v", f.Kind, err)
			}
		})
	}
}

func spoilt(s string) string {
	b := []byte(s)
	b[len(b)-5] ^= 1
	return string(b)
}

// down is a store that stops answering in the middle of a file.
type down struct{ *strings.Reader }

var errDown = errors.New("the store does not answer")

func (d down) Read(p []byte) (int, error) {
	if d.Len() < 100 {
		return 0, errDown
	}
	return d.Reader.Read(p[:1])
}

// distinct are lines that do not pack well.
func distinct() string {
	var out strings.Builder
	for i := range 400 {
		fmt.Fprintf(&out, "%x,%x\n", i*i*7919, i*104729)
	}
	return out.String()
}

func TestAStoreThatFailsIsNotTheFilesFault(t *testing.T) {
	rows := strings.Repeat("一,二\n", 200)
	for name, content := range map[string]string{
		"a.csv": rows, "a.txt": rows, "a.csv.gz": zipped(t, distinct()), "a.json": `[{"a":1},` + strings.Repeat(" ", 2000), "a.ndjson": strings.Repeat("{\"a\":1}\n", 300),
	} {
		f, err := ingest.Open(name, down{strings.NewReader(content)}, ingest.Options{})
		if err == nil {
			err = f.Tables()[0].Rows(func([]string) error { return nil })
		}
		if !errors.Is(err, errDown) || fault.KindOf(err) != fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// endless is a file of begin, then body again and again, up to size bytes; it
// takes no memory.
type endless struct {
	begin, body string
	size, at    int64
}

func (e *endless) Seek(to int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		to += e.size
	}
	e.at = to
	return to, nil
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) && e.at < e.size {
		rest := e.begin[min(e.at, int64(len(e.begin))):]
		if rest == "" {
			rest = e.body[(e.at-int64(len(e.begin)))%int64(len(e.body)):]
		}
		k := copy(p[n:], rest[:min(int64(len(rest)), e.size-e.at)])
		n, e.at = n+k, e.at+int64(k)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// peak is how many bytes of heap do holds beyond what was there before, seen
// from within it through the function it is given.
func peak(do func(look func())) int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := int64(m.HeapAlloc), int64(0)
	look := func() {
		runtime.GC()
		runtime.ReadMemStats(&m)
		most = max(most, int64(m.HeapAlloc)-before)
	}
	do(look)
	return most
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	for name, file := range map[string]*endless{
		"a.csv":    {begin: "代码,名称\n", body: "350102001001,上㘵村\n"},
		"a.txt":    {begin: "词\n", body: "的\n"},
		"a.ndjson": {body: `{"代码":"350102001001","值":[1,2]}` + "\n"},
	} {
		file.size = int64(len(file.begin)) + 12<<20/int64(len(file.body))*int64(len(file.body))
		rows := 0
		got := peak(func(look func()) {
			f, err := ingest.Open(name, file, ingest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Tables()[0].Rows(func([]string) error {
				if rows++; rows%40_000 == 0 {
					look()
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		})
		if rows < 80_000 {
			t.Errorf("%s: only %d rows", name, rows)
		}
		if got > 3<<20 {
			t.Errorf("%s: %d KiB held while reading %d MiB", name, got>>10, file.size>>20)
		}
	}
}

// What never ends is given up early: the reader is not led to the end of the
// file, and does not keep what it has read.
func TestWhatNeverClosesIsGivenUpEarly(t *testing.T) {
	for name, file := range map[string]*endless{
		"a.csv":    {begin: "a\n\"", body: "x"},
		"a.txt":    {begin: "a\n", body: "x"},
		"a.json":   {begin: `[{"a":"`, body: "x"},
		"a.ndjson": {begin: `{"a":[`, body: "1,"},
	} {
		file.size = 1 << 40
		looked := &counting{endless: file}
		opt := ingest.Options{Limits: ingest.Limits{Record: 1 << 20, Bytes: 1 << 40}}
		if name == "a.csv" || name == "a.txt" { // the encoding is that of the whole file: this one ends
			file.size = 8 << 20
		}
		f, err := ingest.Open(name, looked, opt)
		if err != nil {
			t.Fatal(err)
		}
		looked.n = 0
		if err := f.Tables()[0].Rows(func([]string) error { return nil }); fault.KindOf(err) != fault.TooLarge {
			t.Errorf("%s: %v", name, err)
		}
		if looked.n > 3<<20 {
			t.Errorf("%s: %d bytes read for a record of at most 1 MiB", name, looked.n)
		}
	}
}

type counting struct {
	*endless
	n int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.endless.Read(p)
	c.n += int64(n)
	return n, err
}

func FuzzOpen(f *testing.F) {
	names := []string{"a.csv", "a.tsv", "a.txt", "a.json", "a.ndjson", "a.geojson", "a.xlsx", "a.csv.gz", "a.xml", "a.parquet", "a.zip", "a.docx", "a.pdf"}
	for i, content := range []string{
		"a,b\n1,2\n", "a\t\"b\"\n1\t2\n", "一\n二\n", `[{"a":1,"b":[{}]},{"c":null}]`, "{\"a\":1}\n", `{"features":[{"id":1,"properties":{"a":"\ud83d\ude00"},"geometry":{"type":"Point","coordinates":[1,2]}}]}`,
		book(f, sheet{cells: [][]any{{"a", "b"}, {1.5, "x"}, {true, nil}}}), zipped(f, "a\n1\n"),
	} {
		f.Add(i, []byte(content), false)
	}
	f.Add(0, []byte("\xef\xbb\xbfa,\"b\r\n\"\r\n\xa1\xa1,\xff\r\n"), true)
	f.Add(0, []byte("\xff\xfea\x00,\x00b\x00"), false)
	f.Add(3, []byte(`{"x":{"y":[1]},"rows":[{"a":"\u0000"}]}`), false)
	f.Fuzz(func(t *testing.T, kind int, content []byte, noHeader bool) {
		name := names[uint(kind)%uint(len(names))]
		opened, err := ingest.Open(name, bytes.NewReader(content), ingest.Options{NoHeader: noHeader, Limits: ingest.Limits{Bytes: 1 << 20, Columns: 50, Cell: 1 << 12, Record: 1 << 16}})
		if err != nil {
			classified(t, err)
			return
		}
		for _, table := range opened.Tables() {
			width := 0
			if err := table.Rows(func(row []string) error {
				if width == 0 {
					width = len(row)
				}
				if len(row) != width || width == 0 {
					return fmt.Errorf("a row of %d cells among those of %d", len(row), width)
				}
				for _, cell := range row {
					if strings.ContainsRune(cell, 0) {
						return fmt.Errorf("NUL in %q", cell)
					}
				}
				return nil
			}); err != nil {
				classified(t, err)
			}
		}
	})
}

func classified(t *testing.T, err error) {
	t.Helper()
	if k := fault.KindOf(err); k != fault.Invalid && k != fault.TooLarge {
		t.Fatalf("kind %d: %v", k, err)
	}
}
