package payment

import (
	"crypto/rand"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Code is what a buyer writes into the remark of a transfer: SY, six characters, and one
// that checks them. None of the characters is taken for another one.
type Code string

const (
	codeHead    = "SY"
	codeRandom  = 6
	codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's Base32
	codeChecks  = codeLetters + "*~$=U"              // its check symbols, modulo 37
)

// NewCode is a code that nobody can guess from another one.
func NewCode() Code {
	for {
		var raw [codeRandom]byte
		rand.Read(raw[:]) //nolint:errcheck // never fails, crypto/rand
		body := make([]byte, codeRandom)
		for i, b := range raw {
			body[i] = codeLetters[b%32]
		}
		if c := codeCheck(string(body)); strings.IndexByte(codeLetters, c) >= 0 { // banks take letters and digits
			return Code(codeHead + string(body) + string(c))
		}
	}
}

// codeCheck is the check symbol of the characters of a code: the number that they are in
// base 32, modulo 37.
func codeCheck(body string) byte {
	n := 0
	for i := range len(body) {
		n = (n*32 + strings.IndexByte(codeLetters, body[i])) % 37
	}
	return codeChecks[n]
}

// alike are letters that are read for a digit.
var alike = strings.NewReplacer("O", "0", "I", "1", "L", "1")

// Codes are the codes that a remark holds, each once, in their order: whatever the width
// of its letters, with spaces and marks between them or not, with O for 0 and I or L
// for 1. A code with a slip of the pen is none; which of
// those found are of an order, whoever asked must know.
func Codes(remark string) []Code {
	var plain strings.Builder
	for _, r := range strings.ToUpper(norm.NFKC.String(remark)) {
		switch {
		case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z':
			plain.WriteRune(r)
		case r > 127: // a word of another script ends what stands before it
			plain.WriteByte(' ')
		}
	}
	const length = codeRandom + 1
	text := plain.String()
	var out []Code
	for at := range max(0, len(text)-len(codeHead)-length+1) {
		if text[at:at+len(codeHead)] != codeHead {
			continue
		}
		body := alike.Replace(text[at+len(codeHead) : at+len(codeHead)+length])
		if strings.Trim(body, codeLetters) == "" && codeCheck(body[:codeRandom]) == body[codeRandom] && !slices.Contains(out, Code(codeHead+body)) {
			out = append(out, Code(codeHead+body))
		}
	}
	return out
}
