package disclosure

import (
	"shuyuan/datasets/quality"
	"shuyuan/internal/fault"
)

// Every sentence that a developer or a reviewer reads of the rules. Their English
// is in the catalogue of texts, under these keys.
var (
	nameR1  = note("每格的主体数下限")
	nameR2  = note("隐去和取整")
	nameR3  = note("互补隐去")
	nameR4  = note("支配规则")
	nameR5  = note("群体披露")
	nameR6  = note("大小和额度")
	nameR7  = note("逐个主体的结果")
	nameR8  = note("差分比对")
	nameR9  = note("个人信息的样式")
	nameR10 = note("不可逆算")
	nameR11 = note("人工审核")

	sayUnmeasured = note("这个结果没有量过：每一行背后有多少主体、是哪些主体，缺一不可。请重新运行作业。")
	sayNotLooked  = note("结果没有通过前面的检查，这一条没有看。")

	saySmallRows  = note("有 %d 行背后的主体不到 %d 个，已经整行去掉。要留下它们，请把分组合并得粗一些。")
	saySmallCells = note("“%s”有 %d 格背后的主体不到 %d 个（没有值的、和数里是零的不算；有条件的，每一种情形都算），或者同一行里剩下的不到，只隐去这些格。请合并类别，或者去掉这个条件。")
	saySingle     = note("“%s”是一个主体的值（最大、最小、任取等），整列隐去。请改用平均数、中位数或者计数。")
	sayTooFine    = note("超过 %d%% 的行背后的主体不到 %d 个：分组太细。请减少分组的列，或者把值归并成区间。")

	sayRounded        = note("“%s”有 %d 格取整为 %d 的倍数。")
	sayShares         = note("“%s”是比例，分子、分母取整为 %d 的倍数以后重算。")
	sayMeans          = note("“%s”有 %d 格平均数按组的大小保留有效数字。")
	sayWeighed        = note("“%s”是几列相乘、相除、换算或者回归出来的，有 %d 格按组的大小保留有效数字：位数多了，几个这样的数就能解出各个主体的值。")
	sayEquations      = note("同一批主体的数，相乘、相除、换算或者回归出来的已经有 %d 个，一批 %d 个主体至多 %d 个：再多就能解出各个主体的值。请少要几个，或者把组合并。")
	sayDerived        = note("“%s”用取整以后的列重算；有一部分隐去的，它也隐去。")
	sayUnknownDerived = note("看不出“%s”是由结果里哪几列算出来的，整列隐去。请把分子、分母也作为列写出来。")

	sayComplement = note("另有 %d 格隐去：否则用合计减去其余各格就能算出隐去的格。要少隐去，请去掉合计，或者把小的类别合并。")
	sayTangled    = note("合计之间牵连太多，没有办法只隐去几格。请去掉合计行、合计列，或者拆成几个作业。")

	sayDominated = note("“%s”有 %d 格由一两个主体占了大部分（最大的超过 %d%%，或者最大的两个超过 %d%%，或者其余的不到最大的 %d%%），已经隐去。请把组合并。")
	sayUnweighed = note("“%s”没有量过各主体所占的份额，须由审核人判断。")

	sayClass = note("有 %d 处整组主体的敏感属性都一样，已经隐去。请把组合并，或者不按敏感属性分组。")

	sayManyRows     = note("结果有 %d 行，一次最多 %d 行。")
	sayManyColumns  = note("结果有 %d 列，一次最多 %d 列。")
	sayManyBytes    = note("结果超过 %d MB。请减少行或者列。")
	sayManyReleases = note("这个场景本月已经放行了 %d 次，到了上限。")
	sayManyCells    = note("这个场景本月已经放行 %d 格，加上这次的 %d 格超过 %d 格。")

	sayRowLevel = note("这个结果一行就是一个主体，不能作为结果数据放行。核验、名单一类，请做成经本人授权的是或否、评分服务。")

	sayDifference = note("和先前放行的“%s”对照，有的格只差不到 %d 个主体，相减就能知道他们。请改用和那次同样的范围，或者差得更多的范围。")
	sayTracker    = note("这个结果和先前放行的两个数合起来，只差不到 %d 个主体。请改用和先前同样的范围。")
	sayWithin     = note("有 %d 格隐去：结果里有两部分只差不到 %d 个主体。请不要把只差几个主体的范围放在同一个结果里。")

	sayPersonalHeading = note("第 %d 列的列名里有%s。请改列名。")
	sayPersonalCells   = note("“%s”有 %d 行里有%s。请去掉这一列，或者先归并。")
	saySplit           = note("有 %d 行相邻的两格拼起来是身份证号或者银行卡号。请去掉这些列。")
	sayNames           = note("“%s”有 %d 行像姓名，须由审核人判断。")

	sayExactGroup = note("“%s”有 %d 行的有效数字超过 %d 位，能对回原来的记录。请归并成区间。")
	sayDigits     = note("“%s”有 %d 格只保留 %d 位有效数字。")
	sayUnique     = note("有 %d 行的特征组合只有一个主体，整行去掉。请减少分组的列。")
	sayLong       = note("第 %d 列有超过 %d 个字的文字，里面可能藏着模型或者原始数据，须由审核人判断。")

	sayPeople = note("须由两个人审核；他们不是申请人，也不在申请人的单位。")
)

// note marks a sentence of the catalogue.
func note(zh string) string { return zh }

var kindWords = map[quality.Kind]string{
	quality.ResidentID:     note("居民身份证号"),
	quality.OldResidentID:  note("旧身份证号"),
	quality.Mobile:         note("手机号码"),
	quality.BankCard:       note("银行卡号"),
	quality.IndividualCode: note("个体工商户代码"),
	quality.Passport:       note("护照号码"),
	quality.Plate:          note("车牌号码"),
	quality.Email:          note("电子邮箱"),
	quality.HomeAddress:    note("住址"),
	quality.PersonName:     note("姓名"),
}

// kindNames are kinds of personal data in words that a reader's language is put
// in for.
func kindNames(kinds []quality.Kind) fault.Terms {
	var out fault.Terms
	for _, k := range kinds {
		out = append(out, kindWords[k])
	}
	return out
}
