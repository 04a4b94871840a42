package quality

import (
	"strings"
	"time"
)

// residentID reports whether s, 18 characters, has the form of a resident ID
// number (GB 11643-1999): division, date of birth, order, check character; and
// whether the check character is right. The identity cards of foreign permanent
// residents since 2023 begin with 9 and are checked alike.
func residentID(s string, now time.Time) (formed, right bool) {
	if len(s) != 18 || !digits(s[:17]) || !digits(s[17:]) && s[17] != 'X' && s[17] != 'x' {
		return false, false
	}
	if !province(s[:2]) && (s[0] != '9' || !province(s[1:3])) || !birthday(s[6:14], now) {
		return false, false
	}
	return true, checkCharacter(s[:17]) == strings.ToUpper(s[17:])[0]
}

// checkCharacter is that of 17 digits, after ISO 7064 MOD 11-2.
func checkCharacter(s string) byte {
	sum := 0
	for i := range 17 {
		sum = (sum + int(s[i]-'0')) * 2 % 11
	}
	return "10X98765432"[sum]
}

// oldResidentID reports whether s, 15 digits, can be a resident ID number as
// they were given until 1999. Nothing in it can be checked but division and day.
func oldResidentID(s string) bool {
	return len(s) == 15 && digits(s) && province(s[:2]) && birthday("19"+s[6:12], time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
}

// provinces are the first two digits of division codes (GB/T 2260).
const provinces = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 "

func province(s string) bool { return strings.Contains(provinces, s+" ") }

// birthday reports whether s is a day on which somebody alive can be born.
func birthday(s string, now time.Time) bool {
	day, err := time.Parse("20060102", s)
	return err == nil && !day.After(now) && day.Year() > now.Year()-120
}

// bankCard reports whether s has the length and the beginning of a card number,
// and whether its last digit is right (ISO/IEC 7812-1, Luhn).
func bankCard(s string) (formed, right bool) {
	n := len(s)
	switch {
	case n < 15 || n > 19 || !digits(s):
		return false, false
	case strings.HasPrefix(s, "62") && n >= 16, strings.HasPrefix(s, "9558") && n == 19: // UnionPay; an old one of ICBC
	case n == 16 && (s[0] == '4' || s[0] == '5' && s[1] >= '1' && s[1] <= '5' || s[:4] >= "2221" && s[:4] <= "2720" || s[:2] == "35"): // Visa, Mastercard, JCB
	case n == 15 && (s[:2] == "34" || s[:2] == "37"): // American Express
	default:
		return false, false
	}
	return true, luhn(s)
}

func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// creditCodeAlphabet are the characters of a 统一社会信用代码 in the order of
// their values (GB 32100-2015): no I, O, S, V, Z.
const creditCodeAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// creditCode reports whether s, 18 characters, is a 统一社会信用代码 by its check
// character.
func creditCode(s string) bool {
	if len(s) != 18 || !digits(s[2:8]) {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(creditCodeAlphabet, s[i])
		if v < 0 {
			return false
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	return creditCodeAlphabet[(31-sum%31)%31] == s[17]
}

// ofIndividual reports whether a credit code is that of a 个体工商户: a person
// who trades, and most of them under their own name and from home. Those of
// companies and bodies are public by law.
func ofIndividual(code string) bool { return strings.HasPrefix(code, "92") }

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
