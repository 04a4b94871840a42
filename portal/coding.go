package portal

import (
	"strconv"
	"strings"
)

// accepts reports whether an Accept-Encoding header allows a coding: it is
// named, and not with weight 0 (RFC 9110, 12.5.3). What is not named is not
// sent.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, ok := strings.CutPrefix(strings.TrimSpace(params), "q=")
		if !ok {
			return true
		}
		weight, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		return err == nil && weight > 0
	}
	return false
}
