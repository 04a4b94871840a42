package text

// The desk of officers: its menu and the list of dictionaries.
func init() {
	add(map[string]string{
		"本部门的数据字典": "Dictionaries of the department",
		"每张表的列是什么意思、什么单位、哪一列是主键。写得最少的在前。": "What the columns of each table mean, in which unit, and which of them is the key. The least written first.",
		"本部门还没有表。":           "Your department has no table yet.",
		"上传的文件读成表以后，会出现在这里。": "Files appear here once they are uploaded and read as tables.",
		"还缺":    "Missing",
		"看图表":   "See the chart",
		"看地图":   "See the map",
		"登记的地址": "Registered addresses",
	})
}
