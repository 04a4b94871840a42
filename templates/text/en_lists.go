package text

func init() {
	add(map[string]string{
		"目录与开放清单": "Catalogues and opening lists",
		"三类数据资源目录和两张开放清单，可下载。":    "The three catalogues of data and the two opening lists, to download.",
		"只列已经公开的条目；地址不变，程序可以直接取。": "They list public entries only; the addresses stay, and programs may read them.",
		"依据：":         "By: ",
		"还没有条目":       "No entries yet",
		"本部门的目录与开放清单": "Catalogues and opening lists of this department",
		"三类目录和两张开放清单：base、theme、business、open-unconditional、open-conditional；?department= 只要一个部门的。地址不变，有 ETag。": "The three catalogues and the two opening lists: base, theme, business, open-unconditional, open-conditional; ?department= for one department alone. The addresses stay; with an ETag.",
		"截至 %s": "As of %s",
	})
}
