package quality

import (
	"regexp"
	"strconv"
	"strings"

	"shuyuan/internal/policy"
)

// Verdict is what a rule says of a version or an entry.
type Verdict string

// The verdicts. Unknown is not no: there was nothing to be held against the
// rule, such as a code list that nobody wrote.
const (
	Yes     Verdict = "yes"
	No      Verdict = "no"
	Unknown Verdict = "unknown"
)

// ID is the name of a rule. It never changes.
type ID string

// The rules, of a version and then of an entry.
const (
	Characters  ID = "characters"
	Types       ID = "types"
	Ranges      ID = "ranges"
	Codes       ID = "codes"
	Required    ID = "required"
	Filled      ID = "filled"
	Key         ID = "key"
	Duplicates  ID = "duplicates"
	RowsSteady  ID = "rows-steady"
	CodesKept   ID = "codes-kept"
	ColumnsKept ID = "columns-kept"
	Dictionary  ID = "dictionary"

	OnTime     ID = "on-time"
	OneSource  ID = "one-source"
	Described  ID = "described"
	Reachable  ID = "reachable"
	ReadByMany ID = "machine-readable"
)

// Rule is one line that data is held against.
type Rule struct {
	ID        ID
	Dimension policy.Text // 完整性, 规范性, …
	Name      policy.Text // what is true where the rule is kept
	What      policy.Text // what is looked at
	Fix       policy.Text // what the department does about it
	Severity  Severity
	Cite      []string // provisions, by their ids
	Limit     string   // the platform's rule that holds its number; empty if it has none
	OfEntry   bool     // of the entry rather than of each version
}

var (
	complete   = policy.Text{Zh: "完整性", En: "Completeness"}
	valid      = policy.Text{Zh: "规范性", En: "Validity"}
	accurate   = policy.Text{Zh: "准确性", En: "Accuracy"}
	consistent = policy.Text{Zh: "一致性", En: "Consistency"}
	timely     = policy.Text{Zh: "时效性", En: "Timeliness"}
	reachable  = policy.Text{Zh: "可用性", En: "Usability"}
)

// Rules are all rules in the order in which they are shown. The dimensions
// 完整性, 规范性 and 准确性 are those of RF-10; that the provider answers for
// complete, accurate and timely data is AS-9(3)a, that quality is looked at
// before, during and after is FJ-2.4c, regularly AB-21, one source for each
// item AS-14.2a and FJ-2.2b, the promised cycle AS-12.1.
var Rules = []Rule{
	{OnTime, timely, text("按承诺更新", "Updated as promised"), text("目录里登记的下一次更新日，到当天 24 时有没有新版本。", "Whether a new version came by the end of the promised day."),
		text("发布新版本；做不到就在目录里改更新频率，并写明原因。", "Publish a new version; if that cannot be, change the frequency in the catalogue and say why."), Warn, []string{"AS-12.1", "AS-9(3)a"}, "", true},
	{OneSource, consistent, text("一数一源", "One source for it"), text("别的部门有没有公开同名或同代码的条目。", "Whether another department publishes an entry of the same title or code."),
		text("和另一个部门商定由谁提供，另一份撤下或改名写清区别。", "Agree with the other department who provides it; the other entry is withdrawn, or renamed so that the difference is clear."), Warn, []string{"AS-14.2a", "FJ-2.2b"}, "", true},
	{ReadByMany, reachable, text("机器可读的开放格式", "An open format that machines read"), text("有没有一个文件能读成表格。", "Whether a file can be read as a table."),
		text("除了文档，再传一份 CSV、XLSX、JSON 或其他表格。", "Beside documents, upload the same as CSV, XLSX, JSON or another table."), Info, nil, "", true},
	{Described, complete, text("目录写明了内容和来源", "The entry says what it is and where it comes from"), text("摘要、原始来源、时间范围、许可是否都填了。", "Whether summary, source, time covered and licence are filled in."),
		text("在目录里补上空着的栏。", "Fill in what is empty in the catalogue."), Info, []string{"AS-10.1"}, "", true},
	{Reachable, reachable, text("写明了找谁问", "Says whom to ask"), text("条目或部门有没有电话或电子邮件。", "Whether the entry or the department names a telephone or mail address."),
		text("在目录里填联系电话或电子邮件。", "Fill in a telephone or mail address."), Info, nil, "", true},
	{Dictionary, complete, text("数据字典答全了大部分问题", "The dictionary answers most questions"), text("每列的中文名、英文名、含义、单位、取值、敏感级别，每张表的主键。", "Of each column its Chinese and English name, meaning, unit, values and sensitivity, of each table its key."),
		text("在数据字典里补上没写的，逐列都列着。", "Fill in what is missing; the dictionary lists it column by column."), Warn, []string{"AS-9(3)a"}, "quality.dictionary", false},
	{Characters, valid, text("没有坏字符", "No broken characters"), text("有没有替换字符 U+FFFD，它说明文件在别处转码时坏过。", "Whether there is a replacement character U+FFFD, which a wrong conversion elsewhere leaves."),
		text("从原系统重新导出，选对编码（UTF-8 或 GB18030）。", "Export it again from its system in the right encoding (UTF-8 or GB18030)."), Warn, []string{"RF-10.1"}, "", false},
	{Types, valid, text("值都合列的类型", "Every value fits its column's type"), text("有没有不是数、不是日期、不合类型的值；它们照原样保留，并列出行和列。", "Whether cells hold no number, no date, nothing of their column's type; they are kept as they stand and listed by row and column."),
		text("改正这些格，或者在上传时把列改成文本。", "Correct these cells, or make the column text when you upload it."), Warn, []string{"RF-10.1", "AS-9(3)a"}, "", false},
	{Ranges, accurate, text("值都在范围内", "Every value lies in its range"), text("字典里写了范围的数，坐标是否在地球上。", "Numbers whose range the dictionary gives; whether coordinates lie on earth."),
		text("改正超出的值；范围写错的改字典。", "Correct what lies outside; where the range is wrong, correct the dictionary."), Warn, []string{"RF-10.1"}, "", false},
	{Codes, valid, text("值都在代码表里", "Every code is in its list"), text("有代码表的列，有没有代码表以外的值。", "Of columns with a code list, whether there are values outside it."),
		text("改正这些值，或者在字典里补上新的代码和含义。", "Correct these values, or add the new codes with their meaning to the dictionary."), Warn, []string{"RF-10.1"}, "", false},
	{Required, complete, text("必填的列都填了", "No required cell is empty"), text("字典里标为必填或主键的列，有没有空着的格。", "Of columns that the dictionary calls required or key, whether cells are empty."),
		text("补上空着的格；本来可以空的，在字典里去掉“必填”。", "Fill in what is empty; where that may be, take “required” out of the dictionary."), Warn, []string{"RF-10.1", "AS-9(3)a"}, "", false},
	{Filled, complete, text("没有大半空着的列", "No column is mostly empty"), text("每一列空格所占的份额。", "The share of empty cells in each column."),
		text("补上数据，或者写明这一列为什么大多是空的。", "Fill it in, or say in the dictionary why most of the column is empty."), Info, []string{"RF-10.1"}, "quality.empty_cells", false},
	{Key, accurate, text("主键不重复", "No key comes twice"), text("字典里标为主键的列，合起来有没有重复。", "Whether the key columns of the dictionary together name more than one row."),
		text("删去重复的行；主键标错的改字典。", "Take out the rows that come twice; where the key is wrong, correct the dictionary."), Warn, []string{"RF-10.1"}, "", false},
	{Duplicates, accurate, text("没有一模一样的行", "No two rows are the same"), text("有没有每一格都相同的行。", "Whether rows are the same in every cell."),
		text("删去多余的行；本来就会相同的，加一列把它们区别开。", "Take out the extra ones; where rows may be alike, add a column that tells them apart."), Info, []string{"RF-10.1"}, "", false},
	{RowsSteady, consistent, text("行数和上一版相当", "About as many rows as before"), text("这一版的行数和上一版相差多少。", "How far the number of rows is from that of the version before."),
		text("看看是不是漏传、重传；确有变化的，在更新原因里写明。", "See whether something was left out or sent twice; where it is so, say it in the reason of the version."), Warn, []string{"FJ-2.4c"}, "quality.row_change", false},
	{CodesKept, consistent, text("上一版的代码都还在", "The codes of the version before are still there"), text("有代码表的列，上一版有的值这一版是不是都没了。", "Of columns with a code list, whether values of the version before have vanished."),
		text("看看是不是漏了一类数据；确实取消的，在更新原因里写明。", "See whether a kind of rows was left out; where codes were given up, say it in the reason of the version."), Info, []string{"FJ-2.4c"}, "", false},
	{ColumnsKept, consistent, text("列和类型没有变", "Columns and types are as before"), text("上一版的列是不是都在，类型是不是一样。", "Whether the columns of the version before are there, with the same types."),
		text("照上一版的列名和类型导出；确要改的，在更新原因里写明。", "Export it with the names and types of the version before; where they must change, say it in the reason of the version."), Warn, []string{"FJ-2.4c"}, "", false},
}

func text(zh, en string) policy.Text { return policy.Text{Zh: zh, En: en} }

// Edition is that of the rules: with another one every version is checked again.
const Edition = 1

// Find is the rule of this id.
func (id ID) Rule() (Rule, bool) {
	for _, r := range Rules {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}

// Range is a range of numbers as a dictionary gives it in words.
type Range struct {
	Low, High         float64
	HasLow, HasHigh   bool
	OpenLow, OpenHigh bool // the bound itself lies outside
}

var (
	span  = regexp.MustCompile(`^([\[(（]?)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*(?:-|–|—|~|～|至|到|,|，|\.\.)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*([\])）]?)$`)
	bound = regexp.MustCompile(`^(>=|<=|≥|≤|>|<|大于等于|小于等于|不小于|不大于|大于|小于)\s*(-?[0-9]+(?:\.[0-9]+)?)$`)
)

// RangeOf reads a range: 0–100, [0,100), ≥0. ok is false for words that are none.
func RangeOf(words string) (r Range, ok bool) {
	words = strings.TrimSpace(narrow(words))
	if m := span.FindStringSubmatch(words); m != nil {
		r = Range{HasLow: true, HasHigh: true, OpenLow: m[1] == "(" || m[1] == "（", OpenHigh: m[4] == ")" || m[4] == "）"}
		r.Low, _ = strconv.ParseFloat(m[2], 64) // digits: cannot fail
		r.High, _ = strconv.ParseFloat(m[3], 64)
		return r, r.Low <= r.High
	}
	m := bound.FindStringSubmatch(words)
	if m == nil {
		return r, false
	}
	n, _ := strconv.ParseFloat(m[2], 64)
	switch m[1] {
	case ">=", "≥", "大于等于", "不小于":
		return Range{HasLow: true, Low: n}, true
	case ">", "大于":
		return Range{HasLow: true, Low: n, OpenLow: true}, true
	case "<", "小于":
		return Range{HasHigh: true, High: n, OpenHigh: true}, true
	}
	return Range{HasHigh: true, High: n}, true
}
