package marketplace

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"shuyuan/internal/fault"
)

// mostWanted is how long what somebody asks about may be.
const mostWanted = 300

var (
	certificates = regexp.MustCompile(`^(DJZ|HGZ|PGZ)-\d{4}-\d{6}$`)
	almost       = regexp.MustCompile(`^[A-Z]{3,6}-[0-9OIL]{4}-[0-9OIL]{6}(@|$)`)
	dashes       = strings.NewReplacer("\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2014", "-", "\u2015", "-", "\u2212", "-", "\u00ad", "")
)

// Wanted is what somebody asks about, as Verify takes it: a digest, the number of a
// product, of a version or of a certificate, or what stands in the address that a code
// on paper leads to. What a keyboard for Chinese types otherwise (full-width letters,
// long dashes) is put right. A letter that only looks like one of ours is refused: who
// writes a number with it means to deceive.
func Wanted(base, text string) (string, error) {
	if len(text) > mostWanted {
		return "", fault.At("q", "太长。指纹是 64 位，编号像 PRD-2026-000001。")
	}
	text = strings.TrimSpace(text)
	if strings.Contains(text, "://") {
		var err error
		if text, err = wantedOf(base, text); err != nil {
			return "", err
		}
	}
	text = norm.NFKC.String(dashes.Replace(text))
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' }), "")
	for i, r := range []rune(text) {
		if r > unicode.MaxASCII {
			return "", fault.At("q", "第 %d 个字符“%s”不是编号里会有的字母或数字，只是看着像。请核对来处，不要轻信这个编号。", i+1, string(r))
		}
	}
	if lower := strings.TrimPrefix(strings.ToLower(text), "sha256:"); digests.MatchString(lower) {
		return lower, nil
	}
	upper := strings.ToUpper(text)
	switch {
	case text == "":
		return "", fault.At("q", "请填指纹、产品编号或证书编号，或者选一个文件。")
	case numbers.MatchString(upper), certificates.MatchString(upper), received.MatchString(upper):
		return upper, nil
	case almost.MatchString(upper) && strings.ContainsAny(upper[strings.Index(upper, "-"):], "OIL"):
		return "", fault.At("q", "编号里的年份和序号只有数字；这里写了字母 O、I 或 L，看着像 0 或 1。请核对来处，不要轻信这个编号。")
	}
	return "", fault.At("q", "这不是指纹，也不是编号。指纹是 64 位的十六进制数，产品编号像 PRD-2026-000001，版本像 PRD-2026-000001@1.0.0。")
}

// OfCertificate reports whether what Wanted returned is the number of a certificate of a
// product: of its registration, its compliance or its valuation.
func OfCertificate(wanted string) bool { return certificates.MatchString(wanted) }

// OfReceipt reports whether what Wanted returned is the number of a certificate of
// download.
func OfReceipt(wanted string) bool { return received.MatchString(wanted) }

// wantedOf is what an address of this portal asks about. Whoever forges a stamp prints a
// code that leads to a page of theirs, so that no other address is looked at.
func wantedOf(base, address string) (string, error) {
	at, err := url.Parse(address)
	own, errOwn := url.Parse(base)
	if err != nil || errOwn != nil || !strings.EqualFold(at.Host, own.Host) || at.User != nil {
		return "", fault.At("q", "这个网址不是本平台的。真的码只指向 %s，不要在别的网址上核验。", base)
	}
	parts := strings.Split(strings.Trim(strings.TrimPrefix(at.Path, own.Path), "/"), "/")
	if len(parts) < 2 || parts[0] != "verify" && parts[0] != "products" && parts[0] != "certificates" && parts[0] != "receipts" {
		return "", fault.At("q", "这个网址不是核验的网址。")
	}
	return parts[1], nil
}

// OfDigest reports whether what is asked for is a digest.
func OfDigest(what string) bool { return digests.MatchString(what) }
