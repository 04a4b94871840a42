package text

func init() {
	add(map[string]string{
		"文件摘要须为 64 位小写十六进制字符。":         "A file digest is 64 lower-case hexadecimal characters.",
		"文件超过 %d 字节的上限。":               "The file is over the limit of %d bytes.",
		"存储中的文件不完整，请稍后再试。":             "The stored file did not arrive whole. Please try again later.",
		"文件存储暂时没有响应，请稍后再试。":            "The file store does not answer at the moment. Please try again later.",
		"存储空间已满，文件没有保存。":               "The file store is full; the file was not saved.",
		"邮件地址不正确。":                     "This is not a mail address.",
		"邮件没有标题。":                      "The mail has no subject.",
		"邮件正文不是有效的文本。":                 "The text of the mail is not valid text.",
		"邮件的标题和姓名不能含有换行等控制字符，也不能过长。":   "Subject and name of a mail may hold no line breaks or other control characters, and may not be too long.",
		"邮件暂时无法发出，系统会再试。":              "The mail cannot be sent at the moment; we will try again.",
		"邮件服务器拒收这封邮件。":                 "The mail server refuses this mail.",
		"这把密钥打不开这份备份。":                 "This key does not open this backup.",
		"这不是备份文件，或文件已经损坏。":             "This is no backup, or it is damaged.",
		"备份不完整或已被改动，没有恢复任何内容。":         "The backup is incomplete or was altered; nothing was restored.",
		"备份的格式是第 %d 版，本程序只认第 %d 版。":    "The backup is of format %d; this program reads format %d.",
		"备份由另一版本的程序制作，请用同一版本或更新的版本恢复。": "The backup was made by another version of the program. Restore it with the same version or a newer one.",
		"只能恢复到空的安装，而这里已有内容。":           "A backup is restored only into an empty installation, and this one is not.",
		"备份公钥须以 age1 开头。":              "A backup recipient begins with age1.",
		"备份口令至少 %d 个字符。":               "A backup passphrase has at least %d characters.",
		"密钥文件已经损坏。":                    "The key file is damaged.",
		"密钥文件是空的。":                     "The key file is empty.",
	})
}
