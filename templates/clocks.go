package templates

import "strconv"

func yearWords(year int) string { return strconv.Itoa(year) }
