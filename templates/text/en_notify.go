package text

func init() {
	add(map[string]string{
		"您好：": "Hello,",
		"这是关于您在 %s 的账户 %s 的提醒。": "This is a notice about your account at %s, %s.",
		"事情：%s":       "What: %s",
		"时间：%s（北京时间）": "When: %s (Beijing time)",
		"来自网络：%s":     "From the network: %s",
		"来自：服务器上的命令，由系统管理员执行":                            "From: a command on the server, run by the administrator",
		"如果是您自己做的，或者是您请系统管理员做的，什么都不用做。":                  "If it was you, or the administrator at your request, there is nothing to do.",
		"如果不是：请马上到 %s 改密码，结束其他登录，停用不认识的密钥；登录不了，就找系统管理员。": "If it was not: go to %s at once, change the password, end all other sessions and revoke keys you do not know. If you cannot sign in, ask the administrator.",
		"这封信由系统自动发出，请不要回复。我们从不在信里问密码。":                   "This letter was sent automatically; please do not answer it. We never ask for passwords by mail.",
		"%s，请核对（%s）":  "%s, please check (%s)",
		"%s，请换一个（%s）": "%s, please make another (%s)",
		"密码已更改":       "the password was changed",
		"建立了接口密钥 %s…": "the API key %s… was made",
		"其他登录都已结束":    "all other sessions were ended",
		"有人从新的网络登录":   "somebody signed in from a new network",
	})
}
