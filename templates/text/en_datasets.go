package text

func init() {
	add(map[string]string{
		// entries
		"这一项只能写一行。":                                 "Please write this on one line.",
		"太多，最多 %d 条。":                               "Too many: at most %d.",
		"不能有空的一条。":                                  "None may be empty.",
		"没有这种开放类型。":                                 "There is no such open type.",
		"没有这种共享类型。":                                 "There is no such way of sharing.",
		"有条件共享和不予共享须写明法律、法规等依据。":                    "Sharing on conditions and not sharing must name their basis in law.",
		"没有这种更新频率。":                                 "There is no such update frequency.",
		"请填写数据最近更新的日期。":                             "Please give the day of the last update.",
		"下次更新的日期不对。":                                "The day of the next update is wrong.",
		"时间范围请写成年、年月或日期，如 2026、2026-01、2026-01-15。": "Please write the period as year, month or day, as in 2026, 2026-01, 2026-01-15.",
		"语言请写成代码，如 zh-CN、en。":                       "Please write the language as a code, as zh-CN or en.",
		"这不是电子邮箱地址。":                                "This is not an e-mail address.",
		"没有这种许可。":                                   "There is no such licence.",
		"没有这个地区。":                                   "There is no such region.",
		"这个文件编号已被使用。":                               "This id of a file is taken.",
		"文件编号须为 8 到 32 位小写字母或数字。":                   "The id of a file has 8 to 32 lower-case letters or digits.",
		"地区代码须为六位数字。":                               "The code of a region has six digits.",
		"请填写文件名。":                                   "Please give the name of the file.",
		"文件名太长。":                                    "The name of the file is too long.",
		"没有这种数据类型：%s":                               "There is no such type of data: %s",
		"发布时间不能早于上一个版本，也不能在将来。":                     "The time of publication must not be before that of the last version, nor in the future.",
		"文件没有存好，请再传一次。":                             "The file was not stored; please upload it again.",

		// files
		"第 %d 行第 %d 列有单独的回车符，换行须为 LF 或 CRLF。":        "Line %d, column %d has a carriage return of its own; lines must end with LF or CRLF.",
		"第 %d 行第 %d 列有控制字符。":                         "Line %d, column %d has a control character.",
		"文件里有 %d 个无法识别的字符，第一个在第 %d 行第 %d 列，请检查文件编码。": "The file has %d characters that cannot be read, the first in line %d, column %d; please check its encoding.",
		"文件里有空字符，可能是二进制文件，或没有标记的 UTF-16；请另存为 UTF-8。": "The file has NUL characters: it may be binary, or UTF-16 without a mark; please save it as UTF-8.",
		"从第 %d 行起的一条记录太长，可能是引号没有结束。":                 "The record that begins on line %d is too long; perhaps a quote is never closed.",
		"第 %d 条记录里“%s”出现了两次。":                        "In record %d “%s” occurs twice.",
		"第 %d 条记录有无法识别的字符，请检查文件编码。":                  "Record %d has characters that cannot be read; please check the encoding of the file.",
		"第 %d 条记录太大。":                  "Record %d is too large.",
		"第 %d 条记录不是 GeoJSON 要素。":       "Record %d is not a GeoJSON feature.",
		"XLSX 文件最多 %d MiB，更大的请存成 CSV。": "An XLSX file may have up to %d MiB; please save a larger one as CSV.",
		"文件里有 %d 个替换字符 U+FFFD：原来的字在别处转码时已经丢了，请从原文件重新导出；如果来源就是这样，请写明。最先的几处（列:行）：%s": "The file holds %d replacement characters U+FFFD: the original ones were lost in a conversion elsewhere. Please export it anew from its origin; if the source is like this, say so. The first places (column:row): %s",
		"工作表“%s”是隐藏的，请取消隐藏或删除后再上传。":    "The sheet “%s” is hidden; please show or delete it and upload the file again.",
		"工作表“%s”有隐藏的行或列，请取消隐藏或删除后再上传。": "The sheet “%s” has hidden rows or columns; please show or delete them and upload the file again.",
		"工作表“%s”第 %d 行的内容太长。":          "The content of row %[2]d of the sheet “%[1]s” is too long.",
	})
}
