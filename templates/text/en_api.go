package text

func init() {
	add(map[string]string{
		"值": "value",
		"这个文件不是表格，没有行；原件可以下载。": "This file is no table and has no rows; its original can be downloaded.",
		"%s 只用于 CSV。": "%s is for CSV alone.",
		"没有这一列。":      "There is no such column.",
	})
}
