package text

func init() {
	add(map[string]string{
		"值": "value",
		"这个文件不是表格，没有行；原件可以下载。": "This file is no table and has no rows; its original can be downloaded.",
		"%s 只用于 CSV。": "%s is for CSV alone.",
		"没有这种格式，现有 %s、package.zip 和原始文件。": "There is no such format; there are %s, package.zip and the original file.",
		"这个数据集还没有发布任何文件。":                 "No file of this dataset has been published yet.",
		"没有这一列。": "There is no such column.",
	})
}
