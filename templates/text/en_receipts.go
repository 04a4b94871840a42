package text

// Certificates of download.
func init() {
	add(map[string]string{
		"%s（北京时间）":   "%s (Beijing time)",
		"下载签名的 JSON": "Download the signed JSON",
		"下载凭证":       "Certificate of download",
		"不用登录，也不记录是谁取的：凭证说的是文件，不说是谁下载的。": "No signing in, and who asks is not kept: a certificate speaks for the file, not for whoever downloaded it.",
		"不记录是谁取的": "Who asks is not kept",
		"凭证只给字节永不变的文件：原件和这里列出的格式。压缩的数据包、筛选的结果和变化的行每次现做，没有凭证。": "There are certificates only for files whose bytes never change: the original and the forms listed here. Packages, selected rows and changed rows are made anew each time and have none.",
		"凭证是真的，这些字节当时由本平台提供；这份数据现在的情况见下。":                     "The certificate is genuine: the platform supplied these bytes then. What became of the data stands below.",
		"印章：下载凭证，编号 %s":     "Seal: certificate of download, number %s",
		"印章：下载凭证，编号 %s，已失效": "Seal: certificate of download, number %s, void",
		"取下载凭证":             "Get the certificate",
		"取的下载凭证太多：每小时最多 %d 份（平台规则），请稍后再试。":           "Too many certificates of download: at most %d an hour (a rule of the platform). Please try again later.",
		"下载凭证只给无条件开放的文件。有条件开放的数据凭授权取得，授权书和取数记录就是凭证。": "Certificates of download are for files that are open to everybody. Data open under conditions is had by a grant: the grant and the record of what was fetched are the evidence.",
		"文件的字节与下载凭证上的一致，凭证的签名有效。":                    "The bytes of the file are those in the certificate of download, and its signature is valid.",
		"有一份下载凭证说的就是这个指纹的文件，凭证的签名有效。":                "There is a certificate of download for the file with this digest, and its signature is valid.",
		"没有这份下载凭证。": "There is no such certificate of download.",
		"由平台签名，写明这个文件的来源、版本、时间和 SHA-256。拿到文件的人可以核验文件没有改过。": "Signed by the platform: the source, version, time and SHA-256 of this file. Whoever is given the file can check that it was not changed.",
		"签发的时间": "Issued",
		"签它的密钥在签发以前已经失效。": "The key that signed it had lapsed before it was issued.",
		"给哪一种格式":          "For which form",
		"请选一种格式。压缩的数据包、筛选的结果和变化的行每次现做，没有凭证；可以为它们所出的原件取凭证。": "Please choose a form. Packages, selected rows and changed rows are made anew each time and have no certificate; the original that they come from can have one.",
		"这些字节就是本平台无条件开放的一份文件，没有改过。要一份写明时间的签名，可以取下载凭证。":     "These bytes are a file that is open to everybody here, unchanged. For a signature with the time, get a certificate of download.",
		"这份下载凭证是本平台签发的，签名有效。手里的文件是不是它说的那一份，要核验文件本身。":       "This certificate of download was issued here, and its signature is valid. Whether a file is the one that it speaks for is found by checking the file itself.",
		"这份数据现在不再无条件开放。":                "The data is not open to everybody any more.",
		"这个文件已经有第 %d 版。":                "There is version %d of this file by now.",
		"这里现在不能签发凭证，请稍后再试。":             "No certificates can be issued here at present; please try again later.",
		"：从开放平台依法获取的数据，与纸质文书具有同等效力":     ": data lawfully had from the open platform has the same force as paper",
		"：经共享平台获取的文书、证照、合同，与纸质原件具有同等效力": ": documents, licences and contracts had by the sharing platform have the same force as the paper originals",
		"或者填指纹、产品编号、证书编号、下载凭证编号、码里的网址":  "Or type a digest, the number of a product, of a certificate or of a certificate of download, or the address in a code",
	})
}
