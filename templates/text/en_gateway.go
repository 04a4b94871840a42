package text

func init() {
	add(map[string]string{
		"支付机构没有这笔记录。":          "The provider of payments has no such record.",
		"支付机构拒绝了这一步。":          "The provider of payments refused this step.",
		"支付机构现在没有回答，请稍后再试。":    "The provider of payments does not answer now, please try again later.",
		"这个订单已经付过款。":           "This order has been paid already.",
		"这个订单的款项正在路上，到账后会通知您。": "The money for this order is on its way. You will be told when it has arrived.",
		"这个订单的金额变了，请先取消原来的付款。": "The amount of this order has changed. Please cancel the payment that was begun first.",
		"通知太大。":  "The notification is too large.",
		"通知看不懂。": "The notification is not understood.",
		"通知用的是 %s 版接口，这里是 %s 版：请在支付机构把通知地址改到这个版本。": "The notification is of version %s of the interface, here it is %s: please set the endpoint to this version at the provider.",
		"通知和这个平台不是同一种模式（正式或测试）。":                   "The notification is not of the mode (live or test) of this platform.",
		"通知属于另一个账户。":  "The notification is of another account.",
		"通知没有编号。":     "The notification has no id.",
		"通知的签名不对。":    "The signature of the notification is not right.",
		"通知的签名不是现在的。": "The signature of the notification is not of now.",
	})
}
