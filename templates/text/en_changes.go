package text

// Differences between versions, and the dictionary: its scores, forms and
// files.
func init() {
	add(map[string]string{
		"只能和同一个文件更早的版本相比。":  "A version can only be compared with an earlier one of the same file.",
		"这两个版本正在比较，请稍后再来看。": "These two versions are being compared; please look again in a moment.",
		"这张表没有不同的行可列。":      "There are no differing rows of this table to list.",
		"没有这种敏感级别：%s":       "There is no such level of sensitivity: %s",
	})
}
