package payment_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/marketplace/payment"
)

var bank = []payment.Layout{
	{Name: "signed", Serial: []string{"流水号"}, Day: []string{"日期"}, Amount: []string{"金额"}, Party: []string{"对方户名"}, Remark: []string{"附言"}},
	{Name: "two", Serial: []string{"交易流水号", "流水号"}, Day: []string{"交易日期"}, In: []string{"收入金额", "贷方发生额"}, Out: []string{"支出金额", "借方发生额"}, Currency: []string{"币种"}, Party: []string{"对方户名"}, Account: []string{"对方账号"}, Remark: []string{"附言", "摘要"}},
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// A statement is read as its bank writes it.
func TestRead(t *testing.T) {
	got, err := payment.Read([][]string{
		{"福州某银行 账户明细"}, {"起止日期", "20260301-20260331"}, {},
		{"交易流水号", "交易日期", "收入金额", "支出金额", "币种", "对方户名", "对方账号", "摘要"},
		{"T1", "20260302", "1,234,567.8", "", "人民币", "福州甲公司", "3501 0000 1111", "货款 SY..."},
		{"T2", "2026-03-02", "0.00", "９９", "", "乙公司", "", ""},
		{"", "", "", "", "", "", "", ""},
		{"T3", "2026/3/2", "0.01", "-", "USD", "C", "", "x"},
	}, bank)
	if err != nil {
		t.Fatal(err)
	}
	want := []payment.Line{
		{Serial: "T1", Day: day("2026-03-02"), Amount: 123_456_780, Currency: "CNY", Party: "福州甲公司", Account: "350100001111", Remark: "货款 SY..."},
		{Serial: "T2", Day: day("2026-03-02"), Amount: -9900, Currency: "CNY", Party: "乙公司"},
		{Serial: "T3", Day: day("2026-03-02"), Amount: 1, Currency: "USD", Party: "C", Remark: "x"},
	}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: %+v, want %+v", i, got[i], want[i])
		}
	}
	got, err = payment.Read([][]string{{"流水号", "日期", "金额", "对方户名", "附言"}, {"1", "20260302", "-5.50", "甲", ""}}, bank)
	if err != nil || got[0].Amount != -550 {
		t.Errorf("signed: %+v %v", got, err)
	}
}

// What cannot be read for certain is refused as a whole, with the line that it is.
func TestWhatIsNoStatement(t *testing.T) {
	head := []string{"交易流水号", "交易日期", "收入金额", "支出金额", "币种", "对方户名", "对方账号", "摘要"}
	good := []string{"T1", "20260302", "1.00", "", "", "甲", "", ""}
	with := func(at int, s string) []string {
		r := append([]string{}, good...)
		r[at] = s
		return r
	}
	for name, c := range map[string]struct {
		records [][]string
		says    string
	}{
		"nothing":                 {nil, "表头"},
		"no head":                 {[][]string{good}, "表头"},
		"a column twice":          {[][]string{append([]string{"收入金额"}, head...), good}, "表头"},
		"both names of a column":  {[][]string{append([]string{"流水号"}, head...), good}, "表头"},
		"no lines":                {[][]string{head, {}}, "没有一行"},
		"no serial":               {[][]string{head, with(0, "")}, "第 2 行没有流水号"},
		"a serial twice":          {[][]string{head, good, good}, "第 3 行和第 2 行"},
		"no day":                  {[][]string{head, with(1, "")}, "日期"},
		"the 30th of February":    {[][]string{head, with(1, "2026-02-30")}, "日期"},
		"in and out":              {[][]string{head, with(3, "1.00")}, "金额"},
		"neither":                 {[][]string{head, with(2, "0.00")}, "金额"},
		"three places":            {[][]string{head, with(2, "1.005")}, "金额"},
		"a float":                 {[][]string{head, with(2, "1e3")}, "金额"},
		"below zero":              {[][]string{head, with(2, "-1.00")}, "金额"},
		"commas anywhere":         {[][]string{head, with(2, "1,00.00")}, "金额"},
		"too much":                {[][]string{head, with(2, "999999999999.00")}, "金额"},
		"more than a number":      {[][]string{head, with(2, strings.Repeat("9", 40))}, "金额"},
		"a formula":               {[][]string{head, with(2, "=1+1")}, "金额"},
		"a currency of no name":   {[][]string{head, with(4, "元宝")}, "币种"},
		"a remark of a thousand":  {[][]string{head, with(7, strings.Repeat("长", 1000))}, "太长"},
		"a control character":     {[][]string{head, with(5, "甲\x07")}, "不能显示"},
		"a line that breaks":      {[][]string{head, with(7, "a\nb")}, "不能显示"},
		"another script's digits": {[][]string{head, with(2, "١٢")}, "金额"},
	} {
		lines, err := payment.Read(c.records, bank)
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.says) || lines != nil {
			t.Errorf("%s: %v %v", name, lines, err)
		}
	}
}

// A code survives what people and banks do to it, and a slip of the pen is noticed.
func TestCodes(t *testing.T) {
	for range 500 {
		c := payment.NewCode()
		plain := string(c)
		wide := strings.Map(func(r rune) rune { return r + 0xFEE0 }, plain)
		for _, remark := range []string{plain, strings.ToLower(plain), "货款" + plain + "谢谢", wide, plain[:4] + " " + plain[4:], plain[:5] + "-" + plain[5:], "ABC" + plain, "SY" + plain, strings.ReplaceAll(plain, "0", "O"), strings.ReplaceAll(plain, "1", "l")} {
			if got := payment.Codes(remark); !slices.Contains(got, c) {
				t.Fatalf("%q of %s: %v", remark, c, got)
			}
		}
		other := payment.NewCode()
		if got := payment.Codes(plain + "和" + string(other) + "，" + plain); !slices.Contains(got, c) || !slices.Contains(got, other) {
			t.Fatalf("two: %v", got)
		}
		at := 2 + rand.IntN(6) // one character wrong, or two that changed places
		for _, letter := range "0123456789ABCDEFGHJKMNPQRSTVWXYZ" {
			if wrong := plain[:at] + string(letter) + plain[at+1:]; wrong != plain && len(payment.Codes(wrong)) != 0 {
				t.Fatalf("%s taken for %s", wrong, plain)
			}
		}
		if at < 7 && plain[at] != plain[at+1] {
			if wrong := plain[:at] + string(plain[at+1]) + string(plain[at]) + plain[at+2:]; len(payment.Codes(wrong)) != 0 {
				t.Fatalf("%s taken for %s", wrong, plain)
			}
		}
	}
	if got := payment.Codes("SY与123456之7"); len(got) != 0 {
		t.Errorf("across words: %v", got)
	}
}

// Each mismatch that banks bring is named, and only what is exact is booked by itself.
func TestMatch(t *testing.T) {
	a, b, c, d := payment.NewCode(), payment.NewCode(), payment.NewCode(), payment.NewCode()
	advices := []payment.Advice{
		{Ref: "A", Code: a, Amount: 10_000, Currency: "CNY", Payer: "福州甲（集团）公司", Until: day("2026-03-10")},
		{Ref: "B", Code: b, Amount: 5_000, Currency: "CNY", Payer: "乙公司", Until: day("2026-03-10")},
		{Ref: "C", Code: c, Amount: 5_000, Currency: "CNY", Payer: "乙公司", Until: day("2026-03-10")},
		{Ref: "D", Code: d, Amount: 700, Currency: "CNY", Payer: "丁公司", Until: day("2026-03-10"), Ended: true},
	}
	line := func(amount int64, party string, remark ...payment.Code) payment.Line {
		return payment.Line{Serial: fmt.Sprint(amount, party, remark), Day: day("2026-03-05"), Amount: amount, Currency: "CNY", Party: party, Remark: "货款" + fmt.Sprint(remark)}
	}
	late := line(10_000, "福州甲(集团)公司", a)
	late.Day = day("2026-03-11")
	dollars := line(10_000, "福州甲(集团)公司", a)
	dollars.Currency = "USD"
	for name, x := range map[string]struct {
		lines []payment.Line
		want  []string // verdict and orders of each
	}{
		"whole, by its code":           {[]payment.Line{line(10_000, "福州甲(集团) 公司", a)}, []string{"exact [A]"}},
		"whole, without a code":        {[]payment.Line{line(10_000, "福州甲（集团）公司")}, []string{"exact [A]"}},
		"one of two that look alike":   {[]payment.Line{line(5_000, "乙公司")}, []string{"unknown [B C]"}},
		"the other one after its code": {[]payment.Line{line(5_000, "乙公司", b), line(5_000, "乙公司")}, []string{"exact [B]", "exact [C]"}},
		"short":                        {[]payment.Line{line(9_999, "福州甲(集团)公司", a)}, []string{"short [A]"}},
		"over":                         {[]payment.Line{line(10_001, "福州甲(集团)公司", a)}, []string{"over [A]"}},
		"twice":                        {[]payment.Line{line(10_000, "福州甲(集团)公司", a), line(10_000, "福州甲(集团)公司", a)}, []string{"exact [A]", "over [A]"}},
		"from somebody else":           {[]payment.Line{line(10_000, "张三", a)}, []string{"wrong_payer [A]"}},
		"for two in one":               {[]payment.Line{line(10_000, "乙公司", b, c)}, []string{"several [B C]"}},
		"late":                         {[]payment.Line{late}, []string{"late [A]"}},
		"for an order that ended":      {[]payment.Line{line(700, "丁公司", d)}, []string{"late [D]"}},
		"without a code, for that":     {[]payment.Line{line(700, "丁公司")}, []string{"unknown []"}},
		"in dollars":                   {[]payment.Line{dollars}, []string{"foreign [A]"}},
		"went":                         {[]payment.Line{line(-10_000, "福州甲(集团)公司", a)}, []string{"outgoing [A]"}},
		"of nobody":                    {[]payment.Line{line(1, "无名氏")}, []string{"unknown []"}},
		"a code of nothing":            {[]payment.Line{line(10_000, "福州甲(集团)公司", payment.NewCode())}, []string{"exact [A]"}},
	} {
		got := payment.Match(x.lines, advices)
		for i, w := range x.want {
			if s := fmt.Sprint(got[i].Verdict, " ", got[i].Orders); s != w {
				t.Errorf("%s, line %d: %s, want %s", name, i+1, s, w)
			}
		}
	}
}
