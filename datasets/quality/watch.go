package quality

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Severity is what a finding asks of the department.
type Severity string

// The severities.
const (
	Info  Severity = "info"  // good to know
	Warn  Severity = "warn"  // to be looked at
	Block Severity = "block" // nothing is published before somebody has decided
)

// Found is one kind of thing in one column of a table, or in a file.
type Found struct {
	Kind     Kind
	Severity Severity
	Column   string   // name; empty: the table or file as a whole
	Rows     int64    // rows that have it
	First    []int64  // numbers of the first of them, from 1, the header not counted
	Masked   []string // examples, blotted out
	Sentence string   // the evidence, in Chinese, as of a fault
	Args     []any
}

// Column is what is known of a column before its values are looked at.
type Column struct {
	Name   string
	Label  string // and English label and meaning, whatever was said of it
	Number bool   // its values were read as numbers
	Filled int64  // cells that are not empty
}

// headings are words in the heading of a column that say what it holds.
var headings = map[Kind]*regexp.Regexp{
	ResidentID:  regexp.MustCompile(`(?i)身份证|公民身份|证件号|证件编号|id_?card|identity_?(no|number|card)|\bsfz`),
	Mobile:      regexp.MustCompile(`(?i)手机|电话|联系方式|移动号码|phone|mobile|\btel\b|telephone`),
	BankCard:    regexp.MustCompile(`(?i)卡号|银行账|银行帐|收款账|收款帐|账号|帐号|bank_?(card|account)|card_?(no|number)`),
	Passport:    regexp.MustCompile(`(?i)护照|passport`),
	PersonName:  regexp.MustCompile(`(?i)姓名|户主|申请人|联系人|当事人|患者|监护人|受益人|领款人|法定代表人|法人代表|persons?_?name|full_?name|patient`),
	HomeAddress: regexp.MustCompile(`(?i)家庭住址|家庭地址|住址|户籍地址|户籍所在地|居住地址|现居住地|home_?address|residential_?address`),
}

// beside are headings of columns that make names beside them personal data: a
// name alone may be that of an officer, an author, a figure of history.
var beside = regexp.MustCompile(`(?i)身份证|证件号|手机|电话|联系方式|住址|家庭|户籍|出生|生日|年龄|性别|婚姻|病|残疾|低保|救助|补助|补贴|工资|收入|银行|账号|帐号|id_?card|phone|mobile|birth|gender|\bsex\b|\bage\b|address`)

func (c Column) headed(k Kind) bool {
	r := headings[k]
	return r != nil && r.MatchString(c.Name+" "+c.Label)
}

// What a heading lets be looked for in its column beyond Prefilter.
const (
	namePattern     = `^[\p{Han}·]{2,12}$`
	addressPattern  = `[0-9０-９一二三四五六七八九十]+ ?(?:号|室|栋|幢|单元|座|房)`
	passportPattern = `^[EDSPGKedspgk][0-9A-Za-z]{7,8}$`
)

// Pattern is a regular expression (RE2) that matches every text of the column
// that Watch.Add needs to see, and few others.
func (c Column) Pattern() string {
	p := Prefilter
	for _, h := range []struct {
		kind    Kind
		pattern string
	}{{PersonName, namePattern}, {HomeAddress, addressPattern}, {Passport, passportPattern}} {
		if c.headed(h.kind) {
			p += "|" + h.pattern
		}
	}
	return p
}

var (
	name           = regexp.MustCompile(namePattern)
	address        = regexp.MustCompile(addressPattern)
	passportAlone  = regexp.MustCompile(`^(?:` + passportForm.String() + `)$`)
	commonSurnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷曲盛冉翁蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤时阳阎穆农司古吉缪车项连褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"
)

// kept is how many rows and examples are kept of a kind.
const kept = 20

// seen is what was seen of a kind in a column.
type seen struct {
	formed, right int64
	rows, last    int64
	first         []int64
	masked        []string
	round         int64 // values that end in 00
}

// Watch gathers what is found in a column.
type Watch struct {
	column Column
	now    time.Time
	kinds  map[Kind]*seen
	bare   map[Kind]*seen // in cells that are numbers and nothing else, of a column of numbers
}

// NewWatch watches a column; now bounds days of birth.
func NewWatch(c Column, now time.Time) *Watch {
	return &Watch{column: c, now: now, kinds: map[Kind]*seen{}, bare: map[Kind]*seen{}}
}

// Add looks at the text of a cell, in the order of the rows, which count from 1.
func (w *Watch) Add(row int64, text string) {
	into := w.kinds
	if w.column.Number && digits(text) {
		into = w.bare
	}
	for _, h := range Find(text, w.now) {
		see(into, row, h)
	}
	whole := strings.TrimSpace(narrow(text))
	if w.column.headed(PersonName) && name.MatchString(whole) {
		see(w.kinds, row, Hit{PersonName, whole, personName(whole)})
	}
	if w.column.headed(HomeAddress) && address.MatchString(whole) {
		see(w.kinds, row, Hit{HomeAddress, whole, true})
	}
	if w.column.headed(Passport) && passportAlone.MatchString(strings.ToUpper(whole)) {
		see(w.kinds, row, Hit{Passport, whole, true})
	}
}

// personName reports whether s is like the name of a Chinese person.
func personName(s string) bool {
	r := []rune(s)
	if strings.ContainsRune(s, '·') {
		return len(r) >= 4
	}
	return len(r) >= 2 && len(r) <= 4 && strings.ContainsRune(commonSurnames, r[0])
}

func see(kinds map[Kind]*seen, row int64, h Hit) {
	s := kinds[h.Kind]
	if s == nil {
		s = &seen{}
		kinds[h.Kind] = s
	}
	s.formed++
	if !h.Right {
		return
	}
	s.right++
	if strings.HasSuffix(h.Value, "00") {
		s.round++
	}
	if row == s.last {
		return
	}
	s.rows, s.last = s.rows+1, row
	if len(s.first) < kept {
		s.first, s.masked = append(s.first, row), append(s.masked, Mask(h.Kind, h.Value))
	}
}

// many is from how many values on a column is judged by their shares: chance
// makes up a few, not most.
const many = 20

// believed reports whether what was seen of a kind in texts is what it seems. A
// check digit that a tenth of all values pass was passed by chance.
func (w *Watch) believed(k Kind, s *seen) bool {
	switch {
	case s == nil || s.right == 0:
		return false
	case k == OldResidentID: // nothing in it can be checked
		return w.column.headed(ResidentID) || s.right >= many && s.right*2 >= w.column.Filled
	case k == PersonName:
		return s.right*2 >= w.column.Filled
	}
	return w.column.headed(k) || s.formed < many || s.right*5 > s.formed
}

// counted is believed for cells that are numbers: amounts have as many digits
// as telephone numbers, and a few of them pass every check.
func (w *Watch) counted(k Kind, s *seen) bool {
	switch {
	case s == nil || s.right == 0:
		return false
	case w.column.headed(k) || k == ResidentID || k == OldResidentID:
		return w.believed(k, s)
	}
	return w.column.Filled >= many && s.right*10 >= w.column.Filled*9 && s.round*5 <= s.right
}

// all is what was seen of a kind and is believed; nil if nothing is.
func (w *Watch) all(k Kind) *seen {
	words, numbers := w.kinds[k], w.bare[k]
	switch {
	case !w.believed(k, words) && !w.counted(k, numbers):
		return nil
	case !w.counted(k, numbers):
		return words
	case !w.believed(k, words):
		return numbers
	}
	both := &seen{rows: words.rows + numbers.rows, masked: append(slices.Clone(words.masked), numbers.masked...), first: append(slices.Clone(words.first), numbers.first...)}
	n := min(kept, len(both.first))
	slices.Sort(both.first)
	both.first, both.masked = both.first[:n], both.masked[:n]
	return both
}

// judged are the kinds in the order in which findings are shown, with how
// grave they are and what is said of them.
var judged = []struct {
	kind     Kind
	severity Severity
	sentence string
}{
	{ResidentID, Block, "“%s”列有 %d 行里有居民身份证号：行政区划、出生日期和校验码都对。"},
	{OldResidentID, Block, "“%s”列有 %d 行像 15 位的旧身份证号：行政区划和出生日期都对。"},
	{Passport, Block, "“%s”列有 %d 行里有护照号码。"},
	{BankCard, Block, "“%s”列有 %d 行里有银行卡号：卡号开头和校验码都对。"},
	{Mobile, Block, "“%s”列有 %d 行里有手机号码。"},
	{HomeAddress, Block, "“%s”列有 %d 行里有写到门牌的住址。"},
	{PersonName, Warn, "“%s”列有 %d 行是姓名，同一张表里还有关于这个人的其他列。"},
	{IndividualCode, Warn, "“%s”列有 %d 行里有个体工商户的统一社会信用代码：校验码对，92 开头的是个人经营。"},
	{Plate, Warn, "“%s”列有 %d 行里有车牌号码。"},
	{Email, Warn, "“%s”列有 %d 行里有电子邮箱地址。"},
}

// Judge says what is found in a table, all of whose columns were watched.
func Judge(watches []*Watch) []Found {
	var out []Found
	for _, w := range watches {
		for _, j := range judged {
			s := w.all(j.kind)
			if s == nil || j.kind == PersonName && !personal(watches, w) {
				continue
			}
			out = append(out, Found{Kind: j.kind, Severity: j.severity, Column: w.column.Name, Rows: s.rows, First: s.first, Masked: s.masked,
				Sentence: j.sentence, Args: []any{w.column.Name, s.rows}})
		}
	}
	return out
}

// personal reports whether another column than w tells something of a person.
func personal(watches []*Watch, w *Watch) bool {
	for _, other := range watches {
		if other != w && beside.MatchString(other.column.Name+" "+other.column.Label) {
			return true
		}
	}
	return false
}
