package text

func init() {
	add(map[string]string{
		// uploads: what is refused
		"没有这次上传。":              "There is no such upload.",
		"这里不能上传文件。":            "Files cannot be uploaded here.",
		"只有部门的数据专员可以上传。":       "Only data officers of a department can upload.",
		"这次上传已经结束。":            "This upload has ended.",
		"下一段要从第 %d 字节开始。":      "The next part must begin at byte %d.",
		"送来的字节比说好的多，这一段没有保存。":  "More bytes came than were announced; this part was not kept.",
		"这一段的校验值不符，没有保存，请重发。":  "The digest of this part does not match; it was not kept. Please send it again.",
		"这次上传正由另一个连接写入，请稍后再试。": "Another connection is writing this upload. Please try again in a moment.",
		"您已有 %d 个没有了结的上传（平台规则：最多 %d 个），请先发布或放弃一些。":            "You have %d unfinished uploads (platform rule: at most %d). Publish or discard some first.",
		"本部门没有了结的上传已占 %d 字节，再加这个文件会超过 %d 字节（平台规则）。请先发布或放弃一些。": "The unfinished uploads of your department take %d bytes; with this file they would exceed %d bytes (platform rule). Publish or discard some first.",
		"存储空间不多了，现在不能上传新的文件，请联系系统管理员。":                        "There is little room left, so no new file can be uploaded now. Please ask the administrator.",
		"这个文件的字节不在了（可能恢复过备份），请重新上传。":                          "The bytes of this file are gone (a backup may have been restored). Please upload it again.",
		"这个文件的字节不全（可能恢复过备份），请重新上传。":                           "The bytes of this file are not complete (a backup may have been restored). Please upload it again.",
		"试了 %d 次都没有读成，不是文件的问题。请稍后再读一次，或联系系统管理员。":              "Reading failed %d times, and not because of the file. Please have it read again later, or ask the administrator.",
		"这个文件和当前的第 %d 版一字不差，不用再发布。":                           "This file is the same, byte for byte, as the current version %d; there is nothing to publish.",
		"请写明为什么有新版本。":                            "Please say why there is a new version.",
		"第一行是不是列名，只能选是、不是或自动。":                   "Whether the first line names the columns can be yes, no or automatic only.",
		"不认识这种文字编码：%s":                           "This encoding is not known: %s",
		"这里说 tus 协议 %s，请带上 Tus-Resumable 头。":     "The tus protocol %s is spoken here: please send the header Tus-Resumable.",
		"开始时就要说明文件有多少字节。":                        "The length of the file must be announced at the beginning.",
		"Upload-Length 要是文件的字节数。":                "Upload-Length must be the number of bytes of the file.",
		"Upload-Metadata 太长。":                    "Upload-Metadata is too long.",
		"Upload-Metadata 的写法不对。":                 "Upload-Metadata is not written as it should be.",
		"Upload-Offset 要是已经收到的字节数。":              "Upload-Offset must be the number of bytes received so far.",
		"Upload-Checksum 只认 sha256，后面是 Base64。":  "Upload-Checksum must be sha256 followed by Base64.",
		"文件的字节要以 %s 送来。":                         "The bytes of the file must come as %s.",
		"请求没有送完，收到的部分已经保存。":                      "The request was cut off; what came of it is kept.",
		"请求要是 application/json 的一个对象，只有说明里写的字段。": "The request must be one object as application/json, with the fields of the description and no others.",
	})
}
