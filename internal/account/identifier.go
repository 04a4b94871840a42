package account

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"shuyuan/internal/fault"
)

var (
	localPart = regexp.MustCompile(`^[a-z0-9!#$%&'*+/=?^_{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_{|}~-]+)*$`)
	hostName  = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$`)
	mainland  = regexp.MustCompile(`^1[3-9][0-9]{9}$`)
	world     = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	spacing   = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "")
)

// Identifier is the one spelling of an e-mail address or a phone number.
// Full-width letters, capitals and an internationalised domain name fold
// together, so that no two accounts look alike; dots and plus signs stay,
// since they may be different mailboxes. It returns fault.Invalid for anything
// that is neither.
func Identifier(s string) (string, error) {
	bad := fault.At("identifier", "请填写电子邮箱或手机号。")
	if len(s) > 1000 || strings.ContainsFunc(s, unicode.IsControl) {
		return "", bad
	}
	s = strings.ToLower(strings.TrimSpace(norm.NFKC.String(s)))
	if phone := spacing.Replace(s); mainland.MatchString(phone) {
		return "+86" + phone, nil
	} else if world.MatchString(phone) {
		return phone, nil
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 {
		return "", bad
	}
	local, domain := s[:at], s[at+1:]
	domain, err := idna.Lookup.ToASCII(domain)
	if err != nil || !hostName.MatchString(domain) || len(local) > 64 || !localPart.MatchString(local) {
		return "", bad
	}
	if s = local + "@" + domain; len(s) > 254 {
		return "", bad
	}
	return s, nil
}
