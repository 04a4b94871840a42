package text

// Differences between versions, and the dictionary: its scores, forms and
// files.
func init() {
	add(map[string]string{
		"没有这种敏感级别：%s": "There is no such level of sensitivity: %s",
	})
}
