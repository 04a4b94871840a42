package text

func init() {
	add(map[string]string{
		"用程序上传和发布": "Uploading and publishing by program",
		"给部门的数据专员：用有发布用途的密钥，只能为本部门的文件。": "For data officers of departments: with a key that may publish, for files of one's own department.",
		"传文件说的是 tus 1.0（https://tus.io）：POST /api/v1/uploads 开始，PATCH 送字节，断了用 HEAD 问收到哪里、从那里接着传，DELETE 放弃。现成的 tus 客户端都能用；校验用 sha256，多久作废写在 Upload-Expires。": "Files are sent by tus 1.0 (https://tus.io): POST /api/v1/uploads begins, PATCH sends bytes, after a break HEAD tells how many came and from there one goes on, DELETE gives up. Any tus client will do; checksums are sha256, and Upload-Expires says how long it waits.",
		"GET /api/v1/uploads/{id} 说到了哪一步（state：uploading、received、reading、review、rejected、failed、published、discarded、expired）、读了多少行、每张表的列和类型、什么挡着发布。":       "GET /api/v1/uploads/{id} tells where it stands (state: uploading, received, reading, review, rejected, failed, published, discarded, expired), how many rows were read, the columns and types of each table, and what stands against publishing.",
		"POST /api/v1/uploads/{id}/publish 发布，正文是 JSON：reason 写为什么有新版本（第二版起必填），reviewed 写为什么文件里藏着的东西可以公开（有才填）。疑似个人信息要先在网页上判断；改列的类型也在网页上，改过的以后各版都照用。":        "POST /api/v1/uploads/{id}/publish publishes, with a JSON body: reason says why there is a new version (needed from the second on), reviewed why what the file hides may be public (only where it hides something). What may name persons is decided about on the page first; types of columns are corrected there too and hold for later versions.",
	})
}
