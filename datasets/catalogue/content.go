package catalogue

import (
	"maps"
	"slices"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
)

// Content is everything a person says of an entry, as texts by the keys of
// Fields. What has parts is written in lines, its parts between bars.
type Content map[string]string

// Kind is how a field is filled in.
type Kind string

// The kinds of field.
const (
	Line   Kind = "line"
	Text   Kind = "text"
	Choice Kind = "choice" // one of a list
	Offer  Kind = "offer"  // of a list, or something else
	Day    Kind = "day"
	Bases  Kind = "bases"
	Filed  Kind = "filings"
	Items  Kind = "items"
	Shown  Kind = "shown" // not for the form to say
)

// Group is a part of the form.
type Group struct{ Key, Title string }

// Groups are the parts of the form in order.
var Groups = []Group{
	{"what", "名称与归属"}, {"form", "形式与来源"}, {"share", "共享"}, {"open", "开放"}, {"update", "更新"}, {"safe", "安全"}, {"items", "数据项"}, {"more", "其余"},
}

// Field is one thing that is said of an entry.
type Field struct {
	Key    string
	Label  string // ours; where a text names it, its words stand on the form
	Group  string
	Kind   Kind
	Hint   string
	Offers []string // of a Choice (codes) or an Offer (words)
	must   bool     // the platform cannot do without it (平台规则)

	text func(*datasets.Dataset) *string
	get  func(*datasets.Dataset) string
	set  func(*datasets.Dataset, string, Vocabulary) *fault.Fault
}

// Vocabulary is what codes stand for.
type Vocabulary struct {
	Themes   []datasets.Theme
	Licences []datasets.Licence
	Regions  []datasets.Region
}

// CollectionMethods are the five ways of RF-7, a list that the text leaves
// open; SourceKinds the five kinds of source beside it.
var (
	CollectionMethods = []string{"政务共享", "网络共享", "业务生成", "定向采集", "有偿购买"}
	SourceKinds       = []string{"政务数据", "军情数据", "企事业数据", "社会数据", "人防自有数据"}
)

// frequencies are the codes of 更新频率 in order.
var frequencies = []string{"realtime", "daily", "weekly", "monthly", "quarterly", "semiannual", "annual", "biennial", "irregular", "never"}

// types are the codes of both axes.
var types = []string{"unconditional", "conditional", "withheld"}

// Fields is the one table of what an entry says, in the order of the form.
var Fields = []Field{
	{Key: "title", Label: "目录名称", Group: "what", Kind: Line, must: true, Hint: "说清内容和范围，不写“数据”“信息表”。", text: func(d *datasets.Dataset) *string { return &d.Title }},
	{Key: "title_en", Label: "英文名称", Group: "what", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.TitleEN }},
	{Key: "summary", Label: "摘要", Group: "what", Kind: Text, must: true, Hint: "一两句话：是什么、哪里的、到什么时候。", text: func(d *datasets.Dataset) *string { return &d.Summary }},
	{Key: "summary_en", Label: "英文摘要", Group: "what", Kind: Text, text: func(d *datasets.Dataset) *string { return &d.SummaryEN }},
	{Key: "theme", Label: "主题", Group: "what", Kind: Choice, must: true, get: func(d *datasets.Dataset) string { return d.Theme.Slug }, set: setTheme},
	{Key: "category", Label: "分类", Group: "what", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.Category }},
	{Key: "db_class", Label: "数据库类别", Group: "what", Kind: Choice, must: true, Offers: []string{"base", "theme", "business"},
		get: func(d *datasets.Dataset) string { return string(d.DBClass) },
		set: func(d *datasets.Dataset, s string, _ Vocabulary) *fault.Fault {
			d.DBClass = datasets.DBClass(s)
			return nil
		}},
	{Key: "department", Label: "提供部门", Group: "what", Kind: Shown, get: func(d *datasets.Dataset) string { return d.Department.Name }},
	{Key: "collecting_org", Label: "采集部门", Group: "what", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.CollectingOrg }},
	{Key: "approving_org", Label: "核准部门", Group: "what", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.ApprovingOrg }},
	{Key: "responsible_org", Label: "责任主体", Group: "what", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.ResponsibleOrg }},
	{Key: "duties", Label: "管理职责", Group: "what", Kind: Text, Hint: "取自权责清单。", text: func(d *datasets.Dataset) *string { return &d.Duties }},
	{Key: "duty_item", Label: "权责清单", Group: "what", Kind: Line, Hint: "清单中的哪一项。", text: func(d *datasets.Dataset) *string { return &d.DutyItem }},
	{Key: "core_business", Label: "核心业务", Group: "what", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.CoreBusiness }},
	{Key: "linked_system", Label: "目录关联信息系统", Group: "what", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.LinkedSystem }},

	{Key: "data_form", Label: "数据形式", Group: "form", Kind: Offer, Offers: []string{"结构化表格", "文本", "图表", "图像", "音频", "视频", "地理要素"}, text: func(d *datasets.Dataset) *string { return &d.DataForm }},
	{Key: "format", Label: "格式", Group: "form", Kind: Offer, Offers: []string{"CSV", "XLSX", "JSON", "XML", "GeoJSON", "PDF"}, text: func(d *datasets.Dataset) *string { return &d.Format }},
	{Key: "attributes", Label: "属性", Group: "form", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.Attributes }},
	{Key: "source", Label: "数据来源", Group: "form", Kind: Text, must: true, text: func(d *datasets.Dataset) *string { return &d.Source }},
	{Key: "source_kind", Label: "来源属性", Group: "form", Kind: Offer, Offers: SourceKinds, text: func(d *datasets.Dataset) *string { return &d.SourceKind }},
	{Key: "collection_method", Label: "采集方式", Group: "form", Kind: Offer, Offers: CollectionMethods, text: func(d *datasets.Dataset) *string { return &d.CollectionMethod }},
	{Key: "collect_due", Label: "采集时限", Group: "form", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.CollectDue }},
	{Key: "region", Label: "地区", Group: "form", Kind: Choice, must: true, get: func(d *datasets.Dataset) string { return d.Region.Code }, set: setRegion},
	{Key: "temporal_start", Label: "时间范围起", Group: "form", Kind: Line, Hint: "年、年月或日期。", text: func(d *datasets.Dataset) *string { return &d.TemporalStart }},
	{Key: "temporal_end", Label: "时间范围止", Group: "form", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.TemporalEnd }},

	{Key: "share_type", Label: "共享类型", Group: "share", Kind: Choice, must: true, Offers: types, text: func(d *datasets.Dataset) *string { return &d.ShareType }},
	{Key: "share_content", Label: "共享内容", Group: "share", Kind: Text, text: func(d *datasets.Dataset) *string { return &d.ShareContent }},
	{Key: "share_conditions", Label: "共享条件", Group: "share", Kind: Text, Hint: "无条件共享写“无”。", text: func(d *datasets.Dataset) *string { return &d.ShareConditions }},
	{Key: "share_scope", Label: "共享范围", Group: "share", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.ShareScope }},
	{Key: "share_method", Label: "共享方式", Group: "share", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.ShareMethod }},
	{Key: "required_materials", Label: "申请共享所需的全部材料名录", Group: "share", Kind: Text, Hint: "以后只能要这里列出的材料。", text: func(d *datasets.Dataset) *string { return &d.RequiredMaterials }},
	{Key: "share_reason", Label: "限制共享的理由", Group: "share", Kind: Text, text: func(d *datasets.Dataset) *string { return &d.ShareReason }},
	{Key: "share_bases", Label: "限制共享的依据", Group: "share", Kind: Bases,
		get: func(d *datasets.Dataset) string { return BasisLines(d.ShareBases) },
		set: func(d *datasets.Dataset, s string, _ Vocabulary) (f *fault.Fault) {
			d.ShareBases, f = ReadBases("share_bases", s)
			if len(d.ShareBases) == 0 {
				d.ShareBasis = nil
			}
			return f
		}},
	{Key: "filings", Label: "备案", Group: "share", Kind: Filed,
		get: func(d *datasets.Dataset) string { return filingLines(d.Filings) },
		set: func(d *datasets.Dataset, s string, _ Vocabulary) (f *fault.Fault) {
			d.Filings, f = readFilings(s)
			return f
		}},

	{Key: "open_type", Label: "开放属性", Group: "open", Kind: Choice, must: true, Offers: types,
		get: func(d *datasets.Dataset) string { return string(d.Open) },
		set: func(d *datasets.Dataset, s string, _ Vocabulary) *fault.Fault {
			d.Open = datasets.OpenType(s)
			return nil
		}},
	{Key: "open_method", Label: "开放方式", Group: "open", Kind: Text, text: func(d *datasets.Dataset) *string { return &d.OpenMethod }},
	{Key: "use_requirements", Label: "使用要求", Group: "open", Kind: Text, text: func(d *datasets.Dataset) *string { return &d.UseRequirements }},
	{Key: "safeguards", Label: "安全保障措施", Group: "open", Kind: Text, Hint: "写申请人须做到的事。", text: func(d *datasets.Dataset) *string { return &d.Safeguards }},
	{Key: "open_reason", Label: "限制开放的理由", Group: "open", Kind: Text, text: func(d *datasets.Dataset) *string { return &d.OpenReason }},
	{Key: "open_bases", Label: "限制开放的依据", Group: "open", Kind: Bases,
		get: func(d *datasets.Dataset) string { return BasisLines(d.OpenBases) },
		set: func(d *datasets.Dataset, s string, _ Vocabulary) (f *fault.Fault) {
			d.OpenBases, f = ReadBases("open_bases", s)
			if len(d.OpenBases) == 0 {
				d.OpenBasis = nil
			}
			return f
		}},
	{Key: "licence", Label: "使用许可", Group: "open", Kind: Choice, must: true, get: func(d *datasets.Dataset) string { return d.Licence.ID }, set: setLicence},

	{Key: "update_frequency", Label: "更新频率", Group: "update", Kind: Choice, must: true, Offers: frequencies, Hint: "多久更新一次。",
		get: func(d *datasets.Dataset) string { return string(d.Frequency) },
		set: func(d *datasets.Dataset, s string, _ Vocabulary) *fault.Fault {
			d.Frequency = datasets.Frequency(s)
			return nil
		}},
	{Key: "update_due", Label: "更新时限", Group: "update", Kind: Line, Hint: "最迟哪一天之前，如每年 12 月 31 日前。", text: func(d *datasets.Dataset) *string { return &d.UpdateDue }},
	{Key: "update_method", Label: "更新方式", Group: "update", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.UpdateMethod }},
	{Key: "last_updated", Label: "数据最近更新", Group: "update", Kind: Day, must: true, get: func(d *datasets.Dataset) string { return dayText(d.LastUpdated) }, set: setLastUpdated},
	{Key: "next_due", Label: "承诺的下次更新", Group: "update", Kind: Day, Hint: "承诺会公开；过期自动标出逾期。", get: getNextDue, set: setNextDue},

	{Key: "security_level", Label: "安全级别", Group: "safe", Kind: Line, Hint: "原文没有分级名称，按本部门的分级写。", text: func(d *datasets.Dataset) *string { return &d.SecurityLevel }},

	{Key: "items", Label: "数据项", Group: "items", Kind: Items,
		get: func(d *datasets.Dataset) string { return itemLines(d.Items) },
		set: func(d *datasets.Dataset, s string, _ Vocabulary) (f *fault.Fault) {
			d.Items, f = readItems(s)
			return f
		}},

	{Key: "tags", Label: "标签", Group: "more", Kind: Line, Hint: "用逗号分开。", get: func(d *datasets.Dataset) string { return strings.Join(d.Tags, "，") }, set: setTags},
	{Key: "resource_code", Label: "信息资源代码", Group: "more", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.ResourceCode }},
	{Key: "source_url", Label: "来源网址", Group: "more", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.SourceURL }},
	{Key: "contact", Label: "联系人", Group: "more", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.Contact }},
	{Key: "phone", Label: "电话", Group: "more", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.Phone }},
	{Key: "email", Label: "电子邮箱", Group: "more", Kind: Line, text: func(d *datasets.Dataset) *string { return &d.Email }},
}

// FieldOf is the field with this key.
func FieldOf(key string) (Field, bool) {
	i := slices.IndexFunc(Fields, func(f Field) bool { return f.Key == key })
	if i < 0 {
		return Field{}, false
	}
	return Fields[i], true
}

// Must reports whether the platform itself cannot do without the field.
func (f Field) Must() bool { return f.must }

// Keys are the keys of everything a person may say.
func Keys() []string {
	var out []string
	for _, f := range Fields {
		if f.Kind != Shown {
			out = append(out, f.Key)
		}
	}
	return out
}

// Of is what d says.
func Of(d *datasets.Dataset) Content {
	c := Content{}
	for _, f := range Fields {
		c[f.Key] = f.value(d)
	}
	return c
}

func (f Field) value(d *datasets.Dataset) string {
	if f.text != nil {
		return *f.text(d)
	}
	return f.get(d)
}

// Apply makes d say what c says, leaving alone what c does not mention. It
// returns what cannot be read, each at its field.
func (c Content) Apply(d *datasets.Dataset, v Vocabulary) []Finding {
	var out []Finding
	for _, f := range Fields {
		s, said := c[f.Key]
		switch {
		case !said || f.Kind == Shown:
		case f.text != nil:
			*f.text(d) = strings.TrimSpace(s)
		case f.get(d) == strings.TrimSpace(s): // what a text cannot say of it, as English tags, stays
		default:
			if wrong := f.set(d, strings.TrimSpace(s), v); wrong != nil {
				out = append(out, Finding{Check: "readable", Field: f.Key, Sentence: wrong.Sentence, Args: wrong.Args})
			}
		}
	}
	if d.ShareType == "unconditional" && d.ShareConditions == "" {
		d.ShareConditions = "无"
	}
	return out
}

// With is c with what next says otherwise.
func (c Content) With(next Content) Content {
	out := maps.Clone(c)
	if out == nil {
		out = Content{}
	}
	maps.Copy(out, next)
	return out
}

// Difference is one field that two states of an entry say otherwise.
type Difference struct {
	Field  Field
	Before string
	After  string
}

// Diff is what is otherwise in after, in the order of the form.
func Diff(before, after Content) []Difference {
	var out []Difference
	for _, f := range Fields {
		if before[f.Key] != after[f.Key] {
			out = append(out, Difference{f, before[f.Key], after[f.Key]})
		}
	}
	return out
}

func setTheme(d *datasets.Dataset, s string, v Vocabulary) *fault.Fault {
	d.Theme = datasets.Theme{}
	if s == "" {
		return nil
	}
	for _, t := range v.Themes {
		if t.Slug == s || t.Name == s {
			d.Theme = t
			return nil
		}
	}
	return fault.At("theme", "没有这个主题。")
}

func setLicence(d *datasets.Dataset, s string, v Vocabulary) *fault.Fault {
	d.Licence = datasets.Licence{}
	if s == "" {
		return nil
	}
	for _, l := range v.Licences {
		if l.ID == s || l.Name == s {
			d.Licence = l
			return nil
		}
	}
	return fault.At("licence", "没有这种许可。")
}

// setRegion leaves the region of the department where none is said: every entry
// has one.
func setRegion(d *datasets.Dataset, s string, v Vocabulary) *fault.Fault {
	if s == "" {
		d.Region = datasets.Region{Code: d.Department.Region}
		return nil
	}
	for _, r := range v.Regions {
		if r.Code == s || r.Name == s {
			d.Region = r
			return nil
		}
	}
	return fault.At("region", "没有这个地区。")
}

func setTags(d *datasets.Dataset, s string, _ Vocabulary) *fault.Fault {
	d.Tags, d.TagsEN = nil, nil
	for _, tag := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",，、;；", r) }) {
		if tag = strings.TrimSpace(tag); tag != "" {
			d.Tags = append(d.Tags, tag)
		}
	}
	return nil
}

func dayText(t time.Time) string {
	if t.Year() < 1900 {
		return ""
	}
	return t.Format(time.DateOnly)
}

func getNextDue(d *datasets.Dataset) string {
	if d.NextDue == nil {
		return ""
	}
	return dayText(*d.NextDue)
}

func readDay(field, s string) (time.Time, *fault.Fault) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return time.Time{}, fault.At(field, "日期请写成年-月-日，如 2026-01-15。")
	}
	return t, nil
}

func setLastUpdated(d *datasets.Dataset, s string, _ Vocabulary) (f *fault.Fault) {
	d.LastUpdated, f = readDay("last_updated", s)
	return f
}

func setNextDue(d *datasets.Dataset, s string, _ Vocabulary) *fault.Fault {
	d.NextDue = nil
	t, f := readDay("next_due", s)
	if f == nil && s != "" {
		d.NextDue = &t
	}
	return f
}

// Over is c laid over below: what c does not say stays.
func (c Content) Over(below Content) Content { return below.With(c) }
