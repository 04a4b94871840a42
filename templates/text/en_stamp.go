package text

func init() {
	add(map[string]string{
		"数据超出了工作表的容量，不能导出成这种格式。":                 "The data is more than a sheet holds: it cannot be exported in this format.",
		"一张工作表最多 %d 行，这份数据有 %d 行，不能做成工作簿。":       "A sheet holds at most %d rows and this data has %d: no workbook can be made of it.",
		"一张工作表最多 %d 列，这份数据有 %d 列，不能做成工作簿。":       "A sheet holds at most %d columns and this data has %d: no workbook can be made of it.",
		"一个单元格最多 %d 个字符，这份数据里有更长的，不能做成工作簿。":      "A cell holds at most %d characters and this data has longer ones: no workbook can be made of it.",
		"这份数据没有表示地点的列，不能做成 GeoJSON。":             "This data has no column of places: no GeoJSON can be made of it.",
		"这份数据的地点不全是 GeoJSON，做成 GeoJSON 会改变它的内容。": "Not every place in this data is GeoJSON: made into GeoJSON, its content would change.",
		"这份数据太大，不能随 PDF 附上。":                     "This data is too large to be attached to a PDF.",
	})
}
