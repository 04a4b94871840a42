package text

func init() {
	add(map[string]string{
		"自己填的，可以更正；每次访问都重新核对。":                   "What you wrote, and can correct; checked anew at every request.",
		"名称和邮箱可以在账户页自己更正；有角色或者属于部门的账号，请系统管理员更正。": "You correct name and address on the account page; of accounts with roles or of a department, the system administrator does.",
		"更正名称或邮箱": "Correct name or address",
		"新邮箱":     "New e-mail address",
		"发确认信":    "Send the letter",
		"信发到新邮箱，打开里面的链接、确认以后才生效；原来的邮箱也会收到通知。": "A letter goes to the new address; open its link and confirm. The address before is told.",
		"改登录用的邮箱":            "Another address to sign in by",
		"以后用 %s 登录，原来的不再能用。": "From now on you sign in by %s, and no longer by the one before.",
		"名称已经改好。":            "The name is changed.",
		"信已经发到新邮箱：打开里面的链接，确认以后生效。": "The letter is on its way to the new address: open its link and confirm.",
		"登录用的邮箱已经改好，原来的邮箱也收到了通知。":  "The address is changed, and the one before was told.",
		"请确认新邮箱（%s）":                 "Please confirm your new address (%s)",
		"这个邮箱已经有账号，请核对（%s）":          "This address has an account, please check (%s)",
		"登录用的邮箱改成了另一个":               "the address to sign in by was changed to another",
		"手机号不能收信，请填邮箱。":              "A phone number receives no letters: give an e-mail address.",
		"这个邮箱已经有账号，不能再用。":            "This address has an account and cannot be used.",
		"名称里不能有“%s”：那是部门或者职务。":       "A name cannot hold “%s”: that is a department or an office.",
		"有角色或者属于部门的账号，名称和邮箱由系统管理员改。": "Name and address of an account with roles or of a department are changed by the system administrator.",
		"有人要把 %s 的账号改成用这个邮箱登录。在登录着那个账号的浏览器里打开下面的链接，确认以后生效：": "Somebody wants an account of %s to be signed in to by this address. Open the link below in the browser that is signed in to that account, and confirm:",
		"有人要把 %s 的另一个账号改成用这个邮箱登录，但这个邮箱已经有自己的账号，所以没有改。":      "Somebody wants another account of %s to be signed in to by this address, but it has an account of its own, so nothing was changed.",
	})
}
