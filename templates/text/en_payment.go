package text

func init() {
	add(map[string]string{
		"第 %d 行没有流水号。":                      "Line %d has no serial number.",
		"第 %d 行的币种看不懂：%s。":                  "The currency of line %d is not understood: %s.",
		"第 %d 行的户名、账号或附言太长。":                "The name, account or remark of line %d is too long.",
		"第 %d 行有不能显示的字符。":                   "Line %d has a character that cannot be shown.",
		"第 %d 行和第 %d 行的流水号相同。":              "Lines %d and %d have the same serial number.",
		"第 %d 行的日期看不懂：%s。":                  "The date of line %d is not understood: %s.",
		"第 %d 行的金额看不懂：要么收入、要么支出，写到分为止。":     "The amount of line %d is not understood: either money that came or money that went, to two places.",
		"流水太长，一次最多 %d 行。请按日期分开导出。":          "The statement is too long, at most %d lines at once. Please export it by days.",
		"这份流水里没有一行收支。":                      "No line of this statement moves money.",
		"前 %d 行里没有认得的表头：请用银行导出的原表，或者平台的模板。": "No head is known among the first %d lines: please use the table as the bank exports it, or the template of the platform.",
		"金额看不懂。":                            "The amount is not understood.",
		"日期看不懂。":                            "The date is not understood.",
	})
}
