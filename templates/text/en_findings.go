package text

func init() {
	add(map[string]string{
		"最前面的 %d 条在已经公开的文件里，请先决定。": "In files that are public already, at the head of the list: %d. Please decide about these first.",
		"在第 %d 版里，条目没有公开":          "in version %d; the entry is not public",
		"沿用第 %d 版的决定":              "as decided about version %d",
		"沿用第 %d 版的决定：同一列里的同一种内容，所占的行没有更多。更多了会再问。": "As decided about version %d: the same kind in the same column, in no larger share of the rows. Where there is more of it, you are asked again.",

		// the letter
		"请决定已公开文件里的 %d 条发现（%s）":                              "Please decide about findings in public files: %d (%s)",
		"下面已公开的文件里查出了可能不能公开的内容，请尽快决定：":                       "In these files, which are public already, something was found that may not be public. Please decide soon:",
		"在 %s 可以看到全部。数据专员登录后决定：可以公开的，写明依据；属实的，删去或遮住后再传一个文件。": "All of it is at %s. A data officer signs in and decides: give the grounds for what may be public; take out or blot out what may not, and upload another file.",
		"平台不会自动撤下已公开的文件。同一版里的同一种内容只通知一次。":                    "The portal does not take public files down by itself. You are told once of each kind in a version.",
		"这封信由系统自动发出，请不要回复。":                                  "This letter is sent by the system; please do not answer it.",
	})
}
