package text

// Verifications of the audit chain.
func init() {
	add(map[string]string{
		"核对审计链": "Verification of the audit chain",
		"从第一条起逐条重算摘要，一段一段地做，可以离开这一页。结果留在这里。": "Every hash is recomputed from the first entry on, piece by piece; you may leave this page. The result stays here.",
		"链现在有 %s 条。": "The chain has %s entries now.",
		"做过的核对":      "Verifications so far",
		"没有问题的核对，它最后一条的摘要被记住：下一次核对和服务器上的 shuyuan check 都要再遇到它。": "Of a verification without a fault the last hash is remembered: the next one, and shuyuan check on the server, must meet it again.",
		"还没有。":        "None yet.",
		"做过的核对，可横向滚动": "Verifications so far, scrolls sideways",
		"何时要求的":       "Asked for",
		"核对了几条":       "Entries verified",
		"做完":          "Finished",
		"在别处核对":       "Verifying elsewhere",
		"导出的 NDJSON 不用本平台也能核对：把文件交给任何一台有本程序的机器，运行下面的命令，再把它说的最后一条的摘要与“审计记录”页上的比。": "An export as NDJSON can be verified without this platform: take the file to any machine that has this program, run the command below, and compare the hash of the last entry with the one on the page of the audit trail.",
		"已经核对":           "Verified so far",
		"%s / %s 条":      "%s of %s entries",
		"正在核对审计链":        "Being verified",
		"正在核对：%s / %s 条": "Being verified: %s of %s entries",
		"看进度":            "Show progress",
		"上一次核对":          "Last verified",
		"以前的核对":          "Earlier verifications",
		"%s 条都对得上，其中 %d 条的个人信息已依法清除。": "All %s entries fit; of %d the personal part was erased as the law has it.",
		"都对得上；%d 条的个人信息已依法清除。":        "All fit; of %d the personal part was erased as the law has it.",
		"第一处在第 %s 条：":                 "The first is at place %s: ",
		"编号 %d":                       "Number %d",
		"这一条以前的记录被抽走了":                "the entries before this one are gone",
		"这一条或以前的记录与封存时不同":             "this entry, or one before, is not as it was sealed",
		"这一条的个人部分不见了":                 "its personal part is missing",
		"这一条的个人部分与写入时不同":              "its personal part is not the one that was written",
		"这一条与上次核对时不同":                 "this entry is not the one that an earlier verification saw",
		"链比上次核对时短，末尾被截掉了":             "the chain is shorter than an earlier verification saw it: its end was cut off",
	})
}

// Invitations that are withdrawn.
func init() {
	add(map[string]string{
		"撤回邀请": "Withdraw the invitation",
		"邀请已撤回，信里的链接不再有效。":  "The invitation is withdrawn; the link in the letter opens nothing any more.",
		"没有这个邀请，可能已经接受或撤回。": "There is no such invitation; it may have been accepted or withdrawn.",
	})
}

// Keys: how much each is used, and before one expires.
func init() {
	add(map[string]string{
		"近 30 天 %s 次": "%s calls in 30 days",
		"快要到期":        "Expires soon",
		"密钥 %s… 快要到期": "Key %s… expires soon",
		"到期以后，用这个密钥的程序会收到 401。要接着用，请在 %s 建一个新的，换好以后停用旧的。": "Once it has expired, programs that use it are answered 401. To go on, make a new one at %s, and revoke the old one when the new one is in use.",
	})
}
