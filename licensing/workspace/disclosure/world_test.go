package disclosure

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/policy"
)

var today = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)

// record is a row of a made-up table. subject is whom it is about.
type record struct {
	subject int
	of      map[string]any // string or float64
}

// idOf adds the check character to 17 digits by the weights of GB 11643.
func idOf(s string) string {
	weights := []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return s + string("10X98765432"[sum%11])
}

// cardOf adds the Luhn digit.
func cardOf(s string) string {
	for d := range 10 {
		sum, card := 0, fmt.Sprint(s, d)
		for i, c := range card {
			n := int(c - '0')
			if (len(card)-i)%2 == 0 {
				n = n*2/10 + n*2%10
			}
			sum += n
		}
		if sum%10 == 0 {
			return card
		}
	}
	return ""
}

// world is three made-up tables: 2,000 persons, 300 companies, visits of persons.
var world = sync.OnceValue(func() map[string][]record {
	r := rand.New(rand.NewPCG(6, 164))
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	districts := []string{"东城", "西城", "南城", "北城", "中城", "新城", "港区", "湖区"}
	out := map[string][]record{}
	for i := range 2000 {
		district := districts[r.IntN(len(districts))]
		switch {
		case i < 3:
			district = "平岛"
		case i < 30:
			district = "山区"
		}
		age := float64(r.IntN(90))
		band := "60以上"
		switch {
		case age < 18:
			band = "18以下"
		case age < 35:
			band = "18到34"
		case age < 60:
			band = "35到59"
		}
		sick, disease := 0.0, "无"
		if r.IntN(5) == 0 || i >= 3 && i < 30 {
			sick, disease = 1, pick("高血压", "糖尿病", "哮喘")
		}
		if i%250 == 100 {
			disease = "罕见病"
		}
		birth := fmt.Sprintf("%d%02d%02d", 2026-int(age)-1, 1+r.IntN(12), 1+r.IntN(28))
		id := idOf(fmt.Sprintf("350102%s%03d", birth, r.IntN(1000)))
		out["persons"] = append(out["persons"], record{i, map[string]any{
			"id": fmt.Sprint(i), "district": district, "town": fmt.Sprint(district, r.IntN(4), "镇"), "sex": pick("男", "女"), "age": age, "band": band,
			"edu": pick("小学", "初中", "高中", "大学"), "job": pick("农业", "工业", "服务", "退休", "学生"), "sick": sick, "disease": disease,
			"income": math.Round(math.Exp(8+r.NormFloat64()*0.5)*100) / 100, "one": 1.0, "two": 2.0,
			"hotline": "1380013800" + fmt.Sprint(len(district)), "idcard": id, "phone": fmt.Sprintf("139%08d", r.IntN(100000000)),
			"front": "350102", "back": "19900307123" + idOf("35010219900307123")[17:], "boss": "闽A12345", "mail": "zhang.san@example.com",
			"bank": cardOf("622202100111624570"), "hidden": "1380\u200b013\u200b8000", "wide": "１３８００１３８０００", "office": "0591-87654321",
			"lon": strconv.FormatFloat(119+float64(r.IntN(3))/7, 'f', 8, 64), "place": 119 + float64(r.IntN(3))/7, "home": "鼓楼区东街" + fmt.Sprint(1+r.IntN(3)) + "号101室",
			"model": strings.Repeat("0.1234 ", 60), "quarter": pick("2026Q1", "2026Q2", "2026Q3", "2026Q4"), "year": fmt.Sprint(2020 + r.IntN(6)),
		}})
		for range r.IntN(5) {
			out["visits"] = append(out["visits"], record{i, map[string]any{
				"district": district, "month": fmt.Sprintf("2026-%02d", 1+r.IntN(12)), "hospital": pick("一院", "二院", "三院", "四院", "五院"), "kind": pick("门诊", "急诊", "住院"),
				"sex": "男", "fee": math.Round(r.ExpFloat64()*30000) / 100, "one": 1.0,
			}})
		}
	}
	for i := range 300 {
		sector := pick("农业", "制造", "建筑", "零售", "运输", "软件")
		turnover := math.Round(math.Exp(10 + r.NormFloat64()*0.6))
		switch {
		case i < 12:
			sector = "航空"
			if i == 0 {
				turnover = 90000000
			}
		case i < 26:
			sector = "电力"
			if i < 14 {
				turnover = 4000000
			}
		case i < 50:
			sector = "烟草"
			if turnover = 100; i == 26 {
				turnover = 10000
			} else if i == 27 {
				turnover = 9990
			}
		}
		out["companies"] = append(out["companies"], record{100000 + i, map[string]any{
			"id": fmt.Sprint(i), "sector": sector, "district": districts[r.IntN(4)], "size": pick("小", "中"), "turnover": turnover, "staff": float64(5 + r.IntN(200)), "one": 1.0,
			"code": "91350100MA2XXXXX0Q", "quarter": pick("2026Q1", "2026Q2"),
		}})
	}
	return out
})

func hashOf(subject int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "key %d", subject)
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// query is one that a test asks the world: from | where … | by … | show … |
// totals … | having n | label word.
type query struct {
	from   string
	where  []string
	by     []string
	show   []string
	totals [][]string
	having int
	label  any
}

func parseQuery(t testing.TB, s string) query {
	t.Helper()
	var q query
	list := func(s string) (out []string) {
		for one := range strings.SplitSeq(s, ",") {
			out = append(out, strings.TrimSpace(one))
		}
		return out
	}
	for k, part := range strings.Split(s, "|") {
		part = strings.TrimSpace(part)
		if k == 0 {
			q.from = part
			continue
		}
		word, rest, _ := strings.Cut(part, " ")
		switch word {
		case "where":
			q.where = list(rest)
		case "by":
			q.by = list(rest)
		case "show":
			q.show = list(rest)
		case "totals":
			for _, one := range list(rest) {
				q.totals = append(q.totals, strings.Split(one, "+"))
			}
		case "having":
			q.having, _ = strconv.Atoi(rest)
		case "label":
			q.label = rest
		default:
			t.Fatalf("%q in %q", word, s)
		}
	}
	if world()[q.from] == nil {
		t.Fatalf("from %q in %q", q.from, s)
	}
	return q
}

// meets reports whether a record meets a condition.
func (r record) meets(t testing.TB, condition string) bool {
	for _, op := range []string{"!=", ">=", "<", "="} {
		name, value, ok := strings.Cut(condition, op)
		if !ok {
			continue
		}
		have, known := r.of[name]
		if !known {
			t.Fatalf("%q of %q", name, condition)
		}
		if n, number := have.(float64); number {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return map[string]bool{"!=": n != v, ">=": n >= v, "<": n < v, "=": n == v}[op]
		}
		return map[string]bool{"!=": have != value, "=": have == value}[op]
	}
	t.Fatalf("no condition: %q", condition)
	return false
}

func (r record) meetsAll(t testing.TB, conditions []string) bool {
	return !slices.ContainsFunc(conditions, func(c string) bool { return !r.meets(t, c) })
}

// asked is a result with who stands behind each row and cell of its own.
type asked struct {
	Table
	who    []map[int]bool
	ownWho []map[int]map[int]bool
}

// ask answers queries, of which the rows stand under each other.
func ask(t testing.TB, text string) asked {
	t.Helper()
	var out asked
	for k, one := range strings.Split(text, "++") {
		a := parseQuery(t, one).ask(t)
		if k == 0 {
			out = a
			continue
		}
		out.Rows = append(out.Rows, a.Rows...)
		out.Subjects = append(out.Subjects, a.Subjects...)
		out.Weights = append(out.Weights, a.Weights...)
		out.Sketches = append(out.Sketches, a.Sketches...)
		out.Own = append(out.Own, a.Own...)
		out.who = append(out.who, a.who...)
		out.ownWho = append(out.ownWho, a.ownWho...)
	}
	return out
}

func (q query) ask(t testing.TB) asked {
	t.Helper()
	var all []record
	for _, r := range world()[q.from] {
		if r.meetsAll(t, q.where) {
			all = append(all, r)
		}
	}
	var out asked
	for _, name := range q.by {
		field, alias := named2(name)
		kind := "text"
		if len(all) > 0 {
			if _, ok := all[0].of[field].(float64); ok {
				kind = "decimal"
			}
		}
		out.Columns = append(out.Columns, Column{Name: alias, Type: kind, Role: Dimension, From: []Origin{{q.from, field}}})
	}
	for _, item := range q.show {
		out.Columns = append(out.Columns, q.column(item))
	}
	for _, gone := range append([][]string{nil}, q.totals...) {
		groups := map[string][]record{}
		for _, r := range all {
			key := ""
			for _, name := range q.by {
				if field, _ := named2(name); !slices.Contains(gone, field) {
					key += fmt.Sprint(r.of[field]) + "\x00"
				}
			}
			groups[key] = append(groups[key], r)
		}
		keys := make([]string, 0, len(groups))
		for k := range groups {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			q.row(t, &out, groups[k], gone, all)
		}
	}
	return out
}

func named2(item string) (what, alias string) {
	what, alias, ok := strings.Cut(item, " as ")
	if !ok {
		alias = what
	}
	return what, alias
}

func (q query) column(item string) Column {
	what, alias := named2(item)
	words := strings.Fields(what)
	c := Column{Name: strings.ReplaceAll(alias, " ", "_"), Type: "decimal", Role: Magnitude, Reason: words[0]}
	switch words[0] {
	case "count", "subjects":
		c.Type, c.Role, c.Reason = "integer", Count, "count"
	case "rate", "pct", "odd":
		c.Role = Derived
		c.From = []Origin{{q.from, "sick"}}
	case "const":
		c.Role, c.Type = Derived, "integer"
	default:
		c.From = []Origin{{q.from, words[1]}}
	}
	if k := slices.Index(words, "if"); k >= 0 {
		name := words[k+1][:strings.IndexAny(words[k+1], "!<>=")]
		c.From = append(c.From, Origin{q.from, name})
	}
	return c
}

func (q query) row(t testing.TB, out *asked, rs []record, gone []string, all []record) {
	subjects, sketch := behindOf(rs)
	if len(subjects) < q.having {
		return
	}
	var row []any
	weights := make([]Mass, len(out.Columns))
	for _, name := range q.by {
		field, _ := named2(name)
		if slices.Contains(gone, field) {
			row = append(row, q.label)
		} else {
			row = append(row, rs[0].of[field])
		}
	}
	var own []Own
	ownWho := map[int]map[int]bool{}
	for _, item := range q.show {
		j := len(row)
		what, _ := named2(item)
		words := strings.Fields(what)
		mine := rs
		if k := slices.Index(words, "if"); k >= 0 {
			mine = slices.DeleteFunc(slices.Clone(rs), func(r record) bool { return !r.meets(t, words[k+1]) })
			who, s := behindOf(mine)
			own = append(own, Own{Column: j, Subjects: int64(len(who)), Sketches: []Kind{{Name: "person", Sketch: s}}})
			ownWho[j] = who
		}
		switch words[0] {
		case "count":
			row = append(row, int64(len(mine)))
		case "subjects":
			who, _ := behindOf(mine)
			row = append(row, int64(len(who)))
		case "const":
			row = append(row, int64(2026))
		case "rate", "odd": // of columns of show, in per cent with two places
			a, b, _ := strings.Cut(words[1], "/")
			x, _ := strconv.Atoi(a)
			y, _ := strconv.Atoi(b)
			n, _ := number(row[len(q.by)+x-1])
			m, _ := number(row[len(q.by)+y-1])
			if words[0] == "odd" {
				m *= 1.37
			}
			row = append(row, math.Round(n/m*10000)/100)
		case "pct":
			row = append(row, math.Round(float64(len(mine))/float64(len(all))*10000)/100)
		default:
			v, m := measure(words[0], words[1], mine)
			row, weights[j] = append(row, v), m
		}
	}
	out.Rows = append(out.Rows, row)
	out.Weights = append(out.Weights, weights)
	out.Subjects = append(out.Subjects, int64(len(subjects)))
	out.Sketches = append(out.Sketches, []Kind{{Name: "person", Sketch: sketch}})
	out.Own = append(out.Own, own)
	out.who = append(out.who, subjects)
	out.ownWho = append(out.ownWho, ownWho)
}

func behindOf(rs []record) (map[int]bool, Sketch) {
	who, s := map[int]bool{}, Sketch{}
	for _, r := range rs {
		if !who[r.subject] {
			who[r.subject] = true
			s.Add(hashOf(r.subject))
		}
	}
	return who, s
}

func measure(how, field string, rs []record) (any, Mass) {
	if len(rs) == 0 {
		return nil, Mass{Known: true}
	}
	per := map[int]float64{}
	var values []float64
	for _, r := range rs {
		v := r.of[field].(float64)
		values = append(values, v)
		per[r.subject] += math.Abs(v)
	}
	m := Mass{Known: true}
	for _, v := range per {
		m.Total += v
		if v > m.Largest {
			m.Largest, m.Second = v, m.Largest
		} else {
			m.Second = max(m.Second, v)
		}
	}
	slices.Sort(values)
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	n := float64(len(values))
	switch how {
	case "sum":
		return sum, m
	case "avg":
		return sum / n, m
	case "median":
		return values[len(values)/2], m
	case "max":
		return values[len(values)-1], m
	case "min":
		return values[0], m
	case "sd":
		square := 0.0
		for _, v := range values {
			square += (v - sum/n) * (v - sum/n)
		}
		return math.Sqrt(square / n), m
	}
	panic(how)
}

var theBook = sync.OnceValues(func() (*policy.Book, error) { return policy.Load(policy.Files) })

func book(t testing.TB) *policy.Book {
	t.Helper()
	b, err := theBook()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// policyFor is that of a result: health is sensitive.
func policyFor(t testing.TB, a asked) Policy {
	t.Helper()
	of := map[Origin]datasets.Sensitivity{}
	for _, c := range a.Columns {
		for _, o := range c.From {
			switch o.Column {
			case "disease", "sick":
				of[o] = datasets.SensitivePersonal
			default:
				of[o] = datasets.PersonalData
			}
		}
	}
	p, err := PolicyOf(book(t), of, today)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shownSets are who stands behind what a report shows of a result: rows are
// found again by their dimensions.
func shownSets(a asked, r Report) []map[int]bool {
	key := func(row func(j int) any) string {
		s := ""
		for j, c := range a.Columns {
			if c.Role == Dimension {
				s += fmt.Sprintf("%T%v\x00", row(j), row(j))
			}
		}
		return s
	}
	rows := map[string][]int{}
	for i := range a.Rows {
		k := key(func(j int) any { return a.Rows[i][j] })
		rows[k] = append(rows[k], i)
	}
	for _, same := range rows { // as sorted does where dimensions are the same
		slices.SortStableFunc(same, func(x, y int) int {
			for j, c := range a.Columns {
				if d := compare(a.Rows[x][j], a.Rows[y][j]); c.Role != Dimension && d != 0 {
					return d
				}
			}
			return cmp.Compare(a.Subjects[x], a.Subjects[y])
		})
	}
	var out []map[int]bool
	for _, row := range r.Cleared.Rows {
		k := key(func(j int) any { return row[j].Value })
		if len(rows[k]) > 0 {
			i := rows[k][0]
			rows[k] = rows[k][1:]
			plain, measures := false, 0
			for j, c := range a.Columns {
				if c.Role == Dimension {
					continue
				}
				measures++
				if row[j].Hidden {
					continue
				}
				if who, own := a.ownWho[i][j]; own {
					out = append(out, who)
				} else {
					plain = true
				}
			}
			if plain || measures == 0 {
				out = append(out, a.who[i])
			}
		}
	}
	return out
}

// derivable reports whether the number of a set can be worked out exactly from
// those of others by adding and subtracting: whether it lies in their span.
func derivable(secret map[int]bool, shown []map[int]bool) bool {
	const prime = 2147483647
	index := map[int]int{}
	at := func(s int) int {
		if _, ok := index[s]; !ok {
			index[s] = len(index)
		}
		return index[s]
	}
	for _, set := range append(slices.Clone(shown), secret) {
		for _, s := range sortedKeys(set) {
			at(s)
		}
	}
	vector := func(set map[int]bool) []int64 {
		v := make([]int64, len(index))
		for s := range set {
			v[index[s]] = 1
		}
		return v
	}
	inverse := func(a int64) int64 {
		out, e := int64(1), int64(prime-2)
		for ; e > 0; e >>= 1 {
			if e&1 == 1 {
				out = out * a % prime
			}
			a = a * a % prime
		}
		return out
	}
	type line struct {
		lead int
		v    []int64
	}
	var basis []line
	reduce := func(v []int64) int {
		for _, b := range basis {
			if f := v[b.lead]; f != 0 {
				for k := b.lead; k < len(v); k++ {
					v[k] = (v[k] + (prime-f)*b.v[k]) % prime
				}
			}
		}
		return slices.IndexFunc(v, func(x int64) bool { return x != 0 })
	}
	for _, set := range shown {
		v := vector(set)
		lead := reduce(v)
		if lead < 0 {
			continue
		}
		f := inverse(v[lead])
		for k := range v {
			v[k] = v[k] * f % prime
		}
		basis = append(basis, line{lead, v})
		slices.SortFunc(basis, func(a, b line) int { return cmp.Compare(a.lead, b.lead) })
	}
	return reduce(vector(secret)) < 0
}

func sortedKeys(m map[int]bool) []int {
	out := make([]int, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
