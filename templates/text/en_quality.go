package text

func init() {
	add(map[string]string{
		// findings: faults
		"只有部门数据专员能看到这些发现。":           "Only data officers of the department see these findings.",
		"没有这一条发现。":                   "There is no such finding.",
		"请选择“属实”或“可以公开”。":            "Please choose “It is what it seems” or “May be public”.",
		"请写明为什么可以公开，例如：这是单位对外公布的电话。": "Please say why it may be public, for example: this is the telephone that the office publishes.",

		// findings: evidence
		"“%s”列有 %d 行里有居民身份证号：行政区划、出生日期和校验码都对。":          "Column “%s” has resident ID numbers in %d rows: division, date of birth and check character are right.",
		"“%s”列有 %d 行像 15 位的旧身份证号：行政区划和出生日期都对。":          "Column “%s” has what looks like old resident ID numbers of 15 digits in %d rows: division and date of birth are right.",
		"“%s”列有 %d 行里有护照号码。":                            "Column “%s” has passport numbers in %d rows.",
		"“%s”列有 %d 行里有银行卡号：卡号开头和校验码都对。":                 "Column “%s” has bank card numbers in %d rows: their beginning and check digit are right.",
		"“%s”列有 %d 行里有手机号码。":                            "Column “%s” has mobile telephone numbers in %d rows.",
		"“%s”列有 %d 行里有写到门牌的住址。":                         "Column “%s” has home addresses down to the number in %d rows.",
		"“%s”列有 %d 行是姓名，同一张表里还有关于这个人的其他列。":              "Column “%s” has names of persons in %d rows, and the table has other columns about them.",
		"“%s”列有 %d 行里有个体工商户的统一社会信用代码：校验码对，92 开头的是个人经营。": "Column “%s” has unified social credit codes of sole traders in %d rows: the check character is right, and those that begin with 92 are persons.",
		"“%s”列有 %d 行里有车牌号码。":                            "Column “%s” has licence plates in %d rows.",
		"“%s”列有 %d 行里有电子邮箱地址。":                          "Column “%s” has e-mail addresses in %d rows.",
		"按“%s”分组，有 %d 组不到 %d 人，能认出具体的人。":                "Grouped by “%s”, %d groups have fewer persons than %d: who they are can be told.",
		"按“%s”统计的“%s”有 %d 格不到 %d 人，能认出具体的人。":            "Counted by “%s”, “%s” has %d cells of fewer persons than %d: who they are can be told.",
	})
}
