package catalogue

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
)

// Finding is one reason why an entry may not be submitted, at its field, with
// the rule that says so.
type Finding struct {
	Check    string
	Field    string // key of Fields
	Sentence string // Chinese, a fmt format if Args are given
	Args     []any
	Source
}

// Looked is what a check looks at.
type Looked struct {
	*datasets.Dataset
	Rules Rules
	Today time.Time
}

// Check is one thing that must hold before an entry goes to the authority.
type Check struct {
	Name     string
	Sentence string // what it says where it fails
	Look     func(Looked, Check) []Finding
}

// Checks is the one list of what is asked when an entry is submitted. All are
// asked, and everything that fails is shown.
var Checks = []Check{
	{"profile-in-force", "“%s”已经失效（最后一天 %s），只能作为历史规则查看；现在按几部现行规则中最严的要求核对。", lapsed},
	{"required", "“%s”须填写。", required},
	{"platform-required", "这一项须填写。", platformRequired},
	{"known-type", "没有这种类型，请从列表里选。", knownType},
	{"basis-given", "这种类型须注明依据，一条一行：种类、名称和文号、条款、原文。", basisGiven},
	{"basis-whole", "第 %d 条依据没有写全：种类、名称、条款、原文都要有，不收“按规定”这样的话。", basisWhole},
	{"basis-kind", "第 %d 条依据是%s，不能作为依据；这里只认：%s。", basisKind},
	{"reason-given", "除依据外，还须说明理由。", reasonGiven},
	{"ground-named", "不予开放的理由须写明属于哪一种情形：%s。", groundNamed},
	{"conditions-listed", "有条件共享须列明申请条件，不能写“无”。", conditionsListed},
	{"materials-listed", "有条件共享须列出申请所需的全部材料。", materialsListed},
	{"open-conditions", "有条件开放须写明开放方式、使用要求和安全保障措施。", openConditions},
	{"filed", "须先向%s备案，并写明备案日期。", filed},
	{"filing-date", "备案日期不能晚于今天。", filingDate},
	{"update-date", "数据最近更新的日期不能晚于今天。", updateDate},
	{"promise-date", "承诺的下次更新须晚于数据最近更新。", promiseDate},
	{"publishable", "%s", publishable},
}

// Examine asks every check of d. An entry that passes may be submitted.
func Examine(d *datasets.Dataset, r Rules, today time.Time) []Finding {
	var out []Finding
	for _, c := range Checks {
		for _, f := range c.Look(Looked{d, r, today}, c) {
			// what is missing is said once, by the text that asks for it
			if !slices.ContainsFunc(out, func(there Finding) bool { return there.Field == f.Field && there.missing() && f.missing() }) {
				out = append(out, f)
			}
		}
	}
	return out
}

func (f Finding) missing() bool {
	return slices.Contains([]string{"required", "platform-required", "publishable", "open-conditions", "known-type"}, f.Check)
}

// Blocks reports whether the finding stands in the way, and is not only to be
// known.
func (f Finding) Blocks() bool { return f.Check != "profile-in-force" }

func (c Check) at(field string, s Source, args ...any) Finding {
	return Finding{Check: c.Name, Field: field, Sentence: c.Sentence, Args: args, Source: s}
}

func lapsed(l Looked, c Check) []Finding {
	p := l.Rules.Lapsed
	if p == nil {
		return nil
	}
	from, last, _ := p.Effective()
	day := last
	if last.IsZero() || l.Today.Before(from) {
		day = from
	}
	return []Finding{c.at("", house, p.Short().Zh, day.Format(time.DateOnly))}
}

// said reports whether the field says something. Data items are said by a file
// that has tables, too.
func said(l Looked, key string) bool {
	if key == "items" {
		return len(l.Items) > 0 || slices.ContainsFunc(l.Resources, func(r datasets.Resource) bool { return r.Newest != nil && len(r.Newest.Tables) > 0 })
	}
	f, ok := FieldOf(key)
	return ok && strings.TrimSpace(f.value(l.Dataset)) != ""
}

func required(l Looked, c Check) []Finding {
	var out []Finding
	for _, q := range l.Rules.Required {
		for _, key := range q.Keys {
			if !said(l, key) {
				out = append(out, c.at(key, q.Source, q.Name))
			}
		}
	}
	return out
}

func platformRequired(l Looked, c Check) []Finding {
	var out []Finding
	for _, f := range Fields {
		if f.must && !said(l, f.Key) {
			out = append(out, c.at(f.Key, house))
		}
	}
	return out
}

func knownType(l Looked, c Check) []Finding {
	var out []Finding
	for _, t := range [][2]string{{"share_type", l.ShareType}, {"open_type", string(l.Open)}} {
		if t[1] != "" && !slices.Contains(types, t[1]) {
			out = append(out, c.at(t[0], house))
		}
	}
	return out
}

// side is one axis of an entry with its rules.
type side struct {
	Axis
	code                  string
	bases                 []datasets.LegalBasis
	reason                string
	basisField, reasonFld string
}

func sides(l Looked) []side {
	return []side{
		{l.Rules.Share, l.ShareType, l.ShareBases, l.ShareReason, "share_bases", "share_reason"},
		{l.Rules.Open, string(l.Open), l.OpenBases, l.OpenReason, "open_bases", "open_reason"},
	}
}

func basisGiven(l Looked, c Check) []Finding {
	var out []Finding
	for _, s := range sides(l) {
		if Limits(s.code) && s.Basis.Asked() && len(s.bases) == 0 {
			out = append(out, c.at(s.basisField, s.Basis))
		}
	}
	return out
}

func basisWhole(l Looked, c Check) []Finding {
	var out []Finding
	for _, s := range sides(l) {
		if !Limits(s.code) {
			continue
		}
		for i, b := range s.bases {
			if !whole(b) {
				out = append(out, c.at(s.basisField, s.Basis, i+1))
			}
		}
	}
	return out
}

func basisKind(l Looked, c Check) []Finding {
	var out []Finding
	for _, s := range sides(l) {
		if !Limits(s.code) {
			continue
		}
		for i, b := range s.bases {
			if b.Kind != "" && !slices.Contains(s.Kinds, b.Kind) {
				out = append(out, c.at(s.basisField, s.Basis, i+1, fault.Terms{short(b.Kind)}, fault.Terms(s.Kinds)))
			}
		}
	}
	return out
}

// CheckBases returns fault.Invalid at field where bases do not bear a limit on
// this axis: none is given, one is not whole, or one is of a kind that the text
// does not count (AS-20.3, AS-27.3, TJ-16, AB-24.3).
func (a Axis) CheckBases(field string, bases []datasets.LegalBasis) error {
	said := func(name string, args ...any) error {
		i := slices.IndexFunc(Checks, func(c Check) bool { return c.Name == name })
		return fault.At(field, Checks[i].Sentence, args...)
	}
	if len(bases) == 0 {
		return said("basis-given")
	}
	for i, b := range bases {
		if !whole(b) {
			return said("basis-whole", i+1)
		}
		if !slices.Contains(a.Kinds, b.Kind) {
			return said("basis-kind", i+1, fault.Terms{short(b.Kind)}, fault.Terms(a.Kinds))
		}
	}
	return nil
}

// whole reports whether a basis can be looked up: every part is there, and names
// something.
func whole(b datasets.LegalBasis) bool {
	return b.Kind != "" && !Vague(b.Instrument) && !Vague(b.Article) && !Vague(b.Quote)
}

// empties are the words of which no number of them names a text, an article or
// a sentence, the longer first.
var empties = strings.NewReplacer("法律法规", "", "规范性文件", "", "有关", "", "相关", "", "按照", "", "根据", "", "依据", "", "依照", "", "国家", "", "规定", "", "要求", "", "政策", "", "文件",
	"", "法律", "", "法规", "", "规章", "", "条款", "", "条文", "", "具体", "", "详见", "", "上级", "", "部门", "", "内容", "", "略", "", "无", "", "暂", "", "见", "", "按", "", "依", "", "法", "", "等", "",
	"的", "", "之", "", "和", "", "及", "", "其", "", "他", "", "各", "", "项", "", "款", "", "条", "", "文", "", "第", "", "未知", "")

// Vague reports whether s is only words as 按有关规定, which nobody can look up.
func Vague(s string) bool {
	return !strings.ContainsFunc(empties.Replace(s), func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

func reasonGiven(l Looked, c Check) []Finding {
	var out []Finding
	for _, s := range sides(l) {
		if Limits(s.code) && s.Reason.Asked() && s.reason == "" {
			out = append(out, c.at(s.reasonFld, s.Reason))
		}
	}
	return out
}

func groundNamed(l Looked, c Check) []Finding {
	g := l.Rules.Open.Grounds
	if l.Open != datasets.Withheld || len(g) == 0 {
		return nil
	}
	for _, ground := range g {
		if strings.Contains(l.OpenReason, ground) {
			return nil
		}
	}
	return []Finding{c.at("open_reason", l.Rules.Open.Withheld, strings.Join(g, "；"))}
}

func conditionsListed(l Looked, c Check) []Finding {
	if l.ShareType != "conditional" || !l.Rules.Conditions.Asked() || l.ShareConditions != "" && l.ShareConditions != "无" {
		return nil
	}
	return []Finding{c.at("share_conditions", l.Rules.Conditions)}
}

func materialsListed(l Looked, c Check) []Finding {
	if l.ShareType != "conditional" || !l.Rules.Materials.Asked() || l.RequiredMaterials != "" {
		return nil
	}
	return []Finding{c.at("required_materials", l.Rules.Materials)}
}

func openConditions(l Looked, c Check) []Finding {
	if l.Open != datasets.Conditional {
		return nil
	}
	var out []Finding
	for _, key := range []string{"open_method", "use_requirements", "safeguards"} {
		if !said(l, key) {
			out = append(out, c.at(key, l.Rules.OpenFields))
		}
	}
	return out
}

func filed(l Looked, c Check) []Finding {
	if !l.Rules.FiledAll && !Limits(l.ShareType) {
		return nil
	}
	var out []Finding
	for _, with := range l.Rules.FiledWith {
		if !slices.ContainsFunc(l.Filings, func(f datasets.Filing) bool { return f.With == with && f.Date != "" }) {
			out = append(out, c.at("filings", l.Rules.FiledBy, with))
		}
	}
	return out
}

func filingDate(l Looked, c Check) []Finding {
	for _, f := range l.Filings {
		if f.Date > l.Today.In(china).Format(time.DateOnly) {
			return []Finding{c.at("filings", house)}
		}
	}
	return nil
}

func updateDate(l Looked, c Check) []Finding {
	if l.LastUpdated.Format(time.DateOnly) > l.Today.In(china).Format(time.DateOnly) {
		return []Finding{c.at("last_updated", house)}
	}
	return nil
}

func promiseDate(l Looked, c Check) []Finding {
	if l.NextDue != nil && !l.NextDue.After(l.LastUpdated) {
		return []Finding{c.at("next_due", house)}
	}
	return nil
}

// publishable asks what every entry must have before it can be public, on a
// copy: looking changes nothing.
func publishable(l Looked, c Check) []Finding {
	d := *l.Dataset
	err := d.Check()
	f := fault.Of(err)
	if err == nil || f.Kind != fault.Invalid {
		return nil
	}
	key := strings.TrimSuffix(f.Field, "_basis")
	if key != f.Field || f.Field == "open_method" {
		return nil // basis-given and open-conditions say it with the article
	}
	return []Finding{{Check: c.Name, Field: f.Field, Sentence: f.Sentence, Args: f.Args, Source: house}}
}

var china = time.FixedZone("Asia/Shanghai", 8*60*60)
