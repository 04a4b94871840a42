package text

func init() {
	add(map[string]string{
		"和第 %d 版相比":          "Compared with version %d",
		"发布之前先看清会变什么。":       "See what changes before you publish it.",
		"第 %d 版的行数":          "Rows in version %d",
		"这个文件的行数":            "Rows in this file",
		"逐行比较":               "Row by row",
		"栏数不对的行":             "Lines with another number of columns",
		"栏数不对的行，应有 %d 栏":     "Lines with another number of columns than %d",
		"文件里的行号":             "Line of the file",
		"栏数":                 "Columns",
		"这一行的开头":             "Beginning of the line",
		"共 %s 行，这里列出前 %d 行。": "%s lines in all; the first %d are listed here.",
		"表":                  "Table",
		"新的表":                "A new table",
		"没有这张表了":             "This table is gone",
		"还没有逐行比较。":           "Rows are not compared yet.",
		"第 %d 版有、这个文件里没有的表：%s":                   "Tables of version %d that this file lacks: %s",
		"这个文件 %d 行，第 %d 版 %d 行，少了超过 %d%%（平台规则）。": "This file has %d rows, version %d has %d: more than %d%% fewer (a rule of the platform).",
		"第 %d 版有、这个文件里没有的列：%s":                   "Columns of version %d that this file lacks: %s",
		"主键列没有了，行和第 %d 版对不上：%s":                  "Columns of the key are gone, so that rows cannot be matched with those of version %d: %s",
		"第 %d 版里每行的主键都不同，这个文件里有空的或重复的：%s":        "In version %d every row has a key of its own; in this file the key is empty or repeated somewhere: %s",
		"和第 %d 版类型不同的列：%s":                       "Columns of another type than in version %d: %s",
		"这个文件还没有和第 %d 版比过，比过才能发布；一般几分钟就好。":       "This file has not been compared with version %d yet; it can be published when it has, mostly within minutes.",
	})
}
