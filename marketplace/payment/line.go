package payment

import "strconv"

// LineNumber is how a line of a statement is named, in the books too.
func LineNumber(id int64) string { return "YH-" + strconv.FormatInt(id, 10) }
