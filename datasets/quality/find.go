package quality

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind is a kind of thing that a person must look at before it is public.
type Kind string

// What Find finds.
const (
	ResidentID     Kind = "resident-id"
	OldResidentID  Kind = "old-resident-id"
	Mobile         Kind = "mobile"
	BankCard       Kind = "bank-card"
	IndividualCode Kind = "individual-credit-code"
	Passport       Kind = "passport"
	Plate          Kind = "plate"
	Email          Kind = "email"
)

// What only a column as a whole shows.
const (
	PersonName  Kind = "name"
	HomeAddress Kind = "home-address"
	SmallCells  Kind = "small-cells"
)

// Hit is something in a text that has the form of its kind. Right is false
// where a check digit is wrong, or the form alone proves nothing.
type Hit struct {
	Kind  Kind
	Value string
	Right bool
}

// Prefilter is a regular expression (RE2) that matches every text in which Find
// finds anything, and few others.
const Prefilter = `[0-9０-９]{11}|[0-9０-９]{3}[ -－][0-9０-９]{4}[ -－][0-9０-９]{4}|[0-9０-９]{6} [0-9０-９]{8} [0-9０-９]{3}` +
	`|92[0-9]{6}|９２[０-９]{6}|[0-9A-Za-z_.+-][@＠][0-9A-Za-z]|护照|[` + plateProvinces + `][A-Za-z][·・ ]?[0-9A-Za-z]{4}`

const plateProvinces = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

var (
	addressForm  = regexp.MustCompile(`[0-9A-Za-z][0-9A-Za-z._%+-]{0,63}@(?:[0-9A-Za-z](?:[0-9A-Za-z-]{0,62})\.){1,8}[A-Za-z]{2,24}`)
	plateForm    = regexp.MustCompile(`[` + plateProvinces + `][A-HJ-NP-Z][·・ ]?(?:[A-HJ-NP-Z0-9]{4}[学警港澳挂领]|[A-HJ-NP-Z0-9]{5,6})`)
	passportForm = regexp.MustCompile(`(?:E[0-9A-HJ-NP-Z][0-9]{7}|[DSPGK][0-9EP]?[0-9]{7})`)
	link         = regexp.MustCompile(`(?i)https?://[^\s，。；、）)]+`)
)

// Personal reports whether words hold the number or the address of a person: what
// somebody writes for the public stands there for good.
func Personal(words string, now time.Time) bool {
	return slices.ContainsFunc(Find(words, now), func(h Hit) bool { return h.Right })
}

// Find returns what in a text has the form of something that names a person.
// now bounds days of birth.
func Find(text string, now time.Time) []Hit {
	s := narrow(text)
	plain := s
	if strings.Contains(s, "://") { // numbers in addresses name pages
		plain = link.ReplaceAllString(s, " ")
	}
	var hits []Hit
	for _, m := range addressForm.FindAllString(plain, -1) {
		hits = append(hits, Hit{Email, m, true})
	}
	hits = numbers(hits, plain, now)
	hits = codes(hits, plain)
	for _, at := range plateForm.FindAllStringIndex(plain, -1) {
		if m := plain[at[0]:at[1]]; strings.ContainsAny(m, "0123456789") && !wordAt(plain, at[1]) {
			hits = append(hits, Hit{Plate, m, true})
		}
	}
	if strings.Contains(plain, "护照") {
		for _, at := range passportForm.FindAllStringIndex(plain, -1) {
			if !wordBefore(plain, at[0]) && !wordAt(plain, at[1]) {
				hits = append(hits, Hit{Passport, plain[at[0]:at[1]], true})
			}
		}
	}
	return hits
}

// narrow writes the wide forms of ASCII as ASCII.
func narrow(s string) string {
	if !strings.ContainsFunc(s, wide) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if wide(r) {
			return r - 0xfee0
		}
		return r
	}, s)
}

func wide(r rune) bool { return r >= '！' && r <= '～' }

// numbers finds what is made of digits: runs of them, and groups of runs with
// one kind of separator.
func numbers(hits []Hit, s string, now time.Time) []Hit {
	for at := 0; at < len(s); {
		if !digit(s[at]) {
			at++
			continue
		}
		end := at + 1
		for end < len(s) && digit(s[end]) {
			end++
		}
		if from, to, ok := group(s, at, end); ok {
			joined := strings.NewReplacer(" ", "", "-", "").Replace(s[from:to])
			if found := number(joined, now); len(found) > 0 && alone(s, from, to) {
				hits, at = append(hits, found...), to
				continue
			}
		}
		to := end
		if end-at == 17 && to < len(s) && (s[to] == 'X' || s[to] == 'x') {
			to++
		}
		if alone(s, at, to) {
			hits = append(hits, number(s[at:to], now)...)
		}
		at = to
	}
	return hits
}

// number is what a number that stands alone has the form of.
func number(s string, now time.Time) []Hit {
	var hits []Hit
	add := func(k Kind, formed, right bool) {
		if formed {
			hits = append(hits, Hit{k, s, right})
		}
	}
	switch len(s) {
	case 11:
		add(Mobile, true, s[0] == '1' && s[1] >= '3')
	case 12:
		add(Mobile, s[:2] == "01" && s[2] >= '3', true) // with the 0 that once was dialled before it
	case 13:
		add(Mobile, s[:3] == "861" && s[3] >= '3', true)
	case 15:
		add(Mobile, s[:5] == "00861" && s[5] >= '3', true)
		add(OldResidentID, oldResidentID(s), true)
	case 18:
		formed, right := residentID(s, now)
		add(ResidentID, formed, right)
		if right {
			return hits // what proves to be one thing is not another
		}
	}
	formed, right := bankCard(s)
	add(BankCard, formed, right)
	return hits
}

// group is the end of a number that is written in groups, of which the first
// is s[at:end]: 138 0013 8000, 6222-0212-3456-7890-123, 350102 19900307 1234.
func group(s string, at, end int) (from, to int, ok bool) {
	shapes := [][]int{{3, 4, 4}, {4, 4, 4, 4}, {4, 4, 4, 4, 1}, {4, 4, 4, 4, 2}, {4, 4, 4, 4, 3}, {6, 8, 4}}
	var lengths []int
	next := end
	lengths = append(lengths, end-at)
	for next+1 < len(s) && (s[next] == ' ' || s[next] == '-') && s[next] == s[end] && digit(s[next+1]) && len(lengths) < 6 {
		to := next + 1
		for to < len(s) && digit(s[to]) {
			to++
		}
		if len(lengths) == 2 && lengths[0] == 6 && to-next-1 == 3 && to < len(s) && (s[to] == 'X' || s[to] == 'x') {
			to++
		}
		lengths = append(lengths, to-next-1)
		next = to
	}
	for _, shape := range shapes {
		if equal(shape, lengths) {
			return at, next, true
		}
	}
	return 0, 0, false
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// alone reports whether s[at:end] is no part of a longer number or word. Words
// that announce a number may stand before it.
func alone(s string, at, end int) bool {
	if at > 0 {
		switch b := s[at-1]; {
		case b == '.' && at > 1 && digit(s[at-2]), b == '_':
			return false
		case letter(b):
			if !announced(s[:at]) {
				return false
			}
		}
	}
	if end < len(s) {
		switch b := s[end]; {
		case digit(b), letter(b), b == '_', b == '.' && end+1 < len(s) && digit(s[end+1]):
			return false
		}
	}
	return true
}

// announced reports whether the word at the end of s says that a number follows.
func announced(s string) bool {
	from := len(s)
	for from > 0 && letter(s[from-1]) {
		from--
	}
	switch strings.ToLower(s[from:]) {
	case "tel", "phone", "mobile", "mob", "cell", "id", "no", "card", "wechat", "wx", "vx", "qq", "t", "m", "p":
		return true
	}
	return false
}

// codes finds credit codes of individuals.
func codes(hits []Hit, s string) []Hit {
	for at := 0; at+18 <= len(s); at++ {
		if s[at] != '9' || s[at+1] != '2' || wordBefore(s, at) {
			continue
		}
		end := at
		for end < len(s) && (digit(s[end]) || letter(s[end])) {
			end++
		}
		if code := strings.ToUpper(s[at:end]); end-at == 18 && creditCode(code) && ofIndividual(code) {
			hits = append(hits, Hit{IndividualCode, code, true})
		}
		at = end
	}
	return hits
}

func wordAt(s string, at int) bool     { return at < len(s) && (digit(s[at]) || letter(s[at])) }
func wordBefore(s string, at int) bool { return at > 0 && wordAt(s, at-1) }

func digit(b byte) bool  { return b >= '0' && b <= '9' }
func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// Mask blots out most of a value, so that whoever has the file finds it again
// and nobody else learns it.
func Mask(k Kind, value string) string {
	blot := func(s string, head, tail int) string {
		n := utf8.RuneCountInString(s)
		if head+tail >= n {
			head, tail = min(1, n-1), 0
		}
		r := []rune(s)
		return string(r[:head]) + strings.Repeat("*", n-head-tail) + string(r[n-tail:])
	}
	switch k {
	case ResidentID, OldResidentID, IndividualCode:
		return blot(value, 4, 2)
	case Mobile:
		return blot(value, 3, 2)
	case BankCard:
		return blot(value, 4, 2)
	case Email:
		user, domain, _ := strings.Cut(value, "@")
		return blot(user, 1, 0) + "@" + domain
	case Plate, Passport:
		return blot(value, 2, 1)
	case PersonName, HomeAddress, SmallCells:
	}
	return blot(value, 1, 0)
}
