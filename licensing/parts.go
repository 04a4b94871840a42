package licensing

import (
	"time"

	"shuyuan/internal/policy"
)

// Parts is how far parts of a file go on with a download that was counted
// (平台规则 download_in_parts): so long after it, and until so many times the
// bytes of the file were asked for. Beyond either the next one counts anew.
type Parts struct {
	Within time.Duration
	Times  int
}

// PartsOf reads them from the book of rules.
func PartsOf(book *policy.Book) (Parts, error) {
	n := book.Numbers()
	p := Parts{Within: n.Times("download_in_parts", "", time.Hour), Times: n.Of("download_in_parts", "times_over")}
	return p, n.Missing()
}
