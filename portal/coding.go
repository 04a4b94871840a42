package portal

import (
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"
)

// What we can compress into, the one we like best first: files are packed once
// and fetched often; pages change, and are kept in the coding that is quickest.
var (
	fileCodings = []string{"br", "zstd", "gzip"}
	pageCodings = []string{storedCoding, "br", "gzip"}
)

// compress is body in a coding.
func compress(coding string, body []byte) []byte {
	switch coding {
	case "br":
		return fasthttp.AppendBrotliBytesLevel(nil, body, 4)
	case "zstd":
		return fasthttp.AppendZstdBytesLevel(nil, body, 3)
	}
	return fasthttp.AppendGzipBytesLevel(nil, body, 6)
}

// chooseCoding takes the first of codings that the header allows, or none.
func chooseCoding(header string, codings []string) string {
	for _, coding := range codings {
		if accepts(header, coding) {
			return coding
		}
	}
	return ""
}

// accepts reports whether an Accept-Encoding header allows a coding: it is
// named, and not with weight 0 (RFC 9110, 12.5.3). What is not named is not
// sent.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		params = strings.ToLower(strings.TrimSpace(params))
		q, ok := strings.CutPrefix(params, "q=")
		if !ok {
			return params == ""
		}
		weight, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		return err == nil && weight > 0
	}
	return false
}
