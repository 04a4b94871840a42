package text

func init() {
	add(map[string]string{
		// the provider of identity
		"用%s登录": "Sign in with %s",
		"您在%s那边可能还登录着：到那边也退出":                "You may still be signed in at %s: sign out there, too",
		"关联以后，可以不用密码登录。那边只告诉我们您是谁，角色仍由这里授予。": "Once linked, you sign in without a password. The provider tells us who you are and no more; roles are given here.",
		"关联":        "Link",
		"已关联":       "Linked",
		"由谁关联":      "Linked by",
		"取消关联":      "Unlink",
		"本人":        "Yourself",
		"注册时":       "The sign-up",
		"继续，到%s":    "Go on to %s",
		"去%s":       "To %s",
		"系统管理员预先登记": "The system administrator, in advance",
		"%s认识您，这里还没有您的账号。同意以后才建立，只记下面这些。": "%s knows you, and there is no account of yours here. One is made once you agree, and keeps no more than this.",
		"那边给的编号": "The number given there",
		"认出您":    "To know you again",
		"那边没有核实过的，不记；您收不到通知":                "Not verified there and so not kept; no letters reach you",
		"在那边登录以后会回到这里，两边就关联好了。":             "Once you have signed in there you come back here, and the two are linked.",
		"那边会再问一次您是谁，然后回到这里。刚才要办的事，请再办一次。":   "The provider asks once more who you are and sends you back. Then begin again what you were about to do.",
		"预先登记那边的编号（sub），本人就能直接登录。只凭邮箱从不关联。": "With the number given there (sub) registered in advance, its holder signs in at once. An e-mail address alone never links.",
		"那边的编号（sub）": "The number given there (sub)",
		"预先登记":       "Register in advance",
		"没有密码的，到%s再确认一次，回来后重新办这件事。%s 分钟内不再问。": "Without a password, confirm at %s and begin this again when you are back. It is not asked again for %s minutes.",
		"到%s确认": "Confirm at %s",
		"用统一身份认证登录，没有邮箱":         "Signs in by the provider of identity; no e-mail address",
		"编号已登记，本人已收到通知。":         "The number is registered, and its holder has been told.",
		"已关联。下次可以直接用它登录。":        "Linked. Next time you can sign in with it.",
		"已取消关联。":                 "Unlinked.",
		"已确认是您本人。刚才要办的事，现在可以办了。": "Confirmed. You can now do what you were about to do.",
		"已退出登录。":                 "Signed out.",

		// faults
		"您没有在%s上完成登录。":                  "You did not complete the sign-in at %s.",
		"%s现在连不上。请过一会儿再试，或者用密码、通行密钥登录。": "%s does not answer now. Try again in a while, or sign in with a password or a passkey.",
		"这次登录没有完成，或者已经过期。请从头再来。":        "This sign-in was not completed, or has expired. Please begin again.",
		"您的身份还没有关联本站的账号。已有账号的，先用密码登录，再在“账户”里关联；公务人员请找系统管理员预先登记。": "No account here is linked to you. If you have one, sign in with your password and link it at “Account”; civil servants ask the system administrator to register them in advance.",
		"这个账号已经停用，请找系统管理员。":                         "This account is disabled; ask the system administrator.",
		"您的邮箱在这里已经有账号。请先用它登录（忘了密码可以找回），再在“账户”里关联。":  "Your e-mail address has an account here. Sign in to it (a forgotten password can be recovered), then link it at “Account”.",
		"这个身份已经关联另一个账号。":                            "Another account is linked to this identity.",
		"这个账号已经关联了一个身份，要换请先取消关联。":                   "This account is linked to an identity already; unlink that first.",
		"主体标识是 1 到 255 个可见的英文字符。":                   "A subject is 1 to 255 visible ASCII characters.",
		"取消关联以后就没有办法登录了：请先添加一把通行密钥，或者用“忘了密码”设一个密码。": "Without it nothing would open the account: first add a passkey, or set a password by “Forgot the password”.",
		"这里没有接统一身份认证。":                              "There is no provider of identity here.",
	})
}
