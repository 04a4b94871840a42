package templates

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// book is the rules built in.
func book() *policy.Book {
	b, err := policy.Load(policy.Files)
	if err != nil {
		panic(err)
	}
	return b
}

func lawText(b *policy.Book, id string, binds ...datasets.Department) LawText {
	p, ok := b.Profile(id)
	if !ok {
		p = b.House()
	}
	return LawText{Profile: p, InForce: p.House() || p.InForce(now), Rules: len(p.Rules()), Silent: 3, Provisions: len(b.Provisions(p.ID())), Departments: binds}
}

func profilePage(lang text.Lang, b *policy.Book, id string) ProfilePage {
	l := lawText(b, id)
	f := frame(lang, "/law/"+id, l.Profile.Short().Zh)
	if lang == text.English {
		f.Title = l.Profile.Short().En
	}
	return ProfilePage{Frame: f, Text: l, Sections: Sections(b, l.Profile), Articles: Articles(b, l.Profile)}
}

// referencePages are the pages to look things up on, in each state, with
// examples that are complete in both languages.
func referencePages(lang text.Lang) map[string]templ.Component {
	b := book()
	d, c := Example(), ExampleConditional()
	late := Example()
	late.Slug, late.Frequency, late.NextDue, late.LastUpdated = "prices", datasets.Monthly, dayAt(2026, 7, 10), day(2026, 6, 2)
	list := []datasets.Dataset{d, c, late}
	for i := range list { // what a reader of English meets must be there in English
		list[i].Department.Contact = "Data office"
	}
	department := list[0].Department
	department.Profile, department.Aliases, department.CreditCode = "cn-fujian-2023", []string{"省人社厅"}, "11350000000000000X"
	department.Description, department.DescriptionEN = "管就业和社会保险。", "Employment and social insurance."
	fujian := datasets.Region{Code: "350000", Name: "福建省", NameEN: "Fujian"}
	plan, _ := b.Profile("cn-fujian-2023")
	rows := []DepartmentRow{
		{Counted: datasets.Counted[datasets.Department]{Item: department, Datasets: 5, Promised: 3, Overdue: 1}, Rules: plan},
		{Counted: datasets.Counted[datasets.Department]{Item: datasets.Department{Slug: "x", Name: "某局", NameEN: "Some Bureau"}}},
	}
	themes := []datasets.Counted[datasets.Theme]{{Item: datasets.Theme{Slug: "a", Name: "生态环境", NameEN: "Environment"}, Datasets: 12, Promised: 4}, {Item: datasets.Theme{Slug: "b", Name: "交通运输", NameEN: "Transport"}, Datasets: 3}}
	title := func(zh, en string) string {
		if lang == text.English {
			return en
		}
		return zh
	}
	sorts := []SortLink{{title("更新", "Updated"), "/departments/fj-hrss", true}, {title("名称", "Name"), "/departments/fj-hrss?sort=title", false}}
	full := Listing{Items: list, Total: 40, Sorts: sorts, First: "/departments/fj-hrss", Next: "/departments/fj-hrss?after=x"}
	figures := []Figure{{Number: "5", Words: title("个数据集", "datasets"), Href: "/datasets"}}
	fee, _ := plan.Rule("open.fee")
	deadline, _ := plan.Rule("catalogue.update_deadline")
	goal, _ := plan.Rule("targets.2025")
	aba, _ := b.Profile("cn-sichuan-aba-2021")
	abaFee, _ := aba.Rule("open.fee")
	withTypes := func(o datasets.OpenType, code string) OpenTypeHelp {
		types, _ := plan.Rule("open.types")
		other, _ := b.House().Rule("fujian_open_types")
		return OpenTypeHelp{Open: o, Count: 3, Texts: []OpenTypeText{{Profile: plan, Name: types.Options[0].Name, Rule: types}, {Profile: plan, Name: other.Options[0].Name, Rule: other, House: true}}}
	}
	chart := &Chart{Label: title("近 30 天", "The last 30 days"), X: []string{"2026-11-23", "2026-11-24"}, Width: 800, Height: 240, Zero: true, Series: []Series{{Name: title("浏览", "Views"), Values: []float64{3, 4}, Strong: true}}}
	pages := map[string]templ.Component{
		"departments":       Departments(DepartmentsPage{Frame: frame(lang, "/departments", title("部门", "Departments")), Figures: figures, Groups: []DepartmentGroup{{Region: fujian, Datasets: 5, Departments: rows}}}),
		"departments-empty": Departments(DepartmentsPage{Frame: frame(lang, "/departments", title("部门", "Departments"))}),
		"department": DepartmentView(DepartmentPage{Frame: frame(lang, "/departments/fj-hrss", title("某厅", "Some Department")), Department: department, Region: fujian, Figures: figures, Promises: []datasets.Dataset{late, list[0]}, AllVows: "/stats/promises?org=fj-hrss",
			List: full, Text: ptr(lawText(b, "cn-fujian-2023")), Asked: []Asked{{title("要收费吗", "Is there a charge?"), &fee}, {title("几天", "How soon?"), &deadline}, {title("没有这一项", "No such rule"), nil}}, Feed: "/f", API: "/api/v1/datasets?org=fj-hrss"}),
		"department-bare": DepartmentView(DepartmentPage{Frame: frame(lang, "/departments/x", title("某局", "Some Bureau")), Department: datasets.Department{Slug: "x", Name: "某局", NameEN: "Some Bureau"}, Region: fujian}),
		"themes":          Themes(ThemesPage{Frame: frame(lang, "/themes", title("主题", "Themes")), Themes: themes, Empty: []datasets.Theme{{Slug: "c", Name: "信用服务", NameEN: "Credit"}}}),
		"themes-empty":    Themes(ThemesPage{Frame: frame(lang, "/themes", title("主题", "Themes"))}),
		"theme":           ThemeView(ThemePage{Frame: frame(lang, "/themes/a", title("生态环境", "Environment")), Theme: themes[0].Item, Figures: figures, Promises: []datasets.Dataset{late}, List: full, Departments: []Leader{{"/datasets", title("某厅", "Some Department"), 4}}, Feed: "/f", API: "/a"}),
		"theme-empty":     ThemeView(ThemePage{Frame: frame(lang, "/themes/c", title("信用服务", "Credit")), Theme: datasets.Theme{Slug: "c", Name: "信用服务", NameEN: "Credit"}}),
		"law": LawIndex(LawPage{Frame: frame(lang, "/law", title("规则", "Rules")), InForce: []LawText{lawText(b, "cn-tianjin-2018"), lawText(b, "cn-fujian-2023", department), lawText(b, "cn-liaoning-anshan-2022", department, department, department, department, department)}, Past: []LawText{lawText(b, "cn-sichuan-aba-2021")}, House: lawText(b, "house-defaults"),
			Columns: []*policy.Profile{plan, aba}, Compared: []ComparedSection{{Title: fee.Section[0], Rows: []ComparedRow{{Cells: []*policy.Rule{&fee, &abaFee}}, {Cells: []*policy.Rule{nil, &deadline}}}}, {Rows: []ComparedRow{{Cells: []*policy.Rule{&deadline, nil}}}}}}),
		"stats": Stats(StatsPage{Frame: frame(lang, "/stats", title("统计", "Statistics")), Figures: figures, Goals: []Goal{{Profile: plan, Rule: goal, Target: 7000, Have: 36, Href: "/departments"}}, Promised: 4, Overdue: 1, Late: []datasets.Dataset{late}, Use: chart,
			Popular: list, Formats: []StatsLine{{"CSV", "/datasets?format=csv", 12}}, Frequencies: []StatsLine{{title("每年", "Every year"), "/datasets?freq=annual", 3}}, Themes: themes, Departments: rows[:1], Publishing: 29, API: "/api/v1/stats"}),
		"stats-unused":   Stats(StatsPage{Frame: frame(lang, "/stats", title("统计", "Statistics")), Figures: figures, Themes: themes, API: "/api/v1/stats"}),
		"stats-empty":    Stats(StatsPage{Frame: frame(lang, "/stats", title("统计", "Statistics")), API: "/api/v1/stats"}),
		"promises":       PromisesView(PromisesPage{Frame: frame(lang, "/stats/promises", title("承诺与兑现", "Promises")), Department: &department, Theme: &themes[0].Item, List: Listing{Items: []datasets.Dataset{late, list[0]}, Total: 2, Sorts: sorts, First: "/stats/promises", Next: "/stats/promises?after=x"}}),
		"promises-empty": PromisesView(PromisesPage{Frame: frame(lang, "/stats/promises", title("承诺与兑现", "Promises")), List: Listing{Sorts: sorts}}),
		"help": Help(HelpPage{Frame: frame(lang, "/help", title("帮助", "Help")), Examples: []SearchExample{{"行政区划", title("标题里的词", "a word of a title"), "/datasets?q=a", 4}}, File: &list[0], Fetch: "curl -L 'https://data.example/r/a1'",
			Types: []OpenTypeHelp{withTypes(datasets.Unconditional, "unconditional"), withTypes(datasets.Conditional, "conditional"), withTypes(datasets.Withheld, "withheld")}, Licences: []datasets.Licence{d.Licence}, Asked: []AskedText{{plan, &fee}, {aba, nil}}}),
		"help-empty": Help(HelpPage{Frame: frame(lang, "/help", title("帮助", "Help"))}),
		"about":      About(AboutPage{Frame: frame(lang, "/about", title("关于数源", "About Shuyuan"))}),
		"law-house":  ProfileView(profilePage(lang, b, "house-defaults")),
	}
	for _, p := range b.Profiles() {
		pages["law-"+p.Code()] = ProfileView(profilePage(lang, b, p.ID()))
	}
	return pages
}

// Beside the words of the texts and of the entries, which say that they are
// Chinese, nothing on these pages is left untranslated.
func TestPagesToLookThingsUpOnSpeakEnglish(t *testing.T) {
	han := regexp.MustCompile(`.{0,12}\p{Han}+.{0,12}`)
	for name, page := range referencePages(text.English) {
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, text.English, page)))
		if err != nil {
			t.Fatal(err)
		}
		if doc.Find(`[lang="zh-CN"]`).Length() == 0 {
			t.Errorf("%s: not even the switch of the language says it is Chinese", name)
		}
		doc.Find(`[lang="zh-CN"]`).Remove()
		if found := han.FindAllString(doc.Find("body").Text(), 5); len(found) > 0 {
			t.Errorf("%s: %q", name, found)
		}
	}
}

// What a text leaves open says so, and what the platform puts in its place is
// marked as the platform's own wherever it shows.
func TestWhatTheTextDoesNotSayIsNeverShownAsLaw(t *testing.T) {
	b := book()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, text.Chinese, ProfileView(profilePage(text.Chinese, b, "cn-liaoning-anshan-2022")))))
	if err != nil {
		t.Fatal(err)
	}
	rule := doc.Find(`[id="open.application.decision_deadline"]`)
	if got := rule.Find(".says").Text(); !strings.Contains(got, "原文未规定") || strings.Contains(got, "15") {
		t.Errorf("the time to answer in Anshan reads %q", got)
	}
	house := rule.Find(".eff .house")
	if house.Length() != 1 || !strings.Contains(house.Text(), "平台规则") || !strings.Contains(house.Text(), "15 个工作日，自受理之日起") {
		t.Errorf("the platform's answer reads %q", house.Text())
	}
	if outside := rule.Find(".eff").Clone(); true {
		outside.Find(".house").Remove()
		if strings.Contains(outside.Text(), "15") {
			t.Errorf("the platform's figure stands outside its mark: %q", outside.Text())
		}
	}
	fee := doc.Find(`[id="open.fee"]`)
	if !strings.Contains(fee.Text(), "无偿") || fee.Find(`a.src[href="/law/cn-liaoning-anshan-2022#AS-29"]`).Length() != 1 || fee.Find(".house").Length() != 0 {
		t.Errorf("the fee in Anshan reads %q", fee.Text())
	}
	if q := doc.Find(`[id="AS-29"]`); !strings.Contains(q.Text(), "第二十九条") || !strings.Contains(q.Text(), "不得收取任何费用") || q.Find(`a[href="#open.fee"]`).Length() == 0 {
		t.Errorf("article 29 reads %q", q.Text())
	}
}

// Every rule and every provision has its place on the page of its text, and
// every way from one to the other arrives.
func TestRulesAndProvisionsLeadToEachOther(t *testing.T) {
	b := book()
	for _, p := range append(b.Profiles(), b.House()) {
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, text.Chinese, ProfileView(profilePage(text.Chinese, b, p.ID())))))
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		doc.Find("[id]").Each(func(_ int, s *goquery.Selection) { ids[s.AttrOr("id", "")] = true })
		for _, r := range p.Rules() {
			if !ids[r.Path] {
				t.Errorf("%s: rule %s has no place", p.ID(), r.Path)
			}
		}
		for _, v := range b.Provisions(p.ID()) {
			if !ids[v.ID] {
				t.Errorf("%s: provision %s has no place", p.ID(), v.ID)
			}
		}
		doc.Find(`main a[href]`).Each(func(_ int, s *goquery.Selection) {
			href := strings.TrimPrefix(s.AttrOr("href", ""), "/law/"+p.ID())
			if id, ok := strings.CutPrefix(href, "#"); ok && !ids[id] {
				t.Errorf("%s: %q leads nowhere: %s", p.ID(), s.Text(), href)
			}
		})
		if text := doc.Text(); !p.House() && strings.Contains(text, "silent") {
			t.Errorf("%s shows a code instead of a word", p.ID())
		}
	}
	if got := b.House().ID(); houseHref != "/law/"+got {
		t.Errorf("the platform's rules are at /law/%s, and links go to %s", got, houseHref)
	}
}

// A text that is no longer in force says so, on its own page and in the list.
func TestALapsedTextSaysSo(t *testing.T) {
	b := book()
	for name, page := range map[string]templ.Component{"aba": ProfileView(profilePage(text.Chinese, b, "cn-sichuan-aba-2021")), "anshan": ProfileView(profilePage(text.Chinese, b, "cn-liaoning-anshan-2022"))} {
		html := render(t, text.Chinese, page)
		if lapsed := strings.Contains(html, "已不再有效"); lapsed != (name == "aba") {
			t.Errorf("%s: lapsed = %v", name, lapsed)
		}
	}
	html := render(t, text.Chinese, ProfileView(profilePage(text.Chinese, b, "cn-sichuan-aba-2021")))
	if !strings.Contains(html, "2023-10-10") || !strings.Contains(html, "/law/house-defaults#aba_last_day") {
		t.Error("the last day of the Aba measures, which the platform reads out of them, does not name its source")
	}
}

func TestATimeLimitReadsAsASentence(t *testing.T) {
	b := book()
	for _, c := range []struct{ profile, path, zh, en string }{
		{"cn-tianjin-2018", "open.application.decision_deadline", "2 个工作日，自受理之日起，在平台开放数据", "2 working days, from acceptance, data opened on the platform"},
		{"cn-sichuan-aba-2021", "open.application.decision_deadline", "15 个工作日，起算：原文未规定，处理", "15 working days, counted from: the text is silent, handled"},
		{"cn-sichuan-aba-2021", "correction.extension", "最长 7 个工作日；次数 未写明；批准人 数据提供部门或平台管理机构负责人", "At most 7 working days; How often not stated; Approver 数据提供部门或平台管理机构负责人"},
		{"cn-sichuan-aba-2021", "open.declassification", "从不予；对象 无条件、有条件；途径 依法脱密脱敏处理、权利人同意", "from withheld; To unconditional, conditional; Paths 依法脱密脱敏处理, 权利人同意"},
		{"cn-sichuan-aba-2021", "effective_to", "2 年；推算 2023-10", "2 years; Computed 2023-10"},
		{"cn-fujian-2023", "targets.2025", "由 2025；有效数据量不少于（条） 110,000,000,000；开放数据集不少于 7000；典型应用场景不少于 100", "By 2025; Valid records at least 110,000,000,000; Open datasets at least 7000; Scenarios at least 100"},
		{"cn-tianjin-2018", "open.application.acceptance_deadline", "未规定 及时受理", "not said 及时受理"},
	} {
		p, _ := b.Profile(c.profile)
		r, ok := p.Rule(c.path)
		if !ok {
			t.Fatalf("%s has no %s", c.profile, c.path)
		}
		for lang, want := range map[text.Lang]string{text.Chinese: c.zh, text.English: c.en} {
			got := ""
			for _, part := range briefly(text.With(t.Context(), lang), r) {
				got += part.text
			}
			if got != want {
				t.Errorf("%s %s: %q, want %q", c.profile, c.path, got, want)
			}
		}
	}
}

// Today stands in the same place in every row, what lies beyond the edge has no
// mark, and a late promise has a stretch of its own.
func TestPromisesShareOneScale(t *testing.T) {
	kept, late, far := Example(), Example(), Example()
	kept.Slug, kept.NextDue, kept.LastUpdated = "kept", dayAt(2026, 12, 15), day(2026, 10, 30)
	late.Slug, late.NextDue, late.LastUpdated = "late", dayAt(2026, 7, 10), day(2026, 6, 2)
	far.Slug, far.NextDue, far.LastUpdated = "far", dayAt(2030, 1, 1), day(2020, 1, 1)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, text.Chinese, Promises([]datasets.Dataset{late, kept, far}, false, now))))
	if err != nil {
		t.Fatal(err)
	}
	var today []string
	doc.Find("tbody tr").Each(func(_ int, row *goquery.Selection) {
		today = append(today, row.Find(".now").AttrOr("d", ""))
		link := row.Find("a").AttrOr("href", "")
		over, marks := row.Find(".over").Length(), row.Find("circle").Length()
		want := map[string][2]int{"/datasets/late": {1, 2}, "/datasets/kept": {0, 2}, "/datasets/far": {0, 0}}[link]
		if diff := cmp.Diff(want, [2]int{over, marks}); diff != "" {
			t.Errorf("%s: %s", link, diff)
		}
	})
	if slices.Sort(today); len(slices.Compact(today)) != 1 || today[0] == "" {
		t.Errorf("today stands at %v", today)
	}
	if got := doc.Find("tbody tr").First().Find(".late").Text(); got != "逾期 137 天" {
		t.Errorf("the late one is %q", got)
	}
}

func TestCellsFillRowByRow(t *testing.T) {
	for n, want := range map[int]string{0: "", 1: "M0 0h6v8H0z", 140: "M0 0h840v8H0z", 141: "M0 0h840v8H0zM0 8h6v8H0z", 7000: "M0 0h840v400H0z"} {
		if got := cellPath(n, cellsPerRow); got != want {
			t.Errorf("%d cells: %q, want %q", n, got, want)
		}
	}
	if got := cellBox(7000, cellsPerRow); got != "0 0 840 400" {
		t.Errorf("the box is %q", got)
	}
}

// Counts that are drawn start at nothing: an axis that starts at the smallest
// of them would make a hill of a plain.
func TestCountsStartAtZero(t *testing.T) {
	c := &Chart{X: []string{"1", "2"}, Width: 800, Height: 240, Zero: true, Series: []Series{{Values: []float64{50, 60}}}}
	if ticks, _ := c.yTicks(); ticks[0] != 0 {
		t.Errorf("the axis starts at %v", ticks[0])
	}
}

func TestBarsHaveTheLengthOfTheirNumber(t *testing.T) {
	for _, c := range []struct {
		value, most int
		want        string
	}{{5, 5, "M0 1h100.0v6H0z"}, {1, 4, "M0 1h25.0v6H0z"}, {0, 4, "M0 1h0.0v6H0z"}, {0, 0, ""}} {
		if got := barPath(c.value, c.most); got != c.want {
			t.Errorf("%d of %d: %q, want %q", c.value, c.most, got, c.want)
		}
	}
}
