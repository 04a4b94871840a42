package quality

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var today = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// idOf adds the check character to 17 digits by the weights of GB 11643, as the
// standard prints them.
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

// codeOf adds the check character to 17 of a credit code by the weights of
// GB 32100.
func codeOf(s string) string {
	weights := []int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	sum := 0
	for i, w := range weights {
		sum += strings.IndexByte(alphabet, s[i]) * w
	}
	return s + string(alphabet[(31-sum%31)%31])
}

func TestFindKnowsWhatNamesAPerson(t *testing.T) {
	id, woman := idOf("35010219900307123"), "11010519491231002X" // the second is the example of the standard
	card := cardOf("622202100111624570")
	visa := cardOf("411111111111111")
	trader := codeOf("92350102MA2XXXXX0")
	for _, c := range []struct {
		text string
		want []Kind
	}{
		{id, []Kind{ResidentID}},
		{woman, []Kind{ResidentID}},
		{strings.ToLower(woman), []Kind{ResidentID}},
		{"身份证号：" + woman + "，已核", []Kind{ResidentID}},
		{"申请人张三(" + id + ")、李四(" + woman + ")", []Kind{ResidentID, ResidentID}},
		{wideOf(id), []Kind{ResidentID}},
		{"350102 19900307 123" + id[17:], []Kind{ResidentID}},
		{"110105 19491231 002X", []Kind{ResidentID}},
		{idOf("91135619900307123"), []Kind{ResidentID}}, // a foreign permanent resident
		{id[:17] + wrong(id[17:]), nil},                 // check character
		{idOf("35010219900230123"), nil},                // there is no 30 February
		{idOf("35010219901307123"), nil},                // nor a month 13
		{idOf("35010220270101123"), nil},                // not born yet
		{idOf("35010218900101123"), nil},                // nobody is so old
		{idOf("10010219900307123"), nil},                // no such province
		{"350102900307123", []Kind{OldResidentID}},      // the form of 15 digits
		{"350102901307123", nil},                        // with a month 13
		{"1" + id, nil}, {id + "1", nil}, {"A" + id, nil}, {id + "b", nil}, {"0." + id, nil}, {id + ".5", nil},

		{"13800138000", []Kind{Mobile}},
		{"手机13800138000", []Kind{Mobile}},
		{"tel13800138000", []Kind{Mobile}},
		{"+8613800138000", []Kind{Mobile}},
		{"+86 138-0013-8000", []Kind{Mobile}},
		{"0086" + "13800138000", []Kind{Mobile}},
		{"013800138000", []Kind{Mobile}},
		{"138 0013 8000", []Kind{Mobile}},
		{"138-0013-8000/13900139000", []Kind{Mobile, Mobile}},
		{"１３８００１３８０００", []Kind{Mobile}},
		{"微信同号 19912345678", []Kind{Mobile}},
		{"12800138000", nil}, {"11000138000", nil}, // no such numbers
		{"0591-87654321", nil}, {"059187654321", nil}, {"400-800-8000", nil}, // of offices
		{"138001380001", nil}, {"3.13800138000", nil}, {"13800138000.5", nil}, {"a13800138000f", nil}, {"v_13800138000", nil},
		{"https://example.cn/img/13800138000.jpg", nil},

		{card, []Kind{BankCard}},
		{visa, []Kind{BankCard}},
		{card[:4] + " " + card[4:8] + " " + card[8:12] + " " + card[12:16] + " " + card[16:], []Kind{BankCard}},
		{"账号" + card, []Kind{BankCard}},
		{card[:18] + wrong(card[18:]), nil},
		{"0" + card, nil}, {cardOf("123456789012345"), nil},

		{trader, []Kind{IndividualCode}},
		{strings.ToLower(trader), []Kind{IndividualCode}},
		{trader[:17] + wrong(trader[17:]), nil},
		{codeOf("91350100MA2XXXXX0"), nil}, // a company
		{codeOf("11350000MB0XXXXX0"), nil}, // an authority
		{codeOf("12350000MB0XXXXX0"), nil},

		{"闽A12345", []Kind{Plate}}, {"京AD12345", []Kind{Plate}}, {"粤B·8888学", []Kind{Plate}}, {"苏E 1234警", []Kind{Plate}},
		{"闽ABCDEF", nil}, {"闽A1234567", nil}, {"浙I12345", nil}, {"津A级景区", nil},

		{"护照 E12345678", []Kind{Passport}}, {"护照号EA1234567", []Kind{Passport}},
		{"编号 E12345678", nil}, {"E12345678", nil},

		{"zhang.san@example.com", []Kind{Email}}, {"邮箱：a@b.cn。", []Kind{Email}}, {"王五＜w@tests.example.cn＞", []Kind{Email}},
		{"https://lists.example.org/archive/a@lists.example.org", nil}, {"@所有人", nil}, {"a@b", nil},

		// figures of every day
		{"", nil}, {"350102", nil}, {"350102001", nil}, {"350102001001", nil}, {"2026-11-25 09:00:00", nil}, {"20261125090000", nil}, {"20261125090000123", nil},
		{"978-7-111-12345-6", nil}, {"9787111123456", nil}, {"6901234567892", nil}, {"119.296531,26.074478", nil}, {"119.29653100000001", nil},
		{"00:1A:2B:3C:4D:5E", nil}, {"550e8400-e29b-41d4-a716-446655440000", nil}, {"1.7976931348623157e308", nil}, {"0x13800138000", nil},
		{"10.5281/zenodo.13800138001234", nil}, {"GB 11643-1999", nil}, {"1,380,013,8000", nil},
	} {
		var got []Kind
		for _, h := range Find(c.text, today) {
			if h.Right {
				got = append(got, h.Kind)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: %s", c.text, diff)
		}
		if len(got) > 0 && !regexp.MustCompile(Prefilter).MatchString(c.text) {
			t.Errorf("%q is not picked out", c.text)
		}
	}
}

func wideOf(s string) string {
	return strings.Map(func(r rune) rune { return r + 0xfee0 }, s)
}

// wrong is another character of its kind.
func wrong(s string) string {
	if s == "3" || s == "7" {
		return "1"
	}
	return "3"
}

// Whatever Find finds is picked out by the row engine first.
func FuzzFindIsPickedOut(f *testing.F) {
	for _, s := range []string{"13800138000", idOf("35010219900307123"), "闽A12345", "a@b.cn", "护照E12345678", cardOf("622202100111624570"), codeOf("92350102MA2XXXXX0"), "350102 19900307 1234"} {
		f.Add(s)
	}
	filter := regexp.MustCompile(Prefilter)
	f.Fuzz(func(t *testing.T, s string) {
		if found := Find(s, today); len(found) > 0 && !filter.MatchString(s) {
			t.Errorf("%q holds %v", s, found)
		}
	})
}

func TestMasksHideMostOfAValue(t *testing.T) {
	for _, c := range []struct {
		kind        Kind
		value, want string
	}{
		{ResidentID, "11010519491231002X", "1101************2X"},
		{Mobile, "13800138000", "138******00"},
		{BankCard, "6222021001116245702", "6222*************02"},
		{Email, "zhang.san@example.com", "z********@example.com"},
		{Email, "z@example.com", "*@example.com"},
		{Plate, "闽A12345", "闽A****5"},
		{PersonName, "王小明", "王**"}, {PersonName, "王", "*"},
		{HomeAddress, "福州市鼓楼区东街1号101室", "福*************"},
	} {
		if got := Mask(c.kind, c.value); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.kind, c.value, got, c.want)
		}
	}
}
