package text

// The desk of officers: its menu, the list of dictionaries, and what the help
// says of tables.
func init() {
	add(map[string]string{
		"本部门的数据字典": "Dictionaries of the department",
		"每张表的列是什么意思、什么单位、哪一列是主键。写得最少的在前。": "What the columns of each table mean, in which unit, and which of them is the key. The least written first.",
		"本部门还没有表。":           "Your department has no table yet.",
		"上传的文件读成表以后，会出现在这里。": "Files appear here once they are uploaded and read as tables.",
		"还缺":         "Missing",
		"看图表":        "See the chart",
		"看地图":        "See the map",
		"登记的地址":      "Registered addresses",
		"不下载，就在页面上。": "Without downloading, on the page.",
		"探索表格":       "Explore tables",
		"文件页上可以查找、筛选、分组，画图表和地图。屏幕上的样子都在地址里，能分享，也能嵌入别的网页。": "On the page of a file you can search, filter, group, and draw charts and maps. What is on screen is in the address: share it, or embed it in another page.",
		"同样的问法，程序也能用：每个文件都有行接口，写法和限制在开发者文档里。":             "Programs can ask the same: every table has a row API; how to write questions, and the limits, are in the developer documentation.",
		"“质量”逐条写着查什么、做到没有、怎样改；“版本”写着每一版新增、删去、改动了哪些行。":     "“Quality” says line by line what is checked, whether it is kept and how to mend it; “Versions” says which rows each version added, removed and changed.",
		"有的资源不是文件，是别处的地址。平台定期检查它还能不能用，页面上写着最近一次的结果。":      "Some resources are no files but addresses elsewhere. The platform checks regularly whether they still work; the page says how the last check went.",
		"数据专员登录后，在“工作台”上传文件，看过读成的表再发布。":                   "Officers who have signed in upload files at the “Desk”, and publish them once they have seen how they were read.",
	})
}
