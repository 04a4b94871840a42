package text

func init() {
	add(map[string]string{
		"数源":           "Shuyuan",
		"数源：公共数据，一数一源": "Shuyuan: public data, one source for each",
		"跳到正文":         "Skip to the content",
		"主导航":          "Main navigation",
		"数据":           "Data",
		"部门":           "Departments",
		"规则":           "Rules",
		"统计":           "Statistics",
		"开发者":          "Developers",
		"帮助":           "Help",
		"账户与显示":        "Account and display",
		"深色":           "Dark",
		"登录":           "Sign in",
		"页脚：用":         "Footer: use",
		"用":            "Use",
		"找数据":          "Find data",
		"按部门看":         "By department",
		"最近更新":         "Recently updated",
		"页脚：据":         "Footer: grounds",
		"据":            "Grounds",
		"现行规则，逐条":      "Rules in force, article by article",
		"关于数源":         "About Shuyuan",
		"页脚：接":         "Footer: connect",
		"接":            "Connect",
		"开发者文档":        "Developer documentation",
		"示例环境":         "Sample environment",
		"机构与账户均为示例。数据为真实数据，来源与许可见各数据集页。": "Departments and accounts are samples. The data is real; source and licence are on each dataset's page.",
		"位置": "You are here",
	})
}
