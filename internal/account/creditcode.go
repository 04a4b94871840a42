package account

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"shuyuan/internal/fault"
)

const creditLetters = "0123456789ABCDEFGHJKLMNPQRTUWXY" // no I, O, S, V, Z

// CreditCode is the one spelling of a 统一社会信用代码. It returns
// fault.Invalid for what is none: 18 characters, of which the last checks the
// others (GB 32100-2015, 5.2.5: weights 3^i mod 31).
func CreditCode(s string) (string, error) {
	s = strings.ToUpper(strings.ReplaceAll(norm.NFKC.String(strings.TrimSpace(s)), " ", ""))
	if len(s) != 18 {
		return "", fault.At("code", "统一社会信用代码是 18 位。")
	}
	sum, weight := 0, 1
	for i := range 17 {
		value := strings.IndexByte(creditLetters, s[i])
		if value < 0 {
			return "", fault.At("code", "统一社会信用代码只有数字和大写字母，没有 I、O、S、V、Z。")
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	if creditLetters[(31-sum%31)%31] != s[17] {
		return "", fault.At("code", "统一社会信用代码的校验位不对，请对照证照再看一遍。")
	}
	return s, nil
}
