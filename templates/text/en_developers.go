package text

func init() {
	add(map[string]string{
		// what the API refuses
		"没有这一项。":           "There is no such thing.",
		"最多 %d 个。":         "At most %d.",
		"须是 %d 到 %d 的整数。":  "It must be a whole number from %d to %d.",
		"请求太多，请在 %d 秒后再试。": "Too many requests; please try again in %d seconds.",
		"须是其中之一：%s。":       "It must be one of: %s.",
	})
}
