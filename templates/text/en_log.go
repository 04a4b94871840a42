package text

func init() {
	add(map[string]string{
		"透明日志中还没有这一部分。":          "The transparency log does not have this part yet.",
		"要写明哪一条。":                "Say which leaf.",
		"要写序号，或者 64 位小写十六进制的哈希。": "Give an index, or a hash of 64 lower-case hexadecimal digits.",
		"要写明从多少条起。":              "Say from how many leaves on.",
		"没有这种用途的密钥。":             "There is no key for that purpose.",
		"没有这种撤销密钥的原因。":           "There is no such reason to revoke a key.",
		"没有这把密钥。":                "There is no such key.",
		"这把密钥已经撤销。":              "This key was revoked already.",
		"密钥失效的时间不能在将来。":          "A key cannot end in the future.",
	})
}
