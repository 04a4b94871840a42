package text

func init() {
	add(map[string]string{
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
		"工作表“%s”是隐藏的，请取消隐藏或删除后再上传。":    "The sheet “%s” is hidden; please show or delete it and upload the file again.",
		"工作表“%s”有隐藏的行或列，请取消隐藏或删除后再上传。": "The sheet “%s” has hidden rows or columns; please show or delete them and upload the file again.",
		"工作表“%s”第 %d 行的内容太长。":          "The content of row %[2]d of the sheet “%[1]s” is too long.",
	})
}
