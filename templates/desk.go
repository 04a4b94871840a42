package templates

import "shuyuan/datasets"

// deskPlaces are the pages of the desk, in the order of its menu. Also is where
// the pages behind them lie if that is elsewhere.
var deskPlaces = []struct{ Href, Title, Also string }{
	{Href: "/desk/uploads", Title: "上传"},
	{Href: "/desk/findings", Title: "个人信息和隐患"},
	{Href: "/desk/dictionaries", Title: "数据字典", Also: "/desk/resources"},
	{Href: "/desk/links", Title: "登记的地址"},
}

// DictionariesPage lists the tables of an officer's department.
type DictionariesPage struct {
	Frame
	Items []DictionaryItem
}

// DictionaryItem is one file with tables, and how far its dictionary is.
type DictionaryItem struct {
	Dataset  *datasets.Dataset
	Resource *datasets.Resource
	Score    datasets.Score
}

func (i DictionaryItem) columns() (n int) {
	for _, t := range i.Resource.Newest.Tables {
		n += len(t.Fields)
	}
	return n
}
