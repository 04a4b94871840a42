package text

// Settlements, refunds and invoices.
func init() {
	add(map[string]string{
		"没有这份结算单。":                 "There is no such settlement.",
		"只能结算已经过去的日子。":             "Only days that have passed can be settled.",
		"请写户名和开户银行。":               "Please give the holder and the bank.",
		"户名和开户银行里有不能显示的字符。":        "The holder or the bank has characters that cannot be shown.",
		"账号是 8 到 34 位数字或者字母。":      "The number of the account is 8 to 34 digits or letters.",
		"支付机构的账户以 acct_ 开头；没有就不写。": "An account at the payment provider begins with acct_; leave it empty if there is none.",
		"期间有订单退款或者转入争议，金额变了。":      "Meanwhile something was refunded or disputed, and the amount changed.",
		"要抵扣的应退款项变了。":              "What is to be set off changed.",
		"确认的人和指示付款的人不能是同一个人。":      "Whoever confirmed it cannot instruct the payment.",
		"收款方没有在支付机构开户，线上收的款不能付给它。": "The payee has no account at the payment provider, so what was paid online cannot be paid out to it.",
		"各订单在支付机构的款项不够这份结算单。":      "What the provider has of the orders is not enough for this settlement.",
		"支付机构没有订单 %s 的收款。":         "The payment provider has no payment of order %s.",
		"收款方还没有经过核对的收款账户，不能指示付款。":  "The payee has no account that was checked, so nothing can be paid.",
		"户名要和机构的名称一致：%s。":          "The holder has to be the organisation: %s.",
		"已经有一个账户等着核对。":             "Another account waits to be checked.",
		"没有这家机构，或者您不是它的负责人。":       "There is no such organisation, or you do not answer for it.",
		"支付机构没有办成转付。":              "The payment provider did not make the transfers.",
		"没有这个收款账户。":                "There is no such account.",
		"收款账户由收款方以外的人核对。":          "An account is checked by somebody who is not of the payee.",
		"这个收款账户已经核对过。":             "This account was checked already.",
		"结算单已经算好，请确认或者提出异议。":       "A settlement was computed: please confirm or dispute it.",
		"收款方已经确认结算单，请指示付款。":        "The payee confirmed a settlement: please instruct the payment.",
		"收款方对结算单有异议，请答复。":          "The payee disputes a settlement: please answer.",
		"结算的款项没有付成，请查明后重新指示。":      "A settlement could not be paid: please find out why and instruct it again.",
		"有收款账户，请核对。":               "An account to pay to waits to be checked.",
	})
}
