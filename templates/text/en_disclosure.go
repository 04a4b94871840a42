package text

func init() {
	add(map[string]string{
		"每格的主体数下限": "Fewest subjects behind a cell",
		"隐去和取整":    "Hiding and rounding",
		"互补隐去":     "Complementary suppression",
		"支配规则":     "Dominance",
		"群体披露":     "Disclosure of a class",
		"大小和额度":    "Size and budget",
		"逐个主体的结果":  "Rows about one subject each",
		"差分比对":     "Differencing",
		"个人信息的样式":  "Patterns of personal data",
		"不可逆算":     "Cannot be worked back",
		"人工审核":     "Review by people",

		"这个结果没有量过：每一行背后有多少主体、是哪些主体，缺一不可。请重新运行作业。":     "This result was not measured: how many subjects stand behind each row, and who. Please run the job again.",
		"结果没有通过前面的检查，这一条没有看。":                         "The result did not pass an earlier check; this rule did not look at it.",
		"有 %d 行背后的主体不到 %d 个，已经整行去掉。要留下它们，请把分组合并得粗一些。": "%d rows with fewer than %d subjects behind them are left out. To keep them, please merge groups.",
		"“%s”有 %d 格背后的主体不到 %d 个（没有值的、和数里是零的不算；有条件的，每一种情形都算），或者同一行里剩下的不到，只隐去这些格。请合并类别，或者去掉这个条件。": "In “%s”, %d cells are hidden, and only these: fewer than %d subjects stand behind them (who has no value does not count, nor who adds zero to a sum; each way of a condition counts for itself), or are left of their row beside them. Please merge categories, or take the condition away.",
		"“%s”是一个主体的值（最大、最小、任取等），整列隐去。请改用平均数、中位数或者计数。":                                           "“%s” is the value of one subject (the largest, the smallest, any); the column is hidden. Please take a mean, a median or a count.",
		"超过 %d%% 的行背后的主体不到 %d 个：分组太细。请减少分组的列，或者把值归并成区间。":                                        "More than %d%% of the rows have fewer than %d subjects behind them: the groups are too fine. Please group by fewer columns, or by ranges of values.",

		"“%s”有 %d 格取整为 %d 的倍数。":        "In “%s”, %d cells are rounded to multiples of %d.",
		"“%s”是比例，分子、分母取整为 %d 的倍数以后重算。": "“%s” is a share: worked out anew after both its parts were rounded to multiples of %d.",
		"“%s”有 %d 格平均数按组的大小保留有效数字。":    "In “%s”, %d means have as many significant digits as the size of their group allows.",
		"“%s”是几列相乘、相除、换算或者回归出来的，有 %d 格按组的大小保留有效数字：位数多了，几个这样的数就能解出各个主体的值。":             "“%s” is made of columns that are multiplied, divided, put through a function or regressed on one another; %d cells have as many significant digits as the size of their group allows, since several such figures with more of them give the value of each subject.",
		"同一批主体的数，相乘、相除、换算或者回归出来的已经有 %d 个，一批 %d 个主体至多 %d 个：再多就能解出各个主体的值。请少要几个，或者把组合并。": "Of the same subjects there are %d figures already that are made of columns multiplied, divided, put through a function or regressed on one another; of %d subjects %d may leave at most, since more of them give the value of each. Please ask for fewer, or merge groups.",
		"“%s”用取整以后的列重算；有一部分隐去的，它也隐去。":                                                 "“%s” is worked out anew from the rounded columns, and hidden where a part is hidden.",
		"看不出“%s”是由结果里哪几列算出来的，整列隐去。请把分子、分母也作为列写出来。":                                    "It cannot be told from which columns of the result “%s” is worked out; it is hidden. Please write its parts as columns, too.",

		"另有 %d 格隐去：否则用合计减去其余各格就能算出隐去的格。要少隐去，请去掉合计，或者把小的类别合并。": "%d more cells are hidden: else a total less the other cells would tell hidden ones. To have fewer hidden, please leave totals out, or merge small categories.",
		"合计之间牵连太多，没有办法只隐去几格。请去掉合计行、合计列，或者拆成几个作业。":             "The totals are too entangled for hiding a few cells. Please leave out rows or columns of totals, or make several jobs of it.",

		"“%s”有 %d 格由一两个主体占了大部分（最大的超过 %d%%，或者最大的两个超过 %d%%，或者其余的不到最大的 %d%%），已经隐去。请把组合并。": "In “%s”, %d cells are hidden since one or two subjects make up most of them (the largest more than %d%%, or the two largest more than %d%%, or all others less than %d%% of the largest). Please merge groups.",
		"“%s”没有量过各主体所占的份额，须由审核人判断。": "For “%s” the shares of the subjects were not measured; reviewers decide.",

		"有 %d 处整组主体的敏感属性都一样，已经隐去。请把组合并，或者不按敏感属性分组。": "In %d places a whole group has the same sensitive attribute; they are hidden. Please merge groups, or do not group by the attribute.",

		"结果有 %d 行，一次最多 %d 行。":                "The result has %d rows; at most %d leave at once.",
		"结果有 %d 列，一次最多 %d 列。":                "The result has %d columns; at most %d leave at once.",
		"结果超过 %d MB。请减少行或者列。":                "The result is larger than %d MB. Please have fewer rows or columns.",
		"这个场景本月已经放行了 %d 次，到了上限。":             "For this scenario %d releases were made this month, which is the most.",
		"这个场景本月已经放行 %d 格，加上这次的 %d 格超过 %d 格。": "For this scenario %d cells were released this month; with the %d of this one they are more than %d.",

		"这个结果一行就是一个主体，不能作为结果数据放行。核验、名单一类，请做成经本人授权的是或否、评分服务。": "Each row of this result is one subject; it cannot leave as a result. Verification and lists are made as a service that answers yes or no, or a score, with the subject's consent.",

		"和先前放行的“%s”对照，有的格只差不到 %d 个主体，相减就能知道他们。请改用和那次同样的范围，或者差得更多的范围。": "Held against “%s”, which was released before, some cells differ by fewer than %d subjects: one taken from the other tells of them. Please take the same range as then, or one that differs by more.",
		"这个结果和先前放行的两个数合起来，只差不到 %d 个主体。请改用和先前同样的范围。":                   "Figures of this result and of earlier ones, taken together, differ by fewer than %d subjects. Please take the same range as before.",
		"有 %d 格隐去：结果里有两部分只差不到 %d 个主体。请不要把只差几个主体的范围放在同一个结果里。":          "%d cells are hidden: two parts of the result differ by fewer than %d subjects. Please do not put ranges into one result that differ by a few subjects.",

		"第 %d 列的列名里有%s。请改列名。":               "The heading of column %d holds: %s. Please change the heading.",
		"“%s”有 %d 行里有%s。请去掉这一列，或者先归并。":      "In “%s”, %d rows hold: %s. Please leave the column out, or group its values.",
		"有 %d 行相邻的两格拼起来是身份证号或者银行卡号。请去掉这些列。": "In %d rows two cells beside each other make a number of identity or of a bank card. Please leave the columns out.",
		"“%s”有 %d 行像姓名，须由审核人判断。":            "In “%s”, %d rows look like names; reviewers decide.",

		"“%s”有 %d 行的有效数字超过 %d 位，能对回原来的记录。请归并成区间。":    "In “%s”, %d rows have more than %d significant digits and lead back to records. Please group the values.",
		"“%s”有 %d 格只保留 %d 位有效数字。":                    "In “%s”, %d cells keep %d significant digits.",
		"有 %d 行的特征组合只有一个主体，整行去掉。请减少分组的列。":            "%d rows whose traits one subject alone has are left out. Please group by fewer columns.",
		"第 %d 列有超过 %d 个字的文字，里面可能藏着模型或者原始数据，须由审核人判断。": "Column %d has texts of more than %d characters, which can hide a model or raw data; reviewers decide.",

		"须由两个人审核；他们不是申请人，也不在申请人的单位。": "Two people review it; neither is the applicant, nor of the applicant's organisation.",

		"居民身份证号":  "resident ID numbers",
		"旧身份证号":   "resident ID numbers of 15 digits",
		"手机号码":    "mobile numbers",
		"银行卡号":    "bank card numbers",
		"个体工商户代码": "credit codes of individuals",
		"护照号码":    "passport numbers",
		"车牌号码":    "licence plates",
		"住址":      "home addresses",
	})
}
