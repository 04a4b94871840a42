package text

func init() {
	add(map[string]string{
		"文本以中文订立，以中文为准。": "The text is made in Chinese, and the Chinese text binds.",
		"登录时确认":      "on signing in",
		"再次输入密码":     "by the password, anew",
		"验证器的验证码":    "by a code of an authenticator",
		"统一身份认证":     "by the provider of identity",
		"没有记录":       "not written down",
		"已由后来的版本代替。": "A later version stands in its place.",
		"已于 %s 终止。":  "It ended on %s.",
		"授权现在暂停。":    "The grant is suspended now.",
		"现在有效。":      "It is in force.",
		"核对协议":       "Check an agreement",
		"手里有一份公共数据使用协议的，填编号和原文的 SHA-256，看它是不是双方在平台上签的。这里不显示内容，也不显示谁签的。": "Whoever holds an agreement on the use of public data enters its number and the SHA-256 of its text, and sees whether both sides signed it here. Neither what it says nor who signed it is shown.",
		"是双方签署的协议":               "It is an agreement that both sides signed",
		"签署日期":                   "Signed on",
		"效力":                     "Standing",
		"核对":                     "Check",
		"下载 PDF，带印":              "PDF with the seal",
		"下载签署的原文（TXT）":           "The text as signed (TXT)",
		"编号的样子是 SQ-2026-000001。": "A number looks like SQ-2026-000001.",
		"SHA-256 是 64 位十六进制字符。":  "A SHA-256 has 64 characters, 0 to 9 and a to f.",
		"没有这样一份双方签署的协议：编号和 SHA-256 要一起对上。": "There is no such agreement signed by both sides: number and SHA-256 have to match together.",
		"双方都签了，才有这一份文件。":                   "There is this file once both sides have signed.",
	})
}
