package text

// Rectification orders.
func init() {
	add(map[string]string{
		"最多写 %d 个。":    "At most %d can be named.",
		"请写明核查的情况。":    "Please say what the check showed.",
		"没有这件责令整改。":    "There is no such rectification order.",
		"请写明为什么来不及。":   "Please say why there is not enough time.",
		"请写新的整改期限。":    "Please name the new day by which it is to be put right.",
		"请写明要整改什么。":    "Please say what is to be put right.",
		"请选至少一种情形。":    "Please choose at least one ground.",
		"没有等待答复的延期申请。": "No request for more time waits for an answer.",

		"请写要延长几个工作日：至少 1 个，至多 %d 个。":                "Please say how many working days more: at least 1, at most %d.",
		"这个部门没有条目“%s”，请写条目页面网址里 /datasets/ 后面的那一段。": "This department has no entry “%s”. Please give the part of the address of an entry’s page that follows /datasets/.",
		"请写整改期限的日期，例如 %s。":                          "Please name the day by which it is to be put right, such as %s.",
		"期限太近：至少 %d 个工作日，最早 %s（平台规则）。":              "Too soon: at least %d working days, %s at the earliest (platform rule).",
		"期限太远：至多 %d 个工作日，最晚 %s（平台规则）。":              "Too late: at most %d working days, %s at the latest (platform rule).",
		"请写准予延长几个工作日：至少 1 个，不能多于申请的 %d 个。":          "Please say how many working days more are given: at least 1, and no more than the %d that were asked for.",
		"延期只能申请一次，已经申请过了。":                          "More time can be asked for once, and was.",
		"整改的期限已经过了，不能再申请延期。":                        "The day to put it right has passed: no more time can be asked for.",
		"%s 不是工作日，请写 %s 或者 %s。":                     "%s is no working day. Please give %s or %s.",
		"没有这种情形，请从列表里选。":                            "There is no such ground. Please choose from the list.",
		"请写明做了哪些整改、结果怎样。":                           "Please say what was put right, and what came of it.",
		"没有这个部门，或者不由您主管；本部门的也不能自己责令。":               "There is no such department, or you do not oversee it; nobody orders their own department.",
		"本部门没有“%s”。请写条目或者文件的网址，或者案件的编号，一行一个。":       "Your department has no “%s”. Please give addresses of entries or files, or numbers of cases, one a line.",
		"这件责令整改在您打开之后已经有人处理过，请重新打开看看。":              "Somebody has acted on this order since you opened it: please open it again.",
		"请写明证据，或者在下面列出整改了的条目、版本、案件。":                "Please name the evidence, or list below the entries, versions and cases that were put right.",
	})
}
