package payment

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"shuyuan/internal/fault"
)

// MostLines is how many lines one statement may have.
const MostLines = 20_000

// mostAmount is the most that a line may move, in minor units: 100 billion yuan.
const mostAmount = 10_000_000_000_000

// Layout is how a bank names the columns of its statements. Several names of a column
// are those that it has in one edition or another; exactly one of them is there.
type Layout struct {
	Name     string
	Serial   []string // number of the line, told apart within the account
	Day      []string
	In       []string // money that came
	Out      []string // money that went
	Amount   []string // or one column for both, with a sign
	Currency []string // none: all in CNY
	Party    []string // name of the other side
	Account  []string // and its account; none: not told
	Remark   []string
}

// Line is one line of a statement.
type Line struct {
	Serial   string
	Day      time.Time // it was booked on, at 0:00 UTC
	Amount   int64     // minor units; above zero: it came, below: it went
	Currency string
	Party    string // the other side
	Account  string
	Remark   string
}

// columns are where a layout's columns stand; -1: nowhere.
type columns struct {
	serial, day, in, out, amount, currency, party, account, remark int
}

// Read reads the cells of a statement. Lines before the head (the bank's name, the span
// of time) are passed over, and so are empty ones. If anything of it cannot be read for
// certain, nothing is read: fault.Invalid with the number of the line.
func Read(records [][]string, layouts []Layout) ([]Line, error) {
	head, at, err := find(records, layouts)
	if err != nil {
		return nil, err
	}
	var out []Line
	seen := map[string]int{}
	for i, record := range records[head+1:] {
		number := head + i + 2
		cell := func(column int) string {
			if column < 0 || column >= len(record) {
				return ""
			}
			return strings.TrimSpace(norm.NFKC.String(record[column]))
		}
		if !slices.ContainsFunc(record, func(s string) bool { return strings.TrimSpace(s) != "" }) {
			continue
		}
		if len(out) == MostLines {
			return nil, fault.New(fault.Invalid, "流水太长，一次最多 %d 行。请按日期分开导出。", MostLines)
		}
		l := Line{Serial: cell(at.serial), Currency: currency(cell(at.currency)), Party: cell(at.party), Account: strings.ReplaceAll(cell(at.account), " ", ""), Remark: cell(at.remark)}
		switch {
		case l.Serial == "" || len(l.Serial) > 64:
			return nil, fault.New(fault.Invalid, "第 %d 行没有流水号。", number)
		case l.Currency == "":
			return nil, fault.New(fault.Invalid, "第 %d 行的币种看不懂：%s。", number, short(cell(at.currency)))
		case len([]rune(l.Party)) > 200 || len([]rune(l.Remark)) > 500 || len(l.Account) > 64:
			return nil, fault.New(fault.Invalid, "第 %d 行的户名、账号或附言太长。", number)
		case strings.ContainsFunc(l.Serial+l.Party+l.Account+l.Remark, unicode.IsControl):
			return nil, fault.New(fault.Invalid, "第 %d 行有不能显示的字符。", number)
		}
		if before, again := seen[l.Serial]; again {
			return nil, fault.New(fault.Invalid, "第 %d 行和第 %d 行的流水号相同。", number, before)
		}
		seen[l.Serial] = number
		if l.Day, err = dayOf(cell(at.day)); err != nil {
			return nil, fault.New(fault.Invalid, "第 %d 行的日期看不懂：%s。", number, short(cell(at.day)))
		}
		if l.Amount, err = moved(cell(at.in), cell(at.out), cell(at.amount), at); err != nil {
			return nil, fault.New(fault.Invalid, "第 %d 行的金额看不懂：要么收入、要么支出，写到分为止。", number)
		}
		out = append(out, l)
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "这份流水里没有一行收支。")
	}
	return out, nil
}

// find is where the head stands, and which columns it names: the head of exactly one
// layout.
func find(records [][]string, layouts []Layout) (int, columns, error) {
	const searched = 20
	for i, record := range records[:min(len(records), searched)] {
		for _, l := range layouts {
			if at, ok := l.at(record); ok {
				return i, at, nil
			}
		}
	}
	return 0, columns{}, fault.New(fault.Invalid, "前 %d 行里没有认得的表头：请用银行导出的原表，或者平台的模板。", searched)
}

// at is where the columns of a layout stand in a head.
func (l Layout) at(head []string) (columns, bool) {
	found := func(names []string) (at, n int) {
		at = -1
		for i, h := range head {
			if slices.Contains(names, strings.TrimSpace(norm.NFKC.String(h))) {
				at = i
				n++
			}
		}
		return at, n
	}
	var c columns
	ok := true
	one := func(names []string, needed bool) int {
		at, n := found(names)
		ok = ok && (n == 1 || n == 0 && !needed)
		return at
	}
	c.serial, c.day, c.party, c.remark = one(l.Serial, true), one(l.Day, true), one(l.Party, true), one(l.Remark, true)
	c.currency, c.account = one(l.Currency, false), one(l.Account, false)
	signed := len(l.Amount) > 0
	c.in, c.out, c.amount = one(l.In, !signed), one(l.Out, !signed), one(l.Amount, signed)
	return c, ok
}

// moved is what a line moves: into the account above zero, out of it below.
func moved(in, out, amount string, at columns) (int64, error) {
	if at.amount >= 0 {
		return signed(amount)
	}
	none := func(s string) bool { return s == "" || s == "-" || strings.Trim(s, "0.") == "" }
	switch {
	case none(out) && !none(in):
		return positive(in)
	case none(in) && !none(out):
		n, err := positive(out)
		return -n, err
	}
	return 0, errAmount
}

var errAmount = fault.New(fault.Invalid, "金额看不懂。")

func positive(s string) (int64, error) {
	n, err := signed(s)
	if err != nil || n < 0 {
		return 0, errAmount
	}
	return n, nil
}

// signed reads an amount to the fen: digits, with commas between thousands or none, and
// two places at most. No number goes through a float.
func signed(s string) (int64, error) {
	s, below := strings.CutPrefix(strings.TrimPrefix(strings.TrimLeft(s, "¥ "), "+"), "-")
	whole, places, dotted := strings.Cut(s, ".")
	if parts := strings.Split(whole, ","); len(parts) > 1 {
		for i, p := range parts {
			if i == 0 && (len(p) == 0 || len(p) > 3) || i > 0 && len(p) != 3 {
				return 0, errAmount
			}
		}
		whole = strings.Join(parts, "")
	}
	if whole == "" || len(whole) > 12 || dotted && (places == "" || len(places) > 2) {
		return 0, errAmount
	}
	n := int64(0)
	for _, r := range whole + (places + "00")[:2] {
		if r < '0' || r > '9' {
			return 0, errAmount
		}
		n = n*10 + int64(r-'0')
	}
	if n == 0 || n > mostAmount {
		return 0, errAmount
	}
	if below {
		n = -n
	}
	return n, nil
}

// dayOf reads a day as banks write it.
func dayOf(s string) (time.Time, error) {
	for _, layout := range []string{"20060102", "2006-01-02", "2006/01/02", "2006/1/2", "2006年1月2日", "2006-01-02 15:04:05", "2006/01/02 15:04:05", "20060102 15:04:05", "20060102150405"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Truncate(24 * time.Hour), nil
		}
	}
	return time.Time{}, fault.New(fault.Invalid, "日期看不懂。")
}

// currency is the code of a currency by one of its names; empty: none that is known.
func currency(s string) string {
	switch strings.ToUpper(s) {
	case "", "CNY", "RMB", "人民币", "人民币元", "156", "01":
		return "CNY"
	}
	if len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return s
	}
	return ""
}

// short is the beginning of a cell, for a sentence.
func short(s string) string {
	const most = 20
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// Layouts are those that are known: the platform's own template, and the names that
// banks give to their columns most often.
var Layouts = []Layout{
	{Name: "platform", Serial: []string{"流水号"}, Day: []string{"入账日期"}, Amount: []string{"金额"}, Currency: []string{"货币"}, Party: []string{"对方户名"}, Account: []string{"对方账号"}, Remark: []string{"附言"}},
	{Name: "two columns", Serial: []string{"交易流水号", "流水号", "凭证号", "核心流水号", "交易序号"}, Day: []string{"交易日期", "记账日期", "入账日期", "交易时间"},
		In: []string{"收入金额", "贷方发生额", "贷方金额", "收入", "贷方发生额(收入)"}, Out: []string{"支出金额", "借方发生额", "借方金额", "支出", "借方发生额(支取)"}, Currency: []string{"币种", "货币"},
		Party: []string{"对方户名", "对方单位名称", "对方名称", "对方单位"}, Account: []string{"对方账号", "对方账户"}, Remark: []string{"附言", "摘要", "用途", "交易附言"}},
	{Name: "one column", Serial: []string{"交易流水号", "流水号", "交易序号"}, Day: []string{"交易日期", "记账日期", "日期"}, Amount: []string{"交易金额", "发生额", "金额"}, Currency: []string{"币种", "货币"},
		Party: []string{"对方户名", "对方单位名称", "对方名称"}, Account: []string{"对方账号", "对方账户"}, Remark: []string{"附言", "摘要", "用途", "交易附言"}},
}
