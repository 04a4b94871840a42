package templates

import (
	"shuyuan/datasets"
	"shuyuan/internal/account"
)

// deskPlace is a page of the desk. Also is where the pages behind it lie if that
// is elsewhere.
type deskPlace struct {
	Href, Title, Also string
	By                []account.Role
}

// deskPlaces are the pages of the desk, in the order of its menu.
var deskPlaces = []deskPlace{
	{Href: "/desk/inbox", Title: "收件台", By: account.Deskers},
	{Href: "/desk/catalogue", Title: "目录", By: []account.Role{account.Officer, account.Head, account.Authority}},
	{Href: "/desk/changes", Title: "目录变更", By: []account.Role{account.Officer, account.Head, account.Authority}},
	{Href: "/desk/duplicates", Title: "目录重复", By: []account.Role{account.Officer, account.Head, account.Authority}},
	{Href: "/desk/inconsistencies", Title: "数据不一致", By: []account.Role{account.Officer, account.Head, account.Authority}},
	{Href: "/desk/sharing", Title: "部门共享", By: []account.Role{account.Officer, account.Head, account.Authority}},
	{Href: "/desk/uploads", Title: "上传", By: []account.Role{account.Officer}},
	{Href: "/desk/reviews", Title: "开放审查", By: Reviewing},
	{Href: "/desk/reviews/incidents", Title: "紧急撤回", By: []account.Role{account.Regulator}},
	{Href: "/desk/deidentify", Title: "脱敏", By: []account.Role{account.Officer}},
	{Href: "/desk/findings", Title: "个人信息和隐患", By: []account.Role{account.Officer}},
	{Href: "/desk/dictionaries", Title: "数据字典", Also: "/desk/resources", By: []account.Role{account.Officer}},
	{Href: "/desk/organisations", Title: "机构认证", By: []account.Role{account.Authority}},
	{Href: "/desk/applications", Title: "开放申请", Also: "/desk/grants", By: []account.Role{account.Officer, account.Head, account.Authority}},
	{Href: "/desk/scenarios", Title: "场景", By: []account.Role{account.Operator, account.Officer, account.Head, account.SecurityReviewer, account.Authority, account.Regulator}},
	{Href: "/desk/authority", Title: "授权运营", Also: "/desk/mandates", By: operationDesk},
	{Href: "/desk/operator", Title: "运营", Also: "/desk/mandates", By: operatorDesk},
	{Href: "/desk/developers", Title: "二级开发主体", By: []account.Role{account.Authority, account.Head, account.Regulator, account.Operator}},
	{Href: "/desk/exchange", Title: "产品登记", By: exchangeDesk},
	{Href: "/desk/settlements", Title: "结算单", By: []account.Role{account.ExchangeStaff, account.Operator, account.Authority, account.Regulator}},
	{Href: "/desk/listings", Title: "上架", By: listingDesk},
	{Href: "/desk/bank", Title: "收款", By: bankDesk},
	{Href: "/desk/ledger", Title: "账簿", By: bankDesk},
	{Href: "/account/reports", Title: "认证和评估", By: []account.Role{account.Certifier, account.Valuer}},
	{Href: "/desk/incidents", Title: "安全事件", By: []account.Role{account.Officer, account.Head, account.Authority, account.Regulator}},
	{Href: "/desk/breaches", Title: "违约案", By: []account.Role{account.Officer, account.Head, account.Authority, account.Regulator}},
	{Href: "/desk/tenders", Title: "竞争项目", By: []account.Role{account.Officer, account.Head, account.Authority, account.Regulator}},
	{Href: "/desk/orders", Title: "责令整改", By: []account.Role{account.Officer, account.Head, account.Authority, account.Regulator}},
	{Href: "/desk/workspaces", Title: "开发空间", By: []account.Role{account.Operator, account.Authority, account.Regulator}},
	{Href: "/desk/outputs", Title: "结果审核", By: []account.Role{account.Operator, account.Authority, account.Regulator}},
	{Href: "/desk/use", Title: "使用监管", By: []account.Role{account.Officer, account.Head, account.Authority, account.Regulator}},
	{Href: "/desk/questions", Title: "问答", By: []account.Role{account.Officer}},
	{Href: "/desk/corrections", Title: "数据复核", By: []account.Role{account.Officer, account.Head, account.Authority}},
	{Href: "/desk/requests", Title: "数据需求", By: []account.Role{account.Officer, account.Authority}},
	{Href: "/desk/notes", Title: "解读", By: []account.Role{account.Officer, account.Head}},
	{Href: "/desk/links", Title: "登记的地址", By: []account.Role{account.Officer}},
	{Href: "/desk/admin", Title: "管理", By: account.Overseers},
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
