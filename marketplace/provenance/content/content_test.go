package content_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"shuyuan/marketplace/provenance/content"
)

// What a cell becomes. The right sides are part of the format: a change of one of
// them makes every stamp that there is worthless.
func TestTheCanonicalFormOfACell(t *testing.T) {
	for _, c := range []struct{ typ, text, want string }{
		{"text", "", `null`},
		{"text", "福州", `"福州"`},
		{"text", "a\"b\\c\td\x01\u007f\u2028<é\U0001F600", `"a\"b\\c\td\u0001` + "\u007f\u2028<é\U0001F600" + `"`},
		{"text", "\b\f", `"\b\f"`},
		{"text", "a\r\nb\rc\nd\r", `"a\nb\nc\nd\n"`},
		{"text", " 1 ", `" 1 "`},
		{"text", "e\u0301", "\"e\u0301\""}, // no normalisation
		{"text", "\xff\xc0a", "\"\uFFFD\uFFFDa\""},
		{"yearmonth", "2026-01", `"2026-01"`},
		{"date", "2026-01-02", `"2026-01-02"`},
		{"date", "去年", `"去年"`},
		{"integer", "0", `0`}, {"integer", "-0", `0`}, {"integer", "2026", `2026`},
		{"integer", "9223372036854775807", `9223372036854775807`},
		{"integer", "9007199254740993", `9007199254740993`},
		{"integer", "12.0", `12`}, // a sum of whole numbers that an engine keeps as DOUBLE
		{"integer", "1e3", `1000`},
		{"integer", "007", `"007"`}, {"integer", "+5", `"+5"`}, {"integer", "5 ", `"5 "`}, {"integer", "1,000", `"1,000"`},
		{"integer", "１２", `"１２"`}, {"integer", "l2", `"l2"`}, {"integer", "二〇", `"二〇"`}, {"integer", "0x10", `"0x10"`},
		{"decimal", "1.50", `1.5`}, {"decimal", "-0.000", `0`}, {"decimal", "0.1", `0.1`}, {"decimal", "100", `100`}, {"decimal", "1e-07", `1e-7`},
		{"decimal", "0.000001", `0.000001`}, {"decimal", "1e+20", `100000000000000000000`}, {"decimal", "1e+21", `1e+21`}, {"decimal", "1.5E300", `1.5e+300`},
		{"decimal", "333333333.33333329", `"33333333333333329e-8"`}, // not the shortest text of its number
		{"decimal", "333333333.3333333", `333333333.3333333`},
		{"decimal", "0.30000000000000004", `0.30000000000000004`},
		{"decimal", "0.12345678901234567890123", `"12345678901234567890123e-23"`},
		{"decimal", "-12345678901234567890.50", `"-123456789012345678905e-1"`},
		{"decimal", "1e400", `"1e400"`}, {"decimal", "5e-324", `5e-324`}, {"decimal", "1e-400", `"1e-400"`},
		{"decimal", "1e99999999999999999999", `"1e99999999999999999999"`},
		{"decimal", "inf", `"inf"`}, {"decimal", "-inf", `"-inf"`}, {"decimal", "nan", `"nan"`}, {"decimal", "Infinity", `"Infinity"`},
		{"decimal", ".5", `".5"`}, {"decimal", "5.", `"5."`}, {"decimal", "1e", `"1e"`}, {"decimal", "--1", `"--1"`}, {"decimal", "1e++1", `"1e++1"`},
		{"boolean", "true", `true`}, {"boolean", "false", `false`}, {"boolean", "True", `"True"`}, {"boolean", "是", `"是"`},
		{"datetime", "2020-01-01 05:00:00", `"2020-01-01T05:00:00"`}, {"datetime", "2020-01-01T05:00:00", `"2020-01-01T05:00:00"`},
		{"datetime", "2020-01-01 05:00:00.120", `"2020-01-01T05:00:00.12"`}, {"datetime", "2020-01-01 05:00:00.000", `"2020-01-01T05:00:00"`},
		{"datetime", "10000-01-01 05:00:00", `"10000-01-01T05:00:00"`}, {"datetime", "2020-01-01 下午", `"2020-01-01T下午"`}, {"datetime", "昨天 5 点", `"昨天 5 点"`},
		{"datetime", "2020-01-01 05:00:00.1x0", `"2020-01-01T05:00:00.1x0"`}, {"datetime", "2020-01-01", `"2020-01-01"`},
		{"array", `[ 1, "a" , null,true ]`, `[1,"a",null,true]`}, {"array", `[1,`, `"[1,"`}, {"array", `1`, `"1"`}, {"array", "[1]\n", `[1]`}, {"array", `[1]2`, `"[1]2"`},
		{"object", `{"b":1.0,"a":{"d":[],"c":{}}}`, `{"a":{"c":{},"d":[]},"b":1}`},
		{"object", `{"\ufb33":1,"\ud83d\ude00":2,"\r":3}`, "{\"\\n\":3,\"\U0001F600\":2,\"\ufb33\":1}"},
		{"object", `{"a":1,"a":1}`, `"{\"a\":1,\"a\":1}"`},
		{"object", `{"a":"\ud800"}`, `"{\"a\":\"\\ud800\"}"`},
		{"object", `{"a":0.12345678901234567890123}`, `{"a":"12345678901234567890123e-23"}`},
		{"array", strings.Repeat("[", 101) + strings.Repeat("]", 101), `"` + strings.Repeat("[", 101) + strings.Repeat("]", 101) + `"`},
		{"array", strings.Repeat("[", 100) + strings.Repeat("]", 100), strings.Repeat("[", 100) + strings.Repeat("]", 100)},
		{"geometry", `{"type":"Point","coordinates":[119.50,26]}`, `{"coordinates":[119.5,26],"type":"Point"}`},
		{"geometry", `POINT(1 2)`, `"POINT(1 2)"`},
		{"point", `119.3, 26.1`, `"119.3, 26.1"`},
	} {
		if got := string(content.Append(nil, c.typ, []byte(c.text))); got != c.want {
			t.Errorf("%s %q: %s, wanted %s", c.typ, c.text, got, c.want)
		}
	}
}

var columns = []content.Column{{Name: "站点", Type: "text"}, {Name: "a\"b", Type: "integer"}, {Name: "值", Type: "decimal"}, {Name: "时间", Type: "datetime"}, {Name: "标签", Type: "object"}, {Name: "在用", Type: "boolean"}}

func digest(t *testing.T, rows [][]string) string {
	t.Helper()
	h, err := content.New(columns)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		cells := make([]content.Cell, len(row))
		for i, text := range row {
			cells[i] = content.Cell{Text: []byte(text), Null: text == "∅"}
		}
		if err := h.Row(cells); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.Facts().Rows; got != int64(len(rows)) {
		t.Errorf("%d rows", got)
	}
	return h.Sum()
}

// The digest of a small table, worked out with sha256sum over the text that the
// documentation prescribes, which stands here in full.
func TestTheDigestOfATable(t *testing.T) {
	const text = `[["站点","text"],["a\"b","integer"],["值","decimal"],["时间","datetime"],["标签","object"],["在用","boolean"]]
["鼓楼",1,0.5,"2026-01-02T03:04:05",{"a":1},true]
[null,null,"inf",null,null,null]
["两\n行","十",-1e-7,"晚上","{",false]
`
	rows := [][]string{
		{"鼓楼", "1", "0.50", "2026-01-02 03:04:05.000", `{ "a": 1 }`, "true"},
		{"", "∅", "inf", "∅", "", ""},
		{"两\r\n行", "十", "-1e-07", "晚上", "{", "false"},
	}
	h, err := content.New(columns)
	if err != nil {
		t.Fatal(err)
	}
	if h.Sum() == digest(t, rows) || len(text) == 0 {
		t.Error("rows do not count")
	}
	const want = "37b5326e07caeaa97ccdd383f88876c421ed273d50a15d1e1c586099e4262892"
	if got := digest(t, rows); got != want {
		t.Errorf("%s, wanted %s", got, want)
	}
	if err := h.Row(make([]content.Cell, 5)); err == nil {
		t.Error("a row too short was taken")
	}
	if _, err := content.New(nil); err == nil {
		t.Error("a table without columns has a digest")
	}
	if got := content.Names([]string{"a", "二"}); got != "52ad8757468eb921e96770037b461856230b74b5c9f83b3c081bddb36250b9ea" {
		t.Errorf("names: %s", got)
	}
}

// independent is the format once more, by nobody who has seen the other: Python's
// own reader of JSON, its exact decimals and its shortest texts of numbers.
const independent = `
import sys, json, re, hashlib, decimal
decimal.getcontext().prec = 400
def es6(f):
    if f == 0: return '0'
    sign = '-' if f < 0 else ''
    _, digits, exp = decimal.Decimal(repr(abs(f))).normalize().as_tuple()
    d = ''.join(map(str, digits)); k = len(d); n = exp + k
    if k <= n <= 21: return sign + d + '0' * (n - k)
    if 0 < n <= 21: return sign + d[:n] + '.' + d[n:]
    if -6 < n <= 0: return sign + '0.' + '0' * -n + d
    e = ('+' if n - 1 > 0 else '-') + str(abs(n - 1))
    return sign + d[0] + ('.' + d[1:] if k > 1 else '') + 'e' + e
def string(s):
    s = s.replace('\r\n', '\n').replace('\r', '\n')
    return json.dumps(s, ensure_ascii=False)
NUM = re.compile(r'(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?')
def number(s):
    m = NUM.fullmatch(s)
    if not m: return None
    sign, whole, frac, exp = m.group(1), m.group(2), m.group(3) or '', int(m.group(4) or 0)
    digits = (whole + frac).lstrip('0'); exp -= len(frac)
    if not digits: return '0'
    while digits.endswith('0'): digits, exp = digits[:-1], exp + 1
    if exp >= 0 and len(digits) + exp <= 21: return sign + digits + '0' * exp
    try:
        f = float(s)
        if f - f != 0: raise OverflowError
        t = es6(f)
        if decimal.Decimal(t) == decimal.Decimal(s): return t
    except (OverflowError, decimal.InvalidOperation): pass
    return '"%s%se%d"' % (sign, digits, exp)
class N(str): pass
def pairs(l):
    if len(set(k for k, _ in l)) != len(l): raise ValueError
    return dict(l)
def no(x): raise ValueError
def value(v):
    if v is None: return 'null'
    if v is True: return 'true'
    if v is False: return 'false'
    if isinstance(v, N): return number(v)
    if isinstance(v, str):
        v.encode('utf-8'); return string(v)
    if isinstance(v, list): return '[' + ','.join(map(value, v)) + ']'
    return '{' + ','.join(string(k) + ':' + value(v[k]) for k in sorted(v, key=lambda k: k.encode('utf-16-be'))) + '}'
def cell(typ, s):
    if s is None or s == '': return 'null'
    if typ in ('integer', 'decimal'):
        n = number(s)
        if n is not None: return n
    elif typ == 'boolean' and s in ('true', 'false'): return s
    elif typ == 'datetime':
        s = re.sub(r'^([0-9]{4,}-[0-9]{2}-[0-9]{2}) ', r'\1T', s)
        m = re.fullmatch(r'([0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\.([0-9]+)', s)
        if m: s = m.group(1) + ('.' + m.group(2).rstrip('0') if m.group(2).strip('0') else '')
    elif typ in ('array', 'object', 'point', 'geometry') and s[0] in '[{':
        try: return value(json.loads(s, parse_float=N, parse_int=N, parse_constant=no, object_pairs_hook=pairs))
        except (ValueError, RecursionError): pass
    return string(s)
table = json.load(sys.stdin)
h = hashlib.sha256()
h.update(('[' + ','.join('[%s,%s]' % (string(n), string(t)) for n, t in table['columns']) + ']\n').encode())
for row in table['rows']:
    h.update(('[' + ','.join(cell(t, s) for (_, t), s in zip(table['columns'], row)) + ']\n').encode())
print(h.hexdigest())
`

// Another program, in another language, comes to the same digest.
func TestAnotherProgramComesToTheSameDigest(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatalf("the independent reading of the format is in Python, which the setup of this project has: %v", err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var rows [][]string
	for range 4000 {
		rows = append(rows, []string{words(r), numeral(r), numeral(r), moment(r), value(r, 0), []string{"true", "false", "", "t", "∅"}[r.IntN(5)]})
	}
	in := struct {
		Columns [][2]string `json:"columns"`
		Rows    [][]*string `json:"rows"`
	}{}
	for _, c := range columns {
		in.Columns = append(in.Columns, [2]string{c.Name, c.Type})
	}
	for _, row := range rows {
		var line []*string
		for _, s := range row {
			if s == "∅" {
				line = append(line, nil)
			} else {
				line = append(line, &s)
			}
		}
		in.Rows = append(in.Rows, line)
	}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", independent)
	cmd.Stdin = bytes.NewReader(b)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got, want := digest(t, rows), strings.TrimSpace(string(out)); got != want {
		t.Errorf("%s, by the other program %s", got, want)
	}
}

func words(r *rand.Rand) string {
	parts := []string{"福州", "\r\n", "\r", "\n", "\"", "\\", "\t", "\x01", "\x7f", "\u2028", "é", "e\u0301", "\U0001F600", " ", "=1+1", "<b>", "", "\b", "\f", "\v"}
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	return b.String()
}

func numeral(r *rand.Rand) string {
	switch r.IntN(9) {
	case 0:
		return strconv.FormatInt(r.Int64()-r.Int64(), 10)
	case 1:
		return strconv.FormatFloat(math.Float64frombits(r.Uint64()&^(0x400<<52)), 'g', -1, 64)
	case 2:
		return strconv.FormatFloat(r.NormFloat64(), 'f', r.IntN(30), 64)
	case 3:
		return fmt.Sprintf("%d.%020d", r.IntN(1000), r.Int64())
	case 4:
		return []string{"", "∅", "-", "007", "+1", "1.", ".1", "inf", "nan", "-inf", "1e5", "1E-5", "1e+21", "-0", "0.000", "１", "1e400", "1e-400", "二"}[r.IntN(19)]
	case 5:
		return strconv.FormatFloat(math.Pow(10, float64(r.IntN(60)-30)), 'e', -1, 64)
	case 6:
		return fmt.Sprintf("%d%s", r.Int64(), strings.Repeat("0", r.IntN(30)))
	}
	return strconv.Itoa(r.IntN(1000) - 500)
}

func moment(r *rand.Rand) string {
	s := fmt.Sprintf("%04d-%02d-%02d%s%02d:%02d:%02d", 1+r.IntN(12000), 1+r.IntN(12), 1+r.IntN(28), []string{" ", "T", "  ", ""}[r.IntN(4)], r.IntN(24), r.IntN(60), r.IntN(60))
	return s + []string{"", ".000", ".120", ".000001", ".", "Z", ".5 "}[r.IntN(7)]
}

func value(r *rand.Rand, deep int) string {
	switch n := r.IntN(9); {
	case n < 2 && deep < 4:
		var all []string
		for range r.IntN(4) {
			all = append(all, value(r, deep+1))
		}
		return "[" + strings.Join(all, ", ") + "]"
	case n < 5 && deep < 4:
		var all []string
		for range r.IntN(5) {
			key, _ := json.Marshal(words(r))
			all = append(all, string(key)+" : "+value(r, deep+1))
		}
		return "{" + strings.Join(all, ",") + "}"
	case n == 5:
		return []string{"true", "null", "tru", "{", "[1,]", `"\ud83d\ude00"`, `"\ud800"`}[r.IntN(7)]
	case n == 6:
		b, _ := json.Marshal(words(r))
		return string(b)
	}
	if s := numeral(r); s != "∅" && s != "" {
		return s
	}
	return "0"
}

// A row costs no memory that is kept.
func BenchmarkRow(b *testing.B) {
	h, err := content.New(columns)
	if err != nil {
		b.Fatal(err)
	}
	row := []content.Cell{{Text: []byte("福州市鼓楼区")}, {Text: []byte("12345")}, {Text: []byte("12.75")}, {Text: []byte("2026-01-02 03:04:05")}, {Null: true}, {Text: []byte("true")}}
	n := 0
	for _, c := range row {
		n += len(c.Text) + 1
	}
	b.SetBytes(int64(n))
	b.ReportAllocs()
	for b.Loop() {
		if err := h.Row(row); err != nil {
			b.Fatal(err)
		}
	}
}
