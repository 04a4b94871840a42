package text

func init() {
	add(map[string]string{
		"紧急撤回": "Emergency withdrawal",
		"公开的数据出了问题，立即撤下：所有地址马上不再给数据，页面说明原因，登录后取过的人收到信；重新审查通过才能恢复。": "Something is wrong with public data: it is withdrawn at once. No address gives its data any more, its page says why, whoever took it signed in gets a letter, and only a new review brings it back.",
		"没有紧急撤回过。":    "Nothing was ever withdrawn at once.",
		"写信告知 %d 人":   "%d people were written to",
		"重新审查通过了":     "passed its new review",
		"重新审查":        "New review",
		"已于 %s 恢复":    "restored on %s",
		"撤回中":         "withdrawn",
		"立即撤回":        "Withdraw at once",
		"按下就撤，不等审批。":  "It is withdrawn as you press; nobody is asked.",
		"数据集的地址或者网址名": "Address or short name of the dataset",
		"为什么撤回":       "Why it is withdrawn",
		"会公开显示，也写进给取过的人的信：不要写具体的人和数据。": "Shown to everybody, and in the letters to those who took it: name no person and no data.",
		"紧急撤回由提供部门的负责人、主管部门或者监管机构作出。":  "The head of the department, the authority or the regulator withdraw data at once.",
		"请写明为什么紧急撤回：公开的页面会说。":          "Say why it is withdrawn: the public page says it.",
		"没有这个公开的数据集。":                  "There is no such public dataset.",
		"这个数据集不归您管，不能由您撤回。":            "This dataset is not yours to withdraw.",
		"只有部门、主管部门和监管机构能看紧急撤回。":        "Only departments, the authority and the regulator see emergency withdrawals.",
		"这个数据集已经紧急撤回了。":                "This dataset was withdrawn already.",
		"紧急撤回（%s）：%s":                  "Emergency withdrawal (%s): %s",
		"紧急撤回了：弄清楚，改好，重新送审":            "Withdrawn at once: find out, put it right, ask for a new review",
		"新的一版要重新审查，请送审；公开着的还是第 %s 版":   "The new version must be reviewed anew: ask for it; public is still version %s",
		"要重新审查的": "To be reviewed anew",
		"和批准过的不一样，审过才算数；公开着的还是批准过的那一版。": "Other than what was let through, so it counts only after a review; public is still the version that was let through.",
		"级别或者来源改过，公开着的第 %s 版要重新审查，请送审":  "Its level or source was changed, so the public version %s must be reviewed anew: ask for it",
		"条目的数据来源改过，公开着的这一版要按新的来源重新审查。":  "The entry names another source: the public version must be reviewed anew under it.",
		"条目的安全级别改过，公开着的这一版要按新的级别重新审查。":  "The entry has another security level: the public version must be reviewed anew under it.",
		"公开着的是第 %d 版": "public is version %d",

		"突发事件期间依法先开放、事后补审的数据。": "Data that was opened before its review in a declared emergency, under the law.",
		"现在没有应急开放的数据。":         "No data is open for an emergency now.",
		"同一事件的数据":              "Data of the same event",
		"先开放，正在事后审查，不同意就撤下。":   "Open first and under review now; withdrawn if the review does not agree.",
		"事后审查已经同意。":            "The review after the opening has agreed.",

		"登录后取过哪些数据集，最近一次是哪一日":   "Which datasets you took while signed in, and the last day",
		"数据出了问题要撤回时写信告知您，不作别的用": "To write to you when data is withdrawn because something is wrong with it, and for nothing else",

		"原因：%s": "Reason: %s",
		"您取过的数据已紧急撤回，请停用":                      "Data you took was withdrawn: please stop using it",
		"您登录后取过的一份数据已经紧急撤回，请停止使用已经取到的文件：":      "Data that you took while signed in was withdrawn at once. Please stop using the files you have:",
		"您收到这封信，是因为系统记着您登录后取过它；重新审查通过以后会恢复公开。": "You get this letter because the system remembers that you took it while signed in. It will be public again once it has passed a new review.",
	})
}
