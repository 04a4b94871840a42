package text

func init() {
	add(map[string]string{
		"表格": "Table",
		"看法": "View",
		"去掉全部条件，从第一行看起": "Drop every condition and start from the first row",

		"没有这种看法。":                      "There is no such view.",
		"没有这种筛选条件。":                    "There is no such filter.",
		"筛选条件写得不对。":                    "The filter is not written correctly.",
		"没有这种算法。":                      "There is no such aggregate.",
		"表的序号须为正整数。":                   "The number of a table must be a positive whole number.",
		"行号须为正整数。":                     "The number of a row must be a positive whole number.",
		"一个筛选条件最多 %d 个值。":              "One filter may have at most %d values.",
		"最多算 %d 项。":                    "At most %d aggregates.",
		"“%s”不是文本列，不能按其中的字筛选。":         "“%s” is no column of text: it cannot be filtered by parts of it.",
		"“%s”要和数比较，“%s”不是数。":           "“%s” is compared with numbers, and “%s” is none.",
		"“%s”只有是和否。":                   "“%s” is only yes or no.",
		"“%s”不是日期，请写成 2020-01-31 的形式。": "“%s” is no date; please write it as 2020-01-31.",
		"“%s”是地点，请按距离或范围筛选。":           "“%s” is a place: filter it by distance or by an area.",
		"经纬度和距离要写成数，“%s”不是。":           "Longitude, latitude and distance are numbers, and “%s” is none.",
		"距离须在 0 到 20100 公里之间。":         "The distance must lie between 0 and 20100 kilometres.",
		"“%s”不在这张分组表里。":                "“%s” is not in this table of groups.",
	})
}
