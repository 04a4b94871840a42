package templates

import (
	"math"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/policy"
	"shuyuan/search"
)

// GalleryPage shows every part in every state. It exists in development and in
// tests only, so its examples are made up and say so.
type GalleryPage struct {
	Frame
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func dayAt(y int, m time.Month, d int) *time.Time { t := day(y, m, d); return &t }

// Example is a made-up dataset with every field filled: what the gallery and
// the tests of the pages show.
func Example() datasets.Dataset {
	department := datasets.Department{
		ID: 1, Slug: "fj-hrss", Name: "福建省人力资源和社会保障厅", NameEN: "Fujian Human Resources and Social Security",
		Region: "350000", Profile: "fujian", Sample: true, Contact: "数据管理处", Phone: "0591-00000000", Email: "data@hrss.example",
	}
	published := time.Date(2026, 10, 30, 2, 0, 0, 0, time.UTC)
	v := datasets.Version{
		ID: 7, ResourceID: "a1b2c3d4e5f6", DatasetID: 1, Open: datasets.Unconditional, Number: 2,
		FileName: "节假日 2004—2026.csv", MediaType: "text/csv", Format: "csv", Encoding: "UTF-8",
		SHA256: "9be9f753a5309687b027799122f89c161b296f9c0f46187b391bbb37c956a3bc", Bytes: 31204,
		Reason: "补 2026 年安排", PublishedAt: published,
		Tables: []datasets.Table{{
			Name: "", Rows: 769,
			Fields: []datasets.Field{
				{Name: "日期", Label: "日期", LabelEN: "Date", Type: "date", Description: "YYYY-MM-DD，主键"},
				{Name: "节日", Label: "节日", LabelEN: "Holiday", Type: "text"},
				{Name: "安排", Label: "安排", LabelEN: "Arrangement", Type: "text", Codes: []datasets.Code{{Value: "放假", Label: "法定放假日"}, {Value: "放假（调休）", Label: "由别的日子换来的假日"}, {Value: "调休上班", Label: "周末照常上班"}}},
				{Name: "days", Label: "法定天数", LabelEN: "Statutory days", Type: "integer", Unit: "天"},
			},
			Preview: [][]string{{"2026-01-01", "元旦", "放假", "1"}, {"2026-01-02", "元旦", "放假（调休）", ""}, {"2026-01-04", "元旦", "调休上班", "1"}},
		}},
	}
	return datasets.Dataset{
		ID: 1, Slug: "holidays", Title: "法定节假日及调休安排（2004—2026）", TitleEN: "Statutory holidays and make-up working days, 2004-2026",
		Summary:    "2004 年以来每年的放假日、调休放假日和调休上班日，可据此计算工作日和办理时限。",
		SummaryEN:  "Holidays, bridging days and make-up working days of every year since 2004.",
		Department: department, Theme: datasets.Theme{ID: 3, Slug: "employment", Name: "社保就业", NameEN: "Employment and social security"},
		Licence: datasets.Licence{ID: "MIT", Name: "MIT 许可", NameEN: "MIT licence", URL: "https://spdx.org/licenses/MIT.html", Attribution: true, Terms: "保留版权声明即可自由使用，含商用。", TermsEN: "Free to use, also commercially, as long as the copyright notice is kept."},
		Region:  datasets.Region{Code: "350000", Name: "福建省", NameEN: "Fujian"}, Tags: []string{"节假日", "调休", "工作日"},
		Status: datasets.Published, Sample: true, Open: datasets.Unconditional, OpenBasis: []string{"福建办法第二十条：普遍开放"},
		ShareType: "unconditional", Frequency: datasets.Annual, UpdateDue: "每年 12 月 15 日前", LastUpdated: day(2026, 10, 30), NextDue: dayAt(2026, 12, 15),
		ResourceCode: "350000-03-0008", Category: "基础数据", DataForm: "结构化表格", Source: "npm chinese-days 1.5.7（据国务院办公厅历年放假通知）",
		SourceURL: "https://www.npmjs.com/package/chinese-days", Processing: "逐年文件合并为一张表。", Language: "zh-CN",
		TemporalStart: "2004", TemporalEnd: "2026", Contact: "数据管理处", Phone: "0591-00000000", Email: "data@hrss.example",
		PublishedAt: &published, UpdatedAt: published, Revision: 3, Views: 1280, Downloads: 342,
		Resources: []datasets.Resource{{ID: "a1b2c3d4e5f6", DatasetID: 1, Name: "节假日安排", NameEN: "Holidays", Description: "一行一天", Newest: &v}},
	}
}

// ExampleConditional is a made-up dataset that is open on conditions.
func ExampleConditional() datasets.Dataset {
	d := Example()
	d.ID, d.Slug, d.Title, d.TitleEN = 2, "tides", "沿海验潮站潮汐调和常数", "Harmonic constants of tide stations"
	d.Summary, d.SummaryEN = "各站分潮的振幅与迟角，可推算潮位。", "Amplitude and lag of the constituents of each station."
	d.Open, d.OpenBasis = datasets.Conditional, []string{"福建办法第二十一条：按需求开放"}
	d.OpenReason = "涉及海洋观测资料，使用目的须先说明。"
	d.OpenMethod, d.UseRequirements, d.Safeguards = "向省海洋与渔业局书面提出", "不得用于导航", "按约定的环境使用，到期销毁"
	d.Frequency, d.NextDue = datasets.Never, nil
	v := *d.Resources[0].Newest
	v.Open = datasets.Conditional
	v.Tables = []datasets.Table{{Rows: 750, Fields: v.Tables[0].Fields}}
	d.Resources = []datasets.Resource{{ID: "b1b2c3d4e5f6", DatasetID: 2, Name: "调和常数", Newest: &v}}
	return d
}

func exampleOverdue() datasets.Dataset {
	d := Example()
	d.ID, d.Slug, d.Title = 3, "prices", "一个标题特别特别长的数据集，用来看它在窄屏上怎样换行、在英文界面里怎样与别的部件相处"
	d.TitleEN = ""
	d.Frequency, d.NextDue, d.LastUpdated = datasets.Monthly, dayAt(2026, 7, 10), day(2026, 6, 2)
	return d
}

func exampleMarks() map[string][]search.Mark {
	return map[string][]search.Mark{"title": {{From: 6, To: 15}}, "summary": {{From: 0, To: 4}}, "title_en": {{From: 10, To: 18}}}
}

func exampleLines() *Chart {
	c := &Chart{Label: "示例：两条折线，有一处缺值", Unit: "℃", Width: 560, Height: 240,
		Series: []Series{{Name: "逐年", Strong: true}, {Name: "平滑"}}}
	for i := range 48 {
		c.X = append(c.X, day(1976+i, 1, 1).Format("2006"))
		v := math.Sin(float64(i)/4) + float64(i)/24
		if i == 20 {
			v = math.NaN()
		}
		c.Series[0].Values = append(c.Series[0].Values, v)
		c.Series[1].Values = append(c.Series[1].Values, float64(i)/24)
	}
	return c
}

func exampleBars() *Chart {
	c := exampleLines()
	c.Label, c.Bars = "示例：以零为界的柱", true
	c.Series = c.Series[:1]
	for i := range c.Series[0].Values {
		c.Series[0].Values[i] -= 1
	}
	return c
}

func exampleDays() *Days {
	d := &Days{Label: "示例：三年的假日", Kinds: []string{"放假", "放假（调休）", "调休上班"}}
	for i, spring := range []time.Time{day(2024, 2, 10), day(2025, 1, 29), day(2026, 2, 17)} {
		for n := range 7 {
			d.Days = append(d.Days,
				MarkedDay{spring.AddDate(0, 0, n), n / 4, "春节"},
				MarkedDay{day(2024+i, 10, 1+n), n / 4, "国庆节"})
		}
		d.Days = append(d.Days, MarkedDay{spring.AddDate(0, 0, -6), 2, "春节"}, MarkedDay{day(2024+i, 9, 28), 2, "国庆节"})
	}
	return d
}

// examplePromises are one kept, one late, one beyond both edges, and one whose
// last day is today.
func examplePromises(now time.Time) []datasets.Dataset {
	list := []datasets.Dataset{exampleOverdue(), Example(), Example(), Example()}
	list[1].NextDue, list[1].LastUpdated = ptr(now.AddDate(0, 3, 0)), now.AddDate(0, -5, 0)
	list[2].NextDue, list[2].LastUpdated = ptr(now.AddDate(4, 0, 0)), now.AddDate(-9, 0, 0)
	list[3].NextDue, list[3].LastUpdated = ptr(now), now.AddDate(0, -1, 0)
	return list
}

// exampleProfile is a text to hang made-up rules on.
func exampleProfile() *policy.Profile {
	book, err := policy.Load(policy.Files)
	if err != nil {
		panic(err) // they are built in
	}
	return book.Profiles()[0]
}

// exampleRules are made up: one with all that a rule can have, one of which
// half is not said, one that is silent.
func exampleRules() []RuleView {
	answer := policy.Rule{Path: "example_answer", Label: policy.Text{Zh: "答复期限", En: "Time to answer"}, House: true, Value: []policy.Word{{Text: policy.Text{Zh: "15"}}}, Unit: policy.Text{Zh: "个工作日", En: "working days"}}
	deadline := policy.Rule{Path: "example.deadline", Section: []policy.Text{{Zh: "示例", En: "Example"}}, Label: policy.Text{Zh: "答复期限", En: "Time to answer"},
		Value: []policy.Word{{Text: policy.Text{Zh: "2"}}}, Unit: policy.Text{Zh: "个工作日", En: "working days"}, From: policy.Word{Text: policy.Text{Zh: "受理之日", En: "acceptance"}},
		Target: policy.Word{Text: policy.Text{Zh: "在平台开放数据", En: "data opened on the platform"}}, Wording: []policy.Text{{Zh: "自受理申请之日起两个工作日内"}}, Note: policy.Text{Zh: "这是一条注。", En: "This is a note."}, Cite: []string{"XX-23.2"}}
	refusal := policy.Rule{Path: "example.refusal", Section: deadline.Section, Label: policy.Text{Zh: "不同意时", En: "Refusal"}, Cite: []string{"XX-23.2"}, Details: []policy.Detail{
		{Name: policy.Text{Zh: "理由", En: "Reason"}, Value: []policy.Word{{Text: policy.Text{Zh: "必须", En: "required"}}}}, {Name: policy.Text{Zh: "期限", En: "Time limit"}, Silent: true}}}
	silent := policy.Rule{Path: "example.dispute", Section: deadline.Section, Label: policy.Text{Zh: "争议处理", En: "Dispute"}, Silent: true, Answers: []policy.Rule{answer}}
	place := []Source{{Cite: "XX-23.2", Place: policy.Place("XX-23.2"), Here: true}}
	return []RuleView{{Rule: deadline, Sources: place}, {Rule: refusal, Sources: place}, {Rule: silent}}
}

func exampleArticle() Article {
	rules := exampleRules()
	quote := func(id, words, english string, ids ...string) Quote {
		return Quote{Provision: policy.Provision{ID: id, Quote: words, English: english}, IDs: ids}
	}
	return Article{ID: "XX-23", Place: policy.Place("XX-23"), Clauses: []Clause{
		{Quotes: []Quote{quote("XX-23.1", "这一款没有规则引用", "No rule cites this paragraph", "XX-23.1")}},
		{Quotes: []Quote{quote("XX-23.2a", "自受理申请之日起两个工作日内…开放数据", "Data is opened within two working days", "XX-23.2", "XX-23.2a"), quote("XX-23.2b", "不同意的，说明理由", "A refusal gives reasons", "XX-23.2b")}, Rules: []policy.Rule{rules[0].Rule, rules[1].Rule}},
	}}
}

func exampleGoal() Goal {
	return Goal{Profile: exampleProfile(), Rule: policy.Rule{Path: "example.goal", Label: policy.Text{Zh: "2025 年", En: "2025"}, Cite: []string{"XX-1"}}, Target: 700, Have: 250, Href: "#"}
}

func ptr[T any](v T) *T { return &v }
