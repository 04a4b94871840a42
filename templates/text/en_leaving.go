package text

func init() {
	add(map[string]string{
		"账号已关闭，登录和密钥都已结束，到期删除。改了主意，到期以前登录一次即可撤回。": "The account is shut; all sessions and keys have ended, and it will be deleted. Should you change your mind, sign in once before that.",
		"我的数据，删除账号":              "My data, deleting the account",
		"依据：个人信息保护法第四十五条、第四十七条。": "By: Personal Information Protection Law, articles 45 and 47.",
		"这里保存的关于您的一切：账号、登录、密钥（不含密钥本身）、机构、提问、您做过的事。一个 zip，里面是 JSON 和一份说明。": "All that is kept of you here: account, sessions, keys (not the keys themselves), organisations, questions, and what you did. A zip of JSON files and a page that explains them.",
		"导出我的数据": "Export my data",
		"删除账号":   "Deleting the account",
		"我看清楚了什么会删除、什么会留下": "I have read what is deleted and what stays",
		"申请删除账号": "Ask to delete the account",
		"当场：所有登录结束，密钥停用，账号关闭。": "At once: all sessions and keys end, and the account is shut.",
		"到期：姓名、邮箱或手机号、密码、两步验证、密钥、登录记录、关联的身份、机构成员身份都删除；只有您一个人的机构草稿连同证照一起删除。":                                         "After that time: name, address or number, password, second steps, keys, sessions, linked identities and memberships are deleted; so are drafts of organisations that you alone are in, with their papers.",
		"留下：审计记录和已公开的问答，只写“已注销的用户”，与您有关的内容清空。工作人员经手的上传、目录、审查和决定是公务记录，连同当时署的姓名留下。法律要求这些可以追究（网络安全法第二十一条、数据安全法第二十七条）。": "What stays: the audit trail and public questions and answers, which name a “user who left”, and what concerns you is emptied. Uploads, entries, reviews and decisions of staff are records of office and stay with the name as it was signed. The law wants these traceable (Cybersecurity Law, article 21; Data Security Law, article 27).",
		"最后一个系统管理员、已提交或已认证机构唯一的负责人、有角色的账号，先交接才能删除。":                                                                 "The last system administrator, the only owner of an organisation that was submitted or verified, and accounts with roles hand over first.",
		"带走：“账户”页底部可以导出关于您的一切。": "Take along: at the end of “Account” you export all that is kept of you.",
		"删除：“账户”页底部可以申请删除账号。":   "Delete: at the end of “Account” you ask to delete the account.",
		"统一身份认证平台给的编号（关联过的）":    "The number given by the provider of identity, where linked",
		"到您取消关联": "Until you unlink it",
		"机构的证照（加密），谁上传、谁查看过": "Papers of organisations (encrypted), who uploaded and who read them",
		"认证机构": "To verify organisations",
		"机构在，就一直记；替换下来的也留着": "As long as the organisation is there; replaced ones stay, too",
		"这是您的账号在本平台保存的全部个人信息。account.json：账号、登录、两步验证、密钥（不含密钥本身）、关联的身份、机构和证照目录。questions.json：您的提问。requests.json：您提的数据需求。data.json：您的申请、授权和取数记录。acts.ndjson：您做过的事和别人对您的账号做过的事，一行一件，来自审计记录。密码和密钥只有摘要，不在其中；证照的文件可在机构页下载。": "This is all personal information that this portal keeps of your account. account.json: the account, sessions, second steps, keys (not the keys themselves), linked identities, organisations and the list of their papers. questions.json: what you asked. requests.json: the data you asked for. data.json: your applications, grants and downloads. acts.ndjson: what you did and what was done to your account, one act a line, from the audit trail. Passwords and keys are kept as hashes alone and are not in it; the files of papers are on the pages of organisations.",

		"申请了删除账号，登录和密钥都已结束；到期以前登录一次即可撤回": "Asked to delete the account; all sessions and keys have ended, and signing in once before it is deleted takes it back",
		"登录了，删除账号的申请已撤回":                 "Signed in, which took back the request to delete the account",
		"两位管理员取消了您丢失的两步验证，所有登录都已结束":      "Two administrators removed the second steps that you lost; all sessions have ended",

		"两步验证丢失": "Lost second steps",
		"系统管理员当面核实是本人，再申请；安全管理员取消。恢复码还在的，请本人用恢复码。": "The system administrator, having seen that it is them, asks; the security administrator takes them away. Whoever has a recovery code left uses that.",
		"申请取消两步验证":                                 "Ask to take the second steps away",
		"取消他的两步验证":                                 "Take the second steps away",
		"还没有系统管理员申请。":                              "No system administrator has asked for it.",
		"已申请。请安全管理员在期限内取消。":                        "Asked for. The security administrator takes them away within the time.",
		"两步验证已取消，他的登录都已结束，本人已收到通知。":                "The second steps are taken away, the sessions have ended, and the owner has been told.",
		"这个账号没有两步验证。":                              "This account has no second step.",
		"要由系统管理员先申请，安全管理员再取消；申请不存在或已过期。":           "First the system administrator asks, then the security administrator does it; there is no request, or it has expired.",
		"请先看清楚什么会删除、什么会留下，并勾选。":                    "First read what is deleted and what stays, and tick the box.",
		"这是最后一个系统管理员，不能删除。请先让另一个人当系统管理员。":          "This is the last system administrator and cannot be deleted. Let somebody else become one first.",
		"有角色的账号不能自己删除：手上的事要先交给别人。请安全管理员收回角色以后再申请。": "An account with roles is not deleted by its owner: what is in hand goes to somebody else first. Ask again once the security administrator has taken the roles.",
		"您是“%s”唯一的负责人：请先让另一位成员当负责人，再删除账号。":         "You are the only owner of “%s”: first let another member become one.",
	})
}
