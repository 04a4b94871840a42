package text

func init() {
	add(map[string]string{
		"申请和授权":              "Applications and grants",
		"用程序申请，用程序看授权":       "Applying, and reading grants, by program",
		"有条件开放的数据：程序备齐，人来签。": "For data that is open on conditions: a program prepares, a person signs.",
		"以本人名义要数据":           "Ask for data in one's own name",
		"共享的接口":              "Sharing by program",
		"OpenAPI 3.1：用同样的密钥取 %s。数据本身在网页上取，密钥不能取。": "OpenAPI 3.1: fetch %s with the same key. The data themselves are fetched on pages; a key does not carry them.",
		"看怎样申请": "See how to apply",
		"要什么、几个工作日、依据哪一条；办结的申请在 …/decisions。":                                                                                  "What is needed, how many working days, by which article; the decided applications are at …/decisions.",
		"要什么、几个工作日、每个期限依据哪一条：GET /api/v1/datasets/{slug}/apply，不要密钥。对别人怎样决定的：…/decisions。":                                     "What is needed, how many working days, by which article each: GET /api/v1/datasets/{slug}/apply, without a key. How others were decided: …/decisions.",
		"密钥要有“以本人名义要数据”的用途，在账户页建立。草稿反复写都行，缺什么在 missing 里；部门要求补正时照样用 PUT 补。":                                                    "The key must be good for asking for data in one's own name; it is made on the account page. A draft may be written any number of times, and missing tells what it lacks; what a department finds missing is answered by PUT, too.",
		"提交就是签协议，程序不能签：submission 回 403，其中 next 是签署的页面，由有权签署的人登录、再次确认身份后签。":                                                    "To hand in is to sign the agreement, which no program can: submission is answered with 403, and next in it is the page on which a person who may sign does so, signed in and having shown anew who they are.",
		"授权之后：GET /api/v1/grants 说列、行、期限、目的和今天还剩几次；取数的密钥在授权的页面上建立；GET /api/v1/acquisitions 是取数记录，也有 CSV。":                      "Once granted: GET /api/v1/grants tells columns, rows, term, purpose and what is left today; keys that read are made on the page of the grant; GET /api/v1/acquisitions are the acquisition records, also as CSV.",
		"协议由有权签署的人登录、再次确认身份后签，程序不能签。都写好了：请打开 next 里的页面签。":                                                                      "The agreement is signed by a person who may sign, signed in and having shown anew who they are; no program can sign. Nothing is missing: sign on the page that next names.",
		"目录列明的材料用表单交到 …/papers，先写 slot 再附文件；检查、大小和数量的上限同网页。没有提交的可以 DELETE。":                                                    "The materials that an entry lists are handed in as a form at …/papers: slot first, and then the files; they are looked at, and limited in size and number, as on the page. What was not handed in yet can be taken back by DELETE.",
		"续期、变更：POST /api/v1/grants/{number}/applications，建一份照授权写好的草稿；和原授权有什么不同在 follows 里。":                                    "Renewal and change: POST /api/v1/grants/{number}/applications makes a draft that is written as the grant stands; follows in it tells what is asked for otherwise.",
		"GET /api/v1/obligations 列出该交的使用报告、该销毁的数据和该答复的抽查，各附最后一日和依据。报告和答复程序可以交；销毁证明由人再次确认身份后在 next 的页面上出具。违约案只能读，说明和异议由人在网页上写。": "GET /api/v1/obligations lists the reports of use, the destruction and the answers to audits that are due, each with its last day and where that comes from. A program may hand in reports and answers; a certificate of destruction is signed by a person, who shows anew who they are, on the page that next names. Breach cases are only read: people answer and dispute on their page.",
		"为一份授权建立的密钥只看得到那一份和它带来的事项，别的回 404，和没有一样。":                                                                              "A key that was made for one grant sees that grant and what it brings; anything else is answered with 404, as if there were none.",
		"这件申请现在没有要签的。": "There is nothing to sign of this application now.",
	})
}
