package text

func init() {
	add(map[string]string{
		"这一天已经结账，不能再记账；请记在结账日之后。": "The books are closed for this day, nothing can be booked on it any more. Please book after it.",
		"每个收款方只写一次，份额大于零。":        "Each payee is named once, with a share above zero.",
		"各方份额之和必须正好是百分之百。":        "The shares must add up to exactly one hundred percent.",
		"只能结已经过去的日子。":             "Only days that have passed can be closed.",
		"冲正分录本身不能再冲正，请重新记一笔。":     "A reversal is not reversed in turn. Please book anew.",
		"已经结到 %s，不能再结更早的日子。":      "The books are closed through %s, no earlier day can be closed.",
		"这笔账没有写全。":                "This booking is not complete.",
		"没有这个账户。":                 "There is no such account.",
		"没有这笔账。":                  "There is no such booking.",
		"请写明为什么冲正。":               "Please say why it is reversed.",
		"这笔分录已经冲正过。":              "This booking has been reversed already.",
		"没有这种货币。":                 "There is no such currency.",
		"借贷不平，什么也没有记。":            "Debits and credits are not equal, nothing was booked.",
		"这个幂等键已经用来记过另一笔账，什么也没有记。": "This key was used for another booking before, nothing was booked.",
		"账户 %s 没有这么多，什么也没有记。":     "Account %s has not so much, nothing was booked.",
	})
}
