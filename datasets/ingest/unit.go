package ingest

import (
	"bytes"
	"regexp"
	"strings"
)

// Units are looked for in two places: in the name of a column, 面积（平方公里）,
// and behind its values, 12.5元. Only what is known to be a unit is taken for
// one: 时间（北京时间）, PM2.5(站点1) and 3号 name none.

// han are the units that are written in Chinese characters; before them may
// stand how many of them there are: 百万, 亿.
const han = `元|美元|欧元|港元|港币|日元|英镑|人民币|国际元|人次|人|户次|户|家|个|所|座|栋|幢|间|套|辆次|辆|架次|架|艘次|艘|台套|台|部|只|头|匹|羽|株|棵|件|份|册次|册|卷|本|篇|项|条|宗|起|例|次|场|班次|班|门|张|枚|包|箱|袋|瓶|桶|标准箱|标箱|` +
	`吨公里|人公里|车公里|吨标准煤|吨标煤|吨|千克|公斤|克|毫克|微克|斤|两|千米|公里|厘米|毫米|微米|纳米|米|英里|海里|英尺|平方千米|平方公里|平方厘米|平方毫米|平方米|公顷|亩|立方千米|立方厘米|立方米|毫升|升|` +
	`毫秒|秒|分钟|小时|天|日|周|月|年|岁|兆瓦时|吉瓦时|千瓦时|千瓦小时|兆瓦|吉瓦|千瓦|瓦|千焦|兆焦|吉焦|焦耳|百帕|千帕|兆帕|帕|千赫|兆赫|吉赫|赫兹|赫|千伏|伏特|伏|毫安|安培|安|千伏安|欧姆|流明|勒克斯|分贝|` +
	`摄氏度|华氏度|开尔文|度|节|倍|级|层|点|百分点|个百分点|床|张床|标准煤|处|人天|学时|课时|工日|字节|兆字节|吉字节|比特|兆比特`

// latin are those in letters and signs.
const latin = `%|％|‰|℃|℉|°C|°F|°|Ω|㎡|㎥|㎞|㎜|㎝|㎏|` +
	`(?:[munkcMGTμµ]?m|[mkMGTμµun]?g|[kMGT]?t|[mμµ]?s|min|h|hr|d|a|yr|[mk]?L|ml|l|ha|hm|[kMGT]?W|[kMGT]?Wh|[kMG]?J|[hkM]?Pa|[kMG]?Hz|[kmM]?V|[mk]?A|[kM]?VA|dBA?|lx|lm|cd|mol|K|Bq|[mμµ]?Sv|[kMGT]?B|[kMG]?bps|ft|in|mi|mph|kn|kt|lb|oz|gal|bbl|TEU|ppm|ppb|NTU|CFU|MPN|USD|CNY|RMB|EUR|HKD|gCO2eq|gCO2|tCO2|kgce|tce)(?:-?[23²³]|\^-?[23]|⁻¹)?`

const amount = `(?:[十百千万亿]|\d+){0,4}`

// unit is one of them, or several divided or multiplied: 米/秒, kg·m².
const unit = `(?:` + amount + `(?:` + han + `)(?:[23²³])?|` + amount + `(?:` + latin + `))`

const unitWhole = unit + `(?:\s?[/／·*⋅]\s?` + unit + `){0,3}`

var (
	unitForm = regexp.MustCompile(`^` + unitWhole + `$`)
	// in brackets at the end of a name, perhaps with 单位 before it
	unitBracket = regexp.MustCompile(`[（(\[【]\s*(?:单位\s*[:：]?\s*)?([^（()）\[\]【】]{1,24}?)\s*[)）\]】]\s*$`)
	// after a stroke or an underline, or at once where no word ends so
	unitStroke = regexp.MustCompile(`[\p{L}\p{N})）]\s*[/／]\s*(` + unitWhole + `)$`)
	unitUnder  = regexp.MustCompile(`[\p{L}\p{N}]_(km|km2|km_2|kg|cm|mm|ft|ha|kwh|mw|mwh|gwh|kpa|hpa|ppm|pct|celsius|mg|ug|m2|m3)$`)
	unitAtEnd  = regexp.MustCompile(`\p{Han}(千米|公里|厘米|毫米|平方米|平方公里|平方千米|公顷|立方米|万立方米|亿立方米|公斤|千克|万吨|亿吨|千瓦时|万千瓦时|亿千瓦时|万千瓦|摄氏度|百帕|分贝|[百千]?万元|亿元|[百千]?万美元|亿美元|万人|万人次|万户|km|kg|km2|km²|cm|mm|hPa|dB|℃|%)$`)
	// behind the values of a column: not the letters and words that make names of
	// numbers, 5A and 3班
	unitBehind = regexp.MustCompile(`^\s?` + amount + `(元|美元|欧元|港元|日元|人次|人|户|家|个|辆|架|艘|只|头|株|棵|件|起|例|次|枚|` +
		`吨|千克|公斤|克|毫克|微克|千米|公里|厘米|毫米|米|海里|平方米|平方公里|平方千米|公顷|亩|立方米|毫升|升|秒|分钟|小时|天|周|月|年|岁|` +
		`千瓦时|兆瓦时|兆瓦|千瓦|百帕|千帕|帕|赫兹|分贝|摄氏度|度|节|倍|级|百分点|个百分点|床位|‰|℃|°C|㎡|㎥|m²|m³|m2|m3|km²|km2|km|kg|cm|mm|mg|μg|ug|mL|kW|MW|kWh|MWh|hPa|kPa|dB|ppm|ha)` +
		`(\s?[/／]\s?` + unit + `)?$`)
)

var spelled = map[string]string{"pct": "%", "celsius": "℃", "km_2": "km2"}

// unitOf is the unit that a column's name says, or nothing.
func unitOf(name string) string {
	name = strings.TrimSpace(name)
	if m := unitBracket.FindStringSubmatch(name); m != nil {
		if said := strings.TrimSpace(m[1]); unitForm.MatchString(said) {
			return said
		}
		return ""
	}
	for _, form := range []*regexp.Regexp{unitStroke, unitUnder, unitAtEnd} {
		if m := form.FindStringSubmatch(name); m != nil {
			if word, ok := spelled[m[1]]; ok {
				return word
			}
			return m[1]
		}
	}
	return ""
}

// mostBehind is how many bytes a unit behind a value may have.
const mostBehind = 30

// behind is a cell without the unit that it ends in, and that unit: 12.5元,
// 3%, -5℃. Letters and signs that stand for a number's size alone, as 万 does,
// are no unit.
func behind(s []byte) ([]byte, string) {
	if body, sign := percent(s); sign != "" {
		return body, sign
	}
	t := trimmed(s)
	i := 0
	for i < len(t) && (t[i] >= '0' && t[i] <= '9' || t[i] == '.' || t[i] == ',' || i == 0 && (t[i] == '-' || t[i] == '+')) {
		i++
	}
	if i == 0 || i == len(t) || len(t)-i > mostBehind || t[i] == 'e' || t[i] == 'E' || t[i] == ' ' && i+1 == len(t) {
		return s, ""
	}
	if !unitBehind.Match(t[i:]) {
		return s, ""
	}
	return t[:i], string(t[i:])
}

// without is a cell without the unit behind its number that the column has.
func without(s []byte, sign string) ([]byte, bool) {
	if percentage(sign) {
		body, found := percent(s)
		return body, found != ""
	}
	return bytes.CutSuffix(trimmed(s), []byte(sign))
}
