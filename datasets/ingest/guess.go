package ingest

import (
	"bytes"
	"math"
	"regexp"
	"strings"
)

// tally is what a sample of a column's cells looks like.
type tally struct {
	filled, marks                   int
	integers, numbers, percents     int
	grouped, fractions              int
	exponents                       int // what a spreadsheet makes of long codes: 4.4E+17
	zeros                           int // whole numbers with a leading zero
	long                            int // whole numbers of more than 15 digits
	booleans, dates, moments        int
	months, compactDates, compacted int
	points, shapes, arrays, objects int
	phones                          int
	pairs, precise, swapped         int // two numbers that may be a place; with three digits after the point; latitude first
	compactMoments                  int
	coded                           int            // cells with as many digits as division codes have, beginning with a province's
	behind                          map[string]int // numbers with a unit behind them, by the unit

	width    int             // of all cells of digits alone, -1 where they differ
	provs    int             // cells that begin with a province's code
	distinct map[string]bool // not more than most
	most     int
	forms    map[Form]int
	loose    int // days and months without leading zeros, against those with
	scales   map[int]int
	yes, no  string
	low      float64
	high     float64
	ranged   bool
	zero     string // an example with a leading zero
	sign     string // of percentages

	noNumber, noDay string // the first cell that is none
}

// mostDistinct is how many different cells are remembered of all columns
// together.
const mostDistinct = 1 << 19

func newTally(columns int) *tally {
	return &tally{most: max(200, min(1<<14, mostDistinct/columns)), distinct: map[string]bool{}, forms: map[Form]int{}, scales: map[int]int{}, behind: map[string]int{}}
}

// see counts one cell.
func (t *tally) see(cell []byte) {
	if len(cell) == 0 {
		return
	}
	t.filled++
	if len(t.distinct) < t.most {
		t.distinct[string(cell)] = true
	}
	if missing(cell) {
		t.marks++
		return
	}
	if v, ok := boolean(cell); ok {
		t.booleans++
		if v && t.yes == "" {
			t.yes = string(cell)
		} else if !v && t.no == "" {
			t.no = string(cell)
		}
		return
	}
	numbers, days := t.numbers, t.dates+t.moments
	t.kind(cell)
	if t.noNumber == "" && t.numbers == numbers {
		t.noNumber = clip(cell, 40)
	}
	if t.noDay == "" && t.dates+t.moments == days {
		t.noDay = clip(cell, 40)
	}
}

// kind counts what a cell with a value looks like.
func (t *tally) kind(cell []byte) {
	switch first := trimmed(cell); {
	case len(first) == 0:
	case first[0] == '[' && nested(cell, '['):
		t.arrays++
		t.shape(cell)
	case first[0] == '{' && nested(cell, '{'):
		t.objects++
		t.shape(cell)
	default:
		t.shape(cell)
		t.moment(cell)
		t.number(cell)
	}
}

func (t *tally) shape(cell []byte) {
	if _, kind, ok := place(cell); ok {
		t.shapes++
		if kind == "Point" {
			t.points++
		}
	}
	x, y, ok := pair(trimmed(cell))
	if !ok {
		return
	}
	t.pairs++
	if x.scale >= 3 && y.scale >= 3 {
		t.precise++
	}
	lat, _ := x.decimal()
	lon, _ := y.decimal()
	if math.Abs(lat) <= 90 && math.Abs(lon) > 90 && math.Abs(lon) <= 180 {
		t.swapped++
	}
}

// placed reports whether two numbers in each cell are places and not just two
// numbers: the name says so, or they are as exact as places are.
func (t *tally) placed(name string) bool {
	return t.pairs == 0 || t.precise*2 > t.pairs || namesPlace.MatchString(name)
}

func (t *tally) moment(cell []byte) {
	if len(cell) < 6 || len(cell) > 60 {
		return
	}
	if w, ok := date(cell); ok {
		if w.form.Days == compact {
			if t.compacted++; w.year >= 1900 && w.year < 2100 {
				t.compactDates++
			}
			return
		}
		t.dates++
		t.form(w)
	} else if w, ok := dateTime(cell); ok && w.form.Clock == compactClock {
		if w.year >= 1900 && w.year < 2100 {
			t.compactMoments++
		}
	} else if ok {
		t.moments++
		t.form(w)
	} else if w, ok := yearMonth(cell); ok && w.year >= 1000 && w.year < 3000 {
		t.months++
		t.form(w)
	}
}

func (t *tally) form(w written) {
	t.forms[w.form]++
	if w.loose {
		t.loose++
	}
	if w.strict {
		t.loose--
	}
}

func (t *tally) number(cell []byte) {
	body, sign := percent(cell)
	n, ok := numberOf(body)
	if !ok {
		if _, ok = longInteger(body); !ok {
			if rewritten.Match(body) {
				t.exponents++
			}
			t.allDigits(cell)
			t.withUnit(cell)
			return
		}
	}
	t.numbers++
	if sign != "" {
		t.percents++
		t.sign = sign
	}
	t.digits(n, body)
	v, _ := n.decimal()
	if !t.ranged || v < t.low {
		t.low = v
	}
	if !t.ranged || v > t.high {
		t.high = v
	}
	t.ranged = true
	t.allDigits(cell)
}

// digits counts how a number is written.
func (t *tally) digits(n number, body []byte) {
	if bytes.IndexByte(body, ',') >= 0 {
		t.grouped++
	}
	if n.exact || n.scale > 0 {
		t.scales[n.scale]++
	}
	if n.scale > 0 || bytes.ContainsAny(body, "eE") {
		t.fractions++
	} else {
		t.integers++
	}
}

// mostUnits is how many units are counted: a column with more has none.
const mostUnits = 8

// withUnit counts a number with a unit behind it.
func (t *tally) withUnit(cell []byte) {
	body, sign := behind(cell)
	if sign == "" || len(t.behind) >= mostUnits && t.behind[sign] == 0 {
		return
	}
	if n, ok := numberOf(body); ok {
		t.behind[sign]++
		t.digits(n, body)
	}
}

// unitBehind is the unit that most numbers have behind them, and how many do.
func (t *tally) unitBehind() (unit string, n int) {
	for u, k := range t.behind {
		if k > n || k == n && u < unit {
			unit, n = u, k
		}
	}
	return unit, n
}

// allDigits looks at cells that are nothing but digits: they may be codes.
func (t *tally) allDigits(cell []byte) {
	for _, b := range cell {
		if b < '0' || b > '9' {
			t.width = -1
			return
		}
	}
	switch {
	case t.width == 0:
		t.width = len(cell)
	case t.width != len(cell):
		t.width = -1
	}
	if len(cell) > 1 && cell[0] == '0' {
		t.zeros++
		t.zero = clip(cell, 40)
	}
	if len(cell) > 15 {
		t.long++
	}
	if len(cell) == 11 && cell[0] == '1' && cell[1] >= '3' {
		t.phones++
	}
	if len(cell) >= 2 && province(cell[0], cell[1]) {
		t.provs++
		switch len(cell) {
		case 2, 4, 6, 9, 12:
			t.coded++
		}
	}
}

// province reports whether a division code may begin with these digits (GB/T 2260).
func province(a, b byte) bool {
	switch a {
	case '1':
		return b >= '1' && b <= '5'
	case '2':
		return b >= '1' && b <= '3'
	case '3':
		return b >= '1' && b <= '7'
	case '4':
		return b >= '1' && b <= '6'
	case '5':
		return b >= '0' && b <= '4'
	case '6':
		return b >= '1' && b <= '5'
	}
	return string([]byte{a, b}) == "71" || string([]byte{a, b}) == "81" || string([]byte{a, b}) == "82"
}

var (
	// a code, whatever its digits are
	namesCode = regexp.MustCompile(`(?i)代码|编码|编号|号码|号段|身份证|邮编|条码|车牌|版本|[^页尺]码$|^码$|[^序]号$|\b(code|zip|zipcode|postcode|isbn|issn|uscc|barcode|fips|adcode)\b|[_a-z](code|zip)$|^(code|zip)_|Code\b`)
	namesCall = regexp.MustCompile(`(?i)电话|手机|传真|\b(phone|tel|telephone|mobile|fax)\b|_(phone|tel|fax)$|^(phone|tel|fax)_`)
	// how much of something, even of telephones
	namesMeasure = regexp.MustCompile(`(?i)^(is|has)_|(数|数量|率|量|额|费|值|比|比重|占比|平均|户|次|台|部|件|指数|得分|count|rate|total|amount)\s*([(（].*)?$`)
	// what a spreadsheet makes of a long code
	rewritten = regexp.MustCompile(`^[0-9](\.[0-9]+)?[eE]\+?[0-9]+$`)
	namesKey  = regexp.MustCompile(`(?i)^id$|_id$|标识`)
	namesDay  = regexp.MustCompile(`(?i)日期|时间|年月日|\b(date|day)\b|_date$|^date|Date$`)
	namesYM   = regexp.MustCompile(`(?i)年月|月份|日期|时间|\b(month|yearmonth|period|date)\b|_month$|^ym$`)
	// a division of the country, by its code
	namesDivision = regexp.MustCompile(`(?i)区划|行政区|区县|县区|所属区|^(id|pid|code)$|_id$|adcode|标识`)
	namesPlace    = regexp.MustCompile(`(?i)坐标|经纬|位置|地点|中心|方位|^(location|loc|coords?|coordinates?|point|center|centre|centroid|geo|geom|geometry|position|lnglat|lonlat)$|_(location|coords?|coordinates|point|center|centroid|geo|geom|lnglat|lonlat)$`)
	namesLon      = regexp.MustCompile(`(?i)经度|^[东西]经|^(lon|lng|long|longitude|x)$|_(lon|lng|longitude)$|^(lon|lng|longitude)_`)
	namesLat      = regexp.MustCompile(`(?i)纬度|^[南北]纬|^(lat|latitude|y)$|_(lat|latitude)$|^(lat|latitude)_`)
)

// guess proposes a type from a sample, with its evidence.
func (t *tally) guess(name string) column {
	c := t.propose(name)
	c.named()
	return c
}

func (t *tally) propose(name string) column {
	n := t.filled - t.marks
	c := column{Column: Column{Name: name, Type: Text}}
	say := func(sentence string, args ...any) { c.Evidence = append(c.Evidence, note(sentence, args...)) }
	most := func(k int) bool { return k > 0 && (n-k)*50 <= n }
	switch {
	case n == 0:
		say("没有值，当作文本。")
	case most(t.booleans) && t.booleans == n && len(t.distinct)-t.markKinds() <= 2:
		c.Type = Boolean
		c.Form.Yes, c.Form.No = t.yes, t.no
		say("%d 个值都是“是”或“否”一类的词。", n)
	case most(t.points) && t.placed(name):
		c.Type = Point
		say("%d 个值中 %d 个是点。", n, t.points)
	case most(t.shapes) && t.placed(name):
		c.Type = Geometry
		say("%d 个值中 %d 个是图形。", n, t.shapes)
	case most(t.arrays):
		c.Type = Array
		say("%d 个值中 %d 个是 JSON 数组。", n, t.arrays)
	case most(t.objects):
		c.Type = Object
		say("%d 个值中 %d 个是 JSON 对象。", n, t.objects)
	case most(t.dates):
		c.Type = Date
		c.Form = t.dayForm()
		say("%d 个值中 %d 个是日期，写作 %s。", n, t.dates, c.Form.Words(Date))
	case most(t.dates+t.moments) && t.moments > 0:
		c.Type = DateTime
		c.Form = t.dayForm()
		say("%d 个值中 %d 个是时间，写作 %s。", n, t.moments+t.dates, c.Form.Words(DateTime))
	case most(t.months) && (t.dashedMonths() || namesYM.MatchString(name)):
		c.Type = YearMonth
		c.Form = t.dayForm()
		say("%d 个值中 %d 个是年月，写作 %s。", n, t.months, c.Form.Words(YearMonth))
	case most(t.numbers) || t.zeros > 0 && most(t.numbers+t.zeros):
		t.numeric(name, n, &c, say)
	case most(t.mostBehind()):
		t.suffixed(n, &c, say)
	case most(t.swapped) && namesPlace.MatchString(name):
		say("值像“纬度,经度”：要在地图上显示，请改成经度在前、纬度在后。")
	case t.exponents > 0:
		say("有 %d 个值写成科学记数法，可能是表格软件改写过的号码。", t.exponents)
		t.nearly(n, say)
	default:
		t.nearly(n, say)
	}
	return c
}

// nearly says of a text column that most of its values are of one kind, and
// which was the first that is not.
func (t *tally) nearly(n int, say func(string, ...any)) {
	switch days := t.dates + t.moments; {
	case t.numbers*2 > n:
		say("%d 个值中 %d 个是数，不到 98%%，所以保留为文本；第一个不是数的是“%s”。", n, t.numbers, t.noNumber)
	case days*2 > n:
		say("%d 个值中 %d 个是日期或时间，不到 98%%，所以保留为文本；第一个不是的是“%s”。", n, days, t.noDay)
	}
}

func (t *tally) mostBehind() int {
	_, n := t.unitBehind()
	return n
}

// suffixed is a column of numbers that all have the same unit behind them.
func (t *tally) suffixed(n int, c *column, say func(string, ...any)) {
	unit, k := t.unitBehind()
	c.Form.Percent, c.Unit, c.Form.Grouped = unit, strings.TrimSpace(unit), t.grouped > 0
	if c.Type = Integer; t.fractions > 0 {
		c.Type = Decimal
		c.scale(t)
	}
	say("%d 个值中 %d 个是数，后面带着单位“%s”：保留原来的数，单位另外记下。", n, k, c.Unit)
}

func (t *tally) markKinds() (n int) {
	for s := range t.distinct {
		if missing([]byte(s)) {
			n++
		}
	}
	return n
}

// dashedMonths reports whether the months cannot be anything else: 2020.1 is a
// number, and 202001 may be a code.
func (t *tally) dashedMonths() bool {
	for f := range t.forms {
		if f.Days == "." || f.Days == compact {
			return false
		}
	}
	return true
}

// dayForm is the form that most days have.
func (t *tally) dayForm() Form {
	var best Form
	for f, n := range t.forms {
		if n > t.forms[best] || n == t.forms[best] && f.Words(DateTime) < best.Words(DateTime) {
			best = f
		}
	}
	best.Loose = t.loose > 0
	return best
}

// numeric decides what cells are that look like numbers.
func (t *tally) numeric(name string, n int, c *column, say func(string, ...any)) {
	whole := t.fractions == 0 && t.percents == 0
	switch {
	case t.zeros > 0 && whole:
		say("有 %d 个值以 0 开头（例如 %s），像代码而不是数。", t.zeros, t.zero)
		return
	case t.long > 0 && whole:
		say("有 %d 个值超过 15 位，存成数会丢失末尾，像代码而不是数。", t.long)
		return
	case namesCode.MatchString(name) && !namesMeasure.MatchString(name), whole && namesCall.MatchString(name) && !namesMeasure.MatchString(name):
		say("列名“%s”像代码或号码，值都是数字也按文本保留。", name)
		return
	case whole && n == t.compactDates && n > 0 && namesDay.MatchString(name):
		c.Type, c.Form.Days = Date, compact
		say("列名“%s”说的是日期，%d 个值都是八位的日期。", name, n)
		return
	case whole && t.width == 6 && t.months == n && namesYM.MatchString(name):
		c.Type, c.Form.Days = YearMonth, compact
		say("列名“%s”说的是年月，%d 个值都是六位的年月。", name, n)
		return
	case whole && t.width == 11 && t.phones == n && n >= 3:
		say("%d 个值都像手机号码。", n)
		return
	case whole && (t.width == 6 || t.width == 9 || t.width == 12) && t.provs == n && (len(t.distinct) >= 10 || namesKey.MatchString(name) || namesDivision.MatchString(name)):
		say("%d 个值都是 %d 位，开头都是省级区划代码，像区划代码。", n, t.width)
		return
	case whole && t.width == 12 && t.provs == n && n >= 3:
		say("%d 个值都是 %d 位，开头都是省级区划代码，像区划代码。", n, t.width)
		return
	case whole && t.coded > 0 && (n-t.coded)*50 <= n && t.high >= 1000 && namesDivision.MatchString(name):
		say("%d 个值中 %d 个的位数和开头都和区划代码一样，像区划代码。", n, t.coded)
		return
	case whole && n == t.compactMoments && n > 0 && namesDay.MatchString(name):
		c.Type, c.Form.Days, c.Form.Clock = DateTime, compact, compactClock
		say("列名“%s”说的是时间，%d 个值都是十四位的时间。", name, n)
		return
	case whole && t.width >= 8 && namesKey.MatchString(name), whole && t.width >= 6 && n >= 20 && len(t.distinct) >= 10 && (namesKey.MatchString(name) || t.width >= 8):
		say("%d 个值都正好 %d 位，像编号而不是数。", n, t.width)
		return
	}
	c.Form.Grouped = t.grouped > 0
	if t.percents*2 > n {
		c.Form.Percent, c.Unit = t.sign, "%"
	}
	if t.fractions == 0 {
		c.Type = Integer
		say("%d 个值中 %d 个是整数。", n, t.numbers)
	} else {
		c.Type = Decimal
		c.scale(t)
		say("%d 个值中 %d 个是数，其中 %d 个有小数。", n, t.numbers, t.fractions)
	}
	if c.Form.Percent != "" {
		say("值带百分号：保留原来的数，单位记作 %s。", "%")
	}
	if c.Form.Grouped {
		say("数里有千位分隔符：存成数时去掉，原来的写法另外记下。")
	}
}

// named takes the unit of numbers from the column's name, where the values say none.
func (c *column) named() {
	if c.Unit != "" || c.Type != Integer && c.Type != Decimal {
		return
	}
	if c.Unit = unitOf(c.Name); c.Unit != "" {
		c.Evidence = append(c.Evidence, note("列名里写着单位“%s”。", c.Unit))
	}
}

// shaped is a column of shapes by the format itself, also where some cells are
// none: those are misfits.
func (c *column) shaped() {
	if c.shape = true; c.Type != Point && c.Type != Geometry {
		*c = column{shape: true, Column: Column{Name: c.Name, Type: Geometry, Evidence: []Note{note("文件里这一列就是图形，不是图形的值另外列出。")}}}
	}
}

// keepText leaves what the format itself says is text as it is, even where all
// of it is digits.
func (c *column) keepText() {
	if c.Type == Integer || c.Type == Decimal || c.Form.Days == compact {
		*c = column{Column: Column{Name: c.Name, Type: Text, Evidence: []Note{note("文件里这一列就是文本，值都是数字也按文本保留。")}}}
	}
}

// scale keeps a decimal exactly where all have as many digits after the point.
func (c *column) scale(t *tally) {
	c.double = true
	for scale := range t.scales {
		if len(t.scales) == 1 && scale > 0 && scale <= 9 {
			c.double, c.Form.Scale = false, scale
		}
	}
}

// declare makes the type that an officer gave the column's, with the form that
// the sample shows.
func (t *tally) declare(c column, declared Type) column {
	if declared == "" || declared == c.Type {
		c.declared = declared != ""
		return c
	}
	out := column{Column: Column{Name: c.Name, Type: declared, Proposed: c.Type, Evidence: c.Evidence}, declared: true}
	switch declared {
	case Decimal, Integer:
		out.Form.Grouped = t.grouped > 0
		if t.percents*2 > t.filled-t.marks {
			out.Form.Percent, out.Unit = t.sign, "%"
		} else if unit, n := t.unitBehind(); n*2 > t.filled-t.marks {
			out.Form.Percent, out.Unit = unit, strings.TrimSpace(unit)
		}
		if declared == Decimal {
			out.scale(t)
		}
		out.named()
	case Date, DateTime, YearMonth:
		if out.Form = t.dayForm(); len(t.forms) == 0 {
			out.Form.Days = "-"
			if t.compacted > 0 || t.width == 6 {
				out.Form.Days = compact
			}
		}
	case Boolean:
		out.Form.Yes, out.Form.No = t.yes, t.no
		for s := range t.distinct {
			if v, ok := oneOrNone([]byte(s)); ok && len(t.distinct) <= 4 {
				if v && out.Form.Yes == "" {
					out.Form.Yes = s
				} else if !v && out.Form.No == "" {
					out.Form.No = s
				}
			}
		}
	case Text, Point, Geometry, Array, Object:
	}
	return out
}

// headless says so where the names of columns look like a row of data. Years
// are names that many tables have.
func headless(columns []*column) []Note {
	for _, c := range columns {
		name := []byte(c.Name)
		_, number := numberOf(name)
		_, day := date(name)
		year := len(name) == 4 && (name[0] == '1' || name[0] == '2')
		if (number && !year || day) && c.Type != Text {
			return []Note{note("列名“%s”像数据，第一行可能不是表头。", c.Name)}
		}
	}
	return nil
}

// paired finds columns that hold longitude and latitude.
func paired(columns []*column, tallies []*tally) []Note {
	var lon, lat []int
	for i, c := range columns {
		if c.Type != Decimal && c.Type != Integer || !tallies[i].ranged {
			continue
		}
		switch {
		case namesLon.MatchString(c.Name) && tallies[i].low >= -180 && tallies[i].high <= 180:
			lon = append(lon, i)
		case namesLat.MatchString(c.Name) && tallies[i].low >= -90 && tallies[i].high <= 90:
			lat = append(lat, i)
		}
	}
	var out []Note
	for i := 0; i < len(lon) && i < len(lat); i++ {
		out = append(out, note("“%s”和“%s”像经度和纬度，可以在地图上显示。", columns[lon[i]].Name, columns[lat[i]].Name))
	}
	for _, i := range append(lon, lat...) {
		x := strings.ToLower(columns[i].Name)
		if strings.Contains(x, "gcj") || strings.Contains(x, "bd09") || strings.HasSuffix(x, "_bd") || strings.Contains(x, "火星") || strings.Contains(x, "百度") || strings.Contains(x, "高德") {
			out = append(out, note("“%s”可能不是 WGS 84 或 CGCS2000 坐标，画在地图上会偏几百米。", columns[i].Name))
		}
	}
	return out
}
