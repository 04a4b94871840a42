package text

func init() {
	add(map[string]string{
		// what goes wrong over HTTP
		"没有找到":    "Not found",
		"没有权限":    "Not allowed",
		"已被别人改过":  "Changed by somebody else",
		"请求太频繁":   "Too many requests",
		"暂时不可用":   "Not available at the moment",
		"不接受这种请求": "Not accepted here",
		"系统出错了":   "Something went wrong here",
		"请求有误":    "The request is wrong",
		"已撤下":     "Withdrawn",
		"已失效":     "No longer valid",
		"没有这一页。":  "There is no such page.",
		"数据库暂时没有响应，请稍后再试。": "The database does not answer at the moment. Please try again later.",
		"服务现在太忙，请稍后再试。":    "The service is too busy; please try again in a moment.",
		"这个地址不接受这种请求。":     "This address does not take such a request.",
		"请求太大。":            "The request is too large.",
		"请求没有在限时内送完。":      "The request did not arrive in time.",
		"请求的格式不对。":         "The request is malformed.",
		"请求的方法不能改写。":       "The method of a request cannot be overridden.",
		"地址的写法不对。":         "The address is malformed.",
		"网页打开得太多：每分钟最多 %d 个（平台规则），请在 %d 秒后再试。":                "Too many pages: at most %d a minute (a rule of the platform). Try again in %d seconds.",
		"搜索太多：每分钟最多 %d 次（平台规则），请在 %d 秒后再试。":                   "Too many searches: at most %d a minute (a rule of the platform). Try again in %d seconds.",
		"表格查询太多：每分钟最多 %d 次（平台规则），请在 %d 秒后再试。程序请用接口，账户页可以建密钥。": "Too many questions about tables: at most %d a minute (a rule of the platform). Try again in %d seconds. Programs should ask the API; a key is made on the page of the account.",
		"下载太多：每分钟最多 %d 次（平台规则），请在 %d 秒后再试。":                   "Too many downloads: at most %d a minute (a rule of the platform). Try again in %d seconds.",
		"地址太长，问号之后最多 %d 个字节；一个汉字占 9 个。请把条件写短一些。":              "The address is too long: after the question mark it may have %d bytes, and a Chinese character takes 9. Write shorter conditions.",
		"地址或请求头太长：地址里问号之后最多 %d 个字节，请求头一共最多 %d 个字节。":           "The address or the headers are too long: after its question mark an address may have %d bytes, and all headers together %d bytes.",
		"不认识参数 %s。":           "The parameter %s is not known here.",
		"不认识这个参数。":            "This parameter is not known here.",
		"这个参数只能出现一次。":         "This parameter may occur once only.",
		"页码须是 1 到 %d 的整数。":    "The page must be a whole number from 1 to %d.",
		"没有这种语言。":             "There is no such language.",
		"全部数据":                "All data",
		"我们已经记下这次故障。求助时请报编号：": "This failure has been recorded. When you ask for help, give its number: ",

		// who asks
		"您的角色不能看这一页。":        "Your role cannot see this page.",
		"请只用一种方式表明身份：密钥或登录。": "Identify yourself in one way only: by key or by signing in.",
		"接口只接受密钥，不接受登录。":     "The API takes a key and not a session.",
		"这里只接受本站表单。":         "Only forms of this portal are accepted here.",
		"密钥不能写在地址里，它会留在历史和日志中；这个密钥已被停用，请换一个，放在 Authorization 头里。": "A key must not stand in an address: it stays in histories and logs. This key has been revoked; please make another one and send it in the Authorization header.",

		"已有一个同名的有效密钥，请换个名称。": "A valid key of that name exists; please choose another name.",

		// downloads and feeds
		"没有这个版本。":                     "There is no such version.",
		"这个文件还没有发布任何版本。":              "No version of this file has been published yet.",
		"原始文件没有这个选项。":                 "The original file has no such option.",
		"bom 只能是 1，且只用于 CSV。":         "bom can be 1 only, and for CSV only.",
		"这个文件有 %d 张表，请给出 1 到 %d 的序号。": "This file has %d tables; please give a number from 1 to %d.",
		"数源：最近变动":                     "Shuyuan: recent changes",
		"搜索公共数据":                      "Search public data",
	})
}
